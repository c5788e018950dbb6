//! Operands of instructions and terminators, one way for all passes to see and replace them.

use crate::ir::{Op, Term, Value};

impl Op {
    /// Replaces each operand by what `f` gives for it, in order.
    pub fn map_values(&mut self, mut f: impl FnMut(Value) -> Value) {
        match self {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::SlotAddr(..)
            | Op::SymAddr(..)
            | Op::LoadG(_)
            | Op::GetG
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::Get(_) => {}
            Op::Unary(_, a)
            | Op::Cast(_, a)
            | Op::Load(a, ..)
            | Op::NilCheck(a)
            | Op::MemZero(a, _)
            | Op::StoreG(_, a)
            | Op::AtomicLoad(a)
            | Op::Set(_, a) => *a = f(*a),
            Op::Binary(_, a, b)
            | Op::Icmp(_, a, b)
            | Op::Fcmp(_, a, b)
            | Op::Store(a, b, ..)
            | Op::MemCopy(a, b, _)
            | Op::AtomicRmw(_, a, b)
            | Op::AtomicStore(a, b) => {
                *a = f(*a);
                *b = f(*b);
            }
            Op::Select(a, b, c) | Op::Fma(a, b, c) | Op::AtomicCas(a, b, c) => {
                *a = f(*a);
                *b = f(*b);
                *c = f(*c);
            }
            Op::Call(_, _, args) => args.iter_mut().for_each(|v| *v = f(*v)),
            Op::CallIndirect(callee, _, args) => {
                *callee = f(*callee);
                args.iter_mut().for_each(|v| *v = f(*v));
            }
        }
    }

    /// Calls `f` with each operand.
    pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
        match self {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::SlotAddr(..)
            | Op::SymAddr(..)
            | Op::LoadG(_)
            | Op::GetG
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::Get(_) => {}
            Op::Unary(_, a)
            | Op::Cast(_, a)
            | Op::Load(a, ..)
            | Op::NilCheck(a)
            | Op::MemZero(a, _)
            | Op::StoreG(_, a)
            | Op::AtomicLoad(a)
            | Op::Set(_, a) => f(*a),
            Op::Binary(_, a, b)
            | Op::Icmp(_, a, b)
            | Op::Fcmp(_, a, b)
            | Op::Store(a, b, ..)
            | Op::MemCopy(a, b, _)
            | Op::AtomicRmw(_, a, b)
            | Op::AtomicStore(a, b) => {
                f(*a);
                f(*b);
            }
            Op::Select(a, b, c) | Op::Fma(a, b, c) | Op::AtomicCas(a, b, c) => {
                f(*a);
                f(*b);
                f(*c);
            }
            Op::Call(_, _, args) => args.iter().for_each(|v| f(*v)),
            Op::CallIndirect(callee, _, args) => {
                f(*callee);
                args.iter().for_each(|v| f(*v));
            }
        }
    }

    /// Whether the instruction only computes its results: unused, it can go.
    pub fn is_pure(&self) -> bool {
        match self {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::Unary(..)
            | Op::Binary(..)
            | Op::Icmp(..)
            | Op::Fcmp(..)
            | Op::Cast(..)
            | Op::Select(..)
            | Op::Fma(..)
            | Op::SlotAddr(..)
            | Op::SymAddr(..)
            | Op::GetG
            | Op::LoadG(_)
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::Get(_) => true,
            Op::Load(_, _, flags) => flags.notrap,
            Op::Store(..)
            | Op::NilCheck(_)
            | Op::Call(..)
            | Op::CallIndirect(..)
            | Op::MemCopy(..)
            | Op::MemZero(..)
            | Op::StoreG(..)
            | Op::AtomicRmw(..)
            | Op::AtomicCas(..)
            | Op::AtomicLoad(_)
            | Op::AtomicStore(..)
            | Op::Set(..) => false,
        }
    }
}

impl Term {
    /// Replaces each operand, arguments of edges included, by what `f` gives for it.
    pub fn map_values(&mut self, mut f: impl FnMut(Value) -> Value) {
        match self {
            Term::None | Term::Unreachable => {}
            Term::Jump(e) => e.args.iter_mut().for_each(|v| *v = f(*v)),
            Term::Brif(c, a, b) => {
                *c = f(*c);
                a.args.iter_mut().for_each(|v| *v = f(*v));
                b.args.iter_mut().for_each(|v| *v = f(*v));
            }
            Term::Switch(v, ..) | Term::DeferEnter(v, ..) => *v = f(*v),
            Term::Return(vs) | Term::TailCall(_, _, vs) => {
                vs.iter_mut().for_each(|v| *v = f(*v));
            }
            Term::TailCallIndirect(callee, _, vs) => {
                *callee = f(*callee);
                vs.iter_mut().for_each(|v| *v = f(*v));
            }
        }
    }
}
