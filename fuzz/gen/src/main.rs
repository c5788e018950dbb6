//! Random Go programs and the search for differences between toolchains.
//!
//!     burrow-gen program SEED DIR                  writes one program as a module
//!     burrow-gen check [flags]                     generates, builds with two toolchains, compares; reduces what differs
//!
//! `check`: `--tool BURROW` (default burrow), `--judge go|-l` (official Go from the PATH or `--go PATH`; or Burrow without inlining),
//! `--count N` programs or `--seconds S`, `--seed N` (else by the clock, printed), `--jobs N`, `--batch N` programs in an executable,
//! `--debug MODE` (`BURROW_DEBUG` of the programs that Burrow made), `--keep DIR` for failing programs, `--no-reduce`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command")]

mod check;
mod expr;
mod literal;
mod program;
mod reduce;
mod rng;
mod templates;
mod types;

use std::path::Path;
use std::process::ExitCode;

pub const MODULE: &str = "gen.test";
const RT: &str = include_str!("rt.go");

/// Writes programs as the packages of one module: `p0`, `p1` ... and a main package that runs them in order.
pub fn write_module(dir: &Path, seeds: &[u64]) -> std::io::Result<()> {
    let mut main = String::new();
    let mut imports = String::new();
    for (i, &seed) in seeds.iter().enumerate() {
        let package = format!("p{i}");
        for f in program::program(seed, MODULE, &package) {
            let path = dir.join(&package).join(f.path);
            std::fs::create_dir_all(path.parent().unwrap_or(dir))?;
            std::fs::write(path, f.text)?;
        }
        imports += &format!("\t\"{MODULE}/{package}\"\n");
        main += &format!("\trt.Program(\"{seed}\", {package}.Run)\n");
    }
    std::fs::create_dir_all(dir.join("rt"))?;
    std::fs::write(dir.join("rt/rt.go"), RT)?;
    std::fs::write(dir.join("go.mod"), format!("module {MODULE}\n\ngo 1.27\n"))?;
    let text = format!(
        "package main\n\nimport (\n{imports}\t\"{MODULE}/rt\"\n)\n\nfunc main() {{\n\trt.Flush()\n{main}}}\n"
    );
    std::fs::write(dir.join("main.go"), text)
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["program", seed, dir] => match seed.parse() {
            Ok(seed) => {
                write_module(Path::new(dir), &[seed]).map(|()| true).map_err(|e| e.to_string())
            }
            Err(_) => Err(format!("not a seed: {seed}")),
        },
        ["check", flags @ ..] => check::check(flags),
        _ => Err("usage: burrow-gen program SEED DIR | check [flags]".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("burrow-gen: {e}");
            ExitCode::from(2)
        }
    }
}
