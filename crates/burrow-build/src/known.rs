//! Packages that were found to be right: they are parsed as outlines, and only declarations are checked again.
//!
//! Of each such package is kept which files it had, what of the packages that it imports it was checked against, and
//! what a check of its outlines has to be told (`burrow_types::Record`). All packages of the Go tree are in one entry of
//! the cache, those of a module in another.
//!
//! KNOWN-1  A package is taken for known if its files have the contents that they had. That alone makes it an outline.
//! KNOWN-2  It is right if, besides, the *surfaces* of its imports are what they were: all text outside of functions' bodies,
//!     and the surfaces of what those import. Else it is parsed and checked as a whole, as if nothing was known.
//! KNOWN-3  What is checked from outlines is checked for errors all the same. If there is one, the whole package is checked,
//!     and that decides.
//! KNOWN-4  The front end that said so is part of the name of the entry: another one looks for itself.
//!
//! gc keeps export data by hash of the package's inputs; here a change of a function's body ends in its package.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use burrow_load::{LeftOut, Sources};
use burrow_types::{LongLiteral, Record};
use rustc_hash::FxHashMap;

use crate::cache::{Cache, Key, KeyBuilder};

/// What finds errors (KEY-1 in build.rs).
const FRONT_END: &str = env!("BURROW_FRONT_ID");

const KIND: &str = "known";

/// Packages with functions that nobody looks at again: an entry larger than this begins anew.
const LARGE: usize = 16 << 20;

/// A package that was found to be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Hash of the contents of its files (KNOWN-1).
    pub(crate) files: Key,
    /// Hash of the surfaces of its imports, and of the language version (KNOWN-2).
    pub(crate) imports: Key,
    /// Hash of the surfaces of its own files.
    pub(crate) surface: Key,
    pub(crate) record: Record,
    /// Imports that the overlay made superfluous, by index of the file.
    pub(crate) dropped: Vec<(u32, String)>,
}

/// Where packages are kept together.
struct Shelf {
    name: Key,
    old: FxHashMap<Key, Arc<Known>>,
    new: Mutex<Vec<(Key, Known)>>,
}

/// The known packages of a build.
pub(crate) struct KnownPackages<'a> {
    cache: &'a Cache,
    goroot: PathBuf,
    /// Of the Go tree, and of everything else.
    shelves: [Shelf; 2],
    /// Packages that were loaded as outlines, by import path.
    outlines: Mutex<FxHashMap<String, Arc<Known>>>,
}

impl<'a> KnownPackages<'a> {
    /// For a build in the directory `dir`.
    pub(crate) fn new(cache: &'a Cache, goroot: &Path, dir: &Path) -> KnownPackages<'a> {
        let shelf = |root: &Path| {
            let mut k = KeyBuilder::new("known");
            k.part("front end", FRONT_END.as_bytes());
            k.part("root", root.as_os_str().as_encoded_bytes());
            let name = k.finish();
            let old = read(cache, name).into_iter().map(|(id, known)| (id, Arc::new(known)));
            Shelf { name, old: old.collect(), new: Mutex::default() }
        };
        let module = dir.ancestors().find(|d| d.join("go.mod").is_file()).unwrap_or(dir);
        let shelves = [shelf(goroot), shelf(module)];
        KnownPackages { cache, goroot: goroot.into(), shelves, outlines: Mutex::default() }
    }

    /// What to leave out of the outlines of a package, if they will do (KNOWN-1).
    pub(crate) fn find(&self, sources: &Sources<'_>) -> Option<LeftOut> {
        // With its tests a package is another one.
        if sources.files.iter().any(|f| f.0.as_os_str().as_encoded_bytes().ends_with(b"_test.go")) {
            return None;
        }
        let paths = sources.files.iter().map(|f| f.0);
        let (shelf, id) = self.place(sources.import_path, sources.dir, paths);
        let known = shelf.old.get(&id)?;
        if known.files != contents(sources.files.iter().map(|f| f.1)) {
            return None;
        }
        let mut outlines = self.outlines.lock().expect("no panics while locked");
        outlines.insert(sources.import_path.into(), known.clone());
        let literals = known.record.literals.iter().map(|l| (l.file, l.start, l.end)).collect();
        Some(LeftOut { literals, imports: known.dropped.clone() })
    }

    /// What is known of a package that was loaded as outlines.
    pub(crate) fn outline(&self, import_path: &str) -> Option<Arc<Known>> {
        self.outlines.lock().expect("no panics while locked").get(import_path).cloned()
    }

    /// A hash of the surfaces of a package's files, without what it imports.
    pub(crate) fn surface(&self, package: &burrow_load::Package) -> Key {
        let outlined = package.files.iter().any(|f| f.content.is_some());
        let known = outlined.then(|| self.outline(&package.import_path)).flatten();
        known.map_or_else(|| surface_of(package), |k| k.surface)
    }

    /// Notes that a package is right.
    pub(crate) fn add(&self, package: &burrow_load::Package, imports: Key, record: &Record) {
        if package.files.iter().any(|f| f.is_test) {
            return;
        }
        let paths = package.files.iter().map(|f| f.path.as_path());
        let (shelf, id) = self.place(&package.import_path, &package.dir, paths);
        let files = contents(package.files.iter().map(|f| f.hash));
        let dropped = package.files.iter().enumerate().flat_map(|(i, f)| {
            f.dropped.iter().map(move |path| (i as u32, path.as_str().to_string()))
        });
        let known = Known {
            files,
            imports,
            surface: self.surface(package),
            record: record.clone(),
            dropped: dropped.collect(),
        };
        if shelf.old.get(&id).is_none_or(|old| **old != known) {
            shelf.new.lock().expect("no panics while locked").push((id, known));
        }
    }

    /// The shelf of a package, and its name there.
    fn place<'p>(
        &self,
        import_path: &str,
        dir: &Path,
        files: impl Iterator<Item = &'p Path>,
    ) -> (&Shelf, Key) {
        let mut k = KeyBuilder::new("package");
        k.part("path", import_path.as_bytes());
        k.part("dir", dir.as_os_str().as_encoded_bytes());
        // Other tags make another package.
        files.for_each(|f| {
            k.part("file", f.file_name().unwrap_or_default().as_encoded_bytes());
        });
        (&self.shelves[usize::from(!dir.starts_with(&self.goroot))], k.finish())
    }

    /// Writes what is new.
    pub(crate) fn write(&self) {
        for shelf in &self.shelves {
            let new = std::mem::take(&mut *shelf.new.lock().expect("no panics while locked"));
            if new.is_empty() {
                continue;
            }
            // Another process may have added to it meanwhile.
            let mut all = read(self.cache, shelf.name);
            all.extend(new);
            self.cache.put(shelf.name, KIND, &encode(&all));
        }
    }
}

/// As [`KnownPackages::surface`], for a package whose files are whole.
pub(crate) fn surface_of(package: &burrow_load::Package) -> Key {
    contents(package.files.iter().map(|f| f.surface))
}

/// A hash of the contents of files, by theirs.
fn contents(hashes: impl Iterator<Item = [u8; 32]>) -> Key {
    let mut k = KeyBuilder::new("files");
    hashes.for_each(|h| {
        k.part("file", &h);
    });
    k.finish()
}

fn read(cache: &Cache, name: Key) -> FxHashMap<Key, Known> {
    let bytes = cache.get(name, KIND).filter(|b| b.len() <= LARGE);
    bytes.and_then(|b| decode(&b)).unwrap_or_default()
}

/// Entries sorted by key: key, files, imports, surface; the numbers of the record and the dropped imports, each list behind its
/// length. All numbers have 32 bits, the low byte first.
fn encode(all: &FxHashMap<Key, Known>) -> Vec<u8> {
    let mut list: Vec<_> = all.iter().collect();
    list.sort_by_key(|(k, _)| **k);
    let mut out = Vec::new();
    for (key, known) in list {
        for k in [key, &known.files, &known.imports, &known.surface] {
            out.extend_from_slice(&k.0);
        }
        let Record { init_order, local_types, literals } = &known.record;
        let mut num = |n: u32| out.extend_from_slice(&n.to_le_bytes());
        num(init_order.len() as u32);
        init_order.iter().for_each(|&n| num(n));
        num(local_types.len() as u32);
        local_types.iter().for_each(|&(file, at, n)| [file, at, n].into_iter().for_each(&mut num));
        num(literals.len() as u32);
        for l in literals {
            [l.file, l.start, l.end, l.len].into_iter().for_each(&mut num);
        }
        num(known.dropped.len() as u32);
        for (file, path) in &known.dropped {
            for n in [*file, path.len() as u32] {
                out.extend_from_slice(&n.to_le_bytes());
            }
            out.extend_from_slice(path.as_bytes());
        }
    }
    out
}

fn decode(bytes: &[u8]) -> Option<FxHashMap<Key, Known>> {
    let mut rest = bytes;
    let r = &mut rest;
    let mut all = FxHashMap::default();
    while !r.is_empty() {
        let [name, files, imports, surface] = [key(r)?, key(r)?, key(r)?, key(r)?];
        let init_order = (0..num(r)?).map(|_| num(r)).collect::<Option<_>>()?;
        let local_types =
            (0..num(r)?).map(|_| Some((num(r)?, num(r)?, num(r)?))).collect::<Option<_>>()?;
        let literals = (0..num(r)?).map(|_| literal(r)).collect::<Option<_>>()?;
        let record = Record { init_order, local_types, literals };
        let dropped = (0..num(r)?).map(|_| numbered_path(r)).collect::<Option<_>>()?;
        all.insert(name, Known { files, imports, surface, record, dropped });
    }
    Some(all)
}

fn key(rest: &mut &[u8]) -> Option<Key> {
    let (k, after) = rest.split_first_chunk::<32>()?;
    *rest = after;
    Some(Key(*k))
}

fn num(rest: &mut &[u8]) -> Option<u32> {
    let (n, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*n))
}

fn literal(rest: &mut &[u8]) -> Option<LongLiteral> {
    let [file, start, end, len] = [num(rest)?, num(rest)?, num(rest)?, num(rest)?];
    Some(LongLiteral { file, start, end, len })
}

fn numbered_path(rest: &mut &[u8]) -> Option<(u32, String)> {
    let (file, len) = (num(rest)?, num(rest)? as usize);
    let (path, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some((file, std::str::from_utf8(path).ok()?.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back_and_half_ones_do_not() {
        let key = |s: &str| Key::of(s.as_bytes());
        let record = Record {
            init_order: vec![3, 1],
            local_types: vec![(0, 17, 1), (1, 400, 2)],
            literals: vec![LongLiteral { file: 1, start: 20, end: 300, len: 7 }],
        };
        let dropped = vec![(2, "a/b".into()), (3, "c".into())];
        let (files, imports, surface) = (key("f"), key("i"), key("s"));
        let known = Known { files, imports, surface, record, dropped };
        let empty = Known { record: Record::default(), ..known.clone() };
        let all: FxHashMap<Key, Known> =
            [(key("a"), known), (key("b"), empty)].into_iter().collect();
        let bytes = encode(&all);
        assert_eq!(decode(&bytes), Some(all));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode(&[0xff; 200]), None);
    }

    /// A checksum stands before this; what gets through by chance is read without harm.
    #[test]
    fn damaged_entries_do_no_harm() {
        let record = Record {
            init_order: (0..9).collect(),
            local_types: vec![(0, 1, 2)],
            literals: vec![LongLiteral { file: 0, start: 9, end: 99, len: 3 }],
        };
        let (files, imports, surface) = (Key::of(b"f"), Key::of(b"i"), Key::of(b"s"));
        let dropped = vec![(1, "a/b".into())];
        let known = Known { files, imports, surface, record, dropped };
        let bytes = encode(&[(Key::of(b"k"), known)].into_iter().collect());
        // xorshift64*
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |n: usize| {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
        };
        for _ in 0..100_000 {
            let mut hurt = bytes.clone();
            for _ in 0..=random(4) {
                let at = random(hurt.len());
                hurt[at] = random(256) as u8;
            }
            hurt.truncate(hurt.len() - random(3));
            let _ = decode(&hurt);
        }
    }
}
