//! Semaphores and notify lists: what package sync sleeps on.
//!
//! S1  A bucket's lock guards its waiters; `waiters` counts them and is read without it.
//! S2  A waiter counts itself before it looks at the semaphore for the last time; a releaser adds before it looks at the
//!     count. So one of the two sees the other.
//! S3  A waiter that was given the semaphore directly (`ticket`) does not compete for it.

use crate::arch::{getg, m};
use crate::chan::{acquire_sudog, release_sudog};
use crate::g::*;
use crate::proc;
use crate::profile;
use crate::sync::{AtomicU32, Global, Ordering, RawLock};
use crate::synctest;
use crate::traceback::Walk;
use core::ptr::null_mut;

const BUCKETS: usize = 251;

struct Bucket {
    lock: RawLock,
    waiters: AtomicU32,
    /// The first waiter of each address, linked by `next`; others of an address by `wait_link`.
    first: *mut Sudog,
}

crate::shared! {
static TABLE: Global<[Bucket; BUCKETS]> = Global::new(
    [const { Bucket { lock: RawLock::new(), waiters: AtomicU32::new(0), first: null_mut() } };
        BUCKETS],
);
}

fn bucket(address: *const AtomicU32) -> *mut Bucket {
    // SAFETY: an address within the static; users follow S1.
    unsafe { TABLE.as_ptr().cast::<Bucket>().add((address as usize >> 3) % BUCKETS) }
}

/// Takes one if there is one.
unsafe fn try_acquire(s: *const AtomicU32) -> bool {
    // SAFETY: a Go variable.
    let s = unsafe { &*s };
    let mut v = s.load(Ordering::SeqCst);
    while v > 0 {
        match s.compare_exchange(v, v - 1, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => return true,
            Err(now) => v = now,
        }
    }
    false
}

impl Bucket {
    unsafe fn queue(&mut self, w: *mut Sudog, lifo: bool) {
        // SAFETY: S1.
        unsafe {
            let mut link = &raw mut self.first;
            while !(*link).is_null() && (**link).addr != (*w).addr {
                link = &raw mut (**link).next;
            }
            let head = *link;
            if head.is_null() {
                (*w).next = null_mut();
                (*w).wait_link = null_mut();
                (*w).wait_tail = w;
                (*w).waiters = 0;
                *link = w;
            } else if lifo {
                (*w).next = (*head).next;
                (*w).wait_link = head;
                (*w).wait_tail = (*head).wait_tail;
                (*w).waiters = (*head).waiters + 1;
                // The head's time stands for the longest wait.
                (*w).acquire_time = (*head).acquire_time;
                *link = w;
            } else {
                (*w).wait_link = null_mut();
                (*(*head).wait_tail).wait_link = w;
                (*head).wait_tail = w;
                (*head).waiters += 1;
            }
        }
    }

    /// Takes the first waiter of an address. If waiting is measured, gives the time now, and since when the last of the
    /// others has waited; their times start anew, since the caller charges what was before.
    unsafe fn take(&mut self, address: usize) -> (*mut Sudog, i64, i64) {
        // SAFETY: S1.
        unsafe {
            let mut link = &raw mut self.first;
            while !(*link).is_null() && (**link).addr != address {
                link = &raw mut (**link).next;
            }
            let head = *link;
            if head.is_null() {
                return (head, 0, 0);
            }
            let now = if (*head).acquire_time == 0 { 0 } else { crate::chance::nanotime() };
            let mut tail_time = (*head).acquire_time;
            let second = (*head).wait_link;
            if second.is_null() {
                *link = (*head).next;
            } else {
                (*second).next = (*head).next;
                (*second).wait_tail = (*head).wait_tail;
                (*second).waiters = (*head).waiters - 1;
                *link = second;
                tail_time = (*(*second).wait_tail).acquire_time;
                (*second).acquire_time = now;
                (*(*second).wait_tail).acquire_time = now;
            }
            (*head).next = null_mut();
            (*head).wait_link = null_mut();
            (head, now, tail_time)
        }
    }
}

#[unsafe(export_name = "runtime.semacquire")]
pub unsafe extern "C" fn semacquire(s: *const AtomicU32, lifo: bool, why: u64) {
    // SAFETY: a Go variable, on a goroutine.
    unsafe {
        if try_acquire(s) {
            return;
        }
        let g = getg();
        let w = acquire_sudog(g);
        (*w).addr = s as usize;
        let b = &mut *bucket(s);
        // Bit 8: the wait is durable for the goroutine's bubble. From bit 16 on: frames that profiles leave out.
        let durable = why & 0x100 != 0;
        let (flags, skip) = (why, (why >> 16) as usize);
        let why: Wait = core::mem::transmute::<u32, Wait>(why as u32 & 0xff);
        let (measured, since) = profile::sema_begin(g, flags, why);
        (*w).acquire_time = since;
        loop {
            b.lock.lock();
            b.waiters.fetch_add(1, Ordering::SeqCst);
            if try_acquire(s) {
                b.waiters.fetch_sub(1, Ordering::SeqCst);
                b.lock.unlock();
                break;
            }
            b.queue(w, lifo);
            synctest::durable(g, durable);
            let lock = &raw mut b.lock;
            proc::park(Some(proc::unlock_raw), lock.cast(), why);
            if (*w).ticket != 0 || try_acquire(s) {
                break;
            }
        }
        profile::sema_end(g, measured, Walk::here, skip);
        release_sudog(g, w);
    }
}

#[unsafe(export_name = "runtime.semrelease")]
pub unsafe extern "C" fn semrelease(s: *const AtomicU32, handoff: bool, skip: usize) {
    // SAFETY: a Go variable, on a goroutine.
    unsafe {
        (*s).fetch_add(1, Ordering::SeqCst);
        let b = &mut *bucket(s);
        if b.waiters.load(Ordering::SeqCst) == 0 {
            return;
        }
        b.lock.lock();
        let (w, now, tail) = b.take(s as usize);
        if w.is_null() {
            b.lock.unlock();
            return;
        }
        b.waiters.fetch_sub(1, Ordering::SeqCst);
        b.lock.unlock();
        profile::sema_released(now, (*w).acquire_time, tail, (*w).waiters, Walk::here, skip);
        let given = handoff && try_acquire(s);
        (*w).ticket = u32::from(given);
        proc::ready((*w).g);
        // Let the new owner run at once: it is next on this P. But who is pinned stays: `sync.Pool` unlocks so.
        if given && (*m()).pins == 0 {
            proc::goyield();
        }
    }
}

/// `sync.notifyList`.
#[repr(C)]
pub struct NotifyList {
    wait: AtomicU32,
    notify: AtomicU32,
    lock: RawLock,
    pad: u32,
    head: *mut Sudog,
    tail: *mut Sudog,
}

const _: () = assert!(size_of::<NotifyList>() == 32);

#[unsafe(export_name = "runtime.notifyListAdd")]
pub unsafe extern "C" fn notify_add(l: *const NotifyList) -> u32 {
    // SAFETY: a Go variable.
    unsafe { (*l).wait.fetch_add(1, Ordering::SeqCst) }
}

fn less(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}

#[unsafe(export_name = "runtime.notifyListWait")]
pub unsafe extern "C" fn notify_wait(l: *mut NotifyList, ticket: u32) {
    // SAFETY: a Go variable, on a goroutine.
    unsafe {
        let l = &mut *l;
        l.lock.lock();
        if less(ticket, l.notify.load(Ordering::SeqCst)) {
            l.lock.unlock();
            return;
        }
        let g = getg();
        let w = acquire_sudog(g);
        (*w).ticket = ticket;
        // What it waits for (leaks).
        (*w).addr = core::ptr::from_mut(l) as usize;
        if l.tail.is_null() {
            l.head = w;
        } else {
            (*l.tail).next = w;
        }
        l.tail = w;
        synctest::durable(g, true);
        let lock = &raw mut l.lock;
        let since = profile::before_block(g);
        proc::park(Some(proc::unlock_raw), lock.cast(), Wait::CondWait);
        profile::after_block(g, since, Walk::here, 1);
        release_sudog(g, w);
    }
}

#[unsafe(export_name = "runtime.notifyListNotifyAll")]
pub unsafe extern "C" fn notify_all(l: *mut NotifyList) {
    // SAFETY: a Go variable, on a goroutine.
    unsafe {
        let l = &mut *l;
        if l.wait.load(Ordering::SeqCst) == l.notify.load(Ordering::SeqCst) {
            return;
        }
        l.lock.lock();
        let mut w = l.head;
        l.head = null_mut();
        l.tail = null_mut();
        l.notify.store(l.wait.load(Ordering::SeqCst), Ordering::SeqCst);
        l.lock.unlock();
        while !w.is_null() {
            let next = (*w).next;
            (*w).next = null_mut();
            proc::ready((*w).g);
            w = next;
        }
    }
}

#[unsafe(export_name = "runtime.notifyListNotifyOne")]
pub unsafe extern "C" fn notify_one(l: *mut NotifyList) {
    // SAFETY: a Go variable, on a goroutine.
    unsafe {
        let l = &mut *l;
        if l.wait.load(Ordering::SeqCst) == l.notify.load(Ordering::SeqCst) {
            return;
        }
        l.lock.lock();
        let ticket = l.notify.load(Ordering::SeqCst);
        if ticket == l.wait.load(Ordering::SeqCst) {
            l.lock.unlock();
            return;
        }
        l.notify.store(ticket.wrapping_add(1), Ordering::SeqCst);
        let (mut prev, mut w): (*mut Sudog, *mut Sudog) = (null_mut(), l.head);
        while !w.is_null() && (*w).ticket != ticket {
            prev = w;
            w = (*w).next;
        }
        if w.is_null() {
            // It took its ticket but did not get here yet: it will see `notify`.
            l.lock.unlock();
            return;
        }
        let next = (*w).next;
        if prev.is_null() {
            l.head = next;
        } else {
            (*prev).next = next;
        }
        if next.is_null() {
            l.tail = prev;
        }
        l.lock.unlock();
        (*w).next = null_mut();
        proc::ready((*w).g);
    }
}
