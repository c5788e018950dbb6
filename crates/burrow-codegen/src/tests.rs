//! Every instruction compiles, with Cranelift's verifier on.

use burrow_ir::ir::*;
use burrow_syntax::{Pos, Symbol};

use crate::Compiler;

fn func(params: &[Ty], results: &[Ty]) -> Func {
    let sig = Sig { conv: Conv::Go, params: params.to_vec(), results: results.to_vec() };
    let name = Symbol::new("test.f");
    Func::new(name, name, sig, Pos::NONE)
}

fn value(f: &mut Func, op: Op, ty: Ty) -> Value {
    let i = f.push(ENTRY, op, &[ty], Loc(0));
    f.insts[i.index()].result
}

fn compile(mut f: Func) -> crate::CompiledFunc {
    burrow_ir::ssa::run(&mut f);
    match Compiler::new(Default::default()).compile(&f) {
        Ok(c) => c,
        Err(e) => panic!("{e}\n{f}"),
    }
}

#[test]
fn all_integer_operators_of_all_widths() {
    use BinOp::*;
    for ty in [Ty::I8, Ty::I16, Ty::I32, Ty::I64] {
        let mut f = func(&[ty, ty], &[ty]);
        let (a, b) = (Value(0), Value(1));
        let mut acc = a;
        for op in [Iadd, Isub, Imul, Sdiv, Udiv, Srem, Urem, And, Or, Xor, Shl, Ushr, Sshr, Rotl] {
            acc = value(&mut f, Op::Binary(op, acc, b), ty);
        }
        for op in [UnOp::Ineg, UnOp::Bnot, UnOp::Clz, UnOp::Ctz, UnOp::Popcnt] {
            acc = value(&mut f, Op::Unary(op, acc), ty);
        }
        f.blocks[0].term = Term::Return(vec![acc]);
        compile(f);
    }
}

#[test]
fn floats_and_casts() {
    for ty in [Ty::F32, Ty::F64] {
        let mut f = func(&[ty, ty], &[ty]);
        let mut acc = Value(0);
        for op in [BinOp::Fadd, BinOp::Fsub, BinOp::Fmul, BinOp::Fdiv, BinOp::Fcopysign] {
            acc = value(&mut f, Op::Binary(op, acc, Value(1)), ty);
        }
        for op in [UnOp::Fneg, UnOp::Fabs, UnOp::Sqrt, UnOp::Ceil, UnOp::Floor, UnOp::Nearest] {
            acc = value(&mut f, Op::Unary(op, acc), ty);
        }
        for to in [Ty::I32, Ty::I64] {
            let n = value(&mut f, Op::Cast(Cast::FToSint, acc), to);
            acc = value(&mut f, Op::Cast(Cast::SintToF, n), ty);
        }
        f.blocks[0].term = Term::Return(vec![acc]);
        compile(f);
    }
}

#[test]
fn memory_of_all_sizes() {
    let mut f = func(&[Ty::I64, Ty::I64], &[]);
    for n in [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 100, 128, 129, 5000] {
        f.push(ENTRY, Op::MemCopy(Value(0), Value(1), n), &[], Loc(0));
        f.push(ENTRY, Op::MemZero(Value(0), n), &[], Loc(0));
    }
    f.blocks[0].term = Term::Return(Vec::new());
    let c = compile(f);
    assert!(c.relocs.iter().any(|r| r.target.as_str() == "memmove"));
}

#[test]
fn atomics() {
    for ty in [Ty::I8, Ty::I32, Ty::I64] {
        let mut f = func(&[Ty::I64, ty], &[ty]);
        let (p, v) = (Value(0), Value(1));
        for op in [AtomicOp::Add, AtomicOp::And, AtomicOp::Or, AtomicOp::Xchg] {
            value(&mut f, Op::AtomicRmw(op, p, v), ty);
        }
        let old = value(&mut f, Op::AtomicLoad(p), ty);
        f.push(ENTRY, Op::AtomicStore(v, p), &[], Loc(0));
        let r = value(&mut f, Op::AtomicCas(p, old, v), ty);
        f.blocks[0].term = Term::Return(vec![r]);
        compile(f);
    }
}

#[test]
fn a_deferring_function_has_a_pad() {
    let mut f = func(&[], &[]);
    let slot = f.new_slot(48, 8);
    let at = value(&mut f, Op::SlotAddr(slot, 0), Ty::I64);
    let (normal, pad) = (f.new_block(), f.new_block());
    f.add_param(pad, Ty::I64);
    f.blocks[0].term = Term::DeferEnter(at, normal, pad);
    f.blocks[normal.index()].term = Term::Return(Vec::new());
    f.blocks[pad.index()].term = Term::Return(Vec::new());
    let c = compile(f);
    assert_eq!(c.pads.len(), 1);
    assert!(c.pads[0].pad > 0 && c.pads[0].defer_frame < c.pads[0].frame_offset);
}

/// A function with a pad that copies from an address, behind code that computes the same things.
enum PadUses {
    ItsOwn,
    /// The address of the frame that the entry block made.
    OuterAddress,
    /// What the entry block read from memory.
    OuterLoad,
}

fn with_pad(uses: PadUses) -> Func {
    let mut f = func(&[Ty::I64], &[]);
    f.flags |= func_flags::DEFER;
    let (frame, data) = (f.new_slot(24, 8), f.new_slot(400, 8));
    let at = value(&mut f, Op::SlotAddr(frame, 0), Ty::I64);
    let outside = value(&mut f, Op::SlotAddr(data, 0), Ty::I64);
    let loaded = value(&mut f, Op::Load(Value(0), 0, MemFlags::SAFE), Ty::I64);
    f.push(ENTRY, Op::MemCopy(outside, loaded, 400), &[], Loc(0));
    let (normal, pad) = (f.new_block(), f.new_block());
    f.add_param(pad, Ty::I64);
    f.blocks[0].term = Term::DeferEnter(at, normal, pad);
    f.push(normal, Op::MemCopy(Value(0), outside, 400), &[], Loc(0));
    f.blocks[normal.index()].term = Term::Return(Vec::new());
    let own = f.push(pad, Op::SlotAddr(data, 0), &[Ty::I64], Loc(0));
    let from = match uses {
        PadUses::ItsOwn => f.insts[own.index()].result,
        PadUses::OuterAddress => outside,
        PadUses::OuterLoad => loaded,
    };
    let symbol = Symbol::new("main.x");
    let to = f.push(pad, Op::SymAddr(symbol, 0), &[Ty::I64], Loc(0));
    let to = f.insts[to.index()].result;
    f.push(pad, Op::MemCopy(to, from, 400), &[], Loc(0));
    f.blocks[pad.index()].term = Term::Return(Vec::new());
    f
}

/// PAD-1: constants and addresses are computed anew in a pad, and nothing else may come from outside.
#[test]
fn a_pad_computes_what_it_uses() {
    let mut compiler = Compiler::new(Default::default());
    for uses in [PadUses::ItsOwn, PadUses::OuterAddress] {
        assert_eq!(compiler.compile(&with_pad(uses)).expect("compiles").pads.len(), 1);
    }
    let refused = compiler.compile(&with_pad(PadUses::OuterLoad)).expect_err("an outer load");
    assert!(refused.message.starts_with("PAD-1"), "{refused}");
}

#[test]
fn variables_become_values_and_loops_have_parameters() {
    let mut f = func(&[Ty::I64], &[Ty::I64]);
    let x = f.new_var(Ty::I64);
    let zero = value(&mut f, Op::Iconst(0), Ty::I64);
    f.push(ENTRY, Op::Set(x, zero), &[], Loc(0));
    let (head, body, end) = (f.new_block(), f.new_block(), f.new_block());
    f.blocks[0].term = Term::Jump(head.into());
    let i = f.push(head, Op::Get(x), &[Ty::I64], Loc(0));
    let v = f.insts[i.index()].result;
    let c = f.push(head, Op::Icmp(IntCC::Slt, v, Value(0)), &[Ty::I8], Loc(0));
    let c = f.insts[c.index()].result;
    f.blocks[head.index()].term = Term::Brif(c, body.into(), end.into());
    let n = f.push(body, Op::Binary(BinOp::Iadd, v, Value(0)), &[Ty::I64], Loc(0));
    let n = f.insts[n.index()].result;
    f.push(body, Op::Set(x, n), &[], Loc(0));
    f.blocks[body.index()].term = Term::Jump(head.into());
    let r = f.push(end, Op::Get(x), &[Ty::I64], Loc(0));
    let r = f.insts[r.index()].result;
    f.blocks[end.index()].term = Term::Return(vec![r]);
    burrow_ir::ssa::run(&mut f);
    assert_eq!(f.blocks[head.index()].params.len(), 1, "{f}");
    Compiler::new(Default::default()).compile(&f).expect("compiles");
}

#[test]
fn dense_and_sparse_switches() {
    for ty in [Ty::I8, Ty::I32, Ty::I64] {
        for step in [1, 20] {
            let mut f = func(&[ty], &[]);
            let cases: Vec<(u64, Block)> = (0..6).map(|i| (i * step, f.new_block())).collect();
            let default = f.new_block();
            for b in 1..f.blocks.len() {
                f.blocks[b].term = Term::Return(Vec::new());
            }
            f.blocks[0].term = Term::Switch(Value(0), cases, default);
            compile(f);
        }
    }
}
