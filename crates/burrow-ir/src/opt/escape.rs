//! Escape analysis: objects that nothing outlives their function with live in its frame.
//!
//! Works on the SSA form of a whole program, after inlining. For each function it finds what pointers may point to
//! (`escape/graph.rs`): objects that the function makes, slots of its frame, what its parameters point to, and the rest of
//! the world, the *heap*. An object that the heap, a result or something behind a parameter may point to escapes; others
//! become slots of the frame. What a function does with its parameters is its [`Summary`], for its callers.
//!
//! E1  A slot stands for the newest object of its instruction: an older one, of an earlier turn of a loop, must be dead. So
//!     a pointer to an object that is made in a loop goes along no edge back to the beginning of a loop, and into no object
//!     but one made in the same turn of the same innermost loop.
//! E2  A slot is zeroed where the object was made.
//! E3  What is passed to a tail call isn't in the frame, which is gone then.
//! E4  A function that calls itself is looked at until its summary stays. Along other recursion, arguments escape.
//! E5  A closure's code is stored in it where it is made. What the code may do with the captured variables when it is
//!     called, by whomever, happens there (the code's context is a parameter of it), so calling a closure lets nothing
//!     escape but the arguments.
//! E6  What is on the heap never points to a slot: an object that can't be in the frame is the heap, and what is stored in
//!     it escapes.
//!
//! Frames never move, and stacks are scanned conservatively, so pointers into slots and out of them need no care. Stores
//! into slots need no barrier, and lose it.
//!
//! Objects that remain get their size as a constant: `newobject(t)` becomes `mallocgc(size, t, true)`.
//! gc: `cmd/compile/internal/escape`, which works on the syntax tree.

mod graph;

use burrow_syntax::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::ir::{
    Conv, Data, DataKind, Func, Inst, InstData, Module, Op, Sig, Slot, SlotData, Ty, Value,
};
use graph::{Bits, Graph};

/// Makes a zeroed object of a type. The inliner leaves it, and the next, for this pass.
pub const NEW_OBJECT: &str = "runtime.newobject";
/// Makes the array of a slice: type of the elements, length, capacity.
pub const MAKE_SLICE: &str = "runtime.makeslice";
/// Their first argument is room for the result, or nil. The inliner leaves them, too.
pub const BUFFERED: [&str; 5] = [
    "runtime.concatstring2",
    "runtime.concatstring3",
    "runtime.concatstrings",
    "runtime.slicebytetostring",
    "runtime.stringtoslicebyte",
];
/// `runtime.tmpBuf`
const BUFFER: Layout = (32, 8);
/// Makes an object: size, type, whether to zero it.
pub const MALLOC: &str = "runtime.mallocgc";
/// Larger objects stay on the heap: frames are to be small. gc: 64 KiB for objects made by `new` and `&T{}`.
const LARGEST: u64 = 1024;
/// A frame takes this much of them altogether.
const MAX_FRAME: u64 = 4096;
/// Larger functions are not looked at: their parameters escape, and their objects.
const MAX_INSTS: usize = 20_000;

/// Runs the pass over all functions of a program. Its data has the descriptors of types.
pub fn run(module: &mut Module) {
    let Module { funcs, datas, noescape } = module;
    let types = types(datas);
    let names = Names::new(funcs);
    let index = funcs.iter().enumerate().map(|(i, f)| (f.name, i)).collect();
    let kinds = datas.iter().map(|d| (d.name, d.kind)).collect();
    let mut pass = Pass { funcs, index, types: &types, kinds, noescape, states: Vec::new(), names };
    pass.states.resize_with(pass.funcs.len(), || State::New);
    let made: Vec<usize> = (0..pass.funcs.len()).filter(|&i| pass.makes_objects(i)).collect();
    for &i in &made {
        pass.analyze(i);
    }
    let Pass { states, names, .. } = pass;
    for (f, state) in funcs.iter_mut().zip(&states) {
        if let State::Done(found) = state {
            for &i in &found.local_stores {
                if let Op::Store(_, _, _, flags) = &mut f.insts[i.index()].op {
                    flags.barrier = false;
                }
            }
        }
    }
    for i in made {
        if let State::Done(found) = &states[i] {
            rewrite(&mut funcs[i], &found.slots, &types, &names);
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

const HARMLESS: [&str; 8] = [
    "runtime.memequal",
    "runtime.memclrNoHeapPointers",
    "runtime.memclrHasPointers",
    "runtime.typedmemclr",
    "runtime.keepAlive",
    // The records of the frame are the frame's own.
    "runtime.deferreturn",
    "runtime.gorecover",
    // What it points to is the caller's as long as the kernel looks at it.
    "internal/runtime/syscall/linux.Syscall6",
];

/// Functions that the pass knows.
struct Names {
    new_object: Symbol,
    make_slice: Symbol,
    malloc: Symbol,
    buffered: [Symbol; BUFFERED.len()],
    /// to, from, …
    moves: [Symbol; 2],
    /// type, to, from
    typed_move: Symbol,
    /// They only look at what their arguments point to, or take numbers, which are not told from pointers.
    harmless: FxHashSet<Symbol>,
}

impl Names {
    fn new(funcs: &[Func]) -> Names {
        let mut harmless: FxHashSet<Symbol> = HARMLESS.iter().map(|n| Symbol::new(n)).collect();
        harmless.extend(funcs.iter().map(|f| f.name).filter(|n| {
            let name = n.as_str();
            name.starts_with("runtime.panicIndex") || name.starts_with("runtime.panicSlice")
        }));
        Names {
            new_object: Symbol::new(NEW_OBJECT),
            make_slice: Symbol::new(MAKE_SLICE),
            malloc: Symbol::new(MALLOC),
            buffered: BUFFERED.map(Symbol::new),
            moves: ["runtime.memmove", "runtime.memmovePointers"].map(Symbol::new),
            typed_move: Symbol::new("runtime.typedmemmove"),
            harmless,
        }
    }
}

/// What a function does with its parameters. The context of a closure is its last one, behind those of the signature.
/// Bit 0 of a set is the heap, bit 1 + 3k + l what is reached from parameter k by l steps; l = 2: or more.
#[derive(Clone, Default, PartialEq)]
struct Summary {
    /// What the heap may point to afterwards.
    leaks: Bits,
    /// What results may be.
    results: Vec<Bits>,
    /// What is stored in what is reached by l steps from parameter k, by 3k + l.
    stores: Vec<Bits>,
}

/// What was found out about a function.
struct Found {
    summary: Summary,
    /// Objects that become slots.
    slots: Vec<(Inst, Layout)>,
    /// Stores that are into slots.
    local_stores: Vec<Inst>,
}

enum State {
    New,
    /// Being looked at, with the summary so far (E4).
    Active(Summary),
    Done(Found),
}

struct Pass<'a> {
    funcs: &'a [Func],
    index: FxHashMap<Symbol, usize>,
    types: &'a FxHashMap<Symbol, Layout>,
    kinds: FxHashMap<Symbol, DataKind>,
    noescape: &'a FxHashSet<Symbol>,
    states: Vec<State>,
    names: Names,
}

impl Pass<'_> {
    fn makes_objects(&self, i: usize) -> bool {
        let f = &self.funcs[i];
        let makes = |inst: &Inst| match &f.insts[inst.index()].op {
            Op::Call(s, ..) => {
                [self.names.new_object, self.names.make_slice, self.names.malloc].contains(s)
                    || self.names.buffered.contains(s)
            }
            _ => false,
        };
        f.blocks.iter().flat_map(|b| &b.insts).any(makes)
    }

    /// Finds out about a function, after those it calls.
    fn analyze(&mut self, i: usize) {
        if !matches!(self.states[i], State::New) {
            return;
        }
        let f = &self.funcs[i];
        let mut guess = Summary::default();
        if f.insts.len() > MAX_INSTS {
            let found =
                Found { summary: everything_leaks(f), slots: Vec::new(), local_stores: Vec::new() };
            self.states[i] = State::Done(found);
            return;
        }
        loop {
            self.states[i] = State::Active(guess.clone());
            let found = Graph::new(self, f).solve(self, i);
            let recursive = f.insts.iter().any(|d| match &d.op {
                Op::Call(s, ..) => *s == f.name,
                _ => false,
            });
            if !recursive || found.summary == guess {
                self.states[i] = State::Done(found);
                return;
            }
            guess = found.summary;
        }
    }

    /// The summary of a function; `None` if nothing is known of it.
    fn summary(&mut self, callee: Symbol, caller: usize) -> Option<Summary> {
        let i = *self.index.get(&callee)?;
        self.analyze(i);
        match &self.states[i] {
            State::Done(found) => Some(found.summary.clone()),
            State::Active(guess) if i == caller => Some(guess.clone()),
            State::Active(_) | State::New => None,
        }
    }
}

fn everything_leaks(f: &Func) -> Summary {
    let n = 3 * (f.sig.params.len() + 1);
    let mut leaks = Bits::default();
    for b in 0..=n {
        leaks.insert(b);
    }
    let mut heap = Bits::default();
    heap.insert(0);
    Summary { leaks, results: vec![heap.clone(); f.sig.results.len()], stores: vec![heap; n] }
}

/// The instructions that make values, where constants are asked for.
struct Defs(FxHashMap<Value, Inst>);

impl Defs {
    fn new(f: &Func) -> Defs {
        let wanted = |d: &InstData| matches!(d.op, Op::Iconst(_) | Op::SymAddr(..));
        let list = f.insts.iter().enumerate().filter(|(_, d)| wanted(d));
        Defs(list.map(|(i, d)| (d.result, Inst(i as u32))).collect())
    }

    fn constant(&self, f: &Func, v: Value) -> Option<i64> {
        match f.insts[self.0.get(&v)?.index()].op {
            Op::Iconst(n) => Some(n),
            _ => None,
        }
    }

    /// The symbol whose address a value is.
    fn symbol(&self, f: &Func, v: Value) -> Option<Symbol> {
        match f.insts[self.0.get(&v)?.index()].op {
            Op::SymAddr(symbol, 0) => Some(symbol),
            _ => None,
        }
    }
}

/// The layout of the object that a call makes, if it is known.
fn object(
    names: &Names,
    types: &FxHashMap<Symbol, Layout>,
    f: &Func,
    defs: &Defs,
    op: &Op,
) -> Option<Layout> {
    let Op::Call(symbol, _, args) = op else { return None };
    if *symbol == names.new_object {
        types.get(&defs.symbol(f, *args.first()?)?).copied()
    } else if *symbol == names.make_slice {
        let (size, align) = *types.get(&defs.symbol(f, args[0])?)?;
        let (len, cap) = (defs.constant(f, args[1])?, defs.constant(f, args[2])?);
        let fits = 0 <= len && len <= cap;
        let size = size.checked_mul(cap as u64).filter(|n| fits && *n < 1 << 30)?;
        Some((size, align))
    } else if *symbol == names.malloc {
        let size = defs.constant(f, args[0])?;
        (size > 0).then_some((size as u64, 8))
    } else if names.buffered.contains(symbol) {
        (defs.constant(f, args[0]) == Some(0)).then_some(BUFFER)
    } else {
        None
    }
}

/// Puts objects into slots, and makes the rest by `mallocgc`.
fn rewrite(
    f: &mut Func,
    slots: &[(Inst, Layout)],
    types: &FxHashMap<Symbol, Layout>,
    names: &Names,
) {
    let defs = Defs::new(f);
    let sig =
        Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64, Ty::I8], results: vec![Ty::I64] };
    for b in 0..f.blocks.len() {
        let mut k = 0;
        while k < f.blocks[b].insts.len() {
            let inst = f.blocks[b].insts[k];
            k += 1;
            let Op::Call(symbol, _, args) = &f.insts[inst.index()].op else { continue };
            if names.buffered.contains(symbol) {
                if slots.iter().any(|s| s.0 == inst) {
                    give_buffer(f, b, k - 1);
                    k += 1;
                }
                continue;
            }
            if ![names.new_object, names.make_slice, names.malloc].contains(symbol) {
                continue;
            }
            let (ty, malloc) = (args[0], *symbol == names.malloc);
            let InstData { result, loc, .. } = f.insts[inst.index()];
            if let Some((_, (size, align))) = slots.iter().find(|s| s.0 == inst) {
                let slot = Slot(f.slots.len() as u32);
                f.slots.push(SlotData { size: *size as u32, align: (*align).max(8), object: true });
                f.insts[inst.index()].op = Op::SlotAddr(slot, 0);
                let zero =
                    InstData { op: Op::MemZero(result, *size), result: Value(0), results: 0, loc };
                f.insts.push(zero);
                f.blocks[b].insts.insert(k, Inst(f.insts.len() as u32 - 1));
                k += 1;
                continue;
            }
            let op = &f.insts[inst.index()].op;
            let Some((size, _)) = object(names, types, f, &defs, op).filter(|_| !malloc) else {
                continue;
            };
            let mut constant = |ty: Ty, n: i64| {
                let v = Value(f.values.len() as u32);
                f.values.push(ty);
                f.insts.push(InstData { op: Op::Iconst(n), result: v, results: 1, loc });
                f.blocks[b].insts.insert(k - 1, Inst(f.insts.len() as u32 - 1));
                k += 1;
                v
            };
            let (size, zeroed) = (constant(Ty::I64, size as i64), constant(Ty::I8, 1));
            f.insts[inst.index()].op =
                Op::Call(names.malloc, Box::new(sig.clone()), vec![size, ty, zeroed]);
        }
    }
}

/// Gives a call, instruction `at` of a block, room for its result in the frame.
fn give_buffer(f: &mut Func, block: usize, at: usize) {
    let call = f.blocks[block].insts[at];
    let slot = f.new_slot(BUFFER.0, u64::from(BUFFER.1));
    let room = f.new_value(Ty::I64);
    let loc = f.insts[call.index()].loc;
    f.insts.push(InstData { op: Op::SlotAddr(slot, 0), result: room, results: 1, loc });
    f.blocks[block].insts.insert(at, Inst(f.insts.len() as u32 - 1));
    if let Op::Call(_, _, args) = &mut f.insts[call.index()].op {
        args[0] = room;
    }
}
