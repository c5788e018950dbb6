//! From checked packages to an executable: lowering, code generation, linking.

use burrow_ir::lower::{self, LowerError};
use burrow_load::{Graph, Package, PackageId};
use burrow_syntax::{DeclKind, FileSet, Symbol};
use burrow_types::Version;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::frontend::Checked;
use crate::objects;
use crate::report::{Diagnostic, Style};
use crate::session::{Failure, Options};

/// From this minor release of Go 1 on, each iteration of a `for` clause has its own variables.
const PER_ITERATION: Version = Version(22);

pub(crate) fn executable(
    graph: &Graph,
    checked: &Checked,
    main: PackageId,
    files: &FileSet,
    options: &Options,
) -> Result<Vec<u8>, Failure> {
    let wanted = reachable(graph, main);
    let mut packages = Vec::new();
    for id in graph.ids().filter(|id| wanted.contains(&id.index())) {
        let package = graph.get(id);
        let Some(info) = checked.info(id) else {
            return Err(Failure::new(format!(
                "burrow: package {} was not checked",
                package.import_path
            )));
        };
        packages.push(lower::Package {
            info,
            files: package.files.iter().map(|f| &*f.ast).collect(),
            per_iteration: package
                .files
                .iter()
                .map(|f| per_iteration(package, f.ast.go_version))
                .collect(),
            embeds: embeds(package)?,
        });
    }
    let lower_options = lower::Options {
        is_image_symbol: &burrow_link::is_image_symbol,
        entries: burrow_link::go_entries(),
        string_values: options.ldflags.set.clone(),
        go_version: "go1.27.3".into(),
        mod_info: String::new(),
    };
    let out = lower::lower_program(&checked.universe, files, packages, lower_options)
        .map_err(|e| failure(&e, graph.get(main), files, options))?;
    if let Ok(name) = std::env::var("BURROW_DUMP_IR") {
        for f in out.funcs.iter().filter(|f| f.name.as_str() == name) {
            eprint_text(&f.to_string());
        }
    }
    let object = objects::compile(&out.funcs, out.datas, files).map_err(Failure::new)?;
    let link_options = burrow_link::LinkOptions { strip: options.ldflags.strip };
    burrow_link::link(&[object], &link_options)
        .map_err(|e| Failure::new(format!("# {}\n{e}", graph.get(main).import_path)))
}

fn eprint_text(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn failure(errors: &[LowerError], main: &Package, files: &FileSet, options: &Options) -> Failure {
    let list: Vec<Diagnostic> =
        errors.iter().map(|e| Diagnostic { pos: e.pos, msg: e.message.clone() }).collect();
    let style = Style { files, cwd: &options.cwd, all: true };
    Failure { text: format!("# {}\n{}", main.import_path, style.render(&list)), code: 1 }
}

fn per_iteration(package: &Package, file: Option<Symbol>) -> bool {
    let version = file.map_or(package.go_version.as_str(), Symbol::as_str);
    Version::parse(version) >= PER_ITERATION
}

/// The program's packages: what main imports, and package runtime with what it imports.
fn reachable(graph: &Graph, main: PackageId) -> FxHashSet<usize> {
    let mut seen = FxHashSet::default();
    let mut work: Vec<PackageId> = vec![main];
    work.extend(graph.find("runtime"));
    while let Some(id) = work.pop() {
        if seen.insert(id.index()) {
            work.extend(graph.get(id).imports.values().copied());
        }
    }
    seen
}

/// The files that `//go:embed` variables hold, by variable.
fn embeds(package: &Package) -> Result<FxHashMap<Symbol, Vec<(String, Vec<u8>)>>, Failure> {
    let mut out = FxHashMap::default();
    for var in &package.embeds {
        let ast = &package.files[var.file].ast;
        let DeclKind::Var(decl) = &ast.decl(var.decl).kind else { continue };
        let Some(&name) = decl.names.first() else { continue };
        let mut list = Vec::new();
        let mut dirs = FxHashSet::default();
        for f in &var.files {
            let path = package.dir.join(f);
            let content = std::fs::read(&path)
                .map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
            list.push((f.clone(), content));
            let mut dir = f.as_str();
            while let Some(i) = dir.rfind('/') {
                dir = &dir[..i];
                if dirs.insert(dir.to_string()) {
                    list.push((format!("{dir}/"), Vec::new()));
                }
            }
        }
        list.sort_by_cached_key(|(n, _)| {
            let n = n.trim_end_matches('/');
            let (dir, base) = n.rsplit_once('/').unwrap_or((".", n));
            (dir.to_string(), base.to_string())
        });
        // A string or slice takes the file alone.
        list.sort_by_key(|(n, _)| {
            let t = checked_as_fs(ast, decl);
            !t && n.ends_with('/')
        });
        out.insert(ast.name(name), list);
    }
    Ok(out)
}

/// Whether the variable's type is written as a qualified name, `embed.FS`, and not as string or slice.
fn checked_as_fs(ast: &burrow_syntax::File, decl: &burrow_syntax::VarDecl) -> bool {
    decl.ty.is_some_and(|t| matches!(ast.expr(t), burrow_syntax::ExprKind::Selector { .. }))
}
