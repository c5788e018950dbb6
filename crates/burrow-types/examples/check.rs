//! Checks packages with all they import, and prints errors and times: `check fmt encoding/json`, `check ./x.go`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a tool for the terminal")]

use burrow_load::{Options, load};
use burrow_syntax::{File, FileSet};
use burrow_types::{Config, PkgId, Universe, Version, check_package};
use std::collections::HashMap;
use std::time::Instant;

fn main() {
    let child = std::thread::Builder::new().stack_size(1 << 30).spawn(run);
    child.expect("a thread").join().expect("no panic");
}

fn run() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let options = Options {
        goroot: std::env::var("BURROW_GOROOT").expect("BURROW_GOROOT").into(),
        dir: std::env::current_dir().expect("a directory"),
        tags: Vec::new(),
        tests: false,
        extra: vec!["runtime".into()],
    };
    let start = Instant::now();
    let fset = FileSet::new();
    let graph = load(&options, &args, &fset).expect("packages");
    for e in graph.errors.iter().take(10) {
        println!("load: {}: {e}", fset.position(e.at));
    }
    let loaded = start.elapsed();
    let start = Instant::now();
    let u = Universe::new();
    let mut done: HashMap<usize, PkgId> = HashMap::new();
    let (mut bad, mut errors) = (0, 0);
    for (i, p) in graph.packages.iter().enumerate() {
        let files: Vec<&File> = p.files.iter().map(|f| &*f.ast).collect();
        for f in &p.files {
            for e in f.errors.iter().take(10) {
                println!("{}: syntax error: {}", fset.position(e.pos), e.msg);
            }
        }
        let importer = |path: &str| match p.imports.get(path) {
            Some(id) => done.get(&id.index()).copied().ok_or_else(|| "import cycle".to_string()),
            None => Err("not loaded".to_string()),
        };
        let config = Config {
            version: Version::parse(&p.go_version),
            complete: !p.allow_bodyless,
            ignore_bodies: false,
        };
        if std::env::var_os("BURROW_VERBOSE").is_some() {
            eprintln!("{}", p.import_path);
        }
        let (info, diags) = check_package(&u, &fset, &p.import_path, &files, &importer, config);
        done.insert(i, info.id);
        if !diags.is_empty() {
            bad += 1;
            errors += diags.len();
            println!("# {} ({} errors)", p.import_path, diags.len());
            for d in diags.iter().take(10) {
                println!("{}", d.render(&fset));
            }
        }
    }
    println!(
        "{} packages, {bad} with errors, {errors} errors; load {loaded:?}, check {:?}, {} types",
        graph.packages.len(),
        start.elapsed(),
        u.type_count()
    );
}
