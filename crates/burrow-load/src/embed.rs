//! `//go:embed`: which files the patterns of a variable name.

use std::collections::BTreeSet;
use std::path::Path;

use burrow_syntax::{DeclId, Pos};

use crate::reads::{Kind, Reads};

/// A variable with embedded files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedVar {
    /// The index of the file in the package, and the declaration in it.
    pub file: usize,
    pub decl: DeclId,
    pub pos: Pos,
    /// The patterns as written.
    pub patterns: Vec<String>,
    /// Files, relative to the package with slashes, sorted.
    pub files: Vec<String>,
}

/// The files below `dir` that a pattern names.
///
/// # Errors
/// gc's message, without `pattern NAME: `.
pub fn resolve(reads: &Reads, dir: &Path, pattern: &str) -> Result<Vec<String>, String> {
    let (all, glob) = match pattern.strip_prefix("all:") {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    if !is_valid_pattern(glob) {
        return Err("invalid pattern syntax".into());
    }
    let mut matches = Vec::new();
    glob_in(reads, dir, "", &glob.split('/').collect::<Vec<_>>(), &mut matches);
    if matches.is_empty() {
        return Err("no matching files found".into());
    }
    let mut files = BTreeSet::new();
    for name in matches {
        let path = dir.join(&name);
        match reads.link_kind(&path) {
            None => {}
            Some(Kind::Dir) => {
                if reads.exists(&path.join("go.mod")) {
                    return Err(format!("cannot embed directory {name}: in different module"));
                }
                let before = files.len();
                walk_dir(reads, dir, &name, all, &mut files);
                if files.len() == before {
                    return Err(format!(
                        "cannot embed directory {name}: contains no embeddable files"
                    ));
                }
            }
            Some(Kind::File) => {
                files.insert(name);
            }
            Some(Kind::Link | Kind::Other) => {
                return Err(format!("cannot embed irregular file {name}"));
            }
        }
    }
    Ok(files.into_iter().collect())
}

fn is_valid_pattern(p: &str) -> bool {
    p == "." || (!p.is_empty() && p.split('/').all(|e| !e.is_empty() && e != "." && e != ".."))
}

fn glob_in(reads: &Reads, root: &Path, prefix: &str, parts: &[&str], out: &mut Vec<String>) {
    let Some((first, rest)) = parts.split_first() else {
        out.push(prefix.trim_end_matches('/').into());
        return;
    };
    let join = |name: &str| format!("{prefix}{name}");
    let is_glob = first.contains(['*', '?', '[', '\\']);
    let names: Vec<String> = if is_glob {
        let entries = reads.list(&root.join(prefix)).unwrap_or_default();
        entries.into_iter().map(|e| e.name).filter(|n| matches(first, n)).collect()
    } else {
        vec![(*first).into()]
    };
    for name in names {
        let path = join(&name);
        if rest.is_empty() {
            if reads.link_kind(&root.join(&path)).is_some() {
                out.push(path);
            }
        } else {
            glob_in(reads, root, &format!("{path}/"), rest, out);
        }
    }
}

fn walk_dir(reads: &Reads, root: &Path, name: &str, all: bool, out: &mut BTreeSet<String>) {
    for entry in reads.list(&root.join(name)).unwrap_or_default() {
        let base = entry.name;
        let is_vcs = matches!(base.as_str(), ".git" | ".hg" | ".svn" | ".bzr");
        if is_vcs || !all && base.starts_with(['.', '_']) {
            continue;
        }
        let path = if name == "." { base } else { format!("{name}/{base}") };
        match entry.kind {
            // Other modules are not part of this one.
            Kind::Dir if reads.exists(&root.join(&path).join("go.mod")) => {}
            Kind::Dir => walk_dir(reads, root, &path, all, out),
            Kind::File => {
                out.insert(path);
            }
            Kind::Link | Kind::Other => {}
        }
    }
}

/// Shell patterns on one path element. Go: `path.Match`.
pub fn matches(pattern: &str, name: &str) -> bool {
    fn go(p: &[char], n: &[char]) -> bool {
        match p.split_first() {
            None => n.is_empty(),
            Some(('*', rest)) => (0..=n.len()).any(|i| go(rest, &n[i..])),
            Some(('?', rest)) => !n.is_empty() && go(rest, &n[1..]),
            Some(('[', rest)) => {
                let Some((&c, n)) = n.split_first() else { return false };
                let (negated, mut p) = match rest.split_first() {
                    Some(('^', r)) => (true, r),
                    _ => (false, rest),
                };
                let mut found = false;
                let mut first = true;
                loop {
                    match p {
                        [']', r @ ..] if !first => return found != negated && go(r, n),
                        ['\\', lo, r @ ..] | [lo, r @ ..] => match r {
                            ['-', hi, r2 @ ..] if *hi != ']' => {
                                found |= (*lo..=*hi).contains(&c);
                                p = r2;
                            }
                            _ => {
                                found |= *lo == c;
                                p = r;
                            }
                        },
                        [] => return false,
                    }
                    first = false;
                }
            }
            Some(('\\', [c, rest @ ..])) => n.first() == Some(c) && go(rest, &n[1..]),
            Some((c, rest)) => n.first() == Some(c) && go(rest, &n[1..]),
        }
    }
    go(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (p, n, want) in [
            ("*.txt", "a.txt", true),
            ("*.txt", "a.go", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            (r"\*", "*", true),
        ] {
            assert_eq!(matches(p, n), want, "{p} {n}");
        }
    }
}
