//! The transition is a partial order of actions that can be carried out.

use std::collections::BTreeSet;

use pengine::transition::GraphAction;
use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, NodeState, clusters};

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn no_action_waits_for_itself(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let stuck: Vec<&Action> = plan.graph.stuck().collect();
        // A migration waits like a start and is waited for like a stop (ORD-15), so what it comes after must not be stopped meanwhile.
        let migrates = stuck.iter().any(|action| action.task == "migrate_to");
        let in_vain = !plan.absent().is_empty();
        let excused = migrates || in_vain || is_in_the_way_of_a_connection(&plan);
        prop_assert!(stuck.is_empty() || excused, "these wait for one another: {:?}", stuck);
    }

    #[test]
    fn every_input_is_an_action_of_the_graph(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let actions: BTreeSet<u32> = plan.transition.synapses.iter().map(|synapse| synapse.action.id).collect();
        prop_assert_eq!(actions.len(), plan.transition.synapses.len(), "two actions have the same number");
        let absent: BTreeSet<u32> = plan.absent().iter().map(|action| action.id).collect();
        for input in plan.transition.synapses.iter().flat_map(|synapse| &synapse.inputs) {
            prop_assert!(actions.contains(input) != absent.contains(input), "there is no action {input}");
        }
        for action in plan.absent() {
            prop_assert!(excuse(&plan, action).is_some(), "in vain is waited for {:?}", action);
        }
    }
}

/// Whether the start of a connection is in a loop with something that waits for it: the end of what moves to its node (FENCE-44), or a look
/// at something on it (FENCE-46). What may have to stop before the connection starts, or before it ends, must not be meant by that; it is by
/// constraints, also if it is only looked for (ORD-60), and what runs a guest is by the end of the guest (FENCE-26, ACT-29).
fn is_in_the_way_of_a_connection(plan: &Plan<'_>) -> bool {
    let is_connection = |start: &&Action| {
        let mut connections = plan.cluster.parts().filter(|part| part.role.is_connection());
        start.task == "start" && connections.any(|part| part.is_called(&start.resource))
    };
    let heeds = |action: &&Action| action.interval == 0 && matches!(action.task.as_str(), "stop" | "monitor");
    let is_loop = |start: &Action, then: &Action| plan.graph.has_input(then, start) && plan.graph.waits_for(start, then);
    plan.graph.stuck().filter(is_connection).any(|start| plan.graph.stuck().filter(heeds).any(|then| is_loop(start, then)))
}

/// Why something may be waited for that can't be done.
fn excuse(plan: &Plan<'_>, absent: &GraphAction) -> Option<&'static str> {
    let is_serial = |constraint: &Constraint| match constraint {
        Constraint::Order { kind, .. } | Constraint::OrderSet { kind, .. } => *kind == "Serialize",
        _ => false,
    };
    let colocates = |constraint: &Constraint| match constraint {
        Constraint::Colocation { score, .. } | Constraint::ColocationSet { score, .. } => *score == "INFINITY",
        _ => false,
    };
    let is_one_way = |constraint: &Constraint| matches!(constraint, Constraint::Order { symmetrical: false, .. });
    let is_any_of_some = |constraint: &Constraint| matches!(constraint, Constraint::OrderSet { require_all: false, .. });
    let constraints = &plan.cluster.constraints;
    let begins = matches!(absent.attribute("operation"), Some("start" | "promote"));
    match () {
        () if absent.attribute("operation") == Some("migrate_from") => Some("FENCE-46: before a connection ends"),
        () if constraints.iter().any(is_serial) => Some("GRAPH-24: in a series"),
        () if plan.leaves_something_alone() => Some("GRAPH-24: something is left alone"),
        () if constraints.iter().any(is_one_way) => Some("ORD-73: after a collective that can't start, one way"),
        () if constraints.iter().any(is_any_of_some) => Some("ORD-84: after one of several that can't start"),
        () if plan.cluster.members.contains(&NodeState::Pending) => Some("ORD-60: after a probe that can't be done yet"),
        () if plan.gives_up_a_node() => Some("GRAPH-11: asked of a node that is given up"),
        () if begins && constraints.iter().any(colocates) => Some("COLO-93: blocked when what follows it was settled"),
        () => None,
    }
}
