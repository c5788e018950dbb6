//! Checks packages with all they import, and prints errors and times: `check fmt encoding/json`, `check ./x.go`.
//! With `-e [-lang=V]`, only the errors of the packages named, as `burrow check` prints them.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    reason = "a tool for the terminal"
)]

use burrow_load::{Options, load};
use burrow_syntax::walk::Visitor;
use burrow_syntax::{DeclId, DeclKind, ExprId, ExprKind, File, FileSet, LitKind};
use burrow_types::{Config, FileInfo, Mode, ObjKind, PkgId, Universe, Version, check_package};
use std::collections::HashMap;
use std::time::Instant;

/// Looks for expressions without a record, or with an unfit one.
struct Verifier<'a> {
    u: &'a Universe,
    fset: &'a FileSet,
    facts: &'a FileInfo,
}

impl Visitor for Verifier<'_> {
    fn decl(&mut self, f: &File, d: DeclId) -> bool {
        !matches!(f.decl(d).kind, DeclKind::Const(_) | DeclKind::Import(_))
    }

    fn expr(&mut self, f: &File, e: ExprId) -> bool {
        let tv = self.facts.type_and_value(e);
        let what = match f.expr(e) {
            ExprKind::KeyValue { key, value } => {
                // Keys of struct literals are no expressions.
                if self.facts.mode(*key) == Mode::Invalid {
                    burrow_syntax::walk::expr(self, f, *value);
                    return false;
                }
                return true;
            }
            ExprKind::TypeSwitchGuard { .. }
            | ExprKind::DotsType(_)
            | ExprKind::FuncType { .. } => return true,
            ExprKind::BasicLit { kind: LitKind::String, .. } if tv.mode == Mode::Invalid => {
                return true;
            }
            ExprKind::Name(n)
                if self.facts.def(*n).is_some()
                    || f.name(*n).is_blank()
                    || self
                        .facts
                        .use_of(*n)
                        .is_some_and(|o| matches!(self.u.obj(o).kind, ObjKind::PkgName { .. })) =>
            {
                return true;
            }
            // Parts of constants have no final types.
            _ if tv.mode == Mode::Constant
                && !self.u.is_untyped(tv.ty)
                && self.facts.const_value(e).is_some() =>
            {
                return false;
            }
            _ if tv.mode == Mode::Invalid => "no record",
            _ if self.u.is_untyped(tv.ty) && tv.mode != Mode::NilValue => "untyped",
            _ if !tv.ty.is_valid() && tv.mode != Mode::Builtin => "invalid type",
            _ if tv.mode == Mode::Constant && self.facts.const_value(e).is_none() => "no value",
            _ => return true,
        };
        let s = burrow_syntax::print::expr_string(f, e);
        println!(
            "{}: {what}: {s} {:?} {}",
            self.fset.position(f.exprs[e].pos),
            tv.mode,
            self.u.type_string(tv.ty)
        );
        true
    }
}

fn main() {
    let child = std::thread::Builder::new().stack_size(1 << 30).spawn(run);
    child.expect("a thread").join().expect("no panic");
}

fn run() {
    let (flags, args): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).filter(|a| a != "check").partition(|a| a.starts_with('-'));
    let plain = flags.iter().any(|f| f == "-e");
    let lang = flags.iter().find_map(|f| f.strip_prefix("-lang="));
    let mut out: Vec<(burrow_syntax::Pos, String)> = Vec::new();
    let options = Options {
        goroot: std::env::var("BURROW_GOROOT").expect("BURROW_GOROOT").into(),
        dir: std::env::current_dir().expect("a directory"),
        extra: if plain { Vec::new() } else { vec!["runtime".into()] },
        ..Options::default()
    };
    let start = Instant::now();
    let fset = FileSet::new();
    let graph = match load(&options, &args, &fset) {
        Ok(g) => g,
        Err(e) => {
            println!("{e}");
            std::process::exit(2);
        }
    };
    for e in graph.errors.iter().take(10) {
        if plain {
            out.push((e.at, e.to_string()));
        } else {
            println!("load: {}: {e}", fset.position(e.at));
        }
    }
    let loaded = start.elapsed();
    let start = Instant::now();
    let u = Universe::new();
    let mut done: HashMap<usize, PkgId> = HashMap::new();
    let (mut bad, mut errors) = (0, 0);
    for (i, p) in graph.packages.iter().enumerate() {
        let files: Vec<&File> = p.files.iter().map(|f| &*f.ast).collect();
        for f in &p.files {
            out.extend(f.errors.iter().map(|e| (e.pos, e.msg.clone())));
        }
        let importer = |path: &str| match p.imports.get(path) {
            Some(id) => done.get(&id.index()).copied().ok_or_else(|| "import cycle".to_string()),
            None => Err("not loaded".to_string()),
        };
        let version = match lang {
            Some(v) if p.is_root => v,
            _ => &p.go_version,
        };
        let config = Config {
            version: Version::parse(version),
            complete: !p.allow_bodyless && !plain,
            ignore_bodies: false,
        };
        // Other errors of the parser don't keep gc from checking types.
        let syntax =
            p.files.iter().flat_map(|f| &f.errors).any(|e| e.msg.starts_with("syntax error"));
        if syntax && plain {
            continue;
        }
        if std::env::var_os("BURROW_VERBOSE").is_some() {
            eprintln!("{}", p.import_path);
        }
        let (info, diags) = check_package(&u, &fset, &p.import_path, &files, &importer, config);
        done.insert(i, info.id);
        if flags.iter().any(|f| f == "-verify") {
            for (f, facts) in files.iter().zip(&info.files) {
                let mut v = Verifier { u: &u, fset: &fset, facts };
                burrow_syntax::walk::file(&mut v, f);
            }
        }
        if plain {
            if p.is_root {
                out.extend(diags.iter().map(|d| (d.pos, d.text(&fset))));
            }
        } else if !diags.is_empty() {
            bad += 1;
            errors += diags.len();
            println!("# {} ({} errors)", p.import_path, diags.len());
            for d in diags.iter().take(10) {
                println!("{}", d.render(&fset));
            }
        }
    }
    if plain {
        out.sort_by_key(|(p, _)| *p);
        out.iter().for_each(|(p, m)| println!("{}: {m}", fset.position(*p)));
        if !out.is_empty() {
            std::process::exit(1);
        }
        return;
    }
    println!(
        "{} packages, {bad} with errors, {errors} errors; load {loaded:?}, check {:?}, {} types",
        graph.packages.len(),
        start.elapsed(),
        u.type_count()
    );
}
