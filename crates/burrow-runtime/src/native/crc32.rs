//! CRC-32 of long buffers, for any polynomial, by carry-less multiplication.
//!
//! Stands for `ieeeCLMUL`, `castagnoliSSE42` and `castagnoliSSE42Triple` of hash/crc32. The method is that of Intel's
//! "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction": the buffer is a polynomial, of which 16
//! bytes (a lane) may be moved on by D bits by multiplying its halves by x^(D+32) and x^(D-32) modulo P. Eventually
//! all is folded into one lane, that to 64 bits, and those by Barrett's reduction to 32.
//!
//! R1  Everything is reflected: bit 0 is the coefficient of the highest power. A product of reflected factors is
//!     off by one bit, so constants are stored doubled.

use core::arch::x86_64::*;

/// Constants of a polynomial (R1).
struct Poly {
    /// Of moving on by 2048, 512 and 128 bits: x^(D+32), x^(D-32).
    far: [u64; 2],
    near: [u64; 2],
    lane: [u64; 2],
    /// x^64.
    last: u64,
    /// P itself, and x^64 / P.
    modulus: u64,
    quotient: u64,
}

const IEEE: Poly = Poly::new(0x04c1_1db7);
const CASTAGNOLI: Poly = Poly::new(0x1edc_6f41);

impl Poly {
    /// Of x^32 + `p`, with the bits of `p` in order.
    const fn new(p: u32) -> Poly {
        Poly {
            far: [power(p, 2048 + 32), power(p, 2048 - 32)],
            near: [power(p, 512 + 32), power(p, 512 - 32)],
            lane: [power(p, 128 + 32), power(p, 128 - 32)],
            last: power(p, 64),
            modulus: reflected(1 << 32 | p as u64),
            quotient: reflected(quotient(p)),
        }
    }
}

/// The 33 bits of `x`, backwards.
const fn reflected(x: u64) -> u64 {
    x.reverse_bits() >> 31
}

/// x^n modulo the polynomial, as R1 wants it.
const fn power(p: u32, n: usize) -> u64 {
    let (mut x, mut i) = (1_u32, 0);
    while i < n {
        x = (x << 1) ^ ((x >> 31) * p);
        i += 1;
    }
    (x.reverse_bits() as u64) << 1
}

/// x^64 divided by the polynomial: 33 bits.
const fn quotient(p: u32) -> u64 {
    let (mut rest, mut q, mut i) = (1_u64 << 32, 0, 0);
    while i <= 32 {
        q <<= 1;
        if rest >> 32 == 1 {
            rest ^= 1 << 32 | p as u64;
            q |= 1;
        }
        rest <<= 1;
        i += 1;
    }
    q
}

#[inline]
#[target_feature(enable = "sse2")]
fn pair(k: [u64; 2]) -> __m128i {
    _mm_set_epi64x(k[1].cast_signed(), k[0].cast_signed())
}

/// `x` moved on by the distance of `k`, plus `next`.
#[inline]
#[target_feature(enable = "pclmulqdq,sse2")]
fn fold(x: __m128i, k: __m128i, next: __m128i) -> __m128i {
    let (low, high) = (_mm_clmulepi64_si128(x, k, 0x00), _mm_clmulepi64_si128(x, k, 0x11));
    _mm_xor_si128(_mm_xor_si128(low, high), next)
}

#[inline]
#[target_feature(enable = "avx512f,vpclmulqdq")]
fn fold4(x: __m512i, k: __m512i, next: __m512i) -> __m512i {
    let low = _mm512_clmulepi64_epi128(x, k, 0x00);
    let high = _mm512_clmulepi64_epi128(x, k, 0x11);
    _mm512_ternarylogic_epi64(low, high, next, 0x96)
}

/// Folds the whole lanes of `p[at..len]` into `x`, and that to a CRC.
///
/// # Safety
/// `len` bytes at `p`.
#[inline]
#[target_feature(enable = "pclmulqdq,sse4.1,sse2")]
unsafe fn finish(poly: &Poly, mut x: __m128i, p: *const u8, mut at: usize, len: usize) -> u32 {
    let lane = pair(poly.lane);
    while len - at >= 16 {
        // SAFETY: 16 bytes are left.
        x = fold(x, lane, unsafe { _mm_loadu_si128(p.add(at).cast()) });
        at += 16;
    }
    let low_words = _mm_set_epi32(0, -1, 0, -1);
    // 128 to 96 bits, to 64.
    let x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, lane, 0x10));
    let low = _mm_clmulepi64_si128(_mm_and_si128(x, low_words), pair([poly.last, 0]), 0);
    let x = _mm_xor_si128(_mm_srli_si128(x, 4), low);
    // Barrett: the multiple of P that makes the rest vanish.
    let barrett = pair([poly.modulus, poly.quotient]);
    let q = _mm_clmulepi64_si128(_mm_and_si128(x, low_words), barrett, 0x10);
    let multiple = _mm_clmulepi64_si128(_mm_and_si128(q, low_words), barrett, 0x00);
    _mm_extract_epi32(_mm_xor_si128(x, multiple), 1).cast_unsigned()
}

/// # Safety
/// `len` bytes at `p`, 16 at least, a multiple of 16.
#[inline]
#[target_feature(enable = "pclmulqdq,sse4.1,sse2")]
unsafe fn update(poly: &Poly, crc: u32, p: *const u8, len: usize) -> u32 {
    debug_assert!(len >= 16 && len.is_multiple_of(16));
    // SAFETY: offsets stay below `len`.
    unsafe {
        let load = |at: usize| _mm_loadu_si128(p.add(at).cast());
        let first = _mm_xor_si128(load(0), _mm_cvtsi32_si128(crc.cast_signed()));
        if len < 64 {
            return finish(poly, first, p, 16, len);
        }
        let mut x = [first, load(16), load(32), load(48)];
        let near = pair(poly.near);
        let mut at = 64;
        while len - at >= 64 {
            for (i, x) in x.iter_mut().enumerate() {
                *x = fold(*x, near, load(at + 16 * i));
            }
            at += 64;
        }
        let lane = pair(poly.lane);
        let y = fold(fold(fold(x[0], lane, x[1]), lane, x[2]), lane, x[3]);
        finish(poly, y, p, at, len)
    }
}

/// # Safety
/// `len` bytes at `p`, 256 at least, a multiple of 16.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,pclmulqdq,sse4.1,sse2")]
unsafe fn update_wide(poly: &Poly, crc: u32, p: *const u8, len: usize) -> u32 {
    debug_assert!(len >= 256 && len.is_multiple_of(16));
    // SAFETY: offsets stay below `len`.
    unsafe {
        let load = |at: usize| _mm512_loadu_si512(p.add(at).cast());
        let mut x = [load(0), load(64), load(128), load(192)];
        let start = _mm512_zextsi128_si512(_mm_cvtsi32_si128(crc.cast_signed()));
        x[0] = _mm512_xor_si512(x[0], start);
        let far = _mm512_broadcast_i32x4(pair(poly.far));
        let mut at = 256;
        while len - at >= 256 {
            for (i, x) in x.iter_mut().enumerate() {
                *x = fold4(*x, far, load(at + 64 * i));
            }
            at += 256;
        }
        let near = _mm512_broadcast_i32x4(pair(poly.near));
        let mut y = fold4(fold4(fold4(x[0], near, x[1]), near, x[2]), near, x[3]);
        while len - at >= 64 {
            y = fold4(y, near, load(at));
            at += 64;
        }
        let lane = pair(poly.lane);
        let z = fold(_mm512_castsi512_si128(y), lane, _mm512_extracti32x4_epi32(y, 1));
        let z = fold(z, lane, _mm512_extracti32x4_epi32(y, 2));
        let z = fold(z, lane, _mm512_extracti32x4_epi32(y, 3));
        finish(poly, z, p, at, len)
    }
}

/// The raw CRC (neither inverted) of whole lanes.
///
/// # Safety
/// `len` bytes at `p`, 16 at least, a multiple of 16; PCLMULQDQ and SSE4.1 exist (V3).
#[unsafe(export_name = "hash/crc32.ieeeFold")]
#[target_feature(enable = "pclmulqdq,sse4.1,sse2")]
pub unsafe extern "C" fn ieee(crc: u32, p: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { update(&IEEE, crc, p, len) }
}

/// # Safety
/// As for `ieee`.
#[unsafe(export_name = "hash/crc32.castagnoliFold")]
#[target_feature(enable = "pclmulqdq,sse4.1,sse2")]
pub unsafe extern "C" fn castagnoli(crc: u32, p: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { update(&CASTAGNOLI, crc, p, len) }
}

/// # Safety
/// As for `ieee`, but 256 bytes at least; AVX-512 with VPCLMULQDQ exists.
#[unsafe(export_name = "hash/crc32.ieeeFoldWide")]
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,pclmulqdq,sse4.1,sse2")]
pub unsafe extern "C" fn ieee_wide(crc: u32, p: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { update_wide(&IEEE, crc, p, len) }
}

/// # Safety
/// As for `ieee_wide`.
#[unsafe(export_name = "hash/crc32.castagnoliFoldWide")]
#[target_feature(enable = "avx512f,avx512vl,vpclmulqdq,pclmulqdq,sse4.1,sse2")]
pub unsafe extern "C" fn castagnoli_wide(crc: u32, p: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { update_wide(&CASTAGNOLI, crc, p, len) }
}

/// Castagnoli's raw CRC of any number of bytes, eight at a time.
///
/// # Safety
/// `len` bytes at `p`; SSE4.2 exists (V3).
#[unsafe(export_name = "hash/crc32.castagnoliShort")]
#[target_feature(enable = "sse4.2")]
pub unsafe extern "C" fn castagnoli_short(crc: u32, p: *const u8, len: usize) -> u32 {
    let (mut crc, mut at) = (u64::from(crc), 0);
    // SAFETY: offsets stay below `len`.
    unsafe {
        while len - at >= 8 {
            crc = _mm_crc32_u64(crc, p.add(at).cast::<u64>().read_unaligned());
            at += 8;
        }
        while at < len {
            crc = u64::from(_mm_crc32_u8(crc as u32, *p.add(at)));
            at += 1;
        }
    }
    crc as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    fn reference(reflected: u32, mut crc: u32, data: &[u8]) -> u32 {
        for &b in data {
            crc ^= u32::from(b);
            for _ in 0..8 {
                crc = crc >> 1 ^ if crc & 1 == 1 { reflected } else { 0 };
            }
        }
        crc
    }

    #[test]
    fn every_length() {
        type Fold = unsafe extern "C" fn(u32, *const u8, usize) -> u32;
        let data = pattern(2000);
        let narrow = is_x86_feature_detected!("pclmulqdq") && is_x86_feature_detected!("sse4.2");
        let wide = narrow
            && is_x86_feature_detected!("vpclmulqdq")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl");
        let all: [(bool, usize, usize, u32, Fold); 5] = [
            (narrow, 16, 16, 0xedb8_8320, ieee),
            (narrow, 16, 16, 0x82f6_3b78, castagnoli),
            (wide, 256, 16, 0xedb8_8320, ieee_wide),
            (wide, 256, 16, 0x82f6_3b78, castagnoli_wide),
            (narrow, 0, 1, 0x82f6_3b78, castagnoli_short),
        ];
        for (available, first, step, p, f) in all {
            for n in (first..1500).step_by(step) {
                let (piece, crc) = (&data[n % 19..][..n], (n as u32).wrapping_mul(0x9e37_79b9));
                if available {
                    // SAFETY: the features were tested.
                    let got = unsafe { f(crc, piece.as_ptr(), n) };
                    assert_eq!(got, reference(p, crc, piece), "{n}");
                }
            }
        }
    }
}
