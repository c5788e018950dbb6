//! Packages checked from outlines, by the record of an earlier check: a true record gives what the whole file gives, a
//! false one is refused or does no harm.
#![no_main]

use burrow_syntax::{DeclKind, File, FileSet, Mode, parse_file, parse_func, parse_outline};
use burrow_types::{
    Bodies, Config, LongLiteral, PackageInfo, Record, Universe, check_outline, check_package,
    outlined_end,
};

/// The record with some of its numbers changed.
fn hurt(mut r: Record, bytes: &[u8]) -> Record {
    for b in bytes.chunks_exact(3) {
        let (n, value) = (b[1] as usize, u32::from(b[2]));
        match b[0] % 4 {
            0 => r.init_order.insert(n % (r.init_order.len() + 1), value),
            1 => r.local_types.push((0, n as u32, value)),
            2 => r.literals.push(LongLiteral { file: 0, start: n as u32, end: value, len: value }),
            _ => {
                r.init_order.pop();
                r.literals.iter_mut().for_each(|l| l.len ^= value);
            }
        }
    }
    r.literals.sort_unstable();
    r
}

fn outline(fset: &FileSet, src: &[u8], base: burrow_syntax::Pos, r: &Record) -> File {
    let literals: Vec<_> = r.literals.iter().map(|l| (l.start, l.end)).collect();
    parse_outline(fset, "x.go", base, src, Mode::default(), &literals)
}

/// Checks all bodies; whether all were right.
fn bodies(
    u: &Universe,
    fset: &FileSet,
    src: &[u8],
    file: &File,
    info: &PackageInfo,
    bodies: &mut Bodies,
) -> bool {
    let mut right = true;
    for f in &info.funcs {
        let decl = file.decl(f.decl.decl);
        let DeclKind::Func(d) = &decl.kind else { continue };
        let Some(end) = d.body.as_ref().filter(|_| d.outlined).map(|b| b.rbrace) else { continue };
        let (part, id) = parse_func(src, file.base, decl.pos, end, Mode::default());
        right &= bodies.check(u, fset, &[file], f.obj, &part, id).is_ok();
    }
    for i in &info.init_order {
        let Some(end) = outlined_end(file, i.rhs) else { continue };
        let start = file.start_pos(i.rhs);
        let (part, e) = burrow_syntax::parse_init(src, file.base, start, end, Mode::default());
        right &= bodies.check_init(u, fset, &[file], i.lhs[0], &part, e).is_ok();
    }
    right
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&n, rest)) = data.split_first() else { return };
    let (numbers, src) = rest.split_at((n as usize % 16 * 3).min(rest.len()));
    let fset = FileSet::new();
    let Some(base) = fset.add_file("x.go", src.len()) else { return };
    let (whole, errors) = parse_file(&fset, "x.go", base, src, Mode::default());
    if !errors.is_empty() {
        return;
    }
    let importer = |path: &str| Err(format!("could not import {path}"));
    let config = Config::default();
    let u = Universe::new();
    let (info, errors) = check_package(&u, &fset, "p", &[&whole], &importer, config);
    if !errors.is_empty() {
        return;
    }
    let file = outline(&fset, src, base, &info.record);
    let checked = check_outline(&u, &fset, "p", &[&file], &importer, config, &info.record);
    let (outlined, mut rest) = checked.expect("a true record");
    assert_eq!(outlined.init_order.len(), info.init_order.len());
    assert!(bodies(&u, &fset, src, &file, &outlined, &mut rest), "a body that was right");
    // Of a false record nothing is asked but an answer.
    let record = hurt(info.record, numbers);
    let file = outline(&fset, src, base, &record);
    if let Ok((outlined, mut rest)) =
        check_outline(&u, &fset, "p", &[&file], &importer, config, &record)
    {
        bodies(&u, &fset, src, &file, &outlined, &mut rest);
    }
});
