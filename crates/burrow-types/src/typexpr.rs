//! Identifiers, and expressions that denote types.

use crate::check::Checker;
use crate::errors::Code;
use crate::info::Mode;
use crate::object::ObjKind;
use crate::operand::{Operand, OperandExpr};
use crate::types::{ChanDir, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{ExprId, ExprKind, IdentId, ast};

impl<'a> Checker<'a> {
    pub(crate) fn ident(&mut self, x: &mut Operand, e: ExprId, id: IdentId, want_type: bool) {
        let u = self.u;
        x.invalidate();
        x.expr = OperandExpr::Expr(e);
        let ident = self.file().ident(id);
        let Some((scope, o)) = self.lookup_scope(ident.name) else {
            if ident.name == self.blank {
                self.error(ident.pos, Code::InvalidBlank, "cannot use _ as value or type");
            } else {
                self.error(ident.pos, Code::UndeclaredName, format!("undefined: {}", ident.name));
            }
            return;
        };
        if (o == u.any || o == u.comparable)
            && !self.verify_version(
                ident.pos,
                Version::GO1_18,
                &format!("predeclared {}", ident.name),
            )
        {
            return;
        }
        self.record_use(id, o);
        let obj = u.obj(o);
        if !obj.is_type_name() && want_type {
            let msg = format!("{} ({}) is not a type", obj.name, self.object_kind(o));
            self.error(ident.pos, Code::NotAType, msg);
            if obj.is_var() && obj.pkg == Some(self.pkg) {
                self.used.insert(o);
            }
            return;
        }
        if obj.ty().is_none() || obj.is_type_name() && want_type && obj.pkg == Some(self.pkg) {
            self.obj_decl(o);
        }
        let ty = self.valid_or_invalid(u.obj_type(o));
        if let Some(s) = scope
            && let Some(&p) = self.dot_imports.get(&(s, ident.name))
        {
            self.used.insert(p);
        }
        match &obj.kind {
            ObjKind::PkgName { .. } => {
                let msg = format!("use of package {} not in selector", obj.name);
                self.error(ident.pos, Code::InvalidPkgUse, msg);
                return;
            }
            ObjKind::Const(v) => {
                self.add_decl_dep(o);
                if !ty.is_valid() {
                    return;
                }
                if o == u.iota {
                    match &self.env.iota {
                        Some(i) => x.val = i.clone(),
                        None => {
                            let msg = "cannot use iota outside constant declaration";
                            self.error(ident.pos, Code::InvalidIota, msg);
                            return;
                        }
                    }
                } else {
                    x.val = v.get().cloned().unwrap_or(crate::Constant::Unknown);
                }
                x.mode = Mode::Constant;
            }
            ObjKind::TypeName { .. } => x.mode = Mode::TypeExpr,
            ObjKind::Var { .. } => {
                if obj.pkg == Some(self.pkg) {
                    self.used.insert(o);
                }
                self.add_decl_dep(o);
                if !ty.is_valid() {
                    return;
                }
                x.mode = Mode::Variable;
            }
            ObjKind::Func { .. } => {
                self.add_decl_dep(o);
                x.mode = Mode::Value;
            }
            ObjKind::Builtin(id) => {
                x.id = *id;
                x.mode = Mode::Builtin;
            }
            ObjKind::Nil => x.mode = Mode::NilValue,
            ObjKind::Label => return,
        }
        x.ty = ty;
    }

    /// The type that an expression denotes; not a generic one.
    pub(crate) fn typ(&mut self, e: ExprId) -> TypeId {
        let mut t = self.typ_internal(e);
        if self.u.is_generic(t) {
            let msg = format!("cannot use generic type {} without instantiation", self.ts(t));
            self.error(self.epos(e), Code::WrongTypeArgCount, msg);
            t = TypeId::INVALID;
        }
        self.record_type(e, Mode::TypeExpr, t, None);
        t
    }

    /// The type of a variable, field or parameter: not a constraint interface.
    pub(crate) fn var_type(&mut self, e: ExprId) -> TypeId {
        let t = self.typ(e);
        self.valid_var_type(e, t);
        t
    }

    pub(crate) fn valid_var_type(&mut self, e: ExprId, t: TypeId) {
        if self.u.is_type_param(t) {
            return;
        }
        let pos = self.epos(e);
        self.later(move |c| {
            if c.u.under_interface(t).is_none() {
                return;
            }
            let set = c.u.type_set(c.u.under(t));
            // Before constraints, their elements were the error.
            if set.is_method_set() || !c.allow(Version::GO1_18) {
                return;
            }
            let why = if set.comparable {
                "interface is (or embeds) comparable"
            } else {
                "interface contains type constraints"
            };
            let msg = format!("cannot use type {} outside a type constraint: {why}", c.ts(t));
            c.soft_error(pos, Code::MisplacedConstraintIface, msg);
        });
    }

    /// A generic type that isn't instantiated. `Err`: why it isn't one, empty if an error was reported.
    pub(crate) fn generic_type(&mut self, e: ExprId) -> Result<TypeId, String> {
        let t = self.typ_internal(e);
        let mut r = Ok(t);
        if !t.is_valid() {
            r = Err(String::new());
        } else if !self.u.is_generic(t) {
            r = Err(format!("{} is not a generic type", self.ts(t)));
        }
        self.record_type(e, Mode::TypeExpr, r.as_ref().copied().unwrap_or(TypeId::INVALID), None);
        r
    }

    /// An alias of an invalid type is invalid itself.
    pub(crate) fn valid_or_invalid(&self, t: TypeId) -> TypeId {
        match self.u.kind(t) {
            TypeKind::Alias(a) if a.rhs.get().is_some() && !self.u.unalias(t).is_valid() => {
                TypeId::INVALID
            }
            _ => t,
        }
    }

    fn operand_type(&mut self, x: &Operand) -> TypeId {
        match x.mode {
            Mode::TypeExpr => return x.ty,
            Mode::Invalid => {}
            Mode::NoValue => {
                let msg = format!("{} used as type", self.xstr(x));
                self.error(self.xpos(x), Code::NotAType, msg);
            }
            _ => {
                let msg = format!("{} is not a type", self.xstr(x));
                self.error(self.xpos(x), Code::NotAType, msg);
            }
        }
        TypeId::INVALID
    }

    fn typ_internal(&mut self, e: ExprId) -> TypeId {
        let u = self.u;
        let pos = self.epos(e);
        match self.kind(e) {
            ExprKind::Bad => TypeId::INVALID,
            ExprKind::Name(n) => {
                let mut x = Operand::new();
                self.ident(&mut x, e, *n, true);
                self.operand_type(&x)
            }
            ExprKind::Selector { .. } => {
                let mut x = Operand::new();
                self.selector(&mut x, e, true);
                self.operand_type(&x)
            }
            ExprKind::Index { x, indices } => {
                self.verify_version(pos, Version::GO1_18, "type instantiation");
                self.instantiated_type(*x, indices)
            }
            ExprKind::Paren(x) => self.typ(*x),
            ExprKind::ArrayType { len, elem } => {
                let n = match len {
                    Some(l) => self.array_length(*l),
                    None => {
                        let msg = "invalid use of [...] array (outside a composite literal)";
                        self.error(pos, Code::BadDotDotDotSyntax, msg);
                        -1
                    }
                };
                let elem = self.var_type(*elem);
                if n >= 0 { u.new_array(elem, n) } else { TypeId::INVALID }
            }
            ExprKind::SliceType(elem) => {
                let elem = self.var_type(*elem);
                u.new_slice(elem)
            }
            ExprKind::DotsType(_) => {
                self.error(pos, Code::InvalidSyntaxTree, "invalid use of ...");
                TypeId::INVALID
            }
            ExprKind::StructType { fields } => self.struct_type(fields),
            ExprKind::Star(x) => {
                let t = self.var_type(*x);
                // An invalid base would only cause further errors.
                if t.is_valid() { u.new_pointer(t) } else { TypeId::INVALID }
            }
            ExprKind::FuncType { .. } => self.func_type(None, &[], e, None).0,
            ExprKind::InterfaceType { methods } => self.interface_type(methods),
            ExprKind::MapType { key, value } => {
                let k = self.var_type(*key);
                let v = self.var_type(*value);
                let key_pos = self.epos(*key);
                self.later(move |c| {
                    if !c.u.comparable(k) {
                        let why = if c.u.is_type_param(k) {
                            " (missing comparable constraint)"
                        } else {
                            ""
                        };
                        let msg = format!("invalid map key type {}{why}", c.ts(k));
                        c.error(key_pos, Code::IncomparableMapKey, msg);
                    }
                });
                u.new_map(k, v)
            }
            ExprKind::ChanType { dir, elem } => {
                let dir = match dir {
                    ast::ChanDir::Both => ChanDir::Both,
                    ast::ChanDir::SendOnly => ChanDir::SendOnly,
                    ast::ChanDir::RecvOnly => ChanDir::RecvOnly,
                };
                let elem = self.var_type(*elem);
                u.new_chan(dir, elem)
            }
            _ => {
                let msg = format!("{} is not a type", self.es(e));
                self.error(pos, Code::NotAType, msg);
                self.use_exprs(&[e]);
                TypeId::INVALID
            }
        }
    }

    fn instantiated_type(&mut self, x: ExprId, list: &'a [ExprId]) -> TypeId {
        let u = self.u;
        let pos = self.epos(x);
        let node_pos = self.file().exprs[x].pos;
        let generic = match self.generic_type(x) {
            Ok(t) => t,
            Err(cause) => {
                if !cause.is_empty() {
                    let args: Vec<String> = list.iter().map(|a| self.es(*a)).collect();
                    let msg =
                        format!("invalid operation: {}[{}] ({cause})", self.es(x), args.join(", "));
                    self.error(pos, Code::NotAGenericType, msg);
                }
                return TypeId::INVALID;
            }
        };
        let Some(targs) = self.type_list(list) else { return TypeId::INVALID };
        let name = match u.kind(generic) {
            TypeKind::Named(n) => u.obj(n.obj).name,
            TypeKind::Alias(a) => u.obj(a.obj).name,
            _ => return TypeId::INVALID,
        };
        if matches!(u.kind(generic), TypeKind::Alias(_)) {
            let want = u.type_params(generic).len();
            if !self.validate_targ_len(node_pos, name.as_str(), want, targs.len()) {
                return TypeId::INVALID;
            }
        }
        let inst = self.valid_or_invalid(u.instantiate_at(generic, &targs, node_pos));
        if !inst.is_valid() {
            return inst;
        }
        self.later(move |c| {
            c.record_instance(x, &targs, inst);
            let tparams = u.type_params(generic);
            if !c.validate_targ_len(node_pos, name.as_str(), tparams.len(), targs.len()) {
                return;
            }
            match c.verify(tparams, &targs) {
                Err((i, cause)) => {
                    let p = list.get(i).map_or(node_pos, |a| c.epos(*a));
                    c.soft_error(p, Code::InvalidTypeArg, cause);
                }
                Ok(()) => c.mono_instance(node_pos, tparams, &targs, list),
            }
        });
        inst
    }

    fn array_length(&mut self, e: ExprId) -> i64 {
        if let ExprKind::Name(n) = self.kind(e) {
            let id = self.file().ident(*n);
            match self.lookup(id.name) {
                None => {
                    let msg =
                        format!("undefined array length {} or missing type constraint", id.name);
                    self.error(id.pos, Code::InvalidArrayLen, msg);
                    return -1;
                }
                Some(o) if !self.u.obj(o).is_const() => {
                    let msg = format!("invalid array length {}", id.name);
                    self.error(id.pos, Code::InvalidArrayLen, msg);
                    return -1;
                }
                Some(_) => {}
            }
        }
        let mut x = Operand::new();
        self.expr(None, &mut x, e);
        if !x.is_const() {
            if x.is_valid() {
                let msg = format!("array length {} must be constant", self.xstr(&x));
                self.error(self.xpos(&x), Code::InvalidArrayLen, msg);
            }
            return -1;
        }
        if (self.u.is_untyped(x.ty) || self.u.is_integer(x.ty))
            && let Some(n) = x.val.to_int().to_i64()
            && n >= 0
        {
            return n;
        }
        let msg = if self.u.is_integer(x.ty) {
            format!("invalid array length {}", self.xstr(&x))
        } else {
            format!("array length {} must be integer", self.xstr(&x))
        };
        self.error(self.xpos(&x), Code::InvalidArrayLen, msg);
        -1
    }

    /// Type arguments; `None` if one of them is invalid.
    pub(crate) fn type_list(&mut self, list: &[ExprId]) -> Option<Vec<TypeId>> {
        let types: Vec<TypeId> = list.iter().map(|e| self.var_type(*e)).collect();
        types.iter().all(|t| t.is_valid()).then_some(types)
    }
}
