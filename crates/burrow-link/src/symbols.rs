//! From names to program-wide ids.
//!
//! R1  `ids[object][SymId]` is the program-wide id of that object's symbol; ids are dense.
//! R2  A definition in an object wins over one of the image; the first object's wins over later ones (O1).

use crate::error::{LinkError, Undefined};
use crate::image::Image;
use crate::object::Object;
use std::collections::HashMap;

/// Where a symbol is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Def {
    Undefined,
    Func { object: u32, index: u32 },
    Data { object: u32, index: u32 },
    Image { address: u64 },
}

pub(crate) struct Symbols<'a> {
    pub names: Vec<&'a str>,
    pub defs: Vec<Def>,
    /// R1.
    pub ids: Vec<Vec<u32>>,
    /// (address of the `goentry:` variable, id of the function).
    pub entries: Vec<(u64, u32)>,
}

pub(crate) fn resolve<'a>(
    objects: &'a [Object],
    image: &'a Image,
) -> Result<Symbols<'a>, LinkError> {
    let total: usize = objects.iter().map(|o| o.symbols.len()).sum();
    let mut index: HashMap<&str, u32> = HashMap::with_capacity(total);
    let mut s = Symbols { names: Vec::new(), defs: Vec::new(), ids: Vec::new(), entries: vec![] };
    for object in objects {
        let ids = object.symbols.iter().map(|n| s.intern(&mut index, n)).collect();
        s.ids.push(ids);
    }
    s.define(objects);
    for (name, &address) in &image.globals {
        if let Some(func) = name.strip_prefix("goentry:") {
            let id = s.intern(&mut index, func);
            s.entries.push((address, id));
        }
    }
    for (id, name) in s.names.iter().enumerate() {
        if s.defs[id] == Def::Undefined
            && let Some(&address) = image.globals.get(*name)
        {
            s.defs[id] = Def::Image { address };
        }
    }
    s.check(objects)?;
    Ok(s)
}

impl<'a> Symbols<'a> {
    fn intern(&mut self, index: &mut HashMap<&'a str, u32>, name: &'a str) -> u32 {
        *index.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.defs.push(Def::Undefined);
            (self.names.len() - 1) as u32
        })
    }

    fn define(&mut self, objects: &[Object]) {
        for (o, object) in objects.iter().enumerate() {
            for (i, func) in object.funcs.iter().enumerate() {
                self.set(o, func.name.0, Def::Func { object: o as u32, index: i as u32 });
            }
            for (i, data) in object.datas.iter().enumerate() {
                self.set(o, data.name.0, Def::Data { object: o as u32, index: i as u32 });
            }
        }
    }

    fn set(&mut self, object: usize, name: u32, def: Def) {
        let id = self.ids[object][name as usize] as usize;
        if self.defs[id] == Def::Undefined {
            self.defs[id] = def; // R2
        }
    }

    /// Whether this function of this object is the one that counts (O1).
    pub(crate) fn is_func(&self, object: usize, index: usize, name: u32) -> bool {
        let def = Def::Func { object: object as u32, index: index as u32 };
        self.defs[self.ids[object][name as usize] as usize] == def
    }

    /// Whether this variable of this object is the one that counts (O1).
    pub(crate) fn is_data(&self, object: usize, index: usize, name: u32) -> bool {
        let def = Def::Data { object: object as u32, index: index as u32 };
        self.defs[self.ids[object][name as usize] as usize] == def
    }

    /// Every relocation's target, and every function the image calls, is defined.
    fn check(&self, objects: &[Object]) -> Result<(), LinkError> {
        let mut missing = Vec::new();
        let mut seen = vec![false; self.names.len()];
        let mut note = |id: u32, referrer: &str| {
            let i = id as usize;
            if self.defs[i] == Def::Undefined && !seen[i] {
                seen[i] = true;
                let name = self.names[i].to_owned();
                missing.push(Undefined { name, referrer: referrer.to_owned() });
            }
        };
        for (o, object) in objects.iter().enumerate() {
            let funcs = object.funcs.iter().map(|f| (f.name, &f.relocs));
            let datas = object.datas.iter().map(|d| (d.name, &d.relocs));
            for (name, relocs) in funcs.chain(datas) {
                for r in relocs {
                    note(self.ids[o][r.target.0 as usize], object.name(name));
                }
            }
        }
        for &(_, id) in &self.entries {
            note(id, "runtime image");
        }
        if missing.is_empty() { Ok(()) } else { Err(LinkError::Undefined(missing)) }
    }
}
