//! Marking: who looks for live objects, where they begin, and how they know that they are done.
//!
//! K1  An object on a work list has its mark bit set, and pointers. An address inside of a large object stands for the
//!     part of it that begins there.
//! K2  Work is private to a marker, or in `POOL` (MARK-1). A thread with a P may mark without counting as busy, if it passes
//!     all on before it can stop: marking is only found complete with the world stopped.
//! K3  A goroutine's stack is scanned before it goes on for the first time while the collector marks: by a marker, or by the
//!     thread that is about to run it (`G.scan` says which, and makes the other wait). Until then it is as it was when
//!     marking began, so all stacks count as scanned at that moment.
//! K4  Markers are threads without a P; they never wait for the world, and the world never for them.

use super::pool::{Job, Pool};
use super::*;
use crate::heap::{self, Span};
use crate::sizeclass::{HEADER, PAGE};
use crate::sync::{AtomicUsize, Note};
use crate::types::{self, Type};
use core::mem::offset_of;
use rust_alloc::vec::Vec;

/// Objects that a marker keeps before it gives some to the others.
const SHARE: usize = 1024;
/// Objects between two looks at whether others want work.
const BATCH: usize = 256;
/// Large objects are scanned in parts of this size. gc: `maxObletBytes`.
const PART: usize = 128 << 10;
/// Variables are scanned in parts of this size.
const ROOT_PART: usize = 64 << 10;
/// Goroutines a marker takes at a time.
const ROOT_GS: usize = 64;

pub static POOL: Pool = Pool::new();
/// Wakes markers that wait for work.
static WORK: Note = Note::new();
/// Goroutines that existed when marking began.
static GS: AtomicUsize = AtomicUsize::new(0);
/// nanotime of the moment at which marking began.
static BEGAN: AtomicI64 = AtomicI64::new(0);
/// Bytes of objects that were marked, and of those scanned by markers beyond what assists have used up.
pub static MARKED: AtomicUsize = AtomicUsize::new(0);

/// The parts of the roots, in the order of their numbers.
struct Roots {
    data: usize,
    bss: usize,
}

fn roots() -> Roots {
    let prog = crate::prog::prog();
    let parts = |start: usize, end: usize| (end - start).div_ceil(ROOT_PART);
    Roots { data: parts(prog.data.start, prog.data.end), bss: parts(prog.bss.start, prog.bss.end) }
}

/// How many roots there are that aren't goroutines: parts of variables; specials; and timers with all the rest.
pub fn statics() -> usize {
    let r = roots();
    r.data + r.bss + 2
}

/// Marking begins. World stopped.
pub fn begin() {
    let gs = proc::ALL_G.lock().len();
    GS.store(gs, Ordering::Relaxed);
    BEGAN.store(chance::nanotime(), Ordering::Relaxed);
    MARKED.store(0, Ordering::Relaxed);
    POOL.open(statics() + gs.div_ceil(ROOT_GS));
}

/// Where a marker's marks are.
pub trait Marks {
    /// Sets the mark of slot `i`; whether it was not set before.
    fn set(&mut self, s: &Span, i: usize) -> bool;
}

/// The marks of the collection, which sweeping reads.
pub struct Shared;

impl Marks for Shared {
    #[inline]
    fn set(&mut self, s: &Span, i: usize) -> bool {
        s.set_mark(i)
    }
}

/// Something that marks: a thread's private work.
pub struct Marker<M: Marks = Shared> {
    work: Vec<usize>,
    /// Bytes of the objects that it marked.
    pub bytes: usize,
    pub marks: M,
}

impl Marker {
    pub const fn new() -> Marker {
        Marker { work: Vec::new(), bytes: 0, marks: Shared }
    }

    /// Passes on all private work.
    pub fn flush(&mut self) {
        MARKED.fetch_add(core::mem::take(&mut self.bytes), Ordering::Relaxed);
        if !self.work.is_empty() {
            POOL.put(core::mem::take(&mut self.work));
            WORK.wake();
        }
    }

    fn share(&mut self) {
        if self.work.len() > SHARE && POOL.is_empty() {
            let half = self.work.split_off(self.work.len() / 2);
            POOL.put(core::mem::replace(&mut self.work, half));
            WORK.wake();
        }
    }

    /// Those of some goroutines that have not gone on since marking began.
    fn goroutines(&mut self, first: usize) {
        let mut list = [null_mut(); ROOT_GS];
        let n = {
            let all = proc::ALL_G.lock();
            let end = GS.load(Ordering::Relaxed).min(first + ROOT_GS);
            let some = &all[first..end];
            list[..some.len()].copy_from_slice(some);
            some.len()
        };
        for &g in &list[..n] {
            // SAFETY: Gs live for ever.
            let g = unsafe { &*g };
            let status = g.status.load(Ordering::Acquire);
            if status != GDEAD && claim(g, marking()) {
                if matches!(status, GWAITING | GSYSCALL) {
                    g.note_waiting(BEGAN.load(Ordering::Relaxed));
                }
                // SAFETY: claimed: it doesn't go on until we are done.
                unsafe { self.goroutine(g) };
                g.scan.store(marking() << 1, Ordering::Release);
            }
        }
    }

    /// The root job of that number.
    fn root(&mut self, n: usize) {
        let statics = statics();
        if n < statics {
            self.static_root(n);
        } else {
            self.goroutines((n - statics) * ROOT_GS);
        }
    }
}

impl<M: Marks> Marker<M> {
    /// With marks of its own.
    pub fn with(marks: M) -> Marker<M> {
        Marker { work: Vec::new(), bytes: 0, marks }
    }

    /// Scans at most `n` objects of its own; whether it ran out of them.
    pub fn drain(&mut self, n: usize) -> bool {
        for _ in 0..n {
            let Some(p) = self.work.pop() else { return true };
            // SAFETY: K1.
            unsafe { self.scan(&*heap::span_of(p), p) };
        }
        self.work.is_empty()
    }

    /// Every word of [from, to), as if it were a pointer.
    ///
    /// # Safety
    /// The range is readable. Others may write to it.
    pub unsafe fn range(&mut self, from: usize, to: usize) {
        let mut at = (from + 7) & !7;
        while at + 8 <= to {
            // SAFETY: the caller's range.
            self.word(unsafe { (at as *const usize).read_volatile() });
            at += 8;
        }
    }

    /// Marks the object that `p` points into, if it is a pointer.
    #[inline]
    pub fn word(&mut self, p: usize) {
        let Some((s, i)) = find(p) else { return };
        if self.marks.set(s, i) {
            self.bytes += s.elem_size;
            if !s.noscan {
                self.work.push(s.object(i));
            }
        }
    }

    /// Marks what the object at `p` points to.
    ///
    /// # Safety
    /// An object of `s`, with pointers (heap, H4), or a part of a large one (K1).
    pub unsafe fn scan(&mut self, s: &Span, p: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if s.state == heap::LARGE {
                self.scan_large(s, p);
            } else if s.has_header() {
                let t = (p as *const *const Type).read_volatile();
                self.typed(p + HEADER, p + HEADER, p + s.elem_size, t);
            } else {
                self.scan_small(s, p);
            }
        }
    }

    /// An object whose pointer words are in the span's bit map.
    unsafe fn scan_small(&mut self, s: &Span, p: usize) {
        let first = (p - s.base) / 8;
        let words = s.elem_size / 8;
        let (at, shift) = (first / 64, first % 64);
        let mut bits = s.ptrs[at] >> shift;
        if shift + words > 64 {
            bits |= s.ptrs[at + 1] << (64 - shift);
        }
        if words < 64 {
            bits &= (1 << words) - 1;
        }
        while bits != 0 {
            let i = bits.trailing_zeros() as usize;
            bits &= bits - 1;
            // SAFETY: a word of the object.
            self.word(unsafe { ((p + i * 8) as *const usize).read_volatile() });
        }
    }

    unsafe fn scan_large(&mut self, s: &Span, p: usize) {
        let end = s.base + s.elem_size;
        if p == s.base {
            let mut part = p + PART;
            while part < end {
                self.work.push(part);
                part += PART;
            }
        }
        // SAFETY: a live object.
        unsafe { self.typed(s.base, p, end.min(p + PART), s.large_type) };
    }

    /// The pointers in [from, to) of values of type `t`, which lie one after another from `base` on.
    unsafe fn typed(&mut self, base: usize, from: usize, to: usize, t: *const Type) {
        // SAFETY: `t` describes the object; null only while it is being made, and then it is zero.
        unsafe {
            if t.is_null() || (*t).ptr_bytes == 0 {
                return;
            }
            let mask = types::mask(t);
            let (size, words) = ((*t).size, (*t).ptr_bytes / 8);
            let mut element = from - (from - base) % size;
            while element < to {
                let first = from.saturating_sub(element) / 8;
                let last = words.min((to - element) / 8);
                for i in first..last {
                    if *mask.add(i / 8) & (1 << (i % 8)) != 0 {
                        self.word(((element + i * 8) as *const usize).read_volatile());
                    }
                }
                element += size;
            }
        }
    }

    /// A goroutine's own words and its stack (K3).
    ///
    /// # Safety
    /// It does not run meanwhile.
    pub unsafe fn goroutine(&mut self, g: &G) {
        let at = core::ptr::from_ref(g) as usize;
        let rsp = g.saved_rsp();
        // Not `ctx`: a callee that is stopped before it has read it has it on its stack (arch, S4).
        self.word(g.start_fn);
        g.syscall_regs.iter().for_each(|&p| self.word(p));
        // SAFETY: the G's own words and the stack in use (M1).
        unsafe {
            self.range(at + offset_of!(G, panic), at + offset_of!(G, goid));
            let Some(mut i) = crate::stack::segment_of(g, rsp) else { return };
            self.range(rsp & !7, g.segments[i].top);
            while i > 0 {
                let older = *((g.segments[i].top - arch::SEGMENT_RECORD) as *const usize);
                i -= 1;
                self.range(older & !7, g.segments[i].top);
            }
        }
    }

    /// A root that isn't a goroutine, by its number.
    pub fn static_root(&mut self, n: usize) {
        let prog = crate::prog::prog();
        let r = roots();
        let part = |start: usize, end: usize, i: usize| {
            let from = start + i * ROOT_PART;
            (from, end.min(from + ROOT_PART))
        };
        // SAFETY: the program's variables.
        unsafe {
            if n < r.data {
                let (from, to) = part(prog.data.start, prog.data.end, n);
                return self.range(from, to);
            }
            let n = n - r.data;
            if n < r.bss {
                let (from, to) = part(prog.bss.start, prog.bss.end, n);
                return self.range(from, to);
            }
            if n == r.bss {
                return specials::roots(self);
            }
        }
        crate::timer::roots().into_iter().for_each(|t| self.word(t));
        crate::cpuprof::roots().into_iter().for_each(|p| self.word(p));
        specials::ready_roots(self);
    }
}

/// The span and slot of the object that `p` points into.
#[inline]
pub fn find(p: usize) -> Option<(&'static Span, usize)> {
    let s = heap::span_of(p);
    if s.is_null() {
        return None;
    }
    // SAFETY: a record (heap, H1). While the collector marks, objects appear, but none vanishes.
    let s = unsafe { &*s };
    // SAFETY: a byte of the record.
    let state = unsafe { AtomicU8::from_ptr((&raw const s.state).cast_mut()) };
    let state = state.load(Ordering::Acquire);
    if state != heap::SMALL && state != heap::LARGE || p.wrapping_sub(s.base) >= s.pages * PAGE {
        return None;
    }
    let i = s.index_of(p);
    s.is_allocated(i).then_some((s, i))
}

/// Makes the caller the one who scans `g` for the collection `cycle`; false if somebody does or has done (K3).
fn claim(g: &G, cycle: u32) -> bool {
    let old = g.scan.load(Ordering::Acquire);
    old >> 1 != cycle
        && g.scan.compare_exchange(old, cycle << 1 | 1, Ordering::AcqRel, Ordering::Acquire).is_ok()
}

/// Scans `g`, which this thread is about to run, unless a marker has done so (K3).
pub fn scan_before_run(g: &G, cycle: u32) {
    if claim(g, cycle) {
        let mut w = Marker::new();
        // SAFETY: claimed, and only this thread could run it.
        unsafe { w.goroutine(g) };
        w.flush();
        g.scan.store(cycle << 1, Ordering::Release);
    } else {
        let mut turns = 0_u32;
        while g.scan.load(Ordering::Acquire) != cycle << 1 {
            core::hint::spin_loop();
            turns += 1;
            if turns.is_multiple_of(256) {
                // The marker may have lost its processor, and a stack may be long.
                sys::yield_thread();
            }
        }
    }
}

enum Next {
    Work,
    Wait,
    Done,
}

/// Marks until no work is left anywhere, and closes the pool (MARK-2). For the collector's thread.
pub fn run(w: &mut Marker) {
    let mut busy = false;
    loop {
        WORK.clear();
        match w.take(&mut busy, true) {
            Next::Work => {
                while !w.drain(BATCH) {
                    w.share();
                }
                w.publish();
            }
            Next::Wait => {
                WORK.sleep_for(50_000);
            }
            Next::Done => return,
        }
    }
}

/// The same for one of the other threads: only while `wanted`, and it leaves when there is nothing to do.
pub fn help(w: &mut Marker, wanted: impl Fn() -> bool) {
    let mut busy = false;
    while wanted() && matches!(w.take(&mut busy, false), Next::Work) {
        while wanted() && !w.drain(BATCH) {
            w.share();
        }
        w.publish();
    }
    leave(w, busy);
}

fn leave(w: &mut Marker, busy: bool) {
    assert_rt!(busy || w.work.is_empty(), "MARK-1 a marker with work is not busy");
    w.flush();
    if busy {
        POOL.leave();
        WORK.wake();
    }
}

/// Marks about `bytes` bytes for a goroutine that allocates; gives what it did. Not all if there is no work at hand.
pub fn assist(bytes: usize) -> usize {
    let begin = chance::nanotime();
    let mut w = Marker::new();
    let mut busy = false;
    let mut done = 0;
    while done < bytes && matches!(w.take(&mut busy, false), Next::Work) {
        while done + w.bytes < bytes && !w.drain(16) {}
        done += w.bytes;
        w.publish();
    }
    leave(&mut w, busy);
    metrics::MARK_ASSIST_NS.fetch_add(chance::nanotime() - begin, Ordering::Relaxed);
    done
}

impl Marker {
    /// Private work for a marker that has none (`Pool::take`).
    fn take(&mut self, busy: &mut bool, closes: bool) -> Next {
        match POOL.take(busy, closes) {
            Job::Work(chunk) => self.work = chunk,
            Job::Root(n) => self.root(n),
            Job::Wait => return Next::Wait,
            Job::Done => return Next::Done,
        }
        Next::Work
    }

    /// Makes known what was marked.
    fn publish(&mut self) {
        let bytes = core::mem::take(&mut self.bytes);
        MARKED.fetch_add(bytes, Ordering::Relaxed);
        pacer::worked(bytes);
    }
}

/// After `run`, with the world stopped: marks what was put into the pool since. False if that is too much for a pause; then
/// the pool is open again.
pub fn finish(w: &mut Marker) -> bool {
    let mut left = 2000;
    while left > 0 {
        if w.drain(64) {
            let Some(chunk) = POOL.take_closed() else {
                MARKED.fetch_add(core::mem::take(&mut w.bytes), Ordering::Relaxed);
                return true;
            };
            w.work = chunk;
        }
        left -= 64;
    }
    w.flush();
    POOL.reopen();
    false
}
