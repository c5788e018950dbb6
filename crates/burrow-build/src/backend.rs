//! From checked packages to an executable: lowering, code generation, linking.

use burrow_ir::lower::{self, LowerError};
use burrow_ir::opt::Effort;
use burrow_link::LinkError;
use burrow_load::{Graph, Package, PackageId, Reads};
use burrow_syntax::{DeclKind, FileSet, Symbol};
use burrow_types::{Code, Diagnostic, Version};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::artefact::Artefacts;
use crate::buildinfo;
use crate::cache::Cache;
use crate::frontend::{Checked, PackageParts};
use crate::initorder::{self, Node};
use crate::objects;
use crate::passes;
use crate::paths::FileNames;
use crate::report::{Form, Style};
use crate::session::{Failure, Options};
use crate::timings;

/// From this minor release of Go 1 on, each iteration of a `for` clause has its own variables.
const PER_ITERATION: Version = Version(22);

pub(crate) fn executable(
    graph: &Graph,
    checked: &Checked,
    main: PackageId,
    files: &FileSet,
    options: &Options,
    cache: Option<&Cache>,
    keep: &(dyn Fn() + Sync),
) -> Result<Vec<u8>, Failure> {
    let declares_main = checked.info(main).is_some_and(|info| {
        let found = checked.universe.pkg(info.id).lookup(Symbol::new("main"));
        found.is_some_and(|o| checked.universe.obj(o).is_func())
    });
    if !declares_main {
        let title = graph.get(main).title();
        return Err(Failure::of_package(
            &title,
            format!(
                "# {title}\nruntime.main_main\u{b7}f: function main is undeclared in the main package"
            ),
        ));
    }
    let mut packages = Vec::new();
    let order = packages_in_order(graph, checked, main);
    let parts: Vec<PackageParts<'_>> = order
        .iter()
        .map(|&id| PackageParts { checked, files, package: graph.get(id), id })
        .collect();
    for (&id, parts) in order.iter().zip(&parts) {
        let package = graph.get(id);
        let Some(info) = checked.info(id) else {
            return Err(Failure::new(format!(
                "burrow: package {} was not checked",
                package.import_path
            )));
        };
        packages.push(lower::Package {
            info,
            files: checked.files(id).collect(),
            parts,
            per_iteration: checked
                .files(id)
                .map(|f| {
                    // A version that isn't known permits everything.
                    let v = checked.version(id, f);
                    !v.is_valid() || v >= PER_ITERATION
                })
                .collect(),
            embeds: embeds(&graph.reads, package)?,
        });
    }
    let build_info = burrow_link::BuildInfo {
        go_version: graph.go_version.clone(),
        mod_info: buildinfo::text(graph, main, options),
    };
    let link = options.ldflags.for_package(graph.get(main));
    // Passes look at the program as a whole.
    let all_flags: Vec<_> =
        order.iter().map(|&id| options.gcflags.for_package(graph.get(id))).collect();
    let optimise = !all_flags.iter().any(|f| f.no_opt);
    let effort = Effort { optimise, inline: optimise && !all_flags.iter().any(|f| f.no_inline) };
    let lower_options = lower::Options {
        is_image_symbol: &burrow_link::is_image_symbol,
        entries: burrow_link::go_entries(),
        string_values: string_values(graph.get(main), options, &link.set),
        go_version: build_info.go_version.clone(),
        mod_info: build_info.mod_info.clone(),
    };
    let lowered = timings::stage("lower", || {
        lower::lower_program(&checked.universe, packages, lower_options)
    });
    let mut out = lowered.map_err(|e| failure(&e, graph.get(main), files, options))?;
    passes::run(&mut out, effort)?;
    let artefacts = Artefacts::new(cache);
    let names = FileNames::new(graph, options.trimpath);
    let object = timings::stage("codegen", || {
        objects::compile(&out.funcs, out.datas, files, &names, &artefacts, options.threads)
    });
    let objects = [object.map_err(Failure::new)?];
    let link_options = burrow_link::LinkOptions {
        omit_symbols: link.omit_symbols,
        omit_dwarf: link.omit_dwarf,
        only_run: options.only_run,
        build_info,
    };
    let linked = timings::stage("link", || {
        std::thread::scope(|s| {
            s.spawn(|| {
                artefacts.write();
                keep();
            });
            burrow_link::link(&objects, &link_options)
        })
    });
    // The process ends before long.
    std::mem::forget((objects, out.funcs));
    linked.map_err(|e| not_linked(&e, graph, main, options))
}

/// What could not be linked. Functions in assembly are told where they are.
fn not_linked(e: &LinkError, graph: &Graph, main: PackageId, options: &Options) -> Failure {
    let title = graph.get(main).title();
    let mut lines = Vec::new();
    if let LinkError::Undefined(list) = e {
        for u in list {
            let line = in_assembly(&u.name, graph, main, options);
            lines.push(line.unwrap_or_else(|| {
                format!("{}: relocation target {} not defined", u.referrer, u.name)
            }));
        }
    } else {
        lines.push(e.to_string());
    }
    Failure::of_package(&title, format!("# {title}\n{}", lines.join("\n")))
}

/// The message for a function that a file of assembly defines.
fn in_assembly(symbol: &str, graph: &Graph, main: PackageId, options: &Options) -> Option<String> {
    let needed = graph.needed_by([main]);
    let packages =
        graph.packages.iter().enumerate().filter(|(i, p)| needed[*i] && !p.asm.is_empty());
    for (i, p) in packages {
        let path =
            if i == main.index() { "main".into() } else { lower::escape_path(&p.import_path) };
        let Some(name) = symbol.strip_prefix(&path).and_then(|s| s.strip_prefix('.')) else {
            continue;
        };
        let text = format!("\u{b7}{name}");
        for file in &p.asm {
            let content = graph.reads.file(file).unwrap_or_default();
            let content = String::from_utf8_lossy(&content);
            let is_definition = |l: &str| l.trim_start().starts_with("TEXT") && l.contains(&text);
            if let Some(line) = content.lines().position(is_definition) {
                let shown = burrow_load::relative(&file.to_string_lossy(), &options.cwd);
                let shown = if shown.contains('/') { shown } else { format!("./{shown}") };
                return Some(format!(
                    "{shown}:{}: function {name} is in assembly, and burrow has no assembler yet",
                    line + 1
                ));
            }
        }
    }
    None
}

fn failure(errors: &[LowerError], main: &Package, files: &FileSet, options: &Options) -> Failure {
    let convert = |e: &LowerError| Diagnostic::new(Code::LinkFailed, e.pos, &*e.message);
    let list: Vec<Diagnostic> = errors.iter().map(convert).collect();
    let style = Style { files, cwd: &options.cwd, all: true, form: Form::Plain };
    let title = main.title();
    Failure::of_package(&title, format!("# {title}\n{}", style.render(&list)))
}

/// The program's packages in the order of initialisation.
fn packages_in_order(graph: &Graph, checked: &Checked, main: PackageId) -> Vec<PackageId> {
    // A test may have its own.
    let own = graph.get(main).imports.get("runtime").copied();
    let runtime = own.or_else(|| graph.find("runtime"));
    let needed = graph.needed_by([main].into_iter().chain(runtime));
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

/// A name, and the contents.
type NamedFile = (String, Vec<u8>);

/// The files that `//go:embed` variables hold, by variable: in the order of `embed.FS`, with directories, whose names end in
/// a slash.
fn embeds(reads: &Reads, package: &Package) -> Result<FxHashMap<Symbol, Vec<NamedFile>>, Failure> {
    let mut out = FxHashMap::default();
    for var in &package.embeds {
        let ast = &package.files[var.file].ast;
        let DeclKind::Var(decl) = &ast.decl(var.decl).kind else { continue };
        let Some(&name) = decl.names.first() else { continue };
        let mut list = Vec::new();
        let mut dirs = FxHashSet::default();
        for f in &var.files {
            let path = package.dir.join(f);
            let content =
                reads.file(&path).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?;
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
        out.insert(ast.name(name), list);
    }
    Ok(out)
}

/// `-ldflags -X`, with symbols: the main package is `main`, whatever its path, and the last dot ends the path. As gc's
/// linker, the program is told of what tree it is; the flags may say otherwise.
fn string_values(
    main: &Package,
    options: &Options,
    flags: &[(String, String)],
) -> Vec<(String, String)> {
    let symbol = |name: &String| match name.rsplit_once('.') {
        Some((path, rest)) if path == main.import_path => format!("main.{rest}"),
        Some((path, rest)) => format!("{}.{rest}", lower::escape_path(path)),
        None => name.clone(),
    };
    // With -trimpath it is for the user's environment to say.
    let root = if options.trimpath { String::new() } else { options.goroot.display().to_string() };
    let mut own = vec![("runtime.defaultGOROOT".to_owned(), root)];
    if !main.godebug.is_empty() {
        own.push(("runtime.godebugDefault".to_owned(), main.godebug.clone()));
    }
    let set = options.set.iter().chain(flags).map(|(name, value)| (symbol(name), value.clone()));
    own.into_iter()
        .filter(|(name, _)| !set.clone().any(|(n, _)| n == *name))
        .chain(set.clone())
        .collect()
}
