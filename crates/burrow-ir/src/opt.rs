//! The optimiser: passes over all functions of a program, in SSA form.
//!
//! OPT-1  Passes run in the order of [`PASSES`], in which each comes after those that it names. That is checked at the start.
//! OPT-2  Behind lowering, and behind each pass, somebody may look at the functions: for dumps, and to verify them
//!        (`verify.rs`). The observer changes nothing.
//!
//! gc's relative is `cmd/compile/internal/ssa/compile.go`.

pub mod barrier;
pub mod escape;
pub mod gc_call_liveness;
pub mod inline;
pub mod nilcheck;
pub mod rotate;
pub mod spill_across_calls;

use std::time::{Duration, Instant};

use crate::ir::Module;

/// A pass.
pub struct Pass {
    pub name: &'static str,
    pub run: fn(&mut Module),
    /// Passes that come before it.
    pub after: &'static [&'static str],
    kind: Kind,
}

/// When a pass runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Not with `-gcflags=-l`, nor with `-N`.
    Inlines,
    /// Not with `-gcflags=-N`.
    Optimises,
    /// Always: code relies on it. Functions of package runtime that must not allocate have their objects in the frame, and
    /// what programs see of collections is what it makes it.
    Needed,
}

/// What the user wants to be done.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    pub optimise: bool,
    pub inline: bool,
}

/// What the functions are called that lowering gives: no pass of this name runs.
pub const LOWER: &str = "lower";

/// All passes (OPT-1).
pub const PASSES: &[Pass] = &[
    Pass { name: "inline", run: inline::run, after: &[], kind: Kind::Inlines },
    // Objects of inlined bodies needn't escape.
    Pass { name: "escape", run: escape::run, after: &["inline"], kind: Kind::Needed },
    // An address in the frame isn't nil, and checks of inlined bodies meet.
    Pass {
        name: "nilcheck",
        run: nilcheck::run,
        after: &["inline", "escape"],
        kind: Kind::Optimises,
    },
    Pass { name: "rotate", run: rotate::run, after: &["inline"], kind: Kind::Optimises },
    // Stores into frames are known.
    Pass { name: "barrier", run: barrier::run, after: &["escape"], kind: Kind::Optimises },
    // What follows is about calls as they will be made, and about slots.
    Pass {
        name: "spill_across_calls",
        run: spill_across_calls::run,
        after: &["inline", "escape", "rotate"],
        kind: Kind::Optimises,
    },
    // It counts on there being no slots but those that it sees.
    Pass {
        name: "gc_call_liveness",
        run: gc_call_liveness::run,
        after: &["inline", "escape", "rotate", "barrier", "spill_across_calls"],
        kind: Kind::Needed,
    },
];

/// Runs the passes; gives how long each took.
pub fn run(
    module: &mut Module,
    effort: Effort,
    observe: &mut dyn FnMut(&'static str, &Module),
) -> Vec<(&'static str, Duration)> {
    check_order(PASSES);
    observe(LOWER, module);
    let mut times = Vec::new();
    let runs = |p: &&Pass| match p.kind {
        Kind::Inlines => effort.inline,
        Kind::Optimises => effort.optimise,
        Kind::Needed => true,
    };
    for pass in PASSES.iter().filter(runs) {
        let start = Instant::now();
        (pass.run)(module);
        times.push((pass.name, start.elapsed()));
        observe(pass.name, module);
    }
    times
}

/// OPT-1
fn check_order(passes: &[Pass]) {
    for (i, p) in passes.iter().enumerate() {
        let is_before = |name: &&str| passes[..i].iter().any(|q| q.name == *name);
        let late = p.after.iter().find(|name| !is_before(name));
        assert!(late.is_none(), "OPT-1: {} comes before {late:?}", p.name);
        assert!(p.name != LOWER && !is_before(&p.name), "OPT-1: {} is there twice", p.name);
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, PASSES, Pass, check_order};

    #[test]
    fn the_order_is_right() {
        check_order(PASSES);
    }

    #[test]
    #[should_panic(expected = "OPT-1: b comes before Some(\"a\")")]
    fn a_wrong_order_is_noticed() {
        let pass = |name, after| Pass { name, run: |_| {}, after, kind: Kind::Optimises };
        check_order(&[pass("b", &["a"]), pass("a", &[])]);
    }
}
