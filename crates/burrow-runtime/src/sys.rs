//! System calls of linux/amd64, raw.
//!
//! Y1  A function here returns what the kernel returned: `-errno` on failure (`-4095..=-1`).
//! Y2  Nothing here allocates, locks or knows about goroutines: all of it may be called from any stack.

#[cfg(all(test, feature = "model"))]
pub use crate::model::kernel::*;
use core::arch::asm;
#[cfg(not(all(test, feature = "model")))]
use core::arch::naked_asm;
use core::sync::atomic::{AtomicI32, Ordering};

/// `openat` and friends: relative to the current directory.
pub const AT_FDCWD: i32 = -100;
pub const PROT_NONE: usize = 0;
pub const PROT_READ: usize = 1;
pub const PROT_WRITE: usize = 2;
pub const MAP_PRIVATE: usize = 2;
pub const MAP_FIXED: usize = 0x10;
pub const MAP_ANONYMOUS: usize = 0x20;
pub const MAP_NORESERVE: usize = 0x4000;
pub const MADV_DONTNEED: usize = 4;
pub const MADV_NOHUGEPAGE: usize = 15;
pub const EAGAIN: isize = 11;
pub const EINTR: isize = 4;
pub const EPERM: isize = 1;

pub mod nr {
    //! System call numbers.
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const LSEEK: usize = 8;
    pub const MMAP: usize = 9;
    pub const MPROTECT: usize = 10;
    pub const MUNMAP: usize = 11;
    pub const RT_SIGACTION: usize = 13;
    pub const RT_SIGPROCMASK: usize = 14;
    pub const SCHED_YIELD: usize = 24;
    pub const MADVISE: usize = 28;
    pub const NANOSLEEP: usize = 35;
    pub const SETITIMER: usize = 38;
    pub const GETPID: usize = 39;
    pub const CLONE: usize = 56;
    pub const EXIT: usize = 60;
    pub const FCNTL: usize = 72;
    pub const SIGALTSTACK: usize = 131;
    pub const ARCH_PRCTL: usize = 158;
    pub const GETTID: usize = 186;
    pub const FUTEX: usize = 202;
    pub const SCHED_GETAFFINITY: usize = 204;
    pub const TIMER_CREATE: usize = 222;
    pub const TIMER_SETTIME: usize = 223;
    pub const TIMER_DELETE: usize = 226;
    pub const EPOLL_CTL: usize = 233;
    pub const TGKILL: usize = 234;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
    pub const EPOLL_PWAIT: usize = 281;
    pub const EVENTFD2: usize = 290;
    pub const EPOLL_CREATE1: usize = 291;
    pub const PIPE2: usize = 293;
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Timespec {
    pub sec: i64,
    pub nsec: i64,
}

/// # Safety
/// As the system call itself.
#[inline]
pub unsafe fn syscall6(
    n: usize,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> isize {
    let r: isize;
    // SAFETY: the kernel's convention; the caller answers for the call's effect.
    unsafe {
        asm!("syscall", inlateout("rax") n as isize => r, in("rdi") a, in("rsi") b, in("rdx") c,
             in("r10") d, in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _,
             options(nostack));
    }
    r
}

/// # Safety
/// As the system call itself.
#[inline]
pub unsafe fn syscall3(n: usize, a: usize, b: usize, c: usize) -> isize {
    // SAFETY: passed on.
    unsafe { syscall6(n, a, b, c, 0, 0, 0) }
}

pub fn write(fd: i32, bytes: &[u8]) -> isize {
    // SAFETY: the kernel only reads `bytes`.
    unsafe { syscall3(nr::WRITE, fd as usize, bytes.as_ptr() as usize, bytes.len()) }
}

/// Where a program that dies repeats what it says; negative: nowhere. It begins to do so with `panics::start_dying`.
pub static CRASH_OUTPUT: AtomicI32 = AtomicI32::new(-1);

/// Writes all of it to standard error; gives up on errors.
pub fn stderr(bytes: &[u8]) {
    write_all(2, bytes);
    let crash = CRASH_OUTPUT.load(Ordering::Relaxed);
    if crash >= 0 {
        write_all(crash, bytes);
    }
}

fn write_all(fd: i32, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            n if n > 0 => bytes = &bytes[n as usize..],
            n if n == -EINTR || n == -EAGAIN => {}
            _ => return,
        }
    }
}

pub fn exit(code: i32) -> ! {
    loop {
        // SAFETY: ends the process.
        unsafe { syscall3(nr::EXIT_GROUP, code as usize, 0, 0) };
    }
}

/// Reserves or maps anonymous memory; aborts the process when the kernel refuses.
pub fn map(hint: usize, size: usize, prot: usize, flags: usize) -> *mut u8 {
    let flags = flags | MAP_PRIVATE | MAP_ANONYMOUS;
    // SAFETY: an anonymous mapping; with MAP_FIXED the caller owns the range.
    let r = unsafe { syscall6(nr::MMAP, hint, size, prot, flags, usize::MAX, 0) };
    if (-4095..0).contains(&r) {
        stderr(b"fatal error: runtime: cannot allocate memory\n");
        exit(2);
    }
    r as *mut u8
}

/// Fresh zeroed memory.
pub fn map_rw(size: usize) -> *mut u8 {
    map(0, size, PROT_READ | PROT_WRITE, MAP_NORESERVE)
}

/// # Safety
/// Nothing uses the range any more.
pub unsafe fn unmap(p: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { syscall3(nr::MUNMAP, p as usize, size, 0) };
}

/// Address space without memory: nothing counts against limits until it is opened.
pub fn reserve(hint: usize, size: usize, flags: usize) -> usize {
    map(hint, size, PROT_NONE, MAP_NORESERVE | flags) as usize
}

/// A reserved range that is opened from its start on, in steps.
pub struct Opening {
    end: usize,
    step: usize,
}

impl Opening {
    pub const fn new(start: usize, step: usize) -> Opening {
        Opening { end: start, step }
    }

    /// Where the usable part ends.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Makes everything below `to` usable.
    pub fn reach(&mut self, to: usize) {
        if to > self.end {
            let to = to.next_multiple_of(self.step);
            open(self.end, to);
            self.end = to;
        }
    }
}

/// Makes part of a reserved range usable.
pub fn open(from: usize, to: usize) {
    // SAFETY: the caller's reserved range.
    let r = unsafe { syscall3(nr::MPROTECT, from, to - from, PROT_READ | PROT_WRITE) };
    if r < 0 {
        stderr(b"fatal error: runtime: out of memory\n");
        exit(2);
    }
}

#[cfg(not(all(test, feature = "model")))]
pub fn sleep_ns(ns: i64) {
    let t = Timespec { sec: ns / 1_000_000_000, nsec: ns % 1_000_000_000 };
    // SAFETY: the kernel reads `t`.
    unsafe { syscall3(nr::NANOSLEEP, &raw const t as usize, 0, 0) };
}

#[cfg(not(all(test, feature = "model")))]
pub fn yield_thread() {
    // SAFETY: no memory involved.
    unsafe { syscall3(nr::SCHED_YIELD, 0, 0, 0) };
}

pub fn gettid() -> i32 {
    // SAFETY: no memory involved.
    unsafe { syscall3(nr::GETTID, 0, 0, 0) as i32 }
}

pub fn getpid() -> i32 {
    // SAFETY: no memory involved.
    unsafe { syscall3(nr::GETPID, 0, 0, 0) as i32 }
}

/// One turn of busy waiting.
#[cfg(not(all(test, feature = "model")))]
pub fn pause() {
    core::hint::spin_loop();
}

/// Sleeps while `*word == expect`, at most `ns` nanoseconds if that is not negative.
#[cfg(not(all(test, feature = "model")))]
pub fn futex_wait(word: &core::sync::atomic::AtomicU32, expect: u32, ns: i64) {
    const FUTEX_WAIT_PRIVATE: usize = 128;
    let t = Timespec { sec: ns / 1_000_000_000, nsec: ns % 1_000_000_000 };
    let timeout = if ns < 0 { 0 } else { &raw const t as usize };
    let word = core::ptr::from_ref(word) as usize;
    // SAFETY: the kernel reads the word and `t`.
    unsafe { syscall6(nr::FUTEX, word, FUTEX_WAIT_PRIVATE, expect as usize, timeout, 0, 0) };
}

#[cfg(not(all(test, feature = "model")))]
pub fn futex_wake(word: &core::sync::atomic::AtomicU32, count: u32) {
    const FUTEX_WAKE_PRIVATE: usize = 129;
    let word = core::ptr::from_ref(word) as usize;
    // SAFETY: the kernel uses the address as a key only.
    unsafe { syscall3(nr::FUTEX, word, FUTEX_WAKE_PRIVATE, count as usize) };
}

/// Ends this thread and unmaps its stack.
///
/// # Safety
/// The stack is this thread's; all signals are blocked; nobody waits for the thread.
#[unsafe(naked)]
#[cfg(not(all(test, feature = "model")))]
pub unsafe extern "C" fn exit_thread(stack: usize, size: usize) -> ! {
    naked_asm!("mov eax, 11", "syscall", "mov eax, 60", "xor edi, edi", "syscall", "ud2")
}

/// A new thread: `entry` is called on `stack_top` with `tls` as its thread pointer. Gives the thread's id, which is in `tid`
/// before the thread runs.
///
/// # Safety
/// `stack_top` ends an unused, 16-byte aligned stack; `tls` points to a word that holds its own address; `tid` can be written.
#[cfg(not(all(test, feature = "model")))]
#[unsafe(naked)]
pub unsafe extern "C" fn clone_thread(
    stack_top: *mut u8,
    tls: *mut u8,
    entry: extern "C" fn(*mut u8) -> !,
    arg: *mut u8,
    tid: *const crate::sync::AtomicU32,
) -> isize {
    // CLONE_VM | FS | FILES | SIGHAND | THREAD | SYSVSEM | SETTLS | PARENT_SETTID
    naked_asm!(
        "sub rdi, 16",
        "mov [rdi], rdx",
        "mov [rdi + 8], rcx",
        "mov rdx, r8",
        "mov r8, rsi",
        "mov rsi, rdi",
        "mov edi, 0x1d0f00",
        "xor r10d, r10d",
        "mov eax, 56",
        "syscall",
        "test rax, rax",
        "jz 2f",
        "ret",
        "2:",
        "xor ebp, ebp",
        "pop rax",
        "pop rdi",
        "call rax",
        "ud2",
    )
}
