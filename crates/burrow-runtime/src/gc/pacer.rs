//! When a collection begins, and how much goroutines that allocate must help. gc: `mgcpacer.go`.
//!
//! `goal` is the size that the heap should not exceed: what survived the last collection, plus GOGC percent of it, or
//! what the memory limit leaves. Marking has to end by then, so it begins earlier: by what was allocated during the
//! last marking, or so. While the collector marks, each allocation owes work in proportion to what is left to be
//! marked and to be allocated; the collector's threads earn credit that pays for most of it.

use super::*;
use crate::heap::{LIVE, NEXT_GC};
use crate::sync::AtomicUsize;

/// Smallest heap that is collected, at GOGC=100. gc: `heapMinimum`.
const HEAP_MINIMUM: usize = 4 << 20;
/// Marking begins when this part of the way to the goal is gone, at the earliest and at the latest, in percent.
const EARLIEST: usize = 60;
const LATEST: usize = 95;
/// Debts below this are left to grow. gc: `gcOverAssistWork`.
const LEAST_DEBT: usize = 64 << 10;

static PERCENT: AtomicI32 = AtomicI32::new(100);
static LIMIT: AtomicI64 = AtomicI64::new(i64::MAX);
/// What survived the last collection.
static SURVIVED: AtomicUsize = AtomicUsize::new(0);
static GOAL: AtomicUsize = AtomicUsize::new(HEAP_MINIMUM);
/// Where the heap is when marking begins; `NEXT_GC` is a copy of it, but for a stop of the world (`ask_allocators`).
static TRIGGER: AtomicUsize = AtomicUsize::new(HEAP_MINIMUM);
/// Allocated during the last marking.
static RUNWAY: AtomicUsize = AtomicUsize::new(0);
/// `LIVE` when marking began.
static AT_START: AtomicUsize = AtomicUsize::new(0);
/// Marked bytes that nobody has used up.
static CREDIT: AtomicI64 = AtomicI64::new(0);
/// Bytes to be marked for 1024 bytes allocated.
static RATIO: AtomicUsize = AtomicUsize::new(0);

pub fn init() {
    if let Some(v) = crate::env::var("GOGC") {
        let n = if v == b"off" { Some(-1) } else { crate::env::number(v) };
        PERCENT.store(n.unwrap_or(100) as i32, Ordering::Relaxed);
    }
    if let Some(v) = crate::env::var("GOMEMLIMIT").filter(|v| !v.is_empty() && *v != b"off") {
        let Some(n) = parse_bytes(v) else {
            for part in [b"GOMEMLIMIT=", v, b"\n"] {
                sys::stderr(part);
            }
            crate::panics::throw_str(
                "malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`",
            );
        };
        LIMIT.store(n, Ordering::Relaxed);
    }
    set_goal();
}

/// `GOMEMLIMIT`: a number with an optional unit B, KiB, MiB, GiB, TiB.
fn parse_bytes(text: &[u8]) -> Option<i64> {
    let digits = text.iter().take_while(|c| c.is_ascii_digit()).count();
    let n = crate::env::number(&text[..digits])?;
    let shift = match &text[digits..] {
        b"" | b"B" => 0,
        b"KiB" => 10,
        b"MiB" => 20,
        b"GiB" => 30,
        b"TiB" => 40,
        _ => return None,
    };
    n.checked_mul(1 << shift)
}

pub fn goal() -> usize {
    GOAL.load(Ordering::Relaxed)
}

/// What of the heap's memory is kept, in use or not; more than gc does of small heaps, since to get a page back costs more
/// than a collection does for it.
pub fn retained() -> usize {
    const SPARE: usize = 8 << 20;
    let spare = if limit() == i64::MAX { SPARE } else { 0 };
    goal().saturating_add(goal() / 10).saturating_add(spare)
}

pub fn survived() -> usize {
    SURVIVED.load(Ordering::Relaxed)
}

pub fn percent() -> i64 {
    PERCENT.load(Ordering::Relaxed).into()
}

pub fn limit() -> i64 {
    LIMIT.load(Ordering::Relaxed)
}

/// Whether collections begin by themselves.
pub fn is_off() -> bool {
    PERCENT.load(Ordering::Relaxed) < 0 && limit() == i64::MAX
}

/// Computes goal and beginning anew.
fn set_goal() {
    let live = survived();
    let percent = PERCENT.load(Ordering::Relaxed);
    let mut goal = usize::MAX;
    if percent >= 0 {
        let percent = percent as usize;
        // gc counts the roots, too; stacks and variables are small beside the minimum.
        goal = live.saturating_add(live / 100 * percent).max(HEAP_MINIMUM / 100 * percent);
    }
    let limit = limit() as usize;
    if goal > limit.saturating_sub(overhead()) {
        goal = limit.saturating_sub(overhead()).max(live + (1 << 20));
    }
    GOAL.store(goal, Ordering::Relaxed);
    if goal == usize::MAX {
        TRIGGER.store(goal, Ordering::Relaxed);
        return publish();
    }
    let way = goal.saturating_sub(live);
    let runway = RUNWAY.load(Ordering::Relaxed);
    let begin = goal.saturating_sub(runway + runway / 8);
    let (least, most) = (live + way / 100 * EARLIEST, live + way / 100 * LATEST);
    TRIGGER.store(begin.clamp(least, most), Ordering::Relaxed);
    publish();
}

/// Lets the allocator see when to begin.
pub fn publish() {
    NEXT_GC.store(TRIGGER.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// The next allocation that looks begins.
pub fn begin_soon() {
    TRIGGER.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    publish();
}

/// Memory that counts for the limit but is no object: pages between objects, tables.
fn overhead() -> usize {
    let (_, in_use) = heap::usage();
    let tables = crate::persistent::MAPPED.load(Ordering::Relaxed);
    in_use.saturating_sub(LIVE.load(Ordering::Relaxed)) + tables
}

/// Marking begins. World stopped.
pub fn begin() {
    let live = LIVE.load(Ordering::Relaxed);
    AT_START.store(live, Ordering::Relaxed);
    CREDIT.store(0, Ordering::Relaxed);
    set_ratio();
}

/// Whether the heap has grown by so much while the collector marks that who allocates has to wait.
pub fn is_far_beyond() -> bool {
    let allowed = goal().max(AT_START.load(Ordering::Relaxed));
    marking() != 0 && LIVE.load(Ordering::Relaxed) > allowed + allowed / 8 + (1 << 20)
}

/// What is probably still to be marked, for each byte that may still be allocated.
fn set_ratio() {
    let begun = AT_START.load(Ordering::Relaxed);
    // In a steady program what survives is what survived last time; in a growing one perhaps all.
    let expected = survived().max(begun / 2);
    let work = expected.saturating_sub(mark::MARKED.load(Ordering::Relaxed)).max(begun / 64);
    let room = goal().max(begun).saturating_sub(LIVE.load(Ordering::Relaxed)).max(begun / 16);
    let ratio = (work as u128 * 1024 / room.max(1) as u128).min(64 * 1024);
    RATIO.store(ratio as usize, Ordering::Relaxed);
}

/// The collector's threads have marked so much.
pub fn worked(bytes: usize) {
    CREDIT.fetch_add(bytes as i64, Ordering::Relaxed);
    set_ratio();
}

/// A goroutine took `bytes` for objects while the collector marks: it pays, by credit or by work.
pub fn charge(bytes: usize) {
    let owed = (bytes as u128 * RATIO.load(Ordering::Relaxed) as u128 / 1024) as i64;
    let left = CREDIT.fetch_sub(owed, Ordering::Relaxed) - owed;
    if left < -(LEAST_DEBT as i64) {
        arch::on_g0(|| mark::assist(LEAST_DEBT.min((-left) as usize)));
    }
}

/// Marking has ended. World stopped, caches flushed.
pub fn end() {
    let allocated = LIVE.load(Ordering::Relaxed).saturating_sub(AT_START.load(Ordering::Relaxed));
    // What was allocated meanwhile counts as live: it is.
    let live = mark::MARKED.load(Ordering::Relaxed) + allocated;
    RUNWAY.store(allocated, Ordering::Relaxed);
    LIVE.store(live, Ordering::Relaxed);
    SURVIVED.store(live, Ordering::Relaxed);
    set_goal();
}

#[unsafe(export_name = "runtime.setGCPercent")]
pub extern "C" fn set_gc_percent(percent: i32) -> i32 {
    settle();
    let old = PERCENT.swap(percent.max(-1), Ordering::Relaxed);
    set_goal();
    old
}

#[unsafe(export_name = "runtime.setMemoryLimit")]
pub extern "C" fn set_memory_limit(limit: i64) -> i64 {
    let old = LIMIT.load(Ordering::Relaxed);
    if limit >= 0 {
        settle();
        LIMIT.store(limit, Ordering::Relaxed);
        set_goal();
    }
    old
}
