//! Scanner, parser, AST, positions and build constraints of Go 1.27.
//!
//! [`symbol`] and [`pos`] are the ground, [`ast`] is the tree, [`parse_file`] makes it, [`walk`] goes
//! over it, [`print`] shows it in messages. [`constraint`] decides which files take part in a build.
//! The parser never fails: it gives a tree and a list of errors, in gc's words.

pub mod ast;
mod branches;
pub mod constraint;
pub mod literal;
mod parser;
pub mod pos;
pub mod print;
mod scanner;
pub mod symbol;
pub mod walk;

pub use ast::{
    Arena, BinaryOp, Block, BranchKind, CaseClause, CaseId, ChanDir, CommClause, Comment,
    ConstDecl, Decl, DeclId, DeclKind, Expr, ExprId, ExprKind, Field, File, FuncDecl, Id, Ident,
    IdentId, ImportDecl, LitKind, Pragma, Stmt, StmtId, StmtKind, TypeDecl, UnaryOp, VarDecl,
};
pub use parser::{MAX_DEPTH, Mode, parse_file, parse_func, parse_init, parse_outline};
pub use pos::{FileSet, Pos, Position};
pub use scanner::count_tokens;
pub use symbol::Symbol;

/// An error of the scanner or parser, in gc's words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    pub pos: Pos,
    pub msg: String,
}
