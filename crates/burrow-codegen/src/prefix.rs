//! The stack check in front of a function: `docs/abi.md` 5.
//!
//! Not part of the IR, since Cranelift stores callee-saved registers before any instruction of ours runs, and since the
//! size of the frame is known only afterwards.

use crate::compile::{CodeReloc, CodeRelocKind};
use burrow_syntax::Symbol;

/// Frames up to this size need no exact test: the guard below the limit holds them.
const SMALL_FRAME: u32 = 256;
/// Functions that call no others, or are `go:nosplit`, need no test at all with frames below this.
const LEAF_FRAME: u32 = 128;
/// What functions of the runtime may need of the stack that are not known to need little.
pub const LARGE_NEED: u32 = 16 << 10;
/// How far below the limit a function may be that did its test, and by how much each one gets deeper that does none; return
/// addresses included. The runtime's reserve below the limit is made for it (`stack.rs`, T2).
pub const BELOW_LIMIT: [u32; 2] = [SMALL_FRAME + 8, LEAF_FRAME + 8];

/// What the prefix depends on.
pub(crate) struct Shape {
    pub(crate) frame: u32,
    pub(crate) stack_args: u32,
    pub(crate) is_leaf: bool,
    pub(crate) nosplit: bool,
    /// It calls functions of the runtime that may need much stack.
    pub(crate) calls_large: bool,
}

/// Bytes to put in front of the function's code, and the offset of the entry in them; empty if no check is needed.
pub(crate) fn stack_check(shape: &Shape) -> (Vec<u8>, u32, Option<CodeReloc>) {
    if (shape.nosplit || shape.is_leaf) && shape.frame < LEAF_FRAME && !shape.calls_large {
        return (Vec::new(), 0, None);
    }
    let mut code = Vec::with_capacity(32);
    let symbol = if shape.stack_args > 0 {
        code.extend_from_slice(&[0x41, 0xba]); // mov r10d, n
        code.extend_from_slice(&shape.stack_args.to_le_bytes());
        "__morestack_args"
    } else {
        "__morestack"
    };
    code.push(0xe8); // call
    let reloc = CodeReloc {
        offset: code.len() as u32,
        kind: CodeRelocKind::PcRel32,
        target: Symbol::new(symbol),
        addend: -4,
    };
    code.extend_from_slice(&[0; 4]);
    let entry = code.len() as u32;
    let need = shape.frame + if shape.calls_large { LARGE_NEED } else { 0 };
    if need > SMALL_FRAME {
        code.extend_from_slice(&[0x4c, 0x8d, 0x9c, 0x24]); // lea r11, [rsp - frame]
        code.extend_from_slice(&(-(need as i32)).to_le_bytes());
        code.extend_from_slice(&[0x4d, 0x3b, 0x5f, 0x00]); // cmp r11, [r15 + 0]
    } else {
        code.extend_from_slice(&[0x49, 0x3b, 0x67, 0x00]); // cmp rsp, [r15 + 0]
    }
    let back = -((code.len() + 2) as i8);
    code.extend_from_slice(&[0x76, back as u8]); // jbe to the start of the prefix
    (code, entry, Some(reloc))
}

#[cfg(test)]
mod tests {
    use super::{Shape, stack_check};

    #[test]
    fn small_leaves_have_no_check() {
        let leaf =
            Shape { frame: 16, stack_args: 0, is_leaf: true, nosplit: false, calls_large: false };
        assert!(stack_check(&leaf).0.is_empty());
    }

    #[test]
    fn the_branch_goes_to_the_first_byte() {
        for (frame, stack_args) in [(16, 0), (4096, 0), (16, 32), (4096, 32)] {
            let shape = Shape {
                frame,
                stack_args,
                is_leaf: false,
                nosplit: false,
                calls_large: frame == 16,
            };
            let (code, entry, reloc) = stack_check(&shape);
            let back = i32::from(code[code.len() - 1] as i8);
            assert_eq!(code.len() as i32 + back, 0);
            assert!(entry > 0 && reloc.is_some());
        }
    }
}
