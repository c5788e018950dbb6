//! One command's work: load, check, compile, link; and what is told the user when it fails.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use burrow_load::{
    Graph, LoadError, Options as LoadOptions, Package, PackageId, load_known, reads,
};
use burrow_syntax::{FileSet, Pos};
use burrow_types::Diagnostic;

use crate::cache::{Cache, Key, KeyBuilder};
use crate::flags::{CompilerFlags, LinkerFlags};
use crate::frontend::{self, Checked};
use crate::known::KnownPackages;
use crate::report::{Form, Style};
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

/// Why there is no result: what to say, and the exit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// For standard error.
    pub text: String,
    /// For standard output: errors as JSON.
    pub objects: String,
    pub code: u8,
}

impl Failure {
    pub fn new(text: impl Into<String>) -> Failure {
        let mut text = text.into();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Failure { text, objects: String::new(), code: 1 }
    }

    /// Errors in the form that was asked for.
    fn of_errors(text: String, form: Form) -> Failure {
        match form {
            Form::Json => Failure { text: String::new(), objects: text, code: 1 },
            Form::Plain | Form::Source { .. } => Failure::new(text),
        }
    }
}

/// An executable, and the name that its file should have.
pub struct Built {
    pub name: String,
    pub image: Vec<u8>,
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
    /// All that went wrong, as text.
    pub fn load(&self, args: &[String], link: bool) -> Result<Graph, Failure> {
        let options = LoadOptions {
            goroot: self.options.goroot.clone(),
            dir: self.options.cwd.clone(),
            tags: self.options.tags.clone(),
            tests: self.options.tests,
            test_binaries: self.options.test_binaries,
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
        let graph = loaded.map_err(|message| match self.form {
            Form::Json => {
                let e = LoadError { at: Pos::NONE, package: String::new(), message };
                Failure::of_errors(style.render_loading(&[e]), self.form)
            }
            Form::Plain | Form::Source { .. } => Failure::new(message),
        })?;
        for w in &graph.warnings {
            say(w);
        }
        if graph.errors.is_empty() {
            return Ok(graph);
        }
        Err(Failure::of_errors(style.render_loading(&graph.errors), self.form))
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
        let mut unknown = Vec::new();
        let configs: Vec<_> = graph
            .packages
            .iter()
            .map(|p| self.options.gcflags.for_package(p, &mut unknown))
            .collect();
        unknown.sort();
        unknown.dedup();
        for flag in unknown {
            say(&format!("burrow: warning: compiler flag {flag} is not known; ignored"));
        }
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
        schedule::run(&deps, &|i| {
            if !wanted(i) {
                return Outcome::Done;
            }
            let package = &graph.packages[i];
            if self.options.verbose && package.import_path != "command-line-arguments" {
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
            if headers && self.form != Form::Json {
                text += &format!("# {}\n", package.title());
            }
            text += &style.render(&errors);
        }
        if text.is_empty() {
            return Ok(checked);
        }
        // The next try needn't look at the packages that are right.
        self.keep();
        Err(Failure::of_errors(text, self.form))
    }

    /// The main packages among those named.
    pub fn mains<'g>(&self, graph: &'g Graph) -> Vec<(PackageId, &'g Package)> {
        let all = graph.roots.iter().map(|&id| (id, graph.get(id)));
        all.filter(|(_, p)| p.is_main() && p.test_of.is_none()).collect()
    }

    /// Compiles and links a main package.
    ///
    /// # Errors
    /// Messages of the compiler or the linker.
    pub fn link(
        &self,
        graph: &Graph,
        checked: &Checked,
        main: PackageId,
    ) -> Result<Built, Failure> {
        let image = crate::backend::executable(
            graph,
            checked,
            main,
            &self.files,
            self.options,
            self.cache,
            &|| self.keep(),
        )?;
        Ok(Built { name: executable_name(graph.get(main)), image })
    }
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
    /// The user wants to see something that only making the executable shows.
    shows: bool,
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
    pub fn new(
        cache: &'a Cache,
        identity: &str,
        options: &Options,
        args: &[String],
    ) -> RunCache<'a> {
        let mut k = KeyBuilder::new("run");
        k.part("compiler", identity.as_bytes());
        k.part("options", format!("{options:?}").as_bytes());
        for a in args {
            k.part("arg", a.as_bytes());
        }
        variables(&mut k);
        let shows = std::env::var_os("BURROW_DUMP_IR").is_some();
        RunCache { cache, key: k.finish(), shows }
    }

    /// The executable, if nothing that it was made from has changed.
    pub fn lookup(&self) -> Option<PathBuf> {
        if self.shows {
            return None;
        }
        let entry = self.cache.get(self.key, "run")?;
        let end = entry.iter().position(|&b| b == b'\n')?;
        let (hash, name) = std::str::from_utf8(&entry[..end]).ok()?.split_once(' ')?;
        if !reads::hold(&entry[end + 1..]) {
            return None;
        }
        self.cache.executable(parse_key(hash)?, name)
    }

    /// Notes what the executable depended on.
    pub fn store(&self, graph: &Graph, executable: Key, name: &str) {
        // READ-3: what was read while somebody wrote is not kept.
        if let Some(reads) = graph.reads.encode()
            && graph.warnings.is_empty()
            && !name.contains('\n')
        {
            let mut entry = format!("{} {name}\n", executable.hex()).into_bytes();
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
