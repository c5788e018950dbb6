//! Scanner, parser, AST, positions and build constraints of Go 1.27.
