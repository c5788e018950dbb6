//! Calls, instantiation of functions, and selectors.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::expr::{BUILTIN, ExprClass, NO_VALUE, TYPE_EXPR, Target};
use crate::info::{Mode, SelectionKind};
use crate::object::{ObjKind, VarKind};
use crate::operand::{Operand, OperandExpr};
use crate::subst::make_map;
use crate::types::{Signature, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{ExprId, ExprKind, Pos};
use std::rc::Rc;
use std::sync::atomic::Ordering;

impl<'a> Checker<'a> {
    /// Instantiates the generic function `x`, with the type arguments of `inst` if there are any. Missing ones are
    /// inferred from the target, or (if `infer` is not set) given back for later.
    pub(crate) fn func_inst(
        &mut self,
        target: Option<&Target>,
        pos: Pos,
        x: &mut Operand,
        inst: Option<ExprId>,
        infer: bool,
    ) -> Option<Vec<TypeId>> {
        let u = self.u;
        let mut err_pos = pos;
        let mut xlist: &'a [ExprId] = &[];
        if let Some(i) = inst {
            err_pos = self.file().exprs[i].pos;
            x.expr = OperandExpr::Expr(i);
            if let ExprKind::Index { indices, .. } = self.kind(i) {
                xlist = indices;
            }
        }
        let version_ok = self.verify_version(err_pos, Version::GO1_18, "function instantiation");
        let mut targs = Vec::new();
        if inst.is_some() {
            match self.type_list(xlist) {
                Some(t) => targs = t,
                None => {
                    x.invalidate();
                    return None;
                }
            }
        }
        let sig_type = x.ty;
        let sig = u.as_signature(sig_type)?;
        let (got, want) = (targs.len(), sig.tparams.len());
        if got > want {
            let msg = format!("got {got} type arguments but want {want}");
            self.error(self.epos(xlist[got - 1]), Code::WrongTypeArgCount, msg);
            x.invalidate();
            return None;
        }
        if got < want {
            if !infer {
                return Some(targs);
            }
            let mut args = Vec::new();
            let mut params = Vec::new();
            let mut reverse = false;
            if let Some(t) = target {
                if version_ok && !self.allow(Version::GO1_21) {
                    let how = if inst.is_some() { "partially" } else { "implicitly" };
                    let what = format!("{how} instantiated function in assignment");
                    self.version_error(err_pos, Version::GO1_21, &what);
                }
                let gsig = u.new_signature(Signature {
                    recv: None,
                    rparams: Box::default(),
                    tparams: Box::default(),
                    ..sig.clone()
                });
                params.push(self.new_local(
                    VarKind::Param,
                    self.xnode_pos(x),
                    self.empty,
                    Some(gsig),
                ));
                let made = OperandExpr::Made(self.xpos(x), Rc::from(t.desc.as_str()));
                args.push(Operand::value(made, t.sig));
                reverse = true;
            }
            let (tparams, params) = self.rename_tparams(&sig.tparams, &params);
            let mut report = Report::new(Code::CannotInferTypeArgs);
            let partial = targs.iter().map(|t| Some(*t)).collect();
            match self.infer(pos, &tparams, partial, &params, &args, reverse, &mut report) {
                Some(t) => targs = t,
                None => {
                    if !report.is_empty() {
                        self.report(report);
                    }
                    x.invalidate();
                    return None;
                }
            }
        }
        let e = x.expr_id();
        let node_pos = self.xnode_pos(x);
        x.ty = self.instantiate_signature(node_pos, e, sig_type, &targs, xlist);
        x.mode = Mode::Value;
        None
    }

    fn instantiate_signature(
        &mut self,
        pos: Pos,
        e: Option<ExprId>,
        sig: TypeId,
        targs: &[TypeId],
        xlist: &'a [ExprId],
    ) -> TypeId {
        let u = self.u;
        let inst = u.instantiate(sig, targs);
        if let Some(e) = e {
            self.record_instance(e, targs, inst);
        }
        let targs = targs.to_vec();
        self.later(move |c| {
            let Some(s) = u.as_signature(sig) else { return };
            match c.verify(&s.tparams, &targs) {
                Err((i, cause)) => {
                    let p = xlist.get(i).map_or(pos, |a| c.epos(*a));
                    c.soft_error(p, Code::InvalidTypeArg, cause);
                }
                Ok(()) => c.mono_instance(pos, &s.tparams, &targs, xlist),
            }
        });
        inst
    }

    pub(crate) fn call_expr(
        &mut self,
        x: &mut Operand,
        call: ExprId,
        fun: ExprId,
        arg_list: &'a [ExprId],
        has_dots: bool,
    ) -> ExprClass {
        let u = self.u;
        let mut inst = None;
        if let ExprKind::Index { x: operand, indices } = self.kind(fun) {
            *x = Operand::new();
            if self.index_expr(x, fun, *operand, indices) {
                inst = Some((fun, &**indices));
            }
            x.expr = OperandExpr::Expr(fun);
            self.record(x);
        } else {
            self.expr_or_type(x, fun, true);
        }
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(arg_list);
                return ExprClass::Statement;
            }
            Mode::TypeExpr => return self.conversion_call(x, call, arg_list, has_dots),
            Mode::Builtin => return self.builtin_call(x, call, fun, arg_list, has_dots),
            _ => {}
        }
        let core = u.common_under(x.ty, |t, under| match (t, under.map(|k| u.kind(k))) {
            (_, None | Some(TypeKind::Signature(_))) => None,
            (t, Some(_)) => {
                Some(format!("{} is not a function", t.map_or(String::new(), |t| u.type_string(t))))
            }
        });
        let sig_type = match core {
            Ok(t) => t,
            Err(why) => {
                let msg = format!("invalid operation: cannot call {}: {why}", self.xstr(x));
                self.error(self.xpos(x), Code::InvalidCall, msg);
                self.use_exprs(arg_list);
                x.invalidate();
                return ExprClass::Statement;
            }
        };
        let mut sig_type = sig_type;
        let generic = u.as_signature(sig_type).is_some_and(|s| !s.tparams.is_empty());
        let mut targs = Vec::new();
        let mut xlist: &'a [ExprId] = &[];
        if let Some((inst_expr, indices)) = inst {
            let indices: &'a [ExprId] = indices;
            xlist = indices;
            match self.type_list(xlist) {
                Some(t) => targs = t,
                None => {
                    self.use_exprs(arg_list);
                    x.invalidate();
                    return ExprClass::Statement;
                }
            }
            let (got, want) =
                (targs.len(), u.as_signature(sig_type).map_or(0, |s| s.tparams.len()));
            if got > want {
                let msg = format!("got {got} type arguments but want {want}");
                self.error(self.epos(xlist[want]), Code::WrongTypeArgCount, msg);
                self.use_exprs(arg_list);
                x.invalidate();
                return ExprClass::Statement;
            }
            if got == want && want > 0 {
                let pos = self.file().exprs[inst_expr].pos;
                self.verify_version(pos, Version::GO1_18, "function instantiation");
                sig_type =
                    self.instantiate_signature(pos, Some(inst_expr), sig_type, &targs, xlist);
                targs.clear();
                xlist = &[];
            }
        }
        let (mut args, atargs) = self.generic_expr_list(arg_list);
        let sig_type = self
            .arguments(call, fun, arg_list, has_dots, sig_type, targs, xlist, &mut args, &atargs);
        let Some(sig) = u.as_signature(sig_type) else { return ExprClass::Statement };
        if generic && sig.tparams.is_empty() {
            self.record_type(fun, Mode::Value, sig_type, None);
        }
        match &*sig.results {
            [] => {
                x.mode = Mode::NoValue;
            }
            [r] => {
                x.mode = Mode::Value;
                let t = u.obj_type(*r);
                if !self.is_complete(t) {
                    x.invalidate();
                    return ExprClass::Statement;
                }
                x.ty = t;
            }
            list => {
                x.mode = Mode::Value;
                x.ty = u.new_tuple(list);
            }
        }
        self.env.has_call_or_recv = true;
        // Inference failed, and the result is of no use.
        if x.mode == Mode::Value
            && !sig.tparams.is_empty()
            && self.is_parameterized(&sig.tparams, x.ty)
        {
            x.invalidate();
        }
        ExprClass::Statement
    }

    fn conversion_call(
        &mut self,
        x: &mut Operand,
        call: ExprId,
        args: &'a [ExprId],
        has_dots: bool,
    ) -> ExprClass {
        let u = self.u;
        self.non_generic(None, x);
        if !x.is_valid() {
            return ExprClass::Conversion;
        }
        let t = x.ty;
        x.invalidate();
        if !self.is_complete(t) {
            return ExprClass::Conversion;
        }
        match args {
            [] => {
                let msg = format!("missing argument in conversion to {}", self.ts(t));
                self.error(self.epos(call), Code::WrongArgCount, msg);
            }
            [arg] => {
                let target = self.new_target(Some(t), "conversion");
                self.expr(target.as_ref(), x, *arg);
                if x.is_valid() {
                    if u.is_non_type_param_interface(t) && !u.type_set(u.under(t)).is_method_set() {
                        let msg = format!(
                            "cannot use interface {} in conversion (contains specific type constraints or is comparable)",
                            self.ts(t)
                        );
                        self.error(self.epos(call), Code::MisplacedConstraintIface, msg);
                        x.invalidate();
                    } else if has_dots {
                        let msg = format!("invalid use of ... in conversion to {}", self.ts(t));
                        self.error(self.epos(*arg), Code::BadDotDotDotSyntax, msg);
                        x.invalidate();
                    } else {
                        self.conversion(x, t);
                    }
                }
            }
            [.., last] => {
                self.use_exprs(args);
                let msg = format!("too many arguments in conversion to {}", self.ts(t));
                self.error(self.epos(*last), Code::WrongArgCount, msg);
            }
        }
        ExprClass::Conversion
    }

    pub(crate) fn expr_list(&mut self, list: &[ExprId]) -> Vec<Operand> {
        if let [e] = list {
            return self.multi_expr(*e, false).0;
        }
        list.iter()
            .map(|&e| {
                let mut x = Operand::new();
                self.expr(None, &mut x, e);
                x
            })
            .collect()
    }

    /// Arguments, which may be generic functions; for partially instantiated ones the type arguments so far.
    fn generic_expr_list(&mut self, list: &'a [ExprId]) -> (Vec<Operand>, Vec<Vec<TypeId>>) {
        let infer = !self.allow(Version::GO1_21);
        let mut args = Vec::new();
        let mut targs: Vec<Vec<TypeId>> = Vec::new();
        for &e in list {
            let mut x = Operand::new();
            let mut partial = Vec::new();
            let is_inst = match self.kind(e) {
                ExprKind::Index { x: operand, indices } => {
                    let inst = self.index_expr(&mut x, e, *operand, indices);
                    if !inst {
                        x.expr = OperandExpr::Expr(e);
                        self.non_generic(None, &mut x);
                        self.record(&x);
                        self.exclude(&mut x, NO_VALUE | BUILTIN | TYPE_EXPR);
                        self.single_value(&mut x);
                        args.push(x);
                        targs.push(partial);
                        continue;
                    }
                    inst
                }
                _ => false,
            };
            if is_inst {
                let pos = self.xnode_pos(&x);
                match self.func_inst(None, pos, &mut x, Some(e), infer) {
                    Some(t) => {
                        partial = t;
                        x.expr = OperandExpr::Expr(e);
                    }
                    None => self.record(&x),
                }
            } else if list.len() == 1 {
                self.raw_expr(None, &mut x, e, None, true);
                self.exclude(&mut x, NO_VALUE | BUILTIN | TYPE_EXPR);
                if x.is_valid()
                    && let TypeKind::Tuple(vars) = self.u.kind(x.ty)
                {
                    let ops = vars
                        .iter()
                        .map(|v| Operand::value(OperandExpr::Expr(e), self.u.obj_type(*v)));
                    return (ops.collect(), Vec::new());
                }
            } else {
                self.generic_expr(&mut x, e, None);
            }
            args.push(x);
            targs.push(partial);
        }
        (args, targs)
    }

    /// Checks the arguments of a call, infers missing type arguments, and gives the signature of the call. After an
    /// error it is the given one.
    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    pub(crate) fn arguments(
        &mut self,
        call: ExprId,
        fun: ExprId,
        arg_list: &[ExprId],
        has_dots: bool,
        sig_type: TypeId,
        targs: Vec<TypeId>,
        xlist: &'a [ExprId],
        args: &mut [Operand],
        atargs: &[Vec<TypeId>],
    ) -> TypeId {
        let u = self.u;
        let Some(sig) = u.as_signature(sig_type) else { return sig_type };
        let nargs = args.len();
        let mut npars = sig.params.len();
        let mut params = sig.params.to_vec();
        let mut adjusted = false;
        if sig.variadic {
            if has_dots {
                if arg_list.len() == 1 && nargs > 1 {
                    let msg =
                        format!("cannot use ... with {nargs}-valued {}", self.es(arg_list[0]));
                    self.error(self.epos(call), Code::InvalidDotDotDot, msg);
                    return sig_type;
                }
            } else if nargs + 1 >= npars {
                // Spread the variadic parameter over the arguments.
                let last = params[npars - 1];
                params.truncate(npars - 1);
                let lo = u.obj(last);
                let elem = match u.kind(u.under(u.obj_type(last))) {
                    TypeKind::Slice(e) => *e,
                    _ => TypeId::INVALID,
                };
                while params.len() < nargs {
                    params.push(u.new_var(VarKind::Param, lo.pos, lo.pkg, lo.name, elem));
                }
                adjusted = true;
                npars = nargs;
            } else {
                npars -= 1;
            }
        } else if has_dots {
            let msg = format!("cannot use ... in call to non-variadic {}", self.es(fun));
            self.error(self.epos(fun), Code::NonVariadicDotDotDot, msg);
            return sig_type;
        }
        if nargs != npars {
            let (at, qualifier) = if nargs > npars {
                (self.xpos(&args[npars]), "too many")
            } else if nargs > 0 {
                (self.xpos(&args[nargs - 1]), "not enough")
            } else {
                (self.epos(call), "not enough")
            };
            let mut r = Report::new(Code::WrongArgCount);
            r.add(at, format!("{qualifier} arguments in call to {}", self.es(fun)));
            let have: Vec<TypeId> = args.iter().map(|a| a.ty).collect();
            let want: Vec<TypeId> = sig.params.iter().map(|p| u.obj_type(*p)).collect();
            r.add(Pos::NONE, format!("have {}", self.types_summary(&have, false, has_dots)));
            r.add(Pos::NONE, format!("want {}", self.types_summary(&want, sig.variadic, false)));
            self.report(r);
            return sig_type;
        }
        let call_pos = self.file().exprs[call].pos;
        let mut tparams: Vec<TypeId> = Vec::new();
        let mut partial: Vec<Option<TypeId>> = targs.into_iter().map(Some).collect();
        let n = sig.tparams.len();
        if n > 0 {
            if !self.allow(Version::GO1_18) {
                let (p, what) = match self.kind(fun) {
                    ExprKind::Index { .. } => (self.epos(fun), "function instantiation"),
                    _ => (self.epos(call), "implicit function instantiation"),
                };
                self.version_error(p, Version::GO1_18, what);
            }
            (tparams, params) = self.rename_tparams(&sig.tparams, &params);
            partial.resize(n, None);
        }
        // Arguments that are generic functions take part in the inference.
        let mut generic_args = Vec::new();
        for i in 0..args.len() {
            if !args[i].is_valid() {
                continue;
            }
            let Some(asig) = u.as_signature(args[i].ty).filter(|s| !s.tparams.is_empty()) else {
                continue;
            };
            let (fresh, renamed) = self.rename_signature(asig);
            args[i].ty = renamed;
            partial.extend(atargs.get(i).into_iter().flatten().map(|t| Some(*t)));
            tparams.extend(fresh);
            partial.resize(tparams.len(), None);
            generic_args.push(i);
        }
        if let Some(&i) = generic_args.first() {
            let p = self.xpos(&args[i]);
            self.verify_version(p, Version::GO1_21, "implicitly instantiated function as argument");
        }
        let mut rsig = sig_type;
        if !tparams.is_empty() {
            let mut report = Report::new(Code::CannotInferTypeArgs);
            let Some(targs) =
                self.infer(call_pos, &tparams, partial, &params, args, false, &mut report)
            else {
                if !report.is_empty() {
                    let first = std::mem::take(&mut report.lines[0].1);
                    report.lines[0].1 = format!("in call to {}, {first}", self.es(fun));
                    self.report(report);
                }
                return sig_type;
            };
            if n > 0 {
                rsig =
                    self.instantiate_signature(call_pos, Some(fun), sig_type, &targs[..n], xlist);
                if adjusted {
                    let map = make_map(&tparams[..n], &targs[..n]);
                    if let Some(p) = u.subst_vars(&params, &map) {
                        params = p.to_vec();
                    }
                } else if let Some(s) = u.as_signature(rsig) {
                    params = s.params.to_vec();
                }
            }
            let mut j = n;
            for &i in &generic_args {
                let at = args[i].ty;
                let k = j + u.as_signature(at).map_or(0, |s| s.tparams.len());
                let pos = self.xnode_pos(&args[i]);
                let e = args[i].expr_id();
                args[i].ty = self.instantiate_signature(pos, e, at, &targs[j..k], &[]);
                args[i].mode = Mode::Value;
                self.record(&args[i]);
                j = k;
            }
        }
        if !args.is_empty() {
            let context = format!("argument to {}", self.es(fun));
            for (a, &p) in args.iter_mut().zip(&params) {
                self.assignment(a, Some(u.obj_type(p)), &context);
            }
        }
        rsig
    }

    // --- selectors ---

    pub(crate) fn selector(&mut self, x: &mut Operand, e: ExprId, want_type: bool) {
        *x = Operand::new();
        if self.selector0(x, e, want_type).is_none() {
            x.invalidate();
            x.ty = TypeId::INVALID;
        }
        x.expr = OperandExpr::Expr(e);
    }

    fn selector0(&mut self, x: &mut Operand, e: ExprId, want_type: bool) -> Option<()> {
        let u = self.u;
        let ExprKind::Selector { x: operand, sel } = self.kind(e) else { return None };
        let (operand, sel_id) = (*operand, *sel);
        let sel = self.file().ident(sel_id);
        if let ExprKind::Name(n) = self.kind(operand)
            && let Some(p) = self.lookup(self.name_of(*n))
            && let ObjKind::PkgName { imported } = u.obj(p).kind
        {
            self.record_use(*n, p);
            self.used.insert(p);
            return self.qualified(x, e, sel_id, imported);
        }
        self.expr_or_type(x, operand, false);
        match x.mode {
            Mode::Builtin => {
                let msg = format!("invalid use of {} in selector expression", self.xstr(x));
                self.error(self.file().exprs[e].pos, Code::UncalledBuiltin, msg);
                return None;
            }
            Mode::Invalid => return None,
            _ => {}
        }
        if !self.is_complete(x.ty) {
            return None;
        }
        if want_type {
            let msg = format!("{} is not a type", self.es(e));
            self.error(sel.pos, Code::NotAType, msg);
            return None;
        }
        if let TypeKind::Pointer(b) = u.under_kind(x.ty)
            && !self.is_complete(*b)
        {
            return None;
        }
        if sel.name == self.blank {
            let msg = "cannot refer to blank field or method";
            self.error(sel.pos, Code::MissingFieldOrMethod, msg);
            return None;
        }
        let l = u.lookup_field_or_method(x.ty, x.mode == Mode::Variable, Some(self.pkg), sel.name);
        let Some(o) = l.obj else {
            self.selector_error(x, sel.pos, sel.name, &l);
            return None;
        };
        let obj = u.obj(o);
        if obj.is_var() {
            if x.mode == Mode::TypeExpr {
                let msg = format!(
                    "operand for field selector {} must be value of type {}",
                    sel.name,
                    self.ts(x.ty)
                );
                self.error(self.epos(operand), Code::MissingFieldOrMethod, msg);
                return None;
            }
            self.record_selection(e, sel_id, SelectionKind::FieldVal, x.ty, &l);
            x.mode =
                if x.mode == Mode::Variable || l.indirect { Mode::Variable } else { Mode::Value };
            x.ty = u.obj_type(o);
            return Some(());
        }
        self.obj_decl(o);
        self.add_decl_dep(o);
        let ty = u.obj_type(o);
        let sig = u.as_signature(ty)?;
        if x.mode == Mode::TypeExpr {
            self.record_selection(e, sel_id, SelectionKind::MethodExpr, x.ty, &l);
            // The receiver becomes the first parameter, named if the others are.
            let named = sig.params.first().is_some_and(|p| !u.obj(*p).name.as_str().is_empty());
            let mut name = self.empty;
            let mut pos = obj.pos;
            if let Some(r) = sig.recv {
                pos = u.obj(r).pos;
                if named {
                    name = u.obj(r).name;
                }
            }
            if named && name.as_str().is_empty() {
                name = self.blank;
            }
            let recv = u.new_var(VarKind::Param, pos, obj.pkg, name, x.ty);
            let params = std::iter::once(recv).chain(sig.params.iter().copied()).collect();
            x.ty = u.new_signature(Signature {
                recv: None,
                rparams: Box::default(),
                params,
                ..sig.clone()
            });
        } else {
            self.record_selection(e, sel_id, SelectionKind::MethodVal, x.ty, &l);
            x.ty =
                u.new_signature(Signature { recv: None, rparams: Box::default(), ..sig.clone() });
        }
        x.mode = Mode::Value;
        Some(())
    }

    fn selector_error(
        &mut self,
        x: &Operand,
        pos: Pos,
        sel: burrow_syntax::Symbol,
        l: &crate::lookup::Lookup,
    ) {
        let u = self.u;
        if !self.is_valid_under(x.ty) {
            return;
        }
        let xs = self.xexpr(x);
        let ts = self.ts(x.ty);
        if !l.path.is_empty() {
            self.error(pos, Code::AmbiguousSelector, format!("ambiguous selector {xs}.{sel}"));
            return;
        }
        if l.indirect {
            let msg = if x.mode == Mode::TypeExpr {
                format!(
                    "invalid method expression {ts}.{sel} (needs pointer receiver (*{ts}).{sel})"
                )
            } else {
                format!("cannot call pointer method {sel} on {ts}")
            };
            self.error(pos, Code::InvalidMethodExpr, msg);
            return;
        }
        let why = if u.is_interface_ptr(x.ty) {
            self.interface_ptr_error(x.ty)
        } else {
            let alt =
                u.lookup_folded(x.ty, x.mode == Mode::Variable, Some(self.pkg), sel, true).obj;
            self.lookup_error(x.ty, sel.as_str(), alt, false)
        };
        self.error(pos, Code::MissingFieldOrMethod, format!("{xs}.{sel} undefined ({why})"));
    }

    fn qualified(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        sel_id: burrow_syntax::IdentId,
        pkg: crate::object::PkgId,
    ) -> Option<()> {
        let u = self.u;
        let sel = self.file().ident(sel_id);
        let p = u.pkg(pkg);
        let Some(o) = p.lookup(sel.name) else {
            if !p.fake.load(Ordering::Relaxed) {
                let lower = sel.name.as_str().to_lowercase();
                let alt = p.objects().into_iter().find(|o| {
                    let n = u.obj(*o).name;
                    u.obj(*o).is_exported() && n.as_str().to_lowercase() == lower
                });
                let mut msg = format!("undefined: {}", self.es(e));
                if let Some(a) = alt {
                    msg.push_str(&format!(" (but have {})", u.obj(a).name));
                }
                self.error(sel.pos, Code::UndeclaredImportedName, msg);
            }
            return None;
        };
        let obj = u.obj(o);
        if !obj.is_exported() {
            let msg = format!("name {} not exported by package {}", sel.name, p.name());
            self.error(sel.pos, Code::UnexportedName, msg);
        }
        self.record_use(sel_id, o);
        x.ty = self.valid_or_invalid(u.obj_type(o));
        match &obj.kind {
            ObjKind::Const(v) => {
                x.mode = Mode::Constant;
                x.val = v.get().cloned().unwrap_or(crate::Constant::Unknown);
                if !x.ty.is_valid() {
                    return None;
                }
            }
            ObjKind::TypeName { .. } => x.mode = Mode::TypeExpr,
            ObjKind::Var { .. } => {
                x.mode = Mode::Variable;
                if !x.ty.is_valid() {
                    return None;
                }
            }
            ObjKind::Func { .. } => x.mode = Mode::Value,
            ObjKind::Builtin(id) => {
                x.mode = Mode::Builtin;
                x.id = *id;
            }
            _ => return None,
        }
        Some(())
    }

    /// Evaluates expressions so that what they mention counts as used. False if one is invalid.
    pub(crate) fn use_exprs(&mut self, list: &[ExprId]) -> bool {
        list.iter().fold(true, |ok, &e| self.use1(e, false) && ok)
    }

    pub(crate) fn use_lhs(&mut self, list: &[ExprId]) -> bool {
        list.iter().fold(true, |ok, &e| self.use1(e, true) && ok)
    }

    fn use1(&mut self, e: ExprId, lhs: bool) -> bool {
        let mut x = Operand::new();
        let inner = self.file().unparen(e);
        match self.kind(inner) {
            ExprKind::Name(n) => {
                let name = self.name_of(*n);
                if name == self.blank {
                    return true;
                }
                // An assignment is no use.
                let var = self.lookup(name).filter(|o| lhs && self.u.obj(*o).is_var());
                let was_used = var.is_some_and(|v| self.used.contains(&v));
                self.expr_or_type(&mut x, inner, true);
                if let Some(v) = var
                    && !was_used
                {
                    self.used.remove(&v);
                }
            }
            ExprKind::KeyValue { value, .. } => {
                return self.use1(*value, lhs);
            }
            _ => {
                self.raw_expr(None, &mut x, e, None, true);
            }
        }
        x.is_valid()
    }
}
