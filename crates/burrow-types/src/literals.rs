//! Literals: basic, function and composite ones.

use crate::check::Checker;
use crate::constant::{Constant, Kind};
use crate::errors::Code;
use crate::info::Mode;
use crate::object::ObjId;
use crate::operand::{Operand, OperandExpr};
use crate::types::{TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::{Block, ExprId, ExprKind, LitKind, Pos, Symbol, literal};
use rustc_hash::{FxHashMap, FxHashSet};

/// Longer literals are refused. gc: `limit` in basicLit.
const MAX_LITERAL: usize = 10000;

/// A constant as a key of a literal: equal values of a numeric kind are equal keys.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum ConstKey {
    Bool(bool),
    Str(Vec<u8>),
    Int(i64),
    Uint(u64),
    Float(u64),
    Complex(u64, u64),
}

impl ConstKey {
    pub(crate) fn new(v: &Constant) -> Option<ConstKey> {
        Some(match v.kind() {
            Kind::Bool => ConstKey::Bool(v.bool_val()),
            Kind::String => ConstKey::Str(v.str_val().to_vec()),
            Kind::Int => match v.to_i64() {
                Some(i) => ConstKey::Int(i),
                None => ConstKey::Uint(v.to_u64()?),
            },
            Kind::Float => match v.to_int() {
                i if i.kind() == Kind::Int => return ConstKey::new(&i),
                _ => ConstKey::Float(v.to_f64().to_bits()),
            },
            Kind::Complex => match v.to_float() {
                f if f.kind() == Kind::Float => return ConstKey::new(&f),
                _ => ConstKey::Complex(v.real().to_f64().to_bits(), v.imag().to_f64().to_bits()),
            },
            Kind::Unknown => return None,
        })
    }
}

impl<'a> Checker<'a> {
    pub(crate) fn basic_lit(&mut self, x: &mut Operand, e: ExprId, kind: LitKind, text: Symbol) {
        let s = text.as_str();
        let pos = self.epos(e);
        if matches!(kind, LitKind::Int | LitKind::Float | LitKind::Imag) {
            self.literal_version(pos, kind, s);
            if s.len() > MAX_LITERAL {
                let msg = format!("excessively long constant: {}... ({} chars)", &s[..10], s.len());
                self.error(pos, Code::InvalidConstVal, msg);
                return;
            }
        }
        let (ty, val) = match kind {
            LitKind::Int => (TypeId::UNTYPED_INT, Constant::parse_int(s)),
            LitKind::Float => (TypeId::UNTYPED_FLOAT, Constant::parse_float(s)),
            LitKind::Imag => {
                let digits = s.trim_end_matches('i');
                let prefixed = matches!(
                    digits.as_bytes(),
                    [b'0', b'x' | b'X' | b'b' | b'B' | b'o' | b'O', ..]
                );
                let float =
                    digits.contains(['.', 'p', 'P']) || !prefixed && digits.contains(['e', 'E']);
                // For backward compatibility, 0123i is decimal.
                let im = if float || !prefixed {
                    Constant::parse_float(digits)
                } else {
                    Constant::parse_int(digits)
                };
                (TypeId::UNTYPED_COMPLEX, Constant::complex(Constant::Int(0), im))
            }
            LitKind::Rune => {
                let v = literal::unquote_rune(s)
                    .map_or(Constant::Unknown, |r| Constant::Int(i64::from(r)));
                (TypeId::UNTYPED_RUNE, v)
            }
            LitKind::String => {
                let v = literal::unquote(s).map_or(Constant::Unknown, |b| Constant::bytes(&b));
                (TypeId::UNTYPED_STRING, v)
            }
        };
        if val.is_unknown() {
            self.error(pos, Code::InvalidConstVal, format!("malformed constant: {s}"));
            return;
        }
        x.mode = Mode::Constant;
        x.ty = ty;
        x.val = val;
        x.expr = OperandExpr::Expr(e);
        self.overflow(x, pos);
    }

    fn literal_version(&mut self, pos: Pos, kind: LitKind, s: &str) {
        if s.len() <= 2 || self.allow(Version::GO1_13) {
            return;
        }
        let b = s.as_bytes();
        let what = if s.contains('_') {
            "underscore in numeric literal"
        } else if b[0] != b'0' {
            return;
        } else {
            match b[1] {
                b'b' | b'B' => "binary literal",
                b'o' | b'O' => "0o/0O-style octal literal",
                b'x' | b'X' if kind != LitKind::Int => "hexadecimal floating-point literal",
                _ => return,
            }
        };
        self.version_error(pos, Version::GO1_13, what);
    }

    pub(crate) fn func_lit(&mut self, x: &mut Operand, ty: ExprId, body: &'a Block) {
        let (sig, scope) = self.func_type(None, &[], ty, None);
        if !self.config.ignore_bodies {
            let decl = self.env.decl;
            let iota = self.env.iota.clone();
            let tparams = self.env.tparams.clone();
            self.later(move |c| {
                let saved = std::mem::replace(&mut c.env.tparams, tparams);
                c.func_body(decl, sig, scope, body, iota);
                c.env.tparams = saved;
            });
        }
        x.mode = Mode::Value;
        x.ty = sig;
    }

    pub(crate) fn composite_lit(
        &mut self,
        x: &mut Operand,
        e: ExprId,
        ty: Option<ExprId>,
        elems: &'a [ExprId],
        rbrace: Pos,
        hint: Option<TypeId>,
    ) {
        let u = self.u;
        let mut is_elem = false;
        // For [...]T: the element type; the length comes from the elements.
        let mut open_array = None;
        let (mut typ, base);
        match (ty, hint) {
            (Some(t), _) => {
                if let ExprKind::ArrayType { len: None, elem } = self.kind(t) {
                    open_array = Some(self.var_type(*elem));
                    typ = TypeId::INVALID;
                } else {
                    typ = self.typ(t);
                }
                base = typ;
            }
            (None, Some(h)) => {
                typ = h;
                base = match u.core_type(h).map(|c| u.kind(c)) {
                    Some(TypeKind::Pointer(b)) => *b,
                    _ => h,
                };
                is_elem = true;
            }
            (None, None) => {
                self.error(self.epos(e), Code::UntypedLit, "missing type in composite literal");
                typ = TypeId::INVALID;
                base = typ;
            }
        }
        if !self.is_complete(base) {
            x.invalidate();
            return;
        }
        if let Some(elem) = open_array {
            let outlined = matches!(self.kind(e), ExprKind::CompositeLit { outlined: true, .. });
            let n = match outlined {
                true => self.recorded_len(e),
                false => self.indexed_elems(elems, elem, -1),
            };
            typ = u.new_array(elem, n);
            if let Some(t) = ty {
                self.record_type(t, Mode::TypeExpr, typ, None);
            }
            x.mode = Mode::Value;
            x.ty = typ;
            return;
        }
        let core = u.core_type(base);
        match core.map(|c| u.kind(c)) {
            Some(TypeKind::Struct(s)) => {
                self.struct_elems(x, base, core.unwrap_or(base), &s.fields, elems, rbrace)
            }
            Some(TypeKind::Array { elem, len }) => {
                self.indexed_elems(elems, *elem, *len);
            }
            Some(TypeKind::Slice(elem)) => {
                self.indexed_elems(elems, *elem, -1);
            }
            Some(TypeKind::Map { key, elem }) => self.map_elems(x, *key, *elem, elems),
            other => {
                for &el in elems {
                    let v = match self.kind(el) {
                        ExprKind::KeyValue { value, .. } => *value,
                        _ => el,
                    };
                    self.use_exprs(&[v]);
                }
                let invalid = core.is_some_and(|c| !c.is_valid());
                if !invalid {
                    let qualifier = if is_elem { " element" } else { "" };
                    let cause = if other.is_none() { " (no common underlying type)" } else { "" };
                    let msg = format!(
                        "invalid composite literal{qualifier} type {}{cause}",
                        self.ts(typ)
                    );
                    self.error(self.epos(e), Code::InvalidLit, msg);
                    x.invalidate();
                    return;
                }
            }
        }
        x.mode = Mode::Value;
        x.ty = typ;
    }

    fn struct_elems(
        &mut self,
        x: &mut Operand,
        base: TypeId,
        utyp: TypeId,
        fields: &[ObjId],
        elems: &[ExprId],
        rbrace: Pos,
    ) {
        let u = self.u;
        let Some(&first) = elems.first() else { return };
        if matches!(self.kind(first), ExprKind::KeyValue { .. }) {
            self.keyed_fields(x, base, utyp, elems);
            return;
        }
        for (i, &e) in elems.iter().enumerate() {
            if let ExprKind::KeyValue { .. } = self.kind(e) {
                let msg = "mixture of field:value and value elements in struct literal";
                self.error(self.epos(e), Code::MixedStructLit, msg);
                continue;
            }
            self.generic_expr(x, e, None);
            let Some(&f) = fields.get(i) else {
                let msg = format!("too many values in struct literal of type {}", self.ts(base));
                self.error(self.xpos(x), Code::InvalidStructLit, msg);
                break;
            };
            let fo = u.obj(f);
            if !fo.is_exported() && !u.same_pkg(fo.pkg, Some(self.pkg)) {
                let msg = format!(
                    "implicit assignment to unexported field {} in struct literal of type {}",
                    fo.name,
                    self.ts(base)
                );
                self.error(self.xpos(x), Code::UnexportedLitField, msg);
                continue;
            }
            self.assignment(x, Some(u.obj_type(f)), "struct literal");
        }
        if elems.len() < fields.len() {
            let hidden = fields.iter().any(|f| {
                let o = u.obj(*f);
                !o.is_exported() && !u.same_pkg(o.pkg, Some(self.pkg))
            });
            let hint =
                if hidden { " (type has unexported fields - use key:value pairs)" } else { "" };
            let msg = format!("too few values in struct literal of type {}{hint}", self.ts(base));
            self.error(rbrace, Code::InvalidStructLit, msg);
        }
    }

    fn keyed_fields(&mut self, x: &mut Operand, base: TypeId, utyp: TypeId, elems: &[ExprId]) {
        let u = self.u;
        let mut visited: Vec<(Vec<u32>, ObjId)> = Vec::new();
        for &e in elems {
            let ExprKind::KeyValue { key, value } = self.kind(e) else {
                let msg = "mixture of field:value and value elements in struct literal";
                self.error(self.epos(e), Code::MixedStructLit, msg);
                continue;
            };
            let epos = self.epos(e);
            let name_id = match self.kind(*key) {
                ExprKind::Name(n) => Some(*n),
                _ => None,
            };
            self.generic_expr(x, *value, None);
            let Some(id) = name_id else {
                let msg = format!("invalid field name {} in struct literal", self.es(*key));
                self.error(epos, Code::InvalidLitField, msg);
                continue;
            };
            let key_pos = self.epos(*key);
            let name = self.name_of(id);
            let l = u.lookup_field_or_method(utyp, false, Some(self.pkg), name);
            let Some(f) = l.obj else {
                let alt = u.lookup_folded(utyp, false, Some(self.pkg), name, true).obj;
                let msg = self.lookup_error(base, name.as_str(), alt, true);
                self.error(key_pos, Code::MissingLitField, msg);
                continue;
            };
            let fo = u.obj(f);
            if !fo.is_var() {
                self.error(key_pos, Code::MissingLitField, format!("{name} is not a field"));
                continue;
            }
            if l.path.len() > 1 {
                if !self.allow(Version::GO1_27) {
                    let path = u.field_path(utyp, &l.path);
                    let what = format!(
                        "use of promoted field {path} in struct literal of type {}",
                        self.ts(base)
                    );
                    self.version_error(key_pos, Version::GO1_27, &what);
                    continue;
                }
                self.info().promoted.insert(e, l.path.as_slice().into());
            }
            if l.indirect {
                let msg = format!("invalid implicit pointer indirection to reach {name}");
                self.error(key_pos, Code::InvalidLitField, msg);
                continue;
            }
            self.record_use(id, f);
            self.assignment(x, Some(u.obj_type(f)), "struct literal");
            let clash = visited
                .iter()
                .find(|(p, _)| p.starts_with(&l.path) || l.path.starts_with(p))
                .map(|(p, alt)| (p.len(), u.obj(*alt).name));
            match clash {
                None => visited.push((l.path, f)),
                Some((n, alt)) => {
                    let msg = if n == l.path.len() {
                        format!("duplicate field name {} in struct literal", fo.name)
                    } else if n < l.path.len() {
                        format!(
                            "cannot specify promoted field {} and enclosing embedded field {alt}",
                            fo.name
                        )
                    } else {
                        format!(
                            "cannot specify embedded field {} and enclosed promoted field {alt}",
                            fo.name
                        )
                    };
                    self.error(epos, Code::DuplicateLitField, msg);
                }
            }
        }
    }

    fn map_elems(&mut self, x: &mut Operand, key: TypeId, elem: TypeId, elems: &[ExprId]) {
        let u = self.u;
        let key_is_iface = u.is_non_type_param_interface(key);
        let mut visited: FxHashMap<ConstKey, Vec<TypeId>> = FxHashMap::default();
        for &e in elems {
            let ExprKind::KeyValue { key: k, value } = self.kind(e) else {
                self.error(self.epos(e), Code::MissingLitKey, "missing key in map literal");
                continue;
            };
            self.generic_expr(x, *k, Some(key));
            self.assignment(x, Some(key), "map literal");
            if !x.is_valid() {
                continue;
            }
            if x.is_const()
                && let Some(ck) = ConstKey::new(&x.val)
            {
                let seen = visited.entry(ck).or_default();
                let duplicate = if key_is_iface {
                    seen.iter().any(|t| u.identical(*t, x.ty))
                } else {
                    !seen.is_empty()
                };
                seen.push(x.ty);
                if duplicate {
                    let msg = format!("duplicate key {} in map literal", x.val);
                    self.error(self.xpos(x), Code::DuplicateLitKey, msg);
                    continue;
                }
            }
            self.generic_expr(x, *value, Some(elem));
            self.assignment(x, Some(elem), "map literal");
        }
    }

    /// Elements of an array or slice literal; gives the length that they need. `length` is negative if it is open.
    fn indexed_elems(&mut self, elems: &[ExprId], ty: TypeId, length: i64) -> i64 {
        let mut visited: FxHashSet<i64> = FxHashSet::default();
        let (mut index, mut max) = (0i64, 0i64);
        for &e in elems {
            let mut valid = false;
            let mut value = e;
            if let ExprKind::KeyValue { key, value: v } = self.kind(e) {
                let (t, i) = self.index(*key, length);
                if t.is_valid() {
                    if i >= 0 {
                        index = i;
                        valid = true;
                    } else {
                        let msg = format!("index {} must be integer constant", self.es(*key));
                        self.error(self.epos(e), Code::InvalidLitIndex, msg);
                    }
                }
                value = *v;
            } else if length >= 0 && index >= length {
                let msg = format!("index {index} is out of bounds (>= {length})");
                self.error(self.epos(e), Code::OversizeArrayLit, msg);
            } else {
                valid = true;
            }
            if valid && !visited.insert(index) {
                let msg = format!("duplicate index {index} in array or slice literal");
                self.error(self.epos(e), Code::DuplicateLitKey, msg);
            }
            index += 1;
            max = max.max(index);
            let mut x = Operand::new();
            self.generic_expr(&mut x, value, Some(ty));
            self.assignment(&mut x, Some(ty), "array or slice literal");
        }
        max
    }

    /// Why a field or method wasn't found; `alt` is what has the same name but for upper and lower case.
    pub(crate) fn lookup_error(
        &self,
        t: TypeId,
        sel: &str,
        alt: Option<ObjId>,
        struct_lit: bool,
    ) -> String {
        enum E {
            Missing,
            Misspelled,
            Unexported,
            Inaccessible,
        }
        let u = self.u;
        let ts = self.ts(t);
        let tail = |s: &str| s.chars().skip(1).collect::<String>();
        let exported = crate::object::is_exported_str;
        let alt_name = alt.map_or("", |a| u.obj(a).name.as_str());
        let e = match alt {
            None => E::Missing,
            Some(a) if u.obj(a).pkg == Some(self.pkg) => E::Misspelled,
            Some(_) if exported(sel) => {
                if exported(alt_name) {
                    E::Misspelled
                } else if tail(sel) == tail(alt_name) {
                    E::Unexported
                } else {
                    E::Missing
                }
            }
            Some(_) if exported(alt_name) => {
                if tail(sel) == tail(alt_name) {
                    E::Misspelled
                } else {
                    E::Missing
                }
            }
            Some(_) if sel == alt_name => E::Inaccessible,
            Some(_) => E::Missing,
        };
        if struct_lit {
            return match e {
                E::Missing => format!("unknown field {sel} in struct literal of type {ts}"),
                E::Misspelled => {
                    format!(
                        "unknown field {sel} in struct literal of type {ts}, but does have {alt_name}"
                    )
                }
                E::Unexported => format!(
                    "unknown field {sel} in struct literal of type {ts}, but does have unexported {alt_name}"
                ),
                E::Inaccessible => {
                    format!(
                        "cannot refer to unexported field {alt_name} in struct literal of type {ts}"
                    )
                }
            };
        }
        let what = alt.map_or("object", |a| if u.obj(a).is_var() { "field" } else { "method" });
        match e {
            E::Missing => format!("type {ts} has no field or method {sel}"),
            E::Misspelled => {
                format!("type {ts} has no field or method {sel}, but does have {what} {alt_name}")
            }
            E::Unexported => {
                format!(
                    "type {ts} has no field or method {sel}, but does have unexported {what} {alt_name}"
                )
            }
            E::Inaccessible => format!("cannot refer to unexported {what} {alt_name}"),
        }
    }
}
