//! Goroutines that can never go on, for the profile `goroutineleak`.
//!
//! E1  A goroutine that waits for a channel, a lock, a condition or a WaitGroup is leaked if what it waits for cannot be reached from
//!     variables, from goroutines that can run, nor from goroutines that those may wake.
//! E2  `G.leaked` is set by `find` alone, and stays: nobody wakes such a goroutine. It shows as "(leaked)".
//!
//! Finding them is a marking of its own kind: goroutines that wait as in E1 are no roots at first; each time marking comes to
//! rest, those whose channel or semaphore is marked become roots; what is left in the end is leaked, and then marked
//! like the others, since its memory stays in use. The collector cannot do that yet, so `find` says so: an
//! empty profile would be read as "no leaks".

use crate::g::{G, Wait};
use crate::sync::{AtomicU64, Ordering};

/// Goroutines found so far.
static COUNT: AtomicU64 = AtomicU64::new(0);

/// Runs a collection that looks for leaked goroutines and sets their `leaked`; gives how many there are.
pub fn find() -> Result<u64, &'static str> {
    Err("runtime/pprof: Burrow's collector does not look for leaked goroutines yet")
}

/// Whether a goroutine waits for something that may be unreachable (E1).
pub fn may_leak(why: Wait) -> bool {
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
pub unsafe fn found(g: *mut G) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*g).leaked == 0 {
            (*g).leaked = 1;
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What is wrong, as a Go string; empty if the search was made.
#[unsafe(export_name = "runtime.findLeaks")]
pub extern "C" fn find_leaks() -> crate::heap::Pair {
    let message = find().err().unwrap_or("");
    crate::heap::Pair(message.as_ptr() as usize, message.len())
}

#[unsafe(export_name = "runtime.leakCount")]
pub extern "C" fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}
