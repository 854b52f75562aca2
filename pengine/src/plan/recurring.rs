//! Recurring actions: monitors that are begun, kept, or cancelled (ACT section 10).

use crate::cluster::{NodeId, Op, ResourceId, Role};
use crate::run::Run;

use super::{
    ActionId, ActionKey, Expectation, Kinds, Side, Task, find_exact, find_on, order, order_tasks, relate, request, request_as,
};

/// Plans the recurring actions of a primitive.
pub fn create(run: &mut Run<'_>, id: ResourceId) {
    if run[id].blocked || run[id].maintenance {
        return;
    }
    let runs_on =
        run[id].assigned.filter(|&node| !run[node].maintenance && (run[id].next_role != Role::Stopped || !run[id].managed));
    let start = runs_on.map(|node| (node, request(run, id, ActionKey::once(Task::Start), Some(node), true)));
    let ops = run[id].ops.clone();
    for op in ops.iter().filter(|op| recurs(op)) {
        match (role_of(op), start) {
            (Some(Role::Stopped), _) => create_inactive(run, id, op),
            (_, Some((node, start))) => create_active(run, id, op, node, start),
            _ => {}
        }
    }
}

fn role_of(op: &Op) -> Option<Role> {
    op.role.as_deref().and_then(Role::parse)
}

/// Whether an operation is a valid recurring one (ACT-62).
#[must_use]
pub fn recurs(op: &Op) -> bool {
    let may_recur = !matches!(
        op.task,
        Task::Start | Task::Stop | Task::Promote | Task::Demote | Task::ReloadAgent | Task::MigrateTo | Task::MigrateFrom
    );
    let known_role = op.role.is_none() || role_of(op).is_some();
    op.interval_ms > 0 && op.enabled && !op.duplicate && !op.id.is_empty() && may_recur && known_role
}

/// ACT-63.
fn create_active(run: &mut Run<'_>, id: ResourceId, op: &Op, node: NodeId, start: ActionId) {
    let key = ActionKey::recurring(op.task, op.interval_ms);
    let markers = find_exact(run, id, key, node);
    let optional = run[start].optional && !markers.is_empty() && !markers.iter().any(|&marker| run[marker].reschedule);
    let next = run[id].next_role;
    let matches = role_of(op).map_or(next != Role::Promoted, |role| role == next);
    if !matches {
        // What runs already has to be cancelled; what doesn't run is no concern.
        if optional {
            cancel_for_role(run, id, key, node);
        }
        return;
    }
    let monitor = request(run, id, key, Some(node), optional);
    if !run[start].runnable || !run[node].is_online_clean() {
        run[monitor].runnable = false;
    }
    if next == Role::Promoted {
        run[monitor].expects = Some(Expectation::Promoted);
    }
    if run[id].managed {
        order_monitor(run, id, monitor);
    }
}

fn order_monitor(run: &mut Run<'_>, id: ResourceId, monitor: ActionId) {
    let follows = Kinds::FIRST_IMPLIES_THEN | Kinds::UNRUNNABLE_BLOCKS;
    let in_order = Kinds::SEQUENCE | Kinds::UNRUNNABLE_BLOCKS;
    let mut after = |task: Task, kinds: Kinds| {
        order(run, Side::Key(id, ActionKey::once(task)), Side::Action(monitor), kinds);
    };
    after(Task::Start, follows);
    after(Task::ReloadAgent, follows);
    let (role, next) = (run[id].role, run[id].next_role);
    let mut after = |task: Task| order(run, Side::Key(id, ActionKey::once(task)), Side::Action(monitor), in_order);
    if next == Role::Promoted {
        after(Task::Promote);
    } else if role == Role::Promoted {
        after(Task::Demote);
    }
}

/// Cancels a recurring action; an existing action with its key becomes the cancel (ACT-36).
pub fn cancel(run: &mut Run<'_>, id: ResourceId, key: ActionKey, node: NodeId) -> ActionId {
    let cancel = request_as(run, id, key, Task::Cancel, Some(node), false);
    let operation = run.cluster.tasks.name(key.task).to_owned();
    let action = &mut run[cancel];
    action.task = Task::Cancel;
    action.meta.insert("operation", operation);
    action.meta.insert("interval", key.interval.to_string());
    cancel
}

/// Cancels what is of the wrong role, before what changes the role.
fn cancel_for_role(run: &mut Run<'_>, id: ResourceId, key: ActionKey, node: NodeId) {
    let cancel = cancel(run, id, key, node);
    let changes = match (run[id].role, run[id].next_role) {
        (Role::Started | Role::Unpromoted, Role::Promoted) => Task::Promote,
        (Role::Started | Role::Unpromoted, Role::Stopped) => Task::Stop,
        (Role::Promoted, _) => Task::Demote,
        _ => return,
    };
    order(run, Side::Action(cancel), Side::Key(id, ActionKey::once(changes)), Kinds::UNRUNNABLE_BLOCKS);
}

/// Monitors that check that it does not run, on all other nodes (ACT-65).
fn create_inactive(run: &mut Run<'_>, id: ResourceId, op: &Op) {
    if !run[id].unique {
        return;
    }
    let key = ActionKey::recurring(op.task, op.interval_ms);
    for node in run.cluster.node_order.clone() {
        let exists = !find_exact(run, id, key, node).is_empty();
        if run[id].assigned == Some(node) {
            if exists {
                cancel_before_start(run, id, key, node);
            }
            continue;
        }
        let monitor = request(run, id, key, Some(node), exists);
        run[monitor].expects = Some(Expectation::Inactive);
        if run[id].managed {
            for probe in find_on(run, id, ActionKey::probe(), node) {
                relate(run, probe, monitor, Kinds::UNRUNNABLE_BLOCKS);
            }
        }
        order_after_stops(run, id, node, monitor);
        if !run[node].is_online_clean() {
            run[monitor].runnable = false;
        }
    }
}

fn cancel_before_start(run: &mut Run<'_>, id: ResourceId, key: ActionKey, node: NodeId) {
    let cancel = cancel(run, id, key, node);
    if matches!(run[id].next_role, Role::Started | Role::Unpromoted) {
        order(run, Side::Action(cancel), Side::Key(id, ActionKey::once(Task::Start)), Kinds::UNRUNNABLE_BLOCKS);
    }
}

fn order_after_stops(run: &mut Run<'_>, id: ResourceId, node: NodeId, monitor: ActionId) {
    for stop in find_exact(run, id, ActionKey::once(Task::Stop), node) {
        if !run[stop].optional && !run[monitor].optional && !run[id].managed {
            run[monitor].optional = true;
        }
        if !run[stop].runnable {
            run[monitor].runnable = false;
        }
        if run[id].managed {
            let kinds = Kinds::FIRST_IMPLIES_THEN | Kinds::UNRUNNABLE_BLOCKS;
            order(run, Side::Action(stop), Side::Action(monitor), kinds);
        }
    }
}

/// Orders a stop before a cancel (ACT-36).
pub fn stop_before_cancel(run: &mut Run<'_>, id: ResourceId, cancel: ActionId) {
    order(run, Side::Key(id, ActionKey::once(Task::Stop)), Side::Action(cancel), Kinds::SEQUENCE);
}

/// Plans that a resource's history be deleted from a node, between its stop and its start (ACT-86).
pub fn clean_up(run: &mut Run<'_>, id: ResourceId, node: NodeId) {
    if run[id].failed || !run[node].is_online_clean() {
        return;
    }
    request(run, id, ActionKey::once(Task::Delete), Some(node), false);
    order_tasks(run, (id, Task::Stop), (id, Task::Delete), Kinds::SEQUENCE);
    order_tasks(run, (id, Task::Delete), (id, Task::Start), Kinds::SEQUENCE);
}
