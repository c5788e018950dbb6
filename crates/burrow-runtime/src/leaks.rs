//! Goroutines that can never go on, for the profile `goroutineleak`.
//!
//! E1  A goroutine that waits for a channel, a lock, a condition or a WaitGroup is leaked if what it waits for cannot be reached from
//!     variables, from goroutines that can run, nor from goroutines that those may wake.
//! E2  `G.leaked` is set by `find` alone, and stays: nobody wakes such a goroutine. It shows as "(leaked)".
//!
//! Finding them is a marking of its own kind: goroutines that wait as in E1 are no roots at first; each time marking comes to
//! rest, those whose channel or semaphore is marked become roots; what is left in the end is leaked, and then marked
//! like the others by the next collection, since its memory stays in use. It happens while the world is stopped, with marks of
//! its own (`gc/check.rs`).

use crate::arch::systemstack;
use crate::g::{G, GDEAD, GWAITING, Wait};
use crate::gc;
use crate::gc::check::Own;
use crate::gc::mark::{self, Marker};
use crate::proc::{self, ALL_G};
use crate::sync::{AtomicU64, Ordering};
use core::ptr::null_mut;
use rust_alloc::vec::Vec;

/// Goroutines found so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Looks for leaked goroutines and sets their `leaked`. On a goroutine. As for `runtime.collect`, dead words are cleared.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.findLeaks")]
pub unsafe extern "C" fn find() {
    core::arch::naked_asm!("lea rax, [rip + {f}]", "jmp {clear}", f = sym find_now, clear = sym gc::clear_and_go)
}

extern "C" fn find_now() {
    proc::stop_the_world();
    // SAFETY: on a goroutine, which is saved; the world is stopped.
    unsafe { systemstack(find_on_g0, null_mut()) };
    proc::start_the_world();
}

unsafe extern "C" fn find_on_g0(_: *mut u8) {
    // Who lies in one block with something newer would live as long. A collection ends blocks, too.
    for p in proc::every_p() {
        // SAFETY: the world is stopped.
        unsafe { (*p).cache.end_tiny() };
    }
    let mut w = Marker::with(Own::default());
    for n in 0..mark::statics() {
        w.static_root(n);
    }
    let mut waiting = Vec::new();
    for &g in ALL_G.lock().iter() {
        // SAFETY: Gs live for ever, and none runs but this one, which is saved.
        unsafe {
            match (*g).status.load(Ordering::Acquire) {
                GDEAD => {}
                GWAITING if may_leak(Wait::from_code((*g).wait_reason)) => waiting.push(g),
                _ => w.goroutine(&*g),
            }
        }
    }
    loop {
        while !w.drain(1000) {}
        let before = waiting.len();
        waiting.retain(|&g| {
            // SAFETY: as above.
            unsafe {
                let lives = is_awaited(&w.marks, g);
                if lives {
                    w.goroutine(&*g);
                }
                !lives
            }
        });
        if waiting.len() == before {
            break;
        }
    }
    for g in waiting {
        // SAFETY: it waits; the world is stopped.
        unsafe {
            // A main function that ends in `select {}` means it so.
            if (*g).goid != proc::MAIN_GOID || (*g).wait_reason != Wait::SelectNoCases as u32 {
                found(g);
            }
        }
    }
}

/// Whether something that `g` waits for was reached: somebody may wake it.
unsafe fn is_awaited(marks: &Own, g: *mut G) -> bool {
    // What isn't in the heap is a variable, or in the frame of a goroutine: there it counts as reached.
    let reached = |p: usize| mark::find(p).is_none_or(|(s, i)| marks.is_set(s, i));
    // SAFETY: sudogs of a waiting goroutine.
    unsafe {
        let mut s = (*g).waiting;
        while !s.is_null() {
            let what = if (*s).chan.is_null() { (*s).addr } else { (*s).chan as usize };
            if reached(what) {
                return true;
            }
            s = (*s).owner_next;
        }
    }
    false
}

/// Whether a goroutine waits for something that may be unreachable (E1).
fn may_leak(why: Wait) -> bool {
    use Wait::{
        ChanReceive, ChanReceiveNil, ChanSend, ChanSendNil, CondWait, MutexLock, RwMutexLock,
        RwMutexRLock, Select, SelectNoCases, WaitGroupWait,
    };
    matches!(
        why,
        ChanReceive
            | ChanReceiveNil
            | ChanSend
            | ChanSendNil
            | CondWait
            | MutexLock
            | RwMutexLock
            | RwMutexRLock
            | Select
            | SelectNoCases
            | WaitGroupWait
    )
}

/// `find` has found `g`.
///
/// # Safety
/// The world is stopped; `g` waits.
unsafe fn found(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*g).leaked == 0 {
            (*g).leaked = 1;
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[unsafe(export_name = "runtime.leakCount")]
pub extern "C" fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}
