//! MD5's compression function. Stands for `block` of crypto/md5.

/// Shifts of the four kinds of rounds.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// |sin(i + 1)| * 2^32.
const K: [u32; 64] = [
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
];

/// # Safety
/// `s` is a digest's state, `p` its next `len` bytes (V5).
#[unsafe(export_name = "crypto/md5.block")]
pub unsafe extern "C" fn block(s: *mut [u32; 4], p: *const u8, len: usize, _cap: usize) {
    // SAFETY: V5; the state and the data don't overlap, a digest is no byte slice.
    let (s, data) = unsafe { (&mut *s, core::slice::from_raw_parts(p, len)) };
    for block in data.chunks_exact(64) {
        compress(s, block);
    }
}

#[inline(always)]
fn compress(s: &mut [u32; 4], block: &[u8]) {
    let mut x = [0_u32; 16];
    for (x, bytes) in x.iter_mut().zip(block.chunks_exact(4)) {
        *x = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    let [mut a, mut b, mut c, mut d] = *s;
    /// Round $i of kind $kind: `f` of the state, $word of the block.
    macro_rules! round {
        ($kind:literal, $i:literal, $f:expr, $word:expr) => {
            let t = a.wrapping_add(K[16 * $kind + $i]).wrapping_add(x[$word % 16]).wrapping_add($f);
            (a, d, c, b) = (d, c, b, b.wrapping_add(t.rotate_left(SHIFTS[$kind][$i % 4])));
        };
    }
    macro_rules! first {
        ($i:literal) => {
            round!(0, $i, d ^ (b & (c ^ d)), $i);
        };
    }
    // The two terms never have a bit in common: `+` shortens the chain of dependencies.
    macro_rules! second {
        ($i:literal) => {
            round!(1, $i, (!d & c).wrapping_add(d & b), 5 * $i + 1);
        };
    }
    macro_rules! third {
        ($i:literal) => {
            round!(2, $i, c ^ d ^ b, 3 * $i + 5);
        };
    }
    macro_rules! fourth {
        ($i:literal) => {
            round!(3, $i, c ^ (b | !d), 7 * $i);
        };
    }
    sixteen!(first);
    sixteen!(second);
    sixteen!(third);
    sixteen!(fourth);
    for (s, v) in s.iter_mut().zip([a, b, c, d]) {
        *s = s.wrapping_add(v);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::{hex, padded};

    #[test]
    fn known_answers() {
        for (text, sum) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        ] {
            let mut s = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
            let data = padded(text.as_bytes(), 64, false);
            // SAFETY: whole blocks.
            unsafe { block(&raw mut s, data.as_ptr(), data.len(), data.len()) };
            assert_eq!(hex(&s.map(u32::to_le_bytes).concat()), sum);
        }
    }
}
