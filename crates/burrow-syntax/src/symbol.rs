//! Interned strings: one table for the process, an id of 32 bits for each distinct string.
//!
//! Y1  A string is entered once; equal strings have equal symbols, from whatever thread.
//! Y2  Strings are never freed: a symbol gives out `&'static str`. What is interned are names and
//!     literals of source files, a bounded amount in every run of the compiler.
//! Y3  The order of symbols is the order of entry, which depends on threads. Nothing that is
//!     printed or hashed may be ordered by it; order by `as_str` there.
//!
//! The map from string to id is split into shards, each with a lock; the way back is lock-free: an
//! id selects a chunk by its highest bit, and chunks never move.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

/// An interned string. Cheap to copy, compare and hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(NonZeroU32);

const _: () = assert!(size_of::<Option<Symbol>>() == 4);

/// Shards of the map. Enough that a few dozen parsing threads seldom meet.
const SHARDS: usize = 64;
/// The first chunk holds this many strings; each further one doubles the table.
const FIRST_CHUNK: u32 = 1 << 12;
const CHUNKS: usize = 20;

type Slot = OnceLock<&'static str>;

struct Shard {
    ids: HashMap<&'static str, Symbol, BuildHasherDefault<FxHasher>>,
    /// What is left of the current block of text. Strings are carved off its front.
    room: &'static mut [u8],
}

struct Interner {
    shards: [Mutex<Shard>; SHARDS],
    next: AtomicU32,
    chunks: [OnceLock<Box<[Slot]>>; CHUNKS],
}

static INTERNER: LazyLock<Interner> = LazyLock::new(|| Interner {
    shards: std::array::from_fn(|_| Mutex::new(Shard { ids: HashMap::default(), room: &mut [] })),
    next: AtomicU32::new(1),
    chunks: std::array::from_fn(|_| OnceLock::new()),
});

impl Interner {
    fn slot(&self, id: u32) -> &Slot {
        let block = id / FIRST_CHUNK;
        // Chunk 0 has ids [0, F), chunk k > 0 has [F << (k-1), F << k).
        let (k, base, len) = if block == 0 {
            (0, 0, FIRST_CHUNK)
        } else {
            let k = 32 - block.leading_zeros();
            (k as usize, FIRST_CHUNK << (k - 1), FIRST_CHUNK << (k - 1))
        };
        let chunk = self.chunks[k].get_or_init(|| (0..len).map(|_| OnceLock::new()).collect());
        &chunk[(id - base) as usize]
    }
}

impl Shard {
    /// A copy of `s` that lives as long as the process.
    fn keep(&mut self, s: &str) -> &'static str {
        const BLOCK: usize = 16 << 10;
        if s.len() > BLOCK / 8 {
            return Box::leak(s.into());
        }
        if self.room.len() < s.len() {
            self.room = Box::leak(vec![0; BLOCK].into_boxed_slice());
        }
        let (text, rest) = std::mem::take(&mut self.room).split_at_mut(s.len());
        self.room = rest;
        text.copy_from_slice(s.as_bytes());
        // SAFETY: `text` was just filled with the bytes of a `str`.
        unsafe { std::str::from_utf8_unchecked(text) }
    }
}

impl Symbol {
    /// The symbol of `s`; enters it if it is new.
    pub fn new(s: &str) -> Symbol {
        let table = &*INTERNER;
        let mut hasher = FxHasher::default();
        hasher.write(s.as_bytes());
        let shard = &table.shards[(hasher.finish() >> 58) as usize % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(&sym) = shard.ids.get(s) {
            return sym;
        }
        let text = shard.keep(s);
        let id = table.next.fetch_add(1, Ordering::Relaxed);
        let sym = Symbol(NonZeroU32::new(id).expect("fewer than 2^32 symbols"));
        table.slot(id).set(text).expect("an id is given out once");
        shard.ids.insert(text, sym);
        sym
    }

    /// The string.
    pub fn as_str(self) -> &'static str {
        INTERNER.slot(self.0.get()).get().expect("a symbol's slot is filled before it is known")
    }

    /// Reports whether this is the blank identifier.
    pub fn is_blank(self) -> bool {
        self.as_str() == "_"
    }

    /// The id, for dense tables.
    pub fn index(self) -> usize {
        self.0.get() as usize
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl From<&str> for Symbol {
    fn from(s: &str) -> Symbol {
        Symbol::new(s)
    }
}

impl PartialEq<str> for Symbol {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Symbol {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// A fast hash for short keys of trusted origin (multiply and rotate, eight bytes at a time).
#[derive(Clone, Copy, Default)]
pub struct FxHasher(u64);

impl FxHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for FxHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for c in &mut chunks {
            self.add(u64::from_le_bytes(c.try_into().expect("eight bytes")));
        }
        let rest = chunks.remainder();
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.add(u64::from_le_bytes(word));
        }
        self.add(bytes.len() as u64);
    }
    fn write_u8(&mut self, n: u8) {
        self.add(n.into());
    }
    fn write_u32(&mut self, n: u32) {
        self.add(n.into());
    }
    fn write_u64(&mut self, n: u64) {
        self.add(n);
    }
    fn write_usize(&mut self, n: usize) {
        self.add(n as u64);
    }
    fn finish(&self) -> u64 {
        // The multiplication leaves the low bits weak; tables index by them.
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_strings_are_one_symbol_in_all_threads() {
        let all: Vec<Vec<Symbol>> = std::thread::scope(|s| {
            let threads: Vec<_> = (0..4)
                .map(|_| s.spawn(|| (0..20_000).map(|i| Symbol::new(&format!("sym{i}"))).collect()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        for other in &all[1..] {
            assert_eq!(&all[0], other);
        }
        for (i, s) in all[0].iter().enumerate() {
            assert_eq!(s.as_str(), format!("sym{i}"));
        }
    }
}
