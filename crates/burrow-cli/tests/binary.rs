//! What lies in an executable, as tools see it: Go's own, compiled by Burrow, those of binutils, gdb.
//!
//! Tests that need a program which may be missing are ignored unless `--include-ignored` is given; CI installs what they need.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// `add` is inlined into `outer`, and that into `mid`.
const PROGRAM: &str = r#"package main

import (
	"fmt"
	"os"
)

type T struct{ a, b int }

func add(x, y int) int {
	z := x + y
	return z * 2
}

func outer(n int) int {
	s := 0
	for i := 0; i < n; i++ {
		s += add(i, n)
	}
	return s
}

//go:noinline
func leaf(t *T) int {
	if t.a > 3 {
		fmt.Fprintln(os.Stderr, "big")
	}
	return t.a + t.b
}

//go:noinline
func mid(n int) int {
	x := outer(n)
	x += leaf(&T{n, x})
	x++
	return x
}

func main() {
	fmt.Println(mid(5))
	fmt.Println("end")
}
"#;
const OUTPUT: &str = "146\nend\n";

struct Place {
    dir: PathBuf,
}

fn burrow(dir: &Path, args: &[&str]) -> Output {
    let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
    c.args(args).current_dir(dir).env("BURROW_GOROOT", goroot());
    c.env("BURROW_CACHE", cache()).env_remove("GOFLAGS").output().unwrap()
}

/// A Go tree, found or fetched once.
fn goroot() -> &'static Path {
    static GOROOT: OnceLock<PathBuf> = OnceLock::new();
    GOROOT.get_or_init(|| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        text(&c.args(["env", "GOROOT"]).output().unwrap()).trim().into()
    })
}

fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("binary-cache")
}

/// Standard output of what must succeed.
fn text(out: &Output) -> String {
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

impl Place {
    /// A fresh folder with the program, built with these flags.
    fn new(name: &str, flags: &[&str]) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("binary-{name}"));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let dir = dir.canonicalize().unwrap();
        std::fs::write(dir.join("go.mod"), "module example.com/prog\n\ngo 1.27\n").unwrap();
        std::fs::write(dir.join("f.go"), PROGRAM).unwrap();
        let args: Vec<&str> =
            ["build"].iter().chain(flags).chain(&["-o", "prog"]).copied().collect();
        text(&burrow(&dir, &args));
        Place { dir }
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut c = Command::new(program);
        c.args(args).current_dir(&self.dir).env("LC_ALL", "C").env("DEBUGINFOD_URLS", "");
        c.output().unwrap_or_else(|e| panic!("{program}: {e}"))
    }

    fn prints(&self, program: &str, args: &[&str]) -> String {
        text(&self.run(program, args))
    }

    /// One of Go's commands, compiled by Burrow.
    fn go_tool(&self, name: &str, args: &[&str]) -> String {
        let exe = self.dir.join(name);
        let package = format!("cmd/{name}");
        text(&burrow(&self.dir, &["build", "-o", exe.to_str().unwrap(), &package]));
        self.prints(exe.to_str().unwrap(), args)
    }
}

#[test]
fn go_tools_find_code_and_lines() {
    let p = Place::new("tools", &[]);
    let names = p.go_tool("nm", &["-size", "prog"]);
    let leaf = names.lines().find(|l| l.ends_with("T main.leaf")).expect("main.leaf in nm");
    let address = format!("0x{}", leaf.split_whitespace().next().unwrap());
    let code = p.go_tool("objdump", &["-s", "^main.leaf$", "prog"]);
    assert!(code.starts_with("TEXT main.leaf(SB)"), "{code}");
    assert!(code.contains("f.go:26") && code.contains("CALL fmt.Fprintln(SB)"), "{code}");
    std::fs::write(p.dir.join("in"), format!("{address}\n")).unwrap();
    let mut c = Command::new(p.dir.join("addr2line"));
    text(&burrow(&p.dir, &["build", "-o", "addr2line", "cmd/addr2line"]));
    c.arg("prog").current_dir(&p.dir).stdin(std::fs::File::open(p.dir.join("in")).unwrap());
    let found = text(&c.output().unwrap());
    assert_eq!(found, format!("main.leaf\n{}:24\n", p.dir.join("f.go").display()));
    assert_eq!(p.go_tool("buildid", &["prog"]).trim().len(), 20);
}

#[test]
fn build_information_is_in_the_file() {
    const READER: &str = r#"package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
)

func main() {
	info, err := buildinfo.ReadFile(os.Args[1])
	fmt.Println(info, err)
}
"#;
    let p = Place::new("buildinfo", &["-ldflags=-s -w"]);
    std::fs::create_dir(p.dir.join("reader")).unwrap();
    std::fs::write(p.dir.join("reader/main.go"), READER).unwrap();
    let shown = text(&burrow(&p.dir, &["run", "reader/main.go", "prog"]));
    assert!(shown.starts_with("go\tgo1.27"), "{shown}");
    assert!(shown.contains("path\texample.com/prog\nmod\texample.com/prog\t(devel)"), "{shown}");
    assert!(shown.contains("build\tGOARCH=amd64\n") && shown.ends_with("<nil>\n"), "{shown}");
}

#[test]
fn who_does_not_want_tables_of_tools_gets_none() {
    let size = |flags: &[&str], name: &str| {
        let p = Place::new(name, flags);
        assert_eq!(p.prints("./prog", &[]), OUTPUT);
        std::fs::read(p.dir.join("prog")).unwrap()
    };
    let has = |file: &[u8], name: &[u8]| file.windows(name.len()).any(|w| w == name);
    let full = size(&[], "full");
    assert!(has(&full, b".debug_line\0") && has(&full, b".symtab\0"));
    let w = size(&["-ldflags=-w"], "w");
    assert!(!has(&w, b".debug_line\0") && has(&w, b".symtab\0") && has(&w, b".gopclntab\0"));
    let s = size(&["-ldflags=-s"], "s");
    assert!(!has(&s, b".debug_line\0") && !has(&s, b".symtab\0") && has(&s, b".gopclntab\0"));
    assert!(s.len() < w.len() && w.len() < full.len());
}

#[test]
#[ignore = "needs binutils and llvm"]
fn stripped_programs_run() {
    let p = Place::new("strip", &[]);
    let ways: [&[&str]; 8] = [
        &["strip", "-o", "out", "prog"],
        &["strip", "-g", "-o", "out", "prog"],
        &["objcopy", "--strip-all", "prog", "out"],
        &["objcopy", "--only-keep-debug", "prog", "prog.debug"],
        &["objcopy", "--strip-all", "--add-gnu-debuglink=prog.debug", "prog", "out"],
        &["llvm-strip", "-o", "out", "prog"],
        &["llvm-strip", "-g", "-o", "out", "prog"],
        &["llvm-objcopy", "--strip-sections", "prog", "out"],
    ];
    std::fs::copy(p.dir.join("prog"), p.dir.join("out")).unwrap();
    for way in ways {
        let done = p.run(way[0], &way[1..]);
        assert!(done.status.success() && done.stderr.is_empty(), "{way:?}: {done:?}");
        let out = p.run("./out", &[]);
        assert_eq!(String::from_utf8_lossy(&out.stdout), OUTPUT, "{way:?}: {out:?}");
    }
}

#[test]
#[ignore = "needs binutils"]
fn binutils_read_names_lines_and_notes() {
    let p = Place::new("binutils", &[]);
    let names = p.prints("nm", &["prog"]);
    let main = names.lines().find(|l| l.ends_with(" T main.main")).expect("main.main in nm");
    let address = main.split(' ').next().unwrap();
    let found = p.prints("addr2line", &["-fe", "prog", address]);
    assert_eq!(found, format!("main.main\n{}:39\n", p.dir.join("f.go").display()));
    let read = p.run("readelf", &["-aW", "prog"]);
    assert_eq!(String::from_utf8_lossy(&read.stderr), "");
    assert!(text(&read).contains("Build ID: "));
    let lines = p.run("readelf", &["--debug-dump=decodedline,info,frames", "prog"]);
    assert_eq!(String::from_utf8_lossy(&lines.stderr), "");
}

#[test]
#[ignore = "needs gdb"]
fn gdb_stops_at_lines_steps_and_unwinds() {
    let p = Place::new("gdb", &[]);
    let commands = [
        "set confirm off",
        "break f.go:11",
        "break f.go:26",
        "run",
        "bt",
        "next",
        "delete 1",
        "continue",
        "bt",
        "next",
        "finish",
        "next",
        "next",
        "next",
        "next",
    ];
    let mut args = vec!["-q", "-nx", "-batch"];
    commands.iter().for_each(|c| args.extend(["-ex", c]));
    args.push("./prog");
    let shown = p.prints("gdb", &args);
    let mut rest = shown.as_str();
    for wanted in [
        "hit Breakpoint 1",
        "main.add () at ",
        "11\t\tz := x + y",
        "#0  main.add () at ",
        "#1  main.outer () at ",
        "f.go:18",
        "in main.mid () at ",
        "f.go:33",
        "in main.main () at ",
        "f.go:40",
        "main.outer () at ",
        "18\t\t\ts += add(i, n)",
        "hit Breakpoint 2",
        "main.leaf () at ",
        "26\t\t\tfmt.Fprintln",
        "#1  0x",
        "in main.mid () at ",
        "f.go:34",
        "28\t\treturn t.a + t.b",
        "main.mid () at ",
        "35\t\tx++",
        "36\t\treturn x",
        "main.main () at ",
        "40\t\tfmt.Println(mid(5))",
        "41\t\tfmt.Println(\"end\")",
    ] {
        let Some(at) = rest.find(wanted) else {
            panic!("gdb doesn't say {wanted:?} behind what was found:\n{shown}")
        };
        rest = &rest[at + wanted.len()..];
    }
}
