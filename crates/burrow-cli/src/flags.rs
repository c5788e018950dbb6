//! Command-line flags by the rules of Go's package flag: `-x` is `--x`; values as `-x=v` or `-x v`, booleans only `-x` or
//! `-x=v`; flags end at the first other argument, or at `--`. Which flags there are, and what becomes of them, is in
//! `burrow_build::surface`.

use burrow_build::Failure;
use burrow_build::surface::{Commands, Flag, Takes, find_flag, judge_flag};

use crate::{settings, usage};

/// Flags that were given, in order, and what follows them.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) flags: Vec<(&'static str, String)>,
    pub(crate) args: Vec<String>,
}

impl Parsed {
    /// The last value of a flag.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.flags.iter().rev().find(|(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    /// All values of a flag.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.flags.iter().filter(move |(n, _)| *n == name).map(|(_, v)| v.as_str())
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v == "true")
    }

    /// Refuses what can't be done (SURF-1): by the last value of each flag, which is what counts.
    pub(crate) fn judge(&self, command: &str) -> Result<(), Failure> {
        for (i, (name, value)) in self.flags.iter().enumerate() {
            let is_last = !self.flags[i + 1..].iter().any(|(n, _)| n == name);
            if is_last && let Err(why) = judge_flag(Commands::of(command), name, value) {
                let takes = find_flag(Commands::of(command), name).map(|f| f.takes);
                let shown = match (takes, value.as_str()) {
                    (Some(Takes::Bool | Takes::Optional), "true") => String::new(),
                    _ => format!("={value}"),
                };
                return Err(usage(format!("burrow: -{name}{shown} is not supported: {why}")));
            }
        }
        Ok(())
    }
}

/// Parses the flags of a command, those of GOFLAGS first.
pub(crate) fn parse(command: &str, args: Vec<String>) -> Result<Parsed, Failure> {
    let mut parsed = Parsed { flags: from_goflags(command)?, args: Vec::new() };
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
        let Some(flag) = find_flag(Commands::of(command), name) else {
            if name == "h" || name == "help" {
                return Err(usage(usage_line(command)));
            }
            return Err(wrong(command, &format!("flag provided but not defined: -{name}")));
        };
        let next = || args.next();
        let value = value_of(flag, value, next).map_err(|what| wrong(command, &what))?;
        parsed.flags.push((flag.name, value));
    }
    parsed.args = args.collect();
    parsed.judge(command)?;
    Ok(parsed)
}

/// The flags of GOFLAGS that a command has.
pub(crate) fn from_goflags(command: &str) -> Result<Vec<(&'static str, String)>, Failure> {
    // Who asks what is wrong with the settings gets an answer.
    let words = match settings::goflags() {
        Err(_) if command == "env" => return Ok(Vec::new()),
        other => other?,
    };
    let mut flags = Vec::new();
    for word in &words {
        let (name, value) = split(word);
        let Some(flag) = find_flag(Commands::of(command), name) else { continue };
        let value = value_of(flag, value, || None)
            .map_err(|what| wrong(command, &format!("burrow: {what} (from $GOFLAGS)")))?;
        flags.push((flag.name, value));
    }
    Ok(flags)
}

pub(crate) fn usage_line(command: &str) -> String {
    format!("usage: {}\nRun 'burrow help {command}' for details.", crate::help::usage_of(command))
}

/// Wrong usage of a command.
pub(crate) fn wrong(command: &str, what: &str) -> Failure {
    usage(format!("{what}\n{}", usage_line(command)))
}

/// The value of a flag: what stands behind `=`, or the next word.
pub(crate) fn value_of(
    flag: &Flag,
    value: Option<&str>,
    next: impl FnOnce() -> Option<String>,
) -> Result<String, String> {
    let name = flag.name;
    match (flag.takes, value) {
        (Takes::Bool | Takes::Optional, None) => Ok("true".into()),
        (Takes::Bool, Some(v)) => match parse_bool(v) {
            Some(b) => Ok(b.to_string()),
            None => Err(format!("invalid boolean value \"{v}\" for -{name}: parse error")),
        },
        (Takes::Optional, Some(v)) => {
            Ok(parse_bool(v).map_or_else(|| v.to_string(), |b| b.to_string()))
        }
        (Takes::Value, Some(v)) => Ok(v.to_string()),
        (Takes::Value, None) => next().ok_or_else(|| format!("flag needs an argument: -{name}")),
    }
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

    fn words(s: &str) -> Vec<String> {
        s.split(' ').map(String::from).collect()
    }

    #[test]
    fn flags_end_at_the_first_argument() {
        let p = parse("build", words("-o x --v=0 . -v")).unwrap();
        assert_eq!(p.get("o"), Some("x"));
        assert!(!p.is_set("v"));
        assert_eq!(p.args, [".", "-v"]);
    }

    #[test]
    fn mistakes() {
        for (args, want) in [
            ("-q", "flag provided but not defined: -q\n"),
            ("-i", "flag provided but not defined: -i\n"),
            ("-o", "flag needs an argument: -o\n"),
            ("-v=maybe", "invalid boolean value \"maybe\" for -v: parse error\n"),
            ("-race", "burrow: -race is not supported: there is no race detector yet\n"),
            ("-buildmode=pie", "burrow: -buildmode=pie is not supported: only executables"),
            (
                "-mod=vendor -mod=mod",
                "burrow: -mod=mod is not supported: burrow never writes go.mod\n",
            ),
        ] {
            let failure = parse("build", words(args)).unwrap_err();
            assert!(failure.text.starts_with(want), "{}", failure.text);
            assert_eq!(failure.code, 2);
        }
        // The last value counts.
        assert!(parse("build", words("-mod=vendor -mod=readonly -race -race=0")).is_ok());
    }
}
