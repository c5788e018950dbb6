//! Scanner, parser, AST, positions and build constraints of Go 1.27.
//!
//! [`symbol`] and [`pos`] are the ground, [`ast`] is the tree, [`walk`] goes over it.

pub mod ast;
pub mod pos;
pub mod symbol;
pub mod walk;

pub use ast::{
    Arena, BinaryOp, Block, BranchKind, CaseClause, CaseId, ChanDir, CommClause, ConstDecl, Decl,
    DeclId, DeclKind, Expr, ExprId, ExprKind, Field, File, FuncDecl, Id, Ident, IdentId,
    ImportDecl, LitKind, Pragma, Stmt, StmtId, StmtKind, TypeDecl, UnaryOp, VarDecl,
};
pub use pos::{FileSet, Pos, Position};
pub use symbol::Symbol;
