//! `.gopclntab`: functions, files and lines in gc's layout, for tools that read it: `go tool objdump`, `go tool addr2line`,
//! `debug/gosym`, pprof. The runtime reads tables of its own (`tables`), so this section is not loaded.
//!
//! PCLN-1  Every position is that of the innermost inlined call, as in gc's table.
//! PCLN-2  Functions are in the order of their addresses; what lies between two of them belongs to the first.
//!
//! gc: `cmd/link/internal/ld/pcln.go`, `debug/gosym/pclntab.go`. All functions share one compilation unit: its list of files is the
//! list of all files.

use std::collections::HashMap;

use crate::buildinfo::put_uvarint;
use crate::layout::Layout;
use crate::object::{FuncDef, LinePos, Object};

/// Of Go 1.20 and later (`internal/abi.Go120PCLnTabMagic`).
const MAGIC: u32 = 0xffff_fff1;
/// Bytes of gc's `runtime._func` without pcdata and funcdata.
const FUNC_BYTES: usize = 44;
/// gc's `pclnTab` header: magic, quantum, size of pointers, and eight words.
const HEADER_BYTES: usize = 8 + 8 * 8;

pub(crate) fn build(objects: &[Object], layout: &Layout) -> Vec<u8> {
    let mut b = Builder { pctab: vec![0], ..Builder::default() };
    for f in &layout.funcs {
        let def = &objects[f.object as usize].funcs[f.index as usize];
        let (entry, size) = ((f.entry - layout.text.addr) as u32, (f.end - f.entry) as u32);
        b.function(def, entry, size);
    }
    b.finish(layout.text.addr, layout.text.size)
}

#[derive(Default)]
struct Builder<'a> {
    names: Vec<u8>,
    name_of: HashMap<&'a str, u32>,
    /// File names, and where each begins.
    files: Vec<u8>,
    file_starts: Vec<u32>,
    file_of: HashMap<&'a str, u32>,
    /// Tables of values by pc; offset 0 means none.
    pctab: Vec<u8>,
    table_of: HashMap<Vec<u8>, u32>,
    /// Entry, and what `_func` says of it.
    funcs: Vec<(u32, [u32; FUNC_BYTES / 4])>,
}

/// The file and line of a position of `def`.
pub(crate) fn file_and_line(def: &FuncDef, pos: LinePos) -> (&str, u32) {
    match pos {
        LinePos::Line(line) => (&def.file, line),
        LinePos::Inl(i) => {
            let p = &def.inl[i as usize];
            (&p.file, p.line)
        }
    }
}

impl<'a> Builder<'a> {
    fn name(&mut self, name: &'a str) -> u32 {
        let names = &mut self.names;
        *self.name_of.entry(name).or_insert_with(|| {
            names.extend_from_slice(name.as_bytes());
            names.push(0);
            (names.len() - name.len() - 1) as u32
        })
    }

    fn file(&mut self, name: &'a str) -> u32 {
        if let Some(&i) = self.file_of.get(name) {
            return i;
        }
        let i = self.file_starts.len() as u32;
        self.file_starts.push(self.files.len() as u32);
        self.files.extend_from_slice(name.as_bytes());
        self.files.push(0);
        self.file_of.insert(name, i);
        i
    }

    fn function(&mut self, def: &'a FuncDef, entry: u32, size: u32) {
        let mut files: Vec<(u32, u32)> = Vec::new();
        let mut lines: Vec<(u32, u32)> = Vec::new();
        for (pc, pos) in known_lines(def) {
            let (file, line) = file_and_line(def, pos);
            let file = self.file(file);
            push_change(&mut files, pc, file);
            push_change(&mut lines, pc, line);
        }
        let (pcfile, pcln) = (self.table(&files, size), self.table(&lines, size));
        let mut func = [0; FUNC_BYTES / 4];
        func[0] = entry;
        func[1] = self.name(&def.display_name);
        func[5] = pcfile;
        func[6] = pcln;
        func[9] = def.start_line;
        self.funcs.push((entry, func));
    }

    /// The offset of a table of values by pc: pairs of a value's difference from the last one, which was -1 in the beginning, and the bytes of
    /// code that it holds for.
    fn table(&mut self, changes: &[(u32, u32)], size: u32) -> u32 {
        let mut bytes = Vec::new();
        let mut last: i64 = -1;
        for (i, &(pc, value)) in changes.iter().enumerate() {
            let end = changes.get(i + 1).map_or(size, |c| c.0);
            let delta = i64::from(value) - last;
            last = value.into();
            put_uvarint(&mut bytes, (delta << 1 ^ delta >> 63) as u64 & 0xffff_ffff);
            put_uvarint(&mut bytes, u64::from(end - pc));
        }
        bytes.push(0);
        let pctab = &mut self.pctab;
        *self.table_of.entry(bytes).or_insert_with_key(|bytes| {
            pctab.extend_from_slice(bytes);
            (pctab.len() - bytes.len()) as u32
        })
    }

    fn finish(self, text: u64, text_size: u64) -> Vec<u8> {
        let functab_bytes = self.funcs.len() * 8 + 4;
        let mut pcln = Vec::with_capacity(functab_bytes + self.funcs.len() * FUNC_BYTES);
        for (i, (entry, _)) in self.funcs.iter().enumerate() {
            pcln.extend_from_slice(&entry.to_le_bytes());
            pcln.extend_from_slice(&((functab_bytes + i * FUNC_BYTES) as u32).to_le_bytes());
        }
        pcln.extend_from_slice(&(text_size as u32).to_le_bytes());
        for word in self.funcs.iter().flat_map(|f| f.1) {
            pcln.extend_from_slice(&word.to_le_bytes());
        }
        let cutab: Vec<u8> = self.file_starts.iter().flat_map(|o| o.to_le_bytes()).collect();
        let parts = [self.names, cutab, self.files, self.pctab, pcln];
        let mut words = vec![self.funcs.len() as u64, self.file_starts.len() as u64, text];
        let mut at = HEADER_BYTES;
        for p in &parts {
            words.push(at as u64);
            at = (at + p.len()).next_multiple_of(8);
        }
        let mut out = MAGIC.to_le_bytes().to_vec();
        out.extend([0, 0, 1, 8]);
        words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes()));
        debug_assert_eq!(out.len(), HEADER_BYTES);
        for p in parts {
            out.extend_from_slice(&p);
            out.resize(out.len().next_multiple_of(8), 0);
        }
        out
    }
}

/// The function's positions, without those that stand for no line; the first is at its entry.
pub(crate) fn known_lines(def: &FuncDef) -> impl Iterator<Item = (u32, LinePos)> {
    let known = |l: &&(u32, LinePos)| file_and_line(def, l.1).1 != 0;
    let mut lines = def.lines.iter().filter(known).copied().peekable();
    let first = match lines.peek() {
        Some((0, _)) => None,
        _ => Some((0, LinePos::Line(def.start_line))),
    };
    first.into_iter().chain(lines)
}

fn push_change(changes: &mut Vec<(u32, u32)>, pc: u32, value: u32) {
    match changes.last_mut() {
        Some(last) if last.1 == value => {}
        // A position of no instruction.
        Some(last) if last.0 == pc => last.1 = value,
        _ => changes.push((pc, value)),
    }
    // What was overwritten may now equal what is before it.
    if let [.., a, b] = changes.as_slice()
        && a.1 == b.1
    {
        changes.pop();
    }
}
