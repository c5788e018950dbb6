//! One program: a package with a function `Run` that prints what it computes.
//!
//! PROG-1  Every loop and every function takes from a counter, and returns when it is used up: programs end.
//! PROG-2  Nothing that is printed depends on addresses, time, the order of maps or of goroutines.
//! PROG-3  A function calls only those that were written before it, or itself with less depth.

use crate::expr::{Mode, Var};
use crate::rng::Rng;
use crate::templates;
use crate::types::{Ty, TyId, Types, results};

#[derive(Clone, Debug)]
pub struct Sig {
    pub name: String,
    pub params: Vec<TyId>,
    pub results: Vec<TyId>,
}

/// A file of a program: path within its folder, and text.
pub struct File {
    pub path: String,
    pub text: String,
}

pub struct Gen {
    pub rng: Rng,
    pub t: Types,
    pub out: String,
    indent: usize,
    pub funcs: Vec<Sig>,
    pub scope: Vec<Var>,
    next: u32,
    /// Statements that the function may still have.
    budget: i32,
    /// Result types of the function that is written.
    returns: Vec<TyId>,
    named: bool,
    /// Labels of enclosing loops; inside of closures there are none.
    loops: Vec<Option<String>>,
    in_defer: bool,
    /// Orders that the specification leaves open are left to gc.
    pub wild: bool,
    /// Statements for `Run`.
    pub extra: Vec<String>,
}

/// The files of the program with this seed, for package `package` of module `module`.
pub fn program(seed: u64, module: &str, package: &str) -> Vec<File> {
    let mut rng = Rng::new(seed);
    let t = Types::random(&mut rng);
    let wild = rng.chance(10);
    let mut g = Gen {
        rng,
        t,
        out: String::new(),
        indent: 0,
        funcs: Vec::new(),
        scope: Vec::new(),
        next: 0,
        budget: 0,
        returns: Vec::new(),
        named: false,
        loops: Vec::new(),
        in_defer: false,
        wild,
        extra: Vec::new(),
    };
    let mut files = templates::packages(&mut g, module, package);
    let imports = std::mem::take(&mut g.out);
    g.declarations();
    let text = format!(
        "// seed {seed}\npackage {package}\n\nimport (\n\t\"{module}/rt\"\n{imports})\n\n{}",
        g.out
    );
    files.push(File { path: "p.go".into(), text });
    files
}

impl Gen {
    pub fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push('\t');
        }
        self.out += text;
        self.out.push('\n');
    }

    pub fn open(&mut self, text: &str) {
        self.line(text);
        self.indent += 1;
    }

    pub fn close(&mut self, text: &str) {
        self.indent -= 1;
        self.line(text);
    }

    pub fn fresh(&mut self, prefix: &str) -> String {
        self.next += 1;
        format!("{prefix}{}", self.next)
    }

    pub fn any_type(&mut self) -> TyId {
        *self.rng.pick(&self.t.pool)
    }

    fn declarations(&mut self) {
        self.line("var fuel int");
        self.line("");
        self.line("func tick() bool { fuel--; return fuel > 0 }");
        self.line("");
        self.line("func gid[T any](x T) T { return x }");
        self.line("");
        self.line("func gpick[T any](c bool, a, b T) T { if c { return a }; return b }");
        self.line("");
        self.types();
        self.globals();
        for i in 0..self.rng.range(3, 6) {
            self.function(&format!("early{i}"));
        }
        self.methods();
        templates::generics(self);
        for i in 0..self.rng.range(22, 30) {
            self.function(&format!("f{i}"));
        }
        self.run();
    }

    fn types(&mut self) {
        for n in self.t.named.clone() {
            match n.under {
                None => {
                    self.open(&format!("type {} interface {{", n.name));
                    for m in &n.methods {
                        let text =
                            format!("{}{}", m.name, self.signature(&m.params, &m.results, false));
                        self.line(&text);
                    }
                    self.close("}");
                }
                Some(u) => {
                    let text = format!("type {} {}", n.name, self.t.name(u));
                    self.line(&text);
                }
            }
            self.line("");
        }
    }

    fn signature(&mut self, params: &[TyId], results_of: &[TyId], named: bool) -> String {
        let params: Vec<String> =
            params.iter().enumerate().map(|(i, &t)| format!("a{i} {}", self.t.name(t))).collect();
        let list: Vec<String> = results_of
            .iter()
            .enumerate()
            .map(|(i, &t)| if named { format!("r{i} {}", self.t.name(t)) } else { self.t.name(t) })
            .collect();
        let list = match (named, list.len()) {
            (true, 1..) => format!(" ({})", list.join(", ")),
            (_, n) => results(&list.join(", "), n),
        };
        format!("({}){list}", params.join(", "))
    }

    /// Package variables, which may need each other and functions that come later.
    fn globals(&mut self) {
        let n = self.rng.range(4, 9);
        let mut vars = Vec::new();
        for i in 0..n {
            let ty = self.any_type();
            let value = self.literal(ty, 2, Mode::Pure);
            let text = format!("var g{i} {} = {value}", self.t.name(ty));
            self.line(&text);
            vars.push(Var { name: format!("g{i}"), ty, shared: true, fixed: false });
        }
        self.scope = vars;
        self.line("");
        // A chain against the order of the text.
        self.line("var ga, gb = gb + 1, gc() * 2");
        self.line("");
        self.line("func gc() int { rt.P(\"init gc\", gd); return gd + 3 }");
        self.line("");
        self.line("var gd = rt.Note(\"gd\", 5)");
        self.line("");
        self.line("func init() { rt.P(\"init\", ga, gb, gd) }");
        self.line("");
    }

    fn methods(&mut self) {
        for n in self.t.named.clone() {
            if n.under.is_none() {
                continue;
            }
            for m in &n.methods {
                let star = if m.pointer { "*" } else { "" };
                let named = self.rng.chance(50);
                let sig = self.signature(&m.params, &m.results, named);
                self.open(&format!("func (a {star}{}) {}{sig} {{", n.name, m.name));
                let ty = if m.pointer { self.t.add(Ty::Ptr(n.id)) } else { n.id };
                let receiver = Var { name: "a".into(), ty, shared: m.pointer, fixed: false };
                let budget = self.rng.range(1, 5);
                self.body(
                    &format!("{}.{}", n.name, m.name),
                    &m.params,
                    &m.results,
                    named,
                    Some(receiver),
                    budget,
                );
                self.close("}");
                self.line("");
            }
        }
    }

    fn function(&mut self, name: &str) {
        let params: Vec<TyId> = (0..self.rng.below(5)).map(|_| self.any_type()).collect();
        let count = *self.rng.pick(&[0, 1, 1, 1, 1, 2, 2, 3]);
        let results: Vec<TyId> = (0..count).map(|_| self.any_type()).collect();
        let named = self.rng.chance(50);
        let sig = self.signature(&params, &results, named);
        if self.rng.chance(25) {
            self.line("//go:noinline");
        }
        self.open(&format!("func {name}{sig} {{"));
        let budget = *self.rng.pick(&[1, 2, 4, 6, 10, 16]);
        self.body(name, &params, &results, named, None, budget);
        self.close("}");
        self.line("");
        self.funcs.push(Sig { name: name.into(), params, results });
    }

    /// Statements of a function, between its braces.
    fn body(
        &mut self,
        name: &str,
        params: &[TyId],
        results: &[TyId],
        named: bool,
        receiver: Option<Var>,
        budget: u32,
    ) {
        let globals = self.scope.clone();
        self.returns = results.to_vec();
        self.named = named;
        self.budget = budget as i32;
        for (i, &ty) in params.iter().enumerate() {
            let shared = self.rng.chance(25);
            self.scope.push(Var { name: format!("a{i}"), ty, shared, fixed: false });
        }
        if named {
            for (i, &ty) in results.iter().enumerate() {
                self.scope.push(Var { name: format!("r{i}"), ty, shared: true, fixed: false });
            }
        }
        self.scope.extend(receiver);
        self.open("if !tick() {");
        self.zero_return();
        self.close("}");
        if self.rng.chance(25) {
            self.recovering(name);
        }
        while self.budget > 0 {
            self.statement(3);
        }
        if self.rng.chance(40) {
            self.print(name);
        }
        self.return_values();
        self.scope = globals;
    }

    fn zero_return(&mut self) {
        let values: Vec<String> =
            self.returns.clone().iter().map(|&t| format!("*new({})", self.t.name(t))).collect();
        let text =
            if self.named { "return".into() } else { format!("return {}", values.join(", ")) };
        self.line(text.trim_end());
    }

    fn return_values(&mut self) {
        if self.named && self.rng.chance(40) || self.returns.is_empty() {
            return self.line("return");
        }
        let returns = self.returns.clone();
        let mode = self.mode();
        let values: Vec<String> = returns.iter().map(|&t| self.expr(t, 2, mode)).collect();
        self.line(&format!("return {}", values.join(", ")));
    }

    /// A deferred function that recovers, and may change the results.
    fn recovering(&mut self, name: &str) {
        self.open("defer func() {");
        self.open("if e := recover(); e != nil {");
        self.line(&format!("rt.Recovered({name:?}, e)"));
        if self.named && !self.returns.is_empty() && self.rng.chance(60) {
            let i = self.rng.below(self.returns.len() as u32) as usize;
            let ty = self.returns[i];
            let value = self.expr(ty, 1, Mode::Pure);
            self.line(&format!("r{i} = {value}"));
        }
        self.close("}");
        self.close("}()");
    }

    fn print(&mut self, name: &str) {
        let list: Vec<String> = self.scope.iter().map(|v| v.name.clone()).collect();
        if list.is_empty() {
            return self.line(&format!("rt.P({name:?})"));
        }
        let n = self.rng.range(1, 3);
        let shown: Vec<String> = (0..n).map(|_| self.rng.pick(&list).clone()).collect();
        self.line(&format!("rt.P({name:?}, {})", shown.join(", ")));
    }

    // -----------------------------------------------------------------------------------------
    // Statements

    fn block(&mut self, depth: u32) {
        let outer = self.scope.len();
        for _ in 0..self.rng.range(1, 3) {
            self.statement(depth.saturating_sub(1));
        }
        self.scope.truncate(outer);
    }

    fn statement(&mut self, depth: u32) {
        self.budget -= 1;
        let deep = depth > 0 && self.budget > 0;
        match self.rng.below(if deep { 30 } else { 14 }) {
            0..=3 => self.declare(),
            4..=7 => self.assign(),
            8 => self.op_assign(),
            9 => self.multi_assign(),
            10 => self.call_statement(),
            11 => self.print("s"),
            12 => self.builtin_statement(),
            13 => self.take_address(),
            14..=16 => self.if_statement(depth),
            17..=19 => self.for_statement(depth),
            20 | 21 => self.range_statement(depth),
            22 => self.switch_statement(depth),
            23 => self.type_switch(depth),
            24 => self.closure(depth),
            25 => self.defer_statement(depth),
            26 => self.early_exit(),
            27 => self.guarded(depth),
            _ => templates::statement(self),
        }
    }

    pub fn declare_as(&mut self, name: String, ty: TyId, shared: bool) {
        self.line(&format!("_ = {name}"));
        self.scope.push(Var { name, ty, shared, fixed: false });
    }

    fn declare(&mut self) {
        let ty = self.any_type();
        let name = self.fresh("v");
        let mode = self.mode();
        let value = self.expr(ty, 3, mode);
        let type_name = self.t.name(ty);
        let text = match self.rng.below(4) {
            0 => format!("var {name} {type_name} = {value}"),
            1 => format!("var {name} {type_name}"),
            _ => format!("var {name} = gid[{type_name}]({value})"),
        };
        self.line(&text);
        let shared = self.rng.chance(40);
        self.declare_as(name, ty, shared);
    }

    fn assignable(&mut self) -> Option<(String, TyId)> {
        let types = self.t.pool.clone();
        for _ in 0..6 {
            let ty = *self.rng.pick(&types);
            if let Some(p) = self.place(ty, Mode::Pure, true) {
                return Some((p, ty));
            }
        }
        None
    }

    fn assign(&mut self) {
        let Some((place, ty)) = self.assignable() else { return self.declare() };
        // What is assigned to has operands of its own.
        let simple = self.scope.iter().any(|v| v.name == place);
        let mode = if simple || self.wild { self.mode() } else { Mode::Pure };
        let value = self.expr(ty, 3, mode);
        self.line(&format!("{place} = {value}"));
    }

    fn op_assign(&mut self) {
        let int = self
            .t
            .pool
            .clone()
            .into_iter()
            .filter(|&t| matches!(self.t.under(t), Ty::Int(_) | Ty::Str | Ty::Float(_)));
        let types: Vec<TyId> = int.collect();
        let ty = *self.rng.pick(&types);
        let Some(place) = self.place(ty, Mode::Pure, true) else { return self.assign() };
        let value = self.value(ty, 2, Mode::Pure);
        let text = match self.t.under(ty) {
            Ty::Str => format!("{place} += {value}[:min(len({value}), 10)]"),
            Ty::Float(_) => format!("{place} {}= {value}", *self.rng.pick(&["+", "-", "*", "/"])),
            _ => match self.rng.below(5) {
                0 => format!("{place}++"),
                1 => format!("{place}--"),
                2 => format!("{place} {}= {}", *self.rng.pick(&["<<", ">>"]), self.rng.below(9)),
                _ => format!(
                    "{place} {}= {value}",
                    *self.rng.pick(&["+", "-", "*", "&", "|", "^", "&^"])
                ),
            },
        };
        self.line(&text);
    }

    fn multi_assign(&mut self) {
        let multi: Vec<Sig> = self.funcs.iter().filter(|f| f.results.len() > 1).cloned().collect();
        if !multi.is_empty() && self.rng.chance(50) {
            let f = self.rng.pick(&multi).clone();
            let names: Vec<String> = f.results.iter().map(|_| self.fresh("m")).collect();
            let args = self.args(&f.params, 2, Mode::Calls);
            self.line(&format!("{} := {}({args})", names.join(", "), f.name));
            for (n, &ty) in names.into_iter().zip(&f.results) {
                self.declare_as(n, ty, true);
            }
            return;
        }
        let (Some((a, ta)), Some((b, tb))) = (self.assignable(), self.assignable()) else { return };
        if ta == tb && self.rng.chance(60) {
            return self.line(&format!("{a}, {b} = {b}, {a}"));
        }
        let (x, y) = (self.expr(ta, 2, Mode::Pure), self.expr(tb, 2, Mode::Pure));
        self.line(&format!("{a}, {b} = {x}, {y}"));
    }

    fn call_statement(&mut self) {
        if self.funcs.is_empty() {
            return self.declare();
        }
        let f = self.rng.pick(&self.funcs).clone();
        let args = self.args(&f.params, 2, Mode::Calls);
        let text = match f.results.len() {
            0 => format!("{}({args})", f.name),
            _ => format!("rt.Use({}({args}))", f.name),
        };
        self.line(&text);
    }

    fn builtin_statement(&mut self) {
        let list: Vec<Var> = self
            .scope
            .iter()
            .filter(|v| !v.fixed && matches!(self.t.under(v.ty), Ty::Slice(_) | Ty::Map(..)))
            .cloned()
            .collect();
        if list.is_empty() {
            return self.declare();
        }
        let v = self.rng.pick(&list).clone();
        let name = v.name.clone();
        match *self.t.under(v.ty) {
            Ty::Slice(e) => match self.rng.below(6) {
                0..=2 => {
                    // Over what is there: the values are read before.
                    let n = self.rng.range(1, 4);
                    let values: Vec<String> = (0..n).map(|_| self.expr(e, 2, Mode::Pure)).collect();
                    let keep = self.rng.below(4);
                    self.line(&format!("{name} = append({name}[:min(len({name}), {keep})], {})", values.join(", ")));
                }
                3 => {
                    let (a, b) = (self.rng.below(3), self.rng.below(3));
                    self.line(&format!("copy({name}[min(len({name}), {a}):], {name}[min(len({name}), {b}):])"));
                }
                4 => self.line(&format!("clear({name})")),
                _ => self.line(&format!("{name} = append({name}[:min(len({name}), 2)], {name}[min(len({name}), 1):min(len({name}), 9)]...)")),
            },
            Ty::Map(k, _) => {
                let key = self.expr(k, 2, Mode::Pure);
                match self.rng.below(4) {
                    0 => self.line(&format!("clear({name})")),
                    _ => self.line(&format!("delete({name}, {key})")),
                }
            }
            _ => {}
        }
    }

    /// A pointer to a place: from now on others may write it.
    fn take_address(&mut self) {
        let list: Vec<Var> = self.scope.iter().filter(|v| v.shared && !v.fixed).cloned().collect();
        if list.is_empty() {
            return self.declare();
        }
        let v = self.rng.pick(&list).clone();
        let (mut place, mut ty) = (v.name.clone(), v.ty);
        for _ in 0..2 {
            match self.t.under(ty).clone() {
                Ty::Struct(f) if self.rng.chance(60) => {
                    let f: Vec<_> = f.into_iter().filter(|f| f.name != "_").collect();
                    let Some(f) = (!f.is_empty()).then(|| self.rng.pick(&f).clone()) else { break };
                    (place, ty) = (format!("{place}.{}", f.name), f.ty);
                }
                Ty::Array(n, e) if n > 0 && self.rng.chance(60) => {
                    (place, ty) = (format!("{place}[{}]", self.rng.below(n)), e);
                }
                _ => break,
            }
        }
        let p = self.fresh("q");
        self.line(&format!("{p} := &{place}"));
        let pointer = self.t.add(Ty::Ptr(ty));
        self.declare_as(p, pointer, false);
    }

    fn condition(&mut self) -> String {
        let bool = self.t.add(Ty::Bool);
        let mode = self.mode();
        let c = self.expr(bool, 2, mode);
        if c.contains('{') { format!("({c})") } else { c }
    }

    fn if_statement(&mut self, depth: u32) {
        let c = self.condition();
        self.open(&format!("if {c} {{"));
        self.block(depth);
        for _ in 0..self.rng.below(3) {
            if self.rng.chance(40) {
                let c = self.condition();
                self.close(&format!("}} else if {c} {{"));
                self.indent += 1;
                self.block(depth);
            }
        }
        if self.rng.chance(40) {
            self.close("} else {");
            self.indent += 1;
            self.block(depth);
        }
        self.close("}");
    }

    fn loop_body(&mut self, depth: u32, label: Option<String>) {
        self.loops.push(label.clone());
        self.block(depth);
        if let Some(label) = label {
            // A label wants a use.
            let c = self.condition();
            let word = *self.rng.pick(&["continue", "break"]);
            self.open(&format!("if {c} {{"));
            self.line(&format!("{word} {label}"));
            self.close("}");
        }
        self.loops.pop();
    }

    fn label(&mut self) -> Option<String> {
        let label = self.rng.chance(30).then(|| self.fresh("L"));
        if let Some(l) = &label {
            self.line(&format!("{l}:"));
        }
        label
    }

    fn for_statement(&mut self, depth: u32) {
        let (i, n) = (self.fresh("i"), self.rng.range(1, 6));
        let outer = self.scope.len();
        let label = self.label();
        let int = self.t.int();
        match self.rng.below(4) {
            0 => self.open(&format!("for {i} := range {n} {{")),
            1 => self.open(&format!("for {i} := {n}; {i} > 0 && tick(); {i}-- {{")),
            _ => self.open(&format!("for {i} := 0; {i} < {n} && tick(); {i}++ {{")),
        }
        self.line(&format!("_ = {i}"));
        self.scope.push(Var { name: i, ty: int, shared: false, fixed: true });
        self.loop_body(depth, label);
        self.close("}");
        self.scope.truncate(outer);
    }

    fn range_statement(&mut self, depth: u32) {
        let list: Vec<Var> = self
            .scope
            .iter()
            .filter(|v| {
                matches!(self.t.under(v.ty), Ty::Slice(_) | Ty::Array(..) | Ty::Str | Ty::Map(..))
            })
            .cloned()
            .collect();
        if list.is_empty() {
            return self.for_statement(depth);
        }
        let v = self.rng.pick(&list).clone();
        let int = self.t.int();
        let rune = self.t.add(Ty::Int(crate::types::INTS[3]));
        let (key, elem) = match *self.t.under(v.ty) {
            Ty::Slice(e) | Ty::Array(_, e) => (int, e),
            Ty::Map(k, e) => return self.range_over_map(&v.name, k, e),
            _ => (int, rune),
        };
        let (k, e) = (self.fresh("k"), self.fresh("e"));
        let outer = self.scope.len();
        let label = self.label();
        let by_func = matches!(self.t.under(v.ty), Ty::Slice(_)) && self.rng.chance(40);
        if by_func {
            self.open(&format!("for {k}, {e} := range rt.Seq({}) {{", v.name));
            self.line(&format!("_ = {e}"));
        } else if self.rng.chance(25) {
            self.open(&format!("for {k} := range {} {{", v.name));
            self.line(&format!("{e} := {k}"));
            self.line(&format!("_ = {e}"));
            self.scope.push(Var { name: e.clone(), ty: int, shared: true, fixed: false });
        } else {
            self.open(&format!("for {k}, {e} := range {} {{", v.name));
            self.line(&format!("_ = {e}"));
            self.scope.push(Var { name: e, ty: elem, shared: true, fixed: false });
        }
        self.line(&format!("_ = {k}"));
        self.open("if !tick() {");
        self.line("break");
        self.close("}");
        self.scope.push(Var { name: k, ty: key, shared: false, fixed: true });
        self.loop_body(depth, label);
        self.close("}");
        self.scope.truncate(outer);
    }

    /// Only what does not depend on the order: how many there are, and a sum of hashes.
    fn range_over_map(&mut self, name: &str, _key: TyId, _elem: TyId) {
        let (k, e, n) = (self.fresh("k"), self.fresh("e"), self.fresh("n"));
        self.line(&format!("{n} := 0"));
        self.open(&format!("for {k}, {e} := range {name} {{"));
        self.line(&format!("{n} += rt.Hash({k}, {e})"));
        self.close("}");
        let int = self.t.int();
        self.declare_as(n, int, false);
    }

    fn switch_statement(&mut self, depth: u32) {
        let int = self.t.int();
        let string = self.t.add(Ty::Str);
        let ty = if self.rng.chance(50) { int } else { string };
        match self.rng.below(3) {
            0 => self.open("switch {"),
            _ => {
                let v = self.value(ty, 2, Mode::Pure);
                self.open(&format!("switch x := {v}; x {{"));
                self.indent -= 1;
                for case in 0..self.rng.range(1, 6) {
                    let text = match ty == int {
                        true => format!("case {case}, {}:", case * 7 + 100),
                        false => format!(
                            "case \"{}\", \"c{case}\":",
                            ["", "a", "ab", "abc", "zz", "T"][case as usize]
                        ),
                    };
                    self.line(&text);
                    self.indent += 1;
                    self.block(depth);
                    if self.rng.chance(15) {
                        self.line("fallthrough");
                        self.indent -= 1;
                        self.line(&format!(
                            "case {}:",
                            if ty == int {
                                format!("{}", 50 + case)
                            } else {
                                format!("\"x{case}\"")
                            }
                        ));
                        self.indent += 1;
                        self.block(depth);
                    }
                    self.indent -= 1;
                }
                self.line("default:");
                self.indent += 1;
                self.line("_ = x");
                self.block(depth);
                return self.close("}");
            }
        }
        self.indent -= 1;
        for _ in 0..self.rng.range(1, 4) {
            let c = self.condition();
            self.line(&format!("case {c}:"));
            self.indent += 1;
            self.block(depth);
            self.indent -= 1;
        }
        self.indent += 1;
        self.close("}");
    }

    fn type_switch(&mut self, depth: u32) {
        let any = self.t.add(Ty::Any);
        let v = self.expr(any, 2, Mode::Pure);
        let x = self.fresh("x");
        self.open(&format!("switch {x} := rt.Any({v}).(type) {{"));
        self.indent -= 1;
        let mut seen = Vec::new();
        for _ in 0..self.rng.range(1, 5) {
            let ty = self.any_type();
            if seen.contains(&ty) {
                continue;
            }
            seen.push(ty);
            self.line(&format!("case {}:", self.t.name(ty)));
            self.indent += 1;
            self.line(&format!("_ = {x}"));
            self.scope.push(Var { name: x.clone(), ty, shared: false, fixed: false });
            self.block(depth);
            self.scope.retain(|v| v.name != x);
            self.indent -= 1;
        }
        self.line("default:");
        self.indent += 1;
        self.line(&format!("_ = {x}"));
        self.close("}");
    }

    /// A function literal with statements of its own, kept in a variable.
    fn closure(&mut self, depth: u32) {
        let params: Vec<TyId> = (0..self.rng.below(3)).map(|_| self.any_type()).collect();
        let results: Vec<TyId> = (0..self.rng.below(3)).map(|_| self.any_type()).collect();
        let name = self.fresh("c");
        let sig = self.signature(&params, &results, false).replace("a0", "b0").replace("a1", "b1");
        self.open(&format!("{name} := func{sig} {{"));
        self.nested(&params, &results, depth);
        self.close("}");
        let ty = self.t.add(Ty::Func(params, results));
        self.declare_as(name, ty, false);
    }

    /// The statements of a function literal: they may write only what is shared.
    fn nested(&mut self, params: &[TyId], results: &[TyId], depth: u32) {
        let (scope, returns, named) = (self.scope.clone(), self.returns.clone(), self.named);
        let loops = std::mem::take(&mut self.loops);
        for v in self.scope.iter_mut().filter(|v| !v.shared) {
            v.fixed = true;
        }
        for (i, &ty) in params.iter().enumerate() {
            self.scope.retain(|v| v.name != format!("b{i}"));
            self.scope.push(Var { name: format!("b{i}"), ty, shared: false, fixed: false });
        }
        (self.returns, self.named) = (results.to_vec(), false);
        self.open("if !tick() {");
        self.zero_return();
        self.close("}");
        if self.rng.chance(15) && !self.in_defer {
            self.recovering("closure");
        }
        self.block(depth);
        self.return_values();
        (self.scope, self.returns, self.named, self.loops) = (scope, returns, named, loops);
    }

    fn defer_statement(&mut self, depth: u32) {
        match self.rng.below(3) {
            0 if !self.funcs.is_empty() => {
                let f = self.rng.pick(&self.funcs).clone();
                let args = self.args(&f.params, 1, Mode::Pure);
                self.line(&format!("defer {}({args})", f.name));
            }
            _ => {
                self.open("defer func() {");
                let before = std::mem::replace(&mut self.in_defer, true);
                self.nested(&[], &[], depth);
                self.in_defer = before;
                self.close("}()");
            }
        }
    }

    fn early_exit(&mut self) {
        let c = self.condition();
        self.open(&format!("if {c} {{"));
        let labels: Vec<String> = self.loops.iter().flatten().cloned().collect();
        match self.rng.below(6) {
            0 if !self.loops.is_empty() => self.line("break"),
            1 if !self.loops.is_empty() => self.line("continue"),
            2 if !labels.is_empty() => {
                let word = *self.rng.pick(&["break", "continue"]);
                let label = self.rng.pick(&labels).clone();
                self.line(&format!("{word} {label}"));
            }
            3 => {
                let any = self.t.add(Ty::Any);
                let v = if self.rng.chance(50) {
                    format!("{:?}", self.fresh("p"))
                } else {
                    self.expr(any, 1, Mode::Pure)
                };
                self.line(&format!("panic({v})"));
            }
            _ => self.return_values(),
        }
        self.close("}");
    }

    /// Statements whose panic is recovered.
    fn guarded(&mut self, depth: u32) {
        self.open("func() {");
        self.line("defer rt.Guard()");
        self.nested(&[], &[], depth);
        self.close("}()");
    }

    // -----------------------------------------------------------------------------------------

    fn run(&mut self) {
        self.open("func Run() {");
        let early: Vec<Sig> = self.funcs.clone();
        for f in &early {
            self.line("fuel = 300");
            self.open("rt.Try(func() {");
            let args = self.args(&f.params, 1, Mode::Pure);
            match f.results.len() {
                0 => self.line(&format!("{}({args})", f.name)),
                n => {
                    let names: Vec<String> = (0..n).map(|i| format!("x{i}")).collect();
                    self.line(&format!("{} := {}({args})", names.join(", "), f.name));
                    self.line(&format!("rt.P({:?}, {})", f.name, names.join(", ")));
                }
            }
            self.close("})");
        }
        let globals: Vec<String> = self.scope.iter().map(|v| v.name.clone()).collect();
        self.line(&format!("rt.P(\"globals\", {})", globals.join(", ")));
        templates::calls(self);
        self.close("}");
    }
}
