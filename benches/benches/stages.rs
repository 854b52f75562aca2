//! How long each stage takes on synthetic clusters.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use pengine::{Cib, Placement, Planned, Settings, Snapshot, schedule};
use pengine_benches::{Kind, State, Synthetic};

const CLUSTERS: [(&str, Kind, State); 8] = [
    ("prim-cold", Kind::Primitives, State::Cold),
    ("prim-warm", Kind::Primitives, State::Warm),
    ("prim-failover", Kind::Primitives, State::Failover),
    ("chain-cold", Kind::Chains, State::Cold),
    ("group-cold", Kind::Groups, State::Cold),
    ("group-failover", Kind::Groups, State::Failover),
    ("clone-failover", Kind::Clones, State::Failover),
    ("mixed-failover", Kind::Mixed, State::Failover),
];

fn stages(criterion: &mut Criterion) {
    let settings = Settings { now: 1_700_000_000, ..Settings::default() };
    for (name, kind, state) in CLUSTERS {
        let text = Synthetic { kind, nodes: 20, resources: 400, state }.cib();
        let Ok(cib) = Cib::parse(&text) else { continue };
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        // The floor: what parsing alone costs.
        group.bench_function("roxmltree", |bencher| bencher.iter(|| roxmltree::Document::parse(black_box(&text)).is_ok()));
        group.bench_function("parse", |bencher| bencher.iter(|| Cib::parse(black_box(&text)).is_ok()));
        group.bench_function("read", |bencher| bencher.iter(|| Snapshot::read(black_box(&cib), &settings)));
        let read = || Snapshot::read(&cib, &settings);
        group.bench_function("place", |bencher| bencher.iter_batched(read, Snapshot::place, BatchSize::LargeInput));
        let place = || read().place();
        group.bench_function("plan", |bencher| bencher.iter_batched(place, Placement::plan, BatchSize::LargeInput));
        let plan = || place().plan();
        group.bench_function("select", |bencher| bencher.iter_batched(plan, Planned::select, BatchSize::LargeInput));
        group.bench_function("schedule", |bencher| bencher.iter(|| schedule(black_box(&cib), &settings)));
        let finished = schedule(&cib, &settings);
        group.bench_function("write", |bencher| bencher.iter(|| black_box(&finished).graph()));
        group.finish();
    }
}

/// Time against size: it should grow with resources times nodes.
fn growth(criterion: &mut Criterion) {
    let settings = Settings { now: 1_700_000_000, ..Settings::default() };
    let mut group = criterion.benchmark_group("growth");
    group.sample_size(10);
    for (nodes, resources) in [(10, 200), (20, 400), (40, 800)] {
        let text = Synthetic { kind: Kind::Primitives, nodes, resources, state: State::Cold }.cib();
        let Ok(cib) = Cib::parse(&text) else { continue };
        let size = format!("{nodes}x{resources}");
        group.bench_with_input(BenchmarkId::new("prim-cold", size), &cib, |bencher, cib| {
            bencher.iter(|| schedule(black_box(cib), &settings));
        });
    }
    group.finish();
}

criterion_group!(benches, stages, growth);
criterion_main!(benches);
