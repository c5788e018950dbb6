//! The SSA intermediate representation: functions, blocks, instructions.
//!
//! I1  A value is defined once: as a block parameter or as a result of one instruction.
//! I2  A use is dominated by its definition, except that of an [`Op::Get`]/[`Op::Set`] variable before `ssa` has run.
//! I3  Every block ends in exactly one [`Term`]; the arguments of each edge match the target's parameters in number and type.
//! I4  The entry block is `Block(0)`; its parameters are the function's, flattened as `docs/abi.md` 1 says. Nothing jumps to it.
//! I5  Integers have no sign; pointers are [`Ty::I64`]. A pointer to the middle of an object stays inside it.
//!
//! Strings, slices, interfaces and small structs never appear: lowering has split them into scalars. What has its address
//! taken, or is large, lives in a [`SlotData`] of the frame, in data, or on the heap. The closest relatives are
//! Cranelift's CLIF (block parameters) and gc's SSA (what an operation may assume of Go).

use burrow_syntax::{Pos, Symbol};
use rustc_hash::FxHashSet;

/// The machine types that a value can have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Ty {
    I8,
    I16,
    I32,
    I64,
    F32,
    F64,
}

impl Ty {
    pub const PTR: Ty = Ty::I64;

    /// Size in bytes.
    pub fn size(self) -> u32 {
        match self {
            Ty::I8 => 1,
            Ty::I16 => 2,
            Ty::I32 | Ty::F32 => 4,
            Ty::I64 | Ty::F64 => 8,
        }
    }

    pub fn bits(self) -> u32 {
        self.size() * 8
    }

    pub fn is_float(self) -> bool {
        matches!(self, Ty::F32 | Ty::F64)
    }

    /// The integer type of `size` bytes.
    pub fn int(size: u64) -> Ty {
        match size {
            1 => Ty::I8,
            2 => Ty::I16,
            4 => Ty::I32,
            _ => Ty::I64,
        }
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}
id!(
    /// A value of one function.
    Value
);
id!(
    /// A basic block of one function.
    Block
);
id!(
    /// An instruction of one function.
    Inst
);
id!(
    /// A scalar variable, before `ssa` has turned it into values.
    Var
);
id!(
    /// Memory in the frame.
    Slot
);
id!(
    /// A source location with its inlining history: index into [`Func::locs`].
    Loc
);

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum UnOp {
    Ineg,
    Bnot,
    Clz,
    Ctz,
    Popcnt,
    Bswap,
    Fneg,
    Fabs,
    Sqrt,
    Ceil,
    Floor,
    Trunc,
    Nearest,
}

/// Shift counts are taken modulo the width: lowering has dealt with Go's larger ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum BinOp {
    Iadd,
    Isub,
    Imul,
    /// Divisor not zero, and not the quotient that overflows.
    Sdiv,
    Udiv,
    Srem,
    Urem,
    And,
    Or,
    Xor,
    Shl,
    Ushr,
    Sshr,
    Rotl,
    Umulhi,
    Fadd,
    Fsub,
    Fmul,
    Fdiv,
    /// Magnitude of the first, sign of the second.
    Fcopysign,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum IntCC {
    Eq,
    Ne,
    Slt,
    Sle,
    Sgt,
    Sge,
    Ult,
    Ule,
    Ugt,
    Uge,
}

/// Ordered comparisons: false if an operand is NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum FloatCC {
    Eq,
    Lt,
    Le,
    Gt,
    Ge,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Cast {
    /// Zero-extend to a wider integer.
    Uext,
    /// Sign-extend to a wider integer.
    Sext,
    /// Drop high bits.
    Trunc,
    /// Signed integer (I32, I64) to float.
    SintToF,
    /// Unsigned integer (I64) to float.
    UintToF,
    /// x86's cvttsd2si and cvttss2si: all values out of range give the smallest integer.
    FToSint,
    /// float32 to float64.
    Fpromote,
    /// float64 to float32.
    Fdemote,
    /// Same bits, other class.
    Bitcast,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum AtomicOp {
    Add,
    And,
    Or,
    Xchg,
}

/// What a memory access may assume.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Default)]
pub struct MemFlags {
    /// The address is known to be valid: a fault would be a bug of the compiler, not a nil dereference.
    pub notrap: bool,
    /// What is loaded never changes while the program runs.
    pub readonly: bool,
    /// Of a store: the place may hold a pointer and be known to others: while the collector marks, it wants to know
    /// what is overwritten.
    pub barrier: bool,
}

impl MemFlags {
    pub const TRAP: MemFlags = MemFlags { notrap: false, readonly: false, barrier: false };
    pub const SAFE: MemFlags = MemFlags { notrap: true, readonly: false, barrier: false };
    pub const CONST: MemFlags = MemFlags { notrap: true, readonly: true, barrier: false };
}

/// How a call passes its arguments: `docs/abi.md` 2 and 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Conv {
    Go,
    SystemV,
}

#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Sig {
    pub conv: Conv,
    pub params: Vec<Ty>,
    pub results: Vec<Ty>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    Iconst(i64),
    /// The bits of a float constant.
    Fconst(u64),
    Unary(UnOp, Value),
    Binary(BinOp, Value, Value),
    Icmp(IntCC, Value, Value),
    Fcmp(FloatCC, Value, Value),
    Cast(Cast, Value),
    Select(Value, Value, Value),
    Load(Value, i32, MemFlags),
    /// value, address, offset
    Store(Value, Value, i32, MemFlags),
    /// Faults if the pointer is nil.
    NilCheck(Value),
    /// An address inside a slot, or right behind its end.
    SlotAddr(Slot, i32),
    /// Reads what was stored at the beginning of a slot. Its address is its own: code generation must not keep a common one
    /// in a register over the calls that the slot is for.
    Reload(Slot),
    /// Address of data or of a function's entry.
    SymAddr(Symbol, i64),
    Call(Symbol, Box<Sig>, Vec<Value>),
    CallIndirect(Value, Box<Sig>, Vec<Value>),
    /// Copies a constant number of bytes, as if by way of a temporary: destination, source.
    MemCopy(Value, Value, u64),
    MemZero(Value, u64),
    /// A field of the current G.
    LoadG(i32),
    StoreG(i32, Value),
    GetG,
    /// The stack pointer after the function's return: `docs/abi.md` 6.
    CallerSp,
    ReturnAddress,
    /// address, value; gives the old value
    AtomicRmw(AtomicOp, Value, Value),
    /// address, expected, new; gives the old value
    AtomicCas(Value, Value, Value),
    AtomicLoad(Value),
    /// value, address
    AtomicStore(Value, Value),
    /// Value of a scalar variable; gone after `ssa`.
    Get(Var),
    Set(Var, Value),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Edge {
    pub to: Block,
    pub args: Vec<Value>,
}

impl From<Block> for Edge {
    fn from(to: Block) -> Edge {
        Edge { to, args: Vec::new() }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Term {
    /// Not yet ended; never in a finished function.
    None,
    Jump(Edge),
    /// Nonzero: the first edge.
    Brif(Value, Edge, Edge),
    Switch(Value, Vec<(u64, Block)>, Block),
    Return(Vec<Value>),
    TailCall(Symbol, Box<Sig>, Vec<Value>),
    TailCallIndirect(Value, Box<Sig>, Vec<Value>),
    /// Makes a `DeferFrame` the innermost one and goes on at the first block; a recovered panic enters the second, whose
    /// parameter is the frame's address. No other value may be used there, but slots are: `docs/abi.md` 6.
    DeferEnter(Value, Block, Block),
    /// Never reached, as lowering knows (after a call that does not return).
    Unreachable,
}

impl Term {
    pub fn for_each_edge(&self, mut f: impl FnMut(Block)) {
        match self {
            Term::Jump(e) => f(e.to),
            Term::Brif(_, a, b) => {
                f(a.to);
                f(b.to);
            }
            Term::Switch(_, cases, default) => {
                for (_, b) in cases {
                    f(*b);
                }
                f(*default);
            }
            Term::DeferEnter(_, a, b) => {
                f(*a);
                f(*b);
            }
            Term::None
            | Term::Return(_)
            | Term::TailCall(..)
            | Term::TailCallIndirect(..)
            | Term::Unreachable => {}
        }
    }
}

#[derive(Clone, Debug)]
pub struct InstData {
    pub op: Op,
    /// First result; results are consecutive values.
    pub result: Value,
    pub results: u32,
    pub loc: Loc,
}

#[derive(Clone, Debug)]
pub struct BlockData {
    pub params: Vec<Value>,
    pub insts: Vec<Inst>,
    pub term: Term,
    pub term_loc: Loc,
    /// Behind the function, out of the way of the usual path.
    pub cold: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct SlotData {
    pub size: u32,
    pub align: u32,
    /// It was an object: the program knows its address, and with package unsafe code that is never reached may go beyond it.
    pub object: bool,
}

/// A source position, and the call it was inlined at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocData {
    pub pos: Pos,
    /// `Some`: these instructions come from a callee; its name, and the location of the call.
    pub inlined: Option<(Symbol, Loc)>,
}

/// What a function is, beside its code. Bits of `FuncRec.flags` in `docs/abi.md` 7.
pub mod func_flags {
    pub const WRAPPER: u32 = 1;
    pub const NOSPLIT: u32 = 2;
    pub const DEFER: u32 = 4;
    /// Tracebacks print `f()`, not `f(...)`.
    pub const NO_PARAMS: u32 = 32;
    /// `//go:noinline`; not for the runtime.
    pub const NOINLINE: u32 = 1 << 16;
}

#[derive(Clone, Debug)]
pub struct Func {
    /// Link symbol.
    pub name: Symbol,
    /// What `runtime.Func.Name` gives.
    pub display: Symbol,
    pub sig: Sig,
    pub pos: Pos,
    pub flags: u32,
    pub blocks: Vec<BlockData>,
    pub insts: Vec<InstData>,
    pub values: Vec<Ty>,
    pub vars: Vec<Ty>,
    pub slots: Vec<SlotData>,
    pub locs: Vec<LocData>,
}

pub const ENTRY: Block = Block(0);

impl Func {
    /// A function with an entry block that has `sig`'s parameters.
    pub fn new(name: Symbol, display: Symbol, sig: Sig, pos: Pos) -> Func {
        let mut f = Func {
            name,
            display,
            sig,
            pos,
            flags: 0,
            blocks: Vec::new(),
            insts: Vec::new(),
            values: Vec::new(),
            vars: Vec::new(),
            slots: Vec::new(),
            locs: vec![LocData { pos, inlined: None }],
        };
        let entry = f.new_block();
        for i in 0..f.sig.params.len() {
            let ty = f.sig.params[i];
            f.add_param(entry, ty);
        }
        f
    }

    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData {
            params: Vec::new(),
            insts: Vec::new(),
            term: Term::None,
            term_loc: Loc(0),
            cold: false,
        });
        Block(self.blocks.len() as u32 - 1)
    }

    pub fn add_param(&mut self, b: Block, ty: Ty) -> Value {
        let v = self.new_value(ty);
        self.blocks[b.index()].params.push(v);
        v
    }

    pub fn new_value(&mut self, ty: Ty) -> Value {
        self.values.push(ty);
        Value(self.values.len() as u32 - 1)
    }

    pub fn new_var(&mut self, ty: Ty) -> Var {
        self.vars.push(ty);
        Var(self.vars.len() as u32 - 1)
    }

    pub fn new_slot(&mut self, size: u64, align: u64) -> Slot {
        let size = u32::try_from(size).expect("a slot is smaller than the largest frame");
        self.slots.push(SlotData { size, align: align as u32, object: false });
        Slot(self.slots.len() as u32 - 1)
    }

    /// The size of all slots.
    pub fn slots_size(&self) -> u64 {
        self.slots.iter().map(|s| u64::from(s.size)).sum()
    }

    /// Appends an instruction with results of the given types.
    pub fn push(&mut self, b: Block, op: Op, results: &[Ty], loc: Loc) -> Inst {
        let result = Value(self.values.len() as u32);
        self.values.extend_from_slice(results);
        let inst = Inst(self.insts.len() as u32);
        self.insts.push(InstData { op, result, results: results.len() as u32, loc });
        self.blocks[b.index()].insts.push(inst);
        inst
    }

    pub fn ty(&self, v: Value) -> Ty {
        self.values[v.index()]
    }

    pub fn loc_of(&mut self, pos: Pos) -> Loc {
        let data = LocData { pos, inlined: None };
        if self.locs.last() == Some(&data) {
            return Loc(self.locs.len() as u32 - 1);
        }
        self.locs.push(data);
        Loc(self.locs.len() as u32 - 1)
    }
}

/// Where data lies; see `docs/abi.md` 7.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DataKind {
    Rodata,
    /// Read-only, and reachable by 32-bit offsets from the start of the type section.
    Types,
    /// Written by the program, scanned by the collector.
    Data,
    NoPtrData,
    Bss,
    NoPtrBss,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DataRelocKind {
    Abs64,
    /// 32-bit distance from the start of the type section.
    TypeOff,
    /// 32-bit distance from the start of the text.
    TextOff,
}

#[derive(Clone, Debug)]
pub struct DataReloc {
    pub offset: u32,
    pub kind: DataRelocKind,
    pub target: Symbol,
    pub addend: i64,
}

/// All functions and data of a program.
#[derive(Default)]
pub struct Module {
    pub funcs: Vec<Func>,
    pub datas: Vec<Data>,
    /// Functions of the image that keep no pointer of their arguments: `//go:noescape`.
    pub noescape: FxHashSet<Symbol>,
}

#[derive(Clone, Debug)]
pub struct Data {
    pub name: Symbol,
    pub kind: DataKind,
    pub align: u32,
    /// The initialised beginning; zeros up to `size` follow.
    pub bytes: Vec<u8>,
    pub size: u64,
    pub relocs: Vec<DataReloc>,
}
