//! SHA-256's compression function: with the SHA extensions, and portably.
//!
//! Stands for `blockSHANI` and `blockAVX2` of crypto/internal/fips140/sha256. The latter is scalar code with
//! BMI2's rotations here: processors with AVX2 and without the SHA extensions are few by now.

use core::arch::x86_64::*;

const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// # Safety
/// `h` is a digest's state, `p` its next `len` bytes (V5); the SHA extensions and SSE4.1 exist (V3).
#[unsafe(export_name = "crypto/internal/fips140/sha256.blockSHANI")]
#[target_feature(enable = "sha,sse4.1,ssse3")]
pub unsafe extern "C" fn block_sha(h: *mut [u32; 8], p: *const u8, len: usize, _cap: usize) {
    let h: *mut __m128i = h.cast();
    let big_endian = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    // SAFETY: eight words.
    let (dcba, hgfe) = unsafe { (_mm_loadu_si128(h), _mm_loadu_si128(h.add(1))) };
    let cdab = _mm_shuffle_epi32(dcba, 0xb1);
    let efgh = _mm_shuffle_epi32(hgfe, 0x1b);
    let mut abef = _mm_alignr_epi8(cdab, efgh, 8);
    let mut cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
    for block in 0..len / 64 {
        let (abef_before, cdgh_before) = (abef, cdgh);
        // SAFETY: the block's 64 bytes.
        let word = |i: usize| unsafe { _mm_loadu_si128(p.add(block * 64 + i * 16).cast()) };
        let mut w = [0, 1, 2, 3].map(|i| _mm_shuffle_epi8(word(i), big_endian));
        /// Four rounds with w[$a]; $b.. are the next quads of the schedule.
        macro_rules! quad {
            ($i:expr, $a:expr, $b:expr, $c:expr, $d:expr) => {
                // SAFETY: four constants.
                let k = unsafe { _mm_loadu_si128(K.as_ptr().add($i * 4).cast()) };
                let wk = _mm_add_epi32(w[$a], k);
                cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
                abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
                if $i < 12 {
                    let t = _mm_sha256msg1_epu32(w[$a], w[$b]);
                    let t = _mm_add_epi32(t, _mm_alignr_epi8(w[$d], w[$c], 4));
                    w[$a] = _mm_sha256msg2_epu32(t, w[$d]);
                }
            };
        }
        macro_rules! sixteen_rounds {
            ($i:expr) => {
                quad!($i, 0, 1, 2, 3);
                quad!($i + 1, 1, 2, 3, 0);
                quad!($i + 2, 2, 3, 0, 1);
                quad!($i + 3, 3, 0, 1, 2);
            };
        }
        sixteen_rounds!(0);
        sixteen_rounds!(4);
        sixteen_rounds!(8);
        sixteen_rounds!(12);
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    let feba = _mm_shuffle_epi32(abef, 0x1b);
    let dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    // SAFETY: as above.
    unsafe {
        _mm_storeu_si128(h, _mm_blend_epi16(feba, dchg, 0xf0));
        _mm_storeu_si128(h.add(1), _mm_alignr_epi8(dchg, feba, 8));
    }
}

/// # Safety
/// `h` is a digest's state, `p` its next `len` bytes (V5); BMI2 exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/sha256.blockAVX2")]
#[target_feature(enable = "bmi1,bmi2")]
pub unsafe extern "C" fn block_bmi2(h: *mut [u32; 8], p: *const u8, len: usize, _cap: usize) {
    // SAFETY: V5; the state and the data don't overlap, a digest is no byte slice.
    let (h, data) = unsafe { (&mut *h, core::slice::from_raw_parts(p, len)) };
    for block in data.chunks_exact(64) {
        compress(h, block);
    }
}

#[inline(always)]
fn compress(h: &mut [u32; 8], block: &[u8]) {
    let mut w = [0_u32; 16];
    for (w, bytes) in w.iter_mut().zip(block.chunks_exact(4)) {
        *w = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let mut s = *h;
    for start in (0..64).step_by(16) {
        macro_rules! schedule {
            ($i:literal) => {
                let (w15, w2) = (w[($i + 1) % 16], w[($i + 14) % 16]);
                let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3);
                let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10);
                let sum = w[$i].wrapping_add(s0).wrapping_add(w[($i + 9) % 16]);
                w[$i] = sum.wrapping_add(s1);
            };
        }
        /// The state stays where it is; its names move on.
        macro_rules! round {
            ($i:literal) => {
                let [a, b, c, e, f, g, last] = [0, 1, 2, 4, 5, 6, 7].map(|k| s[(16 + k - $i) % 8]);
                let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let choice = g ^ (e & (f ^ g));
                let t = last.wrapping_add(s1).wrapping_add(choice);
                let t = t.wrapping_add(K[start + $i]).wrapping_add(w[$i]);
                let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let majority = (a & b) | (c & (a | b));
                s[(19 - $i) % 8] = s[(19 - $i) % 8].wrapping_add(t);
                s[(23 - $i) % 8] = t.wrapping_add(s0).wrapping_add(majority);
            };
        }
        if start > 0 {
            sixteen!(schedule);
        }
        sixteen!(round);
    }
    for (h, s) in h.iter_mut().zip(s) {
        *h = h.wrapping_add(s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::{hex, padded, pattern};

    const START: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ];

    fn has_sha() -> bool {
        is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1")
    }

    fn digest(data: &[u8], sha: bool) -> String {
        let (mut h, data) = (START, padded(data, 64, true));
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
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest(b"abc", false), abc);
        assert_eq!(digest(b"", false), empty);
        if has_sha() {
            assert_eq!(digest(b"abc", true), abc);
            assert_eq!(digest(b"", true), empty);
        }
    }

    #[test]
    fn both_agree() {
        let data = pattern(400);
        for n in 0..300 {
            if has_sha() {
                assert_eq!(digest(&data[n % 17..][..n], true), digest(&data[n % 17..][..n], false));
            }
        }
    }
}
