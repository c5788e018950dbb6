//! Arguments, environment and auxiliary vector, as the kernel left them on the first stack.

use crate::sync::{AtomicUsize, Ordering};

pub const AT_PAGESZ: usize = 6;
pub const AT_SYSINFO_EHDR: usize = 33;

static ARGC: AtomicUsize = AtomicUsize::new(0);
static ARGV: AtomicUsize = AtomicUsize::new(0);

/// # Safety
/// `stack` is the kernel's initial stack: argc, argv, 0, envp, 0, auxv.
pub unsafe fn init(stack: *const usize) {
    // SAFETY: the caller's promise.
    unsafe {
        ARGC.store(*stack, Ordering::Relaxed);
        ARGV.store(stack.add(1) as usize, Ordering::Relaxed);
    }
}

#[unsafe(export_name = "runtime.burrowArgc")]
pub extern "C" fn argc() -> usize {
    ARGC.load(Ordering::Relaxed)
}

#[unsafe(export_name = "runtime.burrowArgv")]
pub extern "C" fn argv() -> usize {
    ARGV.load(Ordering::Relaxed)
}

#[unsafe(export_name = "runtime.burrowEnvp")]
pub extern "C" fn envp() -> usize {
    argv() + (argc() + 1) * 8
}

#[unsafe(export_name = "runtime.burrowAuxv")]
pub extern "C" fn auxv_start() -> usize {
    let mut p = envp() as *const usize;
    // SAFETY: the environment ends with a null word, the vector follows.
    unsafe {
        while *p != 0 {
            p = p.add(1);
        }
        p.add(1) as usize
    }
}

pub fn auxv(key: usize) -> Option<usize> {
    let mut p = auxv_start() as *const usize;
    // SAFETY: pairs until key 0.
    unsafe {
        while *p != 0 {
            if *p == key {
                return Some(*p.add(1));
            }
            p = p.add(2);
        }
    }
    None
}

/// Value of an environment variable.
pub fn var(name: &str) -> Option<&'static [u8]> {
    let mut p = envp() as *const *const u8;
    // SAFETY: null-terminated array of C strings that live as long as the process.
    unsafe {
        while !(*p).is_null() {
            let entry = core::ffi::CStr::from_ptr((*p).cast()).to_bytes();
            if entry.len() > name.len()
                && entry[name.len()] == b'='
                && &entry[..name.len()] == name.as_bytes()
            {
                return Some(&entry[name.len() + 1..]);
            }
            p = p.add(1);
        }
    }
    None
}

pub fn number(text: &[u8]) -> Option<i64> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// `GOMAXPROCS` of the environment.
pub fn gomaxprocs() -> Option<u32> {
    let n = number(var("GOMAXPROCS")?)?;
    u32::try_from(n).ok().filter(|&n| n > 0)
}

/// `key=value` in a comma-separated variable such as GODEBUG or BURROW_DEBUG; the last one counts.
pub fn setting(variable: &str, key: &str) -> Option<&'static [u8]> {
    var(variable)?.rsplit(|&c| c == b',').find_map(|item| {
        let (k, v) = item.split_at(item.iter().position(|&c| c == b'=')?);
        (k == key.as_bytes()).then(|| &v[1..])
    })
}
