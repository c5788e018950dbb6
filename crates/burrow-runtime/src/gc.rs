//! The collector: mark and sweep with the world stopped. Objects are scanned precisely by type data, stacks, registers
//! and variables conservatively; interior pointers count.
//!
//! M1  While marking, every goroutine but the collecting one is parked with its registers on its stack or in its G
//!     (arch, S1), and the collecting one is saved the same way by `systemstack`.
//! M2  An object on the work list has its mark bit set, and pointers.
//! M3  Roots: variables, every G record and its stack segments in use, functions of specials, armed timers.
//! M4  A special whose object is not marked moves to `READY`; a finalizer's object is marked then and lives until the
//!     next collection that finds it unreachable without finalizer.

use crate::arch::{self, getg, m, systemstack};
use crate::g::*;
use crate::go_entry;
use crate::heap::{self, LIVE, NEXT_GC, Span};
use crate::proc::{self, ALL_G};
use crate::sizeclass::{HEADER, SIZES};
use crate::sync::{AtomicBool, AtomicI32, AtomicI64, AtomicPtr, Mutex, Ordering};
use crate::sys;
use crate::types::{self, Type};
use core::ptr::null_mut;
use rust_alloc::collections::{BTreeMap, VecDeque};
use rust_alloc::vec::Vec;

go_entry!(before_gc, "runtime.beforeGC");

/// Smallest heap that is collected, at GOGC=100. gc: `heapMinimum`.
const HEAP_MINIMUM: usize = 4 << 20;
/// Without allocation, a collection happens this often. gc: `forcegcperiod`.
const PERIOD_NS: i64 = 120_000_000_000;

static PERCENT: AtomicI32 = AtomicI32::new(100);
static LIMIT: AtomicI64 = AtomicI64::new(i64::MAX);
static LAST_END: AtomicI64 = AtomicI64::new(0);
static PERIODIC_DUE: AtomicBool = AtomicBool::new(false);

/// What ReadMemStats reports of collections.
struct Stats {
    cycles: u32,
    forced: u32,
    last_unix_ns: u64,
    pause_total: u64,
    pauses: [u64; 256],
    ends: [u64; 256],
}

static STATS: Mutex<Stats> = Mutex::new(Stats {
    cycles: 0,
    forced: 0,
    last_unix_ns: 0,
    pause_total: 0,
    pauses: [0; 256],
    ends: [0; 256],
});

pub fn init() {
    if let Some(v) = crate::env::var("GOGC") {
        let n = if v == b"off" { Some(-1) } else { crate::env::number(v) };
        PERCENT.store(n.unwrap_or(100) as i32, Ordering::Relaxed);
    }
    if let Some(n) = crate::env::var("GOMEMLIMIT").and_then(parse_bytes) {
        LIMIT.store(n, Ordering::Relaxed);
    }
    set_goal(0);
}

/// `GOMEMLIMIT`: a number with an optional unit B, KiB, MiB, GiB, TiB.
fn parse_bytes(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let n = crate::env::number(&text[..digits])?;
    let shift = match &text[digits..] {
        b"" | b"B" => 0,
        b"KiB" => 10,
        b"MiB" => 20,
        b"GiB" => 30,
        b"TiB" => 40,
        _ => return None,
    };
    n.checked_shl(shift)
}

fn set_goal(live: usize) {
    let percent = PERCENT.load(Ordering::Relaxed);
    let mut goal = usize::MAX;
    if percent >= 0 {
        let percent = percent as usize;
        let min = HEAP_MINIMUM / 100 * percent;
        goal = live.saturating_add(live / 100 * percent).max(min);
    }
    let limit = LIMIT.load(Ordering::Relaxed) as usize;
    if goal > limit {
        goal = limit.max(live + (1 << 20));
    }
    NEXT_GC.store(goal, Ordering::Relaxed);
}

/// The allocator found that it is time. On a goroutine.
#[cold]
pub fn collect_from_malloc() {
    // SAFETY: this thread's record and goroutine.
    let unfit = unsafe {
        let me = m();
        (*me).on_g0 != 0 || (*me).pins > 0 || (*me).curg.is_null() || (*(*me).curg).throwing != 0
    };
    if !unfit {
        collect(0);
    }
}

/// A whole collection; `forced` is 1 if the program asked for it.
#[unsafe(export_name = "runtime.collect")]
pub extern "C" fn collect(forced: u64) {
    let cycles = STATS.lock().cycles;
    let begin = sys::nanotime();
    proc::stop_the_world();
    if forced == 0 && STATS.lock().cycles != cycles {
        // Another goroutine was faster.
        proc::start_the_world();
        return;
    }
    // SAFETY: on a goroutine, the world is stopped; the Go function neither allocates nor parks.
    unsafe {
        (*getg()).nopreempt += 1;
        arch::call_go(before_gc());
        (*getg()).nopreempt -= 1;
        systemstack(collect_on_g0, null_mut());
    }
    let end = sys::nanotime();
    {
        let mut s = STATS.lock();
        let t = sys::clock(sys::CLOCK_REALTIME);
        let unix = (t.sec * 1_000_000_000 + t.nsec) as u64;
        let at = s.cycles as usize % 256;
        s.pauses[at] = (end - begin) as u64;
        s.ends[at] = unix;
        s.pause_total += (end - begin) as u64;
        s.last_unix_ns = unix;
        s.cycles += 1;
        s.forced += u32::from(forced == 1);
    }
    LAST_END.store(end, Ordering::Relaxed);
    proc::start_the_world();
    wake_finalizers();
    if forced == 1 {
        // A loop around runtime.GC may have no other place to be preempted at.
        proc::gosched();
    }
}

unsafe extern "C" fn collect_on_g0(_: *mut u8) {
    for p in proc::all_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.flush() };
    }
    let mut w = Marker { work: Vec::with_capacity(4096) };
    w.roots();
    w.drain();
    w.specials();
    let live = heap::sweep();
    LIVE.store(live, Ordering::Relaxed);
    set_goal(live);
    if sys_limit_near(live) {
        heap::release_free();
    }
}

fn sys_limit_near(live: usize) -> bool {
    let limit = LIMIT.load(Ordering::Relaxed);
    limit != i64::MAX && live as i64 > limit / 2
}

struct Marker {
    /// Addresses of objects (M2).
    work: Vec<usize>,
}

impl Marker {
    fn roots(&mut self) {
        let prog = crate::prog::prog();
        // SAFETY: the program's variables.
        unsafe {
            self.range(prog.data.start, prog.data.end);
            self.range(prog.bss.start, prog.bss.end);
        }
        // SAFETY: the world is stopped; nobody holds the lock over a stop.
        let all = unsafe { ALL_G.get() };
        for &g in all.iter() {
            // SAFETY: Gs live for ever.
            unsafe { self.goroutine(&*g) };
            self.drain();
        }
        crate::timer::each_root(|p| self.word(p));
        // SAFETY: the world is stopped.
        let ready = unsafe { READY.get() };
        for item in ready.iter() {
            self.word(item.function);
            self.word(item.object);
        }
    }

    unsafe fn goroutine(&mut self, g: &G) {
        if g.status.load(Ordering::Acquire) == GDEAD {
            return;
        }
        let at = core::ptr::from_ref(g) as usize;
        let rsp = g.saved_rsp();
        // SAFETY: the G's own words and the stack in use (M1).
        unsafe {
            self.range(at, at + size_of::<G>());
            let Some(mut i) = crate::stack::segment_of(g, rsp) else { return };
            self.range(rsp & !7, g.segments[i].top);
            while i > 0 {
                let older = *((g.segments[i].top - arch::SEGMENT_RECORD) as *const usize);
                i -= 1;
                self.range(older & !7, g.segments[i].top);
            }
        }
    }

    /// Every word of [from, to), as if it were a pointer.
    unsafe fn range(&mut self, from: usize, to: usize) {
        let mut at = (from + 7) & !7;
        while at + 8 <= to {
            // SAFETY: the caller's range is readable.
            self.word(unsafe { *(at as *const usize) });
            at += 8;
        }
    }

    /// Marks the object that `p` points into, if it is a pointer.
    #[inline]
    fn word(&mut self, p: usize) {
        let s = heap::span_of(p);
        if s.is_null() {
            return;
        }
        // SAFETY: a live record (H1); the world is stopped.
        let s = unsafe { &mut *s };
        if s.state != heap::SMALL && s.state != heap::LARGE {
            return;
        }
        let i = s.index_of(p);
        if !s.is_allocated(i) {
            return;
        }
        let bit = 1 << (i % 64);
        if s.mark[i / 64] & bit != 0 {
            return;
        }
        s.mark[i / 64] |= bit;
        if !s.noscan {
            self.work.push(s.object(i));
        }
    }

    fn drain(&mut self) {
        while let Some(p) = self.work.pop() {
            // SAFETY: M2: an object's start.
            unsafe { self.scan(&*heap::span_of(p), p) };
        }
    }

    /// Marks what the object at `p` points to.
    unsafe fn scan(&mut self, s: &Span, p: usize) {
        // SAFETY: a marked object with pointers (heap, H4).
        unsafe {
            if s.state == heap::LARGE {
                self.typed(p, s.elem_size, s.large_type);
            } else if s.has_header() {
                let t = *(p as *const *const Type);
                self.typed(p + HEADER, s.elem_size - HEADER, t);
            } else {
                let first = (p - s.base) / 8;
                for i in 0..s.elem_size / 8 {
                    let k = first + i;
                    if s.ptrs[k / 64] & (1 << (k % 64)) != 0 {
                        self.word(*((p + i * 8) as *const usize));
                    }
                }
            }
        }
    }

    /// Values of type `t` one after another in `size` bytes at `p`.
    unsafe fn typed(&mut self, p: usize, size: usize, t: *const Type) {
        // SAFETY: `t` describes the object; null only while it is being made, and then it is zero.
        unsafe {
            if t.is_null() || (*t).ptr_bytes == 0 {
                return;
            }
            let mask = types::mask(t);
            let words = (*t).ptr_bytes / 8;
            let mut at = p;
            while at + (*t).ptr_bytes <= p + size {
                for i in 0..words {
                    if *mask.add(i / 8) & (1 << (i % 8)) != 0 {
                        self.word(*((at + i * 8) as *const usize));
                    }
                }
                at += (*t).size;
            }
        }
    }

    fn is_marked(p: usize) -> bool {
        let s = heap::span_of(p);
        if s.is_null() {
            return true;
        }
        // SAFETY: as in `word`.
        let s = unsafe { &*s };
        let i = s.index_of(p);
        s.mark[i / 64] & (1 << (i % 64)) != 0
    }

    /// M4.
    fn specials(&mut self) {
        // SAFETY: the world is stopped.
        let (specials, ready) = unsafe { (SPECIALS.get(), READY.get()) };
        // What a finalizer will see must not be finalized in the same cycle: mark from its object's contents.
        for (&object, list) in specials.by_object.iter() {
            for s in list {
                self.word(s.function);
                if s.kind == WEAK {
                    self.word(s.handle);
                }
                if s.kind == FINALIZER && !Self::is_marked(object) {
                    let span = heap::span_of(object);
                    // SAFETY: specials are only attached to live objects.
                    unsafe {
                        if !(*span).noscan {
                            let start = (*span).object((*span).index_of(object));
                            self.scan(&*span, start);
                        }
                    }
                }
            }
        }
        self.drain();
        let dead: Vec<usize> =
            specials.by_object.keys().copied().filter(|&o| !Self::is_marked(o)).collect();
        for object in dead {
            let list = specials.by_object.remove(&object).unwrap_or_default();
            let has_finalizer = list.iter().any(|s| s.kind == FINALIZER);
            let mut kept = Vec::new();
            for s in list {
                match s.kind {
                    WEAK => {
                        // SAFETY: the handle is a live word of the heap.
                        unsafe { *(s.handle as *mut usize) = 0 };
                    }
                    FINALIZER => {
                        ready.push_back(Ready { function: s.function, object: s.pointer });
                        self.word(object);
                    }
                    // A cleanup waits until the object is really gone.
                    _ if has_finalizer => kept.push(s),
                    _ => ready.push_back(Ready { function: s.function, object: 0 }),
                }
            }
            if !kept.is_empty() {
                specials.by_object.insert(object, kept);
            }
        }
        self.drain();
    }
}

// ---- specials

pub const FINALIZER: u32 = 1;
pub const CLEANUP: u32 = 2;
pub const WEAK: u32 = 3;

struct Special {
    kind: u32,
    id: u32,
    function: usize,
    /// The pointer that was given, in the object.
    pointer: usize,
    handle: usize,
}

struct Specials {
    by_object: BTreeMap<usize, Vec<Special>>,
    next_id: u32,
}

static SPECIALS: Mutex<Specials> = Mutex::new(Specials { by_object: BTreeMap::new(), next_id: 1 });

struct Ready {
    function: usize,
    object: usize,
}

static READY: Mutex<VecDeque<Ready>> = Mutex::new(VecDeque::new());
static WAITER: AtomicPtr<G> = AtomicPtr::new(null_mut());
/// Finalizers queued or running.
static PENDING: AtomicI32 = AtomicI32::new(0);

#[unsafe(export_name = "runtime.addSpecial")]
pub extern "C" fn add_special(p: usize, kind: u64, function: usize) -> i64 {
    let Some((object, _)) = heap::object_at(p) else { return 0 };
    let mut s = SPECIALS.lock();
    let id = s.next_id;
    s.next_id += 1;
    let list = s.by_object.entry(object).or_default();
    if kind as u32 == FINALIZER && list.iter().any(|s| s.kind == FINALIZER && s.pointer == p) {
        return -1;
    }
    list.push(Special { kind: kind as u32, id, function, pointer: p, handle: 0 });
    i64::from(id)
}

#[unsafe(export_name = "runtime.removeSpecial")]
pub extern "C" fn remove_special(p: usize, kind: u64, id: u64) {
    let Some((object, _)) = heap::object_at(p) else { return };
    let mut s = SPECIALS.lock();
    if let Some(list) = s.by_object.get_mut(&object) {
        let other = |s: &Special| if id == 0 { s.pointer != p } else { s.id != id as u32 };
        list.retain(|s| s.kind != kind as u32 || other(s));
        if list.is_empty() {
            s.by_object.remove(&object);
        }
    }
}

/// Whether the word at `p`, in an object of the heap, is a pointer by the object's type (heap, H4).
#[unsafe(export_name = "runtime.isPointerWord")]
pub extern "C" fn is_pointer_word(p: usize) -> bool {
    let Some((object, _)) = heap::object_at(p) else { return false };
    // SAFETY: a live object's span and type.
    unsafe {
        let s = &*heap::span_of(p);
        if s.noscan {
            return false;
        }
        if s.state == heap::SMALL && !s.has_header() {
            let k = (p - s.base) / 8;
            return s.ptrs[k / 64] & (1 << (k % 64)) != 0;
        }
        let t = if s.state == heap::LARGE {
            s.large_type
        } else {
            *((object - HEADER) as *const *const Type)
        };
        if t.is_null() || (*t).ptr_bytes == 0 {
            return false;
        }
        let at = (p - object) % (*t).size;
        at < (*t).ptr_bytes && *types::mask(t).add(at / 64) & (1 << (at / 8 % 8)) != 0
    }
}

#[unsafe(export_name = "runtime.weakHandle")]
pub extern "C" fn weak_handle(p: usize) -> usize {
    if p == 0 {
        return 0;
    }
    // SAFETY: on a goroutine. Allocated first: the lock must not be held over a collection.
    let fresh = unsafe { heap::mallocgc(16, core::ptr::null(), true) };
    let Some((object, _)) = heap::object_at(p) else {
        // Of a variable: never dies.
        // SAFETY: fresh memory of 16 bytes.
        unsafe { *(fresh as *mut usize) = p };
        return fresh;
    };
    let mut s = SPECIALS.lock();
    let list = s.by_object.entry(object).or_default();
    if let Some(s) = list.iter().find(|s| s.kind == WEAK && s.pointer == p) {
        return s.handle;
    }
    // SAFETY: as above.
    unsafe { *(fresh as *mut usize) = p };
    list.push(Special { kind: WEAK, id: 0, function: 0, pointer: p, handle: fresh });
    fresh
}

#[unsafe(export_name = "runtime.weakLoad")]
pub extern "C" fn weak_load(handle: usize) -> usize {
    // SAFETY: a handle of `weak_handle`; cleared only while the world is stopped.
    unsafe { (handle as *const usize).read_volatile() }
}

fn wake_finalizers() {
    if READY.lock().is_empty() {
        return;
    }
    let g = WAITER.swap(null_mut(), Ordering::SeqCst);
    if !g.is_null() {
        // SAFETY: it parked in `next_special`, and the swap makes us the only waker.
        unsafe { proc::ready(g) };
    }
}

/// Waits for the next finalizer or cleanup to call: (func value, argument).
#[unsafe(export_name = "runtime.nextSpecial")]
pub extern "C" fn next_special() -> heap::Pair {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        WAITER.store(g, Ordering::SeqCst);
        // Something may have come meanwhile: then take the place back, unless a waker was faster.
        READY.lock().is_empty() || WAITER.swap(null_mut(), Ordering::SeqCst).is_null()
    }
    loop {
        if let Some(r) = READY.lock().pop_front() {
            PENDING.store(1, Ordering::SeqCst);
            return heap::Pair(r.function, r.object);
        }
        PENDING.store(0, Ordering::SeqCst);
        // SAFETY: on a goroutine.
        unsafe { proc::park(Some(publish), null_mut(), Wait::FinalizerWait) };
    }
}

#[unsafe(export_name = "runtime.specialDone")]
pub extern "C" fn special_done() {
    PENDING.store(0, Ordering::SeqCst);
}

#[unsafe(export_name = "runtime.waitSpecials")]
pub extern "C" fn wait_specials(timeout: i64) -> bool {
    let begin = sys::nanotime();
    while PENDING.load(Ordering::SeqCst) != 0 || !READY.lock().is_empty() {
        if timeout > 0 && sys::nanotime() - begin > timeout {
            return false;
        }
        proc::gosched();
    }
    true
}

// ---- settings and numbers

#[unsafe(export_name = "runtime.runtimeReady")]
pub extern "C" fn runtime_ready() {
    LAST_END.store(sys::nanotime(), Ordering::Relaxed);
    heap::ENABLED.store(true, Ordering::SeqCst);
}

/// Called by the monitor: a program that allocates little is collected now and then, too.
pub fn periodic() {
    if LAST_END.load(Ordering::Relaxed) != 0
        && sys::nanotime() - LAST_END.load(Ordering::Relaxed) > PERIOD_NS
        && !PERIODIC_DUE.load(Ordering::Relaxed)
        && PERCENT.load(Ordering::Relaxed) >= 0
    {
        // The next allocation that refills notices.
        LAST_END.store(sys::nanotime(), Ordering::Relaxed);
        NEXT_GC.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

#[unsafe(export_name = "runtime.setGCPercent")]
pub extern "C" fn set_gc_percent(percent: i32) -> i32 {
    let old = PERCENT.swap(percent.max(-1), Ordering::Relaxed);
    set_goal(LIVE.load(Ordering::Relaxed));
    old
}

#[unsafe(export_name = "runtime.setMemoryLimit")]
pub extern "C" fn set_memory_limit(limit: i64) -> i64 {
    let old = LIMIT.load(Ordering::Relaxed);
    if limit >= 0 {
        LIMIT.store(limit, Ordering::Relaxed);
        set_goal(LIVE.load(Ordering::Relaxed));
    }
    old
}

/// Fills in a `runtime.MemStats`.
///
/// # Safety
/// `out` points to one, zeroed.
#[unsafe(export_name = "runtime.readMemStats")]
pub unsafe extern "C" fn read_mem_stats(out: *mut u64) {
    proc::stop_the_world();
    for p in proc::all_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.flush() };
    }
    let t = &heap::TOTALS;
    let load = |a: &crate::sync::AtomicU64| a.load(Ordering::Relaxed);
    let (mut mallocs, mut frees) = (load(&t.large_mallocs), load(&t.large_frees));
    let (mut total, mut freed) = (load(&t.large_alloc_bytes), load(&t.large_free_bytes));
    for (c, size) in SIZES.into_iter().map(u64::from).enumerate().skip(1) {
        mallocs += load(&t.mallocs[c]);
        frees += load(&t.frees[c]);
        total += load(&t.mallocs[c]) * size;
        freed += load(&t.frees[c]) * size;
    }
    mallocs += load(&t.tiny);
    frees += load(&t.tiny);
    let (reserved, in_use) = heap::usage();
    let s = STATS.lock();
    let mapped = crate::persistent::MAPPED.load(Ordering::Relaxed);
    let live = total - freed;
    // SAFETY: the layout of the struct in the overlay's mem.go.
    unsafe {
        let put = |i: usize, v: u64| *out.add(i) = v;
        put(0, live);
        put(1, total);
        put(2, (reserved + mapped) as u64);
        put(4, mallocs);
        put(5, frees);
        put(6, live);
        put(7, reserved as u64);
        put(8, (reserved - in_use) as u64);
        put(9, in_use as u64);
        put(10, t.released.load(Ordering::Relaxed).max(0) as u64);
        put(11, mallocs - frees);
        put(20, mapped as u64);
        put(21, NEXT_GC.load(Ordering::Relaxed) as u64);
        put(22, s.last_unix_ns);
        put(23, s.pause_total);
        for i in 0..256 {
            put(24 + i, s.pauses[i]);
            put(280 + i, s.ends[i]);
        }
        put(536, u64::from(s.cycles) | u64::from(s.forced) << 32);
        for (c, size) in SIZES.into_iter().map(u64::from).enumerate().take(61) {
            let at = 539 + c * 3;
            put(at, size);
            put(at + 1, load(&t.mallocs[c]));
            put(at + 2, load(&t.frees[c]));
        }
    }
    drop(s);
    proc::start_the_world();
}
