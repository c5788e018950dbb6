//! Which slots of a frame hold nothing that is needed: liveness of memory.
//!
//! S1  A value is of a slot if it may be an address in it: `slot` and what is computed from it, parameters of blocks that it
//!     is given for, what a call gives that it is passed to.
//! S2  Slots one of which may hold the address of another are alive together: where one's address is stored in the other, or
//!     both are passed to a call. What is loaded from such slots is of them, too.
//! S3  A slot whose address goes where this function can't follow (memory of others, a `DeferFrame`) is always alive.
//! S4  A group of slots is alive where a value of it may be used later on, before the slots are written as a whole. Values
//!     that are computed from it are values of it; so computing them, or passing them to a block, is no use.
//! S5  A slot that is written and never read is always alive: lowering keeps something there that it mustn't lose
//!     (`//go:uintptrescapes`), and clears it when it may.
//!
//! gc: `cmd/compile/internal/liveness`, with `VARDEF` for the last.

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::cfg::Cfg;
use crate::ir::{Block, Edge, Func, Inst, InstData, Op, Slot, Term, Ty, Value};

/// Functions that write all of what their second argument points to, and don't read it.
const FILLING: [&str; 3] = ["runtime.chanrecv", "runtime.chanrecv1", "runtime.chanrecv2"];

/// Functions with more slots keep them all.
const MAX_SLOTS: usize = 256;

/// For each call that is asked for, in the order of `calls`: slots that hold nothing that it or anything after it needs.
pub(super) fn dead_at(f: &Func, cfg: &Cfg, calls: &[Inst]) -> Vec<Vec<Slot>> {
    let n = f.slots.len();
    if n == 0 || n > MAX_SLOTS {
        return vec![Vec::new(); calls.len()];
    }
    let groups = Groups::find(f, &cfg.order);
    let at = Liveness::new(f, cfg, groups).at(&cfg.order, calls);
    let dead = |alive: &Vec<bool>| (0..n).filter(|&s| !alive[s]).map(|s| Slot(s as u32)).collect();
    at.iter().map(dead).collect()
}

/// Slots that are alive together, and the values that are of them.
struct Groups {
    /// By slot: another one of its group, or itself.
    up: Vec<usize>,
    /// By group: its slots may hold addresses of slots (S2).
    holds: Vec<bool>,
    pinned: Vec<bool>,
    /// By value (S1): a slot of its group.
    of: FxHashMap<Value, usize>,
}

impl Groups {
    fn find(f: &Func, order: &[Block]) -> Groups {
        let n = f.slots.len();
        let mut g = Groups {
            up: (0..n).collect(),
            holds: vec![false; n],
            pinned: vec![false; n],
            of: FxHashMap::default(),
        };
        loop {
            let mut changed = false;
            for &b in order {
                let block = &f.blocks[b.index()];
                for inst in &block.insts {
                    changed |= g.inst(f, *inst);
                }
                let mut edge = |e: &Edge| {
                    let params = &f.blocks[e.to.index()].params;
                    let pairs = params.iter().zip(&e.args);
                    pairs.fold(false, |c, (&p, a)| {
                        c | g.of.get(a).copied().is_some_and(|s| g.add(p, s))
                    })
                };
                changed |= match &block.term {
                    Term::Jump(e) => edge(e),
                    Term::Brif(_, x, y) => edge(x) | edge(y),
                    Term::DeferEnter(frame, ..) => g.pin(*frame),
                    Term::Return(vs) => vs.iter().fold(false, |c, &v| c | g.pin(v)),
                    _ => false,
                };
            }
            if !changed {
                break;
            }
        }
        g.pin_of_pads(f, order);
        g.pin_unread(f, order);
        g
    }

    /// S5
    fn pin_unread(&mut self, f: &Func, order: &[Block]) {
        let mut read = vec![false; f.slots.len()];
        let insts = order.iter().flat_map(|b| &f.blocks[b.index()].insts);
        for inst in insts.clone() {
            if let Op::Reload(s) = f.insts[inst.index()].op {
                read[self.root(s.index())] = true;
            }
        }
        let mut note = |v: Value| {
            if let Some(s) = self.slot_of(v) {
                read[s] = true;
            }
        };
        for inst in insts.clone() {
            match &f.insts[inst.index()].op {
                // What is stored may be an address, of which somebody reads.
                Op::Store(v, ..) => note(*v),
                Op::MemCopy(_, from, _) => note(*from),
                Op::MemZero(..) => {}
                op if op.only_computes() => {}
                op => op.for_each_value(&mut note),
            }
        }
        for inst in insts {
            if let Op::Store(_, a, ..) | Op::MemCopy(a, ..) = f.insts[inst.index()].op
                && let Some(s) = self.slot_of(a).filter(|&s| !read[s])
            {
                self.pinned[s] = true;
            }
        }
    }

    /// A panic goes on at the pad, whatever the function calls (S3).
    fn pin_of_pads(&mut self, f: &Func, order: &[Block]) {
        let pad = order.iter().find_map(|b| match f.blocks[b.index()].term {
            Term::DeferEnter(_, _, pad) => Some(pad),
            _ => None,
        });
        let mut work: Vec<Block> = pad.into_iter().collect();
        let mut seen = vec![false; f.blocks.len()];
        while let Some(b) = work.pop() {
            if std::mem::replace(&mut seen[b.index()], true) {
                continue;
            }
            for inst in &f.blocks[b.index()].insts {
                if let Op::SlotAddr(s, _) = f.insts[inst.index()].op {
                    let root = self.root(s.index());
                    self.pinned[root] = true;
                }
            }
            f.blocks[b.index()].term.for_each_edge(|to| work.push(to));
        }
    }

    fn root(&self, mut s: usize) -> usize {
        while self.up[s] != s {
            s = self.up[s];
        }
        s
    }

    fn slot_of(&self, v: Value) -> Option<usize> {
        self.of.get(&v).map(|&s| self.root(s))
    }

    /// A value is of a slot; one that is of two makes them one group.
    fn add(&mut self, v: Value, s: usize) -> bool {
        match self.slot_of(v) {
            Some(old) => old != self.root(s) && self.join(old, s, false),
            None => self.of.insert(v, s).is_none(),
        }
    }

    fn join(&mut self, a: usize, b: usize, holds: bool) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        let holds = holds || self.holds[a] || self.holds[b];
        let pinned = self.pinned[a] || self.pinned[b];
        let changed = a != b || holds != self.holds[a] || pinned != self.pinned[a];
        self.up[b] = a;
        self.holds[a] = holds;
        self.pinned[a] = pinned;
        changed
    }

    fn pin(&mut self, v: Value) -> bool {
        let Some(s) = self.slot_of(v) else { return false };
        !std::mem::replace(&mut self.pinned[s], true)
    }

    fn inst(&mut self, f: &Func, inst: Inst) -> bool {
        let d = &f.insts[inst.index()];
        let mut changed = false;
        match &d.op {
            Op::SlotAddr(s, _) => changed = self.add(d.result, s.index()),
            Op::Reload(s) => {
                let s = self.root(s.index());
                changed = self.holds[s] && self.add(d.result, s);
            }
            Op::Binary(..) | Op::Select(..) | Op::Unary(..) | Op::Cast(..) => {
                d.op.for_each_value(|v| {
                    if let Some(s) = self.slot_of(v) {
                        changed |= self.add(d.result, s);
                    }
                });
            }
            Op::Load(a, ..) | Op::AtomicLoad(a) => {
                if let Some(s) = self.slot_of(*a).filter(|&s| self.holds[s]) {
                    changed = self.add(d.result, s);
                }
            }
            Op::Store(v, a, ..) => changed = self.store(*v, *a),
            Op::MemCopy(to, from, _) => {
                if let Some(from) = self.slot_of(*from).filter(|&s| self.holds[s]) {
                    changed = match self.slot_of(*to) {
                        Some(to) => self.join(to, from, true),
                        None => !std::mem::replace(&mut self.pinned[from], true),
                    };
                }
            }
            Op::AtomicRmw(_, a, v) | Op::AtomicStore(v, a) => changed = self.store(*v, *a),
            Op::AtomicCas(a, _, v) => changed = self.store(*v, *a),
            Op::Call(..) | Op::CallIndirect(..) => {
                let mut first = None;
                d.op.for_each_value(|v| {
                    let Some(s) = self.slot_of(v) else { return };
                    match first {
                        None => first = Some(s),
                        Some(a) if self.root(a) != s => changed |= self.join(a, s, true),
                        Some(_) => {}
                    }
                });
                if let Some(s) = first {
                    for r in (0..d.results).map(|k| Value(d.result.0 + k)) {
                        if f.ty(r) == Ty::PTR {
                            changed |= self.add(r, s);
                        }
                    }
                }
            }
            _ => {}
        }
        changed
    }

    fn store(&mut self, v: Value, address: Value) -> bool {
        match (self.slot_of(v), self.slot_of(address)) {
            (Some(v), Some(a)) => self.join(a, v, true),
            (Some(v), None) => !std::mem::replace(&mut self.pinned[v], true),
            _ => false,
        }
    }
}

struct Liveness<'f> {
    f: &'f Func,
    groups: Groups,
    filling: [Symbol; 3],
    /// First addresses of slots that are alone in their groups.
    starts: FxHashMap<Value, usize>,
    alias: FxHashMap<Value, Value>,
}

impl<'f> Liveness<'f> {
    fn new(f: &'f Func, cfg: &Cfg, groups: Groups) -> Liveness<'f> {
        let mut members = vec![0; f.slots.len()];
        (0..f.slots.len()).for_each(|s| members[groups.root(s)] += 1);
        let start = |d: &InstData| match d.op {
            Op::SlotAddr(s, 0) if members[groups.root(s.index())] == 1 => {
                Some((d.result, s.index()))
            }
            _ => None,
        };
        let starts = f.insts.iter().filter_map(start).collect();
        let alias = cfg.single_edge_aliases(f);
        Liveness { f, groups, filling: FILLING.map(Symbol::new), starts, alias }
    }

    fn at(&self, order: &[Block], calls: &[Inst]) -> Vec<Vec<bool>> {
        let (f, n) = (self.f, self.f.slots.len());
        let whole = |mut alive: Vec<bool>| {
            (0..n).for_each(|s| {
                let root = self.groups.root(s);
                alive[s] = alive[root] || self.groups.pinned[root];
            });
            alive
        };
        let mut found = vec![vec![true; n]; calls.len()];
        let mut live_in = vec![vec![false; n]; f.blocks.len()];
        loop {
            let mut changed = false;
            for &b in order.iter().rev() {
                let block = &f.blocks[b.index()];
                let mut live = vec![false; n];
                block.term.for_each_edge(|to| {
                    live.iter_mut().zip(&live_in[to.index()]).for_each(|(a, b)| *a |= b);
                });
                if let Term::TailCall(..) | Term::TailCallIndirect(..) | Term::Return(_) =
                    block.term
                {
                    block.term.for_each_value(|v| self.used(&mut live, v));
                }
                // What becomes the closure of the call that follows is used by it.
                let mut call = None;
                for (i, &inst) in block.insts.iter().enumerate().rev() {
                    let op = &f.insts[inst.index()].op;
                    if op.is_call() {
                        call = Some(i);
                    }
                    let written = self.written(op);
                    if let Some((s, _)) = written {
                        live[s] = false;
                    }
                    if let Op::Reload(s) = op {
                        live[self.groups.root(s.index())] = true;
                    }
                    if !op.only_computes() {
                        let used = |v: &Value| written.is_none_or(|(_, to)| to != *v);
                        op.for_each_value(|v| {
                            if used(&v) {
                                self.used(&mut live, v);
                            }
                        });
                    }
                    if let Some(i) = call.filter(|&c| c == i) {
                        let set = block.insts[..i].iter().rev().map(|i| &f.insts[i.index()].op);
                        let before = set.take_while(|op| !op.is_call());
                        before.for_each(|op| {
                            if let Op::StoreG(_, v) = op {
                                self.used(&mut live, *v);
                            }
                        });
                    }
                    if let Some(k) = calls.iter().position(|&c| c == inst) {
                        found[k].clone_from(&live);
                    }
                }
                changed |= live_in[b.index()] != live;
                live_in[b.index()] = live;
            }
            if !changed {
                return found.into_iter().map(whole).collect();
            }
        }
    }

    fn used(&self, live: &mut [bool], v: Value) {
        if let Some(s) = self.groups.slot_of(v) {
            live[s] = true;
        }
    }

    /// S4: the slot, alone in its group, that an instruction fills, and the operand which is its address.
    fn written(&self, op: &Op) -> Option<(usize, Value)> {
        let (to, bytes) = match op {
            Op::Store(v, a, 0, _) => (*a, u64::from(self.f.ty(*v).size())),
            Op::MemZero(a, n) | Op::MemCopy(a, _, n) => (*a, *n),
            Op::Call(s, _, args) if self.filling.contains(s) => (*args.get(1)?, u64::MAX),
            _ => return None,
        };
        let mut start = to;
        while let Some(&v) = self.alias.get(&start) {
            start = v;
        }
        let s = *self.starts.get(&start)?;
        let is_whole = bytes >= u64::from(self.f.slots[s].size) && !self.groups.holds[s];
        is_whole.then_some((s, to))
    }
}
