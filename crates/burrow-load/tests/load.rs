//! Loading real packages, and programs with mistakes.
//!
//! The Go tree is the one that burrow finds, or fetches, by itself.

#![allow(clippy::disallowed_methods, reason = "tests make what is loaded")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they find")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burrow_load::goroot::for_tests;
use burrow_load::{Graph, Options, load};
use burrow_syntax::FileSet;

fn goroot() -> PathBuf {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(for_tests).clone()
}

fn load_in(dir: &Path, goroot: PathBuf, args: &[&str]) -> (Graph, FileSet) {
    let files = FileSet::new();
    let options =
        Options { goroot, dir: dir.into(), extra: vec!["runtime".into()], ..Options::default() };
    let args: Vec<String> = args.iter().map(|a| (*a).into()).collect();
    (load(&options, &args, &files).unwrap(), files)
}

/// A folder with the files of a text: lines `-- name --`, each followed by contents.
fn unpack(name: &str, archive: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    for part in archive.split("\n-- ").skip(1) {
        let (file, content) = part.split_once(" --\n").unwrap();
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    dir
}

/// Loads `args` in the folder; gives errors as text, with names relative to it.
fn errors(name: &str, archive: &str, args: &[&str]) -> Vec<String> {
    let root = goroot();
    let dir = unpack(name, archive);
    let (graph, files) = load_in(&dir, root.clone(), args);
    let prefix = format!("{}/", dir.display());
    let root = root.display().to_string();
    graph
        .errors
        .iter()
        .map(|e| {
            let at =
                if e.at.is_known() { format!("{}: ", files.position(e.at)) } else { "".into() };
            format!("{at}{}", e.message).replace(&prefix, "").replace(&root, "GOROOT")
        })
        .collect()
}

#[test]
fn the_standard_library_loads() {
    let root = goroot();
    let start = std::time::Instant::now();
    let (graph, files) = load_in(&root, root.clone(), &["std"]);
    eprintln!("{} packages in {:?}", graph.packages.len(), start.elapsed());
    for e in &graph.errors {
        eprintln!("{}: {}: {e}", files.position(e.at), e.package);
    }
    assert!(graph.errors.is_empty());
    assert!(graph.packages.len() > 300);
    for (i, p) in graph.packages.iter().enumerate() {
        assert!(p.imports.values().all(|d| d.index() < i), "{}", p.import_path);
        assert!(!p.has_syntax_errors(), "{}", p.import_path);
    }
    let abi = graph.get(graph.find("internal/abi").unwrap());
    let has = |name: &str| abi.files.iter().any(|f| f.name.ends_with(name));
    assert!(has("/abi_generic.go") && !has("/abi_amd64.go"));
}

#[test]
fn missing_packages() {
    let got = errors(
        "missing",
        "
-- go.mod --
module m
go 1.27
-- main.go --
package main
import (
	\"foo/bar\"
	\"ex.com/lib\"
	\"internal/abi\"
	_ \"m/sub\"
	_ \"fmt\"
)
-- sub/x.txt --
",
        &["."],
    );
    assert_eq!(
        got,
        [
            "main.go:4:2: no required module provides package ex.com/lib; to add it:\n\tgo get ex.com/lib",
            "main.go:3:2: package foo/bar is not in std (GOROOT/src/foo/bar)",
            "main.go:5:2: use of internal package internal/abi not allowed",
            "main.go:6:2: package m/sub is not in std (GOROOT/src/m/sub)",
        ]
    );
}

#[test]
fn cycles() {
    let got = errors(
        "cycle",
        "
-- go.mod --
module m
-- a/a.go --
package a
import _ \"m/b\"
-- b/b.go --
package b
import _ \"m/a\"
",
        &["./a"],
    );
    assert_eq!(
        got,
        ["package m/a\n\timports m/b from a.go\n\timports m/a from b.go: import cycle not allowed"]
    );
}

#[test]
fn modules_replaced_by_directories_and_embedded_files() {
    let root = goroot();
    let dir = unpack(
        "replace",
        "
-- app/go.mod --
module ex.com/app
go 1.22
require ex.com/lib v1.0.0
replace ex.com/lib => ../lib
-- app/main.go --
package main
import (
	_ \"embed\"
	\"ex.com/lib/sub\"
)
//go:embed data *.txt
var s string
func main() { sub.F() }
-- app/data/x --
x
-- app/data/_y --
y
-- app/z.txt --
z
-- lib/go.mod --
module ex.com/lib
go 1.21
-- lib/sub/s.go --
package sub
func F() {}
",
    );
    let (graph, _) = load_in(&dir.join("app"), root, &["."]);
    assert!(graph.errors.is_empty(), "{:?}", graph.errors);
    let main = graph.get(graph.roots[0]);
    assert_eq!((main.import_path.as_str(), main.go_version.as_str()), ("ex.com/app", "go1.22"));
    assert_eq!(main.embeds[0].files, ["data/x", "z.txt"]);
    let sub = graph.get(main.imports["ex.com/lib/sub"]);
    assert_eq!(sub.go_version, "go1.21");
}

#[test]
fn the_pinned_checksum_is_that_of_the_pinned_version() {
    let root = goroot();
    // Of another release of the same version, the sum is another one.
    let version = burrow_load::goroot::version_of(&root).unwrap();
    assert_eq!(version, format!("go{}", burrow_load::goroot::VERSION), "{}", root.display());
    let sum = burrow_load::goroot::tree_hash(&root).unwrap();
    assert_eq!(sum, burrow_load::goroot::TREE_SHA256);
}
