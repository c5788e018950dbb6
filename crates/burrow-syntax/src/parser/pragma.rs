//! Directives: `//line`, `//go:build`, and pragmas that belong to the declaration after them.
//!
//! Pragmas gather in [`Pragmas`] until a declaration takes them, or until a statement ends that
//! can't take any; then they are misplaced. gc: `noder.pragma`, `checkUnusedDuringParse`.

use std::sync::Arc;

use super::Parser;
use crate::SyntaxError;
use crate::ast::{DeclKind, Directive, Embed, Linkname, Pragma};
use crate::constraint;
use crate::literal::unquote_str;
use crate::pos::{LineDirective, Pos};
use crate::scanner::Tok;
use crate::symbol::Symbol;

/// Pragmas that no declaration took yet.
#[derive(Default)]
pub(super) struct Pragmas {
    flags: Pragma,
    positions: Vec<(Pragma, Pos)>,
    /// The first directive and the first embed that are not taken.
    directives: u32,
    embeds: u32,
}

/// A range of a list of the file.
type Range = (u32, u32);

fn flags_of(verb: &str) -> Pragma {
    let mut p = Pragma::default();
    let bits: &[Pragma] = match verb {
        "go:build" => &[Pragma::GO_BUILD],
        "go:noescape" => &[Pragma::NOESCAPE],
        "go:norace" => &[Pragma::NORACE],
        "go:nosplit" => &[Pragma::NOSPLIT, Pragma::NOCHECKPTR],
        "go:noinline" => &[Pragma::NOINLINE],
        "go:nocheckptr" => &[Pragma::NOCHECKPTR],
        "go:systemstack" => &[Pragma::SYSTEMSTACK],
        "go:nowritebarrier" => &[Pragma::NOWRITEBARRIER],
        "go:nowritebarrierrec" => &[Pragma::NOWRITEBARRIERREC, Pragma::NOWRITEBARRIER],
        "go:yeswritebarrierrec" => &[Pragma::YESWRITEBARRIERREC],
        "go:cgo_unsafe_args" => &[Pragma::CGO_UNSAFE_ARGS, Pragma::NOCHECKPTR],
        "go:uintptrkeepalive" => &[Pragma::UINTPTR_KEEP_ALIVE],
        "go:uintptrescapes" => &[Pragma::UINTPTR_ESCAPES, Pragma::UINTPTR_KEEP_ALIVE],
        "go:registerparams" => &[Pragma::REGISTER_PARAMS],
        _ => &[],
    };
    bits.iter().for_each(|&b| p.insert(b));
    p
}

/// Directives without a flag that the standard library may use.
const STD_VERBS: [&str; 9] = [
    "go:cgo_export_static",
    "go:cgo_export_dynamic",
    "go:cgo_import_static",
    "go:cgo_import_dynamic",
    "go:cgo_ldflag",
    "go:cgo_dynamic_linker",
    "go:embed",
    "go:fix",
    "go:generate",
];

const RUNTIME_ONLY: u32 = Pragma::SYSTEMSTACK.0
    | Pragma::NOWRITEBARRIER.0
    | Pragma::NOWRITEBARRIERREC.0
    | Pragma::YESWRITEBARRIERREC.0;

impl Parser<'_> {
    /// Gives what stands before a declaration. What isn't allowed there is reported late.
    pub(super) fn take_pragma(
        &mut self,
        allowed: Pragma,
        embeds_ok: bool,
    ) -> (Pragma, Range, Range) {
        let p = &mut self.pragmas;
        let directives = (p.directives, self.file.directives.len() as u32);
        let embeds = (p.embeds, self.file.embeds.len() as u32);
        p.directives = directives.1;
        p.embeds = embeds.1;
        let flags = std::mem::take(&mut p.flags);
        for (flag, pos) in std::mem::take(&mut p.positions) {
            if flag.0 & !allowed.0 != 0 {
                let msg = "misplaced compiler directive".into();
                self.file.late_errors.push(SyntaxError { pos, msg });
            }
        }
        if embeds_ok {
            return (flags, directives, embeds);
        }
        for e in &self.file.embeds[embeds.0 as usize..embeds.1 as usize] {
            let msg = "misplaced go:embed directive".into();
            self.file.late_errors.push(SyntaxError { pos: e.pos, msg });
        }
        (flags, directives, (0, 0))
    }

    /// At the end of something that takes no pragmas: reports those that are left.
    pub(super) fn clear_pragma(&mut self) {
        let p = &mut self.pragmas;
        p.directives = self.file.directives.len() as u32;
        let unused_embeds = p.embeds as usize..self.file.embeds.len();
        p.embeds = unused_embeds.end as u32;
        let flags = std::mem::take(&mut p.flags);
        if p.positions.is_empty() && unused_embeds.is_empty() {
            return;
        }
        for (flag, pos) in std::mem::take(&mut p.positions) {
            if flag.0 & flags.0 != 0 {
                self.error_at(pos, "misplaced compiler directive");
            }
        }
        for i in unused_embeds {
            let pos = self.file.embeds[i].pos;
            self.error_at(pos, "misplaced go:embed directive");
        }
    }

    pub(super) fn handle_directives(&mut self) {
        for (start, end) in std::mem::take(&mut self.scanner.directives) {
            let text = self.scanner.slice(start, end);
            let body = match text.strip_prefix("/*") {
                Some(rest) => rest.strip_suffix("*/").unwrap_or(rest),
                None => text[2..].trim_end_matches('\r'),
            };
            let at_line_start = start == 0 || self.scanner.byte(start - 1) == b'\n';
            if let Some(rest) = body.strip_prefix("line ") {
                if text.starts_with("/*") {
                    // One that spans lines is none: its number ends with something else.
                    self.line_directive(end, start + 7, rest);
                } else if at_line_start {
                    self.line_directive(end + 1, start + 7, rest);
                }
            } else if body.starts_with("go:") {
                self.go_directive(start, text, body);
            }
        }
    }

    /// `//line file:line` or `//line file:line:col`. The text is at offset `text_at`; what is
    /// adjusted starts at offset `from`.
    fn line_directive(&mut self, from: usize, text_at: usize, text: &str) {
        let Some((i, n)) = trailing_number(text) else { return };
        let bad = |p: &mut Self, i: usize, what: &str| {
            p.error_at(
                p.scanner.pos_at(text_at + i),
                format!("invalid {what} number: {}", &text[i..]),
            );
        };
        let Some(n) = n else { return bad(self, i, "line") };
        let mut name = &text[..i - 1];
        let (mut line, mut col, mut line_at) = (n, 0, i);
        if let Some((i2, Some(n2))) = trailing_number(name) {
            if n == 0 || n > MAX {
                return bad(self, i, "column");
            }
            (line, col, line_at) = (n2, n as u32, i2);
            name = &name[..i2 - 1];
        }
        if line == 0 || line > MAX {
            return bad(self, line_at, "line");
        }
        let previous = self.entry.table.directives.last().map(|d| d.filename.clone());
        let filename: Arc<str> = if name.is_empty() && col != 0 {
            previous.unwrap_or_else(|| self.entry.name.clone())
        } else if name.is_empty() {
            "".into()
        } else {
            self.relative_name(name).into()
        };
        let pos = self.scanner.pos_at(from.min(self.entry.size as usize));
        let directive = LineDirective { pos, filename, line: line as u32, col };
        self.entry.table.directives.push(directive);
    }

    /// A name of a directive, as seen from where the file's own name is relative to.
    fn relative_name(&self, name: &str) -> String {
        let name = clean_path(name);
        if name.starts_with('/') {
            return name;
        }
        match self.entry.name.rfind('/') {
            Some(i) => clean_path(&format!("{}/{name}", &self.entry.name[..i])),
            None => name,
        }
    }

    fn go_directive(&mut self, start: usize, text: &str, body: &str) {
        let pos = self.scanner.pos_at(start + 2);
        if self.top
            && let Some(constraint) = constraint::go_build_text(text)
        {
            if let Ok(x) = constraint::parse_expr(constraint) {
                self.file.go_version = x.go_version().map(|v| Symbol::new(&v));
            }
            if self.file.build_constraint.is_none() {
                self.file.build_constraint = Some(Directive { pos, text: Symbol::new(text) });
            }
        }
        let line_start = self.entry.table.lines.partition_point(|&l| l as usize <= start) - 1;
        let before = self.scanner.slice(self.entry.table.lines[line_start] as usize, start);
        if !before.trim_start_matches('\u{feff}').chars().all(|c| c.is_ascii_whitespace()) {
            return self.error_at(pos, "misplaced compiler directive");
        }
        self.file.directives.push(Directive { pos, text: Symbol::new(body) });
        let verb = body.split(' ').next().unwrap_or(body);
        match verb {
            "go:wasmimport" | "go:wasmexport" if body.len() > verb.len() => {
                let (want, usage) = match verb {
                    "go:wasmimport" => (3, "importmodule importname"),
                    _ => (2, "exportname"),
                };
                if body.split_whitespace().count() != want {
                    self.error_at(pos, format!("usage: //{verb} {usage}"));
                }
            }
            "go:linkname" | "go:linknamestd" if body.len() > verb.len() => {
                let fields: Vec<&str> = body.split_whitespace().collect();
                if !(2..=3).contains(&fields.len()) {
                    return self.error_at(pos, format!("usage: //{verb} localname [linkname]"));
                }
                self.file.linknames.push(Linkname {
                    pos,
                    local: Symbol::new(fields[1]),
                    remote: fields.get(2).map(|s| Symbol::new(s)),
                });
            }
            "go:embed" => self.embed_directive(pos, body),
            _ => self.flag_directive(pos, verb, body),
        }
    }

    fn flag_directive(&mut self, pos: Pos, verb: &str, body: &str) {
        if verb.starts_with("go:cgo_") && !self.mode.std {
            // Libraries may be named anywhere, for the sake of old packages; all else is cgo's.
            let dynamic = verb == "go:cgo_import_dynamic" && body.split_whitespace().count() >= 4;
            let generated = self.entry.name.rsplit('/').next().unwrap_or("").starts_with("_cgo_");
            if !dynamic && !generated {
                self.error_at(pos, format!("//{body} only allowed in cgo-generated code"));
            }
        }
        let flag = flags_of(verb);
        if !self.mode.runtime && flag.0 & RUNTIME_ONLY != 0 {
            self.error_at(pos, format!("//{verb} only allowed in runtime"));
        }
        if flag == Pragma::UINTPTR_KEEP_ALIVE && !self.mode.std {
            self.error_at(pos, format!("//{verb} is only allowed in the standard library"));
        }
        if flag == Pragma::default() && self.mode.std && !STD_VERBS.contains(&verb) {
            self.error_at(pos, format!("//{verb} is not allowed in the standard library"));
        }
        self.pragmas.flags.insert(flag);
        self.pragmas.positions.push((flag, pos));
    }

    fn embed_directive(&mut self, pos: Pos, body: &str) {
        let args = &body["go:embed".len()..];
        let (patterns, error) = embed_patterns(args, pos.offset("go:embed".len() as u32));
        if let Some(rest) = error {
            self.error_at(pos, format!("invalid quoted string in //go:embed: {rest}"));
        }
        if patterns.is_empty() {
            return self.error_at(pos, "usage: //go:embed pattern...");
        }
        self.file.embeds.push(Embed { pos, patterns, decl: None });
    }

    /// Rules that need the whole file. gc reports them after type checking.
    pub(super) fn check_directives(&mut self) {
        let file = &self.file;
        let imports = |path: &str| {
            file.imports.iter().any(|&d| match &file.decl(d).kind {
                DeclKind::Import(i) => i.path.is_some_and(|p| p == path),
                _ => false,
            })
        };
        let mut late = Vec::new();
        if !file.linknames.is_empty() && !imports("unsafe") {
            late.extend(file.linknames.iter().map(|l| SyntaxError {
                pos: l.pos,
                msg: "//go:linkname only allowed in Go files that import \"unsafe\"".into(),
            }));
        }
        if imports("unsafe") {
            let is_instance = |l: &&Linkname| {
                l.remote.is_some_and(|r| r.as_str().contains('[') && r.as_str().contains(']'))
            };
            late.extend(file.linknames.iter().filter(is_instance).map(|l| SyntaxError {
                pos: l.pos,
                msg: "//go:linkname reference of an instantiation is not allowed".into(),
            }));
        }
        for &id in &file.decls {
            let decl = file.decl(id);
            let DeclKind::Func(f) = &decl.kind else { continue };
            let has = |flag| decl.pragma.has(flag);
            let has_body = f.body.is_some();
            let keeps = has(Pragma::UINTPTR_KEEP_ALIVE) && !has(Pragma::UINTPTR_ESCAPES);
            let msg = if has(Pragma::SYSTEMSTACK) && has(Pragma::NOSPLIT) {
                "go:nosplit and go:systemstack cannot be combined"
            } else if has_body && has(Pragma::NOESCAPE) {
                "can only use //go:noescape with external func implementations"
            } else if has_body && keeps && !has(Pragma::NOSPLIT) {
                "go:uintptrkeepalive requires go:nosplit"
            } else {
                continue;
            };
            late.push(SyntaxError { pos: decl.pos, msg: msg.into() });
        }
        let have_embed = imports("embed");
        for e in &file.embeds {
            let Some(id) = e.decl else { continue };
            let DeclKind::Var(v) = &file.decl(id).kind else { continue };
            let msg = if !have_embed {
                "go:embed requires import \"embed\" (or import _ \"embed\", if package is not used)"
            } else if v.names.len() > 1 {
                "go:embed cannot apply to multiple vars"
            } else if !v.values.is_empty() {
                "go:embed cannot apply to var with initializer"
            } else if v.ty.is_none() {
                "go:embed cannot apply to var without type"
            } else if !file.decls.contains(&id) {
                "go:embed cannot apply to var inside func"
            } else {
                continue;
            };
            late.push(SyntaxError { pos: e.pos, msg: msg.into() });
        }
        self.file.late_errors.append(&mut late);
        debug_assert!(self.tok() == Tok::Eof);
    }
}

/// Lines and columns of directives are at most this.
const MAX: u64 = 1 << 30;

/// The number after the last colon, and where it starts. The number is `None` if it isn't one.
fn trailing_number(text: &str) -> Option<(usize, Option<u64>)> {
    let i = text.rfind(':')? + 1;
    let digits = &text[i..];
    let n = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    Some((i, n))
}

/// The path without `.`, `..` and doubled slashes where they aren't needed. Go: `path.Clean`.
pub(crate) fn clean_path(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&p| p != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".into(),
        (false, false) => joined,
    }
}

/// Splits the arguments of `//go:embed`: words, or quoted strings. With the rest that is not well
/// quoted, if any.
fn embed_patterns(args: &str, pos: Pos) -> (Vec<(Pos, Symbol)>, Option<&str>) {
    let mut list = Vec::new();
    let mut rest = args.trim();
    while !rest.is_empty() {
        // Both are slices of `args`: the offset is their distance.
        let at = pos.offset((rest.as_ptr().addr() - args.as_ptr().addr()) as u32);
        let len = match rest.as_bytes()[0] {
            b'`' => rest[1..].find('`').map(|i| i + 2),
            b'"' => {
                let mut escaped = false;
                rest.bytes().enumerate().skip(1).find_map(|(i, b)| {
                    let ends = b == b'"' && !escaped;
                    escaped = b == b'\\' && !escaped;
                    ends.then_some(i + 1)
                })
            }
            _ => Some(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        let Some(len) = len else { return (list, Some(rest)) };
        let word = &rest[..len];
        let quoted = word.starts_with(['`', '"']);
        let Some(path) = (if quoted { unquote_str(word) } else { Some(word.into()) }) else {
            return (list, Some(rest));
        };
        rest = &rest[len..];
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return (list, Some(rest));
        }
        list.push((at, Symbol::new(&path)));
        rest = rest.trim_start();
    }
    (list, None)
}
