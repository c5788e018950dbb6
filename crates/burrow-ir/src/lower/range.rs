//! `for range` over integers, slices, arrays, strings, maps and channels. Functions: `rangefunc.rs`.

use burrow_syntax::{Block as SyntaxBlock, ExprId, ExprKind, StmtId, Symbol};
use burrow_types::{Mode, TypeId, TypeKind};

use super::func::{FnCx, Scope};
use super::value::Borrowed;
use crate::ir::{BinOp, Block, IntCC, MemFlags, Op, Ty, Value};

/// Size of `internal/runtime/maps.Iter`; its first two words are the addresses of key and element.
const MAP_ITER_SIZE: u64 = 96;

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn range_stmt(
        &mut self,
        s: StmtId,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        body: &'a SyntaxBlock,
    ) {
        let label = self.pending_label.take();
        let t = self.value_type(x);
        let pos = self.file.stmts[s].pos;
        match self.kind(t) {
            TypeKind::Signature(_) => self.range_func(s, label, x, body),
            TypeKind::Basic(k, _) if k.is_string() => {
                self.range_string(label, lhs, define, x, body)
            }
            TypeKind::Basic(..) => self.range_int(label, lhs, define, x, t, body),
            TypeKind::Map { .. } => self.range_map(label, lhs, define, x, t, body),
            TypeKind::Chan { .. } => self.range_chan(label, lhs, define, x, t, body),
            _ => self.range_elements(label, lhs, define, x, t, body),
        }
        let _ = pos;
    }

    /// Gives the iteration's values to the left side.
    pub(super) fn range_assign(
        &mut self,
        lhs: &[ExprId],
        define: bool,
        vals: Vec<(Borrowed, TypeId)>,
    ) {
        if !define {
            // Operands of all places first: `for i, a[i] = range` has the old i. The first store may change what the second
            // value is read from.
            let vals: Vec<_> = vals.into_iter().map(|(v, t)| (self.own(t, v), t)).collect();
            let places: Vec<_> = lhs
                .iter()
                .map(|&l| {
                    let blank = matches!(
                        self.file.expr(self.file.unparen(l)),
                        ExprKind::Name(id) if self.file.name(*id).is_blank()
                    );
                    (!blank).then(|| (self.place(l), self.value_type(l)))
                })
                .collect();
            for (place, (v, t)) in places.into_iter().zip(vals) {
                if let Some((place, to)) = place {
                    let v = self.convert_implicit(v.into(), t, to);
                    self.write(to, &place, v);
                }
            }
            return;
        }
        for (&l, (v, t)) in lhs.iter().zip(vals) {
            let inner = self.file.unparen(l);
            if let ExprKind::Name(id) = self.file.expr(inner) {
                if self.file.name(*id).is_blank() {
                    continue;
                }
                if define && let Some(obj) = self.info.def(*id) {
                    let to = self.obj_ty(obj);
                    let v = self.convert_implicit(v, t, to);
                    self.declare(obj, Some(v));
                    continue;
                }
            }
            let to = self.value_type(l);
            let place = self.place(l);
            let v = self.convert_implicit(v, t, to);
            self.write(to, &place, v);
        }
    }

    fn wants(&self, lhs: &[ExprId], i: usize) -> bool {
        lhs.get(i).is_some_and(|&l| {
            !matches!(self.file.expr(self.file.unparen(l)), ExprKind::Name(id) if self.file.name(*id).is_blank())
        })
    }

    /// `head` is where the body starts each turn; `next` advances and goes back.
    fn loop_body(&mut self, label: Option<Symbol>, body: &'a SyntaxBlock, next: Block, end: Block) {
        let outer = std::mem::take(&mut self.hoisted);
        self.scopes.push(Scope { label, break_to: Some(end), continue_to: Some(next) });
        self.block_stmt(body);
        self.scopes.pop();
        self.hoisted = outer;
        self.goto(next);
    }

    fn range_int(
        &mut self,
        label: Option<Symbol>,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        t: TypeId,
        body: &'a SyntaxBlock,
    ) {
        // An untyped constant has the variable's type, or int.
        let t = match lhs.first() {
            Some(&l) if self.wants(lhs, 0) && self.info.const_value(x).is_some() => {
                match self.file.expr(l) {
                    ExprKind::Name(id) if define => match self.info.def(*id) {
                        Some(o) => self.obj_ty(o),
                        None => t,
                    },
                    _ => self.value_type(l),
                }
            }
            _ => self.p.u.default_type(t),
        };
        let n = match self.info.const_value(x) {
            Some(c) => self.const_val(c, t).one(),
            None => self.expr(x).one(),
        };
        let zero = self.zero(self.f.ty(n));
        let i = self.new_var(zero);
        let signed = self.p.is_signed(t);
        let (head, inside, next, end) = (self.block(), self.block(), self.block(), self.block());
        self.goto(head);
        let v = self.get(i);
        let more = self.icmp(if signed { IntCC::Slt } else { IntCC::Ult }, v, n);
        self.brif(more, inside, end);
        self.switch_to(inside);
        self.range_assign(lhs, define, vec![(Borrowed::flat(vec![v]), t)]);
        self.loop_body(label, body, next, end);
        let v = self.get(i);
        let one = self.iconst_ty(self.f.ty(v), 1);
        let v = self.bin(BinOp::Iadd, v, one);
        self.set(i, v);
        self.jump(head);
        self.switch_to(end);
    }

    /// Slices, arrays, and pointers to arrays.
    /// The string of `[]byte(s)`: nobody else sees the slice, so its bytes needn't be copied.
    fn string_of_bytes(&mut self, x: ExprId, elem: TypeId) -> Option<ExprId> {
        let x = self.file.unparen(x);
        let ExprKind::Call { fun, args, .. } = self.file.expr(x) else { return None };
        let converts = self.info.mode(*fun) == Mode::TypeExpr && self.size(elem) == 1;
        if !converts || self.hoisted.contains_key(&x) {
            return None;
        }
        let from = self.value_type(args[0]);
        matches!(self.kind(from), TypeKind::Basic(k, _) if k.is_string()).then_some(args[0])
    }

    fn range_elements(
        &mut self,
        label: Option<Symbol>,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        t: TypeId,
        body: &'a SyntaxBlock,
    ) {
        let wants_value = self.wants(lhs, 1);
        let (base, len, elem): (Option<Value>, Value, TypeId) = match self.kind(t) {
            TypeKind::Slice(elem) => {
                let s = match self.string_of_bytes(x, *elem) {
                    Some(s) => self.expr(s),
                    None => self.expr(x),
                };
                (Some(s.at(0)), s.at(1), *elem)
            }
            TypeKind::Pointer(a) => {
                let TypeKind::Array { elem, len } = self.kind(*a) else {
                    panic!("range of pointer")
                };
                let (elem, len) = (*elem, *len);
                let base =
                    if wants_value || self.has_call(x) { Some(self.expr(x).one()) } else { None };
                (base, self.iconst(len), elem)
            }
            TypeKind::Array { elem, len } => {
                let (elem, len) = (*elem, *len);
                let base = if wants_value {
                    let v = self.expr(x);
                    let v = self.own(t, v);
                    Some(self.spill(t, &v))
                } else {
                    if self.has_call(x) {
                        self.expr(x);
                    }
                    None
                };
                (base, self.iconst(len), elem)
            }
            other => panic!("range over {other:?}"),
        };
        if let (Some(b), true, TypeKind::Pointer(_)) = (base, wants_value, self.kind(t)) {
            let any = self.icmp_imm(IntCC::Eq, len, 0);
            let (check, go) = (self.block(), self.block());
            self.brif(any, go, check);
            self.switch_to(check);
            self.effect(Op::NilCheck(b));
            self.goto(go);
        }
        let zero = self.iconst(0);
        let i = self.new_var(zero);
        let (head, inside, next, end) = (self.block(), self.block(), self.block(), self.block());
        self.goto(head);
        let v = self.get(i);
        let more = self.icmp(IntCC::Slt, v, len);
        self.brif(more, inside, end);
        self.switch_to(inside);
        let mut vals = vec![(Borrowed::flat(vec![v]), TypeId::INT)];
        if wants_value {
            let size = self.size(elem);
            let a = self.element_addr(base.expect("evaluated"), v, size);
            let value = self.load_mem(elem, a, 0, MemFlags::SAFE);
            vals.push((value, elem));
        }
        self.range_assign(lhs, define, vals);
        self.loop_body(label, body, next, end);
        let v = self.get(i);
        let v = self.add_imm(v, 1);
        self.set(i, v);
        self.jump(head);
        self.switch_to(end);
    }

    fn range_string(
        &mut self,
        label: Option<Symbol>,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        body: &'a SyntaxBlock,
    ) {
        let s = self.expr(x);
        let (p, len) = (s.at(0), s.at(1));
        let zero = self.iconst(0);
        let i = self.new_var(zero);
        let after = self.new_var(zero);
        let rune = self.f.new_var(Ty::I32);
        let (head, inside, next, end) = (self.block(), self.block(), self.block(), self.block());
        let (wide, have) = (self.block(), self.block());
        self.goto(head);
        let at = self.get(i);
        let more = self.icmp(IntCC::Slt, at, len);
        self.brif(more, inside, end);
        self.switch_to(inside);
        let a = self.bin(BinOp::Iadd, p, at);
        let b = self.load(Ty::I8, a, 0, MemFlags::SAFE);
        let r = self.int_cast(b, Ty::I32, false);
        self.set(rune, r);
        let one = self.add_imm(at, 1);
        self.set(after, one);
        let ascii = self.icmp_imm(IntCC::Ult, r, 0x80);
        self.brif(ascii, have, wide);
        self.switch_to(wide);
        let d = self.runtime_call("decoderune", &[p, len, at]);
        self.set(rune, d[0]);
        self.set(after, d[1]);
        self.goto(have);
        let r = self.get(rune);
        self.range_assign(
            lhs,
            define,
            vec![(Borrowed::flat(vec![at]), TypeId::INT), (Borrowed::flat(vec![r]), TypeId::INT32)],
        );
        self.loop_body(label, body, next, end);
        let n = self.get(after);
        self.set(i, n);
        self.jump(head);
        self.switch_to(end);
    }

    fn range_map(
        &mut self,
        label: Option<Symbol>,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        t: TypeId,
        body: &'a SyntaxBlock,
    ) {
        let TypeKind::Map { key, elem } = self.kind(t) else { panic!("no map") };
        let (key, elem) = (*key, *elem);
        let m = self.expr(x).one();
        let iter = self.slot(MAP_ITER_SIZE, 8);
        let it = self.slot_addr(iter);
        self.effect(Op::MemZero(it, MAP_ITER_SIZE));
        let d = self.type_addr(t);
        self.runtime_call("mapIterStart", &[d, m, it]);
        let (head, inside, next, end) = (self.block(), self.block(), self.block(), self.block());
        self.goto(head);
        let k = self.load(Ty::I64, it, 0, MemFlags::SAFE);
        let more = self.icmp_imm(IntCC::Ne, k, 0);
        self.brif(more, inside, end);
        self.switch_to(inside);
        let mut vals = Vec::new();
        if !lhs.is_empty() {
            vals.push((self.load_mem(key, k, 0, MemFlags::SAFE), key));
        }
        if self.wants(lhs, 1) {
            let e = self.load(Ty::I64, it, 8, MemFlags::SAFE);
            vals.push((self.load_mem(elem, e, 0, MemFlags::SAFE), elem));
        }
        self.range_assign(lhs, define, vals);
        self.loop_body(label, body, next, end);
        self.runtime_call("mapIterNext", &[it]);
        self.jump(head);
        self.switch_to(end);
    }

    fn range_chan(
        &mut self,
        label: Option<Symbol>,
        lhs: &[ExprId],
        define: bool,
        x: ExprId,
        t: TypeId,
        body: &'a SyntaxBlock,
    ) {
        let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
        let elem = *elem;
        let c = self.expr(x).one();
        let (head, inside, end) = (self.block(), self.block(), self.block());
        self.goto(head);
        let (v, ok) = self.receive(t, c, true);
        self.brif(ok.expect("asked for"), inside, end);
        self.switch_to(inside);
        self.range_assign(lhs, define, vec![(v, elem)]);
        let next = self.block();
        self.loop_body(label, body, next, end);
        self.jump(head);
        self.switch_to(end);
    }
}
