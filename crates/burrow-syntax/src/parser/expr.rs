//! Expressions.

use super::{Parser, boxed};
use crate::ast::{BinaryOp, ChanDir, ExprId, ExprKind, UnaryOp};
use crate::print::expr_string;
use crate::scanner::{Op, Tok};

impl Parser<'_> {
    pub(super) fn expr(&mut self) -> ExprId {
        self.binary_expr(None, 0)
    }

    /// Expressions separated by commas; at least one.
    pub(super) fn expr_list(&mut self) -> Box<[ExprId]> {
        let mut list = vec![self.expr()];
        while self.got(Tok::Comma) {
            list.push(self.expr());
        }
        boxed(list)
    }

    /// Operators that bind more tightly than `prec`, after `x` if it is already there.
    pub(super) fn binary_expr(&mut self, x: Option<ExprId>, prec: u8) -> ExprId {
        let mut x = match x {
            Some(x) => x,
            None => self.unary_expr(),
        };
        while matches!(self.tok(), Tok::Operator | Tok::Star) && self.scanner.prec > prec {
            let Op::Binary(op) = self.scanner.op else { break };
            let pos = self.pos();
            let inner = self.scanner.prec;
            self.next();
            let y = self.binary_expr(None, inner);
            x = self.mk(pos, ExprKind::Binary { op, x, y });
        }
        x
    }

    pub(super) fn unary_expr(&mut self) -> ExprId {
        self.deeper(Self::unary_expr_here)
    }

    fn unary_expr_here(&mut self) -> ExprId {
        let pos = self.pos();
        match self.tok() {
            Tok::Operator | Tok::Star => {
                let op = match self.scanner.op {
                    Op::Binary(BinaryOp::Mul) => {
                        self.next();
                        let x = self.unary_expr();
                        return self.mk(pos, ExprKind::Star(x));
                    }
                    Op::Binary(BinaryOp::And) => {
                        self.next();
                        let x = self.unary_expr();
                        // It may be a parenthesized composite literal.
                        let x = self.file.unparen(x);
                        return self.mk(pos, ExprKind::Unary { op: UnaryOp::Addr, x });
                    }
                    Op::Binary(BinaryOp::Add) => UnaryOp::Plus,
                    Op::Binary(BinaryOp::Sub) => UnaryOp::Neg,
                    Op::Binary(BinaryOp::Xor) => UnaryOp::Compl,
                    Op::Not => UnaryOp::Not,
                    Op::Tilde => UnaryOp::Tilde,
                    Op::Binary(_) => return self.pexpr(None, true),
                };
                self.next();
                let x = self.unary_expr();
                self.mk(pos, ExprKind::Unary { op, x })
            }
            Tok::Arrow => {
                self.next();
                // `<-chan T` is a type, `<-chan T(x)` a receive: only the operand tells.
                let x = self.unary_expr();
                if let ExprKind::ChanType { .. } = self.kind(x) {
                    self.receive_chan_type(x);
                    return x;
                }
                self.mk(pos, ExprKind::Unary { op: UnaryOp::Recv, x })
            }
            _ => self.pexpr(None, true),
        }
    }

    /// Moves an arrow before a channel type into it: `<-(chan<- E)` is `<-chan (<-E)`.
    fn receive_chan_type(&mut self, x: ExprId) {
        let mut dir = ChanDir::SendOnly;
        let mut t = x;
        while dir == ChanDir::SendOnly {
            let ExprKind::ChanType { dir: d, elem } = &mut self.file.exprs.get_mut(t).kind else {
                break;
            };
            let (old, elem) = (std::mem::replace(d, ChanDir::RecvOnly), *elem);
            dir = old;
            if dir == ChanDir::RecvOnly {
                self.syntax_error("unexpected <-, expected chan");
            }
            t = elem;
        }
        if dir == ChanDir::SendOnly {
            let shown = expr_string(&self.file, t);
            self.syntax_error(&format!("unexpected {shown}, expected chan"));
        }
    }

    fn operand(&mut self, keep_parens: bool) -> ExprId {
        let pos = self.pos();
        match self.tok() {
            Tok::Name => {
                let name = self.name();
                self.name_expr(name)
            }
            Tok::Literal => self.literal().unwrap_or_else(|| unreachable!("checked just before")),
            Tok::Lparen => {
                self.next();
                self.xnest += 1;
                let x = self.expr();
                self.xnest -= 1;
                self.want(Tok::Rparen);
                // Before `{` it may be the type of a composite literal, where parentheses are wrong.
                if keep_parens || self.tok() == Tok::Lbrace {
                    return self.mk(pos, ExprKind::Paren(x));
                }
                x
            }
            Tok::Func => {
                self.next();
                let (_, ty) = self.func_type("function type");
                if self.tok() != Tok::Lbrace {
                    return ty;
                }
                self.xnest += 1;
                let body = Box::new(self.func_body());
                self.xnest -= 1;
                self.mk(pos, ExprKind::FuncLit { ty, body })
            }
            Tok::Lbrack | Tok::Chan | Tok::Map | Tok::Struct | Tok::Interface => self.type_(),
            _ => {
                let x = self.bad_expr();
                self.syntax_error("expected expression");
                self.advance(&[Tok::Rparen, Tok::Rbrack, Tok::Rbrace]);
                x
            }
        }
    }

    /// An operand (`x`, if it is already there) and what follows it: selectors, indices, calls,
    /// literal values.
    pub(super) fn pexpr(&mut self, x: Option<ExprId>, keep_parens: bool) -> ExprId {
        let mut x = match x {
            Some(x) => x,
            None => self.operand(keep_parens),
        };
        loop {
            let pos = self.pos();
            match self.tok() {
                Tok::Dot => {
                    self.next();
                    match self.tok() {
                        Tok::Name => {
                            let sel = self.name();
                            x = self.mk(pos, ExprKind::Selector { x, sel });
                        }
                        Tok::Lparen => {
                            self.next();
                            x = if self.got(Tok::Type) {
                                self.mk(pos, ExprKind::TypeSwitchGuard { lhs: None, x })
                            } else {
                                let ty = self.type_();
                                self.mk(pos, ExprKind::Assert { x, ty })
                            };
                            self.want(Tok::Rparen);
                        }
                        _ => {
                            self.syntax_error("expected name or (");
                            self.advance(&[Tok::Semi, Tok::Rparen]);
                        }
                    }
                }
                Tok::Lbrack => x = self.index_or_slice(x),
                Tok::Lparen => {
                    self.next();
                    let mut args = Vec::new();
                    let mut has_dots = false;
                    self.xnest += 1;
                    let rparen = self.list("argument list", Tok::Comma, Tok::Rparen, |p| {
                        args.push(p.expr());
                        has_dots = p.got(Tok::DotDotDot);
                        has_dots
                    });
                    self.xnest -= 1;
                    let args = boxed(args);
                    x = self.mk(pos, ExprKind::Call { fun: x, args, has_dots, rparen });
                }
                Tok::Lbrace => {
                    let t = self.file.unparen(x);
                    let is_literal = match self.kind(t) {
                        ExprKind::Name(_) | ExprKind::Selector { .. } => self.xnest >= 0,
                        ExprKind::Index { .. } => self.xnest >= 0 && !self.is_value(t),
                        ExprKind::ArrayType { .. }
                        | ExprKind::SliceType(_)
                        | ExprKind::StructType { .. }
                        | ExprKind::MapType { .. } => true,
                        _ => false,
                    };
                    if !is_literal {
                        return x;
                    }
                    if t != x {
                        self.syntax_error("cannot parenthesize type in composite literal");
                    }
                    x = self.literal_value(Some(x));
                }
                _ => return x,
            }
        }
    }

    /// After an operand, at `[`.
    fn index_or_slice(&mut self, x: ExprId) -> ExprId {
        let pos = self.pos();
        self.next();
        let mut first = None;
        if self.tok() != Tok::Colon {
            let (indices, comma) = if self.tok() == Tok::Rbrack {
                self.syntax_error("expected operand");
                (vec![self.bad_expr()], false)
            } else {
                self.type_list(false)
            };
            if comma || self.tok() == Tok::Rbrack {
                self.want(Tok::Rbrack);
                return self.mk(pos, ExprKind::Index { x, indices: boxed(indices) });
            }
            first = indices.first().copied();
        }
        if !self.got(Tok::Colon) {
            self.syntax_error("expected comma, : or ]");
            self.advance(&[Tok::Comma, Tok::Colon, Tok::Rbrack]);
        }
        self.xnest += 1;
        let mut index = [first, None, None];
        let mut full = false;
        if !matches!(self.tok(), Tok::Colon | Tok::Rbrack) {
            index[1] = Some(self.expr());
        }
        if self.tok() == Tok::Colon {
            full = true;
            if index[1].is_none() {
                self.error_at(self.pos(), "middle index required in 3-index slice");
                index[1] = Some(self.bad_expr());
            }
            self.next();
            if self.tok() == Tok::Rbrack {
                self.error_at(self.pos(), "final index required in 3-index slice");
                index[2] = Some(self.bad_expr());
            } else {
                index[2] = Some(self.expr());
            }
        }
        self.xnest -= 1;
        self.want(Tok::Rbrack);
        self.mk(pos, ExprKind::Slice { x, index, full })
    }

    /// Reports whether an expression must be a value, not a type.
    fn is_value(&self, x: ExprId) -> bool {
        match self.kind(x) {
            ExprKind::BasicLit { .. }
            | ExprKind::CompositeLit { .. }
            | ExprKind::FuncLit { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Assert { .. }
            | ExprKind::TypeSwitchGuard { .. }
            | ExprKind::Call { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. } => true,
            ExprKind::Paren(x) => self.is_value(*x),
            ExprKind::Index { x, indices } => {
                self.is_value(*x) || indices.len() == 1 && self.is_value(indices[0])
            }
            _ => false,
        }
    }

    fn element(&mut self) -> ExprId {
        if self.tok() == Tok::Lbrace { self.literal_value(None) } else { self.expr() }
    }

    /// `{ elements }`, of type `ty` if it isn't elided.
    fn literal_value(&mut self, ty: Option<ExprId>) -> ExprId {
        self.deeper(|p| p.literal_value_here(ty))
    }

    fn literal_value_here(&mut self, ty: Option<ExprId>) -> ExprId {
        let pos = self.pos();
        let mut elems = Vec::new();
        let mut nkeys = 0;
        if let Some(rbrace) = self.pass_over_literal() {
            let elems = boxed(elems);
            return self
                .mk(pos, ExprKind::CompositeLit { ty, elems, nkeys, rbrace, outlined: true });
        }
        self.xnest += 1;
        self.want(Tok::Lbrace);
        let rbrace = self.list("composite literal", Tok::Comma, Tok::Rbrace, |p| {
            let mut e = p.element();
            if p.tok() == Tok::Colon {
                let pos = p.pos();
                p.next();
                let value = p.element();
                e = p.mk(pos, ExprKind::KeyValue { key: e, value });
                nkeys += 1;
            }
            elems.push(e);
            false
        });
        self.xnest -= 1;
        let elems = boxed(elems);
        self.mk(pos, ExprKind::CompositeLit { ty, elems, nkeys, rbrace, outlined: false })
    }

    /// Types (the first may be an expression, unless `strict`) separated by commas. Reports
    /// whether there was a comma.
    pub(super) fn type_list(&mut self, strict: bool) -> (Vec<ExprId>, bool) {
        self.xnest += 1;
        let mut list = vec![if strict { self.type_() } else { self.expr() }];
        let mut comma = false;
        while self.got(Tok::Comma) {
            comma = true;
            match self.type_or_nil() {
                Some(t) => list.push(t),
                None => break,
            }
        }
        self.xnest -= 1;
        (list, comma)
    }
}
