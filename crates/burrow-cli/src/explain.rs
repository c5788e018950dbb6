//! `burrow explain` and `burrow help errors`: what the codes of errors mean.
//!
//! The texts are in `explain/*.md`. A section is a code, an explanation, a program with exactly that error, and the
//! program repaired; a few errors can't be shown by one program, and have the explanation alone. Programs without a
//! package clause are of package p; lines `-- name --` separate files.

use std::process::ExitCode;

use burrow_build::Failure;
use burrow_types::Code;

use crate::output;
use crate::usage;

const TEXTS: [&str; 8] = [
    include_str!("explain/packages.md"),
    include_str!("explain/syntax.md"),
    include_str!("explain/declarations.md"),
    include_str!("explain/types.md"),
    include_str!("explain/generics.md"),
    include_str!("explain/expressions.md"),
    include_str!("explain/calls.md"),
    include_str!("explain/statements.md"),
];

/// What is said about one code.
struct Section {
    code: &'static str,
    text: &'static str,
    /// A wrong program, and the program repaired.
    programs: Option<(String, String)>,
}

fn sections() -> impl Iterator<Item = Section> {
    TEXTS.iter().flat_map(|t| t.split("## ").skip(1)).map(|s| {
        let (code, rest) = s.split_once('\n').unwrap_or((s, ""));
        let mut parts = rest.split("```");
        let text = parts.next().unwrap_or("").trim();
        let mut programs = parts.filter_map(|p| p.strip_prefix("go\n")).map(|p| {
            let whole = p.starts_with("package ") || p.starts_with("-- ");
            if whole { p.to_string() } else { format!("package p\n\n{p}") }
        });
        let programs = programs.next().zip(programs.next());
        Section { code, text, programs }
    })
}

/// `burrow explain CODE`
pub(crate) fn explain(args: &[String]) -> Result<ExitCode, Failure> {
    let [name] = args else {
        return Err(usage("usage: burrow explain CODE\nRun 'burrow help errors' for the codes."));
    };
    let same = |code: &str| code.eq_ignore_ascii_case(name);
    let Some(s) = sections().find(|s| same(s.code)) else {
        return Err(usage(format!(
            "burrow explain {name}: unknown code. Run 'burrow help errors' for the codes."
        )));
    };
    let mut out = format!("{}\n\n{}\n", s.code, s.text);
    for (title, program) in s.programs.iter().flat_map(|(w, r)| [("Wrong", w), ("Repaired", r)]) {
        out += &format!("\n{title}:\n\n");
        for line in program.lines() {
            out += &if line.is_empty() { "\n".into() } else { format!("\t{line}\n") };
        }
    }
    output::print(&out);
    Ok(ExitCode::SUCCESS)
}

/// `burrow help errors`: the codes, each with the first sentence about it.
pub(crate) fn list() -> String {
    let mut out = String::from(
        "Every error has a code, which -json and terminals show. 'burrow explain CODE' says more.\n\n",
    );
    let all: Vec<Section> = sections().collect();
    for code in Code::ALL {
        let text = all.iter().find(|s| s.code == code.name()).map_or("", |s| s.text);
        let text = text.replace('\n', " ");
        let end = text.find(". ").or_else(|| text.find(": ")).unwrap_or(text.len());
        out += &format!("\t{code:<26}{}\n", text[..end].trim_end_matches('.'));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use burrow_build::{Form, Options, Session};
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    /// These can't be shown by a program: the loader comes first, or an option is needed.
    const WITHOUT: [&str; 9] = [
        "Test",
        "TooNew",
        "MultiValAssignOp",
        "MismatchedPkgName",
        "BrokenImport",
        "ImportCRenamed",
        "InvalidPattern",
        "LoadFailed",
        "LinkFailed",
    ];

    /// While loading, the first package with an error ends all.
    const ALONE: [&str; 3] = ["PackageNotFound", "BadImportPath", "InternalImport"];

    fn write(dir: &Path, program: &str) {
        std::fs::create_dir_all(dir).unwrap();
        if !program.starts_with("-- ") {
            return std::fs::write(dir.join("x.go"), program).unwrap();
        }
        for part in format!("\n{program}").split("\n-- ").skip(1) {
            let (name, content) = part.split_once(" --\n").unwrap();
            let path = dir.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    }

    /// The codes of the errors by the folder below `cwd` that they are in.
    fn check(cwd: &Path) -> BTreeMap<String, BTreeSet<String>> {
        let goroot = crate::env::goroot().unwrap();
        let options = Options { goroot, cwd: cwd.into(), all_errors: true, ..Options::default() };
        let session = Session::new(&options).with_form(Form::Json);
        let result = session
            .load(&["./...".into()], false)
            .and_then(|graph| session.check(&graph, false).map(|_| ()));
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let objects = result.err().map_or_else(String::new, |f| f.objects);
        for line in objects.lines() {
            let value = |key: &str| {
                let rest = line.split_once(&format!("\"{key}\":\"")).map_or("", |(_, r)| r);
                rest.split('"').next().unwrap_or("").to_string()
            };
            let file = value("file");
            let file = file.strip_prefix(&format!("{}/", cwd.display())).unwrap_or("");
            let folder = file.split('/').next().unwrap_or("").to_string();
            found.entry(folder).or_default().insert(value("code"));
        }
        found
    }

    #[test]
    fn every_code_is_explained() {
        let codes: Vec<&str> = Code::ALL.iter().map(|c| c.name()).collect();
        let mut explained: Vec<&str> = sections().map(|s| s.code).collect();
        explained.sort_unstable();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        assert_eq!(explained, sorted);
        for s in sections() {
            assert!(s.text.len() > 15, "{}", s.code);
            assert_eq!(s.programs.is_none(), WITHOUT.contains(&s.code), "{}", s.code);
        }
        assert!(codes.iter().all(|c| Code::from_name(c).is_some()));
    }

    #[test]
    fn wrong_programs_have_that_error_and_repaired_ones_none() {
        let dir = std::env::temp_dir().join(format!("burrow-explain-{}", std::process::id()));
        let all = dir.join("all");
        write(&all, "-- go.mod --\nmodule m\n\ngo 1.27\n");
        let all = all.canonicalize().unwrap();
        let mut wrong: Vec<String> = Vec::new();
        let mut batch = Vec::new();
        for s in sections() {
            let Some((bad, good)) = &s.programs else { continue };
            if bad.starts_with("-- ") || ALONE.contains(&s.code) {
                for (name, program, want) in [("wrong", bad, Some(s.code)), ("right", good, None)] {
                    let place = dir.join(s.code).join(name);
                    if !program.starts_with("-- ") {
                        write(&place, "-- go.mod --\nmodule m\n");
                    }
                    write(&place, program);
                    let found: BTreeSet<String> =
                        check(&place.canonicalize().unwrap()).into_values().flatten().collect();
                    if found != want.into_iter().map(String::from).collect() {
                        wrong.push(format!("{}, {name}: {found:?}", s.code));
                    }
                }
                continue;
            }
            write(&all.join(s.code), bad);
            write(&all.join(format!("{}.right", s.code)), good);
            batch.push(s.code);
        }
        let found = check(&all);
        for code in batch {
            let codes: Vec<&String> = found.get(code).into_iter().flatten().collect();
            if codes != [code] {
                wrong.push(format!("{code}, wrong: {codes:?}"));
            }
            if let Some(codes) = found.get(&format!("{code}.right")) {
                wrong.push(format!("{code}, right: {codes:?}"));
            }
        }
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }
}
