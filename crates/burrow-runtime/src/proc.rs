//! The scheduler: goroutines (G) run on threads (M) that hold one of GOMAXPROCS rights to do so (P).
//!
//! D1  `SCHED.lock` guards the global queue, the lists of idle Ms and Ps, and the changes of `PIDLE`. It is taken
//!     before any P's lock, never while one is held.
//! D2  A P's ring is guarded by the P's own lock; thieves take it too. Uncontended it costs two atomic operations.
//! D3  Who makes a goroutine runnable looks for an idle P *afterwards* (`wake_p`); a thread that goes idle puts its
//!     P on the idle list first and looks at all queues *afterwards*. So no runnable goroutine is overlooked.
//! D4  At most one spinning thread is started at a time; the last one that finds work starts the next.
//! D5  The world is stopped when every P is idle, stopped or in a system call that cannot return
//!     (`PSTOPPED`); goroutines that were running are parked on their own stack with all registers saved.
//!     A P that is taken off the idle list is `PRUNNING` before the lock is released, so it is waited for. One that is
//!     `PSYSCALL` belongs to whoever changes that by compare-exchange, be it another thread than `P.m`; what its thread
//!     does on the way back it may do while the world is stopped, so its words are read once.
//! D6  No Rust frame with state of a thread survives on a goroutine's stack over a switch.

use crate::arch::{self, getg, gogo, m, mcall};
use crate::g::*;
use crate::go_entry;
use crate::stack;
use crate::sync::{
    AtomicBool, AtomicI32, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, Global, Mutex, Note,
    Ordering, RawLock,
};
use crate::sys;
use core::ptr::null_mut;
use rust_alloc::vec::Vec;

go_entry!(main_entry, "runtime.main");

pub const MAX_PROCS: usize = 256;
/// Size of a thread's own stack.
const G0_STACK: usize = 512 << 10;
/// How long a goroutine may run, and a P stay in a system call, before the monitor steps in.
const SLICE_NS: i64 = 10_000_000;

pub struct Sched {
    queue_head: *mut G,
    queue_tail: *mut G,
    queue_len: usize,
    idle_m: *mut M,
    idle_p: *mut P,
    gfree: *mut G,
}

pub static SCHED: Mutex<Sched> = Mutex::new(Sched {
    queue_head: null_mut(),
    queue_tail: null_mut(),
    queue_len: 0,
    idle_m: null_mut(),
    idle_p: null_mut(),
    gfree: null_mut(),
});

/// Goroutines in the global queue; read without the lock.
static QUEUE_LEN: AtomicI32 = AtomicI32::new(0);
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
static NCPU: AtomicU32 = AtomicU32::new(1);
pub static MAIN_GOID: u64 = 1;
/// The program is dying: nothing is scheduled any more.
pub static DYING: AtomicU32 = AtomicU32::new(0);

pub fn nprocs() -> u32 {
    NPROCS.load(Ordering::Relaxed)
}

pub fn ncpu() -> u32 {
    NCPU.load(Ordering::Relaxed)
}

pub fn p_at(i: u32) -> *mut P {
    // SAFETY: entries are written before NPROCS covers them, and never change then.
    unsafe { (*PS.as_ptr())[i as usize] }
}

/// All Ps that may run.
pub fn all_p() -> impl Iterator<Item = *mut P> {
    (0..nprocs()).map(p_at)
}

fn affinity_count() -> u32 {
    let mut mask = [0_u64; 128];
    // SAFETY: the kernel writes at most the size given.
    let n = unsafe {
        sys::syscall3(sys::nr::SCHED_GETAFFINITY, 0, size_of_val(&mask), mask.as_mut_ptr() as usize)
    };
    if n <= 0 {
        return 1;
    }
    mask.iter().map(|w| w.count_ones()).sum::<u32>().max(1)
}

fn new_p(id: u32) -> *mut P {
    let layout = core::alloc::Layout::new::<P>();
    // SAFETY: all-zero is a valid P (no cached spans: `Cache` treats null as empty).
    unsafe {
        let p: *mut P = rust_alloc::alloc::alloc_zeroed(layout).cast();
        (*p).id = id;
        p
    }
}

/// Makes Ps 0..n exist. Called at start and with the world stopped.
pub fn set_nprocs(n: u32) {
    let n = n.clamp(1, MAX_PROCS as u32);
    let old = nprocs();
    for i in 0..n {
        // SAFETY: alone at start, or the world is stopped.
        let slot = unsafe { &mut (*PS.as_ptr())[i as usize] };
        if slot.is_null() {
            *slot = new_p(i);
        }
    }
    NPROCS.store(n, Ordering::Release);
    for i in n..old {
        let p = p_at(i);
        loop {
            let g = runq_get(p);
            if g.is_null() {
                break;
            }
            global_put(g);
        }
        // SAFETY: the world is stopped: nobody else uses this P.
        unsafe { (*p).cache.flush() };
    }
}

fn init_m(stack: *mut u8, size: usize) -> *mut M {
    let layout = core::alloc::Layout::new::<M>();
    // SAFETY: all-zero is a valid M (None is null).
    unsafe {
        let new: *mut M = rust_alloc::alloc::alloc_zeroed(layout).cast();
        (*new).tp = &raw mut (*new).tp as usize;
        (*new).g0_base = stack as usize;
        (*new).g0_size = size;
        (*new).g0_rsp = stack as usize + size - 64;
        (*new).id = NEXT_MID.fetch_add(1, Ordering::Relaxed) - 1;
        (*new).on_g0 = 1;
        let mut seed = [0_u8; 16];
        sys::random(&mut seed);
        (*new).rng = core::mem::transmute::<[u8; 16], [u64; 2]>(seed);
        (*new).rng[0] |= 1;
        let mut head = ALL_M.load(Ordering::Acquire);
        loop {
            (*new).all_link = head;
            match ALL_M.compare_exchange(head, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return new,
                Err(h) => head = h,
            }
        }
    }
}

/// A random word; not for secrets.
pub fn cheaprand() -> u64 {
    // SAFETY: the current thread's own state; Rust is not preempted.
    let s = unsafe { &mut (*m()).rng };
    // xoroshiro128+
    let (a, mut b) = (s[0], s[1]);
    let r = a.wrapping_add(b);
    b ^= a;
    s[0] = a.rotate_left(24) ^ b ^ (b << 16);
    s[1] = b.rotate_left(37);
    r
}

/// The first thread: makes the world and never comes back.
pub fn start() -> ! {
    let stack = sys::map_rw(G0_STACK);
    let m0 = init_m(stack, G0_STACK);
    const ARCH_SET_FS: usize = 0x1002;
    // SAFETY: m0's thread pointer word holds its own address.
    unsafe {
        sys::syscall3(sys::nr::ARCH_PRCTL, ARCH_SET_FS, &raw mut (*m0).tp as usize, 0);
        (*m0).tid.store(sys::gettid() as u32, Ordering::Relaxed);
    }
    NCPU.store(affinity_count(), Ordering::Relaxed);
    let n = crate::env::gomaxprocs().unwrap_or_else(ncpu);
    NPROCS.store(0, Ordering::Relaxed);
    set_nprocs(n);
    crate::heap::init();
    crate::gc::init();
    crate::signal::init();
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
        let g = new_g(main_entry() as *const () as usize, null_mut(), 0);
        // The func value of runtime.main: a static cell with its address.
        static MAIN: Global<usize> = Global::new(0);
        *MAIN.as_ptr() = main_entry();
        (*g).start_fn = MAIN.as_ptr() as usize;
        (*g).start_pc = main_entry();
        runq_put(p_at(0), g, true);
        start_thread(monitor);
        crate::poll::start();
        enter_scheduler((*m0).g0_rsp)
    }
}

#[unsafe(naked)]
unsafe extern "C" fn enter_scheduler(rsp: usize) -> ! {
    core::arch::naked_asm!("mov rsp, rdi", "xor ebp, ebp", "call {s}", "ud2", s = sym schedule_c)
}

extern "C" fn schedule_c() -> ! {
    schedule()
}

// ---- goroutines

fn take_free_g() -> *mut G {
    let mut s = SCHED.lock();
    let g = s.gfree;
    if !g.is_null() {
        // SAFETY: in the free list, guarded by the lock.
        s.gfree = unsafe { (*g).link };
    }
    g
}

/// A goroutine ready to run `start_fn` (a func value).
///
/// # Safety
/// `start_fn` is a Go func value without arguments, or is set before it runs.
pub unsafe fn new_g(start_fn: usize, parent: *mut G, go_pc: usize) -> *mut G {
    let mut g = take_free_g();
    let fresh = g.is_null();
    if fresh {
        g = stack::new_slot();
    }
    // SAFETY: the G is ours alone until it is queued.
    unsafe {
        let segment = (*g).segments[0];
        if !fresh {
            stack::reset(g);
        }
        let r = &mut *g;
        r.true_limit = segment.base + stack::RESERVE;
        r.stack_limit.store(r.true_limit, Ordering::Relaxed);
        r.start_fn = start_fn;
        r.go_pc = go_pc;
        r.goid = NEXT_GOID.fetch_add(1, Ordering::Relaxed);
        r.parent_goid = if parent.is_null() { 0 } else { (*parent).goid };
        r.labels = if parent.is_null() { 0 } else { (*parent).labels };
        let frame = segment.top - 16 - 7 * 8;
        let words = frame as *mut usize;
        for i in 0..6 {
            *words.add(i) = 0;
        }
        *words = g as usize;
        *words.add(6) = arch::goroutine_start();
        *words.add(7) = 0;
        *words.add(8) = 0;
        r.rsp = frame;
        r.status.store(GRUNNABLE, Ordering::Release);
    }
    GCOUNT.fetch_add(1, Ordering::Relaxed);
    if fresh {
        ALL_G.lock().push(g);
    }
    g
}

/// `go f()`.
///
/// # Safety
/// `f` is a Go func value without arguments and results.
#[unsafe(export_name = "runtime.burrowNewproc")]
pub unsafe extern "C" fn newproc(f: usize, caller_pc: usize) {
    // SAFETY: the caller's promise; called on a goroutine.
    unsafe {
        let me = getg();
        let g = new_g(f, me, caller_pc);
        (*g).start_pc = *(f as *const usize);
        if (*me).bubble != 0 {
            (*g).bubble = (*me).bubble;
            crate::synctest::inherit(g);
        }
        let p = (*m()).p;
        runq_put(p, g, true);
        wake_p();
    }
}

/// Starts a goroutine of the runtime: not shown in traces, not counted.
///
/// # Safety
/// On a goroutine; `f` is a Go func value without arguments.
pub unsafe fn start_system(f: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let g = new_g(f, null_mut(), 0);
        (*g).start_pc = *(f as *const usize);
        (*g).system = 1;
        SYSTEM_COUNT.fetch_add(1, Ordering::Relaxed);
        runq_put((*m()).p, g, false);
        wake_p();
    }
}

/// The end of a goroutine: called by `runtime.goexit` when the function has returned.
///
/// # Safety
/// On the goroutine's own stack.
pub unsafe extern "C" fn goroutine_exit(_g: *mut G) -> ! {
    // SAFETY: leaves this stack for good.
    unsafe {
        mcall(exit_on_g0);
        core::hint::unreachable_unchecked()
    }
}

unsafe extern "C" fn exit_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is off its stack; this thread ran it.
    unsafe {
        retire(g);
        schedule()
    }
}

/// Takes a goroutine that has ended from this thread and keeps its record for the next one.
///
/// # Safety
/// On g0; this thread ran `g`, and nobody will again.
pub unsafe fn retire(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*g).bubble != 0 {
            crate::synctest::leave(g);
        }
        (*g).status.store(GDEAD, Ordering::Release);
        if (*g).system != 0 {
            SYSTEM_COUNT.fetch_sub(1, Ordering::Relaxed);
        }
        let me = m();
        (*me).curg = null_mut();
        let locked = !(*g).locked_m.is_null();
        (*g).locked_m = null_mut();
        (*g).lock_count = 0;
        (*me).locked_g = null_mut();
        (*g).m = null_mut();
        clear_g(g);
        GCOUNT.fetch_sub(1, Ordering::Relaxed);
        {
            let mut s = SCHED.lock();
            (*g).link = s.gfree;
            s.gfree = g;
        }
        if locked {
            // gc ends the thread: its state may be special. We keep it: nothing in here depends on it yet.
        }
    }
}

/// Forgets what the goroutine's life left behind, so that it keeps nothing alive.
unsafe fn clear_g(g: *mut G) {
    // SAFETY: dead, and nobody else's.
    let g = unsafe { &mut *g };
    g.defer_head = 0;
    g.panic = 0;
    g.labels = 0;
    g.user = [0; 4];
    g.bubble = 0;
    g.seq = 0;
    g.fips = 0;
    g.fault = [0; 4];
    g.ctx = 0;
    g.param = null_mut();
    g.wait_since = 0;
    g.wait_reason = 0;
    g.start_fn = 0;
    g.preempt.store(0, Ordering::Relaxed);
    g.syscall_rsp = 0;
    g.system = 0;
    g.panic_on_fault = 0;
    g.throwing = 0;
    g.coro = 0;
    g.durable = 0;
}

// ---- parking

/// Lets the current goroutine sleep until somebody calls `ready` for it. `unlock` runs once it is off its
/// stack; if that gives false, the goroutine goes on at once.
///
/// # Safety
/// On a goroutine; no lock is held but what `unlock` releases.
pub unsafe fn park(
    unlock: Option<unsafe extern "C" fn(*mut G, *mut u8) -> bool>,
    arg: *mut u8,
    why: Wait,
) {
    // SAFETY: the thread's own record; `mcall` saves the goroutine.
    unsafe {
        let me = m();
        (*me).unlock = unlock;
        (*me).unlock_arg = arg;
        (*(*me).curg).wait_reason = why as u32;
        mcall(park_on_g0);
    }
}

unsafe extern "C" fn park_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved; this thread ran it.
    unsafe {
        let me = m();
        (*g).wait_since = 0;
        (*g).status.store(GWAITING, Ordering::Release);
        (*g).m = null_mut();
        (*me).curg = null_mut();
        let bubble = crate::synctest::take_durable(g);
        if let Some(unlock) = (*me).unlock.take()
            && !unlock(g, (*me).unlock_arg)
        {
            (*g).durable = 0;
            (*g).status.store(GRUNNABLE, Ordering::Release);
            execute(g)
        }
        if bubble != 0 {
            crate::synctest::blocked(bubble);
        }
        schedule()
    }
}

/// Releases a `RawLock`: for `park`.
pub unsafe extern "C" fn unlock_raw(_g: *mut G, lock: *mut u8) -> bool {
    // SAFETY: `park`'s caller passed a lock it holds.
    unsafe { (*lock.cast::<RawLock>()).unlock() };
    true
}

/// Makes a parked goroutine runnable; it is the next one of this P.
///
/// # Safety
/// `g` waits, and nobody else wakes it.
pub unsafe fn ready(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        debug_assert!((*g).status.load(Ordering::Relaxed) == GWAITING, "G2");
        crate::synctest::on_ready(g);
        (*g).status.store(GRUNNABLE, Ordering::Release);
        let me = m();
        let p = if me.is_null() { null_mut() } else { (*me).p };
        if p.is_null() {
            global_put(g);
        } else {
            runq_put(p, g, true);
        }
        wake_p();
    }
}

/// Makes a parked goroutine runnable by way of the global queue: for threads without a P.
///
/// # Safety
/// As `ready`.
pub unsafe fn ready_global(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe { (*g).status.store(GRUNNABLE, Ordering::Release) };
    global_put(g);
    wake_p();
}

#[unsafe(export_name = "runtime.Gosched")]
pub extern "C" fn gosched() {
    // SAFETY: on a goroutine.
    unsafe { mcall(gosched_on_g0) };
}

unsafe extern "C" fn gosched_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved.
    unsafe {
        let me = m();
        (*g).status.store(GRUNNABLE, Ordering::Release);
        (*g).m = null_mut();
        (*me).curg = null_mut();
        global_put(g);
        if IDLE_P.load(Ordering::Relaxed) > 0 {
            wake_p();
        }
        schedule()
    }
}

/// Like `gosched`, but to the end of this P's own queue.
pub fn goyield() {
    unsafe extern "C" fn on_g0(g: *mut G) -> ! {
        // SAFETY: the goroutine is saved.
        unsafe {
            let me = m();
            (*g).status.store(GRUNNABLE, Ordering::Release);
            (*g).m = null_mut();
            (*me).curg = null_mut();
            runq_put((*me).p, g, false);
            schedule()
        }
    }
    // SAFETY: on a goroutine.
    unsafe { mcall(on_g0) };
}

/// A goroutine met its poisoned limit or a preemption signal: stop or yield if that is still wanted.
pub fn preempt_requested(g: &mut G) -> bool {
    g.preempt.store(0, Ordering::SeqCst);
    // SAFETY: the current thread's record.
    let pinned = unsafe { (*m()).pins > 0 } || g.nopreempt > 0 || g.throwing > 0;
    if pinned {
        return false;
    }
    gosched();
    true
}

/// Asks a running goroutine to stop at its next call.
pub fn preempt_g(g: *mut G) {
    // SAFETY: Gs are never freed (G4); both fields are atomic.
    unsafe {
        (*g).preempt.store(1, Ordering::SeqCst);
        (*g).stack_limit.store(usize::MAX, Ordering::SeqCst);
    }
}

fn preempt_p(p: *mut P) {
    // SAFETY: Ms and Gs are never freed; a stale one only yields once too often.
    unsafe {
        let pm = (*p).m;
        if pm.is_null() {
            return;
        }
        let g = (*pm).curg;
        if !g.is_null() {
            preempt_g(g);
            crate::signal::preempt_thread(pm);
        }
    }
}

// ---- queues

/// Puts a goroutine into the P's ring, or in front of it (`next`); a full ring gives half to the global queue.
pub fn runq_put(p: *mut P, g: *mut G, next: bool) {
    // SAFETY: the ring is guarded by the P's lock.
    unsafe {
        let p = &mut *p;
        p.lock.lock();
        let mut g = g;
        if next {
            core::mem::swap(&mut p.next, &mut g);
            if g.is_null() {
                p.lock.unlock();
                return;
            }
        }
        let (head, tail) = (p.head.load(Ordering::Relaxed), p.tail.load(Ordering::Relaxed));
        if tail.wrapping_sub(head) < RUNQ_LEN {
            p.ring[(tail % RUNQ_LEN) as usize] = g;
            p.tail.store(tail.wrapping_add(1), Ordering::Release);
            p.lock.unlock();
            return;
        }
        let half = RUNQ_LEN / 2;
        let mut list = g;
        (*g).link = null_mut();
        for i in (0..half).rev() {
            let old = p.ring[(head.wrapping_add(i) % RUNQ_LEN) as usize];
            (*old).link = list;
            list = old;
        }
        p.head.store(head.wrapping_add(half), Ordering::Release);
        p.lock.unlock();
        while !list.is_null() {
            let next = (*list).link;
            global_put(list);
            list = next;
        }
    }
}

/// Two goroutines that wake each other by way of `next` leave the P to others after this many turns, some
/// milliseconds. gc: the time slice that `runnext` inherits.
const PATIENCE: u32 = 20_000;

fn runq_get(p: *mut P) -> *mut G {
    // SAFETY: the ring is guarded by the P's lock.
    unsafe {
        let p = &mut *p;
        if p.next.is_null() && p.head.load(Ordering::Relaxed) == p.tail.load(Ordering::Relaxed) {
            return null_mut();
        }
        let _guard = p.lock.guard();
        let (head, tail) = (p.head.load(Ordering::Relaxed), p.tail.load(Ordering::Relaxed));
        if !p.next.is_null() && (head == tail || p.passed_over < PATIENCE) {
            p.passed_over = if head == tail { 0 } else { p.passed_over + 1 };
            return core::mem::replace(&mut p.next, null_mut());
        }
        p.passed_over = 0;
        if head == tail {
            return null_mut();
        }
        let g = p.ring[(head % RUNQ_LEN) as usize];
        p.head.store(head.wrapping_add(1), Ordering::Release);
        g
    }
}

fn runq_empty(p: *mut P) -> bool {
    // SAFETY: a racy look; D3 says when it suffices.
    unsafe {
        (*p).next.is_null() && (*p).head.load(Ordering::SeqCst) == (*p).tail.load(Ordering::SeqCst)
    }
}

/// Moves half of `victim`'s goroutines to `p`, and gives one of them.
fn steal_from(p: *mut P, victim: *mut P) -> *mut G {
    // SAFETY: one lock at a time: taken from the victim to a buffer, then put.
    unsafe {
        let v = &mut *victim;
        if runq_empty(victim) || !v.lock.try_lock() {
            return null_mut();
        }
        let (head, tail) = (v.head.load(Ordering::Relaxed), v.tail.load(Ordering::Relaxed));
        let len = tail.wrapping_sub(head);
        let take = len - len / 2;
        if take == 0 {
            let g = core::mem::replace(&mut v.next, null_mut());
            v.lock.unlock();
            return g;
        }
        let mut list: [*mut G; RUNQ_LEN as usize] = [null_mut(); RUNQ_LEN as usize];
        for i in 0..take {
            list[i as usize] = v.ring[(head.wrapping_add(i) % RUNQ_LEN) as usize];
        }
        v.head.store(head.wrapping_add(take), Ordering::Release);
        v.lock.unlock();
        for &g in &list[1..take as usize] {
            runq_put(p, g, false);
        }
        list[0]
    }
}

pub fn global_put(g: *mut G) {
    let mut s = SCHED.lock();
    global_put_locked(&mut s, g);
}

fn global_put_locked(s: &mut Sched, g: *mut G) {
    // SAFETY: the queue is guarded by the lock.
    unsafe {
        (*g).link = null_mut();
        if s.queue_tail.is_null() {
            s.queue_head = g;
        } else {
            (*s.queue_tail).link = g;
        }
        s.queue_tail = g;
    }
    s.queue_len += 1;
    QUEUE_LEN.store(s.queue_len as i32, Ordering::SeqCst);
}

fn global_get_locked(s: &mut Sched) -> *mut G {
    let g = s.queue_head;
    if g.is_null() {
        return g;
    }
    // SAFETY: the queue is guarded by the lock.
    unsafe {
        s.queue_head = (*g).link;
        if s.queue_head.is_null() {
            s.queue_tail = null_mut();
        }
        (*g).link = null_mut();
    }
    s.queue_len -= 1;
    QUEUE_LEN.store(s.queue_len as i32, Ordering::SeqCst);
    g
}

/// One goroutine of the global queue, and a fair share more into `p`'s ring.
fn global_get(p: *mut P) -> *mut G {
    if QUEUE_LEN.load(Ordering::SeqCst) == 0 {
        return null_mut();
    }
    let mut s = SCHED.lock();
    let g = global_get_locked(&mut s);
    let mut share = (s.queue_len / nprocs() as usize).min(RUNQ_LEN as usize / 2);
    let mut list = null_mut();
    while share > 0 {
        let more = global_get_locked(&mut s);
        if more.is_null() {
            break;
        }
        // SAFETY: just taken out of the queue.
        unsafe { (*more).link = list };
        list = more;
        share -= 1;
    }
    drop(s);
    put_reversed(p, list);
    g
}

fn put_reversed(p: *mut P, mut list: *mut G) {
    let mut forward: *mut G = null_mut();
    // SAFETY: a private list of goroutines just taken out of a queue.
    unsafe {
        while !list.is_null() {
            let next = (*list).link;
            (*list).link = forward;
            forward = list;
            list = next;
        }
        while !forward.is_null() {
            let next = (*forward).link;
            runq_put(p, forward, false);
            forward = next;
        }
    }
}

// ---- Ps and Ms

fn acquire_p(me: *mut M, p: *mut P) {
    // SAFETY: the P was taken from the idle list or handed over: it is this thread's.
    unsafe {
        (*me).p = p;
        (*p).m = me;
        (*p).status.store(PRUNNING, Ordering::SeqCst);
    }
}

fn idle_p_put(s: &mut Sched, p: *mut P) {
    // SAFETY: guarded by the lock.
    unsafe {
        (*p).m = null_mut();
        (*p).status.store(PIDLE, Ordering::SeqCst);
        (*p).link = s.idle_p;
    }
    s.idle_p = p;
    IDLE_P.fetch_add(1, Ordering::SeqCst);
}

fn idle_p_get(s: &mut Sched) -> *mut P {
    if STOPPING.load(Ordering::SeqCst) != 0 {
        return null_mut();
    }
    let p = s.idle_p;
    if !p.is_null() {
        // SAFETY: guarded by the lock.
        unsafe {
            s.idle_p = (*p).link;
            // From now on it counts as running: who stops the world must wait until its thread stops.
            (*p).status.store(PRUNNING, Ordering::SeqCst);
        }
        IDLE_P.fetch_sub(1, Ordering::SeqCst);
    }
    p
}

/// Starts a thread for an idle P unless one is looking for work already (D4).
pub fn wake_p() {
    if IDLE_P.load(Ordering::SeqCst) == 0 || SPINNING.load(Ordering::SeqCst) != 0 {
        return;
    }
    if SPINNING.compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst).is_err() {
        return;
    }
    let mut s = SCHED.lock();
    let p = idle_p_get(&mut s);
    if p.is_null() {
        drop(s);
        SPINNING.fetch_sub(1, Ordering::SeqCst);
        return;
    }
    start_m(s, p, true);
}

/// Gives `p` to an idle or new thread.
fn start_m(mut s: crate::sync::MutexGuard<'_, Sched>, p: *mut P, spinning: bool) {
    // SAFETY: idle Ms are guarded by the lock; a taken one sleeps until its note.
    unsafe {
        // As in `idle_p_get`.
        (*p).status.store(PRUNNING, Ordering::SeqCst);
        let idle = s.idle_m;
        if idle.is_null() {
            drop(s);
            new_m(p, spinning);
        } else {
            s.idle_m = (*idle).link;
            drop(s);
            (*idle).next_p = p;
            (*idle).spinning = u32::from(spinning);
            (*idle).note.wake();
        }
        if MONITOR_SLEEPS.load(Ordering::SeqCst) {
            MONITOR_NOTE.wake();
        }
    }
}

fn new_m(p: *mut P, spinning: bool) {
    if M_COUNT.fetch_add(1, Ordering::Relaxed) >= MAX_M.load(Ordering::Relaxed) {
        crate::panics::throw_str("thread exhaustion");
    }
    let stack = sys::map_rw(G0_STACK);
    let new = init_m(stack, G0_STACK);
    // SAFETY: a fresh M and stack.
    unsafe {
        (*new).next_p = p;
        (*new).spinning = u32::from(spinning);
        spawn(new, m_main);
    }
}

unsafe fn spawn(new: *mut M, entry: extern "C" fn(*mut u8) -> !) {
    // SAFETY: the caller made `new` and its stack.
    let r = unsafe {
        let old = crate::signal::block_all();
        let tp = &raw mut (*new).tp;
        let r = sys::clone_thread((*new).g0_rsp as *mut u8, tp.cast(), entry, new.cast());
        crate::signal::set_mask(old);
        r
    };
    if r < 0 {
        sys::stderr(b"runtime: failed to create new OS thread\n");
        crate::panics::throw_str("newosproc");
    }
}

extern "C" fn m_main(arg: *mut u8) -> ! {
    let me: *mut M = arg.cast();
    // SAFETY: this thread's record.
    unsafe {
        (*me).tid.store(sys::gettid() as u32, Ordering::Release);
        crate::signal::init_thread(me);
        let p = (*me).next_p;
        (*me).next_p = null_mut();
        acquire_p(me, p);
    }
    schedule()
}

/// A thread of the runtime without a P: it may not touch Go memory except through `ready_global` and its kin.
pub fn start_thread(body: fn()) {
    let stack = sys::map_rw(G0_STACK);
    let new = init_m(stack, G0_STACK);
    extern "C" fn run(arg: *mut u8) -> ! {
        let me: *mut M = arg.cast();
        // SAFETY: this thread's record; the body was put there below.
        unsafe {
            (*me).tid.store(sys::gettid() as u32, Ordering::Release);
            let body: fn() = core::mem::transmute::<*mut u8, fn()>((*me).unlock_arg);
            body();
        }
        loop {
            sys::sleep_ns(1_000_000_000);
        }
    }
    // SAFETY: fresh.
    unsafe {
        (*new).unlock_arg = body as *mut u8;
        spawn(new, run);
    }
}

/// Sleeps until somebody gives this thread a P.
fn stop_m(me: *mut M) {
    // SAFETY: this thread's record.
    unsafe {
        (*me).note.sleep();
        (*me).note.clear();
        let p = (*me).next_p;
        (*me).next_p = null_mut();
        acquire_p(me, p);
    }
}

/// A P whose thread went into a system call or waits: somebody else's now.
fn hand_off(p: *mut P) {
    hand_off_locked(SCHED.lock(), p);
}

fn hand_off_locked(mut s: crate::sync::MutexGuard<'_, Sched>, p: *mut P) {
    if STOPPING.load(Ordering::SeqCst) != 0 {
        idle_p_put(&mut s, p);
        stopped_one();
        return;
    }
    if !runq_empty(p) || s.queue_len > 0 {
        start_m(s, p, false);
        return;
    }
    idle_p_put(&mut s, p);
    check_dead(&mut s);
}

fn stopped_one() {
    if STOP_LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        STOP_NOTE.wake();
    }
}

// ---- the loop

/// Runs `g` on this thread.
pub fn execute(g: *mut G) -> ! {
    // SAFETY: `g` was taken out of a queue: it is ours.
    unsafe {
        let me = m();
        (*me).curg = g;
        (*g).m = me;
        (*g).p = (*me).p;
        (*g).status.store(GRUNNING, Ordering::Release);
        let p = (*me).p;
        (*p).sched_tick.fetch_add(1, Ordering::Relaxed);
        (*g).preempt.store(0, Ordering::Relaxed);
        (*g).stack_limit.store((*g).true_limit, Ordering::SeqCst);
        if STOPPING.load(Ordering::SeqCst) != 0 {
            preempt_g(g);
        }
        gogo(g)
    }
}

/// Finds something to run and runs it. On g0, with a P.
pub fn schedule() -> ! {
    // SAFETY: this thread's record, on g0.
    unsafe {
        let me = m();
        if DYING.load(Ordering::SeqCst) != 0 {
            loop {
                sys::sleep_ns(1_000_000_000);
            }
        }
        if !(*me).locked_g.is_null() {
            wait_for_locked(me);
            execute((*me).locked_g)
        }
        loop {
            if STOPPING.load(Ordering::SeqCst) != 0 {
                stop_here(me);
            }
            let g = find_runnable(me);
            if !(*g).locked_m.is_null() && (*g).locked_m != me {
                give_to_locked(me, g);
                continue;
            }
            execute(g)
        }
    }
}

/// This thread is locked to a goroutine that does not run now: let others have the P until it does.
unsafe fn wait_for_locked(me: *mut M) {
    // SAFETY: this thread's record.
    unsafe {
        if !(*me).p.is_null() {
            let p = (*me).p;
            (*me).p = null_mut();
            (*p).m = null_mut();
            hand_off(p);
        }
        stop_m(me);
    }
}

/// Gives the P to the thread that `g` is locked to, and waits for another one.
unsafe fn give_to_locked(me: *mut M, g: *mut G) {
    // SAFETY: the locked thread sleeps in `wait_for_locked`.
    unsafe {
        let owner = (*g).locked_m;
        let p = (*me).p;
        (*me).p = null_mut();
        (*p).m = null_mut();
        let mut s = SCHED.lock();
        (*me).link = s.idle_m;
        s.idle_m = me;
        drop(s);
        (*owner).next_p = p;
        (*owner).note.wake();
        stop_m(me);
    }
}

/// Stops with the P in hand until the world starts again (D5).
fn stop_here(me: *mut M) {
    // SAFETY: this thread's P.
    unsafe {
        if (*me).spinning != 0 {
            (*me).spinning = 0;
            SPINNING.fetch_sub(1, Ordering::SeqCst);
        }
        let p = (*me).p;
        {
            let _guard = SCHED.raw().guard();
            if STOPPING.load(Ordering::SeqCst) == 0 {
                return;
            }
            (*p).status.store(PSTOPPED, Ordering::SeqCst);
            stopped_one();
        }
        if !wait_for_start(me, p) {
            (*me).p = null_mut();
            let mut s = SCHED.lock();
            (*me).link = s.idle_m;
            s.idle_m = me;
            drop(s);
            stop_m(me);
        }
    }
}

/// Sleeps while the world is stopped; then `p`, which is `PSTOPPED` and this thread's, runs again. The lock makes this
/// one step for `stop_the_world`: it counts a P that it finds stopped as stopped. False if the P was taken away.
fn wait_for_start(me: *mut M, p: *mut P) -> bool {
    loop {
        let s = STOPPING.load(Ordering::SeqCst);
        if s != 0 {
            sys::futex_wait(&STOPPING, s, -1);
            continue;
        }
        let _guard = SCHED.raw().guard();
        if STOPPING.load(Ordering::SeqCst) == 0 {
            // SAFETY: Ps are never freed.
            unsafe {
                if (*p).m != me {
                    return false;
                }
                (*p).status.store(PRUNNING, Ordering::SeqCst);
            }
            return true;
        }
    }
}

fn found(me: *mut M, g: *mut G) -> *mut G {
    // SAFETY: this thread's record.
    unsafe {
        if (*me).spinning != 0 {
            (*me).spinning = 0;
            if SPINNING.fetch_sub(1, Ordering::SeqCst) == 1 {
                wake_p();
            }
        }
    }
    g
}

fn find_runnable(me: *mut M) -> *mut G {
    loop {
        // SAFETY: this thread's record and P.
        let (p, tick) = unsafe { ((*me).p, (*(*me).p).sched_tick.load(Ordering::Relaxed)) };
        if STOPPING.load(Ordering::SeqCst) != 0 {
            stop_here(me);
            continue;
        }
        crate::timer::run_due();
        // Fairness to the global queue: one of it, not a share. Those there have waited longest, and in a tree of
        // goroutines they are the largest parts: a share at a time, most of the tree would be alive at once.
        if tick % 61 == 0 && QUEUE_LEN.load(Ordering::SeqCst) != 0 {
            let g = global_get_locked(&mut SCHED.lock());
            if !g.is_null() {
                return found(me, g);
            }
        }
        let mut g = runq_get(p);
        if g.is_null() {
            g = global_get(p);
        }
        if g.is_null() {
            g = steal(me, p);
        }
        if !g.is_null() {
            return found(me, g);
        }
        let g = go_idle(me, p);
        if !g.is_null() {
            return found(me, g);
        }
    }
}

fn steal(me: *mut M, p: *mut P) -> *mut G {
    let n = nprocs();
    if n == 1 {
        return null_mut();
    }
    // SAFETY: this thread's record.
    unsafe {
        if (*me).spinning == 0 {
            if 2 * SPINNING.load(Ordering::Relaxed) >= n as i32 - IDLE_P.load(Ordering::Relaxed) {
                return null_mut();
            }
            (*me).spinning = 1;
            SPINNING.fetch_add(1, Ordering::SeqCst);
        }
    }
    for _ in 0..4 {
        let start = (cheaprand() >> 32) as u32 % n;
        for i in 0..n {
            let victim = p_at((start + i) % n);
            if victim != p {
                let g = steal_from(p, victim);
                if !g.is_null() {
                    return g;
                }
            }
        }
    }
    null_mut()
}

/// Puts the P on the idle list and sleeps (D3). Null, with a P again: look anew.
fn go_idle(me: *mut M, p: *mut P) -> *mut G {
    // SAFETY: this thread's record and P.
    unsafe {
        let mut s = SCHED.lock();
        if STOPPING.load(Ordering::SeqCst) != 0 {
            return null_mut();
        }
        let g = global_get_locked(&mut s);
        if !g.is_null() {
            return g;
        }
        (*me).p = null_mut();
        idle_p_put(&mut s, p);
        drop(s);
        if (*me).spinning != 0 {
            (*me).spinning = 0;
            SPINNING.fetch_sub(1, Ordering::SeqCst);
        }
        // D3: look again, now that everybody sees the idle P.
        let more = all_p().any(|q| !runq_empty(q)) || QUEUE_LEN.load(Ordering::SeqCst) > 0;
        let mut s = SCHED.lock();
        if more {
            let q = idle_p_get(&mut s);
            if !q.is_null() {
                drop(s);
                acquire_p(me, q);
                (*me).spinning = 1;
                SPINNING.fetch_add(1, Ordering::SeqCst);
                return null_mut();
            }
        }
        (*me).link = s.idle_m;
        s.idle_m = me;
        check_dead(&mut s);
        drop(s);
        stop_m(me);
        null_mut()
    }
}

/// With every P idle and nothing that could wake a goroutine, the program is dead.
fn check_dead(s: &mut Sched) {
    if IDLE_P.load(Ordering::SeqCst) != nprocs() as i32
        || OUTSIDE.load(Ordering::SeqCst) != 0
        || SPINNING.load(Ordering::SeqCst) != 0
        || STOPPING.load(Ordering::SeqCst) != 0
        || s.queue_len > 0
        || crate::timer::any_pending()
        || crate::poll::any_waiters()
        || all_p().any(|p| !runq_empty(p))
        || DYING.load(Ordering::SeqCst) != 0
    {
        return;
    }
    SCHED.raw().unlock();
    crate::panics::deadlock();
}

/// For threads outside: something that could have woken a goroutine is gone.
pub fn recheck_dead() {
    if IDLE_P.load(Ordering::SeqCst) != nprocs() as i32 {
        return;
    }
    let mut s = SCHED.lock();
    check_dead(&mut s);
}

// ---- system calls

#[unsafe(naked)]
#[unsafe(export_name = "runtime.entersyscall")]
pub unsafe extern "C" fn entersyscall() {
    core::arch::naked_asm!(
        "mov r10, fs:[0]",
        "mov r10, [r10 + {curg} - {tp}]",
        "lea rax, [rsp + 8]",
        "mov [r10 + {rsp}], rax",
        "mov [r10 + {rbp}], rbp",
        "mov rax, [rsp]",
        "mov [r10 + {pc}], rax",
        "mov [r10 + {regs}], rbx",
        "mov [r10 + {regs} + 8], r12",
        "mov [r10 + {regs} + 16], r13",
        "mov [r10 + {regs} + 24], r14",
        "mov rdi, r10",
        "jmp {f}",
        curg = const core::mem::offset_of!(M, curg),
        tp = const core::mem::offset_of!(M, tp),
        rsp = const core::mem::offset_of!(G, syscall_rsp),
        rbp = const core::mem::offset_of!(G, syscall_rbp),
        pc = const core::mem::offset_of!(G, syscall_pc),
        regs = const core::mem::offset_of!(G, syscall_regs),
        f = sym enter_syscall,
    )
}

unsafe extern "C" fn enter_syscall(g: *mut G) {
    // SAFETY: the current goroutine and its P.
    unsafe {
        let me = m();
        let p = (*me).p;
        (*me).old_p = p;
        (*g).status.store(GSYSCALL, Ordering::SeqCst);
        (*p).syscall_tick.fetch_add(1, Ordering::Relaxed);
        (*p).status.store(PSYSCALL, Ordering::SeqCst);
        if STOPPING.load(Ordering::SeqCst) != 0 || MONITOR_SLEEPS.load(Ordering::SeqCst) {
            syscall_slow_enter(p);
        }
    }
}

#[cold]
fn syscall_slow_enter(p: *mut P) {
    if MONITOR_SLEEPS.load(Ordering::SeqCst) {
        MONITOR_NOTE.wake();
    }
    let s = SCHED.lock();
    if STOPPING.load(Ordering::SeqCst) != 0
        // SAFETY: Ps are never freed.
        && unsafe { &*p }
            .status
            .compare_exchange(PSYSCALL, PSTOPPED, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    {
        stopped_one();
    }
    drop(s);
}

#[unsafe(export_name = "runtime.exitsyscall")]
pub unsafe extern "C" fn exitsyscall() {
    // SAFETY: the goroutine that entered; its thread still runs it.
    unsafe {
        let me = m();
        let g = (*me).curg;
        let p = (*me).old_p;
        if (*p)
            .status
            .compare_exchange(PSYSCALL, PRUNNING, Ordering::SeqCst, Ordering::SeqCst)
            .is_err()
        {
            (*me).p = null_mut();
            mcall(exit_syscall_on_g0);
            (*g).syscall_rsp = 0;
            return;
        }
        if (*p).m != me {
            // It was taken away meanwhile, and its new thread is in a system call, too: a P in a system call is
            // anybody's. That thread will find it gone, and counts itself back for us (OUTSIDE).
            acquire_p(me, p);
        }
        (*g).status.store(GRUNNING, Ordering::SeqCst);
        (*g).syscall_rsp = 0;
    }
}

/// The P is gone: get another one, or wait in the global queue.
unsafe extern "C" fn exit_syscall_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved by `mcall`; this thread has no P.
    unsafe {
        let me = m();
        (*g).syscall_rsp = 0;
        (*g).status.store(GRUNNABLE, Ordering::SeqCst);
        (*g).m = null_mut();
        (*me).curg = null_mut();
        let old = (*me).old_p;
        let mut s = SCHED.lock();
        // `m` may still name us while a thread that took the P in its system call (see `exitsyscall`) has yet to say so:
        // the status alone tells.
        let status = &(*old).status;
        if (*old).m == me && status.load(Ordering::SeqCst) == PSTOPPED {
            // Stopped with the world.
            drop(s);
            if wait_for_start(me, old) {
                acquire_p(me, old);
                execute(g)
            }
            s = SCHED.lock();
        } else if (*old).m == me
            && status
                .compare_exchange(PSYSCALL, PRUNNING, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
        {
            // The world has started again.
            drop(s);
            acquire_p(me, old);
            execute(g)
        } else {
            OUTSIDE.fetch_sub(1, Ordering::SeqCst);
        }
        let p = idle_p_get(&mut s);
        if !p.is_null() {
            drop(s);
            acquire_p(me, p);
            execute(g)
        }
        global_put_locked(&mut s, g);
        if (*g).locked_m == me {
            drop(s);
            stop_m(me);
            execute(g)
        }
        (*me).link = s.idle_m;
        s.idle_m = me;
        drop(s);
        stop_m(me);
        schedule()
    }
}

/// Before a call that blocks the thread for long: gives the P away at once.
pub fn enter_blocking() {
    // SAFETY: on a goroutine; undone by `exitsyscall`.
    unsafe {
        entersyscall();
        let me = m();
        retake((*me).old_p);
    }
}

/// Takes a P away from a thread in a system call.
fn retake(p: *mut P) -> bool {
    OUTSIDE.fetch_add(1, Ordering::SeqCst);
    let s = SCHED.lock();
    // SAFETY: Ps are never freed.
    unsafe {
        let status = &(*p).status;
        // While the world is being stopped, the P is left to be counted.
        if STOPPING.load(Ordering::SeqCst) != 0
            || status.compare_exchange(PSYSCALL, PIDLE, Ordering::SeqCst, Ordering::SeqCst).is_err()
        {
            OUTSIDE.fetch_sub(1, Ordering::SeqCst);
            return false;
        }
        (*p).m = null_mut();
    }
    hand_off_locked(s, p);
    true
}

// ---- the monitor

fn monitor() {
    let mut quiet = 0_u32;
    let mut delay = 20_000_i64;
    loop {
        if quiet == 0 {
            delay = 20_000;
        } else if quiet > 50 {
            delay = (delay * 2).min(10_000_000);
        }
        sys::sleep_ns(delay);
        if IDLE_P.load(Ordering::SeqCst) == nprocs() as i32 {
            monitor_sleep();
            quiet = 0;
        }
        if STOPPING.load(Ordering::SeqCst) == 0 && monitor_ps() {
            quiet = 0;
        } else {
            quiet += 1;
        }
        crate::gc::periodic();
    }
}

fn monitor_sleep() {
    MONITOR_NOTE.clear();
    MONITOR_SLEEPS.store(true, Ordering::SeqCst);
    if IDLE_P.load(Ordering::SeqCst) == nprocs() as i32 {
        MONITOR_NOTE.sleep_for(60_000_000_000);
    }
    MONITOR_SLEEPS.store(false, Ordering::SeqCst);
}

/// Takes Ps out of long system calls, asks long-running goroutines to stop. Whether anything was done.
fn monitor_ps() -> bool {
    let now = sys::nanotime();
    let mut acted = false;
    for p in all_p() {
        // SAFETY: Ps are never freed; the `seen` fields are the monitor's own.
        unsafe {
            let status = (*p).status.load(Ordering::SeqCst);
            let sched = (*p).sched_tick.load(Ordering::Relaxed);
            let syscall = (*p).syscall_tick.load(Ordering::Relaxed);
            if (*p).seen_sched != sched || (*p).seen_syscall != syscall {
                (*p).seen_sched = sched;
                (*p).seen_syscall = syscall;
                (*p).seen_when = now;
                continue;
            }
            if status == PRUNNING && now - (*p).seen_when >= SLICE_NS {
                preempt_p(p);
                (*p).seen_when = now;
            } else if status == PSYSCALL {
                let wanted = !runq_empty(p)
                    || QUEUE_LEN.load(Ordering::SeqCst) > 0
                    || now - (*p).seen_when >= SLICE_NS
                    || (IDLE_P.load(Ordering::SeqCst) == 0 && SPINNING.load(Ordering::SeqCst) == 0);
                if wanted && retake(p) {
                    acted = true;
                }
            }
        }
    }
    acted
}

// ---- stopping the world

/// Stops every other goroutine (D5). On a goroutine (or g0 of its thread); keeps this thread's P.
pub fn stop_the_world() {
    loop {
        if WORLD.try_lock() {
            break;
        }
        // SAFETY: this thread's record.
        if unsafe { (*m()).on_g0 } == 0 {
            gosched();
        } else {
            sys::yield_thread();
        }
    }
    // SAFETY: this thread's P.
    let mine = unsafe { (*m()).p };
    let s = SCHED.lock();
    STOP_NOTE.clear();
    STOP_LEFT.store(nprocs() as i32, Ordering::SeqCst);
    STOPPING.store(1, Ordering::SeqCst);
    let mut left = nprocs() as i32 - 1;
    for p in all_p() {
        // SAFETY: Ps are never freed.
        unsafe {
            if p == mine {
                continue;
            }
            let status = &(*p).status;
            if matches!(status.load(Ordering::SeqCst), PIDLE | PSTOPPED)
                || status
                    .compare_exchange(PSYSCALL, PSTOPPED, Ordering::SeqCst, Ordering::SeqCst)
                    .is_ok()
            {
                left -= 1;
            } else {
                preempt_p(p);
            }
        }
    }
    // What stopped by itself meanwhile waits for the lock, and has not counted yet.
    STOP_LEFT.store(left, Ordering::SeqCst);
    drop(s);
    if left > 0 {
        while !STOP_NOTE.sleep_for(200_000) {
            for p in all_p() {
                // SAFETY: as above.
                if p != mine && unsafe { (*p).status.load(Ordering::SeqCst) } == PRUNNING {
                    preempt_p(p);
                }
            }
        }
    }
}

pub fn start_the_world() {
    let mut s = SCHED.lock();
    for p in all_p() {
        // SAFETY: the world is stopped. A P that stopped in a system call goes back to it.
        unsafe {
            if (*p).status.load(Ordering::SeqCst) == PSTOPPED && is_in_syscall(p) {
                (*p).status.store(PSYSCALL, Ordering::SeqCst);
            }
        }
    }
    STOPPING.store(0, Ordering::SeqCst);
    sys::futex_wake(&STOPPING, i32::MAX as u32);
    WORLD.unlock();
    let more = s.queue_len > 0 || all_p().any(|p| !runq_empty(p));
    let p = if more { idle_p_get(&mut s) } else { null_mut() };
    if p.is_null() {
        drop(s);
    } else {
        SPINNING.fetch_add(1, Ordering::SeqCst);
        start_m(s, p, true);
    }
}

/// With the world stopped: whether the thread of a P is in a system call. It may return from that at this moment.
unsafe fn is_in_syscall(p: *mut P) -> bool {
    // SAFETY: Ms and Gs live for ever; `curg` may change meanwhile, and is read once.
    unsafe {
        let owner = (*p).m;
        if owner.is_null() {
            return false;
        }
        let g = (&raw const (*owner).curg).read_volatile();
        !g.is_null() && (*g).status.load(Ordering::SeqCst) == GSYSCALL
    }
}

/// With the world stopped: whoever has this P loses it.
unsafe fn take_away(p: *mut P) {
    // SAFETY: the world is stopped.
    unsafe {
        if is_in_syscall(p) {
            OUTSIDE.fetch_add(1, Ordering::SeqCst);
        }
        (*p).m = null_mut();
        (*p).status.store(PIDLE, Ordering::SeqCst);
    }
}

/// Changes GOMAXPROCS; gives the old value.
#[unsafe(export_name = "runtime.burrowSetProcs")]
pub extern "C" fn set_procs(n: i64) -> i64 {
    let old = i64::from(nprocs());
    if n <= 0 || n == old {
        return old;
    }
    stop_the_world();
    // SAFETY: the world is stopped; this goroutine's thread.
    unsafe {
        let me = m();
        let old_n = nprocs();
        set_nprocs(n as u32);
        let mut s = SCHED.lock();
        s.idle_p = null_mut();
        IDLE_P.store(0, Ordering::SeqCst);
        if (*(*me).p).id >= nprocs() {
            // This thread's own P goes away: it takes P 0, from whoever stopped with it.
            take_away((*me).p);
            let p = p_at(0);
            take_away(p);
            (*p).m = me;
            (*p).status.store(PRUNNING, Ordering::SeqCst);
            (*me).p = p;
            (*(*me).curg).p = p;
        }
        for i in nprocs()..old_n {
            take_away(p_at(i));
        }
        for p in all_p() {
            if p != (*me).p && (*p).status.load(Ordering::SeqCst) == PIDLE {
                idle_p_put(&mut s, p);
            }
        }
    }
    start_the_world();
    old
}

// ---- the rest

#[unsafe(export_name = "runtime.NumGoroutine")]
pub extern "C" fn num_goroutine() -> i64 {
    GCOUNT.load(Ordering::Relaxed) - SYSTEM_COUNT.load(Ordering::Relaxed)
}

#[unsafe(export_name = "runtime.burrowNCPU")]
pub extern "C" fn num_cpu() -> i64 {
    i64::from(ncpu())
}

#[unsafe(export_name = "runtime.LockOSThread")]
pub extern "C" fn lock_os_thread() {
    // SAFETY: the current goroutine and thread.
    unsafe {
        let me = m();
        let g = (*me).curg;
        (*g).lock_count += 1;
        (*g).locked_m = me;
        (*me).locked_g = g;
    }
}

#[unsafe(export_name = "runtime.UnlockOSThread")]
pub extern "C" fn unlock_os_thread() {
    // SAFETY: the current goroutine and thread.
    unsafe {
        let me = m();
        let g = (*me).curg;
        if (*g).lock_count == 0 {
            return;
        }
        (*g).lock_count -= 1;
        if (*g).lock_count == 0 {
            (*g).locked_m = null_mut();
            (*me).locked_g = null_mut();
        }
    }
}

#[unsafe(export_name = "runtime.procPin")]
pub extern "C" fn proc_pin() -> i64 {
    // SAFETY: this thread's record.
    unsafe {
        let me = m();
        (*me).pins += 1;
        i64::from((*(*me).p).id)
    }
}

#[unsafe(export_name = "runtime.procUnpin")]
pub extern "C" fn proc_unpin() {
    // SAFETY: this thread's record.
    unsafe { (*m()).pins -= 1 };
}

/// Out of stack: gc's message, and the end.
pub fn stack_overflow(g: &mut G, max: usize, frame: usize) -> ! {
    crate::panics::stack_overflow(g, max, frame)
}

pub fn set_max_threads(n: i32) -> i32 {
    MAX_M.swap(n, Ordering::Relaxed)
}

/// Whether waiting busily for another thread makes sense: one runs, and this P has nothing else to do.
pub fn spin_is_useful() -> bool {
    // SAFETY: this thread's P.
    let p = unsafe { (*m()).p };
    let idle = IDLE_P.load(Ordering::Relaxed) + SPINNING.load(Ordering::Relaxed);
    idle + 1 < nprocs() as i32 && runq_empty(p)
}
