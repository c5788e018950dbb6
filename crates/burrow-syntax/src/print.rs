//! Expressions as text, the way messages show them. gc: `syntax.String` (its short form).

use std::fmt::Write as _;

use crate::ast::{BinaryOp, ChanDir, ExprId, ExprKind, Field, File, StmtId, StmtKind};

/// The text of an expression on one line; bodies and contents of literals are `…`.
pub fn expr_string(file: &File, id: ExprId) -> String {
    let mut p = Printer { file, out: String::new() };
    p.expr(id);
    p.out
}

/// The text of a list of expressions, separated by commas.
pub fn exprs_string(file: &File, list: &[ExprId]) -> String {
    let mut p = Printer { file, out: String::new() };
    p.exprs(list);
    p.out
}

/// The text of a simple statement.
pub fn simple_stmt_string(file: &File, id: StmtId) -> String {
    let mut p = Printer { file, out: String::new() };
    match file.stmt(id) {
        StmtKind::Expr(x) => p.expr(*x),
        StmtKind::Send { chan, value } => {
            p.expr(*chan);
            p.out.push_str(" <- ");
            p.expr(*value);
        }
        StmtKind::IncDec { x, inc } => {
            p.expr(*x);
            p.out.push_str(if *inc { "++" } else { "--" });
        }
        StmtKind::Assign { op, lhs, rhs } => {
            p.exprs(lhs);
            let _ = write!(p.out, " {}= ", op.map_or("", BinaryOp::as_str));
            p.exprs(rhs);
        }
        StmtKind::Define { lhs, rhs } => {
            p.exprs(lhs);
            p.out.push_str(" := ");
            p.exprs(rhs);
        }
        _ => {}
    }
    p.out
}

struct Printer<'a> {
    file: &'a File,
    out: String,
}

impl Printer<'_> {
    fn name(&mut self, id: crate::IdentId) {
        self.out.push_str(self.file.name(id).as_str());
    }

    fn exprs(&mut self, list: &[ExprId]) {
        for (i, &x) in list.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.expr(x);
        }
    }

    fn put(&mut self, s: &str) {
        self.out.push_str(s);
    }

    fn expr(&mut self, id: ExprId) {
        stacker::maybe_grow(64 << 10, 1 << 20, || self.expr_kind(id));
    }

    fn expr_kind(&mut self, id: ExprId) {
        let file = self.file;
        match file.expr(id) {
            ExprKind::Bad => self.put("<bad expr>"),
            ExprKind::Name(n) => self.name(*n),
            ExprKind::BasicLit { text, .. } => self.put(text.as_str()),
            ExprKind::FuncLit { ty, body } => {
                self.expr(*ty);
                self.put(if body.stmts.is_empty() { " {}" } else { " {…}" });
            }
            ExprKind::CompositeLit { ty, elems, .. } => {
                if let Some(ty) = ty {
                    self.expr(*ty);
                }
                self.put(if elems.is_empty() { "{}" } else { "{…}" });
            }
            ExprKind::KeyValue { key, value } => {
                self.expr(*key);
                self.put(": ");
                self.expr(*value);
            }
            ExprKind::Paren(x) => {
                self.put("(");
                self.expr(*x);
                self.put(")");
            }
            ExprKind::Selector { x, sel } => {
                self.expr(*x);
                self.put(".");
                self.name(*sel);
            }
            ExprKind::Index { x, indices } => {
                self.expr(*x);
                self.put("[");
                self.exprs(indices);
                self.put("]");
            }
            ExprKind::Slice { x, index, .. } => {
                self.expr(*x);
                self.put("[");
                index[0].into_iter().for_each(|i| self.expr(i));
                self.put(":");
                index[1].into_iter().for_each(|i| self.expr(i));
                if let Some(i) = index[2] {
                    self.put(":");
                    self.expr(i);
                }
                self.put("]");
            }
            ExprKind::Assert { x, ty } => {
                self.expr(*x);
                self.put(".(");
                self.expr(*ty);
                self.put(")");
            }
            ExprKind::TypeSwitchGuard { lhs, x } => {
                if let Some(n) = lhs {
                    self.name(*n);
                    self.put(" := ");
                }
                self.expr(*x);
                self.put(".(type)");
            }
            ExprKind::Call { fun, args, has_dots, .. } => {
                self.expr(*fun);
                self.put("(");
                self.exprs(args);
                self.put(if *has_dots { "...)" } else { ")" });
            }
            ExprKind::Star(x) => {
                self.put("*");
                self.expr(*x);
            }
            ExprKind::Unary { op, x } => {
                self.put(op.as_str());
                self.expr(*x);
            }
            ExprKind::Binary { op, x, y } => {
                self.expr(*x);
                let _ = write!(self.out, " {op} ");
                self.expr(*y);
            }
            ExprKind::ArrayType { len, elem } => {
                self.put("[");
                match len {
                    Some(len) => self.expr(*len),
                    None => self.put("..."),
                }
                self.put("]");
                self.expr(*elem);
            }
            ExprKind::SliceType(elem) => {
                self.put("[]");
                self.expr(*elem);
            }
            ExprKind::DotsType(elem) => {
                self.put("...");
                self.expr(*elem);
            }
            ExprKind::StructType { fields } => {
                self.put("struct{");
                self.struct_fields(fields);
                self.put("}");
            }
            ExprKind::FuncType { params, results } => {
                self.put("func");
                self.signature(params, results);
            }
            ExprKind::InterfaceType { methods } => {
                self.put("interface{");
                for (i, m) in methods.iter().enumerate() {
                    if i > 0 {
                        self.put("; ");
                    }
                    match (m.name, file.expr(m.ty)) {
                        (Some(n), ExprKind::FuncType { params, results }) => {
                            self.name(n);
                            self.signature(params, results);
                        }
                        _ => self.expr(m.ty),
                    }
                }
                self.put("}");
            }
            ExprKind::MapType { key, value } => {
                self.put("map[");
                self.expr(*key);
                self.put("]");
                self.expr(*value);
            }
            ExprKind::ChanType { dir, elem } => {
                self.put(match dir {
                    ChanDir::Both => "chan ",
                    ChanDir::SendOnly => "chan<- ",
                    ChanDir::RecvOnly => "<-chan ",
                });
                let receives =
                    matches!(file.expr(*elem), ExprKind::ChanType { dir: ChanDir::RecvOnly, .. });
                if *dir == ChanDir::Both && receives {
                    self.put("(");
                    self.expr(*elem);
                    self.put(")");
                } else {
                    self.expr(*elem);
                }
            }
        }
    }

    /// Names that share a type are one group.
    fn struct_fields(&mut self, fields: &[Field]) {
        for (i, f) in fields.iter().enumerate() {
            let continues = |a: &Field, b: &Field| b.name.is_some() && a.ty == b.ty;
            if i > 0 {
                self.put(if continues(&fields[i - 1], f) { ", " } else { "; " });
            }
            if let Some(n) = f.name {
                self.name(n);
                if fields.get(i + 1).is_some_and(|next| continues(f, next)) {
                    continue;
                }
                self.put(" ");
            }
            self.expr(f.ty);
            if let Some(tag) = f.tag {
                self.put(" ");
                self.expr(tag);
            }
        }
    }

    fn signature(&mut self, params: &[Field], results: &[Field]) {
        self.params(params);
        match results {
            [] => {}
            [one] if one.name.is_none() => {
                self.put(" ");
                self.expr(one.ty);
            }
            _ => {
                self.put(" ");
                self.params(results);
            }
        }
    }

    fn params(&mut self, list: &[Field]) {
        self.put("(");
        for (i, f) in list.iter().enumerate() {
            if i > 0 {
                self.put(", ");
            }
            if let Some(n) = f.name {
                self.name(n);
                if list.get(i + 1).is_some_and(|next| next.name.is_some() && next.ty == f.ty) {
                    continue;
                }
                self.put(" ");
            }
            self.expr(f.ty);
        }
        self.put(")");
    }
}
