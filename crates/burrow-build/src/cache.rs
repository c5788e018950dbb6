//! The cache: a directory of entries named by the hash of all that they were made from.
//!
//! CACHE-1  An entry is written under a temporary name and renamed: readers see all of it or nothing,
//!     and processes that make the same entry at once don't disturb each other.
//! CACHE-2  The first line of an entry holds a checksum of the rest. One that doesn't match counts as
//!     missing; the entry is removed and made anew.
//! CACHE-3  Nothing depends on the cache but time: when it can't be read or written, a warning says so,
//!     once, and the build goes on.
//! TRIM-1  The time of an entry's file is that of its last use, within an hour. What nobody used for five days is removed, and so
//!     are files that an interrupted process left. That is looked after once a day at most. gc: `cmd/go/internal/cache.Trim`.
//! TRIM-2  Trimming knows nothing of entries: it removes files below folders named by two hexadecimal digits, by their time alone.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// A SHA-256 sum.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub [u8; 32]);

impl Key {
    /// The sum of some bytes.
    pub fn of(bytes: &[u8]) -> Key {
        Key(Sha256::digest(bytes).into())
    }

    pub fn hex(self) -> String {
        self.0.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.hex())
    }
}

/// Builds a key from named parts; the order and the names count.
pub struct KeyBuilder(Sha256);

impl KeyBuilder {
    pub fn new(what: &str) -> KeyBuilder {
        let mut k = KeyBuilder(Sha256::new());
        k.part("what", what.as_bytes());
        k
    }

    pub fn part(&mut self, name: &str, value: &[u8]) -> &mut Self {
        // Lengths keep neighbouring parts apart.
        for bytes in [name.as_bytes(), value] {
            self.0.update((bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    pub fn finish(self) -> Key {
        Key(self.0.finalize().into())
    }
}

const MAGIC: &str = "burrow-cache-1";

/// How exact the times of files are (TRIM-1).
const USE_INTERVAL: Duration = Duration::from_secs(3600);
/// How often old entries are looked for.
const TRIM_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// What wasn't used for so long is removed.
const TRIM_LIMIT: Duration = Duration::from_secs(5 * 24 * 3600);
/// Its time is that of the last trimming.
const TRIMMED: &str = "trim.txt";

pub struct Cache {
    dir: PathBuf,
    /// Nothing is taken from it, all is made anew: `-a`.
    fresh: bool,
    warned: AtomicBool,
    next: AtomicU32,
}

impl Cache {
    pub fn new(dir: &Path) -> Cache {
        let (warned, next) = (AtomicBool::new(false), AtomicU32::new(0));
        Cache { dir: dir.into(), fresh: false, warned, next }
    }

    /// A cache in which nothing is found, and that is written to all the same.
    #[must_use]
    pub fn fresh(self, fresh: bool) -> Cache {
        Cache { fresh, ..self }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, key: Key, kind: &str) -> PathBuf {
        let name = key.hex();
        self.dir.join(&name[..2]).join(format!("{name}-{kind}"))
    }

    /// The entry of a key, if there is a sound one.
    pub fn get(&self, key: Key, kind: &str) -> Option<Vec<u8>> {
        let path = self.path(key, kind);
        let bytes = self.read(&path)?;
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let payload = &bytes[end + 1..];
        let head = format!("{MAGIC} {}", Key::of(payload).hex());
        if bytes[..end] != *head.as_bytes() {
            // Damaged; the next writer makes it anew (CACHE-2).
            let _ = fs::remove_file(&path);
            return None;
        }
        Some(payload.to_vec())
    }

    /// Writes an entry. Failures are warned about, not returned (CACHE-3).
    pub fn put(&self, key: Key, kind: &str, payload: &[u8]) {
        let head = format!("{MAGIC} {}\n", Key::of(payload).hex());
        if let Err(e) = self.write(&self.path(key, kind), &[head.as_bytes(), payload], 0o644) {
            self.warn(&e);
        }
    }

    /// The bytes under a key, whatever they are: for formats that have checksums of their own.
    pub fn get_raw(&self, key: Key, kind: &str) -> Option<Vec<u8>> {
        self.read(&self.path(key, kind))
    }

    /// The contents of an entry's file, which is in use from now on (TRIM-1).
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        if self.fresh {
            return None;
        }
        let mut file = fs::File::open(path).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        let now = SystemTime::now();
        if file.metadata().and_then(|m| m.modified()).is_ok_and(|t| is_older(t, now, USE_INTERVAL))
        {
            // In a cache that can't be written, nothing is trimmed either.
            let _ = file.set_modified(now);
        }
        Some(bytes)
    }

    /// Removes what wasn't used for a long time, if that wasn't done lately (TRIM-1).
    pub fn trim(&self) {
        self.trim_at(SystemTime::now());
    }

    fn trim_at(&self, now: SystemTime) {
        let last = fs::metadata(self.dir.join(TRIMMED)).and_then(|m| m.modified());
        if last.is_ok_and(|t| !is_older(t, now, TRIM_INTERVAL)) {
            return;
        }
        // First: processes that start meanwhile shall not do the same. Where nothing can be written, nothing can be
        // removed.
        let stamp = self.dir.join(TRIMMED);
        let stamped = fs::File::create(&stamp).and_then(|f| f.set_modified(now));
        if stamped.is_err() {
            return;
        }
        for dir in self.shards().unwrap_or_default() {
            remove_old(&dir, now);
        }
    }

    /// The folders that hold entries.
    fn shards(&self) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut list = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if name.len() == 2 && name.to_string_lossy().bytes().all(|b| b.is_ascii_hexdigit()) {
                list.push(entry.path());
            }
        }
        Ok(list)
    }

    /// Writes an entry as it is. Failures are warned about, not returned (CACHE-3).
    pub fn put_raw(&self, key: Key, kind: &str, bytes: &[u8]) {
        if let Err(e) = self.write(&self.path(key, kind), &[bytes], 0o644) {
            self.warn(&e);
        }
    }

    /// Writes an executable and gives its path. Its directory is named by its content. A failure is
    /// warned about (CACHE-3).
    pub fn put_executable(&self, name: &str, content: &[u8]) -> Option<(PathBuf, Key)> {
        let key = Key::of(content);
        let path = self.executable_path(key, name);
        match self.write(&path, &[content], 0o755) {
            Ok(()) => Some((path, key)),
            Err(e) => {
                self.warn(&e);
                None
            }
        }
    }

    pub fn executable_path(&self, key: Key, name: &str) -> PathBuf {
        let hex = key.hex();
        self.dir.join(&hex[..2]).join(format!("{hex}-x")).join(name)
    }

    /// An executable that is there and has the content it should have.
    pub fn executable(&self, key: Key, name: &str) -> Option<PathBuf> {
        let path = self.executable_path(key, name);
        let content = self.read(&path)?;
        (Key::of(&content) == key).then_some(path)
    }

    fn write(&self, path: &Path, parts: &[&[u8]], mode: u32) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let dir = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(dir)?;
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let temp = dir.join(format!("tmp-{}-{n}", std::process::id()));
        let write = || {
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(mode)
                .open(&temp)?;
            parts.iter().try_for_each(|p| file.write_all(p))?;
            drop(file);
            fs::rename(&temp, path)
        };
        let result = write();
        if result.is_err() {
            let _ = fs::remove_file(&temp);
        }
        result
    }

    fn explain(&self, e: &io::Error) -> String {
        let hint = match e.kind() {
            io::ErrorKind::StorageFull => "; free some space, or run 'burrow clean -cache'",
            io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::NotADirectory => "; set BURROW_CACHE to a folder that can be written",
            _ => "",
        };
        let text = e.to_string();
        // Without the number that Rust puts behind it.
        let text = text.split(" (os error").next().unwrap_or(&text);
        format!("cannot write to the cache in {}: {text}{hint}", self.dir.display())
    }

    fn warn(&self, e: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            let line = format!("burrow: warning: {}\n", self.explain(e));
            // There is no one left to tell when this fails.
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    /// Removes all entries; the Go tree that was fetched stays.
    ///
    /// # Errors
    /// The first failure to remove something.
    pub fn clean(&self) -> io::Result<()> {
        self.shards()?.iter().try_for_each(fs::remove_dir_all)
    }
}

/// A time that lies in the future is old, too: whoever set it, it says nothing.
fn is_older(time: SystemTime, now: SystemTime, than: Duration) -> bool {
    match now.duration_since(time) {
        Ok(age) => age >= than,
        Err(ahead) => ahead.duration() >= than,
    }
}

/// Removes old files below a folder, and folders in which nothing is left. What can't be removed stays (CACHE-3).
fn remove_old(dir: &Path, now: SystemTime) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.is_dir() {
            remove_old(&path, now);
            // It fails if something is in it, as it should.
            let _ = fs::remove_dir(&path);
        } else if meta.modified().is_ok_and(|t| is_older(t, now, TRIM_LIMIT)) {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(name: &str) -> Cache {
        let dir = std::env::temp_dir().join(format!("burrow-cache-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Cache::new(&dir)
    }

    #[test]
    fn entries_come_back_and_damaged_ones_do_not() {
        let c = cache("damage");
        let key = Key::of(b"k");
        assert_eq!(c.get(key, "a"), None);
        c.put(key, "a", b"hello\nworld");
        assert_eq!(c.get(key, "a").unwrap(), b"hello\nworld");
        let path = c.path(key, "a");
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(c.get(key, "a"), None);
        assert!(!path.exists());
        c.clean().unwrap();
        fs::remove_dir_all(c.dir()).unwrap();
    }

    /// TRIM-1: what is used stays.
    #[test]
    fn old_entries_are_removed() {
        let c = cache("trim");
        let day = |n: f64| SystemTime::now() - Duration::from_secs_f64(n * 24.0 * 3600.0);
        let age = |path: &Path, days: f64| {
            fs::File::options().write(true).open(path).unwrap().set_modified(day(days)).unwrap();
        };
        let (used, unused) = (Key::of(b"used"), Key::of(b"unused"));
        for key in [used, unused] {
            c.put(key, "a", b"entry");
            age(&c.path(key, "a"), 6.0);
        }
        let (exe, exe_key) = c.put_executable("prog", b"old").unwrap();
        age(&exe, 6.0);
        let (other, other_key) = c.put_executable("prog", b"younger").unwrap();
        age(&other, 4.0);
        let left = c.path(used, "a").with_file_name("tmp-1-1");
        fs::write(&left, "").unwrap();
        age(&left, 6.0);
        assert!(c.get(used, "a").is_some());
        c.trim();
        assert!(c.get(used, "a").is_some() && c.executable(other_key, "prog").is_some());
        assert!(c.get(unused, "a").is_none() && c.executable(exe_key, "prog").is_none());
        assert!(!exe.parent().unwrap().exists() && !left.exists());
        // Not twice a day.
        age(&c.path(used, "a"), 6.0);
        c.trim();
        assert!(c.path(used, "a").exists());
        age(&c.dir().join(TRIMMED), 1.5);
        c.trim();
        assert!(!c.path(used, "a").exists());
        fs::remove_dir_all(c.dir()).unwrap();
    }

    #[test]
    fn a_fresh_cache_is_written_only() {
        let c = cache("fresh").fresh(true);
        let key = Key::of(b"k");
        c.put(key, "a", b"entry");
        let (path, exe) = c.put_executable("prog", b"exe").unwrap();
        assert!(c.get(key, "a").is_none() && c.executable(exe, "prog").is_none() && path.exists());
        assert!(Cache::new(c.dir()).get(key, "a").is_some());
        fs::remove_dir_all(c.dir()).unwrap();
    }

    #[test]
    fn executables_are_checked() {
        let c = cache("exe");
        let (path, key) = c.put_executable("prog", b"#!/bin/sh\n").unwrap();
        assert_eq!(c.executable(key, "prog").unwrap(), path);
        fs::write(&path, b"other").unwrap();
        assert_eq!(c.executable(key, "prog"), None);
        fs::remove_dir_all(c.dir()).unwrap();
    }
}
