//! The cache as a user meets it: what is compiled again, and what happens when the cache is damaged,
//! shared or useless.
//!
//! The Go tree is the one that burrow finds, or fetches, by itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

const HELLO: &str = r#"package main

import "fmt"

func main() {
	fmt.Println("hello", 1)
}
"#;

const OTHER: &str = r#"package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "other")
	fmt.Println("other", len(os.Args))
}
"#;

/// The Go tree, from a cache that lasts longer than a test.
fn goroot() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let out = Command::new(env!("CARGO_BIN_EXE_burrow")).args(["env", "GOROOT"]).output();
        let out = out.unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().into()
    })
}

struct Place {
    dir: PathBuf,
}

impl Place {
    /// A fresh folder with the programs.
    fn new(name: &str) -> Place {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        let place = Place { dir: dir.canonicalize().unwrap() };
        place.write("hello.go", HELLO);
        place.write("other.go", OTHER);
        place
    }

    /// Writes a file, and makes the folders that it needs.
    fn write(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.args(args).current_dir(&self.dir).stdout(Stdio::piped()).stderr(Stdio::piped());
        c.env("BURROW_CACHE", self.dir.join(".cache")).env("BURROW_TIMINGS", "1");
        c.env("BURROW_GOROOT", goroot()).env_remove("GOFLAGS");
        c
    }

    /// Builds `NAME.go`, even if nothing has changed; gives how many functions were compiled, and how many there are.
    fn build(&self, name: &str) -> (usize, usize) {
        self.forget(&["run", "exe"]);
        counts(&self.command(&["build", "-o", name, &format!("{name}.go")]).output().unwrap())
    }

    fn exe(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.join(name)).unwrap()
    }

    fn run_exe(&self, name: &str) -> String {
        let out = Command::new(self.dir.join(name)).output().unwrap();
        assert!(out.status.success());
        String::from_utf8(out.stdout).unwrap()
    }

    /// The entries of the cache of some kinds.
    fn entries(&self, kinds: &[&str]) -> Vec<PathBuf> {
        let mut list = Vec::new();
        for dir in fs::read_dir(self.dir.join(".cache")).into_iter().flatten() {
            for file in fs::read_dir(dir.unwrap().path()).into_iter().flatten() {
                let path = file.unwrap().path();
                if kinds.iter().any(|k| path.to_string_lossy().ends_with(&format!("-{k}"))) {
                    list.push(path);
                }
            }
        }
        list.sort();
        list
    }

    fn forget(&self, kinds: &[&str]) {
        self.entries(kinds).iter().for_each(|path| fs::remove_file(path).unwrap());
    }

    /// What building, or checking, says of the module here.
    fn output(&self, args: &[&str]) -> String {
        let out = self.command(args).env_remove("BURROW_TIMINGS").output().unwrap();
        String::from_utf8(out.stderr).unwrap()
    }
}

fn counts(out: &Output) -> (usize, usize) {
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{text}");
    assert!(!text.contains("warning"), "{text}");
    let line = text.lines().find_map(|l| l.strip_prefix("burrow: functions: ")).unwrap();
    let (compiled, all) = line.split_once(" compiled of ").unwrap();
    (compiled.parse().unwrap(), all.parse().unwrap())
}

#[test]
fn only_what_changed_is_compiled() {
    let p = Place::new("edit");
    let (compiled, all) = p.build("hello");
    assert_eq!(compiled, all);
    let first = p.exe("hello");
    assert_eq!(p.build("hello"), (0, all));
    assert!(p.exe("hello") == first, "compiled and found code differ");
    // A body.
    p.write("hello.go", &HELLO.replace('1', "2"));
    assert_eq!(p.build("hello"), (1, all));
    assert_eq!(p.run_exe("hello"), "hello 2\n");
    // The place of a function in its file.
    p.write("hello.go", &HELLO.replace("func", "// A comment.\n\nfunc"));
    p.build("hello");
    p.write("hello.go", &HELLO.replace("func", "// A comment\n// of more lines.\n\n\nfunc"));
    assert_eq!(p.build("hello"), (0, all));
    // Another program has the standard library from the first one's.
    let (compiled, all) = p.build("other");
    assert!(compiled * 5 < all, "{compiled} of {all}");
    assert_eq!(p.run_exe("other"), "other 1\n");
}

#[test]
fn damage_is_noticed_and_repaired() {
    let p = Place::new("damage");
    let (_, all) = p.build("hello");
    let sound = p.exe("hello");
    let damage: [fn(&mut Vec<u8>); 4] = [
        |b| *b.last_mut().unwrap() ^= 1,
        |b| b[30] ^= 0x80,
        |b| b.truncate(b.len() / 2),
        |b| b.clear(),
    ];
    for hurt in damage {
        assert!(p.entries(&["code"]).len() > 20);
        for path in p.entries(&["code", "known"]) {
            let mut bytes = fs::read(&path).unwrap();
            hurt(&mut bytes);
            fs::write(&path, bytes).unwrap();
        }
        let (compiled, _) = p.build("hello");
        assert!(compiled > 0);
        assert!(p.exe("hello") == sound, "damage came through");
        assert_eq!(p.build("hello"), (0, all));
    }
}

#[test]
fn processes_share_a_cache() {
    let p = Place::new("concurrent");
    let names = ["hello", "other", "hello", "other"];
    let builds: Vec<_> = (0..)
        .zip(names)
        .map(|(i, name)| {
            let exe = format!("{name}{i}");
            p.command(&["build", "-o", &exe, &format!("{name}.go")]).spawn().unwrap()
        })
        .collect();
    for b in builds {
        counts(&b.wait_with_output().unwrap());
    }
    assert_eq!(p.run_exe("hello0"), "hello 1\n");
    assert!(p.exe("hello0") == p.exe("hello2") && p.exe("other1") == p.exe("other3"));
    // Entries that were lost are compiled once more, and then they are there. Both programs have a
    // `main.main`, in one folder: the newest stays.
    for name in ["hello", "other"] {
        p.build(name);
        assert_eq!(p.build(name).0, 0);
    }
}

#[test]
fn without_a_cache_there_is_a_warning_and_a_result() {
    let p = Place::new("unwritable");
    p.write("file", "");
    // Permissions don't stop a privileged user; a file in the way does.
    let out =
        p.command(&["run", "hello.go"]).env("BURROW_CACHE", p.dir.join("file/cache")).output();
    let out = out.unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stdout), "hello 1\n");
    let text = String::from_utf8_lossy(&out.stderr);
    let warnings: Vec<&str> = text.lines().filter(|l| l.contains("warning")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(warnings[0].starts_with("burrow: warning: cannot write to the cache in "), "{text}");
    assert!(warnings[0].ends_with("set BURROW_CACHE to a folder that can be written"), "{text}");
}

#[test]
fn a_full_disk_is_a_warning() {
    let p = Place::new("full");
    // No file may grow: what fails is as on a full disk, but for the error.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" build -o /dev/null hello.go";
    let mut c = Command::new("bash");
    c.args(["-c", script, env!("CARGO_BIN_EXE_burrow")]).current_dir(&p.dir);
    c.env("BURROW_CACHE", p.dir.join(".cache")).env("BURROW_GOROOT", goroot());
    let out = c.output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{text}");
    assert!(text.starts_with("burrow: warning: cannot write to the cache in "), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    // Nothing half-written is left.
    let (compiled, all) = p.build("hello");
    assert_eq!(compiled, all);
}

const MODULE: &str = "module m\n\ngo 1.27\n";

const LIB: &str = r#"package lib

type Pair[K any] struct{ Key K }

var first = second() + 1

func second() int { return third }

var third = 40

var table = map[string][]int{
	"a": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
	"b": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
	"c": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
}

var long = [...]string{
	"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
	"thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", 30: "thirty",
}

var _ [len(long)]int = [31]int{}

func Unused() any {
	type local struct{ a int }
	return local{1}
}

func Local() any {
	type local struct{ b string }
	return local{long[30]}
}

func (p Pair[K]) Get() K { return p.Key }

func Sum(s string) (sum int) {
	defer func() { sum += first }()
	for _, n := range table[s] {
		sum += n
	}
	return
}
"#;

const USER: &str = r#"package user

import "m/lib"

func Two() int { return lib.Sum("a") + lib.Pair[int]{2}.Get() }
"#;

const MAIN: &str = r#"package main

import (
	"fmt"
	"m/lib"
	"m/user"
)

func main() { fmt.Printf("%T %v %d\n", lib.Local(), lib.Local(), user.Two()) }
"#;

/// A module whose packages are known after the first build.
fn known_module(name: &str) -> Place {
    let p = Place::new(name);
    for (file, text) in [("lib/lib.go", LIB), ("user/user.go", USER), ("app/app.go", MAIN)] {
        p.write(file, text);
    }
    p.write("go.mod", MODULE);
    p
}

#[test]
fn known_packages_give_the_same_program() {
    let p = known_module("known");
    assert_eq!(p.output(&["build", "-o", "x", "./app"]), "");
    let cold = p.exe("x");
    assert_eq!(p.run_exe("x"), "lib.local {thirty} 508\n");
    for forgotten in [&["run", "exe"][..], &["run", "exe", "code"]] {
        p.forget(forgotten);
        assert_eq!(p.output(&["build", "-o", "x", "./app"]), "");
        assert!(p.exe("x") == cold, "the program differs when its packages are known");
    }
    // A change of a body changes the program.
    p.write("lib/lib.go", &LIB.replace("third = 40", "third = 41"));
    assert_eq!(p.output(&["build", "-o", "x", "./app"]), "");
    assert_eq!(p.run_exe("x"), "lib.local {thirty} 509\n");
}

#[test]
fn errors_of_known_packages_are_found() {
    let p = known_module("stale");
    assert_eq!(p.output(&["check", "./app"]), "");
    assert_eq!(p.output(&["check", "./app"]), "");
    // In a body.
    p.write("lib/lib.go", &LIB.replace("sum += n", "sum += n + s"));
    let wrong = "lib/lib.go:39:10: invalid operation: n + s (mismatched types int and string)\n";
    assert_eq!(p.output(&["check", "./app"]), wrong);
    // In the body of a package that didn't change.
    p.write(
        "lib/lib.go",
        &LIB.replace("Sum(s string)", "Sum(s []byte)").replace("[s]", "[string(s)]"),
    );
    let wrong = "user/user.go:5:33: cannot use \"a\" (untyped string constant) as []byte value in argument to lib.Sum\n";
    assert_eq!(p.output(&["check", "./app"]), wrong);
    // And after a change that nobody else sees.
    p.write("lib/lib.go", &LIB.replace("sum += n", "sum -= n"));
    assert_eq!(p.output(&["check", "./app"]), "");
    // Of another version of the language.
    p.write("go.mod", "module m\n\ngo 1.17\n");
    let said = p.output(&["check", "./app"]);
    assert!(said.contains("lib/lib.go:3:11: type parameter requires go1.18 or later"), "{said}");
}

/// A package of which the overlay replaces a part, and whose imports changed, is parsed as a whole again.
#[test]
fn another_overlay() {
    let p = Place::new("overlay");
    assert_eq!(p.output(&["build", "-o", "hello", "hello.go"]), "");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goroot");
    let copied = Command::new("cp").args(["-r"]).arg(&ours).arg(p.dir.join("goroot")).status();
    assert!(copied.unwrap().success());
    let math = p.dir.join("goroot/src/math/burrow.go");
    let text = fs::read_to_string(&math).unwrap();
    fs::write(&math, text + "\nfunc onlyHere() int { return 1 }\n").unwrap();
    p.forget(&["run", "exe"]);
    let mut c = p.command(&["build", "-o", "hello", "hello.go"]);
    let out = c.env("BURROW_OVERLAY", p.dir.join("goroot")).env_remove("BURROW_TIMINGS").output();
    assert_eq!(String::from_utf8_lossy(&out.unwrap().stderr), "");
    assert_eq!(p.run_exe("hello"), "hello 1\n");
}

/// A program that tells what it was made from: embedded files, how loops bind their variables in a replaced module, and
/// whether a file that a constraint leaves out is there.
const TELLS: &str = r#"package main

import (
	"embed"
	"fmt"
	"io/fs"
	"m/lib"
)

//go:embed glob/*.txt dir
var files embed.FS

var hook = func() string { return "none" }

func main() {
	fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if !d.IsDir() {
			fmt.Print(path, " ")
		}
		return err
	})
	fmt.Println(lib.Loop(), hook())
}
"#;

const LOOP: &str = r#"package lib

func Loop() (s int) {
	var f []func() int
	for i := 0; i < 3; i++ {
		f = append(f, func() int { return i })
	}
	for _, g := range f {
		s = s*10 + g()
	}
	return s
}
"#;

/// RUN-2: whatever an executable was made from, when it changes the next command sees it.
#[test]
fn every_change_is_seen() {
    let p = Place::new("stale");
    for (name, text) in [
        ("app/go.mod", "module m\n\ngo 1.27\n\nrequire m/lib v1.0.0\n\nreplace m/lib => ../lib\n"),
        ("app/main.go", TELLS),
        ("app/glob/a.txt", ""),
        ("app/dir/b", ""),
        ("app/hooked.go", "//go:build never\n\npackage main\n\nfunc init() { hook = nil }\n"),
        ("lib/go.mod", "module m/lib\n\ngo 1.22\n"),
        ("lib/lib.go", LOOP),
    ] {
        p.write(name, text);
    }
    let run = |what: &str, want: &str| {
        for how in ["after a change", "unchanged"] {
            let out = p.command(&["run", "-C", "app", "."]).env_remove("BURROW_TIMINGS").output();
            let out = out.unwrap();
            assert_eq!(String::from_utf8_lossy(&out.stderr), "", "{what}, {how}");
            assert_eq!(String::from_utf8_lossy(&out.stdout), want, "{what}, {how}");
        }
    };
    run("at first", "dir/b glob/a.txt 12 none\n");
    p.write("app/glob/new.txt", "");
    run("a file that a pattern embeds", "dir/b glob/a.txt glob/new.txt 12 none\n");
    p.write("app/dir/sub/deep/c", "");
    run("a file in an embedded folder", "dir/b dir/sub/deep/c glob/a.txt glob/new.txt 12 none\n");
    fs::remove_dir_all(p.dir.join("app/dir/sub")).unwrap();
    fs::remove_file(p.dir.join("app/glob/new.txt")).unwrap();
    run("embedded files removed", "dir/b glob/a.txt 12 none\n");
    p.write("lib/go.mod", "module m/lib\n\ngo 1.21\n");
    run("the go line of a replaced module", "dir/b glob/a.txt 333 none\n");
    p.write(
        "app/hooked.go",
        "package main\n\nfunc init() { hook = func() string { return \"here\" } }\n",
    );
    run("a constraint", "dir/b glob/a.txt 333 here\n");
    // Another module begins in the middle of an embedded folder.
    p.write("app/dir/other/go.mod", "module other\n");
    p.write("app/dir/other/x", "");
    run("a folder of another module", "dir/b glob/a.txt 333 here\n");
    fs::remove_file(p.dir.join("app/dir/other/go.mod")).unwrap();
    run("that is none any more", "dir/b dir/other/x glob/a.txt 333 here\n");
    p.write("app/lib/lib.go", "package lib\n\nfunc Loop() int { return -1 }\n");
    run("a package that a longer path hides", "dir/b dir/other/x glob/a.txt 333 here\n");
    p.write("app/go.mod", "module m\n\ngo 1.27\n");
    run("the same without the replacement", "dir/b dir/other/x glob/a.txt -1 here\n");
}

/// Packages that come to be where a pattern looks.
#[test]
fn new_packages_are_seen() {
    let p = Place::new("patterns");
    p.write("go.mod", MODULE);
    p.write("sub/one/main.go", "package main\n\nfunc main() { println(1) }\n");
    let build = || p.output(&["build", "-o", "out/", "./sub/..."]);
    assert_eq!(build() + &build(), "");
    p.write("sub/two/main.go", "package main\n\nfunc main() { println(2) }\n");
    assert_eq!(build(), "");
    assert!(p.dir.join("out/two").is_file());
    fs::remove_dir_all(p.dir.join("sub/two")).unwrap();
    assert_eq!(build() + &build(), "");
    p.write("sub/lib/deep/lib.go", "package lib\n\nvar x int = \"\"\n");
    assert!(build().starts_with("# m/sub/lib/deep\n"));
}

/// A go.mod that appears nearer makes another module, with another version of the language.
#[test]
fn a_module_around_is_seen() {
    let p = Place::new("around");
    p.write(
        "a/b/x.go",
        &LOOP.replace("package lib", "package main").replace("Loop() (", "loop() ("),
    );
    p.write("a/b/main.go", "package main\n\nfunc main() { print(loop()) }\n");
    p.write("go.mod", "module m\n\ngo 1.21\n");
    let run = |args: &[&str]| p.output(&[&["run", "-C", "a/b"], args].concat());
    assert_eq!(run(&["."]) + &run(&["."]), "333333");
    p.write("a/go.mod", "module m/a\n\ngo 1.22\n");
    assert_eq!(run(&["."]) + &run(&["."]), "1212");
    fs::remove_file(p.dir.join("a/go.mod")).unwrap();
    assert_eq!(run(&["."]), "333");
    // Files on the command line are of no module.
    assert_eq!(run(&["x.go", "main.go"]), "12");
}

/// RUN-1: the overlay's files, and its absence.
#[test]
fn a_changed_overlay_is_seen() {
    let p = Place::new("overlaid");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goroot");
    let copied = Command::new("cp").args(["-r"]).arg(&ours).arg(p.dir.join("goroot")).status();
    assert!(copied.unwrap().success());
    p.write("x.go", "package main\n\nimport _ \"math\"\n\nfunc main() { print(\"main\") }\n");
    let run = |overlay: bool| {
        let mut c = p.command(&["run", "x.go"]);
        c.env_remove("BURROW_TIMINGS");
        if overlay {
            c.env("BURROW_OVERLAY", p.dir.join("goroot"));
        }
        String::from_utf8(c.output().unwrap().stderr).unwrap()
    };
    assert_eq!(run(false) + &run(true) + &run(true), "mainmainmain");
    let math = "goroot/src/math/burrow.go";
    let text = fs::read_to_string(p.dir.join(math)).unwrap();
    p.write(math, &(text + "\nfunc init() { print(\"math \") }\n"));
    assert_eq!(run(true), "math main");
    assert_eq!(run(false), "main");
}

/// A function behind a pass is shown, also if the executable is kept; a pass that isn't there is an error.
#[test]
fn dumps_name_a_pass() {
    let p = Place::new("dumppass");
    p.write(
        "f.go",
        "package main\n\nfunc f(x int) int { return x + 1 }\n\nfunc main() { println(f(f(1))) }\n",
    );
    let dump = |what: &str| {
        let mut c = p.command(&["build", "-o", "x", "f.go"]);
        let out = c.env("BURROW_DUMP_IR", what).env_remove("BURROW_TIMINGS").output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    for _ in 0..2 {
        let (code, before) = dump("main.main:after=lower");
        assert!(code == Some(0) && before.matches("call main.f ").count() == 2, "{before}");
        let (code, after) = dump("main.main:after=inline");
        assert!(code == Some(0) && after.contains("iadd") && !after.contains("main.f"), "{after}");
        assert_eq!(dump("main.nothing"), (Some(0), String::new()));
    }
    let (code, text) = dump("main.main:after=nothing");
    assert!(code == Some(1) && text.contains("no pass is called nothing"), "{text}");
}

/// What is asked to be shown is shown, though nothing changed.
#[test]
fn dumps_are_made_each_time() {
    let p = Place::new("dump");
    for _ in 0..2 {
        let mut c = p.command(&["build", "-o", "x", "hello.go"]);
        let out = c.env("BURROW_DUMP_IR", "main.main").output().unwrap();
        assert!(String::from_utf8_lossy(&out.stderr).contains("main.main"));
    }
}
