//! The action graph: what must be redone, and only that; the artefact cache.
//!
//! [`Session`] is one command: it loads, checks ([`frontend`]), compiles and links (`backend`).
//! [`schedule`] runs work on packages in parallel, [`cache`] keeps results, [`report`] prints errors by
//! gc's rules, [`flags`] understands `-gcflags` and `-ldflags`; [`surface`] is the table of all flags and variables of the go
//! command.

mod artefact;
mod backend;
mod buildinfo;
pub mod cache;
mod embeds;
pub mod flags;
pub mod frontend;
mod initorder;
mod known;
mod objects;
mod passes;
mod paths;
pub mod report;
pub mod schedule;
pub mod session;
#[cfg(test)]
mod stack_budget;
pub mod surface;
pub mod timings;

/// KEY-1: whole crates, with those that they depend on.
#[cfg(test)]
#[test]
fn keys_cover_crates() {
    let front: Vec<&str> = env!("BURROW_FRONT_ID_CRATES").split(' ').collect();
    assert_eq!(front, ["burrow-build", "burrow-load", "burrow-syntax", "burrow-types"]);
    let code: Vec<&str> = env!("BURROW_CODE_ID_CRATES").split(' ').collect();
    assert_eq!(
        code,
        ["burrow-build", "burrow-codegen", "burrow-ir", "burrow-syntax", "burrow-types"]
    );
}

pub use cache::Cache;
pub use flags::split_quoted;
pub use report::Form;
pub use session::{Block, Executable, Failure, Options, RunCache, Session, executable_name};
