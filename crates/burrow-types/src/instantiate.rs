//! Verifying type arguments: what implements and satisfies what, and why not.

use crate::check::Checker;
use crate::errors::Code;
use crate::lookup::{Missing, MissingState};
use crate::subst::make_map;
use crate::types::{Term, TypeId, TypeKind};
use crate::version::Version;
use burrow_syntax::Pos;

impl<'a> Checker<'a> {
    pub(crate) fn validate_targ_len(
        &mut self,
        pos: Pos,
        name: &str,
        want: usize,
        got: usize,
    ) -> bool {
        let qual = match got.cmp(&want) {
            std::cmp::Ordering::Less => "not enough",
            std::cmp::Ordering::Greater => "too many",
            std::cmp::Ordering::Equal => return true,
        };
        let msg = format!("{qual} type arguments for type {name}: have {got}, want {want}");
        self.error(pos, Code::WrongTypeArgCount, msg);
        false
    }

    /// Checks type arguments against constraints. `Err`: the index of the first that fails, and why.
    pub(crate) fn verify(
        &mut self,
        tparams: &[TypeId],
        targs: &[TypeId],
    ) -> Result<(), (usize, String)> {
        let map = make_map(tparams, targs);
        for (i, (&p, &t)) in tparams.iter().zip(targs).enumerate() {
            let mut bound = self.u.tparam_bound(p);
            // A constraint such as []E stands for an interface of it.
            if bound.is_valid() && !self.u.is_interface(bound) {
                bound = self.u.under(p);
            }
            let bound = self.u.subst(bound, &map);
            let mut cause = String::new();
            if !self.implements(t, bound, true, Some(&mut cause)) {
                return Err((i, cause));
            }
        }
        Ok(())
    }

    /// `v` implements (or with `constraint`, satisfies) the interface `t`.
    pub(crate) fn implements(
        &mut self,
        v: TypeId,
        t: TypeId,
        constraint: bool,
        cause: Option<&mut String>,
    ) -> bool {
        match self.implements0(v, t, constraint) {
            Ok(()) => true,
            Err(why) => {
                if let Some(c) = cause {
                    *c = why(self);
                }
                false
            }
        }
    }

    /// The error is made only when it is asked for.
    #[allow(clippy::type_complexity, reason = "a lazily made message")]
    fn implements0(
        &mut self,
        v: TypeId,
        t: TypeId,
        constraint: bool,
    ) -> Result<(), Box<dyn FnOnce(&mut Checker<'a>) -> String + 'a>> {
        let u = self.u;
        let (vu, tu) = (u.under(v), u.under(t));
        if !vu.is_valid() || !tu.is_valid() {
            return Ok(());
        }
        if let TypeKind::Pointer(b) = u.kind(vu)
            && !u.under(*b).is_valid()
        {
            return Ok(());
        }
        let verb = if constraint { "satisfy" } else { "implement" };
        if !matches!(u.kind(tu), TypeKind::Interface(_)) {
            return Err(Box::new(move |c| {
                let detail = if u.is_interface_ptr(tu) {
                    c.interface_ptr_error(t)
                } else {
                    format!("{} is not an interface", c.ts(t))
                };
                format!("{} does not {verb} {} ({detail})", c.ts(v), c.ts(t))
            }));
        }
        let ts = u.type_set(tu);
        if ts.is_all() {
            return Ok(());
        }
        let vset = matches!(u.kind(vu), TypeKind::Interface(_)).then(|| u.type_set(vu));
        if vset.is_some_and(|s| s.is_empty()) {
            return Ok(());
        }
        if ts.is_empty() {
            return Err(Box::new(move |c| format!("cannot {verb} {} (empty type set)", c.ts(t))));
        }
        if let Some(m) = self.missing(v, t, true) {
            return Err(Box::new(move |c| {
                let why = c.missing_cause(&m, v, t);
                format!("{} does not {verb} {} {why}", c.ts(v), c.ts(t))
            }));
        }
        // Where the version has no such elements, they are the error.
        if ts.has_terms() && self.allow(Version::GO1_18) {
            if let Some(s) = vset {
                if !u.terms_subset(s.terms.as_deref(), ts.terms.as_deref()) {
                    return Err(Box::new(move |c| {
                        format!("{} does not {verb} {}", c.ts(v), c.ts(t))
                    }));
                }
            } else {
                let terms = ts.terms.as_deref().unwrap_or_default();
                if !terms.iter().any(|x| u.term_includes(*x, v)) {
                    return Err(Box::new(move |c| c.missing_term(v, t, tu, verb, terms)));
                }
            }
        }
        // Comparability.
        if !u.set_is_comparable(ts, &mut Vec::new()) {
            return Ok(());
        }
        if u.comparable_type(v, false, &mut Vec::new()).is_none() {
            return Ok(());
        }
        if constraint && u.comparable(v) {
            if self.allow(Version::GO1_20) {
                return Ok(());
            }
            return Err(Box::new(move |c| {
                format!("{} to {verb} comparable requires go1.20 or later", c.ts(v))
            }));
        }
        Err(Box::new(move |c| format!("{} does not {verb} comparable", c.ts(v))))
    }

    fn missing_term(
        &mut self,
        v: TypeId,
        t: TypeId,
        tu: TypeId,
        verb: &str,
        terms: &[Term],
    ) -> String {
        let u = self.u;
        let near = terms.iter().find(|x| {
            !x.tilde
                && u.identical(x.ty, u.under(x.ty))
                && u.term_includes(Term { tilde: true, ..**x }, v)
        });
        let (vs, ts) = (self.ts(v), self.ts(t));
        let detail = if let Some(a) = near {
            format!("possibly missing ~ for {} in {ts}", self.ts(a.ty))
        } else if self.mentions(tu, v) {
            format!("{ts} mentions {vs}, but {vs} is not in the type set of {ts}")
        } else {
            let list: Vec<String> = terms
                .iter()
                .map(|x| {
                    format!("{}{}", if x.tilde { "~" } else { "" }, self.u.full_type_string(x.ty))
                })
                .collect();
            format!("{vs} missing in {}", list.join(" | "))
        };
        format!("{vs} does not {verb} {ts} ({detail})")
    }

    fn mentions(&self, t: TypeId, v: TypeId) -> bool {
        match self.u.kind(t) {
            TypeKind::Interface(i) => i.embeddeds.iter().any(|e| self.mentions(*e, v)),
            TypeKind::Union(l) => l.iter().any(|x| self.mentions(x.ty, v)),
            _ => self.u.identical(t, v),
        }
    }

    /// The first method of the interface that `v` lacks.
    fn missing(&mut self, v: TypeId, t: TypeId, is_static: bool) -> Option<Missing> {
        let u = self.u;
        if !v.is_valid() {
            return None;
        }
        let m = u.missing_method_by(v, t, is_static, &mut |x, y| u.identical(x, y), &mut |f| {
            self.obj_decl(f)
        })?;
        (!u.has_invalid_embedded_fields(v, &mut Vec::new())).then_some(m)
    }

    pub(crate) fn has_all_methods(
        &mut self,
        v: TypeId,
        t: TypeId,
        is_static: bool,
        cause: &mut String,
    ) -> bool {
        match self.missing(v, t, is_static) {
            None => true,
            Some(m) => {
                *cause = self.missing_cause(&m, v, t);
                false
            }
        }
    }

    pub(crate) fn missing_cause(&mut self, m: &Missing, v: TypeId, t: TypeId) -> String {
        let u = self.u;
        let name = u.obj(m.method).name;
        let have_want = |c: &Self, head: &str, pkg_info: bool| {
            let f = m.found.map_or(String::new(), |f| c.u.func_string(f, pkg_info));
            let w = c.u.func_string(m.method, pkg_info);
            (f == w, format!("({head} {name})\n\t\thave {f}\n\t\twant {w}"))
        };
        match m.state {
            MissingState::NotFound => {
                if u.is_interface_ptr(v) {
                    format!("({})", self.interface_ptr_error(v))
                } else if u.is_interface_ptr(t) {
                    format!("({})", self.interface_ptr_error(t))
                } else {
                    format!("(missing method {name})")
                }
            }
            MissingState::WrongName => have_want(self, "missing method", false).1,
            MissingState::Unexported => format!("(unexported method {name})"),
            MissingState::WrongSig => {
                let head = "wrong type for method";
                let (same, s) = have_want(self, head, false);
                if !same {
                    return s;
                }
                let (same, s) = have_want(self, head, true);
                if same { format!("({head} {name})") } else { s }
            }
            MissingState::Ambiguous => format!("(ambiguous selector {}.{name})", self.ts(v)),
            MissingState::PtrRecv => format!("(method {name} has pointer receiver)"),
            MissingState::Field => format!("({}.{name} is a field, not a method)", self.ts(v)),
            MissingState::NoInterface => format!("({name} method is marked 'nointerface')"),
        }
    }

    pub(crate) fn interface_ptr_error(&self, t: TypeId) -> String {
        let elem = self.u.under_pointer(t);
        if elem.is_some_and(|e| self.u.is_type_param(e)) {
            format!("type {} is pointer to type parameter, not type parameter", self.ts(t))
        } else {
            format!("type {} is pointer to interface, not interface", self.ts(t))
        }
    }
}
