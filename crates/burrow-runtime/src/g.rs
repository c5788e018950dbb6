//! G, M and P: goroutine, thread, and the right to run Go code.
//!
//! G1  The first fields of `G` are compiled code's (`docs/abi.md`, section 4); offsets are asserted below.
//! G2  A G is in one place: running (`M.curg`), in one run queue, in one wait queue, or in the free list.
//! G3  `G.preempt` is set before `stack_limit` is poisoned. Whoever writes a true limit there tests `preempt`
//!     afterwards, and poisons again; the monitor repeats a request that got lost between the two.
//! G4  A G's memory is a slot that stays mapped (slots, L1), and is used again. Free ones may be zeroed, when they have
//!     left `ALL_G` (`spare`): a stale pointer to a G may be followed, but what it finds is another goroutine, or none.

use crate::sync::{AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Note, Ordering, RawLock};

/// `G.status`.
pub const GIDLE: u32 = 0;
pub const GRUNNABLE: u32 = 1;
pub const GRUNNING: u32 = 2;
pub const GSYSCALL: u32 = 3;
pub const GWAITING: u32 = 4;
pub const GDEAD: u32 = 6;

/// `G.preempt`.
pub const STOP: u32 = 1;
pub const SLICE_OVER: u32 = 2;

/// `P.status`.
pub const PIDLE: u32 = 0;
pub const PRUNNING: u32 = 1;
pub const PSYSCALL: u32 = 2;
pub const PSTOPPED: u32 = 3;

/// Goroutines in a P's ring. gc: `len(p.runq)`.
pub const RUNQ_LEN: u32 = if cfg!(feature = "model") { 4 } else { 256 };
const _: () = assert!(RUNQ_LEN.is_power_of_two());

/// A goroutine's stack segments: the slot, and up to four attached ones.
pub const SEGMENTS: usize = 5;
/// Memory of a G's record: a slot (slots).
pub const G_SLOT: usize = 512;

#[repr(C)]
pub struct G {
    pub stack_limit: AtomicUsize,
    pub next_top: usize,
    pub ctx: usize,
    pub p: *mut P,
    pub defer_head: usize,
    pub wb_enabled: u32,
    /// 0, or why it is to stop: `STOP`, `SLICE_OVER`.
    pub preempt: AtomicU32,
    pub scratch: usize,
    pub true_limit: usize,
    // Known to the overlay (panic.go, type g).
    /// Innermost panic record, a Go pointer.
    pub panic: usize,
    pub seq: usize,
    pub fips: usize,
    pub coro_arg: usize,
    /// The synctest bubble, a Go pointer.
    pub bubble: usize,
    pub user: [usize; 4],
    /// Profiler labels, a Go pointer.
    pub labels: usize,
    pub goid: u64,
    pub parent_goid: u64,
    /// The fault that `sigpanic` reports: signal, code, address, pc.
    pub fault: [usize; 4],
    pub panic_on_fault: u32,
    pub throwing: u32,
    // From here on the Rust side's own. What every switch touches is in one line of the cache with the two above.
    /// Where the registers are saved while it does not run (arch, S1); 0: it has no stack (stack, T1).
    pub rsp: usize,
    pub m: *mut M,
    pub status: AtomicU32,
    pub wait_reason: u32,
    /// Next in a run queue or free list.
    pub link: *mut G,
    /// The M it is locked to, and how often the program asked for that.
    pub locked_m: *mut M,
    /// The func value it runs.
    pub start_fn: usize,
    pub lock_count: u32,
    /// A goroutine of the runtime: not shown, not counted.
    pub system: u32,
    /// In a system call: rsp, rbp, pc of the caller, and its callee-saved registers. 0: not in one.
    pub syscall_rsp: usize,
    pub syscall_rbp: usize,
    pub syscall_pc: usize,
    pub syscall_regs: [usize; 4],
    /// Entry of `start_fn`, and the pc of the go statement.
    pub start_pc: usize,
    pub go_pc: usize,
    /// Since when it waits, or is in a system call: nanotime of the first marking that found it so, 0 if none has (`waits_since`).
    pub wait_since: AtomicI64,
    pub segments: [Segment; SEGMENTS],
    /// What woke it: `select` and channel operations.
    pub param: *mut Sudog,
    /// When it wakes up from `time.Sleep`, and in a bubble, which comes first of those of the same time.
    pub sleep_when: i64,
    pub sleep_order: u32,
    /// 1 while it is part of a select that somebody may win (`Sudog::is_select`).
    pub select_done: AtomicU32,
    /// Counts its runs; of one in eight it is measured how long it stood ready (metrics).
    pub runs: u32,
    /// Its place in `ALL_G`, plus one; 0: it isn't there.
    pub all_index: usize,
    /// Cached sudogs, and those by which it waits, linked by `owner_next`.
    pub sudogs: *mut Sudog,
    pub waiting: *mut Sudog,
    pub nopreempt: u32,
    /// This park is durable for its bubble (synctest, B2).
    pub durable: u32,
    /// It is a coroutine's.
    pub coro: u32,
    /// The cycle for which its stack was scanned, doubled; 1 more while somebody does that (gc/mark, K3).
    pub scan: AtomicU32,
    /// It will never go on (leaks, E2).
    pub leaked: u32,
    /// When it was made ready; -1: to be noted then, 0: nobody asks (profile).
    pub release_time: i64,
    /// In each eighth of its runs: since when it is ready, in cycles.
    pub ready_since: i64,
}

impl G {
    /// Fetches what a switch to `g` needs into the cache.
    pub fn prefetch(g: *const G) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let at = |offset: isize| g.cast::<i8>().wrapping_offset(offset);
        // SAFETY: a hint, which never faults.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(at(0));
            _mm_prefetch::<_MM_HINT_T0>(at(core::mem::offset_of!(G, rsp) as isize));
        }
    }

    /// It has waited since `now` at least. By a thread that keeps it from going on.
    pub fn note_waiting(&self, now: i64) {
        if self.wait_since.load(Ordering::Relaxed) == 0 {
            self.wait_since.store(now, Ordering::Relaxed);
        }
    }

    /// Since when it waits, as far as that is known; 0: not.
    pub fn waits_since(&self) -> i64 {
        self.wait_since.load(Ordering::Relaxed)
    }

    /// Where the stack of a goroutine that does not run begins. It may be returning from a system call at this moment,
    /// even while the world is stopped: then its thread saves it (`rsp`), clears `syscall_rsp`, and changes `status`,
    /// in this order. So each is read once; whichever is found, the frames from there on are complete.
    pub fn saved_rsp(&self) -> usize {
        // SAFETY: words of a live record.
        unsafe {
            let at = (&raw const self.syscall_rsp).read_volatile();
            if at != 0 && self.status.load(Ordering::Acquire) == GSYSCALL {
                at
            } else {
                (&raw const self.rsp).read_volatile()
            }
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Segment {
    pub base: usize,
    pub top: usize,
}

impl Segment {
    pub const NONE: Segment = Segment { base: 0, top: 0 };
}

/// A goroutine waiting for a channel or semaphore.
#[repr(C)]
pub struct Sudog {
    pub g: *mut G,
    pub next: *mut Sudog,
    pub prev: *mut Sudog,
    /// Where the value goes or comes from; on g's stack or in the heap.
    pub elem: *mut u8,
    pub chan: *mut u8,
    pub success: bool,
    pub is_select: bool,
    /// Index of the case in a select.
    pub case: u32,
    pub ticket: u32,
    /// Waiters behind this one at the same address.
    pub waiters: u32,
    /// When it began to wait for a mutex, as far as that is not charged yet; 0: nobody asks (profile).
    pub acquire_time: i64,
    /// Semaphores: address, waiters behind this one at the same address.
    pub addr: usize,
    pub wait_link: *mut Sudog,
    pub wait_tail: *mut Sudog,
    /// Cached by the goroutine that made it.
    pub owner_next: *mut Sudog,
}

/// A thread.
#[repr(C)]
pub struct M {
    /// The thread pointer points here; holds its own address.
    pub tp: usize,
    pub curg: *mut G,
    pub g0_rsp: usize,
    pub on_g0: u32,
    pub spinning: u32,
    pub p: *mut P,
    /// The P to take on waking up.
    pub next_p: *mut P,
    /// The P it had before a system call.
    pub old_p: *mut P,
    pub id: u64,
    pub tid: AtomicU32,
    /// To make a system call that all threads make (allthreads).
    pub asked: AtomicU32,
    pub note: Note,
    pub locked_g: *mut G,
    /// Next idle M; next of all.
    pub link: *mut M,
    pub all_link: *mut M,
    pub rng: [u64; 2],
    /// What `park` runs on g0 once the goroutine is off its stack.
    pub unlock: Option<unsafe extern "C" fn(*mut G, *mut u8) -> bool>,
    pub unlock_arg: *mut u8,
    pub g0_base: usize,
    pub g0_size: usize,
    pub dying: u32,
    pub signal_stack: usize,
    /// Its timer for CPU profiles, plus one; 0: none.
    pub profile_timer: AtomicU32,
    /// rbp of who called the vDSO; 0: not there (cpuprof).
    pub vdso_rbp: usize,
    /// > 0: no preemption of this thread (runtime_procPin).
    pub pins: u32,
    pub blocked_forever: u32,
    /// It has made the first timer earlier, and sees to it that somebody waits for that when it has found what to run.
    pub attends: u32,
    /// It ends, with a state that no other thread should inherit.
    pub ends: bool,
}

/// The right to run Go code, with what belongs to it.
#[repr(C)]
pub struct P {
    pub id: u32,
    pub status: AtomicU32,
    pub m: *mut M,
    pub lock: RawLock,
    pub head: AtomicU32,
    pub tail: AtomicU32,
    pub next: *mut G,
    pub ring: [*mut G; RUNQ_LEN as usize],
    pub sched_tick: AtomicU64,
    /// Time slices begun: a goroutine from `next` goes on in the slice of who readied it (`inherits`).
    pub slice_tick: AtomicU64,
    pub inherits: bool,
    pub syscall_tick: AtomicU64,
    /// The monitor's memory of the slice and system call ticks, and since when.
    pub seen_slice: u64,
    pub seen_syscall: u64,
    pub seen_when: i64,
    /// How often in a row `next` was taken while the ring had somebody.
    pub passed_over: u32,
    /// nanotime: from then on one of the spent (D7) is taken before others.
    pub spent_after: i64,
    pub link: *mut P,
    /// Idle since (metrics); guarded by `SCHED`.
    pub idle_since: i64,
    pub running_since: AtomicI64,
    /// Records that no goroutine has, and stacks.
    pub gs: crate::slots::Cache,
    pub small_stacks: crate::slots::Cache,
    pub large_stacks: crate::slots::Cache,
    pub cache: crate::heap::Cache,
    pub overwritten: crate::barrier::Overwritten,
    pub timers: crate::timer::Heap,
}

const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(G, stack_limit) == 0);
    assert!(offset_of!(G, next_top) == 8);
    assert!(offset_of!(G, ctx) == 16);
    assert!(offset_of!(G, p) == 24);
    assert!(offset_of!(G, defer_head) == 32);
    assert!(offset_of!(G, wb_enabled) == 40);
    assert!(offset_of!(G, preempt) == 44);
    assert!(offset_of!(G, scratch) == 48);
    assert!(offset_of!(G, panic) == 64);
    assert!(offset_of!(G, goid) == 144);
    assert!(offset_of!(G, throwing) == 196);
    assert!(offset_of!(G, rsp) == 200 && offset_of!(G, system) == 252);
    assert!(size_of::<G>() <= G_SLOT);
};

/// Why a goroutine waits; gc's texts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
#[allow(clippy::enum_variant_names, reason = "gc's words for what is waited for")]
pub enum Wait {
    None = 0,
    ChanReceive,
    ChanSend,
    ChanReceiveNil,
    ChanSendNil,
    Select,
    SelectNoCases,
    Sleep,
    IoWait,
    SemAcquire,
    MutexLock,
    RwMutexRLock,
    RwMutexLock,
    CondWait,
    WaitGroupWait,
    FinalizerWait,
    GcWait,
    Coroutine,
    Preempted,
    CleanupWait,
    SynctestRun,
    SynctestWait,
    StoppingTheWorld,
    ForceGc,
    TraceReader,
    GcAssist,
    UpdateProcs,
}

const LAST_WAIT: Wait = Wait::UpdateProcs;

impl Wait {
    /// The reason whose number is `code`.
    pub fn from_code(code: u32) -> Wait {
        debug_assert!(code <= LAST_WAIT as u32, "a reason's number");
        if code > LAST_WAIT as u32 {
            return Wait::None;
        }
        // SAFETY: every number up to the last one's is a reason's.
        unsafe { core::mem::transmute::<u32, Wait>(code) }
    }

    pub fn text(code: u32) -> &'static str {
        const TEXTS: [&str; 27] = [
            "",
            "chan receive",
            "chan send",
            "chan receive (nil chan)",
            "chan send (nil chan)",
            "select",
            "select (no cases)",
            "sleep",
            "IO wait",
            "semacquire",
            "sync.Mutex.Lock",
            "sync.RWMutex.RLock",
            "sync.RWMutex.Lock",
            "sync.Cond.Wait",
            "sync.WaitGroup.Wait",
            "finalizer wait",
            "garbage collection",
            "coroutine",
            "preempted",
            "cleanup wait",
            "synctest.Run",
            "synctest.Wait",
            "stopping the world",
            "force gc (idle)",
            "trace reader (blocked)",
            "GC assist wait",
            "GOMAXPROCS updater (idle)",
        ];
        TEXTS.get(code as usize).copied().unwrap_or("waiting")
    }
}
