//! Reading a package: which files of its directory take part, and parsing them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burrow_syntax::constraint::Context;
use burrow_syntax::{DeclKind, File, Mode, Pos, Symbol, parse_file, parse_outline};

use super::{LeftOut, LoadError, Loaded, Loader, Package, SourceFile, Sources, Task};
use super::{header, testmain};
use crate::embed::{self, EmbedVar};
use crate::godebug;
use crate::overlay::{self, Rules};
use crate::reads::{Entry, Kind, Reads};

/// A file that was read, before it is parsed.
struct Raw {
    name: String,
    path: PathBuf,
    content: Vec<u8>,
    from_overlay: bool,
}

/// What a directory holds.
#[derive(Default)]
struct Selection {
    raw: Vec<Raw>,
    /// Go files that constraints leave out.
    excluded: Vec<String>,
    asm: Vec<PathBuf>,
    /// Files that only tests are made from were left out.
    tests: bool,
    error: Option<String>,
}

impl Loader<'_> {
    pub(super) fn read_package(&self, task: &Task) -> Loaded {
        let rules = if task.is_std { self.overlay.rules(&task.import_path) } else { None };
        let selection = match &task.named {
            Some(paths) => self.named_files(paths),
            None => self.select(task, rules),
        };
        let fail = |message: String| Loaded {
            error: Some(LoadError { at: Pos::NONE, package: task.import_path.clone(), message }),
            ..Loaded::default()
        };
        if let Some(e) = selection.error {
            return fail(e);
        }
        let excluded = !selection.excluded.is_empty();
        let (asm, tests) = (selection.asm, selection.tests);
        let headless = self.headless(task, &selection.raw);
        let (mut files, foreign) = self.parse_all(task, selection.raw);
        if let Some((name, offset, message)) = headless {
            let base = files.iter().find(|f| f.name == name).map_or(Pos::NONE, |f| f.ast.base);
            let at = Pos(base.0 + offset as u32);
            let package = task.import_path.clone();
            let error = Some(LoadError { at, package, message });
            return Loaded { error, ..Loaded::default() };
        }
        let dir = task.dir.display();
        if files.is_empty() {
            if task.from_pattern {
                return Loaded::default();
            }
            return fail(if excluded || foreign {
                format!("build constraints exclude all Go files in {dir}")
            } else if tests {
                format!("no non-test Go files in {dir}")
            } else {
                format!("no Go files in {dir}")
            });
        }
        let xfiles: Vec<SourceFile>;
        (xfiles, files) = files.into_iter().partition(|f| {
            f.is_test && f.ast.package_name().is_some_and(|n| n.as_str().ends_with("_test"))
        });
        if let Some(message) = clash(&files, &task.dir) {
            return fail(message);
        }
        if files.iter().all(|f| f.is_test) && !task.is_root {
            return fail(format!("no non-test Go files in {dir}"));
        }
        let (own_embeds, embed_error) = embeds(&self.reads, &files, &task.dir);
        let name = files.iter().find_map(|f| f.ast.package_name());
        let make = |files: Vec<SourceFile>, name: Symbol, is_xtest: bool| Package {
            import_path: if is_xtest {
                format!("{}_test", task.import_path)
            } else {
                task.import_path.clone()
            },
            name,
            dir: task.dir.clone(),
            files,
            imports: BTreeMap::new(),
            embeds: Vec::new(),
            is_std: task.is_std,
            module: task.module.clone(),
            go_version: task.go_version.clone(),
            allow_bodyless: task.is_std || !asm.is_empty(),
            asm: asm.clone(),
            is_root: task.is_root,
            is_xtest,
            test_of: None,
            is_test_main: false,
            wrong_debug: Vec::new(),
            godebug: String::new(),
        };
        let xname = xfiles.iter().find_map(|f| f.ast.package_name());
        let (xembeds, xerror) = embeds(&self.reads, &xfiles, &task.dir);
        let mut xtest = xname.map(|n| make(xfiles, n, true));
        if let Some(x) = &mut xtest {
            x.embeds = xembeds;
        }
        let embed_error = embed_error.or(xerror);
        let mut package = make(files, name.unwrap_or_else(|| Symbol::new("_")), false);
        package.embeds = own_embeds;
        let mut imports = imports_of(&package.files);
        if let Some(x) = &xtest {
            // They are read with the package, and linked after it.
            imports.extend(imports_of(&x.files).into_iter().filter(|i| i.0 != task.import_path));
        }
        Loaded {
            imports,
            error: embed_error.map(|(at, message)| LoadError {
                at,
                package: task.import_path.clone(),
                message,
            }),
            package: Some(package),
            xtest,
        }
    }

    fn named_files(&self, paths: &[PathBuf]) -> Selection {
        let mut s = Selection::default();
        for path in paths {
            match self.reads.file(path) {
                Ok(content) => s.raw.push(Raw {
                    name: path.file_name().unwrap_or_default().to_string_lossy().into(),
                    path: path.clone(),
                    content,
                    from_overlay: false,
                }),
                Err(_) if !self.reads.exists(path) => {
                    s.error = Some(format!(
                        "no required module provides package {}; to add it:\n\tgo get {}",
                        path.display(),
                        path.display()
                    ));
                }
                Err(e) => s.error = Some(format!("open {}: {}", path.display(), os_error(&e))),
            }
        }
        s
    }

    /// The files of a directory that fit, and what the overlay makes of them.
    fn select(&self, task: &Task, rules: Option<&Rules>) -> Selection {
        let context = if task.is_std { &self.std_context } else { &self.context };
        let mut s = Selection::default();
        let mut named: BTreeMap<String, Raw> = BTreeMap::new();
        // Without files of ours there is nothing to replace a package with.
        if rules.is_none_or(|r| !r.replace || r.files.is_empty()) {
            match self.reads.list(&task.dir) {
                Ok(entries) => {
                    for entry in entries {
                        self.consider(task, context, rules, entry, &mut s, &mut named);
                    }
                }
                Err(e) if rules.is_none() => {
                    s.error = Some(format!("open {}: {}", task.dir.display(), os_error(&e)));
                }
                Err(_) => {}
            }
        }
        for (name, content) in rules.iter().flat_map(|r| &r.files) {
            let fits = context.matches_name(name)
                && std::str::from_utf8(content)
                    .is_ok_and(|text| context.matches_source(text).unwrap_or(true));
            if fits && (!name.ends_with("_test.go") || self.options.tests) {
                let raw = Raw {
                    name: name.clone(),
                    path: task.dir.join(name),
                    content: content.clone(),
                    from_overlay: true,
                };
                named.insert(name.clone(), raw);
            }
        }
        s.raw = named.into_values().collect();
        s
    }

    fn consider(
        &self,
        task: &Task,
        context: &Context,
        rules: Option<&Rules>,
        entry: Entry,
        s: &mut Selection,
        named: &mut BTreeMap<String, Raw>,
    ) {
        let Entry { name, kind } = entry;
        if name.starts_with(['_', '.']) {
            return;
        }
        let asm = name.ends_with(".s") || name.ends_with(".S");
        if (asm || name.ends_with(".syso")) && context.matches_name(&name) && kind != Kind::Dir {
            self.other(task, context, name, s);
            return;
        }
        let path = task.dir.join(&name);
        let is_dir = kind == Kind::Dir || kind == Kind::Link && self.reads.is_dir(&path);
        if !name.ends_with(".go") || is_dir {
            return;
        }
        let is_test = name.ends_with("_test.go");
        if is_test && !(self.options.tests && task.is_root) {
            s.tests = true;
            return;
        }
        if rules.is_some_and(|r| r.drop.contains(&name)) {
            return;
        }
        let forced = rules.is_some_and(|r| r.add.contains(&name));
        if !forced && !context.matches_name(&name) {
            s.excluded.push(name);
            return;
        }
        let content = match self.reads.file(&path) {
            Ok(c) => c,
            Err(e) => {
                s.error.get_or_insert(format!("open {}: {}", path.display(), os_error(&e)));
                return;
            }
        };
        if !forced {
            match context.matches_source(&head(&content)) {
                Ok(true) => {}
                Ok(false) => {
                    s.excluded.push(name);
                    return;
                }
                Err(e) => {
                    s.error.get_or_insert(format!("{}: {e}", path.display()));
                    return;
                }
            }
        }
        named.insert(name.clone(), Raw { name, path, content, from_overlay: false });
    }

    /// A file that is no Go file, and would take part in the program.
    fn other(&self, task: &Task, context: &Context, name: String, s: &mut Selection) {
        let path = task.dir.join(&name);
        if name.ends_with(".syso") {
            if !task.is_std {
                s.error.get_or_insert(format!(
                    "package {}: burrow links no object files: {name}",
                    task.import_path
                ));
            }
            return;
        }
        let fits = self.reads.file(&path).is_ok_and(|content| {
            context.matches_source(&String::from_utf8_lossy(&content)).unwrap_or(true)
        });
        if fits {
            s.asm.push(path);
        }
    }

    /// The first file that doesn't begin with a package clause: its name, an offset, and the message.
    fn headless(&self, task: &Task, raw: &[Raw]) -> Option<(String, usize, String)> {
        if task.is_std {
            return None;
        }
        raw.iter().find_map(|r| {
            let (offset, message) = header::error(&r.content)?;
            Some((r.path.to_string_lossy().into_owned(), offset, message))
        })
    }

    /// Parses files, drops those that are not Go packages of this build (documentation, cgo), and
    /// lets declarations of the overlay take the place of GOROOT's. Reports whether any was dropped.
    fn parse_all(&self, task: &Task, raw: Vec<Raw>) -> (Vec<SourceFile>, bool) {
        let hashes: Vec<[u8; 32]> = raw.iter().map(|r| blake3::hash(&r.content).into()).collect();
        let left_out = self.known(task, &raw, &hashes);
        let mode = mode(task.is_std);
        let bases: Vec<Option<Pos>> = raw
            .iter()
            .map(|r| self.files.add_file(&r.path.to_string_lossy(), r.content.len()))
            .collect();
        let mut parsed: Vec<(Raw, SourceFile)> = Vec::new();
        let mut foreign = false;
        for ((r, base), hash) in raw.into_iter().zip(bases).zip(hashes) {
            let Some(base) = base else { continue };
            let name = r.path.to_string_lossy().into_owned();
            let (ast, errors) = match &left_out {
                None => {
                    let comments = self.options.test_binaries && name.ends_with("_test.go");
                    let mode = Mode { comments, ..mode };
                    parse_file(self.files, &name, base, &r.content, mode)
                }
                Some(l) => {
                    let file = parsed.len() as u32;
                    let own = l.literals.iter().filter(|l| l.0 == file).map(|l| (l.1, l.2));
                    let own: Vec<_> = own.collect();
                    (parse_outline(self.files, &name, base, &r.content, mode, &own), Vec::new())
                }
            };
            let is_doc = ast.package_name().is_some_and(|n| n == "documentation");
            if is_doc && task.named.is_none() || imports_c(&ast) {
                foreign = true;
                continue;
            }
            let is_test = r.name.ends_with("_test.go");
            let examples = match is_test && self.options.test_binaries {
                true => testmain::examples(self.files, &ast, &r.content),
                false => Vec::new(),
            };
            let file = SourceFile {
                name,
                path: r.path.clone(),
                surface: if left_out.is_some() { [0; 32] } else { surface(&ast, &r.content) },
                ast: Arc::new(ast),
                errors,
                hash,
                content: left_out.is_some().then(|| r.content.as_slice().into()),
                from_overlay: r.from_overlay,
                is_test,
                dropped: Vec::new(),
                replaced: Arc::default(),
                examples,
                debug: godebug::lines(&r.content, base),
            };
            parsed.push((r, file));
        }
        let ours = parsed.iter().filter(|p| p.1.from_overlay && !p.1.is_test);
        let names = Arc::new(overlay::declared_names(ours.map(|p| &*p.1.ast)));
        let files = parsed
            .into_iter()
            .enumerate()
            .map(|(i, (_, mut file))| {
                if !file.from_overlay && !names.is_empty() {
                    let ast = Arc::make_mut(&mut file.ast);
                    let known = left_out.as_ref().map(|l| {
                        l.imports.iter().filter(|d| d.0 == i as u32).map(|d| d.1.as_str()).collect()
                    });
                    file.dropped = overlay::remove_declarations(ast, &names, known);
                }
                file.replaced = names.clone();
                file
            })
            .collect();
        (files, foreign)
    }

    /// What to leave out, if outlines will do.
    fn known(&self, task: &Task, raw: &[Raw], hashes: &[[u8; 32]]) -> Option<LeftOut> {
        let files: Vec<(&Path, [u8; 32])> =
            raw.iter().map(|r| r.path.as_path()).zip(hashes.iter().copied()).collect();
        let sources = Sources { import_path: &task.import_path, dir: &task.dir, files: &files };
        (self.known)(&sources)
    }
}

/// An error of the system in Go's words: lower case, without the number.
fn os_error(e: &std::io::Error) -> String {
    let text = e.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// How files of a package are parsed.
pub(super) fn mode(is_std: bool) -> Mode {
    Mode { std: is_std, runtime: is_std, ..Mode::default() }
}

/// A hash of the text outside of the bodies of declared functions.
fn surface(ast: &File, content: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    let mut from = 0;
    for &d in &ast.decls {
        if let DeclKind::Func(f) = &ast.decl(d).kind
            && let Some(body) = &f.body
        {
            let offset = |p: Pos| (p.0.saturating_sub(ast.base.0) as usize).min(content.len());
            let start = offset(body.pos).max(from);
            hash.update(&content[from..start]);
            hash.update(&[0]);
            from = offset(body.rbrace).max(start);
        }
    }
    hash.update(&content[from..]);
    hash.finalize().into()
}

/// As much of a file as can hold its build constraint: up to the package clause.
fn head(content: &[u8]) -> std::borrow::Cow<'_, str> {
    let is_clause = |at: usize| content[at..].starts_with(b"\npackage ");
    let end = (0..content.len()).find(|&i| content[i] == b'\n' && is_clause(i));
    String::from_utf8_lossy(&content[..end.map_or(content.len(), |e| e + 1)])
}

fn imports_c(file: &File) -> bool {
    imports(file).any(|(path, _)| path == "C")
}

fn imports(file: &File) -> impl Iterator<Item = (&'static str, Pos)> {
    file.imports.iter().filter_map(|&d| match &file.decl(d).kind {
        DeclKind::Import(i) => i.path.map(|p| (p.as_str(), file.decl(d).pos)),
        _ => None,
    })
}

/// Import paths of files, with the position of their first mention.
pub(super) fn imports_of(files: &[SourceFile]) -> Vec<(String, Pos)> {
    let mut list: Vec<(String, Pos)> = Vec::new();
    for f in files {
        for (path, at) in imports(&f.ast) {
            if !list.iter().any(|(p, _)| p == path) {
                list.push((path.into(), at));
            }
        }
    }
    list
}

/// The message for files with different package names.
fn clash(files: &[SourceFile], dir: &Path) -> Option<String> {
    let named = |f: &SourceFile| Some((f.ast.package_name()?, f.path.file_name()?.to_os_string()));
    let first = files.iter().find_map(named)?;
    let other = files.iter().filter_map(named).find(|(n, _)| *n != first.0)?;
    Some(format!(
        "found packages {} ({}) and {} ({}) in {}",
        first.0,
        first.1.display(),
        other.0,
        other.1.display(),
        dir.display()
    ))
}

/// Embedded files of all variables, and the first error.
fn embeds(
    reads: &Reads,
    files: &[SourceFile],
    dir: &Path,
) -> (Vec<EmbedVar>, Option<(Pos, String)>) {
    let mut list: Vec<EmbedVar> = Vec::new();
    let mut error = None;
    for (index, f) in files.iter().enumerate() {
        // Without the import they are an error, which the compiler reports.
        if !imports(&f.ast).any(|(path, _)| path == "embed") {
            continue;
        }
        for e in &f.ast.embeds {
            let Some(decl) = e.decl else { continue };
            let mut found = Vec::new();
            for (at, pattern) in &e.patterns {
                match embed::resolve(reads, dir, pattern.as_str()) {
                    Ok(names) => found.extend(names),
                    Err(message) => {
                        error.get_or_insert((*at, format!("pattern {pattern}: {message}")));
                    }
                }
            }
            let patterns = e.patterns.iter().map(|(_, p)| p.to_string());
            // Several directives before one variable add up.
            match list.iter_mut().find(|v| v.file == index && v.decl == decl) {
                Some(v) => {
                    v.patterns.extend(patterns);
                    v.files.extend(found);
                    v.files.sort();
                    v.files.dedup();
                }
                None => {
                    found.sort();
                    found.dedup();
                    list.push(EmbedVar {
                        file: index,
                        decl,
                        pos: e.pos,
                        patterns: patterns.collect(),
                        files: found,
                    });
                }
            }
        }
    }
    (list, error)
}
