//! Reads the text form of functions that `print.rs` writes.
//!
//! Positions aren't part of it, nor is [`Func::display`], which becomes the name. Lines that begin with `;` are comments.
//! Values keep their numbers, also where there are gaps. Types that the text leaves out follow from the operands.

use std::fmt;
use std::str::FromStr;

use burrow_syntax::{Pos, Symbol};

use crate::ir::{
    AtomicOp, BinOp, Block, BlockData, Cast, Conv, Edge, FloatCC, Func, Inst, InstData, IntCC, Loc,
    MemFlags, Op, Sig, Slot, SlotData, Term, Ty, UnOp, Value, Var,
};
use crate::print::{FLAG_NAMES, name};

/// What is wrong with a text, and in which line (from 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    pub line: usize,
    pub msg: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.msg)
    }
}

impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, ParseError>;

/// The functions of a text.
///
/// # Errors
/// The first line that isn't understood, or that uses what isn't there.
pub fn parse(text: &str) -> Result<Vec<Func>> {
    let mut funcs = Vec::new();
    let mut current: Option<Body> = None;
    let mut last = 0;
    for (i, line) in text.lines().enumerate() {
        let mut l = Line { rest: line.trim(), no: i + 1 };
        last = l.no;
        if l.rest.is_empty() || l.rest.starts_with(';') {
            continue;
        }
        match &mut current {
            None => current = Some(Body::new(l.header()?)),
            Some(body) if l.rest == "}" => {
                body.finish(l.no)?;
                funcs.extend(current.take().map(|b| b.func));
            }
            Some(body) => body.line(&mut l)?,
        }
    }
    match current {
        None => Ok(funcs),
        Some(_) => Err(ParseError { line: last, msg: "the function doesn't end".into() }),
    }
}

impl FromStr for Ty {
    type Err = ();
    fn from_str(s: &str) -> std::result::Result<Ty, ()> {
        [Ty::I8, Ty::I16, Ty::I32, Ty::I64, Ty::F32, Ty::F64]
            .into_iter()
            .find(|t| t.to_string() == s)
            .ok_or(())
    }
}

/// The member of an enum with a printed name.
fn by_name<T: Copy + fmt::Debug>(all: &[T], text: &str) -> Option<T> {
    all.iter().copied().find(|t| name(t) == text)
}

const UN_OPS: [UnOp; 13] = {
    use UnOp::*;
    [Ineg, Bnot, Clz, Ctz, Popcnt, Bswap, Fneg, Fabs, Sqrt, Ceil, Floor, Trunc, Nearest]
};
const BIN_OPS: [BinOp; 20] = {
    use BinOp::*;
    [
        Iadd, Isub, Imul, Sdiv, Udiv, Srem, Urem, And, Or, Xor, Shl, Ushr, Sshr, Rotl, Umulhi,
        Fadd, Fsub, Fmul, Fdiv, Fcopysign,
    ]
};
const INT_CCS: [IntCC; 10] = {
    use IntCC::*;
    [Eq, Ne, Slt, Sle, Sgt, Sge, Ult, Ule, Ugt, Uge]
};
const FLOAT_CCS: [FloatCC; 5] = {
    use FloatCC::*;
    [Eq, Lt, Le, Gt, Ge]
};
const CASTS: [Cast; 9] = {
    use Cast::*;
    [Uext, Sext, Trunc, SintToF, UintToF, FToSint, Fpromote, Fdemote, Bitcast]
};
const ATOMIC_OPS: [AtomicOp; 4] = {
    use AtomicOp::*;
    [Add, And, Or, Xchg]
};

/// What is left of a line.
struct Line<'a> {
    rest: &'a str,
    no: usize,
}

impl<'a> Line<'a> {
    fn fail<T>(&self, msg: impl Into<String>) -> Result<T> {
        Err(ParseError { line: self.no, msg: msg.into() })
    }

    fn eat(&mut self, text: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, text: &str) -> Result<()> {
        match self.eat(text) {
            true => Ok(()),
            false => self.fail(format!("expected {text:?} before {:?}", self.rest)),
        }
    }

    fn end(&mut self) -> Result<()> {
        match self.rest.trim() {
            "" => Ok(()),
            rest => self.fail(format!("{rest:?} is too much")),
        }
    }

    /// Characters up to one of `stops` or white space.
    fn word(&mut self, stops: &[char]) -> &'a str {
        self.rest = self.rest.trim_start();
        let n = self.rest.find(|c: char| c.is_whitespace() || stops.contains(&c));
        let (word, rest) = self.rest.split_at(n.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn parsed<T: FromStr>(&mut self, what: &str) -> Result<T> {
        let word = self.word(&['(', ')', ',', ':']);
        match word.parse() {
            Ok(v) => Ok(v),
            Err(_) => self.fail(format!("{word:?} is no {what}")),
        }
    }

    /// A number behind a letter: `v12`.
    fn id(&mut self, letter: char) -> Result<u32> {
        let word = self.word(&['(', ')', ',', ':', '+', '-']);
        match numbered(word, letter) {
            Some(n) => Ok(n),
            None => self.fail(format!("{word:?} is not {letter} with a number")),
        }
    }

    fn value(&mut self) -> Result<Value> {
        self.id('v').map(Value)
    }

    fn block(&mut self) -> Result<Block> {
        self.id('b').map(Block)
    }

    fn at_value(&self) -> bool {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        numbered(&rest[..end], 'v').is_some()
    }

    /// Values up to the end or a bracket.
    fn values(&mut self) -> Result<Vec<Value>> {
        let mut list = Vec::new();
        while self.at_value() {
            list.push(self.value()?);
        }
        Ok(list)
    }

    fn types(&mut self) -> Vec<Ty> {
        let mut list = Vec::new();
        loop {
            let before = self.rest;
            match self.word(&['(', ')']).parse() {
                Ok(t) => list.push(t),
                Err(()) => {
                    self.rest = before;
                    return list;
                }
            }
        }
    }

    fn sig(&mut self) -> Result<Sig> {
        let conv = if self.eat("sysv") { Conv::SystemV } else { Conv::Go };
        self.expect("(")?;
        let params = self.types();
        self.expect(")")?;
        let results = if self.eat("->") { self.types() } else { Vec::new() };
        Ok(Sig { conv, params, results })
    }

    fn args(&mut self) -> Result<Vec<Value>> {
        self.expect("(")?;
        let list = self.values()?;
        self.expect(")")?;
        Ok(list)
    }

    fn edge(&mut self) -> Result<Edge> {
        let to = self.block()?;
        let args = if self.rest.starts_with('(') { self.args()? } else { Vec::new() };
        Ok(Edge { to, args })
    }

    /// `v0+8`
    fn address(&mut self) -> Result<(Value, i32)> {
        let v = self.value()?;
        let offset = match self.rest.starts_with(['+', '-']) {
            true => self.parsed("offset")?,
            false => 0,
        };
        Ok((v, offset))
    }

    /// A name, in quotes if it has to be.
    fn symbol(&mut self) -> Result<Symbol> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('"') {
            return self.quoted();
        }
        match self.word(&[]) {
            "" => self.fail("a name is missing"),
            word => Ok(Symbol::new(word)),
        }
    }

    fn quoted(&mut self) -> Result<Symbol> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = &self.rest[i + 1..];
                    return Ok(Symbol::new(&text));
                }
                '\\' => {
                    let escaped = chars.next().map(|(_, c)| c);
                    text.push(match escaped {
                        Some('n') => '\n',
                        Some('t') => '\t',
                        Some('r') => '\r',
                        Some('0') => '\0',
                        Some('u') => {
                            let hex: String = chars
                                .by_ref()
                                .map(|(_, c)| c)
                                .skip_while(|c| *c == '{')
                                .take_while(|c| *c != '}')
                                .collect();
                            match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32) {
                                Some(c) => c,
                                None => return self.fail(format!("{hex:?} is no character")),
                            }
                        }
                        Some(c) => c,
                        None => break,
                    });
                }
                c => text.push(c),
            }
        }
        self.fail("the name doesn't end")
    }

    /// `func NAME(TYPES) -> TYPES FLAGS {`
    fn header(&mut self) -> Result<Func> {
        self.expect("func ")?;
        let symbol = if self.rest.starts_with('"') {
            self.quoted()?
        } else {
            // The name may have brackets, types have none.
            let open = self.rest.rfind('(').unwrap_or(0);
            let before = &self.rest[..open];
            let symbol = before.strip_suffix(" sysv").unwrap_or(before);
            if symbol.is_empty() || symbol.contains(char::is_whitespace) {
                return self.fail("the function has no proper name");
            }
            self.rest = &self.rest[symbol.len()..];
            Symbol::new(symbol)
        };
        let sig = self.sig()?;
        let mut func = Func::new(symbol, symbol, sig, Pos::NONE);
        func.blocks.clear();
        func.values.clear();
        while !self.eat("{") {
            let word = self.word(&['{']);
            match FLAG_NAMES.iter().find(|(_, n)| *n == word) {
                Some((bit, _)) => func.flags |= bit,
                None => return self.fail(format!("{word:?} is no property of a function")),
            }
        }
        self.end()?;
        Ok(func)
    }
}

fn numbered(word: &str, letter: char) -> Option<u32> {
    let digits = word.strip_prefix(letter)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The type of an instruction's result.
enum Res {
    Is(Ty),
    /// That of another value.
    As(Value),
}

/// A function in the making.
struct Body {
    func: Func,
    /// Of the values: none while it isn't known.
    types: Vec<Option<Ty>>,
    defined: Vec<bool>,
    /// Values whose types are those of others.
    same: Vec<(Value, Value, usize)>,
    /// Lines of values' and edges' uses.
    uses: Vec<(Value, usize)>,
    edges: Vec<(Edge, usize)>,
    /// The block has its terminator.
    ended: bool,
}

impl Body {
    fn new(func: Func) -> Body {
        Body {
            func,
            types: Vec::new(),
            defined: Vec::new(),
            same: Vec::new(),
            uses: Vec::new(),
            edges: Vec::new(),
            ended: true,
        }
    }

    fn define(&mut self, v: Value, ty: Res, l: &Line<'_>) -> Result<()> {
        let n = v.index() + 1;
        if self.types.len() < n {
            self.types.resize(n, None);
            self.defined.resize(n, false);
        }
        if std::mem::replace(&mut self.defined[v.index()], true) {
            return l.fail(format!("{v} is defined twice"));
        }
        match ty {
            Res::Is(t) => self.types[v.index()] = Some(t),
            Res::As(other) => self.same.push((v, other, l.no)),
        }
        Ok(())
    }

    fn line(&mut self, l: &mut Line<'_>) -> Result<()> {
        let first = l.rest.split([':', ' ', '(']).next().unwrap_or("");
        let declares = l.rest[first.len()..].starts_with(':');
        if l.rest.ends_with(':') && numbered(first, 'b').is_some() {
            return self.block(l);
        }
        if declares && numbered(first, 's').is_some() {
            return self.slot(l);
        }
        if declares && numbered(first, 'x').is_some() {
            return self.var(l);
        }
        if self.ended {
            return l.fail("a block must begin here");
        }
        let at = self.func.blocks.len() - 1;
        if let Some(term) = self.term(l)? {
            l.end()?;
            term.clone().map_values(|v| {
                self.uses.push((v, l.no));
                v
            });
            match &term {
                Term::Jump(e) => self.edges.push((e.clone(), l.no)),
                Term::Brif(_, a, b) => {
                    self.edges.extend([(a.clone(), l.no), (b.clone(), l.no)]);
                }
                // The frame's address, or nothing, is passed by the runtime.
                t => t.for_each_edge(|b| {
                    self.edges.push((Edge { to: b, args: vec![Value(u32::MAX)] }, l.no));
                }),
            }
            self.func.blocks[at].term = term;
            self.ended = true;
            return Ok(());
        }
        let results = l.values()?;
        if !results.is_empty() {
            l.expect("=")?;
        }
        let (op, types) = self.op(l)?;
        l.end()?;
        if results.len() != types.len() {
            return l.fail(format!("there are {} results, not {}", types.len(), results.len()));
        }
        if results.windows(2).any(|w| w[0].0 + 1 != w[1].0) {
            return l.fail("results have consecutive numbers");
        }
        op.for_each_value(|v| self.uses.push((v, l.no)));
        for (&v, ty) in results.iter().zip(types) {
            self.define(v, ty, l)?;
        }
        let result = results.first().copied().unwrap_or(Value(0));
        let data = InstData { op, result, results: results.len() as u32, loc: Loc(0) };
        self.func.blocks[at].insts.push(Inst(self.func.insts.len() as u32));
        self.func.insts.push(data);
        Ok(())
    }

    /// `b1(v3: i64, v4: i8) cold:`
    fn block(&mut self, l: &mut Line<'_>) -> Result<()> {
        if !self.ended {
            return l.fail("the block before has no end");
        }
        let b = l.block()?;
        if b.index() != self.func.blocks.len() {
            return l.fail(format!("{b} is not the next block"));
        }
        let mut params = Vec::new();
        if l.eat("(") {
            while !l.eat(")") {
                let v = l.value()?;
                l.expect(":")?;
                let ty = l.parsed("type")?;
                self.define(v, Res::Is(ty), l)?;
                params.push(v);
                l.eat(",");
            }
        }
        let cold = l.eat("cold");
        l.expect(":")?;
        l.end()?;
        self.func.blocks.push(BlockData {
            params,
            insts: Vec::new(),
            term: Term::None,
            term_loc: Loc(0),
            cold,
        });
        self.ended = false;
        Ok(())
    }

    /// `s0: 16 bytes, align 8`
    fn slot(&mut self, l: &mut Line<'_>) -> Result<()> {
        if l.id('s')? as usize != self.func.slots.len() {
            return l.fail("it is not the next slot");
        }
        l.expect(":")?;
        let size = l.parsed("size")?;
        l.expect("bytes, align ")?;
        let align = l.parsed("alignment")?;
        let object = l.eat(", object");
        self.func.slots.push(SlotData { size, align, object });
        l.end()
    }

    /// `x0: i64`
    fn var(&mut self, l: &mut Line<'_>) -> Result<()> {
        if l.id('x')? as usize != self.func.vars.len() {
            return l.fail("it is not the next variable");
        }
        l.expect(":")?;
        let ty = l.parsed("type")?;
        self.func.vars.push(ty);
        l.end()
    }

    fn term(&mut self, l: &mut Line<'_>) -> Result<Option<Term>> {
        let before = l.rest;
        Ok(Some(match l.word(&[]) {
            "<not" => {
                l.expect("ended>")?;
                Term::None
            }
            "jump" => Term::Jump(l.edge()?),
            "brif" => Term::Brif(l.value()?, l.edge()?, l.edge()?),
            "switch" => {
                let v = l.value()?;
                let mut cases = Vec::new();
                while !l.eat("default:") {
                    let n = l.parsed("number")?;
                    l.expect(":")?;
                    cases.push((n, l.block()?));
                }
                Term::Switch(v, cases, l.block()?)
            }
            "return" => Term::Return(l.values()?),
            "tailcall" if l.at_value() => {
                Term::TailCallIndirect(l.value()?, Box::new(l.sig()?), l.args()?)
            }
            "tailcall" => Term::TailCall(l.symbol()?, Box::new(l.sig()?), l.args()?),
            "deferenter" => {
                let (v, a) = (l.value()?, l.block()?);
                l.expect("pad")?;
                Term::DeferEnter(v, a, l.block()?)
            }
            "unreachable" => Term::Unreachable,
            _ => {
                l.rest = before;
                return Ok(None);
            }
        }))
    }

    /// An instruction, and the types of its results.
    fn op(&mut self, l: &mut Line<'_>) -> Result<(Op, Vec<Res>)> {
        let word = l.word(&[]);
        let (word, atomic) = match word.strip_prefix("atomic.") {
            Some(rest) => (rest, true),
            None => (word, false),
        };
        let mut parts = word.split('.');
        let op = parts.next().unwrap_or("");
        let mut ty = None;
        let mut flags = MemFlags::TRAP;
        for part in parts {
            match part {
                "notrap" => flags.notrap = true,
                "readonly" => flags.readonly = true,
                "const" => (flags.notrap, flags.readonly) = (true, true),
                "wb" => flags.barrier = true,
                _ => match part.parse() {
                    Ok(t) => ty = Some(t),
                    Err(()) => return l.fail(format!("{part:?} is no type")),
                },
            }
        }
        if atomic {
            return self.atomic(op, ty, l);
        }
        let typed = |l: &Line<'_>| match ty {
            Some(t) => Ok(vec![Res::Is(t)]),
            None => l.fail(format!("{op} needs a type")),
        };
        let is = |t| vec![Res::Is(t)];
        Ok(match op {
            "iconst" => (Op::Iconst(l.parsed("number")?), typed(l)?),
            "fconst" => {
                let word = l.word(&[]);
                let bits = word.strip_prefix("0x").and_then(|h| u64::from_str_radix(h, 16).ok());
                match bits {
                    Some(bits) => (Op::Fconst(bits), typed(l)?),
                    None => return l.fail(format!("{word:?} is not hexadecimal")),
                }
            }
            "icmp" | "fcmp" => {
                let cc = l.word(&[]);
                let (a, b) = (l.value()?, l.value()?);
                let op = match op {
                    "icmp" => by_name(&INT_CCS, cc).map(|cc| Op::Icmp(cc, a, b)),
                    _ => by_name(&FLOAT_CCS, cc).map(|cc| Op::Fcmp(cc, a, b)),
                };
                match op {
                    Some(op) => (op, is(Ty::I8)),
                    None => return l.fail(format!("{cc:?} is no condition")),
                }
            }
            "select" => {
                let (c, a, b) = (l.value()?, l.value()?, l.value()?);
                (Op::Select(c, a, b), vec![Res::As(a)])
            }
            "load" => {
                let (a, offset) = l.address()?;
                (Op::Load(a, offset, flags), typed(l)?)
            }
            "store" => {
                let v = l.value()?;
                let (a, offset) = l.address()?;
                (Op::Store(v, a, offset, flags), vec![])
            }
            "nilcheck" => (Op::NilCheck(l.value()?), vec![]),
            "slot" => {
                let slot = self.slot_name(l)?;
                (Op::SlotAddr(slot, l.parsed("offset")?), is(Ty::PTR))
            }
            "reload" => (Op::Reload(self.slot_name(l)?), typed(l)?),
            "symbol" => {
                let (name, offset) = self.symbol_and_offset(l)?;
                (Op::SymAddr(name, offset), is(Ty::PTR))
            }
            "call" => {
                let callee = if l.at_value() { Err(l.value()?) } else { Ok(l.symbol()?) };
                let sig = Box::new(l.sig()?);
                let types = sig.results.iter().map(|t| Res::Is(*t)).collect();
                let args = l.args()?;
                match callee {
                    Ok(symbol) => (Op::Call(symbol, sig, args), types),
                    Err(v) => (Op::CallIndirect(v, sig, args), types),
                }
            }
            "memcopy" => (Op::MemCopy(l.value()?, l.value()?, l.parsed("size")?), vec![]),
            "memzero" => (Op::MemZero(l.value()?, l.parsed("size")?), vec![]),
            "loadg" => (Op::LoadG(l.parsed("offset")?), typed(l)?),
            "storeg" => {
                let v = l.value()?;
                (Op::StoreG(l.parsed("offset")?, v), vec![])
            }
            "getg" => (Op::GetG, is(Ty::PTR)),
            "callersp" => (Op::CallerSp, is(Ty::PTR)),
            "returnaddress" => (Op::ReturnAddress, is(Ty::PTR)),
            "get" => {
                let (v, ty) = self.variable(l)?;
                (Op::Get(v), is(ty))
            }
            "set" => {
                let (v, _) = self.variable(l)?;
                (Op::Set(v, l.value()?), vec![])
            }
            _ => return self.arithmetic(op, ty, l),
        })
    }

    fn arithmetic(&mut self, op: &str, ty: Option<Ty>, l: &mut Line<'_>) -> Result<(Op, Vec<Res>)> {
        // A cast has its type written: `trunc.i8` is one, `trunc` rounds.
        if let (Some(ty), Some(cast)) = (ty, by_name(&CASTS, op)) {
            return Ok((Op::Cast(cast, l.value()?), vec![Res::Is(ty)]));
        }
        if let Some(op) = by_name(&UN_OPS, op) {
            let a = l.value()?;
            return Ok((Op::Unary(op, a), vec![Res::As(a)]));
        }
        if let Some(op) = by_name(&BIN_OPS, op) {
            let (a, b) = (l.value()?, l.value()?);
            return Ok((Op::Binary(op, a, b), vec![Res::As(a)]));
        }
        l.fail(format!("{op:?} is no instruction"))
    }

    fn atomic(&mut self, op: &str, ty: Option<Ty>, l: &mut Line<'_>) -> Result<(Op, Vec<Res>)> {
        let a = l.value()?;
        Ok(match (op, ty) {
            ("load", Some(ty)) => (Op::AtomicLoad(a), vec![Res::Is(ty)]),
            ("store", _) => (Op::AtomicStore(a, l.value()?), vec![]),
            ("cas", _) => {
                let (e, n) = (l.value()?, l.value()?);
                (Op::AtomicCas(a, e, n), vec![Res::As(e)])
            }
            _ => match by_name(&ATOMIC_OPS, op) {
                Some(op) => {
                    let v = l.value()?;
                    (Op::AtomicRmw(op, a, v), vec![Res::As(v)])
                }
                None => return l.fail(format!("\"atomic.{op}\" is no instruction")),
            },
        })
    }

    fn slot_name(&self, l: &mut Line<'_>) -> Result<Slot> {
        let slot = Slot(l.id('s')?);
        if slot.index() >= self.func.slots.len() {
            return l.fail("there is no such slot");
        }
        Ok(slot)
    }

    fn variable(&self, l: &mut Line<'_>) -> Result<(Var, Ty)> {
        let v = Var(l.id('x')?);
        match self.func.vars.get(v.index()) {
            Some(ty) => Ok((v, *ty)),
            None => l.fail(format!("there is no variable x{}", v.0)),
        }
    }

    /// `main.x+8`: the offset is always there.
    fn symbol_and_offset(&self, l: &mut Line<'_>) -> Result<(Symbol, i64)> {
        l.rest = l.rest.trim_start();
        if l.rest.starts_with('"') {
            let symbol = l.quoted()?;
            return Ok((symbol, l.parsed("offset")?));
        }
        let word = l.word(&[]);
        let at = word.rfind(['+', '-']).unwrap_or(0);
        match word[at..].parse() {
            Ok(offset) if at > 0 => Ok((Symbol::new(&word[..at]), offset)),
            _ => l.fail("the symbol has no offset"),
        }
    }

    /// At the closing brace: finds the types that are left, and looks whether everything is there.
    fn finish(&mut self, line: usize) -> Result<()> {
        let fail = |line, msg: String| Err(ParseError { line, msg });
        if !self.ended {
            return fail(line, "the last block has no end".into());
        }
        let Some(entry) = self.func.blocks.first() else {
            return fail(line, "the function has no blocks".into());
        };
        for &(v, line) in &self.uses {
            if !self.defined.get(v.index()).is_some_and(|d| *d) {
                return fail(line, format!("{v} is not defined"));
            }
        }
        let mut same = std::mem::take(&mut self.same);
        while !same.is_empty() {
            let before = same.len();
            same.retain(|&(v, other, _)| {
                let ty = self.types[other.index()];
                self.types[v.index()] = ty;
                ty.is_none()
            });
            if same.len() == before {
                let (v, _, line) = same[0];
                return fail(line, format!("the type of {v} can't be known"));
            }
        }
        let types = |list: &[Value]| list.iter().map(|v| self.types[v.index()]).collect::<Vec<_>>();
        if types(&entry.params)
            != self.func.sig.params.iter().copied().map(Some).collect::<Vec<_>>()
        {
            return fail(line, "the entry's parameters aren't the function's".into());
        }
        for (e, line) in &self.edges {
            let Some(to) = self.func.blocks.get(e.to.index()) else {
                return fail(*line, format!("there is no block {}", e.to));
            };
            let implied = e.args == [Value(u32::MAX)];
            if !implied && types(&e.args) != types(&to.params) {
                return fail(*line, format!("{} has other parameters", e.to));
            }
        }
        // Numbers that nothing has are of values that are gone.
        self.func.values = self.types.iter().map(|t| t.unwrap_or(Ty::I64)).collect();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of everything; types by operands come before their definitions, too.
    const ALL: &str = r#"func main.(*T[go.shape.int]).all sysv(i64 f64 i8) -> i64 f32 nosplit noparams {
    s0: 24 bytes, align 8, object
    x0: i32
b0(v0: i64, v1: f64, v2: i8):
    v4 = iconst.i32 -7
    set x0 v4
    v5 = get x0
    v6 = fconst.f32 0x3fc00000
    v7 = ctz v5
    v8 = fcopysign v1 v1
    v9 = icmp sge v4 v7
    v10 = fcmp ge v8 v1
    v11 = trunc.i8 v0
    v12 = trunc v6
    v13 = ftosint.i64 v1
    v14 = select v9 v11 v2
    v15 = reload.f64 s0
    v16 = load.f32 v0-8
    v17 = load.i64.const v0+16
    v18 = load.i8.readonly v0
    v19 = load.i64.notrap v0
    store.i64.notrap.wb v19 v0+32
    store.f64 v1 v0
    nilcheck v0
    v20 = slot s0+8
    v21 = symbol main.x+y+3
    v22 = symbol "type:struct { A \"x\" }"-1
    v23 v24 = call main.two (i64) -> i64 f32 (v22)
    call "v1" sysv() ()
    v25 = call v23 (i8 i64) -> i16 (v14 v0)
    memcopy v20 v0 24
    memzero v20 24
    v26 = loadg.i64 16
    storeg v26 16
    v27 = getg
    v28 = callersp
    v29 = returnaddress
    v30 = atomic.xchg v0 v19
    v31 = atomic.cas v0 v4 v5
    v32 = atomic.load.i64 v0
    atomic.store v32 v0
    brif v10 b1(v33) b2
b1(v34: i16):
    switch v17 0:b3 18446744073709551615:b4 default:b5
b2:
    v33 = iadd v25 v25
    jump b1(v33)
b3:
    tailcall main.two (i64) -> i64 f32 (v0)
b4:
    tailcall v0 (i64) -> i64 f32 (v0)
b5:
    deferenter v20 b6 pad b7
b6:
    return v0 v24
b7(v35: i64) cold:
    unreachable
}
"#;

    #[test]
    fn everything_survives() {
        let funcs = parse(ALL).unwrap();
        assert_eq!(funcs[0].to_string(), ALL);
        let f = &funcs[0];
        assert_eq!(f.name.as_str(), "main.(*T[go.shape.int]).all");
        let types = [14, 15, 33, 31, 12].map(|v| f.ty(Value(v)));
        assert_eq!(types, [Ty::I8, Ty::F64, Ty::I16, Ty::I32, Ty::F32]);
    }

    #[test]
    fn errors_have_lines() {
        let with = |body: &str| parse(&format!("func f(i64) {{\nb0(v0: i64):\n{body}\n}}\n"));
        for (body, want) in [
            ("v1 = iadd v0 v7\nreturn", "line 3: v7 is not defined"),
            ("v0 = getg\nreturn", "line 3: v0 is defined twice"),
            ("v1 = frobnicate v0", "line 3: \"frobnicate\" is no instruction"),
            ("v1 = load v0", "line 3: load needs a type"),
            ("v1 = load.i7 v0", "line 3: \"i7\" is no type"),
            ("v1 = icmp gt v0 v0", "line 3: \"gt\" is no condition"),
            ("v1 = iconst.i8 x", "line 3: \"x\" is no number"),
            ("v1 v3 = call g () -> i8 i8 ()", "line 3: results have consecutive numbers"),
            ("v1 = call g () -> i8 i8 ()", "line 3: there are 2 results, not 1"),
            ("v1 = slot s0+0", "line 3: there is no such slot"),
            ("v1 = get x0", "line 3: there is no variable x0"),
            ("nilcheck v0 v0", "line 3: \"v0\" is too much"),
            ("nilcheck", "line 3: \"\" is not v with a number"),
            ("v1 = symbol main.x", "line 3: the symbol has no offset"),
            ("v1 = symbol \"x+1", "line 3: the name doesn't end"),
            ("jump b1", "line 3: there is no block b1"),
            ("jump b0", "line 3: b0 has other parameters"),
            ("v1 = getg", "line 4: the last block has no end"),
            ("b1:", "line 3: the block before has no end"),
            ("return\nreturn", "line 4: a block must begin here"),
            ("return\nb2:", "line 4: b2 is not the next block"),
            ("v1 = bnot v2\nv2 = bnot v1\nreturn", "line 3: the type of v1 can't be known"),
        ] {
            assert_eq!(with(body).map(drop).unwrap_err().to_string(), want, "{body}");
        }
        for (text, want) in [
            ("func f() {\nb0:\n return", "line 3: the function doesn't end"),
            ("\nfun", "line 2: expected \"func \" before \"fun\""),
            ("func f() fast {\n}", "line 1: \"fast\" is no property of a function"),
            (
                "func f(i8) {\nb0:\n return\n}",
                "line 4: the entry's parameters aren't the function's",
            ),
            ("func f() {\n}", "line 2: the function has no blocks"),
        ] {
            assert_eq!(parse(text).map(drop).unwrap_err().to_string(), want, "{text}");
        }
    }
}
