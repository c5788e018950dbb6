//! What a goroutine's stack must hold below its limit, of the three who use it: compiled code (`burrow-codegen`), functions
//! in Rust (`burrow-link`), and frames that a signal injects (docs/abi.md, 5).

use burrow_codegen::BELOW_LIMIT;
use burrow_link::{SMALL_NEED, stack_needs, stack_reserve};

fn need(of: &str) -> Option<u32> {
    let line =
        stack_needs().lines().find(|l| l.split_once(' ').is_some_and(|(_, name)| name == of));
    line?.split_once(' ')?.0.parse().ok()
}

/// `syscall.RawSyscall` calls `RawSyscall6` calls the one of `internal/runtime/syscall`: as far as functions without test go.
const UNTESTED_CALLS: u32 = 3;

#[test]
fn reserve_holds_whatever_comes_together() {
    let [tested, untested] = BELOW_LIMIT;
    let injected = 8 + need("burrow_async_preempt").expect("its depth is known");
    let shade = need("rt_shade").expect("its depth is known");
    for most in [
        tested + UNTESTED_CALLS * untested + injected,
        tested + untested + SMALL_NEED,
        tested + untested + shade,
    ] {
        assert!(u64::from(most) <= stack_reserve(), "{most} of {}", stack_reserve());
    }
}

/// What goroutines that are many do: none of it asks for a large stack.
#[test]
fn what_is_done_often_needs_little() {
    for name in [
        "runtime.chanrecv0",
        "runtime.chansend0",
        "runtime.closechan0",
        "runtime.makechan0",
        "runtime.mallocgc",
        "runtime.burrowNewproc",
        "runtime.Gosched",
        "runtime.semacquire",
        "runtime.semrelease",
        "runtime.notifyListWait",
        "runtime.sleep",
        "runtime.nanotime",
        "runtime.walltime",
        "runtime.pollWait",
        "runtime.entersyscall",
        "runtime.exitsyscall",
        "runtime.memmovePointers",
        "runtime.memclrHasPointers",
    ] {
        let n = need(name);
        assert!(n.is_some_and(|n| n <= SMALL_NEED), "{name} needs {n:?}");
    }
}
