//! The heap: pages, spans of one size class, bump allocation inside free runs.
//!
//! H1  The arena is one reserved range from `ARENA`. `PAGES[page]` is the number of the span that holds the page,
//!     0 for none. Of a free span only the first and last page are entered.
//! H2  A span of a small class holds objects of one size; bit i of `alloc` is set if slot i is given out or lies in
//!     a run that a cache took. Memory of slots whose bit is set is either an object or zero.
//! H3  A cache's run [cur, limit) lies in one span, is zeroed, and belongs to one P. With the world stopped `flush`
//!     gives the rest back. Allocation stops at `end`, before the object that is to be sampled for the heap profile, or at `limit`.
//! H4  What of an object is a pointer: span classes without pointers: nothing. Up to `HEADER_MIN` bytes: `ptrs`, one
//!     bit a word, written before the object is given out. Above: a type in the object's first word (header), or in
//!     the span for large objects; the type repeats to the end of the slot.
//! H5  Spans change hands (free lists, central lists) under `HEAP`'s lock only.
//! H6  Every span with objects is on exactly one list of its class: `all` if it was swept since the last collection,
//!     `unswept` if not, or it belongs to who sweeps it. The end of marking turns one into the other. Objects are only
//!     allocated in swept spans, and marking begins when none is unswept.
//! H7  While the collector marks, what is taken for objects is marked first and allocated then; marks of a span are set
//!     atomically, since several threads mark. `alloc` has one writer, and is read by all.

use crate::arch;
use crate::profile::{self, Sample};
use crate::sizeclass::*;
use crate::sync::{
    AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering,
};
use crate::sys;
use crate::types::{self, Type};
use core::ptr::null_mut;

mod dump;
mod pages;
pub mod stats;
mod sweep;

use sweep::{CYCLE, POISON, sweep_large_ones, sweep_span};
pub use sweep::{begin_sweep, is_swept, sweep_one};

pub const ARENA: usize = 0xc0_0000_0000;
/// Address space reserved for the heap.
pub const ARENA_SIZE: usize = 1 << 38;
const ARENA_PAGES: usize = ARENA_SIZE >> PAGE_SHIFT;
/// Spans with and without pointers, of each class.
pub const SPAN_CLASSES: usize = CLASSES * 2;
pub const BITS: usize = MAX_SLOTS / 64;
/// Free spans up to this many pages have a list of their own length.
const BINS: usize = 128;
/// The heap grows by at least this much.
const GROW: usize = 1 << 20;

pub const FREE: u8 = 1;
pub const SMALL: u8 = 2;
pub const LARGE: u8 = 3;

#[repr(C)]
pub struct Span {
    pub base: usize,
    pub pages: usize,
    pub elem_size: usize,
    pub magic: u32,
    pub slots: u32,
    pub state: u8,
    pub noscan: bool,
    /// Memory of the span may hold something else than zeros.
    dirty: bool,
    /// In a P's cache.
    cached: bool,
    /// On a central list.
    listed: bool,
    pub class: u8,
    /// Some of its objects have specials (`gc/specials.rs`).
    pub has_specials: AtomicBool,
    /// The collection after which it was swept (H6).
    pub swept: AtomicU32,
    next: *mut Span,
    prev: *mut Span,
    /// On the list of H6.
    all_next: *mut Span,
    /// Where the search for the next free run goes on.
    search: u32,
    /// Objects allocated, counted when a run is given back.
    pub live: u32,
    pub large_type: *const Type,
    /// Sampled objects (profile, B5).
    pub samples: *mut Sample,
    pub alloc: [AtomicU64; BITS],
    pub mark: [AtomicU64; BITS],
    pub ptrs: [u64; BITS],
}

/// A P's place to allocate from.
#[repr(C)]
pub struct Cache {
    runs: [Run; SPAN_CLASSES],
    tiny: usize,
    tiny_left: usize,
    tiny_count: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Run {
    cur: usize,
    /// The fast path stops here; at `limit` there is no more (H3).
    end: usize,
    limit: usize,
    start: usize,
    span: *mut Span,
}

impl Run {
    const NONE: Run = Run { cur: 0, end: 0, limit: 0, start: 0, span: null_mut() };

    /// Finds the next object to be sampled; `end` is in front of it, or `limit`.
    fn draw(&mut self, size: usize) {
        let left = self.limit - self.cur;
        let free = profile::bytes_to_sample(left);
        self.end = if free == left { self.limit } else { self.cur + free / size * size };
    }
}

struct Heap {
    spans: *mut Span,
    span_count: usize,
    /// Unused span records.
    records: *mut Span,
    unused_records: usize,
    bins: [*mut Span; BINS + 1],
    /// Spans with free slots, by span class.
    central: [*mut Span; SPAN_CLASSES],
    /// H6. Large spans are of class 0.
    all: [*mut Span; SPAN_CLASSES],
    unswept: [*mut Span; SPAN_CLASSES],
    /// Spans in `all` and `unswept`, or being swept.
    with_objects: usize,
    used_end: usize,
    in_use_pages: usize,
    /// What is opened of the arena, the page table, the span records.
    open: [sys::Opening; 3],
}

static HEAP: Mutex<Heap> = Mutex::new(Heap {
    spans: null_mut(),
    span_count: 1,
    records: null_mut(),
    unused_records: 0,
    bins: [null_mut(); BINS + 1],
    central: [null_mut(); SPAN_CLASSES],
    all: [null_mut(); SPAN_CLASSES],
    unswept: [null_mut(); SPAN_CLASSES],
    with_objects: 0,
    used_end: ARENA,
    in_use_pages: 0,
    open: [const { sys::Opening::new(0, 4096) }; 3],
});

/// Bytes of the arena that spans were made of; the page table is opened that far.
static USED: AtomicUsize = AtomicUsize::new(0);
static PAGES_TABLE: AtomicUsize = AtomicUsize::new(0);
static SPANS_TABLE: AtomicUsize = AtomicUsize::new(0);

/// Bytes given to caches and large objects since the last collection, plus what survived it.
pub static LIVE: AtomicUsize = AtomicUsize::new(0);
/// Collect when `LIVE` gets there.
pub static NEXT_GC: AtomicUsize = AtomicUsize::new(4 << 20);
pub static ENABLED: AtomicBool = AtomicBool::new(false);
/// Zeal: collect at each n-th allocation.
static STRESS: AtomicU64 = AtomicU64::new(0);
static STRESS_COUNT: AtomicU64 = AtomicU64::new(0);

/// Totals, exact when the caches are flushed.
pub struct Totals {
    pub mallocs: [AtomicU64; CLASSES],
    pub frees: [AtomicU64; CLASSES],
    pub large_mallocs: AtomicU64,
    pub large_frees: AtomicU64,
    pub large_alloc_bytes: AtomicU64,
    pub large_free_bytes: AtomicU64,
    pub tiny: AtomicU64,
}

pub static TOTALS: Totals = Totals {
    mallocs: [const { AtomicU64::new(0) }; CLASSES],
    frees: [const { AtomicU64::new(0) }; CLASSES],
    large_mallocs: AtomicU64::new(0),
    large_frees: AtomicU64::new(0),
    large_alloc_bytes: AtomicU64::new(0),
    large_free_bytes: AtomicU64::new(0),
    tiny: AtomicU64::new(0),
};

/// What an allocation of 0 bytes gives.
static ZERO_BASE: u64 = 0;

pub fn init() {
    sys::reserve(ARENA, ARENA_SIZE, sys::MAP_FIXED);
    let table = sys::reserve(0, ARENA_PAGES * 4, 0);
    PAGES_TABLE.store(table, Ordering::Relaxed);
    let spans = sys::reserve(0, ARENA_PAGES / 4 * size_of::<Span>(), 0);
    SPANS_TABLE.store(spans, Ordering::Relaxed);
    {
        let mut heap = HEAP.lock();
        heap.spans = spans as *mut Span;
        heap.open = [
            sys::Opening::new(ARENA, 16 << 20),
            sys::Opening::new(table, 64 << 10),
            sys::Opening::new(spans, 1 << 20),
        ];
        heap.open[1].reach(table + 1);
        heap.open[2].reach(spans + 1);
    }
    if let Some(n) = crate::env::setting("BURROW_DEBUG", "gcstress").and_then(crate::env::number) {
        STRESS.store(n as u64, Ordering::Relaxed);
    }
    let poison = crate::env::setting("BURROW_DEBUG", "poison").and_then(crate::env::number);
    POISON.store(poison.is_some_and(|n| n != 0), Ordering::Relaxed);
}

// ---- lookup

/// The span that holds `address`, null if there is none (H1).
#[inline]
pub fn span_of(address: usize) -> *mut Span {
    let offset = address.wrapping_sub(ARENA);
    if offset >= USED.load(Ordering::Relaxed) {
        return null_mut();
    }
    let table = PAGES_TABLE.load(Ordering::Relaxed) as *const u32;
    // SAFETY: the table is opened for all pages in use.
    let n = unsafe { *table.add(offset >> PAGE_SHIFT) };
    if n == 0 { null_mut() } else { span_at(n as usize) }
}

pub fn span_at(n: usize) -> *mut Span {
    (SPANS_TABLE.load(Ordering::Relaxed) as *mut Span).wrapping_add(n)
}

/// The number of a span.
pub fn number(s: &Span) -> usize {
    (core::ptr::from_ref(s) as usize - SPANS_TABLE.load(Ordering::Relaxed)) / size_of::<Span>()
}

/// All span records ever made: numbers 1..n.
pub fn span_count() -> usize {
    // SAFETY: read with the world stopped, or as an estimate.
    unsafe { HEAP.get().span_count }
}

impl Span {
    #[inline]
    pub fn index_of(&self, address: usize) -> usize {
        if self.state == LARGE { 0 } else { slot(address - self.base, self.magic) }
    }

    #[inline]
    pub fn is_allocated(&self, i: usize) -> bool {
        i < self.slots as usize && self.alloc[i / 64].load(Ordering::Acquire) & (1 << (i % 64)) != 0
    }

    #[inline]
    pub fn is_marked(&self, i: usize) -> bool {
        self.mark[i / 64].load(Ordering::Relaxed) & (1 << (i % 64)) != 0
    }

    /// Sets the mark of slot `i`; whether it was not set before.
    #[inline]
    pub fn set_mark(&self, i: usize) -> bool {
        let (word, bit) = (&self.mark[i / 64], 1 << (i % 64));
        word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    pub fn is_swept(&self) -> bool {
        self.swept.load(Ordering::Acquire) == CYCLE.load(Ordering::Relaxed)
    }

    pub fn set_swept(&self) {
        self.swept.store(CYCLE.load(Ordering::Relaxed), Ordering::Release);
    }

    /// Sets or clears bits [from, to) of `alloc`. The caller is its only writer (H7).
    fn set_alloc(&self, from: usize, to: usize, on: bool) {
        each_word(from, to, |i, bits| {
            let old = self.alloc[i].load(Ordering::Relaxed);
            self.alloc[i].store(if on { old | bits } else { old & !bits }, Ordering::Release);
        });
    }

    /// The same with marks.
    fn set_marks(&self, from: usize, to: usize, on: bool) {
        each_word(from, to, |i, bits| {
            if on {
                self.mark[i].fetch_or(bits, Ordering::Relaxed);
            } else {
                self.mark[i].fetch_and(!bits, Ordering::Relaxed);
            }
        });
    }

    #[inline]
    pub fn object(&self, i: usize) -> usize {
        self.base + i * self.elem_size
    }

    pub fn has_header(&self) -> bool {
        self.state == SMALL && !self.noscan && self.elem_size > HEADER_MIN
    }
}

/// The words of a bit map that bits [from, to) are in, with those bits.
fn each_word(from: usize, to: usize, mut f: impl FnMut(usize, u64)) {
    let mut at = from;
    while at < to {
        let n = (64 - at % 64).min(to - at);
        let bits = (!0_u64 >> (64 - n)) << (at % 64);
        f(at / 64, bits);
        at += n;
    }
}

/// Start and size of the object that holds `address`.
pub fn object_at(address: usize) -> Option<(usize, usize)> {
    let s = span_of(address);
    if s.is_null() {
        return None;
    }
    // SAFETY: H1: a live record.
    let s = unsafe { &*s };
    if s.state != SMALL && s.state != LARGE {
        return None;
    }
    let i = s.index_of(address);
    if !s.is_allocated(i) {
        return None;
    }
    let header = if s.has_header() { HEADER } else { 0 };
    let base = s.object(i) + header;
    (address >= base).then_some((base, s.elem_size - header))
}

// ---- runs

impl Span {
    /// The first slot from `from` on whose `alloc` bit is `on`; `slots` if there is none.
    fn find(&self, from: usize, on: bool) -> usize {
        let n = self.slots as usize;
        let mut i = from;
        while i < n {
            let word = self.alloc[i / 64].load(Ordering::Relaxed);
            let word = (if on { word } else { !word }) >> (i % 64);
            if word != 0 {
                return (i + word.trailing_zeros() as usize).min(n);
            }
            i = (i / 64 + 1) * 64;
        }
        n
    }

    /// The next run of free slots from `search` on, as [from, to); marks them allocated.
    fn next_run(&mut self) -> Option<(usize, usize)> {
        let from = self.find(self.search as usize, false);
        let to = self.find(from, true);
        self.search = to as u32;
        if from == to {
            return None;
        }
        if crate::gc::marking() != 0 {
            self.set_marks(from, to, true);
        }
        self.set_alloc(from, to, true);
        Some((from, to))
    }
}

/// Makes a span's objects known: only now are its other fields looked at.
unsafe fn publish(s: *mut Span, state: u8) {
    // SAFETY: the caller's span; a byte of it.
    unsafe { AtomicU8::from_ptr(&raw mut (*s).state).store(state, Ordering::Release) };
}

impl Cache {
    /// Gives all runs back (H3). World stopped, or the P is this thread's and its G does not allocate.
    pub fn flush(&mut self) {
        for i in 0..SPAN_CLASSES {
            self.finish(i);
            let s = self.runs[i].span;
            if !s.is_null() {
                // SAFETY: a cached span is this cache's.
                let more = unsafe {
                    (*s).cached = false;
                    (*s).search < (*s).slots
                };
                if more {
                    push_central(i, s);
                }
            }
            self.runs[i] = Run::NONE;
        }
        self.tiny = 0;
        self.tiny_left = 0;
        TOTALS.tiny.fetch_add(self.tiny_count, Ordering::Relaxed);
        self.tiny_count = 0;
    }

    /// Marks what is left of the runs, for marking begins (H7). World stopped.
    pub fn blacken(&mut self) {
        for run in &self.runs {
            if run.cur < run.limit {
                // SAFETY: a cached span is this cache's.
                let s = unsafe { &*run.span };
                let slot = |at: usize| (at - s.base) / s.elem_size;
                s.set_marks(slot(run.cur), slot(run.limit), true);
            }
        }
        self.end_tiny();
    }

    /// What is left of the tiny block is not given out any more: it belongs to an object that may be found dead.
    pub fn end_tiny(&mut self) {
        self.tiny = 0;
        self.tiny_left = 0;
    }

    /// Counts what was taken from the run and gives its rest back.
    fn finish(&mut self, i: usize) {
        let run = &mut self.runs[i];
        if run.span.is_null() || run.start == run.limit {
            return;
        }
        // SAFETY: a cached span is this cache's.
        let s = unsafe { &mut *run.span };
        let taken = (run.cur - run.start) / s.elem_size;
        TOTALS.mallocs[i / 2].fetch_add(taken as u64, Ordering::Relaxed);
        s.live += taken as u32;
        let first = (run.cur - s.base) / s.elem_size;
        let last = (run.limit - s.base) / s.elem_size;
        s.set_alloc(first, last, false);
        if crate::gc::marking() != 0 {
            s.set_marks(first, last, false);
        }
        LIVE.fetch_sub(run.limit - run.cur, Ordering::Relaxed);
        if first < s.search as usize && first < last {
            s.search = first as u32;
            s.dirty = true;
        }
        run.cur = run.limit;
        run.end = run.limit;
        run.start = run.limit;
    }

    /// An object of span class `i` where the fast path has stopped: it is sampled, or the first of the next run.
    #[cold]
    fn slow(&mut self, i: usize) -> usize {
        let size = usize::from(SIZES[i / 2]);
        if self.runs[i].end == self.runs[i].limit {
            self.refill(i);
            self.runs[i].draw(size);
        }
        let run = &mut self.runs[i];
        let p = run.cur;
        run.cur += size;
        if p == run.end {
            // SAFETY: a cached span is this cache's.
            let s = unsafe { &mut *run.span };
            profile::sample(s, s.index_of(p));
            run.draw(size);
        }
        p
    }

    /// Takes the next run for span class `i`.
    fn refill(&mut self, i: usize) {
        self.finish(i);
        loop {
            let s = self.runs[i].span;
            if !s.is_null() {
                // SAFETY: a cached span is this cache's.
                let s = unsafe { &mut *s };
                if let Some((from, to)) = s.next_run() {
                    let (start, end) = (s.object(from), s.object(to));
                    if s.dirty {
                        // SAFETY: free slots of this span.
                        unsafe { clear(start, end - start) };
                    }
                    LIVE.fetch_add(end - start, Ordering::Relaxed);
                    self.runs[i] = Run { cur: start, end, limit: end, start, span: s };
                    crate::gc::allocated(end - start);
                    return;
                }
                s.cached = false;
                self.runs[i].span = null_mut();
            }
            let s = arch::on_g0(|| span_with_room(i));
            self.runs[i] = Run { span: s, ..Run::NONE };
        }
    }
}

/// A span of the class that may have free slots, out of all lists of such: the caller's to cache.
fn span_with_room(i: usize) -> *mut Span {
    let mut heap = HEAP.lock();
    loop {
        let mut s = heap.pop_central(i);
        if s.is_null() {
            let unswept = heap.pop_unswept(i);
            if !unswept.is_null() {
                drop(heap);
                // SAFETY: taken out of the list: ours to sweep.
                heap = unsafe { sweep_span(unswept, i) };
                continue;
            }
            s = heap.new_small(i);
        }
        // SAFETY: taken out of the heap's lists: ours.
        unsafe { (*s).cached = true };
        return s;
    }
}

fn push_central(i: usize, s: *mut Span) {
    let mut heap = HEAP.lock();
    // SAFETY: H5.
    unsafe {
        if !(*s).listed {
            (*s).listed = true;
            (*s).next = heap.central[i];
            heap.central[i] = s;
        }
    }
}

#[inline]
unsafe fn clear(p: usize, n: usize) {
    // SAFETY: the caller owns the range.
    unsafe { core::ptr::write_bytes(p as *mut u8, 0, n) };
}

// ---- allocation

/// `size` bytes for values of type `t` (null: no pointers). gc: `runtime.mallocgc`.
///
/// # Safety
/// Called by compiled Go on a goroutine; `t` describes one element of what will be stored.
#[unsafe(export_name = "runtime.mallocgc")]
pub unsafe extern "C" fn mallocgc(size: usize, t: *const Type, _zero: bool) -> usize {
    if size == 0 {
        return &raw const ZERO_BASE as usize;
    }
    // SAFETY: this thread's P; Rust is not preempted.
    unsafe {
        if should_collect() {
            crate::gc::start_from_malloc();
        }
        let noscan = t.is_null() || (*t).ptr_bytes == 0;
        if size > MAX_SMALL - HEADER {
            return large(size, t, noscan);
        }
        let cache = &mut (*(*arch::m()).p).cache;
        if noscan {
            if size < 16 {
                return tiny(cache, size);
            }
            return small(cache, class_of(size) * 2 + 1);
        }
        if size > HEADER_MIN {
            let p = small(cache, class_of(size + HEADER) * 2);
            *(p as *mut *const Type) = t;
            return p + HEADER;
        }
        let class = class_of(size) * 2;
        let p = small(cache, class);
        write_ptrs(&mut *cache.runs[class].span, p, size, t);
        p
    }
}

#[inline]
fn should_collect() -> bool {
    let stress = STRESS.load(Ordering::Relaxed);
    if stress != 0
        && ENABLED.load(Ordering::Relaxed)
        && STRESS_COUNT.fetch_add(1, Ordering::Relaxed).is_multiple_of(stress)
    {
        return true;
    }
    LIVE.load(Ordering::Relaxed) >= NEXT_GC.load(Ordering::Relaxed)
        && ENABLED.load(Ordering::Relaxed)
}

#[inline]
fn small(cache: &mut Cache, i: usize) -> usize {
    let run = &mut cache.runs[i];
    if run.cur == run.end {
        return cache.slow(i);
    }
    let p = run.cur;
    run.cur += usize::from(SIZES[i / 2]);
    p
}

/// Objects under 16 bytes without pointers share blocks of 16.
fn tiny(cache: &mut Cache, size: usize) -> usize {
    let align = if size & 7 == 0 {
        8
    } else if size == 12 || size & 3 == 0 {
        4
    } else if size & 1 == 0 {
        2
    } else {
        1
    };
    let skip = cache.tiny.wrapping_neg() & (align - 1);
    if cache.tiny != 0 && cache.tiny_left >= size + skip {
        let p = cache.tiny + skip;
        cache.tiny = p + size;
        cache.tiny_left -= size + skip;
        cache.tiny_count += 1;
        return p;
    }
    let p = small(cache, class_of(16) * 2 + 1);
    if 16 - size > cache.tiny_left || cache.tiny == 0 {
        cache.tiny = p + size;
        cache.tiny_left = 16 - size;
    }
    p
}

/// Writes the pointer bits of an object of up to `HEADER_MIN` bytes (H4).
unsafe fn write_ptrs(s: &mut Span, p: usize, size: usize, t: *const Type) {
    // SAFETY: the object lies in `s`; `t` has pointers, so `t.size > 0`.
    unsafe {
        let words = s.elem_size / 8;
        let mask_words = (*t).ptr_bytes / 8;
        let mask = types::mask(t);
        // Masks are padded to 8 bytes, and an object has at most 64 words.
        let one = mask.cast::<u64>().read_unaligned()
            & if mask_words >= 64 { !0 } else { (1 << mask_words) - 1 };
        let mut bits = one;
        let step = (*t).size / 8;
        let mut at = step;
        while (at + step) * 8 <= size && at < 64 {
            bits |= one << at;
            at += step;
        }
        let first = (p - s.base) / 8;
        let (word, shift) = (first / 64, first % 64);
        let field = if words >= 64 { !0 } else { (1_u64 << words) - 1 };
        s.ptrs[word] = s.ptrs[word] & !(field << shift) | bits << shift;
        if shift + words > 64 {
            let low = 64 - shift;
            s.ptrs[word + 1] = s.ptrs[word + 1] & !(field >> low) | bits >> low;
        }
    }
}

fn large(size: usize, t: *const Type, noscan: bool) -> usize {
    let pages = size.div_ceil(PAGE);
    if size > ARENA_SIZE / 2 {
        crate::panics::fatal_str("runtime: out of memory");
    }
    let mut heap = HEAP.lock();
    if heap.find_free(pages).is_null() {
        // Garbage that was found may suffice, before the heap grows.
        drop(heap);
        heap = arch::on_g0(sweep_large_ones);
    }
    let s = heap.take(pages);
    // SAFETY: taken from the heap: ours.
    let (base, dirty) = unsafe {
        (*s).elem_size = pages * PAGE;
        (*s).slots = 1;
        (*s).magic = 0;
        (*s).class = 0;
        (*s).noscan = noscan;
        (*s).large_type = if noscan { core::ptr::null() } else { t };
        (*s).mark[0] = AtomicU64::new(u64::from(crate::gc::marking() != 0));
        (*s).alloc[0] = AtomicU64::new(0);
        (*s).live = 1;
        (*s).has_specials.store(false, Ordering::Relaxed);
        heap.enter(s, usize::from(noscan));
        ((*s).base, (*s).dirty)
    };
    drop(heap);
    if dirty {
        // SAFETY: the span's memory is ours. It is not yet LARGE: the collector ignores it.
        unsafe { clear(base, pages * PAGE) };
    }
    // SAFETY: ours until the pointer is given out.
    unsafe {
        (*s).alloc[0] = AtomicU64::new(1);
        publish(s, LARGE);
    }
    LIVE.fetch_add(pages * PAGE, Ordering::Relaxed);
    crate::gc::allocated(pages * PAGE);
    TOTALS.large_mallocs.fetch_add(1, Ordering::Relaxed);
    TOTALS.large_alloc_bytes.fetch_add((pages * PAGE) as u64, Ordering::Relaxed);
    if profile::bytes_to_sample(pages * PAGE) < pages * PAGE {
        // SAFETY: as above.
        unsafe { profile::sample(&mut *s, 0) };
    }
    base
}

/// Gives the memory of free spans back to the system.
pub fn release_free() {
    let heap = HEAP.lock();
    for bin in heap.bins {
        let mut s = bin;
        // SAFETY: H5; free memory reads as zero afterwards.
        unsafe {
            while !s.is_null() {
                if (*s).dirty {
                    release(s);
                }
                s = (*s).next;
            }
        }
    }
}

/// Gives memory of free spans back to the system, a few at a time, until no more than `keep` bytes are in use or
/// may be, or until `stop`. gc: the scavenger's goal.
pub fn release_beyond(keep: usize, stop: impl Fn() -> bool) {
    /// Spans released while the lock is held.
    const STEP: usize = 16;
    loop {
        let heap = HEAP.lock();
        let room = keep.saturating_sub(heap.in_use_pages * PAGE);
        let (mut kept, mut released) = (0, 0);
        for bin in heap.bins {
            let mut s = bin;
            // SAFETY: H5; free memory reads as zero afterwards.
            unsafe {
                while !s.is_null() && released < STEP {
                    let bytes = (*s).pages * PAGE;
                    if (*s).dirty && kept + bytes <= room {
                        kept += bytes;
                    } else if (*s).dirty {
                        release(s);
                        released += 1;
                    }
                    s = (*s).next;
                }
            }
        }
        if released < STEP || stop() {
            return;
        }
    }
}

/// # Safety
/// A free span, under `HEAP`'s lock.
unsafe fn release(s: *mut Span) {
    // SAFETY: nothing is in the memory.
    unsafe {
        let bytes = (*s).pages * PAGE;
        sys::syscall3(sys::nr::MADVISE, (*s).base, bytes, sys::MADV_DONTNEED);
        (*s).dirty = false;
    }
}

/// (bytes reserved from the system, bytes in spans in use).
pub fn usage() -> (usize, usize) {
    let heap = HEAP.lock();
    (heap.used_end - ARENA, heap.in_use_pages * PAGE)
}

// ---- exports

#[unsafe(export_name = "runtime.roundupsize")]
pub extern "C" fn roundupsize(size: usize, noscan: bool) -> usize {
    round_up(size, noscan)
}

#[unsafe(export_name = "runtime.inHeap")]
pub extern "C" fn in_heap(p: usize) -> bool {
    let s = span_of(p);
    // SAFETY: H1.
    !s.is_null() && unsafe { (*s).state == SMALL || (*s).state == LARGE }
}

#[repr(C)]
pub struct Pair(pub usize, pub usize);

#[unsafe(export_name = "runtime.objectBase")]
pub extern "C" fn object_base(p: usize) -> Pair {
    let (base, size) = object_at(p).unwrap_or((0, 0));
    Pair(base, size)
}

#[unsafe(export_name = "runtime.inStaticData")]
pub extern "C" fn in_static_data(p: usize) -> bool {
    let prog = crate::prog::prog();
    prog.data.contains(p)
        || prog.bss.contains(p)
        || prog.noptrdata.contains(p)
        || prog.noptrbss.contains(p)
        || prog.rodata.contains(p)
        || p == &raw const ZERO_BASE as usize
}

#[unsafe(export_name = "runtime.releaseMemory")]
pub extern "C" fn release_memory() {
    release_free();
}
