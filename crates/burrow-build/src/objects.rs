//! Code generation for all functions of a program, in parallel, and what the linker gets of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use burrow_codegen::{CodeRelocKind, CompiledFunc, Compiler};
use burrow_ir::ir::{Data, DataKind as IrDataKind, DataRelocKind, Func, Loc};
use burrow_link::{
    DataDef, DataKind, FuncDef, InlPos, Inlined, LinePos, Object, Pad, Reloc, RelocKind, SymId,
    func_flags,
};
use burrow_syntax::{FileSet, Pos, Symbol};

/// What is made of a function without looking at others: all but the symbols' ids.
struct Piece {
    code: CompiledFunc,
    file: Arc<str>,
    start_line: u32,
    lines: Vec<(u32, LinePos)>,
    inl: Vec<InlPos>,
}

/// Compiles functions and puts them into one object with the data. The order of definitions is that
/// of the input, whatever the threads do.
///
/// # Errors
/// The first function, by order, that code generation refused.
pub(crate) fn compile(funcs: &[Func], datas: Vec<Data>, files: &FileSet) -> Result<Object, String> {
    let pieces: Vec<OnceLock<Result<Piece, String>>> =
        funcs.iter().map(|_| OnceLock::new()).collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(false);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|s| {
        for _ in 0..threads {
            let work = || {
                let mut compiler = Compiler::new();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= funcs.len() || *failed.lock().expect("no panics while locked") {
                        return;
                    }
                    let piece = piece(&mut compiler, &funcs[i], files);
                    if piece.is_err() {
                        *failed.lock().expect("no panics while locked") = true;
                    }
                    pieces[i].get_or_init(|| piece);
                }
            };
            // Cranelift recurses over large functions.
            let started = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(s, work);
            started.expect("a thread can be started");
        }
    });
    let mut object = Builder { object: Object::new(), ids: HashMap::new() };
    for (func, piece) in funcs.iter().zip(pieces) {
        // Functions after the first failure may not have been looked at.
        if let Some(piece) = piece.into_inner() {
            object.func(func, piece?);
        }
    }
    for data in datas {
        object.data(data);
    }
    Ok(object.object)
}

fn piece(compiler: &mut Compiler, func: &Func, files: &FileSet) -> Result<Piece, String> {
    let code = compiler.compile(func).map_err(|e| e.to_string())?;
    let start = files.position(func.pos);
    let mut inl = Inlining {
        func,
        files,
        file: start.filename.clone(),
        known: HashMap::new(),
        out: Vec::new(),
    };
    let mut lines: Vec<(u32, LinePos)> = Vec::with_capacity(code.lines.len());
    for &(offset, loc) in &code.lines {
        let pos = inl.line_pos(loc);
        if lines.last().is_none_or(|l| l.1 != pos) {
            lines.push((offset, pos));
        }
    }
    let out = inl.out;
    Ok(Piece { code, file: start.filename, start_line: start.line, lines, inl: out })
}

/// Positions of one function's instructions.
struct Inlining<'a> {
    func: &'a Func,
    files: &'a FileSet,
    file: Arc<str>,
    known: HashMap<u32, LinePos>,
    out: Vec<InlPos>,
}

impl Inlining<'_> {
    fn line_pos(&mut self, loc: Loc) -> LinePos {
        if let Some(&p) = self.known.get(&loc.0) {
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
            LinePos::Line(at.line)
        } else {
            self.out.push(InlPos { file: at.filename, line: at.line, inlined });
            LinePos::Inl(self.out.len() as u32 - 1)
        };
        self.known.insert(loc.0, pos);
        pos
    }
}

struct Builder {
    object: Object,
    ids: HashMap<Symbol, SymId>,
}

impl Builder {
    fn id(&mut self, name: Symbol) -> SymId {
        *self.ids.entry(name).or_insert_with(|| self.object.symbol(name.as_str()))
    }

    fn func(&mut self, func: &Func, piece: Piece) {
        let Piece { code, file, start_line, lines, inl } = piece;
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
            align: 16,
            relocs,
            display_name: func.display.as_str().into(),
            file,
            start_line,
            flags: func.flags | check,
            argp: code.stack_args,
            lines,
            inl,
            pads: code
                .pads
                .iter()
                .map(|p| Pad { ret: p.ret, frame_offset: p.frame_offset, pad: p.pad })
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
