//! `burrow test` as a user meets it: what it prints, and how it ends.
//!
//! Needs $BURROW_GOROOT, the root of a Go 1.27 tree.

#![allow(clippy::print_stderr, reason = "tests say what they skip")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FILES: [(&str, &str); 11] = [
    ("go.mod", "module m\n\ngo 1.27\n"),
    ("calc/calc.go", "package calc\n\nfunc add(a, b int) int { return a + b }\n"),
    (
        "calc/in_test.go",
        "package calc\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\
         \tt.Run(\"sub\", func(t *testing.T) { t.Log(\"logged\") })\n\
         \tif add(1, 2) != 3 {\n\t\tt.Fatal(\"wrong\")\n\t}\n}\n\n\
         var Exported = add\n",
    ),
    (
        "calc/out_test.go",
        "package calc_test\n\nimport (\n\t\"fmt\"\n\t\"m/calc\"\n\t\"m/user\"\n\t\"os\"\n\t\"testing\"\n)\n\n\
         func TestMain(m *testing.M) {\n\tfmt.Println(\"setup\")\n\tos.Exit(m.Run())\n}\n\n\
         func TestSame(t *testing.T) {\n\tuser.Take(calc.Make())\n}\n\n\
         func ExampleExported() {\n\tfmt.Println(calc.Exported(2, 2))\n\t// Output: 4\n}\n",
    ),
    ("calc/make.go", "package calc\n\ntype T struct{}\n\nfunc Make() T { return T{} }\n"),
    ("user/user.go", "package user\n\nimport \"m/calc\"\n\nfunc Take(calc.T) {}\n"),
    (
        "broken/broken_test.go",
        "package broken\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Error(\"said\") }\n\
         func TestGood(t *testing.T) {}\n",
    ),
    (
        "cmd/main.go",
        "package main\n\ntype T struct{}\n\nfunc init() { println(\"init\") }\n\n\
         func main() { println(\"main\") }\n",
    ),
    (
        "cmd/main_test.go",
        "package main\n\nimport (\n\t\"reflect\"\n\t\"testing\"\n)\n\n\
         func TestMainPackage(t *testing.T) {\n\tt.Fatal(reflect.TypeOf(T{}).PkgPath(), reflect.TypeOf(T{}))\n}\n",
    ),
    ("wrong/wrong_test.go", "package wrong\n\nfunc TestX(x int) {}\n"),
    (
        "error/error_test.go",
        "package error\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { x() }\n",
    ),
];

struct Place(PathBuf);

impl Place {
    /// A fresh module; `None` if there is no Go tree.
    fn new(name: &str) -> Option<Place> {
        if std::env::var_os("BURROW_GOROOT").is_none() {
            eprintln!("SKIPPED: $BURROW_GOROOT is not set");
            return None;
        }
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test").join(name);
        let _ = fs::remove_dir_all(&dir);
        for (file, text) in FILES {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Some(Place(dir.canonicalize().unwrap()))
    }

    /// Exit code, standard output with `TIME` for times, standard error.
    fn test(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_burrow"))
            .arg("test")
            .args(args)
            .current_dir(&self.0)
            .env("BURROW_CACHE", self.0.parent().unwrap().join(".cache"))
            .env_remove("GOFLAGS")
            .output()
            .unwrap();
        let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
        (out.status.code(), timeless(&text(&out.stdout)), text(&out.stderr))
    }
}

/// Digits, a point and digits before an `s` are a time.
fn timeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(i) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
        let a = digits(&rest[i..]);
        let b = rest[i + a..].strip_prefix('.').map_or(0, digits);
        let end = i + a + b + usize::from(b > 0);
        out += &rest[..i];
        if b > 0 && rest[end..].starts_with('s') {
            out += "TIME";
        } else {
            out += &rest[i..end];
        }
        rest = &rest[end..];
    }
    out + rest
}

#[test]
fn packages_are_told_in_a_line() {
    let Some(p) = Place::new("list") else { return };
    let (code, out, err) = p.test(&["./calc", "./user", "./broken"]);
    let want = "ok  \tm/calc\tTIMEs\n?   \tm/user\t[no test files]\n\
                --- FAIL: TestBad (TIMEs)\n    broken_test.go:5: said\nFAIL\nFAIL\tm/broken\tTIMEs\nFAIL\n";
    assert_eq!((code, out.as_str(), err.as_str()), (Some(1), want, ""));
    let (code, out, _) = p.test(&["-run=Nothing", "./broken"]);
    assert_eq!((code, out.as_str()), (Some(0), "ok  \tm/broken\tTIMEs [no tests to run]\n"));
}

#[test]
fn tests_of_both_packages_and_examples_run() {
    let Some(p) = Place::new("verbose") else { return };
    let (code, out, _) = p.test(&["-v", "./calc"]);
    let want = "setup\n=== RUN   TestAdd\n=== RUN   TestAdd/sub\n    in_test.go:6: logged\n\
                --- PASS: TestAdd (TIMEs)\n    --- PASS: TestAdd/sub (TIMEs)\n\
                === RUN   TestSame\n--- PASS: TestSame (TIMEs)\n\
                === RUN   ExampleExported\n--- PASS: ExampleExported (TIMEs)\nPASS\nok  \tm/calc\tTIMEs\n";
    assert_eq!((code, out.as_str()), (Some(0), want));
}

/// The program of the test is package main, too, and is another one.
#[test]
fn a_program_is_tested_not_run() {
    let Some(p) = Place::new("main") else { return };
    let (code, out, _) = p.test(&["./cmd"]);
    let want = "init\n--- FAIL: TestMainPackage (TIMEs)\n    main_test.go:9: m/cmd main.T\nFAIL\n\
                FAIL\tm/cmd\tTIMEs\nFAIL\n";
    assert_eq!((code, out.as_str()), (Some(1), want));
}

#[test]
fn what_cannot_be_built_fails() {
    let Some(p) = Place::new("build") else { return };
    let (code, out, err) = p.test(&["./error", "./user"]);
    let want = "FAIL\tm/error [build failed]\n?   \tm/user\t[no test files]\nFAIL\n";
    assert_eq!((code, out.as_str()), (Some(1), want));
    assert_eq!(err, "# m/error [m/error.test]\nerror/error_test.go:5:28: undefined: x\n");
    let (code, out, err) = p.test(&["./wrong"]);
    assert_eq!((code, out.as_str()), (Some(1), "FAIL\t./wrong [setup failed]\nFAIL\n"));
    let says =
        "wrong/wrong_test.go:3:6: wrong signature for TestX, must be: func TestX(t *testing.T)\n";
    assert!(err.ends_with(says), "{err}");
    let (code, out, _) = p.test(&["./nowhere"]);
    assert_eq!((code, out.as_str()), (Some(1), "FAIL\t./nowhere [setup failed]\nFAIL\n"));
}

#[test]
fn events() {
    let Some(p) = Place::new("json") else { return };
    let (code, out, _) = p.test(&["-json", "-run=Bad", "./broken"]);
    assert_eq!(code, Some(1));
    let events: Vec<&str> = out
        .lines()
        .map(|l| {
            let action = l.split_once("\"Action\":\"").unwrap().1;
            action.split_once('"').unwrap().0
        })
        .collect();
    let want = ["start", "run", "output", "output", "output", "fail", "output", "output", "fail"];
    assert_eq!(events, want, "{out}");
    assert!(
        out.contains(r#""Output":"    broken_test.go:5: said\n","OutputType":"error""#),
        "{out}"
    );
}

#[test]
fn coverage_is_refused() {
    let Some(p) = Place::new("cover") else { return };
    let (code, _, err) = p.test(&["-cover", "./calc"]);
    let want = "burrow test: -cover: there is no coverage yet\n";
    assert_eq!((code, err.as_str()), (Some(1), want));
}

/// Profiles are written where the command runs, and the program that they are read with beside them.
#[test]
fn profiles_are_written() {
    let Some(p) = Place::new("profiles") else { return };
    let files = ["cpu", "mem", "block", "mutex"];
    let flags = files.map(|f| format!("-{f}profile={f}.out"));
    let mut args: Vec<&str> = flags.iter().map(String::as_str).collect();
    args.push("./calc");
    let (code, out, err) = p.test(&args);
    assert_eq!((code, out.as_str(), err.as_str()), (Some(0), "ok  \tm/calc\tTIMEs\n", ""));
    for f in files {
        let bytes = fs::read(p.0.join(format!("{f}.out"))).unwrap();
        assert!(bytes.starts_with(&[0x1f, 0x8b]), "{f}: {} bytes", bytes.len());
    }
    assert!(p.0.join("calc.test").is_file());
}
