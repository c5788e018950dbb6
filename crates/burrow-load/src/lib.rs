//! GOROOT, go.mod and the package graph.
//!
//! [`goroot::find`] gives the Go tree, [`load`] the parsed packages that arguments name, with all
//! they depend on. [`overlay`] is what we change in the standard library. [`reads`] remembers what was looked at.

pub mod embed;
pub mod goroot;
mod loader;
pub mod modfile;
pub mod overlay;
pub mod reads;

pub use loader::{
    Example, Graph, Known, LeftOut, LoadError, Options, Package, PackageId, SourceFile, Sources,
    TestBinary, load, load_known, pattern_matches,
};
pub use reads::Reads;
