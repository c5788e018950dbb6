//! The loop of every thread: find a goroutine, run it; without one, go idle (D3, D4).

use super::*;

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
        if (*g).rsp == 0 {
            stack::assign(g, p);
        }
        stack::check_base(&*g, false);
        (*p).sched_tick.fetch_add(1, Ordering::Relaxed);
        metrics::runs(g);
        if !core::mem::take(&mut (*p).inherits) {
            (*p).slice_tick.fetch_add(1, Ordering::Relaxed);
        }
        (*g).preempt.store(0, Ordering::Relaxed);
        (*g).stack_limit.store((*g).true_limit, Ordering::SeqCst);
        if STOPPING.load(Ordering::SeqCst) != 0 {
            preempt_g(g, STOP);
        }
        crate::gc::resume(&mut *g);
        gogo(g)
    }
}

/// Finds something to run and runs it. On g0, with a P.
pub fn schedule() -> ! {
    // SAFETY: this thread's record, on g0.
    unsafe {
        let me = m();
        if DYING.load(Ordering::SeqCst) == 0 && !(*me).locked_g.is_null() {
            wait_for_locked(me);
            execute((*me).locked_g)
        }
        loop {
            while DYING.load(Ordering::SeqCst) != 0 {
                sys::sleep_ns(1_000_000_000);
            }
            if STOPPING.load(Ordering::SeqCst) != 0 {
                stop_here(me, null_mut());
            }
            let g = find_runnable(me);
            if DYING.load(Ordering::SeqCst) != 0 {
                continue;
            }
            if !(*g).locked_m.is_null() && (*g).locked_m != me {
                give_to_locked(me, g);
                continue;
            }
            execute(g)
        }
    }
}

/// This thread is locked to a goroutine that does not run now: let others have the P until it does.
pub unsafe fn wait_for_locked(me: *mut M) {
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
pub unsafe fn give_to_locked(me: *mut M, g: *mut G) {
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

/// Stops with the P in hand until the world starts again (D5). `g`, if not null, is the goroutine that ran here. Whether
/// it may go on; else it was put into a queue, and there is another P.
pub fn stop_here(me: *mut M, g: *mut G) -> bool {
    // SAFETY: this thread's P.
    unsafe {
        stop_spinning(me);
        let p = (*me).p;
        {
            let _guard = SCHED.raw().guard();
            if STOPPING.load(Ordering::SeqCst) == 0 {
                return true;
            }
            (*p).status.store(PSTOPPED, Ordering::SeqCst);
            stopped_one();
        }
        if wait_for_start(me, p) {
            return true;
        }
        (*me).p = null_mut();
        let mut s = SCHED.lock();
        let locked = !g.is_null() && (*g).locked_m == me;
        if !g.is_null() {
            global_put_locked(&mut s, g);
        }
        if !locked {
            (*me).link = s.idle_m;
            s.idle_m = me;
        }
        drop(s);
        if !g.is_null() {
            wake_p();
        }
        // Locked: who finds it in the queue gives us a P for it.
        stop_m(me);
        locked
    }
}

/// Sleeps while the world is stopped; then `p`, which is `PSTOPPED` and this thread's, runs again. The lock makes this
/// one step for `stop_the_world`: it counts a P that it finds stopped as stopped. False if the P was taken away.
pub fn wait_for_start(me: *mut M, p: *mut P) -> bool {
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

/// This thread runs `g` next: it looks for work no longer, so another one does if there is more (D4), or if this one was to
/// attend the timers.
pub fn found(me: *mut M, g: *mut G) -> *mut G {
    // SAFETY: this thread's record.
    unsafe {
        let spun = core::mem::take(&mut (*me).spinning) != 0;
        let attends = core::mem::take(&mut (*me).attends) != 0;
        if spun && SPINNING.fetch_sub(1, Ordering::SeqCst) == 1 && more_work()
            || (spun || attends) && crate::poll::timers_unattended()
        {
            wake_p();
        }
    }
    g
}

fn more_work() -> bool {
    QUEUE_LEN.load(Ordering::SeqCst) > 0 || all_p().any(|p| !runq_empty(p))
}

/// The first timer is earlier than before, and nobody waits for it in the poller: somebody will (N4).
pub fn attend_timers() {
    // SAFETY: this thread's record.
    unsafe {
        let me = m();
        if !me.is_null() && (*me).on_g0 != 0 && !(*me).p.is_null() {
            // It is about to look for work: it will wait for the timer itself, or see to it that another one does.
            (*me).attends = 1;
        } else {
            wake_p();
        }
    }
}

fn stop_spinning(me: *mut M) {
    // SAFETY: this thread's record.
    unsafe {
        if core::mem::take(&mut (*me).spinning) != 0 {
            SPINNING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

pub fn find_runnable(me: *mut M) -> *mut G {
    loop {
        // SAFETY: this thread's record and P.
        let (p, tick) = unsafe { ((*me).p, (*(*me).p).sched_tick.load(Ordering::Relaxed)) };
        if STOPPING.load(Ordering::SeqCst) != 0 {
            stop_here(me, null_mut());
            continue;
        }
        crate::timer::run_due();
        if (tick % 61 == 0 || chance::fuzz(3)) && QUEUE_LEN.load(Ordering::SeqCst) != 0 {
            let g = global_get_one(p);
            if !g.is_null() {
                return found(me, g);
            }
        }
        let mut g = if chance::fuzz(8) { steal(me, p) } else { null_mut() };
        if g.is_null() {
            g = runq_get(p);
        }
        if g.is_null() {
            g = global_get(p, false);
        }
        if g.is_null() && crate::poll::look_is_due() {
            g = run_first(p, crate::poll::look());
        }
        if g.is_null() {
            g = global_get(p, true);
        }
        if g.is_null() {
            g = steal(me, p);
        }
        if !g.is_null() {
            return found(me, g);
        }
        if linger(me, p) {
            continue;
        }
        let g = go_idle(me, p);
        if !g.is_null() {
            return found(me, g);
        }
    }
}

/// Of those that the poller found ready the first one, to be run by this thread; the others wait in its ring `p`.
fn run_first(p: *mut P, mut list: Queue) -> *mut G {
    // SAFETY: a private list of runnable goroutines; this thread's P.
    unsafe {
        let first = list.pop();
        if list.len > 0 {
            while list.len > 0 {
                runq_put(p, list.pop(), false);
            }
            wake_p();
        }
        first
    }
}

/// How long a spinning thread waits for work before it sleeps: about what falling asleep and being woken costs.
const LINGER_NS: i64 = 10_000;

/// Waits busily until `done`, at most `ns`.
fn spin_for(ns: i64, done: impl Fn() -> bool) -> bool {
    if cfg!(feature = "model") {
        sys::pause();
        return done();
    }
    let until = chance::nanotime() + ns;
    loop {
        if done() {
            return true;
        }
        for _ in 0..16 {
            sys::pause();
        }
        if chance::nanotime() >= until {
            return false;
        }
    }
}

/// A thread that found nothing stays awake for a moment while others run: where goroutines are made or readied one
/// after the other, it would be woken again at once. Whether there is something now.
fn linger(me: *mut M, p: *mut P) -> bool {
    // SAFETY: this thread's record.
    if unsafe { (*me).spinning } == 0 || IDLE_P.load(Ordering::SeqCst) + 1 >= nprocs() as i32 {
        return false;
    }
    spin_for(LINGER_NS, || {
        QUEUE_LEN.load(Ordering::Relaxed) > 0
            || STOPPING.load(Ordering::Relaxed) != 0
            || all_p().any(|q| q != p && !runq_empty(q))
    })
}

pub fn steal(me: *mut M, p: *mut P) -> *mut G {
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
    for round in 0..4 {
        let start = chance::below(n as usize) as u32;
        for i in 0..n {
            let victim = p_at((start + i) % n);
            if victim != p {
                let mut g = steal_from(p, victim, round == 3);
                if g.is_null() && round == 3 && crate::timer::run_due_of(victim) {
                    g = runq_get(p);
                }
                if !g.is_null() {
                    return g;
                }
            }
        }
        sys::pause();
    }
    null_mut()
}

/// Puts the P on the idle list and sleeps (D3). Null, with a P again: look anew.
pub fn go_idle(me: *mut M, p: *mut P) -> *mut G {
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
        (*me).attends = 0;
        idle_p_put(&mut s, p);
        drop(s);
        stop_spinning(me);
        // D3: look again, now that everybody sees the idle P.
        if more_work() && take_idle(me, SCHED.lock()) {
            return null_mut();
        }
        if crate::poll::claim() {
            return wait_in_poller(me);
        }
        sleep_idle(me, SCHED.lock());
        null_mut()
    }
}

/// Takes an idle P, to look for work with it; whether there is one.
fn take_idle(me: *mut M, mut s: MutexGuard<'_, Sched>) -> bool {
    let p = idle_p_get(&mut s);
    if p.is_null() {
        return false;
    }
    drop(s);
    acquire_p(me, p);
    // SAFETY: this thread's record.
    unsafe { (*me).spinning = 1 };
    SPINNING.fetch_add(1, Ordering::SeqCst);
    true
}

/// Sleeps until somebody has a P for this thread.
fn sleep_idle(me: *mut M, mut s: MutexGuard<'_, Sched>) {
    // SAFETY: this thread's record; the list is guarded by the lock.
    unsafe { (*me).link = s.idle_m };
    s.idle_m = me;
    check_dead(&mut s);
    drop(s);
    stop_m(me);
}

/// Waits for events and timers (N3). Back with a P: a goroutine to run, or null to look anew.
fn wait_in_poller(me: *mut M) -> *mut G {
    let mut list = crate::poll::wait();
    let mut s = SCHED.lock();
    let p = idle_p_get(&mut s);
    if p.is_null() {
        // All are busy, or stopped with the world: who becomes idle or starts the world looks at the queue afterwards.
        global_put_all(&mut s, &mut list);
        OUTSIDE.fetch_sub(1, Ordering::SeqCst);
        sleep_idle(me, s);
        return null_mut();
    }
    let spins = list.len == 0;
    if spins {
        // Before anybody can find that nobody looks for work.
        SPINNING.fetch_add(1, Ordering::SeqCst);
    }
    drop(s);
    acquire_p(me, p);
    // SAFETY: this thread's record.
    unsafe { (*me).spinning = u32::from(spins) };
    OUTSIDE.fetch_sub(1, Ordering::SeqCst);
    // The time it waited for may be that of another P's timer, and that P is idle.
    crate::timer::run_all();
    run_first(p, list)
}

/// With every P idle and nothing that could wake a goroutine, the program is dead.
///
/// Who waits for a timer or a descriptor is on his way in this order: still there, `OUTSIDE` (a thread without a P has
/// taken him, N6), a queue, a P. So we look in this order.
pub fn check_dead(s: &mut Sched) {
    if IDLE_P.load(Ordering::SeqCst) != nprocs() as i32
        || crate::timer::any_pending()
        || crate::poll::any_waiters()
        || OUTSIDE.load(Ordering::SeqCst) != 0
        || SPINNING.load(Ordering::SeqCst) != 0
        || STOPPING.load(Ordering::SeqCst) != 0
        || s.waiting() > 0
        || all_p().any(|p| !runq_empty(p))
        || DYING.load(Ordering::SeqCst) != 0
    {
        return;
    }
    SCHED.raw().unlock();
    arch::on_g0::<()>(|| crate::panics::deadlock());
}

/// For threads outside: something that could have woken a goroutine is gone.
pub fn recheck_dead() {
    if IDLE_P.load(Ordering::SeqCst) != nprocs() as i32 {
        return;
    }
    let mut s = SCHED.lock();
    check_dead(&mut s);
}
