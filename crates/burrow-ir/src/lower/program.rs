//! The program being lowered: its packages, what has been asked for, and what was made of it.
//!
//! Lowering is driven by demand. Whoever refers to a function, variable or type by symbol *wants* it; what is wanted for
//! the first time goes on a worklist. So only what the program can reach is lowered. gc does this after compiling, in the
//! linker (`cmd/link/internal/ld/deadcode.go`); the rules for methods are its rules.
//!
//! P1  A symbol stands for one thing, and that is made once.
//! P2  The order of all lists follows from the order of the source and of the worklist, never from addresses or hashes.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::mpsc::Sender;

use burrow_syntax::{ExprId, File, FuncDecl, Pos, Symbol};
use burrow_types::{FileInfo, ObjId, ObjKind, PackageInfo, PkgId, TypeId, TypeKind, Universe};
use rustc_hash::{FxHashMap, FxHashSet};

use super::captures::{Facts, Lit};
use super::layout::Layout;
use crate::ir::{Conv, Data, DataKind, DataReloc, DataRelocKind, Func, Module, Sig, Ty};

/// A declared function: the file that has its body, the facts about that file, and the declaration there.
#[derive(Clone, Copy)]
pub struct Body<'a> {
    pub file: &'a File,
    pub info: &'a FileInfo,
    pub decl: &'a FuncDecl,
}

/// The initialiser of a variable: the file that has it, the facts about that file, and the expression there.
#[derive(Clone, Copy)]
pub struct Init<'a> {
    pub file: &'a File,
    pub info: &'a FileInfo,
    pub rhs: ExprId,
}

/// Gives what outlines lack: always the same for the same object. Errors are bugs.
pub trait Parts<'a>: Sync {
    fn body(&self, func: ObjId) -> Result<Body<'a>, String>;
    /// `rhs` is the expression in the outline.
    fn init(&self, var: ObjId, rhs: ExprId) -> Result<Init<'a>, String>;
}

/// A checked package with its files. Packages are given in the order of their initialisation.
pub struct Package<'a> {
    pub info: &'a PackageInfo,
    /// They may be outlines.
    pub files: Vec<&'a File>,
    pub parts: &'a dyn Parts<'a>,
    /// By file: variables of `for` clauses are made anew in each iteration (Go 1.22 and later).
    pub per_iteration: Vec<bool>,
    /// Files that `//go:embed` variables contain, by variable: name and content, in the order of `embed.FS`. Names of
    /// directories end in a slash.
    pub embeds: FxHashMap<Symbol, Vec<(String, Vec<u8>)>>,
}

/// What lowering needs to know beside the packages.
pub struct Options<'a> {
    /// Whether the runtime image defines a symbol.
    pub is_image_symbol: &'a dyn Fn(&str) -> bool,
    /// Go functions that the runtime calls.
    pub entries: Vec<String>,
    /// `-ldflags -X`: variable symbol and value.
    pub string_values: Vec<(String, String)>,
    pub go_version: String,
    pub mod_info: String,
}

/// A function, with type arguments for its receiver's and its own type parameters.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct FuncInst {
    /// The declared function: never a method of an instance.
    pub obj: ObjId,
    pub targs: Rc<[TypeId]>,
}

/// What the lowering of a declared function and of its closures have in common.
pub(super) struct FuncContext<'a> {
    pub pkg: usize,
    pub file_index: usize,
    pub file: &'a File,
    pub info: &'a FileInfo,
    /// Type parameters and what stands for them.
    pub env: Vec<(TypeId, TypeId)>,
    pub facts: Facts,
    /// Symbol and display name of the outermost function.
    pub symbol: String,
    pub display: String,
    /// Names given to closures: literal to suffix.
    pub closure_names: RefCell<FxHashMap<Lit, (String, String)>>,
    /// How many closures and wrappers a function has made, by its symbol and the kind of name.
    pub counters: RefCell<FxHashMap<(Symbol, &'static str), u32>>,
}

impl FuncContext<'_> {
    /// The next number for a name that begins with `of`.
    pub(crate) fn number(&self, of: Symbol, kind: &'static str) -> u32 {
        let mut counters = self.counters.borrow_mut();
        let n = counters.entry((of, kind)).or_default();
        *n += 1;
        *n
    }
}

/// How a method is entered; see `wrapper.rs`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Entry {
    /// Through an interface: the receiver is the data word.
    Iface,
    /// The receiver is a value of the type whose method set it is.
    Direct,
}

/// A piece of work.
pub(super) enum Item<'a> {
    Func(FuncInst),
    Closure {
        cx: Rc<FuncContext<'a>>,
        lit: Lit,
        symbol: Symbol,
        display: Symbol,
        parent: ClosureParent,
    },
    /// The method `index` of the method set of `recv`.
    Method {
        recv: TypeId,
        method: MethodRef,
        entry: Entry,
        symbol: Symbol,
    },
    /// A Go-convention entry to an image function.
    ImageThunk {
        obj: ObjId,
        symbol: Symbol,
    },
    Equal {
        ty: TypeId,
        symbol: Symbol,
    },
    Hash {
        ty: TypeId,
        symbol: Symbol,
    },
    /// The dynamic initialiser of a variable that nothing else needs.
    VarInit {
        pkg: usize,
        index: usize,
        symbol: Symbol,
    },
}

/// What a closure's function has to know of the function that makes it.
#[derive(Clone, Debug, Default)]
pub(super) struct ClosureParent {
    /// For a range body: everything about the function it belongs to.
    pub range: Option<super::rangefunc::RangeContext>,
}

/// A method found by lookup: where it is declared and how it is reached.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct MethodRef {
    pub obj: ObjId,
    pub path: Rc<[u32]>,
}

/// Something that lowering can't do; reported with its position.
#[derive(Debug, Clone)]
pub struct LowerError {
    pub pos: Pos,
    pub message: String,
}

pub(super) struct Program<'a> {
    pub u: &'a Universe,
    pub packages: Vec<Package<'a>>,
    pub options: Options<'a>,
    pub(super) by_id: FxHashMap<PkgId, usize>,
    /// What symbols of each package begin with (SYM-1), and the package for each.
    pub(super) prefixes: Vec<Symbol>,
    pub(super) by_prefix: FxHashMap<Symbol, usize>,
    pub(super) layouts: RefCell<FxHashMap<TypeId, Rc<Layout>>>,
    pub(super) canon: RefCell<FxHashMap<TypeId, TypeId>>,
    /// Symbols given by `//go:linkname`.
    pub(super) linknames: FxHashMap<ObjId, Symbol>,
    /// Who defines a symbol that a `//go:linkname` with a body or value gives.
    pub(super) pushed: FxHashMap<Symbol, ObjId>,
    pub(super) init_numbers: FxHashMap<ObjId, u32>,
    pub(super) work: RefCell<VecDeque<Item<'a>>>,
    /// Takes functions whose bodies will be wanted before long.
    pub(super) ahead: RefCell<Option<Sender<(usize, ObjId)>>>,
    pub(super) wanted: RefCell<FxHashSet<Symbol>>,
    pub(super) func_facts: RefCell<FxHashMap<ObjId, Rc<Facts>>>,
    pub(super) out: RefCell<Module>,
    pub(super) errors: RefCell<Vec<LowerError>>,
    pub(super) types: RefCell<super::typedata::Types>,
    pub(super) globals: RefCell<super::init::Globals>,
    pub(super) sigs: RefCell<FxHashMap<TypeId, Rc<FuncSig>>>,
}

/// How the values of a signature are passed: `docs/abi.md` 2 and 3.
#[derive(Clone, Debug)]
pub(super) struct FuncSig {
    pub params: Vec<TypeId>,
    pub results: Vec<TypeId>,
    pub variadic: bool,
    /// Results go to memory, whose address is the first argument.
    pub result_area: bool,
    /// Without a receiver or context.
    pub sig: Sig,
    pub area: Layout,
}

impl<'a> Program<'a> {
    pub(super) fn new(
        u: &'a Universe,
        packages: Vec<Package<'a>>,
        options: Options<'a>,
    ) -> Program<'a> {
        let by_id = packages.iter().enumerate().map(|(i, p)| (p.info.id, i)).collect();
        let prefix =
            |p: &Package<'_>| Symbol::new(&super::names::escape_path(p.info.path.as_str()));
        let prefixes: Vec<Symbol> = packages.iter().map(prefix).collect();
        let by_prefix = prefixes.iter().enumerate().map(|(i, &p)| (p, i)).collect();
        let mut p = Program {
            u,
            packages,
            options,
            by_id,
            prefixes,
            by_prefix,
            layouts: RefCell::default(),
            canon: RefCell::default(),
            linknames: FxHashMap::default(),
            pushed: FxHashMap::default(),
            init_numbers: FxHashMap::default(),
            work: RefCell::default(),
            ahead: RefCell::default(),
            wanted: RefCell::default(),
            func_facts: RefCell::default(),
            out: RefCell::default(),
            errors: RefCell::default(),
            types: RefCell::default(),
            globals: RefCell::default(),
            sigs: RefCell::default(),
        };
        p.collect_linknames();
        p.number_inits();
        p
    }

    fn collect_linknames(&mut self) {
        for i in 0..self.packages.len() {
            for file in self.packages[i].files.clone() {
                for l in &file.linknames {
                    let Some(remote) = l.remote else { continue };
                    let Some(obj) = self.u.pkg(self.packages[i].info.id).lookup(l.local) else {
                        continue;
                    };
                    self.linknames.insert(obj, remote);
                    if self.is_definition(obj) {
                        self.pushed.insert(remote, obj);
                    }
                }
            }
        }
    }

    /// A function with a body, or a variable with a value or that isn't pulled.
    fn is_definition(&self, obj: ObjId) -> bool {
        match self.u.obj(obj).kind {
            ObjKind::Func { .. } => self.func_decl(obj).is_some_and(|(_, _, d)| d.body.is_some()),
            ObjKind::Var { .. } => match self.decl_of(obj) {
                Some((_, file, decl)) => match &file.decl(decl).kind {
                    burrow_syntax::DeclKind::Var(v) => !v.values.is_empty(),
                    _ => false,
                },
                None => false,
            },
            _ => false,
        }
    }

    /// `init` functions and blank ones are numbered by package, in the order of files.
    fn number_inits(&mut self) {
        for p in &self.packages {
            let mut next = 0;
            for f in &p.info.funcs {
                let o = self.u.obj(f.obj);
                if o.name.as_str() == "init" && self.receiver_type(f.obj).is_none() {
                    self.init_numbers.insert(f.obj, next);
                    next += 1;
                }
            }
        }
    }

    // ---------------------------------------------------------------------------------- types

    pub(super) fn under(&self, t: TypeId) -> TypeId {
        self.u.under(t)
    }

    /// The underlying type, or the core type of a type parameter.
    pub(super) fn under_or_core(&self, t: TypeId) -> TypeId {
        match self.u.kind(self.u.unalias(t)) {
            TypeKind::TypeParam(_) => self.u.core_type(t).unwrap_or(t),
            TypeKind::Tuple(_) => t,
            _ => self.u.under(t),
        }
    }

    /// The kind of the underlying type.
    pub(super) fn kind(&self, t: TypeId) -> &'a TypeKind {
        self.u.kind(self.u.under(t))
    }

    pub(super) fn obj_type(&self, o: ObjId) -> TypeId {
        self.u.obj_type(o)
    }

    /// One id for all identical types.
    pub(super) fn canonical(&self, t: TypeId) -> TypeId {
        if let Some(&c) = self.canon.borrow().get(&t) {
            return c;
        }
        let c = self.u.canonical(t);
        self.canon.borrow_mut().insert(t, c);
        c
    }

    pub(super) fn identical(&self, a: TypeId, b: TypeId) -> bool {
        a == b || self.canonical(a) == self.canonical(b)
    }

    pub(super) fn is_interface(&self, t: TypeId) -> bool {
        matches!(self.kind(t), TypeKind::Interface(_))
    }

    /// Types with `internal/runtime/sys.nih` in them: the collector ignores pointers to them. gc: `types.CalcSize`.
    pub(super) fn is_not_in_heap(&self, t: TypeId) -> bool {
        if let TypeKind::Named(n) = self.u.kind(self.u.unalias(t)) {
            let o = self.u.obj(n.obj);
            if o.name.as_str() == "nih" {
                let path = o.pkg.map(|p| self.u.pkg(p).path.as_str());
                return path == Some("internal/runtime/sys");
            }
        }
        match self.kind(t) {
            TypeKind::Struct(s) => s.fields.iter().any(|&f| self.is_not_in_heap(self.obj_type(f))),
            TypeKind::Array { elem, .. } => self.is_not_in_heap(*elem),
            _ => false,
        }
    }

    /// The scalars of a list of values, one after another; memory values are pointers.
    pub(super) fn flatten(&self, types: &[TypeId], out: &mut Vec<Ty>) {
        for &t in types {
            match &self.layout(t).scalars {
                Some(s) => out.extend(s.iter().map(|s| s.ty)),
                None => out.push(Ty::PTR),
            }
        }
    }

    /// How a signature type without type parameters is called.
    pub(super) fn func_sig(&self, t: TypeId) -> Rc<FuncSig> {
        if let Some(s) = self.sigs.borrow().get(&t) {
            return s.clone();
        }
        let TypeKind::Signature(s) = self.kind(t) else {
            panic!("call of {}", self.u.type_string(t))
        };
        let params: Vec<TypeId> = s.params.iter().map(|&p| self.obj_type(p)).collect();
        let results: Vec<TypeId> = s.results.iter().map(|&p| self.obj_type(p)).collect();
        let fs = Rc::new(self.sig_of(params, results, s.variadic, Conv::Go));
        self.sigs.borrow_mut().insert(t, fs.clone());
        fs
    }

    pub(super) fn sig_of(
        &self,
        params: Vec<TypeId>,
        results: Vec<TypeId>,
        variadic: bool,
        conv: Conv,
    ) -> FuncSig {
        let area = self.struct_layout(&results);
        let mut rs = Vec::new();
        let flat = results.iter().all(|&r| self.layout(r).is_flat());
        self.flatten(&results, &mut rs);
        let floats = rs.iter().filter(|t| t.is_float()).count();
        let result_area = match conv {
            Conv::Go => !flat || floats > 8 || rs.len() - floats > 8,
            Conv::SystemV => !flat || rs.len() > 2 || (rs.len() == 2 && floats > 0),
        };
        let mut ps = Vec::new();
        if result_area {
            ps.push(Ty::PTR);
            rs.clear();
        }
        self.flatten(&params, &mut ps);
        FuncSig {
            params,
            results,
            variadic,
            result_area,
            sig: Sig { conv, params: ps, results: rs },
            area,
        }
    }

    // -------------------------------------------------------------------------------- objects

    /// Package index, file and declaration of a package-level object or method.
    pub(super) fn decl_of(&self, obj: ObjId) -> Option<(usize, &'a File, burrow_syntax::DeclId)> {
        let o = self.u.obj(obj);
        let pkg = *self.by_id.get(&o.pkg?)?;
        let d = o.decl()?;
        Some((pkg, self.packages[pkg].files[d.file as usize], d.decl))
    }

    /// Package index, file index and declaration of a function.
    pub(super) fn func_decl(&self, obj: ObjId) -> Option<(usize, usize, &'a FuncDecl)> {
        let (pkg, file, decl) = self.decl_of(obj)?;
        let index = self.u.obj(obj).decl()?.file as usize;
        match &file.decl(decl).kind {
            burrow_syntax::DeclKind::Func(f) => Some((pkg, index, f)),
            _ => None,
        }
    }

    /// A function with its body, which may be in a file of its own.
    pub(super) fn body_of(&self, obj: ObjId) -> Body<'a> {
        let (pkg, file, decl) = self.func_decl(obj).expect("a declared function");
        let p = &self.packages[pkg];
        if !decl.outlined {
            return Body { file: p.files[file], info: &p.info.files[file], decl };
        }
        match p.parts.body(obj) {
            Ok(body) => body,
            Err(why) => panic!("{}: {why}", self.u.obj(obj).name),
        }
    }

    /// The type of a method's receiver, without pointer, and whether there was one.
    pub(super) fn receiver_type(&self, method: ObjId) -> Option<(TypeId, bool)> {
        let TypeKind::Signature(s) = self.u.kind(self.obj_type(method)) else { return None };
        let t = self.u.unalias(self.obj_type(s.recv?));
        Some(match self.u.kind(t) {
            TypeKind::Pointer(elem) => (self.u.unalias(*elem), true),
            _ => (t, false),
        })
    }

    /// The object of package runtime that compiled code refers to.
    pub(super) fn runtime_object(&self, name: &str) -> ObjId {
        let rt = self.by_prefix.get(&Symbol::new("runtime")).map(|&i| self.packages[i].info.id);
        match rt.and_then(|p| self.u.pkg(p).lookup(Symbol::new(name))) {
            Some(o) => o,
            // Pushed by another package: internal/runtime/maps, internal/bytealg.
            None => match self.pushed.get(&Symbol::new(&format!("runtime.{name}"))) {
                Some(&o) => o,
                None => panic!("package runtime has no {name}"),
            },
        }
    }

    // ----------------------------------------------------------------------------------- work

    /// Marks a symbol as wanted; true if it was not before.
    pub(super) fn want(&self, symbol: Symbol) -> bool {
        self.wanted.borrow_mut().insert(symbol)
    }

    pub(super) fn push_work(&self, item: Item<'a>) {
        if let Item::Func(f) = &item
            && let Some((pkg, _, decl)) = self.func_decl(f.obj)
            && decl.outlined
            && let Some(ahead) = &*self.ahead.borrow()
        {
            // When nobody listens any more, the body is checked when its turn comes.
            let _ = ahead.send((pkg, f.obj));
        }
        self.work.borrow_mut().push_back(item);
    }

    pub(super) fn add_data(&self, d: Data) {
        self.out.borrow_mut().datas.push(d);
    }

    pub(super) fn add_func(&self, f: Func) {
        self.out.borrow_mut().funcs.push(f);
    }

    /// Read-only bytes under a name that says what they are.
    pub(super) fn rodata(&self, prefix: &str, bytes: &[u8], align: u32) -> Symbol {
        let symbol = Symbol::new(&format!("{prefix}{}", content_name(bytes)));
        if self.want(symbol) {
            self.add_data(Data {
                name: symbol,
                kind: DataKind::Rodata,
                align,
                bytes: bytes.to_vec(),
                size: bytes.len() as u64,
                relocs: Vec::new(),
            });
        }
        symbol
    }

    /// The bytes of a string constant.
    pub(super) fn string_data(&self, bytes: &[u8]) -> Symbol {
        self.rodata("go:string.", bytes, 1)
    }

    /// The func value of a function: a read-only cell that holds its address.
    pub(super) fn closure_cell(&self, func: Symbol) -> Symbol {
        let symbol = Symbol::new(&format!("{func}·f"));
        if self.want(symbol) {
            self.add_data(Data {
                name: symbol,
                kind: DataKind::Rodata,
                align: 8,
                bytes: vec![0; 8],
                size: 8,
                relocs: vec![DataReloc {
                    offset: 0,
                    kind: DataRelocKind::Abs64,
                    target: func,
                    addend: 0,
                }],
            });
        }
        symbol
    }
}

/// A short name that is one-to-one with the content, but for collisions of a 128-bit hash.
pub(super) fn content_name(bytes: &[u8]) -> String {
    let printable = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
    if bytes.len() <= 24 && bytes.iter().all(printable) {
        return format!("\"{}\"", String::from_utf8_lossy(bytes));
    }
    let hash = blake3::hash(bytes);
    let hex = hash.to_hex();
    hex.as_str()[..32].to_string()
}
