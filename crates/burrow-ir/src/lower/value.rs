//! Values of Go types while a function is lowered.
//!
//! VAL-1  A [`Borrowed`] that is an address is used before anything is written that the program can see: by an assignment, a
//!        call, or a function of the runtime that stores what the program gives it. Who looks at it later panics here.
//! VAL-2  An [`Owned`] is scalars, or memory of the frame that this value alone has: nobody else writes to it, and who gets
//!        it may give it away, as to a callee. What is kept while other things are evaluated, and what lists of operands are
//!        made of, has this type, so that the private copy can't be forgotten.

use burrow_types::TypeId;

use super::func::FnCx;
use crate::ir::{MemFlags, Op, Value, Var};

/// A value that is used at once (VAL-1).
#[derive(Debug)]
pub(super) struct Borrowed(Repr);

#[derive(Debug)]
enum Repr {
    /// The scalars of the flat form.
    Flat(Vec<Value>),
    /// Address of a memory value.
    Mem(Value, Lender),
}

/// Whose the memory of a value is.
#[derive(Clone, Copy, Debug)]
enum Lender {
    /// Nobody's: it was made for this value.
    Nobody,
    /// An [`Owned`], or something that never changes: the memory stays as it is.
    Constant,
    /// The program's: this many writes were seen when the address was taken.
    Program(u32),
}

/// A value that nobody changes (VAL-2).
#[derive(Debug)]
pub(super) struct Owned(Borrowed);

impl Borrowed {
    pub(super) fn flat(scalars: Vec<Value>) -> Borrowed {
        Borrowed(Repr::Flat(scalars))
    }

    /// The scalar of a value that has just one.
    pub(super) fn one(&self) -> Value {
        match &self.0 {
            Repr::Flat(v) if v.len() == 1 => v[0],
            other => panic!("one scalar expected, not {other:?}"),
        }
    }

    /// Scalar `i` of a flat value.
    pub(super) fn at(&self, i: usize) -> Value {
        self.scalars().expect("a flat value")[i]
    }

    /// The scalars of a flat value.
    pub(super) fn scalars(&self) -> Option<&[Value]> {
        match &self.0 {
            Repr::Flat(v) => Some(v),
            Repr::Mem(..) => None,
        }
    }

    /// The same value once more. It stays what it is as long as this one does.
    pub(super) fn again(&self) -> Borrowed {
        Borrowed(match &self.0 {
            Repr::Flat(v) => Repr::Flat(v.clone()),
            Repr::Mem(a, Lender::Nobody) => Repr::Mem(*a, Lender::Constant),
            Repr::Mem(a, lender) => Repr::Mem(*a, *lender),
        })
    }
}

impl Owned {
    pub(super) fn flat(scalars: Vec<Value>) -> Owned {
        Owned(Borrowed::flat(scalars))
    }

    /// A value in memory that was made for it.
    pub(super) fn memory(address: Value) -> Owned {
        Owned(Borrowed(Repr::Mem(address, Lender::Nobody)))
    }

    /// What travels in a call: the scalars, or the address.
    pub(super) fn words(&self) -> Vec<Value> {
        match &self.0.0 {
            Repr::Flat(v) => v.clone(),
            Repr::Mem(a, _) => vec![*a],
        }
    }
}

impl std::ops::Deref for Owned {
    type Target = Borrowed;

    fn deref(&self) -> &Borrowed {
        &self.0
    }
}

impl From<Owned> for Borrowed {
    fn from(v: Owned) -> Borrowed {
        v.0
    }
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// A value of memory that the program can write to.
    pub(super) fn borrow(&self, address: Value) -> Borrowed {
        Borrowed(Repr::Mem(address, Lender::Program(self.writes)))
    }

    /// The value of type `t` in memory that was made for it.
    pub(super) fn made(&mut self, t: TypeId, address: Value) -> Borrowed {
        if self.layout(t).is_flat() {
            return self.load_mem(t, address, 0, MemFlags::SAFE);
        }
        Owned::memory(address).into()
    }

    /// A value of memory that never changes.
    pub(super) fn constant(address: Value) -> Borrowed {
        Borrowed(Repr::Mem(address, Lender::Constant))
    }

    /// A part of a memory value, at an address within it.
    pub(super) fn part_of(whole: &Borrowed, address: Value) -> Borrowed {
        match whole.0 {
            Repr::Mem(_, lender) => Borrowed(Repr::Mem(address, lender)),
            Repr::Flat(_) => panic!("a memory value expected"),
        }
    }

    /// The program sees a write to memory: what is borrowed may be another value now (VAL-1).
    pub(super) fn wrote(&mut self) {
        self.writes += 1;
    }

    /// The address of a memory value (VAL-1).
    pub(super) fn address(&self, v: &Borrowed) -> Option<Value> {
        match v.0 {
            Repr::Flat(_) => None,
            Repr::Mem(a, lender) => {
                if let Lender::Program(then) = lender {
                    assert_eq!(then, self.writes, "VAL-1: a borrowed value is used after a write");
                }
                Some(a)
            }
        }
    }

    /// The value as one that nobody changes: copied, unless it is one already.
    pub(super) fn own(&mut self, t: TypeId, v: Borrowed) -> Owned {
        match (self.address(&v), &v.0) {
            (None, _) | (_, Repr::Mem(_, Lender::Nobody)) => Owned(v),
            (Some(a), _) => {
                let copy = self.temp(t);
                let size = self.size(t);
                self.effect(Op::MemCopy(copy, a, size));
                Owned::memory(copy)
            }
        }
    }

    /// The address of memory that holds the value.
    pub(super) fn spill(&mut self, t: TypeId, v: &Borrowed) -> Value {
        if let Some(a) = self.address(v) {
            return a;
        }
        let a = self.temp(t);
        self.store_mem(t, v, a, 0, MemFlags::SAFE);
        a
    }

    /// Keeps a value in variables over control flow.
    pub(super) fn hold(&mut self, v: Owned) -> Held {
        match v.0.0 {
            Repr::Flat(vs) => Held::Flat(vs.into_iter().map(|v| self.new_var(v)).collect()),
            Repr::Mem(a, _) => Held::Mem(self.new_var(a)),
        }
    }

    pub(super) fn held(&mut self, h: &Held) -> Borrowed {
        match h {
            Held::Flat(vars) => Borrowed::flat(vars.iter().map(|&v| self.get(v)).collect()),
            Held::Mem(v) => Self::constant(self.get(*v)),
        }
    }
}

/// A value that survives control flow.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Flat(Vec<Var>),
    Mem(Var),
}
