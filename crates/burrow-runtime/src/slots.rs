//! Slots: memory of one size side by side, for the records of goroutines and for their stacks.
//!
//! L1  A slot is never unmapped, and is aligned to its size, a power of two. What lay in a free one stays readable.
//! L2  A fresh slot's memory is zero: it was never used, or was given back to the system.
//! L3  A P takes and gives slots by its own `Cache`, newest first; the rest is common, under the pool's lock. No other lock is
//!     taken while that one is held.
//! L4  Memory goes back to the system in whole pages: a slot smaller than a page becomes fresh with all of its
//!     neighbours, or stays.

use crate::sync::{AtomicBool, AtomicUsize, Mutex, Ordering};
use crate::sys;
use rust_alloc::vec::Vec;

/// Free slots that a P keeps; it gives half of them away, and fetches as many.
pub const KEPT_BY_P: usize = if cfg!(feature = "model") { 2 } else { 64 };
/// From how many fresh slots on they are taken in batches: a program of few goroutines takes each alone.
const BATCH_FROM: usize = 64;
/// Memory of a batch that is provided at once.
const BATCH: usize = 64 << 10;
/// Slots of a batch that are larger than a page: of each, the uppermost page is provided.
const TOPS: usize = 32;
const PAGE: usize = 4096;

/// Fresh slots side by side.
#[derive(Clone, Copy)]
struct Run {
    next: usize,
    end: usize,
}

impl Run {
    const EMPTY: Run = Run { next: 0, end: 0 };

    /// At most `bytes` of it, from the front.
    fn split(&mut self, bytes: usize) -> Run {
        let taken = Run { next: self.next, end: self.end.min(self.next + bytes) };
        self.next = taken.end;
        taken
    }
}

struct Common {
    /// What nobody has used yet of the newest region.
    rest: Run,
    open: sys::Opening,
    /// How often some of that were taken.
    taken: usize,
    /// Slots that were used, and are as fresh ones again.
    released: Vec<Run>,
    free: Vec<usize>,
}

/// All slots of one size.
pub struct Pool {
    slot: usize,
    /// Address space that is reserved at a time, and how much of it is made usable at a time.
    region: usize,
    opening: usize,
    common: Mutex<Common>,
    /// Slots in `common.free`; read without the lock.
    free_len: AtomicUsize,
}

/// A P's own slots of one size.
pub struct Cache {
    fresh: Run,
    len: usize,
    free: [usize; KEPT_BY_P],
}

impl Cache {
    /// Free slots in it, fresh ones left out.
    pub fn len(&self) -> usize {
        self.len
    }

    /// A slot.
    pub fn take(&mut self, pool: &Pool) -> usize {
        if self.len == 0 && pool.free_len.load(Ordering::Relaxed) > 0 {
            pool.refill(self);
        }
        if self.len > 0 {
            self.len -= 1;
            return self.free[self.len];
        }
        if self.fresh.next == self.fresh.end {
            self.fresh = crate::arch::on_g0(|| pool.take_fresh());
        }
        self.fresh.split(pool.slot).next
    }

    /// The slot that will be taken next, if that is known.
    pub fn next(&self) -> Option<usize> {
        self.free[..self.len].last().copied()
    }

    pub fn put(&mut self, slot: usize, pool: &Pool) {
        if self.len == KEPT_BY_P {
            // The newest are likely to be in the processor's cache.
            pool.put(&self.free[..KEPT_BY_P / 2]);
            self.free.copy_within(KEPT_BY_P / 2.., 0);
            self.len = KEPT_BY_P / 2;
        }
        self.free[self.len] = slot;
        self.len += 1;
    }

    /// Gives all free slots to the pool.
    pub fn flush(&mut self, pool: &Pool) {
        pool.put(&self.free[..self.len]);
        self.len = 0;
    }
}

impl Pool {
    pub const fn new(slot: usize, region: usize, opening: usize) -> Pool {
        assert!(slot.is_power_of_two() && opening.is_power_of_two());
        assert!(opening >= slot && opening >= PAGE && region.is_multiple_of(opening));
        Pool {
            slot,
            region,
            opening,
            common: Mutex::new(Common {
                rest: Run::EMPTY,
                open: sys::Opening::new(0, PAGE),
                taken: 0,
                released: Vec::new(),
                free: Vec::new(),
            }),
            free_len: AtomicUsize::new(0),
        }
    }

    fn refill(&self, cache: &mut Cache) {
        let mut common = self.common.lock();
        let n = common.free.len().min(KEPT_BY_P / 2);
        let from = common.free.len() - n;
        cache.free[..n].copy_from_slice(&common.free[from..]);
        cache.len = n;
        common.free.truncate(from);
        self.free_len.store(from, Ordering::Relaxed);
    }

    /// Takes back what nobody uses.
    pub fn put(&self, slots: &[usize]) {
        let mut common = self.common.lock();
        common.free.extend_from_slice(slots);
        self.free_len.store(common.free.len(), Ordering::Relaxed);
    }

    /// Free slots that no P has.
    pub fn free_len(&self) -> usize {
        self.free_len.load(Ordering::Relaxed)
    }

    /// Takes all common free slots but the newest `but`.
    pub fn take_free(&self, but: usize) -> Vec<usize> {
        let mut common = self.common.lock();
        let n = common.free.len().saturating_sub(but);
        let kept = common.free.split_off(n);
        self.free_len.store(kept.len(), Ordering::Relaxed);
        core::mem::replace(&mut common.free, kept)
    }

    fn take_fresh(&self) -> Run {
        let mut common = self.common.lock();
        let batch = self.slot * if self.slot < PAGE { BATCH / self.slot } else { TOPS };
        let run = if let Some(run) = common.released.last_mut() {
            let taken = run.split(batch);
            if run.next == run.end {
                common.released.pop();
            }
            taken
        } else {
            if common.rest.next == common.rest.end {
                self.reserve(&mut common);
            }
            common.taken += 1;
            let few = common.taken <= BATCH_FROM;
            let taken = common.rest.split(if few { self.slot } else { batch });
            common.open.reach(taken.end);
            taken
        };
        drop(common);
        if run.end - run.next > self.slot {
            self.populate(run);
        }
        run
    }

    fn reserve(&self, common: &mut Common) {
        if cfg!(feature = "model") {
            // Of thousands of executions, each would have regions of its own.
            let at = rust_alloc::vec![0_u64; self.region / 8].leak().as_ptr() as usize;
            common.rest = Run { next: at, end: at + self.region };
            common.open = sys::Opening::new(common.rest.end, PAGE);
            return;
        }
        // So that the last step ends with the region.
        let align = self.opening;
        let at = sys::reserve(0, self.region + align, 0).next_multiple_of(align);
        // SAFETY: advice on memory that was just mapped.
        unsafe { sys::syscall3(sys::nr::MADVISE, at, self.region, sys::MADV_NOHUGEPAGE) };
        common.rest = Run { next: at, end: at + self.region };
        common.open = sys::Opening::new(at, self.opening);
    }

    /// Lets the kernel provide what will be touched, at once instead of one fault each. It is only advice.
    fn populate(&self, run: Run) {
        const MADV_POPULATE_WRITE: usize = 23;
        if self.slot > PAGE {
            return populate_tops(run, self.slot);
        }
        let from = run.next & !(PAGE - 1);
        // SAFETY: fresh pages that are ours, or partly so: it writes nothing.
        unsafe { sys::syscall3(sys::nr::MADVISE, from, run.end - from, MADV_POPULATE_WRITE) };
    }

    /// Makes sorted slots fresh and gives their memory back to the system, as far as L4 allows; the others are free ones again.
    ///
    /// # Safety
    /// Nobody uses them, nor will.
    pub unsafe fn release(&self, slots: &[usize]) {
        let mut rest = slots;
        while let Some(&first) = rest.first() {
            let side_by_side = |(i, &s): (usize, &usize)| s == first + i * self.slot;
            let n = rest.iter().enumerate().take_while(|&e| side_by_side(e)).count();
            let (run, others) = rest.split_at(n);
            rest = others;
            let from = first.next_multiple_of(PAGE.max(self.slot));
            let to = ((first + n * self.slot) & !(PAGE - 1)).max(from);
            let (before, after) = ((from - first) / self.slot, (to - first) / self.slot);
            if from == to {
                self.put(run);
                continue;
            }
            // SAFETY: the caller's promise; the pages come back zeroed.
            unsafe { sys::syscall3(sys::nr::MADVISE, from, to - from, sys::MADV_DONTNEED) };
            self.put(&run[..before]);
            self.put(&run[after..]);
            self.common.lock().released.push(Run { next: from, end: to });
        }
    }
}

/// Slots that are larger than a page are used from the top. Linux can provide many pages at a time from 6.13 on.
fn populate_tops(run: Run, slot: usize) {
    const PROCESS_MADVISE: usize = 440;
    const MADV_POPULATE_WRITE: usize = 23;
    /// This process, without a descriptor.
    const PIDFD_SELF: usize = -10_001_isize as usize;
    static MISSING: AtomicBool = AtomicBool::new(false);
    if MISSING.load(Ordering::Relaxed) {
        return;
    }
    let mut pages = [[0, PAGE]; TOPS];
    let n = (run.end - run.next) / slot;
    for (i, page) in pages[..n].iter_mut().enumerate() {
        page[0] = run.next + (i + 1) * slot - PAGE;
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
