//! Nil checks that something else makes are dropped.
//!
//! Works on SSA form, after inlining and escape analysis. A check of a pointer goes if
//!
//! K1  the pointer can't be nil: an address of a slot, of a symbol, of a new object;
//! K2  it was checked or used before, in the block or in those that lead to it alone;
//! K3  it is used behind the check, in the block or in those that follow it alone, and nothing in between has an effect or
//!     may fault. The use gets the check's position: tracebacks tell which function dereferenced nil, and where.
//!
//! A use counts if it faults for nil, as the check does: not marked as safe, and close enough to the pointer.
//! gc: `cmd/compile/internal/ssa/nilcheck.go`.

use rustc_hash::FxHashMap;

use crate::cfg::Cfg;
use crate::ir::{Block, Func, Inst, Module, Op, Term, Value};

/// So many of the last pointers are remembered from one block to the next.
const KEPT: usize = 32;

pub fn run(module: &mut Module) {
    module.funcs.iter_mut().for_each(function);
}

fn function(f: &mut Func) {
    if !f.insts.iter().any(|d| matches!(d.op, Op::NilCheck(_))) {
        return;
    }
    let cfg = Cfg::new(f);
    let alias = cfg.single_edge_aliases(f);
    let resolve = |mut v: Value| {
        while let Some(&to) = alias.get(&v) {
            v = to;
        }
        v
    };
    let mut is_address = vec![false; f.values.len()];
    let new_object = burrow_syntax::Symbol::new(super::escape::NEW_OBJECT);
    let malloc = burrow_syntax::Symbol::new("runtime.mallocgc");
    for d in &f.insts {
        let address = match &d.op {
            Op::SlotAddr(..) | Op::SymAddr(..) => true,
            Op::Call(s, ..) => *s == new_object || *s == malloc,
            _ => false,
        };
        if address {
            is_address[d.result.index()] = true;
        }
    }
    // What is known at the end of blocks that are the only way to others.
    let mut known: FxHashMap<Block, Vec<Value>> = FxHashMap::default();
    for &b in &cfg.order {
        let mut here = match cfg.preds(b) {
            [p] => {
                known.get(p).map(|k| k[k.len().saturating_sub(KEPT)..].to_vec()).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        let insts = std::mem::take(&mut f.blocks[b.index()].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for (i, &inst) in insts.iter().enumerate() {
            if let Op::NilCheck(v) = f.insts[inst.index()].op {
                let v = resolve(v);
                if is_address[v.index()] || here.contains(&v) {
                    continue;
                }
                here.push(v);
                let next = used_next(f, b, &insts[i + 1..], &cfg, |u| resolve(u) == v);
                if let Some(next) = next {
                    take_position(f, next, inst);
                    continue;
                }
            } else if let Some(v) = f.insts[inst.index()].op.faults_on() {
                here.push(resolve(v));
            }
            kept.push(inst);
        }
        f.blocks[b.index()].insts = kept;
        known.insert(b, here);
    }
}

/// K3: the instruction that faults in place of a check.
fn used_next(
    f: &Func,
    mut b: Block,
    rest: &[Inst],
    cfg: &Cfg,
    is_same: impl Fn(Value) -> bool,
) -> Option<Inst> {
    // The first instruction that matters, and whether it is a use. Other checks of the pointer don't: they go (K2).
    let first_in = |insts: &[Inst]| {
        insts.iter().find_map(|&inst| {
            let op = &f.insts[inst.index()].op;
            let used = op.faults_on().is_some_and(&is_same);
            if used && matches!(op, Op::NilCheck(_)) {
                return None;
            }
            (used || op.has_effect() || op.can_trap()).then_some((inst, used))
        })
    };
    let mut first = first_in(rest);
    while first.is_none() {
        // A block with one edge into it is not on a way back to itself.
        match &f.blocks[b.index()].term {
            Term::Jump(e) if cfg.preds(e.to).len() == 1 => b = e.to,
            _ => return None,
        }
        first = first_in(&f.blocks[b.index()].insts);
    }
    first.and_then(|(inst, used)| used.then_some(inst))
}

/// A use that comes from an inlined callee faults where the check stood; others keep their own position, in the same function.
fn take_position(f: &mut Func, inst: Inst, check: Inst) {
    let frame = |i: Inst| f.locs[f.insts[i.index()].loc.index()].inlined;
    if frame(inst) != frame(check) {
        f.insts[inst.index()].loc = f.insts[check.index()].loc;
    }
}
