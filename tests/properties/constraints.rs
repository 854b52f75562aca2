//! Mandatory orders and colocations hold at every moment, in whatever order the transition is carried out.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, Kind, Pair, Part, clusters, node_name};

/// The actions of a resource's primitives that call an agent.
fn actions<'p>(plan: &'p Plan<'_>, resource: usize, task: &str) -> Vec<&'p Action> {
    let parts = plan.parts_of(resource);
    let of_resource = |action: &&Action| action.is_real() && action.interval == 0 && action.task == task;
    let mine = |action: &&Action| parts.iter().any(|part| part.is_called(&action.resource));
    plan.graph.done().filter(of_resource).filter(mine).collect()
}

/// Whether an order of two actions is kept by the instances on each node for themselves: two clones, and `interleave` of the one that
/// waits (INST-63).
fn is_kept_elsewhere(plan: &Plan<'_>, pair: Pair, waiting: usize, (one, other): (&Action, &Action)) -> bool {
    let resources = &plan.cluster.resources;
    let is_interleaved = matches!(resources[waiting].kind, Kind::Clone { copies, .. } if copies.interleave);
    let are_clones = resources[pair.primary].is_clone() && resources[pair.dependent].is_clone();
    is_interleaved && are_clones && one.node != other.node
}

/// Whether a resource is there when all is done, as far as an order (or, on one node, a colocation) asks for it: an instance of a clone,
/// all members of a group. Nothing is known of bundles.
fn is_there(plan: &Plan<'_>, resource: usize, on: &[usize]) -> bool {
    let parts = plan.parts_of(resource);
    let is_there = |part: &Part| on.iter().any(|&node| plan.ends_on(part, node));
    let is_clone = plan.cluster.resources[resource].is_clone();
    parts.is_empty() || if is_clone { parts.iter().any(is_there) } else { parts.iter().all(is_there) }
}

/// Whether a constraint between two resources is kept: what is left alone does as it likes (ORD-31, COLO-57), and what is under way goes
/// on (ACT-50); what is active twice may be left where it is expected, and counts as started there even if it was not (ACT-54, ACT-55).
fn is_kept(plan: &Plan<'_>, pair: Pair) -> bool {
    let is_free = |resource: usize| {
        !plan.is_left_alone(resource) && !plan.is_any_starting(resource) && !stays_where_expected(plan, resource)
    };
    !pair.promoted && is_free(pair.dependent) && is_free(pair.primary)
}

/// Mandatory orders of starts, each with whether it holds for stops as well; of several orders of the same resources only the first is sure
/// to count (ORD-45).
fn orders<'p>(plan: &'p Plan<'_>) -> impl Iterator<Item = (Pair, bool)> + 'p {
    let constraints = plan.cluster.constraints.iter().enumerate();
    constraints.filter_map(|(at, constraint)| match *constraint {
        Constraint::Order { pair, kind: "Mandatory", symmetrical } if is_kept(plan, pair) => {
            let is_first = !plan.cluster.constraints.iter().take(at).any(|earlier| is_ordered_by(earlier, pair));
            is_first.then_some((pair, symmetrical))
        }
        _ => None,
    })
}

fn is_ordered_by(constraint: &Constraint, Pair { dependent, primary, .. }: Pair) -> bool {
    match constraint {
        Constraint::Order { pair, .. } => (pair.dependent, pair.primary) == (dependent, primary),
        Constraint::OrderSet { resources, .. } => resources.contains(&dependent) && resources.contains(&primary),
        _ => false,
    }
}

/// Whether a resource, if it is active twice, stays where it is expected.
fn stays_where_expected(plan: &Plan<'_>, resource: usize) -> bool {
    plan.cluster.resources[resource].meta.multiple_active == Some("stop_unexpected")
}

/// Whether only the instance on its own node is kept away from: two clones of which the dependent one is interleaved (COLO-61).
fn is_kept_from_its_partner_only(plan: &Plan<'_>, pair: Pair) -> bool {
    let resources = &plan.cluster.resources;
    let is_interleaved = matches!(resources[pair.dependent].kind, Kind::Clone { copies, .. } if copies.interleave);
    is_interleaved && resources[pair.primary].is_clone()
}

/// Mandatory colocations of a score.
fn colocations<'p>(plan: &'p Plan<'_>, wanted: &'static str) -> impl Iterator<Item = Pair> + 'p {
    plan.cluster.constraints.iter().filter_map(move |constraint| match *constraint {
        Constraint::Colocation { pair, score } if score == wanted && is_kept(plan, pair) => Some(pair),
        _ => None,
    })
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_comes_after_starts_after_and_stops_before(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (pair, is_symmetrical) in orders(&plan) {
            for first in actions(&plan, pair.primary, "start") {
                for then in actions(&plan, pair.dependent, "start") {
                    let is_kept = plan.graph.precedes(first, then);
                    let holds = is_kept || is_kept_elsewhere(&plan, pair, pair.dependent, (first, then));
                    prop_assert!(holds, "{} does not wait for {}", then.key(), first.key());
                }
            }
            for first in actions(&plan, pair.dependent, "stop").into_iter().filter(|_| is_symmetrical) {
                for then in actions(&plan, pair.primary, "stop") {
                    let is_kept = plan.graph.precedes(first, then);
                    let holds = is_kept || is_kept_elsewhere(&plan, pair, pair.primary, (first, then));
                    prop_assert!(holds, "{} does not wait for {}", then.key(), first.key());
                }
            }
        }
    }

    #[test]
    fn what_comes_after_starts_only_if_the_first_is_there(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let anywhere: Vec<usize> = (0..cluster.nodes.len()).collect();
        for (pair, _) in orders(&plan) {
            let start = actions(&plan, pair.dependent, "start").first().map(|start| start.key());
            let holds = start.is_none() || is_there(&plan, pair.primary, &anywhere);
            prop_assert!(holds, "{} without resource {}", start.unwrap_or_default(), pair.primary);
        }
    }

    #[test]
    fn what_comes_after_stops_if_the_first_does(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let single = |pair: &Pair| !cluster.resources[pair.primary].is_clone();
        // What migrates is not stopped for those that come after it (ORD-88).
        let migrates = |pair: &Pair| !actions(&plan, pair.primary, "migrate_to").is_empty();
        let orders = orders(&plan).filter(|(pair, is_symmetrical)| *is_symmetrical && single(pair) && !migrates(pair));
        for (pair, _) in orders {
            let Some(stop) = actions(&plan, pair.primary, "stop").first().copied() else { continue };
            for part in plan.parts_of(pair.dependent) {
                for node in cluster.may_be_active_on(&part).filter(|&node| cluster.nodes[node].obeys()) {
                    let stops = plan.graph.at_node(&part, "stop", &node_name(node)).is_some();
                    prop_assert!(stops || !plan.ends_on(&part, node), "{} under {}", stop.key(), part.name);
                }
            }
        }
    }

    #[test]
    fn what_may_not_be_together_never_is(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let pairs = colocations(&plan, "-INFINITY").filter(|pair| !is_kept_from_its_partner_only(&plan, *pair));
        for (one, other) in pairs.flat_map(|pair| [(pair.dependent, pair.primary), (pair.primary, pair.dependent)]) {
            for start in actions(&plan, one, "start") {
                let Some(node) = plan.node_of(start) else { continue };
                for part in plan.parts_of(other) {
                    prop_assert!(!plan.ends_on(&part, node), "{} beside {}", start.key(), part.name);
                    let stop = plan.graph.at_node(&part, "stop", &node_name(node));
                    let leaves = stop.is_some_and(|stop| plan.graph.precedes(stop, start));
                    let was_there = cluster.history(&part, node).may_be_active();
                    prop_assert!(leaves || !was_there, "{} while {} is there", start.key(), part.name);
                }
            }
        }
    }

    // A colocation orders nothing (COLO-95): on the way a dependent may be alone, unless it is ordered after its primary as well.
    #[test]
    fn what_has_to_be_together_is_in_the_end(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for pair in colocations(&plan, "INFINITY") {
            for start in actions(&plan, pair.dependent, "start") {
                let node: Vec<usize> = plan.node_of(start).into_iter().collect();
                prop_assert!(is_there(&plan, pair.primary, &node), "{} without resource {}", start.key(), pair.primary);
            }
        }
    }
}
