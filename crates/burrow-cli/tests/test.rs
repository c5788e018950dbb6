//! `burrow test` as a user meets it: what it prints, and how it ends.
//!
//! The Go tree is the one that burrow finds, or fetches, by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

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
    /// A fresh module.
    fn new(name: &str) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test").join(name);
        let _ = fs::remove_dir_all(&dir);
        for (file, text) in FILES {
            let path = dir.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Place(dir.canonicalize().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.arg("test").args(args).current_dir(&self.0);
        c.env("BURROW_CACHE", self.0.parent().unwrap().join(".cache")).env_remove("GOFLAGS");
        c.env("BURROW_GOROOT", goroot());
        c
    }

    /// Exit code, standard output with `TIME` for times, standard error.
    fn test(&self, args: &[&str]) -> (Option<i32>, String, String) {
        shown(&self.command(args).output().unwrap())
    }
}

/// The Go tree, from a cache that lasts longer than a test.
fn goroot() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let out = Command::new(env!("CARGO_BIN_EXE_burrow")).args(["env", "GOROOT"]).output();
        let out = out.unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().into()
    })
}

fn shown(out: &Output) -> (Option<i32>, String, String) {
    let text = |b: &[u8]| String::from_utf8(b.to_vec()).unwrap();
    (out.status.code(), timeless(&text(&out.stdout)), text(&out.stderr))
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
    let p = Place::new("list");
    let (code, out, err) = p.test(&["./calc", "./user", "./broken"]);
    let want = "ok  \tm/calc\tTIMEs\n?   \tm/user\t[no test files]\n\
                --- FAIL: TestBad (TIMEs)\n    broken_test.go:5: said\nFAIL\nFAIL\tm/broken\tTIMEs\nFAIL\n";
    assert_eq!((code, out.as_str(), err.as_str()), (Some(1), want, ""));
    let (code, out, _) = p.test(&["-run=Nothing", "./broken"]);
    assert_eq!((code, out.as_str()), (Some(0), "ok  \tm/broken\tTIMEs [no tests to run]\n"));
}

#[test]
fn tests_of_both_packages_and_examples_run() {
    let p = Place::new("verbose");
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
    let p = Place::new("main");
    let (code, out, _) = p.test(&["./cmd"]);
    let want = "init\n--- FAIL: TestMainPackage (TIMEs)\n    main_test.go:9: m/cmd main.T\nFAIL\n\
                FAIL\tm/cmd\tTIMEs\nFAIL\n";
    assert_eq!((code, out.as_str()), (Some(1), want));
}

#[test]
fn what_cannot_be_built_fails() {
    let p = Place::new("build");
    let (code, out, err) = p.test(&["./error", "./user"]);
    let want = "FAIL\tm/error [build failed]\n?   \tm/user\t[no test files]\nFAIL\n";
    assert_eq!((code, out.as_str()), (Some(1), want));
    assert_eq!(err, "# m/error [m/error.test]\nerror/error_test.go:5:28: undefined: x\n");
    let (code, out, err) = p.test(&["./wrong"]);
    assert_eq!((code, out.as_str()), (Some(1), "FAIL\tm/wrong [setup failed]\nFAIL\n"));
    let says = "# m/wrong\nwrong/wrong_test.go:3:1: wrong signature for TestX, must be: func TestX(t *testing.T)\n";
    assert_eq!(err, says);
    let (code, out, _) = p.test(&["./nowhere"]);
    assert_eq!((code, out.as_str()), (Some(1), "FAIL\t./nowhere [setup failed]\nFAIL\n"));
}

#[test]
fn events() {
    let p = Place::new("json");
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
    let p = Place::new("cover");
    let (code, _, err) = p.test(&["-cover", "./calc"]);
    let want = "burrow: -cover is not supported: there is no coverage yet\n";
    assert_eq!((code, err.as_str()), (Some(2), want));
}

/// Profiles are written where the command runs, and the program that they are read with beside them.
#[test]
fn profiles_are_written() {
    let p = Place::new("profiles");
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

/// TEST-1: each package fails by itself, and is told of once.
#[test]
fn a_package_that_cannot_be_loaded_is_no_matter_of_others() {
    let p = Place::new("apart");
    p.write("badimp/b.go", "package badimp\n\nimport _ \"m/nosuch\"\n");
    p.write("badimp/b_test.go", "package badimp\n");
    p.write("uses/u.go", "package uses\n\nimport _ \"m/badimp\"\n");
    let args = ["./calc", "./badimp", "./error", "./user", "./uses", "./nowhere", "./wrong"];
    let (code, out, err) = p.test(&args);
    let want = "FAIL\t./nowhere [setup failed]\nFAIL\tm/badimp [setup failed]\nFAIL\tm/uses [setup failed]\n\
                FAIL\tm/wrong [setup failed]\nok  \tm/calc\tTIMEs\nFAIL\tm/error [build failed]\n\
                ?   \tm/user\t[no test files]\nFAIL\n";
    assert_eq!((code, out.as_str()), (Some(1), want), "{err}");
    assert_eq!(err.matches("m/nosuch is not in std").count(), 2, "{err}");
    assert_eq!(err.matches("wrong signature").count(), 1, "{err}");
    assert_eq!(err.matches("undefined: x").count(), 1, "{err}");
    // A module that can't be read is nobody's in particular.
    p.write("go.mod", "module m\nfrob\nfrob\n");
    let want = "burrow: errors parsing go.mod:\ngo.mod:2: unknown directive: frob\ngo.mod:3: unknown directive: frob\n";
    assert_eq!(p.test(&["./calc", "./user"]), (Some(1), String::new(), want.into()));
}

/// Programs are built again only if something that they are made from changed.
#[test]
fn unchanged_programs_are_not_built_again() {
    let p = Place::new("unchanged");
    let built = |args: &[&str]| {
        let out = p.command(args).env("BURROW_TIMINGS", "1").output().unwrap();
        let (_, out, err) = shown(&out);
        (out, err.lines().filter(|l| l.starts_with("burrow: link ")).count())
    };
    let args = ["./calc", "./broken"];
    let (first, links) = built(&args);
    assert_eq!(links, 2);
    assert_eq!(built(&args), (first, 0));
    assert_eq!(built(&["./calc"]).1, 0);
    let broken = fs::read_to_string(p.0.join("broken/broken_test.go")).unwrap();
    p.write("broken/broken_test.go", &broken.replace("said", "told"));
    let (out, links) = built(&args);
    assert!(links == 1 && out.contains("broken_test.go:5: told"), "{out}");
    p.write(
        "user/user.go",
        "package user\n\nimport \"m/calc\"\n\nfunc Take(calc.T) { println() }\n",
    );
    assert_eq!(built(&args).1, 1);
    p.write("go.mod", "module m\n\ngo 1.26\n");
    assert_eq!(built(&args).1, 2);
    assert_eq!(built(&["-tags=x", "./calc"]).1, 1);
}

#[test]
fn what_is_for_one_package_is_refused_for_two() {
    let p = Place::new("several");
    for (flag, want) in [
        ("-cpuprofile=x", "cannot use -cpuprofile flag with multiple packages\n"),
        ("-fuzz=X", "cannot use -fuzz flag with multiple packages\n"),
        ("-o=x", "with multiple packages, -o must refer to a directory or /dev/null\n"),
    ] {
        let (code, out, err) = p.test(&[flag, "./calc", "./broken"]);
        assert_eq!((code, out.as_str(), err.as_str()), (Some(1), "", want));
    }
    let (code, _, err) = p.test(&["-c", "-o", "bin/", "./calc", "./broken"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(p.0.join("bin/calc.test").is_file() && p.0.join("bin/broken.test").is_file());
    assert_eq!(p.test(&["-h"]).0, Some(2));
}

#[test]
fn failures_as_events() {
    let p = Place::new("failevents");
    let (code, out, err) = p.test(&["-json", "./error", "./nowhere"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let want = [
        r##"{"ImportPath":"./nowhere","Action":"build-output","Output":"# ./nowhere\n"}"##,
        r#"{"ImportPath":"./nowhere","Action":"build-fail"}"#,
        r#""Package":"./nowhere","Elapsed":0,"FailedBuild":"./nowhere"}"#,
        r#"{"ImportPath":"m/error [m/error.test]","Action":"build-fail"}"#,
        r#""Package":"m/error","Elapsed":0,"FailedBuild":"m/error [m/error.test]"}"#,
    ];
    for text in want {
        assert!(out.contains(text), "{text} is not in\n{out}");
    }
}

/// What fuzzing finds is kept in the cache, by package.
#[test]
fn fuzzing() {
    let p = Place::new("fuzz");
    p.write(
        "fz/f_test.go",
        "package fz\n\nimport \"testing\"\n\nfunc FuzzA(f *testing.F) {\n\tf.Add(\"seed\")\n\
         \tf.Fuzz(func(t *testing.T, s string) {\n\t\tif len(s) > 3 && s != \"seed\" {\n\t\t\tt.Fatal(\"found\")\n\t\t}\n\t})\n}\n",
    );
    let (code, out, err) = p.test(&["-fuzz=FuzzA", "-fuzztime=20s", "./fz"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(
        out.contains("testing seed corpus: 1/1 completed") && out.contains("found"),
        "{out}{err}"
    );
    assert!(out.contains("Failing input written to testdata/fuzz/FuzzA/"), "{out}{err}");
    assert_eq!(fs::read_dir(p.0.join("fz/testdata/fuzz/FuzzA")).unwrap().count(), 1);
    // From now on it is a test.
    let (code, out, _) = p.test(&["./fz"]);
    assert!(code == Some(1) && out.contains("--- FAIL: FuzzA"), "{out}");
}

/// TEST-3: what ran is told, and nothing is left.
#[test]
fn interrupts() {
    let p = Place::new("interrupt");
    p.write(
        "slow/slow_test.go",
        "package slow\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n\t\"time\"\n)\n\n\
         func TestSlow(t *testing.T) {\n\tfmt.Println(\"began\")\n\tos.WriteFile(\"began\", nil, 0o666)\n\ttime.Sleep(time.Minute)\n}\n",
    );
    p.write("tmp/.keep", "");
    let mut c = p.command(&["-p=1", "./slow", "./calc"]);
    c.env("GOTMPDIR", p.0.join("tmp")).stdout(Stdio::piped()).stderr(Stdio::piped());
    std::os::unix::process::CommandExt::process_group(&mut c, 0);
    let child = c.spawn().unwrap();
    let start = Instant::now();
    while !p.0.join("slow/began").exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the test never began");
        std::thread::sleep(Duration::from_millis(20));
    }
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let (code, out, err) = shown(&child.wait_with_output().unwrap());
    assert_eq!(
        (code, out.as_str(), err.as_str()),
        (Some(1), "began\nsignal: interrupt\nFAIL\tm/slow\tTIMEs\nFAIL\n", "")
    );
    assert_eq!(fs::read_dir(p.0.join("tmp")).unwrap().count(), 1);
}
