//! Real files: all of GOROOT/src parses without errors, and damaged copies of it do no harm.
//!
//! The Go tree is the one that burrow finds, or fetches, by itself.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "tests say what they find")]

use std::path::{Path, PathBuf};

use burrow_load::goroot::for_tests;
use burrow_syntax::{DeclKind, FileSet, Mode, SyntaxError, parse_file, parse_func, parse_outline};

fn go_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            // Sources that are wrong on purpose.
            if name != "testdata" {
                go_files(&path, out);
            }
        } else if name.ends_with(".go") {
            out.push(path);
        }
    }
}

fn goroot_files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    go_files(&for_tests().join("src"), &mut files);
    files
}

fn parse(name: &str, src: &[u8]) -> (FileSet, Vec<SyntaxError>) {
    let files = FileSet::new();
    let base = files.add_file(name, src.len()).unwrap();
    let (_, errors) = parse_file(&files, name, base, src, Mode::default());
    (files, errors)
}

#[test]
fn goroot_parses_without_errors() {
    let paths = goroot_files();
    assert!(paths.len() > 5000, "{} files", paths.len());
    let files = FileSet::new();
    let mut bytes = 0;
    let mut time = std::time::Duration::ZERO;
    let mut count = 0;
    for path in &paths {
        let name = path.to_str().unwrap();
        let src = std::fs::read(path).unwrap();
        let base = files.add_file(name, src.len()).unwrap();
        let mode = Mode { std: true, runtime: true, ..Mode::default() };
        let start = std::time::Instant::now();
        let (file, errors) = parse_file(&files, name, base, &src, mode);
        time += start.elapsed();
        bytes += src.len();
        for e in errors.iter().chain(&file.late_errors) {
            eprintln!("{}: {}", files.position(e.pos), e.msg);
            count += 1;
        }
        assert!(file.package.is_some(), "{name}");
    }
    let rate = bytes as f64 / 1e6 / time.as_secs_f64();
    eprintln!("{} files, {bytes} bytes, {rate:.1} MB/s", paths.len());
    assert_eq!(count, 0);
}

/// An outline and the functions parsed one by one have what the whole file has.
#[test]
fn outlines_and_functions_make_up_the_file() {
    let paths = goroot_files();
    let (mut outlined, mut whole) = (0, 0);
    for path in &paths {
        let name = path.to_str().unwrap();
        let src = std::fs::read(path).unwrap();
        let files = FileSet::new();
        let base = files.add_file(name, src.len()).unwrap();
        let mode = Mode { std: true, runtime: true, ..Mode::default() };
        let (full, _) = parse_file(&files, name, base, &src, mode);
        let outline = parse_outline(&files, name, base, &src, mode, &[]);
        assert_eq!(outline.decls.len(), full.decls.len(), "{name}");
        let mut stmts = outline.stmts.len();
        for (&o, &f) in outline.decls.iter().zip(&full.decls) {
            let (decl, want) = (outline.decl(o), full.decl(f));
            assert_eq!(decl.pos, want.pos, "{name}");
            let (DeclKind::Func(d), DeclKind::Func(w)) = (&decl.kind, &want.kind) else { continue };
            let (Some(body), Some(wanted)) = (&d.body, &w.body) else {
                assert!(d.body.is_none() && w.body.is_none(), "{name}");
                continue;
            };
            assert_eq!((body.pos, body.rbrace), (wanted.pos, wanted.rbrace), "{name}");
            if !d.outlined {
                whole += 1;
                continue;
            }
            outlined += 1;
            let (func, id) = parse_func(&src, base, decl.pos, body.rbrace, mode);
            let DeclKind::Func(alone) = &func.decl(id).kind else { panic!("no function") };
            let alone = alone.body.as_ref().unwrap();
            assert_eq!((alone.pos, alone.rbrace), (wanted.pos, wanted.rbrace), "{name}");
            assert_eq!(alone.stmts.len(), wanted.stmts.len(), "{name}");
            stmts += func.stmts.len();
        }
        assert_eq!(stmts, full.stmts.len(), "{name}");
    }
    assert!(outlined > 50_000 && whole < outlined / 100, "{outlined} outlined, {whole} not");
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n.max(1)
    }
}

const PIECES: [&str; 24] = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "func",
    "if",
    "for",
    "range",
    "\"",
    "`",
    "'",
    "\\",
    "/*",
    "*/",
    "//line x:1\n",
    "<-",
    "chan",
    "type",
    ";",
    "\0",
    "\u{feff}",
    "~",
];

#[test]
fn damaged_files_do_no_harm() {
    let paths = goroot_files();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..1500 {
        let path = &paths[random.below(paths.len())];
        let mut src = std::fs::read(path).unwrap();
        src.truncate(100_000);
        for _ in 0..=random.below(8) {
            let at = random.below(src.len() + 1);
            let end = (at + random.below(12)).min(src.len());
            match random.below(4) {
                0 => drop(src.drain(at..end)),
                1 if !src.is_empty() => {
                    let i = at.min(src.len() - 1);
                    src[i] = random.below(256) as u8;
                }
                2 => {
                    let piece = src[at..end].to_vec();
                    let to = random.below(src.len() + 1);
                    src.splice(to..to, piece);
                }
                _ => {
                    let piece = PIECES[random.below(PIECES.len())];
                    src.splice(at..at, piece.bytes());
                }
            }
        }
        let (files, errors) = parse("x.go", &src);
        for e in errors {
            files.position(e.pos);
        }
    }
}

#[test]
fn nesting_is_bounded() {
    for (head, open, tail) in [
        ("package p; var x = ", "(", ""),
        ("package p; var x = ", "- ", "1"),
        ("package p; var x = ", "[]int{", ""),
        ("package p; var x = ", "f(", ""),
        ("package p; type T ", "*", "int"),
        ("package p; type T ", "struct{x ", "int"),
        ("package p; type T ", "interface{x(", ""),
        ("package p; func f() ", "{", ""),
        ("package p; func f() {", "if x {} else ", "{}}"),
        ("package p; func f() {", "L:", "}"),
        ("package p; func f() {", "func() {", ""),
    ] {
        let src = format!("{head}{}{tail}", open.repeat(200_000));
        let (_, errors) = parse("x.go", src.as_bytes());
        assert!(
            errors.iter().any(|e| e.msg == "exceeded max nesting depth"),
            "{open}: {:?}",
            errors.first()
        );
    }
}
