//! From code addresses to functions, files and lines: reading the linker's tables.
//!
//! L1  A *physical* frame is a return address; it stands for one or more *logical* frames, the innermost first: inlined
//!     calls, and at last the compiled function.
//! L2  A position below 2^31 is a line of the function's file, else an index into postab (`docs/abi.md`, 7).

use crate::prog::{in_go_text, prog};
use crate::sync::{AtomicU64, Ordering};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct FuncRec {
    pub entry: u32,
    pub end: u32,
    name: u32,
    name_len: u32,
    file: u32,
    pub start_line: u32,
    pub flags: u32,
    pcln: u32,
    npcln: u32,
    pub argp: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Pcln {
    pc: u32,
    pos: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct PosRec {
    file: u32,
    line: u32,
    func: u32,
    func_len: u32,
    parent: u32,
    start_line: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct FileRec {
    off: u32,
    len: u32,
}

/// Of `FuncRec.flags`: four bits, whether the function saves rbx, r12, r13, r14 at the top of its frame.
pub const SAVED_SHIFT: u32 = 8;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PadRec {
    /// Entry of the function.
    func: u32,
    pub pad: u32,
    /// From rsp to rbp, and to the `DeferFrame`.
    pub frame_offset: u32,
    pub defer_frame: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct TrapRec {
    pc: u32,
    code: u32,
}

pub const WRAPPER: u32 = 1;
/// Tracebacks may print "()" for the arguments: there are none.
pub const NO_ARGS: u32 = 32;
const POSTAB: u32 = 1 << 31;

/// One logical frame.
#[derive(Clone, Copy)]
pub struct Logical {
    pub name: &'static str,
    pub file: &'static str,
    pub line: u32,
    pub start_line: u32,
    pub inlined: bool,
}

fn text(off: u32, len: u32) -> &'static str {
    // SAFETY: the linker wrote UTF-8 names there.
    unsafe {
        let bytes = &prog().strtab.records::<u8>()[off as usize..(off + len) as usize];
        core::str::from_utf8_unchecked(bytes)
    }
}

fn file_name(i: u32) -> &'static str {
    // SAFETY: the table's record type.
    let f = unsafe { prog().filetab.records::<FileRec>()[i as usize] };
    // gc's word for a file without a name (`//line :1`).
    if f.len == 0 { "??" } else { text(f.off, f.len) }
}

impl FuncRec {
    pub fn name(&self) -> &'static str {
        text(self.name, self.name_len)
    }

    pub fn file(&self) -> &'static str {
        file_name(self.file)
    }

    pub fn entry_pc(&self) -> usize {
        prog().text.start + self.entry as usize
    }

    fn pos_at(&self, offset: u32) -> u32 {
        let from = self.pcln as usize;
        // SAFETY: the table's record type.
        let lines = unsafe { &prog().pcln.records::<Pcln>()[from..from + self.npcln as usize] };
        match lines.partition_point(|l| l.pc <= offset) {
            0 => self.start_line,
            n => lines[n - 1].pos,
        }
    }
}

/// What was looked up: the offset of the pc in the upper half, the place in functab in the lower. The same panics come
/// again, and walk over the same frames.
static SEEN: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];

/// The compiled function that holds `pc`.
pub fn function_at(pc: usize) -> Option<&'static FuncRec> {
    if !in_go_text(pc) {
        return None;
    }
    let p = prog();
    let offset = (pc - p.text.start) as u32;
    // SAFETY: the table's record type.
    let table = unsafe { p.functab.records::<FuncRec>() };
    let seen = &SEEN[(offset ^ offset >> 8) as usize % SEEN.len()];
    let last = seen.load(Ordering::Relaxed);
    if (last >> 32) as u32 == offset && last != 0 {
        return table.get(last as u32 as usize);
    }
    let i = table.partition_point(|f| f.entry <= offset);
    // In the prefix of the next function: belongs to that one.
    let Some(f) = i.checked_sub(1).map(|i| &table[i]).filter(|f| offset < f.end) else {
        return table.get(i).filter(|f| f.entry - offset <= 16);
    };
    seen.store(u64::from(offset) << 32 | (i - 1) as u64, Ordering::Relaxed);
    Some(f)
}

/// The logical frames at `pc` (of the instruction, not a return address), innermost first.
pub fn logical(f: &'static FuncRec, pc: usize, mut each: impl FnMut(Logical) -> bool) {
    let offset = pc.saturating_sub(f.entry_pc()) as u32;
    let mut pos = f.pos_at(offset);
    loop {
        if pos & POSTAB == 0 {
            each(Logical {
                name: f.name(),
                file: f.file(),
                line: pos,
                start_line: f.start_line,
                inlined: false,
            });
            return;
        }
        // SAFETY: the table's record type.
        let r = unsafe { prog().postab.records::<PosRec>()[(pos & !POSTAB) as usize] };
        let inlined = r.parent != !0;
        let frame = Logical {
            name: if inlined { text(r.func, r.func_len) } else { f.name() },
            file: file_name(r.file),
            line: r.line,
            start_line: if inlined { r.start_line } else { f.start_line },
            inlined,
        };
        if !each(frame) || !inlined {
            return;
        }
        pos = r.parent;
    }
}

/// The landing pad of the function with this entry.
pub fn pad_of(entry: usize) -> Option<PadRec> {
    let p = prog();
    let offset = entry.wrapping_sub(p.text.start) as u32;
    // SAFETY: the table's record type.
    let table = unsafe { p.padtab.records::<PadRec>() };
    table.binary_search_by_key(&offset, |r| r.func).ok().map(|i| table[i])
}

/// The code of the trap instruction at `pc`.
pub fn trap_at(pc: usize) -> Option<u32> {
    let p = prog();
    let offset = pc.wrapping_sub(p.text.start) as u32;
    // SAFETY: the table's record type.
    let table = unsafe { p.traptab.records::<TrapRec>() };
    table.binary_search_by_key(&offset, |r| r.pc).ok().map(|i| table[i].code)
}

/// `runtime.rawFrame` of the overlay (symtab.go).
#[repr(C)]
pub struct RawFrame {
    function: *const FuncRec,
    name: &'static str,
    file: &'static str,
    line: usize,
    start_line: usize,
    entry: usize,
    parents: usize,
    flags: usize,
}

/// # Safety
/// `out` points to a `runtime.rawFrame`.
#[unsafe(export_name = "runtime.frameAt")]
pub unsafe extern "C" fn frame_at(pc: usize, depth: usize, out: *mut RawFrame) -> bool {
    let Some(f) = function_at(pc) else {
        let goexit = crate::arch::is_goexit(pc);
        if !goexit && let Some(s) = crate::imagesyms::symbol_at(pc) {
            // SAFETY: the caller's promise.
            unsafe {
                out.write(RawFrame {
                    function: core::ptr::null(),
                    name: s.name,
                    file: s.file,
                    line: 1,
                    start_line: 1,
                    entry: s.entry,
                    parents: 0,
                    flags: 0,
                });
            }
            return true;
        }
        // SAFETY: the caller's promise.
        unsafe {
            out.write(RawFrame {
                function: core::ptr::null(),
                name: if goexit { "runtime.goexit" } else { "" },
                file: if goexit { "runtime/goexit.s" } else { "" },
                line: usize::from(goexit),
                start_line: usize::from(goexit),
                entry: 0,
                parents: 0,
                flags: 0,
            });
        }
        return goexit;
    };
    let (mut i, mut found, mut last) = (0, None, None);
    logical(f, pc, |l| {
        if i == depth {
            found = Some(l);
        }
        last = Some(l);
        i += 1;
        true
    });
    let Some(l) = found.or(last) else { return false };
    // SAFETY: the caller's promise.
    unsafe {
        out.write(RawFrame {
            function: f,
            name: l.name,
            file: l.file,
            line: l.line as usize,
            start_line: l.start_line as usize,
            entry: f.entry_pc(),
            parents: i.saturating_sub(depth + 1),
            flags: f.flags as usize,
        });
    }
    true
}

/// # Safety
/// `f` is a record of functab, `out` points to a `runtime.rawFrame`.
#[unsafe(export_name = "runtime.funcInfo")]
pub unsafe extern "C" fn func_info(f: *const FuncRec, out: *mut RawFrame) {
    // SAFETY: the caller's promise.
    unsafe {
        let f = &*f;
        out.write(RawFrame {
            function: f,
            name: f.name(),
            file: f.file(),
            line: f.start_line as usize,
            start_line: f.start_line as usize,
            entry: f.entry_pc(),
            parents: 0,
            flags: f.flags as usize,
        });
    }
}

#[unsafe(export_name = "runtime.funcTable")]
pub extern "C" fn func_table() -> crate::heap::Pair {
    let t = prog().functab;
    crate::heap::Pair(t.start, t.start + t.count * size_of::<FuncRec>())
}

#[unsafe(export_name = "runtime.typesBase")]
pub extern "C" fn types_base() -> usize {
    prog().types.start
}

#[unsafe(export_name = "runtime.textBase")]
pub extern "C" fn text_base() -> usize {
    prog().text.start
}
