//! Lowering: from the typed syntax tree to SSA, on demand from the program's roots.
//!
//! [`lower_program`] is the entry. `program` holds what has been asked for; each kind of work has its file. Generic
//! functions are lowered once for each list of type arguments; their instances share a symbol wherever they come from.
//! What a package's code means is decided here for good: order of evaluation (`eval_order`), who lives on the heap
//! (`captures`), how values travel (`layout`), what panics (`func`, `arith`).

mod alg;
mod arith;
mod body;
mod builtins;
mod call;
mod captures;
mod concurrency;
mod convert;
mod defer;
mod eval_order;
mod expr;
mod func;
mod init;
mod intrinsics;
mod layout;
mod literal;
mod map;
mod names;
mod program;
mod range;
mod rangefunc;
mod stmt;
mod typedata;
mod value;

use std::rc::Rc;
use std::sync::mpsc;

use burrow_syntax::{Pos, Symbol};
use burrow_types::{ObjId, Universe};

use crate::ir::Module;

pub use names::escape_path;
pub use program::{Body, Init, LowerError, Options, Package, Parts};
use program::{FuncInst, Item, Program};

/// The stack of the thread that checks bodies, whose depth the source decides.
const STACK_SIZE: usize = 1 << 30;

/// Lowers everything that the program can reach. Gives errors instead if something is missing.
///
/// Functions wait in a queue; bodies that outlines lack are checked meanwhile, by a thread that runs ahead.
pub fn lower_program<'a>(
    u: &'a Universe,
    packages: Vec<Package<'a>>,
    options: Options<'a>,
) -> Result<Module, Vec<LowerError>> {
    let parts: Vec<&dyn Parts<'a>> = packages.iter().map(|p| p.parts).collect();
    let p = Program::new(u, packages, options);
    std::thread::scope(|s| {
        let (sender, wanted) = mpsc::channel::<(usize, ObjId)>();
        let check = move || {
            for (pkg, obj) in wanted {
                // The one who lowers it asks again, and hears of errors.
                let _ = parts[pkg].body(obj);
            }
        };
        // Without the thread bodies are checked when they are lowered.
        if std::thread::Builder::new().stack_size(STACK_SIZE).spawn_scoped(s, check).is_ok() {
            p.ahead.replace(Some(sender));
        }
        p.lower_all();
        p.ahead.take();
    });
    let errors = p.errors.take();
    let out = p.out.take();
    if errors.is_empty() { Ok(out) } else { Err(errors) }
}

impl<'a> Program<'a> {
    fn lower_all(&self) {
        self.index_initialisers();
        self.roots();
        loop {
            while let Some(item) = { self.work.borrow_mut().pop_front() } {
                self.guarded(&item);
            }
            if !self.advance_types() && self.work.borrow().is_empty() {
                break;
            }
        }
        self.write_go_init();
        self.write_types();
        self.write_strings();
    }

    fn roots(&self) {
        for name in self.options.entries.clone() {
            let symbol = Symbol::new(&name);
            if let Some(obj) = self.go_definition(symbol)
                && self.u.obj(obj).is_func()
            {
                self.want_func(FuncInst { obj, targs: Rc::from([]) });
            }
        }
        if let Some(main) = self.go_definition(Symbol::new("main.main")) {
            self.want_func(FuncInst { obj: main, targs: Rc::from([]) });
        }
        self.queue_inits();
    }

    /// Lowers an item; a bug in lowering becomes an error that names it, and the rest goes on.
    fn guarded(&self, item: &Item<'a>) {
        let run = std::panic::AssertUnwindSafe(|| self.lower_item(item));
        if let Err(payload) = std::panic::catch_unwind(run) {
            let what = payload
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| payload.downcast_ref::<&str>().copied())
                .unwrap_or("panic");
            let (name, pos) = self.describe(item);
            let message = format!(
                "internal compiler error: lowering {name}: {what}\n\tthis is a bug of Burrow: please report it, with the program"
            );
            self.errors.borrow_mut().push(LowerError { pos, message });
        }
    }

    /// The name and position of an item, for messages.
    fn describe(&self, item: &Item<'a>) -> (String, Pos) {
        match item {
            Item::Func(f) => (self.func_names(f).0, self.u.obj(f.obj).pos),
            Item::Closure { cx, symbol, lit, .. } => {
                let pos = match lit {
                    captures::Lit::Func(e) => cx.file.exprs[*e].pos,
                    captures::Lit::Range(s) => cx.file.stmts[*s].pos,
                };
                (symbol.to_string(), pos)
            }
            Item::ImageThunk { symbol, .. }
            | Item::Method { symbol, .. }
            | Item::Equal { symbol, .. }
            | Item::Hash { symbol, .. }
            | Item::VarInit { symbol, .. } => (symbol.to_string(), Pos::NONE),
        }
    }

    fn lower_item(&self, item: &Item<'a>) {
        match item {
            Item::Func(f) => {
                if self.func_decl(f.obj).is_some_and(|(_, _, d)| d.body.is_some()) {
                    self.lower_func(f);
                }
            }
            Item::Closure { cx, lit, symbol, display, parent } => {
                self.lower_closure(cx, *lit, *symbol, *display, parent);
            }
            Item::Method { recv, method, entry, symbol } => {
                self.lower_method(*recv, method, *entry, *symbol);
            }
            Item::ImageThunk { obj, symbol } => self.lower_thunk(*obj, *symbol),
            Item::Equal { ty, symbol } => self.lower_equal(*ty, *symbol),
            Item::Hash { ty, symbol } => self.lower_hash(*ty, *symbol),
            Item::VarInit { pkg, index, symbol } => {
                self.lower_initialiser(*pkg, *index, *symbol);
            }
        }
    }
}
