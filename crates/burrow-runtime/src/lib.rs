//! Everything that runs beside a Go program: scheduler, memory, channels, faults.
//!
//! One source, two builds. As the library `burrow-runtime` it is checked, linted and unit-tested on the host. As
//! the *image* (feature `image`, built by `burrow-link`'s build script) it is a static executable without libc
//! at a fixed address, which the linker extends by compiled Go. The contract with compiled code is
//! `docs/abi.md`; HACKING.md beside this crate says what may be done on which stack.
//!
//! From the bottom up: the processor and the kernel (`arch`, `sys`, `sync`, `chance`, `entry`), what the linker wrote
//! (`prog`, `symtab`), memory (`alloc`, `sizeclass`, `heap`, `gc`, `types`), goroutines (`g`, `stack`, `proc`,
//! `chan`, `select`, `sema`, `timer`, `poll`), faults (`panics`, `signal`, `traceback`), what tells about a program
//! that runs (`profile`, `cpuprof`, `metrics`, `imagesyms`, `leaks`), what the standard
//! library asks for (`env`, `reflectcall`, `stubs`), and what it has assembly for (`native`). `model` is the third
//! way to build it: goroutines under a model checker.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(feature = "image", no_main)]
#![cfg_attr(feature = "model", allow(unused_imports, reason = "the model uses a part"))]
// What only the image's entry reaches looks dead to the library; `pub` inside means: to the other modules.
#![cfg_attr(not(feature = "image"), allow(dead_code, reason = "the image uses it"))]
#![allow(unreachable_pub, reason = "modules are private; items are for their siblings")]

extern crate alloc as rust_alloc;

/// Ends the program, as a throw that names the invariant, if it does not hold. For what is cheap to ask.
#[allow(unused_macros, reason = "unit tests have no runtime")]
macro_rules! assert_rt {
    ($holds:expr, $name:literal) => {
        if !$holds {
            crate::panics::throw_str(concat!("assertion failed: ", $name));
        }
    };
}

#[cfg(not(test))]
mod allthreads;
#[cfg(not(test))]
mod arch;
#[cfg(not(test))]
mod atomics;
#[cfg(not(test))]
mod barrier;
#[cfg(any(not(test), feature = "model"))]
mod chan;
#[cfg(not(test))]
mod chance;
#[cfg(any(not(test), feature = "model"))]
mod coro;
#[cfg(not(test))]
mod cpuprof;
#[cfg(feature = "image")]
mod entry;
#[cfg(not(test))]
mod env;
#[cfg(any(not(test), feature = "model"))]
mod g;
#[cfg(not(test))]
mod gc;
#[cfg(not(test))]
mod heap;
#[cfg_attr(test, allow(dead_code, reason = "tests use parts"))]
mod histogram;
#[cfg(not(test))]
mod imagesyms;
#[cfg(not(test))]
mod leaks;
#[cfg(not(test))]
mod metrics;
#[cfg(not(test))]
mod misc;
#[cfg(all(test, feature = "model"))]
mod model;
#[cfg_attr(test, allow(dead_code, reason = "tests use the kernels only"))]
mod native;
#[cfg(not(test))]
mod panics;
#[cfg(not(test))]
mod persistent;
#[cfg(any(not(test), feature = "model"))]
mod poll;
#[cfg(any(not(test), feature = "model"))]
mod proc;
#[cfg(not(test))]
mod profile;
#[cfg(any(not(test), feature = "model"))]
mod prog;
#[cfg(not(test))]
mod reflectcall;
#[cfg_attr(test, allow(dead_code, reason = "tests use parts"))]
mod sampling;
#[cfg(any(not(test), feature = "model"))]
mod sema;
#[cfg(not(test))]
mod signal;
#[cfg_attr(test, allow(dead_code, reason = "tests use the tables only"))]
mod sizeclass;
#[cfg(any(not(test), feature = "model"))]
mod slots;
#[cfg(not(test))]
mod stack;
#[cfg(not(test))]
mod symtab;
#[cfg(any(not(test), feature = "model"))]
mod sync;
#[cfg(any(not(test), feature = "model"))]
mod synctest;
#[cfg(any(not(test), feature = "model"))]
mod sys;
#[cfg(any(not(test), feature = "model"))]
mod timer;
#[cfg(not(test))]
mod traceback;
#[cfg(any(not(test), feature = "model"))]
mod types;

// Under the model, what the code under test stands on.
#[cfg(all(test, feature = "model"))]
use model::{
    arch,
    stubs::{
        allthreads, barrier, chance, cpuprof, env, gc, heap, metrics, panics, profile, signal,
        stack, traceback,
    },
};
