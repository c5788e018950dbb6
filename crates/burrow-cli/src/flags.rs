//! Command-line flags by the rules of Go's package flag: `-x` is `--x`; values as `-x=v` or `-x v`,
//! booleans only `-x` or `-x=v`; flags end at the first other argument, or at `--`.

use burrow_build::Failure;

use crate::usage;

/// What a flag takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Bool,
    Value,
}

/// A flag of a command, and whether it may be given but does nothing.
pub(crate) type Spec = (&'static str, Takes);

/// Flags that were given, in order, and what follows them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) args: Vec<String>,
}

impl Parsed {
    /// The last value of a flag.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// All values of a flag.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v == "true")
    }
}

/// Parses the flags of a command, those of GOFLAGS first.
pub(crate) fn parse(command: &str, args: Vec<String>, specs: &[Spec]) -> Result<Parsed, Failure> {
    let mut parsed = Parsed::default();
    for word in std::env::var("GOFLAGS").unwrap_or_default().split_whitespace() {
        let word = word.trim_matches(['\'', '"']);
        let (name, value) = split(word);
        if !word.starts_with('-') {
            return Err(Failure::new(format!("burrow: parsing $GOFLAGS: non-flag \"{word}\"")));
        }
        // Flags of other commands are skipped.
        if let Some((_, takes)) = specs.iter().find(|(n, _)| *n == name) {
            let value = value.map_or_else(|| "true".into(), String::from);
            let _ = takes;
            parsed.flags.push((name.into(), value));
        }
    }
    let mut args = args.into_iter().peekable();
    while let Some(arg) = args.peek().cloned() {
        if !arg.starts_with('-') || arg == "-" {
            break;
        }
        args.next();
        if arg == "--" {
            break;
        }
        let (name, value) = split(&arg);
        let usage_line = || {
            format!(
                "usage: {}\nRun 'burrow help {command}' for details.",
                crate::help::usage_of(command)
            )
        };
        let Some((_, takes)) = specs.iter().find(|(n, _)| *n == name) else {
            if name == "h" || name == "help" {
                return Err(usage(usage_line()));
            }
            return Err(usage(format!("flag provided but not defined: -{name}\n{}", usage_line())));
        };
        let value = match (takes, value) {
            (Takes::Bool, None) => "true".into(),
            (Takes::Bool, Some(v)) => match parse_bool(v) {
                Some(b) => b.to_string(),
                None => {
                    return Err(usage(format!(
                        "invalid boolean value \"{v}\" for -{name}: parse error\n{}",
                        usage_line()
                    )));
                }
            },
            (Takes::Value, Some(v)) => v.to_string(),
            (Takes::Value, None) => args.next().ok_or_else(|| {
                usage(format!("flag needs an argument: -{name}\n{}", usage_line()))
            })?,
        };
        parsed.flags.push((name.into(), value));
    }
    parsed.args = args.collect();
    Ok(parsed)
}

/// The name of a flag, and what stands behind `=`.
pub(crate) fn split(arg: &str) -> (&str, Option<&str>) {
    let flag = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).unwrap_or(arg);
    flag.split_once('=').map_or((flag, None), |(n, v)| (n, Some(v)))
}

/// Go's `strconv.ParseBool`.
fn parse_bool(s: &str) -> Option<bool> {
    match s {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Spec] = &[("o", Takes::Value), ("v", Takes::Bool)];

    fn words(s: &str) -> Vec<String> {
        s.split(' ').map(String::from).collect()
    }

    #[test]
    fn flags_end_at_the_first_argument() {
        let p = parse("build", words("-o x --v=0 . -v"), SPECS).unwrap();
        assert_eq!(p.get("o"), Some("x"));
        assert!(!p.is_set("v"));
        assert_eq!(p.args, [".", "-v"]);
    }

    #[test]
    fn mistakes() {
        for (args, want) in [
            ("-q", "flag provided but not defined: -q\n"),
            ("-o", "flag needs an argument: -o\n"),
            ("-v=maybe", "invalid boolean value \"maybe\" for -v: parse error\n"),
        ] {
            let failure = parse("build", words(args), SPECS).unwrap_err();
            assert!(failure.text.starts_with(want), "{}", failure.text);
            assert_eq!(failure.code, 2);
        }
    }
}
