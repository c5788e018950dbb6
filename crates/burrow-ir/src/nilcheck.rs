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

use crate::ir::{Block, Func, Inst, Op, Term, Value};
use crate::ssa::{incoming_edges, reverse_postorder, single_edge_aliases};

/// A fault this close to address 0 is a nil dereference: `docs/abi.md` 6.
const NEAR: i32 = 4000;

/// So many of the last pointers are remembered from one block to the next.
const KEPT: usize = 32;

pub fn run(f: &mut Func) {
    if !f.insts.iter().any(|d| matches!(d.op, Op::NilCheck(_))) {
        return;
    }
    let order = reverse_postorder(f);
    let edges = incoming_edges(f, &order);
    let alias = single_edge_aliases(f, &order, &edges);
    let resolve = |mut v: Value| {
        while let Some(&to) = alias.get(&v) {
            v = to;
        }
        v
    };
    let mut is_address = vec![false; f.values.len()];
    let new_object = burrow_syntax::Symbol::new(crate::escape::NEW_OBJECT);
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
    for &b in &order {
        let mut here = match edges[b.index()].as_slice() {
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
                let next = used_next(f, b, &insts[i + 1..], &edges, |u| resolve(u) == v);
                if let Some(next) = next {
                    take_position(f, next, inst);
                    continue;
                }
            } else if let Some(v) = faults(&f.insts[inst.index()].op) {
                here.push(resolve(v));
            }
            kept.push(inst);
        }
        f.blocks[b.index()].insts = kept;
        known.insert(b, here);
    }
}

/// The pointer that an instruction faults for if it is nil.
fn faults(op: &Op) -> Option<Value> {
    match op {
        Op::NilCheck(v) | Op::AtomicLoad(v) => Some(*v),
        Op::Load(v, offset, flags) | Op::Store(_, v, offset, flags) => {
            (!flags.notrap && (0..NEAR).contains(offset)).then_some(*v)
        }
        Op::AtomicRmw(_, v, _) | Op::AtomicCas(v, ..) | Op::AtomicStore(_, v) => Some(*v),
        _ => None,
    }
}

/// K3: the instruction that faults in place of a check.
fn used_next(
    f: &Func,
    mut b: Block,
    rest: &[Inst],
    edges: &[Vec<Block>],
    is_same: impl Fn(Value) -> bool,
) -> Option<Inst> {
    // The first instruction that matters, and whether it is a use. Other checks of the pointer don't: they go (K2).
    let first_in = |insts: &[Inst]| {
        insts.iter().find_map(|&inst| {
            let op = &f.insts[inst.index()].op;
            let used = faults(op).is_some_and(&is_same);
            if used && matches!(op, Op::NilCheck(_)) {
                return None;
            }
            (used || !is_harmless(op)).then_some((inst, used))
        })
    };
    let mut first = first_in(rest);
    while first.is_none() {
        // A block with one edge into it is not on a way back to itself.
        match &f.blocks[b.index()].term {
            Term::Jump(e) if edges[e.to.index()].len() == 1 => b = e.to,
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

/// It has no effect, and doesn't fault.
fn is_harmless(op: &Op) -> bool {
    match op {
        Op::Load(_, _, flags) => flags.notrap,
        Op::Iconst(_)
        | Op::Fconst(_)
        | Op::Unary(..)
        | Op::Binary(..)
        | Op::Icmp(..)
        | Op::Fcmp(..)
        | Op::Cast(..)
        | Op::Select(..)
        | Op::SlotAddr(..)
        | Op::SymAddr(..)
        | Op::LoadG(_)
        | Op::GetG => true,
        _ => false,
    }
}
