//! Mandatory orders and colocations hold at every moment, in whatever order the transition is carried out.

use proptest::prelude::*;

use crate::config;
use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, History, Link, Pair, Part, PartRole, clusters};

/// One side of a constraint: a resource, or its promoted instances.
#[derive(Debug, Clone, Copy)]
struct Side {
    resource: usize,
    is_promoted: bool,
}

impl Side {
    fn dependent(Pair { dependent: resource, promotes_dependent: is_promoted, .. }: Pair) -> Self {
        Self { resource, is_promoted }
    }

    fn primary(Pair { primary: resource, promotes_primary: is_promoted, .. }: Pair) -> Self {
        Self { resource, is_promoted }
    }

    /// What makes it as the constraint means it.
    fn begin(self) -> &'static str {
        if self.is_promoted { "promote" } else { "start" }
    }

    /// What ends that.
    fn end(self) -> &'static str {
        if self.is_promoted { "demote" } else { "stop" }
    }

    /// Whether one of its parts was so on a node.
    fn was_on(self, plan: &Plan<'_>, part: &Part, node: usize) -> bool {
        let history = plan.cluster.history(part, node);
        let was_promoted = || match Inside::of(plan, part) {
            Some(inside) => history.may_be_active() && self.was_on(plan, inside.part, inside.node),
            None => history == History::Promoted,
        };
        plan.knows(node) && if self.is_promoted { was_promoted() } else { history.may_be_active() }
    }

    /// Whether one of its parts is so on a node when all is done.
    fn ends_on(self, plan: &Plan<'_>, part: &Part, node: usize) -> bool {
        let done = |task: &str| plan.graph.at_node(part, task, &plan.cluster.node_name(node)).is_some();
        let stays = || plan.cluster.history(part, node) == History::Promoted && !done("demote") && !done("start");
        let is_promoted = || match Inside::of(plan, part) {
            Some(inside) => self.ends_on(plan, inside.part, inside.node),
            None => done("promote") || stays(),
        };
        plan.ends_on(part, node) && (!self.is_promoted || is_promoted())
    }
}

/// What is in a container of a bundle, and the node that the container is.
struct Inside<'c> {
    part: &'c Part,
    node: usize,
}

impl<'c> Inside<'c> {
    fn of(plan: &Plan<'c>, container: &Part) -> Option<Self> {
        let cluster = plan.cluster;
        let launches = |link: &Link| link.resource == container.resource && link.launcher == Some(container.member);
        let node = cluster.nodes().find(|&node| cluster.link(node).is_some_and(launches))?;
        let part = cluster.parts_of(container.resource).iter().find(|part| part.role == PartRole::Contained)?;
        Some(Self { part, node })
    }
}

/// The parts of a resource that orders of it are about.
fn ordered<'c>(plan: &Plan<'c>, resource: usize) -> impl Iterator<Item = &'c Part> + use<'c> {
    plan.cluster.parts_of(resource).iter().filter(|part| part.role.is_ordered())
}

/// The parts of a resource that colocations of it are about.
fn placed<'c>(plan: &Plan<'c>, resource: usize) -> impl Iterator<Item = &'c Part> + use<'c> {
    plan.cluster.parts_of(resource).iter().filter(|part| part.role.is_placed())
}

/// The actions of a resource's primitives that call an agent.
fn actions<'p>(plan: &'p Plan<'_>, resource: usize, task: &str) -> Vec<&'p Action> {
    let parts: Vec<&Part> = ordered(plan, resource).collect();
    let of_resource = |action: &&Action| action.is_real() && action.interval == 0 && action.task == task;
    let mine = |action: &&Action| parts.iter().any(|part| part.is_called(&action.resource));
    plan.graph.done().filter(of_resource).filter(mine).collect()
}

/// Whether parts of what comes first may stop without regard to what comes after: something else that comes after it can't stop, so that the
/// stop of the whole, which is what waits, is not done (ORD-66).
fn may_stop_before(plan: &Plan<'_>, primary: usize) -> bool {
    let has_parts = placed(plan, primary).count() > 1 || plan.cluster.resources[primary].is_collective();
    let stays = |constraint: &Constraint| match constraint {
        Constraint::Order { pair, .. } => pair.primary == primary && plan.is_left_alone(pair.dependent),
        Constraint::OrderSet { resources, .. } => {
            resources.contains(&primary) && resources.iter().any(|&other| plan.is_left_alone(other))
        }
        _ => false,
    };
    has_parts && plan.cluster.constraints.iter().any(stays)
}

/// Whether a colocation is about an action of a resource.
fn is_placed(plan: &Plan<'_>, action: &Action) -> bool {
    plan.cluster.parts().any(|part| part.role.is_placed() && part.is_called(&action.resource))
}

/// Whether an order of two actions is kept by the instances on each node for themselves: two clones, and `interleave` of the one that
/// waits (INST-63).
fn is_kept_elsewhere(plan: &Plan<'_>, pair: Pair, waiting: usize, (one, other): (&Action, &Action)) -> bool {
    let resources = &plan.cluster.resources;

    let are_clones = resources[pair.primary].is_clone() && resources[pair.dependent].is_clone();
    resources[waiting].is_interleaved() && are_clones && one.node != other.node
}

/// Whether a side is there when all is done, as far as an order (or, on one node, a colocation) asks for it: an instance of a clone, a
/// container of a bundle, all members of a group.
fn is_there(plan: &Plan<'_>, side: Side, on: &[usize]) -> bool {
    let mut parts = placed(plan, side.resource);
    let is_there = |part: &Part| on.iter().any(|&node| side.ends_on(plan, part, node));
    if plan.cluster.resources[side.resource].is_collective() { parts.any(is_there) } else { parts.all(is_there) }
}

/// Whether a constraint between two resources is kept: what is left alone does as it likes (ORD-31, COLO-57), and what is under way goes
/// on (ACT-50); what is active twice may be left where it is expected, and counts as started there even if it was not (ACT-54, ACT-55).
fn is_kept(plan: &Plan<'_>, pair: Pair) -> bool {
    let is_free = |resource: usize| {
        !plan.is_left_alone(resource) && !plan.is_any_starting(resource) && !stays_where_expected(plan, resource)
    };
    is_free(pair.dependent) && is_free(pair.primary)
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
        Constraint::Base { link, base } => {
            let pair = Pair { dependent: link, primary: base, promotes_dependent: false, promotes_primary: false };
            is_kept(plan, pair).then_some((pair, true))
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

/// Whether only one instance on its own node is kept away from: two clones of which the dependent one is interleaved (COLO-61), or anything
/// of instances and a bundle (COLO-65).
fn is_kept_from_its_partner_only(plan: &Plan<'_>, pair: Pair) -> bool {
    let (dependent, primary) = (&plan.cluster.resources[pair.dependent], &plan.cluster.resources[pair.primary]);
    dependent.is_interleaved() && primary.is_clone() || dependent.is_collective() && primary.is_bundle()
}

/// Whether what makes a side as a constraint means it waits for something in vain, which is another property.
fn waits_in_vain(plan: &Plan<'_>, side: Side) -> bool {
    let mut parts = placed(plan, side.resource);
    let is_stuck = |part: &Part| plan.graph.stuck().any(|action| action.task == side.begin() && part.is_called(&action.resource));
    parts.any(is_stuck)
}

/// Mandatory colocations of a score.
fn colocations<'p>(plan: &'p Plan<'_>, wanted: &'static str) -> impl Iterator<Item = Pair> + 'p {
    plan.cluster.constraints.iter().filter_map(move |constraint| match *constraint {
        Constraint::Colocation { pair, score } if score == wanted && is_kept(plan, pair) => Some(pair),
        _ => None,
    })
}

/// Whether an instance can't start while it or others of the same clone are active or can, or a member can't and others of the group can: what
/// is colocated is blocked only if none can start; that what is in a bundle can't never blocks (ORD-57), nor that members of instances can't,
/// as long as the groups themselves can (COLO-92).
fn is_one_of_many_hindered(plan: &Plan<'_>, resource: usize) -> bool {
    let is_hindered = |part: &Part| plan.is_hindered(part);
    let goes_on = |part: &Part| plan.cluster.may_be_active_on(part).next().is_some();
    let of = &plan.cluster.resources[resource];
    let is_any_going_on = || of.is_clone() && placed(plan, resource).any(|part| is_hindered(part) && goes_on(part));
    let never_blocks = of.is_bundle() || of.has_groups();
    let is_for_some = || never_blocks || !placed(plan, resource).all(is_hindered) || is_any_going_on();
    placed(plan, resource).any(is_hindered) && is_for_some()
}

proptest! {
    #![proptest_config(config(160))]

    #[test]
    fn what_comes_after_starts_after_and_stops_before(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        for (pair, is_symmetrical) in orders(&plan) {
            let (dependent, primary) = (Side::dependent(pair), Side::primary(pair));
            for first in actions(&plan, pair.primary, primary.begin()) {
                for then in actions(&plan, pair.dependent, dependent.begin()) {
                    let is_kept = plan.graph.precedes(first, then);
                    let holds = is_kept || is_kept_elsewhere(&plan, pair, pair.dependent, (first, then));
                    prop_assert!(holds, "{} does not wait for {}", then.key(), first.key());
                }
            }
            let is_reversed = is_symmetrical && !may_stop_before(&plan, pair.primary);
            for first in actions(&plan, pair.dependent, dependent.end()).into_iter().filter(|_| is_reversed) {
                for then in actions(&plan, pair.primary, primary.end()) {
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
        let anywhere: Vec<usize> = cluster.nodes().collect();
        // What is in a bundle is promoted even if the bundle can't be, since its containers have no promotion that could be blocked (INST-65).
        let blocks = |pair: &Pair| !pair.promotes_dependent || !cluster.resources[pair.dependent].is_bundle();
        // One way, an instance without partner starts all the same (INST-64), and what is in a container that is active (INST-65).
        let is_active = |part: &Part| cluster.may_be_active_on(part).next().is_some();
        let is_going_on = |resource: usize| cluster.resources[resource].is_bundle() && placed(&plan, resource).any(is_active);
        let is_started = |pair: &Pair| cluster.resources[pair.dependent].is_interleaved() || is_going_on(pair.dependent);
        let waits = |pair: &Pair, is_symmetrical: bool| is_symmetrical || !is_started(pair);
        for (pair, _) in orders(&plan).filter(|(pair, is_symmetrical)| blocks(pair) && waits(pair, *is_symmetrical)) {
            let begin = actions(&plan, pair.dependent, Side::dependent(pair).begin()).first().map(|begin| begin.key());
            let holds = begin.is_none() || is_there(&plan, Side::primary(pair), &anywhere);
            prop_assert!(holds, "{} without {:?}", begin.unwrap_or_default(), Side::primary(pair));
        }
    }

    #[test]
    fn what_comes_after_stops_if_the_first_does(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let single = |pair: &Pair| !cluster.resources[pair.primary].is_clone() && !pair.promotes_dependent;
        // What migrates is not stopped for those that come after it (ORD-88), nor is an instance demoted that is to be promoted again, since it
        // has no demotion that could be asked for (INST-61).
        let migrates = |pair: &Pair| !actions(&plan, pair.primary, "migrate_to").is_empty();
        let orders = orders(&plan).filter(|(pair, is_symmetrical)| *is_symmetrical && single(pair) && !migrates(pair));
        for (pair, _) in orders {
            // What is in a container may stop while that goes on: orders of stops are about the container (INST-64).
            let stop = actions(&plan, pair.primary, "stop").into_iter().find(|stop| is_placed(&plan, stop));
            let Some(stop) = stop else { continue };
            for part in ordered(&plan, pair.dependent) {
                for node in cluster.may_be_active_on(part).filter(|&node| cluster.obeys(node)) {
                    let stops = plan.graph.at_node(part, "stop", &cluster.node_name(node)).is_some();
                    prop_assert!(stops || !plan.ends_on(part, node), "{} under {}", stop.key(), part.name);
                }
            }
        }
    }

    #[test]
    fn what_may_not_be_together_never_is(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        let pairs = colocations(&plan, "-INFINITY").filter(|pair| !is_kept_from_its_partner_only(&plan, *pair));
        let both_ways = |pair: Pair| [(Side::dependent(pair), Side::primary(pair)), (Side::primary(pair), Side::dependent(pair))];
        for (one, other) in pairs.flat_map(both_ways) {
            for begin in actions(&plan, one.resource, one.begin()).into_iter().filter(|begin| is_placed(&plan, begin)) {
                let Some(node) = plan.node_of(begin) else { continue };
                for part in placed(&plan, other.resource) {
                    prop_assert!(!other.ends_on(&plan, part, node), "{} beside {}", begin.key(), part.name);
                    let name = cluster.node_name(node);
                    let mut ends = plan.graph.at_node(part, other.end(), &name).into_iter().chain(plan.graph.fencing_of(&name));
                    let leaves = ends.any(|end| plan.graph.precedes(end, begin));
                    prop_assert!(leaves || !other.was_on(&plan, part, node), "{} while {} is there", begin.key(), part.name);
                }
            }
        }
    }

    // A colocation orders nothing (COLO-95): on the way a dependent may be alone, unless it is ordered after its primary as well.
    #[test]
    fn what_has_to_be_together_is_in_the_end(cluster in clusters()) {
        let plan = Plan::of(&cluster);
        // What is in the container on an instance's node need not be promoted: if it isn't, the colocation doesn't count (COLO-65, COLO-54).
        let counts = |pair: &Pair| {
            let (dependent, primary) = (&cluster.resources[pair.dependent], &cluster.resources[pair.primary]);
            !pair.promotes_primary || !dependent.is_collective() || !primary.is_bundle()
        };
        for pair in colocations(&plan, "INFINITY").filter(counts) {
            let begins = actions(&plan, pair.dependent, Side::dependent(pair).begin());
            for begin in begins.into_iter().filter(|begin| is_placed(&plan, begin)) {
                let node: Vec<usize> = plan.node_of(begin).into_iter().collect();
                let primary = Side::primary(pair);
                let is_excused = is_one_of_many_hindered(&plan, pair.primary)
                    || waits_in_vain(&plan, primary)
                    || plan.may_lack_partners(pair.primary);
                prop_assert!(is_excused || is_there(&plan, primary, &node), "{} without {:?}", begin.key(), primary);
            }
        }
    }
}
