//! The allocator behind Rust's `alloc` in the runtime: never Go objects, never scanned by the collector.
//!
//! A1  Blocks are powers of two from 16 bytes; those over 64 KiB are mapped and unmapped directly.
//! A2  Memory of a size class is never given back to the system: tables of the runtime live long.
//! A3  May be called on any stack that has 512 bytes, also while the world is stopped; never from a signal handler.

use crate::sync::Mutex;
use crate::sys;
use core::alloc::{GlobalAlloc, Layout};

const MIN_SHIFT: u32 = 4;
const MAX_SHIFT: u32 = 16;
const CLASSES: usize = (MAX_SHIFT - MIN_SHIFT + 1) as usize;
/// What is mapped at a time for small blocks.
const CHUNK: usize = 256 << 10;

struct Pool {
    free: [*mut Block; CLASSES],
    cur: usize,
    end: usize,
}

struct Block {
    next: *mut Block,
}

static POOL: Mutex<Pool> =
    Mutex::new(Pool { free: [core::ptr::null_mut(); CLASSES], cur: 0, end: 0 });

/// Bytes ever mapped for the runtime's own tables.
pub static MAPPED: crate::sync::AtomicUsize = crate::sync::AtomicUsize::new(0);

pub struct Persistent;

#[cfg(feature = "image")]
#[global_allocator]
static ALLOCATOR: Persistent = Persistent;

fn class(layout: &Layout) -> Option<u32> {
    let size = layout.size().max(layout.align()).max(1 << MIN_SHIFT);
    let shift = size.next_power_of_two().trailing_zeros();
    (shift <= MAX_SHIFT).then_some(shift)
}

// SAFETY: blocks of a class are disjoint, at least as large and as aligned as their power of two.
unsafe impl GlobalAlloc for Persistent {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(shift) = class(&layout) else {
            return map_large(layout.size());
        };
        let size = 1_usize << shift;
        let mut pool = POOL.lock();
        let head = &mut pool.free[(shift - MIN_SHIFT) as usize];
        if !head.is_null() {
            let block = *head;
            // SAFETY: blocks in the list are free and hold their link.
            *head = unsafe { (*block).next };
            return block.cast();
        }
        let at = (pool.cur + size - 1) & !(size - 1);
        if pool.cur == 0 || at + size > pool.end {
            pool.cur = map_large(CHUNK) as usize;
            pool.end = pool.cur + CHUNK;
        }
        let at = (pool.cur + size - 1) & !(size - 1);
        pool.cur = at + size;
        at as *mut u8
    }

    unsafe fn dealloc(&self, p: *mut u8, layout: Layout) {
        let Some(shift) = class(&layout) else {
            let size = (layout.size() + 4095) & !4095;
            // SAFETY: A1: mapped by `alloc` with the same size.
            unsafe { sys::unmap(p, size) };
            return;
        };
        let mut pool = POOL.lock();
        let head = &mut pool.free[(shift - MIN_SHIFT) as usize];
        let block: *mut Block = p.cast();
        // SAFETY: the block is ours again and large enough for a link.
        unsafe { (*block).next = *head };
        *head = block;
    }
}

fn map_large(size: usize) -> *mut u8 {
    let size = (size + 4095) & !4095;
    MAPPED.fetch_add(size, crate::sync::Ordering::Relaxed);
    sys::map_rw(size)
}
