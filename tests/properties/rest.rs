//! A cluster comes to rest: carried out to its end a few times, a transition leaves nothing to do.

use std::collections::BTreeSet;

use pengine::simulate::{SessionOptions, simulate};
use pengine::transition::{ElementKind, GraphAction, Transition};
use pengine::{Cib, Snapshot};
use pengine_tests::REAL_NOW;
use proptest::prelude::*;

use crate::graph::Graph;
use crate::places::is_banned;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, Kind, Part, RandomCluster, Resource, clusters, node_name};
use crate::{config, parse, settings};

/// How often a cluster may have to be scheduled before there is nothing left to do.
const ROUNDS: usize = 4;

/// Schedules and carries the transition out: the transition, and whether all of it could be done.
fn carry_out(cib: &mut Cib) -> (Transition, bool) {
    let wanted = SessionOptions { process: true, execute: true, transition: true, ..SessionOptions::default() };
    let options = SessionOptions { real_now: REAL_NOW, ..wanted };
    let session = simulate(cib.clone(), &options).expect("the states of all nodes are known");
    *cib = session.cib;
    (session.transition.expect("it was asked for"), session.complete)
}

/// Whether an action of a transition changes anything. An instance that may not start leaves pseudo-actions behind, which do nothing; a
/// simulated shutdown takes no node off; what can't be done is announced all the same, each time (the older program does it, too).
fn changes(action: &GraphAction, transition: &Transition) -> bool {
    let is_done = |task: &str| {
        let mut actions = transition.synapses.iter().map(|synapse| &synapse.action);
        actions.any(|action| action.kind == ElementKind::Resource && action.attribute("operation") == Some(task))
    };
    action.kind != ElementKind::Pseudo
        && match action.attribute("operation") {
            Some("do_shutdown") => false,
            Some("notify") => action.detail("CRM_meta_notify_operation").is_some_and(is_done),
            _ => true,
        }
}

/// A primitive that may run only once and is active on several nodes.
fn active_twice(cluster: &RandomCluster, cib: &Cib) -> Option<String> {
    let settings = settings();
    let status = Snapshot::read(cib, &settings).status();
    let singles: Vec<_> = cluster.parts().filter(|part| cluster.resources[part.resource].has_single_parts()).collect();
    let twice = status
        .primitives()
        .into_iter()
        .filter(|primitive| primitive.nodes.iter().filter(|node| node.online).count() > 1)
        .map(|primitive| primitive.id.clone());
    twice.into_iter().find(|name| singles.iter().any(|part| part.name == *name))
}

/// A primitive that is active, when all is at rest, where a location bans it.
fn where_banned(cluster: &RandomCluster, cib: &Cib) -> Option<String> {
    let settings = settings();
    let status = Snapshot::read(cib, &settings).status();
    let is_banned = |part: &Part, name: &str| {
        let mut obeying = (0..cluster.nodes.len()).filter(|&node| cluster.nodes[node].obeys());
        obeying.any(|node| node_name(node) == name && is_banned(cluster, part.resource, node))
    };
    let found = |part: &Part| {
        let primitives = status.primitives().into_iter().filter(|primitive| part.is_called(&primitive.id));
        primitives.flat_map(|primitive| &primitive.nodes).any(|node| is_banned(part, &node.name))
    };
    cluster.parts().find(found).map(|part| part.name)
}

/// Clusters without constraints that keep them from coming to rest.
fn settling_clusters() -> impl Strategy<Value = RandomCluster> {
    clusters().prop_map(|mut cluster| {
        let RandomCluster { constraints, resources, .. } = &mut cluster;
        let mut pairs = BTreeSet::new();
        constraints.retain(|constraint| !is_unwelcome(constraint, resources) && !contradicts(constraint, &mut pairs));
        cluster
    })
}

/// Whether it keeps a clone or bundle away from something: where the others are is not known yet when an instance is assigned (COLO-61), and
/// an instance that is unwelcome on its own node is not known again there.
fn is_unwelcome(constraint: &Constraint, resources: &[Resource]) -> bool {
    let is_many = |&number: &usize| !matches!(resources[number].kind, Kind::Primitive | Kind::Group { .. });
    match constraint {
        Constraint::Location { resource, score, .. } | Constraint::LocationElsewhere { resource, score, .. } => {
            *score == "-100" && is_many(resource)
        }
        Constraint::Colocation { pair, score } => score.starts_with('-') && (is_many(&pair.dependent) || is_many(&pair.primary)),
        Constraint::ColocationSet { resources, score, .. } => score.starts_with('-') && resources.iter().any(is_many),
        _ => false,
    }
}

/// Whether it may contradict another colocation, so that neither place is good enough to stay (COLO-24).
fn contradicts(constraint: &Constraint, pairs: &mut BTreeSet<(usize, usize)>) -> bool {
    match constraint {
        Constraint::Colocation { pair, .. } => !pairs.insert((pair.dependent, pair.primary)),
        Constraint::ColocationSet { .. } => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn a_cluster_comes_to_rest(cluster in settling_clusters()) {
        // Repetitions of what is left alone are begun and ended in turns; a failure that is ignored is forgotten each time, and stays in
        // the history of a simulation (HIST-71).
        let ignores_failures = cluster.resources.iter().any(|resource| resource.meta.on_fail == Some("ignore"));
        if ignores_failures || Plan::of(&cluster).leaves_something_alone() {
            return Ok(());
        }
        let mut cib = parse(&cluster.to_xml());
        for _ in 0..ROUNDS {
            let (transition, is_complete) = carry_out(&mut cib);
            let graph = Graph::of(&transition);
            prop_assert_eq!(is_complete, graph.stuck().next().is_none(), "what can be done is done to the end");
            if !is_complete {
                // What waits in vain does so in every round; whether it may is another property.
                return Ok(());
            }
            prop_assert_eq!(active_twice(&cluster, &cib), None);
        }
        let (rest, _) = carry_out(&mut cib);
        let left = rest.synapses.iter().map(|synapse| &synapse.action).filter(|action| changes(action, &rest));
        let left: Vec<_> = left.filter_map(|action| action.attribute("operation_key")).collect();
        prop_assert!(left.is_empty(), "still to do after {} rounds: {:?}", ROUNDS, left);
        prop_assert_eq!(where_banned(&cluster, &cib), None);
    }
}
