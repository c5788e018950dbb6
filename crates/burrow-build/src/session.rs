//! One command's work: load, check, compile, link; and what is told the user when it fails.

use std::borrow::Cow;
use std::collections::HashSet;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use burrow_load::{
    Graph, LoadError, Options as LoadOptions, Package, PackageId, load_known, reads,
};
use burrow_syntax::FileSet;
use burrow_types::Diagnostic;

use crate::cache::{Cache, Key, KeyBuilder};
use crate::flags::{CompilerFlags, LinkerFlags};
use crate::frontend::{self, Checked};
use crate::known::KnownPackages;
use crate::report::{Form, Style, json_string};
use crate::schedule::{self, Outcome};
use crate::timings;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub goroot: PathBuf,
    pub cwd: PathBuf,
    pub tags: Vec<String>,
    pub gcflags: CompilerFlags,
    pub ldflags: LinkerFlags,
    /// String variables that are set beside those of `-ldflags=-X`.
    pub set: Vec<(String, String)>,
    /// `-trimpath`: leave no path of this machine in the executable.
    pub trimpath: bool,
    /// How many threads work; 0: as many as there are processors.
    pub threads: usize,
    /// `-mod=readonly`: packages are not looked for in a folder `vendor`.
    pub no_vendor: bool,
    /// `GOWORK=off`: there is no workspace.
    pub no_work: bool,
    /// `-v`: print the names of packages as they are compiled.
    pub verbose: bool,
    /// Check test files too.
    pub tests: bool,
    /// Make programs that run tests.
    pub test_binaries: bool,
    /// The program is run and forgotten: what only tools read of the file is left out.
    pub only_run: bool,
    /// `-e` for all packages.
    pub all_errors: bool,
    /// `-lang` for all packages named.
    pub lang: Option<String>,
}

impl Options {
    /// All that a result can depend on, as text: not how much is told, where from, or how many threads work.
    fn of_results(&self) -> String {
        let how = Options { cwd: PathBuf::new(), verbose: false, threads: 0, ..self.clone() };
        format!("{how:?}")
    }
}

/// Why there is no result: what to say, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For standard error.
    pub text: String,
    /// For standard output: errors as JSON.
    pub objects: String,
    /// The same text by package, where it is about packages.
    pub blocks: Vec<Block>,
    pub code: u8,
}

/// What is said of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its path, with the test that it is part of.
    pub package: String,
    pub text: String,
}

impl Failure {
    pub fn new(text: impl Into<String>) -> Failure {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Failure { text, objects: String::new(), blocks: Vec::new(), code: 1 }
    }

    /// What went wrong with a package.
    pub fn of_package(package: &str, text: impl Into<String>) -> Failure {
        let mut failure = Failure::new(text);
        let text = failure.text.clone();
        failure.blocks.push(Block { package: package.into(), text });
        failure
    }

    fn of_blocks(blocks: Vec<Block>) -> Failure {
        let text = blocks.iter().map(|b| b.text.as_str()).collect::<String>();
        Failure { blocks, ..Failure::new(text) }
    }

    /// Errors as JSON, for standard output.
    fn of_objects(objects: String) -> Failure {
        Failure { text: String::new(), objects, blocks: Vec::new(), code: 1 }
    }

    /// The failure in the form of `go build -json`: events for what is said of packages; the rest stays text.
    #[must_use]
    pub fn events(self) -> Failure {
        if self.blocks.is_empty() {
            return self;
        }
        let mut objects = String::new();
        for Block { package, text } in &self.blocks {
            let path = json_string(package);
            for line in text.split_inclusive('\n') {
                let line = json_string(line);
                objects += &format!(
                    "{{\"ImportPath\":{path},\"Action\":\"build-output\",\"Output\":{line}}}\n"
                );
            }
            objects += &format!("{{\"ImportPath\":{path},\"Action\":\"build-fail\"}}\n");
        }
        Failure { text: String::new(), objects, ..self }
    }
}

/// An executable that was built or found.
pub struct Executable {
    /// The name that its file should have.
    pub name: String,
    /// Where it is in the cache, and its hash; `None` if it can't be kept.
    pub path: Option<PathBuf>,
    pub key: Option<Key>,
    image: Option<Vec<u8>>,
}

impl Executable {
    /// The contents.
    ///
    /// # Errors
    /// It was taken out of the cache meanwhile.
    pub fn image(&self) -> Result<Cow<'_, [u8]>, Failure> {
        match (&self.image, &self.path) {
            (Some(image), _) => Ok(image.into()),
            (None, Some(path)) => {
                let read = std::fs::read(path);
                read.map(Cow::from)
                    .map_err(|e| Failure::new(format!("burrow: open {}: {e}", path.display())))
            }
            (None, None) => Ok(Cow::Borrowed(&[])),
        }
    }
}

/// Packages that a program needs beside what it imports.
const LINKED_ALWAYS: [&str; 1] = ["runtime"];

/// Packages that a program which runs tests needs besides.
const LINKED_WITH_TESTS: [&str; 5] =
    ["runtime", "os", "reflect", "testing", "testing/internal/testdeps"];

/// Loads and checks; gives warnings and errors as text.
pub struct Session<'a> {
    pub options: &'a Options,
    pub files: FileSet,
    /// Where machine code is kept; without it, all is compiled.
    cache: Option<&'a Cache>,
    /// Packages that were found to be right before.
    known: Option<KnownPackages<'a>>,
    form: Form,
}

impl<'a> Session<'a> {
    pub fn new(options: &'a Options) -> Session<'a> {
        Session { options, files: FileSet::new(), cache: None, known: None, form: Form::Plain }
    }

    /// Reports errors in this form.
    #[must_use]
    pub fn with_form(self, form: Form) -> Session<'a> {
        Session { form, ..self }
    }

    /// Keeps machine code in the cache, and which packages are right.
    #[must_use]
    pub fn with_cache(self, cache: &'a Cache) -> Session<'a> {
        let known = KnownPackages::new(cache, &self.options.goroot, &self.options.cwd);
        Session { cache: Some(cache), known: Some(known), ..self }
    }

    /// Writes to the cache what checking found out. [`Session::link`] does that as well.
    pub fn keep(&self) {
        if let Some(known) = &self.known {
            known.write();
        }
    }

    fn style(&self, all: bool) -> Style<'_> {
        Style { files: &self.files, cwd: &self.options.cwd, all, form: self.form }
    }

    /// Loads the packages that `args` name.
    ///
    /// # Errors
    /// All that went wrong.
    pub fn load(&self, args: &[String], link: bool) -> Result<Graph, Failure> {
        let graph = self.load_apart(args, link)?;
        self.loaded(&graph)?;
        Ok(graph)
    }

    /// As [`Session::load`]; what is wrong with packages is told by [`Session::loaded`].
    ///
    /// # Errors
    /// Arguments, modules, or a Go tree that make no sense.
    pub fn load_apart(&self, args: &[String], link: bool) -> Result<Graph, Failure> {
        let options = LoadOptions {
            goroot: self.options.goroot.clone(),
            dir: self.options.cwd.clone(),
            tags: self.options.tags.clone(),
            tests: self.options.tests,
            test_binaries: self.options.test_binaries,
            threads: self.options.threads,
            no_vendor: self.options.no_vendor,
            no_work: self.options.no_work,
            extra: match (self.options.test_binaries, link) {
                (true, _) => LINKED_WITH_TESTS.map(String::from).into(),
                (false, true) => LINKED_ALWAYS.map(String::from).into(),
                (false, false) => Vec::new(),
            },
        };
        let known =
            |s: &burrow_load::Sources<'_>| self.known.as_ref().and_then(|known| known.find(s));
        let loaded = timings::stage("load", || load_known(&options, args, &self.files, &known));
        let style = self.style(true);
        let graph = loaded.map_err(|e| match (self.form, e.package.is_empty()) {
            (Form::Json, _) => Failure::of_objects(style.render_loading(&[e])),
            (_, false) => Failure::of_package(&e.package, e.message),
            (_, true) => Failure::new(format!("burrow: {}", e.message)),
        })?;
        for w in &graph.warnings {
            say(w);
        }
        Ok(graph)
    }

    /// Tells of a graph whose packages could not all be loaded.
    ///
    /// # Errors
    /// All of them, if there are any.
    pub fn loaded(&self, graph: &Graph) -> Result<(), Failure> {
        let style = self.style(true);
        let errors = &graph.errors;
        if errors.is_empty() {
            return Ok(());
        }
        if self.form == Form::Json {
            return Err(Failure::of_objects(style.render_loading(errors)));
        }
        let block = |e: &LoadError| Block {
            package: e.package.clone(),
            text: style.render_loading(std::slice::from_ref(e)),
        };
        Err(Failure::of_blocks(errors.iter().map(block).collect()))
    }

    /// Checks all packages of the graph.
    ///
    /// # Errors
    /// The errors of all packages that have some, each with a header if `headers`.
    pub fn check(&self, graph: &Graph, headers: bool) -> Result<Checked, Failure> {
        let is_program = |i: usize| {
            let p = &graph.packages[i];
            p.is_test_main || p.is_main() && p.test_of.is_none()
        };
        timings::stage("check", || self.check_some(graph, &|_| true, &is_program, headers))
    }

    /// Checks a main package and all that it depends on, apart from everything else: a package and its variant for a
    /// test are two with the same path.
    ///
    /// # Errors
    /// As [`Session::check`].
    pub fn check_for(&self, graph: &Graph, main: PackageId) -> Result<Checked, Failure> {
        let needed = graph.needed_by([main]);
        let is_program = |i: usize| i == main.index();
        timings::stage("check", || self.check_some(graph, &|i| needed[i], &is_program, true))
    }

    fn check_some(
        &self,
        graph: &Graph,
        wanted: &(dyn Fn(usize) -> bool + Sync),
        is_program: &(dyn Fn(usize) -> bool + Sync),
        headers: bool,
    ) -> Result<Checked, Failure> {
        let checked = Checked::new(graph.packages.len());
        let found: Vec<OnceLock<Vec<Diagnostic>>> =
            graph.packages.iter().map(|_| OnceLock::new()).collect();
        let configs: Vec<_> =
            graph.packages.iter().map(|p| self.options.gcflags.for_package(p)).collect();
        let deps: Vec<Vec<usize>> = graph
            .packages
            .iter()
            .map(|p| {
                let mut d: Vec<usize> = p.imports.values().map(|id| id.index()).collect();
                d.sort_unstable();
                d.dedup();
                d
            })
            .collect();
        let names = Mutex::new(());
        schedule::run(&deps, self.options.threads, &|i| {
            if !wanted(i) {
                return Outcome::Done;
            }
            let package = &graph.packages[i];
            // What was found to be right isn't compiled again.
            let known = package.files.iter().any(|f| f.content.is_some());
            let named = package.import_path != "command-line-arguments";
            if self.options.verbose && named && !known {
                let _guard = names.lock();
                say(&package.import_path);
            }
            let lang = self.options.lang.as_deref().filter(|_| package.is_root);
            let lang = configs[i].lang.as_deref().or(lang);
            let errors = frontend::check(
                &checked,
                graph,
                PackageId(i as u32),
                is_program(i),
                &self.files,
                lang,
                &configs[i],
                self.known.as_ref(),
            );
            let failed = !errors.is_empty();
            found[i].get_or_init(|| errors);
            if failed { Outcome::Failed } else { Outcome::Done }
        });
        let mut text = String::new();
        let mut blocks = Vec::new();
        let mut seen = HashSet::new();
        for (i, package) in graph.packages.iter().enumerate() {
            let Some(errors) = found[i].get().filter(|e| !e.is_empty()) else { continue };
            let style = self.style(self.options.all_errors || configs[i].all_errors);
            // A package and its variant for a test have most files in common.
            let known =
                |d: &Diagnostic| package.test_of.is_some() && seen.contains(&(d.pos, &*d.msg));
            let errors: Vec<Diagnostic> = errors.iter().filter(|d| !known(d)).cloned().collect();
            if errors.is_empty() {
                continue;
            }
            seen.extend(found[i].get().into_iter().flatten().map(|d| (d.pos, &*d.msg)));
            let shown = style.render(&errors);
            if self.form == Form::Json {
                text += &shown;
                continue;
            }
            let header = if headers { format!("# {}\n", package.title()) } else { String::new() };
            blocks.push(Block { package: package.title(), text: header + &shown });
        }
        if text.is_empty() && blocks.is_empty() {
            return Ok(checked);
        }
        // The next try needn't look at the packages that are right.
        self.keep();
        Err(match self.form {
            Form::Json => Failure::of_objects(text),
            Form::Plain | Form::Source { .. } => Failure::of_blocks(blocks),
        })
    }

    /// The main packages among those named.
    pub fn mains<'g>(&self, graph: &'g Graph) -> Vec<(PackageId, &'g Package)> {
        let all = graph.roots.iter().map(|&id| (id, graph.get(id)));
        all.filter(|(_, p)| p.is_main() && p.test_of.is_none()).collect()
    }

    /// Checks, compiles and links a main package, apart from everything else; or finds the executable that was made of the
    /// same sources (ACT-1).
    ///
    /// # Errors
    /// Those of checking, and messages of the compiler or the linker.
    pub fn built(&self, graph: &Graph, main: PackageId, name: &str) -> Result<Executable, Failure> {
        let action = self.action(graph, main, name);
        if let Some(found) = action.and_then(|a| self.find(a, name)) {
            return Ok(found);
        }
        let checked = ManuallyDrop::new(self.check_for(graph, main)?);
        self.make(graph, &checked, main, name, action)
    }

    /// As [`Session::built`], of packages that are checked.
    ///
    /// # Errors
    /// Messages of the compiler or the linker.
    pub fn linked(
        &self,
        graph: &Graph,
        checked: &Checked,
        main: PackageId,
        name: &str,
    ) -> Result<Executable, Failure> {
        let action = self.action(graph, main, name);
        match action.and_then(|a| self.find(a, name)) {
            Some(found) => Ok(found),
            None => self.make(graph, checked, main, name, action),
        }
    }

    fn make(
        &self,
        graph: &Graph,
        checked: &Checked,
        main: PackageId,
        name: &str,
        action: Option<Key>,
    ) -> Result<Executable, Failure> {
        let image = crate::backend::executable(
            graph,
            checked,
            main,
            &self.files,
            self.options,
            self.cache,
            &|| self.keep(),
        )?;
        let kept = self.cache.and_then(|c| c.put_executable(name, &image));
        if let (Some(cache), Some(action), Some((_, key))) = (self.cache, action, &kept) {
            cache.put(action, "exe", key.hex().as_bytes());
        }
        let (path, key) = kept.unzip();
        Ok(Executable { name: name.into(), path, key, image: Some(image) })
    }

    /// The executable of an action that was done before.
    fn find(&self, action: Key, name: &str) -> Option<Executable> {
        if shows_insides() {
            return None;
        }
        let cache = self.cache?;
        let key = parse_key(std::str::from_utf8(&cache.get(action, "exe")?).ok()?)?;
        let path = cache.executable(key, name)?;
        // What checking found out of others is worth keeping.
        self.keep();
        Some(Executable { name: name.into(), path: Some(path), key: Some(key), image: None })
    }

    /// ACT-1: a hash of all that an executable is made from: this compiler, the options, and of each package that the program
    /// needs what it is called, where it is, its files, and what it imports. Nothing else is looked at
    /// between loading and the result but embedded files, which are in it, too.
    fn action(&self, graph: &Graph, main: PackageId, name: &str) -> Option<Key> {
        self.cache?;
        let mut k = KeyBuilder::new("executable");
        k.part("compiler", identity().as_bytes()).part("name", name.as_bytes());
        k.part("options", self.options.of_results().as_bytes());
        k.part("tree", graph.go_version.as_bytes());
        k.part("module", format!("{:?}", graph.main_module.as_ref().map(|m| &m.file)).as_bytes());
        variables(&mut k);
        let runtime =
            graph.get(main).imports.get("runtime").copied().or_else(|| graph.find("runtime"));
        let needed = graph.needed_by([main].into_iter().chain(runtime));
        for (i, p) in graph.packages.iter().enumerate().filter(|(i, _)| needed[*i]) {
            k.part("package", format!("{i} {} {}", p.title(), i == main.index()).as_bytes());
            k.part("about", p.about().as_bytes());
            k.part("dir", p.dir.as_os_str().as_encoded_bytes());
            for f in &p.files {
                k.part(&f.name, &f.hash).part("ours", &[u8::from(f.from_overlay)]);
            }
            for (path, id) in &p.imports {
                k.part(path, &id.0.to_le_bytes());
            }
            for file in p.embeds.iter().flat_map(|e| &e.files) {
                let content = graph.reads.file(&p.dir.join(file)).ok()?;
                k.part(file, blake3::hash(&content).as_bytes());
            }
        }
        Some(k.finish())
    }
}

/// The user wants to see something that only making an executable shows.
fn shows_insides() -> bool {
    std::env::var_os("BURROW_DUMP_IR").is_some() || crate::passes::verification_is_asked_for()
}

/// What tells this compiler from others: its version, and the state of its file.
fn identity() -> &'static str {
    static IDENTITY: OnceLock<String> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        use std::os::unix::fs::MetadataExt as _;
        let file = std::env::current_exe()
            .and_then(std::fs::metadata)
            .map(|m| format!("{}.{}.{}.{}", m.len(), m.mtime(), m.mtime_nsec(), m.ino()));
        format!("{} {}", env!("CARGO_PKG_VERSION"), file.unwrap_or_default())
    })
}

/// The name for the executable of a main package.
pub fn executable_name(package: &Package) -> String {
    if package.import_path == "command-line-arguments" {
        let first = package.files.first().and_then(|f| f.path.file_stem());
        return first.map_or_else(|| "main".into(), |s| s.to_string_lossy().into_owned());
    }
    let mut parts = package.import_path.rsplit('/');
    let last = parts.next().unwrap_or("main");
    // A major version is not a name.
    let digits = last.strip_prefix('v').unwrap_or("");
    let is_version = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0')
        && digits != "1";
    if is_version { parts.next().unwrap_or(last).into() } else { last.into() }
}

fn say(line: &str) {
    use std::io::Write as _;
    // There is no one left to tell when this fails.
    let _ = writeln!(std::io::stderr(), "{line}");
}

// ---------------------------------------------------------------------------------------------
// The executable of an unchanged program

/// What a finished `run` or `build` depended on, so that the next one can tell that nothing changed.
///
/// RUN-1  The key holds the compiler, the arguments, all options, and the variables of our own that can make a difference. An
///        option that changes a result is a field of [`Options`].
/// RUN-2  The entry holds all that was looked at for the executable ([`burrow_load::reads`]): it is found only if every question
///        has the answer that it had.
/// RUN-3  Nothing is kept of a command that had something to say: it would say it once only.
pub struct RunCache<'a> {
    cache: &'a Cache,
    key: Key,
}

/// Variables of ours that are no part of a result, or whose value is in the options.
const NO_INPUT: [&str; 4] = ["BURROW_CACHE", "BURROW_GOROOT", "BURROW_TIMINGS", "BURROW_DUMP_IR"];

/// Adds variables of ours (RUN-1): all but those known to make no difference, so that a new one is never forgotten.
fn variables(k: &mut KeyBuilder) {
    let mut ours: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| name.as_encoded_bytes().starts_with(b"BURROW_"))
        .filter(|(name, _)| !NO_INPUT.iter().any(|n| name == n))
        .collect();
    ours.sort();
    for (name, value) in ours {
        k.part("variable", name.as_encoded_bytes()).part("value", value.as_encoded_bytes());
        if name == "BURROW_IMAGE" {
            let image = std::fs::read(&value).unwrap_or_default();
            k.part("image", blake3::hash(&image).as_bytes());
        }
    }
}

impl<'a> RunCache<'a> {
    /// For a command: the same key for the same compiler, arguments and settings.
    pub fn new(cache: &'a Cache, options: &Options, args: &[String]) -> RunCache<'a> {
        let mut k = KeyBuilder::new("run");
        k.part("compiler", identity().as_bytes());
        k.part("options", options.of_results().as_bytes());
        k.part("dir", options.cwd.as_os_str().as_encoded_bytes());
        for a in args {
            k.part("arg", a.as_bytes());
        }
        variables(&mut k);
        RunCache { cache, key: k.finish() }
    }

    /// The executables, in the order of the packages named, if nothing that they were made from has changed.
    pub fn lookup(&self) -> Option<Vec<PathBuf>> {
        if shows_insides() {
            return None;
        }
        let entry = self.cache.get(self.key, "run")?;
        let (mut rest, mut executables) = (entry.as_slice(), Vec::new());
        loop {
            let end = rest.iter().position(|&b| b == b'\n')?;
            let line = std::str::from_utf8(&rest[..end]).ok()?;
            rest = &rest[end + 1..];
            if line.is_empty() {
                break;
            }
            executables.push(line.split_once(' ')?);
        }
        if !reads::hold(rest) {
            return None;
        }
        let found = executables
            .into_iter()
            .map(|(hash, name)| self.cache.executable(parse_key(hash)?, name));
        found.collect()
    }

    /// Notes what the executables depended on.
    pub fn store(&self, graph: &Graph, executables: &[(Key, String)]) {
        let mut entry = String::new();
        for (key, name) in executables {
            entry += &format!("{} {name}\n", key.hex());
        }
        // READ-3: what was read while somebody wrote is not kept.
        if let Some(reads) = graph.reads.encode()
            && graph.warnings.is_empty()
            && executables.iter().all(|(_, name)| !name.contains('\n'))
        {
            let mut entry = (entry + "\n").into_bytes();
            entry.extend(reads);
            self.cache.put(self.key, "run", &entry);
        }
    }
}

fn parse_key(hex: &str) -> Option<Key> {
    let mut key = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (i, b) in key.iter_mut().enumerate() {
        *b = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(Key(key))
}
