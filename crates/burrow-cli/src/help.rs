//! `burrow help`.

use std::process::ExitCode;

use burrow_build::Failure;

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

Use \"burrow help <command>\" for more information about a command, and
\"burrow help errors\" for a list of the codes of errors.
";

struct Topic {
    name: &'static str,
    usage: &'static str,
    text: &'static str,
}

const BUILD_FLAGS: &str = "\
	-tags tag,list
		build tags that are satisfied.
	-gcflags '[pattern=]flags'
		flags for the compiler: -e reports all errors, not just ten;
		-lang=go1.N sets the language version; -complete=false allows
		functions without a body. Flags without a pattern are for the
		packages named.
	-ldflags 'flags'
		flags for the linker: -X path.name=value sets a string variable,
		-s and -w leave out symbols.
	-v
		print the names of packages as they are compiled.
	-json
		print errors to standard output, a JSON object a line: file, line,
		column, end (where known), code, message, related (other places,
		each with its message). All errors, as with -e.
	-color auto|always|never
		auto: on a terminal, with colours unless NO_COLOR is set, the lines
		of the source below each error; elsewhere, and with TERM=dumb, plain
		lines.
	-C dir
		change to dir first. Must be the first flag.
";

const TOPICS: &[Topic] = &[
    Topic {
        name: "build",
        usage: "burrow build [-o output] [build flags] [packages]",
        text: "\
Build compiles the packages named, with all they depend on. For a single main
package it writes an executable, named by the last element of the package's
path, or by the first file.

	-o output
		the file to write, or a directory for executables of all main
		packages.
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

	-exec 'program and arguments'
		run the executable by this program.
",
    },
    Topic {
        name: "test",
        usage: "burrow test [build/test flags] [packages] [build/test flags & test binary flags]",
        text: "\
Test builds a program for each package with tests, runs it in the package's
folder, and tells how it ended. Without packages it is that of the working
directory, and output is shown as it comes.

	-args
		all that follows is for the program.
	-c
		build the program, as NAME.test or where -o says, but don't run it.
	-exec 'program and arguments'
		run it by this program.
	-json
		print events, one object for each line.
	-o file
		keep the program.

Flags for the program, as package testing understands them: -bench, -benchmem,
-benchtime, -count, -cpu, -failfast, -fullpath, -fuzz, -fuzztime, -list,
-parallel, -run, -short, -shuffle, -skip, -timeout, -v, and those that write
profiles. Flags that nobody knows, and what follows them, are for the program.

There is no coverage yet, no vet before the tests, and results are not kept.
",
    },
    Topic {
        name: "check",
        usage: "burrow check [-e] [-lang go1.N] [-test] [build flags] [packages]",
        text: "\
Check reports the errors of packages, as file:line:col: message, and compiles
nothing.

	-e
		all errors, not just ten for each package.
	-lang go1.N
		the language version of the packages named.
	-test
		test files too.
",
    },
    Topic {
        name: "env",
        usage: "burrow env [-json] [var ...]",
        text: "\
Env prints settings: all of them, or the values of those named.

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
        usage: "burrow clean -cache",
        text: "Clean removes what is in the cache. A Go tree that was fetched stays.\n",
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
    if name == "errors" {
        output::print(&crate::explain::list());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(topic) = TOPICS.iter().find(|t| t.name == name) else {
        return Err(usage(format!(
            "burrow help {}: unknown help topic. Run 'burrow help'.",
            args.join(" ")
        )));
    };
    let flags = if matches!(topic.name, "build" | "run" | "check") {
        format!("\nBuild flags:\n\n{BUILD_FLAGS}")
    } else {
        String::new()
    };
    output::print(&format!("usage: {}\n\n{}{flags}", topic.usage, topic.text));
    Ok(ExitCode::SUCCESS)
}
