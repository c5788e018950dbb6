//! The inputs of the benchmarks: the standard library of the Go tree that `BURROW_GOROOT` names.

use std::collections::BTreeMap;
use std::path::PathBuf;

use burrow_load::{Graph, Options, PackageId};
use burrow_syntax::{File, FileSet};
use burrow_types::{Config, PkgId, Universe, Version, check_package};

/// All packages of the standard library, parsed.
pub fn load(files: &FileSet) -> Graph {
    let goroot = PathBuf::from(std::env::var_os("BURROW_GOROOT").expect("BURROW_GOROOT is set"));
    let dir = goroot.join("src");
    let options = Options { goroot, dir, tags: Vec::new(), tests: false, extra: Vec::new() };
    burrow_load::load(&options, &["std".into()], files).expect("std loads")
}

/// Names and texts of all their files.
pub fn texts(graph: &Graph) -> Vec<(String, String)> {
    let files = graph.packages.iter().flat_map(|p| &p.files).filter(|f| !f.from_overlay);
    files.filter_map(|f| Some((f.name.clone(), std::fs::read_to_string(&f.path).ok()?))).collect()
}

/// Checks all packages, one after the other; gives the number of errors.
pub fn check(files: &FileSet, graph: &Graph) -> usize {
    let universe = Universe::new();
    let mut checked: BTreeMap<PackageId, PkgId> = BTreeMap::new();
    let mut errors = 0;
    for id in graph.ids() {
        let package = graph.get(id);
        let asts: Vec<&File> = package.files.iter().map(|f| &*f.ast).collect();
        let importer = |path: &str| match package.imports.get(path) {
            Some(id) => Ok(checked[id]),
            None => Ok(universe.unsafe_pkg()),
        };
        let config = Config { version: Version::CURRENT, ..Config::default() };
        let path = &package.import_path;
        let (info, found) = check_package(&universe, files, path, &asts, &importer, config);
        errors += found.len();
        checked.insert(id, info.id);
    }
    errors
}
