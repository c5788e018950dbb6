//! Functions that have a way without calls keep what they need across calls in slots.
//!
//! The allocator of registers keeps such values in registers that calls preserve. The function has to save and restore these
//! for its caller, on every way through it; so a recursion's end, or a quick answer to a simple question, pays for calls
//! that it doesn't make. Here a value is stored before a call and loaded behind it, and only where one is made.
//!
//! A1  A function is changed if it can return without a call, makes few, and none in a loop. Blocks that are cold or don't
//!     come back count for nothing: what is in a cold block is stored there.
//! A2  A value is stored once: not again at calls that only come behind one where it was.
//! A3  Each load has an address of its own, beside the slot: Cranelift would keep a common one in a register, across the call.
//!
//! Works on SSA form, before `collecting`. gc has no registers that calls preserve.

use rustc_hash::FxHashMap;

use crate::collecting::{append, live_across, rewrite_block};
use crate::ir::{Block, ENTRY, Func, Inst, MemFlags, Op, Slot, Term, Ty, Value, Var, func_flags};
use crate::ssa;

/// A1: calls outside of cold blocks, at most.
const FEW_CALLS: usize = 4;
/// Values that are kept across calls, at most: others have more use of registers.
const FEW_VALUES: usize = 6;
/// Functions with more instructions stay as they are.
const MAX_FUNC: usize = 200;

pub fn run(f: &mut Func) {
    if f.insts.len() > MAX_FUNC || f.flags & func_flags::DEFER != 0 {
        return;
    }
    let is_call = |op: &Op| matches!(op, Op::Call(..) | Op::CallIndirect(..));
    if !f.insts.iter().any(|d| is_call(&d.op)) {
        return;
    }
    let order = ssa::reverse_postorder(f);
    if !is_suitable(f, &order) {
        return;
    }
    let mut across = live_across(f, &order, is_call);
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
    let stored = stored_before(f, &order, &across, &all);
    for &b in &order {
        rewrite_block(f, b, &homes);
        around_calls(f, b, &across, &stored, &homes);
    }
    ssa::run(f);
}

/// A1
fn is_suitable(f: &Func, order: &[Block]) -> bool {
    let calls = |b: Block| {
        let data = &f.blocks[b.index()];
        let is_call =
            |i: &&Inst| matches!(f.insts[i.index()].op, Op::Call(..) | Op::CallIndirect(..));
        data.insts.iter().filter(is_call).count()
    };
    let counts = |b: &Block| {
        let data = &f.blocks[b.index()];
        !data.cold && !matches!(data.term, Term::Unreachable)
    };
    if order.iter().copied().filter(counts).map(calls).sum::<usize>() > FEW_CALLS {
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
    is_quick && !calls_in_loop(f, order, calls)
}

/// Whether a block that calls can be reached from itself. Blocks are in order, so a loop is what lies between a block
/// and one that jumps back to it.
fn calls_in_loop(f: &Func, order: &[Block], calls: impl Fn(Block) -> usize) -> bool {
    let mut place = vec![usize::MAX; f.blocks.len()];
    order.iter().enumerate().for_each(|(i, b)| place[b.index()] = i);
    let mut found = false;
    for (i, b) in order.iter().enumerate() {
        f.blocks[b.index()].term.for_each_edge(|to| {
            let first = place[to.index()];
            found |= first <= i && order[first..=i].iter().any(|&b| calls(b) > 0);
        });
    }
    found
}

/// For each call, which values (by number in `all`) are in their slots on all ways to it (A2).
fn stored_before(
    f: &Func,
    order: &[Block],
    across: &FxHashMap<Inst, Vec<Value>>,
    all: &[Value],
) -> FxHashMap<Inst, Vec<Value>> {
    let edges = ssa::incoming_edges(f, order);
    let bit = |v: &Value| all.binary_search(v).map_or(0, |i| 1_u64 << i);
    let mut out = vec![u64::MAX; f.blocks.len()];
    let mut found: FxHashMap<Inst, Vec<Value>> = FxHashMap::default();
    loop {
        let mut changed = false;
        for &b in order {
            let mut have = match edges[b.index()].as_slice() {
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
            let beside = f.values.len() as i32;
            let at = push(f, &mut out, Op::SlotAddr(slot, beside), Some(Ty::PTR));
            let again = push(f, &mut out, Op::Load(at, -beside, MemFlags::SAFE), Some(ty));
            push(f, &mut out, Op::Set(var, again), None);
        }
    }
    f.blocks[b.index()].insts = out;
}
