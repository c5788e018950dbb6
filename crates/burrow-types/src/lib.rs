//! Constants, types, checker, inference and diagnostics of Go 1.27.
//!
//! [`Universe`] stores types, objects and packages for a whole build and answers questions about them: identity, method
//! sets, lookups, sizes, substitution, names. [`check_package`] checks the parsed files of a package and gives a
//! [`PackageInfo`], whose [`FileInfo`]s say for each node of the syntax tree what it is. Broken programs are ordinary
//! input: errors come as [`Diagnostic`]s, in gc's words.
//!
//! | phase | where to start |
//! | --- | --- |
//! | names of a package | `resolver.rs`: `collect_objects` |
//! | declarations, on demand | `decl.rs`: `obj_decl`; `cycles.rs` |
//! | type expressions | `typexpr.rs`, `structs.rs`, `signature.rs` |
//! | bodies | `stmt.rs`: `func_body`; `expr.rs`: `expr_dispatch`; `call.rs`; `builtins.rs` |
//! | after all is well | `late.rs`: `oversized` |
//! | generics | `infer.rs`, `unify.rs`, `instantiate.rs`, `subst.rs`; `mono.rs` |
//! | types as such | `universe.rs`, `predicates.rs`, `typeset.rs`, `lookup.rs`, `sizes.rs` |
//! | bodies left for later | `ondemand.rs` |
//! | names of types | `typestring.rs` (messages), `linkstring.rs` (identity, reflect) |
//!
//! Invariants: nothing here reads files or prints; the universe is only appended to, and may be shared by threads; an
//! error never ends the check of a package.

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
mod late;
mod linkstring;
mod literals;
mod lookup;
mod mono;
pub mod ondemand;
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
mod text;
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
pub use late::oversized;
pub use lookup::{Lookup, MethodSetEntry};
pub use object::{BuiltinId, DeclRef, ObjId, ObjKind, Object, Parent, PkgId, VarKind};
pub use ondemand::{Bodies, LongLiteral, Record, check_outline, outlined_end};
pub use subst::{SubstMap, make_map};
pub use types::{
    Alias, BasicKind, ChanDir, Interface, Named, Signature, Struct, Term, TypeId, TypeKind,
    TypeParam, TypeSet,
};
pub use typestring::Qualifier;
pub use universe::{Package, Universe};
pub use version::Version;

#[cfg(test)]
mod tests;
