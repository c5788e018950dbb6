//! A real program on real input: GOROOT's gofmt, compiled by Burrow, over GOROOT/src and over files
//! without indentation, against the official one.
//!
//! Takes a minute, and needs the official gofmt, so it is ignored unless `--include-ignored` is given: then $BURROW_GOROOT is an
//! official tree, with its `bin`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they find")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// How many files are formatted anew.
const FILES: usize = 500;
/// Burrow's may take this many times the official one's processor time.
const LIMIT: u32 = 3;

/// Exit code and outputs, and the processor time of the process.
struct Done {
    out: Output,
    time: Duration,
}

fn run(command: &mut Command) -> Done {
    let before = children_time();
    let out = command.output().unwrap();
    Done { out, time: children_time().saturating_sub(before) }
}

/// Processor time of all children that have ended.
fn children_time() -> Duration {
    // SAFETY: all zeros is a value of `rusage`, and the call fills it in.
    let usage = unsafe {
        let mut u: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut u);
        u
    };
    let time = |t: libc::timeval| {
        Duration::from_secs(t.tv_sec.unsigned_abs())
            + Duration::from_micros(t.tv_usec.unsigned_abs())
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// All `.go` files below a folder, in order.
fn go_files(dir: &Path, list: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let is_test_data = path.ends_with("testdata");
        if path.is_dir() && !is_test_data {
            go_files(&path, list);
        } else if path.extension().is_some_and(|e| e == "go") {
            list.push(path);
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let mut list: Vec<String> = String::from_utf8_lossy(bytes).lines().map(String::from).collect();
    list.sort();
    list
}

fn compare(ours: &Done, official: &Done, what: &str) {
    assert_eq!(ours.out.status.code(), official.out.status.code(), "{what}");
    assert_eq!(lines(&ours.out.stderr), lines(&official.out.stderr), "{what}");
    assert!(ours.out.stdout == official.out.stdout, "{what}: outputs differ");
    let (a, b) = (ours.time, official.time);
    eprintln!("{what}: {a:.2?}, official {b:.2?}, ratio {:.2}", a.as_secs_f64() / b.as_secs_f64());
    assert!(a <= b * LIMIT, "{what}: {a:.2?} against {b:.2?}");
}

#[test]
#[ignore = "takes a minute; needs official Go in $BURROW_GOROOT"]
fn gofmt_formats_what_the_official_one_formats() {
    let goroot = PathBuf::from(std::env::var_os("BURROW_GOROOT").expect("$BURROW_GOROOT is set"));
    let official = goroot.join("bin/gofmt");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gofmt");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("flat")).unwrap();
    let exe = dir.join("gofmt");
    let mut build = Command::new(env!("CARGO_BIN_EXE_burrow"));
    build.args(["build", "-o"]).arg(&exe).arg("cmd/gofmt").current_dir(goroot.join("src"));
    let built = build.env("BURROW_CACHE", dir.join("cache")).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let list = |gofmt: &Path| run(Command::new(gofmt).arg("-l").arg(goroot.join("src")));
    compare(&list(&exe), &list(&official), "GOROOT/src");

    let mut files = Vec::new();
    go_files(&goroot.join("src"), &mut files);
    let step = files.len() / FILES;
    for (i, path) in files.iter().step_by(step).take(FILES).enumerate() {
        let text = fs::read_to_string(path).unwrap();
        let flat: String =
            text.split_inclusive('\n').map(|l| l.trim_start_matches(['\t', ' '])).collect();
        fs::write(dir.join(format!("flat/{i:03}.go")), flat).unwrap();
    }
    let format = |gofmt: &Path| run(Command::new(gofmt).arg("flat").current_dir(&dir));
    compare(&format(&exe), &format(&official), "without indentation");
}
