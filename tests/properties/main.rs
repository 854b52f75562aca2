//! What holds for any cluster, tried on many random ones.
//!
//! The seed is fixed, so that a run can be repeated; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` in the environment try others, and more. Seeds
//! of failures are kept in `regressions.txt` and tried first.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod absent;
mod bytes;
mod care;
mod connections;
mod constraints;
mod fencing;
mod graph;
mod once;
mod places;
mod plan;
mod quorum;
mod random_cluster;
#[path = "../repeatable.rs"]
mod repeatable;
mod rest;
mod scores;
mod shape;

use pengine::simulate::{SessionOptions, simulate};
use pengine::{Cib, Settings};
use pengine_tests::{REAL_NOW, merged};
use proptest::test_runner::Config;

/// So many cases unless the environment says otherwise.
fn config(cases: u32) -> Config {
    repeatable::config(cases, Some("properties/regressions.txt"))
}

fn parse(text: &str) -> Cib {
    Cib::parse(text).expect("the generated cluster is a CIB")
}

fn settings() -> Settings {
    Settings { now: REAL_NOW, ..Settings::default() }
}

/// All that a simulation puts out, and the graph.
fn outputs(text: &str) -> (String, String) {
    let wanted = SessionOptions { process: true, execute: true, show_scores: true, graph: true, ..SessionOptions::default() };
    let options = SessionOptions { real_now: REAL_NOW, ..wanted };
    let session = simulate(parse(text), &options).expect("the states of all nodes are known");
    (merged(&session.output), session.graph.expect("it was asked for"))
}
