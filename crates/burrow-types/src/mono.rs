//! Finds instantiations that would never end, such as `func f[T any]() { f[*T]() }`.
//!
//! A graph of type parameters (and of local types, which depend on those around them): an edge says that the source is
//! part of what the destination is instantiated with, with weight 1 if it is a proper part. A cycle of positive weight
//! is an error.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::object::ObjId;
use crate::types::{TypeId, TypeKind};
use burrow_syntax::{ExprId, Pos};
use rustc_hash::FxHashMap;

#[derive(Default)]
pub(crate) struct MonoGraph {
    vertices: Vec<Vertex>,
    edges: Vec<Edge>,
    index: FxHashMap<ObjId, Option<usize>>,
}

struct Vertex {
    weight: u32,
    /// The last edge on the heaviest known path, and its length.
    pre: usize,
    len: usize,
    obj: ObjId,
}

struct Edge {
    dst: usize,
    src: usize,
    weight: u32,
    pos: Pos,
    ty: TypeId,
}

impl Checker<'_> {
    pub(crate) fn mono_instance(
        &mut self,
        pos: Pos,
        tparams: &[TypeId],
        targs: &[TypeId],
        xlist: &[ExprId],
    ) {
        for (i, (&p, &t)) in tparams.iter().zip(targs).enumerate() {
            let at = xlist.get(i).map_or(pos, |e| self.epos(*e));
            let own =
                self.u.as_type_param(p).is_some_and(|tp| self.u.obj(tp.obj).pkg == Some(self.pkg));
            if own {
                self.mono_flow(at, p, t, t);
            }
        }
    }

    fn mono_flow(&mut self, pos: Pos, tpar: TypeId, targ: TypeId, t: TypeId) {
        let u = self.u;
        let t = u.unalias(t);
        let weight = u32::from(t != u.unalias(targ));
        let mut inner: Vec<TypeId> = Vec::new();
        match u.kind(t) {
            TypeKind::TypeParam(_) => {
                let src = self.tparam_vertex(t);
                let dst = self.tparam_vertex(tpar);
                self.mono.edges.push(Edge { dst, src, weight, pos, ty: targ });
            }
            TypeKind::Named(n) => {
                if let Some(src) = self.local_vertex(u.origin(t)) {
                    let dst = self.tparam_vertex(tpar);
                    self.mono.edges.push(Edge { dst, src, weight, pos, ty: targ });
                }
                inner.extend_from_slice(&n.targs);
            }
            TypeKind::Pointer(e) | TypeKind::Slice(e) => inner.push(*e),
            TypeKind::Array { elem, .. } | TypeKind::Chan { elem, .. } => inner.push(*elem),
            TypeKind::Map { key, elem } => inner.extend([*key, *elem]),
            TypeKind::Struct(s) => inner.extend(s.fields.iter().map(|f| u.obj_type(*f))),
            TypeKind::Signature(s) => {
                inner.extend(s.params.iter().chain(&s.results).map(|f| u.obj_type(*f)));
            }
            TypeKind::Interface(_) => {
                inner.extend(u.type_set(t).methods.iter().map(|f| u.obj_type(*f)));
            }
            _ => {}
        }
        for i in inner {
            self.mono_flow(pos, tpar, targ, i);
        }
    }

    fn vertex(&mut self, obj: ObjId) -> usize {
        let v = self.mono.vertices.len();
        self.mono.vertices.push(Vertex { weight: 0, pre: 0, len: 0, obj });
        self.mono.index.insert(obj, Some(v));
        v
    }

    fn tparam_vertex(&mut self, t: TypeId) -> usize {
        let u = self.u;
        let canon = u.as_type_param(t).and_then(|p| p.canon.get()).unwrap_or(t);
        let obj = u.as_type_param(canon).map_or(ObjId::from_index(0), |p| p.obj);
        match self.mono.index.get(&obj) {
            Some(Some(v)) => *v,
            _ => self.vertex(obj),
        }
    }

    /// The vertex of a type declared in a generic function; it depends on all type parameters there.
    fn local_vertex(&mut self, t: TypeId) -> Option<usize> {
        let u = self.u;
        let TypeKind::Named(n) = u.kind(t) else { return None };
        if n.implicit_tparams.is_empty() || u.obj(n.obj).pkg != Some(self.pkg) {
            return None;
        }
        if let Some(v) = self.mono.index.get(&n.obj) {
            return *v;
        }
        let dst = self.vertex(n.obj);
        for &p in &n.implicit_tparams {
            let src = self.tparam_vertex(p);
            self.mono.edges.push(Edge { dst, src, weight: 1, pos: u.obj(n.obj).pos, ty: p });
        }
        Some(dst)
    }

    /// Looks for a cycle of positive weight, by relaxing edges until nothing changes.
    pub(crate) fn monomorph(&mut self) {
        let g = &mut self.mono;
        let count = g.vertices.len();
        loop {
            let mut again = false;
            for (i, e) in g.edges.iter().enumerate() {
                let w = g.vertices[e.src].weight + e.weight;
                if w <= g.vertices[e.dst].weight {
                    continue;
                }
                let len = g.vertices[e.src].len + 1;
                let dst = &mut g.vertices[e.dst];
                dst.pre = i;
                dst.len = len;
                if len == count {
                    let v = e.dst;
                    self.report_instance_loop(v);
                    return;
                }
                dst.weight = w;
                again = true;
            }
            if !again {
                return;
            }
        }
    }

    fn report_instance_loop(&mut self, mut v: usize) {
        let u = self.u;
        let g = &self.mono;
        let mut stack = Vec::new();
        while !stack.contains(&v) {
            stack.push(v);
            v = g.edges[g.vertices[v].pre].src;
        }
        let start = stack.iter().position(|s| *s == v).unwrap_or(0);
        let mut r = Report::new(Code::InvalidInstanceCycle);
        r.add(u.obj(g.vertices[v].obj).pos, "instantiation cycle:");
        for &v in &stack[start..] {
            let edge = &g.edges[g.vertices[v].pre];
            let obj = u.obj(g.vertices[edge.dst].obj);
            let named = obj.ty().is_some_and(|t| u.as_named(t).is_some());
            let how = if named { "implicitly parameterized by" } else { "instantiated as" };
            let ty = u.type_string_by(edge.ty, &|p| {
                if p == self.pkg { String::new() } else { u.pkg(p).path.as_str().into() }
            });
            r.add(edge.pos, format!("{} {how} {ty}", obj.name));
        }
        self.report(r);
    }
}
