//! SHA-1's compression function: with the SHA extensions, and portably.
//!
//! Stands for `blockSHANI` and `blockAVX2` of crypto/sha1; the latter is scalar code here.

use core::arch::x86_64::*;

/// # Safety
/// `h` is a digest's state, `p` its next `len` bytes (V5); the SHA extensions and SSE4.1 exist (V3).
#[unsafe(export_name = "crypto/sha1.blockSHANI")]
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe extern "C" fn block_sha(h: *mut [u32; 5], p: *const u8, len: usize, _cap: usize) {
    let reversed = _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f);
    let words: *mut u32 = h.cast();
    // SAFETY: five words.
    let (dcba, last) = unsafe { (_mm_loadu_si128(words.cast()), *words.add(4)) };
    let mut abcd = _mm_shuffle_epi32(dcba, 0x1b);
    let mut e = _mm_set_epi32(last.cast_signed(), 0, 0, 0);
    for block in 0..len / 64 {
        let (abcd_before, e_before) = (abcd, e);
        // SAFETY: the block's 64 bytes.
        let word = |i: usize| unsafe { _mm_loadu_si128(p.add(block * 64 + i * 16).cast()) };
        let mut w = [0, 1, 2, 3].map(|i| _mm_shuffle_epi8(word(i), reversed));
        // `abcd` as it was four rounds ago: its a, rotated, is the e of the next four.
        let mut earlier = abcd;
        /// Four rounds with w[$a], of kind $kind.
        macro_rules! quad {
            ($i:expr, $kind:expr, $a:expr, $b:expr, $c:expr, $d:expr) => {
                let wk = if $i == 0 {
                    _mm_add_epi32(e, w[$a])
                } else {
                    _mm_sha1nexte_epu32(earlier, w[$a])
                };
                earlier = abcd;
                abcd = _mm_sha1rnds4_epu32(abcd, wk, $kind);
                if $i < 16 {
                    let t = _mm_xor_si128(_mm_sha1msg1_epu32(w[$a], w[$b]), w[$c]);
                    w[$a] = _mm_sha1msg2_epu32(t, w[$d]);
                }
            };
        }
        macro_rules! twenty {
            ($kind:expr, $a:expr, $b:expr, $c:expr, $d:expr) => {
                quad!($kind * 5, $kind, $a, $b, $c, $d);
                quad!($kind * 5 + 1, $kind, $b, $c, $d, $a);
                quad!($kind * 5 + 2, $kind, $c, $d, $a, $b);
                quad!($kind * 5 + 3, $kind, $d, $a, $b, $c);
                quad!($kind * 5 + 4, $kind, $a, $b, $c, $d);
            };
        }
        twenty!(0, 0, 1, 2, 3);
        twenty!(1, 1, 2, 3, 0);
        twenty!(2, 2, 3, 0, 1);
        twenty!(3, 3, 0, 1, 2);
        e = _mm_sha1nexte_epu32(earlier, e_before);
        abcd = _mm_add_epi32(abcd, abcd_before);
    }
    // SAFETY: as above.
    unsafe {
        _mm_storeu_si128(words.cast(), _mm_shuffle_epi32(abcd, 0x1b));
        *words.add(4) = _mm_extract_epi32(e, 3).cast_unsigned();
    }
}

/// # Safety
/// `h` is a digest's state, `p` its next `len` bytes (V5); BMI2 exists (V3).
#[unsafe(export_name = "crypto/sha1.blockAVX2")]
#[target_feature(enable = "bmi1,bmi2")]
pub unsafe extern "C" fn block_bmi2(h: *mut [u32; 5], p: *const u8, len: usize, _cap: usize) {
    // SAFETY: V5; the state and the data don't overlap, a digest is no byte slice.
    let (h, data) = unsafe { (&mut *h, core::slice::from_raw_parts(p, len)) };
    for block in data.chunks_exact(64) {
        compress(h, block);
    }
}

#[inline(always)]
fn compress(h: &mut [u32; 5], block: &[u8]) {
    let mut w = [0_u32; 16];
    for (w, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *w = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let [mut a, mut b, mut c, mut d, mut e] = *h;
    for i in 0..80 {
        if i >= 16 {
            let t = w[(i + 13) % 16] ^ w[(i + 8) % 16] ^ w[(i + 2) % 16] ^ w[i % 16];
            w[i % 16] = t.rotate_left(1);
        }
        let (f, k) = match i / 20 {
            0 => (d ^ (b & (c ^ d)), 0x5a82_7999),
            1 => (b ^ c ^ d, 0x6ed9_eba1),
            2 => ((b & c) | (d & (b | c)), 0x8f1b_bcdc),
            _ => (b ^ c ^ d, 0xca62_c1d6_u32),
        };
        let t = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k);
        (e, d, c, b, a) = (d, c, b.rotate_left(30), a, t.wrapping_add(w[i % 16]));
    }
    for (h, s) in h.iter_mut().zip([a, b, c, d, e]) {
        *h = h.wrapping_add(s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::{hex, padded, pattern};

    fn digest(data: &[u8], sha: bool) -> String {
        let mut h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
        let data = padded(data, 64, true);
        // SAFETY: whole blocks; the features were tested.
        unsafe {
            match sha {
                true => block_sha(&raw mut h, data.as_ptr(), data.len(), data.len()),
                false => block_bmi2(&raw mut h, data.as_ptr(), data.len(), data.len()),
            }
        }
        hex(&h.map(u32::to_be_bytes).concat())
    }

    #[test]
    fn known_answers() {
        assert_eq!(digest(b"abc", false), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(digest(b"", false), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    }

    #[test]
    fn both_agree() {
        let data = pattern(400);
        for n in 0..300 {
            if is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1") {
                assert_eq!(digest(&data[n % 17..][..n], true), digest(&data[n % 17..][..n], false));
            }
        }
    }
}
