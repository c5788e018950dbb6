//! Goroutines' life: made, parked, made runnable, preempted, ended.

use super::*;

/// A goroutine ready to run `start_fn` (a func value).
///
/// # Safety
/// `start_fn` is a Go func value without arguments, or is set before it runs.
pub unsafe fn new_g(start_fn: usize, parent: *mut G, go_pc: usize) -> *mut G {
    let g = take_g();
    // SAFETY: the G is ours alone until it is queued.
    unsafe {
        let r = &mut *g;
        r.start_fn = start_fn;
        r.go_pc = go_pc;
        r.goid = NEXT_GOID.fetch_add(1, Ordering::Relaxed);
        r.parent_goid = if parent.is_null() { 0 } else { (*parent).goid };
        r.labels = if parent.is_null() { 0 } else { (*parent).labels };
        crate::gc::made(r);
        metrics::stands_ready(g);
        (*g).status.store(GRUNNABLE, Ordering::Release);
    }
    GCOUNT.fetch_add(1, Ordering::Relaxed);
    // SAFETY: its place is guarded by the lock, and changes for what is free only.
    unsafe {
        if (*g).all_index == 0 {
            let mut all = ALL_G.lock();
            all.push(g);
            (*g).all_index = all.len();
        }
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

pub unsafe extern "C" fn exit_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is off its stack; this thread ran it.
    unsafe {
        let locked = external_locks(g) > 0;
        retire(g);
        if locked {
            end_thread(m())
        }
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
        (*g).locked_m = null_mut();
        (*g).lock_count = 0;
        (*me).locked_g = null_mut();
        (*g).m = null_mut();
        clear_g(g);
        GCOUNT.fetch_sub(1, Ordering::Relaxed);
        stack::give_back(g, (*me).p);
        (*(*me).p).gs.put(g as usize, &GS);
    }
}

/// How often the program itself locked `g` to its thread.
///
/// # Safety
/// The current goroutine, or one that this thread ran.
pub unsafe fn external_locks(g: *mut G) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { (*g).lock_count & (INTERNAL_LOCK - 1) }
}

/// What a lock of the runtime's own adds to `G.lock_count`.
const INTERNAL_LOCK: u32 = 1 << 24;

/// Forgets what the goroutine's life left behind, so that it keeps nothing alive.
pub unsafe fn clear_g(g: *mut G) {
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
    g.wait_since.store(0, Ordering::Relaxed);
    g.wait_reason = 0;
    g.start_fn = 0;
    g.preempt.store(0, Ordering::Relaxed);
    g.syscall_rsp = 0;
    g.system = 0;
    g.panic_on_fault = 0;
    g.throwing = 0;
    g.coro = 0;
    g.durable = 0;
    g.release_time = 0;
    g.ready_since = 0;
}

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

pub unsafe extern "C" fn park_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved; this thread ran it.
    unsafe {
        let me = m();
        (*g).wait_since.store(0, Ordering::Relaxed);
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

/// A parked goroutine is runnable from now on; the caller puts it into a queue, or runs it.
///
/// # Safety
/// `g` waits, and nobody else wakes it.
#[inline]
pub unsafe fn stand_ready(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        debug_assert!((*g).status.load(Ordering::Relaxed) == GWAITING, "G2");
        crate::synctest::on_ready(g);
        if (*g).release_time < 0 {
            (*g).release_time = chance::nanotime();
        }
        metrics::stands_ready(g);
        (*g).status.store(GRUNNABLE, Ordering::Release);
    }
}

/// Makes a parked goroutine runnable; it is the next one of this P.
///
/// # Safety
/// `g` waits, and nobody else wakes it.
pub unsafe fn ready(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        stand_ready(g);
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
    unsafe {
        metrics::stands_ready(g);
        (*g).status.store(GRUNNABLE, Ordering::Release);
    }
    global_put(g);
    wake_p();
}

#[unsafe(export_name = "runtime.Gosched")]
pub extern "C" fn gosched() {
    // SAFETY: on a goroutine.
    unsafe { mcall(gosched_on_g0) };
}

/// This thread's goroutine does not run any more, but could.
unsafe fn put_down(me: *mut M, g: *mut G) {
    // SAFETY: on g0; the goroutine is saved, and in no queue yet.
    unsafe {
        metrics::stands_ready(g);
        (*g).status.store(GRUNNABLE, Ordering::Release);
        (*g).m = null_mut();
        (*me).curg = null_mut();
    }
}

pub unsafe extern "C" fn gosched_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved.
    unsafe {
        // To the end of this P's own ring: in the global queue its turn would come only when the ring is empty, or each 61
        // turns. gc: to the global queue.
        let me = m();
        put_down(me, g);
        runq_put((*me).p, g, false);
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
            put_down(me, g);
            runq_put((*me).p, g, false);
            schedule()
        }
    }
    // SAFETY: on a goroutine.
    unsafe { mcall(on_g0) };
}

/// A goroutine met its poisoned limit or a preemption signal: stop or yield if that is still wanted.
pub fn preempt_requested(g: &mut G) -> bool {
    let why = g.preempt.swap(0, Ordering::SeqCst);
    // SAFETY: the current thread's record.
    let pinned = unsafe { (*m()).pins > 0 } || g.nopreempt > 0 || g.throwing > 0;
    if pinned {
        return false;
    }
    unsafe extern "C" fn stop(g: *mut G) -> ! {
        // SAFETY: the goroutine is saved.
        unsafe {
            let me = m();
            put_down(me, g);
            if stop_here(me, g) {
                // It goes on where it was, in the same slice.
                (*(*me).p).inherits = true;
                execute(g)
            }
            schedule()
        }
    }
    unsafe extern "C" fn step_back(g: *mut G) -> ! {
        // SAFETY: the goroutine is saved.
        unsafe {
            let me = m();
            // Who waits in the ring is next, not a partner in `next`; then others get a slice, too.
            (*(*me).p).passed_over = PATIENCE;
            (*(*me).p).spent_after = chance::nanotime() + SLICE_NS;
            put_down(me, g);
            global_put_spent(g);
            if IDLE_P.load(Ordering::Relaxed) > 0 {
                wake_p();
            }
            schedule()
        }
    }
    // SAFETY: on a goroutine.
    unsafe { mcall(if why == SLICE_OVER { step_back } else { stop }) };
    true
}

/// Asks a running goroutine to stop at its next call; says why (`G.preempt`).
pub fn preempt_g(g: *mut G, why: u32) {
    // SAFETY: Gs are never freed (G4); both fields are atomic.
    unsafe {
        (*g).preempt.store(why, Ordering::SeqCst);
        (*g).stack_limit.store(usize::MAX, Ordering::SeqCst);
    }
}

/// Asks the goroutine that runs with a P to stop at its next call; gives its thread.
pub fn ask_p(p: *mut P, why: u32) -> *mut M {
    // SAFETY: Ms and Gs are never freed; a stale one only yields once too often.
    unsafe {
        let pm = (*p).m;
        if pm.is_null() || (*pm).curg.is_null() {
            return null_mut();
        }
        preempt_g((*pm).curg, why);
        pm
    }
}

/// The same, at its next instruction.
pub fn preempt_p(p: *mut P, why: u32) {
    let pm = ask_p(p, why);
    if !pm.is_null() {
        crate::signal::preempt_thread(pm);
    }
}

/// The current goroutine stops here if it was asked to. On its stack; it holds nothing.
pub fn stop_if_asked() {
    // SAFETY: the current goroutine.
    unsafe {
        let g = &mut *getg();
        if g.preempt.load(Ordering::SeqCst) != 0 {
            g.stack_limit.store(g.true_limit, Ordering::SeqCst);
            preempt_requested(g);
        }
    }
}

/// Threads that exist.
pub fn threads() -> u64 {
    // SAFETY: Ms are never freed; one that has ended has no id.
    all_m().filter(|&m| unsafe { (*m).tid.load(Ordering::Relaxed) } != 0).count() as u64
}

/// Goroutines that exist, the runtime's own among them; those ever made.
pub fn all_goroutines() -> u64 {
    GCOUNT.load(Ordering::Relaxed).max(0) as u64
}

pub fn created() -> u64 {
    NEXT_GOID.load(Ordering::Relaxed) - 1
}

/// Goroutines in run queues; an estimate, since nothing is locked.
pub fn runnable() -> usize {
    let own = |p: *mut P| {
        // SAFETY: Ps are never freed.
        unsafe {
            let next = (&raw const (*p).next).read_volatile();
            let ring =
                (*p).tail.load(Ordering::Relaxed).wrapping_sub((*p).head.load(Ordering::Relaxed));
            usize::from(!next.is_null()) + ring.min(RUNQ_LEN) as usize
        }
    };
    QUEUE_LEN.load(Ordering::Relaxed).max(0) as usize + all_p().map(own).sum::<usize>()
}

#[unsafe(export_name = "runtime.NumGoroutine")]
pub extern "C" fn num_goroutine() -> i64 {
    GCOUNT.load(Ordering::Relaxed) - SYSTEM_COUNT.load(Ordering::Relaxed)
}

unsafe fn lock_thread(times: u32) {
    // SAFETY: the current goroutine and thread.
    unsafe {
        let me = m();
        let g = (*me).curg;
        (*g).lock_count += times;
        (*g).locked_m = me;
        (*me).locked_g = g;
    }
}

unsafe fn unlock_thread(times: u32) {
    // SAFETY: the current goroutine and thread.
    unsafe {
        let me = m();
        let g = (*me).curg;
        (*g).lock_count -= times;
        if (*g).lock_count == 0 {
            (*g).locked_m = null_mut();
            (*me).locked_g = null_mut();
        }
    }
}

#[unsafe(export_name = "runtime.LockOSThread")]
pub extern "C" fn lock_os_thread() {
    need_template();
    // SAFETY: on a goroutine.
    unsafe { lock_thread(1) };
}

#[unsafe(export_name = "runtime.UnlockOSThread")]
pub extern "C" fn unlock_os_thread() {
    // SAFETY: on a goroutine.
    unsafe {
        if external_locks(getg()) > 0 {
            unlock_thread(1);
        }
    }
}

/// The main goroutine stays on the first thread while initialisers run.
#[unsafe(export_name = "runtime.lockMain")]
pub extern "C" fn lock_main() {
    // SAFETY: on a goroutine.
    unsafe { lock_thread(INTERNAL_LOCK) };
}

#[unsafe(export_name = "runtime.unlockMain")]
pub extern "C" fn unlock_main() {
    // SAFETY: on a goroutine, after `lock_main`.
    unsafe { unlock_thread(INTERNAL_LOCK) };
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
