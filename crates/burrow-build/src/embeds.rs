//! `//go:embed`: what can be said only when types are known.

use burrow_load::Package;
use burrow_syntax::DeclKind;
use burrow_types::{BasicKind, Code, Diagnostic, PackageInfo, TypeId, TypeKind, Universe, Version};

/// Reports variables that can't hold what they embed. gc: `staticdata.WriteEmbed`.
pub(crate) fn check(
    u: &Universe,
    package: &Package,
    info: &PackageInfo,
    version: Version,
    errors: &mut Vec<Diagnostic>,
) {
    for e in &package.embeds {
        let file = &package.files[e.file].ast;
        let DeclKind::Var(v) = &file.decl(e.decl).kind else { continue };
        let Some(&name) = v.names.first() else { continue };
        if version.is_valid() && version < Version::GO1_16 {
            let msg = format!(
                "go:embed requires go1.16 or later (-lang was set to {version}; check go.mod)"
            );
            errors.push(Diagnostic::new(Code::UnsupportedFeature, e.pos, msg));
            continue;
        }
        let object = u.pkg(info.id).lookup(file.name(name));
        let Some(t) = object.and_then(|o| u.obj(o).ty()) else { continue };
        let shown = || {
            let qualifier = |p| match p == info.id {
                true => String::new(),
                false => u.pkg(p).name().to_string(),
            };
            u.type_string_by(t, &qualifier)
        };
        let msg = match kind(u, t) {
            Kind::Files => continue,
            Kind::File if e.files.len() == 1 => continue,
            Kind::File => format!("invalid go:embed: multiple files for type {}", shown()),
            Kind::None => format!("go:embed cannot apply to var of type {}", shown()),
        };
        errors.push(Diagnostic::new(Code::InvalidEmbed, file.ident(name).pos, msg));
    }
}

/// What a variable can hold.
enum Kind {
    Files,
    File,
    None,
}

fn kind(u: &Universe, t: TypeId) -> Kind {
    let t = u.unalias(t);
    if let Some(n) = u.as_named(t) {
        let o = u.obj(n.obj);
        if o.name == "FS" && o.pkg.is_some_and(|p| u.pkg(p).path == "embed") {
            return Kind::Files;
        }
    }
    match u.under_kind(t) {
        TypeKind::Basic(BasicKind::String, _) => Kind::File,
        TypeKind::Slice(e) if matches!(u.under_kind(*e), TypeKind::Basic(BasicKind::Uint8, _)) => {
            Kind::File
        }
        _ => Kind::None,
    }
}
