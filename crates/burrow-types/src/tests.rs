//! Programs and what is found in them. A comment `//^^ message` stands below the place where the message is reported.

use crate::{Config, Constant, Diagnostic, PackageInfo, TypeId, Universe, Version, check_package};
use burrow_syntax::{File, FileSet, Symbol, parse_file};
use std::collections::BTreeMap;

struct Checked {
    u: Universe,
    fset: FileSet,
    file: File,
    info: PackageInfo,
    diags: Vec<Diagnostic>,
}

impl Checked {
    /// The type of a package-level object.
    fn ty(&self, name: &str) -> TypeId {
        let o = self.u.pkg(self.info.id).lookup(Symbol::new(name)).expect("declared");
        self.u.obj_type(o)
    }
    fn value(&self, name: &str) -> Constant {
        let o = self.u.pkg(self.info.id).lookup(Symbol::new(name)).expect("declared");
        self.u.obj(o).const_value().expect("a constant").clone()
    }
}

fn analyse(src: &str, version: Version) -> Checked {
    let fset = FileSet::new();
    let base = fset.add_file("x.go", src.len()).expect("room");
    let (file, errors) =
        parse_file(&fset, "x.go", base, src.as_bytes(), burrow_syntax::Mode::default());
    assert_eq!(errors, [], "syntax");
    let u = Universe::new();
    let importer = |_: &str| Err("not in tests".to_string());
    let config = Config { version, ..Config::default() };
    let (info, diags) = check_package(&u, &fset, "a/p", &[&file], &importer, config);
    Checked { u, fset, file, info, diags }
}

fn ok(src: &str) -> Checked {
    ok_version(src, Version::CURRENT)
}

fn ok_version(src: &str, version: Version) -> Checked {
    let c = analyse(src, version);
    let all: Vec<String> = c.diags.iter().map(|d| d.render(&c.fset)).collect();
    assert!(all.is_empty(), "{}", all.join("\n"));
    c
}

/// Checks that exactly the marked errors are reported. Related lines follow the message after ` | `.
fn check(src: &str) {
    check_version(src, Version::CURRENT);
}

fn check_version(src: &str, version: Version) {
    let c = analyse(src, version);
    assert_eq!(positions(&c.fset, &c.diags), marks(src));
}

/// Messages by line and column.
type Messages = BTreeMap<(u32, u32), String>;

fn marks(src: &str) -> Messages {
    let mut want = Messages::new();
    let mut line_no = 0;
    for (i, line) in src.lines().enumerate() {
        match line.find("//^^ ") {
            None => line_no = i as u32 + 1,
            Some(at) => {
                // The marker points at the column of its first caret.
                want.insert((line_no, at as u32 + 3), line[at + 5..].to_string());
            }
        }
    }
    want
}

fn positions(fset: &FileSet, found: &[Diagnostic]) -> Messages {
    let mut have = Messages::new();
    for d in found {
        let p = fset.position(d.pos);
        have.insert((p.line, p.col), d.text(fset).replace("\n\t", " | "));
    }
    have
}

#[test]
fn short_declaration_needs_a_new_name() {
    check(
        r#"
package p
func f() {
    x := 1
    x := 2
    //^^ no new variables on left side of :=
    _ = x
}"#,
    );
}

#[test]
fn unused_variables_and_missing_returns() {
    check(
        r#"
package p
func f() int {
    var xyz int
      //^^ declared and not used: xyz
    for {
        break
    }
}
"#
        .replace("\n}\n", "\n  }\n//^^ missing return\n")
        .as_str(),
    );
}

#[test]
fn calls_list_what_they_have_and_want() {
    check(
        r#"
package p
func g(a int, s string) {}
func f() {
    g(1, 2.5, "x")
            //^^ too many arguments in call to g | have (number, number, string) | want (int, string)
    var s string = 1
                 //^^ cannot use 1 (untyped int constant) as string value in variable declaration
    _ = s
}"#,
    );
}

#[test]
fn missing_methods_say_what_is_there() {
    check(
        r#"
package p
type T struct{}
func (*T) M() {}
type I interface{ M() }
var _ I = T{}
        //^^ cannot use T{} (value of struct type T) as I value in variable declaration: T does not implement I (method M has pointer receiver)
"#,
    );
}

#[test]
fn inference_failures() {
    check(
        r#"
package p
func f[A, B any](a A) (b B) { return }
func g[T ~[]E, E any](t T) {}
func h() {
       f(1)
      //^^ in call to f, cannot infer B (declared at x.go:3:11)
       g(len(""))
      //^^ in call to g, T (type int) does not satisfy ~[]E
}"#,
    );
}

#[test]
fn language_versions() {
    check_version(
        r#"
package p
func f() {
    for range 10 {
            //^^ cannot range over 10 (untyped int constant): requires go1.22 or later (-lang was set to go1.21; check go.mod)
    }
}"#,
        Version(21),
    );
}

#[test]
fn instantiation_cycles() {
    check(
        r#"
package p
  func f[T any]() { f[*T]() }
       //^^ instantiation cycle: | x.go:3:23: T instantiated as *T
"#,
    );
}

#[test]
fn constants_are_exact() {
    let c = ok(r#"
package p
const big = 1 << 100 >> 98
const third = 1.0 / 3 * 3
const mask = ^uint8(5)
const r = 'a' + 1.0
const huge = 1e1000 / 1e999
const c = 2i * 2i
"#);
    assert_eq!(c.value("big"), Constant::Int(4));
    assert_eq!(c.value("third").to_int(), Constant::Int(1));
    assert_eq!(c.value("mask"), Constant::Int(250));
    assert_eq!(c.value("r").to_int(), Constant::Int(98));
    assert_eq!(c.value("huge").to_f64(), 10.0);
    assert_eq!(c.value("c").to_int(), Constant::Int(-4));
}

#[test]
fn floats_round_to_nearest_even() {
    let f = |s: &str| Constant::parse_float(s);
    assert_eq!(f("0.1").to_f64(), 0.1);
    assert_eq!(f("0.1").to_f32(), 0.1);
    assert_eq!(f("5e-324").to_f64(), 5e-324);
    assert_eq!(f("2e-324").to_f64(), 0.0);
    assert_eq!(f("1.7976931348623157e308").to_f64(), f64::MAX);
    assert!(f("1.8e308").to_f64().is_infinite());
    assert_eq!(f("16777217").to_f32(), 16_777_216.0);
    assert_eq!(f("0x1.fffffffffffff8p0").to_f64(), 2.0);
    assert_eq!(f("1e-45").to_f32(), 1e-45);
}

#[test]
fn names_of_types() {
    let c = ok(r#"
package p
type G[T any] struct{ f T }
type A = []byte
var a map[string]G[struct {
    x A "t"
    error
}]
var b func(int, ...any) (x, y rune)
var i interface{ m(); M() chan (<-chan int) }
func h[T any]() any { type L struct{ t T }; return L{} }
var k = h[int]
"#);
    let link = |n: &str| c.u.link_string(c.ty(n));
    let refl = |n: &str| c.u.reflect_string(c.ty(n));
    assert_eq!(link("a"), r#"map[string]a/p.G[struct { a/p.x []uint8 "t"; a/p.error }]"#);
    assert_eq!(refl("a"), r#"map[string]p.G[struct { a/p.x []uint8 "t"; a/p.error }]"#);
    assert_eq!(link("b"), "func(int, ...interface {}) (int32, int32)");
    assert_eq!(refl("i"), "interface { M() chan (<-chan int); p.m() }");
    assert_eq!(c.u.type_string(c.ty("b")), "func(int, ...any) (x rune, y rune)");
}

#[test]
fn local_types_of_generic_functions_have_instances() {
    let c = ok(r#"
package p
func f[T any]() any {
    type box struct{ v T }
    return box{}
}
"#);
    let sig = c.u.as_signature(c.ty("f")).expect("a function");
    let lit = c
        .file
        .exprs
        .ids()
        .find(|e| matches!(c.file.expr(*e), burrow_syntax::ExprKind::CompositeLit { .. }));
    let boxed = c.info.files[0].type_of(lit.expect("box{}"));
    let inst = |t| c.u.subst(boxed, &[(sig.tparams[0], t)]);
    let (i, s) = (inst(TypeId::INT), inst(TypeId::STRING));
    assert_eq!(i, inst(TypeId::INT));
    assert!(!c.u.identical(i, s));
    assert_eq!(c.u.link_string(i), "a/p.box[int]·1");
    assert_eq!(c.u.reflect_string(s), "p.box[string]");
    assert_eq!((c.u.sizeof(i), c.u.sizeof(s)), (8, 16));
}

#[test]
fn sizes_follow_gc() {
    let c = ok(r#"
package p
type A struct { a bool; b int64; c bool }
type Z struct { a int32; z struct{} }
type C struct { x complex64; y complex128 }
"#);
    assert_eq!(c.u.sizeof(c.ty("A")), 24);
    assert_eq!(c.u.sizeof(c.ty("Z")), 8);
    assert_eq!((c.u.sizeof(c.ty("C")), c.u.alignof(c.ty("C"))), (24, 8));
}

#[test]
fn initialisation_follows_dependencies() {
    let c = ok(r#"
package p
var (
    a = c + b
    b = f()
    c = f()
    d = 3
)
var x, y = two()
var z = g
func f() int { d++; return d }
func two() (int, int) { return y2(), 1 }
func y2() int { return w }
var w = 7
func g() {}
"#);
    let names: Vec<String> = c
        .info
        .init_order
        .iter()
        .map(|i| i.lhs.iter().map(|o| c.u.obj(*o).name.as_str()).collect::<Vec<_>>().join(","))
        .collect();
    assert_eq!(names, ["d", "b", "c", "a", "z", "w", "x,y"]);
}

#[test]
fn promoted_fields_in_literals() {
    check_version(
        r#"
package p
type In struct{ A, B int }
type Out struct{ In; C int }
var _ = Out{A: 1, C: 2}
var _ = Out{A: 1, In: In{}}
                //^^ cannot specify embedded field In and enclosed promoted field A
"#,
        Version::CURRENT,
    );
}

#[test]
fn method_sets_and_lookups() {
    let c = ok(r#"
package p
type L[T any] struct{}
func (L[T]) Get() T { panic(0) }
func (*L[T]) Set(T) {}
type S struct { *L[string]; n int }
"#);
    let names = |t| c.u.method_set(t).iter().map(|m| m.name.to_string()).collect::<Vec<_>>();
    assert_eq!(names(c.ty("S")), ["Get", "Set"]);
    let l = c.u.lookup_field_or_method(c.ty("S"), false, Some(c.info.id), Symbol::new("Get"));
    let m = l.obj.expect("found");
    assert_eq!((l.path.as_slice(), l.indirect), (&[0, 0][..], true));
    assert_eq!(c.u.type_string(c.u.obj_type(m)), "func() string");
    assert_ne!(c.u.origin_func(m), m);
}

// ---- great and deep ones: an error at most, and soon

/// Checks with as much stack as the compiler's threads have.
fn deep(src: String) -> Vec<String> {
    let run = move || {
        let c = analyse(&src, Version::CURRENT);
        c.diags.iter().map(|d| d.render(&c.fset)).collect()
    };
    std::thread::Builder::new().stack_size(1 << 30).spawn(run).unwrap().join().unwrap()
}

#[test]
fn deep_nesting_is_checked() {
    const N: usize = 9_000;
    let n = |s: &str| s.repeat(N);
    for src in [
        format!("var x = {}1{}", n("("), n(")")),
        format!("var x = {}1", n("- ")),
        format!("var x = 1{}", n(" + 1")),
        format!("func g(a int) int {{ return a }}\nvar x = {}1{}", n("g("), n(")")),
        format!("var a []int\nvar x = {}1{}", n("a["), n("]")),
        format!("type T struct{{ t *T }}\nvar v T\nvar x = v{}", n(".t")),
        format!("type T {}int\nvar v T\nvar w T = v", n("*")),
        format!("type T {}int", n("[]")),
        format!("type T {}int{}", "struct { a ".repeat(4000), "}".repeat(4000)),
        format!("type T {}int{}", "func(".repeat(4000), ")".repeat(4000)),
        format!("var x = {}{}", "[]any{".repeat(4000), "}".repeat(4000)),
        format!("var x = {}1{}", "func() { _ = ".repeat(3000), "}".repeat(3000)),
        format!("func f() {{ {}{} }}", n("{"), n("}")),
        format!(
            "type D[A any] struct {{ x, y A }}\nvar v {}int{}",
            "D[".repeat(3000),
            "]".repeat(3000)
        ),
    ] {
        let head: String = src.chars().take(40).collect();
        assert_eq!(deep(format!("package p\n{src}")), [""; 0], "{head}");
    }
}

/// `first`, then N declarations made of `each` by putting a number for `#` and the one before for `@`.
fn chain(first: &str, each: &str, n: usize) -> String {
    let mut s = format!("package p\n{first}\n");
    for i in 1..n {
        s += &each.replace('#', &i.to_string()).replace('@', &(i - 1).to_string());
        s.push('\n');
    }
    s
}

#[test]
fn types_that_grow_exponentially() {
    // Each name is looked at once, though there are 2^99 ways to the first one.
    let twice = chain("type A0 struct{}", "type A# struct { x, y A@ }", 100);
    assert_eq!(deep(twice + "var v, w A99\nvar e = v == w"), [""; 0]);
    let faces =
        chain("type I0 interface{ M() }", "type I# interface { I@; interface { I@ } }", 100);
    assert_eq!(deep(faces + "var v I99\nfunc f() { v.M() }"), [""; 0]);
    // The last instance is nested 2^98 times.
    let nested =
        chain("type P0[A any] struct { a A }", "type P#[A any] struct { a P@[P@[A]] }", 100);
    let errors = deep(nested + "var v P99[int]");
    assert!(errors.len() == 1 && errors[0].ends_with("is nested too deeply"), "{errors:?}");
    assert_eq!(
        deep("package p\ntype T[A any] struct { p *T[*A] }\nvar x T[int]".into()),
        ["x.go:2:8: instantiation cycle:\n\tx.go:2:29: A instantiated as *A"]
    );
}

#[test]
fn constants_that_grow_exponentially() {
    let strings = chain("const a0 = \"abcdefgh\"", "const a# = a@ + a@", 40);
    assert_eq!(
        deep(strings)[0],
        "x.go:30:17: constant string too long (2147483648 bytes > 2000000000 bytes)"
    );
    let floats = chain("const a0 = 1.5e300", "const a# = a@ * a@", 80);
    assert!(deep(floats)[0].ends_with("constant result is not representable"));
    assert_eq!(deep(chain("const a0 = 1.0 / 3", "const a# = a@ * a@ + 1.0/7", 80)), [""; 0]);
    let c = ok("package p\nconst a = \"0123456789abcdef\"\nconst b = a + a + a + a\n\
        const c = b + b + b + b + b + b + b + b + b + b + b + b + b + b + b + b\n\
        const d = c + c + c + c + c + c + c + c\nconst n, e = len(d), d == d + \"\"");
    assert_eq!(c.value("n").to_i64(), Some(8192));
    assert!(c.value("e").bool_val() && c.value("d").str_val().ends_with(b"def"));
}

#[test]
fn great_constants() {
    for (src, want) in [
        (
            "1 << 1000000000",
            "invalid operation: invalid shift count 1000000000 (untyped int constant)",
        ),
        ("1 << 500 << 500", "constant shift overflow"),
        ("1e500000000 * 1e500000000", "constant result is not representable"),
        ("0x1p-99999999999", "malformed constant: 0x1p-99999999999"),
        ("1.5e-9223372036854775808", "malformed constant: 1.5e-9223372036854775808"),
        ("1e999999999999999999999999", "malformed constant: 1e999999999999999999999999"),
        ("0x1p1000000000 * 1.5", ""),
        ("1e-1000000000 * 2", ""),
    ] {
        let errors = deep(format!("package p\nconst c = {src}"));
        match want {
            "" => assert_eq!(errors, [""; 0], "{src}"),
            _ => assert!(errors.len() == 1 && errors[0].ends_with(want), "{src}: {errors:?}"),
        }
    }
}

/// As `check`, for what is found in a program that is right otherwise.
fn check_sizes(src: &str) {
    let c = ok(src);
    let found = crate::oversized(&c.u, &c.info, &[&c.file]);
    assert_eq!(positions(&c.fset, &found), marks(src));
}

#[test]
fn types_that_are_too_large() {
    check_sizes(
        r#"
package p
type big = [1 << 17]byte
type T struct{ c chan big }
   //^^ channel element type too large (>64kB)
var _ chan [1<<16 - 1]byte
var _ chan [1 << 16]byte
  //^^ channel element type too large (>64kB)
var _ *map[int][]map[[1 << 31]byte]int
  //^^ map key type too large
func f(map[string][1 << 31]byte) {}
   //^^ map element type too large
type V [1 << 50]struct{}
type W [1 << 50]byte
   //^^ type [1125899906842624]byte larger than address space
type X struct{ a, b [1 << 49]byte }
   //^^ type struct{a [562949953421312]byte; b [562949953421312]byte} too large
var _ X
"#,
    );
    check_sizes(
        r#"
package p
func f() {
    x := make(chan [1 << 16]int)
  //^^ channel element type too large (>64kB)
    var y *chan [1 << 16]int = &x
      //^^ channel element type too large (>64kB)
    _ = y
    go func(chan [1 << 16]int) {}(nil)
  //^^ channel element type too large (>64kB)
}
"#,
    );
}

#[test]
fn frames_that_are_too_large() {
    check_sizes(
        r#"
package p
type huge [1500000000]byte
func copies(x *huge) (n byte) {
   //^^ stack frame too large (>1GB): 1430 MB locals + 0 MB args
    for _, b := range *x {
        n += b
    }
    return
}
func fine(x *huge) (n byte) {
    for i, b := range x {
        n += b
        x[i] = 0
    }
    for i := range *x {
        n += byte(i)
    }
    var y huge
    *x = y
    return
}
type struct4 struct{ a [1 << 32]byte; n int }
func zero(x *struct4) { *x = struct4{}; x.a = [1 << 32]byte{}; *x = struct4{n: 1} }
func data() byte { return []byte{1 << 32: 1}[5] }
   //^^ stack frame too large (>1GB): 4096 MB locals + 0 MB args
func args(huge) {}
   //^^ stack frame too large (>1GB): 0 MB locals + 1430 MB args
func (huge) result() (h huge) { return }
   //^^ stack frame too large (>1GB): 0 MB locals + 2861 MB args
func calls(f func() [400e6]byte, g func(x, y [400e6]byte)) { g(f(), f()) }
   //^^ stack frame too large (>1GB): 762 MB locals + 0 MB args + 762 MB callee
var _ = func(huge) {}
      //^^ stack frame too large (>1GB): 0 MB locals + 1430 MB args
"#,
    );
}

/// Programs that need a version of the language, and what official Go says of them under the version before.
const GATES: &[(u16, &str, &str)] = &[
    (21, "func f(m map[int]int) { clear(m) }", "3:25: clear requires go1.21 or later"),
    (21, "var n = min(1, 2)", "3:9: built-in min requires go1.21 or later"),
    (26, "var p = new(1)", "3:9: new(1) requires go1.26 or later"),
    (
        17,
        "import \"unsafe\"\n\nfunc f(p unsafe.Pointer) { _ = unsafe.Add(p, 1) }",
        "5:32: unsafe.Add requires go1.17 or later",
    ),
    (
        17,
        "import \"unsafe\"\n\nfunc f(p *int) { _ = unsafe.Slice(p, 1) }",
        "5:22: unsafe.Slice requires go1.17 or later",
    ),
    (
        20,
        "import \"unsafe\"\n\nfunc f(p []int) { _ = unsafe.SliceData(p) }",
        "5:23: unsafe.SliceData requires go1.20 or later",
    ),
    (
        20,
        "import \"unsafe\"\n\nfunc f(p *byte) { _ = unsafe.String(p, 1) }",
        "5:23: unsafe.String requires go1.20 or later",
    ),
    (
        20,
        "import \"unsafe\"\n\nfunc f(p string) { _ = unsafe.StringData(p) }",
        "5:24: unsafe.StringData requires go1.20 or later",
    ),
    (
        18,
        "func f[T any](T) {}",
        "3:8: type parameter requires go1.18 or later\n3:10: predeclared any requires go1.18 or later",
    ),
    (
        18,
        "type T[P any] struct{}",
        "3:8: type parameter requires go1.18 or later\n3:10: predeclared any requires go1.18 or later",
    ),
    (
        18,
        "type I interface{ int | string }",
        "3:19: embedding interface element int | string requires go1.18 or later",
    ),
    (
        18,
        "type I interface{ int }",
        "3:19: embedding non-interface type int requires go1.18 or later",
    ),
    (
        18,
        "type I interface{ ~int }",
        "3:19: embedding interface element ~int requires go1.18 or later",
    ),
    (18, "var x any", "3:7: predeclared any requires go1.18 or later"),
    (18, "type I interface{ comparable }", "3:19: predeclared comparable requires go1.18 or later"),
    (
        21,
        "func g[T any](T) {}\nvar f func(int) = g",
        "4:19: implicitly instantiated function in assignment requires go1.21 or later",
    ),
    (
        21,
        "func g[S, T any](S, T) {}\nvar f func(int, int) = g[int]",
        "4:25: partially instantiated function in assignment requires go1.21 or later",
    ),
    (
        21,
        "func g[T any](T) {}\nfunc h(func(int)) {}\nfunc f() { h(g) }",
        "5:14: implicitly instantiated function as argument requires go1.21 or later",
    ),
    (
        17,
        "func f(s []int) { _ = (*[2]int)(s) }",
        "3:33: cannot convert s (variable of type []int) to type *[2]int: conversion of slice to array pointer requires go1.17 or later",
    ),
    (
        20,
        "func f(s []int) { _ = [2]int(s) }",
        "3:30: cannot convert s (variable of type []int) to type [2]int: conversion of slice to array requires go1.20 or later",
    ),
    (9, "type A = int", "3:6: type alias requires go1.9 or later"),
    (23, "type A[P any] = []P", "3:8: generic type alias requires go1.23 or later"),
    (13, "var n = 1_000", "3:9: underscore in numeric literal requires go1.13 or later"),
    (13, "var n = 0b11", "3:9: binary literal requires go1.13 or later"),
    (13, "var n = 0o17", "3:9: 0o/0O-style octal literal requires go1.13 or later"),
    (13, "var n = 0x1p4", "3:9: hexadecimal floating-point literal requires go1.13 or later"),
    (13, "var n = 0x1i", "3:9: hexadecimal floating-point literal requires go1.13 or later"),
    (
        13,
        "func f(n int) int { return 1 << n }",
        "3:33: invalid operation: signed shift count n (variable of type int) requires go1.13 or later",
    ),
    (
        14,
        "type A interface{ m() }\ntype B interface{ m() }\ntype C interface{ A; B }",
        "5:22: duplicate method m\n\t5:19: other declaration of method m",
    ),
    (
        20,
        "func g[T comparable](T) {}\nfunc f(x any) { g(x) }",
        "4:18: any to satisfy comparable requires go1.20 or later",
    ),
    (
        22,
        "func f() { for range 10 {} }",
        "3:22: cannot range over 10 (untyped int constant): requires go1.22 or later",
    ),
    (
        22,
        "func f() { for i := range 10 { _ = i } }",
        "3:27: cannot range over 10 (untyped int constant): requires go1.22 or later",
    ),
    (
        23,
        "func f(g func(func() bool)) { for range g {} }",
        "3:41: cannot range over g (variable of type func(func() bool)): requires go1.23 or later",
    ),
    (
        23,
        "func f(g func(func(int) bool)) { for i := range g { _ = i } }",
        "3:49: cannot range over g (variable of type func(func(int) bool)): requires go1.23 or later",
    ),
    (
        27,
        "type I struct{ a int }\ntype O struct{ I }\nvar o = O{a: 1}",
        "5:11: use of promoted field I.a in struct literal of type O requires go1.27 or later",
    ),
    (
        27,
        "type T struct{}\nfunc (T) m[P any](P) {}",
        "4:12: generic method requires go1.27 or later",
    ),
    (
        18,
        "type T[P any] struct{}\nvar t T[int]",
        "3:8: type parameter requires go1.18 or later\n3:10: predeclared any requires go1.18 or later\n4:7: type instantiation requires go1.18 or later",
    ),
    (
        21,
        "type I[P any] interface{ m(P) }\nfunc g[P any](I[P]) {}\ntype T struct{}\nfunc (T) m(int) {}\nfunc f(t T) { g(t) }",
        "7:17: in call to g, type T of t does not match I[P] (cannot infer P)",
    ),
];

#[test]
fn every_gate_of_a_language_version() {
    for (v, src, want) in GATES {
        let src = format!("package p\n\n{src}\n");
        ok_version(&src, Version(*v));
        ok_version(&src, Version::default());
        let c = analyse(&src, Version(*v - 1));
        let hint = format!(" (-lang was set to go1.{}; check go.mod)", v - 1);
        let mut found: Vec<&Diagnostic> = c.diags.iter().collect();
        found.sort_by_key(|d| d.pos);
        let text: Vec<String> = found
            .iter()
            .map(|d| d.render(&c.fset).replace("x.go:", "").replace(&hint, ""))
            .collect();
        assert_eq!(text.join("\n"), *want, "{src}");
    }
}

#[test]
fn files_have_versions_of_their_own() {
    // Older than go1.21, they don't count.
    for (file, module, want) in [
        (21, 27, Some("file declares //go:build go1.21")),
        (22, 20, None),
        (20, 27, Some("-lang was set to go1.27; check go.mod")),
        (20, 22, Some("-lang was set to go1.22; check go.mod")),
    ] {
        let src = format!(
            "//go:build go1.{file}\n\npackage p\n\nfunc f() {{\n\tfor range 10 {{\n\t}}\n}}\n"
        );
        let c = analyse(&src, Version(module));
        let text: Vec<String> = c.diags.iter().map(|d| d.render(&c.fset)).collect();
        let range =
            "x.go:6:12: cannot range over 10 (untyped int constant): requires go1.22 or later";
        let want = want.map(|w| format!("{range} ({w})"));
        assert_eq!(text, want.into_iter().collect::<Vec<_>>(), "{src}");
    }
}
