//! Write-barrier elimination: stores that overwrite nothing the collector could miss need not tell it.
//!
//! The collector marks what was reachable when it began (`docs/abi.md`, 9), so a store is of interest for what it overwrites:
//! the new value is none of its business. What is overwritten is of no interest
//!
//! B1  in a frame: stacks are scanned as a whole;
//! B2  in an object that was made in the same block, at its first store to the place: that is zero. Calls and a store of
//!     its address end this: from then on it may be known to others.
//!
//! Runs last, after escape analysis has moved objects to frames.

use rustc_hash::{FxHashMap, FxHashSet};

use super::escape::{MALLOC, NEW_OBJECT};
use crate::cfg::reverse_postorder;
use crate::ir::{BinOp, Func, Module, Op, Value};
use burrow_syntax::Symbol;

/// Runs the pass over all functions of a program.
pub fn run(module: &mut Module) {
    let makers = [Symbol::new(NEW_OBJECT), Symbol::new(MALLOC)];
    let moves = Symbol::new("runtime.memmovePointers");
    let mut roots = Roots::default();
    for f in &mut module.funcs {
        function(f, &makers, moves, &mut roots);
    }
}

/// What an address was computed from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    Unknown,
    Frame,
    /// An object, by the value that its maker gave, and a constant offset.
    Object(Value, i64),
}

#[derive(Default)]
struct Roots {
    of: Vec<Root>,
    constants: FxHashMap<Value, i64>,
    /// Objects made in this block, and the places that were written.
    fresh: FxHashSet<Value>,
    written: FxHashSet<(Value, i64)>,
}

fn function(f: &mut Func, makers: &[Symbol], moves: Symbol, r: &mut Roots) {
    r.of.clear();
    r.of.resize(f.values.len(), Root::Unknown);
    r.constants.clear();
    // In reverse postorder definitions come first.
    for b in reverse_postorder(f) {
        r.fresh.clear();
        r.written.clear();
        for at in 0..f.blocks[b.index()].insts.len() {
            let inst = f.blocks[b.index()].insts[at];
            let d = &mut f.insts[inst.index()];
            match &mut d.op {
                Op::Iconst(n) => {
                    r.constants.insert(d.result, *n);
                }
                Op::SlotAddr(..) => r.of[d.result.index()] = Root::Frame,
                Op::Binary(BinOp::Iadd, a, n) => {
                    let n = r.constants.get(n).copied();
                    r.of[d.result.index()] = match (r.of[a.index()], n) {
                        (Root::Object(o, at), Some(n)) => Root::Object(o, at.wrapping_add(n)),
                        (Root::Frame, _) => Root::Frame,
                        _ => Root::Unknown,
                    };
                }
                Op::Store(v, a, offset, flags) => {
                    match r.of[a.index()] {
                        Root::Frame => flags.barrier = false,
                        Root::Object(o, at) if flags.barrier && r.fresh.contains(&o) => {
                            // A second store to the place finds the first one's value.
                            flags.barrier = !r.written.insert((o, at + i64::from(*offset)));
                        }
                        _ => {}
                    }
                    if let Root::Object(o, _) = r.of[v.index()] {
                        r.fresh.remove(&o);
                    }
                }
                Op::Call(name, _, args) if *name == moves => {
                    let size = args.get(2).and_then(|n| r.constants.get(n)).copied();
                    match (&args[..], size) {
                        ([to, from, _], Some(n)) if r.of[to.index()] == Root::Frame => {
                            d.op = Op::MemCopy(*to, *from, n as u64);
                        }
                        _ => r.fresh.clear(),
                    }
                }
                Op::Call(name, ..) if makers.contains(name) => {
                    r.of[d.result.index()] = Root::Object(d.result, 0);
                    r.fresh.insert(d.result);
                }
                Op::Call(..) | Op::CallIndirect(..) => r.fresh.clear(),
                // Bytes of a fresh object that are not followed: its words may be anything from now on.
                Op::MemCopy(to, ..) => {
                    if let Root::Object(o, _) = r.of[to.index()] {
                        r.fresh.remove(&o);
                    }
                }
                _ => {}
            }
        }
    }
}
