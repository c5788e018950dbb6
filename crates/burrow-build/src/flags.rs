//! Flags for the compiler and the linker, as `-gcflags` and `-ldflags` give them.

use burrow_load::{Package, pattern_matches};

/// `-gcflags`: flags, each list for the packages of a pattern. The last that fits counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompilerFlags(Vec<(Option<String>, Vec<String>)>);

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
    /// `-m`, how often.
    pub explain: u32,
}

impl CompilerFlags {
    /// Adds the value of one `-gcflags`.
    ///
    /// # Errors
    /// The go command's message.
    pub fn add(&mut self, value: &str) -> Result<(), String> {
        let value = value.trim();
        let (pattern, flags) = match value.split_once('=') {
            Some((p, rest)) if !value.starts_with('-') => {
                if p.is_empty() {
                    return Err("missing <pattern> in <pattern>=<value>".into());
                }
                (Some(p.trim().to_string()), rest)
            }
            _ if value.is_empty() || value.starts_with('-') => (None, value),
            _ => return Err("parameter must start with '-' or be <pattern>=<value>".into()),
        };
        self.0.push((pattern, split_quoted(flags)?));
        Ok(())
    }

    /// The flags for a package. Without a pattern, they are for the packages named by arguments.
    pub fn words(&self, package: &Package) -> &[String] {
        let fits = |pattern: &Option<String>| match pattern.as_deref() {
            None => package.is_root,
            Some("all") => true,
            Some("std") => package.is_std,
            Some(p) if p == "." || p.starts_with("./") => package.is_root,
            Some(p) => pattern_matches(p, &package.import_path),
        };
        self.0.iter().rev().find(|(p, _)| fits(p)).map_or(&[], |(_, f)| f)
    }

    /// What the flags of a package mean. Unknown ones go to `unknown`.
    pub fn for_package(&self, package: &Package, unknown: &mut Vec<String>) -> Compile {
        let mut c = Compile {
            all_errors: false,
            allow_bodyless: package.allow_bodyless,
            lang: None,
            no_opt: false,
            no_inline: false,
            explain: 0,
        };
        let mut words = self.words(package).iter();
        while let Some(word) = words.next() {
            let flag = word.trim_start_matches('-');
            let (name, value) = match flag.split_once('=') {
                Some((n, v)) => (n, Some(v)),
                None => (flag, None),
            };
            let on = value.is_none_or(|v| matches!(v, "1" | "t" | "true" | "T" | "TRUE" | "True"));
            match name {
                "e" => c.all_errors = on,
                "complete" => c.allow_bodyless = package.allow_bodyless || !on,
                "lang" => {
                    c.lang = value.map(String::from).or_else(|| words.next().cloned());
                }
                "N" => c.no_opt = on,
                "l" => c.no_inline = value.is_none_or(|v| v != "0"),
                "m" => c.explain += value.and_then(|v| v.parse().ok()).unwrap_or(1),
                "p" | "D" | "I" | "importcfg" | "o" if value.is_none() => {
                    words.next();
                }
                _ if KNOWN.contains(&name) => {}
                _ => unknown.push(word.clone()),
            }
        }
        c
    }
}

/// Flags of gc that make no difference here.
const KNOWN: [&str; 24] = [
    "+", "B", "C", "E", "L", "S", "W", "c", "d", "dwarf", "h", "j", "live", "p", "r", "race",
    "std", "t", "trimpath", "v", "w", "wb", "shared", "dynlink",
];

/// Words separated by blanks; `'...'` and `"..."` keep blanks, where they start a word.
fn split_quoted(s: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = s.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = if first == '\'' || first == '"' {
            let Some(n) = rest[1..].find(first) else {
                return Err(format!("unterminated {first} string"));
            };
            words.push(rest[1..=n].to_string());
            n + 2
        } else {
            let n = rest.find(char::is_whitespace).unwrap_or(rest.len());
            words.push(rest[..n].to_string());
            n
        };
        rest = rest[end..].trim_start();
    }
    Ok(words)
}

/// `-ldflags`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkerFlags {
    /// `-X importpath.name=value`
    pub set: Vec<(String, String)>,
    /// `-s`
    pub omit_symbols: bool,
    /// `-w`
    pub omit_dwarf: bool,
}

impl LinkerFlags {
    /// Adds the value of one `-ldflags`.
    ///
    /// # Errors
    /// A message about the flag.
    pub fn add(&mut self, value: &str) -> Result<(), String> {
        let mut words = split_quoted(value)?.into_iter();
        while let Some(word) = words.next() {
            let flag = word.trim_start_matches('-');
            match flag.split_once('=').map_or((flag, None), |(n, v)| (n, Some(v))) {
                ("s", None) => self.omit_symbols = true,
                ("w", None) => self.omit_dwarf = true,
                ("X", value) => {
                    let setting = value.map(String::from).or_else(|| words.next());
                    let setting = setting.ok_or("flag needs an argument: -X")?;
                    let (name, text) = setting
                        .split_once('=')
                        .filter(|(name, _)| name.contains('.'))
                        .ok_or_else(|| {
                            "-X flag requires argument of the form importpath.name=value"
                                .to_string()
                        })?;
                    self.set.push((name.into(), text.into()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compiler_flags() {
        let mut f = CompilerFlags::default();
        f.add("-e -complete=false").unwrap();
        f.add("test/...=-l -lang=go1.20").unwrap();
        assert!(f.add("x").is_err());
        assert_eq!(f.0[1].0.as_deref(), Some("test/..."));
        assert_eq!(f.0[1].1, ["-l", "-lang=go1.20"]);
    }

    #[test]
    fn linker_flags() {
        let mut f = LinkerFlags::default();
        f.add("-s -w -X main.a=b '-X=main.c=d e' -linkmode=internal").unwrap();
        assert!(f.omit_symbols && f.omit_dwarf);
        assert_eq!(f.set, [("main.a".into(), "b".into()), ("main.c".into(), "d e".into())]);
        assert!(f.add("-X nodot").is_err());
    }
}
