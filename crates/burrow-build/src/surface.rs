//! Every flag and every variable of the go command, and what becomes of it: one table, from which parsing, help and tests
//! are made.
//!
//! SURF-1  Each flag and variable of go, with each value, is in one of three states: it works as in go; it is refused with a sentence
//!         and exit code 2; or it is a hint, which can't make a difference to a result. Nothing is taken and ignored.
//! SURF-2  Rows of one name stand together. The first whose condition holds for the value counts, so the last one of a name
//!         has none.
//! SURF-3  What is off (`-race=false`, an empty value) is not refused, unless its row names just that.
//!
//! `burrow-cli/tests/surface.rs` reads the flags and variables from the sources in GOROOT and looks for each of them here.

use burrow_load::EXPERIMENTS;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// `-x`, or `-x=false`.
    Bool,
    /// `-x=value`, or `-x value`.
    Value,
    /// `-x`, which is `-x=true`, or `-x=value`.
    Optional,
}

/// Commands, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commands(u8);

impl Commands {
    pub const BUILD: Commands = Commands(1);
    pub const RUN: Commands = Commands(2);
    pub const TEST: Commands = Commands(4);
    pub const CHECK: Commands = Commands(8);
    pub const ENV: Commands = Commands(16);
    pub const CLEAN: Commands = Commands(32);
    pub const VERSION: Commands = Commands(64);
    /// Commands of go that burrow doesn't have.
    pub const OTHER: Commands = Commands(128);
    /// All that build something.
    const BUILDING: Commands = Commands(15);

    const fn and(self, other: Commands) -> Commands {
        Commands(self.0 | other.0)
    }

    pub const fn has(self, one: Commands) -> bool {
        self.0 & one.0 != 0
    }

    /// The command of a name.
    pub fn of(name: &str) -> Commands {
        match name {
            "build" => Commands::BUILD,
            "run" => Commands::RUN,
            "test" => Commands::TEST,
            "check" => Commands::CHECK,
            "env" => Commands::ENV,
            "clean" => Commands::CLEAN,
            "version" => Commands::VERSION,
            _ => Commands::OTHER,
        }
    }
}

/// What becomes of a flag or variable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// As in go.
    Works,
    /// No result depends on it: why.
    Hint(&'static str),
    /// Refused: why.
    Refused(&'static str),
}

use State::{Hint, Refused, Works};

/// Which values a row is about.
#[derive(Clone, Copy)]
pub enum When {
    Always,
    Is(&'static [&'static str]),
    Fits(fn(&str) -> bool),
}

use When::{Always, Fits, Is};

impl When {
    fn holds(self, value: &str) -> bool {
        match self {
            Always => true,
            Is(values) => values.contains(&value),
            Fits(f) => f(value),
        }
    }
}

/// A flag of the command, with some of its values.
#[derive(Clone, Copy)]
pub struct Flag {
    pub name: &'static str,
    pub takes: Takes,
    pub commands: Commands,
    /// It is one of burrow's own.
    pub ours: bool,
    /// The program of a test gets it, as `-test.NAME`.
    pub forwarded: bool,
    pub when: When,
    pub state: State,
    /// What its value is called, and what it does; for help.
    pub argument: &'static str,
    pub help: &'static str,
}

/// A variable, with some of its values.
#[derive(Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub when: When,
    pub state: State,
    pub help: &'static str,
}

/// A flag of the compiler or of the linker.
#[derive(Clone, Copy)]
pub struct Word {
    pub name: &'static str,
    pub takes: Takes,
    pub when: When,
    pub state: State,
}

const fn flag(
    name: &'static str,
    takes: Takes,
    commands: Commands,
    state: State,
    argument: &'static str,
    help: &'static str,
) -> Flag {
    let (ours, forwarded, when) = (false, false, Always);
    Flag { name, takes, commands, ours, forwarded, when, state, argument, help }
}

const fn our(
    name: &'static str,
    takes: Takes,
    commands: Commands,
    argument: &'static str,
    help: &'static str,
) -> Flag {
    Flag { ours: true, ..flag(name, takes, commands, Works, argument, help) }
}

/// A flag that all commands share which build something.
const fn build(name: &'static str, takes: Takes, state: State) -> Flag {
    flag(name, takes, Commands::BUILDING, state, "", "")
}

const fn build_help(
    name: &'static str,
    takes: Takes,
    argument: &'static str,
    help: &'static str,
) -> Flag {
    flag(name, takes, Commands::BUILDING, Works, argument, help)
}

/// A flag for the program of a test.
const fn forwarded(name: &'static str, takes: Takes, state: State) -> Flag {
    Flag { forwarded: true, ..flag(name, takes, Commands::TEST, state, "", "") }
}

impl Flag {
    const fn when(self, when: When) -> Flag {
        Flag { when, ..self }
    }
}

const NO_COVERAGE: State = Refused("there is no coverage yet");
const NO_CGO: &str = "there is no cgo, so no C compiler is called";
const NO_DOWNLOADS: &str = "burrow downloads no modules";
const OTHER_PROCESSOR: &str = "it is about another processor";
const NO_MODULE_CACHE: &str = "nothing is written to the module cache";
const NO_COMMANDS: &str = "burrow builds in one process: there are no commands that it could show";
const OF_OTHERS: State = Refused("it belongs to a command that burrow does not have");

use Takes::{Bool, Optional, Value};

/// Flags, sorted by command and name.
pub const FLAGS: &[Flag] = &[
    // All commands that build.
    build_help("C", Value, "dir", "change to dir first. It must be the first flag."),
    build_help("a", Bool, "", "make everything anew; nothing is taken from the cache."),
    build("asan", Bool, Refused("there is no address sanitizer")),
    build("asmflags", Value, Refused("there is no assembler")).when(Fits(not_blank)),
    build("asmflags", Value, Works),
    build("buildmode", Value, Works).when(Is(&["default", "exe"])),
    build("buildmode", Value, Refused("only executables are made: default and exe")),
    build("buildvcs", Optional, Works).when(Is(&["false", "auto"])),
    build(
        "buildvcs",
        Optional,
        Refused("burrow stamps no version control information; auto and false are understood"),
    ),
    our(
        "color",
        Value,
        Commands::BUILDING,
        "auto|always|never",
        "auto: on a terminal, with colours unless NO_COLOR is set, the lines of the source below each error; elsewhere, and \
         with TERM=dumb, plain lines.",
    ),
    build("compiler", Value, Works).when(Is(&["gc"])),
    build("compiler", Value, Refused("the only compiler is burrow's, which counts as gc")),
    flag("cover", Bool, Commands::BUILDING, NO_COVERAGE, "", ""),
    flag("covermode", Value, Commands::BUILDING, NO_COVERAGE, "", ""),
    flag("coverpkg", Value, Commands::BUILDING, NO_COVERAGE, "", ""),
    build("debug-actiongraph", Value, Refused("burrow has no graph of actions to write")),
    build("debug-runtime-trace", Value, Refused("there is no execution tracer")),
    build("debug-trace", Value, Refused("burrow writes no trace of its work; see BURROW_TIMINGS")),
    build("gccgoflags", Value, Refused("there is no gccgo")),
    build_help(
        "gcflags",
        Value,
        "'[pattern=]flags'",
        "flags of the compiler: -e reports all errors, not just ten; -lang=go1.N sets the language version; -l and -N inline \
         nothing in the programs that have such a package; -complete=false allows functions without a body. Flags without a \
         pattern are for the packages named; of several that fit a package the last counts.",
    ),
    build("installsuffix", Value, Hint("nothing is installed")),
    flag(
        "json",
        Bool,
        Commands::BUILD.and(Commands::RUN),
        Works,
        "",
        "print what building says to standard output, as go's build-output and build-fail events.",
    ),
    our(
        "json",
        Bool,
        Commands::CHECK,
        "",
        "print errors to standard output, a JSON object a line: file, line, column, end (where known), code, message, \
         related (other places, each with its message). All errors, as with -e.",
    ),
    build_help(
        "ldflags",
        Value,
        "'[pattern=]flags'",
        "flags of the linker: -X path.name=value sets a string variable; -s leaves out symbols, -w what debuggers read.",
    ),
    build("linkshared", Bool, Refused("there are no shared libraries")),
    build("mod", Value, Works).when(Is(&["readonly"])),
    build("mod", Value, Refused("burrow doesn't read vendored packages yet")).when(Is(&["vendor"])),
    build("mod", Value, Refused("burrow never writes go.mod")).when(Is(&["mod"])),
    build("mod", Value, Refused("can be '', 'mod', 'readonly', or 'vendor'")),
    build("modcacherw", Bool, Hint(NO_MODULE_CACHE)),
    build("modfile", Value, Refused("go.mod is read where it is")),
    build("msan", Bool, Refused("there is no memory sanitizer")),
    build("n", Bool, Refused(NO_COMMANDS)),
    build("overlay", Value, Refused("files are read where they are")),
    build_help("p", Value, "n", "use n threads; without it, as many as there are processors."),
    build("pgo", Value, Works).when(Is(&["off"])),
    build("pgo", Value, Hint("profiles are not used to optimise")).when(Fits(is_profile)),
    build("pgo", Value, Refused("there is no such file")),
    build("pkgdir", Value, Refused("packages are not installed")),
    build("race", Bool, Refused("there is no race detector yet")),
    build_help("tags", Value, "tag,list", "build tags that are satisfied."),
    build("toolexec", Value, Refused(NO_COMMANDS)),
    build_help(
        "trimpath",
        Bool,
        "",
        "leave no path of this machine in the executable: files are named by module or import path.",
    ),
    flag(
        "v",
        Bool,
        Commands::BUILD.and(Commands::RUN).and(Commands::CHECK),
        Works,
        "",
        "print the names of packages as they are compiled.",
    ),
    build("work", Bool, Refused("there is no work directory: burrow builds in memory")),
    build("x", Bool, Refused(NO_COMMANDS)),
    // build
    flag(
        "o",
        Value,
        Commands::BUILD,
        Works,
        "output",
        "the file to write, or a directory for executables of all main packages.",
    ),
    // run
    our(
        "exitcode",
        Bool,
        Commands::RUN,
        "",
        "exit with the program's own code; without it every failure of the program is 1.",
    ),
    flag(
        "exec",
        Value,
        Commands::RUN.and(Commands::TEST),
        Works,
        "'program and arguments'",
        "run the executable by this program.",
    ),
    // check
    our("e", Bool, Commands::CHECK, "", "all errors, not just ten for each package."),
    our("lang", Value, Commands::CHECK, "go1.N", "the language version of the packages named."),
    our("test", Bool, Commands::CHECK, "", "test files, too."),
    // test
    flag("args", Bool, Commands::TEST, Works, "", "all that follows is for the program."),
    flag(
        "c",
        Bool,
        Commands::TEST,
        Works,
        "",
        "build the program, as NAME.test or where -o says, but don't run it.",
    ),
    flag("coverprofile", Value, Commands::TEST, NO_COVERAGE, "", ""),
    flag("json", Bool, Commands::TEST, Works, "", "print events, one object for each line."),
    flag("o", Value, Commands::TEST, Works, "file", "keep the program there."),
    flag("vet", Optional, Commands::TEST, Works, "", "").when(Is(&["off"])),
    flag(
        "vet",
        Optional,
        Commands::TEST,
        Refused("there is no vet yet; only off is understood"),
        "",
        "",
    ),
    forwarded("artifacts", Bool, Works),
    forwarded("bench", Value, Works),
    forwarded("benchmem", Bool, Works),
    forwarded("benchtime", Value, Works),
    forwarded("blockprofile", Value, Works),
    forwarded("blockprofilerate", Value, Works),
    forwarded("count", Value, Works),
    forwarded("cpu", Value, Works),
    forwarded("cpuprofile", Value, Works),
    forwarded("failfast", Bool, Works),
    forwarded("fullpath", Bool, Works),
    forwarded("fuzz", Value, Works),
    forwarded("fuzzminimizetime", Value, Works),
    forwarded("fuzztime", Value, Works),
    forwarded("list", Value, Works),
    forwarded("memprofile", Value, Works),
    forwarded("memprofilerate", Value, Works),
    forwarded("mutexprofile", Value, Works),
    forwarded("mutexprofilefraction", Value, Works),
    forwarded("outputdir", Value, Works),
    forwarded("parallel", Value, Works),
    forwarded("run", Value, Works),
    forwarded("short", Bool, Works),
    forwarded("shuffle", Value, Works),
    forwarded("skip", Value, Works),
    forwarded("timeout", Value, Works),
    forwarded("trace", Value, Refused("there is no execution tracer")),
    forwarded("v", Optional, Works),
    // env
    flag("changed", Bool, Commands::ENV, Works, "", "only what differs from an empty environment."),
    flag("json", Bool, Commands::ENV, Works, "", "print an object."),
    flag("u", Bool, Commands::ENV, Works, "", "take settings out of the file that GOENV names."),
    flag("w", Bool, Commands::ENV, Works, "", "write settings, as NAME=value, to that file."),
    // clean
    flag("cache", Bool, Commands::CLEAN, Works, "", "remove all results."),
    flag("fuzzcache", Bool, Commands::CLEAN, Works, "", "remove what fuzzing found."),
    flag("i", Bool, Commands::CLEAN, Refused("nothing is installed"), "", ""),
    flag("modcache", Bool, Commands::CLEAN, Refused(NO_MODULE_CACHE), "", ""),
    flag("n", Bool, Commands::CLEAN, Refused("there are no commands to show"), "", ""),
    flag("r", Bool, Commands::CLEAN, Refused("packages leave no objects in their folders"), "", ""),
    flag("testcache", Bool, Commands::CLEAN, Works, "", "forget results of tests: none are kept."),
    flag("x", Bool, Commands::CLEAN, Refused("there are no commands to show"), "", ""),
    // version
    flag("json", Bool, Commands::VERSION, Refused("executables are not read yet"), "", ""),
    flag("m", Bool, Commands::VERSION, Refused("executables are not read yet"), "", ""),
    flag("v", Bool, Commands::VERSION, Refused("executables are not read yet"), "", ""),
    // Commands that burrow doesn't have: their flags are known in GOFLAGS.
    flag("compat", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("compiled", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("d", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("deps", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("diff", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropexclude", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropgodebug", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropignore", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropreplace", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("droprequire", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropretract", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("droptool", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("dropuse", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("exclude", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("export", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("f", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("find", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("fix", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("fmt", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("go", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("godebug", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("ignore", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("insecure", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("module", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("print", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("replace", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("require", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("retract", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("retracted", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("reuse", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("t", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("tool", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("toolchain", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("use", Value, Commands::OTHER, OF_OTHERS, "", ""),
    flag("vendor", Bool, Commands::OTHER, OF_OTHERS, "", ""),
    flag("versions", Bool, Commands::OTHER, OF_OTHERS, "", ""),
];

const fn variable(name: &'static str, state: State, help: &'static str) -> Variable {
    Variable { name, when: Always, state, help }
}

/// A variable that none of burrow's work depends on.
const fn unused(name: &'static str, why: &'static str) -> Variable {
    variable(name, Hint(why), "")
}

impl Variable {
    const fn when(self, when: When) -> Variable {
        Variable { when, ..self }
    }
}

const SAID: &str = "'burrow env' tells it, nobody reads it";

/// Variables of the go command, sorted by name.
pub const VARIABLES: &[Variable] = &[
    unused("AR", NO_CGO),
    unused("CC", NO_CGO),
    unused("CGO_CFLAGS", NO_CGO),
    unused("CGO_CFLAGS_ALLOW", NO_CGO),
    unused("CGO_CFLAGS_DISALLOW", NO_CGO),
    unused("CGO_CPPFLAGS", NO_CGO),
    unused("CGO_CPPFLAGS_ALLOW", NO_CGO),
    unused("CGO_CPPFLAGS_DISALLOW", NO_CGO),
    unused("CGO_CXXFLAGS", NO_CGO),
    unused("CGO_CXXFLAGS_ALLOW", NO_CGO),
    unused("CGO_CXXFLAGS_DISALLOW", NO_CGO),
    variable("CGO_ENABLED", Works, "0: there is no cgo.").when(Is(&["0"])),
    variable(
        "CGO_ENABLED",
        Refused(
            "there is no cgo yet; without this variable, or with 0, files that import \"C\" are left out",
        ),
        "",
    ),
    unused("CGO_FFLAGS", NO_CGO),
    unused("CGO_FFLAGS_ALLOW", NO_CGO),
    unused("CGO_FFLAGS_DISALLOW", NO_CGO),
    unused("CGO_LDFLAGS", NO_CGO),
    unused("CGO_LDFLAGS_ALLOW", NO_CGO),
    unused("CGO_LDFLAGS_DISALLOW", NO_CGO),
    unused("CXX", NO_CGO),
    unused("FC", NO_CGO),
    unused("GCCGO", "there is no gccgo"),
    unused("GCCGOTOOLDIR", "there is no gccgo"),
    unused("GIT_ALLOW_PROTOCOL", NO_DOWNLOADS),
    variable("GO111MODULE", Works, "on: packages are found by modules.").when(Is(&["on"])),
    variable("GO111MODULE", Refused("packages are found by modules; there is no GOPATH mode"), "")
        .when(Is(&["off", "auto"])),
    variable("GO111MODULE", Refused("can be on, off or auto"), ""),
    unused("GO386", OTHER_PROCESSOR),
    variable("GOAMD64", Works, "v2: executables need SSE4.2 and POPCNT.").when(Is(&["v2"])),
    variable(
        "GOAMD64",
        Refused("executables are made for v2: they need SSE4.2 and POPCNT, and use nothing newer"),
        "",
    ),
    variable("GOARCH", Works, "amd64.").when(Is(&["amd64"])),
    variable("GOARCH", Refused("burrow compiles for linux/amd64 only"), ""),
    unused("GOARM", OTHER_PROCESSOR),
    unused("GOARM64", OTHER_PROCESSOR),
    unused("GOAUTH", NO_DOWNLOADS),
    unused("GOBIN", "nothing is installed"),
    variable("GOCACHE", Refused("results have to be kept somewhere"), "").when(Is(&["off"])),
    variable(
        "GOCACHE",
        Works,
        "where results are kept, in a folder burrow; BURROW_CACHE goes first.",
    )
    .when(Fits(is_absolute)),
    variable("GOCACHE", Refused("it must be an absolute path"), ""),
    variable("GOCACHEPROG", Refused("the cache is a folder"), ""),
    unused("GOCOVERDIR", "programs of go build -cover read it, which there are none of"),
    variable("GODEBUG", Works, "settings of the programs that are started."),
    variable("GOENV", Works, "the file of settings that 'env -w' writes, or off."),
    unused("GOEXE", SAID),
    variable("GOEXPERIMENT", Works, "experiments that are on by default.")
        .when(Fits(are_default_experiments)),
    variable("GOEXPERIMENT", Refused("only the experiments that are on by default are there"), ""),
    variable("GOFIPS140", Works, "off.").when(Is(&["off"])),
    variable("GOFIPS140", Refused("there is no FIPS mode"), ""),
    variable(
        "GOFLAGS",
        Works,
        "flags that stand before those of the command line, each -flag or -flag=value.",
    ),
    unused("GOGCCFLAGS", SAID),
    unused("GOHOSTARCH", SAID),
    unused("GOHOSTOS", SAID),
    unused("GOINSECURE", NO_DOWNLOADS),
    unused("GOMIPS", OTHER_PROCESSOR),
    unused("GOMIPS64", OTHER_PROCESSOR),
    unused("GOMOD", SAID),
    unused(
        "GOMODCACHE",
        "modules are read from folders that replace them, not from the module cache",
    ),
    unused("GONOPROXY", NO_DOWNLOADS),
    unused("GONOSUMDB", NO_DOWNLOADS),
    variable("GOOS", Works, "linux.").when(Is(&["linux"])),
    variable("GOOS", Refused("burrow compiles for linux/amd64 only"), ""),
    unused("GOPACKAGESDRIVER", "the go command doesn't read it, either"),
    unused("GOPATH", "packages are found by modules, and nothing is installed"),
    unused("GOPPC64", OTHER_PROCESSOR),
    unused("GOPRIVATE", NO_DOWNLOADS),
    variable(
        "GOPROXY",
        Works,
        "from where a Go tree is fetched, if there is none; off forbids that.",
    ),
    unused("GORISCV64", OTHER_PROCESSOR),
    variable("GOROOT", Works, "the Go tree; BURROW_GOROOT goes first."),
    unused("GOSUMDB", NO_DOWNLOADS),
    unused("GOTELEMETRY", SAID),
    unused("GOTELEMETRYDIR", SAID),
    variable(
        "GOTMPDIR",
        Works,
        "where programs of tests, and those that can't be kept, are written.",
    ),
    variable("GOTOOLCHAIN", Works, "local, path or auto: the release is burrow's in any case.")
        .when(Fits(is_this_toolchain)),
    variable("GOTOOLCHAIN", Refused("burrow is the only toolchain, of one release"), ""),
    unused("GOTOOLDIR", SAID),
    unused("GOVCS", NO_DOWNLOADS),
    unused("GOVERSION", SAID),
    unused("GOWASM", OTHER_PROCESSOR),
    variable("GOWORK", Works, "off ignores a go.work.").when(Is(&["off", "auto"])),
    variable("GOWORK", Refused("there are no workspaces yet"), ""),
    unused("GO_EXTLINK_ENABLED", NO_CGO),
    unused("PKG_CONFIG", NO_CGO),
];

const fn word(name: &'static str, takes: Takes, state: State) -> Word {
    Word { name, takes, when: Always, state }
}

impl Word {
    const fn when(self, when: When) -> Word {
        Word { when, ..self }
    }
}

const PRINTS: State = Refused("it asks gc's compiler to print what only it knows");
const BUILD_SAYS: State = Refused("the command itself says this to its compiler");
const NO_PROFILE: State = Refused("burrow writes no profile of its own work");
const DEBUG_INFO: State = Hint("it is about the form of what debuggers read");

/// Flags of gc's compiler, in `-gcflags`.
pub const COMPILER: &[Word] = &[
    word("%", Bool, PRINTS),
    word("+", Bool, BUILD_SAYS),
    word("B", Bool, Refused("indices are always checked")),
    word("C", Bool, Refused("errors have columns")),
    word("D", Value, BUILD_SAYS),
    word("E", Bool, PRINTS),
    word("I", Value, BUILD_SAYS),
    word("K", Bool, PRINTS),
    word("L", Bool, Refused("positions are those of //line directives")),
    word("N", Optional, Works),
    word("S", Optional, PRINTS),
    word("V", Optional, PRINTS),
    word("W", Optional, PRINTS),
    word("asan", Bool, Refused("there is no address sanitizer")),
    word("asmhdr", Value, BUILD_SAYS),
    word("bench", Value, NO_PROFILE),
    word("blockprofile", Value, NO_PROFILE),
    word("buildid", Value, BUILD_SAYS),
    word("c", Value, Hint("how many threads work")),
    word("clobberdead", Bool, Refused("burrow's compiler has no such check")),
    word("clobberdeadreg", Bool, Refused("burrow's compiler has no such check")),
    word("complete", Bool, Works),
    word("coveragecfg", Value, NO_COVERAGE),
    word("cpuprofile", Value, NO_PROFILE),
    word("d", Value, Hint("it checks gc's compiler, or asks for code that means the same"))
        .when(Fits(checks_compiler)),
    word("d", Value, Refused("it changes what only gc's compiler does")),
    word("dwarf", Bool, DEBUG_INFO),
    word("dwarfbasentries", Bool, DEBUG_INFO),
    word("dwarflocationlists", Bool, DEBUG_INFO),
    word("dynlink", Bool, Refused("there are no shared libraries")),
    word("e", Optional, Works),
    word("embedcfg", Value, BUILD_SAYS),
    word("env", Value, BUILD_SAYS),
    word("errorurl", Bool, Refused("'burrow explain' says what an error means")),
    word("gendwarfinl", Value, DEBUG_INFO),
    word("goversion", Value, BUILD_SAYS),
    word("h", Bool, PRINTS),
    word("importcfg", Value, BUILD_SAYS),
    word("installsuffix", Value, BUILD_SAYS),
    word("j", Bool, PRINTS),
    word("json", Value, PRINTS),
    word("l", Optional, Works).when(Is(&["0", "1", "true", "false"])),
    word("l", Optional, Hint("more than one asks gc to inline more")),
    word("lang", Value, Works),
    word("linkobj", Value, BUILD_SAYS),
    word("linkshared", Bool, Refused("there are no shared libraries")),
    word("live", Optional, PRINTS),
    word("m", Optional, PRINTS),
    word("memprofile", Value, NO_PROFILE),
    word("memprofilerate", Value, NO_PROFILE),
    word("msan", Bool, Refused("there is no memory sanitizer")),
    word("mutexprofile", Value, NO_PROFILE),
    word("nolocalimports", Bool, BUILD_SAYS),
    word("o", Value, BUILD_SAYS),
    word("p", Value, BUILD_SAYS),
    word("pack", Bool, BUILD_SAYS),
    word("pgoprofile", Value, BUILD_SAYS),
    word("r", Bool, PRINTS),
    word("race", Bool, Refused("there is no race detector yet")),
    word("shared", Bool, Refused("there are no shared libraries")),
    word("smallframes", Bool, Hint("it is about where variables lie")),
    word("spectre", Value, Refused("there are no mitigations of Spectre")),
    word("std", Bool, BUILD_SAYS),
    word("symabis", Value, BUILD_SAYS),
    word("t", Bool, PRINTS),
    word("traceprofile", Value, NO_PROFILE),
    word("trimpath", Value, Refused("the command has a flag of this name")),
    word("u", Bool, PRINTS),
    word("v", Optional, PRINTS),
    word("w", Optional, PRINTS),
    word("wb", Bool, Refused("the collector needs it")).when(Is(&["false"])),
    word("wb", Bool, Works),
];

const NO_EXTERNAL: &str = "no other linker is called";
const LAYOUT: State = Refused("where things lie is burrow's to say");

/// Flags of gc's linker, in `-ldflags`.
pub const LINKER: &[Word] = &[
    word("8", Bool, LAYOUT),
    word("B", Value, Refused("the id in the note is a hash of the contents")),
    word("D", Value, LAYOUT),
    word("E", Value, LAYOUT),
    word("H", Value, Works).when(Is(&["linux", "elf"])),
    word("H", Value, Refused("burrow links for linux/amd64 only")),
    word("I", Value, Refused("executables are static")),
    word("L", Value, Refused("there are no libraries to look for")),
    word("R", Value, LAYOUT),
    word("T", Value, LAYOUT),
    word("V", Optional, PRINTS),
    word("X", Value, Works),
    word("a", Bool, Works),
    word("asan", Bool, Refused("there is no address sanitizer")),
    word("aslr", Bool, Hint("it is about Windows")),
    word("benchmark", Value, NO_PROFILE),
    word("benchmarkprofile", Value, NO_PROFILE),
    word("bindnow", Bool, Hint("executables are static")),
    word("buildid", Value, Hint("the id is a hash of the contents")).when(Is(&[""])),
    word("buildid", Value, Refused("the id is a hash of the contents")),
    word("buildmode", Value, Refused("the command has a flag of this name")),
    word("c", Bool, PRINTS),
    word("capturehostobjs", Value, Hint("there are no host objects")),
    word("checklinkname", Bool, Hint("who may refer to whom by //go:linkname isn't checked"))
        .when(Is(&["false"])),
    word("checklinkname", Bool, Refused("who may refer to whom by //go:linkname isn't checked")),
    word("compressdwarf", Bool, DEBUG_INFO),
    word("cpuprofile", Value, NO_PROFILE),
    word("d", Bool, Works),
    word("debugnosplit", Bool, PRINTS),
    word("debugtextsize", Value, LAYOUT),
    word("debugtramp", Value, LAYOUT),
    word("dumpdep", Bool, PRINTS),
    word("e", Bool, Works),
    word("extar", Value, Hint(NO_EXTERNAL)),
    word("extld", Value, Hint(NO_EXTERNAL)),
    word("extldflags", Value, Hint(NO_EXTERNAL)),
    word("f", Bool, BUILD_SAYS),
    word("fipso", Value, Refused("there is no FIPS mode")),
    word("funcalign", Value, LAYOUT),
    word("g", Bool, BUILD_SAYS),
    word("h", Bool, PRINTS),
    word("importcfg", Value, BUILD_SAYS),
    word("installsuffix", Value, BUILD_SAYS),
    word("k", Value, Refused("fields are not tracked")),
    word("libgcc", Value, Hint(NO_EXTERNAL)),
    word("linkmode", Value, Works).when(Is(&["internal", "auto"])),
    word("linkmode", Value, Refused(NO_EXTERNAL)),
    word("linkshared", Bool, Refused("there are no shared libraries")),
    word("macos", Value, Hint("it is about macOS")),
    word("macsdk", Value, Hint("it is about macOS")),
    word("memprofile", Value, NO_PROFILE),
    word("memprofilerate", Value, NO_PROFILE),
    word("msan", Bool, Refused("there is no memory sanitizer")),
    word("n", Bool, Works),
    word("o", Value, BUILD_SAYS),
    word("pluginpath", Value, BUILD_SAYS),
    word("pruneweakmap", Bool, Hint("what can't be reached isn't there")),
    word("r", Value, Refused("executables are static")),
    word("race", Bool, Refused("there is no race detector yet")),
    word("randlayout", Value, LAYOUT),
    word("s", Bool, Works),
    word("strictdups", Value, Hint("each symbol has one definition")),
    word("tmpdir", Value, Hint("nothing is written but the executable")),
    word("v", Optional, PRINTS),
    word("w", Bool, Works),
];

fn not_blank(value: &str) -> bool {
    !value.trim().is_empty()
}

fn is_absolute(value: &str) -> bool {
    value.starts_with('/')
}

/// A profile that is there; `auto` looks for `default.pgo`.
fn is_profile(value: &str) -> bool {
    value == "auto" || std::fs::File::open(value).is_ok()
}

fn are_default_experiments(value: &str) -> bool {
    // An old name for two of them.
    value.split(',').all(|e| EXPERIMENTS.contains(&e) || e == "regabi")
}

/// Names of toolchains that mean this one, whatever go.mod says: a newer one is an error there.
fn is_this_toolchain(value: &str) -> bool {
    let own = format!("go{}", burrow_load::goroot::VERSION);
    let name = value.strip_suffix("+auto").or_else(|| value.strip_suffix("+path")).unwrap_or(value);
    ["local", "auto", "path", own.as_str()].contains(&name)
}

/// `-d` settings that look into the compiler, or ask for other code of the same meaning: floating point without the
/// processor's, counters for fuzzing.
fn checks_compiler(value: &str) -> bool {
    let same = ["panic", "softfloat", "libfuzzer", "checkptr=0"];
    value.split(',').all(|v| same.contains(&v) || v.starts_with("ssa/check/"))
}

/// The rows of a flag of a command.
fn rows(commands: Commands, name: &str) -> impl Iterator<Item = &'static Flag> {
    FLAGS.iter().filter(move |f| f.commands.has(commands) && f.name == name)
}

/// What a flag of a command takes; `None` if the command has no such flag.
pub fn find_flag(command: Commands, name: &str) -> Option<&'static Flag> {
    rows(command, name).next()
}

/// Reports whether any command of go, or of burrow, has a flag: then GOFLAGS may hold it.
pub fn is_known_in_goflags(name: &str) -> bool {
    let name = name.strip_prefix("test.").unwrap_or(name);
    FLAGS.iter().any(|f| f.name == name)
}

/// The flag of a test's program of this name, without `test.`.
pub fn find_forwarded(name: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|f| f.forwarded && f.name == name)
}

/// Says why a flag with this value is refused (SURF-1).
///
/// # Errors
/// The reason.
pub fn judge_flag(command: Commands, name: &str, value: &str) -> Result<(), &'static str> {
    let row = rows(command, name).find(|f| f.when.holds(value));
    judge(row.map(|r| (r.state, r.takes, r.when)), value)
}

/// Says why a variable with this value is refused (SURF-1).
///
/// # Errors
/// The reason.
pub fn judge_variable(name: &str, value: &str) -> Result<(), &'static str> {
    let row = VARIABLES.iter().find(|v| v.name == name && v.when.holds(value));
    judge(row.map(|r| (r.state, Value, r.when)), value)
}

fn judge(row: Option<(State, Takes, When)>, value: &str) -> Result<(), &'static str> {
    let off = |takes| match takes {
        Bool => value == "false",
        Value | Optional => value.is_empty(),
    };
    match row {
        // SURF-3
        Some((Refused(why), takes, when)) if !off(takes) || matches!(when, Is(_)) => Err(why),
        _ => Ok(()),
    }
}

/// A flag of a tool, as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub name: &'static str,
    pub value: String,
}

/// The flags among the words for a tool.
///
/// # Errors
/// The word that is unknown or refused, and why.
pub fn tool_flags(table: &'static [Word], words: &[String]) -> Result<Vec<Given>, String> {
    let mut given = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
            return Err(format!("{word}: not a flag"));
        };
        let (name, value) = flag.split_once('=').map_or((flag, None), |(n, v)| (n, Some(v)));
        let Some(first) = table.iter().find(|w| w.name == name) else {
            return Err(format!("{word}: flag provided but not defined"));
        };
        let value = match (value, first.takes) {
            (Some(v), Bool) => match v {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => "true".to_string(),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => "false".to_string(),
                _ => return Err(format!("{word}: invalid boolean value")),
            },
            (Some(v), _) => v.to_string(),
            (None, Bool | Optional) => "true".to_string(),
            (None, Value) => match words.next() {
                Some(v) => v.clone(),
                None => return Err(format!("{word}: flag needs an argument")),
            },
        };
        let row = table.iter().find(|w| w.name == name && w.when.holds(&value));
        if let Err(why) = judge(row.map(|r| (r.state, r.takes, r.when)), &value) {
            return Err(format!("{word}: {why}"));
        }
        given.push(Given { name: first.name, value });
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SURF-2
    #[test]
    fn the_last_row_of_a_name_is_for_all_values() {
        let last = |next: Option<&str>, name: &str, when: When| {
            next == Some(name) || matches!(when, Always)
        };
        for (i, f) in FLAGS.iter().enumerate() {
            let next = FLAGS.get(i + 1).filter(|n| n.commands == f.commands).map(|n| n.name);
            assert!(last(next, f.name, f.when), "{}", f.name);
        }
        for table in [COMPILER, LINKER] {
            for (i, w) in table.iter().enumerate() {
                assert!(last(table.get(i + 1).map(|n| n.name), w.name, w.when), "{}", w.name);
            }
            assert!(table.is_sorted_by_key(|w| w.name));
        }
        for (i, v) in VARIABLES.iter().enumerate() {
            assert!(last(VARIABLES.get(i + 1).map(|n| n.name), v.name, v.when), "{}", v.name);
        }
        assert!(VARIABLES.is_sorted_by_key(|v| v.name));
    }

    #[test]
    fn values_decide() {
        let build = |name, value| judge_flag(Commands::BUILD, name, value).is_ok();
        for (name, value, want) in [
            ("race", "true", false),
            ("race", "false", true),
            ("buildmode", "exe", true),
            ("buildmode", "pie", false),
            ("buildmode", "", true),
            ("asmflags", " ", true),
            ("asmflags", "-D=X", false),
            ("mod", "vendor", false),
            ("pgo", "off", true),
            ("pgo", "/no/such/profile", false),
            ("overlay", "", true),
        ] {
            assert_eq!(build(name, value), want, "-{name}={value}");
        }
        for (name, value, want) in [
            ("GOOS", "windows", false),
            ("GOOS", "linux", true),
            ("GOEXPERIMENT", "frob", false),
            ("GOEXPERIMENT", "jsonv2,greenteagc", true),
            ("GOTOOLCHAIN", "local+path", true),
            ("GOTOOLCHAIN", "go1.26.0", false),
            ("GOCACHE", "off", false),
            ("GOCACHE", "x/y", false),
            ("GOCACHE", "/x/y", true),
            ("CC", "clang", true),
            ("HOME", "/", true),
        ] {
            assert_eq!(judge_variable(name, value).is_ok(), want, "{name}={value}");
        }
    }

    #[test]
    fn flags_of_tools() {
        let words = |s: &str| s.split(' ').map(String::from).collect::<Vec<_>>();
        let given =
            tool_flags(COMPILER, &words("-e -lang go1.20 -N=1 -l -complete=0 -l=4")).unwrap();
        let shown: Vec<String> = given.iter().map(|g| format!("{}={}", g.name, g.value)).collect();
        assert_eq!(shown, ["e=true", "lang=go1.20", "N=1", "l=true", "complete=false", "l=4"]);
        for (flags, want) in [
            ("-frob", "-frob: flag provided but not defined"),
            ("-m", "-m: it asks gc's compiler to print what only it knows"),
            ("-B=0 -B", "-B: indices are always checked"),
            ("-wb=0", "-wb=0: the collector needs it"),
            ("-lang", "-lang: flag needs an argument"),
            ("x", "x: not a flag"),
            ("-complete=2", "-complete=2: invalid boolean value"),
        ] {
            assert_eq!(tool_flags(COMPILER, &words(flags)).unwrap_err(), want);
        }
        assert!(
            tool_flags(LINKER, &words("-s -w -X a.b=c -linkmode=internal -d -buildid=")).is_ok()
        );
        assert!(tool_flags(LINKER, &words("-linkmode external")).is_err());
    }
}
