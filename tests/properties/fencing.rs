//! What ran on a node that is lost counts as stopped when the node is fenced, and not before.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Care, Fencing, History, NodeState, RandomCluster, clusters};

/// Whether a lost node can be fenced (STATE-60).
fn can_be_fenced(cluster: &RandomCluster, node: usize) -> bool {
    let is_online = cluster.members[node] == NodeState::ControllerLost;
    cluster.options.fencing == Fencing::Enabled && (cluster.options.has_quorum || cluster.options.policy == "ignore" || is_online)
}

/// Whether the action is one that waits for all fencings (FENCE-26).
fn waits_for_fencings(plan: &Plan<'_>, action: &Action) -> bool {
    let requires = plan.cluster.parts().find(|part| part.is_called(&action.resource)).map(|part| plan.meta(part).requires);
    let is_wanted = plan.cluster.options.fencing != Fencing::Disabled;
    is_wanted && matches!(action.task.as_str(), "start" | "promote") && action.is_real() && requires == Some(None)
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn nothing_is_asked_of_a_node_that_does_not_obey(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (number, state) in cluster.members.iter().enumerate().filter(|(_, state)| !state.obeys()) {
            let name = cluster.node_name(number);
            let asked = plan.graph.done().find(|action| action.is_real() && action.node.as_ref() == Some(&name));
            prop_assert!(asked.is_none(), "{} of a node that is {state:?}", asked.map(Action::key).unwrap_or_default());
        }
    }

    #[test]
    fn a_lost_node_is_fenced_where_that_is_possible(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let is_managed = cluster.resources.iter().any(|resource| resource.meta.care == Care::Managed) && !cluster.options.maintenance;
        for (number, state) in cluster.members.iter().enumerate().filter(|(_, state)| state.is_lost()) {
            let is_fenced = plan.graph.fencing_of(&cluster.node_name(number)).is_some();
            let expected = can_be_fenced(&cluster, number);
            prop_assert!(!is_fenced || expected, "{} is fenced", cluster.node_name(number));
            prop_assert!(is_fenced || !expected || !is_managed, "{} is {state:?} and not fenced", cluster.node_name(number));
        }
    }

    #[test]
    fn a_guest_whose_machine_or_container_failed_is_given_up(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for link in &cluster.links {
            let Some(launcher) = cluster.launcher(link).filter(|part| plan.meta(part).on_fail.is_none()) else { continue };
            let active: Vec<usize> = cluster.may_be_active_on(launcher).collect();
            let &[host] = active.as_slice() else { continue };
            // A failure on a node that is to be fenced has no consequence of its own (HIST-53).
            let counts = cluster.obeys(host) && !plan.is_given_up(host);
            let failed = counts && cluster.history(launcher, host) == History::MonitorFailed;
            // Whether what waits may wait in vain is another property.
            let gives_up = |action: &Action| action.task == "stonith" && action.resource == cluster.connection(link).name;
            let is_given_up = plan.graph.actions.iter().any(gives_up);
            // What launches it may not be able to stop, since something that comes after it can't (ORD-66).
            let is_kept = plan.is_partly_left_alone(launcher) || plan.is_hindered(launcher);
            let holds = is_given_up || !failed || is_kept;
            prop_assert!(holds, "{} goes on without {}", cluster.connection(link).name, launcher.name);
        }
    }

    #[test]
    fn starts_and_promotions_wait_for_all_fencings(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for action in plan.graph.done().filter(|action| waits_for_fencings(&plan, action)) {
            for fencing in plan.graph.fencings() {
                prop_assert!(plan.graph.precedes(fencing, action), "{} does not wait for {}", action.key(), fencing.key());
            }
        }
    }

    #[test]
    fn what_runs_on_a_fenced_node_only_stops_by_fencing(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| part.is_single) {
            let active: Vec<usize> = cluster.may_be_active_on(part).collect();
            let &[node] = active.as_slice() else { continue };
            let needs_fencing = plan.meta(part).requires.is_none() && plan.left_alone(part, node).is_none();
            let Some(fencing) = plan.graph.fencing_of(&cluster.node_name(node)).filter(|_| needs_fencing) else { continue };
            for stop in plan.graph.of_part(part).filter(|action| action.task == "stop") {
                prop_assert!(!stop.is_real(), "{} is asked of a node that is fenced", stop.key());
                prop_assert!(plan.graph.precedes(fencing, stop), "{} counts before {}", stop.key(), fencing.key());
            }
        }
    }
}
