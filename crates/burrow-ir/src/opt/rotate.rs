//! Loops test their condition at the end.
//!
//! Works on SSA form, last of all passes. Where a loop begins with a short block that decides whether to go on, blocks that
//! jump back to it decide themselves instead: they get a copy of it. So a turn takes one branch, not two, and the first
//! block is run once, before the loop. Values that it defines are made variables, and SSA form anew.
//!
//! ```text
//! b1(v1): v2 = icmp …; brif v2 b2 b3           b1(v1): v2 = icmp …; brif v2 b2 b3
//! b2: …; jump b1(v4)                  becomes  b2: …; v5 = icmp …; brif v5 b2 b3
//! ```
//!
//! gc: `cmd/compile/internal/ssa/looprotate.go`, which moves blocks only.

use rustc_hash::FxHashMap;

use crate::cfg::Cfg;
use crate::ir::{Block, Func, Inst, InstData, Module, Op, Term, Value, Var};
use crate::ssa;

/// A first block with more instructions is not copied.
const MAX_INSTS: usize = 8;
/// Nor into more blocks than these.
const MAX_COPIES: usize = 2;
/// Functions with more instructions stay as they are.
const MAX_FUNC: usize = 10_000;

pub fn run(module: &mut Module) {
    module.funcs.iter_mut().for_each(function);
}

fn function(f: &mut Func) {
    if f.insts.len() > MAX_FUNC {
        return;
    }
    let cfg = Cfg::new(f);
    let loops = loops(f, &cfg);
    if loops.is_empty() {
        return;
    }
    make_variables(f, &cfg.order, &loops);
    for (head, latches) in &loops {
        for &latch in latches {
            copy_into(f, *head, latch);
        }
    }
    ssa::run(f);
}

/// First blocks, with those that jump back to them.
fn loops(f: &Func, cfg: &Cfg) -> Vec<(Block, Vec<Block>)> {
    let mut found = Vec::new();
    for l in cfg.loops(f).list {
        let data = &f.blocks[l.head.index()];
        let Term::Brif(_, a, b) = &data.term else { continue };
        if a.to == l.head || b.to == l.head || data.insts.len() > MAX_INSTS {
            continue;
        }
        let jumps = |p: &Block| matches!(f.blocks[p.index()].term, Term::Jump(_));
        if l.latches.len() <= MAX_COPIES
            && l.latches.len() < cfg.preds(l.head).len()
            && l.latches.iter().all(jumps)
            && !data.insts.iter().any(|i| f.insts[i.index()].op.is_call())
        {
            found.push((l.head, l.latches));
        }
    }
    found
}

/// Values of the first blocks that others use become variables there.
fn make_variables(f: &mut Func, order: &[Block], loops: &[(Block, Vec<Block>)]) {
    let mut home: FxHashMap<Value, Block> = FxHashMap::default();
    for (head, _) in loops {
        let data = &f.blocks[head.index()];
        let results = data.insts.iter().flat_map(|i| {
            let d = &f.insts[i.index()];
            (0..d.results).map(|k| Value(d.result.0 + k))
        });
        home.extend(data.params.iter().copied().chain(results).map(|v| (v, *head)));
    }
    let mut vars: FxHashMap<Value, Var> = FxHashMap::default();
    for &b in order {
        let insts = std::mem::take(&mut f.blocks[b.index()].insts);
        let mut out = Vec::with_capacity(insts.len());
        for inst in insts {
            let mut op = std::mem::replace(&mut f.insts[inst.index()].op, Op::GetG);
            let loc = f.insts[inst.index()].loc;
            op.map_values(|v| read(f, &home, &mut vars, v, b, loc, &mut out));
            f.insts[inst.index()].op = op;
            out.push(inst);
        }
        let mut term = std::mem::replace(&mut f.blocks[b.index()].term, Term::None);
        let loc = f.blocks[b.index()].term_loc;
        term.map_values(|v| read(f, &home, &mut vars, v, b, loc, &mut out));
        f.blocks[b.index()].term = term;
        f.blocks[b.index()].insts = out;
    }
    let mut sets: Vec<(Value, Var)> = vars.into_iter().collect();
    sets.sort_unstable_by_key(|s| s.1);
    for (v, var) in sets {
        let head = home[&v];
        let loc = f.blocks[head.index()].term_loc;
        f.push(head, Op::Set(var, v), &[], loc);
    }
}

/// What block `b` uses in place of `v`.
fn read(
    f: &mut Func,
    home: &FxHashMap<Value, Block>,
    vars: &mut FxHashMap<Value, Var>,
    v: Value,
    b: Block,
    loc: crate::ir::Loc,
    out: &mut Vec<Inst>,
) -> Value {
    if home.get(&v).is_none_or(|&head| head == b) {
        return v;
    }
    let ty = f.ty(v);
    let var = match vars.get(&v) {
        Some(&var) => var,
        None => *vars.entry(v).or_insert(f.new_var(ty)),
    };
    let result = f.new_value(ty);
    f.insts.push(InstData { op: Op::Get(var), result, results: 1, loc });
    out.push(Inst(f.insts.len() as u32 - 1));
    result
}

/// Puts the first block in place of a jump to it.
fn copy_into(f: &mut Func, head: Block, latch: Block) {
    let Term::Jump(e) = f.blocks[latch.index()].term.clone() else { return };
    let data = f.blocks[head.index()].clone();
    let mut map: FxHashMap<Value, Value> = data.params.iter().copied().zip(e.args).collect();
    for inst in data.insts {
        let InstData { mut op, result, results, loc } = f.insts[inst.index()].clone();
        op.map_values(|v| *map.get(&v).unwrap_or(&v));
        let types: Vec<_> = (0..results).map(|k| f.ty(Value(result.0 + k))).collect();
        let copy = f.push(latch, op, &types, loc);
        let first = f.insts[copy.index()].result;
        map.extend((0..results).map(|k| (Value(result.0 + k), Value(first.0 + k))));
    }
    let mut term = data.term;
    term.map_values(|v| *map.get(&v).unwrap_or(&v));
    f.blocks[latch.index()].term = term;
    f.blocks[latch.index()].term_loc = data.term_loc;
}
