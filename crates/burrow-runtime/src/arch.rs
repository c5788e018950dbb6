//! amd64: switching stacks, the stack check's slow path, calls from one stack to another; `memory`: moving and comparing bytes.
//!
//! S1  A goroutine that does not run has its callee-saved registers on its stack, and `G.rsp` points to them:
//!     `[r15 r14 r13 r12 rbx rbp pc]`. In a system call it has not: then `G.syscall_rsp` is set instead.
//! S2  r15 is the current G in compiled Go. Rust may use r15 otherwise, but restores it before it returns.
//! S3  The record at the top of an attached segment, from the top downwards:
//!     -8 the segment's limit, -16 top of the segment after it (0: none), -24 unused, -32 bytes of stack
//!     arguments copied, -40 limit of the segment before, -48 rsp there (it points to a saved rbp).
//! S4  `__morestack` and its kin touch r10, r11 and flags only, on the way in and on the way out: all other
//!     registers may hold arguments or results.

use crate::g::{G, M};
use core::arch::{asm, naked_asm};
use core::mem::{MaybeUninit, offset_of};

#[cfg(feature = "image")]
mod memory;

/// Bytes of the record of S3.
pub const SEGMENT_RECORD: usize = 48;

/// The current thread's M.
#[inline]
pub fn m() -> *mut M {
    let tp: usize;
    // SAFETY: fs:0 holds the thread pointer itself, which points to `M.tp`. Not `pure`: after a switch of
    // goroutines the thread may be another one.
    unsafe { asm!("mov {}, fs:[0]", out(reg) tp, options(nostack, preserves_flags)) };
    (tp - offset_of!(M, tp)) as *mut M
}

/// The goroutine that this thread runs, also while it is on g0; null in the scheduler.
#[inline]
pub fn getg() -> *mut G {
    // SAFETY: the M of the current thread lives as long as the thread.
    unsafe { (*m()).curg }
}

/// Saves the current goroutine (S1) and calls `f` with it on the thread's own stack. Returns when the
/// goroutine is resumed, maybe on another thread.
#[unsafe(naked)]
pub unsafe extern "C" fn mcall(f: unsafe extern "C" fn(*mut G) -> !) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rax, rdi",
        "mov r10, fs:[0]",
        "mov r11, rsp",
        "sub r11, [r10 + {signal_stack} - {tp}]",
        "cmp r11, {alt_stack}",
        "jb 2f",
        "mov rdi, [r10 + {curg} - {tp}]",
        "mov [rdi + {rsp}], rsp",
        "mov rsp, [r10 + {g0_rsp} - {tp}]",
        "mov dword ptr [r10 + {on_g0} - {tp}], 1",
        "xor ebp, ebp",
        "call rax",
        "ud2",
        "2:",
        "jmp {in_handler}",
        signal_stack = const offset_of!(M, signal_stack),
        alt_stack = const crate::signal::ALT_STACK,
        in_handler = sym switched_in_handler,
        curg = const offset_of!(M, curg),
        tp = const offset_of!(M, tp),
        g0_rsp = const offset_of!(M, g0_rsp),
        on_g0 = const offset_of!(M, on_g0),
        rsp = const offset_of!(G, rsp),
    )
}

/// Resumes `g` (S1) on this thread.
///
/// # Safety
/// `g` is `M.curg` of this thread and does not run; the stack left behind is g0's.
#[unsafe(naked)]
pub unsafe extern "C" fn gogo(g: *mut G) -> ! {
    naked_asm!(
        "mov r10, fs:[0]",
        "mov dword ptr [r10 + {on_g0} - {tp}], 0",
        "mov rsp, [rdi + {rsp}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        tp = const offset_of!(M, tp),
        on_g0 = const offset_of!(M, on_g0),
        rsp = const offset_of!(G, rsp),
    )
}

/// Calls `f(arg)` on the thread's own stack and comes back; directly if it is on that stack already. The
/// goroutine is saved as in S1 meanwhile, so that its stack can be scanned.
#[unsafe(naked)]
pub unsafe extern "C" fn systemstack(f: unsafe extern "C" fn(*mut u8), arg: *mut u8) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov r10, fs:[0]",
        "cmp dword ptr [r10 + {on_g0} - {tp}], 0",
        "jne 2f",
        "mov rax, rsp",
        "sub rax, [r10 + {signal_stack} - {tp}]",
        "cmp rax, {alt_stack}",
        "jb 4f",
        "mov r12, [r10 + {curg} - {tp}]",
        "mov [r12 + {rsp}], rsp",
        "mov rbx, rsp",
        "mov rsp, [r10 + {g0_rsp} - {tp}]",
        "mov dword ptr [r10 + {on_g0} - {tp}], 1",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "mov r10, fs:[0]",
        "mov dword ptr [r10 + {on_g0} - {tp}], 0",
        "mov rsp, rbx",
        "3:",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        "2:",
        "sub rsp, 8",
        "mov rax, rdi",
        "mov rdi, rsi",
        "call rax",
        "add rsp, 8",
        "jmp 3b",
        "4:",
        "jmp {in_handler}",
        signal_stack = const offset_of!(M, signal_stack),
        alt_stack = const crate::signal::ALT_STACK,
        in_handler = sym switched_in_handler,
        tp = const offset_of!(M, tp),
        curg = const offset_of!(M, curg),
        g0_rsp = const offset_of!(M, g0_rsp),
        on_g0 = const offset_of!(M, on_g0),
        rsp = const offset_of!(G, rsp),
    )
}

/// SIG-1: a signal handler was about to switch stacks. The interrupted goroutine's place would be lost, which may be in its G
/// only at this moment. In assembly, so that its stack is known to those who might get here.
#[unsafe(naked)]
unsafe extern "C" fn switched_in_handler() -> ! {
    naked_asm!(
        "mov eax, {write}",
        "mov edi, 2",
        "lea rsi, [rip + {text}]",
        "mov edx, {len}",
        "syscall",
        "mov eax, {exit_group}",
        "mov edi, 2",
        "syscall",
        "ud2",
        write = const crate::sys::nr::WRITE,
        exit_group = const crate::sys::nr::EXIT_GROUP,
        text = sym IN_HANDLER,
        len = const IN_HANDLER.len(),
    )
}

static IN_HANDLER: [u8; 69] =
    *b"fatal error: assertion failed: SIG-1 a signal handler switches stack\n";

/// Bytes of stack that are left here: on g0 enough, on a goroutine's stack above its limit, on the signal stack above its base.
pub fn room_here() -> usize {
    let rsp: usize;
    // SAFETY: reads a register; this thread's record and goroutine.
    unsafe {
        asm!("mov {}, rsp", out(reg) rsp, options(nostack, nomem, preserves_flags));
        let me = m();
        let in_handler = rsp.wrapping_sub((*me).signal_stack);
        if in_handler < crate::signal::ALT_STACK {
            return in_handler;
        }
        if (*me).on_g0 != 0 || (*me).curg.is_null() {
            return usize::MAX;
        }
        rsp.saturating_sub((*(*me).curg).true_limit)
    }
}

/// Calls the vDSO's function `f(which, t)`.
///
/// # Safety
/// There is room for it: the analysis of stacks takes this function's word for it (`burrow-link/stack_need.rs`, D5).
#[unsafe(naked)]
pub unsafe extern "C" fn call_vdso(which: usize, t: *mut crate::sys::Timespec, f: usize) {
    naked_asm!("push rbp", "mov rbp, rsp", "call rdx", "pop rbp", "ret")
}

/// Runs `f` on the thread's own stack: what needs more room than a goroutine has below its limit (stack, T2). `f` does not
/// park, and does not call Go.
pub fn on_g0<R>(f: impl FnOnce() -> R) -> R {
    struct Call<F, R> {
        f: Option<F>,
        result: MaybeUninit<R>,
    }
    unsafe extern "C" fn run<F: FnOnce() -> R, R>(call: *mut u8) {
        // SAFETY: the call below, which outlives this one.
        let call = unsafe { &mut *call.cast::<Call<F, R>>() };
        if let Some(f) = call.f.take() {
            call.result.write(f());
        }
    }
    fn run_of<F: FnOnce() -> R, R>(_: &Call<F, R>) -> unsafe extern "C" fn(*mut u8) {
        run::<F, R>
    }
    let mut call = Call { f: Some(f), result: MaybeUninit::uninit() };
    // SAFETY: `run` takes what it is given, and has written the result.
    unsafe {
        systemstack(run_of(&call), (&raw mut call).cast());
        call.result.assume_init()
    }
}

/// Before a system call: where the goroutine is, for whoever looks at its stack meanwhile.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.entersyscall")]
pub unsafe extern "C" fn entersyscall() {
    naked_asm!(
        "mov r10, fs:[0]",
        "mov r10, [r10 + {curg} - {tp}]",
        "lea rax, [rsp + 8]",
        "mov [r10 + {rsp}], rax",
        "mov [r10 + {rbp}], rbp",
        "mov rax, [rsp]",
        "mov [r10 + {pc}], rax",
        "mov [r10 + {regs}], rbx",
        "mov [r10 + {regs} + 8], r12",
        "mov [r10 + {regs} + 16], r13",
        "mov [r10 + {regs} + 24], r14",
        "mov rdi, r10",
        "jmp {f}",
        curg = const offset_of!(M, curg),
        tp = const offset_of!(M, tp),
        rsp = const offset_of!(G, syscall_rsp),
        rbp = const offset_of!(G, syscall_rbp),
        pc = const offset_of!(G, syscall_pc),
        regs = const offset_of!(G, syscall_regs),
        f = sym crate::proc::enter_syscall,
    )
}

/// Calls the Go function at `entry`, without arguments and results, on the current goroutine.
///
/// # Safety
/// On a goroutine's stack; `entry` is such a function.
#[unsafe(naked)]
pub unsafe extern "C" fn call_go(entry: usize) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 8",
        "mov r10, fs:[0]",
        "mov r15, [r10 + {curg} - {tp}]",
        "call rdi",
        "add rsp, 8",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        curg = const offset_of!(M, curg),
        tp = const offset_of!(M, tp),
    )
}

/// Calls the func value `f` as a deferred function: its `recover` is recognised by rsp at the call.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.callDeferred")]
pub unsafe extern "C" fn call_deferred(argp: *mut usize, f: *const usize) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "mov [rdi], rsp",
        "mov [r15 + {ctx}], rsi",
        "call [rsi]",
        "pop rbp",
        "ret",
        ctx = const offset_of!(G, ctx),
    )
}

/// What the exceptional edge of a function with deferred calls hangs on (`docs/abi.md`, section 6). Nobody calls it.
#[unsafe(naked)]
#[unsafe(export_name = "rt_deferenter")]
pub unsafe extern "C" fn defer_enter() {
    naked_asm!("ud2")
}

/// Where a recovered panic goes on.
#[repr(C)]
pub struct Pad {
    pub target: usize,
    pub rbp: usize,
    pub rsp: usize,
    pub df: usize,
    /// rbx, r12, r13, r14.
    pub saved: [usize; 4],
}

/// Continues at a landing pad with its frame and registers, and its `DeferFrame` in rax.
#[unsafe(naked)]
pub unsafe extern "C" fn jump_to_pad(pad: *const Pad, g: *mut G) -> ! {
    naked_asm!(
        "mov r15, rsi",
        "mov rbx, [rdi + {saved}]",
        "mov r12, [rdi + {saved} + 8]",
        "mov r13, [rdi + {saved} + 16]",
        "mov r14, [rdi + {saved} + 24]",
        "mov rax, [rdi + {df}]",
        "mov rbp, [rdi + {rbp}]",
        "mov rdx, [rdi + {rsp}]",
        "mov rdi, [rdi + {target}]",
        "mov rsp, rdx",
        "jmp rdi",
        saved = const offset_of!(Pad, saved),
        df = const offset_of!(Pad, df),
        rbp = const offset_of!(Pad, rbp),
        rsp = const offset_of!(Pad, rsp),
        target = const offset_of!(Pad, target),
    )
}

/// Where a goroutine begins and ends: `gogo` arrives at `goroutine_start`; the outermost return address is in
/// `runtime.goexit`.
#[unsafe(naked)]
#[unsafe(export_name = "runtime.goexit")]
pub unsafe extern "C" fn goexit() {
    naked_asm!(
        "nop",
        ".globl burrow_goroutine_start",
        "burrow_goroutine_start:",
        "xor ebp, ebp",
        "mov r11, [r15 + {start_fn}]",
        // From here on the closure lives as long as its function needs it.
        "mov qword ptr [r15 + {start_fn}], 0",
        "mov [r15 + {ctx}], r11",
        "call [r11]",
        "mov rdi, r15",
        "call {exit}",
        "ud2",
        start_fn = const offset_of!(G, start_fn),
        ctx = const offset_of!(G, ctx),
        exit = sym crate::proc::goroutine_exit,
    )
}

unsafe extern "C" {
    fn burrow_goroutine_start();
    fn __morestack_ret();
    fn __morestack_args_ret();
}

/// Lets the next `gogo(g)` begin `g.start_fn` on an empty stack.
///
/// # Safety
/// `g` does not run, and nobody looks at its stack.
pub unsafe fn prepare(g: *mut G) {
    // SAFETY: the top of a stack that is ours: the registers of S1, and two words for alignment.
    unsafe {
        let frame = (*g).segments[0].top - 16 - 7 * 8;
        let words = frame as *mut usize;
        *words = g as usize;
        for i in 1..9 {
            *words.add(i) = 0;
        }
        *words.add(6) = goroutine_start();
        (*g).rsp = frame;
    }
}

/// Where `gogo` enters a fresh goroutine.
pub fn goroutine_start() -> usize {
    burrow_goroutine_start as *const () as usize
}

unsafe extern "C" {
    static __executable_start: u8;
    static etext: u8;
}

/// Whether `pc` lies in the image: the runtime's own code.
pub fn in_image(pc: usize) -> bool {
    (&raw const __executable_start as usize..&raw const etext as usize).contains(&pc)
}

/// Whether `pc` lies in `runtime.goexit`: the outermost frame.
pub fn is_goexit(pc: usize) -> bool {
    pc.wrapping_sub(goexit as *const () as usize) < 64
}

/// Whether `pc` lies in the stub of injected preemptions.
pub fn is_async_preempt(pc: usize) -> bool {
    pc.wrapping_sub(crate::signal::async_preempt as *const () as usize) < 256
}

/// Whether `pc` is the return address of a call that crossed to another segment.
pub fn is_morestack_ret(pc: usize) -> bool {
    pc == __morestack_ret as *const () as usize || pc == __morestack_args_ret as *const () as usize
}

// On entry: [rsp] is the function's entry (its prefix called us), [rsp+8] its return address.
core::arch::global_asm!(
    ".globl __morestack",
    ".type __morestack, @function",
    "__morestack:",
    "pop qword ptr [r15 + {scratch}]",
    "push rbp",
    "mov rbp, rsp",
    "cmp qword ptr [r15 + {limit}], -1",
    "je 5f",
    "mov r10, [r15 + {next_top}]",
    "test r10, r10",
    "jz 5f",
    "2:",
    "mov [r10 - 48], rsp",
    "push qword ptr [r15 + {true_limit}]",
    "pop qword ptr [r10 - 40]",
    "mov qword ptr [r10 - 32], 0",
    "mov r11, [r10 - 8]",
    "mov [r15 + {true_limit}], r11",
    "mov [r15 + {limit}], r11",
    "mov r11, [r10 - 16]",
    "mov [r15 + {next_top}], r11",
    "lea rsp, [r10 - 48]",
    "call [r15 + {scratch}]",
    ".globl __morestack_ret",
    "__morestack_ret:",
    "lea r11, [rsp + 48]",
    "mov [r15 + {next_top}], r11",
    "mov r11, [rsp + 8]",
    "mov [r15 + {true_limit}], r11",
    "mov [r15 + {limit}], r11",
    "cmp dword ptr [r15 + {preempt}], 0",
    "jne 4f",
    "3:",
    "mov rsp, rbp",
    "pop rbp",
    "ret",
    "4:",
    "mov qword ptr [r15 + {limit}], -1",
    "jmp 3b",
    "5:",
    "call burrow_morestack_save",
    "test r10, r10",
    "jnz 2b",
    "pop rbp",
    "jmp [r15 + {scratch}]",
    ".size __morestack, . - __morestack",
    // r10d: bytes of stack arguments.
    ".globl __morestack_args",
    ".type __morestack_args, @function",
    "__morestack_args:",
    "pop qword ptr [r15 + {scratch}]",
    "push rbp",
    "mov rbp, rsp",
    "push r10",
    "push r10",
    "cmp qword ptr [r15 + {limit}], -1",
    "je 5f",
    "mov r11, [r15 + {next_top}]",
    "test r11, r11",
    "jz 5f",
    "2:",
    "pop r10",
    "pop r10",
    "mov [r11 - 48], rsp",
    "push qword ptr [r15 + {true_limit}]",
    "pop qword ptr [r11 - 40]",
    "mov [r11 - 32], r10",
    "push qword ptr [r11 - 8]",
    "pop qword ptr [r15 + {true_limit}]",
    "push qword ptr [r11 - 8]",
    "pop qword ptr [r15 + {limit}]",
    "push qword ptr [r11 - 16]",
    "pop qword ptr [r15 + {next_top}]",
    "lea rsp, [r11 - 48]",
    "sub rsp, r10",
    "6:",
    "mov r11, [rbp + r10 + 8]",
    "mov [rsp + r10 - 8], r11",
    "sub r10, 8",
    "jnz 6b",
    "call [r15 + {scratch}]",
    ".globl __morestack_args_ret",
    "__morestack_args_ret:",
    "lea r11, [rsp + 48]",
    "mov [r15 + {next_top}], r11",
    "mov r11, [rsp + 8]",
    "mov [r15 + {true_limit}], r11",
    "mov [r15 + {limit}], r11",
    "mov r11, [rsp + 16]",
    "cmp dword ptr [r15 + {preempt}], 0",
    "jne 4f",
    "3:",
    "mov rsp, rbp",
    "pop rbp",
    "pop qword ptr [r15 + {scratch}]",
    "add rsp, r11",
    "push qword ptr [r15 + {scratch}]",
    "ret",
    "4:",
    "mov qword ptr [r15 + {limit}], -1",
    "jmp 3b",
    "5:",
    "call burrow_morestack_save",
    "mov r11, r10",
    "test r11, r11",
    "jnz 2b",
    "pop r10",
    "pop r10",
    "pop rbp",
    "jmp [r15 + {scratch}]",
    ".size __morestack_args, . - __morestack_args",
    // Saves every register that may hold an argument, asks Rust; r10: the segment to use, 0: try again.
    "burrow_morestack_save:",
    "push rdi",
    "push rsi",
    "push rdx",
    "push rcx",
    "push r8",
    "push r9",
    "push rax",
    "push qword ptr [r15 + {ctx}]",
    "push qword ptr [r15 + {scratch}]",
    "sub rsp, 136",
    "movups [rsp], xmm0",
    "movups [rsp + 16], xmm1",
    "movups [rsp + 32], xmm2",
    "movups [rsp + 48], xmm3",
    "movups [rsp + 64], xmm4",
    "movups [rsp + 80], xmm5",
    "movups [rsp + 96], xmm6",
    "movups [rsp + 112], xmm7",
    "mov rdi, r15",
    "mov rsi, rbp",
    "mov r11, rsp",
    "and rsp, -16",
    "push r11",
    "push r11",
    "call {slow}",
    "pop rsp",
    "mov r10, rax",
    "movups xmm0, [rsp]",
    "movups xmm1, [rsp + 16]",
    "movups xmm2, [rsp + 32]",
    "movups xmm3, [rsp + 48]",
    "movups xmm4, [rsp + 64]",
    "movups xmm5, [rsp + 80]",
    "movups xmm6, [rsp + 96]",
    "movups xmm7, [rsp + 112]",
    "add rsp, 136",
    "pop qword ptr [r15 + {scratch}]",
    "pop qword ptr [r15 + {ctx}]",
    "pop rax",
    "pop r9",
    "pop r8",
    "pop rcx",
    "pop rdx",
    "pop rsi",
    "pop rdi",
    "ret",
    limit = const offset_of!(G, stack_limit),
    next_top = const offset_of!(G, next_top),
    ctx = const offset_of!(G, ctx),
    scratch = const offset_of!(G, scratch),
    true_limit = const offset_of!(G, true_limit),
    preempt = const offset_of!(G, preempt),
    slow = sym crate::stack::morestack_slow,
);
