//! Conversions and type assertions: to and from interfaces, strings, slices, numbers.

use burrow_syntax::{ExprId, ExprKind, Symbol};
use burrow_types::{BasicKind, TypeId, TypeKind};

use super::func::FnCx;
use super::program::Program;
use super::value::{Borrowed, Owned};
use crate::ir::{BinOp, Cast, IntCC, MemFlags, Op, Term, Ty, Value};

impl<'p, 'a> FnCx<'p, 'a> {
    /// A value as an assignment converts it: only to interfaces does the form change.
    pub(super) fn convert_implicit(&mut self, v: Borrowed, from: TypeId, to: TypeId) -> Borrowed {
        if from == to || !self.p.is_interface(to) {
            return v;
        }
        self.interface_of(v, from, to)
    }

    fn interface_of(&mut self, v: Borrowed, from: TypeId, to: TypeId) -> Borrowed {
        if self.p.is_interface(from) {
            return self.iface_to_iface(v, from, to);
        }
        if matches!(self.kind(from), TypeKind::Basic(BasicKind::UntypedNil, _)) {
            return self.zero_val(to).into();
        }
        let from = self.default_type(from);
        let word = self.type_word(to, from);
        let data = self.data_word(&v, from);
        Borrowed::flat(vec![word, data])
    }

    fn default_type(&self, t: TypeId) -> TypeId {
        self.p.u.default_type(t)
    }

    /// The first word of an interface of type `it` that holds a `t`.
    pub(super) fn type_word(&mut self, it: TypeId, t: TypeId) -> Value {
        self.p.use_in_interface(t);
        if self.p.is_empty_interface(it) {
            return self.type_addr(t);
        }
        let itab = self.p.want_itab(it, t);
        self.symbol(itab, 0)
    }

    /// The second word: the value itself, or a pointer to an immutable copy.
    fn data_word(&mut self, v: &Borrowed, t: TypeId) -> Value {
        let l = self.layout(t);
        if l.is_direct_iface() {
            return match self.address(v) {
                None => v.at(0),
                Some(a) => self.load(Ty::I64, a, 0, MemFlags::SAFE),
            };
        }
        if l.size == 0 {
            let zero = self.p.runtime_var("zerobase");
            return self.symbol(zero, 0);
        }
        if let Some(s) = self.constant_data(v, t) {
            return self.symbol(s, 0);
        }
        if l.size == 1
            && let Some(vs) = v.scalars()
        {
            let table = self.p.runtime_var("staticuint64s");
            let base = self.symbol(table, 0);
            let i = self.int_cast(vs[0], Ty::I64, false);
            let off = self.mul_imm(i, 8);
            return self.bin(BinOp::Iadd, base, off);
        }
        if let Some(word) = self.converted(v, t) {
            return word;
        }
        let a = self.new_object(t);
        self.store_mem(t, v, a, 0, MemFlags::SAFE);
        a
    }

    /// The data word of a number, a string or a slice: small and zero values need no memory. gc: `convFuncName`.
    fn converted(&mut self, v: &Borrowed, t: TypeId) -> Option<Value> {
        let vs = v.scalars()?;
        let l = self.layout(t);
        match (vs.len(), l.size) {
            (1, 2 | 4 | 8) if !l.has_pointers() && l.align == l.size => {
                let (name, ty) = match l.size {
                    2 => ("convT16", Ty::I16),
                    4 => ("convT32", Ty::I32),
                    _ => ("convT64", Ty::I64),
                };
                let float = matches!(self.f.ty(vs[0]), Ty::F32 | Ty::F64);
                let bits = if float { self.cast(Cast::Bitcast, ty, vs[0]) } else { vs[0] };
                Some(self.runtime_call(name, &[bits])[0])
            }
            (2, _) if matches!(self.kind(t), TypeKind::Basic(k, _) if k.is_string()) => {
                Some(self.runtime_call("convTstring", vs)[0])
            }
            (3, _) if matches!(self.kind(t), TypeKind::Slice(_)) => {
                Some(self.runtime_call("convTslice", vs)[0])
            }
            _ => None,
        }
    }

    /// Read-only memory for a value of constants.
    fn constant_data(&mut self, v: &Borrowed, t: TypeId) -> Option<Symbol> {
        let vs = v.scalars()?;
        let l = self.layout(t);
        let scalars = l.scalars.clone()?;
        let mut bytes = vec![0u8; l.size as usize];
        let mut relocs = Vec::new();
        let mut name = String::new();
        for (s, &v) in scalars.iter().zip(vs) {
            let d = self.f.insts.iter().rev().take(12).find(|d| d.results == 1 && d.result == v)?;
            match d.op {
                Op::Iconst(n) => {
                    let n = n.to_le_bytes();
                    let w = s.ty.size() as usize;
                    bytes[s.offset as usize..s.offset as usize + w].copy_from_slice(&n[..w]);
                }
                Op::Fconst(n) => {
                    let n = n.to_le_bytes();
                    let w = s.ty.size() as usize;
                    bytes[s.offset as usize..s.offset as usize + w].copy_from_slice(&n[..w]);
                }
                Op::SymAddr(sym, addend) if s.ty == Ty::I64 => {
                    name.push_str(&format!("{sym}+{addend}."));
                    relocs.push(Program::abs_reloc(u64::from(s.offset), sym, addend));
                }
                _ => return None,
            }
        }
        if relocs.is_empty() {
            return Some(self.p.rodata(&format!("go:const{}.", l.align), &bytes, l.align as u32));
        }
        let symbol =
            Symbol::new(&format!("go:const.{name}{}", super::program::content_name(&bytes)));
        if self.p.want(symbol) {
            self.p.make_data(symbol, crate::ir::DataKind::Rodata, bytes, relocs);
        }
        Some(symbol)
    }

    /// The type word of an interface value: nil if that is nil.
    pub(super) fn eface_of(&mut self, v: &Borrowed) -> Borrowed {
        let itab = v.at(0);
        let nil = self.icmp_imm(IntCC::Eq, itab, 0);
        let t = self.choose(
            nil,
            Ty::I64,
            |c| c.iconst(0),
            |c| c.load(Ty::I64, itab, 8, MemFlags::SAFE),
        );
        Borrowed::flat(vec![t, v.at(1)])
    }

    /// The dynamic type of an interface value, nil if there is none.
    fn dynamic_type(&mut self, v: &Borrowed, t: TypeId) -> Value {
        if self.p.is_empty_interface(t) { v.at(0) } else { self.eface_of(v).at(0) }
    }

    fn iface_to_iface(&mut self, v: Borrowed, from: TypeId, to: TypeId) -> Borrowed {
        if self.p.identical(from, to) {
            return v;
        }
        let t = self.dynamic_type(&v, from);
        if self.p.is_empty_interface(to) {
            return Borrowed::flat(vec![t, v.at(1)]);
        }
        self.p.use_interface(to);
        let nil = self.icmp_imm(IntCC::Eq, t, 0);
        let inter = self.type_addr(to);
        let itab = self.choose(
            nil,
            Ty::I64,
            |c| c.iconst(0),
            |c| c.runtime_call("assertE2I", &[inter, t])[0],
        );
        Borrowed::flat(vec![itab, v.at(1)])
    }

    /// `T(v)`
    pub(super) fn convert(&mut self, v: Borrowed, from: TypeId, to: TypeId) -> Borrowed {
        if self.p.is_interface(to) {
            return self.convert_implicit(v, from, to);
        }
        match (self.kind(from), self.kind(to)) {
            (TypeKind::Basic(f, _), TypeKind::Basic(t, _)) => {
                if t.is_string() {
                    if f.is_string() {
                        return v;
                    }
                    let wide = self.int_cast(v.one(), Ty::I64, !f.is_unsigned());
                    // An unsigned number beyond int64 is no code point either.
                    return Borrowed::flat(self.runtime_call("intstring", &[wide]));
                }
                if f.is_numeric() && t.is_numeric() {
                    return self.convert_number(&v, *f, *t);
                }
                v
            }
            (TypeKind::Basic(f, _), TypeKind::Slice(elem)) if f.is_string() => {
                if self.size(*elem) == 1 {
                    let none = self.iconst(0);
                    let args = [none, v.at(0), v.at(1)];
                    return Borrowed::flat(self.runtime_call("stringtoslicebyte", &args));
                }
                Borrowed::flat(self.runtime_call("stringtoslicerune", &[v.at(0), v.at(1)]))
            }
            (TypeKind::Slice(elem), TypeKind::Basic(t, _)) if t.is_string() => {
                if self.size(*elem) == 1 {
                    let none = self.iconst(0);
                    let args = [none, v.at(0), v.at(1)];
                    return Borrowed::flat(self.runtime_call("slicebytetostring", &args));
                }
                Borrowed::flat(self.runtime_call("slicerunetostring", &[v.at(0), v.at(1), v.at(2)]))
            }
            (TypeKind::Slice(_), TypeKind::Pointer(array)) => {
                let TypeKind::Array { len, .. } = self.kind(*array) else { return v };
                self.check_array_len(&v, *len);
                Borrowed::flat(vec![v.at(0)])
            }
            (TypeKind::Slice(_), TypeKind::Array { len, .. }) => {
                self.check_array_len(&v, *len);
                let loaded = self.load_mem(to, v.at(0), 0, MemFlags::SAFE);
                self.own(to, loaded).into()
            }
            _ => v,
        }
    }

    fn check_array_len(&mut self, v: &Borrowed, len: i64) {
        let n = self.iconst(len);
        let ok = self.icmp(IntCC::Uge, v.at(1), n);
        self.check(ok, "panicSliceConvert", &[v.at(1), n]);
    }

    // ------------------------------------------------------------------------------- assertions

    /// `x.(T)`; with `ok`, also whether it holds: the value is zero then.
    pub(super) fn type_assert(
        &mut self,
        e: ExprId,
        x: ExprId,
        ok: bool,
    ) -> (Borrowed, Option<Value>) {
        let ExprKind::Assert { ty, .. } = self.file.expr(e) else { panic!("no assertion") };
        let to = self.ty(*ty);
        let from = self.value_type(x);
        let v = self.expr(x);
        self.at(self.file.exprs[e].pos);
        self.assert_val(&v, from, to, ok)
    }

    pub(super) fn assert_val(
        &mut self,
        v: &Borrowed,
        from: TypeId,
        to: TypeId,
        ok: bool,
    ) -> (Borrowed, Option<Value>) {
        if self.p.is_interface(to) {
            return self.assert_iface(v, from, to, ok);
        }
        let holds = self.is_type(v, from, to);
        if !ok {
            let (good, bad) = (self.block(), self.cold_block());
            self.brif(holds, good, bad);
            self.switch_to(bad);
            let (want, iface) = (self.type_addr(to), self.type_addr(from));
            let name =
                if self.p.is_empty_interface(from) { "panicdottypeE" } else { "panicdottypeI" };
            self.runtime_call(name, &[v.at(0), want, iface]);
            self.end(Term::Unreachable);
            self.switch_to(good);
            return (self.iface_data(to, v.at(1)), None);
        }
        let value = self.load_if(holds, to, v.at(1));
        (value, Some(holds))
    }

    /// Whether the dynamic type of an interface value is the concrete type `t`.
    pub(super) fn is_type(&mut self, v: &Borrowed, from: TypeId, t: TypeId) -> Value {
        let word = if self.p.is_empty_interface(from) {
            self.type_addr(t)
        } else {
            let itab = self.p.want_itab(from, t);
            self.symbol(itab, 0)
        };
        self.icmp(IntCC::Eq, v.at(0), word)
    }

    /// The value behind a data word if `holds`, else zero.
    pub(super) fn load_if(&mut self, holds: Value, t: TypeId, word: Value) -> Borrowed {
        let l = self.layout(t);
        let (yes, no, end) = (self.block(), self.block(), self.block());
        match &l.scalars {
            Some(scalars) => {
                let vars: Vec<_> = scalars.iter().map(|s| self.f.new_var(s.ty)).collect();
                self.brif(holds, yes, no);
                self.switch_to(yes);
                let v = self.iface_data(t, word);
                for (i, &var) in vars.iter().enumerate() {
                    self.set(var, v.at(i));
                }
                self.jump(end);
                self.switch_to(no);
                for (s, &var) in scalars.iter().zip(&vars) {
                    let z = self.zero(s.ty);
                    self.set(var, z);
                }
                self.goto(end);
                Borrowed::flat(vars.into_iter().map(|v| self.get(v)).collect())
            }
            None => {
                let a = self.temp(t);
                self.brif(holds, yes, no);
                self.switch_to(yes);
                self.effect(Op::MemCopy(a, word, l.size));
                self.jump(end);
                self.switch_to(no);
                self.effect(Op::MemZero(a, l.size));
                self.goto(end);
                Owned::memory(a).into()
            }
        }
    }

    fn assert_iface(
        &mut self,
        v: &Borrowed,
        from: TypeId,
        to: TypeId,
        ok: bool,
    ) -> (Borrowed, Option<Value>) {
        self.p.use_interface(to);
        let t = self.dynamic_type(v, from);
        let inter = self.type_addr(to);
        let empty = self.p.is_empty_interface(to);
        if !ok {
            let not_nil = self.icmp_imm(IntCC::Ne, t, 0);
            self.check(not_nil, "panicnildottype", &[inter]);
            if empty {
                return (Borrowed::flat(vec![t, v.at(1)]), None);
            }
            let itab = self.runtime_call("assertE2I", &[inter, t])[0];
            return (Borrowed::flat(vec![itab, v.at(1)]), None);
        }
        let word = if empty {
            t
        } else {
            let nil = self.icmp_imm(IntCC::Eq, t, 0);
            self.choose(
                nil,
                Ty::I64,
                |c| c.iconst(0),
                |c| c.runtime_call("assertE2I2", &[inter, t])[0],
            )
        };
        let holds = self.icmp_imm(IntCC::Ne, word, 0);
        let zero = self.iconst(0);
        let data = self.inst(Op::Select(holds, v.at(1), zero), Ty::I64);
        (Borrowed::flat(vec![word, data]), Some(holds))
    }
}
