//! From ids to addresses, and the bytes of each section.
//!
//! L1  Go's text starts at the first 1 MiB boundary above the image; text, read-only data, data follow one
//!     another, each on a page of its own. All of it lies below 2 GiB.
//! L2  The read-only section starts with the types (whose first 8 bytes are unused, so that offset 0 means none), then come the
//!     rest and the tables.
//! L3  Sections with pointers (data, bss) and without (noptrdata, noptrbss) are contiguous ranges. The build information lies in front of
//!     them, in the same segment.

use crate::error::LinkError;
use crate::image::Image;
use crate::object::{DataKind, Object, Reloc, RelocKind};
use crate::symbols::{Def, Symbols};
use crate::tables::Tables;

const PAGE: u64 = 4096;
/// Alignment of Go's text: image rebuilds of similar size leave Go's addresses alone.
const TEXT_ALIGN: u64 = 1 << 20;
/// `int3` between functions.
const PADDING: u8 = 0xCC;
/// Bytes of a cache line.
const LINE: u64 = 64;

/// A range of memory with its initial bytes (none for bss).
#[derive(Default, Clone, Debug)]
pub(crate) struct Section {
    pub addr: u64,
    pub bytes: Vec<u8>,
    /// Size in memory; `bytes.len()` if there are bytes.
    pub size: u64,
}

impl Section {
    pub(crate) fn end(&self) -> u64 {
        self.addr + self.size
    }
}

pub(crate) struct Layout {
    /// Address of each program-wide id.
    pub addr: Vec<u64>,
    pub text: Section,
    /// Types, constants and tables (L2).
    pub rodata: Section,
    pub types: (u64, u64),
    /// `.go.buildinfo`.
    pub build_info: Section,
    pub data: Section,
    pub noptrdata: Section,
    pub bss: Section,
    pub noptrbss: Section,
    /// (id, address, size) of functions in the order of their addresses.
    pub funcs: Vec<PlacedFunc>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacedFunc {
    pub object: u32,
    pub index: u32,
    /// Address of the first byte of code (the prefix).
    pub start: u64,
    pub entry: u64,
    pub end: u64,
}

/// The next address, `align` apart, whose place in a cache line is among those that a function wants.
fn place_in_line(at: u64, align: u64, places: u32) -> u64 {
    let is_good = |a: &u64| places >> (a % LINE / align) & 1 != 0;
    (at..at + LINE).step_by(align as usize).find(is_good).unwrap_or(at)
}

pub(crate) fn align_up(x: u64, align: u64) -> u64 {
    debug_assert!(align.is_power_of_two());
    (x + align - 1) & !(align - 1)
}

/// Address and contents of everything but the tables; relocations are not yet applied.
pub(crate) fn lay_out(
    objects: &[Object],
    symbols: &Symbols<'_>,
    image: &Image,
) -> Result<Layout, LinkError> {
    let mut l = Layout {
        addr: vec![0; symbols.names.len()],
        text: Section::default(),
        rodata: Section::default(),
        types: (0, 0),
        build_info: Section::default(),
        data: Section::default(),
        noptrdata: Section::default(),
        bss: Section::default(),
        noptrbss: Section::default(),
        funcs: Vec::new(),
    };
    for (id, def) in symbols.defs.iter().enumerate() {
        if let Def::Image { address } = def {
            l.addr[id] = *address;
        }
    }
    l.text.addr = align_up(image.end, TEXT_ALIGN);
    l.place_text(objects, symbols);
    l.rodata.addr = align_up(l.text.end(), PAGE);
    let types_start = l.rodata.addr;
    l.rodata.bytes.extend_from_slice(&[0; 8]);
    l.place(objects, symbols, DataKind::Types);
    l.types = (types_start, l.rodata.addr + l.rodata.bytes.len() as u64);
    l.place(objects, symbols, DataKind::Rodata);
    Ok(l)
}

impl Layout {
    fn place_text(&mut self, objects: &[Object], symbols: &Symbols<'_>) {
        let total: usize = objects.iter().flat_map(|o| &o.funcs).map(|f| f.code.len() + 16).sum();
        self.text.bytes.reserve(total);
        for (o, object) in objects.iter().enumerate() {
            for (i, f) in object.funcs.iter().enumerate() {
                if !symbols.is_func(o, i, f.name.0) {
                    continue;
                }
                let align = u64::from(f.align.max(1));
                let at = self.text.addr + self.text.bytes.len() as u64 + u64::from(f.entry);
                let entry = place_in_line(align_up(at, align), align, f.places);
                let start = entry - u64::from(f.entry);
                self.text.bytes.resize((start - self.text.addr) as usize, PADDING);
                self.text.bytes.extend_from_slice(&f.code);
                self.addr[symbols.ids[o][f.name.0 as usize] as usize] = entry;
                let end = start + f.code.len() as u64;
                let (object, index) = (o as u32, i as u32);
                self.funcs.push(PlacedFunc { object, index, start, entry, end });
            }
        }
        self.text.size = self.text.bytes.len() as u64;
    }

    fn section(&mut self, kind: DataKind) -> &mut Section {
        match kind {
            DataKind::Types | DataKind::Rodata => &mut self.rodata,
            DataKind::Data => &mut self.data,
            DataKind::NoPtrData => &mut self.noptrdata,
            DataKind::Bss => &mut self.bss,
            DataKind::NoPtrBss => &mut self.noptrbss,
        }
    }

    /// Puts all data of one kind at the end of its section.
    fn place(&mut self, objects: &[Object], symbols: &Symbols<'_>, kind: DataKind) {
        let in_file = !matches!(kind, DataKind::Bss | DataKind::NoPtrBss);
        for (o, object) in objects.iter().enumerate() {
            for (i, d) in object.datas.iter().enumerate() {
                if d.kind != kind || !symbols.is_data(o, i, d.name.0) {
                    continue;
                }
                let size = d.size.max(d.bytes.len() as u64);
                let s = self.section(kind);
                if in_file {
                    s.size = s.bytes.len() as u64;
                }
                let at = align_up(s.addr + s.size, u64::from(d.align.max(1)));
                if in_file {
                    s.bytes.resize((at - s.addr) as usize, 0);
                    s.bytes.extend_from_slice(&d.bytes);
                    s.bytes.resize((at - s.addr + size) as usize, 0);
                }
                s.size = at - s.addr + size;
                self.addr[symbols.ids[o][d.name.0 as usize] as usize] = at;
            }
        }
    }

    /// Appends the tables to the read-only data and places what follows; gives the words of `burrow_prog`.
    pub(crate) fn add_tables(&mut self, tables: &Tables) -> Vec<u64> {
        let mut words = Vec::new();
        for (bytes, record) in tables.in_order() {
            let at = align_up(self.rodata.addr + self.rodata.bytes.len() as u64, 8);
            self.rodata.bytes.resize((at - self.rodata.addr) as usize, 0);
            self.rodata.bytes.extend_from_slice(bytes);
            words.extend([at, (bytes.len() / record) as u64]);
        }
        self.rodata.size = self.rodata.bytes.len() as u64;
        words
    }

    /// Places build information, data and bss, then fills in every relocation.
    pub(crate) fn relocate(
        &mut self,
        objects: &[Object],
        symbols: &Symbols<'_>,
        build_info: Vec<u8>,
    ) -> Result<(), LinkError> {
        self.place_writable(objects, symbols, build_info);
        for f in std::mem::take(&mut self.funcs) {
            let def = &objects[f.object as usize].funcs[f.index as usize];
            self.apply(objects, symbols, f.object as usize, def.name.0, &def.relocs, f.start)?;
            self.funcs.push(f);
        }
        for (o, object) in objects.iter().enumerate() {
            for (i, d) in object.datas.iter().enumerate() {
                if !d.relocs.is_empty() && symbols.is_data(o, i, d.name.0) {
                    let at = self.addr[symbols.ids[o][d.name.0 as usize] as usize];
                    self.apply(objects, symbols, o, d.name.0, &d.relocs, at)?;
                }
            }
        }
        Ok(())
    }

    fn place_writable(&mut self, objects: &[Object], symbols: &Symbols<'_>, build_info: Vec<u8>) {
        self.build_info.addr = align_up(self.rodata.end(), PAGE);
        self.build_info.size = build_info.len() as u64;
        self.build_info.bytes = build_info;
        self.data.addr = align_up(self.build_info.end(), 64);
        self.place(objects, symbols, DataKind::Data);
        self.data.size = self.data.bytes.len() as u64;
        self.noptrdata.addr = align_up(self.data.end(), 64);
        self.place(objects, symbols, DataKind::NoPtrData);
        self.noptrdata.size = self.noptrdata.bytes.len() as u64;
        self.bss.addr = align_up(self.noptrdata.end(), 64);
        self.place(objects, symbols, DataKind::Bss);
        self.noptrbss.addr = align_up(self.bss.end(), 64);
        self.place(objects, symbols, DataKind::NoPtrBss);
    }

    fn apply(
        &mut self,
        objects: &[Object],
        symbols: &Symbols<'_>,
        object: usize,
        name: u32,
        relocs: &[Reloc],
        base: u64,
    ) -> Result<(), LinkError> {
        for r in relocs {
            let id = symbols.ids[object][r.target.0 as usize] as usize;
            let place = base + u64::from(r.offset);
            let value = (self.addr[id] as i64).wrapping_add(r.addend);
            let (value, width) = match r.kind {
                RelocKind::Abs64 => (value, 8),
                RelocKind::Abs32 => (value, 4),
                RelocKind::PcRel32 => (value - place as i64, 4),
                RelocKind::TypeOff32 => (value - self.types.0 as i64, 4),
                RelocKind::TextOff32 => (value - self.text.addr as i64, 4),
            };
            if width == 4 && i32::try_from(value).is_err() {
                let referrer = objects[object].symbols[name as usize].to_string();
                let target = symbols.names[id].to_owned();
                return Err(LinkError::Overflow { referrer, target, value });
            }
            self.field(place, width).copy_from_slice(&value.to_le_bytes()[..width]);
        }
        Ok(())
    }

    /// The bytes in the file of `width` bytes at address `at`.
    fn field(&mut self, at: u64, width: usize) -> &mut [u8] {
        for s in [&mut self.text, &mut self.rodata, &mut self.data, &mut self.noptrdata] {
            if at >= s.addr && at + width as u64 <= s.addr + s.bytes.len() as u64 {
                let from = (at - s.addr) as usize;
                return &mut s.bytes[from..from + width];
            }
        }
        panic!("a relocation at {at:#x}, outside of all sections with bytes");
    }
}
