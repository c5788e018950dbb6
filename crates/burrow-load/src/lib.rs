//! GOROOT, go.mod and the package graph.
//!
//! [`goroot::find`] gives the Go tree, [`load`] the parsed packages that arguments name, with all
//! they depend on. [`overlay`] is what we change in the standard library. [`reads`] remembers what was looked at.

pub mod embed;
mod godebug;
pub mod goroot;
mod gover;
mod loader;
pub mod modfile;
mod modules;
pub mod overlay;
pub mod reads;

pub use godebug::{Line as DebugLine, Wrong};
pub use loader::{
    EXPERIMENTS, Example, Graph, Known, LeftOut, LoadError, Options, Package, PackageId,
    SourceFile, Sources, TestBinary, clean, load, load_known, pattern_matches, threads,
};
pub use reads::Reads;

/// A path relative to a folder; absolute, if that is shorter.
pub fn relative(path: &str, dir: &std::path::Path) -> String {
    let Some(absolute) = path.strip_prefix('/') else { return path.into() };
    let own: Vec<&str> = absolute.split('/').collect();
    let dir = dir.to_string_lossy();
    let base: Vec<&str> = dir.split('/').filter(|p| !p.is_empty()).collect();
    let common = own.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(base.len() - common);
    let rel = format!("{up}{}", own[common..].join("/"));
    if rel.len() < path.len() { rel } else { path.into() }
}
