//! Build constraints: `//go:build` lines, old `// +build` lines, and file names like `x_linux.go`.

use std::fmt;

/// A boolean expression over tags.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expr {
    Tag(String),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
}

/// Operands at most, as in Go.
const MAX_SIZE: usize = 1000;

impl Expr {
    /// The value when `ok` says which tags are set.
    pub fn eval(&self, ok: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Expr::Tag(t) => ok(t),
            Expr::Not(x) => !x.eval(ok),
            Expr::And(x, y) => x.eval(ok) && y.eval(ok),
            Expr::Or(x, y) => x.eval(ok) || y.eval(ok),
        }
    }

    /// The least Go version that the expression implies, as `go1.21`. Purely structural: every tag
    /// may be true or false independently.
    pub fn go_version(&self) -> Option<String> {
        match self.min_version(true) {
            n if n < 0 => None,
            0 => Some("go1".into()),
            n => Some(format!("go1.{n}")),
        }
    }

    fn min_version(&self, positive: bool) -> i64 {
        match self {
            Expr::And(x, y) | Expr::Or(x, y) => {
                let (x, y) = (x.min_version(positive), y.min_version(positive));
                if matches!(self, Expr::And(..)) == positive { x.max(y) } else { x.min(y) }
            }
            Expr::Not(x) => x.min_version(!positive),
            Expr::Tag(_) if !positive => -1,
            Expr::Tag(t) if t == "go1" => 0,
            Expr::Tag(t) => t.strip_prefix("go1.").and_then(|v| v.parse().ok()).unwrap_or(-1),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arg = |f: &mut fmt::Formatter<'_>, x: &Expr, parens: bool| {
            if parens { write!(f, "({x})") } else { write!(f, "{x}") }
        };
        match self {
            Expr::Tag(t) => f.write_str(t),
            Expr::Not(x) => {
                f.write_str("!")?;
                arg(f, x, matches!(**x, Expr::And(..) | Expr::Or(..)))
            }
            Expr::And(x, y) => {
                arg(f, x, matches!(**x, Expr::Or(..)))?;
                f.write_str(" && ")?;
                arg(f, y, matches!(**y, Expr::Or(..)))
            }
            Expr::Or(x, y) => {
                arg(f, x, matches!(**x, Expr::And(..)))?;
                f.write_str(" || ")?;
                arg(f, y, matches!(**y, Expr::And(..)))
            }
        }
    }
}

/// The expression of a `//go:build` line; `None` if the line is something else.
pub fn go_build_text(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("//go:build")?;
    let text = rest.trim();
    (rest.is_empty() || text.len() < rest.len()).then_some(text)
}

/// Parses a `//go:build` line. `None` if it isn't one.
pub fn parse_go_build(line: &str) -> Option<Result<Expr, String>> {
    go_build_text(line).map(parse_expr)
}

/// Parses an expression like `linux && (amd64 || !cgo)`.
pub fn parse_expr(text: &str) -> Result<Expr, String> {
    let mut p = Parser { text, at: 0, tok: "", is_tag: false, size: 0 };
    let x = p.or()?;
    if !p.tok.is_empty() {
        return Err(format!("unexpected token {}", p.tok));
    }
    Ok(x)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    tok: &'a str,
    is_tag: bool,
    size: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Result<Expr, String> {
        let mut x = self.and()?;
        while self.tok == "||" {
            x = Expr::Or(Box::new(x), Box::new(self.and()?));
        }
        Ok(x)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut x = self.not()?;
        while self.tok == "&&" {
            x = Expr::And(Box::new(x), Box::new(self.not()?));
        }
        Ok(x)
    }

    fn not(&mut self) -> Result<Expr, String> {
        self.size += 1;
        if self.size > MAX_SIZE {
            return Err("build expression too large".into());
        }
        self.lex()?;
        if self.tok != "!" {
            return self.atom();
        }
        self.lex()?;
        if self.tok == "!" {
            return Err("double negation not allowed".into());
        }
        Ok(Expr::Not(Box::new(self.atom()?)))
    }

    fn atom(&mut self) -> Result<Expr, String> {
        if self.tok == "(" {
            let x = self.or().map_err(|e| {
                if e == "unexpected end of expression" { "missing close paren".into() } else { e }
            })?;
            if self.tok != ")" {
                return Err("missing close paren".into());
            }
            self.lex()?;
            return Ok(x);
        }
        if !self.is_tag {
            if self.tok.is_empty() {
                return Err("unexpected end of expression".into());
            }
            return Err(format!("unexpected token {}", self.tok));
        }
        let tag = Expr::Tag(self.tok.into());
        self.lex()?;
        Ok(tag)
    }

    fn lex(&mut self) -> Result<(), String> {
        self.is_tag = false;
        let rest = self.text[self.at..].trim_start_matches([' ', '\t']);
        let start = self.text.len() - rest.len();
        let len = match rest.as_bytes().first() {
            None => 0,
            Some(b'(' | b')' | b'!') => 1,
            Some(&b @ (b'&' | b'|')) => {
                if rest.as_bytes().get(1) != Some(&b) {
                    return Err(format!("invalid syntax at {}", b as char));
                }
                2
            }
            Some(_) => {
                let len = rest.find(|c: char| !is_tag_char(c)).unwrap_or(rest.len());
                if len == 0 {
                    let c = rest.chars().next().unwrap_or(' ');
                    return Err(format!("invalid syntax at {c}"));
                }
                self.is_tag = true;
                len
            }
        };
        self.tok = &rest[..len];
        self.at = start + len;
        Ok(())
    }
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// The expression of the old form, `// +build a,!b c`. `None` if the line is something else.
pub fn parse_plus_build(line: &str) -> Option<Expr> {
    let rest = line.trim().strip_prefix("//")?.trim().strip_prefix("+build")?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let never = || Expr::Tag("ignore".into());
    rest.split_whitespace()
        .map(|clause| {
            clause
                .split(',')
                .map(|lit| match lit.strip_prefix('!') {
                    Some(t) if is_tag(t) => Expr::Not(Box::new(Expr::Tag(t.into()))),
                    None if is_tag(lit) => Expr::Tag(lit.into()),
                    _ => never(),
                })
                .reduce(|x, y| Expr::And(Box::new(x), Box::new(y)))
                .unwrap_or_else(never)
        })
        .reduce(|x, y| Expr::Or(Box::new(x), Box::new(y)))
        .or_else(|| Some(never()))
}

fn is_tag(s: &str) -> bool {
    !s.is_empty() && s.chars().all(is_tag_char)
}

/// Operating systems that file names and tags may name. gc: `internal/syslist`.
const KNOWN_OS: [&str; 18] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const UNIX_OS: [&str; 12] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "linux",
    "netbsd",
    "openbsd",
    "solaris",
];
const KNOWN_ARCH: [&str; 24] = [
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// What a build is for: which tags are set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    pub goos: String,
    pub goarch: String,
    pub cgo: bool,
    /// `gc`, as far as source files are concerned.
    pub compiler: String,
    /// What `-tags` gave.
    pub tags: Vec<String>,
    /// Tags of the toolchain: experiments and levels of the processor.
    pub tool_tags: Vec<String>,
    /// `go1.1` up to this minor release are set.
    pub release: u32,
}

impl Context {
    /// linux/amd64, Go 1.27, no cgo.
    pub fn linux_amd64() -> Context {
        Context {
            goos: "linux".into(),
            goarch: "amd64".into(),
            cgo: false,
            compiler: "gc".into(),
            tags: Vec::new(),
            tool_tags: vec!["amd64.v1".into()],
            release: 27,
        }
    }

    /// Reports whether a tag is set.
    pub fn has(&self, tag: &str) -> bool {
        if tag == "cgo" {
            return self.cgo;
        }
        if tag == self.goos || tag == self.goarch || tag == self.compiler {
            return true;
        }
        match (tag, self.goos.as_str()) {
            ("linux", "android") | ("solaris", "illumos") | ("darwin", "ios") => return true,
            ("unix", os) => return UNIX_OS.contains(&os),
            _ => {}
        }
        if let Some(minor) = tag.strip_prefix("go1.")
            && let Ok(n) = minor.parse::<u32>()
            && !minor.starts_with('0')
        {
            return n >= 1 && n <= self.release;
        }
        tag == "go1" || self.tags.iter().chain(&self.tool_tags).any(|t| t == tag)
    }

    /// Reports whether the name of a file, like `x_linux_amd64_test.go`, fits.
    pub fn matches_name(&self, name: &str) -> bool {
        let stem = name.split('.').next().unwrap_or(name);
        // What is before the first underscore is never a tag: linux.go is for all.
        let Some(i) = stem.find('_') else { return true };
        let mut parts: Vec<&str> = stem[i + 1..].split('_').collect();
        if parts.last() == Some(&"test") {
            parts.pop();
        }
        let tag_at = |n: usize| parts.len().checked_sub(n).map(|i| parts[i]);
        match (tag_at(2), tag_at(1)) {
            (Some(os), Some(arch)) if KNOWN_OS.contains(&os) && KNOWN_ARCH.contains(&arch) => {
                self.has(arch) && self.has(os)
            }
            (_, Some(t)) if KNOWN_OS.contains(&t) || KNOWN_ARCH.contains(&t) => self.has(t),
            _ => true,
        }
    }

    /// Reports whether the head of a file (all before `package`) lets it take part: its `//go:build`
    /// line, or else all of its `// +build` lines.
    ///
    /// # Errors
    /// gc's message when the `//go:build` line can't be parsed.
    pub fn matches_source(&self, src: &str) -> Result<bool, String> {
        let header = Header::scan(src);
        if let Some(line) = header.go_build {
            return match parse_go_build(line) {
                Some(Ok(x)) => Ok(x.eval(&|t| self.has(t))),
                Some(Err(e)) => Err(format!("parsing //go:build line: {e}")),
                None => Ok(true),
            };
        }
        let ok = |line: &&str| parse_plus_build(line).is_none_or(|x| x.eval(&|t| self.has(t)));
        Ok(header.plus_build.iter().all(ok))
    }
}

/// Constraint lines at the head of a file.
struct Header<'a> {
    go_build: Option<&'a str>,
    plus_build: Vec<&'a str>,
}

impl<'a> Header<'a> {
    /// Goes over leading blank lines and comments. `+build` lines count only when a blank line
    /// follows them before the code.
    fn scan(src: &'a str) -> Header<'a> {
        let src = src.strip_prefix('\u{feff}').unwrap_or(src);
        let mut header = Header { go_build: None, plus_build: Vec::new() };
        let mut pending = Vec::new();
        let mut in_block = false;
        for line in src.lines() {
            let mut text = line.trim();
            if text.is_empty() && !in_block {
                header.plus_build.append(&mut pending);
                continue;
            }
            if !in_block && text.starts_with("//") {
                if header.go_build.is_none() && go_build_text(text).is_some() {
                    header.go_build = Some(text);
                }
                if parse_plus_build(text).is_some() {
                    pending.push(text);
                }
                continue;
            }
            // Block comments, perhaps several on one line.
            loop {
                if in_block {
                    let Some(i) = text.find("*/") else { break };
                    text = text[i + 2..].trim_start();
                    in_block = false;
                }
                let Some(rest) = text.strip_prefix("/*") else { break };
                text = rest;
                in_block = true;
            }
            if !in_block && !text.is_empty() && !text.starts_with("//") {
                break;
            }
        }
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let ctx = Context::linux_amd64();
        for (text, want) in [
            ("linux", true),
            ("!linux", false),
            ("unix && amd64", true),
            ("windows || (linux && !cgo)", true),
            ("go1.27 && !go1.28", true),
            ("purego", false),
            ("gc", true),
        ] {
            assert_eq!(parse_expr(text).unwrap().eval(&|t| ctx.has(t)), want, "{text}");
        }
        for (text, want) in [
            ("", "unexpected end of expression"),
            ("(a", "missing close paren"),
            ("!!a", "double negation not allowed"),
            ("a b", "unexpected token b"),
            ("a & b", "invalid syntax at &"),
        ] {
            assert_eq!(parse_expr(text).unwrap_err(), want, "{text}");
        }
    }

    #[test]
    fn versions() {
        for (text, want) in [
            ("linux && go1.22", Some("go1.22")),
            ("(linux && go1.22) || (windows && go1.20)", Some("go1.20")),
            ("linux", None),
            ("!go1.22", None),
            ("go1", Some("go1")),
        ] {
            assert_eq!(parse_expr(text).unwrap().go_version().as_deref(), want, "{text}");
        }
    }

    #[test]
    fn names() {
        let ctx = Context::linux_amd64();
        for (name, want) in [
            ("linux.go", true),
            ("x_linux.go", true),
            ("x_windows.go", false),
            ("x_windows_test.go", false),
            ("x_linux_arm64.go", false),
            ("x_linux_amd64_test.go", true),
            ("x_amd64.s", true),
            ("x_arm64.s", false),
            ("x_unix.go", true),
            ("zerrors_windows_linux.go", true),
        ] {
            assert_eq!(ctx.matches_name(name), want, "{name}");
        }
    }

    #[test]
    fn headers() {
        let ctx = Context::linux_amd64();
        let ok = |src| ctx.matches_source(src).unwrap();
        assert!(!ok("// c\n\n//go:build ignore\n\npackage p\n"));
        assert!(!ok("/* c\n\n*/\n// +build windows\n\npackage p\n"));
        assert!(ok("// +build windows\npackage p\n"));
        assert!(ok("//go:build linux\n// +build windows\n\npackage p\n"));
        assert!(ok("package p\n//go:build ignore\n"));
    }
}
