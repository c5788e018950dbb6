//! Vectors of 64-bit words: the inner loops of math/big, and of RSA's crypto/internal/fips140/bigmod.
//!
//! Stands for the assembly of both. Words come lowest first; a result may be one of the operands, or overlap them
//! where it lies at or below (above, for `shift_left`), as in GOROOT.

use core::arch::x86_64::{_addcarry_u64, _subborrow_u64};

/// z = x + y; gives the carry.
///
/// # Safety
/// `n` words each.
#[unsafe(export_name = "math/big.addWords")]
pub unsafe extern "C" fn add(z: *mut u64, x: *const u64, y: *const u64, n: usize) -> u64 {
    let (mut carry, mut i) = (0, 0);
    // SAFETY: `i` stays below `n`.
    unsafe {
        let mut step = |i| carry = _addcarry_u64(carry, *x.add(i), *y.add(i), &mut *z.add(i));
        while n - i >= 8 {
            for k in 0..8 {
                step(i + k);
            }
            i += 8;
        }
        while i < n {
            step(i);
            i += 1;
        }
    }
    u64::from(carry)
}

/// z = x - y; gives the borrow.
///
/// # Safety
/// `n` words each.
#[unsafe(export_name = "math/big.subWords")]
pub unsafe extern "C" fn sub(z: *mut u64, x: *const u64, y: *const u64, n: usize) -> u64 {
    let (mut borrow, mut i) = (0, 0);
    // SAFETY: `i` stays below `n`.
    unsafe {
        let mut step = |i| borrow = _subborrow_u64(borrow, *x.add(i), *y.add(i), &mut *z.add(i));
        while n - i >= 8 {
            for k in 0..8 {
                step(i + k);
            }
            i += 8;
        }
        while i < n {
            step(i);
            i += 1;
        }
    }
    u64::from(borrow)
}

/// z = x << s, 0 < s < 64; gives what falls out at the top.
///
/// # Safety
/// `n` words each, one at least.
#[unsafe(export_name = "math/big.shiftLeft")]
pub unsafe extern "C" fn shift_left(z: *mut u64, x: *const u64, n: usize, s: u32) -> u64 {
    // SAFETY: from the top down, `i` stays below `n`.
    unsafe {
        let mut above = *x.add(n - 1);
        let out = above >> (64 - s);
        for i in (1..n).rev() {
            let below = *x.add(i - 1);
            *z.add(i) = above << s | below >> (64 - s);
            above = below;
        }
        *z = above << s;
        out
    }
}

/// z = x >> s, 0 < s < 64; gives what falls out at the bottom, in a word's upper bits.
///
/// # Safety
/// `n` words each, one at least.
#[unsafe(export_name = "math/big.shiftRight")]
pub unsafe extern "C" fn shift_right(z: *mut u64, x: *const u64, n: usize, s: u32) -> u64 {
    // SAFETY: from the bottom up, `i` stays below `n`.
    unsafe {
        let mut below = *x;
        let out = below << (64 - s);
        for i in 1..n {
            let above = *x.add(i);
            *z.add(i - 1) = below >> s | above << (64 - s);
            below = above;
        }
        *z.add(n - 1) = below >> s;
        out
    }
}

/// z = x * m + a; gives the carry.
///
/// # Safety
/// `n` words each.
#[unsafe(export_name = "math/big.mulWords")]
pub unsafe extern "C" fn mul(z: *mut u64, x: *const u64, n: usize, m: u64, a: u64) -> u64 {
    let (mut carry, mut i) = (a, 0);
    // SAFETY: `i` stays below `n`.
    unsafe {
        let mut step = |i| {
            let t = u128::from(*x.add(i)) * u128::from(m) + u128::from(carry);
            *z.add(i) = t as u64;
            carry = (t >> 64) as u64;
        };
        while n - i >= 4 {
            for k in 0..4 {
                step(i + k);
            }
            i += 4;
        }
        while i < n {
            step(i);
            i += 1;
        }
    }
    carry
}

/// z = x + y * m + a; gives the carry.
///
/// # Safety
/// `n` words each.
#[unsafe(export_name = "math/big.addMulWords")]
pub unsafe extern "C" fn add_mul(
    z: *mut u64,
    x: *const u64,
    y: *const u64,
    n: usize,
    m: u64,
    a: u64,
) -> u64 {
    let (mut carry, mut i) = (a, 0);
    if super::two_carries() {
        i = n / 8 * 8;
        // SAFETY: the instructions exist; eight words at a time.
        carry = unsafe { add_mul_blocks(z, x, y, n / 8, m, a) };
    }
    // SAFETY: `i` stays below `n`.
    unsafe {
        let mut step = |i| {
            // At most (2^64 - 1)^2 + 2 * (2^64 - 1) = 2^128 - 1.
            let product = u128::from(*y.add(i)) * u128::from(m);
            let t = product + u128::from(*x.add(i)) + u128::from(carry);
            *z.add(i) = t as u64;
            carry = (t >> 64) as u64;
        };
        while n - i >= 4 {
            for k in 0..4 {
                step(i + k);
            }
            i += 4;
        }
        while i < n {
            step(i);
            i += 1;
        }
    }
    carry
}

/// The same for `blocks` times eight words, with two chains of carries (ADX): of the halves of products, which cannot
/// carry out of the block, and of their sum with `x`.
///
/// # Safety
/// `8 * blocks` words each; BMI2 and ADX exist.
#[inline]
unsafe fn add_mul_blocks(
    z: *mut u64,
    x: *const u64,
    y: *const u64,
    blocks: usize,
    m: u64,
    mut a: u64,
) -> u64 {
    for i in 0..blocks {
        /// Word $k: `$carry` is the upper half of the product before, `$next` becomes that of this one.
        macro_rules! word {
            ($at:literal, $carry:literal, $next:literal) => {
                concat!(
                    "mulx {",
                    $next,
                    "}, {low}, [{y} + ",
                    $at,
                    "]\n",
                    "adcx {low}, {",
                    $carry,
                    "}\n",
                    "adox {low}, [{x} + ",
                    $at,
                    "]\n",
                    "mov [{z} + ",
                    $at,
                    "], {low}"
                )
            };
        }
        // SAFETY: the caller's promise.
        unsafe {
            core::arch::asm!(
                "xor {low:e}, {low:e}", // Both carries are 0 now.
                word!("0", "a", "b"),
                word!("8", "b", "a"),
                word!("16", "a", "b"),
                word!("24", "b", "a"),
                word!("32", "a", "b"),
                word!("40", "b", "a"),
                word!("48", "a", "b"),
                word!("56", "b", "a"),
                "mov {low:e}, 0",
                "adcx {a}, {low}",
                "adox {a}, {low}",
                low = out(reg) _,
                a = inout(reg) a,
                b = out(reg) _,
                x = in(reg) x.add(8 * i),
                y = in(reg) y.add(8 * i),
                z = in(reg) z.add(8 * i),
                in("rdx") m,
                options(nostack),
            );
        }
    }
    a
}

macro_rules! fixed {
    ($($name:ident $symbol:literal $bits:literal)*) => { $(
        /// z += x * y, for numbers of so many bits.
        ///
        /// # Safety
        /// As `add_mul`.
        #[unsafe(export_name = $symbol)]
        pub unsafe extern "C" fn $name(z: *mut u64, x: *const u64, y: u64) -> u64 {
            // SAFETY: the caller's promise.
            unsafe { add_mul(z, z, x, $bits / 64, y, 0) }
        }
    )* };
}

fixed! {
    add_mul_1024 "crypto/internal/fips140/bigmod.addMulVVW1024" 1024
    add_mul_1536 "crypto/internal/fips140/bigmod.addMulVVW1536" 1536
    add_mul_2048 "crypto/internal/fips140/bigmod.addMulVVW2048" 2048
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    fn words(n: usize, from: usize) -> Vec<u64> {
        let word = |c: &[u8]| u64::from_le_bytes(c.try_into().unwrap());
        let mut list: Vec<u64> = pattern(8 * (n + from))[8 * from..].chunks(8).map(word).collect();
        // Carries that run far.
        if n > 3 {
            list[1..n / 2].fill(u64::MAX);
        }
        list
    }

    #[test]
    fn every_length() {
        lengths();
        crate::native::init();
        lengths();
    }

    fn lengths() {
        for n in 0..40 {
            let (x, y, mut z) = (words(n, 0), words(n, 50), vec![0; n]);
            let (zp, xp, yp, m, a) = (z.as_mut_ptr(), x.as_ptr(), y.as_ptr(), !5 - n as u64, !7);
            // SAFETY: `n` words each.
            let carry = unsafe { add(zp, xp, yp, n) };
            let mut c = 0_u128;
            for i in 0..n {
                c += u128::from(x[i]) + u128::from(y[i]);
                assert_eq!(z[i], c as u64);
                c >>= 64;
            }
            assert_eq!(u128::from(carry), c);
            let sum = z.clone();
            // SAFETY: in place.
            assert_eq!(unsafe { sub(z.as_mut_ptr(), sum.as_ptr(), yp, n) }, carry);
            assert_eq!(z, x);

            // SAFETY: `n` words each.
            let carry = unsafe { add_mul(z.as_mut_ptr(), xp, yp, n, m, a) };
            let mut c = u128::from(a);
            for i in 0..n {
                c += u128::from(x[i]) + u128::from(y[i]) * u128::from(m);
                assert_eq!(z[i], c as u64);
                c >>= 64;
            }
            assert_eq!(u128::from(carry), c);
            // SAFETY: `n` words each.
            let carry = unsafe { mul(z.as_mut_ptr(), xp, n, m, a) };
            let mut c = u128::from(a);
            for i in 0..n {
                c += u128::from(x[i]) * u128::from(m);
                assert_eq!(z[i], c as u64);
                c >>= 64;
            }
            assert_eq!(u128::from(carry), c);
        }
    }

    #[test]
    fn shifts_undo_each_other() {
        for n in 1..20 {
            for s in [1, 7, 63] {
                let x = words(n, 3);
                let (mut z, mut back) = (vec![0; n], vec![0; n]);
                // SAFETY: `n` words each.
                let (top, bottom) = unsafe {
                    let top = shift_left(z.as_mut_ptr(), x.as_ptr(), n, s);
                    (top, shift_right(back.as_mut_ptr(), z.as_ptr(), n, s))
                };
                back[n - 1] |= top << (64 - s);
                assert_eq!((back, bottom), (x, 0));
            }
        }
    }
}
