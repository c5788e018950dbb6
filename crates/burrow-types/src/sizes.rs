//! Sizes, alignments and offsets of gc on 64-bit machines. gc: `gcsizes.go`.

use crate::object::ObjId;
use crate::types::{BasicKind, TypeId, TypeKind};
use crate::universe::Universe;

const WORD: i64 = 8;

fn align(x: i64, a: i64) -> i64 {
    x.wrapping_add(a - 1) & !(a - 1)
}

impl Universe {
    /// The size of a value; negative if it is too large. Type parameters have none.
    pub fn sizeof(&self, t: TypeId) -> i64 {
        match self.under_kind(t) {
            TypeKind::Basic(k, _) => match k {
                BasicKind::Bool | BasicKind::Int8 | BasicKind::Uint8 => 1,
                BasicKind::Int16 | BasicKind::Uint16 => 2,
                BasicKind::Int32 | BasicKind::Uint32 | BasicKind::Float32 => 4,
                BasicKind::Int64
                | BasicKind::Uint64
                | BasicKind::Float64
                | BasicKind::Complex64 => 8,
                BasicKind::Complex128 | BasicKind::String | BasicKind::UntypedString => 16,
                _ => WORD,
            },
            TypeKind::Array { elem, len } => {
                if *len == 0 {
                    return 0;
                }
                match self.sizeof(*elem) {
                    e if e < 0 => -1,
                    e => e.checked_mul(*len).unwrap_or(-1),
                }
            }
            TypeKind::Slice(_) => 3 * WORD,
            TypeKind::Interface(_) => 2 * WORD,
            TypeKind::Struct(s) => {
                let Some(&last) = s.fields.last() else { return 0 };
                let offs = self.offsetsof(&s.fields)[s.fields.len() - 1];
                let mut size = self.sizeof(self.obj_type(last));
                if offs < 0 || size < 0 {
                    return -1;
                }
                // The address of a last field of size 0 must stay inside.
                if offs > 0 && size == 0 {
                    size = 1;
                }
                align(offs.wrapping_add(size), self.alignof(t))
            }
            _ => WORD,
        }
    }

    /// The alignment of a variable of the type.
    pub fn alignof(&self, t: TypeId) -> i64 {
        match self.under_kind(t) {
            TypeKind::Array { elem, .. } => self.alignof(*elem),
            TypeKind::Struct(s) => {
                if s.fields.is_empty() && self.is_align64(t) {
                    return 8;
                }
                s.fields.iter().map(|f| self.alignof(self.obj_type(*f))).max().unwrap_or(1)
            }
            TypeKind::Slice(_) | TypeKind::Interface(_) => WORD,
            TypeKind::Basic(k, _) if k.is_string() => WORD,
            TypeKind::Basic(k, _) => {
                let size = self.sizeof(t);
                (if k.is_complex() { size / 2 } else { size }).clamp(1, WORD)
            }
            _ => WORD,
        }
    }

    /// `sync/atomic.align64` and its copy in `internal/runtime/atomic`.
    fn is_align64(&self, t: TypeId) -> bool {
        let Some(n) = self.as_named(t) else { return false };
        let o = self.obj(n.obj);
        o.name == "align64"
            && o.pkg.is_some_and(|p| {
                matches!(self.pkg(p).path.as_str(), "sync/atomic" | "internal/runtime/atomic")
            })
    }

    /// The offset of each field; negative from the first on that is out of range.
    pub fn offsetsof(&self, fields: &[ObjId]) -> Vec<i64> {
        let mut offs = 0i64;
        fields
            .iter()
            .map(|&f| {
                if offs < 0 {
                    return -1;
                }
                let t = self.obj_type(f);
                let at = align(offs, self.alignof(t));
                let size = self.sizeof(t);
                offs = if size >= 0 && at >= 0 { at.wrapping_add(size) } else { -1 };
                at
            })
            .collect()
    }
}
