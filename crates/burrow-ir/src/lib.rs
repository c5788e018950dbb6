//! SSA IR, lowering from the typed AST, optimiser passes.

pub mod abi;
pub mod cfg;
pub mod encode;
pub mod ir;
pub mod lower;
pub mod opt;
pub mod parse;
pub mod print;
pub mod ssa;
pub mod verify;
pub mod visit;
