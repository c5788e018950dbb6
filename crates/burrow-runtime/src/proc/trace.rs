//! `GODEBUG=schedtrace=N`: a line about the scheduler every N milliseconds, as gc's; with `scheddetail=1` one for each P, M and
//! G, too. The figures are read as they are, while everything runs.

use super::*;
use crate::panics::Stderr;
use core::fmt::Write;

/// An id, or `nil`.
struct Id(Option<u64>);

impl core::fmt::Display for Id {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.0 {
            Some(id) => write!(f, "{id}"),
            None => f.write_str("nil"),
        }
    }
}

fn m_id(m: *mut M) -> Id {
    // SAFETY: Ms are never freed.
    Id((!m.is_null()).then(|| unsafe { (*m).id }))
}

fn g_id(g: *mut G) -> Id {
    // SAFETY: Gs stay mapped (G4).
    Id((!g.is_null()).then(|| unsafe { (*g).goid }))
}

fn queued(p: *mut P) -> u32 {
    // SAFETY: Ps are never freed.
    unsafe { (*p).tail.load(Ordering::Relaxed).wrapping_sub((*p).head.load(Ordering::Relaxed)) }
}

static START: AtomicI64 = AtomicI64::new(0);

/// Writes the lines to standard error. On a thread of the runtime.
pub fn trace(detail: bool) {
    let now = chance::nanotime();
    if START.load(Ordering::Relaxed) == 0 {
        START.store(now, Ordering::Relaxed);
    }
    let mut out = Stderr::new();
    // What is written goes nowhere else: an error has nobody to be told to.
    let _ = write_trace(&mut out, (now - START.load(Ordering::Relaxed)) / 1_000_000, detail);
    out.flush();
}

fn write_trace(out: &mut Stderr, ms: i64, detail: bool) -> core::fmt::Result {
    let s = SCHED.lock();
    let mut idle_m = 0;
    let mut m = s.idle_m;
    // SAFETY: the list is guarded by the lock.
    while let Some(idle) = unsafe { m.as_ref() } {
        idle_m += 1;
        m = idle.link;
    }
    let threads = all_m().filter(|&m| is_alive(m)).count();
    let spinning = SPINNING.load(Ordering::Relaxed);
    let idle_p = IDLE_P.load(Ordering::Relaxed);
    write!(out, "SCHED {ms}ms: gomaxprocs={} idleprocs={idle_p} threads={threads} ", nprocs())?;
    write!(out, "spinningthreads={spinning} needspinning=0 idlethreads={idle_m} ")?;
    write!(out, "runqueue={}", s.waiting())?;
    if !detail {
        out.write_str(" [ ")?;
        for p in all_p() {
            write!(out, "{} ", queued(p))?;
        }
        out.write_str("] schedticks=[ ")?;
        for p in all_p() {
            // SAFETY: Ps are never freed.
            write!(out, "{} ", unsafe { (*p).sched_tick.load(Ordering::Relaxed) })?;
        }
        return out.write_str("]\n");
    }
    // SAFETY: Ms are never freed.
    let waits = |m: &*mut M| unsafe { !(**m).locked_g.is_null() && (**m).p.is_null() };
    let waiting = STOPPING.load(Ordering::Relaxed) != 0;
    write!(out, " gcwaiting={waiting} nmidlelocked={} ", all_m().filter(waits).count())?;
    let left = if waiting { STOP_LEFT.load(Ordering::Relaxed) } else { 0 };
    let asleep = MONITOR_SLEEPS.load(Ordering::Relaxed);
    writeln!(out, "stopwait={left} sysmonwait={asleep}")?;
    for p in all_p() {
        // SAFETY: Ps are never freed.
        let p = unsafe { &*p };
        write!(out, "  P{}: status={} ", p.id, p.status.load(Ordering::Relaxed))?;
        write!(out, "schedtick={} ", p.sched_tick.load(Ordering::Relaxed))?;
        write!(out, "syscalltick={} ", p.syscall_tick.load(Ordering::Relaxed))?;
        write!(out, "m={} runqsize={} ", m_id(p.m), queued(core::ptr::from_ref(p).cast_mut()))?;
        writeln!(out, "gfreecnt={} timerslen=0", p.gs.len())?;
    }
    for m in all_m().filter(|&m| is_alive(m)) {
        // SAFETY: Ms are never freed.
        let r = unsafe { &*m };
        // SAFETY: Ps are never freed.
        let p = Id((!r.p.is_null()).then(|| u64::from(unsafe { (*r.p).id })));
        write!(out, "  M{}: p={p} curg={} mallocing=0 throwing=0 ", r.id, g_id(r.curg))?;
        write!(out, "preemptoff= locks=0 dying={} spinning={} ", r.dying, r.spinning != 0)?;
        writeln!(out, "blocked={} lockedg={}", r.blocked_forever != 0, g_id(r.locked_g))?;
    }
    drop(s);
    for &g in ALL_G.lock().iter() {
        // SAFETY: Gs in the list are mapped.
        let g = unsafe { &*g };
        let status = g.status.load(Ordering::Relaxed);
        write!(out, "  G{}: status={status}({}) ", g.goid, Wait::text(g.wait_reason))?;
        writeln!(out, "m={} lockedm={}", m_id(g.m), m_id(g.locked_m))?;
    }
    Ok(())
}

fn is_alive(m: *mut M) -> bool {
    // SAFETY: Ms are never freed.
    unsafe { (*m).tid.load(Ordering::Relaxed) != 0 }
}
