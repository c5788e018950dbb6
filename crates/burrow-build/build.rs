//! Computes what results in the cache depend on beside their inputs: hashes of the sources that turn the IR into code,
//! and of those that find errors. Entries of the cache made by other sources are not found.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What turns the IR into code, relative to this crate. The lock file says which Cranelift.
const CODE: [&str; 6] = [
    "../../Cargo.lock",
    "../burrow-codegen/src",
    "../burrow-ir/src/encode.rs",
    "../burrow-ir/src/ir.rs",
    "src/artefact.rs",
    "src/objects.rs",
];

/// What parses and checks.
const FRONT_END: [&str; 5] = [
    "../burrow-syntax/src",
    "../burrow-types/src",
    "../burrow-load/src/overlay.rs",
    "src/frontend.rs",
    "src/known.rs",
];

fn files(path: &Path, out: &mut Vec<PathBuf>) {
    if let Ok(entries) = fs::read_dir(path) {
        let mut list: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        list.sort();
        list.iter().for_each(|p| files(p, out));
    } else {
        out.push(path.into());
    }
}

fn main() {
    hash("BURROW_CODE_ID", &CODE);
    hash("BURROW_FRONT_ID", &FRONT_END);
}

/// Sets a variable for the compiler to the hash of sources.
fn hash(variable: &str, inputs: &[&str]) {
    let mut hash = Sha256::new();
    for input in inputs {
        println!("cargo::rerun-if-changed={input}");
        let mut list = Vec::new();
        files(Path::new(input), &mut list);
        for path in list {
            hash.update(path.to_string_lossy().as_bytes());
            // What isn't there, as in a package of its own, counts as empty.
            hash.update(fs::read(&path).unwrap_or_default());
        }
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    println!("cargo::rustc-env={variable}={hex}");
}
