//! One function through Cranelift.

use std::fmt;

use burrow_ir::ir::{Func, Loc, func_flags};
use burrow_syntax::Symbol;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::ExternalName;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context, FinalizedRelocTarget};
use rustc_hash::FxHashSet;

use crate::clif;
use crate::{epilogue, pads, placement, prefix, prologue};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeRelocKind {
    /// Distance from the place itself: S + A - P.
    PcRel32,
    Abs64,
}

#[derive(Clone, Debug)]
pub struct CodeReloc {
    /// From the first byte of the prefix.
    pub offset: u32,
    pub kind: CodeRelocKind,
    pub target: Symbol,
    pub addend: i64,
}

/// Where a recovered panic goes on; offsets from the entry. See `docs/abi.md` 6.
#[derive(Clone, Copy, Debug)]
pub struct Pad {
    pub pad: u32,
    /// From rsp to rbp, while the function calls.
    pub frame_offset: u32,
    /// From rsp to the `DeferFrame`.
    pub defer_frame: u32,
}

/// Machine code of one function.
#[derive(Clone, Debug)]
pub struct CompiledFunc {
    pub name: Symbol,
    /// Prefix and body.
    pub code: Vec<u8>,
    /// Offset of the entry, to which the symbol refers, in `code`.
    pub entry: u32,
    pub relocs: Vec<CodeReloc>,
    /// From this offset (from the entry) on, instructions belong to the location.
    pub lines: Vec<(u32, Loc)>,
    pub pads: Vec<Pad>,
    /// Offset (from the entry) of an `ud2`, and its code.
    pub traps: Vec<(u32, u32)>,
    /// Bytes of arguments on the stack, which the function pops.
    pub stack_args: u32,
    pub frame_size: u32,
    /// Callee-saved registers that it saves: `FuncRec.flags` in `docs/abi.md` 7, shifted down.
    pub saved: u32,
    /// Where in a cache line the entry may be: [`placement::best`].
    pub places: u32,
}

/// Cranelift refused a function: a bug of lowering or a limit, with the function's name.
#[derive(Debug)]
pub struct CodeError {
    pub func: Symbol,
    pub message: String,
}

impl fmt::Display for CodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internal compiler error: {}: {}", self.func, self.message)
    }
}

impl std::error::Error for CodeError {}

/// Compiles functions one after another; one for each thread.
pub struct Compiler {
    isa: OwnedTargetIsa,
    ctx: Context,
    /// What the register allocator keeps from function to function.
    registers: regalloc2::Ctx,
    control: ControlPlane,
    large: FxHashSet<Symbol>,
}

/// The target: x86-64 with the instructions of level v2 (SSE4.2, POPCNT).
fn isa() -> OwnedTargetIsa {
    let mut flags = settings::builder();
    let options = [
        ("opt_level", "speed"),
        ("enable_pinned_reg", "true"),
        ("preserve_frame_pointers", "true"),
        ("enable_probestack", "false"),
        ("is_pic", "false"),
        ("unwind_info", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
    ];
    for (name, value) in options {
        flags.set(name, value).expect("a setting of Cranelift");
    }
    let mut isa = cranelift_codegen::isa::lookup_by_name("x86_64-unknown-linux-gnu")
        .expect("x86-64 is compiled in");
    for feature in
        ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt", "has_cmpxchg16b"]
    {
        isa.enable(feature).expect("a feature of x86-64");
    }
    isa.finish(settings::Flags::new(flags)).expect("consistent settings")
}

impl Compiler {
    /// `large`: functions of the runtime that may need much stack.
    pub fn new(large: FxHashSet<Symbol>) -> Compiler {
        Compiler {
            isa: isa(),
            ctx: Context::new(),
            registers: regalloc2::Ctx::default(),
            control: ControlPlane::default(),
            large,
        }
    }

    /// Compiles a function in SSA form.
    pub fn compile(&mut self, func: &Func) -> Result<CompiledFunc, CodeError> {
        self.ctx.clear();
        let names = clif::translate(func, &mut self.ctx.func, &*self.isa);
        let error = |message: String| CodeError { func: func.name, message };
        let refused = |e: CodegenError| error(format!("{e:?}"));
        let isa = &*self.isa;
        self.ctx.optimize(isa, &mut self.control).map_err(refused)?;
        if func.flags & func_flags::DEFER != 0 {
            pads::own_values(&mut self.ctx.func).map_err(|v| {
                error(format!("PAD-1: a landing pad uses {v}, which is defined elsewhere"))
            })?;
            self.ctx.verify_if(isa).map_err(refused)?;
        }
        let (f, tree) = (&self.ctx.func, &self.ctx.domtree);
        let code = isa
            .compile_function(f, tree, &mut self.registers, false, &mut self.control)
            .map_err(refused)?
            .apply_params(&f.params);
        let buffer = &code.buffer;
        let frame_size = buffer.frame_layout().map_or(0, |l| l.frame_to_fp_offset);
        let stack_args = clif::stack_arg_bytes(&func.sig);
        let (mut bytes, entry, check) = prefix::stack_check(&prefix::Shape {
            frame: frame_size,
            stack_args,
            is_leaf: buffer.call_sites().next().is_none(),
            nosplit: func.flags & func_flags::NOSPLIT != 0,
            calls_large: names.iter().any(|n| self.large.contains(n)),
        });
        let body = bytes.len() as u32;
        let shift = body - entry;
        bytes.extend_from_slice(buffer.data());
        epilogue::shorten(&mut bytes[body as usize..], frame_size, func);
        let mut relocs: Vec<CodeReloc> = check.into_iter().collect();
        for r in buffer.relocs() {
            let kind = match r.kind {
                Reloc::X86PCRel4 | Reloc::X86CallPCRel4 | Reloc::X86CallPLTRel4 => {
                    CodeRelocKind::PcRel32
                }
                Reloc::Abs8 => CodeRelocKind::Abs64,
                other => return Err(error(format!("relocation {other:?}"))),
            };
            let target = match &r.target {
                FinalizedRelocTarget::ExternalName(ExternalName::User(n)) => {
                    names[n.as_u32() as usize]
                }
                other => return Err(error(format!("relocation against {other:?}"))),
            };
            relocs.push(CodeReloc { offset: body + r.offset, kind, target, addend: r.addend });
        }
        let mut lines: Vec<(u32, Loc)> = vec![(0, Loc(0))];
        for s in buffer.get_srclocs_sorted() {
            if s.loc.is_default() {
                continue;
            }
            let loc = Loc(s.loc.bits());
            if lines.last().is_some_and(|l| l.1 != loc) {
                lines.push((s.start + shift, loc));
            }
        }
        let defer_frame = match (clif::defer_slot(func), buffer.frame_layout()) {
            (Some(slot), Some(layout)) => layout.stackslots[slot].offset,
            _ => 0,
        };
        let saved = prologue::saved(buffer.data(), frame_size)
            .ok_or_else(|| error("unknown prologue".into()))?;
        let mut pads = Vec::new();
        for site in buffer.call_sites() {
            for h in site.exception_handlers {
                use cranelift_codegen::FinalizedMachExceptionHandler as Handler;
                if let Handler::Default(pad) = h {
                    pads.push(Pad {
                        pad: pad + shift,
                        frame_offset: site.frame_offset.unwrap_or(frame_size),
                        defer_frame,
                    });
                }
            }
        }
        let traps = buffer
            .traps()
            .iter()
            .filter(|t| t.code == clif::TRAP_UNREACHABLE)
            .map(|t| (t.offset + shift, 1))
            .collect();
        let places = placement::best(&bytes, entry, body);
        Ok(CompiledFunc {
            name: func.name,
            code: bytes,
            entry,
            relocs,
            lines,
            pads,
            traps,
            stack_args,
            frame_size,
            saved,
            places,
        })
    }

    /// The CLIF of the function compiled last, for dumps.
    pub fn clif_text(&self) -> String {
        self.ctx.func.display().to_string()
    }
}
