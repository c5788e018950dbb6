//! Import paths: where a package is, and who may import it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{GO_VERSION, Loader, Options, Package, Task, src_dir};
use crate::modfile::Module;
use crate::modules::Modules;
use crate::reads::Reads;

/// Refuses what would change where packages come from and isn't read: a workspace, and vendored packages.
pub(super) fn refuse_unread(
    reads: &Reads,
    options: &Options,
    modules: &Modules,
) -> Result<(), String> {
    let work = options.dir.ancestors().map(|d| d.join("go.work")).find(|f| reads.is_file(f));
    if let Some(work) = work.filter(|_| !options.no_work) {
        return Err(format!(
            "{}: burrow reads no workspaces yet; GOWORK=off ignores it",
            work.display()
        ));
    }
    if let Some(main) = &modules.main
        && !options.no_vendor
        // The tree's own are found as it says.
        && !main.dir.starts_with(&options.goroot)
        && !(modules.replaced.is_empty() && modules.elsewhere.is_empty())
        && reads.is_file(&main.dir.join("vendor/modules.txt"))
    {
        return Err(format!(
            "{}: burrow doesn't read vendored packages yet; -mod=readonly ignores them",
            main.dir.join("vendor").display()
        ));
    }
    Ok(())
}

impl Loader<'_> {
    fn has_go_files(&self, dir: &Path) -> bool {
        self.reads.list(dir).is_ok_and(|entries| entries.iter().any(|e| e.name.ends_with(".go")))
    }

    fn is_std_dir(&self, path: &str) -> bool {
        let mut cache = self.dir_cache.lock().expect("no panics while locked");
        if let Some(&is) = cache.get(path) {
            return is;
        }
        let dir = src_dir(&self.options.goroot).join(path);
        let is = self.overlay.has_package(path) || self.has_go_files(&dir);
        cache.insert(path.into(), is);
        is
    }

    /// The full path of what `path` means in package `from`, with the package's directory. `None`
    /// for `unsafe`, which has no files.
    pub(super) fn resolve(
        &self,
        from: &Task,
        path: &str,
    ) -> Result<Option<(String, PathBuf)>, String> {
        if path == "unsafe" || path == "C" {
            return Ok(None);
        }
        if path.starts_with("./") || path.starts_with("../") || path == "." || path == ".." {
            return Err(format!(
                "\"{path}\" is relative, but relative import paths are not supported in module mode"
            ));
        }
        let illegal = |c: char| {
            c.is_control() || c.is_whitespace() || "!\"#$%&'()*,:;<=>?[\\]^`{|}\u{fffd}".contains(c)
        };
        if path.is_empty() || path.contains(illegal) {
            return Err(format!("invalid import path: {path}"));
        }
        if let Some(rest) = path.strip_prefix('/') {
            return Err(format!("\"/{rest}\" is not a package path; see 'go help packages'"));
        }
        let src = src_dir(&self.options.goroot);
        // What is vendored comes from modules, whose paths begin with a domain.
        if from.is_std && path.split('/').next().is_some_and(|first| first.contains('.')) {
            let cmd = from.import_path == "cmd" || from.import_path.starts_with("cmd/");
            let vendored = format!("{}vendor/{path}", if cmd { "cmd/" } else { "" });
            if self.is_std_dir(&vendored) {
                return Ok(Some((vendored.clone(), src.join(vendored))));
            }
        }
        if let Some((_, dir)) = self.in_module(path) {
            return Ok(Some((path.into(), dir)));
        }
        if self.is_std_dir(path) {
            return Ok(Some((path.into(), src.join(path))));
        }
        Err(self.missing(path))
    }

    /// The module that has a package, and the package's folder: of those whose path is a prefix, the one with the longest
    /// path that has Go files there.
    fn in_module(&self, path: &str) -> Option<(&Arc<Module>, PathBuf)> {
        self.modules
            .all()
            .filter_map(|m| {
                let dir = m.dir_of(path)?;
                (self.has_go_files(&dir) && !self.is_nested(m, &dir)).then_some((m, dir))
            })
            .max_by_key(|(m, _)| m.path.len())
    }

    /// Reports whether a folder below a module's belongs to another module: there is a go.mod on the way.
    pub(super) fn is_nested(&self, module: &Module, dir: &Path) -> bool {
        let mut known = self.with_go_mod.lock().expect("no panics while locked");
        dir.ancestors().take_while(|d| *d != module.dir).any(|d| {
            *known.entry(d.into()).or_insert_with(|| self.reads.is_file(&d.join("go.mod")))
        })
    }

    /// The message for a package that nothing provides.
    fn missing(&self, path: &str) -> String {
        let first = path.split('/').next().unwrap_or(path);
        if !first.contains('.') {
            let dir = src_dir(&self.options.goroot).join(path);
            return format!("package {path} is not in std ({})", dir.display());
        }
        if self.modules.main.is_none() {
            return format!(
                "no required module provides package {path}: go.mod file not found in current directory or any parent directory; see 'go help modules'"
            );
        }
        let of = |m: &str| path.strip_prefix(m).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        if let Some((m, v)) = self.modules.elsewhere.iter().rev().find(|(m, _)| of(m)) {
            return format!(
                "package {path} is in module {m} {v}, which burrow can't read: only modules that go.mod replaces by a folder are there yet"
            );
        }
        if let Some(m) = self.modules.unused.iter().rev().find(|m| of(m)) {
            return format!(
                "module {m} provides package {path} and is replaced but not required; to add it:\n\tgo get {m}"
            );
        }
        format!("no required module provides package {path}; to add it:\n\tgo get {path}")
    }

    /// How to read the package of a full path.
    pub(super) fn task_for(&self, path: &str) -> Result<Task, String> {
        let task = |dir, is_std, module, go_version| Task {
            import_path: path.into(),
            dir,
            named: None,
            from_pattern: false,
            is_root: false,
            is_std,
            module,
            go_version,
        };
        let src = src_dir(&self.options.goroot);
        if let Some((m, dir)) = self.in_module(path) {
            return Ok(task(dir, false, Some(m.clone()), m.go_version()));
        }
        if self.is_std_dir(path) {
            return Ok(task(src.join(path), true, None, GO_VERSION.into()));
        }
        Err(self.missing(path))
    }
}

/// The message if `from` may not import `to`.
pub(super) fn rule_violation(from: &Package, to: &Package) -> Option<String> {
    let own_test = from.is_xtest && from.dir == to.dir;
    if to.is_main() && !to.is_xtest && !own_test {
        return Some(format!(
            "import \"{}\" is a program, not an importable package",
            to.import_path
        ));
    }
    let path = &to.import_path;
    let parent = internal_parent(path)?;
    let importer = from.import_path.strip_suffix("_test").unwrap_or(&from.import_path);
    // Packages of named files are where their directory is.
    let allowed = if importer == "command-line-arguments" {
        let mut root = to.dir.clone();
        let below = path[parent.len()..].split('/').filter(|e| !e.is_empty()).count();
        (0..below).for_each(|_| {
            root.pop();
        });
        from.dir.starts_with(&root)
    } else if to.is_std {
        from.is_std && (parent.is_empty() || is_prefix(parent, importer))
    } else {
        is_prefix(parent, importer)
    };
    (!allowed).then(|| format!("use of internal package {path} not allowed"))
}

fn is_prefix(parent: &str, path: &str) -> bool {
    path == parent || path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('/'))
}

/// What is before the last element `internal`, if there is one.
fn internal_parent(path: &str) -> Option<&str> {
    if path == "internal" || path.starts_with("internal/") && !path[9..].contains("internal") {
        return Some("");
    }
    if let Some(i) = path.rfind("/internal/") {
        return Some(&path[..i]);
    }
    path.strip_suffix("/internal")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal() {
        for (path, want) in [
            ("internal/abi", Some("")),
            ("a/internal/b", Some("a")),
            ("a/internal", Some("a")),
            ("a/internal/b/internal/c", Some("a/internal/b")),
            ("a/internals/b", None),
            ("crypto/internal/fips140", Some("crypto")),
        ] {
            assert_eq!(internal_parent(path), want, "{path}");
        }
    }
}
