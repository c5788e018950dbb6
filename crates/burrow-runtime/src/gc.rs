//! The collector: concurrent mark and sweep, on a snapshot. gc: `mgc.go`.
//!
//! A cycle: the world stops for a moment (`begin`); threads without a P mark what was reachable then (`mark.rs`), helped
//! by goroutines that allocate (`pacer.rs`), and told by the write barrier what the program overwrites (`barrier.rs`); the
//! world stops again for a moment when nothing is left (`end`); spans are swept in the background, and by goroutines that
//! need room (`heap.rs`). Objects are scanned precisely by type data; stacks, registers and variables conservatively,
//! interior pointers included. Neither stop looks at objects, stacks or lists that grow with the heap.
//!
//! M1  While a goroutine is scanned it is parked with its registers on its stack or in its G (arch, S1), or the scanning
//!     thread is its own, on g0.
//! M2  `MARKING` changes with the world stopped only. So a thread with a P that is in Rust sees one value.
//! M3  Roots: variables, every G record and its stack segments in use, what specials hold, finalizers that are due, timers
//!     in a heap. What leaves a root while the collector marks is shaded.
//! M4  One cycle at a time: who begins one sweeps what is left of the one before. The collector's threads start with the
//!     first.
//! M5  `CYCLE` is 1 for the first: in a fresh G, `scan` and `wb_enabled` are those of no cycle.

pub mod check;
pub mod mark;
pub mod pacer;
pub mod pool;
pub mod specials;

use crate::arch::{self, getg, m, systemstack};
use crate::barrier::BUFFER;
use crate::chance;
use crate::g::*;
use crate::go_entry;
use crate::heap::{self, LIVE, NEXT_GC};
use crate::metrics;
use crate::proc;
use crate::sizeclass::{HEADER, SIZES};
use crate::sync::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, Mutex, Ordering,
};
use crate::sys;
use crate::types::{self, Type};
use core::fmt::Write as _;
use core::ptr::null_mut;
use mark::Marker;
use rust_alloc::vec::Vec;

go_entry!(before_gc, "runtime.beforeGC");

/// Without allocation, a collection happens this often. gc: `forcegcperiod`.
const PERIOD_NS: i64 = 120_000_000_000;
/// Threads that mark while processors have nothing else to do, at most.
const HELPERS: u32 = 8;

/// The number of the cycle that is marking, 0 if none is (M2).
static MARKING: AtomicU32 = AtomicU32::new(0);
/// The number of the last cycle that began.
static CYCLE: AtomicU32 = AtomicU32::new(0);
/// All has been swept after the last cycle, and who keeps account of it was told.
static SETTLED: AtomicBool = AtomicBool::new(true);
/// Cycles that have begun; the collector's threads sleep on it.
static BEGUN: AtomicU32 = AtomicU32::new(0);
static THREADS: AtomicBool = AtomicBool::new(false);
static LAST_END: AtomicI64 = AtomicI64::new(0);

/// What ReadMemStats and gctrace report of collections.
struct Stats {
    /// Cycles whose marking has ended, and those that are over, sweeping included.
    cycles: u32,
    over: u32,
    forced: u32,
    last_unix_ns: u64,
    pause_total: u64,
    pauses: [u64; 256],
    ends: [u64; 256],
    /// Of the cycle under way.
    now: Current,
    /// Goroutines that wait for the end of marking, and for the end of the cycle.
    waiting: [Vec<*mut G>; 2],
    /// Processor time of the collector's threads, ns.
    processor_ns: i64,
}

#[derive(Clone, Copy)]
struct Current {
    forced: bool,
    begin: i64,
    first_pause: i64,
    live_at_begin: usize,
    goal: usize,
}

static STATS: Mutex<Stats> = Mutex::new(Stats {
    cycles: 0,
    over: 0,
    forced: 0,
    last_unix_ns: 0,
    pause_total: 0,
    pauses: [0; 256],
    ends: [0; 256],
    now: Current { forced: false, begin: 0, first_pause: 0, live_at_begin: 0, goal: 0 },
    waiting: [Vec::new(), Vec::new()],
    processor_ns: 0,
});

/// `GODEBUG=gctrace=1`.
static TRACE: AtomicBool = AtomicBool::new(false);

pub fn init() {
    pacer::init();
    check::init();
    let trace = crate::env::setting("GODEBUG", "gctrace").and_then(crate::env::number);
    TRACE.store(trace.is_some_and(|n| n > 0), Ordering::Relaxed);
}

/// The number of the cycle that is marking, 0 if none is (M2).
#[inline]
pub fn marking() -> u32 {
    MARKING.load(Ordering::Relaxed)
}

// ---- what the rest of the runtime tells the collector

/// This thread is about to let `g` run (mark, K3; barrier, W1).
#[inline]
pub fn resume(g: &mut G) {
    let cycle = marking();
    if g.wb_enabled != cycle {
        resume_slow(g, cycle);
    }
}

#[cold]
fn resume_slow(g: &mut G, cycle: u32) {
    if cycle != 0 {
        mark::scan_before_run(g, cycle);
    }
    g.wb_enabled = cycle;
}

/// A fresh goroutine has nothing on its stack that must be scanned. On a thread with a P, or at start.
pub fn made(g: &mut G) {
    g.wb_enabled = marking();
    g.scan.store(marking() << 1, Ordering::Relaxed);
}

/// A goroutine was stopped at any instruction: it may have overwritten a pointer without having told of it (barrier, W2).
///
/// # Safety
/// [from, to) are its saved registers and its innermost frame.
pub unsafe fn preempted(from: usize, to: usize) {
    if marking() != 0 {
        // SAFETY: the caller's promise.
        unsafe { shade_range(from, to.saturating_sub(from)) };
    }
}

/// While the collector marks: marks an object that leaves a root.
pub fn shade(p: usize) {
    if mark::find(p).is_some() {
        arch::on_g0(|| {
            let mut w = Marker::new();
            w.word(p);
            w.flush();
        });
    }
}

/// While the collector marks: marks what words of [p, p + n) point to.
///
/// # Safety
/// The range is readable.
pub unsafe fn shade_range(p: usize, n: usize) {
    arch::on_g0(|| {
        let mut w = Marker::new();
        // SAFETY: the caller's promise.
        unsafe { w.range(p, p + n) };
        w.flush();
    });
}

/// Marks what the write barrier has collected.
///
/// # Safety
/// `p` is this thread's P, or the world is stopped.
pub unsafe fn take_overwritten(p: *mut P) {
    // SAFETY: barrier, W4.
    let list = unsafe { &mut (*p).overwritten };
    let n = core::mem::take(&mut list.len).min(BUFFER);
    if n > 0 && marking() != 0 {
        let mut w = Marker::new();
        list.pointers[..n].iter().for_each(|&p| w.word(p));
        w.flush();
    }
}

/// A thread with a P took `bytes` for objects.
#[inline]
pub fn allocated(bytes: usize) {
    if marking() != 0 {
        pacer::charge(bytes);
    }
}

/// Somebody stops the world: who allocates stops there. A loop that does little else is nearly always in Rust, where no signal
/// stops it.
pub fn ask_allocators() {
    NEXT_GC.store(0, Ordering::SeqCst);
}

/// The world starts again.
pub fn release_allocators() {
    pacer::publish();
}

// ---- a cycle

/// The allocator found that it is time. On a goroutine.
#[cold]
pub fn start_from_malloc() {
    let stopping = proc::STOPPING.load(Ordering::SeqCst) != 0;
    if marking() != 0 && !stopping && !pacer::is_far_beyond() {
        return;
    }
    // SAFETY: this thread's record and goroutine.
    let unfit = unsafe {
        let me = m();
        (*me).on_g0 != 0 || (*me).pins > 0 || (*me).curg.is_null() || (*(*me).curg).throwing != 0
    };
    if unfit {
        return;
    }
    if stopping {
        // `ask_allocators`; maybe there is nothing to collect.
        return proc::stop_if_asked();
    }
    if marking() != 0 {
        // Who allocates faster than can be marked waits.
        wait_for(End::Mark, marking());
    } else {
        start(false);
    }
}

/// Begins a cycle, unless one is under way. On a goroutine.
fn start(forced: bool) {
    arch::on_g0(sweep_all);
    let begin = proc::stop_the_world();
    metrics::stopped_for_gc();
    if marking() != 0 || !heap::is_swept() {
        // Somebody else was faster, and may even be at the end of it.
        proc::start_the_world();
        return;
    }
    // SAFETY: on a goroutine, the world is stopped; the Go function neither allocates nor parks.
    unsafe {
        (*getg()).nopreempt += 1;
        arch::call_go(before_gc());
        (*getg()).nopreempt -= 1;
        systemstack(begin_on_g0, null_mut());
    }
    let now = chance::nanotime();
    {
        let mut s = STATS.lock();
        s.now = Current {
            forced,
            begin,
            first_pause: now - begin,
            live_at_begin: LIVE.load(Ordering::Relaxed),
            goal: pacer::goal(),
        };
    }
    proc::start_the_world();
    if !THREADS.swap(true, Ordering::AcqRel) {
        proc::start_thread(collector);
        for _ in 1..proc::ncpu().min(HELPERS) {
            proc::start_thread(helper);
        }
    }
    BEGUN.fetch_add(1, Ordering::Release);
    sys::futex_wake(&BEGUN, i32::MAX as u32);
}

/// The first stop. gc: `gcStart`.
unsafe extern "C" fn begin_on_g0(_: *mut u8) {
    // The program isn't dead while it waits for the collector.
    proc::OUTSIDE.fetch_add(1, Ordering::SeqCst);
    settled();
    let cycle = CYCLE.load(Ordering::Relaxed) + 1;
    CYCLE.store(cycle, Ordering::Relaxed);
    for p in proc::every_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.blacken() };
    }
    mark::begin();
    pacer::begin();
    MARKING.store(cycle, Ordering::SeqCst);
    // This goroutine goes on without being resumed.
    // SAFETY: `systemstack` saved it (M1).
    unsafe { resume(&mut *getg()) };
}

/// The collector's first thread.
fn collector() {
    let mut w = Marker::new();
    loop {
        let cycle = wait_for_cycle();
        let begin = thread_time();
        mark_all(&mut w);
        metrics::MARK_DEDICATED_NS.fetch_add(thread_time() - begin, Ordering::Relaxed);
        sweep_all();
        settled();
        over(cycle, thread_time() - begin);
        heap::release_beyond(pacer::retained(), || marking() != 0);
        crate::stack::release_unused();
    }
}

/// How long this thread has run, ns.
fn thread_time() -> i64 {
    let t = chance::clock(chance::THREAD);
    t.sec * 1_000_000_000 + t.nsec
}

/// Sweeps what nobody else does, and waits for the others.
fn sweep_all() {
    while heap::sweep_one() {}
    while !heap::is_swept() {
        sys::yield_thread();
    }
}

/// Sweeping is complete. By the collector's thread, or with the world stopped.
fn settled() {
    if !SETTLED.swap(true, Ordering::AcqRel) {
        crate::profile::swept();
    }
}

/// Gives the number of the cycle that is marking.
fn wait_for_cycle() -> u32 {
    loop {
        let seen = BEGUN.load(Ordering::Acquire);
        let cycle = marking();
        if cycle != 0 {
            return cycle;
        }
        sys::futex_wait(&BEGUN, seen, -1);
    }
}

/// One of the other threads: marks while processors are idle, looking now and then.
fn helper() {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let mine = NUMBER.fetch_add(1, Ordering::Relaxed) as i32;
    let mut w = Marker::new();
    loop {
        wait_for_cycle();
        // One processor is the first thread's.
        let wanted = || marking() != 0 && proc::idle_ps() > mine + 1;
        if wanted() {
            let begin = thread_time();
            mark::help(&mut w, wanted);
            metrics::MARK_IDLE_NS.fetch_add(thread_time() - begin, Ordering::Relaxed);
        }
        sys::sleep_ns(200_000);
    }
}

/// Marks, and ends marking.
fn mark_all(w: &mut Marker) {
    loop {
        mark::run(w);
        let begin = proc::stop_the_world();
        metrics::stopped_for_gc();
        for p in proc::every_p() {
            // SAFETY: the world is stopped.
            unsafe { take_overwritten(p) };
        }
        let done = mark::finish(w);
        if done {
            check::run();
            end(begin);
        }
        proc::start_the_world();
        if done {
            wake(End::Mark);
            return;
        }
    }
}

/// The second stop. gc: `gcMarkTermination`.
fn end(begin: i64) {
    mark::POOL.check_over();
    for p in proc::every_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.flush() };
    }
    pacer::end();
    metrics::HEAP_MARKED.store(mark::MARKED.load(Ordering::Relaxed) as u64, Ordering::Relaxed);
    crate::profile::marked();
    MARKING.store(0, Ordering::SeqCst);
    heap::begin_sweep();
    SETTLED.store(false, Ordering::Release);
    let now = chance::nanotime();
    LAST_END.store(now, Ordering::Relaxed);
    let t = chance::clock(chance::REALTIME);
    let unix = (t.sec * 1_000_000_000 + t.nsec) as u64;
    let mut s = STATS.lock();
    let at = s.cycles as usize % 256;
    let pause = (s.now.first_pause + now - begin) as u64;
    s.pauses[at] = pause;
    s.ends[at] = unix;
    s.pause_total += pause;
    s.last_unix_ns = unix;
    s.cycles += 1;
    s.forced += u32::from(s.now.forced);
    if TRACE.load(Ordering::Relaxed) {
        trace(&s, begin, now);
    }
}

/// A line as gc's: <https://pkg.go.dev/runtime#hdr-Environment_Variables>.
fn trace(s: &Stats, second_stop: i64, now: i64) {
    let c = &s.now;
    let ms = |ns: i64| ns as f64 / 1e6;
    let concurrent = second_stop - c.begin - c.first_pause;
    let (first, last) = (ms(c.first_pause), ms(now - second_stop));
    let up = (now - proc::started()).max(1);
    let percent = (s.processor_ns + concurrent) * 100 / up / i64::from(proc::nprocs()).max(1);
    let mb = |bytes: usize| bytes >> 20;
    let live_at_end = LIVE.load(Ordering::Relaxed);
    let mut out = crate::panics::Stderr::new();
    let _ = write!(
        out,
        "gc {} @{:.3}s {percent}%: {first:.3}+{:.3}+{last:.3} ms clock, {first:.3}+0/{:.3}/0+{last:.3} ms cpu, \
         {}->{}->{} MB, {} MB goal, {} MB stacks, {} MB globals, {} P{}",
        s.cycles,
        (c.begin - proc::started()) as f64 / 1e9,
        ms(concurrent),
        ms(concurrent),
        mb(c.live_at_begin),
        mb(live_at_end),
        mb(pacer::survived()),
        mb(c.goal),
        0,
        mb(crate::prog::prog().data.len() + crate::prog::prog().bss.len()),
        proc::nprocs(),
        if c.forced { " (forced)\n" } else { "\n" },
    );
    out.flush();
}

/// All is swept after that cycle.
fn over(cycle: u32, processor_ns: i64) {
    {
        let mut s = STATS.lock();
        s.over = cycle;
        s.processor_ns += processor_ns;
    }
    specials::wake_finalizers();
    wake(End::Cycle);
    proc::OUTSIDE.fetch_sub(1, Ordering::SeqCst);
    proc::recheck_dead();
}

/// What goroutines wait for.
#[derive(Clone, Copy)]
enum End {
    Mark = 0,
    Cycle = 1,
}

fn wake(end: End) {
    let waiting = core::mem::take(&mut STATS.lock().waiting[end as usize]);
    for g in waiting {
        // SAFETY: it parked in `wait_for`; the list was taken under the lock.
        unsafe { proc::ready_global(g) };
    }
}

/// Parks until marking has ended, or the cycle is over, unless there were more than `seen - 1` of these already. On a
/// goroutine.
fn wait_for(end: End, seen: u32) {
    unsafe extern "C" fn enlist<const END: usize>(g: *mut G, seen: *mut u8) -> bool {
        let mut s = STATS.lock();
        let ended = if END == 0 { s.cycles } else { s.over };
        if ended >= seen as usize as u32 {
            return false;
        }
        s.waiting[END].push(g);
        true
    }
    let seen = seen as usize as *mut u8;
    // SAFETY: on a goroutine.
    unsafe {
        match end {
            End::Mark => proc::park(Some(enlist::<0>), seen, Wait::GcAssist),
            End::Cycle => proc::park(Some(enlist::<1>), seen, Wait::GcWait),
        }
    }
}

/// Waits until no collection marks. What programs see of collections, and what they set, is then that of whole ones. On
/// a goroutine. gc: `stopTheWorldGC`.
pub fn settle() {
    while marking() != 0 {
        wait_for(End::Mark, marking());
    }
}

/// `runtime.GC`: a whole collection that begins after the call.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.collect")]
pub unsafe extern "C" fn collect() {
    core::arch::naked_asm!("lea rax, [rip + {f}]", "jmp {clear}", f = sym collect_now, clear = sym clear_and_go)
}

/// Goes on at rax, with nothing left in registers and below the stack pointer.
///
/// Frames of the runtime have gaps that nobody writes to, in which words of earlier frames would be found when this
/// goroutine is scanned, the last allocation's address first of all. The rest is for `clear_dead`.
#[unsafe(naked)]
pub unsafe extern "C" fn clear_and_go() {
    core::arch::naked_asm!(
        "mov rdx, rax",
        "call {clear}",
        "lea rdi, [rsp - {bytes}]",
        "mov ecx, {bytes} / 8",
        "xor eax, eax",
        "rep stosq",
        "jmp rdx",
        bytes = const CLEARED,
        clear = sym clear_dead,
    )
}

/// Clears callee-saved registers and the caller's spill slots, which begin at rdi: they may hold values that the
/// caller does not need any more. What it needs is elsewhere in its frame (`docs/abi.md` 3). Preserves rdx.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.clearDead")]
pub unsafe extern "C" fn clear_dead() {
    core::arch::naked_asm!(
        // The registers that the caller saved for its own caller are right below its rbp.
        "lea rsi, [rbp - {saved}]",
        "mov rcx, {arena}",
        "mov r8, {size}",
        // The slot that rdi points to is for that alone, and was never written.
        "sub rdi, 8",
        "2:",
        "add rdi, 8",
        "cmp rdi, rsi",
        "jae 3f",
        "mov rax, [rdi]",
        "sub rax, rcx",
        "cmp rax, r8",
        "jae 2b",
        "mov qword ptr [rdi], 0",
        "jmp 2b",
        "3:",
        "xor ebx, ebx",
        "xor r12d, r12d",
        "xor r13d, r13d",
        "xor r14d, r14d",
        "ret",
        saved = const 4 * 8,
        arena = const heap::ARENA,
        size = const heap::ARENA_SIZE,
    )
}

/// What it clears; its callers have tested for `burrow_codegen::LARGE_NEED`, since a jump to rax may go anywhere.
const CLEARED: usize = 4096;

extern "C" fn collect_now() {
    let over = || STATS.lock().over;
    let begun = || CYCLE.load(Ordering::Relaxed);
    let enough = begun() + 1;
    while over() < enough {
        if marking() != 0 || begun() >= enough {
            wait_for(End::Cycle, over() + 1);
        } else {
            start(true);
        }
    }
    // A loop around runtime.GC may have no other place to be preempted at.
    proc::gosched();
}

// ---- settings and numbers

/// (collections, those that the program asked for)
pub fn cycles() -> (u64, u64) {
    let s = STATS.lock();
    (s.cycles.into(), s.forced.into())
}

#[unsafe(export_name = "runtime.runtimeReady")]
pub extern "C" fn runtime_ready() {
    LAST_END.store(chance::nanotime(), Ordering::Relaxed);
    heap::ENABLED.store(true, Ordering::SeqCst);
}

/// Called by the monitor: a program that allocates little is collected now and then, too.
pub fn periodic() {
    let last = LAST_END.load(Ordering::Relaxed);
    if last != 0 && chance::nanotime() - last > PERIOD_NS && !pacer::is_off() {
        // The next allocation that refills notices.
        LAST_END.store(chance::nanotime(), Ordering::Relaxed);
        pacer::begin_soon();
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

/// Fills in a `runtime.MemStats`.
///
/// # Safety
/// `out` points to one, zeroed.
#[unsafe(export_name = "runtime.readMemStats")]
pub unsafe extern "C" fn read_mem_stats(out: *mut u64) {
    settle();
    proc::stop_the_world();
    for p in proc::all_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.flush() };
    }
    let t = &heap::TOTALS;
    let load = |a: &crate::sync::AtomicU64| a.load(Ordering::Relaxed);
    let s = STATS.lock();
    // SAFETY: the layout of the struct in the overlay's mem.go.
    unsafe {
        let put = |i: usize, v: u64| *out.add(i) = v;
        put(21, pacer::goal() as u64);
        put(22, s.last_unix_ns);
        put(23, s.pause_total);
        for i in 0..256 {
            put(24 + i, s.pauses[i]);
            put(280 + i, s.ends[i]);
        }
        heap::stats::fill(out);
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
