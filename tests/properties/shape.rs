//! The transition is a partial order of actions that can be carried out.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::absent::Absent;
use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{PartRole, clusters};

proptest! {
    #![proptest_config(config(192))]

    #[test]
    fn no_action_waits_for_itself(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let looped: Vec<&Action> = plan.graph.stuck().filter(|action| plan.graph.waits_for(action, action)).collect();
        // A migration waits like a start and is waited for like a stop (ORD-15), so what it comes after must not be stopped meanwhile.
        let migrates = looped.iter().any(|action| action.task == "migrate_to");
        let excused = migrates || is_in_the_way_of_a_connection(&plan) || is_in_the_way_of_a_machine(&plan);
        prop_assert!(looped.is_empty() || excused, "these wait for one another: {:?}", looped);
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
            let excuse = Absent::of(&plan, action).and_then(|absent| absent.excuse());
            prop_assert!(excuse.is_some(), "in vain is waited for {:?}", action);
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

/// Whether a machine can't stop, since instances are to stop before it of which one is on its guest and counts as stopped when the machine
/// is; only where such an order is about that one itself it does not count (FENCE-49).
fn is_in_the_way_of_a_machine(plan: &Plan<'_>) -> bool {
    let is_machine = |stop: &&Action| {
        let mut machines = plan.cluster.parts().filter(|part| part.role == PartRole::Machine);
        stop.task == "stop" && machines.any(|part| part.is_called(&stop.resource))
    };
    let fencings = || plan.graph.stuck().filter(|action| action.task == "stonith");
    let is_loop = |stop: &Action, gone: &Action| plan.graph.waits_for(gone, stop) && plan.graph.waits_for(stop, gone);
    plan.graph.stuck().filter(is_machine).any(|stop| fencings().any(|gone| is_loop(stop, gone)))
}
