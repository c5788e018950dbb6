//! Constants, types, checker, inference and diagnostics of Go 1.27.

pub mod constant;
pub mod info;
pub mod object;
pub mod types;
pub mod universe;

mod linkstring;
mod lookup;
mod predicates;
mod sizes;
mod subst;
mod typeset;
mod typestring;

pub use constant::Constant;
pub use info::{
    FileInfo, FuncInfo, Initializer, Instance, Mode, PackageInfo, Selection, SelectionKind,
    TypeAndValue,
};
pub use lookup::{Lookup, MethodSetEntry};
pub use object::{BuiltinId, DeclRef, ObjId, ObjKind, Object, Parent, PkgId, VarKind};
pub use subst::{SubstMap, make_map};
pub use types::{
    Alias, BasicKind, ChanDir, Interface, Named, Signature, Struct, Term, TypeId, TypeKind,
    TypeParam, TypeSet,
};
pub use universe::{Package, Universe};
