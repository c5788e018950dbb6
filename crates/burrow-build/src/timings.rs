//! Where the time of a command goes: one line for each stage on standard error, if `BURROW_TIMINGS` is set.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

fn enabled() -> bool {
    static ON: OnceLock<bool> = OnceLock::new();
    *ON.get_or_init(|| std::env::var_os("BURROW_TIMINGS").is_some_and(|v| !v.is_empty()))
}

/// Runs a stage and reports how long it took.
pub fn stage<R>(name: &str, work: impl FnOnce() -> R) -> R {
    if !enabled() {
        return work();
    }
    let (start, cpu) = (Instant::now(), cpu_time());
    let result = work();
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    let (wall, cpu) = (ms(start.elapsed()), ms(cpu_time().saturating_sub(cpu)));
    note(&format!("{name:<10} {wall:8.1} ms {cpu:8.1} ms cpu"));
    result
}

/// A line of the report.
pub fn note(text: &str) {
    use std::io::Write as _;
    if enabled() {
        // There is no one left to tell when this fails.
        let _ = writeln!(std::io::stderr(), "burrow: {text}");
    }
}

/// Processor time of all threads so far, in user mode and in the kernel.
fn cpu_time() -> Duration {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `t` is a valid place for the result; every Linux has this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut t) };
    Duration::new(t.tv_sec.unsigned_abs(), u32::try_from(t.tv_nsec).unwrap_or(0))
}
