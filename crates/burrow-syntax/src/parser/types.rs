//! Types, parameters and type parameters.

use super::{Parser, boxed, token_words};
use crate::ast::{BinaryOp, ChanDir, ExprId, ExprKind, Field, IdentId, UnaryOp};
use crate::pos::Pos;
use crate::scanner::{Op, Tok};

/// A parameter while its list is read: a lone name may turn out to be a type.
struct Param {
    pos: Pos,
    name: Option<IdentId>,
    ty: Option<ExprId>,
}

/// What `x [...]` is in a field or parameter.
enum ArrayOrArgs {
    /// The type `[n]E` of something named x.
    Type(ExprId),
    /// Arguments of the generic type x, and the position of `[`.
    Args(Pos, Vec<ExprId>),
}

impl Parser<'_> {
    pub(super) fn type_(&mut self) -> ExprId {
        self.type_or_nil().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("expected type");
            self.advance(&[
                Tok::Comma,
                Tok::Colon,
                Tok::Semi,
                Tok::Rparen,
                Tok::Rbrack,
                Tok::Rbrace,
            ]);
            bad
        })
    }

    pub(super) fn type_or_nil(&mut self) -> Option<ExprId> {
        self.deeper(Self::type_or_nil_here)
    }

    fn type_or_nil_here(&mut self) -> Option<ExprId> {
        let pos = self.pos();
        let kind = match self.tok() {
            Tok::Star => {
                self.next();
                ExprKind::Star(self.type_())
            }
            Tok::Arrow => {
                self.next();
                self.want(Tok::Chan);
                ExprKind::ChanType { dir: ChanDir::RecvOnly, elem: self.chan_elem() }
            }
            Tok::Chan => {
                self.next();
                let dir = if self.got(Tok::Arrow) { ChanDir::SendOnly } else { ChanDir::Both };
                ExprKind::ChanType { dir, elem: self.chan_elem() }
            }
            Tok::Map => {
                self.next();
                self.want(Tok::Lbrack);
                let key = self.type_();
                self.want(Tok::Rbrack);
                ExprKind::MapType { key, value: self.type_() }
            }
            Tok::Func => {
                self.next();
                return Some(self.func_type("function type").1);
            }
            Tok::Lbrack => {
                self.next();
                return Some(if self.got(Tok::Rbrack) {
                    self.slice_type(pos)
                } else {
                    self.array_type(pos, None)
                });
            }
            Tok::Struct => return Some(self.struct_type()),
            Tok::Interface => return Some(self.interface_type()),
            Tok::Name => return Some(self.qualified_name(None)),
            Tok::Lparen => {
                self.next();
                let t = self.type_();
                self.want(Tok::Rparen);
                return Some(t);
            }
            _ => return None,
        };
        Some(self.mk(pos, kind))
    }

    fn chan_elem(&mut self) -> ExprId {
        self.type_or_nil().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("missing channel element type");
            bad
        })
    }

    /// After `[`, whose position is `pos`, and after the length, if it is already there.
    pub(super) fn array_type(&mut self, pos: Pos, len: Option<ExprId>) -> ExprId {
        let mut len = len;
        if len.is_none() && !self.got(Tok::DotDotDot) {
            self.xnest += 1;
            len = Some(self.expr());
            self.xnest -= 1;
        }
        if self.tok() == Tok::Comma {
            // Fine in lists of type parameters, not here.
            self.syntax_error("unexpected comma; expected ]");
            self.next();
        }
        self.want(Tok::Rbrack);
        let elem = self.type_();
        self.mk(pos, ExprKind::ArrayType { len, elem })
    }

    /// After `[]`.
    pub(super) fn slice_type(&mut self, pos: Pos) -> ExprId {
        let elem = self.type_();
        self.mk(pos, ExprKind::SliceType(elem))
    }

    /// `pkg.Name[Args]`, after the first name if it is given.
    fn qualified_name(&mut self, name: Option<IdentId>) -> ExprId {
        let name = match name {
            Some(name) => name,
            None if self.tok() == Tok::Name => self.name(),
            None => {
                let blank = self.mk_ident(self.pos(), "_");
                self.syntax_error("expected name");
                self.advance(&[Tok::Dot, Tok::Semi, Tok::Rbrace]);
                blank
            }
        };
        let mut x = self.name_expr(name);
        if self.tok() == Tok::Dot {
            let pos = self.pos();
            self.next();
            let sel = self.name();
            x = self.mk(pos, ExprKind::Selector { x, sel });
        }
        if self.tok() == Tok::Lbrack {
            let pos = self.pos();
            self.next();
            let indices = if self.tok() == Tok::Rbrack {
                self.syntax_error("expected type argument list");
                vec![self.bad_expr()]
            } else {
                self.type_list(true).0
            };
            self.want(Tok::Rbrack);
            x = self.mk(pos, ExprKind::Index { x, indices: boxed(indices) });
        }
        x
    }

    /// Type parameters, parameters and results. If there is a context, type parameters are wrong.
    pub(super) fn func_type(&mut self, context: &str) -> (Box<[Field]>, ExprId) {
        let pos = self.pos();
        let mut tparams = Vec::new();
        if self.got(Tok::Lbrack) {
            if !context.is_empty() {
                self.syntax_error_at(pos, &format!("{context} must have no type parameters"));
            }
            if self.tok() == Tok::Rbrack {
                self.syntax_error("empty type parameter list");
                self.next();
            } else {
                tparams = self.param_list(None, None, Tok::Rbrack, true, false);
            }
        }
        self.want(Tok::Lparen);
        let params = boxed(self.param_list(None, None, Tok::Rparen, false, true));
        let results = boxed(self.results());
        (boxed(tparams), self.mk(pos, ExprKind::FuncType { params, results }))
    }

    fn results(&mut self) -> Vec<Field> {
        if self.got(Tok::Lparen) {
            return self.param_list(None, None, Tok::Rparen, false, false);
        }
        let pos = self.pos();
        let ty = self.type_or_nil();
        ty.map(|ty| Field { pos, name: None, ty, tag: None }).into_iter().collect()
    }

    // -----------------------------------------------------------------------------------------
    // Structs

    fn struct_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.want(Tok::Struct);
        self.want(Tok::Lbrace);
        let mut fields = Vec::new();
        self.list("struct type", Tok::Semi, Tok::Rbrace, |p| {
            p.field_decl(&mut fields);
            false
        });
        self.mk(pos, ExprKind::StructType { fields: boxed(fields) })
    }

    fn field_decl(&mut self, fields: &mut Vec<Field>) {
        let pos = self.pos();
        let ty = match self.tok() {
            Tok::Name => {
                let name = self.name();
                if matches!(self.tok(), Tok::Dot | Tok::Literal | Tok::Semi | Tok::Rbrace) {
                    self.qualified_name(Some(name))
                } else {
                    match self.named_fields(name, fields) {
                        Some(embedded) => embedded,
                        None => return,
                    }
                }
            }
            Tok::Star => {
                self.next();
                let ty = if self.tok() == Tok::Lparen {
                    self.syntax_error("cannot parenthesize embedded type");
                    self.next();
                    let ty = self.qualified_name(None);
                    self.got(Tok::Rparen);
                    ty
                } else {
                    self.qualified_name(None)
                };
                self.mk(pos, ExprKind::Star(ty))
            }
            Tok::Lparen => {
                self.syntax_error("cannot parenthesize embedded type");
                self.next();
                let star = self.pos();
                let ty = if self.got(Tok::Star) {
                    let ty = self.qualified_name(None);
                    self.mk(star, ExprKind::Star(ty))
                } else {
                    self.qualified_name(None)
                };
                self.got(Tok::Rparen);
                ty
            }
            _ => {
                self.syntax_error("expected field name or embedded type");
                self.advance(&[Tok::Semi, Tok::Rbrace]);
                return;
            }
        };
        let tag = self.literal();
        fields.push(Field { pos, name: None, ty, tag });
    }

    /// Fields after their first name. Gives the type if it is an embedded generic one.
    fn named_fields(&mut self, name: IdentId, fields: &mut Vec<Field>) -> Option<ExprId> {
        let names = self.name_list(name);
        let ty = if names.len() == 1 && self.tok() == Tok::Lbrack {
            match self.array_or_args() {
                ArrayOrArgs::Type(ty) => ty,
                ArrayOrArgs::Args(pos, args) => return Some(self.instance(pos, name, args)),
            }
        } else {
            self.type_()
        };
        let tag = self.literal();
        for &name in &names {
            let pos = self.file.idents[name].pos;
            fields.push(Field { pos, name: Some(name), ty, tag });
        }
        None
    }

    fn instance(&mut self, pos: Pos, name: IdentId, args: Vec<ExprId>) -> ExprId {
        let x = self.name_expr(name);
        self.mk(pos, ExprKind::Index { x, indices: boxed(args) })
    }

    /// After a name, at `[`.
    fn array_or_args(&mut self) -> ArrayOrArgs {
        let pos = self.pos();
        self.want(Tok::Lbrack);
        if self.got(Tok::Rbrack) {
            return ArrayOrArgs::Type(self.slice_type(pos));
        }
        let (args, comma) = self.type_list(false);
        self.want(Tok::Rbrack);
        if !comma && let Some(elem) = self.type_or_nil() {
            let len = args.first().copied();
            return ArrayOrArgs::Type(self.mk(pos, ExprKind::ArrayType { len, elem }));
        }
        ArrayOrArgs::Args(pos, args)
    }

    // -----------------------------------------------------------------------------------------
    // Interfaces

    fn interface_type(&mut self) -> ExprId {
        let pos = self.pos();
        self.want(Tok::Interface);
        self.want(Tok::Lbrace);
        let mut methods = Vec::new();
        self.list("interface type", Tok::Semi, Tok::Rbrace, |p| {
            let field = if p.tok() == Tok::Name {
                let mut f = p.method_decl();
                if f.name.is_none() {
                    f.ty = p.union(f.ty);
                }
                f
            } else {
                let pos = p.pos();
                Field { pos, name: None, ty: p.embedded_elem(), tag: None }
            };
            methods.push(field);
            false
        });
        self.mk(pos, ExprKind::InterfaceType { methods: boxed(methods) })
    }

    /// A method, or an embedded type that starts with a name.
    fn method_decl(&mut self) -> Field {
        const CONTEXT: &str = "interface method";
        let pos = self.pos();
        let name = self.name();
        let method = |ty| Field { pos, name: Some(name), ty, tag: None };
        let embedded = |ty| Field { pos, name: None, ty, tag: None };
        match self.tok() {
            Tok::Lparen => method(self.func_type(CONTEXT).1),
            Tok::Lbrack => {
                let lbrack = self.pos();
                self.next();
                if self.tok() == Tok::Rbrack {
                    let at = self.pos();
                    self.next();
                    if self.tok() == Tok::Lparen {
                        self.error_at(at, "empty type parameter list");
                        return method(self.func_type(CONTEXT).1);
                    }
                    self.error_at(at, "empty type argument list");
                    return embedded(self.name_expr(name));
                }
                // Arguments look like parameters that have only types.
                let list = self.param_list(None, None, Tok::Rbrack, false, false);
                if list.is_empty() {
                    if self.tok() == Tok::Lparen {
                        return method(self.func_type(CONTEXT).1);
                    }
                    return embedded(self.name_expr(name));
                }
                if list[0].name.is_some() {
                    let ty = self.func_type(CONTEXT).1;
                    self.error_at(lbrack, "interface method must have no type parameters");
                    return method(ty);
                }
                let args = list.iter().map(|f| f.ty).collect();
                embedded(self.instance(lbrack, name, args))
            }
            _ => embedded(self.qualified_name(Some(name))),
        }
    }

    fn embedded_elem(&mut self) -> ExprId {
        let x = self.embedded_term();
        self.union(x)
    }

    /// `x | term | ...`
    fn union(&mut self, mut x: ExprId) -> ExprId {
        while self.is_op(Op::Binary(BinaryOp::Or)) {
            let pos = self.pos();
            self.next();
            let y = self.embedded_term();
            x = self.mk(pos, ExprKind::Binary { op: BinaryOp::Or, x, y });
        }
        x
    }

    fn embedded_term(&mut self) -> ExprId {
        let pos = self.pos();
        if self.is_op(Op::Tilde) {
            self.next();
            let x = self.type_();
            return self.mk(pos, ExprKind::Unary { op: UnaryOp::Tilde, x });
        }
        self.type_or_nil().unwrap_or_else(|| {
            let bad = self.bad_expr();
            self.syntax_error("expected ~ term or type");
            self.advance(&[Tok::Operator, Tok::Semi, Tok::Rparen, Tok::Rbrack, Tok::Rbrace]);
            bad
        })
    }

    // -----------------------------------------------------------------------------------------
    // Parameters

    /// One parameter, after its name if that is given. `follow` closes the list: `]` for type
    /// parameters, where unions are allowed.
    fn param_decl(&mut self, name: Option<IdentId>, follow: Tok) -> Option<Param> {
        let unions = follow == Tok::Rbrack;
        let pos = name.map_or(self.pos(), |n| self.file.idents[n].pos);
        let typed = |name, ty| Some(Param { pos, name, ty: Some(ty) });
        if name.is_none() && unions && self.is_op(Op::Tilde) {
            let ty = self.embedded_elem();
            return typed(None, ty);
        }
        let mut param_name = None;
        if self.tok() == Tok::Name || name.is_some() {
            let name = match name {
                Some(n) => n,
                None => self.name(),
            };
            let is_union = |p: &Self| unions && p.is_op(Op::Binary(BinaryOp::Or));
            if self.tok() == Tok::Lbrack {
                let (named, mut ty) = match self.array_or_args() {
                    ArrayOrArgs::Type(ty) => (Some(name), ty),
                    ArrayOrArgs::Args(pos, args) => (None, self.instance(pos, name, args)),
                };
                if is_union(self) {
                    ty = self.union(ty);
                }
                return typed(named, ty);
            }
            if self.tok() == Tok::Dot {
                let mut ty = self.qualified_name(Some(name));
                if is_union(self) {
                    ty = self.union(ty);
                }
                return typed(None, ty);
            }
            if is_union(self) {
                let ty = self.name_expr(name);
                let ty = self.union(ty);
                return typed(None, ty);
            }
            param_name = Some(name);
        }
        if self.tok() == Tok::DotDotDot {
            let dots = self.pos();
            self.next();
            let ty = match self.type_or_nil() {
                Some(elem) => self.mk(dots, ExprKind::DotsType(elem)),
                None => {
                    let bad = self.bad_expr();
                    self.syntax_error("... is missing type");
                    bad
                }
            };
            return typed(param_name, ty);
        }
        if unions && self.is_op(Op::Tilde) {
            let ty = self.embedded_elem();
            return typed(param_name, ty);
        }
        let mut ty = self.type_or_nil();
        if unions && self.is_op(Op::Binary(BinaryOp::Or)) {
            ty = ty.map(|t| self.union(t));
        }
        if param_name.is_some() || ty.is_some() {
            return Some(Param { pos, name: param_name, ty });
        }
        self.syntax_error(&format!("expected {}", token_words(follow)));
        self.advance(&[Tok::Comma, follow]);
        None
    }

    /// Parameters up to `close`; the opening token is consumed, and so are the name and type of
    /// the first parameter if they are given. In the result all have names or none has.
    pub(super) fn param_list(
        &mut self,
        name: Option<IdentId>,
        ty: Option<ExprId>,
        close: Tok,
        require_names: bool,
        dots_ok: bool,
    ) -> Vec<Field> {
        let mut first = name.map(|n| (n, ty));
        if let Some((name, Some(ty))) = first
            && self.tok() == close
        {
            self.next();
            let pos = self.file.idents[name].pos;
            return vec![Field { pos, name: Some(name), ty, tag: None }];
        }
        let mut list: Vec<Param> = Vec::new();
        let end = self.list("parameter list", Tok::Comma, close, |p| {
            let param = match first.take() {
                Some((name, Some(ty))) => {
                    let pos = p.file.idents[name].pos;
                    Some(Param { pos, name: Some(name), ty: Some(ty) })
                }
                other => p.param_decl(other.map(|(name, _)| name), close),
            };
            list.extend(param);
            false
        });
        let mut fields = self.distribute_types(list, end, require_names);
        self.check_dots(&mut fields, dots_ok);
        fields
    }

    /// Gives each parameter the type it shares with those after it, or turns names into types if
    /// there are no parameters with both.
    fn distribute_types(
        &mut self,
        mut list: Vec<Param>,
        end: Pos,
        require_names: bool,
    ) -> Vec<Field> {
        let named = list.iter().filter(|p| p.name.is_some() && p.ty.is_some()).count();
        let typed = list.iter().filter(|p| p.ty.is_some()).count();
        let mut error = None;
        if named == 0 && !require_names {
            for par in &mut list {
                if let Some(name) = par.name.take() {
                    par.ty = Some(self.name_expr(name));
                }
            }
        } else if named != list.len() {
            let mut ty = None;
            for par in list.iter_mut().rev() {
                if let Some(own) = par.ty {
                    ty = Some(own);
                    if par.name.is_none() {
                        let pos = self.file.start_pos(own);
                        error = Some(pos);
                        par.name = Some(self.mk_ident(pos, "_"));
                    }
                } else if ty.is_some() {
                    par.ty = ty;
                } else {
                    error = Some(par.pos);
                    par.ty = Some(self.mk(par.pos, ExprKind::Bad));
                }
            }
        }
        if let Some(left) = error {
            // When all that have types have names, those without types are at the end.
            let (pos, msg) = match (named == typed, require_names) {
                (true, true) => (end, "missing type constraint"),
                (true, false) => (end, "missing parameter type"),
                (false, true) if list.len() == 1 => {
                    (left, "missing type parameter name or invalid array length")
                }
                (false, true) => (left, "missing type parameter name"),
                (false, false) => (left, "missing parameter name"),
            };
            self.syntax_error_at(pos, msg);
        }
        list.into_iter()
            .filter_map(|p| Some(Field { pos: p.pos, name: p.name, ty: p.ty?, tag: None }))
            .collect()
    }

    /// `...T` is for the last parameter only.
    fn check_dots(&mut self, fields: &mut [Field], dots_ok: bool) {
        let n = fields.len();
        let mut reported = false;
        for (i, f) in fields.iter_mut().enumerate() {
            let ExprKind::DotsType(elem) = *self.kind(f.ty) else { continue };
            if dots_ok && i + 1 == n {
                continue;
            }
            if !reported {
                reported = true;
                let pos = self.file.exprs[f.ty].pos;
                self.error_at(
                    pos,
                    if dots_ok {
                        "can only use ... with final parameter"
                    } else {
                        "invalid use of ..."
                    },
                );
            }
            f.ty = elem;
        }
    }
}
