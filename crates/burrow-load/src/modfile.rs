//! go.mod: what the loader needs of it.
//!
//! gc: `golang.org/x/mod/modfile`. What a dependency's file says beside its path, version and requirements counts for
//! nobody, so it isn't looked at, either.

use std::path::{Path, PathBuf};

use crate::reads::Reads;

/// A parsed go.mod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModFile {
    pub module: String,
    /// The language version, `1.21`; empty if there is no go line.
    pub go: String,
    /// Paths and versions.
    pub require: Vec<(String, String)>,
    pub replace: Vec<Replace>,
    /// Paths and versions that requirements are taken for not written.
    pub exclude: Vec<(String, String)>,
    /// Directories that patterns leave out.
    pub ignore: Vec<String>,
    /// Settings of `godebug`, with the lines where they are.
    pub godebug: Vec<Setting>,
}

/// A line `godebug key=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub line: usize,
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

/// Whose go.mod it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The main module's: all of it counts.
    Main,
    /// A dependency's: what isn't known is passed over.
    Dependency,
}

impl ModFile {
    /// Parses the text of a go.mod; `name` is for messages.
    ///
    /// # Errors
    /// A line `go.mod:LINE: ...` for each that makes no sense.
    pub fn parse(name: &str, text: &str, source: Source) -> Result<ModFile, String> {
        let mut m = ModFile::default();
        let mut errors: Vec<String> = Vec::new();
        // The verb, and where it stands.
        let mut block: Option<(String, usize, usize)> = None;
        let mut end = 0;
        for (i, line) in text.lines().enumerate() {
            end = i + 1;
            let mut fail = |msg: &str| errors.push(format!("{name}:{}: {msg}", i + 1));
            let words = match split(line) {
                Ok(words) => words,
                Err(e) => {
                    fail(&e);
                    continue;
                }
            };
            let Some(first) = words.first() else { continue };
            let done = if let Some((verb, ..)) = block.clone() {
                if first == ")" {
                    block = None;
                    continue;
                }
                // Nothing is said of what stands in a block that isn't known.
                if !is_block(&verb) {
                    continue;
                }
                m.line(&verb, &words, i + 1, source)
            } else if words.get(1).is_some_and(|w| w == "(") {
                // `verb ()` on one line is an empty block.
                if words.last().is_some_and(|w| w != ")") {
                    let column = line.len() - line.trim_start().len() + 1;
                    block = Some((first.clone(), i + 1, column));
                }
                match is_block(first) || source == Source::Dependency {
                    true => Ok(()),
                    false => Err(format!("unknown block type: {first}")),
                }
            } else {
                m.line(first, &words[1..], i + 1, source)
            };
            if let Err(e) = done {
                fail(&e);
            }
        }
        if let Some((_, line, column)) = block {
            // gc tells of the syntax alone.
            return Err(format!(
                "{name}:{}: syntax error (unterminated block started at {name}:{line}:{column})",
                end + 1
            ));
        }
        if errors.is_empty() { Ok(m) } else { Err(errors.join("\n")) }
    }

    fn line(
        &mut self,
        verb: &str,
        args: &[String],
        line: usize,
        source: Source,
    ) -> Result<(), String> {
        if source == Source::Dependency && !matches!(verb, "module" | "go" | "require") {
            return Ok(());
        }
        match (verb, args) {
            ("module", [_]) if !self.module.is_empty() => {
                return Err("repeated module statement".into());
            }
            ("module", [path]) => self.module.clone_from(path),
            ("go", [_]) if !self.go.is_empty() => return Err("repeated go statement".into()),
            ("go", [version]) => {
                if !is_go_version(version) {
                    return Err(format!(
                        "invalid go version '{version}': must match format 1.23.0"
                    ));
                }
                self.go.clone_from(version);
            }
            ("go", _) => return Err("go directive expects exactly one argument".into()),
            ("require", [path, version]) => self.require.push((path.clone(), version.clone())),
            ("exclude", [path, version]) => self.exclude.push((path.clone(), version.clone())),
            ("require" | "exclude", _) => return Err(format!("usage: {verb} module/path v1.2.3")),
            ("replace", words) => {
                let i = words.iter().position(|w| w == "=>");
                let Some(i) = i.filter(|&i| (1..=2).contains(&i) && words.len() > i + 1) else {
                    return Err("usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory".into());
                };
                let (old, new) = (&words[..i], &words[i + 1..]);
                let local =
                    new[0].starts_with('/') || matches!(new[0].split('/').next(), Some("." | ".."));
                if new.len() == 1 && !local {
                    return Err(match new[0].contains('@') {
                        true => "replacement module must match format 'path version', not 'path@version'".into(),
                        false => "replacement module without version must be directory path (rooted or starting with . or ..)".into(),
                    });
                }
                if new.len() > 1 && local {
                    return Err(format!(
                        "replacement module directory path {:?} cannot have version",
                        new[0]
                    ));
                }
                self.replace.push(Replace {
                    old: old[0].clone(),
                    old_version: old.get(1).cloned(),
                    new: new[0].clone(),
                    new_version: new.get(1).cloned(),
                });
            }
            ("ignore", [path]) => self.ignore.push(path.clone()),
            ("godebug", [setting]) => {
                let Some((key, value)) = setting.split_once('=') else {
                    return Err("usage: godebug key=value".into());
                };
                self.godebug.push(Setting { key: key.into(), value: value.into(), line });
            }
            ("godebug", _) => return Err("usage: godebug key=value".into()),
            // They say nothing about what is built.
            ("toolchain" | "retract" | "tool", _) => {}
            ("module", _) => return Err("usage: module module/path".into()),
            ("ignore", _) => return Err("ignore directive expects exactly one argument".into()),
            _ => return Err(format!("unknown directive: {verb}")),
        }
        Ok(())
    }
}

/// Whether lines of a verb may stand in a block.
fn is_block(verb: &str) -> bool {
    VERBS.contains(&verb) && !matches!(verb, "go" | "toolchain")
}

const VERBS: [&str; 10] = [
    "module",
    "go",
    "toolchain",
    "godebug",
    "require",
    "exclude",
    "replace",
    "retract",
    "tool",
    "ignore",
];

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
    /// The one that is required; `None` for the main module.
    pub version: Option<String>,
    /// The folder that is taken in its place, as go.mod has it.
    pub replaced_by: Option<String>,
    pub dir: PathBuf,
    pub file: ModFile,
}

impl Module {
    /// Reads the module of a directory. Messages show its path from `cwd`.
    ///
    /// # Errors
    /// A message that names the file.
    pub fn read(reads: &Reads, dir: &Path, cwd: &Path, source: Source) -> Result<Module, String> {
        let path = dir.join("go.mod");
        let shown = crate::relative(&path.to_string_lossy(), cwd);
        let bytes = reads.file(&path).map_err(|e| format!("reading {shown}: {e}"))?;
        let file = ModFile::parse(&shown, &String::from_utf8_lossy(&bytes), source)
            .map_err(|e| format!("errors parsing {shown}:\n{e}"))?;
        if file.module.is_empty() {
            return Err(format!(
                "error reading {shown}: missing module declaration. To specify the module path:\n\tgo mod edit -module=example.com/mod"
            ));
        }
        let (version, replaced_by) = (None, None);
        Ok(Module { path: file.module.clone(), version, replaced_by, dir: dir.into(), file })
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
            Source::Main,
        )
        .unwrap();
        assert_eq!((m.module.as_str(), m.go.as_str()), ("ex.com/m", "1.27.3"));
        assert_eq!(m.require.len(), 2);
        assert!(m.replace[0].is_local() && !m.replace[1].is_local());
        assert_eq!(m.replace[0].new, "./x");
        assert_eq!(m.ignore, ["./node_modules"]);
        assert_eq!(m.exclude, [("a.com/x".into(), "v0.1.0".into())]);
        let setting = Setting { key: "default".into(), value: "go1.21".into(), line: 14 };
        assert_eq!(m.godebug, [setting]);
        let (version, replaced_by) = (None, None);
        let path = m.module.clone();
        let module = Module { path, version, replaced_by, dir: "/m".into(), file: m };
        assert_eq!(module.go_version(), "go1.27");
        assert_eq!(module.dir_of("ex.com/m/a/b"), Some("/m/a/b".into()));
        assert_eq!(module.dir_of("ex.com/mm"), None);
    }

    #[test]
    fn errors_name_the_lines() {
        let parse = |text: &str| ModFile::parse("go.mod", text, Source::Main).unwrap_err();
        assert_eq!(
            parse("module m\nfoo bar\nrequire x\ngo 1.x\n"),
            "go.mod:2: unknown directive: foo\ngo.mod:3: usage: require module/path v1.2.3\n\
             go.mod:4: invalid go version '1.x': must match format 1.23.0"
        );
        assert_eq!(
            parse("module m\nrequire (\n\ta v1.0.0\n"),
            "go.mod:4: syntax error (unterminated block started at go.mod:2:1)"
        );
        // Others' files may be from the future.
        let text = "module m\nfoo bar\nfoo (\n\tx\n)\ngodebug x\n";
        assert!(ModFile::parse("go.mod", text, Source::Dependency).is_ok());
        assert_eq!(parse(text).lines().count(), 3);
    }
}
