//! Checking declarations of objects, on demand, at package level and in functions.

use crate::check::{Checker, Env};
use crate::constant::Constant;
use crate::errors::{Code, Report};
use crate::object::{ObjId, ObjKind, Object, VarKind};
use crate::ondemand::Outlined;
use crate::operand::Operand;
use crate::types::{Signature, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{
    BinaryOp, ConstDecl, DeclId, DeclKind, ExprId, ExprKind, Field, FuncDecl, Pos, TypeDecl,
    UnaryOp, VarDecl,
};
use std::rc::Rc;
use std::sync::atomic::Ordering;

impl<'a> Checker<'a> {
    /// Checks the declaration of an object of this package if that hasn't happened, or reports a cycle.
    pub(crate) fn obj_decl(&mut self, o: ObjId) {
        let obj = self.u.obj(o);
        if let ObjKind::Func { origin: Some(origin), instance: Some(_), .. } = obj.kind {
            self.obj_decl(origin);
            self.u.obj_type(o);
            return;
        }
        if self.obj_path.contains(&o) {
            match obj.kind {
                ObjKind::Const(_) | ObjKind::Var { .. } => {
                    if !self.valid_cycle(o) || obj.ty().is_none() {
                        obj.ty.set(TypeId::INVALID);
                    }
                }
                ObjKind::TypeName { .. } => {
                    if !self.valid_cycle(o) {
                        obj.ty.set(TypeId::INVALID);
                    }
                }
                _ => {
                    self.valid_cycle(o);
                }
            }
            return;
        }
        if obj.ty().is_some() {
            return;
        }
        let Some(d) = self.decls.get(&o) else { return };
        let (file, version, decl) = (d.file, d.version, d.decl);
        let (ty, init, inherited, iota, lhs) = (d.ty, d.init, d.inherited, d.iota, d.lhs.clone());
        self.obj_path.push(o);
        let env = Env {
            decl: None,
            file,
            scope: self.file_scope(file),
            version,
            iota: None,
            errpos: Pos::NONE,
            in_tparam_list: false,
            sig: None,
            has_call_or_recv: false,
            tparams: Rc::new([]),
        };
        let saved = std::mem::replace(&mut self.env, env);
        match (&obj.kind, decl.map(|d| &self.file().decl(d).kind)) {
            (ObjKind::Const(_), _) => {
                self.env.decl = Some(o);
                self.const_decl(o, ty, init, inherited, iota);
            }
            (ObjKind::Var { .. }, _) => {
                self.env.decl = Some(o);
                self.var_decl(o, lhs.as_deref(), ty, init);
            }
            (ObjKind::TypeName { .. }, Some(DeclKind::Type(t))) => {
                self.type_decl(o, t);
                self.collect_methods(o);
            }
            (ObjKind::Func { .. }, Some(DeclKind::Func(f))) => self.func_decl(o, f, decl),
            _ => {}
        }
        self.env = saved;
        self.obj_path.pop();
    }

    fn const_decl(
        &mut self,
        o: ObjId,
        ty: Option<ExprId>,
        init: Option<ExprId>,
        inherited: bool,
        iota: u32,
    ) {
        let obj = self.u.obj(o);
        let saved = (self.env.iota.take(), self.env.errpos);
        self.env.iota = Some(Constant::Int(i64::from(iota)));
        self.env.errpos = Pos::NONE;
        let mut ok = true;
        if let Some(e) = ty {
            let t = self.typ(e);
            if self.u.is_const_type(t) {
                obj.ty.set(t);
            } else {
                if self.is_valid_under(t) {
                    let msg = format!("invalid constant type {}", self.ts(t));
                    self.error(self.epos(e), Code::InvalidConstType, msg);
                }
                obj.ty.set(TypeId::INVALID);
                ok = false;
            }
        }
        if ok {
            let mut x = Operand::new();
            if let Some(e) = init {
                if inherited {
                    self.env.errpos = obj.pos;
                }
                self.expr(None, &mut x, e);
            }
            self.init_const(o, &mut x);
        }
        self.set_const(o, Constant::Unknown);
        (self.env.iota, self.env.errpos) = saved;
    }

    fn var_decl(
        &mut self,
        o: ObjId,
        lhs: Option<&[ObjId]>,
        ty: Option<ExprId>,
        init: Option<ExprId>,
    ) {
        let obj = self.u.obj(o);
        if let Some(e) = ty {
            let t = self.var_type(e);
            obj.ty.set(t);
        }
        let Some(init) = init else {
            if ty.is_none() {
                obj.ty.set(TypeId::INVALID);
            }
            return;
        };
        match lhs {
            Some(list) if list.len() > 1 => {
                if let Some(t) = obj.ty() {
                    for &v in list {
                        self.u.obj(v).ty.set(t);
                    }
                }
                self.init_vars(list, &[init], None);
            }
            _ => {
                let target = self.new_target(obj.ty(), obj.name.as_str());
                let mut x = Operand::new();
                self.expr(target.as_ref(), &mut x, init);
                self.init_var(o, &mut x, "variable declaration");
            }
        }
    }

    /// A constraint of another package that isn't an ordinary interface.
    pub(crate) fn is_imported_constraint(&self, t: TypeId) -> bool {
        let Some(n) = self.u.as_named(t) else { return false };
        let pkg = self.u.obj(n.obj).pkg;
        pkg.is_some()
            && pkg != Some(self.pkg)
            && self.u.under_interface(t).is_some()
            && !self.u.type_set(self.u.under(t)).is_method_set()
    }

    fn type_decl(&mut self, o: ObjId, d: &'a TypeDecl) {
        let u = self.u;
        let mut version_error = false;
        self.later(move |c| {
            if let Some(t) = u.obj(o).ty()
                && u.as_named(t).is_some()
            {
                c.valid_type(t);
            }
        });
        let tparam0 = d.tparams.first().map(|p| self.field_pos(p));
        let name_pos = self.file().ident(d.name).pos;
        if d.alias {
            if let Some(p) = tparam0 {
                version_error = !self.verify_version(p, Version::GO1_23, "generic type alias");
            }
            if !version_error {
                self.verify_version(name_pos, Version::GO1_9, "type alias");
            }
            let alias = u.new_alias(o, None, Box::default());
            let scoped = tparam0.is_some();
            if scoped {
                self.open_scope();
                self.collect_type_params(&d.tparams, |tparams| {
                    if let TypeKind::Alias(a) = u.kind(alias) {
                        let _ = a.tparams.set(tparams.into());
                    }
                });
            }
            let rhs = self.typ(d.ty);
            u.set_alias_rhs(alias, rhs);
            if u.type_params(alias).contains(&rhs) {
                let msg = "cannot use type parameter declared in alias declaration as RHS";
                self.error(self.epos(d.ty), Code::MisplacedTypeParam, msg);
                u.set_alias_rhs(alias, TypeId::INVALID);
            }
            if scoped {
                self.close_scope();
            }
            return;
        }
        if let Some(p) = tparam0 {
            self.verify_version(p, Version::GO1_18, "type parameter");
        }
        let is_local = self.env.scope != self.file_scope(self.env.file);
        let implicit = if is_local { self.env.tparams.to_vec() } else { Vec::new() };
        let named = u.new_named(o, implicit.into());
        if is_local && let ObjKind::TypeName { ordinal } = &u.obj(o).kind {
            let n = self.local_type_ordinal(d.name);
            ordinal.store(n, Ordering::Relaxed);
        }
        if tparam0.is_some() {
            self.open_scope();
            self.collect_type_params(&d.tparams, |tparams| {
                if let TypeKind::Named(n) = u.kind(named) {
                    let _ = n.tparams.set(tparams.into());
                }
            });
        }
        let rhs = self.typ(d.ty);
        u.set_named_rhs(named, rhs);
        if u.is_type_param(rhs) {
            let msg = "cannot use a type parameter as RHS in type declaration";
            self.error(self.epos(d.ty), Code::MisplacedTypeParam, msg);
            u.set_named_rhs(named, TypeId::INVALID);
        }
        if self.is_imported_constraint(rhs) && !self.allow(Version::GO1_18) {
            let what = format!("using type constraint {}", self.ts(rhs));
            self.verify_version(self.epos(d.ty), Version::GO1_18, &what);
        }
        if tparam0.is_some() {
            self.close_scope();
        }
    }

    /// Declares type parameters in the current scope; `bind` gets them before their constraints are checked.
    pub(crate) fn collect_type_params(
        &mut self,
        list: &'a [Field],
        bind: impl FnOnce(&[TypeId]),
    ) -> Vec<TypeId> {
        let tparams: Vec<TypeId> = list
            .iter()
            .enumerate()
            .map(|(i, f)| match f.name {
                Some(n) => self.declare_type_param(n, i),
                None => TypeId::INVALID,
            })
            .collect();
        bind(&tparams);
        let saved = std::mem::replace(&mut self.env.in_tparam_list, true);
        let mut bound = TypeId::INVALID;
        for (i, f) in list.iter().enumerate() {
            if i == 0 || f.ty != list[i - 1].ty {
                bound = self.bound(f.ty);
                if self.u.is_type_param(bound) {
                    let msg = "cannot use a type parameter as constraint";
                    self.error(self.epos(f.ty), Code::MisplacedTypeParam, msg);
                    bound = TypeId::INVALID;
                }
            }
            if let TypeKind::TypeParam(p) = self.u.kind(tparams[i]) {
                p.bound.set(bound);
            }
        }
        self.env.in_tparam_list = saved;
        tparams
    }

    /// A constraint; `~T` and `A|B` stand for an interface of them.
    fn bound(&mut self, e: ExprId) -> TypeId {
        match self.kind(e) {
            ExprKind::Unary { op: UnaryOp::Tilde, .. }
            | ExprKind::Binary { op: BinaryOp::Or, .. } => {
                let t = self.union(e);
                let pos = self.epos(e);
                let i = self.u.new_interface(Box::default(), Box::new([t]), Box::new([pos]), true);
                self.later(move |c| c.check_interface(i));
                self.record_type(e, crate::info::Mode::TypeExpr, i, None);
                i
            }
            _ => self.typ(e),
        }
    }

    pub(crate) fn declare_type_param(&mut self, n: burrow_syntax::IdentId, index: usize) -> TypeId {
        let id = self.file().ident(n);
        let o = self.u.new_type_name(id.pos, Some(self.pkg), id.name, None);
        let t = self.u.new_type_param(o, None, index);
        self.declare(self.env.scope, Some(n), o);
        t
    }

    /// Attaches the methods of a defined type to it.
    fn collect_methods(&mut self, o: ObjId) {
        let Some(methods) = self.methods.remove(&o) else { return };
        let u = self.u;
        let mut list: Vec<ObjId> = Vec::new();
        for m in methods {
            let mo = u.obj(m);
            if let Some(&alt) = list.iter().find(|a| u.obj(**a).name == mo.name) {
                let at = self.at(u.obj(alt).pos);
                let msg = format!("method {}.{} already declared at {at}", u.obj(o).name, mo.name);
                self.error(mo.pos, Code::DuplicateMethod, msg);
                continue;
            }
            list.push(m);
        }
        let Some(t) = u.obj(o).ty() else { return };
        if let TypeKind::Named(n) = u.kind(t) {
            let _ = n.methods.set(list.into());
            self.later(move |c| c.check_field_uniqueness(t));
        }
    }

    fn check_field_uniqueness(&mut self, t: TypeId) {
        let u = self.u;
        let Some(s) = u.under_struct(t) else { return };
        for &f in &s.fields {
            let fo = u.obj(f);
            if fo.name == self.blank {
                continue;
            }
            let same = |m: &&ObjId| u.same_id(**m, fo.pkg, fo.name, false);
            if let Some(&m) = u.origin_methods(t).iter().find(same) {
                let mut r = Report::new(Code::DuplicateFieldAndMethod);
                r.add(u.obj(m).pos, format!("field and method with the same name {}", fo.name));
                self.add_alt_decl(&mut r, f);
                self.report(r);
            }
        }
    }

    fn func_decl(&mut self, o: ObjId, f: &'a FuncDecl, decl: Option<DeclId>) {
        let u = self.u;
        // A function that is mentioned in its own signature must have some type.
        u.obj(o).ty.set(u.new_signature(Signature::default()));
        let (sig, scope) = self.func_type(f.recv.as_ref(), &f.tparams, f.ty, Some(o));
        u.obj(o).ty.set(sig);
        let pos = decl.map_or(Pos::NONE, |d| self.file().decl(d).pos);
        if !f.tparams.is_empty() && f.body.is_none() {
            self.soft_error(pos, Code::BadDecl, "generic function is missing function body");
        }
        if f.outlined {
            let file = self.env.file as u32;
            self.outlined.insert(o, Outlined { sig, scope, file });
        } else if let Some(body) = &f.body
            && !self.config.ignore_bodies
        {
            self.later(move |c| c.func_body(Some(o), sig, scope, body, None));
        }
    }

    pub(crate) fn decl_stmt(&mut self, list: &'a [DeclId]) {
        let f = self.file();
        for &d in list {
            match &f.decl(d).kind {
                DeclKind::Const(s) => self.local_const(d, s),
                DeclKind::Var(s) => self.local_var(d, s),
                DeclKind::Type(s) => {
                    let id = f.ident(s.name);
                    let o = self.u.new_type_name(id.pos, Some(self.pkg), id.name, None);
                    self.declare(self.env.scope, Some(s.name), o);
                    self.obj_path.push(o);
                    self.type_decl(o, s);
                    self.obj_path.pop();
                }
                DeclKind::Import(_) | DeclKind::Func(_) => {}
            }
        }
    }

    fn local_const(&mut self, d: DeclId, s: &'a ConstDecl) {
        let f = self.file();
        let top = self.delayed.len();
        let (last, inherited) = self.const_source(s);
        let values: &[ExprId] = last.map_or(&[], |l| &l.values);
        let mut objs = Vec::new();
        for (i, &id) in s.names.iter().enumerate() {
            let ident = f.ident(id);
            let k = ObjKind::Const(std::sync::OnceLock::new());
            let o = self.u.add_obj(Object::new(k, ident.pos, Some(self.pkg), ident.name, None));
            objs.push(o);
            self.const_decl(o, last.and_then(|l| l.ty), values.get(i).copied(), inherited, s.iota);
        }
        self.arity(f.decl(d).pos, &s.names, values, true, inherited);
        self.process_delayed(top);
        for (&id, &o) in s.names.iter().zip(&objs) {
            self.declare(self.env.scope, Some(id), o);
            self.record_def(id, Some(o));
        }
    }

    fn local_var(&mut self, d: DeclId, s: &'a VarDecl) {
        let f = self.file();
        let top = self.delayed.len();
        let objs: Vec<ObjId> = s
            .names
            .iter()
            .map(|&id| self.new_local(VarKind::Local, f.ident(id).pos, f.name(id), None))
            .collect();
        for (i, &o) in objs.iter().enumerate() {
            let (lhs, init) = if s.values.len() == s.names.len() {
                (None, Some(s.values[i]))
            } else if s.values.len() == 1 {
                (Some(&objs[..]), Some(s.values[0]))
            } else {
                (None, s.values.get(i).copied())
            };
            self.var_decl(o, lhs, s.ty, init);
            if s.values.len() == 1 {
                break;
            }
        }
        if s.ty.is_none() || !s.values.is_empty() {
            self.arity(f.decl(d).pos, &s.names, &s.values, false, false);
        }
        self.process_delayed(top);
        for (&id, &o) in s.names.iter().zip(&objs) {
            if self.u.obj(o).ty().is_none() {
                self.u.obj(o).ty.set(TypeId::INVALID);
            }
            self.declare(self.env.scope, Some(id), o);
            self.record_def(id, Some(o));
        }
    }
}
