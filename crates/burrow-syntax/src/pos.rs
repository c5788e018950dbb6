//! Positions: 32-bit offsets into one set of files.
//!
//! Every file gets a base when it is added; the position of byte `i` of the file is `base + i`, and
//! `base + size` (the end) is valid too. 0 is "no position". A position is resolved to file, line and
//! column only when something is printed.
//!
//! `//line` and `/*line*/` directives change what `position` gives for the text after them, by gc's
//! rules; `raw_position` ignores them. Columns count bytes, from 1. After a directive without a
//! column, the column of an adjusted position is unknown (0), and isn't printed.

use std::fmt;
use std::sync::{Arc, RwLock};

/// A place in the source: an offset into a [`FileSet`]. 0 is no place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pos(pub u32);

impl Pos {
    /// No position.
    pub const NONE: Pos = Pos(0);

    /// Reports whether there is a position.
    pub fn is_known(self) -> bool {
        self.0 != 0
    }

    /// The position `n` bytes further on.
    #[must_use]
    pub fn offset(self, n: u32) -> Pos {
        Pos(self.0 + n)
    }
}

impl fmt::Debug for Pos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

/// A resolved position. `Display` prints `file:line:col`, without what is unknown.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    pub filename: Arc<str>,
    /// From 1; 0 is unknown.
    pub line: u32,
    /// In bytes, from 1; 0 is unknown.
    pub col: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(if self.filename.is_empty() {
                "<unknown line number>"
            } else {
                &self.filename
            });
        }
        write!(f, "{}:{}", self.filename, self.line)?;
        if self.col != 0 {
            write!(f, ":{}", self.col)?;
        }
        Ok(())
    }
}

/// A line directive: the text from `pos` on is at `line` and `col` of `filename`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineDirective {
    /// The position right after the directive.
    pub pos: Pos,
    pub filename: Arc<str>,
    pub line: u32,
    /// 0: the directive gave no column.
    pub col: u32,
}

/// What the scanner learns of a file: where lines start, and line directives, both in order.
#[derive(Clone, Default, Debug)]
pub struct LineTable {
    /// Offsets of line starts; the first is 0.
    pub lines: Vec<u32>,
    pub directives: Vec<LineDirective>,
}

/// One file of the set; the parser has one too while it finds the line table.
pub(crate) struct FileEntry {
    pub(crate) name: Arc<str>,
    pub(crate) base: u32,
    pub(crate) size: u32,
    pub(crate) table: LineTable,
}

/// All files of a run. Shared by threads; files are added under a lock and never removed.
#[derive(Default)]
pub struct FileSet {
    files: RwLock<Vec<FileEntry>>,
}

impl FileSet {
    pub fn new() -> FileSet {
        FileSet::default()
    }

    /// Adds a file and gives its base. `None` if 4 GiB of source are exceeded.
    pub fn add_file(&self, name: &str, size: usize) -> Option<Pos> {
        let mut files = self.files.write().expect("no panics while locked");
        let base = files.last().map_or(1, |f| f.base + f.size + 1);
        let size = u32::try_from(size).ok()?;
        base.checked_add(size)?.checked_add(2)?;
        files.push(FileEntry { name: name.into(), base, size, table: LineTable::default() });
        Some(Pos(base))
    }

    /// Sets the line table of the file whose base is `base`.
    pub fn set_lines(&self, base: Pos, table: LineTable) {
        let mut files = self.files.write().expect("no panics while locked");
        if let Ok(i) = files.binary_search_by_key(&base.0, |f| f.base) {
            files[i].table = table;
        }
    }

    fn with<T>(&self, pos: Pos, f: impl FnOnce(&FileEntry) -> T) -> Option<T> {
        if !pos.is_known() {
            return None;
        }
        let files = self.files.read().expect("no panics while locked");
        let i = files.partition_point(|f| f.base <= pos.0).checked_sub(1)?;
        let file = &files[i];
        (pos.0 <= file.base + file.size).then(|| f(file))
    }

    /// The position as line directives have it.
    pub fn position(&self, pos: Pos) -> Position {
        self.with(pos, |f| f.adjusted(pos)).unwrap_or_default()
    }

    /// The position in the file as it stands on disk.
    pub fn raw_position(&self, pos: Pos) -> Position {
        self.with(pos, |f| f.raw(pos)).unwrap_or_default()
    }

    /// The name under which the file of `pos` was added.
    pub fn file_name(&self, pos: Pos) -> Option<Arc<str>> {
        self.with(pos, |f| f.name.clone())
    }

    /// The base of the file of `pos`.
    pub fn file_base(&self, pos: Pos) -> Option<Pos> {
        self.with(pos, |f| Pos(f.base))
    }
}

impl FileEntry {
    fn line_col(&self, offset: u32) -> (u32, u32) {
        let lines = &self.table.lines;
        let n = lines.partition_point(|&l| l <= offset);
        let start = if n == 0 { 0 } else { lines[n - 1] };
        (n.max(1) as u32, offset - start + 1)
    }

    pub(crate) fn raw(&self, pos: Pos) -> Position {
        let (line, col) = self.line_col(pos.0 - self.base);
        Position { filename: self.name.clone(), line, col }
    }

    pub(crate) fn adjusted(&self, pos: Pos) -> Position {
        let n = self.table.directives.partition_point(|d| d.pos <= pos);
        let Some(d) = n.checked_sub(1).map(|i| &self.table.directives[i]) else {
            return self.raw(pos);
        };
        let (line, col) = self.line_col(pos.0 - self.base);
        let (dline, dcol) = self.line_col(d.pos.0 - self.base);
        let col = if d.col == 0 {
            0
        } else if line == dline {
            d.col + (col - dcol)
        } else {
            col
        };
        Position { filename: d.filename.clone(), line: d.line + (line - dline), col }
    }
}
