//! How to unwind Go code: `.debug_frame`, from the machine code of each function.
//!
//! FRAME-1  The body of a function begins with `push rbp; mov rbp, rsp; sub rsp, n`, behind the stack check, if there is one. Then it stores
//!          the registers that it saves at the top of its frame (`docs/abi.md` 7). A function without that start has no frame.
//! FRAME-2  `pop rbp` occurs only at the end, and the instruction behind it leaves the function: a return or a tail call.

use gimli::write::{
    Address, CallFrameInstruction as Rule, CommonInformationEntry, FrameDescriptionEntry,
    FrameTable,
};
use gimli::{Encoding, Format, Register, X86_64};
use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, Instruction, Register as Reg};

use crate::layout::Layout;
use crate::object::{FuncDef, Object, func_flags};

/// CFI has versions of its own; 4 is that of DWARF 4 and 5.
const ENCODING: Encoding = Encoding { format: Format::Dwarf32, version: 4, address_size: 8 };
/// Registers that calls preserve, by their bits in `FuncDef::flags`.
const SAVED: [(Register, Reg); 4] = [
    (X86_64::RBX, Reg::RBX),
    (X86_64::R12, Reg::R12),
    (X86_64::R13, Reg::R13),
    (X86_64::R14, Reg::R14),
];

pub(super) fn table(objects: &[Object], layout: &Layout) -> FrameTable {
    let mut table = FrameTable::default();
    let mut cie = CommonInformationEntry::new(ENCODING, 1, -8, X86_64::RA);
    cie.add_instruction(Rule::Cfa(X86_64::RSP, 8));
    cie.add_instruction(Rule::Offset(X86_64::RA, -8));
    let cie = table.add_cie(cie);
    for f in &layout.funcs {
        let def = &objects[f.object as usize].funcs[f.index as usize];
        let length = (f.end - f.start) as u32;
        let mut fde = FrameDescriptionEntry::new(Address::Constant(f.start), length);
        if def.flags & func_flags::TOP_OF_STACK != 0 {
            fde.add_instruction(0, Rule::Undefined(X86_64::RA));
        }
        for (at, rule) in rules(def) {
            fde.add_instruction(at, rule);
        }
        table.add_fde(cie, fde);
    }
    table
}

/// What changes within the function, by offsets from the start of its code.
fn rules(def: &FuncDef) -> Vec<(u32, Rule)> {
    let mut out = Vec::new();
    let Some(push) = start_of_body(def) else { return out };
    out.push((push + 1, Rule::CfaOffset(16)));
    out.push((push + 1, Rule::Offset(X86_64::RBP, -16)));
    out.push((push + 4, Rule::CfaRegister(X86_64::RBP)));
    let saved = saved_registers(def, push + 4);
    for &(at, register, from_rbp) in &saved {
        out.push((at, Rule::Offset(register, from_rbp - 16)));
    }
    for (after_pop, end) in epilogues(def) {
        out.push((after_pop, Rule::RememberState));
        out.push((after_pop, Rule::Cfa(X86_64::RSP, 8)));
        out.push((after_pop, Rule::Restore(X86_64::RBP)));
        for &(_, register, _) in &saved {
            out.push((after_pop, Rule::Restore(register)));
        }
        if (end as usize) < def.code.len() {
            out.push((end, Rule::RestoreState));
        }
    }
    out
}

fn decoder(def: &FuncDef, from: u32) -> Decoder<'_> {
    let mut d = Decoder::with_ip(64, &def.code, 0, DecoderOptions::NONE);
    d.set_position(from as usize).expect("an offset in the code");
    d.set_ip(from.into());
    d
}

/// Offset of `push rbp; mov rbp, rsp` (FRAME-1): at the entry, or behind the stack check's conditional jump.
fn start_of_body(def: &FuncDef) -> Option<u32> {
    let is_start = |at: u32| def.code[at as usize..].starts_with(&[0x55, 0x48, 0x89, 0xe5]);
    let mut d = decoder(def, def.entry);
    let mut i = Instruction::default();
    // `lea r11, [rsp-F]; cmp r11, [r15]; jbe` at most.
    for _ in 0..4 {
        let at = d.position() as u32;
        if is_start(at) {
            return Some(at);
        }
        if !d.can_decode() {
            return None;
        }
        d.decode_out(&mut i);
    }
    None
}

/// Where each register that the function saves has been stored, and its place from rbp.
fn saved_registers(def: &FuncDef, behind_mov: u32) -> Vec<(u32, Register, i32)> {
    let bits = def.flags >> func_flags::SAVED_SHIFT & 15;
    let mut out = Vec::new();
    if bits == 0 {
        return out;
    }
    let mut d = decoder(def, behind_mov);
    let sub = d.decode();
    let frame = match sub.code() {
        Code::Sub_rm64_imm8 | Code::Sub_rm64_imm32 => sub.immediate(1) as i32,
        _ => return out,
    };
    for _ in 0..bits.count_ones() {
        let store = d.decode();
        let register = SAVED.iter().find(|s| s.1 == store.op1_register());
        let (Code::Mov_rm64_r64, Reg::RSP, Some(register)) =
            (store.code(), store.memory_base(), register)
        else {
            break;
        };
        let from_rbp = store.memory_displacement64() as i32 - frame;
        out.push((d.position() as u32, register.0, from_rbp));
    }
    out
}

/// Behind each `pop rbp` of the function, to the end of the instruction that leaves it (FRAME-2), ascending.
fn epilogues(def: &FuncDef) -> Vec<(u32, u32)> {
    const POP_RBP: u8 = 0x5d;
    const RET: u8 = 0xc3;
    let next = |i: usize| def.code.get(i + 1).copied();
    let candidates = |i: &usize| def.code[*i] == POP_RBP;
    let pops: Vec<usize> = (def.entry as usize..def.code.len()).filter(candidates).collect();
    // `ret` of one byte: if the two bytes are something else, no instruction begins at the second one but a return.
    if pops.iter().all(|&i| !matches!(next(i), Some(0xc2 | 0xe9 | 0xeb | 0xff | 0x41))) {
        let returns = pops.iter().filter(|&&i| next(i) == Some(RET));
        return returns.map(|&i| (i as u32 + 1, i as u32 + 2)).collect();
    }
    let mut out = Vec::new();
    let mut d = decoder(def, def.entry);
    let mut i = Instruction::default();
    let mut popped = None;
    while d.can_decode() {
        d.decode_out(&mut i);
        let leaves = matches!(
            i.flow_control(),
            FlowControl::Return | FlowControl::UnconditionalBranch | FlowControl::IndirectBranch
        );
        if let Some(at) = popped.take().filter(|_| leaves) {
            out.push((at, d.position() as u32));
        }
        if i.code() == Code::Pop_r64 && i.op0_register() == Reg::RBP {
            popped = Some(d.position() as u32);
        }
    }
    out
}
