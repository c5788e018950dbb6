//! Functions that start a collection keep nothing but what they need: what is live across the call is in slots of its own,
//! and all else of the frame that looks like a pointer may be cleared.
//!
//! Stacks are scanned conservatively, so a spill slot or register that nobody reads any more keeps its object. Programs see
//! that where they call `runtime.GC` and look what has become of an object that they have just dropped; there, and
//! only there, it is worth an effort.
//!
//! L1  Across a call of `COLLECTING` no value is live but constants, addresses of symbols and slots: each that is live is
//!     stored to a slot before the call and loaded from it afterwards, and is a new value from then on. Slots of
//!     values that are not live at this call are cleared.
//! L2  The call's argument is the address of the function's last slot: between it and the saved registers lie the spill
//!     slots, which hold nothing that is needed (`runtime.collect` clears what looks like a pointer there).
//!
//! Runs last of all passes. gc has exact maps instead (`cmd/compile/internal/liveness`).

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::ir::{Block, ENTRY, Func, Inst, InstData, Loc, MemFlags, Op, Slot, Ty, Value, Var};
use crate::ssa;

/// Functions of the image that look for what is reachable.
pub const COLLECTING: [&str; 2] = ["runtime.collect", "runtime.findLeaks"];

/// Runs the pass over all functions of a program.
pub fn run(funcs: &mut [Func]) {
    let names = COLLECTING.map(Symbol::new);
    for f in funcs {
        if f.insts.iter().any(|d| is_collecting(&d.op, &names)) {
            function(f, &names);
        }
    }
}

fn is_collecting(op: &Op, names: &[Symbol]) -> bool {
    matches!(op, Op::Call(s, ..) if names.contains(s))
}

fn function(f: &mut Func, names: &[Symbol; 2]) {
    let across = live_across(f, names);
    let mut homes: FxHashMap<Value, (Var, Slot)> = FxHashMap::default();
    let mut order: Vec<Value> = across.iter().flat_map(|(_, live)| live.iter().copied()).collect();
    order.sort_unstable();
    order.dedup();
    for &v in &order {
        let home = (f.new_var(f.ty(v)), f.new_slot(8, 8));
        homes.insert(v, home);
    }
    let marker = f.new_slot(8, 8);
    for b in ssa::reverse_postorder(f) {
        rewrite_block(f, b, &homes);
    }
    for (call, live) in across {
        around_call(f, call, &live, &order, &homes, marker);
    }
    ssa::run(f);
}

/// The calls, and what is live across each (L1).
fn live_across(f: &Func, names: &[Symbol]) -> Vec<(Inst, Vec<Value>)> {
    let keeps: Vec<bool> = {
        let mut keeps = vec![true; f.values.len()];
        for d in &f.insts {
            if let Op::Iconst(_) | Op::Fconst(_) | Op::SymAddr(..) | Op::SlotAddr(..) | Op::GetG =
                d.op
            {
                keeps[d.result.index()] = false;
            }
        }
        keeps
    };
    let order = ssa::reverse_postorder(f);
    let words = f.values.len().div_ceil(64);
    let mut live_in = vec![vec![0_u64; words]; f.blocks.len()];
    let mut calls = Vec::new();
    loop {
        let mut changed = false;
        calls.clear();
        for &b in order.iter().rev() {
            let block = &f.blocks[b.index()];
            let mut live = vec![0_u64; words];
            block.term.for_each_edge(|to| {
                live.iter_mut().zip(&live_in[to.index()]).for_each(|(a, b)| *a |= b);
            });
            let mut term = block.term.clone();
            term.map_values(|v| {
                live[v.index() / 64] |= 1 << (v.index() % 64);
                v
            });
            for &i in block.insts.iter().rev() {
                let d = &f.insts[i.index()];
                for r in d.result.index()..d.result.index() + d.results as usize {
                    live[r / 64] &= !(1 << (r % 64));
                }
                if is_collecting(&d.op, names) {
                    let is_live = |v: &usize| live[v / 64] >> (v % 64) & 1 != 0 && keeps[*v];
                    let all = (0..f.values.len()).filter(is_live);
                    calls.push((i, all.map(|v| Value(v as u32)).collect()));
                }
                d.op.for_each_value(|v| live[v.index() / 64] |= 1 << (v.index() % 64));
            }
            for p in &block.params {
                live[p.index() / 64] &= !(1 << (p.index() % 64));
            }
            changed |= live_in[b.index()] != live;
            live_in[b.index()] = live;
        }
        if !changed {
            return calls;
        }
    }
}

/// Values with homes become variables.
fn rewrite_block(f: &mut Func, b: Block, homes: &FxHashMap<Value, (Var, Slot)>) {
    let mut out = Vec::new();
    let loc = f.blocks[b.index()].insts.first().map_or(Loc(0), |i| f.insts[i.index()].loc);
    for p in f.blocks[b.index()].params.clone() {
        if let Some(&(var, _)) = homes.get(&p) {
            out.push(append(f, Op::Set(var, p), None, loc));
        }
    }
    for i in std::mem::take(&mut f.blocks[b.index()].insts) {
        let loc = f.insts[i.index()].loc;
        let mut op = f.insts[i.index()].op.clone();
        op.map_values(|v| read(f, v, homes, loc, &mut out));
        let d = &mut f.insts[i.index()];
        d.op = op;
        let results = d.result.index()..d.result.index() + d.results as usize;
        out.push(i);
        for r in results {
            if let Some(&(var, _)) = homes.get(&Value(r as u32)) {
                out.push(append(f, Op::Set(var, Value(r as u32)), None, loc));
            }
        }
    }
    let loc = f.blocks[b.index()].term_loc;
    let mut term = f.blocks[b.index()].term.clone();
    term.map_values(|v| read(f, v, homes, loc, &mut out));
    f.blocks[b.index()].term = term;
    f.blocks[b.index()].insts = out;
}

fn read(
    f: &mut Func,
    v: Value,
    homes: &FxHashMap<Value, (Var, Slot)>,
    loc: Loc,
    out: &mut Vec<Inst>,
) -> Value {
    let Some(&(var, _)) = homes.get(&v) else { return v };
    let ty = f.ty(v);
    let i = append(f, Op::Get(var), Some(ty), loc);
    out.push(i);
    f.insts[i.index()].result
}

/// An instruction that is in no block yet.
fn append(f: &mut Func, op: Op, result: Option<Ty>, loc: Loc) -> Inst {
    let first = Value(f.values.len() as u32);
    if let Some(ty) = result {
        f.new_value(ty);
    }
    f.insts.push(InstData { op, result: first, results: u32::from(result.is_some()), loc });
    Inst(f.insts.len() as u32 - 1)
}

/// Stores what is live before the call, clears the other slots, and loads it again afterwards.
fn around_call(
    f: &mut Func,
    call: Inst,
    live: &[Value],
    all: &[Value],
    homes: &FxHashMap<Value, (Var, Slot)>,
    marker: Slot,
) {
    let loc = f.insts[call.index()].loc;
    let holds = |b: &Block| f.blocks[b.index()].insts.contains(&call);
    let Some(block) = (ENTRY.0..f.blocks.len() as u32).map(Block).find(holds) else { return };
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let zero = append(f, Op::Iconst(0), Some(Ty::I64), loc);
    before.push(zero);
    let zero = f.insts[zero.index()].result;
    let result = |f: &Func, i: Inst| f.insts[i.index()].result;
    for &v in all {
        let (var, slot) = homes[&v];
        let ty = f.ty(v);
        let at = append(f, Op::SlotAddr(slot, 0), Some(Ty::I64), loc);
        before.push(at);
        let at = result(f, at);
        if live.contains(&v) {
            let now = append(f, Op::Get(var), Some(ty), loc);
            before.push(now);
            let now = result(f, now);
            before.push(append(f, Op::Store(now, at, 0, MemFlags::SAFE), None, loc));
            let again = append(f, Op::Load(at, 0, MemFlags::SAFE), Some(ty), loc);
            after.push(again);
            let again = result(f, again);
            after.push(append(f, Op::Set(var, again), None, loc));
        } else {
            before.push(append(f, Op::Store(zero, at, 0, MemFlags::SAFE), None, loc));
        }
    }
    let at = append(f, Op::SlotAddr(marker, 0), Some(Ty::I64), loc);
    before.push(at);
    let at = result(f, at);
    if let Op::Call(_, _, args) = &mut f.insts[call.index()].op {
        *args = vec![at];
    }
    let insts = &mut f.blocks[block.index()].insts;
    let place = insts.iter().position(|&i| i == call).unwrap_or(0);
    insts.splice(place + 1..place + 1, after);
    insts.splice(place..place, before);
}
