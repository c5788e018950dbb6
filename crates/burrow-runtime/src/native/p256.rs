//! The curve P-256: arithmetic of its field, and additions of points.
//!
//! Stands for the assembly of crypto/internal/fips140/nistec. No branch and no address depends on a value.
//!
//! F1  An element is below p, and in Montgomery's form: x stands for x * 2^-256 mod p.
//! F2  A point is in Jacobian coordinates, x = X/Z^2, y = Y/Z^3; with Z = 0 it is the one at infinity.
//! F3  Results may be operands: they are written last.

/// An element (F1), lowest word first.
type Element = [u64; 4];

const P: Element = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
/// 2^256 mod p.
const ONE: Element = [1, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_fffe];
const ZERO: Element = [0; 4];

/// F2; GOROOT's `P256Point`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Point {
    x: Element,
    y: Element,
    z: Element,
}

/// GOROOT's `p256AffinePoint`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Affine {
    x: Element,
    y: Element,
}

/// All ones if `x` is 0, else 0.
#[inline(always)]
fn zero_mask(x: u64) -> u64 {
    // The top bit of `!x & (x - 1)` is that of x == 0.
    ((!x & x.wrapping_sub(1)) >> 63).wrapping_neg()
}

#[inline(always)]
fn is_zero(x: &Element) -> u64 {
    zero_mask(x[0] | x[1] | x[2] | x[3])
}

/// `a` where `mask` has ones, `b` where it has not.
#[inline(always)]
fn select(mask: u64, a: &Element, b: &Element) -> Element {
    // Opaque, lest it become a branch.
    let mask = core::hint::black_box(mask);
    [0, 1, 2, 3].map(|i| b[i] ^ (mask & (a[i] ^ b[i])))
}

#[inline(always)]
fn add_carry(a: u64, b: u64, carry: &mut u64) -> u64 {
    let t = u128::from(a) + u128::from(b) + u128::from(*carry);
    *carry = (t >> 64) as u64;
    t as u64
}

#[inline(always)]
fn sub_borrow(a: u64, b: u64, borrow: &mut u64) -> u64 {
    let t = u128::from(a).wrapping_sub(u128::from(b)).wrapping_sub(u128::from(*borrow));
    *borrow = (t >> 64) as u64 & 1;
    t as u64
}

/// `x + top * 2^256`, which is below 2p, modulo p.
#[inline(always)]
fn reduce_once(x: &Element, top: u64) -> Element {
    let mut borrow = 0;
    let less = [0, 1, 2, 3].map(|i| sub_borrow(x[i], P[i], &mut borrow));
    sub_borrow(top, 0, &mut borrow);
    select(borrow.wrapping_neg(), x, &less)
}

#[inline(always)]
fn add(a: &Element, b: &Element) -> Element {
    let mut carry = 0;
    let sum = [0, 1, 2, 3].map(|i| add_carry(a[i], b[i], &mut carry));
    reduce_once(&sum, carry)
}

#[inline(always)]
fn sub(a: &Element, b: &Element) -> Element {
    let (mut borrow, mut carry) = (0, 0);
    let diff = [0, 1, 2, 3].map(|i| sub_borrow(a[i], b[i], &mut borrow));
    let p = borrow.wrapping_neg();
    [0, 1, 2, 3].map(|i| add_carry(diff[i], P[i] & p, &mut carry))
}

#[inline(always)]
fn double(a: &Element) -> Element {
    add(a, a)
}

/// `t` / 2^256 mod p, for `t` below p * 2^256. p is -1 modulo 2^64: each step adds `m` * p, `m` being the lowest word,
/// which makes that word vanish.
#[inline(always)]
fn montgomery(mut t: [u64; 8]) -> Element {
    let mut top = 0;
    for i in 0..4 {
        let m = t[i];
        // m * p is m * 2^96 - m + m * P[3] * 2^192.
        let high = u128::from(m) * u128::from(P[3]);
        let mut carry = 0;
        t[i + 1] = add_carry(t[i + 1], m << 32, &mut carry);
        t[i + 2] = add_carry(t[i + 2], m >> 32, &mut carry);
        t[i + 3] = add_carry(t[i + 3], high as u64, &mut carry);
        // Two carries, into the word above.
        let mut next = top;
        t[i + 4] = add_carry(t[i + 4], (high >> 64) as u64, &mut next);
        t[i + 4] = add_carry(t[i + 4], 0, &mut carry);
        top = next + carry;
    }
    reduce_once(&[t[4], t[5], t[6], t[7]], top)
}

#[inline(always)]
fn mul(a: &Element, b: &Element) -> Element {
    let mut t = [0; 8];
    for i in 0..4 {
        let mut carry = 0_u64;
        for j in 0..4 {
            let product = u128::from(a[i]) * u128::from(b[j]);
            let sum = product + u128::from(t[i + j]) + u128::from(carry);
            t[i + j] = sum as u64;
            carry = (sum >> 64) as u64;
        }
        t[i + 4] = carry;
    }
    montgomery(t)
}

#[inline(always)]
fn square(a: &Element) -> Element {
    // Products of different words, once; then twice; then the squares.
    let mut t = [0_u64; 8];
    for i in 0..3 {
        let mut carry = 0_u64;
        for j in i + 1..4 {
            let product = u128::from(a[i]) * u128::from(a[j]);
            let sum = product + u128::from(t[i + j]) + u128::from(carry);
            t[i + j] = sum as u64;
            carry = (sum >> 64) as u64;
        }
        t[i + 4] = carry;
    }
    for i in (1..8).rev() {
        t[i] = t[i] << 1 | t[i - 1] >> 63;
    }
    let mut carry = 0;
    for i in 0..4 {
        let square = u128::from(a[i]) * u128::from(a[i]);
        t[2 * i] = add_carry(t[2 * i], square as u64, &mut carry);
        t[2 * i + 1] = add_carry(t[2 * i + 1], (square >> 64) as u64, &mut carry);
    }
    montgomery(t)
}

// ---- elements

/// # Safety
/// Elements (F1, F3).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256Mul")]
#[inline(never)]
pub unsafe extern "C" fn multiply(res: *mut Element, a: *const Element, b: *const Element) {
    // SAFETY: the caller's promise.
    unsafe { *res = mul(&*a, &*b) };
}

/// `a`^(2^`n`).
///
/// # Safety
/// Elements (F1, F3).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256Sqr")]
pub unsafe extern "C" fn squares(res: *mut Element, a: *const Element, n: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut x = *a;
        for _ in 0..n {
            x = square(&x);
        }
        *res = x;
    }
}

/// # Safety
/// Elements (F1, F3).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256FromMont")]
pub unsafe extern "C" fn from_montgomery(res: *mut Element, a: *const Element) {
    // SAFETY: the caller's promise.
    unsafe {
        let a = *a;
        *res = montgomery([a[0], a[1], a[2], a[3], 0, 0, 0, 0]);
    }
}

#[inline(always)]
fn negate_if(a: &Element, mask: u64) -> Element {
    select(mask, &sub(&ZERO, a), a)
}

/// -`a` unless `cond` is 0.
///
/// # Safety
/// An element (F1).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256NegCond")]
pub unsafe extern "C" fn negate(a: *mut Element, cond: u64) {
    // SAFETY: the caller's promise.
    unsafe { *a = negate_if(&*a, !zero_mask(cond)) };
}

// ---- points

impl Point {
    #[inline(always)]
    fn select(mask: u64, a: &Point, b: &Point) -> Point {
        Point {
            x: select(mask, &a.x, &b.x),
            y: select(mask, &a.y, &b.y),
            z: select(mask, &a.z, &b.z),
        }
    }
}

/// `b` if `cond` is 0, else `a`.
///
/// # Safety
/// Points (F3).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256MovCond")]
pub unsafe extern "C" fn choose(res: *mut Point, a: *const Point, b: *const Point, cond: u64) {
    // SAFETY: the caller's promise.
    unsafe { *res = Point::select(zero_mask(cond), &*b, &*a) };
}

/// Point `index` of a table of 16, counted from 1; all zeros for 0. Reads the whole table.
///
/// # Safety
/// A table of 16 points.
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256Select")]
pub unsafe extern "C" fn table(res: *mut Point, table: *const Point, index: u64) {
    let mut found = Point { x: ZERO, y: ZERO, z: ZERO };
    for i in 0..16 {
        // SAFETY: the caller's promise.
        let point = unsafe { &*table.add(i) };
        found = Point::select(zero_mask(index ^ (i as u64 + 1)), point, &found);
    }
    // SAFETY: the caller's promise.
    unsafe { *res = found };
}

/// The same, of 32 points in affine coordinates.
///
/// # Safety
/// A table of 32 points, anywhere.
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256SelectAffine")]
pub unsafe extern "C" fn affine_table(res: *mut Affine, table: *const Affine, index: u64) {
    let mut found = Affine { x: ZERO, y: ZERO };
    for i in 0..32 {
        // SAFETY: the caller's promise. The table is made of bytes.
        let point = unsafe { table.add(i).read_unaligned() };
        let mask = zero_mask(index ^ (i as u64 + 1));
        found = Affine { x: select(mask, &point.x, &found.x), y: select(mask, &point.y, &found.y) };
    }
    // SAFETY: the caller's promise.
    unsafe { *res = found };
}

/// `a` plus `b`, -`b` if `sign` isn't 0; `a` if `sel` is 0; `b` if `zero` is.
///
/// # Safety
/// Points (F3), neither the other nor its opposite.
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256PointAddAffineAsm")]
pub unsafe extern "C" fn add_affine(
    res: *mut Point,
    a: *const Point,
    b: *const Affine,
    sign: u64,
    sel: u64,
    zero: u64,
) {
    // SAFETY: the caller's promise.
    let (a, b) = unsafe { (&*a, &*b) };
    let b_y = negate_if(&b.y, !zero_mask(sign));
    let zz = square(&a.z);
    let u2 = mul(&b.x, &zz);
    let s2 = mul(&mul(&b_y, &a.z), &zz);
    let (x, y, h) = chord(&a.x, &a.y, &u2, &s2);
    let sum = Point { x, y, z: mul(&a.z, &h) };
    let sum = Point::select(zero_mask(sel), a, &sum);
    let sum = Point::select(zero_mask(zero), &Point { x: b.x, y: b_y, z: ONE }, &sum);
    // SAFETY: the caller's promise.
    unsafe { *res = sum };
}

/// The sum of two points with a common denominator, (u1, s1) and (u2, s2): x and y, and the factor of the
/// denominator, `u2 - u1`.
#[inline(always)]
fn chord(u1: &Element, s1: &Element, u2: &Element, s2: &Element) -> (Element, Element, Element) {
    let h = sub(u2, u1);
    let r = sub(s2, s1);
    let hh = square(&h);
    let hhh = mul(&h, &hh);
    let v = mul(u1, &hh);
    let x = sub(&sub(&square(&r), &hhh), &double(&v));
    let y = sub(&mul(&r, &sub(&v, &x)), &mul(s1, &hhh));
    (x, y, h)
}

/// `a` plus `b`; gives 1 if they are equal, which makes the sum wrong.
///
/// # Safety
/// Points (F3), neither at infinity.
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256PointAddAsm")]
pub unsafe extern "C" fn add_points(res: *mut Point, a: *const Point, b: *const Point) -> u64 {
    // SAFETY: the caller's promise.
    let (a, b) = unsafe { (&*a, &*b) };
    let (aa, bb) = (square(&a.z), square(&b.z));
    let (u1, u2) = (mul(&a.x, &bb), mul(&b.x, &aa));
    let s1 = mul(&mul(&a.y, &b.z), &bb);
    let s2 = mul(&mul(&b.y, &a.z), &aa);
    let same = is_zero(&sub(&u1, &u2)) & is_zero(&sub(&s1, &s2));
    let (x, y, h) = chord(&u1, &s1, &u2, &s2);
    let z = mul(&mul(&a.z, &b.z), &h);
    // SAFETY: the caller's promise.
    unsafe { *res = Point { x, y, z } };
    same & 1
}

/// Twice `a`. The curve's coefficient a is -3.
///
/// # Safety
/// Points (F3).
#[unsafe(export_name = "crypto/internal/fips140/nistec.p256PointDoubleAsm")]
pub unsafe extern "C" fn double_point(res: *mut Point, a: *const Point) {
    // SAFETY: the caller's promise.
    let a = unsafe { &*a };
    let (zz, yy) = (square(&a.z), square(&a.y));
    let xyy = mul(&a.x, &yy);
    let slope = mul(&sub(&a.x, &zz), &add(&a.x, &zz));
    let slope = add(&slope, &double(&slope));
    let four = double(&double(&xyy));
    let x = sub(&square(&slope), &double(&four));
    let z = double(&mul(&a.y, &a.z));
    let eight = double(&double(&double(&square(&yy))));
    let y = sub(&mul(&slope, &sub(&four, &x)), &eight);
    // SAFETY: the caller's promise.
    unsafe { *res = Point { x, y, z } };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::pattern;

    /// The base point in Montgomery's form.
    const G: Point = Point {
        x: [0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6],
        y: [0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85],
        z: ONE,
    };

    fn plain(a: &Element) -> Element {
        montgomery([a[0], a[1], a[2], a[3], 0, 0, 0, 0])
    }

    /// a * b mod p, bit by bit, for plain numbers.
    fn slow(a: &Element, b: &Element) -> Element {
        let mut r = ZERO;
        for i in (0..256).rev() {
            r = double(&r);
            if b[i / 64] >> (i % 64) & 1 == 1 {
                r = add(&r, a);
            }
        }
        r
    }

    fn elements() -> Vec<Element> {
        let word = |c: &[u8]| u64::from_le_bytes(c.try_into().unwrap());
        let words: Vec<u64> = pattern(8 * 80).chunks(8).map(word).collect();
        let mut list: Vec<Element> =
            words.chunks(4).map(|w| reduce_once(&[w[0], w[1], w[2], w[3]], 0)).collect();
        list.extend([ZERO, ONE, sub(&ZERO, &[1, 0, 0, 0]), sub(&ZERO, &ONE)]);
        list
    }

    #[test]
    fn products() {
        for a in elements() {
            assert_eq!(square(&a), mul(&a, &a));
            assert_eq!(mul(&a, &ONE), a);
            assert_eq!(add(&a, &sub(&ZERO, &a)), ZERO);
            for b in elements() {
                assert_eq!(plain(&mul(&a, &b)), slow(&plain(&a), &plain(&b)));
                assert_eq!(sub(&add(&a, &b), &b), a);
            }
        }
    }

    fn plus(a: &Point, b: &Point) -> Point {
        let mut r = G;
        // SAFETY: points.
        assert_eq!(unsafe { add_points(&raw mut r, a, b) }, 0);
        r
    }

    fn twice(a: &Point) -> Point {
        let mut r = G;
        // SAFETY: points.
        unsafe { double_point(&raw mut r, a) };
        r
    }

    fn same(a: &Point, b: &Point) -> bool {
        let (aa, bb) = (square(&a.z), square(&b.z));
        let (aaa, bbb) = (mul(&aa, &a.z), mul(&bb, &b.z));
        mul(&a.x, &bb) == mul(&b.x, &aa) && mul(&a.y, &bbb) == mul(&b.y, &aaa)
    }

    #[test]
    fn points() {
        let two = twice(&G);
        let three = plus(&two, &G);
        assert!(same(&plus(&three, &two), &plus(&twice(&two), &G)));
        assert!(same(&twice(&three), &plus(&plus(&three, &two), &G)));
        let mut r = G;
        // SAFETY: points.
        let equal = unsafe { add_points(&raw mut r, &raw const three, &plus(&G, &two)) };
        assert_eq!(equal, 1);
        let affine = Affine { x: G.x, y: G.y };
        // SAFETY: points.
        unsafe { add_affine(&raw mut r, &raw const three, &raw const affine, 0, 1, 1) };
        assert!(same(&r, &twice(&two)));
        // SAFETY: points.
        unsafe { add_affine(&raw mut r, &raw const three, &raw const affine, 1, 1, 1) };
        assert!(same(&r, &two));
        // SAFETY: points.
        unsafe { add_affine(&raw mut r, &raw const three, &raw const affine, 1, 0, 1) };
        assert!(same(&r, &three));
        // SAFETY: points.
        unsafe { add_affine(&raw mut r, &raw const three, &raw const affine, 0, 1, 0) };
        assert!(same(&r, &G));
        // The opposite: infinity.
        let mut minus = two;
        // SAFETY: an element.
        unsafe { negate(&raw mut minus.y, 1) };
        assert_eq!(plus(&two, &minus).z, ZERO);
        assert_eq!(twice(&Point { z: ZERO, ..two }).z, ZERO);
    }

    #[test]
    fn tables() {
        let mut list = vec![G];
        for i in 1..16 {
            list.push(if i == 1 { twice(&G) } else { plus(&list[i - 1], &G) });
        }
        for i in 0..=16 {
            let mut r = G;
            // SAFETY: 16 points.
            unsafe { table(&raw mut r, list.as_ptr(), i) };
            match i {
                0 => assert_eq!((r.x, r.z), (ZERO, ZERO)),
                _ => assert!(same(&r, &list[i as usize - 1])),
            }
        }
    }
}
