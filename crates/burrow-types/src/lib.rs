//! Constants, types, checker, inference and diagnostics of Go 1.27.

pub mod check;
pub mod constant;
pub mod errors;
pub mod info;
pub mod object;
pub mod types;
pub mod universe;
pub mod version;

mod assignments;
mod builtins;
mod call;
mod const_expr;
mod conversions;
mod cycles;
mod decl;
mod expr;
mod index;
mod infer;
mod initorder;
mod instantiate;
mod linkstring;
mod literals;
mod lookup;
mod mono;
mod operand;
mod predicates;
mod range;
mod resolver;
mod returns;
mod signature;
mod sizes;
mod stmt;
mod structs;
mod subst;
mod typeset;
mod typestring;
mod typexpr;
mod unify;

pub use check::{Config, check_package};
pub use constant::Constant;
pub use errors::{Code, Diagnostic};
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
pub use version::Version;
