//! What random statements would hardly come upon: generics with each kind of constraint, packages with names that clash, goroutines, select, goto,
//! labels, embedded files, method values, big values. Their holes are filled by chance.

use crate::expr::Mode;
use crate::program::{File, Gen};
use crate::types::{Ty, TyId};

/// Packages beside the main one of the program, and files; writes the imports into `g.out`.
pub fn packages(g: &mut Gen, module: &str, package: &str) -> Vec<File> {
    let mut files = Vec::new();
    g.out.clear();
    if g.rng.chance(30) {
        let n = g.rng.below(50);
        // The same name in a package, in one whose path ends with a type's name, and in ours.
        let q = format!(
            "package q\n\nimport (\n\t\"{module}/rt\"\n\tr \"{module}/{package}/q.T\"\n)\n\ntype T int\n\nfunc (T) M() int {{ return {n} + r.M() }}\n\nvar V = rt.Note(\"q.V\", W+r.V)\n\nvar W = f()\n\nfunc f() int {{ return len(names) + {n} }}\n\nvar names = map[string]int{{\"a\": 1, \"b\": {n}}}\n\nfunc init() {{ rt.P(\"init q\", V, W); V++ }}\n\nfunc init() {{ rt.P(\"init q again\", V) }}\n"
        );
        let r = format!(
            "package T\n\nimport \"{module}/rt\"\n\nvar V = rt.Note(\"q.T.V\", {n})\n\nfunc M() int {{ return {} }}\n\ntype T struct{{ a, b int }}\n\nfunc (t T) M() int {{ return t.a - t.b }}\n\nfunc init() {{ rt.P(\"init q.T\", V) }}\n",
            n + 1
        );
        files.push(File { path: "q/q.go".into(), text: q });
        files.push(File { path: "q.T/r.go".into(), text: r });
        g.out += &format!("\t\"{module}/{package}/q\"\n\tqt \"{module}/{package}/q.T\"\n");
        g.extra.push("rt.P(\"packages\", q.T(1).M(), qt.M(), q.V, q.W, qt.T{}, qt.T{}.M(), any(q.T(3)), any(qt.T{}))".into());
    }
    if g.rng.chance(8) {
        // Whether the type's name is qualified must not matter.
        let dot = g.rng.chance(50);
        let text = format!("embedded {}\nline\n", g.rng.below(1000));
        files.push(File { path: "data/a.txt".into(), text: text.clone() });
        files.push(File { path: "data/sub/b.txt".into(), text: "b".into() });
        let go = format!(
            "package {package}\n\nimport (\n\t{}\n\t\"io/fs\"\n\n\t\"{module}/rt\"\n)\n\n//go:embed data/a.txt\nvar text string\n\n//go:embed data/a.txt\nvar bytes named\n\ntype named []byte\n\n//go:embed data\nvar tree {}FS\n\nfunc embedded() {{\n\trt.P(\"embedded\", text, string(bytes))\n\tfs.WalkDir(tree, \".\", func(p string, d fs.DirEntry, err error) error {{ rt.P(p, d.IsDir(), err == nil); return nil }})\n\tb, err := tree.ReadFile(\"data/sub/b.txt\")\n\trt.P(string(b), err == nil)\n}}\n",
            if dot { ". \"embed\"" } else { "\"embed\"" },
            if dot { "" } else { "embed." },
        );
        files.push(File { path: "embed.go".into(), text: go });
        g.extra.push("embedded()".into());
    }
    files
}

/// Calls that `Run` makes besides those of all functions.
pub fn calls(g: &mut Gen) {
    for text in std::mem::take(&mut g.extra) {
        g.line("fuel = 300");
        g.line(&format!("rt.Try(func() {{ {text} }})"));
    }
}

fn ops(g: &mut Gen, list: &[&str]) -> String {
    let mut e = "x".to_string();
    for _ in 0..g.rng.range(1, 4) {
        let op = *g.rng.pick(list);
        let right = *g.rng.pick(&["y", "x", "(y | 1)", "3", "(x + y)"]);
        e = format!("({e} {op} {right})");
    }
    e
}

fn int_types(g: &Gen) -> Vec<TyId> {
    g.t.pool.iter().copied().filter(|&t| matches!(g.t.under(t), Ty::Int(_))).collect()
}

/// Declarations of generic functions and types; their uses go to `g.extra`.
pub fn generics(g: &mut Gen) {
    let all: [fn(&mut Gen); 8] = [
        integers,
        arrays,
        slices_and_maps,
        methods_of,
        stack,
        byte_sequences,
        type_switches,
        functions,
    ];
    for f in all {
        if g.rng.chance(60) {
            f(g);
            g.line("");
        }
    }
}

fn integers(g: &mut Gen) {
    let e = ops(g, &["+", "-", "*", "&", "|", "^", "&^"]);
    let shift = g.rng.below(40);
    g.line("type integer interface { ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr }");
    g.line("");
    g.line(&format!("func gints[T integer](x, y T) (T, T, bool, T) {{ z := {e}; if y == 0 {{ y = 3 }}; return z, z / y + z % y, z < x, z >> {shift} ^ z << (uint(y) & 15) }}"));
    let types = int_types(g);
    for _ in 0..3 {
        let t = *g.rng.pick(&types);
        let (a, b) = (g.literal(t, 1, Mode::Pure), g.literal(t, 1, Mode::Pure));
        let name = g.t.name(t);
        g.extra.push(format!("a, b, c, d := gints[{name}]({a}, {b}); rt.P(\"gints\", a, b, c, d)"));
    }
}

fn arrays(g: &mut Gen) {
    let (n, m) = (g.rng.range(2, 5), g.rng.range(6, 20));
    g.line(&format!("type garr interface {{ [{n}]int | [{m}]int }}"));
    g.line("");
    g.open("func garrays[T garr](x T, i, v int) (T, *int, int, func() int) {");
    g.line("i = rt.Idx(i, len(x))");
    g.line("get := func() int { return x[i] }");
    g.line("y := x");
    g.line("x[i] = v");
    g.line("x[len(x)-1]++");
    g.line("p := &x[i]");
    g.line("s := get()");
    if g.rng.chance(50) {
        g.line("for k := range len(x) { s = s*3 + x[k]; if k == i { x[0] += 5 } }");
    } else {
        g.line("for k := range len(y) { s = s*3 + y[k]; x[0] += 5 }");
    }
    g.line("*p += 100");
    g.line("y[i] -= x[i]");
    g.line("return y, p, s, get");
    g.close("}");
    let (i, v) = (g.rng.below(9), g.rng.below(100));
    for k in [n, m] {
        g.extra.push(format!("a, b, c, d := garrays([{k}]int{{1, 2}}, {i}, {v}); *b *= 2; rt.P(\"garrays\", a, *b, c, d())"));
    }
}

fn slices_and_maps(g: &mut Gen) {
    g.open("func gseq[S ~[]E, E any, M ~map[int]E](s S, m M) (S, int, M) {");
    g.line("var r S");
    g.line("for i, e := range s { r = append(r, e); m[i*2] = e; if i > 3 { break } }");
    let k = g.rng.below(4);
    g.line(&format!("if len(r) > {k} {{ r[0], r[len(r)-1] = r[len(r)-1], r[0]; r = append(r[:{k}], r[len(r)-1:]...); delete(m, {k}) }}"));
    g.line("if e, ok := m[2]; ok { r = append(r, e) }");
    g.line("clear(s[min(len(s), 1):])");
    g.line("return r, len(m), m");
    g.close("}");
    for _ in 0..3 {
        let e = g.any_type();
        let s = g.t.add(Ty::Slice(e));
        let (value, name) = (g.literal(s, 2, Mode::Pure), g.t.name(e));
        g.extra.push(format!(
            "s := {value}; a, b, c := gseq(s, map[int]{name}{{}}); rt.P(\"gseq\", a, b, c, s)"
        ));
    }
}

fn methods_of(g: &mut Gen) {
    let n = g.t.named[0].clone();
    let m = n.methods[0].clone();
    let args = g.args(&m.params, 0, Mode::Pure);
    g.line(&format!("func gmeth[T {}](x T, n int) (r []any) {{ f := x.{}; for range n {{ r = append(r, x.{}({args})) }}; return append(r, f({args}), T.{}(x{}{args}), {}(x).{}({args})) }}", n.name, m.name, m.name, m.name, if args.is_empty() { "" } else { ", " }, n.name, m.name));
    let list: Vec<TyId> =
        (0..g.t.list.len()).filter(|&t| !g.t.is_interface(t) && g.t.implements(t, n.id)).collect();
    for _ in 0..2.min(list.len()) {
        let t = *g.rng.pick(&list);
        let value = g.literal(t, 2, Mode::Pure);
        g.extra.push(format!("rt.P(\"gmeth\", gmeth({value}, 2))"));
    }
}

fn stack(g: &mut Gen) {
    g.line("type gstack[T any] struct { items []T; n int; next *gstack[T] }");
    g.line("");
    g.line("func (s *gstack[T]) push(x T) *gstack[T] { if len(s.items) == 2 { s.next = &gstack[T]{items: s.items, n: s.n, next: s.next}; s.items = nil }; s.items = append(s.items, x); s.n++; return s }");
    g.line("");
    g.line("func (s gstack[T]) all() func(func(int, T) bool) { return func(yield func(int, T) bool) { for p := &s; p != nil; p = p.next { for i, x := range p.items { if !yield(i+p.n, x) { return } } } } }");
    g.line("");
    g.line("func (s *gstack[T]) fold[U any](u U, f func(U, T) U) U { for _, x := range s.all() { u = f(u, x) }; return u }");
    for _ in 0..2 {
        let t = g.any_type();
        let name = g.t.name(t);
        let n = g.rng.range(1, 5);
        let mut text = format!("s := new(gstack[{name}])");
        for _ in 0..n {
            let value = g.literal(t, 1, Mode::Pure);
            text += &format!("; s.push({value})");
        }
        text += "; s.push(s.items[0])";
        text += "; n := 0; for i, x := range s.all() { n += i; if n > 7 { break }; rt.P(\"gstack\", i, x) }";
        text += &format!(
            "; rt.P(\"fold\", n, s.fold(\"\", func(u string, x {name}) string {{ return u + rt.Itoa(rt.Hash(x)) }})[:2], s.fold(1, func(u int, x {name}) int {{ return u*2 + 1 }}))"
        );
        g.extra.push(text);
    }
}

fn byte_sequences(g: &mut Gen) {
    let k = g.rng.below(3);
    g.line(&format!("func gbytes[T string | []byte](s, t T) (n int, r []byte, u T) {{ for i := range len(s) {{ n = n*31 + int(s[i]) }}; r = append(r, s...); copy(r[min(len(r), {k}):], t); if len(t) > {k} {{ u = t[{k}:] }}; return n, append(r, string(t) + \"!\"...), u }}"));
    g.extra.push("a, b, c := gbytes(\"hello\", \"wör\"); rt.P(\"gbytes\", a, b, c); d, e, f := gbytes([]byte(\"xyz\"), []byte{1, 2, 3}); rt.P(\"gbytes\", d, e, f)".into());
}

fn type_switches(g: &mut Gen) {
    let mut text = "func gswitch[T any](x T) string { switch v := any(x).(type) { ".to_string();
    let mut seen = Vec::new();
    for i in 0..5 {
        let t = g.any_type();
        if !seen.contains(&t) {
            seen.push(t);
            text += &format!("case {}: _ = v; return \"{i}\"; ", g.t.name(t));
        }
    }
    text += "case []T: return \"slice\"; case interface{ M() T }: return \"method\" }; if _, ok := any(&x).(interface{ I0M() }); ok { return \"pointer\" }; return \"none\" }";
    g.line(&text);
    for _ in 0..4 {
        let t = g.any_type();
        let (name, value) = (g.t.name(t), g.literal(t, 1, Mode::Pure));
        g.extra.push(format!("rt.P(\"gswitch\", gswitch[{name}]({value}), gswitch([]{name}{{}}))"));
    }
}

fn functions(g: &mut Gen) {
    let t = g.any_type();
    let name = g.t.name(t);
    let value = g.literal(t, 1, Mode::Pure);
    g.line("func gapply[F ~func(T) U, T, U any](f F, x T, n int) (r []U) { defer func() { if e := recover(); e != nil { rt.Recovered(\"gapply\", e); r = append(r, *new(U)) } }(); for i := range n { r = append(r, f(x)); if i == 2 { panic(i) } }; return r }");
    let n = g.rng.range(1, 5);
    g.extra.push(format!("k := 0; rt.P(\"gapply\", gapply(func(x {name}) int {{ k++; return k + rt.Hash(x)%7 }}, {value}, {n}), k)"));
    g.extra.push(format!("rt.P(\"gapply\", gapply(gid[{name}], {value}, {n}))"));
}

// ---------------------------------------------------------------------------------------------
// Statements

pub fn statement(g: &mut Gen) {
    let all: [fn(&mut Gen); 9] =
        [workers, selects, jumps, big_values, method_values, appends, panics, conversions, loops];
    let f = *g.rng.pick(&all);
    f(g);
}

fn int_value(g: &mut Gen) -> String {
    let int = g.t.int();
    g.value(int, 1, Mode::Pure)
}

fn workers(g: &mut Gen) {
    let (c, n, s) = (g.fresh("ch"), g.rng.range(1, 4), g.fresh("s"));
    let v = int_value(g);
    let size = g.rng.below(3);
    g.line(&format!("{c}, {s} := make(chan int, {size}), 0"));
    g.line(&format!("for w := range {n} {{ go func(x int) {{ defer func() {{ {c} <- x*w + 1 }}(); if x&1 == 1 {{ defer func() {{ recover() }}(); panic(w) }} }}({v}) }}"));
    g.line(&format!("for range {n} {{ {s} += <-{c} }}"));
    let int = g.t.int();
    g.declare_as(s, int, false);
}

fn selects(g: &mut Gen) {
    let (c, r) = (g.fresh("ch"), g.fresh("rr"));
    let v = int_value(g);
    let k = g.rng.below(4);
    g.line(&format!("{c} := [2]chan int{{make(chan int, 2), nil}}"));
    g.line(&format!("{r} := 0"));
    g.open(&format!("for i := range {} {{", k + 2));
    g.line("select {");
    g.line(&format!("case {c}[0] <- {v} + i: {r} += 10"));
    g.line(&format!("case x, ok := <-{c}[1]: {r} += x; rt.P(\"never\", ok)"));
    g.line(&format!("default: {r} += <-{c}[0] & 0xff"));
    g.line("}");
    g.close("}");
    g.line(&format!("close({c}[0])"));
    g.line(&format!("for x := range {c}[0] {{ {r} = {r}*3 + x }}"));
    let int = g.t.int();
    g.declare_as(r, int, false);
}

fn jumps(g: &mut Gen) {
    let (n, a, b) = (g.fresh("n"), g.fresh("A"), g.fresh("B"));
    let v = int_value(g);
    let limit = g.rng.range(2, 6);
    g.line(&format!("{n} := {v} & 7"));
    g.open("{");
    g.line(&format!("{a}:"));
    g.line(&format!("if {n} > {limit}*9 {{ goto {b} }}"));
    g.line(&format!("{n} = {n}*2 + 1"));
    g.line(&format!("if tick() && {n}%5 != 0 {{ goto {a} }}"));
    g.line(&format!("{b}:"));
    g.line(&format!("{n}--"));
    g.close("}");
    let int = g.t.int();
    g.declare_as(n, int, false);
}

/// Values above 128 bytes and above 64 KiB, copied, passed and returned, with panics in between.
fn big_values(g: &mut Gen) {
    let (n, v, i) = (*g.rng.pick(&[5, 17, 40, 300, 9000]), g.fresh("big"), g.rng.below(5));
    let x = int_value(g);
    g.line(&format!("{v} := func(in [{n}]int, at int) (res [{n}]int, err error) {{ defer func() {{ if e := recover(); e != nil {{ err = rt.Err; res[0]++; res[1] = in[{i}] }} }}(); res = in; res[{i}] = {x}; if at&1 == 1 {{ panic(at) }}; in[2] = at; return in, nil }}"));
    g.line(&format!("{v}a, {v}b := {v}([{n}]int{{1, 2, 3}}, {x})"));
    g.line(&format!("{v}c := struct {{ p *[{n}]int; a [{n}]int }}{{a: {v}a}}; {v}c.p = &{v}c.a; {v}c.p[1] += 7; {v}d := {v}c; {v}d.a[1]--"));
    g.line(&format!(
        "rt.P(\"big\", {v}a[:5], {v}b == nil, {v}c.a[1], {v}d.a[1], {v}d.p[1], {v}c.a == {v}d.a)"
    ));
}

fn method_values(g: &mut Gen) {
    let list: Vec<(String, TyId, crate::types::Method)> = g
        .scope
        .iter()
        .flat_map(|v| g.t.methods(v.ty).iter().map(move |m| (v, m)))
        .filter(|(v, m)| v.shared && (!m.pointer || !g.t.is_interface(v.ty)))
        .map(|(v, m)| (v.name.clone(), v.ty, m.clone()))
        .collect();
    if list.is_empty() {
        return conversions(g);
    }
    let (name, _, m) = g.rng.pick(&list).clone();
    let f = g.fresh("mv");
    g.line(&format!("{f} := {name}.{}", m.name));
    let ty = g.t.add(Ty::Func(m.params.clone(), m.results.clone()));
    g.declare_as(f, ty, false);
}

/// Operands that are what is appended to.
fn appends(g: &mut Gen) {
    let t = g.any_type();
    let name = g.t.name(t);
    let (s, u) = (g.fresh("ap"), g.fresh("ap"));
    let (a, b, c) =
        (g.literal(t, 1, Mode::Pure), g.literal(t, 1, Mode::Pure), g.literal(t, 1, Mode::Pure));
    let k = g.rng.below(3);
    g.line(&format!("{s} := []{name}{{{a}, {b}, {c}}}"));
    g.line(&format!("{u} := append({s}[:{k}], {s}[2], {s}[1], {s}[0])"));
    if g.rng.chance(50) {
        g.line(&format!("{s} = append({s}[:1], {s}[1:]...)"));
    } else {
        g.line(&format!("copy({s}[1:], {s}); {s}[0], {s}[1], {s}[2] = {s}[1], {s}[2], {s}[0]"));
    }
    g.line(&format!("rt.P(\"append\", {s}, {u}, len({u}))"));
    let ty = g.t.add(Ty::Slice(t));
    g.declare_as(s, ty, true);
}

/// Panics within panics, and who recovers them.
fn panics(g: &mut Gen) {
    let (a, b) = (int_value(g), int_value(g));
    g.open("func() {");
    g.line("defer rt.Guard()");
    g.line(&format!("defer func() {{ if {a}&1 == 0 {{ rt.P(\"outer\", recover()) }} }}()"));
    g.line(&format!("for i := range 3 {{ defer func() {{ if i == 1 && {b}&2 == 0 {{ defer func() {{ rt.P(\"inner\", recover(), i) }}(); panic(i) }}; rt.P(\"deferred\", i) }}() }}"));
    g.line(&format!("if {b}&1 == 0 {{ panic(rt.Err) }}"));
    g.line(&format!("var m map[string]int; m[\"x\"] = {a}"));
    g.close("}()");
}

fn conversions(g: &mut Gen) {
    let (s, m) = (g.fresh("str"), g.fresh("m"));
    let string = g.t.add(Ty::Str);
    let v = g.value(string, 1, Mode::Pure);
    g.line(&format!("{s} := []byte({v})"));
    g.line(&format!("{m} := map[string]int{{string({s}): 1, {v} + \"x\": 2}}"));
    g.line(&format!("if len({s}) > 0 {{ {s}[0] ^= 1 }}"));
    g.line(&format!("{m}[string({s})] += 5; {m}[string({s})+\"x\"]++"));
    g.line(&format!("for i, r := range {v} {{ {m}[string(r)] += i }}"));
    g.line(&format!("switch string({s}) {{ case \"a\", \"`\": {m}[\"s\"] = 1; case \"ab\": {m}[\"s\"] = 2; case \"\": {m}[\"s\"] = 3 }}"));
    g.line(&format!("if len({s}) >= 4 {{ a := [4]byte({s}); p := (*[2]byte)({s}); p[1] = 'q'; rt.P(\"arr\", a, *p, string({s})) }}"));
    g.line(&format!("rt.P(\"conv\", {m}, []rune({v}), string([]rune({v})) == {v}, len({m}))"));
}

/// Variables of loops, kept by closures; ranges over functions with exits of every kind.
fn loops(g: &mut Gen) {
    let (f, r) = (g.fresh("fs"), g.fresh("rr"));
    let (a, b) = (g.rng.range(1, 5), g.rng.range(1, 4));
    let l = g.fresh("L");
    g.line(&format!("var {f} []func() int; {r} := 0"));
    g.line(&format!("{l}: for i := 0; i < {a}; i++ {{ {f} = append({f}, func() int {{ i += 2; return i }}); if i == 2 {{ i++ }}; for j, x := range rt.Seq([]int{{5, 6, 7, 8}}) {{ defer func() {{ {r} += j }}(); if x%{b} == 1 {{ continue {l} }}; if x == 8 {{ break {l} }}; {r} += x * i }} }}"));
    g.line(&format!("for _, f := range {f} {{ {r} = {r}*5 + f() + f() }}"));
    let int = g.t.int();
    g.declare_as(r, int, true);
}
