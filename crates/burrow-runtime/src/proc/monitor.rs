//! The monitor's thread: takes Ps out of long system calls, asks long-running goroutines to stop, looks at the poller if nobody
//! else does.

use super::*;

/// `GODEBUG=schedtrace=MILLISECONDS`, and whether `scheddetail` is set.
fn trace_setting() -> (i64, bool) {
    let number = |key| crate::env::setting("GODEBUG", key).and_then(crate::env::number);
    (number("schedtrace").unwrap_or(0) * 1_000_000, number("scheddetail").unwrap_or(0) > 0)
}

pub fn monitor() {
    let (trace_ns, detail) = trace_setting();
    let (mut traced, mut procs) = (i64::MIN / 2, chance::nanotime());
    let mut quiet = 0_u32;
    let mut delay = 20_000_i64;
    loop {
        if quiet == 0 {
            delay = 20_000;
        } else if quiet > 50 {
            delay = (delay * 2).min(10_000_000);
        }
        sys::sleep_ns(delay);
        if IDLE_P.load(Ordering::SeqCst) == nprocs() as i32 && trace_ns == 0 {
            monitor_sleep();
            quiet = 0;
        }
        if STOPPING.load(Ordering::SeqCst) == 0 && monitor_ps() {
            quiet = 0;
        } else {
            quiet += 1;
        }
        attend_poller();
        crate::gc::periodic();
        let now = chance::nanotime();
        if trace_ns > 0 && now - traced >= trace_ns {
            traced = now;
            trace(detail);
        }
        if now - procs >= 1_000_000_000 {
            procs = now;
            procs_due();
        }
    }
}

pub fn monitor_sleep() {
    MONITOR_NOTE.clear();
    MONITOR_SLEEPS.store(true, Ordering::SeqCst);
    if IDLE_P.load(Ordering::SeqCst) == nprocs() as i32 {
        MONITOR_NOTE.sleep_for(60_000_000_000);
    }
    MONITOR_SLEEPS.store(false, Ordering::SeqCst);
}

/// How long the poller may have nobody who waits in it while a P is idle, and how long nobody may look while all are busy.
const IDLE_NEGLECT_NS: i64 = 1_000_000;
const BUSY_NEGLECT_NS: i64 = 10_000_000;

/// Sees to the poller if others don't: busy Ps look when they run out of work only (N5).
fn attend_poller() {
    let Some(ns) = crate::poll::neglected(chance::nanotime()) else { return };
    if ns >= IDLE_NEGLECT_NS && IDLE_P.load(Ordering::SeqCst) > 0 {
        wake_p();
    } else if ns >= BUSY_NEGLECT_NS {
        OUTSIDE.fetch_add(1, Ordering::SeqCst);
        let mut list = crate::poll::look();
        if list.len > 0 {
            global_put_all(&mut SCHED.lock(), &mut list);
            wake_p();
        }
        OUTSIDE.fetch_sub(1, Ordering::SeqCst);
        recheck_dead();
    }
}

/// Takes Ps out of long system calls, asks long-running goroutines to stop. Whether anything was done.
pub fn monitor_ps() -> bool {
    let now = chance::nanotime();
    let mut acted = false;
    for p in all_p() {
        // SAFETY: Ps are never freed; the `seen` fields are the monitor's own.
        unsafe {
            let status = (*p).status.load(Ordering::SeqCst);
            let slice = (*p).slice_tick.load(Ordering::Relaxed);
            let syscall = (*p).syscall_tick.load(Ordering::Relaxed);
            // A system call does not end a slice, but a P in one has no slice to end.
            if (*p).seen_slice != slice || status == PSYSCALL && (*p).seen_syscall != syscall {
                (*p).seen_slice = slice;
                (*p).seen_syscall = syscall;
                (*p).seen_when = now;
                continue;
            }
            if status == PRUNNING && now - (*p).seen_when >= SLICE_NS {
                preempt_p(p, SLICE_OVER);
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

/// `BURROW_DEBUG=preemptstress=MICROSECONDS`: every so often each P's goroutine is asked to stop, at its next call and by signal.
#[cfg(not(test))]
pub fn start_stress() {
    static EVERY: AtomicI64 = AtomicI64::new(0);
    fn stress() {
        loop {
            sys::sleep_ns(EVERY.load(Ordering::Relaxed) * 1_000);
            for p in all_p() {
                // SAFETY: Ps are never freed.
                if unsafe { (*p).status.load(Ordering::SeqCst) } == PRUNNING {
                    preempt_p(p, if chance::below(2) == 0 { STOP } else { SLICE_OVER });
                }
            }
        }
    }
    let every = crate::env::setting("BURROW_DEBUG", "preemptstress").and_then(crate::env::number);
    if let Some(every) = every.filter(|&n| n > 0) {
        EVERY.store(every, Ordering::Relaxed);
        start_thread(stress);
    }
}
