//! A node that is reached through a resource is there while that resource is active, and what runs on it depends on that.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{NodeState, Part, PartRole, clusters};

/// What makes a part active, or ends that.
fn turns<'p>(plan: &'p Plan<'_>, part: &Part, tasks: &[&str]) -> Vec<&'p Action> {
    plan.graph.of_part(part).filter(|action| action.is_real() && tasks.contains(&action.task.as_str())).collect()
}

/// What begins and what ends a part's being there.
const BEGINS: [&str; 2] = ["start", "migrate_from"];
const ENDS: [&str; 2] = ["stop", "migrate_to"];

/// Whether a connection is active on a node that can be told to do something, whether or not it failed. A guest counts as reached as long as
/// its host is a member, even if nothing is heard of that, or if there are several hosts; so does a remote node whose connection is left
/// alone (STATE-53).
fn is_active(plan: &Plan<'_>, connection: &Part) -> bool {
    let hosts: Vec<usize> = plan.cluster.may_be_active_on(connection).collect();
    let is_trusted = connection.role != PartRole::Remote || plan.is_partly_left_alone(connection);
    let counts = |host: usize| is_trusted && (hosts.len() > 1 || plan.member(host) == Some(NodeState::ControllerLost));
    hosts.iter().any(|&host| plan.cluster.obeys(host) || counts(host))
}

/// Whether an action is part of the migration of something to another node.
fn migrates(plan: &Plan<'_>, action: &Action) -> bool {
    let is_of_it = |other: &Action| (&other.resource, &other.node) == (&action.resource, &action.node);
    plan.graph.done().any(|other| other.task == "migrate_to" && is_of_it(other))
}

/// Whether something starts that could have migrated there: what its start waits for is waited for by the migration then, even if that is
/// given up (ORD-15).
fn could_migrate(plan: &Plan<'_>, action: &Action) -> bool {
    let migrates = |part: &&Part| part.is_called(&action.resource) && plan.meta(part).allow_migrate;
    let mut parts = plan.cluster.parts().filter(migrates);
    action.task == "start" && parts.any(|part| plan.cluster.may_be_active_on(part).next().is_some())
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_is_done_on_a_node_is_done_while_it_is_reached(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        // Something may migrate to a node that is not there yet, since that only heeds the end of the connection (FENCE-46, FENCE-52);
        // notifications heed nothing (FENCE-50), nor does the end of a repetition on a guest (FENCE-52).
        let heeds = |action: &&Action| action.is_real() && !matches!(action.task.as_str(), "migrate_from" | "notify");
        for action in plan.graph.done().filter(heeds) {
            let Some(link) = plan.node_of(action).and_then(|node| cluster.link(node)) else { continue };
            let connection = cluster.connection(link);
            let ends_repetition = action.task == "cancel" && link.launcher.is_some();
            // What ends on a guest heeds the end of the connection alone (FENCE-52).
            let ends_on_guest = matches!(action.task.as_str(), "stop" | "demote") && link.launcher.is_some();
            // What is promoted on a guest that failed is told to demote all the same (FENCE-32), and so it is while a connection that failed
            // is not made anew (FENCE-46).
            let failed = cluster.nodes().any(|host| cluster.history(connection, host).failure(connection).is_some());
            let demotes = action.task == "demote" && (failed || plan.graph.fencing_of(&connection.name).is_some());
            if ends_repetition || demotes || could_migrate(&plan, action) {
                continue;
            }
            // A connection that is active twice and stays where it is expected starts only in name (ACT-54).
            let mut begins = plan.graph.of_part(connection).filter(|start| BEGINS.contains(&start.task.as_str()));
            let is_new = begins.any(|start| plan.graph.precedes(start, action));
            let is_still_there = || {
                // What migrates may do so while the connection does (ORD-15).
                let ends = if migrates(&plan, action) { &ENDS[..1] } else { &ENDS };
                let mut ends = turns(&plan, connection, ends).into_iter();
                (ends_on_guest || is_active(&plan, connection)) && ends.all(|end| plan.graph.precedes(action, end))
            };
            prop_assert!(is_new || is_still_there(), "{} while {} is not reached", action.key(), connection.name);
        }
    }

    #[test]
    fn what_is_based_on_a_machine_or_container_starts_after_it_and_stops_before(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts() {
            let Some(support) = part.role.support().map(|support| &cluster.parts_of(part.resource)[support]) else { continue };
            // A container needs its address before it starts.
            let (first, then) = if matches!(part.role, PartRole::Address { .. }) { (part, support) } else { (support, part) };
            for start in turns(&plan, first, &["start"]) {
                for dependent in turns(&plan, then, &["start"]) {
                    prop_assert!(plan.graph.precedes(start, dependent), "{} before {}", dependent.key(), start.key());
                }
            }
            for stop in turns(&plan, first, &["stop"]) {
                for dependent in turns(&plan, then, &["stop"]) {
                    prop_assert!(plan.graph.precedes(dependent, stop), "{} before {}", stop.key(), dependent.key());
                }
            }
        }
    }

    #[test]
    fn what_a_machine_or_container_runs_is_gone_when_it_is(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for node in cluster.nodes() {
            let Some(launcher) = cluster.link(node).and_then(|link| cluster.launcher(link)) else { continue };
            let Some(gone) = plan.graph.fencing_of(&cluster.node_name(node)) else { continue };
            prop_assert!(!gone.is_real(), "{} is asked of a device", gone.key());
            let has_left = |host: &usize| {
                let name = cluster.node_name(*host);
                let mut left = plan.graph.at_node(launcher, "stop", &name).into_iter().chain(plan.graph.fencing_of(&name));
                left.any(|left| plan.graph.precedes(left, gone))
            };
            let hosts: Vec<usize> = cluster.may_be_active_on(launcher).filter(|&host| plan.knows(host)).collect();
            // What does not need fencing counts as stopped before (FENCE-29); of something that is active twice one stop counts (FENCE-35).
            let is_lax = plan.meta(launcher).requires.is_some();
            prop_assert!(hosts.is_empty() || is_lax || hosts.iter().any(has_left), "{} while {} may be active", gone.key(), launcher.name);
        }
    }
}
