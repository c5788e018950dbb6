//! What code generation hands to the linker: functions and data with relocations, all by name.
//!
//! O1  A name stands for one content: where several objects define it (instances, wrappers, type
//!     descriptors), the first definition counts and the others are dropped.
//! O2  Names are interned per object: a `SymId` is an index into `Object::symbols` of the same object.
//! O3  Everything given is linked; what is reachable was decided before.

use std::collections::HashMap;
use std::sync::Arc;

/// A name within one object.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SymId(pub u32);

/// The functions and data of one compilation.
#[derive(Default, Clone, Debug)]
pub struct Object {
    pub symbols: Vec<Arc<str>>,
    pub funcs: Vec<FuncDef>,
    pub datas: Vec<DataDef>,
    index: HashMap<Arc<str>, SymId>,
}

impl Object {
    pub fn new() -> Object {
        Object::default()
    }

    /// The id of `name` in this object.
    pub fn symbol(&mut self, name: &str) -> SymId {
        if let Some(&id) = self.index.get(name) {
            return id;
        }
        let id = SymId(u32::try_from(self.symbols.len()).expect("under 2^32 symbols"));
        let name: Arc<str> = name.into();
        self.symbols.push(name.clone());
        self.index.insert(name, id);
        id
    }

    pub fn name(&self, id: SymId) -> &str {
        &self.symbols[id.0 as usize]
    }
}

/// `FuncDef::flags`, as the runtime reads them.
pub mod func_flags {
    /// A function the compiler made to adapt another: hidden in tracebacks.
    pub const WRAPPER: u32 = 1;
    pub const NOSPLIT: u32 = 2;
    pub const HAS_DEFER: u32 = 4;
    /// Four bits: the function saves rbx, r12, r13, r14.
    pub const SAVED_SHIFT: u32 = 8;
    /// Tracebacks end here.
    pub const TOP_OF_STACK: u32 = 8;
    pub const HAS_STACK_CHECK: u32 = 16;
}

/// One compiled function.
#[derive(Clone, Debug)]
pub struct FuncDef {
    pub name: SymId,
    /// Machine code, with the stack-check prefix.
    pub code: Vec<u8>,
    /// Offset of the entry in `code`; the symbol stands for it.
    pub entry: u32,
    /// Alignment of the entry.
    pub align: u32,
    /// A bit for each multiple of `align` in a cache line, modulo which the entry may be there; none set: anywhere.
    pub places: u32,
    /// Offsets count from the start of `code`.
    pub relocs: Vec<Reloc>,
    /// What `runtime.Func.Name` says.
    pub display_name: Arc<str>,
    pub file: Arc<str>,
    pub start_line: u32,
    pub flags: u32,
    /// Bytes of stack arguments that the function pops.
    pub argp: u32,
    /// (pc from the entry, position), ascending; each holds until the next.
    pub lines: Vec<(u32, LinePos)>,
    /// What `LinePos::Inl` names.
    pub inl: Vec<InlPos>,
    /// Landing pads, offsets from the entry.
    pub pads: Vec<Pad>,
    /// (pc from the entry, code).
    pub traps: Vec<(u32, u32)>,
}

/// A position of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum LinePos {
    /// A line of the function's own file.
    Line(u32),
    /// An index into `FuncDef::inl`.
    Inl(u32),
}

/// A position in an inlined call, or in another file (`//line`).
#[derive(Clone, Debug)]
pub struct InlPos {
    pub file: Arc<str>,
    pub line: u32,
    /// The inlined function and where it was called; `None`: only another file.
    pub inlined: Option<Inlined>,
}

#[derive(Clone, Debug)]
pub struct Inlined {
    pub func: Arc<str>,
    pub start_line: u32,
    /// Position of the call, in the caller.
    pub parent: LinePos,
}

/// Where a recovered panic continues; offsets from the entry.
#[derive(Clone, Copy, Debug)]
pub struct Pad {
    pub pad: u32,
    /// From rsp to rbp, while the function calls.
    pub frame_offset: u32,
    /// From rsp to the `DeferFrame`.
    pub defer_frame: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum DataKind {
    /// Type descriptors, names: read-only, addressed by `TypeOff32`.
    Types,
    Rodata,
    Data,
    NoPtrData,
    Bss,
    NoPtrBss,
}

/// One variable or constant.
#[derive(Clone, Debug)]
pub struct DataDef {
    pub name: SymId,
    pub kind: DataKind,
    pub align: u32,
    pub bytes: Vec<u8>,
    /// At least `bytes.len()`; the rest is zero.
    pub size: u64,
    pub relocs: Vec<Reloc>,
}

#[derive(Clone, Copy, Debug)]
pub struct Reloc {
    pub offset: u32,
    pub kind: RelocKind,
    pub target: SymId,
    pub addend: i64,
}

/// S is the symbol's address, A the addend, P the place.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum RelocKind {
    /// S + A, 8 bytes.
    Abs64,
    /// S + A, 4 bytes: everything lies below 2 GiB.
    Abs32,
    /// S + A - P, 4 bytes.
    PcRel32,
    /// S + A - start of the types, 4 bytes.
    TypeOff32,
    /// S + A - start of Go's text, 4 bytes.
    TextOff32,
}
