//! AES with AES-NI: key schedules, single blocks, counter mode.
//!
//! Stands for the assembly of crypto/internal/fips140/aes. A schedule is `rounds + 1` round keys of 16 bytes, in the
//! order in which `aesenc` (`aesdec`) wants them; only this file and `gcm` read one.

use core::arch::x86_64::*;

/// Round keys of the longest schedule: AES-256.
pub(super) const ROUND_KEYS: usize = 15;

/// `EKS`: the schedule for encryption, `DKS` for decryption: backwards, and through InvMixColumns.
///
/// # Safety
/// `rounds` is 10, 12 or 14; the key has 16, 24 or 32 bytes; both schedules have room for `rounds + 1` round keys;
/// AES-NI exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes.expandKeyAsm")]
#[target_feature(enable = "aes,sse2")]
pub unsafe extern "C" fn expand_key(rounds: usize, key: *const u8, enc: *mut u32, dec: *mut u32) {
    let key_words = rounds - 6;
    let mut round_constant = 1_u32;
    for i in 0..4 * (rounds + 1) {
        // SAFETY: `i` is below the schedule's length, and below the key's where that is read.
        unsafe {
            let word = if i < key_words {
                key.cast::<u32>().add(i).read_unaligned()
            } else {
                let before = *enc.add(i - 1);
                // Lanes: 0: through the S-box, 1: that, rotated by a byte.
                let all = _mm_set1_epi32(before.cast_signed());
                let sub = _mm_aeskeygenassist_si128(all, 0);
                let mixed = if i % key_words == 0 {
                    let rotated = _mm_cvtsi128_si32(_mm_srli_si128(sub, 4)).cast_unsigned();
                    let mixed = rotated ^ round_constant;
                    round_constant = (round_constant << 1) ^ ((round_constant >> 7) * 0x11b);
                    mixed
                } else if key_words > 6 && i % key_words == 4 {
                    _mm_cvtsi128_si32(sub).cast_unsigned()
                } else {
                    before
                };
                mixed ^ *enc.add(i - key_words)
            };
            *enc.add(i) = word;
        }
    }
    for i in 0..=rounds {
        // SAFETY: round key `i` of each schedule.
        unsafe {
            let k = _mm_loadu_si128(enc.add(4 * i).cast());
            let k = if i == 0 || i == rounds { k } else { _mm_aesimc_si128(k) };
            _mm_storeu_si128(dec.add(4 * (rounds - i)).cast(), k);
        }
    }
}

/// # Safety
/// The schedule of `rounds`; 16 bytes at `dst` and `src`; AES-NI exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes.encryptBlockAsm")]
#[target_feature(enable = "aes,sse2")]
pub unsafe extern "C" fn encrypt(rounds: usize, key: *const u32, dst: *mut u8, src: *const u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let [x] = encrypt_blocks(key, rounds, [_mm_loadu_si128(src.cast())]);
        _mm_storeu_si128(dst.cast(), x);
    }
}

/// # Safety
/// The schedule of `rounds` for decryption; 16 bytes at `dst` and `src`; AES-NI exists (V3).
#[unsafe(export_name = "crypto/internal/fips140/aes.decryptBlockAsm")]
#[target_feature(enable = "aes,sse2")]
pub unsafe extern "C" fn decrypt(rounds: usize, key: *const u32, dst: *mut u8, src: *const u8) {
    let key: *const __m128i = key.cast();
    // SAFETY: the caller's promise; round keys 0 to `rounds`.
    unsafe {
        let mut x = _mm_xor_si128(_mm_loadu_si128(src.cast()), _mm_loadu_si128(key));
        for i in 1..rounds {
            x = _mm_aesdec_si128(x, _mm_loadu_si128(key.add(i)));
        }
        x = _mm_aesdeclast_si128(x, _mm_loadu_si128(key.add(rounds)));
        _mm_storeu_si128(dst.cast(), x);
    }
}

/// Encrypts `N` blocks side by side: eight fill the pipeline.
///
/// # Safety
/// The schedule of `rounds`.
#[inline]
#[target_feature(enable = "aes,sse2")]
pub(super) unsafe fn encrypt_blocks<const N: usize>(
    key: *const u32,
    rounds: usize,
    mut x: [__m128i; N],
) -> [__m128i; N] {
    let key: *const __m128i = key.cast();
    // SAFETY: round keys 0 to `rounds`.
    let round_key = |i: usize| unsafe { _mm_loadu_si128(key.add(i)) };
    let k = round_key(0);
    for x in &mut x {
        *x = _mm_xor_si128(*x, k);
    }
    for i in 1..rounds {
        let k = round_key(i);
        for x in &mut x {
            *x = _mm_aesenc_si128(*x, k);
        }
    }
    let k = round_key(rounds);
    for x in &mut x {
        *x = _mm_aesenclast_si128(*x, k);
    }
    x
}

/// `N` blocks of counter mode: `src` XOR the encrypted counters from `hi:lo` on. All of `src` is read before
/// `dst` is written, as they may overlap.
///
/// # Safety
/// The schedule of `rounds`; `N` blocks at `dst` and `src`.
#[inline]
#[target_feature(enable = "aes,sse2")]
unsafe fn counter_blocks<const N: usize>(
    rounds: usize,
    key: *const u32,
    dst: *mut u8,
    src: *const u8,
    lo: u64,
    hi: u64,
) {
    let mut x = [_mm_setzero_si128(); N];
    for (i, x) in x.iter_mut().enumerate() {
        let (low, carry) = lo.overflowing_add(i as u64);
        let high = hi.wrapping_add(u64::from(carry));
        *x = _mm_set_epi64x(low.swap_bytes().cast_signed(), high.swap_bytes().cast_signed());
    }
    // SAFETY: the caller's promise.
    unsafe {
        let mut x = encrypt_blocks(key, rounds, x);
        for (i, x) in x.iter_mut().enumerate() {
            *x = _mm_xor_si128(*x, _mm_loadu_si128(src.add(16 * i).cast()));
        }
        for (i, x) in x.iter().enumerate() {
            _mm_storeu_si128(dst.add(16 * i).cast(), *x);
        }
    }
}

macro_rules! counter_mode {
    ($($name:ident $symbol:literal $n:literal)*) => { $(
        /// # Safety
        /// As `counter_blocks`; AES-NI exists (V3).
        #[unsafe(export_name = $symbol)]
        #[target_feature(enable = "aes,sse2")]
        pub unsafe extern "C" fn $name(
            rounds: usize,
            key: *const u32,
            dst: *mut u8,
            src: *const u8,
            lo: u64,
            hi: u64,
        ) {
            // SAFETY: the caller's promise.
            unsafe { counter_blocks::<$n>(rounds, key, dst, src, lo, hi) }
        }
    )* };
}

counter_mode! {
    counter1 "crypto/internal/fips140/aes.ctrBlocks1Asm" 1
    counter2 "crypto/internal/fips140/aes.ctrBlocks2Asm" 2
    counter4 "crypto/internal/fips140/aes.ctrBlocks4Asm" 4
    counter8 "crypto/internal/fips140/aes.ctrBlocks8Asm" 8
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::native::tests::{bytes, hex, pattern};

    pub(in crate::native) fn available() -> bool {
        is_x86_feature_detected!("aes") && is_x86_feature_detected!("pclmulqdq")
    }

    /// Rounds and both schedules.
    pub(in crate::native) fn schedules(key: &[u8]) -> (usize, [u32; 60], [u32; 60]) {
        let (mut enc, mut dec, rounds) = ([0; 60], [0; 60], key.len() / 4 + 6);
        // SAFETY: AES-NI was tested.
        unsafe { expand_key(rounds, key.as_ptr(), enc.as_mut_ptr(), dec.as_mut_ptr()) };
        (rounds, enc, dec)
    }

    #[test]
    fn blocks_of_fips_197() {
        if !available() {
            return;
        }
        let plain = bytes("00112233445566778899aabbccddeeff");
        let key: Vec<u8> = (0..32).collect();
        for (n, want) in [
            (16, "69c4e0d86a7b0430d8cdb78070b4c55a"),
            (24, "dda97ca4864cdfe06eaf70a0ec0d7191"),
            (32, "8ea2b7ca516745bfeafc49904b496089"),
        ] {
            let (rounds, enc, dec) = schedules(&key[..n]);
            let (mut sealed, mut opened) = ([0; 16], [0; 16]);
            // SAFETY: AES-NI was tested.
            unsafe {
                encrypt(rounds, enc.as_ptr(), sealed.as_mut_ptr(), plain.as_ptr());
                decrypt(rounds, dec.as_ptr(), opened.as_mut_ptr(), sealed.as_ptr());
            }
            assert_eq!(hex(&sealed), want);
            assert_eq!(opened[..], plain);
        }
    }

    #[test]
    fn counters_carry() {
        if !available() {
            return;
        }
        let (rounds, enc, _) = schedules(&pattern(32));
        let src = pattern(129);
        let (lo, hi) = (u64::MAX - 2, 7);
        let mut want = Vec::new();
        for i in 0..8 {
            let counter = (u128::from(hi) << 64 | u128::from(lo)) + i as u128;
            let mut mask = [0; 16];
            // SAFETY: AES-NI was tested.
            unsafe {
                let counter = counter.to_be_bytes();
                encrypt(rounds, enc.as_ptr(), mask.as_mut_ptr(), counter.as_ptr());
            }
            want.extend((0..16).map(|k| src[1 + 16 * i + k] ^ mask[k]));
        }
        let f: [unsafe extern "C" fn(usize, *const u32, *mut u8, *const u8, u64, u64); 4] =
            [counter1, counter2, counter4, counter8];
        for (i, f) in f.into_iter().enumerate() {
            let mut dst = [0; 129];
            // SAFETY: there is room for eight blocks.
            unsafe { f(rounds, enc.as_ptr(), dst.as_mut_ptr(), src[1..].as_ptr(), lo, hi) };
            assert_eq!(dst[..16 << i], want[..16 << i]);
            assert_eq!(dst[16 << i], 0);
        }
    }
}
