//! Strings of constants. A long concatenation is kept as its two halves until somebody wants the bytes: thirty
//! declarations, each twice the one before, are a gigabyte that nobody may ever look at.

use std::sync::{Arc, OnceLock};

/// Shorter results are put together at once.
const EAGER: u64 = 4 << 10;

/// The bytes of a string constant; not necessarily UTF-8.
pub struct Text {
    len: u64,
    bytes: OnceLock<Box<[u8]>>,
    /// Set if this is a concatenation that was not put together at once.
    halves: Option<(Arc<Text>, Arc<Text>)>,
}

impl Text {
    pub fn new(bytes: &[u8]) -> Text {
        Text { len: bytes.len() as u64, bytes: OnceLock::from(Box::from(bytes)), halves: None }
    }

    pub(crate) fn concat(a: &Arc<Text>, b: &Arc<Text>) -> Text {
        let len = a.len.saturating_add(b.len);
        if len <= EAGER {
            return Text::new(&[a.bytes(), b.bytes()].concat());
        }
        Text { len, bytes: OnceLock::new(), halves: Some((a.clone(), b.clone())) }
    }

    /// How many bytes there are, or would be.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| self.start(u64::MAX).into())
    }

    /// The first `n` bytes, or all.
    pub(crate) fn start(&self, n: u64) -> Vec<u8> {
        let n = n.min(self.len) as usize;
        let mut out = Vec::with_capacity(n);
        let mut rest = vec![self];
        while let Some(t) = rest.pop() {
            if out.len() == n {
                break;
            }
            match (t.bytes.get(), &t.halves) {
                (Some(b), _) => out.extend_from_slice(&b[..b.len().min(n - out.len())]),
                (None, Some((a, b))) => rest.extend([&**b, &**a]),
                (None, None) => unreachable!("a text has bytes or halves"),
            }
        }
        out
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Text) -> bool {
        self.len == other.len && (std::ptr::eq(self, other) || self.bytes() == other.bytes())
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.start(100)))
    }
}

impl Drop for Text {
    /// Without recursion: a sum of many terms is a long chain.
    fn drop(&mut self) {
        let mut rest: Vec<Arc<Text>> = Vec::new();
        rest.extend(self.halves.take().into_iter().flat_map(<[_; 2]>::from));
        while let Some(t) = rest.pop() {
            if let Some(mut t) = Arc::into_inner(t) {
                rest.extend(t.halves.take().into_iter().flat_map(<[_; 2]>::from));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ones_are_put_together_when_wanted() {
        let mut t = Arc::new(Text::new(b"0123456789"));
        for _ in 0..12 {
            t = Arc::new(Text::concat(&t, &t));
        }
        assert_eq!((t.len(), t.bytes.get()), (40960, None));
        assert_eq!(t.start(13), b"0123456789012");
        assert_eq!(t.bytes(), b"0123456789".repeat(4096));
        for _ in 0..100 {
            t = Arc::new(Text::concat(&t, &t));
        }
        assert_eq!(t.len(), u64::MAX);
    }

    #[test]
    fn a_long_chain_is_dropped() {
        let x = Arc::new(Text::new(&[b'x'; EAGER as usize]));
        let mut t = x.clone();
        for _ in 0..200_000 {
            t = Arc::new(Text::concat(&t, &x));
        }
        assert_eq!(t.start(3), b"xxx");
    }
}
