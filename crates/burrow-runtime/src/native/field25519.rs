//! Products in the field of Curve25519. Stands for `feMul` of crypto/internal/fips140/edwards25519/field, and for its
//! square, which GOROOT has in Go.
//!
//! L1  An element is five limbs of 51 bits, lowest first, each below 2^52 between operations; p = 2^255 - 19.

type Element = [u64; 5];

const LOW: u64 = (1 << 51) - 1;

#[inline(always)]
fn product(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// Brings sums of products, below 2^115 each, to L1. What leaves the top limb comes back times 19.
#[inline(always)]
fn carry(r: [u128; 5]) -> Element {
    let low = r.map(|r| r as u64 & LOW);
    let c = r.map(|r| (r >> 51) as u64);
    let l = [low[0] + c[4] * 19, low[1] + c[0], low[2] + c[1], low[3] + c[2], low[4] + c[3]];
    let c = l.map(|l| l >> 51);
    let low = l.map(|l| l & LOW);
    [low[0] + c[4] * 19, low[1] + c[0], low[2] + c[1], low[3] + c[2], low[4] + c[3]]
}

/// # Safety
/// Elements (L1); the result may be an operand.
#[unsafe(export_name = "crypto/internal/fips140/edwards25519/field.feMul")]
pub unsafe extern "C" fn multiply(out: *mut Element, a: *const Element, b: *const Element) {
    // SAFETY: the caller's promise.
    let (a, b) = unsafe { (*a, *b) };
    let n = b.map(|b| b * 19);
    let p = product;
    let r = [
        p(a[0], b[0]) + p(a[1], n[4]) + p(a[2], n[3]) + p(a[3], n[2]) + p(a[4], n[1]),
        p(a[0], b[1]) + p(a[1], b[0]) + p(a[2], n[4]) + p(a[3], n[3]) + p(a[4], n[2]),
        p(a[0], b[2]) + p(a[1], b[1]) + p(a[2], b[0]) + p(a[3], n[4]) + p(a[4], n[3]),
        p(a[0], b[3]) + p(a[1], b[2]) + p(a[2], b[1]) + p(a[3], b[0]) + p(a[4], n[4]),
        p(a[0], b[4]) + p(a[1], b[3]) + p(a[2], b[2]) + p(a[3], b[1]) + p(a[4], b[0]),
    ];
    // SAFETY: as above.
    unsafe { *out = carry(r) };
}

/// # Safety
/// As `multiply`.
#[unsafe(export_name = "crypto/internal/fips140/edwards25519/field.feSquareGeneric")]
pub unsafe extern "C" fn square(out: *mut Element, a: *const Element) {
    // SAFETY: the caller's promise.
    let a = unsafe { *a };
    let p = product;
    let (two, n) = (a.map(|a| a * 2), a.map(|a| a * 19));
    let r = [
        p(a[0], a[0]) + p(two[1], n[4]) + p(two[2], n[3]),
        p(two[0], a[1]) + p(two[2], n[4]) + p(a[3], n[3]),
        p(two[0], a[2]) + p(a[1], a[1]) + p(two[3], n[4]),
        p(two[0], a[3]) + p(two[1], a[2]) + p(a[4], n[4]),
        p(two[0], a[4]) + p(two[1], a[3]) + p(a[2], a[2]),
    ];
    // SAFETY: as above.
    unsafe { *out = carry(r) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    /// The residue, all of it, as four words.
    fn canonical(a: &Element) -> [u64; 4] {
        let mut l = *a;
        for _ in 0..3 {
            l = carry(l.map(u128::from));
        }
        // Below 2^255 + a little now: take p off as often as it goes.
        let p = [LOW - 18, LOW, LOW, LOW, LOW];
        while l.iter().rev().ge(p.iter().rev()) {
            let mut borrow = 0;
            for i in 0..5 {
                let t = l[i].wrapping_sub(p[i]).wrapping_sub(borrow);
                borrow = t >> 63;
                l[i] = t & LOW;
            }
        }
        [
            l[0] | l[1] << 51,
            l[1] >> 13 | l[2] << 38,
            l[2] >> 26 | l[3] << 25,
            l[3] >> 39 | l[4] << 12,
        ]
    }

    /// a * b by doubling and adding.
    fn slow(a: &Element, b: &Element) -> [u64; 4] {
        let b = canonical(b);
        let plus = |x: Element, y: &Element| carry([0, 1, 2, 3, 4].map(|i| (x[i] + y[i]).into()));
        let mut r = [0; 5];
        for i in (0..255).rev() {
            r = plus(r, &r);
            if b[i / 64] >> (i % 64) & 1 == 1 {
                r = plus(r, a);
            }
        }
        canonical(&r)
    }

    #[test]
    fn products() {
        let word = |c: &[u8]| u64::from_le_bytes(c.try_into().unwrap()) >> 12;
        let words: Vec<u64> = pattern(8 * 100).chunks(8).map(word).collect();
        let mut list: Vec<Element> = words.chunks(5).map(|w| w.try_into().unwrap()).collect();
        list.extend([[(1 << 52) - 1; 5], [0; 5], [1, 0, 0, 0, 0], [LOW - 18, LOW, LOW, LOW, LOW]]);
        for a in &list {
            for b in &list {
                let mut r = *a;
                // SAFETY: elements.
                unsafe { multiply(&raw mut r, &raw const r, b) };
                assert_eq!(canonical(&r), slow(a, b));
                assert!(r.iter().all(|l| l >> 52 == 0));
            }
            let mut r = *a;
            // SAFETY: elements.
            unsafe { square(&raw mut r, &raw const r) };
            assert_eq!(canonical(&r), slow(a, a));
        }
    }
}
