//! The kernel's side of the poller: an epoll descriptor, and an eventfd in it by which who waits is woken.

use crate::chance;
use crate::sync::{AtomicBool, AtomicI32, Ordering};
use crate::sys::{self, nr};

pub const EPOLLIN: u32 = 1;
pub const EPOLLOUT: u32 = 4;
pub const EPOLLERR: u32 = 8;
pub const EPOLLHUP: u32 = 16;
pub const EPOLLRDHUP: u32 = 0x2000;
pub const EPOLLET: u32 = 1 << 31;
/// `epoll_ctl`'s operations.
pub const ADD: usize = 1;
pub const DELETE: usize = 2;
const EPOLL_CLOEXEC: usize = 0x8_0000;
const EFD_CLOEXEC_NONBLOCK: usize = 0x8_0800;
const EPOLL_PWAIT2: usize = 441;
/// `epoll_pwait2` was refused: by a kernel before 5.11, or by a filter of system calls, whatever error that gives.
static NO_PWAIT2: AtomicBool = AtomicBool::new(false);

#[repr(C, packed)]
#[derive(Clone, Copy)]
pub struct Event {
    pub events: u32,
    /// 0: the eventfd.
    pub data: u64,
}

static EPOLL: AtomicI32 = AtomicI32::new(-1);
static EVENT: AtomicI32 = AtomicI32::new(-1);

pub fn open() {
    // SAFETY: creates descriptors.
    unsafe {
        let ep = sys::syscall3(nr::EPOLL_CREATE1, EPOLL_CLOEXEC, 0, 0);
        let ev = sys::syscall3(nr::EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK, 0);
        if ep < 0 || ev < 0 {
            crate::panics::throw_str("the poller's descriptors cannot be made");
        }
        EPOLL.store(ep as i32, Ordering::SeqCst);
        EVENT.store(ev as i32, Ordering::SeqCst);
        control(ADD, ev as usize, EPOLLIN, 0);
    }
}

/// # Safety
/// `data` is 0 for the eventfd, else it names a record that is never freed.
pub unsafe fn control(op: usize, fd: usize, events: u32, data: u64) -> isize {
    let e = Event { events, data };
    let ep = EPOLL.load(Ordering::SeqCst) as usize;
    // SAFETY: the kernel reads `e`.
    unsafe { sys::syscall6(nr::EPOLL_CTL, ep, op, fd, &raw const e as usize, 0, 0) }
}

/// Ends a `wait`, or the next one.
pub fn interrupt() {
    let one = 1_u64;
    // SAFETY: the kernel reads 8 bytes.
    unsafe {
        let fd = EVENT.load(Ordering::SeqCst) as usize;
        sys::syscall3(nr::WRITE, fd, &raw const one as usize, 8);
    }
}

/// Takes back what `interrupt` did.
pub fn drain() {
    let mut count = 0_u64;
    // SAFETY: the kernel writes 8 bytes.
    unsafe {
        let fd = EVENT.load(Ordering::SeqCst) as usize;
        sys::syscall3(nr::READ, fd, &raw mut count as usize, 8);
    }
}

/// Waits for events, until `until` (nanotime) at most, not at all if that is 0; how many there are.
pub fn wait(events: &mut [Event; 128], until: i64) -> usize {
    let ep = EPOLL.load(Ordering::SeqCst) as usize;
    let at = events.as_mut_ptr() as usize;
    let ns = match until {
        0 => 0,
        i64::MAX => -1,
        _ => (until - chance::nanotime()).max(0),
    };
    let t = sys::Timespec { sec: ns / 1_000_000_000, nsec: ns % 1_000_000_000 };
    let timeout = if ns < 0 { 0 } else { &raw const t as usize };
    // SAFETY: the kernel writes at most 128 events.
    let n = unsafe {
        let mut n = -1;
        if !NO_PWAIT2.load(Ordering::Relaxed) {
            n = sys::syscall6(EPOLL_PWAIT2, ep, at, 128, timeout, 0, 0);
            if n < 0 && n != -sys::EINTR {
                NO_PWAIT2.store(true, Ordering::Relaxed);
            }
        }
        if NO_PWAIT2.load(Ordering::Relaxed) {
            let ms = (ns as usize).div_ceil(1_000_000).min(i32::MAX as usize);
            let ms = if ns < 0 { usize::MAX } else { ms };
            n = sys::syscall6(nr::EPOLL_PWAIT, ep, at, 128, ms, 0, 0);
        }
        n
    };
    if n < 0 && n != -sys::EINTR {
        crate::panics::throw_str("runtime: netpoll failed");
    }
    n.max(0) as usize
}

pub fn is_own(fd: usize) -> bool {
    fd as i32 == EPOLL.load(Ordering::SeqCst) || fd as i32 == EVENT.load(Ordering::SeqCst)
}
