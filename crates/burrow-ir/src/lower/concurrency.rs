//! Channels and select.

use burrow_syntax::{CommClause, ExprId, ExprKind, Pos, StmtId, StmtKind, Symbol, UnaryOp};
use burrow_types::{TypeId, TypeKind};

use super::eval_order::Use;
use super::func::{FnCx, Scope};
use super::value::Borrowed;
use crate::ir::{IntCC, MemFlags, Term, Ty, Value};

/// `{c *hchan, elem unsafe.Pointer}`
const SCASE_SIZE: u64 = 16;

enum Comm {
    Send { chan: Value, elem: Value },
    Recv { chan: Value, t: TypeId, buf: Value },
    Default,
}

impl<'p, 'a> FnCx<'p, 'a> {
    /// `<-c`; with `ok`, also whether a value was sent.
    pub(super) fn receive(&mut self, t: TypeId, c: Value, ok: bool) -> (Borrowed, Option<Value>) {
        let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
        let elem = *elem;
        let buf = self.temp(elem);
        let holds = if ok {
            Some(self.runtime_call("chanrecv2", &[c, buf])[0])
        } else {
            self.runtime_call("chanrecv1", &[c, buf]);
            None
        };
        self.wrote();
        (self.made(elem, buf), holds)
    }

    pub(super) fn send_stmt(&mut self, chan: ExprId, value: ExprId, pos: Pos) {
        let t = self.value_type(chan);
        let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
        let elem = *elem;
        self.hoist_list_to(&[(chan, Use::Itself), (value, Use::Converted(elem))]);
        let c = self.expr(chan).one();
        let v = self.expr_to(value, elem);
        self.at(pos);
        let v = self.own(elem, v);
        let a = self.spill(elem, &v);
        self.runtime_call("chansend1", &[c, a]);
        self.wrote();
    }

    // ---------------------------------------------------------------------------------- select

    pub(super) fn select_stmt(
        &mut self,
        label: Option<Symbol>,
        clauses: &'a [CommClause],
        pos: Pos,
    ) {
        let end = self.block();
        if clauses.is_empty() {
            self.runtime_call("block", &[]);
            self.end(Term::Unreachable);
            return;
        }
        let comms: Vec<Comm> = clauses.iter().map(|c| self.comm(c)).collect();
        self.at(pos);
        let bodies: Vec<_> = clauses.iter().map(|_| self.block()).collect();
        let oks = self.dispatch(&comms, &bodies);
        self.wrote();
        self.scopes.push(Scope { label, break_to: Some(end), continue_to: None });
        for (i, clause) in clauses.iter().enumerate() {
            self.switch_to(bodies[i]);
            if let (Comm::Recv { t, buf, .. }, Some(s)) = (&comms[i], clause.comm) {
                self.received(s, *t, *buf, oks);
            }
            self.stmts(&clause.body);
            self.jump(end);
        }
        self.scopes.pop();
        self.switch_to(end);
    }

    /// Evaluates the operands of a clause.
    fn comm(&mut self, c: &CommClause) -> Comm {
        let Some(s) = c.comm else { return Comm::Default };
        let file = self.file;
        let recv = match file.stmt(s) {
            StmtKind::Send { chan, value } => {
                let t = self.value_type(*chan);
                let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
                let elem = *elem;
                self.hoist_list_to(&[(*chan, Use::Itself), (*value, Use::Converted(elem))]);
                let chan = self.expr(*chan).one();
                let v = self.expr_to(*value, elem);
                let a = self.temp(elem);
                self.store_mem(elem, &v, a, 0, MemFlags::SAFE);
                return Comm::Send { chan, elem: a };
            }
            StmtKind::Expr(e) => *e,
            StmtKind::Assign { rhs, .. } | StmtKind::Define { rhs, .. } => rhs[0],
            other => panic!("select of {other:?}"),
        };
        let recv = file.unparen(recv);
        let ExprKind::Unary { op: UnaryOp::Recv, x } = file.expr(recv) else {
            panic!("select of no receive")
        };
        let t = self.value_type(*x);
        let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
        let elem = *elem;
        let chan = self.expr(*x).one();
        let buf = self.temp(elem);
        Comm::Recv { chan, t, buf }
    }

    /// Chooses a clause and goes to its block; gives the variable that says whether a value was received.
    fn dispatch(&mut self, comms: &[Comm], bodies: &[crate::ir::Block]) -> crate::ir::Var {
        let ok = self.f.new_var(Ty::I8);
        let default = comms.iter().position(|c| matches!(c, Comm::Default));
        let others: Vec<usize> =
            (0..comms.len()).filter(|&i| !matches!(comms[i], Comm::Default)).collect();
        match (others.as_slice(), default) {
            ([], Some(d)) => {
                self.jump(bodies[d]);
                return ok;
            }
            (&[i], Some(d)) => {
                let selected = match &comms[i] {
                    Comm::Send { chan, elem } => {
                        self.runtime_call("selectnbsend", &[*chan, *elem])[0]
                    }
                    Comm::Recv { chan, buf, .. } => {
                        let r = self.runtime_call("selectnbrecv", &[*buf, *chan]);
                        self.set(ok, r[1]);
                        r[0]
                    }
                    Comm::Default => unreachable!("not the default"),
                };
                self.brif(selected, bodies[i], bodies[d]);
                return ok;
            }
            (&[i], None) => {
                match &comms[i] {
                    Comm::Send { chan, elem } => {
                        self.runtime_call("chansend1", &[*chan, *elem]);
                    }
                    Comm::Recv { chan, buf, .. } => {
                        let r = self.runtime_call("chanrecv2", &[*chan, *buf])[0];
                        self.set(ok, r);
                    }
                    Comm::Default => unreachable!("not the default"),
                }
                self.jump(bodies[i]);
                return ok;
            }
            _ => {}
        }
        // Sends first, then receives, as selectgo wants them.
        let sends = others.iter().filter(|&&i| matches!(comms[i], Comm::Send { .. }));
        let recvs = others.iter().filter(|&&i| matches!(comms[i], Comm::Recv { .. }));
        let order: Vec<usize> = sends.chain(recvs).copied().collect();
        let nsends = order.iter().filter(|&&i| matches!(comms[i], Comm::Send { .. })).count();
        let cases = self.slot(SCASE_SIZE * order.len() as u64, 8);
        let cases = self.slot_addr(cases);
        for (k, &i) in order.iter().enumerate() {
            let (c, elem) = match &comms[i] {
                Comm::Send { chan, elem } => (*chan, *elem),
                Comm::Recv { chan, buf, .. } => (*chan, *buf),
                Comm::Default => unreachable!("not the default"),
            };
            let at = (SCASE_SIZE as usize * k) as i32;
            self.store(c, cases, at, MemFlags::SAFE);
            self.store(elem, cases, at + 8, MemFlags::SAFE);
        }
        // Room for the poll and lock orders: two numbers of 16 bits for each case.
        let orders = self.slot(4 * order.len() as u64, 8);
        let orders = self.slot_addr(orders);
        let (ns, nr) = (self.iconst(nsends as i64), self.iconst((order.len() - nsends) as i64));
        let block = self.bool_const(default.is_none());
        let r = self.runtime_call("selectgo", &[cases, orders, ns, nr, block]);
        self.set(ok, r[1]);
        for (k, &i) in order.iter().enumerate() {
            if k + 1 == order.len() && default.is_none() {
                self.jump(bodies[i]);
                return ok;
            }
            let hit = self.icmp_imm(IntCC::Eq, r[0], k as i64);
            let next = self.block();
            self.brif(hit, bodies[i], next);
            self.switch_to(next);
        }
        if let Some(d) = default {
            self.jump(bodies[d]);
        }
        ok
    }

    /// `v, ok := <-c` of the clause that was chosen: only now is the left side evaluated.
    fn received(&mut self, s: StmtId, t: TypeId, buf: Value, ok: crate::ir::Var) {
        let TypeKind::Chan { elem, .. } = self.kind(t) else { panic!("no channel") };
        let elem = *elem;
        let (lhs, define) = match self.file.stmt(s) {
            StmtKind::Assign { lhs, .. } => (lhs, false),
            StmtKind::Define { lhs, .. } => (lhs, true),
            _ => return,
        };
        let v = self.made(elem, buf);
        let ok = self.get(ok);
        let ok = Borrowed::flat(vec![ok]);
        self.range_assign(lhs, define, vec![(v, elem), (ok, TypeId::BOOL)]);
    }
}
