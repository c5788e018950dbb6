//! The monitor's thread: takes Ps out of long system calls, asks long-running goroutines to stop.

use super::*;

pub fn monitor() {
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

pub fn monitor_sleep() {
    MONITOR_NOTE.clear();
    MONITOR_SLEEPS.store(true, Ordering::SeqCst);
    if IDLE_P.load(Ordering::SeqCst) == nprocs() as i32 {
        MONITOR_NOTE.sleep_for(60_000_000_000);
    }
    MONITOR_SLEEPS.store(false, Ordering::SeqCst);
}

/// Takes Ps out of long system calls, asks long-running goroutines to stop. Whether anything was done.
pub fn monitor_ps() -> bool {
    let now = chance::nanotime();
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
