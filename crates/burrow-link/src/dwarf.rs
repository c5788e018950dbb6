//! DWARF 4 for Go code: lines, functions and inlined calls, and how to unwind. Variables and types are not told.
//!
//! DWARF-1  A unit holds the functions whose files lie in one folder: a package, or what stands for one.
//! DWARF-2  The ranges of an inlined call lie within those of the call or function that it was inlined into.
//! DWARF-3  A function's frame rules hold at each boundary of its instructions (`frame`).
//!
//! gc: `cmd/link/internal/ld/dwarf.go`, `cmd/internal/dwarf`. The bytes are gimli's.

mod frame;

use std::collections::HashMap;

use gimli::write::{
    Address, AttributeValue, DirectoryId, Dwarf, EndianVec, Expression, FileId, LineProgram,
    LineString, Range, RangeList, Sections, Unit, UnitEntryId,
};
use gimli::{Encoding, Format, LineEncoding, LittleEndian, constants as dw};

use crate::layout::Layout;
use crate::object::{FuncDef, LinePos, Object};
use crate::pclntab::{file_and_line, known_lines};

const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
const PRODUCER: &str = concat!("Burrow ", env!("CARGO_PKG_VERSION"));

/// The sections that are not empty, by name.
pub(crate) fn sections(
    objects: &[Object],
    layout: &Layout,
) -> Result<Vec<(&'static str, Vec<u8>)>, gimli::write::Error> {
    let mut dwarf = Dwarf::new();
    for (folder, funcs) in by_folder(objects, layout) {
        unit(&mut dwarf, folder, &funcs);
    }
    let mut out = Sections::new(EndianVec::new(LittleEndian));
    dwarf.write(&mut out)?;
    frame::table(objects, layout).write_debug_frame(&mut out.debug_frame)?;
    let mut list = Vec::new();
    out.for_each_mut(|id, section| {
        if !section.slice().is_empty() {
            list.push((id.name(), section.take()));
        }
        Ok::<(), gimli::write::Error>(())
    })?;
    Ok(list)
}

/// A function and where it is: entry and end.
#[derive(Clone, Copy)]
struct Placed<'a> {
    def: &'a FuncDef,
    entry: u64,
    end: u64,
}

/// Functions by the folder of their file, both in the order of the first address.
fn by_folder<'a>(objects: &'a [Object], layout: &Layout) -> Vec<(&'a str, Vec<Placed<'a>>)> {
    let mut list: Vec<(&str, Vec<Placed<'_>>)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for f in &layout.funcs {
        let def = &objects[f.object as usize].funcs[f.index as usize];
        let (folder, _) = split(&def.file);
        let i = *index.entry(folder).or_insert_with(|| {
            list.push((folder, Vec::new()));
            list.len() - 1
        });
        list[i].1.push(Placed { def, entry: f.entry, end: f.end });
    }
    list
}

/// Folder and name of a file.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// What is not empty and has no zero byte, as gimli wants of names.
fn clean(text: &str) -> Vec<u8> {
    let bytes: Vec<u8> = text.bytes().filter(|&b| b != 0).collect();
    if bytes.is_empty() { b"?".to_vec() } else { bytes }
}

fn unit(dwarf: &mut Dwarf, folder: &str, funcs: &[Placed<'_>]) {
    let name = if folder.is_empty() { "." } else { folder };
    let text = |d: &mut Dwarf, s: &str| LineString::new(clean(s), ENCODING, &mut d.line_strings);
    let (here, first) = (text(dwarf, "."), text(dwarf, name));
    let program = LineProgram::new(ENCODING, LineEncoding::default(), here, None, first, None);
    let unit = Unit::new(ENCODING, program);
    let mut b = Builder {
        dwarf,
        unit,
        dirs: HashMap::new(),
        files: HashMap::new(),
        inlined: HashMap::new(),
    };
    b.root(name, funcs);
    for f in funcs {
        b.lines(f);
        b.function(f);
    }
    let Builder { dwarf, unit, .. } = b;
    dwarf.units.add(unit);
}

/// One unit in the making.
struct Builder<'d, 'a> {
    dwarf: &'d mut Dwarf,
    unit: Unit,
    dirs: HashMap<&'a str, DirectoryId>,
    files: HashMap<&'a str, FileId>,
    /// The abstract instance of each function that was inlined somewhere in the unit, by its name.
    inlined: HashMap<&'a str, UnitEntryId>,
}

impl<'a> Builder<'_, 'a> {
    fn root(&mut self, name: &str, funcs: &[Placed<'_>]) {
        let ranges = funcs.iter().map(|f| (f.entry, f.end));
        let ranges = AttributeValue::RangeListRef(self.unit.ranges.add(range_list(ranges)));
        let producer = self.string(PRODUCER);
        let name = self.string(name);
        let here = self.string(".");
        let root = self.unit.get_mut(self.unit.root());
        root.set(dw::DW_AT_producer, producer);
        root.set(dw::DW_AT_language, AttributeValue::Language(dw::DW_LANG_Go));
        root.set(dw::DW_AT_name, name);
        root.set(dw::DW_AT_comp_dir, here);
        root.set(dw::DW_AT_low_pc, AttributeValue::Address(Address::Constant(0)));
        root.set(dw::DW_AT_ranges, ranges);
    }

    fn string(&mut self, s: &str) -> AttributeValue {
        AttributeValue::StringRef(self.dwarf.strings.add(clean(s)))
    }

    fn file(&mut self, path: &'a str) -> FileId {
        if let Some(&id) = self.files.get(path) {
            return id;
        }
        let (folder, name) = split(path);
        let strings = &mut self.dwarf.line_strings;
        let mut text = |s: &str| LineString::new(clean(s), ENCODING, strings);
        let dir = if folder.is_empty() {
            self.unit.line_program.default_directory()
        } else {
            let text = text(folder);
            let program = &mut self.unit.line_program;
            *self.dirs.entry(folder).or_insert_with(|| program.add_directory(text))
        };
        let id = self.unit.line_program.add_file(text(name), dir, None);
        self.files.insert(path, id);
        id
    }

    /// The function's sequence in the table of lines.
    fn lines(&mut self, f: &Placed<'a>) {
        let program = &mut self.unit.line_program;
        program.begin_sequence(Some(Address::Constant(f.entry)));
        let mut last = None;
        for (pc, pos) in known_lines(f.def) {
            let at = file_and_line(f.def, pos);
            if last == Some(at) {
                continue;
            }
            last = Some(at);
            let file = self.file(at.0);
            let row = self.unit.line_program.row();
            (row.address_offset, row.file, row.line) = (pc.into(), file, at.1.into());
            self.unit.line_program.generate_row();
        }
        self.unit.line_program.end_sequence(f.end - f.entry);
    }

    fn function(&mut self, f: &Placed<'a>) {
        let (name, file) = (self.string(&f.def.display_name), self.file(&f.def.file));
        let mut frame_base = Expression::new();
        frame_base.op(dw::DW_OP_call_frame_cfa);
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_subprogram);
        let die = self.unit.get_mut(id);
        die.set(dw::DW_AT_name, name);
        die.set(dw::DW_AT_low_pc, AttributeValue::Address(Address::Constant(f.entry)));
        die.set(dw::DW_AT_high_pc, AttributeValue::Udata(f.end - f.entry));
        die.set(dw::DW_AT_frame_base, AttributeValue::Exprloc(frame_base));
        die.set(dw::DW_AT_decl_file, AttributeValue::FileIndex(Some(file)));
        die.set(dw::DW_AT_decl_line, AttributeValue::Udata(f.def.start_line.into()));
        die.set(dw::DW_AT_external, AttributeValue::Flag(true));
        let calls = inlined_calls(f);
        let mut ids: Vec<UnitEntryId> = Vec::with_capacity(calls.len());
        for call in &calls {
            let parent = call.parent.map_or(id, |p| ids[p]);
            ids.push(self.inlined_call(f.def, call, parent));
        }
    }

    fn inlined_call(
        &mut self,
        def: &'a FuncDef,
        call: &InlinedCall<'a>,
        parent: UnitEntryId,
    ) -> UnitEntryId {
        let origin = self.abstract_instance(call.func);
        let (file, line) = file_and_line(def, call.site);
        let file = self.file(file);
        let range = match *call.ranges.as_slice() {
            [(begin, end)] => Ok((begin, end)),
            _ => Err(self.unit.ranges.add(range_list(call.ranges.iter().copied()))),
        };
        let id = self.unit.add(parent, dw::DW_TAG_inlined_subroutine);
        let die = self.unit.get_mut(id);
        die.set(dw::DW_AT_abstract_origin, AttributeValue::UnitRef(origin));
        match range {
            Ok((begin, end)) => {
                die.set(dw::DW_AT_low_pc, AttributeValue::Address(Address::Constant(begin)));
                die.set(dw::DW_AT_high_pc, AttributeValue::Udata(end - begin));
            }
            Err(list) => die.set(dw::DW_AT_ranges, AttributeValue::RangeListRef(list)),
        }
        die.set(dw::DW_AT_call_file, AttributeValue::FileIndex(Some(file)));
        die.set(dw::DW_AT_call_line, AttributeValue::Udata(line.into()));
        id
    }

    fn abstract_instance(&mut self, func: &'a str) -> UnitEntryId {
        if let Some(&id) = self.inlined.get(func) {
            return id;
        }
        let name = self.string(func);
        let id = self.unit.add(self.unit.root(), dw::DW_TAG_subprogram);
        let die = self.unit.get_mut(id);
        die.set(dw::DW_AT_name, name);
        die.set(dw::DW_AT_inline, AttributeValue::Inline(dw::DW_INL_inlined));
        self.inlined.insert(func, id);
        id
    }
}

fn range_list(ranges: impl Iterator<Item = (u64, u64)>) -> RangeList {
    let range =
        |(begin, end)| Range::StartLength { begin: Address::Constant(begin), length: end - begin };
    RangeList(ranges.map(range).collect())
}

/// A call that was inlined: one place in the source, and all code that was made of it.
struct InlinedCall<'a> {
    func: &'a str,
    site: LinePos,
    /// The call that this one's site was inlined by; before this one in the list.
    parent: Option<usize>,
    /// Addresses, ascending.
    ranges: Vec<(u64, u64)>,
}

/// The calls inlined into a function, each after the one that it lies in (DWARF-2).
fn inlined_calls<'a>(f: &Placed<'a>) -> Vec<InlinedCall<'a>> {
    let mut calls: Vec<InlinedCall<'a>> = Vec::new();
    if f.def.inl.is_empty() {
        return calls;
    }
    let mut index: HashMap<(&str, LinePos), usize> = HashMap::new();
    let lines: Vec<(u32, LinePos)> = f.def.lines.clone();
    for (i, &(pc, pos)) in lines.iter().enumerate() {
        let begin = f.entry + u64::from(pc);
        let end = lines.get(i + 1).map_or(f.end, |l| f.entry + u64::from(l.0));
        let mut call = call_of(f.def, pos, &mut calls, &mut index);
        while let Some(c) = call
            && begin < end
        {
            match calls[c].ranges.last_mut() {
                Some(last) if last.1 == begin => last.1 = end,
                _ => calls[c].ranges.push((begin, end)),
            }
            call = calls[c].parent;
        }
    }
    calls
}

/// The innermost inlined call at a position; `None` in the function itself.
fn call_of<'a>(
    def: &'a FuncDef,
    pos: LinePos,
    calls: &mut Vec<InlinedCall<'a>>,
    index: &mut HashMap<(&'a str, LinePos), usize>,
) -> Option<usize> {
    let LinePos::Inl(i) = pos else { return None };
    let inlined = def.inl[i as usize].inlined.as_ref()?;
    let key = (&*inlined.func, inlined.parent);
    if let Some(&known) = index.get(&key) {
        return Some(known);
    }
    let parent = call_of(def, inlined.parent, calls, index);
    calls.push(InlinedCall { func: &inlined.func, site: inlined.parent, parent, ranges: vec![] });
    index.insert(key, calls.len() - 1);
    Some(calls.len() - 1)
}
