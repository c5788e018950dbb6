//! The scheduler: goroutines (G) run on threads (M) that hold one of GOMAXPROCS rights to do so (P).
//!
//! D1  `SCHED.lock` guards the global queue, the lists of idle Ms and Ps, and the changes of `PIDLE`. It is taken
//!     before any P's lock, never while one is held.
//! D2  A P's ring is guarded by the P's own lock; thieves take it too. Uncontended it costs two atomic operations.
//! D3  Who makes a goroutine runnable looks for an idle P *afterwards* (`wake_p`); a thread that goes idle puts its
//!     P on the idle list first and looks at all queues *afterwards*. So no runnable goroutine is overlooked.
//! D4  At most one spinning thread is started at a time; the last one that finds work starts the next.
//! D5  The world is stopped when every P is idle, stopped or in a system call that cannot return
//!     (`PSTOPPED`); goroutines that were running are parked on their own stack with all registers saved, in no queue,
//!     and go on there when it starts.
//!     A P that is taken off the idle list is `PRUNNING` before the lock is released, so it is waited for. One that is
//!     `PSYSCALL` belongs to whoever changes that by compare-exchange, be it another thread than `P.m`; what its thread
//!     does on the way back it may do while the world is stopped, so its words are read once.
//! D6  No Rust frame with state of a thread survives on a goroutine's stack over a switch.
//! D7  Who used up a time slice waits in a global queue of their own, `spent`. A P takes one of them when it has nothing else, or
//!     when since its last one a slice has passed: so those who compute and those who wait for each other get half of
//!     the time each, if both want it. (With one queue, a P that has always something in its ring turns to the global one
//!     each 61 turns: those who wait would get 61 turns for each slice of 10 ms.)
//!
//! `life`: goroutines are made, park, become runnable, end. `spare`: what is kept of those that ended. `queues`: where
//! runnable ones wait. `threads`: Ps, Ms, and who gives a P to whom. `schedule`: the loop of every thread. `syscalls`,
//! `monitor`, `world`: who takes a P away, and why. `trace`: what GODEBUG=schedtrace prints.

use crate::arch::{self, getg, gogo, m, mcall};
use crate::chance;
use crate::g::*;
#[cfg(not(test))]
use crate::go_entry;
use crate::metrics;
use crate::slots::Pool;
use crate::stack;
use crate::sync::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Global, Mutex, MutexGuard,
    Note, Ordering, RawLock,
};
use crate::sys;
use core::ptr::null_mut;
use rust_alloc::vec::Vec;

mod life;
mod monitor;
mod queues;
mod schedule;
mod spare;
mod syscalls;
mod threads;
mod trace;
mod world;

pub use life::*;
pub use monitor::*;
pub use queues::*;
pub use schedule::*;
pub use spare::*;
pub use syscalls::*;
pub use threads::*;
pub use trace::*;
pub use world::*;

#[cfg(not(test))]
go_entry!(main_entry, "runtime.main");

/// Address space for records of goroutines that is reserved at a time.
const G_REGION: usize = if cfg!(feature = "model") { 64 << 10 } else { 512 << 20 };
/// Ps at most: a table of their addresses is in bss, and only its pages in use are there.
pub const MAX_PROCS: usize = if cfg!(feature = "model") { 256 } else { 1 << 16 };
/// Size of a thread's own stack.
const G0_STACK: usize = 512 << 10;
/// Memory of a thread's stacks: its own, and that for signals.
pub const THREAD_STACKS: usize = G0_STACK + crate::signal::ALT_STACK;
/// How long a goroutine may run, and a P stay in a system call, before the monitor steps in.
const SLICE_NS: i64 = 10_000_000;

pub struct Sched {
    queue: Queue,
    /// Those that used up a time slice (D7).
    spent: Queue,
    idle_m: *mut M,
    /// Records of threads that have ended, and such that wait for their thread.
    dead_m: *mut M,
    unborn_m: *mut M,
    idle_p: *mut P,
}

crate::shared! {
pub static SCHED: Mutex<Sched> = Mutex::new(Sched {
    queue: Queue::EMPTY,
    spent: Queue::EMPTY,
    idle_m: null_mut(),
    dead_m: null_mut(),
    unborn_m: null_mut(),
    idle_p: null_mut(),
});

/// Goroutines in the global queues; read without the lock.
static QUEUE_LEN: AtomicI32 = AtomicI32::new(0);
static STARTED: AtomicI64 = AtomicI64::new(0);
/// Records of goroutines: a million at a time.
static GS: Pool = Pool::new(G_SLOT, G_REGION, G_REGION / 16);
static IDLE_P: AtomicI32 = AtomicI32::new(0);
static SPINNING: AtomicI32 = AtomicI32::new(0);
/// Threads in system calls that gave their P away, and threads that block outside of the scheduler's sight.
pub static OUTSIDE: AtomicI32 = AtomicI32::new(0);
static NEXT_GOID: AtomicU64 = AtomicU64::new(1);
static NEXT_MID: AtomicU64 = AtomicU64::new(1);
pub static ALL_M: AtomicPtr<M> = AtomicPtr::new(null_mut());
static M_COUNT: AtomicI32 = AtomicI32::new(1);
static MAX_M: AtomicI32 = AtomicI32::new(10_000);
/// Set while somebody stops the world or has it stopped.
pub static STOPPING: AtomicU32 = AtomicU32::new(0);
static STOP_LEFT: AtomicI32 = AtomicI32::new(0);
static STOP_NOTE: Note = Note::new();
/// Held by whoever stops the world; a goroutine may wait for it.
static WORLD: RawLock = RawLock::new();
static GCOUNT: AtomicI64 = AtomicI64::new(0);
/// Goroutines of the runtime.
pub static SYSTEM_COUNT: AtomicI64 = AtomicI64::new(0);
static NPROCS: AtomicU32 = AtomicU32::new(1);
static PS: Global<[*mut P; MAX_PROCS]> = Global::new([null_mut(); MAX_PROCS]);
pub static ALL_G: Mutex<Vec<*mut G>> = Mutex::new(Vec::new());
static MONITOR_NOTE: Note = Note::new();
static MONITOR_SLEEPS: AtomicBool = AtomicBool::new(false);
/// There is a thread in `template`.
static TEMPLATE: AtomicBool = AtomicBool::new(false);
static TEMPLATE_NOTE: Note = Note::new();
static NCPU: AtomicU32 = AtomicU32::new(1);
pub static MAIN_GOID: u64 = 1;
/// The program is dying: nothing is scheduled any more.
pub static DYING: AtomicU32 = AtomicU32::new(0);
}

/// `nanotime` of the program's start.
pub fn started() -> i64 {
    STARTED.load(Ordering::Relaxed)
}

/// The first thread: makes the world and never comes back.
#[cfg(not(test))]
pub fn start() -> ! {
    chance::init();
    let stack = sys::map_rw(G0_STACK);
    let m0 = init_m(stack, G0_STACK);
    const ARCH_SET_FS: usize = 0x1002;
    // SAFETY: m0's thread pointer word holds its own address.
    unsafe {
        sys::syscall3(sys::nr::ARCH_PRCTL, ARCH_SET_FS, &raw mut (*m0).tp as usize, 0);
        (*m0).tid.store(sys::gettid() as u32, Ordering::Relaxed);
    }
    STARTED.store(chance::nanotime(), Ordering::Relaxed);
    metrics::init();
    NCPU.store(affinity_count(), Ordering::Relaxed);
    crate::heap::init();
    crate::gc::init();
    crate::signal::init();
    // The func value of runtime.main: a static cell with its address.
    static MAIN: Global<usize> = Global::new(0);
    // SAFETY: alone.
    unsafe { *MAIN.as_ptr() = main_entry() };
    start_world(m0, crate::env::gomaxprocs().unwrap_or_else(ncpu), MAIN.as_ptr() as usize);
    start_thread(monitor);
    start_stress();
    extern "C" fn schedule_c() -> ! {
        schedule()
    }
    #[unsafe(naked)]
    unsafe extern "C" fn enter_scheduler(rsp: usize) -> ! {
        core::arch::naked_asm!("mov rsp, rdi", "xor ebp, ebp", "call {s}", "ud2", s = sym schedule_c)
    }
    // SAFETY: this thread's g0.
    unsafe { enter_scheduler((*m0).g0_rsp) }
}

/// Makes `n` Ps, and the goroutine of `main`, a func value. This thread, whose record is `m0`, gets the first P.
pub fn start_world(m0: *mut M, n: u32, main: usize) {
    NPROCS.store(0, Ordering::Relaxed);
    set_nprocs(n);
    // SAFETY: m0 is ours; the Ps are fresh.
    unsafe {
        {
            let mut s = SCHED.lock();
            for i in (1..nprocs()).rev() {
                idle_p_put(&mut s, p_at(i));
            }
        }
        acquire_p(m0, p_at(0));
        crate::signal::init_thread(m0);
        let g = new_g(main, null_mut(), 0);
        (*g).start_pc = *(main as *const usize);
        runq_put(p_at(0), g, true);
    }
}

/// Out of stack: gc's message, and the end.
pub fn stack_overflow(g: &mut G, max: usize, frame: usize) -> ! {
    crate::panics::stack_overflow(g, max, frame)
}
