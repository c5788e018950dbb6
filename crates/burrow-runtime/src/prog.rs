//! What the linker wrote into the image: bounds, tables, and addresses of Go functions.
//!
//! X1  `burrow_prog` is patched in the file, so it is only read volatile: the compiler must not fold its
//!     initial value.

/// See `docs/abi.md`, section 7.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Prog {
    pub magic: u64,
    pub text: Range,
    pub rodata: Range,
    pub data: Range,
    pub noptrdata: Range,
    pub bss: Range,
    pub noptrbss: Range,
    pub types: Range,
    pub functab: Table,
    pub postab: Table,
    pub filetab: Table,
    pub pcln: Table,
    pub strtab: Table,
    pub padtab: Table,
    pub traptab: Table,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Range {
    pub start: usize,
    pub end: usize,
}

impl Range {
    const NONE: Range = Range { start: 0, end: 0 };

    /// Bytes.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    #[inline]
    pub fn contains(&self, address: usize) -> bool {
        address >= self.start && address < self.end
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Table {
    pub start: usize,
    pub count: usize,
}

impl Table {
    const NONE: Table = Table { start: 0, count: 0 };

    /// # Safety
    /// `T` is this table's record type.
    pub unsafe fn records<T>(&self) -> &'static [T] {
        if self.count == 0 {
            return &[];
        }
        // SAFETY: the linker wrote `count` records there, in read-only memory.
        unsafe { core::slice::from_raw_parts(self.start as *const T, self.count) }
    }
}

/// `magic` of a linked program.
pub const MAGIC: u64 = u64::from_le_bytes(*b"BURROWP1");

#[used]
#[unsafe(no_mangle)]
#[unsafe(link_section = ".data.burrow_prog")]
static mut burrow_prog: Prog = Prog {
    // Not zero, so that it lies in .data, which has bytes in the file.
    magic: 1,
    text: Range::NONE,
    rodata: Range::NONE,
    data: Range::NONE,
    noptrdata: Range::NONE,
    bss: Range::NONE,
    noptrbss: Range::NONE,
    types: Range::NONE,
    functab: Table::NONE,
    postab: Table::NONE,
    filetab: Table::NONE,
    pcln: Table::NONE,
    strtab: Table::NONE,
    padtab: Table::NONE,
    traptab: Table::NONE,
};

/// The program's description.
#[inline]
#[allow(clippy::pointers_in_nomem_asm_block, reason = "only the pointer's own value is hidden")]
pub fn prog() -> &'static Prog {
    let mut p = &raw const burrow_prog;
    // The linker patches the file: what the compiler sees here as the initial value must not be used.
    // SAFETY: the instruction that isn't there changes nothing.
    unsafe {
        core::arch::asm!("/* {} */", inout(reg) p, options(pure, nomem, nostack, preserves_flags))
    };
    // SAFETY: written before the program started, never again (X1).
    unsafe { &*p }
}

/// Whether `pc` lies in compiled Go.
#[inline]
pub fn in_go_text(pc: usize) -> bool {
    // SAFETY: as `prog`.
    unsafe { (&raw const burrow_prog.text).read_volatile() }.contains(pc)
}

/// Declares `$name`, a function that gives the address of the Go function with symbol `$symbol`; the linker
/// fills it in, and makes that function a root of the program.
#[macro_export]
macro_rules! go_entry {
    ($name:ident, $symbol:literal) => {
        pub(crate) fn $name() -> usize {
            #[used]
            #[unsafe(export_name = concat!("goentry:", $symbol))]
            #[unsafe(link_section = concat!(".data.goentry.", stringify!($name)))]
            static mut ENTRY: usize = 1;
            // SAFETY: written in the file before the program started, never again.
            unsafe { (&raw const ENTRY).read_volatile() }
        }
    };
}
