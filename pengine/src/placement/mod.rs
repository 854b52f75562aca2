//! Where: scores, colocations, and a node for every primitive (chapters 05 to 07).

use crate::cib::Score;
use crate::cluster::{Colocation, ColocationId, NodeId, ResourceId, Role};
use crate::run::{Cause, Run};

/// Adds a score to a resource and all below it, for one node or for all (PLACE-12).
pub fn add_score(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>, score: Score, cause: Cause) {
    let _ = (run, resource, node, score, cause);
    todo!()
}

/// Node health as locations (PLACE-1 phase 10).
pub fn apply_health(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// Shutdown locks, locations, stickiness, thresholds, exclusive discovery (PLACE-1 phases 12 to 15).
pub fn apply_node_criteria(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// Assigns every resource (PLACE-1 phase 18).
pub fn assign_all(run: &mut Run<'_>) {
    let _ = run;
    todo!()
}

/// Puts a colocation into both resources' own lists (COLO-35) without the orderings of COLO-25.
pub fn add_colocation(run: &mut Run<'_>, colocation: Colocation) -> Option<ColocationId> {
    let _ = (run, colocation);
    todo!()
}

/// The effective list of colocations with a resource as primary (COLO-38).
#[must_use]
pub fn with_this(run: &Run<'_>, resource: ResourceId) -> Vec<ColocationId> {
    let _ = (run, resource);
    todo!()
}

/// Takes a resource's node away for good: next role stopped, its actions changed accordingly (PLACE-77). Whether anything
/// changed.
pub fn force_unassigned(run: &mut Run<'_>, resource: ResourceId) -> bool {
    let _ = (run, resource);
    todo!()
}

/// Which nodes a compatible instance is looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Where instances are active now.
    Current,
    /// Where they are assigned.
    Next,
}

/// The instance of a collective that fits a resource (INST-62); `attribute` of nothing compares nodes.
#[must_use]
pub fn compatible_instance(
    run: &Run<'_>,
    resource: ResourceId,
    collective: ResourceId,
    role: Option<Role>,
    phase: Phase,
    attribute: Option<&str>,
) -> Option<ResourceId> {
    let _ = (run, resource, collective, role, phase, attribute);
    todo!()
}

/// Adds a colocation, and the orderings of a mandatory negative one.
pub fn colocate(run: &mut Run<'_>, colocation: Colocation) {
    let _ = (run, colocation);
    todo!()
}
