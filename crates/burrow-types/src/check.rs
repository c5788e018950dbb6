//! The checker of one package: its state, the order of the phases, and what is recorded.
//!
//! Declarations are checked on demand, from the first use or in the end; what must wait (function bodies, checks that
//! need complete types) is queued with [`Checker::later`]. Errors are collected, and never stop the work.
//!
//! K1  `env.file` is the file of every `ExprId` at hand. It changes only in `obj_decl` and for delayed actions.
//! K2  Delayed actions that a statement brings about run at its end, those of a package-level declaration after all.

use crate::constant::Constant;
use crate::errors::{Code, Diagnostic, Report};
use crate::info::{
    FileInfo, FuncInfo, Instance, Mode, PackageInfo, Selection, SelectionKind, TypeAndValue,
};
use crate::mono::MonoGraph;
use crate::object::{DeclRef, ObjId, ObjKind, Object, Parent, PkgId, VarKind};
use crate::ondemand::{Outlined, Record};
use crate::operand::{Operand, OperandExpr};
use crate::types::{TypeId, TypeKind};
use crate::typestring::MessageScope;
use crate::universe::Universe;
use crate::version::Version;
use burrow_syntax::print::expr_string;
use burrow_syntax::{
    CaseId, DeclKind, ExprId, ExprKind, File, FileSet, IdentId, Pos, StmtId, StmtKind, Symbol,
};
use rustc_hash::{FxHashMap, FxHashSet};
use std::num::NonZeroU32;
use std::rc::Rc;

/// How to check a package.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// The language version of the module; files may ask for another one.
    pub version: Version,
    /// Functions without a body are errors: there is no assembly in the package.
    pub complete: bool,
    /// Check function bodies only where types depend on them.
    pub ignore_bodies: bool,
}

pub(crate) type ScopeId = usize;

#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) parent: Option<ScopeId>,
    pub(crate) children: Vec<ScopeId>,
    pub(crate) elems: FxHashMap<Symbol, ObjId>,
    pub(crate) is_func: bool,
}

/// A package-level declaration, or a method.
#[derive(Debug, Default)]
pub(crate) struct DeclInfo {
    pub(crate) file: usize,
    pub(crate) version: Version,
    /// All variables of an `n:1` declaration.
    pub(crate) lhs: Option<Rc<[ObjId]>>,
    pub(crate) ty: Option<ExprId>,
    pub(crate) init: Option<ExprId>,
    pub(crate) inherited: bool,
    pub(crate) iota: u32,
    pub(crate) decl: Option<burrow_syntax::DeclId>,
    pub(crate) deps: FxHashSet<ObjId>,
}

/// What surrounds the expression being checked.
#[derive(Clone, Debug)]
pub(crate) struct Env {
    /// The package-level declaration whose dependencies are collected.
    pub(crate) decl: Option<ObjId>,
    pub(crate) file: usize,
    pub(crate) scope: ScopeId,
    pub(crate) version: Version,
    pub(crate) iota: Option<Constant>,
    /// Where errors in inherited constant expressions are reported.
    pub(crate) errpos: Pos,
    pub(crate) in_tparam_list: bool,
    /// The signature of the function being checked.
    pub(crate) sig: Option<TypeId>,
    pub(crate) has_call_or_recv: bool,
    /// Type parameters in force, for types declared in generic functions.
    pub(crate) tparams: Rc<[TypeId]>,
}

/// An expression that doesn't have its final type yet.
#[derive(Clone, Debug)]
pub(crate) struct Untyped {
    pub(crate) is_lhs: bool,
    pub(crate) mode: Mode,
    pub(crate) ty: TypeId,
    pub(crate) val: Constant,
}

type Action<'a> = Box<dyn FnOnce(&mut Checker<'a>) + 'a>;

pub(crate) struct Delayed<'a> {
    version: Version,
    file: usize,
    f: Option<Action<'a>>,
}

pub struct Checker<'a> {
    pub(crate) u: &'a Universe,
    pub(crate) fset: &'a FileSet,
    pub(crate) files: Vec<&'a File>,
    pub(crate) importer: &'a dyn Fn(&str) -> Result<PkgId, String>,
    pub(crate) config: Config,
    pub(crate) pkg: PkgId,
    pub(crate) pkg_name: Symbol,
    pub(crate) infos: Vec<FileInfo>,
    pub(crate) versions: Vec<Version>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) pkg_scope: ScopeId,
    pub(crate) decls: FxHashMap<ObjId, DeclInfo>,
    /// Package-level objects and methods in order of the source.
    pub(crate) obj_list: Vec<ObjId>,
    pub(crate) order: FxHashMap<ObjId, u32>,
    pub(crate) imported: Vec<PkgId>,
    pub(crate) import_objs: Vec<ObjId>,
    pub(crate) dot_imports: FxHashMap<(ScopeId, Symbol), ObjId>,
    pub(crate) used: FxHashSet<ObjId>,
    pub(crate) methods: FxHashMap<ObjId, Vec<ObjId>>,
    pub(crate) untyped: FxHashMap<(usize, ExprId), Untyped>,
    pub(crate) delayed: Vec<Delayed<'a>>,
    pub(crate) obj_path: Vec<ObjId>,
    /// Types without parameters that don't contain themselves.
    pub(crate) valid_types: FxHashSet<TypeId>,
    /// Instances whose size is being found.
    pub(crate) size_path: Vec<TypeId>,
    pub(crate) funcs: Vec<FuncInfo>,
    pub(crate) panics: FxHashSet<(usize, ExprId)>,
    pub(crate) mono: MonoGraph,
    /// Ordinals of types declared in functions, by the position of their names.
    pub(crate) local_types: FxHashMap<Pos, u32>,
    /// Scopes of files, by index of the file.
    pub(crate) file_scopes: Vec<ScopeId>,
    /// Functions whose bodies wait to be asked for.
    pub(crate) outlined: FxHashMap<ObjId, Outlined>,
    /// What a check of the whole package found out before, if this is one of outlines.
    pub(crate) recorded: Option<&'a Record>,
    pub(crate) env: Env,
    pub(crate) errors: Vec<Diagnostic>,
    pub(crate) blank: Symbol,
    pub(crate) empty: Symbol,
}

/// Checks a package. `importer` gives packages that were checked before, or says why there is none.
pub fn check_package(
    u: &Universe,
    fset: &FileSet,
    path: &str,
    files: &[&File],
    importer: &dyn Fn(&str) -> Result<PkgId, String>,
    config: Config,
) -> (PackageInfo, Vec<Diagnostic>) {
    let pkg = u.new_package(Symbol::new(path));
    let _scope = MessageScope::enter(pkg);
    let mut c = Checker::new(u, fset, files, importer, config, pkg);
    let init_order = c.check_files();
    let info = c.package_info(path, init_order);
    u.set_package_scope(pkg, std::mem::take(&mut c.scopes[0].elems));
    let mut errors = std::mem::take(&mut c.errors);
    crate::errors::find_ends(files, &mut errors);
    (info, errors)
}

impl<'a> Checker<'a> {
    pub(crate) fn new(
        u: &'a Universe,
        fset: &'a FileSet,
        files: &[&'a File],
        importer: &'a dyn Fn(&str) -> Result<PkgId, String>,
        config: Config,
        pkg: PkgId,
    ) -> Checker<'a> {
        let blank = Symbol::new("_");
        Checker {
            u,
            fset,
            files: files.to_vec(),
            importer,
            config,
            pkg,
            pkg_name: blank,
            infos: files.iter().map(|f| FileInfo::new(f)).collect(),
            versions: Vec::new(),
            scopes: vec![Scope {
                parent: None,
                children: Vec::new(),
                elems: FxHashMap::default(),
                is_func: false,
            }],
            pkg_scope: 0,
            decls: FxHashMap::default(),
            obj_list: Vec::new(),
            order: FxHashMap::default(),
            imported: Vec::new(),
            import_objs: Vec::new(),
            dot_imports: FxHashMap::default(),
            used: FxHashSet::default(),
            methods: FxHashMap::default(),
            untyped: FxHashMap::default(),
            delayed: Vec::new(),
            obj_path: Vec::new(),
            valid_types: FxHashSet::default(),
            size_path: Vec::new(),
            funcs: Vec::new(),
            panics: FxHashSet::default(),
            mono: MonoGraph::default(),
            local_types: FxHashMap::default(),
            file_scopes: Vec::new(),
            outlined: FxHashMap::default(),
            recorded: None,
            env: Env {
                decl: None,
                file: 0,
                scope: 0,
                version: config.version,
                iota: None,
                errpos: Pos::NONE,
                in_tparam_list: false,
                sig: None,
                has_call_or_recv: false,
                tparams: Rc::new([]),
            },
            errors: Vec::new(),
            blank,
            empty: Symbol::new(""),
        }
    }

    pub(crate) fn check_files(&mut self) -> Vec<crate::info::Initializer> {
        self.init_files();
        self.collect_objects();
        let _ = self.u.pkg(self.pkg).imports.set(self.imported.clone());
        self.direct_cycles();
        self.package_objects();
        self.process_delayed(0);
        let order = match self.recorded {
            None => self.init_order(),
            Some(r) => self.recorded_init_order(r),
        };
        self.unused_imports();
        self.record_untyped();
        if self.errors.is_empty() {
            self.monomorph();
        }
        // It looks at the whole tree, most of which an outline hasn't; the record says that it found nothing.
        if self.errors.is_empty() && self.recorded.is_none() {
            self.anonymous_interface_cycles();
        }
        if self.errors.is_empty() {
            self.missing_bodies();
        }
        order
    }

    /// What was found out, after [`Checker::check_files`]. The package's scope stays.
    pub(crate) fn package_info(
        &mut self,
        path: &str,
        init_order: Vec<crate::info::Initializer>,
    ) -> PackageInfo {
        let record = match self.recorded {
            Some(r) => r.clone(),
            None => self.record_package(&init_order),
        };
        PackageInfo {
            id: self.pkg,
            path: Symbol::new(path),
            name: self.pkg_name,
            imports: self.imported.iter().copied().filter(|p| *p != self.u.unsafe_pkg()).collect(),
            files: std::mem::take(&mut self.infos),
            init_order,
            funcs: std::mem::take(&mut self.funcs),
            record,
        }
    }

    fn init_files(&mut self) {
        let mut name = None;
        let files = self.files.clone();
        for (i, f) in files.iter().enumerate() {
            self.env.file = i;
            if let Some(id) = f.package {
                let n = f.name(id);
                match name {
                    None => {
                        if n == self.blank {
                            self.error(
                                f.ident(id).pos,
                                Code::BlankPkgName,
                                "invalid package name _",
                            );
                        } else {
                            name = Some(n);
                        }
                    }
                    Some(first) if first != n => {
                        let msg = format!("package {n}; expected package {first}");
                        self.error(f.ident(id).pos, Code::MismatchedPkgName, msg);
                    }
                    Some(_) => {}
                }
            }
            let mut v = self.config.version;
            if let Some(fv) = f.go_version {
                let fv = Version::parse(fv.as_str());
                if fv.is_valid() {
                    v = fv.max(Version::GO1_21);
                    if fv > Version::CURRENT {
                        let msg = format!("file requires newer Go version {fv}");
                        self.error(f.pos, Code::TooNew, msg);
                    }
                }
            }
            self.versions.push(v);
        }
        if self.config.version > Version::CURRENT && !files.is_empty() {
            let (v, c) = (self.config.version, Version::CURRENT);
            let msg = format!("package requires newer Go version {v} (application built with {c})");
            self.error(files[0].pos, Code::TooNew, msg);
        }
        self.pkg_name = name.unwrap_or(self.blank);
        let _ = self.u.pkg(self.pkg).name.set(self.pkg_name);
    }

    /// Bodies that are missing though the package has no assembly. gc reports this after type checking.
    fn missing_bodies(&mut self) {
        if !self.config.complete {
            return;
        }
        for i in 0..self.funcs.len() {
            let d = self.funcs[i].decl;
            let f = self.files[d.file as usize];
            let linknamed = |n: Symbol| f.linknames.iter().any(|l| l.local == n);
            if let DeclKind::Func(func) = &f.decl(d.decl).kind
                && func.body.is_none()
                && !linknamed(f.name(func.name))
            {
                let pos = f.decl(d.decl).pos;
                self.error(pos, Code::MissingBody, "missing function body");
            }
        }
    }

    // --- environment ---

    pub(crate) fn file(&self) -> &'a File {
        self.files[self.env.file]
    }
    pub(crate) fn kind(&self, e: ExprId) -> &'a ExprKind {
        self.file().expr(e)
    }
    /// The start of an expression.
    pub(crate) fn epos(&self, e: ExprId) -> Pos {
        self.file().start_pos(e)
    }
    pub(crate) fn es(&self, e: ExprId) -> String {
        expr_string(self.file(), e)
    }
    pub(crate) fn ts(&self, t: TypeId) -> String {
        self.u.type_string(t)
    }
    /// A position as messages mention it.
    pub(crate) fn at(&self, p: Pos) -> String {
        self.fset.position(p).to_string()
    }
    pub(crate) fn name_of(&self, id: IdentId) -> Symbol {
        self.file().name(id)
    }

    /// The start of a statement, where errors about it are reported.
    pub(crate) fn spos(&self, s: StmtId) -> Pos {
        let f = self.file();
        match f.stmt(s) {
            StmtKind::Send { chan, .. } => f.start_pos(*chan),
            StmtKind::Assign { lhs, .. } | StmtKind::Define { lhs, .. } => match lhs.first() {
                Some(l) => f.start_pos(*l),
                None => f.stmts[s].pos,
            },
            StmtKind::IncDec { x, .. } => f.start_pos(*x),
            _ => f.stmts[s].pos,
        }
    }

    pub(crate) fn allow(&self, v: Version) -> bool {
        !self.env.version.is_valid() || self.env.version >= v
    }

    /// Reports what needs a newer language version, if it does.
    pub(crate) fn verify_version(&mut self, pos: Pos, v: Version, what: &str) -> bool {
        if self.allow(v) {
            return true;
        }
        self.version_error(pos, v, what);
        false
    }

    pub(crate) fn version_error(&mut self, pos: Pos, v: Version, what: &str) {
        self.error(pos, Code::UnsupportedFeature, format!("{what} requires {v} or later"));
    }

    /// Where the language version comes from, which gc adds to messages that ask for another one.
    fn version_hint(&self, msg: &str) -> Option<String> {
        let rest = &msg[msg.find("requires go1.")? + "requires go1.".len()..];
        rest.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(" or later")?;
        let lang = self.env.version;
        let file_version = self.file().go_version.map(|s| Version::parse(s.as_str()));
        Some(if file_version == Some(lang) {
            format!(" (file declares //go:build {lang})")
        } else {
            format!(" (-lang was set to {}; check go.mod)", self.config.version)
        })
    }

    pub(crate) fn later(&mut self, f: impl FnOnce(&mut Checker<'a>) + 'a) {
        let (version, file) = (self.env.version, self.env.file);
        self.delayed.push(Delayed { version, file, f: Some(Box::new(f)) });
    }

    pub(crate) fn process_delayed(&mut self, top: usize) {
        let saved = (self.env.version, self.env.file);
        let mut i = top;
        while i < self.delayed.len() {
            let d = &mut self.delayed[i];
            (self.env.version, self.env.file) = (d.version, d.file);
            if let Some(f) = d.f.take() {
                f(self);
            }
            i += 1;
        }
        self.delayed.truncate(top);
        (self.env.version, self.env.file) = saved;
    }

    // --- errors ---

    pub(crate) fn error(&mut self, pos: Pos, code: Code, msg: impl Into<String>) {
        let mut r = Report::new(code);
        r.add(pos, msg);
        self.report(r);
    }

    pub(crate) fn soft_error(&mut self, pos: Pos, code: Code, msg: impl Into<String>) {
        let mut r = Report::new(code);
        r.soft = true;
        r.add(pos, msg);
        self.report(r);
    }

    pub(crate) fn report(&mut self, r: Report) {
        let mut lines = r.lines.into_iter().map(|(p, m)| (p, self.expand_positions(m)));
        let Some((mut pos, mut msg)) = lines.next() else { return };
        let related: Vec<_> = lines.collect();
        if let Some(hint) = self.version_hint(&msg) {
            msg.push_str(&hint);
        }
        // Errors that follow from others.
        if !self.errors.is_empty()
            && (msg.contains("invalid operand") || msg.contains("invalid type"))
        {
            return;
        }
        if self.env.errpos.is_known() {
            pos = self.env.errpos;
        }
        let (code, soft, end) = (r.code, r.soft, Pos::NONE);
        self.errors.push(Diagnostic { code, soft, pos, end, msg, related });
    }

    /// Types may mention positions; they don't know the file set.
    fn expand_positions(&self, msg: String) -> String {
        let mut out = msg;
        while let Some(i) = out.find("{pos:") {
            let Some(len) = out[i..].find('}') else { break };
            let n = out[i + 5..i + len].parse().unwrap_or(0);
            let at = self.at(Pos(n));
            out.replace_range(i..=i + len, &at);
        }
        out
    }

    /// The line that points at the other declaration.
    pub(crate) fn add_alt_decl(&self, r: &mut Report, o: ObjId) {
        let obj = self.u.obj(o);
        if obj.pos.is_known() {
            r.add(obj.pos, format!("other declaration of {}", obj.name));
        }
    }

    // --- scopes ---

    pub(crate) fn new_scope(&mut self, parent: ScopeId, is_func: bool) -> ScopeId {
        let id = self.scopes.len();
        self.scopes.push(Scope {
            parent: Some(parent),
            children: Vec::new(),
            elems: FxHashMap::default(),
            is_func,
        });
        self.scopes[parent].children.push(id);
        id
    }

    pub(crate) fn open_scope(&mut self) {
        self.env.scope = self.new_scope(self.env.scope, false);
    }

    pub(crate) fn close_scope(&mut self) {
        self.env.scope = self.scopes[self.env.scope].parent.unwrap_or(self.pkg_scope);
    }

    pub(crate) fn lookup_scope(&self, name: Symbol) -> Option<(Option<ScopeId>, ObjId)> {
        let mut s = Some(self.env.scope);
        while let Some(id) = s {
            if let Some(&o) = self.scopes[id].elems.get(&name) {
                return Some((Some(id), o));
            }
            s = self.scopes[id].parent;
        }
        self.u.lookup_universe(name).map(|o| (None, o))
    }

    pub(crate) fn lookup(&self, name: Symbol) -> Option<ObjId> {
        self.lookup_scope(name).map(|(_, o)| o)
    }

    /// Enters an object into a scope, and records the definition.
    pub(crate) fn declare(&mut self, scope: ScopeId, id: Option<IdentId>, o: ObjId) {
        let obj = self.u.obj(o);
        if obj.name != self.blank {
            if let Some(&alt) = self.scopes[scope].elems.get(&obj.name) {
                let mut r = Report::new(Code::DuplicateDecl);
                r.add(obj.pos, format!("{} redeclared in this block", obj.name));
                self.add_alt_decl(&mut r, alt);
                self.report(r);
                return;
            }
            self.scopes[scope].elems.insert(obj.name, o);
            if obj.parent() == Parent::None {
                let is_file = self.scopes[scope].parent == Some(self.pkg_scope)
                    && matches!(obj.kind, ObjKind::PkgName { .. });
                obj.set_parent(if scope == self.pkg_scope {
                    Parent::Package
                } else if is_file {
                    Parent::File
                } else {
                    Parent::Local
                });
            }
        }
        if let Some(id) = id {
            self.record_def(id, Some(o));
        }
    }

    pub(crate) fn new_local(
        &self,
        kind: VarKind,
        pos: Pos,
        name: Symbol,
        ty: Option<TypeId>,
    ) -> ObjId {
        let k = ObjKind::Var { kind, embedded: false, origin: None };
        self.u.add_obj(Object::new(k, pos, Some(self.pkg), name, ty))
    }

    // --- records ---

    pub(crate) fn info(&mut self) -> &mut FileInfo {
        &mut self.infos[self.env.file]
    }
    pub(crate) fn record_def(&mut self, id: IdentId, o: Option<ObjId>) {
        self.info().defs[id.index()] = o;
    }
    pub(crate) fn record_use(&mut self, id: IdentId, o: ObjId) {
        self.info().uses[id.index()] = Some(o);
    }
    pub(crate) fn record_case_var(&mut self, c: CaseId, o: ObjId) {
        self.info().case_vars.insert(c, o);
    }
    pub(crate) fn record_type(
        &mut self,
        e: ExprId,
        mode: Mode,
        ty: TypeId,
        val: Option<&Constant>,
    ) {
        if mode == Mode::Invalid {
            return;
        }
        let info = self.info();
        let value = match val {
            Some(v) if mode == Mode::Constant => {
                info.consts.push(v.clone());
                NonZeroU32::new(info.consts.len() as u32)
            }
            _ => None,
        };
        info.types[e.index()] = TypeAndValue { mode, ty, value };
    }

    /// Records an operand's type, or remembers it until it is final.
    pub(crate) fn record(&mut self, x: &Operand) {
        let OperandExpr::Expr(e) = x.expr else { return };
        let (ty, val) = match x.mode {
            Mode::Invalid => (TypeId::INVALID, Constant::Unknown),
            Mode::NoValue => (TypeId::EMPTY_TUPLE, Constant::Unknown),
            Mode::Constant => (x.ty, x.val.clone()),
            _ => (x.ty, Constant::Unknown),
        };
        if self.u.is_untyped(ty) {
            let un = Untyped { is_lhs: false, mode: x.mode, ty, val };
            self.untyped.insert((self.env.file, e), un);
        } else {
            self.record_type(e, x.mode, ty, Some(&val));
        }
    }

    pub(crate) fn record_untyped(&mut self) {
        for ((file, e), x) in std::mem::take(&mut self.untyped) {
            self.env.file = file;
            // What nothing gave a type, such as the condition of an `if` or a shift count, has its default type; but
            // for parts of constant expressions that it can't hold.
            let mut t = self.u.default_type(x.ty);
            if x.mode == Mode::Constant
                && let TypeKind::Basic(k, _) = self.u.kind(t)
                && crate::const_expr::represent(&x.val, *k).is_none()
            {
                t = x.ty;
            }
            self.record_type(e, x.mode, t, Some(&x.val));
        }
    }

    /// The type of a builtin at its use: a signature for this call.
    pub(crate) fn record_builtin(&mut self, mut e: ExprId, sig: TypeId) {
        loop {
            self.record_type(e, Mode::Builtin, sig, None);
            match self.kind(e) {
                ExprKind::Paren(x) => e = *x,
                _ => return,
            }
        }
    }

    pub(crate) fn record_comma_ok(&mut self, mut e: ExprId, t0: TypeId, t1: TypeId) {
        if !t0.is_valid() {
            return;
        }
        let ty = self.u.new_tuple_of(&[t0, t1]);
        loop {
            self.info().types[e.index()].ty = ty;
            match self.kind(e) {
                ExprKind::Paren(x) => e = *x,
                _ => return,
            }
        }
    }

    /// The identifier at which type arguments are recorded.
    fn instantiated_ident(&self, e: ExprId) -> Option<IdentId> {
        match self.kind(e) {
            ExprKind::Index { x, .. } | ExprKind::Paren(x) => self.instantiated_ident(*x),
            ExprKind::Selector { sel, .. } => Some(*sel),
            ExprKind::Name(n) => Some(*n),
            _ => None,
        }
    }

    pub(crate) fn record_instance(&mut self, e: ExprId, targs: &[TypeId], ty: TypeId) {
        if let Some(id) = self.instantiated_ident(e) {
            let inst = Instance { targs: targs.into(), ty };
            self.info().instances.insert(id, inst);
        }
    }

    pub(crate) fn record_selection(
        &mut self,
        e: ExprId,
        sel: IdentId,
        kind: SelectionKind,
        recv: TypeId,
        l: &crate::lookup::Lookup,
    ) {
        let Some(obj) = l.obj else { return };
        self.record_use(sel, obj);
        let s = Selection { kind, recv, obj, path: l.path.as_slice().into(), indirect: l.indirect };
        self.info().selections.insert(e, s);
    }

    pub(crate) fn add_decl_dep(&mut self, to: ObjId) {
        let Some(from) = self.env.decl else { return };
        let to = self.u.origin_func(to);
        if self.decls.contains_key(&to)
            && let Some(d) = self.decls.get_mut(&from)
        {
            d.deps.insert(to);
        }
    }

    /// The number of a type declared in a function: counted over the package, files in order, from 1.
    pub(crate) fn local_type_ordinal(&mut self, name: IdentId) -> u32 {
        if self.local_types.is_empty() {
            let mut n = 0;
            for f in &self.files {
                let top: FxHashSet<_> = f.decls.iter().copied().collect();
                for (d, decl) in f.all_decls.iter() {
                    if let DeclKind::Type(t) = &decl.kind
                        && !t.alias
                        && !top.contains(&d)
                    {
                        n += 1;
                        self.local_types.insert(f.ident(t.name).pos, n);
                    }
                }
            }
        }
        self.local_types.get(&self.file().ident(name).pos).copied().unwrap_or(0)
    }

    pub(crate) fn decl_ref(&self, decl: burrow_syntax::DeclId) -> DeclRef {
        DeclRef { file: self.env.file as u32, decl }
    }

    pub(crate) fn is_valid_under(&self, t: TypeId) -> bool {
        self.u.under(t).is_valid()
    }

    /// The underlying type is a pointer.
    pub(crate) fn is_pointer(&self, t: TypeId) -> bool {
        matches!(self.u.under_kind(t), TypeKind::Pointer(_))
    }
}
