//! XOR of byte strings. Stands for `xorBytes` of crypto/internal/fips140/subtle.

use core::arch::x86_64::{_mm_loadu_si128, _mm_storeu_si128, _mm_xor_si128};

/// # Safety
/// `n` bytes each; `dst` is `a` or `b`, or overlaps neither (the caller in Go has tested it).
#[unsafe(export_name = "crypto/internal/fips140/subtle.xorBytes")]
pub unsafe extern "C" fn xor_bytes(dst: *mut u8, a: *const u8, b: *const u8, n: usize) {
    let mut i = 0;
    // SAFETY: `i` stays below `n`; each word is read before it is written.
    unsafe {
        while n - i >= 64 {
            let load = |p: *const u8, k: usize| _mm_loadu_si128(p.add(i + 16 * k).cast());
            let x = [0, 1, 2, 3].map(|k| _mm_xor_si128(load(a, k), load(b, k)));
            for (k, x) in x.into_iter().enumerate() {
                _mm_storeu_si128(dst.add(i + 16 * k).cast(), x);
            }
            i += 64;
        }
        while n - i >= 8 {
            xor_at::<u64>(dst, a, b, i);
            i += 8;
        }
        while i < n {
            xor_at::<u8>(dst, a, b, i);
            i += 1;
        }
    }
}

/// # Safety
/// A `T` at offset `i` of each.
#[inline(always)]
unsafe fn xor_at<T: core::ops::BitXor<Output = T>>(
    d: *mut u8,
    a: *const u8,
    b: *const u8,
    i: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let v = a.add(i).cast::<T>().read_unaligned() ^ b.add(i).cast::<T>().read_unaligned();
        d.add(i).cast::<T>().write_unaligned(v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    #[test]
    fn every_length() {
        let (a, b) = (pattern(400), pattern(700)[300..].to_vec());
        for n in 0..300 {
            let (a, b, mut dst) = (&a[n % 9..], &b[n % 7..], [0; 301]);
            // SAFETY: there are more than `n` bytes.
            unsafe { xor_bytes(dst.as_mut_ptr(), a.as_ptr(), b.as_ptr(), n) };
            assert!((0..n).all(|i| dst[i] == a[i] ^ b[i]) && dst[n] == 0);
            let mut same = a.to_vec();
            // SAFETY: in place.
            unsafe { xor_bytes(same.as_mut_ptr(), same.as_ptr(), b.as_ptr(), n) };
            assert!(same[..n] == dst[..n] && same[n..] == a[n..]);
        }
    }
}
