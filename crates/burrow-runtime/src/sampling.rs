//! Where a Poisson process puts its next point: for samples of the heap (profile, B4).

/// How many of the next `bytes` come before the next point, if there is one in `rate` bytes on average; `bytes` if it is not
/// among them. `u` is uniform in (0, 1]: the distance is exponential, `-ln(u) * rate`.
#[inline]
pub fn bytes_before(u: f64, bytes: usize, rate: usize) -> usize {
    // The point lies among the bytes if u > exp(-bytes / rate), so not if u <= 1 - bytes / rate.
    if u <= 1.0 - bytes as f64 / rate as f64 {
        return bytes;
    }
    let point = -ln(u) * rate as f64;
    if point < bytes as f64 { point as usize } else { bytes }
}

/// Natural logarithm of `x` in (0, 1], to some ten digits.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut m = f64::from_bits(bits & !(0xfff << 52) | 1023 << 52);
    if m > core::f64::consts::SQRT_2 {
        m *= 0.5;
        exponent += 1;
    }
    // ln m = 2 artanh((m-1)/(m+1)), and the argument is below 0.1716.
    let t = (m - 1.0) / (m + 1.0);
    let s = t * t;
    let series = [1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0];
    let sum = series.into_iter().fold(1.0 / 13.0, |sum, c| sum * s + c);
    exponent as f64 * core::f64::consts::LN_2 + 2.0 * t * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms() {
        for i in 1..=10_000 {
            let x = f64::from(i) / 10_000.0;
            assert!((ln(x) - x.ln()).abs() < 1e-10, "ln {x}: {} {}", ln(x), x.ln());
        }
        assert!((ln(f64::EPSILON) - f64::EPSILON.ln()).abs() < 1e-9);
    }

    /// Of runs of `bytes`, as many have a point as an exponential distribution says: 1 - exp(-bytes / rate).
    #[test]
    fn as_many_points_as_there_should_be() {
        const N: u32 = 100_000;
        for (bytes, rate) in [(8192, 524_288), (1 << 20, 524_288), (8192, 4096), (48, 512)] {
            let hits = (0..N)
                .map(|i| (f64::from(i) + 0.5) / f64::from(N))
                .filter(|&u| bytes_before(u, bytes, rate) < bytes)
                .count();
            let want = 1.0 - (-(bytes as f64) / rate as f64).exp();
            assert!((hits as f64 / f64::from(N) - want).abs() < 1e-4, "{bytes} {rate}: {hits}");
        }
    }
}
