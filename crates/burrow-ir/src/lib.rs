//! SSA IR, lowering from the typed AST, optimiser passes.
