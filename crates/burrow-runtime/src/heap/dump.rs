//! `runtime/debug.WriteHeapDump`: everything that the heap holds and what refers to it, in gc's format ("go1.7 heap dump").
//!
//! A dump is a sequence of records: a tag, then numbers (base 128, low groups first), texts and memory (length, bytes), and
//! lists of fields (kind, offset; 0 ends them). Types are not written: which words of an object are pointers is
//! in its fields. What is scanned conservatively has the words that point into the heap for fields.

use super::{HEAP, LARGE, SMALL, Span, object_at};
use crate::g::{G, GDEAD, GIDLE, GWAITING, Wait};
use crate::gc;
use crate::metrics;
use crate::proc;
use crate::profile;
use crate::sizeclass::HEADER;
use crate::symtab;
use crate::sync::Ordering;
use crate::sys;
use crate::traceback::Walk;
use rust_alloc::vec::Vec;

const EOF: u64 = 0;
const OBJECT: u64 = 1;
const GOROUTINE: u64 = 4;
const STACK_FRAME: u64 = 5;
const PARAMS: u64 = 6;
const FINALIZER: u64 = 7;
const OS_THREAD: u64 = 9;
const MEM_STATS: u64 = 10;
const DATA: u64 = 12;
const BSS: u64 = 13;
const MEM_PROF: u64 = 16;
const ALLOC_SAMPLE: u64 = 17;

const FIELD_END: u64 = 0;
const FIELD_POINTER: u64 = 1;

/// Bytes that are written at a time.
const BUFFER: usize = 64 << 10;

struct Dump {
    fd: i32,
    buf: Vec<u8>,
}

impl Dump {
    fn bytes(&mut self, bytes: &[u8]) {
        self.buf.extend_from_slice(bytes);
        if self.buf.len() >= BUFFER {
            self.flush();
        }
    }

    /// As gc, goes on after an error: there is nobody to tell.
    fn flush(&mut self) {
        let mut rest = self.buf.as_slice();
        while !rest.is_empty() {
            match sys::write(self.fd, rest) {
                n if n > 0 => rest = &rest[n as usize..],
                n if n == -sys::EINTR || n == -sys::EAGAIN => {}
                _ => break,
            }
        }
        self.buf.clear();
    }

    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.buf.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.buf.push(n as u8);
    }

    fn numbers(&mut self, list: &[u64]) {
        list.iter().for_each(|&n| self.number(n));
    }

    fn text(&mut self, s: &str) {
        self.number(s.len() as u64);
        self.bytes(s.as_bytes());
    }

    /// # Safety
    /// The range is readable.
    unsafe fn memory(&mut self, from: usize, to: usize) {
        self.number((to - from) as u64);
        // SAFETY: the caller's promise.
        self.bytes(unsafe { core::slice::from_raw_parts(from as *const u8, to - from) });
    }

    fn fields(&mut self, from: usize, to: usize, is_pointer: impl Fn(usize) -> bool) {
        for at in (from..to & !7).step_by(8).filter(|&at| is_pointer(at)) {
            self.numbers(&[FIELD_POINTER, (at - from) as u64]);
        }
        self.number(FIELD_END);
    }

    /// Memory that is scanned conservatively.
    ///
    /// # Safety
    /// The range is readable, and begins at a word.
    unsafe fn words(&mut self, from: usize, to: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            self.memory(from, to);
            self.fields(from, to, |at| object_at(*(at as *const usize)).is_some());
        }
    }

    fn objects(&mut self) {
        each_span(|s| {
            let header = if s.has_header() { HEADER } else { 0 };
            for i in (0..s.slots as usize).filter(|&i| s.is_allocated(i)) {
                let (from, to) = (s.object(i) + header, s.object(i) + s.elem_size);
                self.numbers(&[OBJECT, from as u64]);
                // SAFETY: an object.
                unsafe { self.memory(from, to) };
                self.fields(from, to, |at| gc::is_pointer_word(at));
            }
        });
    }

    fn goroutine(&mut self, g: &G) {
        let waits = g.status.load(Ordering::Relaxed) == GWAITING;
        let rsp = g.saved_rsp();
        self.numbers(&[GOROUTINE, address(g), rsp as u64, g.goid, g.go_pc as u64]);
        self.number(g.status.load(Ordering::Relaxed).into());
        self.numbers(&[metrics::is_system(g).into(), 0, g.waits_since() as u64]);
        self.text(if waits { Wait::text(g.wait_reason) } else { "" });
        self.numbers(&[g.ctx as u64, g.m as u64, g.defer_head as u64, g.panic as u64]);
        self.frames(g, rsp);
    }

    /// The frames of a goroutine that does not run; each reaches up to its caller's.
    fn frames(&mut self, g: &G, rsp: usize) {
        if rsp == 0 {
            // It never ran.
            return;
        }
        let (mut low, mut depth) = (rsp, 0);
        let mut walk = Walk::parked(g);
        while let Some(frame) = walk.next() {
            let high = walk.frame_pointer();
            let inside = crate::stack::segment_of(g, low)
                .is_some_and(|i| high > low && high <= g.segments[i].top);
            let (entry, name) = frame.function.map_or((0, ""), |f| (f.entry_pc(), f.name()));
            self.numbers(&[STACK_FRAME, low as u64, depth, 0]);
            // SAFETY: part of a stack in use.
            unsafe { self.memory(low, if inside { high } else { low }) };
            self.numbers(&[entry as u64, frame.pc as u64, frame.pc as u64]);
            self.text(name);
            let words = |at: usize| {
                // SAFETY: as above.
                object_at(unsafe { *(at as *const usize) }).is_some()
            };
            self.fields(low, if inside { high } else { low }, words);
            depth += 1;
            low = if high == 0 { low } else { high };
        }
    }

    fn profile(&mut self) {
        profile::each_bucket(|b, size, stack, allocs, frees| {
            self.numbers(&[MEM_PROF, b as u64, size as u64, stack.len() as u64]);
            for &pc in stack {
                self.place(pc);
            }
            self.numbers(&[allocs, frees]);
        });
        each_span(|s| {
            profile::each_sample(s, |slot, bucket| {
                self.numbers(&[ALLOC_SAMPLE, s.object(slot) as u64, bucket as u64]);
            });
        });
    }

    /// Function, file and line of a logical frame.
    fn place(&mut self, pc: usize) {
        let (at, depth) = (pc & ((1 << 48) - 1), pc >> 48);
        let (mut i, mut found) = (0, None);
        if let Some(f) = symtab::function_at(at - 1) {
            symtab::logical(f, at - 1, |l| {
                found = Some(l);
                i += 1;
                i <= depth
            });
        }
        let (name, file, line) = found.map_or(("", "?", 0), |l| (l.name, l.file, l.line));
        self.text(name);
        self.text(file);
        self.number(line.into());
    }
}

fn address<T>(of: &T) -> u64 {
    core::ptr::from_ref(of) as u64
}

fn each_span(mut f: impl FnMut(&Span)) {
    // SAFETY: the world is stopped: nobody changes spans, and `f` only looks at them.
    let heap = unsafe { HEAP.get() };
    for n in 1..heap.span_count {
        // SAFETY: a record (H5).
        let s = unsafe { &*heap.spans.add(n) };
        if s.state == SMALL || s.state == LARGE {
            f(s);
        }
    }
}

struct Order {
    fd: i32,
    stats: *const u64,
}

/// Writes the dump. `stats` is a `runtime.MemStats`.
///
/// # Safety
/// On a goroutine; `stats` points to one.
#[unsafe(export_name = "runtime.writeHeapDump")]
pub unsafe extern "C" fn write_heap_dump(fd: usize, stats: *const u64) {
    let mut order = Order { fd: fd as i32, stats };
    proc::stop_the_world();
    // SAFETY: the order outlives the call; the goroutine is saved, so that its stack can be read.
    unsafe { crate::arch::systemstack(write_on_g0, (&raw mut order).cast()) };
    proc::start_the_world();
}

unsafe extern "C" fn write_on_g0(order: *mut u8) {
    // SAFETY: the caller's; the world is stopped.
    unsafe {
        let order = &*order.cast::<Order>();
        for p in proc::all_p() {
            (*p).cache.flush();
        }
        let mut d = Dump { fd: order.fd, buf: Vec::with_capacity(2 * BUFFER) };
        d.bytes(b"go1.7 heap dump\n");
        let heap = HEAP.get();
        d.numbers(&[PARAMS, 0, 8, super::ARENA as u64, heap.used_end as u64]);
        d.text("amd64");
        d.text("go1.27.3");
        d.number(proc::ncpu().into());
        d.objects();
        for &g in proc::ALL_G.get().iter() {
            let status = (*g).status.load(Ordering::Relaxed);
            if status != GDEAD && status != GIDLE {
                d.goroutine(&*g);
            }
        }
        for m in proc::all_m() {
            let tid = (*m).tid.load(Ordering::Relaxed);
            d.numbers(&[OS_THREAD, m as u64, (*m).id, tid.into()]);
        }
        let prog = crate::prog::prog();
        for (tag, range) in [(DATA, prog.data), (BSS, prog.bss)] {
            d.numbers(&[tag, range.start as u64]);
            d.words(range.start, range.end);
        }
        gc::specials::each_finalizer(|object, function| {
            let code = *(function as *const usize);
            // The types of the argument and of the object are not kept.
            d.numbers(&[FINALIZER, object as u64, function as u64, code as u64, 0, 0]);
        });
        d.number(MEM_STATS);
        // The counters up to PauseTotalNs, the pauses, and NumGC, which shares its word.
        (0..24).chain(24..280).for_each(|i| d.number(*order.stats.add(i)));
        d.number(*order.stats.add(536) & 0xffff_ffff);
        d.profile();
        d.number(EOF);
        d.flush();
    }
}
