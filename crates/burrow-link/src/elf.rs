//! The bytes of the executable.
//!
//! ELF-1  The file begins with a page of headers, below the image's first address: the ELF header, the program headers, two notes. Nothing but the notes is
//!        in a section, so `strip` and `objcopy` may write the headers anew.
//! ELF-2  The image's bytes follow unchanged, but for its own headers, `burrow_prog` and the `goentry:` variables.
//! ELF-3  Loaded segments and the headers of sections ascend by address.
//! ELF-4  The range of file offsets that a section without bytes of the image would have is nobody else's: profilers look up symbols by offsets in the
//!        file.
//!
//! Go's own sections have gc's names, by which tools find code (`.text`) and lines (`.gopclntab`); sections of the image with
//! the same names get `.rt` in front.

use crate::LinkOptions;
use crate::buildinfo;
use crate::dwarf;
use crate::error::LinkError;
use crate::image::{Image, PT_LOAD, PT_PHDR, Phdr, SHF_ALLOC, Shdr, Sym, u64_at};
use crate::layout::{Layout, align_up};
use crate::object::Object;
use crate::pclntab;
use crate::symbols::Symbols;

const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;
const PT_NOTE: u32 = 4;
const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_NOTE: u32 = 7;
const SHT_NOBITS: u32 = 8;
/// `burrow_prog.magic`.
const MAGIC: u64 = u64::from_le_bytes(*b"BURROWP1");
/// Bytes of the ELF header, of a program header.
const EHDR: u64 = 64;
const PHDR: u64 = 56;
/// Bytes in front of the image (ELF-1).
const HEAD: u64 = 4096;
/// Where the notes begin; program headers end before.
const NOTES: u64 = 0x800;

pub(crate) fn write(
    objects: &[Object],
    symbols: &Symbols<'_>,
    layout: &Layout,
    tables: &[u64],
    image: &Image,
    options: &LinkOptions,
) -> Result<Vec<u8>, LinkError> {
    let mut w = Writer { out: head_and_image(image), image, layout };
    w.patch_image(symbols, tables)?;
    let (go_note, gnu_note) = w.notes();
    let offsets = w.sections();
    w.program_headers(&offsets, go_note, gnu_note);
    let loaded = w.out.len();
    buildinfo::write_ids(&mut w.out, go_note.offset as usize, gnu_note.offset as usize, loaded);
    let headers = w.section_headers(objects, &offsets, [go_note, gnu_note], options)?;
    w.write_headers(headers);
    Ok(w.out)
}

/// File offsets of Go's sections.
struct Offsets {
    text: u64,
    rodata: u64,
    data: u64,
}

/// A note in the head of the file.
#[derive(Clone, Copy)]
struct Note {
    offset: u64,
    size: u64,
}

struct Writer<'a> {
    out: Vec<u8>,
    image: &'a Image,
    layout: &'a Layout,
}

/// The page of headers, empty but for what the image's ELF header says, then the image, up to where the last of its sections would end
/// if all had bytes (ELF-4). The image's own headers are cleared.
fn head_and_image(image: &Image) -> Vec<u8> {
    let loads = image.phdrs.iter().filter(|p| p.kind == PT_LOAD);
    let end = loads.map(|p| p.offset + p.filesz).max().unwrap_or(0);
    let mut out = vec![0; HEAD as usize];
    out.extend_from_slice(&image.bytes[..end as usize]);
    out[..EHDR as usize].copy_from_slice(&image.bytes[..EHDR as usize]);
    let own = EHDR + PHDR * image.phdrs.len() as u64;
    out[HEAD as usize..(HEAD + own) as usize].fill(0);
    let sections = image.sections.iter().filter(|s| s.flags & SHF_ALLOC != 0);
    let claimed = sections.map(|s| HEAD + s.offset + s.size).max().unwrap_or(0);
    out.resize(out.len().max(claimed as usize), 0);
    out
}

impl Writer<'_> {
    fn patch_image(&mut self, symbols: &Symbols<'_>, tables: &[u64]) -> Result<(), LinkError> {
        let l = self.layout;
        let bad = || LinkError::BadImage { symbol: "burrow_prog".to_owned() };
        let at = *self.image.globals.get("burrow_prog").ok_or_else(bad)?;
        let mut words = vec![MAGIC];
        for s in [&l.text, &l.rodata, &l.data, &l.noptrdata, &l.bss, &l.noptrbss] {
            words.extend([s.addr, s.end()]);
        }
        words.extend([l.types.0, l.types.1]);
        words.extend_from_slice(tables);
        for (i, word) in words.iter().enumerate() {
            self.patch(at + 8 * i as u64, *word).ok_or_else(bad)?;
        }
        for &(variable, func) in &symbols.entries {
            let name = symbols.names[func as usize];
            let bad = || LinkError::BadImage { symbol: format!("goentry:{name}") };
            self.patch(variable, l.addr[func as usize]).ok_or_else(bad)?;
        }
        Ok(())
    }

    /// Writes a word of the image's initialised data.
    fn patch(&mut self, address: u64, word: u64) -> Option<()> {
        let holds = |p: &&Phdr| {
            p.kind == PT_LOAD && address >= p.vaddr && address + 8 <= p.vaddr + p.filesz
        };
        let p = self.image.phdrs.iter().find(holds)?;
        let at = (HEAD + address - p.vaddr + p.offset) as usize;
        self.out[at..at + 8].copy_from_slice(&word.to_le_bytes());
        debug_assert_eq!(u64_at(&self.out, at), word);
        Some(())
    }

    /// Appends `bytes` at a file offset congruent to `addr` modulo the page.
    fn append(&mut self, addr: u64, bytes: &[u8]) -> u64 {
        let mut at = align_up(self.out.len() as u64, 4096) + addr % 4096;
        if bytes.is_empty() {
            at = align_up(self.out.len() as u64, 4096);
        }
        self.out.resize(at as usize, 0);
        self.out.extend_from_slice(bytes);
        at
    }

    /// The notes of build ids, not yet filled in.
    fn notes(&mut self) -> (Note, Note) {
        let mut at = NOTES;
        let mut put = |bytes: Vec<u8>| {
            let note = Note { offset: at, size: bytes.len() as u64 };
            self.out[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
            at = align_up(at + note.size, 4);
            note
        };
        let (go, gnu) = buildinfo::notes();
        (put(go), put(gnu))
    }

    fn sections(&mut self) -> Offsets {
        let l = self.layout;
        let text = self.append(l.text.addr, &l.text.bytes);
        let rodata = self.append(l.rodata.addr, &l.rodata.bytes);
        let start = l.build_info.addr;
        let data = self.append(start, &l.build_info.bytes);
        for s in [&l.data, &l.noptrdata] {
            self.out.resize((data + (s.addr - start)) as usize, 0);
            self.out.extend_from_slice(&s.bytes);
        }
        Offsets { text, rodata, data }
    }

    /// Writes the program headers, and what the ELF header says of them.
    fn program_headers(&mut self, offsets: &Offsets, go_note: Note, gnu_note: Note) {
        let l = self.layout;
        let first = self.image.phdrs.iter().find(|p| p.kind == PT_LOAD && p.offset == 0);
        let base = first.expect("IMG-1: the first segment holds the headers").vaddr - HEAD;
        let segment = |kind, flags, offset, vaddr, filesz, memsz, align| Phdr {
            kind,
            flags,
            offset,
            vaddr,
            filesz,
            memsz,
            align,
        };
        let load = |flags, offset, vaddr, filesz, memsz| {
            segment(PT_LOAD, flags, offset, vaddr, filesz, memsz, 4096)
        };
        let mut loads = Vec::new();
        let mut others = Vec::new();
        for &p in self.image.phdrs.iter().filter(|p| p.kind != PT_PHDR) {
            match p {
                Phdr { kind: PT_LOAD, offset: 0, .. } => {
                    loads.push(load(p.flags, 0, base, HEAD + p.filesz, HEAD + p.memsz));
                }
                Phdr { kind: PT_LOAD, .. } => loads.push(Phdr { offset: HEAD + p.offset, ..p }),
                Phdr { filesz: 0, .. } => others.push(p),
                _ => others.push(Phdr { offset: HEAD + p.offset, ..p }),
            }
        }
        if l.text.size > 0 {
            loads.push(load(PF_R | PF_X, offsets.text, l.text.addr, l.text.size, l.text.size));
        }
        loads.push(load(PF_R, offsets.rodata, l.rodata.addr, l.rodata.size, l.rodata.size));
        let start = l.build_info.addr;
        let (filesz, memsz) = (l.noptrdata.end() - start, l.noptrbss.end() - start);
        loads.push(load(PF_R | PF_W, offsets.data, start, filesz, memsz));
        debug_assert!(loads.is_sorted_by_key(|p| p.vaddr), "ELF-3");
        let notes = gnu_note.offset + gnu_note.size - go_note.offset;
        let at = base + go_note.offset;
        others.push(segment(PT_NOTE, PF_R, go_note.offset, at, notes, notes, 4));
        let count = 1 + loads.len() + others.len();
        let size = count as u64 * PHDR;
        assert!(EHDR + size <= NOTES, "ELF-1");
        let phdr = segment(PT_PHDR, PF_R, EHDR, base + EHDR, size, size, 8);
        let all: Vec<Phdr> = [phdr].into_iter().chain(loads).chain(others).collect();
        self.out[EHDR as usize..(EHDR + size) as usize].copy_from_slice(&phdr_bytes(&all));
        self.out[32..40].copy_from_slice(&EHDR.to_le_bytes());
        self.out[56..58].copy_from_slice(&(count as u16).to_le_bytes());
    }

    /// The headers of all sections; appends those that are not loaded.
    fn section_headers(
        &mut self,
        objects: &[Object],
        offsets: &Offsets,
        notes: [Note; 2],
        options: &LinkOptions,
    ) -> Result<Vec<Shdr>, LinkError> {
        let l = self.layout;
        let base =
            self.image.phdrs.iter().find(|p| p.kind == PT_LOAD).map_or(0, |p| p.vaddr) - HEAD;
        let section = |name: &str, kind, flags, addr, offset, size| Shdr {
            name: name.to_owned(),
            kind,
            flags,
            addr,
            offset,
            size,
            link: 0,
            info: 0,
            align: if addr == 0 { 1 } else { 1 << addr.trailing_zeros().min(6) },
            entsize: 0,
        };
        let keep = self.image.sections.iter().rposition(|s| s.flags & SHF_ALLOC != 0);
        let (null, of_image) = self.image.sections[..keep.map_or(1, |i| i + 1)].split_at(1);
        let mut headers = null.to_vec();
        for (name, note) in [".note.go.buildid", ".note.gnu.build-id"].into_iter().zip(notes) {
            let addr = base + note.offset;
            let header = section(name, SHT_NOTE, SHF_ALLOC, addr, note.offset, note.size);
            headers.push(Shdr { align: 4, ..header });
        }
        headers.extend(of_image.iter().map(|s| {
            let is_ours = [".text", ".rodata", ".data", ".bss"].contains(&&*s.name);
            let name = if is_ours { format!(".rt{}", s.name) } else { s.name.clone() };
            Shdr { name, offset: HEAD + s.offset, ..s.clone() }
        }));
        let text = headers.len() as u16;
        let start = l.build_info.addr;
        let at = |s: &crate::layout::Section| offsets.data + (s.addr - start);
        let end = at(&l.noptrdata) + l.noptrdata.size;
        let (info, bss, noptrbss) = (&l.build_info, &l.bss, &l.noptrbss);
        headers.extend([
            section(".text", SHT_PROGBITS, 6, l.text.addr, offsets.text, l.text.size),
            section(".rodata", SHT_PROGBITS, 2, l.rodata.addr, offsets.rodata, l.rodata.size),
            section(".go.buildinfo", SHT_PROGBITS, 3, info.addr, offsets.data, info.size),
            section(".data", SHT_PROGBITS, 3, l.data.addr, at(&l.data), l.data.size),
            section(
                ".noptrdata",
                SHT_PROGBITS,
                3,
                l.noptrdata.addr,
                at(&l.noptrdata),
                l.noptrdata.size,
            ),
            section(".bss", SHT_NOBITS, 3, bss.addr, end, bss.size),
            section(".noptrbss", SHT_NOBITS, 3, noptrbss.addr, end, noptrbss.size),
        ]);
        let mut unloaded = Vec::new();
        if !options.only_run {
            unloaded.push((".gopclntab", pclntab::build(objects, l)));
            if !options.omit_dwarf {
                unloaded.extend(dwarf::sections(objects, l)?);
            }
        }
        for (name, bytes) in unloaded {
            self.align(8);
            let at = self.out.len() as u64;
            self.out.extend_from_slice(&bytes);
            headers.push(section(name, SHT_PROGBITS, 0, 0, at, bytes.len() as u64));
        }
        if !options.omit_symbols {
            self.symbol_table(objects, &mut headers, text);
        }
        Ok(headers)
    }

    fn align(&mut self, align: u64) {
        self.out.resize(align_up(self.out.len() as u64, align) as usize, 0);
    }

    fn symbol_table(&mut self, objects: &[Object], headers: &mut Vec<Shdr>, text: u16) {
        let mut symtab = vec![0_u8; 24];
        let mut strtab = vec![0_u8];
        let mut locals = 1;
        // The image's sections have moved behind the notes.
        let behind_notes = |s: &Sym| match s.shndx {
            0 | 0xff00.. => s.shndx,
            i => i + 2,
        };
        let mut emit = |s: &Sym, shndx: u16| {
            let name = strtab.len() as u32;
            strtab.extend_from_slice(s.name.as_bytes());
            strtab.push(0);
            symtab.extend_from_slice(&name.to_le_bytes());
            symtab.extend_from_slice(&[s.info, 0]);
            symtab.extend_from_slice(&shndx.to_le_bytes());
            symtab.extend_from_slice(&s.value.to_le_bytes());
            symtab.extend_from_slice(&s.size.to_le_bytes());
        };
        let allocated = |s: &&Sym| s.shndx >= 0xff00 || s.shndx + 2 < text;
        for s in self.image.symbols.iter().filter(|s| s.info >> 4 == 0).filter(allocated) {
            emit(s, behind_notes(s));
            locals += 1;
        }
        for s in self.image.symbols.iter().filter(|s| s.info >> 4 != 0).filter(allocated) {
            emit(s, behind_notes(s));
        }
        for f in &self.layout.funcs {
            let object = &objects[f.object as usize];
            let name = object.name(object.funcs[f.index as usize].name).to_owned();
            let size = f.end - f.entry;
            emit(&Sym { name, info: 0x12, shndx: text, value: f.entry, size }, text);
        }
        self.align(8);
        let link = headers.len() as u32 + 1;
        let header = |name: &str, kind, offset: usize, size: usize| Shdr {
            name: name.to_owned(),
            kind,
            flags: 0,
            addr: 0,
            offset: offset as u64,
            size: size as u64,
            link: 0,
            info: 0,
            align: 1,
            entsize: 0,
        };
        let mut sym = header(".symtab", SHT_SYMTAB, self.out.len(), symtab.len());
        (sym.link, sym.info, sym.align, sym.entsize) = (link, locals, 8, 24);
        headers.push(sym);
        self.out.extend_from_slice(&symtab);
        headers.push(header(".strtab", SHT_STRTAB, self.out.len(), strtab.len()));
        self.out.extend_from_slice(&strtab);
    }

    /// Section names and section headers, last in the file.
    fn write_headers(&mut self, mut headers: Vec<Shdr>) {
        headers.push(Shdr {
            name: ".shstrtab".to_owned(),
            kind: SHT_STRTAB,
            flags: 0,
            addr: 0,
            offset: self.out.len() as u64,
            size: 0,
            link: 0,
            info: 0,
            align: 1,
            entsize: 0,
        });
        let mut names = vec![0_u8];
        let mut name_offsets = Vec::new();
        for h in &headers {
            name_offsets.push(if h.name.is_empty() { 0 } else { names.len() as u32 });
            names.extend_from_slice(h.name.as_bytes());
            names.push(0);
        }
        headers.last_mut().expect("just pushed").size = names.len() as u64;
        self.out.extend_from_slice(&names);
        self.align(8);
        let shoff = self.out.len() as u64;
        for (h, name) in headers.iter().zip(name_offsets) {
            self.out.extend_from_slice(&name.to_le_bytes());
            self.out.extend_from_slice(&h.kind.to_le_bytes());
            for word in [h.flags, h.addr, h.offset, h.size] {
                self.out.extend_from_slice(&word.to_le_bytes());
            }
            self.out.extend_from_slice(&h.link.to_le_bytes());
            self.out.extend_from_slice(&h.info.to_le_bytes());
            self.out.extend_from_slice(&h.align.to_le_bytes());
            self.out.extend_from_slice(&h.entsize.to_le_bytes());
        }
        let count = headers.len() as u16;
        self.out[40..48].copy_from_slice(&shoff.to_le_bytes());
        self.out[60..62].copy_from_slice(&count.to_le_bytes());
        self.out[62..64].copy_from_slice(&(count - 1).to_le_bytes());
        debug_assert_eq!(u64_at(&self.out, 24), self.image.entry, "ELF-2");
    }
}

fn phdr_bytes(phdrs: &[Phdr]) -> Vec<u8> {
    let mut out = Vec::with_capacity(phdrs.len() * 56);
    for p in phdrs {
        out.extend_from_slice(&p.kind.to_le_bytes());
        out.extend_from_slice(&p.flags.to_le_bytes());
        for word in [p.offset, p.vaddr, p.vaddr, p.filesz, p.memsz, p.align] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
    out
}
