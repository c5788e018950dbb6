//! Coroutines for package iter: goroutines that hand the thread to each other without the scheduler.
//!
//! O1  `*slot` holds the G that does not run now; who switches puts itself there and runs what was there.

use crate::arch::{getg, m, mcall};
use crate::g::*;
use crate::proc;
use crate::sync::Ordering;
use core::ptr::null_mut;

#[unsafe(export_name = "runtime.coroStart")]
pub unsafe extern "C" fn start(function: usize) -> *mut G {
    // SAFETY: a func value; on a goroutine.
    unsafe {
        let me = getg();
        let g = proc::new_g(function, me, 0);
        (*g).start_pc = *(function as *const usize);
        (*g).bubble = (*me).bubble;
        (*g).coro = 1;
        (*g).wait_reason = Wait::Coroutine as u32;
        (*g).status.store(GWAITING, Ordering::Release);
        g
    }
}

unsafe fn take(slot: *mut *mut G, put: *mut G) -> *mut G {
    // SAFETY: O1.
    unsafe {
        let next = *slot;
        *slot = put;
        if next.is_null() {
            crate::panics::throw_str("coroswitch on exited coro");
        }
        (*next).status.store(GRUNNABLE, Ordering::Release);
        next
    }
}

#[unsafe(export_name = "runtime.coroSwitch")]
pub unsafe extern "C" fn switch(slot: *mut *mut G) {
    unsafe extern "C" fn on_g0(g: *mut G) -> ! {
        // SAFETY: the goroutine is saved; the slot is in Go memory.
        unsafe {
            let me = m();
            let slot: *mut *mut G = (*me).unlock_arg.cast();
            (*g).wait_reason = Wait::Coroutine as u32;
            (*g).status.store(GWAITING, Ordering::Release);
            (*g).m = null_mut();
            (*me).curg = null_mut();
            proc::execute(take(slot, g))
        }
    }
    // SAFETY: on a goroutine.
    unsafe {
        (*m()).unlock_arg = slot.cast();
        mcall(on_g0);
    }
}

#[unsafe(export_name = "runtime.coroExit")]
pub unsafe extern "C" fn exit(slot: *mut *mut G) {
    unsafe extern "C" fn on_g0(g: *mut G) -> ! {
        // SAFETY: the goroutine has left its stack for good. It counts no more when the other one goes on.
        unsafe {
            let slot: *mut *mut G = (*m()).unlock_arg.cast();
            let next = take(slot, null_mut());
            proc::retire(g);
            proc::execute(next)
        }
    }
    // SAFETY: on a goroutine, which ends here.
    unsafe {
        (*m()).unlock_arg = slot.cast();
        mcall(on_g0);
    }
}
