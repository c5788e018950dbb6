//! Profiles of events that have a stack: sampled allocations, waits of goroutines, contention of mutexes.
//!
//! B1  A bucket exists once for each (kind, size, stack), and lives for ever: what Go got of its stack stays valid.
//! B2  `TABLE`'s lock guards all buckets and the samples of all spans. Under it only `persistent`'s lock is taken. No signal
//!     handler takes it.
//! B3  As in gc, a heap profile is that of the end of the last marking: allocations come in real time, frees only when
//!     a span is swept, so the former are counted for cycle C+2 and the latter for C+1 (`future`), and what belongs to
//!     C is published (`active`) once all of it is known. `marked` begins a cycle, `swept` says that all frees are in.
//! B4  Bytes are sampled as a Poisson process, one point in `MemProfileRate` bytes on average. It has no memory, so each run
//!     of free slots draws anew where its next point lies, and the allocator stops there as at a run's end
//!     (`heap::Run`): objects that are not sampled cost nothing.
//! B5  A span's list of samples (`Span::samples`) names objects of it that are allocated; sweeping a span takes out what
//!     it frees.

use crate::chance;
use crate::g::{G, Wait};
use crate::heap::Span;
use crate::proc;
use crate::sampling;
use crate::sync::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize, Mutex, Ordering};
use crate::traceback::{self, Walk};
use core::ptr::null_mut;
use rust_alloc::boxed::Box;
use rust_alloc::vec::Vec;

/// Frames kept of a stack. gc: `profstackdepth`'s default.
pub const MAX_STACK: usize = 128;
const CHAINS: usize = 1 << 14;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Memory = 0,
    Block = 1,
    Mutex = 2,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    allocs: u64,
    frees: u64,
}

pub struct Bucket {
    /// Next in its chain; next of its kind.
    next: *mut Bucket,
    next_of_kind: *mut Bucket,
    hash: u64,
    kind: Kind,
    size: usize,
    stack: &'static [usize],
    /// Of `Kind::Memory` (B3).
    active: Counts,
    future: [Counts; 3],
    /// Of the other kinds.
    count: f64,
    cycles: i64,
}

/// A sampled object (B5).
pub struct Sample {
    next: *mut Sample,
    slot: usize,
    bucket: *mut Bucket,
}

struct Table {
    chains: Vec<*mut Bucket>,
    first: [*mut Bucket; 3],
    cycle: usize,
}

static TABLE: Mutex<Table> =
    Mutex::new(Table { chains: Vec::new(), first: [null_mut(); 3], cycle: 0 });
/// Bytes of buckets and of their table. MemStats: `BuckHashSys`.
pub static BYTES: AtomicUsize = AtomicUsize::new(0);

impl Table {
    fn bucket(&mut self, kind: Kind, size: usize, stack: &[usize]) -> *mut Bucket {
        if self.chains.is_empty() {
            self.chains.resize(CHAINS, null_mut());
            BYTES.fetch_add(CHAINS * 8, Ordering::Relaxed);
        }
        let mut hash = (size as u64) << 2 | kind as u64;
        for &pc in stack {
            hash = (hash.rotate_left(5) ^ pc as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        let chain = (hash >> 32) as usize % CHAINS;
        let mut b = self.chains[chain];
        while !b.is_null() {
            // SAFETY: B1.
            let r = unsafe { &*b };
            if r.hash == hash && r.kind == kind && r.size == size && r.stack == stack {
                return b;
            }
            b = r.next;
        }
        let b = Box::into_raw(Box::new(Bucket {
            next: self.chains[chain],
            next_of_kind: self.first[kind as usize],
            hash,
            kind,
            size,
            stack: Box::leak(stack.into()),
            active: Counts::default(),
            future: [Counts::default(); 3],
            count: 0.0,
            cycles: 0,
        }));
        BYTES.fetch_add(size_of::<Bucket>() + size_of_val(stack), Ordering::Relaxed);
        self.chains[chain] = b;
        self.first[kind as usize] = b;
        b
    }

    fn buckets(&self, kind: Kind) -> impl Iterator<Item = &'static mut Bucket> + use<> {
        let mut b = self.first[kind as usize];
        core::iter::from_fn(move || {
            // SAFETY: B1, B2: the caller holds the lock, and looks at one bucket at a time.
            let r = unsafe { b.as_mut() }?;
            b = r.next_of_kind;
            Some(r)
        })
    }

    /// Adds what is known of a cycle to the published profile.
    fn publish(&self, cycle: usize) {
        for b in self.buckets(Kind::Memory) {
            let f = core::mem::take(&mut b.future[cycle % 3]);
            b.active.allocs += f.allocs;
            b.active.frees += f.frees;
        }
    }
}

/// The runtime's own frames at the inner end of an allocation's stack, which profiles don't show. As in gc, there is room for
/// two of them.
const HIDDEN: usize = 2;

/// The logical frames of a stack from the `skip`-th on, at most `max` of them.
fn capture(walk: Walk, skip: usize, max: usize, pcs: &mut [usize; MAX_STACK + HIDDEN]) -> usize {
    let (mut skipped, mut n) = (0, 0);
    if max == 0 {
        return 0;
    }
    traceback::logical_frames(walk, |_, frame, depth| {
        if skipped < skip {
            skipped += 1;
            return true;
        }
        pcs[n] = traceback::encode(frame, depth);
        n += 1;
        n < max
    });
    n
}

/// GODEBUG=profstackdepth, plus one: 0 is "not looked yet".
static DEPTH: AtomicUsize = AtomicUsize::new(0);

pub fn depth() -> usize {
    let known = DEPTH.load(Ordering::Relaxed);
    if known != 0 {
        return known - 1;
    }
    let wanted = crate::env::setting("GODEBUG", "profstackdepth").and_then(crate::env::number);
    let n = wanted.map_or(MAX_STACK, |n| n.clamp(0, MAX_STACK as i64) as usize);
    DEPTH.store(n + 1, Ordering::Relaxed);
    n
}

// ---- heap

/// The program's `runtime.MemProfileRate`; null until it is known.
static RATE: AtomicPtr<i64> = AtomicPtr::new(null_mut());

#[unsafe(export_name = "runtime.memProfileVar")]
pub extern "C" fn mem_profile_var(p: *mut i64) {
    RATE.store(p, Ordering::Relaxed);
}

/// The program has written to `MemProfileRate`: the runs that are being allocated from draw anew (B4).
#[unsafe(export_name = "runtime.memProfileRateChanged")]
pub extern "C" fn rate_changed() {
    proc::stop_the_world();
    for p in proc::all_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.flush() };
    }
    proc::start_the_world();
}

fn rate() -> i64 {
    let p = RATE.load(Ordering::Relaxed);
    // SAFETY: a Go variable; a word.
    if p.is_null() { 0 } else { unsafe { p.read_volatile() } }
}

/// How many of the next `bytes` may be allocated before a byte is sampled; `bytes` if none of them is.
#[inline]
pub fn bytes_to_sample(bytes: usize) -> usize {
    let rate = rate();
    if rate <= 1 {
        return if rate == 1 { 0 } else { bytes };
    }
    // Uniform in (0, 1].
    let u = ((chance::word() >> 11) + 1) as f64 * (1.0 / (1_u64 << 53) as f64);
    sampling::bytes_before(u, bytes, rate as usize)
}

/// Notes the object in `slot` of `s`, which is being allocated. On its goroutine.
#[cold]
#[inline(never)]
pub fn sample(s: &mut Span, slot: usize) {
    let walk = Walk::here();
    crate::arch::on_g0(|| sample_from(s, slot, walk));
}

fn sample_from(s: &mut Span, slot: usize, walk: Walk) {
    let mut pcs = [0; MAX_STACK + HIDDEN];
    let n = capture(walk, 0, depth() + HIDDEN, &mut pcs);
    let mut t = TABLE.lock();
    let bucket = t.bucket(Kind::Memory, s.elem_size, &pcs[..n]);
    // SAFETY: B1, B2.
    unsafe { (*bucket).future[(t.cycle + 2) % 3].allocs += 1 };
    s.samples = Box::into_raw(Box::new(Sample { next: s.samples, slot, bucket }));
}

/// `s` is being swept, and has samples: counts those of objects without a mark as freed.
#[cold]
pub fn sweep(s: &mut Span) {
    let t = TABLE.lock();
    let mut link = &raw mut s.samples;
    // SAFETY: B2, B5: the list is the span's, and the span is whoever's sweeps it.
    unsafe {
        while !(*link).is_null() {
            let sample = *link;
            let slot = (*sample).slot;
            if s.is_marked(slot) {
                link = &raw mut (*sample).next;
                continue;
            }
            (*(*sample).bucket).future[(t.cycle + 1) % 3].frees += 1;
            *link = (*sample).next;
            drop(Box::from_raw(sample));
        }
    }
}

/// Marking has ended, and the world is stopped; sweeping begins (B3).
pub fn marked() {
    let mut t = TABLE.lock();
    t.cycle += 1;
    t.publish(t.cycle);
}

/// All spans are swept: the profile of the end of the last marking is complete (B3).
pub fn swept() {
    let t = TABLE.lock();
    t.publish(t.cycle + 1);
}

/// Calls `f` with the address, size, stack, allocations and frees of each bucket of the heap profile.
pub fn each_bucket(mut f: impl FnMut(usize, usize, &'static [usize], u64, u64)) {
    let t = TABLE.lock();
    for b in t.buckets(Kind::Memory) {
        f(core::ptr::from_ref(b) as usize, b.size, b.stack, b.active.allocs, b.active.frees);
    }
}

/// Calls `f` with slot and bucket of each sample of a span. With the world stopped.
pub fn each_sample(s: &Span, mut f: impl FnMut(usize, usize)) {
    let mut sample = s.samples;
    // SAFETY: B5.
    while let Some(r) = unsafe { sample.as_ref() } {
        f(r.slot, r.bucket as usize);
        sample = r.next;
    }
}

/// `runtime.memRecord` of the overlay.
#[repr(C)]
pub struct MemRecord {
    size: i64,
    allocs: i64,
    frees: i64,
    stack: *const usize,
    depth: usize,
}

/// The records of the heap profile, up to `n` of them; gives their number.
///
/// # Safety
/// `out` has room for `n` records.
#[unsafe(export_name = "runtime.memRecords")]
pub unsafe extern "C" fn mem_records(out: *mut MemRecord, n: usize, inuse_zero: bool) -> usize {
    let t = TABLE.lock();
    t.publish(t.cycle);
    let none = |b: &mut Bucket| b.active.allocs == 0 && b.active.frees == 0;
    if t.buckets(Kind::Memory).all(none) {
        // Nothing was collected yet: all there is.
        (0..3).for_each(|c| t.publish(c));
    }
    let shown = |b: &&mut Bucket| inuse_zero || b.active.allocs != b.active.frees;
    let mut count = 0;
    for b in t.buckets(Kind::Memory).filter(shown) {
        if count < n {
            // SAFETY: the caller's room.
            unsafe {
                out.add(count).write(MemRecord {
                    size: b.size as i64,
                    allocs: b.active.allocs as i64,
                    frees: b.active.frees as i64,
                    stack: b.stack.as_ptr(),
                    depth: b.stack.len(),
                });
            }
        }
        count += 1;
    }
    count
}

// ---- waiting and contention. "Cycles" are nanoseconds.

static BLOCK_RATE: AtomicI64 = AtomicI64::new(0);
static MUTEX_RATE: AtomicI64 = AtomicI64::new(0);
/// Nanoseconds that goroutines waited for mutexes. metrics: `/sync/mutex/wait/total:seconds`.
pub static MUTEX_WAIT: AtomicU64 = AtomicU64::new(0);
/// One wait for a mutex in so many is measured for `MUTEX_WAIT`. gc: `gTrackingPeriod`.
const MEASURED: u64 = 8;

#[unsafe(export_name = "runtime.setBlockRate")]
pub extern "C" fn set_block_rate(ns: i64) {
    BLOCK_RATE.store(ns.max(0), Ordering::Relaxed);
}

/// Sets the mutex profile's fraction unless it is negative; gives the old one.
#[unsafe(export_name = "runtime.setMutexFraction")]
pub extern "C" fn set_mutex_fraction(rate: i64) -> i64 {
    if rate < 0 {
        return MUTEX_RATE.load(Ordering::Relaxed);
    }
    MUTEX_RATE.swap(rate, Ordering::Relaxed)
}

/// Before a park: asks for the time at which the goroutine is made ready, if anybody wants to know. Gives the time now,
/// 0 if not.
#[inline]
pub fn before_block(g: *mut G) -> i64 {
    if BLOCK_RATE.load(Ordering::Relaxed) == 0 {
        return 0;
    }
    ask(g)
}

fn ask(g: *mut G) -> i64 {
    // SAFETY: the current goroutine.
    unsafe { (*g).release_time = -1 };
    chance::nanotime()
}

/// After that park: the wait that began at `since` is an event. `walk` starts at the runtime's frames.
#[inline]
pub fn after_block(g: *mut G, since: i64, walk: impl FnOnce() -> Walk, skip: usize) {
    if since != 0 {
        // SAFETY: the current goroutine.
        let released = unsafe { core::mem::take(&mut (*g).release_time) };
        if released > 0 {
            block_event(released - since, walk(), skip);
        }
    }
}

#[cold]
fn block_event(ns: i64, walk: Walk, skip: usize) {
    let ns = ns.max(1);
    let rate = BLOCK_RATE.load(Ordering::Relaxed);
    if rate <= 0 || rate > ns && random_below(rate) > ns {
        return;
    }
    // Shorter waits than the rate are seen with probability ns / rate only.
    let (count, cycles) = if ns < rate { (rate as f64 / ns as f64, rate) } else { (1.0, ns) };
    add_event(Kind::Block, count, cycles, walk, skip);
}

/// Somebody left a mutex for which others had waited, `ns` nanoseconds in all.
#[cold]
fn mutex_event(ns: i64, walk: Walk, skip: usize) {
    let rate = MUTEX_RATE.load(Ordering::Relaxed);
    if rate > 0 && random_below(rate) == 0 {
        add_event(Kind::Mutex, rate as f64, ns.max(0).saturating_mul(rate), walk, skip);
    }
}

fn random_below(n: i64) -> i64 {
    (chance::word() >> 2) as i64 % n
}

fn add_event(kind: Kind, count: f64, cycles: i64, walk: Walk, skip: usize) {
    crate::arch::on_g0(|| add_event_from(kind, count, cycles, walk, skip));
}

fn add_event_from(kind: Kind, count: f64, cycles: i64, walk: Walk, skip: usize) {
    let mut pcs = [0; MAX_STACK + HIDDEN];
    if depth() == 0 {
        return;
    }
    let n = capture(walk, skip, depth(), &mut pcs);
    let mut t = TABLE.lock();
    let b = t.bucket(kind, 0, &pcs[..n]);
    // SAFETY: B1, B2.
    unsafe {
        (*b).count += count;
        (*b).cycles = (*b).cycles.saturating_add(cycles);
    }
}

/// What a wait for a semaphore is measured for.
#[derive(Clone, Copy)]
pub struct SemaWait {
    since: i64,
    block: bool,
    metric: bool,
}

/// Flags of `semacquire`'s reason, beside the wait reason (sync.go).
pub const SEMA_BLOCK: u64 = 0x200;
pub const SEMA_MUTEX: u64 = 0x400;

/// A goroutine is about to queue for a semaphore. Gives also the time for the sudog's `acquire_time`.
#[inline]
pub fn sema_begin(g: *mut G, flags: u64, why: Wait) -> (SemaWait, i64) {
    let block = flags & SEMA_BLOCK != 0 && BLOCK_RATE.load(Ordering::Relaxed) > 0;
    let mutex = flags & SEMA_MUTEX != 0 && MUTEX_RATE.load(Ordering::Relaxed) > 0;
    let metric = matches!(why, Wait::MutexLock | Wait::RwMutexLock | Wait::RwMutexRLock)
        && chance::word() >> 32 & (MEASURED - 1) == 0;
    let since = if block || mutex || metric { ask(g) } else { 0 };
    (SemaWait { since, block, metric }, if mutex { since } else { 0 })
}

#[inline]
pub fn sema_end(g: *mut G, w: SemaWait, walk: impl FnOnce() -> Walk, skip: usize) {
    if w.since == 0 {
        return;
    }
    // SAFETY: the current goroutine.
    let released = unsafe { core::mem::take(&mut (*g).release_time) };
    if released <= 0 {
        return;
    }
    let ns = released - w.since;
    if w.metric {
        MUTEX_WAIT.fetch_add(ns.max(0) as u64 * MEASURED, Ordering::Relaxed);
    }
    if w.block {
        block_event(ns, walk(), skip);
    }
}

/// A semaphore was released to a goroutine that had waited since `head`; `others` wait on, the last of them since
/// `tail`. Charges all their waiting to the caller, as gc does. 0: not measured.
#[inline]
pub fn sema_released(
    now: i64,
    head: i64,
    tail: i64,
    others: u32,
    walk: impl FnOnce() -> Walk,
    skip: usize,
) {
    if head == 0 {
        return;
    }
    let first = now - head;
    let rest = if others == 0 { 0 } else { (now - tail + first) / 2 * i64::from(others) };
    mutex_event(first + rest, walk(), skip);
}

/// For runtime/pprof's tests, which make events of their own. gc: `runtime.blockevent`.
#[unsafe(export_name = "runtime.blockevent0")]
#[inline(never)]
pub extern "C" fn block_event_go(cycles: i64, skip: i64) {
    block_event(cycles, Walk::here(), skip.max(0) as usize);
}

/// `runtime.blockRecord` of the overlay.
#[repr(C)]
pub struct BlockRecord {
    count: i64,
    cycles: i64,
    stack: *const usize,
    depth: usize,
}

/// The records of the block (1) or mutex (2) profile, up to `n` of them; gives their number.
///
/// # Safety
/// `out` has room for `n` records.
#[unsafe(export_name = "runtime.blockRecords")]
pub unsafe extern "C" fn block_records(which: u64, out: *mut BlockRecord, n: usize) -> usize {
    let kind = if which == 1 { Kind::Block } else { Kind::Mutex };
    let t = TABLE.lock();
    let mut count = 0;
    for b in t.buckets(kind) {
        if count < n {
            // SAFETY: the caller's room.
            unsafe {
                out.add(count).write(BlockRecord {
                    count: (b.count as i64).max(1),
                    cycles: b.cycles,
                    stack: b.stack.as_ptr(),
                    depth: b.stack.len(),
                });
            }
        }
        count += 1;
    }
    count
}

#[unsafe(export_name = "runtime.threadCount")]
pub extern "C" fn thread_count() -> u64 {
    proc::threads()
}

#[unsafe(export_name = "runtime.profStackDepth")]
pub extern "C" fn prof_stack_depth() -> usize {
    depth()
}
