//! What the checker found out about a package: the tables that later stages read.

use crate::constant::Constant;
use crate::object::{BuiltinId, DeclRef, ObjId, ObjKind, PkgId};
use crate::ondemand::Record;
use crate::types::{TypeId, TypeKind};
use crate::universe::Universe;
use burrow_syntax::{CaseId, DeclId, ExprId, ExprKind, File, IdentId, Symbol, UnaryOp};
use rustc_hash::FxHashMap;
use std::num::NonZeroU32;

/// What an expression is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing was recorded, or there was an error.
    Invalid,
    /// A call without results.
    NoValue,
    Builtin,
    TypeExpr,
    Constant,
    /// Addressable.
    Variable,
    /// Not addressable, but `m[k]` may be assigned to.
    MapIndex,
    /// A computed value. Multi-valued calls have a tuple as type.
    Value,
    NilValue,
    /// As `Value`, and there may be a second value: receive, type assertion. The recorded type is a tuple where
    /// both are used.
    CommaOk,
    CgoFunc,
}

/// What is known of one expression.
#[derive(Clone, Copy, Debug)]
pub struct TypeAndValue {
    pub mode: Mode,
    /// The type; final, for untyped operands that were converted implicitly. A tuple for multi-valued calls and for
    /// comma-ok forms whose second value is used.
    pub ty: TypeId,
    pub(crate) value: Option<NonZeroU32>,
}

impl Default for TypeAndValue {
    fn default() -> Self {
        TypeAndValue { mode: Mode::Invalid, ty: TypeId::INVALID, value: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionKind {
    /// `x.f`
    FieldVal,
    /// `x.m`, called or not
    MethodVal,
    /// `T.m`
    MethodExpr,
}

/// A selector that denotes a field or method, not a qualified identifier.
#[derive(Clone, Debug)]
pub struct Selection {
    pub kind: SelectionKind,
    /// The type of `x` in `x.f`.
    pub recv: TypeId,
    /// The field or method. For a method of an instance, its `origin` is the declared one.
    pub obj: ObjId,
    /// Field indices of the embedded fields on the way, and last that of the field or method.
    pub path: Box<[u32]>,
    /// There was a pointer to follow on the way.
    pub indirect: bool,
}

/// Type arguments at an identifier that denotes a generic function or type.
#[derive(Clone, Debug)]
pub struct Instance {
    pub targs: Box<[TypeId]>,
    pub ty: TypeId,
}

/// Facts about the nodes of one file, keyed by their ids.
#[derive(Debug, Default)]
pub struct FileInfo {
    pub(crate) types: Vec<TypeAndValue>,
    pub(crate) consts: Vec<Constant>,
    pub(crate) defs: Vec<Option<ObjId>>,
    pub(crate) uses: Vec<Option<ObjId>>,
    pub(crate) selections: FxHashMap<ExprId, Selection>,
    pub(crate) instances: FxHashMap<IdentId, Instance>,
    pub(crate) case_vars: FxHashMap<CaseId, ObjId>,
    pub(crate) imports: FxHashMap<DeclId, ObjId>,
    pub(crate) promoted: FxHashMap<ExprId, Box<[u32]>>,
}

impl FileInfo {
    pub(crate) fn new(f: &File) -> FileInfo {
        FileInfo {
            types: vec![TypeAndValue::default(); f.exprs.len()],
            defs: vec![None; f.idents.len()],
            uses: vec![None; f.idents.len()],
            ..FileInfo::default()
        }
    }

    /// Mode and type of an expression.
    pub fn type_and_value(&self, e: ExprId) -> TypeAndValue {
        self.types[e.index()]
    }
    /// The type of an expression; invalid if none was recorded.
    pub fn type_of(&self, e: ExprId) -> TypeId {
        self.types[e.index()].ty
    }
    pub fn mode(&self, e: ExprId) -> Mode {
        self.types[e.index()].mode
    }
    /// The value of a constant expression, representable in (and rounded to) its type.
    pub fn const_value(&self, e: ExprId) -> Option<&Constant> {
        self.types[e.index()].value.map(|v| &self.consts[v.get() as usize - 1])
    }
    /// The object that an identifier declares. `None` for `_` in assignments, package names, and the
    /// symbolic variable of a type switch (see [`FileInfo::case_var`]).
    pub fn def(&self, id: IdentId) -> Option<ObjId> {
        self.defs[id.index()]
    }
    /// The object that an identifier refers to. For an embedded field, its type name.
    pub fn use_of(&self, id: IdentId) -> Option<ObjId> {
        self.uses[id.index()]
    }
    /// The object that an identifier declares or refers to.
    pub fn object(&self, id: IdentId) -> Option<ObjId> {
        self.def(id).or_else(|| self.use_of(id))
    }
    /// The field or method of a selector expression. `None` for qualified identifiers, see [`FileInfo::use_of`].
    pub fn selection(&self, e: ExprId) -> Option<&Selection> {
        self.selections.get(&e)
    }
    /// Type arguments, explicit and inferred, of a generic function or type at this identifier (the last one of a
    /// qualified identifier or selector).
    pub fn instance(&self, id: IdentId) -> Option<&Instance> {
        self.instances.get(&id)
    }
    /// The variable of a type switch in this clause.
    pub fn case_var(&self, c: CaseId) -> Option<ObjId> {
        self.case_vars.get(&c).copied()
    }
    /// The package name object of an import.
    pub fn import(&self, d: DeclId) -> Option<ObjId> {
        self.imports.get(&d).copied()
    }
    /// For a key-value element of a struct literal whose key is a promoted field: the path to the field, of at least
    /// two indices.
    pub fn promoted_field(&self, key_value: ExprId) -> Option<&[u32]> {
        self.promoted.get(&key_value).map(|p| &**p)
    }
}

impl FileInfo {
    /// The predeclared function that an expression denotes.
    pub fn builtin(&self, u: &Universe, f: &File, fun: ExprId) -> Option<BuiltinId> {
        let id = match f.expr(f.unparen(fun)) {
            ExprKind::Name(id) | ExprKind::Selector { sel: id, .. } => *id,
            _ => return None,
        };
        match u.obj(self.use_of(id)?).kind {
            ObjKind::Builtin(b) => Some(b),
            _ => None,
        }
    }

    /// Whether nothing can observe that an expression is not evaluated: it calls nothing, can't panic, and makes nothing
    /// that may not fit into memory.
    pub fn only_builds(&self, u: &Universe, f: &File, e: ExprId) -> bool {
        if self.const_value(e).is_some() {
            return true;
        }
        let all = |list: &[ExprId]| list.iter().all(|&x| self.only_builds(u, f, x));
        match f.expr(e) {
            ExprKind::Name(_) | ExprKind::FuncLit { .. } => true,
            ExprKind::Paren(x) | ExprKind::Unary { op: UnaryOp::Addr, x } => {
                self.only_builds(u, f, *x)
            }
            ExprKind::Selector { .. } => self.selection(e).is_none(),
            ExprKind::KeyValue { key, value } => all(&[*key, *value]),
            ExprKind::CompositeLit { elems, .. } => {
                let t = u.under(self.type_of(e));
                // Keys of structs are names of fields, those of arrays and slices are constants.
                let is_map = matches!(u.kind(t), TypeKind::Map { .. });
                elems.iter().all(|&el| match f.expr(el) {
                    ExprKind::KeyValue { key, value } => {
                        (!is_map || self.only_builds(u, f, *key) && self.is_hashable(u, *key))
                            && self.only_builds(u, f, *value)
                    }
                    _ => self.only_builds(u, f, el),
                })
            }
            ExprKind::Call { fun, args, .. } => match self.mode(*fun) {
                // The length of a slice that becomes an array is checked.
                Mode::TypeExpr => {
                    let is_slice = |t| matches!(u.under_kind(t), TypeKind::Slice(_));
                    let to = self.type_of(e);
                    let checked = is_slice(self.type_of(args[0])) && !is_slice(to);
                    (!checked || u.is_string(to)) && all(args)
                }
                Mode::Builtin => match self.builtin(u, f, *fun) {
                    Some(BuiltinId::New) => {
                        self.mode(args[0]) == Mode::TypeExpr || self.only_builds(u, f, args[0])
                    }
                    Some(BuiltinId::Make) => self.makes_little(u, args),
                    _ => false,
                },
                _ => false,
            },
            _ => false,
        }
    }

    /// The key of a map literal has a type all of whose values have a hash.
    fn is_hashable(&self, u: &Universe, key: ExprId) -> bool {
        self.const_value(key).is_some()
            || u.comparable_type(self.type_of(key), false, &mut Vec::new()).is_none()
    }

    /// `make` of a constant size that fits into memory on any machine.
    fn makes_little(&self, u: &Universe, args: &[ExprId]) -> bool {
        const LITTLE: u64 = 1 << 20;
        let size = match u.under_kind(self.type_of(args[0])) {
            TypeKind::Slice(e) | TypeKind::Chan { elem: e, .. } => u.sizeof(*e),
            TypeKind::Map { key, elem } => u.sizeof(*key).saturating_add(u.sizeof(*elem)),
            _ => return false,
        };
        args[1..].iter().all(|&n| {
            let n = self.const_value(n).map(|n| n.to_int().to_bits64());
            n.is_some_and(|n| n.saturating_mul(size as u64).max(n) <= LITTLE)
        })
    }
}

/// One step of package initialisation: `lhs = rhs`, with several on the left for a multi-valued call.
#[derive(Clone, Debug)]
pub struct Initializer {
    pub lhs: Vec<ObjId>,
    pub file: u32,
    pub rhs: ExprId,
}

/// A function or method of the package.
#[derive(Clone, Copy, Debug)]
pub struct FuncInfo {
    pub obj: ObjId,
    pub decl: DeclRef,
}

/// All that was found out about a package.
#[derive(Debug)]
pub struct PackageInfo {
    pub id: PkgId,
    pub path: Symbol,
    pub name: Symbol,
    /// Imported packages, without `unsafe`, in order of first import.
    pub imports: Vec<PkgId>,
    /// By index of the file in the order given.
    pub files: Vec<FileInfo>,
    /// Steps of initialisation in order, for variables with initialisers.
    pub init_order: Vec<Initializer>,
    /// Functions and methods in order of the source, also `init` and `_`, also body-less ones.
    pub funcs: Vec<FuncInfo>,
    /// What a later check of the package's outlines has to be told.
    pub record: Record,
}
