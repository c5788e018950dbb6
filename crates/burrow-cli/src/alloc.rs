//! The compiler's allocator: a command lives for a fraction of a second and frees little.
//!
//! ALLOC-1  A block of at most [`LARGEST`] bytes belongs to a size class, found from its layout alone; what is larger, or
//!     wants an alignment above [`ALIGN`], is the system's.
//! ALLOC-2  A thread takes blocks from its own free lists, or from the front of its own piece of memory. Nothing is shared
//!     but the place where pieces come from, which alone has a lock. A block may be freed by another thread than the one
//!     that allocated it: it joins that thread's list.
//! ALLOC-3  Memory never goes back to the system, and what a thread that ends has left is lost. That is the price.
//!
//! Pieces lie in large regions that ask for huge pages: a tenth of the time of a small build went into page faults, and
//! a sixth into `malloc`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ptr::null_mut;
use std::sync::{Mutex, PoisonError};

/// Alignment of all blocks.
const ALIGN: usize = 16;
/// Up to this size, classes are multiples of [`ALIGN`]; then there are four for each power of two.
const FINE: usize = 1024;
const FINE_CLASSES: usize = FINE / ALIGN;
const LARGEST: usize = 256 << 10;
const CLASSES: usize = FINE_CLASSES + 4 * (LARGEST / FINE).ilog2() as usize;
/// What a thread takes at once.
const PIECE: usize = 512 << 10;
const REGION: usize = 256 << 20;
const HUGE_PAGE: usize = 2 << 20;

pub(crate) struct Allocator;

struct Local {
    front: *mut u8,
    left: usize,
    /// Free blocks by class, each with the address of the next in its first word.
    free: [*mut u8; CLASSES],
}

thread_local! {
    static LOCAL: UnsafeCell<Local> =
        const { UnsafeCell::new(Local { front: null_mut(), left: 0, free: [null_mut(); CLASSES] }) };
}

/// The class of a size from 1 to [`LARGEST`], and the size of its blocks.
fn class(size: usize) -> (usize, usize) {
    if size <= FINE {
        let n = size.div_ceil(ALIGN);
        return (n - 1, n * ALIGN);
    }
    // 2^k < size <= 2^(k+1), in quarters of 2^k.
    let k = (size - 1).ilog2();
    let quarter = 1usize << (k - 2);
    let steps = (size - (1 << k)).div_ceil(quarter);
    let first = FINE_CLASSES + 4 * (k - FINE.ilog2()) as usize;
    (first + steps - 1, (1 << k) + steps * quarter)
}

fn is_ours(layout: &Layout) -> bool {
    layout.align() <= ALIGN && layout.size() <= LARGEST && layout.size() > 0
}

impl Local {
    fn take(&mut self, size: usize) -> *mut u8 {
        let (class, size) = class(size);
        let head = self.free[class];
        if !head.is_null() {
            // SAFETY: a block in a free list holds the next one's address, or null, in its first word (ALLOC-2).
            self.free[class] = unsafe { head.cast::<*mut u8>().read() };
            return head;
        }
        if self.left < size {
            // What is left of the old piece is lost.
            let piece = new_piece();
            if piece.is_null() {
                return piece;
            }
            (self.front, self.left) = (piece, PIECE);
        }
        let block = self.front;
        // SAFETY: `size` bytes are left of the piece behind `front`.
        self.front = unsafe { block.add(size) };
        self.left -= size;
        block
    }

    fn give(&mut self, block: *mut u8, size: usize) {
        let (class, _) = class(size);
        // SAFETY: the block is free, aligned, and has 16 bytes at least.
        unsafe { block.cast::<*mut u8>().write(self.free[class]) };
        self.free[class] = block;
    }
}

/// The next piece of the current region, and the region's end. Taking it doesn't allocate.
static REST: Mutex<(usize, usize)> = Mutex::new((0, 0));

fn new_piece() -> *mut u8 {
    let mut rest = REST.lock().unwrap_or_else(PoisonError::into_inner);
    if rest.0 == rest.1 {
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing that exists.
        let region = unsafe {
            libc::mmap(
                null_mut(),
                REGION,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if region == libc::MAP_FAILED {
            return null_mut();
        }
        // SAFETY: the region was just mapped; advice changes no contents.
        unsafe { libc::madvise(region, REGION, libc::MADV_HUGEPAGE) };
        let start = region.expose_provenance();
        *rest = (start.next_multiple_of(HUGE_PAGE), (start + REGION) / HUGE_PAGE * HUGE_PAGE);
    }
    let piece = rest.0;
    rest.0 += PIECE;
    std::ptr::with_exposed_provenance_mut(piece)
}

// SAFETY: blocks are disjoint (ALLOC-2), as large and aligned as asked for (ALLOC-1), and stay valid until given back; nothing
// here unwinds, and `LOCAL` has neither an initialiser nor a destructor that could allocate.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !is_ours(&layout) {
            // SAFETY: the caller's promises are those that the system's allocator asks for.
            return unsafe { System.alloc(layout) };
        }
        // SAFETY: only this thread reaches its `Local`, and `take` doesn't come back here.
        LOCAL.with(|l| unsafe { (*l.get()).take(layout.size()) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !is_ours(&layout) {
            // SAFETY: as in `alloc`.
            return unsafe { System.alloc_zeroed(layout) };
        }
        // SAFETY: as in `alloc`.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: the block has that many bytes. It may have been used before.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !is_ours(&layout) {
            // SAFETY: by its layout, the block came from there (ALLOC-1).
            return unsafe { System.dealloc(block, layout) };
        }
        // SAFETY: as in `alloc`; the block is free from now on.
        LOCAL.with(|l| unsafe { (*l.get()).give(block, layout.size()) });
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller guarantees a size that is valid for the alignment.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (is_ours(&layout), is_ours(&new)) {
            // SAFETY: the block came from there (ALLOC-1) and stays there.
            (false, false) => return unsafe { System.realloc(block, layout, new_size) },
            (true, true) if class(layout.size()).0 == class(new_size).0 => return block,
            _ => {}
        }
        // SAFETY: as in `alloc`.
        let moved = unsafe { self.alloc(new) };
        if !moved.is_null() {
            // SAFETY: both are valid for the smaller of the sizes, and distinct; the old block is given up.
            unsafe {
                moved.copy_from_nonoverlapping(block, layout.size().min(new_size));
                self.dealloc(block, layout);
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_dense_and_waste_at_most_a_fifth() {
        let mut last = None;
        for size in 1..=LARGEST {
            let (c, block) = class(size);
            assert!(block >= size && block % ALIGN == 0 && c < CLASSES);
            assert!(size < FINE || (block - size) * 5 <= block, "{size}");
            match last {
                Some((l, b)) if l == c => assert_eq!(b, block),
                Some((l, _)) => assert_eq!(c, l + 1),
                None => assert_eq!(c, 0),
            }
            last = Some((c, block));
        }
        assert_eq!(last, Some((CLASSES - 1, LARGEST)));
    }
}
