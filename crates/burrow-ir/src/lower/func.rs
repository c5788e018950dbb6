//! Lowering of one function: its state, and the instructions that everything else is made of.
//!
//! F1  `cur` is the block that instructions go to. Behind a `return`, `goto` or call that does not return it is a fresh
//!     block without predecessors, which SSA construction drops.
//! F2  Operands are evaluated as gc does: all calls of a statement first, left to right, into temporaries; then what does
//!     not call (`eval_order.rs`). `hoisted` holds those temporaries, by expression.

use std::rc::Rc;

use burrow_syntax::{ExprId, File, IdentId, Pos, Pragma, Symbol};
use burrow_types::{FileInfo, ObjId, TypeId, TypeKind, VarKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::captures::Lit;
use super::defer::Defers;
use super::layout::Layout;
use super::program::{FuncContext, LowerError, Program};
use super::value::{Borrowed, Owned};
use crate::ir::{
    BinOp, Block, Cast, Conv, Data, DataKind, DataReloc, DataRelocKind, Edge, Func, IntCC, Loc,
    MemFlags, Op, Sig, Slot, Term, Ty, UnOp, Value, Var,
};

/// Somewhere that a value is stored.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// `_`
    Blank,
    /// A flat variable, or a field of one.
    Vars(Vec<Var>),
    Mem {
        base: Value,
        offset: i32,
        flags: MemFlags,
    },
    /// An entry of a map: made by assigning. The key is in memory.
    MapEntry {
        map: Value,
        key: Rc<Owned>,
        map_type: TypeId,
    },
    /// The element at a checked index of a slice or array; `check` runs before the store.
    Checked {
        base: Value,
        offset: i32,
        check: Check,
    },
}

/// A check that belongs to the store itself, not to the operands: `docs` of Go's assignment, phase two.
#[derive(Clone, Debug)]
pub(super) enum Check {
    Index { index: Value, len: Value, signed: bool },
}

/// Where a variable of the source lives.
#[derive(Clone, Debug)]
pub(super) enum Home {
    Vars(Vec<Var>),
    /// This many bytes into a slot.
    Slot(Slot, i32),
    /// A scalar variable holds the address.
    Boxed(Var),
    /// A memory parameter: the callee owns the copy behind the pointer.
    Pointer(Var),
    /// A captured value, at this offset of the closure, which is held by the scalar variable.
    InClosure(Var, i32),
}

/// A statement that `break` or `continue` may leave.
pub(super) struct Scope {
    pub label: Option<Symbol>,
    pub break_to: Option<Block>,
    pub continue_to: Option<Block>,
}

/// No scalar of a flat value is this far from its beginning.
const FLAT_SPAN: i32 = 1 << 16;
/// Frames larger than this are an error. gc: `maxStackSize`.
const MAX_FRAME: u64 = 1 << 30;
/// Variables larger than this are on the heap. gc: `ir.MaxStackVarSize`.
const MAX_LOCAL: u64 = 128 << 10;
/// Variables up to this size are copied into closures, if they don't change. gc: `typecheck.CaptureVars`.
const MAX_CAPTURED: u64 = 128;

pub(super) struct FnCx<'p, 'a> {
    pub p: &'p Program<'a>,
    pub cx: Rc<FuncContext<'a>>,
    pub file: &'a File,
    pub info: &'a FileInfo,
    pub f: Func,
    pub cur: Block,
    pub loc: Loc,
    /// The closure being lowered; `None`: the declared function.
    pub lit: Option<Lit>,
    pub(super) homes: FxHashMap<ObjId, Home>,
    pub(super) scopes: Vec<Scope>,
    pub(super) labels: FxHashMap<Symbol, Block>,
    /// Addresses in the frame, so far.
    pub(super) frame_addrs: FxHashSet<Value>,
    pub(super) pending_label: Option<Symbol>,
    pub(super) fallthrough_to: Option<Block>,
    /// The size of all slots so far.
    frame: u64,
    /// Writes to memory that the program can see, so far.
    pub(super) writes: u32,
    pub(super) hoisted: FxHashMap<ExprId, Owned>,
    /// The same for calls with several results.
    pub(super) hoisted_multi: FxHashMap<ExprId, Vec<Owned>>,
    pub(super) results: Vec<(TypeId, Place)>,
    pub(super) result_area: Option<Var>,
    pub(super) defers: Defers,
    /// Set in range bodies.
    pub(super) range: Option<super::rangefunc::RangeBody>,
    pub(super) types: FxHashMap<TypeId, TypeId>,
}

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn new(
        p: &'p Program<'a>,
        cx: Rc<FuncContext<'a>>,
        symbol: Symbol,
        display: Symbol,
        sig: Sig,
        pos: Pos,
    ) -> Self {
        let f = Func::new(symbol, display, sig, pos);
        let mut cx_ = FnCx {
            p,
            file: cx.file,
            info: cx.info,
            cx,
            f,
            cur: Block(0),
            loc: Loc(0),
            lit: None,
            homes: FxHashMap::default(),
            scopes: Vec::new(),
            labels: FxHashMap::default(),
            frame_addrs: FxHashSet::default(),
            pending_label: None,
            fallthrough_to: None,
            frame: 0,
            writes: 0,
            hoisted: FxHashMap::default(),
            hoisted_multi: FxHashMap::default(),
            results: Vec::new(),
            result_area: None,
            defers: Defers::None,
            range: None,
            types: FxHashMap::default(),
        };
        cx_.cur = crate::ir::ENTRY;
        cx_
    }

    /// Ends the function; it goes to the program's output.
    pub(super) fn finish(mut self) {
        if matches!(self.f.blocks[self.cur.index()].term, Term::None) {
            self.f.blocks[self.cur.index()].term = Term::Unreachable;
        }
        for b in &mut self.f.blocks {
            if matches!(b.term, Term::None) {
                b.term = Term::Unreachable;
            }
        }
        if self.frame > MAX_FRAME {
            let message =
                format!("stack frame too large (>1GB): {} MB locals + 0 MB args", self.frame >> 20);
            self.p.errors.borrow_mut().push(LowerError { pos: self.f.pos, message });
            return;
        }
        crate::ssa::run(&mut self.f);
        self.p.add_func(self.f);
    }

    // ---------------------------------------------------------------------------------- types

    /// A type as this instance of the function sees it.
    pub(super) fn subst(&mut self, t: TypeId) -> TypeId {
        if self.cx.env.is_empty() {
            return t;
        }
        if let Some(&s) = self.types.get(&t) {
            return s;
        }
        let s = self.p.u.subst(t, &self.cx.env);
        self.types.insert(t, s);
        s
    }

    /// The type of an expression.
    pub(super) fn ty(&mut self, e: ExprId) -> TypeId {
        let t = self.info.type_of(e);
        self.subst(t)
    }

    pub(super) fn obj_ty(&mut self, o: ObjId) -> TypeId {
        let t = self.p.obj_type(o);
        self.subst(t)
    }

    pub(super) fn kind(&self, t: TypeId) -> &'a TypeKind {
        self.p.kind(t)
    }

    pub(super) fn layout(&self, t: TypeId) -> Rc<Layout> {
        self.p.layout(t)
    }

    pub(super) fn size(&self, t: TypeId) -> u64 {
        self.p.layout(t).size
    }

    // --------------------------------------------------------------------------- instructions

    pub(super) fn at(&mut self, pos: Pos) {
        if pos.is_known() {
            self.loc = self.f.loc_of(pos);
        }
    }

    pub(super) fn inst(&mut self, op: Op, ty: Ty) -> Value {
        let i = self.f.push(self.cur, op, &[ty], self.loc);
        self.f.insts[i.index()].result
    }

    pub(super) fn effect(&mut self, op: Op) {
        self.f.push(self.cur, op, &[], self.loc);
    }

    pub(super) fn iconst(&mut self, n: i64) -> Value {
        self.inst(Op::Iconst(n), Ty::I64)
    }

    pub(super) fn iconst_ty(&mut self, ty: Ty, n: i64) -> Value {
        self.inst(Op::Iconst(n), ty)
    }

    pub(super) fn bool_const(&mut self, b: bool) -> Value {
        self.inst(Op::Iconst(i64::from(b)), Ty::I8)
    }

    pub(super) fn zero(&mut self, ty: Ty) -> Value {
        let op = if ty.is_float() { Op::Fconst(0) } else { Op::Iconst(0) };
        self.inst(op, ty)
    }

    pub(super) fn bin(&mut self, op: BinOp, a: Value, b: Value) -> Value {
        let ty = self.f.ty(a);
        self.inst(Op::Binary(op, a, b), ty)
    }

    pub(super) fn un(&mut self, op: UnOp, a: Value) -> Value {
        let ty = self.f.ty(a);
        self.inst(Op::Unary(op, a), ty)
    }

    pub(super) fn icmp(&mut self, cc: IntCC, a: Value, b: Value) -> Value {
        self.inst(Op::Icmp(cc, a, b), Ty::I8)
    }

    pub(super) fn icmp_imm(&mut self, cc: IntCC, a: Value, n: i64) -> Value {
        let ty = self.f.ty(a);
        let n = self.iconst_ty(ty, n);
        self.icmp(cc, a, n)
    }

    pub(super) fn not(&mut self, b: Value) -> Value {
        self.icmp_imm(IntCC::Eq, b, 0)
    }

    pub(super) fn add_imm(&mut self, a: Value, n: i64) -> Value {
        if n == 0 {
            return a;
        }
        let n = self.iconst(n);
        let sum = self.bin(BinOp::Iadd, a, n);
        if self.in_frame(a) {
            self.frame_addrs.insert(sum);
        }
        sum
    }

    pub(super) fn mul_imm(&mut self, a: Value, n: u64) -> Value {
        match n {
            1 => a,
            n if n.is_power_of_two() => {
                let k = self.iconst(i64::from(n.trailing_zeros()));
                self.bin(BinOp::Shl, a, k)
            }
            n => {
                let n = self.iconst(n as i64);
                self.bin(BinOp::Imul, a, n)
            }
        }
    }

    pub(super) fn cast(&mut self, c: Cast, ty: Ty, a: Value) -> Value {
        self.inst(Op::Cast(c, a), ty)
    }

    /// Widens or narrows an integer.
    pub(super) fn int_cast(&mut self, a: Value, to: Ty, signed: bool) -> Value {
        let from = self.f.ty(a);
        match from.size().cmp(&to.size()) {
            std::cmp::Ordering::Equal => a,
            std::cmp::Ordering::Less => {
                self.cast(if signed { Cast::Sext } else { Cast::Uext }, to, a)
            }
            std::cmp::Ordering::Greater => self.cast(Cast::Trunc, to, a),
        }
    }

    pub(super) fn load(&mut self, ty: Ty, base: Value, offset: i32, flags: MemFlags) -> Value {
        self.inst(Op::Load(base, offset, flags), ty)
    }

    pub(super) fn store(&mut self, v: Value, base: Value, offset: i32, flags: MemFlags) {
        self.effect(Op::Store(v, base, offset, flags));
    }

    pub(super) fn symbol(&mut self, s: Symbol, offset: i64) -> Value {
        self.inst(Op::SymAddr(s, offset), Ty::I64)
    }

    pub(super) fn slot(&mut self, size: u64, align: u64) -> Slot {
        let size = size.max(1);
        self.frame = self.frame.saturating_add(size);
        // Of a function whose frame is too large nothing is kept but the error.
        let size = if self.frame > MAX_FRAME { 1 } else { size };
        self.f.new_slot(size, align.max(8))
    }

    pub(super) fn slot_addr(&mut self, s: Slot) -> Value {
        let v = self.inst(Op::SlotAddr(s, 0), Ty::I64);
        self.frame_addrs.insert(v);
        v
    }

    /// Memory in the frame for a value of the type; its address.
    pub(super) fn temp(&mut self, t: TypeId) -> Value {
        let l = self.layout(t);
        let s = self.slot(l.size, l.align);
        self.slot_addr(s)
    }

    pub(super) fn get(&mut self, v: Var) -> Value {
        let ty = self.f.vars[v.index()];
        self.inst(Op::Get(v), ty)
    }

    pub(super) fn set(&mut self, v: Var, value: Value) {
        self.effect(Op::Set(v, value));
    }

    pub(super) fn new_var(&mut self, value: Value) -> Var {
        let ty = self.f.ty(value);
        let v = self.f.new_var(ty);
        self.set(v, value);
        v
    }

    // ----------------------------------------------------------------------------- control flow

    pub(super) fn block(&mut self) -> Block {
        self.f.new_block()
    }

    pub(super) fn cold_block(&mut self) -> Block {
        let b = self.f.new_block();
        self.f.blocks[b.index()].cold = true;
        b
    }

    pub(super) fn switch_to(&mut self, b: Block) {
        self.cur = b;
    }

    /// Ends the current block; what follows goes to a fresh one that can't be reached (F1).
    pub(super) fn end(&mut self, term: Term) {
        let b = &mut self.f.blocks[self.cur.index()];
        if matches!(b.term, Term::None) {
            b.term = term;
            b.term_loc = self.loc;
        }
        self.cur = self.f.new_block();
    }

    pub(super) fn jump(&mut self, to: Block) {
        self.end(Term::Jump(Edge::from(to)));
    }

    /// Jumps to `to`, and goes on there.
    pub(super) fn goto(&mut self, to: Block) {
        self.jump(to);
        self.switch_to(to);
    }

    pub(super) fn brif(&mut self, c: Value, yes: Block, no: Block) {
        self.end(Term::Brif(c, Edge::from(yes), Edge::from(no)));
    }

    /// Goes on only if `c` holds; otherwise calls a function of the runtime that panics.
    pub(super) fn check(&mut self, c: Value, panic: &'static str, args: &[Value]) {
        let (ok, bad) = (self.block(), self.cold_block());
        self.brif(c, ok, bad);
        self.switch_to(bad);
        self.runtime_call(panic, args);
        self.end(Term::Unreachable);
        self.switch_to(ok);
    }

    // ----------------------------------------------------------------------------------- calls

    /// Calls a function of the overlay's package runtime with flattened arguments; gives its flat results.
    pub(super) fn runtime_call(&mut self, name: &str, args: &[Value]) -> Vec<Value> {
        let obj = self.p.runtime_object(name);
        let t = self.p.obj_type(obj);
        self.call_object(obj, t, args)
    }

    /// Calls a declared function without receiver whose results are flat.
    fn call_object(&mut self, obj: ObjId, t: TypeId, args: &[Value]) -> Vec<Value> {
        match self.call_plain(obj, t, args.to_vec()).scalars() {
            Some(v) => v.to_vec(),
            None => panic!("flat results expected of {}", self.p.u.obj(obj).name),
        }
    }

    /// Calls a function by object: Go's convention if Go defines it, the image's otherwise. The arguments are flattened,
    /// the results too if all are flat.
    pub(super) fn call_plain(&mut self, obj: ObjId, t: TypeId, mut args: Vec<Value>) -> Owned {
        let inst = super::program::FuncInst { obj, targs: Rc::from([]) };
        let def = self.p.definition(inst);
        let image = self.p.is_image_func(&def);
        let fs = if image { self.p.image_sig(t) } else { self.p.func_sig(t) };
        let symbol = if image { self.p.image_symbol(&def) } else { self.p.want_func(def) };
        let area = fs.result_area.then(|| {
            let size = if image { self.p.image_area_size(&fs) } else { fs.area.size };
            let s = self.slot(size, 8);
            let a = self.slot_addr(s);
            args.insert(0, a);
            a
        });
        self.extend_for_image(image, &fs, &mut args);
        let results = self.emit_call(Op::Call(symbol, Box::new(fs.sig.clone()), args), &fs.sig);
        match area {
            None => Owned::flat(results),
            Some(a) if image => self.load_image_results(&fs, a),
            Some(a) => self.load_area(&fs, a),
        }
    }

    /// Small integers travel as 64 bits to the image, by their signedness.
    fn extend_for_image(&mut self, image: bool, fs: &super::program::FuncSig, args: &mut [Value]) {
        if !image {
            return;
        }
        let mut k = usize::from(fs.result_area);
        for &t in &fs.params {
            let l = self.layout(t);
            let n = l.scalars.as_ref().map_or(1, Vec::len);
            let signed = self.p.is_signed(t);
            for a in &mut args[k..k + n] {
                let ty = self.f.ty(*a);
                if !ty.is_float() && ty.size() < 8 {
                    *a = self.int_cast(*a, Ty::I64, signed);
                }
            }
            k += n;
        }
    }

    pub(super) fn emit_call(&mut self, op: Op, sig: &Sig) -> Vec<Value> {
        let i = self.f.push(self.cur, op, &sig.results, self.loc);
        let d = &self.f.insts[i.index()];
        (0..d.results).map(|k| Value(d.result.0 + k)).collect()
    }

    /// Results out of an area as values: flat ones are loaded, memory ones stay there. A single result is itself; several
    /// are flattened one after another, memory ones by their address.
    pub(super) fn load_area(&mut self, fs: &super::program::FuncSig, area: Value) -> Owned {
        let mut out = Vec::new();
        for (i, &t) in fs.results.iter().enumerate() {
            let offset = fs.area.offsets[i] as i32;
            let v = self.load_mem(t, area, offset, MemFlags::SAFE);
            match (v.scalars(), self.address(&v)) {
                (Some(v), _) => out.extend(v),
                (_, Some(a)) if fs.results.len() == 1 => return Owned::memory(a),
                (_, a) => out.extend(a),
            }
        }
        Owned::flat(out)
    }

    fn load_image_results(&mut self, fs: &super::program::FuncSig, area: Value) -> Owned {
        let mut out = Vec::new();
        let mut at = 0;
        for &t in &fs.results {
            match &self.layout(t).scalars {
                Some(scalars) => {
                    for s in scalars {
                        out.push(self.load(s.ty, area, at, MemFlags::SAFE));
                        at += 8;
                    }
                }
                None => {
                    let a = self.add_imm(area, i64::from(at));
                    at += self.size(t).next_multiple_of(8) as i32;
                    if fs.results.len() == 1 {
                        return Owned::memory(a);
                    }
                    out.push(a);
                }
            }
        }
        Owned::flat(out)
    }

    // ---------------------------------------------------------------------------- values, places

    /// The zero value of a type.
    pub(super) fn zero_val(&mut self, t: TypeId) -> Owned {
        let l = self.layout(t);
        match &l.scalars {
            Some(s) => Owned::flat(s.iter().map(|s| self.zero(s.ty)).collect()),
            None => {
                let a = self.temp(t);
                self.effect(Op::MemZero(a, l.size));
                Owned::memory(a)
            }
        }
    }

    /// The base and offset for an access `offset` bytes behind `base`.
    pub(super) fn behind(&mut self, base: Value, offset: u64) -> (Value, i32) {
        match i32::try_from(offset) {
            Ok(near) if near <= i32::MAX - FLAT_SPAN => (base, near),
            _ => (self.add_imm(base, offset as i64), 0),
        }
    }

    /// Reads a value of type `t` at `base + offset`. A memory value is not copied.
    pub(super) fn load_mem(
        &mut self,
        t: TypeId,
        base: Value,
        offset: i32,
        flags: MemFlags,
    ) -> Borrowed {
        let l = self.layout(t);
        match &l.scalars {
            Some(scalars) => {
                if scalars.is_empty() && !flags.notrap {
                    self.effect(Op::NilCheck(base));
                }
                Borrowed::flat(
                    scalars
                        .iter()
                        .map(|s| self.load(s.ty, base, offset + s.offset as i32, flags))
                        .collect(),
                )
            }
            None => {
                if !flags.notrap {
                    self.effect(Op::NilCheck(base));
                }
                let a = self.add_imm(base, i64::from(offset));
                self.borrow(a)
            }
        }
    }

    /// Writes a value of type `t` to `base + offset`.
    pub(super) fn store_mem(
        &mut self,
        t: TypeId,
        v: &Borrowed,
        base: Value,
        offset: i32,
        flags: MemFlags,
    ) {
        let l = self.layout(t);
        match (v.scalars(), &l.scalars) {
            (Some(vs), Some(scalars)) => {
                if scalars.is_empty() && !flags.notrap {
                    self.effect(Op::NilCheck(base));
                }
                for (s, &v) in scalars.iter().zip(vs) {
                    let flags = MemFlags { barrier: s.is_ptr, ..flags };
                    self.store(v, base, offset + s.offset as i32, flags);
                }
            }
            (None, None) => {
                let a = self.address(v).expect("a memory value");
                let d = self.add_imm(base, i64::from(offset));
                if l.has_pointers() && !self.in_frame(d) {
                    let n = self.iconst(l.size as i64);
                    self.runtime_call("memmovePointers", &[d, a, n]);
                } else {
                    self.effect(Op::MemCopy(d, a, l.size));
                }
            }
            (_, s) => panic!("value {v:?} for {s:?} ({})", self.p.u.type_string(t)),
        }
    }

    /// Clears memory that a value of type `t` is in.
    pub(super) fn zero_mem(&mut self, t: TypeId, at: Value) {
        let l = self.layout(t);
        if l.has_pointers() && !self.in_frame(at) {
            let n = self.iconst(l.size as i64);
            self.runtime_call("memclrHasPointers", &[at, n]);
        } else {
            self.effect(Op::MemZero(at, l.size));
        }
    }

    /// Whether an address is known to lie in this function's frame: the collector need not hear of stores.
    fn in_frame(&self, a: Value) -> bool {
        self.frame_addrs.contains(&a)
    }

    pub(super) fn read(&mut self, t: TypeId, place: &Place) -> Borrowed {
        match place {
            Place::Blank => self.zero_val(t).into(),
            Place::Vars(vars) => Borrowed::flat(vars.iter().map(|&v| self.get(v)).collect()),
            Place::Mem { base, offset, flags } => self.load_mem(t, *base, *offset, *flags),
            Place::MapEntry { map, key, map_type } => self.map_read(*map_type, *map, key, false).0,
            Place::Checked { base, offset, check } => {
                self.run_check(check);
                self.load_mem(t, *base, *offset, MemFlags::SAFE)
            }
        }
    }

    /// An assignment: the program sees it (VAL-1).
    pub(super) fn write(&mut self, t: TypeId, place: &Place, v: Borrowed) {
        match place {
            Place::Blank => {}
            Place::Vars(vars) => {
                for (i, &var) in vars.iter().enumerate() {
                    self.set(var, v.at(i));
                }
            }
            Place::Mem { base, offset, flags } => {
                self.store_mem(t, &v, *base, *offset, *flags);
                self.wrote();
            }
            Place::MapEntry { map, key, map_type } => {
                // The map may grow, and the value be an element of it.
                let v = self.own(t, v);
                let at = self.map_assign(*map_type, *map, key);
                self.store_mem(t, &v, at, 0, MemFlags::SAFE);
            }
            Place::Checked { base, offset, check } => {
                self.run_check(check);
                self.store_mem(t, &v, *base, *offset, MemFlags::SAFE);
                self.wrote();
            }
        }
    }

    pub(super) fn run_check(&mut self, check: &Check) {
        match check {
            Check::Index { index, len, signed } => self.check_index(*index, *len, *signed),
        }
    }

    pub(super) fn check_index(&mut self, index: Value, len: Value, signed: bool) {
        let ok = self.icmp(IntCC::Ult, index, len);
        self.check(ok, if signed { "panicIndex" } else { "panicIndexU" }, &[index, len]);
    }

    /// The address of a place in memory.
    pub(super) fn place_addr(&mut self, place: &Place) -> Value {
        match place {
            Place::Mem { base, offset, flags } => {
                if !flags.notrap {
                    self.effect(Op::NilCheck(*base));
                }
                self.add_imm(*base, i64::from(*offset))
            }
            Place::Checked { base, offset, check } => {
                self.run_check(check);
                self.add_imm(*base, i64::from(*offset))
            }
            other => panic!("address of {other:?}"),
        }
    }

    // ------------------------------------------------------------------------------- variables

    /// Allocates a zeroed object on the heap.
    pub(super) fn new_object(&mut self, t: TypeId) -> Value {
        if self.size(t) == 0 {
            let zero = self.p.runtime_var("zerobase");
            return self.symbol(zero, 0);
        }
        let d = self.type_addr(t);
        self.runtime_call("newobject", &[d])[0]
    }

    /// Whether the variable must be boxed: its address is taken, a closure shares it, or it is too large for the frame.
    fn is_boxed(&self, obj: ObjId) -> bool {
        let kind = self.p.u.obj(obj).var_kind();
        let size = || self.layout_of_obj(obj).size;
        self.cx.facts.is_boxed(obj)
            || (self.cx.facts.captured.contains(&obj)
                && (kind == Some(VarKind::Result) || size() > MAX_CAPTURED))
            || (kind == Some(VarKind::Local) && size() > MAX_LOCAL)
    }

    fn layout_of_obj(&self, obj: ObjId) -> Rc<Layout> {
        let t = self.p.obj_type(obj);
        let t = if self.cx.env.is_empty() { t } else { self.p.u.subst(t, &self.cx.env) };
        self.p.layout(t)
    }

    /// Whether closures share the variable by reference.
    pub(super) fn captured_by_ref(&self, obj: ObjId) -> bool {
        self.is_boxed(obj)
    }

    /// Makes a local variable with a value; `None`: zero.
    pub(super) fn declare(&mut self, obj: ObjId, value: Option<Borrowed>) {
        let t = self.obj_ty(obj);
        let home = if self.is_boxed(obj) {
            let a = self.new_object(t);
            if let Some(v) = &value {
                self.store_mem(t, v, a, 0, MemFlags::SAFE);
            }
            Home::Boxed(self.new_var(a))
        } else {
            let v = match value {
                Some(v) => v,
                None if self.layout(t).is_flat() => self.zero_val(t).into(),
                None => {
                    let home = self.slot_home(t);
                    if let Home::Slot(s, _) = home {
                        let a = self.slot_addr(s);
                        let size = self.size(t);
                        self.effect(Op::MemZero(a, size));
                    }
                    self.homes.insert(obj, home);
                    return;
                }
            };
            match v.scalars() {
                Some(vs) => Home::Vars(vs.iter().map(|&v| self.new_var(v)).collect()),
                None => {
                    let home = self.slot_home(t);
                    if let Home::Slot(s, _) = home {
                        let a = self.slot_addr(s);
                        self.store_mem(t, &v, a, 0, MemFlags::SAFE);
                    }
                    home
                }
            }
        };
        self.homes.insert(obj, home);
    }

    fn slot_home(&mut self, t: TypeId) -> Home {
        let l = self.layout(t);
        Home::Slot(self.slot(l.size, l.align), 0)
    }

    pub(super) fn home_place(&mut self, home: &Home) -> Place {
        match home {
            Home::Vars(v) => Place::Vars(v.clone()),
            Home::Slot(s, offset) => {
                let base = self.slot_addr(*s);
                Place::Mem { base, offset: *offset, flags: MemFlags::SAFE }
            }
            Home::Boxed(v) | Home::Pointer(v) => {
                let base = self.get(*v);
                Place::Mem { base, offset: 0, flags: MemFlags::SAFE }
            }
            Home::InClosure(v, offset) => {
                let base = self.get(*v);
                Place::Mem { base, offset: *offset, flags: MemFlags::SAFE }
            }
        }
    }

    /// Where a variable lives: local, captured or of a package.
    pub(super) fn var_place(&mut self, obj: ObjId) -> Place {
        if let Some(home) = self.homes.get(&obj) {
            let home = home.clone();
            return self.home_place(&home);
        }
        let symbol = self.p.want_var(obj);
        let base = self.symbol(symbol, 0);
        Place::Mem { base, offset: 0, flags: MemFlags::SAFE }
    }

    pub(super) fn ident_obj(&self, id: IdentId) -> Option<ObjId> {
        self.info.object(id)
    }

    // ---------------------------------------------------------------------------- convenience

    /// `if c { yes } else { no }` as a scalar.
    pub(super) fn choose(
        &mut self,
        c: Value,
        ty: Ty,
        yes: impl FnOnce(&mut Self) -> Value,
        no: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let var = self.f.new_var(ty);
        let (a, b, end) = (self.block(), self.block(), self.block());
        self.brif(c, a, b);
        self.switch_to(a);
        let v = yes(self);
        self.set(var, v);
        self.jump(end);
        self.switch_to(b);
        let v = no(self);
        self.set(var, v);
        self.jump(end);
        self.switch_to(end);
        self.get(var)
    }
}

impl<'a> Program<'a> {
    /// Whether a body-less function is the image's.
    pub(super) fn is_image_func(&self, f: &super::program::FuncInst) -> bool {
        self.func_decl(f.obj).is_none_or(|(_, _, d)| d.body.is_none())
    }

    pub(super) fn image_symbol(&self, f: &super::program::FuncInst) -> Symbol {
        let symbol = Symbol::new(&self.func_names(f).0);
        let decl = self.decl_of(self.u.origin_func(f.obj));
        if decl.is_some_and(|(_, file, d)| file.decl(d).pragma.has(Pragma::NOESCAPE)) {
            self.out.borrow_mut().noescape.insert(symbol);
        }
        symbol
    }

    /// The signature of an image function: System V, small integers widened.
    pub(super) fn image_sig(&self, t: TypeId) -> Rc<super::program::FuncSig> {
        let go = self.func_sig(t);
        let mut fs = self.sig_of(go.params.clone(), go.results.clone(), go.variadic, Conv::SystemV);
        for p in &mut fs.sig.params {
            if !p.is_float() {
                *p = Ty::I64;
            }
        }
        Rc::new(fs)
    }

    pub(super) fn image_area_size(&self, fs: &super::program::FuncSig) -> u64 {
        fs.results
            .iter()
            .map(|&t| match &self.layout(t).scalars {
                Some(s) => 8 * s.len() as u64,
                None => self.layout(t).size.next_multiple_of(8),
            })
            .sum::<u64>()
            .max(8)
    }

    pub(super) fn is_signed(&self, t: TypeId) -> bool {
        match self.kind(t) {
            TypeKind::Basic(k, _) => k.is_integer() && !k.is_unsigned(),
            _ => false,
        }
    }

    /// The symbol of a variable of package runtime.
    pub(super) fn runtime_var(&self, name: &str) -> Symbol {
        let obj = self.runtime_object(name);
        self.want_var(obj)
    }

    /// Data of `size` bytes that a function of the compiler's fills with relocations.
    pub(super) fn make_data(
        &self,
        name: Symbol,
        kind: DataKind,
        bytes: Vec<u8>,
        relocs: Vec<DataReloc>,
    ) {
        let size = bytes.len() as u64;
        self.add_data(Data { name, kind, align: 8, bytes, size, relocs });
    }

    pub(super) fn abs_reloc(offset: u64, target: Symbol, addend: i64) -> DataReloc {
        DataReloc { offset: offset as u32, kind: DataRelocKind::Abs64, target, addend }
    }
}
