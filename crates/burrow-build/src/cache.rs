//! The cache: a directory of entries named by the hash of all that they were made from.
//!
//! C1  An entry is written under a temporary name and renamed: readers see all of it or nothing,
//!     and processes that make the same entry at once don't disturb each other.
//! C2  The first line of an entry holds a checksum of the rest. One that doesn't match counts as
//!     missing; the entry is removed and made anew.
//! C3  Nothing depends on the cache but time: when it can't be read or written, a warning says so,
//!     once, and the build goes on.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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

pub struct Cache {
    dir: PathBuf,
    warned: AtomicBool,
    next: AtomicU32,
}

impl Cache {
    pub fn new(dir: &Path) -> Cache {
        Cache { dir: dir.into(), warned: AtomicBool::new(false), next: AtomicU32::new(0) }
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
        let bytes = fs::read(&path).ok()?;
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let payload = &bytes[end + 1..];
        let head = format!("{MAGIC} {}", Key::of(payload).hex());
        if bytes[..end] != *head.as_bytes() {
            // Damaged; the next writer makes it anew (C2).
            let _ = fs::remove_file(&path);
            return None;
        }
        Some(payload.to_vec())
    }

    /// Writes an entry. Failures are warned about, not returned (C3).
    pub fn put(&self, key: Key, kind: &str, payload: &[u8]) {
        let head = format!("{MAGIC} {}\n", Key::of(payload).hex());
        if let Err(e) = self.write(&self.path(key, kind), &[head.as_bytes(), payload], 0o644) {
            self.warn(&e);
        }
    }

    /// The bytes under a key, whatever they are: for formats that have checksums of their own.
    pub fn get_raw(&self, key: Key, kind: &str) -> Option<Vec<u8>> {
        fs::read(self.path(key, kind)).ok()
    }

    /// Writes an entry as it is. Failures are warned about, not returned (C3).
    pub fn put_raw(&self, key: Key, kind: &str, bytes: &[u8]) {
        if let Err(e) = self.write(&self.path(key, kind), &[bytes], 0o644) {
            self.warn(&e);
        }
    }

    /// Writes an executable and gives its path. Its directory is named by its content. A failure is
    /// warned about (C3).
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
        let content = fs::read(&path).ok()?;
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
        let entries = match fs::read_dir(&self.dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let is_ours =
                name.len() == 2 && name.to_string_lossy().bytes().all(|b| b.is_ascii_hexdigit());
            if is_ours {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
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
