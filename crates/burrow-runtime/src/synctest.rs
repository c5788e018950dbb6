//! Bubbles of testing/synctest: goroutines with a clock of their own that stands still while one of them can run.
//!
//! B1  `total` counts the bubble's goroutines but the root, which is the one that called Run. `running` counts those of
//!     them that are not *durably* blocked, and what `acquire` added. Both are guarded by `lock`.
//! B2  A goroutine that parks durably (`G.durable`) is taken off `running` after its unlock function ran; who readies it
//!     puts it back first. So `running` may be too high for a moment, never too low.
//! B3  When `running` becomes 0, the goroutine in Wait goes on; if there is none, the root: it lets the clock jump to
//!     the next timer and fires it, or reports a deadlock.
//!     A timer that is due when it is started (`due`) does not wait for that: the root fires it at once.
//! B4  Only what belongs to the bubble blocks durably: its channels (`Chan::bubble`), its timers, nil channels,
//!     condition variables, its WaitGroups.

use crate::arch::getg;
use crate::g::*;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{Mutex, RawLock};
use crate::timer::{self, Heap, Timer};
use core::ptr::null_mut;
use rust_alloc::boxed::Box;
use rust_alloc::collections::BTreeMap;

/// Midnight UTC 2000-01-01, where a bubble's clock begins.
const EPOCH: i64 = 946_684_800_000_000_000;

pub struct Bubble {
    lock: RawLock,
    pub now: i64,
    total: i64,
    running: i64,
    root: *mut G,
    root_parked: bool,
    waiter: *mut G,
    main_done: bool,
    /// A timer was started that is due already.
    due: bool,
    timers: Heap,
}

/// WaitGroups by address, and their bubble.
static ASSOCIATED: Mutex<BTreeMap<usize, usize>> = Mutex::new(BTreeMap::new());

impl Bubble {
    /// Who may go on now that nobody runs, or that a timer is due (B3). Locked.
    fn next(&mut self) -> *mut G {
        // The root comes here when it parks.
        if !self.root_parked || self.running > 0 && !self.due {
            return null_mut();
        }
        if !self.due && !self.waiter.is_null() {
            return core::mem::replace(&mut self.waiter, null_mut());
        }
        self.root_parked = false;
        self.root
    }

    fn add(&mut self, total: i64, running: i64) {
        self.lock.lock();
        self.total += total;
        self.running += running;
        let g = self.next();
        self.lock.unlock();
        if !g.is_null() {
            // SAFETY: taken out of the bubble under its lock: we are its only waker.
            unsafe { proc::ready(g) };
        }
    }
}

fn bubble(g: *mut G) -> *mut Bubble {
    // SAFETY: Gs live for ever; bubbles live while a goroutine is in them.
    unsafe { (*g).bubble as *mut Bubble }
}

/// The bubble's timers.
///
/// # Safety
/// `b` is a bubble that lives.
pub unsafe fn timers(b: usize) -> *const Heap {
    // SAFETY: the caller's promise.
    unsafe { &raw const (*(b as *const Bubble)).timers }
}

/// A timer of the bubble is to fire at `when`.
///
/// # Safety
/// `b` is a bubble that lives; no lock of timers is held.
pub unsafe fn timer_added(b: usize, when: i64) {
    // SAFETY: the caller's promise. The clock moves only while nobody of the bubble runs.
    unsafe {
        let b = &mut *(b as *mut Bubble);
        if when > b.now {
            return;
        }
        b.lock.lock();
        b.due = true;
        b.lock.unlock();
        b.add(0, 0);
    }
}

/// # Safety
/// `g` is a goroutine that is being made in a bubble.
pub unsafe fn inherit(g: *mut G) {
    // SAFETY: the creator is in the bubble.
    unsafe { (*bubble(g)).add(1, 1) };
}

/// # Safety
/// `g` is a goroutine of a bubble that has ended.
pub unsafe fn leave(g: *mut G) {
    // SAFETY: the root waits for it.
    unsafe {
        let b = bubble(g);
        if (*g).coro == 0 && (*b).root != g {
            (*b).add(-1, -1);
        }
    }
}

/// A goroutine of `b` is durably blocked now (B2).
pub fn blocked(b: usize) {
    // SAFETY: the root waits for the goroutine that is blocked.
    unsafe { (*(b as *mut Bubble)).add(0, -1) };
}

/// A durably blocked goroutine is about to be made runnable (B2).
pub fn unblocked(g: *mut G) {
    // SAFETY: it is blocked, so its bubble lives.
    unsafe {
        let b = bubble(g);
        (*b).lock.lock();
        (*b).running += 1;
        (*b).lock.unlock();
    }
}

/// Marks the current goroutine's next park as durable, if it is in a bubble and `own` holds.
pub fn durable(g: *mut G, own: bool) {
    // SAFETY: the current goroutine.
    unsafe {
        let b = bubble(g);
        if !b.is_null() && own && (*b).root != g {
            (*g).durable = 1;
        }
    }
}

// ---- calls of the overlay (linkname.go)

/// A bubble with the current goroutine as its root.
#[unsafe(export_name = "runtime.bubbleNew")]
pub extern "C" fn new() {
    let b = Box::new(Bubble {
        lock: RawLock::new(),
        now: EPOCH,
        total: 0,
        running: 0,
        root: getg(),
        root_parked: false,
        waiter: null_mut(),
        main_done: false,
        due: false,
        timers: Heap::new(true),
    });
    timer::add_bubble(&raw const b.timers);
    // SAFETY: the current goroutine.
    unsafe { (*getg()).bubble = Box::into_raw(b) as usize };
}

#[unsafe(export_name = "runtime.bubbleMainDone")]
pub extern "C" fn main_done() {
    // SAFETY: called on a goroutine of the bubble.
    unsafe { (*bubble(getg())).main_done = true };
}

#[unsafe(export_name = "runtime.bubbleEnd")]
pub extern "C" fn end() {
    // SAFETY: the root; nobody else is in the bubble.
    unsafe {
        let b = bubble(getg());
        (*getg()).bubble = 0;
        timer::drop_bubble(&raw const (*b).timers);
        ASSOCIATED.lock().retain(|_, owner| *owner != b as usize);
        drop(Box::from_raw(b));
    }
}

const FIRE: usize = 0;
const DONE: usize = 1;
const DEADLOCK: usize = 2;
const DEADLOCK_AFTER_MAIN: usize = 3;

/// A timer to fire now. There may be more: then the root comes back for them before it lets others go on.
unsafe fn fire_due(b: *mut Bubble) -> Option<Pair> {
    // SAFETY: on the root, in its bubble.
    unsafe {
        let t = timer::bubble_fire(&(*b).timers, (*b).now)?;
        (*b).lock.lock();
        (*b).due = true;
        (*b).lock.unlock();
        Some(Pair(FIRE, t as usize))
    }
}

/// Waits until nobody runs, and moves the clock: (what to do, timer to fire).
#[unsafe(export_name = "runtime.bubbleStep")]
pub unsafe extern "C" fn step(fired: *mut Timer) -> Pair {
    unsafe extern "C" fn park_root(g: *mut G, _: *mut u8) -> bool {
        let b = bubble(g);
        // SAFETY: the root's own bubble.
        unsafe {
            (*b).lock.lock();
            (*b).root_parked = true;
            let next = (*b).next();
            (*b).lock.unlock();
            if next == g {
                return false;
            }
            if !next.is_null() {
                proc::ready(next);
            }
        }
        true
    }
    // SAFETY: on the root.
    unsafe {
        if !fired.is_null() {
            timer::timer_done(fired);
        }
        let b = bubble(getg());
        loop {
            proc::park(Some(park_root), null_mut(), Wait::SynctestRun);
            (*b).lock.lock();
            let busy = (*b).running > 0 || !(*b).waiter.is_null();
            (*b).due = false;
            (*b).lock.unlock();
            if (*b).total == 0 {
                return Pair(DONE, 0);
            }
            if let Some(t) = fire_due(b) {
                return t;
            }
            if busy {
                continue;
            }
            if (*b).main_done {
                return Pair(DEADLOCK_AFTER_MAIN, 0);
            }
            let Some(when) = timer::bubble_next(&(*b).timers) else {
                return Pair(DEADLOCK, 0);
            };
            (*b).now = (*b).now.max(when);
            if let Some(t) = fire_due(b) {
                return t;
            }
        }
    }
}

#[unsafe(export_name = "runtime.bubbleWait")]
pub unsafe extern "C" fn wait() {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        let b = bubble(g);
        // SAFETY: the goroutine's own bubble. It counts as running until `blocked` is called for it.
        unsafe {
            (*b).lock.lock();
            (*b).waiter = g;
            (*b).lock.unlock();
        }
        true
    }
    // SAFETY: on a goroutine of the bubble.
    unsafe {
        let g = getg();
        if !(*bubble(g)).waiter.is_null() {
            crate::panics::fatal_str("wait already in progress");
        }
        durable(g, true);
        proc::park(Some(publish), null_mut(), Wait::SynctestWait);
    }
}

#[unsafe(export_name = "runtime.bubbleTime")]
pub extern "C" fn time() -> i64 {
    // SAFETY: on a goroutine of the bubble.
    unsafe { (*bubble(getg())).now }
}

/// Keeps the clock still (1), or lets it go again (-1).
#[unsafe(export_name = "runtime.bubbleHold")]
pub unsafe extern "C" fn hold(b: *mut Bubble, n: i64) {
    // SAFETY: a bubble that lives.
    unsafe { (*b).add(0, n) };
}

/// 0: `p` belongs to no bubble, 1: to the current one (now), 2: to another one.
#[unsafe(export_name = "runtime.bubbleAssociate")]
pub extern "C" fn associate(p: usize) -> u64 {
    let Some((object, _)) = crate::heap::object_at(p) else { return 0 };
    // SAFETY: on a goroutine of a bubble.
    let mine = unsafe { (*getg()).bubble };
    let _ = object;
    let mut table = ASSOCIATED.lock();
    let owner = *table.entry(p).or_insert(mine);
    if owner == mine { 1 } else { 2 }
}

#[unsafe(export_name = "runtime.bubbleDisassociate")]
pub extern "C" fn disassociate(p: usize) {
    ASSOCIATED.lock().remove(&p);
}

#[unsafe(export_name = "runtime.bubbleIsAssociated")]
pub extern "C" fn is_associated(p: usize) -> bool {
    // SAFETY: on a goroutine.
    let mine = unsafe { (*getg()).bubble };
    ASSOCIATED.lock().get(&p) == Some(&mine)
}

/// For `proc`: what `park` does for a durable one once it is off its stack.
pub fn take_durable(g: *mut G) -> usize {
    // SAFETY: the parking goroutine.
    unsafe { if (*g).durable != 0 { (*g).bubble } else { 0 } }
}

/// For `proc::ready`.
pub fn on_ready(g: *mut G) {
    // SAFETY: it waits, and we are its only waker.
    unsafe {
        if (*g).durable != 0 {
            (*g).durable = 0;
            unblocked(g);
        }
    }
}
