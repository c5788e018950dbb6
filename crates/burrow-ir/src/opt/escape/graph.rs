//! What pointers of a function may point to: a fixed point over its instructions, which are taken in any order.
//!
//! Every value and every object has a set of objects: those that it may point to, and those that something in it may point
//! to. A load adds to its result what is in the objects of its address; a store adds to these. Offsets in objects are not
//! told apart.
//!
//! G1  Object 0 is the heap: all that was there before, or gets away. What is loaded from it is of the heap.
//! G2  An object that the heap may point to is the heap's: what is in it gets away as well, and anything may be stored in it.
//! G3  A store by an address of which nothing is known is one to the heap. That is decided when all else is.

use super::{
    Defs, Found, LARGEST, Layout, MAX_FRAME, Names, Pass, Summary, everything_leaks, object,
};
use crate::abi::g;
use crate::cfg::{Cfg, InLoop, Loops};
use crate::ir::{
    BinOp, Block, Conv, DataKind, Edge, Func, Inst, InstData, Op, Sig, Term, Ty, Value, func_flags,
};
use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

/// A set of objects.
#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn insert(&mut self, i: usize) -> bool {
        if self.0.len() <= i / 64 {
            self.0.resize(i / 64 + 1, 0);
        }
        let word = &mut self.0[i / 64];
        let before = *word;
        *word |= 1 << (i % 64);
        *word != before
    }

    pub(super) fn contains(&self, i: usize) -> bool {
        self.0.get(i / 64).is_some_and(|w| w >> (i % 64) & 1 != 0)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|w| *w == 0)
    }

    /// Adds all of another set; whether there was anything new.
    fn add(&mut self, other: &Bits) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut new = 0;
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            new |= b & !*a;
            *a |= b;
        }
        new != 0
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(i, &w)| {
            let mut w = w;
            std::iter::from_fn(move || {
                let bit = (w != 0).then(|| w.trailing_zeros() as usize)?;
                w &= w - 1;
                Some(64 * i + bit)
            })
        })
    }
}

const HEAP: usize = 0;

/// An object that the function makes.
struct Made {
    inst: Inst,
    block: Block,
    layout: Layout,
}

pub(super) struct Graph<'f> {
    f: &'f Func,
    defs: Defs,
    cfg: Cfg,
    loops: Loops,
    /// Parameters, with the context.
    params: usize,
    first_made: usize,
    made: Vec<Made>,
    made_by: FxHashMap<Inst, usize>,
    pts: Vec<Bits>,
    content: Vec<Bits>,
    results: Vec<Bits>,
    changed: bool,
    /// G3
    last_pass: bool,
}

/// The object that is reached from parameter `k` by `level` steps.
fn arg(k: usize, level: usize) -> usize {
    1 + 3 * k + level
}

impl<'f> Graph<'f> {
    pub(super) fn new(pass: &Pass<'_>, f: &'f Func) -> Graph<'f> {
        let (defs, cfg) = (Defs::new(f), Cfg::new(f));
        let loops = cfg.loops(f);
        let params = f.sig.params.len() + 1;
        let first_slot = 1 + 3 * params;
        let first_made = first_slot + f.slots.len();
        let mut made = Vec::new();
        let mut made_by = FxHashMap::default();
        for &block in &cfg.order {
            for &inst in &f.blocks[block.index()].insts {
                let op = &f.insts[inst.index()].op;
                if let Some(layout) = object(&pass.names, pass.types, f, &defs, op)
                    && (1..=LARGEST).contains(&layout.0)
                    && f.flags & func_flags::NOSPLIT == 0
                    && loops.innermost(block) != InLoop::Irreducible
                {
                    made_by.insert(inst, first_made + made.len());
                    made.push(Made { inst, block, layout });
                }
            }
        }
        let objects = first_made + made.len();
        let mut g = Graph {
            f,
            defs,
            cfg,
            loops,
            params,
            first_made,
            made,
            made_by,
            pts: vec![Bits::default(); f.values.len()],
            content: vec![Bits::default(); objects],
            results: vec![Bits::default(); f.sig.results.len()],
            changed: true,
            last_pass: false,
        };
        g.content[HEAP].insert(HEAP);
        for k in 0..params {
            for level in 0..3 {
                g.content[arg(k, level)].insert(arg(k, 2.min(level + 1)));
            }
        }
        for (k, p) in f.blocks[0].params.iter().enumerate() {
            if f.values[p.index()] == Ty::I64 {
                g.pts[p.index()].insert(arg(k, 0));
            }
        }
        g
    }

    pub(super) fn solve(mut self, pass: &mut Pass<'_>, own: usize) -> Found {
        loop {
            while std::mem::take(&mut self.changed) {
                for i in 0..self.cfg.order.len() {
                    let b = self.cfg.order[i];
                    for &inst in &self.f.blocks[b.index()].insts {
                        self.inst(pass, own, inst);
                    }
                    self.term(pass, own, b);
                }
                self.close();
            }
            if !self.last_pass {
                self.last_pass = true;
                self.changed = true;
            } else if !self.promote_escaping() {
                break;
            }
        }
        self.found()
    }

    // ------------------------------------------------------------------------------- the rules

    fn add(&mut self, to: Value, what: &Bits) {
        if self.f.values[to.index()] == Ty::I64 {
            self.changed |= self.pts[to.index()].add(what);
        }
    }

    fn flow(&mut self, from: Value, to: Value) {
        if !self.pts[from.index()].is_empty() {
            let what = self.pts[from.index()].clone();
            self.add(to, &what);
        }
    }

    fn add_heap(&mut self, to: Value) {
        if self.f.values[to.index()] == Ty::I64 {
            self.changed |= self.pts[to.index()].insert(HEAP);
        }
    }

    /// The heap may point to all of these.
    fn leak_all(&mut self, what: &Bits) {
        self.changed |= self.content[HEAP].add(what);
    }

    fn leak(&mut self, v: Value) {
        let what = std::mem::take(&mut self.pts[v.index()]);
        self.leak_all(&what);
        self.pts[v.index()] = what;
    }

    /// What is in these objects.
    fn inside(&self, objects: &Bits) -> Bits {
        let mut all = Bits::default();
        for o in objects.iter() {
            if o == HEAP {
                all.insert(HEAP);
            } else {
                all.add(&self.content[o]);
            }
        }
        all
    }

    fn load(&mut self, base: Value, to: Value) {
        let what = self.inside(&self.pts[base.index()]);
        self.add(to, &what);
    }

    fn put(&mut self, objects: &Bits, what: &Bits) {
        if what.is_empty() {
            return;
        }
        for o in objects.iter() {
            self.changed |= self.content[o].add(what);
        }
    }

    fn store(&mut self, v: Value, base: Value) {
        let what = std::mem::take(&mut self.pts[v.index()]);
        let objects = if v == base { what.clone() } else { self.pts[base.index()].clone() };
        self.put(&objects, &what);
        if objects.is_empty() && self.last_pass {
            self.leak_all(&what);
        }
        self.pts[v.index()] = what;
    }

    fn copy(&mut self, to: Value, from: Value) {
        let what = self.inside(&self.pts[from.index()]);
        let objects = self.pts[to.index()].clone();
        self.put(&objects, &what);
        if objects.is_empty() && self.last_pass {
            self.leak_all(&what);
        }
    }

    /// G2
    fn close(&mut self) {
        loop {
            let known = self.content[HEAP].clone();
            let mut new = false;
            for o in known.iter().filter(|&o| o != HEAP) {
                let what = std::mem::take(&mut self.content[o]);
                new |= self.content[HEAP].add(&what);
                self.content[o] = what;
                new |= self.content[o].insert(HEAP);
            }
            if !new {
                return;
            }
            self.changed = true;
        }
    }

    fn inst(&mut self, pass: &mut Pass<'_>, own: usize, inst: Inst) {
        let f = self.f;
        let InstData { op, result, results, .. } = &f.insts[inst.index()];
        let result = *result;
        match op {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::Icmp(..)
            | Op::Fcmp(..)
            | Op::NilCheck(_)
            | Op::MemZero(..)
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::Get(_)
            | Op::Set(..) => {}
            // What `spill_across_calls` makes, which comes after this.
            Op::Reload(_) => self.add_heap(result),
            Op::Load(base, ..) | Op::AtomicLoad(base) => self.load(*base, result),
            Op::SlotAddr(slot, _) => {
                let slot = 1 + 3 * self.params + slot.index();
                self.changed |= self.pts[result.index()].insert(slot);
            }
            Op::SymAddr(symbol, _) => {
                use DataKind::{Bss, Data};
                // Functions and constants don't point to anything that is made while the program runs.
                let kind = pass.kinds.get(symbol);
                let code = pass.index.contains_key(symbol);
                if matches!(kind, Some(Data | Bss)) || (kind.is_none() && !code) {
                    self.add_heap(result);
                }
            }
            Op::GetG => self.add_heap(result),
            Op::LoadG(g::CTX) => {
                self.changed |= self.pts[result.index()].insert(arg(self.params - 1, 0));
            }
            Op::LoadG(_) => self.add_heap(result),
            // E5
            Op::StoreG(g::CTX, _) => {}
            Op::StoreG(_, v) => self.leak(*v),
            Op::Unary(_, a) | Op::Cast(_, a) => self.flow(*a, result),
            // How Go hides a pointer from escape analysis (`internal/abi.NoEscape`), at its own risk.
            Op::Binary(BinOp::Xor, _, zero) if self.defs.constant(f, *zero) == Some(0) => {}
            Op::Binary(_, a, b) => {
                self.flow(*a, result);
                self.flow(*b, result);
            }
            Op::Select(_, a, b) => {
                self.flow(*a, result);
                self.flow(*b, result);
            }
            Op::Store(v, base, ..) => {
                self.closure(pass, own, *v, *base);
                self.store(*v, *base);
            }
            Op::AtomicStore(v, base) => self.store(*v, *base),
            Op::AtomicRmw(_, base, v) => {
                self.store(*v, *base);
                self.load(*base, result);
            }
            Op::AtomicCas(base, _, v) => {
                self.store(*v, *base);
                self.load(*base, result);
            }
            Op::MemCopy(to, from, _) => self.copy(*to, *from),
            Op::Call(symbol, sig, args) => match self.made_by.get(&inst) {
                Some(&o) => {
                    self.changed |= self.pts[result.index()].insert(o);
                    if pass.names.buffered.contains(symbol) {
                        let results = result..Value(result.0 + results);
                        self.call(pass, own, *symbol, sig, args, results);
                    }
                }
                None => self.call(pass, own, *symbol, sig, args, result..Value(result.0 + results)),
            },
            Op::CallIndirect(_, _, args) => self.unknown(args, result..Value(result.0 + results)),
        }
    }

    fn unknown(&mut self, args: &[Value], results: std::ops::Range<Value>) {
        args.iter().for_each(|a| self.leak(*a));
        (results.start.0..results.end.0).for_each(|v| self.add_heap(Value(v)));
    }

    fn call(
        &mut self,
        pass: &mut Pass<'_>,
        own: usize,
        symbol: Symbol,
        sig: &Sig,
        args: &[Value],
        results: std::ops::Range<Value>,
    ) {
        let Names { moves, typed_move, harmless, .. } = &pass.names;
        if moves.contains(&symbol) {
            return self.copy(args[0], args[1]);
        }
        if *typed_move == symbol {
            return self.copy(args[1], args[2]);
        }
        if harmless.contains(&symbol) || pass.noescape.contains(&symbol) {
            return (results.start.0..results.end.0).for_each(|v| self.add_heap(Value(v)));
        }
        let summary = (sig.conv == Conv::Go).then(|| pass.summary(symbol, own)).flatten();
        match summary {
            Some(s) => {
                let results: Vec<Value> = (results.start.0..results.end.0).map(Value).collect();
                let reached = self.reached(args);
                let flows = self.apply(&s, &reached);
                for (v, what) in results.iter().zip(flows) {
                    self.add(*v, &what);
                }
            }
            None => self.unknown(args, results),
        }
    }

    /// What is reached from each argument by 0, 1, 2 or more steps; and from the context, of which nothing is known here.
    fn reached(&self, args: &[Value]) -> Vec<[Bits; 3]> {
        let mut heap = Bits::default();
        heap.insert(HEAP);
        let of = |v: &Value| self.steps(self.pts[v.index()].clone());
        args.iter().map(of).chain([[heap.clone(), heap.clone(), heap]]).collect()
    }

    fn steps(&self, first: Bits) -> [Bits; 3] {
        let second = self.inside(&first);
        let mut rest = self.inside(&second);
        loop {
            let more = self.inside(&rest);
            if !rest.add(&more) {
                return [first, second, rest];
            }
        }
    }

    /// Does what the summary says to what is reached from the parameters; gives what the results may be.
    fn apply(&mut self, s: &Summary, reached: &[[Bits; 3]]) -> Vec<Bits> {
        let here = |set: &Bits| {
            let mut all = Bits::default();
            for b in set.iter() {
                if b == HEAP {
                    all.insert(HEAP);
                } else if let Some(from) = reached.get((b - 1) / 3) {
                    all.add(&from[(b - 1) % 3]);
                }
            }
            all
        };
        let leaks = here(&s.leaks);
        let stores: Vec<(usize, Bits)> = s
            .stores
            .iter()
            .enumerate()
            .filter(|(_, set)| !set.is_empty())
            .map(|(to, set)| (to, here(set)))
            .collect();
        let results = s.results.iter().map(here).collect();
        self.leak_all(&leaks);
        for (to, what) in stores {
            if let Some(objects) = reached.get(to / 3) {
                self.put(&objects[to % 3], &what);
                if objects[to % 3].is_empty() && self.last_pass {
                    self.leak_all(&what);
                }
            }
        }
        results
    }

    /// E5: the code of a closure is stored in it.
    fn closure(&mut self, pass: &mut Pass<'_>, own: usize, code: Value, base: Value) {
        let Some(symbol) = self.defs.symbol(self.f, code) else { return };
        let unknown = !pass.kinds.contains_key(&symbol);
        let summary = match pass.index.get(&symbol) {
            Some(&i) => match pass.summary(symbol, own) {
                Some(s) => s,
                None => everything_leaks(&pass.funcs[i]),
            },
            // Of the image: nothing is known.
            None if unknown => return self.leak(base),
            None => return,
        };
        let mut heap = Bits::default();
        heap.insert(HEAP);
        let n = summary.stores.len() / 3;
        let mut reached = vec![[heap.clone(), heap.clone(), heap]; n.saturating_sub(1)];
        reached.push(self.steps(self.pts[base.index()].clone()));
        for what in self.apply(&summary, &reached) {
            self.leak_all(&what);
        }
    }

    fn term(&mut self, pass: &mut Pass<'_>, own: usize, b: Block) {
        let f = self.f;
        match &f.blocks[b.index()].term {
            Term::None | Term::Unreachable | Term::Switch(..) => {}
            // The pad's parameter is the frame.
            Term::DeferEnter(frame, _, pad) => {
                if let Some(&p) = f.blocks[pad.index()].params.first() {
                    self.flow(*frame, p);
                }
            }
            Term::Jump(e) => self.edge(e),
            Term::Brif(_, a, c) => {
                self.edge(a);
                self.edge(c);
            }
            Term::Return(values) => {
                for (k, v) in values.iter().enumerate() {
                    let what = &self.pts[v.index()];
                    self.changed |= self.results[k].add(what);
                }
            }
            Term::TailCall(symbol, sig, args) => {
                self.tail_call_args(args);
                let reached = self.reached(args);
                match (sig.conv == Conv::Go).then(|| pass.summary(*symbol, own)).flatten() {
                    Some(s) => {
                        let flows = self.apply(&s, &reached);
                        for (k, what) in flows.iter().enumerate() {
                            match self.results.get_mut(k) {
                                Some(r) => self.changed |= r.add(what),
                                None => self.leak_all(what),
                            }
                        }
                    }
                    None => self.unknown_tail(args),
                }
            }
            Term::TailCallIndirect(_, _, args) => {
                self.tail_call_args(args);
                self.unknown_tail(args);
            }
        }
    }

    fn unknown_tail(&mut self, args: &[Value]) {
        args.iter().for_each(|a| self.leak(*a));
        for r in &mut self.results {
            self.changed |= r.insert(HEAP);
        }
    }

    /// E3
    fn tail_call_args(&mut self, args: &[Value]) {
        let mut gone = Bits::default();
        for [a, b, c] in self.reached(args) {
            for o in a.iter().chain(b.iter()).chain(c.iter()).filter(|&o| o >= self.first_made) {
                gone.insert(o);
            }
        }
        self.leak_all(&gone);
    }

    fn edge(&mut self, e: &Edge) {
        for (&from, &to) in e.args.iter().zip(&self.f.blocks[e.to.index()].params) {
            self.flow(from, to);
        }
    }

    // ------------------------------------------------------------------------------- decisions

    /// Makes objects that can't be in the frame the heap's (E6); whether there were any.
    fn promote_escaping(&mut self) -> bool {
        let mut out = Bits::default();
        for r in &self.results {
            out.add(r);
        }
        for o in 1..1 + 3 * self.params {
            out.add(&self.content[o]);
        }
        self.loop_carried(&mut out);
        let mut gone = Bits::default();
        let mut total = 0;
        for (i, m) in self.made.iter().enumerate() {
            let o = self.first_made + i;
            if self.content[HEAP].contains(o) {
                continue;
            }
            if out.contains(o) || total + m.layout.0 > MAX_FRAME {
                gone.insert(o);
            } else {
                total += m.layout.0;
            }
        }
        self.leak_all(&gone);
        self.close();
        self.changed
    }

    /// E1: adds objects that may be met in a later turn of a loop.
    fn loop_carried(&self, out: &mut Bits) {
        let looped: Vec<usize> = (0..self.made.len())
            .filter(|&i| self.loops.innermost(self.made[i].block) != InLoop::No)
            .collect();
        if looped.is_empty() {
            return;
        }
        let mut round = Bits::default();
        for &b in &self.cfg.order {
            let mut back = |e: &Edge| {
                if self.cfg.is_retreating(b, e.to) {
                    e.args.iter().for_each(|a| {
                        round.add(&self.pts[a.index()]);
                    });
                }
            };
            match &self.f.blocks[b.index()].term {
                Term::Jump(e) => back(e),
                Term::Brif(_, x, y) => {
                    back(x);
                    back(y);
                }
                _ => {}
            }
        }
        for &i in &looped {
            let here = self.loops.innermost(self.made[i].block);
            let o = self.first_made + i;
            let elsewhere = (1..self.content.len()).any(|c| {
                let same = c
                    .checked_sub(self.first_made)
                    .is_some_and(|k| self.loops.innermost(self.made[k].block) == here);
                !same && self.content[c].contains(o)
            });
            if elsewhere || round.contains(o) {
                out.insert(o);
            }
        }
    }

    /// A set as callers see it: objects of this function are of the heap.
    fn outside(&self, set: &Bits) -> Bits {
        let mut seen = Bits::default();
        for o in set.iter() {
            seen.insert(if o < 1 + 3 * self.params { o } else { HEAP });
        }
        seen
    }

    fn found(self) -> Found {
        let args = 3 * self.params;
        let stores = (0..args).map(|a| {
            let mut set = self.outside(&self.content[1 + a]);
            // What was there before.
            let before = arg(a / 3, 2.min(a % 3 + 1));
            if let Some(w) = set.0.get_mut(before / 64) {
                *w &= !(1 << (before % 64));
            }
            set
        });
        let mut leaks = Bits::default();
        for o in self.content[HEAP].iter().filter(|&o| 0 < o && o <= args) {
            leaks.insert(o);
        }
        let summary = Summary {
            leaks,
            results: self.results.iter().map(|r| self.outside(r)).collect(),
            stores: stores.collect(),
        };
        let heap = &self.content[HEAP];
        let slots = self
            .made
            .iter()
            .enumerate()
            .filter(|(i, _)| !heap.contains(self.first_made + i))
            .map(|(_, m)| (m.inst, m.layout))
            .collect();
        let local = |v: &Value| {
            let objects = &self.pts[v.index()];
            let first_slot = 1 + 3 * self.params;
            !objects.is_empty()
                && objects.iter().all(|o| {
                    o >= self.first_made && !heap.contains(o)
                        || (first_slot..self.first_made).contains(&o)
                })
        };
        let is_local = |i: &Inst| match &self.f.insts[i.index()].op {
            Op::Store(_, base, _, flags) => flags.barrier && local(base),
            _ => false,
        };
        let blocks = self.cfg.order.iter().flat_map(|b| &self.f.blocks[b.index()].insts);
        let local_stores = blocks.copied().filter(is_local).collect();
        Found { summary, slots, local_stores }
    }
}
