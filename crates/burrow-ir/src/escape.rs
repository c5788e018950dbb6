//! Escape analysis: objects that nothing outlives their function with live in its frame.
//!
//! Works on the SSA form of a whole program, after inlining. An *origin* is a parameter of the function, or an object
//! that it makes by `runtime.newobject`. Each value has at most one origin: that of the pointer it was computed from. An
//! origin escapes where such a value gets to a place that is not followed: memory, a result, a function that isn't known,
//! a parameter of one through which it escapes in turn. Objects that don't escape become slots of the frame.
//!
//! E1  A slot stands for the newest object of its instruction: an older one, of an earlier turn of a loop, is dead. So a
//!     pointer to an object in a slot is never an argument where edges meet: there a value of an earlier turn could come in.
//!     (Where one edge alone leads, a parameter is another name for its argument.)
//! E2  A slot is zeroed where the object was made.
//! E3  What is passed to a tail call isn't in the frame, which is gone then.
//! E4  A function that is being looked at (recursion) lets all its parameters escape.
//!
//! Frames never move, and stacks are scanned conservatively, so pointers into slots and out of them need no care.
//!
//! Objects that remain get their size as a constant: `newobject(t)` becomes `mallocgc(size, t, true)`.
//! gc: `cmd/compile/internal/escape`, which works on the syntax tree, follows stores, and moves slices as well.

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::ir::{
    BinOp, Conv, Data, Edge, Func, Inst, InstData, Op, Sig, Slot, SlotData, Term, Ty, Value,
    func_flags,
};

/// Makes a zeroed object of a type. The inliner leaves it for this pass.
pub const NEW_OBJECT: &str = "runtime.newobject";
/// The same with the size as a first argument.
pub const MALLOC: &str = "runtime.mallocgc";
/// Larger objects stay on the heap: frames are to be small. gc: 64 KiB for objects made by `new` and `&T{}`.
const LARGEST: u64 = 1024;
/// A frame takes this much of them altogether.
const MAX_FRAME: u64 = 4096;

/// Functions of the image that only look at what their arguments point to, or move it.
const HARMLESS: [&str; 7] = [
    "runtime.memmove",
    "runtime.memmovePointers",
    "runtime.memequal",
    "runtime.memclrNoHeapPointers",
    "runtime.memclrHasPointers",
    "runtime.typedmemmove",
    "runtime.typedmemclr",
];

/// Runs the pass over all functions of a program. `datas` has the descriptors of types.
pub fn run(funcs: &mut [Func], datas: &[Data]) {
    let types = types(datas);
    let index = funcs.iter().enumerate().map(|(i, f)| (f.name, i)).collect();
    let mut pass = Pass {
        funcs,
        index,
        types: &types,
        states: Vec::new(),
        new_object: Symbol::new(NEW_OBJECT),
        harmless: HARMLESS.map(Symbol::new),
    };
    pass.states.resize_with(pass.funcs.len(), || State::New);
    let made: Vec<usize> = (0..pass.funcs.len()).filter(|&i| pass.makes_objects(i)).collect();
    for &i in &made {
        pass.look_at(i);
    }
    let states = std::mem::take(&mut pass.states);
    for i in made {
        if let State::Done { slots, .. } = &states[i] {
            rewrite(&mut funcs[i], slots, &types);
        }
    }
}

/// Size and alignment of an object.
type Layout = (u64, u32);

/// Those of types, from their descriptors: the first word, and byte 21 (`internal/abi.Type`).
fn types(datas: &[Data]) -> FxHashMap<Symbol, Layout> {
    let of = |d: &Data| {
        let size = d.bytes.first_chunk::<8>().map(|b| u64::from_le_bytes(*b))?;
        Some((d.name, (size, u32::from(*d.bytes.get(21)?))))
    };
    datas.iter().filter(|d| d.name.as_str().starts_with("type:")).filter_map(of).collect()
}

enum State {
    New,
    /// Being looked at (E4).
    Active,
    Done {
        /// Parameters that escape.
        escaping: Vec<bool>,
        /// Objects that become slots.
        slots: Vec<(Inst, Layout)>,
    },
}

struct Pass<'a> {
    funcs: &'a [Func],
    index: FxHashMap<Symbol, usize>,
    types: &'a FxHashMap<Symbol, Layout>,
    states: Vec<State>,
    new_object: Symbol,
    harmless: [Symbol; HARMLESS.len()],
}

/// No origin.
const NONE: u32 = u32::MAX;

/// Where the values of a function come from.
struct Origins {
    of: Vec<u32>,
    escapes: Vec<bool>,
    /// The instruction of each origin that is an object.
    objects: Vec<Option<(Inst, Layout)>>,
    changed: bool,
}

impl Origins {
    fn escape(&mut self, v: Value) {
        if let Some(e) = self.escapes.get_mut(self.of[v.index()] as usize)
            && !*e
        {
            *e = true;
            self.changed = true;
        }
    }

    /// `to` is computed from `from`.
    fn flow(&mut self, from: Value, to: Value) {
        let (a, b) = (self.of[from.index()], self.of[to.index()]);
        if a == NONE || a == b {
            return;
        }
        if b == NONE {
            self.of[to.index()] = a;
            self.changed = true;
        } else {
            // Of two origins: neither is followed.
            self.escape(from);
            self.escape(to);
        }
    }

    /// An argument of an edge (E1).
    fn merge(&mut self, from: Value, to: Value) {
        match self.objects.get(self.of[from.index()] as usize) {
            Some(Some(_)) => self.escape(from),
            _ => self.flow(from, to),
        }
    }
}

impl Pass<'_> {
    fn makes_objects(&self, i: usize) -> bool {
        let f = &self.funcs[i];
        let insts = f.blocks.iter().flat_map(|b| &b.insts);
        insts.into_iter().any(|inst| self.object(f, *inst).is_some())
    }

    /// The layout of the object that an instruction makes.
    fn object(&self, f: &Func, inst: Inst) -> Option<Layout> {
        let Op::Call(symbol, _, args) = &f.insts[inst.index()].op else { return None };
        let ty = (*symbol == self.new_object).then(|| args.first())??;
        self.types.get(&type_symbol(f, *ty)?).copied()
    }

    /// Finds out about a function, after those it calls.
    fn look_at(&mut self, i: usize) {
        if !matches!(self.states[i], State::New) {
            return;
        }
        self.states[i] = State::Active;
        let f = &self.funcs[i];
        let params = &f.blocks[0].params;
        let mut o = Origins {
            of: vec![NONE; f.values.len()],
            escapes: vec![false; params.len()],
            objects: vec![None; params.len()],
            changed: true,
        };
        for (k, p) in params.iter().enumerate().filter(|(_, p)| f.values[p.index()] == Ty::I64) {
            o.of[p.index()] = k as u32;
        }
        for &inst in f.blocks.iter().flat_map(|b| &b.insts) {
            if let Some(layout) = self.object(f, inst) {
                o.of[f.insts[inst.index()].result.index()] = o.escapes.len() as u32;
                o.escapes.push(layout.0 == 0 || layout.0 > LARGEST);
                o.objects.push(Some((inst, layout)));
            }
        }
        let mut edges = vec![0u32; f.blocks.len()];
        f.blocks.iter().for_each(|b| b.term.for_each_edge(|to| edges[to.index()] += 1));
        // Values of loops come from behind.
        while std::mem::take(&mut o.changed) {
            for b in &f.blocks {
                for &inst in &b.insts {
                    self.inst(&f.insts[inst.index()], &mut o);
                }
                term(f, &b.term, &edges, &mut o);
            }
        }
        let (mut slots, mut total) = (Vec::new(), 0);
        for (object, escapes) in o.objects.iter().zip(&o.escapes) {
            if let (Some((inst, (size, align))), false) = (object, escapes)
                && f.flags & func_flags::NOSPLIT == 0
                && total + size <= MAX_FRAME
            {
                total += size;
                slots.push((*inst, (*size, *align)));
            }
        }
        o.escapes.truncate(params.len());
        self.states[i] = State::Done { escaping: o.escapes, slots };
    }

    fn inst(&mut self, inst: &InstData, o: &mut Origins) {
        let result = inst.result;
        match &inst.op {
            // What is behind a pointer isn't the pointer; comparing it gives nothing away.
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::Icmp(..)
            | Op::Fcmp(..)
            | Op::Load(..)
            | Op::NilCheck(_)
            | Op::SlotAddr(..)
            | Op::SymAddr(..)
            | Op::MemCopy(..)
            | Op::MemZero(..)
            | Op::LoadG(_)
            | Op::GetG
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::AtomicLoad(_)
            | Op::Get(_) => {}
            Op::Unary(_, a) | Op::Cast(_, a) => o.flow(*a, result),
            // A distance isn't a pointer.
            Op::Binary(BinOp::Isub, a, b) if o.of[a.index()] != NONE && o.of[b.index()] != NONE => {
            }
            Op::Binary(_, a, b) => {
                o.flow(*a, result);
                o.flow(*b, result);
            }
            Op::Select(_, a, b) => {
                o.merge(*a, result);
                o.merge(*b, result);
            }
            Op::Fma(..) => {}
            Op::Store(value, ..) | Op::StoreG(_, value) | Op::Set(_, value) => o.escape(*value),
            Op::AtomicRmw(_, _, value) | Op::AtomicStore(value, _) => o.escape(*value),
            Op::AtomicCas(_, old, new) => {
                o.escape(*old);
                o.escape(*new);
            }
            Op::Call(symbol, sig, args) => self.call(*symbol, sig, args, o),
            Op::CallIndirect(_, _, args) => args.iter().for_each(|a| o.escape(*a)),
        }
    }

    fn call(&mut self, symbol: Symbol, sig: &Sig, args: &[Value], o: &mut Origins) {
        // Nothing is asked of callees that get nothing of interest.
        let followed = |o: &Origins, a: Value| {
            o.escapes.get(o.of[a.index()] as usize).is_some_and(|escapes| !escapes)
        };
        if self.harmless.contains(&symbol) || !args.iter().any(|a| followed(o, *a)) {
            return;
        }
        let callee = self.index.get(&symbol).copied().filter(|_| sig.conv == Conv::Go);
        if let Some(i) = callee {
            self.look_at(i);
        }
        for (k, &a) in args.iter().enumerate() {
            let stays = callee.is_some_and(|i| match &self.states[i] {
                State::Done { escaping, .. } => escaping.get(k) == Some(&false),
                State::New | State::Active => false,
            });
            if !stays {
                o.escape(a);
            }
        }
    }
}

/// The end of a block. `edges` has the number of edges that lead to each block.
fn term(f: &Func, term: &Term, edges: &[u32], o: &mut Origins) {
    let edge = |e: &Edge, o: &mut Origins| {
        for (&arg, &param) in e.args.iter().zip(&f.blocks[e.to.index()].params) {
            if edges[e.to.index()] == 1 { o.flow(arg, param) } else { o.merge(arg, param) }
        }
    };
    match term {
        Term::None | Term::Unreachable | Term::Switch(..) | Term::DeferEnter(..) => {}
        Term::Jump(e) => edge(e, o),
        Term::Brif(_, a, b) => {
            edge(a, o);
            edge(b, o);
        }
        Term::Return(values) => values.iter().for_each(|v| o.escape(*v)),
        Term::TailCall(_, _, args) | Term::TailCallIndirect(_, _, args) => {
            args.iter().for_each(|a| o.escape(*a));
        }
    }
}

/// The type whose descriptor's address a value is.
fn type_symbol(f: &Func, v: Value) -> Option<Symbol> {
    let def = f.insts.iter().find(|i| i.result == v && i.results == 1)?;
    match def.op {
        Op::SymAddr(symbol, 0) => Some(symbol),
        _ => None,
    }
}

/// Puts objects into slots, and makes the rest by `mallocgc`.
fn rewrite(f: &mut Func, slots: &[(Inst, Layout)], types: &FxHashMap<Symbol, Layout>) {
    let new_object = Symbol::new(NEW_OBJECT);
    let malloc = Symbol::new(MALLOC);
    let sig =
        Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64, Ty::I8], results: vec![Ty::I64] };
    for b in 0..f.blocks.len() {
        let mut k = 0;
        while k < f.blocks[b].insts.len() {
            let inst = f.blocks[b].insts[k];
            k += 1;
            let Op::Call(symbol, _, args) = &f.insts[inst.index()].op else { continue };
            if *symbol != new_object {
                continue;
            }
            let ty = args[0];
            let InstData { result, loc, .. } = f.insts[inst.index()];
            if let Some((_, (size, align))) = slots.iter().find(|s| s.0 == inst) {
                let slot = Slot(f.slots.len() as u32);
                f.slots.push(SlotData { size: *size as u32, align: (*align).max(8) });
                f.insts[inst.index()].op = Op::SlotAddr(slot, 0);
                let zero =
                    InstData { op: Op::MemZero(result, *size), result: Value(0), results: 0, loc };
                f.insts.push(zero);
                f.blocks[b].insts.insert(k, Inst(f.insts.len() as u32 - 1));
                k += 1;
                continue;
            }
            let Some((size, _)) = type_symbol(f, ty).and_then(|t| types.get(&t)) else { continue };
            let mut constant = |ty: Ty, n: i64| {
                let v = Value(f.values.len() as u32);
                f.values.push(ty);
                f.insts.push(InstData { op: Op::Iconst(n), result: v, results: 1, loc });
                f.blocks[b].insts.insert(k - 1, Inst(f.insts.len() as u32 - 1));
                k += 1;
                v
            };
            let (size, zeroed) = (constant(Ty::I64, *size as i64), constant(Ty::I8, 1));
            f.insts[inst.index()].op =
                Op::Call(malloc, Box::new(sig.clone()), vec![size, ty, zeroed]);
        }
    }
}
