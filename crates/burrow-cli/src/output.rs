//! The only places that write to standard output and standard error.

use std::io::{self, Write as _};

/// Writes text to standard error. Nothing can be told when that fails.
pub(crate) fn error_text(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes a line to standard error.
pub(crate) fn error_line(line: &str) {
    error_text(&format!("{line}\n"));
}

/// Writes text to standard output. A reader that went away is no failure of ours.
pub(crate) fn print(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// As [`print`], for output of programs.
pub(crate) fn print_bytes(bytes: &[u8]) {
    let _ = io::stdout().write_all(bytes);
}

/// An error of the system in Go's words: lower case, without the number.
pub(crate) fn os_error(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
