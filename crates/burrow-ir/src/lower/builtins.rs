//! Predeclared functions and those of package unsafe.

use burrow_syntax::{BinaryOp, ExprId, ExprKind, Pos};
use burrow_types::{BasicKind, BuiltinId, Mode, TypeId, TypeKind};

use super::func::FnCx;
use super::value::{Borrowed, Owned};
use crate::ir::{BinOp, IntCC, MemFlags, Op, Ty, Value};

impl<'p, 'a> FnCx<'p, 'a> {
    /// A call of a built-in function.
    pub(super) fn builtin(
        &mut self,
        e: ExprId,
        fun: ExprId,
        args: &[ExprId],
        dots: bool,
    ) -> Borrowed {
        let id = self.info.builtin(self.p.u, self.file, fun).expect("a built-in function");
        let pos = self.file.exprs[e].pos;
        match id {
            BuiltinId::Append => self.append(e, args, dots),
            BuiltinId::Make => self.make(e, args),
            BuiltinId::New => self.new_builtin(e, args),
            BuiltinId::Len | BuiltinId::Cap => self.len_cap(id, args[0]),
            BuiltinId::UnsafeOffsetof | BuiltinId::UnsafeSizeof | BuiltinId::UnsafeAlignof => {
                let n = self.unsafe_size(id, args[0]);
                Borrowed::flat(vec![self.iconst(n as i64)])
            }
            BuiltinId::Recover => {
                self.at(pos);
                let sp = self.inst(Op::CallerSp, Ty::I64);
                Borrowed::flat(self.runtime_call("gorecover", &[sp]))
            }
            _ => {
                let (vals, types) = self.builtin_args(e, id, args);
                self.at(pos);
                let result = self.ty(e);
                self.builtin_vals(id, &vals, &types, result)
            }
        }
    }

    /// Arguments of the simple built-in functions, converted where the function has a parameter type.
    pub(super) fn builtin_args(
        &mut self,
        e: ExprId,
        id: BuiltinId,
        args: &[ExprId],
    ) -> (Vec<Owned>, Vec<TypeId>) {
        if args.len() == 1
            && let ExprKind::Call { .. } = self.file.expr(self.file.unparen(args[0]))
        {
            let t = self.ty(args[0]);
            if let TypeKind::Tuple(vars) = self.p.u.kind(t)
                && vars.len() > 1
            {
                let types: Vec<TypeId> = vars.iter().map(|&v| self.p.obj_type(v)).collect();
                let types: Vec<TypeId> = types.into_iter().map(|t| self.subst(t)).collect();
                return (self.multi_owned(args[0], &types), types);
            }
        }
        self.hoist_list(args);
        let mut vals = Vec::new();
        let mut types = Vec::new();
        for (i, &a) in args.iter().enumerate() {
            let t = self.value_type(a);
            let v = self.expr(a);
            let to = match (id, i) {
                (BuiltinId::Panic, 0) => TypeId::EMPTY_INTERFACE,
                (BuiltinId::Delete, 1) => {
                    let m = types[0];
                    match self.kind(m) {
                        TypeKind::Map { key, .. } => *key,
                        _ => t,
                    }
                }
                (BuiltinId::Min | BuiltinId::Max, _) => self.ty(e),
                _ => t,
            };
            let v = self.convert_implicit(v, t, to);
            vals.push(self.own(to, v));
            types.push(to);
        }
        (vals, types)
    }

    /// A built-in function of evaluated arguments; also what `go` and `defer` of one run.
    pub(super) fn builtin_vals(
        &mut self,
        id: BuiltinId,
        vals: &[Owned],
        types: &[TypeId],
        result: TypeId,
    ) -> Borrowed {
        let none = Borrowed::flat(Vec::new());
        match id {
            BuiltinId::Panic => {
                self.runtime_call("gopanic", &[vals[0].at(0), vals[0].at(1)]);
                none
            }
            BuiltinId::Print | BuiltinId::Println => {
                self.print(vals, types, id == BuiltinId::Println);
                none
            }
            BuiltinId::Close => {
                self.runtime_call("closechan", &[vals[0].one()]);
                none
            }
            BuiltinId::Delete => {
                self.map_delete(types[0], vals[0].one(), &vals[1]);
                none
            }
            BuiltinId::Clear => {
                self.clear(types[0], &vals[0]);
                none
            }
            BuiltinId::Copy => self.copy(&vals[0], types[0], &vals[1]),
            BuiltinId::Complex => Borrowed::flat(vec![vals[0].one(), vals[1].one()]),
            BuiltinId::Real => Borrowed::flat(vec![vals[0].at(0)]),
            BuiltinId::Imag => Borrowed::flat(vec![vals[0].at(1)]),
            BuiltinId::Min | BuiltinId::Max => {
                let mut acc = vals[0].again();
                for v in &vals[1..] {
                    acc = self.min_max(id == BuiltinId::Min, result, &acc, v);
                }
                acc
            }
            BuiltinId::Recover => {
                // Called by `defer` for the function with this stack pointer.
                Borrowed::flat(self.runtime_call("gorecover", &[vals[0].one()]))
            }
            BuiltinId::UnsafeAdd => {
                let n = self.int_cast(vals[1].one(), Ty::I64, self.p.is_signed(types[1]));
                Borrowed::flat(vec![self.bin(BinOp::Iadd, vals[0].one(), n)])
            }
            BuiltinId::UnsafeSliceData | BuiltinId::UnsafeStringData => {
                Borrowed::flat(vec![vals[0].at(0)])
            }
            BuiltinId::UnsafeString => self.unsafe_string(vals, types),
            BuiltinId::UnsafeSlice => self.unsafe_slice(vals, types, result),
            other => panic!("built-in function {other:?}"),
        }
    }

    fn unsafe_size(&mut self, id: BuiltinId, x: ExprId) -> u64 {
        match id {
            BuiltinId::UnsafeSizeof => {
                let t = self.value_type(x);
                self.size(t)
            }
            BuiltinId::UnsafeAlignof => {
                let t = self.value_type(x);
                self.layout(t).align
            }
            _ => {
                let x = self.file.unparen(x);
                let ExprKind::Selector { x: base, .. } = self.file.expr(x) else { return 0 };
                let s = self.selection(x).expect("a field");
                let mut t = self.value_type(*base);
                let mut offset = 0;
                for &i in &*s.path {
                    if let TypeKind::Pointer(e) = self.kind(t) {
                        t = *e;
                    }
                    let TypeKind::Struct(st) = self.kind(t) else { return 0 };
                    offset += self.layout(t).offsets[i as usize];
                    t = self.p.obj_type(st.fields[i as usize]);
                }
                offset
            }
        }
    }

    fn len_cap(&mut self, id: BuiltinId, x: ExprId) -> Borrowed {
        let t = self.value_type(x);
        let is_len = id == BuiltinId::Len;
        let n = match self.kind(t) {
            TypeKind::Basic(..) => self.expr(x).at(1),
            TypeKind::Slice(_) => self.bytes_view(x).at(if is_len { 1 } else { 2 }),
            TypeKind::Map { .. } => {
                let m = self.expr(x).one();
                self.map_len(m)
            }
            TypeKind::Chan { .. } => {
                let c = self.expr(x).one();
                self.runtime_call(if is_len { "chanlen" } else { "chancap" }, &[c])[0]
            }
            TypeKind::Array { len, .. } => {
                let len = *len;
                if self.has_call(x) {
                    self.expr(x);
                }
                self.iconst(len)
            }
            TypeKind::Pointer(a) => {
                let TypeKind::Array { len, .. } = self.kind(*a) else { panic!("len of pointer") };
                let len = *len;
                if self.has_call(x) {
                    self.expr(x);
                }
                self.iconst(len)
            }
            other => panic!("len of {other:?}"),
        };
        Borrowed::flat(vec![n])
    }

    /// `new(T)` and, since Go 1.26, `new(expr)`.
    fn new_builtin(&mut self, e: ExprId, args: &[ExprId]) -> Borrowed {
        let t = self.ty(e);
        let TypeKind::Pointer(elem) = self.kind(t) else { panic!("new of no pointer") };
        let elem = *elem;
        if self.info.mode(args[0]) == Mode::TypeExpr {
            return Borrowed::flat(vec![self.new_object(elem)]);
        }
        let v = self.expr_to(args[0], elem);
        let a = self.new_object(elem);
        self.store_mem(elem, &v, a, 0, MemFlags::SAFE);
        Borrowed::flat(vec![a])
    }

    /// A size or length argument as int, and whether it may be negative.
    fn size_arg(&mut self, e: ExprId) -> Value {
        let t = self.value_type(e);
        let v = self.expr(e);
        if let TypeKind::Basic(k, _) = self.kind(t)
            && k.is_float()
        {
            return self.convert_number(&v, *k, BasicKind::Int).one();
        }
        let signed = self.p.is_signed(t);
        let wide = self.int_cast(v.one(), Ty::I64, signed);
        if signed || self.size(t) < 8 {
            return wide;
        }
        // An unsigned length beyond int is as bad as a negative one.
        wide
    }

    fn make(&mut self, e: ExprId, args: &[ExprId]) -> Borrowed {
        let t = self.ty(e);
        self.hoist_list(&args[1..]);
        let sizes: Vec<Value> = args[1..].iter().map(|&a| self.size_arg(a)).collect();
        self.at(self.file.exprs[e].pos);
        match self.kind(t) {
            TypeKind::Slice(elem) => {
                let len = sizes[0];
                let cap = sizes.get(1).copied().unwrap_or(len);
                let d = self.type_addr(*elem);
                let p = self.runtime_call("makeslice", &[d, len, cap])[0];
                Borrowed::flat(vec![p, len, cap])
            }
            TypeKind::Map { .. } => self.make_map(t, sizes.first().copied()),
            TypeKind::Chan { .. } => {
                let d = self.type_addr(t);
                let n = match sizes.first() {
                    Some(&n) => n,
                    None => self.iconst(0),
                };
                Borrowed::flat(self.runtime_call("makechan", &[d, n]))
            }
            other => panic!("make of {other:?}"),
        }
    }

    fn append(&mut self, e: ExprId, args: &[ExprId], dots: bool) -> Borrowed {
        let t = self.ty(e);
        let TypeKind::Slice(elem) = self.kind(t) else { panic!("append to no slice") };
        let elem = *elem;
        let size = self.size(elem);
        let first = self.ty(args[0]);
        if let TypeKind::Tuple(vars) = self.p.u.kind(first)
            && vars.len() > 1
        {
            // append(f()) with several results.
            let types: Vec<TypeId> = vars.iter().map(|&v| self.p.obj_type(v)).collect();
            let types: Vec<TypeId> = types.into_iter().map(|t| self.subst(t)).collect();
            let mut vals = self.multi(args[0]);
            let rest = vals.split_off(1);
            let rest: Vec<Owned> = rest
                .into_iter()
                .zip(&types[1..])
                .map(|(v, &from)| {
                    let v = self.convert_implicit(v, from, elem);
                    self.own(elem, v)
                })
                .collect();
            return self.append_vals(&vals[0], elem, &rest);
        }
        let made = if dots { self.made_length(args[1]) } else { None };
        match made {
            Some(n) => self.hoist_list(&[args[0], n]),
            None => self.hoist_list(args),
        }
        let s = if self.info.mode(args[0]) == Mode::NilValue {
            self.zero_val(t).into()
        } else {
            self.expr(args[0])
        };
        let pos = self.file.exprs[e].pos;
        if args.len() == 1 {
            return s;
        }
        if dots {
            if self.info.mode(args[1]) == Mode::NilValue {
                return s;
            }
            if let Some(n) = made {
                return self.append_zeros(&s, elem, n, pos);
            }
            let more = self.expr(args[1]);
            self.at(pos);
            let (p, n) = (more.at(0), more.at(1));
            let (base, len, cap) = self.grow(&s, n, elem);
            let off = self.mul_imm(s.at(1), size);
            let to = self.bin(BinOp::Iadd, base, off);
            let bytes = self.mul_imm(n, size);
            self.move_memory(elem, to, p, bytes);
            return Borrowed::flat(vec![base, len, cap]);
        }
        if let [_, only] = *args {
            // It may be an element of the slice: that isn't written to before it is stored.
            let v = self.expr_to(only, elem);
            self.at(pos);
            let (grown, to) = self.append_room(&s, elem, 1);
            self.store_mem(elem, &v, to, 0, MemFlags::SAFE);
            self.wrote();
            return grown;
        }
        let vals: Vec<Owned> = args[1..]
            .iter()
            .map(|&a| {
                let v = self.expr_to(a, elem);
                self.own(elem, v)
            })
            .collect();
        self.at(pos);
        self.append_vals(&s, elem, &vals)
    }

    /// The length expression if `e` is `make([]T, n)`.
    fn made_length(&self, e: ExprId) -> Option<ExprId> {
        let e = self.file.unparen(e);
        let ExprKind::Call { fun, args, .. } = self.file.expr(e) else { return None };
        let made = !self.hoisted.contains_key(&e)
            && self.info.mode(*fun) == Mode::Builtin
            && self.info.builtin(self.p.u, self.file, *fun) == Some(BuiltinId::Make);
        match &args[..] {
            [_, n] if made => Some(*n),
            _ => None,
        }
    }

    /// `append(s, make([]T, n)...)` allocates once at most. gc: `extendSlice`.
    fn append_zeros(&mut self, s: &Borrowed, elem: TypeId, n: ExprId, pos: Pos) -> Borrowed {
        let n = self.size_arg(n);
        self.at(pos);
        let good = self.icmp_imm(IntCC::Sge, n, 0);
        self.check(good, "panicmakeslicelen", &[]);
        let (base, len, cap) = self.grow(s, n, elem);
        let size = self.size(elem);
        let off = self.mul_imm(s.at(1), size);
        let to = self.bin(BinOp::Iadd, base, off);
        let bytes = self.mul_imm(n, size);
        self.clear_memory(elem, to, bytes);
        Borrowed::flat(vec![base, len, cap])
    }

    /// Values that may have been elements of the slice: storing one could change the next.
    fn append_vals(&mut self, s: &Borrowed, elem: TypeId, vals: &[Owned]) -> Borrowed {
        let (grown, to) = self.append_room(s, elem, vals.len());
        let size = self.size(elem);
        for (i, v) in vals.iter().enumerate() {
            let (to, offset) = self.behind(to, i as u64 * size);
            self.store_mem(elem, v, to, offset, MemFlags::SAFE);
        }
        self.wrote();
        grown
    }

    /// The slice with room for `n` more elements, and the address of the first of them.
    fn append_room(&mut self, s: &Borrowed, elem: TypeId, n: usize) -> (Borrowed, Value) {
        let n = self.iconst(n as i64);
        let (base, len, cap) = self.grow(s, n, elem);
        let size = self.size(elem);
        let off = self.mul_imm(s.at(1), size);
        let to = self.bin(BinOp::Iadd, base, off);
        (Borrowed::flat(vec![base, len, cap]), to)
    }

    /// Room for `n` more elements: base, new length and capacity.
    fn grow(&mut self, s: &Borrowed, n: Value, elem: TypeId) -> (Value, Value, Value) {
        let (base, old, cap) = (s.at(0), s.at(1), s.at(2));
        let len = self.bin(BinOp::Iadd, old, n);
        let fits = self.icmp(IntCC::Ule, len, cap);
        let (vb, vc) = (self.new_var(base), self.new_var(cap));
        let (more, done) = (self.cold_block(), self.block());
        self.brif(fits, done, more);
        self.switch_to(more);
        let d = self.type_addr(elem);
        let r = self.runtime_call("growslice", &[base, len, cap, n, d]);
        self.set(vb, r[0]);
        self.set(vc, r[2]);
        self.goto(done);
        (self.get(vb), len, self.get(vc))
    }

    fn copy(&mut self, d: &Borrowed, dt: TypeId, s: &Borrowed) -> Borrowed {
        let elem = match self.kind(dt) {
            TypeKind::Slice(e) => *e,
            _ => TypeId::UINT8,
        };
        let (dn, sn) = (d.at(1), s.at(1));
        let less = self.icmp(IntCC::Slt, dn, sn);
        let n = self.inst(Op::Select(less, dn, sn), Ty::I64);
        let size = self.size(elem);
        let bytes = self.mul_imm(n, size);
        self.move_memory(elem, d.at(0), s.at(0), bytes);
        Borrowed::flat(vec![n])
    }

    fn clear(&mut self, t: TypeId, v: &Borrowed) {
        match self.kind(t) {
            TypeKind::Map { .. } => {
                let d = self.type_addr(t);
                self.runtime_call("mapclear", &[d, v.one()]);
            }
            TypeKind::Slice(elem) => {
                let size = self.size(*elem);
                let bytes = self.mul_imm(v.at(1), size);
                self.clear_memory(*elem, v.at(0), bytes);
            }
            other => panic!("clear of {other:?}"),
        }
    }

    /// Copies elements, which may overlap.
    fn move_memory(&mut self, elem: TypeId, to: Value, from: Value, bytes: Value) {
        let pointers = self.layout(elem).has_pointers();
        let name = if pointers { "memmovePointers" } else { "memmove" };
        self.runtime_call(name, &[to, from, bytes]);
        self.wrote();
    }

    fn clear_memory(&mut self, elem: TypeId, p: Value, bytes: Value) {
        let pointers = self.layout(elem).has_pointers();
        let name = if pointers { "memclrHasPointers" } else { "memclrNoHeapPointers" };
        self.runtime_call(name, &[p, bytes]);
        self.wrote();
    }

    /// NaN if one is; -0 is less than 0. Strings: the first of equal ones.
    fn min_max(&mut self, min: bool, t: TypeId, a: &Borrowed, b: &Borrowed) -> Borrowed {
        let TypeKind::Basic(kind, _) = self.kind(t) else { panic!("min of a composite type") };
        if kind.is_float() {
            let name = match (min, self.f.ty(a.one())) {
                (true, Ty::F32) => "fmin32",
                (true, _) => "fmin64",
                (false, Ty::F32) => "fmax32",
                (false, _) => "fmax64",
            };
            return Borrowed::flat(self.runtime_call(name, &[a.one(), b.one()]));
        }
        let op = if min { BinaryOp::Lss } else { BinaryOp::Gtr };
        let second = self.compare(op, t, b, t, a);
        Borrowed::flat(match (a.scalars(), b.scalars()) {
            (Some(a), Some(b)) => a
                .iter()
                .zip(b)
                .map(|(&a, &b)| {
                    let ty = self.f.ty(a);
                    self.inst(Op::Select(second, b, a), ty)
                })
                .collect(),
            _ => panic!("min of memory values"),
        })
    }

    fn unsafe_string(&mut self, vals: &[Owned], types: &[TypeId]) -> Borrowed {
        let n = self.int_cast(vals[1].one(), Ty::I64, self.p.is_signed(types[1]));
        let ok = self.icmp_imm(IntCC::Sge, n, 0);
        self.check(ok, "panicunsafestringlen", &[]);
        self.check_room(vals[0].one(), n, "panicunsafestringlen");
        self.check_nil_len(vals[0].one(), n, "panicunsafestringnilptr");
        Borrowed::flat(vec![vals[0].one(), n])
    }

    /// `n` bytes from `p` on don't wrap around; behind nil they are for another check.
    fn check_room(&mut self, p: Value, n: Value, panic: &'static str) {
        let left = self.un(crate::ir::UnOp::Ineg, p);
        let fits = self.icmp(IntCC::Ule, n, left);
        let nil = self.icmp_imm(IntCC::Eq, p, 0);
        let ok = self.bin(BinOp::Or, fits, nil);
        self.check(ok, panic, &[]);
    }

    fn check_nil_len(&mut self, p: Value, n: Value, panic: &'static str) {
        let not_nil = self.icmp_imm(IntCC::Ne, p, 0);
        let empty = self.icmp_imm(IntCC::Eq, n, 0);
        let ok = self.bin(BinOp::Or, not_nil, empty);
        self.check(ok, panic, &[]);
    }

    fn unsafe_slice(&mut self, vals: &[Owned], types: &[TypeId], result: TypeId) -> Borrowed {
        let TypeKind::Slice(elem) = self.kind(result) else { panic!("unsafe.Slice") };
        let size = self.size(*elem);
        let n = self.int_cast(vals[1].one(), Ty::I64, self.p.is_signed(types[1]));
        let ok = self.icmp_imm(IntCC::Sge, n, 0);
        self.check(ok, "panicunsafeslicelen", &[]);
        // The elements end before the address space does.
        let bytes = self.iconst(size as i64);
        let high = self.bin(BinOp::Umulhi, n, bytes);
        let ok = self.icmp_imm(IntCC::Eq, high, 0);
        self.check(ok, "panicunsafeslicelen", &[]);
        let bytes = self.bin(BinOp::Imul, n, bytes);
        self.check_room(vals[0].one(), bytes, "panicunsafeslicelen");
        let p = vals[0].one();
        self.check_nil_len(p, n, "panicunsafeslicenilptr");
        Borrowed::flat(vec![p, n, n])
    }

    fn print(&mut self, vals: &[Owned], types: &[TypeId], line: bool) {
        self.runtime_call("printlock", &[]);
        for (i, (v, &t)) in vals.iter().zip(types).enumerate() {
            if line && i > 0 {
                self.runtime_call("printsp", &[]);
            }
            self.print_value(v, t);
        }
        if line {
            self.runtime_call("printnl", &[]);
        }
        self.runtime_call("printunlock", &[]);
    }

    fn print_value(&mut self, v: &Borrowed, t: TypeId) {
        let name = match self.kind(t) {
            TypeKind::Basic(k, _) => match k {
                BasicKind::Bool | BasicKind::UntypedBool => "printbool",
                BasicKind::String | BasicKind::UntypedString => "printstring",
                BasicKind::Float32 => "printfloat32",
                BasicKind::Float64 | BasicKind::UntypedFloat => "printfloat64",
                BasicKind::Complex64 => "printcomplex64",
                BasicKind::Complex128 | BasicKind::UntypedComplex => "printcomplex128",
                BasicKind::UnsafePointer | BasicKind::UntypedNil => "printpointer",
                k => {
                    let signed = !k.is_unsigned();
                    let wide = self.int_cast(v.one(), Ty::I64, signed);
                    self.runtime_call(if signed { "printint" } else { "printuint" }, &[wide]);
                    return;
                }
            },
            TypeKind::Slice(_) => "printslice",
            TypeKind::Interface(_) if self.p.is_empty_interface(t) => "printeface",
            TypeKind::Interface(_) => "printiface",
            _ => "printpointer",
        };
        let args = v.scalars().expect("a flat value").to_vec();
        self.runtime_call(name, &args);
    }
}
