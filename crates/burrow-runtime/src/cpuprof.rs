//! CPU profiles: timers that tick with the processor time of threads, and a log of the stacks that the ticks found.
//!
//! Q1  Each thread has a timer of its own clock, whose signals come to it alone. Whoever turns profiling on makes the timers of
//!     all threads, and a new thread makes its own; `M.profile_timer` says who was first.
//! Q2  `LOG`'s lock is a spin lock that signal handlers take. All signals are blocked while it is held elsewhere, so that no
//!     thread meets itself.
//! Q3  A handler reads stacks that may be in any state: an rbp is followed only if it points into a stack of this thread or
//!     its goroutine, towards its top.
//! Q4  Of the two buffers one is written to, the other is what Go got by the last read. Labels in both are roots of the
//!     collector (`roots`).
//!
//! Records are gc's (`runtime/profbuf.go`): {words, time, count, pcs...} with one label each; first {3, time, Hz};
//! {4, time, 0, n} says that n samples were lost.

use crate::arch::{self, m};
use crate::chance;
use crate::g::SEGMENTS;
use crate::g::{G, M};
use crate::proc;
use crate::prog::in_go_text;
use crate::signal;
use crate::symtab;
use crate::sync::{AtomicBool, AtomicU32, Global, Ordering, RawLock};
use crate::sys;
use crate::traceback::{self, Frame};
use rust_alloc::vec::Vec;

pub const SIGPROF: usize = 27;
/// Frames kept of a sample. gc: `maxCPUProfStack`.
const DEPTH: usize = 64;
/// Words and records that a buffer has room for: more than 16,000 samples between two reads.
const WORDS: usize = 1 << 17;
const RECORDS: usize = 1 << 14;
/// How long a read waits until it gives what there is.
const READ_NS: i64 = 100_000_000;

static HZ: AtomicU32 = AtomicU32::new(0);

struct Buffer {
    words: Vec<u64>,
    labels: Vec<usize>,
}

struct Log {
    /// Q4: `buffers[writes]` is written to.
    buffers: [Buffer; 2],
    writes: usize,
    lost: u64,
}

const EMPTY: Buffer = Buffer { words: Vec::new(), labels: Vec::new() };
static LOG: Global<Log> = Global::new(Log { buffers: [EMPTY; 2], writes: 0, lost: 0 });
static SPIN: AtomicU32 = AtomicU32::new(0);

/// Profiling is on, or its data is not all read yet; guarded by `CONTROL`.
static BUSY: AtomicBool = AtomicBool::new(false);
/// 1 once profiling is off; readers sleep on it.
static CLOSED: AtomicU32 = AtomicU32::new(1);
static CONTROL: RawLock = RawLock::new();

/// Turns of busy waiting before another thread gets the processor.
const TURNS: u32 = 256;

/// Calls `f` with the log. Signals are blocked: in a handler, or by the caller (Q2).
fn with_log<T>(f: impl FnOnce(&mut Log) -> T) -> T {
    let mut turns = 0_u32;
    while SPIN.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
        core::hint::spin_loop();
        turns += 1;
        if turns.is_multiple_of(TURNS) {
            // The holder may have lost its processor.
            sys::yield_thread();
        }
    }
    // SAFETY: Q2.
    let r = f(unsafe { LOG.get() });
    SPIN.store(0, Ordering::Release);
    r
}

fn with_log_outside<T>(f: impl FnOnce(&mut Log) -> T) -> T {
    let mask = signal::block_all();
    let r = with_log(f);
    signal::set_mask(mask);
    r
}

impl Log {
    fn put(&mut self, count: u64, stack: &[usize], label: usize) {
        let b = &mut self.buffers[self.writes];
        let lost = if self.lost > 0 { 4 } else { 0 };
        if b.words.len() + lost + 3 + stack.len() > WORDS || b.labels.len() + 2 > RECORDS {
            self.lost += 1;
            return;
        }
        let now = chance::nanotime() as u64;
        if lost > 0 {
            b.words.extend_from_slice(&[4, now, 0, self.lost]);
            b.labels.push(0);
            self.lost = 0;
        }
        b.words.extend_from_slice(&[3 + stack.len() as u64, now, count]);
        b.words.extend(stack.iter().map(|&pc| pc as u64));
        b.labels.push(label);
    }

    /// Room for all that is ever put there: handlers don't allocate.
    fn begin(&mut self, hz: u32) {
        for b in &mut self.buffers {
            b.words.clear();
            b.labels.clear();
            b.words.reserve_exact(WORDS);
            b.labels.reserve_exact(RECORDS);
        }
        self.lost = 0;
        self.put(u64::from(hz), &[], 0);
    }
}

/// Labels that only the log refers to.
pub fn roots() -> Vec<usize> {
    if !BUSY.load(Ordering::SeqCst) {
        return Vec::new();
    }
    // Nothing is allocated, and no other lock taken, under the handlers' lock: a handler may have interrupted its holder (Q2).
    let mut labels = Vec::with_capacity(2 * RECORDS);
    with_log_outside(|log| {
        for b in &log.buffers {
            labels.extend_from_slice(&b.labels[..b.labels.len().min(RECORDS)]);
        }
    });
    labels
}

// ---- on and off

/// gc: `runtime.SetCPUProfileRate`; false if another profile is not finished.
#[unsafe(export_name = "runtime.cpuProfileRate")]
pub extern "C" fn set_rate(hz: i64) -> bool {
    let hz = hz.clamp(0, 1_000_000) as u32;
    let _guard = CONTROL.guard();
    if hz > 0 {
        if BUSY.load(Ordering::SeqCst) {
            return false;
        }
        BUSY.store(true, Ordering::SeqCst);
        // Not in the handlers' sight yet.
        // SAFETY: no handler writes while `HZ` is 0, and no reader reads while nothing is busy.
        unsafe { LOG.get() }.begin(hz);
        CLOSED.store(0, Ordering::SeqCst);
        signal::handle_profile();
        HZ.store(hz, Ordering::SeqCst);
        each_thread(|t| arm(t, hz));
    } else if HZ.swap(0, Ordering::SeqCst) != 0 {
        process_timer(0);
        each_thread(disarm);
        CLOSED.store(1, Ordering::SeqCst);
        sys::futex_wake(&CLOSED, i32::MAX as u32);
    }
    true
}

fn each_thread(f: impl Fn(&M)) {
    // SAFETY: Ms live for ever.
    proc::all_m().for_each(|t| f(unsafe { &*t }));
}

/// A thread begins (Q1).
pub fn init_thread(me: *mut M) {
    let hz = HZ.load(Ordering::SeqCst);
    if hz != 0 {
        // SAFETY: this thread's record.
        let me = unsafe { &*me };
        arm(me, hz);
        if HZ.load(Ordering::SeqCst) == 0 {
            disarm(me);
        }
    }
}

/// A thread has ended: its record has no timer, whoever was about to make one. Its `tid` is 0.
pub fn end_thread(me: &M) {
    while me.profile_timer.load(Ordering::SeqCst) == CLAIMED {
        sys::yield_thread();
    }
    disarm(me);
}

/// `M.profile_timer` of a thread that is just getting one.
const CLAIMED: u32 = u32::MAX;

#[repr(C)]
struct Event {
    value: usize,
    signal: i32,
    notify: i32,
    thread: i32,
    pad: [i32; 11],
}

fn arm(t: &M, hz: u32) {
    let tid = t.tid.load(Ordering::SeqCst);
    let claim = || t.profile_timer.compare_exchange(0, CLAIMED, Ordering::SeqCst, Ordering::SeqCst);
    if tid == 0 || claim().is_err() {
        return;
    }
    const SIGEV_THREAD_ID: i32 = 4;
    /// The scheduler's clock of one thread.
    const THREAD_CLOCK: i32 = 6;
    let clock = !(tid as i32) << 3 | THREAD_CLOCK;
    let event = Event {
        value: 0,
        signal: SIGPROF as i32,
        notify: SIGEV_THREAD_ID,
        thread: tid as i32,
        pad: [0; 11],
    };
    let mut id = 0_i32;
    // SAFETY: the kernel reads `event` and writes `id`.
    let r = unsafe {
        let (event, id) = (&raw const event as usize, &raw mut id as usize);
        sys::syscall3(sys::nr::TIMER_CREATE, clock as usize, event, id)
    };
    if r < 0 {
        // Without such timers, one of the whole process; a sample is then whoever's the system takes for it.
        t.profile_timer.store(0, Ordering::SeqCst);
        process_timer(hz);
        return;
    }
    let period = 1_000_000_000 / i64::from(hz);
    // The first tick comes at random: so a tenth of a period shows up in one of ten profiles.
    let first = 1 + (chance::word() >> 2) as i64 % period;
    let spec = [
        period / 1_000_000_000,
        period % 1_000_000_000,
        first / 1_000_000_000,
        first % 1_000_000_000,
    ];
    // SAFETY: the kernel reads `spec`.
    unsafe {
        sys::syscall6(sys::nr::TIMER_SETTIME, id as usize, 0, spec.as_ptr() as usize, 0, 0, 0)
    };
    t.profile_timer.store(id as u32 + 1, Ordering::SeqCst);
}

fn disarm(t: &M) {
    let timer = t.profile_timer.load(Ordering::SeqCst);
    // One that is just being made is noticed by its maker (`init_thread`). Two may want to delete the same one.
    let taken = || t.profile_timer.compare_exchange(timer, 0, Ordering::SeqCst, Ordering::SeqCst);
    if timer != 0 && timer != CLAIMED && taken().is_ok() {
        // SAFETY: no memory involved.
        unsafe { sys::syscall3(sys::nr::TIMER_DELETE, timer as usize - 1, 0, 0) };
    }
}

fn process_timer(hz: u32) {
    const ITIMER_PROF: usize = 2;
    let us = 1_000_000_i64.checked_div(i64::from(hz)).unwrap_or(0);
    let spec = [us / 1_000_000, us % 1_000_000, us / 1_000_000, us % 1_000_000];
    // SAFETY: the kernel reads `spec`.
    unsafe { sys::syscall3(sys::nr::SETITIMER, ITIMER_PROF, spec.as_ptr() as usize, 0) };
}

// ---- reading

/// What `runtime.readCPUProfile` gives.
#[repr(C)]
pub struct Chunk {
    words: *const u64,
    count: usize,
    labels: *const usize,
    records: usize,
    eof: usize,
}

/// Waits for samples; with `eof` there will be no more. What it gives is valid until the next call.
///
/// # Safety
/// `out` points to a chunk; on a goroutine.
#[unsafe(export_name = "runtime.readCPUProfile")]
pub unsafe extern "C" fn read(out: *mut Chunk) {
    if CLOSED.load(Ordering::SeqCst) == 0 {
        proc::enter_blocking();
        sys::futex_wait(&CLOSED, 0, READ_NS);
        // SAFETY: ends what `enter_blocking` began.
        unsafe { proc::exitsyscall() };
    }
    let chunk = with_log_outside(|log| {
        let full = log.writes;
        log.writes = 1 - full;
        let next = &mut log.buffers[1 - full];
        next.words.clear();
        next.labels.clear();
        let b = &log.buffers[full];
        let eof = b.words.is_empty() && CLOSED.load(Ordering::SeqCst) != 0;
        Chunk {
            words: b.words.as_ptr(),
            count: b.words.len(),
            labels: b.labels.as_ptr(),
            records: b.labels.len(),
            eof: usize::from(eof),
        }
    });
    if chunk.eof != 0 {
        BUSY.store(false, Ordering::SeqCst);
    }
    // SAFETY: the caller's promise.
    unsafe { out.write(chunk) };
}

// ---- the tick

/// SIGPROF, on the signal stack: notes where this thread is.
pub fn tick(pc: usize, rsp: usize, rbp: usize) {
    if HZ.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut stack = [0; DEPTH];
    // SAFETY: this thread's record, and the goroutine that it runs.
    let (n, label) = unsafe {
        let me = m();
        let g = (*me).curg;
        let stacks = Stacks::of(&*me, g);
        let label = if g.is_null() { 0 } else { (*g).labels };
        (collect(&stacks, pc, rsp, rbp, (*me).vdso_rbp, &mut stack), label)
    };
    with_log(|log| {
        if HZ.load(Ordering::SeqCst) != 0 {
            log.put(1, &stack[..n], label);
        }
    });
}

/// The stacks that frames may lie on (Q3).
struct Stacks {
    ranges: [(usize, usize); 1 + SEGMENTS],
}

impl Stacks {
    fn of(me: &M, g: *const G) -> Stacks {
        let mut ranges = [(0, 0); 1 + SEGMENTS];
        ranges[0] = (me.g0_base, me.g0_base + me.g0_size);
        if !g.is_null() {
            // SAFETY: this thread's goroutine; a segment that is just being attached is not in use.
            let segments = unsafe { &(*g).segments };
            for (i, (r, s)) in ranges[1..].iter_mut().zip(segments).enumerate() {
                *r = (crate::stack::usable_from(i, s), s.top);
            }
        }
        Stacks { ranges }
    }

    fn holds(&self, at: usize) -> Option<usize> {
        let inside = |&(low, high): &(usize, usize)| at >= low && at + 16 <= high;
        (at & 7 == 0).then(|| self.ranges.iter().position(inside)).flatten()
    }

    fn word(&self, at: usize) -> Option<usize> {
        self.holds(at)?;
        // SAFETY: a word of a stack.
        Some(unsafe { *(at as *const usize) })
    }

    /// The frame that called the one at `rbp`: its return address and rbp.
    fn caller(&self, rbp: usize) -> Option<(usize, usize)> {
        self.holds(rbp)?;
        // SAFETY: `holds` says that two words are there.
        Some(unsafe { (*((rbp + 8) as *const usize), *(rbp as *const usize)) })
    }

    /// Whether the frame at `new` may have called the one at `old`.
    fn follows(&self, old: usize, new: usize) -> bool {
        match (self.holds(old), self.holds(new)) {
            (Some(a), Some(b)) => a != b || new > old,
            (None, Some(_)) => true,
            _ => false,
        }
    }
}

/// Collects the logical frames of an interrupted thread, the innermost first; gives their number.
fn collect(
    stacks: &Stacks,
    pc: usize,
    rsp: usize,
    rbp: usize,
    vdso_rbp: usize,
    out: &mut [usize; DEPTH],
) -> usize {
    let in_go = in_go_text(pc);
    let (first, rbp) = if in_go {
        match traceback::frame_words(pc) {
            // The caller's rbp is still there, and its pc on the stack.
            Some(n) => (stacks.word(rsp + n * 8), rbp),
            None => split(stacks.caller(rbp)),
        }
    } else if vdso_rbp != 0 && !arch::in_image(pc) {
        split(stacks.caller(vdso_rbp))
    } else {
        // In the runtime: a function without frame, or one that has none yet, if rbp is the frame of a Go function that
        // called it.
        let of_go = |pc: &usize| in_go_text(*pc) || arch::is_goexit(*pc);
        let caller = stacks.caller(rbp);
        match stacks.word(rsp).filter(|&pc| in_go_text(pc)) {
            Some(pc) if caller.is_some_and(|(pc, _)| of_go(&pc)) => (Some(pc), rbp),
            _ => split(caller),
        }
    };
    let mut frames = Frames { stacks, next: Some((pc, true)), after: first, rbp };
    let (mut n, mut callee) = (0, "");
    while let Some(frame) = frames.next() {
        let mut put = |word| {
            out[n] = word;
            n += 1;
            n < DEPTH
        };
        let more = if frame.function.is_some() {
            traceback::expand(frame, &mut callee, &mut |_, frame, depth| {
                put(traceback::encode(frame, depth))
            })
        } else if arch::is_goexit(frame.pc) {
            false
        } else if arch::is_morestack_ret(frame.pc) {
            // The crossing to another segment is no call of the program's.
            true
        } else {
            put(traceback::encode(frame, 0))
        };
        if !more {
            break;
        }
    }
    n
}

fn split(caller: Option<(usize, usize)>) -> (Option<usize>, usize) {
    caller.map_or((None, 0), |(pc, rbp)| (Some(pc), rbp))
}

struct Frames<'a> {
    stacks: &'a Stacks,
    /// The next frame: its pc, and whether that names the instruction.
    next: Option<(usize, bool)>,
    /// The pc of the one after it, if the walk has that already.
    after: Option<usize>,
    rbp: usize,
}

impl Frames<'_> {
    fn next(&mut self) -> Option<Frame> {
        let (pc, exact) = self.next.take()?;
        let function = symtab::function_at(if exact { pc } else { pc - 1 });
        let injected = traceback::is_injected(pc, function);
        if let Some(pc) = self.after.take() {
            self.next = Some((pc, injected));
        } else if let Some((pc, rbp)) = self.stacks.caller(self.rbp)
            && pc != 0
        {
            self.next = Some((pc, injected));
            self.rbp = if self.stacks.follows(self.rbp, rbp) { rbp } else { 0 };
        }
        Some(Frame { pc, exact, function })
    }
}
