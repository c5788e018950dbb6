//! Run queues: the ring of each P with the slot `next` in front of it (D2), and the global queue (D1).

use super::*;

/// Puts a goroutine into the P's ring, or in front of it (`next`); a full ring gives half to the global queue.
pub fn runq_put(p: *mut P, g: *mut G, next: bool) {
    // SAFETY: the ring is guarded by the P's lock.
    unsafe {
        let p = &mut *p;
        p.lock.lock();
        let mut g = g;
        if next && !chance::fuzz(4) {
            core::mem::swap(&mut p.next, &mut g);
            if g.is_null() {
                p.lock.unlock();
                return;
            }
        }
        let (head, tail) = (p.head.load(Ordering::Relaxed), p.tail.load(Ordering::Relaxed));
        if tail.wrapping_sub(head) < RUNQ_LEN {
            p.ring[(tail % RUNQ_LEN) as usize] = g;
            p.tail.store(tail.wrapping_add(1), Ordering::Release);
            p.lock.unlock();
            return;
        }
        let half = RUNQ_LEN / 2;
        let mut list = g;
        (*g).link = null_mut();
        for i in (0..half).rev() {
            let old = p.ring[(head.wrapping_add(i) % RUNQ_LEN) as usize];
            (*old).link = list;
            list = old;
        }
        p.head.store(head.wrapping_add(half), Ordering::Release);
        p.lock.unlock();
        while !list.is_null() {
            let next = (*list).link;
            global_put(list);
            list = next;
        }
    }
}

/// Two goroutines that wake each other by way of `next` leave the P to others after this many turns, some
/// milliseconds, or when their common time slice is over (the monitor sees that).
pub const PATIENCE: u32 = 20_000;

/// How many turns ahead a goroutine is fetched into the cache.
const AHEAD: u32 = 2;

pub fn runq_get(p: *mut P) -> *mut G {
    // SAFETY: the ring is guarded by the P's lock.
    unsafe {
        let p = &mut *p;
        if p.next.is_null() && p.head.load(Ordering::Relaxed) == p.tail.load(Ordering::Relaxed) {
            return null_mut();
        }
        let _guard = p.lock.guard();
        let (head, tail) = (p.head.load(Ordering::Relaxed), p.tail.load(Ordering::Relaxed));
        if !p.next.is_null() && (head == tail || p.passed_over < PATIENCE) {
            p.passed_over = if head == tail { 0 } else { p.passed_over + 1 };
            p.inherits = true;
            return core::mem::replace(&mut p.next, null_mut());
        }
        p.passed_over = 0;
        if head == tail {
            return null_mut();
        }
        if chance::fuzz(2) {
            let other = head.wrapping_add(chance::below(tail.wrapping_sub(head) as usize) as u32);
            p.ring.swap((head % RUNQ_LEN) as usize, (other % RUNQ_LEN) as usize);
        }
        let g = p.ring[(head % RUNQ_LEN) as usize];
        p.head.store(head.wrapping_add(1), Ordering::Release);
        if tail.wrapping_sub(head) > AHEAD {
            G::prefetch(p.ring[(head.wrapping_add(AHEAD) % RUNQ_LEN) as usize]);
        }
        g
    }
}

pub fn runq_empty(p: *mut P) -> bool {
    // SAFETY: a racy look; D3 says when it suffices.
    unsafe {
        (*p).next.is_null() && (*p).head.load(Ordering::SeqCst) == (*p).tail.load(Ordering::SeqCst)
    }
}

/// How long a thief leaves the goroutine in `next` to its P: with what the kernel adds, some 50 µs. gc: as long.
fn nap() {
    if cfg!(feature = "model") {
        sys::pause();
    } else {
        sys::sleep_ns(3_000);
    }
}

/// Moves half of `victim`'s goroutines to `p`, and gives one of them. The one in `next` only if there is no other, and
/// if `next_too`: it is about to run there, with a warm cache.
pub fn steal_from(p: *mut P, victim: *mut P, next_too: bool) -> *mut G {
    // SAFETY: one lock at a time: taken from the victim to a buffer, then put.
    unsafe {
        let v = &mut *victim;
        if runq_empty(victim) || !v.lock.try_lock() {
            return null_mut();
        }
        let (head, tail) = (v.head.load(Ordering::Relaxed), v.tail.load(Ordering::Relaxed));
        let len = tail.wrapping_sub(head);
        let take = len - len / 2;
        if take == 0 && !next_too {
            v.lock.unlock();
            return null_mut();
        }
        if take == 0 {
            if !v.next.is_null() && v.status.load(Ordering::Relaxed) == PRUNNING {
                // Who readied it will most likely park or end in a moment.
                v.lock.unlock();
                nap();
                v.lock.lock();
            }
            let g = core::mem::replace(&mut v.next, null_mut());
            v.lock.unlock();
            return g;
        }
        let mut list: [*mut G; RUNQ_LEN as usize] = [null_mut(); RUNQ_LEN as usize];
        for i in 0..take {
            list[i as usize] = v.ring[(head.wrapping_add(i) % RUNQ_LEN) as usize];
        }
        v.head.store(head.wrapping_add(take), Ordering::Release);
        v.lock.unlock();
        for &g in &list[1..take as usize] {
            runq_put(p, g, false);
        }
        list[0]
    }
}

/// Goroutines in order, linked by `link`.
pub struct Queue {
    head: *mut G,
    tail: *mut G,
    pub len: usize,
}

impl Queue {
    pub const EMPTY: Queue = Queue { head: null_mut(), tail: null_mut(), len: 0 };

    /// # Safety
    /// `g` is in no queue (G2); this one is guarded by a lock, or private.
    pub unsafe fn push(&mut self, g: *mut G) {
        // SAFETY: the caller's promise.
        unsafe {
            (*g).link = null_mut();
            if self.tail.is_null() {
                self.head = g;
            } else {
                (*self.tail).link = g;
            }
        }
        self.tail = g;
        self.len += 1;
    }

    /// # Safety
    /// The queue is guarded by a lock, or private.
    pub unsafe fn pop(&mut self) -> *mut G {
        let g = self.head;
        if g.is_null() {
            return g;
        }
        // SAFETY: the caller's promise.
        unsafe {
            self.head = (*g).link;
            (*g).link = null_mut();
        }
        if self.head.is_null() {
            self.tail = null_mut();
        }
        self.len -= 1;
        g
    }
}

impl Sched {
    /// Goroutines in both global queues.
    pub fn waiting(&self) -> usize {
        self.queue.len + self.spent.len
    }

    fn publish(&self) {
        QUEUE_LEN.store(self.waiting() as i32, Ordering::SeqCst);
    }
}

pub fn global_put(g: *mut G) {
    let mut s = SCHED.lock();
    global_put_locked(&mut s, g);
}

pub fn global_put_locked(s: &mut Sched, g: *mut G) {
    // SAFETY: guarded by the lock.
    unsafe { s.queue.push(g) };
    s.publish();
}

pub fn global_put_all(s: &mut Sched, list: &mut Queue) {
    // SAFETY: one is guarded by the lock, the other private.
    unsafe {
        while list.len > 0 {
            s.queue.push(list.pop());
        }
    }
    s.publish();
}

/// D7.
pub fn global_put_spent(g: *mut G) {
    let mut s = SCHED.lock();
    // SAFETY: guarded by the lock.
    unsafe { s.spent.push(g) };
    s.publish();
}

pub fn global_get_locked(s: &mut Sched) -> *mut G {
    // SAFETY: guarded by the lock.
    unsafe {
        let mut g = s.queue.pop();
        if g.is_null() {
            g = s.spent.pop();
        }
        s.publish();
        g
    }
}

/// Fairness to the global queues: one of them, not a share. Those there have waited longest, and in a tree of
/// goroutines they are the largest parts: a share at a time, most of the tree would be alive at once.
pub fn global_get_one(p: *mut P) -> *mut G {
    let now = chance::nanotime();
    let mut s = SCHED.lock();
    // SAFETY: guarded by the lock; this thread's P.
    unsafe {
        let mut g = null_mut();
        if now >= (*p).spent_after {
            g = s.spent.pop();
        }
        if g.is_null() {
            g = s.queue.pop();
        } else {
            // The slice that it gets now, and one for others.
            (*p).spent_after = now + 2 * SLICE_NS;
        }
        s.publish();
        g
    }
}

/// One goroutine of the global queue, and a fair share more into `p`'s ring; if `spent_too`, one of those that compute if
/// there is no other.
pub fn global_get(p: *mut P, spent_too: bool) -> *mut G {
    if QUEUE_LEN.load(Ordering::SeqCst) == 0 {
        return null_mut();
    }
    let mut s = SCHED.lock();
    if !spent_too && s.queue.len == 0 {
        return null_mut();
    }
    let g = global_get_locked(&mut s);
    let share = (s.queue.len / nprocs() as usize).min(RUNQ_LEN as usize / 2);
    let mut list = null_mut();
    for _ in 0..share {
        // SAFETY: guarded by the lock; then ours.
        unsafe {
            let more = s.queue.pop();
            (*more).link = list;
            list = more;
        }
    }
    s.publish();
    drop(s);
    put_reversed(p, list);
    g
}

pub fn put_reversed(p: *mut P, mut list: *mut G) {
    let mut forward: *mut G = null_mut();
    // SAFETY: a private list of goroutines just taken out of a queue.
    unsafe {
        while !list.is_null() {
            let next = (*list).link;
            (*list).link = forward;
            forward = list;
            list = next;
        }
        while !forward.is_null() {
            let next = (*forward).link;
            runq_put(p, forward, false);
            forward = next;
        }
    }
}
