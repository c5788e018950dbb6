//! IR to CLIF, instruction by instruction.
//!
//! Both are SSA with block parameters, so this is a translation without analysis. What differs: constants of memory
//! operations become loads and stores or calls, float-to-integer conversions get x86's results for values out of range,
//! and a sparse `switch` becomes comparisons.
//!
//! A store with a write barrier ([`burrow_ir::ir::MemFlags::barrier`], `docs/abi.md` 9) becomes
//!
//! ```text
//! old = load place; store new, place; if G.wb_enabled { rt_shade(old) }
//! ```
//!
//! W1  The flag is tested *after* the store: a store that marking could miss is followed by a test that can't. Between
//!     the two the old value is in a register or the frame, where a preempted goroutine is scanned.
//! W2  Stores one after another share a test. It comes before anything that may leave the block: calls, faults, its end.

use burrow_ir::abi::{defer_frame, g};
use burrow_ir::cfg::Cfg;
use burrow_ir::ir::{
    AtomicOp, BinOp, Block, Cast, Conv, ENTRY, Edge, FloatCC, Func, IntCC, MemFlags, Op, Sig, Term,
    Ty, UnOp, Value,
};
use burrow_ir::opt::gc_call_liveness::COLLECTING;
use burrow_syntax::Symbol;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::{FloatCC as CFloatCC, IntCC as CIntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{
    self as clif, AbiParam, AtomicRmwOp, BlockArg, ExceptionTableData, ExceptionTableItem,
    ExtFuncData, ExternalName, GlobalValueData, InstBuilder, MemFlagsData, Signature, SourceLoc,
    StackSlotData, StackSlotKind, TrapCode, UserExternalName, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use rustc_hash::FxHashMap;

use crate::fixed_reg_copies;

/// Code that lowering holds to be unreachable.
pub const TRAP_UNREACHABLE: TrapCode = TrapCode::unwrap_user(1);

/// Copies and clears up to this many bytes are done in line.
const INLINE_BYTES: u64 = 128;

/// A switch with at least this many cases, half of its range in use, becomes a jump table.
const TABLE_CASES: usize = 6;

/// Stores that share the test of a write barrier (W2), at most: each keeps an old value alive until then.
const SHARED_TEST: usize = 4;

/// Bytes of arguments that do not fit in registers; the callee pops them. `docs/abi.md` 2.
pub fn stack_arg_bytes(sig: &Sig) -> u32 {
    let floats = sig.params.iter().filter(|t| t.is_float()).count() as u32;
    let ints = sig.params.len() as u32 - floats;
    let words = ints.saturating_sub(6) + floats.saturating_sub(8);
    (words * 8).next_multiple_of(16)
}

pub fn clif_type(ty: Ty) -> clif::Type {
    match ty {
        Ty::I8 => types::I8,
        Ty::I16 => types::I16,
        Ty::I32 => types::I32,
        Ty::I64 => types::I64,
        Ty::F32 => types::F32,
        Ty::F64 => types::F64,
    }
}

/// What is added to offsets of slots that are reloaded ([`Op::Reload`]), so that Cranelift does not merge their addresses with
/// others: more than any slot's size, and so little that its sum with the largest frame's has 32 bits.
const BESIDE: i32 = 1 << 29;

/// Translates `func` into `out`, which is empty; gives the symbols that its relocations name by index.
pub fn translate(func: &Func, out: &mut clif::Function, isa: &dyn TargetIsa) -> Vec<Symbol> {
    out.signature = signature(&func.sig, isa);
    let mut t = Translator {
        func,
        pos: FuncCursor::new(out),
        isa,
        values: vec![clif::Value::from_u32(0); func.values.len()],
        blocks: vec![clif::Block::from_u32(0); func.blocks.len()],
        slots: Vec::new(),
        names: Vec::new(),
        name_of: FxHashMap::default(),
        funcs: FxHashMap::default(),
        globals: FxHashMap::default(),
        sigs: FxHashMap::default(),
        overwritten: Vec::new(),
        shade: None,
        copied: Vec::new(),
        reloads: 0,
    };
    t.run();
    t.names
}

fn signature(sig: &Sig, isa: &dyn TargetIsa) -> Signature {
    let conv = match sig.conv {
        Conv::Go => CallConv::Tail,
        Conv::SystemV => CallConv::SystemV,
    };
    let _ = isa;
    let mut s = Signature::new(conv);
    for &p in &sig.params {
        let param = AbiParam::new(clif_type(p));
        // Rust may rely on extension to 32 bits.
        let extend = sig.conv == Conv::SystemV && !p.is_float() && p.size() < 8;
        s.params.push(if extend { param.uext() } else { param });
    }
    s.returns.extend(sig.results.iter().map(|&r| AbiParam::new(clif_type(r))));
    s
}

struct Translator<'a> {
    func: &'a Func,
    pos: FuncCursor<'a>,
    isa: &'a dyn TargetIsa,
    values: Vec<clif::Value>,
    blocks: Vec<clif::Block>,
    slots: Vec<clif::StackSlot>,
    names: Vec<Symbol>,
    name_of: FxHashMap<Symbol, u32>,
    funcs: FxHashMap<(Symbol, Sig), clif::FuncRef>,
    globals: FxHashMap<(Symbol, i64), clif::GlobalValue>,
    sigs: FxHashMap<Sig, clif::SigRef>,
    /// Pointers that were overwritten, and for which the flag was not tested yet (W2).
    overwritten: Vec<clif::Value>,
    shade: Option<clif::FuncRef>,
    /// Values that leave their fixed registers where they are defined.
    copied: Vec<bool>,
    /// What tells addresses of [`Op::Reload`] apart, so far.
    reloads: i32,
}

impl Translator<'_> {
    fn run(&mut self) {
        let cfg = Cfg::new(self.func);
        for s in &self.func.slots {
            let data = StackSlotData::new(
                StackSlotKind::ExplicitSlot,
                s.size.max(1).next_multiple_of(8),
                s.align.max(1).trailing_zeros() as u8,
            );
            self.slots.push(self.pos.func.create_sized_stack_slot(data));
        }
        for &b in &cfg.order {
            let block = self.pos.func.dfg.make_block();
            self.blocks[b.index()] = block;
            for &p in &self.func.blocks[b.index()].params {
                let ty = clif_type(self.func.ty(p));
                self.values[p.index()] = self.pos.func.dfg.append_block_param(block, ty);
            }
            self.pos.func.layout.append_block(block);
            if self.func.blocks[b.index()].cold {
                self.pos.func.layout.set_cold(block);
            }
        }
        self.copied = fixed_reg_copies::values(self.func, &cfg);
        for &b in &cfg.order {
            self.block(b);
        }
    }

    fn block(&mut self, b: Block) {
        let block = self.blocks[b.index()];
        self.pos.goto_bottom(block);
        let data = &self.func.blocks[b.index()];
        if b == ENTRY {
            self.free_from_register(data.params.iter().copied());
        }
        for &inst in &data.insts {
            let d = &self.func.insts[inst.index()];
            if !self.overwritten.is_empty() && (d.op.is_call() || d.op.can_trap()) {
                self.test_barrier();
            }
            self.pos.set_srcloc(SourceLoc::new(d.loc.0));
            let results = self.op(&d.op, d.result, d.results);
            if let Some(v) = results {
                self.values[d.result.index()] = v;
            }
        }
        self.test_barrier();
        self.pos.set_srcloc(SourceLoc::new(data.term_loc.0));
        self.term(&data.term);
    }

    fn v(&self, v: Value) -> clif::Value {
        self.values[v.index()]
    }

    fn vs(&self, vs: &[Value]) -> Vec<clif::Value> {
        vs.iter().map(|&v| self.v(v)).collect()
    }

    fn name(&mut self, symbol: Symbol) -> ExternalName {
        let index = *self.name_of.entry(symbol).or_insert_with(|| {
            self.names.push(symbol);
            self.names.len() as u32 - 1
        });
        let user = UserExternalName { namespace: 0, index };
        let name = self.pos.func.declare_imported_user_function(user);
        debug_assert_eq!(
            name.as_u32(),
            index,
            "names are numbered in the order of their declaration"
        );
        ExternalName::user(name)
    }

    fn sig(&mut self, sig: &Sig) -> clif::SigRef {
        if let Some(&s) = self.sigs.get(sig) {
            return s;
        }
        let s = self.pos.func.import_signature(signature(sig, self.isa));
        self.sigs.insert(sig.clone(), s);
        s
    }

    fn func_ref(&mut self, symbol: Symbol, sig: &Sig) -> clif::FuncRef {
        let key = (symbol, sig.clone());
        if let Some(&f) = self.funcs.get(&key) {
            return f;
        }
        let name = self.name(symbol);
        let signature = self.sig(sig);
        let f = self.pos.func.import_function(ExtFuncData {
            name,
            signature,
            colocated: true,
            patchable: false,
        });
        self.funcs.insert(key, f);
        f
    }

    fn symbol(&mut self, symbol: Symbol, offset: i64) -> clif::Value {
        let gv = match self.globals.get(&(symbol, offset)) {
            Some(&gv) => gv,
            None => {
                let name = self.name(symbol);
                let gv = self.pos.func.create_global_value(GlobalValueData::Symbol {
                    name,
                    offset: offset.into(),
                    colocated: true,
                    tls: false,
                });
                self.globals.insert((symbol, offset), gv);
                gv
            }
        };
        self.pos.ins().symbol_value(types::I64, gv)
    }

    fn iconst(&mut self, ty: clif::Type, n: i64) -> clif::Value {
        let bits = ty.bits();
        let n = if bits < 64 { n & ((1i64 << bits) - 1) } else { n };
        self.pos.ins().iconst(ty, n)
    }

    /// Translates an instruction; gives its value if it has just one result.
    fn op(&mut self, op: &Op, result: Value, results: u32) -> Option<clif::Value> {
        let ty = if results > 0 { clif_type(self.func.ty(result)) } else { types::INVALID };
        Some(match op {
            Op::Iconst(n) => self.iconst(ty, *n),
            Op::Fconst(bits) => {
                if ty == types::F32 {
                    self.pos.ins().f32const(Ieee32::with_bits(*bits as u32))
                } else {
                    self.pos.ins().f64const(Ieee64::with_bits(*bits))
                }
            }
            Op::Unary(op, a) => self.unary(*op, *a),
            Op::Binary(op, a, b) => self.binary(*op, *a, *b),
            Op::Icmp(cc, a, b) => {
                let (a, b) = (self.v(*a), self.v(*b));
                self.pos.ins().icmp(int_cc(*cc), a, b)
            }
            Op::Fcmp(cc, a, b) => {
                let (a, b) = (self.v(*a), self.v(*b));
                self.pos.ins().fcmp(float_cc(*cc), a, b)
            }
            Op::Cast(c, a) => self.cast(*c, *a, ty),
            Op::Select(c, a, b) => {
                let (c, a, b) = (self.v(*c), self.v(*a), self.v(*b));
                self.pos.ins().select(c, a, b)
            }
            Op::Load(a, offset, flags) => {
                let a = self.v(*a);
                self.pos.ins().load(ty, mem_flags(*flags), a, *offset)
            }
            Op::SlotAddr(s, offset) => {
                self.pos.ins().stack_addr(types::I64, self.slots[s.index()], *offset)
            }
            Op::Reload(s) => {
                self.reloads += 8;
                let beside = BESIDE + self.reloads;
                let at = self.pos.ins().stack_addr(types::I64, self.slots[s.index()], beside);
                self.pos.ins().load(ty, mem_flags(MemFlags::SAFE), at, -beside)
            }
            Op::SymAddr(s, offset) => self.symbol(*s, *offset),
            Op::LoadG(offset) => {
                let g = self.pos.ins().get_pinned_reg(types::I64);
                self.pos.ins().load(ty, mem_flags(MemFlags::SAFE), g, *offset)
            }
            Op::GetG => self.pos.ins().get_pinned_reg(types::I64),
            Op::CallerSp => {
                let fp = self.pos.ins().get_frame_pointer(types::I64);
                let n = i64::from(stack_arg_bytes(&self.func.sig)) + 16;
                let n = self.pos.ins().iconst(types::I64, n);
                self.pos.ins().iadd(fp, n)
            }
            Op::ReturnAddress => self.pos.ins().get_return_address(types::I64),
            Op::AtomicRmw(op, a, v) => {
                let (a, v) = (self.v(*a), self.v(*v));
                let op = match op {
                    AtomicOp::Add => AtomicRmwOp::Add,
                    AtomicOp::And => AtomicRmwOp::And,
                    AtomicOp::Or => AtomicRmwOp::Or,
                    AtomicOp::Xchg => AtomicRmwOp::Xchg,
                };
                self.pos.ins().atomic_rmw(ty, MemFlagsData::new(), op, a, v)
            }
            Op::AtomicCas(a, e, n) => {
                let (a, e, n) = (self.v(*a), self.v(*e), self.v(*n));
                self.pos.ins().atomic_cas(MemFlagsData::new(), a, e, n)
            }
            Op::AtomicLoad(a) => {
                let a = self.v(*a);
                self.pos.ins().atomic_load(ty, MemFlagsData::new(), a)
            }
            Op::Call(..) | Op::CallIndirect(..) => {
                self.call(op, result);
                return None;
            }
            Op::Store(..)
            | Op::NilCheck(_)
            | Op::MemCopy(..)
            | Op::MemZero(..)
            | Op::StoreG(..)
            | Op::AtomicStore(..) => {
                self.effect(op);
                return None;
            }
            Op::Get(_) | Op::Set(..) => unreachable!("variables after SSA construction"),
        })
    }

    fn call(&mut self, op: &Op, result: Value) {
        if let Op::Call(symbol, _, args) = op
            && COLLECTING.contains(&symbol.as_str())
        {
            return self.collecting_call(*symbol, args);
        }
        let inst = match op {
            Op::Call(symbol, sig, args) => {
                let f = self.func_ref(*symbol, sig);
                let args = self.vs(args);
                self.pos.ins().call(f, &args)
            }
            Op::CallIndirect(callee, sig, args) => {
                let sig = self.sig(sig);
                let (callee, args) = (self.v(*callee), self.vs(args));
                self.pos.ins().call_indirect(sig, callee, &args)
            }
            _ => unreachable!("a call"),
        };
        let results = self.pos.func.dfg.inst_results(inst);
        self.values[result.index()..result.index() + results.len()].copy_from_slice(results);
        let count = results.len() as u32;
        self.free_from_register((result.0..result.0 + count).map(Value));
    }

    /// Copies those values that shall not stay where they came ([`fixed_reg_copies`]). Cranelift has no copies, and takes an addition
    /// of zero for nothing; so the zero is the uppermost bit of G's address, which is in the lower half.
    fn free_from_register(&mut self, values: impl Iterator<Item = Value>) {
        let mut zero = None;
        for v in values {
            if !self.copied.get(v.index()).is_some_and(|&c| c) {
                continue;
            }
            let zero = *zero.get_or_insert_with(|| {
                let g = self.pos.ins().get_pinned_reg(types::I64);
                let top = self.pos.ins().iconst(types::I64, 63);
                self.pos.ins().ushr(g, top)
            });
            let value = self.v(v);
            let zero = match self.func.ty(v) {
                Ty::I32 => self.pos.ins().ireduce(types::I32, zero),
                _ => zero,
            };
            self.values[v.index()] = self.pos.ins().iadd(value, zero);
        }
    }

    /// Calls a function that looks for what is reachable, in the convention of Go: every register counts as clobbered, so
    /// what is needed afterwards is in the frame, and the callee may clear the rest.
    fn collecting_call(&mut self, symbol: Symbol, args: &[Value]) {
        let params = vec![Ty::I64; args.len()];
        let sig = Sig { conv: Conv::Go, params, results: Vec::new() };
        let f = self.func_ref(symbol, &sig);
        let sig = self.sig(&sig);
        let back = self.pos.func.dfg.make_block();
        let returns = clif::BlockCall::new(back, [], &mut self.pos.func.dfg.value_lists);
        let table = ExceptionTableData::new(sig, returns, []);
        let table = self.pos.func.dfg.exception_tables.push(table);
        let args = self.vs(args);
        self.pos.ins().try_call(f, &args, table);
        self.pos.func.layout.append_block(back);
        self.pos.goto_bottom(back);
    }

    /// Instructions without a result.
    fn effect(&mut self, op: &Op) {
        match op {
            Op::Store(v, a, offset, flags) => {
                let (v, a) = (self.v(*v), self.v(*a));
                let mut flags = *flags;
                if flags.barrier {
                    // What faults is the load, before anything has happened.
                    let old = self.pos.ins().load(types::I64, mem_flags(flags), a, *offset);
                    self.overwritten.push(old);
                    flags.notrap = true;
                }
                self.pos.ins().store(mem_flags(flags), v, a, *offset);
                if self.overwritten.len() == SHARED_TEST {
                    self.test_barrier();
                }
            }
            Op::NilCheck(a) => {
                let a = self.v(*a);
                self.pos.ins().load(types::I8, mem_flags(MemFlags::TRAP), a, 0);
            }
            Op::MemCopy(d, s, n) => self.copy(*d, *s, *n),
            Op::MemZero(d, n) => self.zero(*d, *n),
            Op::StoreG(offset, v) => {
                let v = self.v(*v);
                let g = self.pos.ins().get_pinned_reg(types::I64);
                self.pos.ins().store(mem_flags(MemFlags::SAFE), v, g, *offset);
            }
            Op::AtomicStore(v, a) => {
                let (v, a) = (self.v(*v), self.v(*a));
                // An exchange is a third of the time of a store and a fence.
                let ty = self.pos.func.dfg.value_type(v);
                self.pos.ins().atomic_rmw(ty, MemFlagsData::new(), AtomicRmwOp::Xchg, a, v);
            }
            _ => unreachable!("an instruction without result"),
        }
    }

    /// If the collector marks, tells it of the pointers that were overwritten (W1).
    fn test_barrier(&mut self) {
        if self.overwritten.is_empty() {
            return;
        }
        let g = self.pos.ins().get_pinned_reg(types::I64);
        let flags = mem_flags(MemFlags::SAFE);
        let on = self.pos.ins().load(types::I32, flags, g, g::WB_ENABLED);
        let dfg = &mut self.pos.func.dfg;
        let (marking, go_on) = (dfg.make_block(), dfg.make_block());
        self.pos.ins().brif(on, marking, &[], go_on, &[]);
        self.pos.func.layout.append_block(marking);
        self.pos.func.layout.set_cold(marking);
        self.pos.goto_bottom(marking);
        let shade = self.shade_ref();
        for old in std::mem::take(&mut self.overwritten) {
            self.pos.ins().call(shade, &[old]);
        }
        self.pos.ins().jump(go_on, &[]);
        self.pos.func.layout.append_block(go_on);
        self.pos.goto_bottom(go_on);
    }

    /// `rt_shade`, which preserves all registers.
    fn shade_ref(&mut self) -> clif::FuncRef {
        if let Some(f) = self.shade {
            return f;
        }
        let name = self.name(Symbol::new("rt_shade"));
        let mut s = Signature::new(CallConv::PreserveAll);
        s.params.push(AbiParam::new(types::I64));
        let signature = self.pos.func.import_signature(s);
        let f = self.pos.func.import_function(ExtFuncData {
            name,
            signature,
            colocated: true,
            patchable: false,
        });
        self.shade = Some(f);
        f
    }

    fn unary(&mut self, op: UnOp, a: Value) -> clif::Value {
        let a = self.v(a);
        let ins = self.pos.ins();
        match op {
            UnOp::Ineg => ins.ineg(a),
            UnOp::Bnot => ins.bnot(a),
            UnOp::Clz => ins.clz(a),
            UnOp::Ctz => ins.ctz(a),
            UnOp::Popcnt => ins.popcnt(a),
            UnOp::Bswap => ins.bswap(a),
            UnOp::Fneg => ins.fneg(a),
            UnOp::Fabs => ins.fabs(a),
            UnOp::Sqrt => ins.sqrt(a),
            UnOp::Ceil => ins.ceil(a),
            UnOp::Floor => ins.floor(a),
            UnOp::Trunc => ins.trunc(a),
            UnOp::Nearest => ins.nearest(a),
        }
    }

    fn binary(&mut self, op: BinOp, a: Value, b: Value) -> clif::Value {
        let (a, b) = (self.v(a), self.v(b));
        let ins = self.pos.ins();
        match op {
            BinOp::Iadd => ins.iadd(a, b),
            BinOp::Isub => ins.isub(a, b),
            BinOp::Imul => ins.imul(a, b),
            BinOp::Sdiv => ins.sdiv(a, b),
            BinOp::Udiv => ins.udiv(a, b),
            BinOp::Srem => ins.srem(a, b),
            BinOp::Urem => ins.urem(a, b),
            BinOp::And => ins.band(a, b),
            BinOp::Or => ins.bor(a, b),
            BinOp::Xor => ins.bxor(a, b),
            BinOp::Shl => ins.ishl(a, b),
            BinOp::Ushr => ins.ushr(a, b),
            BinOp::Sshr => ins.sshr(a, b),
            BinOp::Rotl => ins.rotl(a, b),
            BinOp::Umulhi => ins.umulhi(a, b),
            BinOp::Fadd => ins.fadd(a, b),
            BinOp::Fsub => ins.fsub(a, b),
            BinOp::Fmul => ins.fmul(a, b),
            BinOp::Fdiv => ins.fdiv(a, b),
            BinOp::Fcopysign => ins.fcopysign(a, b),
        }
    }

    fn cast(&mut self, cast: Cast, a: Value, ty: clif::Type) -> clif::Value {
        let from = clif_type(self.func.ty(a));
        let a = self.v(a);
        match cast {
            Cast::Uext => self.pos.ins().uextend(ty, a),
            Cast::Sext => self.pos.ins().sextend(ty, a),
            Cast::Trunc => self.pos.ins().ireduce(ty, a),
            Cast::SintToF => self.pos.ins().fcvt_from_sint(ty, a),
            Cast::UintToF => self.pos.ins().fcvt_from_uint(ty, a),
            Cast::FToSint => self.float_to_int(a, from, ty),
            Cast::Fpromote => self.pos.ins().fpromote(ty, a),
            Cast::Fdemote => self.pos.ins().fdemote(ty, a),
            Cast::Bitcast => self.pos.ins().bitcast(ty, MemFlagsData::new(), a),
        }
    }

    /// The saturating conversion gives zero for NaN and the largest integer above the range; x86 gives the smallest
    /// integer for both, and so does gc.
    fn float_to_int(&mut self, a: clif::Value, from: clif::Type, to: clif::Type) -> clif::Value {
        let saturated = self.pos.ins().fcvt_to_sint_sat(to, a);
        let bound = if to == types::I64 { 9_223_372_036_854_775_808.0 } else { 2_147_483_648.0 };
        let bound = if from == types::F32 {
            self.pos.ins().f32const(Ieee32::with_float(bound as f32))
        } else {
            self.pos.ins().f64const(Ieee64::with_float(bound))
        };
        let fits = self.pos.ins().fcmp(CFloatCC::LessThan, a, bound);
        let least = if to == types::I64 { i64::MIN } else { i64::from(i32::MIN) };
        let least = self.iconst(to, least);
        self.pos.ins().select(fits, saturated, least)
    }

    /// Pieces of 16, 8, 4, 2 and 1 bytes that cover `n` bytes, with their offsets.
    fn pieces(n: u64) -> impl Iterator<Item = (clif::Type, i32)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            let ty = match n - at {
                0 => return None,
                16.. => types::I8X16,
                8.. => types::I64,
                4.. => types::I32,
                2.. => types::I16,
                _ => types::I8,
            };
            let piece = (ty, at as i32);
            at += u64::from(ty.bytes());
            Some(piece)
        })
    }

    fn copy(&mut self, d: Value, s: Value, n: u64) {
        let (d, s) = (self.v(d), self.v(s));
        let flags = mem_flags(MemFlags::TRAP);
        if n <= INLINE_BYTES {
            // All loads come first: the places may overlap.
            let loaded: Vec<(clif::Value, i32)> = Self::pieces(n)
                .map(|(ty, at)| (self.pos.ins().load(ty, flags, s, at), at))
                .collect();
            for (v, at) in loaded {
                self.pos.ins().store(flags, v, d, at);
            }
            return;
        }
        let n = self.pos.ins().iconst(types::I64, n as i64);
        self.pos.ins().load(types::I8, flags, s, 0);
        self.pos.ins().load(types::I8, flags, d, 0);
        self.libcall("memmove", &[d, s, n]);
    }

    fn zero(&mut self, d: Value, n: u64) {
        let d = self.v(d);
        let flags = mem_flags(MemFlags::TRAP);
        if n <= INLINE_BYTES {
            let zero = self.pos.ins().iconst(types::I64, 0);
            let wide = (n >= 16).then(|| self.pos.ins().splat(types::I64X2, zero));
            for (ty, at) in Self::pieces(n) {
                let v = match wide {
                    Some(w) if ty == types::I8X16 => w,
                    _ => self.pos.ins().iconst(ty, 0),
                };
                self.pos.ins().store(flags, v, d, at);
            }
            return;
        }
        let zero = self.pos.ins().iconst(types::I32, 0);
        let n = self.pos.ins().iconst(types::I64, n as i64);
        self.pos.ins().load(types::I8, flags, d, 0);
        self.libcall("memset", &[d, zero, n]);
    }

    /// Calls a leaf function of the runtime image.
    fn libcall(&mut self, name: &str, args: &[clif::Value]) {
        let params = args
            .iter()
            .map(|&a| if self.pos.func.dfg.value_type(a) == types::I32 { Ty::I32 } else { Ty::I64 })
            .collect();
        let sig = Sig { conv: Conv::SystemV, params, results: vec![Ty::I64] };
        let f = self.func_ref(Symbol::new(name), &sig);
        self.pos.ins().call(f, args);
    }

    fn edge(&self, e: &Edge) -> (clif::Block, Vec<BlockArg>) {
        let args = e.args.iter().map(|&v| BlockArg::Value(self.v(v))).collect();
        (self.blocks[e.to.index()], args)
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::None => unreachable!("a block without an end"),
            Term::Jump(e) => {
                let (to, args) = self.edge(e);
                self.pos.ins().jump(to, &args);
            }
            Term::Brif(c, a, b) => {
                let c = self.v(*c);
                let ((a, a_args), (b, b_args)) = (self.edge(a), self.edge(b));
                self.pos.ins().brif(c, a, &a_args, b, &b_args);
            }
            Term::Switch(v, cases, default) => self.switch(*v, cases, *default),
            Term::Return(vs) => {
                let vs = self.vs(vs);
                self.pos.ins().return_(&vs);
            }
            Term::TailCall(symbol, sig, args) => {
                let f = self.func_ref(*symbol, sig);
                let args = self.vs(args);
                self.pos.ins().return_call(f, &args);
            }
            Term::TailCallIndirect(callee, sig, args) => {
                let sig = self.sig(sig);
                let (callee, args) = (self.v(*callee), self.vs(args));
                self.pos.ins().return_call_indirect(sig, callee, &args);
            }
            Term::DeferEnter(frame, normal, pad) => self.defer_enter(*frame, *normal, *pad),
            Term::Unreachable => {
                self.pos.ins().trap(TRAP_UNREACHABLE);
            }
        }
    }

    /// Names the frame's function in it, and links it. Nobody calls `rt_deferenter`, since no frame is at address 0: the
    /// call is there for its exceptional edge, which only calls can have.
    fn defer_enter(&mut self, frame: Value, normal: Block, pad: Block) {
        let frame = self.v(frame);
        let flags = mem_flags(MemFlags::SAFE);
        let key = self.symbol(self.func.name, 0);
        self.pos.ins().store(flags, key, frame, defer_frame::KEY);
        let g = self.pos.ins().get_pinned_reg(types::I64);
        self.pos.ins().store(flags, frame, g, g::DEFER_HEAD);
        let never = self.pos.func.dfg.make_block();
        self.pos.ins().brif(frame, self.blocks[normal.index()], &[], never, &[]);
        self.pos.func.layout.append_block(never);
        self.pos.func.layout.set_cold(never);
        self.pos.goto_bottom(never);
        // System V: callee-saved registers are as they were, on the exceptional edge too. Recovery sees to that.
        let sig = Sig { conv: Conv::SystemV, params: Vec::new(), results: Vec::new() };
        let f = self.func_ref(Symbol::new("rt_deferenter"), &sig);
        let sig = self.sig(&sig);
        let back = self.pos.func.dfg.make_block();
        let pool = &mut self.pos.func.dfg.value_lists;
        let returns = clif::BlockCall::new(back, [], pool);
        let pad = self.blocks[pad.index()];
        let pad = clif::BlockCall::new(pad, [BlockArg::TryCallExn(0)], pool);
        let table = ExceptionTableData::new(sig, returns, [ExceptionTableItem::Default(pad)]);
        let table = self.pos.func.dfg.exception_tables.push(table);
        self.pos.ins().try_call(f, &[], table);
        self.pos.func.layout.append_block(back);
        self.pos.func.layout.set_cold(back);
        self.pos.goto_bottom(back);
        self.pos.ins().trap(TRAP_UNREACHABLE);
    }

    fn switch(&mut self, v: Value, cases: &[(u64, Block)], default: Block) {
        let value = self.v(v);
        let ty = self.pos.func.dfg.value_type(value);
        let least = cases.iter().map(|c| c.0).min().unwrap_or(0);
        let greatest = cases.iter().map(|c| c.0).max().unwrap_or(0);
        let range = greatest - least;
        if cases.len() >= TABLE_CASES && range < 2 * cases.len() as u64 {
            let low = self.iconst(ty, least as i64);
            let mut index = self.pos.ins().isub(value, low);
            if ty == types::I64 {
                // The table's index has 32 bits: anything larger is the default.
                let last = self.iconst(ty, range as i64);
                let inside = self.pos.ins().icmp(CIntCC::UnsignedLessThanOrEqual, index, last);
                let table = self.pos.func.dfg.make_block();
                self.pos.ins().brif(inside, table, &[], self.blocks[default.index()], &[]);
                self.pos.func.layout.append_block(table);
                self.pos.goto_bottom(table);
                index = self.pos.ins().ireduce(types::I32, index);
            } else if ty != types::I32 {
                index = self.pos.ins().uextend(types::I32, index);
            }
            let pool = &mut self.pos.func.dfg.value_lists;
            let default = clif::BlockCall::new(self.blocks[default.index()], [], pool);
            let mut table = vec![default; range as usize + 1];
            for (n, b) in cases {
                table[(n - least) as usize] =
                    clif::BlockCall::new(self.blocks[b.index()], [], pool);
            }
            let data = clif::JumpTableData::new(default, &table);
            let table = self.pos.func.create_jump_table(data);
            self.pos.ins().br_table(index, table);
            return;
        }
        for (n, b) in cases {
            let n = self.iconst(ty, *n as i64);
            let equal = self.pos.ins().icmp(CIntCC::Equal, value, n);
            let next = self.pos.func.dfg.make_block();
            self.pos.ins().brif(equal, self.blocks[b.index()], &[], next, &[]);
            self.pos.func.layout.append_block(next);
            self.pos.goto_bottom(next);
        }
        self.pos.ins().jump(self.blocks[default.index()], &[]);
    }
}

/// The slot with the function's `DeferFrame`.
pub fn defer_slot(func: &Func) -> Option<clif::StackSlot> {
    let frame = func.blocks.iter().find_map(|b| match b.term {
        Term::DeferEnter(frame, ..) => Some(frame),
        _ => None,
    })?;
    func.insts.iter().find_map(|i| match i.op {
        Op::SlotAddr(slot, 0) if i.result == frame && i.results == 1 => {
            Some(clif::StackSlot::from_u32(slot.0))
        }
        _ => None,
    })
}

fn mem_flags(flags: MemFlags) -> MemFlagsData {
    let mut m = MemFlagsData::new();
    if flags.notrap {
        m.set_notrap();
    }
    if flags.readonly && flags.notrap {
        m.set_readonly();
        m.set_can_move();
    }
    m
}

fn int_cc(cc: IntCC) -> CIntCC {
    match cc {
        IntCC::Eq => CIntCC::Equal,
        IntCC::Ne => CIntCC::NotEqual,
        IntCC::Slt => CIntCC::SignedLessThan,
        IntCC::Sle => CIntCC::SignedLessThanOrEqual,
        IntCC::Sgt => CIntCC::SignedGreaterThan,
        IntCC::Sge => CIntCC::SignedGreaterThanOrEqual,
        IntCC::Ult => CIntCC::UnsignedLessThan,
        IntCC::Ule => CIntCC::UnsignedLessThanOrEqual,
        IntCC::Ugt => CIntCC::UnsignedGreaterThan,
        IntCC::Uge => CIntCC::UnsignedGreaterThanOrEqual,
    }
}

fn float_cc(cc: FloatCC) -> CFloatCC {
    match cc {
        FloatCC::Eq => CFloatCC::Equal,
        FloatCC::Lt => CFloatCC::LessThan,
        FloatCC::Le => CFloatCC::LessThanOrEqual,
        FloatCC::Gt => CFloatCC::GreaterThan,
        FloatCC::Ge => CFloatCC::GreaterThanOrEqual,
    }
}
