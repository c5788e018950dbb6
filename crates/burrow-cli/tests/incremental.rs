//! Incremental builds equal cold ones: three modules are edited at random; after each edit the executable, or what is said of
//! mistakes, is byte for byte what an empty cache gives. And the same sources give the same bytes from other folders
//! (`-trimpath`), with packages in another order, and with other numbers of threads.
//!
//! `cargo test` makes a few edits, always the same. `BURROW_INCREMENTAL=N` makes N, from a seed that is printed;
//! `BURROW_SEED=S` repeats them.

#![allow(clippy::print_stdout, reason = "the seed is told")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Edits in `cargo test`.
const EDITS: usize = 24;
const SEED: u64 = 27;

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % n
    }
}

/// Packages: module, folder in it, and import path. Each may import later ones, where modules permit it.
const PACKAGES: [(usize, &str, &str); 7] = [
    (0, "cmd", "ex.com/app/cmd"),
    (0, "a", "ex.com/app/a"),
    (0, "b", "ex.com/app/b"),
    (2, "", "ex.com/two"),
    (2, "y", "ex.com/two/y"),
    (1, "", "ex.com/one"),
    (1, "x", "ex.com/one/x"),
];
const MODULES: [&str; 3] = ["app", "one", "two"];
const VERSIONS: [&str; 4] = ["1.21", "1.22", "1.26", "1.27"];

#[derive(Clone, Default)]
struct Package {
    konst: usize,
    body: usize,
    signature: usize,
    fields: usize,
    imports: BTreeSet<usize>,
    /// Files beside the first, each with a number that is in its text.
    extra: Option<usize>,
    tagged: Option<usize>,
    /// The number, and whether the constraint leaves the file out.
    hidden: Option<(usize, bool)>,
    /// Embedded files: name and contents.
    embedded: BTreeMap<String, usize>,
    comments: usize,
    file_name: usize,
    mistake: Option<usize>,
}

#[derive(Clone)]
struct World {
    packages: Vec<Package>,
    versions: [usize; 3],
    required: usize,
    tags: bool,
    set: usize,
    trimpath: bool,
    no_inline: bool,
    /// `panicnil` in go.mod.
    godebug: Option<usize>,
}

impl World {
    fn new() -> World {
        let mut packages = vec![Package::default(); PACKAGES.len()];
        for (i, imports) in [(0, &[1, 2, 3][..]), (1, &[2, 5]), (2, &[6]), (3, &[4, 5]), (5, &[6])]
        {
            packages[i].imports = imports.iter().copied().collect();
        }
        packages[1].embedded.insert("first".into(), 1);
        World {
            packages,
            versions: [3; 3],
            required: 0,
            tags: false,
            set: 0,
            trimpath: false,
            no_inline: false,
            godebug: None,
        }
    }

    fn may_import(from: usize, to: usize) -> bool {
        let (a, b) = (PACKAGES[from].0, PACKAGES[to].0);
        // one knows nobody else, two knows one.
        to > from && (a == 0 || a == b || a == 2 && b == 1)
    }

    /// One random edit; says what it was.
    fn edit(&mut self, r: &mut Random, step: usize) -> String {
        let i = r.below(self.packages.len());
        let name = PACKAGES[i].2;
        let p = &mut self.packages[i];
        match r.below(22) {
            0 | 1 => {
                p.konst = 10 + r.below(90);
                format!("constant of {name}")
            }
            2 | 3 => {
                p.body = r.below(1000);
                format!("body in {name}")
            }
            4 => {
                p.signature = r.below(4);
                format!("signature in {name}: {}", p.signature)
            }
            5 => {
                p.fields = r.below(4);
                format!("type in {name}: {}", p.fields)
            }
            6 => {
                let to = r.below(self.packages.len());
                if World::may_import(i, to) && !self.packages[i].imports.remove(&to) {
                    self.packages[i].imports.insert(to);
                }
                format!("import of {} by {name}", PACKAGES[to].2)
            }
            7 => {
                p.extra = if p.extra.is_some() { None } else { Some(step) };
                format!("a file of {name}, there: {}", p.extra.is_some())
            }
            8 => {
                p.tagged =
                    if p.tagged.is_some_and(|_| r.below(2) == 0) { None } else { Some(step) };
                format!("a file with a tag in {name}, there: {}", p.tagged.is_some())
            }
            9 => {
                p.hidden = Some((step, r.below(2) == 0));
                format!("a constraint in {name}: {:?}", p.hidden)
            }
            10 | 11 => {
                let file = ["first", "second", "sub/third"][r.below(3)].to_string();
                if p.embedded.remove(&file).is_none() || r.below(2) == 0 {
                    p.embedded.insert(file.clone(), step);
                }
                format!("embedded file {file} of {name}: {:?}", p.embedded.get(&file))
            }
            12 => {
                p.comments = r.below(4);
                format!("comments in {name}")
            }
            13 => {
                p.file_name = r.below(3);
                format!("name of the file of {name}")
            }
            14 | 15 => {
                let m = r.below(3);
                self.versions[m] = r.below(VERSIONS.len());
                format!("version of {}: {}", MODULES[m], VERSIONS[self.versions[m]])
            }
            16 => {
                self.required = r.below(3);
                format!("required version {}", self.required)
            }
            17 => {
                self.tags = !self.tags;
                format!("tags: {}", self.tags)
            }
            18 => {
                self.set = r.below(3);
                format!("-X: {}", self.set)
            }
            19 => {
                self.trimpath = !self.trimpath;
                format!("-trimpath: {}", self.trimpath)
            }
            20 => {
                self.no_inline = !self.no_inline;
                self.godebug = [None, Some(0), Some(1)][r.below(3)];
                format!("-l: {}, godebug: {:?}", self.no_inline, self.godebug)
            }
            _ => {
                p.mistake = if p.mistake.is_some() { None } else { Some(r.below(3)) };
                format!("mistake in {name}: {:?}", p.mistake)
            }
        }
    }

    /// All files, by path.
    fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for (i, p) in self.packages.iter().enumerate() {
            let (module, dir, _) = PACKAGES[i];
            let dir = format!("{}/{dir}", MODULES[module]);
            let dir = dir.trim_end_matches('/');
            let package = if i == 0 { "main".into() } else { format!("p{i}") };
            let file = ["main.go", "other.go", "zz.go"][p.file_name];
            files.insert(format!("{dir}/{file}"), self.source(i, &package));
            let init = |n: usize| format!("package {package}\n\nfunc init() {{ V += {n} }}\n");
            if let Some(n) = p.extra {
                files.insert(format!("{dir}/extra.go"), init(n));
            }
            if let Some(n) = p.tagged {
                files.insert(
                    format!("{dir}/tagged.go"),
                    format!("//go:build feature\n\n{}", init(n)),
                );
            }
            if let Some((n, out)) = p.hidden {
                let constraint = if out { "never" } else { "linux" };
                files.insert(
                    format!("{dir}/hidden.go"),
                    format!("//go:build {constraint}\n\n{}", init(n)),
                );
            }
            for (name, n) in &p.embedded {
                files.insert(format!("{dir}/data/{name}"), format!("contents {n}\n"));
            }
        }
        for (m, name) in MODULES.iter().enumerate() {
            let mut text = format!("module ex.com/{name}\n\ngo {}\n", VERSIONS[self.versions[m]]);
            if m == 0 {
                for other in ["one", "two"] {
                    let version = format!("v1.{}.0", self.required);
                    let _ = write!(
                        text,
                        "\nrequire ex.com/{other} {version}\n\nreplace ex.com/{other} => ../{other}\n"
                    );
                }
                if let Some(n) = self.godebug {
                    let _ = write!(text, "\ngodebug panicnil={n}\n");
                }
            }
            files.insert(format!("{name}/go.mod"), text);
        }
        files
    }

    fn source(&self, i: usize, package: &str) -> String {
        let p = &self.packages[i];
        let mut s = "// A comment.\n".repeat(p.comments);
        let _ = write!(s, "package {package}\n\nimport (\n");
        if !p.embedded.is_empty() {
            s += "\t\"embed\"\n";
        }
        for &j in &p.imports {
            let name = format!("p{j}");
            let _ = writeln!(s, "\t{name} {:?}", PACKAGES[j].2);
        }
        s += ")\n\n";
        let _ = write!(s, "const K = {}\n\nvar V = f(K)", p.konst);
        for &j in &p.imports {
            let call =
                ["F(1)", "F(int64(1))", "F(1, \"s\")", "F(\"s\")"][self.packages[j].signature];
            let _ = write!(s, " + p{j}.{call} + p{j}.T{{A: p{j}.V}}.M() + len(p{j}.Name)");
        }
        let _ = write!(s, "\n\nvar Name = \"{package}\"\n\ntype T struct {{\n\tA int\n");
        s += ["", "\tB string\n", "\tB string\n\tC [4]byte\n", "\tD [40]int\n"][p.fields];
        let _ = write!(
            s,
            "}}\n\nfunc (t T) M() int {{\n\ttype local struct{{ n [{}]int }}\n\treturn t.A + {} + len(local{{}}.n)\n}}\n\n",
            p.konst % 5,
            p.body
        );
        let _ = write!(
            s,
            "func f(n int) int {{\n\ts := {}\n\tfor i := 0; i < n%7; i++ {{\n\t\tdefer func() {{ s += i }}()\n\t\ts += i * K\n\t}}\n\treturn s + loop()\n}}\n\n",
            p.body
        );
        s += "func loop() (s int) {\n\tvar fs []func() int\n\tfor i := 0; i < 3; i++ {\n\t\tfs = append(fs, func() int { return i })\n\t}\n\
              \tfor _, g := range fs {\n\t\ts = s*10 + g()\n\t}\n\treturn\n}\n\n";
        let head =
            ["F(x int)", "F(x int64)", "F(x int, y ...string)", "F[P any](x P)"][p.signature];
        let _ = write!(
            s,
            "func {head} int {{\n\tvar a any = x\n\t_ = a\n\treturn f({})\n}}\n\n",
            p.body % 10
        );
        match p.mistake {
            Some(0) => s += "var wrong int = \"\"\n\n",
            Some(1) => s += "func wrong() int {\n\treturn undefined + \"\"\n}\n\n",
            Some(_) => s += "func wrong() {\n\tunused := 1\n}\n\n",
            None => {}
        }
        if !p.embedded.is_empty() {
            s += "//go:embed data\nvar E embed.FS\n\nfunc init() {\n\tlist, _ := E.ReadDir(\"data\")\n\tV += len(list)\n}\n\n";
        }
        if i == 0 {
            s += "var Set = \"unset\"\n\nfunc main() {\n\tdefer func() { println(recover() != nil) }()\n\tprintln(V, Set, f(3))\n\tpanic(nil)\n}\n";
        }
        s
    }

    fn flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        if self.tags {
            flags.push("-tags=feature".into());
        }
        if self.set > 0 {
            flags.push(format!("-ldflags=-X main.Set=set{}", self.set));
        }
        if self.trimpath {
            flags.push("-trimpath".into());
        }
        if self.no_inline {
            flags.push("-gcflags=-l".into());
        }
        flags
    }
}

/// Makes a folder hold just these files, and writes only what differs.
fn write(dir: &Path, files: &BTreeMap<String, String>) {
    let mut stale = Vec::new();
    let mut dirs = vec![dir.to_path_buf()];
    while let Some(d) = dirs.pop() {
        for entry in fs::read_dir(d).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if !files.contains_key(&*path.strip_prefix(dir).unwrap().to_string_lossy()) {
                stale.push(path);
            }
        }
    }
    stale.iter().for_each(|path| fs::remove_file(path).unwrap());
    for (name, text) in files {
        let path = dir.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == *text) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn goroot() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let out = Command::new(env!("CARGO_BIN_EXE_burrow")).args(["env", "GOROOT"]).output();
        let out = out.unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().trim().into()
    })
}

/// Exit code, what was said, and the executable.
type Result = (Option<i32>, String, Option<Vec<u8>>);

/// Builds the program of the modules in a folder. The executable and the cache lie beside the folder.
fn build(src: &Path, cache: &Path, flags: &[String]) -> Result {
    let exe = cache.with_extension("exe");
    let _ = fs::remove_file(&exe);
    let out = Command::new(env!("CARGO_BIN_EXE_burrow"))
        .args(["build", "-C"])
        .arg(src.join("app"))
        .args(flags)
        .arg("-o")
        .arg(&exe)
        .arg("./cmd")
        .env("BURROW_CACHE", cache)
        .env("BURROW_GOROOT", goroot())
        .env_remove("GOFLAGS")
        .output()
        .unwrap();
    assert!(out.stdout.is_empty());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    (out.status.code(), said, fs::read(&exe).ok())
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn incremental_builds_equal_cold_ones() {
    let edits = number("BURROW_INCREMENTAL");
    let random = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64
    };
    let seed =
        number("BURROW_SEED").unwrap_or_else(|| if edits.is_some() { random() } else { SEED });
    println!("BURROW_SEED={seed}");
    let edits = edits.map_or(EDITS, |n| n as usize);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("incremental");
    let _ = fs::remove_dir_all(&dir);
    let (src, warm, cold) = (dir.join("src"), dir.join("warm"), dir.join("cold"));
    let mut r = Random(seed | 1);
    let mut world = World::new();
    let mut history = vec![world.clone()];
    let mut built = 0;
    for step in 0..=edits {
        let mut what = Vec::new();
        if step > 0 {
            if r.below(8) == 0 {
                let back = r.below(history.len());
                world = history[back].clone();
                what.push(format!("back to step {back}"));
            } else {
                for _ in 0..=r.below(2) {
                    what.push(world.edit(&mut r, step));
                }
            }
        }
        history.push(world.clone());
        write(&src, &world.files());
        let flags = world.flags();
        let ours = build(&src, &warm, &flags);
        let _ = fs::remove_dir_all(&cold);
        let want = build(&src, &cold, &flags);
        let same = ours == want;
        assert!(
            same,
            "seed {seed}, step {step} ({}), flags {flags:?}:\nexit codes {:?} and {:?}\nwarm: {}\ncold: {}\nin {}",
            what.join("; "),
            ours.0,
            want.0,
            ours.1,
            want.1,
            src.display()
        );
        assert_eq!(ours.0 == Some(0), ours.2.is_some());
        built += usize::from(ours.2.is_some());
        // A mistake hides all else: it is taken out before long.
        if ours.2.is_none() && r.below(2) == 0 {
            world.packages.iter_mut().for_each(|p| p.mistake = None);
        }
    }
    assert!(built * 3 > edits, "{built} of {edits} could be built");
    fs::remove_dir_all(&dir).unwrap();
}

#[test]
fn the_same_sources_give_the_same_bytes() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("same");
    let _ = fs::remove_dir_all(&dir);
    let mut world = World::new();
    let mut r = Random(SEED);
    for step in 0..6 {
        world.edit(&mut r, step);
    }
    world.packages.iter_mut().for_each(|p| p.mistake = None);
    (world.trimpath, world.no_inline) = (true, false);
    let flags = world.flags();
    let with = |more: &[&str]| -> Vec<String> {
        flags.iter().cloned().chain(more.iter().map(|m| (*m).to_string())).collect()
    };
    let mut images = Vec::new();
    for (i, (place, more)) in [
        ("one", &[][..]),
        ("elsewhere/two", &[]),
        ("one", &["-p=1"]),
        ("one", &["-p=5"]),
        ("one", &["-a"]),
    ]
    .into_iter()
    .enumerate()
    {
        let src = dir.join(place);
        write(&src, &world.files());
        let (code, said, image) = build(&src, &dir.join(format!("cache{i}")), &with(more));
        assert_eq!((code, said.as_str()), (Some(0), ""), "{place} {more:?}");
        images.push(image.unwrap());
    }
    assert!(images.iter().all(|i| *i == images[0]));
    // Two programs at once, in both orders.
    let src = dir.join("one");
    let second = "package main\n\nimport p2 \"ex.com/app/b\"\n\nfunc main() { println(p2.V) }\n";
    fs::create_dir_all(src.join("app/second")).unwrap();
    fs::write(src.join("app/second/m.go"), second).unwrap();
    let mut pairs = Vec::new();
    for (i, order) in [["./cmd", "./second"], ["./second", "./cmd"]].into_iter().enumerate() {
        let bin = dir.join(format!("bin{i}"));
        fs::create_dir_all(&bin).unwrap();
        let mut c = Command::new(env!("CARGO_BIN_EXE_burrow"));
        c.args(["build", "-C"]).arg(src.join("app")).args(&flags).arg("-o").arg(&bin).args(order);
        c.env("BURROW_CACHE", dir.join(format!("pair{i}"))).env("BURROW_GOROOT", goroot());
        let out = c.env_remove("GOFLAGS").output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        pairs.push([fs::read(bin.join("cmd")).unwrap(), fs::read(bin.join("second")).unwrap()]);
    }
    assert!(pairs[0] == pairs[1], "the order of packages makes a difference");
    assert!(pairs[0][0] == images[0], "another program beside it makes a difference");
    fs::remove_dir_all(&dir).unwrap();
}
