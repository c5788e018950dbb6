//! Versions of Go: `1.21`, `1.21rc2`, `1.21.3`.
//!
//! gc: `cmd/go/internal/gover`.

/// A version, ordered: the language version comes before betas, those before release candidates, then the releases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version {
    pub(crate) minor: u32,
    stage: Stage,
    number: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    Language,
    Beta,
    Candidate,
    Release,
}

impl Version {
    /// `None` if the text is no version.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let rest = text.strip_prefix("1.")?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let minor = number(&rest[..end])?;
        let (stage, digits) = match &rest[end..] {
            "" => return Some(Version { minor, stage: Stage::Language, number: 0 }),
            r if r.starts_with("beta") => (Stage::Beta, &r[4..]),
            r if r.starts_with("rc") => (Stage::Candidate, &r[2..]),
            r if r.starts_with('.') => (Stage::Release, &r[1..]),
            _ => return None,
        };
        Some(Version { minor, stage, number: number(digits)? })
    }
}

/// Digits without a zero in front.
fn number(digits: &str) -> Option<u32> {
    let is_plain = digits == "0" || !digits.starts_with('0');
    if !is_plain || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let sorted =
            ["1.9", "1.20", "1.21", "1.21beta1", "1.21rc1", "1.21rc2", "1.21.0", "1.21.10", "1.22"];
        let parsed: Vec<Version> = sorted.iter().map(|v| Version::parse(v).unwrap()).collect();
        assert!(parsed.is_sorted());
        for wrong in
            ["", "1", "2.1", "1.x", "1.021", "1.21.", "1.21rc", "1.21-x", "go1.21", "1.21.1.1"]
        {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
