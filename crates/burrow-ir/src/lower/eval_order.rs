//! Order of evaluation.
//!
//! Within a statement gc has two classes of operands: *early* ones (calls, receives, conversions to slices, slicing, map
//! literals, `&&` and `||`), evaluated left to right into temporaries, and *late* ones (variables, fields, dereferences,
//! indexing, arithmetic, other literals and their addresses, method values), evaluated after the last early one. Values
//! that have no address, and are given to the runtime by address, as structs that become interfaces are, become early. The
//! difference shows when a call changes a variable that stands to its left. gc: `walk/order.go`.

use burrow_syntax::{BinaryOp, ExprId, ExprKind, UnaryOp};
use burrow_types::{BuiltinId, Mode, TypeId, TypeKind, VarKind};

use super::func::FnCx;
use super::value::Borrowed;

/// What an operand is used as.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Itself,
    /// Converted to a type, as an assignment does it.
    Converted(TypeId),
    /// The key of a map of this type.
    Key(TypeId),
}

impl<'p, 'a> FnCx<'p, 'a> {
    pub(super) fn has_call(&self, e: ExprId) -> bool {
        self.cx.facts.has_call.contains(&e)
    }

    /// Evaluates operands of one statement in gc's order.
    pub(super) fn operands(&mut self, list: &[ExprId]) -> Vec<Borrowed> {
        self.hoist_list(list);
        list.iter().map(|&e| self.expr(e)).collect()
    }

    /// Evaluates the early parts of all operands up to the last one that has any.
    pub(super) fn hoist_list(&mut self, list: &[ExprId]) {
        let list: Vec<_> = list.iter().map(|&e| (e, Use::Itself)).collect();
        self.hoist_list_to(&list);
    }

    /// The same for operands that are converted, or keys.
    pub(super) fn hoist_list_to(&mut self, list: &[(ExprId, Use)]) {
        let Some(last) = list.iter().rposition(|&(e, _)| self.has_call(e)) else { return };
        if last == 0 && list.len() == 1 {
            return;
        }
        for &(e, used) in &list[..=last] {
            self.hoist(e);
            match used {
                Use::Converted(t) if self.p.is_interface(t) => self.hoist_boxed(e),
                Use::Key(map) => self.hoist_key(map, e),
                _ => {}
            }
        }
    }

    /// Function and arguments of a call.
    pub(super) fn hoist_args(
        &mut self,
        fun: ExprId,
        args: &[ExprId],
        params: &[TypeId],
        variadic: bool,
    ) {
        let mut list = vec![(fun, Use::Itself)];
        for (i, &e) in args.iter().enumerate() {
            let to = match params.len() {
                n if variadic && i + 1 >= n => match self.kind(params[n - 1]) {
                    TypeKind::Slice(elem) => Some(*elem),
                    _ => None,
                },
                _ => params.get(i).copied(),
            };
            list.push((e, to.map_or(Use::Itself, Use::Converted)));
        }
        self.hoist_list_to(&list);
    }

    /// Evaluates an operand now; later it is used as it is now.
    fn hoist_value(&mut self, e: ExprId) {
        if self.hoisted.contains_key(&e) || self.info.const_value(e).is_some() {
            return;
        }
        let t = self.value_type(e);
        let v = self.expr(e);
        let v = self.own(t, v);
        self.hoisted.insert(e, v);
    }

    /// What becomes an interface by way of its address is evaluated in its turn. gc: `OCONVIFACE` in walk/order.go.
    fn hoist_boxed(&mut self, e: ExprId) {
        let t = self.value_type(e);
        if self.info.mode(e) != Mode::NilValue
            && !self.p.is_interface(t)
            && self.is_boxed_by_address(t)
        {
            self.hoist_addressed(e);
        }
    }

    /// What has to have an address, and has none, gets one in its turn, and so do small variables that have no address yet.
    /// gc: `addrTemp` in walk/order.go.
    fn hoist_addressed(&mut self, e: ExprId) {
        let e = self.file.unparen(e);
        if matches!(self.p.u.kind(self.info.type_of(e)), TypeKind::Tuple(_)) {
            return;
        }
        if matches!(self.info.mode(e), Mode::Value | Mode::MapIndex | Mode::CommaOk)
            || self.info.mode(e) == Mode::Variable && self.is_in_registers(e)
        {
            self.hoist_value(e);
        }
    }

    /// Whether a part of memory is one of a local variable that gc keeps in registers. gc: `ssa.CanSSA`.
    fn is_in_registers(&mut self, e: ExprId) -> bool {
        const REGISTERS: u64 = 32;
        match self.file.expr(e) {
            ExprKind::Paren(x) => self.is_in_registers(*x),
            ExprKind::Selector { x, .. } => match self.info.selection(e) {
                Some(s) if s.indirect => false,
                Some(_) => {
                    let t = self.value_type(*x);
                    !matches!(self.kind(t), TypeKind::Pointer(_)) && self.is_in_registers(*x)
                }
                None => false,
            },
            ExprKind::Name(id) => {
                let Some(obj) = self.info.object(*id) else { return false };
                let t = self.obj_ty(obj);
                self.p.u.obj(obj).var_kind() == Some(VarKind::Local)
                    && !self.cx.facts.address_taken.contains(&obj)
                    && self.size(t) <= REGISTERS
                    && self.layout(t).is_flat()
            }
            _ => false,
        }
    }

    /// Whether the runtime is given the address of a value that becomes an interface. gc: `dataWordFuncName`.
    fn is_boxed_by_address(&self, t: TypeId) -> bool {
        let l = self.layout(t);
        let number = matches!(l.size, 2 | 4 | 8) && l.align == l.size && !l.has_pointers();
        let mut sole = t;
        loop {
            match self.kind(sole) {
                TypeKind::Struct(s) if s.fields.len() == 1 => sole = self.p.obj_type(s.fields[0]),
                TypeKind::Array { elem, len: 1 } => sole = *elem,
                TypeKind::Basic(k, _) if k.is_string() => return false,
                TypeKind::Slice(_) => return false,
                _ => return !number,
            }
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
                let types: Vec<TypeId> = vars.iter().map(|&v| self.obj_ty(v)).collect();
                let vals = self.multi_owned(inner, &types);
                self.hoisted_multi.insert(inner, vals);
                return;
            }
            return self.hoist_value(e);
        }
        let file = self.file;
        match file.expr(e) {
            ExprKind::Paren(x)
            | ExprKind::Star(x)
            | ExprKind::Selector { x, .. }
            | ExprKind::Unary { x, .. }
            | ExprKind::Assert { x, .. } => self.hoist(*x),
            ExprKind::Binary { op, x, y } => {
                self.hoist(*x);
                self.hoist(*y);
                if op.is_comparison() {
                    self.hoist_compared(*x, *y);
                }
            }
            ExprKind::Index { x, indices } if !self.is_instantiation(*x) => {
                self.hoist(*x);
                self.hoist(indices[0]);
                let t = self.value_type(*x);
                if matches!(self.kind(t), TypeKind::Map { .. }) {
                    self.hoist_key(t, indices[0]);
                }
            }
            ExprKind::Call { fun, args, .. } => {
                for &a in args {
                    self.hoist(a);
                }
                if self.info.mode(*fun) == Mode::TypeExpr {
                    let t = self.ty(e);
                    if self.p.is_interface(t) {
                        self.hoist_boxed(args[0]);
                    }
                }
            }
            ExprKind::CompositeLit { .. } => {
                for (value, t) in self.elements(e) {
                    self.hoist(value);
                    if self.p.is_interface(t) {
                        self.hoist_boxed(value);
                    }
                }
            }
            _ => {}
        }
    }

    /// Operands of a comparison that is made in memory, or with an interface.
    fn hoist_compared(&mut self, x: ExprId, y: ExprId) {
        let (xt, yt) = (self.value_type(x), self.value_type(y));
        match (self.p.is_interface(xt), self.p.is_interface(yt)) {
            (true, false) => return self.hoist_boxed(y),
            (false, true) => return self.hoist_boxed(x),
            _ => {}
        }
        if matches!(self.kind(xt), TypeKind::Struct(_) | TypeKind::Array { .. }) {
            // One is converted to the other's type, and has no address then.
            match self.p.identical(xt, yt) {
                true => self.hoist_addressed(x),
                false => self.hoist_value(x),
            }
            self.hoist_addressed(y);
        }
    }

    /// The key of a map whose functions take its address.
    fn hoist_key(&mut self, map: TypeId, key: ExprId) {
        let TypeKind::Map { key: kt, .. } = self.kind(map) else { return };
        let t = self.value_type(key);
        if self.p.is_interface(*kt) && !self.p.is_interface(t) {
            self.hoist_value(key);
        } else if self.takes_key_by_address(map) {
            self.hoist_addressed(key);
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
                                | BuiltinId::UnsafeSlice
                                | BuiltinId::UnsafeSliceData
                                | BuiltinId::UnsafeString
                                | BuiltinId::UnsafeStringData
                        )
                    )
                }
                _ => true,
            },
            ExprKind::Unary { op: UnaryOp::Recv, .. } | ExprKind::Slice { .. } => true,
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
                matches!(self.kind(t), TypeKind::Map { .. })
            }
            ExprKind::Assert { .. } => {
                let t = self.value_type(e);
                !self.layout(t).is_direct_iface()
            }
            _ => false,
        }
    }
}
