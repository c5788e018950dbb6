//! Cycles through declarations: direct ones among type names, those met while checking, and types that contain
//! themselves.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::object::{ObjId, ObjKind};
use crate::types::{TypeId, TypeKind};
use burrow_syntax::walk::Visitor;
use burrow_syntax::{DeclKind, ExprId, ExprKind, File, Pos, Symbol};
use rustc_hash::FxHashMap;

/// The object that comes first in the source.
fn first_in_source(c: &Checker<'_>, cycle: &[ObjId]) -> usize {
    (0..cycle.len()).min_by_key(|i| c.u.obj(cycle[*i]).pos).unwrap_or(0)
}

/// A type nested deeper than this is an error: the instances of a few generic types can be nested a million times, which
/// no later phase could bear.
const MAX_NESTING: u32 = 100_000;

/// Where the check for types that contain themselves is.
#[derive(Default)]
struct Nest {
    /// Types whose memory the present one is part of; where a type argument is looked at, without its instance.
    nest: Vec<TypeId>,
    /// All types on the way here.
    path: Vec<TypeId>,
    depth: u32,
    reported: bool,
}

impl Checker<'_> {
    /// Finds `type A B; type B A`: cycles without a type literal in between.
    pub(crate) fn direct_cycles(&mut self) {
        let mut done: FxHashMap<ObjId, Option<usize>> = FxHashMap::default();
        for o in self.obj_list.clone() {
            if self.u.obj(o).is_type_name() {
                self.direct_cycle(o, &mut done);
            }
        }
    }

    /// `index`: the place on the path of the names on it, `None` of those that are done.
    fn direct_cycle(&mut self, mut o: ObjId, index: &mut FxHashMap<ObjId, Option<usize>>) {
        let mut path = Vec::new();
        loop {
            match index.get(&o) {
                Some(None) => break,
                Some(Some(start)) => {
                    self.u.obj(o).ty.set(TypeId::INVALID);
                    let cycle: Vec<ObjId> = path[*start..].to_vec();
                    let first = first_in_source(self, &cycle);
                    self.cycle_error(&cycle, first);
                    break;
                }
                None => {}
            }
            index.insert(o, Some(path.len()));
            path.push(o);
            let Some(next) = self.rhs_name(o) else { break };
            match self.scopes[self.pkg_scope].elems.get(&next) {
                Some(&n) if self.u.obj(n).is_type_name() => o = n,
                _ => break,
            }
        }
        for o in path {
            index.insert(o, None);
        }
    }

    /// The name that stands alone on the right of a type declaration.
    fn rhs_name(&self, o: ObjId) -> Option<Symbol> {
        let d = self.decls.get(&o)?;
        let f = self.files[d.file];
        let DeclKind::Type(t) = &f.decl(d.decl?).kind else { return None };
        match f.expr(t.ty) {
            ExprKind::Name(n) => Some(f.name(*n)),
            _ => None,
        }
    }

    /// Whether the cycle that `o`, which is on the path, closes is a permitted one; reports it if not.
    pub(crate) fn valid_cycle(&mut self, o: ObjId) -> bool {
        let Some(start) = self.obj_path.iter().position(|p| *p == o) else { return true };
        let cycle = self.obj_path[start..].to_vec();
        let (mut nval, mut ndef) = (0, 0);
        for &c in &cycle {
            let obj = self.u.obj(c);
            match obj.kind {
                ObjKind::Const(_) | ObjKind::Var { .. } => nval += 1,
                ObjKind::TypeName { .. } => {
                    if self.env.in_tparam_list && obj.ty().is_some_and(|t| self.u.is_generic(t)) {
                        return true;
                    }
                    let alias =
                        obj.ty().is_some_and(|t| matches!(self.u.kind(t), TypeKind::Alias(_)));
                    if !alias {
                        ndef += 1;
                    }
                }
                _ => {}
            }
        }
        // A cycle of values only is found by initialisation order; one through a type definition is fine.
        if nval == cycle.len() || nval == 0 && ndef > 0 {
            return true;
        }
        let first = first_in_source(self, &cycle);
        self.cycle_error(&cycle, first);
        false
    }

    pub(crate) fn cycle_error(&mut self, cycle: &[ObjId], start: usize) {
        let u = self.u;
        let named = cycle.iter().map(|&o| {
            let obj = u.obj(o);
            let q = obj.pkg.map_or(String::new(), |p| u.message_qualifier(p));
            let name =
                if q.is_empty() { obj.name.to_string() } else { format!("{q}.{}", obj.name) };
            (name, obj.pos)
        });
        let named: Vec<_> = named.collect();
        let o = cycle[start];
        let obj = u.obj(o);
        if let Some(t) = obj.ty()
            && obj.is_type_name()
            && let TypeKind::Alias(_) = u.kind(t)
        {
            u.set_alias_rhs(t, TypeId::INVALID);
        }
        self.report_cycle(&named, start, obj.is_type_name());
    }

    /// Reports a cycle of names with their positions.
    fn report_cycle(&mut self, cycle: &[(String, Pos)], start: usize, is_type: bool) {
        let (name, pos) = &cycle[start];
        if let [_] = cycle {
            let what = if is_type { "recursive type" } else { "cycle in declaration" };
            self.error(
                *pos,
                Code::InvalidDeclCycle,
                format!("invalid {what}: {name} refers to itself"),
            );
            return;
        }
        let what = if is_type { "recursive type" } else { "cycle in declaration of" };
        let mut r = Report::new(Code::InvalidDeclCycle);
        r.add(*pos, format!("invalid {what} {name}"));
        for i in 0..cycle.len() {
            let (cur, pos) = &cycle[(start + i) % cycle.len()];
            let (next, _) = &cycle[(start + i + 1) % cycle.len()];
            r.add(*pos, format!("{cur} refers to {next}"));
        }
        self.report(r);
    }

    /// Reports a cycle if the type is still being declared.
    pub(crate) fn is_complete(&mut self, t: TypeId) -> bool {
        let mut t = t;
        loop {
            let (obj, rhs) = match self.u.kind(t) {
                TypeKind::Alias(a) => (a.obj, a.rhs.get()),
                TypeKind::Named(n) if n.origin.is_none() => (n.obj, n.rhs.get()),
                _ => return true,
            };
            if let Some(i) = self.obj_path.iter().position(|p| *p == obj) {
                let cycle = self.obj_path[i..].to_vec();
                let first = first_in_source(self, &cycle);
                self.cycle_error(&cycle, first);
                return false;
            }
            match rhs {
                Some(r) if r != t => t = r,
                _ => return true,
            }
        }
    }

    /// Name and position of a defined type in a cycle; of an instance, where it is mentioned.
    fn cycle_entry(&self, t: TypeId) -> (String, Pos) {
        let u = self.u;
        let Some(n) = u.as_named(t) else { return (u.type_string(t), Pos::NONE) };
        let o = u.obj(n.obj);
        let name = if n.origin.is_none() { o.name.to_string() } else { u.type_string(t) };
        (name, if n.pos.is_known() { n.pos } else { o.pos })
    }

    /// Reports a type that contains itself by value.
    pub(crate) fn valid_type(&mut self, t: TypeId) {
        self.valid_type0(t, &mut Nest::default());
    }

    fn valid_type0(&mut self, t: TypeId, n: &mut Nest) -> bool {
        n.depth += 1;
        let ok = n.depth <= MAX_NESTING && self.valid_kind(t, n);
        if n.depth > MAX_NESTING && !std::mem::replace(&mut n.reported, true) {
            let first = n.path.first().copied().unwrap_or(t);
            let (name, pos) = self.cycle_entry(first);
            let msg = format!("invalid type: {name} is nested too deeply");
            self.error(pos, Code::InvalidDeclCycle, msg);
            self.make_invalid(first);
        }
        n.depth -= 1;
        ok
    }

    /// Leaves a defined type, or the generic one that it is an instance of, without an underlying type.
    fn make_invalid(&self, t: TypeId) {
        let u = self.u;
        let origin = u.origin(t);
        u.set_named_rhs(origin, TypeId::INVALID);
        if let TypeKind::Named(o) = u.kind(origin) {
            o.under.set(TypeId::INVALID);
        }
    }

    fn valid_kind(&mut self, t: TypeId, nested: &mut Nest) -> bool {
        let u = self.u;
        let t = u.unalias(t);
        match u.kind(t) {
            TypeKind::Array { elem, .. } => self.valid_type0(*elem, nested),
            TypeKind::Struct(s) => {
                s.fields.iter().all(|&f| self.valid_type0(u.obj_type(f), nested))
            }
            TypeKind::Union(terms) => terms.iter().all(|x| self.valid_type0(x.ty, nested)),
            TypeKind::Interface(i) => i.embeddeds.iter().all(|&e| self.valid_type0(e, nested)),
            TypeKind::Named(n) => {
                // Types of other packages were checked there, and can only contain this one through arguments.
                if n.targs.is_empty() && u.obj(n.obj).pkg != Some(self.pkg) {
                    return true;
                }
                if self.valid_types.contains(&t) {
                    return true;
                }
                if nested.nest.iter().any(|e| u.identical(*e, t)) {
                    self.make_invalid(t);
                    if let Some(start) = nested.path.iter().position(|p| u.identical(*p, t)) {
                        let cycle: Vec<_> =
                            nested.path[start..].iter().map(|p| self.cycle_entry(*p)).collect();
                        self.report_cycle(&cycle, 0, true);
                    }
                    return false;
                }
                let origin = n.origin.unwrap_or(t);
                let TypeKind::Named(o) = u.kind(origin) else { return true };
                let Some(rhs) = o.rhs.get() else { return true };
                nested.nest.push(t);
                nested.path.push(t);
                let ok = self.valid_type0(rhs, nested);
                nested.nest.pop();
                nested.path.pop();
                if ok && u.type_params(t).is_empty() && n.targs.is_empty() {
                    // What it contains is the same wherever it is mentioned.
                    self.valid_types.insert(t);
                }
                ok
            }
            TypeKind::TypeParam(_) => {
                // The argument is checked in the surroundings of the instance.
                let Some(inst) = nested.nest.pop() else { return true };
                let tparams = u.type_params(inst);
                let targ = tparams.iter().position(|p| *p == t).and_then(|i| match u.kind(inst) {
                    TypeKind::Named(n) => n.targs.get(i).copied(),
                    _ => None,
                });
                let ok = match targ {
                    Some(a) => self.valid_type0(a, nested),
                    None => true,
                };
                nested.nest.push(inst);
                ok
            }
            _ => true,
        }
    }

    /// The size depends on type parameters. A type that is still being declared is reported as a cycle.
    pub(crate) fn has_var_size(&mut self, t: TypeId) -> bool {
        let u = self.u;
        let t = u.unalias(t);
        match u.kind(t) {
            TypeKind::Named(n) if n.origin.is_some() => {
                if let Some(i) = self.size_path.iter().position(|p| *p == t) {
                    let cycle: Vec<_> =
                        self.size_path[i..].iter().map(|p| self.cycle_entry(*p)).collect();
                    self.report_cycle(&cycle, 0, true);
                    return true;
                }
                let Some(rhs) = u.named_rhs(t, n) else { return false };
                self.size_path.push(t);
                let r = self.has_var_size(rhs);
                self.size_path.pop();
                r
            }
            TypeKind::Named(n) => {
                if let Some(i) = self.obj_path.iter().position(|p| *p == n.obj) {
                    let cycle = self.obj_path[i..].to_vec();
                    let first = first_in_source(self, &cycle);
                    self.cycle_error(&cycle, first);
                    return true;
                }
                let Some(rhs) = u.named_rhs(t, n) else { return false };
                self.obj_path.push(n.obj);
                let r = self.has_var_size(rhs);
                self.obj_path.pop();
                r
            }
            TypeKind::Array { elem, .. } => self.has_var_size(*elem),
            TypeKind::Struct(s) => s.fields.iter().any(|f| self.has_var_size(u.obj_type(*f))),
            TypeKind::TypeParam(_) => true,
            _ => false,
        }
    }

    /// Reports interface literals that mention themselves in their methods without a defined type in between. gc does
    /// this after type checking.
    pub(crate) fn anonymous_interface_cycles(&mut self) {
        let mut cyclic: FxHashMap<TypeId, bool> = FxHashMap::default();
        for i in 0..self.files.len() {
            self.env.file = i;
            let mut v = Interfaces { found: Vec::new() };
            burrow_syntax::walk::file(&mut v, self.files[i]);
            for e in v.found {
                let t = self.u.unalias(self.infos[i].type_of(e));
                if self.interface_has_cycle(t, &mut cyclic) {
                    let msg = "invalid recursive type: anonymous interface refers to itself \
                               (see https://go.dev/issue/56103)";
                    self.error(self.files[i].exprs[e].pos, Code::InvalidTypeCycle, msg);
                    cyclic.values_mut().for_each(|c| *c = false);
                }
            }
        }
    }

    fn interface_has_cycle(&self, t: TypeId, cyclic: &mut FxHashMap<TypeId, bool>) -> bool {
        let TypeKind::Interface(_) = self.u.kind(t) else { return false };
        let set = self.u.type_set(t);
        set.methods.iter().any(|m| self.mentions_interface(self.u.obj_type(*m), cyclic))
    }

    fn mentions_interface(&self, t: TypeId, cyclic: &mut FxHashMap<TypeId, bool>) -> bool {
        let u = self.u;
        let t = u.unalias(t);
        let mut any =
            |l: &[ObjId]| l.iter().any(|o| self.mentions_interface(u.obj_type(*o), cyclic));
        match u.kind(t) {
            TypeKind::Pointer(e) | TypeKind::Slice(e) => self.mentions_interface(*e, cyclic),
            TypeKind::Array { elem, .. } | TypeKind::Chan { elem, .. } => {
                self.mentions_interface(*elem, cyclic)
            }
            TypeKind::Map { key, elem } => {
                self.mentions_interface(*key, cyclic) || self.mentions_interface(*elem, cyclic)
            }
            TypeKind::Struct(s) => any(&s.fields),
            TypeKind::Signature(s) => any(&s.params) || any(&s.results),
            TypeKind::Interface(i) => {
                if i.methods.is_empty() && i.embeddeds.is_empty() {
                    return false;
                }
                if let Some(&c) = cyclic.get(&t) {
                    return c;
                }
                cyclic.insert(t, true);
                if self.interface_has_cycle(t, cyclic) {
                    return true;
                }
                cyclic.insert(t, false);
                false
            }
            _ => false,
        }
    }
}

/// Collects interface literals, not those inside others.
struct Interfaces {
    found: Vec<ExprId>,
}

impl Visitor for Interfaces {
    fn expr(&mut self, f: &File, e: ExprId) -> bool {
        if let ExprKind::InterfaceType { .. } = f.expr(e) {
            self.found.push(e);
            return false;
        }
        true
    }
}
