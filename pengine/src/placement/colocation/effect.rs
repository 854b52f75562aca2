//! Whether a colocation means anything at this moment, and what (COLO-44, COLO-54).

use crate::cluster::{Colocation, ResourceId, Role};
use crate::run::Run;

/// What a colocation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::placement) enum Effect {
    /// Nothing.
    Nothing,
    /// Where the dependent goes.
    Location,
    /// Which role the dependent gets.
    Role,
}

/// What a colocation of two primitives changes now.
pub(super) fn effect(run: &Run<'_>, dependent: ResourceId, primary: ResourceId, colocation: &Colocation) -> Effect {
    if run[primary].provisional {
        return Effect::Nothing;
    }
    match effect_if_unassigned(run, dependent, primary, colocation) {
        Effect::Location if !run[dependent].provisional => Effect::Nothing,
        effect => effect,
    }
}

/// What it would change if neither of the two were assigned (COLO-90).
pub(in crate::placement) fn effect_if_unassigned(
    run: &Run<'_>,
    dependent: ResourceId,
    primary: ResourceId,
    colocation: &Colocation,
) -> Effect {
    let (dependent, primary) = (role_view(run, dependent), role_view(run, primary));
    let chooses_role = matches!(colocation.dependent_role, Some(Role::Unpromoted | Role::Promoted));
    let in_promotable = run[dependent].parent.is_some_and(|parent| run[parent].promotable);
    if chooses_role && in_promotable && !run[dependent].provisional {
        return Effect::Role;
    }
    let differs = |role: Option<Role>, resource: ResourceId| role.is_some_and(|role| role != run[resource].next_role);
    if differs(colocation.dependent_role, dependent) || differs(colocation.primary_role, primary) {
        return Effect::Nothing;
    }
    Effect::Location
}

/// Whose role counts: for a container that of what runs inside.
pub(super) fn role_view(run: &Run<'_>, resource: ResourceId) -> ResourceId {
    if !run[resource].replica_container {
        return resource;
    }
    run.cluster.replica_of(resource).and_then(|replica| replica.child).unwrap_or(resource)
}

/// Whether the dependent's preferences may move a primary (COLO-44).
pub(in crate::placement) fn has_influence(run: &Run<'_>, colocation: &Colocation, primary: ResourceId) -> bool {
    let dependent = colocation.dependent;
    let active = run[primary].active_on.len();
    let connects_bundle = run[dependent].is_connection && run.cluster.bundle_of(dependent).is_some();
    if connects_bundle && !run[primary].failed && active == 1 {
        return false;
    }
    colocation.influence || active == 0
}

/// Whether a resource or anything below it is blocked.
pub(in crate::placement) fn is_blocked(run: &Run<'_>, resource: ResourceId) -> bool {
    run[resource].blocked || run[resource].children.iter().any(|&child| is_blocked(run, child))
}
