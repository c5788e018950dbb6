//! go.mod.
#![no_main]

use burrow_load::modfile::{ModFile, Module};

libfuzzer_sys::fuzz_target!(|src: &str| {
    match ModFile::parse("go.mod", src) {
        Ok(file) => {
            let module = Module { path: file.module.clone(), dir: "/m".into(), file };
            assert!(module.go_version().starts_with("go1."));
            for path in src.split_whitespace() {
                module.dir_of(path);
            }
        }
        Err(e) => assert!(e.starts_with("go.mod:")),
    }
});
