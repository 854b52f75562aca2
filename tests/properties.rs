//! What holds for any cluster, tried on many small random ones.
//!
//! The seed is fixed, so that a run can be repeated; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` in the environment try others, and more.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod random_cluster;

use std::collections::BTreeSet;

use pengine::cib::Score;
use pengine::report::document::ResourceStatus;
use pengine::simulate::{SessionOptions, simulate};
use pengine::transition::{ElementKind, Transition};
use pengine::{Cib, Settings, Snapshot};
use pengine_tests::{REAL_NOW, merged};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use random_cluster::{RandomCluster, clusters};

/// How often a cluster may have to be scheduled before there is nothing left to do.
const ROUNDS: usize = 3;

fn config() -> Config {
    let config = Config::default();
    let rng_seed = if config.rng_seed == RngSeed::Random { RngSeed::Fixed(1) } else { config.rng_seed };
    Config { rng_seed, failure_persistence: None, ..config }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_same_input_gives_the_same_bytes(cluster in clusters()) {
        let text = cluster.to_xml();
        prop_assert_eq!(outputs(&text), outputs(&text));
    }

    #[test]
    fn every_input_is_an_action_of_the_graph(cluster in clusters()) {
        let (cib, settings) = (parse(&cluster.to_xml()), settings());
        let schedule = pengine::schedule(&cib, &settings);
        let transition = schedule.transition();
        prop_assert_eq!(schedule.graph(), transition.to_xml(), "the graph differs from its value");
        let synapses = transition.synapses;
        let actions: BTreeSet<u32> = synapses.iter().map(|synapse| synapse.action.id).collect();
        prop_assert_eq!(actions.len(), synapses.len(), "two actions have the same number");
        for input in synapses.iter().flat_map(|synapse| &synapse.inputs) {
            prop_assert!(actions.contains(input), "there is no action {input}");
        }
    }

    #[test]
    fn what_scores_are_made_of_adds_up_and_changes_nothing(cluster in clusters()) {
        let (cib, settings) = (parse(&cluster.to_xml()), settings());
        let asking = Settings { keep_causes: true, ..settings.clone() };
        let asked = pengine::schedule(&cib, &asking);
        prop_assert_eq!(asked.graph(), pengine::schedule(&cib, &settings).graph());
        for sheet in asked.score_sheets() {
            for at in &sheet.nodes {
                let sum = at.contributions.iter().fold(Score::ZERO, |sum, next| sum + next.score);
                prop_assert_eq!(sum, at.score, "{} on {}: {:?}", sheet.resource, at.node, at.contributions);
            }
        }
    }

    #[test]
    fn a_cluster_comes_to_rest(cluster in clusters()) {
        let mut cib = parse(&cluster.to_xml());
        for _ in 0..ROUNDS {
            prop_assert!(carry_out(&mut cib).1, "the transition could not be carried out to its end");
            prop_assert_eq!(active_twice(&cluster, &cib), None);
        }
        let (rest, _) = carry_out(&mut cib);
        let actions = rest.synapses.iter().map(|synapse| &synapse.action);
        // An instance that may not start leaves pseudo-actions behind, which do nothing.
        let real = actions.filter(|action| action.kind != ElementKind::Pseudo);
        let rest: Vec<_> = real.filter_map(|action| action.attribute("operation_key")).collect();
        prop_assert!(rest.is_empty(), "still to do after {} rounds: {:?}", ROUNDS, rest);
    }
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

/// Schedules and carries the transition out: the transition, and whether all of it could be done.
fn carry_out(cib: &mut Cib) -> (Transition, bool) {
    let options =
        SessionOptions { process: true, execute: true, transition: true, real_now: REAL_NOW, ..SessionOptions::default() };
    let session = simulate(cib.clone(), &options).expect("the states of all nodes are known");
    *cib = session.cib;
    (session.transition.expect("it was asked for"), session.complete)
}

/// A primitive outside of clones that is active on several nodes.
fn active_twice(cluster: &RandomCluster, cib: &Cib) -> Option<String> {
    let settings = settings();
    let resources = Snapshot::read(cib, &settings).status().resources;
    let singles = cluster.single_primitives();
    let primitives = resources.iter().flat_map(|resource| match resource {
        ResourceStatus::Group(group) => group.members.as_slice(),
        other => std::slice::from_ref(other),
    });
    let mut found = primitives.filter_map(|resource| match resource {
        ResourceStatus::Primitive(primitive) if primitive.nodes.len() > 1 => Some(primitive.id.clone()),
        _ => None,
    });
    found.find(|name| singles.contains(name))
}
