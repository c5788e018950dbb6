//! Compiled functions, data and the runtime image to a static ELF executable.
//!
//! The runtime is an image at a fixed address, linked when Burrow itself is built. Linking a program is
//! appending: Go's text, read-only data, data and bss follow the image, the tables that `docs/abi.md`
//! (section 7) describes are written among the read-only data, and the image's `burrow_prog` and
//! `goentry:` variables are patched in the file.
//!
//! Phases, each a file that owns its output: [`object`] (input), `symbols` (names to ids), `layout` (ids to
//! addresses), `tables` (what tracebacks read), `buildinfo`, `pclntab`, `dwarf` (what tools read), `elf` (bytes of the file).

mod buildinfo;
mod dwarf;
mod elf;
mod error;
mod image;
mod layout;
mod object;
mod pclntab;
mod symbols;
mod tables;
#[cfg(test)]
mod tests;

pub use buildinfo::BuildInfo;
pub use error::{LinkError, Undefined};
pub use object::{
    DataDef, DataKind, FuncDef, InlPos, Inlined, LinePos, Object, Pad, Reloc, RelocKind, SymId,
    func_flags,
};

/// What the user chose.
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// Leave out the symbol table (`-ldflags=-s`).
    pub omit_symbols: bool,
    /// Leave out DWARF (`-ldflags=-w`).
    pub omit_dwarf: bool,
    /// Leave out `.gopclntab` and DWARF: for programs that are only run.
    pub only_run: bool,
    pub build_info: BuildInfo,
}

/// The executable made of `objects` and the runtime image.
pub fn link(objects: &[Object], options: &LinkOptions) -> Result<Vec<u8>, LinkError> {
    let image = image::get();
    let symbols = symbols::resolve(objects, image)?;
    let mut layout = layout::lay_out(objects, &symbols, image)?;
    let tables = tables::build(objects, &layout);
    let prog = layout.add_tables(&tables);
    layout.relocate(objects, &symbols, options.build_info.section())?;
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

/// What a function of the image may need of a goroutine's stack without its caller testing for it; in bytes.
pub const SMALL_NEED: u32 = 960;

/// How much stack functions of the image need, by their names: lines of bytes, or `-` if that isn't known, and name. Code
/// that was compiled depends on it.
pub fn stack_needs() -> &'static str {
    include_str!(concat!(env!("OUT_DIR"), "/stack_needs.txt"))
}

/// Functions of the image that need more than `SMALL_NEED`. Who calls one tests for so much more (docs/abi.md, 5).
pub fn large_stack_functions() -> impl Iterator<Item = &'static str> {
    let is_large = |n: &str| n.parse::<u32>().map_or(true, |n| n > SMALL_NEED);
    stack_needs()
        .lines()
        .filter_map(|l| l.split_once(' '))
        .filter(move |l| is_large(l.0))
        .map(|l| l.1)
}

/// Bytes below a goroutine's limit that nobody tests for (`RESERVE` of the runtime's `stack.rs`).
pub fn stack_reserve() -> u64 {
    let image = image::get();
    let at = image.globals["burrow_stack_reserve"];
    let segment = image.phdrs.iter().find(|p| (p.vaddr..p.vaddr + p.filesz).contains(&at));
    segment.map_or(0, |p| image::u64_at(image.bytes, (p.offset + at - p.vaddr) as usize))
}

/// The Go functions that the image calls: roots of every program, by symbol.
pub fn go_entries() -> Vec<String> {
    let mut names: Vec<String> =
        image_symbols().filter_map(|n| n.strip_prefix("goentry:").map(str::to_owned)).collect();
    names.sort();
    names
}
