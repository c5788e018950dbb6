//! Syntax errors and types of one package.

use std::collections::HashSet;
use std::sync::OnceLock;

use burrow_load::{Graph, Package, PackageId};
use burrow_syntax::{DeclKind, File, FileSet, Symbol, SyntaxError};
use burrow_types::{Config, PackageInfo, Universe, Version, check_package};

use crate::flags::Compile;
use crate::report::Diagnostic;

/// What checking found out about all packages.
pub struct Checked {
    pub universe: Universe,
    /// What is known of each package, and its language version.
    infos: Vec<OnceLock<(PackageInfo, Version)>>,
}

impl Checked {
    pub(crate) fn new(packages: usize) -> Checked {
        Checked {
            universe: Universe::new(),
            infos: (0..packages).map(|_| OnceLock::new()).collect(),
        }
    }

    /// What is known of a package; `None` if it has errors, or depends on one that has.
    pub fn info(&self, id: PackageId) -> Option<&PackageInfo> {
        self.infos[id.index()].get().map(|(info, _)| info)
    }

    /// The language version of a file of a package: its own, if its build constraint asks for one.
    pub fn version(&self, id: PackageId, file: &File) -> Version {
        let own = file.go_version.map(|v| Version::parse(v.as_str())).filter(|v| v.is_valid());
        let package = self.infos[id.index()].get().map(|(_, v)| *v).unwrap_or_default();
        own.map_or(package, |v| v.max(Version::GO1_21))
    }
}

/// Checks a package whose imports are checked.
pub(crate) fn check(
    checked: &Checked,
    graph: &Graph,
    id: PackageId,
    files: &FileSet,
    lang: Option<&str>,
    flags: &Compile,
) -> Vec<Diagnostic> {
    let package = graph.get(id);
    let convert = |e: &SyntaxError| Diagnostic { pos: e.pos, msg: e.msg.clone() };
    let mut errors: Vec<Diagnostic> =
        package.files.iter().flat_map(|f| &f.errors).map(convert).collect();
    // gc goes on after other errors of parsing, as labels that are not used.
    if errors.iter().any(Diagnostic::is_syntax_error) {
        return errors;
    }
    let asts: Vec<&File> = package.files.iter().map(|f| &*f.ast).collect();
    let importer = |path: &str| match package.imports.get(path).and_then(|&i| checked.info(i)) {
        Some(info) => Ok(info.id),
        None if path == "unsafe" => Ok(checked.universe.unsafe_pkg()),
        None => Err(format!("could not import {path} (not loaded)")),
    };
    let version = Version::parse(lang.unwrap_or(&package.go_version));
    let config = Config { version, complete: !flags.allow_bodyless, ignore_bodies: false };
    // Symbols of a program's main package are `main.x`, whatever its path.
    let path = if package.is_main() && !package.is_xtest { "main" } else { &package.import_path };
    let (info, found) = check_package(&checked.universe, files, path, &asts, &importer, config);
    errors.extend(found.iter().map(|d| Diagnostic { pos: d.pos, msg: d.text(files) }));
    if errors.is_empty() {
        // What gc reports when types are fine.
        let late = package.files.iter().flat_map(|f| &f.ast.late_errors);
        errors.extend(late.map(convert));
        if !package.is_std {
            linknames(package, &mut errors);
        }
    }
    checked.infos[id.index()].get_or_init(|| (info, version));
    errors
}

/// `//go:linkname` is for functions and variables of the package, once for each.
fn linknames(package: &Package, errors: &mut Vec<Diagnostic>) {
    let mut declared: HashSet<Symbol> = HashSet::new();
    for f in &package.files {
        for &d in &f.ast.decls {
            match &f.ast.decl(d).kind {
                DeclKind::Func(func) if func.recv.is_none() => {
                    declared.insert(f.ast.name(func.name));
                }
                DeclKind::Var(v) => declared.extend(v.names.iter().map(|&n| f.ast.name(n))),
                _ => {}
            }
        }
    }
    let mut seen = HashSet::new();
    for l in package.files.iter().flat_map(|f| &f.ast.linknames) {
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
        errors.push(Diagnostic { pos: l.pos, msg });
    }
}
