//! `burrow test`: builds a program for each package with tests, and runs it.
//!
//! The program is the go command's: a main package that gives the tests to package testing, which understands all flags
//! about running. What is left for the command is to build, to run, and to tell how it ended. gc: `cmd/go/internal/test`.
//!
//! TEST-1  What is wrong with one package is no matter of the others: each is loaded, built and run as if it were alone.
//! TEST-2  Programs run beside each other while the next are built; what they say comes in the order of the packages, unless it
//!         is shown as it comes: then they run one after another. So do benchmarks.
//! TEST-3  An interrupt reaches the programs from the terminal; the command waits for them, tells what they said, and starts no more.

use std::io::Read as _;
use std::mem::ManuallyDrop;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, mpsc};
use std::time::{Duration, Instant};

use burrow_build::surface::{Commands, find_flag, find_forwarded};
use burrow_build::{Cache, Executable, Failure, Form, Options, Session};
use burrow_load::{Graph, TestBinary};

use crate::build::{self, options, write_executable};
use crate::env::fuzz_dir;
use crate::flags::{Parsed, from_goflags, split, usage_line, value_of, wrong};
use crate::output;
use crate::test2json::Converter;
use crate::usage;

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

    /// Adds a flag: the program's, or the command's own.
    fn add(&mut self, name: &'static str, value: String) {
        match find_forwarded(name) {
            Some(f) => self.forwarded.push(format!("-test.{}={value}", f.name)),
            None => self.parsed.flags.push((name, value)),
        }
    }
}

/// Flags and packages mix; an unknown flag ends the packages.
fn request(args: Vec<String>) -> Result<Request, Failure> {
    let mut r = Request {
        parsed: Parsed::default(),
        packages: Vec::new(),
        forwarded: Vec::new(),
        rest: Vec::new(),
    };
    let mut given = from_goflags("test")?;
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
        if matches!(name, "h" | "help") {
            return Err(usage(usage_line("test")));
        }
        let flag = match name.strip_prefix("test.") {
            Some(plain) => find_forwarded(plain),
            None => find_flag(Commands::TEST, name),
        };
        let Some(flag) = flag else {
            unknown = true;
            r.rest.push(arg);
            continue;
        };
        let value = value_of(flag, value, || args.next()).map_err(|what| wrong("test", &what))?;
        given.push((flag.name, value));
    }
    let all = Parsed { flags: given, args: Vec::new() };
    all.judge("test")?;
    all.flags.into_iter().for_each(|(name, value)| r.add(name, value));
    Ok(r)
}

pub(crate) fn test(args: Vec<String>) -> Result<ExitCode, Failure> {
    let request = request(args)?;
    let mut options = options(&request.parsed)?;
    options.tests = true;
    options.test_binaries = true;
    // As in go: who keeps the program, or profiles it, may want to look into it.
    let keeps = request.parsed.is_set("c") || request.parsed.get("o").is_some();
    options.only_run = !keeps && !PROFILES.iter().any(|p| request.has(p));
    options.set.push(("testing.testBinary".into(), "1".into()));
    let cache = build::cache(&request.parsed)?;
    let form =
        if request.parsed.is_set("json") { Form::Plain } else { build::form(&request.parsed)? };
    let run = Run {
        request: &request,
        options: &options,
        cache: &cache,
        form,
        failed: AtomicBool::new(false),
        scratches: AtomicUsize::new(0),
    };
    run.all()?;
    cache.trim();
    let failed = run.failed.load(Ordering::Relaxed);
    if failed && request.lists_packages() && !run.json() && !request.has("fuzz") {
        output::print("FAIL\n");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Run<'a> {
    request: &'a Request,
    options: &'a Options,
    cache: &'a Cache,
    form: Form,
    failed: AtomicBool,
    /// How many folders for programs were made.
    scratches: AtomicUsize,
}

/// Packages that were loaded together.
struct Loaded<'a> {
    session: ManuallyDrop<Session<'a>>,
    graph: ManuallyDrop<Graph>,
}

/// What there is to do for a package.
enum Job {
    NoTests,
    NotBuilt(Failure),
    Run(TestBinary, Executable),
}

impl<'a> Run<'a> {
    fn json(&self) -> bool {
        self.request.parsed.is_set("json")
    }

    fn session(&self) -> Session<'a> {
        Session::new(self.options).with_cache(self.cache).with_form(self.form)
    }

    fn load(&self, args: &[String]) -> Result<Loaded<'a>, Failure> {
        let session = ManuallyDrop::new(self.session());
        let graph = ManuallyDrop::new(session.load_apart(args, true)?);
        Ok(Loaded { session, graph })
    }

    /// All packages that were named, in their order; before them those that can't be loaded (TEST-1).
    fn all(&self) -> Result<(), Failure> {
        let mut args = match self.request.lists_packages() {
            true => self.request.packages.clone(),
            false => vec![".".into()],
        };
        let mut not_loaded: Vec<(String, Failure)> = Vec::new();
        let together = loop {
            match self.load(&args) {
                Ok(loaded) => break Some(loaded),
                Err(failure) => {
                    let Some(name) = failure.blocks.first().map(|b| b.package.clone()) else {
                        return Err(failure);
                    };
                    not_loaded.push((name.clone(), failure));
                    let before = args.len();
                    args.retain(|a| *a != name);
                    if args.is_empty() || args.len() == before {
                        break None;
                    }
                }
            }
        };
        let named = together.as_ref().map(|t| t.graph.named.clone()).unwrap_or_default();
        self.refuse_several(&named)?;
        let mut alone: Vec<Option<Loaded<'a>>> = Vec::new();
        let sound = together.as_ref().is_none_or(|t| t.graph.errors.is_empty());
        let mut left = Vec::new();
        for path in named {
            let own = match sound {
                true => None,
                false => {
                    let is_files = path == "command-line-arguments";
                    let args = if is_files { args.clone() } else { vec![path.clone()] };
                    let loaded = self.load(&args).and_then(|l| {
                        l.session.loaded(&l.graph)?;
                        Ok(l)
                    });
                    match loaded {
                        Ok(l) => Some(l),
                        Err(failure) => {
                            not_loaded.push((path, failure));
                            continue;
                        }
                    }
                }
            };
            alone.push(own);
            left.push(path);
        }
        not_loaded.iter().for_each(|(path, failure)| self.not_loaded(path, failure));
        build::ignore_interrupts();
        let turns = Turns::new(self.options.threads);
        std::thread::scope(|s| {
            for (i, (path, own)) in left.iter().zip(&alone).enumerate() {
                let job = match own.as_ref().or(together.as_ref()) {
                    Some(loaded) if !self.stops() => self.build(loaded, path),
                    _ => break,
                };
                let turns = &turns;
                s.spawn(move || self.job(path, job, i, turns));
            }
        });
        turns.failure.into_inner().expect("no panics while locked").map_or(Ok(()), Err)
    }

    /// No more programs are started.
    fn stops(&self) -> bool {
        build::interrupted() || self.request.has("failfast") && self.failed.load(Ordering::Relaxed)
    }

    /// What makes no sense for several packages.
    fn refuse_several(&self, named: &[String]) -> Result<(), Failure> {
        if named.len() < 2 {
            return Ok(());
        }
        let fail = |what: String| Err(Failure::new(what));
        for name in PROFILES.iter().chain(&["fuzz"]) {
            if self.request.has(name) {
                return fail(format!("cannot use -{name} flag with multiple packages"));
            }
        }
        match self.request.parsed.get("o") {
            Some(o) if o != "/dev/null" && !self.is_dir(o) => {
                fail("with multiple packages, -o must refer to a directory or /dev/null".into())
            }
            _ => Ok(()),
        }
    }

    fn is_dir(&self, o: &str) -> bool {
        o.ends_with('/') || self.options.cwd.join(o).is_dir()
    }

    fn build(&self, loaded: &Loaded<'_>, path: &str) -> Job {
        let Some(test) = loaded.graph.tests.iter().find(|t| t.path == path) else {
            return Job::NoTests;
        };
        let base = path.rsplit('/').next().unwrap_or(path);
        match loaded.session.built(&loaded.graph, test.main, &format!("{base}.test")) {
            Ok(executable) => Job::Run(test.clone(), executable),
            Err(failure) => Job::NotBuilt(failure),
        }
    }

    /// What is left to do for a package when its program is built; `i` is its place.
    fn job(&self, path: &str, job: Job, i: usize, turns: &Turns) {
        match job {
            Job::NoTests => {
                turns.wait(i);
                self.tell(path, &format!("?   \t{path}\t[no test files]\n"), "", true);
            }
            Job::NotBuilt(failure) => {
                turns.wait(i);
                self.not_built(path, &failure, "build");
            }
            Job::Run(test, executable) => {
                let done = self.run(&test, &executable, i, turns);
                turns.wait(i);
                match done {
                    Ok(None) => {}
                    Ok(Some((shown, seconds))) => {
                        if !self.report(&test, shown, seconds) {
                            self.failed.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(failure) => {
                        turns
                            .failure
                            .lock()
                            .expect("no panics while locked")
                            .get_or_insert(failure);
                    }
                }
            }
        }
        turns.next(i);
    }

    fn not_loaded(&self, path: &str, failure: &Failure) {
        let mut failure = failure.clone();
        let header = format!("# {path}\n");
        if let Some(first) = failure.blocks.first_mut() {
            first.text.insert_str(0, &header);
        }
        failure.text.insert_str(0, &header);
        self.not_built(path, &failure, "setup");
    }

    fn not_built(&self, path: &str, failure: &Failure, what: &str) {
        self.failed.store(true, Ordering::Relaxed);
        let build = failure.blocks.first().map_or(path, |b| b.package.as_str());
        if self.json() {
            let failure = failure.clone().events();
            output::print(&failure.objects);
            output::error_text(&failure.text);
        } else {
            output::error_text(&failure.text);
        }
        self.tell(path, &format!("FAIL\t{path} [{what} failed]\n"), build, false);
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

    /// Keeps the program where that is asked for, and runs it. Nothing is told yet of one that isn't to be run.
    fn run(
        &self,
        test: &TestBinary,
        executable: &Executable,
        i: usize,
        turns: &Turns,
    ) -> Result<Option<(Shown, f64)>, Failure> {
        let name = &executable.name;
        let keep = |target: &Path| write_executable(target, &executable.image()?);
        let parsed = &self.request.parsed;
        match parsed.get("o") {
            Some(o) if self.is_dir(o) => keep(&self.options.cwd.join(o).join(name))?,
            Some(o) => keep(&self.options.cwd.join(o))?,
            // Profiles are read together with the program.
            None if parsed.is_set("c") || PROFILES.iter().any(|p| self.request.has(p)) => {
                keep(&self.options.cwd.join(name))?;
            }
            None => {}
        }
        if parsed.is_set("c") {
            return Ok(None);
        }
        let mut scratch = None;
        let program = match &executable.path {
            Some(path) => path.clone(),
            None => {
                let n = self.scratches.fetch_add(1, Ordering::Relaxed);
                let dir = &scratch.insert(Scratch::new(n)?).0;
                let program = dir.join(name);
                keep(&program)?;
                program
            }
        };
        if self.streams() || self.request.has("bench") {
            turns.wait(i);
        }
        let _slot = turns.slot();
        if self.stops() {
            return Ok(None);
        }
        let start = Instant::now();
        let shown = self.execute(test, &program)?;
        Ok(Some((shown, start.elapsed().as_secs_f64())))
    }

    /// Output is shown as it comes.
    fn streams(&self) -> bool {
        let request = self.request;
        let one = request.packages.len() == 1 && !request.packages[0].contains("...");
        !request.lists_packages()
            || request.has("bench")
            || request.has("fuzz")
            || one && request.has("v")
    }

    /// Runs the program; its output is shown as it comes if that is asked for, else kept.
    fn execute(&self, test: &TestBinary, program: &Path) -> Result<Shown, Failure> {
        let mut command = build::command(self.request.parsed.get("exec"), program)?;
        command.arg("-test.paniconexit0");
        if !self.request.has("timeout") {
            command.arg(format!("-test.timeout={TIMEOUT}"));
        }
        command.args(self.request.forwarded.iter().filter(|f| !self.json() || !is_v(f)));
        if self.json() {
            command.arg("-test.v=test2json");
        }
        if self.request.has("fuzz") {
            let dir = fuzz_dir()?.join(&test.path);
            command.arg(format!("-test.fuzzcachedir={}", dir.display()));
        }
        let files = PROFILES.iter().any(|p| self.request.has(p));
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
        // Fuzzing goes on until it is stopped.
        let own = own.filter(|_| !self.request.has("fuzz"));
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
            Some((None, Some(signal))) => format!("signal: {}", build::signal_name(signal)),
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
        Shown { streams: run.streams() && events.is_none(), events, kept: Vec::new(), status: None }
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

/// Who may run, and who may tell (TEST-2).
struct Turns {
    /// The place of the package that is told of next.
    turn: Mutex<usize>,
    changed: Condvar,
    /// How many more programs may run.
    free: Mutex<usize>,
    released: Condvar,
    /// What kept a program from being run.
    failure: Mutex<Option<Failure>>,
}

impl Turns {
    fn new(threads: usize) -> Turns {
        Turns {
            turn: Mutex::new(0),
            changed: Condvar::new(),
            free: Mutex::new(burrow_load::threads(threads)),
            released: Condvar::new(),
            failure: Mutex::new(None),
        }
    }

    /// Waits for the turn of a place.
    fn wait(&self, i: usize) {
        let turn = self.turn.lock().expect("no panics while locked");
        drop(self.changed.wait_while(turn, |t| *t < i).expect("no panics while locked"));
    }

    fn next(&self, i: usize) {
        *self.turn.lock().expect("no panics while locked") = i + 1;
        self.changed.notify_all();
    }

    fn slot(&self) -> Slot<'_> {
        let free = self.free.lock().expect("no panics while locked");
        let mut free = self.released.wait_while(free, |f| *f == 0).expect("no panics while locked");
        *free -= 1;
        Slot(self)
    }
}

/// The right to run a program, until it is dropped.
struct Slot<'a>(&'a Turns);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().expect("no panics while locked") += 1;
        self.0.released.notify_one();
    }
}

/// A folder for a program that the cache can't hold, removed again.
struct Scratch(PathBuf);

impl Scratch {
    fn new(n: usize) -> Result<Scratch, Failure> {
        let dir = build::scratch_dir(&format!("test{n}"));
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
