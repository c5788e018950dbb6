//! Channels.
//!
//! C1  All fields of a channel are guarded by its lock, but for `capacity`, `elem_size` and `timer`, which never change
//!     once others know the channel. `count` and `closed` may be looked at without it.
//! C2  At most one of the two wait queues is not empty; receivers wait only if the buffer is empty, senders only if
//!     it is full.
//! C3  A value goes from goroutine to goroutine directly, by the waiting one's `Sudog::elem`. Its stack does not move.
//! C4  A goroutine in a select waits on several channels; who wakes it wins `G.select_done` first.
//! C5  The channel of a timer has one place inside, but shows length and capacity 0. What its timer has due is sent
//!     first, by the receiver itself if need be (I5 in `timer.rs`): it is told so by `DUE`.

use crate::arch::{self, getg};
use crate::chance;
use crate::g::*;
use crate::gc;
use crate::heap;
use crate::proc;
use crate::profile;
use crate::sync::{Ordering, RawLock};
use crate::synctest;
use crate::timer::{self, Timer};
use crate::traceback::Walk;
use crate::types::{ChanType, Type, kind};
use core::ptr::null_mut;
use rust_alloc::boxed::Box;

#[repr(C)]
pub struct Chan {
    count: usize,
    capacity: usize,
    buf: usize,
    elem_size: usize,
    closed: u32,
    lock: RawLock,
    send_at: usize,
    recv_at: usize,
    receivers: Queue,
    senders: Queue,
    timer: *mut Timer,
    elem_type: *const Type,
    /// The bubble of the goroutine that made it (synctest, B4).
    bubble: usize,
}

#[repr(C)]
pub struct Queue {
    first: *mut Sudog,
    last: *mut Sudog,
}

/// Which words of a channel the collector follows: buf, timer, elem_type.
static MASK: [u8; 8] = [1 << 2, 1 << 3 | 1 << 4, 0, 0, 0, 0, 0, 0];
static CHAN_TYPE: Type = Type {
    size: size_of::<Chan>(),
    ptr_bytes: 13 * 8,
    hash: 0,
    tflag: 0,
    align: 8,
    field_align: 8,
    kind: kind::STRUCT,
    equal: 0,
    gcdata: MASK.as_ptr(),
    str: 0,
    ptr_to_this: 0,
};
const _: () = assert!(size_of::<Chan>() == 14 * 8);

/// Results of `chansend0`.
const WOULD_BLOCK: i64 = 0;
const DONE: i64 = 1;
const CLOSED: i64 = 2;
/// Of `chanrecv0`: a value came.
const RECEIVED: i64 = 3;
/// Of `chanrecv0`: call `sendDue` of the overlay and try again (C5).
const DUE: i64 = 4;

impl Queue {
    fn push(&mut self, s: *mut Sudog) {
        // SAFETY: C1.
        unsafe {
            (*s).next = null_mut();
            (*s).prev = self.last;
            if self.last.is_null() {
                self.first = s;
            } else {
                (*self.last).next = s;
            }
            self.last = s;
        }
    }

    /// Takes `s` out, wherever it is; nothing happens if it is not there.
    fn remove(&mut self, s: *mut Sudog) {
        // SAFETY: C1.
        unsafe {
            let (prev, next) = ((*s).prev, (*s).next);
            if prev.is_null() && next.is_null() && self.first != s {
                return;
            }
            if prev.is_null() {
                self.first = next;
            } else {
                (*prev).next = next;
            }
            if next.is_null() {
                self.last = prev;
            } else {
                (*next).prev = prev;
            }
            (*s).next = null_mut();
            (*s).prev = null_mut();
        }
    }

    /// The first goroutine that can be woken (C4).
    fn pop(&mut self) -> *mut Sudog {
        loop {
            let s = self.first;
            if s.is_null() {
                return s;
            }
            self.remove(s);
            // SAFETY: C1; Gs live for ever.
            unsafe {
                let won = || {
                    (*(*s).g)
                        .select_done
                        .compare_exchange(0, 1, Ordering::SeqCst, Ordering::SeqCst)
                        .is_ok()
                };
                if (*s).is_select && !won() {
                    continue;
                }
            }
            return s;
        }
    }
}

/// A sudog from the goroutine's own store.
pub fn acquire_sudog(g: *mut G) -> *mut Sudog {
    // SAFETY: the current goroutine's list.
    unsafe {
        let s = (*g).sudogs;
        let s = if s.is_null() {
            Box::into_raw(Box::new(core::mem::zeroed::<Sudog>()))
        } else {
            (*g).sudogs = (*s).owner_next;
            s
        };
        *s = core::mem::zeroed();
        (*s).g = g;
        (*s).owner_next = (*g).waiting;
        (*g).waiting = s;
        s
    }
}

pub fn release_sudog(g: *mut G, s: *mut Sudog) {
    // SAFETY: the current goroutine's list; the sudog is in no queue.
    unsafe {
        debug_assert!((*g).waiting == s, "the last one taken is given back first");
        (*g).waiting = (*s).owner_next;
        (*s).owner_next = (*g).sudogs;
        (*g).sudogs = s;
    }
}

/// While the collector marks: what is about to be overwritten, if it is in the heap (barrier, W3).
unsafe fn before_write(to: *mut u8, n: usize) {
    if gc::marking() != 0 && !heap::span_of(to as usize).is_null() {
        // SAFETY: a value of the channel's element type.
        unsafe { gc::shade_range(to as usize, n) };
    }
}

unsafe fn copy(to: *mut u8, from: *const u8, n: usize) {
    if !to.is_null() && n > 0 {
        // SAFETY: as below.
        unsafe { before_write(to, n) };
        // SAFETY: values of the channel's element type.
        unsafe { core::ptr::copy_nonoverlapping(from, to, n) };
    }
}

unsafe fn clear(to: *mut u8, n: usize) {
    if !to.is_null() && n > 0 {
        // SAFETY: as `copy`.
        unsafe { before_write(to, n) };
        // SAFETY: as `copy`.
        unsafe { core::ptr::write_bytes(to, 0, n) };
    }
}

impl Chan {
    /// A bubble's channel is used by its goroutines only (synctest, B4). On a goroutine.
    #[inline]
    fn check_bubble(&self, message: &str) {
        // SAFETY: the current goroutine.
        if self.bubble != 0 && unsafe { (*getg()).bubble } != self.bubble {
            crate::panics::fatal_str(message);
        }
    }

    /// The timer that sends to it, or null.
    pub fn timer(&self) -> *mut Timer {
        self.timer
    }

    /// Whether the receiver has to send what its timer has due (C5). A value that is there comes first.
    unsafe fn is_due(&self) -> bool {
        // SAFETY: a channel's timer lives as long as the channel; on a goroutine.
        unsafe { !self.timer.is_null() && !has_value(self) && timer::is_due(self.timer) }
    }

    fn slot(&self, i: usize) -> *mut u8 {
        (self.buf + i * self.elem_size) as *mut u8
    }

    fn next(&self, i: usize) -> usize {
        if i + 1 == self.capacity { 0 } else { i + 1 }
    }

    unsafe fn push(&mut self, elem: *const u8) {
        // SAFETY: C1: the buffer has room.
        unsafe { copy(self.slot(self.send_at), elem, self.elem_size) };
        self.send_at = self.next(self.send_at);
        self.count += 1;
    }

    unsafe fn pop(&mut self, to: *mut u8) {
        let slot = self.slot(self.recv_at);
        // SAFETY: C1: the buffer holds a value.
        unsafe {
            copy(to, slot, self.elem_size);
            clear(slot, self.elem_size);
        }
        self.recv_at = self.next(self.recv_at);
        self.count -= 1;
    }

    /// Gives a value to a waiting receiver, or to the buffer; `None` if neither is possible. Unlocks if it could.
    unsafe fn try_send(&mut self, elem: *const u8) -> bool {
        // SAFETY: C1, C3.
        unsafe {
            let r = self.receivers.pop();
            if !r.is_null() {
                copy((*r).elem, elem, self.elem_size);
                self.lock.unlock();
                wake(r, true);
                return true;
            }
            if self.count < self.capacity {
                self.push(elem);
                self.lock.unlock();
                return true;
            }
            false
        }
    }

    /// Takes a value from the buffer or a waiting sender. Unlocks if it could.
    unsafe fn try_recv(&mut self, to: *mut u8) -> bool {
        // SAFETY: C1, C3.
        unsafe {
            if self.count > 0 {
                self.pop(to);
                let s = self.senders.pop();
                if !s.is_null() {
                    self.push((*s).elem);
                }
                self.lock.unlock();
                if !s.is_null() {
                    wake(s, true);
                }
                return true;
            }
            let s = self.senders.pop();
            if s.is_null() {
                return false;
            }
            copy(to, (*s).elem, self.elem_size);
            self.lock.unlock();
            wake(s, true);
            true
        }
    }
}

/// Wakes a goroutine that was taken out of a queue.
unsafe fn wake(s: *mut Sudog, success: bool) {
    // SAFETY: the goroutine waits, and we are its only waker (C4).
    unsafe {
        let g = (*s).g;
        (*s).success = success;
        (*g).param = s;
        proc::ready(g);
    }
}

#[unsafe(export_name = "runtime.makechan0")]
pub unsafe extern "C" fn makechan(t: *const ChanType, capacity: usize, bytes: usize) -> *mut Chan {
    // SAFETY: a channel type's descriptor; on a goroutine.
    unsafe {
        let elem = (*t).elem;
        let c: *mut Chan = heap::mallocgc(size_of::<Chan>(), &CHAN_TYPE, true) as *mut Chan;
        (*c).elem_type = elem;
        (*c).elem_size = (*elem).size;
        (*c).bubble = (*getg()).bubble;
        (*c).capacity = capacity;
        if bytes > 0 {
            (*c).buf = heap::mallocgc(bytes, elem, true);
        }
        c
    }
}

/// Parks for ever.
unsafe fn forever(why: Wait) -> ! {
    loop {
        synctest::durable(getg(), true);
        // SAFETY: on a goroutine.
        unsafe { proc::park(None, null_mut(), why) };
    }
}

#[unsafe(export_name = "runtime.block")]
pub unsafe extern "C" fn block() {
    // SAFETY: on a goroutine.
    unsafe { forever(Wait::SelectNoCases) }
}

#[unsafe(export_name = "runtime.chansend0")]
pub unsafe extern "C" fn chansend(c: *mut Chan, elem: *mut u8, block: bool) -> i64 {
    // SAFETY: a channel of Go; `elem` is a value of its type.
    unsafe {
        if c.is_null() {
            if !block {
                return WOULD_BLOCK;
            }
            forever(Wait::ChanSendNil)
        }
        let ch = &mut *c;
        ch.check_bubble("send on synctest channel from outside bubble");
        if !block && ch.closed == 0 && is_full(c) {
            return WOULD_BLOCK;
        }
        ch.lock.lock();
        if ch.closed != 0 {
            ch.lock.unlock();
            return CLOSED;
        }
        if ch.try_send(elem) {
            return DONE;
        }
        if !block {
            ch.lock.unlock();
            return WOULD_BLOCK;
        }
        let g = getg();
        let s = acquire_sudog(g);
        (*s).elem = elem;
        (*s).chan = c.cast();
        ch.senders.push(s);
        synctest::durable(g, ch.bubble != 0);
        let lock = &raw mut ch.lock;
        let since = profile::before_block(g);
        proc::park(Some(proc::unlock_raw), lock.cast(), Wait::ChanSend);
        profile::after_block(g, since, Walk::here, 0);
        let success = (*s).success;
        release_sudog(g, s);
        (*g).param = null_mut();
        if success { DONE } else { CLOSED }
    }
}

unsafe fn is_full(c: *mut Chan) -> bool {
    // SAFETY: C1: racy looks.
    unsafe {
        let c = c.cast_const();
        if (*c).capacity == 0 {
            (&raw const (*c).receivers.first).read_volatile().is_null()
        } else {
            (&raw const (*c).count).read_volatile() == (*c).capacity
        }
    }
}

unsafe fn is_empty(c: *mut Chan) -> bool {
    // SAFETY: C1: racy looks.
    unsafe {
        let c = c.cast_const();
        (&raw const (*c).count).read_volatile() == 0
            && ((*c).capacity > 0 || (&raw const (*c).senders.first).read_volatile().is_null())
    }
}

#[unsafe(export_name = "runtime.chanrecv0")]
pub unsafe extern "C" fn chanrecv(c: *mut Chan, elem: *mut u8, block: bool) -> i64 {
    // SAFETY: a channel of Go; `elem` is room for a value, or null.
    unsafe {
        if c.is_null() {
            if !block {
                return WOULD_BLOCK;
            }
            forever(Wait::ChanReceiveNil)
        }
        let ch = &mut *c;
        ch.check_bubble("receive on synctest channel from outside bubble");
        if ch.is_due() {
            return DUE;
        }
        if !block && (&raw const ch.closed).read_volatile() == 0 && is_empty(c) {
            return WOULD_BLOCK;
        }
        ch.lock.lock();
        if ch.closed != 0 && ch.count == 0 {
            ch.lock.unlock();
            clear(elem, ch.elem_size);
            return DONE;
        }
        if ch.try_recv(elem) {
            return RECEIVED;
        }
        if !block {
            ch.lock.unlock();
            return WOULD_BLOCK;
        }
        let g = getg();
        let s = acquire_sudog(g);
        (*s).elem = elem;
        (*s).chan = c.cast();
        ch.receivers.push(s);
        if !ch.timer.is_null() {
            timer::block(ch.timer);
        }
        synctest::durable(g, ch.bubble != 0);
        let lock = &raw mut ch.lock;
        let since = profile::before_block(g);
        proc::park(Some(proc::unlock_raw), lock.cast(), Wait::ChanReceive);
        profile::after_block(g, since, Walk::here, 1);
        if !ch.timer.is_null() {
            timer::unblock(ch.timer);
        }
        let success = (*s).success;
        release_sudog(g, s);
        (*g).param = null_mut();
        if success { RECEIVED } else { DONE }
    }
}

#[unsafe(export_name = "runtime.closechan0")]
pub unsafe extern "C" fn closechan(c: *mut Chan) -> i64 {
    // SAFETY: a channel of Go.
    unsafe {
        let ch = &mut *c;
        ch.check_bubble("close of synctest channel from outside bubble");
        ch.lock.lock();
        if ch.closed != 0 {
            ch.lock.unlock();
            return 1;
        }
        ch.closed = 1;
        let mut list: *mut Sudog = null_mut();
        let mut tail = &raw mut list;
        loop {
            let r = ch.receivers.pop();
            if r.is_null() {
                break;
            }
            clear((*r).elem, ch.elem_size);
            *tail = r;
            tail = &raw mut (*r).next;
        }
        loop {
            let s = ch.senders.pop();
            if s.is_null() {
                break;
            }
            *tail = s;
            tail = &raw mut (*s).next;
        }
        ch.lock.unlock();
        while !list.is_null() {
            let s = list;
            list = (*s).next;
            (*s).next = null_mut();
            wake(s, false);
        }
        0
    }
}

#[unsafe(export_name = "runtime.chanlen")]
pub unsafe extern "C" fn chanlen(c: *const Chan) -> usize {
    // SAFETY: a channel of Go or nil; C1, C5.
    unsafe { if c.is_null() || !(*c).timer.is_null() { 0 } else { (*c).count } }
}

#[unsafe(export_name = "runtime.chancap")]
pub unsafe extern "C" fn chancap(c: *const Chan) -> usize {
    // SAFETY: a channel of Go or nil; C1, C5.
    unsafe { if c.is_null() || !(*c).timer.is_null() { 0 } else { (*c).capacity } }
}

/// Connects a fresh channel with the timer that sends to it.
pub unsafe fn set_timer(c: *mut Chan, t: *mut Timer) {
    // SAFETY: a channel of package time that nobody else knows.
    unsafe { (*c).timer = t };
}

/// The bubble that the channel belongs to, or 0.
pub unsafe fn bubble_of(c: *const Chan) -> usize {
    // SAFETY: a channel of Go; this never changes.
    unsafe { (*c).bubble }
}

/// Whether a value is in the buffer: a racy look (C1).
#[inline]
pub unsafe fn has_value(c: *const Chan) -> bool {
    // SAFETY: a channel of Go.
    unsafe { (&raw const (*c).count).read_volatile() != 0 }
}

/// Drops what a timer sent and nobody received; whether there was something.
pub unsafe fn discard(c: *mut Chan) -> bool {
    // SAFETY: the channel of a timer; a racy look (C1).
    unsafe {
        // Nobody sends now: the timer is disarmed, and its function has returned.
        if !has_value(c) {
            return false;
        }
        let ch = &mut *c;
        ch.lock.lock();
        let had = ch.count > 0;
        while ch.count > 0 {
            ch.pop(null_mut());
        }
        ch.lock.unlock();
        had
    }
}

// ---- select

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Case {
    pub chan: *mut Chan,
    pub elem: *mut u8,
}

const SELECT_RECEIVED: i64 = 1 << 32;
const SELECT_CLOSED: i64 = 1 << 33;
const SELECT_NONE: i64 = -1;
/// Less the index of the case: as `DUE`.
const SELECT_DUE: i64 = -2;

/// So many are sorted in place.
const FEW_CASES: usize = 16;

struct Select<'a> {
    cases: &'a [Case],
    /// Indices of the cases: first the order in which they are tried, then by address for locking.
    poll: &'a mut [u16],
    lock: &'a mut [u16],
    nsends: usize,
}

impl Select<'_> {
    /// Random order of trying, address order of locking; cases of nil channels are left out.
    fn orders(&mut self) -> usize {
        let mut n = 0;
        for i in 0..self.cases.len() {
            if self.cases[i].chan.is_null() {
                continue;
            }
            let j = chance::below(n + 1);
            self.poll[n] = self.poll[j];
            self.poll[j] = i as u16;
            n += 1;
        }
        let cases = self.cases;
        let key = |i: u16| cases[usize::from(i)].chan as usize;
        if n <= FEW_CASES {
            for i in 0..n {
                let case = self.poll[i];
                let mut at = i;
                while at > 0 && key(self.lock[at - 1]) > key(case) {
                    self.lock[at] = self.lock[at - 1];
                    at -= 1;
                }
                self.lock[at] = case;
            }
        } else {
            let (from, to) = (&self.poll[..n], &mut self.lock[..n]);
            to.copy_from_slice(from);
            // Recursion, with frames of some size.
            arch::on_g0(|| to.sort_unstable_by_key(|&i| key(i)));
        }
        n
    }

    unsafe fn lock_all(&self, n: usize) {
        let mut last = null_mut();
        for &i in &self.lock[..n] {
            let c = self.cases[i as usize].chan;
            if c != last {
                // SAFETY: a live channel.
                unsafe { (*c).lock.lock() };
                last = c;
            }
        }
    }

    unsafe fn unlock_all(&self, n: usize, but: *mut Chan) {
        let mut last = null_mut();
        for &i in self.lock[..n].iter().rev() {
            let c = self.cases[i as usize].chan;
            if c != last && c != but {
                // SAFETY: locked by `lock_all`.
                unsafe { (*c).lock.unlock() };
            }
            last = c;
        }
    }

    /// Does a case that is ready, all channels locked; unlocks if there was one.
    unsafe fn try_ready(&self, n: usize) -> Option<i64> {
        for k in 0..n {
            let i = self.poll[k] as usize;
            let case = self.cases[i];
            // SAFETY: all channels are locked (C1).
            unsafe {
                let c = &mut *case.chan;
                if i < self.nsends {
                    if c.closed != 0 {
                        self.unlock_all(n, null_mut());
                        return Some(i as i64 | SELECT_CLOSED);
                    }
                    let ready = !c.receivers.first.is_null() || c.count < c.capacity;
                    if ready && self.finish(n, case, true) {
                        return Some(i as i64);
                    }
                } else if c.count > 0 || !c.senders.first.is_null() {
                    if self.finish(n, case, false) {
                        return Some(i as i64 | SELECT_RECEIVED);
                    }
                } else if c.closed != 0 {
                    self.unlock_all(n, null_mut());
                    clear(case.elem, c.elem_size);
                    return Some(i as i64);
                }
            }
        }
        None
    }

    /// Sends or receives on one locked channel; if that works, all are unlocked.
    unsafe fn finish(&self, n: usize, case: Case, send: bool) -> bool {
        // SAFETY: as `try_ready`; on success the channel itself is unlocked by `try_send`, `try_recv`.
        unsafe {
            let done = if send {
                (*case.chan).try_send(case.elem)
            } else {
                (*case.chan).try_recv(case.elem)
            };
            if done {
                self.unlock_all(n, case.chan);
            }
            done
        }
    }
}

/// Unlocks the channels of the sudogs that the parking goroutine just queued, each once.
unsafe extern "C" fn unlock_waiting(_g: *mut G, list: *mut u8) -> bool {
    let mut s: *mut Sudog = list.cast();
    // SAFETY: the list is in lock order. It may change as soon as the last channel is unlocked: read on first.
    unsafe {
        while !s.is_null() {
            let c: *mut Chan = (*s).chan.cast();
            let mut next = (*s).wait_link;
            while !next.is_null() && (*next).chan == c.cast() {
                next = (*next).wait_link;
            }
            (*c).lock.unlock();
            s = next;
        }
    }
    true
}

#[unsafe(export_name = "runtime.selectgo0")]
pub unsafe extern "C" fn selectgo(
    cases: *const Case,
    order: *mut u16,
    nsends: usize,
    nrecvs: usize,
    block: bool,
) -> i64 {
    let total = nsends + nrecvs;
    // SAFETY: the compiler's arrays: `total` cases, twice as many indices.
    let mut sel = unsafe {
        Select {
            cases: core::slice::from_raw_parts(cases, total),
            poll: core::slice::from_raw_parts_mut(order, total),
            lock: core::slice::from_raw_parts_mut(order.add(total), total),
            nsends,
        }
    };
    // SAFETY: channels of Go, on a goroutine.
    unsafe {
        for c in sel.cases.iter().filter(|c| !c.chan.is_null()) {
            (*c.chan).check_bubble("select on synctest channel from outside bubble");
        }
        if let Some(i) = sel.cases.iter().position(|c| !c.chan.is_null() && (*c.chan).is_due()) {
            return SELECT_DUE - i as i64;
        }
        let n = sel.orders();
        if n == 0 {
            if !block {
                return SELECT_NONE;
            }
            forever(Wait::Select);
        }
        sel.lock_all(n);
        if let Some(r) = sel.try_ready(n) {
            return r;
        }
        if !block {
            sel.unlock_all(n, null_mut());
            return SELECT_NONE;
        }
        let g = getg();
        let list = enqueue(&sel, g, n);
        (*g).select_done.store(0, Ordering::SeqCst);
        (*g).param = null_mut();
        let own = |i: &u16| (*sel.cases[*i as usize].chan).bubble != 0;
        synctest::durable(g, sel.lock[..n].iter().all(own));
        let since = profile::before_block(g);
        proc::park(Some(unlock_waiting), list.cast(), Wait::Select);
        profile::after_block(g, since, Walk::here, 0);
        sel.lock_all(n);
        let woken = (*g).param;
        (*g).param = null_mut();
        let result = dequeue(&sel, g, list, woken);
        sel.unlock_all(n, null_mut());
        result
    }
}

/// Puts a sudog for each case into its channel's queue; gives them as a list in lock order.
unsafe fn enqueue(sel: &Select<'_>, g: *mut G, n: usize) -> *mut Sudog {
    let mut list: *mut Sudog = null_mut();
    // SAFETY: all channels are locked.
    unsafe {
        for &i in sel.lock[..n].iter().rev() {
            let case = sel.cases[i as usize];
            let s = acquire_sudog(g);
            (*s).is_select = true;
            (*s).elem = case.elem;
            (*s).chan = case.chan.cast();
            (*s).case = u32::from(i);
            (*s).wait_link = list;
            list = s;
        }
        let mut s = list;
        while !s.is_null() {
            let c: *mut Chan = (*s).chan.cast();
            if ((*s).case as usize) < sel.nsends {
                (*c).senders.push(s);
            } else {
                (*c).receivers.push(s);
                if !(*c).timer.is_null() {
                    timer::block((*c).timer);
                }
            }
            s = (*s).wait_link;
        }
    }
    list
}

/// Takes the losers out of their queues; gives the result of the winner.
unsafe fn dequeue(sel: &Select<'_>, g: *mut G, list: *mut Sudog, woken: *mut Sudog) -> i64 {
    let mut result = -1;
    let mut s = list;
    // SAFETY: all channels are locked; the sudogs are this goroutine's.
    unsafe {
        while !s.is_null() {
            let next = (*s).wait_link;
            let i = (*s).case as usize;
            let c: *mut Chan = (*s).chan.cast();
            if i >= sel.nsends && !(*c).timer.is_null() {
                timer::unblock((*c).timer);
            }
            if s == woken {
                result = i as i64;
                if i < sel.nsends {
                    result |= if (*s).success { 0 } else { SELECT_CLOSED };
                } else if (*s).success {
                    result |= SELECT_RECEIVED;
                }
            } else if i < sel.nsends {
                (*c).senders.remove(s);
            } else {
                (*c).receivers.remove(s);
            }
            release_sudog(g, s);
            s = next;
        }
    }
    result
}
