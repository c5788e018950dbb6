//! Inlining: small functions into their callers, over the whole program.
//!
//! Works on SSA form. A call's block is split behind the call; the callee's blocks are copied between the halves, its
//! entry parameters are the arguments, and its returns jump to the second half, whose parameters are the results.
//!
//! C1  Callees come before their callers: a function is looked at when all that it calls directly has been, except along
//!     recursion, so that what is inlined is final.
//! C2  Frames that somebody looks for stay: functions with a `DeferFrame`, that read their caller's address or stack
//!     pointer (`recover`), or their closure, are never copied; nor are those marked `//go:noinline`.
//! C3  An instruction keeps its position and gets the call's as parent: tracebacks show the frames as written.
//!
//! gc: `cmd/compile/internal/inline`, with a budget of 80 nodes; here the budget counts instructions that are not on
//! cold paths, which is where panics of checks are.

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::ir::{Block, Conv, Edge, Func, Inst, Loc, LocData, Op, Slot, Term, Value, func_flags};

/// A callee may have this many instructions outside of cold blocks.
const BUDGET: usize = 24;
/// And this many calls among them.
const MAX_CALLS: usize = 1;
/// And this many blocks, cold ones included.
const MAX_BLOCKS: usize = 16;
/// A caller stops growing here.
const MAX_CALLER: usize = 4000;

/// Runs the pass over all functions of a program.
pub fn run(funcs: &mut [Func]) {
    let index: FxHashMap<Symbol, usize> =
        funcs.iter().enumerate().map(|(i, f)| (f.name, i)).collect();
    let mut pass =
        Pass { index, bodies: FxHashMap::default(), state: vec![State::New; funcs.len()] };
    for i in 0..funcs.len() {
        pass.visit(funcs, i);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Active,
    Done,
}

struct Pass {
    index: FxHashMap<Symbol, usize>,
    /// What may be inlined, in its final form.
    bodies: FxHashMap<Symbol, Func>,
    state: Vec<State>,
}

impl Pass {
    /// Looks at a function after what it calls, without recursion: call chains are long.
    fn visit(&mut self, funcs: &mut [Func], root: usize) {
        let mut stack = vec![(root, 0usize)];
        while let Some(&(i, next)) = stack.last() {
            if next == 0 {
                if self.state[i] != State::New {
                    stack.pop();
                    continue;
                }
                self.state[i] = State::Active;
            }
            let callee = callees(&funcs[i]).nth(next);
            match callee {
                Some(callee) => {
                    if let Some(top) = stack.last_mut() {
                        top.1 += 1;
                    }
                    if let Some(&j) = self.index.get(&callee)
                        && self.state[j] == State::New
                        && may_be_small(&funcs[j])
                    {
                        stack.push((j, 0));
                    }
                }
                None => {
                    stack.pop();
                    self.finish(funcs, i);
                }
            }
        }
    }

    fn finish(&mut self, funcs: &mut [Func], i: usize) {
        self.expand(&mut funcs[i]);
        self.state[i] = State::Done;
        if is_inlinable(&funcs[i]) {
            self.bodies.insert(funcs[i].name, funcs[i].clone());
        }
    }

    /// Replaces calls of `f` by bodies.
    fn expand(&self, f: &mut Func) {
        let mut b = 0;
        while b < f.blocks.len() {
            let mut k = 0;
            while k < f.blocks[b].insts.len() {
                let inst = f.blocks[b].insts[k];
                let Op::Call(symbol, sig, _) = &f.insts[inst.index()].op else {
                    k += 1;
                    continue;
                };
                let body = self.bodies.get(symbol).filter(|g| {
                    sig.conv == Conv::Go
                        && g.sig == **sig
                        && g.name != f.name
                        && !f.blocks[b].cold
                        && f.insts.len() + g.insts.len() < MAX_CALLER
                });
                match body {
                    Some(g) => {
                        // The rest of the block is looked at when its turn comes.
                        inline_call(f, Block(b as u32), k, inst, g);
                        break;
                    }
                    None => k += 1,
                }
            }
            b += 1;
        }
    }
}

fn callees(f: &Func) -> impl Iterator<Item = Symbol> + '_ {
    f.blocks.iter().filter(|b| !b.cold).flat_map(|b| &b.insts).filter_map(|i| {
        match &f.insts[i.index()].op {
            Op::Call(s, sig, _) if sig.conv == Conv::Go => Some(*s),
            _ => None,
        }
    })
}

/// A quick look before anything in the function was inlined: inlining makes it larger only if it calls.
fn may_be_small(f: &Func) -> bool {
    f.blocks.len() <= 2 * MAX_BLOCKS && f.insts.len() <= 4 * BUDGET
}

fn is_inlinable(f: &Func) -> bool {
    let barred = func_flags::DEFER | func_flags::NOINLINE | func_flags::WRAPPER;
    if f.flags & barred != 0 || f.sig.conv != Conv::Go {
        return false;
    }
    // Escape analysis comes after this.
    if f.name.as_str() == crate::escape::NEW_OBJECT {
        return false;
    }
    let (mut size, mut calls, mut blocks) = (0, 0, 0);
    for b in &f.blocks {
        match b.term {
            Term::DeferEnter(..) | Term::TailCall(..) | Term::TailCallIndirect(..) => return false,
            Term::Unreachable if b.insts.is_empty() => continue,
            _ => {}
        }
        blocks += 1;
        for i in &b.insts {
            match f.insts[i.index()].op {
                Op::CallerSp | Op::ReturnAddress => return false,
                Op::LoadG(offset) if offset == crate::lower::G_CTX => return false,
                Op::Call(s, ..) if s == f.name => return false,
                Op::Call(..) | Op::CallIndirect(..) if !b.cold => calls += 1,
                Op::Iconst(_) | Op::Fconst(_) => continue,
                _ => {}
            }
            if !b.cold {
                size += 1;
            }
        }
    }
    size <= BUDGET && calls <= MAX_CALLS && blocks <= MAX_BLOCKS && !has_loop(f)
}

/// Whether a block jumps to itself or backwards: blocks are in the order of the source.
fn has_loop(f: &Func) -> bool {
    let order = crate::ssa::reverse_postorder(f);
    let mut place = vec![usize::MAX; f.blocks.len()];
    for (i, b) in order.iter().enumerate() {
        place[b.index()] = i;
    }
    let mut back = false;
    for b in &order {
        f.blocks[b.index()].term.for_each_edge(|to| back |= place[to.index()] <= place[b.index()]);
    }
    back
}

/// Replaces the call, instruction `at` of block `b`, by the body of `g`.
fn inline_call(f: &mut Func, b: Block, at: usize, call: Inst, g: &Func) {
    let data = f.insts[call.index()].clone();
    let Op::Call(_, _, args) = data.op else { return };
    let map = Mapping::prepare(f, g, data.loc);

    // The second half takes what follows, and the results as parameters.
    let rest = f.new_block();
    let tail = f.blocks[b.index()].insts.split_off(at + 1);
    f.blocks[b.index()].insts.pop();
    f.blocks[rest.index()].insts = tail;
    f.blocks[rest.index()].term = std::mem::replace(&mut f.blocks[b.index()].term, Term::None);
    f.blocks[rest.index()].term_loc = f.blocks[b.index()].term_loc;
    f.blocks[rest.index()].cold = f.blocks[b.index()].cold;
    f.blocks[rest.index()].params = (0..data.results).map(|k| Value(data.result.0 + k)).collect();

    map.copy(f, g, rest);
    let entry = map.block(crate::ir::ENTRY);
    f.blocks[b.index()].term = Term::Jump(Edge { to: entry, args });
    f.blocks[b.index()].term_loc = data.loc;
}

/// Where things of the callee are in the caller.
struct Mapping {
    first_value: u32,
    first_block: u32,
    first_slot: u32,
    locs: Vec<Loc>,
}

impl Mapping {
    fn prepare(f: &mut Func, g: &Func, call: Loc) -> Mapping {
        let first_value = f.values.len() as u32;
        f.values.extend_from_slice(&g.values);
        let first_slot = f.slots.len() as u32;
        f.slots.extend_from_slice(&g.slots);
        let first_block = f.blocks.len() as u32;
        for _ in &g.blocks {
            f.new_block();
        }
        let mut locs = Vec::with_capacity(g.locs.len());
        for l in &g.locs {
            let inlined = match l.inlined {
                None => (g.display, call),
                // A parent comes before its children.
                Some((name, parent)) => (name, locs[parent.index()]),
            };
            f.locs.push(LocData { pos: l.pos, inlined: Some(inlined) });
            locs.push(Loc(f.locs.len() as u32 - 1));
        }
        Mapping { first_value, first_block, first_slot, locs }
    }

    fn value(&self, v: Value) -> Value {
        Value(self.first_value + v.0)
    }

    fn block(&self, b: Block) -> Block {
        Block(self.first_block + b.0)
    }

    fn edge(&self, e: &Edge) -> Edge {
        Edge { to: self.block(e.to), args: e.args.iter().map(|&v| self.value(v)).collect() }
    }

    fn copy(&self, f: &mut Func, g: &Func, rest: Block) {
        for (i, from) in g.blocks.iter().enumerate() {
            let to = self.block(Block(i as u32)).index();
            f.blocks[to].params = from.params.iter().map(|&v| self.value(v)).collect();
            f.blocks[to].cold = from.cold;
            f.blocks[to].term_loc = self.locs[from.term_loc.index()];
            for inst in &from.insts {
                let mut d = g.insts[inst.index()].clone();
                d.op.map_values(|v| self.value(v));
                if let Op::SlotAddr(s, _) = &mut d.op {
                    *s = Slot(self.first_slot + s.0);
                }
                d.result = self.value(d.result);
                d.loc = self.locs[d.loc.index()];
                f.insts.push(d);
                let new = Inst(f.insts.len() as u32 - 1);
                f.blocks[to].insts.push(new);
            }
            f.blocks[to].term = self.term(&from.term, rest);
        }
    }

    fn term(&self, t: &Term, rest: Block) -> Term {
        match t {
            Term::Return(vs) => {
                Term::Jump(Edge { to: rest, args: vs.iter().map(|&v| self.value(v)).collect() })
            }
            Term::Jump(e) => Term::Jump(self.edge(e)),
            Term::Brif(c, a, b) => Term::Brif(self.value(*c), self.edge(a), self.edge(b)),
            Term::Switch(v, cases, default) => Term::Switch(
                self.value(*v),
                cases.iter().map(|&(n, b)| (n, self.block(b))).collect(),
                self.block(*default),
            ),
            Term::Unreachable | Term::None => Term::Unreachable,
            Term::DeferEnter(..) | Term::TailCall(..) | Term::TailCallIndirect(..) => {
                unreachable!("C2: such functions are not inlined")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::run;
    use crate::ir::{BinOp, Conv, ENTRY, Func, Loc, Op, Sig, Term, Ty, Value};
    use burrow_syntax::{Pos, Symbol};

    fn func(name: &str, params: usize) -> Func {
        let sig = Sig { conv: Conv::Go, params: vec![Ty::I64; params], results: vec![Ty::I64] };
        Func::new(Symbol::new(name), Symbol::new(name), sig, Pos::NONE)
    }

    #[test]
    fn a_small_callee_disappears() {
        let mut g = func("g", 2);
        let i = g.push(ENTRY, Op::Binary(BinOp::Iadd, Value(0), Value(1)), &[Ty::I64], Loc(0));
        let r = g.insts[i.index()].result;
        g.blocks[0].term = Term::Return(vec![r]);
        let mut f = func("f", 1);
        let sig = Box::new(g.sig.clone());
        let call = Op::Call(g.name, sig, vec![Value(0), Value(0)]);
        let i = f.push(ENTRY, call, &[Ty::I64], Loc(0));
        let r = f.insts[i.index()].result;
        f.blocks[0].term = Term::Return(vec![r]);
        let mut funcs = vec![f, g];
        run(&mut funcs);
        let text = funcs[0].to_string();
        assert!(text.contains("iadd") && !text.contains("call"), "{text}");
        assert_eq!(funcs[0].locs.last().and_then(|l| l.inlined), Some((funcs[1].name, Loc(0))));
    }

    #[test]
    fn recursion_ends() {
        let mut f = func("f", 1);
        let sig = Box::new(f.sig.clone());
        let i = f.push(ENTRY, Op::Call(f.name, sig, vec![Value(0)]), &[Ty::I64], Loc(0));
        let r = f.insts[i.index()].result;
        f.blocks[0].term = Term::Return(vec![r]);
        let mut funcs = vec![f];
        run(&mut funcs);
        assert!(funcs[0].to_string().contains("call f"));
    }
}
