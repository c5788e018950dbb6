//! Fields and methods by name, method sets, and what is missing for an interface.

use crate::object::{ObjId, ObjKind, PkgId};
use crate::types::{TypeId, TypeKind, TypeSet};
use crate::universe::Universe;
use burrow_syntax::Symbol;

/// What a selector finds.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// The field or method. `None`: not found; then a non-empty path says that it is ambiguous, and `indirect` that
    /// a pointer receiver would be needed.
    pub obj: Option<ObjId>,
    /// Indices of the embedded fields, then of the field; for a method its index among the methods of its type.
    pub path: Vec<u32>,
    /// There is a pointer on the way (the operand's own one counts).
    pub indirect: bool,
}

/// One entry of a method set.
#[derive(Clone, Debug)]
pub struct MethodSetEntry {
    pub name: Symbol,
    pub lookup: Lookup,
}

#[derive(Clone)]
struct Embedded {
    ty: TypeId,
    path: Vec<u32>,
    indirect: bool,
    /// The type occurs several times at this depth.
    multiples: bool,
}

/// Why a method is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MissingState {
    NotFound,
    WrongName,
    Unexported,
    WrongSig,
    Ambiguous,
    PtrRecv,
    Field,
    NoInterface,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Missing {
    /// The method that the interface asks for.
    pub(crate) method: ObjId,
    pub(crate) state: MissingState,
    /// What was found in its place.
    pub(crate) found: Option<ObjId>,
}

impl Missing {
    pub(crate) fn wrong_type(&self) -> bool {
        matches!(self.state, MissingState::WrongSig | MissingState::PtrRecv)
    }
}

impl Universe {
    /// The field or method `name` of `t`, as the selector `x.name` finds it. `pkg` is the package that asks, for
    /// unexported names. Methods with pointer receivers are found on values only if `addressable`.
    pub fn lookup_field_or_method(
        &self,
        t: TypeId,
        addressable: bool,
        pkg: Option<PkgId>,
        name: Symbol,
    ) -> Lookup {
        self.lookup_folded(t, addressable, pkg, name, false)
    }

    pub(crate) fn lookup_folded(
        &self,
        t: TypeId,
        addressable: bool,
        pkg: Option<PkgId>,
        name: Symbol,
        fold: bool,
    ) -> Lookup {
        // Methods can't be reached through a named pointer type, fields can.
        if self.as_named(t).is_some()
            && let TypeKind::Pointer(_) = self.under_kind(t)
        {
            let l = self.lookup_in(self.under(t), false, pkg, name, fold);
            if l.obj.is_some_and(|o| self.obj(o).is_func()) {
                return Lookup::default();
            }
            return l;
        }
        self.lookup_in(t, addressable, pkg, name, fold)
    }

    /// The lookup proper. gc: `lookupFieldOrMethodImpl`.
    pub(crate) fn lookup_in(
        &self,
        t: TypeId,
        addressable: bool,
        pkg: Option<PkgId>,
        name: Symbol,
        fold: bool,
    ) -> Lookup {
        let none = Lookup::default();
        if self.is_blank(name) {
            return none;
        }
        let (ty, is_ptr) = self.deref(t);
        if is_ptr && self.is_interface(ty) {
            return none;
        }
        let collision = |path| Lookup { obj: None, path, indirect: false };
        let extend = |path: &[u32], i: usize| {
            let mut p = path.to_vec();
            p.push(i as u32);
            p
        };
        let mut current =
            vec![Embedded { ty, path: Vec::new(), indirect: is_ptr, multiples: false }];
        let mut seen: Vec<TypeId> = Vec::new();
        while !current.is_empty() {
            let mut next: Vec<Embedded> = Vec::new();
            let mut found = Lookup::default();
            for e in &current {
                if let TypeKind::Named(_) = self.kind(self.unalias(e.ty)) {
                    let named = self.unalias(e.ty);
                    if seen.iter().any(|s| self.identical(*s, named)) {
                        continue;
                    }
                    seen.push(named);
                    let ms = self.origin_methods(named);
                    if let Some(i) = ms.iter().position(|m| self.same_id(*m, pkg, name, fold)) {
                        let path = extend(&e.path, i);
                        if found.obj.is_some() || e.multiples {
                            return collision(path);
                        }
                        found =
                            Lookup { obj: Some(self.method(named, i)), path, indirect: e.indirect };
                        continue;
                    }
                }
                match self.under_kind(e.ty) {
                    TypeKind::Struct(s) => {
                        for (i, &f) in s.fields.iter().enumerate() {
                            if self.same_id(f, pkg, name, fold) {
                                let path = extend(&e.path, i);
                                if found.obj.is_some() || e.multiples {
                                    return collision(path);
                                }
                                found = Lookup { obj: Some(f), path, indirect: e.indirect };
                                continue;
                            }
                            if found.obj.is_none() && self.obj(f).is_embedded() {
                                let (ty, is_ptr) = self.deref(self.obj_type(f));
                                next.push(Embedded {
                                    ty,
                                    path: extend(&e.path, i),
                                    indirect: e.indirect || is_ptr,
                                    multiples: e.multiples,
                                });
                            }
                        }
                    }
                    TypeKind::Interface(_) => {
                        let tset = self.type_set(self.under(e.ty));
                        if let Some((i, m)) = self.set_method(tset, pkg, name, fold) {
                            let path = extend(&e.path, i);
                            if found.obj.is_some() || e.multiples {
                                return collision(path);
                            }
                            found = Lookup { obj: Some(m), path, indirect: e.indirect };
                        }
                    }
                    _ => {}
                }
            }
            if let Some(o) = found.obj {
                if self.obj(o).has_ptr_recv() && !found.indirect && !addressable {
                    return Lookup { obj: None, path: Vec::new(), indirect: true };
                }
                return found;
            }
            current = Vec::new();
            for e in next {
                match current.iter_mut().find(|c| self.identical(c.ty, e.ty)) {
                    Some(c) => c.multiples = true,
                    None => current.push(e),
                }
            }
        }
        none
    }

    /// The method of a type set by name, with its index.
    pub(crate) fn set_method(
        &self,
        set: &TypeSet,
        pkg: Option<PkgId>,
        name: Symbol,
        fold: bool,
    ) -> Option<(usize, ObjId)> {
        let i = set.methods.iter().position(|m| self.same_id(*m, pkg, name, fold))?;
        Some((i, set.methods[i]))
    }

    /// The method set of a type: exported methods first, then by name and package. Generic methods are part of it,
    /// but never of method tables.
    pub fn method_set(&self, t: TypeId) -> Vec<MethodSetEntry> {
        if self.under_interface(t).is_some() {
            let set = self.type_set(self.under(t));
            return set
                .methods
                .iter()
                .enumerate()
                .map(|(i, &m)| MethodSetEntry {
                    name: self.obj(m).name,
                    lookup: Lookup { obj: Some(m), path: vec![i as u32], indirect: false },
                })
                .collect();
        }
        let mut names: Vec<ObjId> = Vec::new();
        self.collect_method_names(t, &mut names, &mut Vec::new());
        self.sort_methods(&mut names);
        names.dedup_by(|a, b| {
            let o = self.obj(*a);
            self.same_id(*b, o.pkg, o.name, false)
        });
        names
            .into_iter()
            .filter_map(|m| {
                let o = self.obj(m);
                let lookup = self.lookup_field_or_method(t, false, o.pkg, o.name);
                let is_func = lookup.obj.is_some_and(|o| self.obj(o).is_func());
                is_func.then_some(MethodSetEntry { name: o.name, lookup })
            })
            .collect()
    }

    fn collect_method_names(&self, t: TypeId, out: &mut Vec<ObjId>, seen: &mut Vec<TypeId>) {
        let (t, _) = self.deref(t);
        let t = self.unalias(t);
        if seen.contains(&t) {
            return;
        }
        seen.push(t);
        out.extend_from_slice(self.origin_methods(t));
        match self.under_kind(t) {
            TypeKind::Struct(s) => {
                for &f in &s.fields {
                    if self.obj(f).is_embedded() {
                        self.collect_method_names(self.obj_type(f), out, seen);
                    }
                }
            }
            TypeKind::Interface(_) => out.extend_from_slice(&self.type_set(self.under(t)).methods),
            _ => {}
        }
    }

    /// A method of the interface `t` that `v` lacks, and whether it has one with another signature or with a pointer
    /// receiver. With `is_static` false and `v` an interface, a method that `v` doesn't have may still be there.
    pub fn missing_method(&self, v: TypeId, t: TypeId, is_static: bool) -> Option<(ObjId, bool)> {
        let m =
            self.missing_method_by(v, t, is_static, &mut |x, y| self.identical(x, y), &mut |_| {})?;
        Some((m.method, m.wrong_type()))
    }

    /// `v` has all methods of the interface `t`: a value of it can be converted or asserted. Type sets with terms are
    /// not looked at.
    pub fn implements(&self, v: TypeId, t: TypeId) -> bool {
        self.missing_method(v, t, true).is_none()
    }

    /// `resolve` is called with methods whose signature may not be known yet.
    pub(crate) fn missing_method_by(
        &self,
        v: TypeId,
        t: TypeId,
        is_static: bool,
        equivalent: &mut dyn FnMut(TypeId, TypeId) -> bool,
        resolve: &mut dyn FnMut(ObjId),
    ) -> Option<Missing> {
        let methods = &self.type_set(self.under(t)).methods;
        if methods.is_empty() {
            return None;
        }
        let missing = |method, state, found| Some(Missing { method, state, found });
        if self.is_interface(v) {
            let set = self.type_set(self.under(v));
            for &m in methods {
                let mo = self.obj(m);
                match self.set_method(set, mo.pkg, mo.name, false) {
                    None if is_static => return missing(m, MissingState::NotFound, None),
                    None => {}
                    Some((_, f)) => {
                        if !equivalent(self.obj_type(f), self.obj_type(m)) {
                            return missing(m, MissingState::WrongSig, Some(f));
                        }
                    }
                }
            }
            return None;
        }
        for &m in methods {
            let mo = self.obj(m);
            let l = self.lookup_in(v, false, mo.pkg, mo.name, false);
            let Some(f) = l.obj else {
                if !l.path.is_empty() {
                    return missing(m, MissingState::Ambiguous, None);
                }
                if l.indirect {
                    return missing(m, MissingState::PtrRecv, None);
                }
                let alt = self.lookup_in(v, false, mo.pkg, mo.name, true).obj;
                let Some(f) = alt.filter(|a| self.obj(*a).is_func()) else {
                    return missing(m, MissingState::NotFound, None);
                };
                let same = self.obj(f).name == mo.name;
                let state = if same { MissingState::Unexported } else { MissingState::WrongName };
                resolve(f);
                return missing(m, state, Some(f));
            };
            if !self.obj(f).is_func() {
                return missing(m, MissingState::Field, None);
            }
            resolve(f);
            if self.is_nointerface(f) {
                return missing(m, MissingState::NoInterface, Some(f));
            }
            if !equivalent(self.obj_type(f), self.obj_type(m)) {
                return missing(m, MissingState::WrongSig, Some(f));
            }
        }
        None
    }

    /// A pointer to an interface.
    pub(crate) fn is_interface_ptr(&self, t: TypeId) -> bool {
        self.under_pointer(t).is_some_and(|e| self.is_interface(e))
    }

    /// The struct type that a pointer to one points to; other types as they are.
    pub(crate) fn deref_struct_ptr(&self, t: TypeId) -> TypeId {
        match self.under_pointer(t) {
            Some(e) if self.under_struct(e).is_some() => e,
            _ => t,
        }
    }

    pub(crate) fn has_invalid_embedded_fields(&self, t: TypeId, seen: &mut Vec<TypeId>) -> bool {
        let s = self.under(self.deref_struct_ptr(t));
        let TypeKind::Struct(st) = self.kind(s) else { return false };
        if seen.contains(&s) {
            return false;
        }
        seen.push(s);
        st.fields.iter().any(|&f| {
            let ft = self.obj_type(f);
            self.obj(f).is_embedded()
                && (!ft.is_valid() || self.has_invalid_embedded_fields(ft, seen))
        })
    }

    /// The names of the fields along a path, joined by dots.
    pub(crate) fn field_path(&self, mut t: TypeId, path: &[u32]) -> String {
        let mut names = Vec::new();
        for &i in path {
            let Some(s) = self.under_struct(self.deref_struct_ptr(t)) else { break };
            let f = s.fields[i as usize];
            names.push(self.obj(f).name.as_str());
            t = self.obj_type(f);
        }
        names.join(".")
    }

    /// A function that is declared with a receiver, or a method of an interface.
    pub fn is_method(&self, f: ObjId) -> bool {
        matches!(self.obj(f).kind, ObjKind::Func { .. })
            && self.as_signature(self.obj_type(f)).is_some_and(|s| s.recv.is_some())
    }
}
