//! What a function saves in its prologue, read from its code: recovery restores it from there.
//!
//! After `push rbp; mov rbp, rsp; sub rsp, n` Cranelift stores the callee-saved registers that the function uses at the top
//! of the frame, in this order; their area is a multiple of 16 bytes.

/// rbx, r12, r13, r14: REX prefix, and the middle bits of the ModRM byte.
const REGISTERS: [(u8, u8); 4] = [(0x48, 3), (0x4c, 4), (0x4c, 5), (0x4c, 6)];

/// A bit for each register that is saved; `None` if they are not where they are looked for.
pub(crate) fn saved(code: &[u8], frame: u32) -> Option<u32> {
    let mut rest = code.strip_prefix(&[0x55, 0x48, 0x89, 0xe5]).unwrap_or_default();
    rest = match rest {
        [0x48, 0x83, 0xec, _, rest @ ..] => rest,
        [0x48, 0x81, 0xec, _, _, _, _, rest @ ..] => rest,
        _ => return Some(0),
    };
    let mut found = Vec::new();
    let mut next = 0;
    while let Some((register, offset, behind)) = store(rest)
        && register >= next
    {
        found.push((register, offset));
        next = register + 1;
        rest = behind;
    }
    let first = frame.checked_sub((8 * found.len() as u32).next_multiple_of(16))?;
    let in_place = |(i, (_, offset)): (usize, &(usize, u32))| *offset == first + 8 * i as u32;
    found.iter().enumerate().all(in_place).then(|| found.iter().map(|f| 1 << f.0).sum())
}

/// `mov [rsp + offset], register`: the register, the offset, and the code behind.
fn store(code: &[u8]) -> Option<(usize, u32, &[u8])> {
    let [rex, 0x89, modrm, 0x24, rest @ ..] = code else { return None };
    let register = REGISTERS.iter().position(|r| *r == (*rex, modrm >> 3 & 7))?;
    match (modrm & 0xc7, rest) {
        (0x04, _) => Some((register, 0, rest)),
        (0x44, [offset, rest @ ..]) => Some((register, u32::from(*offset), rest)),
        (0x84, [a, b, c, d, rest @ ..]) => {
            Some((register, u32::from_le_bytes([*a, *b, *c, *d]), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::saved;

    const START: [u8; 8] = [0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20];

    #[test]
    fn registers_at_the_top_of_the_frame() {
        let with = |more: &[u8]| saved(&[&START[..], more].concat(), 0x20);
        assert_eq!(with(&[0xc3]), Some(0));
        assert_eq!(with(&[0x48, 0x89, 0x5c, 0x24, 0x10, 0x4c, 0x89, 0x74, 0x24, 0x18]), Some(9));
        assert_eq!(with(&[0x4c, 0x89, 0x64, 0x24, 0x10, 0xc3]), Some(2));
        assert_eq!(with(&[0x4c, 0x89, 0x64, 0x24, 0x18, 0xc3]), None);
    }

    #[test]
    fn without_a_frame_nothing_is_saved() {
        assert_eq!(saved(&[0x55, 0x48, 0x89, 0xe5, 0xc3], 0), Some(0));
    }
}
