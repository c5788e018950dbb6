//! The embedded runtime image: its segments, sections and symbols.
//!
//! IMG-1  The image is a static, non-PIE, little-endian ELF64 file for x86-64 made by our own build script, so
//!        a malformed one is a bug of ours and may panic.

use std::collections::HashMap;
use std::sync::OnceLock;

static IMAGE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/image.elf"));

pub(crate) const PT_LOAD: u32 = 1;
pub(crate) const PT_PHDR: u32 = 6;
const SHT_SYMTAB: u32 = 2;
pub(crate) const SHF_ALLOC: u64 = 2;
const STB_GLOBAL: u8 = 1;
const STT_OBJECT: u8 = 1;
const STT_FUNC: u8 = 2;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Phdr {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub vaddr: u64,
    pub filesz: u64,
    pub memsz: u64,
    pub align: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Shdr {
    pub name: String,
    pub kind: u32,
    pub flags: u64,
    pub addr: u64,
    pub offset: u64,
    pub size: u64,
    pub link: u32,
    pub info: u32,
    pub align: u64,
    pub entsize: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Sym {
    pub name: String,
    pub info: u8,
    pub shndx: u16,
    pub value: u64,
    pub size: u64,
}

/// The parsed image.
pub(crate) struct Image {
    pub bytes: &'static [u8],
    pub entry: u64,
    pub phdrs: Vec<Phdr>,
    /// All section headers of allocated sections, with index 0 in front; indices as in the file.
    pub sections: Vec<Shdr>,
    pub symbols: Vec<Sym>,
    /// Global functions and variables.
    pub globals: HashMap<String, u64>,
    /// End of the last segment in memory.
    pub end: u64,
}

pub(crate) fn u16_at(b: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(b[at..at + 2].try_into().expect("2 bytes"))
}
pub(crate) fn u32_at(b: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(b[at..at + 4].try_into().expect("4 bytes"))
}
pub(crate) fn u64_at(b: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(b[at..at + 8].try_into().expect("8 bytes"))
}

fn c_string(table: &[u8], at: usize) -> String {
    let rest = &table[at..];
    let end = rest.iter().position(|&c| c == 0).unwrap_or(rest.len());
    String::from_utf8_lossy(&rest[..end]).into_owned()
}

/// The image that this linker extends.
pub(crate) fn get() -> &'static Image {
    static PARSED: OnceLock<Image> = OnceLock::new();
    PARSED.get_or_init(|| match std::env::var_os("BURROW_IMAGE").map(std::fs::read) {
        // For work on the runtime: another image than the embedded one.
        Some(Ok(bytes)) => parse(bytes.leak()),
        _ => parse(IMAGE),
    })
}

fn parse(b: &'static [u8]) -> Image {
    assert_eq!(&b[..4], b"\x7fELF", "IMG-1");
    let (phoff, shoff) = (u64_at(b, 32) as usize, u64_at(b, 40) as usize);
    let (phnum, shnum) = (usize::from(u16_at(b, 56)), usize::from(u16_at(b, 60)));
    let phdrs: Vec<Phdr> = (0..phnum).map(|i| phdr(b, phoff + i * 56)).collect();
    let mut sections: Vec<Shdr> = (0..shnum).map(|i| shdr(b, shoff + i * 64)).collect();
    let names = section_bytes(b, &sections[usize::from(u16_at(b, 62))]);
    for (i, s) in sections.iter_mut().enumerate() {
        s.name = c_string(names, u32_at(b, shoff + i * 64) as usize);
    }
    let symbols = symbols(b, &sections);
    let globals = symbols
        .iter()
        .filter(|s| s.info >> 4 == STB_GLOBAL && matches!(s.info & 15, STT_OBJECT | STT_FUNC | 0))
        .filter(|s| s.shndx != 0 && !s.name.is_empty())
        .map(|s| (s.name.clone(), s.value))
        .collect();
    let end = phdrs.iter().filter(|p| p.kind == PT_LOAD).map(|p| p.vaddr + p.memsz).max();
    Image {
        bytes: b,
        entry: u64_at(b, 24),
        end: end.expect("IMG-1: a loaded segment"),
        phdrs,
        sections,
        symbols,
        globals,
    }
}

fn phdr(b: &[u8], at: usize) -> Phdr {
    Phdr {
        kind: u32_at(b, at),
        flags: u32_at(b, at + 4),
        offset: u64_at(b, at + 8),
        vaddr: u64_at(b, at + 16),
        filesz: u64_at(b, at + 32),
        memsz: u64_at(b, at + 40),
        align: u64_at(b, at + 48),
    }
}

fn shdr(b: &[u8], at: usize) -> Shdr {
    Shdr {
        name: String::new(),
        kind: u32_at(b, at + 4),
        flags: u64_at(b, at + 8),
        addr: u64_at(b, at + 16),
        offset: u64_at(b, at + 24),
        size: u64_at(b, at + 32),
        link: u32_at(b, at + 40),
        info: u32_at(b, at + 44),
        align: u64_at(b, at + 48),
        entsize: u64_at(b, at + 56),
    }
}

fn section_bytes<'a>(b: &'a [u8], s: &Shdr) -> &'a [u8] {
    &b[s.offset as usize..(s.offset + s.size) as usize]
}

fn symbols(b: &[u8], sections: &[Shdr]) -> Vec<Sym> {
    let Some(table) = sections.iter().find(|s| s.kind == SHT_SYMTAB) else { return Vec::new() };
    let names = section_bytes(b, &sections[table.link as usize]);
    let entry = |e: &[u8]| Sym {
        name: c_string(names, u32_at(e, 0) as usize),
        info: e[4],
        shndx: u16_at(e, 6),
        value: u64_at(e, 8),
        size: u64_at(e, 16),
    };
    section_bytes(b, table).chunks_exact(24).skip(1).map(entry).collect()
}
