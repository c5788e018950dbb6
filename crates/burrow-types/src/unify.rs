//! Unification of types that mention type parameters to be inferred.
//!
//! Type parameters that were unified with each other share a handle, which holds the type inferred for all of them.
//! Inexact unification looks through defined types on one side, ignores channel directions, and lets interfaces match
//! types that have their methods; in `ASSIGN` mode that holds at the top level only.

use crate::check::Checker;
use crate::types::{ChanDir, TypeId, TypeKind};
use crate::universe::Universe;

pub(crate) type UnifyMode = u8;
/// The types come from an assignment: element types must match exactly.
pub(crate) const ASSIGN: UnifyMode = 1;
/// Types must be identical but for type parameters.
pub(crate) const EXACT: UnifyMode = 2;

/// Deeper recursion fails. gc: `unificationDepthLimit`.
const MAX_DEPTH: u32 = 50;

pub(crate) struct Unifier {
    /// The handle of each type parameter.
    handles: Vec<(TypeId, usize)>,
    types: Vec<Option<TypeId>>,
    depth: u32,
    /// Methods in common are used for inference (since Go 1.21).
    interfaces: bool,
}

impl Unifier {
    pub(crate) fn new(tparams: &[TypeId], targs: &[Option<TypeId>], interfaces: bool) -> Unifier {
        Unifier {
            handles: tparams.iter().enumerate().map(|(i, p)| (*p, i)).collect(),
            types: targs.to_vec(),
            depth: 0,
            interfaces,
        }
    }

    fn handle(&self, p: TypeId) -> Option<usize> {
        self.handles.iter().find(|(q, _)| *q == p).map(|(_, h)| *h)
    }

    pub(crate) fn at(&self, p: TypeId) -> Option<TypeId> {
        self.handle(p).and_then(|h| self.types[h])
    }

    pub(crate) fn set(&mut self, p: TypeId, t: TypeId) {
        if let Some(h) = self.handle(p) {
            self.types[h] = Some(t);
        }
    }

    /// Type parameters without a type.
    pub(crate) fn unknowns(&self) -> usize {
        self.handles.iter().filter(|(_, h)| self.types[*h].is_none()).count()
    }

    pub(crate) fn inferred(&self, tparams: &[TypeId]) -> Vec<Option<TypeId>> {
        tparams.iter().map(|p| self.at(*p)).collect()
    }

    fn join(&mut self, x: TypeId, y: TypeId) -> bool {
        let (Some(hx), Some(hy)) = (self.handle(x), self.handle(y)) else { return false };
        if hx == hy {
            return true;
        }
        let (keep, drop) = match (self.types[hx], self.types[hy]) {
            (Some(_), Some(_)) => return false,
            (Some(_), None) => (hx, hy),
            _ => (hy, hx),
        };
        for (_, h) in &mut self.handles {
            if *h == drop {
                *h = keep;
            }
        }
        true
    }

    fn bound_param(&self, u: &Universe, t: TypeId) -> Option<TypeId> {
        let t = u.unalias(t);
        self.handle(t).map(|_| t)
    }

    pub(crate) fn unify(
        &mut self,
        c: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        mode: UnifyMode,
    ) -> bool {
        self.nify(c, x, y, mode, &mut Vec::new())
    }

    fn nify(
        &mut self,
        c: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        mode: UnifyMode,
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        self.depth += 1;
        let r = self.depth <= MAX_DEPTH && self.nify0(c, x, y, mode, seen);
        self.depth -= 1;
        r
    }

    fn nify0(
        &mut self,
        c: &mut Checker<'_>,
        mut x: TypeId,
        mut y: TypeId,
        mode: UnifyMode,
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        let u = c.u;
        if x == y || u.unalias(x) == u.unalias(y) {
            return true;
        }
        // A bound type parameter goes to the left, a defined type to the right.
        if u.as_named(x).is_some() || self.bound_param(u, y).is_some() {
            std::mem::swap(&mut x, &mut y);
        }
        if mode & EXACT == 0
            && u.as_named(y).is_some()
            && u.is_type_lit(x)
            && !(self.interfaces && u.is_interface(x))
        {
            y = u.under(y);
            if x == y || u.unalias(x) == y {
                return true;
            }
        }
        match (self.bound_param(u, x), self.bound_param(u, y)) {
            (Some(px), Some(py)) => {
                if self.join(px, py) {
                    return true;
                }
                let (Some(a), Some(b)) = (self.at(px), self.at(py)) else { return false };
                return self.nify(c, a, b, mode, seen);
            }
            (Some(px), None) => {
                let Some(t) = self.at(px) else {
                    self.set(px, y);
                    return true;
                };
                return self.nify(c, t, y, mode, seen) && self.refine(u, px, t, y, mode);
            }
            _ => {}
        }
        let as_iface = |t: TypeId| (!u.is_type_param(t) && u.is_interface(t)).then(|| u.under(t));
        if self.interfaces && mode & EXACT == 0 {
            let (mut xi, yi) = (as_iface(x), as_iface(y));
            if let (Some(a), Some(b)) = (xi, yi) {
                return self.common_methods(c, a, b, seen);
            }
            let mut other = y;
            if yi.is_some() {
                xi = yi;
                other = x;
            }
            if let Some(i) = xi {
                return self.has_methods(c, i, other, seen);
            }
        }
        if u.is_type_param(y) {
            std::mem::swap(&mut x, &mut y);
        }
        let emode = if mode & ASSIGN != 0 { mode | EXACT } else { mode };
        let yorig = y;
        let (x, y) = (u.unalias(x), u.unalias(y));
        match (u.kind(x), u.kind(y)) {
            (TypeKind::Basic(a, _), TypeKind::Basic(b, _)) => a == b,
            (TypeKind::Array { elem: a, len: n }, TypeKind::Array { elem: b, len: m }) => {
                n == m && self.nify(c, *a, *b, emode, seen)
            }
            (TypeKind::Slice(a), TypeKind::Slice(b))
            | (TypeKind::Pointer(a), TypeKind::Pointer(b)) => self.nify(c, *a, *b, emode, seen),
            (TypeKind::Struct(a), TypeKind::Struct(b)) => {
                a.fields.len() == b.fields.len()
                    && a.fields.iter().zip(&b.fields).enumerate().all(|(i, (&f, &g))| {
                        let (fo, go) = (u.obj(f), u.obj(g));
                        fo.is_embedded() == go.is_embedded()
                            && a.tag(i) == b.tag(i)
                            && u.same_id(f, go.pkg, go.name, false)
                            && self.nify(c, u.obj_type(f), u.obj_type(g), emode, seen)
                    })
            }
            (TypeKind::Signature(a), TypeKind::Signature(b)) => {
                let mut vars = |p: &[crate::ObjId], q: &[crate::ObjId]| {
                    p.len() == q.len()
                        && p.iter()
                            .zip(q)
                            .all(|(v, w)| self.nify(c, u.obj_type(*v), u.obj_type(*w), emode, seen))
                };
                a.variadic == b.variadic
                    && vars(&a.params, &b.params)
                    && vars(&a.results, &b.results)
            }
            (TypeKind::Interface(_), TypeKind::Interface(_)) => {
                let (a, b) = (u.type_set(x), u.type_set(y));
                if a.comparable != b.comparable
                    || a.methods.len() != b.methods.len()
                    || !u.terms_equal(a.terms.as_deref(), b.terms.as_deref())
                {
                    return false;
                }
                if seen.contains(&(x, y)) || seen.contains(&(y, x)) {
                    return true;
                }
                seen.push((x, y));
                let r = a.methods.iter().zip(&b.methods).all(|(&f, &g)| {
                    let go = u.obj(g);
                    u.same_id(f, go.pkg, go.name, false)
                        && self.nify(c, u.obj_type(f), u.obj_type(g), EXACT, seen)
                });
                seen.pop();
                r
            }
            (TypeKind::Map { key: k, elem: a }, TypeKind::Map { key: l, elem: b }) => {
                self.nify(c, *k, *l, emode, seen) && self.nify(c, *a, *b, emode, seen)
            }
            (TypeKind::Chan { dir: d, elem: a }, TypeKind::Chan { dir: e, elem: b }) => {
                (mode & EXACT == 0 || d == e) && self.nify(c, *a, *b, emode, seen)
            }
            (TypeKind::Named(a), TypeKind::Named(b)) => {
                a.origin.is_some()
                    && a.origin == b.origin
                    && a.targs.len() == b.targs.len()
                    && a.targs.iter().zip(&b.targs).all(|(p, q)| self.nify(c, *p, *q, mode, seen))
            }
            // An unbound type parameter: its core type may unify.
            (TypeKind::TypeParam(_), _) => match u.core_type(x) {
                Some(core) => self.nify(c, core, yorig, ASSIGN, seen),
                None => false,
            },
            _ => false,
        }
    }

    /// `px` has the type `t`, and `y` unified with it: keeps the better one of the two.
    fn refine(&mut self, u: &Universe, px: TypeId, t: TypeId, y: TypeId, mode: UnifyMode) -> bool {
        let iface = |t: TypeId| !u.is_type_param(t) && u.is_interface(t);
        let (xi, yi) = (iface(t), iface(y));
        let (xn, yn) = (u.as_named(t).is_some(), u.as_named(y).is_some());
        if xi && yi {
            if xn && yn {
                return u.identical(t, y);
            }
            let n = |t| u.type_set(u.under(t)).methods.len();
            if n(t) != n(y) {
                return false;
            }
        } else if xi || yi {
            return false;
        }
        if mode & EXACT == 0 && !xn {
            let directed =
                matches!(u.under_kind(y), TypeKind::Chan { dir, .. } if *dir != ChanDir::Both);
            if yn || directed {
                self.set(px, y);
            }
        }
        true
    }

    /// Two interfaces: the methods of the smaller one must be in the other.
    fn common_methods(
        &mut self,
        c: &mut Checker<'_>,
        x: TypeId,
        y: TypeId,
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        let u = c.u;
        let (a, b) = (u.type_set(x), u.type_set(y));
        if a.comparable != b.comparable || !u.terms_equal(a.terms.as_deref(), b.terms.as_deref()) {
            return false;
        }
        if seen.contains(&(x, y)) || seen.contains(&(y, x)) {
            return true;
        }
        seen.push((x, y));
        let (small, large) = if a.methods.len() > b.methods.len() { (b, a) } else { (a, b) };
        let r = small.methods.iter().all(|&m| {
            let mo = u.obj(m);
            match u.set_method(large, mo.pkg, mo.name, false) {
                Some((_, o)) => self.nify(c, u.obj_type(m), u.obj_type(o), EXACT, seen),
                None => false,
            }
        });
        seen.pop();
        r
    }

    /// An interface and another type, which must have its methods.
    fn has_methods(
        &mut self,
        c: &mut Checker<'_>,
        iface: TypeId,
        t: TypeId,
        seen: &mut Vec<(TypeId, TypeId)>,
    ) -> bool {
        let u = c.u;
        u.type_set(iface).methods.iter().all(|&m| {
            let mo = u.obj(m);
            let found = u.lookup_field_or_method(t, false, mo.pkg, mo.name).obj;
            let Some(f) = found.filter(|f| u.obj(*f).is_func()) else { return false };
            c.obj_decl(f);
            let ft = u.obj_type(f);
            u.as_signature(ft).is_some_and(|s| s.tparams.is_empty())
                && self.nify(c, u.obj_type(m), ft, EXACT, seen)
        })
    }
}
