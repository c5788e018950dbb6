//! Goroutine stacks: slots, and segments attached on overflow.
//!
//! T1  A goroutine gets its stack when it runs for the first time, and gives it back when it ends; meanwhile `segments[0]`
//!     is a slot: small, 2 KiB, or large, 64 KiB of demand-paged memory. Before and after, `G.rsp` is 0.
//! T2  `limit = base + RESERVE`: what is below the limit is checked by nobody. It must hold, at the same time: a frame that was
//!     tested as if it were empty, frames that skip the test, and either functions in Rust or an injected frame. Functions
//!     in Rust that need more (`burrow_link::large_stack_functions`) are called by Go functions that have tested for
//!     `burrow_codegen::LARGE_NEED` bytes more. `burrow-build/src/stack_budget.rs` adds it up.
//! T3  Segments only attach at the end of the chain and stay attached until the goroutine ends.
//! T4  The lengths of all segments together stay under Go's limit of 1,000,000,000 bytes; beyond it the
//!     program dies with gc's message.
//! T5  Most goroutines that are many do little: of an entry function that was started often, goroutines begin with a small
//!     slot, unless one of them has outgrown that (`ENTRIES`). The first ones have large slots, and limits as if they were small:
//!     so it is known of most functions before. Who outgrows a small slot later on may cross to its segment again and again.

//! STACK-1  The lowest word that a goroutine may use is zero: that at `true_limit - RESERVE`. Nobody writes it, since T2's functions
//!     have less than the reserve; the memory is zero at first (slots, L2), and `assign` clears it in the middle of a slot. So a
//!     function that needs more than it may is found where goroutines are switched, before what it overwrote is used.

use crate::arch::{self, SEGMENT_RECORD};
use crate::g::{G, P, SEGMENTS, Segment};
use crate::slots::Pool;
use crate::sync::{AtomicBool, AtomicU8, Global, Mutex, Ordering};
use crate::sys;
use rust_alloc::vec::Vec;

pub const SMALL: usize = 2 << 10;
pub const LARGE: usize = 64 << 10;
/// T2.
pub const RESERVE: usize = 1408;
#[unsafe(no_mangle)]
static burrow_stack_reserve: u64 = (RESERVE - size_of::<usize>()) as u64;
/// Sizes of attached segments, in order; who began with a large slot goes on with the second.
const SEGMENT_SIZES: [usize; SEGMENTS - 1] = [LARGE, 256 << 10, 64 << 20, 1_100_000_000 & !4095];
/// How much of a segment is opened at a time.
const OPEN_STEPS: [usize; SEGMENTS - 1] = [LARGE, 256 << 10, 8 << 20, 64 << 20];
/// gc: `maxstacksize` on 64-bit systems.
pub static MAX_STACK: Global<usize> = Global::new(1_000_000_000);

pub static SMALL_SLOTS: Pool = Pool::new(SMALL, 1 << 30, 16 << 20);
pub static LARGE_SLOTS: Pool = Pool::new(LARGE, 64 << 30, 64 << 20);
/// Free segments of each size.
static SEGMENT_POOL: Mutex<[Vec<Free>; SEGMENTS - 1]> =
    Mutex::new([const { Vec::new() }; SEGMENTS - 1]);

/// A segment that no goroutine has; memory is usable from `open` on, below is reserved address space.
#[derive(Clone, Copy)]
struct Free {
    base: usize,
    open: usize,
}

/// Common free slots that are kept when memory goes back to the system.
const KEPT: usize = 256;

/// T5, by a hash of the entry's address: two functions that share one behave as one.
static ENTRIES: [AtomicU8; 1024] = [const { AtomicU8::new(0) }; 1024];
/// So many starts give large slots.
const SMALL_FROM: u8 = 64;
const OUTGREW: u8 = 0xff;

fn entry_of(pc: usize) -> &'static AtomicU8 {
    let hash = pc.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54;
    &ENTRIES[hash]
}

/// How a goroutine begins.
#[derive(PartialEq)]
enum Begin {
    Small,
    /// With a large slot that is lowered to a small one's limit.
    Trial,
    Large,
}

fn begin(pc: usize) -> Begin {
    let e = entry_of(pc);
    match e.load(Ordering::Relaxed) {
        OUTGREW => Begin::Large,
        SMALL_FROM => Begin::Small,
        n => {
            // Counts that get lost between threads don't matter, but no verdict may.
            let _ = e.compare_exchange(n, n + 1, Ordering::Relaxed, Ordering::Relaxed);
            Begin::Trial
        }
    }
}

/// Gives a goroutine that has none a stack, on which it begins (T1).
///
/// # Safety
/// The caller is about to run `g`, on a thread with `p`.
#[cold]
pub unsafe fn assign(g: *mut G, p: *mut P) {
    // SAFETY: the caller's promise.
    unsafe {
        let (g, p) = (&mut *g, &mut *p);
        let begin = begin(g.start_pc);
        let (base, top) = if begin == Begin::Small {
            let base = p.small_stacks.take(&SMALL_SLOTS);
            (base, base + SMALL)
        } else {
            let base = p.large_stacks.take(&LARGE_SLOTS);
            // The tops of stacks are used most: they would all be in the same lines of the processor's cache.
            (base, base + LARGE - base / LARGE % 8 * 256)
        };
        g.segments[0] = Segment { base, top };
        g.true_limit = RESERVE + if begin == Begin::Trial { top - SMALL } else { base };
        if begin == Begin::Trial {
            // STACK-1; a goroutine that had the whole slot may have written there.
            *((top - SMALL) as *mut usize) = 0;
        }
        g.stack_limit.store(g.true_limit, Ordering::Relaxed);
        g.next_top = 0;
        arch::prepare(g);
    }
}

/// STACK-1, of a goroutine that this thread is about to run, or has run. The base of a large slot is looked at only where that is
/// `deep`, or in an image with assertions: memory that nobody has touched would have to be mapped for it.
#[inline]
pub fn check_base(g: &G, deep: bool) {
    let first = &g.segments[0];
    let is_far = g.true_limit == first.base + RESERVE && !is_small(first);
    if is_far && !deep && !cfg!(debug_assertions) {
        return;
    }
    // SAFETY: a word of the goroutine's stack.
    let word = unsafe { *((g.true_limit - RESERVE) as *const usize) };
    assert_rt!(word == 0, "STACK-1 a goroutine's stack was used below its base");
}

/// Takes the stack of a goroutine that has ended.
///
/// # Safety
/// On g0 of a thread with `p`; nobody looks at the stack.
pub unsafe fn give_back(g: *mut G, p: *mut P) {
    // SAFETY: the caller's promise.
    unsafe {
        let (g, p) = (&mut *g, &mut *p);
        check_base(g, true);
        let first = g.segments[0];
        if g.segments[1].base != 0 {
            release_attached(g);
        }
        g.rsp = 0;
        g.segments[0] = Segment::NONE;
        if is_small(&first) {
            p.small_stacks.put(first.base, &SMALL_SLOTS);
        } else {
            p.large_stacks.put(first.base, &LARGE_SLOTS);
        }
    }
}

/// Gives a P's free stacks to all.
pub fn flush(p: &mut P) {
    p.small_stacks.flush(&SMALL_SLOTS);
    p.large_stacks.flush(&LARGE_SLOTS);
}

#[cold]
fn release_attached(g: &mut G) {
    for i in 1..SEGMENTS {
        let segment = core::mem::replace(&mut g.segments[i], Segment::NONE);
        if segment.base != 0 {
            release_segment(i - first_attached(&g.segments[0]), segment);
        }
    }
}

pub fn is_small(s: &Segment) -> bool {
    s.top - s.base == SMALL
}

/// Index of a segment, less index of its size.
fn first_attached(first: &Segment) -> usize {
    usize::from(is_small(first))
}

/// Gives back memory of goroutines that have ended: their records, all common slots but `KEPT` of each size, and what those
/// have below their uppermost page. False: somebody else is about it. On g0.
pub fn release_unused() -> bool {
    if RELEASING.swap(true, Ordering::Acquire) {
        return false;
    }
    crate::proc::release_unused();
    release_slots();
    RELEASING.store(false, Ordering::Release);
    true
}

static RELEASING: AtomicBool = AtomicBool::new(false);

fn release_slots() {
    for (pool, slot) in [(&SMALL_SLOTS, SMALL), (&LARGE_SLOTS, LARGE)] {
        let mut unused = pool.take_free(KEPT);
        unused.sort_unstable();
        // SAFETY: taken out of the pool: nobody uses them.
        unsafe { pool.release(&unused) };
        if slot > 4096 {
            let kept = pool.take_free(0);
            for base in &kept {
                // SAFETY: as above.
                unsafe { sys::syscall3(sys::nr::MADVISE, *base, slot - 4096, sys::MADV_DONTNEED) };
            }
            pool.put(&kept);
        }
    }
    // Attached segments; larger ones were given back when they were released.
    let pool = SEGMENT_POOL.lock();
    for class in 0..2 {
        for s in &pool[class] {
            let size = SEGMENT_SIZES[class];
            // SAFETY: nobody uses it.
            unsafe { sys::syscall3(sys::nr::MADVISE, s.base, size, sys::MADV_DONTNEED) };
        }
    }
}

/// For `debug.FreeOSMemory`.
#[unsafe(export_name = "runtime.releaseStacks")]
pub extern "C" fn release_stacks() {
    while !arch::on_g0(release_unused) {
        crate::proc::gosched();
    }
}

/// Where the usable memory of a goroutine's segment number `i` begins; below is reserved address space.
pub fn usable_from(i: usize, s: &Segment) -> usize {
    if i == 0 || s.top == 0 {
        return s.base;
    }
    // SAFETY: the record of an attached segment (arch, S3), which stays mapped.
    unsafe { *((s.top - 8) as *const usize) - RESERVE }
}

fn release_segment(class: usize, segment: Segment) {
    let open = usable_from(1, &segment);
    if class > 1 {
        // SAFETY: a segment nobody uses; its pages come back zeroed.
        unsafe { sys::syscall3(sys::nr::MADVISE, open, segment.top - open, sys::MADV_DONTNEED) };
    }
    SEGMENT_POOL.lock()[class].push(Free { base: segment.base, open });
}

fn take_segment(class: usize) -> Free {
    if let Some(free) = SEGMENT_POOL.lock()[class].pop() {
        return free;
    }
    let base = sys::reserve(0, SEGMENT_SIZES[class], 0);
    let top = base + SEGMENT_SIZES[class];
    let open = top - OPEN_STEPS[class];
    sys::open(open, top);
    Free { base, open }
}

/// Index of the segment that holds `address`.
pub fn segment_of(g: &G, address: usize) -> Option<usize> {
    (0..SEGMENTS).find(|&i| address > g.segments[i].base && address <= g.segments[i].top)
}

/// `__morestack`'s slow path, on the goroutine's own stack: a poisoned limit, or no segment attached. Gives the
/// top of the segment to go on with; 0 to test again.
///
/// # Safety
/// Called by `__morestack` with the current G; `frame` is its rbp.
pub unsafe extern "C" fn morestack_slow(g: *mut G, frame: usize) -> usize {
    // SAFETY: the current goroutine.
    let g = unsafe { &mut *g };
    if g.preempt.load(Ordering::Acquire) != 0 || g.stack_limit.load(Ordering::Relaxed) == usize::MAX
    {
        g.stack_limit.store(g.true_limit, Ordering::SeqCst);
        if crate::proc::preempt_requested(g) {
            return 0;
        }
        // The prefix decides again with the true limit.
        return 0;
    }
    attach(g, frame)
}

/// More stack; 0: test the limit again. The goroutine's own stack has little room now (T2).
#[cold]
fn attach(g: &mut G, frame: usize) -> usize {
    arch::on_g0(|| attach_on_g0(g, frame))
}

fn attach_on_g0(g: &mut G, frame: usize) -> usize {
    let current = segment_of(g, frame).unwrap_or(0);
    // SAFETY: only debug.SetMaxStack writes it.
    let max = unsafe { *MAX_STACK.as_ptr() };
    let used = depth(g, current, frame);
    if used >= max {
        crate::proc::stack_overflow(g, max, frame);
    }
    let s = g.segments[current];
    // The limit is that of the innermost segment.
    if g.true_limit - RESERVE > s.base {
        if current == 0 {
            entry_of(g.start_pc).store(OUTGREW, Ordering::Relaxed);
            set_limit(g, s.base + RESERVE);
            return 0;
        }
        return widen(g, current);
    }
    let next = current + 1;
    let shift = first_attached(&g.segments[0]);
    if next - shift == SEGMENT_SIZES.len() {
        crate::proc::stack_overflow(g, max, frame);
    }
    if current == 0 && shift == 1 {
        entry_of(g.start_pc).store(OUTGREW, Ordering::Relaxed);
    }
    let Free { base, open } = take_segment(next - shift);
    let top = base + SEGMENT_SIZES[next - shift];
    // SAFETY: the record at the top of a segment that is ours (arch, S3).
    unsafe {
        *((top - 8) as *mut usize) = open + RESERVE;
        *((top - 16) as *mut usize) = 0;
    }
    g.segments[next] = Segment { base, top };
    g.next_top = top;
    if current > 0 {
        // The record of the current segment learns its successor.
        let record = g.segments[current].top;
        // SAFETY: as above.
        unsafe { *((record - 16) as *mut usize) = top };
    }
    top
}

/// Bytes of stack in use when the innermost frame is at `frame`, in segment `current`.
fn depth(g: &G, current: usize, frame: usize) -> usize {
    let mut used = g.segments[current].top - frame;
    for i in (0..current).rev() {
        // SAFETY: the record of a segment in use (arch, S3).
        let older = unsafe { *((g.segments[i + 1].top - SEGMENT_RECORD) as *const usize) };
        used += g.segments[i].top - older;
    }
    used
}

/// Opens more of the current segment; the test of the limit is to be repeated.
fn widen(g: &mut G, current: usize) -> usize {
    let step = OPEN_STEPS[current - first_attached(&g.segments[0])];
    let s = g.segments[current];
    let was = g.true_limit - RESERVE;
    let open = was.saturating_sub(step).max(s.base);
    sys::open(open, was);
    // SAFETY: the record of a segment in use (arch, S3); only attached segments are opened in steps.
    unsafe { *((s.top - 8) as *mut usize) = open + RESERVE };
    set_limit(g, open + RESERVE);
    0
}

fn set_limit(g: &mut G, limit: usize) {
    g.true_limit = limit;
    g.stack_limit.store(limit, Ordering::SeqCst);
}

/// Where a frame with the record at `argp` on an attached segment came from: what rsp will be on the older
/// segment after the function has returned. `argp` itself when it is no record.
pub fn translate_argp(g: &G, mut argp: usize) -> usize {
    // A frame too large for one segment crosses to the next at once: undo all crossings, the newest first.
    for s in g.segments[1..].iter().rev() {
        if s.base != 0 && argp == s.top - SEGMENT_RECORD {
            // SAFETY: the record of an attached segment in use (arch, S3).
            let (old_rbp, n) = unsafe { (*(argp as *const usize), *((argp + 16) as *const usize)) };
            argp = old_rbp + 16 + n;
        }
    }
    argp
}
