//! The end of a program, and recovery: what the overlay's panic.go leaves to Rust.
//!
//! E1  The first goroutine that dies sets `DYING`; every other thread that wants to die too sleeps for ever. The second
//!     fault of the dying goroutine ends the process at once.

use crate::arch::{self, getg};
use crate::g::*;
use crate::proc::{self, DYING};
use crate::stack;
use crate::symtab;
use crate::sync::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};
use crate::sys;
use crate::traceback::{self, Walk};
use core::fmt::Write;
use core::ptr::null_mut;

static DYING_G: AtomicPtr<G> = AtomicPtr::new(null_mut());
static DYING_THREAD: AtomicU32 = AtomicU32::new(0);
static MAIN_LEFT: AtomicBool = AtomicBool::new(false);

/// Buffered standard error.
pub struct Stderr {
    buf: [u8; 512],
    used: usize,
}

impl Stderr {
    pub fn new() -> Stderr {
        Stderr { buf: [0; 512], used: 0 }
    }

    pub fn flush(&mut self) {
        sys::stderr(&self.buf[..self.used]);
        self.used = 0;
    }
}

impl Default for Stderr {
    fn default() -> Self {
        Stderr::new()
    }
}

impl Write for Stderr {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let mut s = s.as_bytes();
        while !s.is_empty() {
            if self.used == self.buf.len() {
                self.flush();
            }
            let n = s.len().min(self.buf.len() - self.used);
            self.buf[self.used..self.used + n].copy_from_slice(&s[..n]);
            self.used += n;
            s = &s[n..];
        }
        Ok(())
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.flush();
    }
}

fn thread() -> u32 {
    sys::gettid() as u32
}

/// The file of `debug.SetCrashOutput`; negative: none.
static CRASH_FD: AtomicI32 = AtomicI32::new(-1);

/// gc: `runtime.setCrashFD`.
#[unsafe(export_name = "runtime.setCrashFile")]
pub extern "C" fn set_crash_file(fd: i64) -> i64 {
    CRASH_FD.swap(fd as i32, Ordering::SeqCst).into()
}

/// E1.
#[unsafe(export_name = "runtime.startDying")]
pub extern "C" fn start_dying() {
    match DYING_THREAD.compare_exchange(0, thread(), Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => {
            DYING.store(1, Ordering::SeqCst);
            sys::CRASH_OUTPUT.store(CRASH_FD.load(Ordering::SeqCst), Ordering::SeqCst);
            let g = getg();
            DYING_G.store(g, Ordering::SeqCst);
            if !g.is_null() {
                // SAFETY: the current goroutine.
                unsafe { (*g).throwing = 1 };
            }
        }
        Err(t) if t == thread() => {
            sys::stderr(b"panic during panic\n");
            sys::exit(3);
        }
        Err(_) => loop {
            sys::sleep_ns(1_000_000_000);
        },
    }
}

#[unsafe(export_name = "runtime.waitForDeath")]
pub extern "C" fn wait_for_death() {
    while DYING.load(Ordering::SeqCst) != 0 && DYING_THREAD.load(Ordering::SeqCst) != thread() {
        sys::sleep_ns(1_000_000_000);
    }
}

fn print_signal(out: &mut Stderr, g: &G) {
    let [signal, code, address, pc] = g.fault;
    let name = match signal {
        0 => return,
        4 => "SIGILL: illegal instruction",
        7 => "SIGBUS: bus error",
        8 => "SIGFPE: floating-point exception",
        11 => "SIGSEGV: segmentation violation",
        _ => "signal",
    };
    let _ = writeln!(out, "[signal {name} code={code:#x} addr={address:#x} pc={pc:#x}]");
}

/// The rest of a fatal panic: signal, traces, exit.
#[unsafe(export_name = "runtime.dieOfPanic")]
#[inline(never)]
pub extern "C" fn die_of_panic() {
    let (pc, rbp) = caller_frame();
    let mut out = Stderr::new();
    // SAFETY: the current goroutine.
    let g = unsafe { &*getg() };
    print_signal(&mut out, g);
    let level = traceback::level();
    if level & 0xff > 0 {
        let _ = out.write_char('\n');
        traceback::print_goroutine(&mut out, g, || Walk::new(pc, rbp), level & 0xff);
        if traceback::wants_all() {
            traceback::print_others(&mut out, g, level & 0xff);
        }
    }
    out.flush();
    end(2)
}

/// (return address, rbp) of the Go caller of the Rust function that calls this; both must not be inlined.
#[inline(always)]
fn caller_frame() -> (usize, usize) {
    let rbp: usize;
    // SAFETY: reads a register; then this function's frame.
    unsafe {
        core::arch::asm!("mov {}, rbp", out(reg) rbp, options(nostack, nomem));
        (*((rbp + 8) as *const usize), *(rbp as *const usize))
    }
}

/// The end of a program that dies: by SIGABRT, if GOTRACEBACK asks for a core.
pub fn end(code: i32) -> ! {
    if traceback::level() & traceback::CRASH != 0 {
        crate::signal::crash();
    }
    sys::exit(code)
}

/// "fatal error: s", traces of all goroutines, exit.
///
/// # Safety
/// A Go string.
#[unsafe(export_name = "runtime.fatalText")]
#[inline(never)]
pub unsafe extern "C" fn fatal_text(s: *const u8, len: usize, runtime_fault: bool) {
    let (pc, rbp) = caller_frame();
    // SAFETY: the caller's promise.
    arch::on_g0(|| unsafe { fatal_text_from(s, len, runtime_fault, pc, rbp) });
}

unsafe fn fatal_text_from(s: *const u8, len: usize, runtime_fault: bool, pc: usize, rbp: usize) {
    start_dying();
    let mut out = Stderr::new();
    // SAFETY: the caller's promise.
    let text = unsafe { core::slice::from_raw_parts(s, len) };
    let _ = out.write_str("fatal error: ");
    for chunk in text.utf8_chunks() {
        let _ = out.write_str(chunk.valid());
    }
    let _ = out.write_str("\n");
    let level = traceback::level() & 0xff;
    if level > 0 {
        let level = if runtime_fault { 2 } else { level };
        let g = getg();
        if !g.is_null() {
            let _ = out.write_char('\n');
            // SAFETY: the current goroutine.
            let g = unsafe { &*g };
            print_signal(&mut out, g);
            traceback::print_goroutine(&mut out, g, || Walk::new(pc, rbp), level);
        }
        traceback::print_others(&mut out, g, level);
    }
    out.flush();
    end(2)
}

/// `throw` for Rust code.
#[cold]
#[inline(never)]
pub fn throw_str(s: &str) -> ! {
    // SAFETY: a valid string.
    unsafe { fatal_text(s.as_ptr(), s.len(), true) };
    sys::exit(2)
}

/// A fatal error that is the program's fault.
#[cold]
#[inline(never)]
pub fn fatal_str(s: &str) -> ! {
    // SAFETY: a valid string.
    unsafe { fatal_text(s.as_ptr(), s.len(), false) };
    sys::exit(2)
}

pub fn throw_if(condition: bool, s: &str) {
    if condition {
        throw_str(s);
    }
}

/// After a panic of Rust code: traces and exit. `walk`: where the goroutine was, if it happened on its stack.
pub fn die_with_traces(walk: Option<Walk>) -> ! {
    if DYING_THREAD.load(Ordering::SeqCst) == thread() {
        sys::exit(2);
    }
    start_dying();
    let mut out = Stderr::new();
    let g = getg();
    if !g.is_null() {
        let _ = out.write_char('\n');
        // SAFETY: the current goroutine.
        let r = unsafe { &*g };
        traceback::print_goroutine(&mut out, r, || walk.unwrap_or_else(|| Walk::parked(r)), 2);
    }
    out.flush();
    end(2)
}

#[unsafe(export_name = "runtime.mainGoexit")]
pub extern "C" fn main_goexit() {
    MAIN_LEFT.store(true, Ordering::SeqCst);
}

/// Nothing can ever run again. On g0 of the last thread.
pub fn deadlock() -> ! {
    start_dying();
    let mut out = Stderr::new();
    if MAIN_LEFT.load(Ordering::SeqCst) {
        let _ =
            out.write_str("fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n");
    } else {
        let _ = out.write_str("fatal error: all goroutines are asleep - deadlock!\n");
    }
    let level = traceback::level() & 0xff;
    if level > 0 {
        traceback::print_others(&mut out, null_mut(), level);
    }
    out.flush();
    end(2)
}

pub fn stack_overflow(g: &mut G, max: usize, frame: usize) -> ! {
    start_dying();
    let mut out = Stderr::new();
    let _ = writeln!(out, "runtime: goroutine stack exceeds {max}-byte limit");
    let _ = writeln!(
        out,
        "runtime: sp={:#x} stack=[{:#x}, {:#x}]",
        frame, g.segments[0].base, g.segments[0].top
    );
    let _ = out.write_str("fatal error: stack overflow\n\nruntime stack:\n\n");
    // SAFETY: `__morestack`'s frame.
    let (pc, rbp) = unsafe { (*((frame + 8) as *const usize), *(frame as *const usize)) };
    let level = traceback::level() & 0xff;
    traceback::print_goroutine(&mut out, g, || Walk::new(pc, rbp), level);
    traceback::print_others(&mut out, g, level);
    out.flush();
    end(2)
}

#[unsafe(export_name = "runtime.unexpectedFault")]
#[inline(never)]
pub extern "C" fn unexpected_fault(address: usize) {
    let (pc, rbp) = caller_frame();
    start_dying();
    let mut out = Stderr::new();
    let _ = writeln!(out, "unexpected fault address {address:#x}\nfatal error: fault");
    // SAFETY: the current goroutine.
    let g = unsafe { &*getg() };
    print_signal(&mut out, g);
    let _ = out.write_char('\n');
    let level = traceback::level() & 0xff;
    traceback::print_goroutine(&mut out, g, || Walk::new(pc, rbp), level);
    traceback::print_others(&mut out, g, level);
    out.flush();
    end(2)
}

// ---- recovery

/// Callee-saved registers: rbx, r12, r13, r14.
type Saved = [usize; 4];

/// Leaves everything above the frame of `df` and continues at its landing pad (`docs/abi.md`, section 6).
///
/// # Safety
/// `df` is a DeferFrame of a function that is active on this goroutine.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.recoverTo")]
pub unsafe extern "C" fn recover_to(df: *const usize) {
    core::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "sub rsp, 32",
        "mov [rsp], rbx",
        "mov [rsp + 8], r12",
        "mov [rsp + 16], r13",
        "mov [rsp + 24], r14",
        "mov rsi, rsp",
        "mov rdx, [rbp + 8]",
        "mov rcx, [rbp]",
        "call {continue_at}",
        "ud2",
        continue_at = sym continue_at_pad,
    )
}

/// What a frame of this function, with frame pointer `rbp`, saved; the others are as they were.
///
/// # Safety
/// An active frame of that function.
unsafe fn unwind(frame: &traceback::Frame, rbp: usize, regs: &mut Saved) {
    let at = |n: usize| {
        // SAFETY: the caller's promise; the function saved the register there.
        unsafe { *((rbp - n) as *const usize) }
    };
    let Some(f) = frame.function else {
        // Of the code that Go is called from on its own stack, only this saves registers.
        if crate::reflectcall::is_native_call(frame.pc) {
            (regs[0], regs[1]) = (at(8), at(16));
        }
        return;
    };
    let saved = f.flags >> symtab::SAVED_SHIFT & 15;
    let mut offset = (8 * saved.count_ones() as usize).next_multiple_of(16);
    for (_, r) in regs.iter_mut().enumerate().filter(|(i, _)| saved >> i & 1 != 0) {
        *r = at(offset);
        offset -= 8;
    }
}

/// The rest of [`recover_to`], with the registers and frame of its caller.
///
/// # Safety
/// As there.
unsafe extern "C" fn continue_at_pad(df: *const usize, regs: *mut Saved, pc: usize, rbp: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let regs = &mut *regs;
        let Some(pad) = symtab::pad_of(*df.add(1)) else {
            throw_str("recovery: a function with defer has no landing pad");
        };
        let sp = df as usize - pad.defer_frame as usize;
        let fp = sp + pad.frame_offset as usize;
        let mut walk = Walk::new(pc, rbp);
        while walk.frame_pointer() != fp {
            let rbp = walk.frame_pointer();
            let Some(frame) = walk.next() else {
                throw_str("recovery: frame is not on this goroutine's stack");
            };
            unwind(&frame, rbp, regs);
        }
        let g = &mut *getg();
        let Some(i) = stack::segment_of(g, fp) else {
            throw_str("recovery: frame is not on this goroutine's stack");
        };
        g.true_limit = if i == 0 {
            g.segments[0].base + stack::RESERVE
        } else {
            *((g.segments[i].top - 8) as *const usize)
        };
        g.next_top = if i + 1 < SEGMENTS { g.segments[i + 1].top } else { 0 };
        g.stack_limit.store(g.true_limit, Ordering::SeqCst);
        if g.preempt.load(Ordering::SeqCst) != 0 {
            g.stack_limit.store(usize::MAX, Ordering::SeqCst);
        }
        let target = crate::prog::prog().text.start + pad.pad as usize;
        // The registers lie above what is left: copied before rsp moves.
        let place = arch::Pad { target, rbp: fp, rsp: sp, df: df as usize, saved: *regs };
        arch::jump_to_pad(&place, g)
    }
}

/// Whether the function whose stack pointer is `sp` while it calls is that of `df`, or was entered after it. Both are on
/// the current goroutine's stack.
#[unsafe(export_name = "runtime.isInner")]
pub extern "C" fn is_inner(sp: usize, df: usize) -> bool {
    // SAFETY: the current goroutine.
    let g = unsafe { &*getg() };
    let (a, b) = (stack::segment_of(g, sp), stack::segment_of(g, df));
    a > b || (a == b && sp <= df)
}

#[unsafe(export_name = "runtime.translateArgp")]
pub extern "C" fn translate_argp(argp: usize) -> usize {
    // SAFETY: the current goroutine.
    stack::translate_argp(unsafe { &*getg() }, argp)
}

#[unsafe(export_name = "runtime.goexit1")]
pub unsafe extern "C" fn goexit1() {
    // SAFETY: ends the current goroutine.
    unsafe { proc::goroutine_exit(getg()) }
}

#[unsafe(export_name = "runtime.exit")]
pub extern "C" fn exit(code: i32) {
    sys::exit(code)
}
