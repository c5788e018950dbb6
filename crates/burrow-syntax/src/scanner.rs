//! From bytes to tokens.
//!
//! The scanner works on a whole file in memory. Before it starts, [`Source::new`] checks the encoding
//! in one pass and replaces what is not valid (NUL, broken UTF-8, byte order marks inside), so that
//! the scanner itself sees only valid UTF-8. Line starts come from a pass of their own too: scanning
//! never counts lines.
//!
//! Comments are skipped, except directives (`//go:`, `//line`, `/*line`), which are queued for the
//! parser. Messages are gc's.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::SyntaxError;
use crate::ast::{BinaryOp, LitKind};
use crate::pos::Pos;

/// Tokens. The order matters: keywords are a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Tok {
    Eof,
    Name,
    Literal,
    /// Operators without `*`.
    Operator,
    /// `op=`
    AssignOp,
    /// `++`, `--`
    IncOp,
    Assign,
    Define,
    Arrow,
    Star,
    Lparen,
    Lbrack,
    Lbrace,
    Rparen,
    Rbrack,
    Rbrace,
    Comma,
    Semi,
    Colon,
    Dot,
    DotDotDot,
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
}

const KEYWORDS: [(&str, Tok); 25] = [
    ("break", Tok::Break),
    ("case", Tok::Case),
    ("chan", Tok::Chan),
    ("const", Tok::Const),
    ("continue", Tok::Continue),
    ("default", Tok::Default),
    ("defer", Tok::Defer),
    ("else", Tok::Else),
    ("fallthrough", Tok::Fallthrough),
    ("for", Tok::For),
    ("func", Tok::Func),
    ("go", Tok::Go),
    ("goto", Tok::Goto),
    ("if", Tok::If),
    ("import", Tok::Import),
    ("interface", Tok::Interface),
    ("map", Tok::Map),
    ("package", Tok::Package),
    ("range", Tok::Range),
    ("return", Tok::Return),
    ("select", Tok::Select),
    ("struct", Tok::Struct),
    ("switch", Tok::Switch),
    ("type", Tok::Type),
    ("var", Tok::Var),
];

impl Tok {
    /// The token as messages show it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Tok::Eof => "EOF",
            Tok::Name => "name",
            Tok::Literal => "literal",
            Tok::Operator => "op",
            Tok::AssignOp => "op=",
            Tok::IncOp => "opop",
            Tok::Assign => "=",
            Tok::Define => ":=",
            Tok::Arrow => "<-",
            Tok::Star => "*",
            Tok::Lparen => "(",
            Tok::Lbrack => "[",
            Tok::Lbrace => "{",
            Tok::Rparen => ")",
            Tok::Rbrack => "]",
            Tok::Rbrace => "}",
            Tok::Comma => ",",
            Tok::Semi => ";",
            Tok::Colon => ":",
            Tok::Dot => ".",
            Tok::DotDotDot => "...",
            keyword => KEYWORDS[keyword as usize - Tok::Break as usize].0,
        }
    }

    pub(crate) fn is_keyword(self) -> bool {
        self as u8 >= Tok::Break as u8
    }

    pub(crate) fn bit(self) -> u64 {
        1 << self as u8
    }
}

/// The operator of a token `Operator`, `AssignOp`, `IncOp` or `Star`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Op {
    Binary(BinaryOp),
    Not,
    Tilde,
}

impl Op {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Op::Binary(op) => op.as_str(),
            Op::Not => "!",
            Op::Tilde => "~",
        }
    }
}

pub(crate) const PREC_OR_OR: u8 = 1;
pub(crate) const PREC_AND_AND: u8 = 2;
pub(crate) const PREC_CMP: u8 = 3;
pub(crate) const PREC_ADD: u8 = 4;
pub(crate) const PREC_MUL: u8 = 5;

/// A file's text, valid, and what was wrong with it.
pub(crate) struct Source<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Where the text starts: after a byte order mark.
    pub(crate) start: usize,
    /// Errors of encoding, by offset.
    pub(crate) errors: Vec<(usize, &'static str)>,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl<'a> Source<'a> {
    pub(crate) fn new(src: &'a [u8]) -> Source<'a> {
        let start = if src.starts_with(BOM) { BOM.len() } else { 0 };
        if let Ok(text) = std::str::from_utf8(src)
            && !src.contains(&0)
            && !text[start..].contains('\u{feff}')
        {
            return Source { text: Cow::Borrowed(text), start, errors: Vec::new() };
        }
        Source::repair(src, start)
    }

    /// Replaces each bad byte, by a letter inside of an identifier, else by a blank. gc skips such
    /// bytes; what matters is that they are reported and that nothing follows from them.
    fn repair(src: &[u8], start: usize) -> Source<'static> {
        let mut out = src.to_vec();
        let mut errors = Vec::new();
        let mut i = start;
        while i < src.len() {
            let (width, error) = match src[i] {
                0 => (1, Some("invalid NUL character")),
                b if b < 0x80 => (1, None),
                _ => match first_char(&src[i..]) {
                    None => (1, Some("invalid UTF-8 encoding")),
                    Some('\u{feff}') => (3, Some("invalid BOM in the middle of the file")),
                    Some(c) => (c.len_utf8(), None),
                },
            };
            if let Some(msg) = error {
                errors.push((i, msg));
                let is_word =
                    |b: Option<&u8>| b.is_some_and(|b| is_letter(*b) || b.is_ascii_digit());
                let in_word = i > 0 && is_word(out.get(i - 1)) && is_word(src.get(i + width));
                out[i..i + width].fill(if in_word { b'_' } else { b' ' });
            }
            i += width;
        }
        let text = String::from_utf8(out).expect("all that is invalid was replaced");
        Source { text: Cow::Owned(text), start, errors }
    }
}

/// The first character, if the text starts with a valid one.
fn first_char(src: &[u8]) -> Option<char> {
    (1..=4.min(src.len())).find_map(|n| std::str::from_utf8(&src[..n]).ok()?.chars().next())
}

pub(crate) struct Scanner<'a> {
    src: &'a [u8],
    text: &'a str,
    base: Pos,
    /// The offset of the next byte to read.
    at: usize,
    /// A newline here makes a semicolon.
    nlsemi: bool,

    /// The current token, and where it starts.
    pub(crate) tok: Tok,
    pub(crate) start: usize,
    /// The text of a `Name` or `Literal`; `semicolon`, `newline` or `EOF` for `Semi`.
    pub(crate) lit: &'a str,
    pub(crate) kind: LitKind,
    /// The literal has errors.
    pub(crate) bad: bool,
    pub(crate) op: Op,
    pub(crate) prec: u8,

    pub(crate) errors: Vec<SyntaxError>,
    /// Directives met since the parser last looked: start and end.
    pub(crate) directives: Vec<(usize, usize)>,
    /// All comments, if asked for.
    pub(crate) comments: Option<Vec<(usize, usize)>>,
}

fn is_letter(b: u8) -> bool {
    b.is_ascii_alphabetic() || b == b'_'
}

/// Bytes that can go on in an identifier, without thinking.
const IDENT: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 128 {
        let b = i as u8;
        table[i] = b.is_ascii_alphanumeric() || b == b'_';
        i += 1;
    }
    table
};

/// gc's `%#U`.
fn show_char(c: char) -> String {
    let mut s = format!("U+{:04X}", c as u32);
    if !c.is_control() {
        let _ = write!(s, " '{c}'");
    }
    s
}

/// gc's `%q` of a character.
pub(crate) fn quote_char(c: char) -> String {
    match c {
        '\'' => "'\\''".into(),
        '\\' => "'\\\\'".into(),
        '\n' => "'\\n'".into(),
        '\r' => "'\\r'".into(),
        '\t' => "'\\t'".into(),
        '\x07' => "'\\a'".into(),
        '\x08' => "'\\b'".into(),
        '\x0b' => "'\\v'".into(),
        '\x0c' => "'\\f'".into(),
        c if c.is_ascii_control() => format!("'\\x{:02x}'", c as u32),
        c => format!("'{c}'"),
    }
}

/// How many tokens a text has; for measuring the scanner alone.
pub fn count_tokens(text: &str) -> usize {
    let mut scanner = Scanner::new(text, 0, Pos(1));
    let mut n = 0;
    loop {
        scanner.next();
        if scanner.tok == Tok::Eof {
            return n;
        }
        n += 1;
    }
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, start: usize, base: Pos) -> Scanner<'a> {
        Scanner {
            src: text.as_bytes(),
            text,
            base,
            at: start,
            nlsemi: false,
            tok: Tok::Eof,
            start,
            lit: "",
            kind: LitKind::Int,
            bad: false,
            op: Op::Not,
            prec: 0,
            errors: Vec::new(),
            directives: Vec::new(),
            comments: None,
        }
    }

    pub(crate) fn pos_at(&self, offset: usize) -> Pos {
        self.base.offset(offset as u32)
    }

    /// The position of the current token.
    pub(crate) fn pos(&self) -> Pos {
        self.pos_at(self.start)
    }

    /// The text between two offsets.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        &self.text[from..to]
    }

    /// The byte at an offset, where `slice` could cut a character.
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.src[at]
    }

    /// Leaves out the rest of the file.
    pub(crate) fn stop(&mut self) {
        self.at = self.src.len();
        self.start = self.at;
        self.nlsemi = false;
        self.tok = Tok::Eof;
    }

    fn error_at(&mut self, offset: usize, msg: impl Into<String>) {
        let pos = self.pos_at(offset);
        self.errors.push(SyntaxError { pos, msg: msg.into() });
    }

    fn error(&mut self, msg: impl Into<String>) {
        self.error_at(self.at, msg);
    }

    /// The next byte; 0 at the end (there is no NUL in the text).
    fn ch(&self) -> u8 {
        self.src.get(self.at).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.at >= self.src.len()
    }

    fn next_char(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn eat(&mut self, b: u8) -> bool {
        let found = self.ch() == b;
        self.at += usize::from(found);
        found
    }

    /// Reads the next token.
    pub(crate) fn next(&mut self) {
        let nlsemi = std::mem::take(&mut self.nlsemi);
        loop {
            while let b' ' | b'\t' | b'\r' | b'\n' = self.ch() {
                if self.ch() == b'\n' && nlsemi {
                    break;
                }
                self.at += 1;
            }
            self.start = self.at;
            let b = self.ch();
            if is_letter(b) {
                self.at += 1;
                return self.ident();
            }
            if b >= 0x80 && self.at_ident_char(true) {
                self.skip_char();
                return self.ident();
            }
            if b == b'/' {
                match self.src.get(self.at + 1) {
                    Some(b'/') => {
                        self.line_comment();
                        continue;
                    }
                    Some(b'*') => {
                        self.full_comment();
                        if nlsemi && self.src[self.start..self.at].contains(&b'\n') {
                            self.lit = "newline";
                            self.tok = Tok::Semi;
                            return;
                        }
                        continue;
                    }
                    _ => {}
                }
            }
            if self.token(b, nlsemi) {
                return;
            }
        }
    }

    /// A token that is neither name nor comment. False if there was none, only an error.
    fn token(&mut self, b: u8, nlsemi: bool) -> bool {
        use BinaryOp as B;
        self.at += usize::from(!self.at_end());
        self.tok = match b {
            0 => {
                if nlsemi {
                    self.lit = "EOF";
                    Tok::Semi
                } else {
                    Tok::Eof
                }
            }
            b'\n' => {
                self.lit = "newline";
                Tok::Semi
            }
            b';' => {
                self.lit = "semicolon";
                Tok::Semi
            }
            b'0'..=b'9' => {
                self.at -= 1;
                self.number(false);
                Tok::Literal
            }
            b'"' => {
                self.std_string();
                Tok::Literal
            }
            b'`' => {
                self.raw_string();
                Tok::Literal
            }
            b'\'' => {
                self.rune();
                Tok::Literal
            }
            b'(' => Tok::Lparen,
            b'[' => Tok::Lbrack,
            b'{' => Tok::Lbrace,
            b',' => Tok::Comma,
            b')' => self.closing(Tok::Rparen),
            b']' => self.closing(Tok::Rbrack),
            b'}' => self.closing(Tok::Rbrace),
            b':' if self.eat(b'=') => Tok::Define,
            b':' => Tok::Colon,
            b'.' if self.ch().is_ascii_digit() => {
                self.number(true);
                Tok::Literal
            }
            b'.' if self.src[self.at..].starts_with(b"..") => {
                self.at += 2;
                Tok::DotDotDot
            }
            b'.' => Tok::Dot,
            b'+' if self.eat(b'+') => self.inc_op(B::Add),
            b'+' => self.assign_op(B::Add, PREC_ADD),
            b'-' if self.eat(b'-') => self.inc_op(B::Sub),
            b'-' => self.assign_op(B::Sub, PREC_ADD),
            b'*' => match self.assign_op(B::Mul, PREC_MUL) {
                Tok::Operator => Tok::Star,
                tok => tok,
            },
            b'/' => self.assign_op(B::Div, PREC_MUL),
            b'%' => self.assign_op(B::Rem, PREC_MUL),
            b'&' if self.eat(b'&') => self.operator(Op::Binary(B::AndAnd), PREC_AND_AND),
            b'&' if self.eat(b'^') => self.assign_op(B::AndNot, PREC_MUL),
            b'&' => self.assign_op(B::And, PREC_MUL),
            b'|' if self.eat(b'|') => self.operator(Op::Binary(B::OrOr), PREC_OR_OR),
            b'|' => self.assign_op(B::Or, PREC_ADD),
            b'^' => self.assign_op(B::Xor, PREC_ADD),
            b'<' if self.eat(b'=') => self.operator(Op::Binary(B::Leq), PREC_CMP),
            b'<' if self.eat(b'<') => self.assign_op(B::Shl, PREC_MUL),
            b'<' if self.eat(b'-') => Tok::Arrow,
            b'<' => self.operator(Op::Binary(B::Lss), PREC_CMP),
            b'>' if self.eat(b'=') => self.operator(Op::Binary(B::Geq), PREC_CMP),
            b'>' if self.eat(b'>') => self.assign_op(B::Shr, PREC_MUL),
            b'>' => self.operator(Op::Binary(B::Gtr), PREC_CMP),
            b'=' if self.eat(b'=') => self.operator(Op::Binary(B::Eql), PREC_CMP),
            b'=' => Tok::Assign,
            b'!' if self.eat(b'=') => self.operator(Op::Binary(B::Neq), PREC_CMP),
            b'!' => self.operator(Op::Not, 0),
            b'~' => self.operator(Op::Tilde, 0),
            _ => {
                self.at -= 1;
                let c = self.next_char().unwrap_or('\u{fffd}');
                self.error(format!("invalid character {}", show_char(c)));
                self.at += c.len_utf8();
                return false;
            }
        };
        true
    }

    fn closing(&mut self, tok: Tok) -> Tok {
        self.nlsemi = true;
        tok
    }

    fn operator(&mut self, op: Op, prec: u8) -> Tok {
        self.op = op;
        self.prec = prec;
        Tok::Operator
    }

    fn inc_op(&mut self, op: BinaryOp) -> Tok {
        self.operator(Op::Binary(op), PREC_ADD);
        self.nlsemi = true;
        Tok::IncOp
    }

    fn assign_op(&mut self, op: BinaryOp, prec: u8) -> Tok {
        self.operator(Op::Binary(op), prec);
        if self.eat(b'=') { Tok::AssignOp } else { Tok::Operator }
    }

    fn skip_char(&mut self) {
        self.at += self.next_char().map_or(0, char::len_utf8);
    }

    fn ident(&mut self) {
        while IDENT[self.ch() as usize] {
            self.at += 1;
        }
        if self.ch() >= 0x80 {
            while self.at_ident_char(false) {
                self.skip_char();
            }
        }
        let lit = &self.text[self.start..self.at];
        if let Some(tok) = keyword(lit) {
            self.nlsemi =
                matches!(tok, Tok::Break | Tok::Continue | Tok::Fallthrough | Tok::Return);
            self.tok = tok;
            return;
        }
        self.nlsemi = true;
        self.lit = lit;
        self.tok = Tok::Name;
    }

    fn at_ident_char(&mut self, first: bool) -> bool {
        let Some(c) = self.next_char() else { return false };
        if c == '_' || c.general_category_group() == GeneralCategoryGroup::Letter {
            return true;
        }
        if c.is_ascii_digit()
            || c.general_category() == unicode_properties::GeneralCategory::DecimalNumber
        {
            if first {
                self.error(format!("identifier cannot begin with digit {}", show_char(c)));
            }
            return true;
        }
        if !c.is_ascii() {
            self.error(format!("invalid character {} in identifier", show_char(c)));
            return true;
        }
        false
    }

    // -----------------------------------------------------------------------------------------
    // Literals

    fn set_lit(&mut self, kind: LitKind, ok: bool) {
        self.nlsemi = true;
        self.lit = &self.text[self.start..self.at];
        self.kind = kind;
        self.bad = !ok;
    }

    /// Digits and `_`. Bit 0 of the result: there were digits; bit 1: there were separators. The
    /// first decimal digit that `base` doesn't have goes to `invalid`.
    fn digits(&mut self, base: u32, invalid: &mut Option<usize>) -> u8 {
        let mut seen = 0;
        loop {
            let b = self.ch();
            if b == b'_' {
                seen |= 2;
            } else if base <= 10 && b.is_ascii_digit() {
                if u32::from(b - b'0') >= base && invalid.is_none() {
                    *invalid = Some(self.at - self.start);
                }
                seen |= 1;
            } else if base == 16 && b.is_ascii_hexdigit() {
                seen |= 1;
            } else {
                return seen;
            }
            self.at += 1;
        }
    }

    fn number(&mut self, mut seen_point: bool) {
        let mut ok = true;
        let mut kind = LitKind::Int;
        let mut base = 10;
        let mut prefix = 0;
        let mut seen = 0;
        let mut invalid = None;

        if !seen_point {
            if self.eat(b'0') {
                (base, prefix) = match self.ch().to_ascii_lowercase() {
                    b'x' => (16, b'x'),
                    b'o' => (8, b'o'),
                    b'b' => (2, b'b'),
                    _ => (8, b'0'),
                };
                if prefix == b'0' {
                    seen = 1;
                } else {
                    self.at += 1;
                }
            }
            seen |= self.digits(base, &mut invalid);
            if self.ch() == b'.' {
                if prefix == b'o' || prefix == b'b' {
                    self.error(format!("invalid radix point in {} literal", base_name(base)));
                    ok = false;
                }
                self.at += 1;
                seen_point = true;
            }
        }
        if seen_point {
            kind = LitKind::Float;
            seen |= self.digits(base, &mut invalid);
        }
        if seen & 1 == 0 && ok {
            self.error(format!("{} literal has no digits", base_name(base)));
            ok = false;
        }

        let e = self.ch();
        match e.to_ascii_lowercase() {
            lower @ (b'e' | b'p') => {
                if ok && lower == b'e' && prefix != 0 && prefix != b'0' {
                    self.error(format!("'{}' exponent requires decimal mantissa", e as char));
                    ok = false;
                } else if ok && lower == b'p' && prefix != b'x' {
                    self.error(format!("'{}' exponent requires hexadecimal mantissa", e as char));
                    ok = false;
                }
                self.at += 1;
                kind = LitKind::Float;
                if let b'+' | b'-' = self.ch() {
                    self.at += 1;
                }
                seen = self.digits(10, &mut None) | seen & 2;
                if seen & 1 == 0 && ok {
                    self.error("exponent has no digits");
                    ok = false;
                }
            }
            _ if prefix == b'x' && kind == LitKind::Float && ok => {
                self.error("hexadecimal mantissa requires a 'p' exponent");
                ok = false;
            }
            _ => {}
        }
        if self.eat(b'i') {
            kind = LitKind::Imag;
        }
        self.set_lit(kind, ok);

        if let Some(i) = invalid
            && kind == LitKind::Int
            && ok
        {
            let digit = self.lit.as_bytes()[i] as char;
            let msg = format!("invalid digit '{digit}' in {} literal", base_name(base));
            self.error_at(self.start + i, msg);
            ok = false;
        }
        if seen & 2 != 0
            && ok
            && let Some(i) = invalid_separator(self.lit.as_bytes())
        {
            self.error_at(self.start + i, "'_' must separate successive digits");
            ok = false;
        }
        self.bad = !ok;
    }

    fn rune(&mut self) {
        let mut ok = true;
        let mut n = 0;
        loop {
            match self.ch() {
                b'\'' => {
                    if ok && n == 0 {
                        self.error("empty rune literal or unescaped '");
                        ok = false;
                    } else if ok && n != 1 {
                        self.error_at(self.start, "more than one character in rune literal");
                        ok = false;
                    }
                    self.at += 1;
                    break;
                }
                b'\\' => {
                    self.at += 1;
                    ok &= self.escape(b'\'');
                }
                b'\n' => {
                    if ok {
                        self.error("newline in rune literal");
                        ok = false;
                    }
                    break;
                }
                0 if self.at_end() => {
                    if ok {
                        self.error_at(self.start, "rune literal not terminated");
                        ok = false;
                    }
                    break;
                }
                _ => self.skip_char(),
            }
            n += 1;
        }
        self.set_lit(LitKind::Rune, ok);
    }

    fn std_string(&mut self) {
        let mut ok = true;
        loop {
            match self.ch() {
                b'"' => {
                    self.at += 1;
                    break;
                }
                b'\\' => {
                    self.at += 1;
                    ok &= self.escape(b'"');
                }
                b'\n' => {
                    self.error("newline in string");
                    ok = false;
                    break;
                }
                0 if self.at_end() => {
                    self.error_at(self.start, "string not terminated");
                    ok = false;
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.set_lit(LitKind::String, ok);
    }

    fn raw_string(&mut self) {
        let ok = match self.text[self.at..].find('`') {
            Some(n) => {
                self.at += n + 1;
                true
            }
            None => {
                self.at = self.src.len();
                self.error_at(self.start, "string not terminated");
                false
            }
        };
        self.set_lit(LitKind::String, ok);
    }

    /// What follows a backslash.
    fn escape(&mut self, quote: u8) -> bool {
        let (n, base, max) = match self.ch() {
            b if b == quote => {
                self.at += 1;
                return true;
            }
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' => {
                self.at += 1;
                return true;
            }
            b'0'..=b'7' => (3, 8, 255),
            b'x' => (2, 16, 255),
            b'u' => (4, 16, 0x10_ffff),
            b'U' => (8, 16, 0x10_ffff),
            // The caller complains about the end of the file.
            0 if self.at_end() => return true,
            _ => {
                self.error("unknown escape");
                return false;
            }
        };
        if base == 16 {
            self.at += 1;
        }
        let mut x: u32 = 0;
        for _ in 0..n {
            let Some(c) = self.next_char() else { return true };
            let Some(d) = c.to_digit(base) else {
                let msg =
                    format!("invalid character {} in {} escape", quote_char(c), base_name(base));
                self.error(msg);
                return false;
            };
            x = x.wrapping_mul(base).wrapping_add(d);
            self.at += 1;
        }
        if x > max && base == 8 {
            self.error(format!("octal escape value {x} > 255"));
            return false;
        }
        if x > max || (0xd800..0xe000).contains(&x) {
            let shown = char::from_u32(x).map_or_else(|| format!("U+{x:04X}"), show_char);
            self.error(format!("escape is invalid Unicode code point {shown}"));
            return false;
        }
        true
    }

    // -----------------------------------------------------------------------------------------
    // Blocks as a whole

    /// At `{`: goes on behind the closing brace, and gives its position. `None`, without having moved, if the block
    /// must be looked at closely: it isn't closed, a literal in it is broken, or it has directives.
    pub(crate) fn pass_over_block(&mut self) -> Option<Pos> {
        let end = block_end(self.src, self.at)?;
        self.pass_over_to(end)
    }

    /// Goes on behind a closing brace, and gives its position. `None` if there is none ahead at that offset.
    pub(crate) fn pass_over_to(&mut self, end: usize) -> Option<Pos> {
        if end < self.at || self.src.get(end) != Some(&b'}') {
            return None;
        }
        self.at = end + 1;
        self.nlsemi = true;
        Some(self.pos_at(end))
    }

    // -----------------------------------------------------------------------------------------
    // Comments

    fn line_comment(&mut self) {
        let rest = &self.src[self.at..];
        let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = &rest[2..len];
        self.at += len;
        if text.starts_with(b"go:") || text.starts_with(b"line ") {
            self.directives.push((self.start, self.at));
        }
        if let Some(list) = &mut self.comments {
            list.push((self.start, self.at));
        }
    }

    fn full_comment(&mut self) {
        let Some(n) = self.text[self.at + 2..].find("*/") else {
            self.at = self.src.len();
            self.error_at(self.start, "comment not terminated");
            return;
        };
        self.at += 2 + n + 2;
        if self.src[self.start + 2..].starts_with(b"line ") {
            self.directives.push((self.start, self.at));
        }
        if let Some(list) = &mut self.comments {
            list.push((self.start, self.at));
        }
    }
}

/// The keyword that `lit` is, if it is one.
fn keyword(lit: &str) -> Option<Tok> {
    // A perfect hash of the keywords: first two bytes and length.
    const SIZE: usize = 64;
    const fn hash(s: &[u8]) -> usize {
        ((((s[0] as usize) << 4) ^ s[1] as usize) + s.len()) % SIZE
    }
    const TABLE: [Option<(&str, Tok)>; SIZE] = {
        let mut table = [None; SIZE];
        let mut i = 0;
        while i < KEYWORDS.len() {
            let h = hash(KEYWORDS[i].0.as_bytes());
            assert!(table[h].is_none(), "two keywords with one hash");
            table[h] = Some(KEYWORDS[i]);
            i += 1;
        }
        table
    };
    if lit.len() < 2 {
        return None;
    }
    match TABLE[hash(lit.as_bytes())] {
        Some((text, tok)) if text == lit => Some(tok),
        _ => None,
    }
}

fn base_name(base: u32) -> &'static str {
    match base {
        2 => "binary",
        8 => "octal",
        10 => "decimal",
        _ => "hexadecimal",
    }
}

/// The index of the first `_` that doesn't stand between digits (a base prefix counts as one).
fn invalid_separator(x: &[u8]) -> Option<usize> {
    let prefix = if x.len() >= 2 && x[0] == b'0' { x[1].to_ascii_lowercase() } else { 0 };
    let has_prefix = matches!(prefix, b'x' | b'o' | b'b');
    // What the previous byte was: a digit '0', a separator '_', anything else '.'.
    let mut prev = if has_prefix { b'0' } else { b'.' };
    for (i, &b) in x.iter().enumerate().skip(if has_prefix { 2 } else { 0 }) {
        let is_digit = b.is_ascii_digit() || prefix == b'x' && b.is_ascii_hexdigit();
        if b == b'_' {
            if prev != b'0' {
                return Some(i);
            }
            prev = b'_';
        } else if is_digit {
            prev = b'0';
        } else {
            if prev == b'_' {
                return Some(i - 1);
            }
            prev = b'.';
        }
    }
    (prev == b'_').then(|| x.len() - 1)
}

/// Bytes that mean something when only braces are looked for.
const STRUCTURE: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < 7 {
        table[b"{}\"'`/\0"[i] as usize] = true;
        i += 1;
    }
    table
};

/// The offset of the brace that closes a block whose text starts at `at`. `None` if that isn't plain to see.
fn block_end(src: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 1;
    loop {
        at += src[at..].iter().position(|&b| STRUCTURE[b as usize])?;
        let rest = &src[at + 1..];
        at += 1;
        match src[at - 1] {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at - 1);
                }
            }
            quote @ (b'"' | b'\'') => at += quoted_len(rest, quote)?,
            b'`' => at += memchr::memchr(b'`', rest)? + 1,
            b'/' => match rest.first() {
                Some(b'/') if rest[1..].starts_with(b"go:") || rest[1..].starts_with(b"line ") => {
                    return None;
                }
                Some(b'/') => at += memchr::memchr(b'\n', rest)?,
                Some(b'*') if rest[1..].starts_with(b"line ") => return None,
                Some(b'*') => at += 1 + memchr::memmem::find(&rest[1..], b"*/")? + 2,
                _ => {}
            },
            _ => return None,
        }
    }
}

/// The length of the rest of an interpreted string or rune literal, with the quote.
fn quoted_len(rest: &[u8], quote: u8) -> Option<usize> {
    let mut i = 0;
    loop {
        match *rest.get(i)? {
            b'\\' => i += 2,
            b'\n' => return None,
            b if b == quote => return Some(i + 1),
            _ => i += 1,
        }
    }
}

/// Offsets of line starts.
pub(crate) fn line_starts(src: &[u8]) -> Vec<u32> {
    let mut lines = Vec::with_capacity(src.len() / 30 + 1);
    lines.push(0);
    lines.extend(memchr::memchr_iter(b'\n', src).map(|i| i as u32 + 1));
    lines
}
