//! Types: their representation and the ids that stand for them.
//!
//! T1  A type is made once all it refers to has an id, and is not changed afterwards, except for the cells of
//!     `Named`, `Alias` and `TypeParam` that their declarations fill, and for what is computed on demand.
//! T2  Equal ids are identical types; identical types may have several ids (aliases, field objects and parameter
//!     names are kept for messages). `Universe::identical` decides; `Universe::canonical` gives one id for all.
//! T3  What is computed on demand is stored by the first thread that has it; others take that.

use crate::object::ObjId;
use burrow_syntax::Pos;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Declares a 32-bit id into one of the append-only stores of the universe.
macro_rules! store_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::num::NonZeroU32);

        impl $name {
            pub const fn from_index(i: usize) -> $name {
                match std::num::NonZeroU32::new(i as u32 + 1) {
                    Some(n) => $name(n),
                    None => panic!("too many entries"),
                }
            }
            pub const fn index(self) -> usize {
                self.0.get() as usize - 1
            }
            #[allow(dead_code, reason = "not all ids are kept in atomics")]
            pub(crate) fn raw(id: Option<$name>) -> u32 {
                id.map_or(0, |i| i.0.get())
            }
            #[allow(dead_code, reason = "not all ids are kept in atomics")]
            pub(crate) fn from_raw(n: u32) -> Option<$name> {
                std::num::NonZeroU32::new(n).map($name)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    };
}
pub(crate) use store_id;

store_id!(
    /// A type in a [`crate::Universe`].
    TypeId
);

/// A type id that is set later than its owner is made.
#[derive(Debug, Default)]
pub struct TypeCell(AtomicU32);

impl TypeCell {
    pub(crate) fn new(t: Option<TypeId>) -> TypeCell {
        TypeCell(AtomicU32::new(TypeId::raw(t)))
    }
    pub fn get(&self) -> Option<TypeId> {
        TypeId::from_raw(self.0.load(Ordering::Acquire))
    }
    /// Sets the cell if it is empty; gives what it holds then. What is computed on demand goes this way: all threads
    /// see the same id.
    pub(crate) fn init(&self, t: TypeId) -> TypeId {
        match self.0.compare_exchange(0, TypeId::raw(Some(t)), Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => t,
            Err(other) => TypeId::from_raw(other).unwrap_or(t),
        }
    }
    pub(crate) fn set(&self, t: TypeId) {
        self.0.store(TypeId::raw(Some(t)), Ordering::Release);
    }
}

/// The predeclared types' kinds, in go/types' order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum BasicKind {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

impl BasicKind {
    pub fn is_boolean(self) -> bool {
        matches!(self, BasicKind::Bool | BasicKind::UntypedBool)
    }
    pub fn is_integer(self) -> bool {
        use BasicKind::*;
        (Int..=Uintptr).contains(&self) || matches!(self, UntypedInt | UntypedRune)
    }
    pub fn is_unsigned(self) -> bool {
        (BasicKind::Uint..=BasicKind::Uintptr).contains(&self)
    }
    pub fn is_float(self) -> bool {
        matches!(self, BasicKind::Float32 | BasicKind::Float64 | BasicKind::UntypedFloat)
    }
    pub fn is_complex(self) -> bool {
        matches!(self, BasicKind::Complex64 | BasicKind::Complex128 | BasicKind::UntypedComplex)
    }
    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_float() || self.is_complex()
    }
    pub fn is_string(self) -> bool {
        matches!(self, BasicKind::String | BasicKind::UntypedString)
    }
    pub fn is_untyped(self) -> bool {
        self >= BasicKind::UntypedBool
    }
    pub fn is_ordered(self) -> bool {
        self.is_integer() || self.is_float() || self.is_string()
    }
    pub fn is_const_type(self) -> bool {
        self.is_boolean() || self.is_numeric() || self.is_string()
    }
}

/// Ids of the predeclared types; the same in every universe.
impl TypeId {
    pub const INVALID: TypeId = TypeId::from_index(BasicKind::Invalid as usize);
    pub const BOOL: TypeId = TypeId::from_index(BasicKind::Bool as usize);
    pub const INT: TypeId = TypeId::from_index(BasicKind::Int as usize);
    pub const INT8: TypeId = TypeId::from_index(BasicKind::Int8 as usize);
    pub const INT16: TypeId = TypeId::from_index(BasicKind::Int16 as usize);
    pub const INT32: TypeId = TypeId::from_index(BasicKind::Int32 as usize);
    pub const INT64: TypeId = TypeId::from_index(BasicKind::Int64 as usize);
    pub const UINT: TypeId = TypeId::from_index(BasicKind::Uint as usize);
    pub const UINT8: TypeId = TypeId::from_index(BasicKind::Uint8 as usize);
    pub const UINT16: TypeId = TypeId::from_index(BasicKind::Uint16 as usize);
    pub const UINT32: TypeId = TypeId::from_index(BasicKind::Uint32 as usize);
    pub const UINT64: TypeId = TypeId::from_index(BasicKind::Uint64 as usize);
    pub const UINTPTR: TypeId = TypeId::from_index(BasicKind::Uintptr as usize);
    pub const FLOAT32: TypeId = TypeId::from_index(BasicKind::Float32 as usize);
    pub const FLOAT64: TypeId = TypeId::from_index(BasicKind::Float64 as usize);
    pub const COMPLEX64: TypeId = TypeId::from_index(BasicKind::Complex64 as usize);
    pub const COMPLEX128: TypeId = TypeId::from_index(BasicKind::Complex128 as usize);
    pub const STRING: TypeId = TypeId::from_index(BasicKind::String as usize);
    pub const UNSAFE_POINTER: TypeId = TypeId::from_index(BasicKind::UnsafePointer as usize);
    pub const UNTYPED_BOOL: TypeId = TypeId::from_index(BasicKind::UntypedBool as usize);
    pub const UNTYPED_INT: TypeId = TypeId::from_index(BasicKind::UntypedInt as usize);
    pub const UNTYPED_RUNE: TypeId = TypeId::from_index(BasicKind::UntypedRune as usize);
    pub const UNTYPED_FLOAT: TypeId = TypeId::from_index(BasicKind::UntypedFloat as usize);
    pub const UNTYPED_COMPLEX: TypeId = TypeId::from_index(BasicKind::UntypedComplex as usize);
    pub const UNTYPED_STRING: TypeId = TypeId::from_index(BasicKind::UntypedString as usize);
    pub const UNTYPED_NIL: TypeId = TypeId::from_index(BasicKind::UntypedNil as usize);
    /// `byte`, identical to `uint8` but printed as it is written.
    pub const BYTE: TypeId = TypeId::from_index(26);
    /// `rune`, identical to `int32`.
    pub const RUNE: TypeId = TypeId::from_index(27);
    /// `interface{}`
    pub const EMPTY_INTERFACE: TypeId = TypeId::from_index(28);
    /// The alias `any`.
    pub const ANY: TypeId = TypeId::from_index(29);
    /// `error`
    pub const ERROR: TypeId = TypeId::from_index(30);
    /// `comparable`
    pub const COMPARABLE: TypeId = TypeId::from_index(31);
    /// The tuple of no values.
    pub const EMPTY_TUPLE: TypeId = TypeId::from_index(32);

    pub fn is_valid(self) -> bool {
        self != TypeId::INVALID
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChanDir {
    Both,
    SendOnly,
    RecvOnly,
}

/// A type.
#[derive(Debug)]
pub enum TypeKind {
    /// A predeclared type, with the name it is printed by.
    Basic(BasicKind, &'static str),
    Named(Named),
    Alias(Alias),
    Pointer(TypeId),
    Slice(TypeId),
    /// The length is never negative.
    Array {
        elem: TypeId,
        len: i64,
    },
    Map {
        key: TypeId,
        elem: TypeId,
    },
    Chan {
        dir: ChanDir,
        elem: TypeId,
    },
    Struct(Struct),
    /// The variables of a multi-valued result.
    Tuple(Box<[ObjId]>),
    Signature(Signature),
    Interface(Interface),
    Union(Box<[Term]>),
    TypeParam(TypeParam),
}

/// `T` or `~T` in a union.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    pub tilde: bool,
    pub ty: TypeId,
}

/// A defined type, or an instance of a generic one.
#[derive(Debug)]
pub struct Named {
    /// The type name; of the origin, for instances.
    pub obj: ObjId,
    /// The generic type of which this is an instance. Local types of generic functions have instances, too.
    pub origin: Option<TypeId>,
    /// Type arguments; empty if not an instance.
    pub targs: Box<[TypeId]>,
    /// Where an instance was first mentioned; for messages.
    pub(crate) pos: Pos,
    /// For an instance of a local type: arguments for the type parameters of the enclosing function.
    pub implicit_targs: Box<[TypeId]>,
    /// Type parameters of a generic type; set while its declaration is checked.
    pub(crate) tparams: OnceLock<Box<[TypeId]>>,
    /// Type parameters of the enclosing functions of a local type.
    pub implicit_tparams: Box<[TypeId]>,
    /// What stands on the right of the declaration.
    pub(crate) rhs: TypeCell,
    pub(crate) under: TypeCell,
    /// Methods in order of declaration, for types that aren't instances.
    pub(crate) methods: OnceLock<Box<[ObjId]>>,
    /// Methods of an instance, made on demand.
    pub(crate) inst_methods: OnceLock<Box<[AtomicU32]>>,
}

/// An alias, kept so that messages print it.
#[derive(Debug)]
pub struct Alias {
    pub obj: ObjId,
    pub origin: Option<TypeId>,
    pub targs: Box<[TypeId]>,
    pub(crate) tparams: OnceLock<Box<[TypeId]>>,
    pub(crate) rhs: TypeCell,
}

#[derive(Debug)]
pub struct Struct {
    /// Field variables.
    pub fields: Box<[ObjId]>,
    /// Tags by field; empty if no field has one.
    pub tags: Box<[std::sync::Arc<[u8]>]>,
}

impl Struct {
    /// The tag of field `i`; empty if there is none.
    pub fn tag(&self, i: usize) -> &[u8] {
        self.tags.get(i).map_or(&[], |t| t)
    }
}

/// The type of a function or method.
#[derive(Debug, Clone, Default)]
pub struct Signature {
    /// The receiver; not part of the type's identity.
    pub recv: Option<ObjId>,
    /// Type parameters that the receiver declares.
    pub rparams: Box<[TypeId]>,
    /// Type parameters of a generic function or method.
    pub tparams: Box<[TypeId]>,
    pub params: Box<[ObjId]>,
    pub results: Box<[ObjId]>,
    /// The last parameter, whose type is a slice here, takes any number of arguments.
    pub variadic: bool,
}

#[derive(Debug)]
pub struct Interface {
    /// Methods written in the interface itself, in order.
    pub methods: Box<[ObjId]>,
    pub embeddeds: Box<[TypeId]>,
    pub embed_pos: Box<[Pos]>,
    /// The interface stands for a constraint literal such as `~int`.
    pub implicit: bool,
    /// Only `comparable` itself.
    pub(crate) is_comparable: bool,
    pub(crate) tset: OnceLock<Box<TypeSet>>,
}

/// All types that an interface admits: those with the methods, and among the terms, and comparable if asked for.
#[derive(Debug, Clone, Default)]
pub struct TypeSet {
    /// All methods, embedded ones too: exported first, then by name.
    pub methods: Box<[ObjId]>,
    /// `None`: all types.
    pub terms: Option<Box<[Term]>>,
    /// Only comparable types; never set beside terms.
    pub comparable: bool,
}

#[derive(Debug)]
pub struct TypeParam {
    pub obj: ObjId,
    pub(crate) index: AtomicU32,
    pub(crate) bound: TypeCell,
    /// The bound as an interface.
    pub(crate) iface: TypeCell,
    /// For a copy made for a receiver or an instantiated method: the parameter it stands for.
    pub(crate) canon: TypeCell,
}

impl TypeParam {
    /// The position in its type parameter list.
    pub fn index(&self) -> usize {
        self.index.load(Ordering::Relaxed) as usize
    }

    /// The constraint as written, once known.
    pub fn bound(&self) -> Option<TypeId> {
        self.bound.get()
    }
}
