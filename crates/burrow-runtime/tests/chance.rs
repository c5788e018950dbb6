//! Clocks and random sources are in `src/chance.rs` only (Z1): everything else asks there, so that a run can be fuzzed
//! from one seed, and modelled.

use std::fs;
use std::path::{Path, PathBuf};

/// What reads a clock or gives random bytes: system calls, instructions, words of the kernel.
const SOURCES: &[&str] = &[
    "CLOCK_GETTIME",
    "clock_gettime(",
    "GETRANDOM",
    "getrandom",
    "rdtsc",
    "rdrand",
    "rdseed",
    "AT_RANDOM",
    "Instant::now",
    "SystemTime",
];

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn one_file_has_clocks_and_chance() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    assert!(files.len() > 20, "the sources are there");
    let mut found = Vec::new();
    for file in files.iter().filter(|f| !f.ends_with("src/chance.rs")) {
        let text = fs::read_to_string(file).unwrap();
        for (i, line) in text.lines().enumerate() {
            if SOURCES.iter().any(|s| line.contains(s)) {
                found.push(format!("{}:{}: {}", file.display(), i + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "not in chance.rs:\n{}", found.join("\n"));
}
