//! The command as a user sees it: output, streams and exit codes.
//!
//! Where programs are loaded, the Go tree is the one that burrow finds, or fetches, by itself.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

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

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.args(args).current_dir(&self.dir).env("BURROW_CACHE", self.dir.join(".cache"));
        c.env_remove("GOFLAGS");
        if let Some(root) = GOROOT.get() {
            c.env("BURROW_GOROOT", root);
        }
        c
    }

    fn burrow(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs burrow; gives standard output.
    fn succeeds(&self, args: &[&str]) -> String {
        let out = self.burrow(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        String::from_utf8(out.stdout).unwrap()
    }

    /// All files below the cache.
    fn cached(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut dirs = vec![self.dir.join(".cache")];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() { dirs.push(path) } else { found.push(path) }
            }
        }
        found
    }

    /// Runs burrow; gives the exit code and standard error.
    fn fails(&self, args: &[&str]) -> (i32, String) {
        let out = self.burrow(args);
        assert_eq!(String::from_utf8_lossy(&out.stdout), "");
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    }
}

static GOROOT: OnceLock<PathBuf> = OnceLock::new();

/// Makes sure that there is a Go tree, in a cache that lasts longer than a test.
fn goroot() -> &'static Path {
    GOROOT.get_or_init(|| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        let out = c.args(["env", "GOROOT"]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().into()
    })
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
    goroot();
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
    goroot();
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

const HELLO: &str = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n";

#[test]
fn missing_files_and_packages() {
    let root = goroot().display();
    let p = Place::new(
        "missing",
        &[
            ("go.mod", "module m\ngo 1.27\n"),
            ("std/s.go", "package main\n\nimport \"nosuch/pkg\"\n\nfunc main() { pkg.F() }\n"),
        ],
    );
    let want = "stat nosuch.go: no such file or directory\n".to_string();
    assert_eq!(p.fails(&["run", "nosuch.go"]), (1, want.clone()));
    assert_eq!(p.fails(&["check", "nosuch.go"]), (1, want));
    let want = format!("std/s.go:3:8: package nosuch/pkg is not in std ({root}/src/nosuch/pkg)\n");
    assert_eq!(p.fails(&["build", "./std"]), (1, want));
}

#[test]
fn import_cycles_name_who_imports_whom() {
    goroot();
    let p = Place::new(
        "cycle",
        &[
            ("go.mod", "module m\ngo 1.27\n"),
            ("main.go", "package main\n\nimport _ \"m/a\"\n\nfunc main() {}\n"),
            ("a/a.go", "package a\n\nimport _ \"m/b\"\n"),
            ("b/b.go", "package b\n\nimport _ \"m/a\"\n"),
        ],
    );
    let want = "package m\n\timports m/a from main.go\n\timports m/b from a.go\n\
                \timports m/a from b.go: import cycle not allowed\n";
    assert_eq!(p.fails(&["build"]), (1, want.into()));
}

#[test]
fn type_errors_are_sorted_and_ten_at_most() {
    goroot();
    let body: String = (0..12).map(|i| format!("\tx{i} := {i}\n")).collect();
    let many = format!("package main\n\nfunc main() {{\n{body}}}\n");
    let p = Place::new(
        "types",
        &[
            ("go.mod", "module m\ngo 1.27\n"),
            ("a/a.go", "package main\n\nfunc main() {\n\tvar x int = \"s\"\n\tundef()\n}\n"),
            ("b/b.go", &many),
        ],
    );
    let want = "a/a.go:4:6: declared and not used: x\n\
                a/a.go:4:14: cannot use \"s\" (untyped string constant) as int value in variable declaration\n\
                a/a.go:5:2: undefined: undef\n";
    assert_eq!(p.fails(&["check", "./a"]), (1, want.into()));
    assert_eq!(p.fails(&["build", "./a"]), (1, format!("# m/a\n{want}")));
    let (code, err) = p.fails(&["build", "./b"]);
    assert_eq!((code, err.lines().count()), (1, 12));
    assert!(err.ends_with("b/b.go:13:2: too many errors\n"), "{err}");
    assert_eq!(p.fails(&["check", "-e", "./b"]).1.lines().count(), 12);
}

#[test]
fn programs_have_arguments_streams_and_exit_codes() {
    goroot();
    let source = "package main\n\nimport (\n\t\"fmt\"\n\t\"io\"\n\t\"os\"\n)\n\nfunc main() {\n\
        \tb, _ := io.ReadAll(os.Stdin)\n\tfmt.Printf(\"%q %s\", os.Args[1:], b)\n\
        \tfmt.Fprint(os.Stderr, \"to stderr\\n\")\n\tos.Exit(len(os.Args))\n}\n";
    let p = Place::new("streams", &[("x.go", source), ("in", "input")]);
    for (flags, code) in [(&["run"][..], 1), (&["run", "-exitcode"], 3)] {
        let args = [flags, &["x.go", "a b", "-v"]].concat();
        let stdin = std::fs::File::open(p.dir.join("in")).unwrap();
        let out = p.command(&args).stdin(stdin).output().unwrap();
        assert_eq!(out.status.code(), Some(code));
        assert_eq!(String::from_utf8_lossy(&out.stdout), "[\"a b\" \"-v\"] input");
        let err = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(err, if code == 1 { "to stderr\nexit status 3\n" } else { "to stderr\n" });
    }
}

/// A line without its numbers.
fn shape(line: &str) -> String {
    let mut out = String::new();
    for c in line.chars() {
        match (c.is_ascii_digit(), out.ends_with('N')) {
            (true, false) => out.push('N'),
            (true, true) => {}
            (false, _) => out.push(c),
        }
    }
    out
}

#[test]
fn the_scheduler_is_traced_in_gcs_lines() {
    goroot();
    let source = "package main\n\nimport \"time\"\n\nfunc main() {\n\
        \tfor start := time.Now(); time.Since(start) < 300*time.Millisecond; {\n\t}\n}\n";
    let p = Place::new("schedtrace", &[("x.go", source)]);
    p.succeeds(&["build", "-o", "prog", "x.go"]);
    for (setting, lines) in [
        (
            "schedtrace=50",
            &["SCHED Nms: gomaxprocs=N idleprocs=N threads=N spinningthreads=N needspinning=N \
               idlethreads=N runqueue=N [ N N ] schedticks=[ N N ]"][..],
        ),
        (
            "schedtrace=50,scheddetail=1",
            &[
                "SCHED Nms: gomaxprocs=N idleprocs=N threads=N spinningthreads=N needspinning=N \
                 idlethreads=N runqueue=N gcwaiting=false nmidlelocked=N stopwait=N sysmonwait=false",
                "  PN: status=N schedtick=N syscalltick=N m=N runqsize=N gfreecnt=N timerslen=N",
                "  MN: p=nil curg=nil mallocing=N throwing=N preemptoff= locks=N dying=N \
                 spinning=false blocked=false lockedg=nil",
                "  GN: status=N() m=N lockedm=nil",
            ],
        ),
    ] {
        let mut c = Command::new(p.dir.join("prog"));
        let out = c.env("GODEBUG", setting).env("GOMAXPROCS", "2").output().unwrap();
        let err = String::from_utf8(out.stderr).unwrap();
        let shapes: Vec<_> = err.lines().map(shape).collect();
        let traces = shapes.iter().filter(|l| l.starts_with("SCHED ")).count();
        assert!((2..10).contains(&traces), "{traces} traces of 300 ms:\n{err}");
        for line in lines {
            assert!(shapes.iter().any(|s| s == line), "no line {line:?} in:\n{err}");
        }
    }
}

#[test]
fn executables_need_nothing() {
    goroot();
    let p = Place::new("static", &[("x.go", HELLO), ("empty/.keep", "")]);
    p.succeeds(&["build", "-o", "prog", "x.go"]);
    let bytes = std::fs::read(p.dir.join("prog")).unwrap();
    assert_eq!(&bytes[..5], b"\x7fELF\x02");
    let u16_at = |i: usize| u16::from_le_bytes([bytes[i], bytes[i + 1]]) as usize;
    let u64_at = |i: usize| u64::from_le_bytes(bytes[i..i + 8].try_into().unwrap()) as usize;
    let (headers, size, count) = (u64_at(32), u16_at(54), u16_at(56));
    for i in 0..count {
        let kind = u16_at(headers + i * size);
        assert!(kind != 2 && kind != 3, "the executable asks for a dynamic linker");
    }
    let mut c = Command::new(p.dir.join("prog"));
    let out = c.env_clear().current_dir(p.dir.join("empty")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "hello\n");
}

#[test]
fn two_builds_are_equal() {
    goroot();
    let p = Place::new("equal", &[("x.go", HELLO)]);
    p.succeeds(&["build", "-o", "one", "x.go"]);
    p.succeeds(&["clean", "-cache"]);
    p.succeeds(&["build", "-o", "two", "x.go"]);
    let read = |name: &str| std::fs::read(p.dir.join(name)).unwrap();
    assert!(read("one") == read("two"));
}

/// Packages are read by several threads, so their names get other numbers in each build. Labels that a range over a function
/// is left by must not show that.
#[test]
fn builds_of_many_packages_are_equal() {
    goroot();
    let mut files = vec![("go.mod".to_string(), "module m\n\ngo 1.27\n".to_string())];
    let (mut imports, mut calls) = (String::new(), String::new());
    for i in 0..6 {
        let names: String = (0..200).map(|k| format!("const p{i}x{k} = {k}\n")).collect();
        let text = format!(
            "package p{i}\n\n{names}\nfunc F(seq func(func(int) bool)) (n int) {{\nouter{i}:\n\tfor range 2 {{\n\
             \t\tfor v := range seq {{\n\t\t\tif v > 2 {{\n\t\t\t\tcontinue outer{i}\n\t\t\t}}\n\t\t\tn += v\n\t\t}}\n\
             \t}}\n\treturn n\n}}\n"
        );
        files.push((format!("p{i}/p.go"), text));
        imports += &format!("\t\"m/p{i}\"\n");
        calls += &format!("\tprintln(p{i}.F(seq))\n");
    }
    let seq = "\tseq := func(f func(int) bool) {\n\t\tfor i := 0; f(i); i++ {\n\t\t}\n\t}\n";
    let main = format!("package main\n\nimport (\n{imports})\n\nfunc main() {{\n{seq}{calls}}}\n");
    files.push(("main.go".into(), main));
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
    let p = Place::new("equalpackages", &files);
    let build = || {
        p.succeeds(&["clean", "-cache"]);
        p.succeeds(&["build", "-o", "x", "."]);
        std::fs::read(p.dir.join("x")).unwrap()
    };
    let first = build();
    assert!((0..3).all(|_| build() == first));
}

#[test]
fn changes_are_seen_and_unchanged_programs_come_from_the_cache() {
    goroot();
    let p = Place::new("edits", &[("x.go", HELLO)]);
    assert_eq!(p.succeeds(&["run", "x.go"]), "hello\n");
    let before = p.cached();
    assert_eq!(p.succeeds(&["run", "x.go"]), "hello\n");
    assert_eq!(p.cached(), before);
    std::fs::write(p.dir.join("x.go"), HELLO.replace("hello", "changed")).unwrap();
    assert_eq!(p.succeeds(&["run", "x.go"]), "changed\n");
}

/// A limit of the size of files stands in for a full disk: writing fails in the middle.
#[test]
fn a_full_disk_is_reported_and_leaves_nothing_half_done() {
    goroot();
    let p = Place::new("full", &[("x.go", HELLO)]);
    let limited = |args: &str| {
        let inner = p.command(&[]);
        let script = format!("trap '' XFSZ; ulimit -f 64; exec \"$0\" {args}");
        let mut c = Command::new("sh");
        c.arg("-c").arg(script).arg(inner.get_program()).current_dir(&p.dir);
        c.envs(inner.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let out = c.output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, err) = limited("build -o prog x.go");
    assert_eq!(code, Some(1), "{err}");
    let want = format!("burrow: open {}/prog: file too large\n", p.dir.display());
    assert!(err.ends_with(&want), "{err}");
    let left: Vec<_> = std::fs::read_dir(&p.dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|n| n == "x.go" || n == ".cache"), "{left:?}");
    assert_eq!(p.succeeds(&["run", "x.go"]), "hello\n");
}

#[test]
fn interrupted_builds_leave_nothing_that_disturbs_the_next() {
    goroot();
    let p = Place::new("interrupted", &[("x.go", HELLO)]);
    for ms in [5, 50, 150, 300, 450] {
        let mut c = p.command(&["build", "-o", "prog", "x.go"]);
        let mut child = c.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(ms));
        // It may have finished.
        let _ = child.kill();
        child.wait().unwrap();
        if p.dir.join("prog").exists() {
            let out = Command::new(p.dir.join("prog")).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&out.stdout), "hello\n");
        }
    }
    assert_eq!(p.succeeds(&["run", "x.go"]), "hello\n");
    p.succeeds(&["build", "-o", "prog", "x.go"]);
}

#[test]
fn the_cache_has_an_absolute_path() {
    goroot();
    let p = Place::new("relative", &[("x.go", HELLO)]);
    let out = p.command(&["run", "x.go"]).env("BURROW_CACHE", "relative").output().unwrap();
    let want = "burrow: BURROW_CACHE must be an absolute path: relative\n";
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(1), want));
}

#[test]
fn test_files_are_checked_as_three_packages() {
    goroot();
    let p = Place::new(
        "variants",
        &[
            ("go.mod", "module m\n"),
            ("a/a.go", "package a\ntype T struct{}\nfunc Do(T) {}\n"),
            // Seen by the external test, not by other packages.
            ("a/export_test.go", "package a\nfunc Inner() T { return T{} }\n"),
            // Imports a: in a's external test it is about the same a.
            ("b/b.go", "package b\nimport \"m/a\"\nfunc Make() a.T { return a.T{} }\n"),
            (
                "a/x_test.go",
                "package a_test\nimport (\n\"m/a\"\n\"m/b\"\n\"testing\"\n)\nfunc Test(*testing.T) { a.Do(b.Make()); a.Do(a.Inner()) }\n",
            ),
            ("only/only_test.go", "package only\nvar X = 1\n"),
            ("only/x_test.go", "package only_test\nimport \"m/only\"\nvar _ = only.X\n"),
            ("main/main.go", "package main\nfunc main() {}\nfunc F() {}\n"),
            ("main/x_test.go", "package main_test\nimport main \"m/main\"\nvar _ = main.F\n"),
        ],
    );
    assert_eq!(p.succeeds(&["check", "-test", "./..."]), "");
    let write = |name: &str, text: &str| std::fs::write(p.dir.join(name), text).unwrap();
    write("a/x_test.go", "package a_test\nimport \"m/a\"\nvar _ int = a.Inner()\n");
    write("b/b.go", "package b\nimport \"m/a\"\nvar _ = a.Inner\n");
    let (code, err) = p.fails(&["check", "-test", "./a", "./b"]);
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "b/b.go:3:11: undefined: a.Inner\n\
         a/x_test.go:3:13: cannot use a.Inner() (value of struct type a.T) as int value in variable declaration\n"
    );
    // An error of the package itself is told once.
    write("a/a.go", "package a\ntype T struct{}\nvar x int = T{}\n");
    let (_, err) = p.fails(&["check", "-test", "./a"]);
    assert_eq!(err.matches("cannot use T{}").count(), 1, "{err}");
    write("a/a.go", "package a\ntype T struct{}\n");
    write("a/export_test.go", "package a\nimport _ \"m/b\"\n");
    let (_, err) = p.fails(&["check", "-test", "./a"]);
    assert_eq!(
        err,
        "package m/a\n\timports m/b from export_test.go\n\timports m/a from b.go: import cycle not allowed in test\n"
    );
}

#[test]
fn functions_without_bodies_need_assembly() {
    goroot();
    let p = Place::new("bodies", &[("go.mod", "module m\n"), ("x.go", "package m\nfunc f()\n")]);
    assert_eq!(p.fails(&["check"]).1, "./x.go:2:6: missing function body\n");
    assert_eq!(p.succeeds(&["check", "-gcflags=-complete=false"]), "");
    std::fs::write(p.dir.join("x_amd64.s"), "").unwrap();
    assert_eq!(p.succeeds(&["check"]), "");
}

const WRONG: &str =
    "package m\n\nvar a = 1\nvar a = 2\n\nfunc f() string {\n\treturn a + \"x\"\n}\n";

#[test]
fn errors_as_json() {
    goroot();
    let p = Place::new("json", &[("go.mod", "module m\n"), ("x.go", WRONG)]);
    let file = p.dir.join("x.go").display().to_string();
    let want = format!(
        "{{\"file\":\"{file}\",\"line\":4,\"column\":5,\"end\":{{\"line\":4,\"column\":6}},\"code\":\"DuplicateDecl\",\
         \"message\":\"a redeclared in this block\",\"related\":[{{\"file\":\"{file}\",\"line\":3,\"column\":5,\
         \"message\":\"other declaration of a\"}}]}}\n\
         {{\"file\":\"{file}\",\"line\":7,\"column\":9,\"end\":{{\"line\":7,\"column\":16}},\"code\":\"MismatchedTypes\",\
         \"message\":\"invalid operation: a + \\\"x\\\" (mismatched types int and untyped string)\"}}\n"
    );
    let out = p.burrow(&["check", "-json"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), want);
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert_eq!(out.status.code(), Some(1));
    let out = p.burrow(&["check", "-json", "nosuch"]);
    let text = String::from_utf8_lossy(&out.stdout);
    assert!(
        text.starts_with(
            "{\"code\":\"PackageNotFound\",\"message\":\"package nosuch is not in std"
        )
    );
}

#[test]
fn errors_with_their_source() {
    goroot();
    let p = Place::new("source", &[("go.mod", "module m\n"), ("x.go", WRONG)]);
    let plain = p.fails(&["check"]);
    assert_eq!(
        plain.1,
        "./x.go:4:5: a redeclared in this block\n\t./x.go:3:5: other declaration of a\n\
         ./x.go:7:9: invalid operation: a + \"x\" (mismatched types int and untyped string)\n"
    );
    // Not on a terminal.
    assert_eq!(p.fails(&["check", "-color=auto"]), plain);
    assert_eq!(p.fails(&["check", "-color=never"]), plain);
    let (_, colored) = p.fails(&["check", "-color=always"]);
    assert!(colored.starts_with(
        "\x1b[1m./x.go:4:5:\x1b[0m \x1b[1;31ma redeclared in this block\x1b[0m \x1b[2m[DuplicateDecl]\x1b[0m\n\
         \x1b[2m    4 |\x1b[0m var a = 2\n      \x1b[2m|\x1b[0m     \x1b[1;31m^\x1b[0m\n\
         \x1b[1m./x.go:3:5:\x1b[0m other declaration of a\n"
    ));
    let (code, err) = p.fails(&["check", "-color=sometimes"]);
    assert_eq!(code, 2);
    assert_eq!(err, "burrow: -color must be auto, always or never: sometimes\n");
}

#[test]
fn codes_are_explained() {
    let p = Place::new("explain", &[]);
    assert_eq!(
        p.succeeds(&["explain", "unusedimport"]),
        "UnusedImport\n\nA package is imported and not used. Imports for their effects alone are written \
         `import _ \"path\"`.\n\nWrong:\n\n\tpackage p\n\n\timport \"fmt\"\n\nRepaired:\n\n\tpackage p\n\n\timport _ \"fmt\"\n"
    );
    assert_eq!(p.fails(&["explain", "Nosuch"]).0, 2);
    let list = p.succeeds(&["help", "errors"]);
    assert!(list.contains("\n\tUnusedImport              A package is imported and not used\n"));
    let (code, err) = p.fails(&["vet"]);
    assert_eq!((code, err.lines().next()), (1, Some("burrow vet: not there yet")));
}

#[test]
fn embedded_files_need_a_place() {
    goroot();
    let text = "package m\n\nimport _ \"embed\"\n\n//go:embed x.go\nvar n int\n\n//go:embed x.go go.mod\nvar s string\n";
    let p = Place::new("embed", &[("go.mod", "module m\n\ngo 1.27\n"), ("x.go", text)]);
    assert_eq!(
        p.fails(&["check"]).1,
        "./x.go:6:5: go:embed cannot apply to var of type int\n\
         ./x.go:9:5: invalid go:embed: multiple files for type string\n"
    );
    let old =
        "./x.go:5:3: go:embed requires go1.16 or later (-lang was set to go1.15; check go.mod)\n";
    assert!(p.fails(&["check", "-lang=go1.15"]).1.starts_with(old));
}

#[test]
fn packages_of_one_name_are_told_apart() {
    goroot();
    let p = Place::new(
        "onename",
        &[
            ("go.mod", "module m\n\ngo 1.27\n"),
            ("x/a/a.go", "package a\n\ntype T string\n"),
            ("y/a/a.go", "package a\n\ntype T string\n"),
            ("b/b.go", "package b\n\nimport \"m/y/a\"\n\ntype S struct{ T a.T }\n"),
            // Imports only one of them itself.
            (
                "c.go",
                "package m\n\nimport (\n\t\"m/b\"\n\t\"m/x/a\"\n)\n\nvar _ = b.S{T: a.T(\"\")}\n",
            ),
        ],
    );
    assert_eq!(
        p.fails(&["check"]).1,
        "./c.go:8:16: cannot use a.T(\"\") (constant \"\" of string type \"m/x/a\".T) as \"m/y/a\".T value in struct literal\n"
    );
}

/// Both programs are package main, and both have a type T.
#[test]
fn programs_that_are_built_at_once_are_told_apart() {
    goroot();
    let program = |ty: &str, letter: &str| {
        format!(
            "package main\n\nimport \"fmt\"\n\ntype T {ty}\n\n\
             func (t T) String() string {{ return {letter:?} }}\n\n\
             func show[P fmt.Stringer](p P) string {{ return p.String() }}\n\n\
             func main() {{\n\tvar t T\n\tvar i any = t\n\tfmt.Println(show(t), i.(T))\n}}\n"
        )
    };
    let (a, b) = (program("struct{ x int }", "A"), program("[9]string", "B"));
    let files = [("go.mod", "module m\n\ngo 1.27\n"), ("a/a.go", &a), ("b/b.go", &b)];
    let p = Place::new("twoprograms", &files);
    assert_eq!(p.succeeds(&["build", "-o", "bin/", "./a", "./b"]), "");
    for (name, want) in [("a", "A A\n"), ("b", "B B\n")] {
        let out = Command::new(p.dir.join("bin").join(name)).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&out.stdout), want);
    }
}

/// There is no execution tracer: whoever asks for a trace is told so.
#[test]
fn traces_are_refused() {
    let program = r#"
package main

import (
    "bytes"
    "fmt"
    "runtime/trace"
)

func main() {
    var b bytes.Buffer
    fmt.Println(trace.Start(&b))
    fmt.Println(b.Len(), trace.IsEnabled())
}"#;
    let place = Place::new("no-trace", &[("main.go", program)]);
    let text = place.succeeds(&["run", "main.go"]);
    assert!(text.starts_with("runtime/trace: Burrow has no execution tracer"), "{text}");
    assert!(text.ends_with("\n0 false\n"), "{text}");
}

/// What is wrong with a package is told in go's words, also where only the loader sees it.
#[test]
fn mistakes_of_packages() {
    goroot();
    let main = "package main\n\nfunc main() {}\n";
    let p = Place::new(
        "mistakes",
        &[
            ("go.mod", "module ex.com/e\n\ngo 1.27\n"),
            ("nomain/m.go", "package main\n\nfunc f() {}\n"),
            ("syso/m.go", main),
            ("syso/x.syso", ""),
            ("tests/x_test.go", "package tests\n"),
            ("empty/e.go", ""),
            ("word/w.go", "// c\n\npakcage main\n"),
            ("blank dir/m.go", main),
            ("ü/m.go", main),
            ("dangling/m.go", main),
            ("imports/m.go", "package main\n\nimport _ \"ex.com/e/tests\"\n\nfunc main() {}\n"),
            ("good/m.go", main),
            ("text", "hello"),
        ],
    );
    std::os::unix::fs::symlink("/nonexistent", p.dir.join("dangling/l.go")).unwrap();
    let dir = p.dir.display();
    for (arg, want) in [
        ("./nomain", "# ex.com/e/nomain\nruntime.main_main·f: function main is undeclared in the main package\n".to_string()),
        ("./syso", "package ex.com/e/syso: burrow links no object files: x.syso\n".into()),
        ("./tests", format!("no non-test Go files in {dir}/tests\n")),
        ("./empty", "empty/e.go:1:1: expected 'package', found 'EOF'\n".into()),
        ("./word", "word/w.go:3:1: expected 'package', found pakcage\n".into()),
        ("./blank dir", "malformed import path \"ex.com/e/blank dir\": invalid char ' '\n".into()),
        ("./ü", "malformed import path \"ex.com/e/ü\": invalid char 'ü'\n".into()),
        ("./dangling", format!("open {dir}/dangling/l.go: no such file or directory\n")),
        ("./imports", format!("imports/m.go:3:8: no non-test Go files in {dir}/tests\n")),
    ] {
        assert_eq!(p.fails(&["build", "-o", "/dev/null", arg]), (1, want), "{arg}");
    }
    // The cache finds the program, and the place is taken.
    p.succeeds(&["build", "-o", "prog", "./good"]);
    for _ in 0..2 {
        let (code, err) = p.fails(&["build", "-o", "text", "./good"]);
        let want = "ex.com/e/good: burrow build ex.com/e/good: build output \"text\" already exists and is not an object file\n";
        assert_eq!((code, err.as_str()), (1, want));
    }
}

/// A function in assembly is told where it is.
#[test]
fn assembly_is_told_at_its_file() {
    goroot();
    let p = Place::new(
        "assembly",
        &[
            ("go.mod", "module ex.com/e\n\ngo 1.27\n"),
            (
                "m.go",
                "package main\n\nimport \"ex.com/e/lib.x\"\n\nfunc own() int\n\nfunc main() { println(own(), lib.Add(1, 2)) }\n",
            ),
            ("own_amd64.s", "// c\nTEXT ·own(SB),$0-8\n\tRET\n"),
            ("lib.x/l.go", "package lib\n\nfunc Add(a, b int) int\n"),
            ("lib.x/a.s", "\nTEXT ·Other(SB),$0\n\tRET\n"),
            ("lib.x/l.s", "\nTEXT ·Add(SB),$0-24\n\tRET\n"),
            ("lib.x/l_arm64.s", "TEXT ·Add(SB),$0-24\n"),
        ],
    );
    let (code, err) = p.fails(&["build"]);
    assert_eq!(code, 1);
    let mut lines: Vec<&str> = err.lines().skip(1).collect();
    lines.sort_unstable();
    let want = [
        "./own_amd64.s:2: function own is in assembly, and burrow has no assembler yet",
        "lib.x/l.s:2: function Add is in assembly, and burrow has no assembler yet",
    ];
    assert_eq!(lines, want, "{err}");
    // With a constraint that leaves the files out, there is no such function at all.
    for name in ["own_amd64.s", "lib.x/l.s"] {
        std::fs::write(p.dir.join(name), "//go:build never\n\nTEXT ·f(SB),$0\n").unwrap();
    }
    assert!(p.fails(&["build"]).1.contains("missing function body"));
}

/// Packages of a folder with a go.mod of its own are another module's.
#[test]
fn nested_modules() {
    goroot();
    let p = Place::new(
        "nested",
        &[
            ("go.mod", "module ex.com/m\n\ngo 1.27\n"),
            ("p/p.go", "package main\n\nimport \"ex.com/m/sub/in\"\n\nfunc main() { in.F() }\n"),
            ("sub/go.mod", "module ex.com/m/sub\n\ngo 1.27\n"),
            ("sub/in/in.go", "package in\n\nfunc F() { println(1) }\n"),
        ],
    );
    let missing = "no required module provides package ex.com/m/sub/in; to add it:\n\tgo get ex.com/m/sub/in\n";
    for (arg, want) in [
        ("./p", format!("p/p.go:3:8: {missing}")),
        ("ex.com/m/sub/in", missing.into()),
        ("./sub/in", "main module (ex.com/m) does not contain package ex.com/m/sub/in\n".into()),
        ("./sub/...", "pattern ./sub/...: directory prefix sub does not contain main module or its selected dependencies\n".into()),
    ] {
        assert_eq!(p.fails(&["build", arg]), (1, want), "{arg}");
    }
    let all = "module ex.com/m\n\ngo 1.27\n\nrequire ex.com/m/sub v1.0.0\n\nreplace ex.com/m/sub => ./sub\n";
    std::fs::write(p.dir.join("go.mod"), all).unwrap();
    assert_eq!(p.burrow(&["run", "./p"]).stderr, b"1\n");
    p.succeeds(&["build", "./sub/in"]);
}

/// Which modules are there, and what is said of those that aren't.
#[test]
fn modules() {
    goroot();
    let p = Place::new(
        "modules",
        &[
            ("app/m.go", "package main\n\nimport \"ex.com/lib\"\n\nfunc main() { lib.F() }\n"),
            ("lib/go.mod", "module whatever\n\ngo 1.22\n\nrequire ex.com/deep v1.2.0\n"),
            ("lib/l.go", "package lib\n\nimport \"ex.com/deep\"\n\nfunc F() { deep.G() }\n"),
            ("deep/go.mod", "module ex.com/deep\n"),
            ("deep/d.go", "package deep\n\nfunc G() { println(\"deep\") }\n"),
        ],
    );
    let lib = "require ex.com/lib v1.0.0\nreplace ex.com/lib => ../lib\n";
    for (module, want) in [
        (format!("{lib}replace ex.com/deep => ../deep"), "deep\n"),
        (format!("{lib}replace ex.com/deep v1.2.0 => ../deep"), "deep\n"),
        (
            format!("{lib}require ex.com/deep v1.3.0\nreplace ex.com/deep v1.2.0 => ../deep"),
            "../lib/l.go:3:8: package ex.com/deep is in module ex.com/deep v1.3.0, which burrow can't read: only modules that go.mod replaces by a folder are there yet\n",
        ),
        (
            format!("{lib}exclude ex.com/deep v1.2.0\nreplace ex.com/deep => ../deep"),
            "../lib/l.go:3:8: module ex.com/deep provides package ex.com/deep and is replaced but not required; to add it:\n\tgo get ex.com/deep\n",
        ),
        (
            "replace ex.com/lib => ../lib".into(),
            "m.go:3:8: module ex.com/lib provides package ex.com/lib and is replaced but not required; to add it:\n\tgo get ex.com/lib\n",
        ),
        (
            "require ex.com/lib v1.0.0".into(),
            "m.go:3:8: package ex.com/lib is in module ex.com/lib v1.0.0, which burrow can't read: only modules that go.mod replaces by a folder are there yet\n",
        ),
        (
            "require ex.com/lib v1.0.0\nreplace ex.com/lib => ../nolib".into(),
            "burrow: ex.com/lib@v1.0.0: replacement directory ../nolib does not exist\n",
        ),
    ] {
        std::fs::write(p.dir.join("app/go.mod"), format!("module ex.com/app\ngo 1.27\n{module}\n"))
            .unwrap();
        let out = p.burrow(&["run", "-C", "app", "."]);
        assert_eq!(String::from_utf8_lossy(&out.stderr), want, "{module}");
    }
    // From outside, a folder is taken as the module that it is; paths are told from there.
    std::fs::write(p.dir.join("app/go.mod"), "module ex.com/app\n\ngo 1.27\n").unwrap();
    std::fs::write(p.dir.join("app/m.go"), "package main\n\nfunc main() { x }\n").unwrap();
    std::fs::create_dir_all(p.dir.join("lib/deep/er")).unwrap();
    let out = p.command(&["run", "-C", "lib/deep/../../deep/..", "./app/../app"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "# ex.com/app\n./m.go:3:15: undefined: x\n");
}

#[test]
fn arguments_of_programs_are_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    goroot();
    let source = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() { fmt.Printf(\"%q\\n\", os.Args[1:]) }\n";
    let p = Place::new("bytes", &[("x.go", source)]);
    let mut c = p.command(&["run", "x.go", "a"]);
    let out = c.arg(std::ffi::OsStr::from_bytes(b"\xff\xfe")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "[\"a\" \"\\xff\\xfe\"]\n");
}

#[test]
fn commands_that_are_not_there() {
    let p = Place::new("commands", &[]);
    for (command, hint) in [
        ("mod", "It is not there yet; go's own can do it on the same sources."),
        ("biuld", "Did you mean 'build'?"),
        ("frobnicate", "Run 'burrow help' for usage."),
    ] {
        let (code, err) = p.fails(&[command]);
        assert_eq!((code, err.lines().nth(1)), (2, Some(hint)));
    }
    assert!(p.succeeds(&["--version"]).starts_with("burrow version "));
    let go = p.dir.join("go");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_burrow"), &go).unwrap();
    let out = Command::new(go).arg("version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "go version go1.27.3 linux/amd64\n");
    // Where memory is limited, what needs little works.
    let script = "ulimit -v 900000; exec \"$0\" version";
    let out =
        Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_burrow")]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}
