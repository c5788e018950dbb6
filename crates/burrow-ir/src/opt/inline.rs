//! Inlining: small functions into their callers, over the whole program.
//!
//! Works on SSA form. A call's block is split behind the call; the callee's blocks are copied between the halves, its
//! entry parameters are the arguments, and its returns jump to the second half, whose parameters are the results.
//!
//! C1  Callees come before their callers: a function is looked at when all that it calls directly has been, except along
//!     recursion, so that what is inlined is final.
//! C2  Frames that somebody looks for stay: functions with a `DeferFrame`, or that read their caller's address or stack
//!     pointer (`recover`), are never copied; nor are those marked `//go:noinline`.
//! C4  A function that reads its closure does so in its entry block, before it calls. It is copied where the caller sets
//!     the closure just before the call.
//! C6  Where an inlined body has a way without a call and one with, the latter is cold in the caller.
//! C5  A call of a func value that this function made, or that is a function's static cell, is a direct call.
//! C6  Functions that start goroutines are not copied: what they share with these would stay in the caller's frame, where
//!     the collector finds it, and takes goroutines that nobody can wake for reachable.
//! C3  An instruction keeps its position and gets the call's as parent: tracebacks show the frames as written.
//!
//! gc: `cmd/compile/internal/inline`, with a budget of 80 nodes; here the budget counts instructions that are not on
//! cold paths, which is where panics of checks are.

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::abi::g;
use crate::cfg::Cfg;
use crate::ir::{
    Block, Conv, Edge, Func, Inst, Loc, LocData, MemFlags, Module, Op, Slot, Term, Value,
    func_flags,
};

/// A callee may have this many instructions outside of cold blocks.
const BUDGET: usize = 24;
/// And this many calls among them.
const MAX_CALLS: usize = 1;
/// And this many blocks, cold ones included.
const MAX_BLOCKS: usize = 16;
/// A caller stops growing here.
const MAX_CALLER: usize = 4000;
/// And where its slots have this size. A callee without slots may still be inlined.
const MAX_FRAME: u64 = 256 << 10;

/// Runs the pass over all functions of a program.
pub fn run(module: &mut Module) {
    let funcs = &mut module.funcs;
    let index: FxHashMap<Symbol, usize> =
        funcs.iter().enumerate().map(|(i, f)| (f.name, i)).collect();
    let mut pass =
        Pass { index, bodies: FxHashMap::default(), state: vec![State::New; funcs.len()] };
    for i in 0..funcs.len() {
        pass.post_order(funcs, i);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Active,
    Done,
}

struct Body {
    func: Func,
    /// C4
    reads_closure: bool,
}

struct Pass {
    index: FxHashMap<Symbol, usize>,
    /// What may be inlined, in its final form.
    bodies: FxHashMap<Symbol, Body>,
    state: Vec<State>,
}

impl Pass {
    /// Looks at a function after what it calls, without recursion: call chains are long.
    fn post_order(&mut self, funcs: &mut [Func], root: usize) {
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
                    self.inline_into(funcs, i);
                }
            }
        }
    }

    fn inline_into(&mut self, funcs: &mut [Func], i: usize) {
        self.expand(&mut funcs[i]);
        self.state[i] = State::Done;
        if is_inlinable(&funcs[i]) {
            let func = funcs[i].clone();
            let reads_closure = func.insts.iter().any(|d| reads_closure(&d.op));
            self.bodies.insert(func.name, Body { func, reads_closure });
        }
    }

    /// Replaces calls of `f` by bodies.
    fn expand(&self, f: &mut Func) {
        let mut known = ClosureFacts::default();
        let mut frame = f.slots_size();
        let mut b = 0;
        while b < f.blocks.len() {
            let mut k = 0;
            while k < f.blocks[b].insts.len() {
                let inst = f.blocks[b].insts[k];
                if matches!(f.insts[inst.index()].op, Op::CallIndirect(..)) {
                    known.make_direct(f, inst, &self.index);
                }
                let Op::Call(symbol, sig, _) = &f.insts[inst.index()].op else {
                    k += 1;
                    continue;
                };
                let body = self.bodies.get(symbol).filter(|body| {
                    let g = &body.func;
                    sig.conv == Conv::Go
                        && g.sig == **sig
                        && g.name != f.name
                        && !f.blocks[b].cold
                        && f.insts.len() + g.insts.len() < MAX_CALLER
                        && (g.slots.is_empty() || frame + g.slots_size() <= MAX_FRAME)
                });
                let closure = closure_at(f, b, k);
                match body {
                    Some(body) if !body.reads_closure || closure.is_some() => {
                        frame += body.func.slots_size();
                        let mut at = k;
                        if let Some((place, _)) = closure {
                            f.blocks[b].insts.remove(place);
                            at -= 1;
                        }
                        // The rest of the block is looked at when its turn comes.
                        let closure = closure.map(|c| c.1);
                        inline_call(f, Block(b as u32), at, inst, body, closure, &mut known);
                        break;
                    }
                    _ => k += 1,
                }
            }
            b += 1;
        }
        for b in known.slow {
            f.blocks[b.index()].cold = true;
        }
    }
}

/// Where the closure of a call, instruction `at` of a block, is set, and to what.
fn closure_at(f: &Func, b: usize, at: usize) -> Option<(usize, Value)> {
    for (place, inst) in f.blocks[b].insts[..at].iter().enumerate().rev() {
        match f.insts[inst.index()].op {
            Op::StoreG(g::CTX, v) => return Some((place, v)),
            Op::Call(..) | Op::CallIndirect(..) => return None,
            _ => {}
        }
    }
    None
}

/// What is known of func values, in a function that grows (C5).
#[derive(Default)]
struct ClosureFacts {
    /// Parameters of blocks that one edge leads to, and their arguments.
    alias: FxHashMap<Value, Value>,
    /// The instruction that makes a value, if it is of one of the kinds that are asked for.
    defs: FxHashMap<Value, Inst>,
    /// What is stored at an object's first word; `None`: several values.
    code: FxHashMap<Value, Option<Value>>,
    /// Instructions that have been noted.
    seen: usize,
    /// Blocks of inlined bodies that are the other way to a fast one.
    slow: Vec<Block>,
}

impl ClosureFacts {
    fn resolve(&self, mut v: Value) -> Value {
        while let Some(&to) = self.alias.get(&v) {
            v = to;
        }
        v
    }

    fn note(&mut self, f: &Func) {
        let new_object = Symbol::new(super::escape::NEW_OBJECT);
        for (i, d) in f.insts.iter().enumerate().skip(self.seen) {
            match &d.op {
                Op::Load(_, 0, _) | Op::SymAddr(_, 0) => {
                    self.defs.insert(d.result, Inst(i as u32));
                }
                Op::Call(s, ..) if *s == new_object => {
                    self.defs.insert(d.result, Inst(i as u32));
                }
                Op::Store(v, base, 0, _) => {
                    let base = self.resolve(*base);
                    self.code.entry(base).and_modify(|c| *c = None).or_insert(Some(*v));
                }
                _ => {}
            }
        }
        self.seen = f.insts.len();
    }

    fn def<'f>(&self, f: &'f Func, v: Value) -> Option<&'f Op> {
        self.defs.get(&self.resolve(v)).map(|i| &f.insts[i.index()].op)
    }

    /// The function that a func value is of.
    fn code_of(&self, f: &Func, closure: Value) -> Option<Symbol> {
        let stored = match self.def(f, closure)? {
            Op::SymAddr(cell, 0) => return cell_of(*cell),
            Op::Call(..) => (*self.code.get(&self.resolve(closure))?)?,
            _ => return None,
        };
        match self.def(f, stored)? {
            Op::SymAddr(code, 0) => Some(*code),
            _ => None,
        }
    }

    fn make_direct(&mut self, f: &mut Func, call: Inst, funcs: &FxHashMap<Symbol, usize>) {
        self.note(f);
        let Op::CallIndirect(code, sig, args) = &f.insts[call.index()].op else { return };
        let load = self.resolve(*code);
        let Some(&load) = self.defs.get(&load) else { return };
        let Op::Load(closure, 0, _) = f.insts[load.index()].op else { return };
        let Some(symbol) = self.code_of(f, closure).filter(|s| funcs.contains_key(s)) else {
            return;
        };
        f.insts[call.index()].op = Op::Call(symbol, sig.clone(), args.clone());
        // It isn't nil, and nothing else needs the load.
        f.insts[load.index()].op = Op::Load(closure, 0, MemFlags::SAFE);
    }
}

/// The function whose static func value a symbol is.
fn cell_of(s: Symbol) -> Option<Symbol> {
    s.as_str().strip_suffix("·f").map(Symbol::new)
}

fn callees(f: &Func) -> impl Iterator<Item = Symbol> + '_ {
    f.blocks.iter().filter(|b| !b.cold).flat_map(|b| &b.insts).filter_map(|i| {
        match &f.insts[i.index()].op {
            Op::Call(s, sig, _) if sig.conv == Conv::Go => Some(*s),
            // It may turn out to be called (C5).
            Op::SymAddr(s, 0) => Some(cell_of(*s).unwrap_or(*s)),
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
    let start = Symbol::new("runtime.newproc");
    if f.flags & barred != 0 || f.sig.conv != Conv::Go {
        return false;
    }
    // Escape analysis comes after this.
    let name = f.name.as_str();
    if matches!(name, super::escape::NEW_OBJECT | super::escape::MAKE_SLICE)
        || super::escape::BUFFERED.contains(&name)
    {
        return false;
    }
    if reads_closure_late(f) {
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
                Op::Call(s, ..) if s == f.name || s == start => return false,
                ref op if op.is_call() && !b.cold => calls += 1,
                Op::Iconst(_) | Op::Fconst(_) => continue,
                _ => {}
            }
            if !b.cold {
                size += 1;
            }
        }
    }
    size <= BUDGET && calls <= MAX_CALLS && blocks <= MAX_BLOCKS && !Cfg::new(f).has_loop(f)
}

fn reads_closure(op: &Op) -> bool {
    matches!(op, Op::LoadG(g::CTX))
}

/// C4
fn reads_closure_late(f: &Func) -> bool {
    let entry = &f.blocks[0].insts;
    let calls = |i: &Inst| {
        let op = &f.insts[i.index()].op;
        op.is_call() || matches!(op, Op::StoreG(..))
    };
    let early = entry.iter().position(calls).unwrap_or(entry.len());
    let others = f.blocks[1..].iter().flat_map(|b| &b.insts);
    entry[early..].iter().chain(others).any(|i| reads_closure(&f.insts[i.index()].op))
}

/// Replaces the call, instruction `at` of block `b`, by the body of `g`.
fn inline_call(
    f: &mut Func,
    b: Block,
    at: usize,
    call: Inst,
    body: &Body,
    closure: Option<Value>,
    known: &mut ClosureFacts,
) {
    let g = &body.func;
    let data = f.insts[call.index()].clone();
    let Op::Call(_, _, args) = data.op else { return };
    let mut map = Mapping::prepare(f, g, data.loc);
    if let Some(closure) = closure.filter(|_| body.reads_closure) {
        let reads = g.insts.iter().filter(|d| reads_closure(&d.op));
        map.replaced = reads.map(|d| (d.result, closure)).collect();
    }

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
    known.slow.extend(slow_paths(g).map(|b| map.block(b)));
    let params = g.blocks[0].params.iter().map(|&p| map.value(p));
    known.alias.extend(params.zip(args.iter().copied()));
    let mut returns = g.blocks.iter().filter_map(|b| match &b.term {
        Term::Return(values) => Some(values),
        _ => None,
    });
    if let (Some(values), None) = (returns.next(), returns.next()) {
        let results = f.blocks[rest.index()].params.iter().copied();
        known.alias.extend(results.zip(values.iter().map(|&v| map.value(v))));
    }
    let entry = map.block(crate::ir::ENTRY);
    f.blocks[b.index()].term = Term::Jump(Edge { to: entry, args });
    f.blocks[b.index()].term_loc = data.loc;
}

/// Blocks that call, where the other way does not: so short a function with a call has a fast path and a slow one (C6).
fn slow_paths(g: &Func) -> impl Iterator<Item = Block> + '_ {
    let calls = |b: Block| {
        let insts = &g.blocks[b.index()].insts;
        insts.iter().any(|i| g.insts[i.index()].op.is_call())
    };
    g.blocks.iter().filter_map(move |b| match &b.term {
        Term::Brif(_, x, y) if calls(x.to) != calls(y.to) => {
            Some(if calls(x.to) { x.to } else { y.to })
        }
        _ => None,
    })
}

/// Where things of the callee are in the caller.
struct Mapping {
    first_value: u32,
    first_block: u32,
    first_slot: u32,
    locs: Vec<Loc>,
    /// Values of the callee that are values of the caller (C4).
    replaced: Vec<(Value, Value)>,
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
        Mapping { first_value, first_block, first_slot, locs, replaced: Vec::new() }
    }

    fn value(&self, v: Value) -> Value {
        match self.replaced.iter().find(|r| r.0 == v) {
            Some(r) => r.1,
            None => Value(self.first_value + v.0),
        }
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
                if reads_closure(&d.op) && !self.replaced.is_empty() {
                    continue;
                }
                if let Op::Load(base, _, flags) = &mut d.op
                    && self.replaced.iter().any(|r| r.0 == *base)
                {
                    // The closure is written in the caller.
                    flags.readonly = false;
                }
                d.op.map_values(|v| self.value(v));
                d.op.map_slot(|s| Slot(self.first_slot + s.0));
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
    use crate::ir::{BinOp, Conv, ENTRY, Func, Loc, Module, Op, Sig, Term, Ty, Value};
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
        let funcs = vec![f, g];
        let mut module = Module { funcs, ..Module::default() };
        run(&mut module);
        let funcs = module.funcs;
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
        let funcs = vec![f];
        let mut module = Module { funcs, ..Module::default() };
        run(&mut module);
        let funcs = module.funcs;
        assert!(funcs[0].to_string().contains("call f"));
    }
}
