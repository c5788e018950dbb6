//! From checked packages to an executable: lowering, code generation, linking.

use burrow_load::{Graph, PackageId};
use burrow_syntax::FileSet;

use crate::frontend::Checked;
use crate::session::{Failure, Options};

pub(crate) fn executable(
    _graph: &Graph,
    _checked: &Checked,
    _main: PackageId,
    _files: &FileSet,
    _options: &Options,
) -> Result<Vec<u8>, Failure> {
    Err(Failure::new("burrow: code generation is not connected yet"))
}
