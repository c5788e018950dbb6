//! Switching stacks: a goroutine is a thread of the model, and so is an M. `gogo` gives the baton to the goroutine's
//! thread and waits; `mcall` gives it back, with the function to go on with. That one never returns, so an M's
//! thread gets deeper with each switch: executions are short.

use super::Owner;
use crate::g::{G, M};
use core::cell::{Cell, RefCell};
use core::ptr::{null, null_mut};
use shuttle::thread::{self, Thread};
use std::boxed::Box;

pub type OnG0 = unsafe extern "C" fn(*mut G) -> !;

/// A goroutine's thread; `G.rsp` points to it.
pub struct Fiber {
    /// Who runs it.
    m: Cell<*mut M>,
    /// It has the baton.
    go: Cell<bool>,
    thread: RefCell<Option<Thread>>,
}

/// An M's thread; `M.g0_base` points to it.
struct Host {
    next: Cell<Option<(OnG0, *mut G)>>,
    thread: Thread,
}

shuttle::thread_local! {
    static SELF: Cell<Owner> = Cell::new((null_mut(), null()));
}

/// This thread is `m`'s from now on.
pub fn become_m(m: *mut M) {
    let host = Host { next: Cell::new(None), thread: thread::current() };
    // SAFETY: a fresh M.
    unsafe { (*m).g0_base = Box::into_raw(Box::new(host)) as usize };
    SELF.with(|s| s.set((m, null())));
}

pub fn m() -> *mut M {
    let (m, fiber) = SELF.with(|s| s.get());
    // SAFETY: a fiber lives as long as the execution.
    if fiber.is_null() { m } else { unsafe { (*fiber).m.get() } }
}

pub fn getg() -> *mut G {
    // SAFETY: an M lives as long as the execution.
    unsafe { (*m()).curg }
}

/// # Safety
/// As the real one.
pub unsafe fn prepare(g: *mut G) {
    let fiber =
        Fiber { m: Cell::new(null_mut()), go: Cell::new(false), thread: RefCell::new(None) };
    // SAFETY: the caller's promise.
    unsafe { (*g).rsp = Box::into_raw(Box::new(fiber)) as usize };
}

unsafe fn host(m: *mut M) -> &'static Host {
    // SAFETY: `become_m` was called for it.
    unsafe { &*((*m).g0_base as *const Host) }
}

/// # Safety
/// As the real one.
pub unsafe fn gogo(g: *mut G) -> ! {
    // SAFETY: the caller's promise; only one thread runs at a time.
    unsafe {
        let me = m();
        (*me).on_g0 = 0;
        let fiber = (*g).rsp as *const Fiber;
        (*fiber).m.set(me);
        (*fiber).go.set(true);
        let known = (*fiber).thread.borrow().clone();
        match known {
            Some(t) => t.unpark(),
            None => {
                let (f, g) = (fiber as usize, g as usize);
                let t = thread::spawn(move || fiber_main(f as *const Fiber, g as *mut G));
                *(*fiber).thread.borrow_mut() = Some(t.thread().clone());
            }
        }
        let next = loop {
            match host(me).next.take() {
                Some(next) => break next,
                None => thread::park(),
            }
        };
        (*me).on_g0 = 1;
        (next.0)(next.1)
    }
}

unsafe fn leave(f: OnG0, g: *mut G) {
    // SAFETY: on a goroutine's thread, which has the baton.
    unsafe {
        let host = host(m());
        host.next.set(Some((f, g)));
        host.thread.unpark();
    }
}

/// # Safety
/// As the real one.
pub unsafe fn mcall(f: OnG0) {
    // SAFETY: the caller's promise.
    unsafe {
        let fiber = SELF.with(|s| s.get()).1;
        leave(f, getg());
        while !(*fiber).go.take() {
            thread::park();
        }
    }
}

pub fn on_g0<R>(f: impl FnOnce() -> R) -> R {
    f()
}

fn fiber_main(fiber: *const Fiber, g: *mut G) {
    SELF.with(|s| s.set((null_mut(), fiber)));
    // SAFETY: `gogo` has given the baton.
    unsafe {
        (*fiber).go.set(false);
        super::call((*g).start_fn);
        leave(crate::proc::exit_on_g0, g);
    }
}

/// # Safety
/// On a goroutine.
pub unsafe fn entersyscall() {
    // SAFETY: the caller's promise.
    unsafe {
        (*getg()).syscall_rsp = 1;
        crate::proc::enter_syscall(getg());
    }
}
