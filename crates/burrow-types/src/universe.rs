//! The store of types, objects and packages, and the predeclared ones.
//!
//! Everything is only ever appended, and read without locks; constructors take a lock where equal types are shared.
//! One universe serves all packages of a build and may be used from any number of threads.

use crate::constant::Constant;
use crate::object::{BuiltinId, DeclRef, ObjId, ObjKind, Object, Parent, PkgId, VarKind};
use crate::types::{
    Alias, BasicKind, ChanDir, Interface, Named, Signature, Struct, Term, TypeCell, TypeId,
    TypeKind, TypeParam, TypeSet,
};
use burrow_syntax::{Pos, Symbol};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// Keys of types of which one copy is kept.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Pointer(TypeId),
    Slice(TypeId),
    Array(TypeId, i64),
    Map(TypeId, TypeId),
    Chan(ChanDir, TypeId),
}

/// A package. Its scope is filled when it has been checked.
#[derive(Debug)]
pub struct Package {
    pub path: Symbol,
    pub(crate) name: OnceLock<Symbol>,
    pub(crate) scope: OnceLock<FxHashMap<Symbol, ObjId>>,
    /// What it imports; set before its declarations are checked.
    pub(crate) imports: OnceLock<Vec<PkgId>>,
    /// The import failed: uses of its names are not reported.
    pub(crate) fake: AtomicBool,
}

impl Package {
    /// The name in the package clause.
    pub fn name(&self) -> Symbol {
        self.name.get().copied().unwrap_or(self.path)
    }

    /// The package-level object of this name.
    pub fn lookup(&self, name: Symbol) -> Option<ObjId> {
        self.scope.get()?.get(&name).copied()
    }

    /// All package-level objects, sorted by name.
    pub fn objects(&self) -> Vec<ObjId> {
        let mut all: Vec<_> =
            self.scope.get().into_iter().flatten().map(|(n, o)| (n.as_str(), *o)).collect();
        all.sort();
        all.into_iter().map(|(_, o)| o).collect()
    }
}

/// See the module.
pub struct Universe {
    types: boxcar::Vec<TypeKind>,
    objs: boxcar::Vec<Object>,
    pkgs: boxcar::Vec<Package>,
    shared: [Mutex<FxHashMap<Key, TypeId>>; 16],
    tuples: Mutex<FxHashMap<Box<[ObjId]>, TypeId>>,
    /// Instances by hash of origin and arguments.
    pub(crate) instances: [Mutex<FxHashMap<u64, Vec<TypeId>>>; 16],
    /// Ids of link strings.
    pub(crate) canonical: Mutex<FxHashMap<String, TypeId>>,
    pub(crate) canonical_of: Mutex<FxHashMap<TypeId, TypeId>>,
    scope: FxHashMap<Symbol, ObjId>,
    unsafe_pkg: PkgId,
    pub(crate) iota: ObjId,
    pub(crate) any: ObjId,
    pub(crate) comparable: ObjId,
    blank: Symbol,
}

const BASIC: [(BasicKind, &str); 28] = [
    (BasicKind::Invalid, "invalid type"),
    (BasicKind::Bool, "bool"),
    (BasicKind::Int, "int"),
    (BasicKind::Int8, "int8"),
    (BasicKind::Int16, "int16"),
    (BasicKind::Int32, "int32"),
    (BasicKind::Int64, "int64"),
    (BasicKind::Uint, "uint"),
    (BasicKind::Uint8, "uint8"),
    (BasicKind::Uint16, "uint16"),
    (BasicKind::Uint32, "uint32"),
    (BasicKind::Uint64, "uint64"),
    (BasicKind::Uintptr, "uintptr"),
    (BasicKind::Float32, "float32"),
    (BasicKind::Float64, "float64"),
    (BasicKind::Complex64, "complex64"),
    (BasicKind::Complex128, "complex128"),
    (BasicKind::String, "string"),
    (BasicKind::UnsafePointer, "Pointer"),
    (BasicKind::UntypedBool, "untyped bool"),
    (BasicKind::UntypedInt, "untyped int"),
    (BasicKind::UntypedRune, "untyped rune"),
    (BasicKind::UntypedFloat, "untyped float"),
    (BasicKind::UntypedComplex, "untyped complex"),
    (BasicKind::UntypedString, "untyped string"),
    (BasicKind::UntypedNil, "untyped nil"),
    (BasicKind::Uint8, "byte"),
    (BasicKind::Int32, "rune"),
];

const BUILTINS: [(BuiltinId, &str); 18] = [
    (BuiltinId::Append, "append"),
    (BuiltinId::Cap, "cap"),
    (BuiltinId::Clear, "clear"),
    (BuiltinId::Close, "close"),
    (BuiltinId::Complex, "complex"),
    (BuiltinId::Copy, "copy"),
    (BuiltinId::Delete, "delete"),
    (BuiltinId::Imag, "imag"),
    (BuiltinId::Len, "len"),
    (BuiltinId::Make, "make"),
    (BuiltinId::Max, "max"),
    (BuiltinId::Min, "min"),
    (BuiltinId::New, "new"),
    (BuiltinId::Panic, "panic"),
    (BuiltinId::Print, "print"),
    (BuiltinId::Println, "println"),
    (BuiltinId::Real, "real"),
    (BuiltinId::Recover, "recover"),
];

const UNSAFE_BUILTINS: [(BuiltinId, &str); 8] = [
    (BuiltinId::UnsafeAdd, "Add"),
    (BuiltinId::UnsafeAlignof, "Alignof"),
    (BuiltinId::UnsafeOffsetof, "Offsetof"),
    (BuiltinId::UnsafeSizeof, "Sizeof"),
    (BuiltinId::UnsafeSlice, "Slice"),
    (BuiltinId::UnsafeSliceData, "SliceData"),
    (BuiltinId::UnsafeString, "String"),
    (BuiltinId::UnsafeStringData, "StringData"),
];

impl Default for Universe {
    fn default() -> Self {
        Universe::new()
    }
}

impl Universe {
    pub fn new() -> Universe {
        let mut u = Universe {
            types: boxcar::Vec::new(),
            objs: boxcar::Vec::new(),
            pkgs: boxcar::Vec::new(),
            shared: Default::default(),
            tuples: Mutex::default(),
            instances: Default::default(),
            canonical: Mutex::default(),
            canonical_of: Mutex::default(),
            scope: FxHashMap::default(),
            unsafe_pkg: PkgId::from_index(0),
            iota: ObjId::from_index(0),
            any: ObjId::from_index(0),
            comparable: ObjId::from_index(0),
            blank: Symbol::new("_"),
        };
        for (kind, name) in BASIC {
            u.add_type(TypeKind::Basic(kind, name));
        }
        let mut scope: Vec<(Symbol, ObjId)> = Vec::new();
        let mut unsafe_scope = FxHashMap::default();
        u.unsafe_pkg = u.add_package(Symbol::new("unsafe"), Symbol::new("unsafe"));
        for (i, (kind, name)) in BASIC.iter().enumerate() {
            let is_unsafe = *kind == BasicKind::UnsafePointer;
            if kind.is_untyped() || *kind == BasicKind::Invalid {
                continue;
            }
            let pkg = is_unsafe.then_some(u.unsafe_pkg);
            let name = Symbol::new(name);
            let kind = ObjKind::TypeName { ordinal: AtomicU32::new(0) };
            let o = u.predeclare(kind, pkg, name, Some(TypeId::from_index(i)));
            if is_unsafe {
                unsafe_scope.insert(name, o);
            } else {
                scope.push((name, o));
            }
        }
        u.predeclare_interfaces(&mut scope);
        for (name, kind, ty) in [
            ("true", ObjKind::Const(OnceLock::from(Constant::Bool(true))), TypeId::UNTYPED_BOOL),
            ("false", ObjKind::Const(OnceLock::from(Constant::Bool(false))), TypeId::UNTYPED_BOOL),
            ("iota", ObjKind::Const(OnceLock::from(Constant::Int(0))), TypeId::UNTYPED_INT),
            ("nil", ObjKind::Nil, TypeId::UNTYPED_NIL),
        ] {
            let o = u.predeclare(kind, None, Symbol::new(name), Some(ty));
            if name == "iota" {
                u.iota = o;
            }
            scope.push((Symbol::new(name), o));
        }
        for (id, name) in BUILTINS {
            let name = Symbol::new(name);
            let o = u.predeclare(ObjKind::Builtin(id), None, name, Some(TypeId::INVALID));
            scope.push((name, o));
        }
        for (id, name) in UNSAFE_BUILTINS {
            let name = Symbol::new(name);
            let pkg = Some(u.unsafe_pkg);
            let o = u.predeclare(ObjKind::Builtin(id), pkg, name, Some(TypeId::INVALID));
            unsafe_scope.insert(name, o);
        }
        u.set_package_scope(u.unsafe_pkg, unsafe_scope);
        u.scope = scope.into_iter().collect();
        u
    }

    fn predeclare(
        &self,
        kind: ObjKind,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: Option<TypeId>,
    ) -> ObjId {
        let o = Object::new(kind, Pos::NONE, pkg, name, ty);
        o.set_parent(if pkg.is_some() { Parent::Package } else { Parent::Universe });
        self.add_obj(o)
    }

    /// `any`, `error` and `comparable`, whose types have fixed ids.
    fn predeclare_interfaces(&mut self, scope: &mut Vec<(Symbol, ObjId)>) {
        let type_name = || ObjKind::TypeName { ordinal: AtomicU32::new(0) };
        let empty = self.new_interface(Box::default(), Box::default(), Box::default(), false);
        debug_assert_eq!(empty, TypeId::EMPTY_INTERFACE);
        let any = self.predeclare(type_name(), None, Symbol::new("any"), Some(TypeId::ANY));
        let t = self.new_alias(any, None, Box::default());
        debug_assert_eq!(t, TypeId::ANY);
        self.set_alias_rhs(t, empty);
        let error = self.predeclare(type_name(), None, Symbol::new("error"), Some(TypeId::ERROR));
        let t = self.new_named(error, Box::default());
        debug_assert_eq!(t, TypeId::ERROR);
        let comparable =
            self.predeclare(type_name(), None, Symbol::new("comparable"), Some(TypeId::COMPARABLE));
        let tc = self.new_named(comparable, Box::default());
        debug_assert_eq!(tc, TypeId::COMPARABLE);
        let tuple = self.new_tuple(&[]);
        debug_assert_eq!(tuple, TypeId::EMPTY_TUPLE);

        let res = self.new_var(VarKind::Result, Pos::NONE, None, Symbol::new(""), TypeId::STRING);
        let sig =
            self.new_signature(Signature { results: Box::new([res]), ..Signature::default() });
        let m = self.new_func(Pos::NONE, None, Symbol::new("Error"), Some(sig));
        let it = self.new_interface(Box::new([m]), Box::default(), Box::default(), false);
        self.set_named_rhs(t, it);
        let ci = self.add_type(TypeKind::Interface(Interface {
            methods: Box::default(),
            embeddeds: Box::default(),
            embed_pos: Box::default(),
            implicit: false,
            is_comparable: true,
            tset: OnceLock::from(Box::new(TypeSet { comparable: true, ..TypeSet::default() })),
        }));
        self.set_named_rhs(tc, ci);
        self.any = any;
        self.comparable = comparable;
        for (name, o) in [("any", any), ("error", error), ("comparable", comparable)] {
            scope.push((Symbol::new(name), o));
        }
    }

    // --- access ---

    /// What a type is, not looking through names and aliases.
    pub fn kind(&self, t: TypeId) -> &TypeKind {
        &self.types[t.index()]
    }

    pub fn obj(&self, o: ObjId) -> &Object {
        &self.objs[o.index()]
    }

    pub fn pkg(&self, p: PkgId) -> &Package {
        &self.pkgs[p.index()]
    }

    /// The predeclared object of this name.
    pub fn lookup_universe(&self, name: Symbol) -> Option<ObjId> {
        self.scope.get(&name).copied()
    }

    /// Package `unsafe`.
    pub fn unsafe_pkg(&self) -> PkgId {
        self.unsafe_pkg
    }

    pub(crate) fn is_blank(&self, name: Symbol) -> bool {
        name == self.blank
    }

    /// The number of types; for statistics.
    pub fn type_count(&self) -> usize {
        self.types.count()
    }

    // --- construction ---

    pub(crate) fn add_type(&self, k: TypeKind) -> TypeId {
        TypeId::from_index(self.types.push(k))
    }

    pub(crate) fn add_obj(&self, o: Object) -> ObjId {
        ObjId::from_index(self.objs.push(o))
    }

    /// A new package, not filled yet.
    pub fn add_package(&self, path: Symbol, name: Symbol) -> PkgId {
        let p = self.new_package(path);
        let _ = self.pkg(p).name.set(name);
        p
    }

    pub(crate) fn new_package(&self, path: Symbol) -> PkgId {
        PkgId::from_index(self.pkgs.push(Package {
            path,
            name: OnceLock::new(),
            scope: OnceLock::new(),
            imports: OnceLock::new(),
            fake: AtomicBool::new(false),
        }))
    }

    pub(crate) fn set_package_scope(&self, p: PkgId, scope: FxHashMap<Symbol, ObjId>) {
        let _ = self.pkg(p).scope.set(scope);
    }

    fn share(&self, key: Key, make: impl FnOnce() -> TypeKind) -> TypeId {
        use std::hash::BuildHasher;
        let h = rustc_hash::FxBuildHasher.hash_one(&key);
        let mut map = lock(&self.shared[(h >> 60) as usize]);
        *map.entry(key).or_insert_with(|| self.add_type(make()))
    }

    pub fn new_pointer(&self, elem: TypeId) -> TypeId {
        self.share(Key::Pointer(elem), || TypeKind::Pointer(elem))
    }
    pub fn new_slice(&self, elem: TypeId) -> TypeId {
        self.share(Key::Slice(elem), || TypeKind::Slice(elem))
    }
    pub fn new_array(&self, elem: TypeId, len: i64) -> TypeId {
        self.share(Key::Array(elem, len), || TypeKind::Array { elem, len })
    }
    pub fn new_map(&self, key: TypeId, elem: TypeId) -> TypeId {
        self.share(Key::Map(key, elem), || TypeKind::Map { key, elem })
    }
    pub fn new_chan(&self, dir: ChanDir, elem: TypeId) -> TypeId {
        self.share(Key::Chan(dir, elem), || TypeKind::Chan { dir, elem })
    }
    /// A struct of these field objects (see [`Universe::new_field`]).
    pub fn new_struct(&self, fields: Box<[ObjId]>, tags: Box<[std::sync::Arc<[u8]>]>) -> TypeId {
        self.add_type(TypeKind::Struct(Struct { fields, tags }))
    }
    pub fn new_tuple(&self, vars: &[ObjId]) -> TypeId {
        let mut map = lock(&self.tuples);
        if let Some(&t) = map.get(vars) {
            return t;
        }
        let t = self.add_type(TypeKind::Tuple(vars.into()));
        map.insert(vars.into(), t);
        t
    }
    /// A tuple of unnamed values of these types.
    pub fn new_tuple_of(&self, types: &[TypeId]) -> TypeId {
        let vars: Vec<_> = types
            .iter()
            .map(|t| self.new_var(VarKind::Result, Pos::NONE, None, Symbol::new(""), *t))
            .collect();
        self.new_tuple(&vars)
    }
    pub fn new_signature(&self, sig: Signature) -> TypeId {
        self.add_type(TypeKind::Signature(sig))
    }
    pub fn new_interface(
        &self,
        methods: Box<[ObjId]>,
        embeddeds: Box<[TypeId]>,
        embed_pos: Box<[Pos]>,
        implicit: bool,
    ) -> TypeId {
        self.add_type(TypeKind::Interface(Interface {
            methods,
            embeddeds,
            embed_pos,
            implicit,
            is_comparable: false,
            tset: OnceLock::new(),
        }))
    }
    pub(crate) fn new_union(&self, terms: Box<[Term]>) -> TypeId {
        self.add_type(TypeKind::Union(terms))
    }
    pub(crate) fn new_named(&self, obj: ObjId, implicit_tparams: Box<[TypeId]>) -> TypeId {
        let t = self.add_type(TypeKind::Named(Named {
            obj,
            origin: None,
            targs: Box::default(),
            implicit_targs: Box::default(),
            pos: Pos::NONE,
            tparams: OnceLock::new(),
            implicit_tparams,
            rhs: TypeCell::default(),
            under: TypeCell::default(),
            methods: OnceLock::new(),
            inst_methods: OnceLock::new(),
        }));
        if self.obj(obj).ty().is_none() {
            self.obj(obj).ty.set(t);
        }
        t
    }
    pub(crate) fn new_alias(
        &self,
        obj: ObjId,
        origin: Option<TypeId>,
        targs: Box<[TypeId]>,
    ) -> TypeId {
        let t = self.add_type(TypeKind::Alias(Alias {
            obj,
            origin,
            targs,
            tparams: OnceLock::new(),
            rhs: TypeCell::default(),
        }));
        if self.obj(obj).ty().is_none() {
            self.obj(obj).ty.set(t);
        }
        t
    }
    pub(crate) fn new_type_param(&self, obj: ObjId, bound: Option<TypeId>, index: usize) -> TypeId {
        let t = self.add_type(TypeKind::TypeParam(TypeParam {
            obj,
            index: AtomicU32::new(index as u32),
            bound: TypeCell::new(bound),
            iface: TypeCell::default(),
            canon: TypeCell::default(),
        }));
        if self.obj(obj).ty().is_none() {
            self.obj(obj).ty.set(t);
        }
        t
    }
    pub(crate) fn set_named_rhs(&self, t: TypeId, rhs: TypeId) {
        if let TypeKind::Named(n) = self.kind(t) {
            n.rhs.set(rhs);
        }
    }
    pub(crate) fn set_alias_rhs(&self, t: TypeId, rhs: TypeId) {
        if let TypeKind::Alias(a) = self.kind(t) {
            a.rhs.set(rhs);
        }
    }
    pub fn new_var(
        &self,
        kind: VarKind,
        pos: Pos,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: TypeId,
    ) -> ObjId {
        let k = ObjKind::Var { kind, embedded: false, origin: None };
        self.add_obj(Object::new(k, pos, pkg, name, Some(ty)))
    }
    pub fn new_field(
        &self,
        pos: Pos,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: TypeId,
        embedded: bool,
    ) -> ObjId {
        let k = ObjKind::Var { kind: VarKind::Field, embedded, origin: None };
        self.add_obj(Object::new(k, pos, pkg, name, Some(ty)))
    }
    pub(crate) fn new_func(
        &self,
        pos: Pos,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: Option<TypeId>,
    ) -> ObjId {
        let k = ObjKind::Func {
            origin: None,
            instance: None,
            ptr_recv: AtomicBool::new(false),
            nointerface: AtomicBool::new(false),
        };
        self.add_obj(Object::new(k, pos, pkg, name, ty))
    }
    pub(crate) fn new_type_name(
        &self,
        pos: Pos,
        pkg: Option<PkgId>,
        name: Symbol,
        ty: Option<TypeId>,
    ) -> ObjId {
        let k = ObjKind::TypeName { ordinal: AtomicU32::new(0) };
        self.add_obj(Object::new(k, pos, pkg, name, ty))
    }

    // --- looking through ---

    /// The type without aliases on top.
    pub fn unalias(&self, mut t: TypeId) -> TypeId {
        let mut steps = 0;
        while let TypeKind::Alias(a) = self.kind(t) {
            steps += 1;
            match a.rhs.get() {
                Some(r) if steps < 10_000 => t = r,
                _ => return TypeId::INVALID,
            }
        }
        t
    }

    /// The underlying type; an interface for type parameters. Invalid while the declaration is incomplete.
    pub fn under(&self, t: TypeId) -> TypeId {
        match self.kind(t) {
            TypeKind::Named(n) => match n.under.get() {
                Some(u) => u,
                None => self.resolve_under(t),
            },
            TypeKind::Alias(_) => self.under(self.unalias(t)),
            TypeKind::TypeParam(p) => match p.iface.get() {
                Some(i) => i,
                None => self.bound_interface(p),
            },
            _ => t,
        }
    }

    /// [`Universe::kind`] of the underlying type.
    pub fn under_kind(&self, t: TypeId) -> &TypeKind {
        self.kind(self.under(t))
    }

    fn resolve_under(&self, t: TypeId) -> TypeId {
        let mut path = Vec::new();
        let mut cur = t;
        let under = loop {
            cur = self.unalias(cur);
            let TypeKind::Named(n) = self.kind(cur) else {
                break cur;
            };
            if let Some(u) = n.under.get() {
                break u;
            }
            if path.contains(&cur) {
                return TypeId::INVALID;
            }
            path.push(cur);
            match self.named_rhs(cur, n) {
                Some(r) => cur = r,
                None => return TypeId::INVALID,
            }
        };
        if let TypeKind::TypeParam(_) = self.kind(under) {
            return TypeId::INVALID;
        }
        for p in path {
            if let TypeKind::Named(n) = self.kind(p) {
                n.under.init(under);
            }
        }
        under
    }

    /// What stands on the right of a type's declaration, substituted for an instance. `None` while it is incomplete.
    pub(crate) fn named_rhs(&self, t: TypeId, n: &Named) -> Option<TypeId> {
        if let Some(r) = n.rhs.get() {
            return Some(r);
        }
        let r = self.expand_rhs(t, n)?;
        Some(n.rhs.init(r))
    }

    fn bound_interface(&self, p: &TypeParam) -> TypeId {
        let Some(bound) = p.bound.get() else { return TypeId::EMPTY_INTERFACE };
        let b = self.unalias(bound);
        let iface = match self.kind(b) {
            TypeKind::TypeParam(_) => TypeId::EMPTY_INTERFACE,
            _ => {
                let u = self.under(b);
                match self.kind(u) {
                    TypeKind::Basic(BasicKind::Invalid, _) => return TypeId::EMPTY_INTERFACE,
                    TypeKind::Interface(_) => u,
                    _ => self.new_interface(
                        Box::default(),
                        Box::new([bound]),
                        Box::new([Pos::NONE]),
                        true,
                    ),
                }
            }
        };
        p.iface.init(iface)
    }

    pub fn as_named(&self, t: TypeId) -> Option<&Named> {
        match self.kind(self.unalias(t)) {
            TypeKind::Named(n) => Some(n),
            _ => None,
        }
    }
    pub fn as_type_param(&self, t: TypeId) -> Option<&TypeParam> {
        match self.kind(self.unalias(t)) {
            TypeKind::TypeParam(p) => Some(p),
            _ => None,
        }
    }
    /// The type is a signature (not looking at underlying types).
    pub fn as_signature(&self, t: TypeId) -> Option<&Signature> {
        match self.kind(self.unalias(t)) {
            TypeKind::Signature(s) => Some(s),
            _ => None,
        }
    }
    /// The underlying type is a signature.
    pub fn under_signature(&self, t: TypeId) -> Option<&Signature> {
        match self.under_kind(t) {
            TypeKind::Signature(s) => Some(s),
            _ => None,
        }
    }
    pub fn under_struct(&self, t: TypeId) -> Option<&Struct> {
        match self.under_kind(t) {
            TypeKind::Struct(s) => Some(s),
            _ => None,
        }
    }
    /// The underlying type is an interface. True for type parameters.
    pub fn under_interface(&self, t: TypeId) -> Option<&Interface> {
        match self.under_kind(t) {
            TypeKind::Interface(i) => Some(i),
            _ => None,
        }
    }
    pub fn under_pointer(&self, t: TypeId) -> Option<TypeId> {
        match self.under_kind(t) {
            TypeKind::Pointer(e) => Some(*e),
            _ => None,
        }
    }
    pub fn basic_kind(&self, t: TypeId) -> Option<BasicKind> {
        match self.under_kind(t) {
            TypeKind::Basic(k, _) => Some(*k),
            _ => None,
        }
    }
    /// The variables of a tuple type.
    pub fn tuple_vars(&self, t: TypeId) -> &[ObjId] {
        match self.kind(t) {
            TypeKind::Tuple(v) => v,
            _ => &[],
        }
    }
    /// The element type of a pointer (not of a named one), and whether it was one.
    pub fn deref(&self, t: TypeId) -> (TypeId, bool) {
        match self.kind(self.unalias(t)) {
            TypeKind::Pointer(e) => (*e, true),
            _ => (t, false),
        }
    }

    /// The generic type of an instance, or the type itself.
    pub fn origin(&self, t: TypeId) -> TypeId {
        let t = self.unalias(t);
        match self.kind(t) {
            TypeKind::Named(n) => n.origin.unwrap_or(t),
            _ => t,
        }
    }

    /// The type parameters of a defined or alias type (for instances: of its origin) or of a signature.
    pub fn type_params(&self, t: TypeId) -> &[TypeId] {
        match self.kind(t) {
            TypeKind::Named(n) => match n.origin {
                Some(o) => self.type_params(o),
                None => n.tparams.get().map_or(&[], |p| p),
            },
            TypeKind::Alias(a) => match a.origin {
                Some(o) => self.type_params(o),
                None => a.tparams.get().map_or(&[], |p| p),
            },
            TypeKind::Signature(s) => &s.tparams,
            _ => &[],
        }
    }

    /// The declared methods of a defined type (of its origin, for an instance), in order of declaration.
    pub fn origin_methods(&self, t: TypeId) -> &[ObjId] {
        match self.kind(self.origin(t)) {
            TypeKind::Named(n) => n.methods.get().map_or(&[], |m| m),
            _ => &[],
        }
    }

    /// Method `i` of a defined type; for an instance an object of its own, whose type is substituted.
    pub fn method(&self, t: TypeId, i: usize) -> ObjId {
        let t = self.unalias(t);
        let origin = self.origin_methods(t)[i];
        let TypeKind::Named(n) = self.kind(t) else { return origin };
        if n.origin.is_none() {
            return origin;
        }
        let count = self.origin_methods(t).len();
        let cells = n.inst_methods.get_or_init(|| (0..count).map(|_| AtomicU32::new(0)).collect());
        if let Some(m) = ObjId::from_raw(cells[i].load(Ordering::Acquire)) {
            return m;
        }
        let o = self.obj(origin);
        let k = ObjKind::Func {
            origin: Some(origin),
            instance: Some(t),
            ptr_recv: AtomicBool::new(o.has_ptr_recv()),
            nointerface: AtomicBool::new(self.is_nointerface(origin)),
        };
        let m = self.add_obj(Object::new(k, o.pos, o.pkg, o.name, None));
        let new = ObjId::raw(Some(m));
        match cells[i].compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => m,
            Err(other) => ObjId::from_raw(other).unwrap_or(m),
        }
    }

    pub(crate) fn is_nointerface(&self, f: ObjId) -> bool {
        matches!(&self.obj(f).kind, ObjKind::Func { nointerface, .. } if nointerface.load(Ordering::Relaxed))
    }

    /// The type of an object; substitutes the signature of an instance's method. Invalid if not known yet.
    pub fn obj_type(&self, o: ObjId) -> TypeId {
        let obj = self.obj(o);
        if let Some(t) = obj.ty() {
            return t;
        }
        match self.expand_method(o) {
            Some(t) => obj.ty.init(t),
            None => TypeId::INVALID,
        }
    }

    /// The declared function of an instance's method; otherwise the object itself.
    pub fn origin_func(&self, o: ObjId) -> ObjId {
        match self.obj(o).kind {
            ObjKind::Func { origin: Some(f), .. } => f,
            _ => o,
        }
    }

    /// For a field or variable of an instantiated type: the declared one.
    pub fn origin_var(&self, o: ObjId) -> ObjId {
        match self.obj(o).kind {
            ObjKind::Var { origin: Some(f), .. } => f,
            _ => o,
        }
    }

    pub(crate) fn set_decl(&self, o: ObjId, d: DeclRef) {
        let _ = self.obj(o).decl.set(d);
    }

    /// Same package, by path.
    pub fn same_pkg(&self, a: Option<PkgId>, b: Option<PkgId>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => a == b || self.pkg(a).path == self.pkg(b).path,
            (None, None) => true,
            _ => false,
        }
    }

    /// Reports whether `o` is what `name` means in `pkg`: unexported names differ by package.
    pub(crate) fn same_id(&self, o: ObjId, pkg: Option<PkgId>, name: Symbol, fold: bool) -> bool {
        let obj = self.obj(o);
        if fold && obj.name.as_str().to_lowercase() == name.as_str().to_lowercase() {
            return true;
        }
        obj.name == name && (obj.is_exported() || self.same_pkg(obj.pkg, pkg))
    }
}

pub(crate) fn lock<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
