//! The order in which package-level variables are initialised.
//!
//! Dependencies through functions are replaced by those of the functions; then variables are taken in the order of
//! the source, each as soon as all it depends on is initialised.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::info::Initializer;
use crate::object::ObjId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;

#[derive(Default)]
struct Node {
    pred: FxHashSet<usize>,
    succ: FxHashSet<usize>,
}

impl Checker<'_> {
    pub(crate) fn init_order(&mut self) -> Vec<Initializer> {
        let u = self.u;
        // Constants, variables and functions, numbered in source order.
        let objs: Vec<ObjId> =
            self.obj_list.iter().copied().filter(|o| !u.obj(*o).is_type_name()).collect();
        let number: FxHashMap<ObjId, usize> =
            objs.iter().enumerate().map(|(i, o)| (*o, i)).collect();
        let mut nodes: Vec<Node> = objs.iter().map(|_| Node::default()).collect();
        for (i, o) in objs.iter().enumerate() {
            // The variables of one `n:1` declaration have their dependencies in common.
            let group = self.decls[o].lhs.as_deref().unwrap_or(std::slice::from_ref(o));
            for d in group.iter().filter_map(|v| self.decls.get(v)).flat_map(|d| &d.deps) {
                if let Some(&j) = number.get(d) {
                    nodes[i].succ.insert(j);
                    nodes[j].pred.insert(i);
                }
            }
        }
        // Cheap functions first keeps the number of edges small.
        let mut funcs: Vec<usize> = (0..objs.len()).filter(|i| u.obj(objs[*i]).is_func()).collect();
        funcs.sort_by_key(|i| (nodes[*i].pred.len() * nodes[*i].succ.len(), *i));
        for n in funcs {
            let pred = std::mem::take(&mut nodes[n].pred);
            let succ = std::mem::take(&mut nodes[n].succ);
            for &p in pred.iter().filter(|p| **p != n) {
                for &s in succ.iter().filter(|s| **s != n) {
                    nodes[p].succ.insert(s);
                    nodes[s].pred.insert(p);
                }
                nodes[p].succ.remove(&n);
            }
            for &s in &succ {
                nodes[s].pred.remove(&n);
            }
        }
        // Constants before everything else, then by open dependencies, then in source order.
        let rank = |i: usize, n: usize| (!u.obj(objs[i]).is_const(), n, i);
        let mut open: Vec<usize> = nodes.iter().map(|n| n.succ.len()).collect();
        let mut queue: BTreeSet<(bool, usize, usize)> = (0..objs.len())
            .filter(|i| !u.obj(objs[*i]).is_func())
            .map(|i| rank(i, open[i]))
            .collect();
        let mut order = Vec::new();
        let mut emitted: FxHashSet<ObjId> = FxHashSet::default();
        while let Some((_, n, i)) = queue.pop_first() {
            if n > 0
                && let Some(cycle) = self.find_path(objs[i], objs[i], &mut FxHashSet::default())
            {
                self.report_init_cycle(&cycle);
            }
            for &p in &nodes[i].pred {
                if queue.remove(&rank(p, open[p])) {
                    open[p] -= 1;
                    queue.insert(rank(p, open[p]));
                }
            }
            let o = objs[i];
            let d = &self.decls[&o];
            if !u.obj(o).is_var() || emitted.contains(&o) {
                continue;
            }
            let Some(rhs) = d.init else { continue };
            let lhs = match &d.lhs {
                Some(l) => l.to_vec(),
                None => vec![o],
            };
            emitted.extend(&lhs);
            order.push(Initializer { lhs, file: d.file as u32, rhs });
        }
        order
    }

    /// A path of dependencies, from its end to the object after `from`.
    fn find_path(&self, from: ObjId, to: ObjId, seen: &mut FxHashSet<ObjId>) -> Option<Vec<ObjId>> {
        if !seen.insert(from) {
            return None;
        }
        let d = self.decls.get(&from)?;
        let group = d.lhs.as_deref().unwrap_or(std::slice::from_ref(&from));
        let mut deps: Vec<ObjId> = group
            .iter()
            .filter_map(|v| self.decls.get(v))
            .flat_map(|d| d.deps.iter().copied())
            .collect();
        deps.sort_by_key(|d| self.order.get(d).copied());
        for d in deps {
            if d == to {
                return Some(vec![d]);
            }
            if let Some(mut p) = self.find_path(d, to, seen) {
                p.push(d);
                return Some(p);
            }
        }
        None
    }

    fn report_init_cycle(&mut self, cycle: &[ObjId]) {
        let u = self.u;
        let mut o = cycle[0];
        let first = u.obj(o);
        if let [_] = cycle {
            let msg = format!("initialization cycle: {} refers to itself", first.name);
            self.error(first.pos, Code::InvalidInitCycle, msg);
            return;
        }
        let mut r = Report::new(Code::InvalidInitCycle);
        r.add(first.pos, format!("initialization cycle for {}", first.name));
        for &next in cycle.iter().rev() {
            r.add(u.obj(o).pos, format!("{} refers to {}", u.obj(o).name, u.obj(next).name));
            o = next;
        }
        self.report(r);
    }
}
