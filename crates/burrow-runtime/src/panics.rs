//! tmp
use crate::sys;
use crate::g::G;
pub struct Stderr { }
impl Stderr { pub fn new() -> Self { Stderr{} } pub fn flush(&mut self) {} }
impl core::fmt::Write for Stderr { fn write_str(&mut self, s: &str) -> core::fmt::Result { sys::stderr(s.as_bytes()); Ok(()) } }
pub fn die_with_traces() -> ! { sys::exit(2) }
pub fn throw_str(s: &str) -> ! { sys::stderr(b"fatal error: "); sys::stderr(s.as_bytes()); sys::stderr(b"\n"); sys::exit(2) }
pub fn throw_if(c: bool, s: &str) { if c { throw_str(s) } }
pub fn deadlock() -> ! { sys::stderr(b"fatal error: all goroutines are asleep - deadlock!\n"); sys::exit(2) }
pub fn stack_overflow(_g: &mut G, _max: usize, _frame: usize) -> ! { throw_str("stack overflow") }
