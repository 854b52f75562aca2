//! Nothing comes to a node that it may not run on.

use proptest::prelude::*;

use crate::config;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, History, NodeState, Part, RandomCluster, clusters};

/// Whether a location bans a resource on a node.
pub fn is_banned(cluster: &RandomCluster, resource: usize, at: usize) -> bool {
    locations(cluster, resource, at).any(|score| score == "-INFINITY")
}

/// The scores that locations give a resource on a node.
fn locations(cluster: &RandomCluster, wanted: usize, at: usize) -> impl Iterator<Item = &'static str> {
    let is_launched = cluster.link(at).is_some_and(|link| link.launcher.is_some());
    cluster.constraints.iter().filter_map(move |constraint| match *constraint {
        Constraint::Location { resource, node, score } if resource == wanted && node == at => Some(score),
        Constraint::LocationElsewhere { resource, node, score } if resource == wanted && node != at && !is_launched => {
            Some(score)
        }
        _ => None,
    })
}

/// Why a part may not come to a node; nothing if it may.
fn ban(plan: &Plan<'_>, part: &Part, at: usize) -> Option<&'static str> {
    let failed = matches!(plan.cluster.history(part, at), History::StartFailed | History::StopFailed);
    let ignores_failures = plan.meta(part).on_fail == Some("ignore");
    let is_named = locations(plan.cluster, part.resource, at).next().is_some();
    let is_located = part.role.is_located();
    match () {
        () if is_located && is_banned(plan.cluster, part.resource, at) => Some("a location of -INFINITY"),
        () if plan.member(at).is_none() && plan.cluster.is_base(part.resource) => Some("a connection that needs it"),
        () if is_located && !is_named && !plan.cluster.options.is_symmetric => Some("an asymmetric cluster without a location"),
        () if plan.member(at).is_some_and(|state| state != NodeState::Online) => Some("a node that is not available"),
        () if failed && !ignores_failures && plan.knows(at) => Some("an infinite fail count"),
        () => None,
    }
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn nothing_comes_to_a_node_that_is_banned_to_it(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (part, start) in plan.activations() {
            let ban = plan.node_of(start).and_then(|node| ban(&plan, part, node));
            prop_assert!(ban.is_none(), "{} in spite of {}", start.key(), ban.unwrap_or_default());
        }
    }
}
