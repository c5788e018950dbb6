//! Goroutine stacks: slots of one reserved region, and segments attached on overflow.
//!
//! T1  A slot is 64 KiB of demand-paged memory, aligned to its size; the goroutine's G lies in its top `G_ROOM` bytes.
//!     Slots are never unmapped: the G's address stays valid for ever (G4).
//! T2  `limit = base + RESERVE`: below the limit there is room for frames that skip the test, for runtime
//!     functions in Rust that run on the goroutine's stack, and for injected frames. Nothing of it is checked.
//! T3  Segments only attach at the end of the chain and stay attached until the goroutine ends.
//! T4  The lengths of all segments together stay under Go's limit of 1,000,000,000 bytes; beyond it the
//!     program dies with gc's message.

use crate::arch::SEGMENT_RECORD;
use crate::g::{G, SEGMENTS, Segment};
use crate::sync::{AtomicBool, Global, Mutex, Ordering};
use crate::sys;

pub const SLOT: usize = 64 << 10;
/// G and a little spare at the top of a slot.
pub const G_ROOM: usize = 1024;
/// T2.
pub const RESERVE: usize = 16 << 10;
/// Address space for slots: a million goroutines. Reserved, not committed.
const REGION: usize = (1 << 20) * SLOT;
/// How much of it is made usable at a time.
const OPENING: usize = 64 << 20;
/// Sizes of attached segments, in order.
const SEGMENT_SIZES: [usize; SEGMENTS] = [SLOT, 256 << 10, 64 << 20, 1_100_000_000 & !4095];
/// How much of a segment is opened at a time.
const OPEN_STEPS: [usize; SEGMENTS] = [SLOT, 256 << 10, 8 << 20, 64 << 20];
/// gc: `maxstacksize` on 64-bit systems.
pub static MAX_STACK: Global<usize> = Global::new(1_000_000_000);

struct Slots {
    next: usize,
    end: usize,
    /// How often some were taken.
    taken: usize,
    open: sys::Opening,
    /// Slots that were used, and are as fresh ones again.
    released: rust_alloc::vec::Vec<Fresh>,
}

static SLOTS: Mutex<Slots> = Mutex::new(Slots {
    next: 0,
    end: 0,
    taken: 0,
    open: sys::Opening::new(0, 4096),
    released: rust_alloc::vec::Vec::new(),
});
/// Free segments of each class.
static SEGMENT_POOL: Mutex<[rust_alloc::vec::Vec<Segment>; SEGMENTS]> =
    Mutex::new([const { rust_alloc::vec::Vec::new() }; SEGMENTS]);

/// Fresh slots side by side: one P's, which makes goroutines of them when it wants.
#[derive(Clone, Copy)]
pub struct Fresh {
    next: usize,
    end: usize,
}

impl Fresh {
    /// One of them, with a zeroed G; null if there is none.
    pub fn take(&mut self) -> *mut G {
        if self.next == self.end {
            return core::ptr::null_mut();
        }
        let base = self.next;
        self.next += SLOT;
        new_g(base)
    }
}

/// Slots that one P takes at a time, and from how many on: a program of few goroutines takes each alone.
const BATCH: usize = 32;
const BATCH_FROM: usize = 64;

/// Some fresh slots.
pub fn take_fresh() -> Fresh {
    let mut slots = SLOTS.lock();
    if let Some(f) = slots.released.last_mut() {
        let n = BATCH.min((f.end - f.next) / SLOT);
        let taken = Fresh { next: f.next, end: f.next + n * SLOT };
        f.next = taken.end;
        if f.next == f.end {
            slots.released.pop();
        }
        drop(slots);
        if n > 1 {
            populate_tops(taken.next, taken.end);
        }
        return taken;
    }
    if slots.next == slots.end {
        let at = sys::reserve(0, REGION + SLOT, 0).next_multiple_of(SLOT);
        // SAFETY: advice on memory that was just mapped.
        unsafe { sys::syscall3(sys::nr::MADVISE, at, REGION, sys::MADV_NOHUGEPAGE) };
        slots.next = at;
        slots.end = at + REGION;
        slots.open = sys::Opening::new(at, OPENING);
    }
    let next = slots.next;
    slots.taken += 1;
    let n = if slots.taken <= BATCH_FROM { 1 } else { BATCH };
    slots.next = (next + n * SLOT).min(slots.end);
    let end = slots.next;
    slots.open.reach(end);
    drop(slots);
    if n > 1 {
        populate_tops(next, end);
    }
    Fresh { next, end }
}

/// Makes slots fresh: gives back all of their memory.
///
/// # Safety
/// The goroutines have ended, were `reset`, and nobody will use their Gs.
pub unsafe fn release(gs: &mut [*mut G]) {
    gs.sort_unstable();
    let mut rest = &gs[..];
    while let Some(&first) = rest.first() {
        let base = slot_of(first);
        let side_by_side = |(i, &g): (usize, &*mut G)| slot_of(g) == base + i * SLOT;
        let n = rest.iter().enumerate().take_while(|&e| side_by_side(e)).count();
        let run = Fresh { next: base, end: base + n * SLOT };
        // SAFETY: the caller's promise; the pages come back zeroed.
        unsafe { sys::syscall3(sys::nr::MADVISE, base, n * SLOT, sys::MADV_DONTNEED) };
        SLOTS.lock().released.push(run);
        rest = &rest[n..];
    }
}

/// Gives back what a free slot has below its uppermost page.
///
/// # Safety
/// The goroutine has ended, and its G is the caller's.
pub unsafe fn trim(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        reset(g);
        sys::syscall3(sys::nr::MADVISE, slot_of(g), SLOT - 4096, sys::MADV_DONTNEED);
    }
}

/// Gives back memory of goroutines that have ended: see `proc::release_unused`.
pub fn release_unused() {
    crate::proc::release_unused();
    // Attached segments of 256 KiB; larger ones were given back when they were released.
    for s in &SEGMENT_POOL.lock()[1] {
        // SAFETY: nobody uses it.
        unsafe { sys::syscall3(sys::nr::MADVISE, s.base, s.top - s.base, sys::MADV_DONTNEED) };
    }
}

/// For `debug.FreeOSMemory`.
#[unsafe(export_name = "runtime.releaseStacks")]
pub extern "C" fn release_stacks() {
    unsafe extern "C" fn on_g0(_: *mut u8) {
        release_unused();
    }
    // SAFETY: on a goroutine; nothing in there parks.
    unsafe { crate::arch::systemstack(on_g0, core::ptr::null_mut()) };
}

fn slot_of(g: *mut G) -> usize {
    g as usize & !(SLOT - 1)
}

/// Lets the kernel provide the uppermost page of each slot, at once instead of one fault each. Linux does that from 6.13 on;
/// else the faults come.
fn populate_tops(from: usize, to: usize) {
    const PROCESS_MADVISE: usize = 440;
    const MADV_POPULATE_WRITE: usize = 23;
    /// This process, without a descriptor.
    const PIDFD_SELF: usize = -10_001_isize as usize;
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return;
    }
    let mut pages = [[0, 4096]; BATCH];
    let n = (to - from) / SLOT;
    for (i, page) in pages[..n].iter_mut().enumerate() {
        page[0] = from + (i + 1) * SLOT - 4096;
    }
    // SAFETY: fresh pages that are ours.
    let r = unsafe {
        let at = pages.as_ptr() as usize;
        sys::syscall6(PROCESS_MADVISE, PIDFD_SELF, at, n, MADV_POPULATE_WRITE, 0, 0)
    };
    if r < 0 {
        MISSING.store(true, Ordering::Relaxed);
    }
}

fn new_g(base: usize) -> *mut G {
    let g = (base + SLOT - G_ROOM) as *mut G;
    // SAFETY: fresh zeroed memory; all-zero is a valid G.
    unsafe {
        (*g).segments[0] = Segment { base, top: g as usize, open: base };
    }
    g
}

/// Makes `g`'s stack empty and gives back what was attached.
///
/// # Safety
/// `g` does not run and nobody looks at its stack.
pub unsafe fn reset(g: *mut G) {
    // SAFETY: the caller's promise.
    let g = unsafe { &mut *g };
    for i in 1..SEGMENTS {
        if g.segments[i].base != 0 {
            release_segment(i, g.segments[i]);
            g.segments[i] = Segment { base: 0, top: 0, open: 0 };
        }
    }
    g.true_limit = g.segments[0].base + RESERVE;
    g.stack_limit.store(g.true_limit, Ordering::Relaxed);
    g.next_top = 0;
}

fn release_segment(class: usize, segment: Segment) {
    if class > 1 {
        let open = segment.top - segment.open;
        // SAFETY: a segment nobody uses; its pages come back zeroed.
        unsafe { sys::syscall3(sys::nr::MADVISE, segment.open, open, sys::MADV_DONTNEED) };
    }
    SEGMENT_POOL.lock()[class].push(segment);
}

fn take_segment(class: usize) -> Segment {
    if let Some(segment) = SEGMENT_POOL.lock()[class].pop() {
        return segment;
    }
    let base = sys::reserve(0, SEGMENT_SIZES[class], 0);
    let top = base + SEGMENT_SIZES[class];
    let open = top - OPEN_STEPS[class];
    sys::open(open, top);
    Segment { base, top, open }
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

#[cold]
fn attach(g: &mut G, frame: usize) -> usize {
    let current = segment_of(g, frame).unwrap_or(0);
    // SAFETY: only debug.SetMaxStack writes it.
    let max = unsafe { *MAX_STACK.as_ptr() };
    let used = depth(g, current, frame);
    if used >= max {
        crate::proc::stack_overflow(g, max, frame);
    }
    let s = &mut g.segments[current];
    if s.open > s.base {
        return widen(g, current);
    }
    let next = current + 1;
    if next == SEGMENTS {
        crate::proc::stack_overflow(g, max, frame);
    }
    let segment = take_segment(next);
    let top = segment.top;
    // SAFETY: the record at the top of a segment that is ours (arch, S3).
    unsafe {
        *((top - 8) as *mut usize) = segment.open + RESERVE;
        *((top - 16) as *mut usize) = 0;
    }
    g.segments[next] = segment;
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
    let s = &mut g.segments[current];
    let open = s.open.saturating_sub(OPEN_STEPS[current]).max(s.base);
    sys::open(open, s.open);
    s.open = open;
    g.true_limit = open + RESERVE;
    // SAFETY: the record of a segment in use (arch, S3); only attached segments are opened in steps.
    unsafe { *((s.top - 8) as *mut usize) = g.true_limit };
    g.stack_limit.store(g.true_limit, Ordering::SeqCst);
    0
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
