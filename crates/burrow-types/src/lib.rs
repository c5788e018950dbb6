//! Constants, types, checker, inference and diagnostics of Go 1.27.
