//! Size classes of small objects; gc's, since programs see them as capacities of slices.
//!
//! C1  Sizes ascend, are multiples of 8, and end at `MAX_SMALL`.
//! C2  A span of a class has `PAGES[class]` pages of 8 KiB; at most 1024 objects fit.
//! C3  `slot(offset, magic(size)) == offset / size` for all offsets in a span.

pub const PAGE_SHIFT: usize = 13;
pub const PAGE: usize = 1 << PAGE_SHIFT;
pub const MAX_SMALL: usize = 32768;
pub const CLASSES: usize = 68;
/// Objects with pointers above this size carry their type in a header word.
pub const HEADER_MIN: usize = 512;
pub const HEADER: usize = 8;
/// Most objects in a span.
pub const MAX_SLOTS: usize = 1024;

/// Size of the objects of each class; class 0 is for large objects.
pub const SIZES: [u16; CLASSES] = [
    0, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240, 256, 288, 320,
    352, 384, 416, 448, 480, 512, 576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792,
    2048, 2304, 2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192, 9472, 9728,
    10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672,
    32768,
];

/// Pages of a span of each class.
pub const PAGES: [u8; CLASSES] = [
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 2, 1, 2, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8,
    3, 10, 7, 4,
];

/// Class by `(size + 7) / 8` for sizes up to 1024, and by `(size - 1024 + 127) / 128` above.
static SMALL: [u8; 129] = small_table();
static LARGE: [u8; 249] = large_table();

const fn class_by_search(size: usize) -> u8 {
    let mut c = 1;
    while (SIZES[c] as usize) < size {
        c += 1;
    }
    c as u8
}

const fn small_table() -> [u8; 129] {
    let mut t = [0; 129];
    let mut i = 0;
    while i < 129 {
        t[i] = class_by_search(i * 8);
        i += 1;
    }
    t
}

const fn large_table() -> [u8; 249] {
    let mut t = [0; 249];
    let mut i = 0;
    while i < 249 {
        t[i] = class_by_search(1024 + i * 128);
        i += 1;
    }
    t
}

/// The class for objects of `size` bytes, 1 to `MAX_SMALL`.
#[inline]
pub fn class_of(size: usize) -> usize {
    if size <= 1024 {
        usize::from(SMALL[size.div_ceil(8)])
    } else {
        usize::from(LARGE[(size - 1024).div_ceil(128)])
    }
}

/// What is really reserved for an object of `size` bytes. gc: `roundupsize`.
pub fn round_up(size: usize, noscan: bool) -> usize {
    if size == 0 {
        return 8;
    }
    if size <= MAX_SMALL - HEADER {
        let need = if !noscan && size > HEADER_MIN { size + HEADER } else { size };
        return usize::from(SIZES[class_of(need)]) - (need - size);
    }
    match size.checked_add(PAGE - 1) {
        Some(s) => s & !(PAGE - 1),
        None => size,
    }
}

pub const fn magic(size: usize) -> u32 {
    (0xffff_ffff / size as u64 + 1) as u32
}

#[inline]
pub fn slot(offset: usize, magic: u32) -> usize {
    ((offset as u64 * u64::from(magic)) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_all_sizes() {
        for size in 1..=MAX_SMALL {
            let c = class_of(size);
            assert!(usize::from(SIZES[c]) >= size);
            assert!(c == 1 || usize::from(SIZES[c - 1]) < size);
        }
    }

    #[test]
    fn magic_division_is_exact() {
        for c in 1..CLASSES {
            let size = usize::from(SIZES[c]);
            for offset in 0..usize::from(PAGES[c]) * PAGE {
                assert_eq!(slot(offset, magic(size)), offset / size);
            }
            assert!(usize::from(PAGES[c]) * PAGE / size <= MAX_SLOTS, "C2");
        }
    }

    #[test]
    fn capacities_are_those_of_gc() {
        assert_eq!(round_up(33, true), 48);
        assert_eq!(round_up(24, false), 24);
        assert_eq!(round_up(513, false), 576 - 8);
        assert_eq!(round_up(513, true), 576);
        assert_eq!(round_up(32760, false), 32760);
        assert_eq!(round_up(40000, true), 40960);
    }
}
