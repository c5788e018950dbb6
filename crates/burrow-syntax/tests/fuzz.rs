//! What fuzzing (fuzz/run.sh) found: sources that once did harm.

use burrow_syntax::{FileSet, Mode, parse_file};

const NO_DECL: &str = "syntax error: non-declaration statement outside function body";

/// The messages for a file.
fn errors(src: &[u8]) -> Vec<String> {
    let files = FileSet::new();
    let base = files.add_file("x.go", src.len()).unwrap();
    let (_, errors) = parse_file(&files, "x.go", base, src, Mode::default());
    errors.into_iter().map(|e| e.msg).collect()
}

#[test]
fn a_line_directive_behind_a_character_of_several_bytes() {
    let src = "package p; var \u{44a}//line x.go:1\n int";
    assert_eq!(
        errors(src.as_bytes()),
        ["syntax error: unexpected newline, expected type", NO_DECL]
    );
}
