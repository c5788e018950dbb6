//! Why a program could not be linked.

use std::fmt;

/// A name that nothing defines, and one place that uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undefined {
    pub name: String,
    pub referrer: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// gc: `main.f: relocation target g not defined`, one line for each.
    Undefined(Vec<Undefined>),
    /// A relocation's value does not fit its field.
    Overflow { referrer: String, target: String, value: i64 },
    /// `burrow_prog` is missing or where it cannot be patched: the image is not ours.
    BadImage { symbol: String },
    /// The debugging information could not be written.
    Dwarf(gimli::write::Error),
}

impl From<gimli::write::Error> for LinkError {
    fn from(e: gimli::write::Error) -> LinkError {
        LinkError::Dwarf(e)
    }
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::Undefined(list) => {
                for (i, u) in list.iter().enumerate() {
                    let line = if i == 0 { "" } else { "\n" };
                    write!(f, "{line}{}: relocation target {} not defined", u.referrer, u.name)?;
                }
                Ok(())
            }
            LinkError::Overflow { referrer, target, value } => {
                write!(f, "{referrer}: relocation to {target} overflows: {value:#x}")
            }
            LinkError::Dwarf(e) => write!(f, "internal error: debugging information: {e}"),
            LinkError::BadImage { symbol } => {
                write!(f, "runtime image: {symbol} is missing or not in a loaded segment")
            }
        }
    }
}

impl std::error::Error for LinkError {}
