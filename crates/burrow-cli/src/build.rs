//! `burrow run`, `burrow build`, `burrow check`.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::mem::ManuallyDrop;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};

use burrow_build::{Cache, Failure, Form, Options, RunCache, Session, executable_name};
use burrow_load::Graph;

use crate::env::{cache_dir, goroot};
use crate::flags::{Parsed, parse};
use crate::output;
use crate::settings::{self, setting};
use crate::usage;

/// Settings from flags and environment.
pub(crate) fn options(parsed: &Parsed) -> Result<Options, Failure> {
    settings::judge()?;
    let cwd = std::env::current_dir().map_err(|e| {
        Failure::new(format!("burrow: working directory: {}", output::os_error(&e)))
    })?;
    let mut o = Options { verbose: parsed.is_set("v"), ..Options::default() };
    o.tags = tags(parsed.get("tags").unwrap_or(""))?;
    for value in parsed.all("gcflags") {
        o.gcflags.add(value, &cwd).map_err(|e| invalid("gcflags", value, &e))?;
    }
    for value in parsed.all("ldflags") {
        o.ldflags.add(value, &cwd).map_err(|e| invalid("ldflags", value, &e))?;
    }
    o.trimpath = parsed.is_set("trimpath");
    o.threads = settings::threads(parsed)?;
    o.no_vendor = parsed.get("mod") == Some("readonly");
    o.no_work = setting("GOWORK").is_some_and(|w| w == "off");
    o.goroot = goroot()?;
    o.cwd = cwd;
    Ok(o)
}

fn invalid(flag: &str, value: &str, why: &str) -> Failure {
    usage(format!("invalid value \"{value}\" for flag -{flag}: {why}"))
}

/// Tags, separated by commas; or by blanks, which is the old form.
fn tags(value: &str) -> Result<Vec<String>, Failure> {
    let by_blanks = value.contains([' ', '\'', '"']);
    let list = if by_blanks {
        burrow_build::split_quoted(value).map_err(|e| invalid("tags", value, &e))?
    } else {
        value.split(',').map(String::from).collect()
    };
    if by_blanks && list.iter().any(|t| t.contains(',')) {
        return Err(usage("burrow: -tags space-separated list contains comma"));
    }
    Ok(list.into_iter().filter(|t| !t.is_empty()).collect())
}

/// The cache; with `-a` nothing is found in it.
pub(crate) fn cache(parsed: &Parsed) -> Result<Cache, Failure> {
    Ok(Cache::new(&cache_dir()?).fresh(parsed.is_set("a")))
}

/// A failure as `build -json` tells it, if that was asked for.
fn told(parsed: &Parsed, failure: Failure) -> Failure {
    if parsed.is_set("json") { failure.events() } else { failure }
}

/// What errors shall look like: the source with them on a terminal, gc's lines elsewhere.
pub(crate) fn form(parsed: &Parsed) -> Result<Form, Failure> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    let dumb = set("TERM").is_none_or(|t| t == "dumb");
    let terminal = std::io::stderr().is_terminal() && !dumb;
    match parsed.get("color").unwrap_or("auto") {
        "always" => Ok(Form::Source { color: true }),
        "auto" if terminal && !parsed.is_set("json") => {
            Ok(Form::Source { color: set("NO_COLOR").is_none() })
        }
        "never" if terminal => Ok(Form::Source { color: false }),
        "auto" | "never" => Ok(Form::Plain),
        other => Err(usage(format!("burrow: -color must be auto, always or never: {other}"))),
    }
}

// ---------------------------------------------------------------------------------------------
// check

pub(crate) fn check(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("check", args)?;
    let mut options = options(&parsed)?;
    options.all_errors = parsed.is_set("e");
    options.lang = parsed.get("lang").map(String::from);
    options.tests = parsed.is_set("test");
    let form = if parsed.is_set("json") { Form::Json } else { form(&parsed)? };
    let cache = cache(&parsed)?;
    let session = Session::new(&options).with_cache(&cache).with_form(form);
    let session = ManuallyDrop::new(session);
    let graph = ManuallyDrop::new(session.load(&parsed.args, false)?);
    let _checked = ManuallyDrop::new(session.check(&graph, false)?);
    session.keep();
    cache.trim();
    Ok(ExitCode::SUCCESS)
}

// ---------------------------------------------------------------------------------------------
// build

pub(crate) fn build(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("build", args)?;
    let options = options(&parsed)?;
    let cache = cache(&parsed)?;
    let output = parsed.get("o").filter(|o| !o.is_empty());
    let remembered = RunCache::new(&cache, &options, &parsed.args);
    let may_be_written = |exe: &PathBuf| {
        let name = exe.file_name().unwrap_or_default().to_string_lossy();
        check_target(&target(&options.cwd, output, &name), "", &name).is_ok()
    };
    // What can't be written is told by who knows the packages.
    if let Some(executables) = remembered.lookup().filter(|all| all.iter().all(may_be_written)) {
        for exe in executables {
            let name = exe.file_name().unwrap_or_default().to_string_lossy();
            let target = target(&options.cwd, output, &name);
            let image = std::fs::read(&exe).map_err(|e| {
                Failure::new(format!("burrow: open {}: {}", exe.display(), output::os_error(&e)))
            })?;
            write_executable(&target, &image)?;
        }
        cache.trim();
        return Ok(ExitCode::SUCCESS);
    }
    let session = Session::new(&options).with_cache(&cache).with_form(form(&parsed)?);
    // The process ends before long; taking all this apart would be a waste of time.
    let session = ManuallyDrop::new(session);
    build_all(&session, &parsed, output, &remembered).map_err(|f| told(&parsed, f))?;
    cache.trim();
    Ok(ExitCode::SUCCESS)
}

/// Builds the packages that were named, and writes executables where that is asked for.
fn build_all(
    session: &Session<'_>,
    parsed: &Parsed,
    output: Option<&str>,
    remembered: &RunCache<'_>,
) -> Result<(), Failure> {
    let cwd = &session.options.cwd;
    let graph = ManuallyDrop::new(session.load(&parsed.args, true)?);
    let checked = ManuallyDrop::new(session.check(&graph, true)?);
    let mains = session.mains(&graph);
    let to_dir = output.is_some_and(|o| o.ends_with('/') || cwd.join(o).is_dir());
    if to_dir && mains.is_empty() {
        return Err(Failure::new("burrow: no main packages to build"));
    }
    if let Some(o) = output
        && !to_dir
        && graph.roots.len() > 1
        && o != "/dev/null"
    {
        return Err(Failure::new(format!(
            "burrow: cannot write multiple packages to non-directory {o}"
        )));
    }
    if let Some(o) = output
        && !to_dir
        && o != "/dev/null"
        && mains.is_empty()
    {
        return Err(usage(format!(
            "burrow: -o {o} is not supported for a package that isn't a program: there are no archives to write"
        )));
    }
    // Several packages without a place to write to are compiled only.
    let write = output.is_some() || graph.roots.len() == 1;
    // All that is written, or nothing is remembered.
    let mut written = Some(Vec::new());
    for (id, package) in mains {
        let name = executable_name(package);
        let target = target(cwd, output, &name);
        if write {
            check_target(&target, &package.import_path, output.unwrap_or(&name))?;
        }
        let built = session.linked(&graph, &checked, id, &name)?;
        if write {
            write_executable(&target, &built.image()?)?;
            written = written.zip(built.key).map(|(mut all, key)| {
                all.push((key, name));
                all
            });
        }
    }
    if let Some(written) = written {
        remembered.store(&graph, &written);
    }
    Ok(())
}

/// Where an executable of this name goes.
fn target(cwd: &Path, output: Option<&str>, name: &str) -> PathBuf {
    match output {
        Some(o) if o.ends_with('/') || cwd.join(o).is_dir() => cwd.join(o).join(name),
        Some(o) => cwd.join(o),
        None => cwd.join(name),
    }
}

/// Refuses to overwrite what no build has made.
fn check_target(target: &Path, import_path: &str, shown: &str) -> Result<(), Failure> {
    let Ok(meta) = target.metadata() else { return Ok(()) };
    if meta.is_dir() {
        return Err(Failure::new(format!(
            "burrow: build output \"{shown}\" already exists and is a directory"
        )));
    }
    if !meta.is_file() || meta.len() == 0 {
        return Ok(());
    }
    let mut head = [0; 8];
    let read = std::fs::File::open(target)
        .and_then(|mut f| std::io::Read::read(&mut f, &mut head))
        .unwrap_or(0);
    let is_object = [&b"\x7fELF"[..], b"!<arch>", b"\xcf\xfa\xed\xfe", b"MZ", b"go object"]
        .iter()
        .any(|m| head[..read].starts_with(m));
    if is_object {
        return Ok(());
    }
    Err(Failure::new(format!(
        "{import_path}: burrow build {import_path}: build output \"{shown}\" already exists and is not an object file"
    )))
}

/// Writes beside the target and renames, so that a running program is never touched. What isn't a
/// regular file is never replaced, only written to.
pub(crate) fn write_executable(target: &Path, image: &[u8]) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let fail = |e: std::io::Error| {
        Failure::new(format!("burrow: open {}: {}", target.display(), output::os_error(&e)))
    };
    if let Ok(meta) = target.metadata()
        && !meta.is_file()
    {
        let mut file = std::fs::OpenOptions::new().write(true).open(target).map_err(fail)?;
        return file.write_all(image).map_err(fail);
    }
    let dir = target.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir).map_err(fail)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temp = dir.join(format!(".{name}.tmp{}", std::process::id()));
    let result = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o777)
        .open(&temp)
        .and_then(|mut f| f.write_all(image))
        .and_then(|()| std::fs::rename(&temp, target));
    if result.is_err() {
        let _ = std::fs::remove_file(&temp);
    }
    result.map_err(fail)
}

// ---------------------------------------------------------------------------------------------
// run

pub(crate) fn run(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("run", args)?;
    let mut options = options(&parsed)?;
    options.only_run = true;
    let (mut packages, rest) = split_run_args(&parsed.args)?;
    enter_module(&mut options, &mut packages);
    let cache = cache(&parsed)?;
    let remembered = RunCache::new(&cache, &options, &packages);
    let program = match remembered.lookup().and_then(|mut found| found.pop()) {
        Some(path) => Program { path, scratch: None },
        None => build_to_run(&options, &packages, &cache, &remembered, form(&parsed)?)
            .map_err(|f| told(&parsed, f))?,
    };
    cache.trim();
    let rest = crate::last_words(rest.len());
    let result = execute(&program.path, &rest, parsed.get("exec"), parsed.is_set("exitcode"));
    if let Some(dir) = program.scratch {
        // What can't be removed is the system's to clean up, as all in that place.
        let _ = std::fs::remove_dir_all(dir);
    }
    result
}

/// Where programs are written that nobody keeps.
pub(crate) fn scratch_dir(purpose: &str) -> PathBuf {
    let base = setting("GOTMPDIR").map_or_else(std::env::temp_dir, PathBuf::from);
    base.join(format!("burrow-{purpose}-{}", std::process::id()))
}

/// The words of `-exec`, with the program to be run behind them.
pub(crate) fn command(exec: Option<&str>, program: &Path) -> Result<Command, Failure> {
    let exec = exec.unwrap_or("");
    let words = burrow_build::split_quoted(exec).map_err(|e| invalid("exec", exec, &e))?;
    let Some((first, rest)) = words.split_first() else { return Ok(Command::new(program)) };
    let mut c = Command::new(first);
    c.args(rest).arg(program);
    Ok(c)
}

/// A folder with a go.mod of its own, named from outside of any module: it is loaded as from within. The go command
/// refuses that; the program still runs in the user's working directory.
fn enter_module(options: &mut Options, packages: &mut Vec<String>) {
    let [package] = packages.as_slice() else { return };
    let dir = burrow_load::clean(&options.cwd.join(package));
    let in_module = options.cwd.ancestors().any(|d| d.join("go.mod").is_file());
    if !in_module && dir.join("go.mod").is_file() {
        options.cwd = dir;
        *packages = vec![".".into()];
    }
}

/// An executable, and the folder to remove when it has run.
struct Program {
    path: PathBuf,
    scratch: Option<PathBuf>,
}

/// Leading `.go` files, or one package; the rest are arguments of the program.
fn split_run_args(args: &[String]) -> Result<(Vec<String>, Vec<String>), Failure> {
    let n = args.iter().take_while(|a| a.ends_with(".go")).count();
    if let Some(test) = args[..n].iter().find(|a| a.ends_with("_test.go")) {
        return Err(Failure::new(format!("burrow: cannot run *_test.go files ({test})")));
    }
    let n = if n > 0 {
        n
    } else if args.first().is_some_and(|a| !a.starts_with('-')) {
        1
    } else {
        return Err(Failure::new("burrow: no go files listed"));
    };
    Ok((args[..n].to_vec(), args[n..].to_vec()))
}

fn build_to_run(
    options: &Options,
    packages: &[String],
    cache: &Cache,
    remembered: &RunCache<'_>,
    form: Form,
) -> Result<Program, Failure> {
    let session = ManuallyDrop::new(Session::new(options).with_cache(cache).with_form(form));
    let graph = ManuallyDrop::new(session.load(packages, true)?);
    let main = main_package(&session, &graph, &packages[0])?;
    let checked = ManuallyDrop::new(session.check(&graph, true)?);
    let name = executable_name(graph.get(main));
    let built = session.linked(&graph, &checked, main, &name)?;
    match (&built.path, built.key) {
        (Some(path), Some(key)) => {
            remembered.store(&graph, &[(key, name)]);
            Ok(Program { path: path.clone(), scratch: None })
        }
        _ => {
            let dir = scratch_dir("run");
            let path = dir.join(&name);
            write_executable(&path, &built.image()?)?;
            Ok(Program { path, scratch: Some(dir) })
        }
    }
}

fn main_package(
    session: &Session<'_>,
    graph: &Graph,
    arg: &str,
) -> Result<burrow_load::PackageId, Failure> {
    let mains = session.mains(graph);
    match (mains.as_slice(), graph.roots.as_slice()) {
        ([(id, _)], _) => Ok(*id),
        ([], [one, ..]) => {
            let path = &graph.get(*one).import_path;
            Err(Failure::new(format!("package {path} is not a main package")))
        }
        ([], []) => Err(Failure::new(format!("burrow: no packages loaded from {arg}"))),
        (several, _) => {
            let list: Vec<&str> = several.iter().map(|(_, p)| p.import_path.as_str()).collect();
            Err(Failure::new(format!(
                "burrow: pattern {arg} matches multiple packages:\n\t{}",
                list.join("\n\t")
            )))
        }
    }
}

/// Runs the program and waits. By Go's rules, how it ended is told, and every failure is 1.
fn execute(
    path: &Path,
    args: &[OsString],
    exec: Option<&str>,
    pass_code: bool,
) -> Result<ExitCode, Failure> {
    let mut command = command(exec, path)?;
    ignore_interrupts();
    let status = command.args(args).status().map_err(|e| {
        Failure::new(format!("fork/exec {}: {}", path.display(), output::os_error(&e)))
    })?;
    if status.success() {
        return Ok(ExitCode::SUCCESS);
    }
    if pass_code && let Some(code) = status.code() {
        return Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)));
    }
    let text = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => {
            let dumped = if status.core_dumped() { " (core dumped)" } else { "" };
            format!("signal: {}{dumped}", signal_name(signal))
        }
        (None, None) => status.to_string(),
    };
    output::error_line(&text);
    Ok(ExitCode::FAILURE)
}

/// Signals from the terminal reach the program too: it decides.
pub(crate) fn ignore_interrupts() {
    for signal in [libc::SIGINT, libc::SIGQUIT] {
        // SAFETY: setting a disposition has no preconditions. A handler that does nothing, rather
        // than SIG_IGN, since that would be inherited by the program.
        unsafe {
            libc::signal(signal, note_signal as extern "C" fn(libc::c_int) as libc::sighandler_t);
        }
    }
}

/// The user wants no more.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_signal(_: libc::c_int) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Go's names of signals.
pub(crate) fn signal_name(signal: i32) -> String {
    let name = match signal {
        libc::SIGHUP => "hangup",
        libc::SIGINT => "interrupt",
        libc::SIGQUIT => "quit",
        libc::SIGILL => "illegal instruction",
        libc::SIGTRAP => "trace/breakpoint trap",
        libc::SIGABRT => "aborted",
        libc::SIGBUS => "bus error",
        libc::SIGFPE => "floating point exception",
        libc::SIGKILL => "killed",
        libc::SIGUSR1 => "user defined signal 1",
        libc::SIGSEGV => "segmentation fault",
        libc::SIGUSR2 => "user defined signal 2",
        libc::SIGPIPE => "broken pipe",
        libc::SIGALRM => "alarm clock",
        libc::SIGTERM => "terminated",
        n => return format!("signal {n}"),
    };
    name.into()
}
