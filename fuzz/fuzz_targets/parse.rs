//! Scanner and parser: any bytes give a tree and errors whose positions are in the file.
#![no_main]

use burrow_syntax::{FileSet, Mode, parse_file};

libfuzzer_sys::fuzz_target!(|src: &[u8]| {
    let fset = FileSet::new();
    let Some(base) = fset.add_file("x.go", src.len()) else { return };
    let mode = Mode { std: src.len() % 2 == 1, runtime: src.len() % 4 == 3, ..Mode::default() };
    let (file, errors) = parse_file(&fset, "x.go", base, src, mode);
    for e in errors.iter().chain(&file.late_errors) {
        assert!(!e.msg.is_empty());
        let p = fset.position(e.pos);
        assert!(!e.pos.is_known() || p.line > 0, "{}", e.msg);
    }
});
