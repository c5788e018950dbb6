//! Struct and interface types, and unions.

use crate::check::Checker;
use crate::errors::{Code, Report};
use crate::info::Mode;
use crate::object::ObjId;
use crate::types::{BasicKind, Term, TypeId, TypeKind};
use crate::typeset::MAX_TERMS;
use crate::version::Version;
use burrow_syntax::{BinaryOp, ExprId, ExprKind, Field, IdentId, LitKind, Pos, UnaryOp};
use std::sync::Arc;

impl<'a> Checker<'a> {
    pub(crate) fn struct_type(&mut self, list: &'a [Field]) -> TypeId {
        let u = self.u;
        let mut fields: Vec<ObjId> = Vec::new();
        let mut tags: Vec<Arc<[u8]>> = Vec::new();
        let mut ty = TypeId::INVALID;
        for (i, f) in list.iter().enumerate() {
            if i == 0 || f.ty != list[i - 1].ty {
                ty = self.var_type(f.ty);
            }
            let tag = f.tag.map_or_else(|| Arc::from([]), |t| self.tag(t));
            let embedded = f.name.is_none();
            let id = f.name.or_else(|| self.embedded_ident(f.ty));
            let Some(id) = id else {
                let msg = format!("invalid embedded field type {}", self.es(f.ty));
                self.error(self.epos(f.ty), Code::InvalidSyntaxTree, msg);
                continue;
            };
            let ident = self.file().ident(id);
            let fld = u.new_field(ident.pos, Some(self.pkg), ident.name, ty, embedded);
            let alt =
                fields.iter().find(|o| u.obj(**o).name == ident.name && ident.name != self.blank);
            if let Some(&alt) = alt {
                let mut r = Report::new(Code::DuplicateDecl);
                r.add(ident.pos, format!("{} redeclared", ident.name));
                self.add_alt_decl(&mut r, alt);
                self.report(r);
            } else {
                fields.push(fld);
                tags.push(tag);
                self.record_def(id, Some(fld));
            }
            if embedded {
                let pos = self.epos(f.ty);
                self.later(move |c| c.check_embedded(pos, ty));
            }
        }
        if tags.iter().all(|t| t.is_empty()) {
            tags.clear();
        }
        u.new_struct(fields.into(), tags.into())
    }

    fn check_embedded(&mut self, pos: Pos, ty: TypeId) {
        let u = self.u;
        let (t, is_ptr) = u.deref(ty);
        match u.under_kind(t) {
            TypeKind::Basic(BasicKind::UnsafePointer, _) => {
                self.error(
                    pos,
                    Code::InvalidPtrEmbed,
                    "embedded field type cannot be unsafe.Pointer",
                );
            }
            TypeKind::Pointer(_) => {
                self.error(pos, Code::InvalidPtrEmbed, "embedded field type cannot be a pointer");
            }
            TypeKind::Interface(_) => {
                if u.is_type_param(t) {
                    let msg = "embedded field type cannot be a (pointer to a) type parameter";
                    self.error(pos, Code::MisplacedTypeParam, msg);
                } else if is_ptr {
                    let msg = "embedded field type cannot be a pointer to an interface";
                    self.error(pos, Code::InvalidPtrEmbed, msg);
                }
            }
            _ => {}
        }
    }

    /// The name of an embedded field.
    fn embedded_ident(&self, e: ExprId) -> Option<IdentId> {
        let f = self.file();
        match f.expr(e) {
            ExprKind::Name(n) => Some(*n),
            ExprKind::Star(x) if !matches!(f.expr(*x), ExprKind::Star(_)) => {
                self.embedded_ident(*x)
            }
            ExprKind::Selector { sel, .. } => Some(*sel),
            ExprKind::Index { x, .. } | ExprKind::Paren(x) => self.embedded_ident(*x),
            _ => None,
        }
    }

    fn tag(&mut self, e: ExprId) -> Arc<[u8]> {
        if let ExprKind::BasicLit { kind: LitKind::String, text, bad } = self.kind(e) {
            if *bad {
                return Arc::from([]);
            }
            if let Some(b) = burrow_syntax::literal::unquote(text.as_str()) {
                return b.into();
            }
        }
        let msg = format!("incorrect tag syntax: {}", self.es(e));
        self.error(self.epos(e), Code::InvalidSyntaxTree, msg);
        Arc::from([])
    }

    pub(crate) fn interface_type(&mut self, list: &'a [Field]) -> TypeId {
        let u = self.u;
        let (mut methods, mut embeddeds, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        for f in list {
            let Some(id) = f.name else {
                let pos = self.epos(f.ty);
                embeddeds.push(self.union(f.ty));
                positions.push(pos);
                continue;
            };
            let ident = self.file().ident(id);
            if ident.name == self.blank {
                let msg = "methods must have a unique non-blank name";
                self.error(ident.pos, Code::BlankIfaceMethod, msg);
                continue;
            }
            let t = self.typ(f.ty);
            if !matches!(u.kind(t), TypeKind::Signature(_)) {
                continue;
            }
            let m = u.new_func(ident.pos, Some(self.pkg), ident.name, Some(t));
            self.record_def(id, Some(m));
            methods.push(m);
        }
        if methods.is_empty() && embeddeds.is_empty() {
            return TypeId::EMPTY_INTERFACE;
        }
        u.sort_methods(&mut methods);
        let t = u.new_interface(methods.into(), embeddeds.into(), positions.into(), false);
        self.later(move |c| c.check_interface(t));
        t
    }

    /// Reports duplicate methods, and embedded elements that the language version doesn't have.
    pub(crate) fn check_interface(&mut self, t: TypeId) {
        let u = self.u;
        let TypeKind::Interface(it) = u.kind(t) else { return };
        let mut seen: Vec<(ObjId, Pos)> = Vec::new();
        for &m in &it.methods {
            self.add_method(&mut seen, u.obj(m).pos, m, true);
        }
        for (&e, &pos) in it.embeddeds.iter().zip(&it.embed_pos) {
            let eu = u.under(e);
            match u.kind(eu) {
                TypeKind::Interface(_) => {
                    if self.is_imported_constraint(e) && !self.allow(Version::GO1_18) {
                        let what = format!("embedding constraint interface {}", self.ts(e));
                        self.version_error(pos, Version::GO1_18, &what);
                        continue;
                    }
                    for &m in &u.type_set(eu).methods {
                        self.add_method(&mut seen, pos, m, false);
                    }
                }
                TypeKind::Union(terms) => {
                    if !self.allow(Version::GO1_18) {
                        let what = format!("embedding interface element {}", self.ts(eu));
                        self.version_error(pos, Version::GO1_18, &what);
                    } else if u.union_terms(terms).is_some_and(|l| l.len() > MAX_TERMS) {
                        let msg = format!(
                            "cannot handle more than {MAX_TERMS} union terms (implementation limitation)"
                        );
                        self.error(pos, Code::InvalidUnion, msg);
                    }
                }
                TypeKind::Basic(BasicKind::Invalid, _) => {}
                _ => {
                    if !self.allow(Version::GO1_18) {
                        let what = format!("embedding non-interface type {}", self.ts(e));
                        self.version_error(pos, Version::GO1_18, &what);
                    }
                }
            }
        }
        u.type_set(t);
    }

    fn add_method(&mut self, seen: &mut Vec<(ObjId, Pos)>, pos: Pos, m: ObjId, explicit: bool) {
        let u = self.u;
        let mo = u.obj(m);
        let other = seen.iter().find(|(o, _)| u.same_id(*o, mo.pkg, mo.name, false)).copied();
        let Some((other, other_pos)) = other else {
            seen.push((m, pos));
            return;
        };
        let report = move |c: &mut Checker<'_>| {
            let mut r = Report::new(Code::DuplicateDecl);
            r.add(pos, format!("duplicate method {}", mo.name));
            r.add(other_pos, format!("other declaration of method {}", mo.name));
            c.report(r);
        };
        if explicit {
            report(self);
            return;
        }
        self.later(move |c| {
            if !c.allow(Version::GO1_14) || !u.identical(u.obj_type(m), u.obj_type(other)) {
                report(c);
            }
        });
    }

    /// An element of an interface: a type, or a union of terms.
    pub(crate) fn union(&mut self, e: ExprId) -> TypeId {
        let u = self.u;
        let mut ops = Vec::new();
        let mut items = Vec::new();
        let mut x = e;
        while let ExprKind::Binary { op: BinaryOp::Or, x: l, y } = self.kind(x) {
            ops.push(x);
            items.push(*y);
            x = *l;
        }
        items.push(x);
        items.reverse();
        ops.reverse();
        let mut terms: Vec<Term> = Vec::new();
        let mut t = TypeId::INVALID;
        let mut too_many = false;
        for (i, &item) in items.iter().enumerate() {
            let term = self.tilde_term(item);
            if items.len() == 1 && !term.tilde {
                return term.ty;
            }
            if terms.len() >= MAX_TERMS {
                if !too_many {
                    let msg = format!(
                        "cannot handle more than {MAX_TERMS} union terms (implementation limitation)"
                    );
                    self.error(self.epos(item), Code::InvalidUnion, msg);
                    too_many = true;
                }
                t = TypeId::INVALID;
            } else {
                terms.push(term);
                if i + 1 == items.len() || i > 0 {
                    t = u.new_union(terms.as_slice().into());
                }
            }
            if i > 0 {
                self.record_type(ops[i - 1], Mode::TypeExpr, t, None);
            }
        }
        if !t.is_valid() {
            return t;
        }
        self.later(move |c| c.check_union(&terms, &items));
        t
    }

    fn check_union(&mut self, terms: &[Term], items: &[ExprId]) {
        let u = self.u;
        for (i, t) in terms.iter().enumerate() {
            if !t.ty.is_valid() {
                continue;
            }
            let pos = self.epos(items[i]);
            let under = u.under(t.ty);
            let iface = matches!(u.kind(under), TypeKind::Interface(_));
            let term_string = |c: &Self, t: &Term| {
                format!("{}{}", if t.tilde { "~" } else { "" }, c.u.full_type_string(t.ty))
            };
            if t.tilde {
                if iface {
                    let msg = format!("invalid use of ~ ({} is an interface)", self.ts(t.ty));
                    self.error(pos, Code::InvalidUnion, msg);
                    continue;
                }
                if !u.identical(under, t.ty) {
                    let (a, b) = (self.ts(t.ty), self.ts(under));
                    let msg = format!("invalid use of ~ (underlying type of {a} is {b})");
                    self.error(pos, Code::InvalidUnion, msg);
                    continue;
                }
            }
            if iface {
                let set = u.type_set(under);
                let s = term_string(self, t);
                if !set.methods.is_empty() {
                    let msg = format!("cannot use {s} in union ({s} contains methods)");
                    self.error(pos, Code::InvalidUnion, msg);
                } else if t.ty == TypeId::COMPARABLE {
                    self.error(pos, Code::InvalidUnion, "cannot use comparable in union");
                } else if set.comparable {
                    let msg = format!("cannot use {s} in union ({s} embeds comparable)");
                    self.error(pos, Code::InvalidUnion, msg);
                }
                continue;
            }
            let overlap = |x: &&Term| !u.is_interface(x.ty) && !u.term_disjoint(**x, *t);
            if let Some(o) = terms[..i].iter().find(overlap) {
                let (a, b) = (term_string(self, t), term_string(self, o));
                self.soft_error(pos, Code::InvalidUnion, format!("overlapping terms {a} and {b}"));
            }
        }
    }

    fn tilde_term(&mut self, item: ExprId) -> Term {
        let (tilde, x) = match self.kind(item) {
            ExprKind::Unary { op: UnaryOp::Tilde, x } => (true, *x),
            _ => (false, item),
        };
        let mut ty = self.typ(x);
        if self.u.is_type_param(ty) {
            let pos = self.epos(x);
            if tilde {
                let msg = format!("type in term {} cannot be a type parameter", self.es(item));
                self.error(pos, Code::MisplacedTypeParam, msg);
            } else {
                self.error(pos, Code::MisplacedTypeParam, "term cannot be a type parameter");
            }
            ty = TypeId::INVALID;
        }
        let term = Term { tilde, ty };
        if tilde {
            let t = self.u.new_union(Box::new([term]));
            self.record_type(item, Mode::TypeExpr, t, None);
        }
        term
    }
}
