//! Type sets of interfaces, and term lists.
//!
//! A type set is computed on demand and kept. While one is being computed in a thread, asking for it again (a cycle,
//! reported elsewhere) gives the set of all types. Duplicate methods are reported where the interface is declared.

use crate::object::ObjId;
use crate::types::{BasicKind, Interface, Term, TypeId, TypeKind, TypeSet};
use crate::universe::Universe;
use std::cell::RefCell;

/// More terms than this are an error. gc: `maxTermCount`.
pub(crate) const MAX_TERMS: usize = 100;

thread_local! {
    static COMPUTING: RefCell<Vec<TypeId>> = const { RefCell::new(Vec::new()) };
}

static ALL_TYPES: std::sync::LazyLock<TypeSet> = std::sync::LazyLock::new(TypeSet::default);

impl TypeSet {
    /// No type is in the set, because of its terms.
    pub fn is_empty(&self) -> bool {
        self.terms.as_ref().is_some_and(|t| t.is_empty())
    }
    pub fn is_all(&self) -> bool {
        self.is_method_set() && self.methods.is_empty()
    }
    /// Only methods restrict the set: the interface may be used as an ordinary type.
    pub fn is_method_set(&self) -> bool {
        !self.comparable && self.terms.is_none()
    }
    pub fn has_terms(&self) -> bool {
        self.terms.as_ref().is_some_and(|t| !t.is_empty())
    }
    /// The terms, if there are any.
    pub(crate) fn specific_terms(&self) -> Option<&[Term]> {
        self.terms.as_deref().filter(|t| !t.is_empty())
    }
}

impl Universe {
    /// The type set of an interface type (which must be the underlying type).
    pub fn type_set(&self, iface: TypeId) -> &TypeSet {
        let TypeKind::Interface(i) = self.kind(iface) else { return &ALL_TYPES };
        if let Some(s) = i.tset.get() {
            return s;
        }
        if COMPUTING.with_borrow(|c| c.contains(&iface)) {
            return &ALL_TYPES;
        }
        COMPUTING.with_borrow_mut(|c| c.push(iface));
        let (set, complete) = self.compute_type_set(i);
        COMPUTING.with_borrow_mut(|c| c.pop());
        if complete {
            return i.tset.get_or_init(|| Box::new(set));
        }
        // Asked for too early, in an erroneous program: not kept.
        Box::leak(Box::new(set))
    }

    fn compute_type_set(&self, i: &Interface) -> (TypeSet, bool) {
        let mut methods: Vec<ObjId> = i.methods.to_vec();
        let mut terms: Option<Vec<Term>> = None;
        let mut comparable = false;
        let mut complete = true;
        for &e in &i.embeddeds {
            let u = self.under(e);
            let (et, ec) = match self.kind(u) {
                TypeKind::Interface(_) => {
                    let s = self.type_set(u);
                    for &m in &s.methods {
                        let o = self.obj(m);
                        if !methods.iter().any(|&x| self.same_id(x, o.pkg, o.name, false)) {
                            methods.push(m);
                        }
                    }
                    (s.terms.as_deref().map(<[Term]>::to_vec), s.comparable)
                }
                TypeKind::Union(list) => match self.union_terms(list) {
                    Some(t) if t.len() > MAX_TERMS => continue,
                    t => (t, false),
                },
                TypeKind::Basic(BasicKind::Invalid, _) => {
                    if self.unalias(e).is_valid() {
                        complete = false;
                    }
                    continue;
                }
                _ => (Some(vec![Term { tilde: false, ty: e }]), false),
            };
            (terms, comparable) = self.intersect(terms, comparable, et, ec);
        }
        self.sort_methods(&mut methods);
        let terms = terms.map(Vec::into_boxed_slice);
        (TypeSet { methods: methods.into(), terms, comparable }, complete)
    }

    fn intersect(
        &self,
        x: Option<Vec<Term>>,
        xcomp: bool,
        y: Option<Vec<Term>>,
        ycomp: bool,
    ) -> (Option<Vec<Term>>, bool) {
        let mut terms = self.terms_intersect(x, y);
        let mut comp = xcomp || ycomp;
        if comp && let Some(t) = &mut terms {
            t.retain(|x| self.comparable_type(x.ty, false, &mut Vec::new()).is_none());
            comp = false;
        }
        (terms, comp)
    }

    /// Exported methods first, then by name, then by package path.
    pub(crate) fn sort_methods(&self, list: &mut [ObjId]) {
        list.sort_by_key(|&m| {
            let o = self.obj(m);
            let exported = o.is_exported();
            let path = if exported { "" } else { o.pkg.map_or("", |p| self.pkg(p).path.as_str()) };
            (!exported, o.name.as_str(), path)
        });
    }

    /// The terms of a union, interfaces among them resolved; `None`: all types.
    pub(crate) fn union_terms(&self, list: &[Term]) -> Option<Vec<Term>> {
        let mut all: Vec<Term> = Vec::new();
        for t in list {
            let u = self.under(t.ty);
            match self.kind(u) {
                TypeKind::Interface(_) => match &self.type_set(u).terms {
                    None => return None,
                    Some(terms) => all.extend_from_slice(terms),
                },
                TypeKind::Basic(BasicKind::Invalid, _) => {}
                _ if t.tilde && !self.identical(t.ty, u) => {}
                _ => all.push(*t),
            }
            all = self.normalize(all);
            if all.len() > MAX_TERMS {
                break;
            }
        }
        Some(all)
    }

    fn normalize(&self, list: Vec<Term>) -> Vec<Term> {
        let mut out: Vec<Term> = Vec::new();
        for t in list {
            match out.iter_mut().find(|o| !self.term_disjoint(**o, t)) {
                Some(o) => {
                    if t.tilde && !o.tilde {
                        *o = t;
                    }
                }
                None => out.push(t),
            }
        }
        out
    }

    pub(crate) fn term_disjoint(&self, x: Term, y: Term) -> bool {
        let ux = if y.tilde { self.under(x.ty) } else { x.ty };
        let uy = if x.tilde { self.under(y.ty) } else { y.ty };
        !self.identical(ux, uy)
    }

    /// The type is in the set of the term.
    pub(crate) fn term_includes(&self, x: Term, t: TypeId) -> bool {
        let u = if x.tilde { self.under(t) } else { t };
        self.identical(x.ty, u)
    }

    fn terms_intersect(&self, x: Option<Vec<Term>>, y: Option<Vec<Term>>) -> Option<Vec<Term>> {
        let (x, y) = match (x, y) {
            (None, o) | (o, None) => return o,
            (Some(x), Some(y)) => (x, y),
        };
        let mut out = Vec::new();
        for a in &x {
            for b in &y {
                if !self.term_disjoint(*a, *b) {
                    out.push(if a.tilde && !b.tilde { *b } else { *a });
                }
            }
        }
        Some(self.normalize(out))
    }

    /// `x ⊆ y`
    pub(crate) fn terms_subset(&self, x: Option<&[Term]>, y: Option<&[Term]>) -> bool {
        let Some(y) = y else { return true };
        let Some(x) = x else { return false };
        x.iter().all(|a| y.iter().any(|b| !self.term_disjoint(*a, *b) && (!a.tilde || b.tilde)))
    }
}
