//! Calls: what is called, how arguments and results travel, calls that are bound for later (`go`, `defer`, method values).

use std::rc::Rc;

use burrow_syntax::{ExprId, ExprKind, Pos, Symbol};
use burrow_types::{Mode, ObjId, ObjKind, Selection, SelectionKind, TypeId, TypeKind};

use super::defer::{BoundCall, Placement, SiteCall};
use super::expr::Operand;
use super::func::FnCx;
use super::program::{FuncInst, FuncSig, Program};
use super::value::{Borrowed, Owned};
use crate::abi::{ITAB_FUN, g};
use crate::ir::{Conv, MemFlags, Op, Sig, Slot, Term, Ty, Value, func_flags};

/// What a call enters.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    Symbol(Symbol),
    /// A func value.
    Closure(Value),
    /// A code address.
    Code(Value),
}

#[derive(Clone, Debug)]
pub(super) struct Target {
    pub callee: Callee,
    /// Of the parameters without receiver.
    pub sig: Rc<FuncSig>,
    /// A name for wrappers of it: symbol and display name.
    pub name: (String, String),
    /// The object, for functions the compiler knows.
    pub func: Option<ObjId>,
    /// The receiver's type, which comes first.
    pub recv: Option<TypeId>,
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// A call, conversion or use of a built-in function, as a value.
    pub(super) fn call_expr(
        &mut self,
        e: ExprId,
        fun: ExprId,
        args: &[ExprId],
        dots: bool,
    ) -> Borrowed {
        match self.info.mode(fun) {
            Mode::TypeExpr => {
                let (to, from) = (self.ty(e), self.value_type(args[0]));
                // A constant converted to a type parameter.
                if let Some(c) = self.info.const_value(args[0])
                    && let (TypeKind::Basic(f, _), TypeKind::Basic(t, _)) =
                        (self.kind(from), self.kind(to))
                    && f.is_numeric()
                    && t.is_numeric()
                {
                    return self.const_val(c, to);
                }
                let v = self.expr(args[0]);
                self.at(self.file.exprs[e].pos);
                self.convert(v, from, to)
            }
            Mode::Builtin => self.builtin(e, fun, args, dots),
            _ => {
                let mut vals = self.call_multi(e, fun, args, dots);
                match vals.len() {
                    0 => Borrowed::flat(Vec::new()),
                    1 => vals.remove(0).into(),
                    _ => panic!("several results where one is expected"),
                }
            }
        }
    }

    /// All results of a call expression.
    pub(super) fn multi(&mut self, e: ExprId) -> Vec<Borrowed> {
        let e = self.file.unparen(e);
        if let Some(vals) = self.hoisted_multi.get(&e) {
            return vals.iter().map(|v| v.again()).collect();
        }
        match self.file.expr(e) {
            ExprKind::Call { fun, args, has_dots, .. }
                if !matches!(self.info.mode(*fun), Mode::TypeExpr | Mode::Builtin) =>
            {
                let vals = self.call_multi(e, *fun, args, *has_dots);
                vals.into_iter().map(Borrowed::from).collect()
            }
            _ => vec![self.expr(e)],
        }
    }

    /// The same, to be kept.
    pub(super) fn multi_owned(&mut self, e: ExprId, types: &[TypeId]) -> Vec<Owned> {
        let vals = self.multi(e);
        vals.into_iter().zip(types).map(|(v, &t)| self.own(t, v)).collect()
    }

    fn call_multi(&mut self, e: ExprId, fun: ExprId, args: &[ExprId], dots: bool) -> Vec<Owned> {
        let pos = self.file.exprs[e].pos;
        if let [arg] = *args
            && self.is_keep_alive(fun)
            && self.is_plain_value(arg)
        {
            let v = self.expr(arg);
            self.at(pos);
            self.keep_alive(arg, &v);
            return Vec::new();
        }
        let (target, recv, vals) = self.call_parts(fun, args, dots, pos);
        self.at(self.call_pos(fun, pos));
        if let Some(f) = target.func
            && let Some(results) = self.intrinsic(f, &target, &vals)
        {
            return results;
        }
        let kept = self.keep_uintptrs(&target, &vals);
        let results = self.call_target(&target, &recv, vals);
        self.drop_uintptrs(kept);
        results
    }

    /// Not a constant, nor nil, nor several values.
    fn is_plain_value(&mut self, e: ExprId) -> bool {
        let t = self.ty(e);
        matches!(self.info.mode(e), Mode::Value | Mode::Variable)
            && !matches!(self.kind(t), TypeKind::Tuple(_))
    }

    fn is_keep_alive(&self, fun: ExprId) -> bool {
        let fun = self.file.unparen(fun);
        let ExprKind::Selector { sel, .. } = self.file.expr(fun) else { return false };
        self.info.use_of(*sel).is_some_and(|f| {
            let o = self.p.u.obj(f);
            o.name.as_str() == "KeepAlive"
                && o.pkg.is_some_and(|p| self.p.u.pkg(p).path.as_str() == "runtime")
        })
    }

    /// `runtime.KeepAlive`: a call that nobody sees into; a store to the frame would be left out. Not by way of an interface,
    /// whose data would stay in the frame.
    fn keep_alive(&mut self, arg: ExprId, v: &Borrowed) {
        let t = self.value_type(arg);
        let l = self.layout(t);
        match (v.scalars(), &l.scalars) {
            (Some(vs), Some(scalars)) => {
                for (&v, _) in vs.iter().zip(scalars).filter(|(_, s)| s.is_ptr) {
                    self.runtime_call("keepAlive", &[v]);
                }
            }
            _ => {
                let at = self.spill(t, v);
                self.runtime_call("keepAlive", &[at]);
            }
        }
    }

    /// Whether a function asks that what integers made from pointers point to lives until the call returns
    /// (`//go:uintptrkeepalive`, `//go:uintptrescapes`).
    fn asks_to_keep(&self, target: &Target) -> bool {
        let decl = target.func.and_then(|f| self.p.decl_of(self.p.u.origin_func(f)));
        decl.is_some_and(|(_, file, d)| {
            file.decl(d).pragma.has(burrow_syntax::Pragma::UINTPTR_KEEP_ALIVE)
        })
    }

    /// Then they are in the frame meanwhile, where the collector looks; of variadic ones, the array, which is one of pointers.
    pub(super) fn keep_uintptrs(&mut self, target: &Target, vals: &[Owned]) -> Vec<Slot> {
        let mut kept = Vec::new();
        if !self.asks_to_keep(target) {
            return kept;
        }
        for (v, &t) in vals.iter().zip(&target.sig.params) {
            let v = match self.p.u.kind(self.p.u.unalias(t)) {
                _ if self.p.u.unalias(t) == TypeId::UINTPTR => v.one(),
                TypeKind::Slice(e) if self.p.u.unalias(*e) == TypeId::UINTPTR => v.at(0),
                _ => continue,
            };
            let slot = self.slot(8, 8);
            let at = self.slot_addr(slot);
            self.store(v, at, 0, MemFlags::SAFE);
            kept.push(slot);
        }
        kept
    }

    /// Clears what `keep_uintptrs` kept.
    pub(super) fn drop_uintptrs(&mut self, kept: Vec<Slot>) {
        for slot in kept {
            let at = self.slot_addr(slot);
            self.effect(Op::MemZero(at, 8));
        }
    }

    /// Integers that are kept alive until a call returns are stored as pointers until it is made.
    fn as_stored(&self, t: TypeId, keeps: bool) -> TypeId {
        if keeps && self.p.u.unalias(t) == TypeId::UINTPTR { TypeId::UNSAFE_POINTER } else { t }
    }

    /// gc gives a call the line of the method's name, in chains over several lines.
    fn call_pos(&self, fun: ExprId, pos: Pos) -> Pos {
        match self.file.expr(self.file.unparen(fun)) {
            ExprKind::Selector { sel, .. } => self.file.ident(*sel).pos,
            _ => pos,
        }
    }

    /// Evaluates what is called and the arguments, in order, arguments converted to the parameters' types.
    pub(super) fn call_parts(
        &mut self,
        fun: ExprId,
        args: &[ExprId],
        dots: bool,
        pos: Pos,
    ) -> (Target, Vec<Value>, Vec<Owned>) {
        let ft = self.value_type(fun);
        let params = match self.p.kind(self.p.under_or_core(ft)) {
            TypeKind::Signature(s) if !dots => {
                let list: Vec<TypeId> = s.params.iter().map(|&p| self.p.obj_type(p)).collect();
                (list.into_iter().map(|t| self.subst(t)).collect(), s.variadic)
            }
            _ => (Vec::new(), false),
        };
        let operand = self.callee_operand(fun);
        self.hoist_args(operand, args, &params.0, params.1);
        let (target, recv) = self.target(fun, pos);
        let keeps = self.asks_to_keep(&target);
        let vals = self.arguments(&target.sig.clone(), args, dots, keeps);
        (target, recv, vals)
    }

    /// The operand of a call's function: the receiver of a method, or the function itself.
    fn callee_operand(&self, fun: ExprId) -> ExprId {
        let fun = self.file.unparen(fun);
        match self.file.expr(fun) {
            ExprKind::Selector { x, .. }
                if self.info.selection(fun).is_some_and(|s| s.kind == SelectionKind::MethodVal) =>
            {
                *x
            }
            ExprKind::Index { x, .. } if self.is_instantiation(*x) => self.callee_operand(*x),
            _ => fun,
        }
    }

    fn arguments(&mut self, fs: &FuncSig, args: &[ExprId], dots: bool, keeps: bool) -> Vec<Owned> {
        // f(g()) with several results.
        if args.len() == 1 && !dots {
            let t = self.ty(args[0]);
            if let TypeKind::Tuple(vars) = self.p.u.kind(t)
                && self.is_call(args[0])
            {
                let types: Vec<TypeId> = vars.iter().map(|&v| self.p.obj_type(v)).collect();
                let types: Vec<TypeId> = types.into_iter().map(|t| self.subst(t)).collect();
                let vals = self.multi(args[0]);
                return self.pass(fs, vals.into_iter().zip(types).collect(), false, keeps);
            }
        }
        let vals = args
            .iter()
            .map(|&a| {
                let t = self.value_type(a);
                (self.expr(a), t)
            })
            .collect();
        self.pass(fs, vals, dots, keeps)
    }

    fn is_call(&self, e: ExprId) -> bool {
        matches!(self.file.expr(self.file.unparen(e)), ExprKind::Call { .. })
    }

    /// Converts arguments to parameters; packs variadic ones.
    fn pass(
        &mut self,
        fs: &FuncSig,
        vals: Vec<(Borrowed, TypeId)>,
        dots: bool,
        keeps: bool,
    ) -> Vec<Owned> {
        let fixed = if fs.variadic && !dots { fs.params.len() - 1 } else { fs.params.len() };
        let mut out = Vec::with_capacity(fs.params.len());
        let mut rest = Vec::new();
        for (i, (v, t)) in vals.into_iter().enumerate() {
            if i < fixed {
                let v = self.convert_implicit(v, t, fs.params[i]);
                out.push(self.own(fs.params[i], v));
            } else {
                rest.push((v, t));
            }
        }
        if fixed < fs.params.len() {
            let slice = fs.params[fixed];
            let TypeKind::Slice(elem) = self.kind(slice) else { panic!("variadic parameter") };
            let elem = *elem;
            let rest: Vec<Borrowed> =
                rest.into_iter().map(|(v, t)| self.convert_implicit(v, t, elem)).collect();
            out.push(self.slice_of(self.as_stored(elem, keeps), &rest));
        }
        out
    }

    /// A new slice with these elements.
    pub(super) fn slice_of(&mut self, elem: TypeId, vals: &[Borrowed]) -> Owned {
        if vals.is_empty() {
            let zero = self.iconst(0);
            return Owned::flat(vec![zero, zero, zero]);
        }
        let array = self.p.u.new_array(elem, vals.len() as i64);
        let base = self.new_object(array);
        let size = self.size(elem);
        for (i, v) in vals.iter().enumerate() {
            let (at, offset) = self.behind(base, i as u64 * size);
            self.store_mem(elem, v, at, offset, MemFlags::SAFE);
        }
        let n = self.iconst(vals.len() as i64);
        Owned::flat(vec![base, n, n])
    }

    /// What a call expression's function denotes, and its receiver.
    fn target(&mut self, fun: ExprId, pos: Pos) -> (Target, Vec<Value>) {
        let fun = self.file.unparen(fun);
        let file = self.file;
        match file.expr(fun) {
            ExprKind::Name(id) => {
                if let Some(obj) = self.info.use_of(*id)
                    && matches!(self.p.u.obj(obj).kind, ObjKind::Func { .. })
                {
                    let f = self.func_inst(obj, Some(*id));
                    return (self.func_target(f), Vec::new());
                }
            }
            ExprKind::Selector { x, sel } => match self.selection(fun) {
                None => {
                    let obj = self.info.use_of(*sel).expect("a qualified name");
                    if matches!(self.p.u.obj(obj).kind, ObjKind::Func { .. }) {
                        let f = self.func_inst(obj, Some(*sel));
                        return (self.func_target(f), Vec::new());
                    }
                }
                Some(s) if s.kind == SelectionKind::MethodVal => {
                    let (recv, target) = self.method_receiver(fun, *x, &s, pos);
                    return (target, recv);
                }
                Some(_) => {}
            },
            ExprKind::Index { x, .. } if self.is_instantiation(*x) => return self.target(*x, pos),
            _ => {}
        }
        let t = self.value_type(fun);
        let t = self.p.under_or_core(t);
        let v = self.expr(fun).one();
        (self.closure_target(v, t), Vec::new())
    }

    pub(super) fn closure_target(&self, v: Value, t: TypeId) -> Target {
        Target {
            callee: Callee::Closure(v),
            sig: self.p.func_sig(t),
            name: ("func".into(), "func".into()),
            func: None,
            recv: None,
        }
    }

    pub(super) fn func_target(&mut self, f: FuncInst) -> Target {
        let t = self.p.inst_signature(&f);
        let def = self.p.definition(f.clone());
        let image = self.p.is_image_func(&def);
        let name = self.p.func_names(&def);
        if image {
            return Target {
                callee: Callee::Symbol(self.p.image_symbol(&def)),
                sig: self.p.image_sig(t),
                name,
                func: Some(f.obj),
                recv: None,
            };
        }
        Target {
            callee: Callee::Symbol(self.p.want_func(def)),
            sig: self.p.func_sig(t),
            name,
            func: Some(f.obj),
            recv: None,
        }
    }

    /// The receiver of `x.m`, flattened, and the method.
    pub(super) fn method_receiver(
        &mut self,
        fun: ExprId,
        x: ExprId,
        s: &Selection,
        pos: Pos,
    ) -> (Vec<Value>, Target) {
        let sel = match self.file.expr(fun) {
            ExprKind::Selector { sel, .. } => Some(*sel),
            _ => None,
        };
        let (op, t) = self.selector(x, &s.path[..s.path.len() - 1]);
        self.at(pos);
        self.bind_receiver(op, t, s.obj, sel)
    }

    /// A method of the operand's type, with the receiver as the method wants it.
    pub(super) fn bind_receiver(
        &mut self,
        op: Operand,
        t: TypeId,
        obj: ObjId,
        sel: Option<burrow_syntax::IdentId>,
    ) -> (Vec<Value>, Target) {
        if self.p.is_interface(t) {
            let v = self.operand_val(op, t);
            let target = self.iface_method(t, v.at(0), obj);
            return (vec![v.at(1)], target);
        }
        let f = self.method_inst(obj, sel);
        let ptr_recv = self.p.u.obj(f.obj).has_ptr_recv();
        let (base, is_ptr) = match self.p.u.kind(self.p.under(t)) {
            TypeKind::Pointer(e) => (*e, true),
            _ => (t, false),
        };
        let mut target = self.func_target(f);
        let recv = match (ptr_recv, is_ptr) {
            (true, true) => self.operand_val(op, t).one(),
            (true, false) => match op {
                Operand::Place(
                    p @ (super::func::Place::Mem { .. } | super::func::Place::Checked { .. }),
                ) => self.place_addr(&p),
                op => {
                    let v = self.operand_val(op, t);
                    let a = self.new_object(t);
                    self.store_mem(t, &v, a, 0, MemFlags::SAFE);
                    a
                }
            },
            (false, _) => {
                let v = if is_ptr {
                    let p = self.operand_val(op, t).one();
                    self.load_mem(base, p, 0, MemFlags::TRAP)
                } else {
                    self.operand_val(op, t)
                };
                target.recv = Some(base);
                let v = self.own(base, v);
                return (v.words(), target);
            }
        };
        target.recv = Some(self.p.u.new_pointer(base));
        (vec![recv], target)
    }

    /// A method of an interface value with this itab. The load faults for a nil interface.
    fn iface_method(&mut self, it: TypeId, itab: Value, obj: ObjId) -> Target {
        let o = self.p.u.obj(obj);
        let under = self.p.under(it);
        let set = self.p.u.type_set(under);
        let index = set
            .methods
            .iter()
            .position(|&m| self.p.same_method_name(m, obj))
            .unwrap_or_else(|| panic!("{} has no method {}", self.p.u.type_string(it), o.name));
        let method = set.methods[index];
        let t = self.p.obj_type(method);
        self.p.use_method(method);
        let offset = ITAB_FUN + 8 * index as i32;
        let code = self.load(Ty::I64, itab, offset, MemFlags::TRAP);
        let name = format!("{}.{}", self.p.u.link_string(it), o.name);
        Target {
            callee: Callee::Code(code),
            sig: self.p.func_sig(t),
            name: (name.clone(), self.p.method_display(it, method)),
            func: None,
            recv: Some(TypeId::UNSAFE_POINTER),
        }
    }

    /// Emits the call; gives a value for each result.
    pub(super) fn call_target(
        &mut self,
        target: &Target,
        recv: &[Value],
        vals: Vec<Owned>,
    ) -> Vec<Owned> {
        let fs = target.sig.clone();
        let image = fs.sig.conv == Conv::SystemV;
        let area = fs.result_area.then(|| {
            let size = if image { self.p.image_area_size(&fs) } else { fs.area.size };
            let s = self.slot(size, 8);
            self.slot_addr(s)
        });
        let mut args: Vec<Value> = area.into_iter().collect();
        args.extend_from_slice(recv);
        for (v, &t) in vals.iter().zip(&fs.params) {
            let signed = self.p.is_signed(t);
            for x in v.words() {
                let ty = self.f.ty(x);
                args.push(if image && !ty.is_float() {
                    self.int_cast(x, Ty::I64, signed)
                } else {
                    x
                });
            }
        }
        let sig = Box::new(self.full_sig(target));
        let op = match &target.callee {
            Callee::Symbol(s) => Op::Call(*s, sig.clone(), args),
            Callee::Code(c) => Op::CallIndirect(*c, sig.clone(), args),
            Callee::Closure(v) => {
                let code = self.load(Ty::I64, *v, 0, MemFlags::TRAP);
                self.effect(Op::StoreG(g::CTX, *v));
                Op::CallIndirect(code, sig.clone(), args)
            }
        };
        let results = self.emit_call(op, &sig);
        self.wrote();
        self.results_of(&fs, results, area)
    }

    fn results_of(&mut self, fs: &FuncSig, results: Vec<Value>, area: Option<Value>) -> Vec<Owned> {
        let mut out = Vec::with_capacity(fs.results.len());
        let mut k = 0;
        let mut at = 0;
        for (i, &t) in fs.results.iter().enumerate() {
            let n = self.layout(t).scalars.as_ref().map(Vec::len);
            match area {
                None => {
                    let n = n.unwrap_or(1);
                    out.push(Owned::flat(results[k..k + n].to_vec()));
                    k += n;
                }
                Some(a) if fs.sig.conv == Conv::Go => {
                    let at = self.add_imm(a, fs.area.offsets[i] as i64);
                    let v = self.made(t, at);
                    out.push(self.own(t, v));
                }
                Some(a) => match self.layout(t).scalars.clone() {
                    Some(scalars) => {
                        let mut vs = Vec::new();
                        for s in &scalars {
                            vs.push(self.load(s.ty, a, at, MemFlags::SAFE));
                            at += 8;
                        }
                        out.push(Owned::flat(vs));
                    }
                    None => {
                        out.push(Owned::memory(self.add_imm(a, i64::from(at))));
                        at += self.size(t).next_multiple_of(8) as i32;
                    }
                },
            }
        }
        out
    }

    /// The signature with the receiver's scalars.
    fn full_sig(&self, target: &Target) -> Sig {
        let mut sig = target.sig.sig.clone();
        if let Some(r) = target.recv {
            let mut recv = Vec::new();
            self.p.flatten(&[r], &mut recv);
            let at = usize::from(target.sig.result_area);
            sig.params.splice(at..at, recv);
        }
        sig
    }

    // ------------------------------------------------------------------------------- bound calls

    /// A closure that calls the target with the receiver given now, and takes the target's parameters: a method value.
    pub(super) fn bind_call(&mut self, target: &Target, recv: Vec<Value>) -> Borrowed {
        let rt = target.recv.expect("a receiver");
        let bound = vec![(self.unflatten(rt, recv), rt)];
        let symbol = format!("{}-fm", target.name.0);
        let display = format!("{}-fm", target.name.1);
        let f = self.bind(target, bound, true, &symbol, &display, Placement::Heap).0;
        Borrowed::flat(vec![f])
    }

    /// The value of type `t` with these scalars.
    fn unflatten(&self, t: TypeId, v: Vec<Value>) -> Owned {
        if self.layout(t).is_flat() { Owned::flat(v) } else { Owned::memory(v[0]) }
    }

    /// `go` and `defer`: a func() that makes the call, and how to make it here.
    pub(super) fn bind_all(
        &mut self,
        target: &Target,
        recv: Vec<Value>,
        vals: Vec<Owned>,
        kind: &str,
        placement: Placement,
    ) -> (Value, SiteCall) {
        let fs = target.sig.clone();
        if let Callee::Closure(v) = target.callee
            && fs.params.is_empty()
            && fs.results.is_empty()
        {
            return (v, SiteCall::Value);
        }
        let mut bound = Vec::new();
        if let Some(rt) = target.recv {
            bound.push((self.unflatten(rt, recv), rt));
        }
        let keeps = self.asks_to_keep(target);
        for (v, &t) in vals.into_iter().zip(&fs.params) {
            bound.push((v, self.as_stored(t, keeps)));
        }
        let n = self.cx.number(self.f.name, "wrap");
        let symbol = format!("{}.{kind}{n}", self.f.name);
        let display = format!("{}.{kind}{n}", self.f.display);
        let (f, call) = self.bind(target, bound, false, &symbol, &display, placement);
        (f, call)
    }

    /// Allocates the closure `{code, callee?, bound...}` and queues its function.
    fn bind(
        &mut self,
        target: &Target,
        bound: Vec<(Owned, TypeId)>,
        with_params: bool,
        symbol: &str,
        display: &str,
        placement: Placement,
    ) -> (Value, SiteCall) {
        let mut fields = vec![TypeId::UINTPTR];
        let mut vals: Vec<Option<Borrowed>> = vec![None];
        match target.callee {
            Callee::Symbol(_) => {}
            Callee::Closure(v) => {
                fields.push(TypeId::UNSAFE_POINTER);
                vals.push(Some(Borrowed::flat(vec![v])));
            }
            Callee::Code(v) => {
                fields.push(TypeId::UINTPTR);
                vals.push(Some(Borrowed::flat(vec![v])));
            }
        }
        let first = fields.len();
        for (v, t) in &bound {
            fields.push(*t);
            vals.push(Some(v.again()));
        }
        // Room for results in memory that nobody wants.
        let area = target.sig.result_area && !with_params;
        if area {
            fields.extend_from_slice(&target.sig.results);
        }
        let layout = self.p.struct_layout(&fields);
        let (object, slot) = self.closure_object(&fields, &layout, placement);
        let symbol = Symbol::new(symbol);
        let code = self.symbol(symbol, 0);
        self.store(code, object, 0, MemFlags::SAFE);
        for (i, v) in vals.iter().enumerate() {
            if let Some(v) = v {
                self.store_mem(fields[i], v, object, layout.offsets[i] as i32, MemFlags::SAFE);
            }
        }
        if self.p.want(symbol) {
            let area = area.then(|| layout.offsets[first + bound.len()] as i32);
            self.bound_func(
                target,
                &fields[..first + bound.len()],
                &layout.offsets,
                first,
                with_params,
                area,
                symbol,
                display,
            );
        }
        let call = match slot {
            Some(closure) => SiteCall::Bound(Box::new(BoundCall {
                target: target.clone(),
                closure,
                callee: layout.offsets.get(1).map_or(0, |&o| o as i32),
                bound: bound
                    .iter()
                    .zip(&layout.offsets[first..])
                    .map(|(b, &o)| (b.1, o as i32))
                    .collect(),
            })),
            None => SiteCall::Value,
        };
        (object, call)
    }

    /// The function of a bound call: loads what the closure holds, and enters the target by a tail call where it can.
    #[allow(clippy::too_many_arguments, reason = "one caller")]
    fn bound_func(
        &mut self,
        target: &Target,
        fields: &[TypeId],
        offsets: &[u64],
        first: usize,
        with_params: bool,
        area: Option<i32>,
        symbol: Symbol,
        display: &str,
    ) {
        let go = self.p.go_form(&target.sig);
        let sig = if with_params {
            go.sig.clone()
        } else {
            Sig { conv: Conv::Go, params: Vec::new(), results: Vec::new() }
        };
        let mut c =
            FnCx::new(self.p, self.cx.clone(), symbol, Symbol::new(display), sig, self.f.pos);
        c.f.flags |= func_flags::WRAPPER;
        let ctx = c.inst(Op::LoadG(g::CTX), Ty::I64);
        let given: Vec<Value> = c.f.blocks[0].params.clone();
        let mut given = given.into_iter();
        let mut args = Vec::new();
        if target.sig.result_area {
            if with_params && go.result_area {
                args.extend(given.next());
            } else if let Some(at) = area {
                args.push(c.add_imm(ctx, i64::from(at)));
            }
        }
        let keeps = c.asks_to_keep(target);
        if keeps {
            let kept = c.slot(8, 8);
            let at = c.slot_addr(kept);
            c.store(ctx, at, 0, MemFlags::SAFE);
        }
        let mut in_memory = false;
        for i in first..fields.len() {
            let v = c.load_mem(fields[i], ctx, offsets[i] as i32, MemFlags::SAFE);
            let v = match c.address(&v) {
                Some(a) if with_params => {
                    in_memory = true;
                    let v = c.borrow(a);
                    c.own(fields[i], v)
                }
                // The closure is entered once: what it holds is the callee's.
                Some(a) => Owned::memory(a),
                None => c.own(fields[i], v),
            };
            args.extend(v.words());
        }
        args.extend(given);
        let mut full = c.full_sig(target);
        let callee = match &target.callee {
            Callee::Symbol(s) => Callee::Symbol(*s),
            Callee::Code(_) => {
                Callee::Code(c.load(Ty::I64, ctx, offsets[1] as i32, MemFlags::SAFE))
            }
            Callee::Closure(_) => {
                let v = c.load(Ty::I64, ctx, offsets[1] as i32, MemFlags::SAFE);
                let code = c.load(Ty::I64, v, 0, MemFlags::TRAP);
                c.effect(Op::StoreG(g::CTX, v));
                Callee::Code(code)
            }
        };
        if full.conv == Conv::Go && !in_memory && !keeps {
            if !with_params {
                full.results.clear();
            }
            let full = Box::new(full);
            let term = match callee {
                Callee::Symbol(s) => Term::TailCall(s, full, args),
                Callee::Code(v) | Callee::Closure(v) => Term::TailCallIndirect(v, full, args),
            };
            c.end(term);
        } else {
            if full.conv == Conv::SystemV {
                for (a, &ty) in args.iter_mut().zip(&full.params) {
                    if !ty.is_float() {
                        *a = c.int_cast(*a, ty, false);
                    }
                }
            }
            let op = match callee {
                Callee::Symbol(s) => Op::Call(s, Box::new(full.clone()), args),
                Callee::Code(v) | Callee::Closure(v) => {
                    Op::CallIndirect(v, Box::new(full.clone()), args)
                }
            };
            let results = c.emit_call(op, &full);
            c.end(Term::Return(if with_params { results } else { Vec::new() }));
        }
        c.finish();
    }

    /// An object with fields of these types, on the heap or in a slot.
    pub(super) fn closure_object(
        &mut self,
        fields: &[TypeId],
        layout: &super::layout::Layout,
        placement: Placement,
    ) -> (Value, Option<Slot>) {
        if placement == Placement::Frame {
            let slot = self.slot(layout.size, 8);
            return (self.slot_addr(slot), Some(slot));
        }
        let mut mask = Vec::new();
        for (t, &o) in fields.iter().zip(&layout.offsets) {
            self.p.pointer_mask(*t, o, &mut mask);
        }
        let d = self.p.raw_type(layout.size.max(8), layout.ptrdata, mask);
        let d = self.symbol(d, 0);
        (self.runtime_call("newobject", &[d])[0], None)
    }
}

impl<'a> Program<'a> {
    /// The signature of a function with its type arguments put in.
    pub(super) fn inst_signature(&self, f: &FuncInst) -> TypeId {
        let t = self.obj_type(f.obj);
        if f.targs.is_empty() {
            return t;
        }
        let TypeKind::Signature(s) = self.u.kind(t) else { return t };
        let env = burrow_types::make_map(
            &s.rparams.iter().chain(s.tparams.iter()).copied().collect::<Vec<_>>(),
            &f.targs,
        );
        let mut sig = s.clone();
        let subst = |list: &[ObjId]| -> Box<[ObjId]> {
            list.iter()
                .map(|&o| {
                    let ob = self.u.obj(o);
                    let kind = ob.var_kind().unwrap_or(burrow_types::VarKind::Param);
                    let t = self.u.subst(self.obj_type(o), &env);
                    self.u.new_var(kind, ob.pos, ob.pkg, ob.name, t)
                })
                .collect()
        };
        sig.params = subst(&s.params);
        sig.results = subst(&s.results);
        sig.recv = None;
        sig.rparams = Box::new([]);
        sig.tparams = Box::new([]);
        self.u.new_signature(sig)
    }

    /// The signature as Go calls it, for one that may be the image's.
    pub(super) fn go_form(&self, fs: &FuncSig) -> FuncSig {
        self.sig_of(fs.params.clone(), fs.results.clone(), fs.variadic, Conv::Go)
    }

    /// Same name, and the same package if it isn't exported.
    pub(super) fn same_method_name(&self, a: ObjId, b: ObjId) -> bool {
        let (x, y) = (self.u.obj(a), self.u.obj(b));
        x.name == y.name && (x.is_exported() || self.u.same_pkg(x.pkg, y.pkg))
    }
}
