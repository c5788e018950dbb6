//! Whether a function is what `ir.rs` says that functions are: run between passes, it finds the one that broke it.
//!
//! VER-1  A value is defined once, as a parameter of a block or as a result of an instruction that is in one block, once.
//! VER-2  A value that is used is defined, and its definition dominates the use.
//! VER-3  A block has an end. Its edges lead to blocks that exist, not to the entry, with arguments of the number and types of
//!        the parameters. Edges without arguments, of a switch and to the block behind a `deferenter`, lead to blocks without
//!        parameters; a pad has one, an address. The entry's parameters are the function's.
//! VER-4  Operands and results have the types that the operation has.
//! VER-5  Arguments and results of a call are those of its signature, and what is returned is what the function's says. A tail
//!        call is of Go's convention and has the function's results.
//! VER-6  A slot exists. Its address, and what is read or written directly by it, is inside the slot, whose size counts in words.
//!        Accesses to a slot that was an object are the program's own business ([`SlotData::object`](crate::ir::SlotData)).
//! VER-7  Blocks that a landing pad leads to are reached through the pad alone, and use no value that is defined elsewhere.
//! VER-8  Locations exist.
//! VER-9  Variables exist, and are gone when SSA form is there.
//!
//! Blocks that can't be reached count for nothing. Cranelift's relative is `verifier`, gc's `ssa/check.go`.

use std::fmt;

use rustc_hash::FxHashMap;

use crate::cfg::{Cfg, Dominators, pad_region};
use crate::ir::{
    BinOp, Block, Cast, Conv, ENTRY, Edge, Func, Inst, Op, Sig, Slot, Term, Ty, UnOp, Value,
};

/// What is wrong with a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// The rule, `VER-2`.
    pub rule: &'static str,
    pub block: Block,
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.block, self.what)
    }
}

impl std::error::Error for Broken {}

type Result = std::result::Result<(), Broken>;

/// Looks at a function in SSA form.
///
/// # Errors
/// The first rule that is broken.
pub fn verify(f: &Func) -> Result {
    edges_exist(f)?;
    let cfg = Cfg::new(f);
    let mut v = Verifier {
        f,
        dominators: cfg.dominators(),
        cfg,
        defs: vec![None; f.values.len()],
        slots: FxHashMap::default(),
        pads: pad_region(f),
        block: ENTRY,
    };
    v.definitions()?;
    for &b in &v.cfg.order.clone() {
        v.block(b)?;
    }
    Ok(())
}

/// VER-3: blocks that edges lead to; the control flow can't be looked at without.
fn edges_exist(f: &Func) -> Result {
    for (i, b) in f.blocks.iter().enumerate() {
        let mut bad = None;
        b.term.for_each_edge(|to| {
            if to.index() >= f.blocks.len() || to == ENTRY {
                bad = Some(to);
            }
        });
        if let Some(to) = bad {
            let what = format!("an edge leads to {to}");
            return Err(Broken { rule: "VER-3", block: Block(i as u32), what });
        }
    }
    Ok(())
}

/// Where a value is defined: the block, and the index of the instruction behind it, 0 for parameters.
#[derive(Clone, Copy)]
struct Def {
    block: Block,
    before: usize,
}

struct Verifier<'f> {
    f: &'f Func,
    cfg: Cfg,
    dominators: Dominators,
    defs: Vec<Option<Def>>,
    /// Values that are addresses of slots, with an offset.
    slots: FxHashMap<Value, (Slot, i64)>,
    pads: Vec<bool>,
    /// The block being looked at.
    block: Block,
}

impl Verifier<'_> {
    fn fail(&self, rule: &'static str, what: impl Into<String>) -> Result {
        Err(Broken { rule, block: self.block, what: what.into() })
    }

    fn check(&self, holds: bool, rule: &'static str, what: impl FnOnce() -> String) -> Result {
        if holds { Ok(()) } else { self.fail(rule, what()) }
    }

    /// VER-1
    fn definitions(&mut self) -> Result {
        let mut placed = vec![false; self.f.insts.len()];
        for &b in &self.cfg.order.clone() {
            self.block = b;
            let data = &self.f.blocks[b.index()];
            for &p in &data.params {
                self.define(p, Def { block: b, before: 0 })?;
            }
            for (i, &inst) in data.insts.iter().enumerate() {
                let Some(place) = placed.get_mut(inst.index()) else {
                    return self.fail("VER-1", format!("there is no instruction {}", inst.0));
                };
                if std::mem::replace(place, true) {
                    return self.fail("VER-1", format!("instruction {} is there twice", inst.0));
                }
                let d = &self.f.insts[inst.index()];
                for k in 0..d.results {
                    self.define(Value(d.result.0 + k), Def { block: b, before: i + 1 })?;
                }
                if let Op::SlotAddr(slot, offset) = d.op {
                    self.slots.insert(d.result, (slot, offset.into()));
                }
            }
        }
        Ok(())
    }

    fn define(&mut self, v: Value, def: Def) -> Result {
        match self.defs.get(v.index()) {
            None => return self.fail("VER-1", format!("{v} has no type")),
            Some(Some(_)) => return self.fail("VER-1", format!("{v} is defined twice")),
            Some(None) => {}
        }
        self.defs[v.index()] = Some(def);
        Ok(())
    }

    fn block(&mut self, b: Block) -> Result {
        self.block = b;
        let data = &self.f.blocks[b.index()];
        if b == ENTRY {
            let types: Vec<Ty> = data.params.iter().map(|&p| self.f.ty(p)).collect();
            self.check(types == self.f.sig.params, "VER-3", || "other parameters".into())?;
        }
        let outside = |p: &Block| !self.pads[p.index()] && !self.enters_pad(*p, b);
        if self.pads[b.index()] && self.cfg.preds(b).iter().any(outside) {
            return self.fail("VER-7", "it is reached without its pad");
        }
        for (i, &inst) in data.insts.iter().enumerate() {
            let mut operands = Vec::new();
            self.f.insts[inst.index()].op.for_each_value(|v| operands.push(v));
            operands.into_iter().try_for_each(|v| self.used(v, i))?;
            self.inst(inst)?;
        }
        let mut operands = Vec::new();
        data.term.for_each_value(|v| operands.push(v));
        operands.into_iter().try_for_each(|v| self.used(v, data.insts.len()))?;
        let loc = data.term_loc.index();
        self.check(loc < self.f.locs.len(), "VER-8", || format!("location {loc}"))?;
        self.term(&data.term)
    }

    fn enters_pad(&self, from: Block, to: Block) -> bool {
        matches!(self.f.blocks[from.index()].term, Term::DeferEnter(_, next, pad) if pad == to && next != to)
    }

    /// VER-2 and VER-7, of a value that the instruction at an index uses.
    fn used(&self, v: Value, at: usize) -> Result {
        let Some(def) = self.defs.get(v.index()).copied().flatten() else {
            return self.fail("VER-2", format!("{v} is not defined"));
        };
        let (from, to) = (def.block, self.block);
        let dominates = match from == to {
            true => def.before <= at,
            false => self.dominators.dominates(from, to),
        };
        self.check(dominates, "VER-2", || format!("{v}, of {from}, is not known here"))?;
        let leaks = self.pads[to.index()] && !self.pads[from.index()];
        self.check(!leaks, "VER-7", || format!("{v} is of {from}, outside of the pad"))
    }

    fn ty(&self, v: Value) -> Ty {
        self.f.ty(v)
    }

    fn types(&self, rule: &'static str, values: &[Value], want: &[Ty], of: &str) -> Result {
        let have: Vec<Ty> = values.iter().map(|&v| self.ty(v)).collect();
        self.check(have == want, rule, || format!("{of}: {have:?}, not {want:?}"))
    }

    fn address(&self, v: Value) -> Result {
        self.check(self.ty(v) == Ty::PTR, "VER-4", || format!("{v} is no address"))
    }

    /// VER-6: `size` bytes, `offset` behind an address.
    fn inside(&self, address: Value, offset: i64, size: u64) -> Result {
        self.address(address)?;
        let Some(&(slot, at)) = self.slots.get(&address) else { return Ok(()) };
        let end = i128::from(at) + i128::from(offset) + i128::from(size);
        let slot_data = self.f.slots[slot.index()];
        if slot_data.object {
            return Ok(());
        }
        let words = u64::from(slot_data.size).next_multiple_of(8);
        let fits = at + offset >= 0 && end <= i128::from(words);
        self.check(fits, "VER-6", || format!("{size} bytes at s{}{:+}", slot.0, at + offset))
    }

    fn call(&self, sig: &Sig, args: &[Value], results: &[Value]) -> Result {
        self.types("VER-5", args, &sig.params, "arguments")?;
        self.types("VER-5", results, &sig.results, "results")
    }

    fn inst(&self, inst: Inst) -> Result {
        let d = &self.f.insts[inst.index()];
        let loc = d.loc.index();
        self.check(loc < self.f.locs.len(), "VER-8", || format!("location {loc}"))?;
        let results: Vec<Value> = (0..d.results).map(|k| Value(d.result.0 + k)).collect();
        match &d.op {
            Op::Call(_, sig, args) => return self.call(sig, args, &results),
            Op::CallIndirect(callee, sig, args) => {
                self.address(*callee)?;
                return self.call(sig, args, &results);
            }
            op if op.has_result() => {
                self.check(results.len() == 1, "VER-4", || format!("{} results", results.len()))?;
            }
            _ => self.check(results.is_empty(), "VER-4", || "a result of nothing".into())?,
        }
        match results.first() {
            Some(&r) => self.value(&d.op, self.ty(r)),
            None => self.effect(&d.op),
        }
    }

    /// VER-4, of an instruction with a result.
    fn value(&self, op: &Op, ty: Ty) -> Result {
        let is = |holds: bool| self.check(holds, "VER-4", || format!("types of {op:?} as {ty}"));
        let same = |list: &[Value]| list.iter().all(|&v| self.ty(v) == ty);
        match op {
            Op::Iconst(_) => is(!ty.is_float()),
            Op::Fconst(_) => is(ty.is_float()),
            Op::Unary(op, a) => is(same(&[*a]) && is_float_op(*op) == ty.is_float()),
            Op::Binary(op, a, b) => is(same(&[*a, *b]) && is_float_bin(*op) == ty.is_float()),
            Op::Icmp(_, a, b) => {
                let t = self.ty(*a);
                is(ty == Ty::I8 && !t.is_float() && self.ty(*b) == t)
            }
            Op::Fcmp(_, a, b) => {
                let t = self.ty(*a);
                is(ty == Ty::I8 && t.is_float() && self.ty(*b) == t)
            }
            Op::Cast(cast, a) => is(casts(*cast, self.ty(*a), ty)),
            Op::Select(c, a, b) => is(!self.ty(*c).is_float() && same(&[*a, *b])),
            Op::Load(a, offset, flags) => {
                is(!flags.barrier)?;
                self.inside(*a, (*offset).into(), ty.size().into())
            }
            Op::SlotAddr(slot, offset) => {
                let size = self.f.slots.get(slot.index()).map(|s| s.size);
                let Some(size) = size else { return self.fail("VER-6", "there is no such slot") };
                let inside = (0..=i64::from(size)).contains(&i64::from(*offset));
                self.check(inside, "VER-6", || format!("address s{}{offset:+}", slot.0))?;
                is(ty == Ty::PTR)
            }
            Op::Reload(slot) => {
                let size = self.f.slots.get(slot.index()).map_or(0, |s| s.size);
                self.check(ty.size() <= size, "VER-6", || format!("a value of s{}", slot.0))
            }
            Op::SymAddr(..) | Op::GetG | Op::CallerSp | Op::ReturnAddress => is(ty == Ty::PTR),
            Op::LoadG(_) => Ok(()),
            Op::AtomicRmw(_, a, v) => {
                self.inside(*a, 0, ty.size().into())?;
                is(!ty.is_float() && same(&[*v]))
            }
            Op::AtomicCas(a, old, new) => {
                self.inside(*a, 0, ty.size().into())?;
                is(!ty.is_float() && same(&[*old, *new]))
            }
            Op::AtomicLoad(a) => {
                self.inside(*a, 0, ty.size().into())?;
                is(!ty.is_float())
            }
            Op::Get(_) => self.fail("VER-9", "a variable is read"),
            _ => Ok(()),
        }
    }

    /// VER-4, of an instruction without a result.
    fn effect(&self, op: &Op) -> Result {
        match op {
            Op::Store(v, a, offset, flags) => {
                let ty = self.ty(*v);
                let holds = !flags.barrier || ty == Ty::PTR;
                self.check(holds, "VER-4", || "a barrier for no pointer".into())?;
                self.inside(*a, (*offset).into(), ty.size().into())
            }
            Op::NilCheck(a) => self.address(*a),
            Op::MemCopy(to, from, n) => {
                self.inside(*to, 0, *n)?;
                self.inside(*from, 0, *n)
            }
            Op::MemZero(to, n) => self.inside(*to, 0, *n),
            Op::AtomicStore(v, a) => {
                let ty = self.ty(*v);
                self.check(!ty.is_float(), "VER-4", || "an atomic float".into())?;
                self.inside(*a, 0, ty.size().into())
            }
            Op::Set(..) => self.fail("VER-9", "a variable is written"),
            _ => Ok(()),
        }
    }

    fn edge(&self, e: &Edge) -> Result {
        let params: Vec<Ty> =
            self.f.blocks[e.to.index()].params.iter().map(|&p| self.ty(p)).collect();
        self.types("VER-3", &e.args, &params, &format!("arguments for {}", e.to))
    }

    fn bare(&self, to: Block, params: &[Ty]) -> Result {
        let have: Vec<Ty> = self.f.blocks[to.index()].params.iter().map(|&p| self.ty(p)).collect();
        self.check(have == params, "VER-3", || format!("{to} has parameters {have:?}"))
    }

    fn term(&self, term: &Term) -> Result {
        let integer =
            |v: Value| self.check(!self.ty(v).is_float(), "VER-4", || format!("a branch on {v}"));
        match term {
            Term::None => self.fail("VER-3", "it has no end"),
            Term::Jump(e) => self.edge(e),
            Term::Brif(c, a, b) => {
                integer(*c)?;
                self.edge(a)?;
                self.edge(b)
            }
            Term::Switch(v, cases, default) => {
                integer(*v)?;
                cases.iter().try_for_each(|c| self.bare(c.1, &[]))?;
                self.bare(*default, &[])
            }
            Term::Return(vs) => self.types("VER-5", vs, &self.f.sig.results, "what is returned"),
            Term::TailCall(_, sig, args) => self.tail_call(sig, args),
            Term::TailCallIndirect(callee, sig, args) => {
                self.address(*callee)?;
                self.tail_call(sig, args)
            }
            Term::DeferEnter(frame, next, pad) => {
                self.address(*frame)?;
                self.bare(*next, &[])?;
                self.bare(*pad, &[Ty::PTR])
            }
            Term::Unreachable => Ok(()),
        }
    }

    fn tail_call(&self, sig: &Sig, args: &[Value]) -> Result {
        self.types("VER-5", args, &sig.params, "arguments")?;
        let fits = sig.conv == Conv::Go && sig.results == self.f.sig.results;
        self.check(fits, "VER-5", || format!("a tail call of {sig}"))
    }
}

fn is_float_op(op: UnOp) -> bool {
    match op {
        UnOp::Ineg | UnOp::Bnot | UnOp::Clz | UnOp::Ctz | UnOp::Popcnt | UnOp::Bswap => false,
        UnOp::Fneg
        | UnOp::Fabs
        | UnOp::Sqrt
        | UnOp::Ceil
        | UnOp::Floor
        | UnOp::Trunc
        | UnOp::Nearest => true,
    }
}

fn is_float_bin(op: BinOp) -> bool {
    matches!(op, BinOp::Fadd | BinOp::Fsub | BinOp::Fmul | BinOp::Fdiv | BinOp::Fcopysign)
}

fn casts(cast: Cast, from: Ty, to: Ty) -> bool {
    let ints = !from.is_float() && !to.is_float();
    match cast {
        Cast::Uext | Cast::Sext => ints && from.size() < to.size(),
        Cast::Trunc => ints && from.size() > to.size(),
        Cast::SintToF => matches!(from, Ty::I32 | Ty::I64) && to.is_float(),
        Cast::UintToF => from == Ty::I64 && to.is_float(),
        Cast::FToSint => from.is_float() && matches!(to, Ty::I32 | Ty::I64),
        Cast::Fpromote => from == Ty::F32 && to == Ty::F64,
        Cast::Fdemote => from == Ty::F64 && to == Ty::F32,
        Cast::Bitcast => from.size() == to.size() && from.is_float() != to.is_float(),
    }
}

#[cfg(test)]
mod tests;
