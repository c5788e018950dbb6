//! Expressions: operators, untyped operands and their final types, and the dispatch over all kinds.
//!
//! An operand that is untyped when its expression has been checked is remembered (`Checker::untyped`) and gets its
//! final type later, from its context: `update_expr_type` walks down again and records it. A non-constant shift of an
//! untyped constant takes its type so, too.

use crate::check::Checker;
use crate::constant::{Constant, Kind, Op};
use crate::errors::Code;
use crate::info::Mode;
use crate::operand::{Operand, OperandExpr};
use crate::types::{BasicKind, ChanDir, Signature, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{BinaryOp, ExprId, ExprKind, Pos, UnaryOp};
use std::rc::Rc;

/// What an expression may stand for as a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExprClass {
    Conversion,
    Expression,
    Statement,
}

/// What a generic function is to be assigned to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) sig: TypeId,
    pub(crate) desc: String,
}

pub(crate) const NO_VALUE: u8 = 1;
pub(crate) const BUILTIN: u8 = 2;
pub(crate) const TYPE_EXPR: u8 = 4;

impl<'a> Checker<'a> {
    /// A target if the type is that of functions.
    pub(crate) fn new_target(&self, t: Option<TypeId>, desc: &str) -> Option<Target> {
        let t = t?;
        // Most types are not functions; look before computing anything.
        match self.u.under_kind(t) {
            TypeKind::Signature(_) => Some(Target { sig: self.u.under(t), desc: desc.into() }),
            TypeKind::Interface(_) if self.u.is_type_param(t) => {
                let c = self.u.core_type(t)?;
                matches!(self.u.kind(c), TypeKind::Signature(_))
                    .then(|| Target { sig: c, desc: desc.into() })
            }
            _ => None,
        }
    }

    /// Checks an expression and records it. Generic functions are instantiated for the target, or are an error unless
    /// allowed.
    pub(crate) fn raw_expr(
        &mut self,
        target: Option<&Target>,
        x: &mut Operand,
        e: ExprId,
        hint: Option<TypeId>,
        allow_generic: bool,
    ) -> ExprClass {
        let class = self.expr_internal(target, x, e, hint);
        if !allow_generic {
            self.non_generic(target, x);
        }
        self.record(x);
        class
    }

    pub(crate) fn non_generic(&mut self, target: Option<&Target>, x: &mut Operand) {
        if !x.is_valid() || x.mode == Mode::NoValue {
            return;
        }
        let what = match self.u.kind(x.ty) {
            TypeKind::Alias(_) | TypeKind::Named(_) if self.u.is_generic(x.ty) => "type",
            TypeKind::Signature(s) if !s.tparams.is_empty() => {
                if let Some(t) = target {
                    let pos = self.xnode_pos(x);
                    self.func_inst(Some(t), pos, x, None, true);
                    return;
                }
                "function"
            }
            _ => return,
        };
        let msg = format!("cannot use generic {what} {} without instantiation", self.xexpr(x));
        self.error(self.xpos(x), Code::WrongTypeArgCount, msg);
        x.invalidate();
        x.ty = TypeId::INVALID;
    }

    /// A single value.
    pub(crate) fn expr(&mut self, target: Option<&Target>, x: &mut Operand, e: ExprId) {
        self.raw_expr(target, x, e, None, false);
        self.exclude(x, NO_VALUE | BUILTIN | TYPE_EXPR);
        self.single_value(x);
    }

    /// A single value that may be a generic function.
    pub(crate) fn generic_expr(&mut self, x: &mut Operand, e: ExprId, hint: Option<TypeId>) {
        self.raw_expr(None, x, e, hint, true);
        self.exclude(x, NO_VALUE | BUILTIN | TYPE_EXPR);
        self.single_value(x);
    }

    /// Any number of values; with `allow_comma_ok`, the second value of such a form, which is told by the flag.
    pub(crate) fn multi_expr(&mut self, e: ExprId, allow_comma_ok: bool) -> (Vec<Operand>, bool) {
        let mut x = Operand::new();
        self.raw_expr(None, &mut x, e, None, false);
        self.exclude(&mut x, NO_VALUE | BUILTIN | TYPE_EXPR);
        if x.is_valid()
            && let TypeKind::Tuple(vars) = self.u.kind(x.ty)
        {
            let pos = self.epos(e);
            let list = vars.iter().enumerate().map(|(i, &v)| {
                let made = OperandExpr::Made(pos, Rc::from(nth(i + 1, "function result")));
                Operand::value(made, self.u.obj_type(v))
            });
            return (list.collect(), false);
        }
        if allow_comma_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk) {
            let made =
                OperandExpr::Made(self.epos(e), Rc::from("ok value of (comma, ok) expression"));
            let ok = Operand::value(made, TypeId::UNTYPED_BOOL);
            return (vec![x, ok], true);
        }
        (vec![x], false)
    }

    pub(crate) fn expr_or_type(&mut self, x: &mut Operand, e: ExprId, allow_generic: bool) {
        self.raw_expr(None, x, e, None, allow_generic);
        self.exclude(x, NO_VALUE);
        self.single_value(x);
    }

    pub(crate) fn exclude(&mut self, x: &mut Operand, modes: u8) {
        let (code, what) = match x.mode {
            Mode::NoValue if modes & NO_VALUE != 0 => {
                let w =
                    if modes & TYPE_EXPR != 0 { "used as value" } else { "used as value or type" };
                (Code::TooManyValues, w)
            }
            Mode::Builtin if modes & BUILTIN != 0 => (Code::UncalledBuiltin, "must be called"),
            Mode::TypeExpr if modes & TYPE_EXPR != 0 => (Code::NotAnExpr, "is not an expression"),
            _ => return,
        };
        let msg = format!("{} {what}", self.xstr(x));
        self.error(self.xpos(x), code, msg);
        x.invalidate();
    }

    pub(crate) fn single_value(&mut self, x: &mut Operand) {
        if x.mode == Mode::Value && matches!(self.u.kind(x.ty), TypeKind::Tuple(_)) {
            let msg = format!("multiple-value {} in single-value context", self.xstr(x));
            self.error(self.xpos(x), Code::TooManyValues, msg);
            x.invalidate();
        }
    }

    /// Where errors about an operator are reported.
    pub(crate) fn op_pos(&self, x: &Operand) -> Pos {
        match x.expr {
            OperandExpr::Expr(e) => match self.kind(e) {
                ExprKind::Binary { .. } | ExprKind::Unary { .. } | ExprKind::Star(_) => {
                    self.file().exprs[e].pos
                }
                _ => self.epos(e),
            },
            _ => self.xpos(x),
        }
    }

    // --- unary ---

    fn unary(&mut self, x: &mut Operand, e: ExprId, op: UnaryOp, operand: ExprId) {
        let u = self.u;
        self.expr(None, x, operand);
        if !x.is_valid() {
            return;
        }
        match op {
            UnaryOp::Addr => {
                let lit = matches!(
                    self.kind(self.file().unparen(operand)),
                    ExprKind::CompositeLit { .. }
                );
                if !lit && x.mode != Mode::Variable {
                    let msg = format!("invalid operation: cannot take address of {}", self.xstr(x));
                    self.error(self.xpos(x), Code::UnaddressableOperand, msg);
                    x.invalidate();
                    return;
                }
                x.mode = Mode::Value;
                x.ty = u.new_pointer(x.ty);
                return;
            }
            UnaryOp::Recv => {
                let pos = self.xpos(x);
                if let Some(elem) = self.chan_elem(pos, x, true)
                    && self.is_complete(elem)
                {
                    x.mode = Mode::CommaOk;
                    x.ty = elem;
                    self.env.has_call_or_recv = true;
                    return;
                }
                x.invalidate();
                return;
            }
            UnaryOp::Tilde => {
                let mut msg = "cannot use ~ outside of interface or type constraint".to_string();
                let int = u.all_integer(x.ty);
                if int {
                    msg.push_str(" (use ^ for bitwise complement)");
                }
                self.error(self.epos(e), Code::UndefinedOp, msg);
                if !int {
                    x.invalidate();
                    return;
                }
            }
            _ => {}
        }
        let ok = match op {
            UnaryOp::Plus | UnaryOp::Neg => u.all_numeric(x.ty),
            UnaryOp::Not => u.all_boolean(x.ty),
            _ => u.all_integer(x.ty),
        };
        if !ok {
            let msg = format!("invalid operation: operator {op} not defined on {}", self.xstr(x));
            self.error(self.xpos(x), Code::UndefinedOp, msg);
            x.invalidate();
            return;
        }
        if !x.is_const() {
            x.mode = Mode::Value;
            return;
        }
        if x.val.is_unknown() {
            return;
        }
        x.val = match op {
            UnaryOp::Neg => x.val.neg(),
            UnaryOp::Not => Constant::Bool(!x.val.bool_val()),
            UnaryOp::Compl | UnaryOp::Tilde => {
                let bits = u.is_unsigned(x.ty).then(|| u.sizeof(x.ty) as u32 * 8);
                x.val.to_int().not(bits)
            }
            _ => x.val.clone(),
        };
        x.expr = OperandExpr::Expr(e);
        let pos = self.op_pos(x);
        self.overflow(x, pos);
    }

    /// The element type of a channel that can be received from or sent to.
    pub(crate) fn chan_elem(&mut self, pos: Pos, x: &Operand, recv: bool) -> Option<TypeId> {
        let u = self.u;
        let r = u.common_under(x.ty, |t, under| {
            let Some(under) = under else { return Some("no specific channel type".into()) };
            let name = t.map_or(String::new(), |t| u.type_string(t));
            match u.kind(under) {
                TypeKind::Chan { dir: ChanDir::SendOnly, .. } if recv => {
                    Some(format!("send-only channel {name}"))
                }
                TypeKind::Chan { dir: ChanDir::RecvOnly, .. } if !recv => {
                    Some(format!("receive-only channel {name}"))
                }
                TypeKind::Chan { .. } => None,
                _ => Some(format!("non-channel {name}")),
            }
        });
        let cause = match r {
            Ok(t) => match u.kind(t) {
                TypeKind::Chan { elem, .. } => return Some(*elem),
                _ => String::new(),
            },
            Err(c) => c,
        };
        let (what, code) = if recv {
            ("receive from", Code::InvalidReceive)
        } else {
            ("send to", Code::InvalidSend)
        };
        let s = self.xstr(x);
        let msg = if u.is_type_param(x.ty) {
            format!("invalid operation: cannot {what} {s}: {cause}")
        } else {
            format!("invalid operation: cannot {what} {cause} {s}")
        };
        self.error(pos, code, msg);
        None
    }

    // --- final types of untyped expressions ---

    /// Gives an untyped expression a new type, and its operands with it; a typed one, or with `is_final`, for good.
    pub(crate) fn update_expr_type(&mut self, e: ExprId, t: TypeId, is_final: bool) {
        let key = (self.env.file, e);
        let Some(old) = self.untyped.get(&key) else { return };
        let has_val = !old.val.is_unknown() || old.mode == Mode::Constant;
        match self.kind(e) {
            ExprKind::Paren(x) => self.update_expr_type(*x, t, is_final),
            ExprKind::Unary { x, .. } if !has_val => self.update_expr_type(*x, t, is_final),
            // The result of a comparison doesn't depend on the type of its operands.
            ExprKind::Binary { op, x, y } if !has_val && !op.is_comparison() => {
                self.update_expr_type(*x, t, is_final);
                if !op.is_shift() {
                    self.update_expr_type(*y, t, is_final);
                }
            }
            _ => {}
        }
        if !is_final && self.u.is_untyped(t) {
            if let Some(old) = self.untyped.get_mut(&key) {
                old.ty = self.u.under(t);
            }
            return;
        }
        let Some(old) = self.untyped.remove(&key) else { return };
        if old.is_lhs && !self.u.all_integer(t) {
            let (s, ts) = (self.es(e), self.ts(t));
            let msg = format!("invalid operation: shifted operand {s} (type {ts}) must be integer");
            self.error(self.epos(e), Code::InvalidShiftOperand, msg);
            return;
        }
        let mut val = old.val.clone();
        if has_val {
            let mut c = Operand {
                mode: old.mode,
                expr: OperandExpr::Expr(e),
                ty: old.ty,
                val: old.val,
                ..Operand::new()
            };
            self.convert_untyped(&mut c, t);
            if !c.is_valid() {
                return;
            }
            val = c.val;
        }
        self.record_type(e, old.mode, t, Some(&val));
    }

    pub(crate) fn update_expr_val(&mut self, x: &Operand, val: &Constant) {
        if let Some(e) = x.expr_id()
            && let Some(i) = self.untyped.get_mut(&(self.env.file, e))
        {
            i.val = val.clone();
        }
    }

    pub(crate) fn update_type_of(&mut self, x: &Operand, t: TypeId, is_final: bool) {
        if let Some(e) = x.expr_id() {
            self.update_expr_type(e, t, is_final);
        }
    }

    /// The type (and value, for constants of basic types) that an untyped operand takes on for a target type.
    pub(crate) fn implicit_type_and_value(
        &mut self,
        x: &Operand,
        target: TypeId,
    ) -> Result<(TypeId, Option<Constant>), Code> {
        let u = self.u;
        if !x.is_valid() || u.is_typed(x.ty) || !target.is_valid() {
            return Ok((x.ty, None));
        }
        let bad = Err(Code::InvalidUntypedConversion);
        if u.is_untyped(target) {
            return match u.max_type(x.ty, target) {
                Some(m) => Ok((m, None)),
                None => bad,
            };
        }
        if x.is_nil() {
            return if u.has_nil(target) { Ok((target, None)) } else { bad };
        }
        match u.under_kind(target) {
            TypeKind::Basic(k, _) => {
                if x.is_const() {
                    let v = self.representation(x, *k)?;
                    return Ok((target, Some(v)));
                }
                let ok = match u.kind(x.ty) {
                    TypeKind::Basic(BasicKind::UntypedBool, _) => k.is_boolean(),
                    TypeKind::Basic(BasicKind::UntypedString, _) => k.is_string(),
                    TypeKind::Basic(BasicKind::UntypedNil, _) => false,
                    _ => k.is_numeric(),
                };
                if ok { Ok((target, None)) } else { bad }
            }
            TypeKind::Interface(_) => {
                if u.is_type_param(target) {
                    let Some(terms) = u.specific_types(target) else { return bad };
                    for (_, t) in terms {
                        if self.implicit_type_and_value(x, t).is_err() {
                            return bad;
                        }
                    }
                    return Ok((target, None));
                }
                if !u.type_set(u.under(target)).is_all() {
                    return bad;
                }
                Ok((u.default_type(x.ty), None))
            }
            _ => bad,
        }
    }

    pub(crate) fn convert_untyped(&mut self, x: &mut Operand, target: TypeId) {
        match self.implicit_type_and_value(x, target) {
            Err(code) => {
                let t = if self.u.is_type_param(target) { target } else { self.u.under(target) };
                self.invalid_conversion(code, x, t);
                x.invalidate();
            }
            Ok((t, val)) => {
                if let Some(v) = val {
                    x.val = v;
                    let val = x.val.clone();
                    self.update_expr_val(x, &val);
                }
                if t != x.ty {
                    x.ty = t;
                    self.update_type_of(x, t, false);
                }
            }
        }
    }

    // --- binary ---

    fn incomparable_cause(&self, t: TypeId) -> String {
        if matches!(
            self.u.under_kind(t),
            TypeKind::Slice(_) | TypeKind::Signature(_) | TypeKind::Map { .. }
        ) {
            return format!("{} can only be compared to nil", self.composite_kind(t));
        }
        self.u.comparable_type(t, true, &mut Vec::new()).unwrap_or_default()
    }

    pub(crate) fn comparison(
        &mut self,
        x: &mut Operand,
        y: &mut Operand,
        op: BinaryOp,
        switch_case: bool,
    ) {
        let u = self.u;
        if !x.ty.is_valid() || !y.ty.is_valid() {
            x.invalidate();
            return;
        }
        let op = if switch_case { BinaryOp::Eql } else { op };
        let mut code = Code::MismatchedTypes;
        // The operand the error is about, if there is one, and the cause if it is a specific one.
        let mut about_y = false;
        let mut cause = String::new();
        let ok =
            if self.assignable(x, y.ty, None).is_err() && self.assignable(y, x.ty, None).is_err() {
                about_y = true;
                cause = format!("mismatched types {} and {}", self.ts(x.ty), self.ts(y.ty));
                false
            } else {
                code = Code::UndefinedOp;
                if matches!(op, BinaryOp::Eql | BinaryOp::Neq) {
                    if x.is_nil() || y.is_nil() {
                        about_y = true;
                        u.has_nil(if x.is_nil() { y.ty } else { x.ty })
                    } else if !u.comparable(x.ty) {
                        cause = self.incomparable_cause(x.ty);
                        false
                    } else if !u.comparable(y.ty) {
                        about_y = true;
                        cause = self.incomparable_cause(y.ty);
                        false
                    } else {
                        true
                    }
                } else if !u.all_ordered(x.ty) {
                    false
                } else {
                    about_y = true;
                    u.all_ordered(y.ty)
                }
            };
        if ok {
            if x.is_const() && y.is_const() {
                x.val = Constant::Bool(Constant::compare(&x.val, const_op(op), &y.val));
            } else {
                x.mode = Mode::Value;
                self.update_type_of(x, u.default_type(x.ty), true);
                self.update_type_of(y, u.default_type(y.ty), true);
            }
            x.ty = TypeId::UNTYPED_BOOL;
            return;
        }
        if cause.is_empty() {
            let (tx, ty) = (u.is_type_param(x.ty), u.is_type_param(y.ty));
            if tx || ty {
                let t = if tx && !about_y || !ty { x.ty } else { y.ty };
                cause = format!("type parameter {} cannot use operator {op}", self.ts(t));
            } else {
                let t = if about_y { y.ty } else { x.ty };
                let k = self.composite_kind(t);
                let what = if k.is_empty() { self.ts(t) } else { k.into() };
                cause = format!("operator {op} not defined on {what}");
            }
        }
        let (xs, ys) = (self.xexpr(x), self.xexpr(y));
        if switch_case {
            let msg = format!("invalid case {xs} in switch on {ys} ({cause})");
            self.error(self.xpos(x), code, msg);
        } else {
            let pos = if about_y { self.xpos(y) } else { self.xpos(x) };
            self.error(pos, code, format!("invalid operation: {xs} {op} {ys} ({cause})"));
        }
        x.invalidate();
    }

    fn shift(&mut self, x: &mut Operand, y: &mut Operand, e: Option<ExprId>, op: BinaryOp) {
        let u = self.u;
        let xval = if x.is_const() { Some(x.val.to_int()) } else { None };
        let int_const = xval.as_ref().is_some_and(|v| v.kind() == Kind::Int);
        if !(u.all_integer(x.ty) || u.is_untyped(x.ty) && int_const) {
            let msg =
                format!("invalid operation: shifted operand {} must be integer", self.xstr(x));
            self.error(self.xpos(x), Code::InvalidShiftOperand, msg);
            x.invalidate();
            return;
        }
        let mut yval = Constant::Unknown;
        if y.is_const() {
            yval = y.val.to_int();
            if yval.kind() == Kind::Int && yval.sign() < 0 {
                let msg = format!("invalid operation: negative shift count {}", self.xstr(y));
                self.error(self.xpos(y), Code::InvalidShiftCount, msg);
                x.invalidate();
                return;
            }
            if u.is_untyped(y.ty) {
                self.representable(y, TypeId::UINT);
                if !y.is_valid() {
                    x.invalidate();
                    return;
                }
            }
        } else if u.all_integer(y.ty) {
            if !u.all_unsigned(y.ty) && !self.allow(Version::GO1_13) {
                let what = format!("invalid operation: signed shift count {}", self.xstr(y));
                self.version_error(self.xpos(y), Version::GO1_13, &what);
                x.invalidate();
                return;
            }
        } else if u.is_untyped(y.ty) {
            self.convert_untyped(y, TypeId::UINT);
            if !y.is_valid() {
                x.invalidate();
                return;
            }
        } else {
            let msg = format!("invalid operation: shift count {} must be integer", self.xstr(y));
            self.error(self.xpos(y), Code::InvalidShiftCount, msg);
            x.invalidate();
            return;
        }
        if x.is_const() {
            if y.is_const() {
                if x.val.is_unknown() || y.val.is_unknown() {
                    x.val = Constant::Unknown;
                    if !u.is_integer(x.ty) {
                        x.ty = TypeId::UNTYPED_INT;
                    }
                    return;
                }
                // Enough to express the smallest float64.
                const SHIFT_BOUND: u64 = 1023 - 1 + 52;
                let Some(s) = yval.to_u64().filter(|s| *s <= SHIFT_BOUND) else {
                    let msg = format!("invalid operation: invalid shift count {}", self.xstr(y));
                    self.error(self.xpos(y), Code::InvalidShiftCount, msg);
                    x.invalidate();
                    return;
                };
                if !u.is_integer(x.ty) {
                    x.ty = TypeId::UNTYPED_INT;
                }
                x.val = xval.unwrap_or(Constant::Unknown).shift(op == BinaryOp::Shl, s);
                if let Some(e) = e {
                    x.expr = OperandExpr::Expr(e);
                }
                let pos = self.op_pos(x);
                self.overflow(x, pos);
                return;
            }
            // A non-constant shift: an untyped left operand takes its type from the context.
            if u.is_untyped(x.ty) {
                if let Some(l) = x.expr_id()
                    && let Some(i) = self.untyped.get_mut(&(self.env.file, l))
                {
                    i.is_lhs = true;
                }
                x.mode = Mode::Value;
                return;
            }
        }
        if !u.all_integer(x.ty) {
            let msg =
                format!("invalid operation: shifted operand {} must be integer", self.xstr(x));
            self.error(self.xpos(x), Code::InvalidShiftOperand, msg);
            x.invalidate();
            return;
        }
        x.mode = Mode::Value;
    }

    /// `lhs op rhs`; `e` is `None` for an assignment operation.
    pub(crate) fn binary(
        &mut self,
        x: &mut Operand,
        e: Option<ExprId>,
        lhs: ExprId,
        rhs: ExprId,
        op: BinaryOp,
    ) {
        let u = self.u;
        let mut y = Operand::new();
        self.expr(None, x, lhs);
        self.expr(None, &mut y, rhs);
        if !x.is_valid() {
            return;
        }
        if !y.is_valid() {
            x.invalidate();
            x.expr = y.expr;
            return;
        }
        if op.is_shift() {
            self.shift(x, &mut y, e, op);
            return;
        }
        self.match_types(x, &mut y);
        if !x.is_valid() {
            return;
        }
        if op.is_comparison() {
            self.comparison(x, &mut y, op, false);
            return;
        }
        if !u.identical(x.ty, y.ty) {
            if x.ty.is_valid() && y.ty.is_valid() {
                let (a, b) = (self.ts(x.ty), self.ts(y.ty));
                let what = match e {
                    Some(e) => self.es(e),
                    None => format!("{} {op}= {}", self.es(lhs), self.es(rhs)),
                };
                let msg = format!("invalid operation: {what} (mismatched types {a} and {b})");
                self.error(self.xpos(x), Code::MismatchedTypes, msg);
            }
            x.invalidate();
            return;
        }
        let ok = match op {
            BinaryOp::Add => u.all_numeric_or_string(x.ty),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => u.all_numeric(x.ty),
            BinaryOp::AndAnd | BinaryOp::OrOr => u.all_boolean(x.ty),
            _ => u.all_integer(x.ty),
        };
        if !ok {
            let msg = format!("invalid operation: operator {op} not defined on {}", self.xstr(x));
            self.error(self.xpos(x), Code::UndefinedOp, msg);
            x.invalidate();
            return;
        }
        if matches!(op, BinaryOp::Div | BinaryOp::Rem) {
            let zero = (x.is_const() || u.all_integer(x.ty)) && y.is_const() && y.val.sign() == 0;
            // The divisor's square is what a complex division divides by; it may underflow.
            let square = |c: &Constant| Constant::binary(c, Op::Mul, c).sign();
            let tiny = x.is_const()
                && y.is_const()
                && u.is_complex(x.ty)
                && square(&y.val.real()) == 0
                && square(&y.val.imag()) == 0;
            if (zero || tiny) && !y.val.is_unknown() {
                self.error(self.xpos(&y), Code::DivByZero, "invalid operation: division by zero");
                x.invalidate();
                return;
            }
        }
        if x.is_const() && y.is_const() {
            if x.val.is_unknown() || y.val.is_unknown() {
                x.val = Constant::Unknown;
                return;
            }
            let mut cop = const_op(op);
            if op == BinaryOp::Div && u.is_integer(x.ty) {
                cop = Op::IntQuo;
            }
            let (mut a, mut b) = (x.val.clone(), y.val.clone());
            if u.is_integer(x.ty) {
                (a, b) = (a.to_int(), b.to_int());
            }
            x.val = Constant::binary(&a, cop, &b);
            if let Some(e) = e {
                x.expr = OperandExpr::Expr(e);
            }
            let pos = self.op_pos(x);
            self.overflow(x, pos);
            return;
        }
        x.mode = Mode::Value;
    }

    /// Converts an untyped operand to the type of the other one, where that may succeed.
    pub(crate) fn match_types(&mut self, x: &mut Operand, y: &mut Operand) {
        let u = self.u;
        let may_convert = {
            if u.is_typed(x.ty) && u.is_typed(y.ty) || u.all_numeric(x.ty) != u.all_numeric(y.ty) {
                false
            } else if u.is_non_type_param_interface(x.ty) || u.is_non_type_param_interface(y.ty) {
                true
            } else if u.all_boolean(x.ty) != u.all_boolean(y.ty)
                || u.all_string(x.ty) != u.all_string(y.ty)
            {
                false
            } else if x.is_nil() {
                u.has_nil(y.ty)
            } else if y.is_nil() {
                u.has_nil(x.ty)
            } else {
                !self.is_pointer(x.ty) && !self.is_pointer(y.ty)
            }
        };
        if may_convert {
            self.convert_untyped(x, y.ty);
            if !x.is_valid() {
                return;
            }
            self.convert_untyped(y, x.ty);
            if !y.is_valid() {
                x.invalidate();
            }
        }
    }

    // --- dispatch ---

    fn expr_internal(
        &mut self,
        target: Option<&Target>,
        x: &mut Operand,
        e: ExprId,
        hint: Option<TypeId>,
    ) -> ExprClass {
        *x = Operand::new();
        let class = self.expr_dispatch(target, x, e, hint);
        x.expr = OperandExpr::Expr(e);
        match class {
            Some(c) => c,
            None => {
                x.invalidate();
                ExprClass::Statement
            }
        }
    }

    /// `None`: there was an error, nothing further is to be reported.
    fn expr_dispatch(
        &mut self,
        target: Option<&Target>,
        x: &mut Operand,
        e: ExprId,
        hint: Option<TypeId>,
    ) -> Option<ExprClass> {
        let pos = self.file().exprs[e].pos;
        match self.kind(e) {
            ExprKind::Bad => return None,
            ExprKind::Name(n) => {
                self.ident(x, e, *n, false);
                return Some(ExprClass::Expression);
            }
            ExprKind::DotsType(_) => {
                self.error(pos, Code::InvalidSyntaxTree, "invalid use of ...");
                return None;
            }
            ExprKind::BasicLit { kind, text, bad } => {
                if *bad {
                    return None;
                }
                self.basic_lit(x, e, *kind, *text);
            }
            ExprKind::FuncLit { ty, body } => self.func_lit(x, *ty, body),
            ExprKind::CompositeLit { ty, elems, rbrace, .. } => {
                self.composite_lit(x, e, *ty, elems, *rbrace, hint);
            }
            ExprKind::Paren(inner) => {
                let class = self.raw_expr(None, x, *inner, None, false);
                return Some(class);
            }
            ExprKind::Selector { .. } => {
                self.selector(x, e, false);
                return Some(ExprClass::Expression);
            }
            ExprKind::Index { x: operand, indices } => {
                if self.index_expr(x, e, *operand, indices) {
                    self.func_inst(target, pos, x, Some(e), true);
                }
            }
            ExprKind::Slice { x: operand, index, full } => {
                self.slice_expr(x, e, *operand, index, *full)
            }
            ExprKind::Assert { x: operand, ty } => self.assertion(x, e, *operand, *ty),
            ExprKind::TypeSwitchGuard { x: operand, .. } => {
                let msg = "use of .(type) outside type switch";
                self.error(self.epos(e), Code::InvalidSyntaxTree, msg);
                self.use_exprs(&[*operand]);
                return None;
            }
            ExprKind::Call { fun, args, has_dots, .. } => {
                return Some(self.call_expr(x, e, *fun, args, *has_dots));
            }
            ExprKind::Star(operand) => self.indirection(x, *operand),
            ExprKind::Unary { op, x: operand } => {
                self.unary(x, e, *op, *operand);
                if x.is_valid() && *op == UnaryOp::Recv {
                    return Some(ExprClass::Statement);
                }
            }
            ExprKind::Binary { op, x: l, y: r } => self.binary(x, Some(e), *l, *r, *op),
            ExprKind::KeyValue { .. } => {
                self.error(self.epos(e), Code::InvalidSyntaxTree, "no key:value expected");
                return None;
            }
            ExprKind::ArrayType { .. }
            | ExprKind::SliceType(_)
            | ExprKind::StructType { .. }
            | ExprKind::FuncType { .. }
            | ExprKind::InterfaceType { .. }
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. } => {
                x.ty = self.typ(e);
                x.mode = Mode::TypeExpr;
                return Some(ExprClass::Expression);
            }
        }
        x.is_valid().then_some(ExprClass::Expression)
    }

    fn assertion(&mut self, x: &mut Operand, e: ExprId, operand: ExprId, ty: ExprId) {
        let u = self.u;
        self.expr(None, x, operand);
        if !x.is_valid() {
            return;
        }
        if u.is_type_param(x.ty) {
            let s = self.xstr(x);
            let msg =
                format!("invalid operation: cannot use type assertion on type parameter value {s}");
            self.error(self.xpos(x), Code::InvalidAssert, msg);
            x.invalidate();
            return;
        }
        if !u.is_interface(x.ty) {
            let msg = format!("invalid operation: {} is not an interface", self.xstr(x));
            self.error(self.xpos(x), Code::InvalidAssert, msg);
            x.invalidate();
            return;
        }
        let t = self.var_type(ty);
        if !t.is_valid() || !self.is_complete(t) {
            x.invalidate();
            return;
        }
        self.type_assertion(e, x, t, false);
        x.mode = Mode::CommaOk;
        x.ty = t;
    }

    pub(crate) fn type_assertion(&mut self, e: ExprId, x: &Operand, t: TypeId, type_switch: bool) {
        let mut cause = String::new();
        if self.u.is_interface(t) || self.has_all_methods(t, x.ty, false, &mut cause) {
            return;
        }
        let (es, ts) = (self.es(e), self.ts(t));
        let msg = if type_switch {
            let xs = self.xstr(x);
            format!(
                "impossible type switch case: {es}\n\t{xs} cannot have dynamic type {ts} {cause}"
            )
        } else {
            let xt = self.ts(x.ty);
            format!("impossible type assertion: {es}\n\t{ts} does not implement {xt} {cause}")
        };
        self.error(self.epos(e), Code::ImpossibleAssert, msg);
    }

    /// `*operand`: a dereference or a pointer type.
    fn indirection(&mut self, x: &mut Operand, operand: ExprId) {
        let u = self.u;
        self.expr_or_type(x, operand, false);
        match x.mode {
            Mode::Invalid => {}
            Mode::TypeExpr => {
                self.valid_var_type(operand, x.ty);
                x.ty = u.new_pointer(x.ty);
            }
            _ => {
                let mut base: Option<TypeId> = None;
                let mut err = None;
                for t in u.each_type(x.ty) {
                    match t.map(|(_, under)| u.kind(under)) {
                        Some(TypeKind::Pointer(b)) => {
                            if base.is_some_and(|c| !u.identical(*b, c)) {
                                err = Some(format!(
                                    "invalid operation: pointers of {} must have identical base types",
                                    self.xstr(x)
                                ));
                                break;
                            }
                            base = Some(*b);
                        }
                        _ => {
                            err = Some(format!(
                                "invalid operation: cannot indirect {}",
                                self.xstr(x)
                            ));
                            break;
                        }
                    }
                }
                if let Some(msg) = err {
                    self.error(self.xpos(x), Code::InvalidIndirection, msg);
                    x.invalidate();
                    return;
                }
                match base {
                    Some(b) if self.is_complete(b) => {
                        x.mode = Mode::Variable;
                        x.ty = b;
                    }
                    _ => x.invalidate(),
                }
            }
        }
    }

    /// The signature of a builtin for one call.
    pub(crate) fn make_sig(&self, res: Option<TypeId>, args: &[TypeId], variadic: bool) -> TypeId {
        use crate::object::VarKind;
        let u = self.u;
        let var = |k, t| u.new_var(k, Pos::NONE, None, self.empty, t);
        u.new_signature(Signature {
            params: args.iter().map(|t| var(VarKind::Param, u.default_type(*t))).collect(),
            results: res.into_iter().map(|t| var(VarKind::Result, t)).collect(),
            variadic,
            ..Signature::default()
        })
    }
}

/// `1st function result`
fn nth(n: usize, what: &str) -> String {
    let ext = match n {
        1 => "st",
        2 => "nd",
        3 => "rd",
        _ => "th",
    };
    format!("{n}{ext} {what}")
}

/// The constant operation of a binary operator.
pub(crate) fn const_op(op: BinaryOp) -> Op {
    match op {
        BinaryOp::OrOr => Op::LOr,
        BinaryOp::AndAnd => Op::LAnd,
        BinaryOp::Eql => Op::Eql,
        BinaryOp::Neq => Op::Neq,
        BinaryOp::Lss => Op::Lss,
        BinaryOp::Leq => Op::Leq,
        BinaryOp::Gtr => Op::Gtr,
        BinaryOp::Geq => Op::Geq,
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Or => Op::Or,
        BinaryOp::Xor => Op::Xor,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::Div => Op::Quo,
        BinaryOp::Rem => Op::Rem,
        BinaryOp::And => Op::And,
        BinaryOp::AndNot => Op::AndNot,
        // Shifts have an operation of their own.
        BinaryOp::Shl | BinaryOp::Shr => Op::And,
    }
}
