//! Work on the packages of a graph, in parallel: each after all that it imports.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex};

/// How a piece of work ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done,
    /// What depends on it is skipped.
    Failed,
}

/// The stack of a worker. Stages recurse over syntax trees, whose depth the source decides.
const STACK_SIZE: usize = 1 << 30;

struct State {
    ready: VecDeque<usize>,
    /// How many imports of each are not finished.
    missing: Vec<usize>,
    skipped: Vec<bool>,
    left: usize,
}

/// Calls `work` for 0 to `deps.len()`, for each after its dependencies, on so many threads. Gives which were skipped since
/// something they need failed.
pub fn run(
    deps: &[Vec<usize>],
    threads: usize,
    work: &(dyn Fn(usize) -> Outcome + Sync),
) -> Vec<bool> {
    let n = deps.len();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); n];
    for (i, d) in deps.iter().enumerate() {
        for &j in d {
            users[j].push(i);
        }
    }
    let missing: Vec<usize> = deps.iter().map(Vec::len).collect();
    let state = Mutex::new(State {
        ready: (0..n).filter(|&i| missing[i] == 0).collect(),
        missing,
        skipped: vec![false; n],
        left: n,
    });
    let changed = Condvar::new();
    let threads = burrow_load::threads(threads).min(n.max(1));
    std::thread::scope(|s| {
        for _ in 0..threads {
            let worker = || {
                let mut st = state.lock().expect("no panics while locked");
                while st.left > 0 {
                    let Some(i) = st.ready.pop_front() else {
                        st = changed.wait(st).expect("no panics while locked");
                        continue;
                    };
                    let skip = st.skipped[i];
                    drop(st);
                    // A panic must not leave the others waiting.
                    let guard = AbortOnPanic;
                    let outcome = if skip { Outcome::Failed } else { work(i) };
                    std::mem::forget(guard);
                    st = state.lock().expect("no panics while locked");
                    for &u in &users[i] {
                        st.missing[u] -= 1;
                        st.skipped[u] |= outcome == Outcome::Failed;
                        if st.missing[u] == 0 {
                            st.ready.push_back(u);
                        }
                    }
                    st.left -= 1;
                    changed.notify_all();
                }
            };
            let started =
                std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(s, worker);
            started.expect("a thread can be started");
        }
    });
    state.into_inner().expect("no panics while locked").skipped
}

/// Ends the process when a worker unwinds; the panic hook has told why.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        #[allow(clippy::exit, reason = "other workers would wait for this one forever")]
        std::process::exit(101);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_come_first_and_failures_skip_what_needs_them() {
        // 0 <- 1 <- 3, 0 <- 2, and 2 fails, so that 4, which needs 2 and 3, is skipped.
        let deps = [vec![], vec![0], vec![0], vec![1], vec![2, 3]];
        let order = Mutex::new(Vec::new());
        let skipped = run(&deps, 0, &|i| {
            order.lock().unwrap().push(i);
            if i == 2 { Outcome::Failed } else { Outcome::Done }
        });
        assert_eq!(skipped, [false, false, false, false, true]);
        let order = order.into_inner().unwrap();
        let at = |i| order.iter().position(|&x| x == i);
        assert!(at(0) < at(1) && at(1) < at(3) && at(0) < at(2) && at(4).is_none());
    }
}
