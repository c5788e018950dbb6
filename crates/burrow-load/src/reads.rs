//! The only door to the files that a build is made from: what was asked, and what the answer was.
//!
//! READ-1  What loading and lowering learn from files they learn through a [`Reads`]; `clippy.toml` forbids this crate
//!         the other ways.
//! READ-2  Every question is kept with its answer, also where the answer is that there is nothing. Who gets the same
//!         answers to the same questions makes the same graph.
//! READ-3  An answer is taken from what was read, never asked for later. Two answers to one question, because somebody wrote
//!         meanwhile, make the set unsteady: it can't be kept.
//! READ-4  Files of the Go tree are many and seldom change. Their state (length, times, inode) stands for their contents,
//!         unless they changed so recently that a change after it may not show.
//!
//! [`Reads::encode`] writes the set as bytes, [`hold`] asks all of it again.

#![allow(clippy::disallowed_methods, reason = "this is the door")]

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a name in a folder stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    File,
    Dir,
    /// A symbolic link, where links are not followed.
    Link,
    Other,
}

impl Kind {
    fn of(t: fs::FileType) -> Kind {
        match t {
            t if t.is_dir() => Kind::Dir,
            t if t.is_file() => Kind::File,
            t if t.is_symlink() => Kind::Link,
            _ => Kind::Other,
        }
    }

    fn letter(self) -> u8 {
        match self {
            Kind::File => b'f',
            Kind::Dir => b'd',
            Kind::Link => b'l',
            Kind::Other => b'o',
        }
    }
}

/// A name in a folder.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    /// Links are not followed.
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum Question {
    /// A hash of the contents.
    Content,
    /// Length, times and inode, which stand for the contents (READ-4).
    State,
    /// A hash of a folder's names and their kinds.
    List,
    /// What a path is, links followed.
    Kind,
    /// What a path is itself.
    LinkKind,
}

const QUESTIONS: [(Question, u8); 5] = [
    (Question::Content, b'c'),
    (Question::State, b's'),
    (Question::List, b'l'),
    (Question::Kind, b'k'),
    (Question::LinkKind, b'n'),
];

type Answer = [u8; 16];

/// There is nothing, or it can't be read.
const NOTHING: Answer = [0; 16];

/// How old a change must be for the file's times to tell it from a later one. Times of files move in steps of some
/// milliseconds; those of other machines' disks, in steps of seconds.
const SETTLED: Duration = Duration::from_secs(3);

/// What was asked so far.
#[derive(Debug, Default)]
pub struct Reads {
    /// Below it, state stands for contents.
    tree: PathBuf,
    answers: Mutex<HashMap<PathBuf, Vec<(Question, Answer)>>>,
    unsteady: AtomicBool,
}

impl Reads {
    /// For a build with this Go tree.
    pub fn new(tree: &Path) -> Reads {
        Reads { tree: tree.into(), ..Reads::default() }
    }

    /// The contents of a file.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        // Before the contents: a change that comes between makes another state.
        let state = self.settled(path);
        let content = fs::read(path);
        match state {
            Some(state) if content.is_ok() => self.note(path, Question::State, state),
            _ => self.note(path, Question::Content, content_answer(&content)),
        }
        content
    }

    /// The names in a folder, sorted. Names that are not UTF-8 are shown as far as possible.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn list(&self, dir: &Path) -> io::Result<Vec<Entry>> {
        let state = self.settled(dir);
        let names = names(dir);
        match state {
            Some(state) if names.is_ok() => self.note(dir, Question::State, state),
            _ => self.note(dir, Question::List, list_answer(&names)),
        }
        let shown = |(name, kind): (OsString, Kind)| Entry {
            name: name.to_string_lossy().into_owned(),
            kind,
        };
        Ok(names?.into_iter().map(shown).collect())
    }

    /// What a path is, links followed; `None` if it isn't there.
    pub fn kind(&self, path: &Path) -> Option<Kind> {
        let kind = fs::metadata(path).ok().map(|m| Kind::of(m.file_type()));
        self.note(path, Question::Kind, kind_answer(kind));
        kind
    }

    /// What a path is itself; `None` if it isn't there.
    pub fn link_kind(&self, path: &Path) -> Option<Kind> {
        let kind = fs::symlink_metadata(path).ok().map(|m| Kind::of(m.file_type()));
        self.note(path, Question::LinkKind, kind_answer(kind));
        kind
    }

    pub fn exists(&self, path: &Path) -> bool {
        self.kind(path).is_some()
    }

    pub fn is_dir(&self, path: &Path) -> bool {
        self.kind(path) == Some(Kind::Dir)
    }

    pub fn is_file(&self, path: &Path) -> bool {
        self.kind(path) == Some(Kind::File)
    }

    /// The state of a file or folder of the Go tree that didn't change lately.
    fn settled(&self, path: &Path) -> Option<Answer> {
        if self.tree.as_os_str().is_empty() || !path.starts_with(&self.tree) {
            return None;
        }
        let meta = fs::metadata(path).ok()?;
        let changed = UNIX_EPOCH + Duration::from_secs(meta.ctime().max(0).unsigned_abs());
        let age = SystemTime::now().duration_since(changed).ok()?;
        (age > SETTLED).then(|| state_answer(Some(&meta)))
    }

    fn note(&self, path: &Path, question: Question, answer: Answer) {
        let mut answers = self.answers.lock().expect("no panics while locked");
        let of_path = match answers.get_mut(path) {
            Some(list) => list,
            None => answers.entry(path.into()).or_default(),
        };
        match of_path.iter().find(|(q, _)| *q == question) {
            Some((_, before)) if *before == answer => {}
            Some(_) => self.unsteady.store(true, Ordering::Relaxed),
            None => of_path.push((question, answer)),
        }
    }

    /// All questions and answers, for [`hold`]; `None` if they are unsteady (READ-3).
    pub fn encode(&self) -> Option<Vec<u8>> {
        if self.unsteady.load(Ordering::Relaxed) {
            return None;
        }
        let answers = self.answers.lock().expect("no panics while locked");
        let mut list: Vec<(&PathBuf, Question, Answer)> =
            answers.iter().flat_map(|(p, a)| a.iter().map(move |&(q, a)| (p, q, a))).collect();
        list.sort();
        let mut out = Vec::new();
        for (path, question, answer) in list {
            let (_, letter) = QUESTIONS.iter().find(|(q, _)| *q == question)?;
            out.push(*letter);
            out.extend_from_slice(&answer);
            let bytes = path.as_os_str().as_bytes();
            out.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
            out.extend_from_slice(bytes);
        }
        Some(out)
    }
}

/// Reports whether all questions of an encoded set have the answers that they had.
pub fn hold(encoded: &[u8]) -> bool {
    let mut rest = encoded;
    while !rest.is_empty() {
        let Some((question, answer, path, after)) = question(rest) else { return false };
        if ask(question, path) != answer {
            return false;
        }
        rest = after;
    }
    true
}

/// The first question of an encoded set, its answer, and what follows.
fn question(bytes: &[u8]) -> Option<(Question, Answer, &Path, &[u8])> {
    let (&letter, rest) = bytes.split_first()?;
    let (question, _) = QUESTIONS.iter().find(|(_, l)| *l == letter)?;
    let (answer, rest) = rest.split_first_chunk()?;
    let (len, rest) = rest.split_first_chunk()?;
    let (path, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    Some((*question, *answer, Path::new(OsStr::from_bytes(path)), rest))
}

fn ask(question: Question, path: &Path) -> Answer {
    match question {
        Question::Content => content_answer(&fs::read(path)),
        Question::State => state_answer(fs::metadata(path).ok().as_ref()),
        Question::List => list_answer(&names(path)),
        Question::Kind => kind_answer(fs::metadata(path).ok().map(|m| Kind::of(m.file_type()))),
        Question::LinkKind => {
            kind_answer(fs::symlink_metadata(path).ok().map(|m| Kind::of(m.file_type())))
        }
    }
}

/// Names and kinds, sorted by name.
fn names(dir: &Path) -> io::Result<Vec<(OsString, Kind)>> {
    let mut list = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        list.push((entry.file_name(), Kind::of(entry.file_type()?)));
    }
    list.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(list)
}

fn content_answer(content: &io::Result<Vec<u8>>) -> Answer {
    content.as_ref().map_or(NOTHING, |c| cut(blake3::hash(c)))
}

fn list_answer(names: &io::Result<Vec<(OsString, Kind)>>) -> Answer {
    let Ok(names) = names else { return NOTHING };
    let mut hash = blake3::Hasher::new();
    for (name, kind) in names {
        // A name has no zero byte.
        hash.update(name.as_bytes()).update(&[0, kind.letter()]);
    }
    cut(hash.finalize())
}

fn kind_answer(kind: Option<Kind>) -> Answer {
    let mut answer = NOTHING;
    answer[0] = kind.map_or(0, Kind::letter);
    answer
}

fn state_answer(meta: Option<&fs::Metadata>) -> Answer {
    let Some(m) = meta else { return NOTHING };
    let mut hash = blake3::Hasher::new();
    for n in [m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()] {
        hash.update(&n.to_le_bytes());
    }
    for n in [m.len(), m.ino(), m.dev(), u64::from(m.mode())] {
        hash.update(&n.to_le_bytes());
    }
    cut(hash.finalize())
}

fn cut(hash: blake3::Hash) -> Answer {
    let mut answer = NOTHING;
    let len = answer.len();
    answer.copy_from_slice(&hash.as_bytes()[..len]);
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let dir =
                std::env::temp_dir().join(format!("burrow-reads-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir_all(dir.join("d")).unwrap();
            fs::write(dir.join("f"), "one").unwrap();
            Place(dir)
        }

        fn at(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// READ-2: each of these changes an answer.
    #[test]
    fn answers_that_change() {
        type Step = fn(&Place);
        let changes: [(&str, Step); 8] = [
            ("contents", |p| fs::write(p.at("f"), "two").unwrap()),
            ("removed", |p| fs::remove_file(p.at("f")).unwrap()),
            ("appeared", |p| fs::write(p.at("absent"), "").unwrap()),
            ("folder appeared", |p| fs::create_dir(p.at("nofolder")).unwrap()),
            ("in a folder", |p| fs::write(p.at("d/new"), "").unwrap()),
            ("in a folder that wasn't there", |p| {
                fs::create_dir(p.at("nolist")).unwrap();
            }),
            ("kind", |p| {
                fs::remove_dir(p.at("d")).unwrap();
                fs::write(p.at("d"), "").unwrap();
            }),
            ("link", |p| {
                fs::remove_dir(p.at("d")).unwrap();
                std::os::unix::fs::symlink("/", p.at("d")).unwrap();
            }),
        ];
        for tree in [false, true] {
            for (what, change) in changes {
                let p = Place::new("answers");
                let reads = Reads::new(if tree { &p.0 } else { Path::new("/nowhere") });
                reads.file(&p.at("f")).unwrap();
                assert!(reads.file(&p.at("absent")).is_err());
                reads.list(&p.at("d")).unwrap();
                assert!(reads.list(&p.at("nolist")).is_err());
                assert_eq!(reads.kind(&p.at("nofolder")), None);
                assert_eq!(reads.link_kind(&p.at("d")), Some(Kind::Dir));
                let encoded = reads.encode().unwrap();
                assert!(hold(&encoded), "{what}");
                change(&p);
                assert!(!hold(&encoded), "{what}, in the tree: {tree}");
            }
        }
    }

    /// READ-3: a file that changed between two looks.
    #[test]
    fn two_answers_are_not_kept() {
        let p = Place::new("unsteady");
        let reads = Reads::new(Path::new("/nowhere"));
        reads.file(&p.at("f")).unwrap();
        reads.file(&p.at("f")).unwrap();
        assert!(reads.encode().is_some());
        fs::write(p.at("f"), "two").unwrap();
        reads.file(&p.at("f")).unwrap();
        assert_eq!(reads.encode(), None);
    }

    /// READ-4: a file that was just written has contents, not a state; an old one a state.
    #[test]
    fn young_files_are_read() {
        let p = Place::new("young");
        let reads = Reads::new(&p.0);
        reads.file(&p.at("f")).unwrap();
        assert_eq!(reads.encode().unwrap()[0], b'c');
        let root = Path::new("/usr");
        let reads = Reads::new(root);
        reads.list(root).unwrap();
        assert_eq!(reads.encode().unwrap()[0], b's');
    }

    #[test]
    fn damaged_sets_do_not_hold() {
        let p = Place::new("damaged");
        let reads = Reads::new(Path::new("/nowhere"));
        reads.file(&p.at("f")).unwrap();
        let encoded = reads.encode().unwrap();
        assert!(hold(&encoded));
        for n in 1..encoded.len() {
            assert!(!hold(&encoded[..n]));
        }
    }
}
