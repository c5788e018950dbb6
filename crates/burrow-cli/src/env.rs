//! `burrow env`, `burrow version`, `burrow clean`, and where things are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burrow_build::surface::{VARIABLES, judge_variable};
use burrow_build::{Cache, Failure};
use burrow_load::Reads;
use burrow_load::goroot::{self as tree, Wishes};
use burrow_load::modfile::find_module_root;

use crate::flags::{Parsed, parse};
use crate::output;
use crate::settings::{self, setting, variable};
use crate::usage;

/// Where results are kept: $BURROW_CACHE, a folder in $GOCACHE, or `burrow` in the user's cache directory.
pub(crate) fn cache_dir() -> Result<PathBuf, Failure> {
    if variable("BURROW_CACHE").is_none()
        && let Some(dir) = setting("GOCACHE")
    {
        return match judge_variable("GOCACHE", &dir) {
            Ok(()) => Ok(Path::new(&dir).join("burrow")),
            Err(why) => Err(usage(format!("burrow: GOCACHE={dir} is not supported: {why}"))),
        };
    }
    own_dir()
}

/// As [`cache_dir`], whatever is said of results: what is fetched stays there.
fn own_dir() -> Result<PathBuf, Failure> {
    if let Some(dir) = variable("BURROW_CACHE") {
        let dir = PathBuf::from(dir);
        if dir.is_relative() {
            return Err(Failure::new(format!(
                "burrow: BURROW_CACHE must be an absolute path: {}",
                dir.display()
            )));
        }
        return Ok(dir);
    }
    let base = variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| variable("HOME").map(|h| PathBuf::from(h).join(".cache")));
    base.map(|b| b.join("burrow")).ok_or_else(|| {
        Failure::new("burrow: no place for the cache: set BURROW_CACHE, XDG_CACHE_HOME or HOME")
    })
}

/// The Go tree; fetches it if there is none.
pub(crate) fn goroot() -> Result<PathBuf, Failure> {
    let say = |line: &str| output::error_line(line);
    let root = variable("BURROW_GOROOT").map(|r| ("BURROW_GOROOT", PathBuf::from(r)));
    let root = root.or_else(|| setting("GOROOT").map(|r| ("GOROOT", PathBuf::from(r))));
    let wishes = Wishes { root, proxy: setting("GOPROXY") };
    let cache = own_dir().or_else(|e| cache_dir().map_err(|_| e))?;
    tree::find(&wishes, &cache, &say).map_err(|e| Failure::new(format!("burrow: {e}")))
}

pub(crate) fn env(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("env", args)?;
    let set = |name: &str| parsed.is_set(name);
    let several = [set("json"), set("u"), set("w"), set("changed")];
    if (set("u") || set("w")) && several.iter().filter(|s| **s).count() > 1 {
        return Err(usage("burrow env: cannot use -w or -u with another flag"));
    }
    if set("w") || set("u") {
        return write(&parsed);
    }
    let wanted = |name: &str| parsed.args.is_empty() || parsed.args.iter().any(|a| a == name);
    let vars = variables(&wanted)?;
    let changed = |n: &str, v: &str| !set("changed") || is_changed(n, v);
    if set("json") {
        let named = parsed.args.iter().map(|n| (n.as_str(), vars.get(n.as_str())));
        let all = vars.iter().map(|(n, v)| (*n, Some(v)));
        let list: BTreeMap<&str, Option<&String>> =
            if parsed.args.is_empty() { all.collect() } else { named.collect() };
        let shown: Vec<String> = list
            .into_iter()
            .map(|(n, v)| (n, v.map_or("", String::as_str)))
            .filter(|(n, v)| changed(n, v))
            .map(|(n, v)| format!("\t{}: {}", json(n), json(v)))
            .collect();
        let lines = shown.join(",\n");
        output::print(&if lines.is_empty() { "{}\n".into() } else { format!("{{\n{lines}\n}}\n") });
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    if parsed.args.is_empty() || set("changed") {
        for (name, value) in vars.iter().filter(|(n, v)| wanted(n) && changed(n, v)) {
            text += &format!("{name}='{}'\n", value.replace('\'', r"'\''"));
        }
    } else {
        for name in &parsed.args {
            text += vars.get(name.as_str()).map_or("", String::as_str);
            text.push('\n');
        }
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

/// What `env` only tells.
const TOLD: [&str; 10] = [
    "GOEXE",
    "GOGCCFLAGS",
    "GOHOSTARCH",
    "GOHOSTOS",
    "GOMOD",
    "GOTELEMETRY",
    "GOTELEMETRYDIR",
    "GOTOOLDIR",
    "GOVERSION",
    "GOPACKAGESDRIVER",
];

/// A value that is not what an empty environment gives.
fn is_changed(name: &str, value: &str) -> bool {
    match name {
        "GOVERSION" | "GOMOD" => false,
        _ if TOLD.contains(&name) => false,
        "GOOS" => value != "linux",
        "GOARCH" => value != "amd64",
        "CGO_ENABLED" => value != "0",
        _ => setting(name).is_some() || name == "GOENV" && variable(name).is_some(),
    }
}

/// `env -w NAME=value...` and `env -u NAME...`.
fn write(parsed: &Parsed) -> Result<ExitCode, Failure> {
    let remove = parsed.is_set("u");
    let flag = if remove { "-u" } else { "-w" };
    if parsed.args.is_empty() {
        let what = if remove { "" } else { "KEY=VALUE " };
        return Err(Failure::new(format!(
            "burrow: no {what}arguments given to 'burrow env {flag}'"
        )));
    }
    let Some(path) = settings::file() else {
        return Err(Failure::new("burrow: GOENV=off: there is no file to write settings to"));
    };
    let mut all = settings::read(&path);
    for arg in &parsed.args {
        let (name, value) = match arg.split_once('=') {
            Some((n, v)) if !remove => (n, Some(v)),
            None if remove => (arg.as_str(), None),
            _ => {
                return Err(Failure::new(format!(
                    "burrow: arguments must be KEY=VALUE: invalid argument: {arg}"
                )));
            }
        };
        may_be_set(name, value)?;
        match value {
            Some(v) if !v.is_empty() => {
                all.insert(name.into(), v.into());
            }
            _ => {
                all.remove(name);
            }
        }
    }
    let text: String = all.iter().map(|(n, v)| format!("{n}={v}\n")).collect();
    let fail = |e: std::io::Error| {
        Failure::new(format!("burrow: writing {}: {}", path.display(), output::os_error(&e)))
    };
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(fail)?;
    let temp = path.with_extension(format!("tmp{}", std::process::id()));
    let written = std::fs::write(&temp, text).and_then(|()| std::fs::rename(&temp, &path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temp);
    }
    written.map_err(fail)?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses to write what nobody would read, or nobody could do.
fn may_be_set(name: &str, value: Option<&str>) -> Result<(), Failure> {
    let fail = |what: String| Err(Failure::new(format!("burrow: {what}")));
    if matches!(name, "GODEBUG" | "GOENV") {
        return fail(format!("{name} can only be set using the OS environment"));
    }
    if TOLD.contains(&name) {
        return fail(format!("{name} cannot be modified"));
    }
    if !VARIABLES.iter().any(|v| v.name == name) {
        return fail(format!("unknown go command variable {name}"));
    }
    let Some(value) = value else { return Ok(()) };
    if value.contains(['\n', '\r']) {
        return fail(format!("invalid value for {name}: contains a newline"));
    }
    match judge_variable(name, value) {
        Ok(()) => Ok(()),
        Err(why) => Err(usage(format!("burrow: {name}={value} is not supported: {why}"))),
    }
}

fn variables(wanted: &dyn Fn(&str) -> bool) -> Result<BTreeMap<&'static str, String>, Failure> {
    let home = variable("HOME").unwrap_or_default();
    let or = |name: &str, default: &str| setting(name).unwrap_or_else(|| default.into());
    let gopath = or("GOPATH", &format!("{home}/go"));
    let cwd = std::env::current_dir().unwrap_or_default();
    let module = find_module_root(&Reads::default(), &cwd).map(|d| d.join("go.mod"));
    let work = cwd.ancestors().map(|d| d.join("go.work")).find(|f| f.is_file());
    let work = match setting("GOWORK") {
        Some(off) if off == "off" => off,
        _ => work.map_or_else(String::new, |w| w.display().to_string()),
    };
    let config = settings::file().map_or_else(|| "off".into(), |p| p.display().to_string());
    let mut vars: BTreeMap<&'static str, String> = BTreeMap::new();
    if ["GOROOT", "GOVERSION", "BURROW_GOROOT", "GOTOOLDIR", "GOPROXY", "GOSUMDB"]
        .iter()
        .any(|n| wanted(n))
    {
        let root = goroot()?;
        vars.insert("GOVERSION", tree::version_of(&root).unwrap_or_default());
        vars.insert("GOTOOLDIR", root.join("pkg/tool/linux_amd64").display().to_string());
        // The tree's own file has defaults.
        let defaults = settings::read(&root.join("go.env"));
        for name in ["GOPROXY", "GOSUMDB"] {
            let default = defaults.get(name).map_or("", String::as_str);
            vars.insert(name, or(name, default));
        }
        vars.insert("GOROOT", root.display().to_string());
        vars.insert("BURROW_GOROOT", root.display().to_string());
    }
    for (name, value) in [
        ("AR", or("AR", "ar")),
        ("BURROW_CACHE", own_dir()?.display().to_string()),
        ("CC", or("CC", "gcc")),
        ("CGO_ENABLED", or("CGO_ENABLED", "0")),
        ("CXX", or("CXX", "g++")),
        ("GCCGO", or("GCCGO", "gccgo")),
        ("GO111MODULE", or("GO111MODULE", "")),
        ("GOAMD64", or("GOAMD64", "v2")),
        ("GOARCH", or("GOARCH", "amd64")),
        ("GOAUTH", or("GOAUTH", "netrc")),
        ("GOBIN", or("GOBIN", "")),
        ("GOCACHE", or("GOCACHE", &cache_dir()?.display().to_string())),
        ("GOCACHEPROG", or("GOCACHEPROG", "")),
        ("GODEBUG", variable("GODEBUG").unwrap_or_default()),
        ("GOENV", config),
        ("GOEXE", String::new()),
        ("GOEXPERIMENT", or("GOEXPERIMENT", "")),
        ("GOFIPS140", or("GOFIPS140", "off")),
        ("GOFLAGS", or("GOFLAGS", "")),
        ("GOGCCFLAGS", String::new()),
        ("GOHOSTARCH", "amd64".into()),
        ("GOHOSTOS", "linux".into()),
        ("GOINSECURE", or("GOINSECURE", "")),
        ("GOMOD", module.map_or_else(|| "/dev/null".into(), |m| m.display().to_string())),
        ("GOMODCACHE", or("GOMODCACHE", &format!("{gopath}/pkg/mod"))),
        ("GONOPROXY", or("GONOPROXY", &or("GOPRIVATE", ""))),
        ("GONOSUMDB", or("GONOSUMDB", &or("GOPRIVATE", ""))),
        ("GOOS", or("GOOS", "linux")),
        ("GOPACKAGESDRIVER", variable("GOPACKAGESDRIVER").unwrap_or_default()),
        ("GOPATH", gopath),
        ("GOPRIVATE", or("GOPRIVATE", "")),
        ("GOTELEMETRY", "off".into()),
        ("GOTELEMETRYDIR", String::new()),
        ("GOTMPDIR", or("GOTMPDIR", "")),
        ("GOTOOLCHAIN", or("GOTOOLCHAIN", "local")),
        ("GOVCS", or("GOVCS", "")),
        ("GOWORK", work),
        ("PKG_CONFIG", or("PKG_CONFIG", "pkg-config")),
    ] {
        vars.insert(name, value);
    }
    Ok(vars)
}

fn json(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if (c as u32) < 0x20 => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

pub(crate) fn version(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("version", args)?;
    if !parsed.args.is_empty() {
        return Err(Failure::new("burrow: version of executables is not supported"));
    }
    let (burrow, go) = (env!("CARGO_PKG_VERSION"), tree::VERSION);
    output::print(&if called_go() {
        format!("go version go{go} linux/amd64\n")
    } else {
        format!("burrow version {burrow} go{go} linux/amd64\n")
    });
    Ok(ExitCode::SUCCESS)
}

/// Reports whether this is the command `go` for whoever started it.
fn called_go() -> bool {
    let name = std::env::args_os().next().map(PathBuf::from);
    name.as_deref().and_then(Path::file_name).is_some_and(|n| n == "go")
}

pub(crate) fn clean(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("clean", args)?;
    let set = |name: &str| parsed.is_set(name);
    for name in ["cache", "fuzzcache", "testcache"] {
        if set(name) && !parsed.args.is_empty() {
            return Err(Failure::new(format!(
                "burrow: clean -{name} cannot be used with package arguments"
            )));
        }
    }
    let dir = cache_dir()?;
    let fail = |e: std::io::Error| {
        Failure::new(format!("burrow: clean {}: {}", dir.display(), output::os_error(&e)))
    };
    if set("cache") {
        Cache::new(&dir).clean().map_err(fail)?;
    }
    if set("fuzzcache") {
        match std::fs::remove_dir_all(fuzz_dir()?) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(fail(e)),
            _ => {}
        }
    }
    if set("cache") || set("fuzzcache") || set("testcache") {
        return Ok(ExitCode::SUCCESS);
    }
    // Packages leave nothing in their folders: burrow writes no objects there.
    Err(usage("usage: burrow clean [-cache] [-testcache] [-fuzzcache]"))
}

/// Where fuzzing keeps what it found, by package.
pub(crate) fn fuzz_dir() -> Result<PathBuf, Failure> {
    Ok(cache_dir()?.join("fuzz"))
}
