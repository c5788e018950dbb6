//! Functions that have a way without calls keep what they need across calls in slots.
//!
//! The allocator of registers keeps such values in registers that calls preserve. The function has to save and restore these
//! for its caller, on every way through it; so a recursion's end, or a quick answer to a simple question, pays for calls
//! that it doesn't make. Here a value is stored before a call and loaded behind it, and only where one is made.
//!
//! A1  A function is changed if it can return without a call, makes few, and none in a loop. Blocks that are cold or don't
//!     come back count for nothing: what is in a cold block is stored there.
//! A2  A value is stored once: not again at calls that only come behind one where it was.
//! A3  Each load is an [`Op::Reload`], whose address is its own: Cranelift would keep a common one in a register, across the call.
//!
//! Works on SSA form, before `gc_call_liveness`. gc has no registers that calls preserve.

use rustc_hash::FxHashMap;

use super::gc_call_liveness::{append, live_across, rewrite_block};
use crate::cfg::Cfg;
use crate::ir::{
    Block, ENTRY, Func, Inst, MemFlags, Module, Op, Slot, Term, Ty, Value, Var, func_flags,
};
use crate::ssa;

/// A1: calls outside of cold blocks, at most.
const FEW_CALLS: usize = 4;
/// Values that are kept across calls, at most: others have more use of registers.
const FEW_VALUES: usize = 6;
/// Functions with more instructions stay as they are.
const MAX_FUNC: usize = 200;

pub fn run(module: &mut Module) {
    module.funcs.iter_mut().for_each(function);
}

fn function(f: &mut Func) {
    if f.insts.len() > MAX_FUNC || f.flags & func_flags::DEFER != 0 {
        return;
    }
    if !f.insts.iter().any(|d| d.op.is_call()) {
        return;
    }
    let cfg = Cfg::new(f);
    if !is_suitable(f, &cfg) {
        return;
    }
    let mut across = live_across(f, &cfg.order, Op::is_call);
    for (_, live) in &mut across {
        live.retain(|&v| !f.ty(v).is_float());
    }
    let mut all: Vec<Value> = across.iter().flat_map(|(_, live)| live.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    if all.is_empty() || all.len() > FEW_VALUES {
        return;
    }
    let mut homes: FxHashMap<Value, (Var, Slot)> = FxHashMap::default();
    for &v in &all {
        let home = (f.new_var(f.ty(v)), f.new_slot(8, 8));
        homes.insert(v, home);
    }
    let across: FxHashMap<Inst, Vec<Value>> = across.into_iter().collect();
    let stored = stored_before(f, &cfg, &across, &all);
    for &b in &cfg.order {
        rewrite_block(f, b, &homes);
        around_calls(f, b, &across, &stored, &homes);
    }
    ssa::run(f);
}

/// A1
fn is_suitable(f: &Func, cfg: &Cfg) -> bool {
    let calls = |b: Block| {
        let insts = &f.blocks[b.index()].insts;
        insts.iter().filter(|i| f.insts[i.index()].op.is_call()).count()
    };
    let counts = |b: &Block| {
        let data = &f.blocks[b.index()];
        !data.cold && !matches!(data.term, Term::Unreachable)
    };
    if cfg.order.iter().copied().filter(counts).map(calls).sum::<usize>() > FEW_CALLS {
        return false;
    }
    let mut work = vec![ENTRY];
    let mut seen = vec![false; f.blocks.len()];
    let mut is_quick = false;
    while let Some(b) = work.pop() {
        let seen = std::mem::replace(&mut seen[b.index()], true);
        if seen || f.blocks[b.index()].cold || calls(b) > 0 {
            continue;
        }
        is_quick |= matches!(f.blocks[b.index()].term, Term::Return(_));
        f.blocks[b.index()].term.for_each_edge(|to| work.push(to));
    }
    is_quick && !cfg.loops(f).list.iter().any(|l| l.body.iter().any(|&b| calls(b) > 0))
}

/// For each call, which values (by number in `all`) are in their slots on all ways to it (A2).
fn stored_before(
    f: &Func,
    cfg: &Cfg,
    across: &FxHashMap<Inst, Vec<Value>>,
    all: &[Value],
) -> FxHashMap<Inst, Vec<Value>> {
    let bit = |v: &Value| all.binary_search(v).map_or(0, |i| 1_u64 << i);
    let mut out = vec![u64::MAX; f.blocks.len()];
    let mut found: FxHashMap<Inst, Vec<Value>> = FxHashMap::default();
    loop {
        let mut changed = false;
        for &b in &cfg.order {
            let mut have = match cfg.preds(b) {
                [] => 0,
                edges => edges.iter().fold(u64::MAX, |all, p| all & out[p.index()]),
            };
            let block = &f.blocks[b.index()];
            have &= !block.params.iter().fold(0, |bits, p| bits | bit(p));
            for inst in &block.insts {
                if let Some(live) = across.get(inst) {
                    let is_stored = |v: &&Value| have & bit(v) != 0;
                    found.insert(*inst, live.iter().filter(is_stored).copied().collect());
                    have |= live.iter().fold(0, |bits, v| bits | bit(v));
                }
                let d = &f.insts[inst.index()];
                have &= !(0..d.results).fold(0, |bits, k| bits | bit(&Value(d.result.0 + k)));
            }
            changed |= out[b.index()] != have;
            out[b.index()] = have;
        }
        if !changed {
            return found;
        }
    }
}

fn around_calls(
    f: &mut Func,
    b: Block,
    across: &FxHashMap<Inst, Vec<Value>>,
    stored: &FxHashMap<Inst, Vec<Value>>,
    homes: &FxHashMap<Value, (Var, Slot)>,
) {
    let mut out = Vec::new();
    for inst in std::mem::take(&mut f.blocks[b.index()].insts) {
        let Some(live) = across.get(&inst) else {
            out.push(inst);
            continue;
        };
        let loc = f.insts[inst.index()].loc;
        let push = |f: &mut Func, out: &mut Vec<Inst>, op: Op, ty: Option<Ty>| {
            let i = append(f, op, ty, loc);
            out.push(i);
            f.insts[i.index()].result
        };
        for v in live.iter().filter(|v| !stored.get(&inst).is_some_and(|s| s.contains(v))) {
            let (var, slot) = homes[v];
            let ty = f.ty(*v);
            let now = push(f, &mut out, Op::Get(var), Some(ty));
            let at = push(f, &mut out, Op::SlotAddr(slot, 0), Some(Ty::PTR));
            push(f, &mut out, Op::Store(now, at, 0, MemFlags::SAFE), None);
        }
        out.push(inst);
        for v in live {
            let (var, slot) = homes[v];
            let ty = f.ty(*v);
            // A3
            let again = push(f, &mut out, Op::Reload(slot), Some(ty));
            push(f, &mut out, Op::Set(var, again), None);
        }
    }
    f.blocks[b.index()].insts = out;
}
