//! The order in which resources are assigned if capacity counts (PLACE-55).

use std::cmp::Reverse;

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

use super::colocation::table_with_primaries;
use super::node_order::sorted_by_base_score;

/// What a resource is sorted by: priority, score where it is, scores on all nodes.
type Key = Reverse<(i32, Score, Vec<Score>)>;

/// Sorts the top-level resources for good: what wants most goes first.
pub(super) fn sort_top(run: &mut Run<'_>) {
    let nodes = sorted_by_base_score(run);
    let mut keyed = Vec::with_capacity(run.cluster.top.len());
    for top in run.cluster.top.clone() {
        keyed.push((key(run, top, &nodes), top));
    }
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    run.cluster.top = keyed.into_iter().map(|(_, top)| top).collect();
}

fn key(run: &mut Run<'_>, resource: ResourceId, nodes: &[NodeId]) -> Key {
    let table = table_with_primaries(run, resource);
    let score = |node: NodeId| table.score(node).unwrap_or(Score::MINUS_INFINITY);
    let current = run.cluster.current_node(resource).map_or(Score::MINUS_INFINITY, score);
    Reverse((run[resource].priority, current, nodes.iter().map(|&node| score(node)).collect()))
}
