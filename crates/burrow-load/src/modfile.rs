//! go.mod: what the loader needs of it.

use std::path::{Path, PathBuf};

use crate::reads::Reads;

/// A parsed go.mod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModFile {
    pub module: String,
    /// The language version, `1.21`; empty if there is no go line.
    pub go: String,
    pub require: Vec<(String, String)>,
    pub replace: Vec<Replace>,
    /// Directories that patterns leave out.
    pub ignore: Vec<String>,
    /// Settings of `godebug`.
    pub godebug: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    pub old: String,
    pub old_version: Option<String>,
    pub new: String,
    pub new_version: Option<String>,
}

impl Replace {
    /// Reports whether the replacement is a directory.
    pub fn is_local(&self) -> bool {
        self.new_version.is_none()
    }
}

impl ModFile {
    /// Parses the text of a go.mod; `name` is for messages.
    ///
    /// # Errors
    /// `go.mod:LINE: ...` for the first line that makes no sense.
    pub fn parse(name: &str, text: &str) -> Result<ModFile, String> {
        let mut m = ModFile::default();
        let mut block: Option<String> = None;
        for (i, line) in text.lines().enumerate() {
            let fail = |msg: &str| format!("{name}:{}: {msg}", i + 1);
            let words = split(line).map_err(|e| fail(&e))?;
            let Some(first) = words.first() else { continue };
            if let Some(verb) = block.clone() {
                if first == ")" {
                    block = None;
                } else {
                    m.line(&verb, &words).map_err(|e| fail(&e))?;
                }
            } else if words.get(1).is_some_and(|w| w == "(") {
                // `verb ()` on one line is an empty block.
                if words.last().is_some_and(|w| w != ")") {
                    block = Some(first.clone());
                }
            } else {
                m.line(first, &words[1..]).map_err(|e| fail(&e))?;
            }
        }
        if m.module.is_empty() {
            return Err(format!(
                "{name}: no module declaration in go.mod. To specify the module path:\n\tgo mod edit -module=example.com/mod"
            ));
        }
        Ok(m)
    }

    fn line(&mut self, verb: &str, args: &[String]) -> Result<(), String> {
        match (verb, args) {
            ("module", [path]) => self.module.clone_from(path),
            ("go", [version]) => {
                if !is_go_version(version) {
                    return Err(format!(
                        "invalid go version '{version}': must match format 1.23.0"
                    ));
                }
                self.go.clone_from(version);
            }
            ("require", [path, version]) => self.require.push((path.clone(), version.clone())),
            ("replace", words) => {
                let i = words.iter().position(|w| w == "=>");
                let Some(i) = i.filter(|&i| (1..=2).contains(&i)) else {
                    return Err("usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory".into());
                };
                let (old, new) = (&words[..i], &words[i + 1..]);
                let Some(target) = new.first() else {
                    return Err("replacement module without version must be directory path (rooted or starting with . or ..)".into());
                };
                self.replace.push(Replace {
                    old: old[0].clone(),
                    old_version: old.get(1).cloned(),
                    new: target.clone(),
                    new_version: new.get(1).cloned(),
                });
            }
            ("ignore", [path]) => self.ignore.push(path.clone()),
            ("godebug", [setting]) => {
                let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
                self.godebug.push((key.into(), value.into()));
            }
            ("toolchain" | "exclude" | "retract" | "tool", _) => {}
            ("module" | "go" | "require" | "ignore" | "godebug", _) => {
                return Err(format!("usage: {verb} with {} arguments", args.len()));
            }
            _ => return Err(format!("unknown directive: {verb}")),
        }
        Ok(())
    }
}

fn is_go_version(v: &str) -> bool {
    let mut parts = v.split('.');
    parts.next().is_some_and(|p| p == "1")
        && parts.next().is_some_and(|p| {
            let digits = p.bytes().take_while(u8::is_ascii_digit).count();
            digits > 0
                && (digits == p.len()
                    || p[digits..].starts_with("rc")
                    || p[digits..].starts_with("beta"))
        })
}

/// Words of a line, without comments; quoted ones are unquoted.
fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() && !rest.starts_with("//") {
        let first = rest.as_bytes()[0];
        let end = match first {
            b'"' | b'`' => {
                let Some(n) = rest[1..].find(first as char) else {
                    return Err("unexpected newline in string".into());
                };
                words.push(rest[1..=n].to_string());
                n + 2
            }
            b'(' | b')' => {
                words.push(rest[..1].into());
                1
            }
            _ => {
                let n = rest
                    .find(|c: char| c.is_whitespace() || c == '(' || c == ')')
                    .unwrap_or(rest.len());
                let n = rest[..n].find("//").filter(|&i| i > 0).unwrap_or(n);
                words.push(rest[..n].into());
                n
            }
        };
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

/// A module whose packages are on disk: the main one, or a replacement by a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    pub path: String,
    pub dir: PathBuf,
    pub file: ModFile,
}

impl Module {
    /// Reads the module of a directory.
    ///
    /// # Errors
    /// A message that names the file.
    pub fn read(reads: &Reads, dir: &Path) -> Result<Module, String> {
        let file = dir.join("go.mod");
        let bytes = reads.file(&file).map_err(|e| format!("reading {}: {e}", file.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let file = ModFile::parse(&file.display().to_string(), &text)?;
        Ok(Module { path: file.module.clone(), dir: dir.into(), file })
    }

    /// The language version, `go1.21`.
    pub fn go_version(&self) -> String {
        if self.file.go.is_empty() {
            // gc: a module without a go line is of 1.16.
            return "go1.16".into();
        }
        let mut parts = self.file.go.split('.');
        let (major, minor) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("16"));
        let digits = minor.bytes().take_while(u8::is_ascii_digit).count();
        format!("go{major}.{}", &minor[..digits])
    }

    /// The directory of a package, if the path belongs to this module.
    pub fn dir_of(&self, import_path: &str) -> Option<PathBuf> {
        if import_path == self.path {
            return Some(self.dir.clone());
        }
        let rest = import_path.strip_prefix(&self.path)?.strip_prefix('/')?;
        Some(self.dir.join(rest))
    }
}

/// The directory at or above `dir` that has a go.mod.
pub fn find_module_root(reads: &Reads, dir: &Path) -> Option<PathBuf> {
    dir.ancestors().find(|d| reads.is_file(&d.join("go.mod"))).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_everything() {
        let m = ModFile::parse(
            "go.mod",
            "// c\nmodule ex.com/m // the module\n\ngo 1.27.3\ntoolchain go1.27.3\n\
             require (\n\ta.com/x v1.0.0 // indirect\n\tb.com/y v2.0.0+incompatible\n)\n\
             replace a.com/x => ./x\nreplace b.com/y v2.0.0 => c.com/y v2.1.0\n\
             exclude a.com/x v0.1.0\nignore ./node_modules\ngodebug default=go1.21\n",
        )
        .unwrap();
        assert_eq!((m.module.as_str(), m.go.as_str()), ("ex.com/m", "1.27.3"));
        assert_eq!(m.require.len(), 2);
        assert!(m.replace[0].is_local() && !m.replace[1].is_local());
        assert_eq!(m.replace[0].new, "./x");
        assert_eq!(m.ignore, ["./node_modules"]);
        let module = Module { path: m.module.clone(), dir: "/m".into(), file: m };
        assert_eq!(module.go_version(), "go1.27");
        assert_eq!(module.dir_of("ex.com/m/a/b"), Some("/m/a/b".into()));
        assert_eq!(module.dir_of("ex.com/mm"), None);
    }

    #[test]
    fn errors_name_the_line() {
        assert_eq!(
            ModFile::parse("go.mod", "module m\nfoo bar\n").unwrap_err(),
            "go.mod:2: unknown directive: foo"
        );
    }
}
