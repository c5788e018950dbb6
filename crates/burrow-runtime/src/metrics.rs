//! What `runtime/metrics` reads: counters of scheduler and collector, histograms of times, and the table of names.
//!
//! R1  Counters and histograms are relaxed atomics: a reader may see one event in one of them and not yet in the next.
//! R2  `METRICS` is sorted by name. It holds all names of `metrics.All` but those of GODEBUG settings, which the overlay
//!     keeps (metrics.go).
//! R3  What one `Read` gives of memory is from one look at it (`SNAPSHOT`): classes add up to the total. The overlay
//!     lets one goroutine read at a time.
//!
//! gc: `runtime/metrics.go`, `runtime/histogram.go`.

use crate::arch;
use crate::chance;
use crate::g::{G, GSYSCALL, P, PIDLE, PRUNNING, PSYSCALL};
use crate::gc;
use crate::heap::{self, stats};
use crate::histogram::{self, Times};
use crate::proc;
use crate::profile;
use crate::sizeclass::{CLASSES, SIZES};
use crate::sync::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Global, Ordering};
use core::ptr::null_mut;
use core::sync::atomic::Ordering::Relaxed;

static TIME_TO_RUN: Times = Times::new();
static STOPPING_GC: Times = Times::new();
static STOPPING_OTHER: Times = Times::new();
static PAUSES_GC: Times = Times::new();
static PAUSES_OTHER: Times = Times::new();

// ---- scheduler

/// One run in so many is measured. gc: `gTrackingPeriod`.
const MEASURED: u32 = 8;

/// The processor's counter is read in a fifth of the clock's time: where each switch of goroutines might be measured.
/// Nanoseconds a cycle, as `2^32` parts; 0 until the clock has run long enough to tell.
static SCALE: AtomicU64 = AtomicU64::new(0);
static START_CYCLES: AtomicU64 = AtomicU64::new(0);
static START_NS: AtomicI64 = AtomicI64::new(0);
/// The scale is kept when it was measured over so long a time.
const MEASURE_NS: i64 = 100_000_000;

pub fn init() {
    START_CYCLES.store(chance::cycles(), Relaxed);
    START_NS.store(chance::nanotime(), Relaxed);
}

fn nanoseconds(cycles: i64) -> i64 {
    let mut scale = SCALE.load(Relaxed);
    if scale == 0 {
        let ns = chance::nanotime() - START_NS.load(Relaxed);
        let all = chance::cycles().wrapping_sub(START_CYCLES.load(Relaxed)).max(1);
        scale = ((ns as u128) << 32).checked_div(u128::from(all)).unwrap_or(0) as u64;
        if ns >= MEASURE_NS {
            SCALE.store(scale, Relaxed);
        }
    }
    ((i128::from(cycles) * i128::from(scale)) >> 32) as i64
}

/// `g` becomes runnable.
#[inline]
pub fn stands_ready(g: *mut G) {
    // SAFETY: whoever makes a goroutine runnable owns it at this moment.
    unsafe {
        if (*g).runs.is_multiple_of(MEASURED) {
            (*g).ready_since = chance::cycles() as i64;
        }
    }
}

/// `g` begins to run on this thread.
#[inline]
pub fn runs(g: *mut G) {
    // SAFETY: this thread's goroutine.
    unsafe {
        (*g).runs = (*g).runs.wrapping_add(1);
        if (*g).ready_since != 0 {
            TIME_TO_RUN.record(nanoseconds(chance::cycles() as i64 - (*g).ready_since));
            (*g).ready_since = 0;
        }
    }
}

static IDLE_NS: AtomicI64 = AtomicI64::new(0);

/// `p` is taken off the idle list; under `SCHED`'s lock.
pub fn idle_ended(p: &mut P) {
    if p.idle_since != 0 {
        IDLE_NS.fetch_add(chance::nanotime() - p.idle_since, Relaxed);
        p.idle_since = 0;
    }
}

// ---- stopping the world: one at a time, so plain words

static BEGIN: AtomicI64 = AtomicI64::new(0);
static STOPPED: AtomicI64 = AtomicI64::new(0);
static IS_GC: AtomicBool = AtomicBool::new(false);
static PAUSE_GC_NS: AtomicI64 = AtomicI64::new(0);

pub fn world_stopped(begin: i64) {
    BEGIN.store(begin, Relaxed);
    STOPPED.store(chance::nanotime(), Relaxed);
    IS_GC.store(false, Relaxed);
}

/// The world is stopped for the collector.
pub fn stopped_for_gc() {
    IS_GC.store(true, Relaxed);
}

pub fn world_starts() {
    let begin = BEGIN.load(Relaxed);
    let stopping = STOPPED.load(Relaxed) - begin;
    let total = chance::nanotime() - begin;
    if IS_GC.load(Relaxed) {
        STOPPING_GC.record(stopping);
        PAUSES_GC.record(total);
        PAUSE_GC_NS.fetch_add(total * i64::from(proc::nprocs()), Relaxed);
    } else {
        STOPPING_OTHER.record(stopping);
        PAUSES_OTHER.record(total);
    }
}

// ---- collector: it counts here

/// Processor time of marking beside the program, by who does it, in nanoseconds.
pub static MARK_ASSIST_NS: AtomicI64 = AtomicI64::new(0);
pub static MARK_DEDICATED_NS: AtomicI64 = AtomicI64::new(0);
pub static MARK_IDLE_NS: AtomicI64 = AtomicI64::new(0);
/// Bytes that lived on after the last collection.
pub static HEAP_MARKED: AtomicU64 = AtomicU64::new(0);
pub static FINALIZERS_QUEUED: AtomicU64 = AtomicU64::new(0);
pub static CLEANUPS_QUEUED: AtomicU64 = AtomicU64::new(0);
static FINALIZERS_DONE: AtomicU64 = AtomicU64::new(0);
static CLEANUPS_DONE: AtomicU64 = AtomicU64::new(0);
static RUNS_FINALIZER: AtomicBool = AtomicBool::new(false);
/// The runtime's goroutine that is calling a function of the program's now.
static CALLER: AtomicPtr<G> = AtomicPtr::new(null_mut());

/// The finalizer goroutine is about to call a finalizer, or a cleanup.
pub fn special_begins(finalizer: bool) {
    RUNS_FINALIZER.store(finalizer, Relaxed);
    CALLER.store(arch::getg(), Relaxed);
}

/// Whether `g` is of the runtime, and nothing of the program's runs on it.
pub fn is_system(g: &G) -> bool {
    g.system != 0 && !core::ptr::eq(CALLER.load(Relaxed), g)
}

pub fn special_ended() {
    CALLER.store(null_mut(), Relaxed);
    let done = if RUNS_FINALIZER.load(Relaxed) { &FINALIZERS_DONE } else { &CLEANUPS_DONE };
    done.fetch_add(1, Relaxed);
}

// ---- processor time. Each P gives as much as time passes.

static PROCS_SINCE: AtomicI64 = AtomicI64::new(0);
static PROCS_NS: AtomicI64 = AtomicI64::new(0);

/// GOMAXPROCS is about to change from `old`.
pub fn procs_change(old: u32) {
    let now = chance::nanotime();
    let since = PROCS_SINCE.swap(now, Relaxed);
    if since != 0 {
        PROCS_NS.fetch_add((now - since) * i64::from(old), Relaxed);
    }
}

#[derive(Clone, Copy, Default)]
struct Cpu {
    total: i64,
    idle: i64,
}

fn cpu() -> Cpu {
    let now = chance::nanotime();
    let since = PROCS_SINCE.load(Relaxed);
    let total = PROCS_NS.load(Relaxed) + (now - since) * i64::from(proc::nprocs());
    let idle_now: i64 = proc::all_p()
        // SAFETY: Ps are never freed; a racy look at words.
        .map(|p| unsafe {
            let since = (&raw const (*p).idle_since).read_volatile();
            let idle = (*p).status.load(Ordering::SeqCst) == PIDLE && since != 0;
            if idle { (now - since).max(0) } else { 0 }
        })
        .sum();
    let used = gc_total();
    Cpu { total, idle: (IDLE_NS.load(Relaxed) + idle_now).min((total - used).max(0)) }
}

fn gc_total() -> i64 {
    [&PAUSE_GC_NS, &MARK_ASSIST_NS, &MARK_DEDICATED_NS, &MARK_IDLE_NS]
        .iter()
        .map(|a| a.load(Relaxed))
        .sum()
}

/// The share of all processor time since the start that the collector took. MemStats: `GCCPUFraction`.
pub fn gc_fraction() -> f64 {
    let total = cpu().total;
    if total <= 0 { 0.0 } else { gc_total() as f64 / total as f64 }
}

// ---- the table

#[derive(Clone, Copy)]
enum Value {
    Count(fn(&Snapshot) -> u64),
    Nanoseconds(fn(&Snapshot) -> i64),
    Times(&'static Times),
    /// By size class, class 0 for large objects.
    Sizes(fn(&Snapshot, usize) -> u64),
}

struct Snapshot {
    memory: stats::Memory,
    objects: stats::Objects,
    cpu: Cpu,
}

static SNAPSHOT: Global<Option<Snapshot>> = Global::new(None);

#[derive(Default)]
struct Goroutines {
    running: u64,
    runnable: u64,
    outside: u64,
}

fn goroutines() -> Goroutines {
    let mut n = Goroutines { runnable: proc::runnable() as u64, ..Goroutines::default() };
    for p in proc::all_p() {
        // SAFETY: Ps are never freed.
        match unsafe { (*p).status.load(Ordering::SeqCst) } {
            PRUNNING if has_goroutine(p) => n.running += 1,
            PSYSCALL => n.outside += 1,
            _ => {}
        }
    }
    n.outside += proc::OUTSIDE.load(Ordering::SeqCst).max(0) as u64;
    n
}

fn has_goroutine(p: *mut P) -> bool {
    // SAFETY: Ps, Ms and Gs live for ever; racy looks at words.
    unsafe {
        let m = (&raw const (*p).m).read_volatile();
        if m.is_null() {
            return false;
        }
        let g = (&raw const (*m).curg).read_volatile();
        !g.is_null() && (*g).status.load(Ordering::SeqCst) != GSYSCALL
    }
}

fn waiting() -> u64 {
    let n = goroutines();
    proc::all_goroutines().saturating_sub(n.running + n.runnable + n.outside)
}

fn scanned_heap(_: &Snapshot) -> u64 {
    stats::with_pointers() as u64
}

fn globals(_: &Snapshot) -> u64 {
    let prog = crate::prog::prog();
    (prog.data.end - prog.data.start + prog.bss.end - prog.bss.start) as u64
}

use Value::{Count, Nanoseconds, Sizes};

#[rustfmt::skip] // one line a name
static METRICS: [(&str, Value); 66] = [
    ("/cgo/go-to-c-calls:calls", Count(|_| 0)),
    ("/cpu/classes/gc/mark/assist:cpu-seconds", Nanoseconds(|_| MARK_ASSIST_NS.load(Relaxed))),
    ("/cpu/classes/gc/mark/dedicated:cpu-seconds", Nanoseconds(|_| MARK_DEDICATED_NS.load(Relaxed))),
    ("/cpu/classes/gc/mark/idle:cpu-seconds", Nanoseconds(|_| MARK_IDLE_NS.load(Relaxed))),
    ("/cpu/classes/gc/pause:cpu-seconds", Nanoseconds(|_| PAUSE_GC_NS.load(Relaxed))),
    ("/cpu/classes/gc/total:cpu-seconds", Nanoseconds(|_| gc_total())),
    ("/cpu/classes/idle:cpu-seconds", Nanoseconds(|s| s.cpu.idle)),
    ("/cpu/classes/scavenge/assist:cpu-seconds", Nanoseconds(|_| 0)),
    ("/cpu/classes/scavenge/background:cpu-seconds", Nanoseconds(|_| 0)),
    ("/cpu/classes/scavenge/total:cpu-seconds", Nanoseconds(|_| 0)),
    ("/cpu/classes/total:cpu-seconds", Nanoseconds(|s| s.cpu.total)),
    ("/cpu/classes/user:cpu-seconds", Nanoseconds(|s| (s.cpu.total - s.cpu.idle - gc_total()).max(0))),
    ("/gc/cleanups/executed:cleanups", Count(|_| CLEANUPS_DONE.load(Relaxed))),
    ("/gc/cleanups/queued:cleanups", Count(|_| CLEANUPS_QUEUED.load(Relaxed))),
    ("/gc/cycles/automatic:gc-cycles", Count(|_| { let (all, forced) = gc::cycles(); all - forced })),
    ("/gc/cycles/forced:gc-cycles", Count(|_| gc::cycles().1)),
    ("/gc/cycles/total:gc-cycles", Count(|_| gc::cycles().0)),
    ("/gc/finalizers/executed:finalizers", Count(|_| FINALIZERS_DONE.load(Relaxed))),
    ("/gc/finalizers/queued:finalizers", Count(|_| FINALIZERS_QUEUED.load(Relaxed))),
    ("/gc/gogc:percent", Count(|_| gc::pacer::percent() as u64)),
    ("/gc/gomemlimit:bytes", Count(|_| gc::pacer::limit() as u64)),
    ("/gc/heap/allocs-by-size:bytes", Sizes(|s, class| s.objects.mallocs[class])),
    ("/gc/heap/allocs:bytes", Count(|s| s.objects.allocated())),
    ("/gc/heap/allocs:objects", Count(|s| s.objects.mallocs.iter().sum())),
    ("/gc/heap/frees-by-size:bytes", Sizes(|s, class| s.objects.frees[class])),
    ("/gc/heap/frees:bytes", Count(|s| s.objects.freed())),
    ("/gc/heap/frees:objects", Count(|s| s.objects.frees.iter().sum())),
    ("/gc/heap/goal:bytes", Count(|_| gc::pacer::goal() as u64)),
    ("/gc/heap/live:bytes", Count(|_| HEAP_MARKED.load(Relaxed))),
    ("/gc/heap/objects:objects", Count(|s| s.objects.live())),
    ("/gc/heap/tiny/allocs:objects", Count(|s| s.objects.tiny)),
    ("/gc/limiter/last-enabled:gc-cycle", Count(|_| 0)),
    ("/gc/pauses:seconds", Value::Times(&PAUSES_GC)),
    ("/gc/scan/globals:bytes", Count(globals)),
    ("/gc/scan/heap:bytes", Count(scanned_heap)),
    ("/gc/scan/stack:bytes", Count(|s| s.memory.stack_used as u64)),
    ("/gc/scan/total:bytes", Count(|s| globals(s) + scanned_heap(s) + s.memory.stack_used as u64)),
    ("/gc/stack/starting-size:bytes", Count(|_| crate::stack::SMALL as u64)),
    ("/memory/classes/heap/free:bytes", Count(|s| (s.memory.heap_idle - s.memory.heap_released) as u64)),
    ("/memory/classes/heap/objects:bytes", Count(|s| s.objects.live_bytes())),
    ("/memory/classes/heap/released:bytes", Count(|s| s.memory.heap_released as u64)),
    ("/memory/classes/heap/stacks:bytes", Count(|s| s.memory.stack_inuse as u64)),
    ("/memory/classes/heap/unused:bytes", Count(|s| (s.memory.heap_inuse as u64).saturating_sub(s.objects.live_bytes()))),
    ("/memory/classes/metadata/mcache/free:bytes", Count(|s| (s.memory.mcache_sys - s.memory.mcache_inuse) as u64)),
    ("/memory/classes/metadata/mcache/inuse:bytes", Count(|s| s.memory.mcache_inuse as u64)),
    ("/memory/classes/metadata/mspan/free:bytes", Count(|s| (s.memory.mspan_sys - s.memory.mspan_inuse) as u64)),
    ("/memory/classes/metadata/mspan/inuse:bytes", Count(|s| s.memory.mspan_inuse as u64)),
    ("/memory/classes/metadata/other:bytes", Count(|s| s.memory.gc_sys as u64)),
    ("/memory/classes/os-stacks:bytes", Count(|s| s.memory.os_stacks as u64)),
    ("/memory/classes/other:bytes", Count(|s| s.memory.other_sys as u64)),
    ("/memory/classes/profiling/buckets:bytes", Count(|s| s.memory.buckets as u64)),
    ("/memory/classes/total:bytes", Count(|s| s.memory.total() as u64)),
    ("/sched/gomaxprocs:threads", Count(|_| u64::from(proc::nprocs()))),
    ("/sched/goroutines-created:goroutines", Count(|_| proc::created())),
    ("/sched/goroutines/not-in-go:goroutines", Count(|_| goroutines().outside)),
    ("/sched/goroutines/runnable:goroutines", Count(|_| goroutines().runnable)),
    ("/sched/goroutines/running:goroutines", Count(|_| goroutines().running)),
    ("/sched/goroutines/waiting:goroutines", Count(|_| waiting())),
    ("/sched/goroutines:goroutines", Count(|_| proc::all_goroutines())),
    ("/sched/latencies:seconds", Value::Times(&TIME_TO_RUN)),
    ("/sched/pauses/stopping/gc:seconds", Value::Times(&STOPPING_GC)),
    ("/sched/pauses/stopping/other:seconds", Value::Times(&STOPPING_OTHER)),
    ("/sched/pauses/total/gc:seconds", Value::Times(&PAUSES_GC)),
    ("/sched/pauses/total/other:seconds", Value::Times(&PAUSES_OTHER)),
    ("/sched/threads/total:threads", Count(|_| proc::threads())),
    ("/sync/mutex/wait/total:seconds", Nanoseconds(|_| profile::MUTEX_WAIT.load(Relaxed) as i64)),
];

/// What the overlay is told of a metric; `metrics.ValueKind`, and which histogram.
const BAD: u64 = 0;
const UINT64: u64 = 1;
const FLOAT64: u64 = 2;
const TIME_HISTOGRAM: u64 = 3;
const SIZE_HISTOGRAM: u64 = 4;

fn find(name: &str) -> Option<&'static Value> {
    METRICS.binary_search_by(|m| m.0.cmp(name)).ok().map(|i| &METRICS[i].1)
}

/// A `Read` begins (R3).
#[unsafe(export_name = "runtime.metricsBegin")]
pub extern "C" fn begin() {
    let objects = stats::Objects::read();
    // SAFETY: R3.
    *unsafe { SNAPSHOT.get() } =
        Some(Snapshot { memory: stats::Memory::read(), objects, cpu: cpu() });
}

/// The kind of a metric, and its value if that is a number (bits of a float64).
///
/// # Safety
/// A Go string; between `metricsBegin` and the end of the `Read`.
#[unsafe(export_name = "runtime.metricRead")]
pub unsafe extern "C" fn read(name: *const u8, len: usize) -> heap::Pair {
    // SAFETY: the caller's promise. R3.
    let (name, snapshot) = unsafe { (core::slice::from_raw_parts(name, len), SNAPSHOT.get()) };
    let (Ok(name), Some(s)) = (core::str::from_utf8(name), snapshot) else {
        return heap::Pair(BAD as usize, 0);
    };
    let (kind, value) = match find(name) {
        None => (BAD, 0),
        Some(Count(f)) => (UINT64, f(s)),
        Some(Nanoseconds(f)) => (FLOAT64, (f(s) as f64 / 1e9).to_bits()),
        Some(Value::Times(_)) => (TIME_HISTOGRAM, 0),
        Some(Sizes(_)) => (SIZE_HISTOGRAM, 0),
    };
    heap::Pair(kind as usize, value as usize)
}

/// Number of buckets of a kind of histogram.
#[unsafe(export_name = "runtime.metricBuckets")]
pub extern "C" fn buckets(kind: u64) -> usize {
    if kind == TIME_HISTOGRAM { histogram::LEN } else { CLASSES }
}

/// The counts of a histogram.
///
/// # Safety
/// A Go string; `out` has room for as many words as there are buckets.
#[unsafe(export_name = "runtime.metricCounts")]
pub unsafe extern "C" fn counts(name: *const u8, len: usize, out: *mut u64) {
    // SAFETY: the caller's promise. R3.
    let (name, snapshot) = unsafe { (core::slice::from_raw_parts(name, len), SNAPSHOT.get()) };
    let (Ok(name), Some(s)) = (core::str::from_utf8(name), snapshot) else { return };
    let put = |i: usize, n| {
        // SAFETY: the caller's room.
        unsafe { *out.add(i) = n }
    };
    match find(name) {
        Some(Value::Times(t)) => t.all().enumerate().for_each(|(i, n)| put(i, n)),
        // Large objects come last.
        Some(Sizes(f)) => (0..CLASSES).for_each(|i| put(i, f(s, (i + 1) % CLASSES))),
        _ => {}
    }
}

/// Lower bounds of a kind of histogram's buckets, and the upper one of the last.
///
/// # Safety
/// `out` has room for one word more than there are buckets.
#[unsafe(export_name = "runtime.metricBounds")]
pub unsafe extern "C" fn bounds(kind: u64, out: *mut f64) {
    let put = |i: usize, x| {
        // SAFETY: the caller's room.
        unsafe { *out.add(i) = x }
    };
    if kind == SIZE_HISTOGRAM {
        // A class of 48 bytes holds objects of 33 to 48.
        put(0, 1.0);
        (1..CLASSES).for_each(|c| put(c, f64::from(SIZES[c]) + 1.0));
        put(CLASSES, f64::INFINITY);
        return;
    }
    histogram::bounds().enumerate().for_each(|(i, x)| put(i, x));
}

#[unsafe(export_name = "runtime.metricName")]
pub extern "C" fn name(i: usize) -> heap::Pair {
    let name = METRICS.get(i).map_or("", |m| m.0);
    heap::Pair(name.as_ptr() as usize, name.len())
}
