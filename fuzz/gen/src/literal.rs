//! Literals and other values that need no variable.

use crate::expr::{Mode, Var};
use crate::program::Gen;
use crate::types::{Int, Ty, TyId, results};

const STRINGS: [&str; 12] = [
    "",
    "a",
    "ab",
    "abc",
    "héllo",
    "日本",
    "\\xff\\xfe",
    "a\\x00b",
    "0123456789abcdef",
    "zz",
    "T",
    "the quick brown fox jumps over the lazy dog, twice",
];
const FLOATS: [&str; 12] = [
    "0",
    "1",
    "-1",
    "0.5",
    "1e10",
    "-2.25",
    "3.4028234e38",
    "1e-40",
    "123456.789",
    "-0.1",
    "7",
    "1e3",
];

impl Gen {
    pub fn literal(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        let name = self.t.name(ty);
        match self.t.under(ty).clone() {
            Ty::Bool => {
                let text = if self.rng.chance(50) { "true" } else { "false" };
                self.convert(&name, "bool", text.into())
            }
            Ty::Int(i) => {
                let text = self.int_text(i);
                self.convert(&name, "int", text)
            }
            Ty::Float(bits) => {
                let special =
                    format!("rt.{}{bits}", *self.rng.pick(&["NaN", "Inf", "NegInf", "NegZero"]));
                let text =
                    if self.rng.chance(15) { special } else { (*self.rng.pick(&FLOATS)).into() };
                format!("{name}({text})")
            }
            Ty::Complex(_) => {
                let (re, im) = (
                    *self.rng.pick(&["0", "1", "-1.5", "2"]),
                    *self.rng.pick(&["0", "1", "3.25", "-2"]),
                );
                format!("{name}(complex({re}, {im}))")
            }
            Ty::Str => {
                let text = format!("\"{}\"", *self.rng.pick(&STRINGS));
                self.convert(&name, "string", text)
            }
            Ty::Ptr(e) => self.pointer(e, depth, mode),
            Ty::Slice(e) => match self.rng.below(8) {
                0 => format!("{}(nil)", self.t.cast(ty)),
                1 => format!("make({name}, {}, {})", self.rng.below(3), self.rng.range(3, 6)),
                _ => {
                    let n = if depth == 0 { 1 } else { self.rng.range(0, 4) };
                    let list: Vec<String> = (0..n).map(|_| self.leaf(e, depth, mode)).collect();
                    format!("{name}{{{}}}", list.join(", "))
                }
            },
            Ty::Array(n, e) => {
                let count = if depth == 0 { n.min(1) } else { n.min(self.rng.range(0, 5)) };
                let list: Vec<String> = (0..count).map(|_| self.leaf(e, depth, mode)).collect();
                format!("{name}{{{}}}", list.join(", "))
            }
            Ty::Map(..) if self.rng.chance(7) => format!("{}(nil)", self.t.cast(ty)),
            Ty::Map(k, v) => self.map_literal(&name, k, v, depth, mode),
            Ty::Struct(fields) => {
                let mut list = Vec::new();
                for f in fields.iter().filter(|f| f.name != "_") {
                    if self.rng.chance(60) {
                        let value = self.leaf(f.ty, depth, mode);
                        list.push(format!("{}: {value}", f.name));
                    }
                }
                let literal = format!("{name}{{{}}}", list.join(", "));
                // In conditions a literal looks like a block.
                format!("({literal})")
            }
            Ty::Func(p, r) => {
                let literal = self.func_literal(&p, &r, depth, mode);
                match self.t.list[ty] {
                    Ty::Named(_) => format!("{name}({literal})"),
                    _ => literal,
                }
            }
            Ty::Any if depth == 0 => "any(nil)".into(),
            Ty::Any => self.any(depth, mode),
            Ty::Error => if self.rng.chance(30) { "error(nil)" } else { "rt.Err" }.into(),
            Ty::Named(_) => self.interface_value(ty, depth, mode),
        }
    }

    fn leaf(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        if self.rng.chance(50)
            && let Some(v) = self.variable(ty, mode)
        {
            return v;
        }
        self.literal(ty, depth.saturating_sub(1), mode)
    }

    fn convert(&self, name: &str, plain: &str, text: String) -> String {
        if name == plain && !text.starts_with('-') { text } else { format!("{name}({text})") }
    }

    pub fn int_text(&mut self, i: Int) -> String {
        let max = if i.signed { u64::MAX >> (65 - i.bits) } else { u64::MAX >> (64 - i.bits) };
        match self.rng.below(10) {
            0 => "0".into(),
            1 if i.signed => "-1".into(),
            2 if i.signed => format!("-{}", max + 1),
            3 => max.to_string(),
            4 => (self.rng.u64() & max).to_string(),
            5 if i.signed => format!("-{}", self.rng.u64() & max),
            6 => (1_u64 << self.rng.below(i.bits - 1)).to_string(),
            _ => self.rng.below(20).to_string(),
        }
    }

    fn pointer(&mut self, e: TyId, depth: u32, mode: Mode) -> String {
        let name = self.t.name(e);
        if self.rng.chance(12) {
            return format!("(*{name})(nil)");
        }
        if depth == 0 {
            return format!("new({name})");
        }
        let composite = matches!(self.t.under(e), Ty::Struct(_) | Ty::Array(..) | Ty::Slice(_));
        let value = self.literal(e, depth - 1, mode);
        if composite
            && (value.ends_with('}') || value.ends_with("})"))
            && !value.starts_with("func")
        {
            let inner = value.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(&value);
            return format!("(&{inner})");
        }
        format!("rt.Ptr[{name}]({value})")
    }

    fn map_literal(&mut self, name: &str, k: TyId, v: TyId, depth: u32, mode: Mode) -> String {
        let n = if depth == 0 { 0 } else { self.rng.range(0, 4) };
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..n {
            // Keys that are not constant may be equal.
            let key = match self.variable(k, mode) {
                Some(v) if self.rng.chance(30) => v,
                _ => format!("rt.Id[{}]({})", self.t.name(k), self.literal(k, 0, mode)),
            };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let entries: Vec<String> =
            keys.into_iter().map(|key| format!("{key}: {}", self.leaf(v, depth, mode))).collect();
        format!("{name}{{{}}}", entries.join(", "))
    }

    fn func_literal(&mut self, p: &[TyId], r: &[TyId], depth: u32, mode: Mode) -> String {
        let results_text: Vec<String> = r.iter().map(|&t| self.t.name(t)).collect();
        let params: Vec<String> =
            p.iter().enumerate().map(|(i, &t)| format!("p{i} {}", self.t.name(t))).collect();
        let head =
            format!("func({}){}", params.join(", "), results(&results_text.join(", "), r.len()));
        let saved = self.scope.clone();
        if depth == 0 {
            // Only its own parameters.
            self.scope.clear();
        }
        let names: Vec<String> = (0..p.len()).map(|i| format!("p{i}")).collect();
        // Variables of enclosing functions of the same name are hidden.
        self.scope.retain(|v| !names.contains(&v.name));
        for (name, &ty) in names.iter().zip(p) {
            self.scope.push(Var { name: name.clone(), ty, shared: false, fixed: false });
        }
        let inner = if mode == Mode::Calls { Mode::Calls } else { Mode::Pure };
        let values: Vec<String> = r.iter().map(|&t| self.leaf(t, depth, inner)).collect();
        self.scope = saved;
        let text = format!("{head} {{ return {} }}", values.join(", "));
        if r.is_empty() { format!("{head} {{ rt.Count() }}") } else { text }
    }

    fn any(&mut self, depth: u32, mode: Mode) -> String {
        if self.rng.chance(10) {
            return "any(nil)".into();
        }
        let t = *self.rng.pick(&self.t.pool.clone());
        let value = self.leaf(t, depth, mode);
        format!("any({value})")
    }

    fn interface_value(&mut self, ty: TyId, depth: u32, mode: Mode) -> String {
        let name = self.t.name(ty);
        let list: Vec<TyId> = (0..self.t.list.len())
            .filter(|&t| !self.t.is_interface(t) && self.t.implements(t, ty))
            .collect();
        if list.is_empty() || depth == 0 || self.rng.chance(8) {
            return format!("{name}(nil)");
        }
        let t = *self.rng.pick(&list);
        format!("{name}({})", self.leaf(t, depth, mode))
    }
}
