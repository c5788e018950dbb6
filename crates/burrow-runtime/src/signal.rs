//! Signals: faults that become panics, preemption, and what os/signal asks for.
//!
//! SIG-1  A handler runs on its thread's alternate stack. It neither allocates nor locks nor switches to another stack: `mcall`
//!     and `systemstack` refuse it. What it calls may ask `arch::room_here`, which knows that stack.
//! G2  A fault in compiled Go is answered by injecting a call to Go's `sigpanic`: the faulting pc is pushed like a
//!     return address. In the assembly of `memmove` and its kin, which has no frame, the return address is there already.
//! G3  A preemption is injected the same way (`async_preempt`), at any instruction of compiled Go.

use crate::allthreads;
use crate::arch::{self, m};
use crate::cpuprof;
use crate::g::*;
use crate::go_entry;
use crate::panics;
use crate::proc;
use crate::prog::in_go_text;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sys;
use crate::traceback;
use core::arch::naked_asm;
use core::fmt::Write;

go_entry!(sigpanic_entry, "runtime.sigpanic");

const SIGHUP: usize = 1;
const SIGINT: usize = 2;
const SIGQUIT: usize = 3;
const SIGILL: usize = 4;
const SIGTRAP: usize = 5;
const SIGABRT: usize = 6;
const SIGBUS: usize = 7;
const SIGFPE: usize = 8;
const SIGSEGV: usize = 11;
const SIGPIPE: usize = 13;
const SIGTERM: usize = 15;
const SIGSTKFLT: usize = 16;
const SIGURG: usize = 23;
const SIGSYS: usize = 31;
/// The last signal of real time.
const LAST: usize = 64;
const SA_SIGINFO: u64 = 4;
const SA_RESTORER: u64 = 0x0400_0000;
const SA_ONSTACK: u64 = 0x0800_0000;
const SA_RESTART: u64 = 0x1000_0000;
const SIG_DFL: usize = 0;
const SIG_IGN: usize = 1;
pub const ALT_STACK: usize = 64 << 10;

#[repr(C)]
struct Action {
    handler: usize,
    flags: u64,
    restorer: usize,
    mask: u64,
}

#[repr(C)]
struct Info {
    signo: i32,
    errno: i32,
    code: i32,
    pad: i32,
    addr: usize,
}

/// `ucontext_t` up to the registers.
#[repr(C)]
struct Context {
    head: [usize; 5],
    regs: [usize; 23],
}

const R15: usize = 7;
const RBP: usize = 10;
const RSP: usize = 15;
const RIP: usize = 16;

#[unsafe(naked)]
unsafe extern "C" fn restorer() {
    naked_asm!("mov eax, 15", "syscall", "ud2")
}

fn set_action(signal: usize, handler: usize) {
    let a = Action {
        handler,
        flags: SA_SIGINFO | SA_ONSTACK | SA_RESTORER | SA_RESTART,
        restorer: restorer as *const () as usize,
        mask: !0,
    };
    // SAFETY: the kernel reads `a`.
    unsafe {
        sys::syscall6(sys::nr::RT_SIGACTION, signal, &raw const a as usize, 0, 8, 0, 0);
    }
}

fn current_handler(signal: usize) -> usize {
    let mut a = Action { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: the kernel writes `a`.
    unsafe {
        sys::syscall6(sys::nr::RT_SIGACTION, signal, 0, &raw mut a as usize, 8, 0, 0);
    }
    a.handler
}

/// Signals that end the program with a dump, or are faults: `_SigThrow` and `_SigPanic` of gc's `sigtable`.
const FATAL: [usize; 9] =
    [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSTKFLT, SIGSYS];

/// Signals that do nothing in a Go program that doesn't ask for them: SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGXCPU, SIGXFSZ,
/// SIGVTALRM, SIGIO, SIGPWR, and those of real time. (What the system ignores is left to it.)
fn does_nothing(signal: usize) -> bool {
    matches!(signal, 10 | 12 | SIGPIPE | 14 | 24..=26 | 29 | 30 | 35..=LAST)
}

/// Signals that have our handler all the time.
fn is_caught(signal: usize) -> bool {
    FATAL.contains(&signal) || signal == SIGURG || does_nothing(signal)
}

/// Signals that programs can't have: the C library's, and the one for all threads. gc: neither.
fn is_reserved(signal: usize) -> bool {
    matches!(signal, 32..=34) || signal == cpuprof::SIGPROF
}

/// A signal's bit in masks, of the kernel's and ours.
fn bit(signal: usize) -> u64 {
    1 << (signal - 1)
}

fn is_signal(number: u32) -> bool {
    (1..=LAST as u32).contains(&number)
}

/// Those of SIGHUP and SIGINT that whoever started the process (`nohup`) wanted to be ignored.
static IGNORED_FIRST: AtomicU64 = AtomicU64::new(0);

/// The mask that the process began with: that of every thread which runs Go.
static FIRST_MASK: AtomicU64 = AtomicU64::new(0);

pub fn init() {
    FIRST_MASK.store(change_mask(0, 0), Ordering::SeqCst);
    traceback::init();
    for s in [SIGHUP, SIGINT] {
        if current_handler(s) == SIG_IGN {
            IGNORED_FIRST.fetch_or(bit(s), Ordering::SeqCst);
        }
    }
    for s in (1..=LAST).filter(|&s| is_caught(s)) {
        set_action(s, handler as *const () as usize);
    }
}

pub fn init_thread(me: *mut M) {
    let stack = sys::map_rw(ALT_STACK) as usize;
    let alt = [stack, 0, ALT_STACK];
    // SAFETY: the kernel reads the description of memory that is this thread's for ever.
    unsafe {
        (*me).signal_stack = stack;
        sys::syscall3(sys::nr::SIGALTSTACK, alt.as_ptr() as usize, 0, 0);
    }
    set_mask(FIRST_MASK.load(Ordering::SeqCst));
}

/// What `init_thread` did is undone. Signals are blocked.
pub fn end_thread(me: *mut M) {
    const SS_DISABLE: usize = 2;
    let none = [0, SS_DISABLE, 0];
    // SAFETY: the kernel reads the description; then nobody uses the stack.
    unsafe {
        sys::syscall3(sys::nr::SIGALTSTACK, none.as_ptr() as usize, 0, 0);
        sys::unmap((*me).signal_stack as *mut u8, ALT_STACK);
        (*me).signal_stack = 0;
    }
}

fn change_mask(how: usize, new: u64) -> u64 {
    let mut old = 0_u64;
    // SAFETY: the kernel reads `new` and writes `old`.
    unsafe {
        let (new, old) = (&raw const new as usize, &raw mut old as usize);
        sys::syscall6(sys::nr::RT_SIGPROCMASK, how, new, old, 8, 0, 0);
    }
    old
}

pub fn block_all() -> u64 {
    change_mask(2, !0)
}

pub fn set_mask(mask: u64) {
    change_mask(2, mask);
}

/// Asks the thread to stop its goroutine at the next instruction (G3).
pub fn preempt_thread(target: *mut M) {
    // SAFETY: Ms live for ever; a wrong moment is noticed in the handler.
    unsafe {
        let tid = (*target).tid.load(Ordering::Relaxed);
        if tid != 0 {
            send(tid, SIGURG);
        }
    }
}

/// Sends a signal to a thread of ours.
pub fn send(tid: u32, signal: usize) {
    // SAFETY: no memory involved.
    unsafe { sys::syscall3(sys::nr::TGKILL, sys::getpid() as usize, tid as usize, signal) };
}

extern "C" fn handler(signal: i32, info: *const Info, context: *mut Context) {
    // SAFETY: the kernel's arguments.
    let (info, context) = unsafe { (&*info, &mut *context) };
    let signal = signal as usize;
    if signal == cpuprof::SIGPROF {
        // As in gc, the program does not see it.
        cpuprof::tick(context.regs[RIP], context.regs[RSP], context.regs[RBP]);
        return;
    }
    if signal == allthreads::SIGNAL {
        return allthreads::on_signal();
    }
    let is_fault = matches!(signal, SIGSEGV | SIGBUS | SIGFPE | SIGILL) && info.code > 0;
    if is_fault {
        return fault(signal, info, context);
    }
    DELIVERING.fetch_add(1, Ordering::SeqCst);
    let wanted = wanted(signal);
    if wanted {
        queue(signal);
    }
    DELIVERING.fetch_sub(1, Ordering::SeqCst);
    match signal {
        SIGURG => preempt(context),
        _ if wanted => {}
        _ if FATAL.contains(&signal) => dump(signal, info, context),
        // The program stopped asking for it at this moment.
        SIGHUP | SIGINT | SIGTERM if !ignored(signal) => die_by(signal),
        _ => {}
    }
}

/// From now on SIGPROF ticks; for ever, since a late one must not end the program.
pub fn handle_profile() {
    set_action(cpuprof::SIGPROF, handler as *const () as usize);
}

/// The same for the signal by which all threads make a system call.
pub fn handle_all_threads() {
    set_action(allthreads::SIGNAL, handler as *const () as usize);
}

/// The mask of threads that do not run Go: of all signals they only take the one that is meant for all threads, and their ticks
/// for a profile. They have no alternate stack: their own is large.
pub fn mask_of_runtime() {
    set_mask(!(bit(allthreads::SIGNAL) | bit(cpuprof::SIGPROF)));
}

/// G3.
fn preempt(context: &mut Context) {
    let pc = context.regs[RIP];
    if !in_go_text(pc) {
        return;
    }
    // SAFETY: this thread's record; in Go's text it runs `curg`.
    unsafe {
        let me = m();
        let g = (*me).curg;
        if g.is_null()
            || (*g).preempt.load(Ordering::SeqCst) == 0
            || (*me).pins > 0
            || (*g).nopreempt > 0
            || (*g).throwing > 0
            || (*me).on_g0 != 0
            || !traceback::preemptible(pc)
        {
            return;
        }
        inject(context, pc, async_preempt as *const () as usize);
    }
}

unsafe fn inject(context: &mut Context, pc: usize, target: usize) {
    context.regs[RSP] -= 8;
    // SAFETY: below rsp there is the reserve (stack, T2), and compiled code has no red zone.
    unsafe { *(context.regs[RSP] as *mut usize) = pc };
    context.regs[RIP] = target;
}

/// Everything of the interrupted instruction is saved here; the scheduler is called; everything comes back.
#[unsafe(naked)]
#[unsafe(export_name = "burrow_async_preempt")]
pub unsafe extern "C" fn async_preempt() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "pushfq",
        "push rax",
        "push rbx",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rbx, rsp",
        "sub rsp, 256",
        "and rsp, -16",
        "movups [rsp], xmm0",
        "movups [rsp + 16], xmm1",
        "movups [rsp + 32], xmm2",
        "movups [rsp + 48], xmm3",
        "movups [rsp + 64], xmm4",
        "movups [rsp + 80], xmm5",
        "movups [rsp + 96], xmm6",
        "movups [rsp + 112], xmm7",
        "movups [rsp + 128], xmm8",
        "movups [rsp + 144], xmm9",
        "movups [rsp + 160], xmm10",
        "movups [rsp + 176], xmm11",
        "movups [rsp + 192], xmm12",
        "movups [rsp + 208], xmm13",
        "movups [rsp + 224], xmm14",
        "movups [rsp + 240], xmm15",
        "cld",
        "mov rdi, rbx",
        "mov rsi, [rbp]",
        "call {slow}",
        "movups xmm0, [rsp]",
        "movups xmm1, [rsp + 16]",
        "movups xmm2, [rsp + 32]",
        "movups xmm3, [rsp + 48]",
        "movups xmm4, [rsp + 64]",
        "movups xmm5, [rsp + 80]",
        "movups xmm6, [rsp + 96]",
        "movups xmm7, [rsp + 112]",
        "movups xmm8, [rsp + 128]",
        "movups xmm9, [rsp + 144]",
        "movups xmm10, [rsp + 160]",
        "movups xmm11, [rsp + 176]",
        "movups xmm12, [rsp + 192]",
        "movups xmm13, [rsp + 208]",
        "movups xmm14, [rsp + 224]",
        "movups xmm15, [rsp + 240]",
        "mov rsp, rbx",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rbx",
        "pop rax",
        "popfq",
        "pop rbp",
        "ret",
        slow = sym async_preempt_slow,
    )
}

/// `registers`: where they are saved; `frame`: the interrupted function's rbp.
extern "C" fn async_preempt_slow(registers: usize, frame: usize) {
    // SAFETY: the current goroutine.
    unsafe {
        let g = &mut *arch::getg();
        // The call context belongs to the interrupted instruction.
        let ctx = g.ctx;
        g.stack_limit.store(g.true_limit, Ordering::SeqCst);
        crate::gc::preempted(registers, frame);
        proc::preempt_requested(g);
        (*arch::getg()).ctx = ctx;
    }
}

unsafe extern "C" {
    static burrow_mem_start: u8;
    static burrow_mem_end: u8;
    static burrow_atomic_start: u8;
    static burrow_atomic_end: u8;
}

/// G2.
fn fault(signal: usize, info: &Info, context: &mut Context) {
    let pc = context.regs[RIP];
    // SAFETY: this thread's record.
    let g = unsafe {
        let me = m();
        if (*me).on_g0 != 0 { core::ptr::null_mut() } else { (*me).curg }
    };
    if g.is_null() || proc::DYING.load(Ordering::SeqCst) != 0 {
        return dump(signal, info, context);
    }
    let memory = &raw const burrow_mem_start as usize..&raw const burrow_mem_end as usize;
    let atomics = &raw const burrow_atomic_start as usize..&raw const burrow_atomic_end as usize;
    let in_go = in_go_text(pc);
    // SAFETY: in the frameless assembly, rsp points to the return address.
    let frameless = memory.contains(&pc) || atomics.contains(&pc);
    // SAFETY: as above.
    let leaf = frameless && in_go_text(unsafe { *(context.regs[RSP] as *const usize) });
    if !in_go && !leaf {
        return dump(signal, info, context);
    }
    let code = match signal {
        SIGILL => crate::symtab::trap_at(pc).unwrap_or(0) as usize,
        _ => info.code as usize,
    };
    // SAFETY: the current goroutine, interrupted in Go's text or a leaf called from it.
    unsafe {
        (*g).fault = [signal, code, info.addr, pc];
        context.regs[R15] = g as usize;
        if leaf {
            context.regs[RIP] = sigpanic_entry();
        } else {
            inject(context, pc, sigpanic_entry());
        }
    }
}

fn signal_name(signal: usize) -> &'static str {
    match signal {
        SIGQUIT => "SIGQUIT: quit",
        SIGILL => "SIGILL: illegal instruction",
        SIGABRT => "SIGABRT: abort",
        SIGBUS => "SIGBUS: bus error",
        SIGFPE => "SIGFPE: floating-point exception",
        SIGSEGV => "SIGSEGV: segmentation violation",
        SIGSYS => "SIGSYS: bad system call",
        _ => "signal",
    }
}

/// A signal that ends the program: describe it, print traces.
fn dump(signal: usize, info: &Info, context: &mut Context) {
    panics::start_dying();
    let mut out = panics::Stderr::new();
    let pc = context.regs[RIP];
    let fault = matches!(signal, SIGSEGV | SIGBUS | SIGFPE | SIGILL);
    if fault {
        let _ = writeln!(out, "fatal error: unexpected signal during runtime execution");
        let _ = writeln!(
            out,
            "[signal {} code={:#x} addr={:#x} pc={pc:#x}]\n",
            signal_name(signal),
            info.code,
            info.addr
        );
    } else {
        let _ = writeln!(
            out,
            "{}\nPC={pc:#x} m={} sigcode={}\n",
            signal_name(signal),
            thread_id(),
            info.code
        );
    }
    // SAFETY: this thread's record.
    unsafe {
        let me = m();
        let g = (*me).curg;
        let level = traceback::level() & 0xff;
        if !g.is_null() {
            let rbp = context.regs[RBP];
            if (*me).on_g0 == 0 {
                let walk = || traceback::Walk::new(pc + 1, rbp);
                traceback::print_goroutine(&mut out, &*g, walk, level.max(1));
            } else {
                let walk = || traceback::Walk::parked(&*g);
                traceback::print_goroutine(&mut out, &*g, walk, level.max(1));
            }
        }
        traceback::print_others(&mut out, g, level);
    }
    for (i, name) in REGISTERS {
        let _ = writeln!(out, "{name:<6} {:#x}", context.regs[i]);
    }
    out.flush();
    panics::end(2)
}

/// The number of this thread in what a program says when it dies.
fn thread_id() -> u64 {
    // SAFETY: this thread's record.
    unsafe { (*m()).id }
}

const REGISTERS: [(usize, &str); 17] = [
    (13, "rax"),
    (11, "rbx"),
    (14, "rcx"),
    (12, "rdx"),
    (8, "rdi"),
    (9, "rsi"),
    (10, "rbp"),
    (15, "rsp"),
    (0, "r8"),
    (1, "r9"),
    (2, "r10"),
    (3, "r11"),
    (4, "r12"),
    (5, "r13"),
    (6, "r14"),
    (7, "r15"),
    (16, "rip"),
];

/// GOTRACEBACK=crash: dies by SIGABRT, so that the system keeps a core.
pub fn crash() {
    die_by(SIGABRT);
}

fn die_by(signal: usize) -> ! {
    set_action(signal, SIG_DFL);
    set_mask(0);
    // SAFETY: ends the process.
    unsafe {
        let (pid, tid) = (sys::getpid() as usize, sys::gettid() as usize);
        sys::syscall3(sys::nr::TGKILL, pid, tid, signal);
    }
    sys::sleep_ns(100_000_000);
    sys::exit(2)
}

// ---- os/signal

static WANTED: AtomicU64 = AtomicU64::new(0);
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// Handlers that look whether the program wants a signal. gc: `sig.delivering`.
static DELIVERING: AtomicU32 = AtomicU32::new(0);
static PENDING: AtomicU64 = AtomicU64::new(0);
/// Counts deliveries; the receiver sleeps on it.
static DELIVERED: AtomicU32 = AtomicU32::new(0);
static RECEIVING: AtomicBool = AtomicBool::new(false);

/// The program, or who started it, wants nothing to happen.
fn ignored(signal: usize) -> bool {
    let both = IGNORED.load(Ordering::SeqCst) | IGNORED_FIRST.load(Ordering::SeqCst);
    both & bit(signal) != 0
}

fn wanted(signal: usize) -> bool {
    WANTED.load(Ordering::SeqCst) & bit(signal) != 0
}

fn queue(signal: usize) {
    PENDING.fetch_or(bit(signal), Ordering::SeqCst);
    DELIVERED.fetch_add(1, Ordering::SeqCst);
    sys::futex_wake(&DELIVERED, 1);
}

#[unsafe(export_name = "runtime.signalEnable")]
pub extern "C" fn signal_enable(signal: u32) {
    if is_signal(signal) && !is_reserved(signal as usize) {
        WANTED.fetch_or(bit(signal as usize), Ordering::SeqCst);
        IGNORED.fetch_and(!bit(signal as usize), Ordering::SeqCst);
        set_action(signal as usize, handler as *const () as usize);
    }
}

#[unsafe(export_name = "runtime.signalDisable")]
pub extern "C" fn signal_disable(signal: u32) {
    if is_signal(signal) && !is_reserved(signal as usize) {
        WANTED.fetch_and(!bit(signal as usize), Ordering::SeqCst);
        restore(signal as usize);
    }
}

/// What a signal does when the program does not ask for it.
fn restore(signal: usize) {
    let to = if is_caught(signal) {
        handler as *const () as usize
    } else if IGNORED_FIRST.load(Ordering::SeqCst) & bit(signal) != 0 {
        SIG_IGN
    } else {
        SIG_DFL
    };
    set_action(signal, to);
}

#[unsafe(export_name = "runtime.signalIgnore")]
pub extern "C" fn signal_ignore(signal: u32) {
    if is_signal(signal) && !is_reserved(signal as usize) {
        WANTED.fetch_and(!bit(signal as usize), Ordering::SeqCst);
        IGNORED.fetch_or(bit(signal as usize), Ordering::SeqCst);
        set_action(signal as usize, SIG_IGN);
    }
}

#[unsafe(export_name = "runtime.signalIgnored")]
pub extern "C" fn signal_ignored(signal: u32) -> bool {
    is_signal(signal)
        && (IGNORED.load(Ordering::SeqCst) & bit(signal as usize) != 0
            || current_handler(signal as usize) == SIG_IGN)
}

#[unsafe(export_name = "runtime.signalRecv")]
pub extern "C" fn signal_recv() -> u32 {
    loop {
        let seen = DELIVERED.load(Ordering::SeqCst);
        let pending = PENDING.load(Ordering::SeqCst);
        if pending != 0 {
            let signal = pending.trailing_zeros() + 1;
            // First, so that `signal_idle` sees one of them.
            RECEIVING.store(true, Ordering::SeqCst);
            PENDING.fetch_and(!bit(signal as usize), Ordering::SeqCst);
            return signal;
        }
        RECEIVING.store(false, Ordering::SeqCst);
        proc::enter_blocking();
        sys::futex_wait(&DELIVERED, seen, -1);
        // SAFETY: ends what `enter_blocking` began.
        unsafe { proc::exitsyscall() };
    }
}

#[unsafe(export_name = "runtime.signalIdle")]
pub extern "C" fn signal_idle() {
    // In the order in which a signal passes.
    while DELIVERING.load(Ordering::SeqCst) != 0
        || PENDING.load(Ordering::SeqCst) != 0
        || RECEIVING.load(Ordering::SeqCst)
    {
        proc::gosched();
    }
}

#[unsafe(export_name = "runtime.raiseSigpipe")]
pub extern "C" fn raise_sigpipe() {
    if !wanted(SIGPIPE) && IGNORED.load(Ordering::SeqCst) & bit(SIGPIPE) == 0 {
        die_by(SIGPIPE);
    }
}

#[unsafe(export_name = "runtime.sigsysIgnore")]
pub extern "C" fn sigsys_ignore(on: bool) {
    if on { set_action(SIGSYS, SIG_IGN) } else { restore(SIGSYS) }
}

// ---- fork

static FORK_MASK: AtomicU64 = AtomicU64::new(0);

#[unsafe(export_name = "runtime.beforeFork")]
pub extern "C" fn before_fork() {
    // SAFETY: this thread's record: no preemption until the fork is over.
    unsafe { (*m()).pins += 1 };
    FORK_MASK.store(block_all(), Ordering::SeqCst);
}

#[unsafe(export_name = "runtime.afterFork")]
pub extern "C" fn after_fork() {
    set_mask(FORK_MASK.load(Ordering::SeqCst));
    // SAFETY: as `before_fork`.
    unsafe { (*m()).pins -= 1 };
}

/// In the child, which shares our memory until it executes another program: changes nothing but its own handlers.
#[unsafe(export_name = "runtime.afterForkInChild")]
pub extern "C" fn after_fork_in_child() {
    for s in 1..=LAST {
        let h = current_handler(s);
        if h != SIG_DFL && h != SIG_IGN {
            set_action(s, SIG_DFL);
        }
    }
    set_mask(FORK_MASK.load(Ordering::SeqCst));
}

#[unsafe(export_name = "runtime.beforeExec")]
pub extern "C" fn before_exec() {
    // A thread that is born during exec may make that fail (golang/go#19546). No preemption: who makes a thread waits for us.
    // SAFETY: this thread's record.
    unsafe { (*m()).pins += 1 };
    allthreads::BIRTHS.lock();
}

#[unsafe(export_name = "runtime.afterExec")]
pub extern "C" fn after_exec() {
    allthreads::BIRTHS.unlock();
    // SAFETY: as `before_exec`.
    unsafe { (*m()).pins -= 1 };
}
