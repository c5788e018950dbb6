//! The network poller: epoll, edge-triggered, and the thread that also watches over the timers.
//!
//! N1  A descriptor's record (`Desc`) is never freed, only used again; `seq` numbers its uses, and goes into epoll's
//!     event data, so that a late event is recognised.
//! N2  `side.wait` is 0 (nothing), 1 (ready), or the G that waits. All of a record is guarded by its lock.
//! N3  The poller's thread has no P: it makes goroutines runnable by the global queue.

use crate::arch::getg;
use crate::chance;
use crate::g::*;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{AtomicI32, AtomicI64, Mutex, Ordering, RawLock};
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
/// When the poller's thread wakes up by itself; it is asleep while this is not 0.
static SLEEPS_UNTIL: AtomicI64 = AtomicI64::new(0);
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
}

pub fn start() {
    epoll::open();
    proc::start_thread(run);
}

/// Makes the poller's thread look at the timers in time for a deadline.
pub fn wake_by(when: i64) {
    if SLEEPS_UNTIL.load(Ordering::SeqCst) > when {
        interrupt();
    }
}

/// Lets the poller's thread go once around its loop.
pub fn interrupt() {
    epoll::interrupt();
}

fn run() {
    loop {
        let mut events = [Event { events: 0, data: 0 }; 128];
        // First say how long, then look: who adds an earlier timer in between interrupts us.
        SLEEPS_UNTIL.store(i64::MAX, Ordering::SeqCst);
        let next = timer::next_deadline();
        SLEEPS_UNTIL.store(next, Ordering::SeqCst);
        let n = if timer::next_deadline() < next { 0 } else { epoll::wait(&mut events, next) };
        SLEEPS_UNTIL.store(0, Ordering::SeqCst);
        // What is taken out of the heap or a descriptor is in no queue for a moment: no deadlock meanwhile.
        proc::OUTSIDE.fetch_add(1, Ordering::SeqCst);
        let first = if n > 1 && chance::fuzz(1) { chance::below(n) } else { 0 };
        for i in 0..n {
            handle(events[(first + i) % n]);
        }
        proc::spawn_unborn();
        timer::run_due();
        proc::OUTSIDE.fetch_sub(1, Ordering::SeqCst);
        proc::recheck_dead();
    }
}

fn handle(e: Event) {
    if e.data == 0 {
        epoll::drain();
        return;
    }
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
    wake(gs);
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

pub fn any_waiters() -> bool {
    WAITERS.load(Ordering::SeqCst) > 0
}
