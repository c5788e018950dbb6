//! Values of string and rune literals.

/// The bytes of a string literal as written, quotes included. `None` if it isn't valid.
pub fn unquote(lit: &str) -> Option<Vec<u8>> {
    if let Some(raw) = lit.strip_prefix('`') {
        let raw = raw.strip_suffix('`')?;
        return Some(raw.bytes().filter(|&b| b != b'\r').collect());
    }
    let body = lit.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(i) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..i]);
        let (c, n) = escape(&rest[i..], '"')?;
        match c {
            Escaped::Byte(b) => out.push(b),
            Escaped::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = &rest[i + n..];
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

/// The value of a string literal that is valid UTF-8.
pub fn unquote_str(lit: &str) -> Option<String> {
    String::from_utf8(unquote(lit)?).ok()
}

/// The value of a rune literal as written, quotes included.
pub fn unquote_rune(lit: &str) -> Option<u32> {
    let body = lit.strip_prefix('\'')?.strip_suffix('\'')?;
    if !body.starts_with('\\') {
        let mut chars = body.chars();
        return chars.next().filter(|_| chars.next().is_none()).map(|c| c as u32);
    }
    let (c, n) = escape(body, '\'')?;
    (n == body.len()).then_some(match c {
        Escaped::Byte(b) => b.into(),
        Escaped::Char(c) => c as u32,
    })
}

enum Escaped {
    Byte(u8),
    Char(char),
}

/// One escape sequence at the start of `s`, and its length.
fn escape(s: &str, quote: char) -> Option<(Escaped, usize)> {
    let c = s[1..].chars().next()?;
    let number = |from: usize, n: usize, radix| {
        let digits = s.get(from..from + n)?;
        // `from_str_radix` would take a sign.
        digits.chars().all(|c| c.is_digit(radix)).then_some(())?;
        u32::from_str_radix(digits, radix).ok().map(|x| (x, from + n))
    };
    let simple = |b| Some((Escaped::Byte(b), 2));
    match c {
        'a' => simple(7),
        'b' => simple(8),
        'f' => simple(12),
        'n' => simple(b'\n'),
        'r' => simple(b'\r'),
        't' => simple(b'\t'),
        'v' => simple(11),
        '\\' => simple(b'\\'),
        c if c == quote => simple(c as u8),
        '0'..='7' => {
            let (x, n) = number(1, 3, 8)?;
            Some((Escaped::Byte(u8::try_from(x).ok()?), n))
        }
        'x' => {
            let (x, n) = number(2, 2, 16)?;
            Some((Escaped::Byte(x as u8), n))
        }
        'u' | 'U' => {
            let (x, n) = number(2, if c == 'u' { 4 } else { 8 }, 16)?;
            Some((Escaped::Char(char::from_u32(x)?), n))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(unquote(r#""a\n\x41\101\u00e9\"""#).unwrap(), "a\nAA\u{e9}\"".as_bytes());
        assert_eq!(unquote("`a\r\n\\n`").unwrap(), b"a\n\\n");
        assert_eq!(unquote(r#""\xff""#).unwrap(), [0xff]);
        assert_eq!(unquote(r#""\q""#), None);
        assert_eq!(unquote_rune(r"'\''"), Some(39));
        assert_eq!(unquote_rune("'é'"), Some(0xe9));
        assert_eq!(unquote_rune(r"'\U0010ffff'"), Some(0x10_ffff));
    }
}
