//! Builds the runtime image: `$RUSTC` on the one crate `burrow-runtime`, linked by the toolchain's own
//! `rust-lld` at a fixed address. No inner cargo, no C compiler, no libc.
//!
//! The image is always optimised, whatever the profile of the crate that embeds it. Beside it lies a list of how much stack
//! its functions need (`stack_need.rs`), which decides about the stack checks of Go functions that call them.

mod stack_need;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Symbols of the image that compiled Go may name; the linker must keep them. By pattern, so that
/// a new function of the runtime needs no second entry anywhere.
const ROOTS: &[&str] = &[
    "runtime.*",
    "runtime/*",
    "internal/*",
    "sync.*",
    "sync/*",
    "reflect.*",
    "os.*",
    "os/*",
    "time.*",
    "syscall.*",
    "iter.*",
    "maps.*",
    "hash/*",
    "crypto/*",
    "weak.*",
    "unique.*",
    "vendor/*",
    "math/*",
    "math.*",
    "net.*",
    "rt_*",
    "__morestack*",
    "goentry:*",
    "burrow_*",
];

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let runtime = manifest.join("../burrow-runtime/src");
    watch(&runtime);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=stack_need.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("image.elf");
    let rustc = env::var_os("RUSTC").expect("cargo sets it");
    let mut cmd = Command::new(rustc);
    cmd.arg(runtime.join("lib.rs"))
        .args(["--edition", "2024", "--crate-type", "bin", "--crate-name", "burrow_image"])
        .args(["--cfg", "feature=\"image\"", "--cap-lints", "warn"])
        .args(["--check-cfg", "cfg(feature, values(\"image\", \"model\"))"])
        .args(["--check-cfg", "cfg(test)"])
        .args(["--target", "x86_64-unknown-linux-gnu"])
        .args(["-C", "opt-level=3", "-C", "panic=abort", "-C", "codegen-units=1"])
        .args(["-C", "relocation-model=static", "-C", "target-feature=+crt-static"])
        .args(["-C", "force-frame-pointers=yes", "-C", "strip=debuginfo"])
        .args(["-C", "linker-flavor=ld.lld", "-C", "linker=rust-lld"])
        .args(["-C", "link-arg=--image-base=0x400000", "-C", "link-arg=-zmax-page-size=4096"])
        .arg(format!("--remap-path-prefix={}=burrow-runtime/src", runtime.display()));
    for root in ROOTS {
        cmd.arg("-C").arg(format!("link-arg=--export-dynamic-symbol={root}"));
    }
    let status = cmd.arg("-o").arg(&out).status().expect("rustc can be started");
    assert!(status.success(), "building the runtime image failed");
    let image = fs::read(&out).expect("the image was just written");
    let needs: String = stack_need::stack_needs(&image)
        .iter()
        .map(|(name, need)| match need {
            Some(n) => format!("{n} {name}\n"),
            None => format!("- {name}\n"),
        })
        .collect();
    fs::write(out.with_file_name("stack_needs.txt"), needs).expect("the directory is ours");
}

/// Tells cargo about each source file: a directory alone is only watched for its own date.
fn watch(dir: &Path) {
    println!("cargo:rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir).expect("the runtime's sources are there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            watch(&path);
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
        }
    }
}
