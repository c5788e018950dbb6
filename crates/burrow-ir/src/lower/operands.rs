//! Order of evaluation.
//!
//! Within a statement gc has two classes of operands: *early* ones (calls, receives, conversions that allocate, slicing,
//! `&&` and `||`), evaluated left to right into temporaries, and *late* ones (variables, fields, dereferences, indexing,
//! arithmetic), evaluated after the last early one. The difference shows when a call changes a variable that stands to
//! its left. gc: `walk/order.go`.

use burrow_syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};
use burrow_types::{BuiltinId, Mode, TypeId, TypeKind};

use super::func::{FnCx, Val};

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn has_call(&self, e: ExprId) -> bool {
        self.cx.facts.has_call.contains(&e)
    }

    /// Evaluates operands of one statement in gc's order.
    pub(super) fn operands(&mut self, list: &[ExprId]) -> Vec<Val> {
        self.hoist_list(list);
        list.iter().map(|&e| self.expr(e)).collect()
    }

    /// Evaluates the early parts of all operands up to the last one that has any.
    pub(super) fn hoist_list(&mut self, list: &[ExprId]) {
        let Some(last) = list.iter().rposition(|&e| self.has_call(e)) else { return };
        if last == 0 && list.len() == 1 {
            return;
        }
        for &e in &list[..=last] {
            self.hoist(e);
        }
    }

    /// Arguments of a call: structs of some words that become interfaces are read in their turn, before later calls.
    /// gc: `addrTemp` in walk/order.go.
    pub(super) fn hoist_args(
        &mut self,
        fun: ExprId,
        args: &[ExprId],
        params: &[TypeId],
        variadic: bool,
    ) {
        let mut list = vec![fun];
        list.extend_from_slice(args);
        let Some(last) = list.iter().rposition(|&e| self.has_call(e)) else { return };
        if last == 0 && list.len() == 1 {
            return;
        }
        self.hoist(fun);
        for (i, &e) in args.iter().enumerate().take(last) {
            self.hoist(e);
            let param = match params.len() {
                n if variadic && i + 1 >= n => match self.kind(params[n - 1]) {
                    TypeKind::Slice(elem) => *elem,
                    _ => continue,
                },
                n if i < n => params[i],
                _ => continue,
            };
            if i + 1 < last && self.p.is_interface(param) && self.is_small_struct(e) {
                let t = self.value_type(e);
                let v = self.expr(e);
                let v = self.private_copy(t, v);
                self.hoisted.insert(e, v);
            }
        }
    }

    fn is_small_struct(&mut self, e: ExprId) -> bool {
        if self.info.mode(e) != Mode::Variable {
            return false;
        }
        let t = self.value_type(e);
        match self.kind(t) {
            TypeKind::Struct(s) => (2..=4).contains(&s.fields.len()) && self.size(t) <= 32,
            _ => false,
        }
    }

    /// Evaluates the early parts of `e` into temporaries.
    pub(super) fn hoist(&mut self, e: ExprId) {
        if self.hoisted.contains_key(&e) || self.info.const_value(e).is_some() {
            return;
        }
        match self.info.mode(e) {
            Mode::TypeExpr | Mode::Builtin | Mode::NilValue => return,
            _ => {}
        }
        if self.is_early(e) {
            let inner = self.file.unparen(e);
            let t = self.info.type_of(inner);
            if let (ExprKind::Call { .. }, TypeKind::Tuple(vars)) =
                (self.file.expr(inner), self.p.u.kind(t))
                && vars.len() != 1
            {
                let vals = self.multi(inner);
                self.hoisted_multi.insert(inner, vals);
                return;
            }
            let v = self.expr(e);
            self.hoisted.insert(e, v);
            return;
        }
        let file = self.file;
        match file.expr(e) {
            ExprKind::Paren(x)
            | ExprKind::Star(x)
            | ExprKind::Selector { x, .. }
            | ExprKind::Unary { x, .. }
            | ExprKind::Assert { x, .. } => self.hoist(*x),
            ExprKind::Binary { x, y, .. } => {
                self.hoist(*x);
                self.hoist(*y);
            }
            ExprKind::Index { x, indices } if !self.is_instantiation(*x) => {
                self.hoist(*x);
                self.hoist(indices[0]);
            }
            ExprKind::Call { args, .. } => {
                for &a in args {
                    self.hoist(a);
                }
            }
            ExprKind::CompositeLit { elems, .. } => {
                for &el in elems {
                    match file.expr(el) {
                        ExprKind::KeyValue { value, .. } => self.hoist(*value),
                        _ => self.hoist(el),
                    }
                }
            }
            _ => {}
        }
    }

    fn is_early(&mut self, e: ExprId) -> bool {
        let file = self.file;
        match file.expr(e) {
            ExprKind::Call { fun, .. } => match self.info.mode(*fun) {
                Mode::TypeExpr => {
                    // []byte(s), []rune(s)
                    let ExprKind::Call { args, .. } = file.expr(e) else { return false };
                    let (t, from) = (self.ty(e), self.value_type(args[0]));
                    matches!(self.kind(t), TypeKind::Slice(_))
                        && matches!(self.kind(from), TypeKind::Basic(..))
                }
                Mode::Builtin => {
                    let b = self.info.builtin(self.p.u, file, *fun);
                    !matches!(
                        b,
                        Some(
                            BuiltinId::UnsafeAdd
                                | BuiltinId::UnsafeAlignof
                                | BuiltinId::UnsafeOffsetof
                                | BuiltinId::UnsafeSizeof
                        )
                    )
                }
                _ => true,
            },
            ExprKind::Unary { op: UnaryOp::Recv, .. } | ExprKind::Slice { .. } => true,
            ExprKind::Unary { op: UnaryOp::Addr, x } => {
                matches!(file.expr(file.unparen(*x)), ExprKind::CompositeLit { .. })
            }
            ExprKind::Binary { op: BinaryOp::AndAnd | BinaryOp::OrOr, .. } => true,
            ExprKind::FuncLit { .. } => true,
            // m[string(b)] looks the bytes up in place.
            ExprKind::Index { x, indices } if !self.is_instantiation(*x) => {
                let t = self.value_type(*x);
                let key = file.unparen(indices[0]);
                matches!(self.kind(t), TypeKind::Map { .. })
                    && matches!(file.expr(key), ExprKind::Call { fun, args, .. }
                        if self.info.mode(*fun) == Mode::TypeExpr
                            && self.info.const_value(key).is_none()
                            && matches!(self.p.kind(self.info.type_of(args[0])), TypeKind::Slice(_)))
            }
            // Map literals store entry by entry.
            ExprKind::CompositeLit { .. } => {
                let t = self.ty(e);
                self.has_call(e)
                    && matches!(self.kind(t), TypeKind::Map { .. } | TypeKind::Slice(_))
            }
            ExprKind::Assert { .. } => {
                let t = self.value_type(e);
                !self.layout(t).is_direct_iface()
            }
            ExprKind::Selector { .. } => matches!(
                self.info.selection(e),
                Some(s) if s.kind != burrow_types::SelectionKind::FieldVal
            ),
            _ => false,
        }
    }
}
