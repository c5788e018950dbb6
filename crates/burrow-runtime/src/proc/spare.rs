//! Gs that nobody uses: each P keeps some, the rest is common (D1), and after a peak their memory goes back.

use super::*;
use rust_alloc::boxed::Box;

/// Free Gs that a P keeps; it gives half of them away, and fetches as many.
pub const GFREE_MAX: usize = if cfg!(feature = "model") { 2 } else { 64 };

/// A G that nobody uses, and whether it is new.
pub fn take_g() -> (*mut G, bool) {
    // SAFETY: this thread's P; the common list is guarded by the lock.
    unsafe {
        let p = &mut *(*m()).p;
        if p.gfree.is_null() && GFREE_LEN.load(Ordering::Relaxed) > 0 {
            let mut s = SCHED.lock();
            while p.gfree_len < GFREE_MAX / 2 && !s.gfree.is_null() {
                let g = s.gfree;
                s.gfree = (*g).link;
                GFREE_LEN.fetch_sub(1, Ordering::Relaxed);
                p.keep_g(g);
            }
        }
        let g = p.gfree;
        if !g.is_null() {
            p.gfree = (*g).link;
            p.gfree_len -= 1;
            G::prefetch(p.gfree);
            return (g, false);
        }
        let mut g = p.fresh.take();
        if g.is_null() {
            p.fresh = stack::take_fresh();
            g = p.fresh.take();
        }
        (g, true)
    }
}

impl P {
    pub fn keep_g(&mut self, g: *mut G) {
        // SAFETY: dead, and nobody else's.
        unsafe { (*g).link = self.gfree };
        self.gfree = g;
        self.gfree_len += 1;
    }

    /// Gives free Gs to the common list until `keep` are left.
    ///
    /// # Safety
    /// This thread's P, or the world is stopped.
    pub unsafe fn give_gs(&mut self, keep: usize) {
        let mut s = SCHED.lock();
        while self.gfree_len > keep {
            let g = self.gfree;
            // SAFETY: free Gs; the common list is guarded by the lock.
            unsafe {
                self.gfree = (*g).link;
                (*g).link = s.gfree;
            }
            s.gfree = g;
            self.gfree_len -= 1;
            GFREE_LEN.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Common free Gs that keep their memory.
const KEPT: usize = 256;
/// How many are given back in one step.
const STEP: usize = 4096;

/// Gives the memory of free goroutines back to the system: of all that are common but `KEPT` of them, the whole slots,
/// which are fresh ones from then on; of those, what lies below the G's page.
///
/// On g0. Nobody stops the world meanwhile for longer than a step, and nothing is given back while the collector marks, which
/// walks over `ALL_G`: what is given back leaves it.
pub fn release_unused() {
    // SAFETY: this thread's record.
    let has_p = unsafe { !(*m()).p.is_null() };
    let mut more = true;
    while more {
        // Who has a P is waited for anyway.
        let guard = (!has_p).then(|| WORLD.guard());
        more = crate::gc::marking() == 0 && release_step();
        drop(guard);
    }
}

/// Whether there may be more.
fn release_step() -> bool {
    if (GFREE_LEN.load(Ordering::Relaxed) as usize) <= KEPT {
        return false;
    }
    let mut kept = take_common(KEPT);
    let mut gone = take_common(STEP);
    for &g in &gone {
        // SAFETY: taken out of the list: ours alone.
        unsafe {
            free_sudogs(g);
            stack::reset(g);
        }
    }
    {
        let mut all = ALL_G.lock();
        for &g in &gone {
            // SAFETY: places are guarded by the lock.
            unsafe {
                let i = (*g).all_index;
                debug_assert!(all[i] == g, "G4");
                all.swap_remove(i);
                if let Some(&moved) = all.get(i) {
                    (*moved).all_index = i;
                }
            }
        }
    }
    let more = gone.len() == STEP;
    // SAFETY: nobody knows them any more.
    unsafe { stack::release(&mut gone) };
    if !more {
        for &g in &kept {
            // SAFETY: ours alone.
            unsafe { stack::trim(g) };
        }
    }
    let mut s = SCHED.lock();
    for g in kept.drain(..) {
        // SAFETY: the list is guarded by the lock.
        unsafe { (*g).link = s.gfree };
        s.gfree = g;
        GFREE_LEN.fetch_add(1, Ordering::Relaxed);
    }
    more
}

/// At most `n` of the common free Gs.
fn take_common(n: usize) -> Vec<*mut G> {
    let mut gs = Vec::with_capacity(n.min(GFREE_LEN.load(Ordering::Relaxed) as usize));
    let mut s = SCHED.lock();
    while gs.len() < gs.capacity() && !s.gfree.is_null() {
        gs.push(s.gfree);
        // SAFETY: the list is guarded by the lock.
        s.gfree = unsafe { (*s.gfree).link };
        GFREE_LEN.fetch_sub(1, Ordering::Relaxed);
    }
    gs
}

unsafe fn free_sudogs(g: *mut G) {
    // SAFETY: the goroutine has ended: all of them are in its own list.
    unsafe {
        let mut s = core::mem::replace(&mut (*g).sudogs, null_mut());
        while !s.is_null() {
            let next = (*s).owner_next;
            drop(Box::from_raw(s));
            s = next;
        }
    }
}
