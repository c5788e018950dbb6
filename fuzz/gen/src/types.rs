//! The types of one generated program.
//!
//! TYP-1  A type only refers to types with smaller ids, but for a named struct's pointers to itself: values can be written down, and printing
//!        one ends.

use crate::rng::Rng;

pub type TyId = usize;

/// An integer type: its name, bits, and whether it is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Int {
    pub name: &'static str,
    pub bits: u32,
    pub signed: bool,
}

pub const INTS: [Int; 11] = [
    Int { name: "int", bits: 64, signed: true },
    Int { name: "int8", bits: 8, signed: true },
    Int { name: "int16", bits: 16, signed: true },
    Int { name: "int32", bits: 32, signed: true },
    Int { name: "int64", bits: 64, signed: true },
    Int { name: "uint", bits: 64, signed: false },
    Int { name: "uint8", bits: 8, signed: false },
    Int { name: "uint16", bits: 16, signed: false },
    Int { name: "uint32", bits: 32, signed: false },
    Int { name: "uint64", bits: 64, signed: false },
    Int { name: "uintptr", bits: 64, signed: false },
];

#[derive(Clone, PartialEq, Debug)]
pub enum Ty {
    Bool,
    Int(Int),
    Float(u32),
    Complex(u32),
    Str,
    /// A defined type: index into `Types::named`.
    Named(usize),
    Ptr(TyId),
    Slice(TyId),
    Array(u32, TyId),
    Map(TyId, TyId),
    Func(Vec<TyId>, Vec<TyId>),
    Struct(Vec<Field>),
    Any,
    Error,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub name: String,
    pub ty: TyId,
    pub embedded: bool,
}

/// A method: the receiver's kind, parameters, result.
#[derive(Clone, Debug)]
pub struct Method {
    pub name: String,
    pub pointer: bool,
    pub params: Vec<TyId>,
    pub results: Vec<TyId>,
}

#[derive(Clone, Debug)]
pub struct Named {
    pub name: String,
    /// The id of the defined type itself.
    pub id: TyId,
    /// Never a named one. `None`: an interface.
    pub under: Option<TyId>,
    pub methods: Vec<Method>,
}

#[derive(Default)]
pub struct Types {
    pub list: Vec<Ty>,
    pub named: Vec<Named>,
    /// Types that expressions are asked for.
    pub pool: Vec<TyId>,
}

impl Types {
    pub fn add(&mut self, ty: Ty) -> TyId {
        if let Some(i) = self.list.iter().position(|t| *t == ty) {
            return i;
        }
        self.list.push(ty);
        self.list.len() - 1
    }

    pub fn int(&mut self) -> TyId {
        self.add(Ty::Int(INTS[0]))
    }

    /// The type behind a name.
    pub fn under(&self, id: TyId) -> &Ty {
        match &self.list[id] {
            Ty::Named(n) => match self.named[*n].under {
                Some(u) => &self.list[u],
                None => &self.list[id],
            },
            t => t,
        }
    }

    pub fn name(&self, id: TyId) -> String {
        let list = |ids: &[TyId]| ids.iter().map(|&i| self.name(i)).collect::<Vec<_>>().join(", ");
        match &self.list[id] {
            Ty::Bool => "bool".into(),
            Ty::Int(i) => i.name.into(),
            Ty::Float(b) => format!("float{b}"),
            Ty::Complex(b) => format!("complex{b}"),
            Ty::Str => "string".into(),
            Ty::Named(n) => self.named[*n].name.clone(),
            Ty::Ptr(t) => format!("*{}", self.name(*t)),
            Ty::Slice(t) => format!("[]{}", self.name(*t)),
            Ty::Array(n, t) => format!("[{n}]{}", self.name(*t)),
            Ty::Map(k, v) => format!("map[{}]{}", self.name(*k), self.name(*v)),
            Ty::Func(p, r) => format!("func({}){}", list(p), results(&list(r), r.len())),
            Ty::Struct(fields) => {
                let field = |f: &Field| match f.embedded {
                    true => self.name(f.ty),
                    false => format!("{} {}", f.name, self.name(f.ty)),
                };
                format!("struct{{ {} }}", fields.iter().map(field).collect::<Vec<_>>().join("; "))
            }
            Ty::Any => "any".into(),
            Ty::Error => "error".into(),
        }
    }

    /// The name as the first part of a conversion.
    pub fn cast(&self, id: TyId) -> String {
        let name = self.name(id);
        if name.starts_with('*') || name.contains("func") { format!("({name})") } else { name }
    }

    pub fn is_interface(&self, id: TyId) -> bool {
        match &self.list[id] {
            Ty::Any | Ty::Error => true,
            Ty::Named(n) => self.named[*n].under.is_none(),
            _ => false,
        }
    }

    /// Whether `==` is allowed, and can't panic.
    pub fn comparable(&self, id: TyId) -> bool {
        match self.under(id) {
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) | Ty::Any | Ty::Error | Ty::Named(_) => false,
            // Pointers to variables without a size may be equal or not.
            Ty::Ptr(t) => self.words(*t) > 0,
            Ty::Array(_, t) => self.comparable(*t),
            Ty::Struct(f) => f.iter().all(|f| self.comparable(f.ty)),
            _ => true,
        }
    }

    /// Words of a value, roughly.
    pub fn words(&self, id: TyId) -> u32 {
        match self.under(id) {
            Ty::Str | Ty::Complex(128) | Ty::Any | Ty::Error | Ty::Named(_) => 2,
            Ty::Slice(_) => 3,
            Ty::Array(n, t) => n * self.words(*t),
            Ty::Struct(f) => f.iter().map(|f| self.words(f.ty)).sum(),
            _ => 1,
        }
    }

    /// Methods of values of a named type, those by pointer left out, with the index of the type.
    pub fn methods(&self, id: TyId) -> &[Method] {
        match &self.list[id] {
            Ty::Named(n) => &self.named[*n].methods,
            _ => &[],
        }
    }

    /// Whether a value (not a pointer) of a named type has all methods of the interface.
    pub fn implements(&self, id: TyId, iface: TyId) -> bool {
        let (target, pointer) = match self.list[id] {
            Ty::Ptr(t) => (t, true),
            _ => (id, false),
        };
        if self.is_interface(id) || pointer && self.is_interface(target) {
            return id == iface;
        }
        match &self.list[iface] {
            Ty::Any => true,
            Ty::Named(n) => self.named[*n].methods.iter().all(|wanted| {
                self.methods(target).iter().any(|m| {
                    m.name == wanted.name
                        && (pointer || !m.pointer)
                        && m.params == wanted.params
                        && m.results == wanted.results
                })
            }),
            _ => false,
        }
    }

    /// A random set of types.
    pub fn random(rng: &mut Rng) -> Types {
        let mut t = Types::default();
        for i in INTS {
            t.add(Ty::Int(i));
        }
        for ty in
            [Ty::Bool, Ty::Str, Ty::Float(64), Ty::Float(32), Ty::Complex(128), Ty::Complex(64)]
        {
            t.add(ty);
        }
        let (any, error) = (t.add(Ty::Any), t.add(Ty::Error));
        let basic: Vec<TyId> = (0..INTS.len() + 6).collect();
        t.pool = vec![0, INTS.len(), INTS.len() + 1, INTS.len() + 2];
        for _ in 0..3 {
            t.pool.push(*rng.pick(&basic));
        }
        // Two interfaces, whose methods named types will have.
        for i in 0..2 {
            let params = if rng.chance(50) { vec![*rng.pick(&t.pool)] } else { vec![] };
            let results = vec![*rng.pick(&t.pool)];
            let methods = vec![Method { name: format!("I{i}M"), pointer: false, params, results }];
            t.define(format!("I{i}"), None, methods);
        }
        let bytes = t.add(Ty::Int(INTS[6]));
        let bytes = t.add(Ty::Slice(bytes));
        t.pool.push(bytes);
        for i in 0..rng.range(3, 6) {
            t.random_named(rng, i);
            let derived = t.random_derived(rng);
            t.pool.push(derived);
        }
        for _ in 0..rng.range(3, 8) {
            let derived = t.random_derived(rng);
            t.pool.push(derived);
        }
        t.pool.extend([any, error]);
        t.pool.sort_unstable();
        t.pool.dedup();
        t
    }

    pub fn define(&mut self, name: String, under: Option<TyId>, methods: Vec<Method>) -> TyId {
        let id = self.add(Ty::Named(self.named.len()));
        self.named.push(Named { name, id, under, methods });
        self.pool.push(id);
        id
    }

    fn random_named(&mut self, rng: &mut Rng, index: u32) {
        let name = if rng.chance(4) {
            // Names that mean something to compilers.
            format!("{}{index}", rng.pick(&["NotInHeap", "nih", "noCopy", "T", "String", "hmap"]))
        } else {
            format!("T{index}")
        };
        let under = if rng.chance(65) {
            self.random_struct(rng, index, &name)
        } else {
            let u = self.random_derived_or_basic(rng);
            match &self.list[u] {
                // A name of a name would have no methods in common with it; pointers have none.
                Ty::Named(_) | Ty::Ptr(_) | Ty::Any | Ty::Error => self.int(),
                _ => u,
            }
        };
        let id = self.define(name, Some(under), vec![]);
        let mut methods = Vec::new();
        for i in 0..2 {
            if rng.chance(60) {
                let of = self.named[i].methods[0].clone();
                methods.push(Method { pointer: rng.chance(40), ..of });
            }
        }
        for k in 0..rng.range(0, 3) {
            let params = (0..rng.range(0, 3)).map(|_| *rng.pick(&self.pool)).collect();
            let results = (0..rng.range(0, 3)).map(|_| *rng.pick(&self.pool)).collect();
            let pointer = rng.chance(50);
            methods.push(Method { name: format!("M{index}{k}"), pointer, params, results });
        }
        let Ty::Named(n) = self.list[id] else { unreachable!("just defined") };
        self.named[n].methods = methods;
        if rng.chance(60) {
            let p = self.add(Ty::Ptr(id));
            self.pool.push(p);
        }
    }

    fn random_struct(&mut self, rng: &mut Rng, index: u32, name: &str) -> TyId {
        let mut fields: Vec<Field> = Vec::new();
        let count = *rng.pick(&[0, 1, 1, 2, 2, 3, 4, 5, 6, 9, 12]);
        let structs: Vec<TyId> = (0..self.list.len())
            .filter(|&i| {
                matches!(self.list[i], Ty::Named(_)) && matches!(self.under(i), Ty::Struct(_))
            })
            .collect();
        if !structs.is_empty() && rng.chance(35) {
            let ty = *rng.pick(&structs);
            let embedded_name = self.name(ty);
            let ty = if rng.chance(25) { self.add(Ty::Ptr(ty)) } else { ty };
            if self.words(ty) < 40 {
                fields.push(Field { name: embedded_name, ty, embedded: true });
            }
        }
        for k in 0..count {
            let ty = if rng.chance(15) { self.random_derived(rng) } else { *rng.pick(&self.pool) };
            if self.words(ty) > 24 {
                continue;
            }
            // A struct of its own name holds blank fields, too.
            let blank = rng.chance(3);
            let name = if blank { "_".into() } else { format!("F{index}x{k}") };
            fields.push(Field { name, ty, embedded: false });
        }
        if rng.chance(12) {
            let int = self.int();
            let n = *rng.pick(&[3, 5, 17, 20, 33]);
            let ty = self.add(Ty::Array(n, int));
            fields.push(Field { name: format!("Big{index}"), ty, embedded: false });
        }
        let _ = name;
        self.add(Ty::Struct(fields))
    }

    fn random_derived_or_basic(&mut self, rng: &mut Rng) -> TyId {
        if rng.chance(50) { *rng.pick(&self.pool) } else { self.random_derived(rng) }
    }

    fn random_derived(&mut self, rng: &mut Rng) -> TyId {
        let elem = *rng.pick(&self.pool);
        let ty = match rng.below(9) {
            0 | 1 => Ty::Slice(elem),
            2 => {
                let n = *rng.pick(&[0, 1, 2, 3, 4, 7]);
                if self.words(elem) * n > 40 { Ty::Slice(elem) } else { Ty::Array(n, elem) }
            }
            3 | 4 => Ty::Ptr(elem),
            5 | 6 => {
                let keys: Vec<TyId> = self
                    .pool
                    .iter()
                    .copied()
                    .filter(|&k| self.comparable(k) && !self.has_pointer(k) && self.words(k) < 8)
                    .collect();
                Ty::Map(*rng.pick(&keys), elem)
            }
            _ => {
                let params = (0..rng.range(0, 3)).map(|_| *rng.pick(&self.pool)).collect();
                let results = (0..rng.range(0, 3)).map(|_| *rng.pick(&self.pool)).collect();
                Ty::Func(params, results)
            }
        };
        self.add(ty)
    }

    /// Whether values hold addresses, which differ from run to run.
    pub fn has_pointer(&self, id: TyId) -> bool {
        match self.under(id) {
            Ty::Ptr(_) | Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) => true,
            Ty::Any | Ty::Error | Ty::Named(_) => true,
            Ty::Array(_, t) => self.has_pointer(*t),
            Ty::Struct(f) => f.iter().any(|f| self.has_pointer(f.ty)),
            _ => false,
        }
    }
}

/// The result list of a signature.
pub fn results(list: &str, n: usize) -> String {
    match n {
        0 => String::new(),
        1 => format!(" {list}"),
        _ => format!(" ({list})"),
    }
}
