//! Pages of the arena, and the records of spans that they make up: what `HEAP`'s lock guards. gc: `mheap`, `mpagealloc`.
//!
//! Free runs of pages are spans, too (`FREE`), so that neighbours find each other by the table of pages, and grow together.

use super::*;

impl Heap {
    pub(super) fn set_page(address: usize, n: u32) {
        let table = PAGES_TABLE.load(Ordering::Relaxed) as *mut u32;
        // SAFETY: an address of the arena.
        unsafe { *table.add((address - ARENA) >> PAGE_SHIFT) = n };
    }

    pub(super) fn number(&self, s: *mut Span) -> u32 {
        // SAFETY: both point into the array of records.
        unsafe { s.offset_from(self.spans) as u32 }
    }

    pub(super) fn new_record(&mut self) -> *mut Span {
        let r = self.records;
        // SAFETY: free records are linked; fresh ones are zeroed memory.
        unsafe {
            if !r.is_null() {
                self.records = (*r).next;
                self.unused_records -= 1;
                (*r).next = null_mut();
                return r;
            }
            let r = self.spans.add(self.span_count);
            self.span_count += 1;
            let end = self.spans.add(self.span_count) as usize;
            self.open[2].reach(end);
            r
        }
    }

    pub(super) fn bin(pages: usize) -> usize {
        pages.min(BINS)
    }

    pub(super) fn insert_free(&mut self, s: *mut Span) {
        // SAFETY: the record is ours (H5).
        unsafe {
            (*s).state = FREE;
            let n = self.number(s);
            Self::set_page((*s).base, n);
            Self::set_page((*s).base + ((*s).pages - 1) * PAGE, n);
            let bin = &mut self.bins[Self::bin((*s).pages)];
            (*s).prev = null_mut();
            (*s).next = *bin;
            if !(*bin).is_null() {
                (**bin).prev = s;
            }
            *bin = s;
        }
    }

    pub(super) fn remove_free(&mut self, s: *mut Span) {
        // SAFETY: the record is in the list of its length.
        unsafe {
            if (*s).prev.is_null() {
                self.bins[Self::bin((*s).pages)] = (*s).next;
            } else {
                (*(*s).prev).next = (*s).next;
            }
            if !(*s).next.is_null() {
                (*(*s).next).prev = (*s).prev;
            }
            (*s).next = null_mut();
            (*s).prev = null_mut();
        }
    }

    pub(super) fn find_free(&mut self, pages: usize) -> *mut Span {
        for bin in pages..BINS {
            if !self.bins[bin].is_null() {
                return self.bins[bin];
            }
        }
        let mut best: *mut Span = null_mut();
        let mut s = self.bins[BINS];
        // SAFETY: H5.
        unsafe {
            while !s.is_null() {
                if (*s).pages >= pages && (best.is_null() || (*s).pages < (*best).pages) {
                    best = s;
                }
                s = (*s).next;
            }
        }
        best
    }

    /// A span of `pages` pages, all its pages entered in the table.
    pub(super) fn take(&mut self, pages: usize) -> *mut Span {
        let mut s = self.find_free(pages);
        if s.is_null() {
            self.grow(pages);
            s = self.find_free(pages);
        }
        self.remove_free(s);
        // SAFETY: H5: the record is ours now.
        unsafe {
            if (*s).pages > pages {
                let rest = self.new_record();
                (*rest).base = (*s).base + pages * PAGE;
                (*rest).pages = (*s).pages - pages;
                (*rest).dirty = (*s).dirty;
                (*s).pages = pages;
                self.insert_free(rest);
            }
            (*s).state = 0;
            let n = self.number(s);
            for i in 0..pages {
                Self::set_page((*s).base + i * PAGE, n);
            }
        }
        self.in_use_pages += pages;
        s
    }

    pub(super) fn grow(&mut self, pages: usize) {
        let bytes = (pages * PAGE).max(GROW);
        if self.used_end + bytes > ARENA + ARENA_SIZE {
            crate::panics::fatal_str("runtime: out of memory");
        }
        let s = self.new_record();
        // SAFETY: a fresh record.
        unsafe {
            (*s).base = self.used_end;
            (*s).pages = bytes / PAGE;
            (*s).dirty = false;
        }
        self.used_end += bytes;
        let pages = (self.used_end - ARENA) >> PAGE_SHIFT;
        self.open[0].reach(self.used_end);
        self.open[1].reach(PAGES_TABLE.load(Ordering::Relaxed) + (pages + 1) * 4);
        USED.store(self.used_end - ARENA, Ordering::Relaxed);
        self.give_back(s);
    }

    /// Makes a span free and joins it with free neighbours.
    pub(super) fn give_back(&mut self, s: *mut Span) {
        // SAFETY: H1, H5.
        unsafe {
            let before = if (*s).base > ARENA { span_of((*s).base - 1) } else { null_mut() };
            if !before.is_null() && (*before).state == FREE {
                self.remove_free(before);
                (*s).base = (*before).base;
                (*s).pages += (*before).pages;
                (*s).dirty |= (*before).dirty;
                self.drop_record(before);
            }
            let end = (*s).base + (*s).pages * PAGE;
            let after = if end < self.used_end { span_of(end) } else { null_mut() };
            if !after.is_null() && (*after).state == FREE {
                self.remove_free(after);
                (*s).pages += (*after).pages;
                (*s).dirty |= (*after).dirty;
                self.drop_record(after);
            }
        }
        self.insert_free(s);
    }

    pub(super) fn drop_record(&mut self, s: *mut Span) {
        // SAFETY: nobody refers to the record any more: page entries are overwritten by its successor's.
        unsafe {
            (*s).state = 0;
            (*s).next = self.records;
        }
        self.records = s;
        self.unused_records += 1;
    }

    pub(super) fn release_pages(&mut self, s: *mut Span) {
        // SAFETY: H5; the span's objects are dead.
        unsafe {
            self.in_use_pages -= (*s).pages;
            for i in 0..(*s).pages {
                Self::set_page((*s).base + i * PAGE, 0);
            }
            (*s).dirty = true;
            (*s).large_type = core::ptr::null();
        }
        self.give_back(s);
    }

    pub(super) fn new_small(&mut self, span_class: usize) -> *mut Span {
        let class = span_class / 2;
        let s = self.take(usize::from(PAGES[class]));
        // SAFETY: ours (H5).
        unsafe {
            let size = usize::from(SIZES[class]);
            (*s).elem_size = size;
            (*s).magic = magic(size);
            (*s).slots = ((*s).pages * PAGE / size) as u32;
            (*s).noscan = span_class & 1 == 1;
            (*s).class = class as u8;
            (*s).search = 0;
            (*s).live = 0;
            (*s).alloc = [const { AtomicU64::new(0) }; BITS];
            (*s).mark = [const { AtomicU64::new(0) }; BITS];
            (*s).ptrs = [0; BITS];
            (*s).listed = false;
            (*s).has_specials.store(false, Ordering::Relaxed);
            self.enter(s, span_class);
            publish(s, SMALL);
        }
        s
    }

    /// Puts a span with objects on the list of its class (H6). `has_specials` is not `HEAP`'s to write (specials, F4).
    pub(super) unsafe fn enter(&mut self, s: *mut Span, span_class: usize) {
        // SAFETY: the caller's span.
        unsafe {
            (*s).set_swept();
            (*s).all_next = self.all[span_class];
        }
        self.all[span_class] = s;
        self.with_objects += 1;
    }

    /// A span of the class that is to be swept: the caller's, till `swept`.
    pub(super) fn pop_unswept(&mut self, span_class: usize) -> *mut Span {
        let s = self.unswept[span_class];
        if !s.is_null() {
            // SAFETY: H5.
            self.unswept[span_class] = unsafe { (*s).all_next };
        }
        s
    }

    pub(super) fn pop_central(&mut self, span_class: usize) -> *mut Span {
        let s = self.central[span_class];
        if !s.is_null() {
            // SAFETY: H5.
            unsafe {
                self.central[span_class] = (*s).next;
                (*s).next = null_mut();
                (*s).listed = false;
            }
        }
        s
    }
}
