//! Errors: their stable codes, and how they are put together.

use burrow_syntax::{FileSet, Pos};
use std::fmt::Write;

/// The kind of an error; the names are those of gc's error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    InvalidSyntaxTree,
    Test,
    BlankPkgName,
    MismatchedPkgName,
    InvalidPkgUse,
    BadImportPath,
    BrokenImport,
    ImportCRenamed,
    UnusedImport,
    InvalidInitCycle,
    DuplicateDecl,
    InvalidDeclCycle,
    InvalidTypeCycle,
    InvalidConstInit,
    InvalidConstVal,
    InvalidConstType,
    UntypedNilUse,
    WrongAssignCount,
    UnassignableOperand,
    NoNewVar,
    MultiValAssignOp,
    InvalidIfaceAssign,
    InvalidChanAssign,
    IncompatibleAssign,
    UnaddressableFieldAssign,
    NotAType,
    InvalidArrayLen,
    BlankIfaceMethod,
    IncomparableMapKey,
    InvalidPtrEmbed,
    BadRecv,
    InvalidRecv,
    DuplicateFieldAndMethod,
    DuplicateMethod,
    InvalidBlank,
    InvalidIota,
    MissingInitBody,
    InvalidInitSig,
    InvalidInitDecl,
    InvalidMainDecl,
    TooManyValues,
    NotAnExpr,
    TruncatedFloat,
    NumericOverflow,
    UndefinedOp,
    MismatchedTypes,
    DivByZero,
    NonNumericIncDec,
    UnaddressableOperand,
    InvalidIndirection,
    NonIndexableOperand,
    InvalidIndex,
    SwappedSliceIndices,
    NonSliceableOperand,
    InvalidSliceExpr,
    InvalidShiftCount,
    InvalidShiftOperand,
    InvalidReceive,
    InvalidSend,
    DuplicateLitKey,
    MissingLitKey,
    InvalidLitIndex,
    OversizeArrayLit,
    MixedStructLit,
    InvalidStructLit,
    MissingLitField,
    DuplicateLitField,
    UnexportedLitField,
    InvalidLitField,
    UntypedLit,
    InvalidLit,
    AmbiguousSelector,
    UndeclaredImportedName,
    UnexportedName,
    UndeclaredName,
    MissingFieldOrMethod,
    BadDotDotDotSyntax,
    NonVariadicDotDotDot,
    InvalidDotDotDot,
    UncalledBuiltin,
    InvalidAppend,
    InvalidCap,
    InvalidClose,
    InvalidCopy,
    InvalidComplex,
    InvalidDelete,
    InvalidImag,
    InvalidLen,
    SwappedMakeArgs,
    InvalidMake,
    InvalidReal,
    InvalidAssert,
    ImpossibleAssert,
    InvalidConversion,
    InvalidUntypedConversion,
    BadOffsetofSyntax,
    InvalidOffsetof,
    UnusedExpr,
    UnusedVar,
    MissingReturn,
    WrongResultCount,
    OutOfScopeResult,
    InvalidCond,
    InvalidPostDecl,
    InvalidIterVar,
    InvalidRangeExpr,
    MisplacedBreak,
    MisplacedContinue,
    MisplacedFallthrough,
    DuplicateCase,
    DuplicateDefault,
    BadTypeKeyword,
    InvalidTypeSwitch,
    InvalidExprSwitch,
    InvalidSelectCase,
    UndeclaredLabel,
    DuplicateLabel,
    MisplacedLabel,
    UnusedLabel,
    JumpOverDecl,
    JumpIntoBlock,
    InvalidMethodExpr,
    WrongArgCount,
    InvalidCall,
    UnusedResults,
    InvalidDefer,
    InvalidGo,
    BadDecl,
    RepeatedDecl,
    InvalidUnsafeAdd,
    InvalidUnsafeSlice,
    UnsupportedFeature,
    NotAGenericType,
    WrongTypeArgCount,
    CannotInferTypeArgs,
    InvalidTypeArg,
    InvalidInstanceCycle,
    InvalidUnion,
    MisplacedConstraintIface,
    InvalidMethodTypeParams,
    MisplacedTypeParam,
    InvalidUnsafeSliceData,
    InvalidUnsafeString,
    InvalidClear,
    TypeTooLarge,
    InvalidMinMaxOperand,
    TooNew,
    /// Reported by gc after type checking, without a code.
    MissingBody,
    /// Reported by gc's back end, without a code.
    FrameTooLarge,
}

/// An error and the places that explain it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: Code,
    /// The package could be compiled all the same: an unused variable or import.
    pub soft: bool,
    pub pos: Pos,
    pub msg: String,
    /// Further lines, indented, each with its position if it has one.
    pub related: Vec<(Pos, String)>,
}

impl Diagnostic {
    /// The text without the position in front, related lines included.
    pub fn text(&self, files: &FileSet) -> String {
        let mut s = self.msg.clone();
        for (pos, line) in &self.related {
            s.push_str("\n\t");
            if pos.is_known() {
                let _ = write!(s, "{}: ", files.position(*pos));
            }
            s.push_str(line);
        }
        s
    }

    /// `file:line:col: text`
    pub fn render(&self, files: &FileSet) -> String {
        format!("{}: {}", files.position(self.pos), self.text(files))
    }
}

/// An error of several lines in the making.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) code: Code,
    pub(crate) soft: bool,
    pub(crate) lines: Vec<(Pos, String)>,
}

impl Report {
    pub(crate) fn new(code: Code) -> Report {
        Report { code, soft: false, lines: Vec::new() }
    }
    pub(crate) fn add(&mut self, pos: Pos, msg: impl Into<String>) -> &mut Report {
        self.lines.push((pos, msg.into()));
        self
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
