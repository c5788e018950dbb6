//! Compiled functions, data and the runtime image to a static ELF executable.
