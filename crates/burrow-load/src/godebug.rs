//! GODEBUG as programs have it by default: from the language version, go.mod and `//go:debug` lines.
//!
//! The settings that there are stand in the Go tree, in `internal/godebugs`: its table is read, so what is true of the tree is true of us.
//!
//! gc: `cmd/go/internal/load/godebug.go`, `cmd/go/internal/modload.CheckGodebug`.

use std::collections::BTreeMap;
use std::path::Path;

use burrow_syntax::Pos;

use crate::gover::Version;
use crate::reads::Reads;

/// A setting, and what it was before a release changed it.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    name: String,
    /// The minor release that changed it, and the value before.
    changed: Option<(u32, String)>,
}

/// A setting that is gone, and the values that nobody can have any more.
#[derive(Debug, PartialEq, Eq)]
struct Removed {
    name: String,
    release: u32,
    old: Vec<String>,
}

/// The settings that there are.
#[derive(Debug)]
pub(crate) struct Table {
    known: Vec<Known>,
    removed: Vec<Removed>,
    /// The version of the tree, without `go`.
    version: String,
}

/// A line `//go:debug` before a package clause, with the text behind `//go:debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub pos: Pos,
    pub text: String,
}

/// What is wrong with a line: where, the message, and another place with its own.
pub type Wrong = (Pos, String, Option<(Pos, String)>);

impl Table {
    /// Reads the table of a tree, whose version is `go_version`.
    ///
    /// # Errors
    /// The file isn't there, or isn't what it was.
    pub(crate) fn read(reads: &Reads, goroot: &Path, go_version: &str) -> Result<Table, String> {
        let path = goroot.join("src/internal/godebugs/table.go");
        let text = reads.file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let version = go_version.trim_start_matches("go").to_string();
        let table = Table::parse(&String::from_utf8_lossy(&text), version);
        table.ok_or_else(|| {
            format!("{}: the table of GODEBUG settings isn't understood", path.display())
        })
    }

    fn parse(text: &str, version: String) -> Option<Table> {
        let mut table = Table { known: Vec::new(), removed: Vec::new(), version };
        for line in text.lines().map(str::trim).filter(|l| l.starts_with("{Name: ")) {
            let name = quoted(line, "Name: ")?;
            let number = |field: &str| {
                let rest = line.split_once(field)?.1;
                let end = rest.find(|c: char| !c.is_ascii_digit())?;
                rest[..end].parse().ok()
            };
            if let Some(release) = number("Removed: ") {
                let old = match line.split_once("Old: ")?.1 {
                    o if o.starts_with("one}") => vec!["1".into()],
                    o if o.starts_with("zero}") => vec!["0".into()],
                    o => o
                        .split("s == \"")
                        .skip(1)
                        .map(|s| Some(s.split_once('"')?.0.into()))
                        .collect::<Option<_>>()?,
                };
                table.removed.push(Removed { name, release, old });
            } else {
                let changed = match number("Changed: ") {
                    Some(n) => Some((n, quoted(line, "Old: ")?)),
                    None => None,
                };
                table.known.push(Known { name, changed });
            }
        }
        let sound = table.known.len() > 20 && table.removed.iter().all(|r| !r.old.is_empty());
        sound.then_some(table)
    }

    /// Says what is wrong with a setting; `verb` is where it stands.
    pub(crate) fn check(&self, verb: &str, key: &str, value: &str) -> Result<(), String> {
        for (what, text) in [("key", key), ("value", value)] {
            if text.contains([' ', '\t']) {
                return Err(format!("{what} contains space"));
            }
        }
        for (what, text) in [("key", key), ("value", value)] {
            if text.contains(',') {
                return Err(format!("{what} contains comma"));
            }
        }
        if key == "default" {
            let version = value.strip_prefix("go").and_then(Version::parse);
            let version = version.ok_or("value for default= must be goVERSION")?;
            return match Version::parse(&self.version) {
                Some(own) if version > own => {
                    Err(format!("default={value} too new (toolchain is go{})", self.version))
                }
                _ => Ok(()),
            };
        }
        if self.known.iter().any(|k| k.name == key) {
            return Ok(());
        }
        match self.removed.iter().find(|r| r.name == key) {
            None => Err(format!("unknown {verb} \"{key}\"")),
            Some(r) if r.old.iter().any(|o| o == value) => Err(format!(
                "removed GODEBUG \"{key}\" set to old value \"{value}\" (https://go.dev/doc/godebug#go-1{})",
                r.release
            )),
            Some(_) => Ok(()),
        }
    }

    /// What is wrong with the lines of a package.
    pub(crate) fn wrong<'a>(&self, lines: impl Iterator<Item = &'a Line>) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut seen: BTreeMap<String, Pos> = BTreeMap::new();
        for line in lines {
            match self.setting(line) {
                Err(what) => wrong.push((line.pos, format!("invalid //go:debug: {what}"), None)),
                Ok((key, _)) => match seen.get(key) {
                    Some(&before) => {
                        let previous = Some((before, "previous //go:debug".to_string()));
                        wrong.push((line.pos, format!("repeated //go:debug for {key}"), previous));
                    }
                    None => {
                        seen.insert(key.into(), line.pos);
                    }
                },
            }
        }
        wrong
    }

    /// The setting of a line.
    fn setting<'a>(&self, line: &'a Line) -> Result<(&'a str, &'a str), String> {
        let (key, value) = line.text.trim().split_once('=').ok_or("missing key=value")?;
        self.check("//go:debug setting", key, value)?;
        Ok((key, value))
    }

    /// What a program has by default. `go` is the main module's version, `module` its settings; then come the lines of the
    /// program's packages. The last of a name counts.
    pub(crate) fn default<'a>(
        &self,
        go: &str,
        module: impl Iterator<Item = (&'a str, &'a str)>,
        lines: impl Iterator<Item = &'a Line>,
    ) -> String {
        let mut set: BTreeMap<&str, &str> = module.collect();
        set.extend(lines.filter_map(|l| self.setting(l).ok()));
        let mut version = Version::parse(go);
        if let Some(v) = set.remove("default") {
            version = Version::parse(v.trim_start_matches("go")).or(version);
        }
        let mut all: BTreeMap<&str, &str> = BTreeMap::new();
        for k in &self.known {
            if let (Some((changed, old)), Some(v)) = (&k.changed, version)
                && v.minor < *changed
            {
                all.insert(&k.name, old);
            }
        }
        all.extend(set);
        let settings: Vec<String> = all.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
        settings.join(",")
    }
}

/// The string behind a field's name.
fn quoted(line: &str, field: &str) -> Option<String> {
    let rest = line.split_once(field)?.1.strip_prefix('"')?;
    Some(rest.split_once('"')?.0.into())
}

/// The lines `//go:debug` of a file, which begins at `base`: those before the package clause.
pub(crate) fn lines(content: &[u8], base: Pos) -> Vec<Line> {
    const PREFIX: &[u8] = b"//go:debug";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&b) = content.get(at) {
        let rest = &content[at..];
        if b.is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with(b"//") {
            let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            if let Some(text) = rest[..end].strip_prefix(PREFIX)
                // `//go:debugx` is something else.
                && text.first().is_none_or(|b| matches!(b, b' ' | b'\t' | b'\r'))
            {
                let text = String::from_utf8_lossy(text).trim().to_string();
                found.push(Line { pos: Pos(base.0 + at as u32), text });
            }
            at += end;
        } else if rest.starts_with(b"/*") {
            let end = rest[2..].windows(2).position(|w| w == b"*/");
            at += end.map_or(rest.len(), |e| e + 4);
        } else if rest.starts_with(b"\xef\xbb\xbf") {
            at += 3;
        } else {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut text = String::new();
        for i in 0..20 {
            text += &format!("\t{{Name: \"n{i}\", Package: \"p\"}},\n");
        }
        text += "\t{Name: \"panicnil\", Package: \"runtime\", Changed: 21, Old: \"1\"}, // why\n\
                 \t//{Name: \"off\", Package: \"p\"},\n\
                 \t{Name: \"late\", Package: \"p\", Changed: 25, Old: \"x\", Opaque: true},\n\
                 var Removed = []RemovedInfo{\n\
                 \t{Name: \"gone\", Removed: 27, Old: one},   // Old\n\
                 \t{Name: \"two\", Removed: 27, Old: func(s string) bool { return s == \"1\" || s == \"2\" }},\n";
        Table::parse(&text, "1.27.3".into()).unwrap()
    }

    #[test]
    fn settings_are_checked() {
        let t = table();
        for (key, value, want) in [
            ("panicnil", "1", ""),
            ("gone", "0", ""),
            (
                "gone",
                "1",
                "removed GODEBUG \"gone\" set to old value \"1\" (https://go.dev/doc/godebug#go-127)",
            ),
            (
                "two",
                "2",
                "removed GODEBUG \"two\" set to old value \"2\" (https://go.dev/doc/godebug#go-127)",
            ),
            ("off", "1", "unknown godebug \"off\""),
            ("n1", "a,b", "value contains comma"),
            ("n1", "a b", "value contains space"),
            ("default", "go1.21", ""),
            ("default", "go1.27.4", "default=go1.27.4 too new (toolchain is go1.27.3)"),
            ("default", "1.21", "value for default= must be goVERSION"),
        ] {
            assert_eq!(
                t.check("godebug", key, value).err().unwrap_or_default(),
                want,
                "{key}={value}"
            );
        }
    }

    #[test]
    fn defaults_by_version() {
        let t = table();
        let line = |text: &str| Line { pos: Pos::NONE, text: text.into() };
        for (go, module, own, want) in [
            ("1.27", &[][..], &[][..], ""),
            ("1.24.3", &[], &[], "late=x"),
            ("1.20", &[], &[], "late=x,panicnil=1"),
            ("1.20", &[("panicnil", "2")], &[line("panicnil=3")], "late=x,panicnil=3"),
            ("1.20", &[("default", "go1.27")], &[], ""),
            ("1.27", &[("default", "go1.27")], &[line("default=go1.24"), line("bad=1")], "late=x"),
            ("", &[("n1", "5")], &[], "n1=5"),
        ] {
            assert_eq!(t.default(go, module.iter().copied(), own.iter()), want, "{go} {module:?}");
        }
    }

    #[test]
    fn lines_before_the_package_clause() {
        let src = b"/* a\n//go:debug no=1 */ //go:debug a=1\n//go:debugx\n\n// x\n//go:debug\tb=2\r\npackage p\n//go:debug c=3\n";
        let found = lines(src, Pos(100));
        let shown: Vec<(u32, &str)> = found.iter().map(|l| (l.pos.0, l.text.as_str())).collect();
        assert_eq!(shown, [(124, "a=1"), (157, "b=2")]);
    }
}
