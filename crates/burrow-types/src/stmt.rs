//! Statements and function bodies.

use crate::check::{Checker, Env, ScopeId};
use crate::constant::{Constant, Kind};
use crate::errors::{Code, Report};
use crate::expr::ExprClass;
use crate::info::Mode;
use crate::literals::ConstKey;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::operand::{Operand, OperandExpr};
use crate::types::TypeId;
use burrow_syntax::{
    Block, CaseId, CommClause, ExprId, ExprKind, IdentId, Pos, StmtId, StmtKind, UnaryOp,
};
use rustc_hash::FxHashMap;

impl<'a> Checker<'a> {
    /// Checks the body of a function or function literal. `decl` is the package-level object whose dependencies are
    /// collected.
    pub(crate) fn func_body(
        &mut self,
        decl: Option<ObjId>,
        sig: TypeId,
        scope: ScopeId,
        body: &'a Block,
        iota: Option<Constant>,
    ) {
        let env = Env {
            decl,
            scope,
            iota,
            errpos: Pos::NONE,
            in_tparam_list: false,
            sig: Some(sig),
            has_call_or_recv: false,
            ..self.env.clone()
        };
        let saved = std::mem::replace(&mut self.env, env);
        if let Some(s) = self.u.as_signature(sig) {
            self.enter_tparams(s);
        }
        let top = self.delayed.len();
        self.stmt_list(&body.stmts);
        self.process_delayed(top);
        let has_results = self.u.as_signature(sig).is_some_and(|s| !s.results.is_empty());
        if has_results && !self.is_terminating_list(&body.stmts, None) {
            self.error(body.rbrace, Code::MissingReturn, "missing return");
        }
        self.usage(scope);
        self.env = saved;
    }

    /// Reports variables that are not used, inner functions apart: they have reported their own.
    fn usage(&mut self, scope: ScopeId) {
        let mut unused: Vec<ObjId> = self.scopes[scope]
            .elems
            .values()
            .copied()
            .filter(|o| self.u.obj(*o).var_kind() == Some(VarKind::Local) && !self.used.contains(o))
            .collect();
        unused.sort_by_key(|o| self.u.obj(*o).pos);
        for o in unused {
            let obj = self.u.obj(o);
            self.soft_error(
                obj.pos,
                Code::UnusedVar,
                format!("declared and not used: {}", obj.name),
            );
        }
        for child in self.scopes[scope].children.clone() {
            if !self.scopes[child].is_func {
                self.usage(child);
            }
        }
    }

    fn stmt_list(&mut self, list: &'a [StmtId]) {
        for &s in list {
            self.stmt(s);
        }
    }

    pub(crate) fn block_stmts(&mut self, b: &'a Block) {
        self.open_scope();
        self.stmt_list(&b.stmts);
        self.close_scope();
    }

    /// A statement, and what it left to do.
    fn stmt(&mut self, s: StmtId) {
        let top = self.delayed.len();
        self.stmt0(s);
        self.process_delayed(top);
    }

    fn opt_stmt(&mut self, s: Option<StmtId>) {
        if let Some(s) = s {
            self.stmt(s);
        }
    }

    fn stmt0(&mut self, s: StmtId) {
        let f = self.file();
        let pos = f.stmts[s].pos;
        match f.stmt(s) {
            StmtKind::Empty | StmtKind::Branch { .. } => {}
            StmtKind::Decl(list) => self.decl_stmt(list),
            StmtKind::Labeled { stmt, .. } => self.stmt(*stmt),
            StmtKind::Expr(e) => self.expr_stmt(*e),
            StmtKind::Send { chan, value } => {
                let (mut ch, mut val) = (Operand::new(), Operand::new());
                self.expr(None, &mut ch, *chan);
                self.generic_expr(&mut val, *value, None);
                if !ch.is_valid() || !val.is_valid() {
                    return;
                }
                let at = self.spos(s);
                if let Some(elem) = self.chan_elem(at, &ch, false) {
                    self.assignment(&mut val, Some(elem), "send");
                }
            }
            StmtKind::IncDec { x: e, inc } => {
                let mut x = Operand::new();
                self.expr(None, &mut x, *e);
                if !x.is_valid() {
                    return;
                }
                if !self.u.all_numeric(x.ty) {
                    let op = if *inc { "++" } else { "--" };
                    let msg = format!(
                        "invalid operation: {}{op} (non-numeric type {})",
                        self.es(*e),
                        self.ts(x.ty)
                    );
                    self.error(self.epos(*e), Code::NonNumericIncDec, msg);
                    return;
                }
                self.assign_var(*e, None, Some(&mut x), "assignment");
            }
            StmtKind::Assign { op: None, lhs, rhs } => self.assign_vars(lhs, rhs),
            StmtKind::Assign { op: Some(op), lhs, rhs } => {
                let ([l], [r]) = (&**lhs, &**rhs) else {
                    let msg =
                        format!("assignment operation {op}= requires single-valued expressions");
                    self.error(self.spos(s), Code::MultiValAssignOp, msg);
                    return;
                };
                let mut x = Operand::new();
                self.binary(&mut x, None, *l, *r, *op);
                self.assign_var(*l, None, Some(&mut x), "assignment");
            }
            StmtKind::Define { lhs, rhs } => self.short_var_decl(pos, lhs, rhs),
            StmtKind::Go(call) => self.suspended_call("go", *call),
            StmtKind::Defer(call) => self.suspended_call("defer", *call),
            StmtKind::Return(results) => self.return_stmt(s, results),
            StmtKind::Block(b) => self.block_stmts(b),
            StmtKind::If { init, cond, then, els } => {
                self.open_scope();
                self.opt_stmt(*init);
                self.condition(*cond, "non-boolean condition in if statement");
                self.block_stmts(then);
                self.opt_stmt(*els);
                self.close_scope();
            }
            StmtKind::Switch { init, tag, cases, rbrace } => {
                self.open_scope();
                self.opt_stmt(*init);
                self.switch_stmt(*tag, cases, *rbrace);
                self.close_scope();
            }
            StmtKind::TypeSwitch { init, lhs, x, cases, .. } => {
                self.open_scope();
                self.opt_stmt(*init);
                self.type_switch(*lhs, *x, cases);
                self.close_scope();
            }
            StmtKind::Select { clauses, .. } => self.select_stmt(clauses),
            StmtKind::For { init, cond, post, body } => {
                self.open_scope();
                self.opt_stmt(*init);
                if let Some(c) = cond {
                    self.condition(*c, "non-boolean condition in for statement");
                }
                self.opt_stmt(*post);
                self.block_stmts(body);
                self.close_scope();
            }
            StmtKind::Range { lhs, define, x, body, .. } => {
                self.range_stmt(s, lhs, *define, *x, body)
            }
        }
    }

    fn condition(&mut self, cond: ExprId, msg: &str) {
        let mut x = Operand::new();
        self.expr(None, &mut x, cond);
        if x.is_valid() && !self.u.all_boolean(x.ty) {
            self.error(self.epos(cond), Code::InvalidCond, msg);
        }
    }

    fn expr_stmt(&mut self, e: ExprId) {
        let mut x = Operand::new();
        let class = self.raw_expr(None, &mut x, e, None, false);
        let (code, what) = match x.mode {
            Mode::Builtin => (Code::UncalledBuiltin, "must be called"),
            Mode::TypeExpr => (Code::NotAnExpr, "is not an expression"),
            _ if class == ExprClass::Statement => return,
            _ => (Code::UnusedExpr, "is not used"),
        };
        let msg = format!("{} {what}", self.xstr(&x));
        self.error(self.xpos(&x), code, msg);
    }

    fn suspended_call(&mut self, keyword: &str, call: ExprId) {
        let code = if keyword == "go" { Code::InvalidGo } else { Code::InvalidDefer };
        if !matches!(self.kind(call), ExprKind::Call { .. }) {
            let msg = format!("expression in {keyword} must be function call");
            self.error(self.epos(call), code, msg);
            self.use_exprs(&[call]);
            return;
        }
        let mut x = Operand::new();
        let (code, what) = match self.raw_expr(None, &mut x, call, None, false) {
            ExprClass::Conversion => (code, "requires function call, not conversion"),
            ExprClass::Expression => (Code::UnusedResults, "discards result of"),
            ExprClass::Statement => return,
        };
        let msg = format!("{keyword} {what} {}", self.xstr(&x));
        self.error(self.xpos(&x), code, msg);
    }

    fn return_stmt(&mut self, s: StmtId, results: &[ExprId]) {
        let u = self.u;
        let Some(sig) = self.env.sig.and_then(|t| u.as_signature(t)) else { return };
        let named = sig.results.first().is_some_and(|r| !u.obj(*r).name.as_str().is_empty());
        if results.is_empty() && named {
            for &r in &sig.results {
                let obj = u.obj(r);
                if let Some(alt) = self.lookup(obj.name)
                    && alt != r
                {
                    let mut rep = Report::new(Code::OutOfScopeResult);
                    rep.add(
                        self.spos(s),
                        format!("result parameter {} not in scope at return", obj.name),
                    );
                    let t = self.ts(u.obj_type(r));
                    rep.add(u.obj(alt).pos, format!("inner declaration of var {} {t}", obj.name));
                    self.report(rep);
                }
            }
            return;
        }
        if sig.results.is_empty() {
            if !results.is_empty() {
                let values = self.expr_list(results);
                if values.first().is_some_and(Operand::is_valid) || values.is_empty() {
                    let have: Vec<TypeId> = values.iter().map(|x| x.ty).collect();
                    let mut rep = Report::new(Code::WrongResultCount);
                    let at = values.first().map_or(self.spos(s), |x| self.xpos(x));
                    rep.add(at, "too many return values");
                    rep.add(Pos::NONE, format!("have {}", self.types_summary(&have, false, false)));
                    rep.add(Pos::NONE, "want ()");
                    self.report(rep);
                }
            }
            return;
        }
        self.init_vars(&sig.results, results, Some(s));
    }

    fn multiple_defaults(&mut self, defaults: impl Iterator<Item = Pos>) {
        let mut first = None;
        for pos in defaults {
            match first {
                None => first = Some(pos),
                Some(p) => {
                    let msg = format!("multiple defaults (first at {})", self.at(p));
                    self.error(pos, Code::DuplicateDefault, msg);
                }
            }
        }
    }

    fn switch_stmt(&mut self, tag: Option<ExprId>, cases: &'a [CaseId], rbrace: Pos) {
        let f = self.file();
        let u = self.u;
        let mut x = Operand::new();
        match tag {
            Some(t) => {
                self.expr(None, &mut x, t);
                self.assignment(&mut x, None, "switch expression");
                if x.is_valid() && !u.comparable(x.ty) && !u.has_nil(x.ty) {
                    let msg = format!(
                        "cannot switch on {} ({} is not comparable)",
                        self.xstr(&x),
                        self.ts(x.ty)
                    );
                    self.error(self.xpos(&x), Code::InvalidExprSwitch, msg);
                    x.invalidate();
                }
            }
            None => {
                let pos = cases.first().map_or(rbrace, |c| f.cases[*c].pos);
                x = self.made_operand(pos, "true", TypeId::BOOL);
                x.mode = Mode::Constant;
                x.val = Constant::Bool(true);
            }
        }
        self.multiple_defaults(
            cases.iter().filter(|c| f.cases[**c].is_default).map(|c| f.cases[*c].pos),
        );
        let mut seen: FxHashMap<ConstKey, Vec<(Pos, TypeId)>> = FxHashMap::default();
        for &c in cases {
            let clause = &f.cases[c];
            self.case_values(&mut x, &clause.exprs, &mut seen);
            self.open_scope();
            self.stmt_list(&clause.body);
            self.close_scope();
        }
    }

    fn case_values(
        &mut self,
        x: &mut Operand,
        values: &[ExprId],
        seen: &mut FxHashMap<ConstKey, Vec<(Pos, TypeId)>>,
    ) {
        for &e in values {
            let mut v = Operand::new();
            self.expr(None, &mut v, e);
            if !x.is_valid() || !v.is_valid() {
                continue;
            }
            self.convert_untyped(&mut v, x.ty);
            if !v.is_valid() {
                continue;
            }
            let mut res = v.clone();
            self.comparison(&mut res, x, burrow_syntax::BinaryOp::Eql, true);
            if !res.is_valid() || !v.is_const() || v.val.kind() == Kind::Bool {
                continue;
            }
            if v.val.kind() == Kind::Complex {
                continue;
            }
            let Some(key) = ConstKey::new(&v.val) else { continue };
            let list = seen.entry(key).or_default();
            if let Some((pos, _)) = list.iter().find(|(_, t)| self.u.identical(*t, v.ty)) {
                let mut r = Report::new(Code::DuplicateCase);
                r.add(
                    self.xpos(&v),
                    format!("duplicate case {} in expression switch", self.xstr(&v)),
                );
                r.add(*pos, "previous case");
                self.report(r);
                continue;
            }
            list.push((self.xnode_pos(&v), v.ty));
        }
    }

    fn is_nil_expr(&self, e: ExprId) -> bool {
        match self.kind(self.file().unparen(e)) {
            ExprKind::Name(n) => self
                .lookup(self.name_of(*n))
                .is_some_and(|o| matches!(self.u.obj(o).kind, ObjKind::Nil)),
            _ => false,
        }
    }

    /// The types of a clause of a type switch; gives the type of the variable there.
    fn case_types(
        &mut self,
        x: Option<&Operand>,
        types: &[ExprId],
        seen: &mut Vec<(Option<TypeId>, ExprId)>,
    ) -> TypeId {
        let mut last = None;
        for &e in types {
            let t = if self.is_nil_expr(e) {
                let mut dummy = Operand::new();
                self.expr(None, &mut dummy, e);
                None
            } else {
                let t = self.var_type(e);
                last = Some(t);
                if !t.is_valid() {
                    continue;
                }
                Some(t)
            };
            last = t;
            let same = |s: &&(Option<TypeId>, ExprId)| match (s.0, t) {
                (None, None) => true,
                (Some(a), Some(b)) => self.u.identical(a, b),
                _ => false,
            };
            if let Some(&(_, other)) = seen.iter().find(same) {
                let ts = t.map_or("nil".into(), |t| self.ts(t));
                let mut r = Report::new(Code::DuplicateCase);
                r.add(self.epos(e), format!("duplicate case {ts} in type switch"));
                r.add(self.epos(other), "previous case");
                self.report(r);
                continue;
            }
            seen.push((t, e));
            if let (Some(x), Some(t)) = (x, t) {
                self.type_assertion(e, x, t, true);
            }
        }
        match (types, last) {
            ([_], Some(t)) => t,
            _ => x.map_or(TypeId::INVALID, |x| x.ty),
        }
    }

    fn type_switch(&mut self, lhs: Option<IdentId>, e: ExprId, cases: &'a [CaseId]) {
        let f = self.file();
        let u = self.u;
        let mut lhs = lhs.map(|id| (id, f.ident(id)));
        if let Some((_, ident)) = lhs
            && ident.name == self.blank
        {
            self.soft_error(ident.pos, Code::NoNewVar, "no new variable on left side of :=");
            lhs = None;
        }
        let mut x = Operand::new();
        self.expr(None, &mut x, e);
        let mut sx = None;
        if x.is_valid() {
            if u.is_type_param(x.ty) {
                let msg =
                    format!("cannot use type switch on type parameter value {}", self.xstr(&x));
                self.error(self.xpos(&x), Code::InvalidTypeSwitch, msg);
            } else if u.is_interface(x.ty) {
                sx = Some(&x);
            } else {
                let msg = format!("{} is not an interface", self.xstr(&x));
                self.error(self.xpos(&x), Code::InvalidTypeSwitch, msg);
            }
        }
        self.multiple_defaults(
            cases.iter().filter(|c| f.cases[**c].is_default).map(|c| f.cases[*c].pos),
        );
        let mut vars = Vec::new();
        let mut seen = Vec::new();
        for &c in cases {
            let clause = &f.cases[c];
            let t = self.case_types(sx, &clause.exprs, &mut seen);
            self.open_scope();
            if let Some((_, ident)) = lhs {
                let o = self.new_local(VarKind::Local, ident.pos, ident.name, Some(t));
                self.declare(self.env.scope, None, o);
                self.record_case_var(c, o);
                vars.push(o);
            }
            self.stmt_list(&clause.body);
            self.close_scope();
        }
        if let Some((_, ident)) = lhs {
            let used = vars.iter().any(|v| self.used.contains(v));
            self.used.extend(vars);
            if !used {
                let msg = format!("{} declared and not used", ident.name);
                self.soft_error(ident.pos, Code::UnusedVar, msg);
            }
        }
    }

    fn select_stmt(&mut self, clauses: &'a [CommClause]) {
        let f = self.file();
        self.multiple_defaults(clauses.iter().filter(|c| c.comm.is_none()).map(|c| c.pos));
        for c in clauses {
            let rhs = match c.comm.map(|s| f.stmt(s)) {
                None | Some(StmtKind::Send { .. }) => None,
                Some(StmtKind::Assign { op: None, rhs, .. } | StmtKind::Define { rhs, .. }) => {
                    Some(match &**rhs {
                        [r] => Some(*r),
                        _ => None,
                    })
                }
                Some(StmtKind::Expr(e)) => Some(Some(*e)),
                Some(_) => Some(None),
            };
            let recv = |e: ExprId| {
                matches!(f.expr(f.unparen(e)), ExprKind::Unary { op: UnaryOp::Recv, .. })
            };
            let valid = rhs.is_none_or(|r| r.is_some_and(recv));
            if !valid {
                let pos = c.comm.map_or(c.pos, |s| self.spos(s));
                let msg = "select case must be send or receive (possibly with assignment)";
                self.error(pos, Code::InvalidSelectCase, msg);
                continue;
            }
            self.open_scope();
            self.opt_stmt(c.comm);
            self.stmt_list(&c.body);
            self.close_scope();
        }
    }

    pub(crate) fn expr_operand(&self, e: ExprId, ty: TypeId) -> Operand {
        Operand::value(OperandExpr::Expr(e), ty)
    }
}
