//! Returns don't wait for the frame pointer.
//!
//! With frame pointers Cranelift ends a function by `add rsp, F; mov rsp, rbp; pop rbp; ret`. The second instruction sets what
//! the first has set already: rbp is where it was, F above. But rbp was loaded by the callee that returned last, so the
//! addresses of this `pop` and `ret` wait for that load, and so on up: a chain through memory along all returns. It becomes
//! a `nop` of three bytes, which changes no offset.
//!
//! E1  Only an instruction is changed, no data. What is looked for has nine bytes or more, begins and ends like an epilogue
//!     and names the frame's size: it doesn't fit in an immediate operand, tables of jumps have other bytes, and functions
//!     with float constants, which lie behind the code, that have its fifth byte or the like, are left alone.

use burrow_ir::ir::{Func, InstData, Op};

/// `mov rsp, rbp`, and what comes in its place.
const MOVE: [u8; 3] = [0x48, 0x89, 0xec];
const NOP: [u8; 3] = [0x0f, 0x1f, 0x00];
/// `pop rbp`, and the two forms of `ret`.
const POP: u8 = 0x5d;
const RET: [u8; 2] = [0xc3, 0xc2];

/// What blocks contain: what a pass took out makes no difference (E2 of `encode.rs`).
fn placed(f: &Func) -> impl Iterator<Item = &InstData> {
    f.blocks.iter().flat_map(|b| &b.insts).map(|i| &f.insts[i.index()])
}

/// Changes the epilogues of a function with a frame of `frame` bytes.
pub(crate) fn shorten(code: &mut [u8], frame: u32, f: &Func) {
    // Without one there is no `add`. A function that calls nothing would gain nothing.
    if frame == 0 || !placed(f).any(|d| d.op.is_call()) {
        return;
    }
    let in_constant =
        |d: &Op| matches!(d, Op::Fconst(bits) if bits.to_le_bytes().contains(&MOVE[0]));
    if placed(f).any(|d| in_constant(&d.op)) {
        return;
    }
    let add: Vec<u8> = match i8::try_from(frame) {
        Ok(n) => vec![0x48, 0x83, 0xc4, n as u8],
        Err(_) => [&[0x48, 0x81, 0xc4][..], &frame.to_le_bytes()].concat(),
    };
    let at = add.len();
    let len = at + MOVE.len() + 2;
    for i in 0..(code.len() + 1).saturating_sub(len) {
        let here = &mut code[i..i + len];
        if here[..at] == add
            && here[at..at + 3] == MOVE
            && here[at + 3] == POP
            && RET.contains(&here[at + 4])
        {
            here[at..at + 3].copy_from_slice(&NOP);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shorten;
    use burrow_ir::ir::Func;

    const EPILOGUE: [u8; 9] = [0x48, 0x83, 0xc4, 0x10, 0x48, 0x89, 0xec, 0x5d, 0xc3];

    fn func(body: &str) -> Func {
        let text = format!("func main.f() {{\nb0:\n{body}    return\n}}\n");
        burrow_ir::parse::parse(&text).expect("a function").remove(0)
    }

    fn shortened(frame: u32, body: &str) -> bool {
        let mut code = [&[0x90; 7][..], &EPILOGUE, &[0xcc; 3]].concat();
        let before = code.clone();
        shorten(&mut code, frame, &func(body));
        assert!(code == before || code[11..16] == [0x0f, 0x1f, 0x00, 0x5d, 0xc3]);
        code != before
    }

    #[test]
    fn returns_of_functions_that_call() {
        let call = "    call main.g () ()\n";
        assert!(shortened(16, call));
        // Another frame, no calls, a constant that might look like one.
        assert!(!shortened(32, call));
        assert!(!shortened(16, ""));
        assert!(!shortened(16, &format!("{call}    v0 = fconst.f64 0x48\n")));
    }
}
