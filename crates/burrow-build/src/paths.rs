//! What source files are called in an executable.
//!
//! PATH-1  Without `-trimpath` a file has its absolute path. With it no path of this machine is in the executable: a file is named by
//!         its package's import path, and below a module with a version by `path@version`.
//!
//! gc: `cmd/go/internal/work.(*Action).trimpath`, `cmd/internal/objabi.AbsFile`.

use std::sync::{Arc, Mutex};

use burrow_load::{Graph, Package};
use rustc_hash::FxHashMap;

#[derive(Default)]
pub(crate) struct FileNames {
    /// Folders of packages, and what they are called; `None` if all keep their names.
    dirs: Option<FxHashMap<String, String>>,
    known: Mutex<FxHashMap<Arc<str>, Arc<str>>>,
}

impl FileNames {
    pub(crate) fn new(graph: &Graph, trim: bool) -> FileNames {
        let dirs = trim.then(|| {
            let of = |p: &Package| (p.dir.to_string_lossy().into_owned(), shown_dir(p));
            // The package itself goes before its tests.
            graph.packages.iter().rev().filter(|p| !p.is_test_main).map(of).collect()
        });
        FileNames { dirs, known: Mutex::default() }
    }

    /// The name of a file in the executable.
    pub(crate) fn of(&self, name: &Arc<str>) -> Arc<str> {
        let Some(dirs) = &self.dirs else { return name.clone() };
        let mut known = self.known.lock().expect("no panics while locked");
        if let Some(found) = known.get(name) {
            return found.clone();
        }
        let shown = trimmed(dirs, name).map_or_else(|| name.clone(), Arc::from);
        known.insert(name.clone(), shown.clone());
        shown
    }
}

/// The name with the nearest folder of a package replaced.
fn trimmed(dirs: &FxHashMap<String, String>, name: &str) -> Option<String> {
    let mut end = name.len();
    while let Some(i) = name[..end].rfind('/') {
        if let Some(dir) = dirs.get(&name[..i]) {
            return Some(format!("{dir}{}", &name[i..]));
        }
        end = i;
    }
    None
}

fn shown_dir(p: &Package) -> String {
    let path = p.import_path.strip_suffix("_test").filter(|_| p.is_xtest).unwrap_or(&p.import_path);
    match p.module.as_ref().and_then(|m| Some((m, m.version.as_ref()?))) {
        Some((m, version)) => {
            format!("{}@{version}{}", m.path, path.strip_prefix(&m.path).unwrap_or(""))
        }
        None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_counts() {
        let dirs = [("/m", "m"), ("/m/a", "m/a"), ("/lib", "l@v1.0.0")];
        let dirs = dirs.map(|(d, s)| (d.to_string(), s.to_string())).into_iter().collect();
        for (name, want) in [
            ("/m/x.go", Some("m/x.go")),
            ("/m/a/x.go", Some("m/a/x.go")),
            ("/m/b/gen/x.y", Some("m/b/gen/x.y")),
            ("/lib/x.go", Some("l@v1.0.0/x.go")),
            ("/library/x.go", None),
            ("_testmain.go", None),
        ] {
            assert_eq!(trimmed(&dirs, name).as_deref(), want, "{name}");
        }
    }
}
