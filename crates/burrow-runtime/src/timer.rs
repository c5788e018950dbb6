//! Timers: one heap of deadlines for sleeping goroutines, package time's timers, and deadlines of the poller.
//!
//! I1  `TIMERS` guards the heap, the queue of fired timers, and the words of Go's timers from `when` on. It may be
//!     taken while a channel's lock is held, never the other way round.
//! I2  A Go timer is in the heap exactly if `index != 0` (its place + 1). It is armed exactly if `when != 0`.
//! I3  Its function is called by one goroutine of the runtime (`runtime.runTimers`), one timer at a time, or by the
//!     goroutine that claimed it (I5). `firing` counts the calls; meanwhile nobody can stop or reset the timer: they
//!     wait. So after Stop or Reset no stale value arrives.
//! I4  `NEXT` is the earliest deadline, read without the lock; the poller's thread sleeps no longer than that.
//! I5  A channel's timer is in the heap only while it is armed and goroutines are blocked on the channel (`blocked` of
//!     them). Otherwise nothing here refers to it, so it can be collected; what is due by then is sent by the next
//!     goroutine that looks at the channel (`is_due`, `timerClaim`). Any other armed timer is in the heap or in the
//!     queue.

use crate::arch::getg;
use crate::chan::{self, Chan};
use crate::chance;
use crate::g::*;
use crate::go_entry;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{AtomicBool, AtomicI64, AtomicPtr, Global, Mutex, Ordering};
use core::ptr::null_mut;
use rust_alloc::collections::{BTreeMap, VecDeque};
use rust_alloc::vec::Vec;

go_entry!(run_timers, "runtime.runTimers");

/// `runtime.timeTimer` of the overlay (time.go).
#[repr(C)]
pub struct Timer {
    c: usize,
    init: usize,
    when: i64,
    period: i64,
    f: usize,
    arg: [usize; 2],
    seq: usize,
    chan: *mut Chan,
    index: usize,
    firing: usize,
    queued: usize,
    /// The bubble it was made in; `made` tells a fresh timer.
    bubble: usize,
    made: usize,
    /// Goroutines that are blocked on the channel.
    blocked: usize,
}

#[derive(Clone, Copy)]
enum What {
    Sleep(*mut G),
    Timer(*mut Timer),
    /// A descriptor of the poller, mode, and the deadline's number.
    Poll(*mut u8, u32, u64),
}

#[derive(Clone, Copy)]
struct Entry {
    when: i64,
    /// Which comes first of those of the same time: chance in a bubble, where this is common.
    order: u32,
    what: What,
}

impl Entry {
    const fn new(when: i64, what: What) -> Entry {
        Entry { when, order: 0, what }
    }

    fn key(&self) -> (i64, u32) {
        (self.when, self.order)
    }
}

struct Timers {
    heap: Vec<Entry>,
    /// Fired timers whose function is to be called: (timer, when it was due).
    fired: VecDeque<(*mut Timer, i64)>,
    /// Heaps of the bubbles; a bubble's own heap has none.
    bubbles: BTreeMap<usize, Timers>,
    /// This heap is not the one of real time.
    fake: bool,
}

crate::shared! {
static TIMERS: Mutex<Timers> = Mutex::new(Timers::new(false));
static NEXT: AtomicI64 = AtomicI64::new(i64::MAX);
/// The goroutine of I3, while it has nothing to do.
static RUNNER: AtomicPtr<G> = AtomicPtr::new(null_mut());
static RUNNER_MADE: AtomicBool = AtomicBool::new(false);
}

impl Timers {
    const fn new(fake: bool) -> Timers {
        Timers { heap: Vec::new(), fired: VecDeque::new(), bubbles: BTreeMap::new(), fake }
    }

    /// The heap of a bubble, or of real time (0).
    fn of(&mut self, bubble: usize) -> &mut Timers {
        if bubble == 0 {
            return self;
        }
        crate::arch::on_g0(|| self.bubbles.entry(bubble).or_insert_with(|| Timers::new(true)))
    }

    fn place(&mut self, i: usize, e: Entry) {
        self.heap[i] = e;
        if let What::Timer(t) = e.what {
            // SAFETY: I1, I2.
            unsafe { (*t).index = i + 1 };
        }
    }

    fn up(&mut self, mut i: usize) {
        let e = self.heap[i];
        while i > 0 {
            let parent = (i - 1) / 4;
            if self.heap[parent].key() <= e.key() {
                break;
            }
            let p = self.heap[parent];
            self.place(i, p);
            i = parent;
        }
        self.place(i, e);
    }

    fn down(&mut self, mut i: usize) {
        let e = self.heap[i];
        let n = self.heap.len();
        loop {
            let first = i * 4 + 1;
            if first >= n {
                break;
            }
            let last = (first + 4).min(n);
            let least = (first..last).min_by_key(|&k| self.heap[k].key()).unwrap_or(first);
            if self.heap[least].key() >= e.key() {
                break;
            }
            let child = self.heap[least];
            self.place(i, child);
            i = least;
        }
        self.place(i, e);
    }

    fn insert(&mut self, mut e: Entry) {
        if self.fake {
            e.order = (chance::word() >> 32) as u32;
        }
        self.heap.push(e);
        self.up(self.heap.len() - 1);
        self.publish();
    }

    fn remove(&mut self, i: usize) -> Entry {
        let e = self.heap[i];
        if let What::Timer(t) = e.what {
            leaves(t);
            // SAFETY: I1, I2.
            unsafe { (*t).index = 0 };
        }
        let last = self.heap.pop().unwrap_or(e);
        if i < self.heap.len() {
            self.place(i, last);
            self.up(i);
            self.down(i);
        }
        self.publish();
        e
    }

    /// Puts an armed timer into the heap if it belongs there (I5); whether it is the earliest now.
    fn admit(&mut self, timer: *mut Timer) -> bool {
        // SAFETY: I1.
        let (when, wanted) = unsafe {
            let t = &*timer;
            (t.when, t.index == 0 && t.when > 0 && (t.chan.is_null() || t.blocked > 0))
        };
        if wanted {
            self.insert(Entry::new(when, What::Timer(timer)));
        }
        wanted && self.heap[0].when == when
    }

    /// I4.
    fn publish(&self) {
        if self.fake {
            return;
        }
        let next = self.heap.first().map_or(i64::MAX, |e| e.when);
        NEXT.store(next, Ordering::SeqCst);
    }
}

fn add(e: Entry, bubble: usize) {
    let earliest = {
        let mut t = TIMERS.lock();
        let t = t.of(bubble);
        t.insert(e);
        t.heap[0].when == e.when
    };
    if earliest && bubble == 0 {
        crate::poll::wake_by(e.when);
    }
}

/// Changes a Go timer, and puts it into its heap if it belongs there then.
unsafe fn admit(timer: *mut Timer, change: impl FnOnce(&mut Timer, &mut Timers)) {
    // SAFETY: a Go timer; I1.
    let (when, bubble, earliest) = unsafe {
        let mut all = TIMERS.lock();
        let heap = all.of((*timer).bubble);
        change(&mut *timer, heap);
        let earliest = heap.admit(timer);
        ((*timer).when, (*timer).bubble, earliest)
    };
    if earliest && bubble == 0 {
        crate::poll::wake_by(when);
    } else if earliest {
        // SAFETY: the timer's bubble lives: its goroutines alone may start timers of it.
        unsafe { crate::synctest::timer_added(bubble, when) };
    }
}

pub fn next_deadline() -> i64 {
    NEXT.load(Ordering::SeqCst)
}

pub fn any_pending() -> bool {
    let t = TIMERS.lock();
    !t.heap.is_empty() || !t.fired.is_empty()
}

/// What the collector must follow: timers of package time that are in a heap or have fired (I5). Those that leave
/// afterwards are shaded.
pub fn roots() -> Vec<usize> {
    let t = TIMERS.lock();
    let heaps = t.heap.iter().chain(t.bubbles.values().flat_map(|b| &b.heap));
    let armed = heaps.filter_map(|e| match e.what {
        What::Timer(t) => Some(t as usize),
        What::Sleep(_) | What::Poll(..) => None,
    });
    armed.chain(t.fired.iter().map(|&(t, _)| t as usize)).collect()
}

/// A timer leaves what the collector follows.
fn leaves(t: *mut Timer) {
    if crate::gc::marking() != 0 {
        crate::gc::shade(t as usize);
    }
}

/// Fires what is due. On any thread, with or without P, not while the world is stopped by this thread.
#[inline]
pub fn run_due() {
    if NEXT.load(Ordering::Relaxed) != i64::MAX {
        run_due_slow();
    }
}

fn run_due_slow() {
    let now = chance::nanotime();
    if NEXT.load(Ordering::SeqCst) > now {
        return;
    }
    loop {
        let mut t = TIMERS.lock();
        let Some(&first) = t.heap.first() else { return };
        if first.when > now {
            return;
        }
        match first.what {
            What::Sleep(g) => {
                t.remove(0);
                drop(t);
                // SAFETY: it sleeps, and its entry was the only one.
                unsafe { proc::ready(g) };
            }
            What::Poll(pd, mode, seq) => {
                t.remove(0);
                drop(t);
                crate::poll::deadline_passed(pd, mode, seq);
            }
            What::Timer(timer) => {
                fire(&mut t, timer, now);
                drop(t);
                wake_runner();
            }
        }
    }
}

impl Timer {
    /// A ticker's next time after `now`; a timer is disarmed.
    fn advance(&mut self, now: i64) {
        self.when = match self.period {
            0 => 0,
            period => self.when + period * (1 + (now - self.when) / period),
        };
    }
}

/// Queues the call of a due timer's function; a ticker is armed anew.
fn fire(t: &mut Timers, timer: *mut Timer, now: i64) {
    // SAFETY: I1: an armed timer.
    unsafe {
        let due = (*timer).when;
        (*timer).advance(now);
        if (*timer).when > 0 {
            t.heap[0].when = (*timer).when;
            t.down(0);
            t.publish();
        } else {
            t.remove(0);
        }
        if (*timer).queued == 0 {
            (*timer).queued = 1;
            t.fired.push_back((timer, due));
        }
    }
}

fn wake_runner() {
    let g = RUNNER.swap(null_mut(), Ordering::SeqCst);
    if !g.is_null() {
        // SAFETY: it parked in `next_fired`, and the swap makes us its only waker.
        unsafe { proc::ready(g) };
    }
}

/// Makes the goroutine of I3, once.
fn need_runner() {
    if RUNNER_MADE.swap(true, Ordering::SeqCst) {
        return;
    }
    static CELL: Global<usize> = Global::new(0);
    // SAFETY: written once, before the goroutine can run; on a goroutine.
    unsafe {
        *CELL.as_ptr() = run_timers();
        proc::start_system(CELL.as_ptr() as usize);
    }
}

/// The next fired timer: (timer, how late). `previous` is the one whose function has returned.
#[unsafe(export_name = "runtime.nextFired")]
pub unsafe extern "C" fn next_fired(previous: *mut Timer) -> Pair {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        RUNNER.store(g, Ordering::SeqCst);
        TIMERS.lock().fired.is_empty() || RUNNER.swap(null_mut(), Ordering::SeqCst).is_null()
    }
    // SAFETY: I1, I3.
    unsafe {
        if !previous.is_null() {
            timer_done(previous);
        }
        loop {
            {
                let mut t = TIMERS.lock();
                if let Some((timer, due)) = t.fired.pop_front() {
                    leaves(timer);
                    (*timer).queued = 0;
                    (*timer).firing += 1;
                    return Pair(timer as usize, (chance::nanotime() - due) as usize);
                }
            }
            proc::park(Some(publish), null_mut(), Wait::Sleep);
        }
    }
}

/// Takes a timer out of everything, waiting for its function if that runs; whether it was armed.
unsafe fn disarm(timer: *mut Timer) -> bool {
    loop {
        let mut t = TIMERS.lock();
        // SAFETY: I1.
        unsafe {
            if (*timer).firing != 0 && !(*timer).chan.is_null() {
                drop(t);
                proc::gosched();
                continue;
            }
            let mut was = (*timer).when > 0;
            (*timer).when = 0;
            if (*timer).index != 0 {
                let i = (*timer).index - 1;
                t.of((*timer).bubble).remove(i);
            }
            if (*timer).queued != 0 {
                (*timer).queued = 0;
                t.fired.retain(|&(q, _)| q != timer);
                was = true;
            }
            drop(t);
            if !(*timer).chan.is_null() && chan::discard((*timer).chan) {
                was = true;
            }
            return was;
        }
    }
}

#[unsafe(export_name = "runtime.timerStart")]
pub unsafe extern "C" fn timer_start(timer: *mut Timer, when: i64, period: i64) -> bool {
    need_runner();
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        if (*timer).made == 0 {
            (*timer).made = 1;
            (*timer).bubble = (*getg()).bubble;
        } else {
            check_bubble(timer, "reset of synctest timer from outside bubble");
        }
        let was = disarm(timer);
        admit(timer, |t, heap| {
            if t.index != 0 {
                // Somebody else has started it meanwhile.
                heap.remove(t.index - 1);
            }
            t.when = when.max(1);
            t.period = period;
            t.seq = t.seq.wrapping_add(1);
        });
        was
    }
}

/// A bubble's timer is changed by goroutines of a bubble only.
unsafe fn check_bubble(timer: *const Timer, message: &str) {
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        if (*timer).bubble != 0 && (*getg()).bubble == 0 {
            crate::panics::fatal_str(message);
        }
    }
}

#[unsafe(export_name = "runtime.timerStop")]
pub unsafe extern "C" fn timer_stop(timer: *mut Timer) -> bool {
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        check_bubble(timer, "stop of synctest timer from outside bubble");
        disarm(timer)
    }
}

// ---- timers of channels (I5)

/// A goroutine is about to block on the timer's channel, whose lock it holds.
///
/// # Safety
/// `timer` is a channel's timer.
pub unsafe fn block(timer: *mut Timer) {
    // SAFETY: the caller's promise.
    unsafe { admit(timer, |t, _| t.blocked += 1) };
}

/// The goroutine is blocked no longer.
///
/// # Safety
/// `block` was called for it.
pub unsafe fn unblock(timer: *mut Timer) {
    let mut all = TIMERS.lock();
    // SAFETY: I1.
    unsafe {
        (*timer).blocked -= 1;
        if (*timer).blocked == 0 && (*timer).index != 0 {
            let i = (*timer).index - 1;
            all.of((*timer).bubble).remove(i);
        }
    }
}

/// The clock that counts for a timer; none if it is that of another bubble.
unsafe fn clock(timer: *const Timer) -> Option<i64> {
    // SAFETY: a Go timer; on a goroutine.
    unsafe {
        match (*timer).bubble {
            0 => Some(chance::nanotime()),
            b => ((*getg()).bubble == b).then(|| crate::synctest::time()),
        }
    }
}

/// Whether a value of the timer is due that nobody will send unless the caller does: a quick look, for `timerClaim`
/// to decide.
///
/// # Safety
/// `timer` is a channel's timer; on a goroutine.
pub unsafe fn is_due(timer: *const Timer) -> bool {
    // SAFETY: racy looks at words of a live timer.
    unsafe {
        let when = (&raw const (*timer).when).read_volatile();
        when != 0
            && (&raw const (*timer).index).read_volatile() == 0
            && clock(timer).is_some_and(|now| when <= now)
    }
}

/// The channel's timer, if its value is due and the caller is to send it, and how late it is. Ends with `timerDone`.
#[unsafe(export_name = "runtime.timerClaim")]
pub unsafe extern "C" fn timer_claim(c: *const Chan) -> Pair {
    // SAFETY: a channel with a timer, on a goroutine; I1.
    unsafe {
        let timer = (*c).timer();
        let _guard = TIMERS.lock();
        let Some(now) = clock(timer) else { return Pair(0, 0) };
        let due = (*timer).when;
        if due == 0 || due > now || (*timer).index != 0 {
            return Pair(0, 0);
        }
        (*timer).advance(now);
        (*timer).firing += 1;
        Pair(timer as usize, (now - due) as usize)
    }
}

/// The function of a timer has returned.
#[unsafe(export_name = "runtime.timerDone")]
pub extern "C" fn timer_done(timer: *mut Timer) {
    let _guard = TIMERS.lock();
    // SAFETY: I1, I3.
    unsafe { (*timer).firing -= 1 };
}

#[unsafe(export_name = "runtime.sleep")]
pub unsafe extern "C" fn sleep(ns: i64) {
    unsafe extern "C" fn arm(g: *mut G, _: *mut u8) -> bool {
        // SAFETY: the goroutine is off its stack and waits.
        let (when, bubble) = unsafe { ((*g).sleep_when, (*g).bubble) };
        add(Entry::new(when, What::Sleep(g)), bubble);
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

/// A deadline of the poller; it is not taken back: `seq` tells a stale one.
pub fn add_poll(when: i64, pd: *mut u8, mode: u32, seq: u64) {
    add(Entry::new(when, What::Poll(pd, mode, seq)), 0);
}

// ---- bubbles

/// When the bubble's next timer is due.
pub fn bubble_next(bubble: usize) -> Option<i64> {
    TIMERS.lock().of(bubble).heap.first().map(|e| e.when)
}

/// Fires what is due at `now`: sleepers become runnable; of timers one is given, for its function to be called.
pub fn bubble_fire(bubble: usize, now: i64) -> Option<*mut Timer> {
    loop {
        let mut t = TIMERS.lock();
        let t = t.of(bubble);
        let first = t.heap.first().copied().filter(|e| e.when <= now)?;
        match first.what {
            What::Sleep(g) => {
                t.remove(0);
                // SAFETY: it sleeps, and its entry was the only one. `ready` takes no lock of timers.
                unsafe { proc::ready(g) };
            }
            What::Poll(..) => {
                t.remove(0);
            }
            What::Timer(timer) => {
                // SAFETY: I1.
                unsafe {
                    (*timer).advance(now);
                    if (*timer).when > 0 {
                        t.heap[0].when = (*timer).when;
                        t.down(0);
                    } else {
                        t.remove(0);
                    }
                    (*timer).firing += 1;
                }
                return Some(timer);
            }
        }
    }
}

pub fn drop_bubble(bubble: usize) {
    let mut t = TIMERS.lock();
    if let Some(b) = t.bubbles.remove(&bubble) {
        for e in b.heap {
            if let What::Timer(timer) = e.what {
                // SAFETY: I2: it is in no heap any more.
                unsafe {
                    (*timer).index = 0;
                    (*timer).when = 0;
                }
            }
        }
    }
}
