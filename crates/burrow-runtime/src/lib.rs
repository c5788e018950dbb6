//! Everything that runs beside a Go program: scheduler, memory, channels, faults.
//!
//! One source, two builds. As the library `burrow-runtime` it is checked, linted and unit-tested on the host. As
//! the *image* (feature `image`, built by `burrow-link`'s build script) it is a static executable without libc
//! at a fixed address, which the linker extends by compiled Go. The contract with compiled code is
//! `docs/abi.md`; HACKING.md beside this crate says what may be done on which stack.
//!
//! From the bottom up: the processor and the kernel (`arch`, `sys`, `sync`, `entry`), what the linker wrote
//! (`prog`, `symtab`), memory (`alloc`, `sizeclass`, `heap`, `gc`, `types`), goroutines (`g`, `stack`, `proc`,
//! `chan`, `select`, `sema`, `timer`, `poll`), faults (`panics`, `signal`, `traceback`), and what the standard
//! library asks for (`env`, `reflectcall`, `stubs`).

#![cfg_attr(not(test), no_std)]
#![cfg_attr(feature = "image", no_main)]

extern crate alloc as rust_alloc;

#[cfg(not(test))]
pub mod arch;
#[cfg(not(test))]
pub mod atomics;
#[cfg(not(test))]
pub mod chan;
#[cfg(not(test))]
pub mod coro;
#[cfg(feature = "image")]
pub mod entry;
#[cfg(not(test))]
pub mod env;
#[cfg(not(test))]
pub mod g;
#[cfg(not(test))]
pub mod gc;
#[cfg(not(test))]
pub mod heap;
#[cfg(not(test))]
pub mod misc;
#[cfg(not(test))]
pub mod panics;
#[cfg(not(test))]
pub mod persistent;
#[cfg(not(test))]
pub mod poll;
#[cfg(not(test))]
pub mod proc;
#[cfg(not(test))]
pub mod prog;
#[cfg(not(test))]
pub mod reflectcall;
#[cfg(not(test))]
pub mod sema;
#[cfg(not(test))]
pub mod signal;
#[cfg(not(test))]
pub mod stack;
#[cfg(not(test))]
pub mod symtab;
#[cfg(not(test))]
pub mod sync;
#[cfg(not(test))]
pub mod synctest;
#[cfg(not(test))]
pub mod sys;
#[cfg(not(test))]
pub mod timer;
#[cfg(not(test))]
pub mod traceback;
#[cfg(not(test))]
pub mod types;
pub mod sizeclass;
