//! What must hold in every schedule: everybody who can go on does, values arrive once, in order.

use super::{Setup, check, epoll, go, run, switch};
use crate::chan::{self, Case, Chan};
use crate::g::Wait;
use crate::poll;
use crate::proc;
use crate::sema;
use crate::sync::{AtomicU32, Note, Ordering, RawLock};
use crate::timer::{self, Timer};
use crate::types::{ChanType, Type, kind};
use core::ptr::{null, null_mut};
use core::sync::atomic::{AtomicU64, AtomicUsize};
use std::boxed::Box;

fn leak<T>(v: T) -> &'static T {
    Box::leak(Box::new(v))
}

/// A count of what is done, for one who waits.
#[derive(Clone, Copy)]
struct Done(&'static AtomicU32);

impl Done {
    fn new() -> Done {
        Done(leak(AtomicU32::new(0)))
    }
    fn one(self) {
        // SAFETY: a semaphore, on a goroutine.
        unsafe { sema::semrelease(self.0, false, 0) };
    }
    fn wait(self, n: usize) {
        for _ in 0..n {
            acquire(self.0, false);
        }
    }
}

fn acquire(s: &'static AtomicU32, lifo: bool) {
    // SAFETY: a semaphore, on a goroutine.
    unsafe { sema::semacquire(s, lifo, Wait::SemAcquire as u64) };
}

static WORD: Type = Type {
    size: 8,
    ptr_bytes: 0,
    hash: 0,
    tflag: 0,
    align: 8,
    field_align: 8,
    kind: kind::STRUCT,
    equal: 0,
    gcdata: null(),
    str: 0,
    ptr_to_this: 0,
};

/// A channel of words.
#[derive(Clone, Copy)]
struct C(*mut Chan);

impl C {
    fn new(capacity: usize) -> C {
        // SAFETY: read only.
        let typ = unsafe { core::ptr::read(&WORD) };
        let t = leak(ChanType { typ, elem: &WORD, dir: 3 });
        // SAFETY: a channel type, on a goroutine.
        C(unsafe { chan::makechan(t, capacity, capacity * 8) })
    }
    fn send(self, mut v: u64) {
        // SAFETY: a channel of words.
        let r = unsafe { chan::chansend(self.0, (&raw mut v).cast(), true) };
        check(r == 1, "sent");
    }
    /// `None`: closed.
    fn recv(self) -> Option<u64> {
        let mut v = 0_u64;
        loop {
            // SAFETY: a channel of words.
            match unsafe { chan::chanrecv(self.0, (&raw mut v).cast(), true) } {
                3 => return Some(v),
                1 => return None,
                4 => send_due(self),
                _ => check(false, "a receive's result"),
            }
        }
    }
    fn close(self) {
        // SAFETY: a channel.
        check(unsafe { chan::closechan(self.0) } == 0, "closed once");
    }
}

/// Receives from one of two channels: which, and what.
fn recv_either(a: C, b: C) -> (usize, Option<u64>) {
    let v = leak([const { AtomicU64::new(0) }; 2]);
    loop {
        let [va, vb] = [0, 1].map(|i| core::ptr::from_ref(&v[i]).cast_mut().cast());
        let cases = [Case { chan: a.0, elem: va }, Case { chan: b.0, elem: vb }];
        let mut order = [0_u16; 4];
        // SAFETY: two cases of channels of words.
        let r = unsafe { chan::selectgo(cases.as_ptr(), order.as_mut_ptr(), 0, 2, true) };
        if r <= -2 {
            send_due(if r == -2 { a } else { b });
            continue;
        }
        let i = (r & 0xff) as usize;
        return (i, (r & 1 << 32 != 0).then_some(v[i].load(Ordering::SeqCst)));
    }
}

#[test]
fn locks_exclude_and_notes_wake() {
    run(Setup { procs: 1, ..Setup::default() }, 300, || {
        struct Shared {
            lock: RawLock,
            inside: AtomicU64,
            left: AtomicU64,
            note: Note,
        }
        let s = leak(Shared {
            lock: RawLock::new(),
            inside: AtomicU64::new(0),
            left: AtomicU64::new(3),
            note: Note::new(),
        });
        // Bare threads, beside the scheduler.
        for _ in 0..3 {
            shuttle::thread::spawn(move || {
                for _ in 0..2 {
                    s.lock.lock();
                    check(s.inside.fetch_add(1, Ordering::SeqCst) == 0, "one holds the lock");
                    switch();
                    s.inside.fetch_sub(1, Ordering::SeqCst);
                    s.lock.unlock();
                }
                if s.left.fetch_sub(1, Ordering::SeqCst) == 1 {
                    s.note.wake();
                }
            });
        }
        s.note.sleep();
    });
}

/// D2, D3: everything that is made runnable runs, with rings that overflow and thieves.
#[test]
fn runnable_goroutines_run() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (done, ran) = (Done::new(), leak(AtomicUsize::new(0)));
        for i in 0..9 {
            go(move || {
                if i % 3 == 0 {
                    proc::gosched();
                }
                ran.fetch_add(1, Ordering::SeqCst);
                done.one();
            });
        }
        done.wait(9);
        check(ran.load(Ordering::SeqCst) == 9, "each ran once");
    });
}

/// Two Ps, one of which is idle at most of the moments at which the other makes somebody runnable.
#[test]
fn idle_ps_are_woken() {
    run(Setup { procs: 2, ..Setup::default() }, 400, || {
        let (there, back) = (C::new(0), C::new(0));
        go(move || {
            while let Some(v) = there.recv() {
                back.send(v + 1);
            }
            back.close();
        });
        for i in 0..3 {
            there.send(i);
            check(back.recv() == Some(i + 1), "the answer");
        }
        there.close();
        check(back.recv().is_none(), "closed");
    });
}

/// D3, D4: with as many Ps as goroutines, all of them run at once: each waits busily for the others.
#[test]
fn no_p_stays_idle() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (there, done) = (leak(AtomicUsize::new(0)), Done::new());
        for _ in 0..3 {
            go(move || {
                there.fetch_add(1, Ordering::SeqCst);
                while there.load(Ordering::SeqCst) < 3 {
                    crate::sys::pause();
                }
                done.one();
            });
        }
        done.wait(3);
    });
}

#[test]
fn channels_deliver_once_in_order() {
    run(Setup { procs: 3, ..Setup::default() }, 200, || {
        let (c, done) = (C::new(1), Done::new());
        let (sum, senders) = (leak(AtomicU64::new(0)), leak(AtomicUsize::new(2)));
        for k in 0..2_u64 {
            go(move || {
                for i in 0..3 {
                    c.send(k << 8 | i);
                }
                if senders.fetch_sub(1, Ordering::SeqCst) == 1 {
                    c.close();
                }
                done.one();
            });
            go(move || {
                let mut last = [None; 2];
                while let Some(v) = c.recv() {
                    let (k, i) = ((v >> 8) as usize, v & 0xff);
                    check(last[k].is_none_or(|l| l < i), "a sender's values come in order");
                    last[k] = Some(i);
                    sum.fetch_add(i + 1, Ordering::SeqCst);
                }
                done.one();
            });
        }
        done.wait(4);
        check(sum.load(Ordering::SeqCst) == 12, "each value comes once");
    });
}

/// C4: of the cases of a select one is done, and the others' goroutines are not lost.
#[test]
fn selects_do_one_case() {
    run(Setup { procs: 2, ..Setup::default() }, 300, || {
        let (a, b, done) = (C::new(0), C::new(1), Done::new());
        for (c, base) in [(a, 10), (b, 20)] {
            go(move || {
                c.send(base);
                c.send(base + 1);
                c.close();
                done.one();
            });
        }
        let (mut sum, mut closed) = (0, [false; 2]);
        while closed != [true; 2] {
            match recv_either(
                if closed[0] { C(null_mut()) } else { a },
                if closed[1] { C(null_mut()) } else { b },
            ) {
                (i, None) => closed[i] = true,
                (_, Some(v)) => sum += v,
            }
        }
        check(sum == 62, "every value");
        done.wait(2);
    });
}

/// Several goroutines select on the same two channels; a close wakes all of them.
#[test]
fn closing_wakes_every_select() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (a, b, done) = (C::new(0), C::new(0), Done::new());
        let got = leak(AtomicU64::new(0));
        for _ in 0..3 {
            go(move || {
                while let (_, Some(v)) = recv_either(a, b) {
                    got.fetch_add(v, Ordering::SeqCst);
                }
                done.one();
            });
        }
        a.send(1);
        b.send(2);
        a.send(4);
        b.close();
        done.wait(3);
        check(got.load(Ordering::SeqCst) == 7, "every value");
    });
}

/// S2: a semaphore as a mutex, with and without handing it over; who is pinned to his thread stays there.
#[test]
fn semaphores_lose_nobody() {
    run(Setup { procs: 3, ..Setup::default() }, 200, || {
        let (s, inside, done) = (leak(AtomicU32::new(1)), leak(AtomicUsize::new(0)), Done::new());
        for k in 0..3 {
            go(move || {
                for _ in 0..2 {
                    acquire(s, k == 1);
                    check(inside.fetch_add(1, Ordering::SeqCst) == 0, "one is inside");
                    switch();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    proc::proc_pin();
                    let here = crate::arch::m();
                    // SAFETY: a semaphore, on a goroutine.
                    unsafe { sema::semrelease(s, k == 2, 0) };
                    check(crate::arch::m() == here, "it is still on its thread");
                    proc::proc_unpin();
                }
                done.one();
            });
        }
        done.wait(3);
        check(s.load(Ordering::SeqCst) == 1, "the semaphore is free");
    });
}

/// A Go timer whose function sends to a channel, or counts.
#[repr(C)]
struct GoTimer {
    c: usize,
    init: usize,
    state: [usize; 6],
    period: i64,
    f: usize,
    arg: [usize; 2],
}

/// A timer of nobody yet; `arg` is the channel, if it is a channel's.
fn new_timer(f: fn(usize), arg: usize) -> *mut Timer {
    let t = GoTimer { c: 0, init: 1, state: [0; 6], period: 0, f: f as usize, arg: [0, arg] };
    core::ptr::from_ref(leak(t)).cast_mut().cast()
}

/// A timer that calls `f(arg)` in `ns` from now on.
fn after(ns: i64, f: fn(usize), arg: usize) -> *mut Timer {
    let t = new_timer(f, arg);
    // SAFETY: a fresh timer, on a goroutine.
    unsafe { timer::timer_new(t, null_mut(), crate::chance::nanotime() + ns, 0) };
    t
}

crate::shared! {
/// How many calls of Stop and Reset have begun, and have returned.
static BEGUN: AtomicUsize = AtomicUsize::new(0);
static RETURNED: AtomicUsize = AtomicUsize::new(0);
}

fn change(f: impl FnOnce() -> bool) -> bool {
    BEGUN.fetch_add(1, Ordering::SeqCst);
    let was = f();
    RETURNED.fetch_add(1, Ordering::SeqCst);
    was
}

/// A timer that sends to `c` in `ns` from now on.
fn timer_of(c: C, ns: i64) -> *mut Timer {
    fn send(c: usize) {
        let (mut v, begun) = (7_u64, BEGUN.load(Ordering::SeqCst));
        switch();
        // SAFETY: the timer's channel.
        unsafe { chan::chansend(c as *mut Chan, (&raw mut v).cast(), false) };
        check(RETURNED.load(Ordering::SeqCst) <= begun, "nothing old after Stop or Reset");
    }
    let t = new_timer(send, c.0 as usize);
    // SAFETY: a fresh timer and its channel, on a goroutine.
    unsafe { timer::timer_new(t, c.0, crate::chance::nanotime() + ns, 0) };
    t
}

fn reset(t: *mut Timer, ns: i64) -> bool {
    // SAFETY: a timer, on a goroutine.
    change(|| unsafe { timer::timer_start(t, crate::chance::nanotime() + ns, 0) })
}

fn stop(t: *mut Timer) -> bool {
    // SAFETY: a timer, on a goroutine.
    change(|| unsafe { timer::timer_stop(t) })
}

/// Waits until `fired` is what it must become, and a while longer.
fn check_fired(fired: &AtomicUsize, n: usize) {
    while fired.load(Ordering::SeqCst) < n {
        sleep(1_000);
    }
    sleep(100_000);
    check(fired.load(Ordering::SeqCst) == n, "all that were armed have fired, once");
}

/// Counts at `at`, an `AtomicUsize`.
fn count(at: usize) {
    // SAFETY: as above.
    unsafe { (*(at as *const AtomicUsize)).fetch_add(1, Ordering::SeqCst) };
}

/// # Safety
/// `t` was made by `new_timer`.
pub unsafe fn call_timer(t: *mut Timer) {
    // SAFETY: the caller's promise.
    unsafe {
        let t = t.cast::<GoTimer>();
        let f: fn(usize) = core::mem::transmute::<usize, fn(usize)>((*t).f);
        f((*t).arg[1]);
    }
}

/// As the overlay's `sendDue`.
fn send_due(c: C) {
    // SAFETY: a timer's channel.
    unsafe {
        let t = timer::timer_claim(c.0).0 as *mut Timer;
        if !t.is_null() {
            call_timer(t);
            timer::timer_done(t);
        }
    }
}

fn sleep(ns: i64) {
    // SAFETY: on a goroutine.
    unsafe { timer::sleep(ns) };
}

/// I4: who sleeps wakes up, whatever the poller does meanwhile.
#[test]
fn sleepers_wake() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let done = Done::new();
        for i in 1..4 {
            go(move || {
                sleep(i * 1_000);
                done.one();
            });
        }
        sleep(10);
        done.wait(3);
    });
}

/// I3: a timer that Stop found armed does not fire any more; one that it did not, fires or has fired.
#[test]
fn stopped_timers_do_not_fire() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let fired = leak(AtomicUsize::new(0));
        let t = after(30, count, core::ptr::from_ref(fired) as usize);
        proc::gosched();
        let stopped = stop(t);
        check_fired(fired, usize::from(!stopped));
    });
}

/// I2, I3: Stop races with the thread that fires; a timer fires as often as it was started and not found armed.
#[test]
fn stop_races_with_fire() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (fired, stopped) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
        let done = Done::new();
        for i in 0..3 {
            let t = after(20 + 10 * i, count, core::ptr::from_ref(fired) as usize);
            go(move || {
                if stop(t) {
                    stopped.fetch_add(1, Ordering::SeqCst);
                }
                done.one();
            });
        }
        sleep(40);
        done.wait(3);
        check_fired(fired, 3 - stopped.load(Ordering::SeqCst));
    });
}

/// I2, I4: Reset, to earlier and to later, while another P runs or steals the heap; none is lost, none fires twice.
#[test]
fn reset_races_with_other_ps() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (fired, started) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
        let done = Done::new();
        let at = core::ptr::from_ref(fired) as usize;
        for i in 0..3 {
            let t = after([20, 3_000, 40][i], count, at);
            started.fetch_add(1, Ordering::SeqCst);
            go(move || {
                for ns in [[50, 10], [10, 2_000], [5_000, 30]][i] {
                    if !reset(t, ns) {
                        started.fetch_add(1, Ordering::SeqCst);
                    }
                    proc::gosched();
                }
                done.one();
            });
        }
        done.wait(3);
        check_fired(fired, started.load(Ordering::SeqCst));
    });
}

/// The timers of a P that goes away are another's.
#[test]
fn ps_leave_their_timers() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (fired, expected) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
        let done = Done::new();
        let at = core::ptr::from_ref(fired) as usize;
        for i in 0..3 {
            go(move || {
                let (t, stopped) = (after(500, count, at), after(700, count, at));
                sleep(30 * i);
                let mut n = 2 - usize::from(stop(stopped));
                if i == 1 {
                    n += usize::from(!reset(t, 100));
                }
                expected.fetch_add(n, Ordering::SeqCst);
                sleep(1_000);
                done.one();
            });
        }
        proc::gosched();
        for n in [1, 3, 2] {
            proc::set_procs(n);
            proc::gosched();
        }
        done.wait(3);
        check_fired(fired, expected.load(Ordering::SeqCst));
    });
}

/// I4: who sleeps for long is woken for a timer that is added or reset to be earlier. (The model's clock jumps to the
/// time for which the poller sleeps, whatever others do.)
#[test]
fn an_earlier_timer_wakes_the_program() {
    const LONG: i64 = 1_000_000;
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let (fired, added) = (leak(AtomicUsize::new(0)), leak(AtomicUsize::new(0)));
        let at = core::ptr::from_ref(fired) as usize;
        let done = Done::new();
        let end = crate::chance::nanotime() + LONG;
        // So that what is reset is not the heap's first.
        after(LONG + LONG / 2, count, at);
        let t = after(2 * LONG, count, at);
        go(move || {
            sleep(LONG);
            let late = timer::next_deadline() < end || timer::is_armed(t);
            check(added.load(Ordering::SeqCst) == 0 || !late, "the earlier ones were seen first");
            done.one();
        });
        proc::gosched();
        after(500, count, at);
        let again = usize::from(!reset(t, 50));
        if crate::chance::nanotime() + 500 < end {
            added.store(1, Ordering::SeqCst);
        }
        done.wait(1);
        check_fired(fired, 3 + again);
    });
}

/// Zombies that pile up leave, and what is left still fires.
#[test]
fn zombies_leave() {
    run(Setup { procs: 2, ..Setup::default() }, 50, || {
        let fired = leak(AtomicUsize::new(0));
        let at = core::ptr::from_ref(fired) as usize;
        let mut stopped = 0;
        for i in 0..12 {
            let t = after(100 + i, count, at);
            if i % 4 != 0 {
                stopped += usize::from(stop(t));
            }
        }
        check_fired(fired, 12 - stopped);
    });
}

/// I5: a channel's timer is seen by who receives, blocked or not; after Stop or Reset nothing old comes.
#[test]
fn timer_channels_deliver() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let (c, done) = (C::new(1), Done::new());
        let t = timer_of(c, 20);
        go(move || {
            check(c.recv() == Some(7), "the first value");
            done.one();
        });
        done.wait(1);
        reset(t, 5_000);
        go(move || {
            let (i, _) = recv_either(c, C::new(0));
            check(i == 0, "the timer's channel");
            done.one();
        });
        done.wait(1);
        check(!stop(t), "it has fired");
    });
}

/// I3: after a Reset that found the timer armed the value of before does not come, whoever was about to send it.
#[test]
fn reset_takes_the_old_value_back() {
    const LATE: i64 = 50_000;
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let (c, other, done) = (C::new(1), C::new(0), Done::new());
        let at = leak(AtomicU64::new(0));
        let t = timer_of(c, 15);
        go(move || {
            let (i, v) = recv_either(c, other);
            check(i == 0 && v == Some(7), "the timer's channel");
            at.store(crate::chance::nanotime() as u64, Ordering::SeqCst);
            done.one();
        });
        proc::gosched();
        let began = crate::chance::nanotime();
        let was = reset(t, LATE);
        done.wait(1);
        let at = at.load(Ordering::SeqCst) as i64;
        check(!was || at >= began + LATE, "not the old value");
    });
}

/// I3: Stop and Reset wait for a value that is being sent (`timer_of` looks).
#[test]
fn changes_wait_for_the_function() {
    run(Setup { procs: 3, ..Setup::default() }, 250, || {
        let (c, end, done) = (C::new(1), C::new(0), Done::new());
        let t = timer_of(c, 5);
        go(move || {
            while recv_either(c, end).0 == 0 {}
            done.one();
        });
        for k in 0..6 {
            sleep(5);
            if k % 3 == 2 {
                stop(t);
            } else {
                reset(t, 2 + k);
            }
        }
        end.close();
        done.wait(1);
    });
}

fn system_call(turns: usize) {
    // SAFETY: on a goroutine.
    unsafe { crate::arch::entersyscall() };
    for _ in 0..turns {
        switch();
    }
    // SAFETY: as above.
    unsafe {
        proc::exitsyscall();
        let me = crate::arch::m();
        check((*(*me).p).m == me, "a P of its own");
    }
}

/// D5: a P in a system call is taken by the monitor, or taken back; nobody loses it, nobody runs twice.
#[test]
fn system_calls_give_ps_away() {
    run(Setup { procs: 2, monitor: 30 }, 250, || {
        let done = Done::new();
        for i in 0..4 {
            go(move || {
                // A long one, whose P is taken and goes into system calls with others meanwhile.
                for k in 0..if i == 0 { 2 } else { 16 } {
                    system_call(if i == 0 { 200 } else { 1 + 7 * (i + k) % 10 });
                }
                done.one();
            });
        }
        done.wait(4);
    });
}

#[test]
fn blocking_calls_give_ps_away_at_once() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let done = Done::new();
        for _ in 0..3 {
            go(move || {
                proc::enter_blocking();
                switch();
                // SAFETY: ends what began above.
                unsafe { proc::exitsyscall() };
                done.one();
            });
        }
        done.wait(3);
    });
}

/// What compiled code does at its calls.
fn stop_if_asked() {
    // SAFETY: the current goroutine.
    let g = unsafe { &mut *crate::arch::getg() };
    if g.preempt.load(Ordering::SeqCst) != 0 {
        proc::preempt_requested(g);
    }
}

/// D5: while the world is stopped nobody else runs Go, and all go on afterwards.
#[test]
fn a_stopped_world_stands_still() {
    static INSIDE: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
    run(Setup { procs: 3, monitor: 4 }, 250, || {
        let done = Done::new();
        INSIDE.store(0, Ordering::SeqCst);
        for i in 0..3 {
            go(move || {
                for k in 0..2 {
                    if i == 0 {
                        proc::stop_the_world();
                        check(INSIDE.load(Ordering::SeqCst) == 0, "nobody runs");
                        switch();
                        check(INSIDE.load(Ordering::SeqCst) == 0, "nobody runs");
                        proc::start_the_world();
                    } else {
                        // No switch of goroutines within: as long as this runs, the world does.
                        INSIDE.fetch_add(1, Ordering::SeqCst);
                        switch();
                        INSIDE.fetch_sub(1, Ordering::SeqCst);
                        stop_if_asked();
                        system_call(1 + i + k);
                        stop_if_asked();
                        proc::gosched();
                    }
                }
                done.one();
            });
        }
        done.wait(3);
    });
}

#[test]
fn the_number_of_ps_changes() {
    run(Setup { procs: 2, monitor: 4 }, 250, || {
        let done = Done::new();
        for i in 0..3 {
            go(move || {
                if i == 0 {
                    proc::lock_os_thread();
                }
                system_call(2);
                stop_if_asked();
                proc::gosched();
                stop_if_asked();
                done.one();
            });
        }
        for n in [1, 3, 2] {
            proc::set_procs(n);
            proc::gosched();
        }
        done.wait(3);
    });
}

/// A goroutine that is locked to its thread runs there, and nobody else does.
#[test]
fn locked_goroutines_keep_their_thread() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let (c, done) = (C::new(0), Done::new());
        go(move || {
            proc::lock_os_thread();
            let mine = crate::arch::m();
            for _ in 0..2 {
                check(c.recv().is_some(), "a value");
                check(crate::arch::m() == mine, "its thread");
                proc::gosched();
                check(crate::arch::m() == mine, "its thread");
            }
            if crate::chance::below(2) == 0 {
                proc::unlock_os_thread();
            }
            done.one();
        });
        c.send(1);
        c.send(2);
        done.wait(1);
    });
}

/// N2: who waits for a descriptor learns that it is ready, closed or late.
#[test]
fn the_poller_wakes_who_waits() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let done = Done::new();
        let pd = poll::poll_open(5).0;
        // SAFETY: an open descriptor's record, on a goroutine.
        check(unsafe { poll::poll_reset(pd, u64::from(b'r')) } == 0, "open");
        go(move || {
            // SAFETY: an open descriptor's record, on a goroutine.
            unsafe {
                check(poll::poll_wait(pd, u64::from(b'r')) == 0, "ready");
                poll::poll_set_deadline(pd, 50, u64::from(b'w'));
                check(poll::poll_wait(pd, u64::from(b'w')) == 2, "late");
            }
            done.one();
        });
        go(move || {
            epoll::device_ready(5, epoll::EPOLLIN);
            done.one();
        });
        done.wait(2);
    });
}

fn poll_wait(pd: usize, mode: u8) -> i64 {
    // SAFETY: an open descriptor's record, on a goroutine.
    unsafe { poll::poll_wait(pd, u64::from(mode)) }
}

/// N3, N4, N5: events come when everybody is busy, becomes idle, or waits in the poller; each wakes its goroutine, without
/// a monitor to help.
#[test]
fn events_find_their_goroutines() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let done = Done::new();
        for fd in 5..8 {
            let (pd, woken) = (poll::poll_open(fd).0, leak(AtomicUsize::new(0)));
            go(move || {
                for _ in 0..2 {
                    check(poll_wait(pd, b'r') == 0, "ready");
                    woken.fetch_add(1, Ordering::SeqCst);
                }
                done.one();
            });
            // The device: a thread that the runtime doesn't know.
            shuttle::thread::spawn(move || {
                epoll::device_ready(fd, epoll::EPOLLIN);
                while woken.load(Ordering::SeqCst) == 0 {
                    crate::sys::pause();
                }
                epoll::device_ready(fd, epoll::EPOLLIN);
            });
        }
        done.wait(3);
    });
}

/// N4: whoever waits for ever, or until a late timer, is interrupted for an earlier one.
#[test]
fn earlier_timers_are_attended() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let (rang, done) = (leak(AtomicUsize::new(0)), Done::new());
        let pd = poll::poll_open(5).0;
        go(move || {
            check(poll_wait(pd, b'r') == 0, "ready");
            done.one();
        });
        proc::gosched();
        let ring = |p: usize| {
            // SAFETY: the counter above.
            unsafe { (*(p as *const AtomicUsize)).fetch_add(1, Ordering::SeqCst) };
        };
        for ns in [5_000, 100] {
            after(ns, ring, core::ptr::from_ref(rang) as usize);
        }
        // Keeps its P: the other one must see to the timers.
        while rang.load(Ordering::SeqCst) < 2 {
            crate::sys::pause();
        }
        epoll::device_ready(5, epoll::EPOLLIN);
        done.wait(1);
    });
}

/// N4: a timer that is the only one is attended while the goroutine that set it keeps its P.
#[test]
fn a_busy_goroutines_timer_is_attended() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let rang = leak(AtomicUsize::new(0));
        let ring = |p: usize| {
            // SAFETY: the counter above.
            unsafe { (*(p as *const AtomicUsize)).fetch_add(1, Ordering::SeqCst) };
        };
        for n in 1..3 {
            after(100, ring, core::ptr::from_ref(rang) as usize);
            while rang.load(Ordering::SeqCst) < n {
                crate::sys::pause();
            }
            // Then the other P is idle, most often.
            for _ in 0..crate::chance::below(100) {
                switch();
            }
        }
    });
}

/// N4: who sleeps and finds a goroutine in the poller at once, which keeps the P, leaves the timer to another thread.
#[test]
fn a_sleeper_is_attended() {
    run(Setup { procs: 2, ..Setup::default() }, 400, || {
        let (awake, done) = (leak(AtomicUsize::new(0)), Done::new());
        let pd = poll::poll_open(5).0;
        go(move || {
            check(poll_wait(pd, b'r') == 0, "ready");
            while awake.load(Ordering::SeqCst) == 0 {
                crate::sys::pause();
            }
            done.one();
        });
        // Both Ps become idle; one thread waits in the poller, and takes one of them.
        let mine = poll::poll_open(6).0;
        shuttle::thread::spawn(move || {
            for _ in 0..100 {
                switch();
            }
            epoll::device_ready(6, epoll::EPOLLIN);
        });
        check(poll_wait(mine, b'r') == 0, "ready");
        epoll::device_ready(5, epoll::EPOLLIN);
        sleep(50);
        awake.store(1, Ordering::SeqCst);
        done.wait(1);
    });
}

/// N5: the thread that waits returns while the world is stopped, finds no P and sleeps; afterwards somebody waits again.
#[test]
fn a_stopped_world_keeps_its_events() {
    run(Setup { procs: 2, ..Setup::default() }, 250, || {
        let there = leak(AtomicUsize::new(0));
        let pd = poll::poll_open(5).0;
        go(move || {
            check(poll_wait(pd, b'r') == 0, "ready");
            there.fetch_add(1, Ordering::SeqCst);
        });
        go(move || {
            sleep(40);
            there.fetch_add(1, Ordering::SeqCst);
        });
        shuttle::thread::spawn(move || {
            for _ in 0..crate::chance::below(30) {
                switch();
            }
            epoll::device_ready(5, epoll::EPOLLIN);
        });
        for _ in 0..2 {
            proc::gosched();
            proc::stop_the_world();
            for _ in 0..crate::chance::below(30) {
                switch();
            }
            proc::start_the_world();
        }
        // Keeps its P: the other one must see to the poller.
        while there.load(Ordering::SeqCst) < 2 {
            crate::sys::pause();
        }
    });
}

/// N5: a P that is handed over, from a system call or by a goroutine that is locked to its thread, leaves nobody
/// without who waits for him.
#[test]
fn handed_over_ps_leave_somebody_in_the_poller() {
    run(Setup { procs: 1, ..Setup::default() }, 400, || {
        let done = Done::new();
        let pd = poll::poll_open(5).0;
        let called = leak(AtomicUsize::new(0));
        go(move || {
            check(poll_wait(pd, b'r') == 0, "ready");
            called.store(1, Ordering::SeqCst);
            done.one();
        });
        if crate::chance::below(2) == 0 {
            proc::lock_os_thread();
        }
        proc::gosched();
        // The call returns when the other goroutine has run.
        proc::enter_blocking();
        epoll::device_ready(5, epoll::EPOLLIN);
        while called.load(Ordering::SeqCst) == 0 {
            crate::sys::pause();
        }
        // SAFETY: ends what began above.
        unsafe { proc::exitsyscall() };
        sleep(50);
        done.wait(1);
    });
}

/// N6: with goroutines on their way out of the poller, no deadlock is seen.
#[test]
fn no_deadlock_is_seen_too_early() {
    run(Setup { procs: 2, ..Setup::default() }, 400, || {
        let c = C::new(0);
        let pd = poll::poll_open(5).0;
        go(move || {
            for i in 0..2 {
                check(poll_wait(pd, b'r') == 0, "ready");
                c.send(i);
                sleep(30);
            }
            c.close();
        });
        for i in 0..2 {
            shuttle::thread::spawn(move || epoll::device_ready(5, epoll::EPOLLIN));
            check(c.recv() == Some(i), "a value");
        }
        check(c.recv().is_none(), "closed");
    });
}
