//! Machine code kept from one build to the next: one file for each package. The format, and the
//! invariants ART-1 to ART-7, are in `docs/artefact.md`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use burrow_codegen::{CodeReloc, CodeRelocKind, CompiledFunc, Pad};
use burrow_link::{InlPos, Inlined, LinePos};
use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::cache::{Cache, Key, KeyBuilder};

const MAGIC: &[u8; 8] = b"BURROWA1";
/// Magic, checksum of the index, number of records.
const HEAD: usize = 8 + 16 + 4;
const RECORD: usize = 16 + 8 + 4 + 4 + 8;
/// A file larger than this keeps only what the current build uses.
const LARGE: usize = 256 << 20;

/// What makes code (KEY-1 in build.rs).
const COMPILER: &str = env!("BURROW_CODE_ID");

/// What is made of a function without looking at others. Lines are relative to the first (ART-3).
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) code: CompiledFunc,
    pub(crate) lines: Vec<(u32, LinePos)>,
    pub(crate) inl: Vec<InlPos>,
}

/// A hash of all that the code of a function depends on.
pub(crate) type FuncKey = [u8; 16];

#[derive(Clone, Copy)]
struct Record {
    key: FuncKey,
    /// Hash of the symbol: an artefact has one entry for each (ART-5).
    symbol: u64,
    offset: u32,
    len: u32,
    sum: [u8; 8],
}

/// The contents of one file.
#[derive(Default)]
struct Artefact {
    /// Sorted by key.
    records: Vec<Record>,
    bytes: Vec<u8>,
}

impl Artefact {
    /// `None` if anything about the index is wrong.
    fn parse(bytes: Vec<u8>) -> Option<Artefact> {
        let head = bytes.get(..HEAD)?;
        if head[..8] != *MAGIC {
            return None;
        }
        let count = u32::from_le_bytes(head[24..28].try_into().ok()?) as usize;
        let index = bytes.get(24..HEAD.checked_add(count.checked_mul(RECORD)?)?)?;
        if blake3::hash(index).as_bytes()[..16] != head[8..24] {
            return None;
        }
        let record = |r: &[u8]| {
            Some(Record {
                key: r[..16].try_into().ok()?,
                symbol: u64::from_le_bytes(r[16..24].try_into().ok()?),
                offset: u32::from_le_bytes(r[24..28].try_into().ok()?),
                len: u32::from_le_bytes(r[28..32].try_into().ok()?),
                sum: r[32..40].try_into().ok()?,
            })
        };
        let records = index[4..].chunks_exact(RECORD).map(record).collect::<Option<_>>()?;
        Some(Artefact { records, bytes })
    }

    fn entry(&self, r: &Record) -> Option<&[u8]> {
        let start = r.offset as usize;
        let bytes = self.bytes.get(start..start.checked_add(r.len as usize)?)?;
        (sum(bytes) == r.sum).then_some(bytes)
    }

    fn get(&self, key: &FuncKey) -> Option<&[u8]> {
        let i = self.records.binary_search_by_key(key, |r| r.key).ok()?;
        self.entry(&self.records[i])
    }
}

fn sum(bytes: &[u8]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&blake3::hash(bytes).as_bytes()[..8]);
    out
}

/// The file of artefacts with these entries.
fn file(mut entries: Vec<(FuncKey, u64, Vec<u8>)>) -> Vec<u8> {
    entries.sort_by_key(|e| e.0);
    entries.dedup_by_key(|e| e.0);
    let mut index = (entries.len() as u32).to_le_bytes().to_vec();
    let mut offset = HEAD + entries.len() * RECORD;
    for (key, symbol, bytes) in &entries {
        index.extend_from_slice(key);
        index.extend_from_slice(&symbol.to_le_bytes());
        index.extend_from_slice(&(offset as u32).to_le_bytes());
        index.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        index.extend_from_slice(&sum(bytes));
        offset += bytes.len();
    }
    let mut out = Vec::with_capacity(offset);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&blake3::hash(&index).as_bytes()[..16]);
    out.extend_from_slice(&index);
    entries.iter().for_each(|(_, _, bytes)| out.extend_from_slice(bytes));
    out
}

/// One package's artefact as it was found, and what the build adds.
#[derive(Default)]
pub(crate) struct Package {
    name: Option<Key>,
    old: Artefact,
    new: Mutex<Vec<(FuncKey, u64, Vec<u8>)>>,
}

impl Package {
    /// The code of a function, if it has been compiled before. `symbols` are those that its key was
    /// made with.
    pub(crate) fn get(&self, key: &FuncKey, name: Symbol, symbols: &[Symbol]) -> Option<Piece> {
        let bytes = self.old.get(key)?;
        let mut r = Reader { bytes, symbols };
        let piece = r.piece(name)?;
        r.bytes.is_empty().then_some(piece)
    }

    pub(crate) fn put(&self, key: FuncKey, piece: &Piece, symbols: &[Symbol]) {
        if self.name.is_none() {
            return;
        }
        let mut w = Writer { bytes: Vec::with_capacity(piece.code.code.len() * 2), symbols };
        w.piece(piece);
        let symbol = symbol_hash(piece.code.name);
        self.new.lock().expect("no panics while locked").push((key, symbol, w.bytes));
    }
}

fn symbol_hash(name: Symbol) -> u64 {
    u64::from_le_bytes(sum(name.as_str().as_bytes()))
}

/// The artefacts of a build, read when first asked for.
pub(crate) struct Artefacts<'a> {
    cache: Option<&'a Cache>,
    packages: Mutex<HashMap<Arc<str>, Arc<Package>>>,
}

const KIND: &str = "code";

impl<'a> Artefacts<'a> {
    pub(crate) fn new(cache: Option<&'a Cache>) -> Artefacts<'a> {
        Artefacts { cache, packages: Mutex::default() }
    }

    /// The artefact of the package with sources in a directory; of what has none, as functions that
    /// compare types, if it is empty.
    pub(crate) fn package(&self, dir: &str) -> Arc<Package> {
        let mut packages = self.packages.lock().expect("no panics while locked");
        if let Some(p) = packages.get(dir) {
            return p.clone();
        }
        let mut package = Package::default();
        if let Some(cache) = self.cache {
            let mut key = KeyBuilder::new("code");
            let large: Vec<&str> = burrow_link::large_stack_functions().collect();
            key.part("compiler", COMPILER.as_bytes()).part("large", large.join(" ").as_bytes());
            key.part("package", dir.as_bytes());
            let key = key.finish();
            let old = cache.get_raw(key, KIND).and_then(Artefact::parse);
            package.old = old.unwrap_or_default();
            package.name = Some(key);
        }
        let package = Arc::new(package);
        packages.insert(dir.into(), package.clone());
        package
    }

    /// Writes the artefacts that have something new.
    pub(crate) fn write(&self) {
        let Some(cache) = self.cache else { return };
        let packages = self.packages.lock().expect("no panics while locked");
        let mut list: Vec<&Arc<Package>> = packages.values().collect();
        list.sort_by_key(|p| p.name);
        for p in list {
            let mut entries = std::mem::take(&mut *p.new.lock().expect("no panics while locked"));
            let (Some(name), false) = (p.name, entries.is_empty()) else { continue };
            // Another process may have added to it meanwhile (ART-6).
            let now = cache.get_raw(name, KIND).and_then(Artefact::parse).unwrap_or_default();
            let replaced: std::collections::HashSet<u64> = entries.iter().map(|e| e.1).collect();
            if now.bytes.len() <= LARGE {
                for r in now.records.iter().filter(|r| !replaced.contains(&r.symbol)) {
                    if let Some(bytes) = now.entry(r) {
                        entries.push((r.key, r.symbol, bytes.to_vec()));
                    }
                }
            }
            cache.put_raw(name, KIND, &file(entries));
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Entries

/// A place in `symbols`, or the text itself behind this number.
const BY_TEXT: u64 = 0;

struct Writer<'a> {
    bytes: Vec<u8>,
    symbols: &'a [Symbol],
}

impl Writer<'_> {
    fn num(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    fn data(&mut self, data: &[u8]) {
        self.num(data.len() as u64);
        self.bytes.extend_from_slice(data);
    }

    fn line(&mut self, p: LinePos) {
        match p {
            LinePos::Line(n) => self.num(u64::from(n) << 1),
            LinePos::Inl(n) => self.num(u64::from(n) << 1 | 1),
        }
    }

    fn piece(&mut self, p: &Piece) {
        let c = &p.code;
        self.data(&c.code);
        for n in [c.entry, c.stack_args, c.frame_size, c.saved, c.places] {
            self.num(n.into());
        }
        let numbers: FxHashMap<Symbol, u64> =
            self.symbols.iter().zip(1..).map(|(&s, n)| (s, n)).collect();
        self.num(c.relocs.len() as u64);
        for r in &c.relocs {
            self.num(r.offset.into());
            self.bytes.push(match r.kind {
                CodeRelocKind::PcRel32 => 0,
                CodeRelocKind::Abs64 => 1,
            });
            match numbers.get(&r.target) {
                Some(&n) => self.num(n),
                None => {
                    self.num(BY_TEXT);
                    self.data(r.target.as_str().as_bytes());
                }
            }
            self.num(((r.addend << 1) ^ (r.addend >> 63)) as u64);
        }
        self.num(p.lines.len() as u64);
        for &(pc, pos) in &p.lines {
            self.num(pc.into());
            self.line(pos);
        }
        self.num(p.inl.len() as u64);
        for i in &p.inl {
            self.data(i.file.as_bytes());
            self.num(i.line.into());
            self.bytes.push(i.inlined.is_some().into());
            if let Some(inlined) = &i.inlined {
                self.data(inlined.func.as_bytes());
                self.num(inlined.start_line.into());
                self.line(inlined.parent);
            }
        }
        self.num(c.pads.len() as u64);
        for pad in &c.pads {
            for n in [pad.pad, pad.frame_offset, pad.defer_frame] {
                self.num(n.into());
            }
        }
        self.num(c.traps.len() as u64);
        for &(pc, code) in &c.traps {
            self.num(pc.into());
            self.num(code.into());
        }
    }
}

/// Reads what [`Writer`] wrote; `None` is damage.
struct Reader<'a> {
    bytes: &'a [u8],
    symbols: &'a [Symbol],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (&b, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(b)
    }

    fn num(&mut self) -> Option<u64> {
        let mut n = 0;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            n |= u64::from(b & 0x7f) << shift;
            if b < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn u32(&mut self) -> Option<u32> {
        self.num()?.try_into().ok()
    }

    fn data(&mut self) -> Option<&'a [u8]> {
        let len = self.u32()? as usize;
        let (data, rest) = self.bytes.split_at_checked(len)?;
        self.bytes = rest;
        Some(data)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.data()?).ok()
    }

    fn line(&mut self) -> Option<LinePos> {
        let n = self.num()?;
        let v = u32::try_from(n >> 1).ok()?;
        Some(if n & 1 == 0 { LinePos::Line(v) } else { LinePos::Inl(v) })
    }

    /// A list with its length in front.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.u32()? as usize;
        // Each item has a byte at least.
        if n > self.bytes.len() {
            return None;
        }
        (0..n).map(|_| item(self)).collect()
    }

    fn reloc(&mut self) -> Option<CodeReloc> {
        let offset = self.u32()?;
        let kind = match self.byte()? {
            0 => CodeRelocKind::PcRel32,
            1 => CodeRelocKind::Abs64,
            _ => return None,
        };
        let target = match self.num()? {
            BY_TEXT => Symbol::new(self.text()?),
            n => *self.symbols.get(usize::try_from(n).ok()? - 1)?,
        };
        let n = self.num()?;
        let addend = (n >> 1) as i64 ^ -((n & 1) as i64);
        Some(CodeReloc { offset, kind, target, addend })
    }

    fn inl(&mut self) -> Option<InlPos> {
        let file = self.text()?.into();
        let line = self.u32()?;
        let inlined = match self.byte()? {
            0 => None,
            _ => Some(Inlined {
                func: self.text()?.into(),
                start_line: self.u32()?,
                parent: self.line()?,
            }),
        };
        Some(InlPos { file, line, inlined })
    }

    fn piece(&mut self, name: Symbol) -> Option<Piece> {
        let code = self.data()?.to_vec();
        let (entry, stack_args) = (self.u32()?, self.u32()?);
        let (frame_size, saved, places) = (self.u32()?, self.u32()?, self.u32()?);
        let relocs = self.list(Reader::reloc)?;
        let lines = self.list(|r| Some((r.u32()?, r.line()?)))?;
        let inl = self.list(Reader::inl)?;
        let pads = self
            .list(|r| Some(Pad { pad: r.u32()?, frame_offset: r.u32()?, defer_frame: r.u32()? }))?;
        let traps = self.list(|r| Some((r.u32()?, r.u32()?)))?;
        let code = CompiledFunc {
            name,
            code,
            entry,
            relocs,
            lines: Vec::new(),
            pads,
            traps,
            stack_args,
            frame_size,
            saved,
            places,
        };
        Some(Piece { code, lines, inl })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(name: &str) -> Piece {
        let reloc = |target: &str, addend| CodeReloc {
            offset: 7,
            kind: CodeRelocKind::PcRel32,
            target: Symbol::new(target),
            addend,
        };
        Piece {
            code: CompiledFunc {
                name: Symbol::new(name),
                code: vec![0x90; 300],
                entry: 5,
                relocs: vec![reloc("known", -4), reloc("unknown", 1 << 40)],
                lines: Vec::new(),
                pads: vec![Pad { pad: 1, frame_offset: 200, defer_frame: 3 }],
                traps: vec![(9, 1)],
                stack_args: 16,
                frame_size: 1 << 20,
                saved: 5,
                places: 3,
            },
            lines: vec![(0, LinePos::Line(0)), (4, LinePos::Inl(0))],
            inl: vec![InlPos {
                file: "f.go".into(),
                line: 3,
                inlined: Some(Inlined {
                    func: "p.g".into(),
                    start_line: 2,
                    parent: LinePos::Line(u32::MAX),
                }),
            }],
        }
    }

    fn scratch(name: &str) -> Cache {
        let dir = std::env::temp_dir().join(format!("burrow-code-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        Cache::new(&dir)
    }

    fn found(cache: &Cache, key: u8, name: &str) -> Option<String> {
        let p = Artefacts::new(Some(cache)).package("/src/p");
        let piece = p.get(&[key; 16], Symbol::new(name), &[Symbol::new("known")])?;
        Some(format!("{piece:?}"))
    }

    fn store<'a>(cache: &'a Cache, key: u8, name: &'a str) -> Artefacts<'a> {
        let a = Artefacts::new(Some(cache));
        a.package("/src/p").put([key; 16], &piece(name), &[Symbol::new("known")]);
        a
    }

    #[test]
    fn entries_come_back_and_the_newest_of_a_symbol_stays() {
        let cache = scratch("newest");
        store(&cache, 1, "p.f").write();
        store(&cache, 2, "p.g").write();
        assert_eq!(found(&cache, 1, "p.f"), Some(format!("{:?}", piece("p.f"))));
        assert!(found(&cache, 2, "p.g").is_some());
        store(&cache, 3, "p.f").write();
        assert!(found(&cache, 1, "p.f").is_none());
        assert!(found(&cache, 3, "p.f").is_some() && found(&cache, 2, "p.g").is_some());
        std::fs::remove_dir_all(cache.dir()).unwrap();
    }

    #[test]
    fn what_another_process_wrote_meanwhile_is_kept() {
        let cache = scratch("merge");
        let (a, b) = (store(&cache, 1, "p.f"), store(&cache, 2, "p.g"));
        a.write();
        b.write();
        assert!(found(&cache, 1, "p.f").is_some() && found(&cache, 2, "p.g").is_some());
        std::fs::remove_dir_all(cache.dir()).unwrap();
    }

    #[test]
    fn no_change_of_a_byte_goes_unnoticed() {
        let sound = file(vec![([1; 16], 1, vec![1; 40]), ([2; 16], 2, vec![2; 40])]);
        for i in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[i] ^= 0x10;
            let Some(a) = Artefact::parse(bytes) else { continue };
            let intact = [1u8, 2].iter().filter(|&&k| a.get(&[k; 16]) == Some(&[k; 40][..]));
            assert_eq!(intact.count(), 1, "byte {i}");
        }
        for n in 0..sound.len() {
            let a = Artefact::parse(sound[..n].to_vec());
            assert!(a.is_none_or(|a| a.get(&[2; 16]).is_none()), "cut to {n}");
        }
    }
}
