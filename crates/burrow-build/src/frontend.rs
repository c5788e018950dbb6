//! Syntax errors and types of one package: from outlines if it is known to be right, else from the whole files.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, OnceLock};

use burrow_ir::lower::{Body, Init, Parts};
use burrow_load::{Graph, Package, PackageId, SourceFile};
use burrow_syntax::{DeclId, DeclKind, ExprId, File, FileSet, Symbol, SyntaxError};
use burrow_types::{
    Bodies, Code, Config, Diagnostic, FileInfo, ObjId, PackageInfo, Universe, Version,
    check_outline, check_package, outlined_end, oversized,
};
use rustc_hash::FxHashMap;

use crate::cache::{Key, KeyBuilder};
use crate::embeds;
use crate::flags::Compile;
use crate::known::{KnownPackages, surface_of};
use crate::report::is_syntax_error;

/// What checking found out about all packages.
pub struct Checked {
    pub universe: Universe,
    packages: Vec<OnceLock<CheckedPackage>>,
    /// Of packages that were checked or failed, by id: what others can depend on.
    surfaces: Vec<OnceLock<Key>>,
}

/// What is known of a package.
struct CheckedPackage {
    info: PackageInfo,
    version: Version,
    /// The files that `info` is about.
    files: Vec<Arc<File>>,
    /// If they are outlines: the rest.
    outline: Option<Outline>,
}

/// Bodies of functions, and long initialisers, as they are asked for.
struct Outline {
    bodies: Mutex<(Bodies, FxHashMap<ObjId, usize>)>,
    found: boxcar::Vec<Part>,
}

/// A function or an initialiser in a file of its own.
struct Part {
    file: File,
    root: Root,
    info: OnceLock<FileInfo>,
}

#[derive(Clone, Copy)]
enum Root {
    Func(DeclId),
    Init(ExprId),
}

impl Checked {
    pub(crate) fn new(packages: usize) -> Checked {
        Checked {
            universe: Universe::new(),
            packages: (0..packages).map(|_| OnceLock::new()).collect(),
            surfaces: (0..packages).map(|_| OnceLock::new()).collect(),
        }
    }

    /// What is known of a package; `None` if it has errors, or depends on one that has.
    pub fn info(&self, id: PackageId) -> Option<&PackageInfo> {
        self.packages[id.index()].get().map(|p| &p.info)
    }

    /// The files that [`Checked::info`] is about. They may be outlines: see [`PackageParts`].
    pub fn files(&self, id: PackageId) -> impl Iterator<Item = &File> {
        self.packages[id.index()].get().into_iter().flat_map(|p| &p.files).map(|f| &**f)
    }

    /// The language version of a file of a package: its own, if its build constraint asks for one.
    pub fn version(&self, id: PackageId, file: &File) -> Version {
        let own = file.go_version.map(|v| Version::parse(v.as_str())).filter(|v| v.is_valid());
        let package = self.packages[id.index()].get().map(|p| p.version).unwrap_or_default();
        own.map_or(package, |v| v.max(Version::GO1_21))
    }

    /// A hash of what a package was checked against: the surfaces of its imports, and its language version.
    fn imports_key(&self, package: &Package, version: Version) -> Key {
        let mut k = KeyBuilder::new("imports");
        k.part("version", version.to_string().as_bytes());
        for (path, id) in &package.imports {
            k.part("import", path.as_bytes());
            if let Some(surface) = self.surfaces[id.index()].get() {
                k.part("surface", &surface.0);
            }
        }
        // Whether a variable can hold what it embeds depends on how many files that are.
        for name in package.embeds.iter().flat_map(|e| &e.files) {
            k.part("embedded", name.as_bytes());
        }
        k.finish()
    }
}

/// What the outlines of a package's files lack, for lowering.
pub(crate) struct PackageParts<'a> {
    pub(crate) checked: &'a Checked,
    pub(crate) files: &'a FileSet,
    pub(crate) package: &'a Package,
    pub(crate) id: PackageId,
}

impl<'a> Parts<'a> for PackageParts<'a> {
    fn body(&self, obj: ObjId) -> Result<Body<'a>, String> {
        let part = self.part(obj, |source, decl| {
            let (file, decl) = source.parse_func(decl, self.package.is_std)?;
            Some((file, Root::Func(decl)))
        })?;
        match (part.info.get(), part.root) {
            (Some(info), Root::Func(decl))
                if let DeclKind::Func(d) = &part.file.decl(decl).kind =>
            {
                Ok(Body { file: &part.file, info, decl: d })
            }
            _ => Err("its body was not checked".into()),
        }
    }

    fn init(&self, obj: ObjId, e: ExprId) -> Result<Init<'a>, String> {
        let part = self.part(obj, |source, _| {
            let end = outlined_end(&source.ast, e)?;
            let (file, e) = source.parse_init(e, end, self.package.is_std)?;
            Some((file, Root::Init(e)))
        })?;
        match (part.info.get(), part.root) {
            (Some(info), Root::Init(rhs)) => Ok(Init { file: &part.file, info, rhs }),
            _ => Err("its initialiser was not checked".into()),
        }
    }
}

impl<'a> PackageParts<'a> {
    /// The part that belongs to an object, parsed and checked when first asked for. What is wrong is an error of ours: the
    /// package isn't what it was when it was found to be right.
    fn part(
        &self,
        obj: ObjId,
        parse: impl FnOnce(&SourceFile, DeclId) -> Option<(File, Root)>,
    ) -> Result<&'a Part, String> {
        let u = &self.checked.universe;
        let checked = self.checked.packages[self.id.index()].get();
        let checked = checked.ok_or("the package was not checked")?;
        let outline = checked.outline.as_ref().ok_or("the package has no outline")?;
        let mut lock = outline.bodies.lock().expect("no panics while locked");
        let (bodies, known) = &mut *lock;
        if let Some(&i) = known.get(&obj) {
            return Ok(&outline.found[i]);
        }
        let at = u.obj(obj).decl().ok_or("it has no declaration")?;
        let (file, root) = parse(&self.package.files[at.file as usize], at.decl)
            .ok_or("it is not to be found in the file")?;
        let i = outline.found.push(Part { file, root, info: OnceLock::new() });
        let part = &outline.found[i];
        let asts: Vec<&File> = checked.files.iter().map(|f| &**f).collect();
        let info = match root {
            Root::Func(decl) => bodies.check(u, self.files, &asts, obj, &part.file, decl),
            Root::Init(e) => bodies.check_init(u, self.files, &asts, obj, &part.file, e),
        };
        let info =
            info.map_err(|e| e.first().map_or_else(|| "an error".into(), |d| d.text(self.files)))?;
        part.info.get_or_init(|| info);
        known.insert(obj, i);
        Ok(part)
    }
}

/// A hash of all that others can depend on in a package: text outside of bodies, and the same of its imports.
fn surface_key(own: Key, path: &str, imports: Key) -> Key {
    let mut k = KeyBuilder::new("surface");
    k.part("path", path.as_bytes());
    k.part("files", &own.0);
    k.part("imports", &imports.0);
    k.finish()
}

/// Checks a package whose imports are checked. Symbols and `PkgPath`s of a program are `main`, whatever its path; those of
/// a package that is only called main, as one under test, have its path.
#[allow(clippy::too_many_arguments, reason = "one caller")]
pub(crate) fn check(
    checked: &Checked,
    graph: &Graph,
    id: PackageId,
    is_program: bool,
    files: &FileSet,
    lang: Option<&str>,
    flags: &Compile,
    known: Option<&KnownPackages<'_>>,
) -> Vec<Diagnostic> {
    let package = graph.get(id);
    if !package.wrong_debug.is_empty() {
        return wrong_debug(package);
    }
    let version = Version::parse(lang.unwrap_or(&package.go_version));
    let path = if is_program { "main" } else { &package.import_path };
    let imports = checked.imports_key(package, version);
    let own = known.map_or_else(|| surface_of(package), |k| k.surface(package));
    checked.surfaces[id.index()].get_or_init(|| surface_key(own, path, imports));
    let config = Config { version, complete: !flags.allow_bodyless, ignore_bodies: false };
    let importer = |path: &str| match package.imports.get(path).and_then(|&i| checked.info(i)) {
        Some(info) => Ok(info.id),
        None if path == "unsafe" => Ok(checked.universe.unsafe_pkg()),
        None => Err(format!("could not import {path} (not loaded)")),
    };
    let outlined = package.files.iter().any(|f| f.content.is_some());
    if outlined
        && let Some(k) = known.and_then(|k| k.outline(&package.import_path))
        && k.imports == imports
    {
        let asts: Vec<&File> = package.files.iter().map(|f| &*f.ast).collect();
        let u = &checked.universe;
        if let Ok((info, bodies)) =
            check_outline(u, files, path, &asts, &importer, config, &k.record)
        {
            let files = package.files.iter().map(|f| f.ast.clone()).collect();
            let bodies = Mutex::new((bodies, FxHashMap::default()));
            let outline = Some(Outline { bodies, found: boxcar::Vec::new() });
            checked.packages[id.index()].get_or_init(|| CheckedPackage {
                info,
                version,
                files,
                outline,
            });
            return Vec::new();
        }
    }
    let (asts, errors): (Vec<_>, Vec<_>) =
        package.files.iter().map(|f| f.parse_whole(files, package.is_std)).unzip();
    let convert = |e: &SyntaxError| Diagnostic::new(Code::of_syntax(&e.msg), e.pos, &*e.msg);
    let mut errors: Vec<Diagnostic> = errors.iter().flatten().map(convert).collect();
    // gc goes on after other errors of parsing, as labels that are not used.
    if errors.iter().any(is_syntax_error) {
        return errors;
    }
    let refs: Vec<&File> = asts.iter().map(|f| &**f).collect();
    let (info, found) = check_package(&checked.universe, files, path, &refs, &importer, config);
    let late = found.iter().all(|d| d.code == Code::MissingBody) && errors.is_empty();
    errors.extend(found);
    if late {
        // What gc reports when types are fine.
        errors.extend(asts.iter().flat_map(|f| &f.late_errors).map(convert));
        // The standard library is fine in these respects.
        if !package.is_std {
            // Older packages had directives that mean nothing.
            if !version.is_valid() || version >= Version::GO1_18 {
                linknames(&asts, &mut errors);
            }
            if errors.is_empty() {
                embeds::check(&checked.universe, package, &info, version, &mut errors);
            }
            if errors.is_empty() {
                errors.extend(oversized(&checked.universe, &info, &refs));
            }
        }
    }
    if let Some(known) = known
        && errors.is_empty()
        && package.test_of.is_none()
    {
        known.add(package, imports, &info.record);
    }
    checked.packages[id.index()].get_or_init(|| CheckedPackage {
        info,
        version,
        files: asts,
        outline: None,
    });
    errors
}

/// Errors of `//go:debug` lines; nothing else is told of such a package.
fn wrong_debug(package: &Package) -> Vec<Diagnostic> {
    let convert = |(pos, msg, other): &(_, String, Option<_>)| Diagnostic {
        related: other.iter().cloned().collect(),
        ..Diagnostic::new(Code::InvalidDirective, *pos, msg.as_str())
    };
    package.wrong_debug.iter().map(convert).collect()
}

/// `//go:linkname` is for functions and variables of the package, once for each.
fn linknames(files: &[Arc<File>], errors: &mut Vec<Diagnostic>) {
    let mut declared: HashSet<Symbol> = HashSet::new();
    for f in files {
        for &d in &f.decls {
            match &f.decl(d).kind {
                DeclKind::Func(func) if func.recv.is_none() => {
                    declared.insert(f.name(func.name));
                }
                DeclKind::Var(v) => declared.extend(v.names.iter().map(|&n| f.name(n))),
                _ => {}
            }
        }
    }
    let mut seen = HashSet::new();
    for l in files.iter().flat_map(|f| &f.linknames) {
        // An error already.
        if l.remote.is_some_and(|r| r.as_str().contains('[')) {
            continue;
        }
        let msg = if !declared.contains(&l.local) {
            "//go:linkname must refer to declared function or variable".to_string()
        } else if !seen.insert(l.local) {
            format!("duplicate //go:linkname for {}", l.local)
        } else {
            continue;
        };
        errors.push(Diagnostic::new(Code::InvalidLinkname, l.pos, msg));
    }
}
