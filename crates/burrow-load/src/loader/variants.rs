//! Packages under test. Test files make up to three packages of one: `p` as others import it, `p [p.test]` with its
//! own test files in addition, and `p_test [p.test]`, which imports the latter. Packages between `p_test` and `p` are
//! there once more too, so that all in one test speak of the same `p`.

use std::collections::{BTreeMap, HashMap};

use burrow_syntax::{Pos, Symbol};

use super::testmain::{EXTERNAL, OWN, TestFuncs};
use super::{Linker, Package, PackageId, TestBinary, files};

/// What the test files of a package make of it.
pub(super) struct Tests {
    /// The package with its own test files; `None` if it has none.
    inside: Option<Package>,
    /// The external package.
    outside: Option<Package>,
}

/// Takes test files out of a package that was read with them.
pub(super) fn split(package: &mut Package, outside: Option<Package>) -> Option<Tests> {
    let has_tests = package.files.iter().any(|f| f.is_test);
    if !has_tests && outside.is_none() {
        return None;
    }
    let inside = has_tests.then(|| package.clone());
    let kept: Vec<usize> =
        (0..package.files.len()).filter(|&i| !package.files[i].is_test).collect();
    package.embeds.retain(|e| kept.contains(&e.file));
    for e in &mut package.embeds {
        e.file = kept.binary_search(&e.file).expect("kept");
    }
    package.files.retain(|f| !f.is_test);
    Some(Tests { inside, outside })
}

impl Linker<'_, '_> {
    /// Links the packages of a test, after all ordinary ones.
    pub(super) fn link_tests(&mut self, path: &str, tests: Tests) {
        let plain = self.ids.get(path).copied();
        let mark = format!("{path}.test");
        let mut inside = plain;
        if let Some(mut package) = tests.inside {
            package.test_of = Some(mark.clone());
            let imports = files::imports_of(&package.files);
            self.stack.push((path.into(), Pos::NONE));
            self.link_imports(&mut package, &imports);
            self.stack.pop();
            if let Some(plain) = plain {
                self.test_cycle(&package, plain, &imports);
            }
            inside = Some(self.add(package));
        }
        let mut made = HashMap::new();
        if let (Some(plain), Some(inside)) = (plain, inside)
            && plain != inside
        {
            made.insert(plain, inside);
        }
        let outside = tests.outside.map(|p| self.link_outside(path, p, plain, inside, &mut made));
        if self.loader.options.test_binaries
            && let Some(inside) = inside.or(outside)
        {
            self.link_main(path, plain, inside, outside, &mut made);
        }
    }

    /// Links the external package of a test.
    fn link_outside(
        &mut self,
        path: &str,
        mut package: Package,
        plain: Option<PackageId>,
        inside: Option<PackageId>,
        made: &mut HashMap<PackageId, PackageId>,
    ) -> PackageId {
        let mark = format!("{path}.test");
        package.test_of = Some(mark.clone());
        let imports = files::imports_of(&package.files);
        if plain.is_none()
            && let Some(inside) = inside
        {
            // Only tests: what imports the package means these.
            self.ids.insert(path.into(), inside);
        }
        self.stack.push((package.import_path.clone(), Pos::NONE));
        self.link_imports(&mut package, &imports);
        self.stack.pop();
        let needs = self.needs_variant(plain, made);
        for id in package.imports.values_mut() {
            *id = self.variant(*id, &needs, &mark, made);
        }
        self.add(package)
    }

    /// Makes the main package of a test.
    fn link_main(
        &mut self,
        path: &str,
        plain: Option<PackageId>,
        tested: PackageId,
        outside: Option<PackageId>,
        made: &mut HashMap<PackageId, PackageId>,
    ) {
        let mark = format!("{path}.test");
        let mut funcs = TestFuncs::default();
        let own = self.graph.get(tested).files.iter().any(|f| f.is_test) && Some(tested) != outside;
        for (id, import) in [(Some(tested).filter(|_| own), OWN), (outside, EXTERNAL)] {
            let Some(id) = id else { continue };
            let package = self.graph.get(id);
            let found = package
                .files
                .iter()
                .filter(|f| f.is_test)
                .try_for_each(|f| funcs.collect(&f.ast, &f.examples, import));
            if let Err((at, message)) = found {
                // gc: where the declaration begins, which is where its line does.
                let column = self.loader.files.raw_position(at).col;
                let at = Pos(at.0 - column.saturating_sub(1));
                return self.error(at, path, message);
            }
        }
        let module = self.loader.modules.main.as_ref().map_or("", |m| &m.path).to_string();
        let source = funcs.source(path, &module, own, outside.is_some());
        let tested_package = self.graph.get(tested);
        let mut main = Package {
            import_path: mark.clone(),
            name: Symbol::new("main"),
            files: vec![self.loader.generated("_testmain.go", &source)],
            imports: BTreeMap::new(),
            embeds: Vec::new(),
            go_version: super::GO_VERSION.into(),
            is_root: false,
            is_xtest: false,
            test_of: Some(mark.clone()),
            is_test_main: true,
            ..tested_package.clone()
        };
        let mut wanted = vec!["os", "testing", "testing/internal/testdeps", "runtime"];
        if funcs.needs_reflect() {
            wanted.push("reflect");
        }
        let found: Vec<(&str, PackageId)> = wanted
            .into_iter()
            .filter_map(|import| Some((import, self.visit(import, Pos::NONE)?)))
            .collect();
        let needs = self.needs_variant(plain, made);
        for (import, id) in found {
            main.imports.insert(import.into(), self.variant(id, &needs, &mark, made));
        }
        if own {
            main.imports.insert(path.into(), tested);
        }
        if let Some(outside) = outside {
            main.imports.insert(format!("{path}_test"), outside);
        }
        let main = self.add(main);
        let tested = self.graph.get(tested);
        let test = TestBinary { path: path.into(), dir: tested.dir.clone(), main };
        self.graph.tests.push(test);
    }

    /// Adds a package that nothing finds by its path.
    fn add(&mut self, package: Package) -> PackageId {
        let id = PackageId(self.graph.packages.len() as u32);
        if package.is_root {
            self.roots_of_tests.push(id);
        }
        self.graph.packages.push(package);
        id
    }

    /// For each package, whether a test needs it once more: it depends on the package under test, of which there are two.
    fn needs_variant(
        &self,
        plain: Option<PackageId>,
        made: &HashMap<PackageId, PackageId>,
    ) -> Vec<bool> {
        plain.filter(|p| made.contains_key(p)).map(|p| self.needs(p)).unwrap_or_default()
    }

    /// For each package, whether it depends on `on`.
    fn needs(&self, on: PackageId) -> Vec<bool> {
        let mut needs = vec![false; self.graph.packages.len()];
        for (i, p) in self.graph.packages.iter().enumerate() {
            needs[i] = p.imports.values().any(|&id| id == on || needs[id.index()]);
        }
        needs
    }

    /// The package as a test sees it: itself, or a copy that depends on the package under test.
    fn variant(
        &mut self,
        id: PackageId,
        needs: &[bool],
        mark: &str,
        made: &mut HashMap<PackageId, PackageId>,
    ) -> PackageId {
        if let Some(&made) = made.get(&id) {
            return made;
        }
        if !needs.get(id.index()).is_some_and(|n| *n) {
            return id;
        }
        let mut copy = self.graph.get(id).clone();
        for id in copy.imports.values_mut() {
            *id = self.variant(*id, needs, mark, made);
        }
        copy.test_of = Some(mark.into());
        copy.is_root = false;
        let new = self.add(copy);
        made.insert(id, new);
        new
    }

    /// Reports that a package's own tests import what depends on the package.
    fn test_cycle(&mut self, package: &Package, plain: PackageId, imports: &[(String, Pos)]) {
        let needs = self.needs(plain);
        for (written, at) in imports {
            let Some(&first) = package.imports.get(written) else { continue };
            if first != plain && !needs[first.index()] {
                continue;
            }
            let mut message = format!("package {}", package.import_path);
            let (mut id, mut at) = (first, *at);
            loop {
                let path = &self.graph.get(id).import_path;
                message += &format!("\n\timports {path} from {}", self.base_name(at));
                if id == plain {
                    break;
                }
                let p = self.graph.get(id);
                let next = files::imports_of(&p.files).into_iter().find_map(|(w, at)| {
                    let &next = p.imports.get(&w)?;
                    (next == plain || needs[next.index()]).then_some((next, at))
                });
                let Some(next) = next else { break };
                (id, at) = next;
            }
            message += ": import cycle not allowed in test";
            self.error(Pos::NONE, &package.import_path, message);
            return;
        }
    }
}
