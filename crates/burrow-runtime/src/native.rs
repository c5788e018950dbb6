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

/// `$f!(0)` to `$f!(15)`: LLVM does not unroll loops of so many rounds, and then keeps no state in registers.
macro_rules! sixteen {
    ($f:ident) => {
        $f!(0);
        $f!(1);
        $f!(2);
        $f!(3);
        $f!(4);
        $f!(5);
        $f!(6);
        $f!(7);
        $f!(8);
        $f!(9);
        $f!(10);
        $f!(11);
        $f!(12);
        $f!(13);
        $f!(14);
        $f!(15);
    };
}

pub mod aes;
pub mod bigint;
pub mod bytes;
pub mod chacha8;
pub mod crc32;
pub mod field25519;
pub mod fma;
pub mod gcm;
pub mod keccak;
pub mod md5;
pub mod memhash;
pub mod p256;
pub mod sha1;
pub mod sha256;
pub mod sha512;
pub mod xor;

use core::sync::atomic::{AtomicBool, Ordering};

/// Whether 32-byte vectors (AVX2) may be used.
static WIDE: AtomicBool = AtomicBool::new(false);
/// Whether there are additions with two separate carries (ADX, and BMI2's multiplication).
static TWO_CARRIES: AtomicBool = AtomicBool::new(false);

/// Whether there is a multiplication with addition (FMA).
static FUSED: AtomicBool = AtomicBool::new(false);

/// V3, for kernels that choose by themselves.
#[inline]
fn fused() -> bool {
    FUSED.load(Ordering::Relaxed)
}

/// V3, for kernels that choose by themselves.
#[inline]
fn wide() -> bool {
    WIDE.load(Ordering::Relaxed)
}

/// V3, for kernels that choose by themselves.
#[inline]
fn two_carries() -> bool {
    TWO_CARRIES.load(Ordering::Relaxed)
}

/// Asks the processor, once, before there are goroutines.
pub fn init() {
    use core::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
    const OSXSAVE: u32 = 1 << 27;
    const AVX: u32 = 1 << 28;
    const BMI1: u32 = 1 << 3;
    const AVX2: u32 = 1 << 5;
    const BMI2: u32 = 1 << 8;
    const ADX: u32 = 1 << 19;
    const FMA: u32 = 1 << 12;
    const YMM_STATE: u64 = 6;

    #[target_feature(enable = "xsave")]
    fn state() -> u64 {
        // SAFETY: register 0 exists where OSXSAVE is set.
        unsafe { _xgetbv(0) }
    }

    if __cpuid(0).eax < 7 {
        return;
    }
    let features = __cpuid_count(7, 0).ebx;
    let has = |all: u32| features & all == all;
    TWO_CARRIES.store(has(ADX | BMI2), Ordering::Relaxed);
    let one = __cpuid(1).ecx;
    if one & (OSXSAVE | AVX) == OSXSAVE | AVX {
        // SAFETY: OSXSAVE was tested.
        let vectors = unsafe { state() } & YMM_STATE == YMM_STATE;
        WIDE.store(vectors && has(AVX2 | BMI1 | BMI2), Ordering::Relaxed);
        FUSED.store(vectors && one & FMA != 0, Ordering::Relaxed);
    }
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
