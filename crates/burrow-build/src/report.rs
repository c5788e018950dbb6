//! Errors of compilation as the user sees them, by gc's rules: ten at most, sorted by position,
//! repeated ones once, one syntax error a line, paths relative to the working directory.

use std::path::Path;

use burrow_syntax::{FileSet, Pos, Position};

/// An error at a position. The text may have several lines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub pos: Pos,
    pub msg: String,
}

impl Diagnostic {
    pub fn is_syntax_error(&self) -> bool {
        self.msg.starts_with("syntax error")
    }
}

/// How to print errors.
#[derive(Clone)]
pub struct Style<'a> {
    pub files: &'a FileSet,
    pub cwd: &'a Path,
    /// `-e`: all errors, not just ten.
    pub all: bool,
}

/// gc stops after that many errors.
const MAX_ERRORS: usize = 10;

impl Style<'_> {
    /// The lines for the errors of one package, in the order in which they were found.
    pub fn render(&self, found: &[Diagnostic]) -> String {
        let mut list: Vec<(Position, &Diagnostic)> = Vec::new();
        let mut syntax_lines = std::collections::HashSet::new();
        let mut overflow = None;
        for d in found {
            let at = self.files.position(d.pos);
            if d.is_syntax_error() && !syntax_lines.insert((at.filename.clone(), at.line)) {
                continue;
            }
            list.push((at, d));
            if !self.all && list.len() >= MAX_ERRORS {
                overflow = list.last().map(|(at, _)| at.clone());
                break;
            }
        }
        // Within a line the order of detection stays, as in gc.
        list.sort_by_key(|(_, d)| d.pos);
        list.dedup_by(|a, b| {
            a.0.filename == b.0.filename && a.0.line == b.0.line && a.1.msg == b.1.msg
        });
        let mut out = String::new();
        for (at, d) in &list {
            out += &format!("{}: {}\n", self.show(at), d.msg);
        }
        if let Some(at) = overflow {
            out += &format!("{}: too many errors\n", self.show(&at));
        }
        self.shorten(&out)
    }

    fn show(&self, at: &Position) -> String {
        let name = short_path(&at.filename, self.cwd);
        Position { filename: name.into(), ..at.clone() }.to_string()
    }

    /// Shortens paths inside of messages too.
    fn shorten(&self, text: &str) -> String {
        let prefix = format!("{}/", self.cwd.display());
        if prefix == "//" {
            return text.into();
        }
        let mut parts = text.split(&prefix);
        let mut out = String::from(parts.next().unwrap_or(""));
        for rest in parts {
            // As in `short_path`: a file that is right here gets a mark.
            let name = rest.split([':', ' ', '\n']).next().unwrap_or("");
            if !name.contains('/') {
                out += "./";
            }
            out += rest;
        }
        out
    }

    /// `file:line:col`, or nothing if there is no position.
    pub fn position(&self, pos: Pos) -> Option<String> {
        pos.is_known().then(|| {
            let at = self.files.position(pos);
            let name = relative(&at.filename, self.cwd);
            Position { filename: name.into(), ..at }.to_string()
        })
    }
}

/// The path relative to the working directory, with `./` in front if it is right there; absolute if
/// that is shorter.
fn short_path(path: &str, cwd: &Path) -> String {
    let rel = relative(path, cwd);
    if rel.contains('/') || rel == path { rel } else { format!("./{rel}") }
}

/// As `short_path`, without `./`.
fn relative(path: &str, cwd: &Path) -> String {
    let Some(absolute) = path.strip_prefix('/') else { return path.into() };
    let own: Vec<&str> = absolute.split('/').collect();
    let cwd = cwd.to_string_lossy();
    let base: Vec<&str> = cwd.split('/').filter(|p| !p.is_empty()).collect();
    let common = own.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(base.len() - common);
    let rel = format!("{up}{}", own[common..].join("/"));
    if rel.len() < path.len() { rel } else { path.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let cwd = Path::new("/home/u/m");
        for (path, want) in [
            ("/home/u/m/x.go", "./x.go"),
            ("/home/u/m/p/x.go", "p/x.go"),
            ("/home/u/n/x.go", "../n/x.go"),
            ("/x.go", "/x.go"),
            ("x.go", "x.go"),
        ] {
            assert_eq!(short_path(path, cwd), want, "{path}");
        }
    }

    #[test]
    fn ten_errors_sorted_and_once() {
        let files = FileSet::new();
        let src = "a\n".repeat(30);
        let base = files.add_file("/w/x.go", src.len()).unwrap();
        burrow_syntax::parse_file(&files, "/w/x.go", base, src.as_bytes(), Default::default());
        let at =
            |line: u32, msg: &str| Diagnostic { pos: base.offset(line * 2 - 2), msg: msg.into() };
        let style = Style { files: &files, cwd: Path::new("/w"), all: false };
        let few = [
            at(3, "b"),
            at(1, "a"),
            at(1, "a"),
            at(2, "syntax error: x"),
            at(2, "syntax error: y"),
        ];
        assert_eq!(
            style.render(&few),
            "./x.go:1:1: a\n./x.go:2:1: syntax error: x\n./x.go:3:1: b\n"
        );
        let many: Vec<Diagnostic> = (1..=12).map(|i| at(i, "e")).collect();
        let text = style.render(&many);
        assert_eq!(text.lines().count(), 11);
        assert!(text.ends_with("./x.go:10:1: too many errors\n"));
    }
}
