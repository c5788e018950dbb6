//! The poller's kernel: events are what the test makes ready (`device_ready`); time moves on when somebody waits.

use super::atomics::AtomicU32;
use super::switch;
use crate::sync::Ordering;
use crate::sys;
use std::sync::Mutex;
use std::vec::Vec;

pub const EPOLLIN: u32 = 1;
pub const EPOLLOUT: u32 = 4;
pub const EPOLLERR: u32 = 8;
pub const EPOLLHUP: u32 = 16;
pub const EPOLLRDHUP: u32 = 0x2000;
pub const EPOLLET: u32 = 1 << 31;
pub const ADD: usize = 1;
pub const DELETE: usize = 2;

#[derive(Clone, Copy)]
pub struct Event {
    pub events: u32,
    /// 0: the eventfd.
    pub data: u64,
}

crate::shared! {
/// Who waits sleeps on it: 1 if there is something to see.
static EVENT: AtomicU32 = AtomicU32::new(0);
/// The eventfd is readable.
static EVENTFD: AtomicU32 = AtomicU32::new(0);
}

/// (descriptor, data), and what is ready.
static KNOWN: Mutex<Vec<(usize, u64)>> = Mutex::new(Vec::new());
static READY: Mutex<Vec<Event>> = Mutex::new(Vec::new());

pub fn open() {
    KNOWN.lock().unwrap().clear();
    READY.lock().unwrap().clear();
}

/// # Safety
/// None is needed here.
pub unsafe fn control(op: usize, fd: usize, _: u32, data: u64) -> isize {
    let mut known = KNOWN.lock().unwrap();
    if op == ADD {
        known.push((fd, data));
    } else {
        known.retain(|k| k.0 != fd);
    }
    0
}

/// The descriptor can be read or written.
pub fn device_ready(fd: usize, events: u32) {
    let data = KNOWN.lock().unwrap().iter().find(|k| k.0 == fd).map(|k| k.1);
    if let Some(data) = data {
        READY.lock().unwrap().push(Event { events, data });
        notify();
    }
}

fn notify() {
    EVENT.store(1, Ordering::SeqCst);
    sys::futex_wake(&EVENT, 1);
}

pub fn interrupt() {
    EVENTFD.store(1, Ordering::SeqCst);
    notify();
}

pub fn drain() {
    EVENTFD.store(0, Ordering::SeqCst);
}

/// What there is to see; the eventfd stays readable until `drain`, the rest is edge-triggered.
fn take(events: &mut [Event; 128]) -> usize {
    let own = (EVENTFD.load(Ordering::SeqCst) != 0).then_some(Event { events: EPOLLIN, data: 0 });
    let mut ready = READY.lock().unwrap();
    let all = own.into_iter().chain(ready.drain(..));
    events.iter_mut().zip(all).map(|(to, e)| *to = e).count()
}

pub fn wait(events: &mut [Event; 128], until: i64) -> usize {
    switch();
    if until == 0 {
        return take(events);
    }
    loop {
        // Whoever makes something ready sets it afterwards; nobody else waits.
        EVENT.store(0, Ordering::SeqCst);
        let n = take(events);
        if n > 0 {
            return n;
        }
        if until != i64::MAX {
            sys::futex_wait(&EVENT, 0, 1);
            if EVENT.load(Ordering::SeqCst) == 0 {
                sys::advance(until);
                return 0;
            }
        } else {
            sys::futex_wait(&EVENT, 0, -1);
        }
    }
}

pub fn is_own(_: usize) -> bool {
    false
}
