//! Functions made by the compiler: equality and hashing of types, method wrappers, entries to image functions.

use std::rc::Rc;

use burrow_syntax::{Pos, Symbol};
use burrow_types::{ObjId, TypeId, TypeKind};

use super::expr::Operand;
use super::func::{FnCx, Place};
use super::program::{Entry, FuncContext, FuncInst, MethodRef, Program};
use super::typedata::HashFunc;
use super::value::{Borrowed, Owned};
use crate::ir::{Conv, IntCC, MemFlags, Op, Sig, Term, Ty, Value, func_flags};

impl<'a> Program<'a> {
    /// A context for functions without source.
    pub(super) fn no_source(&self) -> Rc<FuncContext<'a>> {
        let p = &self.packages[0];
        Rc::new(FuncContext {
            pkg: 0,
            file_index: 0,
            file: p.files[0],
            info: &p.info.files[0],
            env: Vec::new(),
            facts: super::captures::Facts::default(),
            symbol: String::new(),
            display: String::new(),
            closure_names: Default::default(),
            counters: Default::default(),
        })
    }

    fn made<'p>(&'p self, symbol: Symbol, display: &str, sig: Sig) -> FnCx<'p, 'a> {
        let mut c = FnCx::new(self, self.no_source(), symbol, Symbol::new(display), sig, Pos::NONE);
        c.f.flags |= func_flags::WRAPPER;
        c
    }

    /// `func(p, q unsafe.Pointer) bool`
    pub(super) fn lower_equal(&self, t: TypeId, symbol: Symbol) {
        let sig = Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64], results: vec![Ty::I8] };
        let mut c = self.made(symbol, symbol.as_str(), sig);
        let (p, q) = (c.f.blocks[0].params[0], c.f.blocks[0].params[1]);
        c.equal_parts(t, p, q);
        let yes = c.bool_const(true);
        c.end(Term::Return(vec![yes]));
        c.finish();
    }

    /// `func(p unsafe.Pointer, h uintptr) uintptr`
    pub(super) fn lower_hash(&self, t: TypeId, symbol: Symbol) {
        let sig = Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64], results: vec![Ty::I64] };
        let mut c = self.made(symbol, symbol.as_str(), sig);
        let (p, h) = (c.f.blocks[0].params[0], c.f.blocks[0].params[1]);
        let h = c.hash_parts(t, p, h);
        c.end(Term::Return(vec![h]));
        c.finish();
    }

    /// Go's convention in front of an image function, or an intrinsic as a function.
    pub(super) fn lower_thunk(&self, obj: ObjId, symbol: Symbol) {
        let t = self.obj_type(obj);
        let fs = self.func_sig(t);
        let (_, display) = self.func_names(&FuncInst { obj, targs: Rc::from([]) });
        let mut c = self.made(symbol, &display, fs.sig.clone());
        c.f.flags &= !func_flags::WRAPPER;
        let mut params = c.f.blocks[0].params.clone().into_iter();
        let area = fs.result_area.then(|| params.next()).flatten();
        let vals: Vec<Owned> = fs
            .params
            .iter()
            .map(|&t| match &c.layout(t).scalars {
                Some(s) => Owned::flat(params.by_ref().take(s.len()).collect()),
                None => Owned::memory(params.next().expect("a pointer")),
            })
            .collect();
        let target = c.func_target(FuncInst { obj, targs: Rc::from([]) });
        let results = match c.intrinsic(obj, &target, &vals) {
            Some(r) => r,
            None => c.call_target(&target, &[], vals),
        };
        match area {
            Some(a) => {
                for (i, (v, &t)) in results.iter().zip(&fs.results).enumerate() {
                    c.store_mem(t, v, a, fs.area.offsets[i] as i32, MemFlags::SAFE);
                }
                c.end(Term::Return(Vec::new()));
            }
            None => {
                let flat = results.iter().flat_map(Owned::words).collect();
                c.end(Term::Return(flat));
            }
        }
        c.finish();
    }

    /// The function itself where its convention is the one wanted, so that no wrapper is needed.
    pub(super) fn method_itself(
        &self,
        recv: TypeId,
        m: &MethodRef,
        entry: Entry,
    ) -> Option<Symbol> {
        if m.path.len() != 1 || self.is_interface(recv) {
            return None;
        }
        let (is_ptr, base) = match self.u.kind(self.u.unalias(recv)) {
            TypeKind::Pointer(e) => (true, *e),
            _ => (false, recv),
        };
        let origin = self.u.origin_func(m.obj);
        let ptr_recv = self.u.obj(origin).has_ptr_recv();
        let same = match (ptr_recv, is_ptr, entry) {
            (true, true, _) | (false, false, Entry::Direct) => true,
            (false, false, Entry::Iface) => {
                let l = self.layout(base);
                l.is_direct_iface() && l.scalars.as_ref().is_some_and(|s| s.len() == 1)
            }
            _ => false,
        };
        same.then(|| {
            let targs: Vec<TypeId> = match &self.u.obj(m.obj).kind {
                burrow_types::ObjKind::Func { instance: Some(t), .. } => match self.u.kind(*t) {
                    TypeKind::Named(n) => n.targs.to_vec(),
                    _ => Vec::new(),
                },
                _ => Vec::new(),
            };
            let f = FuncInst { obj: origin, targs: self.canonical_list(&targs) };
            let def = self.definition(f);
            self.go_entry(&def)
        })
    }

    /// A method as interfaces and method expressions enter it: finds the receiver on its path, and goes on by tail call.
    pub(super) fn lower_method(&self, recv: TypeId, m: &MethodRef, entry: Entry, symbol: Symbol) {
        let go = self.func_sig(self.obj_type(m.obj));
        let mut sig = go.sig.clone();
        let mut own = Vec::new();
        match entry {
            Entry::Iface => own.push(Ty::I64),
            Entry::Direct => self.flatten(&[recv], &mut own),
        }
        let at = usize::from(go.result_area);
        sig.params.splice(at..at, own.iter().copied());
        let display = self.method_display(recv, m.obj);
        let mut c = self.made(symbol, &display, sig);
        let params = c.f.blocks[0].params.clone();
        let word = &params[at..at + own.len()];
        let l = self.layout(recv);
        let v = match entry {
            Entry::Iface => c.iface_data(recv, word[0]),
            Entry::Direct if l.is_flat() => Borrowed::flat(word.to_vec()),
            Entry::Direct => Owned::memory(word[0]).into(),
        };
        let mut t = recv;
        let is_ptr = matches!(self.kind(recv), TypeKind::Pointer(_));
        if is_ptr && m.path.len() == 1 && !self.is_interface(recv) {
            // A value method through a nil pointer has an error of its own.
            let ok = c.icmp_imm(IntCC::Ne, v.one(), 0);
            c.check(ok, "panicwrap", &[]);
        }
        let mut op = match c.address(&v) {
            Some(a) => Operand::Place(Place::Mem { base: a, offset: 0, flags: MemFlags::SAFE }),
            None => Operand::Val(v),
        };
        for &i in &m.path[..m.path.len() - 1] {
            (op, t) = c.field(op, t, i as usize);
        }
        let value_in_memory = !self.is_interface(t) && {
            let base = match self.kind(t) {
                TypeKind::Pointer(e) => *e,
                _ => t,
            };
            !self.u.obj(self.u.origin_func(m.obj)).has_ptr_recv() && !self.layout(base).is_flat()
        };
        let (mut recv_vals, target) = c.bind_receiver(op, t, m.obj, None);
        let recovers = value_in_memory && self.recovers(m.obj);
        if recovers && let Some(base) = target.recv {
            // recover() looks for the method's frame right below the panic: it must be entered by a tail call, and its
            // receiver outlive this frame.
            let copy = c.new_object(base);
            c.effect(Op::MemCopy(copy, recv_vals[0], self.layout(base).size));
            recv_vals[0] = copy;
        }
        let mut args: Vec<Value> = params[..at].to_vec();
        args.extend(&recv_vals);
        args.extend(&params[at + own.len()..]);
        let mut full = target.sig.sig.clone();
        let mut recv_tys = Vec::new();
        if let Some(r) = target.recv {
            self.flatten(&[r], &mut recv_tys);
        }
        full.params.splice(at..at, recv_tys);
        let full = Box::new(full);
        use super::call::Callee;
        if value_in_memory && !recovers {
            // The receiver's copy is in this frame.
            let op = match target.callee {
                Callee::Symbol(s) => Op::Call(s, full.clone(), args),
                Callee::Code(v) | Callee::Closure(v) => Op::CallIndirect(v, full.clone(), args),
            };
            let results = c.emit_call(op, &full);
            c.end(Term::Return(results));
        } else {
            c.end(match target.callee {
                Callee::Symbol(s) => Term::TailCall(s, full, args),
                Callee::Code(v) | Callee::Closure(v) => Term::TailCallIndirect(v, full, args),
            });
        }
        c.finish();
    }
}

impl<'p, 'a> FnCx<'p, 'a> {
    fn fail_unless(&mut self, ok: Value) {
        let (next, no) = (self.block(), self.block());
        self.brif(ok, next, no);
        self.switch_to(no);
        let f = self.bool_const(false);
        self.end(Term::Return(vec![f]));
        self.switch_to(next);
    }

    /// Returns false unless the values at `p` and `q` are equal.
    fn equal_parts(&mut self, t: TypeId, p: Value, q: Value) {
        match self.kind(t) {
            TypeKind::Struct(s) => {
                let l = self.layout(t);
                for (i, &f) in s.fields.iter().enumerate() {
                    if self.p.u.obj(f).name.is_blank() {
                        continue;
                    }
                    let ft = self.p.obj_type(f);
                    let (a, b) = (
                        self.add_imm(p, l.offsets[i] as i64),
                        self.add_imm(q, l.offsets[i] as i64),
                    );
                    self.equal_part(ft, a, b);
                }
            }
            TypeKind::Array { elem, len } => {
                let (elem, len) = (*elem, *len);
                self.each_element(len, elem, &[p, q], |c, at| c.equal_part(elem, at[0], at[1]));
            }
            _ => {
                let ok = {
                    let (a, b) = (
                        self.load_mem(t, p, 0, MemFlags::SAFE),
                        self.load_mem(t, q, 0, MemFlags::SAFE),
                    );
                    self.equal(t, &a, &b)
                };
                self.fail_unless(ok);
            }
        }
    }

    fn equal_part(&mut self, t: TypeId, a: Value, b: Value) {
        let l = self.layout(t);
        if l.size == 0 {
            return;
        }
        let ok = if l.is_flat() {
            let (x, y) =
                (self.load_mem(t, a, 0, MemFlags::SAFE), self.load_mem(t, b, 0, MemFlags::SAFE));
            self.equal(t, &x, &y)
        } else {
            self.equal_memory(t, a, b)
        };
        self.fail_unless(ok);
    }

    /// Runs `f` with the addresses of each element of arrays.
    fn each_element(
        &mut self,
        len: i64,
        elem: TypeId,
        bases: &[Value],
        f: impl FnOnce(&mut Self, &[Value]),
    ) {
        let zero = self.iconst(0);
        let i = self.new_var(zero);
        let (head, inside, end) = (self.block(), self.block(), self.block());
        self.goto(head);
        let v = self.get(i);
        let more = self.icmp_imm(IntCC::Slt, v, len);
        self.brif(more, inside, end);
        self.switch_to(inside);
        let size = self.size(elem);
        let at: Vec<Value> = bases.iter().map(|&b| self.element_addr(b, v, size)).collect();
        f(self, &at);
        let v = self.get(i);
        let v = self.add_imm(v, 1);
        self.set(i, v);
        self.jump(head);
        self.switch_to(end);
    }

    fn hash_parts(&mut self, t: TypeId, p: Value, h: Value) -> Value {
        match self.kind(t) {
            TypeKind::Struct(s) => {
                let l = self.layout(t);
                let mut h = h;
                for (i, &f) in s.fields.iter().enumerate() {
                    if self.p.u.obj(f).name.is_blank() {
                        continue;
                    }
                    let ft = self.p.obj_type(f);
                    let a = self.add_imm(p, l.offsets[i] as i64);
                    h = self.hash_part(ft, a, h);
                }
                h
            }
            TypeKind::Array { elem, len } => {
                let (elem, len) = (*elem, *len);
                let var = self.new_var(h);
                self.each_element(len, elem, &[p], |c, at| {
                    let h = c.get(var);
                    let h = c.hash_part(elem, at[0], h);
                    c.set(var, h);
                });
                self.get(var)
            }
            _ => self.hash_part(t, p, h),
        }
    }

    fn hash_part(&mut self, t: TypeId, p: Value, h: Value) -> Value {
        let size = self.size(t);
        if size == 0 {
            return h;
        }
        match self.p.hash_func(t) {
            HashFunc::Named(name) => self.runtime_call(name, &[p, h])[0],
            HashFunc::Memory(n) => {
                let n = self.iconst(n as i64);
                self.runtime_call("memhash", &[p, h, n])[0]
            }
            HashFunc::Generated(s) => {
                let sig =
                    Sig { conv: Conv::Go, params: vec![Ty::I64, Ty::I64], results: vec![Ty::I64] };
                self.emit_call(Op::Call(s, Box::new(sig.clone()), vec![p, h]), &sig)[0]
            }
        }
    }
}
