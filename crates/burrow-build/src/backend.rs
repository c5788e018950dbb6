//! From checked packages to an executable: lowering, code generation, linking.

use burrow_ir::lower::{self, lower_program};
use burrow_link::LinkOptions;
use burrow_load::goroot;
use burrow_load::{Graph, Package, PackageId};
use burrow_syntax::{DeclKind, File, FileSet};
use burrow_types::Version;

use crate::frontend::Checked;
use crate::initorder::{self, Node};
use crate::objects;
use crate::report::{Diagnostic, Style};
use crate::session::{Failure, Options};

/// Compiles and links the program of a main package. All its packages are free of errors.
pub(crate) fn executable(
    graph: &Graph,
    checked: &Checked,
    main: PackageId,
    files: &FileSet,
    options: &Options,
) -> Result<Vec<u8>, Failure> {
    let package = graph.get(main);
    let header = format!("# {}\n", package.import_path);
    let order = packages_in_order(graph, checked, main);
    let packages = order.iter().map(|&id| program_package(graph, checked, id));
    let packages = packages.collect::<Result<Vec<_>, _>>().map_err(Failure::new)?;
    let string_values = options.ldflags.set.iter().map(|(name, value)| {
        // What is called by its path on the command line has the symbol `main.x`.
        let name = match name.strip_prefix(&format!("{}.", package.import_path)) {
            Some(rest) => format!("main.{rest}"),
            None => name.clone(),
        };
        (name, value.clone())
    });
    let settings = lower::Options {
        is_image_symbol: &burrow_link::is_image_symbol,
        entries: burrow_link::go_entries(),
        string_values: string_values.collect(),
        go_version: goroot::version_of(&options.goroot)
            .unwrap_or_else(|| format!("go{}", goroot::VERSION)),
        mod_info: mod_info(graph, package, options),
    };
    let output = lower_program(&checked.universe, files, packages, settings).map_err(|errors| {
        let list: Vec<Diagnostic> =
            errors.iter().map(|e| Diagnostic { pos: e.pos, msg: e.message.clone() }).collect();
        let style = Style { files, cwd: &options.cwd, all: options.all_errors };
        Failure { text: format!("{header}{}", style.render(&list)), code: 1 }
    })?;
    let object = objects::compile(&output.funcs, output.datas, files)
        .map_err(|e| Failure::new(format!("{header}{e}")))?;
    burrow_link::link(&[object], &LinkOptions { strip: options.ldflags.strip })
        .map_err(|e| Failure::new(format!("{header}{e}")))
}

/// The program's packages in the order of initialisation.
fn packages_in_order(graph: &Graph, checked: &Checked, main: PackageId) -> Vec<PackageId> {
    let runtime = graph.find("runtime");
    let mut needed = vec![false; graph.packages.len()];
    for id in [Some(main), runtime].into_iter().flatten() {
        needed[id.index()] = true;
    }
    // Imports come before those who import them.
    for i in (0..needed.len()).rev() {
        if needed[i] {
            graph.packages[i].imports.values().for_each(|d| needed[d.index()] = true);
        }
    }
    let ids: Vec<usize> = (0..needed.len()).filter(|&i| needed[i]).collect();
    let place = |i: usize| ids.binary_search(&i).ok();
    let nodes: Vec<Node<'_>> = ids
        .iter()
        .map(|&i| {
            let p = &graph.packages[i];
            Node {
                path: if i == main.index() { "main" } else { &p.import_path },
                imports: p.imports.values().filter_map(|d| place(d.index())).collect(),
                has_work: has_work(checked, p, PackageId(i as u32)),
            }
        })
        .collect();
    let first: Vec<usize> = runtime.and_then(|r| place(r.index())).into_iter().collect();
    initorder::order(&nodes, &first).into_iter().map(|n| PackageId(ids[n] as u32)).collect()
}

fn has_work(checked: &Checked, package: &Package, id: PackageId) -> bool {
    let has_init = package.files.iter().any(|f| {
        f.ast.decls.iter().any(|&d| match &f.ast.decl(d).kind {
            DeclKind::Func(func) => func.recv.is_none() && f.ast.name(func.name) == "init",
            _ => false,
        })
    });
    has_init || checked.info(id).is_some_and(|i| !i.init_order.is_empty())
}

/// A package as lowering takes it, with the contents of embedded files.
fn program_package<'a>(
    graph: &'a Graph,
    checked: &'a Checked,
    id: PackageId,
) -> Result<lower::Package<'a>, String> {
    let package = graph.get(id);
    let info = checked.info(id).ok_or_else(|| {
        format!("internal compiler error: package {} was not checked", package.import_path)
    })?;
    let mut embeds = Vec::new();
    for e in &package.embeds {
        let ast = &package.files[e.file].ast;
        let DeclKind::Var(var) = &ast.decl(e.decl).kind else { continue };
        let mut contents = Vec::new();
        for name in &e.files {
            let path = package.dir.join(name);
            let content =
                std::fs::read(&path).map_err(|err| format!("open {}: {err}", path.display()))?;
            contents.push((name.clone(), content));
        }
        embeds.push((ast.name(var.names[0]), contents));
    }
    let files: Vec<&File> = package.files.iter().map(|f| &*f.ast).collect();
    // A version that isn't known permits everything.
    let is_new = |f: &&File| {
        let v = checked.version(id, f);
        !v.is_valid() || v >= Version::GO1_22
    };
    let per_iteration = files.iter().map(is_new).collect();
    Ok(lower::Package { info, files, per_iteration, embeds: embeds.into_iter().collect() })
}

/// What `runtime/debug.ReadBuildInfo` reads, between two marks of 16 bytes that it leaves out.
fn mod_info(graph: &Graph, package: &Package, options: &Options) -> String {
    const MARK: &str = "burrow:buildinfo";
    let mut text = format!("{MARK}path\t{}\n", package.import_path);
    if let Some(m) = &graph.main_module
        && package.import_path != "command-line-arguments"
    {
        text += &format!("mod\t{}\t(devel)\t\n", m.path);
    }
    text += "build\t-buildmode=exe\nbuild\t-compiler=gc\n";
    if !options.tags.is_empty() {
        text += &format!("build\t-tags={}\n", options.tags.join(","));
    }
    text += "build\tCGO_ENABLED=0\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\nbuild\tGOAMD64=v1\n";
    text + MARK
}
