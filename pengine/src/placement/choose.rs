//! Choosing the node of a primitive (PLACE-69 to PLACE-73).

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

use super::node_order::{Candidate, best};
use super::scores::is_usable;
use super::utilization::ban_full_nodes;

/// The node that a primitive should have.
pub(super) fn choose(run: &mut Run<'_>, resource: ResourceId, preferred: Option<NodeId>) -> Option<NodeId> {
    let most_capable = ban_full_nodes(run, resource);
    let current = run.cluster.current_node(resource);
    let best = best(run, &run.cluster.allowed[resource], current)?;
    let preferred = preferred.or(most_capable).filter(|&node| is_as_good(run, resource, node, best));
    preferred.or_else(|| current.filter(|&node| stays(run, resource, node, best))).or(Some(best.0))
}

fn is_as_good(run: &Run<'_>, resource: ResourceId, node: NodeId, best: Candidate) -> bool {
    let entry = run.cluster.allowed[resource].get(node);
    entry.is_some_and(|entry| entry.score >= best.1 && is_usable(run, node, entry))
}

/// PLACE-72: among equally good nodes a resource stays where it is, if anything speaks for that score at all.
fn stays(run: &Run<'_>, resource: ResourceId, current: NodeId, (best, score): Candidate) -> bool {
    let in_unique_clone = run[resource].parent.is_some_and(|parent| run[parent].is_clone() && run[parent].unique);
    !in_unique_clone
        && score > Score::ZERO
        && run[best].is_available()
        && run[current].is_available()
        && !run[current].score.is_negative()
        && run.cluster.allowed[resource].score(current) == Some(score)
}
