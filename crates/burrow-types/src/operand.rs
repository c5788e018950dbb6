//! Operands: what an expression was found to be while it is checked.

use crate::check::Checker;
use crate::constant::Constant;
use crate::errors::Code;
use crate::info::Mode;
use crate::object::{BuiltinId, ObjKind, VarKind};
use crate::types::{BasicKind, ChanDir, TypeId, TypeKind};
use burrow_syntax::print::expr_string;
use burrow_syntax::{ExprId, Pos};
use std::rc::Rc;

/// The expression of an operand, for messages.
#[derive(Clone, Debug)]
pub(crate) enum OperandExpr {
    None,
    Expr(ExprId),
    /// Something that isn't in the source, such as the second result of a call.
    Made(Pos, Rc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) mode: Mode,
    pub(crate) expr: OperandExpr,
    pub(crate) ty: TypeId,
    pub(crate) val: Constant,
    pub(crate) id: BuiltinId,
}

impl Operand {
    pub(crate) fn new() -> Operand {
        Operand {
            mode: Mode::Invalid,
            expr: OperandExpr::None,
            ty: TypeId::INVALID,
            val: Constant::Unknown,
            id: BuiltinId::Append,
        }
    }
    pub(crate) fn value(expr: OperandExpr, ty: TypeId) -> Operand {
        Operand { mode: Mode::Value, expr, ty, ..Operand::new() }
    }
    pub(crate) fn is_valid(&self) -> bool {
        self.mode != Mode::Invalid
    }
    pub(crate) fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
    }
    pub(crate) fn is_nil(&self) -> bool {
        self.mode == Mode::NilValue
    }
    pub(crate) fn is_const(&self) -> bool {
        self.mode == Mode::Constant
    }
    pub(crate) fn expr_id(&self) -> Option<ExprId> {
        match self.expr {
            OperandExpr::Expr(e) => Some(e),
            _ => None,
        }
    }
}

impl Checker<'_> {
    /// Where errors about an operand are reported.
    pub(crate) fn xpos(&self, x: &Operand) -> Pos {
        match &x.expr {
            OperandExpr::None => Pos::NONE,
            OperandExpr::Expr(e) => self.epos(*e),
            OperandExpr::Made(p, _) => *p,
        }
    }

    /// The position of the node itself, such as its operator.
    pub(crate) fn xnode_pos(&self, x: &Operand) -> Pos {
        match &x.expr {
            OperandExpr::None => Pos::NONE,
            OperandExpr::Expr(e) => self.file().exprs[*e].pos,
            OperandExpr::Made(p, _) => *p,
        }
    }

    /// The source of an operand.
    pub(crate) fn xexpr(&self, x: &Operand) -> String {
        match &x.expr {
            OperandExpr::None => String::new(),
            OperandExpr::Expr(e) => expr_string(self.file(), *e),
            OperandExpr::Made(_, s) => s.to_string(),
        }
    }

    /// The operand as messages describe it: `x (variable of type T)`.
    pub(crate) fn xstr(&self, x: &Operand) -> String {
        let u = self.u;
        if x.mode == Mode::NilValue {
            return match x.ty {
                TypeId::INVALID => "nil (with invalid type)".into(),
                TypeId::UNTYPED_NIL => "nil".into(),
                t => format!("nil (of type {})", self.ts(t)),
            };
        }
        let mut expr = self.xexpr(x);
        if matches!(x.expr, OperandExpr::None) {
            expr = match x.mode {
                Mode::Builtin => crate::builtins::name(x.id).into(),
                Mode::TypeExpr => self.ts(x.ty),
                Mode::Constant => x.val.to_string(),
                _ => String::new(),
            };
        }
        let mut s = String::new();
        if !expr.is_empty() {
            s.push_str(&expr);
            s.push_str(" (");
        }
        let mut has_type = false;
        if !matches!(x.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin | Mode::TypeExpr) {
            match u.kind(x.ty) {
                TypeKind::Basic(k, name) if k.is_untyped() => {
                    s.push_str(name);
                    s.push(' ');
                }
                _ => has_type = true,
            }
        }
        s.push_str(match x.mode {
            Mode::Invalid => "invalid operand",
            Mode::NoValue => "no value",
            Mode::Builtin => "built-in",
            Mode::TypeExpr => "type",
            Mode::Constant => "constant",
            Mode::Variable => "variable",
            Mode::MapIndex => "map index expression",
            Mode::Value => "value",
            Mode::NilValue => "nil",
            Mode::CommaOk => "comma, ok expression",
            Mode::CgoFunc => "cgo function",
        });
        if x.is_const() {
            let v = x.val.to_string();
            if v != expr {
                s.push(' ');
                s.push_str(&v);
            }
        }
        if has_type {
            if x.ty.is_valid() {
                s.push_str(" of ");
                if u.is_generic(x.ty) {
                    s.push_str("generic ");
                }
                let tpar = u.as_type_param(x.ty);
                if tpar.is_none() && matches!(u.kind(x.ty), TypeKind::Named(_) | TypeKind::Alias(_))
                {
                    s.push_str(&self.kind_name(x.ty));
                    s.push(' ');
                }
                s.push_str("type ");
                s.push_str(&self.ts(x.ty));
                if let Some(p) = tpar {
                    s.push_str(" constrained by ");
                    s.push_str(&self.ts(p.bound().unwrap_or(TypeId::INVALID)));
                    if u.type_set(u.under(x.ty)).is_empty() {
                        s.push_str(" with empty type set");
                    }
                }
            } else {
                s.push_str(" with invalid type");
            }
        }
        if !expr.is_empty() {
            s.push(')');
        }
        s
    }

    /// `struct`, `func` and so on; for basic types their name.
    fn kind_name(&self, t: TypeId) -> String {
        let k = self.composite_kind(t);
        if !k.is_empty() {
            return k.into();
        }
        match self.u.under_kind(t) {
            TypeKind::Basic(_, n) => (*n).into(),
            _ => String::new(),
        }
    }

    pub(crate) fn composite_kind(&self, t: TypeId) -> &'static str {
        match self.u.under_kind(t) {
            TypeKind::Array { .. } => "array",
            TypeKind::Slice(_) => "slice",
            TypeKind::Struct(_) => "struct",
            TypeKind::Pointer(_) => "pointer",
            TypeKind::Signature(_) => "func",
            TypeKind::Interface(_) => "interface",
            TypeKind::Map { .. } => "map",
            TypeKind::Chan { .. } => "chan",
            TypeKind::Tuple(_) => "tuple",
            TypeKind::Union(_) => "union",
            _ => "",
        }
    }

    /// What kind of object a name stands for, in words.
    pub(crate) fn object_kind(&self, o: crate::object::ObjId) -> &'static str {
        match &self.u.obj(o).kind {
            ObjKind::PkgName { .. } => "package name",
            ObjKind::Const(_) => "constant",
            ObjKind::TypeName { .. } => match self.u.obj(o).ty().map(|t| self.u.kind(t)) {
                Some(TypeKind::Alias(_)) => "type alias",
                Some(TypeKind::TypeParam(_)) => "type parameter",
                _ => "defined type",
            },
            ObjKind::Var { kind, .. } => match kind {
                VarKind::Package => "package-level variable",
                VarKind::Local => "local variable",
                VarKind::Recv => "receiver",
                VarKind::Param => "parameter",
                VarKind::Result => "result variable",
                VarKind::Field => "struct field",
            },
            ObjKind::Func { .. } => {
                if self.u.is_method(o) {
                    "method"
                } else {
                    "function"
                }
            }
            ObjKind::Label => "label",
            ObjKind::Builtin(_) => "built-in function",
            ObjKind::Nil => "untyped nil",
        }
    }

    /// Whether `x` can be assigned to a variable of type `t`; otherwise the code of the error. The cause is added to
    /// `cause` if one is asked for.
    pub(crate) fn assignable(
        &mut self,
        x: &Operand,
        t: TypeId,
        mut cause: Option<&mut String>,
    ) -> Result<(), Code> {
        let u = self.u;
        if !x.is_valid() || !t.is_valid() {
            return Ok(());
        }
        let orig = t;
        let v = u.unalias(x.ty);
        let t = u.unalias(t);
        if u.identical(v, t) {
            return Ok(());
        }
        let (vu, tu) = (u.under(v), u.under(t));
        let (vp, tp) = (u.is_type_param(v), u.is_type_param(t));
        if u.is_untyped(vu) {
            let ok = if tp {
                match u.specific_types(t) {
                    Some(l) => l.iter().all(|(t, _)| self.implicit_type_and_value(x, *t).is_ok()),
                    None => false,
                }
            } else {
                self.implicit_type_and_value(x, t).is_ok()
            };
            return if ok { Ok(()) } else { Err(Code::IncompatibleAssign) };
        }
        if u.identical(vu, tu) && (!u.has_name(v) || !u.has_name(t)) && !vp && !tp {
            return Ok(());
        }
        let t_iface = matches!(u.kind(tu), TypeKind::Interface(_));
        if t_iface && !tp || u.is_interface_ptr(tu) {
            if self.implements(v, t, false, cause.as_deref_mut()) {
                return Ok(());
            }
            if !vp {
                return Err(Code::InvalidIfaceAssign);
            }
            if let Some(c) = cause.as_deref_mut() {
                c.clear();
            }
        }
        if matches!(u.kind(vu), TypeKind::Interface(_)) && !vp && self.implements(t, v, false, None)
        {
            if let Some(c) = cause.as_deref_mut() {
                *c = "need type assertion".into();
            }
            return Err(Code::IncompatibleAssign);
        }
        if let TypeKind::Chan { dir: ChanDir::Both, elem: ve } = u.kind(vu)
            && let TypeKind::Chan { elem: te, .. } = u.kind(tu)
            && u.identical(*ve, *te)
        {
            if !u.has_name(v) || !u.has_name(t) {
                return Ok(());
            }
            return Err(Code::InvalidChanAssign);
        }
        if !vp && !tp {
            return Err(Code::IncompatibleAssign);
        }
        let add = |cause: &mut Option<&mut String>, msg: String| {
            if let Some(c) = cause {
                **c = if c.is_empty() { msg } else { format!("{msg}\n\t{c}") };
            }
        };
        if !u.has_name(v) && tp {
            let Some(terms) = u.specific_types(t) else { return Err(Code::IncompatibleAssign) };
            for (term, _) in terms {
                if let Err(code) = self.assignable(x, term, cause.as_deref_mut()) {
                    let msg = format!(
                        "cannot assign {} to {} (in {})",
                        self.ts(x.ty),
                        self.ts(term),
                        self.ts(t)
                    );
                    add(&mut cause, msg);
                    return Err(code);
                }
            }
            return Ok(());
        }
        if vp && !u.has_name(t) {
            let Some(terms) = u.specific_types(v) else { return Err(Code::IncompatibleAssign) };
            let mut y = x.clone();
            for (term, _) in terms {
                y.ty = term;
                if let Err(code) = self.assignable(&y, t, cause.as_deref_mut()) {
                    let msg = format!(
                        "cannot assign {} (in {}) to {}",
                        self.ts(term),
                        self.ts(v),
                        self.ts(orig)
                    );
                    add(&mut cause, msg);
                    return Err(code);
                }
            }
            return Ok(());
        }
        Err(Code::IncompatibleAssign)
    }

    pub(crate) fn is_bytes_or_runes(&self, t: TypeId) -> bool {
        match self.u.under_kind(t) {
            TypeKind::Slice(e) => {
                self.u.is_basic(*e, |k| matches!(k, BasicKind::Uint8 | BasicKind::Int32))
            }
            _ => false,
        }
    }
}
