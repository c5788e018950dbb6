//! How much stack the image's functions need: a bound on the depth of each, from its machine code.
//!
//! D1  Of a function counts all that it pushes or subtracts from rsp, anywhere: at least what it has at any moment.
//! D2  A call of the function's own stack is at the bottom of that; a jump out of the function takes its place.
//! D3  Unknown is unbounded: recursion, indirect calls and jumps (but for tables of jumps, and addresses that the linker has
//!     put into the GOT), stacks of a size that is computed.
//! D4  What goes on on another stack costs nothing here (`SWITCHES`), nor do calls of Go, which tests for itself (`CALLS_GO`).
//! D5  Who calls one of `HAVE_ROOM` has looked how much room there is.

use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, Mnemonic, OpKind, Register,
};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use std::collections::HashMap;

/// Functions that call what they are given on the thread's own stack, or on that of a new thread.
const SWITCHES: &[&str] = &["4arch5mcall17h", "4arch11systemstack17h", "3sys12clone_thread17h"];
/// Functions whose indirect calls are of Go functions.
const CALLS_GO: &[&str] = &["4arch7call_go17h", "runtime.callDeferred"];

/// Functions whose callers have looked for room for what they call.
const HAVE_ROOM: &[&str] = &["4arch9call_vdso17h"];
/// Functions of Rust's library that are never called: our allocator ends the program itself when there is no memory, and nothing
/// unwinds.
const NEVER: &[&str] = &["5alloc18handle_alloc_error", "9panicking19panic_cannot_unwind"];

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Call(u64),
    Jump(u64),
}

/// What the linker has put into the GOT: addresses of entries, and these.
struct Got<'a> {
    start: u64,
    bytes: &'a [u8],
}

impl Got<'_> {
    /// Where a call or jump through it goes.
    fn target(&self, i: &Instruction) -> Option<u64> {
        if !i.is_ip_rel_memory_operand() {
            return None;
        }
        let at = i.ip_rel_memory_address().checked_sub(self.start)? as usize;
        let word = self.bytes.get(at..at + 8)?;
        Some(u64::from_le_bytes(word.try_into().ok()?))
    }
}

struct Function {
    frame: u32,
    edges: Vec<Edge>,
    unknown: bool,
}

/// Bytes that each global function that is not Rust's own needs of its caller's stack, return address included; `None`: unbounded.
pub(crate) fn stack_needs(image: &[u8]) -> Vec<(String, Option<u32>)> {
    let file = object::File::parse(image).expect("the image is an ELF file");
    let text = file.section_by_name(".text").expect("the image has code");
    let (base, code) = (text.address(), text.data().expect("the code is in the file"));
    let end = base + code.len() as u64;
    let got = file.section_by_name(".got").map_or(Got { start: 0, bytes: &[] }, |s| Got {
        start: s.address(),
        bytes: s.data().expect("the GOT is in the file"),
    });
    let mut names: Vec<(u64, String, bool)> = file
        .symbols()
        .filter(|s| (base..end).contains(&s.address()))
        .filter(|s| matches!(s.kind(), SymbolKind::Text | SymbolKind::Unknown))
        .filter(|s| !s.name().unwrap_or_default().is_empty())
        .map(|s| (s.address(), s.name().unwrap_or_default().to_owned(), s.is_global()))
        .collect();
    names.sort();
    let mut starts: Vec<u64> = names.iter().map(|n| n.0).collect();
    starts.dedup();
    let mut functions = HashMap::new();
    for (i, &start) in starts.iter().enumerate() {
        let stop = starts.get(i + 1).copied().unwrap_or(end);
        let bytes = &code[(start - base) as usize..(stop - base) as usize];
        let name = &names[names.partition_point(|n| n.0 < start)].1;
        functions.insert(start, scan(name, start, bytes, &got));
    }
    let mut known = HashMap::new();
    let globals = names.iter().filter(|n| n.2 && !n.1.starts_with("_R") && !n.1.starts_with("_ZN"));
    globals.map(|(at, name, _)| (name.clone(), need(*at, &functions, &mut known))).collect()
}

fn is_one_of(name: &str, list: &[&str]) -> bool {
    list.iter().any(|part| name.contains(part))
}

fn scan(name: &str, start: u64, bytes: &[u8], got: &Got<'_>) -> Function {
    let mut f = Function { frame: 0, edges: Vec::new(), unknown: false };
    if is_one_of(name, NEVER) {
        return f;
    }
    let inside = start..start + bytes.len() as u64;
    let free = [SWITCHES, CALLS_GO, HAVE_ROOM].iter().any(|list| is_one_of(name, list));
    for i in Decoder::with_ip(64, bytes, start, DecoderOptions::NONE).iter() {
        if i.is_invalid() {
            // Padding, or constants behind the code.
            continue;
        }
        match grows(&i) {
            Some(n) => f.frame += n,
            None => f.unknown = true,
        }
        match i.flow_control() {
            FlowControl::Call if i.is_call_near() => {
                f.edges.push(Edge::Call(i.near_branch_target()))
            }
            FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                let target = i.near_branch_target();
                if !inside.contains(&target) || target == start {
                    f.edges.push(Edge::Jump(target));
                }
            }
            FlowControl::IndirectCall => match got.target(&i) {
                Some(to) => f.edges.push(Edge::Call(to)),
                None => f.unknown |= !free,
            },
            FlowControl::IndirectBranch => match got.target(&i) {
                Some(to) => f.edges.push(Edge::Jump(to)),
                None => {
                    let table =
                        i.op0_kind() == OpKind::Memory && i.memory_index() != Register::None;
                    f.unknown |= !free && !table;
                }
            },
            _ => {}
        }
    }
    f.edges.dedup();
    f
}

/// By how much an instruction may lower rsp; `None`: unknown.
fn grows(i: &Instruction) -> Option<u32> {
    let to_rsp =
        i.op_count() > 0 && i.op0_kind() == OpKind::Register && i.op0_register() == Register::RSP;
    match i.mnemonic() {
        Mnemonic::Push | Mnemonic::Pushfq => Some(8),
        Mnemonic::Sub | Mnemonic::Add if to_rsp => match i.op1_kind() {
            OpKind::Immediate8to64 | OpKind::Immediate32to64 => {
                let n = i.immediate(1) as i64;
                let down = if i.mnemonic() == Mnemonic::Sub { n } else { -n };
                Some(u32::try_from(down.max(0)).ok()?)
            }
            _ => None,
        },
        // Alignment.
        Mnemonic::And if to_rsp && i.code() == Code::And_rm64_imm8 => Some(64),
        _ => Some(0),
    }
}

fn need(
    at: u64,
    functions: &HashMap<u64, Function>,
    known: &mut HashMap<u64, Option<u32>>,
) -> Option<u32> {
    if let Some(&n) = known.get(&at) {
        return n;
    }
    // Until it is known, it is unbounded: so recursion is.
    known.insert(at, None);
    let n = functions.get(&at).filter(|f| !f.unknown).and_then(|f| {
        let mut most = f.frame + 8;
        for e in &f.edges {
            most = most.max(match *e {
                Edge::Call(to) => f.frame + 8 + need(to, functions, known)?,
                Edge::Jump(to) if to == at => 0,
                Edge::Jump(to) => f.frame + need(to, functions, known)?,
            });
        }
        Some(most)
    });
    known.insert(at, n);
    n
}
