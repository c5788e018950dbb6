//! Range statements.

use crate::check::Checker;
use crate::constant::Constant;
use crate::errors::Code;
use crate::info::Mode;
use crate::object::VarKind;
use crate::operand::Operand;
use crate::types::{ChanDir, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{Block, ExprId, ExprKind, StmtId};

/// Types of the iteration values; or why there are none (empty: the operand just can't be ranged over).
type KeyVal = Result<(Option<TypeId>, Option<TypeId>), String>;

impl<'a> Checker<'a> {
    pub(crate) fn range_stmt(
        &mut self,
        s: StmtId,
        lhs: &'a [ExprId],
        define: bool,
        range_expr: ExprId,
        body: &'a Block,
    ) {
        let u = self.u;
        let pos = self.file().stmts[s].pos;
        let key_expr = lhs.first().copied();
        let val_expr = lhs.get(1).copied();
        self.env.has_call_or_recv = false;
        let mut x = Operand::new();
        self.expr(None, &mut x, range_expr);
        if x.is_valid()
            && val_expr.is_none()
            && !self.env.has_call_or_recv
            && let TypeKind::Array { len, .. } = u.kind(self.array_ptr_deref(u.under(x.ty)))
        {
            // The length is all that is needed: the operand isn't evaluated.
            let inner = self.file().unparen(range_expr);
            self.record_type(inner, Mode::Constant, TypeId::INT, Some(&Constant::Int(*len)));
        }
        let (mut key, mut val) = (None, None);
        if x.is_valid() {
            let bad = Some(TypeId::INVALID);
            let xs = self.xstr(&x);
            match self.range_key_val(x.ty) {
                Err(cause) => {
                    let mut msg = format!("cannot range over {xs}");
                    if !cause.is_empty() {
                        msg.push_str(": ");
                        msg.push_str(&cause);
                    }
                    self.soft_error(self.xpos(&x), Code::InvalidRangeExpr, msg);
                    (key, val) = (bad, bad);
                }
                Ok((k, v)) => {
                    if let (None, Some(e)) = (k, key_expr) {
                        let msg = format!("range over {xs} permits no iteration variables");
                        self.soft_error(self.epos(e), Code::InvalidIterVar, msg);
                    } else if let (None, Some(e)) = (v, val_expr) {
                        let msg = format!("range over {xs} permits only one iteration variable");
                        self.soft_error(self.epos(e), Code::InvalidIterVar, msg);
                    } else if let Some(&e) = lhs.get(2) {
                        let msg = "range clause permits at most two iteration variables";
                        self.soft_error(self.epos(e), Code::InvalidIterVar, msg);
                    }
                    (key, val) = (k, v);
                }
            }
        }
        self.open_scope();
        let over_int = u.is_integer(x.ty);
        let pairs = [(key_expr, key), (val_expr, val)];
        if define {
            let mut vars = Vec::new();
            for (e, t) in pairs {
                let Some(e) = e else { continue };
                let o = if let ExprKind::Name(n) = self.kind(e) {
                    let ident = self.file().ident(*n);
                    let o = self.new_local(VarKind::Local, ident.pos, ident.name, None);
                    self.record_def(*n, Some(o));
                    if ident.name != self.blank {
                        vars.push(o);
                    }
                    o
                } else {
                    let msg = format!("non-name {} on left side of :=", self.es(e));
                    self.error(self.epos(e), Code::InvalidSyntaxTree, msg);
                    self.new_local(VarKind::Local, self.epos(e), self.blank, None)
                };
                let Some(t) = t.filter(|t| t.is_valid()) else {
                    u.obj(o).ty.set(TypeId::INVALID);
                    self.used.insert(o);
                    continue;
                };
                if over_int {
                    self.init_var(o, &mut x, "range clause");
                } else {
                    let mut y = self.expr_operand(e, t);
                    self.init_var(o, &mut y, "assignment");
                }
            }
            if vars.is_empty() {
                self.error(pos, Code::NoNewVar, "no new variables on left side of :=");
            }
            for o in vars {
                self.declare(self.env.scope, None, o);
            }
        } else if key_expr.is_some() {
            for (e, t) in pairs {
                let (Some(e), Some(t)) = (e, t.filter(|t| t.is_valid())) else { continue };
                if over_int {
                    self.assign_var(e, None, Some(&mut x), "range clause");
                    if x.is_valid() && !u.is_integer(x.ty) {
                        let msg =
                            format!("cannot use iteration variable of type {}", self.ts(x.ty));
                        self.soft_error(self.epos(e), Code::InvalidRangeExpr, msg);
                    }
                } else {
                    let mut y = self.expr_operand(e, t);
                    self.assign_var(e, None, Some(&mut y), "assignment");
                }
            }
        } else if over_int {
            self.assignment(&mut x, None, "range clause");
        }
        self.block_stmts(body);
        self.close_scope();
    }

    fn range_key_val(&mut self, orig: TypeId) -> KeyVal {
        let u = self.u;
        let r = u.common_under(orig, |t, under| match (t, under.map(|k| u.kind(k))) {
            (Some(t), Some(TypeKind::Chan { dir: ChanDir::SendOnly, .. })) => {
                Some(format!("receive from send-only channel {}", u.type_string(t)))
            }
            _ => None,
        });
        let core = r?;
        let none = Err(String::new());
        match u.kind(self.array_ptr_deref(core)) {
            TypeKind::Basic(k, _) if k.is_string() => Ok((Some(TypeId::INT), Some(TypeId::RUNE))),
            TypeKind::Basic(k, _) if k.is_integer() => {
                if !self.allow(Version::GO1_22) {
                    return Err("requires go1.22 or later".into());
                }
                Ok((Some(orig), None))
            }
            TypeKind::Array { elem, .. } | TypeKind::Slice(elem) => {
                Ok((Some(TypeId::INT), Some(*elem)))
            }
            TypeKind::Map { key, elem } => Ok((Some(*key), Some(*elem))),
            TypeKind::Chan { elem, .. } => Ok((Some(*elem), None)),
            TypeKind::Signature(s) => {
                if !self.allow(Version::GO1_23) {
                    return Err("requires go1.23 or later".into());
                }
                const FORM: &str = "func must be func(yield func(...) bool): ";
                let [param] = *s.params else {
                    return Err(format!("{FORM}wrong argument count"));
                };
                if !s.results.is_empty() {
                    return Err(format!("{FORM}unexpected results"));
                }
                let yield_type = match u.common_under(u.obj_type(param), |_, _| None) {
                    Ok(t) => t,
                    Err(e) => return Err(format!("{FORM}in yield type, {e}")),
                };
                let TypeKind::Signature(cb) = u.kind(yield_type) else {
                    return Err(format!("{FORM}argument is not func"));
                };
                if cb.params.len() > 2 {
                    return Err(format!("{FORM}yield func has too many parameters"));
                }
                match *cb.results {
                    [r] if u.identical(u.obj_type(r), TypeId::BOOL) => {}
                    [r] if u.is_boolean(u.obj_type(r)) => {
                        return Err(format!(
                            "{FORM}yield func returns user-defined boolean, not bool"
                        ));
                    }
                    _ => return Err(format!("{FORM}yield func does not return bool")),
                }
                if cb.variadic {
                    return Err(format!(
                        "yield func of type {} cannot be variadic",
                        self.ts(yield_type)
                    ));
                }
                let p = |i: usize| cb.params.get(i).map(|v| u.obj_type(*v));
                Ok((p(0), p(1)))
            }
            _ => none,
        }
    }
}
