//! Histograms of times, with the buckets of gc's (`runtime/histogram.go`): each power of two has four.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Nanoseconds below `2^(MIN_BITS - 1)` are one group of buckets; those from `2^(MAX_BITS - 1)` on share one bucket.
const MIN_BITS: usize = 9;
const MAX_BITS: usize = 48;
const SUB_BITS: usize = 2;
const SUBS: usize = 1 << SUB_BITS;
const BUCKETS: usize = (MAX_BITS - MIN_BITS + 1) * SUBS;
/// All buckets: one more at each end.
pub const LEN: usize = BUCKETS + 2;

/// Counts of times. Readers may see one event and not yet the one before it.
pub struct Times {
    below: AtomicU64,
    counts: [AtomicU64; BUCKETS],
    above: AtomicU64,
}

impl Times {
    pub const fn new() -> Times {
        Times {
            below: AtomicU64::new(0),
            counts: [const { AtomicU64::new(0) }; BUCKETS],
            above: AtomicU64::new(0),
        }
    }

    pub fn record(&self, ns: i64) {
        let Ok(ns) = u64::try_from(ns) else {
            self.below.fetch_add(1, Relaxed);
            return;
        };
        let bits = (64 - ns.leading_zeros() as usize).max(MIN_BITS - 1);
        let group = bits + 1 - MIN_BITS;
        let sub = (ns >> (bits.max(MIN_BITS) - 1 - SUB_BITS)) as usize % SUBS;
        self.counts.get(group * SUBS + sub).unwrap_or(&self.above).fetch_add(1, Relaxed);
    }

    /// The counts of all buckets.
    pub fn all(&self) -> impl Iterator<Item = u64> {
        let end = |a| core::iter::once(a);
        end(&self.below).chain(&self.counts).chain(end(&self.above)).map(|a| a.load(Relaxed))
    }
}

/// Lower bounds of all buckets in seconds, and the upper one of the last.
pub fn bounds() -> impl Iterator<Item = f64> {
    let lower = |i: usize| {
        let (group, sub) = (i / SUBS, (i % SUBS) as u64);
        let bits = MIN_BITS + group.max(1) - 1;
        let base = if group == 0 { 0 } else { 1 << (bits - 1) };
        (base | sub << (bits - 1 - SUB_BITS)) as f64 / 1e9
    };
    let last = (1_u64 << (MAX_BITS - 1)) as f64 / 1e9;
    core::iter::once(f64::NEG_INFINITY).chain((0..BUCKETS).map(lower)).chain([last, f64::INFINITY])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_ascend() {
        let all: Vec<f64> = bounds().collect();
        assert_eq!(all.len(), LEN + 1);
        assert!(all.windows(2).all(|w| w[0] < w[1]));
        // As official Go prints them.
        assert_eq!(&all[1..5], &[0.0, 6.4e-8, 1.28e-7, 1.92e-7]);
        assert_eq!(all[LEN - 1], 140737.488355328);
    }

    #[test]
    fn a_time_counts_between_its_bounds() {
        let all: Vec<f64> = bounds().collect();
        let mut times: Vec<i64> =
            (0..62).flat_map(|b| [(1 << b) - 1, 1 << b, (1 << b) + 1]).collect();
        times.extend((0..1000).map(|i| i * 7));
        times.extend([-1, i64::MIN, i64::MAX, 123_456_789_012]);
        for ns in times {
            let t = Times::new();
            t.record(ns);
            let i = t.all().position(|n| n == 1).unwrap();
            let seconds = ns as f64 / 1e9;
            assert!(all[i] <= seconds && seconds < all[i + 1], "{ns} in bucket {i}");
            assert_eq!(t.all().sum::<u64>(), 1);
        }
    }
}
