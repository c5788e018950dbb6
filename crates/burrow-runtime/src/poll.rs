//! The network poller: epoll, edge-triggered. No thread of its own waits in it: a thread that has nothing else to do does, for
//! events and for the time of the first timer; those that look for work look here, too, without waiting.
//!
//! N1  A descriptor's record (`Desc`) is never freed, only used again; `seq` numbers its uses, and goes into epoll's
//!     event data, so that a late event is recognised.
//! N2  `side.wait` is 0 (nothing), 1 (ready), or the G that waits. All of a record is guarded by its lock; no other lock is
//!     taken under it.
//! N3  One thread at most waits: it has made `SLEEPS_UNTIL`, 0 before, something else (`claim`), and has no P. Others may look
//!     meanwhile, one at a time (`LOOKING`).
//! N4  Who waits says so (`claim`: for ever) before it looks at the timers, and then until when. Who adds an earlier timer looks
//!     at that afterwards (`wake_by`): if somebody waits longer, it interrupts; if nobody does, a thread is woken that will, unless
//!     no P is idle.
//! N5  A P becomes idle before its thread looks whether somebody should wait here (`wanted`), and so does one that is handed over
//!     or left idle while the world was stopped (`unattended`): if all Ps are idle and there is something to wait for,
//!     somebody waits. While some are busy, they look when they run out of work, and the monitor does if they don't.
//! N6  Goroutines taken out of their records are in no queue for a moment. Who holds a P meanwhile is no idle one; who doesn't
//!     counts in `OUTSIDE`: no deadlock is seen.
//! N7  The eventfd is readable, or will be in a moment, while `INTERRUPTED` is set. Who waited takes that back before it looks
//!     at anything that an interrupter may have done.

use crate::arch::getg;
use crate::chance;
use crate::g::*;
use crate::heap::Pair;
use crate::proc::{self, Queue};
use crate::sync::{AtomicBool, AtomicI32, AtomicI64, Mutex, Ordering, RawLock};
use crate::timer;
use rust_alloc::boxed::Box;
use rust_alloc::vec::Vec;

#[cfg(not(all(test, feature = "model")))]
mod epoll;
#[cfg(all(test, feature = "model"))]
use crate::model::epoll;
use epoll::{EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, Event};

struct Side {
    wait: usize,
    /// nanotime; 0 none, negative: passed.
    deadline: i64,
    /// Number of the deadline that counts.
    seq: u64,
    timer: timer::Deadline,
}

struct Desc {
    lock: RawLock,
    fd: usize,
    seq: u32,
    closing: bool,
    error: bool,
    sides: [Side; 2],
}

crate::shared! {
static WAITERS: AtomicI32 = AtomicI32::new(0);
/// When the thread that waits wakes up by itself; 0 if none does (N3).
static SLEEPS_UNTIL: AtomicI64 = AtomicI64::new(0);
/// When somebody looked last.
static LOOKED: AtomicI64 = AtomicI64::new(0);
/// Somebody looks without waiting.
static LOOKING: AtomicBool = AtomicBool::new(false);
/// N7.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static OPENED: AtomicBool = AtomicBool::new(false);
static OPENING: RawLock = RawLock::new();
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
}

/// Makes the descriptors, when they are needed for the first time.
fn open() {
    if OPENED.load(Ordering::Acquire) {
        return;
    }
    let _guard = OPENING.guard();
    if !OPENED.load(Ordering::Relaxed) {
        epoll::open();
        OPENED.store(true, Ordering::Release);
    }
}

pub fn any_waiters() -> bool {
    WAITERS.load(Ordering::SeqCst) > 0
}

/// Whether an idle thread should wait here.
fn wanted() -> bool {
    timer::next_deadline() != i64::MAX || any_waiters()
}

/// Whether nobody waits here, though there is something to wait for (N5).
pub fn unattended() -> bool {
    SLEEPS_UNTIL.load(Ordering::SeqCst) == 0 && wanted()
}

/// Whether nobody waits for the first timer.
pub fn timers_unattended() -> bool {
    timer::next_deadline() != i64::MAX && SLEEPS_UNTIL.load(Ordering::SeqCst) == 0
}

/// Whether this thread, whose P is idle, is to `wait` now.
pub fn claim() -> bool {
    wanted()
        && SLEEPS_UNTIL.compare_exchange(0, i64::MAX, Ordering::SeqCst, Ordering::SeqCst).is_ok()
}

/// Makes somebody look at the timers in time for a deadline that is earlier than those before (N4). Called with no lock of timers,
/// after `next_deadline` gives it.
pub fn wake_by(when: i64) {
    match SLEEPS_UNTIL.load(Ordering::SeqCst) {
        0 => proc::attend_timers(),
        until if until > when => interrupt(),
        _ => {}
    }
}

fn interrupt() {
    if !INTERRUPTED.swap(true, Ordering::SeqCst) {
        epoll::interrupt();
    }
}

/// Waits for events and the first timer's time, at most until somebody interrupts; gives those that can go on now. The
/// caller has no P, and counts in `OUTSIDE` from then on.
pub fn wait() -> Queue {
    open();
    let mut events = [Event { events: 0, data: 0 }; 128];
    // N4.
    let next = timer::next_deadline().max(1);
    SLEEPS_UNTIL.store(next, Ordering::SeqCst);
    let n = epoll::wait(&mut events, next);
    proc::OUTSIDE.fetch_add(1, Ordering::SeqCst);
    let list = take(&events[..n], true);
    LOOKED.store(chance::nanotime(), Ordering::Relaxed);
    SLEEPS_UNTIL.store(0, Ordering::SeqCst);
    list
}

/// Whether goroutines may have become ready that nobody waits for.
pub fn look_is_due() -> bool {
    WAITERS.load(Ordering::Relaxed) > 0 && SLEEPS_UNTIL.load(Ordering::Relaxed) == 0
}

/// Those that can go on now. The caller has a P, or counts in `OUTSIDE` (N6).
pub fn look() -> Queue {
    if !OPENED.load(Ordering::Acquire) || LOOKING.swap(true, Ordering::SeqCst) {
        return Queue::EMPTY;
    }
    let mut events = [Event { events: 0, data: 0 }; 128];
    let n = epoll::wait(&mut events, 0);
    let list = take(&events[..n], false);
    LOOKED.store(chance::nanotime(), Ordering::Relaxed);
    LOOKING.store(false, Ordering::SeqCst);
    list
}

/// How long nobody has looked, if nobody waits.
pub fn neglected(now: i64) -> Option<i64> {
    unattended().then(|| now - LOOKED.load(Ordering::Relaxed))
}

fn take(events: &[Event], waited: bool) -> Queue {
    let mut list = Queue::EMPTY;
    let n = events.len();
    let first = if n > 1 && chance::fuzz(1) { chance::below(n) } else { 0 };
    for i in 0..n {
        let e = events[(first + i) % n];
        if e.data != 0 {
            handle(e, &mut list);
        } else if waited {
            // N7. Who only looks leaves it: it is meant for who waits.
            epoll::drain();
            INTERRUPTED.store(false, Ordering::SeqCst);
        }
    }
    list
}

/// What an event means: who waited for it can go on.
fn handle(e: Event, list: &mut Queue) {
    let pd = (e.data & ((1 << 48) - 1)) as *mut Desc;
    // SAFETY: N1.
    let d = unsafe { &mut *pd };
    let bits = e.events;
    d.lock.lock();
    if d.seq as u64 & 0xffff != e.data >> 48 {
        d.lock.unlock();
        return;
    }
    d.error = bits & !EPOLLET == EPOLLERR;
    let r = bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) != 0;
    let w = bits & (EPOLLOUT | EPOLLHUP | EPOLLERR) != 0;
    let gs = [if r { d.unblock(0, true) } else { 0 }, if w { d.unblock(1, true) } else { 0 }];
    d.lock.unlock();
    for g in gs {
        if g > 1 {
            // SAFETY: taken out of its record under the lock: we are its only waker, and it is in no queue.
            unsafe {
                proc::stand_ready(g as *mut G);
                list.push(g as *mut G);
            }
        }
    }
}

fn wake(gs: [usize; 2]) {
    for g in gs {
        if g > 1 {
            // SAFETY: taken out of its record under the lock: we are its only waker.
            unsafe { proc::ready(g as *mut G) };
        }
    }
}

impl Desc {
    /// Wakes the goroutine of a side, if one waits; gives it.
    fn unblock(&mut self, side: usize, io: bool) -> usize {
        let s = &mut self.sides[side];
        let old = s.wait;
        if old > 1 {
            // The waiter sees 0 for "not ready" (deadline, close) or takes the readiness.
            s.wait = usize::from(io);
            WAITERS.fetch_sub(1, Ordering::SeqCst);
            return old;
        }
        if io {
            s.wait = 1;
        }
        0
    }

    /// Sets the timer of a side to its deadline. Locked, on a goroutine.
    fn arm(&mut self, side: usize) {
        let at = core::ptr::from_mut(self).cast();
        let s = &self.sides[side];
        // SAFETY: N1.
        unsafe { s.timer.set(s.deadline.max(0), at, side as u32, s.seq) };
    }

    /// 0 fine, 1 closing, 2 deadline passed, 3 not pollable.
    fn check(&self, side: usize) -> i64 {
        if self.closing {
            return 1;
        }
        if self.sides[side].deadline < 0 {
            return 2;
        }
        if side == 0 && self.error {
            return 3;
        }
        0
    }
}

fn side_of(mode: u64) -> usize {
    usize::from(mode as u8 == b'w')
}

#[unsafe(export_name = "runtime.pollOpen")]
pub extern "C" fn poll_open(fd: usize) -> Pair {
    open();
    let p = match FREE.lock().pop() {
        Some(p) => p as *mut Desc,
        None => Box::into_raw(Box::new(Desc {
            lock: RawLock::new(),
            fd: 0,
            seq: 0,
            closing: false,
            error: false,
            sides: [const { Side { wait: 0, deadline: 0, seq: 0, timer: timer::Deadline::new() } };
                2],
        })),
    };
    // SAFETY: ours until it is registered.
    unsafe {
        let d = &mut *p;
        d.lock.lock();
        d.fd = fd;
        d.seq = d.seq.wrapping_add(1);
        d.closing = false;
        d.error = false;
        for s in &mut d.sides {
            s.wait = 0;
            s.deadline = 0;
            s.seq += 1;
        }
        let data = p as u64 | u64::from(d.seq & 0xffff) << 48;
        d.lock.unlock();
        let events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
        let r = epoll::control(epoll::ADD, fd, events, data);
        if r < 0 {
            FREE.lock().push(p as usize);
            return Pair(0, -r as usize);
        }
    }
    Pair(p as usize, 0)
}

#[unsafe(export_name = "runtime.pollClose")]
pub unsafe extern "C" fn poll_close(p: usize) {
    // SAFETY: a record given out by `poll_open`.
    unsafe {
        epoll::control(epoll::DELETE, (*(p as *mut Desc)).fd, 0, 0);
    }
    FREE.lock().push(p);
}

#[unsafe(export_name = "runtime.pollReset")]
pub unsafe extern "C" fn poll_reset(p: usize, mode: u64) -> i64 {
    // SAFETY: a record given out by `poll_open`.
    let d = unsafe { &mut *(p as *mut Desc) };
    let side = side_of(mode);
    d.lock.lock();
    let r = d.check(side);
    if r == 0 && d.sides[side].wait == 1 {
        d.sides[side].wait = 0;
    }
    d.lock.unlock();
    r
}

unsafe fn wait_side(p: usize, side: usize, check: bool) -> i64 {
    // SAFETY: a record given out by `poll_open`; on a goroutine.
    unsafe {
        let d = &mut *(p as *mut Desc);
        loop {
            d.lock.lock();
            if check {
                let r = d.check(side);
                if r != 0 {
                    d.lock.unlock();
                    return r;
                }
            }
            if d.sides[side].wait == 1 {
                d.sides[side].wait = 0;
                d.lock.unlock();
                return 0;
            }
            if d.sides[side].wait > 1 {
                crate::panics::throw_str("runtime: double wait");
            }
            d.sides[side].wait = getg() as usize;
            WAITERS.fetch_add(1, Ordering::SeqCst);
            let lock = &raw mut d.lock;
            proc::park(Some(proc::unlock_raw), lock.cast(), Wait::IoWait);
        }
    }
}

#[unsafe(export_name = "runtime.pollWait")]
pub unsafe extern "C" fn poll_wait(p: usize, mode: u64) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { wait_side(p, side_of(mode), true) }
}

#[unsafe(export_name = "runtime.pollWaitCanceled")]
pub unsafe extern "C" fn poll_wait_canceled(p: usize, mode: u64) {
    // SAFETY: the caller's promise.
    unsafe { wait_side(p, side_of(mode), false) };
}

#[unsafe(export_name = "runtime.pollUnblock")]
pub unsafe extern "C" fn poll_unblock(p: usize) {
    // SAFETY: a record given out by `poll_open`.
    let d = unsafe { &mut *(p as *mut Desc) };
    d.lock.lock();
    d.closing = true;
    for side in 0..2 {
        d.sides[side].seq += 1;
        d.sides[side].deadline = 0;
        d.arm(side);
    }
    let gs = [d.unblock(0, false), d.unblock(1, false)];
    d.lock.unlock();
    wake(gs);
}

#[unsafe(export_name = "runtime.pollSetDeadline")]
pub unsafe extern "C" fn poll_set_deadline(p: usize, deadline: i64, mode: u64) {
    let both = mode as u32 == u32::from(b'r') + u32::from(b'w');
    let now = chance::nanotime();
    // SAFETY: a record given out by `poll_open`.
    let d = unsafe { &mut *(p as *mut Desc) };
    d.lock.lock();
    if d.closing {
        d.lock.unlock();
        return;
    }
    let mut gs = [0; 2];
    for side in 0..2 {
        if !both && side != side_of(mode) {
            continue;
        }
        d.sides[side].seq += 1;
        // internal/poll passes a duration; 0 means none, and one that is over already is negative.
        let at = if deadline > 0 { now.saturating_add(deadline) } else { deadline };
        d.sides[side].deadline = at;
        if at < 0 {
            gs[side] = d.unblock(side, false);
        }
        d.arm(side);
    }
    d.lock.unlock();
    wake(gs);
}

/// A deadline's time has come; if it still counts, the waiter learns it.
pub fn deadline_passed(p: *mut u8, side: u32, seq: u64) {
    // SAFETY: N1.
    let d = unsafe { &mut *p.cast::<Desc>() };
    d.lock.lock();
    let mut g = 0;
    if d.sides[side as usize].seq == seq {
        d.sides[side as usize].deadline = -1;
        g = d.unblock(side as usize, false);
    }
    d.lock.unlock();
    wake([g, 0]);
}

#[unsafe(export_name = "runtime.isPollDescriptor")]
pub extern "C" fn is_poll_descriptor(fd: usize) -> bool {
    epoll::is_own(fd)
}
