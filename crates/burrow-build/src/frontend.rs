//! Syntax errors and types of one package.

use burrow_load::{Graph, PackageId};
use burrow_syntax::{FileSet, SyntaxError};

use crate::flags::Compile;
use crate::report::Diagnostic;

/// What checking found out about all packages.
pub struct Checked {
    _packages: usize,
}

impl Checked {
    pub(crate) fn new(packages: usize) -> Checked {
        Checked { _packages: packages }
    }
}

/// Checks a package whose imports are checked.
pub(crate) fn check(
    _checked: &Checked,
    graph: &Graph,
    id: PackageId,
    _files: &FileSet,
    _lang: Option<&str>,
    _flags: &Compile,
) -> Vec<Diagnostic> {
    let package = graph.get(id);
    let convert = |e: &SyntaxError| Diagnostic { pos: e.pos, msg: e.msg.clone() };
    let errors: Vec<Diagnostic> =
        package.files.iter().flat_map(|f| &f.errors).map(convert).collect();
    if errors.iter().any(Diagnostic::is_syntax_error) {
        return errors;
    }
    if errors.is_empty() {
        // What gc reports when types are fine.
        return package.files.iter().flat_map(|f| &f.ast.late_errors).map(convert).collect();
    }
    errors
}
