//! Walking stacks by frame pointers, and printing them as gc does.
//!
//! W1  Every frame, of Go, Rust and assembly, begins with a saved rbp; the chain also runs over crossings to other
//!     segments, since `__morestack` leaves an ordinary frame on the older one.
//! W2  A pc is a return address, but for the pc where a fault or a preemption was injected: that is the caller of
//!     `sigpanic` or `burrow_async_preempt`, and names the instruction itself.

use crate::arch;
use crate::chance;
use crate::g::*;
use crate::proc;
use crate::symtab::{self, FuncRec, Logical};
use crate::sync::{AtomicU32, Ordering};
use core::fmt::Write;

/// Frames printed of a deep stack: inner and outer ones. gc: `tracebackInnerFrames`, `tracebackOuterFrames`.
const INNER: usize = 50;
const OUTER: usize = 50;

/// How much GOTRACEBACK asks for: 0 none, 1 user frames, 2 also the runtime's; bit 8: all goroutines.
static LEVEL: AtomicU32 = AtomicU32::new(1);
const ALL: u32 = 0x100;
pub const CRASH: u32 = 0x200;

/// What the environment asks for: a program may ask for more only.
static LEAST: AtomicU32 = AtomicU32::new(0);

/// gc: `setTraceback`.
fn set_level(text: &[u8]) {
    let level = match text {
        b"none" => 0,
        b"single" | b"" => 1,
        b"all" => 1 | ALL,
        b"system" => 2 | ALL,
        b"crash" => 2 | ALL | CRASH,
        _ => ALL | crate::env::number(text).map_or(0, |n| n.clamp(0, 0xff) as u32),
    };
    LEVEL.store(level | LEAST.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// `GOTRACEBACK`.
pub fn init() {
    set_level(crate::env::var("GOTRACEBACK").unwrap_or_default());
    LEAST.store(level(), Ordering::Relaxed);
}

#[unsafe(export_name = "runtime.setTraceback")]
pub unsafe extern "C" fn set_traceback(text: *const u8, len: usize) {
    // SAFETY: a Go string.
    set_level(unsafe { core::slice::from_raw_parts(text, len) });
}

pub fn level() -> u32 {
    LEVEL.load(Ordering::Relaxed)
}

/// One physical frame.
#[derive(Clone, Copy)]
pub struct Frame {
    pub pc: usize,
    /// `pc` names the instruction (W2).
    pub exact: bool,
    pub function: Option<&'static FuncRec>,
}

/// The frames of a stack, innermost first.
#[derive(Clone, Copy)]
pub struct Walk {
    pc: usize,
    rbp: usize,
    exact: bool,
    left: usize,
    /// The last pc that was looked up, and its function: in deep stacks one call follows itself.
    last: (usize, Option<&'static FuncRec>),
}

impl Walk {
    pub fn new(pc: usize, rbp: usize) -> Walk {
        Walk { pc, rbp, exact: false, left: 200_000_000, last: (0, None) }
    }

    /// rbp of the frame that comes next; 0 after the last.
    pub fn frame_pointer(&self) -> usize {
        if self.pc == 0 { 0 } else { self.rbp }
    }

    /// From the caller of a Rust function that was called by Go.
    #[inline(always)]
    pub fn here() -> Walk {
        let rbp: usize;
        // SAFETY: reads a register.
        unsafe { core::arch::asm!("mov {}, rbp", out(reg) rbp, options(nostack, nomem)) };
        // SAFETY: W1: this function's frame.
        unsafe { Walk::new(*((rbp + 8) as *const usize), *(rbp as *const usize)) }
    }

    /// The frames without their functions: (pc, whether it names the instruction).
    fn raw(mut self) -> impl Iterator<Item = (usize, bool)> {
        let sigpanic = crate::signal::sigpanic_entry();
        core::iter::from_fn(move || {
            let (pc, exact) = (self.pc, self.exact);
            if pc == 0 || self.left == 0 {
                return None;
            }
            self.left -= 1;
            // Not only calls of `sigpanic` itself are near its entry, but their frames are few.
            let near = pc.wrapping_sub(sigpanic) < 4096;
            let function = if near { symtab::function_at(pc - 1) } else { None };
            self.step(pc);
            self.exact = is_injected(pc, function);
            Some((pc, exact))
        })
    }

    /// Goes to the frame that called the one at `pc`.
    fn step(&mut self, pc: usize) {
        if arch::is_goexit(pc) || self.rbp == 0 || self.rbp & 7 != 0 {
            self.pc = 0;
        } else {
            // SAFETY: W1.
            unsafe {
                self.pc = *((self.rbp + 8) as *const usize);
                self.rbp = *(self.rbp as *const usize);
            }
        }
    }

    /// Of a goroutine that does not run (arch, S1).
    pub fn parked(g: &G) -> Walk {
        if g.syscall_rsp != 0 && g.status.load(Ordering::Relaxed) == GSYSCALL {
            return Walk::new(g.syscall_pc, g.syscall_rbp);
        }
        if g.rsp == 0 {
            // It never ran: show where it will begin.
            return Walk { exact: true, left: 1, ..Walk::new(g.start_pc, 0) };
        }
        // SAFETY: S1: saved registers.
        unsafe { Walk::new(*((g.rsp + 48) as *const usize), *((g.rsp + 40) as *const usize)) }
    }
}

/// Whether the frame that called this one was left at an instruction, not at a call (W2).
pub fn is_injected(pc: usize, function: Option<&FuncRec>) -> bool {
    function.is_some_and(|f| f.entry_pc() == crate::signal::sigpanic_entry())
        || arch::is_async_preempt(pc)
}

impl Iterator for Walk {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        if self.pc == 0 || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let (pc, exact) = (self.pc, self.exact);
        let look = if exact { pc } else { pc - 1 };
        if self.last.0 != look {
            self.last = (look, symtab::function_at(look));
        }
        let function = self.last.1;
        let injected = is_injected(pc, function);
        self.step(pc);
        self.exact = injected;
        Some(Frame { pc, exact, function })
    }
}

/// Names of functions whose calls show a wrapper that would be hidden otherwise.
fn shows_wrapper(callee: &str) -> bool {
    matches!(callee, "runtime.gopanic" | "runtime.sigpanic" | "runtime.panicwrap")
}

/// Functions of the overlay that gc has no frame for: hidden like wrappers.
fn is_helper(name: &str) -> bool {
    let Some(name) = name.strip_prefix("runtime.") else { return false };
    matches!(name, "runDefers" | "deferreturn" | "panicBounds" | "finishGoexit" | "Stack")
}

fn exported_runtime(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("runtime.") else { return false };
    let (receiver, method) = rest.rsplit_once('.').unwrap_or(("", rest));
    let receiver = receiver.trim_start_matches("(*").trim_end_matches(')');
    let upper = |s: &str| s.starts_with(|c: char| c.is_ascii_uppercase());
    upper(method) && (receiver.is_empty() || upper(receiver))
}

fn is_runtime(name: &str) -> bool {
    name.starts_with("runtime.")
}

/// Calls `each` for the logical frames, wrappers left out, until it gives false: (frame, pc, depth at that pc).
pub fn logical_frames(walk: Walk, mut each: impl FnMut(&Logical, Frame, usize) -> bool) {
    let mut callee = "";
    for frame in walk {
        if frame.function.is_none() {
            if arch::is_goexit(frame.pc) {
                let l = Logical {
                    name: "runtime.goexit",
                    file: "runtime/goexit.s",
                    line: 1,
                    start_line: 1,
                    inlined: false,
                };
                each(&l, frame, 0);
                return;
            }
            continue;
        }
        if !expand(frame, &mut callee, &mut each) {
            return;
        }
    }
}

/// The logical frames of one physical frame of Go, as `logical_frames`; `callee` is the name of the last one before. Whether
/// to go on.
pub fn expand(
    frame: Frame,
    callee: &mut &'static str,
    each: &mut impl FnMut(&Logical, Frame, usize) -> bool,
) -> bool {
    let Some(f) = frame.function else { return true };
    let pc = if frame.exact { frame.pc } else { frame.pc - 1 };
    let (mut depth, mut go_on) = (0, true);
    symtab::logical(f, pc, |l| {
        let wrapper = !l.inlined && f.flags & symtab::WRAPPER != 0 && !shows_wrapper(callee);
        let hidden = wrapper || is_helper(l.name);
        *callee = l.name;
        if !hidden {
            go_on = each(&l, frame, depth);
        }
        depth += 1;
        go_on
    });
    go_on
}

/// A logical frame as a word, see the overlay's symtab.go.
pub fn encode(frame: Frame, depth: usize) -> usize {
    // An exact pc is made to look like a return address.
    (frame.pc + usize::from(frame.exact)) | depth << 48
}

/// gc: `runtime.Callers`, see the overlay's symtab.go.
///
/// # Safety
/// `pcs` has room for `n` words.
#[unsafe(export_name = "runtime.callersRaw")]
#[inline(never)]
pub unsafe extern "C" fn callers_raw(skip: i64, pcs: *mut usize, n: usize) -> usize {
    let (mut skipped, mut count) = (0, 0);
    logical_frames(Walk::here(), |_, frame, depth| {
        if skipped < skip {
            skipped += 1;
            return true;
        }
        // SAFETY: `count < n`.
        unsafe { *pcs.add(count) = encode(frame, depth) };
        count += 1;
        count < n
    });
    count
}

// ---- printing

/// Bytes for standard error, or for a Go buffer that may be too short.
pub trait Out: Write {}
impl<T: Write> Out for T {}

fn print_frame(out: &mut impl Out, l: &Logical, frame: Frame) {
    let name = if l.name == "runtime.gopanic" { "panic" } else { l.name };
    let args = match frame.function {
        Some(f) if !l.inlined && f.flags & symtab::NO_ARGS != 0 => "()",
        _ => "(...)",
    };
    let _ = write!(out, "{name}{args}\n\t{}:{}", l.file, l.line);
    if let Some(f) = frame.function
        && !l.inlined
    {
        let _ = write!(out, " +{:#x}", frame.pc.saturating_sub(f.entry_pc()));
    }
    let _ = out.write_char('\n');
}

fn print_frames(out: &mut impl Out, walk: impl Fn() -> Walk, level: u32) {
    let show = |l: &Logical, first: bool| {
        level > 1
            || (l.name == "runtime.gopanic" && !first)
            || (l.name.contains('.') && !is_runtime(l.name))
            || exported_runtime(l.name)
    };
    // Names are in one table: the same place is the same name.
    let mut last = (core::ptr::null(), false);
    let mut shows = |l: &Logical, n: usize| {
        if n > 0 && last.0 == l.name.as_ptr() {
            return last.1;
        }
        let shown = show(l, n == 0) && l.name != "runtime.goexit";
        if n > 0 {
            last = (l.name.as_ptr(), shown);
        }
        shown
    };
    let mut total = 0;
    logical_frames(walk(), |l, _, _| {
        total += usize::from(shows(l, total));
        true
    });
    let mut n = 0;
    logical_frames(walk(), |l, frame, _| {
        if !shows(l, n) {
            return true;
        }
        if total <= INNER + OUTER || n < INNER || n >= total - OUTER {
            print_frame(out, l, frame);
        } else if n == INNER {
            let _ = writeln!(out, "...{} frames elided...", total - INNER - OUTER);
        }
        n += 1;
        true
    });
}

fn status_text(g: &G) -> &'static str {
    match g.status.load(Ordering::Relaxed) {
        GRUNNING => "running",
        GSYSCALL => "syscall",
        GRUNNABLE => "runnable",
        GWAITING if g.wait_reason != 0 => Wait::text(g.wait_reason),
        GWAITING => "waiting",
        GDEAD => "dead",
        _ => "idle",
    }
}

fn print_header(out: &mut impl Out, g: &G) {
    let _ = write!(out, "goroutine {} [{}", g.goid, status_text(g));
    if g.leaked != 0 {
        let _ = out.write_str(" (leaked)");
    }
    let status = g.status.load(Ordering::Relaxed);
    if (status == GWAITING || status == GSYSCALL) && g.waits_since() != 0 {
        let minutes = (chance::nanotime() - g.waits_since()) / 60_000_000_000;
        if minutes >= 1 {
            let _ = write!(out, ", {minutes} minutes");
        }
    }
    if !g.locked_m.is_null() && g.lock_count > 0 {
        let _ = out.write_str(", locked to thread");
    }
    let _ = out.write_str("]");
    print_labels(out, g);
    let _ = out.write_str(":\n");
}

/// A label of a profile: two Go strings.
#[repr(C)]
#[derive(Clone, Copy)]
struct Label {
    key: &'static str,
    value: &'static str,
}

/// `{key: value, ...}`, unless GODEBUG=tracebacklabels=0.
fn print_labels(out: &mut impl Out, g: &G) {
    if g.labels == 0 || crate::env::setting("GODEBUG", "tracebacklabels") == Some(b"0") {
        return;
    }
    // SAFETY: a `label.Set` of internal/runtime/pprof: a slice of labels, which never change. Their strings are valid UTF-8
    // or are only looked at byte by byte.
    let labels = unsafe {
        let [at, len] = *(g.labels as *const [usize; 2]);
        if len == 0 {
            return;
        }
        core::slice::from_raw_parts(at as *const Label, len)
    };
    for (i, l) in labels.iter().enumerate() {
        let _ = out.write_str(if i == 0 { " {" } else { ", " });
        print_text(out, l.key.as_bytes());
        let _ = out.write_str(": ");
        print_text(out, l.value.as_bytes());
    }
    let _ = out.write_str("}");
}

/// A string of the program's, quoted if it has anything but letters, digits and a few signs.
fn print_text(out: &mut impl Out, s: &[u8]) {
    let plain = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'/' | b'_');
    if s.iter().all(plain) {
        // SAFETY: ASCII.
        let _ = out.write_str(unsafe { core::str::from_utf8_unchecked(s) });
        return;
    }
    let _ = out.write_char('"');
    for chunk in s.utf8_chunks() {
        for c in chunk.valid().chars() {
            let _ = match c {
                '\n' => out.write_str("\\n"),
                '\r' => out.write_str("\\r"),
                '\t' => out.write_str("\\t"),
                '\\' | '"' => write!(out, "\\{c}"),
                ' '..='~' => out.write_char(c),
                c if (c as u32) < 127 => write!(out, "\\x{:02x}", c as u32),
                c if (c as u32) < 0x1_0000 => write!(out, "\\u{:04x}", c as u32),
                c => write!(out, "\\U{:08x}", c as u32),
            };
        }
        for b in chunk.invalid() {
            let _ = write!(out, "\\x{b:02x}");
        }
    }
    let _ = out.write_char('"');
}

fn print_created_by(out: &mut impl Out, g: &G) {
    if g.goid == proc::MAIN_GOID || g.go_pc == 0 {
        return;
    }
    let Some(f) = symtab::function_at(g.go_pc - 1) else { return };
    symtab::logical(f, g.go_pc - 1, |l| {
        let _ = write!(out, "created by {}", l.name);
        if g.parent_goid != 0 {
            let _ = write!(out, " in goroutine {}", g.parent_goid);
        }
        let _ = write!(out, "\n\t{}:{}", l.file, l.line);
        let _ = writeln!(out, " +{:#x}", g.go_pc - f.entry_pc());
        false
    });
}

/// The trace of one goroutine; `walk` starts at its innermost frame.
pub fn print_goroutine(out: &mut impl Out, g: &G, walk: impl Fn() -> Walk, level: u32) {
    print_header(out, g);
    print_frames(out, walk, level);
    print_created_by(out, g);
}

/// The traces of all goroutines but `except`, each after an empty line.
pub fn print_others(out: &mut impl Out, except: *const G, level: u32) {
    // SAFETY: the world is stopped or dying; a lock would only risk a dead end.
    let all = unsafe { proc::ALL_G.get() };
    for &g in all.iter() {
        // SAFETY: Gs live for ever (G4).
        let r = unsafe { &*g };
        let status = r.status.load(Ordering::Relaxed);
        if g.cast_const() == except || status == GDEAD || status == GIDLE {
            continue;
        }
        if crate::metrics::is_system(r) && level < 2 {
            continue;
        }
        let _ = out.write_char('\n');
        if status == GRUNNING {
            print_header(out, r);
            let _ = out.write_str("\tgoroutine running on other thread; stack unavailable\n");
            print_created_by(out, r);
        } else {
            print_goroutine(out, r, || Walk::parked(r), level);
        }
    }
}

/// Whether GOTRACEBACK asks for all goroutines.
pub fn wants_all() -> bool {
    level() & ALL != 0
}

/// A `Write` into memory of fixed size.
struct Buffer {
    at: *mut u8,
    len: usize,
    used: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let n = s.len().min(self.len - self.used);
        // SAFETY: the buffer has room for `len` bytes.
        unsafe { core::ptr::copy_nonoverlapping(s.as_ptr(), self.at.add(self.used), n) };
        self.used += n;
        Ok(())
    }
}

/// gc: `runtime.Stack`.
///
/// # Safety
/// `buf` has room for `n` bytes.
#[unsafe(export_name = "runtime.stackText")]
#[inline(never)]
pub unsafe extern "C" fn stack_text(buf: *mut u8, n: usize, all: bool) -> usize {
    let rbp: usize;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {}, rbp", out(reg) rbp, options(nostack, nomem)) };
    // SAFETY: W1.
    let (pc, caller) = unsafe { (*((rbp + 8) as *const usize), *(rbp as *const usize)) };
    let mut out = Buffer { at: buf, len: n, used: 0 };
    if all {
        proc::stop_the_world();
    }
    let g = arch::getg();
    // SAFETY: the current goroutine.
    unsafe {
        print_goroutine(&mut out, &*g, || Walk::new(pc, caller), level() & 0xff);
    }
    if all {
        print_others(&mut out, g, level() & 0xff);
        proc::start_the_world();
    }
    out.used
}

/// In a word of a raw stack: the pc names the instruction (W2).
const EXACT: usize = 1 << 63;

/// Physical stacks of all goroutines, packed into `buf`, which has room for `room` words: `ends[i]` is where the i-th ends. Gives
/// the number of goroutines, and of words that all stacks need. With `leaked`, only of those that never go on.
///
/// The world is stopped, so no more is done here than must be: `expand_stack` makes logical frames of it later.
///
/// # Safety
/// There is the promised room; `ends` and `labels` have room for `rows` words.
#[unsafe(export_name = "runtime.goroutineStacks")]
#[inline(never)]
pub unsafe extern "C" fn goroutine_stacks(
    buf: *mut usize,
    room: usize,
    ends: *mut usize,
    rows: usize,
    labels: *mut usize,
    leaked: bool,
) -> crate::heap::Pair {
    let max = crate::profile::depth();
    proc::stop_the_world();
    let me = arch::getg();
    let (mut count, mut words) = (0, 0);
    // SAFETY: the world is stopped.
    let all = unsafe { proc::ALL_G.get() };
    for &g in all.iter() {
        // SAFETY: Gs live for ever; the caller's room.
        unsafe {
            let status = (*g).status.load(Ordering::Relaxed);
            if status == GDEAD
                || status == GIDLE
                || crate::metrics::is_system(&*g)
                || leaked && (*g).leaked == 0
            {
                continue;
            }
            let walk = if g == me { Walk::here() } else { Walk::parked(&*g) };
            for (pc, exact) in walk.raw().take(max) {
                if words < room {
                    *buf.add(words) = pc | if exact { EXACT } else { 0 };
                }
                words += 1;
            }
            if count < rows {
                *ends.add(count) = words;
                *labels.add(count) = (*g).labels;
            }
            count += 1;
        }
    }
    proc::start_the_world();
    crate::heap::Pair(count, words)
}

/// The logical frames of a physical stack of `goroutine_stacks`; gives their number.
///
/// # Safety
/// `raw` has `n` words, `out` room for `max`.
#[unsafe(export_name = "runtime.expandStack")]
pub unsafe extern "C" fn expand_stack(
    raw: *const usize,
    n: usize,
    out: *mut usize,
    max: usize,
) -> usize {
    let (mut count, mut callee) = (0, "");
    for i in 0..n {
        // SAFETY: the caller's promise.
        let word = unsafe { *raw.add(i) };
        let (pc, exact) = (word & !EXACT, word & EXACT != 0);
        let function = symtab::function_at(if exact { pc } else { pc - 1 });
        let frame = Frame { pc, exact, function };
        let mut put = |frame, depth| {
            // SAFETY: `count < max`.
            unsafe { *out.add(count) = encode(frame, depth) };
            count += 1;
            count < max
        };
        let more = match function {
            Some(_) => expand(frame, &mut callee, &mut |_, frame, depth| put(frame, depth)),
            None if arch::is_goexit(pc) => {
                put(frame, 0);
                false
            }
            None => true,
        };
        if !more {
            break;
        }
    }
    count
}

/// Whether `pc` may be interrupted for a preemption: compiled Go, once the frame is set up. Before that a traceback
/// would lose the caller, and the stack check will notice the request anyway.
pub fn preemptible(pc: usize) -> bool {
    let Some(f) = symtab::function_at(pc) else { return false };
    pc >= f.entry_pc() + set_up_at(f).map_or(CHECK, |at| at + SET_UP.len())
}

/// `push rbp; mov rbp, rsp`
const SET_UP: [u8; 4] = [0x55, 0x48, 0x89, 0xe5];
/// The longest stack check in front of it.
const CHECK: usize = 20;

/// Where a function sets up its frame.
fn set_up_at(f: &FuncRec) -> Option<usize> {
    let len = (f.end - f.entry) as usize;
    // SAFETY: the function's code.
    let code =
        unsafe { core::slice::from_raw_parts(f.entry_pc() as *const u8, len.min(CHECK + 4)) };
    code.windows(4).position(|w| w == SET_UP)
}

/// If the frame of the function at `pc` is not set up yet, or gone already: how many words the return address is from rsp.
pub fn frame_words(pc: usize) -> Option<usize> {
    const RET: u8 = 0xc3;
    const RET_POPS: u8 = 0xc2;
    let f = symtab::function_at(pc)?;
    let push = f.entry_pc() + set_up_at(f)?;
    // SAFETY: the function's code.
    let code = unsafe { *(pc as *const u8) };
    if pc <= push || code == RET || code == RET_POPS {
        Some(0)
    } else if pc == push + 1 {
        Some(1)
    } else {
        None
    }
}
