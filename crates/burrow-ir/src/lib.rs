//! SSA IR, lowering from the typed AST, optimiser passes.

pub mod barrier;
pub mod collecting;
pub mod encode;
pub mod escape;
pub mod framed;
pub mod inline;
pub mod ir;
pub mod lower;
pub mod nilcheck;
pub mod parse;
pub mod print;
pub mod rotate;
pub mod ssa;
pub mod visit;
