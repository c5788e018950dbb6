//! Function types, receivers and parameters.

use crate::check::{Checker, ScopeId};
use crate::errors::Code;
use crate::info::Mode;
use crate::object::{ObjId, ObjKind, VarKind};
use crate::types::{BasicKind, Signature, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{ExprId, ExprKind, Field, IdentId, Pos};
use std::rc::Rc;
use std::sync::atomic::Ordering;

struct Params {
    names: Vec<Option<IdentId>>,
    vars: Vec<ObjId>,
    variadic: bool,
}

impl<'a> Checker<'a> {
    /// The signature, and the scope of its parameters. `func` is the declared function, if it is one.
    pub(crate) fn func_type(
        &mut self,
        recv: Option<&'a Field>,
        tparams: &'a [Field],
        ty: ExprId,
        func: Option<ObjId>,
    ) -> (TypeId, ScopeId) {
        let saved_scope = self.env.scope;
        let scope = self.new_scope(saved_scope, true);
        self.env.scope = scope;
        let mut sig = Signature::default();
        let mut recv_name = None;
        if let Some(r) = recv {
            let (v, rparams) = self.collect_recv(r);
            sig.recv = Some(v);
            sig.rparams = rparams.into();
            recv_name = r.name;
            if let (Some(f), Some(t)) = (func, self.u.obj(v).ty())
                && let ObjKind::Func { ptr_recv, .. } = &self.u.obj(f).kind
            {
                ptr_recv.store(self.u.deref(t).1, Ordering::Relaxed);
            }
        }
        if !tparams.is_empty() {
            let u = self.u;
            // The signature itself may mention the function, instantiated.
            let bind = |list: &[TypeId]| {
                if let Some(f) = func {
                    let tparams = list.into();
                    u.obj(f).ty.set(u.new_signature(Signature { tparams, ..Signature::default() }));
                }
            };
            sig.tparams = self.collect_type_params(tparams, bind).into();
        }
        let (params, results) = self.file().func_type(ty);
        let p = self.collect_params(VarKind::Param, params);
        let r = self.collect_params(VarKind::Result, results);
        if let (Some(n), Some(v)) = (recv_name, sig.recv) {
            self.declare(scope, Some(n), v);
            self.record_def(n, Some(v));
        }
        self.declare_params(scope, &p);
        self.declare_params(scope, &r);
        sig.params = p.vars.into();
        sig.results = r.vars.into();
        sig.variadic = p.variadic;
        self.env.scope = saved_scope;
        let t = self.u.new_signature(sig);
        if func.is_none() {
            self.record_type(ty, Mode::TypeExpr, t, None);
        }
        (t, scope)
    }

    fn declare_params(&mut self, scope: ScopeId, p: &Params) {
        for (&n, &v) in p.names.iter().zip(&p.vars) {
            if let Some(n) = n {
                self.declare(scope, Some(n), v);
                self.record_def(n, Some(v));
            }
        }
    }

    fn collect_recv(&mut self, r: &'a Field) -> (ObjId, Vec<TypeId>) {
        let u = self.u;
        let parts = self.unpack_recv(r.ty);
        let mut recv_type = TypeId::INVALID;
        let mut rparams = Vec::new();
        let base = parts.base;
        match parts.tparams {
            None => {
                recv_type = self.var_type(r.ty);
                // An alias of an instantiated type can't have methods.
                let mut t = self.unpointer(recv_type);
                while let TypeKind::Alias(a) = u.kind(t) {
                    let Some(rhs) = a.rhs.get() else { break };
                    t = self.unpointer(rhs);
                    let generic = match u.kind(t) {
                        TypeKind::Named(n) => n.origin.is_some(),
                        TypeKind::Alias(a) => a.origin.is_some(),
                        _ => false,
                    };
                    if generic {
                        let msg = format!(
                            "cannot define new methods on instantiated type {}",
                            self.ts(t)
                        );
                        self.error(self.epos(base), Code::InvalidRecv, msg);
                        recv_type = TypeId::INVALID;
                        break;
                    }
                }
            }
            Some(args) => {
                let base_type = match self.generic_type(base) {
                    Ok(t) if matches!(u.kind(t), TypeKind::Named(_)) => Some(t),
                    Ok(t) => {
                        let msg = format!(
                            "cannot define new methods on generic alias type {}",
                            self.ts(t)
                        );
                        self.error(self.epos(base), Code::InvalidRecv, msg);
                        None
                    }
                    Err(cause) => {
                        if !cause.is_empty() {
                            self.error(self.epos(base), Code::InvalidRecv, cause);
                        }
                        None
                    }
                };
                for (i, &a) in args.iter().enumerate() {
                    let ExprKind::Name(n) = self.kind(a) else {
                        if !matches!(self.kind(a), ExprKind::Bad) {
                            let msg = format!(
                                "receiver type parameter {} must be an identifier",
                                self.es(a)
                            );
                            self.error(self.epos(a), Code::BadDecl, msg);
                        }
                        let o = u.new_type_name(self.epos(a), Some(self.pkg), self.blank, None);
                        rparams.push(u.new_type_param(o, None, i));
                        continue;
                    };
                    let t = self.declare_type_param(*n, i);
                    if let TypeKind::TypeParam(p) = u.kind(t) {
                        self.record_def(*n, Some(p.obj));
                    }
                    self.record_type(a, Mode::TypeExpr, t, None);
                    rparams.push(t);
                }
                if let Some(b) = base_type {
                    let want = u.type_params(b);
                    if want.len() == rparams.len() {
                        let map = crate::subst::make_map(want, &rparams);
                        for (&r, &b) in rparams.iter().zip(want) {
                            if let (TypeKind::TypeParam(p), TypeKind::TypeParam(q)) =
                                (u.kind(r), u.kind(b))
                            {
                                p.canon.set(b);
                                if let Some(bound) = q.bound() {
                                    p.bound.set(u.subst(bound, &map));
                                }
                            }
                        }
                    } else {
                        let msg = format!(
                            "receiver declares {}, but receiver base type declares {}",
                            measure(rparams.len(), "type parameter"),
                            want.len()
                        );
                        self.error(self.epos(base), Code::BadRecv, msg);
                    }
                    self.verify_version(self.epos(base), Version::GO1_18, "type instantiation");
                    recv_type = u.instantiate_at(b, &rparams, self.file().exprs[r.ty].pos);
                    self.record_instance(base, &rparams, recv_type);
                    if parts.ptr && recv_type.is_valid() {
                        recv_type = u.new_pointer(recv_type);
                    }
                    self.record_recv_types(r.ty, recv_type);
                }
            }
        }
        let (pos, name) = match r.name {
            Some(n) => (self.file().ident(n).pos, self.name_of(n)),
            None => (self.epos(r.ty), self.empty),
        };
        let v = self.new_local(VarKind::Recv, pos, name, Some(recv_type));
        let base_pos = self.epos(base);
        self.later(move |c| c.valid_recv(base_pos, recv_type));
        (v, rparams)
    }

    fn unpointer(&self, mut t: TypeId) -> TypeId {
        while let TypeKind::Pointer(e) = self.u.kind(t) {
            t = *e;
        }
        t
    }

    fn record_recv_types(&mut self, mut e: ExprId, mut t: TypeId) {
        loop {
            self.record_type(e, Mode::TypeExpr, t, None);
            match self.kind(e) {
                ExprKind::Paren(x) => e = *x,
                ExprKind::Star(x) => {
                    e = *x;
                    let TypeKind::Pointer(b) = self.u.kind(t) else { return };
                    t = *b;
                }
                _ => return,
            }
        }
    }

    fn collect_params(&mut self, kind: VarKind, list: &'a [Field]) -> Params {
        let mut p = Params { names: Vec::new(), vars: Vec::new(), variadic: false };
        let mut ty = TypeId::INVALID;
        for (i, f) in list.iter().enumerate() {
            if i == 0 || f.ty != list[i - 1].ty {
                let mut e = f.ty;
                if let ExprKind::DotsType(elem) = self.kind(e) {
                    if kind == VarKind::Param && i + 1 == list.len() {
                        p.variadic = true;
                    } else {
                        let msg = if kind == VarKind::Param {
                            "can only use ... with final parameter in list"
                        } else {
                            "invalid use of ..."
                        };
                        self.error(self.epos(e), Code::InvalidSyntaxTree, msg);
                    }
                    e = *elem;
                }
                ty = self.var_type(e);
            }
            let (pos, name) = match f.name {
                Some(n) => (self.file().ident(n).pos, self.name_of(n)),
                None => (self.epos(f.ty), self.empty),
            };
            let mut t = ty;
            if p.variadic {
                t = self.u.new_slice(ty);
                self.record_type(f.ty, Mode::TypeExpr, t, None);
            }
            p.names.push(f.name);
            p.vars.push(self.new_local(kind, pos, name, Some(t)));
        }
        p
    }

    fn valid_recv(&mut self, pos: Pos, recv: TypeId) {
        let u = self.u;
        let (t, _) = u.deref(recv);
        let at = u.unalias(t);
        if !at.is_valid() {
            return;
        }
        match u.kind(at) {
            TypeKind::Named(n) => {
                if u.obj(n.obj).pkg != Some(self.pkg) {
                    let msg = format!("cannot define new methods on non-local type {}", self.ts(t));
                    self.error(pos, Code::InvalidRecv, msg);
                    return;
                }
                let cause = match u.under_kind(at) {
                    TypeKind::Basic(BasicKind::UnsafePointer, _) => "unsafe.Pointer",
                    TypeKind::Pointer(_) | TypeKind::Interface(_) => "pointer or interface type",
                    _ => return,
                };
                let msg = format!("invalid receiver type {} ({cause})", self.ts(t));
                self.error(pos, Code::InvalidRecv, msg);
            }
            TypeKind::Basic(..) => {
                let msg = format!("cannot define new methods on non-local type {}", self.ts(t));
                self.error(pos, Code::InvalidRecv, msg);
            }
            _ => {
                let msg = format!("invalid receiver type {}", self.ts(recv));
                self.error(pos, Code::InvalidRecv, msg);
            }
        }
    }

    /// The type parameters that are in force in the body of a function.
    pub(crate) fn enter_tparams(&mut self, s: &Signature) {
        if s.rparams.is_empty() && s.tparams.is_empty() {
            return;
        }
        let all: Vec<TypeId> =
            self.env.tparams.iter().chain(&s.rparams).chain(&s.tparams).copied().collect();
        self.env.tparams = Rc::from(all);
    }
}

/// `1 value`, `2 values`
pub(crate) fn measure(n: usize, unit: &str) -> String {
    format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
}
