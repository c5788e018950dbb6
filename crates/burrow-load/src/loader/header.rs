//! What is wrong with a file before its package clause: the go command finds it, before anything is compiled.
//!
//! gc: `go/build.readGoInfo`, in the words of `go/parser` and `go/scanner`.

/// The offset and message for a file that doesn't begin with a package clause.
pub(super) fn error(content: &[u8]) -> Option<(usize, String)> {
    let mut at = if content.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    loop {
        let rest = &content[at..];
        match rest {
            [b, ..] if b.is_ascii_whitespace() => at += 1,
            [b'/', b'/', ..] => at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len()),
            [b'/', b'*', ..] => {
                let end = rest[2..].windows(2).position(|w| w == b"*/");
                at += end.map_or(rest.len(), |e| e + 4);
            }
            _ => break,
        }
    }
    let rest = &content[at..];
    let Some(&first) = rest.first() else {
        // The position is that of the last byte: what comes after it has no line.
        return Some((at.saturating_sub(1), found("'EOF'")));
    };
    let text = String::from_utf8_lossy(&rest[..rest.len().min(200)]);
    let c = text.chars().next().unwrap_or('\0');
    let word = |is_part: &dyn Fn(char) -> bool| {
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        text[..end].to_string()
    };
    let message = match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
            let word = word(&|c| c.is_alphanumeric() || c == '_');
            match word.as_str() {
                "package" => return None,
                w if KEYWORDS.contains(&w) => found(&format!("'{w}'")),
                w => found(w),
            }
        }
        b'0'..=b'9' => found(&word(&|c| c.is_ascii_alphanumeric() || c == '.' || c == '_')),
        b'"' | b'`' | b'\'' => {
            let end = text[1..].find(first as char).map_or(text.len(), |e| e + 2);
            found(&text[..end])
        }
        b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^' | b'<' | b'>' | b'=' | b'!'
        | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';' | b'.' | b':' | b'~' => {
            found(&format!("'{c}'"))
        }
        0 => "unexpected NUL in input".into(),
        _ if c == '\u{fffd}' => "illegal UTF-8 encoding".into(),
        _ if c.is_control() => format!("illegal character U+{:04X}", c as u32),
        _ => format!("illegal character U+{:04X} '{c}'", c as u32),
    };
    Some((at, message))
}

fn found(token: &str) -> String {
    format!("expected 'package', found {token}")
}

const KEYWORDS: [&str; 24] = [
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_first() {
        for (text, want) in [
            ("", Some((0, "expected 'package', found 'EOF'"))),
            ("pakcage main\n", Some((0, "expected 'package', found pakcage"))),
            ("// x\n func f()", Some((6, "expected 'package', found 'func'"))),
            ("#!x", Some((0, "illegal character U+0023 '#'"))),
            ("\x7fELF", Some((0, "illegal character U+007F"))),
            ("/* c */ \"s\" 1", Some((8, "expected 'package', found \"s\""))),
            ("12x ", Some((0, "expected 'package', found 12x"))),
            ("\u{feff}// c\npackage p", None),
            ("packages", Some((0, "expected 'package', found packages"))),
        ] {
            let got = error(text.as_bytes());
            assert_eq!(got.as_ref().map(|(at, m)| (*at, m.as_str())), want, "{text:?}");
        }
    }
}
