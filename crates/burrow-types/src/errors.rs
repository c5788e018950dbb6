//! Errors: their stable codes, and how they are put together.

use burrow_syntax::print::expr_string;
use burrow_syntax::{ExprKind, File, FileSet, Pos};
use rustc_hash::FxHashMap;
use std::fmt::Write;

/// Declares the codes and their names.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The kind of an error. Codes are stable: a name keeps its meaning. They are gc's names where gc has one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$name => stringify!($name),)*
                }
            }
        }
    };
}

codes! {
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
    InvalidIterVar,
    InvalidRangeExpr,
    MisplacedBreak,
    MisplacedContinue,
    MisplacedFallthrough,
    DuplicateCase,
    DuplicateDefault,
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
    MisplacedTypeParam,
    InvalidUnsafeSliceData,
    InvalidUnsafeString,
    InvalidClear,
    TypeTooLarge,
    InvalidMinMaxOperand,
    TooNew,
    // What gc reports without a code: after type checking,
    MissingBody,
    FrameTooLarge,
    InvalidLinkname,
    // by its parser,
    SyntaxError,
    InvalidLiteral,
    InvalidCharacter,
    MisplacedDirective,
    InvalidDirective,
    InvalidEmbed,
    // and what the go command reports.
    PackageNotFound,
    NoGoFiles,
    MismatchedFiles,
    ImportCycle,
    InternalImport,
    ProgramImport,
    InvalidPattern,
    /// Anything else that keeps packages from being loaded: files that can't be read, a broken go.mod.
    LoadFailed,
    /// What shows only when a program is put together.
    LinkFailed,
}

impl Code {
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.name() == name)
    }

    /// The code of what the parser says. Its messages are gc's, which has no codes for them.
    pub fn of_syntax(msg: &str) -> Code {
        let starts = |list: &[&str]| list.iter().any(|p| msg.starts_with(p));
        let has = |list: &[&str]| list.iter().any(|p| msg.contains(p));
        if msg.starts_with("syntax error") {
            Code::SyntaxError
        } else if msg == "misplaced go:embed directive" || msg.contains("go:embed") {
            Code::InvalidEmbed
        } else if msg == "misplaced compiler directive" {
            Code::MisplacedDirective
        } else if msg.contains("go:linkname") {
            Code::InvalidLinkname
        } else if msg.starts_with("label ") && msg.ends_with("not defined")
            || msg.contains("label not defined: ")
        {
            Code::UndeclaredLabel
        } else if msg.starts_with("label ") && msg.contains("already defined at") {
            Code::DuplicateLabel
        } else if msg.starts_with("label ") && msg.ends_with("defined and not used") {
            Code::UnusedLabel
        } else if has(&["jumps into block"]) {
            Code::JumpIntoBlock
        } else if has(&["jumps over"]) {
            Code::JumpOverDecl
        } else if starts(&["invalid break label", "invalid continue label"]) {
            Code::MisplacedLabel
        } else if starts(&["break is not in"]) {
            Code::MisplacedBreak
        } else if starts(&["continue is not in"]) {
            Code::MisplacedContinue
        } else if has(&["fallthrough"]) {
            Code::MisplacedFallthrough
        } else if starts(&["invalid BOM", "invalid NUL", "invalid UTF-8", "invalid character"])
            || has(&["identifier cannot begin with"])
        {
            Code::InvalidCharacter
        } else if starts(&["//go:", "usage: //go:", "can only use //go:", "go:"])
            || has(&["directive", "invalid line number", "invalid column number"])
        {
            Code::InvalidDirective
        } else if has(&[
            "literal",
            "digit",
            "exponent",
            "mantissa",
            "escape",
            "in string",
            "string not",
            "radix point",
            "code point",
            "decimal",
            "surrogate",
            "comment not terminated",
        ]) {
            Code::InvalidLiteral
        } else {
            Code::SyntaxError
        }
    }

    /// The code of what keeps a package from being loaded, in the go command's words.
    pub fn of_loading(msg: &str) -> Code {
        let has = |list: &[&str]| list.iter().any(|p| msg.contains(p));
        if has(&["import cycle not allowed"]) {
            Code::ImportCycle
        } else if has(&["use of internal package", "use of vendored package"]) {
            Code::InternalImport
        } else if has(&["is a program, not an importable package"]) {
            Code::ProgramImport
        } else if has(&[" requires go >= "]) {
            Code::TooNew
        } else if has(&["expected 'package', found", "illegal character", "illegal UTF-8"]) {
            Code::of_syntax("syntax error: package statement must be first")
        } else if msg.starts_with("pattern ") {
            Code::InvalidEmbed
        } else if has(&["no Go files in", "build constraints exclude", "no non-test Go files"]) {
            Code::NoGoFiles
        } else if msg.starts_with("found packages ") {
            Code::MismatchedFiles
        } else if has(&["invalid import path", "relative import paths", "is not a package path"]) {
            Code::BadImportPath
        } else if has(&[
            "is not in std",
            "no required module",
            "cannot find package",
            "does not contain package",
            "is in module",
            "is replaced but not required",
        ]) {
            Code::PackageNotFound
        } else if has(&[
            "named files must",
            "matched no packages",
            "outside main module",
            "does not contain main module",
        ]) {
            Code::InvalidPattern
        } else {
            Code::LoadFailed
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// An error and the places that explain it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub code: Code,
    /// The package could be compiled all the same: an unused variable or import.
    pub soft: bool,
    pub pos: Pos,
    /// After what the error is about; unknown if only its start is known.
    pub end: Pos,
    pub msg: String,
    /// Further lines, indented, each with its position if it has one.
    pub related: Vec<(Pos, String)>,
}

impl Diagnostic {
    /// An error of one line.
    pub fn new(code: Code, pos: Pos, msg: impl Into<String>) -> Diagnostic {
        Diagnostic { code, soft: false, pos, end: Pos::NONE, msg: msg.into(), related: Vec::new() }
    }

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

/// Finds where what errors are about ends: an identifier or literal at the place of the error, or the longest
/// expression from there on that the message quotes.
pub(crate) fn find_ends(files: &[&File], found: &mut [Diagnostic]) {
    for f in files {
        let inside = |p: Pos| f.base <= p && p <= f.base.offset(f.size);
        let mut at: FxHashMap<Pos, Vec<usize>> = FxHashMap::default();
        for (i, d) in found.iter().enumerate().filter(|(_, d)| inside(d.pos)) {
            at.entry(d.pos).or_default().push(i);
        }
        if at.is_empty() {
            continue;
        }
        for (_, ident) in f.idents.iter() {
            for &i in at.get(&ident.pos).into_iter().flatten() {
                found[i].end = ident.pos.offset(ident.name.as_str().len() as u32);
            }
        }
        for e in f.exprs.ids() {
            let here = at.get(&f.start_pos(e));
            for &i in here.into_iter().flatten() {
                let d = &mut found[i];
                let end = f.end_pos(e);
                let literal = matches!(f.expr(e), ExprKind::BasicLit { .. });
                if d.end < end && (literal || d.msg.contains(&expr_string(f, e))) {
                    d.end = end;
                }
            }
        }
    }
}
