//! Bubbles of testing/synctest. Not there yet: entering one fails with a message.

use crate::g::G;

const MISSING: &str = "testing/synctest is not implemented in Burrow yet";

/// # Safety
/// `g` is a goroutine that is being made in a bubble.
pub unsafe fn inherit(_g: *mut G) {}

/// # Safety
/// `g` is a goroutine of a bubble that has ended.
pub unsafe fn leave(_g: *mut G) {}

#[unsafe(export_name = "runtime.bubbleRun")]
pub extern "C" fn run(_f: usize) {
    crate::panics::throw_str(MISSING);
}

#[unsafe(export_name = "runtime.bubbleWait")]
pub extern "C" fn wait() {
    crate::panics::throw_str(MISSING);
}

#[unsafe(export_name = "runtime.bubbleTime")]
pub extern "C" fn time() -> i64 {
    crate::panics::throw_str(MISSING);
}
