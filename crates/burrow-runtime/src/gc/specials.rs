//! Specials: finalizers, cleanups and weak pointers, each attached to an object of the heap. gc: `mheap.go`, `mfinal.go`,
//! `mcleanup.go`.
//!
//! F1  Marking follows what a special holds: its function, and the word of a weak pointer; from a finalizer also what its
//!     object points to, for it will see that. It does not make the object itself live.
//! F2  When a span is swept, specials of its objects without a mark move to `READY`, and weak pointers become nil. An object
//!     with a finalizer is marked then: it lives until a later collection finds it unreachable without one.
//! F3  While spans are unswept, who loads a weak pointer looks at the mark of its object, under the lock of F2. While the
//!     collector marks, the object is marked.
//! F4  `Span::has_specials` changes under `SPECIALS`' lock once the span has objects that programs know; before that its
//!     maker clears it. Whoever attaches a special to an object of a span that is being swept takes that lock before
//!     `sweep` has it, and is seen, or after, and finds the flag as `sweep` left it.

use super::*;
use crate::heap::Span;
use crate::sync::AtomicUsize;
use rust_alloc::boxed::Box;
use rust_alloc::collections::{BTreeMap, VecDeque};
use rust_alloc::vec::Vec;

pub const FINALIZER: u32 = 1;
pub const CLEANUP: u32 = 2;
pub const WEAK: u32 = 3;

struct Special {
    kind: u32,
    id: u32,
    function: usize,
    /// The pointer that was given, in the object.
    pointer: usize,
    handle: usize,
}

struct Specials {
    by_object: BTreeMap<usize, Vec<Special>>,
    next_id: u32,
    /// Handles of weak pointers to variables, by address.
    immortal: BTreeMap<usize, usize>,
}

static SPECIALS: Mutex<Specials> =
    Mutex::new(Specials { by_object: BTreeMap::new(), next_id: 1, immortal: BTreeMap::new() });

struct Ready {
    function: usize,
    object: usize,
}

/// What finalizers and cleanups wait to be called with.
static READY: Mutex<VecDeque<Ready>> = Mutex::new(VecDeque::new());
static WAITER: AtomicPtr<G> = AtomicPtr::new(null_mut());
/// Finalizers queued or running.
static PENDING: AtomicI32 = AtomicI32::new(0);

#[unsafe(export_name = "runtime.addSpecial")]
pub extern "C" fn add_special(p: usize, kind: u64, function: usize) -> i64 {
    let Some((object, _)) = heap::object_at(p) else { return 0 };
    let mut s = SPECIALS.lock();
    let id = s.next_id;
    s.next_id += 1;
    let list = s.by_object.entry(object).or_default();
    if kind as u32 == FINALIZER && list.iter().any(|s| s.kind == FINALIZER && s.pointer == p) {
        return -1;
    }
    list.push(Special { kind: kind as u32, id, function, pointer: p, handle: 0 });
    note_specials(object);
    i64::from(id)
}

/// The object's span has specials: the thread that sweeps it looks for them. Under the lock (F4).
fn note_specials(object: usize) {
    // SAFETY: a live object.
    unsafe { (*heap::span_of(object)).has_specials.store(true, Ordering::Release) };
}

/// F1.
pub fn roots<M: mark::Marks>(w: &mut Marker<M>) {
    let mut words = Vec::new();
    let mut finalized = Vec::new();
    {
        let specials = SPECIALS.lock();
        for (&object, list) in &specials.by_object {
            for s in list {
                words.push(s.function);
                words.push(s.handle);
                if s.kind == FINALIZER {
                    finalized.push(object);
                }
            }
        }
    }
    words.into_iter().for_each(|p| w.word(p));
    for object in finalized {
        let Some((s, i)) = mark::find(object) else { continue };
        if !s.noscan {
            // SAFETY: a live object, with pointers.
            unsafe { w.scan(s, s.object(i)) };
        }
    }
}

/// What has been found unreachable, and waits for its function.
pub fn ready_roots<M: mark::Marks>(w: &mut Marker<M>) {
    let ready: Vec<usize> = READY.lock().iter().flat_map(|r| [r.function, r.object]).collect();
    ready.into_iter().for_each(|p| w.word(p));
}

/// F2.
pub fn sweep(span: &Span) {
    let mut specials = SPECIALS.lock();
    let end = span.base + span.slots as usize * span.elem_size;
    let objects: Vec<usize> = specials.by_object.range(span.base..end).map(|(&o, _)| o).collect();
    let mut left = false;
    for object in objects {
        let i = span.index_of(object);
        if !span.is_marked(i) {
            let list = specials.by_object.remove(&object).unwrap_or_default();
            let (kept, lives) = dispose(list);
            if lives {
                span.set_mark(i);
            }
            if kept.is_empty() {
                continue;
            }
            specials.by_object.insert(object, kept);
        }
        left = true;
    }
    span.has_specials.store(left, Ordering::Release);
    // Weak pointers to what died are nil from now on (F3).
    span.set_swept();
}

/// The object with these specials is unreachable: those that stay with it, and whether it lives on.
fn dispose(list: Vec<Special>) -> (Vec<Special>, bool) {
    let has_finalizer = list.iter().any(|s| s.kind == FINALIZER);
    let mut ready = READY.lock();
    let mut kept = Vec::new();
    for s in list {
        match s.kind {
            WEAK => {
                // SAFETY: the handle is a live word of the heap (F1).
                unsafe {
                    AtomicUsize::from_ptr(s.handle as *mut usize).store(0, Ordering::Release)
                };
            }
            FINALIZER => {
                ready.push_back(Ready { function: s.function, object: s.pointer });
                metrics::FINALIZERS_QUEUED.fetch_add(1, Ordering::Relaxed);
            }
            // A cleanup waits until the object is really gone.
            _ if has_finalizer => kept.push(s),
            _ => {
                ready.push_back(Ready { function: s.function, object: 0 });
                metrics::CLEANUPS_QUEUED.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    (kept, has_finalizer)
}

/// Calls `f` with each object that has a finalizer, and the finalizer. With the world stopped.
pub fn each_finalizer(mut f: impl FnMut(usize, usize)) {
    for (&object, list) in &SPECIALS.lock().by_object {
        list.iter().filter(|s| s.kind == FINALIZER).for_each(|s| f(object, s.function));
    }
}

#[unsafe(export_name = "runtime.removeSpecial")]
pub extern "C" fn remove_special(p: usize, kind: u64, id: u64) {
    let Some((object, _)) = heap::object_at(p) else { return };
    let mut s = SPECIALS.lock();
    if let Some(list) = s.by_object.get_mut(&object) {
        let other = |s: &Special| if id == 0 { s.pointer != p } else { s.id != id as u32 };
        list.retain(|s| s.kind != kind as u32 || other(s));
        if list.is_empty() {
            s.by_object.remove(&object);
        }
    }
}

#[unsafe(export_name = "runtime.weakHandle")]
pub extern "C" fn weak_handle(p: usize) -> usize {
    if p == 0 {
        return 0;
    }
    let Some((object, _)) = heap::object_at(p) else { return immortal(p) };
    // SAFETY: on a goroutine. Allocated first: the lock must not be held over a collection.
    let fresh = unsafe { heap::mallocgc(16, core::ptr::null(), true) };
    let mut s = SPECIALS.lock();
    let list = s.by_object.entry(object).or_default();
    if let Some(s) = list.iter().find(|s| s.kind == WEAK && s.pointer == p) {
        return s.handle;
    }
    // SAFETY: as above.
    unsafe { *(fresh as *mut usize) = p };
    list.push(Special { kind: WEAK, id: 0, function: 0, pointer: p, handle: fresh });
    note_specials(object);
    fresh
}

/// The handle of a variable, which never dies: one for each address, and not of the heap.
fn immortal(p: usize) -> usize {
    let mut s = SPECIALS.lock();
    *s.immortal.entry(p).or_insert_with(|| core::ptr::from_mut(Box::leak(Box::new(p))) as usize)
}

#[unsafe(export_name = "runtime.weakLoad")]
pub extern "C" fn weak_load(handle: usize) -> usize {
    // SAFETY: a handle of `weak_handle`.
    let word = unsafe { AtomicUsize::from_ptr(handle as *mut usize) };
    let p = word.load(Ordering::Acquire);
    if p == 0 {
        return 0;
    }
    if marking() != 0 {
        shade(p);
    } else if !heap::is_swept() {
        // F3.
        let _guard = SPECIALS.lock();
        let p = word.load(Ordering::Acquire);
        return match mark::find(p) {
            Some((s, i)) if !s.is_swept() && !s.is_marked(i) => 0,
            _ => p,
        };
    }
    p
}

/// Somebody waits for what sweeping has found.
pub fn wake_finalizers() {
    if READY.lock().is_empty() {
        return;
    }
    let g = WAITER.swap(null_mut(), Ordering::SeqCst);
    if !g.is_null() {
        // SAFETY: it parked in `next_special`, and the swap makes us the only waker.
        unsafe { proc::ready(g) };
    }
}

/// Waits for the next finalizer or cleanup to call: (func value, argument).
#[unsafe(export_name = "runtime.nextSpecial")]
pub extern "C" fn next_special() -> heap::Pair {
    unsafe extern "C" fn publish(g: *mut G, _: *mut u8) -> bool {
        WAITER.store(g, Ordering::SeqCst);
        // Something may have come meanwhile: then take the place back, unless a waker was faster.
        READY.lock().is_empty() || WAITER.swap(null_mut(), Ordering::SeqCst).is_null()
    }
    loop {
        if let Some(r) = READY.lock().pop_front() {
            PENDING.store(1, Ordering::SeqCst);
            metrics::special_begins(r.object != 0);
            if marking() != 0 {
                // It was a root.
                shade(r.function);
                shade(r.object);
            }
            return heap::Pair(r.function, r.object);
        }
        PENDING.store(0, Ordering::SeqCst);
        // SAFETY: on a goroutine.
        unsafe { proc::park(Some(publish), null_mut(), Wait::FinalizerWait) };
    }
}

#[unsafe(export_name = "runtime.specialDone")]
pub extern "C" fn special_done() {
    metrics::special_ended();
    PENDING.store(0, Ordering::SeqCst);
}

#[unsafe(export_name = "runtime.waitSpecials")]
pub extern "C" fn wait_specials(timeout: i64) -> bool {
    let begin = chance::nanotime();
    while PENDING.load(Ordering::SeqCst) != 0 || !READY.lock().is_empty() {
        if timeout > 0 && chance::nanotime() - begin > timeout {
            return false;
        }
        proc::gosched();
    }
    true
}
