//! Assignments, initialisations and short variable declarations.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::info::Mode;
use crate::object::{ObjId, VarKind};
use crate::operand::{Operand, OperandExpr};
use crate::signature::measure;
use crate::types::{TypeId, TypeKind};
use burrow_syntax::{ExprId, ExprKind, Pos, StmtId};
use rustc_hash::FxHashSet;

impl<'a> Checker<'a> {
    /// Checks that `x` can be assigned to a variable of type `t` (any, if there is none), and gives an untyped `x` its
    /// type. `x` is invalid afterwards if not.
    pub(crate) fn assignment(&mut self, x: &mut Operand, t: Option<TypeId>, context: &str) {
        let u = self.u;
        self.single_value(x);
        match x.mode {
            Mode::Invalid => return,
            Mode::NilValue
            | Mode::Constant
            | Mode::Variable
            | Mode::MapIndex
            | Mode::Value
            | Mode::CommaOk => {}
            _ => {
                let ts = t.map_or("nil".into(), |t| self.ts(t));
                let msg = format!("cannot assign {} to {ts} in {context}", self.xstr(x));
                self.error(self.xpos(x), Code::IncompatibleAssign, msg);
                x.invalidate();
                return;
            }
        }
        if u.is_untyped(x.ty) {
            let mut target = t;
            if x.is_nil() {
                if t.is_none() {
                    let msg = format!("use of untyped nil in {context}");
                    self.error(self.xpos(x), Code::UntypedNilUse, msg);
                    x.invalidate();
                    return;
                }
            } else if t.is_none_or(|t| u.is_non_type_param_interface(t)) {
                target = Some(u.default_type(x.ty));
            }
            let target = target.unwrap_or(TypeId::INVALID);
            match self.implicit_type_and_value(x, target) {
                Err(code) => {
                    let mut msg = format!(
                        "cannot use {} as {} value in {context}",
                        self.xstr(x),
                        self.ts(target)
                    );
                    let code = match code {
                        Code::TruncatedFloat => {
                            msg.push_str(" (truncated)");
                            code
                        }
                        Code::NumericOverflow => {
                            msg.push_str(" (overflows)");
                            code
                        }
                        _ => Code::IncompatibleAssign,
                    };
                    self.error(self.xpos(x), code, msg);
                    x.invalidate();
                    return;
                }
                Ok((new, val)) => {
                    if let Some(v) = val {
                        x.val = v;
                        let v = x.val.clone();
                        self.update_expr_val(x, &v);
                    }
                    if new != x.ty {
                        x.ty = new;
                        self.update_type_of(x, new, false);
                    }
                }
            }
        }
        let target = self.target_if_generic(x, t, context);
        self.non_generic(target.as_ref(), x);
        if !x.is_valid() {
            return;
        }
        let Some(t) = t else { return };
        let mut cause = String::new();
        if let Err(code) = self.assignable(x, t, Some(&mut cause)) {
            let mut msg =
                format!("cannot use {} as {} value in {context}", self.xstr(x), self.ts(t));
            if !cause.is_empty() {
                msg.push_str(": ");
                msg.push_str(&cause);
            }
            self.error(self.xpos(x), code, msg);
            x.invalidate();
        }
    }

    /// A target is needed for generic functions only.
    fn target_if_generic(
        &self,
        x: &Operand,
        t: Option<TypeId>,
        context: &str,
    ) -> Option<crate::expr::Target> {
        match self.u.kind(x.ty) {
            TypeKind::Signature(s) if !s.tparams.is_empty() => self.new_target(t, context),
            _ => None,
        }
    }

    pub(crate) fn init_const(&mut self, o: ObjId, x: &mut Operand) {
        let obj = self.u.obj(o);
        if !x.is_valid() || !x.ty.is_valid() || obj.ty() == Some(TypeId::INVALID) {
            if obj.ty().is_none() {
                obj.ty.set(TypeId::INVALID);
            }
            return;
        }
        if !x.is_const() {
            let msg = format!("{} is not constant", self.xstr(x));
            self.error(self.xpos(x), Code::InvalidConstInit, msg);
            if obj.ty().is_none() {
                obj.ty.set(TypeId::INVALID);
            }
            return;
        }
        let t = obj.ty().unwrap_or(x.ty);
        obj.ty.set(t);
        self.assignment(x, Some(t), "constant declaration");
        if x.is_valid() {
            self.set_const(o, x.val.clone());
        }
    }

    pub(crate) fn init_var(&mut self, o: ObjId, x: &mut Operand, context: &str) {
        let obj = self.u.obj(o);
        if !x.is_valid() || !x.ty.is_valid() || obj.ty() == Some(TypeId::INVALID) {
            if obj.ty().is_none() {
                obj.ty.set(TypeId::INVALID);
            }
            x.invalidate();
            return;
        }
        let t = match obj.ty() {
            Some(t) => t,
            None => {
                let mut t = x.ty;
                if self.u.is_untyped(t) {
                    if t == TypeId::UNTYPED_NIL {
                        let msg = format!("use of untyped nil in {context}");
                        self.error(self.xpos(x), Code::UntypedNilUse, msg);
                        obj.ty.set(TypeId::INVALID);
                        x.invalidate();
                        return;
                    }
                    t = self.u.default_type(t);
                }
                obj.ty.set(t);
                t
            }
        };
        self.assignment(x, Some(t), context);
    }

    /// The type of what stands on the left of an assignment; `Ok(None)` for `_`.
    fn lhs_var(&mut self, lhs: ExprId) -> Result<Option<TypeId>, ()> {
        let inner = self.file().unparen(lhs);
        let mut var = None;
        let mut was_used = false;
        if let ExprKind::Name(n) = self.kind(inner) {
            let name = self.name_of(*n);
            if name == self.blank {
                self.record_def(*n, None);
                return Ok(None);
            }
            // An assignment is no use.
            if let Some(o) = self.lookup(name)
                && self.u.obj(o).is_var()
            {
                var = Some(o);
                was_used = self.used.contains(&o);
            }
        }
        let mut x = Operand::new();
        self.expr(None, &mut x, lhs);
        if let Some(v) = var
            && !was_used
        {
            self.used.remove(&v);
        }
        if !x.is_valid() || !x.ty.is_valid() {
            return Err(());
        }
        if matches!(x.mode, Mode::Variable | Mode::MapIndex) {
            return Ok(Some(x.ty));
        }
        if let Some(e) = x.expr_id()
            && let ExprKind::Selector { x: inner, .. } = self.kind(e)
        {
            let mut op = Operand::new();
            self.expr(None, &mut op, *inner);
            if op.mode == Mode::MapIndex {
                let msg = format!("cannot assign to struct field {} in map", self.xexpr(&x));
                self.error(self.xpos(&x), Code::UnaddressableFieldAssign, msg);
                return Err(());
            }
        }
        let msg = format!(
            "cannot assign to {} (neither addressable nor a map index expression)",
            self.xexpr(&x)
        );
        self.error(self.xpos(&x), Code::UnassignableOperand, msg);
        Err(())
    }

    /// `lhs = rhs`, where the right side is an expression or a value.
    pub(crate) fn assign_var(
        &mut self,
        lhs: ExprId,
        rhs: Option<ExprId>,
        x: Option<&mut Operand>,
        context: &str,
    ) {
        let t = match self.lhs_var(lhs) {
            Ok(t) => t,
            Err(()) => {
                match (x, rhs) {
                    (Some(x), _) => x.invalidate(),
                    (None, Some(r)) => {
                        self.use_exprs(&[r]);
                    }
                    (None, None) => {}
                }
                return;
            }
        };
        let context = if t.is_none() && context == "assignment" {
            "assignment to _ identifier"
        } else {
            context
        };
        match (x, rhs) {
            (Some(x), _) => self.assignment(x, t, context),
            (None, Some(r)) => {
                let target = match t {
                    Some(t) if self.u.under_signature(t).is_some() => {
                        let desc = self.es(lhs);
                        self.new_target(Some(t), &desc)
                    }
                    _ => None,
                };
                let mut x = Operand::new();
                self.expr(target.as_ref(), &mut x, r);
                self.assignment(&mut x, t, context);
            }
            (None, None) => {}
        }
    }

    /// Types in the form of "have" and "want" lines.
    pub(crate) fn types_summary(&self, list: &[TypeId], variadic: bool, has_dots: bool) -> String {
        let mut out = Vec::new();
        for (i, &t) in list.iter().enumerate() {
            let mut s = match self.u.kind(t) {
                _ if !t.is_valid() => "unknown type".into(),
                TypeKind::Basic(k, _) if k.is_untyped() && k.is_numeric() => "number".to_string(),
                TypeKind::Basic(k, name) if k.is_untyped() => name.replace("untyped ", ""),
                _ => self.ts(t),
            };
            if i + 1 == list.len() {
                if variadic {
                    if let TypeKind::Slice(e) = self.u.kind(t) {
                        s = self.ts(*e);
                    }
                    s.insert_str(0, "...");
                } else if has_dots {
                    s.push_str("...");
                }
            }
            out.push(s);
        }
        format!("({})", out.join(", "))
    }

    fn assign_error(&mut self, rhs: &[ExprId], l: usize, r: usize) {
        let (vars, vals) = (measure(l, "variable"), measure(r, "value"));
        let rhs0 = rhs[0];
        let mut msg = format!("assignment mismatch: {vars} but {vals}");
        if rhs.len() == 1
            && let ExprKind::Call { fun, .. } = self.kind(self.file().unparen(rhs0))
        {
            msg = format!("assignment mismatch: {vars} but {} returns {vals}", self.es(*fun));
        }
        self.error(self.epos(rhs0), Code::WrongAssignCount, msg);
    }

    fn return_error(&mut self, at: Pos, lhs: &[ObjId], rhs: &[Operand]) {
        let (l, r) = (lhs.len(), rhs.len());
        let (at, qualifier) = if r > l {
            (self.xpos(&rhs[l]), "too many")
        } else if r > 0 {
            (self.xpos(&rhs[r - 1]), "not enough")
        } else {
            (at, "not enough")
        };
        let have: Vec<TypeId> = rhs.iter().map(|x| x.ty).collect();
        let want: Vec<TypeId> = lhs.iter().map(|v| self.u.obj_type(*v)).collect();
        let mut rep = Report::new(Code::WrongResultCount);
        rep.add(at, format!("{qualifier} return values"));
        rep.add(Pos::NONE, format!("have {}", self.types_summary(&have, false, false)));
        rep.add(Pos::NONE, format!("want {}", self.types_summary(&want, false, false)));
        self.report(rep);
    }

    fn invalidate_vars(&self, lhs: &[ObjId]) {
        for &v in lhs {
            if self.u.obj(v).ty().is_none() {
                self.u.obj(v).ty.set(TypeId::INVALID);
            }
        }
    }

    fn is_call(&self, list: &[ExprId]) -> bool {
        matches!(list, [e] if matches!(self.kind(self.file().unparen(*e)), ExprKind::Call { .. }))
    }

    /// Initialises variables; of results, if there is a return statement.
    pub(crate) fn init_vars(&mut self, lhs: &[ObjId], rhs: &[ExprId], ret: Option<StmtId>) {
        let (l, r) = (lhs.len(), rhs.len());
        let context = if ret.is_some() {
            "return statement"
        } else if l > 1 {
            "multiple assignment"
        } else {
            "assignment"
        };
        if l == r && !self.is_call(rhs) {
            for (&v, &e) in lhs.iter().zip(rhs) {
                let obj = self.u.obj(v);
                let mut desc = obj.name.as_str();
                if ret.is_some() && desc.is_empty() {
                    desc = "result variable";
                }
                let target = self.new_target(obj.ty(), desc);
                let mut x = Operand::new();
                self.expr(target.as_ref(), &mut x, e);
                self.init_var(v, &mut x, context);
            }
            return;
        }
        if r != 1 {
            if self.use_exprs(rhs) {
                if let Some(s) = ret {
                    let values = self.expr_list(rhs);
                    let at = self.spos(s);
                    self.return_error(at, lhs, &values);
                } else if r > 0 {
                    self.assign_error(rhs, l, r);
                }
            }
            self.invalidate_vars(lhs);
            return;
        }
        let (mut values, comma_ok) = self.multi_expr(rhs[0], l == 2 && ret.is_none());
        if l == values.len() {
            for (&v, x) in lhs.iter().zip(&mut values) {
                self.init_var(v, x, context);
            }
            if comma_ok && values[0].is_valid() && values[1].is_valid() {
                self.record_comma_ok(rhs[0], values[0].ty, values[1].ty);
            }
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            match ret {
                Some(s) => {
                    let at = self.spos(s);
                    self.return_error(at, lhs, &values);
                }
                None => self.assign_error(rhs, l, values.len()),
            }
        }
        self.invalidate_vars(lhs);
    }

    pub(crate) fn assign_vars(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        let (l, r) = (lhs.len(), rhs.len());
        let context = if l > 1 { "multiple assignment" } else { "assignment" };
        if l == r && !self.is_call(rhs) {
            for (&a, &b) in lhs.iter().zip(rhs) {
                self.assign_var(a, Some(b), None, context);
            }
            return;
        }
        if r != 1 {
            let ok_lhs = self.use_lhs(lhs);
            let ok_rhs = self.use_exprs(rhs);
            if ok_lhs && ok_rhs {
                self.assign_error(rhs, l, r);
            }
            return;
        }
        let (mut values, comma_ok) = self.multi_expr(rhs[0], l == 2);
        if l == values.len() {
            for (&a, x) in lhs.iter().zip(&mut values) {
                self.assign_var(a, None, Some(x), context);
            }
            if comma_ok && values[0].is_valid() && values[1].is_valid() {
                self.record_comma_ok(rhs[0], values[0].ty, values[1].ty);
            }
            return;
        }
        if values.first().is_some_and(Operand::is_valid) {
            self.assign_error(rhs, l, values.len());
        }
        self.use_lhs(lhs);
    }

    pub(crate) fn short_var_decl(&mut self, pos: Pos, lhs: &[ExprId], rhs: &[ExprId]) {
        let top = self.delayed.len();
        let scope = self.env.scope;
        let mut seen = FxHashSet::default();
        let mut vars: Vec<Option<ObjId>> = Vec::new();
        let mut new_vars = Vec::new();
        let mut has_err = false;
        for &e in lhs {
            let ExprKind::Name(id) = self.kind(e) else {
                self.use_lhs(&[e]);
                let msg = format!("non-name {} on left side of :=", self.es(e));
                self.error(self.epos(e), Code::BadDecl, msg);
                has_err = true;
                vars.push(None);
                continue;
            };
            let ident = self.file().ident(*id);
            if ident.name != self.blank && !seen.insert(ident.name) {
                let msg = format!("{} repeated on left side of :=", ident.name);
                self.error(ident.pos, Code::RepeatedDecl, msg);
                has_err = true;
                vars.push(None);
                continue;
            }
            if let Some(&alt) = self.scopes[scope].elems.get(&ident.name) {
                self.record_use(*id, alt);
                if self.u.obj(alt).is_var() {
                    vars.push(Some(alt));
                    // Lowering wants the type of what is assigned to.
                    let t = self.u.obj_type(alt);
                    self.record_type(e, Mode::Variable, t, None);
                } else {
                    let msg = format!("cannot assign to {}", ident.name);
                    self.error(ident.pos, Code::UnassignableOperand, msg);
                    has_err = true;
                    vars.push(None);
                }
                continue;
            }
            let o = self.new_local(VarKind::Local, ident.pos, ident.name, None);
            vars.push(Some(o));
            if ident.name != self.blank {
                new_vars.push(o);
            }
            self.record_def(*id, Some(o));
        }
        let objs: Vec<ObjId> = vars
            .iter()
            .zip(lhs)
            .map(|(v, &e)| {
                v.unwrap_or_else(|| self.new_local(VarKind::Local, self.epos(e), self.blank, None))
            })
            .collect();
        self.init_vars(&objs, rhs, None);
        self.process_delayed(top);
        if new_vars.is_empty() && !has_err {
            self.soft_error(pos, Code::NoNewVar, "no new variables on left side of :=");
            return;
        }
        for o in new_vars {
            self.declare(scope, None, o);
        }
    }

    pub(crate) fn made_operand(&self, pos: Pos, text: &str, ty: TypeId) -> Operand {
        Operand::value(OperandExpr::Made(pos, text.into()), ty)
    }
}
