//! tmp
pub fn start() {}
pub fn any_waiters() -> bool { false }
