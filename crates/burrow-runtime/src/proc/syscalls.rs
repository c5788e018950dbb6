//! System calls: a P in one belongs to whoever takes it by compare-exchange (D5).

use super::*;

/// What `entersyscall` does once it has saved the caller.
pub unsafe extern "C" fn enter_syscall(g: *mut G) {
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
pub fn syscall_slow_enter(p: *mut P) {
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
        crate::gc::resume(&mut *g);
        (*g).wait_since.store(0, Ordering::Relaxed);
        (*g).status.store(GRUNNING, Ordering::SeqCst);
        (*g).syscall_rsp = 0;
    }
}

/// The P is gone: get another one, or wait in the global queue.
pub unsafe extern "C" fn exit_syscall_on_g0(g: *mut G) -> ! {
    // SAFETY: the goroutine is saved by `mcall`; this thread has no P.
    unsafe {
        let me = m();
        (*g).syscall_rsp = 0;
        (*g).wait_since.store(0, Ordering::Relaxed);
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

/// Before a call that blocks the thread for long: gives the P away at once. `entersyscall` notes its caller's frame, which must
/// still be there during the call: that of the function into which this one is inlined.
#[inline(always)]
pub fn enter_blocking() {
    // SAFETY: on a goroutine; undone by `exitsyscall`.
    unsafe {
        arch::entersyscall();
        let me = m();
        retake((*me).old_p);
    }
}

/// Takes a P away from a thread in a system call.
pub fn retake(p: *mut P) -> bool {
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
