//! What has to be known of a function's body before it is lowered: which variables closures capture, which have their
//! address taken or are assigned again, which expressions contain calls.
//!
//! One walk over the declaration, literals included; the result serves all instances of a generic function. The body of
//! a `range` over a function is a closure here, too. gc: escape analysis' view of closures (`typecheck.CaptureVars`) and
//! `ir.MayCall`.

use burrow_syntax::{
    Block, BranchKind, CaseId, ExprId, ExprKind, Field, File, IdentId, StmtId, StmtKind, UnaryOp,
};
use burrow_types::{BuiltinId, FileInfo, Instance, Mode, ObjId, ObjKind, SelectionKind, TypeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Body, Program};

/// A closure within a declaration: a function literal, or the body of a `range` over a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub(super) enum Lit {
    Func(ExprId),
    Range(StmtId),
}

/// Facts about one function or one initialiser expression.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Variables of enclosing functions that a closure uses, itself or through closures in it, in order of first use.
    pub captures: FxHashMap<Lit, Vec<ObjId>>,
    /// Used by a closure other than the function that declares it.
    pub captured: FxHashSet<ObjId>,
    pub address_taken: FxHashSet<ObjId>,
    /// Assigned to other than by its declaration.
    pub reassigned: FxHashSet<ObjId>,
    /// Expressions in which a function may be called, or a channel received from.
    pub has_call: FxHashSet<ExprId>,
    /// Functions and literals with a `defer` (also within range-over-func bodies that belong to them).
    pub has_defer: FxHashSet<Option<Lit>>,
    /// What is to be known of their `defer` statements.
    pub defers: FxHashMap<Option<Lit>, DeferFacts>,
    /// `defer` statements that are statements of the function's own block: they run whenever control gets there.
    pub own_defers: FxHashSet<StmtId>,
    /// Functions and literals that return from within a range-over-func body.
    pub returns_in_range: FxHashSet<Option<Lit>>,
    /// Functions with `recover` must keep their frame.
    pub has_recover: FxHashSet<Option<Lit>>,
}

/// The `defer` statements of a function.
#[derive(Clone, Debug, Default)]
pub(super) struct DeferFacts {
    pub count: usize,
    /// The statement of the function's own block that has the first of them.
    pub first: Option<StmtId>,
    /// One of them may run several times: in a loop, in the body of a range over a function, behind a label.
    pub repeated: bool,
    /// `return` statements.
    pub returns: usize,
}

impl Facts {
    /// The variable must live in memory of its own on the heap: something may refer to it beyond what is seen here.
    pub(super) fn is_boxed(&self, v: ObjId) -> bool {
        self.address_taken.contains(&v)
            || (self.captured.contains(&v) && self.reassigned.contains(&v))
    }
}

/// The type arguments at the name of a generic function, possibly qualified.
pub(super) fn instance_at<'i>(info: &'i FileInfo, file: &File, e: ExprId) -> Option<&'i Instance> {
    match file.expr(file.unparen(e)) {
        ExprKind::Name(id) | ExprKind::Selector { sel: id, .. } => info.instance(*id),
        _ => None,
    }
}

struct Walker<'p, 'a> {
    p: &'p Program<'a>,
    file: &'a File,
    info: &'a FileInfo,
    facts: Facts,
    /// Enclosing closures, outermost first.
    stack: Vec<Lit>,
    /// How many closures enclose the declaration of a variable.
    depth_of: FxHashMap<ObjId, usize>,
    calls: bool,
    /// Loops around the statement, in its function.
    loops: usize,
}

/// Facts about a function declaration.
pub(super) fn of_func<'a>(p: &Program<'a>, body: Body<'a>) -> Facts {
    let Body { file, info, decl } = body;
    let mut w = Walker::new(p, file, info);
    if let Some(recv) = &decl.recv {
        w.fields(std::slice::from_ref(recv));
    }
    let (params, results) = file.func_type(decl.ty);
    w.fields(params);
    w.fields(results);
    if let Some(body) = &decl.body {
        w.body(body);
    }
    w.facts
}

/// Facts about an expression outside of functions.
pub(super) fn of_expr<'a>(p: &Program<'a>, file: &'a File, info: &'a FileInfo, e: ExprId) -> Facts {
    let mut w = Walker::new(p, file, info);
    w.expr(e);
    w.facts
}

impl<'p, 'a> Walker<'p, 'a> {
    fn new(p: &'p Program<'a>, file: &'a File, info: &'a FileInfo) -> Self {
        Walker {
            p,
            file,
            info,
            facts: Facts::default(),
            stack: Vec::new(),
            depth_of: FxHashMap::default(),
            calls: false,
            loops: 0,
        }
    }

    /// The innermost closure that is a function of the user's: range bodies belong to their function.
    fn function(&self) -> Option<Lit> {
        self.stack.iter().rev().find(|l| matches!(l, Lit::Func(_))).copied()
    }

    fn define(&mut self, id: IdentId) {
        if let Some(obj) = self.info.def(id) {
            self.depth_of.insert(obj, self.stack.len());
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        for f in fields {
            if let Some(name) = f.name {
                self.define(name);
            }
        }
    }

    fn use_var(&mut self, obj: ObjId) {
        let Some(&depth) = self.depth_of.get(&obj) else { return };
        if depth == self.stack.len() {
            return;
        }
        self.facts.captured.insert(obj);
        for lit in &self.stack[depth..] {
            let list = self.facts.captures.entry(*lit).or_default();
            if !list.contains(&obj) {
                list.push(obj);
            }
        }
    }

    /// The own block of a function.
    fn body(&mut self, b: &Block) {
        let function = self.function();
        for &s in &b.stmts {
            self.stmt(s);
            if matches!(self.file.stmt(s), StmtKind::Defer(_)) {
                self.facts.own_defers.insert(s);
            }
            if self.facts.has_defer.contains(&function) {
                self.defers().first.get_or_insert(s);
            }
        }
        // A jump back must not run twice what leads to the first one.
        if let Some(d) = self.facts.defers.get_mut(&function)
            && d.repeated
        {
            d.first = b.stmts.first().copied();
        }
    }

    fn defers(&mut self) -> &mut DeferFacts {
        let f = self.function();
        self.facts.defers.entry(f).or_default()
    }

    /// A block that may run several times.
    fn looped(&mut self, b: &Block) {
        self.loops += 1;
        self.block(b);
        self.loops -= 1;
    }

    fn block(&mut self, b: &Block) {
        self.stmts(&b.stmts);
    }

    fn stmts(&mut self, stmts: &[StmtId]) {
        for &s in stmts {
            self.stmt(s);
        }
    }

    fn opt_expr(&mut self, e: Option<ExprId>) {
        if let Some(e) = e {
            self.expr(e);
        }
    }

    fn exprs(&mut self, list: &[ExprId]) {
        for &e in list {
            self.expr(e);
        }
    }

    /// The variable at the root of an addressable expression that lies in the variable itself.
    fn root(&self, e: ExprId) -> Option<ObjId> {
        match self.file.expr(e) {
            ExprKind::Paren(x) => self.root(*x),
            ExprKind::Name(id) => {
                let obj = self.info.object(*id)?;
                matches!(self.p.u.obj(obj).kind, ObjKind::Var { .. }).then_some(obj)
            }
            ExprKind::Selector { x, .. } => {
                let sel = self.info.selection(e)?;
                (!sel.indirect && !self.is_pointer(*x)).then(|| self.root(*x)).flatten()
            }
            ExprKind::Index { x, .. } => self.may_be_array(*x).then(|| self.root(*x)).flatten(),
            _ => None,
        }
    }

    /// Whether some instance has an array here. A type parameter over arrays of several lengths has no core type.
    fn may_be_array(&self, e: ExprId) -> bool {
        let is_array = |t| matches!(self.p.kind(t), TypeKind::Array { .. });
        let t = self.p.u.unalias(self.info.type_of(e));
        match self.p.u.kind(t) {
            TypeKind::TypeParam(_) => {
                let set = self.p.u.type_set(self.p.under(t));
                set.terms.iter().flatten().any(|x| is_array(x.ty))
            }
            _ => is_array(t),
        }
    }

    fn is_pointer(&self, e: ExprId) -> bool {
        let t = self.p.under_or_core(self.info.type_of(e));
        matches!(self.p.u.kind(t), TypeKind::Pointer(_))
    }

    fn take_address(&mut self, e: ExprId) {
        if let Some(obj) = self.root(e) {
            self.facts.address_taken.insert(obj);
        }
    }

    fn assign(&mut self, e: ExprId) {
        if let Some(obj) = self.root(e) {
            self.facts.reassigned.insert(obj);
        }
    }

    fn lit(&mut self, lit: Lit, params: &[Field], results: &[Field], body: &Block) {
        self.stack.push(lit);
        let calls = std::mem::take(&mut self.calls);
        let loops = std::mem::take(&mut self.loops);
        self.facts.captures.entry(lit).or_default();
        self.fields(params);
        self.fields(results);
        self.body(body);
        self.calls = calls;
        self.loops = loops;
        self.stack.pop();
    }

    /// Walks an expression; notes it if there is a call in it.
    fn expr(&mut self, e: ExprId) {
        let before = std::mem::replace(&mut self.calls, false);
        self.expr_parts(e);
        if self.calls {
            self.facts.has_call.insert(e);
        }
        self.calls |= before;
    }

    fn expr_parts(&mut self, e: ExprId) {
        let file = self.file;
        match file.expr(e) {
            ExprKind::Name(id) => {
                if let Some(obj) = self.info.use_of(*id) {
                    self.use_var(obj);
                }
            }
            ExprKind::CompositeLit { elems, .. } => {
                let t = self.p.under_or_core(self.info.type_of(e));
                let t = match self.p.u.kind(t) {
                    TypeKind::Pointer(elem) => self.p.under_or_core(*elem),
                    _ => t,
                };
                let is_struct = matches!(self.p.u.kind(t), TypeKind::Struct(_));
                for &el in elems {
                    if let ExprKind::KeyValue { key, value } = file.expr(el) {
                        if !is_struct {
                            self.expr(*key);
                        }
                        self.expr(*value);
                    } else {
                        self.expr(el);
                    }
                }
            }
            ExprKind::KeyValue { key, value } => {
                self.expr(*key);
                self.expr(*value);
            }
            ExprKind::FuncLit { ty, body } => {
                let (params, results) = file.func_type(*ty);
                self.lit(Lit::Func(e), params, results, body);
            }
            ExprKind::Paren(x) | ExprKind::Star(x) => self.expr(*x),
            ExprKind::Selector { x, .. } => {
                self.expr(*x);
                if let Some(sel) = self.info.selection(e)
                    && sel.kind == SelectionKind::MethodVal
                    && self.p.u.obj(sel.obj).has_ptr_recv()
                    && !sel.indirect
                    && !self.is_pointer(*x)
                {
                    self.take_address(*x);
                }
            }
            ExprKind::Index { x, indices } => {
                self.expr(*x);
                if self.info.mode(*x) != Mode::TypeExpr
                    && instance_at(self.info, file, *x).is_none()
                {
                    self.exprs(indices);
                }
            }
            ExprKind::Slice { x, index, .. } => {
                self.expr(*x);
                index.iter().for_each(|i| self.opt_expr(*i));
                if self.may_be_array(*x) {
                    self.take_address(*x);
                }
            }
            ExprKind::Assert { x, .. } | ExprKind::TypeSwitchGuard { x, .. } => self.expr(*x),
            ExprKind::Call { fun, args, .. } => self.call(*fun, args),
            ExprKind::Unary { op, x } => {
                self.expr(*x);
                match op {
                    UnaryOp::Addr => self.take_address(*x),
                    UnaryOp::Recv => self.calls = true,
                    _ => {}
                }
            }
            ExprKind::Binary { x, y, .. } => {
                self.expr(*x);
                self.expr(*y);
            }
            ExprKind::Bad
            | ExprKind::BasicLit { .. }
            | ExprKind::ArrayType { .. }
            | ExprKind::SliceType(_)
            | ExprKind::DotsType(_)
            | ExprKind::StructType { .. }
            | ExprKind::FuncType { .. }
            | ExprKind::InterfaceType { .. }
            | ExprKind::MapType { .. }
            | ExprKind::ChanType { .. } => {}
        }
    }

    fn call(&mut self, fun: ExprId, args: &[ExprId]) {
        match self.info.mode(fun) {
            Mode::TypeExpr => {}
            Mode::Builtin => {
                if let Some(id) = self.info.builtin(self.p.u, self.file, fun) {
                    match id {
                        BuiltinId::Recover => {
                            let f = self.function();
                            self.facts.has_recover.insert(f);
                            self.calls = true;
                        }
                        BuiltinId::Len
                        | BuiltinId::Cap
                        | BuiltinId::Real
                        | BuiltinId::Imag
                        | BuiltinId::Complex
                        | BuiltinId::Min
                        | BuiltinId::Max
                        | BuiltinId::UnsafeAdd
                        | BuiltinId::UnsafeAlignof
                        | BuiltinId::UnsafeOffsetof
                        | BuiltinId::UnsafeSizeof
                        | BuiltinId::UnsafeSlice
                        | BuiltinId::UnsafeSliceData
                        | BuiltinId::UnsafeString
                        | BuiltinId::UnsafeStringData
                        | BuiltinId::New
                        | BuiltinId::Make => {}
                        _ => self.calls = true,
                    }
                }
            }
            _ => {
                self.calls = true;
                self.expr(fun);
            }
        }
        self.exprs(args);
    }

    fn stmt(&mut self, s: StmtId) {
        let before = std::mem::replace(&mut self.calls, false);
        self.stmt_parts(s);
        self.calls = before;
    }

    fn stmt_parts(&mut self, s: StmtId) {
        let file = self.file;
        match file.stmt(s) {
            StmtKind::Empty => {}
            StmtKind::Branch { kind, .. } => {
                if *kind == BranchKind::Goto {
                    self.defers().repeated = true;
                }
            }
            StmtKind::Labeled { stmt, .. } => self.stmt(*stmt),
            StmtKind::Block(b) => self.block(b),
            StmtKind::Expr(e) | StmtKind::Go(e) => self.expr(*e),
            StmtKind::Defer(e) => {
                let f = self.function();
                self.facts.has_defer.insert(f);
                let repeated = self.loops > 0 || matches!(self.stack.last(), Some(Lit::Range(_)));
                let d = self.defers();
                d.count += 1;
                d.repeated |= repeated;
                self.expr(*e);
            }
            StmtKind::Send { chan, value } => {
                self.expr(*chan);
                self.expr(*value);
            }
            StmtKind::Decl(decls) => {
                for &d in decls {
                    if let burrow_syntax::DeclKind::Var(v) = &file.decl(d).kind {
                        self.exprs(&v.values);
                        v.names.iter().for_each(|&n| self.define(n));
                    }
                }
            }
            StmtKind::Assign { lhs, rhs, .. } => {
                self.exprs(lhs);
                self.exprs(rhs);
                lhs.iter().for_each(|&l| self.assign(l));
            }
            StmtKind::Define { lhs, rhs } => {
                self.exprs(rhs);
                self.define_list(lhs);
            }
            StmtKind::IncDec { x, .. } => {
                self.expr(*x);
                self.assign(*x);
            }
            StmtKind::Return(results) => {
                if matches!(self.stack.last(), Some(Lit::Range(_))) {
                    let f = self.function();
                    self.facts.returns_in_range.insert(f);
                }
                self.defers().returns += 1;
                self.exprs(results);
            }
            StmtKind::If { init, cond, then, els } => {
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.expr(*cond);
                self.block(then);
                if let Some(e) = els {
                    self.stmt(*e);
                }
            }
            StmtKind::For { init, cond, post, body } => {
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.opt_expr(*cond);
                if let Some(p) = post {
                    self.stmt(*p);
                }
                self.looped(body);
            }
            StmtKind::Range { lhs, define, x, body, .. } => self.range(s, lhs, *define, *x, body),
            StmtKind::Switch { init, tag, cases, .. } => {
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.opt_expr(*tag);
                self.cases(cases, true);
            }
            StmtKind::TypeSwitch { init, x, cases, .. } => {
                if let Some(i) = init {
                    self.stmt(*i);
                }
                self.expr(*x);
                for &c in cases {
                    if let Some(obj) = self.info.case_var(c) {
                        self.depth_of.insert(obj, self.stack.len());
                    }
                }
                self.cases(cases, false);
            }
            StmtKind::Select { clauses, .. } => {
                for c in clauses {
                    if let Some(comm) = c.comm {
                        self.stmt(comm);
                    }
                    self.stmts(&c.body);
                }
            }
        }
    }

    fn define_list(&mut self, lhs: &[ExprId]) {
        for &l in lhs {
            if let ExprKind::Name(id) = self.file.expr(l) {
                if self.info.def(*id).is_some() {
                    self.define(*id);
                } else {
                    self.expr(l);
                    self.assign(l);
                }
            }
        }
    }

    fn cases(&mut self, cases: &[CaseId], exprs: bool) {
        for &c in cases {
            let clause = &self.file.cases[c];
            if exprs {
                self.exprs(&clause.exprs);
            }
            self.stmts(&clause.body);
        }
    }

    fn range(&mut self, s: StmtId, lhs: &[ExprId], define: bool, x: ExprId, body: &Block) {
        self.expr(x);
        let t = self.p.under_or_core(self.info.type_of(x));
        let over_func = matches!(self.p.u.kind(t), TypeKind::Signature(_));
        if over_func {
            self.stack.push(Lit::Range(s));
            self.facts.captures.entry(Lit::Range(s)).or_default();
        }
        if define {
            self.define_list(lhs);
        } else {
            for &l in lhs {
                self.expr(l);
                self.assign(l);
            }
        }
        self.looped(body);
        if over_func {
            self.stack.pop();
        }
    }
}
