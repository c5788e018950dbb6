//! Timers: package time's, sleeping goroutines, deadlines of the poller. Each P has a heap of them (`heap`), and so has each
//! bubble; `fired` runs what is due. gc: `time.go`.
//!
//! I1  An alarm's lock guards its words and those of the timer around it; `state` and `when` may be looked at without it.
//!     An alarm enters or leaves a heap (`HEAPED`, `heap`) only with that heap's lock held as well.
//! I2  What is in a heap is changed by its alarm alone, without the heap's lock: `CHANGED` says that the entry's time is
//!     not `when` any more, `ZOMBIE` that the entry means nothing. Whoever has the heap's lock puts the entry right before
//!     it counts. A timer is armed exactly if `when != 0`.
//! I3  A timer's function is called by one goroutine of the runtime (`runtime.runTimers`), one timer at a time, or by the
//!     goroutine that claimed it (I5), or a bubble's root. While that of a channel's timer runs (`firing`), nobody can stop or
//!     reset the timer: they wait. So after Stop or Reset no stale value arrives.
//! I4  A P's heap is run by the thread that has the P, by those that look for work, and by those that wake up for the
//!     earliest deadline of all heaps. Whoever makes that an earlier one wakes who sleeps (J2).
//! I5  A channel's timer is live in a heap only while it is armed and goroutines are blocked on the channel (`blocked` of
//!     them). Otherwise the collector does not follow it from here, so it can be freed; what is due by then is sent by the
//!     next goroutine that looks at the channel (`is_due`, `timerClaim`). Any other armed timer is live in a heap or
//!     in the queue of fired ones.
//! I6  Order of locks: a channel's or descriptor's; `BUBBLES`; a heap's (two: that of the lower P first); an alarm's;
//!     `FIRED`. Nobody is woken while one of the last three is held.

use crate::arch::{getg, m};
use crate::chan::{self, Chan};
use crate::chance;
use crate::g::*;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{AtomicI64, AtomicU8, BriefLock, Ordering};
use core::cell::Cell;
use core::mem::offset_of;
use core::ptr::{null, null_mut};

mod bubble;
mod fired;
mod heap;

pub use bubble::*;
pub use fired::*;
pub use heap::Heap;
use heap::What;

/// `Alarm::state`: it has an entry in a heap.
const HEAPED: u8 = 1;
/// The entry's time is not the alarm's.
const CHANGED: u8 = 2;
/// The entry means nothing.
const ZOMBIE: u8 = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    /// A timer with a function.
    Function = 0,
    /// A channel's timer.
    Channel,
    Poll,
}

/// Something that is due at a time and may be changed while it waits for that.
#[repr(C)]
pub struct Alarm {
    lock: BriefLock,
    state: AtomicU8,
    kind: Cell<Kind>,
    /// Its clock is a bubble's.
    fake: Cell<bool>,
    /// It has fired, and its function is still to be called.
    queued: Cell<bool>,
    /// 0: not armed.
    when: AtomicI64,
    /// Its entry's time.
    entry_when: Cell<i64>,
    heap: Cell<*const Heap>,
    /// Which comes first of those of the same time: chance in a bubble, where this is common.
    order: Cell<u32>,
    /// Tells an entry in the queue of fired timers from a stale one.
    generation: Cell<u32>,
    /// Goroutines that are blocked on the channel.
    blocked: Cell<u32>,
    /// Calls of the function that have not returned; for channels only.
    firing: Cell<u32>,
}

/// `runtime.timeTimer` of the overlay (time.go).
#[repr(C)]
pub struct Timer {
    /// Package time's own words.
    time: [usize; 2],
    alarm: Alarm,
    period: Cell<i64>,
    f: usize,
    /// An interface: for a channel's timer, with the channel.
    arg: [usize; 2],
}

const _: () = assert!(offset_of!(Timer, alarm) == 16 && size_of::<Timer>() == 12 * 8);

/// A deadline of one side of a descriptor.
#[repr(C)]
pub struct Deadline {
    alarm: Alarm,
    descriptor: Cell<*mut u8>,
    mode: Cell<u32>,
    /// Tells a stale one.
    seq: Cell<u64>,
}

/// What is left to do after a change of an alarm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    /// It belongs into a heap.
    Add,
    /// It is due before anything else that was changed.
    Wake,
}

impl Alarm {
    const fn new(kind: Kind) -> Alarm {
        Alarm {
            lock: BriefLock::new(),
            state: AtomicU8::new(0),
            kind: Cell::new(kind),
            fake: Cell::new(false),
            queued: Cell::new(false),
            when: AtomicI64::new(0),
            entry_when: Cell::new(0),
            heap: Cell::new(null()),
            order: Cell::new(0),
            generation: Cell::new(0),
            blocked: Cell::new(0),
            firing: Cell::new(0),
        }
    }

    fn when(&self) -> i64 {
        self.when.load(Ordering::Relaxed)
    }

    fn set_when(&self, when: i64) {
        self.when.store(when, Ordering::Relaxed);
    }

    fn is_channel(&self) -> bool {
        self.kind.get() == Kind::Channel
    }

    /// Whether it is to be live in a heap (I5). Locked.
    fn wanted(&self) -> bool {
        self.when() > 0 && (!self.is_channel() || self.blocked.get() > 0)
    }

    /// Some heap fires it; nobody else does.
    fn is_live(&self) -> bool {
        self.state.load(Ordering::Acquire) & (HEAPED | ZOMBIE) == HEAPED
    }

    /// Disarms it; whether it was armed. Locked; `follow` comes next.
    fn disarm(&self) -> bool {
        let was = self.when() > 0;
        self.set_when(0);
        if !self.queued.get() {
            return was;
        }
        self.queued.set(false);
        self.generation.set(self.generation.get().wrapping_add(1));
        true
    }

    /// Marks its entry after a change (I2). Locked.
    fn follow(&self) -> Left {
        let state = self.state.load(Ordering::Relaxed);
        let wanted = self.wanted();
        if state & HEAPED == 0 {
            return if wanted { Left::Add } else { Left::Nothing };
        }
        // SAFETY: Ps are never freed, and a bubble that ends leaves no alarm with its heap.
        let heap = unsafe { &*self.heap.get() };
        if !wanted {
            if state & ZOMBIE == 0 {
                self.state.store(state | ZOMBIE, Ordering::Release);
                heap.count(-1);
            }
            return Left::Nothing;
        }
        if state & ZOMBIE != 0 {
            heap.count(1);
        }
        let (when, entry) = (self.when(), self.entry_when.get());
        let new = if when == entry { HEAPED } else { HEAPED | CHANGED };
        if new != state {
            self.state.store(new, Ordering::Release);
        }
        if when < entry && heap.lower(when) { Left::Wake } else { Left::Nothing }
    }
}

/// The heap for what is added here: the bubble's, or that of this thread's P.
unsafe fn heap_here(bubble: usize) -> &'static Heap {
    // SAFETY: on a thread with a P, in the bubble if there is one; Ps are never freed, bubbles not before their heaps
    // are cleared.
    unsafe {
        match bubble {
            0 => &(*(*m()).p).timers,
            b => &*crate::synctest::timers(b),
        }
    }
}

/// Something is due at `when` that was not before: who sleeps longer must know.
fn wake(when: i64, bubble: usize) {
    if bubble == 0 {
        crate::poll::wake_by(when);
    } else {
        // SAFETY: the bubble lives: its goroutines alone may start timers of it.
        unsafe { crate::synctest::timer_added(bubble, when) };
    }
}

/// Does what is left after a change. On a goroutine; no lock of timers is held.
///
/// # Safety
/// `what` has this alarm.
#[inline]
unsafe fn finish(left: Left, alarm: &Alarm, what: What) {
    if left != Left::Nothing {
        // SAFETY: the caller's promise.
        unsafe { add_or_wake(left, alarm, what) };
    }
}

unsafe fn add_or_wake(left: Left, alarm: &Alarm, what: What) {
    let mut when = alarm.when();
    // SAFETY: on a goroutine.
    let bubble = if alarm.fake.get() { unsafe { (*getg()).bubble } } else { 0 };
    if left == Left::Add {
        // SAFETY: on a goroutine; a bubble's timer is changed by goroutines of a bubble only.
        let mut heap = unsafe { heap_here(bubble) }.lock();
        heap.tidy();
        let _guard = alarm.lock.guard();
        // Somebody else may have added or stopped it meanwhile.
        if alarm.state.load(Ordering::Relaxed) & HEAPED != 0 || !alarm.wanted() {
            return;
        }
        when = alarm.when();
        if !heap.add(alarm, what) && bubble == 0 {
            return;
        }
    }
    wake(when, bubble);
}

/// A bubble's timer is changed by goroutines of a bubble only.
unsafe fn check_bubble(timer: &Timer, message: &str) {
    // SAFETY: on a goroutine.
    if timer.alarm.fake.get() && unsafe { (*getg()).bubble } == 0 {
        crate::panics::fatal_str(message);
    }
}

impl Timer {
    /// The channel that it sends to, or null.
    fn chan(&self) -> *mut Chan {
        if self.alarm.is_channel() { self.arg[1] as *mut Chan } else { null_mut() }
    }

    /// A ticker's next time after `now`; 0 for a timer.
    fn next_after(&self, now: i64) -> i64 {
        let when = self.alarm.when();
        match self.period.get() {
            0 => 0,
            // Past the end of time: never.
            period => when.saturating_add(period.saturating_mul(1 + (now - when) / period)),
        }
    }

    /// Disarms the timer, and locks it; whether it was armed. Nothing of it is on its way then, or in its channel.
    #[inline]
    fn lock_disarmed(&self) -> bool {
        if self.alarm.is_channel() {
            return self.lock_disarmed_channel();
        }
        self.alarm.lock.lock();
        self.alarm.disarm()
    }

    fn lock_disarmed_channel(&self) -> bool {
        let mut was = false;
        loop {
            self.alarm.lock.lock();
            if self.alarm.firing.get() == 0 {
                was |= self.alarm.disarm();
                let c = self.chan();
                // SAFETY: the channel of a timer.
                if !unsafe { chan::has_value(c) } {
                    return was;
                }
                // Nobody sends now. A channel's lock is taken before ours.
                self.alarm.follow();
                self.alarm.lock.unlock();
                // SAFETY: as above.
                was |= unsafe { chan::discard(c) };
            } else {
                self.alarm.lock.unlock();
                proc::gosched();
            }
        }
    }
}

/// Whether it is armed, for the model's tests.
#[cfg(all(test, feature = "model"))]
pub fn is_armed(timer: *mut Timer) -> bool {
    // SAFETY: a timer.
    unsafe { (*timer).alarm.when() != 0 }
}

/// Makes a fresh timer, of a channel if that is not null, and arms it.
#[unsafe(export_name = "runtime.timerNew")]
pub unsafe extern "C" fn timer_new(timer: *mut Timer, c: *mut Chan, when: i64, period: i64) {
    need_runner();
    // SAFETY: a Go timer that nobody else knows; on a goroutine.
    unsafe {
        let t = &*timer;
        if !c.is_null() {
            t.alarm.kind.set(Kind::Channel);
            chan::set_timer(c, timer);
        }
        t.alarm.fake.set((*getg()).bubble != 0);
        t.alarm.set_when(when.max(1));
        t.period.set(period);
        if c.is_null() {
            finish(Left::Add, &t.alarm, What::Timer(timer));
        }
    }
}

#[unsafe(export_name = "runtime.timerStart")]
pub unsafe extern "C" fn timer_start(timer: *mut Timer, when: i64, period: i64) -> bool {
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        let t = &*timer;
        check_bubble(t, "reset of synctest timer from outside bubble");
        let was = t.lock_disarmed();
        t.alarm.set_when(when.max(1));
        t.period.set(period);
        let left = t.alarm.follow();
        t.alarm.lock.unlock();
        finish(left, &t.alarm, What::Timer(timer));
        was
    }
}

#[unsafe(export_name = "runtime.timerStop")]
pub unsafe extern "C" fn timer_stop(timer: *mut Timer) -> bool {
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        let t = &*timer;
        check_bubble(t, "stop of synctest timer from outside bubble");
        let was = t.lock_disarmed();
        t.alarm.follow();
        t.alarm.lock.unlock();
        was
    }
}

// ---- timers of channels (I5)

/// A goroutine is about to block on the timer's channel, whose lock it holds.
///
/// # Safety
/// `timer` is a channel's timer.
pub unsafe fn block(timer: *mut Timer) {
    // SAFETY: the caller's promise.
    unsafe {
        let alarm = &(*timer).alarm;
        alarm.lock.lock();
        alarm.blocked.set(alarm.blocked.get() + 1);
        let left = alarm.follow();
        alarm.lock.unlock();
        finish(left, alarm, What::Timer(timer));
    }
}

/// The goroutine is blocked no longer.
///
/// # Safety
/// `block` was called for it.
pub unsafe fn unblock(timer: *mut Timer) {
    // SAFETY: the caller's promise.
    let alarm = unsafe { &(*timer).alarm };
    let _guard = alarm.lock.guard();
    alarm.blocked.set(alarm.blocked.get() - 1);
    alarm.follow();
}

/// The clock that counts for a channel's timer; none if it is that of another bubble.
unsafe fn clock(timer: &Timer) -> Option<i64> {
    if !timer.alarm.fake.get() {
        return Some(chance::nanotime());
    }
    // SAFETY: the timer's channel; on a goroutine.
    let mine = unsafe { chan::bubble_of(timer.chan()) == (*getg()).bubble };
    mine.then(|| crate::synctest::time())
}

/// Whether a value of the timer is due that nobody will send unless the caller does: a quick look, for `timerClaim`
/// to decide.
///
/// # Safety
/// `timer` is a channel's timer; on a goroutine.
pub unsafe fn is_due(timer: *const Timer) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let t = &*timer;
        let when = t.alarm.when();
        when != 0 && !t.alarm.is_live() && clock(t).is_some_and(|now| when <= now)
    }
}

/// The channel's timer, if its value is due and the caller is to send it, and how late it is. Ends with `timerDone`.
#[unsafe(export_name = "runtime.timerClaim")]
pub unsafe extern "C" fn timer_claim(c: *const Chan) -> Pair {
    // SAFETY: a channel with a timer, on a goroutine.
    unsafe {
        let timer = (*c).timer();
        let t = &*timer;
        let _guard = t.alarm.lock.guard();
        let Some(now) = clock(t) else { return Pair(0, 0) };
        let due = t.alarm.when();
        if due == 0 || due > now || t.alarm.is_live() {
            return Pair(0, 0);
        }
        t.alarm.set_when(t.next_after(now));
        t.alarm.follow();
        t.alarm.firing.set(t.alarm.firing.get() + 1);
        Pair(timer as usize, (now - due) as usize)
    }
}

/// The function of a timer has returned.
#[unsafe(export_name = "runtime.timerDone")]
pub extern "C" fn timer_done(timer: *mut Timer) {
    // SAFETY: a Go timer.
    let alarm = unsafe { &(*timer).alarm };
    if alarm.is_channel() {
        let _guard = alarm.lock.guard();
        alarm.firing.set(alarm.firing.get() - 1);
    }
}

// ---- sleep, deadlines

#[unsafe(export_name = "runtime.sleep")]
pub unsafe extern "C" fn sleep(ns: i64) {
    unsafe extern "C" fn arm(g: *mut G, _: *mut u8) -> bool {
        // SAFETY: the goroutine is off its stack and waits; this thread has a P. The goroutine is another's as soon as the
        // heap is unlocked.
        unsafe {
            let (when, bubble) = ((*g).sleep_when, (*g).bubble);
            if heap_here(bubble).lock().add_sleeper(when, g) {
                wake(when, bubble);
            }
        }
        true
    }
    // SAFETY: on a goroutine.
    unsafe {
        let g = getg();
        let now = match (*g).bubble {
            0 => chance::nanotime(),
            _ => crate::synctest::time(),
        };
        (*g).sleep_when = now.saturating_add(ns);
        crate::synctest::durable(g, true);
        proc::park(Some(arm), null_mut(), Wait::Sleep);
    }
}

impl Deadline {
    pub const fn new() -> Deadline {
        Deadline {
            alarm: Alarm::new(Kind::Poll),
            descriptor: Cell::new(null_mut()),
            mode: Cell::new(0),
            seq: Cell::new(0),
        }
    }

    /// Lets `poll::deadline_passed(descriptor, mode, seq)` be called at `when`; 0: not at all. What it was set to before does
    /// not count any more, unless that call is on its way.
    ///
    /// # Safety
    /// On a goroutine; the deadline is never freed.
    pub unsafe fn set(&self, when: i64, descriptor: *mut u8, mode: u32, seq: u64) {
        self.alarm.lock.lock();
        self.descriptor.set(descriptor);
        self.mode.set(mode);
        self.seq.set(seq);
        self.alarm.set_when(when);
        let left = self.alarm.follow();
        self.alarm.lock.unlock();
        // SAFETY: the caller's promise.
        unsafe {
            finish(left, &self.alarm, What::Poll(core::ptr::from_ref(self).cast_mut()));
        }
    }
}
