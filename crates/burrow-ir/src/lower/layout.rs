//! How values of a type lie in memory and travel in registers.
//!
//! L1  Sizes, alignments and offsets are gc's on amd64 (`types.SizesFor("gc", "amd64")`): a struct that ends in a field
//!     of size zero, and is not of size zero itself, gets one unit of padding behind it.
//! L2  `scalars` is the flat form of `docs/abi.md` 1; `None` is a memory value.
//! L3  A pointer word is at an offset that is a multiple of 8; `ptrdata` ends behind the last of them.

use burrow_types::{BasicKind, TypeId, TypeKind};
use std::rc::Rc;

use super::program::Program;
use crate::ir::Ty;

/// Flat values have at most this many scalars.
pub(super) const MAX_FLAT: usize = 4;

/// One register's worth of a flat value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scalar {
    pub ty: Ty,
    pub offset: u32,
    /// The collector follows it.
    pub is_ptr: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub size: u64,
    pub align: u64,
    /// Bytes up to and including the last pointer.
    pub ptrdata: u64,
    pub scalars: Option<Vec<Scalar>>,
    /// Offsets of struct fields.
    pub offsets: Vec<u64>,
    /// Index of the first scalar of each field, for flat structs.
    pub first_scalar: Vec<usize>,
}

impl Layout {
    fn scalar(ty: Ty, is_ptr: bool) -> Layout {
        let size = u64::from(ty.size());
        Layout::flat(&[(ty, is_ptr)], size, size)
    }

    fn flat(parts: &[(Ty, bool)], size: u64, align: u64) -> Layout {
        let mut scalars = Vec::with_capacity(parts.len());
        let mut at = 0;
        let mut ptrdata = 0;
        for &(ty, is_ptr) in parts {
            scalars.push(Scalar { ty, offset: at, is_ptr });
            at += ty.size();
            if is_ptr {
                ptrdata = u64::from(at);
            }
        }
        Layout {
            size,
            align,
            ptrdata,
            scalars: Some(scalars),
            offsets: Vec::new(),
            first_scalar: Vec::new(),
        }
    }

    pub(super) fn is_flat(&self) -> bool {
        self.scalars.is_some()
    }

    pub(super) fn has_pointers(&self) -> bool {
        self.ptrdata != 0
    }

    /// The value is its own data word in an interface. gc: `types.IsDirectIface`.
    pub(super) fn is_direct_iface(&self) -> bool {
        self.size == 8 && self.ptrdata == 8
    }
}

/// Size, alignment and float class of a basic kind.
pub(super) fn basic_ty(kind: BasicKind) -> Option<Ty> {
    Some(match kind {
        BasicKind::Bool | BasicKind::Int8 | BasicKind::Uint8 | BasicKind::UntypedBool => Ty::I8,
        BasicKind::Int16 | BasicKind::Uint16 => Ty::I16,
        BasicKind::Int32 | BasicKind::Uint32 | BasicKind::UntypedRune => Ty::I32,
        BasicKind::Int
        | BasicKind::Int64
        | BasicKind::Uint
        | BasicKind::Uint64
        | BasicKind::Uintptr
        | BasicKind::UntypedInt
        | BasicKind::UnsafePointer
        | BasicKind::UntypedNil => Ty::I64,
        BasicKind::Float32 => Ty::F32,
        BasicKind::Float64 | BasicKind::UntypedFloat => Ty::F64,
        BasicKind::Complex64
        | BasicKind::Complex128
        | BasicKind::UntypedComplex
        | BasicKind::String
        | BasicKind::UntypedString
        | BasicKind::Invalid => return None,
    })
}

impl Program<'_> {
    /// The layout of a type without type parameters.
    pub(super) fn layout(&self, t: TypeId) -> Rc<Layout> {
        if let Some(l) = self.layouts.borrow().get(&t) {
            return l.clone();
        }
        let l = Rc::new(self.compute_layout(t));
        self.layouts.borrow_mut().insert(t, l.clone());
        l
    }

    fn compute_layout(&self, t: TypeId) -> Layout {
        const PTR: (Ty, bool) = (Ty::I64, true);
        const WORD: (Ty, bool) = (Ty::I64, false);
        match self.u.kind(self.under(t)) {
            TypeKind::Basic(kind, _) => match kind {
                BasicKind::String | BasicKind::UntypedString => Layout::flat(&[PTR, WORD], 16, 8),
                BasicKind::Complex64 => Layout::flat(&[(Ty::F32, false); 2], 8, 4),
                BasicKind::Complex128 | BasicKind::UntypedComplex => {
                    Layout::flat(&[(Ty::F64, false); 2], 16, 8)
                }
                k => Layout::scalar(
                    basic_ty(*k).unwrap_or(Ty::I64),
                    matches!(k, BasicKind::UnsafePointer | BasicKind::UntypedNil),
                ),
            },
            TypeKind::Pointer(elem) => Layout::scalar(Ty::I64, !self.is_not_in_heap(*elem)),
            TypeKind::Map { .. } | TypeKind::Chan { .. } | TypeKind::Signature(_) => {
                Layout::scalar(Ty::I64, true)
            }
            TypeKind::Slice(_) => Layout::flat(&[PTR, WORD, WORD], 24, 8),
            // The type word points outside of the heap.
            TypeKind::Interface(_) => Layout::flat(&[WORD, PTR], 16, 8),
            TypeKind::Array { elem, len } => self.array_layout(*elem, *len as u64),
            TypeKind::Struct(s) => {
                let types: Vec<TypeId> = s.fields.iter().map(|&f| self.obj_type(f)).collect();
                self.struct_layout(&types)
            }
            TypeKind::Tuple(vars) => {
                let types: Vec<TypeId> = vars.iter().map(|&f| self.obj_type(f)).collect();
                self.struct_layout(&types)
            }
            other => panic!("layout of {other:?}"),
        }
    }

    fn array_layout(&self, elem: TypeId, len: u64) -> Layout {
        let e = self.layout(elem);
        let scalars = match len {
            0 => Some(Vec::new()),
            1 => e.scalars.clone(),
            _ if e.size == 0 => Some(Vec::new()),
            _ => None,
        };
        Layout {
            size: e.size * len,
            align: e.align,
            ptrdata: if e.ptrdata == 0 || len == 0 { 0 } else { e.size * (len - 1) + e.ptrdata },
            scalars,
            offsets: Vec::new(),
            first_scalar: Vec::new(),
        }
    }

    /// The layout of a struct with fields of these types; also of results in a result area.
    pub(super) fn struct_layout(&self, fields: &[TypeId]) -> Layout {
        let (mut size, mut align, mut ptrdata) = (0u64, 1u64, 0u64);
        let mut scalars = Some(Vec::new());
        let mut offsets = Vec::with_capacity(fields.len());
        let mut first_scalar = Vec::with_capacity(fields.len());
        let mut ends_in_nothing = false;
        for &f in fields {
            let l = self.layout(f);
            size = size.next_multiple_of(l.align);
            align = align.max(l.align);
            offsets.push(size);
            if l.ptrdata > 0 {
                ptrdata = size + l.ptrdata;
            }
            first_scalar.push(scalars.as_ref().map_or(0, Vec::len));
            scalars = match (scalars, &l.scalars) {
                (Some(mut all), Some(own)) => {
                    all.extend(own.iter().map(|s| Scalar { offset: s.offset + size as u32, ..*s }));
                    (all.len() <= MAX_FLAT).then_some(all)
                }
                _ => None,
            };
            size += l.size;
            ends_in_nothing = l.size == 0;
        }
        if ends_in_nothing && size > 0 {
            size += 1;
        }
        size = size.next_multiple_of(align);
        Layout { size, align, ptrdata, scalars, offsets, first_scalar }
    }

    /// Marks the pointer words of a value of type `t` at `base` in `mask`, a bit a word.
    pub(super) fn pointer_mask(&self, t: TypeId, base: u64, mask: &mut Vec<u8>) {
        let l = self.layout(t);
        if l.ptrdata == 0 {
            return;
        }
        if let Some(scalars) = &l.scalars {
            for s in scalars.iter().filter(|s| s.is_ptr) {
                let word = ((base + u64::from(s.offset)) / 8) as usize;
                if mask.len() <= word / 8 {
                    mask.resize(word / 8 + 1, 0);
                }
                mask[word / 8] |= 1 << (word % 8);
            }
            return;
        }
        match self.u.kind(self.under(t)) {
            TypeKind::Array { elem, len } => {
                let size = self.layout(*elem).size;
                for i in 0..*len as u64 {
                    self.pointer_mask(*elem, base + i * size, mask);
                }
            }
            TypeKind::Struct(s) => {
                for (i, &f) in s.fields.iter().enumerate() {
                    self.pointer_mask(self.obj_type(f), base + l.offsets[i], mask);
                }
            }
            _ => {}
        }
    }
}
