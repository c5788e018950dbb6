//! Types as messages print them.

use crate::constant::quote;
use crate::object::{ObjId, PkgId};
use crate::types::{ChanDir, Signature, TypeId, TypeKind};
use crate::universe::Universe;
use rustc_hash::FxHashSet;
use std::cell::{Cell, RefCell};
use std::fmt::Write;

thread_local! {
    /// The package whose messages are being written in this thread: its own names are not qualified.
    static RELATIVE_TO: Cell<Option<PkgId>> = const { Cell::new(None) };
    /// Package names that stand for several paths among all that the package depends on, once they are asked for.
    static AMBIGUOUS: RefCell<Option<Vec<&'static str>>> = const { RefCell::new(None) };
}

/// While it lives, messages of this thread are relative to a package.
pub(crate) struct MessageScope(Option<PkgId>);

impl MessageScope {
    pub(crate) fn enter(pkg: PkgId) -> MessageScope {
        AMBIGUOUS.set(None);
        MessageScope(RELATIVE_TO.replace(Some(pkg)))
    }
}

impl Drop for MessageScope {
    fn drop(&mut self) {
        AMBIGUOUS.set(None);
        RELATIVE_TO.set(self.0);
    }
}

/// What is written before the names of a package; empty for none.
pub type Qualifier<'a> = &'a dyn Fn(PkgId) -> String;

pub(crate) struct TypeWriter<'a> {
    u: &'a Universe,
    pub(crate) out: String,
    qualifier: Qualifier<'a>,
    pub(crate) param_names: bool,
    /// Tell the package of the first unexported field.
    pub(crate) pkg_info: bool,
    seen: Vec<TypeId>,
}

impl Universe {
    /// The type as messages print it: qualified by package names, relative to the package under check.
    pub fn type_string(&self, t: TypeId) -> String {
        self.type_string_by(t, &|p| self.message_qualifier(p))
    }

    pub(crate) fn message_qualifier(&self, p: PkgId) -> String {
        if RELATIVE_TO.get().is_some_and(|r| r == p) {
            return String::new();
        }
        let name = self.pkg(p).name().as_str();
        if self.is_ambiguous(name) {
            return quote(self.pkg(p).path.as_str().as_bytes());
        }
        name.into()
    }

    fn is_ambiguous(&self, name: &'static str) -> bool {
        let Some(root) = RELATIVE_TO.get().filter(|r| self.pkg(*r).imports.get().is_some()) else {
            return false;
        };
        AMBIGUOUS.with_borrow_mut(|a| {
            a.get_or_insert_with(|| self.ambiguous_names(root)).contains(&name)
        })
    }

    /// Names that several packages have, of those that a package depends on, and it itself.
    fn ambiguous_names(&self, root: PkgId) -> Vec<&'static str> {
        let mut seen = FxHashSet::from_iter([root]);
        let mut pending = vec![root];
        let mut names = Vec::new();
        while let Some(p) = pending.pop() {
            let pkg = self.pkg(p);
            names.push((pkg.name().as_str(), pkg.path.as_str()));
            pending.extend(pkg.imports.get().into_iter().flatten().filter(|i| seen.insert(**i)));
        }
        names.sort_unstable();
        names.dedup();
        names.windows(2).filter(|w| w[0].0 == w[1].0).map(|w| w[0].0).collect()
    }

    /// The type with full package paths, as messages print terms.
    pub(crate) fn full_type_string(&self, t: TypeId) -> String {
        self.type_string_by(t, &|p| match self.pkg(p).path.as_str() {
            "command-line-arguments" => self.pkg(p).name().as_str().into(),
            path => path.into(),
        })
    }

    /// The type with package names as `qualifier` gives them.
    pub fn type_string_by(&self, t: TypeId, qualifier: Qualifier<'_>) -> String {
        let mut w = TypeWriter::new(self, qualifier);
        w.ty(t);
        w.out
    }

    /// The method with its signature, without parameter names.
    pub(crate) fn func_string(&self, f: ObjId, pkg_info: bool) -> String {
        let message: Qualifier<'_> = &|p| self.message_qualifier(p);
        let full: Qualifier<'_> = &|p| self.pkg(p).path.as_str().into();
        let mut w = TypeWriter::new(self, if pkg_info { full } else { message });
        w.out.push_str(self.obj(f).name.as_str());
        w.param_names = false;
        w.pkg_info = pkg_info;
        if let Some(s) = self.as_signature(self.obj_type(f)) {
            w.signature(s);
        }
        w.out
    }
}

impl<'a> TypeWriter<'a> {
    pub(crate) fn new(u: &'a Universe, qualifier: Qualifier<'a>) -> TypeWriter<'a> {
        TypeWriter {
            u,
            out: String::new(),
            qualifier,
            param_names: true,
            pkg_info: false,
            seen: Vec::new(),
        }
    }

    fn name(&mut self, o: ObjId) {
        let o = self.u.obj(o);
        if let Some(p) = o.pkg {
            let q = (self.qualifier)(p);
            if !q.is_empty() {
                self.out.push_str(&q);
                self.out.push('.');
            }
        }
        self.out.push_str(o.name.as_str());
    }

    fn list(&mut self, list: &[TypeId]) {
        self.out.push('[');
        for (i, &t) in list.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.ty(t);
        }
        self.out.push(']');
    }

    fn tparams(&mut self, list: &[TypeId]) {
        self.out.push('[');
        let mut prev = None;
        for (i, &t) in list.iter().enumerate() {
            let bound = self.u.as_type_param(t).and_then(|p| p.bound());
            if i > 0 {
                if bound != prev
                    && let Some(p) = prev
                {
                    self.out.push(' ');
                    self.ty(p);
                }
                self.out.push_str(", ");
            }
            prev = bound;
            self.ty(t);
        }
        if let Some(p) = prev {
            self.out.push(' ');
            self.ty(p);
        }
        self.out.push(']');
    }

    pub(crate) fn ty(&mut self, t: TypeId) {
        if self.seen.contains(&t) {
            self.out.push_str("<cycle>");
            return;
        }
        self.seen.push(t);
        self.ty_unguarded(t);
        self.seen.pop();
    }

    fn ty_unguarded(&mut self, t: TypeId) {
        let u = self.u;
        match u.kind(t) {
            TypeKind::Basic(..) if t == TypeId::UNSAFE_POINTER => {
                self.out.push_str("unsafe.Pointer")
            }
            TypeKind::Basic(_, name) => self.out.push_str(name),
            TypeKind::Array { elem, len } => {
                let _ = write!(self.out, "[{len}]");
                self.ty(*elem);
            }
            TypeKind::Slice(e) => {
                self.out.push_str("[]");
                self.ty(*e);
            }
            TypeKind::Pointer(e) => {
                self.out.push('*');
                self.ty(*e);
            }
            TypeKind::Map { key, elem } => {
                self.out.push_str("map[");
                self.ty(*key);
                self.out.push(']');
                self.ty(*elem);
            }
            TypeKind::Chan { dir, elem } => {
                let parens = *dir == ChanDir::Both
                    && matches!(u.kind(*elem), TypeKind::Chan { dir: ChanDir::RecvOnly, .. });
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
                self.out.push_str("struct{");
                for (i, &f) in s.fields.iter().enumerate() {
                    if i > 0 {
                        self.out.push_str("; ");
                    }
                    let o = u.obj(f);
                    let annotate = self.pkg_info && !o.is_exported();
                    if annotate {
                        self.pkg_info = false;
                    }
                    if !o.is_embedded() {
                        self.out.push_str(o.name.as_str());
                        self.out.push(' ');
                    }
                    self.ty(u.obj_type(f));
                    if annotate && let Some(p) = o.pkg {
                        let _ = write!(self.out, " /* package {} */ ", u.pkg(p).path);
                    }
                    if !s.tag(i).is_empty() {
                        self.out.push(' ');
                        self.out.push_str(&quote(s.tag(i)));
                    }
                }
                self.out.push('}');
            }
            TypeKind::Tuple(v) => self.tuple(v, false),
            TypeKind::Signature(s) => {
                self.out.push_str("func");
                self.signature(s);
            }
            TypeKind::Union(terms) => {
                for (i, x) in terms.iter().enumerate() {
                    if i > 0 {
                        self.out.push_str(" | ");
                    }
                    if x.tilde {
                        self.out.push('~');
                    }
                    self.ty(x.ty);
                }
            }
            TypeKind::Interface(it) => {
                if it.is_comparable {
                    self.out.push_str("interface{comparable}");
                    return;
                }
                if it.implicit {
                    if it.methods.is_empty() && it.embeddeds.len() == 1 {
                        self.ty(it.embeddeds[0]);
                        return;
                    }
                    self.out.push_str("/* implicit */ ");
                }
                self.out.push_str("interface{");
                let mut sep = "";
                for &m in &it.methods {
                    self.out.push_str(sep);
                    sep = "; ";
                    self.out.push_str(u.obj(m).name.as_str());
                    if let Some(s) = u.as_signature(u.obj_type(m)) {
                        self.signature(s);
                    }
                }
                for &e in &it.embeddeds {
                    self.out.push_str(sep);
                    sep = "; ";
                    self.ty(e);
                }
                self.out.push('}');
            }
            TypeKind::Named(n) => {
                self.name(n.obj);
                if n.origin.is_some() {
                    if !n.targs.is_empty() {
                        self.list(&n.targs);
                    }
                } else if let Some(p) = n.tparams.get().filter(|p| !p.is_empty()) {
                    self.tparams(p);
                }
            }
            TypeKind::Alias(a) => {
                self.name(a.obj);
                if !a.targs.is_empty() {
                    self.list(&a.targs);
                } else if let Some(p) = a.tparams.get().filter(|p| !p.is_empty()) {
                    self.tparams(p);
                }
            }
            TypeKind::TypeParam(p) => {
                let o = u.obj(p.obj);
                self.out.push_str(o.name.as_str());
                if u.lookup_universe(o.name).is_some() {
                    let _ =
                        write!(self.out, " /* with {} declared at {{pos:{}}} */", o.name, o.pos.0);
                }
            }
        }
    }

    fn tuple(&mut self, vars: &[ObjId], variadic: bool) {
        self.out.push('(');
        for (i, &v) in vars.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            let o = self.u.obj(v);
            if self.param_names && !o.name.as_str().is_empty() {
                self.out.push_str(o.name.as_str());
                self.out.push(' ');
            }
            let t = self.u.obj_type(v);
            if variadic && i + 1 == vars.len() {
                if let TypeKind::Slice(e) = self.u.kind(t) {
                    self.out.push_str("...");
                    self.ty(*e);
                } else {
                    // append([]byte, string...)
                    self.ty(t);
                    self.out.push_str("...");
                }
            } else {
                self.ty(t);
            }
        }
        self.out.push(')');
    }

    pub(crate) fn signature(&mut self, s: &Signature) {
        if !s.tparams.is_empty() {
            self.tparams(&s.tparams);
        }
        self.tuple(&s.params, s.variadic);
        if s.results.is_empty() {
            return;
        }
        self.out.push(' ');
        if let [r] = *s.results
            && (self.u.obj(r).name.as_str().is_empty() || !self.param_names)
        {
            let t = self.u.obj_type(r);
            self.ty(t);
            return;
        }
        self.tuple(&s.results, false);
    }
}
