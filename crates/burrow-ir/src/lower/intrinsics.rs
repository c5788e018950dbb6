//! Functions of the standard library that the compiler knows: atomics, bit operations, square roots, addresses of code.
//!
//! Source: `cmd/compile/internal/ssagen/intrinsics.go` for the names; `stdlib-surface.md` 1.3 for which of them have no
//! usable body.

use burrow_types::ObjId;

use super::call::Target;
use super::func::FnCx;
use super::value::Owned;
use crate::ir::{AtomicOp, BinOp, Cast, IntCC, MemFlags, Op, Ty, UnOp, Value};

impl<'p, 'a> FnCx<'p, 'a> {
    /// The results of a call of `f`, if the compiler knows it.
    pub(super) fn intrinsic(
        &mut self,
        f: ObjId,
        target: &Target,
        vals: &[Owned],
    ) -> Option<Vec<Owned>> {
        let o = self.p.u.obj(f);
        let pkg = self.p.u.pkg(o.pkg?).path.as_str();
        let name = o.name.as_str();
        let is_method = self.p.receiver_type(f).is_some();
        if is_method {
            return None;
        }
        let one = |v: Value| Some(vec![Owned::flat(vec![v])]);
        match pkg {
            "internal/runtime/atomic" | "sync/atomic" => self.atomic(name, target, vals),
            "internal/abi" => match name {
                "FuncPCABI0" | "FuncPCABIInternal" => {
                    // The argument is an interface that holds a func value.
                    let f = vals[0].at(1);
                    let v = self.load(Ty::I64, f, 0, MemFlags::TRAP);
                    one(v)
                }
                "EscapeNonString" => Some(Vec::new()),
                _ => None,
            },
            "internal/runtime/sys" => match name {
                "GetCallerPC" => {
                    let v = self.inst(Op::ReturnAddress, Ty::I64);
                    one(v)
                }
                "GetCallerSP" => {
                    let v = self.inst(Op::CallerSp, Ty::I64);
                    one(v)
                }
                "GetClosurePtr" => {
                    let v = self.inst(Op::LoadG(crate::abi::g::CTX), Ty::I64);
                    one(v)
                }
                "Prefetch" | "PrefetchStreamed" => Some(Vec::new()),
                _ => self.bits(name, vals),
            },
            "math/bits" => self.bits(name, vals),
            "math" => self.math(name, vals),
            "runtime" => match name {
                "getg" => {
                    let v = self.inst(Op::GetG, Ty::I64);
                    one(v)
                }
                "KeepAlive" => {
                    // A call that nobody sees into: a store to the frame would be left out.
                    self.runtime_call("keepAlive", &[vals[0].at(1)]);
                    Some(Vec::new())
                }
                _ => None,
            },
            "crypto/internal/constanttime" if name == "boolToUint8" => one(vals[0].one()),
            _ => None,
        }
    }

    fn atomic(&mut self, name: &str, target: &Target, vals: &[Owned]) -> Option<Vec<Owned>> {
        let result = target.sig.results.first().map(|&t| self.layout(t));
        let p = vals.first()?.one();
        let one = |v: Value| Some(vec![Owned::flat(vec![v])]);
        if matches!(name, "StorePointer" | "SwapPointer" | "CompareAndSwapPointer")
            || matches!(name, "storePointer" | "casPointer" | "Casp1")
        {
            // The collector wants to know what is overwritten: functions of the image.
            return None;
        }
        let starts = |prefix: &str| name.starts_with(prefix);
        if starts("Load") {
            let ty = result?.scalars.as_ref()?[0].ty;
            let v = self.inst(Op::AtomicLoad(p), ty);
            return one(v);
        }
        if starts("Store") {
            self.effect(Op::AtomicStore(vals[1].one(), p));
            return Some(Vec::new());
        }
        if starts("Swap") || starts("Xchg") {
            let v = vals[1].one();
            let ty = self.f.ty(v);
            let v = self.inst(Op::AtomicRmw(AtomicOp::Xchg, p, v), ty);
            return one(v);
        }
        if starts("CompareAndSwap") || starts("Cas") {
            let (old, new) = (vals[1].one(), vals[2].one());
            let ty = self.f.ty(old);
            let was = self.inst(Op::AtomicCas(p, old, new), ty);
            let ok = self.icmp(IntCC::Eq, was, old);
            return one(ok);
        }
        if starts("Add") || starts("Xadd") {
            let d = vals[1].one();
            let ty = self.f.ty(d);
            let was = self.inst(Op::AtomicRmw(AtomicOp::Add, p, d), ty);
            let v = self.bin(BinOp::Iadd, was, d);
            return one(v);
        }
        let op = match name {
            _ if starts("And") => AtomicOp::And,
            _ if starts("Or") => AtomicOp::Or,
            _ => return None,
        };
        let d = vals[1].one();
        let ty = self.f.ty(d);
        let was = self.inst(Op::AtomicRmw(op, p, d), ty);
        if result.is_some() { one(was) } else { Some(Vec::new()) }
    }

    fn bits(&mut self, name: &str, vals: &[Owned]) -> Option<Vec<Owned>> {
        let x = vals.first()?.one();
        let ty = self.f.ty(x);
        let one = |v: Value| Some(vec![Owned::flat(vec![v])]);
        match name {
            "TrailingZeros" | "TrailingZeros8" | "TrailingZeros16" | "TrailingZeros32"
            | "TrailingZeros64" => {
                let n = self.un(UnOp::Ctz, x);
                let v = self.int_cast(n, Ty::I64, false);
                one(v)
            }
            "LeadingZeros" | "LeadingZeros8" | "LeadingZeros16" | "LeadingZeros32"
            | "LeadingZeros64" => {
                let n = self.un(UnOp::Clz, x);
                let v = self.int_cast(n, Ty::I64, false);
                one(v)
            }
            "Len" | "Len8" | "Len16" | "Len32" | "Len64" => {
                let n = self.un(UnOp::Clz, x);
                let n = self.int_cast(n, Ty::I64, false);
                let bits = self.iconst(i64::from(ty.bits()));
                let v = self.bin(BinOp::Isub, bits, n);
                one(v)
            }
            "OnesCount" | "OnesCount8" | "OnesCount16" | "OnesCount32" | "OnesCount64" => {
                let n = self.un(UnOp::Popcnt, x);
                let v = self.int_cast(n, Ty::I64, false);
                one(v)
            }
            "ReverseBytes16" | "ReverseBytes32" | "ReverseBytes64" | "ReverseBytes" | "Bswap32"
            | "Bswap64" => {
                let v = self.un(UnOp::Bswap, x);
                one(v)
            }
            "RotateLeft" | "RotateLeft8" | "RotateLeft16" | "RotateLeft32" | "RotateLeft64" => {
                let n = self.int_cast(vals[1].one(), ty, false);
                let mask = self.iconst_ty(ty, i64::from(ty.bits()) - 1);
                let n = self.bin(BinOp::And, n, mask);
                let v = self.bin(BinOp::Rotl, x, n);
                one(v)
            }
            "Mul64" | "Mul" => {
                let y = vals[1].one();
                let hi = self.bin(BinOp::Umulhi, x, y);
                let lo = self.bin(BinOp::Imul, x, y);
                Some(vec![Owned::flat(vec![hi]), Owned::flat(vec![lo])])
            }
            "Add64" | "Add" => {
                let (y, carry) = (vals[1].one(), vals[2].one());
                let s = self.bin(BinOp::Iadd, x, y);
                let c1 = self.icmp(IntCC::Ult, s, x);
                let sum = self.bin(BinOp::Iadd, s, carry);
                let c2 = self.icmp(IntCC::Ult, sum, s);
                let c = self.bin(BinOp::Or, c1, c2);
                let c = self.int_cast(c, Ty::I64, false);
                Some(vec![Owned::flat(vec![sum]), Owned::flat(vec![c])])
            }
            "Sub64" | "Sub" => {
                let (y, borrow) = (vals[1].one(), vals[2].one());
                let d = self.bin(BinOp::Isub, x, y);
                let b1 = self.icmp(IntCC::Ult, x, y);
                let diff = self.bin(BinOp::Isub, d, borrow);
                let b2 = self.icmp(IntCC::Ult, d, borrow);
                let b = self.bin(BinOp::Or, b1, b2);
                let b = self.int_cast(b, Ty::I64, false);
                Some(vec![Owned::flat(vec![diff]), Owned::flat(vec![b])])
            }
            _ => None,
        }
    }

    fn math(&mut self, name: &str, vals: &[Owned]) -> Option<Vec<Owned>> {
        let x = vals.first()?.one();
        let one = |v: Value| Some(vec![Owned::flat(vec![v])]);
        let op = match name {
            "Float64bits" => {
                let v = self.cast(Cast::Bitcast, Ty::I64, x);
                return one(v);
            }
            "Float64frombits" => {
                let v = self.cast(Cast::Bitcast, Ty::F64, x);
                return one(v);
            }
            "Float32bits" => {
                let v = self.cast(Cast::Bitcast, Ty::I32, x);
                return one(v);
            }
            "Float32frombits" => {
                let v = self.cast(Cast::Bitcast, Ty::F32, x);
                return one(v);
            }
            "Copysign" => {
                let v = self.bin(BinOp::Fcopysign, x, vals[1].one());
                return one(v);
            }
            "Sqrt" | "sqrt" => UnOp::Sqrt,
            "Floor" | "floor" => UnOp::Floor,
            "Ceil" | "ceil" => UnOp::Ceil,
            "Trunc" | "trunc" => UnOp::Trunc,
            "RoundToEven" => UnOp::Nearest,
            "Abs" => UnOp::Fabs,
            _ => return None,
        };
        let v = self.un(op, x);
        one(v)
    }
}
