//! Language versions, and what each permits.

/// A language version `go1.N`; 0 stands for "not given", which permits everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Version(pub u16);

impl Version {
    pub const GO1_9: Version = Version(9);
    pub const GO1_13: Version = Version(13);
    pub const GO1_14: Version = Version(14);
    pub const GO1_16: Version = Version(16);
    pub const GO1_17: Version = Version(17);
    pub const GO1_18: Version = Version(18);
    pub const GO1_20: Version = Version(20);
    pub const GO1_21: Version = Version(21);
    pub const GO1_22: Version = Version(22);
    pub const GO1_23: Version = Version(23);
    pub const GO1_26: Version = Version(26);
    pub const GO1_27: Version = Version(27);
    /// The newest version that is understood.
    pub const CURRENT: Version = Version::GO1_27;

    /// The version of `go1.N`, `go1.N.P` or `1.N`; 0 for anything else.
    pub fn parse(s: &str) -> Version {
        let s = s.strip_prefix("go").unwrap_or(s);
        let Some(rest) = s.strip_prefix("1") else { return Version(0) };
        if rest.is_empty() {
            return Version(1);
        }
        let Some(rest) = rest.strip_prefix('.') else { return Version(0) };
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().map_or(Version(0), Version)
    }

    pub fn is_valid(self) -> bool {
        self.0 != 0
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "go1.{}", self.0)
    }
}
