//! `for range` over a function: the body becomes a closure that the iterator calls.
//!
//! Each execution of the loop has a control object on the heap, `{state, next}`. The state follows gc's rewrite
//! (`cmd/compile/internal/rangefunc/rewrite.go`): READY between calls, PANIC while the body runs, DONE after it left the
//! loop, EXHAUSTED after the iterator returned; calls in any other state than READY panic. `next` says where to go when
//! the iterator has returned: 0 on, -1 return, n > 0 the n-th branch in the body that may leave it.
//!
//! Results of a function that returns from such a body live in an object of their own, which the body's closure knows;
//! so does it know the `DeferFrame` of the function, to which its `defer` statements belong.

use burrow_syntax::{Block as SyntaxBlock, BranchKind, CaseId, ExprId, StmtId, StmtKind, Symbol};
use burrow_types::{TypeId, TypeKind};

use super::call::Callee;
use super::captures::Lit;
use super::defer::Placement;
use super::func::{FnCx, Place};
use super::program::ClosureParent;
use super::value::{Borrowed, Owned};
use crate::ir::{IntCC, MemFlags, Term, Ty, Value, Var};

const DONE: i64 = 0;
const READY: i64 = 1;
const PANIC: i64 = 2;
const EXHAUSTED: i64 = 3;
const MISSING_PANIC: i64 = 4;

/// `next`: return from the function.
const RETURN: i64 = -1;

const STATE: i32 = 0;
const NEXT: i32 = 8;

/// What the body's function must know of the function around it.
#[derive(Clone, Debug)]
pub(super) struct RangeContext {
    pub label: Option<Symbol>,
    /// The closure has a word for the results' object.
    pub has_results: bool,
    /// The closure has a word for the `DeferFrame`.
    pub has_frame: bool,
    pub result_types: Vec<TypeId>,
    /// The function that the body belongs to.
    pub function: Option<Lit>,
}

/// State of a body being lowered.
#[derive(Clone, Debug)]
pub(super) struct RangeBody {
    pub context: RangeContext,
    pub control: Var,
    pub results: Option<Var>,
    pub own_labels: Vec<Symbol>,
    /// Branches in the body, as the code behind the loop numbers them.
    exits: Vec<Exit>,
}

impl RangeBody {
    pub(super) fn new(context: RangeContext, control: Var, results: Option<Var>) -> RangeBody {
        RangeBody { context, control, results, own_labels: Vec::new(), exits: Vec::new() }
    }
}

/// A branch that leaves a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Exit {
    kind: BranchKind,
    label: Symbol,
}

/// `next`: the branch, one of those in the body.
fn code(exits: &[Exit], exit: Exit) -> i64 {
    let place = exits.iter().position(|e| *e == exit).expect("a branch in the body");
    place as i64 + 1
}

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn range_func(
        &mut self,
        s: StmtId,
        label: Option<Symbol>,
        x: ExprId,
        body: &'a SyntaxBlock,
    ) {
        let t = self.value_type(x);
        let v = self.expr(x).one();
        // {state, next}: no pointers in it.
        let d = self.p.raw_type(16, 0, Vec::new());
        let d = self.symbol(d, 0);
        let control = self.runtime_call("newobject", &[d])[0];
        let ready = self.iconst(READY);
        self.store(ready, control, STATE, MemFlags::SAFE);
        let function = match (&self.range, self.lit) {
            (Some(r), _) => r.context.function,
            (None, lit) => lit,
        };
        let facts = &self.cx.facts;
        let (has_results, has_frame) =
            (facts.returns_in_range.contains(&function), facts.has_defer.contains(&function));
        let mut extra = vec![(TypeId::UNSAFE_POINTER, control)];
        if has_results {
            let r = self.results_object();
            extra.push((TypeId::UNSAFE_POINTER, r));
        }
        if has_frame {
            let f = self.defer_frame();
            extra.push((TypeId::UINTPTR, f));
        }
        let result_types = self.result_places().iter().map(|r| r.0).collect();
        let context = RangeContext { label, has_results, has_frame, result_types, function };
        let parent = ClosureParent { range: Some(context) };
        let closure = self.make_closure(Lit::Range(s), parent, &extra, Placement::Heap).value;
        let target = self.closure_target(v, self.p.under_or_core(t));
        debug_assert!(matches!(target.callee, Callee::Closure(_)));
        self.call_target(&target, &[], vec![Owned::flat(vec![closure])]);
        self.after_iterator(control, label, body);
    }

    fn after_iterator(&mut self, control: Value, label: Option<Symbol>, body: &'a SyntaxBlock) {
        let state = self.load(Ty::I64, control, STATE, MemFlags::SAFE);
        let ok = self.icmp_imm(IntCC::Ne, state, PANIC);
        let missing = self.iconst(MISSING_PANIC);
        self.check(ok, "panicrangestate", &[missing]);
        let exhausted = self.iconst(EXHAUSTED);
        self.store(exhausted, control, STATE, MemFlags::SAFE);
        let mut exits =
            Exits { file: self.file, list: Vec::new(), labels: Vec::new(), returns: false };
        exits.block(body);
        let own = exits.labels.clone();
        let list: Vec<Exit> = exits
            .list
            .iter()
            .filter(|e| {
                let leaves = Some(e.label) != label || e.kind == BranchKind::Goto;
                leaves && !own.contains(&e.label)
            })
            .copied()
            .collect();
        if list.is_empty() && !exits.returns {
            return;
        }
        let next = self.load(Ty::I64, control, NEXT, MemFlags::SAFE);
        let end = self.block();
        let mut cases = Vec::new();
        if exits.returns {
            cases.push((RETURN, self.block()));
        }
        for e in &list {
            cases.push((code(&exits.list, *e), self.block()));
        }
        for &(n, b) in &cases {
            let hit = self.icmp_imm(IntCC::Eq, next, n);
            let other = self.block();
            self.brif(hit, b, other);
            self.switch_to(other);
        }
        self.jump(end);
        for (n, b) in cases {
            self.switch_to(b);
            if n == RETURN {
                if self.range.is_some() {
                    self.range_return();
                } else {
                    self.leave();
                }
            } else {
                let e = exits.list[n as usize - 1];
                self.branch_out(e.kind, e.label);
            }
            self.end(Term::Unreachable);
        }
        self.switch_to(end);
    }

    fn branch_out(&mut self, kind: BranchKind, label: Symbol) {
        let here = self.scopes.iter().rev().find(|s| s.label == Some(label));
        let to = match (kind, here) {
            (BranchKind::Break, Some(s)) => s.break_to,
            (BranchKind::Continue, Some(s)) => s.continue_to,
            _ => None,
        };
        if let Some(b) = to {
            return self.jump(b);
        }
        if self.range.is_some() {
            let own = self.range.as_ref().is_some_and(|r| r.own_labels.contains(&label));
            if !(kind == BranchKind::Goto && own) {
                return self.range_branch(kind, Some(label));
            }
        }
        let b = match self.labels.get(&label) {
            Some(&b) => b,
            None => {
                let b = self.block();
                self.labels.insert(label, b);
                b
            }
        };
        self.jump(b);
    }

    /// `return` in a body: results are stored already.
    pub(super) fn range_return(&mut self) {
        let next = self.iconst(RETURN);
        self.leave_body(Some(next));
    }

    /// A `break`, `continue` or `goto` that leaves the body, or ends this call of it.
    pub(super) fn range_branch(&mut self, kind: BranchKind, label: Option<Symbol>) {
        let Some(r) = self.range.clone() else {
            // The checker has reported it.
            self.end(Term::Unreachable);
            return;
        };
        let own = label.is_none() || label == r.context.label;
        match (kind, own) {
            (BranchKind::Continue, true) => self.continue_body(),
            (BranchKind::Break, true) => self.leave_body(None),
            _ => {
                let exit = Exit { kind, label: label.expect("a label") };
                let n = self.iconst(code(&r.exits, exit));
                self.leave_body(Some(n));
            }
        }
    }

    /// The end of the body: the iterator goes on.
    pub(super) fn continue_body(&mut self) {
        let c = self.control();
        let ready = self.iconst(READY);
        self.store(ready, c, STATE, MemFlags::SAFE);
        let yes = self.bool_const(true);
        self.end(Term::Return(vec![yes]));
    }

    fn leave_body(&mut self, next: Option<Value>) {
        let c = self.control();
        let done = self.iconst(DONE);
        self.store(done, c, STATE, MemFlags::SAFE);
        if let Some(n) = next {
            self.store(n, c, NEXT, MemFlags::SAFE);
        }
        let no = self.bool_const(false);
        self.end(Term::Return(vec![no]));
    }

    fn control(&mut self) -> Value {
        let v = self.range.as_ref().expect("in a range body").control;
        self.get(v)
    }

    /// The entry of a body: it must be its turn.
    pub(super) fn enter_body(&mut self) {
        let c = self.control();
        let state = self.load(Ty::I64, c, STATE, MemFlags::SAFE);
        let ok = self.icmp_imm(IntCC::Eq, state, READY);
        self.check(ok, "panicrangestate", &[state]);
        let panic = self.iconst(PANIC);
        self.store(panic, c, STATE, MemFlags::SAFE);
    }

    /// The object with the function's results, in a function from whose range bodies there are returns.
    fn results_object(&mut self) -> Value {
        if let Some(v) = self.range.as_ref().and_then(|r| r.results) {
            return self.get(v);
        }
        match self.results.first() {
            Some((_, Place::Mem { base, .. })) => *base,
            _ => self.iconst(0),
        }
    }

    /// Types and places of the results of the function that a `return` here leaves.
    pub(super) fn result_places(&mut self) -> Vec<(TypeId, Place)> {
        let Some(r) = self.range.clone() else {
            return self.current_results();
        };
        let types = r.context.result_types.clone();
        let area = self.p.struct_layout(&types);
        let base = match r.results {
            Some(v) => self.get(v),
            None => return types.into_iter().map(|t| (t, Place::Blank)).collect(),
        };
        types
            .into_iter()
            .zip(&area.offsets)
            .map(|(t, &o)| (t, Place::Mem { base, offset: o as i32, flags: MemFlags::SAFE }))
            .collect()
    }

    /// Lowers a body: parameters to the left side, then the statements.
    pub(super) fn range_body(&mut self, s: StmtId, params: Vec<(Borrowed, TypeId)>) {
        let StmtKind::Range { lhs, define, body, .. } = self.file.stmt(s) else {
            panic!("no range statement")
        };
        self.enter_body();
        let mut exits =
            Exits { file: self.file, list: Vec::new(), labels: Vec::new(), returns: false };
        exits.block(body);
        if let Some(r) = &mut self.range {
            r.own_labels = exits.labels;
            r.exits = exits.list;
        }
        self.range_assign(lhs, *define, params);
        self.block_stmt(body);
        self.continue_body();
    }

    /// Parameter types of the function that an iterator calls.
    pub(super) fn yield_params(&mut self, s: StmtId) -> Vec<TypeId> {
        let StmtKind::Range { x, .. } = self.file.stmt(s) else { panic!("no range statement") };
        let t = self.value_type(*x);
        let fs = self.p.func_sig(self.p.under_or_core(t));
        let TypeKind::Signature(_) = self.kind(fs.params[0]) else { panic!("no yield function") };
        self.p.func_sig(fs.params[0]).params.clone()
    }
}

/// Finds what leaves a body: labelled branches and returns, not in function literals.
struct Exits<'a> {
    file: &'a burrow_syntax::File,
    list: Vec<Exit>,
    labels: Vec<Symbol>,
    returns: bool,
}

impl Exits<'_> {
    fn block(&mut self, b: &SyntaxBlock) {
        self.stmts(&b.stmts);
    }

    fn stmts(&mut self, list: &[StmtId]) {
        for &s in list {
            self.stmt(s);
        }
    }

    fn cases(&mut self, cases: &[CaseId]) {
        for &c in cases {
            let file = self.file;
            self.stmts(&file.cases[c].body);
        }
    }

    fn stmt(&mut self, s: StmtId) {
        let file = self.file;
        match file.stmt(s) {
            StmtKind::Labeled { label, stmt } => {
                self.labels.push(file.name(*label));
                self.stmt(*stmt);
            }
            StmtKind::Block(b) => self.block(b),
            StmtKind::Branch { kind, label: Some(l) } => {
                let e = Exit { kind: *kind, label: file.name(*l) };
                if !self.list.contains(&e) {
                    self.list.push(e);
                }
            }
            StmtKind::Return(_) => self.returns = true,
            StmtKind::If { then, els, .. } => {
                self.block(then);
                if let Some(e) = els {
                    self.stmt(*e);
                }
            }
            StmtKind::For { body, .. } | StmtKind::Range { body, .. } => self.block(body),
            StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
                self.cases(cases)
            }
            StmtKind::Select { clauses, .. } => {
                for c in clauses {
                    self.stmts(&c.body);
                }
            }
            _ => {}
        }
    }
}
