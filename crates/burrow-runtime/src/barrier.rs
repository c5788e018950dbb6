//! The write barrier: while the collector marks, it is told of the pointers that the program overwrites. gc:
//! `mbarrier.go`, `mwbbuf.go`.
//!
//! Marking works on a snapshot: what was reachable when it began is marked, and so is all that is made meanwhile. A pointer
//! that is overwritten may have been the snapshot's only way to its object, so it is marked then (Yuasa's deletion
//! barrier). What is stored instead is in the snapshot or new, and of no interest. gc's barrier shades both, since its
//! stacks are scanned one by one; ours are scanned before their goroutine goes on (`gc/mark.rs`), as if all at once.
//!
//! W1  `G.wb_enabled` is nonzero while the collector marks: set by whoever lets a goroutine run (`gc::resume`), and changed
//!     for those that run with the world stopped only.
//! W2  Compiled code stores first and tests the flag then (`burrow-codegen/src/clif.rs`): so no store is missed when
//!     marking begins between the two. When marking ends between the two, the overwritten pointer is in a register or in
//!     the frame of a goroutine that was preempted there, and was marked at that moment (`gc::preempted`).
//! W3  The functions here that move memory tell first; Rust is not preempted.
//! W4  `P.overwritten` belongs to the P's thread, and to the collector while the world is stopped.
//!
//! A program whose goroutines race on the same word, without atomics, can hide a pointer: one has read what it is about to
//! overwrite, is preempted, another stores, the collector begins, the first goes on. gc's barrier has no such gap.

#[cfg(feature = "image")]
use crate::g::{G, P};
#[cfg(feature = "image")]
use core::mem::offset_of;

/// Overwritten pointers that a P collects before it passes them on.
pub const BUFFER: usize = 256;

#[repr(C)]
pub struct Overwritten {
    pub len: usize,
    pub pointers: [usize; BUFFER],
}

/// Passes on what the P of this thread has collected.
///
/// # Safety
/// On a thread with a P.
unsafe extern "C" fn flush() {
    // SAFETY: W4.
    crate::arch::on_g0(|| unsafe { crate::gc::take_overwritten((*crate::arch::m()).p) });
}

/// Tells the collector of all pointers in [p, p + n). Conservative: whatever looks like one.
///
/// # Safety
/// The range is readable, or begins in the first page: then what follows faults.
unsafe extern "C" fn shade_range(p: usize, n: usize) {
    if p >= 4096 {
        // SAFETY: the caller's promise.
        unsafe { crate::gc::shade_range(p, n) };
    }
}

// rdi: an overwritten pointer. All registers are preserved.
#[cfg(feature = "image")]
core::arch::global_asm!(
    ".globl rt_shade",
    ".type rt_shade, @function",
    "rt_shade:",
    "test rdi, rdi",
    "jz 3f",
    "push rax",
    "push rcx",
    "mov rax, [r15 + {p}]",
    "mov rcx, [rax + {len}]",
    "mov [rax + rcx * 8 + {pointers}], rdi",
    "inc rcx",
    "mov [rax + {len}], rcx",
    "cmp rcx, {buffer}",
    "je 4f",
    "2:",
    "pop rcx",
    "pop rax",
    "3:",
    "ret",
    "4:",
    "push rbp",
    "mov rbp, rsp",
    "push rdx",
    "push rsi",
    "push rdi",
    "push r8",
    "push r9",
    "push r10",
    "push r11",
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
    "call {flush}",
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
    "lea rsp, [rbp - 56]",
    "pop r11",
    "pop r10",
    "pop r9",
    "pop r8",
    "pop rdi",
    "pop rsi",
    "pop rdx",
    "pop rbp",
    "jmp 2b",
    // Bulk forms: destination, (source,) bytes. They fault in `memmove` and `memset`, without a frame.
    ".globl \"runtime.memmovePointers\"",
    ".type \"runtime.memmovePointers\", @function",
    "\"runtime.memmovePointers\":",
    "cmp dword ptr [r15 + {on}], 0",
    "je burrow_memmove",
    "push rdi",
    "push rsi",
    "push rdx",
    "mov rsi, rdx",
    "call {shade_range}",
    "pop rdx",
    "pop rsi",
    "pop rdi",
    "jmp burrow_memmove",
    ".globl \"runtime.memclrHasPointers\"",
    ".type \"runtime.memclrHasPointers\", @function",
    "\"runtime.memclrHasPointers\":",
    "cmp dword ptr [r15 + {on}], 0",
    "je 2f",
    "push rdi",
    "push rsi",
    "sub rsp, 8",
    "call {shade_range}",
    "add rsp, 8",
    "pop rsi",
    "pop rdi",
    "2:",
    "mov rdx, rsi",
    "xor esi, esi",
    "jmp memset",
    // Atomic forms: address, value; and address, old, new. What faults in them has no frame, as in `memmove`.
    ".globl burrow_atomic_start",
    "burrow_atomic_start:",
    ".globl \"sync/atomic.StorePointer\"",
    ".globl \"sync/atomic.SwapPointer\"",
    ".globl \"internal/runtime/atomic.storePointer\"",
    "\"sync/atomic.StorePointer\":",
    "\"sync/atomic.SwapPointer\":",
    "\"internal/runtime/atomic.storePointer\":",
    "xchg [rdi], rsi",
    "mov rax, rsi",
    "cmp dword ptr [r15 + {on}], 0",
    "jne 2f",
    "ret",
    "2:",
    "mov rdi, rsi",
    "jmp rt_shade",
    ".globl \"sync/atomic.CompareAndSwapPointer\"",
    ".globl \"internal/runtime/atomic.casPointer\"",
    ".globl \"internal/runtime/atomic.Casp1\"",
    "\"sync/atomic.CompareAndSwapPointer\":",
    "\"internal/runtime/atomic.casPointer\":",
    "\"internal/runtime/atomic.Casp1\":",
    "mov rax, rsi",
    "lock cmpxchg [rdi], rdx",
    "sete al",
    "movzx eax, al",
    "jne 2f",
    "cmp dword ptr [r15 + {on}], 0",
    "jne 3f",
    "2:",
    "ret",
    "3:",
    "mov rdi, rsi",
    "jmp rt_shade",
    ".globl burrow_atomic_end",
    "burrow_atomic_end:",
    p = const offset_of!(G, p),
    on = const offset_of!(G, wb_enabled),
    len = const offset_of!(P, overwritten) + offset_of!(Overwritten, len),
    pointers = const offset_of!(P, overwritten) + offset_of!(Overwritten, pointers),
    buffer = const BUFFER,
    flush = sym flush,
    shade_range = sym shade_range,
);
