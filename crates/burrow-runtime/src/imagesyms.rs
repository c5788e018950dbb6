//! Names of the runtime's own functions, and of generic ones, for profiles: the symbol table of the running file, read when somebody asks first.
//!
//! Names look like gc's: `burrow_image::heap::Cache::refill` is `runtime.Cache.refill` of the file `runtime/heap.rs`. A stripped
//! file has none; all such code is then `runtime._System`, gc's word for what it cannot name.

use crate::arch;
use crate::sync::Mutex;
use crate::sys;
use core::mem::offset_of;
use rust_alloc::string::String;
use rust_alloc::vec::Vec;

#[derive(Clone, Copy)]
pub struct Symbol {
    pub entry: usize,
    pub name: &'static str,
    pub file: &'static str,
}

#[derive(Default)]
struct Tables {
    /// Functions of the image.
    image: Vec<Symbol>,
    /// Generic functions of the program: where they begin, and their names with type arguments.
    generic: Vec<(usize, &'static str)>,
}

static TABLES: Mutex<Option<Tables>> = Mutex::new(None);

/// The function of the image that holds `pc`.
pub fn symbol_at(pc: usize) -> Option<Symbol> {
    if !arch::in_image(pc) {
        return None;
    }
    let mut tables = TABLES.lock();
    let table = &tables.get_or_insert_with(|| read_own_file().unwrap_or_default()).image;
    let i = table.partition_point(|s| s.entry <= pc);
    let none = Symbol { entry: pc, name: "runtime._System", file: "runtime/proc.go" };
    Some(i.checked_sub(1).map_or(none, |i| table[i]))
}

/// The whole name of the generic function that begins at `entry`; empty if it is not known. Profiles tell by it what
/// tracebacks call `F[...]`.
#[unsafe(export_name = "runtime.genericName")]
pub extern "C" fn generic_name(entry: usize) -> crate::heap::Pair {
    let mut tables = TABLES.lock();
    let table = &tables.get_or_insert_with(|| read_own_file().unwrap_or_default()).generic;
    let found = table.binary_search_by_key(&entry, |s| s.0);
    let name = found.map_or("", |i| table[i].1);
    crate::heap::Pair(name.as_ptr() as usize, name.len())
}

#[repr(C)]
struct Header {
    ident: [u8; 16],
    types: [u16; 2],
    version: u32,
    entry: u64,
    segments: u64,
    sections: u64,
    flags: u32,
    header_size: u16,
    segment_size: u16,
    segment_count: u16,
    section_size: u16,
    section_count: u16,
    names: u16,
}

#[repr(C)]
struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entry_size: u64,
}

#[repr(C)]
struct Entry {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: u64,
    size: u64,
}

const _: () = assert!(offset_of!(Header, section_count) == 60 && size_of::<Section>() == 64);

/// Part of a mapped file.
#[derive(Clone, Copy)]
struct File(&'static [u8]);

impl File {
    /// The `n` records at `offset`.
    fn records<T>(self, offset: u64, n: usize) -> Option<&'static [T]> {
        let (at, size) = (offset as usize, n.checked_mul(size_of::<T>())?);
        let bytes = self.0.get(at..at.checked_add(size)?)?;
        if !(bytes.as_ptr() as usize).is_multiple_of(align_of::<T>()) {
            return None;
        }
        // SAFETY: within the mapped file, aligned; the records are of integers.
        Some(unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), n) })
    }
}

fn map_own_file() -> Option<File> {
    const SEEK_END: usize = 2;
    // SAFETY: system calls on a file of ours; the mapping stays for ever.
    unsafe {
        let path = c"/proc/self/exe".as_ptr() as usize;
        let at = sys::AT_FDCWD as usize;
        let fd = sys::syscall6(sys::nr::OPENAT, at, path, 0, 0, 0, 0);
        let fd = usize::try_from(fd).ok()?;
        let size = sys::syscall3(sys::nr::LSEEK, fd, 0, SEEK_END);
        let p = sys::syscall6(
            sys::nr::MMAP,
            0,
            size.max(1) as usize,
            sys::PROT_READ,
            sys::MAP_PRIVATE,
            fd,
            0,
        );
        sys::syscall3(sys::nr::CLOSE, fd, 0, 0);
        if size <= 0 || p < 0 {
            return None;
        }
        Some(File(core::slice::from_raw_parts(p as *const u8, size as usize)))
    }
}

fn read_own_file() -> Option<Tables> {
    const SYMTAB: u32 = 2;
    const FUNC: u8 = 2;
    let file = map_own_file()?;
    let header = &file.records::<Header>(0, 1)?[0];
    let sections = file.records::<Section>(header.sections, header.section_count.into())?;
    let table = sections.iter().find(|s| s.kind == SYMTAB)?;
    let strings = sections.get(table.link as usize)?;
    let strings = file.records::<u8>(strings.offset, strings.size as usize)?;
    let count = table.size as usize / size_of::<Entry>();
    let mut tables = Tables::default();
    for e in file.records::<Entry>(table.offset, count)? {
        let entry = e.value as usize;
        if e.info & 15 != FUNC || e.section == 0 {
            continue;
        }
        let name = strings.get(e.name as usize..)?;
        let len = name.iter().position(|&c| c == 0)?;
        let Ok(name) = core::str::from_utf8(&name[..len]) else { continue };
        if arch::in_image(entry) {
            let (name, file) = readable(name);
            tables.image.push(Symbol { entry, name, file });
        } else if name.contains('[') {
            tables.generic.push((entry, name));
        }
    }
    tables.image.sort_unstable_by_key(|s| s.entry);
    tables.generic.sort_unstable_by_key(|s| s.0);
    Some(tables)
}

/// Name and file of a symbol. Rust's are `_ZN`, the lengths and texts of the path's parts, a hash, `E`.
fn readable(symbol: &'static str) -> (&'static str, &'static str) {
    const ASSEMBLY: &str = "runtime/asm.s";
    match symbol {
        "memcpy" | "memmove" | "burrow_memmove" => return ("runtime.memmove", ASSEMBLY),
        "memset" => return ("runtime.memclrNoHeapPointers", ASSEMBLY),
        "memcmp" | "bcmp" => return ("runtime.memequal", ASSEMBLY),
        "__morestack" | "__morestack_args" => return ("runtime.morestack", ASSEMBLY),
        _ => {}
    }
    let Some(mut rest) = symbol.strip_prefix("_ZN") else { return (symbol, ASSEMBLY) };
    let mut parts: Vec<&str> = Vec::new();
    while let digits @ 1.. = rest.bytes().take_while(u8::is_ascii_digit).count() {
        let (n, tail) = rest.split_at(digits);
        let Some((part, tail)) = n.parse().ok().and_then(|n| tail.split_at_checked(n)) else {
            break;
        };
        parts.push(part);
        rest = tail;
    }
    // The hash.
    parts.pop();
    // `<burrow_image::heap::Cache as Trait>::f`: what comes first is a path of its own.
    let of_type = parts.first().and_then(|p| p.strip_prefix("_$LT$"));
    let of_type = of_type.map(|p| &p[..p.find('$').unwrap_or(p.len())]);
    let path = of_type.into_iter().flat_map(|p| p.split(".."));
    let rest = &parts[usize::from(of_type.is_some()).min(parts.len())..];
    let parts: Vec<&str> = path.chain(rest.iter().copied()).filter(|p| !p.is_empty()).collect();
    let ours = parts.first() == Some(&"burrow_image") && parts.len() > 2;
    let mut name = String::from("runtime");
    let file = if ours { parts[1] } else { "rust" };
    for part in &parts[if ours { 2 } else { 0 }..] {
        // Without arguments of generic functions; `{{closure}}` is `_`.
        let part = &part[..part.find('$').unwrap_or(part.len())];
        if !part.is_empty() && part != "_" {
            name.push('.');
            name.push_str(part);
        }
    }
    let mut path = String::from("runtime/");
    path.push_str(file);
    path.push_str(".rs");
    (name.leak(), path.leak())
}
