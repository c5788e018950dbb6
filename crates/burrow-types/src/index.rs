//! Index and slice expressions.

use crate::check::Checker;
use crate::errors::Code;
use crate::info::Mode;
use crate::operand::{Operand, OperandExpr};
use crate::types::{BasicKind, TypeId, TypeKind};
use burrow_syntax::{ExprId, Pos};

impl<'a> Checker<'a> {
    /// `x[i]`. Gives true if it is the instantiation of a generic function, which is left to do.
    pub(crate) fn index_expr(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        operand: ExprId,
        indices: &'a [ExprId],
    ) -> bool {
        let u = self.u;
        self.expr_or_type(x, operand, true);
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(indices);
                return false;
            }
            Mode::TypeExpr => {
                x.invalidate();
                x.ty = self.var_type(e);
                if x.ty.is_valid() {
                    x.mode = Mode::TypeExpr;
                }
                return false;
            }
            Mode::Value if u.under_signature(x.ty).is_some_and(|s| !s.tparams.is_empty()) => {
                return true;
            }
            _ => {}
        }
        self.non_generic(None, x);
        if !x.is_valid() {
            return false;
        }
        if !self.is_complete(x.ty) {
            x.invalidate();
            return false;
        }
        let inner = match u.under_kind(x.ty) {
            TypeKind::Pointer(b) => Some(*b),
            TypeKind::Map { elem, .. } => Some(*elem),
            _ => None,
        };
        if inner.is_some_and(|t| !self.is_complete(t)) {
            x.invalidate();
            return false;
        }
        let mut valid = false;
        let mut length = -1;
        match u.under_kind(x.ty) {
            TypeKind::Basic(k, _) if k.is_string() => {
                valid = true;
                if x.is_const() {
                    length = x.val.str_len() as i64;
                }
                x.mode = Mode::Value;
                x.ty = TypeId::BYTE;
            }
            TypeKind::Array { elem, len } => {
                valid = true;
                length = *len;
                if x.mode != Mode::Variable {
                    x.mode = Mode::Value;
                }
                x.ty = *elem;
            }
            TypeKind::Pointer(b) => {
                if let TypeKind::Array { elem, len } = u.under_kind(*b) {
                    valid = true;
                    length = *len;
                    x.mode = Mode::Variable;
                    x.ty = *elem;
                }
            }
            TypeKind::Slice(elem) => {
                valid = true;
                x.mode = Mode::Variable;
                x.ty = *elem;
            }
            TypeKind::Map { key, elem } => {
                self.map_index(x, e, indices, *key, *elem);
                return false;
            }
            TypeKind::Interface(_) if u.is_type_param(x.ty) => {
                if let Some((key, elem, len, mode)) = self.index_type_param(x) {
                    if let Some(key) = key {
                        self.map_index(x, e, indices, key, elem);
                        return false;
                    }
                    valid = true;
                    length = len;
                    x.mode = mode;
                    x.ty = elem;
                }
            }
            _ => {}
        }
        if !valid {
            let msg = format!("cannot index {}", self.xstr(x));
            self.error(self.file().exprs[e].pos, Code::NonSliceableOperand, msg);
            self.use_exprs(indices);
            x.invalidate();
            return false;
        }
        let index = self.single_index(indices);
        self.index(index, length);
        false
    }

    fn map_index(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        indices: &[ExprId],
        key: TypeId,
        elem: TypeId,
    ) {
        let index = self.single_index(indices);
        let mut k = Operand::new();
        self.generic_expr(&mut k, index, None);
        self.assignment(&mut k, Some(key), "map index");
        x.mode = Mode::MapIndex;
        x.ty = elem;
        x.expr = OperandExpr::Expr(e);
    }

    /// Key (of maps), element type, least length and mode of indexing all types of a type parameter.
    fn index_type_param(&self, x: &Operand) -> Option<(Option<TypeId>, TypeId, i64, Mode)> {
        let u = self.u;
        let mut mode = Mode::Variable;
        let mut common: Option<(Option<TypeId>, TypeId)> = None;
        let mut length = -1;
        for (_, under) in u.specific_types(x.ty)? {
            let mut len = -1;
            let mut key = None;
            let elem = match u.kind(under) {
                TypeKind::Basic(k, _) if k.is_string() => {
                    mode = Mode::Value;
                    TypeId::BYTE
                }
                TypeKind::Array { elem, len: n } => {
                    len = *n;
                    if x.mode != Mode::Variable {
                        mode = Mode::Value;
                    }
                    *elem
                }
                TypeKind::Pointer(b) => match u.under_kind(*b) {
                    TypeKind::Array { elem, len: n } => {
                        len = *n;
                        *elem
                    }
                    _ => return None,
                },
                TypeKind::Slice(elem) => *elem,
                TypeKind::Map { key: k, elem } => {
                    key = Some(*k);
                    *elem
                }
                _ => return None,
            };
            match common {
                None => {
                    length = len;
                    common = Some((key, elem));
                }
                Some((k, el)) => {
                    let same_key = match (k, key) {
                        (None, None) => true,
                        (Some(a), Some(b)) => u.identical(a, b),
                        _ => false,
                    };
                    if !same_key || !u.identical(el, elem) {
                        return None;
                    }
                    if len >= 0 && (length < 0 || len < length) {
                        length = len;
                    }
                }
            }
        }
        common.map(|(k, e)| (k, e, length, mode))
    }

    pub(crate) fn slice_expr(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        operand: ExprId,
        index: &[Option<ExprId>; 3],
        full: bool,
    ) {
        let u = self.u;
        self.expr(None, x, operand);
        if !x.is_valid() {
            let list: Vec<ExprId> = index.iter().flatten().copied().collect();
            self.use_exprs(&list);
            return;
        }
        // The common underlying type; byte slices and strings have the string in common.
        let mut common: Option<(TypeId, TypeId)> = None;
        let mut has_string = false;
        for t in u.each_type(x.ty) {
            let Some((t, mut under)) = t else {
                let msg =
                    format!("cannot slice {}: no specific type in {}", self.xstr(x), self.ts(x.ty));
                self.error(self.xpos(x), Code::NonSliceableOperand, msg);
                x.invalidate();
                return;
            };
            if u.is_string(under) {
                under = u.new_slice(TypeId::BYTE);
                has_string = true;
            }
            match common {
                None => common = Some((t, under)),
                Some((ct, cu)) if !u.identical(cu, under) => {
                    let s = self.xstr(x);
                    let (a, b) = (self.ts(ct), self.ts(t));
                    let msg =
                        format!("cannot slice {s}: {a} and {b} have different underlying types");
                    self.error(self.xpos(x), Code::NonSliceableOperand, msg);
                    x.invalidate();
                    return;
                }
                Some(_) => {}
            }
        }
        let Some((_, mut cu)) = common else {
            x.invalidate();
            return;
        };
        if has_string {
            cu = if u.is_type_param(x.ty) { TypeId::STRING } else { u.under(x.ty) };
        }
        if let TypeKind::Pointer(b) = u.under_kind(x.ty)
            && !self.is_complete(*b)
        {
            x.invalidate();
            return;
        }
        let mut valid = false;
        let mut length = -1;
        match u.kind(cu) {
            TypeKind::Basic(k, _) if k.is_string() => {
                if full {
                    let at = index[2].map_or(self.epos(e), |i| self.epos(i));
                    self.error(
                        at,
                        Code::InvalidSliceExpr,
                        "invalid operation: 3-index slice of string",
                    );
                    x.invalidate();
                    return;
                }
                valid = true;
                if x.is_const() {
                    length = x.val.str_len() as i64;
                }
                if u.is_untyped(x.ty) {
                    x.ty = TypeId::STRING;
                }
            }
            TypeKind::Array { elem, len } => {
                valid = true;
                length = *len;
                if x.mode != Mode::Variable {
                    let msg = format!("cannot slice unaddressable value {}", self.xstr(x));
                    self.error(self.xpos(x), Code::NonSliceableOperand, msg);
                    x.invalidate();
                    return;
                }
                x.ty = u.new_slice(*elem);
            }
            TypeKind::Pointer(b) => {
                if let TypeKind::Array { elem, len } = u.under_kind(*b) {
                    valid = true;
                    length = *len;
                    x.ty = u.new_slice(*elem);
                }
            }
            TypeKind::Slice(_) => valid = true,
            _ => {}
        }
        if !valid {
            let msg = format!("cannot slice {}", self.xstr(x));
            self.error(self.xpos(x), Code::NonSliceableOperand, msg);
            x.invalidate();
            return;
        }
        x.mode = Mode::Value;
        let mut ind = [-1i64; 3];
        for (i, ex) in index.iter().enumerate() {
            ind[i] = match ex {
                Some(ex) => {
                    let max = if length >= 0 { length + 1 } else { -1 };
                    self.index(*ex, max).1
                }
                None if i == 0 => 0,
                None => length,
            };
        }
        for i in 0..2 {
            if ind[i] <= 0 {
                continue;
            }
            if let Some(j) = (i + 1..3).find(|&j| ind[j] >= 0 && ind[j] < ind[i]) {
                let pos = index[j].map_or(Pos::NONE, |ex| self.epos(ex));
                let msg = format!("invalid slice indices: {} < {}", ind[j], ind[i]);
                self.error(pos, Code::SwappedSliceIndices, msg);
                break;
            }
        }
    }

    fn single_index(&mut self, indices: &[ExprId]) -> ExprId {
        if let Some(&second) = indices.get(1) {
            self.error(
                self.epos(second),
                Code::InvalidIndex,
                "invalid operation: more than one index",
            );
        }
        indices[0]
    }

    /// Checks an index; gives its type and, if it is constant, its value, else -1. `max` is negative if unknown.
    pub(crate) fn index(&mut self, e: ExprId, max: i64) -> (TypeId, i64) {
        let mut x = Operand::new();
        self.expr(None, &mut x, e);
        if !self.is_valid_index(&mut x, Code::InvalidIndex, "index", false) {
            return (TypeId::INVALID, -1);
        }
        if !x.is_const() {
            return (x.ty, -1);
        }
        let Some(v) = x.val.to_i64() else { return (TypeId::INVALID, -1) };
        if max >= 0 && v >= max {
            let msg = format!("invalid argument: index {} out of bounds [0:{max}]", x.val);
            self.error(self.xpos(&x), Code::InvalidIndex, msg);
            return (TypeId::INVALID, -1);
        }
        (x.ty, v)
    }

    pub(crate) fn is_valid_index(
        &mut self,
        x: &mut Operand,
        code: Code,
        what: &str,
        allow_negative: bool,
    ) -> bool {
        if !x.is_valid() {
            return false;
        }
        self.convert_untyped(x, TypeId::INT);
        if !x.is_valid() {
            return false;
        }
        if !self.u.all_integer(x.ty) {
            let msg = format!("invalid argument: {what} {} must be integer", self.xstr(x));
            self.error(self.xpos(x), code, msg);
            return false;
        }
        if x.is_const() {
            if !allow_negative && x.val.sign() < 0 {
                let msg = format!("invalid argument: {what} {} must not be negative", self.xstr(x));
                self.error(self.xpos(x), code, msg);
                return false;
            }
            match crate::const_expr::represent(&x.val, BasicKind::Int) {
                Some(v) => x.val = v,
                None => {
                    let msg = format!("invalid argument: {what} {} overflows int", self.xstr(x));
                    self.error(self.xpos(x), code, msg);
                    return false;
                }
            }
        }
        true
    }
}
