//! Texts of functions that break a rule each.

use super::verify;
use crate::ir::{Func, Inst, Loc, Op, Term, Value};

fn func(text: &str) -> Func {
    crate::parse::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}")).remove(0)
}

/// A function with a parameter `v0`, an address, and a slot `s0` of 16 bytes.
fn with(body: &str) -> Func {
    func(&format!("func f(i64) -> i64 {{\n    s0: 16 bytes, align 8\nb0(v0: i64):\n{body}\n}}\n"))
}

/// The rule that a function breaks, and why.
fn broken(f: &Func) -> String {
    verify(f).map_or_else(|b| b.to_string(), |()| "nothing".into())
}

#[test]
fn what_is_right() {
    let text = "v1 = slot s0+8\nv2 = iconst.i64 3\nstore.i64 v2 v1\nbrif v2 b1(v2) b2\n\
                b1(v3: i64):\nv4 = iadd v3 v2\njump b1(v4)\nb2:\nreturn v2";
    assert_eq!(broken(&with(text)), "nothing");
    let text = "v1 = slot s0+0\ndeferenter v1 b1 pad b2\nb1:\nreturn v0\n\
                b2(v2: i64):\nv3 = slot s0+0\nv4 = load.i64 v3\njump b3(v4)\nb3(v5: i64):\nreturn v5";
    assert_eq!(broken(&with(text)), "nothing");
    // Nobody comes here.
    assert_eq!(
        broken(&with("return v0\nb1:\nv1 = iadd v2 v0\njump b2\nb2:\nv2 = iadd v0 v0\nreturn v2")),
        "nothing"
    );
}

#[test]
fn values_have_one_definition() {
    let mut f = with("v1 = iadd v0 v0\nreturn v1");
    f.blocks[0].insts.push(Inst(0));
    assert_eq!(broken(&f), "VER-1: b0: instruction 0 is there twice");
    let mut f = with("v1 = iadd v0 v0\nv2 = iadd v0 v0\nreturn v1");
    f.insts[1].result = Value(1);
    assert_eq!(broken(&f), "VER-1: b0: v1 is defined twice");
    let mut f = with("v1 = iadd v0 v0\nreturn v1");
    f.blocks[0].insts.push(Inst(7));
    assert_eq!(broken(&f), "VER-1: b0: there is no instruction 7");
}

#[test]
fn definitions_dominate_uses() {
    let text = "brif v0 b1 b2\nb1:\nv1 = iadd v0 v0\njump b3\nb2:\njump b3\nb3:\nreturn v1";
    assert_eq!(broken(&with(text)), "VER-2: b3: v1, of b1, is not known here");
    let text = "v2 = iadd v1 v0\nv1 = iadd v0 v0\nreturn v2";
    assert_eq!(broken(&with(text)), "VER-2: b0: v1, of b0, is not known here");
    let mut f = with("v1 = iadd v0 v0\nreturn v1");
    f.blocks[0].insts.clear();
    assert_eq!(broken(&f), "VER-2: b0: v1 is not defined");
}

#[test]
fn edges_lead_to_blocks_with_their_parameters() {
    let mut f = with("jump b1(v0)\nb1(v1: i64):\nreturn v1");
    if let Term::Jump(e) = &mut f.blocks[0].term {
        e.args.clear();
    }
    assert_eq!(broken(&f), "VER-3: b0: arguments for b1: [], not [I64]");
    let text = "switch v0 0:b1 default:b2\nb1:\nreturn v0\nb2:\nreturn v0";
    let mut f = with(text);
    f.add_param(crate::ir::Block(1), crate::ir::Ty::I8);
    assert_eq!(broken(&f), "VER-3: b0: b1 has parameters [I8]");
    let mut f = with("jump b1\nb1:\nreturn v0");
    f.blocks[1].term = Term::Jump(crate::ir::ENTRY.into());
    assert_eq!(broken(&f), "VER-3: b1: an edge leads to b0");
    f.blocks[1].term = Term::Jump(crate::ir::Block(9).into());
    assert_eq!(broken(&f), "VER-3: b1: an edge leads to b9");
    f.blocks[1].term = Term::None;
    assert_eq!(broken(&f), "VER-3: b1: it has no end");
    let mut f = with("return v0");
    f.sig.params.push(crate::ir::Ty::I8);
    assert_eq!(broken(&f), "VER-3: b0: other parameters");
}

#[test]
fn operands_have_types() {
    let int = "v1 = iconst.i8 1\n";
    for (body, rule) in [
        ("v2 = iadd v0 v1", "VER-4"),
        ("v2 = fadd v0 v0", "VER-4"),
        ("v2 = icmp eq v0 v1", "VER-4"),
        ("v2 = fcmp eq v0 v0", "VER-4"),
        ("v2 = uext.i8 v0", "VER-4"),
        ("v2 = bitcast.i64 v0", "VER-4"),
        ("v2 = select v1 v0 v1", "VER-4"),
        ("v2 = load.i64 v1", "VER-4"),
        ("store.i64 v0 v1", "VER-4"),
        ("store.i8.wb v1 v0", "VER-4"),
        ("nilcheck v1", "VER-4"),
        ("memcopy v0 v1 8", "VER-4"),
        ("v2 = atomic.add v1 v0", "VER-4"),
        ("v2 = fconst.i64 0x0", "VER-4"),
    ] {
        let f = with(&format!("{int}{body}\nreturn v0"));
        assert!(broken(&f).starts_with(rule), "{body}: {}", broken(&f));
    }
    let mut f = with("v1 = iadd v0 v0\nreturn v0");
    f.insts[0].results = 0;
    assert_eq!(broken(&f), "VER-4: b0: 0 results");
}

#[test]
fn calls_and_returns_follow_signatures() {
    for (body, want) in [
        ("call g (i64) ()\nreturn v0", "VER-5: b0: arguments: [], not [I64]"),
        ("v1 = iconst.i8 0\nreturn v1", "VER-5: b0: what is returned: [I8], not [I64]"),
        ("return", "VER-5: b0: what is returned: [], not [I64]"),
        ("tailcall g (i64) (v0)", "VER-5: b0: a tail call of (i64)"),
        ("tailcall g sysv(i64) -> i64 (v0)", "VER-5: b0: a tail call of sysv(i64) -> i64"),
        ("v1 = iconst.i8 0\ncall v1 () ()\nreturn v0", "VER-4: b0: v1 is no address"),
    ] {
        assert_eq!(broken(&with(body)), want, "{body}");
    }
    let mut f = with("v1 = call g () -> i64 ()\nreturn v1");
    if let Op::Call(_, sig, _) = &mut f.insts[0].op {
        sig.results.clear();
    }
    assert_eq!(broken(&f), "VER-5: b0: results: [I64], not []");
}

#[test]
fn slots_are_not_left() {
    for (body, want) in [
        ("v1 = slot s0+17\nreturn v0", "VER-6: b0: address s0+17"),
        ("v1 = slot s0-8\nreturn v0", "VER-6: b0: address s0-8"),
        ("v1 = slot s0+8\nv2 = load.i64 v1+4\nreturn v0", "VER-6: b0: 8 bytes at s0+12"),
        ("v1 = slot s0+8\nstore.i64 v0 v1-16\nreturn v0", "VER-6: b0: 8 bytes at s0-8"),
        ("v1 = slot s0+0\nmemzero v1 24\nreturn v0", "VER-6: b0: 24 bytes at s0+0"),
        ("v1 = slot s0+0\nmemcopy v0 v1 17\nreturn v0", "VER-6: b0: 17 bytes at s0+0"),
    ] {
        assert_eq!(broken(&with(body)), want, "{body}");
    }
    let mut f = with("v1 = slot s0+0\nv2 = reload.i64 s0\nreturn v0");
    f.slots[0].size = 4;
    assert_eq!(broken(&f), "VER-6: b0: a value of s0");
    f.slots.clear();
    assert_eq!(broken(&f), "VER-6: b0: there is no such slot");
}

#[test]
fn pads_take_nothing_from_outside() {
    let text = "v1 = slot s0+0\ndeferenter v1 b1 pad b2\nb1:\nreturn v0\n\
                b2(v2: i64):\nv3 = load.i64 v1\nreturn v3";
    assert_eq!(broken(&with(text)), "VER-7: b2: v1 is of b0, outside of the pad");
    let text = "v1 = slot s0+0\ndeferenter v1 b1 pad b2\nb1:\njump b3(v0)\n\
                b2(v2: i64):\njump b3(v2)\nb3(v3: i64):\nreturn v3";
    assert_eq!(broken(&with(text)), "VER-7: b3: it is reached without its pad");
    let text = "v1 = slot s0+0\ndeferenter v1 b1 pad b2\nb1:\nreturn v0\nb2:\nreturn v0";
    assert_eq!(broken(&with(text)), "VER-3: b0: b2 has parameters []");
}

#[test]
fn locations_and_variables() {
    let mut f = with("v1 = iadd v0 v0\nreturn v1");
    f.insts[0].loc = Loc(3);
    assert_eq!(broken(&f), "VER-8: b0: location 3");
    f.insts[0].loc = Loc(0);
    f.blocks[0].term_loc = Loc(4);
    assert_eq!(broken(&f), "VER-8: b0: location 4");
    let text = "func f(i64) {\n    x0: i64\nb0(v0: i64):\nset x0 v0\nreturn\n}\n";
    assert_eq!(broken(&func(text)), "VER-9: b0: a variable is written");
    let text = "func f(i64) {\n    x0: i64\nb0(v0: i64):\nv1 = get x0\nreturn\n}\n";
    assert_eq!(broken(&func(text)), "VER-9: b0: a variable is read");
}
