//! Figures about memory, for `runtime.MemStats` and `runtime/metrics`.
//!
//! Counts of objects are kept by run (heap, H3): what was taken of the runs in use is added when somebody asks. With the world
//! stopped that is exact; else a run that ends meanwhile may be missed until the next look.

use super::{Cache, FREE, HEAP, LARGE, SMALL, SPAN_CLASSES, Span, TOTALS};
use crate::g::{G, GDEAD, GIDLE};
use crate::proc;
use crate::sizeclass::{CLASSES, PAGE, SIZES};
use crate::sync::{AtomicU64, Ordering};

fn get(a: &AtomicU64) -> u64 {
    a.load(Ordering::Relaxed)
}

/// Objects ever allocated and freed, by size class; class 0 is for large ones.
pub struct Objects {
    pub mallocs: [u64; CLASSES],
    pub frees: [u64; CLASSES],
    large_allocated: u64,
    large_freed: u64,
    /// Objects that share a block with others.
    pub tiny: u64,
}

impl Objects {
    pub fn read() -> Objects {
        let t = &TOTALS;
        let mut o = Objects {
            mallocs: core::array::from_fn(|c| get(&t.mallocs[c])),
            frees: core::array::from_fn(|c| get(&t.frees[c])),
            large_allocated: get(&t.large_alloc_bytes),
            large_freed: get(&t.large_free_bytes),
            tiny: get(&t.tiny),
        };
        o.mallocs[0] = get(&t.large_mallocs);
        o.frees[0] = get(&t.large_frees);
        for p in proc::all_p() {
            // SAFETY: Ps are never freed; racy looks at words.
            unsafe {
                let cache = &raw const (*p).cache;
                o.tiny += (&raw const (*cache).tiny_count).read_volatile();
                for i in 0..SPAN_CLASSES {
                    o.mallocs[i / 2] += taken(cache, i);
                }
            }
        }
        o
    }

    pub fn allocated(&self) -> u64 {
        self.large_allocated + bytes(&self.mallocs)
    }

    pub fn freed(&self) -> u64 {
        self.large_freed + bytes(&self.frees)
    }

    pub fn live_bytes(&self) -> u64 {
        self.allocated().saturating_sub(self.freed())
    }

    pub fn live(&self) -> u64 {
        self.mallocs.iter().sum::<u64>().saturating_sub(self.frees.iter().sum())
    }
}

/// Objects taken of a run that is in use.
///
/// # Safety
/// A live cache.
unsafe fn taken(cache: *const Cache, i: usize) -> u64 {
    // SAFETY: words of a live record. One that changes meanwhile gives at most a wrong number.
    unsafe {
        let run = &raw const (*cache).runs[i];
        let start = (&raw const (*run).start).read_volatile();
        let cur = (&raw const (*run).cur).read_volatile();
        let size = usize::from(SIZES[i / 2]);
        let n = cur.wrapping_sub(start);
        if size == 0 || start == 0 || n > 16 * PAGE { 0 } else { (n / size) as u64 }
    }
}

fn bytes(counts: &[u64; CLASSES]) -> u64 {
    (1..CLASSES).map(|c| counts[c] * u64::from(SIZES[c])).sum()
}

/// Where memory is, in bytes.
pub struct Memory {
    pub heap_sys: usize,
    pub heap_inuse: usize,
    pub heap_idle: usize,
    pub heap_released: usize,
    /// Stacks of goroutines: pages below which nothing was saved yet are not counted.
    pub stack_inuse: usize,
    /// Of these, what the collector looks at.
    pub stack_used: usize,
    pub os_stacks: usize,
    pub mspan_inuse: usize,
    pub mspan_sys: usize,
    pub mcache_inuse: usize,
    pub mcache_sys: usize,
    pub buckets: usize,
    pub gc_sys: usize,
    pub other_sys: usize,
}

impl Memory {
    pub fn read() -> Memory {
        let (stack_inuse, stack_used) = stacks();
        let heap = HEAP.lock();
        let heap_sys = heap.used_end - super::ARENA;
        let heap_inuse = heap.in_use_pages * PAGE;
        let mut heap_released = 0;
        for mut s in heap.bins {
            // SAFETY: H5: free spans.
            unsafe {
                while !s.is_null() {
                    // Never touched, or given back.
                    heap_released += if (*s).dirty { 0 } else { (*s).pages * PAGE };
                    s = (*s).next;
                }
            }
        }
        let mspan_sys = heap.open[2].end() - heap.spans as usize;
        let mspan_inuse = (heap.span_count - 1 - heap.unused_records) * size_of::<Span>();
        let table = heap.open[1].end() - super::PAGES_TABLE.load(Ordering::Relaxed);
        drop(heap);
        let mcache_inuse = proc::nprocs() as usize * size_of::<Cache>();
        let buckets = crate::profile::BYTES.load(Ordering::Relaxed);
        let mapped = crate::persistent::MAPPED.load(Ordering::Relaxed);
        Memory {
            heap_sys,
            heap_inuse,
            heap_idle: heap_sys - heap_inuse,
            heap_released,
            stack_inuse,
            stack_used,
            os_stacks: proc::threads() as usize * proc::THREAD_STACKS,
            mspan_inuse,
            mspan_sys,
            mcache_inuse,
            mcache_sys: mcache_inuse,
            buckets,
            gc_sys: table,
            // The runtime's own tables; caches and buckets are in them.
            other_sys: mapped.saturating_sub(mcache_inuse + buckets),
        }
    }

    pub fn total(&self) -> usize {
        self.heap_sys
            + self.stack_inuse
            + self.os_stacks
            + self.mspan_sys
            + self.mcache_sys
            + self.buckets
            + self.gc_sys
            + self.other_sys
    }
}

/// More goroutines than this are not all looked at.
const LOOKED_AT: usize = 1 << 13;

/// (bytes of pages that goroutines' stacks use, bytes between their ends and tops). Saved ends are read while they may
/// change: of a goroutine that runs, it is where it stopped last.
fn stacks() -> (usize, usize) {
    let all = proc::ALL_G.lock();
    let step = all.len().div_ceil(LOOKED_AT).max(1);
    let (mut pages, mut used) = (0, 0);
    for &g in all.iter().step_by(step) {
        // SAFETY: Gs live for ever; racy looks at words.
        let (p, u) = unsafe { stack_of(&*g) };
        pages += p;
        used += u;
    }
    (pages * step, used * step)
}

fn stack_of(g: &G) -> (usize, usize) {
    let status = g.status.load(Ordering::Relaxed);
    if status == GDEAD || status == GIDLE {
        return (0, 0);
    }
    let mut rsp = g.saved_rsp();
    let (mut pages, mut used) = (0, 0);
    let newest = crate::stack::segment_of(g, rsp).unwrap_or(0);
    for i in (0..=newest).rev() {
        let s = g.segments[i];
        let depth = if rsp > s.base && rsp <= s.top { s.top - rsp } else { 0 };
        used += depth;
        // The first segment has the G on top.
        let page = if crate::stack::is_small(&s) { crate::stack::SMALL } else { 4096 };
        pages += depth.next_multiple_of(page);
        if i > 0 && s.top != 0 {
            // SAFETY: the record of a segment (arch, S3), which stays mapped; a stale one gives a wrong number.
            rsp = unsafe { *((s.top - crate::arch::SEGMENT_RECORD) as *const usize) };
        }
    }
    (pages, used)
}

/// Bytes of objects that may hold pointers.
pub fn with_pointers() -> usize {
    let heap = HEAP.lock();
    (1..heap.span_count)
        .map(|n| {
            // SAFETY: H5: a record, live or not.
            let s = unsafe { &*heap.spans.add(n) };
            let counts = (s.state == SMALL || s.state == LARGE) && s.state != FREE && !s.noscan;
            if counts { s.live as usize * s.elem_size } else { 0 }
        })
        .sum()
}

/// Fills in what a `runtime.MemStats` says of memory; the world is stopped.
///
/// # Safety
/// `out` points to one.
pub unsafe fn fill(out: *mut u64) {
    let (o, m) = (Objects::read(), Memory::read());
    // SAFETY: the layout of the struct in the overlay's mem.go.
    let put = |i: usize, v: u64| unsafe { *out.add(i) = v };
    // Objects in shared blocks count as allocated and freed at once, as in gc.
    let (mallocs, frees) =
        (o.mallocs.iter().sum::<u64>() + o.tiny, o.frees.iter().sum::<u64>() + o.tiny);
    put(0, o.live_bytes());
    put(1, o.allocated());
    put(2, m.total() as u64);
    put(4, mallocs);
    put(5, frees);
    put(6, o.live_bytes());
    put(7, m.heap_sys as u64);
    put(8, m.heap_idle as u64);
    put(9, m.heap_inuse as u64);
    put(10, m.heap_released as u64);
    put(11, mallocs - frees);
    put(12, m.stack_inuse as u64);
    put(13, (m.stack_inuse + m.os_stacks) as u64);
    put(14, m.mspan_inuse as u64);
    put(15, m.mspan_sys as u64);
    put(16, m.mcache_inuse as u64);
    put(17, m.mcache_sys as u64);
    put(18, m.buckets as u64);
    put(19, m.gc_sys as u64);
    put(20, m.other_sys as u64);
    put(537, crate::metrics::gc_fraction().to_bits());
}
