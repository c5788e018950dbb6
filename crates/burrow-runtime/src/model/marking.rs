//! The end of marking: the pool of work itself, threads without a P that mark, and goroutines that publish.

use super::gc_pool::{Job, Pool};
use super::{Setup, check, go, run, switch};
use crate::proc;
use crate::sync::{AtomicBool, AtomicU32, Ordering};
use crate::sys;
use std::vec::Vec;

/// Objects 0, 1, ... of two lists: the one from 0 on is reachable when marking begins; the one from `SECOND` on when a
/// goroutine tells of it. Each object points to the next.
const LENGTH: u32 = 4;
const SECOND: u32 = 8;

crate::shared! {
static POOL: Pool = Pool::new();
static MARKS: AtomicU32 = AtomicU32::new(0);
static MARKING: AtomicBool = AtomicBool::new(false);
static TOLD: AtomicBool = AtomicBool::new(false);
/// The goroutine that tells of the second list runs.
static RUNS: AtomicBool = AtomicBool::new(false);
}

/// Marks an object; what it points to is work if it was not marked before.
fn mark(object: u32, work: &mut Vec<usize>) {
    if MARKS.fetch_or(1 << object, Ordering::SeqCst) & 1 << object == 0 {
        work.push(object as usize);
    }
}

fn scan(object: usize, work: &mut Vec<usize>) {
    // Longer than it takes to stop the world.
    (0..12).for_each(|_| switch());
    let next = object as u32 + 1;
    if next % SECOND < LENGTH {
        mark(next, work);
    }
}

fn begin(job: Job, work: &mut Vec<usize>) -> bool {
    match job {
        Job::Work(chunk) => *work = chunk,
        Job::Root(_) => mark(0, work),
        Job::Wait | Job::Done => return false,
    }
    true
}

fn helper() {
    let (mut work, mut busy) = (Vec::new(), false);
    while MARKING.load(Ordering::SeqCst) {
        while begin(POOL.take(&mut busy, false), &mut work) {
            while let Some(object) = work.pop() {
                scan(object, &mut work);
            }
        }
        sys::pause();
    }
    if busy {
        POOL.leave();
    }
}

fn collector() {
    let (mut work, mut busy) = (Vec::new(), false);
    while !RUNS.load(Ordering::SeqCst) {
        sys::pause();
    }
    loop {
        match POOL.take(&mut busy, true) {
            Job::Done => break,
            Job::Wait => sys::pause(),
            job => {
                begin(job, &mut work);
                while let Some(object) = work.pop() {
                    scan(object, &mut work);
                }
            }
        }
    }
    proc::stop_the_world();
    while let Some(chunk) = POOL.take_closed() {
        work = chunk;
        while let Some(object) = work.pop() {
            scan(object, &mut work);
        }
    }
    POOL.check_over();
    MARKING.store(false, Ordering::SeqCst);
    // What is not marked is freed from here on.
    let marks = MARKS.load(Ordering::SeqCst);
    let list = (1 << LENGTH) - 1;
    check(marks & list == list, "the first list is marked");
    check(!TOLD.load(Ordering::SeqCst) || marks >> SECOND == list, "the second list is marked");
    proc::start_the_world();
}

/// MARK-2: a helper may take work after the collector's thread has found none. Without the closing of the pool, and with the
/// assertions of MARK-2 and MARK-3 taken out, a list is found to be unmarked.
#[test]
fn marking_ends_when_nobody_marks() {
    run(Setup { procs: 2, ..Setup::default() }, 2000, || {
        POOL.open(1);
        MARKING.store(true, Ordering::SeqCst);
        proc::start_thread(collector);
        proc::start_thread(helper);
        go(|| {
            RUNS.store(true, Ordering::SeqCst);
            (0..20).for_each(|_| switch());
            // Nobody stops the world between these two: a goroutine stops where it says so only.
            if MARKING.load(Ordering::SeqCst) {
                let mut work = Vec::new();
                mark(SECOND, &mut work);
                POOL.put(work);
                TOLD.store(true, Ordering::SeqCst);
            }
        });
        while MARKING.load(Ordering::SeqCst) {
            proc::gosched();
        }
    });
}
