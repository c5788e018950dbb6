//! The command as a user sees it: output, streams and exit codes.
//!
//! Needs $BURROW_GOROOT, the root of a Go 1.27 tree, where programs are loaded.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Place {
    dir: PathBuf,
}

impl Place {
    /// A fresh folder with files, given as name and content.
    fn new(name: &str, files: &[(&str, &str)]) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        for (file, content) in files {
            let path = dir.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        Place { dir: dir.canonicalize().unwrap() }
    }

    fn burrow(&self, args: &[&str]) -> Output {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.args(args).current_dir(&self.dir).env("BURROW_CACHE", self.dir.join(".cache"));
        c.env_remove("GOFLAGS").output().unwrap()
    }

    /// Runs burrow; gives the exit code and standard error.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let out = self.burrow(args);
        assert_eq!(String::from_utf8_lossy(&out.stdout), "");
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    }
}

fn goroot() -> bool {
    let there = std::env::var_os("BURROW_GOROOT").is_some();
    if !there {
        eprintln!("SKIPPED: $BURROW_GOROOT is not set");
    }
    there
}

#[test]
fn wrong_usage_is_2() {
    let p = Place::new("usage", &[]);
    let (code, err) = p.fails(&["nosuchcommand"]);
    assert_eq!((code, err.lines().next()), (2, Some("burrow nosuchcommand: unknown command")));
    let (code, err) = p.fails(&["build", "-nosuchflag", "."]);
    assert_eq!(
        (code, err.as_str()),
        (
            2,
            "flag provided but not defined: -nosuchflag\n\
             usage: burrow build [-o output] [build flags] [packages]\n\
             Run 'burrow help build' for details.\n"
        )
    );
    assert_eq!(p.fails(&[]).0, 2);
}

#[test]
fn help_and_version_go_to_standard_output() {
    let p = Place::new("help", &[]);
    for (args, want) in [
        (&["help", "build"][..], "usage: burrow build [-o output] [build flags] [packages]\n"),
        (&["help"], "Burrow compiles and runs Go programs.\n"),
        (&["version"], "burrow version "),
    ] {
        let out = p.burrow(args);
        assert!(out.status.success());
        assert!(String::from_utf8_lossy(&out.stdout).starts_with(want), "{args:?}");
    }
}

#[test]
fn env_prints_what_is_asked_for() {
    let p = Place::new("env", &[("go.mod", "module m\n"), ("sub/x", "")]);
    let out = p.burrow(&["env", "GOOS", "NOSUCH", "GOMOD"]);
    let want = format!("linux\n\n{}/go.mod\n", p.dir.display());
    assert_eq!(String::from_utf8_lossy(&out.stdout), want);
    let out = p.burrow(&["env", "-C", "sub", "-json", "GOARCH"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "{\n\t\"GOARCH\": \"amd64\"\n}\n");
}

#[test]
fn a_wrong_tree_is_refused() {
    let p = Place::new("tree", &[("old/VERSION", "go1.26.1\n"), ("x.go", "package main\n")]);
    let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
    let out = c
        .args(["check", "x.go"])
        .current_dir(&p.dir)
        .env("BURROW_GOROOT", p.dir.join("old"))
        .env("BURROW_CACHE", p.dir.join(".cache"))
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(1));
    let want = format!(
        "burrow: BURROW_GOROOT={}/old is go1.26.1; burrow needs a release of go1.27\n",
        p.dir.display()
    );
    assert_eq!(String::from_utf8_lossy(&out.stderr), want);
}

#[test]
fn errors_of_compilation_have_a_header_in_build_but_not_in_check() {
    if !goroot() {
        return;
    }
    let p = Place::new(
        "syntax",
        &[("go.mod", "module m\ngo 1.27\n"), ("a.go", "package main\nfunc main() { x := }\n")],
    );
    let line = "./a.go:2:20: syntax error: unexpected }, expected expression\n";
    assert_eq!(p.fails(&["check"]), (1, line.into()));
    assert_eq!(p.fails(&["build"]), (1, format!("# m\n{line}")));
    assert_eq!(p.fails(&["check", "a.go"]), (1, line.into()));
}

#[test]
fn errors_of_loading() {
    if !goroot() {
        return;
    }
    let p = Place::new(
        "loading",
        &[
            ("go.mod", "module ex.com/m\ngo 1.27\n"),
            ("a.go", "package main\n\nimport \"ex.com/other\"\n\nfunc main() { other.F() }\n"),
            ("lib/l.go", "package lib\n"),
        ],
    );
    assert_eq!(
        p.fails(&["build", "."]),
        (
            1,
            "a.go:3:8: no required module provides package ex.com/other; to add it:\n\
             \tgo get ex.com/other\n"
                .into()
        )
    );
    assert_eq!(
        p.fails(&["run", "./lib"]),
        (1, "package ex.com/m/lib is not a main package\n".into())
    );
    let (code, err) = p.fails(&["run", "./nosuch"]);
    assert_eq!(code, 1);
    assert_eq!(err, format!("stat {}/nosuch: directory not found\n", p.dir.display()));
    assert_eq!(
        p.fails(&["run", "x_test.go"]),
        (1, "burrow: cannot run *_test.go files (x_test.go)\n".into())
    );
}
