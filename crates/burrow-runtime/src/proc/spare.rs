//! Records of goroutines that have ended: each P keeps some, the rest is common, and after a peak their memory goes back.

use super::*;
use rust_alloc::boxed::Box;

/// A record that nobody uses.
pub fn take_g() -> *mut G {
    // SAFETY: this thread's P.
    let gs = unsafe { &mut (*(*m()).p).gs };
    // All-zero is a valid G.
    let g = gs.take(&GS) as *mut G;
    if let Some(next) = gs.next() {
        G::prefetch(next as *const G);
    }
    g
}

/// Common free records that are kept.
const KEPT: usize = 256;
/// How many are given back in one step.
const STEP: usize = 4096;

/// Gives the memory of records back to the system: of all that are common but `KEPT` of them.
///
/// On g0. Nobody stops the world meanwhile for longer than a step, and nothing is given back while the collector marks, which
/// walks over `ALL_G`: what is given back leaves it.
pub fn release_unused() {
    // SAFETY: this thread's record.
    let has_p = unsafe { !(*m()).p.is_null() };
    let mut unused = GS.take_free(KEPT);
    unused.sort_unstable();
    for step in unused.chunks(STEP) {
        // Who has a P is waited for anyway.
        let guard = (!has_p).then(|| WORLD.guard());
        if crate::gc::marking() == 0 {
            release_step(step);
        } else {
            GS.put(step);
        }
        drop(guard);
    }
}

fn release_step(gone: &[usize]) {
    {
        let mut all = ALL_G.lock();
        for &g in gone {
            let g = g as *mut G;
            // SAFETY: taken out of the pool: ours alone; places are guarded by the lock.
            unsafe {
                // One that was left over the last time has none.
                let Some(i) = (*g).all_index.checked_sub(1) else { continue };
                free_sudogs(g);
                debug_assert!(all[i] == g, "G4");
                all.swap_remove(i);
                if let Some(&moved) = all.get(i) {
                    (*moved).all_index = i + 1;
                }
                g.write_bytes(0, 1);
            }
        }
    }
    // SAFETY: nobody knows them any more.
    unsafe { GS.release(gone) };
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
