//! Walking a syntax tree: every node once, parents before children, in the order of the source.

use crate::ast::{
    Block, CaseId, DeclId, DeclKind, ExprId, ExprKind, Field, File, IdentId, StmtId, StmtKind,
};

/// What to do at nodes. A method that gives `false` leaves out what is below the node.
pub trait Visitor {
    fn expr(&mut self, _file: &File, _id: ExprId) -> bool {
        true
    }
    fn stmt(&mut self, _file: &File, _id: StmtId) -> bool {
        true
    }
    fn decl(&mut self, _file: &File, _id: DeclId) -> bool {
        true
    }
    /// Every identifier: names in expressions, selectors, and declared names.
    fn ident(&mut self, _file: &File, _id: IdentId) {}
    /// After the children of an expression.
    fn leave_expr(&mut self, _file: &File, _id: ExprId) {}
    /// After the children of a statement.
    fn leave_stmt(&mut self, _file: &File, _id: StmtId) {}
}

/// Walks all declarations of a file.
pub fn file(v: &mut impl Visitor, f: &File) {
    for &d in &f.decls {
        decl(v, f, d);
    }
}

pub fn decl(v: &mut impl Visitor, f: &File, id: DeclId) {
    if !v.decl(f, id) {
        return;
    }
    match &f.decl(id).kind {
        DeclKind::Import(d) => {
            d.name.into_iter().for_each(|n| v.ident(f, n));
            exprs(v, f, d.lit.as_slice());
        }
        DeclKind::Const(d) => {
            d.names.iter().for_each(|&n| v.ident(f, n));
            exprs(v, f, d.ty.as_slice());
            exprs(v, f, &d.values);
        }
        DeclKind::Var(d) => {
            d.names.iter().for_each(|&n| v.ident(f, n));
            exprs(v, f, d.ty.as_slice());
            exprs(v, f, &d.values);
        }
        DeclKind::Type(d) => {
            v.ident(f, d.name);
            fields(v, f, &d.tparams);
            expr(v, f, d.ty);
        }
        DeclKind::Func(d) => {
            fields(v, f, d.recv.as_slice());
            v.ident(f, d.name);
            fields(v, f, &d.tparams);
            expr(v, f, d.ty);
            if let Some(b) = &d.body {
                block(v, f, b);
            }
        }
    }
}

/// Fields that share a type: the type is walked once, after the last of the names.
pub fn fields(v: &mut impl Visitor, f: &File, list: &[Field]) {
    for (i, field) in list.iter().enumerate() {
        field.name.into_iter().for_each(|n| v.ident(f, n));
        if list.get(i + 1).is_none_or(|next| next.ty != field.ty) {
            expr(v, f, field.ty);
            exprs(v, f, field.tag.as_slice());
        }
    }
}

pub fn block(v: &mut impl Visitor, f: &File, b: &Block) {
    stmts(v, f, &b.stmts);
}

fn exprs(v: &mut impl Visitor, f: &File, list: &[ExprId]) {
    for &x in list {
        expr(v, f, x);
    }
}

fn stmts(v: &mut impl Visitor, f: &File, list: &[StmtId]) {
    for &s in list {
        stmt(v, f, s);
    }
}

pub fn expr(v: &mut impl Visitor, f: &File, id: ExprId) {
    if !v.expr(f, id) {
        return;
    }
    match f.expr(id) {
        ExprKind::Bad | ExprKind::BasicLit { .. } => {}
        ExprKind::Name(n) => v.ident(f, *n),
        ExprKind::CompositeLit { ty, elems, .. } => {
            exprs(v, f, ty.as_slice());
            exprs(v, f, elems);
        }
        ExprKind::KeyValue { key: x, value: y }
        | ExprKind::Assert { x, ty: y }
        | ExprKind::Binary { x, y, .. }
        | ExprKind::MapType { key: x, value: y } => exprs(v, f, &[*x, *y]),
        ExprKind::FuncLit { ty, body } => {
            expr(v, f, *ty);
            block(v, f, body);
        }
        ExprKind::Paren(x)
        | ExprKind::Star(x)
        | ExprKind::Unary { x, .. }
        | ExprKind::SliceType(x)
        | ExprKind::DotsType(x)
        | ExprKind::ChanType { elem: x, .. } => expr(v, f, *x),
        ExprKind::Selector { x, sel } => {
            expr(v, f, *x);
            v.ident(f, *sel);
        }
        ExprKind::Index { x, indices } => {
            expr(v, f, *x);
            exprs(v, f, indices);
        }
        ExprKind::Slice { x, index, .. } => {
            expr(v, f, *x);
            for i in index {
                exprs(v, f, i.as_slice());
            }
        }
        ExprKind::TypeSwitchGuard { lhs, x } => {
            lhs.iter().for_each(|&n| v.ident(f, n));
            expr(v, f, *x);
        }
        ExprKind::Call { fun, args, .. } => {
            expr(v, f, *fun);
            exprs(v, f, args);
        }
        ExprKind::ArrayType { len, elem } => {
            exprs(v, f, len.as_slice());
            expr(v, f, *elem);
        }
        ExprKind::StructType { fields: list } | ExprKind::InterfaceType { methods: list } => {
            fields(v, f, list);
        }
        ExprKind::FuncType { params, results } => {
            fields(v, f, params);
            fields(v, f, results);
        }
    }
    v.leave_expr(f, id);
}

pub fn stmt(v: &mut impl Visitor, f: &File, id: StmtId) {
    if !v.stmt(f, id) {
        return;
    }
    match f.stmt(id) {
        StmtKind::Empty => {}
        StmtKind::Labeled { label, stmt: s } => {
            v.ident(f, *label);
            stmt(v, f, *s);
        }
        StmtKind::Block(b) => block(v, f, b),
        StmtKind::Expr(x) | StmtKind::IncDec { x, .. } | StmtKind::Go(x) | StmtKind::Defer(x) => {
            expr(v, f, *x);
        }
        StmtKind::Send { chan, value } => exprs(v, f, &[*chan, *value]),
        StmtKind::Decl(list) => list.iter().for_each(|&d| decl(v, f, d)),
        StmtKind::Assign { lhs, rhs, .. } | StmtKind::Define { lhs, rhs } => {
            exprs(v, f, lhs);
            exprs(v, f, rhs);
        }
        StmtKind::Branch { label, .. } => label.iter().for_each(|&n| v.ident(f, n)),
        StmtKind::Return(list) => exprs(v, f, list),
        StmtKind::If { init, cond, then, els } => {
            stmts(v, f, init.as_slice());
            expr(v, f, *cond);
            block(v, f, then);
            stmts(v, f, els.as_slice());
        }
        StmtKind::For { init, cond, post, body } => {
            stmts(v, f, init.as_slice());
            exprs(v, f, cond.as_slice());
            stmts(v, f, post.as_slice());
            block(v, f, body);
        }
        StmtKind::Range { lhs, x, body, .. } => {
            exprs(v, f, lhs);
            expr(v, f, *x);
            block(v, f, body);
        }
        StmtKind::Switch { init, tag, cases: list, .. } => {
            stmts(v, f, init.as_slice());
            exprs(v, f, tag.as_slice());
            cases(v, f, list);
        }
        StmtKind::TypeSwitch { init, guard, cases: list, .. } => {
            stmts(v, f, init.as_slice());
            expr(v, f, *guard);
            cases(v, f, list);
        }
        StmtKind::Select { clauses, .. } => {
            for c in clauses {
                stmts(v, f, c.comm.as_slice());
                stmts(v, f, &c.body);
            }
        }
    }
    v.leave_stmt(f, id);
}

fn cases(v: &mut impl Visitor, f: &File, list: &[CaseId]) {
    for &c in list {
        let c = &f.cases[c];
        exprs(v, f, &c.exprs);
        stmts(v, f, &c.body);
    }
}
