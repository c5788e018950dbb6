//! Stopping the world (D5), and changes of GOMAXPROCS.

use super::*;

/// Stops every other goroutine (D5). Keeps this thread's P, if it has one.
/// Gives the time at which it began to.
pub fn stop_the_world() -> i64 {
    take_world();
    let begin = chance::nanotime();
    stop_others();
    metrics::world_stopped(begin);
    begin
}

/// Waits until nobody else has the world stopped.
fn take_world() {
    while !WORLD.try_lock() {
        // SAFETY: this thread's record.
        if unsafe { (*m()).on_g0 } == 0 {
            gosched();
        } else {
            sys::yield_thread();
        }
    }
}

fn stop_others() {
    // SAFETY: this thread's P.
    let mine = unsafe { (*m()).p };
    let s = SCHED.lock();
    STOP_NOTE.clear();
    STOP_LEFT.store(nprocs() as i32, Ordering::SeqCst);
    STOPPING.store(1, Ordering::SeqCst);
    let mut left = nprocs() as i32 - i32::from(!mine.is_null());
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
                ask_p(p, STOP);
            }
        }
    }
    crate::gc::ask_allocators();
    // What stopped by itself meanwhile waits for the lock, and has not counted yet.
    STOP_LEFT.store(left, Ordering::SeqCst);
    drop(s);
    let mut delay = 20_000;
    while left > 0 && !STOP_NOTE.spin(STOP_SPINS) && !STOP_NOTE.sleep_for(delay) {
        // Not at a call, nor by an allocation: by signal, again and again, for in Rust it is of no use.
        for p in all_p() {
            // SAFETY: as above.
            if p != mine && unsafe { (*p).status.load(Ordering::SeqCst) } == PRUNNING {
                preempt_p(p, STOP);
            }
        }
        delay = (delay * 2).min(200_000);
    }
}

/// Looks at whether all have stopped before who waits for it sleeps: some 10 µs. Most stop at once, and waking up takes longer.
const STOP_SPINS: u32 = if cfg!(feature = "model") { 2 } else { 1500 };

pub fn start_the_world() {
    metrics::world_starts();
    crate::gc::release_allocators();
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
    // The thread that waited in the poller may have returned meanwhile, and found no P (N5).
    let more = s.waiting() > 0 || all_p().any(|p| !runq_empty(p)) || crate::poll::unattended();
    let p = if more { idle_p_get(&mut s) } else { null_mut() };
    if p.is_null() {
        drop(s);
    } else {
        SPINNING.fetch_add(1, Ordering::SeqCst);
        start_m(s, p, true);
    }
}

/// With the world stopped: whether the thread of a P is in a system call. It may return from that at this moment.
pub unsafe fn is_in_syscall(p: *mut P) -> bool {
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
pub unsafe fn take_away(p: *mut P) {
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

/// Counts the processors of this process anew.
#[unsafe(export_name = "runtime.burrowCPUCount")]
pub extern "C" fn cpu_count() -> i64 {
    i64::from(affinity_count())
}

/// The goroutine in `wait_procs_due`.
static PROCS_WATCHER: AtomicPtr<G> = AtomicPtr::new(null_mut());

/// Parks the goroutine that looks whether GOMAXPROCS should change, until the monitor thinks so.
#[unsafe(export_name = "runtime.waitProcsDue")]
pub unsafe extern "C" fn wait_procs_due() {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        PROCS_WATCHER.store(g, Ordering::SeqCst);
        true
    }
    // SAFETY: on a goroutine.
    unsafe { park(Some(publish), null_mut(), Wait::UpdateProcs) };
}

/// For the monitor: a second has passed.
pub fn procs_due() {
    let g = PROCS_WATCHER.swap(null_mut(), Ordering::SeqCst);
    if !g.is_null() {
        // SAFETY: it parked, and the swap makes us its only waker.
        unsafe { ready_global(g) };
    }
}
