//! The frame of a function: parameters, results, defers, entry and exit.

use std::rc::Rc;

use burrow_syntax::{ExprKind, Field, Symbol};
use burrow_types::{ObjId, TypeId, TypeKind};

use super::captures::{self, Facts, Lit};
use super::defer::{Defers, PadResult, Placement};
use super::func::{FnCx, Home, Place};
use super::program::{Body, ClosureParent, FuncContext, FuncInst, FuncSig, Program};
use super::rangefunc::RangeBody;
use super::value::{Borrowed, Owned};
use crate::ir::{Conv, MemFlags, Op, Sig, Term, Ty, Value, func_flags};
use burrow_syntax::{Block, Pragma};

impl<'a> Program<'a> {
    fn facts_of(&self, obj: ObjId) -> Rc<Facts> {
        if let Some(f) = self.func_facts.borrow().get(&obj) {
            return f.clone();
        }
        let f = Rc::new(captures::of_func(self, self.body_of(obj)));
        self.func_facts.borrow_mut().insert(obj, f.clone());
        f
    }

    /// Whether a method calls `recover` itself.
    pub(super) fn recovers(&self, method: ObjId) -> bool {
        let origin = self.u.origin_func(method);
        self.func_decl(origin).is_some_and(|(_, _, d)| d.body.is_some())
            && self.facts_of(origin).has_recover.contains(&None)
    }

    /// Lowers a declared function.
    pub(super) fn lower_func(&self, f: &FuncInst) {
        let (pkg, file_index, _) = self.func_decl(f.obj).expect("a declared function");
        let p = &self.packages[pkg];
        let Body { file, info, decl } = self.body_of(f.obj);
        let (symbol, display) = self.func_names(f);
        let TypeKind::Signature(s) = self.u.kind(self.obj_type(f.obj)) else {
            panic!("a function has a signature")
        };
        let tparams: Vec<TypeId> = s.rparams.iter().chain(s.tparams.iter()).copied().collect();
        let cx = Rc::new(FuncContext {
            pkg,
            file_index,
            file,
            info,
            env: tparams.into_iter().zip(f.targs.iter().copied()).collect(),
            facts: clone_facts(&self.facts_of(f.obj)),
            symbol: symbol.clone(),
            display: display.clone(),
            closure_names: Default::default(),
            counters: Default::default(),
        });
        if matches!(
            display.as_str(),
            "reflect.Value.Method"
                | "reflect.Value.MethodByName"
                | "reflect.(*rtype).Method"
                | "reflect.(*rtype).MethodByName"
        ) {
            self.use_all_methods();
        }
        let fs = self.func_sig(self.inst_signature(f));
        let mut sig = fs.sig.clone();
        let recv = decl.recv.as_ref();
        let mut recv_type = None;
        if recv.is_some() {
            let env = &cx.env;
            let t = self.obj_type(s.recv.expect("a method"));
            let t = if env.is_empty() { t } else { self.u.subst(t, env) };
            let mut own = Vec::new();
            self.flatten(&[t], &mut own);
            let at = usize::from(fs.result_area);
            sig.params.splice(at..at, own);
            recv_type = Some(t);
        }
        // Its directives stand outside of it.
        let outer = p.files[file_index].decl(self.u.obj(f.obj).decl().expect("declared").decl);
        let (pos, pragma) = (outer.pos, outer.pragma);
        let mut c = FnCx::new(self, cx, Symbol::new(&symbol), Symbol::new(&display), sig, pos);
        if pragma.has(Pragma::NOSPLIT) {
            c.f.flags |= func_flags::NOSPLIT;
        }
        // main.main is called by name, from another package: its frame is one that traces show.
        let by_name = symbol == "main.main";
        if pragma.has(Pragma::NOINLINE) || by_name || c.cx.facts.has_recover.contains(&None) {
            c.f.flags |= func_flags::NOINLINE;
        }
        let mut params: Vec<(Option<Field>, TypeId)> = Vec::new();
        if let (Some(r), Some(t)) = (recv, recv_type) {
            params.push((Some(r.clone()), t));
        }
        let (ps, rs) = file.func_type(decl.ty);
        params.extend(ps.iter().cloned().map(Some).zip(fs.params.iter().copied()));
        let body = decl.body.as_ref().expect("a body");
        c.function(&fs, params, rs, body);
    }

    /// Lowers a function literal, or the body of a range over a function.
    pub(super) fn lower_closure(
        &self,
        cx: &Rc<FuncContext<'a>>,
        lit: Lit,
        symbol: Symbol,
        display: Symbol,
        parent: &ClosureParent,
    ) {
        let file = cx.file;
        match lit {
            Lit::Func(e) => {
                let ExprKind::FuncLit { ty, body } = file.expr(e) else { panic!("no literal") };
                let env = &cx.env;
                let t = cx.info.type_of(e);
                let t = if env.is_empty() { t } else { self.u.subst(t, env) };
                let fs = self.func_sig(t);
                let pos = file.exprs[e].pos;
                let mut c = FnCx::new(self, cx.clone(), symbol, display, fs.sig.clone(), pos);
                c.lit = Some(lit);
                c.load_captures(lit, &[]);
                let (ps, rs) = file.func_type(*ty);
                let params = ps.iter().cloned().map(Some).zip(fs.params.iter().copied()).collect();
                c.function(&fs, params, rs, body);
            }
            Lit::Range(s) => {
                let context = parent.range.clone().expect("a range body knows its function");
                let pos = file.stmts[s].pos;
                let sig = Sig { conv: Conv::Go, params: Vec::new(), results: vec![Ty::I8] };
                let mut c = FnCx::new(self, cx.clone(), symbol, display, sig, pos);
                c.lit = Some(lit);
                let types = c.yield_params(s);
                let mut flat = Vec::new();
                self.flatten(&types, &mut flat);
                c.f.sig.params.clone_from(&flat);
                for ty in flat {
                    c.f.add_param(crate::ir::ENTRY, ty);
                }
                let mut extra = vec![TypeId::UNSAFE_POINTER];
                if context.has_results {
                    extra.push(TypeId::UNSAFE_POINTER);
                }
                if context.has_frame {
                    extra.push(TypeId::UINTPTR);
                }
                let words = c.load_captures(lit, &extra);
                let control = c.new_var(words[0]);
                let results = context.has_results.then(|| c.new_var(words[1]));
                if context.has_frame {
                    let v = c.new_var(*words.last().expect("the frame"));
                    c.defers = Defers::Outer(v);
                }
                c.range = Some(RangeBody::new(context, control, results));
                let vals = c.param_vals(&types, 0);
                c.leave_entry();
                let vals = vals.into_iter().map(Borrowed::from);
                c.range_body(s, vals.zip(types).collect());
                c.finish();
            }
        }
    }
}

fn clone_facts(f: &Facts) -> Facts {
    Facts {
        captures: f.captures.clone(),
        captured: f.captured.clone(),
        address_taken: f.address_taken.clone(),
        reassigned: f.reassigned.clone(),
        has_call: f.has_call.clone(),
        has_defer: f.has_defer.clone(),
        defers: f.defers.clone(),
        own_defers: f.own_defers.clone(),
        returns_in_range: f.returns_in_range.clone(),
        has_recover: f.has_recover.clone(),
    }
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// Nothing may jump to the entry block: go on in another one.
    fn leave_entry(&mut self) {
        let b = self.block();
        self.goto(b);
    }

    /// Reads the closure: gives its extra words, and homes to captured variables.
    fn load_captures(&mut self, lit: Lit, extra: &[TypeId]) -> Vec<Value> {
        let captures: Vec<ObjId> = self.cx.facts.captures.get(&lit).cloned().unwrap_or_default();
        if captures.is_empty() && extra.is_empty() {
            return Vec::new();
        }
        let ctx = self.inst(Op::LoadG(crate::abi::g::CTX), Ty::I64);
        let fields = self.capture_types(&captures, extra.iter().copied());
        let layout = self.p.struct_layout(&fields);
        let words = (0..extra.len())
            .map(|i| self.load(Ty::I64, ctx, layout.offsets[1 + i] as i32, MemFlags::CONST))
            .collect();
        let closure = self.new_var(ctx);
        for (i, &obj) in captures.iter().enumerate() {
            let offset = layout.offsets[1 + extra.len() + i] as i32;
            let home = if self.captured_by_ref(obj) {
                let a = self.load(Ty::I64, ctx, offset, MemFlags::CONST);
                Home::Boxed(self.new_var(a))
            } else {
                let t = self.obj_ty(obj);
                match self.load_mem(t, ctx, offset, MemFlags::CONST).scalars() {
                    Some(vs) => Home::Vars(vs.iter().map(|&v| self.new_var(v)).collect()),
                    None => Home::InClosure(closure, offset),
                }
            };
            self.homes.insert(obj, home);
        }
        words
    }

    /// Values of parameters from the entry block's, beginning with parameter `first`.
    fn param_vals(&mut self, types: &[TypeId], first: usize) -> Vec<Owned> {
        let given = self.f.blocks[0].params.clone();
        let mut k = first;
        types
            .iter()
            .map(|&t| match self.layout(t).scalars.as_ref().map(Vec::len) {
                Some(n) => {
                    k += n;
                    Owned::flat(given[k - n..k].to_vec())
                }
                None => {
                    k += 1;
                    Owned::memory(given[k - 1])
                }
            })
            .collect()
    }

    /// Lowers parameters, results, and the body; ends the function.
    fn function(
        mut self,
        fs: &FuncSig,
        params: Vec<(Option<Field>, TypeId)>,
        results: &[Field],
        body: &'a Block,
    ) {
        let types: Vec<TypeId> = params.iter().map(|p| p.1).collect();
        if types.is_empty() {
            self.f.flags |= func_flags::NO_PARAMS;
        }
        let vals = self.param_vals(&types, usize::from(fs.result_area));
        let area = fs.result_area.then(|| self.f.blocks[0].params[0]);
        self.result_area = area.map(|a| self.new_var(a));
        for ((field, _), v) in params.into_iter().zip(vals) {
            let Some(name) = field.and_then(|f| f.name) else { continue };
            if self.file.name(name).is_blank() {
                continue;
            }
            let Some(obj) = self.info.def(name) else { continue };
            self.param(obj, v);
        }
        let has_defer = self.cx.facts.has_defer.contains(&self.lit);
        let pads = self.declare_results(fs, results, has_defer);
        if has_defer {
            self.plan_defers(fs, area, pads);
        }
        self.leave_entry();
        self.block_stmt(body);
        self.at(body.rbrace);
        self.leave();
        self.finish();
    }

    fn param(&mut self, obj: ObjId, v: Owned) {
        match self.address(&v) {
            // The copy behind the pointer is ours already.
            Some(a) if !self.captured_by_ref(obj) => {
                let var = self.new_var(a);
                self.homes.insert(obj, Home::Pointer(var));
            }
            _ => self.declare(obj, Some(v.into())),
        }
    }

    /// Gives results their places: variables, or memory where a deferred call, or a pad, must see them.
    fn declare_results(
        &mut self,
        fs: &FuncSig,
        fields: &[Field],
        has_defer: bool,
    ) -> Vec<PadResult> {
        let shared = self.cx.facts.returns_in_range.contains(&self.lit);
        let mut pads = Vec::new();
        if shared && !fs.results.is_empty() {
            // One object for all: range bodies know its address.
            let (object, _) = self.closure_object(&fs.results, &fs.area, Placement::Heap);
            let keep = has_defer.then(|| self.keep_for_pad(object));
            let base = self.new_var(object);
            for (i, &t) in fs.results.iter().enumerate() {
                let offset = fs.area.offsets[i] as i32;
                if let Some(obj) = self.result_obj(fields, i) {
                    self.homes.insert(obj, Home::InClosure(base, offset));
                }
                let place = Place::Mem { base: object, offset, flags: MemFlags::SAFE };
                self.results.push((t, place));
                pads.extend(keep.map(|slot| PadResult::Pointer(slot, offset)));
            }
            return pads;
        }
        for (i, &t) in fs.results.iter().enumerate() {
            let obj = self.result_obj(fields, i);
            if let Some(o) = obj
                && self.captured_by_ref(o)
            {
                self.declare(o, None);
                let Some(Home::Boxed(v)) = self.homes.get(&o).cloned() else {
                    panic!("a captured result is boxed")
                };
                let a = self.get(v);
                let place = Place::Mem { base: a, offset: 0, flags: MemFlags::SAFE };
                self.results.push((t, place));
                if has_defer {
                    pads.push(PadResult::Pointer(self.keep_for_pad(a), 0));
                }
                continue;
            }
            let l = self.layout(t);
            if has_defer || !l.is_flat() {
                let slot = self.slot(l.size, l.align);
                let base = self.slot_addr(slot);
                if l.size > 0 {
                    self.effect(Op::MemZero(base, l.size));
                }
                if let Some(o) = obj {
                    self.homes.insert(o, Home::Slot(slot, 0));
                }
                self.results.push((t, Place::Mem { base, offset: 0, flags: MemFlags::SAFE }));
                pads.push(PadResult::In(slot));
                continue;
            }
            let zero = self.zero_val(t);
            let vars: Vec<_> = zero.words().into_iter().map(|v| self.new_var(v)).collect();
            if let Some(o) = obj {
                self.homes.insert(o, Home::Vars(vars.clone()));
            }
            self.results.push((t, Place::Vars(vars)));
        }
        pads
    }

    fn result_obj(&self, fields: &[Field], i: usize) -> Option<ObjId> {
        let name = fields.get(i)?.name?;
        if self.file.name(name).is_blank() {
            return None;
        }
        self.info.def(name)
    }

    pub(super) fn current_results(&mut self) -> Vec<(TypeId, Place)> {
        self.results.clone()
    }

    /// Leaves the function: deferred calls, then the results.
    pub(super) fn leave(&mut self) {
        self.run_defers();
        let results = self.results.clone();
        let out: Vec<(TypeId, Borrowed)> =
            results.iter().map(|(t, p)| (*t, self.read(*t, p))).collect();
        let area = self.result_area.map(|v| self.get(v));
        let types: Vec<TypeId> = results.iter().map(|r| r.0).collect();
        let fs = self.p.sig_of(Vec::new(), types, false, Conv::Go);
        self.give_results(&fs, out, area);
    }

    pub(super) fn give_results(
        &mut self,
        fs: &FuncSig,
        vals: Vec<(TypeId, Borrowed)>,
        area: Option<Value>,
    ) {
        match area {
            Some(a) => {
                for (i, (t, v)) in vals.iter().enumerate() {
                    self.store_mem(*t, v, a, fs.area.offsets[i] as i32, MemFlags::SAFE);
                }
                self.end(Term::Return(Vec::new()));
            }
            None => {
                let scalars = vals.iter().map(|(_, v)| v.scalars().expect("a flat result"));
                let flat = scalars.flatten().copied().collect();
                self.end(Term::Return(flat));
            }
        }
    }
}
