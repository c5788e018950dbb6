//! The bytes of the executable.
//!
//! E1  The image's bytes stand at the front unchanged, but for the ELF header, `burrow_prog` and the
//!     `goentry:` variables. Its allocated sections keep their indices, so its symbols stay valid.
//! E2  The program headers move to the start of Go's read-only section; loaded segments ascend by address.

use crate::LinkOptions;
use crate::error::LinkError;
use crate::image::{Image, PT_LOAD, PT_PHDR, Phdr, SHF_ALLOC, Shdr, Sym, u64_at};
use crate::layout::{Layout, PHDR_ROOM, align_up};
use crate::object::Object;
use crate::symbols::Symbols;

const PF_X: u32 = 1;
const PF_W: u32 = 2;
const PF_R: u32 = 4;
const SHT_PROGBITS: u32 = 1;
const SHT_SYMTAB: u32 = 2;
const SHT_STRTAB: u32 = 3;
const SHT_NOBITS: u32 = 8;
/// `burrow_prog.magic`.
const MAGIC: u64 = u64::from_le_bytes(*b"BURROWP1");

pub(crate) fn write(
    objects: &[Object],
    symbols: &Symbols<'_>,
    layout: &Layout,
    tables: &[u64],
    image: &Image,
    options: &LinkOptions,
) -> Result<Vec<u8>, LinkError> {
    let mut w = Writer { out: image_bytes(image), image, layout };
    w.patch_image(symbols, tables)?;
    let offsets = w.sections();
    let phdrs = w.program_headers(&offsets);
    let at = offsets.rodata as usize;
    w.out[at..at + phdrs.len() * 56].copy_from_slice(&phdr_bytes(&phdrs));
    w.out[32..40].copy_from_slice(&offsets.rodata.to_le_bytes());
    w.out[56..58].copy_from_slice(&(phdrs.len() as u16).to_le_bytes());
    w.section_headers(objects, &offsets, options);
    Ok(w.out)
}

/// File offsets of Go's sections.
struct Offsets {
    text: u64,
    rodata: u64,
    data: u64,
}

struct Writer<'a> {
    out: Vec<u8>,
    image: &'a Image,
    layout: &'a Layout,
}

fn image_bytes(image: &Image) -> Vec<u8> {
    let loads = image.phdrs.iter().filter(|p| p.kind == PT_LOAD);
    let end = loads.map(|p| p.offset + p.filesz).max().unwrap_or(0);
    image.bytes[..end as usize].to_vec()
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
        let at = (address - p.vaddr + p.offset) as usize;
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

    fn sections(&mut self) -> Offsets {
        let l = self.layout;
        let text = self.append(l.text.addr, &l.text.bytes);
        let rodata = self.append(l.rodata.addr, &l.rodata.bytes);
        let data = self.append(l.data.addr, &l.data.bytes);
        let noptr = data + (l.noptrdata.addr - l.data.addr);
        self.out.resize(noptr as usize, 0);
        self.out.extend_from_slice(&l.noptrdata.bytes);
        Offsets { text, rodata, data }
    }

    fn program_headers(&self, offsets: &Offsets) -> Vec<Phdr> {
        let l = self.layout;
        let load = |flags, offset, vaddr, filesz, memsz| Phdr {
            kind: PT_LOAD,
            flags,
            offset,
            vaddr,
            filesz,
            memsz,
            align: 4096,
        };
        let mut phdrs: Vec<Phdr> =
            self.image.phdrs.iter().filter(|p| p.kind != PT_PHDR).copied().collect();
        if l.text.size > 0 {
            phdrs.push(load(PF_R | PF_X, offsets.text, l.text.addr, l.text.size, l.text.size));
        }
        phdrs.push(load(PF_R, offsets.rodata, l.rodata.addr, l.rodata.size, l.rodata.size));
        let filesz = l.noptrdata.end() - l.data.addr;
        let memsz = l.noptrbss.end() - l.data.addr;
        if memsz > 0 {
            phdrs.push(load(PF_R | PF_W, offsets.data, l.data.addr, filesz, memsz));
        }
        let size = (phdrs.len() as u64 + 1) * 56;
        assert!(size <= PHDR_ROOM, "L2");
        let phdr = Phdr {
            kind: PT_PHDR,
            flags: PF_R,
            offset: offsets.rodata,
            vaddr: l.rodata.addr,
            filesz: size,
            memsz: size,
            align: 8,
        };
        phdrs.insert(0, phdr);
        // PT_LOADs ascend by address (E2); the sort is stable for the rest.
        let mut loads: Vec<Phdr> = phdrs.iter().filter(|p| p.kind == PT_LOAD).copied().collect();
        loads.sort_by_key(|p| p.vaddr);
        let mut loads = loads.into_iter();
        for p in phdrs.iter_mut().filter(|p| p.kind == PT_LOAD) {
            *p = loads.next().expect("as many as before");
        }
        phdrs
    }

    fn section_headers(&mut self, objects: &[Object], offsets: &Offsets, options: &LinkOptions) {
        let keep = self.image.sections.iter().rposition(|s| s.flags & SHF_ALLOC != 0);
        let mut headers = self.image.sections[..keep.map_or(1, |i| i + 1)].to_vec();
        let l = self.layout;
        let noptr = offsets.data + (l.noptrdata.addr - l.data.addr);
        let end = noptr + l.noptrdata.size;
        let section = |name: &str, kind, flags, addr, offset, size| Shdr {
            name: name.to_owned(),
            kind,
            flags,
            addr,
            offset,
            size,
            link: 0,
            info: 0,
            align: 64,
            entsize: 0,
        };
        let first = headers.len() as u16;
        let (bss, noptrbss) = (&l.bss, &l.noptrbss);
        headers.extend([
            section(".go.text", SHT_PROGBITS, 6, l.text.addr, offsets.text, l.text.size),
            section(".go.rodata", SHT_PROGBITS, 2, l.rodata.addr, offsets.rodata, l.rodata.size),
            section(".go.data", SHT_PROGBITS, 3, l.data.addr, offsets.data, l.data.size),
            section(".go.noptrdata", SHT_PROGBITS, 3, l.noptrdata.addr, noptr, l.noptrdata.size),
            section(".go.bss", SHT_NOBITS, 3, bss.addr, end, bss.size),
            section(".go.noptrbss", SHT_NOBITS, 3, noptrbss.addr, end, noptrbss.size),
        ]);
        if !options.strip {
            self.symbol_table(objects, &mut headers, first);
        }
        self.write_headers(headers);
    }

    fn symbol_table(&mut self, objects: &[Object], headers: &mut Vec<Shdr>, text: u16) {
        let mut symtab = vec![0_u8; 24];
        let mut strtab = vec![0_u8];
        let mut locals = 1;
        let mut emit = |s: &Sym| {
            let name = strtab.len() as u32;
            strtab.extend_from_slice(s.name.as_bytes());
            strtab.push(0);
            symtab.extend_from_slice(&name.to_le_bytes());
            symtab.extend_from_slice(&[s.info, 0]);
            symtab.extend_from_slice(&s.shndx.to_le_bytes());
            symtab.extend_from_slice(&s.value.to_le_bytes());
            symtab.extend_from_slice(&s.size.to_le_bytes());
        };
        let allocated = |s: &&Sym| s.shndx < text || s.shndx >= 0xff00;
        for s in self.image.symbols.iter().filter(|s| s.info >> 4 == 0).filter(allocated) {
            emit(s);
            locals += 1;
        }
        for s in self.image.symbols.iter().filter(|s| s.info >> 4 != 0).filter(allocated) {
            emit(s);
        }
        for f in &self.layout.funcs {
            let object = &objects[f.object as usize];
            let name = object.name(object.funcs[f.index as usize].name).to_owned();
            let size = f.end - f.entry;
            emit(&Sym { name, info: 0x12, shndx: text, value: f.entry, size });
        }
        let align = |out: &mut Vec<u8>| out.resize(align_up(out.len() as u64, 8) as usize, 0);
        align(&mut self.out);
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
        self.out.resize(align_up(self.out.len() as u64, 8) as usize, 0);
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
        debug_assert_eq!(u64_at(&self.out, 24), self.image.entry, "E1");
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
