//! Giving a resource its node, or none, and taking it back (PLACE-75 to PLACE-79).

use crate::cluster::{NodeId, ResourceId, Role};
use crate::ledger::GivenUp;
use crate::plan::{Action, Expectation, Task};
use crate::run::Run;

use super::lines::note_utilization;
use super::scores::is_usable;
use super::{Mode, utilization};

/// Takes the node of a resource that found no partner among others away for good: next role stopped, its actions changed accordingly
/// (PLACE-77). Whether anything changed.
pub fn force_unassigned(run: &mut Run<'_>, resource: ResourceId, others: ResourceId) -> bool {
    if !run[resource].is_primitive() {
        let children = run[resource].children.clone();
        return children.into_iter().fold(false, |changed, child| force_unassigned(run, child, others) | changed);
    }
    let assigned = run[resource].assigned;
    if let Some(ledger) = &mut run.ledger {
        ledger.give_up(resource, GivenUp { others, node: assigned });
    }
    let changed = assigned.is_some();
    leave_without_node(run, resource, Mode::Final);
    changed
}

/// Gives a primitive a node that was chosen, unless it can't be there after all (PLACE-76). Returns the node it has now.
pub(super) fn commit(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>, mode: Mode) -> Option<NodeId> {
    let accepted = node.filter(|&node| accepts(run, resource, node));
    let Some(node) = accepted else {
        leave_without_node(run, resource, mode);
        return None;
    };
    let score = run.cluster.allowed[resource].score(node).unwrap_or_default();
    give(run, resource, node);
    run[resource].assigned_score = score;
    Some(node)
}

/// Pins a primitive to the node where it is, without any question (PLACE-65.9).
pub(super) fn pin(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>, mode: Mode) {
    match node {
        Some(node) => {
            give(run, resource, node);
            // COLO-62: whatever its table says, it counts with the node's own score.
            run[resource].assigned_score = run[node].score;
        }
        None => leave_without_node(run, resource, mode),
    }
}

/// A guest node need not be available: what launches it may yet be started.
fn accepts(run: &Run<'_>, resource: ResourceId, node: NodeId) -> bool {
    let entry = run.cluster.allowed[resource].get(node);
    entry.is_some_and(|entry| is_usable(run, node, entry) || (run.cluster.is_guest(node) && !entry.score.is_negative()))
}

fn give(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    undo(run, resource);
    set_provisional(run, resource, false);
    run[resource].assigned = Some(node);
    if let Some(entry) = run.cluster.allowed.change(resource).get_mut(node) {
        entry.count += 1;
    }
    run[node].assigned += 1;
    utilization::take(run, resource, node);
    note_utilization(run, resource, node);
}

/// PLACE-77.
pub(super) fn leave_without_node(run: &mut Run<'_>, resource: ResourceId, mode: Mode) {
    undo(run, resource);
    set_provisional(run, resource, false);
    if mode == Mode::Tentative {
        return;
    }
    run[resource].next_role = Role::Stopped;
    for id in run[resource].actions.clone() {
        let action = &mut run[id];
        match action.task {
            Task::Stop => action.optional = false,
            Task::Start => action.runnable = false,
            _ if action.key.interval != 0 && !expects_inactive(action) => action.runnable = false,
            _ => {}
        }
    }
}

/// Whether an action checks that the resource is not there, which goes on without node.
fn expects_inactive(action: &Action) -> bool {
    action.expects == Some(Expectation::Inactive)
}

/// Takes the node back, from all below a resource (PLACE-78).
pub(super) fn undo(run: &mut Run<'_>, resource: ResourceId) {
    set_provisional(run, resource, true);
    for child in run[resource].children.clone() {
        undo(run, child);
    }
    if let Some(node) = run[resource].assigned.take() {
        run.tallies.note_unassigned(&run.cluster, resource);
        let count = &mut run[node].assigned;
        *count = count.saturating_sub(1);
        utilization::give_back(run, resource, node);
    }
}

/// Notes whether a resource is still to be assigned.
pub(super) fn set_provisional(run: &mut Run<'_>, resource: ResourceId, provisional: bool) {
    if std::mem::replace(&mut run[resource].provisional, provisional) != provisional {
        run.demands.note(&run.cluster, resource, provisional);
    }
}
