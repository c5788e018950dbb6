//! The kernel: futexes, threads, and a clock that moves when somebody waits for it.

use crate::g::M;
use core::sync::atomic::AtomicU32 as Word;
use core::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use shuttle::rand::Rng;
use shuttle::thread::{self, Thread};
use std::sync::Mutex;
use std::vec::Vec;

static SLEEPERS: Mutex<Vec<(usize, Thread)>> = Mutex::new(Vec::new());
static CLOCK: AtomicI64 = AtomicI64::new(0);
/// How often `sleep_ns` returns: then the monitor is gone, and a deadlock can be told.
static NAPS: AtomicU32 = AtomicU32::new(0);

pub fn reset(naps: u32) {
    SLEEPERS.lock().unwrap().clear();
    CLOCK.store(1_000, Ordering::SeqCst);
    NAPS.store(naps, Ordering::SeqCst);
}

pub fn now() -> i64 {
    CLOCK.fetch_add(1, Ordering::SeqCst)
}

/// Nobody sleeps longer than until `t` from now on.
pub fn advance(t: i64) {
    CLOCK.fetch_max(t, Ordering::SeqCst);
}

pub fn pause() {
    thread::yield_now();
}

pub fn yield_thread() {
    thread::yield_now();
}

pub fn sleep_ns(ns: i64) {
    if NAPS.load(Ordering::SeqCst) == 0 {
        loop {
            thread::park();
        }
    }
    NAPS.fetch_sub(1, Ordering::SeqCst);
    for _ in 0..shuttle::rand::thread_rng().gen_range(1..20) {
        thread::yield_now();
    }
    advance(now() + ns);
}

fn asleep(key: usize, me: &Thread) -> bool {
    SLEEPERS.lock().unwrap().iter().any(|(k, t)| *k == key && t.id() == me.id())
}

pub fn futex_wait(word: &super::atomics::AtomicU32, expect: u32, ns: i64) {
    super::switch();
    // From the look to the place in the queue nobody else runs: as in the kernel.
    if word.peek() != expect {
        return;
    }
    let key = core::ptr::from_ref(word).cast::<Word>() as usize;
    let me = thread::current();
    SLEEPERS.lock().unwrap().push((key, me.clone()));
    let mut turns = if ns < 0 { u32::MAX } else { 4 };
    while asleep(key, &me) && turns > 0 {
        if ns < 0 {
            thread::park();
        } else {
            turns -= 1;
            thread::yield_now();
        }
    }
    SLEEPERS.lock().unwrap().retain(|(k, t)| *k != key || t.id() != me.id());
}

pub fn futex_wake(word: &super::atomics::AtomicU32, count: u32) {
    super::switch();
    let key = core::ptr::from_ref(word).cast::<Word>() as usize;
    for _ in 0..count {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let Some(i) = sleepers.iter().position(|(k, _)| *k == key) else { return };
        let (_, t) = sleepers.remove(i);
        drop(sleepers);
        t.unpark();
    }
}

/// A thread of the runtime: `tls` is the thread pointer word of its M.
///
/// # Safety
/// As the real one.
pub unsafe fn clone_thread(
    _stack_top: *mut u8,
    tls: *mut u8,
    entry: extern "C" fn(*mut u8) -> !,
    arg: *mut u8,
    _tid: *const crate::sync::AtomicU32,
) -> isize {
    let (m, arg) = (tls as usize - core::mem::offset_of!(M, tp), arg as usize);
    thread::spawn(move || {
        super::arch::become_m(m as *mut M);
        entry(arg as *mut u8)
    });
    1
}

/// # Safety
/// As the real one.
pub unsafe fn exit_thread(_: usize, _: usize) -> ! {
    loop {
        thread::park();
    }
}
