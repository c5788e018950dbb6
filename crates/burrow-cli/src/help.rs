//! `burrow help`. What it says of flags and variables is made from the table in `burrow_build::surface`.

use std::process::ExitCode;

use burrow_build::Failure;
use burrow_build::surface::{
    COMPILER, Commands, FLAGS, Flag, LINKER, State, Takes, VARIABLES, When, Word,
};

use crate::output;
use crate::usage;

pub(crate) const OVERVIEW: &str = "\
Burrow compiles and runs Go programs.

Usage:

	burrow <command> [arguments]

The commands are:

	build       compile packages and dependencies
	check       report errors of packages, without compiling them
	clean       remove cached results
	env         print environment information
	explain     explain the code of an error
	help        print this, or more about a command
	run         compile and run a program
	test        run the tests of packages
	version     print the version
	vet         not there yet: says what will come

Use \"burrow help <command>\" for more information about a command,
\"burrow help errors\" for a list of the codes of errors, \"burrow help
environment\" for variables, and \"burrow help tools\" for the flags that
-gcflags and -ldflags take.
";

struct Topic {
    name: &'static str,
    usage: &'static str,
    text: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic {
        name: "build",
        usage: "burrow build [-o output] [build flags] [packages]",
        text: "\
Build compiles the packages named, with all they depend on. For a single main
package it writes an executable, named by the last element of the package's
path, or by the first file.

",
    },
    Topic {
        name: "run",
        usage: "burrow run [build flags] [-exec xprog] [-exitcode] package [arguments...]",
        text: "\
Run compiles a main package and runs it. A list of .go files from one directory
is a package too. When nothing has changed since the last run, the program
starts at once.

Burrow's exit code is 1 when the program's isn't 0; with -exitcode it is the
program's own.
",
    },
    Topic {
        name: "test",
        usage: "burrow test [build/test flags] [packages] [build/test flags & test binary flags]",
        text: "\
Test builds a program for each package with tests, runs it in the package's
folder, and tells how it ended. Without packages it is that of the working
directory, and output is shown as it comes.

Flags that nobody knows, and what follows them, are for the program.

There is no coverage yet, no vet before the tests, and results of tests are not
kept: programs are built again only if something changed, and run each time.
",
    },
    Topic {
        name: "check",
        usage: "burrow check [-e] [-lang go1.N] [-test] [build flags] [packages]",
        text: "\
Check reports the errors of packages, as file:line:col: message, and compiles
nothing.
",
    },
    Topic {
        name: "env",
        usage: "burrow env [-json] [-changed] [-u] [-w] [var ...]",
        text: "\
Env prints settings: all of them, or the values of those named. With -w it writes
settings to a file, as the go command does, and to the same file.

BURROW_CACHE is where results are kept. BURROW_GOROOT is the folder of a Go 1.27
tree, whose standard library is compiled; without it, that of a go command of
this release in the PATH is taken, or one is fetched into the cache.
",
    },
    Topic {
        name: "explain",
        usage: "burrow explain CODE",
        text: "\
Explain says what an error means, and shows a small program that has it, and the
program repaired. Errors show their codes on terminals and with -json.
",
    },
    Topic {
        name: "version",
        usage: "burrow version",
        text: "Version prints the versions of burrow and of the Go release it implements.\n",
    },
    Topic {
        name: "vet",
        usage: "burrow vet [packages]",
        text: "Vet isn't there yet. It says what will come, and fails.\n",
    },
    Topic {
        name: "clean",
        usage: "burrow clean [-cache] [-testcache] [-fuzzcache]",
        text: "Clean removes what is in the cache. A Go tree that was fetched stays. What nobody
used for five days is removed without it.
",
    },
];

/// The usage line of a command.
pub(crate) fn usage_of(command: &str) -> &'static str {
    TOPICS.iter().find(|t| t.name == command).map_or("burrow <command> [arguments]", |t| t.usage)
}

pub(crate) fn help(args: &[String]) -> Result<ExitCode, Failure> {
    let Some(name) = args.first() else {
        output::print(OVERVIEW);
        return Ok(ExitCode::SUCCESS);
    };
    let special = match name.as_str() {
        "errors" => Some(crate::explain::list()),
        "environment" => Some(variables()),
        "tools" => Some(tools()),
        _ => None,
    };
    if let Some(text) = special {
        output::print(&text);
        return Ok(ExitCode::SUCCESS);
    }
    let Some(topic) = TOPICS.iter().find(|t| t.name == name) else {
        return Err(usage(format!(
            "burrow help {}: unknown help topic. Run 'burrow help'.",
            args.join(" ")
        )));
    };
    let flags = flags(Commands::of(topic.name));
    output::print(&format!("usage: {}\n\n{}{flags}", topic.usage, topic.text));
    Ok(ExitCode::SUCCESS)
}

/// Where lines of help end.
const WIDTH: usize = 80;

/// A text in lines, each behind two tabs.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        // Two tabs take sixteen columns.
        if !line.is_empty() && 16 + line.len() + 1 + word.len() > WIDTH {
            out += &format!("\t\t{line}\n");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    if line.is_empty() { out } else { out + &format!("\t\t{line}\n") }
}

/// A sentence that stands alone: with a full stop.
fn sentence(text: &str) -> String {
    if text.ends_with('.') { text.into() } else { format!("{text}.") }
}

/// What is said of the flags of a command: those that work, hints, and those that are refused.
fn flags(command: Commands) -> String {
    let own: Vec<&Flag> = FLAGS.iter().filter(|f| f.commands.has(command)).collect();
    if own.is_empty() || command == Commands::OTHER {
        return String::new();
    }
    let mut out = String::new();
    for f in own.iter().filter(|f| f.state == State::Works && !f.help.is_empty()) {
        let space = if f.argument.is_empty() { "" } else { " " };
        out += &format!("\n\t-{}{space}{}\n{}", f.name, f.argument, wrapped(f.help));
    }
    let forwarded: Vec<String> = own
        .iter()
        .filter(|f| f.forwarded && f.state == State::Works)
        .map(|f| format!("-{}", f.name))
        .collect();
    if !forwarded.is_empty() {
        let list = forwarded.join(", ");
        out += &format!(
            "\n\tfor the program, as package testing understands them\n{}",
            wrapped(&list)
        );
    }
    let values =
        own.iter().filter(|f| f.state == State::Works && f.help.is_empty() && !f.forwarded);
    let values = values.filter_map(|f| match f.when {
        When::Is(values) => Some(values.iter().map(move |v| format!("-{}={v}", f.name))),
        _ => None,
    });
    let values: Vec<String> = values.flatten().collect();
    if !values.is_empty() {
        out +=
            &format!("\nUnderstood, as they say what is so in any case: {}.\n", values.join(", "));
    }
    out += &listed(
        "Taken as hints, which no result depends on",
        own.iter().filter_map(|f| match f.state {
            State::Hint(why) => Some((format!("-{}{}", f.name, values_of(f.when, f.takes)), why)),
            _ => None,
        }),
    );
    out + &listed(
        "Refused",
        own.iter().filter_map(|f| match f.state {
            State::Refused(why) => {
                Some((format!("-{}{}", f.name, values_of(f.when, f.takes)), why))
            }
            _ => None,
        }),
    )
}

/// The values that a row is about; nothing if it is about all, or all others.
fn values_of(when: When, takes: Takes) -> String {
    match when {
        When::Is(values) if takes != Takes::Bool => format!("={}", values.join("|")),
        _ => String::new(),
    }
}

/// Names with reasons, below a title.
fn listed(title: &str, rows: impl Iterator<Item = (String, &'static str)>) -> String {
    let mut out = String::new();
    // Names of one reason stand together.
    let mut by_reason: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, why) in rows {
        match by_reason.iter_mut().find(|(w, _)| *w == why) {
            Some((_, names)) => names.push(name),
            None => by_reason.push((why, vec![name])),
        }
    }
    for (why, names) in by_reason {
        out += &format!("\t{}\n{}", names.join(", "), wrapped(&sentence(why)));
    }
    if out.is_empty() { out } else { format!("\n{title}:\n\n{out}") }
}

/// Variables of the go command, and ours.
fn variables() -> String {
    let mut out = String::from(
        "Variables of the environment, or of the file that 'burrow env -w' writes.\n\n\
         Burrow's own:\n\n\
         \tBURROW_CACHE\n\t\twhere results are kept, and a Go tree that was fetched.\n\
         \tBURROW_GOROOT\n\t\tthe Go tree.\n\
         \tBURROW_TIMINGS\n\t\tif set, print what each stage took.\n\
         \tNO_COLOR, TERM\n\t\tno colours; TERM=dumb: nor the source below errors.\n\n\
         Those of go that work:\n\n",
    );
    for v in VARIABLES.iter().filter(|v| v.state == State::Works && !v.help.is_empty()) {
        out += &format!("\t{}\n{}", v.name, wrapped(v.help));
    }
    let rows = |refused: bool| {
        VARIABLES.iter().filter_map(move |v| match v.state {
            State::Refused(why) if refused => {
                Some((format!("{}{}", v.name, values_of(v.when, Takes::Value)), why))
            }
            State::Hint(why) if !refused => Some((v.name.to_string(), why)),
            _ => None,
        })
    };
    out += &listed("Refused, with other values", rows(true));
    out + &listed("Without effect on anything that burrow does", rows(false))
}

/// The flags of the compiler and the linker.
fn tools() -> String {
    let mut out = String::from(
        "What -gcflags and -ldflags say to the compiler and the linker. The names are those\nof gc's.\n",
    );
    for (title, table) in [("-gcflags", COMPILER), ("-ldflags", LINKER)] {
        let shown = |w: &Word| format!("-{}{}", w.name, values_of(w.when, w.takes));
        let works: Vec<String> =
            table.iter().filter(|w| w.state == State::Works).map(shown).collect();
        out += &format!("\n{title} that work:\n\n\t{}\n", works.join(", "));
        out += &listed(
            &format!("{title} that are hints, which no result depends on"),
            table.iter().filter_map(|w| match w.state {
                State::Hint(why) => Some((shown(w), why)),
                _ => None,
            }),
        );
        out += &listed(
            &format!("{title} that are refused"),
            table.iter().filter_map(|w| match w.state {
                State::Refused(why) => Some((shown(w), why)),
                _ => None,
            }),
        );
    }
    out
}
