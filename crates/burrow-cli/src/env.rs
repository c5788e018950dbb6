//! `burrow env`, `burrow version`, `burrow clean`, and where things are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use burrow_build::{Cache, Failure};
use burrow_load::Reads;
use burrow_load::goroot as tree;
use burrow_load::modfile::find_module_root;

use crate::flags::{Takes, parse};
use crate::output;
use crate::usage;

fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// $BURROW_CACHE, or `burrow` in the user's cache directory.
pub(crate) fn cache_dir() -> Result<PathBuf, Failure> {
    if let Some(dir) = var("BURROW_CACHE") {
        let dir = PathBuf::from(dir);
        if dir.is_relative() {
            return Err(Failure::new(format!(
                "burrow: BURROW_CACHE must be an absolute path: {}",
                dir.display()
            )));
        }
        return Ok(dir);
    }
    let base = var("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| var("HOME").map(|h| PathBuf::from(h).join(".cache")));
    base.map(|b| b.join("burrow")).ok_or_else(|| {
        Failure::new("burrow: no place for the cache: set BURROW_CACHE, XDG_CACHE_HOME or HOME")
    })
}

/// The Go tree; fetches it if there is none.
pub(crate) fn goroot() -> Result<PathBuf, Failure> {
    let say = |line: &str| output::error_line(line);
    tree::find(&cache_dir()?, &say).map_err(|e| Failure::new(format!("burrow: {e}")))
}

pub(crate) fn env(args: Vec<String>) -> Result<ExitCode, Failure> {
    let specs =
        [("json", Takes::Bool), ("changed", Takes::Bool), ("w", Takes::Bool), ("u", Takes::Bool)];
    let parsed = parse("env", args, &specs)?;
    for name in ["w", "u", "changed"] {
        if parsed.is_set(name) {
            return Err(Failure::new(format!("burrow: env -{name} is not supported")));
        }
    }
    let wanted = |name: &str| parsed.args.is_empty() || parsed.args.iter().any(|a| a == name);
    let vars = variables(&wanted)?;
    if parsed.is_set("json") {
        let shown: Vec<String> = vars
            .iter()
            .filter(|(n, _)| wanted(n))
            .map(|(n, v)| format!("\t{}: {}", json(n), json(v)))
            .collect();
        output::print(&format!("{{\n{}\n}}\n", shown.join(",\n")));
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::new();
    if parsed.args.is_empty() {
        for (name, value) in &vars {
            text += &format!("{name}='{}'\n", value.replace('\'', r"'\''"));
        }
    }
    for name in &parsed.args {
        text += vars.get(name.as_str()).map_or("", String::as_str);
        text.push('\n');
    }
    output::print(&text);
    Ok(ExitCode::SUCCESS)
}

fn variables(wanted: &dyn Fn(&str) -> bool) -> Result<BTreeMap<&'static str, String>, Failure> {
    let home = var("HOME").unwrap_or_default();
    let gopath = var("GOPATH").unwrap_or_else(|| format!("{home}/go"));
    let cwd = std::env::current_dir().unwrap_or_default();
    let module = find_module_root(&Reads::default(), &cwd).map(|d| d.join("go.mod"));
    let mut vars: BTreeMap<&'static str, String> = BTreeMap::new();
    let cache = cache_dir()?.display().to_string();
    if wanted("GOROOT") || wanted("GOVERSION") || wanted("BURROW_GOROOT") {
        let root = goroot()?;
        vars.insert("GOVERSION", tree::version_of(&root).unwrap_or_default());
        vars.insert("GOROOT", root.display().to_string());
        vars.insert("BURROW_GOROOT", root.display().to_string());
    }
    for (name, value) in [
        ("AR", var("AR").unwrap_or_else(|| "ar".into())),
        ("BURROW_CACHE", cache.clone()),
        ("CC", var("CC").unwrap_or_else(|| "gcc".into())),
        ("CGO_ENABLED", "0".into()),
        ("CXX", var("CXX").unwrap_or_else(|| "g++".into())),
        ("GCCGO", "gccgo".into()),
        ("GO111MODULE", var("GO111MODULE").unwrap_or_default()),
        ("GOAMD64", "v1".into()),
        ("GOARCH", "amd64".into()),
        ("GOAUTH", var("GOAUTH").unwrap_or_else(|| "netrc".into())),
        ("GOBIN", var("GOBIN").unwrap_or_default()),
        ("GOCACHE", cache),
        ("GODEBUG", var("GODEBUG").unwrap_or_default()),
        ("GOENV", var("GOENV").unwrap_or_else(|| format!("{home}/.config/go/env"))),
        ("GOEXE", String::new()),
        ("GOEXPERIMENT", var("GOEXPERIMENT").unwrap_or_default()),
        ("GOFLAGS", var("GOFLAGS").unwrap_or_default()),
        ("GOHOSTARCH", "amd64".into()),
        ("GOHOSTOS", "linux".into()),
        ("GOINSECURE", var("GOINSECURE").unwrap_or_default()),
        ("GOMOD", module.map_or_else(|| "/dev/null".into(), |m| m.display().to_string())),
        ("GOMODCACHE", var("GOMODCACHE").unwrap_or_else(|| format!("{gopath}/pkg/mod"))),
        ("GONOPROXY", var("GONOPROXY").or_else(|| var("GOPRIVATE")).unwrap_or_default()),
        ("GONOSUMDB", var("GONOSUMDB").or_else(|| var("GOPRIVATE")).unwrap_or_default()),
        ("GOOS", "linux".into()),
        ("GOPATH", gopath),
        ("GOPRIVATE", var("GOPRIVATE").unwrap_or_default()),
        ("GOPROXY", var("GOPROXY").unwrap_or_default()),
        ("GOSUMDB", var("GOSUMDB").unwrap_or_default()),
        ("GOTMPDIR", var("GOTMPDIR").unwrap_or_default()),
        ("GOTOOLCHAIN", var("GOTOOLCHAIN").unwrap_or_else(|| "local".into())),
        ("GOWORK", String::new()),
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
    let parsed = parse("version", args, &[("m", Takes::Bool), ("v", Takes::Bool)])?;
    if !parsed.args.is_empty() {
        return Err(Failure::new("burrow: version of executables is not supported"));
    }
    let (burrow, go) = (env!("CARGO_PKG_VERSION"), tree::VERSION);
    output::print(&format!("burrow version {burrow} go{go} linux/amd64\n"));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn clean(args: Vec<String>) -> Result<ExitCode, Failure> {
    let parsed = parse("clean", args, &[("cache", Takes::Bool)])?;
    if !parsed.is_set("cache") {
        return Err(usage("usage: burrow clean -cache"));
    }
    if !parsed.args.is_empty() {
        return Err(Failure::new("burrow: clean -cache cannot be used with package arguments"));
    }
    let dir = cache_dir()?;
    Cache::new(&dir).clean().map_err(|e| {
        Failure::new(format!("burrow: clean {}: {}", dir.display(), output::os_error(&e)))
    })?;
    Ok(ExitCode::SUCCESS)
}
