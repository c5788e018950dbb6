//! Computes what results in the cache depend on beside their inputs: hashes of the sources that turn the IR into code,
//! and of those that find errors. Entries of the cache made by other sources are not found.
//!
//! KEY-1  A hash covers whole crates: this one, those that do the work, and all of ours that they depend on, as their
//!        `Cargo.toml` says; and the lock file, for everybody else's. So no file can be forgotten. A release
//!        compiles everything once more; between releases that is what it costs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What turns the IR into code. The image of the runtime isn't in it: what code generation knows of that is a part of
/// the key (`artefact.rs`).
const CODE: [&str; 2] = ["burrow-build", "burrow-codegen"];

/// What reads, parses and checks.
const FRONT_END: [&str; 3] = ["burrow-build", "burrow-load", "burrow-types"];

fn main() {
    // This crate depends on all; it is in both hashes by itself.
    println!("cargo::rerun-if-changed=build.rs");
    hash("BURROW_CODE_ID", &CODE);
    hash("BURROW_FRONT_ID", &FRONT_END);
}

/// The crates, and those of ours that they depend on.
fn closure(roots: &[&str]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = ["burrow-build".into()].into();
    let mut waiting: Vec<String> =
        roots.iter().filter(|r| **r != "burrow-build").map(|r| (*r).into()).collect();
    while let Some(name) = waiting.pop() {
        let manifest = fs::read_to_string(format!("../{name}/Cargo.toml")).unwrap_or_default();
        let table = manifest.split("\n[").find(|t| t.starts_with("dependencies]"));
        let names = table.unwrap_or("").lines().filter_map(|l| {
            let end = l.find(['.', ' ', '=']).unwrap_or(0);
            l.starts_with("burrow-").then(|| l[..end].to_string())
        });
        waiting.extend(names.filter(|n| !all.contains(n)));
        all.insert(name);
    }
    all
}

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut list: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        list.sort();
        list.iter().for_each(|p| files(p, out));
    } else {
        out.push(path.into());
    }
}

/// Sets a variable for the compiler to the hash of crates.
fn hash(variable: &str, roots: &[&str]) {
    let mut hash = Sha256::new();
    let crates = closure(roots);
    let inputs = crates
        .iter()
        .flat_map(|name| ["src", "build.rs", "Cargo.toml"].map(|part| format!("../{name}/{part}")));
    for input in inputs.chain(["../../Cargo.lock".into()]) {
        // Of a file that isn't there cargo would think that it changes all the time.
        if Path::new(&input).exists() {
            println!("cargo::rerun-if-changed={input}");
        }
        let mut list = Vec::new();
        files(Path::new(&input), &mut list);
        for path in list {
            // What isn't there, as in a package of its own, counts as empty.
            let content = fs::read(&path).unwrap_or_default();
            for part in [path.to_string_lossy().as_bytes(), &content] {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    println!("cargo::rustc-env={variable}={hex}");
    let names: Vec<&str> = crates.iter().map(String::as_str).collect();
    println!("cargo::rustc-env={variable}_CRATES={}", names.join(" "));
}
