//! Clocks and chance: all that lets two runs of a program differ, but for the hardware and the kernel.
//!
//! Z1  No other file reads a clock or asks for random bytes: a test searches the crate for it.
//! Z2  What need not be unpredictable (order of stealing, of a select's cases, of goroutines that become runnable at
//!     once, of the poller's events) asks `word` or `below`: a generator of each thread, seeded when it starts.
//! Z3  Keys, seeds of maps and what `math/rand` begins with come from `rand`: ChaCha8, keyed by the kernel.
//! Z4  `BURROW_DEBUG=schedfuzz=SEED` derives every seed from SEED, and lets `fuzz` give true: then queues take
//!     goroutines in another order than the one that is best. Threads still run as the kernel lets them.

use crate::arch::{self, m};
use crate::heap::Pair;
use crate::native::chacha8;
use crate::sync::{AtomicU64, AtomicUsize, Global, Ordering, RawLock};
use crate::sys;

pub const REALTIME: usize = 0;
pub const MONOTONIC: usize = 1;
/// Time that this thread has run.
pub const THREAD: usize = 3;
const CLOCK_GETTIME: usize = 228;
const GETRANDOM: usize = 318;
const AT_RANDOM: usize = 25;

// ---- clocks

/// `clock_gettime` of the vDSO, 0 if there is none.
static VDSO_CLOCK: AtomicUsize = AtomicUsize::new(0);

pub fn set_vdso_clock(address: usize) {
    VDSO_CLOCK.store(address, Ordering::Relaxed);
}

/// Reads a clock.
pub fn clock(which: usize) -> sys::Timespec {
    let f = VDSO_CLOCK.load(Ordering::Relaxed);
    if f == 0 {
        return kernel_clock(which);
    }
    if arch::room_here() >= VDSO_ROOM {
        // SAFETY: the kernel's function.
        unsafe { vdso_clock(f, which) }
    } else {
        // SAFETY: as above.
        arch::on_g0(|| unsafe { vdso_clock(f, which) })
    }
}

/// Reads a clock by a system call: also before this thread has a record.
fn kernel_clock(which: usize) -> sys::Timespec {
    let mut t = sys::Timespec::default();
    // SAFETY: the kernel writes `t`.
    unsafe { sys::syscall3(CLOCK_GETTIME, which, &raw mut t as usize, 0) };
    t
}

/// What the kernel's code may need of the stack. gc: calls it on g0 always.
const VDSO_ROOM: usize = 8 << 10;

/// # Safety
/// `f` is the vDSO's `clock_gettime`, and there is room for it.
unsafe fn vdso_clock(f: usize, which: usize) -> sys::Timespec {
    let mut t = sys::Timespec::default();
    // The kernel's code keeps no rbp: profiles go on from here. A tick may find itself in here, too.
    // SAFETY: this thread's record; the caller's promise.
    unsafe {
        let rbp: usize;
        core::arch::asm!("mov {}, rbp", out(reg) rbp, options(nostack, nomem));
        let me = m();
        let outer = core::mem::replace(&mut (*me).vdso_rbp, rbp);
        arch::call_vdso(which, &raw mut t, f);
        (*me).vdso_rbp = outer;
    }
    t
}

/// Nanoseconds of the monotonic clock.
#[unsafe(export_name = "runtime.nanotime")]
pub extern "C" fn nanotime() -> i64 {
    let t = clock(MONOTONIC);
    t.sec * 1_000_000_000 + t.nsec
}

#[unsafe(export_name = "runtime.walltime")]
pub extern "C" fn walltime() -> Pair {
    let t = clock(REALTIME);
    Pair(t.sec as usize, t.nsec as usize)
}

/// Cycles since some moment.
pub fn cycles() -> u64 {
    // SAFETY: rdtsc exists on every amd64 processor.
    unsafe { core::arch::x86_64::_rdtsc() }
}

// ---- seeds

/// The seed of Z4, 0 if there is none.
static FUZZ: AtomicU64 = AtomicU64::new(0);
/// How many words were derived from it.
static DERIVED: AtomicU64 = AtomicU64::new(0);

/// Before the first thread's record is made.
pub fn init() {
    let seed = crate::env::setting("BURROW_DEBUG", "schedfuzz").and_then(crate::env::number);
    FUZZ.store(seed.unwrap_or(0) as u64, Ordering::Relaxed);
}

/// Fills `buf` from the kernel's generator (Z4: from the seed).
pub fn random(buf: &mut [u8]) {
    let seed = FUZZ.load(Ordering::Relaxed);
    if seed != 0 {
        for chunk in buf.chunks_mut(8) {
            let n = DERIVED.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&mix(seed, n).to_le_bytes()[..chunk.len()]);
        }
        return;
    }
    let mut done = 0;
    while done < buf.len() {
        let rest = &mut buf[done..];
        // SAFETY: the kernel writes at most `rest.len()` bytes.
        let n = unsafe { sys::syscall3(GETRANDOM, rest.as_mut_ptr() as usize, rest.len(), 0) };
        if n > 0 {
            done += n as usize;
        } else if n != -sys::EINTR {
            return without_kernel(&mut buf[done..]);
        }
    }
}

/// Fills `buf` where the kernel refuses random bytes: from what it gave the process at its start, and the clocks. gc:
/// `readTimeRandom`, `startupRand`.
fn without_kernel(buf: &mut [u8]) {
    // The first thread asks before it has a record.
    let (wall, run) = (kernel_clock(REALTIME), kernel_clock(MONOTONIC));
    let mut seed = cycles() ^ wall.nsec as u64 ^ (run.nsec as u64).rotate_left(32);
    if let Some(at) = crate::env::auxv(AT_RANDOM) {
        // SAFETY: 16 bytes that the kernel has put there.
        let [a, b] = unsafe { *(at as *const [u64; 2]) };
        seed = mix(mix(seed, 0) ^ a, 0) ^ b;
    }
    for chunk in buf.chunks_mut(8) {
        let n = DERIVED.fetch_add(1, Ordering::Relaxed);
        chunk.copy_from_slice(&mix(seed, n).to_le_bytes()[..chunk.len()]);
    }
}

/// splitmix64: the `n`-th word of the sequence of `seed`.
fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add((n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A thread's generator (Z2).
pub fn seeded() -> [u64; 2] {
    let mut seed = [0; 16];
    random(&mut seed);
    let (a, b) = seed.split_at(8);
    let half = |h: &[u8]| h.iter().fold(0, |w, &byte| w << 8 | u64::from(byte));
    [half(a) | 1, half(b)]
}

// ---- chance

/// A random word; not for secrets.
pub fn word() -> u64 {
    // SAFETY: the current thread's own state; Rust is not preempted.
    let s = unsafe { &mut (*m()).rng };
    // xoroshiro128+
    let (a, mut b) = (s[0], s[1]);
    let r = a.wrapping_add(b);
    b ^= a;
    s[0] = a.rotate_left(24) ^ b ^ (b << 16);
    s[1] = b.rotate_left(37);
    r
}

/// One of `0..n`.
pub fn below(n: usize) -> usize {
    (((word() >> 32) * n as u64) >> 32) as usize
}

/// True once in `n` times if queues are to be fuzzed (Z4).
#[inline]
pub fn fuzz(n: usize) -> bool {
    FUZZ.load(Ordering::Relaxed) != 0 && below(n) == 0
}

#[unsafe(export_name = "runtime.cheaprand")]
pub extern "C" fn cheaprand() -> u32 {
    (word() >> 32) as u32
}

/// A ChaCha8 generator, shared by all threads. Its key comes from the kernel, and then from itself: the last
/// words of every fourth buffer are the next key, and are given to nobody.
struct Chance {
    key: [u64; 4],
    words: [u64; chacha8::WORDS],
    left: usize,
    /// Blocks made with this key.
    blocks: u32,
}

/// Blocks of a key, as in internal/chacha8rand.
const BLOCKS_OF_A_KEY: u32 = 16;

static CHANCE_LOCK: RawLock = RawLock::new();
static CHANCE: Global<Chance> =
    Global::new(Chance { key: [0; 4], words: [0; chacha8::WORDS], left: 0, blocks: 0 });

impl Chance {
    fn next(&mut self) -> u64 {
        if self.left == 0 {
            self.refill();
        }
        self.left -= 1;
        self.words[self.left]
    }

    fn refill(&mut self) {
        if self.key == [0; 4] {
            let mut seed = [0; 32];
            random(&mut seed);
            for (word, bytes) in self.key.iter_mut().zip(seed.as_chunks().0) {
                *word = u64::from_le_bytes(*bytes);
            }
        } else if self.blocks == BLOCKS_OF_A_KEY {
            self.key.copy_from_slice(&self.words[chacha8::WORDS - 4..]);
            self.blocks = 0;
        }
        chacha8::fill(&self.key, &mut self.words, self.blocks);
        self.blocks += chacha8::LANES;
        let last = self.blocks == BLOCKS_OF_A_KEY;
        self.left = if last { chacha8::WORDS - 4 } else { chacha8::WORDS };
    }
}

#[unsafe(export_name = "runtime.rand")]
pub extern "C" fn rand() -> u64 {
    let _guard = CHANCE_LOCK.guard();
    // SAFETY: guarded by the lock.
    unsafe { CHANCE.get() }.next()
}

#[unsafe(export_name = "runtime.bootstrapRand")]
pub extern "C" fn bootstrap_rand() -> u64 {
    rand()
}
