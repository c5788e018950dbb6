//! The optimiser as it is run for a program: what passes took, what they made of functions, and whether that is right.
//!
//! `BURROW_TIMINGS` reports the passes. `BURROW_DUMP_IR=NAME` prints the function `NAME` (`*`: all) as it goes to code
//! generation, `BURROW_DUMP_IR=NAME:after=PASS` as it is behind a pass, or behind `lower`. `BURROW_DEBUG=verify` verifies all
//! functions behind each pass; builds of Burrow with debug assertions do so always.

use burrow_ir::ir::{Func, Module};
use burrow_ir::opt::{self, Effort};
use burrow_ir::verify::verify;

use crate::session::Failure;
use crate::timings;

/// What `BURROW_DUMP_IR` asks for.
struct Dump {
    name: String,
    after: &'static str,
}

impl Dump {
    fn asked_for() -> Result<Option<Dump>, Failure> {
        let Ok(text) = std::env::var("BURROW_DUMP_IR") else { return Ok(None) };
        let stages = || std::iter::once(opt::LOWER).chain(opt::PASSES.iter().map(|p| p.name));
        let last = stages().last().unwrap_or(opt::LOWER);
        let Some((name, pass)) = text.rsplit_once(":after=") else {
            return Ok(Some(Dump { name: text, after: last }));
        };
        match stages().find(|s| *s == pass) {
            Some(after) => Ok(Some(Dump { name: name.into(), after })),
            None => {
                let known: Vec<&str> = stages().collect();
                let text =
                    format!("burrow: no pass is called {pass}; there are {}", known.join(", "));
                Err(Failure::new(text))
            }
        }
    }
}

/// Whether `BURROW_DEBUG` asks that functions are verified.
pub(crate) fn verification_is_asked_for() -> bool {
    std::env::var("BURROW_DEBUG").is_ok_and(|v| v.split(',').any(|w| w == "verify"))
}

/// Runs the passes.
///
/// # Errors
/// The function that a pass broke, or a pass that isn't there.
pub(crate) fn run(module: &mut Module, effort: Effort) -> Result<(), Failure> {
    let dump = Dump::asked_for()?;
    let verifies = cfg!(debug_assertions) || verification_is_asked_for();
    let mut broken = None;
    let times = timings::stage("optimise", || {
        opt::run(module, effort, &mut |pass, module| {
            if let Some(d) = dump.as_ref().filter(|d| d.after == pass) {
                for f in module.funcs.iter().filter(|f| d.name == "*" || f.name.as_str() == d.name)
                {
                    eprint_text(&f.to_string());
                }
            }
            if verifies && broken.is_none() {
                let wrong = |f: &Func| verify(f).err().map(|why| (pass, f.name, why));
                broken = module.funcs.iter().find_map(wrong);
            }
        })
    });
    for (pass, time) in times {
        timings::note(&format!("  {pass:<20} {:8.1} ms", time.as_secs_f64() * 1e3));
    }
    match broken {
        Some((pass, name, why)) => Err(Failure::new(format!(
            "internal compiler error: after {pass}: {name}: {why}\n\tthis is a bug of Burrow: please report it, with the program"
        ))),
        None => Ok(()),
    }
}

fn eprint_text(text: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().write_all(text.as_bytes());
}
