//! What has no part in waking anybody.

pub mod heap {
    //! Objects are never freed.
    use crate::types::Type;
    use core::alloc::Layout;

    #[derive(Clone, Copy)]
    pub struct Cache;

    impl Cache {
        pub fn flush(&mut self) {}
    }

    pub fn span_of(_: usize) -> *mut u8 {
        core::ptr::null_mut()
    }

    #[repr(C)]
    pub struct Pair(pub usize, pub usize);

    pub fn object_at(_: usize) -> Option<(usize, usize)> {
        None
    }

    /// # Safety
    /// As the real one.
    pub unsafe fn mallocgc(size: usize, _: *const Type, _: bool) -> usize {
        let layout = Layout::from_size_align(size.max(8), 16).expect("a size");
        // SAFETY: not empty.
        unsafe { std::alloc::alloc_zeroed(layout) as usize }
    }
}

pub mod gc {
    //! Nothing is collected.
    use crate::g::G;
    pub fn periodic() {}
    pub fn marking() -> u32 {
        0
    }
    pub fn ask_allocators() {}
    pub fn release_allocators() {}
    pub fn resume(_: &mut G) {}
    pub fn made(_: &mut G) {}
    pub fn shade(_: usize) {}
    /// # Safety
    /// As the real one.
    pub unsafe fn shade_range(_: usize, _: usize) {}
}

pub mod barrier {
    //! No barrier.
    pub struct Overwritten;
}

pub mod metrics {
    //! Nothing is measured.
    use crate::g::{G, P};
    pub fn procs_change(_: u32) {}
    /// # Safety
    /// As the real one.
    pub unsafe fn stands_ready(_: *mut G) {}
    /// # Safety
    /// As the real one.
    pub unsafe fn runs(_: *mut G) {}
    pub fn idle_ended(_: &mut P) {}
    pub fn world_stopped(_: i64) {}
    pub fn world_starts() {}
}

pub mod profile {
    //! No profile.
    use crate::g::{G, Wait};
    pub fn before_block(_: *mut G) -> i64 {
        0
    }
    pub fn after_block<W>(_: *mut G, _: i64, _: W, _: usize) {}
    pub fn sema_begin(_: *mut G, _: u64, _: Wait) -> (bool, i64) {
        (false, 0)
    }
    pub fn sema_end<W>(_: *mut G, _: bool, _: W, _: usize) {}
    pub fn sema_released<W>(_: i64, _: i64, _: i64, _: u32, _: W, _: usize) {}
}

pub mod traceback {
    //! No stacks.
    pub struct Walk;
    impl Walk {
        pub fn here() -> Walk {
            Walk
        }
    }
}

pub mod allthreads {
    //! No system calls.
    crate::shared! {
    pub static BIRTHS: crate::sync::RawLock = crate::sync::RawLock::new();
    }
}

pub mod cpuprof {
    //! No profile.
    pub fn init_thread(_: *mut crate::g::M) {}
    pub fn end_thread(_: &crate::g::M) {}
}

pub mod signal {
    //! No signals: goroutines are preempted at their limit only, which the model's never test.
    pub const ALT_STACK: usize = 0;
    use crate::g::M;
    pub fn preempt_thread(_: *mut M) {}
    pub fn init_thread(_: *mut M) {}
    pub fn mask_of_runtime() {}
    pub fn block_all() -> u64 {
        0
    }
    pub fn set_mask(_: u64) {}
    pub fn end_thread(_: *mut M) {}
}

pub mod panics {
    //! The end of an execution.
    /// What is written goes nowhere.
    pub struct Stderr;
    impl Stderr {
        pub fn new() -> Stderr {
            Stderr
        }
        pub fn flush(&mut self) {}
    }
    impl core::fmt::Write for Stderr {
        fn write_str(&mut self, _: &str) -> core::fmt::Result {
            Ok(())
        }
    }
    pub fn throw_str(why: &str) -> ! {
        super::super::fail(why)
    }
    pub fn fatal_str(why: &str) -> ! {
        super::super::fail(why)
    }
    pub fn deadlock() -> ! {
        super::super::fail("all goroutines are asleep - deadlock!")
    }
    pub fn stack_overflow(_: &mut crate::g::G, _: usize, _: usize) -> ! {
        super::super::fail("stack overflow")
    }
}

pub mod env {
    //! No environment.
    pub fn setting(_: &str, _: &str) -> Option<&'static [u8]> {
        None
    }
    pub fn number(_: &[u8]) -> Option<i64> {
        None
    }
}

pub mod stack {
    //! The stack of a goroutine is that of its thread.
    use crate::g::{G, P};
    /// # Safety
    /// As the real one.
    pub unsafe fn assign(g: *mut G, _: *mut P) {
        // SAFETY: the caller's promise.
        unsafe { crate::arch::prepare(g) };
    }
    /// # Safety
    /// As the real one.
    pub unsafe fn give_back(g: *mut G, _: *mut P) {
        // SAFETY: the caller's promise.
        unsafe { (*g).rsp = 0 };
    }
    pub fn flush(_: &mut P) {}
    pub fn check_base(_: &G, _: bool) {}
}

pub mod chance {
    //! The clock is the kernel's, chance the model checker's.
    use shuttle::rand::Rng;
    pub fn nanotime() -> i64 {
        super::super::kernel::now()
    }
    pub fn seeded() -> [u64; 2] {
        [1, 1]
    }
    pub fn word() -> u64 {
        shuttle::rand::thread_rng().r#gen()
    }
    pub fn below(n: usize) -> usize {
        shuttle::rand::thread_rng().gen_range(0..n)
    }
    pub fn fuzz(_: usize) -> bool {
        false
    }
}
