//! The syntax tree of one file.
//!
//! Nodes live in arenas of their [`File`] and refer to each other by typed ids of 32 bits. Nothing
//! here is changed after parsing; what the checker finds out lives in its own tables, keyed by id.
//! Every identifier that is written in the file, be it a declaration or a use, is one [`Ident`] with
//! an id of its own, so that definitions and uses can be recorded in dense tables.
//!
//! # Positions
//! `pos` of a node is where gc's parser puts it, which decides where errors are reported and which
//! line an instruction gets: the operator for binary expressions and assignments, `(` for calls, `.`
//! for selectors and assertions, `[` for index and slice expressions, `{` for composite literals, `:`
//! for key-value pairs, and the first token for everything else. [`File::start_pos`] and
//! [`File::end_pos`] give the ends, by the rules of gc's `StartPos` and `EndPos`.
//!
//! # Parentheses
//! As in gc, parentheses around expressions are dropped, except where they matter for an error: on
//! the left side of a statement, in operands of `go` and `defer`, and before `{`. So
//! [`ExprKind::Paren`] may occur anywhere but is rare.

use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::Index;

use crate::pos::Pos;
use crate::symbol::Symbol;

/// Declares a typed id: an index plus one, so that `Option` of it is as small.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The id of the node at `index`.
            pub fn from_index(index: usize) -> Self {
                let n = u32::try_from(index + 1).expect("fewer than 2^32 nodes in a file");
                $name(NonZeroU32::new(n).expect("index + 1 > 0"))
            }
            /// The index, for dense side tables.
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                $name::from_index(index)
            }
            fn index(self) -> usize {
                $name::index(self)
            }
        }

        const _: () = assert!(size_of::<Option<$name>>() == 4);
    };
}

/// What all ids can do.
pub trait Id: Copy {
    fn from_index(index: usize) -> Self;
    fn index(self) -> usize;
}

id!(
    /// An expression or type expression.
    ExprId
);
id!(
    /// A statement.
    StmtId
);
id!(
    /// A declaration: one spec, for grouped declarations.
    DeclId
);
id!(
    /// One occurrence of an identifier.
    IdentId
);
id!(
    /// A clause of an expression switch or type switch.
    CaseId
);

/// A growing table indexed by a typed id.
#[derive(Clone, Debug)]
pub struct Arena<I, T> {
    items: Vec<T>,
    id: PhantomData<fn(I) -> I>,
}

impl<I, T> Default for Arena<I, T> {
    fn default() -> Self {
        Arena { items: Vec::new(), id: PhantomData }
    }
}

impl<I: Id, T> Arena<I, T> {
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }
    pub fn len(&self) -> usize {
        self.items.len()
    }
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    pub fn get_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
    /// Nodes with their ids, in the order of their creation.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (I, &T)> + ExactSizeIterator {
        self.items.iter().enumerate().map(|(i, t)| (I::from_index(i), t))
    }
    /// All ids.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + ExactSizeIterator + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

/// One occurrence of an identifier.
#[derive(Clone, Copy, Debug)]
pub struct Ident {
    pub name: Symbol,
    pub pos: Pos,
}

/// A parsed file. Immutable once parsed.
#[derive(Clone, Debug)]
pub struct File {
    /// The base of the file in the file set; the file is `[base, base + size]`.
    pub base: Pos,
    pub size: u32,
    /// The position of `package` (of the first token, if the clause is missing).
    pub pos: Pos,
    /// The name of the package. `None` if the package clause is missing or broken.
    pub package: Option<IdentId>,
    /// All import declarations, in order. They are in `decls` as well.
    pub imports: Vec<DeclId>,
    /// Top-level declarations in order, one for each spec of a group.
    pub decls: Vec<DeclId>,
    /// The position of the end of the file.
    pub eof: Pos,
    /// The language version that `//go:build` asks for, as `go1.21`, if any.
    pub go_version: Option<Symbol>,
    /// The text of the `//go:build` line (with the slashes), if there is one before `package`.
    pub build_constraint: Option<Directive>,
    /// Comments of the form `//go:xxx`, in order; those of a declaration are a range of these.
    pub directives: Vec<Directive>,
    /// Pragmas that stand before `package`.
    pub pragma: Pragma,
    pub linknames: Vec<Linkname>,
    pub embeds: Vec<Embed>,
    /// Errors that gc reports only when the package has no type errors: misplaced directives.
    pub late_errors: Vec<crate::SyntaxError>,
    /// All comments, if the mode asked for them.
    pub comments: Vec<Comment>,

    pub idents: Arena<IdentId, Ident>,
    pub exprs: Arena<ExprId, Expr>,
    pub stmts: Arena<StmtId, Stmt>,
    pub all_decls: Arena<DeclId, Decl>,
    pub cases: Arena<CaseId, CaseClause>,
}

/// A comment; `end` is after its last byte.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    pub pos: Pos,
    pub end: Pos,
}

/// A `//go:xxx` comment.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    /// The position of `go:`, after the slashes.
    pub pos: Pos,
    /// The text from `go:` to the end of the line (for a build constraint: from `//` on).
    pub text: Symbol,
}

/// `//go:linkname local [remote]`.
#[derive(Clone, Copy, Debug)]
pub struct Linkname {
    pub pos: Pos,
    pub local: Symbol,
    /// The object file's name, `import/path.name`; `None` marks the symbol as accessible only.
    pub remote: Option<Symbol>,
}

/// `//go:embed patterns` before a variable declaration.
#[derive(Clone, Debug)]
pub struct Embed {
    pub pos: Pos,
    /// The patterns, unquoted, each with its position.
    pub patterns: Vec<(Pos, Symbol)>,
    /// The variable declaration it belongs to; `None` if it is misplaced.
    pub decl: Option<DeclId>,
}

/// Pragmas of a declaration, as a set of bits. gc: `PragmaFlag`.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Pragma(pub u32);

impl Pragma {
    pub const NOINTERFACE: Pragma = Pragma(1 << 0);
    pub const NOESCAPE: Pragma = Pragma(1 << 1);
    pub const NORACE: Pragma = Pragma(1 << 2);
    pub const NOSPLIT: Pragma = Pragma(1 << 3);
    pub const NOINLINE: Pragma = Pragma(1 << 4);
    pub const NOCHECKPTR: Pragma = Pragma(1 << 5);
    pub const SYSTEMSTACK: Pragma = Pragma(1 << 6);
    pub const NOWRITEBARRIER: Pragma = Pragma(1 << 7);
    pub const NOWRITEBARRIERREC: Pragma = Pragma(1 << 8);
    pub const YESWRITEBARRIERREC: Pragma = Pragma(1 << 9);
    pub const CGO_UNSAFE_ARGS: Pragma = Pragma(1 << 10);
    pub const UINTPTR_ESCAPES: Pragma = Pragma(1 << 11);
    pub const UINTPTR_KEEP_ALIVE: Pragma = Pragma(1 << 12);
    pub const REGISTER_PARAMS: Pragma = Pragma(1 << 13);
    pub const NOTINHEAP: Pragma = Pragma(1 << 14);
    pub const LINKNAME: Pragma = Pragma(1 << 15);
    pub const EMBED: Pragma = Pragma(1 << 16);
    pub const GO_BUILD: Pragma = Pragma(1 << 17);

    /// What may stand before a function. gc: `funcPragmas`.
    pub const FUNC: Pragma = Pragma((1 << 14) - 1);

    /// Reports whether all bits of `other` are set.
    pub fn has(self, other: Pragma) -> bool {
        self.0 & other.0 == other.0
    }
    pub fn insert(&mut self, other: Pragma) {
        self.0 |= other.0;
    }
}

impl std::fmt::Debug for Pragma {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pragma({:#x})", self.0)
    }
}

// ---------------------------------------------------------------------------------------------
// Declarations

/// A declaration: an import, constant, type or variable spec, or a function.
#[derive(Clone, Debug)]
pub struct Decl {
    /// The first token of the spec; what follows `func` for functions.
    pub pos: Pos,
    /// Declarations in one pair of parentheses have the same number (from 1); 0: not in a group.
    pub group: u32,
    pub pragma: Pragma,
    /// The directives that belong to it: a range of `File::directives`.
    pub directives: (u32, u32),
    pub kind: DeclKind,
}

#[derive(Clone, Debug)]
pub enum DeclKind {
    Import(ImportDecl),
    Const(ConstDecl),
    Type(TypeDecl),
    Var(VarDecl),
    Func(Box<FuncDecl>),
}

/// `import name "path"`
#[derive(Clone, Debug)]
pub struct ImportDecl {
    /// The local name, `.` or `_`; `None` if it isn't given.
    pub name: Option<IdentId>,
    /// The path, unquoted; `None` if it is missing or not a valid string.
    pub path: Option<Symbol>,
    /// The literal, `ExprKind::BasicLit`.
    pub lit: Option<ExprId>,
}

/// One line of a constant declaration.
#[derive(Clone, Debug)]
pub struct ConstDecl {
    pub names: Box<[IdentId]>,
    /// As written.
    pub ty: Option<ExprId>,
    /// As written; empty if there are none.
    pub values: Box<[ExprId]>,
    /// The value of `iota`: the index of the spec in its group.
    pub iota: u32,
    /// When neither type nor values are written: the earlier spec of the group whose type and values
    /// are repeated. `None` too if there is no such spec (an error the checker reports).
    pub inherits: Option<DeclId>,
}

/// `type Name[T C] = Type`
#[derive(Clone, Debug)]
pub struct TypeDecl {
    pub name: IdentId,
    pub tparams: Box<[Field]>,
    pub alias: bool,
    pub ty: ExprId,
}

/// One line of a variable declaration.
#[derive(Clone, Debug)]
pub struct VarDecl {
    pub names: Box<[IdentId]>,
    pub ty: Option<ExprId>,
    pub values: Box<[ExprId]>,
}

/// A function or method.
#[derive(Clone, Debug)]
pub struct FuncDecl {
    pub recv: Option<Field>,
    pub name: IdentId,
    pub tparams: Box<[Field]>,
    /// Always an `ExprKind::FuncType`.
    pub ty: ExprId,
    /// `None` for a function that is implemented elsewhere.
    pub body: Option<Block>,
    /// The body was passed over ([`crate::parse_outline`]): it has no statements here, and
    /// [`crate::parse_func`] gives them.
    pub outlined: bool,
}

/// A field, parameter, result, type parameter, method or embedded element.
#[derive(Clone, Debug)]
pub struct Field {
    pub pos: Pos,
    /// `None` for unnamed parameters, embedded fields and embedded interface elements.
    pub name: Option<IdentId>,
    /// Fields declared in one list share the id of their type.
    pub ty: ExprId,
    /// The tag of a struct field, an `ExprKind::BasicLit`.
    pub tag: Option<ExprId>,
}

// ---------------------------------------------------------------------------------------------
// Expressions

#[derive(Clone, Debug)]
pub struct Expr {
    pub pos: Pos,
    pub kind: ExprKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LitKind {
    Int,
    Float,
    Imag,
    Rune,
    String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChanDir {
    Both,
    SendOnly,
    RecvOnly,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `+x`
    Plus,
    /// `-x`
    Neg,
    /// `!x`
    Not,
    /// `^x`
    Compl,
    /// `&x`
    Addr,
    /// `<-x`
    Recv,
    /// `~T`
    Tilde,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    OrOr,
    AndAnd,
    Eql,
    Neq,
    Lss,
    Leq,
    Gtr,
    Geq,
    Add,
    Sub,
    Or,
    Xor,
    Mul,
    Div,
    Rem,
    And,
    AndNot,
    Shl,
    Shr,
}

#[derive(Clone, Debug)]
pub enum ExprKind {
    /// Something that did not parse; an error was reported.
    Bad,
    Name(IdentId),
    /// A literal as written. `bad`: it has errors, already reported.
    BasicLit {
        kind: LitKind,
        text: Symbol,
        bad: bool,
    },
    /// `Type{elems}`; no type for an elided one. Elements may be `KeyValue`.
    CompositeLit {
        ty: Option<ExprId>,
        elems: Box<[ExprId]>,
        /// How many elements have keys.
        nkeys: u32,
        rbrace: Pos,
        /// The elements were passed over ([`crate::parse_outline`]): [`crate::parse_init`] gives them.
        outlined: bool,
    },
    KeyValue {
        key: ExprId,
        value: ExprId,
    },
    /// `func(...) { body }`; `ty` is an `ExprKind::FuncType`.
    FuncLit {
        ty: ExprId,
        body: Box<Block>,
    },
    Paren(ExprId),
    Selector {
        x: ExprId,
        sel: IdentId,
    },
    /// `x[i]`, `F[T1, T2]`; at least one index (which may be `Bad`).
    Index {
        x: ExprId,
        indices: Box<[ExprId]>,
    },
    /// `x[lo:hi:max]`. `full`: the second colon is there.
    Slice {
        x: ExprId,
        index: [Option<ExprId>; 3],
        full: bool,
    },
    /// `x.(T)`
    Assert {
        x: ExprId,
        ty: ExprId,
    },
    /// `x.(type)`, `lhs := x.(type)`. Valid only as the guard of a `StmtKind::TypeSwitch`; the parser
    /// lets it through elsewhere, where the checker reports it.
    TypeSwitchGuard {
        lhs: Option<IdentId>,
        x: ExprId,
    },
    Call {
        fun: ExprId,
        args: Box<[ExprId]>,
        /// The last argument is followed by `...`.
        has_dots: bool,
        rparen: Pos,
    },
    /// `*x`: a dereference or pointer type.
    Star(ExprId),
    Unary {
        op: UnaryOp,
        x: ExprId,
    },
    Binary {
        op: BinaryOp,
        x: ExprId,
        y: ExprId,
    },
    /// `[len]elem`; `len` is `None` for `[...]elem`.
    ArrayType {
        len: Option<ExprId>,
        elem: ExprId,
    },
    SliceType(ExprId),
    /// `...elem`, the type of a final parameter.
    DotsType(ExprId),
    StructType {
        fields: Box<[Field]>,
    },
    FuncType {
        params: Box<[Field]>,
        results: Box<[Field]>,
    },
    /// Methods have a name and a `FuncType`; embedded elements have no name, and a type that may be
    /// built of `|` (`Binary` with `Or`) and `~` (`Unary` with `Tilde`).
    InterfaceType {
        methods: Box<[Field]>,
    },
    MapType {
        key: ExprId,
        value: ExprId,
    },
    ChanType {
        dir: ChanDir,
        elem: ExprId,
    },
}

// ---------------------------------------------------------------------------------------------
// Statements

#[derive(Clone, Debug)]
pub struct Stmt {
    pub pos: Pos,
    pub kind: StmtKind,
}

/// `{ stmts }`
#[derive(Clone, Debug)]
pub struct Block {
    pub pos: Pos,
    pub stmts: Box<[StmtId]>,
    pub rbrace: Pos,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchKind {
    Break,
    Continue,
    Goto,
    Fallthrough,
}

#[derive(Clone, Debug)]
pub enum StmtKind {
    Empty,
    Labeled {
        label: IdentId,
        stmt: StmtId,
    },
    Block(Block),
    Expr(ExprId),
    /// `chan <- value`
    Send {
        chan: ExprId,
        value: ExprId,
    },
    /// The specs of one `const`, `type` or `var`.
    Decl(Box<[DeclId]>),
    /// `lhs = rhs`, and `lhs op= rhs` with one operand each.
    Assign {
        op: Option<BinaryOp>,
        lhs: Box<[ExprId]>,
        rhs: Box<[ExprId]>,
    },
    /// `lhs := rhs`. What stands on the left need not be names: the checker reports that.
    Define {
        lhs: Box<[ExprId]>,
        rhs: Box<[ExprId]>,
    },
    /// `x++`, `x--`
    IncDec {
        x: ExprId,
        inc: bool,
    },
    Branch {
        kind: BranchKind,
        label: Option<IdentId>,
    },
    /// `go call`; `call` may be something else, which the checker reports.
    Go(ExprId),
    /// `defer call`; as `Go`.
    Defer(ExprId),
    Return(Box<[ExprId]>),
    If {
        init: Option<StmtId>,
        cond: ExprId,
        then: Box<Block>,
        /// `If` or `Block`.
        els: Option<StmtId>,
    },
    For {
        init: Option<StmtId>,
        cond: Option<ExprId>,
        post: Option<StmtId>,
        body: Box<Block>,
    },
    /// `for lhs := range x`. More than two on the left: the checker reports that.
    Range {
        lhs: Box<[ExprId]>,
        /// `:=`
        define: bool,
        /// The position of `range`.
        range_pos: Pos,
        x: ExprId,
        body: Box<Block>,
    },
    Switch {
        init: Option<StmtId>,
        tag: Option<ExprId>,
        cases: Box<[CaseId]>,
        rbrace: Pos,
    },
    TypeSwitch {
        init: Option<StmtId>,
        /// An `ExprKind::TypeSwitchGuard`, whose `lhs` and `x` are repeated here.
        guard: ExprId,
        lhs: Option<IdentId>,
        x: ExprId,
        cases: Box<[CaseId]>,
        rbrace: Pos,
    },
    Select {
        clauses: Box<[CommClause]>,
        rbrace: Pos,
    },
}

/// A clause of a switch.
#[derive(Clone, Debug)]
pub struct CaseClause {
    /// The position of `case` or `default`.
    pub pos: Pos,
    /// The default clause; `exprs` is empty then.
    pub is_default: bool,
    pub exprs: Box<[ExprId]>,
    pub body: Box<[StmtId]>,
    pub colon: Pos,
}

/// A clause of a select.
#[derive(Clone, Debug)]
pub struct CommClause {
    pub pos: Pos,
    /// A send, an expression statement, an assignment or a definition; the checker reports others.
    /// `None` for the default clause.
    pub comm: Option<StmtId>,
    pub body: Box<[StmtId]>,
    pub colon: Pos,
}

// ---------------------------------------------------------------------------------------------
// Access

impl File {
    pub fn expr(&self, id: ExprId) -> &ExprKind {
        &self.exprs[id].kind
    }
    pub fn stmt(&self, id: StmtId) -> &StmtKind {
        &self.stmts[id].kind
    }
    pub fn decl(&self, id: DeclId) -> &Decl {
        &self.all_decls[id]
    }
    pub fn ident(&self, id: IdentId) -> Ident {
        self.idents[id]
    }
    /// The name of an identifier.
    pub fn name(&self, id: IdentId) -> Symbol {
        self.idents[id].name
    }
    /// The name of the package, if the clause was understood.
    pub fn package_name(&self) -> Option<Symbol> {
        self.package.map(|id| self.name(id))
    }
    /// The directives of a declaration.
    pub fn directives_of(&self, decl: &Decl) -> &[Directive] {
        &self.directives[decl.directives.0 as usize..decl.directives.1 as usize]
    }

    /// The parameters and results of an `ExprKind::FuncType`.
    ///
    /// # Panics
    /// If the expression is something else.
    pub fn func_type(&self, id: ExprId) -> (&[Field], &[Field]) {
        match self.expr(id) {
            ExprKind::FuncType { params, results } => (params, results),
            other => panic!("not a function type: {other:?}"),
        }
    }

    /// The expression without parentheses around it.
    pub fn unparen(&self, mut id: ExprId) -> ExprId {
        while let ExprKind::Paren(x) = *self.expr(id) {
            id = x;
        }
        id
    }

    /// Where the expression starts. gc: `syntax.StartPos`, which stops at slice expressions.
    pub fn start_pos(&self, mut id: ExprId) -> Pos {
        loop {
            let e = &self.exprs[id];
            id = match &e.kind {
                ExprKind::CompositeLit { ty: Some(x), .. }
                | ExprKind::KeyValue { key: x, .. }
                | ExprKind::Selector { x, .. }
                | ExprKind::Index { x, .. }
                | ExprKind::Assert { x, .. }
                | ExprKind::TypeSwitchGuard { lhs: None, x }
                | ExprKind::Binary { x, .. }
                | ExprKind::Call { fun: x, .. } => *x,
                ExprKind::TypeSwitchGuard { lhs: Some(n), .. } => return self.idents[*n].pos,
                _ => return e.pos,
            }
        }
    }

    /// About where the expression ends. gc: `syntax.EndPos`.
    pub fn end_pos(&self, mut id: ExprId) -> Pos {
        loop {
            let e = &self.exprs[id];
            id = match &e.kind {
                ExprKind::Bad => return e.pos,
                ExprKind::Name(n) => return e.pos.offset(self.name(*n).as_str().len() as u32),
                ExprKind::BasicLit { text, .. } => return e.pos.offset(text.as_str().len() as u32),
                ExprKind::CompositeLit { rbrace, .. } => return *rbrace,
                ExprKind::FuncLit { body, .. } => return body.rbrace,
                ExprKind::Selector { sel, .. } => {
                    let sel = self.idents[*sel];
                    return sel.pos.offset(sel.name.as_str().len() as u32);
                }
                ExprKind::KeyValue { value, .. } => *value,
                ExprKind::Index { x, indices } => *indices.last().unwrap_or(x),
                ExprKind::Slice { x, index, .. } => {
                    index.iter().rev().flatten().next().copied().unwrap_or(*x)
                }
                ExprKind::Assert { ty, .. } => *ty,
                ExprKind::Call { fun, args, .. } => *args.last().unwrap_or(fun),
                ExprKind::Binary { y, .. } => *y,
                ExprKind::Paren(x)
                | ExprKind::TypeSwitchGuard { x, .. }
                | ExprKind::Star(x)
                | ExprKind::Unary { x, .. }
                | ExprKind::ArrayType { elem: x, .. }
                | ExprKind::SliceType(x)
                | ExprKind::DotsType(x)
                | ExprKind::MapType { value: x, .. }
                | ExprKind::ChanType { elem: x, .. } => *x,
                ExprKind::StructType { fields: list }
                | ExprKind::InterfaceType { methods: list } => match list.last() {
                    Some(f) => f.ty,
                    None => return e.pos,
                },
                ExprKind::FuncType { params, results } => {
                    match results.last().or_else(|| params.last()) {
                        Some(f) => f.ty,
                        None => return e.pos,
                    }
                }
            }
        }
    }
}

impl UnaryOp {
    pub fn as_str(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Neg => "-",
            UnaryOp::Not => "!",
            UnaryOp::Compl => "^",
            UnaryOp::Addr => "&",
            UnaryOp::Recv => "<-",
            UnaryOp::Tilde => "~",
        }
    }
}

impl BinaryOp {
    pub fn as_str(self) -> &'static str {
        match self {
            BinaryOp::OrOr => "||",
            BinaryOp::AndAnd => "&&",
            BinaryOp::Eql => "==",
            BinaryOp::Neq => "!=",
            BinaryOp::Lss => "<",
            BinaryOp::Leq => "<=",
            BinaryOp::Gtr => ">",
            BinaryOp::Geq => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::And => "&",
            BinaryOp::AndNot => "&^",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
        }
    }

    /// `==`, `!=`, `<`, `<=`, `>`, `>=`
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Eql, Geq, Gtr, Leq, Lss, Neq};
        matches!(self, Eql | Neq | Lss | Leq | Gtr | Geq)
    }

    /// `<<`, `>>`
    pub fn is_shift(self) -> bool {
        matches!(self, BinaryOp::Shl | BinaryOp::Shr)
    }
}

impl std::fmt::Display for UnaryOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
