//! The packages of a program in the order of their initialisation.
//!
//! By the specification: sorted by import path, the first whose imports are all initialised is next.
//! As in gc, package runtime and what it needs come before all others, and packages that have nothing
//! to do don't hold up anyone. gc: `cmd/link/internal/ld/inittask.go`.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A package as far as the order is concerned.
pub(crate) struct Node<'a> {
    pub(crate) path: &'a str,
    pub(crate) imports: Vec<usize>,
    /// There is something to run: an `init` function, or variables to compute.
    pub(crate) has_work: bool,
}

/// Indices of all nodes in order. `nodes` is sorted so that imports come first; `first` are packages
/// that come before all others with what they import.
pub(crate) fn order(nodes: &[Node<'_>], first: &[usize]) -> Vec<usize> {
    let mut early = vec![false; nodes.len()];
    first.iter().for_each(|&i| early[i] = true);
    for i in (0..nodes.len()).rev() {
        if early[i] {
            nodes[i].imports.iter().for_each(|&j| early[j] = true);
        }
    }
    // A package has a task if it or anything below it has work.
    let mut task = vec![false; nodes.len()];
    for (i, n) in nodes.iter().enumerate() {
        task[i] = n.has_work || n.imports.iter().any(|&j| task[j]);
    }
    let mut out: Vec<usize> = (0..nodes.len()).filter(|&i| !task[i]).collect();
    for now in [true, false] {
        schedule(nodes, &|i| task[i] && early[i] == now, &mut out);
    }
    out
}

/// Appends the members of a set, each after its imports in the set.
fn schedule(nodes: &[Node<'_>], member: &dyn Fn(usize) -> bool, out: &mut Vec<usize>) {
    let mut missing = vec![0; nodes.len()];
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut ready = BinaryHeap::new();
    for i in (0..nodes.len()).filter(|&i| member(i)) {
        for &j in nodes[i].imports.iter().filter(|&&j| member(j)) {
            missing[i] += 1;
            users[j].push(i);
        }
        if missing[i] == 0 {
            ready.push(Reverse((nodes[i].path, i)));
        }
    }
    while let Some(Reverse((_, i))) = ready.pop() {
        out.push(i);
        for &u in &users[i] {
            missing[u] -= 1;
            if missing[u] == 0 {
                ready.push(Reverse((nodes[u].path, u)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_path_as_soon_as_possible() {
        let node =
            |path, imports: &[usize], has_work| Node { path, imports: imports.into(), has_work };
        let nodes = [
            node("internal/abi", &[], false),
            node("runtime", &[0], true),
            node("z", &[], false),
            node("b", &[2], true),
            node("c", &[], true),
            node("d", &[4], false),
            node("main", &[3, 4, 5], true),
        ];
        let paths: Vec<&str> = order(&nodes, &[1]).into_iter().map(|i| nodes[i].path).collect();
        assert_eq!(paths, ["internal/abi", "z", "runtime", "b", "c", "d", "main"]);
    }
}
