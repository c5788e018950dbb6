//! Conversions `T(x)`.

use crate::check::Checker;
use crate::const_expr::represent;
use crate::constant::Constant;
use crate::errors::Code;
use crate::info::Mode;
use crate::operand::Operand;
use crate::types::{BasicKind, TypeId, TypeKind};
use crate::version::Version;

impl Checker<'_> {
    /// The value of a constant converted to a basic type; integers become strings, too.
    fn const_converted(&self, x: &Operand, t: TypeId) -> Option<Constant> {
        let TypeKind::Basic(k, _) = self.u.under_kind(t) else { return None };
        if let Some(v) = represent(&x.val, *k) {
            return Some(v);
        }
        if self.u.is_integer(x.ty) && k.is_string() {
            let c = x
                .val
                .to_int()
                .to_u64()
                .and_then(|v| u32::try_from(v).ok())
                .and_then(char::from_u32);
            return Some(Constant::string(c.unwrap_or('\u{FFFD}').encode_utf8(&mut [0; 4])));
        }
        None
    }

    pub(crate) fn conversion(&mut self, x: &mut Operand, t: TypeId) {
        let u = self.u;
        let const_arg = x.is_const();
        let mut cause = String::new();
        let mut ok = false;
        if const_arg && u.is_const_type(t) {
            match self.const_converted(x, t) {
                Some(v) => {
                    x.val = v;
                    ok = true;
                }
                None if u.is_integer(x.ty) && u.is_integer(t) => {
                    let msg = format!("constant {} overflows {}", x.val, self.ts(t));
                    self.error(self.xpos(x), Code::InvalidConversion, msg);
                    x.invalidate();
                    return;
                }
                None => {}
            }
        } else if const_arg && u.is_type_param(t) {
            match u.specific_types(t) {
                None => cause = format!("{} does not contain specific types", self.ts(t)),
                Some(terms) => {
                    ok = true;
                    for (_, tu) in terms {
                        if u.is_string(x.ty) && self.is_bytes_or_runes(tu) {
                            continue;
                        }
                        if self.const_converted(x, tu).is_none() {
                            cause = if u.is_integer(x.ty) && u.is_integer(tu) {
                                format!(
                                    "constant {} overflows {} (in {})",
                                    x.val,
                                    self.ts(tu),
                                    self.ts(t)
                                )
                            } else {
                                let s = self.xstr(x);
                                format!(
                                    "cannot convert {s} to type {} (in {})",
                                    self.ts(tu),
                                    self.ts(t)
                                )
                            };
                            ok = false;
                            break;
                        }
                    }
                }
            }
            x.mode = Mode::Value;
        } else if self.convertible(x, t, &mut cause) {
            ok = true;
            x.mode = Mode::Value;
        }
        if !ok {
            let mut msg = format!("cannot convert {} to type {}", self.xstr(x), self.ts(t));
            if !cause.is_empty() {
                msg.push_str(": ");
                msg.push_str(&cause);
            }
            self.error(self.xpos(x), Code::InvalidConversion, msg);
            x.invalidate();
            return;
        }
        if u.is_untyped(x.ty) {
            let mut last = t;
            if x.ty == TypeId::UNTYPED_NIL {
                // Keeps the target type.
            } else if u.is_non_type_param_interface(t) || const_arg && !u.is_const_type(t) {
                last = u.default_type(x.ty);
            } else if x.is_const() && u.is_integer(x.ty) && u.all_string(t) {
                last = x.ty;
            }
            self.update_type_of(x, last, true);
        }
        x.ty = t;
    }

    pub(crate) fn convertible(&mut self, x: &Operand, t: TypeId, cause: &mut String) -> bool {
        let u = self.u;
        if self.assignable(x, t, Some(cause)).is_ok() {
            return true;
        }
        let orig = t;
        let v = u.unalias(x.ty);
        let t = u.unalias(t);
        let (vu, tu) = (u.under(v), u.under(t));
        let (vp, tp) = (u.is_type_param(v), u.is_type_param(t));
        if u.identical_ignore_tags(vu, tu) && !vp && !tp {
            return true;
        }
        if let (TypeKind::Pointer(a), TypeKind::Pointer(b)) = (u.kind(v), u.kind(t))
            && u.identical_ignore_tags(u.under(*a), u.under(*b))
            && !u.is_type_param(*a)
            && !u.is_type_param(*b)
        {
            return true;
        }
        let real = |t| u.is_basic(t, |k: BasicKind| k.is_integer() || k.is_float());
        if real(vu) && real(tu) || u.is_complex(vu) && u.is_complex(tu) {
            return true;
        }
        if (u.is_integer(vu) || self.is_bytes_or_runes(vu)) && u.is_string(tu) {
            return true;
        }
        if u.is_string(vu) && self.is_bytes_or_runes(tu) {
            return true;
        }
        let addr = |t| self.is_pointer(t) || u.is_basic(t, |k| k == BasicKind::Uintptr);
        let unsafe_ptr = |t| u.is_basic(t, |k| k == BasicKind::UnsafePointer);
        if addr(vu) && unsafe_ptr(tu) || unsafe_ptr(vu) && addr(tu) {
            return true;
        }
        if let TypeKind::Slice(e) = u.kind(vu) {
            match u.kind(tu) {
                TypeKind::Array { elem, .. } if u.identical(*e, *elem) => {
                    if self.allow(Version::GO1_20) {
                        return true;
                    }
                    *cause = "conversion of slice to array requires go1.20 or later".into();
                    return false;
                }
                TypeKind::Pointer(a) => {
                    if let TypeKind::Array { elem, .. } = u.under_kind(*a)
                        && u.identical(*e, *elem)
                    {
                        if self.allow(Version::GO1_17) {
                            return true;
                        }
                        *cause =
                            "conversion of slice to array pointer requires go1.17 or later".into();
                        return false;
                    }
                }
                _ => {}
            }
        }
        if !vp && !tp {
            return false;
        }
        // With type parameters: all types of one must convert to all of the other.
        let from = if vp { u.specific_types(v) } else { Some(vec![(x.ty, vu)]) };
        let to = if tp { u.specific_types(t) } else { Some(vec![(t, tu)]) };
        let (Some(from), Some(to)) = (from, to) else { return false };
        let mut y = x.clone();
        for (f, _) in &from {
            y.ty = *f;
            for (g, _) in &to {
                if self.convertible(&y, *g, cause) {
                    continue;
                }
                let fs =
                    if vp { format!("{} (in {})", self.ts(*f), self.ts(v)) } else { self.ts(x.ty) };
                let gs =
                    if tp { format!("{} (in {})", self.ts(*g), self.ts(t)) } else { self.ts(orig) };
                let msg = format!("cannot convert {fs} to type {gs}");
                *cause = if cause.is_empty() { msg } else { format!("{msg}\n\t{cause}") };
                return false;
            }
        }
        true
    }
}
