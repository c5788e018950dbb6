//! The `burrow` command.
//!
//! Commands, flags, exit codes and streams are those of the go command: results go to standard
//! output, all else to standard error; 1 is failure, 2 wrong usage.

mod alloc;
mod build;
mod env;
mod explain;
mod flags;
mod help;
mod output;
mod settings;
mod test;
mod test2json;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::OnceLock;

use burrow_build::Failure;

#[global_allocator]
static ALLOCATOR: alloc::Allocator = alloc::Allocator;

/// The command line; words need not be UTF-8.
static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

/// The last words of the command line.
pub(crate) fn last_words(n: usize) -> Vec<OsString> {
    let words = WORDS.get().map_or(&[][..], Vec::as_slice);
    words[words.len().saturating_sub(n)..].to_vec()
}

fn main() -> ExitCode {
    // The work is done on a thread with a large stack, since stages recurse over syntax trees.
    let work = || {
        let words: Vec<OsString> = std::env::args_os().skip(1).collect();
        let args = words.iter().map(|a| a.to_string_lossy().into_owned()).collect();
        // What is passed on is passed on as it is.
        let _ = WORDS.set(words);
        run(args)
    };
    let start = |size: usize| std::thread::Builder::new().stack_size(size).spawn(work);
    // Where memory is limited, a smaller one must do.
    let worker = start(1 << 30).or_else(|_| start(256 << 20)).or_else(|_| start(32 << 20));
    let result = worker.map(std::thread::JoinHandle::join);
    match result {
        Ok(Ok(Ok(code))) => code,
        Ok(Ok(Err(failure))) => {
            output::print(&failure.objects);
            output::error_text(&failure.text);
            ExitCode::from(failure.code)
        }
        // The panic hook has told what happened.
        Ok(Err(_)) => ExitCode::from(101),
        Err(e) => {
            output::error_text(&format!("burrow: cannot start a thread: {e}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Wrong usage: exit code 2.
pub(crate) fn usage(text: impl Into<String>) -> Failure {
    let mut f = Failure::new(text);
    f.code = 2;
    f
}

/// Its analyses are Go programs that want gc's export data of all imports, which burrow doesn't write.
const VET: &str = "\
burrow vet: not there yet

To come: printf (formats and their arguments), copylocks, atomic, bools, assign,
unreachable, structtag, unusedresult, stdmethods, nilfunc, loopclosure, lostcancel,
shift, tests, directive, buildtag; those that 'go test' runs come first.
'burrow check -test' reports all that the compiler would.
";

fn run(mut args: Vec<String>) -> Result<ExitCode, Failure> {
    if args.is_empty() {
        return Err(usage(help::OVERVIEW));
    }
    // `burrow -C dir command` and `burrow command -C dir`.
    let command = if args[0].starts_with("-C") || args[0].starts_with("--C") {
        change_dir(&mut args, 0)?;
        if args.is_empty() {
            return Err(usage(help::OVERVIEW));
        }
        args.remove(0)
    } else {
        let command = args.remove(0);
        if command != "help" {
            change_dir(&mut args, 0)?;
        }
        command
    };
    match command.as_str() {
        "run" => build::run(args),
        "test" => test::test(args),
        "build" => build::build(args),
        "check" => build::check(args),
        "env" => env::env(args),
        "explain" => explain::explain(&args),
        "version" | "-V" | "-version" | "--version" => env::version(args),
        "vet" => Err(Failure::new(VET)),
        "clean" => env::clean(args),
        "help" | "-h" | "-help" | "--help" => help::help(&args),
        _ => Err(usage(unknown(&command))),
    }
}

/// Takes `-C dir` at a place of the arguments, and goes there.
fn change_dir(args: &mut Vec<String>, at: usize) -> Result<(), Failure> {
    let Some(first) = args.get(at) else { return Ok(()) };
    let flag = first.trim_start_matches('-');
    if !first.starts_with('-') {
        return Ok(());
    }
    let dir = if flag == "C" {
        if args.len() <= at + 1 {
            return Err(usage("flag needs an argument: -C"));
        }
        args.remove(at);
        args.remove(at)
    } else if let Some(dir) = flag.strip_prefix("C=") {
        let dir = dir.to_string();
        args.remove(at);
        dir
    } else {
        return Ok(());
    };
    std::env::set_current_dir(&dir)
        .map_err(|e| Failure::new(format!("burrow: chdir {dir}: {}", output::os_error(&e))))
}

/// Commands of go that burrow hasn't.
const OF_GO: [&str; 12] = [
    "bug",
    "doc",
    "fix",
    "fmt",
    "generate",
    "get",
    "install",
    "list",
    "mod",
    "telemetry",
    "tool",
    "work",
];

const OURS: [&str; 10] =
    ["build", "check", "clean", "env", "explain", "help", "run", "test", "version", "vet"];

/// What is said of a command that isn't there.
fn unknown(command: &str) -> String {
    let mut text = format!("burrow {command}: unknown command\n");
    if OF_GO.contains(&command) {
        text += "It is not there yet; go's own can do it on the same sources.\n";
    } else if let Some(near) = OURS.iter().find(|c| distance(c, command) <= 2) {
        text += &format!("Did you mean '{near}'?\n");
    }
    text + "Run 'burrow help' for usage."
}

/// How many letters are to be changed, put in or taken out to make one word of the other; neighbours that changed places count as two.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut left_above = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (left_above + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            left_above = above;
        }
    }
    row[b.len()]
}
