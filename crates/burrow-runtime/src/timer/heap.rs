//! The heap of a P, or of a bubble: four children a node, entries with their own copy of `when`. gc: `timers`.
//!
//! J1  The lock guards the entries. `least`, `least_changed`, `live` and `len` are read without it.
//! J2  Nothing in the heap is due before `earliest`: `least` is the first entry's time, `least_changed` not later than that
//!     of any alarm that was set to before its entry's time. Whoever lowers one of them says so afterwards to who
//!     sleeps (`poll::wake_by`).
//! J3  `live` counts the entries that are no zombies: whether anything will ever happen can be told from it alone.
//! J4  Zombies leave at the head, at the end, or all at once when more than a quarter of the entries are zombies.

use super::{Alarm, CHANGED, Deadline, HEAPED, Timer, ZOMBIE};
use crate::chance;
use crate::g::G;
use crate::sync::{AtomicI32, AtomicI64, AtomicU32, Mutex, MutexGuard, Ordering};
use core::ptr::null;
use rust_alloc::vec::Vec;

/// No more zombies than this are no reason to look through the heap: a timer that is waited for again and again is one in
/// between.
const FEW_ZOMBIES: usize = if cfg!(feature = "model") { 2 } else { 32 };
/// A heap with room for more gives some back when three quarters of it are free.
const LARGE: usize = 4096;
/// How many entries ahead an alarm is fetched into the cache.
const AHEAD: usize = 8;

/// What an entry stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum What {
    Timer(*mut Timer),
    Sleep(*mut G),
    Poll(*mut Deadline),
}

/// Kinds of entries, in the low bits of their addresses.
const TIMER: usize = 0;
const SLEEP: usize = 1;
const POLL: usize = 2;

#[derive(Clone, Copy)]
struct Entry {
    when: i64,
    tagged: usize,
}

impl Entry {
    fn new(when: i64, what: What) -> Entry {
        let tagged = match what {
            What::Timer(t) => t as usize | TIMER,
            What::Sleep(g) => g as usize | SLEEP,
            What::Poll(d) => d as usize | POLL,
        };
        Entry { when, tagged }
    }

    fn what(self) -> What {
        let at = self.tagged & !3;
        match self.tagged & 3 {
            TIMER => What::Timer(at as *mut Timer),
            SLEEP => What::Sleep(at as *mut G),
            _ => What::Poll(at as *mut Deadline),
        }
    }

    /// The alarm of a timer or a deadline; a sleeper's entry is never changed.
    fn alarm(self) -> Option<&'static Alarm> {
        // SAFETY: what is in a heap lives: the collector follows timers (`roots`), descriptors are never freed.
        unsafe {
            match self.what() {
                What::Timer(t) => Some(&(*t).alarm),
                What::Poll(d) => Some(&(*d).alarm),
                What::Sleep(_) => None,
            }
        }
    }

    /// Which of those of the same time comes first; in bubbles only.
    fn order(self) -> u32 {
        match self.what() {
            // SAFETY: it sleeps.
            What::Sleep(g) => unsafe { (*g).sleep_order },
            _ => self.alarm().map_or(0, |a| a.order.get()),
        }
    }
}

/// Fetches what is needed of a timer next into the cache.
pub fn prefetch(at: usize) {
    use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: a hint, which never faults.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(at as *const i8) };
}

#[repr(align(64))]
pub struct Heap {
    /// J2.
    least: AtomicI64,
    least_changed: AtomicI64,
    /// J3.
    live: AtomicI32,
    len: AtomicU32,
    /// A bubble's: its clock is not the real one.
    pub fake: bool,
    entries: Mutex<Vec<Entry>>,
}

/// A heap whose lock is held; lets others know what it has become when it is released.
pub struct Locked<'a> {
    heap: &'a Heap,
    entries: MutexGuard<'a, Vec<Entry>>,
}

/// Something whose time has come, taken out of its heap.
#[derive(Clone, Copy)]
pub enum Due {
    Sleep(*mut G),
    /// A deadline, and its number.
    Poll(*mut Deadline, u64),
    /// A timer's function is to be called.
    Timer(*mut Timer),
}

impl Heap {
    pub const fn new(fake: bool) -> Heap {
        Heap {
            least: AtomicI64::new(i64::MAX),
            least_changed: AtomicI64::new(i64::MAX),
            live: AtomicI32::new(0),
            len: AtomicU32::new(0),
            fake,
            entries: Mutex::new(Vec::new()),
        }
    }

    pub fn lock(&self) -> Locked<'_> {
        Locked { heap: self, entries: self.entries.lock() }
    }

    /// J2. In this order: `put_right` moves a time from the latter to the former.
    #[inline]
    pub fn earliest(&self) -> i64 {
        let changed = self.least_changed.load(Ordering::SeqCst);
        changed.min(self.least.load(Ordering::SeqCst))
    }

    /// An alarm, locked and marked as changed, is due at `when`, before its entry's time. Whether who sleeps must know.
    pub fn lower(&self, when: i64) -> bool {
        let mut old = self.least_changed.load(Ordering::SeqCst);
        while when < old {
            let new =
                self.least_changed.compare_exchange(old, when, Ordering::SeqCst, Ordering::SeqCst);
            match new {
                Ok(_) => return true,
                Err(now) => old = now,
            }
        }
        false
    }

    /// J3: an entry becomes a zombie (-1), or is none any more.
    pub fn count(&self, n: i32) {
        self.live.fetch_add(n, Ordering::SeqCst);
    }

    pub fn any_live(&self) -> bool {
        self.live.load(Ordering::SeqCst) > 0
    }

    /// J4.
    pub fn many_zombies(&self) -> bool {
        many(self.len.load(Ordering::Relaxed) as usize, self.live.load(Ordering::Relaxed))
    }
}

fn many(len: usize, live: i32) -> bool {
    let zombies = len.saturating_sub(live.max(0) as usize);
    zombies > FEW_ZOMBIES && zombies > len / 4
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let least = self.entries.first().map_or(i64::MAX, |e| e.when);
        if self.heap.least.load(Ordering::Relaxed) != least {
            self.heap.least.store(least, Ordering::SeqCst);
        }
        self.heap.len.store(self.entries.len() as u32, Ordering::Relaxed);
    }
}

impl Locked<'_> {
    fn before(&self, a: Entry, b: Entry) -> bool {
        a.when < b.when || a.when == b.when && self.heap.fake && a.order() < b.order()
    }

    fn up(&mut self, mut i: usize) {
        let e = self.entries[i];
        while i > 0 {
            let parent = (i - 1) / 4;
            if !self.before(e, self.entries[parent]) {
                break;
            }
            self.entries[i] = self.entries[parent];
            i = parent;
        }
        self.entries[i] = e;
    }

    fn down(&mut self, mut i: usize) {
        let e = self.entries[i];
        let n = self.entries.len();
        loop {
            let first = i * 4 + 1;
            if first >= n {
                break;
            }
            let mut least = first;
            for k in first + 1..(first + 4).min(n) {
                if self.before(self.entries[k], self.entries[least]) {
                    least = k;
                }
            }
            if !self.before(self.entries[least], e) {
                break;
            }
            self.entries[i] = self.entries[least];
            i = least;
        }
        self.entries[i] = e;
    }

    fn heapify(&mut self) {
        if self.entries.len() > 1 {
            for i in (0..=(self.entries.len() - 2) / 4).rev() {
                self.down(i);
            }
        }
    }

    fn insert(&mut self, when: i64, what: What) {
        self.entries.push(Entry::new(when, what));
        self.up(self.entries.len() - 1);
        self.heap.count(1);
    }

    fn remove_first(&mut self) {
        self.entries.swap_remove(0);
        if !self.entries.is_empty() {
            self.down(0);
        }
        // One of these is the next.
        self.entries.iter().take(5).skip(1).for_each(|e| prefetch(e.tagged));
    }

    /// Whether `what` comes before all others.
    fn is_first(&self, what: What) -> bool {
        self.entries.first().is_some_and(|e| e.what() == what)
    }

    /// Adds a sleeper; whether it is the first.
    pub fn add_sleeper(&mut self, when: i64, g: *mut G) -> bool {
        self.tidy();
        if self.heap.fake {
            // SAFETY: it goes to sleep.
            unsafe { (*g).sleep_order = chance::word() as u32 };
        }
        self.insert(when, What::Sleep(g));
        self.is_first(What::Sleep(g))
    }

    /// Adds the alarm of `what`, which is locked and in no heap; whether it is the first.
    pub fn add(&mut self, alarm: &Alarm, what: What) -> bool {
        let when = alarm.when();
        if self.heap.fake {
            alarm.order.set(chance::word() as u32);
        }
        alarm.heap.set(self.heap);
        alarm.entry_when.set(when);
        alarm.state.store(HEAPED, Ordering::SeqCst);
        self.insert(when, what);
        self.is_first(what)
    }

    /// Takes zombies out where that costs little (J4): before something is added, so that they don't get many.
    pub fn tidy(&mut self) {
        if many(self.entries.len(), self.heap.live.load(Ordering::Relaxed)) {
            return self.put_right();
        }
        while let Some(e) = self.entries.last()
            && let Some(a) = e.alarm()
            && a.state.load(Ordering::Acquire) & ZOMBIE != 0
        {
            a.lock.lock();
            let gone = a.state.load(Ordering::Relaxed) & ZOMBIE != 0;
            if gone {
                a.leave();
                self.entries.pop();
            }
            a.lock.unlock();
            if !gone {
                break;
            }
        }
        self.settle_first();
    }

    /// Puts the first entry right, until it is what its alarm says.
    fn settle_first(&mut self) {
        while let Some(&e) = self.entries.first()
            && let Some(a) = e.alarm()
            && a.state.load(Ordering::Acquire) & (CHANGED | ZOMBIE) != 0
        {
            a.lock.lock();
            self.settle_locked(a);
            a.lock.unlock();
        }
    }

    /// The same for one whose alarm is locked; whether something had to be done.
    fn settle_locked(&mut self, a: &Alarm) -> bool {
        let state = a.state.load(Ordering::Relaxed);
        if state & ZOMBIE != 0 {
            a.leave();
            self.remove_first();
        } else if state & CHANGED != 0 {
            self.entries[0].when = a.settle();
            self.down(0);
        }
        state & (CHANGED | ZOMBIE) != 0
    }

    /// Takes all zombies out, and puts all other entries right.
    pub fn put_right(&mut self) {
        // J2: first the bound that only we change takes over from the one that others lower. What they change from now
        // on they note there, or we see it: they mark the alarm first.
        let least = self.heap.earliest();
        self.heap.least.store(least, Ordering::SeqCst);
        self.heap.least_changed.swap(i64::MAX, Ordering::SeqCst);
        let mut moved = false;
        let mut i = 0;
        while i < self.entries.len() {
            if let Some(e) = self.entries.get(i + AHEAD) {
                prefetch(e.tagged);
            }
            if let Some(a) = self.entries[i].alarm()
                && a.state.load(Ordering::SeqCst) & (CHANGED | ZOMBIE) != 0
            {
                moved = true;
                let _guard = a.lock.guard();
                if a.state.load(Ordering::Relaxed) & ZOMBIE != 0 {
                    a.leave();
                    self.entries.swap_remove(i);
                    continue;
                }
                self.entries[i].when = a.settle();
            }
            i += 1;
        }
        if moved {
            self.heapify();
        }
        if self.entries.capacity() > LARGE && self.entries.len() < self.entries.capacity() / 4 {
            let room = self.entries.len() * 2;
            self.entries.shrink_to(room);
        }
    }

    /// Takes out what is due at `now`, the first of it. A ticker stays, for its next time.
    pub fn take_due(&mut self, now: i64) -> Option<Due> {
        let least_changed = self.heap.least_changed.load(Ordering::SeqCst);
        if least_changed <= now {
            self.put_right();
        }
        loop {
            let e = *self.entries.first()?;
            let Some(a) = e.alarm() else {
                if e.when > now {
                    return None;
                }
                self.remove_first();
                self.heap.count(-1);
                let What::Sleep(g) = e.what() else { return None };
                return Some(Due::Sleep(g));
            };
            if e.when > now && a.state.load(Ordering::Acquire) & (CHANGED | ZOMBIE) == 0 {
                return None;
            }
            let _guard = a.lock.guard();
            if self.settle_locked(a) {
                continue;
            }
            if a.when() > now {
                return None;
            }
            return Some(self.fire_first(a, e.what(), now));
        }
    }

    /// Fires the first entry, whose alarm is locked.
    fn fire_first(&mut self, a: &Alarm, what: What, now: i64) -> Due {
        let due = a.when();
        let next = match what {
            // SAFETY: an alarm that is locked is ours, with the timer around it.
            What::Timer(t) => unsafe { (*t).next_after(now) },
            _ => 0,
        };
        a.set_when(next);
        if next > 0 {
            self.entries[0].when = a.settle();
            self.down(0);
        } else {
            self.heap.count(-1);
            a.leave();
            self.remove_first();
        }
        match what {
            What::Timer(t) => {
                // SAFETY: as above.
                unsafe { super::fired(t, due, self.heap.fake) };
                Due::Timer(t)
            }
            // SAFETY: as above.
            What::Poll(d) => Due::Poll(d, unsafe { (*d).seq.get() }),
            What::Sleep(g) => Due::Sleep(g),
        }
    }

    /// Timers that the collector must follow: those that are no zombies. Those are taken out, so that nothing here refers
    /// to what may be freed.
    pub fn collect_timers(&mut self, into: &mut Vec<usize>) {
        if self.entries.len() as i64 > i64::from(self.heap.live.load(Ordering::SeqCst)) {
            self.put_right();
        }
        into.extend(self.entries.iter().filter_map(|e| match e.what() {
            What::Timer(t) => Some(t as usize),
            What::Sleep(_) | What::Poll(_) => None,
        }));
    }

    /// The time of the first entry, exactly.
    pub fn next(&mut self) -> Option<i64> {
        if self.heap.least_changed.load(Ordering::SeqCst) != i64::MAX {
            self.put_right();
        }
        self.settle_first();
        self.entries.first().map(|e| e.when)
    }

    /// Moves everything to `to`: this heap's P goes away.
    pub fn move_to(&mut self, to: &mut Locked<'_>) {
        self.put_right();
        for e in self.entries.drain(..) {
            self.heap.count(-1);
            let Some(a) = e.alarm() else {
                to.insert(e.when, e.what());
                continue;
            };
            let _guard = a.lock.guard();
            a.settle();
            if a.state.load(Ordering::Relaxed) & ZOMBIE != 0 {
                // Stopped since we looked, and counted as such.
                self.heap.count(1);
                a.leave();
            } else {
                to.add(a, e.what());
            }
        }
    }

    /// Takes everything out and disarms it: a bubble ends.
    pub fn clear(&mut self) {
        for e in self.entries.drain(..) {
            if let Some(a) = e.alarm() {
                let _guard = a.lock.guard();
                a.leave();
                a.set_when(0);
            }
        }
        self.heap.live.store(0, Ordering::SeqCst);
    }
}

impl Alarm {
    /// Its entry has been taken out, or is about to be. Locked, and its heap, too.
    fn leave(&self) {
        self.state.store(0, Ordering::SeqCst);
        self.heap.set(null());
    }

    /// Its entry has the right time from now on: this one. Locked, and its heap, too.
    fn settle(&self) -> i64 {
        let when = self.when();
        self.entry_when.set(when);
        let state = self.state.load(Ordering::Relaxed);
        if state & CHANGED != 0 {
            self.state.store(state & !CHANGED, Ordering::SeqCst);
        }
        when
    }
}
