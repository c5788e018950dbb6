//! Small things that compiled Go and the standard library call: memory, system calls, clock, chance, print.

use crate::arch::m;
use crate::chance;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{AtomicU32, Global, Ordering, RawLock};
use crate::sys;
use core::arch::{asm, naked_asm};

// ---- memory

#[cfg(feature = "image")]
core::arch::global_asm!(
    ".globl \"runtime.memmove\"",
    ".type \"runtime.memmove\", @function",
    "\"runtime.memmove\": jmp burrow_memmove",
    ".globl \"runtime.memclrNoHeapPointers\"",
    ".type \"runtime.memclrNoHeapPointers\", @function",
    "\"runtime.memclrNoHeapPointers\":",
    "mov rdx, rsi",
    "xor esi, esi",
    "jmp memset",
);

/// 0 to 255, where a program that writes to them faults.
static NUMBERS: [u64; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = i as u64;
        i += 1;
    }
    t
};

#[unsafe(export_name = "runtime.constantNumbers")]
pub extern "C" fn constant_numbers() -> *const [u64; 256] {
    &NUMBERS
}

// ---- system calls

// A naked function's name must not contain slashes.
core::arch::global_asm!(
    ".globl \"internal/runtime/syscall/linux.Syscall6\"",
    ".type \"internal/runtime/syscall/linux.Syscall6\", @function",
    "\"internal/runtime/syscall/linux.Syscall6\": jmp burrow_syscall6",
);

/// `Syscall6(num, a1 .. a6) (r1, r2, errno)`: rdi is the address of the three result slots, the last two arguments
/// are on the stack.
#[unsafe(naked)]
#[unsafe(export_name = "burrow_syscall6")]
pub unsafe extern "C" fn syscall6() {
    naked_asm!(
        "push rdi",
        "mov rax, rsi",
        "mov rdi, rdx",
        "mov rsi, rcx",
        "mov rdx, r8",
        "mov r10, r9",
        "mov r8, [rsp + 16]",
        "mov r9, [rsp + 24]",
        "syscall",
        "pop rdi",
        "cmp rax, -4095",
        "jae 2f",
        "mov [rdi], rax",
        "mov [rdi + 8], rdx",
        "mov qword ptr [rdi + 16], 0",
        "ret",
        "2:",
        "neg rax",
        "mov qword ptr [rdi], -1",
        "mov qword ptr [rdi + 8], 0",
        "mov [rdi + 16], rax",
        "ret",
    )
}

#[unsafe(naked)]
#[unsafe(export_name = "syscall.rawSyscallNoError")]
pub unsafe extern "C" fn raw_syscall_no_error() {
    naked_asm!("mov rax, rdi", "mov rdi, rsi", "mov rsi, rdx", "mov rdx, rcx", "syscall", "ret")
}

/// clone with CLONE_VFORK | CLONE_VM: the child runs on this very stack, and overwrites the return address.
#[unsafe(naked)]
#[unsafe(export_name = "syscall.rawVforkSyscall")]
pub unsafe extern "C" fn raw_vfork_syscall() {
    naked_asm!(
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "xor r10d, r10d",
        "xor r8d, r8d",
        "pop r9",
        "syscall",
        "push r9",
        "cmp rax, -4095",
        "jae 2f",
        "xor edx, edx",
        "ret",
        "2:",
        "mov rdx, rax",
        "neg rdx",
        "mov rax, -1",
        "ret",
    )
}

#[unsafe(export_name = "syscall.gettimeofday")]
pub unsafe extern "C" fn gettimeofday(tv: *mut i64) -> usize {
    let t = chance::clock(chance::REALTIME);
    // SAFETY: the caller's Timeval.
    unsafe {
        *tv = t.sec;
        *tv.add(1) = t.nsec / 1000;
    }
    0
}

#[unsafe(export_name = "runtime.write")]
pub unsafe extern "C" fn write(fd: usize, p: usize, n: i32) -> i32 {
    // SAFETY: as the system call.
    unsafe { sys::syscall3(sys::nr::WRITE, fd, p, n as usize) as i32 }
}

#[unsafe(export_name = "runtime.fcntl")]
pub unsafe extern "C" fn fcntl(fd: i32, cmd: i32, arg: i32) -> Pair {
    // SAFETY: as the system call.
    let r = unsafe { sys::syscall3(sys::nr::FCNTL, fd as usize, cmd as usize, arg as usize) };
    if r < 0 { Pair(usize::MAX, -r as usize) } else { Pair(r as usize, 0) }
}

// ---- processor

#[unsafe(export_name = "internal/cpu.cpuid")]
pub unsafe extern "C" fn cpuid(out: *mut u64, eax: u32, ecx: u32) {
    let r = core::arch::x86_64::__cpuid_count(eax, ecx);
    // SAFETY: four result slots.
    unsafe {
        *out = u64::from(r.eax);
        *out.add(1) = u64::from(r.ebx);
        *out.add(2) = u64::from(r.ecx);
        *out.add(3) = u64::from(r.edx);
    }
}

#[unsafe(export_name = "vendor/golang.org/x/sys/cpu.cpuid")]
pub unsafe extern "C" fn x_cpuid(out: *mut u64, eax: u32, ecx: u32) {
    // SAFETY: the same contract.
    unsafe { cpuid(out, eax, ecx) }
}

#[unsafe(export_name = "internal/cpu.xgetbv")]
pub extern "C" fn xgetbv() -> Pair {
    let (a, d): (u32, u32);
    // SAFETY: called only where cpuid says that the instruction exists.
    unsafe {
        asm!("xgetbv", in("ecx") 0, out("eax") a, out("edx") d, options(nomem, nostack));
    }
    Pair(a as usize, d as usize)
}

#[unsafe(export_name = "vendor/golang.org/x/sys/cpu.xgetbv")]
pub extern "C" fn x_xgetbv() -> Pair {
    xgetbv()
}

#[unsafe(export_name = "internal/cpu.getGOAMD64level")]
pub extern "C" fn goamd64_level() -> i32 {
    1
}

#[unsafe(export_name = "internal/runtime/maps.checkMasksAndShiftsAlignment")]
pub extern "C" fn masks_aligned() -> bool {
    true
}

#[unsafe(export_name = "runtime.cputicks")]
pub extern "C" fn cputicks() -> u64 {
    chance::cycles()
}

#[unsafe(export_name = "runtime.procyield")]
pub extern "C" fn procyield(n: u32) {
    for _ in 0..n {
        core::hint::spin_loop();
    }
}

#[unsafe(export_name = "runtime.osyield")]
pub extern "C" fn osyield() {
    sys::yield_thread();
}

#[unsafe(export_name = "runtime.casUint32")]
pub unsafe extern "C" fn cas_u32(p: *const AtomicU32, old: u32, new: u32) -> bool {
    // SAFETY: a Go variable.
    unsafe { (*p).compare_exchange(old, new, Ordering::SeqCst, Ordering::SeqCst).is_ok() }
}

#[unsafe(export_name = "runtime.Breakpoint")]
pub extern "C" fn breakpoint() {
    // SAFETY: a trap for the debugger.
    unsafe { asm!("int3") };
}

// ---- print

/// The text of one print statement, written at once.
struct Printer {
    buf: [u8; 2048],
    used: usize,
    depth: u32,
}

static PRINT_LOCK: RawLock = RawLock::new();
/// Thread that holds `PRINT_LOCK`.
static PRINT_OWNER: AtomicU32 = AtomicU32::new(0);
static PRINTER: Global<Printer> = Global::new(Printer { buf: [0; 2048], used: 0, depth: 0 });

#[unsafe(export_name = "runtime.printlock")]
pub extern "C" fn printlock() {
    // SAFETY: this thread's record; the printer is the lock holder's.
    unsafe {
        let me = m();
        let tid = (*me).tid.load(Ordering::Relaxed);
        (*me).pins += 1;
        if PRINT_OWNER.load(Ordering::SeqCst) == tid {
            PRINTER.get().depth += 1;
            return;
        }
        PRINT_LOCK.lock();
        PRINT_OWNER.store(tid, Ordering::SeqCst);
        PRINTER.get().depth = 1;
    }
}

#[unsafe(export_name = "runtime.printunlock")]
pub extern "C" fn printunlock() {
    // SAFETY: this thread holds the lock.
    unsafe {
        let p = PRINTER.get();
        p.depth -= 1;
        (*m()).pins -= 1;
        if p.depth == 0 {
            sys::stderr(&p.buf[..p.used]);
            p.used = 0;
            PRINT_OWNER.store(0, Ordering::SeqCst);
            PRINT_LOCK.unlock();
        }
    }
}

#[unsafe(export_name = "runtime.printstring")]
pub unsafe extern "C" fn printstring(s: *const u8, len: usize) {
    // SAFETY: a Go string; the printer is this thread's if it holds the lock.
    unsafe {
        let mut s = if len == 0 { &[] } else { core::slice::from_raw_parts(s, len) };
        let tid = (*m()).tid.load(Ordering::Relaxed);
        if PRINT_OWNER.load(Ordering::SeqCst) != tid {
            sys::stderr(s);
            return;
        }
        let p = PRINTER.get();
        while !s.is_empty() {
            if p.used == p.buf.len() {
                sys::stderr(&p.buf);
                p.used = 0;
            }
            let n = s.len().min(p.buf.len() - p.used);
            p.buf[p.used..p.used + n].copy_from_slice(&s[..n]);
            p.used += n;
            s = &s[n..];
        }
    }
}

#[unsafe(export_name = "runtime.keepAlive")]
pub extern "C" fn keep_alive(_p: usize) {}

// ---- settings

#[unsafe(export_name = "runtime.setMaxStack")]
pub extern "C" fn set_max_stack(n: usize) -> usize {
    // SAFETY: a word; a torn read is impossible.
    unsafe { core::mem::replace(crate::stack::MAX_STACK.get(), n) }
}

#[unsafe(export_name = "runtime.setMaxThreads")]
pub extern "C" fn set_max_threads(n: i64) -> i64 {
    i64::from(proc::set_max_threads(n as i32))
}

#[unsafe(export_name = "runtime.goyield")]
pub extern "C" fn goyield() {
    proc::goyield();
}

#[unsafe(export_name = "runtime.startSystem")]
pub unsafe extern "C" fn start_system(f: usize) {
    // SAFETY: a Go func value without arguments.
    unsafe { proc::start_system(f) };
}

#[unsafe(export_name = "runtime.canSpin")]
pub extern "C" fn can_spin(i: i64) -> bool {
    i < 4 && proc::ncpu() > 1 && proc::nprocs() > 1 && proc::spin_is_useful()
}
