//! Ps and Ms: which exist, which are idle, who gives a P to whom.

use super::*;

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

/// All Ps that ever ran.
pub fn every_p() -> impl Iterator<Item = *mut P> {
    (0..MAX_PROCS as u32).map(p_at).take_while(|p| !p.is_null())
}

/// Ps that nobody uses at this moment.
pub fn idle_ps() -> i32 {
    IDLE_P.load(Ordering::Relaxed)
}

/// All Ps that may run.
pub fn all_p() -> impl Iterator<Item = *mut P> {
    (0..nprocs()).map(p_at)
}

pub fn affinity_count() -> u32 {
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

pub fn new_p(id: u32) -> *mut P {
    let layout = core::alloc::Layout::new::<P>();
    // SAFETY: all-zero is a valid P (no cached spans: `Cache` treats null as empty) but for its timers.
    unsafe {
        let p: *mut P = rust_alloc::alloc::alloc_zeroed(layout).cast();
        (*p).id = id;
        (&raw mut (*p).timers).write(crate::timer::Heap::new(false));
        p
    }
}

/// Makes Ps 0..n exist. Called at start and with the world stopped.
pub fn set_nprocs(n: u32) {
    if n as usize > MAX_PROCS {
        crate::panics::fatal_str("runtime: GOMAXPROCS is more than 65536");
    }
    let n = n.max(1);
    let old = nprocs();
    metrics::procs_change(old);
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
        unsafe {
            (*p).cache.flush();
            (*p).gs.flush(&GS);
            stack::flush(&mut *p);
        }
        crate::timer::hand_over(p, p_at(0));
    }
}

/// A thread's record: a fresh one, or that of a thread that has ended.
pub fn init_m(stack: *mut u8, size: usize) -> *mut M {
    let old = {
        let mut s = SCHED.lock();
        let old = s.dead_m;
        if !old.is_null() {
            // SAFETY: the list is guarded by the lock.
            s.dead_m = unsafe { (*old).link };
        }
        old
    };
    let layout = core::alloc::Layout::new::<M>();
    // SAFETY: all-zero is a valid M (None is null); an old one is nobody's, and keeps its place among all.
    unsafe {
        let new: *mut M =
            if old.is_null() { rust_alloc::alloc::alloc_zeroed(layout).cast() } else { old };
        (*new).tp = &raw mut (*new).tp as usize;
        (*new).g0_base = stack as usize;
        (*new).g0_size = size;
        (*new).g0_rsp = (stack as usize + size).wrapping_sub(64);
        (*new).id = NEXT_MID.fetch_add(1, Ordering::Relaxed) - 1;
        (*new).on_g0 = 1;
        (*new).rng = chance::seeded();
        if !old.is_null() {
            (*new).ends = false;
            crate::cpuprof::end_thread(&*new);
            return new;
        }
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

/// All threads' records, also of those that have ended (`tid` is 0).
pub fn all_m() -> impl Iterator<Item = *mut M> {
    let mut next = ALL_M.load(Ordering::Acquire);
    core::iter::from_fn(move || {
        let m = next;
        // SAFETY: Ms are never freed, and keep their places.
        (!m.is_null()).then(|| unsafe {
            next = (*m).all_link;
            m
        })
    })
}

/// Ends this thread: its goroutine ended while it was locked to it, so its state is not everybody's. The first one
/// stays, for ever asleep: the system takes it for the process.
///
/// # Safety
/// On g0, with a P, without a goroutine.
pub unsafe fn end_thread(me: *mut M) -> ! {
    // SAFETY: this thread's record; after it is in the list, nothing here touches it.
    unsafe {
        (*me).ends = true;
        let p = core::mem::replace(&mut (*me).p, null_mut());
        (*p).m = null_mut();
        hand_off(p);
        if (*me).id == 0 {
            loop {
                (*me).note.sleep();
            }
        }
        crate::signal::block_all();
        crate::signal::end_thread(me);
        (*me).tid.store(0, Ordering::SeqCst);
        crate::cpuprof::end_thread(&*me);
        M_COUNT.fetch_sub(1, Ordering::Relaxed);
        let (base, size) = ((*me).g0_base, (*me).g0_size);
        {
            let mut s = SCHED.lock();
            (*me).link = s.dead_m;
            s.dead_m = me;
        }
        sys::exit_thread(base, size)
    }
}

pub fn acquire_p(me: *mut M, p: *mut P) {
    // SAFETY: the P was taken from the idle list or handed over: it is this thread's.
    unsafe {
        (*me).p = p;
        (*p).m = me;
        (*p).status.store(PRUNNING, Ordering::SeqCst);
    }
    wake_monitor();
}

pub fn idle_p_put(s: &mut Sched, p: *mut P) {
    // SAFETY: guarded by the lock.
    unsafe {
        (*p).m = null_mut();
        (*p).status.store(PIDLE, Ordering::SeqCst);
        (*p).link = s.idle_p;
        metrics::idle_ended(&mut *p);
        (*p).idle_since = chance::nanotime();
    }
    s.idle_p = p;
    IDLE_P.fetch_add(1, Ordering::SeqCst);
}

pub fn idle_p_get(s: &mut Sched) -> *mut P {
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
            metrics::idle_ended(&mut *p);
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
pub fn start_m(mut s: MutexGuard<'_, Sched>, p: *mut P, spinning: bool) {
    // SAFETY: idle Ms are guarded by the lock; a taken one sleeps until its note.
    unsafe {
        // As in `idle_p_get`.
        (*p).status.store(PRUNNING, Ordering::SeqCst);
        let idle = s.idle_m;
        if idle.is_null() {
            drop(s);
            arch::on_g0(|| new_m(p, spinning));
        } else {
            s.idle_m = (*idle).link;
            drop(s);
            (*idle).next_p = p;
            (*idle).spinning = u32::from(spinning);
            (*idle).note.wake();
        }
        wake_monitor();
    }
}

/// Somebody runs: the monitor must be awake.
pub fn wake_monitor() {
    if MONITOR_SLEEPS.load(Ordering::SeqCst) {
        MONITOR_NOTE.wake();
    }
}

pub fn new_m(p: *mut P, spinning: bool) {
    if M_COUNT.fetch_add(1, Ordering::Relaxed) >= MAX_M.load(Ordering::Relaxed) {
        crate::panics::throw_str("thread exhaustion");
    }
    let stack = sys::map_rw(G0_STACK);
    let new = init_m(stack, G0_STACK);
    // SAFETY: a fresh M and stack.
    unsafe {
        (*new).next_p = p;
        (*new).spinning = u32::from(spinning);
        let me = m();
        let locked = (*me).locked_g;
        if (*me).ends || !locked.is_null() && external_locks(locked) > 0 {
            // A thread inherits the state of the one that makes it, and this one's may be special.
            let mut s = SCHED.lock();
            (*new).link = s.unborn_m;
            s.unborn_m = new;
            drop(s);
            TEMPLATE_NOTE.wake();
            return;
        }
        spawn(new, m_main);
    }
}

/// Before a goroutine locks itself to this thread for the first time: makes the thread that makes others for such, while this
/// one's state is still everybody's.
pub fn need_template() {
    if !TEMPLATE.load(Ordering::Relaxed) && !TEMPLATE.swap(true, Ordering::SeqCst) {
        start_thread(template);
    }
}

/// Makes the threads that locked ones want.
fn template() {
    loop {
        TEMPLATE_NOTE.sleep();
        TEMPLATE_NOTE.clear();
        loop {
            let new = {
                let mut s = SCHED.lock();
                let new = s.unborn_m;
                if new.is_null() {
                    break;
                }
                // SAFETY: the list is guarded by the lock.
                s.unborn_m = unsafe { (*new).link };
                new
            };
            // SAFETY: made by `new_m`.
            unsafe { spawn(new, m_main) };
        }
    }
}

pub unsafe fn spawn(new: *mut M, entry: extern "C" fn(*mut u8) -> !) {
    // SAFETY: the caller made `new` and its stack.
    let r = unsafe {
        let _guard = crate::allthreads::BIRTHS.guard();
        let old = crate::signal::block_all();
        let tp = &raw mut (*new).tp;
        // Its id is there before it runs: it may be asked for something, and may be gone at any moment.
        let (stack, tid) = ((*new).g0_rsp as *mut u8, &raw const (*new).tid);
        let r = sys::clone_thread(stack, tp.cast(), entry, new.cast(), tid);
        crate::signal::set_mask(old);
        r
    };
    if r < 0 {
        sys::stderr(b"runtime: failed to create new OS thread\n");
        crate::panics::throw_str("newosproc");
    }
}

pub extern "C" fn m_main(arg: *mut u8) -> ! {
    let me: *mut M = arg.cast();
    // SAFETY: this thread's record.
    unsafe {
        (*me).tid.store(sys::gettid() as u32, Ordering::Release);
        crate::signal::init_thread(me);
        crate::cpuprof::init_thread(me);
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
            crate::signal::mask_of_runtime();
            crate::cpuprof::init_thread(me);
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
pub fn stop_m(me: *mut M) {
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
pub fn hand_off(p: *mut P) {
    hand_off_locked(SCHED.lock(), p);
}

pub fn hand_off_locked(mut s: MutexGuard<'_, Sched>, p: *mut P) {
    if STOPPING.load(Ordering::SeqCst) != 0 {
        idle_p_put(&mut s, p);
        stopped_one();
        return;
    }
    if !runq_empty(p) || s.waiting() > 0 || crate::poll::unattended() {
        start_m(s, p, false);
        return;
    }
    idle_p_put(&mut s, p);
    check_dead(&mut s);
}

pub fn stopped_one() {
    if STOP_LEFT.fetch_sub(1, Ordering::SeqCst) == 1 {
        STOP_NOTE.wake();
    }
}

#[unsafe(export_name = "runtime.burrowNCPU")]
pub extern "C" fn num_cpu() -> i64 {
    i64::from(ncpu())
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
