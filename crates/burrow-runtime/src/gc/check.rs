//! A second marking with marks of its own, while the world is stopped. `BURROW_DEBUG=checkmarks=1`: at the end of marking it
//! must find nothing that the first one has not; what it finds would be freed while it is in use. gc:
//! `GODEBUG=gccheckmark=1`.

use super::*;
use crate::heap::{BITS, Span};
use mark::Marks;
use rust_alloc::vec;

static ON: AtomicBool = AtomicBool::new(false);

pub fn init() {
    let on = crate::env::setting("BURROW_DEBUG", "checkmarks").and_then(crate::env::number);
    ON.store(on.is_some_and(|n| n != 0), Ordering::Relaxed);
}

/// Marks beside those of the collection.
pub struct Own {
    /// By the numbers of spans.
    bits: Vec<[u64; BITS]>,
}

impl Default for Own {
    fn default() -> Self {
        Own { bits: vec![[0; BITS]; heap::span_count()] }
    }
}

impl Own {
    pub fn is_set(&self, s: &Span, i: usize) -> bool {
        self.bits[heap::number(s)][i / 64] & 1 << (i % 64) != 0
    }
}

impl Marks for Own {
    fn set(&mut self, s: &Span, i: usize) -> bool {
        let was = self.is_set(s, i);
        self.bits[heap::number(s)][i / 64] |= 1 << (i % 64);
        !was
    }
}

/// Marks of the check: what the collection has not marked is an error.
struct Checked {
    own: Own,
    lost: Option<(usize, usize)>,
}

impl Marks for Checked {
    fn set(&mut self, s: &Span, i: usize) -> bool {
        if !s.is_marked(i) && self.lost.is_none() {
            self.lost = Some((s.object(i), s.elem_size));
        }
        self.own.set(s, i)
    }
}

/// Marking seems to be complete: is it? World stopped. Variables and marked objects may point to marked ones only. Stacks
/// are left out: a word that nobody uses any more may point to what was garbage when marking began.
pub fn run() {
    if !ON.load(Ordering::Relaxed) {
        return;
    }
    let mut w = Marker::with(Checked { own: Own::default(), lost: None });
    for n in 0..mark::statics() {
        w.static_root(n);
        verdict(&mut w, "static root", n);
    }
    for n in 1..heap::span_count() {
        // SAFETY: a record that exists; the world is stopped.
        let s = unsafe { &*heap::span_at(n) };
        if (s.state == heap::SMALL || s.state == heap::LARGE) && !s.noscan {
            for i in (0..s.slots as usize).filter(|&i| s.is_marked(i)) {
                // SAFETY: an object with pointers.
                unsafe { w.scan(s, s.object(i)) };
                verdict(&mut w, "the object at", s.object(i));
            }
        }
    }
}

fn verdict(w: &mut Marker<Checked>, what: &str, from: usize) {
    while !w.drain(1000) {}
    if let Some((object, size)) = w.marks.lost {
        let mut out = crate::panics::Stderr::new();
        let _ =
            writeln!(out, "runtime: {size} bytes at {object:#x}, found by way of {what} {from:#x}");
        out.flush();
        crate::panics::throw_str("checkmark found unmarked object");
    }
}
