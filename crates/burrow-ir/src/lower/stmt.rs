//! Statements: blocks, assignments, branches, if, for, switch, return.

use burrow_syntax::{
    BinaryOp, Block as SyntaxBlock, BranchKind, CaseId, DeclKind, ExprId, ExprKind, StmtId,
    StmtKind, Symbol, UnaryOp,
};
use burrow_types::{BuiltinId, Constant, Mode, ObjId, TypeId, TypeKind};

use super::eval_order::Use;
use super::func::{FnCx, Place, Scope};
use super::value::{Borrowed, Held};
use crate::ir::{Block, IntCC, Op, Term, Ty};

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn block_stmt(&mut self, b: &'a SyntaxBlock) {
        self.stmts(&b.stmts);
    }

    pub(super) fn stmts(&mut self, list: &[StmtId]) {
        for &s in list {
            self.stmt(s);
        }
    }

    pub(super) fn stmt(&mut self, s: StmtId) {
        let outer = std::mem::take(&mut self.hoisted);
        let outer_multi = std::mem::take(&mut self.hoisted_multi);
        self.before_stmt(s);
        self.stmt_kind(s);
        self.hoisted = outer;
        self.hoisted_multi = outer_multi;
    }

    fn stmt_kind(&mut self, s: StmtId) {
        let file = self.file;
        let pos = file.stmts[s].pos;
        self.at(pos);
        match file.stmt(s) {
            StmtKind::Empty => {}
            StmtKind::Labeled { label, stmt } => {
                let name = file.name(*label);
                let b = self.label_block(name);
                self.goto(b);
                self.pending_label = Some(name);
                self.stmt(*stmt);
                self.pending_label = None;
            }
            StmtKind::Block(b) => self.block_stmt(b),
            StmtKind::Expr(e) => self.expr_stmt(*e),
            StmtKind::Send { chan, value } => self.send_stmt(*chan, *value, pos),
            StmtKind::Decl(decls) => {
                for &d in decls {
                    if let DeclKind::Var(v) = &file.decl(d).kind {
                        self.var_decl(&v.names, &v.values);
                    }
                }
            }
            StmtKind::Assign { op: Some(op), lhs, rhs } => {
                self.op_assign(lhs[0], *op, Some(rhs[0]), pos)
            }
            StmtKind::Assign { op: None, lhs, rhs } => self.assign(lhs, rhs, pos),
            StmtKind::Define { lhs, rhs } => self.define(lhs, rhs),
            StmtKind::IncDec { x, inc } => {
                let op = if *inc { BinaryOp::Add } else { BinaryOp::Sub };
                self.op_assign(*x, op, None, pos);
            }
            StmtKind::Branch { kind, label } => {
                self.branch(*kind, label.map(|l| file.name(l)));
            }
            StmtKind::Go(e) => self.go_stmt(*e, pos),
            StmtKind::Defer(e) => self.defer_stmt(s, *e, pos),
            StmtKind::Return(results) => self.return_stmt(results, pos),
            StmtKind::If { init, cond, then, els } => {
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.if_stmt(*cond, then, *els);
            }
            StmtKind::For { init, cond, post, body } => self.for_stmt(*init, *cond, *post, body),
            StmtKind::Range { lhs, define, x, body, .. } => {
                self.range_stmt(s, lhs, *define, *x, body);
            }
            StmtKind::Switch { init, tag, cases, .. } => {
                let label = self.pending_label.take();
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.switch_stmt(label, *tag, cases, pos);
            }
            StmtKind::TypeSwitch { init, x, cases, .. } => {
                let label = self.pending_label.take();
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.type_switch(label, *x, cases, pos);
            }
            StmtKind::Select { clauses, .. } => {
                let label = self.pending_label.take();
                self.select_stmt(label, clauses, pos);
            }
        }
    }

    fn label_block(&mut self, name: Symbol) -> Block {
        if let Some(&b) = self.labels.get(&name) {
            return b;
        }
        let b = self.block();
        self.labels.insert(name, b);
        b
    }

    fn expr_stmt(&mut self, e: ExprId) {
        let inner = self.file.unparen(e);
        match self.file.expr(inner) {
            ExprKind::Call { fun, args, has_dots, .. } => match self.info.mode(*fun) {
                Mode::TypeExpr => {
                    self.expr(inner);
                }
                Mode::Builtin => {
                    self.builtin(inner, *fun, args, *has_dots);
                    if self.info.builtin(self.p.u, self.file, *fun) == Some(BuiltinId::Panic) {
                        self.end(Term::Unreachable);
                    }
                }
                _ => {
                    self.multi(inner);
                }
            },
            _ => {
                self.expr(inner);
            }
        }
    }

    // ----------------------------------------------------------------------------- assignments

    fn var_decl(&mut self, names: &[burrow_syntax::IdentId], values: &[ExprId]) {
        let objs: Vec<Option<ObjId>> = names
            .iter()
            .map(|&n| (!self.file.name(n).is_blank()).then(|| self.info.def(n)).flatten())
            .collect();
        if values.is_empty() {
            for obj in objs.into_iter().flatten() {
                self.declare(obj, None);
            }
            return;
        }
        if values.len() == names.len() {
            let mut list = Vec::new();
            for (i, &e) in values.iter().enumerate() {
                let t = match objs[i] {
                    Some(o) => self.obj_ty(o),
                    None => self.info.def(names[i]).map_or(TypeId::INVALID, |o| self.obj_ty(o)),
                };
                list.push((e, if t == TypeId::INVALID { self.value_type(e) } else { t }));
            }
            self.hoist_converted(&list);
            let mut vals = Vec::new();
            for (e, t) in list {
                let v = self.expr_to(e, t);
                vals.push(if values.len() > 1 { self.own(t, v).into() } else { v });
            }
            for (obj, v) in objs.into_iter().zip(vals) {
                if let Some(o) = obj {
                    self.declare(o, Some(v));
                }
            }
            return;
        }
        let vals = self.multi_values(values[0], names.len());
        for (obj, (v, t)) in objs.into_iter().zip(vals) {
            if let Some(o) = obj {
                let to = self.obj_ty(o);
                let v = self.convert_implicit(v, t, to);
                self.declare(o, Some(v));
            }
        }
    }

    /// The values of `x, y = e` with their types: a call, or a comma-ok form.
    pub(super) fn pair_or_call(&mut self, e: ExprId, n: usize) -> Vec<(Borrowed, TypeId)> {
        self.multi_values(e, n)
    }

    fn multi_values(&mut self, e: ExprId, n: usize) -> Vec<(Borrowed, TypeId)> {
        let e = self.file.unparen(e);
        let t = self.ty(e);
        let types: Vec<TypeId> = match self.p.u.kind(t) {
            TypeKind::Tuple(vars) => {
                let ts: Vec<TypeId> = vars.iter().map(|&v| self.p.obj_type(v)).collect();
                ts.into_iter().map(|t| self.subst(t)).collect()
            }
            _ => vec![t, TypeId::BOOL],
        };
        let pos = self.file.exprs[e].pos;
        let (v, ok) = match self.file.expr(e) {
            ExprKind::Call { .. } => {
                let vals = self.multi(e);
                debug_assert_eq!(vals.len(), n);
                return vals.into_iter().zip(types).collect();
            }
            ExprKind::Index { x, indices } => {
                let xt = self.value_type(*x);
                let (m, key) = self.map_read_operands(*x, indices[0], xt);
                self.at(pos);
                self.map_read(xt, m, &key, true)
            }
            ExprKind::Assert { x, .. } => self.type_assert(e, *x, true),
            ExprKind::Unary { op: UnaryOp::Recv, x } => {
                let xt = self.value_type(*x);
                let c = self.expr(*x).one();
                self.at(pos);
                self.receive(xt, c, true)
            }
            other => panic!("two values of {other:?}"),
        };
        let ok = ok.expect("the second value was asked for");
        let mut types = types.into_iter();
        let first = types.next().unwrap_or(TypeId::INVALID);
        let second = types.next().unwrap_or(TypeId::BOOL);
        vec![(v, first), (Borrowed::flat(vec![ok]), second)]
    }

    fn define(&mut self, lhs: &[ExprId], rhs: &[ExprId]) {
        let objs: Vec<(Option<ObjId>, bool)> = lhs
            .iter()
            .map(|&l| match self.file.expr(self.file.unparen(l)) {
                ExprKind::Name(id) if self.file.name(*id).is_blank() => (None, false),
                ExprKind::Name(id) => match self.info.def(*id) {
                    Some(o) => (Some(o), true),
                    None => (self.info.use_of(*id), false),
                },
                _ => (None, false),
            })
            .collect();
        let vals: Vec<(Borrowed, TypeId)> = if lhs.len() == rhs.len() {
            let mut list = Vec::new();
            for (i, &e) in rhs.iter().enumerate() {
                let from = self.value_type(e);
                let to = match objs[i].0 {
                    Some(o) => self.obj_ty(o),
                    None => self.p.u.default_type(from),
                };
                list.push((e, to));
            }
            self.hoist_converted(&list);
            let mut vals = Vec::new();
            for (e, to) in list {
                let v = self.expr_to(e, to);
                vals.push((if rhs.len() > 1 { self.own(to, v).into() } else { v }, to));
            }
            vals
        } else {
            self.multi_values(rhs[0], lhs.len())
        };
        for ((obj, new), (v, t)) in objs.into_iter().zip(vals) {
            let Some(o) = obj else { continue };
            let to = self.obj_ty(o);
            let v = self.convert_implicit(v, t, to);
            if new {
                self.declare(o, Some(v));
            } else {
                let place = self.var_place(o);
                self.write(to, &place, v);
            }
        }
    }

    fn is_blank(&self, e: ExprId) -> bool {
        matches!(self.file.expr(self.file.unparen(e)), ExprKind::Name(id) if self.file.name(*id).is_blank())
    }

    fn assign(&mut self, lhs: &[ExprId], rhs: &[ExprId], pos: burrow_syntax::Pos) {
        if lhs.len() == 1 && rhs.len() == 1 {
            return self.assign_one(lhs[0], rhs[0], pos);
        }
        // Phase one: operands of the left, then the right.
        let mut all = Vec::new();
        for &l in lhs {
            self.place_operands(l, &mut all);
        }
        if lhs.len() == rhs.len() {
            for (&l, &r) in lhs.iter().zip(rhs) {
                let to = match self.is_blank(l) {
                    true => Use::Itself,
                    false => Use::Converted(self.value_type(l)),
                };
                all.push((r, to));
            }
        } else {
            self.tuple_operands(rhs[0], &mut all);
        }
        self.hoist_list_to(&all);
        let places: Vec<Place> = lhs
            .iter()
            .map(|&l| if self.is_blank(l) { Place::Blank } else { self.place(l) })
            .collect();
        let vals: Vec<(Borrowed, TypeId)> = if lhs.len() == rhs.len() {
            let mut vals = Vec::new();
            for (i, &e) in rhs.iter().enumerate() {
                let from = self.value_type(e);
                let v = self.expr(e);
                let to = if self.is_blank(lhs[i]) {
                    self.p.u.default_type(from)
                } else {
                    self.value_type(lhs[i])
                };
                let v = self.convert_implicit(v, from, to);
                vals.push((self.own(to, v).into(), to));
            }
            vals
        } else {
            self.multi_values(rhs[0], lhs.len())
        };
        // Phase two: the stores, with their checks.
        self.at(pos);
        for ((&l, place), (v, t)) in lhs.iter().zip(places).zip(vals) {
            if matches!(place, Place::Blank) {
                continue;
            }
            let to = self.value_type(l);
            let v = self.convert_implicit(v, t, to);
            self.write(to, &place, v);
            self.stored_to(l);
        }
    }

    /// The program has written to `l`. Of `runtime.MemProfileRate` the runtime wants to know: it must count at once,
    /// and allocations shall not look at it.
    fn stored_to(&mut self, l: ExprId) {
        let obj = match self.file.expr(self.file.unparen(l)) {
            ExprKind::Name(id) => self.ident_obj(*id),
            ExprKind::Selector { sel, .. } => self.info.use_of(*sel),
            _ => None,
        };
        let Some(obj) = obj else { return };
        let o = self.p.u.obj(obj);
        let in_runtime = |p| self.p.u.pkg(p).path.as_str() == "runtime";
        if o.name.as_str() == "MemProfileRate" && o.pkg.is_some_and(in_runtime) {
            self.runtime_call("memProfileRateChanged", &[]);
        }
    }

    /// Expressions within an assignable one that are evaluated before the store.
    fn place_operands(&mut self, l: ExprId, out: &mut Vec<(ExprId, Use)>) {
        let file = self.file;
        match file.expr(l) {
            ExprKind::Paren(x) => self.place_operands(*x, out),
            ExprKind::Star(x) => out.push((*x, Use::Itself)),
            ExprKind::Selector { x, .. } => {
                if self.info.selection(l).is_some() {
                    out.push((*x, Use::Itself));
                }
            }
            ExprKind::Index { x, indices } => self.index_operands(*x, indices[0], out),
            _ => {}
        }
    }

    fn index_operands(&mut self, x: ExprId, index: ExprId, out: &mut Vec<(ExprId, Use)>) {
        let t = self.value_type(x);
        let is_map = matches!(self.kind(t), TypeKind::Map { .. });
        out.push((x, Use::Itself));
        out.push((index, if is_map { Use::Key(t) } else { Use::Itself }));
    }

    /// What is evaluated before a form with two results yields them; a call is evaluated as a whole.
    fn tuple_operands(&mut self, e: ExprId, out: &mut Vec<(ExprId, Use)>) {
        let file = self.file;
        let e = file.unparen(e);
        match file.expr(e) {
            ExprKind::Unary { x, .. } | ExprKind::Assert { x, .. } => out.push((*x, Use::Itself)),
            ExprKind::Index { x, indices } => self.index_operands(*x, indices[0], out),
            _ => out.push((e, Use::Itself)),
        }
    }

    fn hoist_converted(&mut self, list: &[(ExprId, TypeId)]) {
        let list: Vec<_> = list.iter().map(|&(e, t)| (e, Use::Converted(t))).collect();
        self.hoist_list_to(&list);
    }

    fn assign_one(&mut self, l: ExprId, r: ExprId, pos: burrow_syntax::Pos) {
        if self.is_blank(l) {
            let v = self.expr(r);
            // The load of a memory value must happen.
            if let Some(a) = self.address(&v) {
                self.effect(Op::NilCheck(a));
            }
            return;
        }
        let mut all = Vec::new();
        self.place_operands(l, &mut all);
        let to = self.value_type(l);
        all.push((r, Use::Converted(to)));
        self.hoist_list_to(&all);
        let place = self.place(l);
        let v = self.expr_to(r, to);
        self.at(pos);
        self.write(to, &place, v);
        self.stored_to(l);
    }

    /// `x op= y`, `x++`
    fn op_assign(&mut self, x: ExprId, op: BinaryOp, y: Option<ExprId>, pos: burrow_syntax::Pos) {
        let mut all = Vec::new();
        self.place_operands(x, &mut all);
        all.extend(y.map(|y| (y, Use::Itself)));
        self.hoist_list_to(&all);
        let t = self.value_type(x);
        let mut place = self.place(x);
        // The check is the load's; the store needs none then.
        if let Place::Checked { base, offset, check } = &place {
            let (base, offset, check) = (*base, *offset, check.clone());
            self.run_check(&check);
            place = Place::Mem { base, offset, flags: crate::ir::MemFlags::SAFE };
        }
        let right = y.map(|y| (self.expr(y), self.value_type(y)));
        let a = self.read(t, &place);
        self.at(pos);
        let count = y.and_then(|y| self.info.const_value(y));
        let v = match (&right, op) {
            (_, BinaryOp::Shl | BinaryOp::Shr) if count.is_some() => {
                let n = count.map_or(0, |c| c.to_int().to_bits64());
                let n = self.iconst(n as i64);
                Borrowed::flat(vec![self.shift(op == BinaryOp::Shl, t, a.one(), n, false)])
            }
            (Some((b, bt)), BinaryOp::Shl | BinaryOp::Shr) => {
                let signed =
                    self.p.is_signed(*bt) && y.is_some_and(|y| self.info.const_value(y).is_none());
                let (a, b) = (a.one(), b.one());
                Borrowed::flat(vec![self.shift(op == BinaryOp::Shl, t, a, b, signed)])
            }
            (Some((b, _)), _) => self.arith(op, t, &a, b),
            (None, _) => {
                let one = self.const_val(&Constant::from_u64(1), t);
                self.arith(op, t, &a, &one)
            }
        };
        self.write(t, &place, v);
        self.stored_to(x);
    }

    // ----------------------------------------------------------------------------- control flow

    fn branch(&mut self, kind: BranchKind, label: Option<Symbol>) {
        match kind {
            BranchKind::Goto => {
                let label = label.expect("goto has a label");
                if self.range.is_some() && !self.label_is_here(label) {
                    return self.range_branch(kind, Some(label));
                }
                let b = self.label_block(label);
                self.jump(b);
            }
            BranchKind::Fallthrough => {
                if let Some(b) = self.fallthrough_to {
                    self.jump(b);
                }
            }
            BranchKind::Break | BranchKind::Continue => {
                let to = self.scopes.iter().rev().find_map(|s| match (label, kind) {
                    (Some(l), _) if s.label != Some(l) => None,
                    (_, BranchKind::Break) => s.break_to,
                    _ => s.continue_to,
                });
                match to {
                    Some(b) => self.jump(b),
                    None => self.range_branch(kind, label),
                }
            }
        }
    }

    /// Whether a label is in the body being lowered.
    fn label_is_here(&self, label: Symbol) -> bool {
        self.labels.contains_key(&label)
            || self.range.as_ref().is_some_and(|r| r.own_labels.contains(&label))
    }

    /// Branches on a condition without making a value of `&&`, `||` and `!`.
    pub(super) fn cond(&mut self, e: ExprId, yes: Block, no: Block) {
        let e = self.file.unparen(e);
        if self.info.const_value(e).is_none() && !self.hoisted.contains_key(&e) {
            match self.file.expr(e) {
                ExprKind::Unary { op: UnaryOp::Not, x } => return self.cond(*x, no, yes),
                ExprKind::Binary { op: op @ (BinaryOp::AndAnd | BinaryOp::OrOr), x, y } => {
                    let more = self.block();
                    if *op == BinaryOp::AndAnd {
                        self.cond(*x, more, no);
                    } else {
                        self.cond(*x, yes, more);
                    }
                    self.switch_to(more);
                    let outer = std::mem::take(&mut self.hoisted);
                    self.cond(*y, yes, no);
                    self.hoisted = outer;
                    return;
                }
                _ => {}
            }
        }
        if let Some(c) = self.info.const_value(e) {
            let to = if c.bool_val() { yes } else { no };
            return self.jump(to);
        }
        let v = self.expr(e).one();
        self.brif(v, yes, no);
    }

    fn if_stmt(&mut self, cond: ExprId, then: &'a SyntaxBlock, els: Option<StmtId>) {
        let (yes, end) = (self.block(), self.block());
        let no = if els.is_some() { self.block() } else { end };
        self.cond(cond, yes, no);
        self.switch_to(yes);
        self.block_stmt(then);
        self.jump(end);
        if let Some(e) = els {
            self.switch_to(no);
            self.stmt(e);
            self.jump(end);
        }
        self.switch_to(end);
    }

    fn for_stmt(
        &mut self,
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: &'a SyntaxBlock,
    ) {
        let label = self.pending_label.take();
        if let Some(i) = init {
            self.stmt(i);
        }
        // Variables that closures share are new in each iteration.
        let fresh = self.loop_vars(init);
        let (head, inside, next, end) = (self.block(), self.block(), self.block(), self.block());
        self.goto(head);
        match cond {
            Some(c) => {
                let outer = std::mem::take(&mut self.hoisted);
                self.cond(c, inside, end);
                self.hoisted = outer;
            }
            None => self.jump(inside),
        }
        self.switch_to(inside);
        self.scopes.push(Scope { label, break_to: Some(end), continue_to: Some(next) });
        self.block_stmt(body);
        self.scopes.pop();
        self.goto(next);
        for obj in fresh {
            self.renew(obj);
        }
        if let Some(p) = post {
            self.stmt(p);
        }
        self.jump(head);
        self.switch_to(end);
    }

    /// Boxed variables of a `for` clause, if the file's language version makes them per iteration.
    fn loop_vars(&mut self, init: Option<StmtId>) -> Vec<ObjId> {
        if !self.p.per_iteration_loop_vars(self.cx.pkg, self.cx.file_index) {
            return Vec::new();
        }
        let Some(StmtKind::Define { lhs, .. }) = init.map(|i| self.file.stmt(i)) else {
            return Vec::new();
        };
        lhs.iter()
            .filter_map(|&l| match self.file.expr(l) {
                ExprKind::Name(id) => self.info.def(*id),
                _ => None,
            })
            .filter(|&o| self.captured_by_ref(o))
            .collect()
    }

    /// Gives a boxed variable a new box with the old value.
    fn renew(&mut self, obj: ObjId) {
        let Some(super::func::Home::Boxed(var)) = self.homes.get(&obj).cloned() else { return };
        let t = self.obj_ty(obj);
        let place = self.var_place(obj);
        let v = self.read(t, &place);
        let a = self.new_object(t);
        self.store_mem(t, &v, a, 0, crate::ir::MemFlags::SAFE);
        self.set(var, a);
    }

    // ---------------------------------------------------------------------------------- switch

    fn switch_stmt(
        &mut self,
        label: Option<Symbol>,
        tag: Option<ExprId>,
        cases: &[CaseId],
        pos: burrow_syntax::Pos,
    ) {
        let end = self.block();
        let tag_val = tag.map(|t| {
            let ty = self.value_type(t);
            let v = self.expr(t);
            let ty2 = self.p.u.default_type(ty);
            let v = self.own(ty2, v);
            (self.hold(v), ty2)
        });
        let bodies: Vec<Block> = cases.iter().map(|_| self.block()).collect();
        let mut default = end;
        let file = self.file;
        if !self.jump_table(tag, &tag_val, cases, &bodies, end) {
            for (&c, &body) in cases.iter().zip(&bodies) {
                let clause = &file.cases[c];
                if clause.is_default {
                    default = body;
                }
                for &e in &clause.exprs {
                    let next = self.block();
                    self.at(file.exprs[e].pos);
                    let outer = std::mem::take(&mut self.hoisted);
                    match &tag_val {
                        None if !self.p.is_interface(self.info.type_of(e)) => {
                            self.cond(e, body, next);
                        }
                        None => {
                            let yes = Borrowed::flat(vec![self.bool_const(true)]);
                            let et = self.value_type(e);
                            let v = self.expr(e);
                            let eq = self.compare(BinaryOp::Eql, TypeId::BOOL, &yes, et, &v);
                            self.brif(eq, body, next);
                        }
                        Some((held, t)) => {
                            let et = self.value_type(e);
                            let v = self.expr(e);
                            let tagv = self.held(held);
                            self.at(pos);
                            let eq = self.compare(BinaryOp::Eql, *t, &tagv, et, &v);
                            self.brif(eq, body, next);
                        }
                    }
                    self.hoisted = outer;
                    self.switch_to(next);
                }
            }
            self.jump(default);
        }
        self.scopes.push(Scope { label, break_to: Some(end), continue_to: None });
        let outer = self.fallthrough_to;
        for (i, (&c, &body)) in cases.iter().zip(&bodies).enumerate() {
            self.switch_to(body);
            self.fallthrough_to = bodies.get(i + 1).copied();
            self.stmts(&file.cases[c].body);
            self.jump(end);
        }
        self.fallthrough_to = outer;
        self.scopes.pop();
        self.switch_to(end);
    }

    /// A switch over many integer constants: one instruction. False if it isn't one.
    fn jump_table(
        &mut self,
        tag: Option<ExprId>,
        tag_val: &Option<(Held, TypeId)>,
        cases: &[CaseId],
        bodies: &[Block],
        end: Block,
    ) -> bool {
        let (Some(_), Some((held, t))) = (tag, tag_val) else { return false };
        let TypeKind::Basic(kind, _) = self.kind(*t) else { return false };
        if !kind.is_integer() {
            return false;
        }
        let ty = super::layout::basic_ty(*kind).unwrap_or(Ty::I64);
        let mask = if ty.size() == 8 { u64::MAX } else { (1u64 << ty.bits()) - 1 };
        let mut targets: Vec<(u64, Block)> = Vec::new();
        let mut default = end;
        for (&c, &body) in cases.iter().zip(bodies) {
            let clause = &self.file.cases[c];
            if clause.is_default {
                default = body;
            }
            for &e in &clause.exprs {
                let Some(c) = self.info.const_value(e) else { return false };
                if self.p.is_interface(self.info.type_of(e)) {
                    return false;
                }
                let n = c.to_bits64() & mask;
                if targets.iter().all(|t| t.0 != n) {
                    targets.push((n, body));
                }
            }
        }
        if targets.len() < 5 {
            return false;
        }
        let v = self.held(held).one();
        self.end(Term::Switch(v, targets, default));
        true
    }

    fn type_switch(
        &mut self,
        label: Option<Symbol>,
        x: ExprId,
        cases: &[CaseId],
        pos: burrow_syntax::Pos,
    ) {
        let file = self.file;
        let xt = self.value_type(x);
        let v = self.expr(x);
        self.at(pos);
        let v = self.own(xt, v);
        let held = self.hold(v);
        let end = self.block();
        let bodies: Vec<Block> = cases.iter().map(|_| self.block()).collect();
        let mut default = end;
        // A clause of one type needs the value in its body: it is made where the test is.
        for (&c, &body) in cases.iter().zip(&bodies) {
            let clause = &file.cases[c];
            if clause.is_default {
                default = body;
            }
            for &e in &clause.exprs {
                let next = self.block();
                let v = self.held(&held);
                let holds = if self.info.mode(e) == Mode::NilValue {
                    self.icmp_imm(IntCC::Eq, v.at(0), 0)
                } else {
                    let t = self.ty(e);
                    if self.p.is_interface(t) {
                        self.assert_val(&v, xt, t, true).1.expect("asked for")
                    } else if self.p.u.implements(t, xt) {
                        self.is_type(&v, xt, t)
                    } else {
                        self.bool_const(false)
                    }
                };
                self.brif(holds, body, next);
                self.switch_to(next);
            }
        }
        self.jump(default);
        self.scopes.push(Scope { label, break_to: Some(end), continue_to: None });
        for (&c, &body) in cases.iter().zip(&bodies) {
            self.switch_to(body);
            let clause = &file.cases[c];
            if let Some(obj) = self.info.case_var(c) {
                let v = self.held(&held);
                let single =
                    clause.exprs.len() == 1 && self.info.mode(clause.exprs[0]) != Mode::NilValue;
                let value = if single {
                    let t = self.ty(clause.exprs[0]);
                    if self.p.is_interface(t) {
                        self.assert_val(&v, xt, t, true).0
                    } else {
                        self.iface_data(t, v.at(1))
                    }
                } else {
                    v
                };
                self.declare(obj, Some(value));
            }
            self.stmts(&clause.body);
            self.jump(end);
        }
        self.scopes.pop();
        self.switch_to(end);
    }

    // ---------------------------------------------------------------------------------- return

    fn return_stmt(&mut self, results: &[ExprId], pos: burrow_syntax::Pos) {
        let places: Vec<(TypeId, Place)> = self.result_places();
        if !results.is_empty() {
            let vals: Vec<(Borrowed, TypeId)> = if results.len() == places.len() {
                let list: Vec<_> = results.iter().zip(&places).map(|(&e, p)| (e, p.0)).collect();
                self.hoist_converted(&list);
                let mut vals = Vec::new();
                for (i, &e) in results.iter().enumerate() {
                    let v = self.expr_to(e, places[i].0);
                    let copy = results.len() > 1;
                    vals.push((
                        if copy { self.own(places[i].0, v).into() } else { v },
                        places[i].0,
                    ));
                }
                vals
            } else {
                self.multi_values(results[0], places.len())
            };
            self.at(pos);
            for ((v, from), (t, place)) in vals.into_iter().zip(&places) {
                let v = self.convert_implicit(v, from, *t);
                self.write(*t, place, v);
            }
        }
        self.at(pos);
        if self.range.is_some() {
            return self.range_return();
        }
        self.leave();
    }
}
