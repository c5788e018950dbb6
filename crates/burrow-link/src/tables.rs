//! The tables of `docs/abi.md`, section 7: functions, lines, inlining, landing pads, traps.
//!
//! T1  Code addresses in tables are u32 offsets from the start of Go's text.
//! T2  functab, padtab and traptab are sorted by address, since functions are visited in address order.

use crate::layout::Layout;
use crate::object::{FuncDef, LinePos, Object};
use std::collections::HashMap;

/// Positions at or above this are indices into postab.
const POSTAB: u32 = 1 << 31;

#[derive(Default)]
pub(crate) struct Tables {
    functab: Vec<u8>,
    postab: Vec<u8>,
    filetab: Vec<u8>,
    pcln: Vec<u8>,
    strtab: Vec<u8>,
    padtab: Vec<u8>,
    traptab: Vec<u8>,
}

impl Tables {
    /// Bytes and record size, in the order of `burrow_prog`.
    pub(crate) fn in_order(&self) -> [(&[u8], usize); 7] {
        [
            (&self.functab, 40),
            (&self.postab, 24),
            (&self.filetab, 8),
            (&self.pcln, 8),
            (&self.strtab, 1),
            (&self.padtab, 16),
            (&self.traptab, 8),
        ]
    }
}

pub(crate) fn build(objects: &[Object], layout: &Layout) -> Tables {
    let mut b = Builder::default();
    for f in &layout.funcs {
        let def = &objects[f.object as usize].funcs[f.index as usize];
        let entry = (f.entry - layout.text.addr) as u32;
        b.function(def, entry, (f.end - layout.text.addr) as u32);
    }
    b.tables
}

#[derive(Default)]
struct Builder<'a> {
    tables: Tables,
    strings: HashMap<&'a str, u32>,
    files: HashMap<&'a str, u32>,
}

fn put(table: &mut Vec<u8>, words: &[u32]) {
    for w in words {
        table.extend_from_slice(&w.to_le_bytes());
    }
}

impl<'a> Builder<'a> {
    fn string(&mut self, s: &'a str) -> u32 {
        let strtab = &mut self.tables.strtab;
        *self.strings.entry(s).or_insert_with(|| {
            strtab.extend_from_slice(s.as_bytes());
            (strtab.len() - s.len()) as u32
        })
    }

    fn file(&mut self, name: &'a str) -> u32 {
        if let Some(&id) = self.files.get(name) {
            return id;
        }
        let off = self.string(name);
        let id = self.files.len() as u32;
        self.files.insert(name, id);
        put(&mut self.tables.filetab, &[off, name.len() as u32]);
        id
    }

    fn function(&mut self, def: &'a FuncDef, entry: u32, end: u32) {
        let name = self.string(&def.display_name);
        let file = self.file(&def.file);
        let positions = self.positions(def);
        let first_pos = positions;
        let pos = |p: LinePos| match p {
            LinePos::Line(l) => l & (POSTAB - 1),
            LinePos::Inl(i) => POSTAB | (first_pos + i),
        };
        let pcln = (self.tables.pcln.len() / 8) as u32;
        for &(pc, p) in &def.lines {
            put(&mut self.tables.pcln, &[pc, pos(p)]);
        }
        let npcln = def.lines.len() as u32;
        let (len, line) = (def.display_name.len() as u32, def.start_line);
        let record = [entry, end, name, len, file, line, def.flags, pcln, npcln, def.argp];
        put(&mut self.tables.functab, &record);
        for p in &def.pads {
            put(&mut self.tables.padtab, &[entry, entry + p.pad, p.frame_offset, p.defer_frame]);
        }
        let mut traps = def.traps.clone();
        traps.sort_unstable();
        for (pc, code) in traps {
            put(&mut self.tables.traptab, &[entry + pc, code]);
        }
    }

    /// Appends the function's inline table; gives the index of its first record.
    fn positions(&mut self, def: &'a FuncDef) -> u32 {
        let first = (self.tables.postab.len() / 24) as u32;
        for p in &def.inl {
            let file = self.file(&p.file);
            let record = match &p.inlined {
                None => [file, p.line, 0, 0, !0, 0],
                Some(i) => {
                    let func = self.string(&i.func);
                    let parent = match i.parent {
                        LinePos::Line(l) => l & (POSTAB - 1),
                        LinePos::Inl(n) => POSTAB | (first + n),
                    };
                    [file, p.line, func, i.func.len() as u32, parent, i.start_line]
                }
            };
            put(&mut self.tables.postab, &record);
        }
        first
    }
}
