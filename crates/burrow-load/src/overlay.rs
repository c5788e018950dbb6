//! The overlay: Go files of ours that replace parts of the standard library, and the manifest that
//! says which of GOROOT's files are left out or taken instead. `goroot/overlay.toml` has the rules.
//!
//! The overlay is embedded in the binary. For work on the overlay itself, $BURROW_OVERLAY names a
//! folder to read instead.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use burrow_syntax::ast::{Decl, DeclKind, ExprKind, File, IdentId};
use burrow_syntax::walk::{self, Visitor};
use burrow_syntax::{DeclId, Symbol};

use crate::reads::{Kind, Reads};

/// Path and contents of each file of the overlay, by path.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/overlay_files.rs"));

/// What the overlay does to one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub replace: bool,
    pub drop: Vec<String>,
    pub add: Vec<String>,
    /// Our files, by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
pub struct Overlay {
    /// Build tags for the standard library.
    pub tags: Vec<String>,
    packages: HashMap<String, Rules>,
}

impl Overlay {
    /// The overlay of this binary, or of $BURROW_OVERLAY.
    ///
    /// # Errors
    /// A message, when the manifest can't be read.
    pub fn load(reads: &Reads) -> Result<Overlay, String> {
        match std::env::var_os("BURROW_OVERLAY") {
            Some(dir) if !dir.is_empty() => {
                let mut files = Vec::new();
                read_tree(reads, Path::new(&dir), "", &mut files)
                    .map_err(|e| format!("BURROW_OVERLAY={}: {e}", dir.display()))?;
                Overlay::from_files(files.iter().map(|(n, c)| (n.as_str(), c.as_slice())))
            }
            _ => Overlay::from_files(EMBEDDED.iter().copied()),
        }
    }

    fn from_files<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Overlay, String> {
        let mut overlay = Overlay::default();
        for (name, content) in files {
            if name == "overlay.toml" {
                overlay.manifest(content).map_err(|e| format!("overlay.toml: {e}"))?;
            } else if let Some(path) = name.strip_prefix("src/")
                && path.ends_with(".go")
                && let Some((package, file)) = path.rsplit_once('/')
            {
                let rules = overlay.packages.entry(package.into()).or_default();
                rules.files.insert(file.into(), content.into());
            }
        }
        Ok(overlay)
    }

    fn manifest(&mut self, content: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(content).map_err(|e| e.to_string())?;
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
        let strings = |v: Option<&toml::Value>| -> Vec<String> {
            let list = v.and_then(|v| v.as_array()).into_iter().flatten();
            list.filter_map(|s| s.as_str().map(String::from)).collect()
        };
        self.tags = strings(table.get("tags"));
        let packages = table.get("package").and_then(|p| p.as_table());
        for (path, entry) in packages.into_iter().flatten() {
            let rules = self.packages.entry(path.clone()).or_default();
            rules.replace = entry.get("replace").and_then(toml::Value::as_bool).unwrap_or(false);
            rules.drop = strings(entry.get("drop"));
            rules.add = strings(entry.get("add"));
        }
        Ok(())
    }

    /// The rules of a package of the standard library.
    pub fn rules(&self, import_path: &str) -> Option<&Rules> {
        self.packages.get(import_path)
    }

    /// Packages that the overlay has as a whole, even if GOROOT has none of that path.
    pub fn has_package(&self, import_path: &str) -> bool {
        self.packages.get(import_path).is_some_and(|r| !r.files.is_empty())
    }
}

fn read_tree(
    reads: &Reads,
    dir: &Path,
    prefix: &str,
    out: &mut Vec<(String, Vec<u8>)>,
) -> std::io::Result<()> {
    for entry in reads.list(dir)? {
        let (name, path) = (format!("{prefix}{}", entry.name), dir.join(&entry.name));
        if entry.kind == Kind::Dir {
            read_tree(reads, &path, &format!("{name}/"), out)?;
        } else {
            out.push((name, reads.file(&path)?));
        }
    }
    Ok(())
}

/// The names under which a declaration can be replaced: `f`, `T.m`, `x`.
fn names_of(file: &File, decl: &Decl) -> Vec<String> {
    let names = |list: &[IdentId]| list.iter().map(|&n| file.name(n).to_string()).collect();
    let mut list: Vec<String> = match &decl.kind {
        DeclKind::Import(_) => Vec::new(),
        DeclKind::Const(d) => names(&d.names),
        DeclKind::Var(d) => names(&d.names),
        DeclKind::Type(d) => vec![file.name(d.name).to_string()],
        DeclKind::Func(d) => match &d.recv {
            None => vec![file.name(d.name).to_string()],
            Some(recv) => vec![format!("{}.{}", receiver_base(file, recv.ty), file.name(d.name))],
        },
    };
    list.retain(|n| n != "init" && n != "_");
    list
}

/// The name of the type in a receiver like `*T[P]`.
fn receiver_base(file: &File, mut ty: burrow_syntax::ExprId) -> Symbol {
    loop {
        ty = match file.expr(ty) {
            ExprKind::Star(x) | ExprKind::Paren(x) | ExprKind::Index { x, .. } => *x,
            ExprKind::Name(n) => return file.name(*n),
            _ => return Symbol::new(""),
        }
    }
}

/// Everything that our files of a package declare.
pub fn declared_names<'a>(files: impl Iterator<Item = &'a File>) -> HashSet<String> {
    files.flat_map(|f| f.decls.iter().flat_map(|&d| names_of(f, f.decl(d)))).collect()
}

/// Takes declarations of these names out of a file of GOROOT, with imports that only they needed: gives those. For an
/// outline they are `known`.
pub fn remove_declarations(
    file: &mut File,
    names: &HashSet<String>,
    known: Option<Vec<&str>>,
) -> Vec<Symbol> {
    let is_replaced = |file: &File, d: DeclId| {
        let own = names_of(file, file.decl(d));
        !own.is_empty() && own.iter().all(|n| names.contains(n))
    };
    let kept: Vec<DeclId> = file.decls.iter().copied().filter(|&d| !is_replaced(file, d)).collect();
    if kept.len() == file.decls.len() {
        return Vec::new();
    }
    file.decls = kept;
    file.linknames.retain(|l| !names.contains(l.local.as_str()));

    let mut used = UsedNames(HashSet::new());
    if known.is_none() {
        walk::file(&mut used, file);
    }
    let unused = |file: &File, d: DeclId| match &file.decl(d).kind {
        DeclKind::Import(i) => {
            let path = i.path.map_or("", Symbol::as_str);
            if let Some(known) = &known {
                return known.contains(&path);
            }
            let name = i.name.map_or_else(|| Symbol::new(default_name(path)), |n| file.name(n));
            name != "_" && name != "." && path != "C" && !used.0.contains(&name)
        }
        _ => false,
    };
    let (gone, kept): (Vec<DeclId>, Vec<DeclId>) =
        file.decls.iter().copied().partition(|&d| unused(file, d));
    file.imports.retain(|d| kept.contains(d));
    file.decls = kept;
    let path = |d| match &file.decl(d).kind {
        DeclKind::Import(i) => i.path,
        _ => None,
    };
    gone.into_iter().filter_map(path).collect()
}

/// The name of a package of the standard library, from its path.
fn default_name(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let is_version = last.strip_prefix('v').is_some_and(|v| v.bytes().all(|b| b.is_ascii_digit()));
    if is_version && last.len() > 1 { parts.next().unwrap_or(last) } else { last }
}

struct UsedNames(HashSet<Symbol>);

impl Visitor for UsedNames {
    fn expr(&mut self, file: &File, id: burrow_syntax::ExprId) -> bool {
        if let ExprKind::Selector { x, .. } = file.expr(id)
            && let ExprKind::Name(n) = file.expr(*x)
        {
            self.0.insert(file.name(*n));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burrow_syntax::{FileSet, Mode, parse_file};

    fn parse(src: &str) -> File {
        let files = FileSet::new();
        let base = files.add_file("x.go", src.len()).unwrap();
        parse_file(&files, "x.go", base, src.as_bytes(), Mode::default()).0
    }

    #[test]
    fn the_embedded_manifest_is_valid() {
        let overlay = Overlay::from_files(EMBEDDED.iter().copied()).unwrap();
        assert!(overlay.rules("runtime").unwrap().replace);
        assert_eq!(overlay.rules("internal/abi").unwrap().add, ["abi_generic.go"]);
    }

    #[test]
    fn declarations_of_the_overlay_take_the_place_of_others() {
        let ours =
            parse("package p; func f() {}; func (t *T[X]) m() {}; var v int; func init() {}");
        let mut theirs = parse(
            "package p\nimport (\"a/b\"; \"c\")\nfunc f() { b.X() }\nfunc g() { c.Y() }\n\
             func (T[X]) m() {}\nfunc m() {}\nvar v, w int\nvar v = 1\nfunc init() {}",
        );
        let names = declared_names([&ours].into_iter());
        let mut outline = theirs.clone();
        assert_eq!(remove_declarations(&mut theirs, &names, None), [Symbol::new("a/b")]);
        assert!(remove_declarations(&mut outline, &names, Some(vec![])).is_empty());
        assert_eq!(outline.imports.len(), 2);
        let left: Vec<_> =
            theirs.decls.iter().flat_map(|&d| names_of(&theirs, theirs.decl(d))).collect();
        assert_eq!(left, ["g", "m", "v", "w"]);
        assert_eq!(theirs.imports.len(), 1);
    }
}
