//! Flags for the compiler and the linker, as `-gcflags` and `-ldflags` give them.
//!
//! gc: `cmd/go/internal/load.PerPackageFlag`, `cmd/internal/quoted`.

use std::path::{Path, PathBuf};

use burrow_load::{Package, pattern_matches};

use crate::surface::{self, Given, Word};

/// Lists of flags, each for the packages of a pattern. The last one that fits a package counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PerPackage {
    lists: Vec<(Pattern, Vec<Given>)>,
    /// The last value, as it was given.
    raw: String,
}

/// Which packages flags are for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// Those named by arguments.
    Named,
    All,
    Std,
    Cmd,
    Dir(PathBuf),
    /// Below a folder, with a pattern for the rest.
    Below(PathBuf, String),
    Path(String),
}

impl Pattern {
    fn new(text: &str, cwd: &Path) -> Pattern {
        match text {
            "all" => Pattern::All,
            "std" => Pattern::Std,
            "cmd" => Pattern::Cmd,
            _ if text.split('/').next().is_some_and(|e| e == "." || e == "..") => {
                let (dir, rest) = match text.find("...") {
                    None => (text, None),
                    Some(i) => {
                        let j = text[..i].rfind('/').unwrap_or(0);
                        (&text[..j], Some(text[j..].trim_start_matches('/').to_string()))
                    }
                };
                let dir = burrow_load::clean(&cwd.join(dir));
                rest.map_or(Pattern::Dir(dir.clone()), |rest| Pattern::Below(dir, rest))
            }
            _ => Pattern::Path(text.into()),
        }
    }

    fn fits(&self, package: &Package) -> bool {
        // The program of a test has the flags of the package under test.
        let path = &package.import_path;
        let path = path.strip_suffix(".test").filter(|_| package.is_test_main).unwrap_or(path);
        match self {
            Pattern::Named => package.is_root || package.is_test_main,
            Pattern::All => true,
            Pattern::Std => package.is_std,
            Pattern::Cmd => package.is_std && path.starts_with("cmd/"),
            Pattern::Dir(dir) => package.dir == *dir,
            Pattern::Below(dir, rest) => package.dir.strip_prefix(dir).is_ok_and(|below| {
                let below = below.to_string_lossy();
                pattern_matches(rest, if below.is_empty() { "." } else { &below })
            }),
            Pattern::Path(pattern) => pattern_matches(pattern, path),
        }
    }
}

impl PerPackage {
    /// Adds a value. `table` has the flags that there are; `cwd` is what patterns are relative to.
    ///
    /// # Errors
    /// What is wrong with it.
    fn add(&mut self, table: &'static [Word], value: &str, cwd: &Path) -> Result<(), String> {
        self.raw = value.into();
        let value = value.trim();
        let (pattern, flags) = if value.is_empty() || value.starts_with('-') {
            (Pattern::Named, value)
        } else {
            let (pattern, flags) =
                value.split_once('=').ok_or("missing =<value> in <pattern>=<value>")?;
            if pattern.is_empty() {
                return Err("missing <pattern> in <pattern>=<value>".into());
            }
            if let Some(quote) = value.chars().next().filter(|c| matches!(c, '\'' | '"')) {
                return Err(format!("parameter may not start with quote character {quote}"));
            }
            (Pattern::new(pattern.trim(), cwd), flags)
        };
        self.lists.push((pattern, surface::tool_flags(table, &split_quoted(flags)?)?));
        Ok(())
    }

    /// The flags for a package.
    fn of(&self, package: &Package) -> &[Given] {
        self.lists.iter().rev().find(|(p, _)| p.fits(package)).map_or(&[], |(_, f)| f)
    }

    /// The last value, as it was given.
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// `-gcflags`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompilerFlags(PerPackage);

/// What the flags of one package say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compile {
    /// `-e`: report all errors.
    pub all_errors: bool,
    /// `-complete=false`: functions may lack a body.
    pub allow_bodyless: bool,
    /// `-lang=go1.N`
    pub lang: Option<String>,
    /// `-N`: no optimisation.
    pub no_opt: bool,
    /// `-l`: no inlining.
    pub no_inline: bool,
}

impl CompilerFlags {
    /// Adds the value of one `-gcflags`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, value: &str, cwd: &Path) -> Result<(), String> {
        self.0.add(surface::COMPILER, value, cwd)
    }

    /// The last value, as it was given.
    pub fn raw(&self) -> &str {
        self.0.raw()
    }

    /// What the flags of a package mean.
    pub fn for_package(&self, package: &Package) -> Compile {
        let mut c = Compile {
            all_errors: false,
            allow_bodyless: package.allow_bodyless,
            lang: None,
            no_opt: false,
            no_inline: false,
        };
        for Given { name, value } in self.0.of(package) {
            let on = !matches!(value.as_str(), "false" | "0");
            match *name {
                "e" => c.all_errors = on,
                "complete" => c.allow_bodyless = package.allow_bodyless || !on,
                "lang" => c.lang = Some(value.clone()),
                "N" => c.no_opt = on,
                "l" => c.no_inline = matches!(value.as_str(), "1" | "true"),
                // Hints, and what is so in any case (SURF-1).
                _ => {}
            }
        }
        c
    }
}

/// Words separated by blanks; `'...'` and `"..."` keep blanks, where they start a word.
///
/// # Errors
/// A quote that doesn't end.
pub fn split_quoted(s: &str) -> Result<Vec<String>, String> {
    let space = [' ', '\t', '\n', '\r'];
    let mut words = Vec::new();
    let mut rest = s.trim_start_matches(space);
    while let Some(first) = rest.chars().next() {
        let end = if first == '\'' || first == '"' {
            let Some(n) = rest[1..].find(first) else {
                return Err(format!("unterminated {first} string"));
            };
            words.push(rest[1..=n].to_string());
            n + 2
        } else {
            let n = rest.find(space).unwrap_or(rest.len());
            words.push(rest[..n].to_string());
            n
        };
        rest = rest[end..].trim_start_matches(space);
    }
    Ok(words)
}

/// `-ldflags`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkerFlags(PerPackage);

/// What the flags of one main package say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// `-X importpath.name=value`
    pub set: Vec<(String, String)>,
    /// `-s`
    pub omit_symbols: bool,
    /// `-w`: what debuggers read.
    pub omit_dwarf: bool,
}

impl LinkerFlags {
    /// Adds the value of one `-ldflags`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn add(&mut self, value: &str, cwd: &Path) -> Result<(), String> {
        self.0.add(surface::LINKER, value, cwd)?;
        let given = self.0.lists.last().into_iter().flat_map(|(_, flags)| flags);
        let mut settings = given.filter(|g| g.name == "X");
        match settings.find(|g| setting(&g.value).is_none()) {
            Some(_) => Err("-X flag requires argument of the form importpath.name=value".into()),
            None => Ok(()),
        }
    }

    /// The last value, as it was given.
    pub fn raw(&self) -> &str {
        self.0.raw()
    }

    /// What the flags of a main package mean.
    pub fn for_package(&self, package: &Package) -> Link {
        let mut link = Link::default();
        let mut dwarf = None;
        for Given { name, value } in self.0.of(package) {
            match *name {
                "X" => link.set.extend(setting(value).map(|(n, v)| (n.into(), v.into()))),
                "s" => link.omit_symbols = value == "true",
                "w" => dwarf = Some(value == "true"),
                // Hints, and what is so in any case (SURF-1).
                _ => {}
            }
        }
        // gc: without symbols there is no DWARF, unless `-w=0` asks for it.
        link.omit_dwarf = dwarf.unwrap_or(link.omit_symbols);
        link
    }
}

/// `importpath.name=value`
fn setting(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(name, _)| name.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let cwd = Path::new("/m/a");
        for (text, want) in [
            ("all", Pattern::All),
            ("test/...", Pattern::Path("test/...".into())),
            (".", Pattern::Dir("/m/a".into())),
            ("../b", Pattern::Dir("/m/b".into())),
            ("./...", Pattern::Below("/m/a".into(), "...".into())),
            ("./x/y...", Pattern::Below("/m/a/x".into(), "y...".into())),
        ] {
            assert_eq!(Pattern::new(text, cwd), want);
        }
    }

    #[test]
    fn compiler_flags() {
        let mut f = CompilerFlags::default();
        f.add("-e -complete=false", Path::new("/")).unwrap();
        f.add("test/...=-l -lang=go1.20", Path::new("/")).unwrap();
        assert_eq!(f.raw(), "test/...=-l -lang=go1.20");
        for (wrong, want) in [
            ("x", "missing =<value> in <pattern>=<value>"),
            ("=-l", "missing <pattern> in <pattern>=<value>"),
            ("'a'=-l", "parameter may not start with quote character '"),
            ("-frob", "-frob: flag provided but not defined"),
            ("all='-l", "unterminated ' string"),
        ] {
            assert_eq!(f.add(wrong, Path::new("/")).unwrap_err(), want);
        }
    }

    #[test]
    fn linker_flags() {
        let mut f = LinkerFlags::default();
        f.add("-s -w -X main.a=b '-X=main.c=d e' -linkmode=internal", Path::new("/")).unwrap();
        assert!(f.add("-X nodot", Path::new("/")).is_err());
        assert!(f.add("-linkmode=external", Path::new("/")).is_err());
        assert_eq!(setting("main.c=d e"), Some(("main.c", "d e")));
    }
}
