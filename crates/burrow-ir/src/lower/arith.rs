//! Arithmetic, shifts, comparisons, numeric conversions.

use burrow_syntax::BinaryOp;
use burrow_types::{BasicKind, TypeId, TypeKind};

use super::func::FnCx;
use super::program::Item;
use super::value::Borrowed;
use crate::ir::{BinOp, Cast, Conv, FloatCC, IntCC, MemFlags, Op, Sig, Ty, Value};
use burrow_syntax::Symbol;

impl<'p, 'a> FnCx<'p, 'a> {
    /// `a op b` of a numeric type.
    pub(super) fn arith(
        &mut self,
        op: BinaryOp,
        t: TypeId,
        a: &Borrowed,
        b: &Borrowed,
    ) -> Borrowed {
        let TypeKind::Basic(kind, _) = self.kind(t) else {
            panic!("arithmetic on {}", self.p.u.type_string(t))
        };
        if kind.is_complex() {
            return self.complex_arith(op, *kind, a, b);
        }
        if kind.is_string() {
            return self.concat_vals(&[a, b]);
        }
        let (a, b) = (a.one(), b.one());
        if kind.is_float() {
            let op = match op {
                BinaryOp::Add => BinOp::Fadd,
                BinaryOp::Sub => BinOp::Fsub,
                BinaryOp::Mul => BinOp::Fmul,
                BinaryOp::Div => BinOp::Fdiv,
                other => panic!("{other} of floats"),
            };
            return Borrowed::flat(vec![self.bin(op, a, b)]);
        }
        let signed = !kind.is_unsigned();
        let simple = match op {
            BinaryOp::Add => BinOp::Iadd,
            BinaryOp::Sub => BinOp::Isub,
            BinaryOp::Mul => BinOp::Imul,
            BinaryOp::And => BinOp::And,
            BinaryOp::Or => BinOp::Or,
            BinaryOp::Xor => BinOp::Xor,
            BinaryOp::AndNot => {
                let nb = self.un(crate::ir::UnOp::Bnot, b);
                return Borrowed::flat(vec![self.bin(BinOp::And, a, nb)]);
            }
            BinaryOp::Div => return Borrowed::flat(vec![self.divide(a, b, signed, false)]),
            BinaryOp::Rem => return Borrowed::flat(vec![self.divide(a, b, signed, true)]),
            other => panic!("{other} of integers"),
        };
        Borrowed::flat(vec![self.bin(simple, a, b)])
    }

    fn const_int(&self, v: Value) -> Option<i64> {
        // The instruction that defines a value is near: look at the last few.
        self.f.insts.iter().rev().take(8).find(|d| d.result == v && d.results == 1).and_then(|d| {
            match d.op {
                Op::Iconst(n) => Some(n),
                _ => None,
            }
        })
    }

    /// Division by zero panics; the smallest integer by -1 is itself, remainder 0.
    fn divide(&mut self, a: Value, b: Value, signed: bool, rem: bool) -> Value {
        let ty = self.f.ty(a);
        let constant = self.const_int(b);
        if constant.is_none_or(|n| n == 0) {
            let ok = self.icmp_imm(IntCC::Ne, b, 0);
            self.check(ok, "panicdivide", &[]);
        }
        if !signed {
            return self.bin(if rem { BinOp::Urem } else { BinOp::Udiv }, a, b);
        }
        let op = if rem { BinOp::Srem } else { BinOp::Sdiv };
        if constant.is_some_and(|n| n != -1) {
            return self.bin(op, a, b);
        }
        let minus = self.icmp_imm(IntCC::Eq, b, -1);
        self.choose(
            minus,
            ty,
            |c| if rem { c.zero(ty) } else { c.un(crate::ir::UnOp::Ineg, a) },
            |c| c.bin(op, a, b),
        )
    }

    fn complex_arith(
        &mut self,
        op: BinaryOp,
        kind: BasicKind,
        a: &Borrowed,
        b: &Borrowed,
    ) -> Borrowed {
        let (ar, ai, br, bi) = (a.at(0), a.at(1), b.at(0), b.at(1));
        Borrowed::flat(match op {
            BinaryOp::Add => vec![self.bin(BinOp::Fadd, ar, br), self.bin(BinOp::Fadd, ai, bi)],
            BinaryOp::Sub => vec![self.bin(BinOp::Fsub, ar, br), self.bin(BinOp::Fsub, ai, bi)],
            BinaryOp::Mul => {
                let (rr, ii) = (self.bin(BinOp::Fmul, ar, br), self.bin(BinOp::Fmul, ai, bi));
                let (ri, ir) = (self.bin(BinOp::Fmul, ar, bi), self.bin(BinOp::Fmul, ai, br));
                vec![self.bin(BinOp::Fsub, rr, ii), self.bin(BinOp::Fadd, ri, ir)]
            }
            BinaryOp::Div => {
                let wide = kind != BasicKind::Complex64;
                let args: Vec<Value> = [ar, ai, br, bi]
                    .into_iter()
                    .map(|v| if wide { v } else { self.cast(Cast::Fpromote, Ty::F64, v) })
                    .collect();
                let q = self.runtime_call("complex128div", &args);
                q.into_iter()
                    .map(|v| if wide { v } else { self.cast(Cast::Fdemote, Ty::F32, v) })
                    .collect()
            }
            other => panic!("{other} of complex numbers"),
        })
    }

    /// `x << n`, `x >> n`: a count of the width or more gives 0, or all sign bits.
    pub(super) fn shift(
        &mut self,
        left: bool,
        t: TypeId,
        x: Value,
        n: Value,
        signed_count: bool,
    ) -> Value {
        let ty = self.f.ty(x);
        let bits = i64::from(ty.bits());
        let signed = self.p.is_signed(t);
        let op = if left {
            BinOp::Shl
        } else if signed {
            BinOp::Sshr
        } else {
            BinOp::Ushr
        };
        if let Some(k) = self.const_int(n) {
            if (0..bits).contains(&k) {
                let k = self.iconst_ty(ty, k);
                return self.bin(op, x, k);
            }
            if k >= bits && (left || !signed) {
                return self.zero(ty);
            }
        }
        if signed_count {
            let ok = self.icmp_imm(IntCC::Sge, n, 0);
            self.check(ok, "panicshift", &[]);
        }
        let small = self.icmp_imm(IntCC::Ult, n, bits);
        let count = self.int_cast(n, ty, false);
        if op == BinOp::Sshr {
            let max = self.iconst_ty(ty, bits - 1);
            let count = self.inst(Op::Select(small, count, max), ty);
            return self.bin(op, x, count);
        }
        let shifted = self.bin(op, x, count);
        let zero = self.zero(ty);
        self.inst(Op::Select(small, shifted, zero), ty)
    }

    // ----------------------------------------------------------------------------- comparisons

    /// `a op b`; one side may be an interface and the other a type that implements it.
    pub(super) fn compare(
        &mut self,
        op: BinaryOp,
        at: TypeId,
        a: &Borrowed,
        bt: TypeId,
        b: &Borrowed,
    ) -> Value {
        match op {
            BinaryOp::Eql | BinaryOp::Neq => {
                let eq = self.equal_mixed(at, a, bt, b);
                if op == BinaryOp::Neq { self.not(eq) } else { eq }
            }
            _ => self.ordered(op, at, a, b),
        }
    }

    fn ordered(&mut self, op: BinaryOp, t: TypeId, a: &Borrowed, b: &Borrowed) -> Value {
        let TypeKind::Basic(kind, _) = self.kind(t) else { panic!("ordering of a composite type") };
        if kind.is_string() {
            let c = self.runtime_call("cmpstring", &[a.at(0), a.at(1), b.at(0), b.at(1)])[0];
            let zero = self.iconst(0);
            return self.icmp(int_cc(op, true), c, zero);
        }
        let (a, b) = (a.one(), b.one());
        if kind.is_float() {
            let cc = match op {
                BinaryOp::Lss => FloatCC::Lt,
                BinaryOp::Leq => FloatCC::Le,
                BinaryOp::Gtr => FloatCC::Gt,
                _ => FloatCC::Ge,
            };
            return self.inst(Op::Fcmp(cc, a, b), Ty::I8);
        }
        self.icmp(int_cc(op, !kind.is_unsigned()), a, b)
    }

    fn equal_mixed(&mut self, at: TypeId, a: &Borrowed, bt: TypeId, b: &Borrowed) -> Value {
        match (self.p.is_interface(at), self.p.is_interface(bt)) {
            (true, false) => self.equal_iface_value(at, a, bt, b),
            (false, true) => self.equal_iface_value(bt, b, at, a),
            (true, true) => self.equal_ifaces(at, a, bt, b),
            (false, false) => self.equal(at, a, b),
        }
    }

    /// An interface and a value: equal types, then equal values.
    fn equal_iface_value(&mut self, it: TypeId, i: &Borrowed, t: TypeId, v: &Borrowed) -> Value {
        if matches!(self.kind(t), TypeKind::Basic(BasicKind::UntypedNil, _)) {
            return self.icmp_imm(IntCC::Eq, i.at(0), 0);
        }
        let word = self.type_word(it, t);
        let same = self.icmp(IntCC::Eq, i.at(0), word);
        self.choose(
            same,
            Ty::I8,
            |c| {
                let x = c.iface_data(t, i.at(1));
                c.equal(t, &x, v)
            },
            |c| c.bool_const(false),
        )
    }

    fn equal_ifaces(&mut self, at: TypeId, a: &Borrowed, bt: TypeId, b: &Borrowed) -> Value {
        let (ae, be) = (self.p.is_empty_interface(at), self.p.is_empty_interface(bt));
        let (mut a, mut b) = (a.again(), b.again());
        // Itabs of different interfaces differ: compare type words.
        let mixed = !self.p.identical(at, bt);
        if mixed && !ae {
            a = self.eface_of(&a);
        }
        if mixed && !be {
            b = self.eface_of(&b);
        }
        let empty = ae || be || mixed;
        let same = self.icmp(IntCC::Eq, a.at(0), b.at(0));
        self.choose(
            same,
            Ty::I8,
            |c| {
                let name = if empty { "efaceeq" } else { "ifaceeq" };
                c.runtime_call(name, &[a.at(0), a.at(1), b.at(1)])[0]
            },
            |c| c.bool_const(false),
        )
    }

    /// Equality of two values of one type.
    pub(super) fn equal(&mut self, t: TypeId, a: &Borrowed, b: &Borrowed) -> Value {
        match self.kind(t) {
            TypeKind::Basic(kind, _) if kind.is_string() => {
                let same = self.icmp(IntCC::Eq, a.at(1), b.at(1));
                self.choose(
                    same,
                    Ty::I8,
                    |c| c.runtime_call("memequal", &[a.at(0), b.at(0), a.at(1)])[0],
                    |c| c.bool_const(false),
                )
            }
            TypeKind::Basic(kind, _) if kind.is_float() => {
                self.inst(Op::Fcmp(FloatCC::Eq, a.one(), b.one()), Ty::I8)
            }
            TypeKind::Basic(kind, _) if kind.is_complex() => {
                let r = self.inst(Op::Fcmp(FloatCC::Eq, a.at(0), b.at(0)), Ty::I8);
                let i = self.inst(Op::Fcmp(FloatCC::Eq, a.at(1), b.at(1)), Ty::I8);
                self.bin(BinOp::And, r, i)
            }
            TypeKind::Interface(_) => self.equal_ifaces(t, a, t, b),
            TypeKind::Struct(_) | TypeKind::Array { .. } => self.equal_composite(t, a, b),
            // A slice, map or function, compared with nil.
            TypeKind::Slice(_) => self.icmp(IntCC::Eq, a.at(0), b.at(0)),
            _ => self.icmp(IntCC::Eq, a.one(), b.one()),
        }
    }

    fn equal_composite(&mut self, t: TypeId, a: &Borrowed, b: &Borrowed) -> Value {
        let l = self.layout(t);
        if l.size == 0 {
            return self.bool_const(true);
        }
        if let (TypeKind::Struct(s), Some(_)) = (self.kind(t), &l.scalars) {
            // Field by field, as long as they are equal.
            let result = self.f.new_var(Ty::I8);
            let end = self.block();
            let yes = self.bool_const(true);
            self.set(result, yes);
            for (i, &f) in s.fields.iter().enumerate() {
                if self.p.u.obj(f).name.is_blank() {
                    continue;
                }
                let ft = self.p.obj_type(f);
                let n = self.layout(ft).scalars.as_ref().map_or(0, Vec::len);
                let k = l.first_scalar[i];
                let part = |v: &Borrowed| Borrowed::flat((k..k + n).map(|i| v.at(i)).collect());
                let eq = self.equal(ft, &part(a), &part(b));
                self.set(result, eq);
                let next = self.block();
                self.brif(eq, next, end);
                self.switch_to(next);
            }
            self.goto(end);
            return self.get(result);
        }
        if let (TypeKind::Array { elem, len: 1 }, Some(_)) = (self.kind(t), &l.scalars) {
            return self.equal(*elem, a, b);
        }
        let (a, b) = (self.spill(t, a), self.spill(t, b));
        self.equal_memory(t, a, b)
    }

    /// Equality of values in memory.
    pub(super) fn equal_memory(&mut self, t: TypeId, a: Value, b: Value) -> Value {
        let l = self.layout(t);
        if self.p.is_regular_memory(t) {
            let n = self.iconst(l.size as i64);
            return self.runtime_call("memequal", &[a, b, n])[0];
        }
        let symbol = self.p.want_equal(t);
        let sig = Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64], results: vec![Ty::I8] };
        self.emit_call(Op::Call(symbol, Box::new(sig.clone()), vec![a, b]), &sig)[0]
    }

    // ----------------------------------------------------------------------------- conversions

    /// A number of one basic type as another.
    pub(super) fn convert_number(
        &mut self,
        v: &Borrowed,
        from: BasicKind,
        to: BasicKind,
    ) -> Borrowed {
        if from.is_complex() {
            let cast = |c: &mut Self, v: Value| match (c.f.ty(v), to) {
                (Ty::F64, BasicKind::Complex64) => c.cast(Cast::Fdemote, Ty::F32, v),
                (Ty::F32, BasicKind::Complex128) => c.cast(Cast::Fpromote, Ty::F64, v),
                _ => v,
            };
            return Borrowed::flat(vec![cast(self, v.at(0)), cast(self, v.at(1))]);
        }
        let x = v.one();
        let to_ty = super::layout::basic_ty(to).expect("a scalar");
        let from_ty = self.f.ty(x);
        let r = match (from.is_float(), to.is_float()) {
            (false, false) => self.int_cast(x, to_ty, !from.is_unsigned()),
            (true, true) => match (from_ty, to_ty) {
                (Ty::F32, Ty::F64) => self.cast(Cast::Fpromote, Ty::F64, x),
                (Ty::F64, Ty::F32) => self.cast(Cast::Fdemote, Ty::F32, x),
                _ => x,
            },
            (false, true) => {
                if from.is_unsigned() && from_ty == Ty::I64 {
                    self.cast(Cast::UintToF, to_ty, x)
                } else {
                    let wide = self.int_cast(x, Ty::I64, !from.is_unsigned());
                    self.cast(Cast::SintToF, to_ty, wide)
                }
            }
            (true, false) => self.float_to_int(x, to, to_ty),
        };
        Borrowed::flat(vec![r])
    }

    /// gc's conversions on amd64: `compiler-notes` 4.5, ssagen/ssa.go.
    fn float_to_int(&mut self, x: Value, to: BasicKind, ty: Ty) -> Value {
        match to {
            BasicKind::Int64 | BasicKind::Int => self.cast(Cast::FToSint, Ty::I64, x),
            BasicKind::Uint64 | BasicKind::Uint | BasicKind::Uintptr => {
                let fty = self.f.ty(x);
                let bits = if fty == Ty::F32 {
                    u64::from(9_223_372_036_854_775_808f32.to_bits())
                } else {
                    9_223_372_036_854_775_808f64.to_bits()
                };
                let two63 = self.inst(Op::Fconst(bits), fty);
                let small = self.inst(Op::Fcmp(FloatCC::Lt, x, two63), Ty::I8);
                self.choose(
                    small,
                    Ty::I64,
                    |c| c.cast(Cast::FToSint, Ty::I64, x),
                    |c| {
                        let d = c.bin(BinOp::Fsub, x, two63);
                        let n = c.cast(Cast::FToSint, Ty::I64, d);
                        let high = c.iconst(i64::MIN);
                        c.bin(BinOp::Or, n, high)
                    },
                )
            }
            BasicKind::Uint32 => {
                let n = self.cast(Cast::FToSint, Ty::I64, x);
                self.int_cast(n, Ty::I32, false)
            }
            _ => {
                let n = self.cast(Cast::FToSint, Ty::I32, x);
                self.int_cast(n, ty, false)
            }
        }
    }

    /// Reads the value of type `t` that a data word stands for.
    pub(super) fn iface_data(&mut self, t: TypeId, word: Value) -> Borrowed {
        let l = self.layout(t);
        if l.is_direct_iface() {
            return Borrowed::flat(vec![word]);
        }
        if l.is_flat() {
            return self.load_mem(t, word, 0, MemFlags::SAFE);
        }
        // What an interface holds never changes.
        Self::constant(word)
    }
}

fn int_cc(op: BinaryOp, signed: bool) -> IntCC {
    match (op, signed) {
        (BinaryOp::Lss, true) => IntCC::Slt,
        (BinaryOp::Leq, true) => IntCC::Sle,
        (BinaryOp::Gtr, true) => IntCC::Sgt,
        (BinaryOp::Geq, true) => IntCC::Sge,
        (BinaryOp::Lss, false) => IntCC::Ult,
        (BinaryOp::Leq, false) => IntCC::Ule,
        (BinaryOp::Gtr, false) => IntCC::Ugt,
        _ => IntCC::Uge,
    }
}

impl super::program::Program<'_> {
    /// The function `func(p, q unsafe.Pointer) bool` that compares two values in memory.
    pub(super) fn want_equal(&self, t: TypeId) -> Symbol {
        let t = self.canonical(t);
        let symbol = Symbol::new(&format!("type:.eq.{}", self.u.link_string(t)));
        if self.want(symbol) {
            self.push_work(Item::Equal { ty: t, symbol });
        }
        symbol
    }

    /// Equality is that of all bytes: no padding, floats, strings, interfaces or blank fields. gc: `types.IsRegularMemory`.
    pub(super) fn is_regular_memory(&self, t: TypeId) -> bool {
        match self.kind(t) {
            TypeKind::Basic(k, _) => !k.is_float() && !k.is_complex() && !k.is_string(),
            TypeKind::Pointer(_) | TypeKind::Chan { .. } => true,
            TypeKind::Array { elem, .. } => self.is_regular_memory(*elem),
            TypeKind::Struct(s) => {
                let l = self.layout(t);
                let mut end = 0;
                for (i, &f) in s.fields.iter().enumerate() {
                    let ft = self.obj_type(f);
                    if self.u.obj(f).name.is_blank()
                        || l.offsets[i] != end
                        || !self.is_regular_memory(ft)
                    {
                        return false;
                    }
                    end = l.offsets[i] + self.layout(ft).size;
                }
                end == l.size
            }
            _ => false,
        }
    }

    pub(super) fn is_empty_interface(&self, t: TypeId) -> bool {
        matches!(self.kind(t), TypeKind::Interface(_))
            && self.u.type_set(self.u.under(t)).methods.is_empty()
    }
}
