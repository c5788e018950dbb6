//! Sizes that no machine holds: what gc's middle end reports about packages whose types are right.
//!
//! L1  Types come first, those of package level before those in bodies; frames are looked at if all types are fine.
//! L2  A type is reported where it is written: at the declared name, in bodies at the statement. A defined type is
//!     reported at its declaration alone, and a type that is nowhere written where it occurs first.
//! L3  The size of a frame is an estimate that never counts what gc may put elsewhere: variables whose address is
//!     taken, variables beyond [`MAX_STACK_VAR`], what several calls can share.
//!
//! gc: `types.CalcSize`, `ssagen.Compile`.

use crate::errors::{Code, Diagnostic};
use crate::info::{FileInfo, Mode, PackageInfo};
use crate::object::{ObjId, VarKind};
use crate::types::{Signature, TypeId, TypeKind};
use crate::typestring::MessageScope;
use crate::universe::Universe;
use burrow_syntax::walk::{self, Visitor};
use burrow_syntax::{DeclId, DeclKind, ExprId, ExprKind, File, IdentId, Pos, StmtId, StmtKind};
use rustc_hash::FxHashSet;

/// What an address space holds. gc: `Arch.MAXWIDTH` of amd64.
const MAX_WIDTH: i64 = 1 << 50;
/// Elements of channels are smaller.
const MAX_CHAN_ELEM: i64 = 1 << 16;
/// Keys and elements of maps are smaller.
const MAX_MAP_ELEM: i64 = 1 << 31;
/// Locals, arguments and the arguments of calls take less.
const MAX_FRAME: i64 = 1 << 30;
/// Larger variables live on the heap. gc: `ir.MaxStackVarSize`.
const MAX_STACK_VAR: i64 = 128 << 10;
/// Smaller variables don't count: nobody writes so many.
const MIN_COUNTED: i64 = 4 << 10;
/// Data of that size can't be linked, so a literal of it is no program's.
const MAX_DATA: i64 = 2_000_000_000;

/// Finds types and stack frames that are too large in a package without errors.
pub fn oversized(u: &Universe, info: &PackageInfo, files: &[&File]) -> Vec<Diagnostic> {
    let _scope = MessageScope::enter(info.id);
    let mut sizes = Sizes {
        u,
        pkg: info,
        seen: FxHashSet::default(),
        mentioned: FxHashSet::default(),
        parts: FxHashSet::default(),
        found: Vec::new(),
    };
    for (f, facts) in files.iter().zip(&info.files) {
        f.decls.iter().for_each(|&d| sizes.declaration(f, facts, d));
    }
    if sizes.found.is_empty() {
        for (f, facts) in files.iter().zip(&info.files) {
            walk::file(&mut Bodies { sizes: &mut sizes, facts, at: Pos::NONE }, f);
        }
    }
    let mut found = sizes.found;
    if found.is_empty() {
        let bodyless = info.funcs.iter().filter(|func| {
            let f = files[func.decl.file as usize];
            matches!(&f.decl(func.decl.decl).kind, DeclKind::Func(d) if d.body.is_none())
        });
        let bodyless = bodyless.map(|func| func.obj).collect();
        for (f, facts) in files.iter().zip(&info.files) {
            for &d in &f.decls {
                frames_of(Facts { u, facts, bodyless: &bodyless }, f, d, &mut found);
            }
        }
    }
    found.sort_by_key(|d| d.pos);
    crate::errors::find_ends(files, &mut found);
    found
}

// --- types ---

struct Sizes<'a> {
    u: &'a Universe,
    pkg: &'a PackageInfo,
    /// Defined types that were looked at.
    seen: FxHashSet<TypeId>,
    /// Types of variables and expressions of bodies.
    mentioned: FxHashSet<TypeId>,
    /// The parts of the type at hand.
    parts: FxHashSet<TypeId>,
    found: Vec<Diagnostic>,
}

impl Sizes<'_> {
    fn declaration(&mut self, f: &File, facts: &FileInfo, d: DeclId) {
        let object = |this: &mut Self, name: IdentId| {
            if let Some(o) = facts.def(name)
                && let Some(t) = this.u.obj(o).ty()
            {
                this.parts.clear();
                this.ty(t, f.ident(name).pos);
            }
        };
        match &f.decl(d).kind {
            DeclKind::Type(t) => object(self, t.name),
            DeclKind::Var(v) => v.names.iter().for_each(|&n| object(self, n)),
            DeclKind::Func(func) if func.recv.is_none() => object(self, func.name),
            DeclKind::Func(_) | DeclKind::Const(_) | DeclKind::Import(_) => {}
        }
    }

    fn error(&mut self, pos: Pos, msg: String) {
        let code = Code::TypeTooLarge;
        if self.found.iter().any(|d| d.pos == pos && d.msg == msg) {
            return;
        }
        self.found.push(Diagnostic::new(code, pos, msg));
    }

    fn ty(&mut self, t: TypeId, pos: Pos) {
        let u = self.u;
        let t = u.unalias(t);
        let is_named = matches!(u.kind(t), TypeKind::Named(_));
        if is_named && !self.seen.insert(t) || !self.parts.insert(t) {
            return;
        }
        match u.kind(t) {
            TypeKind::Basic(..)
            | TypeKind::TypeParam(_)
            | TypeKind::Alias(_)
            | TypeKind::Union(_) => {}
            TypeKind::Named(n) => {
                let own = u.obj(n.obj).pkg == Some(self.pkg.id);
                if u.is_generic(t) || !own && n.origin.is_none() {
                    return;
                }
                let pos = if own { u.obj(n.obj).pos } else { pos };
                self.ty(u.under(t), pos);
                if n.origin.is_none() {
                    self.objects(u.origin_methods(t), pos);
                }
            }
            TypeKind::Pointer(e) | TypeKind::Slice(e) => self.ty(*e, pos),
            TypeKind::Array { elem, len } => {
                self.ty(*elem, pos);
                let size = u.sizeof(*elem);
                if (1..MAX_WIDTH).contains(&size) && *len > (MAX_WIDTH - 1) / size {
                    let msg = format!("type {} larger than address space", u.type_string(t));
                    self.error(pos, msg);
                }
            }
            TypeKind::Map { key, elem } => {
                self.ty(*key, pos);
                self.ty(*elem, pos);
                for (t, what) in [(*elem, "element"), (*key, "key")] {
                    if (MAX_MAP_ELEM..MAX_WIDTH).contains(&u.sizeof(t)) {
                        self.error(pos, format!("map {what} type too large"));
                    }
                }
            }
            TypeKind::Chan { elem, .. } => {
                self.ty(*elem, pos);
                if (MAX_CHAN_ELEM..MAX_WIDTH).contains(&u.sizeof(*elem)) {
                    self.error(pos, "channel element type too large (>64kB)".into());
                }
            }
            TypeKind::Struct(s) => {
                self.objects(&s.fields, pos);
                let fits = |t: TypeId| (0..MAX_WIDTH).contains(&u.sizeof(t));
                if !fits(t) && s.fields.iter().all(|f| fits(u.obj_type(*f))) {
                    self.error(pos, format!("type {} too large", u.type_string(t)));
                }
            }
            TypeKind::Tuple(vars) => self.objects(vars, pos),
            TypeKind::Signature(s) => {
                self.objects(&s.params, pos);
                self.objects(&s.results, pos);
            }
            TypeKind::Interface(i) => {
                self.objects(&i.methods, pos);
                i.embeddeds.iter().for_each(|e| self.ty(*e, pos));
            }
        }
    }

    fn objects(&mut self, list: &[ObjId], pos: Pos) {
        for &o in list {
            if let Some(t) = self.u.obj(o).ty() {
                self.ty(t, pos);
            }
        }
    }
}

/// The types that bodies mention.
struct Bodies<'a, 'b> {
    sizes: &'a mut Sizes<'b>,
    facts: &'a FileInfo,
    /// The statement around.
    at: Pos,
}

impl Visitor for Bodies<'_, '_> {
    fn stmt(&mut self, f: &File, s: StmtId) -> bool {
        self.at = match f.stmt(s) {
            StmtKind::Assign { lhs, .. } | StmtKind::Define { lhs, .. } if !lhs.is_empty() => {
                f.start_pos(lhs[0])
            }
            _ => f.stmts[s].pos,
        };
        true
    }
    fn ident(&mut self, f: &File, id: IdentId) {
        let Some(o) = self.facts.def(id) else { return };
        let obj = self.sizes.u.obj(o);
        if matches!(obj.var_kind(), Some(VarKind::Local | VarKind::Param | VarKind::Result))
            && let Some(t) = obj.ty()
        {
            // The type that follows is that of the names.
            self.at = f.ident(id).pos;
            if self.sizes.mentioned.insert(t) {
                self.sizes.parts.clear();
                self.sizes.ty(t, self.at);
            }
        }
    }
    fn expr(&mut self, _: &File, e: ExprId) -> bool {
        let tv = self.facts.type_and_value(e);
        let written = tv.mode == Mode::TypeExpr;
        if !matches!(tv.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin)
            && self.at.is_known()
            && (self.sizes.mentioned.insert(tv.ty) || written)
        {
            self.sizes.parts.clear();
            self.sizes.ty(tv.ty, self.at);
        }
        true
    }
}

// --- frames ---

#[derive(Clone, Copy)]
struct Facts<'a> {
    u: &'a Universe,
    facts: &'a FileInfo,
    bodyless: &'a FxHashSet<ObjId>,
}

/// What is known of the frame of one function.
struct Frame<'a> {
    u: &'a Universe,
    facts: &'a FileInfo,
    /// Functions of the package that are implemented elsewhere.
    bodyless: &'a FxHashSet<ObjId>,
    locals: i64,
    /// The arguments and results of the largest call.
    callee: i64,
    /// Variables that take part in `locals`, and those that must not.
    vars: Vec<(ObjId, i64)>,
    elsewhere: FxHashSet<ObjId>,
    /// Functions inside, whose frames are their own.
    inner: Vec<ExprId>,
}

/// Reports the frames of a function and of those inside it.
fn frames_of(known: Facts<'_>, f: &File, d: DeclId, found: &mut Vec<Diagnostic>) {
    let Facts { u, facts, .. } = known;
    let mut pending = Vec::new();
    match &f.decl(d).kind {
        DeclKind::Func(func) => {
            let mut frame = Frame::new(known);
            let Some(body) = &func.body else { return };
            walk::block(&mut frame, f, body);
            if let Some(sig) = facts.def(func.name).and_then(|o| u.as_signature(u.obj_type(o))) {
                frame.report(sig, f.decl(d).pos, found);
            }
            pending = frame.inner;
        }
        DeclKind::Var(v) => {
            let mut frame = Frame::new(known);
            v.values.iter().for_each(|&e| walk::expr(&mut frame, f, e));
            pending = frame.inner;
        }
        DeclKind::Import(_) | DeclKind::Const(_) | DeclKind::Type(_) => {}
    }
    while let Some(e) = pending.pop() {
        let ExprKind::FuncLit { body, .. } = f.expr(e) else { continue };
        let mut frame = Frame::new(known);
        walk::block(&mut frame, f, body);
        if let Some(sig) = u.under_signature(facts.type_of(e)) {
            frame.report(sig, f.exprs[e].pos, found);
        }
        pending.append(&mut frame.inner);
    }
}

impl<'a> Frame<'a> {
    fn new(known: Facts<'a>) -> Frame<'a> {
        Frame {
            u: known.u,
            facts: known.facts,
            bodyless: known.bodyless,
            locals: 0,
            callee: 0,
            vars: Vec::new(),
            elsewhere: FxHashSet::default(),
            inner: Vec::new(),
        }
    }

    /// The size of a value, if it counts. What is that large isn't passed in registers.
    fn size(&self, t: TypeId) -> i64 {
        let size = self.u.sizeof(t);
        if size >= MIN_COUNTED { size } else { 0 }
    }

    fn arguments(&self, sig: &Signature) -> i64 {
        let all = sig.recv.iter().chain(&sig.params).chain(&sig.results);
        all.fold(0i64, |n, o| n.saturating_add(self.size(self.u.obj_type(*o))))
    }

    fn grow(&mut self, size: i64) {
        self.locals = self.locals.saturating_add(size);
    }

    fn report(&mut self, sig: &Signature, pos: Pos, found: &mut Vec<Diagnostic>) {
        for (o, size) in std::mem::take(&mut self.vars) {
            if !self.elsewhere.contains(&o) {
                self.grow(size);
            }
        }
        let args = self.arguments(sig);
        let (locals, callee) = (self.locals, self.callee);
        let what = if locals >= MAX_FRAME || args >= MAX_FRAME {
            format!("{} MB locals + {} MB args", locals >> 20, args >> 20)
        } else if locals.saturating_add(callee) >= MAX_FRAME {
            let (locals, args, callee) = (locals >> 20, args >> 20, callee >> 20);
            format!("{locals} MB locals + {args} MB args + {callee} MB callee")
        } else {
            return;
        };
        let msg = format!("stack frame too large (>1GB): {what}");
        found.push(Diagnostic::new(Code::FrameTooLarge, pos, msg));
    }

    /// The variable of which an operand is a part.
    fn root(&self, f: &File, mut e: ExprId) -> Option<ObjId> {
        loop {
            match f.expr(e) {
                ExprKind::Name(n) => return self.facts.object(*n),
                ExprKind::Selector { x, .. } | ExprKind::Index { x, .. } | ExprKind::Paren(x) => {
                    e = *x;
                }
                _ => return None,
            }
        }
    }

    fn call(&mut self, f: &File, fun: ExprId, args: &[ExprId]) {
        if self.facts.mode(fun) == Mode::TypeExpr || self.facts.mode(fun) == Mode::Builtin {
            return;
        }
        // Results that wait for the other arguments.
        if args.len() > 1 {
            for &a in args {
                if matches!(f.expr(a), ExprKind::Call { .. }) {
                    self.grow(self.size(self.facts.type_of(a)));
                }
            }
        }
        // The frames of functions of this package have errors of their own.
        let called = match f.expr(fun) {
            ExprKind::Name(n) => self.facts.use_of(*n),
            ExprKind::Selector { sel, .. } => self.facts.use_of(*sel),
            _ => None,
        };
        let has_body = called.is_some_and(|o| {
            let o = self.u.origin_func(o);
            self.u.obj(o).decl().is_some() && self.u.obj(o).is_func() && !self.bodyless.contains(&o)
        });
        // What a local variable holds is known to gc, too.
        let is_local = called.is_some_and(|o| self.u.obj(o).var_kind() == Some(VarKind::Local))
            || matches!(f.expr(fun), ExprKind::FuncLit { .. });
        if !has_body
            && !is_local
            && let Some(sig) = self.u.under_signature(self.facts.type_of(fun))
        {
            self.callee = self.callee.max(self.arguments(sig));
        }
    }
}

impl Visitor for Frame<'_> {
    fn expr(&mut self, f: &File, e: ExprId) -> bool {
        match f.expr(e) {
            ExprKind::FuncLit { .. } => {
                self.inner.push(e);
                // What it uses of ours is shared with it.
                walk::expr(&mut Captured(self), f, e);
                return false;
            }
            ExprKind::Unary { op: burrow_syntax::UnaryOp::Addr, x } | ExprKind::Slice { x, .. } => {
                let root = self.root(f, *x);
                self.elsewhere.extend(root);
            }
            ExprKind::Selector { x, .. }
                if self
                    .facts
                    .selection(e)
                    .is_some_and(|s| self.u.obj(self.u.origin_func(s.obj)).has_ptr_recv()) =>
            {
                let root = self.root(f, *x);
                self.elsewhere.extend(root);
            }
            // Without elements there is no data.
            ExprKind::CompositeLit { elems, .. } if !elems.is_empty() => {
                let t = self.facts.type_of(e);
                let size = match self.u.under_kind(t) {
                    TypeKind::Slice(elem) => {
                        let n = literal_len(f, self.facts, e);
                        self.u.sizeof(*elem).checked_mul(n).unwrap_or(i64::MAX)
                    }
                    TypeKind::Array { .. } => self.u.sizeof(t),
                    _ => 0,
                };
                if size >= MAX_DATA {
                    self.grow(size);
                }
            }
            ExprKind::Call { fun, args, .. } => self.call(f, *fun, args),
            _ => {}
        }
        true
    }

    fn ident(&mut self, _: &File, id: IdentId) {
        let Some(o) = self.facts.def(id) else { return };
        if self.u.obj(o).var_kind() == Some(VarKind::Local) {
            let size = self.size(self.u.obj_type(o));
            if (1..=MAX_STACK_VAR).contains(&size) {
                self.vars.push((o, size));
            }
        }
    }

    fn stmt(&mut self, f: &File, s: StmtId) -> bool {
        if let StmtKind::Range { lhs, x, .. } = f.stmt(s)
            && let [_, value] = &lhs[..]
            && !matches!(f.expr(*value), ExprKind::Name(n) if f.name(*n) == "_")
            && matches!(self.u.under_kind(self.facts.type_of(*x)), TypeKind::Array { .. })
        {
            // The loop is over a copy.
            self.grow(self.size(self.facts.type_of(*x)));
        }
        true
    }
}

/// Notes the variables that a function literal mentions.
struct Captured<'a, 'b>(&'a mut Frame<'b>);

impl Visitor for Captured<'_, '_> {
    fn ident(&mut self, _: &File, id: IdentId) {
        self.0.elsewhere.extend(self.0.facts.use_of(id));
    }
}

/// The length of a slice literal.
fn literal_len(f: &File, facts: &FileInfo, e: ExprId) -> i64 {
    let ExprKind::CompositeLit { elems, .. } = f.expr(e) else { return 0 };
    let (mut next, mut len) = (0i64, 0i64);
    for &x in elems {
        if let ExprKind::KeyValue { key, .. } = f.expr(x)
            && let Some(k) = facts.const_value(*key).and_then(crate::Constant::to_i64)
        {
            next = k;
        }
        next = next.saturating_add(1);
        len = len.max(next);
    }
    len
}
