//! go.mod.
#![no_main]

use burrow_load::modfile::{ModFile, Module, Source};

libfuzzer_sys::fuzz_target!(|src: &str| {
    for source in [Source::Main, Source::Dependency] {
        match ModFile::parse("go.mod", src, source) {
            Ok(file) => {
                let (path, version, replaced_by) = (file.module.clone(), None, None);
                let module = Module { path, version, replaced_by, dir: "/m".into(), file };
                assert!(module.go_version().starts_with("go1."));
                for path in src.split_whitespace() {
                    module.dir_of(path);
                }
            }
            Err(e) => assert!(e.starts_with("go.mod:")),
        }
    }
});
