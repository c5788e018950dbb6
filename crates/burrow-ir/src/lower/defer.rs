//! `defer`: the function's `DeferFrame`, the records of its deferred calls, and the calls at its end.
//!
//! D1  The frame is linked before anything is recorded in it: at the statement of the function's own block that has the
//!     first `defer`. A return before that statement finds nothing to undo.
//! D2  The record of a `defer` that runs once at most, and the closure that it makes, are in the frame. Others are made by
//!     `runtime.deferproc`, on the heap.
//! D3  Where all records are in the frame, and calls and returns are few, returns make the calls themselves (gc: open-coded
//!     defers): the last recorded first; one that may not have been recorded is looked for at the list's head. A record is
//!     out of the list when its call is made, and the frame is unlinked before the call that nothing can follow.
//! D4  The landing pad finds nothing in registers: results are in slots, and addresses of theirs that aren't of slots, too.
//!
//! `docs/abi.md` 6; the other side is `goroot/src/runtime/panic.go`.

use burrow_syntax::{ExprId, ExprKind, Pos, StmtId, Symbol};
use burrow_types::{BuiltinId, Mode, TypeId};

use super::call::{Callee, Target};
use super::captures::Lit;
use super::func::FnCx;
use super::program::{ClosureParent, FuncSig};
use super::value::Owned;
use crate::abi::{defer_frame, g};
use crate::ir::{Conv, IntCC, Loc, MemFlags, Op, Sig, Slot, Term, Ty, Value, Var, func_flags};

/// A record: the func value, and the record that was made before.
const RECORD: u64 = 16;
const REC_FN: i32 = 0;
const REC_LINK: i32 = 8;

/// Returns make the calls themselves up to this many of them, and up to this many calls in all. gc: the same.
const MAX_OPEN: usize = 8;
const MAX_OPEN_CALLS: usize = 15;

/// What the function being lowered is for defers.
pub(super) enum Defers {
    None,
    /// It has a frame of its own.
    Own(Box<OwnDefers>),
    /// A range body: the address of the frame of its function is in the variable.
    Outer(Var),
}

pub(super) struct OwnDefers {
    frame: Slot,
    /// D1
    link_at: Option<StmtId>,
    linked: bool,
    /// The frame that was the innermost before.
    outer: Option<Var>,
    /// D2
    in_frame: bool,
    /// D3
    open: bool,
    sites: Vec<Site>,
    plan: PadPlan,
}

/// What the landing pad does.
struct PadPlan {
    fs: FuncSig,
    results: Vec<PadResult>,
    area: Option<Slot>,
}

/// How the landing pad finds a result.
#[derive(Clone, Debug)]
pub(super) enum PadResult {
    In(Slot),
    /// The address of the variable is there; an offset is added to it.
    Pointer(Slot, i32),
}

/// A `defer` statement whose record is in the frame.
#[derive(Clone)]
struct Site {
    record: Slot,
    /// Control that gets behind it has recorded it.
    always: bool,
    call: SiteCall,
}

/// The call of a site.
#[derive(Clone)]
pub(super) enum SiteCall {
    /// Of the func value in the record.
    Value,
    /// Of a function without parameters, with its closure if it reads one.
    Code(Symbol, Option<Slot>),
    /// Of a target whose receiver and arguments are in a closure.
    Bound(Box<BoundCall>),
}

#[derive(Clone)]
pub(super) struct BoundCall {
    pub target: Target,
    pub closure: Slot,
    /// Offset of the func value or code address, if the target is one.
    pub callee: i32,
    /// Receiver and arguments.
    pub bound: Vec<(TypeId, i32)>,
}

/// Where a closure is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Placement {
    Heap,
    Frame,
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// Prepares the function's frame.
    pub(super) fn plan_defers(
        &mut self,
        fs: &FuncSig,
        area: Option<Value>,
        results: Vec<PadResult>,
    ) {
        self.f.flags |= func_flags::DEFER;
        let area = area.map(|a| self.keep_for_pad(a));
        let frame = self.slot(defer_frame::SIZE, 8);
        let facts = self.cx.facts.defers.get(&self.lit).cloned().unwrap_or_default();
        let calls = (facts.returns + 1) * facts.count;
        self.defers = Defers::Own(Box::new(OwnDefers {
            frame,
            link_at: facts.first,
            linked: false,
            outer: None,
            in_frame: !facts.repeated,
            open: !facts.repeated && facts.count <= MAX_OPEN && calls <= MAX_OPEN_CALLS,
            sites: Vec::new(),
            plan: PadPlan { fs: fs.clone(), results, area },
        }));
    }

    /// Stores an address where the landing pad finds it.
    pub(super) fn keep_for_pad(&mut self, v: Value) -> Slot {
        let slot = self.slot(8, 8);
        let at = self.slot_addr(slot);
        self.store(v, at, 0, MemFlags::SAFE);
        slot
    }

    /// Before a statement: links the frame if it is the one (D1). A `defer` does that itself, after its operands.
    pub(super) fn before_stmt(&mut self, s: StmtId) {
        if let Defers::Own(d) = &self.defers
            && d.link_at == Some(s)
            && !d.linked
            && !(d.in_frame && self.cx.facts.own_defers.contains(&s))
        {
            let none = self.iconst(0);
            self.link_frame(none);
        }
    }

    fn own_defers(&mut self) -> &mut OwnDefers {
        match &mut self.defers {
            Defers::Own(d) => d,
            _ => panic!("no defers of its own"),
        }
    }

    /// Links the `DeferFrame`, with `head` as its records, and makes the pad where a recovered panic goes on.
    fn link_frame(&mut self, head: Value) {
        let d = self.own_defers();
        d.linked = true;
        let frame = d.frame;
        let at = self.slot_addr(frame);
        self.store(head, at, defer_frame::HEAD, MemFlags::SAFE);
        let outer = self.inst(Op::LoadG(g::DEFER_HEAD), Ty::I64);
        self.store(outer, at, defer_frame::LINK, MemFlags::SAFE);
        let outer = self.new_var(outer);
        self.own_defers().outer = Some(outer);
        let (normal, pad) = (self.block(), self.cold_block());
        self.end(Term::DeferEnter(at, normal, pad));
        let loc = std::mem::replace(&mut self.loc, Loc(0));
        self.switch_to(pad);
        self.pad(pad);
        self.loc = loc;
        self.switch_to(normal);
    }

    fn pad(&mut self, pad: crate::ir::Block) {
        let at = self.f.add_param(pad, Ty::I64);
        self.runtime_call("deferreturn", &[at]);
        let PadPlan { fs, results, area } = &self.own_defers().plan;
        let (fs, results, area) = (fs.clone(), results.clone(), *area);
        let mut out = Vec::new();
        for (&t, p) in fs.results.iter().zip(&results) {
            let (base, offset) = match *p {
                PadResult::In(slot) => (self.slot_addr(slot), 0),
                PadResult::Pointer(slot, offset) => (self.kept(slot), offset),
            };
            out.push((t, self.load_mem(t, base, offset, MemFlags::SAFE)));
        }
        let area = area.map(|slot| self.kept(slot));
        self.give_results(&fs, out, area);
    }

    fn kept(&mut self, slot: Slot) -> Value {
        let at = self.slot_addr(slot);
        self.load(Ty::I64, at, 0, MemFlags::SAFE)
    }

    /// Before a return: makes the deferred calls and unlinks the frame.
    pub(super) fn run_defers(&mut self) {
        let Defers::Own(d) = &self.defers else { return };
        if !d.linked {
            return;
        }
        let (frame, open, sites) = (d.frame, d.open, d.sites.clone());
        let df = self.slot_addr(frame);
        if !open {
            self.runtime_call("deferreturn", &[df]);
            return;
        }
        if sites.is_empty() {
            self.unlink();
        }
        for (i, site) in sites.iter().enumerate().rev() {
            let record = self.slot_addr(site.record);
            let recorded = (!site.always).then(|| {
                let head = self.load(Ty::I64, df, defer_frame::HEAD, MemFlags::SAFE);
                self.icmp(IntCC::Eq, head, record)
            });
            if i == 0 {
                self.unlink();
            }
            let next = recorded.map(|c| {
                let (call, next) = (self.block(), self.block());
                self.brif(c, call, next);
                self.switch_to(call);
                next
            });
            if i > 0 {
                let older = self.load(Ty::I64, record, REC_LINK, MemFlags::SAFE);
                self.store(older, df, defer_frame::HEAD, MemFlags::SAFE);
            }
            self.site_call(site, record);
            if let Some(next) = next {
                self.goto(next);
            }
        }
    }

    fn unlink(&mut self) {
        let outer = self.own_defers().outer.expect("a linked frame");
        let outer = self.get(outer);
        self.effect(Op::StoreG(g::DEFER_HEAD, outer));
    }

    fn site_call(&mut self, site: &Site, record: Value) {
        let sig = Sig { conv: Conv::Go, params: Vec::new(), results: Vec::new() };
        match &site.call {
            SiteCall::Value => {
                let f = self.load(Ty::I64, record, REC_FN, MemFlags::SAFE);
                let code = self.load(Ty::I64, f, 0, MemFlags::TRAP);
                self.effect(Op::StoreG(g::CTX, f));
                self.emit_call(Op::CallIndirect(code, Box::new(sig.clone()), Vec::new()), &sig);
            }
            SiteCall::Code(symbol, closure) => {
                if let Some(slot) = closure {
                    let closure = self.slot_addr(*slot);
                    self.effect(Op::StoreG(g::CTX, closure));
                }
                self.emit_call(Op::Call(*symbol, Box::new(sig.clone()), Vec::new()), &sig);
            }
            SiteCall::Bound(call) => {
                let closure = self.slot_addr(call.closure);
                let mut target = call.target.clone();
                match &mut target.callee {
                    Callee::Symbol(_) => {}
                    Callee::Closure(v) | Callee::Code(v) => {
                        *v = self.load(Ty::I64, closure, call.callee, MemFlags::SAFE);
                    }
                }
                let mut vals: Vec<Owned> = call
                    .bound
                    .iter()
                    .map(|&(t, offset)| {
                        let v = self.load_mem(t, closure, offset, MemFlags::SAFE);
                        self.own(t, v)
                    })
                    .collect();
                let recv = target.recv.map(|_| vals.remove(0).words()).unwrap_or_default();
                let kept = self.keep_uintptrs(&target, &vals);
                self.call_target(&target, &recv, vals);
                self.drop_uintptrs(kept);
            }
        }
    }

    pub(super) fn defer_stmt(&mut self, s: StmtId, e: ExprId, pos: Pos) {
        let in_frame = matches!(&self.defers, Defers::Own(d) if d.in_frame);
        if !in_frame {
            let (f, _) = self.delayed_call(e, pos, "deferwrap", Placement::Heap);
            self.at(pos);
            let frame = self.defer_frame();
            self.runtime_call("deferproc", &[frame, f]);
            return;
        }
        let (f, call) = self.delayed_call(e, pos, "deferwrap", Placement::Frame);
        self.at(pos);
        let slot = self.slot(RECORD, 8);
        let record = self.slot_addr(slot);
        self.store(f, record, REC_FN, MemFlags::SAFE);
        let (frame, linked) = (self.own_defers().frame, self.own_defers().linked);
        let sites = &self.own_defers().sites;
        let (none, certain) = (sites.is_empty(), sites.iter().all(|s| s.always));
        let last = sites.last().map(|s| s.record);
        let older = match last {
            Some(last) if certain => self.slot_addr(last),
            _ if none => self.iconst(0),
            _ => {
                let df = self.slot_addr(frame);
                self.load(Ty::I64, df, defer_frame::HEAD, MemFlags::SAFE)
            }
        };
        self.store(older, record, REC_LINK, MemFlags::SAFE);
        if linked {
            let df = self.slot_addr(frame);
            self.store(record, df, defer_frame::HEAD, MemFlags::SAFE);
        } else {
            self.link_frame(record);
        }
        let always = self.cx.facts.own_defers.contains(&s);
        self.own_defers().sites.push(Site { record: slot, always, call });
    }

    pub(super) fn go_stmt(&mut self, e: ExprId, pos: Pos) {
        let (f, _) = self.delayed_call(e, pos, "gowrap", Placement::Heap);
        self.at(pos);
        self.runtime_call("newproc", &[f]);
    }

    /// Evaluates function and arguments; a func() that makes the call, and how to make it here.
    fn delayed_call(
        &mut self,
        e: ExprId,
        pos: Pos,
        kind: &str,
        placement: Placement,
    ) -> (Value, SiteCall) {
        let e = self.file.unparen(e);
        let ExprKind::Call { fun, args, has_dots, .. } = self.file.expr(e) else {
            panic!("go or defer of no call")
        };
        match self.info.mode(*fun) {
            Mode::Builtin => {
                let id = self.info.builtin(self.p.u, self.file, *fun).expect("a built-in function");
                self.delayed_builtin(e, id, args, kind, placement)
            }
            Mode::TypeExpr => {
                // A conversion for its effects, which happen now.
                self.expr(e);
                let obj = self.p.runtime_object("nothing");
                let f = super::program::FuncInst { obj, targs: std::rc::Rc::from([]) };
                (self.func_value(f).one(), SiteCall::Value)
            }
            _ => {
                let literal = self.file.unparen(*fun);
                if let ExprKind::FuncLit { ty, .. } = self.file.expr(literal) {
                    let (params, results) = self.file.func_type(*ty);
                    if params.is_empty() && results.is_empty() {
                        let lit = Lit::Func(literal);
                        let made = self.make_closure(lit, ClosureParent::default(), &[], placement);
                        return (made.value, SiteCall::Code(made.code, made.slot));
                    }
                }
                let (target, recv, vals) = self.call_parts(*fun, args, *has_dots, pos);
                self.bind_all(&target, recv, vals, kind, placement)
            }
        }
    }

    fn delayed_builtin(
        &mut self,
        e: ExprId,
        id: BuiltinId,
        args: &[ExprId],
        kind: &str,
        placement: Placement,
    ) -> (Value, SiteCall) {
        let (mut vals, mut types) = self.builtin_args(e, id, args);
        if id == BuiltinId::Recover {
            // As if this function called it, when it returns.
            let sp = self.inst(Op::CallerSp, Ty::I64);
            vals.push(Owned::flat(vec![sp]));
            types.push(TypeId::UINTPTR);
        }
        let n = self.cx.number(self.f.name, "wrap");
        let symbol = Symbol::new(&format!("{}.{kind}{n}", self.f.name));
        let display = Symbol::new(&format!("{}.{kind}{n}", self.f.display));
        let mut fields = vec![TypeId::UINTPTR];
        fields.extend_from_slice(&types);
        let layout = self.p.struct_layout(&fields);
        let (object, slot) = self.closure_object(&fields, &layout, placement);
        let code = self.symbol(symbol, 0);
        self.store(code, object, 0, MemFlags::SAFE);
        for (i, (v, &t)) in vals.iter().zip(&types).enumerate() {
            self.store_mem(t, v, object, layout.offsets[i + 1] as i32, MemFlags::SAFE);
        }
        let result = self.ty(e);
        if self.p.want(symbol) {
            let sig = Sig { conv: Conv::Go, params: Vec::new(), results: Vec::new() };
            let mut c = FnCx::new(self.p, self.cx.clone(), symbol, display, sig, self.f.pos);
            c.f.flags |= func_flags::WRAPPER;
            let ctx = c.inst(Op::LoadG(g::CTX), Ty::I64);
            let vals: Vec<Owned> = types
                .iter()
                .enumerate()
                .map(|(i, &t)| {
                    let offset = layout.offsets[i + 1] as i32;
                    let v = c.load_mem(t, ctx, offset, MemFlags::SAFE);
                    c.own(t, v)
                })
                .collect();
            c.builtin_vals(id, &vals, &types, result);
            c.end(Term::Return(Vec::new()));
            c.finish();
        }
        (object, SiteCall::Code(symbol, slot))
    }

    /// The address of the `DeferFrame` that `defer` statements here belong to.
    pub(super) fn defer_frame(&mut self) -> Value {
        match &self.defers {
            Defers::Own(d) => {
                let frame = d.frame;
                self.slot_addr(frame)
            }
            Defers::Outer(v) => {
                let v = *v;
                self.get(v)
            }
            Defers::None => panic!("no defer frame"),
        }
    }
}
