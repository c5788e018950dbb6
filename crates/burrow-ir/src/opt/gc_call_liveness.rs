//! Functions that start a collection, and those that call them, keep nothing but what they need: what is live across
//! the call is in slots of its own, and all else of the frame that looks like a pointer may be cleared.
//!
//! Stacks are scanned conservatively, so a spill slot or register that nobody reads any more keeps its object. Programs see
//! that where they call `runtime.GC` and look what has become of an object that they have just dropped; there, and
//! only there, it is worth an effort.
//!
//! L1  Across a call of `COLLECTING`, or of a function that makes one ([`LEVELS`]), no value is live but constants,
//!     addresses of symbols and slots: each that is live is stored to a slot before the call and loaded from it
//!     afterwards, and is a new value from then on. Slots of values that are not live at this call are cleared.
//! L2  The argument of `COLLECTING` is the address of the function's last slot: between it and the saved registers lie the
//!     spill slots, which hold nothing that is needed (the callee clears what looks like a pointer there, and registers).
//!     Before a call of another function, `runtime.clearDead` does that alone.
//! L3  Slots that were there before are cleared if nothing needs what they hold ([`slots`]).
//!
//! Runs last of all passes. gc has exact maps instead (`cmd/compile/internal/liveness`).

mod slots;

use burrow_syntax::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::cfg::Cfg;
use crate::ir::{
    Block, Conv, ENTRY, Func, Inst, InstData, Loc, MemFlags, Module, Op, Sig, Slot, Ty, Value, Var,
};
use crate::ssa;

/// Functions of the image that look for what is reachable; and [`CLEARING`].
pub const COLLECTING: [&str; 3] = ["runtime.collect", "runtime.findLeaks", CLEARING];

/// The function of the image that clears what is dead, and nothing else (L2).
const CLEARING: &str = "runtime.clearDead";

/// So far up, callers of collecting functions are looked at.
const LEVELS: usize = 6;

/// Runs the pass over all functions of a program.
pub fn run(module: &mut Module) {
    let funcs = &mut module.funcs;
    let names = Names {
        collecting: COLLECTING.map(Symbol::new),
        clearing: Symbol::new(CLEARING),
        callees: FxHashSet::default(),
    };
    let direct = |f: &Func| f.insts.iter().any(|d| names.is_collecting(&d.op));
    let mut found: Vec<bool> = funcs.iter().map(direct).collect();
    if !found.contains(&true) {
        return;
    }
    let mut names = names;
    for _ in 0..LEVELS {
        let known = |(f, found): (&Func, &bool)| found.then_some(f.name);
        names.callees = funcs.iter().zip(&found).filter_map(known).collect();
        for (f, found) in funcs.iter().zip(&mut found) {
            *found |= f.insts.iter().any(|d| names.is_callee(&d.op));
        }
    }
    for (f, _) in funcs.iter_mut().zip(found).filter(|f| f.1) {
        function(f, &names);
    }
}

struct Names {
    collecting: [Symbol; 3],
    clearing: Symbol,
    /// Functions whose calls are like those of `collecting` (L1).
    callees: FxHashSet<Symbol>,
}

impl Names {
    fn is_collecting(&self, op: &Op) -> bool {
        matches!(op, Op::Call(s, ..) if self.collecting.contains(s))
    }

    fn is_callee(&self, op: &Op) -> bool {
        matches!(op, Op::Call(s, ..) if self.callees.contains(s))
    }
}

fn function(f: &mut Func, names: &Names) {
    let cfg = Cfg::new(f);
    let order = &cfg.order;
    clear_before_callees(f, order, names);
    let across = live_across(f, order, |op| names.is_collecting(op) || names.is_callee(op));
    let calls: Vec<Inst> = across.iter().map(|a| a.0).collect();
    let dead = slots::dead_at(f, &cfg, &calls);
    let mut homes: FxHashMap<Value, (Var, Slot)> = FxHashMap::default();
    let mut all: Vec<Value> = across.iter().flat_map(|(_, live)| live.iter().copied()).collect();
    all.sort_unstable();
    all.dedup();
    for &v in &all {
        let home = (f.new_var(f.ty(v)), f.new_slot(8, 8));
        homes.insert(v, home);
    }
    let marker = f.new_slot(8, 8);
    for &b in order {
        rewrite_block(f, b, &homes);
    }
    let homes = Homes { all, homes, marker };
    for ((call, live), dead) in across.into_iter().zip(dead) {
        around_call(f, names, call, &live, &dead, &homes);
    }
    ssa::run(f);
}

/// L2: calls of functions that collect have one that clears in front of them.
fn clear_before_callees(f: &mut Func, order: &[Block], names: &Names) {
    let sig = Sig { conv: Conv::SystemV, params: vec![Ty::PTR], results: Vec::new() };
    for &b in order {
        let mut out = Vec::new();
        for inst in std::mem::take(&mut f.blocks[b.index()].insts) {
            if names.is_callee(&f.insts[inst.index()].op) {
                let loc = f.insts[inst.index()].loc;
                let call = Op::Call(names.clearing, Box::new(sig.clone()), Vec::new());
                out.push(append(f, call, None, loc));
            }
            out.push(inst);
        }
        f.blocks[b.index()].insts = out;
    }
}

/// The calls, and what is live across each (L1).
pub(crate) fn live_across(
    f: &Func,
    order: &[Block],
    is_asked: impl Fn(&Op) -> bool,
) -> Vec<(Inst, Vec<Value>)> {
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
            block.term.for_each_value(|v| live[v.index() / 64] |= 1 << (v.index() % 64));
            for &i in block.insts.iter().rev() {
                let d = &f.insts[i.index()];
                for r in d.result.index()..d.result.index() + d.results as usize {
                    live[r / 64] &= !(1 << (r % 64));
                }
                if is_asked(&d.op) {
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
pub(crate) fn rewrite_block(f: &mut Func, b: Block, homes: &FxHashMap<Value, (Var, Slot)>) {
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
pub(crate) fn append(f: &mut Func, op: Op, result: Option<Ty>, loc: Loc) -> Inst {
    let first = Value(f.values.len() as u32);
    if let Some(ty) = result {
        f.new_value(ty);
    }
    f.insts.push(InstData { op, result: first, results: u32::from(result.is_some()), loc });
    Inst(f.insts.len() as u32 - 1)
}

/// Where values are while collecting functions are called.
struct Homes {
    all: Vec<Value>,
    homes: FxHashMap<Value, (Var, Slot)>,
    marker: Slot,
}

/// Stores what is live before the call, clears the other slots, and loads it again afterwards.
fn around_call(
    f: &mut Func,
    names: &Names,
    call: Inst,
    live: &[Value],
    dead: &[Slot],
    homes: &Homes,
) {
    let loc = f.insts[call.index()].loc;
    let holds = |b: &Block| f.blocks[b.index()].insts.contains(&call);
    let Some(block) = (ENTRY.0..f.blocks.len() as u32).map(Block).find(holds) else { return };
    let is_collecting = names.is_collecting(&f.insts[call.index()].op);
    let is_clearing = matches!(f.insts[call.index()].op, Op::Call(s, ..) if s == names.clearing);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let zero = append(f, Op::Iconst(0), Some(Ty::I64), loc);
    before.push(zero);
    let zero = f.insts[zero.index()].result;
    let address = |f: &mut Func, slot: Slot, out: &mut Vec<Inst>| {
        out.push(append(f, Op::SlotAddr(slot, 0), Some(Ty::I64), loc));
        Value(f.values.len() as u32 - 1)
    };
    for &v in &homes.all {
        let (var, slot) = homes.homes[&v];
        let ty = f.ty(v);
        let at = address(f, slot, &mut before);
        let clear = Op::Store(zero, at, 0, MemFlags::SAFE);
        if !live.contains(&v) {
            before.push(append(f, clear, None, loc));
            continue;
        }
        if is_collecting {
            let now = append(f, Op::Get(var), Some(ty), loc);
            before.push(now);
            let now = f.insts[now.index()].result;
            before.push(append(f, Op::Store(now, at, 0, MemFlags::SAFE), None, loc));
        }
        let again = append(f, Op::Load(at, 0, MemFlags::SAFE), Some(ty), loc);
        after.push(again);
        let again = f.insts[again.index()].result;
        after.push(append(f, Op::Set(var, again), None, loc));
        // The call behind one that clears finds its values there.
        if !is_clearing {
            after.push(append(f, clear, None, loc));
        }
    }
    if is_collecting {
        for &slot in dead {
            let at = address(f, slot, &mut before);
            // Slots are whole words in the frame.
            let bytes = u64::from(f.slots[slot.index()].size.max(1).next_multiple_of(8));
            before.push(append(f, Op::MemZero(at, bytes), None, loc));
        }
        let at = address(f, homes.marker, &mut before);
        if let Op::Call(_, sig, args) = &mut f.insts[call.index()].op {
            sig.params = vec![Ty::PTR];
            *args = vec![at];
        }
    }
    let insts = &mut f.blocks[block.index()].insts;
    let place = insts.iter().position(|&i| i == call).unwrap_or(0);
    insts.splice(place + 1..place + 1, after);
    insts.splice(place..place, before);
}
