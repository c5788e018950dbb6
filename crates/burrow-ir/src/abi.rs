//! Offsets of `docs/abi.md` that lowering, passes and code generation have in common.

/// Fields of G: section 4.
pub mod g {
    /// Closure of the call being made.
    pub const CTX: i32 = 16;
    /// Innermost `DeferFrame`.
    pub const DEFER_HEAD: i32 = 32;
    /// Nonzero while the collector marks; 32 bits.
    pub const WB_ENABLED: i32 = 40;
}

/// A `DeferFrame`: section 6.
pub mod defer_frame {
    pub const SIZE: u64 = 24;
    pub const LINK: i32 = 0;
    /// The function, as key into the table of pads.
    pub const KEY: i32 = 8;
    pub const HEAD: i32 = 16;
}

/// Offset of `Fun[0]` in an itab: `internal/abi.ITab`.
pub const ITAB_FUN: i32 = 24;
