//! Collecting the package-level objects: imports, declarations, methods and their receivers' base types.

use crate::check::{Checker, DeclInfo, ScopeId};
use crate::constant::Constant;
use crate::errors::{Code, Report};
use crate::info::FuncInfo;
use crate::object::{ObjId, ObjKind, Object, Parent, PkgId, VarKind, is_exported};
use crate::version::Version;
use burrow_syntax::{
    ConstDecl, DeclId, DeclKind, ExprId, ExprKind, FuncDecl, IdentId, ImportDecl, Pos, Symbol,
    VarDecl,
};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A method whose receiver base type is to be found.
struct MethodInfo {
    obj: ObjId,
    ptr: bool,
    base: Symbol,
}

/// A receiver type taken apart.
pub(crate) struct RecvParts {
    pub(crate) ptr: bool,
    pub(crate) base: ExprId,
    /// The expressions in brackets, if there are any.
    pub(crate) tparams: Option<Box<[ExprId]>>,
}

impl<'a> Checker<'a> {
    /// Reports a wrong number of initialisers.
    pub(crate) fn arity(
        &mut self,
        pos: Pos,
        names: &[IdentId],
        inits: &[ExprId],
        is_const: bool,
        inherited: bool,
    ) {
        let (l, r) = (names.len(), inits.len());
        if l < r {
            let n = inits[l];
            if inherited {
                let at = self.at(self.file().exprs[n].pos);
                self.error(pos, Code::WrongAssignCount, format!("extra init expr at {at}"));
            } else {
                let msg = format!("extra init expr {}", self.es(n));
                self.error(self.epos(n), Code::WrongAssignCount, msg);
            }
        } else if l > r && (is_const || r != 1) {
            let n = self.file().ident(names[r]);
            self.error(n.pos, Code::WrongAssignCount, format!("missing init expr for {}", n.name));
        }
    }

    fn declare_pkg_obj(&mut self, id: IdentId, o: ObjId, d: DeclInfo) {
        let ident = self.file().ident(id);
        if ident.name == "init" {
            self.error(ident.pos, Code::InvalidInitDecl, "cannot declare init - must be func");
            return;
        }
        if ident.name == "main" && self.pkg_name == "main" {
            self.error(ident.pos, Code::InvalidMainDecl, "cannot declare main - must be func");
            return;
        }
        self.declare(self.pkg_scope, Some(id), o);
        self.u.obj(o).set_parent(Parent::Package);
        self.add_decl(o, d);
    }

    fn add_decl(&mut self, o: ObjId, d: DeclInfo) {
        if let Some(decl) = d.decl {
            self.u.set_decl(o, self.decl_ref(decl));
        }
        self.decls.insert(o, d);
        self.order.insert(o, self.obj_list.len() as u32);
        self.obj_list.push(o);
    }

    pub(crate) fn decl_info(&self, d: DeclId) -> DeclInfo {
        DeclInfo {
            file: self.env.file,
            version: self.env.version,
            decl: Some(d),
            ..DeclInfo::default()
        }
    }

    pub(crate) fn file_scope(&self, file: usize) -> ScopeId {
        self.file_scopes[file]
    }

    pub(crate) fn collect_objects(&mut self) {
        for _ in 0..self.files.len() {
            let scope = self.new_scope(self.pkg_scope, false);
            self.file_scopes.push(scope);
        }
        let mut methods = Vec::new();
        for i in 0..self.files.len() {
            self.env.file = i;
            self.env.version = self.versions[i];
            self.env.scope = self.file_scope(i);
            let f = self.file();
            for &d in &f.decls {
                match &f.decl(d).kind {
                    DeclKind::Import(s) => self.collect_import(d, s),
                    DeclKind::Const(s) => self.collect_const(d, s),
                    DeclKind::Var(s) => self.collect_var(d, s),
                    DeclKind::Type(s) => {
                        let id = f.ident(s.name);
                        let o = self.u.new_type_name(id.pos, Some(self.pkg), id.name, None);
                        let info = self.decl_info(d);
                        self.declare_pkg_obj(s.name, o, info);
                    }
                    DeclKind::Func(s) => self.collect_func(d, s, &mut methods),
                }
            }
        }
        self.file_scope_conflicts();
        for m in methods {
            if let Some((ptr, base)) = self.resolve_base_type_name(m.ptr, m.base) {
                if let ObjKind::Func { ptr_recv, .. } = &self.u.obj(m.obj).kind {
                    ptr_recv.store(ptr, Ordering::Relaxed);
                }
                self.methods.entry(base).or_default().push(m.obj);
            }
        }
    }

    fn collect_import(&mut self, d: DeclId, s: &ImportDecl) {
        let f = self.file();
        let (path, Some(lit)) = (s.path, s.lit) else { return };
        let Some(path) = path else {
            if matches!(f.expr(lit), ExprKind::BasicLit { bad: false, .. }) {
                let msg = "invalid import path (invalid character U+FFFD '\u{FFFD}')";
                self.error(f.exprs[lit].pos, Code::BadImportPath, msg);
            }
            return;
        };
        let lit_pos = f.exprs[lit].pos;
        if let Some(why) = invalid_path(path.as_str()) {
            self.error(lit_pos, Code::BadImportPath, format!("invalid import path ({why})"));
            return;
        }
        let imp = self.import_package(lit_pos, path);
        let mut name = self.u.pkg(imp).name();
        if let Some(id) = s.name {
            name = f.name(id);
            if path == "C" {
                self.error(f.ident(id).pos, Code::ImportCRenamed, "cannot rename import \"C\"");
                return;
            }
        }
        let pos = f.decl(d).pos;
        if name == "init" {
            self.error(
                pos,
                Code::InvalidInitDecl,
                "cannot import package as init - init must be a func",
            );
            return;
        }
        if !self.imported.contains(&imp) {
            self.imported.push(imp);
        }
        let obj_pos = s.name.map_or(lit_pos, |id| f.ident(id).pos);
        let kind = ObjKind::PkgName { imported: imp };
        let o = self.u.add_obj(Object::new(
            kind,
            obj_pos,
            Some(self.pkg),
            name,
            Some(crate::types::TypeId::INVALID),
        ));
        match s.name {
            Some(id) => self.record_def(id, Some(o)),
            None => {
                self.info().imports.insert(d, o);
            }
        }
        self.info().imports.insert(d, o);
        if self.u.pkg(imp).fake.load(Ordering::Relaxed) {
            self.used.insert(o);
        }
        self.import_objs.push(o);
        let scope = self.env.scope;
        if name != "." {
            self.declare(scope, None, o);
            return;
        }
        for e in self.u.pkg(imp).objects() {
            let obj = self.u.obj(e);
            if !is_exported(obj.name) {
                continue;
            }
            if let Some(&alt) = self.scopes[scope].elems.get(&obj.name) {
                let mut r = Report::new(Code::DuplicateDecl);
                r.add(obj_pos, format!("{} redeclared in this block", obj.name));
                self.add_alt_decl(&mut r, alt);
                self.report(r);
            } else {
                self.scopes[scope].elems.insert(obj.name, e);
                self.dot_imports.insert((scope, obj.name), o);
            }
        }
    }

    fn import_package(&mut self, pos: Pos, path: Symbol) -> PkgId {
        if path == "unsafe" {
            return self.u.unsafe_pkg();
        }
        let why = match (self.importer)(path.as_str()) {
            Ok(p) => return p,
            Err(why) => why,
        };
        self.error(pos, Code::BrokenImport, format!("could not import {path} ({why})"));
        let name = path.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let p = self.u.add_package(path, Symbol::new(name));
        self.u.pkg(p).fake.store(true, Ordering::Relaxed);
        p
    }

    fn collect_const(&mut self, d: DeclId, s: &ConstDecl) {
        let f = self.file();
        let (last, inherited) = self.const_source(s);
        let values: &[ExprId] = last.map_or(&[], |l| &l.values);
        for (i, &id) in s.names.iter().enumerate() {
            let ident = f.ident(id);
            let k = ObjKind::Const(std::sync::OnceLock::new());
            let o = self.u.add_obj(Object::new(k, ident.pos, Some(self.pkg), ident.name, None));
            let info = DeclInfo {
                ty: last.and_then(|l| l.ty),
                init: values.get(i).copied(),
                inherited,
                iota: s.iota,
                ..self.decl_info(d)
            };
            self.declare_pkg_obj(id, o, info);
        }
        self.arity(f.decl(d).pos, &s.names, values, true, inherited);
    }

    /// The spec whose type and values hold for a constant spec, and whether it is an earlier one.
    pub(crate) fn const_source<'s>(&self, s: &'s ConstDecl) -> (Option<&'s ConstDecl>, bool)
    where
        'a: 's,
    {
        if s.ty.is_some() || !s.values.is_empty() {
            return (Some(s), false);
        }
        match s.inherits.map(|d| &self.file().decl(d).kind) {
            Some(DeclKind::Const(l)) => (Some(l), true),
            _ => (None, false),
        }
    }

    fn collect_var(&mut self, d: DeclId, s: &VarDecl) {
        let f = self.file();
        let objs: Rc<[ObjId]> = s
            .names
            .iter()
            .map(|&id| self.new_local(VarKind::Package, f.ident(id).pos, f.name(id), None))
            .collect();
        let single = s.values.len() == 1;
        for (i, &id) in s.names.iter().enumerate() {
            let info = DeclInfo {
                lhs: (s.values.len() <= 1 && s.names.len() > 1).then(|| objs.clone()),
                ty: s.ty,
                init: if single { Some(s.values[0]) } else { s.values.get(i).copied() },
                ..self.decl_info(d)
            };
            self.declare_pkg_obj(id, objs[i], info);
        }
        if s.ty.is_none() || !s.values.is_empty() {
            self.arity(f.decl(d).pos, &s.names, &s.values, false, false);
        }
    }

    fn collect_func(&mut self, d: DeclId, s: &FuncDecl, methods: &mut Vec<MethodInfo>) {
        let f = self.file();
        let id = f.ident(s.name);
        let name = id.name;
        let o = self.u.new_func(id.pos, Some(self.pkg), name, None);
        if let ObjKind::Func { nointerface, .. } = &self.u.obj(o).kind {
            let set = f.decl(d).pragma.has(burrow_syntax::Pragma::NOINTERFACE);
            AtomicBool::store(nointerface, set, Ordering::Relaxed);
        }
        let tparam0 = s.tparams.first().map(|p| self.field_pos(p));
        match &s.recv {
            None => {
                let is_main = name == "main" && self.pkg_name == "main";
                if name == "init" || is_main {
                    let code = if is_main { Code::InvalidMainDecl } else { Code::InvalidInitDecl };
                    if let Some(p) = tparam0 {
                        self.soft_error(
                            p,
                            code,
                            format!("func {name} must have no type parameters"),
                        );
                    }
                    let (params, results) = f.func_type(s.ty);
                    if !params.is_empty() || !results.is_empty() {
                        let msg =
                            format!("func {name} must have no arguments and no return values");
                        self.soft_error(id.pos, code, msg);
                    }
                } else if let Some(p) = tparam0 {
                    self.verify_version(p, Version::GO1_18, "type parameter");
                }
                if name == "init" {
                    self.u.obj(o).set_parent(Parent::Package);
                    self.record_def(s.name, Some(o));
                    if s.body.is_none() {
                        self.soft_error(
                            id.pos,
                            Code::MissingInitBody,
                            "func init must have a body",
                        );
                    }
                } else {
                    self.declare(self.pkg_scope, Some(s.name), o);
                    self.u.obj(o).set_parent(Parent::Package);
                    self.record_def(s.name, Some(o));
                }
            }
            Some(recv) => {
                let parts = self.unpack_recv(recv.ty);
                if let ExprKind::Name(n) = f.expr(parts.base)
                    && name != self.blank
                {
                    methods.push(MethodInfo { obj: o, ptr: parts.ptr, base: f.name(*n) });
                }
                if let ObjKind::Func { ptr_recv, .. } = &self.u.obj(o).kind {
                    ptr_recv.store(parts.ptr, Ordering::Relaxed);
                }
                if let Some(p) = tparam0 {
                    self.verify_version(p, Version::GO1_27, "generic method");
                }
                self.record_def(s.name, Some(o));
            }
        }
        self.funcs.push(FuncInfo { obj: o, decl: self.decl_ref(d) });
        let info = self.decl_info(d);
        self.add_decl(o, info);
    }

    /// The position of a field: of its name, or of its type.
    pub(crate) fn field_pos(&self, p: &burrow_syntax::Field) -> Pos {
        match p.name {
            Some(n) => self.file().ident(n).pos,
            None => self.epos(p.ty),
        }
    }

    /// Names of imports that package-level declarations have, too.
    fn file_scope_conflicts(&mut self) {
        for i in 0..self.files.len() {
            let scope = self.file_scope(i);
            let mut names: Vec<(Symbol, ObjId)> =
                self.scopes[scope].elems.iter().map(|(n, o)| (*n, *o)).collect();
            names.sort_by_key(|(n, _)| n.as_str());
            for (name, o) in names {
                let Some(&alt) = self.scopes[self.pkg_scope].elems.get(&name) else { continue };
                let mut r = Report::new(Code::DuplicateDecl);
                let obj = self.u.obj(o);
                let alt_pos = self.u.obj(alt).pos;
                if let ObjKind::PkgName { imported } = obj.kind {
                    let p = self.u.pkg(imported);
                    let what = format!("package {} ({:?})", p.name(), p.path.as_str());
                    r.add(alt_pos, format!("{name} already declared through import of {what}"));
                } else {
                    let p = obj.pkg.map(|p| self.u.pkg(p));
                    let what = p.map_or(String::new(), |p| {
                        format!("package {} ({:?})", p.name(), p.path.as_str())
                    });
                    r.add(alt_pos, format!("{name} already declared through dot-import of {what}"));
                }
                self.add_alt_decl(&mut r, o);
                self.report(r);
            }
        }
    }

    pub(crate) fn unpack_recv(&self, ty: ExprId) -> RecvParts {
        let f = self.file();
        let mut base = f.unparen(ty);
        let mut ptr = false;
        if let ExprKind::Star(x) = f.expr(base) {
            ptr = true;
            base = f.unparen(*x);
        }
        if let ExprKind::Index { x, indices } = f.expr(base) {
            return RecvParts { ptr, base: *x, tparams: Some(indices.clone()) };
        }
        RecvParts { ptr, base, tparams: None }
    }

    /// Follows aliases from a receiver's type name to a defined type of this package.
    fn resolve_base_type_name(&self, mut ptr: bool, mut name: Symbol) -> Option<(bool, ObjId)> {
        let mut seen = Vec::new();
        loop {
            let &o = self.scopes[self.pkg_scope].elems.get(&name)?;
            if !self.u.obj(o).is_type_name() || seen.contains(&o) {
                return None;
            }
            let d = self.decls.get(&o)?;
            let f = self.files[d.file];
            let DeclKind::Type(t) = &f.decl(d.decl?).kind else { return None };
            if !t.alias {
                return Some((ptr, o));
            }
            if !t.tparams.is_empty() {
                return None;
            }
            seen.push(o);
            let mut ty = f.unparen(t.ty);
            if let ExprKind::Star(x) = f.expr(ty) {
                if ptr {
                    return None;
                }
                ptr = true;
                ty = f.unparen(*x);
            }
            match f.expr(ty) {
                ExprKind::Name(n) => name = f.name(*n),
                _ => return None,
            }
        }
    }

    pub(crate) fn package_objects(&mut self) {
        let list = self.obj_list.clone();
        let (mut aliases, mut others) = (Vec::new(), Vec::new());
        for &o in &list {
            if !self.u.obj(o).is_type_name() {
                others.push(o);
            } else if self.is_alias_decl(o) {
                aliases.push(o);
            } else {
                self.obj_decl(o);
            }
        }
        for o in aliases.into_iter().chain(others) {
            self.obj_decl(o);
        }
    }

    pub(crate) fn is_alias_decl(&self, o: ObjId) -> bool {
        let Some(d) = self.decls.get(&o) else { return false };
        let Some(decl) = d.decl else { return false };
        matches!(&self.files[d.file].decl(decl).kind, DeclKind::Type(t) if t.alias)
    }

    pub(crate) fn unused_imports(&mut self) {
        // Uses in bodies that weren't looked at are not known.
        if self.config.ignore_bodies || !self.outlined.is_empty() {
            return;
        }
        for o in self.import_objs.clone() {
            let obj = self.u.obj(o);
            if obj.name == self.blank || self.used.contains(&o) {
                continue;
            }
            let ObjKind::PkgName { imported } = obj.kind else { continue };
            let path = self.u.pkg(imported).path.as_str();
            let elem = path.rsplit('/').next().unwrap_or(path);
            let msg = if obj.name == "." || obj.name == elem {
                format!("{path:?} imported and not used")
            } else {
                format!("{path:?} imported as {} and not used", obj.name)
            };
            self.soft_error(obj.pos, Code::UnusedImport, msg);
        }
    }

    pub(crate) fn set_const(&self, o: ObjId, v: Constant) {
        if let ObjKind::Const(c) = &self.u.obj(o).kind {
            let _ = c.set(v);
        }
    }
}

/// Why an import path is not valid.
fn invalid_path(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("empty string".into());
    }
    const ILLEGAL: &str = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{FFFD}";
    for c in path.chars() {
        if c.is_control() || c.is_whitespace() || ILLEGAL.contains(c) {
            let shown = if c.is_control() { String::new() } else { format!(" '{c}'") };
            return Some(format!("invalid character U+{:04X}{shown}", c as u32));
        }
    }
    None
}
