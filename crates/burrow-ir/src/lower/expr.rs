//! Expressions: names, constants, selectors, indexing, literals of functions.

use std::rc::Rc;

use burrow_syntax::{BinaryOp, ExprId, ExprKind, Symbol, UnaryOp};
use burrow_types::{
    BasicKind, Constant, Mode, ObjId, ObjKind, Selection, SelectionKind, TypeId, TypeKind,
};

use super::func::{Check, FnCx, Place};
use super::program::{Entry, FuncInst, MethodRef};
use super::value::Borrowed;
use crate::ir::{BinOp, IntCC, MemFlags, Op, Ty, Value};

/// Behind a nil pointer, this many bytes fault.
const FAULT_ZONE: i64 = 4096;

/// Something that has fields: a place, or a value that has none.
#[derive(Debug)]
pub(super) enum Operand {
    Place(Place),
    Val(Borrowed),
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// Evaluates an expression.
    pub(super) fn expr(&mut self, e: ExprId) -> Borrowed {
        if let Some(v) = self.hoisted.get(&e) {
            return v.again();
        }
        let tv = self.info.type_and_value(e);
        if let Some(c) = self.info.const_value(e) {
            let t = self.subst(tv.ty);
            return self.const_val(c, t);
        }
        if tv.mode == Mode::NilValue {
            let t = self.subst(tv.ty);
            return self.zero_val(t).into();
        }
        let pos = self.file.exprs[e].pos;
        match self.file.expr(e) {
            ExprKind::Name(id) => {
                let obj = self
                    .ident_obj(*id)
                    .unwrap_or_else(|| panic!("unresolved name {}", self.file.name(*id)));
                self.name(e, obj, *id)
            }
            ExprKind::Paren(x) => self.expr(*x),
            ExprKind::FuncLit { .. } => self.func_lit(e),
            ExprKind::CompositeLit { .. } => self.composite_lit(e),
            ExprKind::Selector { x, sel } => match self.selection(e) {
                None => {
                    let obj = self.info.use_of(*sel).expect("a qualified name");
                    self.name(e, obj, *sel)
                }
                Some(s) => match s.kind {
                    SelectionKind::FieldVal => {
                        self.at(pos);
                        let (op, t) = self.selector(*x, &s.path);
                        self.operand_val(op, t)
                    }
                    SelectionKind::MethodVal => self.method_value(e, *x, &s),
                    SelectionKind::MethodExpr => self.method_expr(e, &s),
                },
            },
            ExprKind::Index { x, indices } => {
                if self.is_instantiation(*x) {
                    return self.instantiated(*x);
                }
                self.at(pos);
                self.index(e, *x, indices[0])
            }
            ExprKind::Slice { x, index, full } => {
                let (x, index, full) = (*x, *index, *full);
                self.slice_expr(x, index, full, pos)
            }
            ExprKind::Assert { x, .. } => self.type_assert(e, *x, false).0,
            ExprKind::Call { fun, args, has_dots, .. } => self.call_expr(e, *fun, args, *has_dots),
            ExprKind::Star(x) => {
                let p = self.expr(*x).one();
                self.at(pos);
                let t = self.ty(e);
                self.deref(t, p)
            }
            ExprKind::Unary { op, x } => self.unary(e, *op, *x),
            ExprKind::Binary { op, x, y } => self.binary(e, *op, *x, *y),
            other => panic!("not a value: {other:?}"),
        }
    }

    /// `*p` of type `t`.
    fn deref(&mut self, t: TypeId, p: Value) -> Borrowed {
        self.load_mem(t, p, 0, MemFlags::TRAP)
    }

    /// The value of an expression for something of type `to`: converted to an interface if need be.
    pub(super) fn expr_to(&mut self, e: ExprId, to: TypeId) -> Borrowed {
        let from = self.value_type(e);
        let v = self.expr(e);
        self.convert_implicit(v, from, to)
    }

    /// The type of an operand's value: of a comma-ok form or single result, not the tuple.
    pub(super) fn value_type(&mut self, e: ExprId) -> TypeId {
        let t = self.ty(e);
        match self.p.u.kind(t) {
            TypeKind::Tuple(vars) if !vars.is_empty() => {
                let v = vars[0];
                self.obj_ty(v)
            }
            _ => t,
        }
    }

    pub(super) fn const_val(&mut self, c: &Constant, t: TypeId) -> Borrowed {
        let TypeKind::Basic(kind, _) = self.kind(t) else {
            if self.p.is_interface(t) {
                panic!("constant of interface type");
            }
            return self.zero_val(t).into();
        };
        Borrowed::flat(match kind {
            BasicKind::Bool | BasicKind::UntypedBool => vec![self.bool_const(c.bool_val())],
            BasicKind::String | BasicKind::UntypedString => return self.string_const(c.str_val()),
            BasicKind::Float32 => {
                vec![self.inst(Op::Fconst(u64::from(c.to_f32().to_bits())), Ty::F32)]
            }
            BasicKind::Float64 | BasicKind::UntypedFloat => {
                vec![self.inst(Op::Fconst(c.to_f64().to_bits()), Ty::F64)]
            }
            BasicKind::Complex64 => [c.real(), c.imag()]
                .iter()
                .map(|p| self.inst(Op::Fconst(u64::from(p.to_f32().to_bits())), Ty::F32))
                .collect(),
            BasicKind::Complex128 | BasicKind::UntypedComplex => [c.real(), c.imag()]
                .iter()
                .map(|p| self.inst(Op::Fconst(p.to_f64().to_bits()), Ty::F64))
                .collect(),
            k => {
                let ty = super::layout::basic_ty(*k).unwrap_or(Ty::I64);
                vec![self.iconst_ty(ty, c.to_bits64() as i64)]
            }
        })
    }

    pub(super) fn string_const(&mut self, bytes: &[u8]) -> Borrowed {
        let len = self.iconst(bytes.len() as i64);
        if bytes.is_empty() {
            let p = self.iconst(0);
            return Borrowed::flat(vec![p, len]);
        }
        let s = self.p.string_data(bytes);
        let p = self.symbol(s, 0);
        Borrowed::flat(vec![p, len])
    }

    /// What a name stands for, as a value.
    fn name(&mut self, e: ExprId, obj: ObjId, id: burrow_syntax::IdentId) -> Borrowed {
        match &self.p.u.obj(obj).kind {
            ObjKind::Var { .. } => {
                let t = self.obj_ty(obj);
                let place = self.var_place(obj);
                self.read(t, &place)
            }
            ObjKind::Func { .. } => {
                let f = self.func_inst(obj, Some(id));
                self.func_value(f)
            }
            ObjKind::Nil => {
                let t = self.ty(e);
                self.zero_val(t).into()
            }
            other => panic!("{} is not a value: {other:?}", self.p.u.obj(obj).name),
        }
    }

    /// The function that an identifier means, with its type arguments.
    pub(super) fn func_inst(&mut self, obj: ObjId, id: Option<burrow_syntax::IdentId>) -> FuncInst {
        let targs: Vec<TypeId> = match id.and_then(|id| self.info.instance(id)) {
            Some(i) => i.targs.iter().map(|&t| self.subst(t)).collect(),
            None => Vec::new(),
        };
        FuncInst { obj: self.p.u.origin_func(obj), targs: self.p.canonical_list(&targs) }
    }

    /// A top-level function as a func value.
    pub(super) fn func_value(&mut self, f: FuncInst) -> Borrowed {
        let def = self.p.definition(f);
        let symbol = self.p.go_entry(&def);
        let cell = self.p.closure_cell(symbol);
        Borrowed::flat(vec![self.symbol(cell, 0)])
    }

    pub(super) fn is_instantiation(&self, x: ExprId) -> bool {
        super::captures::instance_at(self.info, self.file, x).is_some()
    }

    /// `F[int]`: the function behind an explicit instantiation.
    fn instantiated(&mut self, x: ExprId) -> Borrowed {
        match self.file.expr(self.file.unparen(x)) {
            ExprKind::Name(id) => {
                let obj = self.info.use_of(*id).expect("a function");
                let f = self.func_inst(obj, Some(*id));
                self.func_value(f)
            }
            ExprKind::Selector { x: inner, sel } => match self.selection(x) {
                None => {
                    let obj = self.info.use_of(*sel).expect("a function");
                    let f = self.func_inst(obj, Some(*sel));
                    self.func_value(f)
                }
                Some(s) if s.kind == SelectionKind::MethodExpr => self.method_expr(x, &s),
                Some(s) => self.method_value(x, *inner, &s),
            },
            other => panic!("instantiation of {other:?}"),
        }
    }

    // ------------------------------------------------------------------------------- selectors

    /// The selection of a selector in this instance: methods of type parameters are looked up anew.
    pub(super) fn selection(&mut self, e: ExprId) -> Option<Selection> {
        let s = self.info.selection(e)?;
        if self.cx.env.is_empty() {
            return Some(s.clone());
        }
        let recv = self.subst(s.recv);
        if recv == s.recv {
            return Some(s.clone());
        }
        let o = self.p.u.obj(s.obj);
        let found = self.p.u.lookup_field_or_method(recv, true, o.pkg, o.name);
        let obj =
            found.obj.unwrap_or_else(|| panic!("{} has no {}", self.p.u.type_string(recv), o.name));
        let path = found.path.into_boxed_slice();
        Some(Selection { kind: s.kind, recv, obj, path, indirect: found.indirect })
    }

    pub(super) fn operand(&mut self, e: ExprId) -> Operand {
        if self.hoisted.contains_key(&e) || self.info.mode(e) != Mode::Variable {
            return Operand::Val(self.expr(e));
        }
        Operand::Place(self.place(e))
    }

    pub(super) fn operand_val(&mut self, op: Operand, t: TypeId) -> Borrowed {
        match op {
            Operand::Place(p) => self.read(t, &p),
            Operand::Val(v) => v,
        }
    }

    /// `x.f` by the path of fields; the operand and its type.
    pub(super) fn selector(&mut self, x: ExprId, path: &[u32]) -> (Operand, TypeId) {
        let mut t = self.value_type(x);
        let mut op = self.operand(x);
        for &i in path {
            (op, t) = self.field(op, t, i as usize);
        }
        (op, t)
    }

    /// Field `i` of a struct, or of the struct that a pointer points to.
    pub(super) fn field(&mut self, op: Operand, t: TypeId, i: usize) -> (Operand, TypeId) {
        let (op, t) = match self.kind(t) {
            TypeKind::Pointer(elem) => {
                let p = self.operand_val(op, t).one();
                (Operand::Place(Place::Mem { base: p, offset: 0, flags: MemFlags::TRAP }), *elem)
            }
            _ => (op, t),
        };
        let TypeKind::Struct(s) = self.kind(t) else {
            panic!("field of {}", self.p.u.type_string(t))
        };
        let l = self.layout(t);
        let ft = self.p.obj_type(s.fields[i]);
        let fl = self.layout(ft);
        let offset = l.offsets[i] as i64;
        let part = |v: &[Value]| -> Vec<Value> {
            let n = fl.scalars.as_ref().map_or(0, Vec::len);
            v[l.first_scalar[i]..l.first_scalar[i] + n].to_vec()
        };
        let op = match op {
            Operand::Place(Place::Vars(v)) => {
                let n = fl.scalars.as_ref().map_or(0, Vec::len);
                let first = l.first_scalar[i];
                Operand::Place(Place::Vars(v[first..first + n].to_vec()))
            }
            Operand::Place(Place::Mem { base, offset: at, flags }) => {
                Operand::Place(self.mem_place(base, i64::from(at) + offset, flags))
            }
            Operand::Place(p @ Place::Checked { .. }) => {
                let base = self.place_addr(&p);
                Operand::Place(self.mem_place(base, offset, MemFlags::SAFE))
            }
            Operand::Place(p) => {
                let v = self.read(t, &p);
                return self.field(Operand::Val(v), t, i);
            }
            Operand::Val(v) => Operand::Val(match (v.scalars(), self.address(&v)) {
                (Some(v), _) => Borrowed::flat(part(v)),
                (_, a) => self.load_part(&v, ft, a.expect("a memory value"), offset),
            }),
        };
        (op, ft)
    }

    /// A place behind a pointer; far behind a nil pointer nothing faults, so that is checked.
    pub(super) fn mem_place(&mut self, base: Value, offset: i64, flags: MemFlags) -> Place {
        if !flags.notrap && offset >= FAULT_ZONE {
            self.effect(Op::NilCheck(base));
            let base = self.add_imm(base, offset);
            return Place::Mem { base, offset: 0, flags: MemFlags::SAFE };
        }
        match i32::try_from(offset) {
            Ok(offset) => Place::Mem { base, offset, flags },
            Err(_) => {
                let base = self.add_imm(base, offset);
                Place::Mem { base, offset: 0, flags }
            }
        }
    }

    /// A part of a memory value, at this address and offset.
    fn load_part(&mut self, whole: &Borrowed, t: TypeId, base: Value, offset: i64) -> Borrowed {
        if self.layout(t).is_flat() {
            let (base, offset) = self.behind(base, offset as u64);
            return self.load_mem(t, base, offset, MemFlags::SAFE);
        }
        let a = self.add_imm(base, offset);
        Self::part_of(whole, a)
    }

    // ---------------------------------------------------------------------------------- places

    /// The place that an addressable expression, or a map index, denotes.
    pub(super) fn place(&mut self, e: ExprId) -> Place {
        let pos = self.file.exprs[e].pos;
        match self.file.expr(e) {
            ExprKind::Name(id) => {
                if self.file.name(*id).is_blank() {
                    return Place::Blank;
                }
                let obj = self.ident_obj(*id).expect("a variable");
                self.var_place(obj)
            }
            ExprKind::Paren(x) => self.place(*x),
            ExprKind::Selector { x, sel } => match self.selection(e) {
                None => {
                    let obj = self.info.use_of(*sel).expect("a variable");
                    self.var_place(obj)
                }
                Some(s) => {
                    self.at(pos);
                    match self.selector(*x, &s.path) {
                        (Operand::Place(p), _) => p,
                        (Operand::Val(v), t) => self.temp_place(v, t),
                    }
                }
            },
            ExprKind::Index { x, indices } => {
                self.at(pos);
                self.index_place(*x, indices[0])
            }
            ExprKind::Star(x) => {
                let p = self.expr(*x).one();
                self.at(pos);
                Place::Mem { base: p, offset: 0, flags: MemFlags::TRAP }
            }
            _ => {
                let t = self.value_type(e);
                let v = self.expr(e);
                self.temp_place(v, t)
            }
        }
    }

    fn temp_place(&mut self, v: Borrowed, t: TypeId) -> Place {
        let base = self.spill(t, &v);
        Place::Mem { base, offset: 0, flags: MemFlags::SAFE }
    }

    /// `&x`
    pub(super) fn address_of(&mut self, x: ExprId) -> Value {
        let x = self.file.unparen(x);
        if matches!(self.file.expr(x), ExprKind::CompositeLit { .. }) {
            let t = self.ty(x);
            return self.composite_on_heap(x, t);
        }
        let place = self.place(x);
        match place {
            Place::Mem { .. } | Place::Checked { .. } => self.place_addr(&place),
            // Fields of size zero, and arrays of length one, in flat variables that nothing else refers to.
            _ => {
                let t = self.ty(x);
                let v = self.read(t, &place);
                let a = self.new_object(t);
                self.store_mem(t, &v, a, 0, MemFlags::SAFE);
                a
            }
        }
    }

    // -------------------------------------------------------------------------------- indexing

    /// The index as 64 bits, and whether its type is signed.
    pub(super) fn index_value(&mut self, i: ExprId) -> (Value, bool) {
        let t = self.value_type(i);
        let v = self.expr(i).one();
        let signed = self.p.is_signed(t) || self.info.const_value(i).is_some();
        (self.int_cast(v, Ty::I64, signed), signed)
    }

    fn index(&mut self, e: ExprId, x: ExprId, i: ExprId) -> Borrowed {
        let xt = self.value_type(x);
        // What is indexed is read after the calls of the index.
        self.hoist_list(&[x, i]);
        match self.kind(xt) {
            TypeKind::Map { .. } => {
                let (m, key) = self.map_read_operands(x, i, xt);
                self.map_read(xt, m, &key, false).0
            }
            TypeKind::Basic(..) => {
                let s = self.expr(x);
                let (index, signed) = self.index_value(i);
                self.check_index(index, s.at(1), signed);
                let a = self.bin(BinOp::Iadd, s.at(0), index);
                Borrowed::flat(vec![self.load(Ty::I8, a, 0, MemFlags::SAFE)])
            }
            TypeKind::Array { elem, len } if self.info.mode(x) != Mode::Variable => {
                let v = self.expr(x);
                let (index, signed) = self.index_value(i);
                let n = self.iconst(*len);
                self.check_index(index, n, signed);
                match self.address(&v) {
                    None if *len == 1 => v,
                    None => self.zero_val(*elem).into(),
                    Some(base) => {
                        let size = self.size(*elem);
                        let off = self.mul_imm(index, size);
                        let a = self.bin(BinOp::Iadd, base, off);
                        self.load_part(&v, *elem, a, 0)
                    }
                }
            }
            _ => {
                let t = self.ty(e);
                let place = self.index_place(x, i);
                self.read(t, &place)
            }
        }
    }

    /// The element of a slice, array or map; its bounds check belongs to the access.
    fn index_place(&mut self, x: ExprId, i: ExprId) -> Place {
        let xt = self.value_type(x);
        self.hoist_list(&[x, i]);
        match self.kind(xt) {
            TypeKind::Map { .. } => {
                let (map, key) = self.map_operands(x, i, xt);
                let TypeKind::Map { key: kt, .. } = self.kind(xt) else { panic!("no map") };
                let key = Rc::new(self.own(*kt, key));
                Place::MapEntry { map, key, map_type: xt }
            }
            TypeKind::Slice(elem) => {
                let s = self.expr(x);
                let (index, signed) = self.index_value(i);
                self.element(s.at(0), s.at(1), *elem, index, signed)
            }
            TypeKind::Pointer(array) => {
                let TypeKind::Array { elem, len } = self.kind(*array) else {
                    panic!("index of pointer")
                };
                let p = self.expr(x).one();
                let (index, signed) = self.index_value(i);
                self.effect(Op::NilCheck(p));
                let n = self.iconst(*len);
                self.element(p, n, *elem, index, signed)
            }
            TypeKind::Array { elem, len } => {
                let place = self.place(x);
                let (index, signed) = self.index_value(i);
                let n = self.iconst(*len);
                match place {
                    Place::Vars(v) if *len == 1 => {
                        self.check_index(index, n, signed);
                        Place::Vars(v)
                    }
                    Place::Vars(_) => {
                        // No elements, or elements of size zero.
                        self.check_index(index, n, signed);
                        let zero = self.p.runtime_var("zerobase");
                        let base = self.symbol(zero, 0);
                        Place::Mem { base, offset: 0, flags: MemFlags::SAFE }
                    }
                    place => {
                        let base = self.place_addr(&place);
                        self.element(base, n, *elem, index, signed)
                    }
                }
            }
            other => panic!("index of {other:?}"),
        }
    }

    fn element(
        &mut self,
        base: Value,
        len: Value,
        elem: TypeId,
        index: Value,
        signed: bool,
    ) -> Place {
        let size = self.size(elem);
        let off = self.mul_imm(index, size);
        let base = self.bin(BinOp::Iadd, base, off);
        Place::Checked { base, offset: 0, check: Check::Index { index, len, signed } }
    }

    /// `x[lo:hi:max]`
    fn slice_expr(
        &mut self,
        x: ExprId,
        index: [Option<ExprId>; 3],
        full: bool,
        pos: burrow_syntax::Pos,
    ) -> Borrowed {
        let xt = self.value_type(x);
        // What is sliced is read after the calls of the indices.
        let operands: Vec<ExprId> = [x].into_iter().chain(index.into_iter().flatten()).collect();
        self.hoist_list(&operands);
        // Base, length and capacity of what is sliced.
        let (base, len, cap, elem, is_string) = match self.kind(xt) {
            TypeKind::Basic(..) => {
                let s = self.expr(x);
                (s.at(0), s.at(1), s.at(1), TypeId::UINT8, true)
            }
            TypeKind::Slice(elem) => {
                let s = self.expr(x);
                (s.at(0), s.at(1), s.at(2), *elem, false)
            }
            TypeKind::Pointer(array) => {
                let TypeKind::Array { elem, len } = self.kind(*array) else {
                    panic!("slice of pointer")
                };
                let p = self.expr(x).one();
                self.at(pos);
                self.effect(Op::NilCheck(p));
                let n = self.iconst(*len);
                (p, n, n, *elem, false)
            }
            TypeKind::Array { elem, len } => {
                let p = self.address_of(x);
                let n = self.iconst(*len);
                (p, n, n, *elem, false)
            }
            other => panic!("slice of {other:?}"),
        };
        let is_array = !matches!(self.kind(xt), TypeKind::Slice(_) | TypeKind::Basic(..));
        let given: Vec<Option<(Value, bool)>> =
            index.iter().map(|i| i.map(|i| self.index_value(i))).collect();
        self.at(pos);
        let zero = self.iconst(0);
        let lo = given[0].unwrap_or((zero, true));
        let hi = given[1].unwrap_or((len, true));
        if full {
            let max = given[2].unwrap_or((cap, true));
            let name = if is_array { "panicSlice3Alen" } else { "panicSlice3Acap" };
            self.check_bound(max, cap, name);
            self.check_bound(hi, max.0, "panicSlice3B");
            self.check_bound(lo, hi.0, "panicSlice3C");
            return self.make_slice(base, lo.0, hi.0, max.0, elem);
        }
        if given[1].is_some() {
            let name = if is_string || is_array { "panicSliceAlen" } else { "panicSliceAcap" };
            self.check_bound(hi, if is_string { len } else { cap }, name);
        }
        if given[0].is_some() {
            self.check_bound(lo, hi.0, "panicSliceB");
        }
        if is_string {
            let n = self.bin(BinOp::Isub, hi.0, lo.0);
            let p = self.advance(base, lo.0, n, 1);
            return Borrowed::flat(vec![p, n]);
        }
        self.make_slice(base, lo.0, hi.0, cap, elem)
    }

    fn check_bound(&mut self, v: (Value, bool), limit: Value, panic: &'static str) {
        let ok = self.icmp(IntCC::Ule, v.0, limit);
        let name = if v.1 { panic } else { unsigned_name(panic) };
        self.check(ok, name, &[v.0, limit]);
    }

    fn make_slice(
        &mut self,
        base: Value,
        lo: Value,
        hi: Value,
        cap: Value,
        elem: TypeId,
    ) -> Borrowed {
        let len = self.bin(BinOp::Isub, hi, lo);
        let cap = self.bin(BinOp::Isub, cap, lo);
        let size = self.size(elem);
        let p = self.advance(base, lo, cap, size);
        Borrowed::flat(vec![p, len, cap])
    }

    /// `base + lo * size`, but `base` if nothing is left behind it: a pointer stays inside its object.
    fn advance(&mut self, base: Value, lo: Value, left: Value, size: u64) -> Value {
        let off = self.mul_imm(lo, size);
        // All ones if something is left: the sign of -left.
        let neg = self.un(crate::ir::UnOp::Ineg, left);
        let k = self.iconst(63);
        let mask = self.bin(BinOp::Sshr, neg, k);
        let off = self.bin(BinOp::And, off, mask);
        self.bin(BinOp::Iadd, base, off)
    }

    // ----------------------------------------------------------------------------------- unary

    fn unary(&mut self, e: ExprId, op: UnaryOp, x: ExprId) -> Borrowed {
        let pos = self.file.exprs[e].pos;
        match op {
            UnaryOp::Addr => {
                self.at(pos);
                Borrowed::flat(vec![self.address_of(x)])
            }
            UnaryOp::Recv => {
                let xt = self.value_type(x);
                let c = self.expr(x).one();
                self.at(pos);
                self.receive(xt, c, false).0
            }
            UnaryOp::Plus => self.expr(x),
            UnaryOp::Not => {
                let v = self.expr(x).one();
                Borrowed::flat(vec![self.not(v)])
            }
            UnaryOp::Compl => {
                let v = self.expr(x).one();
                Borrowed::flat(vec![self.un(crate::ir::UnOp::Bnot, v)])
            }
            UnaryOp::Neg => {
                let v = self.expr(x);
                let vs = v.scalars().expect("a number");
                Borrowed::flat(
                    vs.iter()
                        .map(|&v| {
                            let op = if self.f.ty(v).is_float() {
                                crate::ir::UnOp::Fneg
                            } else {
                                crate::ir::UnOp::Ineg
                            };
                            self.un(op, v)
                        })
                        .collect(),
                )
            }
            UnaryOp::Tilde => panic!("~ in an expression"),
        }
    }

    // ---------------------------------------------------------------------------------- binary

    fn binary(&mut self, e: ExprId, op: BinaryOp, x: ExprId, y: ExprId) -> Borrowed {
        let pos = self.file.exprs[e].pos;
        match op {
            BinaryOp::AndAnd | BinaryOp::OrOr => return self.short_circuit(op, x, y),
            BinaryOp::Add if self.p.u.is_string(self.info.type_of(e)) || self.is_string_type(e) => {
                return self.concat(e);
            }
            _ => {}
        }
        if op.is_shift() {
            if let Some(n) = self.info.const_value(y) {
                // The count may be written as a float or complex number.
                let n = n.to_int().to_bits64();
                let a = self.expr(x).one();
                let t = self.ty(e);
                self.at(pos);
                let n = self.iconst(n as i64);
                let v = self.shift(op == BinaryOp::Shl, t, a, n, false);
                return Borrowed::flat(vec![v]);
            }
            let vals = self.operands(&[x, y]);
            let (xt, yt) = (self.ty(e), self.value_type(y));
            self.at(pos);
            let signed_count = self.p.is_signed(yt);
            let v = self.shift(op == BinaryOp::Shl, xt, vals[0].one(), vals[1].one(), signed_count);
            return Borrowed::flat(vec![v]);
        }
        let (xt, yt) = (self.value_type(x), self.value_type(y));
        let look = op.is_comparison() && !self.has_call(x) && !self.has_call(y);
        let vals = if look && !self.p.is_interface(xt) && !self.p.is_interface(yt) {
            vec![self.string_view(x), self.string_view(y)]
        } else {
            self.operands(&[x, y])
        };
        self.at(pos);
        if op.is_comparison() {
            // Against nil, the first word decides.
            let nil = |e: ExprId| self.info.mode(e) == Mode::NilValue;
            let other = match (nil(x), nil(y)) {
                (true, _) => Some(&vals[1]),
                (false, true) => Some(&vals[0]),
                _ => None,
            };
            if let Some(v) = other {
                let first = v.at(0);
                let cc = if op == BinaryOp::Eql { IntCC::Eq } else { IntCC::Ne };
                return Borrowed::flat(vec![self.icmp_imm(cc, first, 0)]);
            }
            let v = self.compare(op, xt, &vals[0], yt, &vals[1]);
            return Borrowed::flat(vec![v]);
        }
        let t = self.ty(e);
        self.arith(op, t, &vals[0], &vals[1])
    }

    /// The value of `e`, for an operation that looks at a string and is done with it before anything else happens:
    /// the bytes of `string(b)` are b's own then.
    pub(super) fn string_view(&mut self, e: ExprId) -> Borrowed {
        let file = self.file;
        let inner = file.unparen(e);
        if let ExprKind::Call { fun, args, .. } = file.expr(inner)
            && self.info.mode(*fun) == Mode::TypeExpr
            && self.is_string_type(inner)
        {
            let from = self.value_type(args[0]);
            if let TypeKind::Slice(elem) = self.kind(from)
                && self.size(*elem) == 1
            {
                let v = self.expr(args[0]);
                return Borrowed::flat(vec![v.at(0), v.at(1)]);
            }
        }
        self.expr(e)
    }

    /// The same for `[]byte(s)`, which is neither written to nor kept. As in gc, its capacity is its length then.
    pub(super) fn bytes_view(&mut self, e: ExprId) -> Borrowed {
        let file = self.file;
        let inner = file.unparen(e);
        if let ExprKind::Call { fun, args, .. } = file.expr(inner)
            && self.info.mode(*fun) == Mode::TypeExpr
            && !self.hoisted.contains_key(&inner)
            && self.is_string_type(args[0])
        {
            let to = self.value_type(inner);
            if let TypeKind::Slice(elem) = self.kind(to)
                && self.size(*elem) == 1
            {
                let v = self.expr(args[0]);
                return Borrowed::flat(vec![v.at(0), v.at(1), v.at(1)]);
            }
        }
        self.expr(e)
    }

    fn is_string_type(&mut self, e: ExprId) -> bool {
        let t = self.ty(e);
        matches!(self.kind(t), TypeKind::Basic(BasicKind::String | BasicKind::UntypedString, _))
    }

    fn short_circuit(&mut self, op: BinaryOp, x: ExprId, y: ExprId) -> Borrowed {
        let a = self.expr(x).one();
        let result = self.f.new_var(Ty::I8);
        self.set(result, a);
        let (more, end) = (self.block(), self.block());
        match op {
            BinaryOp::AndAnd => self.brif(a, more, end),
            _ => self.brif(a, end, more),
        }
        self.switch_to(more);
        let b = self.expr(y).one();
        self.set(result, b);
        self.goto(end);
        Borrowed::flat(vec![self.get(result)])
    }

    /// `a + b + c` of strings: one call.
    fn concat(&mut self, e: ExprId) -> Borrowed {
        let mut parts = Vec::new();
        self.concat_parts(e, &mut parts);
        let vals = self.operands(&parts);
        self.at(self.file.exprs[e].pos);
        self.concat_vals(&vals.iter().collect::<Vec<_>>())
    }

    fn concat_parts(&mut self, e: ExprId, out: &mut Vec<ExprId>) {
        let inner = self.file.unparen(e);
        match self.file.expr(inner) {
            ExprKind::Binary { op: BinaryOp::Add, x, y }
                if self.info.const_value(inner).is_none() && !self.hoisted.contains_key(&inner) =>
            {
                self.concat_parts(*x, out);
                self.concat_parts(*y, out);
            }
            _ => out.push(e),
        }
    }

    pub(super) fn concat_vals(&mut self, vals: &[&Borrowed]) -> Borrowed {
        if let [v] = vals {
            return v.again();
        }
        // Room for the result is found by escape analysis.
        let mut args = vec![self.iconst(0)];
        let flat = vals.iter().flat_map(|v| [v.at(0), v.at(1)]);
        match vals.len() {
            2 | 3 => {
                args.extend(flat);
                let name = if vals.len() == 2 { "concatstring2" } else { "concatstring3" };
                Borrowed::flat(self.runtime_call(name, &args))
            }
            n => {
                let s = self.slot(16 * n as u64, 8);
                let a = self.slot_addr(s);
                for (i, v) in flat.enumerate() {
                    self.store(v, a, 8 * i as i32, MemFlags::SAFE);
                }
                let n = self.iconst(n as i64);
                args.extend([a, n, n]);
                Borrowed::flat(self.runtime_call("concatstrings", &args))
            }
        }
    }

    // --------------------------------------------------------------------------------- methods

    /// `x.m` as a func value: the receiver is bound now.
    fn method_value(&mut self, e: ExprId, x: ExprId, s: &Selection) -> Borrowed {
        let pos = self.file.exprs[e].pos;
        let (recv, target) = self.method_receiver(e, x, s, pos);
        self.bind_call(&target, recv)
    }

    /// `T.m`: a function whose first parameter is the receiver.
    fn method_expr(&mut self, e: ExprId, s: &Selection) -> Borrowed {
        let sel = match self.file.expr(e) {
            ExprKind::Selector { sel, .. } => Some(*sel),
            _ => None,
        };
        let own = sel.and_then(|id| self.info.instance(id)).is_some();
        if own && !self.p.is_interface(s.recv) {
            // A generic method: only a direct one can be entered without a wrapper.
            let f = self.method_inst(s.obj, sel);
            return self.func_value(f);
        }
        let method = MethodRef { obj: s.obj, path: Rc::from(&*s.path) };
        let symbol = self.p.want_method(s.recv, method, Entry::Direct);
        let cell = self.p.closure_cell(symbol);
        Borrowed::flat(vec![self.symbol(cell, 0)])
    }

    /// The declared method with type arguments of its receiver, and its own.
    pub(super) fn method_inst(
        &mut self,
        obj: ObjId,
        id: Option<burrow_syntax::IdentId>,
    ) -> FuncInst {
        let mut targs: Vec<TypeId> = match &self.p.u.obj(obj).kind {
            ObjKind::Func { instance: Some(t), .. } => match self.p.u.kind(*t) {
                TypeKind::Named(n) => n.targs.to_vec(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        if let Some(i) = id.and_then(|id| self.info.instance(id)) {
            let own: Vec<TypeId> = i.targs.iter().map(|&t| self.subst(t)).collect();
            targs.extend(own);
        }
        FuncInst { obj: self.p.u.origin_func(obj), targs: self.p.canonical_list(&targs) }
    }
}

/// The function for an index of unsigned type.
fn unsigned_name(name: &'static str) -> &'static str {
    match name {
        "panicSliceAlen" => "panicSliceAlenU",
        "panicSliceAcap" => "panicSliceAcapU",
        "panicSliceB" => "panicSliceBU",
        "panicSlice3Alen" => "panicSlice3AlenU",
        "panicSlice3Acap" => "panicSlice3AcapU",
        "panicSlice3B" => "panicSlice3BU",
        "panicSlice3C" => "panicSlice3CU",
        other => other,
    }
}

impl super::program::Program<'_> {
    pub(super) fn canonical_list(&self, targs: &[TypeId]) -> Rc<[TypeId]> {
        targs.iter().map(|&t| self.canonical(t)).collect()
    }

    /// A symbol that can be called by Go's convention: for image functions a thunk.
    pub(super) fn go_entry(&self, def: &FuncInst) -> Symbol {
        if !self.is_image_func(def) {
            return self.want_func(def.clone());
        }
        let symbol = Symbol::new(&format!("{}·thunk", self.image_symbol(def)));
        if self.want(symbol) {
            self.push_work(super::program::Item::ImageThunk { obj: def.obj, symbol });
        }
        symbol
    }
}
