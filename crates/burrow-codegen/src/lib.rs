//! IR to machine code, relocations and line tables.
//!
//! [`clif`] translates one function of the IR into Cranelift's; [`Compiler`] runs Cranelift on it and puts the
//! stack-check prefix in front ([`prefix`]). Nothing here knows Go: what a function means was decided in lowering.

pub mod clif;
mod compile;
mod epilogue;
mod fixed_reg_copies;
mod pads;
pub mod placement;
mod prefix;
mod prologue;
#[cfg(test)]
mod tests;

pub use compile::{CodeError, CodeReloc, CodeRelocKind, CompiledFunc, Compiler, Pad};
pub use prefix::{BELOW_LIMIT, LARGE_NEED};
