//! Packages that are known to be right: only declarations are checked, bodies of functions when somebody asks for them.
//!
//! A build mostly meets packages that were checked before, and wants the bodies of few of their functions. The caller
//! parses such files as outlines (`burrow_syntax::Mode::outline`) and gives [`check_outline`] the [`Record`] that a check
//! of the whole package left. What comes back, [`Bodies`], is the checker laid aside; it checks one function at a time,
//! in a file that has nothing else in it. So it is with variables whose initialisers are long literals, as tables.
//!
//! O1  Types, objects and facts are those that a check of the whole package gives. Two things about a package follow
//!     from its bodies, and so are recorded: the order of initialisation, and the numbers of types that functions declare.
//!     Which literals may be left out is recorded, too: those that only build something.
//! O2  A body's objects are new with each call of [`Bodies::check`]: whoever wants it twice keeps the first result.
//! O3  Parameters and results are the objects of the function's signature, also for the file with the body.
//!
//! gc has export data in this place (`internal/pkgbits`); bodies that another package inlines are in it.

use crate::check::{Checker, Config, Scope, ScopeId};
use crate::errors::Diagnostic;
use crate::info::{FileInfo, Initializer, PackageInfo};
use crate::object::{ObjId, PkgId};
use crate::operand::Operand;
use crate::types::{TypeId, TypeKind};
use crate::typestring::MessageScope;
use crate::universe::Universe;
use crate::version::Version;
use burrow_syntax::{
    DeclId, DeclKind, ExprId, ExprKind, Field, File, FileSet, Pos, Symbol, UnaryOp,
};
use rustc_hash::FxHashMap;

/// The literal in `T{...}` or `&T{...}`.
fn outlinable(f: &File, e: ExprId) -> Option<ExprId> {
    let lit = match f.expr(e) {
        ExprKind::Unary { op: UnaryOp::Addr, x } => *x,
        _ => e,
    };
    matches!(f.expr(lit), ExprKind::CompositeLit { .. }).then_some(lit)
}

/// The end of an initialiser whose elements an outline doesn't have.
pub fn outlined_end(f: &File, e: ExprId) -> Option<Pos> {
    match f.expr(outlinable(f, e)?) {
        ExprKind::CompositeLit { rbrace, outlined: true, .. } => Some(*rbrace),
        _ => None,
    }
}

/// What follows from the bodies of a package's functions, for a check of its outlines (O1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Steps of initialisation: the first variable of each, as its number among the package's objects.
    pub init_order: Vec<u32>,
    /// Types declared in functions: index of the file, offset of the name there, ordinal.
    pub local_types: Vec<(u32, u32, u32)>,
    /// Initialisers that need not be looked at unless their variables are wanted, for they only build something
    /// ([`FileInfo::only_builds`]). In order.
    pub literals: Vec<LongLiteral>,
}

/// A literal that is all of an initialiser, or to which that is a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LongLiteral {
    /// Index of the file.
    pub file: u32,
    /// Offsets of the braces.
    pub start: u32,
    pub end: u32,
    /// The length of an array that has it from its elements, `[...]T`; otherwise 0.
    pub len: u32,
}

/// Shorter literals are not worth being left out.
const LONG: u32 = 200;

/// A function whose body was left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outlined {
    pub(crate) sig: TypeId,
    /// The scope of its parameters.
    pub(crate) scope: ScopeId,
    pub(crate) file: u32,
}

/// The checker of a package, laid aside until a body is wanted.
#[derive(Debug)]
pub struct Bodies {
    config: Config,
    pkg: PkgId,
    pkg_name: Symbol,
    versions: Vec<Version>,
    scopes: Vec<Scope>,
    file_scopes: Vec<ScopeId>,
    imported: Vec<PkgId>,
    dot_imports: FxHashMap<(ScopeId, Symbol), ObjId>,
    outlined: FxHashMap<ObjId, Outlined>,
    local_types: FxHashMap<Pos, u32>,
}

/// Checks the declarations of a package from outlines of its files.
///
/// # Errors
/// What is wrong with the declarations, or with the record; then the package has to be checked as a whole.
pub fn check_outline(
    u: &Universe,
    fset: &FileSet,
    path: &str,
    files: &[&File],
    importer: &dyn Fn(&str) -> Result<PkgId, String>,
    config: Config,
    record: &Record,
) -> Result<(PackageInfo, Bodies), Vec<Diagnostic>> {
    let pkg = u.new_package(Symbol::new(path));
    let _scope = MessageScope::enter(pkg);
    let mut c = Checker::new(u, fset, files, importer, config, pkg);
    c.recorded = Some(record);
    for &(file, offset, ordinal) in &record.local_types {
        let base = files.get(file as usize).map_or(Pos::NONE, |f| f.base);
        c.local_types.insert(base.offset(offset), ordinal);
    }
    let init_order = c.check_files();
    if !c.errors.is_empty() || init_order.len() != record.init_order.len() {
        return Err(std::mem::take(&mut c.errors));
    }
    let info = c.package_info(path, init_order);
    u.set_package_scope(pkg, c.scopes[0].elems.clone());
    let bodies = Bodies {
        config,
        pkg,
        pkg_name: c.pkg_name,
        versions: c.versions,
        scopes: c.scopes,
        file_scopes: c.file_scopes,
        imported: c.imported,
        dot_imports: c.dot_imports,
        outlined: c.outlined,
        local_types: c.local_types,
    };
    Ok((info, bodies))
}

impl Bodies {
    /// Checks the body of a function. `files` are the outlines; `func` is the file with only this function in it, `decl`
    /// the declaration there (`burrow_syntax::parse_func`). Gives the facts about that file.
    ///
    /// # Errors
    /// What is wrong with the body: there was nothing when the package was recorded.
    ///
    /// # Panics
    /// If the function isn't one of the package whose body was left out.
    pub fn check<'a>(
        &mut self,
        u: &'a Universe,
        fset: &'a FileSet,
        files: &[&'a File],
        obj: ObjId,
        func: &'a File,
        decl: DeclId,
    ) -> Result<FileInfo, Vec<Diagnostic>> {
        let Outlined { sig, scope, file } = self.outlined[&obj];
        self.resume(u, fset, files, file as usize, func, |c| {
            let DeclKind::Func(d) = &func.decl(decl).kind else { return };
            let Some(body) = &d.body else { return };
            c.define_params(sig, d.recv.as_ref(), d.ty);
            let inner = c.scopes[scope].children.len();
            c.func_body(None, sig, scope, body, None);
            c.process_delayed(0);
            c.scopes[scope].children.truncate(inner);
        })
    }

    /// As [`Bodies::check`], for the initialiser of a variable: `init` is the file with only the expression `e` in it.
    ///
    /// # Errors
    /// What is wrong with it: there was nothing when the package was recorded.
    pub fn check_init<'a>(
        &mut self,
        u: &'a Universe,
        fset: &'a FileSet,
        files: &[&'a File],
        obj: ObjId,
        init: &'a File,
        e: ExprId,
    ) -> Result<FileInfo, Vec<Diagnostic>> {
        let file = u.obj(obj).decl().map_or(0, |d| d.file as usize);
        self.resume(u, fset, files, file, init, |c| {
            c.env.scope = c.file_scopes[file];
            let mut x = Operand::new();
            c.expr(None, &mut x, e);
            c.init_var(obj, &mut x, "variable declaration");
            c.process_delayed(0);
        })
    }

    /// Lets the checker go on with `part`, a piece of the outline `files[file]`.
    fn resume<'a>(
        &mut self,
        u: &'a Universe,
        fset: &'a FileSet,
        files: &[&'a File],
        file: usize,
        part: &'a File,
        check: impl FnOnce(&mut Checker<'a>),
    ) -> Result<FileInfo, Vec<Diagnostic>> {
        let _scope = MessageScope::enter(self.pkg);
        let mut c = Checker::new(u, fset, &[], &not_imported, self.config, self.pkg);
        let own = files.len();
        c.pkg_name = self.pkg_name;
        c.files = files.iter().copied().chain([part]).collect();
        c.infos.resize_with(own, FileInfo::default);
        c.infos.push(FileInfo::new(part));
        // They are lent to the checker and come back below.
        c.versions = std::mem::take(&mut self.versions);
        c.scopes = std::mem::take(&mut self.scopes);
        c.file_scopes = std::mem::take(&mut self.file_scopes);
        c.imported = std::mem::take(&mut self.imported);
        c.dot_imports = std::mem::take(&mut self.dot_imports);
        c.local_types = std::mem::take(&mut self.local_types);
        let scopes = c.scopes.len();
        c.versions.push(c.versions[file]);
        c.file_scopes.push(c.file_scopes[file]);
        c.env.file = own;
        c.env.version = c.versions[own];
        check(&mut c);
        c.record_untyped();
        c.versions.truncate(own);
        c.file_scopes.truncate(own);
        // Nobody asks for scopes within the part again.
        c.scopes.truncate(scopes);
        self.versions = c.versions;
        self.scopes = c.scopes;
        self.file_scopes = c.file_scopes;
        self.imported = c.imported;
        self.dot_imports = c.dot_imports;
        self.local_types = c.local_types;
        if c.errors.is_empty() { Ok(c.infos.swap_remove(own)) } else { Err(c.errors) }
    }
}

/// Imports are declarations, and those were checked.
fn not_imported(path: &str) -> Result<PkgId, String> {
    Err(format!("could not import {path}"))
}

impl Checker<'_> {
    /// Records parameters where the current file declares them again (O3).
    fn define_params(&mut self, sig: TypeId, recv: Option<&Field>, ty: ExprId) {
        let u = self.u;
        let Some(s) = u.as_signature(sig) else { return };
        let (params, results) = match self.file().expr(ty) {
            ExprKind::FuncType { params, results } => (params, results),
            _ => return,
        };
        let fields = recv.iter().copied().chain(params).chain(results);
        for (f, &o) in fields.zip(s.recv.iter().chain(&s.params).chain(&s.results)) {
            if let Some(name) = f.name {
                self.record_def(name, Some(o));
            }
        }
    }

    /// What a check of the package's outlines will have to know.
    pub(crate) fn record_package(&self, init_order: &[Initializer]) -> Record {
        let first = |i: &Initializer| i.lhs.first().and_then(|o| self.order.get(o)).copied();
        let mut local_types: Vec<(u32, u32, u32)> = Vec::with_capacity(self.local_types.len());
        for (&pos, &ordinal) in &self.local_types {
            let inside = |f: &File| f.base <= pos && pos.0 <= f.base.0 + f.size;
            if let Some(i) = self.files.iter().position(|f| inside(f)) {
                local_types.push((i as u32, pos.0 - self.files[i].base.0, ordinal));
            }
        }
        local_types.sort_unstable();
        let init_order_ids = init_order.iter().filter_map(first).collect();
        let mut literals: Vec<_> = init_order.iter().filter_map(|i| self.long_literal(i)).collect();
        literals.sort_unstable();
        Record { init_order: init_order_ids, local_types, literals }
    }

    /// The literal that an initialiser consists of, if it may be left out.
    fn long_literal(&self, init: &Initializer) -> Option<LongLiteral> {
        let f = self.files[init.file as usize];
        let lit = outlinable(f, init.rhs)?;
        let ExprKind::CompositeLit { ty: Some(ty), rbrace, .. } = f.expr(lit) else { return None };
        let (start, end) = (f.exprs[lit].pos.0 - f.base.0, rbrace.0 - f.base.0);
        let info = &self.infos[init.file as usize];
        let len = match (f.expr(*ty), self.u.kind(info.type_of(lit))) {
            (ExprKind::ArrayType { len: None, .. }, TypeKind::Array { len, .. }) => {
                u32::try_from(*len).ok()?
            }
            (ExprKind::ArrayType { len: None, .. }, _) => return None,
            _ => 0,
        };
        let fits = init.lhs.len() == 1 && end - start >= LONG;
        (fits && info.only_builds(self.u, f, init.rhs)).then_some(LongLiteral {
            file: init.file,
            start,
            end,
            len,
        })
    }

    /// The length of an open array whose elements were left out.
    pub(crate) fn recorded_len(&self, lit: ExprId) -> i64 {
        let f = self.file();
        let start = f.exprs[lit].pos.0 - f.base.0;
        let list = self.recorded.map_or(&[][..], |r| &r.literals);
        let found =
            list.binary_search_by_key(&(self.env.file as u32, start), |l| (l.file, l.start));
        found.map_or(0, |i| list[i].len.into())
    }

    /// The order of initialisation as it was recorded. Shorter if the record isn't one of this package.
    pub(crate) fn recorded_init_order(&self, record: &Record) -> Vec<Initializer> {
        let step = |&n: &u32| {
            let o = *self.obj_list.get(n as usize)?;
            let d = self.decls.get(&o)?;
            let lhs = d.lhs.as_ref().map_or_else(|| vec![o], |l| l.to_vec());
            Some(Initializer { lhs, file: d.file as u32, rhs: d.init? })
        };
        record.init_order.iter().map_while(step).collect()
    }
}
