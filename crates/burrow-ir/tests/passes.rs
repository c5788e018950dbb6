//! Passes of the optimiser: `passes/NAME/*.ir` are functions, and behind them, in comments, what the pass NAME makes of
//! those that it changes. UPDATE_EXPECT=1 renews the comments.

use std::fs;
use std::path::Path;

use burrow_ir::ir::{Data, DataKind, Func, Module};
use burrow_ir::opt::PASSES;
use burrow_ir::parse;
use burrow_ir::verify::verify;
use burrow_syntax::Symbol;

/// Descriptors of the types that lines `; type:NAME SIZE ALIGN` tell of.
fn types(text: &str) -> Vec<Data> {
    let data = |line: &str| {
        let mut words = line.strip_prefix("; type:")?.split(' ');
        let name = Symbol::new(&format!("type:{}", words.next()?));
        let size: u64 = words.next()?.parse().unwrap();
        let mut bytes = size.to_le_bytes().to_vec();
        bytes.resize(48, 0);
        bytes[21] = words.next()?.parse().unwrap();
        Some(Data { name, kind: DataKind::Types, align: 8, size: 48, bytes, relocs: Vec::new() })
    };
    text.lines().filter_map(data).collect()
}

/// The comments for functions after a pass.
fn outcome(before: &[String], funcs: &[Func]) -> String {
    let mut text = String::new();
    for (old, f) in before.iter().zip(funcs) {
        let new = f.to_string();
        if new != *old {
            new.lines().for_each(|l| text += &format!("; {l}\n"));
        }
    }
    if text.is_empty() { "; nothing\n".into() } else { text }
}

fn verify_all(what: &str, module: &Module) {
    for f in &module.funcs {
        verify(f).unwrap_or_else(|e| panic!("{what}: {e}\n{f}"));
    }
}

#[test]
fn passes_do_what_the_comments_say() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    let mut count = 0;
    for pass in PASSES {
        let name = pass.name;
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/passes").join(name);
        for entry in fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let file = format!("{name}/{}", path.file_name().unwrap().display());
            // Comments before the first function say what the case is about.
            let body = text.find("func ").unwrap_or(0);
            let end = text.rfind("\n}\n").map_or(text.len(), |i| i + 3).max(body);
            let (source, want) = text.split_at(end);
            let funcs = parse::parse(source).unwrap_or_else(|e| panic!("{file}: {e}"));
            let before: Vec<String> = funcs.iter().map(ToString::to_string).collect();
            assert_eq!(
                source[body..].replace("\n\n", "\n"),
                before.concat(),
                "{file}: not as it is printed"
            );
            let mut module = Module { funcs, datas: types(&text), ..Module::default() };
            verify_all(&file, &module);
            (pass.run)(&mut module);
            verify_all(&format!("{file}, after the pass"), &module);
            let have = outcome(&before, &module.funcs);
            // What comes out can be read as well.
            let lines: String = have.lines().map(|l| format!("{}\n", &l[2..])).collect();
            if have != "; nothing\n" {
                parse::parse(&lines).unwrap_or_else(|e| panic!("{file}, after the pass: {e}"));
            }
            if update {
                fs::write(&path, format!("{source}\n{have}")).unwrap();
            } else {
                assert_eq!(want.trim_start(), have, "{file}");
            }
            count += 1;
        }
    }
    assert!(count > 0);
}
