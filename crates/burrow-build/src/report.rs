//! Errors of compilation as the user sees them, by gc's rules: ten at most, sorted by position,
//! repeated ones once, one syntax error a line, paths relative to the working directory. On a terminal
//! the source stands below them; as JSON they come all, with absolute paths.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use burrow_load::{LoadError, relative};
use burrow_syntax::{FileSet, Pos, Position};
use burrow_types::{Code, Diagnostic};

pub(crate) fn is_syntax_error(d: &Diagnostic) -> bool {
    d.msg.starts_with("syntax error")
}

/// What errors look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// gc's lines.
    #[default]
    Plain,
    /// For people: the lines of the source below each message, and its code.
    Source { color: bool },
    /// For programs: a JSON object for each error.
    Json,
}

/// How to print errors.
#[derive(Clone)]
pub struct Style<'a> {
    pub files: &'a FileSet,
    pub cwd: &'a Path,
    /// `-e`: all errors, not just ten.
    pub all: bool,
    pub form: Form,
}

/// gc stops after that many errors.
const MAX_ERRORS: usize = 10;

/// Escape sequences of terminals.
const RED: &str = "\x1b[1;31m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const OFF: &str = "\x1b[0m";

impl Style<'_> {
    /// The text for the errors of one package, in the order in which they were found.
    pub fn render(&self, found: &[Diagnostic]) -> String {
        let mut list: Vec<(Position, &Diagnostic)> = Vec::new();
        let mut syntax_lines = HashSet::new();
        let mut overflow = None;
        for d in found {
            let at = self.files.position(d.pos);
            if is_syntax_error(d) && !syntax_lines.insert((at.filename.clone(), at.line)) {
                continue;
            }
            list.push((at, d));
            if !self.all && self.form != Form::Json && list.len() >= MAX_ERRORS {
                overflow = list.last().map(|(at, _)| at.clone());
                break;
            }
        }
        // Within a line the order of detection stays, as in gc.
        list.sort_by_key(|(_, d)| d.pos);
        list.dedup_by(|a, b| {
            a.0.filename == b.0.filename
                && a.0.line == b.0.line
                && a.1.text(self.files) == b.1.text(self.files)
        });
        let mut out = String::new();
        let mut sources = Sources::default();
        for (at, d) in &list {
            match self.form {
                Form::Plain => {
                    let _ = writeln!(out, "{}: {}", self.show(at), d.text(self.files));
                }
                Form::Source { color } => self.with_source(&mut out, at, d, color, &mut sources),
                Form::Json => self.json(&mut out, d),
            }
        }
        if let Some(at) = overflow {
            let _ = writeln!(out, "{}: too many errors", self.show(&at));
        }
        if self.form == Form::Json { out } else { self.shorten(&out) }
    }

    /// The text for what kept packages from being loaded.
    pub fn render_loading(&self, errors: &[LoadError]) -> String {
        let mut out = String::new();
        let mut sources = Sources::default();
        for e in errors {
            let code = Code::of_loading(&e.message);
            if self.form == Form::Json {
                self.json(&mut out, &Diagnostic::new(code, e.at, &*e.message));
                continue;
            }
            match self.position(e.at) {
                Some(at) => {
                    let _ = writeln!(out, "{at}: {}", e.message);
                }
                None => {
                    let _ = writeln!(out, "{}", e.message);
                }
            }
            if let Form::Source { color } = self.form
                && e.at.is_known()
            {
                self.snippet(&mut out, e.at, Pos::NONE, color, &mut sources);
            }
        }
        out
    }

    /// The message, the line that it is about, and the places that explain it.
    fn with_source(
        &self,
        out: &mut String,
        at: &Position,
        d: &Diagnostic,
        color: bool,
        sources: &mut Sources,
    ) {
        let (red, bold, dim, off) = if color { (RED, BOLD, DIM, OFF) } else { ("", "", "", "") };
        let mut msg = d.msg.clone();
        for (pos, line) in &d.related {
            if !pos.is_known() {
                let _ = write!(msg, "\n\t{line}");
            }
        }
        let place = self.show(at);
        let (first, rest) = msg.split_at(msg.find('\n').unwrap_or(msg.len()));
        let _ = writeln!(out, "{bold}{place}:{off} {red}{first}{off} {dim}[{}]{off}{rest}", d.code);
        self.snippet(out, d.pos, d.end, color, sources);
        for (pos, line) in d.related.iter().filter(|(pos, _)| pos.is_known()) {
            let place = self.show(&self.files.position(*pos));
            let _ = writeln!(out, "{bold}{place}:{off} {line}");
            self.snippet(out, *pos, Pos::NONE, color, sources);
        }
    }

    /// The line of a position, marked from there to `end`, or to the end of the word.
    fn snippet(&self, out: &mut String, pos: Pos, end: Pos, color: bool, sources: &mut Sources) {
        let at = self.files.raw_position(pos);
        let Some(line) = sources.line(&at) else { return };
        let start = at.col as usize - 1;
        let Some(rest) = line.get(start..) else { return };
        let to = self.files.raw_position(end);
        let word = match rest.strip_prefix('"') {
            Some(literal) => literal.find('"').map(|i| i + 2),
            None => rest.find(|c: char| !c.is_alphanumeric() && c != '_'),
        }
        .unwrap_or(rest.len());
        let len = match end.is_known() {
            true if to.line == at.line => (to.col as usize).saturating_sub(start + 1),
            // It goes on.
            true => rest.len(),
            false => word,
        };
        let marked = rest.get(..len.min(rest.len())).map_or(1, |s| s.chars().count()).max(1);
        let pad: String =
            line[..start].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let (red, dim, off) = if color { (RED, DIM, OFF) } else { ("", "", "") };
        let mark = format!("^{}", "~".repeat(marked - 1));
        let _ = writeln!(out, "{dim}{:5} |{off} {line}", at.line);
        let _ = writeln!(out, "      {dim}|{off} {pad}{red}{mark}{off}");
    }

    fn json(&self, out: &mut String, d: &Diagnostic) {
        let mut msg = d.msg.clone();
        for (pos, line) in &d.related {
            if !pos.is_known() {
                let _ = write!(msg, "\n\t{line}");
            }
        }
        let place = |pos: Pos| {
            let at = self.files.position(pos);
            let file = json_string(&at.filename);
            format!("\"file\":{file},\"line\":{},\"column\":{}", at.line, at.col)
        };
        out.push('{');
        if d.pos.is_known() {
            let _ = write!(out, "{},", place(d.pos));
        }
        if d.end.is_known() {
            let end = self.files.position(d.end);
            let _ = write!(out, "\"end\":{{\"line\":{},\"column\":{}}},", end.line, end.col);
        }
        let _ = write!(out, "\"code\":\"{}\",\"message\":{}", d.code, json_string(&msg));
        let related = d.related.iter().filter(|(pos, _)| pos.is_known());
        let related: Vec<String> = related
            .map(|(pos, line)| format!("{{{},\"message\":{}}}", place(*pos), json_string(line)))
            .collect();
        if !related.is_empty() {
            let _ = write!(out, ",\"related\":[{}]", related.join(","));
        }
        out.push_str("}\n");
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

/// Files that errors are about.
#[derive(Default)]
struct Sources(HashMap<Arc<str>, Option<String>>);

impl Sources {
    /// The line of a position; `None` if the file isn't there, as those that burrow brings itself.
    fn line(&mut self, at: &Position) -> Option<&str> {
        let read = |name: &Arc<str>| {
            let bytes = std::fs::read(&**name).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        let text = self.0.entry(at.filename.clone()).or_insert_with_key(read).as_deref()?;
        let line = text.lines().nth((at.line as usize).checked_sub(1)?)?;
        (at.col > 0 && line.is_char_boundary(at.col as usize - 1)).then_some(line)
    }
}

/// A string of JSON.
pub fn json_string(s: &str) -> String {
    let mut out = String::from("\"");
    for c in s.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The path relative to the working directory, with `./` in front if it is right there; absolute if
/// that is shorter.
fn short_path(path: &str, cwd: &Path) -> String {
    let rel = relative(path, cwd);
    if rel.contains('/') || rel == path { rel } else { format!("./{rel}") }
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
        let at = |line: u32, msg: &str| {
            Diagnostic::new(Code::SyntaxError, base.offset(line * 2 - 2), msg)
        };
        let style = Style { files: &files, cwd: Path::new("/w"), all: false, form: Form::Plain };
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

    /// A file on disk, and an error in its second line.
    fn error_in(name: &str) -> (FileSet, std::path::PathBuf, Diagnostic) {
        let dir = std::env::temp_dir().join(format!("burrow-report-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let src = "package p\n\tvar x int = \"ö\" + y\nvar x\n";
        let path = dir.join("x.go").display().to_string();
        std::fs::write(&path, src).unwrap();
        let files = FileSet::new();
        let base = files.add_file(&path, src.len()).unwrap();
        burrow_syntax::parse_file(&files, &path, base, src.as_bytes(), Default::default());
        let d = Diagnostic {
            end: base.offset(31),
            related: vec![(Pos::NONE, "have a".into()), (base.offset(36), "other x".into())],
            ..Diagnostic::new(Code::DuplicateDecl, base.offset(23), "\"ö\" + y is wrong")
        };
        (files, dir, d)
    }

    #[test]
    fn the_source_stands_below_the_message() {
        let (files, cwd, d) = error_in("source");
        let style = |form| {
            Style { files: &files, cwd: &cwd, all: false, form }.render(std::slice::from_ref(&d))
        };
        assert_eq!(
            style(Form::Source { color: false }),
            "./x.go:2:14: \"ö\" + y is wrong [DuplicateDecl]\n\thave a\n    2 | \tvar x int = \"ö\" + y\n      | \t            ^~~~~~~\n./x.go:3:5: other x\n    3 | var x\n      |     ^\n"
        );
        let colored = style(Form::Source { color: true });
        assert!(
            colored.starts_with("\x1b[1m./x.go:2:14:\x1b[0m \x1b[1;31m\"ö\" + y is"),
            "{colored}"
        );
        assert!(colored.contains("\x1b[1;31m^~~~~~~\x1b[0m\n"), "{colored}");
        assert_eq!(
            style(Form::Plain),
            "./x.go:2:14: \"ö\" + y is wrong\n\thave a\n\t./x.go:3:5: other x\n"
        );
        std::fs::remove_dir_all(cwd).unwrap();
    }

    #[test]
    fn json_has_a_line_for_each() {
        let (files, cwd, d) = error_in("json");
        let text = Style { files: &files, cwd: &cwd, all: false, form: Form::Json }.render(&[d]);
        let file = json_string(&cwd.join("x.go").display().to_string());
        assert_eq!(
            text,
            format!(
                "{{\"file\":{file},\"line\":2,\"column\":14,\"end\":{{\"line\":2,\"column\":22}},\"code\":\"DuplicateDecl\",\"message\":\"\\\"ö\\\" + y is wrong\\n\\thave a\",\"related\":[{{\"file\":{file},\"line\":3,\"column\":5,\"message\":\"other x\"}}]}}\n"
            )
        );
        std::fs::remove_dir_all(cwd).unwrap();
    }
}
