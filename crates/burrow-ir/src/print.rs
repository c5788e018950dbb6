//! The text form of a function; `parse.rs` reads it.
//!
//! ```text
//! func main.f(i64 i64) -> i64 {
//! b0(v0: i64, v1: i64):
//!     v2 = iadd v0 v1
//!     store.i64 v2 v0+8
//!     jump b1(v2)
//! b1(v3: i64):
//!     return v3
//! }
//! ```
//!
//! Names with blanks or quotes, and such as could be taken for values, are in quotes.

use std::fmt::{self, Display, Write};

use burrow_syntax::Symbol;

use crate::ir::{Block, Conv, Edge, Func, MemFlags, Op, Sig, Term, Ty, Value, func_flags};

/// The words for a function's flags.
pub(crate) const FLAG_NAMES: [(u32, &str); 5] = [
    (func_flags::WRAPPER, "wrapper"),
    (func_flags::NOSPLIT, "nosplit"),
    (func_flags::DEFER, "defer"),
    (func_flags::NO_PARAMS, "noparams"),
    (func_flags::NOINLINE, "noinline"),
];

impl Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ty::I8 => "i8",
            Ty::I16 => "i16",
            Ty::I32 => "i32",
            Ty::I64 => "i64",
            Ty::F32 => "f32",
            Ty::F64 => "f64",
        })
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", self.0)
    }
}

impl Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.args.is_empty() {
            return write!(f, "{}", self.to);
        }
        write!(f, "{}({})", self.to, list(&self.args))
    }
}

impl Display for Sig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.conv == Conv::SystemV {
            f.write_str("sysv")?;
        }
        write!(f, "({})", list(&self.params))?;
        if !self.results.is_empty() {
            write!(f, " -> {}", list(&self.results))?;
        }
        Ok(())
    }
}

fn list<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

fn address(v: Value, offset: i32) -> String {
    if offset == 0 { v.to_string() } else { format!("{v}{offset:+}") }
}

fn flags(m: MemFlags) -> String {
    let access = match (m.notrap, m.readonly) {
        (false, false) => "",
        (true, false) => ".notrap",
        (false, true) => ".readonly",
        (true, true) => ".const",
    };
    format!("{access}{}", if m.barrier { ".wb" } else { "" })
}

/// A symbol as it is, or in quotes.
fn symbol(s: Symbol) -> String {
    let text = s.as_str();
    let odd = |c: char| c.is_whitespace() || c == '"';
    let number = text.strip_prefix('v').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    if number || text.is_empty() || text.contains(odd) {
        return format!("{text:?}");
    }
    text.into()
}

/// Lower-case name of an operator of the IR's enums.
pub(crate) fn name(op: impl fmt::Debug) -> String {
    format!("{op:?}").to_lowercase()
}

impl Func {
    fn op_text(&self, op: &Op, ty: Option<Ty>) -> String {
        let ty = ty.map_or(String::new(), |t| format!(".{t}"));
        match op {
            Op::Iconst(n) => format!("iconst{ty} {n}"),
            Op::Fconst(bits) => format!("fconst{ty} {bits:#x}"),
            Op::Unary(op, a) => format!("{} {a}", name(op)),
            Op::Binary(op, a, b) => format!("{} {a} {b}", name(op)),
            Op::Icmp(cc, a, b) => format!("icmp {} {a} {b}", name(cc)),
            Op::Fcmp(cc, a, b) => format!("fcmp {} {a} {b}", name(cc)),
            Op::Cast(c, a) => format!("{}{ty} {a}", name(c)),
            Op::Select(c, a, b) => format!("select {c} {a} {b}"),
            Op::Load(a, o, m) => format!("load{ty}{} {}", flags(*m), address(*a, *o)),
            Op::Store(v, a, o, m) => {
                format!("store.{}{} {v} {}", self.ty(*v), flags(*m), address(*a, *o))
            }
            Op::NilCheck(a) => format!("nilcheck {a}"),
            Op::Reload(s) => format!("reload{ty} s{}", s.0),
            Op::SlotAddr(s, o) => format!("slot s{}{o:+}", s.0),
            Op::SymAddr(s, o) => format!("symbol {}{o:+}", symbol(*s)),
            Op::Call(s, sig, args) => format!("call {} {sig} ({})", symbol(*s), list(args)),
            Op::CallIndirect(c, sig, args) => format!("call {c} {sig} ({})", list(args)),
            Op::MemCopy(d, s, n) => format!("memcopy {d} {s} {n}"),
            Op::MemZero(d, n) => format!("memzero {d} {n}"),
            Op::LoadG(o) => format!("loadg{ty} {o}"),
            Op::StoreG(o, v) => format!("storeg {v} {o}"),
            Op::GetG => "getg".into(),
            Op::CallerSp => "callersp".into(),
            Op::ReturnAddress => "returnaddress".into(),
            Op::AtomicRmw(op, a, v) => format!("atomic.{} {a} {v}", name(op)),
            Op::AtomicCas(a, e, n) => format!("atomic.cas {a} {e} {n}"),
            Op::AtomicLoad(a) => format!("atomic.load{ty} {a}"),
            Op::AtomicStore(v, a) => format!("atomic.store {v} {a}"),
            Op::Get(v) => format!("get x{}", v.0),
            Op::Set(v, a) => format!("set x{} {a}", v.0),
        }
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::None => f.write_str("<not ended>"),
            Term::Jump(e) => write!(f, "jump {e}"),
            Term::Brif(c, a, b) => write!(f, "brif {c} {a} {b}"),
            Term::Switch(v, cases, default) => {
                write!(f, "switch {v}")?;
                for (n, b) in cases {
                    write!(f, " {n}:{b}")?;
                }
                write!(f, " default:{default}")
            }
            Term::Return(vs) if vs.is_empty() => f.write_str("return"),
            Term::Return(vs) => write!(f, "return {}", list(vs)),
            Term::TailCall(s, sig, args) => {
                write!(f, "tailcall {} {sig} ({})", symbol(*s), list(args))
            }
            Term::TailCallIndirect(c, sig, args) => {
                write!(f, "tailcall {c} {sig} ({})", list(args))
            }
            Term::DeferEnter(v, a, b) => write!(f, "deferenter {v} {a} pad {b}"),
            Term::Unreachable => f.write_str("unreachable"),
        }
    }
}

impl Display for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.sig.conv == Conv::SystemV { " " } else { "" };
        write!(f, "func {}{space}{}", symbol(self.name), self.sig)?;
        for (bit, word) in FLAG_NAMES {
            if self.flags & bit != 0 {
                write!(f, " {word}")?;
            }
        }
        writeln!(f, " {{")?;
        for (i, s) in self.slots.iter().enumerate() {
            let object = if s.object { ", object" } else { "" };
            writeln!(f, "    s{i}: {} bytes, align {}{object}", s.size, s.align)?;
        }
        for (i, ty) in self.vars.iter().enumerate() {
            writeln!(f, "    x{i}: {ty}")?;
        }
        for (i, b) in self.blocks.iter().enumerate() {
            write!(f, "b{i}")?;
            if !b.params.is_empty() {
                let params: Vec<String> =
                    b.params.iter().map(|p| format!("{p}: {}", self.ty(*p))).collect();
                write!(f, "({})", params.join(", "))?;
            }
            writeln!(f, "{}:", if b.cold { " cold" } else { "" })?;
            for inst in &b.insts {
                let d = &self.insts[inst.index()];
                let mut line = String::new();
                for k in 0..d.results {
                    write!(line, "{}v{}", if k > 0 { " " } else { "" }, d.result.0 + k)?;
                }
                if d.results > 0 {
                    line.push_str(" = ");
                }
                let ty = (d.results == 1).then(|| self.ty(d.result));
                writeln!(f, "    {line}{}", self.op_text(&d.op, ty))?;
            }
            writeln!(f, "    {}", b.term)?;
        }
        writeln!(f, "}}")
    }
}
