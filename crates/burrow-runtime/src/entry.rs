//! Process entry, and what Rust's `core` and `alloc` want from an executable without libc.

use crate::{chance, env, prog, sys};
use core::arch::naked_asm;
use core::fmt::Write;

/// Where the kernel starts: rsp points to argc.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {f}", "ud2", f = sym rust_start)
}

unsafe extern "C" fn rust_start(stack: *const usize) -> ! {
    // SAFETY: the kernel's initial stack.
    unsafe { env::init(stack) };
    if let Some(vdso) = env::auxv(env::AT_SYSINFO_EHDR) {
        // SAFETY: the kernel mapped an ELF image there.
        unsafe { chance::set_vdso_clock(vdso_symbol(vdso, b"__vdso_clock_gettime")) };
    }
    if prog::prog().magic != prog::MAGIC {
        sys::stderr(b"burrow: this is the runtime image; it was not linked to a program\n");
        sys::exit(2);
    }
    crate::native::init();
    crate::proc::start()
}

/// Address of a symbol of the vDSO, 0 if there is none.
unsafe fn vdso_symbol(base: usize, name: &[u8]) -> usize {
    // SAFETY: a well-formed ELF image at `base`, with a dynamic section.
    unsafe {
        let word = |at: usize| *((base + at) as *const u64) as usize;
        let (phoff, phnum) = (word(32), usize::from(*((base + 56) as *const u16)));
        let (mut dynamic, mut slide) = (0, base);
        for i in 0..phnum {
            let p = phoff + i * 56;
            match *((base + p) as *const u32) {
                1 if word(p + 8) == 0 => slide = base.wrapping_sub(word(p + 16)),
                2 => dynamic = base + word(p + 8),
                _ => {}
            }
        }
        if dynamic == 0 {
            return 0;
        }
        let (mut strtab, mut symtab, mut hash, mut gnu_hash) = (0, 0, 0, 0);
        let mut d = dynamic as *const usize;
        while *d != 0 {
            let value = *d.add(1);
            match *d {
                5 => strtab = value.wrapping_add(slide),
                6 => symtab = value.wrapping_add(slide),
                4 => hash = value.wrapping_add(slide),
                0x6fff_fef5 => gnu_hash = value.wrapping_add(slide),
                _ => {}
            }
            d = d.add(2);
        }
        if strtab == 0 || symtab == 0 {
            return 0;
        }
        let count = symbol_count(hash, gnu_hash);
        for i in 1..count {
            let sym = symtab + i * 24;
            let at = (strtab + *(sym as *const u32) as usize) as *const u8;
            let same = (0..name.len()).all(|k| *at.add(k) == name[k]) && *at.add(name.len()) == 0;
            if same {
                return (*((sym + 8) as *const usize)).wrapping_add(slide);
            }
        }
        0
    }
}

unsafe fn symbol_count(hash: usize, gnu_hash: usize) -> usize {
    // SAFETY: the vDSO's hash tables.
    unsafe {
        if hash != 0 {
            return *((hash + 4) as *const u32) as usize;
        }
        if gnu_hash == 0 {
            return 0;
        }
        let h = gnu_hash as *const u32;
        let (nbuckets, first, bloom) = (*h as usize, *h.add(1) as usize, *h.add(2) as usize);
        let buckets = h.add(4 + bloom * 2);
        let chains = buckets.add(nbuckets);
        let last = (0..nbuckets).map(|i| *buckets.add(i) as usize).max().unwrap_or(0);
        if last < first {
            return 0;
        }
        let mut i = last;
        while *chains.add(i - first) & 1 == 0 {
            i += 1;
        }
        i + 1
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let here = crate::traceback::Walk::here();
    // SAFETY: the thread's record.
    let of_goroutine = (unsafe { (*crate::arch::m()).on_g0 } == 0).then_some(here);
    crate::arch::on_g0::<()>(|| {
        let mut out = crate::panics::Stderr::new();
        let _ = writeln!(out, "fatal error: runtime: {info}");
        out.flush();
        crate::panics::die_with_traces(of_goroutine);
    });
    sys::exit(2)
}

/// Referred to by the prebuilt `core` and `alloc`; never called with panic=abort.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() -> ! {
    sys::exit(2)
}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    sys::exit(2)
}
