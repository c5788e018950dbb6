//! Sweeping: what has no mark is free again (H6). By the collector's thread, and by goroutines that need room. gc:
//! `mgcsweep.go`.
//!
//! A span that was popped from `unswept` belongs to who popped it; the heap's lock is held only to pop it and to put it back.

use super::*;

/// Collections begun: the one after which spans were swept (H6).
pub(super) static CYCLE: AtomicU32 = AtomicU32::new(0);
/// Spans that are still to be swept, those that somebody sweeps at the moment included.
static UNSWEPT: AtomicUsize = AtomicUsize::new(0);

/// Whether every span was swept after the last collection.
pub fn is_swept() -> bool {
    UNSWEPT.load(Ordering::Acquire) == 0
}

/// Marking has ended: all spans are to be swept. World stopped, caches flushed.
pub fn begin_sweep() {
    let mut heap = HEAP.lock();
    CYCLE.fetch_add(1, Ordering::Release);
    heap.central = [null_mut(); SPAN_CLASSES];
    heap.unswept = core::mem::replace(&mut heap.all, [null_mut(); SPAN_CLASSES]);
    UNSWEPT.store(heap.with_objects, Ordering::Release);
}

/// Sweeps some span; false if there is none left to begin with.
pub fn sweep_one() -> bool {
    let mut heap = HEAP.lock();
    for i in 0..SPAN_CLASSES {
        let s = heap.pop_unswept(i);
        if !s.is_null() {
            drop(heap);
            // SAFETY: taken out of the list: ours to sweep.
            drop(unsafe { sweep_span(s, i) });
            return true;
        }
    }
    false
}

/// Sweeps all spans of large objects; gives the heap's lock.
pub(super) fn sweep_large_ones() -> MutexGuard<'static, Heap> {
    let mut heap = HEAP.lock();
    for i in 0..2 {
        loop {
            let s = heap.pop_unswept(i);
            if s.is_null() {
                break;
            }
            drop(heap);
            // SAFETY: as above.
            heap = unsafe { sweep_span(s, i) };
        }
    }
    heap
}

/// Frees the objects of a span that have no mark; gives the heap's lock.
///
/// # Safety
/// The span came from `pop_unswept(span_class)`.
pub(super) unsafe fn sweep_span(s: *mut Span, span_class: usize) -> MutexGuard<'static, Heap> {
    // SAFETY: the caller's span, which nobody allocates in, and nobody marks (H6).
    let s = unsafe { &mut *s };
    if s.has_specials.load(Ordering::Acquire) {
        crate::gc::specials::sweep(s);
    }
    if !s.samples.is_null() {
        profile::sweep(s);
    }
    let live = if s.state == LARGE { sweep_large(s) } else { sweep_small(s) };
    let mut heap = HEAP.lock();
    heap.with_objects -= 1;
    if live == 0 {
        heap.release_pages(s);
    } else {
        // SAFETY: ours.
        unsafe { heap.enter(s, span_class) };
        if live < s.slots {
            s.listed = true;
            s.next = heap.central[span_class];
            heap.central[span_class] = s;
        }
    }
    UNSWEPT.fetch_sub(1, Ordering::AcqRel);
    heap
}

/// Both give the number of objects that live on.
fn sweep_small(s: &mut Span) -> u32 {
    let poison = POISON.load(Ordering::Relaxed);
    let mut live = 0;
    for i in 0..BITS {
        let mark = s.mark[i].load(Ordering::Relaxed);
        if poison {
            let mut dead = s.alloc[i].load(Ordering::Relaxed) & !mark;
            while dead != 0 {
                poison_object(s.object(i * 64 + dead.trailing_zeros() as usize), s.elem_size);
                dead &= dead - 1;
            }
        }
        live += mark.count_ones();
        s.alloc[i].store(mark, Ordering::Relaxed);
        s.mark[i].store(0, Ordering::Relaxed);
    }
    TOTALS.frees[usize::from(s.class)].fetch_add(u64::from(s.live - live), Ordering::Relaxed);
    s.listed = false;
    s.live = live;
    s.search = if live < s.slots { 0 } else { s.slots };
    s.dirty = true;
    live
}

fn sweep_large(s: &mut Span) -> u32 {
    if s.mark[0].swap(0, Ordering::Relaxed) != 0 {
        return 1;
    }
    if POISON.load(Ordering::Relaxed) {
        poison_object(s.base, s.elem_size);
    }
    TOTALS.large_frees.fetch_add(1, Ordering::Relaxed);
    TOTALS.large_free_bytes.fetch_add(s.elem_size as u64, Ordering::Relaxed);
    s.alloc[0].store(0, Ordering::Relaxed);
    0
}

/// `BURROW_DEBUG=poison=1`: freed memory holds this, an address that faults.
pub(super) static POISON: AtomicBool = AtomicBool::new(false);
const POISONED: usize = 0xdead_dead_dead_dead;

fn poison_object(at: usize, bytes: usize) {
    for i in 0..bytes / 8 {
        // SAFETY: a dead object's memory.
        unsafe { *((at + i * 8) as *mut usize) = POISONED };
    }
}
