//! MB/s of scanner and parser, lines/s of the checker on one processor, over the standard library.
//!
//!     BURROW_GOROOT=... cargo bench --manifest-path bench/stages/Cargo.toml

use std::hint::black_box;

use burrow_stages::{check, load, texts};
use burrow_syntax::{FileSet, Mode, count_tokens, parse_file};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};

fn stages(c: &mut Criterion) {
    let files = FileSet::new();
    let graph = load(&files);
    let texts = texts(&graph);
    let bytes: usize = texts.iter().map(|(_, t)| t.len()).sum();
    let lines: usize = texts.iter().map(|(_, t)| t.lines().count()).sum();

    let mut group = c.benchmark_group("std");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("scan", |b| {
        b.iter(|| texts.iter().map(|(_, t)| count_tokens(black_box(t))).sum::<usize>());
    });
    group.bench_function("parse", |b| {
        b.iter(|| {
            let files = FileSet::new();
            for (name, text) in &texts {
                let base = files.add_file(name, text.len()).expect("room");
                let mode = Mode { std: true, runtime: true, ..Mode::default() };
                black_box(parse_file(&files, name, base, text.as_bytes(), mode));
            }
        });
    });
    group.throughput(Throughput::Elements(lines as u64));
    group.bench_function("check", |b| b.iter(|| assert_eq!(check(&files, black_box(&graph)), 0)));
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
