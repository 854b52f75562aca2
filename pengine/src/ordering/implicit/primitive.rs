//! A primitive's own orderings (ACT-29 to ACT-31).

use crate::cib::{PlacementStrategy, Score, compare_names};
use crate::cluster::{NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::placement::ban_where;
use crate::plan::{ActionKey, Kinds, Side, Task, fencing_action, order, pseudo_action};
use crate::run::Run;

use super::{colocate_parts, link};

/// Makes them; an unmanaged primitive has none.
pub(super) fn create(run: &mut Run<'_>, id: ResourceId) {
    if !run[id].managed {
        return;
    }
    let restart = Kinds::SEQUENCE | Kinds::FIRST_IMPLIES_THEN | Kinds::RESTART;
    link(run, id, Task::Stop, id, Task::Start, restart);
    if run.cluster.is_promotable(id) || run[id].role == Role::Promoted {
        link(run, id, Task::Demote, id, Task::Stop, Kinds::PROMOTED_THEN_IMPLIES_FIRST);
        link(run, id, Task::Start, id, Task::Promote, Kinds::UNRUNNABLE_BLOCKS);
    }
    let cancels = Kinds::SAME_NODE | Kinds::THEN_CANCELS_FIRST;
    link(run, id, Task::LrmDelete, id, Task::Monitor, cancels);
    if run.cluster.unfencing && run[id].needs_unfencing() && !run[id].fencing_device {
        order_around_unfencing(run, id);
    }
    if !run[id].utilization.is_empty() && run.cluster.options.placement_strategy != PlacementStrategy::Default {
        order_around_load(run, id);
    }
    if let Some(launcher) = run[id].launcher {
        bind_to_launcher(run, id, launcher);
    }
    if run[id].is_connection || run[id].fencing_device {
        ban_remote_kind(run, id);
    }
}

/// The nodes of a resource's table by name.
fn nodes_by_name(run: &Run<'_>, id: ResourceId) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = run.cluster.allowed[id].iter().map(|(node, _)| node).collect();
    nodes.sort_by(|&a, &b| compare_names(&run[a].name, &run[b].name));
    nodes
}

/// FENCE-12.
fn order_around_unfencing(run: &mut Run<'_>, id: ResourceId) {
    for node in nodes_by_name(run, id) {
        let unfence = fencing_action(run, node, Some("on"), true, None, false);
        let key = |task| Side::Key(id, ActionKey::once(task));
        order(run, key(Task::Stop), Side::Action(unfence), Kinds::SEQUENCE | Kinds::SAME_NODE);
        let follows = Kinds::FIRST_IMPLIES_SAME_NODE_THEN | Kinds::SAME_NODE;
        order(run, Side::Action(unfence), key(Task::Start), follows);
    }
}

/// What leaves a node makes room before something else comes (PLACE-94).
fn order_around_load(run: &mut Run<'_>, id: ResourceId) {
    let key = |task| Side::Key(id, ActionKey::once(task));
    for node in run[id].active_on.clone() {
        let load = load_stopped(run, node);
        order(run, key(Task::Stop), Side::Action(load), Kinds::LOAD);
    }
    for node in nodes_by_name(run, id) {
        let load = load_stopped(run, node);
        order(run, Side::Action(load), key(Task::Start), Kinds::LOAD);
        order(run, Side::Action(load), key(Task::MigrateTo), Kinds::LOAD);
    }
}

fn load_stopped(run: &mut Run<'_>, node: NodeId) -> crate::plan::ActionId {
    let action = pseudo_action(run, &format!("load_stopped_{}", run[node].name));
    run[action].node = Some(node);
    run[action].optional = false;
    action
}

/// ACT-30, and lines 7 to 10 of ACT-29.
fn bind_to_launcher(run: &mut Run<'_>, id: ResourceId, launcher: ResourceId) {
    if run[id].is_connection {
        if !run[id].allows_nested_remote {
            ban_remote_kind(run, launcher);
        }
        link(run, launcher, Task::Monitor, id, Task::Stop, Kinds::SEQUENCE);
    } else {
        let connection = if run[launcher].is_connection { Some(launcher) } else { run.cluster.guest_connection_of(launcher) };
        if let Some(node) = connection.and_then(|connection| run.cluster.node_of_connection(connection)) {
            ban_where(run, id, Cause::NestedRemote, |_, at| at != node);
            return;
        }
    }
    let follows = Kinds::FIRST_IMPLIES_THEN | Kinds::UNRUNNABLE_BLOCKS;
    link(run, launcher, Task::Start, id, Task::Start, follows);
    link(run, id, Task::Stop, launcher, Task::Stop, Kinds::THEN_IMPLIES_FIRST);
    let score = if run[id].allows_nested_remote { Score::new(10_000) } else { Score::INFINITY };
    colocate_parts(run, "#resource-with-container", id, launcher, score, true);
}

/// PLACE-26: what must not run on a node that is itself connected.
fn ban_remote_kind(run: &mut Run<'_>, id: ResourceId) {
    ban_where(run, id, Cause::NestedRemote, |run, node| run.cluster.is_connected_remote_kind(node));
}
