//! Terminating statements: whether control can reach the end of a function.

use crate::check::Checker;
use burrow_syntax::{BranchKind, CaseId, ExprKind, StmtId, StmtKind, Symbol};

impl Checker<'_> {
    fn is_terminating(&self, s: StmtId, label: Option<Symbol>) -> bool {
        let f = self.file();
        match f.stmt(s) {
            StmtKind::Labeled { label, stmt } => self.is_terminating(*stmt, Some(f.name(*label))),
            StmtKind::Expr(e) => {
                let call = f.unparen(*e);
                matches!(f.expr(call), ExprKind::Call { .. })
                    && self.panics.contains(&(self.env.file, call))
            }
            StmtKind::Return(_) => true,
            StmtKind::Branch { kind, .. } => {
                matches!(kind, BranchKind::Goto | BranchKind::Fallthrough)
            }
            StmtKind::Block(b) => self.is_terminating_list(&b.stmts, None),
            StmtKind::If { then, els: Some(els), .. } => {
                self.is_terminating_list(&then.stmts, None) && self.is_terminating(*els, None)
            }
            StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
                self.is_terminating_switch(cases, label)
            }
            StmtKind::Select { clauses, .. } => clauses.iter().all(|c| {
                self.is_terminating_list(&c.body, None)
                    && !self.has_break_list(&c.body, label, true)
            }),
            StmtKind::For { cond: None, body, .. } => {
                !self.has_break_list(&body.stmts, label, true)
            }
            _ => false,
        }
    }

    pub(crate) fn is_terminating_list(&self, list: &[StmtId], label: Option<Symbol>) -> bool {
        let last = list.iter().rev().find(|s| !matches!(self.file().stmt(**s), StmtKind::Empty));
        last.is_some_and(|s| self.is_terminating(*s, label))
    }

    fn is_terminating_switch(&self, cases: &[CaseId], label: Option<Symbol>) -> bool {
        let f = self.file();
        cases.iter().any(|c| f.cases[*c].is_default)
            && cases.iter().all(|c| {
                let body = &f.cases[*c].body;
                self.is_terminating_list(body, None) && !self.has_break_list(body, label, true)
            })
    }

    fn has_break_list(&self, list: &[StmtId], label: Option<Symbol>, implicit: bool) -> bool {
        list.iter().any(|s| self.has_break(*s, label, implicit))
    }

    /// A break of the statement with the label, or (if `implicit`) without one, that refers to the enclosing statement.
    fn has_break(&self, s: StmtId, label: Option<Symbol>, implicit: bool) -> bool {
        let f = self.file();
        match f.stmt(s) {
            StmtKind::Labeled { stmt, .. } => self.has_break(*stmt, label, implicit),
            StmtKind::Branch { kind: BranchKind::Break, label: l } => match l {
                None => implicit,
                Some(l) => Some(f.name(*l)) == label,
            },
            StmtKind::Block(b) => self.has_break_list(&b.stmts, label, implicit),
            StmtKind::If { then, els, .. } => {
                self.has_break_list(&then.stmts, label, implicit)
                    || els.is_some_and(|e| self.has_break(e, label, implicit))
            }
            StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
                label.is_some()
                    && cases.iter().any(|c| self.has_break_list(&f.cases[*c].body, label, false))
            }
            StmtKind::Select { clauses, .. } => {
                label.is_some()
                    && clauses.iter().any(|c| self.has_break_list(&c.body, label, false))
            }
            StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
                label.is_some() && self.has_break_list(&body.stmts, label, false)
            }
            _ => false,
        }
    }
}
