//! Control flow of a function: predecessors, an order of the blocks, dominators, loops.
//!
//! CFG-1  Only blocks that can be reached from the entry are in the order, and only their edges count.
//! CFG-2  In the order a block comes before its successors, except along *retreating* edges: those that lead to the block
//!        itself or to one before it. Each cycle has one.
//! CFG-3  A loop is what lies on ways from its head back to its head: the blocks from which one of its latches, where the
//!        retreating edges begin, is reached without the head. Where such a block can be entered without the head, the cycle
//!        is irreducible, and nothing is known of it.
//!
//! Nothing here is kept up to date: a pass that changes blocks or edges asks anew. gc: `cmd/compile/internal/ssa/func.go`
//! (`Postorder`, `Idom`, `loopnest`).

use rustc_hash::FxHashMap;

use crate::ir::{Block, ENTRY, Edge, Func, Term, Value};

/// Predecessors, and an order of the blocks.
pub struct Cfg {
    /// Reverse postorder (CFG-2).
    pub order: Vec<Block>,
    place: Vec<u32>,
    preds: Vec<Vec<Block>>,
}

/// The place of a block that can't be reached.
const NOWHERE: u32 = u32::MAX;

impl Cfg {
    pub fn new(f: &Func) -> Cfg {
        let order = reverse_postorder(f);
        let mut place = vec![NOWHERE; f.blocks.len()];
        order.iter().enumerate().for_each(|(i, b)| place[b.index()] = i as u32);
        let mut preds = vec![Vec::new(); f.blocks.len()];
        for &b in &order {
            f.blocks[b.index()].term.for_each_edge(|to| preds[to.index()].push(b));
        }
        Cfg { order, place, preds }
    }

    /// Where the edges into a block come from, one entry an edge.
    pub fn preds(&self, b: Block) -> &[Block] {
        &self.preds[b.index()]
    }

    pub fn is_reachable(&self, b: Block) -> bool {
        self.place[b.index()] != NOWHERE
    }

    /// The index of a block in the order.
    pub fn place(&self, b: Block) -> usize {
        self.place[b.index()] as usize
    }

    /// Whether an edge is a retreating one (CFG-2).
    pub fn is_retreating(&self, from: Block, to: Block) -> bool {
        self.place[to.index()] <= self.place[from.index()]
    }

    /// Whether the function has a cycle.
    pub fn has_loop(&self, f: &Func) -> bool {
        let mut found = false;
        for &b in &self.order {
            f.blocks[b.index()].term.for_each_edge(|to| found |= self.is_retreating(b, to));
        }
        found
    }

    /// Parameters of blocks that a single jump leads to, with their arguments.
    pub fn single_edge_aliases(&self, f: &Func) -> FxHashMap<Value, Value> {
        let mut alias = FxHashMap::default();
        for &b in &self.order {
            f.blocks[b.index()].term.for_each_full_edge(|e| {
                if self.preds(e.to).len() == 1 {
                    let params = f.blocks[e.to.index()].params.iter().copied();
                    alias.extend(params.zip(e.args.iter().copied()));
                }
            });
        }
        alias
    }

    pub fn dominators(&self) -> Dominators {
        Dominators::new(self)
    }

    pub fn loops(&self, f: &Func) -> Loops {
        Loops::new(self, f)
    }
}

/// The blocks that can be reached, in the order of CFG-2.
pub fn reverse_postorder(func: &Func) -> Vec<Block> {
    let mut seen = vec![false; func.blocks.len()];
    let mut order = Vec::with_capacity(func.blocks.len());
    let mut stack: Vec<(Block, Vec<Block>)> = Vec::new();
    let successors = |b: Block| {
        let mut v = Vec::new();
        func.blocks[b.index()].term.for_each_edge(|to| v.push(to));
        v
    };
    seen[ENTRY.index()] = true;
    stack.push((ENTRY, successors(ENTRY)));
    while let Some((b, rest)) = stack.last_mut() {
        match rest.pop() {
            Some(next) => {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    stack.push((next, successors(next)));
                }
            }
            None => {
                order.push(*b);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// By block: whether it is reached from a landing pad.
pub fn pad_region(f: &Func) -> Vec<bool> {
    let mut region = vec![false; f.blocks.len()];
    let mut work: Vec<Block> = Vec::new();
    for b in &f.blocks {
        if let Term::DeferEnter(_, _, pad) = b.term {
            work.push(pad);
        }
    }
    while let Some(b) = work.pop() {
        if !std::mem::replace(&mut region[b.index()], true) {
            f.blocks[b.index()].term.for_each_edge(|to| work.push(to));
        }
    }
    region
}

/// The tree of dominators, by the algorithm of Cooper, Harvey and Kennedy ("A Simple, Fast Dominance Algorithm", 2001).
pub struct Dominators {
    /// By block: when a walk over the tree enters and leaves it.
    span: Vec<(u32, u32)>,
}

impl Dominators {
    fn new(cfg: &Cfg) -> Dominators {
        let n = cfg.order.len();
        // By place in the order; a dominator's place is smaller.
        let mut idom = vec![NOWHERE; n];
        idom[0] = 0;
        let mut changed = true;
        while changed {
            changed = false;
            for (i, &b) in cfg.order.iter().enumerate().skip(1) {
                let mut new = NOWHERE;
                for p in cfg.preds(b).iter().map(|&p| cfg.place[p.index()]) {
                    if idom[p as usize] == NOWHERE {
                        continue;
                    }
                    new = if new == NOWHERE { p } else { meet(&idom, p, new) };
                }
                changed |= idom[i] != new;
                idom[i] = new;
            }
        }
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); n];
        (1..n).for_each(|i| children[idom[i] as usize].push(i as u32));
        let mut span = vec![(NOWHERE, 0); cfg.place.len()];
        let (mut clock, mut stack) = (0, vec![(0_u32, 0_usize)]);
        while let Some((i, next)) = stack.last_mut() {
            let block = cfg.order[*i as usize].index();
            if *next == 0 {
                span[block].0 = clock;
                clock += 1;
            }
            match children[*i as usize].get(*next) {
                Some(&child) => {
                    *next += 1;
                    stack.push((child, 0));
                }
                None => {
                    span[block].1 = clock;
                    stack.pop();
                }
            }
        }
        Dominators { span }
    }

    /// Whether each way from the entry to `b` goes through `a`. Both can be reached.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, b) = (self.span[a.index()], self.span[b.index()]);
        a.0 <= b.0 && b.1 <= a.1
    }
}

/// The nearest block that dominates two, by places.
fn meet(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        while a > b {
            a = idom[a as usize];
        }
        while b > a {
            b = idom[b as usize];
        }
    }
    a
}

/// A loop (CFG-3).
pub struct Loop {
    pub head: Block,
    /// Where the retreating edges to the head begin, one entry an edge.
    pub latches: Vec<Block>,
    /// The head is the first.
    pub body: Vec<Block>,
    pub is_irreducible: bool,
}

/// A block's place among loops.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InLoop {
    /// It runs once at most.
    No,
    /// The innermost loop, by its head.
    Of(Block),
    /// It is in an irreducible cycle.
    Irreducible,
}

/// The loops of a function, in the order of their heads.
pub struct Loops {
    pub list: Vec<Loop>,
    innermost: Vec<InLoop>,
}

impl Loops {
    fn new(cfg: &Cfg, f: &Func) -> Loops {
        let n = f.blocks.len();
        let mut list = Vec::new();
        // The last loop that a block was found in.
        let mut found_in = vec![NOWHERE; n];
        for &head in &cfg.order {
            let is_latch = |p: &&Block| cfg.is_retreating(**p, head);
            let latches: Vec<Block> = cfg.preds(head).iter().filter(is_latch).copied().collect();
            if latches.is_empty() {
                continue;
            }
            let own = list.len() as u32;
            found_in[head.index()] = own;
            let mut body = vec![head];
            let mut work = latches.clone();
            while let Some(b) = work.pop() {
                if std::mem::replace(&mut found_in[b.index()], own) != own {
                    body.push(b);
                    work.extend(cfg.preds(b));
                }
            }
            let is_irreducible = head != ENTRY && found_in[ENTRY.index()] == own;
            list.push(Loop { head, latches, body, is_irreducible });
        }
        // Inner loops are smaller, and overwrite outer ones; irreducible cycles overwrite all.
        let mut by_size: Vec<&Loop> = list.iter().collect();
        by_size.sort_by_key(|l| (l.is_irreducible, std::cmp::Reverse(l.body.len())));
        let mut innermost = vec![InLoop::No; n];
        for l in by_size {
            let place = if l.is_irreducible { InLoop::Irreducible } else { InLoop::Of(l.head) };
            l.body.iter().for_each(|b| innermost[b.index()] = place);
        }
        Loops { list, innermost }
    }

    pub fn innermost(&self, b: Block) -> InLoop {
        self.innermost[b.index()]
    }
}

impl Term {
    /// Calls `f` with each edge that has arguments.
    pub fn for_each_full_edge<'e>(&'e self, mut f: impl FnMut(&'e Edge)) {
        match self {
            Term::Jump(e) => f(e),
            Term::Brif(_, a, b) => {
                f(a);
                f(b);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cfg(text: &str) -> (Func, Cfg) {
        let f = crate::parse::parse(text).expect("a function").remove(0);
        let cfg = Cfg::new(&f);
        (f, cfg)
    }

    /// Two loops, one in the other; b6 is not reached.
    const NESTED: &str = "func f(i8) {
b0(v0: i8):
    jump b1
b1:
    jump b2
b2:
    brif v0 b3 b4
b3:
    jump b2
b4:
    brif v0 b1 b5
b5:
    return
b6:
    jump b5
}
";

    #[test]
    fn loops_and_dominators() {
        let (f, cfg) = cfg(NESTED);
        assert!(!cfg.is_reachable(Block(6)) && cfg.has_loop(&f));
        assert_eq!(cfg.preds(Block(5)), [Block(4)]);
        let loops = cfg.loops(&f);
        let heads: Vec<Block> = loops.list.iter().map(|l| l.head).collect();
        assert_eq!(heads, [Block(1), Block(2)]);
        let place = |n| loops.innermost(Block(n));
        assert_eq!([place(0), place(5)], [InLoop::No; 2]);
        assert_eq!([place(1), place(4)], [InLoop::Of(Block(1)); 2]);
        assert_eq!([place(2), place(3)], [InLoop::Of(Block(2)); 2]);
        let d = cfg.dominators();
        let dominates = |a, b| d.dominates(Block(a), Block(b));
        assert!(dominates(0, 5) && dominates(2, 3) && dominates(2, 4) && dominates(4, 4));
        assert!(!dominates(3, 4) && !dominates(4, 2) && !dominates(3, 2));
    }

    #[test]
    fn a_cycle_with_two_entries() {
        let text = "func f(i8) {
b0(v0: i8):
    brif v0 b1 b2
b1:
    jump b2
b2:
    brif v0 b1 b3
b3:
    return
}
";
        let (f, cfg) = cfg(text);
        let loops = cfg.loops(&f);
        assert_eq!(loops.innermost(Block(1)), InLoop::Irreducible);
        assert_eq!(loops.innermost(Block(2)), InLoop::Irreducible);
        assert_eq!(loops.innermost(Block(3)), InLoop::No);
        let d = cfg.dominators();
        assert!(!d.dominates(Block(1), Block(2)) && d.dominates(Block(2), Block(3)));
    }
}
