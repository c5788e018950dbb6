//! What the user has set: variables of the environment, and those that `go env -w` wrote to a file.
//!
//! SET-1  A variable of the environment goes before the file; an empty one counts as none.
//! SET-2  Programs that burrow starts get the environment as it is, nothing of the file.
//!
//! gc: `cmd/go/internal/cfg`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burrow_build::surface::{VARIABLES, judge_variable};
use burrow_build::{Failure, split_quoted};

use crate::flags::Parsed;
use crate::{output, usage};

/// A variable of the environment; an empty one counts as none.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// A setting of the go command.
pub(crate) fn setting(name: &str) -> Option<String> {
    variable(name).or_else(|| in_file(name))
}

/// What the file says; it can't say what is looked for to find it, and what programs are to be told.
fn in_file(name: &str) -> Option<String> {
    static FILE: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    if matches!(name, "GOENV" | "GODEBUG") {
        return None;
    }
    let file = FILE.get_or_init(|| file().map(|p| read(&p)).unwrap_or_default());
    file.get(name).filter(|v| !v.is_empty()).cloned()
}

/// The file of settings; `None` if there is to be none.
pub(crate) fn file() -> Option<PathBuf> {
    match variable("GOENV") {
        Some(off) if off == "off" => None,
        Some(path) => Some(path.into()),
        None => {
            let base = variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
            let base = base.or_else(|| variable("HOME").map(|h| PathBuf::from(h).join(".config")));
            Some(base?.join("go/env"))
        }
    }
}

/// The lines `NAME=value` of a file; others count as comments.
pub(crate) fn read(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let is_name = |n: &str| n.starts_with(|c: char| c.is_ascii_uppercase());
    let lines = text.lines().filter_map(|l| l.split_once('=')).filter(|(n, _)| is_name(n));
    lines.map(|(n, v)| (n.into(), v.into())).collect()
}

/// Refuses what can't be done (SURF-1), for commands that build.
///
/// # Errors
/// The first variable that asks for it.
pub(crate) fn judge() -> Result<(), Failure> {
    let mut last = "";
    for v in VARIABLES {
        if std::mem::replace(&mut last, v.name) == v.name {
            continue;
        }
        if let Some(value) = setting(v.name)
            && let Err(why) = judge_variable(v.name, &value)
        {
            return Err(usage(format!("burrow: {}={value} is not supported: {why}", v.name)));
        }
    }
    // For work on burrow itself.
    for name in ["BURROW_IMAGE", "BURROW_OVERLAY"] {
        if let Some(value) = variable(name)
            && let Err(e) = std::fs::metadata(&value)
        {
            return Err(usage(format!("burrow: {name}={value}: {}", output::os_error(&e))));
        }
    }
    Ok(())
}

/// The words of GOFLAGS.
///
/// # Errors
/// What is wrong with its form.
pub(crate) fn goflags() -> Result<Vec<String>, Failure> {
    let text = setting("GOFLAGS").unwrap_or_default();
    let fail = |what: String| Failure::new(format!("burrow: parsing $GOFLAGS: {what}"));
    let words = split_quoted(&text).map_err(fail)?;
    for word in &words {
        let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or("");
        if name.is_empty() || name.starts_with(['-', '=']) {
            return Err(fail(format!("non-flag {word:?}")));
        }
        let name = name.split('=').next().unwrap_or(name);
        if !burrow_build::surface::is_known_in_goflags(name) {
            return Err(fail(format!("unknown flag -{name}")));
        }
    }
    Ok(words)
}

/// How many threads are asked for, by `-p` or GOMAXPROCS; 0: as many as there are processors.
///
/// # Errors
/// The flag isn't a positive number.
pub(crate) fn threads(parsed: &Parsed) -> Result<usize, Failure> {
    match parsed.get("p") {
        Some(n) => n
            .parse()
            .ok()
            .filter(|n| *n > 0)
            .ok_or_else(|| usage(format!("burrow: -p must be a positive integer: {n}"))),
        None => Ok(variable("GOMAXPROCS").and_then(|n| n.parse().ok()).unwrap_or(0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_settings() {
        let path = std::env::temp_dir().join(format!("burrow-settings-{}", std::process::id()));
        std::fs::write(&path, "# comment\nGOFLAGS=-tags=a b=c\nlower=1\n=x\nGOOS=\nnothing\n")
            .unwrap();
        let read = read(&path);
        let shown: Vec<_> = read.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(shown, [("GOFLAGS", "-tags=a b=c"), ("GOOS", "")]);
        std::fs::remove_file(path).unwrap();
    }
}
