//! From arguments to a graph of parsed packages.
//!
//! Arguments are resolved to packages; then packages are read and parsed by a pool of threads, each
//! package by one of them, and what they import joins the queue. When nothing is left, imports are
//! resolved, rules are checked (cycles, `internal`), and packages are sorted: first what others
//! depend on, in an order that is a function of the sources alone.
//!
//! Errors never stop the loading of other packages; they are collected with the package, and in
//! order in [`Graph::errors`].

mod files;
mod header;
mod patterns;
pub use patterns::{clean, matches as pattern_matches};
mod resolve;
mod testmain;
pub use testmain::Example;
mod variants;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use burrow_syntax::constraint::Context;
use burrow_syntax::{
    DeclId, DeclKind, ExprId, File, FileSet, Pos, Symbol, SyntaxError, parse_file, parse_func,
    parse_init,
};

use crate::embed::EmbedVar;
use crate::godebug::{self, Table, Wrong};
use crate::modfile::{Module, Source, find_module_root};
use crate::modules::Modules;
use crate::overlay::{self, Overlay};
use crate::reads::Reads;

/// What to load, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The root of the Go tree.
    pub goroot: PathBuf,
    /// The directory that arguments are relative to.
    pub dir: PathBuf,
    /// `-tags`
    pub tags: Vec<String>,
    /// Load test files of the packages named.
    pub tests: bool,
    /// Make a main package for each package with test files.
    pub test_binaries: bool,
    /// Packages that the program needs beside what it imports, as `runtime`.
    pub extra: Vec<String>,
    /// How many threads read and parse; 0: as many as there are processors.
    pub threads: usize,
    /// `-mod=readonly`: packages are not looked for in a folder `vendor`.
    pub no_vendor: bool,
    /// `GOWORK=off`: there is no workspace.
    pub no_work: bool,
}

/// How many threads that number stands for: 0 is as many as there are processors.
pub fn threads(asked: usize) -> usize {
    match asked {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        n => n,
    }
}

/// An index into [`Graph::packages`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PackageId(pub u32);

impl PackageId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A parsed source file of a package.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The name in positions: an absolute path.
    pub name: String,
    pub path: PathBuf,
    pub ast: Arc<File>,
    pub errors: Vec<SyntaxError>,
    /// BLAKE3 of the contents.
    pub hash: [u8; 32],
    /// BLAKE3 of the contents without the bodies of functions: all that other packages can depend on. Zero if `ast` is an
    /// outline: who knows the package knows this.
    pub surface: [u8; 32],
    /// The contents, if `ast` is an outline.
    pub content: Option<Arc<[u8]>>,
    /// The file is ours, not GOROOT's.
    pub from_overlay: bool,
    pub is_test: bool,
    /// Imports that only declarations needed which the overlay took out.
    pub dropped: Vec<Symbol>,
    /// Declarations that the overlay takes out of the package's files.
    pub replaced: Arc<HashSet<String>>,
    /// Of a test file: examples that say what they print.
    pub examples: Vec<Example>,
    /// Lines `//go:debug` before the package clause.
    pub debug: Vec<godebug::Line>,
}

/// A package: its files and what they import.
#[derive(Clone, Debug)]
pub struct Package {
    /// `command-line-arguments` for packages of named files; `vendor/...` for vendored ones.
    pub import_path: String,
    pub name: Symbol,
    pub dir: PathBuf,
    pub files: Vec<SourceFile>,
    /// The package of each import path as it is written. `unsafe` isn't in it.
    pub imports: BTreeMap<String, PackageId>,
    pub embeds: Vec<EmbedVar>,
    pub is_std: bool,
    /// The module that the package is of.
    pub module: Option<Arc<Module>>,
    /// The language version, `go1.27`. A file's own version takes precedence.
    pub go_version: String,
    /// Functions may lack a body: there are assembly files, or it is the standard library.
    pub allow_bodyless: bool,
    /// Files of assembly that take part.
    pub asm: Vec<PathBuf>,
    /// Named by an argument, not just imported.
    pub is_root: bool,
    /// A package `p_test` of external tests.
    pub is_xtest: bool,
    /// The test that this package is part of, as `p.test`; `None` for packages as others import them.
    pub test_of: Option<String>,
    /// The program of a test.
    pub is_test_main: bool,
    /// What is wrong with its `//go:debug` lines.
    pub wrong_debug: Vec<Wrong>,
    /// Of a main package: the GODEBUG that the program has by default.
    pub godebug: String,
}

impl Package {
    pub fn is_main(&self) -> bool {
        self.name == "main"
    }

    /// The path as headers of messages have it, with the test that the package is part of.
    pub fn title(&self) -> String {
        match &self.test_of {
            Some(_) if self.is_test_main => self.import_path.clone(),
            Some(test) => format!("{} [{test}]", self.import_path),
            None => self.import_path.clone(),
        }
    }

    /// All that is known of the package beside its files, folder and imports, as text.
    pub fn about(&self) -> String {
        let Package { import_path, name, is_std, module, go_version, .. } = self;
        let Package { allow_bodyless, is_root, is_xtest, test_of, is_test_main, godebug, .. } =
            self;
        let module = module.as_ref().map(|m| (&m.path, &m.version, &m.replaced_by, &m.file));
        format!(
            "{import_path:?} {name} {is_std} {module:?} {go_version:?} {allow_bodyless} {is_root} {is_xtest} {test_of:?} {is_test_main} {godebug}"
        )
    }

    /// Reports whether any file has syntax errors.
    pub fn has_syntax_errors(&self) -> bool {
        self.files.iter().any(|f| !f.errors.is_empty())
    }
}

impl SourceFile {
    /// Parses the file as a whole, whatever `ast` is. Errors of syntax come with it.
    pub fn parse_whole(&self, files: &FileSet, is_std: bool) -> (Arc<File>, Vec<SyntaxError>) {
        match &self.content {
            None => (self.ast.clone(), self.errors.clone()),
            Some(content) => {
                let mode = files::mode(is_std);
                let (mut ast, errors) = parse_file(files, &self.name, self.ast.base, content, mode);
                if !self.from_overlay && !self.replaced.is_empty() {
                    overlay::remove_declarations(&mut ast, &self.replaced, None);
                }
                (Arc::new(ast), errors)
            }
        }
    }

    /// Parses a function of an outline: a file with only that in it, and the declaration there. `None` if the outline
    /// has the body.
    pub fn parse_func(&self, decl: DeclId, is_std: bool) -> Option<(File, DeclId)> {
        let content = self.content.as_ref()?;
        let outline = self.ast.decl(decl);
        let DeclKind::Func(f) = &outline.kind else { return None };
        let end = f.body.as_ref().filter(|_| f.outlined)?.rbrace;
        let mode = files::mode(is_std);
        Some(parse_func(content, self.ast.base, outline.pos, end, mode))
    }

    /// Parses an initialiser of an outline, which ends at `end`: a file with only that in it.
    pub fn parse_init(&self, e: ExprId, end: Pos, is_std: bool) -> Option<(File, ExprId)> {
        let content = self.content.as_ref()?;
        let (start, mode) = (self.ast.start_pos(e), files::mode(is_std));
        Some(parse_init(content, self.ast.base, start, end, mode))
    }
}

/// The files that make up a package, before they are parsed.
pub struct Sources<'a> {
    pub import_path: &'a str,
    pub dir: &'a Path,
    /// Paths with the BLAKE3 of the contents.
    pub files: &'a [(&'a Path, [u8; 32])],
}

/// What is left out in the outlines of a package's files, beside bodies of functions.
#[derive(Clone, Debug, Default)]
pub struct LeftOut {
    /// Literals, by index of the file and offsets of the braces, in order.
    pub literals: Vec<(u32, u32, u32)>,
    /// Imports that the overlay made superfluous, by index of the file: outlines don't show it.
    pub imports: Vec<(u32, String)>,
}

/// Says whether a package is known to be right as it is: then only outlines of its files are parsed.
pub type Known<'a> = dyn Fn(&Sources<'_>) -> Option<LeftOut> + Sync + 'a;

/// Why a package could not be loaded, in the go command's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError {
    /// Where the import is; unknown for arguments.
    pub at: Pos,
    /// The package that the error is about.
    pub package: String,
    pub message: String,
}

impl From<String> for LoadError {
    fn from(message: String) -> LoadError {
        LoadError { at: Pos::NONE, package: String::new(), message }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The result: packages in an order in which each comes after those that it imports.
#[derive(Debug, Default)]
pub struct Graph {
    pub packages: Vec<Package>,
    /// The packages that the arguments named, in their order.
    pub roots: Vec<PackageId>,
    /// The import paths that the arguments named, in their order: also of packages that have nothing but tests.
    pub named: Vec<String>,
    pub errors: Vec<LoadError>,
    /// Things to tell that are no errors.
    pub warnings: Vec<String>,
    /// The programs that run tests, in the order of the packages named.
    pub tests: Vec<TestBinary>,
    pub main_module: Option<Arc<Module>>,
    /// What the Go tree says that it is, as `go1.27.3`.
    pub go_version: String,
    /// All that was looked at. Who makes something of the graph looks at files through it, too.
    pub reads: Reads,
}

/// A program that runs the tests of a package.
#[derive(Clone, Debug)]
pub struct TestBinary {
    /// The import path of the package under test.
    pub path: String,
    /// Where its tests run.
    pub dir: PathBuf,
    pub main: PackageId,
}

impl Graph {
    pub fn get(&self, id: PackageId) -> &Package {
        &self.packages[id.index()]
    }

    pub fn find(&self, import_path: &str) -> Option<PackageId> {
        let i = self.packages.iter().position(|p| p.import_path == import_path)?;
        Some(PackageId(i as u32))
    }

    /// For each package, whether it is one of these or they need it.
    pub fn needed_by(&self, roots: impl IntoIterator<Item = PackageId>) -> Vec<bool> {
        let mut needed = vec![false; self.packages.len()];
        let mut waiting: Vec<PackageId> = roots.into_iter().collect();
        while let Some(id) = waiting.pop() {
            if !std::mem::replace(&mut needed[id.index()], true) {
                waiting.extend(self.get(id).imports.values());
            }
        }
        needed
    }

    pub fn ids(&self) -> impl Iterator<Item = PackageId> + use<> {
        (0..self.packages.len() as u32).map(PackageId)
    }
}

/// A package that is to be read.
#[derive(Clone, Debug)]
struct Task {
    import_path: String,
    dir: PathBuf,
    /// Only these files, for packages of named files.
    named: Option<Vec<PathBuf>>,
    is_root: bool,
    /// A pattern gave it: if constraints leave no file, it is passed over.
    from_pattern: bool,
    is_std: bool,
    module: Option<Arc<Module>>,
    go_version: String,
}

/// What reading a package gave.
#[derive(Default)]
struct Loaded {
    package: Option<Package>,
    xtest: Option<Package>,
    /// The first error, which stands for the package.
    error: Option<LoadError>,
    /// Where each path is imported, in the order of the sources.
    imports: Vec<(String, Pos)>,
}

/// Loads the packages that `args` name, and all they depend on.
///
/// # Errors
/// When not even the arguments make sense.
pub fn load(options: &Options, args: &[String], files: &FileSet) -> Result<Graph, LoadError> {
    load_known(options, args, files, &|_| None)
}

/// As [`load`], with outlines in place of the files of packages that are `known`.
///
/// # Errors
/// When not even the arguments make sense.
pub fn load_known(
    options: &Options,
    args: &[String],
    files: &FileSet,
    known: &Known<'_>,
) -> Result<Graph, LoadError> {
    let reads = Reads::new(&options.goroot);
    let overlay = Overlay::load(&reads)?;
    let main_module = match find_module_root(&reads, &options.dir) {
        Some(dir) => Some(Module::read(&reads, &dir, &options.dir, Source::Main)?),
        None => None,
    };
    let version = reads.file(&options.goroot.join("VERSION")).unwrap_or_default();
    let version = String::from_utf8_lossy(&version);
    let mut context = Context::linux_amd64();
    context.tool_tags.extend(EXPERIMENTS.iter().map(|e| format!("goexperiment.{e}")));
    context.tags.clone_from(&options.tags);
    let mut std_context = context.clone();
    std_context.tags.extend(overlay.tags.iter().cloned());
    let go_version = version.lines().next().unwrap_or_default().trim().to_string();
    let modules = Modules::new(&reads, main_module, &options.dir)?;
    modules.check_versions(&go_version, &options.dir)?;
    let godebugs = Table::read(&reads, &options.goroot, &go_version)?;
    modules.check_godebug(&godebugs, &options.dir)?;
    resolve::refuse_unread(&reads, options, &modules)?;

    let loader = Loader {
        options,
        files,
        known,
        overlay,
        modules,
        godebugs,
        context,
        std_context,
        reads,
        dir_cache: Mutex::default(),
        with_go_mod: Mutex::default(),
    };
    let mut warnings = Vec::new();
    let mut roots = loader.root_tasks(args, &mut warnings)?;
    let mut seen = HashSet::new();
    roots.retain(|t| seen.insert(t.import_path.clone()));
    let order: Vec<String> = roots.iter().map(|t| t.import_path.clone()).collect();
    let mut tasks = roots;
    for path in &options.extra {
        if !seen.contains(path)
            && let Ok(task) = loader.task_for(path)
        {
            tasks.push(task);
        }
    }
    let loaded = loader.read_all(tasks);
    let mut graph = loader.link(loaded, &order);
    graph.warnings = warnings;
    graph.main_module = loader.modules.main;
    graph.go_version = go_version;
    graph.reads = loader.reads;
    Ok(graph)
}

/// Experiments that are on by default in Go 1.27 on amd64.
pub const EXPERIMENTS: [&str; 7] = [
    "regabiwrappers",
    "regabiargs",
    "dwarf5",
    "jsonv2",
    "greenteagc",
    "randomizedheapbase64",
    "sizespecializedmalloc",
];

/// The language version of the standard library, and of files outside of modules.
pub(crate) const GO_VERSION: &str = "go1.27";

struct Loader<'a> {
    options: &'a Options,
    files: &'a FileSet,
    known: &'a Known<'a>,
    overlay: Overlay,
    modules: Modules,
    godebugs: Table,
    context: Context,
    std_context: Context,
    reads: Reads,
    /// Which folders of GOROOT/src hold packages, by import path.
    dir_cache: Mutex<HashMap<String, bool>>,
    /// Which folders have a go.mod.
    with_go_mod: Mutex<HashMap<PathBuf, bool>>,
}

/// The state that the threads share.
struct Queue {
    waiting: VecDeque<Task>,
    running: usize,
    known: HashSet<String>,
    done: HashMap<String, Loaded>,
}

impl Loader<'_> {
    /// Reads packages and all that they import.
    fn read_all(&self, tasks: Vec<Task>) -> HashMap<String, Loaded> {
        let known = tasks.iter().map(|t| t.import_path.clone()).collect();
        let queue =
            Mutex::new(Queue { waiting: tasks.into(), running: 0, known, done: HashMap::new() });
        let changed = Condvar::new();
        let threads = threads(self.options.threads);
        std::thread::scope(|s| {
            for _ in 0..threads {
                s.spawn(|| self.work(&queue, &changed));
            }
        });
        queue.into_inner().expect("no panics while locked").done
    }

    fn work(&self, queue: &Mutex<Queue>, changed: &Condvar) {
        let mut q = queue.lock().expect("no panics while locked");
        loop {
            let Some(task) = q.waiting.pop_front() else {
                if q.running == 0 {
                    changed.notify_all();
                    return;
                }
                q = changed.wait(q).expect("no panics while locked");
                continue;
            };
            q.running += 1;
            drop(q);
            let loaded = self.read_package(&task);
            let mut next = Vec::new();
            for (path, _) in &loaded.imports {
                if let Ok(Some((full, _))) = self.resolve(&task, path) {
                    next.push(full);
                }
            }
            q = queue.lock().expect("no panics while locked");
            for full in next {
                if q.known.insert(full.clone())
                    && let Ok(task) = self.task_for(&full)
                {
                    q.waiting.push_back(task);
                }
            }
            q.done.insert(task.import_path.clone(), loaded);
            q.running -= 1;
            changed.notify_all();
        }
    }

    /// A file of ours.
    fn generated(&self, name: &str, text: &str) -> SourceFile {
        let base = self.files.add_file(name, text.len()).unwrap_or(Pos::NONE);
        let mode = files::mode(true);
        let (ast, errors) = parse_file(self.files, name, base, text.as_bytes(), mode);
        SourceFile {
            name: name.into(),
            path: name.into(),
            ast: Arc::new(ast),
            errors,
            hash: blake3::hash(text.as_bytes()).into(),
            surface: blake3::hash(text.as_bytes()).into(),
            content: None,
            from_overlay: false,
            is_test: false,
            dropped: Vec::new(),
            replaced: Arc::default(),
            examples: Vec::new(),
            debug: Vec::new(),
        }
    }

    /// Sorts packages, resolves their imports and collects errors.
    fn link(&self, mut loaded: HashMap<String, Loaded>, roots: &[String]) -> Graph {
        let mut graph = Graph::default();
        let mut ids: HashMap<String, PackageId> = HashMap::new();
        let mut state = Linker {
            loader: self,
            graph: &mut graph,
            ids: &mut ids,
            loaded: &mut loaded,
            stack: Vec::new(),
            reported: HashSet::new(),
            tests: HashMap::new(),
            roots_of_tests: Vec::new(),
        };
        for path in roots.iter().chain(&self.options.extra) {
            state.visit(path, Pos::NONE);
        }
        for path in roots {
            if let Some(tests) = state.tests.remove(path) {
                state.link_tests(path, tests);
            }
        }
        let tests = state.roots_of_tests;
        self.debug_settings(&mut graph);
        graph.named = roots.to_vec();
        graph.roots = roots.iter().filter_map(|r| ids.get(r).copied()).collect();
        graph.roots.extend(tests);
        let mut seen = HashSet::new();
        graph.roots.retain(|&id| seen.insert(id));
        graph
    }

    /// What the packages' `//go:debug` lines say, and what is wrong with them.
    fn debug_settings(&self, graph: &mut Graph) {
        let module = self.modules.main.as_deref();
        let go = module.map_or("", |m| if m.file.go.is_empty() { "1.16" } else { &m.file.go });
        let tested: Vec<Vec<godebug::Line>> = graph
            .packages
            .iter()
            .map(|p| {
                // The program of a test has the lines of the packages under test.
                let own = p.imports.values().filter(|_| p.is_test_main).map(|id| graph.get(*id));
                let own = own.filter(|q| q.test_of == p.test_of || q.dir == p.dir);
                own.chain([p]).flat_map(|q| &q.files).flat_map(|f| f.debug.clone()).collect()
            })
            .collect();
        for (p, lines) in graph.packages.iter_mut().zip(tested) {
            p.wrong_debug = self.godebugs.wrong(p.files.iter().flat_map(|f| &f.debug));
            if p.is_main() && (p.is_test_main || p.test_of.is_none()) {
                let settings = module.into_iter().flat_map(|m| &m.file.godebug);
                let settings = settings.map(|s| (s.key.as_str(), s.value.as_str()));
                p.godebug = self.godebugs.default(go, settings, lines.iter());
            }
        }
    }

    fn task_of(&self, package: &Package) -> Task {
        Task {
            import_path: package.import_path.clone(),
            dir: package.dir.clone(),
            named: None,
            from_pattern: false,
            is_root: package.is_root,
            is_std: package.is_std,
            module: package.module.clone(),
            go_version: package.go_version.clone(),
        }
    }
}

/// Walks the packages depth first.
struct Linker<'a, 'b> {
    loader: &'a Loader<'b>,
    graph: &'a mut Graph,
    ids: &'a mut HashMap<String, PackageId>,
    loaded: &'a mut HashMap<String, Loaded>,
    /// The packages on the way to the current one, each with the position of its import.
    stack: Vec<(String, Pos)>,
    reported: HashSet<(String, String)>,
    /// Of packages that were visited: what their test files make of them.
    tests: HashMap<String, variants::Tests>,
    /// Packages with the test files of those named.
    roots_of_tests: Vec<PackageId>,
}

impl Linker<'_, '_> {
    fn error(&mut self, at: Pos, package: &str, message: String) {
        if self.reported.insert((package.into(), message.clone())) {
            self.graph.errors.push(LoadError { at, package: package.into(), message });
        }
    }

    /// Links a package, after all that it imports.
    fn visit(&mut self, path: &str, at: Pos) -> Option<PackageId> {
        if let Some(&id) = self.ids.get(path) {
            return Some(id);
        }
        if self.stack.iter().any(|(p, _)| p == path) {
            self.cycle(path, at);
            return None;
        }
        let entry = self.loaded.get_mut(path)?;
        if let Some(mut e) = entry.error.clone() {
            if at.is_known() && !e.at.is_known() {
                e.at = at;
            }
            self.error(e.at, path, e.message);
        }
        let entry = self.loaded.get_mut(path)?;
        let mut package = entry.package.take()?;
        let mut imports = std::mem::take(&mut entry.imports);
        if let Some(tests) = variants::split(&mut package, entry.xtest.take()) {
            self.tests.insert(path.into(), tests);
            imports = files::imports_of(&package.files);
            if package.files.is_empty() {
                if at.is_known() {
                    let dir = package.dir.display();
                    self.error(at, path, format!("no non-test Go files in {dir}"));
                }
                return None;
            }
        }
        self.stack.push((path.into(), at));
        stacker::maybe_grow(256 << 10, 4 << 20, || self.link_imports(&mut package, &imports));
        self.stack.pop();
        Some(self.push(path.into(), package))
    }

    fn push(&mut self, path: String, package: Package) -> PackageId {
        let id = PackageId(self.graph.packages.len() as u32);
        self.graph.packages.push(package);
        self.ids.insert(path, id);
        id
    }

    fn link_imports(&mut self, package: &mut Package, imports: &[(String, Pos)]) {
        let task = self.loader.task_of(package);
        let mut sorted = imports.to_vec();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        sorted.dedup_by(|a, b| a.0 == b.0);
        let mut rule_error = false;
        for (written, at) in sorted {
            let full = match self.loader.resolve(&task, &written) {
                Ok(None) => continue,
                Ok(Some((full, _))) => full,
                Err(message) => {
                    self.error(at, &written, message);
                    continue;
                }
            };
            let Some(id) = self.visit(&full, at) else { continue };
            package.imports.insert(written, id);
            let imported = self.graph.get(id);
            if rule_error {
                continue;
            }
            if let Some(message) = resolve::rule_violation(package, imported) {
                rule_error = true;
                self.error(at, &package.import_path, message);
            }
        }
    }

    /// The last part of the name of the file that holds a position.
    fn base_name(&self, pos: Pos) -> String {
        let name = self.loader.files.file_name(pos).unwrap_or_default();
        name.rsplit('/').next().unwrap_or("").to_string()
    }

    /// Reports the cycle that importing `path` again closes.
    fn cycle(&mut self, path: &str, at: Pos) {
        let mut message = String::new();
        for (i, (p, pos)) in self.stack.iter().enumerate() {
            if i == 0 {
                message = format!("package {p}");
            } else {
                message += &format!("\n\timports {p} from {}", self.base_name(*pos));
            }
        }
        message +=
            &format!("\n\timports {path} from {}: import cycle not allowed", self.base_name(at));
        self.error(Pos::NONE, path, message);
    }
}

/// The directory of GOROOT that holds the standard library.
pub(crate) fn src_dir(goroot: &Path) -> PathBuf {
    goroot.join("src")
}
