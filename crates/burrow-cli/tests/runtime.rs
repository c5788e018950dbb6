//! What the runtime finds out about itself, and what official Go has no counterpart of.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn burrow() -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
    c.env_remove("GOFLAGS").env_remove("GODEBUG");
    c
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Builds a program of one file.
fn build(name: &str, source: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtime").join(name);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("main.go"), source).unwrap();
    let exe = dir.join("main");
    let out = burrow().args(["build", "-o"]).arg(&exe).arg("main.go").current_dir(&dir).output();
    let out = out.unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
    exe
}

fn run(exe: &Path) -> Output {
    let mut c = Command::new(exe);
    c.env_clear().env("GOMAXPROCS", "2").output().unwrap()
}

/// STACK-1: a goroutine whose stack was used below its base is found at the next switch.
#[test]
fn a_stack_that_ran_over_its_base_is_found() {
    let exe = build(
        "stack-base",
        r#"package main

import (
	"fmt"
	"runtime"
	"unsafe"
)

//go:noinline
func f(i int, done chan bool) {
	var x int
	if i == 99 {
		// What begins often gets a stack of 2 KiB, aligned to its size.
		*(*int)(unsafe.Pointer(uintptr(unsafe.Pointer(&x)) &^ 2047)) = 7
	}
	runtime.Gosched()
	done <- x == 0
}

func main() {
	done := make(chan bool)
	for i := range 100 {
		go f(i, done)
		<-done
	}
	fmt.Println("it was not found")
}
"#,
    );
    let out = run(&exe);
    let err = text(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{}{err}", text(&out.stdout));
    assert!(err.starts_with("fatal error: assertion failed: STACK-1 "), "{err}");
}
