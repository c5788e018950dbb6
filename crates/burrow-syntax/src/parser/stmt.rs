//! Statements.

use super::{Parser, boxed};
use crate::ast::{
    BinaryOp, Block, BranchKind, CaseClause, CaseId, CommClause, ExprId, ExprKind, IdentId, StmtId,
    StmtKind,
};
use crate::pos::Pos;
use crate::print::{expr_string, simple_stmt_string};
use crate::scanner::{Op, Tok};

/// What a simple statement is, where a range clause may stand too.
enum Simple {
    Stmt(StmtId),
    Range { lhs: Box<[ExprId]>, define: bool, pos: Pos, x: ExprId },
}

/// What stands between a keyword and its block.
#[derive(Default)]
struct Header {
    init: Option<StmtId>,
    cond: Option<ExprId>,
    post: Option<StmtId>,
    range: Option<(Box<[ExprId]>, bool, Pos, ExprId)>,
}

impl Parser<'_> {
    /// A block. The context is for the message when `{` is missing.
    pub(super) fn block(&mut self, context: &str) -> Block {
        let pos = self.pos();
        if !self.got(Tok::Lbrace) {
            self.syntax_error(&format!("expected {{ after {context}"));
            self.advance(&[Tok::Name, Tok::Rbrace]);
            let rbrace = self.pos();
            if self.got(Tok::Rbrace) {
                return Block { pos, stmts: Box::default(), rbrace };
            }
        }
        let stmts = self.stmt_list();
        let rbrace = self.pos();
        self.want(Tok::Rbrace);
        Block { pos, stmts, rbrace }
    }

    fn stmt_list(&mut self) -> Box<[StmtId]> {
        let mut list = Vec::new();
        while !matches!(self.tok(), Tok::Eof | Tok::Rbrace | Tok::Case | Tok::Default) {
            let s = self.stmt_or_nil();
            self.clear_pragma();
            let Some(s) = s else { break };
            list.push(s);
            if !self.got(Tok::Semi) && self.tok() != Tok::Rbrace {
                self.syntax_error("at end of statement");
                self.advance(&[Tok::Semi, Tok::Rbrace, Tok::Case, Tok::Default]);
                self.got(Tok::Semi);
            }
        }
        boxed(list)
    }

    fn stmt_or_nil(&mut self) -> Option<StmtId> {
        self.deeper(Self::stmt_or_nil_here)
    }

    fn stmt_or_nil_here(&mut self) -> Option<StmtId> {
        let pos = self.pos();
        // Most statements start with a name.
        if self.tok() == Tok::Name {
            self.clear_pragma();
            let lhs = self.expr_list();
            if let [x] = *lhs
                && let Some(label) = self.as_name(x)
                && self.tok() == Tok::Colon
            {
                return self.labeled_stmt(label);
            }
            return Some(self.simple_stmt_after(lhs));
        }
        let decls = match self.tok() {
            Tok::Var => Some(self.group(Self::var_decl)),
            Tok::Const => Some(self.group(Self::const_decl)),
            Tok::Type => Some(self.group(Self::type_decl)),
            _ => None,
        };
        if let Some(decls) = decls {
            return Some(self.mk_stmt(pos, StmtKind::Decl(boxed(decls))));
        }
        self.clear_pragma();
        let kind = match self.tok() {
            Tok::Lbrace => StmtKind::Block(self.block("")),
            Tok::Operator | Tok::Star => match self.scanner.op {
                Op::Binary(
                    BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::And | BinaryOp::Xor,
                )
                | Op::Not => return Some(self.simple_stmt_here()),
                _ => return None,
            },
            Tok::Literal
            | Tok::Func
            | Tok::Lparen
            | Tok::Lbrack
            | Tok::Struct
            | Tok::Map
            | Tok::Chan
            | Tok::Interface
            | Tok::Arrow => return Some(self.simple_stmt_here()),
            Tok::For => self.for_stmt(),
            Tok::Switch => self.switch_stmt(),
            Tok::Select => self.select_stmt(),
            Tok::If => self.if_stmt(),
            Tok::Fallthrough => {
                self.next();
                StmtKind::Branch { kind: BranchKind::Fallthrough, label: None }
            }
            Tok::Break | Tok::Continue => {
                let kind =
                    if self.tok() == Tok::Break { BranchKind::Break } else { BranchKind::Continue };
                self.next();
                let label = (self.tok() == Tok::Name).then(|| self.name());
                StmtKind::Branch { kind, label }
            }
            Tok::Goto => {
                self.next();
                StmtKind::Branch { kind: BranchKind::Goto, label: Some(self.name()) }
            }
            Tok::Go | Tok::Defer => self.call_stmt(),
            Tok::Return => {
                self.next();
                let results = if matches!(self.tok(), Tok::Semi | Tok::Rbrace) {
                    Box::default()
                } else {
                    self.expr_list()
                };
                StmtKind::Return(results)
            }
            Tok::Semi => StmtKind::Empty,
            _ => return None,
        };
        Some(self.mk_stmt(pos, kind))
    }

    /// After a label, at `:`.
    fn labeled_stmt(&mut self, label: IdentId) -> Option<StmtId> {
        let pos = self.pos();
        self.want(Tok::Colon);
        let stmt = if self.tok() == Tok::Rbrace {
            // A semicolon may be left out here: the statement is empty.
            self.mk_stmt(self.pos(), StmtKind::Empty)
        } else {
            let Some(stmt) = self.stmt_or_nil() else {
                self.syntax_error_at(pos, "missing statement after label");
                return None;
            };
            stmt
        };
        Some(self.mk_stmt(pos, StmtKind::Labeled { label, stmt }))
    }

    // -----------------------------------------------------------------------------------------
    // Simple statements

    fn simple_stmt_here(&mut self) -> StmtId {
        let lhs = self.expr_list();
        self.simple_stmt_after(lhs)
    }

    fn simple_stmt_after(&mut self, lhs: Box<[ExprId]>) -> StmtId {
        match self.simple_stmt(Some(lhs), None) {
            Simple::Stmt(s) => s,
            Simple::Range { .. } => unreachable!("ranges are for headers of `for`"),
        }
    }

    /// A simple statement, after its first list if that is given. `keyword` says of which header
    /// it is the first.
    fn simple_stmt(&mut self, lhs: Option<Box<[ExprId]>>, keyword: Option<Tok>) -> Simple {
        if keyword == Some(Tok::For) && self.tok() == Tok::Range {
            return self.range_clause(Box::default(), false);
        }
        let lhs = match lhs {
            Some(lhs) => lhs,
            None => self.expr_list(),
        };
        let pos = self.pos();
        match self.tok() {
            Tok::Assign | Tok::Define => {
                let define = self.tok() == Tok::Define;
                self.next();
                if keyword == Some(Tok::For) && self.tok() == Tok::Range {
                    return self.range_clause(lhs, define);
                }
                let rhs = self.expr_list();
                if define
                    && keyword == Some(Tok::Switch)
                    && let ([x], [guard]) = (&*lhs, &*rhs)
                    && let Some(name) = self.as_name(*x)
                    && let ExprKind::TypeSwitchGuard { lhs, .. } =
                        &mut self.file.exprs.get_mut(*guard).kind
                {
                    *lhs = Some(name);
                    let pos = self.file.exprs[*guard].pos;
                    return Simple::Stmt(self.mk_stmt(pos, StmtKind::Expr(*guard)));
                }
                let kind = if define {
                    StmtKind::Define { lhs, rhs }
                } else {
                    StmtKind::Assign { op: None, lhs, rhs }
                };
                return Simple::Stmt(self.mk_stmt(pos, kind));
            }
            _ if lhs.len() > 1 => {
                self.syntax_error("expected := or = or comma");
                self.advance(&[Tok::Semi, Tok::Rbrace]);
            }
            Tok::AssignOp => {
                let op = match self.scanner.op {
                    Op::Binary(op) => Some(op),
                    Op::Not | Op::Tilde => None,
                };
                self.next();
                let rhs = boxed(vec![self.expr()]);
                return Simple::Stmt(self.mk_stmt(pos, StmtKind::Assign { op, lhs, rhs }));
            }
            Tok::IncOp => {
                let inc = self.scanner.op == Op::Binary(BinaryOp::Add);
                self.next();
                return Simple::Stmt(self.mk_stmt(pos, StmtKind::IncDec { x: lhs[0], inc }));
            }
            Tok::Arrow => {
                self.next();
                let value = self.expr();
                let kind = StmtKind::Send { chan: lhs[0], value };
                return Simple::Stmt(self.mk_stmt(pos, kind));
            }
            _ => {}
        }
        let pos = self.file.exprs[lhs[0]].pos;
        Simple::Stmt(self.mk_stmt(pos, StmtKind::Expr(lhs[0])))
    }

    fn range_clause(&mut self, lhs: Box<[ExprId]>, define: bool) -> Simple {
        let pos = self.pos();
        self.next();
        let x = self.expr();
        Simple::Range { lhs, define, pos, x }
    }

    /// `go` or `defer`, and a call.
    fn call_stmt(&mut self) -> StmtKind {
        let keyword = self.tok();
        self.next();
        let x = self.pexpr(None, self.tok() == Tok::Lparen);
        let call = self.file.unparen(x);
        if call != x {
            let pos = self.file.exprs[x].pos;
            let word = keyword.text();
            self.error_at(pos, format!("expression in {word} must not be parenthesized"));
        }
        if keyword == Tok::Go { StmtKind::Go(call) } else { StmtKind::Defer(call) }
    }

    // -----------------------------------------------------------------------------------------
    // Headers and what has them

    fn header(&mut self, keyword: Tok) -> Header {
        let mut h = Header::default();
        self.want(keyword);
        if self.tok() == Tok::Lbrace {
            if keyword == Tok::If {
                self.syntax_error("missing condition in if statement");
                h.cond = Some(self.bad_expr());
            }
            return h;
        }
        let outer = std::mem::replace(&mut self.xnest, -1);
        if self.tok() != Tok::Semi {
            if self.got(Tok::Var) {
                self.syntax_error(&format!(
                    "var declaration not allowed in {} initializer",
                    keyword.text()
                ));
            }
            match self.simple_stmt(None, Some(keyword)) {
                Simple::Stmt(s) => h.init = Some(s),
                Simple::Range { lhs, define, pos, x } => {
                    h.range = Some((lhs, define, pos, x));
                    self.xnest = outer;
                    return h;
                }
            }
        }
        let mut semi = None;
        let cond = if self.tok() == Tok::Lbrace {
            h.init.take()
        } else {
            if self.tok() == Tok::Semi {
                semi = Some((self.pos(), self.scanner.lit));
                self.next();
            } else {
                // Asking for `{` rather than `;` gives the better message.
                self.want(Tok::Lbrace);
                if self.tok() != Tok::Lbrace {
                    self.advance(&[Tok::Lbrace, Tok::Rbrace]);
                }
            }
            self.header_tail(keyword, &mut h)
        };
        match cond {
            None if keyword == Tok::If => {
                if let Some((pos, lit)) = semi {
                    if lit == "semicolon" {
                        self.syntax_error_at(pos, "missing condition in if statement");
                    } else {
                        let msg = format!("unexpected {lit}, expected {{ after if clause");
                        self.syntax_error_at(pos, &msg);
                    }
                    h.cond = Some(self.mk(pos, ExprKind::Bad));
                }
            }
            None => {}
            Some(s) => h.cond = self.condition(s),
        }
        self.xnest = outer;
        h
    }

    /// After the first semicolon: the statement that should be the condition. The post statement
    /// of a loop goes to the header.
    fn header_tail(&mut self, keyword: Tok, h: &mut Header) -> Option<StmtId> {
        if keyword != Tok::For {
            if self.tok() == Tok::Lbrace {
                return None;
            }
            return self.header_stmt(Some(keyword));
        }
        let mut cond = None;
        if self.tok() != Tok::Semi {
            if self.tok() == Tok::Lbrace {
                self.syntax_error("expected for loop condition");
                return None;
            }
            cond = self.header_stmt(None);
        }
        self.want(Tok::Semi);
        if self.tok() != Tok::Lbrace {
            h.post = self.header_stmt(None);
            if let Some(s) = h.post
                && let StmtKind::Define { .. } = self.file.stmt(s)
            {
                let pos = self.file.stmts[s].pos;
                self.syntax_error_at(pos, "cannot declare in post statement of for loop");
            }
        }
        cond
    }

    fn header_stmt(&mut self, keyword: Option<Tok>) -> Option<StmtId> {
        match self.simple_stmt(None, keyword) {
            Simple::Stmt(s) => Some(s),
            Simple::Range { .. } => None,
        }
    }

    /// The expression that a statement in the place of a condition is.
    fn condition(&mut self, s: StmtId) -> Option<ExprId> {
        let shown = match self.file.stmt(s) {
            StmtKind::Expr(x) => return Some(*x),
            // Most often `=` was written for `==`; parentheses make the mistake visible.
            StmtKind::Assign { op: None, lhs, rhs } => {
                format!("assignment {} = {}", self.emphasized(lhs), self.emphasized(rhs))
            }
            _ => simple_stmt_string(&self.file, s),
        };
        let pos = self.file.stmts[s].pos;
        self.syntax_error_at(pos, &format!("cannot use {shown} as value"));
        None
    }

    fn emphasized(&self, list: &[ExprId]) -> String {
        match *list {
            [x] if matches!(self.kind(x), ExprKind::Binary { .. }) => {
                format!("({})", expr_string(&self.file, x))
            }
            _ => crate::print::exprs_string(&self.file, list),
        }
    }

    fn if_stmt(&mut self) -> StmtKind {
        let h = self.header(Tok::If);
        let cond = match h.cond {
            Some(x) => x,
            None => self.bad_expr(),
        };
        let then = Box::new(self.block("if clause"));
        let mut els = None;
        if self.got(Tok::Else) {
            let pos = self.pos();
            match self.tok() {
                Tok::If => {
                    let kind = self.deeper(Self::if_stmt);
                    els = Some(self.mk_stmt(pos, kind));
                }
                Tok::Lbrace => {
                    let block = self.block("");
                    els = Some(self.mk_stmt(pos, StmtKind::Block(block)));
                }
                _ => {
                    self.syntax_error("else must be followed by if or statement block");
                    self.advance(&[Tok::Name, Tok::Rbrace]);
                }
            }
        }
        StmtKind::If { init: h.init, cond, then, els }
    }

    fn for_stmt(&mut self) -> StmtKind {
        let h = self.header(Tok::For);
        let body = Box::new(self.block("for clause"));
        match h.range {
            Some((lhs, define, range_pos, x)) => {
                StmtKind::Range { lhs, define, range_pos, x, body }
            }
            None => StmtKind::For { init: h.init, cond: h.cond, post: h.post, body },
        }
    }

    fn switch_stmt(&mut self) -> StmtKind {
        let h = self.header(Tok::Switch);
        if !self.got(Tok::Lbrace) {
            self.syntax_error("missing { after switch clause");
            self.advance(&[Tok::Case, Tok::Default, Tok::Rbrace]);
        }
        let mut cases = Vec::new();
        while !matches!(self.tok(), Tok::Eof | Tok::Rbrace) {
            cases.push(self.case_clause());
        }
        let cases = boxed(cases);
        let rbrace = self.pos();
        self.want(Tok::Rbrace);
        let init = h.init;
        match h.cond.map(|x| (x, self.kind(x))) {
            Some((guard, &ExprKind::TypeSwitchGuard { lhs, x })) => {
                StmtKind::TypeSwitch { init, guard, lhs, x, cases, rbrace }
            }
            _ => StmtKind::Switch { init, tag: h.cond, cases, rbrace },
        }
    }

    fn case_clause(&mut self) -> CaseId {
        let pos = self.pos();
        let mut exprs = Box::default();
        match self.tok() {
            Tok::Case => {
                self.next();
                exprs = self.expr_list();
            }
            Tok::Default => self.next(),
            _ => self.bad_clause(),
        }
        let colon = self.pos();
        self.want(Tok::Colon);
        let body = self.stmt_list();
        let is_default = exprs.is_empty();
        self.file.cases.push(CaseClause { pos, is_default, exprs, body, colon })
    }

    fn bad_clause(&mut self) {
        self.syntax_error("expected case or default or }");
        self.advance(&[Tok::Colon, Tok::Case, Tok::Default, Tok::Rbrace]);
    }

    fn select_stmt(&mut self) -> StmtKind {
        self.want(Tok::Select);
        if !self.got(Tok::Lbrace) {
            self.syntax_error("missing { after select clause");
            self.advance(&[Tok::Case, Tok::Default, Tok::Rbrace]);
        }
        let mut clauses = Vec::new();
        while !matches!(self.tok(), Tok::Eof | Tok::Rbrace) {
            let pos = self.pos();
            let mut comm = None;
            match self.tok() {
                Tok::Case => {
                    self.next();
                    comm = Some(self.simple_stmt_here());
                }
                Tok::Default => self.next(),
                _ => self.bad_clause(),
            }
            let colon = self.pos();
            self.want(Tok::Colon);
            let body = self.stmt_list();
            clauses.push(CommClause { pos, comm, body, colon });
        }
        let clauses = boxed(clauses);
        let rbrace = self.pos();
        self.want(Tok::Rbrace);
        StmtKind::Select { clauses, rbrace }
    }
}
