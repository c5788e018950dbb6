//! tmp
pub struct Cache { pub x: usize }
impl Cache { pub fn flush(&mut self) {} }
pub fn init() {}
