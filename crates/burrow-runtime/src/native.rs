//! Kernels for what GOROOT has in assembly: hashing, encryption, checksums, searching, long numbers.
//!
//! The Go side stays GOROOT's own: `goroot/overlay.toml` takes its files for amd64, or ours beside them, and their
//! functions without bodies are the symbols here (`docs/abi.md`, section 3).
//!
//! V1  A kernel is a leaf on the goroutine's stack: a frame of 1 KiB at most, no recursion, no locks, no
//!     allocation, nothing of the scheduler.
//! V2  It is never preempted, and holds off a stop of the world: callers in Go give it a bounded number of bytes,
//!     some 64 KiB where it computes, 256 KiB where it only reads.
//! V3  A kernel that needs more than SSE2 is reached only where the processor has it: by GOROOT's tests of
//!     `internal/cpu`, which obey `GODEBUG=cpu.sha=off` and the like, or by `wide` here.
//! V4  ymm and zmm registers don't outlive a kernel: rustc puts `vzeroupper` before its return. A preemption,
//!     which saves xmm registers, hits compiled Go only, so it never sees one in use.
//! V5  Slices come as GOROOT's callers made them: lengths are those of the memory behind them.

pub mod aes;
pub mod bigint;
pub mod bytes;
pub mod chacha8;
pub mod crc32;
pub mod gcm;
pub mod md5;
pub mod memhash;
pub mod sha1;
pub mod sha256;
pub mod sha512;
pub mod xor;

use core::sync::atomic::{AtomicBool, Ordering};

/// Whether 32-byte vectors (AVX2) may be used.
static WIDE: AtomicBool = AtomicBool::new(false);

/// Asks the processor, once, before there are goroutines.
pub fn init() {
    WIDE.store(detect_avx2(), Ordering::Relaxed);
}

/// V3, for kernels that choose by themselves.
#[inline]
fn wide() -> bool {
    WIDE.load(Ordering::Relaxed)
}

fn detect_avx2() -> bool {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    const OSXSAVE: u32 = 1 << 27;
    const AVX: u32 = 1 << 28;
    const AVX2: u32 = 1 << 5;
    const BMI1_2: u32 = 1 << 3 | 1 << 8;
    const YMM_STATE: u64 = 6;

    #[target_feature(enable = "xsave")]
    fn state() -> u64 {
        // SAFETY: register 0 exists where OSXSAVE is set.
        unsafe { _xgetbv(0) }
    }

    if __cpuid(0).eax < 7 || __cpuid(1).ecx & (OSXSAVE | AVX) != OSXSAVE | AVX {
        return false;
    }
    let seven = __cpuid_count(7, 0).ebx;
    // SAFETY: OSXSAVE was tested.
    seven & (AVX2 | BMI1_2) == AVX2 | BMI1_2 && unsafe { state() } & YMM_STATE == YMM_STATE
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    /// `n` bytes without a period.
    pub(super) fn pattern(n: usize) -> Vec<u8> {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 24) as u8
        };
        (0..n).map(|_| next()).collect()
    }

    /// A message as the hashes of Merkle and Damgård want it: whole blocks, the length in bits at the end.
    pub(super) fn padded(data: &[u8], block: usize, big_endian: bool) -> Vec<u8> {
        let (mut out, bits) = (data.to_vec(), data.len() as u64 * 8);
        out.push(0x80);
        while (out.len() + 8) % block != 0 {
            out.push(0);
        }
        out.extend(if big_endian { bits.to_be_bytes() } else { bits.to_le_bytes() });
        out
    }

    pub(super) fn hex(data: &[u8]) -> String {
        data.iter().fold(String::new(), |mut s, b| {
            write!(s, "{b:02x}").unwrap();
            s
        })
    }

    pub(super) fn bytes(hex: &str) -> Vec<u8> {
        let digit = |i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digit).collect()
    }
}
