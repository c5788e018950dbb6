//! tmp
pub fn periodic() {}
