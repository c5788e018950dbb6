//! Values that come in fixed registers, and are needed in loops that call.
//!
//! Parameters and results of calls are defined in the registers of the convention. Cranelift's allocator wants such a
//! value there as long as it lives; where a call is in the way it divides it, and in a loop it comes out in pieces: one
//! in a register that calls preserve, one in the first register for each use, with moves between them at every turn, and
//! a jump around them. A copy has no register that it would rather be in, and lives undivided in one that calls preserve.
//!
//! F1  What is copied: integers that come in a register, for which there is a loop with a call in it that uses them, or
//!     gets them as first value of its variables, and that they do not come from themselves.
//! F2  No call comes between: it would have divided the value before the loop. So copies, which are made where they are
//!     used first, are made at once.
//!
//! The copy is an addition of a zero that optimisation doesn't see: `Translator::free_from_register` has it.

use burrow_ir::cfg::Cfg;
use burrow_ir::ir::{Block, ENTRY, Func, Term, Ty, Value};
use rustc_hash::FxHashMap;

/// Integer arguments in registers: `docs/abi.md` 2.
const REG_ARGS: usize = 6;

/// Functions with more loops that call are left alone.
const MAX_LOOPS: usize = 64;

/// The values to copy; none: empty.
pub(crate) fn values(f: &Func, cfg: &Cfg) -> Vec<bool> {
    let loops = calling_loops(f, cfg);
    let mut copied = Vec::new();
    if loops.is_empty() {
        return copied;
    }
    copied.resize(f.values.len(), false);
    let defs = definitions(f, &cfg.order);
    let alias = cfg.single_edge_aliases(f);
    let mut use_in = |mut v: Value, b: Block| {
        while let Some(&to) = alias.get(&v) {
            v = to;
        }
        let Some(def) = defs.get(&v) else { return };
        let counts = |l: &Loop| l.has[b.index()] && !l.has[def.block.index()] && l.head <= def.next;
        copied[v.index()] |= loops.iter().any(counts);
    };
    for &b in &cfg.order {
        let data = &f.blocks[b.index()];
        if loops.iter().any(|l| l.has[b.index()]) {
            let ops = data.insts.iter().map(|i| &f.insts[i.index()].op);
            ops.for_each(|op| op.for_each_value(|v| use_in(v, b)));
            if let Term::Brif(v, ..) | Term::Switch(v, ..) = data.term {
                use_in(v, b);
            }
        }
        data.term.for_each_full_edge(|e| e.args.iter().for_each(|&v| use_in(v, e.to)));
    }
    copied
}

struct Loop {
    /// The first block's place in the order.
    head: usize,
    /// By block.
    has: Vec<bool>,
}

/// Whether a block calls.
fn calls(f: &Func, b: Block) -> bool {
    f.blocks[b.index()].insts.iter().any(|i| f.insts[i.index()].op.is_call())
}

/// The loops in which a call is made, unless there are too many.
fn calling_loops(f: &Func, cfg: &Cfg) -> Vec<Loop> {
    let mut list = cfg.loops(f).list;
    list.retain(|l| l.body.iter().any(|&b| calls(f, b)));
    if list.len() > MAX_LOOPS {
        return Vec::new();
    }
    let of = |l: &burrow_ir::cfg::Loop| {
        let mut has = vec![false; f.blocks.len()];
        l.body.iter().for_each(|b| has[b.index()] = true);
        Loop { head: cfg.place(l.head), has }
    };
    list.iter().map(of).collect()
}

/// Where a value is defined, and the place of the next block that calls (F2).
struct Def {
    block: Block,
    next: usize,
}

/// The values that come in fixed registers.
fn definitions(f: &Func, order: &[Block]) -> FxHashMap<Value, Def> {
    let mut defs = FxHashMap::default();
    let is_int = |v: &Value| matches!(f.ty(*v), Ty::I32 | Ty::I64);
    // The place of the next block that calls, from behind.
    let mut next = order.len();
    for (place, &b) in order.iter().enumerate().rev() {
        let data = &f.blocks[b.index()];
        let mut here = next;
        for inst in data.insts.iter().rev() {
            let d = &f.insts[inst.index()];
            if d.op.is_call() {
                let results = (0..d.results).map(|k| Value(d.result.0 + k));
                defs.extend(results.filter(is_int).map(|v| (v, Def { block: b, next: here })));
                here = place;
            }
        }
        if b == ENTRY {
            let params = data.params.iter().copied().filter(|&v| !f.ty(v).is_float());
            let params = params.take(REG_ARGS).filter(is_int);
            defs.extend(params.map(|v| (v, Def { block: b, next: here })));
        }
        if !data.cold && !matches!(data.term, Term::Unreachable) {
            next = here;
        }
    }
    defs
}

#[cfg(test)]
mod tests {
    use super::values;
    use burrow_ir::cfg::Cfg;

    /// The values that are copied, by number.
    fn copied(text: &str) -> Vec<usize> {
        let funcs = burrow_ir::parse::parse(text).expect("a function");
        let found = values(&funcs[0], &Cfg::new(&funcs[0]));
        (0..found.len()).filter(|&i| found[i]).collect()
    }

    #[test]
    fn what_a_calling_loop_uses() {
        // The count, and the first value of the loop's variable; not what is used elsewhere, nor what the loop makes.
        let text = "func main.f(i64 i64 i64) {
b0(v0: i64, v1: i64, v2: i64):
    store.i64 v2 v2
    jump b1(v1)
b1(v3: i64):
    v4 = call main.g (i64) -> i64 (v3)
    v5 = icmp slt v4 v0
    brif v5 b1(v4) b2
b2:
    return
}
";
        assert_eq!(copied(text), [0, 1]);
    }

    #[test]
    fn results_and_calls_between() {
        let text = "func main.f(i64) {
b0(v0: i64):
    v1 = call main.g () -> i64 ()
    jump b1
b1:
    v2 = call main.h (i64) -> i64 (v0)
    v3 = icmp slt v2 v1
    brif v3 b1 b2
b2:
    return
}
";
        assert_eq!(copied(text), [1]);
    }
}
