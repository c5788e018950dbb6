//! IR to machine code, relocations and line tables.
