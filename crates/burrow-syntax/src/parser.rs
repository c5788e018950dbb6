//! From tokens to the tree: recursive descent, with gc's messages, positions and recovery.
//!
//! After an error the parser skips to a token that can go on from there and continues; it always
//! makes progress and always gives a [`File`]. Nesting is bounded by [`MAX_DEPTH`]; up to there the
//! stack grows as needed.
//!
//! [`expr`](self), declarations and files are here; statements are in `stmt`, types in `types`.

mod expr;
mod pragma;
mod stmt;
mod types;

use crate::SyntaxError;
use crate::ast::{
    Arena, Comment, ConstDecl, Decl, DeclId, DeclKind, Expr, ExprId, ExprKind, Field, File,
    FuncDecl, Ident, IdentId, ImportDecl, LitKind, Pragma, Stmt, StmtId, StmtKind, TypeDecl,
    VarDecl,
};
use crate::branches;
use crate::pos::{FileEntry, FileSet, LineTable, Pos};
use crate::scanner::{Op, Scanner, Source, Tok, line_starts};
use crate::symbol::Symbol;

/// Nesting of expressions, types and statements at most.
pub const MAX_DEPTH: u32 = 10_000;

/// What to parse, and what a file may contain.
#[derive(Clone, Copy, Default, Debug)]
pub struct Mode {
    /// Stop after the imports.
    pub imports_only: bool,
    /// Collect comments.
    pub comments: bool,
    /// The file belongs to the standard library: more directives are allowed, unknown ones aren't.
    pub std: bool,
    /// The file belongs to the runtime: directives about write barriers and stacks are allowed.
    pub runtime: bool,
}

/// Parses a file that was added to `files` with the given base. Errors are in the order of
/// positions. Sets the file's line table in `files`.
pub fn parse_file(
    files: &FileSet,
    name: &str,
    base: Pos,
    src: &[u8],
    mode: Mode,
) -> (File, Vec<SyntaxError>) {
    whole(files, name, base, src, mode, None)
}

/// As [`parse_file`], for a file that is known to be right: passes over the bodies of functions, and over the literals
/// that begin and end with braces at these offsets, in order. Errors in them are not found. What they hold is parsed by
/// [`parse_func`] and [`parse_init`] when it is wanted.
pub fn parse_outline(
    files: &FileSet,
    name: &str,
    base: Pos,
    src: &[u8],
    mode: Mode,
    literals: &[(u32, u32)],
) -> File {
    whole(files, name, base, src, mode, Some(literals)).0
}

fn whole(
    files: &FileSet,
    name: &str,
    base: Pos,
    src: &[u8],
    mode: Mode,
    outline: Option<&[(u32, u32)]>,
) -> (File, Vec<SyntaxError>) {
    let source = Source::new(src);
    let entry = FileEntry {
        name: name.into(),
        base: base.0,
        size: src.len() as u32,
        table: LineTable { lines: line_starts(src), directives: Vec::new() },
    };
    let mut p = Parser::new(&source, base, entry, mode);
    p.outline = outline;
    p.next();
    p.source_file();
    let (file, errors, table) = p.finish(&source);
    files.set_lines(base, table);
    (file, errors)
}

/// Parses one function or method of a file on its own, giving a file with nothing else in it.
///
/// `src` is the whole file and `base` its base; `pos` is the position of the declaration and `end` that of the closing
/// brace, both as an outline has them. The file set knows the lines already.
pub fn parse_func(src: &[u8], base: Pos, pos: Pos, end: Pos, mode: Mode) -> (File, DeclId) {
    part(src, base, pos, end, mode, |p| {
        let decl = p.func_decl();
        p.file.decls.push(decl);
        decl
    })
}

/// As [`parse_func`], for an expression.
pub fn parse_init(src: &[u8], base: Pos, pos: Pos, end: Pos, mode: Mode) -> (File, ExprId) {
    part(src, base, pos, end, mode, |p| p.expr())
}

fn part<T>(
    src: &[u8],
    base: Pos,
    pos: Pos,
    end: Pos,
    mode: Mode,
    parse: impl FnOnce(&mut Parser<'_>) -> T,
) -> (File, T) {
    let src = &src[(pos.0 - base.0) as usize..(end.0 - base.0) as usize + 1];
    let source = Source::new(src);
    let (size, table) = (src.len() as u32, LineTable::default());
    let entry = FileEntry { name: "".into(), base: pos.0, size, table };
    let mut p = Parser::new(&source, pos, entry, mode);
    p.top = false;
    p.next();
    let root = parse(&mut p);
    (p.finish(&source).0, root)
}

struct Parser<'a> {
    scanner: Scanner<'a>,
    file: File,
    entry: FileEntry,
    mode: Mode,
    /// Bodies are passed over, and literals at these offsets.
    outline: Option<&'a [(u32, u32)]>,
    errors: Vec<SyntaxError>,
    /// Offsets of errors of encoding, which are reported at the end.
    bad_bytes: Vec<usize>,
    pragmas: pragma::Pragmas,
    /// Before the package clause.
    top: bool,
    /// Depth of functions, for recovery.
    fnest: u32,
    /// Depth of expressions, to tell composite literals from blocks; negative in headers.
    xnest: i32,
    depth: u32,
    groups: u32,
    cache: SymbolCache,
}

/// Symbols of names seen lately, so that most names don't go to the table all threads share.
struct SymbolCache(Vec<Option<(&'static str, Symbol)>>);

impl SymbolCache {
    const SIZE: usize = 1024;

    fn symbol(&mut self, s: &str) -> Symbol {
        let b = s.as_bytes();
        let n = b.len();
        if n == 0 {
            return Symbol::new(s);
        }
        let mix = usize::from(b[0]) ^ usize::from(b[n - 1]) << 3 ^ usize::from(b[n / 2]) << 5;
        let slot = &mut self.0[(mix ^ n << 7) % Self::SIZE];
        if let Some((text, sym)) = *slot
            && text == s
        {
            return sym;
        }
        let sym = Symbol::new(s);
        *slot = Some((sym.as_str(), sym));
        sym
    }
}

/// Tokens that start a statement: good points to go on after an error.
const STOP: u64 = 1 << Tok::Break as u8
    | 1 << Tok::Const as u8
    | 1 << Tok::Continue as u8
    | 1 << Tok::Defer as u8
    | 1 << Tok::Fallthrough as u8
    | 1 << Tok::For as u8
    | 1 << Tok::Go as u8
    | 1 << Tok::Goto as u8
    | 1 << Tok::If as u8
    | 1 << Tok::Return as u8
    | 1 << Tok::Select as u8
    | 1 << Tok::Switch as u8
    | 1 << Tok::Type as u8
    | 1 << Tok::Var as u8;

const TOP_LEVEL: &[Tok] = &[Tok::Import, Tok::Const, Tok::Type, Tok::Var, Tok::Func];

/// The token in English, for messages.
fn token_words(tok: Tok) -> String {
    match tok {
        Tok::Comma => "comma".into(),
        Tok::Semi => "semicolon or newline".into(),
        t if t.is_keyword() => format!("keyword {}", t.text()),
        t => t.text().into(),
    }
}

/// A list of fields or statements, ready to be part of the tree.
fn boxed<T>(v: Vec<T>) -> Box<[T]> {
    v.into_boxed_slice()
}

impl<'a> Parser<'a> {
    fn new(source: &'a Source<'_>, base: Pos, entry: FileEntry, mode: Mode) -> Parser<'a> {
        let mut scanner = Scanner::new(&source.text, source.start, base);
        if mode.comments {
            scanner.comments = Some(Vec::new());
        }
        let file = File {
            base,
            size: entry.size,
            pos: base,
            package: None,
            imports: Vec::new(),
            decls: Vec::new(),
            eof: base.offset(entry.size),
            go_version: None,
            build_constraint: None,
            directives: Vec::new(),
            pragma: Pragma::default(),
            linknames: Vec::new(),
            embeds: Vec::new(),
            late_errors: Vec::new(),
            comments: Vec::new(),
            idents: Arena::default(),
            exprs: Arena::default(),
            stmts: Arena::default(),
            all_decls: Arena::default(),
            cases: Arena::default(),
        };
        Parser {
            scanner,
            file,
            entry,
            mode,
            outline: None,
            errors: Vec::new(),
            bad_bytes: source.errors.iter().map(|e| e.0).collect(),
            pragmas: pragma::Pragmas::default(),
            top: true,
            fnest: 0,
            xnest: 0,
            depth: 0,
            groups: 0,
            cache: SymbolCache(vec![None; SymbolCache::SIZE]),
        }
    }

    fn finish(mut self, source: &Source<'_>) -> (File, Vec<SyntaxError>, LineTable) {
        let mut errors = self.errors;
        // Scanning stops after the imports in that mode; errors further on are not looked for.
        let seen = if self.mode.imports_only { self.scanner.start } else { usize::MAX };
        errors.extend(source.errors.iter().filter(|e| e.0 <= seen).map(|&(offset, msg)| {
            SyntaxError { pos: self.file.base.offset(offset as u32), msg: msg.into() }
        }));
        errors.sort_by_key(|e| e.pos);
        if let Some(list) = &self.scanner.comments {
            let pos = |offset| self.scanner.pos_at(offset);
            self.file.comments =
                list.iter().map(|&(a, b)| Comment { pos: pos(a), end: pos(b) }).collect();
        }
        (self.file, errors, self.entry.table)
    }

    // -----------------------------------------------------------------------------------------
    // Tokens

    fn tok(&self) -> Tok {
        self.scanner.tok
    }

    fn pos(&self) -> Pos {
        self.scanner.pos()
    }

    fn next(&mut self) {
        self.scanner.next();
        if !self.scanner.directives.is_empty() {
            self.handle_directives();
        }
        if !self.scanner.errors.is_empty() {
            self.errors.append(&mut self.scanner.errors);
        }
    }

    fn got(&mut self, tok: Tok) -> bool {
        let found = self.tok() == tok;
        if found {
            self.next();
        }
        found
    }

    fn want(&mut self, tok: Tok) {
        if !self.got(tok) {
            self.syntax_error(&format!("expected {}", token_words(tok)));
            self.advance(&[]);
        }
    }

    /// `=`; takes `:=` too, with an error.
    fn got_assign(&mut self) -> bool {
        match self.tok() {
            Tok::Define => {
                self.syntax_error("expected =");
                self.next();
                true
            }
            Tok::Assign => {
                self.next();
                true
            }
            _ => false,
        }
    }

    fn is_op(&self, op: Op) -> bool {
        self.tok() == Tok::Operator && self.scanner.op == op
    }

    // -----------------------------------------------------------------------------------------
    // Errors

    fn error_at(&mut self, pos: Pos, msg: impl Into<String>) {
        self.errors.push(SyntaxError { pos, msg: msg.into() });
    }

    /// Reports whether there was an error up to the current token.
    fn has_errors(&self) -> bool {
        !self.errors.is_empty() || self.bad_bytes.first().is_some_and(|&o| o <= self.scanner.start)
    }

    fn syntax_error(&mut self, msg: &str) {
        self.syntax_error_at(self.pos(), msg);
    }

    /// A message that starts with `expected`, `in`, `at` or `after` goes on from `unexpected TOKEN`.
    fn syntax_error_at(&mut self, pos: Pos, msg: &str) {
        if self.tok() == Tok::Eof && self.has_errors() {
            // Nothing that follows at the end of the file is worth a message.
            return;
        }
        let follows =
            ["in ", "at ", "after ", "expected "].into_iter().find(|p| msg.starts_with(p));
        let tail = match follows {
            None => return self.error_at(pos, format!("syntax error: {msg}")),
            Some("expected ") => format!(", {msg}"),
            Some(_) => format!(" {msg}"),
        };
        let s = &self.scanner;
        let tok = match s.tok {
            Tok::Name => format!("name {}", s.lit),
            Tok::Semi => s.lit.into(),
            Tok::Literal => format!("literal {}", s.lit),
            Tok::Operator => s.op.text().into(),
            Tok::AssignOp => format!("{}=", s.op.text()),
            Tok::IncOp => s.op.text().repeat(2),
            t => token_words(t),
        };
        self.error_at(pos, format!("syntax error: unexpected {tok}{tail}"));
    }

    /// Skips to one of `follow`, or, inside of functions, to the start of a statement. Skips one
    /// token if `follow` is empty.
    fn advance(&mut self, follow: &[Tok]) {
        let mut set = Tok::Eof.bit();
        if !follow.is_empty() {
            if self.fnest > 0 {
                set |= STOP;
            }
            set |= follow.iter().fold(0, |s, t| s | t.bit());
        }
        while set & self.tok().bit() == 0 {
            self.next();
            if follow.is_empty() {
                break;
            }
        }
    }

    /// Runs `f` one level deeper. Beyond the limit the rest of the file is left out.
    fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        if self.depth > MAX_DEPTH && self.tok() != Tok::Eof {
            self.error_at(self.pos(), "exceeded max nesting depth");
            self.scanner.stop();
        }
        let result = if self.depth.is_multiple_of(8) {
            stacker::maybe_grow(256 << 10, 4 << 20, || f(self))
        } else {
            f(self)
        };
        self.depth -= 1;
        result
    }

    // -----------------------------------------------------------------------------------------
    // Making nodes

    fn mk(&mut self, pos: Pos, kind: ExprKind) -> ExprId {
        self.file.exprs.push(Expr { pos, kind })
    }

    fn mk_stmt(&mut self, pos: Pos, kind: StmtKind) -> StmtId {
        self.file.stmts.push(Stmt { pos, kind })
    }

    fn bad_expr(&mut self) -> ExprId {
        self.mk(self.pos(), ExprKind::Bad)
    }

    fn kind(&self, id: ExprId) -> &ExprKind {
        self.file.expr(id)
    }

    fn mk_ident(&mut self, pos: Pos, name: &str) -> IdentId {
        let name = self.cache.symbol(name);
        self.file.idents.push(Ident { name, pos })
    }

    fn name_expr(&mut self, id: IdentId) -> ExprId {
        self.mk(self.file.idents[id].pos, ExprKind::Name(id))
    }

    /// The identifier, if the expression is just a name.
    fn as_name(&self, id: ExprId) -> Option<IdentId> {
        match *self.kind(id) {
            ExprKind::Name(n) => Some(n),
            _ => None,
        }
    }

    // -----------------------------------------------------------------------------------------
    // Names and literals

    fn name(&mut self) -> IdentId {
        let pos = self.pos();
        if self.tok() == Tok::Name {
            let id = self.mk_ident(pos, self.scanner.lit);
            self.next();
            return id;
        }
        let id = self.mk_ident(pos, "_");
        self.syntax_error("expected name");
        self.advance(&[]);
        id
    }

    fn name_list(&mut self, first: IdentId) -> Box<[IdentId]> {
        let mut list = vec![first];
        while self.got(Tok::Comma) {
            list.push(self.name());
        }
        boxed(list)
    }

    /// A literal, if there is one.
    fn literal(&mut self) -> Option<ExprId> {
        if self.tok() != Tok::Literal {
            return None;
        }
        let text = Symbol::new(self.scanner.lit);
        let (kind, bad) = (self.scanner.kind, self.scanner.bad);
        let id = self.mk(self.pos(), ExprKind::BasicLit { kind, text, bad });
        self.next();
        Some(id)
    }

    // -----------------------------------------------------------------------------------------
    // Files

    fn source_file(&mut self) {
        self.file.pos = self.pos();
        self.top = false;
        if !self.got(Tok::Package) {
            self.syntax_error("package statement must be first");
            return;
        }
        let taken = self.take_pragma(Pragma::GO_BUILD, false);
        self.file.pragma = taken.0;
        let name = self.name();
        self.want(Tok::Semi);
        // Nothing that follows a broken package clause is worth looking at.
        if self.has_errors() {
            return;
        }
        self.file.package = Some(name);

        let mut prev = Tok::Import;
        while self.tok() != Tok::Eof {
            if self.mode.imports_only && self.tok() != Tok::Import {
                break;
            }
            if self.tok() == Tok::Import && prev != Tok::Import {
                self.syntax_error("imports must appear before other declarations");
            }
            prev = self.tok();
            if !self.top_level_decl() {
                continue;
            }
            // Before the next token, since comments before that belong to the next declaration.
            self.clear_pragma();
            if self.tok() != Tok::Eof && !self.got(Tok::Semi) {
                self.syntax_error("after top level declaration");
                self.advance(TOP_LEVEL);
            }
        }
        if self.mode.imports_only {
            return;
        }
        self.clear_pragma();
        self.file.eof = self.pos();
        self.check_directives();
    }

    /// One declaration; false if there was none, and tokens were skipped.
    fn top_level_decl(&mut self) -> bool {
        match self.tok() {
            Tok::Import => self.group(Self::import_decl),
            Tok::Const => self.group(Self::const_decl),
            Tok::Type => self.group(Self::type_decl),
            Tok::Var => self.group(Self::var_decl),
            Tok::Func => {
                self.next();
                let d = self.func_decl();
                self.file.decls.push(d);
                return true;
            }
            _ => {
                let after_signature = self.file.decls.last().is_some_and(
                    |&d| matches!(&self.file.decl(d).kind, DeclKind::Func(f) if f.body.is_none()),
                );
                if self.tok() == Tok::Lbrace && after_signature {
                    self.syntax_error("unexpected semicolon or newline before {");
                } else {
                    self.syntax_error("non-declaration statement outside function body");
                }
                self.advance(TOP_LEVEL);
                return false;
            }
        }
        .into_iter()
        .for_each(|d| {
            if let DeclKind::Import(_) = self.file.decl(d).kind {
                self.file.imports.push(d);
            }
            self.file.decls.push(d);
        });
        true
    }

    /// A list of elements up to `close`, separated by `sep` (optional before `close`). `f` gives
    /// true if no element may follow. Gives the position of the closing token.
    fn list(
        &mut self,
        context: &str,
        sep: Tok,
        close: Tok,
        mut f: impl FnMut(&mut Self) -> bool,
    ) -> Pos {
        let mut done = false;
        while self.tok() != Tok::Eof && self.tok() != close && !done {
            done = f(self);
            if !self.got(sep) && self.tok() != close {
                self.syntax_error(&format!(
                    "in {context}; possibly missing {} or {}",
                    token_words(sep),
                    token_words(close)
                ));
                self.advance(&[Tok::Rparen, Tok::Rbrack, Tok::Rbrace]);
                if self.tok() != close {
                    return self.pos();
                }
            }
        }
        let pos = self.pos();
        self.want(close);
        pos
    }

    /// A keyword, and one spec or several in parentheses.
    fn group(&mut self, spec: impl Fn(&mut Self, &mut Group) -> DeclId) -> Vec<DeclId> {
        self.next();
        let mut group = Group::default();
        if self.tok() != Tok::Lparen {
            return vec![spec(self, &mut group)];
        }
        self.groups += 1;
        group.number = self.groups;
        self.clear_pragma();
        self.next();
        let mut list = Vec::new();
        self.list("grouped declaration", Tok::Semi, Tok::Rparen, |p| {
            list.push(spec(p, &mut group));
            group.index += 1;
            false
        });
        list
    }

    // -----------------------------------------------------------------------------------------
    // Declarations

    fn mk_decl(&mut self, head: DeclHead, group: u32, kind: DeclKind) -> DeclId {
        let DeclHead { pos, pragma, directives, embeds } = head;
        let id = self.file.all_decls.push(Decl { pos, group, pragma, directives, kind });
        for i in embeds.0..embeds.1 {
            self.file.embeds[i as usize].decl = Some(id);
        }
        id
    }

    /// The start of a declaration: its position and the directives before it.
    fn decl_head(&mut self, pos: Pos, allowed: Pragma, embeds_ok: bool) -> DeclHead {
        let (pragma, directives, embeds) = self.take_pragma(allowed, embeds_ok);
        DeclHead { pos, pragma, directives, embeds }
    }

    fn import_decl(&mut self, group: &mut Group) -> DeclId {
        let head = self.decl_head(self.pos(), Pragma::default(), false);
        let name = match self.tok() {
            Tok::Name => Some(self.name()),
            Tok::Dot => {
                let dot = self.mk_ident(self.pos(), ".");
                self.next();
                Some(dot)
            }
            _ => None,
        };
        let lit = self.literal();
        let mut path = None;
        match lit.map(|l| (l, self.kind(l).clone())) {
            None => {
                self.syntax_error("missing import path");
                self.advance(&[Tok::Semi, Tok::Rparen]);
            }
            Some((l, ExprKind::BasicLit { kind, text, bad: false })) => {
                if kind == LitKind::String {
                    path = crate::literal::unquote_str(text.as_str()).map(|s| Symbol::new(&s));
                } else {
                    let pos = self.file.exprs[l].pos;
                    self.syntax_error_at(pos, "import path must be a string");
                    if let ExprKind::BasicLit { bad, .. } = &mut self.file.exprs.get_mut(l).kind {
                        *bad = true;
                    }
                }
            }
            Some(_) => {}
        }
        self.mk_decl(head, group.number, DeclKind::Import(ImportDecl { name, path, lit }))
    }

    fn const_decl(&mut self, group: &mut Group) -> DeclId {
        let head = self.decl_head(self.pos(), Pragma::default(), false);
        let first = self.name();
        let names = self.name_list(first);
        let mut ty = None;
        let mut values = Box::default();
        if !matches!(self.tok(), Tok::Eof | Tok::Semi | Tok::Rparen) {
            ty = self.type_or_nil();
            if self.got_assign() {
                values = self.expr_list();
            }
        }
        let repeats = ty.is_none() && values.is_empty();
        let d = ConstDecl {
            names,
            ty,
            values,
            iota: group.index,
            inherits: if repeats { group.last_const } else { None },
        };
        let id = self.mk_decl(head, group.number, DeclKind::Const(d));
        if !repeats {
            group.last_const = Some(id);
        }
        id
    }

    fn var_decl(&mut self, group: &mut Group) -> DeclId {
        let head = self.decl_head(self.pos(), Pragma::default(), true);
        let first = self.name();
        let names = self.name_list(first);
        let mut ty = None;
        let mut values = Box::default();
        if self.got_assign() {
            values = self.expr_list();
        } else {
            ty = Some(self.type_());
            if self.got_assign() {
                values = self.expr_list();
            }
        }
        self.mk_decl(head, group.number, DeclKind::Var(VarDecl { names, ty, values }))
    }

    fn type_decl(&mut self, group: &mut Group) -> DeclId {
        let head = self.decl_head(self.pos(), Pragma::default(), false);
        let name = self.name();
        let mut tparams = Box::default();
        let mut alias = false;
        let ty;
        if self.tok() == Tok::Lbrack {
            let pos = self.pos();
            self.next();
            match self.tok() {
                Tok::Name => match self.array_or_tparams() {
                    Ok(list) => {
                        tparams = list;
                        alias = self.got_assign();
                        ty = self.type_or_nil();
                    }
                    Err(len) => ty = Some(self.array_type(pos, Some(len))),
                },
                Tok::Rbrack => {
                    self.next();
                    ty = Some(self.slice_type(pos));
                }
                _ => ty = Some(self.array_type(pos, None)),
            }
        } else {
            alias = self.got_assign();
            ty = self.type_or_nil();
        }
        let ty = ty.unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("in type declaration");
            self.advance(&[Tok::Semi, Tok::Rparen]);
            bad
        });
        let kind = DeclKind::Type(TypeDecl { name, tparams, alias, ty });
        self.mk_decl(head, group.number, kind)
    }

    /// After `type T[` and before a name: either a list of type parameters, or the length of an
    /// array. An expression decides: one that reads as `name constraint` starts a list.
    fn array_or_tparams(&mut self) -> Result<Box<[Field]>, ExprId> {
        let name = self.name();
        let mut x = self.name_expr(name);
        // Indexed names can't be constants: with `[` a constraint starts.
        if self.tok() != Tok::Lbrack {
            self.xnest += 1;
            x = self.pexpr(Some(x), false);
            x = self.binary_expr(Some(x), 0);
            self.xnest -= 1;
        }
        match self.extract_name(x, self.tok() == Tok::Comma) {
            Some((name, ty)) if ty.is_some() || self.tok() != Tok::Rbrack => {
                Ok(boxed(self.param_list(Some(name), ty, Tok::Rbrack, true, false)))
            }
            _ => Err(x),
        }
    }

    /// Splits an expression like `P *T` into name and type, if what follows the name can only be a
    /// type, or always if `force`.
    fn extract_name(&mut self, x: ExprId, force: bool) -> Option<(IdentId, Option<ExprId>)> {
        use crate::ast::BinaryOp;
        let pos = self.file.exprs[x].pos;
        match *self.kind(x) {
            ExprKind::Name(n) => Some((n, None)),
            ExprKind::Binary { op: BinaryOp::Mul, x: lhs, y } => {
                let name = self.as_name(lhs)?;
                (force || self.is_type_elem(y))
                    .then(|| (name, Some(self.mk(pos, ExprKind::Star(y)))))
            }
            ExprKind::Binary { op: BinaryOp::Or, x: lhs, y } => {
                let force = force || self.is_type_elem(y);
                let (name, ty) = self.deeper(|p| p.extract_name(lhs, force))?;
                let kind = ExprKind::Binary { op: BinaryOp::Or, x: ty?, y };
                Some((name, Some(self.mk(pos, kind))))
            }
            ExprKind::Call { fun, ref args, has_dots: false, .. } if args.len() == 1 => {
                let arg = args[0];
                let name = self.as_name(fun)?;
                (force || self.is_type_elem(arg)).then(|| (name, Some(self.file.unparen(arg))))
            }
            _ => None,
        }
    }

    /// Reports whether an expression can only be an element of a type set.
    fn is_type_elem(&self, x: ExprId) -> bool {
        use crate::ast::UnaryOp;
        match *self.kind(x) {
            ExprKind::ArrayType { .. }
            | ExprKind::StructType { .. }
            | ExprKind::FuncType { .. }
            | ExprKind::InterfaceType { .. }
            | ExprKind::SliceType(_)
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. }
            | ExprKind::Unary { op: UnaryOp::Tilde, .. } => true,
            ExprKind::Binary { x, y, .. } => self.is_type_elem(x) || self.is_type_elem(y),
            ExprKind::Unary { x, .. } | ExprKind::Star(x) | ExprKind::Paren(x) => {
                self.is_type_elem(x)
            }
            _ => false,
        }
    }

    /// After `func`: like gc's, the position of a function is that of what follows the keyword.
    fn func_decl(&mut self) -> DeclId {
        let head = self.decl_head(self.pos(), Pragma::FUNC, false);
        let mut recv = None;
        let mut has_recv = false;
        if self.got(Tok::Lparen) {
            has_recv = true;
            let mut list = self.param_list(None, None, Tok::Rparen, false, false).into_iter();
            recv = list.next();
            match (&recv, list.next()) {
                (None, _) => self.error_at(self.pos(), "method has no receiver"),
                (_, Some(_)) => self.error_at(self.pos(), "method has multiple receivers"),
                _ => {}
            }
        }
        let (name, tparams, ty);
        if self.tok() == Tok::Name {
            name = self.name();
            (tparams, ty) = self.func_type("");
        } else {
            name = self.mk_ident(self.pos(), "_");
            tparams = Box::default();
            ty = self.mk(
                self.pos(),
                ExprKind::FuncType { params: Box::default(), results: Box::default() },
            );
            self.syntax_error(if has_recv { "expected name" } else { "expected name or (" });
            self.advance(&[Tok::Lbrace, Tok::Semi]);
        }
        let passed_over = self.pass_over_body();
        let outlined = passed_over.is_some();
        let body = passed_over.or_else(|| (self.tok() == Tok::Lbrace).then(|| self.func_body()));
        let kind = DeclKind::Func(Box::new(FuncDecl { recv, name, tparams, ty, body, outlined }));
        self.mk_decl(head, 0, kind)
    }

    /// In an outline, the body of a function without its statements.
    fn pass_over_body(&mut self) -> Option<crate::ast::Block> {
        if self.outline.is_none() || self.mode.comments || self.tok() != Tok::Lbrace {
            return None;
        }
        let pos = self.pos();
        let rbrace = self.scanner.pass_over_block()?;
        self.next();
        Some(crate::ast::Block { pos, stmts: Box::default(), rbrace })
    }

    /// In an outline, the end of a literal that is to be passed over.
    fn pass_over_literal(&mut self) -> Option<Pos> {
        let literals = self.outline?;
        let i = literals.binary_search_by_key(&(self.scanner.start as u32), |l| l.0).ok()?;
        let rbrace = self.scanner.pass_over_to(literals[i].1 as usize)?;
        self.next();
        Some(rbrace)
    }

    fn func_body(&mut self) -> crate::ast::Block {
        self.fnest += 1;
        let errors = self.errors.len();
        let body = self.block("");
        self.fnest -= 1;
        // A body with syntax errors would only give errors that follow from them.
        if errors == self.errors.len() {
            self.errors.extend(branches::check(&self.file, &self.entry, &body));
        }
        body
    }
}

/// What specs of one declaration share.
#[derive(Default)]
struct Group {
    /// 0 without parentheses.
    number: u32,
    /// The index of the current spec.
    index: u32,
    /// The last constant spec with a type or values.
    last_const: Option<DeclId>,
}

#[derive(Clone, Copy)]
struct DeclHead {
    pos: Pos,
    pragma: Pragma,
    directives: (u32, u32),
    embeds: (u32, u32),
}
