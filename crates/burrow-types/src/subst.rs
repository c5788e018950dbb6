//! Substitution of type parameters, and what instances are expanded to.

use crate::object::{ObjId, ObjKind, Object};
use crate::types::{Named, Signature, Term, TypeId, TypeKind};
use crate::universe::{Universe, lock};
use burrow_syntax::Pos;
use std::sync::atomic::AtomicBool;

/// Pairs of a type parameter and what replaces it.
pub type SubstMap = [(TypeId, TypeId)];

/// `from[i]` to `to[i]`.
pub fn make_map(from: &[TypeId], to: &[TypeId]) -> Vec<(TypeId, TypeId)> {
    from.iter().copied().zip(to.iter().copied()).collect()
}

impl Universe {
    /// `t` with type parameters replaced. Local types of generic functions become instances that remember the
    /// arguments of their surroundings.
    pub fn subst(&self, t: TypeId, map: &SubstMap) -> TypeId {
        if map.is_empty() {
            return t;
        }
        match self.kind(t) {
            TypeKind::Basic(..) => t,
            TypeKind::TypeParam(_) => map.iter().find(|(p, _)| *p == t).map_or(t, |(_, to)| *to),
            TypeKind::Alias(a) => {
                let Some(origin) = a.origin else {
                    return match a.rhs.get() {
                        // A local alias may mention type parameters of its function.
                        Some(r) if a.tparams.get().is_none() => {
                            let s = self.subst(r, map);
                            if s == r { t } else { s }
                        }
                        _ => t,
                    };
                };
                match self.subst_list(&a.targs, map) {
                    Some(targs) => self.instantiate(origin, &targs),
                    None => t,
                }
            }
            TypeKind::Array { elem, len } => self.new_array(self.subst(*elem, map), *len),
            TypeKind::Slice(e) => self.new_slice(self.subst(*e, map)),
            TypeKind::Pointer(e) => self.new_pointer(self.subst(*e, map)),
            TypeKind::Map { key, elem } => {
                self.new_map(self.subst(*key, map), self.subst(*elem, map))
            }
            TypeKind::Chan { dir, elem } => self.new_chan(*dir, self.subst(*elem, map)),
            TypeKind::Struct(s) => match self.subst_vars(&s.fields, map) {
                Some(fields) => self.new_struct(fields, s.tags.clone()),
                None => t,
            },
            TypeKind::Tuple(vars) => match self.subst_vars(vars, map) {
                Some(v) => self.new_tuple(&v),
                None => t,
            },
            TypeKind::Signature(s) => match self.subst_signature(s, map) {
                Some(s) => self.new_signature(s),
                None => t,
            },
            TypeKind::Union(terms) => {
                let new: Box<[Term]> = terms
                    .iter()
                    .map(|x| Term { tilde: x.tilde, ty: self.subst(x.ty, map) })
                    .collect();
                if new == *terms { t } else { self.new_union(new) }
            }
            TypeKind::Interface(i) => {
                let methods: Box<[ObjId]> =
                    i.methods.iter().map(|m| self.subst_func(*m, map)).collect();
                let embeddeds = self.subst_list(&i.embeddeds, map);
                if methods == i.methods && embeddeds.is_none() {
                    return t;
                }
                let embeddeds = embeddeds.unwrap_or_else(|| i.embeddeds.clone());
                self.new_interface(methods, embeddeds, i.embed_pos.clone(), i.implicit)
            }
            TypeKind::Named(n) => self.subst_named(t, n, map),
        }
    }

    fn subst_named(&self, t: TypeId, n: &Named, map: &SubstMap) -> TypeId {
        if let Some(origin) = n.origin {
            // A wrong number of arguments was reported where they stand.
            if n.targs.len() != self.type_params(origin).len() {
                return TypeId::INVALID;
            }
            let targs = self.subst_list(&n.targs, map);
            let implicit = self.subst_list(&n.implicit_targs, map);
            if targs.is_none() && implicit.is_none() {
                // An instance of a local generic type, inside its function.
                return self.with_surroundings(t, n, map);
            }
            let targs = targs.unwrap_or_else(|| n.targs.clone());
            let implicit = implicit.unwrap_or_else(|| n.implicit_targs.clone());
            let inst = self.instance(origin, &targs, &implicit);
            return match self.kind(inst) {
                TypeKind::Named(m) => self.with_surroundings(inst, m, map),
                _ => inst,
            };
        }
        self.with_surroundings(t, n, map)
    }

    /// For a type declared in a generic function: its instance for the arguments of that function.
    fn with_surroundings(&self, t: TypeId, n: &Named, map: &SubstMap) -> TypeId {
        let origin = n.origin.unwrap_or(t);
        let TypeKind::Named(o) = self.kind(origin) else { return t };
        if o.implicit_tparams.is_empty() || !n.implicit_targs.is_empty() {
            return t;
        }
        match self.subst_list(&o.implicit_tparams, map) {
            Some(implicit) => self.instance(origin, &n.targs, &implicit),
            None => t,
        }
    }

    /// The types substituted; `None` if that changes nothing.
    pub(crate) fn subst_list(&self, list: &[TypeId], map: &SubstMap) -> Option<Box<[TypeId]>> {
        let new: Box<[TypeId]> = list.iter().map(|t| self.subst(*t, map)).collect();
        (*new != *list).then_some(new)
    }

    pub(crate) fn subst_vars(&self, vars: &[ObjId], map: &SubstMap) -> Option<Box<[ObjId]>> {
        let mut changed = false;
        let new = vars
            .iter()
            .map(|&v| {
                let t = self.obj_type(v);
                let s = self.subst(t, map);
                if s == t {
                    return v;
                }
                changed = true;
                self.clone_var(v, s)
            })
            .collect();
        changed.then_some(new)
    }

    pub(crate) fn clone_var(&self, v: ObjId, ty: TypeId) -> ObjId {
        let o = self.obj(v);
        let ObjKind::Var { kind, embedded, origin } = o.kind else { return v };
        let k = ObjKind::Var { kind, embedded, origin: Some(origin.unwrap_or(v)) };
        self.add_obj(Object::new(k, o.pos, o.pkg, o.name, Some(ty)))
    }

    /// A method of an interface with its type substituted.
    fn subst_func(&self, f: ObjId, map: &SubstMap) -> ObjId {
        let t = self.obj_type(f);
        let s = self.subst(t, map);
        if s == t {
            return f;
        }
        let o = self.obj(f);
        let k = ObjKind::Func {
            origin: Some(self.origin_func(f)),
            instance: None,
            ptr_recv: AtomicBool::new(false),
            nointerface: AtomicBool::new(false),
        };
        self.add_obj(Object::new(k, o.pos, o.pkg, o.name, Some(s)))
    }

    /// The signature substituted; `None` if that changes nothing. Its own type parameters, if they aren't replaced,
    /// are made anew with substituted bounds.
    pub(crate) fn subst_signature(&self, s: &Signature, map: &SubstMap) -> Option<Signature> {
        let mut full;
        let mut tparams = s.tparams.clone();
        let mut map = map;
        if let Some(first) = s.tparams.first()
            && !map.iter().any(|(p, _)| p == first)
        {
            full = map.to_vec();
            tparams = s
                .tparams
                .iter()
                .map(|&p| {
                    let TypeKind::TypeParam(tp) = self.kind(p) else { return p };
                    let o = self.obj(tp.obj);
                    let name = self.new_type_name(o.pos, o.pkg, o.name, None);
                    let fresh = self.new_type_param(name, None, tp.index());
                    if let TypeKind::TypeParam(f) = self.kind(fresh) {
                        f.canon.set(tp.canon.get().unwrap_or(p));
                    }
                    full.push((p, fresh));
                    fresh
                })
                .collect();
            for (&p, &f) in s.tparams.iter().zip(&tparams) {
                if let (TypeKind::TypeParam(p), TypeKind::TypeParam(f)) =
                    (self.kind(p), self.kind(f))
                    && let Some(b) = p.bound.get()
                {
                    f.bound.set(self.subst(b, &full));
                }
            }
            map = &full;
        }
        let params = self.subst_vars(&s.params, map);
        let results = self.subst_vars(&s.results, map);
        if params.is_none() && results.is_none() && tparams == s.tparams {
            return None;
        }
        Some(Signature {
            recv: s.recv,
            rparams: s.rparams.clone(),
            tparams,
            params: params.unwrap_or_else(|| s.params.clone()),
            results: results.unwrap_or_else(|| s.results.clone()),
            variadic: s.variadic,
        })
    }

    /// The instance of a generic defined type, alias or signature. Arguments are not verified; a wrong number of
    /// them gives an invalid type.
    pub fn instantiate(&self, generic: TypeId, targs: &[TypeId]) -> TypeId {
        self.instantiate_at(generic, targs, Pos::NONE)
    }

    /// As [`Universe::instantiate`], with the position where the instance is first mentioned.
    pub(crate) fn instantiate_at(&self, generic: TypeId, targs: &[TypeId], pos: Pos) -> TypeId {
        match self.kind(generic) {
            TypeKind::Named(n) => self.instance_at(n.origin.unwrap_or(generic), targs, &[], pos),
            TypeKind::Alias(a) => {
                let origin = a.origin.unwrap_or(generic);
                let tparams = self.type_params(origin);
                if tparams.len() != targs.len() {
                    return TypeId::INVALID;
                }
                let TypeKind::Alias(o) = self.kind(origin) else { return TypeId::INVALID };
                let Some(rhs) = o.rhs.get() else { return TypeId::INVALID };
                let t = self.new_alias(o.obj, Some(origin), targs.into());
                self.set_alias_rhs(t, self.subst(rhs, &make_map(tparams, targs)));
                t
            }
            TypeKind::Signature(s) => {
                if s.tparams.len() != targs.len() {
                    return TypeId::INVALID;
                }
                let map = make_map(&s.tparams, targs);
                let mut new = self.subst_signature(s, &map).unwrap_or_else(|| s.clone());
                new.tparams = Box::default();
                self.new_signature(new)
            }
            _ => TypeId::INVALID,
        }
    }

    /// The one instance of `origin` with these arguments, expanded on demand.
    pub fn instance(&self, origin: TypeId, targs: &[TypeId], implicit: &[TypeId]) -> TypeId {
        self.instance_at(origin, targs, implicit, Pos::NONE)
    }

    fn instance_at(
        &self,
        origin: TypeId,
        targs: &[TypeId],
        implicit: &[TypeId],
        pos: Pos,
    ) -> TypeId {
        let TypeKind::Named(o) = self.kind(origin) else { return TypeId::INVALID };
        let mut h = self.hash_type(origin);
        for &t in targs.iter().chain(implicit) {
            h = mix(h, self.hash_type(t));
        }
        let shard = &self.instances[(h >> 60) as usize];
        let same = |list: &[TypeId], other: &[TypeId]| {
            list.len() == other.len() && list.iter().zip(other).all(|(a, b)| self.identical(*a, *b))
        };
        let mut checked = 0;
        loop {
            let candidates = lock(shard).get(&h).cloned().unwrap_or_default();
            for &c in &candidates[checked..] {
                if let TypeKind::Named(n) = self.kind(c)
                    && n.origin == Some(origin)
                    && same(&n.targs, targs)
                    && same(&n.implicit_targs, implicit)
                {
                    return c;
                }
            }
            checked = candidates.len();
            // Comparing may instantiate, so it isn't done under the lock; look again if others came.
            let mut map = lock(shard);
            let list = map.entry(h).or_default();
            if list.len() != checked {
                continue;
            }
            let t = self.add_type(TypeKind::Named(Named {
                obj: o.obj,
                origin: Some(origin),
                targs: targs.into(),
                implicit_targs: implicit.into(),
                pos,
                tparams: Default::default(),
                implicit_tparams: Box::default(),
                rhs: Default::default(),
                under: Default::default(),
                methods: Default::default(),
                inst_methods: Default::default(),
            }));
            list.push(t);
            return t;
        }
    }

    /// The substituted right side of an instance; `None` if the origin's isn't known yet.
    pub(crate) fn expand_rhs(&self, _t: TypeId, n: &Named) -> Option<TypeId> {
        let TypeKind::Named(o) = self.kind(n.origin?) else { return None };
        let rhs = o.rhs.get()?;
        let tparams = o.tparams.get().map_or(&[][..], |p| p);
        if tparams.len() != n.targs.len() {
            return Some(TypeId::INVALID);
        }
        let mut map = make_map(tparams, &n.targs);
        map.extend(make_map(&o.implicit_tparams, &n.implicit_targs));
        Some(self.subst(rhs, &map))
    }

    /// The signature of a method of an instance.
    pub(crate) fn expand_method(&self, m: ObjId) -> Option<TypeId> {
        let ObjKind::Func { origin: Some(origin), instance: Some(inst), .. } = self.obj(m).kind
        else {
            return None;
        };
        let old = self.as_signature(self.obj(origin).ty()?)?;
        let TypeKind::Named(n) = self.kind(inst) else { return None };
        let mut sig = old.clone();
        if old.rparams.len() == n.targs.len()
            && let Some(s) = self.subst_signature(old, &make_map(&old.rparams, &n.targs))
        {
            sig = s;
        }
        let rtype = if self.obj(origin).has_ptr_recv() { self.new_pointer(inst) } else { inst };
        sig.recv = old.recv.map(|r| self.clone_var(r, rtype));
        sig.rparams = Box::default();
        Some(self.new_signature(sig))
    }

    /// A hash that is equal for identical types.
    pub(crate) fn hash_type(&self, t: TypeId) -> u64 {
        let t = self.unalias(t);
        let list = |h: u64, l: &[ObjId]| {
            l.iter().fold(mix(h, l.len() as u64), |h, o| mix(h, self.hash_type(self.obj_type(*o))))
        };
        match self.kind(t) {
            TypeKind::Basic(k, _) => mix(1, *k as u64),
            TypeKind::Named(n) => {
                let origin = n.origin.unwrap_or(t);
                let h = mix(2, origin.index() as u64);
                n.targs.iter().chain(&n.implicit_targs).fold(h, |h, t| mix(h, self.hash_type(*t)))
            }
            TypeKind::Alias(_) => 3,
            TypeKind::Pointer(e) => mix(4, self.hash_type(*e)),
            TypeKind::Slice(e) => mix(5, self.hash_type(*e)),
            TypeKind::Array { elem, len } => mix(mix(6, *len as u64), self.hash_type(*elem)),
            TypeKind::Map { key, elem } => mix(mix(7, self.hash_type(*key)), self.hash_type(*elem)),
            TypeKind::Chan { dir, elem } => mix(mix(8, *dir as u64), self.hash_type(*elem)),
            TypeKind::Struct(s) => list(9, &s.fields),
            TypeKind::Tuple(v) => list(10, v),
            TypeKind::Signature(s) if !s.tparams.is_empty() => mix(11, s.params.len() as u64),
            TypeKind::Signature(s) => list(list(12, &s.params), &s.results),
            TypeKind::Interface(_) => 13,
            TypeKind::Union(_) => 14,
            TypeKind::TypeParam(_) => mix(15, t.index() as u64),
        }
    }
}

fn mix(h: u64, v: u64) -> u64 {
    (h.rotate_left(5) ^ v).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (h >> 32)
}
