//! The text form of the IR holds all that there is of real functions: read and printed again it is the same.

use std::path::Path;
use std::process::Command;

#[test]
fn functions_of_real_programs_survive_as_text() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ir");
    std::fs::create_dir_all(&dir).unwrap();
    // Found, or fetched, before the cache is another one.
    let mut env = Command::new(env!("CARGO_BIN_EXE_burrow"));
    let goroot = env.args(["env", "GOROOT"]).output().unwrap().stdout;
    let goroot = String::from_utf8(goroot).unwrap();
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/run");
    for name in ["std-template", "std-rand-bits-cmplx"] {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.arg("build").arg("-o").arg(dir.join(name)).arg(programs.join(format!("{name}.go")));
        c.env("BURROW_CACHE", dir.join("cache")).env("BURROW_DUMP_IR", "*").env_remove("GOFLAGS");
        c.env("BURROW_GOROOT", goroot.trim());
        let out = c.output().unwrap();
        let text = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.success(), "{text}");
        let text = &text[text.find("func ").unwrap()..];
        let funcs = burrow_ir::parse::parse(text).unwrap_or_else(|e| {
            panic!("{name}: {e}\n{}", text.lines().nth(e.line - 1).unwrap_or_default())
        });
        assert!(funcs.len() > 1000, "{} functions", funcs.len());
        let again: String = funcs.iter().map(ToString::to_string).collect();
        for (a, b) in text.lines().zip(again.lines()) {
            assert_eq!(a, b);
        }
        assert_eq!(text.len(), again.len());
    }
}
