//! Package variables and their initialisation.
//!
//! N1  What is constant is laid out as data and needs no code: numbers, strings, addresses of variables, literals of them.
//! N2  An initialiser that can't be observed (it calls nothing) runs only if its variable is used.
//! N3  All others run, package by package in the order in which the packages are given, and within a package in the order
//!     that the checker found.

use std::rc::Rc;

use burrow_syntax::{ExprId, ExprKind, File, IdentId, Symbol, UnaryOp};
use burrow_types::{BasicKind, Constant, FileInfo, Mode, ObjId, ObjKind, TypeId, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::captures;
use super::func::{FnCx, Place};
use super::program::{FuncContext, FuncInst, Init, Item, Program};
use crate::ir::{Conv, Data, DataKind, DataReloc, MemFlags, Op, Sig, Term};

/// What is known of package variables.
#[derive(Default)]
pub(super) struct Globals {
    /// Initialisers by variable: package and index in its order.
    init_of: FxHashMap<ObjId, (usize, usize)>,
    /// Initialisers that became data.
    is_static: FxHashSet<(usize, usize)>,
    /// Initialisers whose function has been asked for.
    queued: FxHashSet<(usize, usize)>,
    next_temp: FxHashMap<usize, u32>,
}

/// A variable's initial content.
#[derive(Default)]
struct Image {
    bytes: Vec<u8>,
    relocs: Vec<DataReloc>,
}

/// The bits of a numeric or boolean constant as its type stores it.
pub(super) fn scalar_bits(c: &Constant, kind: BasicKind) -> u64 {
    match kind {
        BasicKind::Bool | BasicKind::UntypedBool => u64::from(c.bool_val()),
        BasicKind::Float32 => u64::from(c.to_f32().to_bits()),
        BasicKind::Float64 | BasicKind::UntypedFloat => c.to_f64().to_bits(),
        _ => c.to_bits64(),
    }
}

impl<'a> Program<'a> {
    pub(super) fn index_initialisers(&self) {
        let mut g = self.globals.borrow_mut();
        for (p, pkg) in self.packages.iter().enumerate() {
            for (i, init) in pkg.info.init_order.iter().enumerate() {
                for &v in &init.lhs {
                    g.init_of.insert(v, (p, i));
                }
            }
        }
    }

    /// The symbol of a package variable; its data will be there.
    pub(super) fn want_var(&self, obj: ObjId) -> Symbol {
        let symbol = self.var_symbol(obj);
        // A pulled variable lives where it is defined.
        if let Some(def) = self.go_definition(symbol)
            && def != obj
            && self.u.obj(def).is_var()
        {
            return self.want_var(def);
        }
        // All variables without size are at one address.
        if self.layout(self.obj_type(obj)).size == 0 && symbol.as_str() != "runtime.zerobase" {
            return self.runtime_var("zerobase");
        }
        if !self.want(symbol) {
            return symbol;
        }
        if symbol.as_str().starts_with("go:") || (self.options.is_image_symbol)(symbol.as_str()) {
            return symbol;
        }
        self.define_var(obj, symbol);
        symbol
    }

    pub(super) fn var_symbol(&self, obj: ObjId) -> Symbol {
        if let Some(&s) = self.linknames.get(&obj) {
            return s;
        }
        let o = self.u.obj(obj);
        let prefix = o.pkg.map_or_else(|| Symbol::new("go"), |p| self.pkg_prefix(p));
        Symbol::new(&format!("{prefix}.{}", o.name))
    }

    fn define_var(&self, obj: ObjId, symbol: Symbol) {
        let t = self.obj_type(obj);
        if let Some((_, value)) =
            self.options.string_values.iter().find(|(n, _)| n == symbol.as_str())
            && matches!(self.kind(t), TypeKind::Basic(BasicKind::String, _))
        {
            let mut image = Image::default();
            self.put_string(value.as_bytes(), 0, &mut image);
            return self.var_data(symbol, t, image);
        }
        if let Some(image) = self.embedded(obj, t) {
            return self.var_data(symbol, t, image);
        }
        let init = self.globals.borrow().init_of.get(&obj).copied();
        if let Some((p, i)) = init {
            let init = self.init_of(p, i);
            let single = self.packages[p].info.init_order[i].lhs.len() == 1;
            if single && self.is_static(init.file, init.info, init.rhs, t) {
                self.globals.borrow_mut().is_static.insert((p, i));
                let mut image = Image::default();
                let cx = self.init_context(p, i);
                self.put(&cx, init.rhs, t, 0, &mut image);
                return self.var_data(symbol, t, image);
            }
            self.queue_initialiser(p, i);
        }
        self.var_data(symbol, t, Image::default());
    }

    fn var_data(&self, name: Symbol, t: TypeId, image: Image) {
        let l = self.layout(t);
        let kind = match (image.bytes.is_empty() && image.relocs.is_empty(), l.has_pointers()) {
            (true, true) => DataKind::Bss,
            (true, false) => DataKind::NoPtrBss,
            (false, true) => DataKind::Data,
            (false, false) => DataKind::NoPtrData,
        };
        self.add_data(Data {
            name,
            kind,
            align: (l.align as u32).max(8),
            bytes: image.bytes,
            size: l.size.max(1),
            relocs: image.relocs,
        });
    }

    // ------------------------------------------------------------------------------ static data

    /// Whether the expression, as a value of type `t`, is data (N1).
    fn is_static(&self, f: &File, info: &FileInfo, e: ExprId, t: TypeId) -> bool {
        let e = f.unparen(e);
        let from = info.type_of(e);
        if self.is_interface(t) && !self.is_interface(from) {
            if info.mode(e) == Mode::NilValue {
                return true;
            }
            return self.is_static(f, info, e, self.u.default_type(from));
        }
        if info.const_value(e).is_some() || info.mode(e) == Mode::NilValue {
            return true;
        }
        match f.expr(e) {
            ExprKind::FuncLit { .. } => true,
            ExprKind::Name(id) => self.is_static_name(info.use_of(*id)),
            ExprKind::Selector { sel, .. } => {
                info.selection(e).is_none() && self.is_static_name(info.use_of(*sel))
            }
            ExprKind::Unary { op: UnaryOp::Addr, x } => {
                let x = f.unparen(*x);
                match f.expr(x) {
                    ExprKind::CompositeLit { .. } => self.is_static_literal(f, info, x),
                    ExprKind::Name(id) => info.use_of(*id).is_some_and(|o| self.is_global(o)),
                    ExprKind::Selector { sel, .. } => {
                        info.selection(x).is_none()
                            && info.use_of(*sel).is_some_and(|o| self.is_global(o))
                    }
                    _ => false,
                }
            }
            ExprKind::CompositeLit { .. } => self.is_static_literal(f, info, e),
            ExprKind::Call { fun, args, .. } if info.mode(*fun) == Mode::TypeExpr => {
                let at = info.type_of(args[0]);
                self.u.identical(self.under(at), self.under(from))
                    && self.is_static(f, info, args[0], at)
            }
            _ => false,
        }
    }

    fn is_static_name(&self, obj: Option<ObjId>) -> bool {
        obj.is_some_and(|o| matches!(self.u.obj(o).kind, ObjKind::Func { .. } | ObjKind::Nil))
    }

    fn is_global(&self, obj: ObjId) -> bool {
        self.u.obj(obj).var_kind() == Some(burrow_types::VarKind::Package)
    }

    fn is_static_literal(&self, f: &File, info: &FileInfo, e: ExprId) -> bool {
        let ExprKind::CompositeLit { elems, .. } = f.expr(e) else { return false };
        let mut t = info.type_of(e);
        if let TypeKind::Pointer(elem) = self.kind(t) {
            t = *elem;
        }
        match self.kind(t) {
            TypeKind::Struct(s) => elems.iter().enumerate().all(|(i, &el)| match f.expr(el) {
                ExprKind::KeyValue { key, value } => {
                    if info.promoted_field(el).is_some() {
                        return false;
                    }
                    let ExprKind::Name(id) = f.expr(*key) else { return false };
                    let name = f.name(*id);
                    s.fields
                        .iter()
                        .find(|&&fd| self.u.obj(fd).name == name)
                        .is_some_and(|&fd| self.is_static(f, info, *value, self.obj_type(fd)))
                }
                _ => self.is_static(f, info, el, self.obj_type(s.fields[i])),
            }),
            TypeKind::Array { elem, .. } | TypeKind::Slice(elem) => {
                elems.iter().all(|&el| match f.expr(el) {
                    ExprKind::KeyValue { value, .. } => self.is_static(f, info, *value, *elem),
                    _ => self.is_static(f, info, el, *elem),
                })
            }
            _ => false,
        }
    }

    fn put_bytes(&self, b: &[u8], at: u64, image: &mut Image) {
        let end = at as usize + b.len();
        if image.bytes.len() < end {
            image.bytes.resize(end, 0);
        }
        image.bytes[at as usize..end].copy_from_slice(b);
    }

    fn put_pointer(&self, target: Symbol, at: u64, image: &mut Image) {
        self.put_bytes(&[0; 8], at, image);
        image.relocs.push(Program::abs_reloc(at, target, 0));
    }

    fn put_string(&self, s: &[u8], at: u64, image: &mut Image) {
        if s.is_empty() {
            return;
        }
        self.put_pointer(self.string_data(s), at, image);
        self.put_bytes(&(s.len() as u64).to_le_bytes(), at + 8, image);
    }

    fn put_const(&self, c: &Constant, t: TypeId, at: u64, image: &mut Image) {
        let TypeKind::Basic(kind, _) = self.kind(t) else { return };
        match kind {
            BasicKind::String | BasicKind::UntypedString => self.put_string(c.str_val(), at, image),
            BasicKind::Complex64 => {
                self.put_bytes(&c.real().to_f32().to_le_bytes(), at, image);
                self.put_bytes(&c.imag().to_f32().to_le_bytes(), at + 4, image);
            }
            BasicKind::Complex128 | BasicKind::UntypedComplex => {
                self.put_bytes(&c.real().to_f64().to_le_bytes(), at, image);
                self.put_bytes(&c.imag().to_f64().to_le_bytes(), at + 8, image);
            }
            k => {
                let size = self.layout(t).size as usize;
                let bits = scalar_bits(c, *k).to_le_bytes();
                self.put_bytes(&bits[..size], at, image);
            }
        }
    }

    /// Lays the expression out as a value of type `t` at offset `at`.
    fn put(&self, cx: &Rc<FuncContext<'a>>, e: ExprId, t: TypeId, at: u64, image: &mut Image) {
        let (f, info) = (cx.file, cx.info);
        let e = f.unparen(e);
        let from = info.type_of(e);
        if info.mode(e) == Mode::NilValue {
            return;
        }
        if self.is_interface(t) && !self.is_interface(from) {
            return self.put_interface(cx, e, self.u.default_type(from), t, at, image);
        }
        if let Some(c) = info.const_value(e) {
            return self.put_const(c, t, at, image);
        }
        match f.expr(e) {
            ExprKind::FuncLit { .. } => {
                let mut c = self.init_fn(cx, Symbol::new(&cx.symbol), Symbol::new(&cx.display));
                c.func_lit(e);
                // The closure captures nothing: its func value is a cell.
                let name = cx.closure_names.borrow()[&captures::Lit::Func(e)].0.clone();
                self.put_pointer(self.closure_cell(Symbol::new(&name)), at, image);
            }
            ExprKind::Name(id) => self.put_func(cx, *id, at, image),
            ExprKind::Selector { sel, .. } => self.put_func(cx, *sel, at, image),
            ExprKind::Unary { x, .. } => {
                let x = f.unparen(*x);
                match f.expr(x) {
                    ExprKind::CompositeLit { .. } => {
                        let mut t = info.type_of(x);
                        if let TypeKind::Pointer(elem) = self.kind(t) {
                            t = *elem;
                        }
                        self.put_address(cx, x, t, at, image);
                    }
                    ExprKind::Name(id) | ExprKind::Selector { sel: id, .. } => {
                        if let Some(o) = info.use_of(*id) {
                            self.put_pointer(self.want_var(o), at, image);
                        }
                    }
                    _ => {}
                }
            }
            ExprKind::CompositeLit { .. } => self.put_literal(cx, e, at, image),
            ExprKind::Call { args, .. } => {
                let at_ = info.type_of(args[0]);
                let inner = if info.const_value(args[0]).is_some() { t } else { at_ };
                self.put(cx, args[0], inner, at, image);
            }
            _ => {}
        }
    }

    fn put_func(&self, cx: &Rc<FuncContext<'a>>, id: IdentId, at: u64, image: &mut Image) {
        let Some(obj) = cx.info.use_of(id) else { return };
        if !self.u.obj(obj).is_func() {
            return;
        }
        let targs = cx.info.instance(id).map(|i| i.targs.to_vec()).unwrap_or_default();
        let f = FuncInst { obj: self.u.origin_func(obj), targs: self.canonical_list(&targs) };
        let def = self.definition(f);
        let cell = self.closure_cell(self.go_entry(&def));
        self.put_pointer(cell, at, image);
    }

    /// A variable of its own for a literal, and its address.
    fn put_address(
        &self,
        cx: &Rc<FuncContext<'a>>,
        e: ExprId,
        t: TypeId,
        at: u64,
        image: &mut Image,
    ) {
        let mut own = Image::default();
        self.put_literal_of(cx, e, t, 0, &mut own);
        let symbol = self.temp_symbol(cx.pkg);
        self.var_data(symbol, t, own);
        self.put_pointer(symbol, at, image);
    }

    fn temp_symbol(&self, pkg: usize) -> Symbol {
        let mut g = self.globals.borrow_mut();
        let n = g.next_temp.entry(pkg).or_default();
        *n += 1;
        Symbol::new(&format!("{}..stmp_{n}", self.pkg_prefix(self.packages[pkg].info.id)))
    }

    fn put_interface(
        &self,
        cx: &Rc<FuncContext<'a>>,
        e: ExprId,
        from: TypeId,
        to: TypeId,
        at: u64,
        image: &mut Image,
    ) {
        self.use_in_interface(from);
        let word = if self.is_empty_interface(to) {
            self.want_type(from)
        } else {
            self.want_itab(to, from)
        };
        self.put_pointer(word, at, image);
        if self.layout(from).is_direct_iface() {
            return self.put(cx, e, from, at + 8, image);
        }
        let mut own = Image::default();
        self.put(cx, e, from, 0, &mut own);
        let symbol = self.temp_symbol(cx.pkg);
        self.var_data(symbol, from, own);
        self.put_pointer(symbol, at + 8, image);
    }

    fn put_literal(&self, cx: &Rc<FuncContext<'a>>, e: ExprId, at: u64, image: &mut Image) {
        let t = cx.info.type_of(e);
        match self.kind(t) {
            // An elided &T in a list.
            TypeKind::Pointer(elem) if cx.elided_pointer(e) => {
                self.put_address(cx, e, *elem, at, image);
            }
            TypeKind::Pointer(elem) => self.put_literal_of(cx, e, *elem, at, image),
            _ => self.put_literal_of(cx, e, t, at, image),
        }
    }

    /// The elements of a literal that stands for a value of type `t`.
    fn put_literal_of(
        &self,
        cx: &Rc<FuncContext<'a>>,
        e: ExprId,
        t: TypeId,
        at: u64,
        image: &mut Image,
    ) {
        let f = cx.file;
        let ExprKind::CompositeLit { elems, .. } = f.expr(e) else { return };
        match self.kind(t) {
            TypeKind::Struct(s) => {
                let l = self.layout(t);
                for (i, &el) in elems.iter().enumerate() {
                    let (i, value) = match f.expr(el) {
                        ExprKind::KeyValue { key, value } => {
                            let ExprKind::Name(id) = f.expr(*key) else { continue };
                            let name = f.name(*id);
                            let Some(i) =
                                s.fields.iter().position(|&fd| self.u.obj(fd).name == name)
                            else {
                                continue;
                            };
                            (i, *value)
                        }
                        _ => (i, el),
                    };
                    // Blank fields stay zero, as gc leaves them.
                    if !self.u.obj(s.fields[i]).name.is_blank() {
                        self.put(cx, value, self.obj_type(s.fields[i]), at + l.offsets[i], image);
                    }
                }
            }
            TypeKind::Array { elem, .. } => {
                self.put_elements(cx, elems, *elem, at, image);
            }
            TypeKind::Slice(elem) => {
                let mut own = Image::default();
                let n = self.put_elements(cx, elems, *elem, 0, &mut own);
                let array = self.u.new_array(*elem, n as i64);
                let symbol = self.temp_symbol(cx.pkg);
                self.var_data(symbol, array, own);
                self.put_pointer(symbol, at, image);
                self.put_bytes(&n.to_le_bytes(), at + 8, image);
                self.put_bytes(&n.to_le_bytes(), at + 16, image);
            }
            _ => {}
        }
    }

    /// Elements with their indices; gives the length.
    fn put_elements(
        &self,
        cx: &Rc<FuncContext<'a>>,
        elems: &[ExprId],
        elem: TypeId,
        at: u64,
        image: &mut Image,
    ) -> u64 {
        let size = self.layout(elem).size;
        let (mut next, mut len) = (0u64, 0u64);
        for &el in elems {
            let value = match cx.file.expr(el) {
                ExprKind::KeyValue { key, value } => {
                    next = cx.info.const_value(*key).map_or(0, Constant::to_bits64);
                    *value
                }
                _ => el,
            };
            self.put(cx, value, elem, at + next * size, image);
            next += 1;
            len = len.max(next);
        }
        len
    }

    // --------------------------------------------------------------------------------- embedding

    /// The content of a `//go:embed` variable.
    fn embedded(&self, obj: ObjId, t: TypeId) -> Option<Image> {
        let o = self.u.obj(obj);
        let pkg = *self.by_id.get(&o.pkg?)?;
        let files = self.packages[pkg].embeds.get(&o.name)?;
        let mut image = Image::default();
        // A string or slice holds the one file; directories are for `embed.FS`.
        let file = || files.iter().find(|(name, _)| !name.ends_with('/')).map(|(_, data)| data);
        match self.kind(t) {
            TypeKind::Basic(..) => self.put_string(file()?, 0, &mut image),
            TypeKind::Slice(_) => {
                let content = file()?;
                let symbol = self.temp_symbol(pkg);
                self.add_data(Data {
                    name: symbol,
                    kind: DataKind::NoPtrData,
                    align: 8,
                    bytes: content.clone(),
                    size: content.len().max(1) as u64,
                    relocs: Vec::new(),
                });
                let n = (content.len() as u64).to_le_bytes();
                self.put_pointer(symbol, 0, &mut image);
                self.put_bytes(&n, 8, &mut image);
                self.put_bytes(&n, 16, &mut image);
            }
            _ => self.embedded_fs(pkg, files, &mut image),
        }
        Some(image)
    }

    /// `embed.FS`: a pointer to a slice of {name, data string; hash [16]byte}, sorted by directory and name.
    fn embedded_fs(&self, pkg: usize, files: &[(String, Vec<u8>)], image: &mut Image) {
        const FILE_SIZE: u64 = 48;
        let mut list = Image::default();
        self.put_bytes(&vec![0; (FILE_SIZE as usize) * files.len()], 0, &mut list);
        for (i, (name, content)) in files.iter().enumerate() {
            let at = FILE_SIZE * i as u64;
            self.put_string(name.as_bytes(), at, &mut list);
            self.put_string(content, at + 16, &mut list);
            let hash = blake3::hash(content);
            self.put_bytes(&hash.as_bytes()[..16], at + 32, &mut list);
        }
        let array = self.temp_symbol(pkg);
        self.make_data(array, DataKind::Data, list.bytes, list.relocs);
        let mut slice = Image::default();
        let n = (files.len() as u64).to_le_bytes();
        self.put_pointer(array, 0, &mut slice);
        self.put_bytes(&n, 8, &mut slice);
        self.put_bytes(&n, 16, &mut slice);
        let header = self.temp_symbol(pkg);
        self.make_data(header, DataKind::Data, slice.bytes, slice.relocs);
        self.put_pointer(header, 0, image);
    }

    // -------------------------------------------------------------------------- dynamic initialisers

    /// An initialiser, which may be in a file of its own.
    fn init_of(&self, p: usize, i: usize) -> Init<'a> {
        let pkg = &self.packages[p];
        let step = &pkg.info.init_order[i];
        let file = pkg.files[step.file as usize];
        if burrow_types::outlined_end(file, step.rhs).is_none() {
            let info = &pkg.info.files[step.file as usize];
            return Init { file, info, rhs: step.rhs };
        }
        match pkg.parts.init(step.lhs[0], step.rhs) {
            Ok(init) => init,
            Err(why) => panic!("initialiser of {}: {why}", self.u.obj(step.lhs[0]).name),
        }
    }

    /// Whether nothing can observe that the initialiser doesn't run.
    fn is_unobservable(&self, p: usize, i: usize) -> bool {
        let pkg = &self.packages[p];
        let step = &pkg.info.init_order[i];
        let (f, info) = (pkg.files[step.file as usize], &pkg.info.files[step.file as usize]);
        // Outlines lack the elements of such literals only.
        burrow_types::outlined_end(f, step.rhs).is_some()
            || step.lhs.len() == 1 && info.only_builds(self.u, f, step.rhs)
    }

    fn queue_initialiser(&self, p: usize, i: usize) {
        if self.globals.borrow_mut().queued.insert((p, i)) {
            let symbol = self.initialiser_symbol(p, i);
            self.want(symbol);
            self.push_work(Item::VarInit { pkg: p, index: i, symbol });
        }
    }

    fn initialiser_symbol(&self, p: usize, i: usize) -> Symbol {
        let prefix = self.pkg_prefix(self.packages[p].info.id);
        Symbol::new(&format!("{prefix}.init·{i}"))
    }

    fn init_context(&self, p: usize, i: usize) -> Rc<FuncContext<'a>> {
        let pkg = &self.packages[p];
        let init = self.init_of(p, i);
        let prefix = self.pkg_prefix(pkg.info.id);
        Rc::new(FuncContext {
            pkg: p,
            file_index: pkg.info.init_order[i].file as usize,
            file: init.file,
            info: init.info,
            env: Vec::new(),
            facts: captures::of_expr(self, init.file, init.info, init.rhs),
            symbol: self.initialiser_symbol(p, i).to_string(),
            display: format!("{prefix}.init"),
            closure_names: Default::default(),
            counters: Default::default(),
        })
    }

    fn init_fn<'p>(
        &'p self,
        cx: &Rc<FuncContext<'a>>,
        symbol: Symbol,
        display: Symbol,
    ) -> FnCx<'p, 'a> {
        let sig = Sig { conv: Conv::Go, params: Vec::new(), results: Vec::new() };
        FnCx::new(self, cx.clone(), symbol, display, sig, burrow_syntax::Pos::NONE)
    }

    pub(super) fn lower_initialiser(&self, p: usize, i: usize, symbol: Symbol) {
        let cx = self.init_context(p, i);
        let step = &self.packages[p].info.init_order[i];
        let display = Symbol::new(&cx.display);
        let mut c = self.init_fn(&cx, symbol, display);
        let rhs = self.init_of(p, i).rhs;
        c.f.pos = cx.file.exprs[rhs].pos;
        c.f.locs[0].pos = c.f.pos;
        c.initialise(&step.lhs, rhs);
        c.end(Term::Return(Vec::new()));
        c.finish();
    }

    /// Queues what every program runs: initialisers that can be observed, and `init` functions.
    pub(super) fn queue_inits(&self) {
        for p in 0..self.packages.len() {
            for i in 0..self.packages[p].info.init_order.len() {
                let step = &self.packages[p].info.init_order[i];
                if self.is_unobservable(p, i) {
                    continue;
                }
                let t = step.lhs.first().map_or(TypeId::INVALID, |&v| self.obj_type(v));
                let init = self.init_of(p, i);
                if step.lhs.len() == 1 && self.is_static(init.file, init.info, init.rhs, t) {
                    continue;
                }
                self.queue_initialiser(p, i);
            }
            for f in &self.packages[p].info.funcs {
                if self.init_numbers.contains_key(&f.obj) {
                    self.want_func(FuncInst { obj: f.obj, targs: Rc::from([]) });
                }
            }
        }
    }

    /// Writes `go:init`, which runs all that was queued, package by package (N3).
    pub(super) fn write_go_init(&self) {
        let cx = self.no_source();
        let symbol = Symbol::new("go:init");
        let mut c = self.init_fn(&cx, symbol, symbol);
        let sig = Sig { conv: Conv::Go, params: Vec::new(), results: Vec::new() };
        for p in 0..self.packages.len() {
            for i in 0..self.packages[p].info.init_order.len() {
                if self.globals.borrow().queued.contains(&(p, i)) {
                    let s = self.initialiser_symbol(p, i);
                    c.emit_call(Op::Call(s, Box::new(sig.clone()), Vec::new()), &sig);
                }
            }
            for f in &self.packages[p].info.funcs {
                if self.init_numbers.contains_key(&f.obj) {
                    let s = self.want_func(FuncInst { obj: f.obj, targs: Rc::from([]) });
                    c.emit_call(Op::Call(s, Box::new(sig.clone()), Vec::new()), &sig);
                }
            }
        }
        c.f.flags |= crate::ir::func_flags::WRAPPER;
        c.end(Term::Return(Vec::new()));
        c.finish();
    }

    /// Whether variables of `for` clauses are made anew in each iteration: from Go 1.22 on, by file.
    pub(super) fn per_iteration_loop_vars(&self, pkg: usize, file: usize) -> bool {
        self.packages[pkg].per_iteration[file]
    }

    /// The strings and lists that the overlay reads.
    pub(super) fn write_strings(&self) {
        for (name, value) in
            [("go:modinfo", &self.options.mod_info), ("go:buildversion", &self.options.go_version)]
        {
            let mut image = Image::default();
            self.put_bytes(&[0; 16], 0, &mut image);
            self.put_string(value.as_bytes(), 0, &mut image);
            self.make_data(Symbol::new(name), DataKind::NoPtrData, image.bytes, image.relocs);
        }
        // Whether anything can read the heap profile; if not, allocations are not sampled.
        let read = self.wanted.borrow().contains(&Symbol::new("runtime.memProfile"));
        let mut image = Image::default();
        self.put_bytes(&u64::from(read).to_le_bytes(), 0, &mut image);
        self.make_data(
            Symbol::new("go:memprofile"),
            DataKind::NoPtrData,
            image.bytes,
            image.relocs,
        );
        let fips = Symbol::new("go:fipsinfo");
        if self.wanted.borrow().contains(&fips) {
            self.add_data(Data {
                name: fips,
                kind: DataKind::NoPtrBss,
                align: 64,
                bytes: Vec::new(),
                size: 4096,
                relocs: Vec::new(),
            });
        }
    }
}

impl FuncContext<'_> {
    /// A literal without a type of its own whose type is a pointer: `{...}` in a `[]*T`.
    fn elided_pointer(&self, e: ExprId) -> bool {
        matches!(self.file.expr(e), ExprKind::CompositeLit { ty: None, .. })
    }
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// `lhs = rhs` for package variables.
    fn initialise(&mut self, lhs: &[ObjId], rhs: ExprId) {
        self.at(self.file.exprs[rhs].pos);
        if let [v] = lhs {
            let t = self.p.obj_type(*v);
            let value = self.expr_to(rhs, t);
            if self.p.u.obj(*v).name.is_blank() {
                return;
            }
            let s = self.p.want_var(*v);
            let base = self.symbol(s, 0);
            let place = Place::Mem { base, offset: 0, flags: MemFlags::SAFE };
            self.write(t, &place, value);
            return;
        }
        let vals = self.pair_or_call(rhs, lhs.len());
        for (&v, (value, from)) in lhs.iter().zip(vals) {
            if self.p.u.obj(v).name.is_blank() {
                continue;
            }
            let t = self.p.obj_type(v);
            let value = self.convert_implicit(value, from, t);
            let s = self.p.want_var(v);
            let base = self.symbol(s, 0);
            self.write(t, &Place::Mem { base, offset: 0, flags: MemFlags::SAFE }, value);
        }
    }
}
