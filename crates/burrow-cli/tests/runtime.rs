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

/// Runs a program with variables of its environment.
fn run_with(exe: &Path, env: &[(&str, &str)]) -> Output {
    let mut c = Command::new(exe);
    c.env_clear().envs(env.iter().copied()).output().unwrap()
}

#[test]
fn a_memory_limit_is_understood_or_refused() {
    let exe = build(
        "memory-limit",
        r#"package main

import (
	"fmt"
	"runtime/debug"
)

func main() { fmt.Println(debug.SetMemoryLimit(-1)) }
"#,
    );
    for (limit, is) in [("1024", "1024"), ("2GiB", "2147483648"), ("off", "9223372036854775807")] {
        assert_eq!(text(&run_with(&exe, &[("GOMEMLIMIT", limit)]).stdout).trim(), is);
    }
    for wrong in ["abc", "-5", "10XB", "1 GiB", "9999999999999TiB", "99999999999999999999"] {
        let out = run_with(&exe, &[("GOMEMLIMIT", wrong)]);
        let said = format!("GOMEMLIMIT={wrong}\nfatal error: malformed GOMEMLIMIT; see `go doc ");
        assert_eq!(out.status.code(), Some(2), "{wrong}");
        assert!(text(&out.stderr).starts_with(&said), "{}", text(&out.stderr));
    }
}

/// GOTRACEBACK=crash: also a signal ends the program by SIGABRT. What the environment asks for, a program cannot lower.
#[test]
fn the_environment_decides_about_traces() {
    use std::os::unix::process::ExitStatusExt as _;
    let exe = build(
        "traceback",
        r#"package main

import (
	"os"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	if os.Args[0] == "" {
		return
	}
	go func() { time.Sleep(time.Hour) }()
	debug.SetTraceback("none")
	if os.Getenv("DIE") == "signal" {
		syscall.Kill(os.Getpid(), syscall.SIGQUIT)
		time.Sleep(time.Hour)
	}
	time.Sleep(20 * time.Millisecond)
	panic("x")
}
"#,
    );
    for die in ["signal", "panic"] {
        let out = run_with(&exe, &[("DIE", die), ("GOTRACEBACK", "crash")]);
        assert_eq!(out.status.signal(), Some(6), "{die}: {}", text(&out.stderr));
        assert!(text(&out.stderr).matches("\ngoroutine ").count() > 1, "{}", text(&out.stderr));
        let out = run_with(&exe, &[("DIE", die), ("GOTRACEBACK", "single")]);
        assert_eq!(out.status.code(), Some(2), "{die}: {}", text(&out.stderr));
        assert!(text(&out.stderr).contains("\ngoroutine "), "{}", text(&out.stderr));
    }
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
