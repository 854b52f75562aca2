//! The order in which nodes are preferred for one resource (PLACE-61).

use std::cmp::Ordering;

use crate::cib::{PlacementStrategy, Score};
use crate::cluster::{NodeId, NodeTable};
use crate::compat::merge_sort;
use crate::run::Run;

use super::scores::walking_order;
use super::utilization::compare_capacity;

/// A node with the score that it is judged by.
pub(super) type Candidate = (NodeId, Score);

/// Compares two nodes: the better one is less.
pub(super) fn compare(run: &Run<'_>, a: Candidate, b: Candidate, preferred: Option<NodeId>) -> Ordering {
    let (first, second) = (&run[a.0], &run[b.0]);
    let by_name = || first.name.as_bytes().cmp(second.name.as_bytes());
    let by_score = effective_score(run, b).cmp(&effective_score(run, a));
    match run.cluster.options.placement_strategy {
        PlacementStrategy::Minimal => return by_score.then_with(by_name),
        PlacementStrategy::Balanced => by_score.then_with(|| compare_capacity(run, a.0, b.0)),
        PlacementStrategy::Default | PlacementStrategy::Utilization => by_score,
    }
    .then_with(|| first.assigned.cmp(&second.assigned))
    .then_with(|| (preferred == Some(b.0)).cmp(&(preferred == Some(a.0))))
    .then_with(by_name)
}

/// An unavailable node counts as banned.
fn effective_score(run: &Run<'_>, (node, score): Candidate) -> Score {
    if run[node].is_available() { score } else { Score::MINUS_INFINITY }
}

/// The nodes of a table, best first.
pub(super) fn sorted(run: &Run<'_>, table: &NodeTable, preferred: Option<NodeId>) -> Vec<NodeId> {
    let mut candidates = candidates(run, table);
    sort(run, &mut candidates, preferred);
    candidates.into_iter().map(|(node, _)| node).collect()
}

/// All nodes by their base scores, best first (PLACE-55.3).
pub(super) fn sorted_by_base_score(run: &Run<'_>) -> Vec<NodeId> {
    let mut candidates: Vec<Candidate> = run.cluster.node_order.iter().map(|&node| (node, run[node].score)).collect();
    sort(run, &mut candidates, None);
    candidates.into_iter().map(|(node, _)| node).collect()
}

/// The best node of a table.
pub(super) fn best(run: &Run<'_>, table: &NodeTable, preferred: Option<NodeId>) -> Option<Candidate> {
    if is_total(run) {
        let all = table.iter().map(|(node, entry)| (node, entry.score));
        return all.min_by(|&a, &b| compare(run, a, b, preferred));
    }
    let mut candidates = candidates(run, table);
    sort(run, &mut candidates, preferred);
    candidates.first().copied()
}

/// PLACE-62: only the comparison of capacities need not be transitive.
fn is_total(run: &Run<'_>) -> bool {
    run.cluster.options.placement_strategy != PlacementStrategy::Balanced
}

fn candidates(run: &Run<'_>, table: &NodeTable) -> Vec<Candidate> {
    if is_total(run) {
        return table.iter().map(|(node, entry)| (node, entry.score)).collect();
    }
    // PLACE-106: the list of a table's values runs against its walking order.
    let nodes = walking_order(run, table).into_iter().rev();
    nodes.filter_map(|node| Some((node, table.score(node)?))).collect()
}

fn sort(run: &Run<'_>, candidates: &mut [Candidate], preferred: Option<NodeId>) {
    if is_total(run) {
        candidates.sort_unstable_by(|&a, &b| compare(run, a, b, preferred));
    } else {
        merge_sort(candidates, &mut |&a, &b| compare(run, a, b, preferred));
    }
}
