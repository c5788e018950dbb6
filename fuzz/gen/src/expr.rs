//! Expressions: text of a wanted type.
//!
//! EXPR-1  With `Mode::Pure` an expression has no calls that could be seen, with `Mode::Calls` it reads nothing that a call might write, and nothing
//!         in it panics outside of a call: its value does not depend on an order that the specification leaves open.
//! EXPR-2  Operands of operators are never both constant, so that no constant overflows and nothing is divided by a constant zero.

use crate::program::Gen;
use crate::types::{Int, Ty, TyId};

/// What an expression may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Reads anything, calls nothing.
    Pure,
    /// Calls, and reads variables that nobody else writes.
    Calls,
    /// Both, in an order that only gc knows.
    Wild,
}

impl Mode {
    pub fn reads(self) -> bool {
        self != Mode::Calls
    }
    pub fn calls(self) -> bool {
        self != Mode::Pure
    }
}

/// A variable in scope.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: String,
    pub ty: TyId,
    /// Closures or pointers may write it.
    pub shared: bool,
    /// It must not be assigned to: a loop counts with it.
    pub fixed: bool,
}

impl Gen {
    pub fn mode(&mut self) -> Mode {
        match self.rng.below(if self.wild { 3 } else { 2 }) {
            0 => Mode::Pure,
            1 => Mode::Calls,
            _ => Mode::Wild,
        }
    }

    pub fn expr(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        if depth == 0 || self.rng.chance(25) {
            return self.atom_of(ty, depth.min(1), mode);
        }
        if mode.calls()
            && self.rng.chance(30)
            && let Some(call) = self.call_of(ty, depth, mode)
        {
            return call;
        }
        if self.rng.chance(35)
            && let Some(place) = self.place(ty, mode, false)
        {
            return place;
        }
        let under = self.t.under(ty).clone();
        let made = match under {
            Ty::Bool => Some(self.bool_expr(depth, mode)),
            Ty::Int(i) => Some(self.int_expr(ty, i, depth, mode)),
            Ty::Float(_) => Some(self.float_expr(ty, depth, mode)),
            Ty::Complex(bits) => Some(self.complex_expr(ty, bits, depth, mode)),
            Ty::Str => Some(self.string_expr(ty, depth, mode)),
            Ty::Slice(_) => self.slice_expr(ty, depth, mode),
            _ => None,
        };
        match made {
            Some(e)
                if matches!(self.t.list[ty], Ty::Named(_))
                    && !e.starts_with(&format!("{}(", self.t.name(ty))) =>
            {
                format!("{}({e})", self.t.name(ty))
            }
            Some(e) => e,
            None => self.literal(ty, depth.min(2), mode),
        }
    }

    /// One that is no constant.
    pub fn value(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        if let Some(v) = self.variable(ty, mode) {
            return v;
        }
        if depth > 0
            && let Some(p) = self.place(ty, mode, false)
        {
            return p;
        }
        let name = self.t.name(ty);
        let literal = self.literal(ty, 1, mode);
        format!("rt.Id[{name}]({literal})")
    }

    fn atom(&mut self, ty: TyId, mode: Mode) -> String {
        self.atom_of(ty, 0, mode)
    }

    fn atom_of(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        if self.rng.chance(70)
            && let Some(v) = self.variable(ty, mode)
        {
            return v;
        }
        self.literal(ty, depth, mode)
    }

    fn usable(&self, v: &Var, mode: Mode) -> bool {
        mode.reads() || !v.shared
    }

    pub fn variable(&mut self, ty: TyId, mode: Mode) -> Option<String> {
        let list: Vec<String> = self
            .scope
            .iter()
            .filter(|v| v.ty == ty && self.usable(v, mode))
            .map(|v| v.name.clone())
            .collect();
        if list.is_empty() { None } else { Some(self.rng.pick(&list).clone()) }
    }

    /// A path from a variable to a place of the type; `assign`: one that can be assigned to.
    pub fn place(&mut self, ty: TyId, mode: Mode, assign: bool) -> Option<String> {
        for _ in 0..8 {
            let list: Vec<Var> = self
                .scope
                .iter()
                .filter(|v| self.usable(v, mode) && !(assign && v.fixed))
                .cloned()
                .collect();
            if list.is_empty() {
                return None;
            }
            let v = self.rng.pick(&list).clone();
            let found = self.walk(&v, ty, mode, assign);
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn walk(&mut self, v: &Var, ty: TyId, mode: Mode, assign: bool) -> Option<String> {
        let (mut path, mut t) = (v.name.clone(), v.ty);
        // An element of a map can be assigned as a whole only.
        let mut in_map = false;
        for _ in 0..4 {
            if t == ty && !(self.rng.chance(10)) {
                return Some(path);
            }
            if assign && in_map {
                return None;
            }
            match self.t.under(t).clone() {
                Ty::Struct(fields) => {
                    let fields: Vec<_> = fields.into_iter().filter(|f| f.name != "_").collect();
                    if fields.is_empty() {
                        return None;
                    }
                    let f = self.rng.pick(&fields).clone();
                    if f.embedded && matches!(self.t.list[f.ty], Ty::Ptr(_)) && !mode.reads() {
                        return None;
                    }
                    path = format!("{path}.{}", f.name);
                    t = f.ty;
                }
                Ty::Array(n, e) if n > 0 => {
                    let i = if self.rng.chance(70) || !mode.reads() {
                        self.rng.below(n).to_string()
                    } else {
                        let int = self.t.int();
                        format!("uint({})%{n}", self.value(int, 0, Mode::Pure))
                    };
                    path = format!("{path}[{i}]");
                    t = e;
                }
                Ty::Ptr(e) if mode.reads() => {
                    path = format!("(*{path})");
                    t = e;
                }
                Ty::Slice(e) if mode.reads() => {
                    let i = self.index(&path);
                    path = format!("{path}[{i}]");
                    t = e;
                }
                Ty::Map(k, e) if mode.reads() => {
                    let key = self.atom(k, Mode::Pure);
                    path = format!("{path}[{key}]");
                    t = e;
                    in_map = true;
                }
                _ => return None,
            }
        }
        (t == ty).then_some(path)
    }

    /// An index of a slice or string: mostly one that is there.
    pub fn index(&mut self, of: &str) -> String {
        let int = self.t.int();
        match self.rng.below(10) {
            0 => self.rng.below(3).to_string(),
            1 => format!("({} & 3)", self.value(int, 0, Mode::Pure)),
            _ => {
                let i = self.value(int, 0, Mode::Pure);
                format!("rt.Idx({i}, len({of}))")
            }
        }
    }

    /// A call of something that gives the type.
    fn call_of(&mut self, ty: TyId, depth: u32, mode: Mode) -> Option<String> {
        let mode = if mode == Mode::Pure { Mode::Calls } else { mode };
        let depth = depth - 1;
        let wanted = [ty];
        let funcs: Vec<usize> =
            (0..self.funcs.len()).filter(|&i| self.funcs[i].results == wanted).collect();
        if !funcs.is_empty() && self.rng.chance(50) {
            let f = self.funcs[*self.rng.pick(&funcs)].clone();
            let args = self.args(&f.params, depth, mode);
            return Some(format!("{}({args})", f.name));
        }
        // A closure.
        let closures: Vec<(String, Vec<TyId>)> = self
            .scope
            .iter()
            .filter(|v| self.usable(v, mode))
            .filter_map(|v| match &self.t.list[v.ty] {
                Ty::Func(p, r) if *r == wanted => Some((v.name.clone(), p.clone())),
                _ => None,
            })
            .collect();
        if !closures.is_empty() && self.rng.chance(50) {
            let (name, params) = self.rng.pick(&closures).clone();
            let args = self.args(&params, depth, mode);
            return Some(format!("{name}({args})"));
        }
        // A method of a variable, which may be an interface or a pointer.
        let mut methods = Vec::new();
        for v in self.scope.iter().filter(|v| self.usable(v, mode)) {
            let (target, pointer) = match self.t.list[v.ty] {
                Ty::Ptr(e) => (e, true),
                _ => (v.ty, false),
            };
            // Methods by pointer may write the variable.
            for m in self.t.methods(target) {
                let fits = m.results == wanted && (!m.pointer || pointer || v.shared);
                if fits && !(pointer && self.t.is_interface(target)) {
                    methods.push((v.name.clone(), m.clone(), target, pointer));
                }
            }
        }
        if !methods.is_empty() && self.rng.chance(70) {
            let (name, m, target, pointer) = self.rng.pick(&methods).clone();
            let args = self.args(&m.params, depth, mode);
            let comma = if args.is_empty() { "" } else { ", " };
            let owner = self.t.name(target);
            return Some(match self.rng.below(8) {
                0 if !pointer && !m.pointer => format!("{owner}.{}({name}{comma}{args})", m.name),
                1 if pointer => format!("(*{owner}).{}({name}{comma}{args})", m.name),
                2 => format!("rt.Id({name}.{})({args})", m.name),
                _ => format!("{name}.{}({args})", m.name),
            });
        }
        let name = self.t.name(ty);
        let inner = self.expr(ty, depth, mode);
        Some(match self.rng.below(3) {
            0 => format!("gid[{name}]({inner})"),
            1 => {
                format!("gpick[{name}]({}, {inner}, {})", self.bool_atom(mode), self.atom(ty, mode))
            }
            _ => format!("func() {name} {{ return {inner} }}()"),
        })
    }

    fn bool_atom(&mut self, mode: Mode) -> String {
        let bool = self.t.add(Ty::Bool);
        self.atom(bool, mode)
    }

    pub fn args(&mut self, params: &[TyId], depth: u32, mode: Mode) -> String {
        let list: Vec<String> = params.iter().map(|&p| self.expr(p, depth, mode)).collect();
        list.join(", ")
    }

    fn bool_expr(&mut self, depth: u32, mode: Mode) -> String {
        let bool = self.t.add(Ty::Bool);
        match self.rng.below(6) {
            0 => format!("(!{})", self.expr(bool, depth - 1, mode)),
            1 => {
                let op = *self.rng.pick(&["&&", "||"]);
                format!(
                    "({} {op} {})",
                    self.expr(bool, depth - 1, mode),
                    self.expr(bool, depth - 1, mode)
                )
            }
            2 => {
                // Nothing but nil is compared with what else can't be.
                let list: Vec<Var> =
                    self.scope.iter().filter(|v| self.usable(v, mode)).cloned().collect();
                let nilable = |v: &&Var| {
                    matches!(
                        self.t.under(v.ty),
                        Ty::Ptr(_)
                            | Ty::Slice(_)
                            | Ty::Map(..)
                            | Ty::Func(..)
                            | Ty::Any
                            | Ty::Error
                    ) || self.t.is_interface(v.ty)
                };
                let names: Vec<String> =
                    list.iter().filter(nilable).map(|v| v.name.clone()).collect();
                if names.is_empty() {
                    return self.value(bool, 1, mode);
                }
                format!("({} {} nil)", self.rng.pick(&names).clone(), *self.rng.pick(&["==", "!="]))
            }
            _ => {
                let types: Vec<TyId> =
                    self.t.pool.iter().copied().filter(|&t| self.t.comparable(t)).collect();
                let t = *self.rng.pick(&types);
                let ordered = matches!(self.t.under(t), Ty::Int(_) | Ty::Float(_) | Ty::Str);
                let ops: &[&str] =
                    if ordered { &["==", "!=", "<", "<=", ">", ">="] } else { &["==", "!="] };
                let op = *self.rng.pick(ops);
                let composite = matches!(self.t.under(t), Ty::Struct(_) | Ty::Array(..));
                let (a, b) = if composite {
                    // A literal would need parentheses in conditions.
                    (self.value(t, 1, mode), self.value(t, 1, mode))
                } else {
                    (self.value(t, 1, mode), self.expr(t, depth - 1, mode))
                };
                format!("({a} {op} {b})")
            }
        }
    }

    fn int_expr(&mut self, ty: TyId, i: Int, depth: u32, mode: Mode) -> String {
        let d = depth - 1;
        let name = self.t.name(ty);
        match self.rng.below(12) {
            0..=3 => {
                let op = *self.rng.pick(&["+", "-", "*", "&", "|", "^", "&^", "+", "-"]);
                format!("({} {op} {})", self.value(ty, 1, mode), self.expr(ty, d, mode))
            }
            4 => {
                let op = *self.rng.pick(&["/", "%"]);
                let divisor = if mode.reads() && self.rng.chance(30) {
                    self.value(ty, 1, mode)
                } else if i.signed && self.rng.chance(30) {
                    "-1".into()
                } else {
                    (*self.rng.pick(&[1, 2, 3, 5, 7, 8, 10, 16, 60, 100, 127])).to_string()
                };
                format!("({} {op} {divisor})", self.value(ty, 1, mode))
            }
            5 | 6 => {
                let op = *self.rng.pick(&["<<", ">>"]);
                let count = match self.rng.below(4) {
                    0 => self.rng.below(70).to_string(),
                    1 => {
                        let uint = self.t.add(Ty::Int(crate::types::INTS[6]));
                        self.value(uint, 1, mode)
                    }
                    2 if mode.reads() => {
                        let int = self.t.int();
                        self.value(int, 1, mode)
                    }
                    _ => {
                        let int = self.t.int();
                        format!(
                            "({} & {})",
                            self.value(int, 1, mode),
                            *self.rng.pick(&[7, 15, 31, 63, 127])
                        )
                    }
                };
                format!("({} {op} {count})", self.value(ty, 1, mode))
            }
            7 => format!("({}{})", *self.rng.pick(&["-", "^"]), self.value(ty, 1, mode)),
            8 => {
                let numeric: Vec<TyId> = self
                    .t
                    .pool
                    .iter()
                    .copied()
                    .filter(|&t| matches!(self.t.under(t), Ty::Int(_) | Ty::Float(_)))
                    .collect();
                let from = *self.rng.pick(&numeric);
                let v = self.value(from, 1, mode);
                if matches!(self.t.under(from), Ty::Float(_)) {
                    return format!("rt.ToInt[{name}](float64({v}))");
                }
                format!("{name}({v})")
            }
            9 => {
                let f = *self.rng.pick(&["min", "max"]);
                format!(
                    "{f}({}, {}, {})",
                    self.value(ty, 1, mode),
                    self.expr(ty, d, mode),
                    self.atom(ty, mode)
                )
            }
            10 => {
                let list: Vec<String> = self
                    .scope
                    .iter()
                    .filter(|v| self.usable(v, mode))
                    .filter(|v| matches!(self.t.under(v.ty), Ty::Str | Ty::Slice(_) | Ty::Map(..)))
                    .map(|v| v.name.clone())
                    .collect();
                if list.is_empty() {
                    return self.value(ty, 1, mode);
                }
                format!("{name}(len({}))", self.rng.pick(&list).clone())
            }
            _ if mode.reads() => {
                let list: Vec<String> = self
                    .scope
                    .iter()
                    .filter(|v| matches!(self.t.under(v.ty), Ty::Str))
                    .map(|v| v.name.clone())
                    .collect();
                if list.is_empty() {
                    return self.value(ty, 1, mode);
                }
                let s = self.rng.pick(&list).clone();
                format!("{name}({s}[{}])", self.index(&s))
            }
            _ => self.value(ty, 1, mode),
        }
    }

    fn float_expr(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        let name = self.t.name(ty);
        match self.rng.below(8) {
            0..=3 => {
                let op = *self.rng.pick(&["+", "-", "*", "/"]);
                // A constant zero may not divide.
                let right = if op == "/" {
                    self.value(ty, 1, mode)
                } else {
                    self.expr(ty, depth - 1, mode)
                };
                format!("({} {op} {right})", self.value(ty, 1, mode))
            }
            4 => format!("(-{})", self.value(ty, 1, mode)),
            5 => {
                let ints: Vec<TyId> = self
                    .t
                    .pool
                    .iter()
                    .copied()
                    .filter(|&t| matches!(self.t.under(t), Ty::Int(_) | Ty::Float(_)))
                    .collect();
                let from = *self.rng.pick(&ints);
                format!("{name}({})", self.value(from, 1, mode))
            }
            6 => {
                let f = *self.rng.pick(&["min", "max"]);
                format!("{f}({}, {})", self.value(ty, 1, mode), self.expr(ty, depth - 1, mode))
            }
            _ => {
                let c = self.t.add(Ty::Complex(128));
                let f = *self.rng.pick(&["real", "imag"]);
                format!("{name}({f}({}))", self.value(c, 1, mode))
            }
        }
    }

    fn complex_expr(&mut self, ty: TyId, bits: u32, depth: u32, mode: Mode) -> String {
        let part = self.t.add(Ty::Float(bits / 2));
        match self.rng.below(4) {
            0 => format!(
                "{}(complex({}, {}))",
                self.t.name(ty),
                self.value(part, 1, mode),
                self.expr(part, depth - 1, mode)
            ),
            n => {
                let op = ["+", "-", "*"][n as usize - 1];
                format!("({} {op} {})", self.value(ty, 1, mode), self.value(ty, 1, mode))
            }
        }
    }

    fn string_expr(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        let name = self.t.name(ty);
        match self.rng.below(7) {
            0 | 1 => {
                let mut s = format!("({}", self.value(ty, 1, mode));
                for _ in 0..self.rng.range(1, 4) {
                    s += &format!(" + {}", self.expr(ty, depth - 1, mode));
                }
                s + ")"
            }
            2 if mode.reads() => {
                let Some(v) = self.variable(ty, mode) else { return self.value(ty, 1, mode) };
                let (i, j) = (self.index(&v), self.index(&v));
                match self.rng.below(3) {
                    0 => format!("{v}[{i}:]"),
                    1 => format!("{v}[:{j}]"),
                    _ => format!("{v}[min({i}, {j}):max({i}, {j})]"),
                }
            }
            3 => {
                let int = self.t.int();
                format!("{name}(rune({}))", self.value(int, 1, mode))
            }
            4 => {
                let bytes = self.byte_slice();
                format!("{name}({})", self.value(bytes, 1, mode))
            }
            5 => {
                let int = self.t.int();
                format!("{name}(rt.Itoa({}))", self.expr(int, depth - 1, mode))
            }
            _ => {
                let v = self.value(ty, 1, mode);
                format!("{name}([]{}({v}))", *self.rng.pick(&["byte", "rune"]))
            }
        }
    }

    pub fn byte_slice(&mut self) -> TyId {
        let byte = self.t.add(Ty::Int(crate::types::INTS[6]));
        self.t.add(Ty::Slice(byte))
    }

    fn slice_expr(&mut self, ty: TyId, depth: u32, mode: Mode) -> Option<String> {
        let Ty::Slice(e) = *self.t.under(ty) else { return None };
        let v = self.variable(ty, mode)?;
        Some(match self.rng.below(5) {
            0 | 1 => {
                let n = self.rng.range(1, 4);
                let list: Vec<String> = (0..n).map(|_| self.expr(e, depth - 1, mode)).collect();
                // Slices stay short.
                format!("append({v}[:min(len({v}), 12):min(len({v}), 12)], {})", list.join(", "))
            }
            2 => format!(
                "append({v}[:min(len({v}), 8):min(len({v}), 8)], {v}[min(len({v}), 1):min(len({v}), 6)]...)"
            ),
            3 if mode.reads() => {
                let (i, j) = (self.index(&v), self.index(&v));
                match self.rng.below(3) {
                    0 => format!("{v}[{i}:]"),
                    1 => format!("{v}[:{j}]"),
                    _ => format!("{v}[min({i}, {j}):max({i}, {j}):len({v})]"),
                }
            }
            _ => format!("append(([]{})(nil), {v}...)", self.t.name(e)),
        })
    }
}
