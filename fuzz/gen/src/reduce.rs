//! Failing programs made small: lines and blocks are taken out as long as the failure stays.

use std::path::{Path, PathBuf};
use std::time::Instant;

/// Seconds for one program.
const BUDGET: u64 = 240;

/// Takes out of the module's packages what is not needed for `fails`.
pub fn reduce(module: &Path, fails: impl Fn(&Path) -> bool) {
    let start = Instant::now();
    let mut files: Vec<PathBuf> = Vec::new();
    go_files(module, &mut files);
    files.retain(|f| !f.ends_with("rt/rt.go") && !f.ends_with("main.go"));
    loop {
        let before = size(&files);
        for file in &files {
            let Ok(text) = std::fs::read_to_string(file) else { continue };
            let mut lines: Vec<String> = text.lines().map(String::from).collect();
            let attempt = |lines: &[String]| {
                let _ = std::fs::write(file, lines.join("\n") + "\n");
                fails(module)
            };
            shrink(&mut lines, &start, attempt);
            let _ = std::fs::write(file, lines.join("\n") + "\n");
        }
        if size(&files) == before || start.elapsed().as_secs() > BUDGET {
            return;
        }
    }
}

fn size(files: &[PathBuf]) -> u64 {
    files.iter().filter_map(|f| f.metadata().ok()).map(|m| m.len()).sum()
}

fn go_files(dir: &Path, list: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            go_files(&path, list);
        } else if path.extension().is_some_and(|e| e == "go") {
            list.push(path);
        }
    }
}

/// Takes out runs of lines, from long to short, whose braces are balanced, then pairs of lines around a block.
fn shrink(lines: &mut Vec<String>, start: &Instant, attempt: impl Fn(&[String]) -> bool) {
    let mut length = (lines.len() / 2).max(1);
    loop {
        let mut at = 0;
        while at < lines.len() {
            if start.elapsed().as_secs() > BUDGET {
                return;
            }
            let end = balanced_end(lines, at, length);
            let Some(end) = end else {
                at += 1;
                continue;
            };
            let mut fewer = lines[..at].to_vec();
            fewer.extend_from_slice(&lines[end..]);
            if attempt(&fewer) {
                *lines = fewer;
            } else {
                at += if length > 4 { (end - at) / 2 + 1 } else { 1 };
            }
        }
        if length == 1 {
            break;
        }
        length /= 2;
    }
    let mut at = 0;
    while at < lines.len() && start.elapsed().as_secs() <= BUDGET {
        if let Some(end) = balanced_end(lines, at, 1)
            && end > at + 2
        {
            let mut fewer = lines[..at].to_vec();
            fewer.extend_from_slice(&lines[at + 1..end - 1]);
            fewer.extend_from_slice(&lines[end..]);
            if attempt(&fewer) {
                *lines = fewer;
                continue;
            }
        }
        at += 1;
    }
}

/// The first end of a run of at least `length` lines from `at` on with as many closing as opening braces; `None` if it would close what was
/// opened before.
fn balanced_end(lines: &[String], at: usize, length: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, line) in lines.iter().enumerate().skip(at) {
        let (low, change) = braces(line);
        if depth + low < 0 {
            return (i > at && depth == 0).then_some(i);
        }
        depth += change;
        if depth == 0 && i + 1 - at >= length {
            return Some(i + 1);
        }
    }
    (depth == 0 && lines.len() > at).then_some(lines.len())
}

/// The lowest depth within a line, and the depth at its end.
fn braces(line: &str) -> (i32, i32) {
    let (mut depth, mut low) = (0, 0);
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => {
                depth -= 1;
                low = low.min(depth);
            }
            _ => {}
        }
    }
    (low, depth)
}
