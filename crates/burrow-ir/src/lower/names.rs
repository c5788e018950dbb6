//! Symbols, and the names that `runtime.Func.Name` gives.
//!
//! SYM-1  A link symbol is one-to-one with what it names. It begins with the package's path, in which the dots of the last
//!        element are escaped, and type arguments are link strings. So the first dot behind the last slash ends the path:
//!        method `M` of type `T` in package `p` is not function `M` of package `p.T`. gc: `objabi.PathToPrefix`.
//! SYM-2  The path is the one that the package was checked with: `main` for the program, whatever other packages are called.
//!
//! A display name is what gc shows: `main.F[...]`, `main.(*T).M`.

use std::rc::Rc;

use burrow_syntax::Symbol;
use burrow_types::{ObjId, ObjKind, PkgId, TypeId, TypeKind};

use super::program::{Entry, FuncInst, Item, MethodRef, Program};

impl<'a> Program<'a> {
    /// What symbols and display names of a package begin with.
    pub(super) fn pkg_prefix(&self, pkg: PkgId) -> Symbol {
        match self.by_id.get(&pkg) {
            Some(&i) => self.prefixes[i],
            None => Symbol::new(&escape_path(self.u.pkg(pkg).path.as_str())),
        }
    }

    fn object_prefix(&self, obj: ObjId) -> Symbol {
        self.u.obj(obj).pkg.map_or_else(|| Symbol::new("go"), |p| self.pkg_prefix(p))
    }

    fn type_args(&self, targs: &[TypeId]) -> String {
        if targs.is_empty() {
            return String::new();
        }
        let list: Vec<String> = targs.iter().map(|&t| self.u.link_string(t)).collect();
        format!("[{}]", list.join(","))
    }

    /// Symbol and display name of a function. One that `//go:linkname` gives to another package is shown as that
    /// package's, as in gc: `time.Sleep`.
    pub(super) fn func_names(&self, f: &FuncInst) -> (String, String) {
        match self.linknames.get(&f.obj) {
            Some(s) => (s.to_string(), s.to_string()),
            None => self.plain_names(f),
        }
    }

    fn plain_names(&self, f: &FuncInst) -> (String, String) {
        let o = self.u.obj(f.obj);
        let prefix = self.object_prefix(f.obj);
        let Some((recv, ptr)) = self.receiver_type(f.obj) else {
            if let Some(n) = self.init_numbers.get(&f.obj) {
                return (format!("{prefix}.init.{n}"), format!("{prefix}.init.{n}"));
            }
            let dots = if f.targs.is_empty() { "" } else { "[...]" };
            let args = self.type_args(&f.targs);
            return (format!("{prefix}.{}{args}", o.name), format!("{prefix}.{}{dots}", o.name));
        };
        let TypeKind::Named(n) = self.u.kind(recv) else {
            return (format!("{prefix}.{}", o.name), format!("{prefix}.{}", o.name));
        };
        let ty = self.u.obj(n.obj).name;
        let TypeKind::Signature(s) = self.u.kind(self.obj_type(f.obj)) else {
            unreachable!("a method has a signature")
        };
        let (of_type, own) = f.targs.split_at(s.rparams.len().min(f.targs.len()));
        let (targs, margs) = (self.type_args(of_type), self.type_args(own));
        let tdots = if of_type.is_empty() { "" } else { "[...]" };
        let mdots = if own.is_empty() { "" } else { "[...]" };
        if ptr {
            (
                format!("{prefix}.(*{ty}{targs}).{}{margs}", o.name),
                format!("{prefix}.(*{ty}{tdots}).{}{mdots}", o.name),
            )
        } else {
            (
                format!("{prefix}.{ty}{targs}.{}{margs}", o.name),
                format!("{prefix}.{ty}{tdots}.{}{mdots}", o.name),
            )
        }
    }

    /// The symbol of a function that is called or whose address is taken; queues it.
    pub(super) fn want_func(&self, f: FuncInst) -> Symbol {
        let f = self.definition(f);
        let symbol = Symbol::new(&self.func_names(&f).0);
        if self.want(symbol) {
            self.push_work(Item::Func(f));
        }
        symbol
    }

    /// Follows a pull by `//go:linkname` to the Go function that it means, if there is one.
    pub(super) fn definition(&self, f: FuncInst) -> FuncInst {
        let has_body = |o: ObjId| self.func_decl(o).is_some_and(|(_, _, d)| d.body.is_some());
        if has_body(f.obj) {
            return f;
        }
        let symbol = Symbol::new(&self.func_names(&f).0);
        match self.go_definition(symbol) {
            Some(obj) => FuncInst { obj, targs: Rc::from([]) },
            None => f,
        }
    }

    /// The Go function or variable with a symbol.
    pub(super) fn go_definition(&self, symbol: Symbol) -> Option<ObjId> {
        if let Some(&o) = self.pushed.get(&symbol) {
            return Some(o);
        }
        let (path, name) = split_symbol(symbol.as_str())?;
        let pkg = &self.packages[*self.by_prefix.get(&Symbol::new(path))?];
        let obj = match name.split_once('.') {
            None => self.u.pkg(pkg.info.id).lookup(Symbol::new(name))?,
            Some((ty, method)) => {
                let ty = ty.trim_start_matches("(*").trim_end_matches(')');
                let t = self.u.pkg(pkg.info.id).lookup(Symbol::new(ty))?;
                self.u
                    .origin_methods(self.obj_type(t))
                    .iter()
                    .copied()
                    .find(|&m| self.u.obj(m).name.as_str() == method)?
            }
        };
        match self.u.obj(obj).kind {
            ObjKind::Func { .. } => {
                let (_, _, d) = self.func_decl(obj)?;
                (d.body.is_some() && !self.linknames.contains_key(&obj)).then_some(obj)
            }
            ObjKind::Var { .. } => (!self.linknames.contains_key(&obj)).then_some(obj),
            _ => None,
        }
    }

    /// The symbol of a method as an interface or a method value enters it.
    pub(super) fn want_method(&self, recv: TypeId, method: MethodRef, entry: Entry) -> Symbol {
        let recv = self.canonical(recv);
        if let Some(itself) = self.method_itself(recv, &method, entry) {
            return itself;
        }
        let name = self.u.obj(method.obj).name;
        let kind = match entry {
            Entry::Iface => "iface",
            Entry::Direct => "direct",
        };
        let own = match self.u.obj(method.obj).is_exported() {
            true => String::new(),
            false => format!("({}).", self.object_prefix(method.obj)),
        };
        let symbol = Symbol::new(&format!("{}.{own}{name}·{kind}", self.u.link_string(recv)));
        if self.want(symbol) {
            self.push_work(Item::Method { recv, method, entry, symbol });
        }
        symbol
    }

    /// What a wrapper is called in traces.
    pub(super) fn method_display(&self, recv: TypeId, method: ObjId) -> String {
        let name = self.u.obj(method).name;
        let (base, ptr) = match self.u.kind(self.u.unalias(recv)) {
            TypeKind::Pointer(e) => (self.u.unalias(*e), true),
            _ => (self.u.unalias(recv), false),
        };
        match self.u.kind(base) {
            TypeKind::Named(n) => {
                let prefix = self.object_prefix(n.obj);
                let ty = self.u.obj(n.obj).name;
                let dots = if n.targs.is_empty() { "" } else { "[...]" };
                if ptr {
                    format!("{prefix}.(*{ty}{dots}).{name}")
                } else {
                    format!("{prefix}.{ty}{dots}.{name}")
                }
            }
            _ => format!("go:{}.{name}", self.u.link_string(recv)),
        }
    }
}

/// Package path and the rest of a symbol: the first dot behind the last slash.
fn split_symbol(s: &str) -> Option<(&str, &str)> {
    let slash = s.rfind('/').map_or(0, |i| i + 1);
    let dot = s[slash..].find('.')? + slash;
    Some((&s[..dot], &s[dot + 1..]))
}

/// A package path as symbols have it (SYM-1). gc: `objabi.PathToPrefix`.
pub fn escape_path(path: &str) -> String {
    let slash = path.rfind('/').map_or(0, |i| i + 1);
    let mut out = String::with_capacity(path.len());
    for (i, b) in path.bytes().enumerate() {
        if b <= b' ' || b == b'%' || b == b'"' || b >= 0x7f || (b == b'.' && i >= slash) {
            out.push_str(&format!("%{b:02x}"));
        } else {
            out.push(char::from(b));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escape_path, split_symbol};

    #[test]
    fn dots_of_the_last_element_are_escaped() {
        assert_eq!(escape_path("example.com/v2.x"), "example.com/v2%2ex");
        assert_eq!(escape_path("net/http"), "net/http");
    }

    #[test]
    fn symbols_split_behind_the_path() {
        assert_eq!(split_symbol("net/http.(*T).M"), Some(("net/http", "(*T).M")));
        assert_eq!(split_symbol("sync.f"), Some(("sync", "f")));
        assert_eq!(split_symbol("nodot"), None);
    }
}
