//! Composite literals and function literals.

use std::rc::Rc;

use burrow_syntax::{ExprId, ExprKind, Symbol};
use burrow_types::{ObjId, TypeId, TypeKind};

use super::captures::Lit;
use super::defer::Placement;
use super::eval_order::Use;
use super::func::{FnCx, Place};
use super::program::{ClosureParent, Item};
use super::value::Borrowed;
use crate::ir::{BinOp, MemFlags, Op, Slot, Value};

/// A closure that was made.
pub(super) struct Closure {
    pub value: Value,
    pub code: Symbol,
    /// It is in the frame, not static and not on the heap.
    pub slot: Option<Slot>,
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// The type that a literal has, `&T` elided in nested ones included.
    fn literal_type(&mut self, e: ExprId) -> (TypeId, bool) {
        let t = self.ty(e);
        match self.kind(t) {
            TypeKind::Pointer(elem) => (*elem, true),
            _ => (t, false),
        }
    }

    pub(super) fn composite_lit(&mut self, e: ExprId) -> Borrowed {
        let (t, ptr) = self.literal_type(e);
        if ptr {
            return Borrowed::flat(vec![self.composite_on_heap(e, t)]);
        }
        match self.kind(t) {
            TypeKind::Struct(_) if self.layout(t).is_flat() => self.flat_struct(e, t),
            TypeKind::Struct(_) | TypeKind::Array { .. } => {
                let a = self.temp(t);
                self.fill(e, t, a, false);
                self.made(t, a)
            }
            TypeKind::Slice(elem) => self.slice_lit(e, *elem),
            TypeKind::Map { key, elem } => self.map_lit(e, t, *key, *elem),
            other => panic!("literal of {other:?}"),
        }
    }

    /// `&T{...}`
    pub(super) fn composite_on_heap(&mut self, e: ExprId, t: TypeId) -> Value {
        match self.kind(t) {
            TypeKind::Struct(_) | TypeKind::Array { .. } => {
                self.hoist_elements(e);
                // Elements first: evaluating one may panic or block.
                let a = self.new_object(t);
                self.fill(e, t, a, true);
                a
            }
            _ => {
                let v = self.composite_lit_as(e, t);
                let a = self.new_object(t);
                self.store_mem(t, &v, a, 0, MemFlags::SAFE);
                a
            }
        }
    }

    fn composite_lit_as(&mut self, e: ExprId, t: TypeId) -> Borrowed {
        match self.kind(t) {
            TypeKind::Slice(elem) => self.slice_lit(e, *elem),
            TypeKind::Map { key, elem } => self.map_lit(e, t, *key, *elem),
            _ => self.composite_lit(e),
        }
    }

    /// Values of a struct, array or slice literal, and the types that they are converted to.
    pub(super) fn elements(&mut self, e: ExprId) -> Vec<(ExprId, TypeId)> {
        let (t, _) = self.literal_type(e);
        match self.kind(t) {
            TypeKind::Struct(_) => {
                let elems = self.struct_elems(e, t);
                elems.into_iter().map(|(path, v)| (v, self.field_offset(t, &path).1)).collect()
            }
            TypeKind::Array { elem, .. } | TypeKind::Slice(elem) => {
                self.indexed(e).0.into_iter().map(|(_, v)| (v, *elem)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn hoist_elements(&mut self, e: ExprId) {
        let list = self.elements(e).into_iter().map(|(v, t)| (v, Use::Converted(t)));
        let list: Vec<_> = list.collect();
        self.hoist_list_to(&list);
    }

    /// An element, converted; a nested literal without a type has the element type.
    fn element_value(&mut self, e: ExprId, t: TypeId) -> Borrowed {
        self.expr_to(e, t)
    }

    /// Path of fields and value of each element of a struct literal.
    fn struct_elems(&mut self, e: ExprId, t: TypeId) -> Vec<(Vec<u32>, ExprId)> {
        let ExprKind::CompositeLit { elems, .. } = self.file.expr(e) else { panic!("no literal") };
        let TypeKind::Struct(s) = self.kind(t) else { panic!("no struct") };
        elems
            .iter()
            .enumerate()
            .map(|(i, &el)| match self.file.expr(el) {
                ExprKind::KeyValue { key, value } => {
                    if let Some(path) = self.info.promoted_field(el) {
                        return (path.to_vec(), *value);
                    }
                    let ExprKind::Name(id) = self.file.expr(*key) else { panic!("no field name") };
                    let name = self.file.name(*id);
                    let i = s
                        .fields
                        .iter()
                        .position(|&f| self.p.u.obj(f).name == name)
                        .unwrap_or_else(|| panic!("no field {name}"));
                    (vec![i as u32], *value)
                }
                _ => (vec![i as u32], el),
            })
            .collect()
    }

    fn flat_struct(&mut self, e: ExprId, t: TypeId) -> Borrowed {
        let elems = self.struct_elems(e, t);
        self.hoist_elements(e);
        let l = self.layout(t);
        let n = l.scalars.as_ref().map_or(0, Vec::len);
        let mut out: Vec<Option<Value>> = vec![None; n];
        for (path, value) in elems {
            let (first, ft) = self.flat_field(t, &path);
            let v = self.element_value(value, ft);
            if self.is_blank_field(t, &path) {
                continue;
            }
            let scalars = v.scalars().expect("a flat field");
            for (k, &x) in scalars.iter().enumerate() {
                out[first + k] = Some(x);
            }
        }
        let scalars = l.scalars.clone().unwrap_or_default();
        Borrowed::flat(
            out.into_iter()
                .zip(&scalars)
                .map(|(v, s)| v.unwrap_or_else(|| self.zero(s.ty)))
                .collect(),
        )
    }

    /// Blank fields stay zero, as gc leaves them.
    fn is_blank_field(&self, t: TypeId, path: &[u32]) -> bool {
        match (self.kind(t), path) {
            (TypeKind::Struct(s), [i]) => self.p.u.obj(s.fields[*i as usize]).name.is_blank(),
            _ => false,
        }
    }

    /// First scalar and type of the field at the end of a path of embedded structs.
    fn flat_field(&self, t: TypeId, path: &[u32]) -> (usize, TypeId) {
        let (mut first, mut t) = (0, t);
        for &i in path {
            let TypeKind::Struct(s) = self.kind(t) else { panic!("no struct") };
            first += self.layout(t).first_scalar[i as usize];
            t = self.p.obj_type(s.fields[i as usize]);
        }
        (first, t)
    }

    fn field_offset(&self, t: TypeId, path: &[u32]) -> (u64, TypeId) {
        let (mut offset, mut t) = (0, t);
        for &i in path {
            let TypeKind::Struct(s) = self.kind(t) else { panic!("no struct") };
            offset += self.layout(t).offsets[i as usize];
            t = self.p.obj_type(s.fields[i as usize]);
        }
        (offset, t)
    }

    /// Stores the elements of a struct or array literal to `base`; `zeroed`: it is zero already.
    fn fill(&mut self, e: ExprId, t: TypeId, base: Value, zeroed: bool) {
        match self.kind(t) {
            TypeKind::Struct(s) => {
                let elems = self.struct_elems(e, t);
                self.hoist_elements(e);
                if !zeroed && (elems.len() < s.fields.len() || elems.iter().any(|e| e.0.len() > 1))
                {
                    self.zero_mem(t, base);
                }
                for (path, value) in elems {
                    let (offset, ft) = self.field_offset(t, &path);
                    self.fill_element(value, ft, base, offset, zeroed);
                }
            }
            TypeKind::Array { elem, len } => {
                let (elem, len) = (*elem, *len as u64);
                let (entries, _) = self.indexed(e);
                self.hoist_elements(e);
                if !zeroed && (entries.len() as u64) < len {
                    self.zero_mem(t, base);
                }
                let size = self.size(elem);
                for (i, value) in entries {
                    self.fill_element(value, elem, base, i * size, zeroed);
                }
            }
            other => panic!("fill of {other:?}"),
        }
    }

    /// Nested literals are built in place.
    fn fill_element(&mut self, value: ExprId, t: TypeId, base: Value, offset: u64, zeroed: bool) {
        let inner = self.file.unparen(value);
        let own = self.ty(inner);
        if matches!(self.file.expr(inner), ExprKind::CompositeLit { .. })
            && !self.hoisted.contains_key(&inner)
            && !self.layout(t).is_flat()
            && self.p.identical(own, t)
        {
            let at = self.add_imm(base, offset as i64);
            self.fill(inner, t, at, zeroed);
            return;
        }
        let v = self.element_value(value, t);
        let (base, offset) = self.behind(base, offset);
        self.store_mem(t, &v, base, offset, MemFlags::SAFE);
    }

    /// Index and value of each element of an array or slice literal, and the length.
    fn indexed(&mut self, e: ExprId) -> (Vec<(u64, ExprId)>, u64) {
        let ExprKind::CompositeLit { elems, .. } = self.file.expr(e) else { panic!("no literal") };
        let (mut next, mut len) = (0, 0);
        let mut out = Vec::with_capacity(elems.len());
        for &el in elems {
            let value = match self.file.expr(el) {
                ExprKind::KeyValue { key, value } => {
                    next = self.info.const_value(*key).map_or(0, |c| c.to_bits64());
                    *value
                }
                _ => el,
            };
            out.push((next, value));
            next += 1;
            len = len.max(next);
        }
        (out, len)
    }

    fn slice_lit(&mut self, e: ExprId, elem: TypeId) -> Borrowed {
        let (entries, len) = self.indexed(e);
        let n = self.iconst(len as i64);
        let array = self.p.u.new_array(elem, len as i64);
        if len == 0 {
            let zero = self.p.runtime_var("zerobase");
            let base = self.symbol(zero, 0);
            return Borrowed::flat(vec![base, n, n]);
        }
        self.hoist_elements(e);
        let base = self.new_object(array);
        // Constant elements are copied from read-only data.
        if let Some(symbol) = self.static_elements(&entries, elem, len) {
            let from = self.symbol(symbol, 0);
            let size = self.size(elem) * len;
            self.effect(Op::MemCopy(base, from, size));
            return Borrowed::flat(vec![base, n, n]);
        }
        let size = self.size(elem);
        for (i, value) in entries {
            self.fill_element(value, elem, base, i * size, true);
        }
        Borrowed::flat(vec![base, n, n])
    }

    /// The array of a literal whose elements are all numeric or boolean constants.
    fn static_elements(
        &mut self,
        entries: &[(u64, ExprId)],
        elem: TypeId,
        len: u64,
    ) -> Option<Symbol> {
        if entries.len() < 4 {
            return None;
        }
        let TypeKind::Basic(kind, _) = self.kind(elem) else { return None };
        if kind.is_string() || kind.is_complex() {
            return None;
        }
        let size = self.size(elem) as usize;
        let mut bytes = vec![0u8; size * len as usize];
        for &(i, e) in entries {
            let bits = super::init::scalar_bits(self.info.const_value(e)?, *kind);
            bytes[i as usize * size..(i as usize + 1) * size]
                .copy_from_slice(&bits.to_le_bytes()[..size]);
        }
        Some(self.p.rodata("go:array.", &bytes, 8))
    }

    fn map_lit(&mut self, e: ExprId, t: TypeId, key: TypeId, elem: TypeId) -> Borrowed {
        let ExprKind::CompositeLit { elems, .. } = self.file.expr(e) else { panic!("no literal") };
        let n = self.iconst(elems.len() as i64);
        let m = self.make_map(t, Some(n)).one();
        let m = self.new_var(m);
        for &el in elems {
            let ExprKind::KeyValue { key: k, value } = self.file.expr(el) else {
                panic!("map literal without key")
            };
            self.hoist_list_to(&[(*k, Use::Key(t)), (*value, Use::Converted(elem))]);
            let k = self.element_value(*k, key);
            let k = Rc::new(self.own(key, k));
            let v = self.element_value(*value, elem);
            let map = self.get(m);
            self.write(elem, &Place::MapEntry { map, key: k, map_type: t }, v);
        }
        Borrowed::flat(vec![self.get(m)])
    }

    // ------------------------------------------------------------------------------- functions

    pub(super) fn func_lit(&mut self, e: ExprId) -> Borrowed {
        let parent = ClosureParent::default();
        Borrowed::flat(vec![self.make_closure(Lit::Func(e), parent, &[], Placement::Heap).value])
    }

    /// Allocates a closure: its code, `extra` words, and what it captures.
    pub(super) fn make_closure(
        &mut self,
        lit: Lit,
        parent: ClosureParent,
        extra: &[(TypeId, Value)],
        placement: Placement,
    ) -> Closure {
        let (symbol, display) = self.closure_name(lit);
        let captures: Vec<ObjId> = self.cx.facts.captures.get(&lit).cloned().unwrap_or_default();
        if self.p.want(symbol) {
            self.p.push_work(Item::Closure { cx: self.cx.clone(), lit, symbol, display, parent });
        }
        if captures.is_empty() && extra.is_empty() {
            let cell = self.p.closure_cell(symbol);
            return Closure { value: self.symbol(cell, 0), code: symbol, slot: None };
        }
        let fields = self.capture_types(&captures, extra.iter().map(|x| x.0));
        let layout = self.p.struct_layout(&fields);
        let (object, slot) = self.closure_object(&fields, &layout, placement);
        let code = self.symbol(symbol, 0);
        self.store(code, object, 0, MemFlags::SAFE);
        for (i, (_, v)) in extra.iter().enumerate() {
            self.store(*v, object, layout.offsets[1 + i] as i32, MemFlags::SAFE);
        }
        let first = 1 + extra.len();
        for (i, &obj) in captures.iter().enumerate() {
            let offset = layout.offsets[first + i] as i32;
            if self.captured_by_ref(obj) {
                let a = match self.var_place(obj) {
                    Place::Mem { base, offset, .. } => self.add_imm(base, i64::from(offset)),
                    other => panic!("captured variable in {other:?}"),
                };
                self.store(a, object, offset, MemFlags { barrier: true, ..MemFlags::SAFE });
            } else {
                let t = self.obj_ty(obj);
                let place = self.var_place(obj);
                let v = self.read(t, &place);
                self.store_mem(t, &v, object, offset, MemFlags::SAFE);
            }
        }
        Closure { value: object, code: symbol, slot }
    }

    /// Types of a closure's words: code, extra words, captures.
    pub(super) fn capture_types(
        &mut self,
        captures: &[ObjId],
        extra: impl Iterator<Item = TypeId>,
    ) -> Vec<TypeId> {
        let mut fields = vec![TypeId::UINTPTR];
        fields.extend(extra);
        for &obj in captures {
            let t =
                if self.captured_by_ref(obj) { TypeId::UNSAFE_POINTER } else { self.obj_ty(obj) };
            fields.push(t);
        }
        fields
    }

    /// Symbol and display name of a closure: `main.f.func1`, `main.f.func1.2`, `main.f-range1`.
    fn closure_name(&mut self, lit: Lit) -> (Symbol, Symbol) {
        if let Some((s, d)) = self.cx.closure_names.borrow().get(&lit) {
            return (Symbol::new(s), Symbol::new(d));
        }
        let of = self.f.name;
        let suffix = match (lit, self.lit) {
            (Lit::Range(_), _) => format!("-range{}", self.cx.number(of, "range")),
            (Lit::Func(_), Some(Lit::Func(_))) => format!(".{}", self.cx.number(of, "func")),
            (Lit::Func(_), _) => format!(".func{}", self.cx.number(of, "func")),
        };
        let (s, d) = (format!("{}{suffix}", self.f.name), format!("{}{suffix}", self.f.display));
        self.cx.closure_names.borrow_mut().insert(lit, (s.clone(), d.clone()));
        (Symbol::new(&s), Symbol::new(&d))
    }

    /// An index times a size, added to a base.
    pub(super) fn element_addr(&mut self, base: Value, index: Value, size: u64) -> Value {
        let off = self.mul_imm(index, size);
        self.bin(BinOp::Iadd, base, off)
    }
}
