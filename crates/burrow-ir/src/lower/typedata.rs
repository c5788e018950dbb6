//! Type descriptors and itabs, in `internal/abi`'s layout.
//!
//! T1  One descriptor for all identical types: compiled code compares their addresses.
//! T2  A descriptor brings all that it points to.
//! T3  A method stands in the tables if its type reaches an interface, and something may call it: a method of that name
//!     and type is called through an interface, or an interface with it is asked for at run time, or reflection may ask
//!     for any. Others have offsets of -1. gc: `cmd/link/internal/ld/deadcode.go`.
//!
//! What is wanted is only known when all code has been lowered; so descriptors are written last.

use burrow_syntax::{Pos, Symbol};
use burrow_types::{BasicKind, ChanDir, ObjId, PkgId, TypeId, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};
use std::rc::Rc;

use super::func::FnCx;
use super::program::{Entry, FuncInst, MethodRef, Program};
use crate::ir::{Data, DataKind, DataReloc, DataRelocKind, Value};

const TFLAG_UNCOMMON: u8 = 1;
const TFLAG_EXTRA_STAR: u8 = 2;
const TFLAG_NAMED: u8 = 4;
const TFLAG_REGULAR_MEMORY: u8 = 8;
const TFLAG_GC_MASK_ON_DEMAND: u8 = 16;
const TFLAG_DIRECT_IFACE: u8 = 32;

const MAP_NEED_KEY_UPDATE: u32 = 1;
const MAP_HASH_MIGHT_PANIC: u32 = 2;
const MAP_INDIRECT_KEY: u32 = 4;
const MAP_INDIRECT_ELEM: u32 = 8;
/// Larger keys and elements are stored behind pointers.
const MAP_MAX_INLINE: u64 = 128;
/// Slots of a map's group.
const GROUP_SLOTS: i64 = 8;
/// Masks of more words than this are made at run time.
const MAX_MASK_WORDS: u64 = 128;

/// Descriptors asked for.
#[derive(Default)]
pub(super) struct Types {
    order: Vec<TypeId>,
    index: FxHashMap<TypeId, usize>,
    visited: usize,
    in_interface: FxHashSet<TypeId>,
    /// Types in interfaces whose methods have been looked at, with the number of called methods then.
    live: Vec<TypeId>,
    itabs: Vec<(TypeId, TypeId, Symbol)>,
    called: FxHashSet<String>,
    used_interfaces: FxHashSet<TypeId>,
    all_methods: bool,
    kept: FxHashMap<(TypeId, usize), (Symbol, Symbol)>,
    noalg: FxHashSet<TypeId>,
    groups: FxHashMap<TypeId, TypeId>,
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// The address of a type's descriptor.
    pub(super) fn type_addr(&mut self, t: TypeId) -> Value {
        let s = self.p.want_type(t);
        self.symbol(s, 0)
    }
}

impl<'a> Program<'a> {
    pub(super) fn type_symbol(&self, t: TypeId) -> Symbol {
        Symbol::new(&format!("type:{}", self.u.link_string(t)))
    }

    /// The symbol of a type's descriptor, which will be made.
    pub(super) fn want_type(&self, t: TypeId) -> Symbol {
        let t = self.canonical(t);
        let mut types = self.types.borrow_mut();
        if !types.index.contains_key(&t) {
            let i = types.order.len();
            types.index.insert(t, i);
            types.order.push(t);
        }
        drop(types);
        self.type_symbol(t)
    }

    /// Values of the type get into interfaces, so their methods can be found.
    pub(super) fn use_in_interface(&self, t: TypeId) {
        let t = self.canonical(t);
        if !self.types.borrow_mut().in_interface.insert(t) {
            return;
        }
        self.want_type(t);
        self.types.borrow_mut().live.push(t);
        if !matches!(self.u.kind(self.u.unalias(t)), TypeKind::Interface(_)) {
            for c in self.components(t) {
                self.use_in_interface(c);
            }
        }
        // Reflection finds the pointer's methods by way of the type: gc's PtrToThis of named types, and of structs that
        // embed something.
        let has_methods = match self.u.kind(self.u.unalias(t)) {
            TypeKind::Named(_) => !self.is_interface(t),
            TypeKind::Struct(s) => s.fields.iter().any(|&f| self.u.obj(f).is_embedded()),
            _ => false,
        };
        if has_methods {
            self.use_in_interface(self.u.new_pointer(t));
        }
        if self.is_interface(t) {
            self.use_interface(t);
        }
    }

    /// The program asks at run time whether values implement the interface.
    pub(super) fn use_interface(&self, t: TypeId) {
        let t = self.canonical(self.under(t));
        if !self.types.borrow_mut().used_interfaces.insert(t) {
            return;
        }
        for &m in &*self.u.type_set(t).methods {
            self.use_method(m);
        }
    }

    /// A method of an interface may be called.
    pub(super) fn use_method(&self, method: ObjId) {
        let key = self.method_key(method, self.obj_type(method));
        self.types.borrow_mut().called.insert(key);
    }

    /// Reflection may call any exported method.
    pub(super) fn use_all_methods(&self) {
        self.types.borrow_mut().all_methods = true;
    }

    fn method_key(&self, method: ObjId, sig: TypeId) -> String {
        let o = self.u.obj(method);
        let pkg =
            if o.is_exported() { "" } else { o.pkg.map_or("", |p| self.u.pkg(p).path.as_str()) };
        format!("{pkg}.{} {}", o.name, self.u.link_string(self.plain_sig(sig)))
    }

    /// The signature without its receiver.
    fn plain_sig(&self, t: TypeId) -> TypeId {
        match self.u.kind(t) {
            TypeKind::Signature(s) if s.recv.is_some() || !s.rparams.is_empty() => {
                let mut s = s.clone();
                s.recv = None;
                s.rparams = Box::new([]);
                self.u.new_signature(s)
            }
            _ => t,
        }
    }

    /// The itab of a concrete type for an interface type.
    pub(super) fn want_itab(&self, inter: TypeId, t: TypeId) -> Symbol {
        let (inter, t) = (self.canonical(inter), self.canonical(t));
        let symbol = Symbol::new(&format!(
            "go:itab.{},{}",
            self.u.link_string(t),
            self.u.link_string(inter)
        ));
        if self.want(symbol) {
            self.want_type(inter);
            self.use_in_interface(t);
            self.types.borrow_mut().itabs.push((inter, t, symbol));
        }
        symbol
    }

    /// A descriptor that has size and pointers only: of closures and control objects.
    pub(super) fn raw_type(&self, size: u64, ptrdata: u64, mask: Vec<u8>) -> Symbol {
        let size = size.next_multiple_of(8);
        let hex: String = mask.iter().map(|b| format!("{b:02x}")).collect();
        let symbol = Symbol::new(&format!("type:.raw.{size}.{hex}"));
        if self.want(symbol) {
            let mut d = Descriptor::default();
            d.header(size, ptrdata, 0, 0, 8, 25);
            if ptrdata > 0 {
                let m = self.mask_data(ptrdata, mask);
                d.pointer(32, m, 0);
            }
            let str_name = self.name_data("*struct { raw }", false, "", None);
            d.offset(40, str_name, DataRelocKind::TypeOff);
            // A struct without fields.
            d.bytes.resize(80, 0);
            self.add_data(d.data(symbol, DataKind::Types));
        }
        symbol
    }

    fn mask_data(&self, ptrdata: u64, mut mask: Vec<u8>) -> Symbol {
        let words = ptrdata.div_ceil(8);
        mask.resize((words.div_ceil(8) as usize).next_multiple_of(8), 0);
        self.rodata("go:gcbits.", &mask, 8)
    }

    /// Types whose descriptors the descriptor of `t` refers to.
    fn components(&self, t: TypeId) -> Vec<TypeId> {
        let vars = |list: &[ObjId]| list.iter().map(|&v| self.obj_type(v)).collect::<Vec<_>>();
        match self.kind(t) {
            TypeKind::Pointer(e) | TypeKind::Slice(e) | TypeKind::Chan { elem: e, .. } => vec![*e],
            TypeKind::Array { elem, .. } => vec![*elem, self.u.new_slice(*elem)],
            TypeKind::Map { key, elem } => vec![*key, *elem],
            TypeKind::Struct(s) => vars(&s.fields),
            TypeKind::Signature(s) => {
                let mut all = vars(&s.params);
                all.extend(vars(&s.results));
                all
            }
            TypeKind::Interface(_) => {
                let set = self.u.type_set(self.under(t));
                set.methods.iter().map(|&m| self.plain_sig(self.obj_type(m))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Asks for what new descriptors need, and for methods that have become callable. False if there was nothing to do.
    pub(super) fn advance_types(&self) -> bool {
        let mut progress = false;
        loop {
            let next = {
                let mut types = self.types.borrow_mut();
                let i = types.visited;
                if i == types.order.len() {
                    break;
                }
                types.visited += 1;
                types.order[i]
            };
            progress = true;
            self.visit_type(next);
        }
        let live = self.types.borrow().live.clone();
        for t in live {
            progress |= self.keep_methods(t);
        }
        progress
    }

    fn visit_type(&self, t: TypeId) {
        for c in self.components(t) {
            self.want_type(c);
        }
        if let TypeKind::Map { .. } = self.kind(t) {
            let group = self.map_group(t);
            self.want_type(group);
            self.map_hasher(t);
            let under = self.under(t);
            self.want_type(under);
        }
        if !self.types.borrow().noalg.contains(&t) {
            self.equal_closure(t);
        }
        for (_, m) in self.method_table(t) {
            let _ = m;
        }
    }

    /// Methods of the method table: entry of the method set and its signature.
    fn method_table(&self, t: TypeId) -> Vec<(MethodRef, TypeId)> {
        if self.is_interface(t) || self.types.borrow().noalg.contains(&t) {
            return Vec::new();
        }
        let base = match self.u.kind(self.u.unalias(t)) {
            TypeKind::Named(_) | TypeKind::Struct(_) => t,
            TypeKind::Pointer(e) => *e,
            _ => return Vec::new(),
        };
        if !matches!(self.u.kind(self.u.unalias(base)), TypeKind::Named(_) | TypeKind::Struct(_)) {
            return Vec::new();
        }
        self.u
            .method_set(t)
            .into_iter()
            .filter_map(|m| {
                let obj = m.lookup.obj?;
                let sig = self.obj_type(obj);
                let TypeKind::Signature(s) = self.u.kind(sig) else { return None };
                if !s.tparams.is_empty() {
                    return None;
                }
                Some((MethodRef { obj, path: Rc::from(m.lookup.path) }, self.plain_sig(sig)))
            })
            .collect()
    }

    fn keep_methods(&self, t: TypeId) -> bool {
        let mut progress = false;
        for (i, (m, sig)) in self.method_table(t).into_iter().enumerate() {
            if self.types.borrow().kept.contains_key(&(t, i)) {
                continue;
            }
            let live = {
                let types = self.types.borrow();
                (types.all_methods && self.u.obj(m.obj).is_exported())
                    || types.called.contains(&self.method_key(m.obj, sig))
            };
            if live {
                let ifn = self.want_method(t, m.clone(), Entry::Iface);
                let tfn = self.want_method(t, m, Entry::Direct);
                self.want_type(sig);
                self.types.borrow_mut().kept.insert((t, i), (ifn, tfn));
                progress = true;
            }
        }
        progress
    }

    // --------------------------------------------------------------------------------- writing

    /// Writes all descriptors, itabs and the lists of them.
    pub(super) fn write_types(&self) {
        let order = self.types.borrow().order.clone();
        for &t in &order {
            self.write_type(t);
        }
        let itabs = self.types.borrow().itabs.clone();
        for (inter, t, symbol) in &itabs {
            self.write_itab(*inter, *t, *symbol);
        }
        let mut links: Vec<(String, TypeId)> = order
            .iter()
            .filter(|&&t| {
                !matches!(
                    self.u.kind(self.u.unalias(t)),
                    TypeKind::Named(_) | TypeKind::Basic(..) | TypeKind::Interface(_)
                ) && !self.types.borrow().noalg.contains(&t)
            })
            .map(|&t| (self.u.reflect_string(t), t))
            .collect();
        links.sort_by(|a, b| {
            a.0.cmp(&b.0).then(self.type_symbol(a.1).as_str().cmp(self.type_symbol(b.1).as_str()))
        });
        let links: Vec<Symbol> = links.into_iter().map(|(_, t)| self.type_symbol(t)).collect();
        self.symbol_list("go:typelinks", &links);
        let itabs: Vec<Symbol> = itabs.into_iter().map(|i| i.2).collect();
        self.symbol_list("go:itablinks", &itabs);
    }

    /// A slice variable of addresses.
    fn symbol_list(&self, name: &str, list: &[Symbol]) {
        let array = Symbol::new(&format!("{name}.array"));
        let relocs =
            list.iter().enumerate().map(|(i, &s)| Program::abs_reloc(8 * i as u64, s, 0)).collect();
        self.make_data(array, DataKind::Rodata, vec![0; 8 * list.len().max(1)], relocs);
        let mut header = vec![0u8; 24];
        header[8..16].copy_from_slice(&(list.len() as u64).to_le_bytes());
        header[16..24].copy_from_slice(&(list.len() as u64).to_le_bytes());
        let relocs = vec![Program::abs_reloc(0, array, 0)];
        self.make_data(Symbol::new(name), DataKind::NoPtrData, header, relocs);
    }

    fn write_itab(&self, inter: TypeId, t: TypeId, symbol: Symbol) {
        let set = self.u.type_set(self.under(inter));
        let table = self.method_table(t);
        let mut d = Descriptor::default();
        d.bytes.resize(24 + 8 * set.methods.len().max(1), 0);
        d.pointer(0, self.type_symbol(inter), 0);
        d.pointer(8, self.type_symbol(t), 0);
        d.put(16, &self.type_hash(t).to_le_bytes());
        for (i, &m) in set.methods.iter().enumerate() {
            let found = table.iter().position(|(r, _)| self.same_method_name(r.obj, m));
            let Some(k) = found else { continue };
            if let Some((ifn, _)) = self.types.borrow().kept.get(&(t, k)) {
                d.pointer(24 + 8 * i, *ifn, 0);
            } else if i == 0 {
                // Never called, but a zero would say that the type doesn't implement the interface.
                d.put(24, &1u64.to_le_bytes());
            }
        }
        self.add_data(d.data(symbol, DataKind::Rodata));
    }

    fn type_hash(&self, t: TypeId) -> u32 {
        // FNV-1a of the link string.
        self.u
            .link_string(t)
            .bytes()
            .fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
    }

    fn write_type(&self, t: TypeId) {
        let noalg = self.types.borrow().noalg.contains(&t);
        let l = self.layout(t);
        let named = match self.u.kind(self.u.unalias(t)) {
            TypeKind::Named(n) => Some(n),
            _ => None,
        };
        let is_basic = matches!(self.u.kind(self.u.unalias(t)), TypeKind::Basic(..));
        let methods = self.method_table(t);
        let uncommon = named.is_some() || is_basic || !methods.is_empty();
        let mut flags = 0;
        if uncommon {
            flags |= TFLAG_UNCOMMON;
        }
        if named.is_some() || is_basic {
            flags |= TFLAG_NAMED;
        }
        if self.is_regular_memory(t) {
            flags |= TFLAG_REGULAR_MEMORY;
        }
        if l.is_direct_iface() {
            flags |= TFLAG_DIRECT_IFACE;
        }
        let text = self.u.reflect_string(t);
        if !text.starts_with('*') {
            flags |= TFLAG_EXTRA_STAR;
        }
        let on_demand = l.ptrdata.div_ceil(8) > MAX_MASK_WORDS;
        if on_demand {
            flags |= TFLAG_GC_MASK_ON_DEMAND;
        }
        let mut d = Descriptor::default();
        d.header(l.size, l.ptrdata, self.type_hash(t), flags, l.align as u8, self.abi_kind(t));
        if !noalg && let Some(eq) = self.equal_closure(t) {
            d.pointer(24, eq, 0);
        }
        if l.ptrdata > 0 {
            let mask = if on_demand {
                let s = Symbol::new(&format!("go:gcmask.{}", self.u.link_string(t)));
                if self.want(s) {
                    self.make_data(s, DataKind::NoPtrData, vec![0; 8], Vec::new());
                }
                s
            } else {
                let mut mask = Vec::new();
                self.pointer_mask(t, 0, &mut mask);
                self.mask_data(l.ptrdata, mask)
            };
            d.pointer(32, mask, 0);
        }
        // An unnamed pointer's name is exported as its element's is.
        let exported = match (named, self.u.kind(self.u.unalias(t))) {
            (Some(n), _) => self.u.obj(n.obj).is_exported(),
            (None, &TypeKind::Pointer(e)) => match self.u.kind(self.u.unalias(e)) {
                TypeKind::Named(n) => self.u.obj(n.obj).is_exported(),
                _ => false,
            },
            _ => false,
        };
        let str_name = if flags & TFLAG_EXTRA_STAR != 0 { format!("*{text}") } else { text };
        let str_name = self.name_data(&str_name, exported, "", None);
        d.offset(40, str_name, DataRelocKind::TypeOff);
        let ptr = self.canonical(self.u.new_pointer(t));
        if self.types.borrow().index.contains_key(&ptr) {
            d.offset(44, self.type_symbol(ptr), DataRelocKind::TypeOff);
        }
        self.write_kind(t, &mut d, uncommon, named.map(|n| n.obj), &methods);
        self.add_data(d.data(self.type_symbol(t), DataKind::Types));
    }

    /// The part behind the header, uncommon type, variable part and methods.
    fn write_kind(
        &self,
        t: TypeId,
        d: &mut Descriptor,
        uncommon: bool,
        named: Option<ObjId>,
        methods: &[(MethodRef, TypeId)],
    ) {
        let under = self.under(t);
        let own = self.type_symbol(t);
        let unc = if uncommon { 16 } else { 0 };
        let mut tail: Vec<(usize, Part)> = Vec::new();
        let fixed = match self.u.kind(under) {
            TypeKind::Pointer(e) | TypeKind::Slice(e) => {
                d.pointer(48, self.want_type(*e), 0);
                56
            }
            TypeKind::Array { elem, len } => {
                d.pointer(48, self.want_type(*elem), 0);
                d.pointer(56, self.want_type(self.u.new_slice(*elem)), 0);
                d.put(64, &(*len as u64).to_le_bytes());
                72
            }
            TypeKind::Chan { dir, elem } => {
                d.pointer(48, self.want_type(*elem), 0);
                let dir: u64 = match dir {
                    ChanDir::RecvOnly => 1,
                    ChanDir::SendOnly => 2,
                    ChanDir::Both => 3,
                };
                d.put(56, &dir.to_le_bytes());
                64
            }
            TypeKind::Signature(s) => {
                d.put(48, &(s.params.len() as u16).to_le_bytes());
                let variadic = if s.variadic { 0x8000 } else { 0 };
                d.put(50, &(s.results.len() as u16 | variadic).to_le_bytes());
                for (i, &v) in s.params.iter().chain(s.results.iter()).enumerate() {
                    tail.push((8 * i, Part::Pointer(self.want_type(self.obj_type(v)))));
                }
                56
            }
            TypeKind::Interface(_) => {
                let set = self.u.type_set(under);
                if let Some(n) = named
                    && let Some(p) = self.u.obj(n).pkg
                {
                    let name = self.pkg_name_data(p);
                    d.pointer(48, name, 0);
                }
                let n = set.methods.len() as u64;
                if n > 0 {
                    d.pointer(56, own, 80 + unc);
                }
                d.put(64, &n.to_le_bytes());
                d.put(72, &n.to_le_bytes());
                for (i, &m) in set.methods.iter().enumerate() {
                    let o = self.u.obj(m);
                    let pkg = if o.is_exported() { None } else { o.pkg };
                    let name = self.name_data(o.name.as_str(), o.is_exported(), "", pkg);
                    tail.push((8 * i, Part::TypeOff(name)));
                    let sig = self.want_type(self.plain_sig(self.obj_type(m)));
                    tail.push((8 * i + 4, Part::TypeOff(sig)));
                }
                80
            }
            TypeKind::Struct(s) => {
                let l = self.layout(under);
                let pkg = s.fields.iter().find_map(|&f| {
                    let o = self.u.obj(f);
                    (!o.is_exported()).then_some(o.pkg).flatten()
                });
                if let Some(p) = pkg {
                    d.pointer(48, self.pkg_name_data(p), 0);
                }
                let n = s.fields.len() as u64;
                if n > 0 {
                    d.pointer(56, own, 80 + unc);
                }
                d.put(64, &n.to_le_bytes());
                d.put(72, &n.to_le_bytes());
                for (i, &f) in s.fields.iter().enumerate() {
                    let o = self.u.obj(f);
                    let tag = String::from_utf8_lossy(s.tag(i)).into_owned();
                    let name = self.name_with_flags(
                        o.name.as_str(),
                        o.is_exported(),
                        &tag,
                        None,
                        o.is_embedded(),
                    );
                    tail.push((24 * i, Part::Pointer(name)));
                    tail.push((24 * i + 8, Part::Pointer(self.want_type(self.obj_type(f)))));
                    tail.push((24 * i + 16, Part::Word(l.offsets[i])));
                }
                80
            }
            TypeKind::Map { .. } => {
                self.write_map(under, d);
                136
            }
            _ => 48,
        };
        d.bytes.resize(d.bytes.len().max(fixed), 0);
        let mut at = fixed;
        if uncommon {
            at += 16;
            d.bytes.resize(at, 0);
        }
        for (o, part) in tail {
            match part {
                Part::Pointer(s) => d.pointer(at + o, s, 0),
                Part::TypeOff(s) => d.offset(at + o, s, DataRelocKind::TypeOff),
                Part::Word(w) => d.put(at + o, &w.to_le_bytes()),
            }
        }
        if uncommon {
            self.write_methods(t, d, fixed, named, methods);
        }
    }

    fn write_methods(
        &self,
        t: TypeId,
        d: &mut Descriptor,
        unc: usize,
        named: Option<ObjId>,
        methods: &[(MethodRef, TypeId)],
    ) {
        let pkg = named.or_else(|| match self.u.kind(self.u.unalias(t)) {
            TypeKind::Pointer(e) => match self.u.kind(self.u.unalias(*e)) {
                TypeKind::Named(n) => Some(n.obj),
                _ => None,
            },
            _ => None,
        });
        let pkg = match self.u.kind(self.u.unalias(t)) {
            TypeKind::Basic(BasicKind::UnsafePointer, _) => Some(self.u.unsafe_pkg()),
            _ => pkg.and_then(|o| self.u.obj(o).pkg),
        };
        if let Some(p) = pkg {
            d.offset(unc, self.pkg_name_data(p), DataRelocKind::TypeOff);
        }
        let moff = d.bytes.len().next_multiple_of(8);
        d.bytes.resize(moff, 0);
        let exported = methods.iter().filter(|m| self.u.obj(m.0.obj).is_exported()).count();
        d.put(unc + 4, &(methods.len() as u16).to_le_bytes());
        d.put(unc + 6, &(exported as u16).to_le_bytes());
        d.put(unc + 8, &((moff - unc) as u32).to_le_bytes());
        for (i, (m, sig)) in methods.iter().enumerate() {
            let at = moff + 16 * i;
            let o = self.u.obj(m.obj);
            let own = if o.is_exported() || self.u.same_pkg(o.pkg, pkg) { None } else { o.pkg };
            let name = self.name_data(o.name.as_str(), o.is_exported(), "", own);
            d.offset(at, name, DataRelocKind::TypeOff);
            match self.types.borrow().kept.get(&(t, i)) {
                Some((ifn, tfn)) => {
                    d.offset(
                        at + 4,
                        self.type_symbol(self.canonical(*sig)),
                        DataRelocKind::TypeOff,
                    );
                    d.offset(at + 8, *ifn, DataRelocKind::TextOff);
                    d.offset(at + 12, *tfn, DataRelocKind::TextOff);
                }
                None => d.put(at + 4, &[0xff; 12]),
            }
        }
    }

    fn abi_kind(&self, t: TypeId) -> u8 {
        match self.kind(t) {
            TypeKind::Basic(k, _) => match k {
                BasicKind::Bool | BasicKind::UntypedBool => 1,
                BasicKind::Int | BasicKind::UntypedInt => 2,
                BasicKind::Int8 => 3,
                BasicKind::Int16 => 4,
                BasicKind::Int32 | BasicKind::UntypedRune => 5,
                BasicKind::Int64 => 6,
                BasicKind::Uint => 7,
                BasicKind::Uint8 => 8,
                BasicKind::Uint16 => 9,
                BasicKind::Uint32 => 10,
                BasicKind::Uint64 => 11,
                BasicKind::Uintptr => 12,
                BasicKind::Float32 => 13,
                BasicKind::Float64 | BasicKind::UntypedFloat => 14,
                BasicKind::Complex64 => 15,
                BasicKind::Complex128 | BasicKind::UntypedComplex => 16,
                BasicKind::String | BasicKind::UntypedString => 24,
                BasicKind::UnsafePointer | BasicKind::UntypedNil => 26,
                BasicKind::Invalid => 0,
            },
            TypeKind::Array { .. } => 17,
            TypeKind::Chan { .. } => 18,
            TypeKind::Signature(_) => 19,
            TypeKind::Interface(_) => 20,
            TypeKind::Map { .. } => 21,
            TypeKind::Pointer(_) => 22,
            TypeKind::Slice(_) => 23,
            TypeKind::Struct(_) => 25,
            other => panic!("descriptor of {other:?}"),
        }
    }

    // ------------------------------------------------------------------------------------ maps

    fn map_kinds_of(&self, t: TypeId) -> (TypeId, TypeId) {
        match self.kind(t) {
            TypeKind::Map { key, elem } => (*key, *elem),
            other => panic!("a map expected, not {other:?}"),
        }
    }

    /// The type of a map's group: control word and eight slots.
    fn map_group(&self, t: TypeId) -> TypeId {
        let t = self.canonical(self.under(t));
        if let Some(&g) = self.types.borrow().groups.get(&t) {
            return g;
        }
        let (key, elem) = self.map_kinds_of(t);
        let inline = |t: TypeId| {
            if self.layout(t).size > MAP_MAX_INLINE { self.u.new_pointer(t) } else { t }
        };
        let field =
            |name: &str, t: TypeId| self.u.new_field(Pos::NONE, None, Symbol::new(name), t, false);
        let slot = self.u.new_struct(
            Box::new([field("Key", inline(key)), field("Elem", inline(elem))]),
            Box::new([]),
        );
        let slots = self.u.new_array(slot, GROUP_SLOTS);
        let group = self.u.new_struct(
            Box::new([field("Ctrl", TypeId::UINT64), field("Slots", slots)]),
            Box::new([]),
        );
        let group = self.canonical(group);
        let mut types = self.types.borrow_mut();
        types.noalg.insert(group);
        types.groups.insert(t, group);
        group
    }

    fn write_map(&self, t: TypeId, d: &mut Descriptor) {
        let (key, elem) = self.map_kinds_of(t);
        let group = self.map_group(t);
        let (kl, el) = (self.layout(key), self.layout(elem));
        let TypeKind::Struct(g) = self.kind(group) else { panic!("no group") };
        let slots = self.obj_type(g.fields[1]);
        let TypeKind::Array { elem: slot, .. } = self.kind(slots) else { panic!("no slots") };
        let sl = self.layout(*slot);
        d.pointer(48, self.want_type(key), 0);
        d.pointer(56, self.want_type(elem), 0);
        d.pointer(64, self.type_symbol(group), 0);
        if let Some(h) = self.map_hasher(t) {
            d.pointer(72, h, 0);
        }
        let words =
            [self.layout(group).size, 8, sl.size, 8 + sl.offsets[1], sl.size, sl.offsets[1]];
        for (i, w) in words.iter().enumerate() {
            d.put(80 + 8 * i, &w.to_le_bytes());
        }
        let mut flags = 0;
        if self.needs_key_update(key) {
            flags |= MAP_NEED_KEY_UPDATE;
        }
        if self.hash_might_panic(key) {
            flags |= MAP_HASH_MIGHT_PANIC;
        }
        if kl.size > MAP_MAX_INLINE {
            flags |= MAP_INDIRECT_KEY;
        }
        if el.size > MAP_MAX_INLINE {
            flags |= MAP_INDIRECT_ELEM;
        }
        d.put(128, &flags.to_le_bytes());
        d.bytes.resize(136, 0);
    }

    /// Keys that are equal may differ in their bytes.
    fn needs_key_update(&self, t: TypeId) -> bool {
        match self.kind(t) {
            TypeKind::Basic(k, _) => k.is_float() || k.is_complex() || k.is_string(),
            TypeKind::Interface(_) => true,
            TypeKind::Array { elem, .. } => self.needs_key_update(*elem),
            TypeKind::Struct(s) => {
                s.fields.iter().any(|&f| self.needs_key_update(self.obj_type(f)))
            }
            _ => false,
        }
    }

    fn hash_might_panic(&self, t: TypeId) -> bool {
        match self.kind(t) {
            TypeKind::Interface(_) => true,
            TypeKind::Array { elem, .. } => self.hash_might_panic(*elem),
            TypeKind::Struct(s) => {
                s.fields.iter().any(|&f| self.hash_might_panic(self.obj_type(f)))
            }
            _ => false,
        }
    }

    // --------------------------------------------------------------------- equality and hashing

    /// The func value that compares two values of the type in memory; `None`: not comparable.
    pub(super) fn equal_closure(&self, t: TypeId) -> Option<Symbol> {
        if !self.u.comparable(t) {
            return None;
        }
        if self.is_regular_memory(t) {
            return Some(self.sized_closure("memequal_varlen", self.layout(t).size));
        }
        Some(self.closure_cell(self.want_equal(t)))
    }

    /// A closure of a runtime function that reads a size behind its code.
    fn sized_closure(&self, name: &str, size: u64) -> Symbol {
        let func = self.runtime_func(name);
        let symbol = Symbol::new(&format!("go:{name}.{size}"));
        if self.want(symbol) {
            let mut bytes = vec![0u8; 16];
            bytes[8..].copy_from_slice(&size.to_le_bytes());
            self.make_data(symbol, DataKind::Rodata, bytes, vec![Program::abs_reloc(0, func, 0)]);
        }
        symbol
    }

    /// The Go-convention symbol of a function of package runtime.
    pub(super) fn runtime_func(&self, name: &str) -> Symbol {
        let f = FuncInst { obj: self.runtime_object(name), targs: Rc::from([]) };
        let def = self.definition(f);
        self.go_entry(&def)
    }

    /// The func value that hashes keys of the map.
    fn map_hasher(&self, t: TypeId) -> Option<Symbol> {
        let (key, _) = self.map_kinds_of(t);
        if !self.u.comparable(key) {
            return None;
        }
        Some(match self.hash_func(key) {
            HashFunc::Named(name) => {
                let f = self.runtime_func(name);
                self.closure_cell(f)
            }
            HashFunc::Memory(size) => self.sized_closure("memhash_varlen", size),
            HashFunc::Generated(s) => self.closure_cell(s),
        })
    }

    /// The function that hashes values of a type.
    pub(super) fn hash_func(&self, t: TypeId) -> HashFunc {
        if self.is_regular_memory(t) {
            return match self.layout(t).size {
                4 => HashFunc::Named("memhash32"),
                8 => HashFunc::Named("memhash64"),
                n => HashFunc::Memory(n),
            };
        }
        match self.kind(t) {
            TypeKind::Basic(BasicKind::String, _) => HashFunc::Named("strhash"),
            TypeKind::Basic(BasicKind::Float32, _) => HashFunc::Named("f32hash"),
            TypeKind::Basic(BasicKind::Float64, _) => HashFunc::Named("f64hash"),
            TypeKind::Basic(BasicKind::Complex64, _) => HashFunc::Named("c64hash"),
            TypeKind::Basic(BasicKind::Complex128, _) => HashFunc::Named("c128hash"),
            TypeKind::Interface(_) if self.is_empty_interface(t) => HashFunc::Named("nilinterhash"),
            TypeKind::Interface(_) => HashFunc::Named("interhash"),
            _ => {
                let t = self.canonical(t);
                let symbol = Symbol::new(&format!("type:.hash.{}", self.u.link_string(t)));
                if self.want(symbol) {
                    self.push_work(super::program::Item::Hash { ty: t, symbol });
                }
                HashFunc::Generated(symbol)
            }
        }
    }

    // ----------------------------------------------------------------------------------- names

    fn pkg_name_data(&self, pkg: PkgId) -> Symbol {
        self.name_data(self.u.pkg(pkg).path.as_str(), false, "", None)
    }

    fn name_data(&self, name: &str, exported: bool, tag: &str, pkg: Option<PkgId>) -> Symbol {
        self.name_with_flags(name, exported, tag, pkg, false)
    }

    /// An encoded `abi.Name`.
    fn name_with_flags(
        &self,
        name: &str,
        exported: bool,
        tag: &str,
        pkg: Option<PkgId>,
        embedded: bool,
    ) -> Symbol {
        let mut bytes = vec![
            u8::from(exported)
                | u8::from(!tag.is_empty()) << 1
                | u8::from(pkg.is_some()) << 2
                | u8::from(embedded) << 3,
        ];
        put_varint(&mut bytes, name.len());
        bytes.extend_from_slice(name.as_bytes());
        if !tag.is_empty() {
            put_varint(&mut bytes, tag.len());
            bytes.extend_from_slice(tag.as_bytes());
        }
        let mut relocs = Vec::new();
        let mut id = super::program::content_name(&bytes);
        if let Some(p) = pkg {
            let target = self.pkg_name_data(p);
            id = format!("{id}.{}", self.u.pkg(p).path);
            relocs.push(DataReloc {
                offset: bytes.len() as u32,
                kind: DataRelocKind::TypeOff,
                target,
                addend: 0,
            });
            bytes.extend_from_slice(&[0; 4]);
        }
        let symbol = Symbol::new(&format!("type:.name.{id}"));
        if self.want(symbol) {
            let size = bytes.len() as u64;
            self.add_data(Data {
                name: symbol,
                kind: DataKind::Types,
                align: 1,
                bytes,
                size,
                relocs,
            });
        }
        symbol
    }
}

/// How values of a type are hashed.
pub(super) enum HashFunc {
    /// A function of package runtime.
    Named(&'static str),
    /// All of these many bytes.
    Memory(u64),
    Generated(Symbol),
}

fn put_varint(out: &mut Vec<u8>, mut n: usize) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

enum Part {
    Pointer(Symbol),
    TypeOff(Symbol),
    Word(u64),
}

/// A descriptor being written.
#[derive(Default)]
struct Descriptor {
    bytes: Vec<u8>,
    relocs: Vec<DataReloc>,
}

impl Descriptor {
    fn put(&mut self, at: usize, b: &[u8]) {
        if self.bytes.len() < at + b.len() {
            self.bytes.resize(at + b.len(), 0);
        }
        self.bytes[at..at + b.len()].copy_from_slice(b);
    }

    fn pointer(&mut self, at: usize, target: Symbol, addend: i64) {
        self.put(at, &[0; 8]);
        self.relocs.push(Program::abs_reloc(at as u64, target, addend));
    }

    fn offset(&mut self, at: usize, target: Symbol, kind: DataRelocKind) {
        self.put(at, &[0; 4]);
        self.relocs.push(DataReloc { offset: at as u32, kind, target, addend: 0 });
    }

    fn header(&mut self, size: u64, ptrdata: u64, hash: u32, flags: u8, align: u8, kind: u8) {
        self.put(0, &size.to_le_bytes());
        self.put(8, &ptrdata.to_le_bytes());
        self.put(16, &hash.to_le_bytes());
        self.put(20, &[flags, align, align, kind]);
        self.bytes.resize(48, 0);
    }

    fn data(self, name: Symbol, kind: DataKind) -> Data {
        let size = self.bytes.len() as u64;
        Data { name, kind, align: 8, bytes: self.bytes, size, relocs: self.relocs }
    }
}
