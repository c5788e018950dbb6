//! The hash of memory that maps use: multiplications of 64 by 64 bits, after wyhash.
//!
//! Stands for the AES hash of internal/runtime/maps. It gives what GOROOT's `memHashFallback` gives, since
//! `memHash32Fallback` and `memHash64Fallback` stay Go and must agree with it about 4 and 8 bytes.

/// GOROOT's `m5`.
const LENGTH_MIX: u64 = 0x1d8e_4e27_c47d_124f;

#[inline(always)]
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

/// # Safety
/// `n` bytes at `p`; four random words at `key`.
#[unsafe(export_name = "internal/runtime/maps.memHash")]
pub unsafe extern "C" fn hash(p: *const u8, seed: u64, n: usize, key: *const [u64; 4]) -> u64 {
    // SAFETY: offsets stay below `n`.
    unsafe {
        let key = &*key;
        let word = |at: usize| p.add(at).cast::<u64>().read_unaligned();
        let half = |at: usize| u64::from(p.add(at).cast::<u32>().read_unaligned());
        let byte = |at: usize| u64::from(*p.add(at));
        let mut seed = seed ^ key[0];
        let (a, b) = if n > 16 {
            let mut at = 0;
            if n > 48 {
                let mut seeds = [seed; 3];
                while n - at > 48 {
                    for (i, seed) in seeds.iter_mut().enumerate() {
                        let at = at + 16 * i;
                        *seed = mix(word(at) ^ key[1 + i], word(at + 8) ^ *seed);
                    }
                    at += 48;
                }
                seed = seeds[0] ^ seeds[1] ^ seeds[2];
            }
            while n - at > 16 {
                seed = mix(word(at) ^ key[1], word(at + 8) ^ seed);
                at += 16;
            }
            (word(n - 16), word(n - 8))
        } else if n >= 8 {
            (word(0), word(n - 8))
        } else if n >= 4 {
            (half(0), half(n - 4))
        } else if n > 0 {
            (byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16, 0)
        } else {
            return seed;
        };
        mix(LENGTH_MIX ^ n as u64, mix(a ^ key[1], b ^ seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    #[test]
    fn every_byte_and_the_length_count() {
        let key = [1, 2, 3, 5].map(|x: u64| x.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let data = pattern(300);
        let mut seen = std::collections::HashSet::new();
        for n in 0..200 {
            let mut s = data[n % 9..][..n].to_vec();
            // SAFETY: a slice.
            let of = |s: &[u8]| unsafe { hash(s.as_ptr(), 7, s.len(), &raw const key) };
            assert!(seen.insert(of(&s)));
            for i in 0..n {
                s[i] ^= 1;
                assert!(seen.insert(of(&s)));
                s[i] ^= 1;
            }
            // SAFETY: a slice.
            assert_ne!(of(&s), unsafe { hash(s.as_ptr(), 8, n, &raw const key) });
        }
    }
}
