//! The scheduler, channels, semaphores, timers and the poller under a model checker (shuttle): their own code, on
//! threads of which one runs at a time, and which may change at every operation on an atomic.
//!
//! E1  Only what lies below the code under test is replaced: switching stacks (`arch`: a goroutine is a thread of the
//!     model, and hands a baton to the thread of its M and back), futexes, threads and clocks (`kernel`), and what has
//!     no part in waking anybody (`stubs`: heap, collector, signals, environment).
//! E2  What `shared!` declares lies in one section, whose bytes are those of the start again in each execution.
//! E3  An execution ends when the test's goroutine says so; whatever else exists then is left as it is. If nobody can
//!     run before, shuttle reports a deadlock: somebody was not woken.
//! E4  Memory is sequentially consistent: what the model cannot find is an ordering that is too weak. The code uses
//!     `SeqCst` or locks wherever two words are compared, and runs on amd64.
//!
//! The scheduler's rings hold four goroutines here (`RUNQ_LEN`), so that they overflow.

use crate::g::M;
use crate::proc;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::sync::atomic::AtomicBool as SwitchPoint;
use std::boxed::Box;
use std::cell::Cell;
use std::string::String;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

pub mod arch;
pub mod atomics;
pub mod epoll;
#[path = "gc/pool.rs"]
pub mod gc_pool;
pub mod kernel;
mod marking;
pub mod stubs;
mod tests;

/// The test's goroutine has ended, or something is wrong.
static ENDED: AtomicBool = AtomicBool::new(false);
static FAILED: Mutex<Option<String>> = Mutex::new(None);
/// Executions use the same statics: one at a time.
static ONE: Mutex<()> = Mutex::new(());
static POINT: SwitchPoint = SwitchPoint::new(false);

/// Another thread may go on here.
pub fn switch() {
    POINT.load(Ordering::SeqCst);
}

/// Ends the execution.
pub fn end() -> ! {
    ENDED.store(true, Ordering::SeqCst);
    loop {
        switch();
    }
}

/// Ends the execution, and fails the test.
pub fn fail(why: &str) -> ! {
    *FAILED.lock().unwrap() = Some(why.into());
    end()
}

/// `assert!` for goroutines: nothing may unwind through the scheduler.
#[track_caller]
pub fn check(holds: bool, what: &str) {
    if !holds {
        let at = std::panic::Location::caller();
        fail(&std::format!("{}:{}: {what}", at.file(), at.line()));
    }
}

/// Fails the test if something was wrong in the last execution.
fn report(execution: usize) {
    let failed = FAILED.lock().unwrap().take();
    if let Some(why) = failed {
        panic!("execution {execution} (0: the last one): {why}");
    }
}

/// A scheduler that stops an execution when it has ended (E3).
struct UntilEnd<S> {
    inner: S,
    executions: usize,
}

impl<S: Scheduler> Scheduler for UntilEnd<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        ENDED.store(false, Ordering::SeqCst);
        report(self.executions);
        self.executions += 1;
        self.inner.new_execution()
    }

    fn next_task(&mut self, tasks: &[&Task], now: Option<TaskId>, yields: bool) -> Option<TaskId> {
        if ENDED.load(Ordering::SeqCst) {
            return None;
        }
        self.inner.next_task(tasks, now, yields)
    }

    fn next_u64(&mut self) -> u64 {
        self.inner.next_u64()
    }
}

/// What runs beside the Ps.
#[derive(Clone, Copy, Default)]
pub struct Setup {
    pub procs: u32,
    /// How often the monitor looks.
    pub monitor: u32,
}

/// Runs `body` as the main goroutine of `executions` worlds, under random schedules and under such with few changes
/// of priority.
pub fn run(setup: Setup, executions: usize, body: fn()) {
    let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
    let seed = std::env::var("BURROW_MODEL_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let many = std::env::var("BURROW_MODEL_RUNS").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    let n = executions * many;
    run_with(RandomScheduler::new_from_seed(seed, n), setup, body);
    run_with(PctScheduler::new_from_seed(seed, 3, n), setup, body);
}

fn run_with(inner: impl Scheduler + 'static, setup: Setup, body: fn()) {
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 20;
    config.max_steps = shuttle::MaxSteps::FailAfter(200_000);
    config.silence_warnings = true;
    // A schedule is found again by its seed and number.
    config.failure_persistence = shuttle::FailurePersistence::None;
    let runner = shuttle::Runner::new(UntilEnd { inner, executions: 0 }, config);
    runner.run(move || world(setup, body));
    report(0);
}

/// One execution: this thread is the first M.
fn world(setup: Setup, body: fn()) {
    reset_shared();
    kernel::reset(setup.monitor);
    let m0 = proc::init_m(core::ptr::null_mut(), 0);
    arch::become_m(m0);
    let start = go_value(move || {
        body();
        end();
    });
    proc::start_world(m0, setup.procs, start);
    if setup.monitor > 0 {
        proc::start_thread(proc::monitor);
    }
    proc::schedule()
}

/// E2.
fn reset_shared() {
    unsafe extern "C" {
        static mut __start_burrow_shared: u8;
        static mut __stop_burrow_shared: u8;
    }
    static FIRST: Mutex<Vec<u8>> = Mutex::new(Vec::new());
    // SAFETY: the bounds of a section of statics with interior mutability; no execution runs. What the last one left
    // there is forgotten, not dropped.
    unsafe {
        let start = &raw mut __start_burrow_shared;
        let len = (&raw mut __stop_burrow_shared).offset_from(start) as usize;
        let mut first = FIRST.lock().unwrap();
        if first.is_empty() {
            first.extend_from_slice(core::slice::from_raw_parts(start, len));
        }
        core::ptr::copy_nonoverlapping(first.as_ptr(), start, len);
    }
}

/// A func value: its first word is not an address of code, but says that the rest is a closure of Rust.
#[repr(C)]
pub struct GoValue {
    word: usize,
    run: Cell<Option<Box<dyn FnOnce()>>>,
}

const RUST: usize = 0x7275_7374;

pub fn go_value(f: impl FnOnce() + 'static) -> usize {
    let value = GoValue { word: RUST, run: Cell::new(Some(Box::new(f))) };
    Box::into_raw(Box::new(value)) as usize
}

/// Calls a func value: one of ours, or `runtime.runTimers`, the only one of Go that the code under test starts.
///
/// # Safety
/// `f` comes from `go_value`, or from a `go_entry!`.
unsafe fn call(f: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if *(f as *const usize) != RUST {
            return run_timers();
        }
        let f = &*(f as *const GoValue);
        if let Some(run) = f.run.take() {
            run();
        }
    }
}

/// As the overlay's `runTimers` (time.go); a timer's `f` is a function of Rust here.
fn run_timers() {
    let mut t = core::ptr::null_mut();
    loop {
        // SAFETY: on a goroutine; the timer has fired.
        unsafe {
            t = crate::timer::next_fired(t).0 as *mut crate::timer::Timer;
            tests::call_timer(t);
        }
    }
}

/// `go f()`, on a goroutine.
pub fn go(f: impl FnOnce() + 'static) {
    // SAFETY: a func value, on a goroutine.
    unsafe { proc::newproc(go_value(f), 0) };
}

/// A goroutine's thread, or that of an M, as `arch` knows it.
type Owner = (*mut M, *const arch::Fiber);
