//! Calls by reflection: registers from memory and back. The plan is made in Go (goroot/src/reflect/burrow.go).
//!
//! V1  `Regs` is reflect's `nativeRegs`.
//! V2  The stubs are code of closures: they find their closure in `G.ctx` and every argument register untouched.

use crate::g::G;
use core::arch::naked_asm;
use core::mem::offset_of;

#[repr(C)]
pub struct Regs {
    ints: [usize; 6],
    floats: [u64; 8],
    stack: *const usize,
    nstack: usize,
    rints: [usize; 8],
    rfloats: [u64; 8],
    pop: usize,
}

/// The stubs' frame: `Regs` and alignment.
const FRAME: usize = 272;
const _: () = assert!(size_of::<Regs>() <= FRAME && FRAME.is_multiple_of(16));

/// Calls the func value `f` with `r`'s registers and stack arguments; stores the result registers there.
#[unsafe(naked)]
#[unsafe(export_name = "reflect.nativeCall")]
pub unsafe extern "C" fn native_call(f: *const usize, r: *mut Regs) {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "mov rbx, rsi",
        "mov r11, rdi",
        // Stack arguments, copied downwards; the callee pops them.
        "mov rcx, [rbx + {nstack}]",
        "mov r10, [rbx + {stack}]",
        "2:",
        "test rcx, rcx",
        "jz 3f",
        "push qword ptr [r10 + rcx * 8 - 8]",
        "dec rcx",
        "jmp 2b",
        "3:",
        "movq xmm0, [rbx + {floats}]",
        "movq xmm1, [rbx + {floats} + 8]",
        "movq xmm2, [rbx + {floats} + 16]",
        "movq xmm3, [rbx + {floats} + 24]",
        "movq xmm4, [rbx + {floats} + 32]",
        "movq xmm5, [rbx + {floats} + 40]",
        "movq xmm6, [rbx + {floats} + 48]",
        "movq xmm7, [rbx + {floats} + 56]",
        "mov rdi, [rbx]",
        "mov rsi, [rbx + 8]",
        "mov rdx, [rbx + 16]",
        "mov rcx, [rbx + 24]",
        "mov r8, [rbx + 32]",
        "mov r9, [rbx + 40]",
        "mov [r15 + {ctx}], r11",
        "call [r11]",
        ".globl burrow_native_call_ret",
        "burrow_native_call_ret:",
        "mov [rbx + {rints}], rax",
        "mov [rbx + {rints} + 8], rcx",
        "mov [rbx + {rints} + 16], rdx",
        "mov [rbx + {rints} + 24], rsi",
        "mov [rbx + {rints} + 32], rdi",
        "mov [rbx + {rints} + 40], r8",
        "mov [rbx + {rints} + 48], r9",
        "mov [rbx + {rints} + 56], r10",
        "movq [rbx + {rfloats}], xmm0",
        "movq [rbx + {rfloats} + 8], xmm1",
        "movq [rbx + {rfloats} + 16], xmm2",
        "movq [rbx + {rfloats} + 24], xmm3",
        "movq [rbx + {rfloats} + 32], xmm4",
        "movq [rbx + {rfloats} + 40], xmm5",
        "movq [rbx + {rfloats} + 48], xmm6",
        "movq [rbx + {rfloats} + 56], xmm7",
        "lea rsp, [rbp - 16]",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        nstack = const offset_of!(Regs, nstack),
        stack = const offset_of!(Regs, stack),
        floats = const offset_of!(Regs, floats),
        rints = const offset_of!(Regs, rints),
        rfloats = const offset_of!(Regs, rfloats),
        ctx = const offset_of!(G, ctx),
    )
}

/// Whether a return address is that of the call in [`native_call`], which has rbx and r12 below its rbp.
pub fn is_native_call(pc: usize) -> bool {
    pc == burrow_native_call_ret as *const () as usize
}

unsafe extern "C" {
    fn burrow_native_call_ret();
    fn burrow_makefunc_stub();
    fn burrow_method_stub();
    static mut burrow_stub_handler: usize;
}

#[cfg(feature = "image")]
core::arch::global_asm!(
    ".pushsection .bss",
    ".globl burrow_stub_handler",
    ".balign 8",
    "burrow_stub_handler: .skip 8",
    ".popsection",
    ".globl burrow_makefunc_stub",
    ".globl burrow_method_stub",
    "burrow_makefunc_stub:",
    "xor eax, eax",
    "jmp 2f",
    "burrow_method_stub:",
    "mov eax, 1",
    "2:",
    "push rbp",
    "mov rbp, rsp",
    "sub rsp, {frame}",
    "mov [rsp], rdi",
    "mov [rsp + 8], rsi",
    "mov [rsp + 16], rdx",
    "mov [rsp + 24], rcx",
    "mov [rsp + 32], r8",
    "mov [rsp + 40], r9",
    "movq [rsp + {floats}], xmm0",
    "movq [rsp + {floats} + 8], xmm1",
    "movq [rsp + {floats} + 16], xmm2",
    "movq [rsp + {floats} + 24], xmm3",
    "movq [rsp + {floats} + 32], xmm4",
    "movq [rsp + {floats} + 40], xmm5",
    "movq [rsp + {floats} + 48], xmm6",
    "movq [rsp + {floats} + 56], xmm7",
    "lea r11, [rbp + 16]",
    "mov [rsp + {stack}], r11",
    "mov rdi, [r15 + {ctx}]",
    "mov rsi, rsp",
    "mov edx, eax",
    "mov r11, [rip + burrow_stub_handler]",
    "mov [r15 + {ctx}], r11",
    "call [r11]",
    "mov rax, [rsp + {rints}]",
    "mov rcx, [rsp + {rints} + 8]",
    "mov rdx, [rsp + {rints} + 16]",
    "mov rsi, [rsp + {rints} + 24]",
    "mov rdi, [rsp + {rints} + 32]",
    "mov r8, [rsp + {rints} + 40]",
    "mov r9, [rsp + {rints} + 48]",
    "mov r10, [rsp + {rints} + 56]",
    "movq xmm0, [rsp + {rfloats}]",
    "movq xmm1, [rsp + {rfloats} + 8]",
    "movq xmm2, [rsp + {rfloats} + 16]",
    "movq xmm3, [rsp + {rfloats} + 24]",
    "movq xmm4, [rsp + {rfloats} + 32]",
    "movq xmm5, [rsp + {rfloats} + 40]",
    "movq xmm6, [rsp + {rfloats} + 48]",
    "movq xmm7, [rsp + {rfloats} + 56]",
    "mov r11, [rsp + {pop}]",
    "mov rsp, rbp",
    "pop rbp",
    "pop qword ptr [r15 + {scratch}]",
    "add rsp, r11",
    "push qword ptr [r15 + {scratch}]",
    "ret",
    frame = const FRAME,
    floats = const offset_of!(Regs, floats),
    stack = const offset_of!(Regs, stack),
    rints = const offset_of!(Regs, rints),
    rfloats = const offset_of!(Regs, rfloats),
    pop = const offset_of!(Regs, pop),
    ctx = const offset_of!(G, ctx),
    scratch = const offset_of!(G, scratch),
);

#[unsafe(export_name = "reflect.stubAddress")]
pub extern "C" fn stub_address(which: u64) -> usize {
    if which == 0 {
        burrow_makefunc_stub as *const () as usize
    } else {
        burrow_method_stub as *const () as usize
    }
}

#[unsafe(export_name = "reflect.setStubHandler")]
pub extern "C" fn set_stub_handler(f: usize) {
    // SAFETY: written once, while package reflect is initialised.
    unsafe { (&raw mut burrow_stub_handler).write(f) };
}
