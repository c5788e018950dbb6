//! The checker: a file without imports gives facts and errors, never a crash.
#![no_main]

use burrow_syntax::{FileSet, Mode, parse_file};
use burrow_types::{Config, Universe, check_package};

libfuzzer_sys::fuzz_target!(|src: &[u8]| {
    let fset = FileSet::new();
    let Some(base) = fset.add_file("x.go", src.len()) else { return };
    // Also of files with syntax errors: what there is of the tree is checked.
    let (file, _) = parse_file(&fset, "x.go", base, src, Mode::default());
    let u = Universe::new();
    let importer = |path: &str| Err(format!("could not import {path}"));
    let (_, errors) = check_package(&u, &fset, "p", &[&file], &importer, Config::default());
    for e in &errors {
        assert!(!e.render(&fset).is_empty());
    }
});
