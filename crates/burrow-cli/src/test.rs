//! `burrow test`: builds a program for each package with tests, and runs it.
//!
//! The program is the go command's: a main package that gives the tests to package testing, which understands all flags
//! about running. What is left for the command is to build, to run, and to tell how it ended. gc: `cmd/go/internal/test`.

use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use burrow_build::{Cache, Failure, Options, Session};
use burrow_load::{Graph, TestBinary};

use crate::build::{BUILD_FLAGS, options, write_executable};
use crate::env::cache_dir;
use crate::flags::{Parsed, Spec, Takes, parse, split};
use crate::output;
use crate::test2json::Converter;
use crate::usage;

/// Flags of the command itself.
const OWN: &[Spec] = &[
    ("c", Takes::Bool),
    ("o", Takes::Value),
    ("exec", Takes::Value),
    ("json", Takes::Bool),
    ("vet", Takes::Value),
    ("cover", Takes::Bool),
    ("covermode", Takes::Value),
    ("coverpkg", Takes::Value),
];

/// Flags that the test's program understands, as `-test.NAME`.
const FORWARDED: &[Spec] = &[
    ("artifacts", Takes::Bool),
    ("bench", Takes::Value),
    ("benchmem", Takes::Bool),
    ("benchtime", Takes::Value),
    ("blockprofile", Takes::Value),
    ("blockprofilerate", Takes::Value),
    ("count", Takes::Value),
    ("coverprofile", Takes::Value),
    ("cpu", Takes::Value),
    ("cpuprofile", Takes::Value),
    ("failfast", Takes::Bool),
    ("fullpath", Takes::Bool),
    ("fuzz", Takes::Value),
    ("fuzzminimizetime", Takes::Value),
    ("fuzztime", Takes::Value),
    ("list", Takes::Value),
    ("memprofile", Takes::Value),
    ("memprofilerate", Takes::Value),
    ("mutexprofile", Takes::Value),
    ("mutexprofilefraction", Takes::Value),
    ("outputdir", Takes::Value),
    ("parallel", Takes::Value),
    ("run", Takes::Value),
    ("short", Takes::Bool),
    ("shuffle", Takes::Value),
    ("skip", Takes::Value),
    ("timeout", Takes::Value),
    ("trace", Takes::Value),
];

/// Flags that ask the tests' program for a profile.
const PROFILES: [&str; 4] = ["cpuprofile", "memprofile", "blockprofile", "mutexprofile"];

/// Tests may run this long, unless they are told otherwise.
const TIMEOUT: &str = "10m0s";

/// What was asked for.
struct Request {
    parsed: Parsed,
    packages: Vec<String>,
    /// For the program, in order.
    forwarded: Vec<String>,
    /// After `-args`, and what follows a flag that nobody knows.
    rest: Vec<String>,
}

impl Request {
    /// Packages were named: then what passes is told in a line.
    fn lists_packages(&self) -> bool {
        !self.packages.is_empty()
    }

    fn has(&self, name: &str) -> bool {
        self.forwarded
            .iter()
            .any(|f| f.strip_prefix("-test.").is_some_and(|f| f.split('=').next() == Some(name)))
    }
}

/// Flags and packages mix; an unknown flag ends the packages.
fn request(args: Vec<String>) -> Result<Request, Failure> {
    let specs: Vec<Spec> = BUILD_FLAGS.iter().chain(OWN).copied().collect();
    let mut own = Vec::new();
    let mut r = Request {
        parsed: Parsed::default(),
        packages: Vec::new(),
        forwarded: Vec::new(),
        rest: Vec::new(),
    };
    let mut args = args.into_iter().peekable();
    let mut unknown = false;
    while let Some(arg) = args.next() {
        let (name, value) = split(&arg);
        if !arg.starts_with('-') || arg == "-" {
            if unknown {
                r.rest.push(arg);
            } else {
                r.packages.push(arg);
            }
            continue;
        }
        if name == "args" {
            r.rest.extend(args);
            break;
        }
        let plain = name.strip_prefix("test.").unwrap_or(name);
        // Both: names of packages as they are compiled, and tests as they run.
        if plain == "v" {
            r.forwarded.push(format!("-test.v={}", value.unwrap_or("true")));
            continue;
        }
        let forwarded = FORWARDED.iter().find(|f| f.0 == plain);
        let known = forwarded.or_else(|| specs.iter().find(|s| s.0 == name));
        let Some(&(_, takes)) = known else {
            unknown = true;
            r.rest.push(arg);
            continue;
        };
        let value = match (value, takes) {
            (Some(v), _) => v.to_string(),
            (None, Takes::Bool) => "true".into(),
            (None, Takes::Value) => args.next().ok_or_else(|| {
                usage(format!("flag needs an argument: -{name}\nusage: burrow test [build/test flags] [packages] [build/test flags & test binary flags]\nRun 'burrow help test' for details."))
            })?,
        };
        match forwarded {
            Some(_) => r.forwarded.push(format!("-test.{plain}={value}")),
            None => own.push(format!("-{name}={value}")),
        }
    }
    r.parsed = parse("test", own, &specs)?;
    Ok(r)
}

pub(crate) fn test(args: Vec<String>) -> Result<ExitCode, Failure> {
    let request = request(args)?;
    for (name, what) in [("cover", "coverage"), ("covermode", "coverage"), ("coverpkg", "coverage")]
    {
        if request.parsed.get(name).is_some_and(|v| v != "false") {
            return Err(Failure::new(format!("burrow test: -{name}: there is no {what} yet")));
        }
    }
    if request.has("coverprofile") {
        return Err(Failure::new("burrow test: -coverprofile: there is no coverage yet"));
    }
    let mut options = options(&request.parsed)?;
    options.tests = true;
    options.test_binaries = true;
    // As in go: who keeps the program, or profiles it, may want to look into it.
    let keeps = request.parsed.is_set("c") || request.parsed.get("o").is_some();
    options.only_run = !keeps && !PROFILES.iter().any(|p| request.has(p));
    options.ldflags.add("-X testing.testBinary=1").map_err(Failure::new)?;
    let cache = Cache::new(&cache_dir()?);
    let session = ManuallyDrop::new(Session::new(&options).with_cache(&cache));
    let packages = match request.lists_packages() {
        true => request.packages.clone(),
        false => vec![".".into()],
    };
    let mut run = Run { request: &request, options: &options, failed: false };
    match session.load(&packages, true) {
        Ok(graph) => run.all(&session, &ManuallyDrop::new(graph))?,
        Err(failure) => {
            for p in &packages {
                run.setup_failed(p, &failure);
            }
        }
    }
    if run.failed && request.lists_packages() && !request.parsed.is_set("json") {
        output::print("FAIL\n");
    }
    Ok(if run.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Run<'a> {
    request: &'a Request,
    options: &'a Options,
    failed: bool,
}

impl Run<'_> {
    fn json(&self) -> bool {
        self.request.parsed.is_set("json")
    }

    /// All packages that were named, in their order.
    fn all(&mut self, session: &Session<'_>, graph: &Graph) -> Result<(), Failure> {
        graph.named.iter().try_for_each(|path| self.one(session, graph, path))
    }

    fn one(&mut self, session: &Session<'_>, graph: &Graph, path: &str) -> Result<(), Failure> {
        let Some(test) = graph.tests.iter().find(|t| t.path == path) else {
            self.tell(path, &format!("?   \t{path}\t[no test files]\n"), "", true);
            return Ok(());
        };
        let image = match session.check_for(graph, test.main) {
            Ok(checked) => session.link(graph, &ManuallyDrop::new(checked), test.main),
            Err(failure) => Err(failure),
        };
        match image {
            Ok(built) => self.run(test, &built.image),
            Err(failure) => {
                output::error_text(&failure.text);
                self.failed = true;
                let build = format!("{path} [{path}.test]");
                self.tell(path, &format!("FAIL\t{path} [build failed]\n"), &build, false);
                Ok(())
            }
        }
    }

    fn setup_failed(&mut self, path: &str, failure: &Failure) {
        output::error_text(&format!("# {path}\n{}", failure.text));
        self.failed = true;
        self.tell(path, &format!("FAIL\t{path} [setup failed]\n"), path, false);
    }

    /// A package whose test doesn't run.
    fn tell(&self, path: &str, line: &str, failed_build: &str, passed: bool) {
        if !self.json() {
            return output::print(line);
        }
        let mut sink = output::print;
        let mut events = Converter::new(path, &mut sink);
        events.write(line.as_bytes());
        events.finish(passed, failed_build);
    }

    fn run(&mut self, test: &TestBinary, image: &[u8]) -> Result<(), Failure> {
        let base = test.path.rsplit('/').next().unwrap_or(&test.path);
        let name = format!("{base}.test");
        if self.request.parsed.is_set("c") {
            let target = match self.request.parsed.get("o") {
                Some(o) if o.ends_with('/') || self.options.cwd.join(o).is_dir() => {
                    self.options.cwd.join(o).join(&name)
                }
                Some(o) => self.options.cwd.join(o),
                None => self.options.cwd.join(&name),
            };
            return write_executable(&target, image);
        }
        let scratch = Scratch::new()?;
        let program = scratch.0.join(&name);
        write_executable(&program, image)?;
        if let Some(o) = self.request.parsed.get("o") {
            write_executable(&self.options.cwd.join(o), image)?;
        } else if PROFILES.iter().any(|p| self.request.has(p)) {
            // Profiles are read together with the program.
            write_executable(&self.options.cwd.join(&name), image)?;
        }
        let start = Instant::now();
        let shown = self.execute(test, &program)?;
        let seconds = start.elapsed().as_secs_f64();
        self.failed |= !self.report(test, shown, seconds);
        Ok(())
    }

    /// Runs the program; its output is shown as it comes if that is asked for, else kept.
    fn execute(&self, test: &TestBinary, program: &Path) -> Result<Shown, Failure> {
        let mut words = self.request.parsed.get("exec").unwrap_or("").split_whitespace();
        let mut command = match words.next() {
            Some(first) => {
                let mut c = Command::new(first);
                c.args(words).arg(program);
                c
            }
            None => Command::new(program),
        };
        command.arg("-test.paniconexit0");
        if !self.request.has("timeout") {
            command.arg(format!("-test.timeout={TIMEOUT}"));
        }
        command.args(self.request.forwarded.iter().filter(|f| !self.json() || !is_v(f)));
        if self.json() {
            command.arg("-test.v=test2json");
        }
        let files = PROFILES.iter().chain(&["trace"]).any(|p| self.request.has(p));
        if files && !self.request.has("outputdir") {
            command.arg(format!("-test.outputdir={}", self.options.cwd.display()));
        }
        command.args(&self.request.rest).current_dir(&test.dir).env("PWD", &test.dir);
        let fail = |e: &std::io::Error| {
            Failure::new(format!("fork/exec {}: {}", program.display(), output::os_error(e)))
        };
        let (mut reader, writer) = std::io::pipe().map_err(|e| fail(&e))?;
        let stderr = writer.try_clone().map_err(|e| fail(&e))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(stderr)
            .spawn()
            .map_err(|e| fail(&e))?;
        // It holds the pipe's other end.
        drop(command);
        let mut shown = Shown::new(self, &test.path);
        let limit = self.limit();
        let pid = child.id().cast_signed();
        let (ended, wait) = mpsc::channel::<()>();
        let result = std::thread::scope(|s| {
            s.spawn(move || {
                if wait.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                    // SAFETY: the child isn't waited for before the sender is dropped.
                    unsafe { libc::kill(pid, libc::SIGQUIT) };
                    if wait.recv_timeout(Duration::from_secs(5)).is_err() {
                        // SAFETY: as above.
                        unsafe { libc::kill(pid, libc::SIGKILL) };
                    }
                }
            });
            let mut buffer = [0; 16 << 10];
            let result = loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break Ok(()),
                    Ok(n) => shown.take(&buffer[..n]),
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(e) => break Err(e),
                }
            };
            let _ = ended.send(());
            result
        });
        result.map_err(|e| fail(&e))?;
        shown.status = Some(child.wait().map_err(|e| fail(&e))?);
        Ok(shown)
    }

    /// How long the program is waited for: a minute longer than it waits itself.
    fn limit(&self) -> Duration {
        let set =
            self.request.forwarded.iter().rev().find_map(|f| f.strip_prefix("-test.timeout="));
        let own = seconds(set.unwrap_or(TIMEOUT)).filter(|s| *s > 0.0);
        own.map_or(Duration::from_secs(365 * 86400), |s| Duration::from_secs_f64(s + 60.0))
    }

    /// Tells how a test ended; whether it passed.
    fn report(&self, test: &TestBinary, mut shown: Shown, seconds: f64) -> bool {
        let path = &test.path;
        let status = shown.status.take();
        let passed = status.is_some_and(|s| s.success());
        let empty = shown.kept.is_empty();
        if passed {
            let none = shown.kept.starts_with(b"testing: warning: no tests to run\n")
                || find(&shown.kept, b"\ntesting: warning: no tests to run\n");
            let note = if none { " [no tests to run]" } else { "" };
            let line = format!("ok  \t{path}\t{seconds:.3}s{note}\n");
            let quiet = self.request.lists_packages()
                && !["v", "bench", "list", "fuzz"].iter().any(|f| self.request.has(f));
            shown.finish(&line, !quiet, true);
            return true;
        }
        let how = match status.map(|s| (s.code(), s.signal())) {
            Some((Some(code), _)) => format!("exit status {code}"),
            Some((None, Some(signal))) => format!("signal: {}", crate::build::signal_name(signal)),
            _ => "no status".into(),
        };
        let by_signal = status.is_some_and(|s| s.signal().is_some());
        let told =
            if shown.streams || empty || by_signal { format!("{how}\n") } else { String::new() };
        shown.finish(&format!("{told}FAIL\t{path}\t{seconds:.3}s\n"), true, false);
        false
    }
}

fn is_v(flag: &str) -> bool {
    flag.starts_with("-test.v=")
}

fn find(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|w| w == what)
}

/// Where a test's output goes.
struct Shown {
    /// It is shown at once.
    streams: bool,
    events: Option<Converter<'static>>,
    kept: Vec<u8>,
    status: Option<ExitStatus>,
}

impl Shown {
    fn new(run: &Run<'_>, path: &str) -> Shown {
        let events = run.json().then(|| {
            // One command writes one stream of events.
            let sink: &'static mut dyn FnMut(&str) = Box::leak(Box::new(output::print));
            Converter::new(path, sink)
        });
        let streams = !run.request.lists_packages() || run.request.has("bench");
        Shown { streams: streams && events.is_none(), events, kept: Vec::new(), status: None }
    }

    fn take(&mut self, bytes: &[u8]) {
        if let Some(events) = &mut self.events {
            events.write(bytes);
        } else if self.streams {
            output::print_bytes(bytes);
        }
        self.kept.extend_from_slice(bytes);
    }

    /// Ends with a line of the command's; shows what was kept before, if it is worth it.
    fn finish(mut self, line: &str, show: bool, passed: bool) {
        if let Some(mut events) = self.events.take() {
            events.write(line.as_bytes());
            return events.finish(passed, "");
        }
        let kept = std::mem::take(&mut self.kept);
        if show && !self.streams {
            output::print_bytes(&kept);
        }
        if show && kept.last().is_some_and(|b| *b != b'\n') {
            output::print("\n");
        }
        output::print(line);
    }
}

/// A folder for the program, removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, Failure> {
        let dir = std::env::temp_dir().join(format!("burrow-test-{}", std::process::id()));
        std::fs::create_dir_all(&dir).map_err(|e| {
            Failure::new(format!("burrow: mkdir {}: {}", dir.display(), output::os_error(&e)))
        })?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What can't be removed is the system's to clean up, as all in that place.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The seconds of a duration as Go writes it; `None` if it isn't one, which the program will tell.
fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    if rest == "0" {
        return Some(0.0);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let n: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        total += n * match &rest[..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        rest = &rest[end..];
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(s: &str) -> Vec<String> {
        s.split(' ').map(String::from).collect()
    }

    #[test]
    fn flags_and_packages_mix() {
        let r = request(words("-v ./a -run X -tags t ./b -short=false -json")).unwrap();
        assert_eq!(r.packages, ["./a", "./b"]);
        assert_eq!(r.forwarded, ["-test.v=true", "-test.run=X", "-test.short=false"]);
        assert_eq!(r.parsed.get("tags"), Some("t"));
        assert!(r.parsed.is_set("json") && r.has("run") && !r.has("timeout"));
    }

    #[test]
    fn unknown_flags_end_the_packages() {
        let r = request(words("./a -mine x -count=1 -args -v y")).unwrap();
        assert_eq!(r.packages, ["./a"]);
        assert_eq!(r.forwarded, ["-test.count=1"]);
        assert_eq!(r.rest, ["-mine", "x", "-v", "y"]);
    }

    #[test]
    fn durations() {
        for (text, want) in [
            ("10m0s", Some(600.0)),
            ("300ms", Some(0.3)),
            ("1h1.5s", Some(3601.5)),
            ("x", None),
            ("5", None),
        ] {
            assert_eq!(seconds(text), want, "{text}");
        }
    }
}
