//! What is due is run: goroutines become runnable, deadlines pass, and timers wait in a queue for the goroutine that calls
//! their functions.

use super::heap::{Due, Heap, prefetch};
use super::{BUBBLES, Deadline, Timer};
use crate::arch::m;
use crate::chance;
use crate::g::*;
use crate::go_entry;
use crate::heap::Pair;
use crate::proc;
use crate::sync::{AtomicBool, AtomicPtr, AtomicUsize, Global, Mutex, Ordering};
use core::ptr::null_mut;
use rust_alloc::collections::VecDeque;
use rust_alloc::vec::Vec;

go_entry!(run_timers, "runtime.runTimers");

/// How much is taken out of a heap under one hold of its lock.
const BATCH: usize = if cfg!(feature = "model") { 2 } else { 32 };

/// How many calls ahead a timer is fetched into the cache.
const AHEAD: usize = 4;

/// A timer whose function is to be called, unless it was changed since (`generation`).
struct Fired {
    timer: *mut Timer,
    due: i64,
    generation: u32,
}

crate::shared! {
static FIRED: Mutex<VecDeque<Fired>> = Mutex::new(VecDeque::new());
/// The queue's length; read without the lock.
static FIRED_LEN: AtomicUsize = AtomicUsize::new(0);
/// The goroutine of I3, while it has nothing to do.
static RUNNER: AtomicPtr<G> = AtomicPtr::new(null_mut());
static RUNNER_MADE: AtomicBool = AtomicBool::new(false);
}

/// The earliest deadline of all Ps, or `i64::MAX`.
pub fn next_deadline() -> i64 {
    // SAFETY: Ps are never freed.
    proc::every_p().map(|p| unsafe { (*p).timers.earliest() }).min().unwrap_or(i64::MAX)
}

/// Whether anything will happen by itself. In this order: what fires is still in a heap, or in the queue, or its thread is seen
/// elsewhere (`proc::check_dead`).
pub fn any_pending() -> bool {
    // SAFETY: Ps are never freed.
    proc::every_p().any(|p| unsafe { (*p).timers.any_live() })
        || FIRED_LEN.load(Ordering::SeqCst) > 0
}

/// The P `from` goes away: `to` gets its timers. The world is stopped.
pub fn hand_over(from: *mut P, to: *mut P) {
    // SAFETY: Ps are never freed.
    unsafe {
        let mut to = (*to).timers.lock();
        (*from).timers.lock().move_to(&mut to);
    }
    // For a moment they were in neither.
    crate::poll::wake_by(next_deadline());
}

/// What the collector must follow: timers of package time that are live in a heap or have fired (I5). Those that leave
/// the queue afterwards are shaded. Who becomes a zombie is reachable from whoever did that, or was when marking began.
pub fn roots() -> Vec<usize> {
    let mut all = Vec::new();
    for p in proc::every_p() {
        // SAFETY: Ps are never freed.
        unsafe { (*p).timers.lock().collect_timers(&mut all) };
    }
    for &heap in BUBBLES.lock().iter() {
        // SAFETY: bubbles in the list live.
        unsafe { (*heap).lock().collect_timers(&mut all) };
    }
    // Last: from the heaps they go here.
    all.extend(FIRED.lock().iter().map(|f| f.timer as usize));
    all
}

/// A timer leaves what the collector follows, and its function will be called.
pub fn leaves(t: *mut Timer) {
    if crate::gc::marking() != 0 {
        crate::gc::shade(t as usize);
    }
}

/// Runs what is due in the heap of this thread's P; on a thread without one, in all heaps. On any thread, not while the
/// world is stopped by it.
#[inline]
pub fn run_due() {
    let me = m();
    // SAFETY: this thread's record and P.
    unsafe {
        if me.is_null() || (*me).p.is_null() {
            return run_all();
        }
        let heap = &(*(*me).p).timers;
        let next = heap.earliest();
        if next != i64::MAX {
            run_own(heap, next);
        }
    }
}

fn run_own(heap: &Heap, next: i64) {
    let now = chance::nanotime();
    if next <= now {
        run(heap, now);
    } else if heap.many_zombies() {
        heap.lock().put_right();
    }
}

/// Runs what is due in all heaps. On any thread.
pub fn run_all() {
    for p in proc::every_p() {
        run_due_of(p);
    }
}

/// The same for the heap of some P; whether something was due.
pub fn run_due_of(p: *mut P) -> bool {
    // SAFETY: Ps are never freed.
    let heap = unsafe { &(*p).timers };
    let next = heap.earliest();
    if next == i64::MAX {
        return false;
    }
    let now = chance::nanotime();
    next <= now && run(heap, now)
}

/// Runs what is due in a heap at `now`; whether something was.
fn run(heap: &Heap, now: i64) -> bool {
    let mut any = false;
    loop {
        let mut batch = [const { None }; BATCH];
        let mut n = 0;
        {
            let mut heap = heap.lock();
            while n < BATCH
                && let Some(due) = heap.take_due(now)
            {
                batch[n] = Some(due);
                n += 1;
            }
        }
        deliver(&batch[..n]);
        any |= n > 0;
        if n < BATCH {
            return any;
        }
    }
}

/// No lock is held (I6).
fn deliver(batch: &[Option<Due>]) {
    let mut call = false;
    for due in batch.iter().flatten() {
        match *due {
            // SAFETY: it sleeps, and its entry was the only one.
            Due::Sleep(g) => unsafe { proc::ready(g) },
            Due::Poll(d, seq) => deadline_passed(d, seq),
            Due::Timer(_) => call = true,
        }
    }
    if call {
        wake_runner();
    }
}

fn deadline_passed(d: *mut Deadline, seq: u64) {
    // SAFETY: deadlines are never freed, and always of the same descriptor.
    let (descriptor, mode) = unsafe { ((*d).descriptor.get(), (*d).mode.get()) };
    crate::poll::deadline_passed(descriptor, mode, seq);
}

/// The time of a timer has come. In a bubble its root calls the function at once.
///
/// # Safety
/// The timer and its heap are locked.
pub unsafe fn fired(timer: *mut Timer, due: i64, fake: bool) {
    // SAFETY: the caller's promise.
    let alarm = unsafe { &(*timer).alarm };
    if fake {
        if alarm.is_channel() {
            alarm.firing.set(alarm.firing.get() + 1);
        }
        return;
    }
    if alarm.queued.replace(true) {
        // A ticker whose function could not be called in time.
        return;
    }
    let mut queue = FIRED.lock();
    queue.push_back(Fired { timer, due, generation: alarm.generation.get() });
    FIRED_LEN.store(queue.len(), Ordering::SeqCst);
}

fn wake_runner() {
    let g = RUNNER.swap(null_mut(), Ordering::SeqCst);
    if !g.is_null() {
        // SAFETY: it parked in `next_fired`, and the swap makes us its only waker.
        unsafe { proc::ready(g) };
    }
}

/// Makes the goroutine of I3, once.
pub fn need_runner() {
    if RUNNER_MADE.load(Ordering::Relaxed) || RUNNER_MADE.swap(true, Ordering::SeqCst) {
        return;
    }
    static CELL: Global<usize> = Global::new(0);
    // SAFETY: written once, before the goroutine can run; on a goroutine.
    unsafe {
        *CELL.as_ptr() = run_timers();
        proc::start_system(CELL.as_ptr() as usize);
    }
}

/// The next timer in the queue whose function is to be called: (timer, how late).
fn next_in_queue() -> Option<Pair> {
    loop {
        let Fired { timer, due, generation } = {
            let mut queue = FIRED.lock();
            let first = queue.pop_front();
            FIRED_LEN.store(queue.len(), Ordering::SeqCst);
            if let Some(f) = queue.get(AHEAD) {
                prefetch(f.timer as usize);
            }
            first?
        };
        leaves(timer);
        // SAFETY: it was in the queue, so it lives.
        let alarm = unsafe { &(*timer).alarm };
        let _guard = alarm.lock.guard();
        if alarm.queued.get() && alarm.generation.get() == generation {
            alarm.queued.set(false);
            if alarm.is_channel() {
                alarm.firing.set(alarm.firing.get() + 1);
            }
            return Some(Pair(timer as usize, (chance::nanotime() - due) as usize));
        }
    }
}

/// The next fired timer: (timer, how late). `previous` is the one whose function has returned.
#[unsafe(export_name = "runtime.nextFired")]
pub unsafe extern "C" fn next_fired(previous: *mut Timer) -> Pair {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        RUNNER.store(g, Ordering::SeqCst);
        FIRED_LEN.load(Ordering::SeqCst) == 0 || RUNNER.swap(null_mut(), Ordering::SeqCst).is_null()
    }
    if !previous.is_null() {
        super::timer_done(previous);
    }
    loop {
        if let Some(next) = next_in_queue() {
            return next;
        }
        // SAFETY: on a goroutine.
        unsafe { proc::park(Some(publish), null_mut(), Wait::Sleep) };
    }
}
