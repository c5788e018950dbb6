//! AES-GCM: counter mode and GHASH in one pass, with AES-NI and carry-less multiplication.
//!
//! Stands for the assembly of crypto/internal/fips140/aes/gcm.
//!
//! GHASH's bits run backwards. With bytes reversed, a block is a polynomial with its bits in order, and GHASH becomes
//! POLYVAL (RFC 8452, appendix A): products by x^-128, modulo x^128 + x^127 + x^126 + x^121 + 1, with x*H as key. That
//! factor makes the reduction two multiplications by a constant, from the low end, as Montgomery's does.
//!
//! E1  `table` is H^16, H^15 ... H in that form: the last eight blocks, or 16, are multiplied by what lies side by side.
//! E2  The tag under way and the counter lie in memory as the standard has them, also between calls.
//! E3  The counter is that of the block used last; its final 32 bits count and wrap.

use super::aes::encrypt_blocks;
use core::arch::x86_64::*;

/// Blocks under way at a time.
const LANES: usize = 8;
/// The same, in the wide kernel: four vectors of four.
const WIDE_LANES: usize = 16;

type Table = [u8; 256];

/// The sum of unreduced products.
#[derive(Clone, Copy)]
struct Wide {
    low: __m128i,
    middle: __m128i,
    high: __m128i,
}

#[inline]
#[target_feature(enable = "ssse3,sse2")]
fn reversed(x: __m128i) -> __m128i {
    _mm_shuffle_epi8(x, _mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f))
}

/// # Safety
/// 16 bytes at `p`.
#[inline]
#[target_feature(enable = "ssse3,sse2")]
unsafe fn load_reversed(p: *const u8) -> __m128i {
    // SAFETY: the caller's promise.
    reversed(unsafe { _mm_loadu_si128(p.cast()) })
}

/// # Safety
/// 16 bytes at `p`.
#[inline]
#[target_feature(enable = "ssse3,sse2")]
unsafe fn store_reversed(p: *mut u8, x: __m128i) {
    // SAFETY: the caller's promise.
    unsafe { _mm_storeu_si128(p.cast(), reversed(x)) };
}

/// Both halves of the sum of the halves.
#[inline]
#[target_feature(enable = "sse2")]
fn halves(x: __m128i) -> __m128i {
    _mm_xor_si128(x, _mm_shuffle_epi32(x, 0x4e))
}

impl Wide {
    #[inline]
    #[target_feature(enable = "sse2")]
    fn zero() -> Wide {
        let zero = _mm_setzero_si128();
        Wide { low: zero, middle: zero, high: zero }
    }

    /// Adds x*h, by Karatsuba's method: `middle` holds the products of the sums of halves.
    #[inline]
    #[target_feature(enable = "pclmulqdq,sse2")]
    fn add(self, x: __m128i, h: __m128i) -> Wide {
        let middle = _mm_clmulepi64_si128(halves(x), halves(h), 0);
        Wide {
            low: _mm_xor_si128(self.low, _mm_clmulepi64_si128(x, h, 0x00)),
            middle: _mm_xor_si128(self.middle, middle),
            high: _mm_xor_si128(self.high, _mm_clmulepi64_si128(x, h, 0x11)),
        }
    }

    #[inline]
    #[target_feature(enable = "pclmulqdq,sse2")]
    fn reduce(self) -> __m128i {
        let modulus = _mm_set_epi64x(0, 0xc200_0000_0000_0000_u64.cast_signed());
        let middle = _mm_xor_si128(self.middle, _mm_xor_si128(self.low, self.high));
        let low = _mm_xor_si128(self.low, _mm_slli_si128(middle, 8));
        let high = _mm_xor_si128(self.high, _mm_srli_si128(middle, 8));
        let t = _mm_clmulepi64_si128(low, modulus, 0);
        let low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), t);
        let t = _mm_clmulepi64_si128(low, modulus, 0);
        _mm_xor_si128(high, _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), t))
    }
}

/// H^`power`, from 1 to 16 (E1).
///
/// # Safety
/// `table` is filled.
#[inline]
#[target_feature(enable = "sse2")]
unsafe fn power(table: *const Table, power: usize) -> __m128i {
    // SAFETY: E1.
    unsafe { _mm_loadu_si128(table.cast::<__m128i>().add(WIDE_LANES - power)) }
}

/// The tag after one more block.
///
/// # Safety
/// `table` is filled.
#[inline]
#[target_feature(enable = "pclmulqdq,sse2")]
unsafe fn absorb(table: *const Table, tag: __m128i, block: __m128i) -> __m128i {
    // SAFETY: the caller's promise.
    let h = unsafe { power(table, 1) };
    Wide::zero().add(_mm_xor_si128(tag, block), h).reduce()
}

/// The tag after eight more blocks: one reduction for all.
///
/// # Safety
/// `table` is filled.
#[inline]
#[target_feature(enable = "pclmulqdq,sse2")]
unsafe fn absorb_all(table: *const Table, tag: __m128i, mut blocks: [__m128i; LANES]) -> __m128i {
    blocks[0] = _mm_xor_si128(blocks[0], tag);
    let mut sum = Wide::zero();
    for (i, &x) in blocks.iter().enumerate() {
        // SAFETY: the caller's promise.
        let h = unsafe { power(table, LANES - i) };
        sum = sum.add(x, h);
    }
    sum.reduce()
}

/// Fills in the table of a key.
///
/// # Safety
/// A schedule of `words` words of crypto/internal/fips140/aes; AES-NI and PCLMULQDQ exist (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmAesInit")]
#[target_feature(enable = "aes,pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn init(table: *mut Table, key: *const u32, words: usize, _cap: usize) {
    // SAFETY: the caller's promise.
    let [h] = unsafe { encrypt_blocks(key, words / 4 - 1, [_mm_setzero_si128()]) };
    let h = reversed(h);
    // x*H: shifted by a bit; what falls out at the top comes back as the modulus.
    let carries = _mm_srli_epi64(h, 63);
    let doubled = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_slli_si128(carries, 8));
    let out = _mm_sub_epi64(_mm_setzero_si128(), _mm_unpackhi_epi64(carries, carries));
    let modulus = _mm_set_epi64x(0xc200_0000_0000_0000_u64.cast_signed(), 1);
    let h = _mm_xor_si128(doubled, _mm_and_si128(out, modulus));
    let mut x = h;
    for i in (0..WIDE_LANES).rev() {
        // SAFETY: E1.
        unsafe { _mm_storeu_si128(table.cast::<__m128i>().add(i), x) };
        x = Wide::zero().add(x, h).reduce();
    }
}

/// Hashes `len` bytes, filled up with zeros to whole blocks.
///
/// # Safety
/// A filled table, `len` bytes at `data`, a tag (E2); PCLMULQDQ exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmHash")]
#[target_feature(enable = "pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn hash(table: *const Table, data: *const u8, len: usize, tag: *mut u8) {
    // SAFETY: V5; offsets stay below `len`.
    unsafe {
        let mut t = load_reversed(tag);
        let mut at = 0;
        while len - at >= 16 * LANES {
            t = absorb_all(table, t, lanes(|i| load_reversed(data.add(at + 16 * i))));
            at += 16 * LANES;
        }
        while len - at >= 16 {
            t = absorb(table, t, load_reversed(data.add(at)));
            at += 16;
        }
        if at < len {
            let mut last = [0; 16];
            core::ptr::copy_nonoverlapping(data.add(at), last.as_mut_ptr(), len - at);
            t = absorb(table, t, load_reversed(last.as_ptr()));
        }
        store_reversed(tag, t);
    }
}

/// `f(0)` to `f(7)`, in registers.
#[inline(always)]
fn lanes(f: impl Fn(usize) -> __m128i) -> [__m128i; LANES] {
    [f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7)]
}

/// What `seal` and `open` work on; the overlay's `gcmChunk`.
#[repr(C)]
pub struct Chunk {
    table: *const Table,
    dst: *mut u8,
    src: *const u8,
    /// Bytes. Whole blocks, but for the last chunk of a message.
    len: usize,
    counter: *mut u8,
    tag: *mut u8,
    key: *const u32,
    rounds: usize,
}

/// Encrypts a chunk, then hashes what came out.
///
/// # Safety
/// As `Chunk` says (V5, E1-E3); `dst` is `src`, or they don't overlap; AES-NI and PCLMULQDQ exist (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmSeal")]
#[target_feature(enable = "aes,pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn seal(chunk: *const Chunk) {
    // SAFETY: the caller's promise.
    unsafe { crypt::<true>(&*chunk) }
}

/// Hashes a chunk, and decrypts it.
///
/// # Safety
/// As for `seal`.
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmOpen")]
#[target_feature(enable = "aes,pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn open(chunk: *const Chunk) {
    // SAFETY: the caller's promise.
    unsafe { crypt::<false>(&*chunk) }
}

/// # Safety
/// As for `seal`.
#[inline]
#[target_feature(enable = "aes,pclmulqdq,ssse3,sse2")]
unsafe fn crypt<const SEAL: bool>(c: &Chunk) {
    // SAFETY: the caller's promise.
    unsafe { crypt_from::<SEAL>(c, 0) }
}

/// `crypt` of what comes after the first `at` bytes.
///
/// # Safety
/// As for `seal`.
#[inline]
#[target_feature(enable = "aes,pclmulqdq,ssse3,sse2")]
unsafe fn crypt_from<const SEAL: bool>(c: &Chunk, mut at: usize) {
    let next =
        |counter: __m128i, i: usize| _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, i as i32));
    // SAFETY: V5; offsets stay below `len`.
    unsafe {
        let mut counter = load_reversed(c.counter);
        let mut tag = load_reversed(c.tag);
        while c.len - at >= 16 * LANES {
            let mask = lanes(|i| reversed(next(counter, i + 1)));
            counter = next(counter, LANES);
            let mask = encrypt_blocks(c.key, c.rounds, mask);
            let text = lanes(|i| _mm_loadu_si128(c.src.add(at + 16 * i).cast()));
            let done = lanes(|i| _mm_xor_si128(text[i], mask[i]));
            for (i, x) in done.iter().enumerate() {
                _mm_storeu_si128(c.dst.add(at + 16 * i).cast(), *x);
            }
            let sealed = if SEAL { done } else { text };
            tag = absorb_all(c.table, tag, lanes(|i| reversed(sealed[i])));
            at += 16 * LANES;
        }
        while at < c.len {
            let n = (c.len - at).min(16);
            counter = next(counter, 1);
            let [mask] = encrypt_blocks(c.key, c.rounds, [reversed(counter)]);
            let (mut text, mut done) = ([0_u8; 16], [0_u8; 16]);
            core::ptr::copy_nonoverlapping(c.src.add(at), text.as_mut_ptr(), n);
            let x = _mm_xor_si128(_mm_loadu_si128(text.as_ptr().cast()), mask);
            _mm_storeu_si128(done.as_mut_ptr().cast(), x);
            done[n..].fill(0);
            core::ptr::copy_nonoverlapping(done.as_ptr(), c.dst.add(at), n);
            let sealed = if SEAL { done } else { text };
            tag = absorb(c.table, tag, load_reversed(sealed.as_ptr()));
            at += n;
        }
        store_reversed(c.counter, counter);
        store_reversed(c.tag, tag);
    }
}

/// `seal` with vectors of four blocks.
///
/// # Safety
/// As for `seal`; AVX-512 (F, BW) with VAES and VPCLMULQDQ exists.
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmSealWide")]
#[target_feature(enable = "avx512f,avx512bw,vaes,vpclmulqdq,aes,pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn seal_wide(chunk: *const Chunk) {
    // SAFETY: the caller's promise.
    unsafe { crypt_wide::<true>(&*chunk) }
}

/// `open` with vectors of four blocks.
///
/// # Safety
/// As for `seal_wide`.
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmOpenWide")]
#[target_feature(enable = "avx512f,avx512bw,vaes,vpclmulqdq,aes,pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn open_wide(chunk: *const Chunk) {
    // SAFETY: the caller's promise.
    unsafe { crypt_wide::<false>(&*chunk) }
}

/// # Safety
/// As for `seal_wide`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,vaes,vpclmulqdq,aes,pclmulqdq,ssse3,sse2")]
unsafe fn crypt_wide<const SEAL: bool>(c: &Chunk) {
    let backwards =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x0001_0203_0405_0607, 0x0809_0a0b_0c0d_0e0f));
    let key: *const __m128i = c.key.cast();
    let vectors = [0, 1, 2, 3];
    let mut at = 0;
    // SAFETY: V5; offsets stay below `len`; round keys 0 to `rounds`; 16 powers (E1).
    unsafe {
        let round_key = |i: usize| _mm512_broadcast_i32x4(_mm_loadu_si128(key.add(i)));
        let h = vectors.map(|i| _mm512_loadu_si512(c.table.cast::<__m512i>().add(i)));
        let counter = _mm512_broadcast_i32x4(load_reversed(c.counter));
        // Each block's counter: those of the four vectors lie four apart.
        let mut counter = _mm512_add_epi32(counter, _mm512_set_epi64(0, 4, 0, 3, 0, 2, 0, 1));
        let four = _mm512_set_epi64(0, 4, 0, 4, 0, 4, 0, 4);
        let mut tag = load_reversed(c.tag);
        while c.len - at >= 16 * WIDE_LANES {
            let k = round_key(0);
            let mut mask = vectors.map(|_| {
                let x = _mm512_shuffle_epi8(counter, backwards);
                counter = _mm512_add_epi32(counter, four);
                _mm512_xor_si512(x, k)
            });
            for i in 1..c.rounds {
                let k = round_key(i);
                mask = mask.map(|x| _mm512_aesenc_epi128(x, k));
            }
            let k = round_key(c.rounds);
            let text = vectors.map(|i| _mm512_loadu_si512(c.src.add(at + 64 * i).cast()));
            let done =
                vectors.map(|i| _mm512_xor_si512(_mm512_aesenclast_epi128(mask[i], k), text[i]));
            for i in vectors {
                _mm512_storeu_si512(c.dst.add(at + 64 * i).cast(), done[i]);
            }
            let mut sealed = if SEAL { done } else { text };
            sealed = sealed.map(|x| _mm512_shuffle_epi8(x, backwards));
            sealed[0] = _mm512_xor_si512(sealed[0], _mm512_zextsi128_si512(tag));
            tag = absorb_wide(sealed, h);
            at += 16 * WIDE_LANES;
        }
        // Back to the block used last.
        let last = _mm_sub_epi32(_mm512_castsi512_si128(counter), _mm_set_epi32(0, 0, 0, 1));
        store_reversed(c.counter, last);
        store_reversed(c.tag, tag);
        crypt_from::<SEAL>(c, at);
    }
}

/// The sum of the products of 16 blocks by 16 powers.
#[inline]
#[target_feature(enable = "avx512f,vpclmulqdq,pclmulqdq,sse2")]
fn absorb_wide(x: [__m512i; 4], h: [__m512i; 4]) -> __m128i {
    let zero = _mm512_setzero_si512();
    let (mut low, mut middle, mut high) = (zero, zero, zero);
    for (x, h) in x.into_iter().zip(h) {
        let cross = (_mm512_clmulepi64_epi128(x, h, 0x01), _mm512_clmulepi64_epi128(x, h, 0x10));
        low = _mm512_xor_si512(low, _mm512_clmulepi64_epi128(x, h, 0x00));
        high = _mm512_xor_si512(high, _mm512_clmulepi64_epi128(x, h, 0x11));
        middle = _mm512_ternarylogic_epi64(middle, cross.0, cross.1, 0x96);
    }
    // `reduce` expects Karatsuba's middle.
    let middle = _mm512_ternarylogic_epi64(middle, low, high, 0x96);
    let lanes = |x: __m512i| {
        let y = _mm256_xor_si256(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
        _mm_xor_si128(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1))
    };
    Wide { low: lanes(low), middle: lanes(middle), high: lanes(high) }.reduce()
}

/// The tag of a message: its lengths hashed, the mask added.
///
/// # Safety
/// A filled table, a mask and a tag of 16 bytes (E2); PCLMULQDQ exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes/gcm.gcmAesFinish")]
#[target_feature(enable = "pclmulqdq,ssse3,sse2")]
pub unsafe extern "C" fn finish(
    table: *const Table,
    mask: *const u8,
    tag: *mut u8,
    text_len: u64,
    data_len: u64,
) {
    let bits = |n: u64| n.wrapping_mul(8).cast_signed();
    // SAFETY: the caller's promise.
    unsafe {
        let lengths = _mm_set_epi64x(bits(data_len), bits(text_len));
        let t = absorb(table, load_reversed(tag), lengths);
        store_reversed(tag, _mm_xor_si128(t, load_reversed(mask)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::aes;
    use crate::native::aes::tests::{available, schedules};
    use crate::native::tests::{bytes, hex, pattern};

    type Kernel = unsafe extern "C" fn(*const Chunk);

    /// GHASH by the standard's definition, bit by bit.
    fn multiply(x: u128, y: u128) -> u128 {
        let (mut z, mut v) = (0, y);
        for i in (0..128).rev() {
            if x >> i & 1 == 1 {
                z ^= v;
            }
            v = (v >> 1) ^ ((v & 1) * (0xe1 << 120));
        }
        z
    }

    fn block(key: &[u8], x: u128) -> u128 {
        let (rounds, enc, _) = schedules(key);
        let (x, mut y) = (x.to_be_bytes(), [0; 16]);
        // SAFETY: AES-NI was tested.
        unsafe { aes::encrypt(rounds, enc.as_ptr(), y.as_mut_ptr(), x.as_ptr()) };
        u128::from_be_bytes(y)
    }

    fn reference(key: &[u8], nonce: &[u8], text: &[u8], data: &[u8]) -> Vec<u8> {
        let h = block(key, 0);
        let mut counter = u128::from_be_bytes([nonce, &[0, 0, 0, 1]].concat().try_into().unwrap());
        let mask = block(key, counter);
        let mut out = Vec::new();
        for piece in text.chunks(16) {
            counter = counter & !0xffff_ffff | u128::from((counter as u32).wrapping_add(1));
            let k = block(key, counter).to_be_bytes();
            out.extend(piece.iter().zip(k).map(|(a, b)| a ^ b));
        }
        let mut tag = 0;
        for piece in data.chunks(16).chain(out.chunks(16)) {
            let mut b = [0; 16];
            b[..piece.len()].copy_from_slice(piece);
            tag = multiply(tag ^ u128::from_be_bytes(b), h);
        }
        let lengths = ((data.len() as u128 * 8) << 64) | (text.len() as u128 * 8);
        tag = multiply(tag ^ lengths, h) ^ mask;
        out.extend(tag.to_be_bytes());
        out
    }

    /// What GOROOT's `seal` and `open` do with the kernels; `split` bytes in the first chunk.
    fn run(
        key: &[u8],
        nonce: &[u8],
        text: &[u8],
        data: &[u8],
        split: usize,
        kernel: Kernel,
    ) -> Vec<u8> {
        let (rounds, enc, _) = schedules(key);
        let mut counter = [nonce, &[0, 0, 0, 1]].concat();
        let (mut table, mut mask, mut tag) = ([0; 256], [0; 16], [0; 16]);
        let mut out = vec![0; text.len()];
        // SAFETY: AES-NI and PCLMULQDQ were tested.
        unsafe {
            init(&raw mut table, enc.as_ptr(), 4 * (rounds + 1), 60);
            aes::encrypt(rounds, enc.as_ptr(), mask.as_mut_ptr(), counter.as_ptr());
            hash(&raw const table, data.as_ptr(), data.len(), tag.as_mut_ptr());
            for (at, len) in [(0, split), (split, text.len() - split)] {
                let chunk = Chunk {
                    table: &raw const table,
                    dst: out.as_mut_ptr().add(at),
                    src: text.as_ptr().add(at),
                    len,
                    counter: counter.as_mut_ptr(),
                    tag: tag.as_mut_ptr(),
                    key: enc.as_ptr(),
                    rounds,
                };
                kernel(&raw const chunk);
            }
            let (n, d) = (text.len() as u64, data.len() as u64);
            finish(&raw const table, mask.as_ptr(), tag.as_mut_ptr(), n, d);
        }
        out.extend(tag);
        out
    }

    #[test]
    fn known_answer() {
        if !available() {
            return;
        }
        // Test case 4 of the specification of McGrew and Viega.
        let key = bytes("feffe9928665731c6d6a8f9467308308");
        let nonce = bytes("cafebabefacedbaddecaf888");
        let text = bytes(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        );
        let data = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let sealed = run(&key, &nonce, &text, &data, 0, seal);
        assert_eq!(hex(&sealed[text.len()..]), "5bc94fbc3221a5db94fae95ae7121a47");
        assert_eq!(sealed, reference(&key, &nonce, &text, &data));
    }

    #[test]
    fn every_length() {
        if !available() {
            return;
        }
        let (text, nonce) = (pattern(1200), pattern(12));
        let wide = is_x86_feature_detected!("vaes")
            && is_x86_feature_detected!("vpclmulqdq")
            && is_x86_feature_detected!("avx512bw");
        let kernels: [(Kernel, Kernel); 2] = [(seal, open), (seal_wide, open_wide)];
        for n in (0..300).chain([511, 512, 513, 768, 1000, 1041]) {
            let key = &text[..[16, 24, 32][n % 3]];
            let (data, text) = (&text[5..][..n * 7 % 150], &text[n % 13..][..n]);
            let split = n / 2 / 16 * 16;
            for &(seal, open) in &kernels[..1 + usize::from(wide)] {
                let sealed = run(key, &nonce, text, data, split, seal);
                assert_eq!(sealed, reference(key, &nonce, text, data), "{n}");
                let opened = run(key, &nonce, &sealed[..n], data, split, open);
                assert_eq!(opened[..n], *text);
                assert_eq!(opened[n..], sealed[n..]);
            }
        }
    }
}
