//! Without quorum nothing is begun but what the policy allows.

use proptest::prelude::*;

use crate::config;
use crate::plan::Plan;
use crate::random_cluster::{Care, Fencing, History, NodeState, Options, Part, RandomCluster, clusters, node_name};

/// Clusters without quorum.
fn partitions(policy: &'static str) -> impl Strategy<Value = RandomCluster> {
    clusters().prop_map(move |cluster| {
        let options = Options { has_quorum: false, policy, ..cluster.options };
        RandomCluster { options, ..cluster }
    })
}

fn needs_quorum(plan: &Plan<'_>, part: &Part) -> bool {
    plan.resource(part).meta.requires != Some("nothing")
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn stop_begins_nothing_and_stops_all(cluster in partitions("stop")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part) && !plan.is_partly_left_alone(part)) {
            let begun = plan.graph.of_part(&part).find(|action| action.activates() || action.task == "promote");
            prop_assert!(begun.is_none(), "{:?}", begun);
            // What stops after something that is left alone, or is lost with its node, can't stop (ORD-66); what is active twice stays on
            // its own node with this policy (ACT-54).
            let may_wait = plan.leaves_something_alone() || plan.gives_up_a_node();
            let may_wait = may_wait || plan.resource(&part).meta.multiple_active == Some("stop_unexpected");
            for node in cluster.may_be_active_on(&part).filter(|&node| cluster.nodes[node].obeys() && !may_wait) {
                prop_assert!(!plan.ends_on(&part, node), "{} is left running on {}", part.name, node_name(node));
            }
        }
    }

    #[test]
    fn freeze_begins_nothing_new(cluster in partitions("freeze")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part)) {
            let is_active = cluster.may_be_active_on(&part).next().is_some();
            let is_promoted = (0..cluster.nodes.len()).any(|node| cluster.history(&part, node) == History::Promoted);
            let begun = plan.graph.of_part(&part).find(|action| {
                (action.activates() && !is_active) || (action.task == "promote" && !is_promoted)
            });
            prop_assert!(begun.is_none(), "{:?}", begun);
        }
    }

    #[test]
    fn demote_promotes_nothing(cluster in partitions("demote")) {
        let plan = Plan::of(&cluster);
        for part in cluster.parts().filter(|part| needs_quorum(&plan, part)) {
            let is_promotable = plan.resource(&part).is_promotable();
            let begun = plan.graph.of_part(&part).find(|action| {
                action.task == "promote" || (action.activates() && !is_promotable)
            });
            prop_assert!(begun.is_none(), "{:?}", begun);
        }
    }

    #[test]
    fn ignore_makes_no_difference(cluster in partitions("ignore")) {
        let quorate = RandomCluster { options: Options { has_quorum: true, ..cluster.options }, ..cluster.clone() };
        prop_assert_eq!(Plan::of(&cluster).transition.to_xml(), Plan::of(&quorate).transition.to_xml());
    }

    #[test]
    fn fence_fences_the_partition(cluster in partitions("fence")) {
        let options = Options { fencing: Fencing::Enabled, ..cluster.options };
        let cluster = RandomCluster { options, ..cluster };
        let plan = Plan::of(&cluster);
        let begun = plan.activations().next();
        prop_assert!(begun.is_none(), "{:?}", begun);
        let is_managed = cluster.resources.iter().any(|resource| resource.meta.care == Care::Managed) && !cluster.options.maintenance;
        for (number, _) in cluster.nodes.iter().enumerate().filter(|(_, state)| **state == NodeState::Online) {
            let is_fenced = plan.graph.fencing_of(&node_name(number)).is_some();
            prop_assert!(is_fenced || !is_managed, "{} is not fenced", node_name(number));
        }
    }
}
