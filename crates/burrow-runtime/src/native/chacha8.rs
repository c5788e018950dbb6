//! ChaCha8 as a source of random numbers (c2sp.org/chacha8rand): four blocks side by side, in the lanes of vectors.
//!
//! Stands for `block` of internal/chacha8rand; the runtime's own `rand` has it too.

use core::arch::x86_64::*;

/// Blocks made at a time.
pub const LANES: u32 = 4;
/// What they are: 16 vectors of four 32-bit words.
pub const WORDS: usize = 32;

const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Blocks `counter` to `counter + 3` of `key`. The key is added where it was, nothing elsewhere.
#[unsafe(export_name = "internal/chacha8rand.block")]
pub extern "C" fn fill(key: &[u64; 4], out: &mut [u64; WORDS], counter: u32) {
    // SAFETY: SSE2 is on every amd64 processor.
    unsafe { fill_vectors(key, out, counter) }
}

#[inline]
#[target_feature(enable = "sse2")]
fn fill_vectors(key: &[u64; 4], out: &mut [u64; WORDS], counter: u32) {
    let all = |word: u32| _mm_set1_epi32(word.cast_signed());
    let key = |i: usize| all((key[i / 2] >> (32 * (i % 2))) as u32);
    let zero = _mm_setzero_si128();
    let mut s = [zero; 16];
    for i in 0..4 {
        s[i] = all(CONSTANTS[i]);
    }
    for i in 0..8 {
        s[4 + i] = key(i);
    }
    s[12] = _mm_add_epi32(all(counter), _mm_set_epi32(3, 2, 1, 0));
    for _ in 0..4 {
        quarter(&mut s, 0, 4, 8, 12);
        quarter(&mut s, 1, 5, 9, 13);
        quarter(&mut s, 2, 6, 10, 14);
        quarter(&mut s, 3, 7, 11, 15);
        quarter(&mut s, 0, 5, 10, 15);
        quarter(&mut s, 1, 6, 11, 12);
        quarter(&mut s, 2, 7, 8, 13);
        quarter(&mut s, 3, 4, 9, 14);
    }
    for i in 0..8 {
        s[4 + i] = _mm_add_epi32(s[4 + i], key(i));
    }
    for (two, s) in out.as_chunks_mut::<2>().0.iter_mut().zip(s) {
        // SAFETY: 16 bytes.
        unsafe { _mm_storeu_si128(two.as_mut_ptr().cast(), s) };
    }
}

#[inline(always)]
fn quarter(s: &mut [__m128i; 16], a: usize, b: usize, c: usize, d: usize) {
    /// Each word rotated to the left.
    macro_rules! rotate {
        ($x:expr, $n:literal) => {
            _mm_or_si128(_mm_slli_epi32($x, $n), _mm_srli_epi32($x, 32 - $n))
        };
    }
    // SAFETY: SSE2 is on every amd64 processor.
    unsafe {
        s[a] = _mm_add_epi32(s[a], s[b]);
        let x = _mm_xor_si128(s[d], s[a]);
        s[d] = _mm_shufflehi_epi16(_mm_shufflelo_epi16(x, 0xb1), 0xb1);
        s[c] = _mm_add_epi32(s[c], s[d]);
        s[b] = rotate!(_mm_xor_si128(s[b], s[c]), 12);
        s[a] = _mm_add_epi32(s[a], s[b]);
        s[d] = rotate!(_mm_xor_si128(s[d], s[a]), 8);
        s[c] = _mm_add_epi32(s[c], s[d]);
        s[b] = rotate!(_mm_xor_si128(s[b], s[c]), 7);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_defined() {
        let mut key = [0; 4];
        for (word, bytes) in key.iter_mut().zip(b"chacha8: 32-byte seed".chunks(8)) {
            let mut b = [0; 8];
            b[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_le_bytes(b);
        }
        let mut out = [0; WORDS];
        fill(&key, &mut out, 0);
        assert_eq!(out, slow(&key, 0));
        fill(&key, &mut out, 12);
        assert_eq!(out, slow(&key, 12));
    }

    /// Block by block, from the definition.
    fn slow(key: &[u64; 4], counter: u32) -> [u64; WORDS] {
        let mut out = [0_u64; WORDS];
        for lane in 0..4 {
            let mut s = [0_u32; 16];
            s[..4].copy_from_slice(&CONSTANTS);
            for i in 0..8 {
                s[4 + i] = (key[i / 2] >> (32 * (i % 2))) as u32;
            }
            s[12] = counter + lane as u32;
            let start = s;
            for round in 0..8 {
                for i in 0..4 {
                    let shift = |row: usize| 4 * row + (i + round % 2 * row) % 4;
                    let [a, b, c, d] = [0, 1, 2, 3].map(shift);
                    for (x, y, z, n) in [(a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)] {
                        s[x] = s[x].wrapping_add(s[y]);
                        s[z] = (s[z] ^ s[x]).rotate_left(n);
                    }
                }
            }
            for i in 0..16 {
                let word = if (4..12).contains(&i) { s[i].wrapping_add(start[i]) } else { s[i] };
                let at = 4 * i + lane;
                out[at / 2] |= u64::from(word) << (32 * (at % 2));
            }
        }
        out
    }
}
