//! Nothing is started while it may be active elsewhere.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Fencing, History, Link, Part, clusters};

/// Why a part may be started although it may be active on a node and neither is stopped there first nor is the node fenced.
fn excuse(plan: &Plan<'_>, part: &Part, node: usize, start: &Action) -> Option<&'static str> {
    let meta = plan.meta(part);
    match plan.cluster.options.fencing {
        _ if plan.is_starting(part) => Some("ACT-50: a start is under way"),
        _ if meta.multiple_active == Some("stop_unexpected") && start.node == Some(plan.cluster.node_name(node)) => {
            Some("ACT-54: it is not stopped where it is expected")
        }
        Fencing::Disabled if plan.is_given_up(node) => Some("STATE-45: taken for off"),
        _ if meta.requires.is_some() && plan.is_given_up(node) => Some("FENCE-26, FENCE-29: it does not require fencing"),
        _ if start.task == "migrate_from" && connection_ends(plan, start) => {
            Some("FENCE-46: what arrives goes before the end of the connection, even if it is not sent off")
        }
        _ if plan.is_joined(part, node) => Some("INST-21: a blocked instance of a promotable clone"),
        _ if start.task == "migrate_from" && !part.is_single => {
            Some("ORD-15: an instance may migrate to where another one is still to be stopped")
        }
        _ => None,
    }
}

/// Whether the connection to the node of an action is to end, even if it can't.
fn connection_ends(plan: &Plan<'_>, action: &Action) -> bool {
    let link = plan.node_of(action).and_then(|node| plan.cluster.link(node));
    let ends = |connection: &Part| {
        let is_end = |end: &Action| end.task == "stop" && connection.is_called(&end.resource);
        plan.is_hindered(connection) || plan.graph.actions.iter().any(is_end)
    };
    link.is_some_and(|link| ends(plan.cluster.connection(link)))
}

/// Whether a part that may be active on a node surely is not any more when an action begins.
fn has_left(plan: &Plan<'_>, part: &Part, node: usize, then: &Action) -> bool {
    let name = plan.cluster.node_name(node);
    let leaves = ["stop", "migrate_to"].iter().filter_map(|task| plan.graph.at_node(part, task, &name));
    // A connection is gone with what it leads to.
    let support =
        part.role.support().and_then(|support| plan.graph.at_node(&plan.cluster.parts_of(part.resource)[support], "stop", &name));
    leaves.chain(plan.graph.fencing_of(&name)).chain(support).any(|action| plan.graph.precedes(action, then))
}

/// Whether nothing can be looked for on a node: one that ought to be fenced and can't (ACT-43), or one whose connection has to go and can't, or
/// could not be made again (FENCE-48). If it goes or should go for lack of quorum (ACT-11), since what it comes after can't start, since what
/// launches it is left alone (FENCE-37), or since another guest can't be given up (FENCE-26), looks were planned as if it stayed.
fn is_out_of_sight(plan: &Plan<'_>, node: usize) -> bool {
    let cluster = plan.cluster;
    let goes = |connection: &Part| plan.graph.of_part(connection).any(|end| end.task == "stop");
    // A container comes after its address.
    let depends = |link: &Link| {
        cluster.resources[link.resource].is_bundle() || cluster.constraints.iter().any(|at| at.depends(link.resource))
    };
    let is_lost = |link: &Link| {
        let connection = cluster.connection(link);
        let is_kept = |launcher: &Part| plan.is_partly_left_alone(launcher);
        let is_stranded = cluster.launcher(link).is_some_and(is_kept) || cluster.nodes().any(|node| plan.is_left_unclean(node));
        let may_surprise = !cluster.options.has_quorum || depends(link) || is_stranded;
        let is_surprising = may_surprise && (goes(connection) || plan.is_partly_left_alone(connection));
        is_surprising || plan.is_hindered(connection) || plan.is_frozen(connection)
    };
    plan.is_left_unclean(node) || cluster.link(node).is_some_and(is_lost)
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_may_be_active_elsewhere_is_stopped_there_first(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations().filter(|(part, _)| part.is_single) {
            for node in cluster.may_be_active_on(part) {
                let is_safe = has_left(&plan, part, node, start) || excuse(&plan, part, node, start).is_some();
                prop_assert!(is_safe, "{} while it may be active on {}", start.key(), cluster.node_name(node));
            }
        }
    }

    #[test]
    fn an_instance_is_stopped_before_it_is_started_on_its_node(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            for node in cluster.may_be_active_on(part).filter(|&node| Some(cluster.node_name(node)) == start.node) {
                let is_safe = has_left(&plan, part, node, start) || excuse(&plan, part, node, start).is_some();
                prop_assert!(is_safe, "{} while it may be active there", start.key());
            }
        }
    }

    #[test]
    fn what_is_not_known_is_looked_for_before_it_is_started(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            let unknown = |&node: &usize| {
                let is_known = cluster.history(part, node) != History::Nothing;
                !is_known && cluster.can_run(part, node) && (cluster.obeys(node) || plan.is_being_reached(node))
            };
            for node in cluster.nodes().filter(unknown) {
                let name = cluster.node_name(node);
                let known = plan.graph.at_node(part, "monitor", &name).into_iter().chain(plan.graph.fencing_of(&name));
                // What is on a machine that stops will be gone then (ACT-44).
                let launcher = cluster.link(node).and_then(|link| cluster.launcher(link));
                let ends: Vec<&Action> = launcher.into_iter().flat_map(|launcher| plan.graph.of_part(launcher)).collect();
                let known = known.chain(ends.iter().copied().filter(|end| end.task == "stop"));
                // If it migrates, its stop is none that anybody waits for (GRAPH-21); what migrates itself waits for no such stop (ORD-15).
                let goes_unnoticed = start.task == "migrate_from" && !ends.is_empty();
                let migrates = ends.iter().any(|end| end.task == "migrate_to");
                let cannot_look = migrates || goes_unnoticed || is_out_of_sight(&plan, node);
                let is_known = cannot_look || known.into_iter().any(|known| plan.graph.precedes(known, start));
                prop_assert!(is_known || excuse(&plan, part, node, start).is_some(), "{} without a look at {}", start.key(), cluster.node_name(node));
            }
        }
    }
}
