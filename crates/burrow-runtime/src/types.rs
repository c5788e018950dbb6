//! Go's type descriptors, as far as the collector and reflection's calls read them. Layouts: internal/abi.

use crate::sync::RawLock;
use rust_alloc::vec;

#[repr(C)]
pub struct Type {
    pub size: usize,
    pub ptr_bytes: usize,
    pub hash: u32,
    pub tflag: u8,
    pub align: u8,
    pub field_align: u8,
    pub kind: u8,
    pub equal: usize,
    pub gcdata: *const u8,
    pub str: i32,
    pub ptr_to_this: i32,
}

// SAFETY: descriptors are read-only.
unsafe impl Sync for Type {}

const _: () = assert!(size_of::<Type>() == 48);

pub const TFLAG_UNCOMMON: u8 = 1;
pub const TFLAG_MASK_ON_DEMAND: u8 = 16;
pub const TFLAG_DIRECT_IFACE: u8 = 32;

pub mod kind {
    //! `Type.kind`.
    pub const BOOL: u8 = 1;
    pub const INT: u8 = 2;
    pub const INT8: u8 = 3;
    pub const INT16: u8 = 4;
    pub const INT32: u8 = 5;
    pub const INT64: u8 = 6;
    pub const UINT8: u8 = 8;
    pub const UINT16: u8 = 9;
    pub const UINT32: u8 = 10;
    pub const FLOAT32: u8 = 13;
    pub const FLOAT64: u8 = 14;
    pub const COMPLEX64: u8 = 15;
    pub const COMPLEX128: u8 = 16;
    pub const ARRAY: u8 = 17;
    pub const CHAN: u8 = 18;
    pub const FUNC: u8 = 19;
    pub const INTERFACE: u8 = 20;
    pub const MAP: u8 = 21;
    pub const POINTER: u8 = 22;
    pub const SLICE: u8 = 23;
    pub const STRING: u8 = 24;
    pub const STRUCT: u8 = 25;
    pub const UNSAFE_POINTER: u8 = 26;
}

#[repr(C)]
pub struct ArrayType {
    pub typ: Type,
    pub elem: *const Type,
    pub slice: *const Type,
    pub len: usize,
}

#[repr(C)]
pub struct ChanType {
    pub typ: Type,
    pub elem: *const Type,
    pub dir: isize,
}

#[repr(C)]
pub struct StructField {
    pub name: *const u8,
    pub typ: *const Type,
    pub offset: usize,
}

#[repr(C)]
pub struct StructType {
    pub typ: Type,
    pub pkg_path: *const u8,
    pub fields: *const StructField,
    pub nfields: usize,
    pub fields_cap: usize,
}

#[repr(C)]
pub struct FuncType {
    pub typ: Type,
    pub in_count: u16,
    pub out_count: u16,
}

impl FuncType {
    /// Parameters, then results.
    ///
    /// # Safety
    /// `self` is a complete descriptor.
    pub unsafe fn params(&self) -> &[*const Type] {
        let n = usize::from(self.in_count) + usize::from(self.out_count & 0x7fff);
        let mut at = core::ptr::from_ref(self) as usize + 56;
        if self.typ.tflag & TFLAG_UNCOMMON != 0 {
            at += 16;
        }
        // SAFETY: the types follow the descriptor (and its UncommonType).
        unsafe { core::slice::from_raw_parts(at as *const *const Type, n) }
    }
}

static MASK_LOCK: RawLock = RawLock::new();

/// The pointer mask of a type with pointers: one bit for each of the first `ptr_bytes / 8` words.
///
/// # Safety
/// `t` is a descriptor with `ptr_bytes != 0`.
#[inline]
pub unsafe fn mask(t: *const Type) -> *const u8 {
    // SAFETY: the caller's promise.
    unsafe {
        if (*t).tflag & TFLAG_MASK_ON_DEMAND == 0 {
            return (*t).gcdata;
        }
        let cell = (*t).gcdata as *mut *const u8;
        let made = cell.read_volatile();
        if made.is_null() { crate::arch::on_g0(|| make_mask(t, cell)) } else { made }
    }
}

#[cold]
unsafe fn make_mask(t: *const Type, cell: *mut *const u8) -> *const u8 {
    let _guard = MASK_LOCK.guard();
    // SAFETY: the cell is the type's own writable word.
    unsafe {
        let made = cell.read_volatile();
        if !made.is_null() {
            return made;
        }
        let words = (*t).ptr_bytes / 8;
        let bits = vec![0_u8; words.div_ceil(64) * 8].leak();
        fill(t, 0, bits);
        cell.write_volatile(bits.as_ptr());
        bits.as_ptr()
    }
}

fn set(bits: &mut [u8], word: usize) {
    bits[word / 8] |= 1 << (word % 8);
}

/// Sets the bits of a value of type `t` at byte `at`.
unsafe fn fill(t: *const Type, at: usize, bits: &mut [u8]) {
    // SAFETY: a complete descriptor.
    unsafe {
        if (*t).ptr_bytes == 0 {
            return;
        }
        match (*t).kind {
            kind::INTERFACE => {
                set(bits, at / 8);
                set(bits, at / 8 + 1);
            }
            kind::ARRAY => {
                let a = t.cast::<ArrayType>();
                for i in 0..(*a).len {
                    fill((*a).elem, at + i * (*(*a).elem).size, bits);
                }
            }
            kind::STRUCT => {
                let s = t.cast::<StructType>();
                for i in 0..(*s).nfields {
                    let f = (*s).fields.add(i);
                    fill((*f).typ, at + (*f).offset, bits);
                }
            }
            _ => set(bits, at / 8),
        }
    }
}
