//! Errors as data: sources, and what gc 1.27.3 says about them.
//!
//! A case in `data/errors.txt` is `=== name`, the source, `--- errors`, and gc's output with `-e`, for
//! a file x.go. As in gc's output, there is one syntax error for each line at most, and errors are in the
//! order of positions. gc checks types when there are errors but no syntax errors; what it finds then
//! is no part of the cases.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they skip and find")]

use std::collections::HashSet;
use std::fmt::Write as _;

use burrow_syntax::{FileSet, Mode, parse_file};

fn errors_of(src: &str) -> String {
    let files = FileSet::new();
    let base = files.add_file("x.go", src.len()).unwrap();
    let (file, mut errors) = parse_file(&files, "x.go", base, src.as_bytes(), Mode::default());
    if errors.is_empty() {
        errors = file.late_errors;
    }
    let mut seen = HashSet::new();
    let mut out = String::new();
    for e in errors {
        let at = files.position(e.pos);
        let is_syntax = e.msg.starts_with("syntax error");
        if !is_syntax || seen.insert((at.filename.clone(), at.line)) {
            let _ = writeln!(out, "{at}: {}", e.msg);
        }
    }
    out
}

#[test]
fn messages_and_positions_are_those_of_gc() {
    let text = include_str!("data/errors.txt");
    let mut failed = 0;
    for case in format!("\n{text}").split("\n=== ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let (src, want) = rest.split_once("\n--- errors\n").unwrap();
        let got = errors_of(&format!("{src}\n"));
        if got.trim_end() != want.trim_end() {
            failed += 1;
            eprintln!("{name}\n--- want\n{want}--- got\n{got}");
        }
    }
    assert_eq!(failed, 0);
}
