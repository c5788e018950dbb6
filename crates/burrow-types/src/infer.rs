//! Inference of type arguments.
//!
//! Typed arguments are unified with their parameters; then, until nothing changes, what is known with core types and
//! methods of the constraints; then untyped arguments take their default types. Last, inferred types that mention
//! type parameters are simplified by what was inferred for those.

use crate::check::Checker;
use crate::errors::Report;
use crate::object::ObjId;
use crate::operand::Operand;
use crate::subst::make_map;
use crate::types::{Signature, Term, TypeId, TypeKind};
use crate::unify::{ASSIGN, EXACT, Unifier};
use crate::version::Version;
use burrow_syntax::Pos;

/// Pairs of the type parameters whose argument is known.
fn known_map(tparams: &[TypeId], targs: &[Option<TypeId>]) -> Vec<(TypeId, TypeId)> {
    tparams.iter().zip(targs).filter_map(|(p, t)| t.map(|t| (*p, t))).collect()
}

impl<'a> Checker<'a> {
    /// All type arguments, given some of them and the arguments of a call. `None`: an error, which is in the report
    /// unless it follows from another one.
    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    pub(crate) fn infer(
        &mut self,
        pos: Pos,
        tparams: &[TypeId],
        mut targs: Vec<Option<TypeId>>,
        params: &[ObjId],
        args: &[Operand],
        reverse: bool,
        report: &mut Report,
    ) -> Option<Vec<TypeId>> {
        let u = self.u;
        let n = tparams.len();
        if targs.len() == n && targs.iter().all(Option::is_some) {
            return targs.into_iter().collect();
        }
        if args.iter().any(|a| !a.is_valid()) {
            return None;
        }
        targs.resize(n, None);
        let map = known_map(tparams, &targs);
        let par: Vec<TypeId> = params.iter().map(|p| u.subst(u.obj_type(*p), &map)).collect();
        let mut un = Unifier::new(tparams, &targs, self.allow(Version::GO1_21));
        let mut untyped = Vec::new();
        for (i, arg) in args.iter().enumerate() {
            let p = par[i];
            if !self.is_parameterized(tparams, p) && !self.is_parameterized(tparams, arg.ty) {
                continue;
            }
            if u.is_typed(arg.ty) {
                if !un.unify(self, p, arg.ty, ASSIGN) {
                    self.mismatch(&un, tparams, p, arg, reverse, report);
                    return None;
                }
            } else if matches!(u.kind(p), TypeKind::TypeParam(_)) && !arg.is_nil() {
                untyped.push(i);
            }
        }
        self.unify_constraints(pos, &mut un, tparams, report)?;
        // Untyped arguments: the largest kind decides.
        let mut max_untyped: Vec<(TypeId, TypeId)> = Vec::new();
        for i in untyped {
            let p = par[i];
            if un.at(p).is_some() {
                continue;
            }
            let arg = &args[i];
            match max_untyped.iter_mut().find(|(q, _)| *q == p) {
                None => max_untyped.push((p, arg.ty)),
                Some((_, m)) => match u.max_type(*m, arg.ty) {
                    Some(t) => *m = t,
                    None => {
                        let (a, b) = (self.ts(*m), self.ts(arg.ty));
                        let msg =
                            format!("mismatched types {a} and {b} (cannot infer {})", self.ts(p));
                        report.add(self.xpos(arg), msg);
                        return None;
                    }
                },
            }
        }
        for (p, t) in max_untyped {
            un.set(p, u.default_type(t));
        }
        let mut inferred = un.inferred(tparams);
        self.kill_cycles(tparams, &mut inferred);
        // Simplify until no inferred type changes any more.
        let mut dirty: Vec<usize> =
            (0..n).filter(|i| inferred[*i].is_some() && targs[*i].is_none()).collect();
        while !dirty.is_empty() {
            let map = known_map(tparams, &inferred);
            dirty.retain(|&i| {
                let Some(t0) = inferred[i] else { return false };
                let mut t1 = u.subst(t0, &map);
                if t1 == t0 {
                    return false;
                }
                if let TypeKind::Signature(s) = u.kind(t1)
                    && !s.tparams.is_empty()
                    && !self.is_parameterized(tparams, t1)
                {
                    t1 = u.new_signature(Signature { tparams: Box::default(), ..s.clone() });
                }
                inferred[i] = Some(t1);
                true
            });
        }
        for (i, t) in inferred.iter().enumerate() {
            if t.is_none_or(|t| self.is_parameterized(tparams, t)) {
                let p = u.as_type_param(tparams[i])?;
                let o = u.obj(p.obj);
                report
                    .add(pos, format!("cannot infer {} (declared at {})", o.name, self.at(o.pos)));
                return None;
            }
        }
        inferred.into_iter().collect()
    }

    /// Reports an argument that doesn't fit.
    fn mismatch(
        &self,
        un: &Unifier,
        tparams: &[TypeId],
        par: TypeId,
        arg: &Operand,
        reverse: bool,
        report: &mut Report,
    ) {
        let inferred = un.inferred(tparams);
        let (at, xs, pos) = (self.ts(arg.ty), self.xexpr(arg), self.xpos(arg));
        let ps = self.ts(par);
        if inferred.iter().all(Option::is_none) {
            let names = self.tparam_names(tparams);
            report
                .add(pos, format!("type {at} of {xs} does not match {ps} (cannot infer {names})"));
            return;
        }
        let t = self.u.subst(par, &known_map(tparams, &inferred));
        let msg = if t == par {
            format!("type {at} of {xs} does not match {ps}")
        } else if reverse {
            format!("inferred type {} for {ps} does not match type {at} of {xs}", self.ts(t))
        } else {
            format!("type {at} of {xs} does not match inferred type {} for {ps}", self.ts(t))
        };
        report.add(pos, msg);
    }

    fn unify_constraints(
        &mut self,
        pos: Pos,
        un: &mut Unifier,
        tparams: &[TypeId],
        report: &mut Report,
    ) -> Option<()> {
        let u = self.u;
        loop {
            let before = un.unknowns();
            for &p in tparams {
                let tx = un.at(p);
                let (core, single) = self.core_term(p);
                if let Some(core) = core {
                    match tx {
                        Some(t) => {
                            if !un.unify(self, t, core.ty, 0) {
                                let (ps, ts) = (self.ts(p), self.ts(t));
                                let b = self.ts(u.tparam_bound(p));
                                report.add(pos, format!("{ps} (type {ts}) does not satisfy {b}"));
                                return None;
                            }
                        }
                        None if single && !core.tilde => un.set(p, core.ty),
                        None => {}
                    }
                }
                if let Some(t) = tx
                    && !self.is_parameterized(tparams, t)
                {
                    self.unify_methods(pos, un, p, t, report)?;
                }
            }
            if un.unknowns() == before {
                return Some(());
            }
        }
    }

    /// The methods of a known argument tell more about the types in the methods of the constraint.
    fn unify_methods(
        &mut self,
        pos: Pos,
        un: &mut Unifier,
        p: TypeId,
        t: TypeId,
        report: &mut Report,
    ) -> Option<()> {
        let u = self.u;
        let iface = u.under(p);
        let methods = &u.type_set(iface).methods;
        if methods.is_empty() {
            return Some(());
        }
        // Signatures must be known before they are compared.
        for &m in methods {
            let mo = u.obj(m);
            if let Some(f) = u.lookup_in(t, false, mo.pkg, mo.name, false).obj
                && u.obj(f).is_func()
            {
                self.obj_decl(f);
            }
        }
        let missing = u.missing_method_by(
            t,
            iface,
            true,
            &mut |x, y| un.unify(self, x, y, EXACT),
            &mut |_| {},
        );
        if let Some(m) = missing {
            if u.has_invalid_embedded_fields(t, &mut Vec::new()) {
                return Some(());
            }
            let cause = self.missing_cause(&m, t, iface);
            let (ps, ts, b) = (self.ts(p), self.ts(t), self.ts(u.tparam_bound(p)));
            report.add(pos, format!("{ps} (type {ts}) does not satisfy {b} {cause}"));
            return None;
        }
        Some(())
    }

    /// The only term of a type parameter's constraint (then with true), or one for its core type.
    fn core_term(&self, p: TypeId) -> (Option<Term>, bool) {
        let u = self.u;
        let set = u.type_set(u.under(p));
        let Some(terms) = set.specific_terms() else { return (None, false) };
        if let [t] = terms {
            return (Some(*t), true);
        }
        let tilde = terms.iter().any(|t| t.tilde);
        (u.core_type(p).map(|ty| Term { tilde, ty }), false)
    }

    fn tparam_names(&self, list: &[TypeId]) -> String {
        let names: Vec<String> = list.iter().map(|p| self.ts(*p)).collect();
        match &names[..] {
            [] => String::new(),
            [a] => a.clone(),
            [a, b] => format!("{a} and {b}"),
            [init @ .., last] => format!("{}, and {last}", init.join(", ")),
        }
    }

    /// Fresh type parameters, and the parameters with them in place of the old ones.
    pub(crate) fn rename_tparams(
        &self,
        tparams: &[TypeId],
        params: &[ObjId],
    ) -> (Vec<TypeId>, Vec<ObjId>) {
        let u = self.u;
        let fresh: Vec<TypeId> = tparams
            .iter()
            .enumerate()
            .map(|(i, &p)| {
                let Some(tp) = u.as_type_param(p) else { return p };
                let o = u.obj(tp.obj);
                let name = u.new_type_name(o.pos, o.pkg, o.name, None);
                u.new_type_param(name, None, i)
            })
            .collect();
        let map = make_map(tparams, &fresh);
        for (&p, &f) in tparams.iter().zip(&fresh) {
            if let TypeKind::TypeParam(f) = u.kind(f) {
                f.bound.set(u.subst(u.tparam_bound(p), &map));
            }
        }
        let params = u.subst_vars(params, &map).map_or_else(|| params.to_vec(), Vec::from);
        (fresh, params)
    }

    /// A generic signature with fresh type parameters.
    pub(crate) fn rename_signature(&self, s: &Signature) -> (Vec<TypeId>, TypeId) {
        let u = self.u;
        let (fresh, _) = self.rename_tparams(&s.tparams, &[]);
        let map = make_map(&s.tparams, &fresh);
        let mut new = s.clone();
        new.tparams = Box::default();
        let mut new = u.subst_signature(&new, &map).unwrap_or(new);
        new.tparams = fresh.as_slice().into();
        (fresh, u.new_signature(new))
    }

    /// The type mentions one of the type parameters.
    pub(crate) fn is_parameterized(&self, tparams: &[TypeId], t: TypeId) -> bool {
        self.mentions_tparam(tparams, t, &mut Vec::new())
    }

    fn mentions_tparam(&self, tparams: &[TypeId], t: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let u = self.u;
        let t = u.unalias(t);
        match u.kind(t) {
            TypeKind::Basic(..) | TypeKind::Alias(_) => return false,
            TypeKind::TypeParam(_) => return tparams.contains(&t),
            TypeKind::Named(n) if n.targs.is_empty() => return false,
            _ => {}
        }
        if seen.contains(&t) {
            return false;
        }
        seen.push(t);
        let mut any =
            |l: &[ObjId]| l.iter().any(|o| self.mentions_tparam(tparams, u.obj_type(*o), seen));
        match u.kind(t) {
            TypeKind::Pointer(e) | TypeKind::Slice(e) => self.mentions_tparam(tparams, *e, seen),
            TypeKind::Array { elem, .. } | TypeKind::Chan { elem, .. } => {
                self.mentions_tparam(tparams, *elem, seen)
            }
            TypeKind::Map { key, elem } => {
                self.mentions_tparam(tparams, *key, seen)
                    || self.mentions_tparam(tparams, *elem, seen)
            }
            TypeKind::Struct(s) => any(&s.fields),
            TypeKind::Tuple(v) => any(v),
            TypeKind::Signature(s) => any(&s.params) || any(&s.results),
            TypeKind::Interface(_) => {
                let set = u.type_set(t);
                any(&set.methods)
                    || set.terms.iter().flatten().any(|x| self.mentions_tparam(tparams, x.ty, seen))
            }
            TypeKind::Union(l) => l.iter().any(|x| self.mentions_tparam(tparams, x.ty, seen)),
            TypeKind::Named(n) => n.targs.iter().any(|a| self.mentions_tparam(tparams, *a, seen)),
            _ => false,
        }
    }

    /// Forgets inferred types that contain themselves.
    fn kill_cycles(&self, tparams: &[TypeId], inferred: &mut [Option<TypeId>]) {
        for &p in tparams {
            self.find_cycle(tparams, inferred, p, &mut Vec::new());
        }
    }

    fn find_cycle(
        &self,
        tparams: &[TypeId],
        inferred: &mut [Option<TypeId>],
        t: TypeId,
        seen: &mut Vec<TypeId>,
    ) {
        let u = self.u;
        let t = u.unalias(t);
        let index = tparams.iter().position(|p| *p == t);
        if seen.contains(&t) {
            if let Some(i) = index {
                inferred[i] = None;
            }
            return;
        }
        seen.push(t);
        let mut inner: Vec<TypeId> = Vec::new();
        let vars = |l: &[ObjId]| l.iter().map(|o| u.obj_type(*o)).collect::<Vec<_>>();
        match u.kind(t) {
            TypeKind::Pointer(e) | TypeKind::Slice(e) => inner.push(*e),
            TypeKind::Array { elem, .. } | TypeKind::Chan { elem, .. } => inner.push(*elem),
            TypeKind::Map { key, elem } => inner.extend([*key, *elem]),
            TypeKind::Struct(s) => inner = vars(&s.fields),
            TypeKind::Signature(s) => {
                inner = vars(&s.params);
                inner.extend(vars(&s.results));
            }
            TypeKind::Union(l) => inner.extend(l.iter().map(|x| x.ty)),
            TypeKind::Interface(i) => {
                inner = vars(&i.methods);
                inner.extend_from_slice(&i.embeddeds);
            }
            TypeKind::Named(n) => inner.extend_from_slice(&n.targs),
            TypeKind::TypeParam(_) => inner.extend(index.and_then(|i| inferred[i])),
            _ => {}
        }
        for i in inner {
            self.find_cycle(tparams, inferred, i, seen);
        }
        seen.pop();
    }
}
