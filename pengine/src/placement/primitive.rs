//! Assigning a primitive (PLACE section 10).

use crate::cib::{NoQuorumPolicy, Score};
use crate::cluster::{ColocationId, NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::run::{AssignStep, Run};

use super::choose::choose;
use super::colocation::{Merge, apply, has_influence, this_with, with_this};
use super::commit::{commit, leave_without_node, pin};
use super::lines::note_scores;
use super::scores::{add_score, has_usable, remember, restore};
use super::{Mode, assign};

/// Gives a primitive a node if it can have one.
pub(super) fn assign_primitive(run: &mut Run<'_>, resource: ResourceId, preferred: Option<NodeId>, mode: Mode) -> Option<NodeId> {
    if let Some(parent) = run[resource].parent
        && !run[parent].assigning
    {
        assign(run, parent, preferred, mode);
    }
    if !run[resource].provisional {
        return run[resource].assigned;
    }
    if run[resource].assigning {
        return None;
    }
    run[resource].assigning = true;
    apply_colocations(run, resource);
    settle_next_role(run, resource);
    note_scores(run, AssignStep::Primitive, resource);
    let options = &run.cluster.options;
    let stop_all = options.stop_all_resources;
    if options.fencing_enabled && !run.cluster.has_fencing_device() {
        run[resource].managed = false;
    }
    if !run[resource].managed {
        run[resource].next_role = run[resource].role;
        pin(run, resource, run.cluster.current_node(resource), mode);
    } else if stop_all {
        leave_without_node(run, resource, mode);
    } else {
        let chosen = choose(run, resource, preferred);
        commit(run, resource, chosen, mode);
    }
    run[resource].assigning = false;
    if run[resource].is_connection {
        update_connected_node(run, resource);
    }
    run[resource].assigned
}

/// Mandatory colocations first, then optional ones; of each kind first those with primaries (PLACE-65.5).
fn apply_colocations(run: &mut Run<'_>, resource: ResourceId) {
    let primaries = this_with(run, resource);
    let dependents = with_this(run, resource);
    let merge = Merge { target: resource, nonnegative: false, may_roll_back: true };
    for mandatory in [true, false] {
        let is_due = |run: &Run<'_>, id: ColocationId| run[id].score.is_mandatory() == mandatory;
        for &id in &primaries {
            if is_due(run, id) {
                follow_primary(run, resource, id);
            }
        }
        for &id in &dependents {
            if is_due(run, id) && has_influence(run, &run[id], run[id].primary) {
                merge.heed_dependent(run, id);
            }
        }
    }
}

fn follow_primary(run: &mut Run<'_>, resource: ResourceId, id: ColocationId) {
    let primary = run[id].primary;
    if run[primary].provisional {
        assign(run, primary, None, Mode::Final);
    }
    let score = run[id].score;
    let optional_negative = score.is_negative() && !score.is_minus_infinite();
    if !optional_negative && run[id].dependent_role != Some(Role::Promoted) {
        apply(run, resource, primary, id);
        return;
    }
    let before = remember(run, resource);
    apply(run, resource, primary, id);
    if !has_usable(run, &run.cluster.allowed[resource]) {
        restore(run, resource, &before);
    }
}

/// A resource that shall stop may be nowhere; without quorum its role can't rise (PLACE-65.6).
fn settle_next_role(run: &mut Run<'_>, resource: ResourceId) {
    if run[resource].next_role == Role::Stopped {
        add_score(run, resource, None, Score::MINUS_INFINITY, Cause::TargetRole);
    } else if run[resource].next_role > run[resource].role && is_frozen(run) {
        run[resource].next_role = run[resource].role;
    }
}

/// Whether lack of quorum keeps everything as it is.
pub(super) fn is_frozen(run: &Run<'_>) -> bool {
    !run.cluster.has_quorum && run.cluster.options.no_quorum_policy == NoQuorumPolicy::Freeze
}

/// PLACE-57: what a connection is given decides whether resources can be placed on the node behind it.
fn update_connected_node(run: &mut Run<'_>, connection: ResourceId) {
    let Some(node) = run.cluster.node_of_connection(connection) else { return };
    if run[connection].assigned.is_some() && run[connection].next_role != Role::Stopped {
        run[node].online = true;
        if !run[node].seen {
            run[node].unclean = false;
        }
    } else {
        run[node].shutting_down = true;
    }
}
