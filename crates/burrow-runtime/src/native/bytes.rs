//! Searching, counting and comparing bytes.
//!
//! Stands for the assembly of internal/bytealg. SSE2 is on every processor; buffers of 64 bytes or more are read 32
//! at a time where AVX2 is there (`wide`).
//!
//! B1  Nothing is read outside of the page that holds the buffer's first or last byte: fewer than 16 bytes are loaded
//!     as 16 from the start, or up to the end when the start is too near to its page's.

use super::wide;
use core::arch::x86_64::*;

const PAGE: usize = 4096;

/// Where equal bytes are: bit i for byte i.
#[inline]
fn equal16(x: __m128i, y: __m128i) -> u32 {
    // SAFETY: SSE2.
    unsafe { _mm_movemask_epi8(_mm_cmpeq_epi8(x, y)).cast_unsigned() }
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal32(x: __m256i, y: __m256i) -> u32 {
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(x, y)).cast_unsigned()
}

/// # Safety
/// 16 readable bytes (B1).
#[inline]
unsafe fn load16(p: *const u8) -> __m128i {
    // SAFETY: the caller's promise.
    unsafe { _mm_loadu_si128(p.cast()) }
}

/// # Safety
/// 32 readable bytes.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load32(p: *const u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_loadu_si256(p.cast()) }
}

/// `equal16` of the bytes at `p` and `c`, `n` below 16 and not 0 (B1).
///
/// # Safety
/// `n` bytes at `p`.
#[inline]
unsafe fn equal_short(p: *const u8, n: usize, c: __m128i) -> u32 {
    let mask = (1 << n) - 1;
    // SAFETY: B1.
    unsafe {
        if p.addr() % PAGE <= PAGE - 16 {
            equal16(load16(p), c) & mask
        } else {
            equal16(load16(p.wrapping_add(n).wrapping_sub(16)), c) >> (16 - n) & mask
        }
    }
}

/// Index of the first `c`, -1 if there is none.
///
/// # Safety
/// `n` bytes at `p`.
#[unsafe(export_name = "internal/bytealg.indexByte")]
pub unsafe extern "C" fn index_byte(p: *const u8, n: usize, c: u8) -> isize {
    // SAFETY: offsets stay below `n`.
    unsafe {
        let v = _mm_set1_epi8(c.cast_signed());
        if n < 16 {
            let found = if n == 0 { 0 } else { equal_short(p, n, v) };
            return if found == 0 { -1 } else { found.trailing_zeros() as isize };
        }
        if n >= 64 && wide() {
            return index_byte_wide(p, n, c);
        }
        let mut at = 0;
        loop {
            let found = equal16(load16(p.add(at)), v);
            if found != 0 {
                return (at + found.trailing_zeros() as usize) as isize;
            }
            if at == n - 16 {
                return -1;
            }
            at = (at + 16).min(n - 16);
        }
    }
}

/// # Safety
/// `n` bytes at `p`, 32 at least.
#[target_feature(enable = "avx2,bmi1")]
unsafe fn index_byte_wide(p: *const u8, n: usize, c: u8) -> isize {
    let v = _mm256_set1_epi8(c.cast_signed());
    let mut at = 0;
    // SAFETY: offsets stay below `n`.
    unsafe {
        while n - at >= 128 {
            let x = [0, 32, 64, 96].map(|i| _mm256_cmpeq_epi8(load32(p.add(at + i)), v));
            let any = _mm256_or_si256(_mm256_or_si256(x[0], x[1]), _mm256_or_si256(x[2], x[3]));
            if _mm256_movemask_epi8(any) != 0 {
                for (i, x) in x.iter().enumerate() {
                    let found = _mm256_movemask_epi8(*x).cast_unsigned();
                    if found != 0 {
                        return (at + 32 * i + found.trailing_zeros() as usize) as isize;
                    }
                }
            }
            at += 128;
        }
        if at == n {
            return -1;
        }
        at = at.min(n - 32);
        loop {
            let found = equal32(load32(p.add(at)), v);
            if found != 0 {
                return (at + found.trailing_zeros() as usize) as isize;
            }
            if at == n - 32 {
                return -1;
            }
            at = (at + 32).min(n - 32);
        }
    }
}

/// Index of the last `c`, -1 if there is none.
///
/// # Safety
/// `n` bytes at `p`.
#[unsafe(export_name = "internal/bytealg.lastIndexByte")]
pub unsafe extern "C" fn last_index_byte(p: *const u8, n: usize, c: u8) -> isize {
    let last = |found: u32| 31 - found.leading_zeros() as usize;
    // SAFETY: offsets stay below `n`.
    unsafe {
        let v = _mm_set1_epi8(c.cast_signed());
        if n < 16 {
            let found = if n == 0 { 0 } else { equal_short(p, n, v) };
            return if found == 0 { -1 } else { last(found) as isize };
        }
        let mut at = n - 16;
        loop {
            let found = equal16(load16(p.add(at)), v);
            if found != 0 {
                return (at + last(found)) as isize;
            }
            if at == 0 {
                return -1;
            }
            at = at.saturating_sub(16);
        }
    }
}

/// How many bytes are `c`.
///
/// # Safety
/// `n` bytes at `p`.
#[unsafe(export_name = "internal/bytealg.count")]
pub unsafe extern "C" fn count(p: *const u8, n: usize, c: u8) -> usize {
    // SAFETY: offsets stay below `n`.
    unsafe {
        let v = _mm_set1_epi8(c.cast_signed());
        if n < 16 {
            return if n == 0 { 0 } else { equal_short(p, n, v).count_ones() as usize };
        }
        if n >= 64 && wide() {
            return count_wide(p, n, c);
        }
        let (mut total, mut at) = (0, 0);
        while n - at >= 16 {
            total += equal16(load16(p.add(at)), v).count_ones();
            at += 16;
        }
        // The last 16 once more, without those that were counted.
        let rest = equal16(load16(p.add(n - 16)), v) >> (16 - (n - at));
        (total + rest.count_ones()) as usize
    }
}

/// # Safety
/// `n` bytes at `p`, 32 at least.
#[target_feature(enable = "avx2,bmi1,popcnt")]
unsafe fn count_wide(p: *const u8, n: usize, c: u8) -> usize {
    let v = _mm256_set1_epi8(c.cast_signed());
    let zero = _mm256_setzero_si256();
    let (mut totals, mut at) = (zero, 0);
    // SAFETY: offsets stay below `n`.
    unsafe {
        while n - at >= 128 {
            // Equal bytes are -1: four of them fit a byte.
            let mut sum = zero;
            for i in [0, 32, 64, 96] {
                sum = _mm256_sub_epi8(sum, _mm256_cmpeq_epi8(load32(p.add(at + i)), v));
            }
            totals = _mm256_add_epi64(totals, _mm256_sad_epu8(sum, zero));
            at += 128;
        }
        let mut parts = [0_u64; 4];
        _mm256_storeu_si256(parts.as_mut_ptr().cast(), totals);
        let mut total = parts.iter().sum::<u64>() as usize;
        while n - at >= 32 {
            total += equal32(load32(p.add(at)), v).count_ones() as usize;
            at += 32;
        }
        // A shift by 32 is for when nothing is left.
        let rest = u64::from(equal32(load32(p.add(n - 32)), v)) >> (32 - (n - at));
        total + rest.count_ones() as usize
    }
}

/// -1, 0 or 1.
///
/// # Safety
/// Two Go strings.
#[unsafe(export_name = "runtime.cmpstring")]
pub unsafe extern "C" fn compare_strings(
    p: *const u8,
    p_len: usize,
    q: *const u8,
    q_len: usize,
) -> isize {
    // SAFETY: the caller's promise.
    match unsafe { first_difference(p, q, p_len.min(q_len)) } {
        Some((x, y)) => (x > y) as isize - (x < y) as isize,
        None => (p_len > q_len) as isize - (p_len < q_len) as isize,
    }
}

/// The first bytes that differ, of two strings of the same length; or longer stretches that begin with equal bytes,
/// as big-endian numbers.
///
/// # Safety
/// `n` bytes each.
#[inline]
unsafe fn first_difference(p: *const u8, q: *const u8, n: usize) -> Option<(u64, u64)> {
    // SAFETY: offsets stay below `n`.
    unsafe {
        let bytes = |at: usize| (u64::from(*p.add(at)), u64::from(*q.add(at)));
        let words = |at: usize| {
            let word = |p: *const u8| p.add(at).cast::<u64>().read_unaligned().swap_bytes();
            (word(p), word(q))
        };
        if n >= 16 {
            if p == q {
                return None;
            }
            if n >= 64 && wide() {
                return first_difference_wide(p, q, n).map(bytes);
            }
            let mut at = 0;
            loop {
                let equal = equal16(load16(p.add(at)), load16(q.add(at)));
                if equal != 0xffff {
                    return Some(bytes(at + equal.trailing_ones() as usize));
                }
                if at == n - 16 {
                    return None;
                }
                at = (at + 16).min(n - 16);
            }
        }
        if n >= 8 {
            let (x, y) = words(0);
            let (x, y) = if x == y { words(n - 8) } else { (x, y) };
            return (x != y).then_some((x, y));
        }
        if n >= 4 {
            let word = |p: *const u8, at: usize| {
                u64::from(p.add(at).cast::<u32>().read_unaligned().swap_bytes())
            };
            let all = |p| word(p, 0) << 32 | word(p, n - 4);
            let (x, y) = (all(p), all(q));
            return (x != y).then_some((x, y));
        }
        (0..n).map(bytes).find(|(x, y)| x != y)
    }
}

/// Where the first difference is.
///
/// # Safety
/// `n` bytes each, 32 at least.
#[target_feature(enable = "avx2,bmi1")]
unsafe fn first_difference_wide(p: *const u8, q: *const u8, n: usize) -> Option<usize> {
    let mut at = 0;
    // SAFETY: offsets stay below `n`.
    unsafe {
        while n - at >= 64 {
            let x = _mm256_cmpeq_epi8(load32(p.add(at)), load32(q.add(at)));
            let y = _mm256_cmpeq_epi8(load32(p.add(at + 32)), load32(q.add(at + 32)));
            if _mm256_movemask_epi8(_mm256_and_si256(x, y)) != -1 {
                break;
            }
            at += 64;
        }
        if at == n {
            return None;
        }
        at = at.min(n - 32);
        loop {
            let equal = equal32(load32(p.add(at)), load32(q.add(at)));
            if equal != u32::MAX {
                return Some(at + equal.trailing_ones() as usize);
            }
            if at == n - 32 {
                return None;
            }
            at = (at + 32).min(n - 32);
        }
    }
}

/// Index of the first `needle` in `hay`, -1 if there is none. Candidates are places where the needle's first and last
/// bytes are.
///
/// # Safety
/// `n` bytes at `hay`; `k` bytes at `needle`, two at least.
#[unsafe(export_name = "internal/bytealg.index")]
pub unsafe extern "C" fn index(hay: *const u8, n: usize, needle: *const u8, k: usize) -> isize {
    if k > n {
        return -1;
    }
    // Places where the needle fits.
    let places = n - k + 1;
    // SAFETY: places lie below `places`, so the needle's last byte there is one of `hay`.
    unsafe {
        if places >= 32 && wide() {
            return index_wide(hay, places, needle, k);
        }
        let (first, last) = (*needle, *needle.add(k - 1));
        if places >= 16 {
            let first = _mm_set1_epi8(first.cast_signed());
            let last = _mm_set1_epi8(last.cast_signed());
            let mut at = 0;
            loop {
                let mut found = equal16(load16(hay.add(at)), first)
                    & equal16(load16(hay.add(at + k - 1)), last);
                while found != 0 {
                    let i = at + found.trailing_zeros() as usize;
                    if same(hay.add(i), needle, k) {
                        return i as isize;
                    }
                    found &= found - 1;
                }
                if at == places - 16 {
                    return -1;
                }
                at = (at + 16).min(places - 16);
            }
        }
        for i in 0..places {
            if *hay.add(i) == first && *hay.add(i + k - 1) == last && same(hay.add(i), needle, k) {
                return i as isize;
            }
        }
        -1
    }
}

/// # Safety
/// As `index`; 32 places at least.
#[target_feature(enable = "avx2,bmi1")]
unsafe fn index_wide(hay: *const u8, places: usize, needle: *const u8, k: usize) -> isize {
    // SAFETY: as in `index`.
    unsafe {
        let first = _mm256_set1_epi8((*needle).cast_signed());
        let last = _mm256_set1_epi8((*needle.add(k - 1)).cast_signed());
        let mut at = 0;
        loop {
            let mut found =
                equal32(load32(hay.add(at)), first) & equal32(load32(hay.add(at + k - 1)), last);
            while found != 0 {
                let i = at + found.trailing_zeros() as usize;
                if same(hay.add(i), needle, k) {
                    return i as isize;
                }
                found &= found - 1;
            }
            if at == places - 32 {
                return -1;
            }
            at = (at + 32).min(places - 32);
        }
    }
}

/// Whether `k` bytes are equal, of which the first and the last are known to be.
///
/// # Safety
/// `k` bytes each, two at least.
#[inline]
unsafe fn same(p: *const u8, q: *const u8, k: usize) -> bool {
    // SAFETY: offsets stay below `k`.
    unsafe {
        let words = |at| {
            p.add(at).cast::<u64>().read_unaligned() == q.add(at).cast::<u64>().read_unaligned()
        };
        let mut at = 0;
        while k - at >= 8 {
            if !words(at) {
                return false;
            }
            at += 8;
        }
        if at == 0 { (1..k).all(|i| *p.add(i) == *q.add(i)) } else { at == k || words(k - 8) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;
    use core::cmp::Ordering;

    /// Runs `f` without and with AVX2.
    fn both(f: impl Fn()) {
        f();
        crate::native::init();
        f();
    }

    fn place(found: Option<usize>) -> isize {
        found.map_or(-1, |i| i as isize)
    }

    /// Few different bytes, so that there is something to find.
    fn letters(n: usize, kinds: u8) -> Vec<u8> {
        pattern(n).iter().map(|b| b % kinds).collect()
    }

    #[test]
    fn one_byte() {
        both(|| {
            let all = letters(9000, 50);
            // Also at the end of a page (B1).
            let page = PAGE - all.as_ptr().addr() % PAGE;
            for from in [0, 1, 13, page - 7, page - 1, page] {
                for n in 0..300 {
                    let s = &all[from..][..n];
                    for c in [0, 1, 49, 50, 200] {
                        // SAFETY: a slice.
                        let (first, last, times) = unsafe {
                            let (p, n) = (s.as_ptr(), s.len());
                            (index_byte(p, n, c), last_index_byte(p, n, c), count(p, n, c))
                        };
                        assert_eq!(first, place(s.iter().position(|&b| b == c)));
                        assert_eq!(last, place(s.iter().rposition(|&b| b == c)));
                        assert_eq!(times, s.iter().filter(|&&b| b == c).count());
                    }
                }
            }
        });
    }

    #[test]
    fn compares() {
        both(|| {
            let p = pattern(320);
            for n in 0..300 {
                for at in (0..=n).step_by(1 + n / 40) {
                    let mut q = p[..n].to_vec();
                    if at < n {
                        q[at] = q[at].wrapping_add(if n % 2 == 0 { 1 } else { 200 });
                    }
                    for (x, y) in [(&p[..n], &q[..]), (&q, &p[..n]), (&p[..n / 2], &q)] {
                        let (a, b) = (x.as_ptr(), y.as_ptr());
                        // SAFETY: slices.
                        let got = unsafe { compare_strings(a, x.len(), b, y.len()) };
                        assert_eq!(got.cmp(&0), x.cmp(y));
                        assert!(got.abs() <= 1 && (got == 0) == (x.cmp(y) == Ordering::Equal));
                    }
                }
            }
        });
    }

    #[test]
    fn needles() {
        both(|| {
            let hay = letters(400, 3);
            let other = letters(900, 3)[500..].to_vec();
            for n in 0..200 {
                let hay = &hay[n % 5..][..n];
                for k in 2..64 {
                    let mut list = vec![&other[..k], &other[n..][..k]];
                    if k <= n {
                        list.extend([&hay[n - k..], &hay[(n - k) / 2..][..k]]);
                    }
                    for needle in list {
                        // SAFETY: slices.
                        let got = unsafe { index(hay.as_ptr(), n, needle.as_ptr(), k) };
                        assert_eq!(got, place(hay.windows(k).position(|w| w == needle)));
                    }
                }
            }
        });
    }
}
