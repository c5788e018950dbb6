//! Two further forms of types: the link string, by which types are merged, and reflect's `String()`.
//!
//! L1  Two types without type parameters, in packages of one program, are identical exactly if their link strings are equal.
//!     Several programs may be checked at once, and each of them is package `main`, so `Universe::canonical` goes by a form
//!     that has the packages' ids in place of their paths.
//! L2  Both forms don't mention aliases, parameter names, or the names `byte`, `rune` and `any`.
//! The link string has package paths, tags, the packages of unexported names and ordinals of local types. reflect's
//! has package names and no ordinals; within the brackets of an instance it is the link string.

use crate::constant::quote;
use crate::object::{ObjId, ObjKind, PkgId};
use crate::types::{BasicKind, ChanDir, Named, Signature, TypeId, TypeKind};
use crate::universe::{Universe, lock};
use std::fmt::Write;
use std::sync::atomic::Ordering;

struct Writer<'a> {
    u: &'a Universe,
    out: String,
    /// The link string, or the form with ids; otherwise reflect's.
    link: bool,
    /// Packages are written as ids.
    ids: bool,
}

fn basic_name(k: BasicKind) -> &'static str {
    match k {
        BasicKind::Invalid => "invalid",
        BasicKind::Bool | BasicKind::UntypedBool => "bool",
        BasicKind::Int | BasicKind::UntypedInt => "int",
        BasicKind::Int8 => "int8",
        BasicKind::Int16 => "int16",
        BasicKind::Int32 | BasicKind::UntypedRune => "int32",
        BasicKind::Int64 => "int64",
        BasicKind::Uint => "uint",
        BasicKind::Uint8 => "uint8",
        BasicKind::Uint16 => "uint16",
        BasicKind::Uint32 => "uint32",
        BasicKind::Uint64 => "uint64",
        BasicKind::Uintptr => "uintptr",
        BasicKind::Float32 => "float32",
        BasicKind::Float64 | BasicKind::UntypedFloat => "float64",
        BasicKind::Complex64 => "complex64",
        BasicKind::Complex128 | BasicKind::UntypedComplex => "complex128",
        BasicKind::String | BasicKind::UntypedString => "string",
        BasicKind::UnsafePointer => "unsafe.Pointer",
        BasicKind::UntypedNil => "nil",
    }
}

impl Universe {
    /// The string that identifies the type in the whole program.
    pub fn link_string(&self, t: TypeId) -> String {
        let mut w = Writer { u: self, out: String::new(), link: true, ids: false };
        w.ty(t);
        w.out
    }

    /// What `reflect.Type.String` gives.
    pub fn reflect_string(&self, t: TypeId) -> String {
        let mut w = Writer { u: self, out: String::new(), link: false, ids: false };
        w.ty(t);
        w.out
    }

    /// What `reflect.Type.Name` gives: empty for unnamed types, without package, with type arguments.
    pub fn reflect_name(&self, t: TypeId) -> String {
        let t = self.unalias(t);
        match self.kind(t) {
            TypeKind::Basic(BasicKind::UnsafePointer, _) => "Pointer".into(),
            TypeKind::Basic(k, _) => basic_name(*k).into(),
            TypeKind::Named(n) => {
                let out = self.obj(n.obj).name.as_str().into();
                let mut w = Writer { u: self, out, link: false, ids: false };
                w.type_args(n);
                w.out
            }
            _ => String::new(),
        }
    }

    /// One id for all identical types without type parameters.
    pub fn canonical(&self, t: TypeId) -> TypeId {
        let t = self.unalias(t);
        if let Some(&c) = lock(&self.canonical_of).get(&t) {
            return c;
        }
        let mut w = Writer { u: self, out: String::new(), link: true, ids: true };
        w.ty(t);
        let s = w.out;
        let c = *lock(&self.canonical).entry(s).or_insert(t);
        lock(&self.canonical_of).insert(t, c);
        c
    }

    /// The number of a type declared in a function, from 1; 0 for others.
    pub fn local_ordinal(&self, type_name: ObjId) -> u32 {
        match &self.obj(type_name).kind {
            ObjKind::TypeName { ordinal } => ordinal.load(Ordering::Relaxed),
            _ => 0,
        }
    }
}

impl Writer<'_> {
    fn type_args(&mut self, n: &Named) {
        if n.targs.is_empty() && n.implicit_targs.is_empty() {
            return;
        }
        let was = std::mem::replace(&mut self.link, true);
        self.out.push('[');
        for (i, &t) in n.implicit_targs.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            self.ty(t);
        }
        if !n.implicit_targs.is_empty() && !n.targs.is_empty() {
            self.out.push(';');
        }
        for (i, &t) in n.targs.iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            self.ty(t);
        }
        self.out.push(']');
        self.link = was;
    }

    fn package(&mut self, p: PkgId) {
        if self.ids {
            let _ = write!(self.out, "{}.", p.index());
            return;
        }
        let p = self.u.pkg(p);
        self.out.push_str(if self.link { p.path } else { p.name() }.as_str());
        self.out.push('.');
    }

    /// An unexported name, qualified.
    fn qualified(&mut self, o: ObjId) {
        let o = self.u.obj(o);
        if !o.is_exported()
            && let Some(p) = o.pkg
        {
            self.package(p);
        }
        self.out.push_str(o.name.as_str());
    }

    fn ty(&mut self, t: TypeId) {
        let u = self.u;
        let t = u.unalias(t);
        match u.kind(t) {
            TypeKind::Basic(k, _) => self.out.push_str(basic_name(*k)),
            TypeKind::Alias(_) => {}
            TypeKind::Named(n) => {
                let o = u.obj(n.obj);
                if let Some(p) = o.pkg {
                    self.package(p);
                }
                self.out.push_str(o.name.as_str());
                self.type_args(n);
                let ordinal = u.local_ordinal(n.obj);
                if self.link && ordinal > 0 {
                    let _ = write!(self.out, "·{ordinal}");
                }
            }
            TypeKind::Pointer(e) => {
                self.out.push('*');
                self.ty(*e);
            }
            TypeKind::Slice(e) => {
                self.out.push_str("[]");
                self.ty(*e);
            }
            TypeKind::Array { elem, len } => {
                let _ = write!(self.out, "[{len}]");
                self.ty(*elem);
            }
            TypeKind::Map { key, elem } => {
                self.out.push_str("map[");
                self.ty(*key);
                self.out.push(']');
                self.ty(*elem);
            }
            TypeKind::Chan { dir, elem } => {
                let inner = u.unalias(*elem);
                let parens = *dir != ChanDir::SendOnly
                    && *dir == ChanDir::Both
                    && matches!(u.kind(inner), TypeKind::Chan { dir: ChanDir::RecvOnly, .. });
                self.out.push_str(match dir {
                    ChanDir::Both => "chan ",
                    ChanDir::SendOnly => "chan<- ",
                    ChanDir::RecvOnly => "<-chan ",
                });
                if parens {
                    self.out.push('(');
                }
                self.ty(*elem);
                if parens {
                    self.out.push(')');
                }
            }
            TypeKind::Struct(s) => {
                self.out.push_str("struct {");
                for (i, &f) in s.fields.iter().enumerate() {
                    self.out.push_str(if i > 0 { "; " } else { " " });
                    self.field(f);
                    if !s.tag(i).is_empty() {
                        self.out.push(' ');
                        self.out.push_str(&quote(s.tag(i)));
                    }
                }
                self.out.push_str(if s.fields.is_empty() { "}" } else { " }" });
            }
            TypeKind::Tuple(v) => self.params(v, false),
            TypeKind::Signature(s) => {
                self.out.push_str("func");
                self.signature(s);
            }
            TypeKind::Interface(_) => {
                let set = u.type_set(t);
                self.out.push_str("interface {");
                for (i, &m) in set.methods.iter().enumerate() {
                    self.out.push_str(if i > 0 { "; " } else { " " });
                    self.qualified(m);
                    if let Some(s) = u.as_signature(u.obj_type(m)) {
                        self.signature(s);
                    }
                }
                if set.comparable {
                    self.out.push_str(" comparable");
                }
                for (i, x) in set.terms.iter().flatten().enumerate() {
                    self.out.push_str(if i > 0 { "|" } else { " " });
                    if x.tilde {
                        self.out.push('~');
                    }
                    self.ty(x.ty);
                }
                self.out.push_str(if set.methods.is_empty() { "}" } else { " }" });
            }
            TypeKind::Union(terms) => {
                for (i, x) in terms.iter().enumerate() {
                    self.out.push_str(if i > 0 { "|" } else { "" });
                    if x.tilde {
                        self.out.push('~');
                    }
                    self.ty(x.ty);
                }
            }
            TypeKind::TypeParam(p) => {
                let _ = write!(self.out, "{}#{}", u.obj(p.obj).name, t.index());
            }
        }
    }

    fn field(&mut self, f: ObjId) {
        let u = self.u;
        let o = u.obj(f);
        let t = u.obj_type(f);
        if !o.is_embedded() {
            // Only the link string tells packages of unexported fields apart.
            if self.link {
                self.qualified(f);
            } else {
                self.out.push_str(o.name.as_str());
            }
            self.out.push(' ');
        } else if self.link {
            let (base, _) = u.deref(t);
            let base = u.unalias(base);
            let name = match u.kind(base) {
                TypeKind::Named(n) => u.obj(n.obj).name.as_str(),
                TypeKind::Basic(k, _) => basic_name(*k),
                _ => "",
            };
            if name != o.name.as_str() {
                self.qualified(f);
                self.out.push_str(" = ");
            } else if !o.is_exported()
                && u.as_named(base).is_none_or(|n| u.obj(n.obj).pkg.is_none())
                && let Some(p) = o.pkg
            {
                // An embedded predeclared type is an unexported field of this package.
                self.package(p);
            }
        }
        self.ty(t);
    }

    fn params(&mut self, vars: &[ObjId], variadic: bool) {
        self.out.push('(');
        for (i, &v) in vars.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            let t = self.u.obj_type(v);
            match self.u.kind(t) {
                TypeKind::Slice(e) if variadic && i + 1 == vars.len() => {
                    self.out.push_str("...");
                    self.ty(*e);
                }
                _ => self.ty(t),
            }
        }
        self.out.push(')');
    }

    fn signature(&mut self, s: &Signature) {
        if !s.tparams.is_empty() {
            let _ = write!(self.out, "[{}]", s.tparams.len());
        }
        self.params(&s.params, s.variadic);
        match &*s.results {
            [] => {}
            [r] => {
                self.out.push(' ');
                self.ty(self.u.obj_type(*r));
            }
            list => {
                self.out.push(' ');
                self.params(list, false);
            }
        }
    }
}
