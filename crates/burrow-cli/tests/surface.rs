//! Nothing is ignored (SURF-1): what becomes of flags and variables of the go command.
//!
//! The table is held against the sources of the go command, its compiler and its linker in the Go tree.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use burrow_build::surface::{COMPILER, Commands, FLAGS, LINKER, State, VARIABLES, When, Word};

/// The Go tree that burrow finds, or fetches.
fn goroot() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let out = Command::new(env!("CARGO_BIN_EXE_burrow")).args(["env", "GOROOT"]).output();
        let out = out.unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().into()
    })
}

fn source(path: &str) -> String {
    let path = goroot().join("src/cmd").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The body of a Go function.
fn body<'a>(source: &'a str, head: &str) -> &'a str {
    let start = source.find(head).unwrap_or_else(|| panic!("{head} is gone"));
    let end = source[start..].find("\n}\n").unwrap();
    &source[start..start + end]
}

/// The first string of each line that defines a flag.
fn defined(text: &str) -> BTreeSet<String> {
    let is_definition = |l: &&str| {
        let l = l.trim_start();
        ["Flag.", "flags.", "flag.", "cf.", "flagset.", "objabi.Flag"].iter().any(|p| l.contains(p))
            && ["Var(", "Bool(", "String(", "Int(", "Func(", "Int64(", "fn1(", "count("]
                .iter()
                .any(|p| l.contains(p))
    };
    let name = |l: &str| Some(l.split_once('"')?.1.split_once('"')?.0.to_string());
    text.lines().filter(is_definition).filter_map(name).filter(|n| !n.contains(' ')).collect()
}

/// Flags that commands of go share, and those of their own.
#[test]
fn every_flag_of_go_is_in_the_table() {
    let (base, work) = (source("go/internal/base/flag.go"), source("go/internal/work/build.go"));
    let mut shared = BTreeSet::new();
    for head in [
        "func AddBuildFlagsNX(",
        "func AddModFlag(",
        "func AddModCommonFlags(",
        "func AddChdirFlag(",
    ] {
        shared.extend(defined(body(&base, head)));
    }
    shared.extend(defined(body(&work, "func AddBuildFlags(")));
    assert!(shared.len() > 25, "{shared:?}");
    let mut cover = defined(body(&work, "func AddCoverFlags("));
    // It stands in a condition, for tests.
    let profile = cover.take("coverprofile").unwrap();
    let own = [
        ("build", [&shared, &cover, &["o".into()].into()]),
        ("run", [&shared, &cover, &["exec".into()].into()]),
        (
            "test",
            [
                &shared,
                &cover,
                &defined(body(&source("go/internal/test/testflag.go"), "func init() {")),
            ],
        ),
        (
            "env",
            [&defined(&source("go/internal/envcmd/env.go")), &BTreeSet::new(), &BTreeSet::new()],
        ),
        (
            "clean",
            [&defined(&source("go/internal/clean/clean.go")), &BTreeSet::new(), &BTreeSet::new()],
        ),
        (
            "version",
            [
                &defined(&source("go/internal/version/version.go")),
                &BTreeSet::new(),
                &BTreeSet::new(),
            ],
        ),
    ];
    let has = |command: &str, name: &str| {
        FLAGS.iter().any(|f| f.name == name && f.commands.has(Commands::of(command)))
    };
    for (command, lists) in own {
        assert!(lists[0].len() > 1, "{command}");
        for name in
            lists.into_iter().flatten().filter(|n| *n != "test." && *n != "debug-actiongraph=")
        {
            // The forwarded ones are there as -test.NAME, too.
            assert!(has(command, name), "go {command} -{name} is not in the table");
        }
    }
    assert!(has("test", &profile));
}

/// In GOFLAGS a flag of any command may stand.
#[test]
fn goflags_knows_all_commands() {
    let commands = goroot().join("src/cmd/go/internal");
    let mut seen = BTreeSet::new();
    for dir in [
        "bug", "clean", "envcmd", "generate", "list", "modcmd", "modget", "run", "test", "tool",
        "version", "vet", "work", "workcmd",
    ] {
        for file in std::fs::read_dir(commands.join(dir)).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|e| e == "go")
                && !path.to_string_lossy().ends_with("_test.go")
            {
                let text = std::fs::read_to_string(&path).unwrap();
                // Of the lines that define flags of a command.
                let lines: Vec<&str> =
                    text.lines().filter(|l| l.contains("Flag.") || l.contains("cf.")).collect();
                seen.extend(defined(&lines.join("\n")));
            }
        }
    }
    assert!(seen.len() > 80, "{seen:?}");
    let known = |n: &str| burrow_build::surface::is_known_in_goflags(n);
    let unknown: Vec<&String> =
        seen.iter().filter(|n| !known(n) && !n.is_empty() && *n != "test.").collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn every_variable_of_go_is_in_the_table() {
    let text = std::fs::read_to_string(goroot().join("src/internal/cfg/cfg.go")).unwrap();
    let list = text.split_once("KnownEnv = `").unwrap().1.split_once('`').unwrap().0;
    let mut names: BTreeSet<&str> = list.split_whitespace().collect();
    // What 'go help environment' tells of.
    let help = source("go/internal/help/helpdoc.go");
    let help =
        help.split_once("UsageLine: \"environment\"").unwrap().1.split_once("Long: `").unwrap().1;
    let help = help.split_once("`,\n}").unwrap().0;
    let is_name = |l: &&str| {
        l.starts_with('\t')
            && !l.starts_with("\t\t")
            && l[1..].starts_with(|c: char| c.is_ascii_uppercase())
    };
    names.extend(help.lines().filter(is_name).flat_map(|l| l.trim().split(", ")));
    assert!(names.len() > 60, "{names:?}");
    for name in names {
        assert!(VARIABLES.iter().any(|v| v.name == name), "{name} is not in the table");
    }
}

#[test]
fn every_flag_of_the_tools_is_in_the_table() {
    let flags = source("compile/internal/base/flag.go");
    let flags = body(&flags, "type CmdFlags struct {");
    let mut names = BTreeSet::from(["V".to_string()]);
    for line in flags.lines().filter(|l| l.contains("help:")) {
        let field = line.split_whitespace().next().unwrap();
        let tag =
            line.split_once("flag:\\\"").map(|t| t.1.split_once("\\\"").unwrap().0.to_string());
        let lower = field.strip_prefix("Lower").filter(|l| l.len() == 1).map(str::to_lowercase);
        let single = (field.len() == 1).then(|| field.to_string());
        names.insert(tag.or(lower).or(single).unwrap_or_else(|| field.to_lowercase()));
    }
    assert!(names.len() > 60, "{names:?}");
    let has = |table: &[Word], name: &str| table.iter().any(|w| w.name == name);
    for name in names {
        assert!(has(COMPILER, &name), "compile -{name} is not in the table");
    }
    let linker = source("link/internal/ld/main.go");
    let names = defined(&linker);
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(has(LINKER, &name), "link -{name} is not in the table");
    }
}

struct Place(PathBuf);

impl Place {
    fn new(name: &str, files: &[(&str, &str)]) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("surface").join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        let p = Place(dir.canonicalize().unwrap());
        files.iter().for_each(|(file, text)| p.write(file, text));
        p
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.args(args).current_dir(&self.0);
        for name in VARIABLES.iter().map(|v| v.name) {
            c.env_remove(name);
        }
        c.env("GOENV", "off").env("BURROW_GOROOT", goroot());
        c.env("BURROW_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("surface/.cache"));
        c
    }

    /// Exit code, standard output and standard error.
    fn burrow(&self, args: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        shown(&self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    fn exe(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }
}

fn shown(out: &Output) -> (i32, String, String) {
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (out.status.code().unwrap(), text(&out.stdout), text(&out.stderr))
}

const HELLO: &str = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n";

/// A value that a row is about; `None` if there is none to be had from the row.
fn example(when: When, values: &[&str]) -> Option<String> {
    match when {
        When::Always => Some("x-other".into()),
        When::Is(list) => Some(list[0].into()),
        When::Fits(fits) => values
            .iter()
            .find(|v| match When::Fits(fits) {
                When::Fits(f) => f(v),
                _ => false,
            })
            .map(|v| (*v).to_string()),
    }
}

/// Each refused row of the table ends the command by 2, with its reason; before anything is built.
#[test]
fn what_is_refused_is_refused() {
    let p = Place::new("refused", &[("x.go", HELLO)]);
    for (name, command) in [
        ("build", Commands::BUILD),
        ("run", Commands::RUN),
        ("test", Commands::TEST),
        ("check", Commands::CHECK),
        ("clean", Commands::CLEAN),
        ("version", Commands::VERSION),
    ] {
        for f in FLAGS.iter().filter(|f| f.commands.has(command)) {
            let State::Refused(why) = f.state else { continue };
            let is_bool = f.takes == burrow_build::surface::Takes::Bool;
            let value = if is_bool { Some("true".into()) } else { example(f.when, &["-D=X"]) };
            let Some(value) = value else { continue };
            let flag = format!("-{}={value}", f.name);
            let (code, out, err) = p.burrow(&[name, &flag, "x.go"], &[]);
            assert_eq!((code, out.as_str()), (2, ""), "{name} {flag}: {err}");
            assert!(err.contains(why) && err.lines().count() == 1, "{name} {flag}: {err}");
        }
    }
    for v in VARIABLES {
        let State::Refused(why) = v.state else { continue };
        let Some(value) = example(v.when, &[]) else { continue };
        let (code, out, err) = p.burrow(&["build", "x.go"], &[(v.name, &value)]);
        assert_eq!((code, out.as_str()), (2, ""), "{}={value}: {err}", v.name);
        assert!(err.contains(why) && err.lines().count() == 1, "{}={value}: {err}", v.name);
        // What is only asked for is told.
        assert_eq!(p.burrow(&["env", "GOHOSTOS"], &[(v.name, &value)]).0, 0);
    }
    for (flag, table) in [("gcflags", COMPILER), ("ldflags", LINKER)] {
        for w in table {
            let State::Refused(why) = w.state else { continue };
            let is_bool = w.takes == burrow_build::surface::Takes::Bool;
            let value = if is_bool { Some("true".into()) } else { example(w.when, &[]) };
            let Some(value) = value.filter(|_| !is_bool || !matches!(w.when, When::Is(_))) else {
                continue;
            };
            let value =
                if w.name == "wb" || w.name == "checklinkname" { "false".into() } else { value };
            if w.name == "checklinkname" {
                continue;
            }
            let arg = format!("-{flag}=-{}={value}", w.name);
            let (code, _, err) = p.burrow(&["build", &arg, "x.go"], &[]);
            assert_eq!(code, 2, "{arg}: {err}");
            assert!(err.contains(why), "{arg}: {err}");
        }
    }
    assert!(!p.0.join("x").exists());
    let (code, _, err) = p.burrow(&["build", "-gcflags=-frob", "x.go"], &[]);
    assert_eq!(code, 2);
    assert_eq!(
        err,
        "invalid value \"-frob\" for flag -gcflags: -frob: flag provided but not defined\n"
    );
}

/// A hint makes no difference: the executable is the same.
#[test]
fn hints_change_nothing() {
    let p = Place::new("hints", &[("x.go", HELLO), ("default.pgo", "")]);
    let build = |args: &[&str], variables: &[(&str, &str)]| {
        let args = [&["build", "-o", "out"], args, &["x.go"]].concat();
        let (code, out, err) = p.burrow(&args, variables);
        assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""), "{args:?} {variables:?}");
        p.exe("out")
    };
    let plain = build(&[], &[]);
    for f in FLAGS.iter().filter(|f| f.commands.has(Commands::BUILD)) {
        let values: &[&str] = match (f.state, f.when) {
            (State::Hint(_), When::Fits(_)) => &["auto", "default.pgo"],
            (State::Hint(_), _) => &["true"],
            (State::Works, When::Is(values)) => values,
            _ => continue,
        };
        for value in values {
            let flag = format!("-{}={value}", f.name);
            assert!(build(&[&flag], &[]) == plain, "{flag}");
        }
    }
    let hints = VARIABLES.iter().filter(|v| matches!(v.state, State::Hint(_)));
    let hints: Vec<(&str, &str)> = hints.map(|v| (v.name, "x-other")).collect();
    assert!(hints.len() > 40);
    assert!(build(&[], &hints) == plain);
    for v in VARIABLES {
        if let (State::Works, When::Is(values)) = (v.state, v.when) {
            for value in values {
                assert!(build(&[], &[(v.name, value)]) == plain, "{}={value}", v.name);
            }
        }
    }
    // All but build info, which says what was said.
    let run = |flag: &str| {
        let (code, out, err) = p.burrow(&["run", flag, "x.go"], &[]);
        assert_eq!((code, out.as_str(), err.as_str()), (0, "hello\n", ""), "{flag}");
    };
    run("-gcflags=-c=4 -dwarf=false -d=panic -l=4 -smallframes");
    run(
        "-ldflags=-compressdwarf=false -linkmode=internal -buildid= -extldflags '-static -s' -checklinkname=0",
    );
}

#[test]
fn help_tells_all_of_it() {
    let p = Place::new("help", &[]);
    let text = |topic: &str| p.burrow(&["help", topic], &[]).1;
    let build = text("build");
    for f in FLAGS.iter().filter(|f| f.commands.has(Commands::BUILD)) {
        assert!(build.contains(&format!("-{}", f.name)), "{}", f.name);
    }
    let variables = text("environment");
    for v in VARIABLES {
        assert!(variables.contains(v.name), "{}", v.name);
    }
    let tools = text("tools");
    for w in COMPILER.iter().chain(LINKER) {
        assert!(tools.contains(&format!("-{}", w.name)), "{}", w.name);
    }
    assert!(build.lines().all(|l| l.chars().count() < 160));
}

/// GOFLAGS: quotes, unknown flags, flags of other commands, and that the command line goes first.
#[test]
fn goflags() {
    let tagged = "//go:build feature\n\npackage main\n\nfunc init() { println(\"feature\") }\n";
    let p = Place::new(
        "goflags",
        &[("go.mod", "module m\n\ngo 1.27\n"), ("x.go", HELLO), ("f.go", tagged)],
    );
    let run = |flags: &str, args: &[&str]| {
        p.burrow(&[&["run"], args, &["."]].concat(), &[("GOFLAGS", flags)])
    };
    assert_eq!(run("-tags=feature", &[]).2, "feature\n");
    assert_eq!(run("-tags=feature", &["-tags="]).2, "");
    assert_eq!(run("-tags=feature '-ldflags=-s -w' -versions --deps", &[]).2, "feature\n");
    for (flags, want) in [
        ("-nosuchflag", "burrow: parsing $GOFLAGS: unknown flag -nosuchflag\n"),
        ("x", "burrow: parsing $GOFLAGS: non-flag \"x\"\n"),
        ("---x", "burrow: parsing $GOFLAGS: non-flag \"---x\"\n"),
        ("'-tags=x", "burrow: parsing $GOFLAGS: unterminated ' string\n"),
    ] {
        assert_eq!(run(flags, &[]), (1, String::new(), want.into()));
    }
    let (code, _, err) = run("-mod=vendor", &[]);
    assert_eq!(code, 2);
    assert!(err.starts_with("burrow: -mod=vendor is not supported: "), "{err}");
    assert_eq!(run("-mod=vendor", &["-mod=readonly"]).0, 0);
    assert_eq!(run("-tags", &[]).0, 2);
    // Who asks what is wrong gets an answer.
    assert_eq!(p.burrow(&["env", "GOFLAGS"], &[("GOFLAGS", "-nosuchflag")]).1, "-nosuchflag\n");
}

/// The file that `env -w` writes.
#[test]
fn settings_in_a_file() {
    let p = Place::new("goenv", &[("go.mod", "module m\n\ngo 1.27\n"), ("x.go", HELLO)]);
    p.write("f.go", "//go:build feature\n\npackage main\n\nfunc init() { println(\"feature\") }\n");
    let file = p.0.join("env").display().to_string();
    let with = |args: &[&str], more: &[(&str, &str)]| {
        let variables = [&[("GOENV", file.as_str())], more].concat();
        p.burrow(args, &variables)
    };
    assert_eq!(with(&["env", "-w", "GOFLAGS=-tags=feature", "GOOS=linux"], &[]).0, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "GOFLAGS=-tags=feature\nGOOS=linux\n");
    assert_eq!(with(&["run", "."], &[]).2, "feature\n");
    assert_eq!(with(&["run", "."], &[("GOFLAGS", "-v=false")]).2, "");
    assert_eq!(with(&["env", "GOFLAGS"], &[]).1, "-tags=feature\n");
    assert_eq!(
        with(&["env", "-changed", "GOENV", "GOFLAGS", "GOOS", "GOARCH"], &[]).1,
        format!("GOENV='{file}'\nGOFLAGS='-tags=feature'\n")
    );
    for (args, code, want) in [
        (&["-w", "GOFOO=1"][..], 1, "burrow: unknown go command variable GOFOO\n"),
        (&["-w", "GODEBUG=1"], 1, "burrow: GODEBUG can only be set using the OS environment\n"),
        (&["-w", "GOVERSION=1"], 1, "burrow: GOVERSION cannot be modified\n"),
        (&["-w", "x"], 1, "burrow: arguments must be KEY=VALUE: invalid argument: x\n"),
        (&["-w"], 1, "burrow: no KEY=VALUE arguments given to 'burrow env -w'\n"),
        (
            &["-w", "GOOS=plan9"],
            2,
            "burrow: GOOS=plan9 is not supported: burrow compiles for linux/amd64 only\n",
        ),
    ] {
        let args = [&["env"], args].concat();
        assert_eq!(with(&args, &[]), (code, String::new(), want.into()));
    }
    assert_eq!(with(&["env", "-u", "GOFLAGS"], &[]).0, 0);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "GOOS=linux\n");
    // By hand one can write anything; it counts all the same.
    std::fs::write(&file, "GOARCH=arm64\n").unwrap();
    let (code, _, err) = with(&["run", "."], &[]);
    assert_eq!(
        (code, err.as_str()),
        (2, "burrow: GOARCH=arm64 is not supported: burrow compiles for linux/amd64 only\n")
    );
}

/// PATH-1: no path of this machine is in the executable, and the same sources in another folder make the same file.
#[test]
fn trimpath() {
    let main = "package main\n\nimport (\n\t\"fmt\"\n\t\"runtime\"\n\t\"ex.com/lib/sub\"\n)\n\n\
                func main() {\n\t_, file, _, _ := runtime.Caller(0)\n\tfmt.Println(file, sub.File(), runtime.GOROOT() == \"\")\n\
                \tvar p *int\n\t_ = *p\n}\n";
    let lib = "package sub\n\nimport \"runtime\"\n\n//go:noinline\nfunc File() string {\n\t_, file, _, _ := runtime.Caller(0)\n\treturn file\n}\n";
    let files = |dir: &str| {
        [
            (
                format!("{dir}/app/go.mod"),
                "module ex.com/app\n\ngo 1.27\n\nrequire ex.com/lib v1.2.0\n\nreplace ex.com/lib => ../lib\n",
            ),
            (format!("{dir}/app/cmd/main.go"), main),
            (format!("{dir}/lib/go.mod"), "module ex.com/lib\n\ngo 1.27\n"),
            (format!("{dir}/lib/sub/sub.go"), lib),
        ]
    };
    let p = Place::new("trimpath", &[]);
    let mut images = Vec::new();
    for dir in ["one", "another/place"] {
        files(dir).iter().for_each(|(name, text)| p.write(name, text));
        let exe = format!("{}.exe", dir.replace('/', "-"));
        let out = p.0.join(&exe).display().to_string();
        let dir = format!("{dir}/app");
        let (code, _, err) =
            p.burrow(&["build", "-C", &dir, "-trimpath", "-o", &out, "./cmd"], &[]);
        assert_eq!(code, 0, "{err}");
        let image = p.exe(&exe);
        let machine: Vec<String> = vec![p.0.display().to_string(), goroot().display().to_string()];
        for path in machine {
            let found = image.windows(path.len()).any(|w| w == path.as_bytes());
            assert!(!found, "{path} is in the executable");
        }
        let out = Command::new(p.0.join(&exe)).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert_eq!(text, "ex.com/app/cmd/main.go ex.com/lib@v1.2.0/sub/sub.go true\n");
        let err = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(err.contains("\tex.com/app/cmd/main.go:13 "), "{err}");
        images.push(image);
    }
    assert!(images[0] == images[1], "the same sources in two folders make two programs");
    // Named files.
    let (_, out, _) = p.burrow(&["run", "-C", "one/app", "-trimpath", "cmd/main.go"], &[]);
    assert!(out.starts_with("command-line-arguments/main.go "), "{out}");
}

/// Which packages flags are for, and that the last list counts.
#[test]
fn patterns_of_flags() {
    let p = Place::new(
        "patterns",
        &[
            ("go.mod", "module m\n\ngo 1.27\n"),
            (
                "main.go",
                "package main\n\nimport \"m/lib\"\n\nvar X = \"unset\"\n\nfunc main() { println(X, lib.N) }\n",
            ),
            ("lib/lib.go", "package lib\n\nconst N = 1_000\n"),
        ],
    );
    let check = |flags: &[&str]| p.burrow(&[&["build", "-o", "out"], flags].concat(), &[]).2;
    let old = "lib/lib.go:3:11: underscore in numeric literal requires go1.13 or later";
    for (flags, fails) in [
        (&["-gcflags=-lang=go1.12"][..], false),
        (&["-gcflags=all=-lang=go1.12"], true),
        (&["-gcflags=m/lib=-lang=go1.12"], true),
        (&["-gcflags=./lib=-lang=go1.12"], true),
        (&["-gcflags=./...=-lang=go1.12"], true),
        (&["-gcflags=m/...=-lang=go1.12", "-gcflags=m/lib=-e"], false),
        (&["-gcflags=std=-lang=go1.12"], false),
    ] {
        let err = check(flags);
        assert_eq!(err.contains(old), fails, "{flags:?}: {err}");
    }
    for (flags, want) in [
        (&["-ldflags=-X main.X=set"][..], "set 1000\n"),
        (&["-ldflags=all=-X m.X=set"], "set 1000\n"),
        (&["-ldflags=fmt=-X main.X=set"], "unset 1000\n"),
        (&["-ldflags=-X main.X=set", "-ldflags=-s"], "unset 1000\n"),
        (&["-ldflags=-X 'main.X=a b'"], "a b 1000\n"),
    ] {
        assert_eq!(p.burrow(&[&["run"], flags, &["."]].concat(), &[]).2, want, "{flags:?}");
    }
}

/// `-a` makes everything anew, and `-p` threads make the same.
#[test]
fn anew_and_with_threads() {
    let p = Place::new("anew", &[("x.go", HELLO)]);
    let mut images = Vec::new();
    for flags in [&["-p=1"][..], &["-p=1", "-a"], &["-p=7", "-a"], &["-p=2"]] {
        let mut c = p.command(&[&["build", "-o", "out"], flags, &["x.go"]].concat());
        let (code, _, err) = shown(&c.env("BURROW_TIMINGS", "1").output().unwrap());
        assert_eq!(code, 0, "{err}");
        if flags.contains(&"-a") {
            let line = err.lines().find(|l| l.contains(" compiled of ")).unwrap();
            let numbers: Vec<&str> = line.split(' ').filter(|w| w.parse::<u32>().is_ok()).collect();
            assert_eq!(numbers[0], numbers[1], "{line}");
        }
        images.push(p.exe("out"));
    }
    assert!(images.iter().all(|i| *i == images[0]));
    let (code, _, err) = p.burrow(&["build", "-p=0", "x.go"], &[]);
    assert_eq!((code, err.as_str()), (2, "burrow: -p must be a positive integer: 0\n"));
}

/// A tree, a cache and a place for programs, where variables say.
#[test]
fn places() {
    let p = Place::new("places", &[("x.go", HELLO), ("tmp/.keep", "")]);
    let dir = p.0.display().to_string();
    let root = goroot().display().to_string();
    let at = |name: &str| format!("{dir}/{name}");
    let mut c = p.command(&["run", "x.go"]);
    c.env_remove("BURROW_GOROOT").env("GOROOT", &root);
    c.env_remove("BURROW_CACHE").env("GOCACHE", at("gocache")).env("HOME", &dir);
    assert_eq!(shown(&c.output().unwrap()), (0, "hello\n".into(), String::new()));
    assert!(p.0.join("gocache/burrow").is_dir());
    let (code, _, err) = shown(
        &p.command(&["run", "x.go"])
            .env_remove("BURROW_GOROOT")
            .env("GOROOT", "/nowhere")
            .output()
            .unwrap(),
    );
    assert_eq!(
        (code, err.as_str()),
        (1, "burrow: GOROOT=/nowhere is not a Go tree: there is no file VERSION in it\n")
    );
    // What the cache can't hold is run from there.
    p.write("file", "");
    let wher = "package main\n\nimport \"os\"\n\nfunc main() { println(os.Args[0]) }\n";
    p.write("y.go", wher);
    let mut c = p.command(&["run", "y.go"]);
    c.env("BURROW_CACHE", at("file/cache")).env("GOTMPDIR", at("tmp"));
    let err = shown(&c.output().unwrap()).2;
    assert!(err.lines().any(|l| l.starts_with(&at("tmp/burrow-run-"))), "{err}");
}

/// Workspaces and vendored packages change where packages come from: they are refused, not passed over.
#[test]
fn workspaces_and_vendored_packages() {
    let p = Place::new(
        "work",
        &[
            (
                "app/go.mod",
                "module m\n\ngo 1.27\n\nrequire ex.com/lib v1.0.0\n\nreplace ex.com/lib => ../lib\n",
            ),
            (
                "app/x.go",
                "package main\n\nimport \"ex.com/lib\"\n\nfunc main() { println(lib.N) }\n",
            ),
            ("lib/go.mod", "module ex.com/lib\n"),
            ("lib/lib.go", "package lib\n\nconst N = 1\n"),
        ],
    );
    let run = |args: &[&str], variables: &[(&str, &str)]| {
        p.burrow(&[&["run", "-C", "app"], args, &["."]].concat(), variables)
    };
    assert_eq!(run(&[], &[]).2, "1\n");
    p.write("app/vendor/modules.txt", "");
    let (code, _, err) = run(&[], &[]);
    assert_eq!(code, 1);
    assert!(
        err.ends_with(
            "vendor: burrow doesn't read vendored packages yet; -mod=readonly ignores them\n"
        ),
        "{err}"
    );
    assert_eq!(run(&["-mod=readonly"], &[]).2, "1\n");
    p.write("go.work", "go 1.27\n");
    let (code, _, err) = run(&["-mod=readonly"], &[]);
    assert_eq!(code, 1);
    assert!(
        err.ends_with("go.work: burrow reads no workspaces yet; GOWORK=off ignores it\n"),
        "{err}"
    );
    assert_eq!(run(&["-mod=readonly"], &[("GOWORK", "off")]).2, "1\n");
}

/// As go's: by package, on standard output.
#[test]
fn build_events() {
    let p = Place::new(
        "json",
        &[
            ("go.mod", "module m\n\ngo 1.27\n"),
            ("a/a.go", "package a\n\nvar x int = \"\"\nvar y = z\n"),
            ("b/b.go", "package b\n\nimport _ \"ex.com/none\"\n"),
        ],
    );
    let (code, out, err) = p.burrow(&["build", "-json", "./a"], &[]);
    assert_eq!((code, err.as_str()), (1, ""));
    let want = r##"{"ImportPath":"m/a","Action":"build-output","Output":"# m/a\n"}
{"ImportPath":"m/a","Action":"build-output","Output":"a/a.go:3:13: cannot use \"\" (untyped string constant) as int value in variable declaration\n"}
{"ImportPath":"m/a","Action":"build-output","Output":"a/a.go:4:9: undefined: z\n"}
{"ImportPath":"m/a","Action":"build-fail"}
"##;
    assert_eq!(out, want);
    let (code, out, err) = p.burrow(&["build", "-json", "./b"], &[]);
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.starts_with(r#"{"ImportPath":"ex.com/none","Action":"build-output","Output":"b/b.go:3:8: no required module"#), "{out}");
    let (code, out, _) = p.burrow(&["build", "-json", "./none"], &[]);
    assert!(
        code == 1
            && out.starts_with(r#"{"ImportPath":"./none","Action":"build-output","Output":"stat "#),
        "{out}"
    );
}

/// `//go:debug` lines, go.mod's settings and the defaults of language versions.
#[test]
fn godebug() {
    let main = "package main\n\nfunc main() {\n\tdefer func() { println(recover() != nil) }()\n\tpanic(nil)\n}\n";
    let p = Place::new("godebug", &[("go.mod", "module m\n\ngo 1.27\n"), ("x.go", main)]);
    let run = |variables: &[(&str, &str)]| p.burrow(&["run", "."], variables).2;
    assert_eq!(run(&[]), "true\n");
    for (module, line, want) in [
        ("go 1.20", "", "false\n"),
        ("go 1.20\ngodebug panicnil=0", "", "true\n"),
        ("go 1.27\ngodebug panicnil=1", "", "false\n"),
        ("go 1.27\ngodebug (\n\tdefault=go1.20\n)", "", "false\n"),
        ("go 1.27", "//go:debug panicnil=1\n", "false\n"),
        ("go 1.27\ngodebug panicnil=1", "// Doc.\n//go:debug panicnil=0\n", "true\n"),
        ("go 1.20", "//go:debug default=go1.21\n", "true\n"),
        ("go 1.27", "package main\n//go:debug panicnil=1\n", "true\n"),
        ("", "", "false\n"),
    ] {
        p.write("go.mod", &format!("module m\n\n{module}\n"));
        let text = if line.starts_with("package") {
            main.replacen("package main\n", line, 1)
        } else {
            format!("{line}{main}")
        };
        p.write("x.go", &text);
        assert_eq!(run(&[]), want, "{module:?} {line:?}");
        // The environment goes first.
        assert_eq!(run(&[("GODEBUG", "panicnil=0")]), "true\n");
        assert_eq!(run(&[("GODEBUG", "panicnil=1")]), "false\n");
    }
    // A test has what its files say, and build info tells.
    p.write("go.mod", "module m\n\ngo 1.26\n");
    p.write("x.go", main);
    let test = "//go:debug panicnil=1\npackage main\n\nimport (\n\t\"runtime/debug\"\n\t\"testing\"\n)\n\n\
                func TestNil(t *testing.T) {\n\tinfo, _ := debug.ReadBuildInfo()\n\tfor _, s := range info.Settings {\n\
                \t\tif s.Key == \"DefaultGODEBUG\" {\n\t\t\tt.Log(s.Value)\n\t\t}\n\t}\n\
                \tdefer func() {\n\t\tif recover() != nil {\n\t\t\tt.Fail()\n\t\t}\n\t}()\n\tpanic(nil)\n}\n";
    p.write("x_test.go", test);
    let (code, out, err) = p.burrow(&["test", "-v", "."], &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("x_test.go:13: panicnil=1,tracebacklabels=0,x509sslcertoverrideplatform=0\n"),
        "{out}"
    );
}

/// In gc's words, of every package; nothing else is told of it.
#[test]
fn wrong_godebug() {
    let lines = "/* x */ //go:debug nosuch=1\n//go:debug asynctimerchan=1\n//go:debug x\n//go:debugx\n//go:debug\n\n\
                 //go:debug panicnil=1\n//go:debug panicnil=0\n//go:debug http2client=a,b\n//go:debug default=go1.30\n\
                 package main\n//go:debug bad=1\nfunc main() { undefined() }\n";
    let p = Place::new("wronggodebug", &[("go.mod", "module m\n\ngo 1.27\n"), ("c.go", lines)]);
    let want = "# m\n\
                ./c.go:1:9: invalid //go:debug: unknown //go:debug setting \"nosuch\"\n\
                ./c.go:2:1: invalid //go:debug: removed GODEBUG \"asynctimerchan\" set to old value \"1\" (https://go.dev/doc/godebug#go-127)\n\
                ./c.go:3:1: invalid //go:debug: missing key=value\n\
                ./c.go:5:1: invalid //go:debug: missing key=value\n\
                ./c.go:8:1: repeated //go:debug for panicnil\n\t./c.go:7:1: previous //go:debug\n\
                ./c.go:9:1: invalid //go:debug: value contains comma\n\
                ./c.go:10:1: invalid //go:debug: default=go1.30 too new (toolchain is go1.27.3)\n";
    for _ in 0..2 {
        assert_eq!(p.burrow(&["build"], &[]), (1, String::new(), want.into()));
    }
    p.write("c.go", "package main\n\nfunc main() {}\n");
    for (module, want) in [
        (
            "go 1.27\ngodebug (\n\tpanicnil=1\n\txx=1\n)\n",
            "burrow: error loading go.mod:\ngo.mod:6: unknown godebug \"xx\"\n",
        ),
        (
            "go 1.99\n",
            "burrow: go.mod requires go >= 1.99 (running go 1.27.3; GOTOOLCHAIN=local)\n",
        ),
    ] {
        p.write("go.mod", &format!("module m\n\n{module}"));
        assert_eq!(p.burrow(&["build"], &[]), (1, String::new(), want.into()));
    }
}
