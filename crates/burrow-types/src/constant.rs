//! Exact values of constants.
//!
//! Integers are unlimited here (the checker refuses more than 512 bits); floats are rationals while
//! numerator and denominator stay below 2^4096, then binary floats with a mantissa of 512 bits.
//! The representation of a value is the smallest that holds it within its kind; an integral float
//! stays a `Float` until [`Constant::to_int`]. gc: `go/constant`.

use crate::text::Text;
use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::sync::Arc;

/// Bits of the mantissa of a float that is no longer kept as a rational.
const PRECISION: u64 = 512;
/// Numerator and denominator of a rational have fewer bits than this.
const MAX_RAT_BITS: u64 = 4 << 10;

/// What sort of value a constant is; ordered as operands are matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Unknown,
    Bool,
    String,
    Int,
    Float,
    Complex,
}

/// The value of a constant expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// A value that could not be computed because of an error.
    Unknown,
    Bool(bool),
    Str(Arc<Text>),
    Int(i64),
    /// An integer that does not fit `Int`.
    Big(Arc<BigInt>),
    Rat(Arc<BigRational>),
    Float(Arc<BigFloat>),
    /// Real and imaginary part; neither is complex.
    Complex(Arc<(Constant, Constant)>),
}

/// `mant * 2^exp`, with at most [`PRECISION`] bits of mantissa; the mantissa of a non-zero value is odd.
#[derive(Clone, Debug, PartialEq)]
pub struct BigFloat {
    mant: BigInt,
    exp: i64,
}

/// Binary and unary operators on constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    /// Exact quotient.
    Quo,
    /// Quotient of integers, truncated towards zero.
    IntQuo,
    Rem,
    And,
    Or,
    Xor,
    AndNot,
    LAnd,
    LOr,
    Eql,
    Neq,
    Lss,
    Leq,
    Gtr,
    Geq,
}

/// Rounds `mant * 2^exp` to `prec` bits, to nearest even, and strips trailing zeros.
fn round_to(mant: BigInt, mut exp: i64, prec: u64) -> BigFloat {
    let (sign, mut m) = mant.into_parts();
    let bits = m.bits();
    if bits > prec {
        let shift = bits - prec;
        let half = m.bit(shift - 1);
        let sticky = m.trailing_zeros().is_some_and(|z| z < shift - 1);
        m >>= shift;
        exp += shift as i64;
        if half && (sticky || m.bit(0)) {
            m += 1u32;
        }
    }
    match m.trailing_zeros() {
        None => return BigFloat { mant: BigInt::zero(), exp: 0 },
        Some(z) => {
            m >>= z;
            exp += z as i64;
        }
    }
    BigFloat { mant: BigInt::from_biguint(sign, m), exp }
}

impl BigFloat {
    fn new(mant: BigInt, exp: i64) -> BigFloat {
        round_to(mant, exp, PRECISION)
    }

    fn from_ratio(num: &BigInt, den: &BigInt) -> BigFloat {
        let shift = (PRECISION + 2 + den.bits()).saturating_sub(num.bits());
        let (q, r) = (num << shift).div_rem(den);
        // One more bit says whether something was cut off.
        let mut q = q << 1u32;
        if !r.is_zero() {
            q += if num.sign() == den.sign() { 1 } else { -1 };
        }
        BigFloat::new(q, -(shift as i64) - 1)
    }

    /// The position of the leading bit: the value is in `[2^(e-1), 2^e)`.
    fn exponent(&self) -> i64 {
        self.exp + self.mant.bits() as i64
    }

    fn is_small(&self) -> bool {
        let e = self.exponent();
        self.mant.is_zero() || (-(MAX_RAT_BITS as i64) < e && e < MAX_RAT_BITS as i64)
    }

    fn to_ratio(&self) -> BigRational {
        if self.exp >= 0 {
            BigRational::from_integer(&self.mant << self.exp as u64)
        } else {
            BigRational::new(self.mant.clone(), BigInt::one() << (-self.exp) as u64)
        }
    }

    fn mul(&self, o: &BigFloat) -> BigFloat {
        BigFloat::new(&self.mant * &o.mant, self.exp.saturating_add(o.exp))
    }

    fn add(&self, o: &BigFloat) -> BigFloat {
        if self.mant.is_zero() {
            return o.clone();
        }
        if o.mant.is_zero() {
            return self.clone();
        }
        let (hi, lo) = if self.exponent() >= o.exponent() { (self, o) } else { (o, self) };
        // A summand far below the precision only matters as a sticky bit.
        if hi.exponent() - lo.exponent() > 2 * PRECISION as i64 + 8 {
            return hi.clone();
        }
        let e = hi.exp.min(lo.exp);
        let m = (&hi.mant << (hi.exp - e) as u64) + (&lo.mant << (lo.exp - e) as u64);
        BigFloat::new(m, e)
    }

    fn neg(&self) -> BigFloat {
        BigFloat { mant: -&self.mant, exp: self.exp }
    }

    fn quo(&self, o: &BigFloat) -> BigFloat {
        let q = BigFloat::from_ratio(&self.mant, &o.mant);
        BigFloat { mant: q.mant, exp: q.exp + self.exp - o.exp }
    }

    fn cmp(&self, o: &BigFloat) -> Ordering {
        let d = self.add(&o.neg());
        d.mant.sign().cmp(&Sign::NoSign)
    }

    fn pow10(mut n: u64) -> BigFloat {
        let mut base = BigFloat { mant: BigInt::from(5), exp: 1 };
        let mut r = BigFloat { mant: BigInt::one(), exp: 0 };
        while n > 0 {
            if n & 1 == 1 {
                r = r.mul(&base);
            }
            base = base.mul(&base.clone());
            n >>= 1;
        }
        r
    }
}

/// The float nearest to `num/den` with `prec` bits of mantissa and a least exponent `emin` of its lowest bit,
/// as mantissa and exponent; ties to even.
fn nearest(num: &BigUint, den: &BigUint, prec: u64, emin: i64) -> (u64, i64) {
    if num.is_zero() {
        return (0, 0);
    }
    // The quotient of the scaled numbers has prec+2 or prec+3 bits.
    let shift = prec as i64 + 2 - (num.bits() as i64 - den.bits() as i64);
    let (n, d) = if shift >= 0 {
        (num << shift as u64, den.clone())
    } else {
        (num.clone(), den << (-shift) as u64)
    };
    let (q, r) = n.div_rem(&d);
    let mut e = -shift;
    let mut m = q.to_u64().unwrap_or(0);
    let mut sticky = !r.is_zero();
    let drop_at_least = 64 - u64::from(m.leading_zeros()) - prec;
    let drop = (drop_at_least as i64).max(emin - e);
    if drop >= 64 {
        return (0, 0);
    }
    let drop = drop as u32;
    if drop > 0 {
        let half = (m >> (drop - 1)) & 1 == 1;
        sticky |= m & ((1u64 << (drop - 1)) - 1) != 0;
        m >>= drop;
        e += i64::from(drop);
        if half && (sticky || m & 1 == 1) {
            m += 1;
        }
    }
    (m, e)
}

fn ratio_to_f64(r: &BigRational) -> f64 {
    let (m, e) = nearest(r.numer().magnitude(), r.denom().magnitude(), 53, -1074);
    let v = scale(m as f64, e);
    if r.is_negative() { -v } else { v }
}

fn ratio_to_f32(r: &BigRational) -> f32 {
    let (m, e) = nearest(r.numer().magnitude(), r.denom().magnitude(), 24, -149);
    let v = scale(m as f64, e) as f32;
    if r.is_negative() { -v } else { v }
}

/// `m * 2^e` where the result is exact, or infinite.
fn scale(m: f64, e: i64) -> f64 {
    if e > 1100 {
        return if m == 0.0 { 0.0 } else { f64::INFINITY };
    }
    let mut v = m;
    let mut e = e;
    while e > 0 {
        let s = e.min(1000);
        v *= 2f64.powi(s as i32);
        e -= s;
    }
    while e < 0 {
        let s = (-e).min(1000);
        v /= 2f64.powi(s as i32);
        e += s;
    }
    v
}

fn from_ratio(r: BigRational) -> Constant {
    if r.numer().bits() < MAX_RAT_BITS && r.denom().bits() < MAX_RAT_BITS {
        Constant::Rat(Arc::new(r))
    } else {
        Constant::Float(Arc::new(BigFloat::from_ratio(r.numer(), r.denom())))
    }
}

fn from_float(f: BigFloat) -> Constant {
    if f.mant.is_zero() {
        return Constant::Rat(Arc::new(BigRational::zero()));
    }
    // big.Float overflows to infinity beyond 32 bits of exponent.
    if f.exponent() > i64::from(i32::MAX) {
        return Constant::Unknown;
    }
    if f.exponent() < i64::from(i32::MIN) {
        return Constant::Rat(Arc::new(BigRational::zero()));
    }
    Constant::Float(Arc::new(f))
}

impl Constant {
    pub fn string(s: &str) -> Constant {
        Constant::bytes(s.as_bytes())
    }

    pub fn bytes(b: &[u8]) -> Constant {
        Constant::Str(Arc::new(Text::new(b)))
    }

    pub fn big(v: BigInt) -> Constant {
        match v.to_i64() {
            Some(i) => Constant::Int(i),
            None => Constant::Big(Arc::new(v)),
        }
    }

    pub fn from_u64(v: u64) -> Constant {
        Constant::big(BigInt::from(v))
    }

    /// An exact float; `Unknown` for infinities and NaN, and zero for the negative zero.
    pub fn from_f64(v: f64) -> Constant {
        match BigRational::from_float(v) {
            Some(r) => from_ratio(r),
            None => Constant::Unknown,
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Constant::Unknown => Kind::Unknown,
            Constant::Bool(_) => Kind::Bool,
            Constant::Str(_) => Kind::String,
            Constant::Int(_) | Constant::Big(_) => Kind::Int,
            Constant::Rat(_) | Constant::Float(_) => Kind::Float,
            Constant::Complex(_) => Kind::Complex,
        }
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, Constant::Unknown)
    }

    pub fn bool_val(&self) -> bool {
        matches!(self, Constant::Bool(true))
    }

    /// The bytes of a string constant; empty for others.
    pub fn str_val(&self) -> &[u8] {
        match self {
            Constant::Str(s) => s.bytes(),
            _ => &[],
        }
    }

    /// The length of a string constant, for which its bytes needn't be put together.
    pub fn str_len(&self) -> u64 {
        match self {
            Constant::Str(s) => s.len(),
            _ => 0,
        }
    }

    /// The value of an integer constant as a big integer.
    pub fn int_val(&self) -> Option<BigInt> {
        match self {
            Constant::Int(i) => Some(BigInt::from(*i)),
            Constant::Big(b) => Some((**b).clone()),
            _ => None,
        }
    }

    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Constant::Int(i) => Some(*i),
            _ => None,
        }
    }

    pub fn to_u64(&self) -> Option<u64> {
        match self {
            Constant::Int(i) => u64::try_from(*i).ok(),
            Constant::Big(b) => b.to_u64(),
            _ => None,
        }
    }

    /// The low 64 bits of an integer in two's complement; what a machine integer of the type holds.
    pub fn to_bits64(&self) -> u64 {
        match self {
            Constant::Int(i) => *i as u64,
            Constant::Big(b) => {
                let m: BigInt = b.as_ref() & BigInt::from(u64::MAX);
                m.to_u64().unwrap_or(0)
            }
            _ => 0,
        }
    }

    fn as_ratio(&self) -> Option<BigRational> {
        match self {
            Constant::Int(i) => Some(BigRational::from_integer(BigInt::from(*i))),
            Constant::Big(b) => Some(BigRational::from_integer((**b).clone())),
            Constant::Rat(r) => Some((**r).clone()),
            _ => None,
        }
    }

    fn as_float(&self) -> BigFloat {
        match self {
            Constant::Int(i) => BigFloat::new(BigInt::from(*i), 0),
            Constant::Big(b) => BigFloat::new((**b).clone(), 0),
            Constant::Rat(r) => BigFloat::from_ratio(r.numer(), r.denom()),
            Constant::Float(f) => (**f).clone(),
            _ => BigFloat { mant: BigInt::zero(), exp: 0 },
        }
    }

    /// The nearest `f64` of a numeric constant (its real part), ties to even; may be infinite.
    pub fn to_f64(&self) -> f64 {
        match self {
            Constant::Int(i) => *i as f64,
            Constant::Complex(c) => c.0.to_f64(),
            Constant::Float(f) => {
                if f.exponent() > 1100 {
                    return if f.mant.is_negative() { f64::NEG_INFINITY } else { f64::INFINITY };
                }
                if f.exponent() < -1200 {
                    return 0.0;
                }
                ratio_to_f64(&f.to_ratio())
            }
            _ => self.as_ratio().map_or(0.0, |r| ratio_to_f64(&r)),
        }
    }

    /// The nearest `f32` of a numeric constant (its real part), ties to even; may be infinite.
    pub fn to_f32(&self) -> f32 {
        match self {
            Constant::Complex(c) => c.0.to_f32(),
            Constant::Float(f) => {
                if f.exponent() > 1100 {
                    return if f.mant.is_negative() { f32::NEG_INFINITY } else { f32::INFINITY };
                }
                if f.exponent() < -1200 {
                    return 0.0;
                }
                ratio_to_f32(&f.to_ratio())
            }
            _ => self.as_ratio().map_or(0.0, |r| ratio_to_f32(&r)),
        }
    }

    /// The real part of a numeric constant.
    pub fn real(&self) -> Constant {
        match self {
            Constant::Complex(c) => c.0.clone(),
            _ => self.clone(),
        }
    }

    /// The imaginary part of a numeric constant.
    pub fn imag(&self) -> Constant {
        match self {
            Constant::Complex(c) => c.1.clone(),
            Constant::Unknown => Constant::Unknown,
            _ => Constant::Int(0),
        }
    }

    pub fn complex(re: Constant, im: Constant) -> Constant {
        if re.is_unknown() || im.is_unknown() {
            return Constant::Unknown;
        }
        Constant::Complex(Arc::new((re, im)))
    }

    /// -1, 0 or 1; for complex values 0 only if both parts are zero. 1 for `Unknown`.
    pub fn sign(&self) -> i32 {
        match self {
            Constant::Int(i) => i.signum() as i32,
            Constant::Big(b) => {
                if b.is_negative() {
                    -1
                } else {
                    1
                }
            }
            Constant::Rat(r) => {
                if r.is_zero() {
                    0
                } else if r.is_negative() {
                    -1
                } else {
                    1
                }
            }
            Constant::Float(f) => {
                if f.mant.is_zero() {
                    0
                } else if f.mant.is_negative() {
                    -1
                } else {
                    1
                }
            }
            Constant::Complex(c) => c.0.sign() | c.1.sign(),
            _ => 1,
        }
    }

    /// The bits needed for the magnitude of an integer.
    pub fn bit_len(&self) -> u64 {
        match self {
            Constant::Int(i) => 64 - u64::from(i.unsigned_abs().leading_zeros()),
            Constant::Big(b) => b.bits(),
            _ => 0,
        }
    }

    /// The value as an integer if it is one (a float that misses one only by rounding counts), else `Unknown`.
    pub fn to_int(&self) -> Constant {
        match self {
            Constant::Int(_) | Constant::Big(_) => self.clone(),
            Constant::Rat(r) if r.is_integer() => Constant::big(r.to_integer()),
            Constant::Float(f) => {
                if f.exponent() > 1 << 20 {
                    return Constant::Unknown;
                }
                if f.exp >= 0 {
                    return Constant::big(&f.mant << f.exp as u64);
                }
                // Earlier roundings may have spoiled the last bits: try both neighbours with four bits less.
                let (sign, m) = f.mant.clone().into_parts();
                let bits = m.bits();
                if bits <= PRECISION - 4 {
                    return Constant::Unknown;
                }
                let cut = bits - (PRECISION - 4);
                let low = &m >> cut;
                for cand in [low.clone(), low + 1u32] {
                    let c =
                        round_to(BigInt::from_biguint(sign, cand), f.exp + cut as i64, PRECISION);
                    if c.exp >= 0 {
                        return Constant::big(&c.mant << c.exp as u64);
                    }
                }
                Constant::Unknown
            }
            Constant::Complex(c) if c.1.sign() == 0 => c.0.to_int(),
            _ => Constant::Unknown,
        }
    }

    /// The value as a float if it is real, else `Unknown`.
    pub fn to_float(&self) -> Constant {
        match self {
            Constant::Int(_) | Constant::Big(_) => match self.as_ratio() {
                Some(r) => from_ratio(r),
                None => Constant::Unknown,
            },
            Constant::Rat(_) | Constant::Float(_) => self.clone(),
            Constant::Complex(c) if c.1.sign() == 0 => c.0.to_float(),
            _ => Constant::Unknown,
        }
    }

    /// The value as a complex number, or `Unknown` if it is not numeric.
    pub fn to_complex(&self) -> Constant {
        match self.kind() {
            Kind::Int | Kind::Float => Constant::complex(self.clone(), Constant::Int(0)),
            Kind::Complex => self.clone(),
            _ => Constant::Unknown,
        }
    }

    /// `-x` for numbers.
    pub fn neg(&self) -> Constant {
        match self {
            Constant::Int(i) => match i.checked_neg() {
                Some(v) => Constant::Int(v),
                None => Constant::big(-BigInt::from(*i)),
            },
            Constant::Big(b) => Constant::big(-(**b).clone()),
            Constant::Rat(r) => Constant::Rat(Arc::new(-(**r).clone())),
            Constant::Float(f) => Constant::Float(Arc::new(f.neg())),
            Constant::Complex(c) => Constant::complex(c.0.neg(), c.1.neg()),
            _ => Constant::Unknown,
        }
    }

    /// `^x`; for unsigned types `bits` is their size, and the result is cut to it.
    pub fn not(&self, bits: Option<u32>) -> Constant {
        let Some(v) = self.int_val() else { return Constant::Unknown };
        let v: BigInt = -v - 1;
        match bits {
            None => Constant::big(v),
            Some(n) => Constant::big(v & ((BigInt::one() << n) - 1)),
        }
    }

    /// `x << s` or, with `left` false, `x >> s`, of integers.
    pub fn shift(&self, left: bool, s: u64) -> Constant {
        let Some(v) = self.int_val() else { return Constant::Unknown };
        // BigInt's >> rounds towards minus infinity, as Go's does.
        Constant::big(if left { v << s } else { v >> s })
    }

    /// Both values in the representation of the greater kind.
    fn matched(x: &Constant, y: &Constant) -> (Constant, Constant) {
        fn lift(c: &Constant, k: Kind) -> Constant {
            match k {
                Kind::Float => match c {
                    Constant::Int(_) | Constant::Big(_) => c.to_float(),
                    _ => c.clone(),
                },
                Kind::Complex => c.to_complex(),
                _ => c.clone(),
            }
        }
        let k = x.kind().max(y.kind());
        if x.is_unknown() || y.is_unknown() {
            return (Constant::Unknown, Constant::Unknown);
        }
        (lift(x, k), lift(y, k))
    }

    /// `x op y` for operators that aren't comparisons; `Unknown` for unfit operands or division by zero.
    pub fn binary(x: &Constant, op: Op, y: &Constant) -> Constant {
        use Constant as C;
        let (x, y) = Constant::matched(x, y);
        match (&x, &y) {
            (C::Bool(a), C::Bool(b)) => match op {
                Op::LAnd => C::Bool(*a && *b),
                Op::LOr => C::Bool(*a || *b),
                _ => C::Unknown,
            },
            (C::Str(a), C::Str(b)) if op == Op::Add => C::Str(Arc::new(Text::concat(a, b))),
            (C::Int(a), C::Int(b)) => match Constant::small_int(*a, op, *b) {
                Some(c) => c,
                None => Constant::big_int(&BigInt::from(*a), op, &BigInt::from(*b)),
            },
            (C::Int(_) | C::Big(_), C::Int(_) | C::Big(_)) => match (x.int_val(), y.int_val()) {
                (Some(a), Some(b)) => Constant::big_int(&a, op, &b),
                _ => C::Unknown,
            },
            (C::Rat(a), C::Rat(b)) => match op {
                Op::Add => from_ratio(&**a + &**b),
                Op::Sub => from_ratio(&**a - &**b),
                Op::Mul => from_ratio(&**a * &**b),
                Op::Quo if !b.is_zero() => from_ratio(&**a / &**b),
                _ => C::Unknown,
            },
            (C::Rat(_) | C::Float(_), C::Rat(_) | C::Float(_)) => {
                let (a, b) = (x.as_float(), y.as_float());
                match op {
                    Op::Add => from_float(a.add(&b)),
                    Op::Sub => from_float(a.add(&b.neg())),
                    Op::Mul => from_float(a.mul(&b)),
                    Op::Quo if !b.mant.is_zero() => from_float(a.quo(&b)),
                    _ => C::Unknown,
                }
            }
            (C::Complex(p), C::Complex(q)) => Constant::complex_op(p, op, q),
            _ => C::Unknown,
        }
    }

    fn small_int(a: i64, op: Op, b: i64) -> Option<Constant> {
        let v = match op {
            Op::Add => a.checked_add(b)?,
            Op::Sub => a.checked_sub(b)?,
            Op::Mul => a.checked_mul(b)?,
            Op::IntQuo => a.checked_div(b)?,
            Op::Rem => a.checked_rem(b)?,
            Op::And => a & b,
            Op::Or => a | b,
            Op::Xor => a ^ b,
            Op::AndNot => a & !b,
            _ => return None,
        };
        Some(Constant::Int(v))
    }

    fn big_int(a: &BigInt, op: Op, b: &BigInt) -> Constant {
        match op {
            Op::Add => Constant::big(a + b),
            Op::Sub => Constant::big(a - b),
            Op::Mul => Constant::big(a * b),
            Op::Quo | Op::IntQuo | Op::Rem if b.is_zero() => Constant::Unknown,
            Op::Quo => from_ratio(BigRational::new(a.clone(), b.clone())),
            Op::IntQuo => Constant::big(a / b),
            Op::Rem => Constant::big(a % b),
            Op::And => Constant::big(a & b),
            Op::Or => Constant::big(a | b),
            Op::Xor => Constant::big(a ^ b),
            Op::AndNot => Constant::big(a & !b.clone()),
            _ => Constant::Unknown,
        }
    }

    fn complex_op(p: &(Constant, Constant), op: Op, q: &(Constant, Constant)) -> Constant {
        let f = |x: &Constant, op, y: &Constant| Constant::binary(x, op, y);
        let ((a, b), (c, d)) = (p, q);
        match op {
            Op::Add | Op::Sub => Constant::complex(f(a, op, c), f(b, op, d)),
            Op::Mul => Constant::complex(
                f(&f(a, Op::Mul, c), Op::Sub, &f(b, Op::Mul, d)),
                f(&f(b, Op::Mul, c), Op::Add, &f(a, Op::Mul, d)),
            ),
            Op::Quo => {
                let s = f(&f(c, Op::Mul, c), Op::Add, &f(d, Op::Mul, d));
                let re = f(&f(a, Op::Mul, c), Op::Add, &f(b, Op::Mul, d));
                let im = f(&f(b, Op::Mul, c), Op::Sub, &f(a, Op::Mul, d));
                Constant::complex(f(&re, Op::Quo, &s), f(&im, Op::Quo, &s))
            }
            _ => Constant::Unknown,
        }
    }

    /// `x op y` for comparisons; false if one is unknown.
    pub fn compare(x: &Constant, op: Op, y: &Constant) -> bool {
        use Constant as C;
        let (x, y) = Constant::matched(x, y);
        let ord = match (&x, &y) {
            (C::Bool(a), C::Bool(b)) => a.cmp(b),
            (C::Str(a), C::Str(b)) => a.bytes().cmp(b.bytes()),
            (C::Int(a), C::Int(b)) => a.cmp(b),
            (C::Int(_) | C::Big(_), C::Int(_) | C::Big(_)) => x.int_val().cmp(&y.int_val()),
            (C::Rat(a), C::Rat(b)) => a.cmp(b),
            (C::Rat(_) | C::Float(_), C::Rat(_) | C::Float(_)) => x.as_float().cmp(&y.as_float()),
            (C::Complex(p), C::Complex(q)) => {
                let eq = Constant::compare(&p.0, Op::Eql, &q.0)
                    && Constant::compare(&p.1, Op::Eql, &q.1);
                return match op {
                    Op::Eql => eq,
                    Op::Neq => !eq,
                    _ => false,
                };
            }
            _ => return false,
        };
        match op {
            Op::Eql => ord.is_eq(),
            Op::Neq => ord.is_ne(),
            Op::Lss => ord.is_lt(),
            Op::Leq => ord.is_le(),
            Op::Gtr => ord.is_gt(),
            Op::Geq => ord.is_ge(),
            _ => false,
        }
    }

    /// The value of an integer literal without underscores' validity being checked again.
    pub fn parse_int(lit: &str) -> Constant {
        let s: String = lit.chars().filter(|c| *c != '_').collect();
        let lower = s.to_ascii_lowercase();
        let (radix, digits) = if let Some(d) = lower.strip_prefix("0x") {
            (16, d)
        } else if let Some(d) = lower.strip_prefix("0b") {
            (2, d)
        } else if let Some(d) = lower.strip_prefix("0o") {
            (8, d)
        } else if lower.len() > 1 && lower.starts_with('0') {
            (8, &lower[1..])
        } else {
            (10, &lower[..])
        };
        match i64::from_str_radix(digits, radix) {
            Ok(v) => Constant::Int(v),
            Err(_) => match BigInt::parse_bytes(digits.as_bytes(), radix) {
                Some(v) => Constant::big(v),
                None => Constant::Unknown,
            },
        }
    }

    /// The value of a float literal, decimal or hexadecimal.
    pub fn parse_float(lit: &str) -> Constant {
        let s: String = lit.chars().filter(|c| *c != '_').collect::<String>().to_ascii_lowercase();
        let (hex, body) = match s.strip_prefix("0x") {
            Some(b) => (true, b),
            None => (false, &s[..]),
        };
        let (mantissa, exp) = match body.find(if hex { 'p' } else { 'e' }) {
            Some(i) => (&body[..i], body[i + 1..].parse::<i64>()),
            None => (body, Ok(0)),
        };
        let Ok(mut exp) = exp else { return Constant::Unknown };
        let (whole, frac) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("0{whole}{frac}");
        let radix = if hex { 16 } else { 10 };
        let Some(m) = BigInt::parse_bytes(digits.as_bytes(), radix) else {
            return Constant::Unknown;
        };
        if m.is_zero() {
            return Constant::Rat(Arc::new(BigRational::zero()));
        }
        exp = exp.saturating_sub(frac.len() as i64 * if hex { 4 } else { 1 });
        if i32::try_from(exp).is_err() {
            return Constant::Unknown;
        }
        let f = if hex {
            BigFloat::new(m.clone(), exp)
        } else if exp >= 0 {
            if exp > 1 << 30 {
                return Constant::Unknown;
            }
            BigFloat::new(m.clone(), 0).mul(&BigFloat::pow10(exp as u64))
        } else if exp < -(1 << 30) {
            return Constant::Rat(Arc::new(BigRational::zero()));
        } else {
            BigFloat::new(m.clone(), 0).quo(&BigFloat::pow10((-exp) as u64))
        };
        if !f.is_small() {
            return from_float(f);
        }
        let base = BigInt::from(if hex { 2 } else { 10 });
        let p = num_traits::pow(base, exp.unsigned_abs() as usize);
        Constant::Rat(Arc::new(if exp >= 0 {
            BigRational::from_integer(m * p)
        } else {
            BigRational::new(m, p)
        }))
    }
}

/// `v` as C's `%.6g` prints it, in Go's variant.
fn format_g6(v: f64) -> String {
    if v == 0.0 {
        return "0".into();
    }
    let s = format!("{v:.5e}");
    let (m, e) = s.split_once('e').unwrap_or((&s, "0"));
    let e: i32 = e.parse().unwrap_or(0);
    if !(-4..6).contains(&e) {
        let m = if m.contains('.') { m.trim_end_matches('0').trim_end_matches('.') } else { m };
        return format!("{m}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs());
    }
    let s = format!("{v:.*}", (5 - e).max(0) as usize);
    if s.contains('.') { s.trim_end_matches('0').trim_end_matches('.').into() } else { s }
}

/// `v` as Go's `%g` prints it: the shortest digits that give the value back.
fn format_g(v: f64) -> String {
    let s = format!("{v:e}");
    let (m, e) = s.split_once('e').unwrap_or((&s, "0"));
    let e: i32 = e.parse().unwrap_or(0);
    if (-4..21).contains(&e) {
        return format!("{v}");
    }
    format!("{m}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
}

/// Quotes bytes as a Go string literal.
pub fn quote(b: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in b.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\x07' => out.push_str("\\a"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x0b' => out.push_str("\\v"),
                c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                    out.push_str(&format!("\\x{:02x}", c as u32));
                }
                c if ('\u{80}'..='\u{a0}').contains(&c) || c == '\u{ad}' || c == '\u{feff}' => {
                    out.push_str(&format!("\\u{:04x}", c as u32));
                }
                c => out.push(c),
            }
        }
        for b in chunk.invalid() {
            out.push_str(&format!("\\x{b:02x}"));
        }
    }
    out.push('"');
    out
}

impl std::fmt::Display for Constant {
    /// The short form that messages use: long strings are cut, floats have six digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Constant::Unknown => f.write_str("unknown"),
            Constant::Bool(b) => write!(f, "{b}"),
            Constant::Str(s) => {
                // Not shorter when quoted.
                let q = quote(&s.start(4 * 72));
                if q.chars().count() > 72 {
                    let cut: String = q.chars().take(72 - 3).collect();
                    write!(f, "{cut}...")
                } else {
                    f.write_str(&q)
                }
            }
            Constant::Int(i) => write!(f, "{i}"),
            Constant::Big(b) => write!(f, "{b}"),
            Constant::Rat(_) | Constant::Float(_) => {
                let v = self.to_f64();
                if v.is_finite() && (v != 0.0 || self.sign() == 0) {
                    let s = format_g6(v);
                    // A value that isn't an integer must not look like one.
                    if !s.contains('.') && self.to_int().is_unknown() {
                        return f.write_str(&format_g(v));
                    }
                    return f.write_str(&s);
                }
                // Out of f64's range: mantissa and decimal exponent by logarithm.
                let b = self.as_float();
                let bits = b.mant.bits() as i64;
                let top = (b.mant.magnitude() >> (bits - 64).max(0) as u64).to_f64().unwrap_or(1.0);
                let log =
                    top.log10() + (b.exp + (bits - 64).max(0)) as f64 * std::f64::consts::LOG10_2;
                let e = log.floor();
                let m = 10f64.powf(log - e);
                let sign = if b.mant.is_negative() { "-" } else { "" };
                write!(f, "{sign}{}e{:+}", format_g6(m), e as i64)
            }
            Constant::Complex(c) => write!(f, "({} + {}i)", c.0, c.1),
        }
    }
}
