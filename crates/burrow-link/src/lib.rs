//! Compiled functions, data and the runtime image to a static ELF executable.
//!
//! The runtime is an image at a fixed address, linked when Burrow itself is built. Linking a program is
//! appending: Go's text, read-only data, data and bss follow the image, the tables that `docs/abi.md`
//! (section 7) describes are written among the read-only data, and the image's `burrow_prog` and
//! `goentry:` variables are patched in the file.
//!
//! Phases, each a file that owns its output: [`object`] (input), `symbols` (names to ids), `layout` (ids to
//! addresses), `tables` (what tracebacks read), `elf` (bytes of the file).

mod elf;
mod error;
mod image;
mod layout;
mod object;
mod symbols;
mod tables;
#[cfg(test)]
mod tests;

pub use error::{LinkError, Undefined};
pub use object::{
    DataDef, DataKind, FuncDef, InlPos, Inlined, LinePos, Object, Pad, Reloc, RelocKind, SymId,
    func_flags,
};

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// Leave out the symbol table (`-ldflags=-s`, `-w`).
    pub strip: bool,
}

/// The executable made of `objects` and the runtime image.
pub fn link(objects: &[Object], options: &LinkOptions) -> Result<Vec<u8>, LinkError> {
    let image = image::get();
    let symbols = symbols::resolve(objects, image)?;
    let mut layout = layout::lay_out(objects, &symbols, image)?;
    let tables = tables::build(objects, &layout);
    let prog = layout.add_tables(&tables);
    layout.relocate(objects, &symbols)?;
    elf::write(objects, &symbols, &layout, &prog, image, options)
}

/// All global functions and variables of the image: what a Go function without a body may mean.
pub fn image_symbols() -> impl Iterator<Item = &'static str> {
    image::get().globals.keys().map(String::as_str)
}

/// Whether the image defines `name`.
pub fn is_image_symbol(name: &str) -> bool {
    image::get().globals.contains_key(name)
}

/// The Go functions that the image calls: roots of every program, by symbol.
pub fn go_entries() -> Vec<String> {
    let mut names: Vec<String> =
        image_symbols().filter_map(|n| n.strip_prefix("goentry:").map(str::to_owned)).collect();
    names.sort();
    names
}
