//! Labels and branch statements of a function body: misplaced `break`, `continue` and `fallthrough`;
//! undefined, unused and duplicate labels; `goto` into blocks and over variable declarations.
//!
//! Runs when a body has no syntax errors. gc: `checkBranches`.

use std::collections::HashMap;

use crate::SyntaxError;
use crate::ast::{Block, BranchKind, DeclKind, File, IdentId, StmtId, StmtKind};
use crate::pos::{FileEntry, Pos};
use crate::print::exprs_string;
use crate::symbol::Symbol;

pub(crate) fn check(file: &File, entry: &FileEntry, body: &Block) -> Vec<SyntaxError> {
    let mut c = Checker {
        file,
        entry,
        errors: Vec::new(),
        labels: HashMap::new(),
        order: Vec::new(),
        blocks: Vec::new(),
    };
    let none = Targets { breaks: None, continues: None, case: None };
    let forward = c.block(None, none, None, body.pos, &body.stmts);
    for goto in forward {
        let ident = file.ident(goto.label);
        if let Some(l) = c.labels.get_mut(&ident.name) {
            l.used = true;
            let start = entry.adjusted(c.blocks[l.block].start);
            let msg = format!("goto {} jumps into block starting at {start}", ident.name);
            c.error(ident.pos, msg);
        } else {
            c.error(ident.pos, format!("label {} not defined", ident.name));
        }
    }
    for name in std::mem::take(&mut c.order) {
        let l = &c.labels[&name];
        if !l.used {
            c.error(l.pos, format!("label {name} defined and not used"));
        }
    }
    c.errors
}

struct Checker<'a> {
    file: &'a File,
    entry: &'a FileEntry,
    errors: Vec<SyntaxError>,
    labels: HashMap<Symbol, Label>,
    /// Labels as they were declared.
    order: Vec<Symbol>,
    blocks: Vec<Scope>,
}

struct Label {
    block: usize,
    stmt: StmtId,
    pos: Pos,
    used: bool,
}

struct Scope {
    parent: Option<usize>,
    start: Pos,
    /// The labelled statement that the block belongs to.
    labeled: Option<StmtId>,
}

/// The statements that unlabelled branches refer to.
#[derive(Clone, Copy)]
struct Targets {
    breaks: Option<StmtId>,
    continues: Option<StmtId>,
    /// The index of the enclosing clause, directly in a switch.
    case: Option<usize>,
}

#[derive(Clone, Copy, PartialEq)]
struct Goto {
    stmt: StmtId,
    label: IdentId,
}

/// What an enclosing label is.
enum Enclosing {
    Undefined,
    Invalid,
    Labeled(StmtId),
}

impl Checker<'_> {
    fn error(&mut self, pos: Pos, msg: impl Into<String>) {
        self.errors.push(SyntaxError { pos, msg: msg.into() });
    }

    fn declare(&mut self, block: usize, stmt: StmtId, label: IdentId) -> Symbol {
        let ident = self.file.ident(label);
        if let Some(old) = self.labels.get(&ident.name) {
            let at = self.entry.adjusted(old.pos);
            self.error(ident.pos, format!("label {} already defined at {at}", ident.name));
        } else {
            let label = Label { block, stmt, pos: ident.pos, used: false };
            self.labels.insert(ident.name, label);
            self.order.push(ident.name);
        }
        ident.name
    }

    /// Reports whether a label stands in `block` or around it.
    fn goto_target(&mut self, block: usize, name: Symbol) -> bool {
        let Some(l) = self.labels.get_mut(&name) else { return false };
        l.used = true;
        let mut b = Some(block);
        while let Some(i) = b {
            if l.block == i {
                return true;
            }
            b = self.blocks[i].parent;
        }
        false
    }

    fn enclosing(&mut self, block: usize, name: Symbol) -> Enclosing {
        let Some(l) = self.labels.get_mut(&name) else { return Enclosing::Undefined };
        l.used = true;
        let mut b = Some(block);
        while let Some(i) = b {
            if self.blocks[i].labeled == Some(l.stmt) {
                return Enclosing::Labeled(l.stmt);
            }
            b = self.blocks[i].parent;
        }
        Enclosing::Invalid
    }

    /// Goes over a block; gives the gotos that found no label yet.
    fn block(
        &mut self,
        parent: Option<usize>,
        ctxt: Targets,
        labeled: Option<StmtId>,
        start: Pos,
        body: &[StmtId],
    ) -> Vec<Goto> {
        stacker::maybe_grow(64 << 10, 1 << 20, || {
            self.block_body(parent, ctxt, labeled, start, body)
        })
    }

    fn block_body(
        &mut self,
        parent: Option<usize>,
        ctxt: Targets,
        labeled: Option<StmtId>,
        start: Pos,
        body: &[StmtId],
    ) -> Vec<Goto> {
        let file = self.file;
        let b = self.blocks.len();
        self.blocks.push(Scope { parent, start, labeled });
        let mut forward: Vec<Goto> = Vec::new();
        // The last variable declared, and the gotos that would jump over it.
        let mut var: Option<(Pos, String)> = None;
        let mut over: Vec<Goto> = Vec::new();

        let last = body.iter().rposition(|&s| !matches!(file.stmt(s), StmtKind::Empty));
        let list = &body[..last.map_or(0, |i| i + 1)];
        for (index, &first) in list.iter().enumerate() {
            let mut id = first;
            let mut labeled = None;
            while let StmtKind::Labeled { label, stmt } = *file.stmt(id) {
                if !file.name(label).is_blank() {
                    let name = self.declare(b, id, label);
                    forward.retain(|goto| {
                        let ident = file.ident(goto.label);
                        if ident.name != name {
                            return true;
                        }
                        if let Some(l) = self.labels.get_mut(&name) {
                            l.used = true;
                        }
                        if let Some((pos, what)) = var.as_ref().filter(|_| over.contains(goto)) {
                            let at = self.entry.adjusted(*pos);
                            self.errors.push(SyntaxError {
                                pos: ident.pos,
                                msg: format!(
                                    "goto {name} jumps over declaration of {what} at {at}"
                                ),
                            });
                        }
                        false
                    });
                    labeled = Some(id);
                }
                id = stmt;
            }
            let inner = Targets { case: None, ..ctxt };
            match file.stmt(id) {
                StmtKind::Decl(decls) => {
                    let first = decls.iter().find_map(|&d| match &file.decl(d).kind {
                        DeclKind::Var(v) => Some((file.decl(d).pos, v.names[0])),
                        _ => None,
                    });
                    if let Some((pos, name)) = first {
                        var = Some((pos, file.name(name).as_str().into()));
                        over.clone_from(&forward);
                    }
                }
                StmtKind::Define { lhs, .. } => {
                    var = Some((file.stmts[id].pos, exprs_string(file, lhs)));
                    over.clone_from(&forward);
                }
                StmtKind::Branch { kind, label: None } => {
                    self.branch(id, *kind, ctxt, index + 1 == list.len());
                }
                StmtKind::Branch { kind: BranchKind::Goto, label: Some(label) }
                    if self.goto_target(b, file.name(*label)) => {}
                StmtKind::Branch { kind: BranchKind::Goto, label: Some(label) } => {
                    forward.push(Goto { stmt: id, label: *label });
                }
                StmtKind::Branch { kind, label: Some(label) } => {
                    self.labeled_branch(b, *kind, *label);
                }
                StmtKind::Block(block) => {
                    forward.extend(self.block(Some(b), inner, labeled, block.pos, &block.stmts));
                }
                StmtKind::If { then, els, .. } => {
                    forward.extend(self.block(Some(b), inner, labeled, then.pos, &then.stmts));
                    if let Some(els) = els {
                        let pos = file.stmts[*els].pos;
                        forward.extend(self.block(Some(b), inner, labeled, pos, &[*els]));
                    }
                }
                StmtKind::For { body, .. } | StmtKind::Range { body, .. } => {
                    let inner = Targets { breaks: Some(id), continues: Some(id), case: None };
                    forward.extend(self.block(Some(b), inner, labeled, body.pos, &body.stmts));
                }
                StmtKind::Switch { cases, .. } | StmtKind::TypeSwitch { cases, .. } => {
                    for (i, &c) in cases.iter().enumerate() {
                        let inner = Targets { breaks: Some(id), case: Some(i), ..ctxt };
                        let c = &file.cases[c];
                        forward.extend(self.block(Some(b), inner, labeled, c.pos, &c.body));
                    }
                }
                StmtKind::Select { clauses, .. } => {
                    let inner = Targets { breaks: Some(id), ..inner };
                    for c in clauses {
                        forward.extend(self.block(Some(b), inner, labeled, c.pos, &c.body));
                    }
                }
                _ => {}
            }
        }
        forward
    }

    fn branch(&mut self, id: StmtId, kind: BranchKind, ctxt: Targets, is_last: bool) {
        let pos = self.file.stmts[id].pos;
        match kind {
            BranchKind::Break if ctxt.breaks.is_none() => {
                self.error(pos, "break is not in a loop, switch, or select");
            }
            BranchKind::Continue if ctxt.continues.is_none() => {
                self.error(pos, "continue is not in a loop");
            }
            BranchKind::Fallthrough => {
                let msg = match ctxt.breaks.map(|s| self.file.stmt(s)) {
                    Some(StmtKind::TypeSwitch { .. }) => "cannot fallthrough in type switch",
                    Some(StmtKind::Switch { cases, .. }) => match ctxt.case {
                        Some(_) if !is_last => "fallthrough statement out of place",
                        None => "fallthrough statement out of place",
                        Some(i) if i + 1 == cases.len() => {
                            "cannot fallthrough final case in switch"
                        }
                        Some(_) => return,
                    },
                    _ => "fallthrough statement out of place",
                };
                self.error(pos, msg);
            }
            _ => {}
        }
    }

    fn labeled_branch(&mut self, block: usize, kind: BranchKind, label: IdentId) {
        let ident = self.file.ident(label);
        let word = if kind == BranchKind::Break { "break" } else { "continue" };
        let target = match self.enclosing(block, ident.name) {
            Enclosing::Undefined => {
                let msg = format!("{word} label not defined: {}", ident.name);
                return self.error(ident.pos, msg);
            }
            Enclosing::Invalid => None,
            Enclosing::Labeled(s) => match *self.file.stmt(s) {
                StmtKind::Labeled { stmt, .. } => Some(self.file.stmt(stmt)),
                _ => None,
            },
        };
        let ok = match target {
            Some(StmtKind::For { .. } | StmtKind::Range { .. }) => true,
            Some(
                StmtKind::Switch { .. } | StmtKind::TypeSwitch { .. } | StmtKind::Select { .. },
            ) => kind == BranchKind::Break,
            _ => false,
        };
        if !ok {
            self.error(ident.pos, format!("invalid {word} label {}", ident.name));
        }
    }
}
