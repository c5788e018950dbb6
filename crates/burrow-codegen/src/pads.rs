//! Landing pads in Cranelift's terms.
//!
//! A pad ([`burrow_ir::ir::Term::DeferEnter`], `docs/abi.md` 6) is entered from a call that Cranelift does not know to lead there: registers hold what
//! they held at that call. So nothing that was computed elsewhere may be used in the pad's region, the blocks that only the pad leads to. The IR
//! has it so. Cranelift's e-graph pass merges equal computations of constants and addresses, though, wherever they stand.
//!
//! PAD-1  After the e-graph pass no value of other blocks is used in a pad's region. [`own_values`] makes it so: what the region takes from elsewhere is
//!        computed anew in each block that uses it. What cannot be computed anew, since it is read from memory or comes from a call, is a
//!        fault of lowering, and an error.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, ExceptionTableItem, Function, Inst, Value, ValueDef};
use rustc_hash::{FxHashMap, FxHashSet};

/// Makes PAD-1 true.
///
/// # Errors
/// A value that the region takes from elsewhere and that can't be computed anew.
pub(crate) fn own_values(func: &mut Function) -> Result<(), Value> {
    let region = region(func);
    for &block in &region {
        let insts: Vec<Inst> = func.layout.block_insts(block).collect();
        let mut own: FxHashMap<Value, Value> = FxHashMap::default();
        for inst in insts {
            let outside: Vec<Value> =
                func.dfg.inst_values(inst).filter(|&v| !is_inside(func, &region, v)).collect();
            let mut replaced: FxHashMap<Value, Value> = FxHashMap::default();
            for v in outside {
                let original = func.dfg.resolve_aliases(v);
                replaced.insert(v, recompute(func, original, inst, &region, &mut own)?);
            }
            func.dfg.map_inst_values(inst, |v| replaced.get(&v).copied().unwrap_or(v));
        }
    }
    match taken(func, &region) {
        Some(v) => Err(v),
        None => Ok(()),
    }
}

/// Computes `v` anew in front of `at`, and what it is computed from.
fn recompute(
    func: &mut Function,
    v: Value,
    at: Inst,
    region: &FxHashSet<Block>,
    own: &mut FxHashMap<Value, Value>,
) -> Result<Value, Value> {
    if let Some(&known) = own.get(&v) {
        return Ok(known);
    }
    let ValueDef::Result(inst, 0) = func.dfg.value_def(v) else { return Err(v) };
    let opcode = func.dfg.insts[inst].opcode();
    let is_pure = !opcode.can_load()
        && !opcode.can_store()
        && !opcode.can_trap()
        && !opcode.other_side_effects()
        && !opcode.is_call()
        && !opcode.is_branch();
    if !is_pure {
        return Err(v);
    }
    let args: Vec<Value> = func.dfg.inst_values(inst).collect();
    let mut mine = Vec::with_capacity(args.len());
    for &a in &args {
        let a = func.dfg.resolve_aliases(a);
        let inside = is_inside(func, region, a);
        mine.push(if inside { a } else { recompute(func, a, at, region, own)? });
    }
    let copy = func.dfg.clone_inst(inst);
    let mut mine = mine.into_iter();
    func.dfg.map_inst_values(copy, |a| mine.next().unwrap_or(a));
    FuncCursor::new(func).at_inst(at).insert_inst(copy);
    let result = func.dfg.first_result(copy);
    own.insert(v, result);
    Ok(result)
}

/// The blocks that landing pads lead to.
fn region(func: &Function) -> FxHashSet<Block> {
    let mut region = FxHashSet::default();
    let mut work: Vec<Block> = Vec::new();
    let dfg = &func.dfg;
    let lists = &dfg.value_lists;
    for table in dfg.exception_tables.values() {
        for item in table.items() {
            if let ExceptionTableItem::Default(pad) | ExceptionTableItem::Tag(_, pad) = item {
                work.push(pad.block(lists));
            }
        }
    }
    while let Some(b) = work.pop() {
        if region.insert(b)
            && let Some(last) = func.layout.last_inst(b)
        {
            let to = dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables);
            work.extend(to.iter().map(|to| to.block(lists)));
        }
    }
    region
}

fn is_inside(func: &Function, region: &FxHashSet<Block>, v: Value) -> bool {
    let block = match func.dfg.value_def(func.dfg.resolve_aliases(v)) {
        ValueDef::Param(b, _) => Some(b),
        ValueDef::Result(i, _) => func.layout.inst_block(i),
        ValueDef::Union(..) => None,
    };
    block.is_some_and(|b| region.contains(&b))
}

/// A value that the region takes from elsewhere, if there is one.
fn taken(func: &Function, region: &FxHashSet<Block>) -> Option<Value> {
    let uses = region.iter().flat_map(|&b| func.layout.block_insts(b));
    uses.flat_map(|i| func.dfg.inst_values(i)).find(|&v| !is_inside(func, region, v))
}
