//! Maps: the real `internal/runtime/maps`, by way of the runtime's access functions.

use burrow_syntax::ExprId;
use burrow_types::{TypeId, TypeKind};

use super::eval_order::Use;
use super::func::FnCx;
use super::value::Borrowed;
use crate::ir::{IntCC, MemFlags, Ty, Value};

/// Which access functions serve a map. gc: `walk.mapfast`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fast {
    No,
    K32,
    K64,
    Str,
}

/// Larger elements are stored behind a pointer, which the fast functions don't expect.
const MAX_FAST_ELEM: u64 = 128;

impl<'p, 'a> FnCx<'p, 'a> {
    fn map_kinds(&self, t: TypeId) -> (TypeId, TypeId) {
        match self.kind(t) {
            TypeKind::Map { key, elem } => (*key, *elem),
            other => panic!("a map expected, not {other:?}"),
        }
    }

    fn fast(&self, t: TypeId) -> Fast {
        let (key, elem) = self.map_kinds(t);
        if self.size(elem) > MAX_FAST_ELEM {
            return Fast::No;
        }
        match self.kind(key) {
            TypeKind::Basic(k, _) if k.is_string() => Fast::Str,
            _ if self.p.is_regular_memory(key) && self.layout(key).is_flat() => {
                match (self.size(key), self.layout(key).scalars.as_ref().map_or(0, Vec::len)) {
                    (4, 1) => Fast::K32,
                    (8, 1) => Fast::K64,
                    _ => Fast::No,
                }
            }
            _ => Fast::No,
        }
    }

    /// Whether the runtime's functions for the map want a key's address.
    pub(super) fn takes_key_by_address(&self, t: TypeId) -> bool {
        self.fast(t) == Fast::No
    }

    /// Map and key of `m[k]`, the key converted to the map's key type.
    pub(super) fn map_operands(&mut self, m: ExprId, k: ExprId, t: TypeId) -> (Value, Borrowed) {
        let (key, _) = self.map_kinds(t);
        self.hoist_list_to(&[(m, Use::Itself), (k, Use::Key(t))]);
        let map = self.expr(m).one();
        let v = self.expr_to(k, key);
        (map, v)
    }

    /// The same, for a lookup: nothing keeps the key.
    pub(super) fn map_read_operands(
        &mut self,
        m: ExprId,
        k: ExprId,
        t: TypeId,
    ) -> (Value, Borrowed) {
        let (key, _) = self.map_kinds(t);
        let is_string = matches!(self.kind(key), TypeKind::Basic(b, _) if b.is_string());
        if !is_string || self.has_call(m) || self.has_call(k) {
            return self.map_operands(m, k, t);
        }
        let map = self.expr(m).one();
        (map, self.string_view(k))
    }

    fn key_args(&mut self, t: TypeId, key: &Borrowed, fast: Fast) -> Vec<Value> {
        let (kt, _) = self.map_kinds(t);
        match fast {
            Fast::No => vec![self.spill(kt, key)],
            Fast::K32 | Fast::K64 => vec![key.one()],
            Fast::Str => vec![key.at(0), key.at(1)],
        }
    }

    fn access(&mut self, name: &str, t: TypeId, m: Value, key: &Borrowed) -> Vec<Value> {
        let mut fast = self.fast(t);
        // Pointers as keys: assignment has a variant of its own, which knows of the write barrier.
        let (kt, _) = self.map_kinds(t);
        let is_ptr = self.layout(kt).has_pointers();
        if name == "mapassign" && fast == Fast::K64 && is_ptr {
            fast = Fast::No;
        }
        let d = self.type_addr(t);
        let mut args = vec![d, m];
        args.extend(self.key_args(t, key, fast));
        let suffix = match fast {
            Fast::No => "",
            Fast::K32 => "_fast32",
            Fast::K64 => "_fast64",
            Fast::Str => "_faststr",
        };
        self.runtime_call(&format!("{name}{suffix}"), &args)
    }

    /// `m[k]`; with `ok`, also whether it was there.
    pub(super) fn map_read(
        &mut self,
        t: TypeId,
        m: Value,
        key: &Borrowed,
        ok: bool,
    ) -> (Borrowed, Option<Value>) {
        let (_, elem) = self.map_kinds(t);
        let size = self.size(elem);
        // The runtime's zero value has 1,024 bytes: for larger ones, look whether the entry is there.
        if size > 1024 {
            let r = self.access("mapaccess2", t, m, key);
            let found = r[1];
            let zero = self.zero_val(elem);
            let z = self.address(&zero).expect("a large value in memory");
            let a = self.inst(crate::ir::Op::Select(found, r[0], z), Ty::I64);
            return (self.borrow(a), Some(found));
        }
        if !ok {
            let a = self.access("mapaccess1", t, m, key)[0];
            return (self.load_mem(elem, a, 0, MemFlags::SAFE), None);
        }
        let r = self.access("mapaccess2", t, m, key);
        (self.load_mem(elem, r[0], 0, MemFlags::SAFE), Some(r[1]))
    }

    /// The address of the entry for `key`, made if it isn't there.
    pub(super) fn map_assign(&mut self, t: TypeId, m: Value, key: &Borrowed) -> Value {
        let entry = self.access("mapassign", t, m, key)[0];
        self.wrote();
        entry
    }

    pub(super) fn map_delete(&mut self, t: TypeId, m: Value, key: &Borrowed) {
        let (kt, _) = self.map_kinds(t);
        let d = self.type_addr(t);
        let k = self.spill(kt, key);
        self.runtime_call("mapdelete", &[d, m, k]);
        self.wrote();
    }

    /// `len(m)`: the first word of the map.
    pub(super) fn map_len(&mut self, m: Value) -> Value {
        let nil = self.icmp_imm(IntCC::Eq, m, 0);
        self.choose(nil, Ty::I64, |c| c.iconst(0), |c| c.load(Ty::I64, m, 0, MemFlags::SAFE))
    }

    pub(super) fn make_map(&mut self, t: TypeId, hint: Option<Value>) -> Borrowed {
        match hint {
            None => {
                // The size class of a map without a hint is the same for all.
                Borrowed::flat(self.runtime_call("makemap_small", &[]))
            }
            Some(n) => {
                let d = self.type_addr(t);
                let nil = self.iconst(0);
                Borrowed::flat(self.runtime_call("makemap", &[d, n, nil]))
            }
        }
    }
}
