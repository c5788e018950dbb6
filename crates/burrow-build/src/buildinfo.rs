//! What a program says of its making: the text that `runtime/debug.ReadBuildInfo` and `go version -m` read.
//!
//! gc: `cmd/go/internal/load.(*Package).setBuildInfo`, `runtime/debug.(*BuildInfo).String`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use burrow_load::{Graph, PackageId};

use crate::session::Options;

/// Sixteen bytes on both sides, which readers leave out.
const MARK: &str = "burrow:buildinfo";

pub(crate) fn text(graph: &Graph, main: PackageId, options: &Options) -> String {
    let package = graph.get(main);
    let mut text = format!("{MARK}path\t{}\n", package.import_path);
    let mut modules = BTreeMap::new();
    let needed = graph.needed_by([main]);
    for (_, p) in graph.packages.iter().enumerate().filter(|(i, _)| needed[*i]) {
        if let Some(m) = &p.module {
            modules.insert(&m.path, m);
        }
    }
    if let Some(m) = &package.module
        && package.import_path != "command-line-arguments"
    {
        let _ = writeln!(text, "mod\t{}\t{}\t", m.path, m.version.as_deref().unwrap_or("(devel)"));
    }
    for m in modules.values() {
        let (Some(version), Some(folder)) = (&m.version, &m.replaced_by) else { continue };
        let _ = writeln!(text, "dep\t{}\t{version}\n=>\t{folder}\t(devel)\t", m.path);
    }
    for (name, value) in settings(options, &package.godebug) {
        let _ = writeln!(text, "build\t{name}={}", quoted(&value));
    }
    text + MARK
}

/// In the go command's order.
fn settings(options: &Options, godebug: &str) -> Vec<(&'static str, String)> {
    let mut list = vec![("-buildmode", "exe".to_string()), ("-compiler", "gc".to_string())];
    if !options.gcflags.raw().is_empty() {
        list.push(("-gcflags", options.gcflags.raw().into()));
    }
    // It may name paths of this machine.
    if !options.ldflags.raw().is_empty() && !options.trimpath {
        list.push(("-ldflags", options.ldflags.raw().into()));
    }
    if !options.tags.is_empty() {
        list.push(("-tags", options.tags.join(",")));
    }
    if options.trimpath {
        list.push(("-trimpath", "true".into()));
    }
    if !godebug.is_empty() {
        list.push(("DefaultGODEBUG", godebug.into()));
    }
    let target = [("CGO_ENABLED", "0"), ("GOARCH", "amd64"), ("GOOS", "linux"), ("GOAMD64", "v2")];
    list.extend(target.map(|(n, v)| (n, v.to_string())));
    list
}

/// A value, in quotes where it would end too early. Go: `runtime/debug.quoteValue`.
fn quoted(value: &str) -> String {
    if value.contains([' ', '\t', '\r', '\n', '"', '`']) {
        let mut out = String::from("\"");
        for c in value.chars() {
            match c {
                '"' => out += "\\\"",
                '\\' => out += "\\\\",
                '\n' => out += "\\n",
                '\r' => out += "\\r",
                '\t' => out += "\\t",
                c => out.push(c),
            }
        }
        out + "\""
    } else {
        value.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_where_needed() {
        assert_eq!(quoted("-s"), "-s");
        assert_eq!(quoted("-X main.a=\"b\""), r#""-X main.a=\"b\"""#);
    }
}
