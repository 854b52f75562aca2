//! Nothing is started while it may be active elsewhere.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Fencing, History, Part, clusters, node_name};

/// Why a part may be started although it may be active on a node and neither is stopped there first nor is the node fenced.
fn excuse(plan: &Plan<'_>, part: &Part, node: usize, start: &Action) -> Option<&'static str> {
    let resource = plan.resource(part);
    match plan.cluster.options.fencing {
        _ if plan.is_starting(part) => Some("ACT-50: a start is under way"),
        _ if resource.meta.multiple_active == Some("stop_unexpected") && start.node == Some(node_name(node)) => {
            Some("ACT-54: it is not stopped where it is expected")
        }
        Fencing::Disabled if plan.node(node).is_lost() => Some("STATE-45: taken for off"),
        _ if resource.meta.requires.is_some() && plan.is_given_up(node) => {
            Some("FENCE-26, FENCE-29: it does not require fencing")
        }
        _ if start.task == "migrate_from" && !resource.has_single_parts() => {
            Some("ORD-15: an instance may migrate to where another one is still to be stopped")
        }
        _ => None,
    }
}

/// Whether a part that may be active on a node surely is not any more when an action begins.
fn has_left(plan: &Plan<'_>, part: &Part, node: usize, then: &Action) -> bool {
    let name = node_name(node);
    let leaves = ["stop", "migrate_to"].iter().filter_map(|task| plan.graph.at_node(part, task, &name));
    leaves.chain(plan.graph.fencing_of(&name)).any(|action| plan.graph.precedes(action, then))
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_may_be_active_elsewhere_is_stopped_there_first(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations().filter(|(part, _)| plan.resource(part).has_single_parts()) {
            for node in cluster.may_be_active_on(&part) {
                let is_safe = has_left(&plan, &part, node, start) || excuse(&plan, &part, node, start).is_some();
                prop_assert!(is_safe, "{} while it may be active on {}", start.key(), node_name(node));
            }
        }
    }

    #[test]
    fn an_instance_is_stopped_before_it_is_started_on_its_node(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            for node in cluster.may_be_active_on(&part).filter(|&node| Some(node_name(node)) == start.node) {
                let is_safe = has_left(&plan, &part, node, start) || excuse(&plan, &part, node, start).is_some();
                prop_assert!(is_safe, "{} while it may be active there", start.key());
            }
        }
    }

    #[test]
    fn what_is_not_known_is_looked_for_before_it_is_started(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            let unknown = |&node: &usize| cluster.nodes[node].obeys() && cluster.history(&part, node) == History::Nothing;
            for node in (0..cluster.nodes.len()).filter(unknown) {
                let name = node_name(node);
                let known = plan.graph.at_node(&part, "monitor", &name).into_iter().chain(plan.graph.fencing_of(&name));
                let is_known = known.into_iter().any(|known| plan.graph.precedes(known, start));
                prop_assert!(is_known || excuse(&plan, &part, node, start).is_some(), "{} without a look at {}", start.key(), node_name(node));
            }
        }
    }
}
