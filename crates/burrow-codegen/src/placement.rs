//! Where in a cache line a function wants to begin.
//!
//! A processor fetches a line of 64 bytes at a time. A turn of a small loop that lies across the end of one takes a cycle
//! more, which doubles the time of the smallest: so the linker may choose among four places for a function, and is told
//! of those at which the fewest loops are divided. gc aligns loops only where a profile says that they are hot.

/// Bytes of a cache line.
const LINE: u32 = 64;
/// Functions are aligned to this: there are `LINE / ALIGN` places in a line.
pub const ALIGN: u32 = 16;

/// All places are as good.
pub const ANYWHERE: u32 = (1 << (LINE / ALIGN)) - 1;

/// The best places for a function, a bit for each multiple of [`ALIGN`] in a line: bit 0 is the line's start. `code` has
/// the `entry`, which is placed, and instructions from `body` on.
pub(crate) fn best(code: &[u8], entry: u32, body: u32) -> u32 {
    let mut divided = [0_u32; (LINE / ALIGN) as usize];
    for (start, end) in small_loops(&code[body as usize..]) {
        for (place, count) in divided.iter_mut().enumerate() {
            let at = |offset: u32| place as u32 * ALIGN + body - entry + offset;
            *count += u32::from(at(start) / LINE != at(end - 1) / LINE);
        }
    }
    let least = divided.iter().min().copied().unwrap_or(0);
    (0..LINE / ALIGN).filter(|&p| divided[p as usize] == least).fold(0, |mask, p| mask | 1 << p)
}

/// Jumps backwards over less than a line, with what they jump over. They are found by their bytes, all of them with
/// distances of 32 bits; what only looks like one does no harm.
fn small_loops(code: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
    code.windows(5).enumerate().filter_map(|(i, w)| {
        let &[op, low, 0xff, 0xff, 0xff] = w else { return None };
        let conditional = i > 0 && code[i - 1] == 0x0f && op & 0xf0 == 0x80;
        let end = i as u32 + 5;
        let length = 0x100 - u32::from(low);
        let is_loop = (conditional || op == 0xe9) && length <= LINE && length <= end;
        is_loop.then(|| (end - length, end))
    })
}

#[cfg(test)]
mod tests {
    use super::{ANYWHERE, best};

    #[test]
    fn a_loop_is_not_divided() {
        // 20 bytes, then a loop of 40: it fits at the places 0 and 48, and 64 - 4.
        let mut code = vec![0x90; 20 + 34];
        code.extend([0x0f, 0x8c, (-40_i8) as u8, 0xff, 0xff, 0xff]);
        assert_eq!(best(&code, 0, 0), 0b1001);
        // With a prefix of 5 bytes in front of the entry.
        let mut with_prefix = vec![0xcc; 5];
        with_prefix.extend(&code);
        assert_eq!(best(&with_prefix, 5, 5), 0b1001);
    }

    #[test]
    fn others_may_be_anywhere() {
        assert_eq!(best(&[0x90; 100], 0, 0), ANYWHERE);
        // A loop larger than a line.
        let mut code = vec![0x90; 100];
        code.extend([0xe9, (-80_i8) as u8, 0xff, 0xff, 0xff]);
        assert_eq!(best(&code, 0, 0), ANYWHERE);
    }
}
