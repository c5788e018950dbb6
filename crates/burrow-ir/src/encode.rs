//! A function as bytes: equal functions give equal bytes, and only equal ones.
//!
//! E1  The bytes depend on what the function does and on the names in it, not on this process: symbols are written as
//!     text where they first appear, and as their number from then on.
//! E2  Only what blocks contain counts. Instructions that a pass took out leave no trace but in the numbers of values.
//! E3  Locations are written as numbers. What they stand for is the caller's to add.
//!
//! The cache of machine code is keyed by a hash of these bytes (`docs/artefact.md`).

use burrow_syntax::Symbol;
use rustc_hash::FxHashMap;

use crate::ir::{Conv, Edge, Func, Loc, MemFlags, Op, Sig, Term, Ty, Value};

/// Bytes of one function, and the symbols that it names.
#[derive(Default)]
pub struct Encoder {
    pub bytes: Vec<u8>,
    /// Symbols in the order in which they first appear.
    pub symbols: Vec<Symbol>,
    numbers: FxHashMap<Symbol, u32>,
}

impl Encoder {
    /// Replaces the contents by the function.
    pub fn encode(&mut self, f: &Func) {
        self.bytes.clear();
        self.symbols.clear();
        self.numbers.clear();
        self.symbol(f.name);
        self.symbol(f.display);
        self.sig(&f.sig);
        self.num(f.flags.into());
        self.count(f.slots.len());
        for s in &f.slots {
            self.num(s.size.into());
            self.num(s.align.into());
        }
        self.count(f.blocks.len());
        for b in &f.blocks {
            self.bytes.push(b.cold.into());
            self.values(&b.params);
            for &p in &b.params {
                self.ty(f.ty(p));
            }
            self.count(b.insts.len());
            for &i in &b.insts {
                let data = &f.insts[i.index()];
                self.op(&data.op);
                self.num(data.result.0.into());
                self.num(data.results.into());
                for n in 0..data.results {
                    self.ty(f.ty(Value(data.result.0 + n)));
                }
                self.loc(data.loc);
            }
            self.term(&b.term);
            self.loc(b.term_loc);
        }
    }

    /// An unsigned number, seven bits to a byte.
    pub fn num(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    /// Text with its length.
    pub fn text(&mut self, s: &str) {
        self.count(s.len());
        self.bytes.extend_from_slice(s.as_bytes());
    }

    fn signed(&mut self, n: i64) {
        // Small negative numbers stay short.
        self.num(((n << 1) ^ (n >> 63)) as u64);
    }

    fn count(&mut self, n: usize) {
        self.num(n as u64);
    }

    fn symbol(&mut self, s: Symbol) {
        let new = self.symbols.len() as u32;
        let n = *self.numbers.entry(s).or_insert(new);
        self.num(n.into());
        if n == new {
            self.symbols.push(s);
            self.text(s.as_str());
        }
    }

    fn ty(&mut self, ty: Ty) {
        self.bytes.push(ty as u8);
    }

    fn loc(&mut self, loc: Loc) {
        self.num(loc.0.into());
    }

    fn value(&mut self, v: Value) {
        self.num(v.0.into());
    }

    fn values(&mut self, list: &[Value]) {
        self.count(list.len());
        for &v in list {
            self.value(v);
        }
    }

    fn sig(&mut self, s: &Sig) {
        self.bytes.push(match s.conv {
            Conv::Go => 0,
            Conv::SystemV => 1,
        });
        for list in [&s.params, &s.results] {
            self.count(list.len());
            for &t in list {
                self.ty(t);
            }
        }
    }

    fn flags(&mut self, m: MemFlags) {
        let MemFlags { notrap, readonly, barrier } = m;
        self.bytes.push(u8::from(notrap) | u8::from(readonly) << 1 | u8::from(barrier) << 2);
    }

    /// The number of an operation, the parts that are no operands, and the operands.
    fn op(&mut self, op: &Op) {
        let number = match op {
            Op::Iconst(_) => 0,
            Op::Fconst(_) => 1,
            Op::Unary(..) => 2,
            Op::Binary(..) => 3,
            Op::Icmp(..) => 4,
            Op::Fcmp(..) => 5,
            Op::Cast(..) => 6,
            Op::Select(..) => 7,
            Op::Reload(_) => 8,
            Op::Load(..) => 9,
            Op::Store(..) => 10,
            Op::NilCheck(_) => 11,
            Op::SlotAddr(..) => 12,
            Op::SymAddr(..) => 13,
            Op::Call(..) => 14,
            Op::CallIndirect(..) => 15,
            Op::MemCopy(..) => 16,
            Op::MemZero(..) => 17,
            Op::LoadG(_) => 18,
            Op::StoreG(..) => 19,
            Op::GetG => 20,
            Op::CallerSp => 21,
            Op::ReturnAddress => 22,
            Op::AtomicRmw(..) => 23,
            Op::AtomicCas(..) => 24,
            Op::AtomicLoad(_) => 25,
            Op::AtomicStore(..) => 26,
            Op::Get(_) => 27,
            Op::Set(..) => 28,
        };
        self.bytes.push(number);
        match op {
            Op::Iconst(n) => self.signed(*n),
            Op::Fconst(bits) => self.num(*bits),
            Op::Unary(o, _) => self.bytes.push(*o as u8),
            Op::Binary(o, ..) => self.bytes.push(*o as u8),
            Op::Icmp(c, ..) => self.bytes.push(*c as u8),
            Op::Fcmp(c, ..) => self.bytes.push(*c as u8),
            Op::Cast(c, _) => self.bytes.push(*c as u8),
            Op::AtomicRmw(o, ..) => self.bytes.push(*o as u8),
            Op::Load(_, offset, m) | Op::Store(_, _, offset, m) => {
                self.signed((*offset).into());
                self.flags(*m);
            }
            Op::SlotAddr(slot, offset) => {
                self.num(slot.0.into());
                self.signed((*offset).into());
            }
            Op::Reload(slot) => self.num(slot.0.into()),
            Op::SymAddr(s, offset) => {
                self.symbol(*s);
                self.signed(*offset);
            }
            Op::Call(s, sig, args) => {
                self.symbol(*s);
                self.sig(sig);
                self.count(args.len());
            }
            Op::CallIndirect(_, sig, args) => {
                self.sig(sig);
                self.count(args.len());
            }
            Op::MemCopy(_, _, n) | Op::MemZero(_, n) => self.num(*n),
            Op::LoadG(offset) | Op::StoreG(offset, _) => self.signed((*offset).into()),
            Op::Get(var) | Op::Set(var, _) => self.num(var.0.into()),
            Op::Select(..)
            | Op::NilCheck(_)
            | Op::GetG
            | Op::CallerSp
            | Op::ReturnAddress
            | Op::AtomicCas(..)
            | Op::AtomicLoad(_)
            | Op::AtomicStore(..) => {}
        }
        op.for_each_value(|v| self.value(v));
    }

    fn edge(&mut self, e: &Edge) {
        self.num(e.to.0.into());
        self.values(&e.args);
    }

    fn term(&mut self, t: &Term) {
        match t {
            Term::None => self.bytes.push(0),
            Term::Jump(e) => {
                self.bytes.push(1);
                self.edge(e);
            }
            Term::Brif(v, a, b) => {
                self.bytes.push(2);
                self.value(*v);
                self.edge(a);
                self.edge(b);
            }
            Term::Switch(v, cases, default) => {
                self.bytes.push(3);
                self.value(*v);
                self.count(cases.len());
                for (n, b) in cases {
                    self.num(*n);
                    self.num(b.0.into());
                }
                self.num(default.0.into());
            }
            Term::Return(list) => {
                self.bytes.push(4);
                self.values(list);
            }
            Term::TailCall(s, sig, args) => {
                self.bytes.push(5);
                self.symbol(*s);
                self.sig(sig);
                self.values(args);
            }
            Term::TailCallIndirect(v, sig, args) => {
                self.bytes.push(6);
                self.value(*v);
                self.sig(sig);
                self.values(args);
            }
            Term::DeferEnter(v, a, b) => {
                self.bytes.push(7);
                self.value(*v);
                self.num(a.0.into());
                self.num(b.0.into());
            }
            Term::Unreachable => self.bytes.push(8),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{BinOp, ENTRY};
    use burrow_syntax::Pos;

    fn add(callee: &str, addend: i64) -> Vec<u8> {
        let sig = Sig { conv: Conv::Go, params: vec![Ty::I64], results: vec![Ty::I64] };
        let mut f = Func::new(Symbol::new("p.f"), Symbol::new("p.f"), sig.clone(), Pos::NONE);
        let c = f.push(ENTRY, Op::Iconst(addend), &[Ty::I64], Loc(0));
        let c = f.insts[c.index()].result;
        let s = f.push(ENTRY, Op::Binary(BinOp::Iadd, Value(0), c), &[Ty::I64], Loc(0));
        let s = f.insts[s.index()].result;
        let call = Op::Call(Symbol::new(callee), Box::new(sig), vec![s]);
        let r = f.push(ENTRY, call, &[Ty::I64], Loc(0));
        f.blocks[0].term = Term::Return(vec![f.insts[r.index()].result]);
        let mut e = Encoder::default();
        e.encode(&f);
        assert_eq!(e.symbols, [Symbol::new("p.f"), Symbol::new(callee)]);
        e.bytes
    }

    #[test]
    fn what_differs_shows() {
        assert_eq!(add("p.g", 1), add("p.g", 1));
        assert_ne!(add("p.g", 1), add("p.g", -1));
        assert_ne!(add("p.g", 1), add("p.h", 1));
    }
}
