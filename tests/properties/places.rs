//! Nothing comes to a node that it may not run on.

use proptest::prelude::*;

use crate::config;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, History, NodeState, Part, clusters};

/// Why a part may not run on a node; nothing if it may.
fn ban(plan: &Plan<'_>, part: &Part, at: usize) -> Option<&'static str> {
    let of_resource = |constraint: &&Constraint| match constraint {
        Constraint::Location { resource, .. } | Constraint::LocationElsewhere { resource, .. } => *resource == part.resource,
        _ => false,
    };
    let locations: Vec<&Constraint> = plan.cluster.constraints.iter().filter(of_resource).collect();
    let applies = |constraint: &&&Constraint| match constraint {
        Constraint::Location { node, .. } => *node == at,
        Constraint::LocationElsewhere { node, .. } => *node != at,
        _ => false,
    };
    let is_ban = |constraint: &&Constraint| match constraint {
        Constraint::Location { score, .. } | Constraint::LocationElsewhere { score, .. } => *score == "-INFINITY",
        _ => false,
    };
    let mut here = locations.iter().filter(applies);
    let failed = matches!(plan.cluster.history(part, at), History::StartFailed | History::StopFailed);
    let ignores_failures = plan.resource(part).meta.on_fail == Some("ignore");
    match () {
        () if here.clone().any(is_ban) => Some("a location of -INFINITY"),
        () if here.next().is_none() && !plan.cluster.options.is_symmetric => Some("an asymmetric cluster without a location"),
        () if plan.node(at) != NodeState::Online => Some("a node that is not available"),
        () if failed && !ignores_failures => Some("an infinite fail count"),
        () => None,
    }
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn nothing_comes_to_a_node_that_is_banned_to_it(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            let ban = plan.node_of(start).and_then(|node| ban(&plan, &part, node));
            prop_assert!(ban.is_none(), "{} in spite of {}", start.key(), ban.unwrap_or_default());
        }
    }
}
