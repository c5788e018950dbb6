//! Constants: which values a type can represent, and overflow.

use crate::check::Checker;
use crate::constant::{Constant, Kind};
use crate::errors::Code;
use crate::operand::Operand;
use crate::types::{BasicKind, TypeId, TypeKind};
use burrow_syntax::{BinaryOp, ExprKind, Pos, UnaryOp};

/// Untyped integer constants have at most so many bits.
const MAX_BITS: u64 = 512;
/// Bytes of a string at most. gc: the greatest symbol of its linker.
const MAX_STRING: u64 = 2_000_000_000;

fn round32(v: &Constant) -> Option<Constant> {
    let f = v.to_f32();
    f.is_finite().then(|| Constant::from_f64(f64::from(f)))
}

fn round64(v: &Constant) -> Option<Constant> {
    let f = v.to_f64();
    f.is_finite().then(|| Constant::from_f64(f))
}

/// The value as the type holds it, rounded if need be; `None` if it can't.
pub(crate) fn represent(x: &Constant, k: BasicKind) -> Option<Constant> {
    if x.is_unknown() {
        return Some(Constant::Unknown);
    }
    if k.is_integer() {
        let v = x.to_int();
        if v.kind() != Kind::Int {
            return None;
        }
        let signed = |bits: u32| {
            let i = v.to_i64()?;
            (bits == 64 || (-1i64 << (bits - 1) <= i && i < 1i64 << (bits - 1))).then_some(())
        };
        let unsigned = |bits: u32| {
            let i = v.to_u64()?;
            (bits == 64 || i < 1u64 << bits).then_some(())
        };
        match k {
            BasicKind::Int | BasicKind::Int64 => signed(64)?,
            BasicKind::Int8 => signed(8)?,
            BasicKind::Int16 => signed(16)?,
            BasicKind::Int32 => signed(32)?,
            BasicKind::Uint | BasicKind::Uint64 | BasicKind::Uintptr => unsigned(64)?,
            BasicKind::Uint8 => unsigned(8)?,
            BasicKind::Uint16 => unsigned(16)?,
            BasicKind::Uint32 => unsigned(32)?,
            _ => {}
        }
        return Some(v);
    }
    if k.is_float() {
        let v = x.to_float();
        if v.kind() != Kind::Float {
            return None;
        }
        return match k {
            BasicKind::Float32 => round32(&v),
            BasicKind::Float64 => round64(&v),
            _ => Some(v),
        };
    }
    if k.is_complex() {
        let v = x.to_complex();
        if v.kind() != Kind::Complex {
            return None;
        }
        let (re, im) = (v.real(), v.imag());
        return match k {
            BasicKind::Complex64 => Some(Constant::complex(round32(&re)?, round32(&im)?)),
            BasicKind::Complex128 => Some(Constant::complex(round64(&re)?, round64(&im)?)),
            _ => Some(v),
        };
    }
    if k.is_string() {
        return (x.kind() == Kind::String).then(|| x.clone());
    }
    if k.is_boolean() {
        return (x.kind() == Kind::Bool).then(|| x.clone());
    }
    None
}

impl Checker<'_> {
    /// The value of a constant operand in a basic type.
    pub(crate) fn representation(&mut self, x: &Operand, k: BasicKind) -> Result<Constant, Code> {
        if let Some(v) = represent(&x.val, k) {
            return Ok(v);
        }
        let u = self.u;
        if u.is_numeric(x.ty) && k.is_numeric() {
            return Err(if !u.is_integer(x.ty) && k.is_integer() {
                Code::TruncatedFloat
            } else {
                Code::NumericOverflow
            });
        }
        Err(Code::InvalidConstVal)
    }

    pub(crate) fn representable(&mut self, x: &mut Operand, t: TypeId) {
        let TypeKind::Basic(k, _) = self.u.under_kind(t) else { return };
        match self.representation(x, *k) {
            Ok(v) => x.val = v,
            Err(code) => {
                let t = self.u.under(t);
                self.invalid_conversion(code, x, t);
                x.invalidate();
            }
        }
    }

    pub(crate) fn invalid_conversion(&mut self, code: Code, x: &Operand, t: TypeId) {
        let (xs, ts) = (self.xstr(x), self.ts(t));
        let msg = match code {
            Code::TruncatedFloat => format!("{xs} truncated to {ts}"),
            Code::NumericOverflow => format!("{xs} overflows {ts}"),
            _ => format!("cannot convert {xs} to type {ts}"),
        };
        self.error(self.xpos(x), code, msg);
    }

    /// Reports a constant result that its type, or any untyped constant, can't hold.
    pub(crate) fn overflow(&mut self, x: &mut Operand, op_pos: Pos) {
        if x.val.is_unknown() {
            self.error(op_pos, Code::InvalidConstVal, "constant result is not representable");
            return;
        }
        if x.val.str_len() > MAX_STRING {
            let msg = format!(
                "constant string too long ({} bytes > {MAX_STRING} bytes)",
                x.val.str_len()
            );
            self.error(op_pos, Code::InvalidConstVal, msg);
            x.val = Constant::Unknown;
            return;
        }
        if self.u.is_typed(x.ty) {
            let t = self.u.under(x.ty);
            self.representable(x, t);
            return;
        }
        if x.val.kind() == Kind::Int && x.val.bit_len() > MAX_BITS {
            let op = x.expr_id().map_or("", |e| match self.kind(e) {
                ExprKind::Unary { op: UnaryOp::Compl, .. } => "bitwise complement ",
                ExprKind::Binary { op, .. } => match op {
                    BinaryOp::Add => "addition ",
                    BinaryOp::Sub => "subtraction ",
                    BinaryOp::Xor => "bitwise XOR ",
                    BinaryOp::Mul => "multiplication ",
                    BinaryOp::Shl => "shift ",
                    _ => "",
                },
                _ => "",
            });
            self.error(op_pos, Code::InvalidConstVal, format!("constant {op}overflow"));
            x.val = Constant::Unknown;
        }
    }
}
