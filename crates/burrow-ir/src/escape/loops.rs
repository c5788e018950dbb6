//! The innermost loop of each block.

use crate::ir::{Block, ENTRY, Func};
use crate::ssa::reverse_postorder;

/// A block's loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Loop {
    /// It runs once at most.
    None,
    /// The innermost loop, by its first block.
    Of(Block),
    /// It is in a cycle that can be entered at several places.
    Irreducible,
}

pub(super) struct Loops {
    pub order: Vec<Block>,
    place: Vec<usize>,
    of: Vec<Loop>,
}

impl Loops {
    pub(super) fn new(f: &Func) -> Loops {
        let order = reverse_postorder(f);
        let n = f.blocks.len();
        let mut place = vec![usize::MAX; n];
        order.iter().enumerate().for_each(|(i, b)| place[b.index()] = i);
        let mut preds: Vec<Vec<Block>> = vec![Vec::new(); n];
        let mut heads: Vec<(Block, Vec<Block>)> = Vec::new();
        for &b in &order {
            f.blocks[b.index()].term.for_each_edge(|to| {
                preds[to.index()].push(b);
                if place[to.index()] <= place[b.index()] {
                    match heads.iter_mut().find(|h| h.0 == to) {
                        Some(h) => h.1.push(b),
                        None => heads.push((to, vec![b])),
                    }
                }
            });
        }
        let mut bodies: Vec<(Loop, Vec<Block>)> = Vec::new();
        for (head, backs) in heads {
            let mut inside = vec![false; n];
            inside[head.index()] = true;
            let mut body = vec![head];
            let mut work: Vec<Block> = backs;
            while let Some(b) = work.pop() {
                if !std::mem::replace(&mut inside[b.index()], true) {
                    body.push(b);
                    work.extend(&preds[b.index()]);
                }
            }
            let entered_elsewhere = head != ENTRY && inside[ENTRY.index()];
            bodies.push((if entered_elsewhere { Loop::Irreducible } else { Loop::Of(head) }, body));
        }
        // The smallest is the innermost; nothing is known of what is in an irreducible one.
        bodies.sort_by_key(|(l, body)| (*l == Loop::Irreducible, std::cmp::Reverse(body.len())));
        let mut of = vec![Loop::None; n];
        for (l, body) in bodies {
            body.iter().for_each(|b| of[b.index()] = l);
        }
        Loops { order, place, of }
    }

    pub(super) fn of(&self, b: Block) -> Loop {
        self.of[b.index()]
    }

    /// Whether an edge leads back to the beginning of a loop.
    pub(super) fn is_back(&self, from: Block, to: Block) -> bool {
        self.place[to.index()] <= self.place[from.index()]
    }
}
