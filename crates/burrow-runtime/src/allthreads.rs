//! `syscall.AllThreadsSyscall`: a system call that every thread of the process makes, since Linux has credentials and the like
//! for each thread alone. gc: `syscall_runtime_doAllThreadsSyscall`.
//!
//! Y1  The world is stopped meanwhile, and no thread is born (`BIRTHS`, taken after that: who makes a thread may have a P).
//!     So a thread either makes the call, or is made later by one that has.
//! Y2  A thread makes the call in a handler of `SIGNAL`, which is blocked nowhere for long, and says so by `M.asked`. A thread
//!     that ends instead has no `tid` any more.
//! Y3  The caller goes first: if that fails, nobody else tries. Who gets another result than it ends the program.

use crate::arch::m;
use crate::panics;
use crate::proc;
use crate::signal;
use crate::sync::{Global, Ordering, RawLock};
use crate::sys;

/// gc: `sigPerThreadSyscall`.
pub const SIGNAL: usize = 33;

/// Y1.
pub static BIRTHS: RawLock = RawLock::new();

/// `M.asked`.
const NO: u32 = 0;
const ASKED: u32 = 1;
const DIFFERS: u32 = 2;

/// Number and arguments of the call, and what the first thread got. Written while nobody is asked.
static CALL: Global<([usize; 7], isize)> = Global::new(([0; 7], 0));

/// # Safety
/// The arguments are right for the system call.
unsafe fn call(a: &[usize; 7]) -> isize {
    // SAFETY: the caller's promise.
    unsafe { sys::syscall6(a[0], a[1], a[2], a[3], a[4], a[5], a[6]) }
}

/// In the handler of `SIGNAL`.
pub fn on_signal() {
    // SAFETY: this thread's record; `CALL` does not change while somebody is asked.
    unsafe {
        let me = m();
        if (*me).asked.load(Ordering::Acquire) == ASKED {
            let (arguments, expected) = CALL.get();
            let same = call(arguments) == *expected;
            (*me).asked.store(if same { NO } else { DIFFERS }, Ordering::Release);
        }
    }
}

/// `input`: number and six arguments; `out`: two results and errno.
///
/// # Safety
/// On a goroutine; the arguments are right for the system call.
#[unsafe(export_name = "runtime.allThreadsSyscall")]
pub unsafe extern "C" fn all_threads_syscall(input: *const [usize; 7], out: *mut [usize; 3]) {
    signal::handle_all_threads();
    proc::stop_the_world();
    // SAFETY: the caller's promise; nothing in there parks.
    let (result, differs) = crate::arch::on_g0(|| unsafe {
        let _guard = BIRTHS.guard();
        let arguments = *input;
        let result = call(&arguments);
        *CALL.get() = (arguments, result);
        (result, !(-4095..0).contains(&result) && others_differ())
    });
    proc::start_the_world();
    panics::throw_if(
        differs,
        "AllThreadsSyscall6 results differ between threads; runtime corrupted",
    );
    // SAFETY: the caller's. The kernel leaves the third argument's register, gc's second result, as it is.
    unsafe {
        *out = if (-4095..0).contains(&result) {
            [usize::MAX, 0, -result as usize]
        } else {
            [result as usize, (*input)[3], 0]
        };
    }
}

/// Lets all other threads make the call; whether one got something else. Y1 holds.
unsafe fn others_differ() -> bool {
    let me = m();
    for other in proc::all_m().filter(|&other| other != me) {
        // SAFETY: Ms live for ever.
        unsafe { (*other).asked.store(ASKED, Ordering::Release) };
    }
    let mut differs = false;
    for other in proc::all_m().filter(|&other| other != me) {
        // SAFETY: as above.
        let other = unsafe { &*other };
        while other.asked.load(Ordering::Acquire) == ASKED {
            let tid = other.tid.load(Ordering::SeqCst);
            if tid == 0 {
                break;
            }
            signal::send(tid, SIGNAL);
            sys::yield_thread();
        }
        differs |= other.asked.swap(NO, Ordering::AcqRel) == DIFFERS;
    }
    differs
}
