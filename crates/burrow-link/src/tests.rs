//! Whole programs by hand: machine code for `runtime.main`, linked and run.

use crate::*;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn func(o: &mut Object, name: &str, code: &[u8]) -> usize {
    let def = FuncDef {
        name: o.symbol(name),
        code: code.to_vec(),
        entry: 0,
        align: 16,
        places: 0,
        relocs: vec![],
        display_name: name.into(),
        file: "x.go".into(),
        start_line: 1,
        flags: 0,
        argp: 0,
        lines: vec![(0, LinePos::Line(3))],
        inl: vec![],
        pads: vec![],
        traps: vec![],
    };
    o.funcs.push(def);
    o.funcs.len() - 1
}

/// Defines what the image wants, except for `given`, as functions that trap.
fn entries(o: &mut Object, given: &str) {
    for name in go_entries().iter().filter(|n| n.as_str() != given) {
        func(o, name, &[0x0f, 0x0b]);
    }
}

/// Held while an executable is open for writing, and while a child is made: a child has all descriptors until it
/// runs its own program, and the kernel runs nothing that somebody may write to ("Text file busy").
static WRITING_OR_FORKING: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    WRITING_OR_FORKING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn run(o: &Object) -> Output {
    let bytes = link(std::slice::from_ref(o), &LinkOptions::default()).expect("links");
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("burrow-link-{}-{n}", std::process::id()));
    write_executable(&path, &bytes);
    let child = {
        let _guard = alone();
        Command::new(&path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("runs")
    };
    let out = child.wait_with_output().expect("ends");
    std::fs::remove_file(&path).expect("removed");
    out
}

fn write_executable(path: &Path, bytes: &[u8]) {
    let _guard = alone();
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o755)
        .open(path)
        .expect("temporary file");
    file.write_all(bytes).expect("written");
}

#[test]
fn executables_are_written_while_others_start() {
    let mut o = Object::new();
    // mov edi, 7; mov eax, 231; syscall
    func(&mut o, "runtime.main", &[0xbf, 7, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 5]);
    entries(&mut o, "runtime.main");
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| (0..25).for_each(|_| assert_eq!(run(&o).status.code(), Some(7))));
        }
    });
}

#[test]
fn runtime_main_runs_and_exits() {
    let mut o = Object::new();
    // mov edi, 7; mov eax, 231; syscall
    func(&mut o, "runtime.main", &[0xbf, 7, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 5]);
    entries(&mut o, "runtime.main");
    assert_eq!(run(&o).status.code(), Some(7));
}

#[test]
fn data_and_calls_are_relocated() {
    let mut o = Object::new();
    // call f; mov edi, eax; mov eax, 231; syscall
    let main = [0xe8, 0, 0, 0, 0, 0x89, 0xc7, 0xb8, 231, 0, 0, 0, 0x0f, 5];
    let main = func(&mut o, "runtime.main", &main);
    // mov rax, [rip+cell]; mov eax, [rax]; ret
    let f = func(&mut o, "f", &[0x48, 0x8b, 0x05, 0, 0, 0, 0, 0x8b, 0, 0xc3]);
    let (target, cell, value) = (o.symbol("f"), o.symbol("cell"), o.symbol("value"));
    let pc = |offset, target| Reloc { offset, kind: RelocKind::PcRel32, target, addend: -4 };
    o.funcs[main].relocs.push(pc(1, target));
    o.funcs[f].relocs.push(pc(3, cell));
    let abs = Reloc { offset: 0, kind: RelocKind::Abs64, target: value, addend: 4 };
    let data = |name, kind, bytes: Vec<u8>, relocs| DataDef {
        name,
        kind,
        align: 8,
        size: bytes.len() as u64,
        bytes,
        relocs,
    };
    o.datas.push(data(cell, DataKind::Rodata, vec![0; 8], vec![abs]));
    o.datas.push(data(value, DataKind::NoPtrData, vec![1, 0, 0, 0, 42, 0, 0, 0], vec![]));
    entries(&mut o, "runtime.main");
    assert_eq!(run(&o).status.code(), Some(42));
}

#[test]
fn what_is_missing_is_named_with_one_that_wants_it() {
    let mut o = Object::new();
    let main = func(&mut o, "runtime.main", &[0xe8, 0, 0, 0, 0]);
    let g = o.symbol("main.g");
    o.funcs[main].relocs.push(Reloc { offset: 1, kind: RelocKind::PcRel32, target: g, addend: -4 });
    entries(&mut o, "runtime.main");
    let error = link(&[o], &LinkOptions::default()).expect_err("undefined");
    assert_eq!(error.to_string(), "runtime.main: relocation target main.g not defined");
}

#[test]
fn names_are_interned_once() {
    let mut o = Object::new();
    assert_eq!(o.symbol("a"), o.symbol("a"));
    assert_ne!(o.symbol("a"), o.symbol("b"));
    let name: Arc<str> = "a".into();
    assert_eq!(o.symbols[0], name);
}
