//! The main package of a test: its source, from the functions that the test files declare.
//!
//! Functions are recognised by name and form alone, before anything is checked. Examples run if the last comment in
//! their body says what they print. gc: `cmd/go/internal/load/test.go`, `go/doc.Examples`.

use burrow_syntax::{Comment, DeclKind, ExprKind, File, FileSet, FuncDecl, Pos};

/// An example and what it prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub name: String,
    pub output: String,
    pub unordered: bool,
}

/// The functions of a test, in the order of files and of the source.
#[derive(Default)]
pub(super) struct TestFuncs {
    /// Name of the import, and function.
    tests: Vec<(&'static str, String)>,
    benchmarks: Vec<(&'static str, String)>,
    fuzz: Vec<(&'static str, String)>,
    examples: Vec<(&'static str, Example)>,
    main: Option<&'static str>,
    /// Imports of which a function is used.
    used: Vec<&'static str>,
}

impl TestFuncs {
    /// Collects the functions of a test file, imported as `import`.
    ///
    /// # Errors
    /// The position and message of a function whose name is a test's but not its form.
    pub(super) fn collect(
        &mut self,
        file: &File,
        examples: &[Example],
        import: &'static str,
    ) -> Result<(), (Pos, String)> {
        for &d in &file.decls {
            let DeclKind::Func(f) = &file.decl(d).kind else { continue };
            if f.recv.is_some() {
                continue;
            }
            let name = file.name(f.name).as_str();
            let at = file.decl(d).pos;
            let list = match name {
                "TestMain" if takes(file, f, "M") => {
                    if self.main.is_some() {
                        return Err((at, "multiple definitions of TestMain".into()));
                    }
                    self.main = Some(import);
                    self.used.push(import);
                    continue;
                }
                _ if is_test(name, "Test") => {
                    check_form(file, f, "T", at)?;
                    &mut self.tests
                }
                _ if is_test(name, "Benchmark") => {
                    check_form(file, f, "B", at)?;
                    &mut self.benchmarks
                }
                _ if is_test(name, "Fuzz") => {
                    check_form(file, f, "F", at)?;
                    &mut self.fuzz
                }
                _ => continue,
            };
            list.push((import, name.into()));
            self.used.push(import);
        }
        for e in examples {
            self.examples.push((import, e.clone()));
            self.used.push(import);
        }
        Ok(())
    }

    /// The source of the main package. `own` and `external` say which packages have test files.
    pub(super) fn source(&self, path: &str, module: &str, own: bool, external: bool) -> String {
        let mut s = String::from("package main\n\nimport (\n\t\"os\"\n");
        if self.main.is_some() {
            s += "\t\"reflect\"\n";
        }
        s += "\t\"testing\"\n\t\"testing/internal/testdeps\"\n";
        for (there, import, path) in
            [(own, OWN, path.to_string()), (external, EXTERNAL, format!("{path}_test"))]
        {
            if there {
                let name = if self.used.contains(&import) { import } else { "_" };
                s += &format!("\t{name} {path:?}\n");
            }
        }
        s += ")\n\n";
        for (name, ty, list) in [
            ("tests", "InternalTest", &self.tests),
            ("benchmarks", "InternalBenchmark", &self.benchmarks),
            ("fuzzTargets", "InternalFuzzTarget", &self.fuzz),
        ] {
            s += &format!("var {name} = []testing.{ty}{{\n");
            list.iter().for_each(|(import, f)| s += &format!("\t{{{f:?}, {import}.{f}}},\n"));
            s += "}\n\n";
        }
        s += "var examples = []testing.InternalExample{\n";
        for (import, e) in &self.examples {
            let (name, output) = (&e.name, go_string(&e.output));
            s += &format!("\t{{{name:?}, {import}.{name}, {output}, {}}},\n", e.unordered);
        }
        s += "}\n\nfunc init() {\n";
        s += &format!(
            "\ttestdeps.ModulePath = {module:?}\n\ttestdeps.ImportPath = {path:?}\n}}\n\n"
        );
        s += "func main() {\n\tm := testing.MainStart(testdeps.TestDeps{}, tests, benchmarks, fuzzTargets, examples)\n";
        s += &match self.main {
            None => "\tos.Exit(m.Run())\n}\n".to_string(),
            Some(import) => format!(
                "\t{import}.TestMain(m)\n\tos.Exit(int(reflect.ValueOf(m).Elem().FieldByName(\"exitCode\").Int()))\n}}\n"
            ),
        };
        s
    }

    pub(super) fn needs_reflect(&self) -> bool {
        self.main.is_some()
    }
}

/// Names of the imports of the package under test, and of its external tests.
pub(super) const OWN: &str = "_test";
pub(super) const EXTERNAL: &str = "_xtest";

/// `TestX`, but not `Testx`.
fn is_test(name: &str, prefix: &str) -> bool {
    name.strip_prefix(prefix).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
}

/// One parameter, `*T` or `*pkg.T`, and no results.
fn takes(file: &File, f: &FuncDecl, ty: &str) -> bool {
    let (params, results) = file.func_type(f.ty);
    let [param] = params else { return false };
    let ExprKind::Star(x) = file.expr(param.ty) else { return false };
    let name = match file.expr(*x) {
        ExprKind::Name(n) => file.name(*n),
        ExprKind::Selector { sel, .. } => file.name(*sel),
        _ => return false,
    };
    results.is_empty() && name == ty
}

fn check_form(file: &File, f: &FuncDecl, ty: &str, at: Pos) -> Result<(), (Pos, String)> {
    let name = file.name(f.name);
    if !f.tparams.is_empty() {
        let msg = format!("wrong signature for {name}, test functions cannot have type parameters");
        return Err((at, msg));
    }
    if takes(file, f, ty) {
        return Ok(());
    }
    let var = ty.to_lowercase();
    Err((at, format!("wrong signature for {name}, must be: func {name}({var} *testing.{ty})")))
}

/// The examples of a test file that say what they print.
pub(super) fn examples(files: &FileSet, file: &File, content: &[u8]) -> Vec<Example> {
    let mut list = Vec::new();
    for &d in &file.decls {
        let DeclKind::Func(f) = &file.decl(d).kind else { continue };
        let name = file.name(f.name).as_str();
        let (params, results) = file.func_type(f.ty);
        let plain = f.recv.is_none() && params.is_empty() && results.is_empty();
        let Some(body) = f.body.as_ref().filter(|_| plain && is_test(name, "Example")) else {
            continue;
        };
        let inside = |c: &&Comment| body.pos <= c.pos && c.end <= body.rbrace;
        let comments: Vec<&Comment> = file.comments.iter().filter(inside).collect();
        let offset = |p: Pos| (p.0 - file.base.0) as usize;
        let behind_code = |c: &Comment| {
            let line = content[..offset(c.pos)].rsplit(|&b| b == b'\n').next();
            line.is_some_and(|l| !l.trim_ascii().is_empty())
        };
        let text = last_group(files, &comments, behind_code, |c| {
            String::from_utf8_lossy(&content[offset(c.pos)..offset(c.end)]).into_owned()
        });
        if let Some((output, unordered)) = text.as_deref().and_then(output_of) {
            list.push(Example { name: name.into(), output, unordered });
        }
    }
    list
}

/// The text of the last comments that have no empty line between them. A comment behind code is by itself.
fn last_group(
    files: &FileSet,
    comments: &[&Comment],
    behind_code: impl Fn(&Comment) -> bool,
    text: impl Fn(&Comment) -> String,
) -> Option<String> {
    let line = |p: Pos| files.raw_position(p).line;
    let mut first = comments.len().checked_sub(1)?;
    while first > 0 && line(comments[first - 1].end) + 1 >= line(comments[first].pos) {
        if behind_code(comments[first - 1]) {
            break;
        }
        first -= 1;
    }
    let mut lines: Vec<String> = Vec::new();
    for c in &comments[first..] {
        let text = text(c);
        let inner = match text.strip_prefix("//") {
            Some(rest) if is_directive(rest) => continue,
            Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
            None => text.trim_start_matches("/*").trim_end_matches("*/"),
        };
        for line in inner.split('\n').map(str::trim_end) {
            // Of several empty lines one is left.
            if !(line.is_empty() && lines.last().is_some_and(String::is_empty)) {
                lines.push(line.to_string());
            }
        }
    }
    Some(lines.join("\n"))
}

/// Whether a comment, without its `//`, is for tools: `go:noinline`. gc: `ast.isDirective`.
fn is_directive(text: &str) -> bool {
    let word =
        |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let known = ["line ", "extern ", "export "];
    known.iter().any(|k| text.starts_with(k))
        || text
            .split_once(':')
            .is_some_and(|(tool, rest)| word(tool) && rest.get(..1).is_some_and(word))
}

/// What follows `Output:` or `Unordered output:` at the start of a comment.
fn output_of(text: &str) -> Option<(String, bool)> {
    let text = text.trim_start();
    let strip = |prefix: &str| {
        let head = text.get(..prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
    };
    let (rest, unordered) = match strip("unordered output:") {
        Some(rest) => (rest, true),
        None => (strip("output:")?, false),
    };
    let rest = rest.trim_start_matches(' ');
    let rest = rest.strip_prefix('\n').unwrap_or(rest);
    Some((format!("{}\n", rest.trim_end_matches('\n')), unordered))
}

/// A Go literal of the string.
fn go_string(s: &str) -> String {
    let mut out = String::from("\"");
    for b in s.bytes() {
        match b {
            b'"' => out += "\\\"",
            b'\\' => out += "\\\\",
            b' '..=b'~' => out.push(b as char),
            _ => out += &format!("\\x{b:02x}"),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use burrow_syntax::{Mode, parse_file};

    fn parse(src: &str) -> (FileSet, File) {
        let files = FileSet::new();
        let base = files.add_file("x_test.go", src.len()).unwrap();
        let mode = Mode { comments: true, ..Mode::default() };
        let file = parse_file(&files, "x_test.go", base, src.as_bytes(), mode).0;
        (files, file)
    }

    #[test]
    fn functions_by_name_and_form() {
        let (_, file) = parse(
            "package p\nfunc TestA(t *testing.T) {}\nfunc Test(t *T) {}\nfunc Testing() {}\n\
             func BenchmarkB(b *testing.B) {}\nfunc FuzzC(f *testing.F) {}\nfunc (x T) TestD() {}\n\
             func TestMain(m *testing.M) {}\n",
        );
        let mut f = TestFuncs::default();
        f.collect(&file, &[], OWN).unwrap();
        let source = f.source("m/p", "m", true, false);
        for line in [
            "\t{\"TestA\", _test.TestA},\n\t{\"Test\", _test.Test},\n}",
            "\t{\"BenchmarkB\", _test.BenchmarkB},\n}",
            "\t{\"FuzzC\", _test.FuzzC},\n}",
            "\t_test \"m/p\"\n",
            "\t_test.TestMain(m)\n",
        ] {
            assert!(source.contains(line), "{source}");
        }
    }

    #[test]
    fn wrong_forms() {
        for (src, want) in [
            (
                "func TestA(t testing.T) {}",
                "wrong signature for TestA, must be: func TestA(t *testing.T)",
            ),
            (
                "func FuzzA[T any](f *testing.F) {}",
                "wrong signature for FuzzA, test functions cannot have type parameters",
            ),
        ] {
            let (_, file) = parse(&format!("package p\n{src}\n"));
            let e = TestFuncs::default().collect(&file, &[], OWN).unwrap_err();
            assert_eq!(e.1, want);
        }
    }

    #[test]
    fn outputs_of_examples() {
        let src = "package p\nfunc ExampleA() {\n\t// a comment\n\n\t// Output: one\n\t//  two\n}\n\
                   func ExampleB() {\n\t// unordered output:\n\t// b\n\t// a\n}\n\
                   func ExampleC() { /* no output */ }\nfunc Examplelower() {\n// Output: x\n}\n\
                   func ExampleD() {\n\t// Output:\n\t// a\n\t//\n\t//\n\t//go:noinline\n\t// b: c\n}\n\
                   func ExampleE() {\n\tf() // f\n\t// Output: e\n}\n";
        let (files, file) = parse(src);
        let example = |name: &str, output: &str, unordered| Example {
            name: name.into(),
            output: output.into(),
            unordered,
        };
        assert_eq!(
            examples(&files, &file, src.as_bytes()),
            [
                example("ExampleA", "one\n two\n", false),
                example("ExampleB", "b\na\n", true),
                example("ExampleD", "a\n\nb: c\n", false),
                example("ExampleE", "e\n", false)
            ]
        );
        assert_eq!(go_string("a\"\n\u{e9}"), r#""a\"\x0a\xc3\xa9""#);
    }
}
