//! Heaps of the bubbles (`synctest`): their clocks are moved to the next timer, so that is always known exactly.

use super::heap::{Due, Heap};
use super::{Timer, fired};
use crate::proc;
use crate::sync::Mutex;
use rust_alloc::vec::Vec;

crate::shared! {
/// The heaps of all bubbles, for the collector.
pub static BUBBLES: Mutex<Vec<*const Heap>> = Mutex::new(Vec::new());
}

/// A bubble begins that has this heap.
pub fn add_bubble(heap: *const Heap) {
    BUBBLES.lock().push(heap);
}

/// A bubble ends.
///
/// # Safety
/// `add_bubble` was called for the heap, and it lives; nobody is in the bubble any more.
pub unsafe fn drop_bubble(heap: *const Heap) {
    BUBBLES.lock().retain(|&h| h != heap);
    // SAFETY: the caller's promise.
    unsafe { (*heap).lock().clear() };
}

/// When the bubble's next timer is due.
pub fn bubble_next(heap: &Heap) -> Option<i64> {
    heap.lock().next()
}

/// Fires what is due at `now`: sleepers become runnable; of timers one is given, for its function to be called.
pub fn bubble_fire(heap: &Heap, now: i64) -> Option<*mut Timer> {
    loop {
        let due = heap.lock().take_due(now)?;
        match due {
            // SAFETY: it sleeps, and its entry was the only one.
            Due::Sleep(g) => unsafe { proc::ready(g) },
            Due::Poll(..) => {}
            Due::Timer(timer) => {
                fired::leaves(timer);
                return Some(timer);
            }
        }
    }
}
