//! The modules of a build: the main one, and those that it requires.
//!
//! Versions are selected as by go: of each module the highest that somebody requires, where all that require are themselves
//! selected. What a module requires is known of those in folders only; the others, which would be in the module cache, are
//! told by name, so that a message can say what is missing.
//!
//! gc: `cmd/go/internal/modload`, `cmd/go/internal/mvs`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::godebug::Table;
use crate::gover::Version;
use crate::modfile::{Module, Replace, Source};
use crate::reads::Reads;
use crate::relative;

/// The modules that packages can come from, and those that they can't.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) main: Option<Arc<Module>>,
    /// Required, and replaced by a folder.
    pub(crate) replaced: Vec<Arc<Module>>,
    /// Required, and not in a folder: path and version.
    pub(crate) elsewhere: BTreeMap<String, String>,
    /// Replaced by a folder, and required by nobody.
    pub(crate) unused: Vec<String>,
}

impl Modules {
    /// Selects the modules that a main module requires.
    ///
    /// # Errors
    /// A go.mod that is missing or wrong.
    pub(crate) fn new(reads: &Reads, main: Option<Module>, cwd: &Path) -> Result<Modules, String> {
        let Some(main) = main else { return Ok(Modules::default()) };
        let mut m = Modules::default();
        let mut folders: BTreeMap<(String, String), Arc<Module>> = BTreeMap::new();
        let mut selected: BTreeMap<String, String> = BTreeMap::new();
        let mut waiting: Vec<(String, String)> = requirements(&main, &main);
        while let Some((path, version)) = waiting.pop() {
            let best = selected.entry(path.clone()).or_insert_with(|| version.clone());
            if compare(best, &version) == Ordering::Less {
                best.clone_from(&version);
            }
            let key = (path, version);
            let Some(r) = replacement(&main, &key.0, &key.1) else { continue };
            if r.new_version.is_some() || folders.contains_key(&key) {
                continue;
            }
            let module = read(reads, &main, &key, r, cwd)?;
            waiting.extend(requirements(&main, &module));
            folders.insert(key, Arc::new(module));
        }
        for (path, version) in selected {
            let key = (path, version);
            match folders.remove(&key) {
                Some(module) => m.replaced.push(module),
                None => {
                    m.elsewhere.insert(key.0, key.1);
                }
            }
        }
        let known = |path: &str| {
            m.elsewhere.contains_key(path) || m.replaced.iter().any(|r| r.path == path)
        };
        let unused = main.file.replace.iter().filter(|r| r.is_local() && !known(&r.old));
        m.unused = unused.map(|r| r.old.clone()).collect();
        m.main = Some(Arc::new(main));
        Ok(m)
    }

    /// Refuses modules that want a newer Go than the tree's, `go1.27.3`.
    ///
    /// # Errors
    /// The first that does.
    pub(crate) fn check_versions(&self, tree: &str, cwd: &Path) -> Result<(), String> {
        let running = tree.trim_start_matches("go");
        let Some(own) = Version::parse(running) else { return Ok(()) };
        let newer = |m: &&Arc<Module>| Version::parse(&m.file.go).is_some_and(|v| v > own);
        let Some(m) = self.all().find(newer) else { return Ok(()) };
        let what = match &m.replaced_by {
            Some(folder) => format!("module {folder}"),
            None => relative(&m.dir.join("go.mod").to_string_lossy(), cwd),
        };
        Err(format!(
            "{what} requires go >= {} (running go {running}; GOTOOLCHAIN=local)",
            m.file.go
        ))
    }

    /// Checks the settings of GODEBUG in the main module.
    ///
    /// # Errors
    /// What is wrong with the first bad one.
    pub(crate) fn check_godebug(&self, table: &Table, cwd: &Path) -> Result<(), String> {
        let Some(main) = &self.main else { return Ok(()) };
        for s in &main.file.godebug {
            if let Err(what) = table.check("godebug", &s.key, &s.value) {
                let file = relative(&main.dir.join("go.mod").to_string_lossy(), cwd);
                return Err(format!("error loading go.mod:\n{file}:{}: {what}", s.line));
            }
        }
        Ok(())
    }

    /// All whose packages can be read.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Module>> {
        self.main.iter().chain(&self.replaced)
    }
}

/// What a module requires, without what the main module excludes.
fn requirements(main: &Module, module: &Module) -> Vec<(String, String)> {
    let excluded = |r: &(String, String)| main.file.exclude.contains(r);
    module.file.require.iter().filter(|r| r.0 != main.path && !excluded(r)).cloned().collect()
}

/// What the main module puts in a module's place: of its directives, one for the version goes before one for all.
fn replacement<'a>(main: &'a Module, path: &str, version: &str) -> Option<&'a Replace> {
    let of_path = || main.file.replace.iter().filter(|r| r.old == path);
    of_path()
        .find(|r| r.old_version.as_deref() == Some(version))
        .or_else(|| of_path().find(|r| r.old_version.is_none()))
}

/// The module in a folder that replaces another.
fn read(
    reads: &Reads,
    main: &Module,
    (path, version): &(String, String),
    r: &Replace,
    cwd: &Path,
) -> Result<Module, String> {
    let dir = crate::clean(&main.dir.join(&r.new));
    if !reads.exists(&dir.join("go.mod")) {
        return Err(format!("{path}@{version}: replacement directory {} does not exist", r.new));
    }
    let mut module = Module::read(reads, &dir, cwd, Source::Dependency)?;
    // The path by which it is required counts, whatever its go.mod says.
    module.path.clone_from(path);
    module.version = Some(version.clone());
    module.replaced_by = Some(r.new.clone());
    Ok(module)
}

/// Orders versions `v1.2.3-pre+meta` by semantic versioning. What is none comes first.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    match (Semver::parse(a), Semver::parse(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The parts of a version that count for its order.
#[derive(PartialEq, Eq)]
struct Semver<'a> {
    numbers: [u64; 3],
    pre: Vec<&'a str>,
}

impl<'a> Semver<'a> {
    fn parse(v: &'a str) -> Option<Semver<'a>> {
        let v = v.strip_prefix('v')?;
        let v = v.split('+').next()?;
        let (core, pre) = v.split_once('-').map_or((v, None), |(c, p)| (c, Some(p)));
        let mut numbers = [0; 3];
        let mut parts = core.split('.');
        for n in &mut numbers {
            *n = parts.next()?.parse().ok()?;
        }
        let pre = pre.map(|p| p.split('.').collect()).unwrap_or_default();
        parts.next().is_none().then_some(Semver { numbers, pre })
    }
}

impl Ord for Semver<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_numbers = self.numbers.cmp(&other.numbers);
        // A version is after its pre-releases.
        by_numbers.then(self.pre.is_empty().cmp(&other.pre.is_empty())).then_with(|| {
            let parts = self.pre.iter().zip(&other.pre);
            let different = parts.map(|(a, b)| identifiers(a, b)).find(|o| o.is_ne());
            different.unwrap_or(self.pre.len().cmp(&other.pre.len()))
        })
    }
}

impl PartialOrd for Semver<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers by value, and before everything else.
fn identifiers(a: &str, b: &str) -> Ordering {
    match (a.parse::<u64>(), b.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered() {
        let sorted = [
            "none",
            "v0.0.1",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-beta.2",
            "v1.0.0-beta.11",
            "v1.0.0-rc.1",
            "v1.0.0",
            "v1.2.0",
            "v1.10.0",
            "v2.0.0+incompatible",
        ];
        for (i, a) in sorted.iter().enumerate() {
            for (j, b) in sorted.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        assert_eq!(compare("v1.0.0+a", "v1.0.0+b"), Ordering::Equal);
    }
}
