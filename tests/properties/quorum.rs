//! Without quorum nothing is begun but what the policy allows.

use proptest::prelude::*;

use crate::config;
use crate::plan::Plan;
use crate::random_cluster::{Care, Fencing, History, NodeState, Options, Part, RandomCluster, clusters};

/// Clusters without quorum.
fn partitions(policy: &'static str) -> impl Strategy<Value = RandomCluster> {
    clusters().prop_map(move |mut cluster| {
        cluster.options = Options { has_quorum: false, policy, ..cluster.options };
        cluster
    })
}

fn needs_quorum(plan: &Plan<'_>, part: &Part) -> bool {
    plan.meta(part).requires != Some("nothing")
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn stop_begins_nothing_and_stops_all(cluster in partitions("stop")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part) && !plan.is_partly_left_alone(part)) {
            let begun = plan.graph.of_part(part).find(|action| action.activates() || action.task == "promote");
            prop_assert!(begun.is_none(), "{:?}", begun);
            // What stops after something that is left alone, or is lost with its node, can't stop (ORD-66); whether other stops may wait in
            // vain is another property. What is active twice stays on its own node with this policy (ACT-54).
            let waits = plan.graph.stuck().any(|action| action.task == "stop" && part.is_called(&action.resource));
            let may_wait = waits || plan.leaves_something_alone() || plan.gives_up_a_node();
            let may_wait = may_wait || plan.meta(part).multiple_active == Some("stop_unexpected");
            for node in cluster.may_be_active_on(part).filter(|&node| cluster.obeys(node) && !may_wait) {
                prop_assert!(!plan.ends_on(part, node), "{} is left running on {}", part.name, cluster.node_name(node));
            }
        }
    }

    #[test]
    fn freeze_begins_nothing_new(cluster in partitions("freeze")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part)) {
            let is_active = cluster.may_be_active_on(part).next().is_some();
            let is_promoted = cluster.nodes().any(|node| cluster.history(part, node) == History::Promoted);
            let begun = plan.graph.of_part(part).find(|action| {
                (action.activates() && !is_active) || (action.task == "promote" && !is_promoted)
            });
            prop_assert!(begun.is_none(), "{:?}", begun);
        }
    }

    #[test]
    fn demote_promotes_nothing(cluster in partitions("demote")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part)) {
            let is_promotable = plan.resource(part).is_promotable();
            let begun = plan.graph.of_part(part).find(|action| {
                action.task == "promote" || (action.activates() && !is_promotable)
            });
            prop_assert!(begun.is_none(), "{:?}", begun);
        }
    }

    #[test]
    fn ignore_makes_no_difference(cluster in partitions("ignore")) {
        let mut quorate = cluster.clone();
        quorate.options.has_quorum = true;
        prop_assert_eq!(Plan::of(&cluster).transition.to_xml(), Plan::of(&quorate).transition.to_xml());
    }

    #[test]
    fn fence_fences_the_partition(mut cluster in partitions("fence")) {
        cluster.options.fencing = Fencing::Enabled;
        let plan = Plan::of(&cluster);
        // What is reached through a node is not fenced with it, and may be told to start something before (STATE-40).
        let begun = plan.activations().find(|(_, start)| plan.node_of(start).is_some_and(|node| plan.member(node).is_some()));
        prop_assert!(begun.is_none(), "{:?}", begun);
        let is_managed = cluster.resources.iter().any(|resource| resource.meta.care == Care::Managed) && !cluster.options.maintenance;
        for (number, _) in cluster.members.iter().enumerate().filter(|(_, state)| **state == NodeState::Online) {
            let is_fenced = plan.graph.fencing_of(&cluster.node_name(number)).is_some();
            prop_assert!(is_fenced || !is_managed, "{} is not fenced", cluster.node_name(number));
        }
    }
}
