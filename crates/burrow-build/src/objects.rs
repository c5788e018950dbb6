//! Code generation for all functions of a program, in parallel, and what the linker gets of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use burrow_codegen::{CodeRelocKind, Compiler, placement};
use burrow_ir::encode::Encoder;
use burrow_ir::ir::{Data, DataKind as IrDataKind, DataRelocKind, Func, Loc};
use burrow_link::{
    DataDef, DataKind, FuncDef, InlPos, Inlined, LinePos, Object, Pad, Reloc, RelocKind, SymId,
    func_flags,
};
use burrow_syntax::{FileSet, Pos, Symbol};
use rustc_hash::FxHashMap;

use crate::artefact::{Artefacts, FuncKey, Package, Piece};
use crate::paths::FileNames;
use crate::timings;

/// What is known of a function before it is linked.
struct Done {
    piece: Piece,
    file: Arc<str>,
    start_line: u32,
}

/// Compiles functions, or takes them from their packages' artefacts, and puts them into one object
/// with the data. The order of definitions is that of the input, whatever the threads do.
///
/// # Errors
/// The first function, by order, that code generation refused.
pub(crate) fn compile(
    funcs: &[Func],
    datas: Vec<Data>,
    files: &FileSet,
    names: &FileNames,
    artefacts: &Artefacts<'_>,
    threads: usize,
) -> Result<Object, String> {
    let done: Vec<OnceLock<Result<Done, String>>> = funcs.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let compiled = AtomicUsize::new(0);
    let threads = burrow_load::threads(threads);
    std::thread::scope(|s| {
        for _ in 0..threads {
            let work = || {
                let mut worker = Worker::new(files, names, artefacts);
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= funcs.len() || failed.load(Ordering::Relaxed) {
                        break;
                    }
                    let result = worker.func(&funcs[i]);
                    if result.is_err() {
                        failed.store(true, Ordering::Relaxed);
                    }
                    done[i].get_or_init(|| result);
                }
                compiled.fetch_add(worker.compiled, Ordering::Relaxed);
            };
            // Cranelift recurses over large functions.
            let started = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(s, work);
            started.expect("a thread can be started");
        }
    });
    let compiled = compiled.into_inner();
    timings::note(&format!("functions: {compiled} compiled of {}", funcs.len()));
    let mut object = Builder { object: Object::new(), ids: FxHashMap::default() };
    for (func, done) in funcs.iter().zip(done) {
        // Functions after the first failure may not have been looked at.
        if let Some(done) = done.into_inner() {
            object.func(func, done?);
        }
    }
    for data in datas {
        object.data(data);
    }
    Ok(object.object)
}

/// One thread's part of the work.
struct Worker<'a> {
    files: &'a FileSet,
    names: &'a FileNames,
    artefacts: &'a Artefacts<'a>,
    /// Made for the first function that has to be compiled.
    compiler: Option<Compiler>,
    encoder: Encoder,
    /// The last package asked for: functions of one package come together.
    package: Option<(String, Arc<Package>)>,
    compiled: usize,
}

impl<'a> Worker<'a> {
    fn new(files: &'a FileSet, names: &'a FileNames, artefacts: &'a Artefacts<'a>) -> Worker<'a> {
        let encoder = Encoder::default();
        Worker { files, names, artefacts, compiler: None, encoder, package: None, compiled: 0 }
    }

    fn func(&mut self, func: &Func) -> Result<Done, String> {
        let start = self.files.position(func.pos);
        let mut inl = Inlining {
            func,
            files: self.files,
            names: self.names,
            file: start.filename.clone(),
            start: start.line,
            known: vec![None; func.locs.len()],
            out: Vec::new(),
        };
        let lines: Vec<LinePos> =
            (0..func.locs.len() as u32).map(|i| inl.line_pos(Loc(i))).collect();
        let inl = inl.out;
        let key = self.key(func, &lines, &inl);
        let package = self.package(&start.filename);
        let piece = match package.get(&key, func.name, &self.encoder.symbols) {
            Some(piece) => piece,
            None => {
                let piece = self.compile(func, &lines, inl)?;
                package.put(key, &piece, &self.encoder.symbols);
                piece
            }
        };
        Ok(Done { piece, file: self.names.of(&start.filename), start_line: start.line })
    }

    /// The hash of the function and of what its locations stand for.
    fn key(&mut self, func: &Func, lines: &[LinePos], inl: &[InlPos]) -> FuncKey {
        let e = &mut self.encoder;
        e.encode(func);
        let line = |e: &mut Encoder, p: LinePos| match p {
            LinePos::Line(n) => e.num(u64::from(n) << 1),
            LinePos::Inl(n) => e.num(u64::from(n) << 1 | 1),
        };
        lines.iter().for_each(|&p| line(e, p));
        for i in inl {
            e.text(&i.file);
            e.num(i.line.into());
            match &i.inlined {
                None => e.num(0),
                Some(inlined) => {
                    e.num(1);
                    e.text(&inlined.func);
                    e.num(inlined.start_line.into());
                    line(e, inlined.parent);
                }
            }
        }
        let mut key = [0; 16];
        key.copy_from_slice(&blake3::hash(&e.bytes).as_bytes()[..16]);
        key
    }

    fn package(&mut self, file: &str) -> Arc<Package> {
        let dir = file.rsplit_once('/').map_or("", |(dir, _)| dir);
        match &self.package {
            Some((last, p)) if last == dir => p.clone(),
            _ => {
                let p = self.artefacts.package(dir);
                self.package = Some((dir.into(), p.clone()));
                p
            }
        }
    }

    fn compile(
        &mut self,
        func: &Func,
        positions: &[LinePos],
        inl: Vec<InlPos>,
    ) -> Result<Piece, String> {
        self.compiled += 1;
        let compiler = self.compiler.get_or_insert_with(|| {
            Compiler::new(burrow_link::large_stack_functions().map(Symbol::new).collect())
        });
        let mut code = compiler.compile(func).map_err(|e| e.to_string())?;
        let mut lines: Vec<(u32, LinePos)> = Vec::with_capacity(code.lines.len());
        for (offset, loc) in std::mem::take(&mut code.lines) {
            let pos = positions[loc.0 as usize];
            if lines.last().is_none_or(|l| l.1 != pos) {
                lines.push((offset, pos));
            }
        }
        Ok(Piece { code, lines, inl })
    }
}

/// Positions of one function's instructions. Lines of the function's own file are relative to its
/// first one, so that code is the same wherever the function stands in the file.
struct Inlining<'a> {
    func: &'a Func,
    files: &'a FileSet,
    names: &'a FileNames,
    file: Arc<str>,
    start: u32,
    known: Vec<Option<LinePos>>,
    out: Vec<InlPos>,
}

impl Inlining<'_> {
    fn line_pos(&mut self, loc: Loc) -> LinePos {
        if let Some(p) = self.known[loc.0 as usize] {
            return p;
        }
        let data = self.func.locs[loc.0 as usize];
        let at = self.files.position(data.pos);
        let inlined = data.inlined.map(|(name, call)| Inlined {
            func: name.as_str().into(),
            start_line: at.line,
            parent: self.line_pos(call),
        });
        let pos = if inlined.is_none() && (at.filename == self.file || data.pos == Pos::NONE) {
            LinePos::Line(at.line.wrapping_sub(self.start))
        } else {
            self.out.push(InlPos { file: self.names.of(&at.filename), line: at.line, inlined });
            LinePos::Inl(self.out.len() as u32 - 1)
        };
        self.known[loc.0 as usize] = Some(pos);
        pos
    }
}

/// The line in the file, of one relative to `start`.
fn absolute(pos: LinePos, start: u32) -> LinePos {
    match pos {
        LinePos::Line(n) => LinePos::Line(n.wrapping_add(start)),
        LinePos::Inl(n) => LinePos::Inl(n),
    }
}

struct Builder {
    object: Object,
    ids: FxHashMap<Symbol, SymId>,
}

impl Builder {
    fn id(&mut self, name: Symbol) -> SymId {
        *self.ids.entry(name).or_insert_with(|| self.object.symbol(name.as_str()))
    }

    fn func(&mut self, func: &Func, done: Done) {
        let Done { piece: Piece { code, mut lines, mut inl }, file, start_line } = done;
        lines.iter_mut().for_each(|l| l.1 = absolute(l.1, start_line));
        for i in inl.iter_mut().filter_map(|i| i.inlined.as_mut()) {
            i.parent = absolute(i.parent, start_line);
        }
        let relocs = code.relocs.iter().map(|r| {
            let kind = match r.kind {
                CodeRelocKind::PcRel32 => RelocKind::PcRel32,
                CodeRelocKind::Abs64 => RelocKind::Abs64,
            };
            Reloc { offset: r.offset, kind, target: self.id(r.target), addend: r.addend }
        });
        let relocs = relocs.collect();
        let check = if code.entry > 0 { func_flags::HAS_STACK_CHECK } else { 0 };
        let def = FuncDef {
            name: self.id(func.name),
            entry: code.entry,
            align: placement::ALIGN,
            places: code.places,
            relocs,
            display_name: func.display.as_str().into(),
            file,
            start_line,
            flags: func.flags | check | code.saved << func_flags::SAVED_SHIFT,
            argp: code.stack_args,
            lines,
            inl,
            pads: code
                .pads
                .iter()
                .map(|p| Pad {
                    pad: p.pad,
                    frame_offset: p.frame_offset,
                    defer_frame: p.defer_frame,
                })
                .collect(),
            traps: code.traps,
            code: code.code,
        };
        self.object.funcs.push(def);
    }

    fn data(&mut self, data: Data) {
        let relocs = data.relocs.iter().map(|r| {
            let kind = match r.kind {
                DataRelocKind::Abs64 => RelocKind::Abs64,
                DataRelocKind::TypeOff => RelocKind::TypeOff32,
                DataRelocKind::TextOff => RelocKind::TextOff32,
            };
            Reloc { offset: r.offset, kind, target: self.id(r.target), addend: r.addend }
        });
        let relocs = relocs.collect();
        let kind = match data.kind {
            IrDataKind::Rodata => DataKind::Rodata,
            IrDataKind::Types => DataKind::Types,
            IrDataKind::Data => DataKind::Data,
            IrDataKind::NoPtrData => DataKind::NoPtrData,
            IrDataKind::Bss => DataKind::Bss,
            IrDataKind::NoPtrBss => DataKind::NoPtrBss,
        };
        let name = self.id(data.name);
        let (align, size) = (data.align, data.size);
        self.object.datas.push(DataDef { name, kind, align, bytes: data.bytes, size, relocs });
    }
}
