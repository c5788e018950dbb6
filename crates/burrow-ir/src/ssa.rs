//! Construction of SSA form: replaces [`Op::Get`] and [`Op::Set`] of variables by values and block parameters.
//!
//! The algorithm is that of Braun, Buchwald, Hack, Leißa, Mallon and Zwinkau, "Simple and Efficient Construction of
//! Static Single Assignment Form" (CC 2013), with all predecessors known beforehand:
//!
//! 1. Blocks that can't be reached are emptied; edges that can't carry arguments (of `switch` and `deferenter`) into
//!    blocks with several predecessors are split.
//! 2. In reverse postorder, a `get` becomes the variable's value at that place: the last `set` in the block, or what
//!    the only predecessor has at its end, or a new block parameter.
//! 3. Parameters get their operands, which may make more parameters.
//! 4. Parameters whose operands are all the same value (or the parameter itself) are replaced by it, until none is left.
//!
//! A variable that is read before any `set` is zero.

use rustc_hash::FxHashMap;

use crate::cfg::{Cfg, reverse_postorder};
use crate::ir::{Block, ENTRY, Edge, Func, Op, Term, Ty, Value, Var};

/// Runs the pass. Afterwards `func.vars` is empty.
pub fn run(func: &mut Func) {
    split_edges(func);
    let order = reverse_postorder(func);
    empty_unreachable(func, &order);
    let cfg = Cfg::new(func);
    let mut b = Builder::new(func, &cfg);
    for &block in &cfg.order {
        b.block(block);
    }
    b.fill_params();
    b.remove_trivial();
    b.finish();
    func.vars.clear();
}

fn empty_unreachable(func: &mut Func, order: &[Block]) {
    let mut reached = vec![false; func.blocks.len()];
    order.iter().for_each(|b| reached[b.index()] = true);
    for (i, block) in func.blocks.iter_mut().enumerate() {
        if !reached[i] {
            block.insts.clear();
            block.params.clear();
            block.term = Term::Unreachable;
        }
    }
}

/// Gives each target of a `switch` or `deferenter` that has other predecessors a block of its own to jump from.
fn split_edges(func: &mut Func) {
    let mut npreds = vec![0u32; func.blocks.len()];
    for b in &func.blocks {
        b.term.for_each_edge(|to| npreds[to.index()] += 1);
    }
    for i in 0..func.blocks.len() {
        let mut targets: Vec<Block> = match &func.blocks[i].term {
            Term::Switch(_, cases, default) => {
                cases.iter().map(|c| c.1).chain([*default]).collect()
            }
            Term::DeferEnter(_, a, b) => vec![*a, *b],
            Term::None
            | Term::Jump(_)
            | Term::Brif(..)
            | Term::Return(_)
            | Term::TailCall(..)
            | Term::TailCallIndirect(..)
            | Term::Unreachable => continue,
        };
        for t in &mut targets {
            if npreds[t.index()] > 1 {
                let middle = func.new_block();
                func.blocks[middle.index()].term = Term::Jump(Edge::from(*t));
                func.blocks[middle.index()].cold = func.blocks[t.index()].cold;
                *t = middle;
            }
        }
        match &mut func.blocks[i].term {
            Term::Switch(_, cases, default) => {
                *default = targets.pop().unwrap_or(*default);
                cases.iter_mut().zip(targets).for_each(|(c, t)| c.1 = t);
            }
            Term::DeferEnter(_, a, b) => (*a, *b) = (targets[0], targets[1]),
            _ => {}
        }
    }
}

struct Param {
    block: Block,
    var: Var,
    value: Value,
    operands: Vec<Value>,
}

struct Builder<'a> {
    func: &'a mut Func,
    cfg: &'a Cfg,
    /// The value of a variable at the end of a block, as far as asked for.
    at_end: FxHashMap<(Block, Var), Value>,
    /// `replaced[v]`: the value that stands for `v`, if another does.
    replaced: Vec<Option<Value>>,
    params: Vec<Param>,
    /// How many of `params` have their operands.
    filled: usize,
    zeros: FxHashMap<Ty, Value>,
}

impl<'a> Builder<'a> {
    fn new(func: &'a mut Func, cfg: &'a Cfg) -> Builder<'a> {
        let replaced = vec![None; func.values.len()];
        Builder {
            func,
            cfg,
            at_end: FxHashMap::default(),
            replaced,
            params: Vec::new(),
            filled: 0,
            zeros: FxHashMap::default(),
        }
    }

    /// What stands for a value in the end. The way there gets shorter.
    fn find(&mut self, v: Value) -> Value {
        let mut end = v;
        while let Some(w) = self.replaced[end.index()] {
            end = w;
        }
        let mut on_the_way = v;
        while let Some(w) = self.replaced[on_the_way.index()] {
            self.replaced[on_the_way.index()] = Some(end);
            on_the_way = w;
        }
        end
    }

    fn block(&mut self, block: Block) {
        let insts = std::mem::take(&mut self.func.blocks[block.index()].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            let data = &self.func.insts[inst.index()];
            match data.op {
                Op::Get(var) => {
                    let result = data.result;
                    let v = self.value_in(block, var);
                    self.replaced[result.index()] = Some(v);
                }
                Op::Set(var, value) => {
                    self.at_end.insert((block, var), value);
                }
                _ => kept.push(inst),
            }
        }
        // A zero may have been put into the entry block meanwhile.
        let zeros = std::mem::take(&mut self.func.blocks[block.index()].insts);
        self.func.blocks[block.index()].insts = zeros.into_iter().chain(kept).collect();
    }

    /// The variable's value at the current end of `block`: blocks are filled in order, so that a later `set` of the same
    /// block has not been seen yet, except over a back edge, where the block has been finished or the answer is a
    /// parameter.
    fn value_in(&mut self, block: Block, var: Var) -> Value {
        let mut path = Vec::new();
        let mut b = block;
        let value = loop {
            if let Some(&v) = self.at_end.get(&(b, var)) {
                break v;
            }
            path.push(b);
            match self.cfg.preds(b) {
                [] => break self.zero(self.func.vars[var.index()]),
                // The only predecessor comes before in the order: its end is known.
                [p] => b = *p,
                _ => break self.new_param(b, var),
            }
        };
        for b in path {
            self.at_end.insert((b, var), value);
        }
        value
    }

    fn new_param(&mut self, block: Block, var: Var) -> Value {
        let value = self.func.new_value(self.func.vars[var.index()]);
        self.replaced.push(None);
        self.params.push(Param { block, var, value, operands: Vec::new() });
        value
    }

    fn zero(&mut self, ty: Ty) -> Value {
        if let Some(&v) = self.zeros.get(&ty) {
            return v;
        }
        let op = if ty.is_float() { Op::Fconst(0) } else { Op::Iconst(0) };
        let inst = self.func.push(ENTRY, op, &[ty], crate::ir::Loc(0));
        self.replaced.push(None);
        // First in the block: uses may come anywhere behind.
        let insts = &mut self.func.blocks[ENTRY.index()].insts;
        insts.pop();
        insts.insert(0, inst);
        let v = self.func.insts[inst.index()].result;
        self.zeros.insert(ty, v);
        v
    }

    fn fill_params(&mut self) {
        while self.filled < self.params.len() {
            let (block, var) = (self.params[self.filled].block, self.params[self.filled].var);
            let cfg = self.cfg;
            for &p in cfg.preds(block) {
                let v = self.value_in(p, var);
                self.params[self.filled].operands.push(v);
            }
            self.filled += 1;
        }
    }

    /// Step 4. A parameter is looked at again when one of its operands has been replaced.
    fn remove_trivial(&mut self) {
        let mut users: FxHashMap<Value, Vec<usize>> = FxHashMap::default();
        for p in &self.params {
            users.insert(p.value, Vec::new());
        }
        for (i, p) in self.params.iter().enumerate() {
            for o in &p.operands {
                if let Some(list) = users.get_mut(o) {
                    list.push(i);
                }
            }
        }
        let mut work: Vec<usize> = (0..self.params.len()).rev().collect();
        while let Some(i) = work.pop() {
            let own = self.params[i].value;
            if self.replaced[own.index()].is_some() {
                continue;
            }
            let operands = std::mem::take(&mut self.params[i].operands);
            let mut only = None;
            let trivial = operands.iter().all(|&o| {
                let o = self.find(o);
                o == own || *only.get_or_insert(o) == o
            });
            self.params[i].operands = operands;
            if trivial && let Some(v) = only {
                self.replaced[own.index()] = Some(v);
                let again = users.remove(&own).unwrap_or_default();
                work.extend(&again);
                // Their operand is another one now.
                if let Some(list) = users.get_mut(&v) {
                    list.extend(again);
                }
            }
        }
    }

    /// Writes parameters and edge arguments, and replaces operands.
    fn finish(&mut self) {
        let order = &self.cfg.order;
        let params = std::mem::take(&mut self.params);
        let mut edge_args: FxHashMap<Block, Vec<&Param>> = FxHashMap::default();
        for p in &params {
            if self.replaced[p.value.index()].is_none() {
                self.func.blocks[p.block.index()].params.push(p.value);
                edge_args.entry(p.block).or_default().push(p);
            }
        }
        // The n-th edge into a block, in the order of predecessors.
        let mut next_edge = vec![0usize; self.func.blocks.len()];
        for i in order.iter().map(|b| b.index()) {
            let mut term = std::mem::replace(&mut self.func.blocks[i].term, Term::None);
            let mut edge = |e: &mut Edge| {
                let n = next_edge[e.to.index()];
                next_edge[e.to.index()] += 1;
                for p in edge_args.get(&e.to).into_iter().flatten() {
                    e.args.push(p.operands[n]);
                }
            };
            match &mut term {
                Term::Jump(e) => edge(e),
                Term::Brif(_, a, b) => {
                    edge(a);
                    edge(b);
                }
                other => other.for_each_edge(|to| next_edge[to.index()] += 1),
            }
            self.func.blocks[i].term = term;
        }
        for &b in order {
            for k in 0..self.func.blocks[b.index()].insts.len() {
                let inst = self.func.blocks[b.index()].insts[k];
                let mut op = std::mem::replace(&mut self.func.insts[inst.index()].op, Op::GetG);
                op.map_values(|v| self.find(v));
                self.func.insts[inst.index()].op = op;
            }
            let mut term = std::mem::replace(&mut self.func.blocks[b.index()].term, Term::None);
            term.map_values(|v| self.find(v));
            self.func.blocks[b.index()].term = term;
        }
    }
}
