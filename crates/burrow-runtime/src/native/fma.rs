//! x*y + z, rounded once. Stands for gc's instruction in place of math.FMA.

use super::fused;
use core::arch::x86_64::{_mm_cvtsd_f64, _mm_fmadd_sd, _mm_set_sd};

#[unsafe(export_name = "math.FMA")]
pub extern "C" fn fma(x: f64, y: f64, z: f64) -> f64 {
    if fused() {
        // SAFETY: the instruction exists.
        return unsafe { by_instruction(x, y, z) };
    }
    in_integers(x, y, z)
}

#[inline]
#[target_feature(enable = "fma")]
fn by_instruction(x: f64, y: f64, z: f64) -> f64 {
    _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(x), _mm_set_sd(y), _mm_set_sd(z)))
}

/// `x` as a mantissa of 53 bits, the top one set, times 2^exponent; finite and not 0.
fn parts(x: f64) -> (u64, i32) {
    const HIDDEN: u64 = 1 << 52;
    let bits = x.to_bits();
    let (m, e) = (bits & (HIDDEN - 1), (bits >> 52 & 0x7ff) as i32);
    if e > 0 {
        return (m | HIDDEN, e - 1075);
    }
    let shift = m.leading_zeros() - 11;
    (m << shift, -1074 - shift.cast_signed())
}

/// `x` shifted to the right; a 1 that falls out stays in the last bit.
fn shift_right(x: u128, n: u32) -> u128 {
    match n {
        0 => x,
        1..128 => x >> n | u128::from(x << (128 - n) != 0),
        _ => u128::from(x != 0),
    }
}

fn in_integers(x: f64, y: f64, z: f64) -> f64 {
    let ordinary = |x: f64| x.is_finite() && x != 0.0;
    match (ordinary(x) && ordinary(y), z) {
        (true, 0.0) => return x * y,
        (true, z) if ordinary(z) => {}
        // The product may be beyond what a float64 holds, but is finite.
        (true, z) => return z,
        _ => return x * y + z,
    }
    let ((mx, ex), (my, ey), (mz, ez)) = (parts(x), parts(y), parts(z));
    // Both with a top bit of 124 to 126: a sum fits, and what shifting loses is far below the result's last bit.
    let (mut p, mut e) = ((u128::from(mx) * u128::from(my)) << 20, ex + ey - 20);
    let (mut q, eq) = (u128::from(mz) << 72, ez - 72);
    if e >= eq {
        q = shift_right(q, e.abs_diff(eq));
    } else {
        p = shift_right(p, e.abs_diff(eq));
        e = eq;
    }
    let negative = (x < 0.0) != (y < 0.0);
    let (sum, negative) = if negative == (z < 0.0) {
        (p + q, negative)
    } else {
        (p.abs_diff(q), if p >= q { negative } else { !negative })
    };
    if sum == 0 {
        return 0.0;
    }
    let rounded = compose(sum, e);
    if negative { -rounded } else { rounded }
}

/// `m` * 2^`e`, rounded to nearest, ties to even; `m` is not 0.
fn compose(m: u128, e: i32) -> f64 {
    let top = 127 - m.leading_zeros().cast_signed();
    // To 53 bits; fewer for a subnormal number.
    let drop = (top - 52).max(-1074 - e);
    let kept = if drop <= 0 {
        (m << drop.unsigned_abs()) as u64
    } else {
        // Two more bits: the half, and whether anything is below it.
        let more = if drop >= 2 { shift_right(m, drop as u32 - 2) } else { m << (2 - drop) };
        let (kept, rest) = ((more >> 2) as u64, more & 3);
        kept + u64::from(rest == 3 || rest == 2 && kept & 1 == 1)
    };
    let exponent = e + drop + 1074;
    if exponent > 2045 {
        return f64::INFINITY;
    }
    // The mantissa's top bit adds 1 to the exponent.
    f64::from_bits(((exponent as u64) << 52) + kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    #[test]
    fn as_the_library() {
        let word = |c: &[u8]| u64::from_le_bytes(c.try_into().unwrap());
        let mut list: Vec<f64> = Vec::new();
        for (i, bits) in pattern(8 * 90).chunks(8).map(word).enumerate() {
            // Any, of similar size, and very small ones.
            list.push(f64::from_bits(match i % 3 {
                0 => bits,
                1 => bits & !(0x7ff << 52) | (0x3ff + bits % 60 - 30) << 52,
                _ => bits & !(0x7ff << 52) | (bits % 3) << 52 | (0x1ff * (i as u64 % 2)) << 52,
            }));
        }
        list.extend([0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1)]);
        list.extend([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.5, 1.0 + f64::EPSILON]);
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        for &x in &list {
            for &y in &list {
                // Also what cancels all or nearly all.
                for z in list.iter().copied().chain([-(x * y), x * y, -(x * y) * (1.0 + 1e-15)]) {
                    let want = x.mul_add(y, z);
                    assert!(same(fma(x, y, z), want), "{x:e} {y:e} {z:e}");
                    assert!(same(in_integers(x, y, z), want), "{x:e} {y:e} {z:e}");
                }
            }
        }
        crate::native::init();
        assert!(same(fma(3.0, 5.0, 7.0), 22.0));
    }
}
