//! Whole programs: what Burrow's executables print, against what official Go's printed.
//!
//! `tests/run/NAME.go` is one program, a folder `tests/run/NAME` with a go.mod another; `NAME.out` is
//! its standard output. A program that dies has `NAME.err`: the exit code and standard error, made
//! comparable by [`comparable`]. `known-failures.txt` lists what fails today; one of them that passes
//! is an error too, so that the list only gets shorter.
//!
//! `BURROW_RUN=text` takes the programs with that text in their name, `UPDATE_EXPECT=1` writes their
//! expectations anew by `$BURROW_GOROOT/bin/go`. `BURROW_RUN_DEBUG=gcstress=100` and the like is the `BURROW_DEBUG` that the
//! programs run under.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they skip and find")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a program may run. The machine may be busy.
const LIMIT: Duration = Duration::from_secs(60);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn burrow() -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
    c.env_remove("GOFLAGS").env_remove("GODEBUG");
    c
}

/// The Go tree that Burrow finds, or fetches.
fn goroot() -> PathBuf {
    let out = burrow().args(["env", "GOROOT"]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim().into()
}

fn update() -> bool {
    std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1")
}

#[derive(PartialEq, Eq)]
struct Result {
    stdout: String,
    /// Exit code and standard error, if it didn't end well.
    death: Option<String>,
}

/// Builds a program and runs it. The error is the compiler's.
fn run(mut compiler: Command, source: &Path, exe: &Path) -> std::result::Result<Result, String> {
    let (dir, arg) = match source.is_dir() {
        true => (source, ".".into()),
        false => (source.parent().unwrap(), source.file_name().unwrap().to_string_lossy()),
    };
    compiler.arg("build").arg("-o").arg(exe).arg(&*arg).current_dir(dir);
    let built = output(&mut compiler).map_err(|e| format!("build: {e}"))?;
    if !built.status.success() {
        let text = String::from_utf8_lossy(&built.stderr).into_owned();
        return Err(format!("build: {}: {text}", built.status));
    }
    let mut program = Command::new(exe);
    program.current_dir(dir).env_clear().env("TZ", "UTC").env("GOMAXPROCS", "2");
    if let Some(debug) = std::env::var_os("BURROW_RUN_DEBUG") {
        program.env("BURROW_DEBUG", debug);
    }
    let out = output(&mut program)?;
    fs::remove_file(exe).unwrap();
    let stderr = comparable(&String::from_utf8_lossy(&out.stderr), dir);
    let death = (!out.status.success() || !stderr.is_empty())
        .then(|| format!("{}\n{stderr}", out.status.to_string().replace(" (core dumped)", "")));
    Ok(Result { stdout: String::from_utf8_lossy(&out.stdout).into_owned(), death })
}

/// Runs a command to its end, or kills it after a while.
fn output(command: &mut Command) -> std::result::Result<Output, String> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().map_err(|e| e.to_string())?;
    let pid = i32::try_from(child.id()).unwrap();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    std::thread::scope(|s| {
        let watch = s.spawn(move || {
            let late = ended.recv_timeout(LIMIT).is_err();
            if late {
                // SAFETY: kill has no preconditions; the child wasn't waited for yet, so the id is its own.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
            late
        });
        let out = child.wait_with_output().map_err(|e| e.to_string());
        // The watcher is gone if it was late.
        let _ = done.send(());
        match watch.join().unwrap() {
            true => Err(format!("not finished after {LIMIT:?}")),
            false => out,
        }
    })
}

/// Standard error without what differs from build to build: hexadecimal numbers, arguments of frames,
/// offsets, folders, and frames that aren't the program's own.
fn comparable(text: &str, dir: &Path) -> String {
    let mut out: Vec<String> = Vec::new();
    let own = format!("{}/", dir.display());
    for line in text.lines() {
        let mut line = line.trim_end().to_string();
        if let Some(place) = line.strip_prefix('\t')
            && place.starts_with('/')
        {
            match place.strip_prefix(&own) {
                Some(rest) => {
                    line = format!("\t{}", rest.split(" +0x").next().unwrap_or(rest));
                }
                None => {
                    // The line above named the function.
                    out.pop();
                    continue;
                }
            }
        } else if line.ends_with(')') && !line.contains(' ') {
            // Generic functions' names hold brackets, methods' parentheses: the last group is the arguments.
            if let Some(i) = line.rfind('(') {
                line.truncate(i);
                line += "(...)";
            }
        }
        // Who ran it, and how deep it was, differs from run to run.
        let line = hidden_numbers(&line);
        let repeated = line.starts_with('\t') && out.len() > 2 && {
            let n = out.len();
            out[n - 2] == line && out[n - 1] == out[n - 3]
        };
        if repeated {
            out.pop();
        } else if line.is_empty() && out.last().is_some_and(String::is_empty) {
            continue;
        } else if !line.starts_with("...") && line != "runtime stack:" {
            out.push(line);
        }
    }
    // Scheduling decides what other goroutines were doing: the first one died.
    let traces: Vec<usize> = (0..out.len()).filter(|&i| out[i].starts_with("goroutine ")).collect();
    if let Some(&second) = traces.get(1) {
        out.truncate(second);
    }
    while out.last().is_some_and(|l| l.is_empty() || l.starts_with("exit status")) {
        out.pop();
    }
    out.into_iter().map(|l| l + "\n").collect()
}

/// `0xc000012345` as `0x?`, and numbers of goroutines but the first's as `goroutine ?`.
fn hidden_numbers(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(i) = rest.find("0x") {
        let digits = rest[i + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        out += &rest[..i];
        out += if digits > 2 { "0x?" } else { &rest[i..i + 2 + digits] };
        rest = &rest[i + 2 + digits..];
    }
    out += rest;
    // The runtime's own deaths tell more of each frame and goroutine.
    if let (Some(i), Some(j)) = (out.find(" gp=0x?"), out.find(" [")) {
        out.replace_range(i..j, "");
    }
    match out.strip_prefix("goroutine ").and_then(|r| r.split_once(' ')) {
        Some((n, what)) if n != "1" => format!("goroutine ? {what}"),
        _ => out,
    }
}

/// All programs of a folder, by name.
fn programs(dir: &Path) -> BTreeMap<String, PathBuf> {
    let filter = std::env::var("BURROW_RUN").unwrap_or_default();
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let program = path.extension().is_some_and(|e| e == "go") || path.join("go.mod").is_file();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if program && name.contains(&filter) {
            found.insert(name, path);
        }
    }
    found
}

/// Compares one program with its expectation; the error tells the difference.
fn compare(name: &str, source: &Path, exe: &Path) -> std::result::Result<(), String> {
    let got = run(burrow(), source, exe)?;
    let expected = source.parent().unwrap();
    let read = |ext: &str| fs::read_to_string(expected.join(format!("{name}.{ext}"))).ok();
    let Some(stdout) = read("out") else { return Err("there is no .out file".into()) };
    let want = Result { stdout, death: read("err") };
    if got.stdout != want.stdout {
        return Err(difference("standard output", &want.stdout, &got.stdout, got.death.as_deref()));
    }
    if got.death != want.death {
        let none = String::new();
        let (w, g) = (want.death.as_ref().unwrap_or(&none), got.death.as_ref().unwrap_or(&none));
        return Err(difference("standard error", w, g, None));
    }
    Ok(())
}

fn difference(what: &str, want: &str, got: &str, death: Option<&str>) -> String {
    let (mut w, mut g) = (want.lines(), got.lines());
    let mut n = 0;
    let death = death.map_or(String::new(), |d| {
        format!("; died: {}", d.lines().take(4).collect::<Vec<_>>().join(" | "))
    });
    loop {
        n += 1;
        let (a, b) = (w.next(), g.next());
        if a != b || a.is_none() {
            let (a, b) = (a.unwrap_or("(end)"), b.unwrap_or("(end)"));
            return format!("{what}, line {n}: want {a:?}, got {b:?}{death}");
        }
    }
}

/// Writes what official Go's executable prints.
fn write_expectation(
    name: &str,
    source: &Path,
    exe: &Path,
    go: &Path,
) -> std::result::Result<(), String> {
    let mut compiler = Command::new(go);
    compiler.env("GOFLAGS", "").env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local");
    let want = run(compiler, source, exe).map_err(|e| format!("official Go: {e}"))?;
    let dir = source.parent().unwrap();
    fs::write(dir.join(format!("{name}.out")), want.stdout).unwrap();
    let err = dir.join(format!("{name}.err"));
    match want.death {
        Some(death) => fs::write(err, death).unwrap(),
        None => drop(fs::remove_file(err)),
    }
    Ok(())
}

/// Names in front of `#` in a list, with the reasons behind it.
fn known_failures(path: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines
        .map(|l| {
            let (name, reason) = l.split_once('#').unwrap_or((l, ""));
            let (name, reason) = (name.trim().to_string(), reason.trim().to_string());
            assert!(!reason.is_empty(), "{}: {name} has no reason", path.display());
            (name, reason)
        })
        .collect()
}

/// Programs that print something else under a debug mode by design (`not-under.txt`: NAME MODE # reason).
fn not_under(dir: &Path, debug: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(dir.join("not-under.txt")).unwrap_or_default();
    let lines = text.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines
        .filter_map(|l| {
            let mut words = l.split_whitespace();
            let (name, mode) = (words.next()?, words.next()?);
            debug.split(',').any(|d| d.split('=').next() == Some(mode)).then(|| name.to_string())
        })
        .collect()
}

/// Calls `work` for all programs, on as many threads as there are processors.
fn each(programs: &BTreeMap<String, PathBuf>, work: &(dyn Fn(&str, &Path, &Path) + Sync)) {
    let list: Vec<_> = programs.iter().collect();
    let next = AtomicUsize::new(0);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|s| {
        for _ in 0..threads {
            s.spawn(|| {
                while let Some((name, path)) = list.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let exe = dir.join(format!("{name}-{}", std::process::id()));
                    work(name, path, &exe);
                }
            });
        }
    });
}

fn check_folder(dir: &Path) {
    let start = Instant::now();
    let goroot = goroot();
    let mut programs = programs(dir);
    if let Ok(debug) = std::env::var("BURROW_RUN_DEBUG") {
        let not = not_under(dir, &debug);
        programs.retain(|name, _| !not.contains(name));
    }
    let wrong = Mutex::new(BTreeMap::new());
    if update() {
        let go = goroot.join("bin/go");
        assert!(go.is_file(), "{}: expectations come from official Go", go.display());
        each(&programs, &|name, source, exe| {
            if let Err(e) = write_expectation(name, source, exe, &go) {
                wrong.lock().unwrap().insert(name.to_string(), e);
            }
        });
        assert!(wrong.lock().unwrap().is_empty(), "{:#?}", wrong.lock().unwrap());
        return;
    }
    let known = known_failures(&dir.join("known-failures.txt"));
    let failed_as_known = AtomicUsize::new(0);
    each(&programs, &|name, source, exe| {
        let message = match (compare(name, source, exe), known.contains_key(name)) {
            (Ok(()), false) => return,
            (Ok(()), true) => {
                "passes, but is listed in known-failures.txt: take it out".to_string()
            }
            (Err(_), true) => {
                failed_as_known.fetch_add(1, Ordering::Relaxed);
                return;
            }
            (Err(e), false) => e,
        };
        wrong.lock().unwrap().insert(name.to_string(), message);
    });
    let mut wrong = wrong.into_inner().unwrap();
    if std::env::var_os("BURROW_RUN").is_none() {
        let names: BTreeSet<_> = programs.keys().collect();
        for name in known.keys().filter(|n| !names.contains(n)) {
            wrong.insert(name.clone(), "is listed in known-failures.txt, but isn't there".into());
        }
    }
    let (n, known) = (programs.len(), failed_as_known.into_inner());
    println!("{}: {n} programs, {known} fail as known, {:?}", dir.display(), start.elapsed());
    for (name, message) in &wrong {
        println!("{name}: {message}");
    }
    assert!(wrong.is_empty(), "{} of {n} programs are not as expected", wrong.len());
}

#[test]
fn programs_print_what_official_go_prints() {
    check_folder(&root().join("tests/run"));
}

#[test]
fn examples_print_what_official_go_prints() {
    check_folder(&root().join("examples"));
}
