//! The search: batches of programs are built by the judge and by Burrow, run, and compared program by program.
//!
//! CHK-1  A program counts as right only if both builds succeeded and outputs and exit codes were equal.
//! CHK-2  What the judge does not compile is a fault of the generator, and is told; it is not counted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use crate::reduce;

/// Seconds that a program may run.
const TIMEOUT: &str = "60";
/// Batches after which the judge's build cache is emptied: programs leave their packages in it.
const BATCHES_PER_CACHE: u64 = 150;

#[derive(Clone, Debug)]
pub struct Options {
    tool: String,
    go: String,
    goroot: Option<PathBuf>,
    judge: Judge,
    seed: u64,
    count: u64,
    seconds: u64,
    jobs: usize,
    batch: usize,
    debug: Option<String>,
    keep: PathBuf,
    reduce: bool,
    work: PathBuf,
}

/// Who says what is right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Judge {
    Go,
    /// Burrow itself, with these `-gcflags`.
    Plain,
}

fn parse(flags: &[&str]) -> Result<Options, String> {
    let clock = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let mut o = Options {
        tool: "burrow".into(),
        go: "go".into(),
        goroot: std::env::var_os("BURROW_GOROOT").map(PathBuf::from),
        judge: Judge::Go,
        seed: clock.map_or(1, |t| t.as_secs() * 1000 % 1_000_000_000_000),
        count: 0,
        seconds: 0,
        jobs: std::thread::available_parallelism().map_or(2, usize::from),
        batch: 20,
        debug: None,
        keep: std::env::temp_dir().join("burrow-gen-failures"),
        reduce: true,
        work: std::env::temp_dir().join(format!("burrow-gen-{}", std::process::id())),
    };
    if let Some(root) = &o.goroot {
        o.go = root.join("bin/go").display().to_string();
    }
    let mut rest = flags.iter();
    while let Some(&flag) = rest.next() {
        if flag == "--no-reduce" {
            o.reduce = false;
            continue;
        }
        let value = rest.next().ok_or_else(|| format!("{flag} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{flag}: not a number: {value}"));
        match flag {
            "--tool" => o.tool = (*value).into(),
            "--go" => o.go = (*value).into(),
            "--judge" if *value == "go" => o.judge = Judge::Go,
            "--judge" if *value == "plain" => o.judge = Judge::Plain,
            "--seed" => o.seed = number()?,
            "--count" => o.count = number()?,
            "--seconds" => o.seconds = number()?,
            "--jobs" => o.jobs = number()?.max(1) as usize,
            "--batch" => o.batch = number()?.max(1) as usize,
            "--debug" => o.debug = Some((*value).into()),
            "--keep" => o.keep = (*value).into(),
            _ => return Err(format!("unknown flag or value: {flag} {value}")),
        }
    }
    let absolute = |p: &Path| std::path::absolute(p).map_err(|e| e.to_string());
    if o.tool.contains('/') {
        o.tool = absolute(Path::new(&o.tool))?.display().to_string();
    }
    o.keep = absolute(&o.keep)?;
    if o.count == 0 && o.seconds == 0 {
        o.count = 100;
    }
    Ok(o)
}

#[derive(Default)]
struct Counts {
    right: AtomicU64,
    wrong: AtomicU64,
    unjudged: AtomicU64,
    batches: AtomicU64,
}

pub fn check(flags: &[&str]) -> Result<bool, String> {
    let o = parse(flags)?;
    println!("burrow-gen: seed {}", o.seed);
    std::fs::create_dir_all(&o.work).map_err(|e| e.to_string())?;
    let (counts, next, start) = (Counts::default(), AtomicU64::new(o.seed), Instant::now());
    let told = Mutex::new(());
    std::thread::scope(|s| {
        for worker in 0..o.jobs {
            let (o, counts, next, told) = (&o, &counts, &next, &told);
            s.spawn(move || {
                let w = Worker { o, dir: o.work.join(format!("w{worker}")), counts, told };
                loop {
                    let first = next.fetch_add(o.batch as u64, Ordering::Relaxed);
                    let done = first - o.seed;
                    let enough = o.count > 0 && done >= o.count
                        || o.seconds > 0 && start.elapsed().as_secs() >= o.seconds;
                    if enough {
                        break;
                    }
                    let n = if o.count > 0 {
                        (o.count - done).min(o.batch as u64)
                    } else {
                        o.batch as u64
                    };
                    w.batch(&(first..first + n).collect::<Vec<_>>());
                }
            });
        }
    });
    let _ = std::fs::remove_dir_all(&o.work);
    let get = |a: &AtomicU64| a.load(Ordering::Relaxed);
    let (right, wrong, unjudged) = (get(&counts.right), get(&counts.wrong), get(&counts.unjudged));
    println!(
        "burrow-gen: {right} programs agree, {wrong} differ, {unjudged} that the judge refused, {} s",
        start.elapsed().as_secs()
    );
    println!("{right} passed, {} failed", wrong + unjudged);
    Ok(wrong + unjudged == 0)
}

struct Worker<'a> {
    o: &'a Options,
    dir: PathBuf,
    counts: &'a Counts,
    told: &'a Mutex<()>,
}

/// What became of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    Same,
    /// The judge does not compile it.
    Refused(String),
    /// Burrow does not compile it.
    NotBuilt(String),
    /// Outputs of judge and Burrow.
    Differs(String, String),
}

impl Worker<'_> {
    fn say(&self, text: &str) {
        let _guard = self.told.lock();
        println!("{text}");
    }

    fn batch(&self, seeds: &[u64]) {
        if self.counts.batches.fetch_add(1, Ordering::Relaxed) % BATCHES_PER_CACHE
            == BATCHES_PER_CACHE - 1
        {
            let _ = std::fs::remove_dir_all(self.dir.join("gocache"));
            let _ = std::fs::remove_dir_all(self.dir.join("cache"));
        }
        match self.module(seeds) {
            Outcome::Same => {
                self.counts.right.fetch_add(seeds.len() as u64, Ordering::Relaxed);
            }
            outcome if seeds.len() == 1 => self.found(seeds[0], outcome),
            Outcome::Differs(a, b) => {
                let suspects = differing(&a, &b, seeds);
                self.counts
                    .right
                    .fetch_add((seeds.len() - suspects.len()) as u64, Ordering::Relaxed);
                suspects.iter().for_each(|&s| self.batch(&[s]));
            }
            _ => seeds.iter().for_each(|&s| self.batch(&[s])),
        }
    }

    fn module(&self, seeds: &[u64]) -> Outcome {
        let dir = self.dir.join("module");
        let _ = std::fs::remove_dir_all(&dir);
        if let Err(e) = crate::write_module(&dir, seeds) {
            return Outcome::Refused(e.to_string());
        }
        self.compare(&dir)
    }

    /// Builds and runs the module in `dir` by both.
    fn compare(&self, dir: &Path) -> Outcome {
        let judge = dir.join("judge.exe");
        let built = match self.o.judge {
            Judge::Go => self.go(dir, &judge),
            Judge::Plain => self.burrow(dir, &judge, &["-gcflags=all=-N -l"]),
        };
        if let Err(e) = built {
            return Outcome::Refused(e);
        }
        let ours = dir.join("ours.exe");
        if let Err(e) = self.burrow(dir, &ours, &[]) {
            return Outcome::NotBuilt(e);
        }
        let wanted = run(&judge, None);
        let mut got = run(&ours, None);
        if got == wanted
            && let Some(mode) = &self.o.debug
        {
            got = run(&ours, Some(mode));
        }
        if got == wanted { Outcome::Same } else { Outcome::Differs(wanted, got) }
    }

    fn go(&self, dir: &Path, exe: &Path) -> Result<(), String> {
        let mut c = Command::new(&self.o.go);
        c.args(["build", "-p", "1", "-o"]).arg(exe).arg(".").current_dir(dir);
        c.env("GOTOOLCHAIN", "local")
            .env("CGO_ENABLED", "0")
            .env("GOFLAGS", "")
            .env("GOWORK", "off");
        c.env("GOCACHE", self.dir.join("gocache")).env_remove("GOROOT").env("GOMAXPROCS", "1");
        succeeded(c.output())
    }

    fn burrow(&self, dir: &Path, exe: &Path, flags: &[&str]) -> Result<(), String> {
        let mut c = Command::new(&self.o.tool);
        c.arg("build").args(flags).arg("-o").arg(exe).arg(".").current_dir(dir);
        c.env("BURROW_CACHE", self.dir.join("cache")).env("GOFLAGS", "");
        if let Some(root) = &self.o.goroot {
            c.env("BURROW_GOROOT", root);
        }
        succeeded(c.output())
    }

    /// One program is wrong: tells it, reduces it, keeps it.
    fn found(&self, seed: u64, outcome: Outcome) {
        let keep = self.o.keep.join(seed.to_string());
        let (what, detail) = match &outcome {
            Outcome::Refused(e) => ("the judge refuses it", e.clone()),
            Outcome::NotBuilt(e) => ("Burrow does not compile it", e.clone()),
            Outcome::Differs(a, b) => ("outputs differ", first_difference(a, b)),
            Outcome::Same => return,
        };
        let refused = matches!(outcome, Outcome::Refused(_));
        let count = if refused { &self.counts.unjudged } else { &self.counts.wrong };
        count.fetch_add(1, Ordering::Relaxed);
        let module = self.dir.join("module");
        if self.o.reduce && !refused {
            let same_kind =
                |o: &Outcome| std::mem::discriminant(o) == std::mem::discriminant(&outcome);
            reduce::reduce(&module, |dir| same_kind(&self.compare(dir)));
        }
        let _ = std::fs::remove_dir_all(&keep);
        copy_sources(&module, &keep);
        if let Outcome::Differs(a, b) = self.compare(&module) {
            let _ = std::fs::write(keep.join("wanted.txt"), a);
            let _ = std::fs::write(keep.join("got.txt"), b);
        }
        self.say(&format!("seed {seed}: {what}; kept in {}\n{detail}", keep.display()));
    }
}

fn copy_sources(from: &Path, to: &Path) {
    let _ = std::fs::create_dir_all(to);
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let path = entry.path();
        let target = to.join(entry.file_name());
        if path.is_dir() {
            copy_sources(&path, &target);
        } else if path.extension().is_none_or(|e| e != "exe") {
            let _ = std::fs::copy(&path, &target);
        }
    }
}

fn succeeded(out: std::io::Result<Output>) -> Result<(), String> {
    match out {
        Ok(o) if o.status.success() => Ok(()),
        Ok(o) => {
            Err(String::from_utf8_lossy(&o.stderr).lines().take(12).collect::<Vec<_>>().join("\n"))
        }
        Err(e) => Err(e.to_string()),
    }
}

/// Output and exit code. Of a program that dies only the first line of what it says: stacks differ.
fn run(exe: &Path, debug: Option<&str>) -> String {
    let mut c = Command::new("timeout");
    c.arg(TIMEOUT).arg(exe).env_remove("BURROW_DEBUG");
    if let Some(mode) = debug {
        c.env("BURROW_DEBUG", mode);
    }
    match c.output() {
        Ok(o) => {
            let errors = String::from_utf8_lossy(&o.stderr);
            format!(
                "{}\n{}\nexit {:?}\n",
                String::from_utf8_lossy(&o.stdout),
                errors.lines().next().unwrap_or(""),
                o.status.code()
            )
        }
        Err(e) => e.to_string(),
    }
}

/// The programs whose parts differ; all if that can't be told.
fn differing(a: &str, b: &str, seeds: &[u64]) -> Vec<u64> {
    let part = |text: &'_ str, seed: u64| {
        let from = text.find(&format!("=== {seed}\n"))?;
        let to = text[from..].find(&format!("--- {seed} "))? + from;
        let end = text[to..].find('\n')? + to;
        Some(text[from..end].to_string())
    };
    let list: BTreeSet<u64> = seeds
        .iter()
        .copied()
        .filter(|&s| match (part(a, s), part(b, s)) {
            (Some(x), Some(y)) => x != y,
            _ => true,
        })
        .collect();
    if list.is_empty() { seeds.to_vec() } else { list.into_iter().collect() }
}

fn first_difference(a: &str, b: &str) -> String {
    let cut = |s: &str| s.chars().take(300).collect::<String>();
    for (x, y) in a.lines().zip(b.lines()) {
        if x != y {
            return format!("  wanted {}\n  got    {}", cut(x), cut(y));
        }
    }
    format!("  wanted {} lines, got {}", a.lines().count(), b.lines().count())
}
