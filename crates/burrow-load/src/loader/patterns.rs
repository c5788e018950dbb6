//! Arguments: files, directories, import paths and patterns.

use std::path::{Path, PathBuf};

use super::{GO_VERSION, LoadError, Loader, Task, src_dir};
use std::sync::Arc;

use crate::modfile::Module;
use crate::reads::{Kind, Reads};

impl Loader<'_> {
    /// The packages that arguments name.
    pub(super) fn root_tasks(
        &self,
        args: &[String],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<Task>, LoadError> {
        let dot = [String::from(".")];
        let args = if args.is_empty() { &dot } else { args };
        if args[0].ends_with(".go") && !self.reads.is_dir(&self.options.dir.join(&args[0])) {
            let task = self.named_files_task(args).map_err(|message| LoadError {
                package: "command-line-arguments".into(),
                ..LoadError::from(message)
            });
            return Ok(vec![task?]);
        }
        let mut tasks = Vec::new();
        for arg in args {
            let before = tasks.len();
            self.expand(arg, &mut tasks)
                .map_err(|e| LoadError { package: arg.clone(), ..LoadError::from(e) })?;
            let is_pattern = arg.contains("...") || matches!(arg.as_str(), "std" | "cmd" | "all");
            tasks[before..].iter_mut().for_each(|t| t.from_pattern = is_pattern);
            if tasks.len() == before {
                warnings.push(format!("burrow: warning: \"{arg}\" matched no packages"));
            }
        }
        for t in &mut tasks {
            t.is_root = true;
            if let Some(c) = illegal_char(&t.import_path) {
                return Err(LoadError {
                    package: t.import_path.clone(),
                    ..LoadError::from(format!(
                        "malformed import path {:?}: invalid char '{c}'",
                        t.import_path
                    ))
                });
            }
        }
        Ok(tasks)
    }

    fn named_files_task(&self, args: &[String]) -> Result<Task, String> {
        let mut paths = Vec::new();
        for arg in args {
            if !arg.ends_with(".go") {
                return Err(format!("named files must be .go files: {arg}"));
            }
            if !self.reads.exists(&self.options.dir.join(arg)) {
                return Err(format!("stat {arg}: no such file or directory"));
            }
            paths.push(clean(&self.options.dir.join(arg)));
        }
        let dir = paths[0].parent().unwrap_or(Path::new("/")).to_path_buf();
        if let Some(other) = paths.iter().filter_map(|p| p.parent()).find(|d| *d != dir) {
            let show = |d: &Path| {
                d.strip_prefix(&self.options.dir).map_or_else(
                    |_| d.display().to_string(),
                    |r| if r.as_os_str().is_empty() { ".".into() } else { r.display().to_string() },
                )
            };
            return Err(format!(
                "named files must all be in one directory; have {} and {}",
                show(&dir),
                show(other)
            ));
        }
        paths.sort();
        paths.dedup();
        Ok(Task {
            import_path: "command-line-arguments".into(),
            dir,
            named: Some(paths),
            from_pattern: false,
            is_root: true,
            is_std: false,
            // gc: files on the command line are of no module, wherever they are.
            module: None,
            go_version: GO_VERSION.into(),
        })
    }

    fn expand(&self, arg: &str, tasks: &mut Vec<Task>) -> Result<(), String> {
        let local = arg.starts_with('/') || matches!(arg.split('/').next(), Some("." | ".."));
        match arg {
            "std" | "cmd" => {
                let src = src_dir(&self.options.goroot);
                let top = if arg == "cmd" { src.join("cmd") } else { src.clone() };
                let mut dirs = Vec::new();
                walk(&self.reads, &top, &[], true, &mut dirs);
                for dir in dirs {
                    let Ok(path) = dir.strip_prefix(&src) else { continue };
                    let path = path.to_string_lossy().into_owned();
                    let in_cmd = path == "cmd" || path.starts_with("cmd/");
                    if path.is_empty() || in_cmd != (arg == "cmd") || path == "builtin" {
                        continue;
                    }
                    tasks.extend(self.task_for(&path));
                }
                tasks.retain(|t| self.has_buildable_files(t));
                Ok(())
            }
            "all" => {
                let module = self.module()?;
                self.expand_tree(&module.dir, module, "...", tasks);
                Ok(())
            }
            _ if local => self.expand_local(arg, tasks),
            _ if arg.contains("...") => {
                self.expand_paths(arg, tasks);
                Ok(())
            }
            _ => {
                tasks.push(self.task_for(arg)?);
                Ok(())
            }
        }
    }

    fn module(&self) -> Result<&Arc<Module>, String> {
        self.modules.main.as_ref().ok_or_else(|| {
            "go: go.mod file not found in current directory or any parent directory; see 'go help modules'".into()
        })
    }

    /// `./dir` or `./dir/...`
    fn expand_local(&self, arg: &str, tasks: &mut Vec<Task>) -> Result<(), String> {
        let (start, pattern) = match arg.find("...") {
            Some(i) => {
                let prefix = &arg[..i];
                (prefix.rfind('/').map_or(".", |j| &prefix[..=j]), Some(arg))
            }
            None => (arg, None),
        };
        let dir = clean(&self.options.dir.join(start));
        if !self.reads.is_dir(&dir) {
            return Err(match pattern {
                Some(p) => {
                    format!("pattern {p}: lstat {start}: no such file or directory")
                }
                None if self.reads.exists(&dir) => format!("{} is not a directory", dir.display()),
                None => format!("stat {}: directory not found", dir.display()),
            });
        }
        let src = src_dir(&self.options.goroot);
        if let Ok(path) = dir.strip_prefix(&src)
            && self.modules.main.as_ref().is_none_or(|m| m.dir == src || !dir.starts_with(&m.dir))
        {
            tasks.push(self.task_for(&path.to_string_lossy())?);
            return Ok(());
        }
        let around = self
            .modules
            .all()
            .filter(|m| dir.starts_with(&m.dir))
            .max_by_key(|m| m.dir.as_os_str().len());
        let module = around.filter(|m| !self.is_nested(m, &dir));
        let Some(module) = module else {
            self.module()?;
            let start = start.trim_start_matches("./").trim_end_matches('/');
            return Err(match (pattern, around) {
                (Some(p), _) => format!(
                    "pattern {p}: directory prefix {start} does not contain main module or its selected dependencies"
                ),
                (None, Some(m)) => {
                    let rest = dir.strip_prefix(&m.dir).unwrap_or(Path::new(""));
                    let path = join(&m.path, &rest.to_string_lossy());
                    format!("main module ({}) does not contain package {path}", m.path)
                }
                (None, None) => {
                    format!("directory {arg} outside main module or its selected dependencies")
                }
            });
        };
        match pattern {
            Some(p) => self.expand_tree(
                &dir,
                module,
                &clean(&self.options.dir.join(p)).to_string_lossy(),
                tasks,
            ),
            None => {
                let rest = dir.strip_prefix(&module.dir).unwrap_or(Path::new(""));
                let path = join(&module.path, &rest.to_string_lossy());
                tasks.push(Task {
                    import_path: path,
                    dir,
                    named: None,
                    from_pattern: false,
                    is_root: true,
                    is_std: module.path == "std" || module.path == "cmd",
                    module: Some(module.clone()),
                    go_version: module.go_version(),
                });
            }
        }
        Ok(())
    }

    /// Packages of a module below `start` whose directory fits an absolute pattern.
    fn expand_tree(
        &self,
        start: &Path,
        module: &Arc<Module>,
        pattern: &str,
        tasks: &mut Vec<Task>,
    ) {
        let ignored: Vec<PathBuf> =
            module.file.ignore.iter().map(|i| clean(&module.dir.join(i))).collect();
        let mut dirs = Vec::new();
        walk(&self.reads, start, &ignored, false, &mut dirs);
        for dir in dirs {
            if pattern != "..." && !matches(pattern, &dir.to_string_lossy()) {
                continue;
            }
            let rest = dir.strip_prefix(&module.dir).unwrap_or(Path::new(""));
            let task = Task {
                import_path: join(&module.path, &rest.to_string_lossy()),
                dir: dir.clone(),
                named: None,
                from_pattern: false,
                is_root: true,
                is_std: false,
                module: Some(module.clone()),
                go_version: module.go_version(),
            };
            if self.has_buildable_files(&task) {
                tasks.push(task);
            }
        }
    }

    /// `path/...` by import path: packages of the main module and of the standard library.
    fn expand_paths(&self, pattern: &str, tasks: &mut Vec<Task>) {
        if let Some(m) = &self.modules.main {
            let mut own = Vec::new();
            self.expand_tree(&m.dir, m, "...", &mut own);
            tasks.extend(own.into_iter().filter(|t| matches(pattern, &t.import_path)));
        }
        let mut std = Vec::new();
        let prefix = pattern.split("...").next().unwrap_or("");
        let first = prefix.split('/').next().unwrap_or("");
        if !first.contains('.') {
            let _ = self.expand("std", &mut std);
            if prefix.starts_with("cmd") {
                let _ = self.expand("cmd", &mut std);
            }
        }
        tasks.extend(std.into_iter().filter(|t| matches(pattern, &t.import_path)));
    }

    /// Reports whether constraints leave any file of a package. Patterns skip others silently.
    fn has_buildable_files(&self, task: &Task) -> bool {
        let context = if task.is_std { &self.std_context } else { &self.context };
        let Ok(entries) = self.reads.list(&task.dir) else { return false };
        entries.into_iter().any(|e| {
            let name = e.name;
            let candidate = name.ends_with(".go")
                && !name.starts_with(['_', '.'])
                && (self.options.tests || !name.ends_with("_test.go"))
                && context.matches_name(&name);
            candidate
                && self.reads.file(&task.dir.join(&name)).is_ok_and(|c| {
                    let text = String::from_utf8_lossy(&c);
                    context.matches_source(&text).unwrap_or(true)
                })
        })
    }
}

/// A character that an import path can't have.
fn illegal_char(path: &str) -> Option<char> {
    path.chars().find(|c| !(c.is_ascii_alphanumeric() || "-._~+/".contains(*c)))
}

fn join(module: &str, rest: &str) -> String {
    match (module, rest) {
        (m, "") => m.into(),
        ("std", r) => r.into(),
        (m, r) => format!("{m}/{r}"),
    }
}

/// Directories with Go files, sorted, without those that patterns never match.
fn walk(reads: &Reads, dir: &Path, ignored: &[PathBuf], is_goroot: bool, out: &mut Vec<PathBuf>) {
    let Ok(entries) = reads.list(dir) else { return };
    let mut subdirs = Vec::new();
    let mut has_go = false;
    for e in entries {
        let (name, path) = (&e.name, dir.join(&e.name));
        // Links below the start are not followed.
        if e.kind == Kind::Dir {
            let skip = name.starts_with(['_', '.'])
                || name == "testdata"
                || name == "vendor" && !is_goroot
                || !is_goroot && reads.exists(&path.join("go.mod"))
                || ignored.contains(&path);
            if !skip {
                subdirs.push(path);
            }
        } else if name.ends_with(".go") {
            has_go = true;
        }
    }
    if has_go {
        out.push(dir.into());
    }
    subdirs.sort();
    for d in subdirs {
        walk(reads, &d, ignored, is_goroot, out);
    }
}

/// The path without `.`, `..` and a final slash.
pub fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

/// Patterns of packages: `...` is any text, a final `/...` may be missing.
pub fn matches(pattern: &str, name: &str) -> bool {
    if let Some(prefix) = pattern.strip_suffix("/...")
        && !prefix.contains("...")
    {
        return name == prefix || name.strip_prefix(prefix).is_some_and(|r| r.starts_with('/'));
    }
    let parts: Vec<&str> = pattern.split("...").collect();
    let (first, last) = (parts[0], parts[parts.len() - 1]);
    if parts.len() == 1 {
        return pattern == name;
    }
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    for middle in &parts[1..parts.len() - 1] {
        match rest.find(middle) {
            Some(i) => rest = &rest[i + middle.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (p, n, want) in [
            ("a/...", "a", true),
            ("a/...", "a/b/c", true),
            ("a/...", "ab", false),
            ("a...", "ab/c", true),
            ("...x", "a/x", true),
            ("a/.../c", "a/b/c", true),
            ("a", "a", true),
            ("...", "a/b", true),
        ] {
            assert_eq!(matches(p, n), want, "{p} {n}");
        }
        assert_eq!(clean(Path::new("/a/./b/../c/")), Path::new("/a/c"));
    }
}
