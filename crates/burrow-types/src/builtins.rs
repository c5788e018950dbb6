//! Calls of built-in functions.

use crate::check::Checker;
use crate::constant::{Constant, Kind, Op};
use crate::errors::Code;
use crate::expr::{BUILTIN, ExprClass, NO_VALUE};
use crate::info::{Mode, SelectionKind};
use crate::object::BuiltinId;
use crate::operand::{Operand, OperandExpr};
use crate::types::{BasicKind, ChanDir, Term, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{ExprId, ExprKind, Pos};

/// Name, least number of arguments, whether there may be more, and what a call may stand for.
fn facts(id: BuiltinId) -> (&'static str, usize, bool, ExprClass) {
    use BuiltinId::*;
    use ExprClass::{Expression, Statement};
    match id {
        Append => ("append", 1, true, Expression),
        Cap => ("cap", 1, false, Expression),
        Clear => ("clear", 1, false, Statement),
        Close => ("close", 1, false, Statement),
        Complex => ("complex", 2, false, Expression),
        Copy => ("copy", 2, false, Statement),
        Delete => ("delete", 2, false, Statement),
        Imag => ("imag", 1, false, Expression),
        Len => ("len", 1, false, Expression),
        Make => ("make", 1, true, Expression),
        Max => ("max", 1, true, Expression),
        Min => ("min", 1, true, Expression),
        New => ("new", 1, false, Expression),
        Panic => ("panic", 1, false, Statement),
        Print => ("print", 0, true, Statement),
        Println => ("println", 0, true, Statement),
        Real => ("real", 1, false, Expression),
        Recover => ("recover", 0, false, Statement),
        UnsafeAdd => ("Add", 2, false, Expression),
        UnsafeAlignof => ("Alignof", 1, false, Expression),
        UnsafeOffsetof => ("Offsetof", 1, false, Expression),
        UnsafeSizeof => ("Sizeof", 1, false, Expression),
        UnsafeSlice => ("Slice", 2, false, Expression),
        UnsafeSliceData => ("SliceData", 1, false, Expression),
        UnsafeString => ("String", 2, false, Expression),
        UnsafeStringData => ("StringData", 1, false, Expression),
        Assert => ("assert", 1, false, Statement),
        Trace => ("trace", 0, true, Expression),
    }
}

pub(crate) fn name(id: BuiltinId) -> &'static str {
    facts(id).0
}

/// The call being checked.
struct Call<'c> {
    e: ExprId,
    fun: ExprId,
    args: &'c [ExprId],
    has_dots: bool,
}

impl<'a> Checker<'a> {
    /// Checks a call of a builtin; `x` becomes its result, invalid after an error.
    pub(crate) fn builtin_call(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        fun: ExprId,
        args: &'a [ExprId],
        has_dots: bool,
    ) -> ExprClass {
        let id = x.id;
        let call = Call { e, fun, args, has_dots };
        if self.builtin(x, &call, id).is_none() {
            x.invalidate();
        }
        x.expr = OperandExpr::Expr(e);
        if x.is_valid() && !x.is_const() {
            self.env.has_call_or_recv = true;
        }
        facts(id).3
    }

    fn fail(&mut self, x: &Operand, code: Code, msg: String) -> Option<()> {
        self.error(self.xpos(x), code, msg);
        None
    }

    fn builtin(&mut self, x: &mut Operand, call: &Call<'a>, id: BuiltinId) -> Option<()> {
        let (bname, least, variadic, _) = facts(id);
        if call.has_dots && id != BuiltinId::Append {
            let msg = format!("invalid operation: invalid use of ... with built-in {bname}");
            self.error(self.epos(call.e), Code::InvalidDotDotDot, msg);
            self.use_exprs(call.args);
            return None;
        }
        // len and cap are constant if their argument has no calls; those of the surroundings don't count.
        let saved = self.env.has_call_or_recv;
        let is_len = matches!(id, BuiltinId::Len | BuiltinId::Cap);
        if is_len {
            self.env.has_call_or_recv = false;
        }
        let r = self.builtin_args(x, call, id, bname, least, variadic);
        if is_len {
            self.env.has_call_or_recv = saved;
        }
        r
    }

    fn builtin_args(
        &mut self,
        x: &mut Operand,
        call: &Call<'a>,
        id: BuiltinId,
        bname: &str,
        least: usize,
        variadic: bool,
    ) -> Option<()> {
        use BuiltinId::*;
        let mut args = Vec::new();
        let nargs = if matches!(id, Make | New | UnsafeOffsetof | Trace) {
            call.args.len()
        } else {
            args = self.expr_list(call.args);
            if args.iter().any(|a| !a.is_valid()) {
                return None;
            }
            if let Some(a) = args.first() {
                *x = a.clone();
            }
            args.len()
        };
        let short = if nargs < least {
            "not enough"
        } else if !variadic && nargs > least {
            "too many"
        } else {
            ""
        };
        if !short.is_empty() {
            let s = self.es(call.e);
            let msg = format!(
                "invalid operation: {short} arguments for {s} (expected {least}, found {nargs})"
            );
            self.error(self.epos(call.e), Code::WrongArgCount, msg);
            return None;
        }
        match id {
            Append => self.append(x, call, args),
            Cap | Len => self.len_cap(x, call, id, bname),
            Clear => self.clear(x, call),
            Close => self.close(x, call),
            Complex => self.complex(x, call, &mut args[1]),
            Copy => self.copy(x, call, &args[1]),
            Delete => self.delete(x, call, &args[1]),
            Imag | Real => self.real_imag(x, call, id),
            Make => self.make(x, call),
            Max | Min => self.min_max(x, call, id, bname, &mut args),
            New => self.new_builtin(x, call),
            Panic => self.panic(x, call),
            Print | Println => self.print(x, call, bname, &mut args),
            Recover => {
                x.mode = Mode::Value;
                x.ty = TypeId::EMPTY_INTERFACE;
                let sig = self.make_sig(Some(x.ty), &[], false);
                self.record_builtin(call.fun, sig);
                Some(())
            }
            Assert => {
                if !x.is_const() || !self.u.is_boolean(x.ty) || x.val.kind() != Kind::Bool {
                    let msg =
                        format!("invalid argument: {} is not a boolean constant", self.xstr(x));
                    return self.fail(x, Code::Test, msg);
                }
                if !x.val.bool_val() {
                    let msg = format!("{} failed", self.es(call.e));
                    self.error(self.epos(call.e), Code::Test, msg);
                }
                x.mode = Mode::NoValue;
                Some(())
            }
            Trace => {
                x.mode = Mode::NoValue;
                Some(())
            }
            _ => self.unsafe_builtin(x, call, id, args),
        }
    }

    /// The element type of all slices in the type set.
    fn slice_elem(&mut self, x: &Operand) -> Result<TypeId, String> {
        let u = self.u;
        let mut elem: Option<TypeId> = None;
        for t in u.each_type(x.ty) {
            let Some(TypeKind::Slice(e)) = t.map(|(_, under)| u.kind(under)) else {
                return Err(if x.is_nil() {
                    "argument must be a slice; have untyped nil".into()
                } else {
                    format!("argument must be a slice; have {}", self.xstr(x))
                });
            };
            match elem {
                None => elem = Some(*e),
                Some(f) if !u.identical(f, *e) => {
                    let (a, b) = (self.ts(f), self.ts(*e));
                    return Err(format!(
                        "mismatched slice element types {a} and {b} in {}",
                        self.xstr(x)
                    ));
                }
                Some(_) => {}
            }
        }
        elem.ok_or_else(|| "empty type set".into())
    }

    /// All types of `y` are byte slices or strings; gives whether there is a string.
    fn bytes_or_string(&self, y: &Operand) -> Option<bool> {
        let u = self.u;
        let mut has_string = false;
        for t in u.each_type(y.ty) {
            let (_, under) = t?;
            match u.kind(under) {
                TypeKind::Slice(e) if u.identical(*e, TypeId::BYTE) => {}
                _ if u.is_string(under) => has_string = true,
                _ => return None,
            }
        }
        Some(has_string)
    }

    fn append(&mut self, x: &mut Operand, call: &Call<'a>, mut args: Vec<Operand>) -> Option<()> {
        let elem = match self.slice_elem(x) {
            Ok(e) => e,
            Err(why) => return self.fail(x, Code::InvalidAppend, format!("invalid append: {why}")),
        };
        let ty = x.ty;
        let bytes = self.u.new_slice(TypeId::BYTE);
        let mut sig = None;
        if args.len() == 2
            && call.has_dots
            && self.assignable(x, bytes, None).is_ok()
            && self.bytes_or_string(&args[1]) == Some(true)
        {
            // append([]byte, string...)
            let y = &args[1];
            if self.u.is_untyped(y.ty) {
                self.update_type_of(&args[1].clone(), TypeId::STRING, true);
            }
            sig = Some(self.make_sig(Some(ty), &[ty, args[1].ty], true));
        }
        let sig = match sig {
            Some(s) => s,
            None => {
                let s = self.make_sig(Some(ty), &[ty, self.u.new_slice(elem)], true);
                self.arguments(
                    call.e,
                    call.fun,
                    call.args,
                    call.has_dots,
                    s,
                    Vec::new(),
                    &[],
                    &mut args,
                    &[],
                );
                s
            }
        };
        self.record_builtin(call.fun, sig);
        x.ty = ty;
        x.mode = Mode::Value;
        Some(())
    }

    /// The array that a pointer to one points to.
    pub(crate) fn array_ptr_deref(&self, t: TypeId) -> TypeId {
        match self.u.kind(self.u.unalias(t)) {
            TypeKind::Pointer(b) if matches!(self.u.under_kind(*b), TypeKind::Array { .. }) => {
                self.u.under(*b)
            }
            _ => t,
        }
    }

    fn len_cap(
        &mut self,
        x: &mut Operand,
        call: &Call<'a>,
        id: BuiltinId,
        bname: &str,
    ) -> Option<()> {
        let u = self.u;
        let is_len = id == BuiltinId::Len;
        let mut mode = Mode::Invalid;
        let mut val = Constant::Unknown;
        match u.kind(self.array_ptr_deref(u.under(x.ty))) {
            TypeKind::Basic(k, _) if k.is_string() && is_len => {
                if x.is_const() {
                    mode = Mode::Constant;
                    val = Constant::Int(x.val.str_len() as i64);
                } else {
                    mode = Mode::Value;
                }
            }
            TypeKind::Array { len, .. } => {
                mode = Mode::Value;
                if !self.env.has_call_or_recv {
                    mode = Mode::Constant;
                    val = Constant::Int(*len);
                }
            }
            TypeKind::Slice(_) | TypeKind::Chan { .. } => mode = Mode::Value,
            TypeKind::Map { .. } if is_len => mode = Mode::Value,
            TypeKind::Interface(_) if u.is_type_param(x.ty) => {
                let fits = |under| match u.kind(self.array_ptr_deref(under)) {
                    TypeKind::Basic(k, _) => k.is_string() && is_len,
                    TypeKind::Array { .. } | TypeKind::Slice(_) | TypeKind::Chan { .. } => true,
                    TypeKind::Map { .. } => is_len,
                    _ => false,
                };
                if u.specific_types(x.ty).is_some_and(|l| l.iter().all(|(_, t)| fits(*t))) {
                    mode = Mode::Value;
                }
            }
            _ => {}
        }
        if mode == Mode::Invalid {
            if self.is_valid_under(x.ty) {
                let code = if is_len { Code::InvalidLen } else { Code::InvalidCap };
                let msg = format!("invalid argument: {} for built-in {bname}", self.xstr(x));
                self.fail(x, code, msg);
            }
            return None;
        }
        if mode != Mode::Constant {
            let sig = self.make_sig(Some(TypeId::INT), &[x.ty], false);
            self.record_builtin(call.fun, sig);
        }
        x.mode = mode;
        x.ty = TypeId::INT;
        x.val = val;
        Some(())
    }

    fn clear(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        let u = self.u;
        self.verify_version(self.epos(call.fun), Version::GO1_21, "clear");
        let ok = u.each_type(x.ty).iter().all(|t| {
            matches!(
                t.map(|(_, under)| u.kind(under)),
                Some(TypeKind::Map { .. } | TypeKind::Slice(_))
            )
        });
        if !ok {
            let msg = format!(
                "invalid argument: cannot clear {}: argument must be (or constrained by) map or slice",
                self.xstr(x)
            );
            return self.fail(x, Code::InvalidClear, msg);
        }
        x.mode = Mode::NoValue;
        let sig = self.make_sig(None, &[x.ty], false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn close(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        let u = self.u;
        for t in u.each_type(x.ty) {
            let what = match t.map(|(_, under)| u.kind(under)) {
                Some(TypeKind::Chan { dir: ChanDir::RecvOnly, .. }) => "receive-only channel",
                Some(TypeKind::Chan { .. }) => continue,
                _ => "non-channel",
            };
            let msg = format!("invalid operation: cannot close {what} {}", self.xstr(x));
            return self.fail(x, Code::InvalidClose, msg);
        }
        x.mode = Mode::NoValue;
        let sig = self.make_sig(None, &[x.ty], false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn complex(&mut self, x: &mut Operand, call: &Call<'a>, y: &mut Operand) -> Option<()> {
        let u = self.u;
        match (u.is_untyped(x.ty), u.is_untyped(y.ty)) {
            (false, false) => {}
            (true, false) => self.convert_untyped(x, y.ty),
            (false, true) => self.convert_untyped(y, x.ty),
            (true, true) => {
                if x.is_const() && y.is_const() {
                    for z in [&mut *x, &mut *y] {
                        if u.is_numeric(z.ty) && z.val.imag().sign() == 0 {
                            z.ty = TypeId::UNTYPED_FLOAT;
                        }
                    }
                } else {
                    self.convert_untyped(x, TypeId::FLOAT64);
                    self.convert_untyped(y, TypeId::FLOAT64);
                }
            }
        }
        if !x.is_valid() || !y.is_valid() {
            return None;
        }
        if !u.identical(x.ty, y.ty) {
            let (a, b) = (self.ts(x.ty), self.ts(y.ty));
            let msg =
                format!("invalid operation: {} (mismatched types {a} and {b})", self.es(call.e));
            return self.fail(x, Code::InvalidComplex, msg);
        }
        let f = |t| match u.basic_kind(t)? {
            BasicKind::Float32 => Some(TypeId::COMPLEX64),
            BasicKind::Float64 => Some(TypeId::COMPLEX128),
            BasicKind::UntypedFloat => Some(TypeId::UNTYPED_COMPLEX),
            _ => None,
        };
        let Some(res) = self.apply_type_func(&f, x, "complex", Code::InvalidComplex) else {
            let msg = format!(
                "invalid argument: arguments have type {}, expected floating-point",
                self.ts(x.ty)
            );
            return self.fail(x, Code::InvalidComplex, msg);
        };
        if x.is_const() && y.is_const() {
            x.val = Constant::complex(x.val.to_float(), y.val.to_float());
        } else {
            x.mode = Mode::Value;
            let sig = self.make_sig(Some(res), &[x.ty, x.ty], false);
            self.record_builtin(call.fun, sig);
        }
        x.ty = res;
        Some(())
    }

    fn real_imag(&mut self, x: &mut Operand, call: &Call<'a>, id: BuiltinId) -> Option<()> {
        let u = self.u;
        if u.is_untyped(x.ty) {
            if x.is_const() {
                if u.is_numeric(x.ty) {
                    x.ty = TypeId::UNTYPED_COMPLEX;
                }
            } else {
                self.convert_untyped(x, TypeId::COMPLEX128);
                if !x.is_valid() {
                    return None;
                }
            }
        }
        let f = |t| match u.basic_kind(t)? {
            BasicKind::Complex64 => Some(TypeId::FLOAT32),
            BasicKind::Complex128 => Some(TypeId::FLOAT64),
            BasicKind::UntypedComplex => Some(TypeId::UNTYPED_FLOAT),
            _ => None,
        };
        let real = id == BuiltinId::Real;
        let code = if real { Code::InvalidReal } else { Code::InvalidImag };
        let Some(res) = self.apply_type_func(&f, x, facts(id).0, code) else {
            let msg = format!(
                "invalid argument: argument has type {}, expected complex type",
                self.ts(x.ty)
            );
            return self.fail(x, code, msg);
        };
        if x.is_const() {
            x.val = if real { x.val.real() } else { x.val.imag() };
            x.val = x.val.to_float();
        } else {
            x.mode = Mode::Value;
            let sig = self.make_sig(Some(res), &[x.ty], false);
            self.record_builtin(call.fun, sig);
        }
        x.ty = res;
        Some(())
    }

    /// The type that a function on types gives; type parameters would need a new one, and aren't supported.
    fn apply_type_func(
        &mut self,
        f: &dyn Fn(TypeId) -> Option<TypeId>,
        x: &Operand,
        bname: &str,
        code: Code,
    ) -> Option<TypeId> {
        let u = self.u;
        let Some(p) = u.as_type_param(x.ty) else { return f(x.ty) };
        let set = u.type_set(u.under(x.ty));
        let terms: Option<Vec<Term>> = set
            .specific_terms()?
            .iter()
            .map(|t| f(t.ty).map(|ty| Term { tilde: t.tilde, ty }))
            .collect();
        let terms = terms?;
        let msg = format!(
            "{} not supported as argument to built-in {bname} for go1.18 (see go.dev/issue/50937)",
            self.xstr(x)
        );
        self.soft_error(self.xpos(x), code, msg);
        let union = u.new_union(terms.into());
        let bound =
            u.new_interface(Box::default(), Box::new([union]), Box::new([Pos::NONE]), false);
        let o = u.new_type_name(Pos::NONE, Some(self.pkg), u.obj(p.obj).name, None);
        Some(u.new_type_param(o, Some(bound), p.index()))
    }

    fn copy(&mut self, x: &mut Operand, call: &Call<'a>, y: &Operand) -> Option<()> {
        let u = self.u;
        let dst = match self.slice_elem(x) {
            Ok(e) => e,
            Err(why) => return self.fail(x, Code::InvalidCopy, format!("invalid copy: {why}")),
        };
        let bytes = u.new_slice(TypeId::BYTE);
        let special = self.assignable(x, bytes, None).is_ok() && self.bytes_or_string(y).is_some();
        if special {
            if u.is_untyped(y.ty) {
                self.update_type_of(y, TypeId::STRING, true);
            }
        } else {
            let src = match self.slice_elem(y) {
                Ok(e) => e,
                Err(why) => {
                    if !u.all_string(y.ty) {
                        return self.fail(y, Code::InvalidCopy, format!("invalid copy: {why}"));
                    }
                    TypeId::BYTE
                }
            };
            if !u.identical(dst, src) {
                let msg = format!(
                    "invalid copy: arguments {} and {} have different element types {} and {}",
                    self.xstr(x),
                    self.xstr(y),
                    self.ts(dst),
                    self.ts(src)
                );
                return self.fail(x, Code::InvalidCopy, msg);
            }
        }
        let sig = self.make_sig(Some(TypeId::INT), &[x.ty, y.ty], false);
        self.record_builtin(call.fun, sig);
        x.mode = Mode::Value;
        x.ty = TypeId::INT;
        Some(())
    }

    fn delete(&mut self, x: &mut Operand, call: &Call<'a>, key_arg: &Operand) -> Option<()> {
        let u = self.u;
        let map = x.ty;
        let mut key: Option<TypeId> = None;
        for t in u.each_type(map) {
            let Some(TypeKind::Map { key: k, .. }) = t.map(|(_, under)| u.kind(under)) else {
                let msg = format!("invalid argument: {} is not a map", self.xstr(x));
                return self.fail(x, Code::InvalidDelete, msg);
            };
            if key.is_some_and(|o| !u.identical(o, *k)) {
                let msg = format!(
                    "invalid argument: maps of {} must have identical key types",
                    self.xstr(x)
                );
                return self.fail(x, Code::InvalidDelete, msg);
            }
            key = Some(*k);
        }
        let key = key?;
        *x = key_arg.clone();
        self.assignment(x, Some(key), "argument to delete");
        if !x.is_valid() {
            return None;
        }
        x.mode = Mode::NoValue;
        let sig = self.make_sig(None, &[map, key], false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn make(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        let u = self.u;
        let arg0 = call.args[0];
        let t = self.var_type(arg0);
        if !t.is_valid() {
            return None;
        }
        let core = u.common_under(t, |_, under| match under.map(|x| u.kind(x)) {
            Some(TypeKind::Slice(_) | TypeKind::Map { .. } | TypeKind::Chan { .. }) => None,
            None => Some("no specific type".into()),
            Some(_) => Some("type must be slice, map, or channel".into()),
        });
        let core = match core {
            Ok(c) => c,
            Err(why) => {
                let msg = format!("invalid argument: cannot make {}: {why}", self.es(arg0));
                self.error(self.epos(arg0), Code::InvalidMake, msg);
                return None;
            }
        };
        let least = if matches!(u.kind(core), TypeKind::Slice(_)) { 2 } else { 1 };
        let n = call.args.len();
        if n < least || least + 1 < n {
            let msg = format!(
                "invalid operation: {} expects {least} or {} arguments; found {n}",
                self.es(call.e),
                least + 1
            );
            self.error(self.epos(call.e), Code::WrongArgCount, msg);
            return None;
        }
        let mut types = vec![t];
        let mut sizes = Vec::new();
        for &a in &call.args[1..] {
            let (ty, size) = self.index(a, -1);
            types.push(ty);
            if size >= 0 {
                sizes.push(size);
            }
        }
        if let [len, cap] = sizes[..]
            && len > cap
        {
            let msg = "invalid argument: length and capacity swapped";
            self.error(self.epos(call.args[1]), Code::SwappedMakeArgs, msg);
        }
        x.mode = Mode::Value;
        x.ty = t;
        let sig = self.make_sig(Some(t), &types, false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn min_max(
        &mut self,
        x: &mut Operand,
        call: &Call<'a>,
        id: BuiltinId,
        bname: &str,
        args: &mut [Operand],
    ) -> Option<()> {
        let u = self.u;
        self.verify_version(self.epos(call.fun), Version::GO1_21, &format!("built-in {bname}"));
        let op = if id == BuiltinId::Max { Op::Gtr } else { Op::Lss };
        for i in 0..args.len() {
            let mut a = args[i].clone();
            if !u.all_ordered(a.ty) {
                let msg = format!("invalid argument: {} cannot be ordered", self.xstr(&a));
                return self.fail(&a, Code::InvalidMinMaxOperand, msg);
            }
            if i == 0 {
                continue;
            }
            self.match_types(x, &mut a);
            if !x.is_valid() {
                return None;
            }
            if !u.identical(x.ty, a.ty) {
                let msg = format!(
                    "invalid argument: mismatched types {} (previous argument) and {} (type of {})",
                    self.ts(x.ty),
                    self.ts(a.ty),
                    self.xexpr(&a)
                );
                return self.fail(&a, Code::MismatchedTypes, msg);
            }
            if x.is_const() && a.is_const() {
                if Constant::compare(&a.val, op, &x.val) {
                    *x = a;
                }
            } else {
                x.mode = Mode::Value;
            }
        }
        if !x.is_const() {
            x.mode = Mode::Value;
            let context = format!("argument to built-in {bname}");
            self.assignment(x, Some(TypeId::EMPTY_INTERFACE), &context);
            if !x.is_valid() {
                return None;
            }
        }
        for a in &*args {
            self.update_type_of(a, x.ty, true);
        }
        if !x.is_const() {
            let types = vec![x.ty; args.len()];
            let sig = self.make_sig(Some(x.ty), &types, false);
            self.record_builtin(call.fun, sig);
        }
        Some(())
    }

    fn new_builtin(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        let arg = call.args[0];
        self.expr_or_type(x, arg, false);
        self.exclude(x, NO_VALUE | BUILTIN);
        match x.mode {
            Mode::Invalid => return None,
            Mode::TypeExpr => self.valid_var_type(arg, x.ty),
            _ => {
                if self.u.is_untyped(x.ty) {
                    self.assignment(x, None, "argument to new");
                    if !x.is_valid() {
                        return None;
                    }
                }
                let what = format!("new({})", self.es(arg));
                self.verify_version(self.epos(call.fun), Version::GO1_26, &what);
            }
        }
        let t = x.ty;
        x.mode = Mode::Value;
        x.ty = self.u.new_pointer(t);
        let sig = self.make_sig(Some(x.ty), &[t], false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn panic(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        // Remembered for the analysis of terminating statements.
        self.panics.insert((self.env.file, call.e));
        self.assignment(x, Some(TypeId::EMPTY_INTERFACE), "argument to panic");
        if !x.is_valid() {
            return None;
        }
        x.mode = Mode::NoValue;
        let sig = self.make_sig(None, &[TypeId::EMPTY_INTERFACE], false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn print(
        &mut self,
        x: &mut Operand,
        call: &Call<'a>,
        bname: &str,
        args: &mut [Operand],
    ) -> Option<()> {
        let context = format!("argument to built-in {bname}");
        for a in args.iter_mut() {
            self.assignment(a, None, &context);
            if !a.is_valid() {
                return None;
            }
        }
        let types: Vec<TypeId> = args.iter().map(|a| a.ty).collect();
        x.mode = Mode::NoValue;
        let sig = self.make_sig(None, &types, false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn unsafe_builtin(
        &mut self,
        x: &mut Operand,
        call: &Call<'a>,
        id: BuiltinId,
        mut args: Vec<Operand>,
    ) -> Option<()> {
        use BuiltinId::*;
        let u = self.u;
        let fpos = self.epos(call.fun);
        let res;
        let sig_args;
        match id {
            UnsafeAdd => {
                self.verify_version(fpos, Version::GO1_17, "unsafe.Add");
                self.assignment(x, Some(TypeId::UNSAFE_POINTER), "argument to unsafe.Add");
                if !x.is_valid()
                    || !self.is_valid_index(&mut args[1], Code::InvalidUnsafeAdd, "length", true)
                {
                    return None;
                }
                res = TypeId::UNSAFE_POINTER;
                sig_args = vec![res, args[1].ty];
            }
            UnsafeAlignof | UnsafeSizeof => {
                let size = id == UnsafeSizeof;
                self.assignment(
                    x,
                    None,
                    if size { "argument to unsafe.Sizeof" } else { "argument to unsafe.Alignof" },
                );
                if !x.is_valid() {
                    return None;
                }
                let t = x.ty;
                x.ty = TypeId::UINTPTR;
                if !self.has_var_size(t) {
                    let n = if size { u.sizeof(t) } else { u.alignof(t) };
                    if n < 0 {
                        x.ty = t;
                        let msg = format!("{} is too large", self.xstr(x));
                        return self.fail(x, Code::TypeTooLarge, msg);
                    }
                    x.mode = Mode::Constant;
                    x.val = Constant::Int(n);
                    return Some(());
                }
                res = TypeId::UINTPTR;
                sig_args = vec![t];
            }
            UnsafeOffsetof => return self.offsetof(x, call),
            UnsafeSlice => {
                self.verify_version(fpos, Version::GO1_17, "unsafe.Slice");
                let core = u.core_type(x.ty);
                let Some(TypeKind::Pointer(b)) = core.map(|c| u.kind(c)) else {
                    let msg = format!("invalid argument: {} is not a pointer", self.xstr(x));
                    return self.fail(x, Code::InvalidUnsafeSlice, msg);
                };
                if !self.is_valid_index(&mut args[1], Code::InvalidUnsafeSlice, "length", false) {
                    return None;
                }
                res = u.new_slice(*b);
                sig_args = vec![u.new_pointer(*b), args[1].ty];
            }
            UnsafeSliceData => {
                self.verify_version(fpos, Version::GO1_20, "unsafe.SliceData");
                let core = u.core_type(x.ty);
                let Some(TypeKind::Slice(e)) = core.map(|c| u.kind(c)) else {
                    let msg = format!("invalid argument: {} is not a slice", self.xstr(x));
                    return self.fail(x, Code::InvalidUnsafeSliceData, msg);
                };
                res = u.new_pointer(*e);
                sig_args = vec![u.new_slice(*e)];
            }
            UnsafeString => {
                self.verify_version(fpos, Version::GO1_20, "unsafe.String");
                let bp = u.new_pointer(TypeId::BYTE);
                self.assignment(x, Some(bp), "argument to unsafe.String");
                if !x.is_valid()
                    || !self.is_valid_index(
                        &mut args[1],
                        Code::InvalidUnsafeString,
                        "length",
                        false,
                    )
                {
                    return None;
                }
                res = TypeId::STRING;
                sig_args = vec![bp, args[1].ty];
            }
            _ => {
                self.verify_version(fpos, Version::GO1_20, "unsafe.StringData");
                self.assignment(x, Some(TypeId::STRING), "argument to unsafe.StringData");
                if !x.is_valid() {
                    return None;
                }
                res = u.new_pointer(TypeId::BYTE);
                sig_args = vec![TypeId::STRING];
            }
        }
        x.mode = Mode::Value;
        x.ty = res;
        let sig = self.make_sig(Some(res), &sig_args, false);
        self.record_builtin(call.fun, sig);
        Some(())
    }

    fn offsetof(&mut self, x: &mut Operand, call: &Call<'a>) -> Option<()> {
        let u = self.u;
        let arg0 = call.args[0];
        let sel_expr = self.file().unparen(arg0);
        let ExprKind::Selector { x: inner, sel } = self.kind(sel_expr) else {
            let msg = format!("invalid argument: {} is not a selector expression", self.es(arg0));
            self.error(self.epos(arg0), Code::BadOffsetofSyntax, msg);
            self.use_exprs(&[arg0]);
            return None;
        };
        self.expr(None, x, *inner);
        if !x.is_valid() {
            return None;
        }
        let base = u.deref_struct_ptr(x.ty);
        let name = self.name_of(*sel);
        let l = u.lookup_field_or_method(base, false, Some(self.pkg), name);
        let Some(f) = l.obj else {
            let msg = format!("invalid argument: {} has no single field {name}", self.ts(base));
            return self.fail(x, Code::MissingFieldOrMethod, msg);
        };
        if u.obj(f).is_func() {
            let msg = format!("invalid argument: {} is a method value", self.es(arg0));
            self.error(self.epos(arg0), Code::InvalidOffsetof, msg);
            return None;
        }
        if l.indirect {
            let b = self.ts(base);
            let msg = format!("invalid argument: field {name} is embedded via a pointer in {b}");
            return self.fail(x, Code::InvalidOffsetof, msg);
        }
        self.record_selection(sel_expr, *sel, SelectionKind::FieldVal, base, &l);
        let mode = if x.mode == Mode::Variable { Mode::Variable } else { Mode::Value };
        self.record_type(sel_expr, mode, u.obj_type(f), None);
        x.ty = TypeId::UINTPTR;
        if self.has_var_size(base) {
            x.mode = Mode::Value;
            let sig = self.make_sig(Some(TypeId::UINTPTR), &[u.obj_type(f)], false);
            self.record_builtin(call.fun, sig);
            return Some(());
        }
        let mut t = base;
        let mut offs = 0i64;
        for &i in &l.path {
            let s = u.under_struct(t)?;
            let o = u.offsetsof(&s.fields)[i as usize];
            if o < 0 {
                let msg = format!("{} is too large", self.xstr(x));
                return self.fail(x, Code::TypeTooLarge, msg);
            }
            offs += o;
            t = u.obj_type(s.fields[i as usize]);
        }
        x.mode = Mode::Constant;
        x.val = Constant::Int(offs);
        Some(())
    }
}
