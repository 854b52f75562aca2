//! Where primitives go, compared with a model that is worked out from the definition alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cluster;
mod model;
#[path = "../repeatable.rs"]
mod repeatable;

use pengine::report::document::ScoreEntry;
use pengine::simulate::{SessionOptions, simulate};
use pengine::{Cib, Settings, Snapshot};
use pengine_tests::REAL_NOW;
use proptest::prelude::*;
use proptest::test_runner::Config;

use cluster::{NODES, RESOURCES, SmallCluster, small_clusters};
use model::Table;

/// Clusters are small, so that many can be tried.
const CASES: u32 = 3000;

fn config() -> Config {
    repeatable::config(CASES, Some("oracle/regressions.txt"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn primitives_are_scored_as_the_model_scores_them(cluster in small_clusters()) {
        prop_assert_eq!(scores(&cluster), model::place(&cluster).1);
    }

    #[test]
    fn primitives_go_where_the_model_sends_them(cluster in small_clusters()) {
        prop_assert_eq!(places(&cluster), model::place(&cluster).0);
    }
}

/// The engine's scores when it assigned each primitive.
fn scores(cluster: &SmallCluster) -> Vec<Table> {
    let cib = Cib::parse(cluster.to_xml()).expect("the generated cluster is a CIB");
    let settings = Settings { now: REAL_NOW, keep_scores: true, ..Settings::default() };
    let mut tables = vec![vec![0; cluster.nodes.len()]; cluster.primitives.len()];
    for entry in pengine::schedule(&cib, &settings).scores() {
        let ScoreEntry::Assignment { resource, node, score, .. } = entry else { continue };
        let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).expect("it is one of the cluster");
        tables[place(&RESOURCES, &resource)][place(&NODES, &node)] = score.value();
    }
    tables
}

/// Where primitives are when all has been done that the engine wants.
fn places(cluster: &SmallCluster) -> Vec<Option<usize>> {
    let cib = Cib::parse(cluster.to_xml()).expect("the generated cluster is a CIB");
    let options = SessionOptions { process: true, execute: true, real_now: REAL_NOW, ..SessionOptions::default() };
    let session = simulate(cib, &options).expect("the states of all nodes are known");
    let settings = Settings { now: REAL_NOW, ..Settings::default() };
    let status = Snapshot::read(&session.cib, &settings).status();
    let place = |name: &str| {
        let primitive = status.primitives().into_iter().find(|primitive| primitive.id == name)?;
        let node = primitive.nodes.first()?;
        NODES.iter().position(|known| *known == node.name)
    };
    RESOURCES.iter().take(cluster.primitives.len()).map(|name| place(name)).collect()
}
