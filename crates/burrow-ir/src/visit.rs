//! Operands of instructions and terminators, and what instructions do: told once, for all passes.

use crate::ir::{Op, Slot, Term, Value};

/// A fault this close to address 0 is a nil dereference: `docs/abi.md` 6.
const NEAR: i32 = 4000;

/// Calls a closure with each operand of an instruction, in order; `$iter` gives what lists of arguments are walked by.
macro_rules! op_operands {
    ($op:expr, $iter:ident, $visit:expr) => {{
        let mut visit = $visit;
        match $op {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::SlotAddr(..)
            | Op::Reload(_)
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
            | Op::Set(_, a) => visit(a),
            Op::Binary(_, a, b)
            | Op::Icmp(_, a, b)
            | Op::Fcmp(_, a, b)
            | Op::Store(a, b, ..)
            | Op::MemCopy(a, b, _)
            | Op::AtomicRmw(_, a, b)
            | Op::AtomicStore(a, b) => {
                visit(a);
                visit(b);
            }
            Op::Select(a, b, c) | Op::AtomicCas(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Op::Call(_, _, args) => args.$iter().for_each(visit),
            Op::CallIndirect(callee, _, args) => {
                visit(callee);
                args.$iter().for_each(visit);
            }
        }
    }};
}

/// The same for a terminator, arguments of edges included.
macro_rules! term_operands {
    ($term:expr, $iter:ident, $visit:expr) => {{
        let mut visit = $visit;
        match $term {
            Term::None | Term::Unreachable => {}
            Term::Jump(e) => e.args.$iter().for_each(visit),
            Term::Brif(c, a, b) => {
                visit(c);
                a.args.$iter().for_each(&mut visit);
                b.args.$iter().for_each(visit);
            }
            Term::Switch(v, ..) | Term::DeferEnter(v, ..) => visit(v),
            Term::Return(vs) | Term::TailCall(_, _, vs) => vs.$iter().for_each(visit),
            Term::TailCallIndirect(callee, _, vs) => {
                visit(callee);
                vs.$iter().for_each(visit);
            }
        }
    }};
}

impl Op {
    /// Replaces each operand by what `f` gives for it, in order.
    pub fn map_values(&mut self, mut f: impl FnMut(Value) -> Value) {
        op_operands!(self, iter_mut, |v: &mut Value| *v = f(*v));
    }

    /// Calls `f` with each operand, in order.
    pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
        op_operands!(self, iter, |v: &Value| f(*v));
    }

    /// Replaces the slot that an instruction names.
    pub fn map_slot(&mut self, f: impl FnOnce(Slot) -> Slot) {
        if let Op::SlotAddr(s, _) | Op::Reload(s) = self {
            *s = f(*s);
        }
    }

    /// Calls another function.
    pub fn is_call(&self) -> bool {
        matches!(self, Op::Call(..) | Op::CallIndirect(..))
    }

    /// Has one result; calls have those of their signature.
    pub fn has_result(&self) -> bool {
        match self {
            Op::Iconst(_)
            | Op::Fconst(_)
            | Op::Unary(..)
            | Op::Binary(..)
            | Op::Icmp(..)
            | Op::Fcmp(..)
            | Op::Cast(..)
            | Op::Select(..)
            | Op::Load(..)
            | Op::SlotAddr(..)
            | Op::Reload(_)
            | Op::SymAddr(..)
            | Op::LoadG(_)
            | Op::GetG
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::AtomicRmw(..)
            | Op::AtomicCas(..)
            | Op::AtomicLoad(_)
            | Op::Get(_) => true,
            Op::Store(..)
            | Op::NilCheck(_)
            | Op::Call(..)
            | Op::CallIndirect(..)
            | Op::MemCopy(..)
            | Op::MemZero(..)
            | Op::StoreG(..)
            | Op::AtomicStore(..)
            | Op::Set(..) => false,
        }
    }

    /// May fault itself, calls apart.
    pub fn can_trap(&self) -> bool {
        match self {
            Op::Load(_, _, flags) | Op::Store(_, _, _, flags) => !flags.notrap,
            Op::NilCheck(_)
            | Op::MemCopy(..)
            | Op::MemZero(..)
            | Op::AtomicRmw(..)
            | Op::AtomicCas(..)
            | Op::AtomicLoad(_)
            | Op::AtomicStore(..) => true,
            _ => false,
        }
    }

    /// Others may see that it was done: it calls, writes, or orders what is read and written.
    pub fn has_effect(&self) -> bool {
        matches!(
            self,
            Op::Store(..)
                | Op::Call(..)
                | Op::CallIndirect(..)
                | Op::MemCopy(..)
                | Op::MemZero(..)
                | Op::StoreG(..)
                | Op::AtomicRmw(..)
                | Op::AtomicCas(..)
                | Op::AtomicLoad(_)
                | Op::AtomicStore(..)
                | Op::Set(..)
        )
    }

    /// Computes its result from operands alone: no constant, no address, nothing that is read.
    pub fn only_computes(&self) -> bool {
        matches!(
            self,
            Op::Unary(..)
                | Op::Binary(..)
                | Op::Icmp(..)
                | Op::Fcmp(..)
                | Op::Cast(..)
                | Op::Select(..)
        )
    }

    /// The pointer that it faults for if that is nil.
    pub fn faults_on(&self) -> Option<Value> {
        match self {
            Op::NilCheck(v) | Op::AtomicLoad(v) => Some(*v),
            Op::Load(v, offset, flags) | Op::Store(_, v, offset, flags) => {
                (!flags.notrap && (0..NEAR).contains(offset)).then_some(*v)
            }
            Op::AtomicRmw(_, v, _) | Op::AtomicCas(v, ..) | Op::AtomicStore(_, v) => Some(*v),
            _ => None,
        }
    }
}

impl Term {
    /// Replaces each operand, arguments of edges included, by what `f` gives for it.
    pub fn map_values(&mut self, mut f: impl FnMut(Value) -> Value) {
        term_operands!(self, iter_mut, |v: &mut Value| *v = f(*v));
    }

    /// Calls `f` with each operand, arguments of edges included.
    pub fn for_each_value(&self, mut f: impl FnMut(Value)) {
        term_operands!(self, iter, |v: &Value| f(*v));
    }
}
