//! Objects: what names stand for.

use crate::constant::Constant;
use crate::types::{TypeCell, TypeId, store_id};
use burrow_syntax::{DeclId, Pos, Symbol};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

store_id!(
    /// An object in a [`crate::Universe`].
    ObjId
);
store_id!(
    /// A package in a [`crate::Universe`].
    PkgId
);

/// Predeclared functions and those of `unsafe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BuiltinId {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    UnsafeAdd,
    UnsafeAlignof,
    UnsafeOffsetof,
    UnsafeSizeof,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
    /// Of the checker's own test files only.
    Assert,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VarKind {
    Package,
    Local,
    Recv,
    Param,
    Result,
    Field,
}

/// Where an object is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Parent {
    /// Fields, methods, and what was never declared.
    None,
    Universe,
    Package,
    /// The scope of a file: imports.
    File,
    Local,
}

/// A declaration of a package: the index of the file and the id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeclRef {
    pub file: u32,
    pub decl: DeclId,
}

#[derive(Debug)]
pub enum ObjKind {
    PkgName {
        imported: PkgId,
    },
    /// Unset until the declaration was checked.
    Const(OnceLock<Constant>),
    TypeName {
        /// Of a type declared in a function: counts within the package, from 1. 0 for others.
        ordinal: AtomicU32,
    },
    Var {
        kind: VarKind,
        embedded: bool,
        /// For a field or variable of an instantiated type: the one it was made from.
        origin: Option<ObjId>,
    },
    Func {
        /// For a method of an instance: the method of the generic type.
        origin: Option<ObjId>,
        /// For a method of an instance: that instance.
        instance: Option<TypeId>,
        /// The receiver is a pointer.
        ptr_recv: AtomicBool,
        /// `//go:nointerface`
        nointerface: AtomicBool,
    },
    Label,
    Builtin(BuiltinId),
    Nil,
}

/// Something that a name stands for.
#[derive(Debug)]
pub struct Object {
    pub kind: ObjKind,
    pub name: Symbol,
    /// `None` for predeclared objects.
    pub pkg: Option<PkgId>,
    pub pos: Pos,
    pub(crate) ty: TypeCell,
    pub(crate) parent: AtomicU8,
    /// The declaration, of package-level objects and methods.
    pub(crate) decl: OnceLock<DeclRef>,
}

impl Object {
    pub(crate) fn new(
        kind: ObjKind,
        pos: Pos,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: Option<TypeId>,
    ) -> Object {
        Object {
            kind,
            name,
            pkg,
            pos,
            ty: TypeCell::new(ty),
            parent: AtomicU8::new(Parent::None as u8),
            decl: OnceLock::new(),
        }
    }

    /// The type, once known.
    pub fn ty(&self) -> Option<TypeId> {
        self.ty.get()
    }

    pub fn parent(&self) -> Parent {
        match self.parent.load(Ordering::Relaxed) {
            1 => Parent::Universe,
            2 => Parent::Package,
            3 => Parent::File,
            4 => Parent::Local,
            _ => Parent::None,
        }
    }

    pub(crate) fn set_parent(&self, p: Parent) {
        self.parent.store(p as u8, Ordering::Relaxed);
    }

    /// The declaration, of package-level objects and methods (not of instances' methods: see their origin).
    pub fn decl(&self) -> Option<DeclRef> {
        self.decl.get().copied()
    }

    /// The value of a constant, once known.
    pub fn const_value(&self) -> Option<&Constant> {
        match &self.kind {
            ObjKind::Const(v) => v.get(),
            _ => None,
        }
    }

    pub fn is_type_name(&self) -> bool {
        matches!(self.kind, ObjKind::TypeName { .. })
    }
    pub fn is_const(&self) -> bool {
        matches!(self.kind, ObjKind::Const(_))
    }
    pub fn is_var(&self) -> bool {
        matches!(self.kind, ObjKind::Var { .. })
    }
    pub fn is_func(&self) -> bool {
        matches!(self.kind, ObjKind::Func { .. })
    }
    pub fn is_field(&self) -> bool {
        matches!(self.kind, ObjKind::Var { kind: VarKind::Field, .. })
    }
    pub fn is_embedded(&self) -> bool {
        matches!(self.kind, ObjKind::Var { embedded: true, .. })
    }
    pub fn var_kind(&self) -> Option<VarKind> {
        match self.kind {
            ObjKind::Var { kind, .. } => Some(kind),
            _ => None,
        }
    }
    /// A method with a pointer receiver.
    pub fn has_ptr_recv(&self) -> bool {
        matches!(&self.kind, ObjKind::Func { ptr_recv, .. } if ptr_recv.load(Ordering::Relaxed))
    }
    pub fn is_exported(&self) -> bool {
        is_exported(self.name)
    }
}

/// Reports whether a name starts with an upper-case letter.
pub fn is_exported(name: Symbol) -> bool {
    is_exported_str(name.as_str())
}

pub(crate) fn is_exported_str(s: &str) -> bool {
    match s.as_bytes().first() {
        Some(b) if b.is_ascii() => b.is_ascii_uppercase(),
        Some(_) => s.chars().next().is_some_and(char::is_uppercase),
        None => false,
    }
}
