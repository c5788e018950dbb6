//! Questions about single types, and identity.

use crate::object::ObjId;
use crate::subst::make_map;
use crate::types::{BasicKind, Term, TypeId, TypeKind, TypeSet};
use crate::universe::Universe;

/// Variants of type identity.
#[derive(Clone, Copy, Default)]
pub(crate) struct Comparer {
    pub(crate) ignore_tags: bool,
    pub(crate) ignore_invalids: bool,
}

/// Why values of a type can't be compared; the text may be empty.
pub(crate) type Incomparable = String;

impl Universe {
    pub(crate) fn is_basic(&self, t: TypeId, f: impl Fn(BasicKind) -> bool) -> bool {
        matches!(self.under_kind(t), TypeKind::Basic(k, _) if f(*k))
    }
    pub fn is_boolean(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_boolean)
    }
    pub fn is_integer(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_integer)
    }
    pub fn is_unsigned(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_unsigned)
    }
    pub fn is_float(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_float)
    }
    pub fn is_complex(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_complex)
    }
    pub fn is_numeric(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_numeric)
    }
    pub fn is_string(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_string)
    }
    pub fn is_const_type(&self, t: TypeId) -> bool {
        self.is_basic(t, BasicKind::is_const_type)
    }

    /// As `is_basic`; for a type parameter, all types of its (specific) type set.
    pub(crate) fn all_basic(&self, t: TypeId, f: impl Fn(BasicKind) -> bool + Copy) -> bool {
        if self.is_type_param(t) {
            return match self.specific_types(t) {
                Some(terms) => terms.iter().all(|(x, _)| self.is_basic(*x, f)),
                None => false,
            };
        }
        self.is_basic(t, f)
    }
    pub(crate) fn all_integer(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_integer)
    }
    pub(crate) fn all_unsigned(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_unsigned)
    }
    pub(crate) fn all_numeric(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_numeric)
    }
    pub(crate) fn all_string(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_string)
    }
    pub(crate) fn all_boolean(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_boolean)
    }
    pub(crate) fn all_ordered(&self, t: TypeId) -> bool {
        self.all_basic(t, BasicKind::is_ordered)
    }
    pub(crate) fn all_numeric_or_string(&self, t: TypeId) -> bool {
        self.all_basic(t, |k| k.is_numeric() || k.is_string())
    }

    /// The type has a name: predeclared, defined, or a type parameter.
    pub(crate) fn has_name(&self, t: TypeId) -> bool {
        matches!(
            self.kind(self.unalias(t)),
            TypeKind::Basic(..) | TypeKind::Named(_) | TypeKind::TypeParam(_)
        )
    }
    pub(crate) fn is_type_lit(&self, t: TypeId) -> bool {
        !matches!(self.kind(self.unalias(t)), TypeKind::Named(_) | TypeKind::TypeParam(_))
    }
    pub fn is_untyped(&self, t: TypeId) -> bool {
        matches!(self.kind(t), TypeKind::Basic(k, _) if k.is_untyped())
    }
    pub fn is_typed(&self, t: TypeId) -> bool {
        !self.is_untyped(t)
    }
    pub(crate) fn is_untyped_numeric(&self, t: TypeId) -> bool {
        matches!(self.kind(t), TypeKind::Basic(k, _) if k.is_untyped() && k.is_numeric())
    }
    /// The underlying type is an interface; also of type parameters.
    pub fn is_interface(&self, t: TypeId) -> bool {
        matches!(self.under_kind(t), TypeKind::Interface(_))
    }
    pub fn is_type_param(&self, t: TypeId) -> bool {
        matches!(self.kind(self.unalias(t)), TypeKind::TypeParam(_))
    }
    pub(crate) fn is_non_type_param_interface(&self, t: TypeId) -> bool {
        !self.is_type_param(t) && self.is_interface(t)
    }
    /// A generic type that isn't instantiated. Generic functions don't count.
    pub fn is_generic(&self, t: TypeId) -> bool {
        match self.kind(t) {
            TypeKind::Alias(a) => {
                if a.origin.is_none() && a.tparams.get().is_some_and(|p| !p.is_empty()) {
                    return true;
                }
                a.rhs.get().is_some_and(|r| self.is_generic(r))
            }
            TypeKind::Named(n) => {
                n.origin.is_none() && n.tparams.get().is_some_and(|p| !p.is_empty())
            }
            _ => false,
        }
    }

    /// Terms of the type set of a type parameter with their underlying types; `None` if there are no specific types.
    pub(crate) fn specific_types(&self, t: TypeId) -> Option<Vec<(TypeId, TypeId)>> {
        let tset = self.type_set(self.under(t));
        let terms = tset.specific_terms()?;
        Some(
            terms
                .iter()
                .map(|x| {
                    let u = self.unalias(x.ty);
                    (x.ty, if x.tilde { u } else { self.under(u) })
                })
                .collect(),
        )
    }

    /// The types whose properties `t` must have: itself, or the specific types of a type parameter (`None` inside
    /// if there are none). Each with its underlying type.
    pub(crate) fn each_type(&self, t: TypeId) -> Vec<Option<(TypeId, TypeId)>> {
        if self.is_type_param(t) {
            match self.specific_types(t) {
                Some(l) => l.into_iter().map(Some).collect(),
                None => vec![None],
            }
        } else {
            vec![Some((t, self.under(t)))]
        }
    }

    /// The common underlying type of all types of `t`; the underlying type itself if `t` isn't a type parameter.
    /// Channels that differ in direction only have the restricted one in common.
    pub fn core_type(&self, t: TypeId) -> Option<TypeId> {
        self.common_under(t, |_, _| None).ok()
    }

    /// As [`Universe::core_type`], with a condition on each type that may give an error, and the reason for a failure.
    pub(crate) fn common_under(
        &self,
        t: TypeId,
        cond: impl Fn(Option<TypeId>, Option<TypeId>) -> Option<String>,
    ) -> Result<TypeId, String> {
        let mut common: Option<(TypeId, TypeId)> = None;
        for e in self.each_type(t) {
            if let Some(err) = cond(e.map(|e| e.0), e.map(|e| e.1)) {
                return Err(err);
            }
            let Some((t, u)) = e else { return Err("no specific type".into()) };
            let Some((ct, cu)) = common else {
                common = Some((t, u));
                continue;
            };
            if let (TypeKind::Chan { dir: cd, elem: ce }, TypeKind::Chan { dir, elem }) =
                (self.kind(cu), self.kind(u))
            {
                use crate::types::ChanDir::Both;
                if !self.identical(*ce, *elem) {
                    let (a, b) = (self.type_string(ct), self.type_string(t));
                    return Err(format!("channels {a} and {b} have different element types"));
                }
                if cd == dir {
                } else if *cd == Both {
                    common = Some((t, u));
                } else if *dir != Both {
                    let (a, b) = (self.type_string(ct), self.type_string(t));
                    return Err(format!("channels {a} and {b} have conflicting directions"));
                }
                continue;
            }
            if !self.identical(cu, u) {
                let (a, b) = (self.type_string(ct), self.type_string(t));
                return Err(format!("{a} and {b} have different underlying types"));
            }
        }
        match common {
            Some((_, u)) => Ok(u),
            None => Err("empty type set".into()),
        }
    }

    /// Values of the type can be compared with `==`; interfaces can (and may panic).
    pub fn comparable(&self, t: TypeId) -> bool {
        self.comparable_type(t, true, &mut Vec::new()).is_none()
    }

    /// Why the type isn't comparable; with `dynamic`, interfaces are.
    pub(crate) fn comparable_type(
        &self,
        t: TypeId,
        dynamic: bool,
        seen: &mut Vec<TypeId>,
    ) -> Option<Incomparable> {
        if seen.contains(&t) {
            return None;
        }
        seen.push(t);
        match self.under_kind(t) {
            TypeKind::Basic(BasicKind::UntypedNil, _) => Some(String::new()),
            TypeKind::Basic(..) | TypeKind::Pointer(_) | TypeKind::Chan { .. } => None,
            TypeKind::Struct(s) => {
                for &f in &s.fields {
                    let ft = self.obj_type(f);
                    if self.comparable_type(ft, dynamic, seen).is_some() {
                        let n = self.type_string(ft);
                        return Some(format!("struct containing {n} cannot be compared"));
                    }
                }
                None
            }
            TypeKind::Array { elem, .. } => self
                .comparable_type(*elem, dynamic, seen)
                .map(|_| format!("{} cannot be compared", self.type_string(t))),
            TypeKind::Interface(_) => {
                if dynamic && !self.is_type_param(t) {
                    return None;
                }
                let tset = self.type_set(self.under(t));
                if self.set_is_comparable(tset, seen) {
                    return None;
                }
                Some(
                    if tset.is_empty() {
                        "empty type set"
                    } else {
                        "incomparable types in type set"
                    }
                    .into(),
                )
            }
            _ => Some(String::new()),
        }
    }

    pub(crate) fn set_is_comparable(&self, s: &TypeSet, seen: &mut Vec<TypeId>) -> bool {
        match &s.terms {
            None => s.comparable,
            Some(t) if t.is_empty() => false,
            Some(terms) => terms.iter().all(|x| self.comparable_type(x.ty, false, seen).is_none()),
        }
    }

    /// The type has the value nil.
    pub fn has_nil(&self, t: TypeId) -> bool {
        match self.under_kind(t) {
            TypeKind::Basic(k, _) => *k == BasicKind::UnsafePointer,
            TypeKind::Slice(_)
            | TypeKind::Pointer(_)
            | TypeKind::Signature(_)
            | TypeKind::Map { .. }
            | TypeKind::Chan { .. } => true,
            TypeKind::Interface(_) => {
                !self.is_type_param(t)
                    || self
                        .specific_types(t)
                        .is_some_and(|l| l.iter().all(|(_, u)| self.has_nil(*u)))
            }
            _ => false,
        }
    }

    /// The type that an untyped constant gets where nothing else asks for one.
    pub fn default_type(&self, t: TypeId) -> TypeId {
        match t {
            TypeId::UNTYPED_BOOL => TypeId::BOOL,
            TypeId::UNTYPED_INT => TypeId::INT,
            TypeId::UNTYPED_RUNE => TypeId::RUNE,
            TypeId::UNTYPED_FLOAT => TypeId::FLOAT64,
            TypeId::UNTYPED_COMPLEX => TypeId::COMPLEX128,
            TypeId::UNTYPED_STRING => TypeId::STRING,
            _ => t,
        }
    }

    /// The larger of two untyped numeric types (or either, if they are the same).
    pub(crate) fn max_type(&self, x: TypeId, y: TypeId) -> Option<TypeId> {
        if x == y {
            return Some(x);
        }
        (self.is_untyped_numeric(x) && self.is_untyped_numeric(y)).then(|| x.max(y))
    }

    /// Type identity.
    pub fn identical(&self, x: TypeId, y: TypeId) -> bool {
        x == y || self.identical_by(Comparer::default(), x, y, &mut Vec::new())
    }

    /// Type identity that ignores struct tags, as conversions do.
    pub fn identical_ignore_tags(&self, x: TypeId, y: TypeId) -> bool {
        let c = Comparer { ignore_tags: true, ..Comparer::default() };
        x == y || self.identical_by(c, x, y, &mut Vec::new())
    }

    fn identical_vars(
        &self,
        c: Comparer,
        x: &[ObjId],
        y: &[ObjId],
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        x.len() == y.len()
            && x.iter()
                .zip(y)
                .all(|(a, b)| self.identical_by(c, self.obj_type(*a), self.obj_type(*b), seen))
    }

    /// `seen`: pairs of interfaces under comparison.
    pub(crate) fn identical_by(
        &self,
        c: Comparer,
        x: TypeId,
        y: TypeId,
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        let (x, y) = (self.unalias(x), self.unalias(y));
        if x == y {
            return true;
        }
        if c.ignore_invalids && (!x.is_valid() || !y.is_valid()) {
            return true;
        }
        match (self.kind(x), self.kind(y)) {
            (TypeKind::Basic(a, _), TypeKind::Basic(b, _)) => a == b,
            (TypeKind::Array { elem: a, len: n }, TypeKind::Array { elem: b, len: m }) => {
                n == m && self.identical_by(c, *a, *b, seen)
            }
            (TypeKind::Slice(a), TypeKind::Slice(b))
            | (TypeKind::Pointer(a), TypeKind::Pointer(b)) => self.identical_by(c, *a, *b, seen),
            (TypeKind::Map { key: k, elem: a }, TypeKind::Map { key: l, elem: b }) => {
                self.identical_by(c, *k, *l, seen) && self.identical_by(c, *a, *b, seen)
            }
            (TypeKind::Chan { dir: d, elem: a }, TypeKind::Chan { dir: e, elem: b }) => {
                d == e && self.identical_by(c, *a, *b, seen)
            }
            (TypeKind::Struct(a), TypeKind::Struct(b)) => {
                a.fields.len() == b.fields.len()
                    && a.fields.iter().zip(&b.fields).enumerate().all(|(i, (&f, &g))| {
                        let (fo, go) = (self.obj(f), self.obj(g));
                        fo.is_embedded() == go.is_embedded()
                            && (c.ignore_tags || a.tag(i) == b.tag(i))
                            && self.same_id(f, go.pkg, go.name, false)
                            && self.identical_by(c, self.obj_type(f), self.obj_type(g), seen)
                    })
            }
            (TypeKind::Tuple(a), TypeKind::Tuple(b)) => self.identical_vars(c, a, b, seen),
            (TypeKind::Signature(a), TypeKind::Signature(b)) => {
                if a.tparams.len() != b.tparams.len() || a.variadic != b.variadic {
                    return false;
                }
                if a.tparams.is_empty() {
                    return self.identical_vars(c, &a.params, &b.params, seen)
                        && self.identical_vars(c, &a.results, &b.results, seen);
                }
                let map = make_map(&b.tparams, &a.tparams);
                for (p, q) in a.tparams.iter().zip(&b.tparams) {
                    let (pb, qb) = (self.tparam_bound(*p), self.tparam_bound(*q));
                    if !self.identical_by(c, pb, self.subst(qb, &map), seen) {
                        return false;
                    }
                }
                let params = self.subst_vars(&b.params, &map).unwrap_or_else(|| b.params.clone());
                let results =
                    self.subst_vars(&b.results, &map).unwrap_or_else(|| b.results.clone());
                self.identical_vars(c, &a.params, &params, seen)
                    && self.identical_vars(c, &a.results, &results, seen)
            }
            (TypeKind::Union(a), TypeKind::Union(b)) => {
                let (p, q) = (self.union_terms(a), self.union_terms(b));
                self.terms_equal(p.as_deref(), q.as_deref())
            }
            (TypeKind::Interface(_), TypeKind::Interface(_)) => {
                let (a, b) = (self.type_set(x), self.type_set(y));
                if a.comparable != b.comparable
                    || a.methods.len() != b.methods.len()
                    || !self.terms_equal(a.terms.as_deref(), b.terms.as_deref())
                {
                    return false;
                }
                if seen.contains(&(x, y)) || seen.contains(&(y, x)) {
                    return true;
                }
                seen.push((x, y));
                let same = a.methods.iter().zip(&b.methods).all(|(&f, &g)| {
                    let go = self.obj(g);
                    self.same_id(f, go.pkg, go.name, false)
                        && self.identical_by(c, self.obj_type(f), self.obj_type(g), seen)
                });
                seen.pop();
                same
            }
            (TypeKind::Named(a), TypeKind::Named(b)) => {
                let same = |p: &[TypeId], q: &[TypeId]| {
                    p.len() == q.len() && p.iter().zip(q).all(|(p, q)| self.identical(*p, *q))
                };
                // Equal origins without arguments would be the same id.
                a.origin.is_some()
                    && a.origin == b.origin
                    && same(&a.targs, &b.targs)
                    && same(&a.implicit_targs, &b.implicit_targs)
            }
            _ => false,
        }
    }

    /// The constraint of a type parameter, as written.
    pub(crate) fn tparam_bound(&self, t: TypeId) -> TypeId {
        self.as_type_param(t).and_then(|p| p.bound.get()).unwrap_or(TypeId::INVALID)
    }

    pub(crate) fn terms_equal(&self, a: Option<&[Term]>, b: Option<&[Term]>) -> bool {
        self.terms_subset(a, b) && self.terms_subset(b, a)
    }
}
