//! The permutation of SHA-3. Stands for `keccakF1600` of crypto/internal/fips140/sha3.

const ROUNDS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];

/// How far lane x + 5y turns.
const TURNS: [u32; 25] =
    [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/// # Safety
/// 200 bytes, aligned anyhow.
#[unsafe(export_name = "crypto/internal/fips140/sha3.keccakF1600")]
pub unsafe extern "C" fn permute(state: *mut [u64; 25]) {
    // SAFETY: the caller's promise.
    let mut a = unsafe { state.read_unaligned() };
    for constant in ROUNDS {
        let column = |x: usize| a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        let c = [column(0), column(1), column(2), column(3), column(4)];
        let effect = |x: usize| c[(x + 4) % 5] ^ c[(x + 1) % 5].rotate_left(1);
        let d = [effect(0), effect(1), effect(2), effect(3), effect(4)];
        let mut b = [0; 25];
        for y in 0..5 {
            for x in 0..5 {
                let i = x + 5 * y;
                b[y + 5 * ((2 * x + 3 * y) % 5)] = (a[i] ^ d[x]).rotate_left(TURNS[i]);
            }
        }
        for y in [0, 5, 10, 15, 20] {
            for x in 0..5 {
                a[x + y] = b[x + y] ^ (!b[(x + 1) % 5 + y] & b[(x + 2) % 5 + y]);
            }
        }
        a[0] ^= constant;
    }
    // SAFETY: the caller's promise.
    unsafe { state.write_unaligned(a) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::tests::hex;

    #[test]
    fn sha3_256_of_nothing() {
        let mut state = [0; 25];
        state[0] = 6;
        state[16] = 1 << 63;
        // SAFETY: a state.
        unsafe { permute(&raw mut state) };
        assert_eq!(
            hex(&state.map(u64::to_le_bytes).concat()[..32]),
            "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"
        );
    }
}
