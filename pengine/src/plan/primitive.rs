//! The actions that take a primitive from its current role to its next one (ACT section 9).

use crate::cluster::{MultipleActive, NodeId, ResourceId, Role};
use crate::run::Run;

use super::{
    ActionKey, Kinds, Reason, Task, fencing_action, find_exact, migration, order_after_unfencing, recurring, relate, request,
    set_reason,
};

/// What the steps of [`create`] agree on.
struct Situation {
    current: Option<NodeId>,
    assigned: Option<NodeId>,
    moving: bool,
    migrates: bool,
    need_stop: bool,
    need_promote: bool,
}

/// Plans all actions of a primitive.
pub fn create(run: &mut Run<'_>, id: ResourceId) {
    if run[id].next_role == Role::Unknown {
        run[id].next_role = if run[id].assigned.is_some() { Role::Started } else { Role::Stopped };
    }
    for source in run[id].dangling_sources.clone() {
        let stop = request(run, id, ActionKey::once(Task::Stop), Some(source), false);
        run[stop].aborts_migration = true;
    }
    let mut situation = look(run, id);
    if run[id].start_pending {
        let start = request(run, id, ActionKey::once(Task::Start), situation.assigned, true);
        run[start].always_in_graph = true;
    }
    if !situation.moving {
        judge_in_place(run, id, &mut situation);
    }
    go_down_and_up(run, id, &situation);
    let (role, next) = (run[id].role, run[id].next_role);
    step_towards(run, id, role, next, situation.assigned, false);
    recurring::create(run, id);
    if situation.migrates {
        migration::create(run, id);
    }
}

/// ACT-50.3 to 5: moving, a migration that was begun, active on several nodes.
fn look(run: &mut Run<'_>, id: ResourceId) -> Situation {
    let (current, assigned) = (run.cluster.current_node(id), run[id].assigned);
    let moving = current.is_some() && assigned.is_some() && current != assigned && run[id].next_role >= Role::Started;
    let mut situation = Situation {
        current,
        assigned,
        moving,
        migrates: moving && migration::is_possible(run, id),
        need_stop: moving,
        need_promote: false,
    };
    if let Some(migration) = run[id].partial_migration {
        let continues = situation.migrates
            && run[id].active_on.len() == 2
            && current == Some(migration.source)
            && assigned == Some(migration.target);
        situation.need_stop = true;
        if !continues {
            situation.migrates = false;
            run[id].partial_migration = None;
            run[id].stop_unexpected = false;
        }
        return situation;
    }
    let multiply_active = run.cluster.active_count(id) > 1;
    let policy = run[id].multiple_active;
    run[id].stop_unexpected = multiply_active && policy == MultipleActive::StopUnexpected;
    if multiply_active && matches!(policy, MultipleActive::StopStart | MultipleActive::StopUnexpected) {
        situation.need_stop = true;
    }
    situation
}

/// ACT-50.7: what a resource that stays needs.
fn judge_in_place(run: &mut Run<'_>, id: ResourceId, situation: &mut Situation) {
    let resource = &run[id];
    if resource.failed && resource.must_stop {
        situation.need_stop = true;
    } else if resource.failed {
        situation.need_promote = resource.next_role == Role::Promoted;
    } else if resource.blocked {
        situation.need_stop = true;
    } else if resource.role > Role::Started && situation.current.is_some() && situation.assigned.is_some() {
        let start = request(run, id, ActionKey::once(Task::Start), situation.assigned, true);
        situation.need_stop |= !run[start].optional;
    }
}

/// ACT-52: all the way down and up again, required or as a possibility.
fn go_down_and_up(run: &mut Run<'_>, id: ResourceId, situation: &Situation) {
    let role = run[id].role;
    run[id].restarting = true;
    step_towards(run, id, role, Role::Stopped, situation.assigned, !situation.need_stop);
    let mut reached = Role::Stopped;
    // Asked at each step, since the request of a start may lower the next role (ACT-12).
    while reached != role && role <= run[id].next_role && !run[id].blocked {
        let Some((next, task)) = next_step(reached, role) else { break };
        let required = situation.need_stop || task == Task::Promote && situation.need_promote;
        take_step(run, id, task, situation.assigned, !required);
        reached = next;
    }
    run[id].restarting = false;
}

/// The next role on the way, and what leads there (ACT-51). A step without task ends the way.
fn next_step(from: Role, to: Role) -> Option<(Role, Task)> {
    Some(match (from, to) {
        (Role::Unknown | Role::Started | Role::Unpromoted, Role::Stopped | Role::Unknown) => (Role::Stopped, Task::Stop),
        (Role::Unknown, _) => (Role::Stopped, Task::Stop),
        (Role::Stopped, Role::Started) => (Role::Started, Task::Start),
        (Role::Stopped, Role::Unpromoted | Role::Promoted) => (Role::Unpromoted, Task::Start),
        (Role::Started | Role::Unpromoted, Role::Promoted) => (Role::Promoted, Task::Promote),
        (Role::Unpromoted, Role::Started) => (Role::Stopped, Task::Stop),
        (Role::Promoted, _) => (Role::Unpromoted, Task::Demote),
        _ => return None,
    })
}

fn step_towards(run: &mut Run<'_>, id: ResourceId, from: Role, to: Role, node: Option<NodeId>, optional: bool) {
    let mut role = from;
    while role != to {
        let Some((next, task)) = next_step(role, to) else { return };
        take_step(run, id, task, node, optional);
        role = next;
    }
}

fn take_step(run: &mut Run<'_>, id: ResourceId, task: Task, node: Option<NodeId>, optional: bool) {
    match task {
        Task::Start => start(run, id, node, optional),
        Task::Promote => promote(run, id, node, optional),
        Task::Demote => demote(run, id, optional),
        _ => stop(run, id, optional),
    }
}

/// Whether it is to stay on this node while it is stopped on others.
fn is_expected_node(run: &Run<'_>, id: ResourceId, node: Option<NodeId>) -> bool {
    let resource = &run[id];
    resource.stop_unexpected
        && resource.restarting
        && resource.next_role > Role::Stopped
        && node.is_some()
        && node == resource.assigned
}

/// Stops it on every node it is active on (ACT-54).
fn stop(run: &mut Run<'_>, id: ResourceId, mut optional: bool) {
    for node in run[id].active_on.clone() {
        if is_expected_node(run, id, Some(node)) {
            continue;
        }
        if let Some(migration) = run[id].partial_migration {
            if node == migration.target && run[id].assigned == Some(node) {
                continue;
            }
            optional = false;
        }
        let stop = request(run, id, ActionKey::once(Task::Stop), Some(node), optional);
        if run[id].assigned.is_none() {
            set_reason(run, stop, Reason::NodeAvailability, true);
        } else if run[id].stop_unexpected && run[id].restarting {
            set_reason(run, stop, Reason::MultiplyActive, true);
        }
        if !run[id].managed {
            run[stop].runnable = false;
        }
        if run[id].needs_unfencing() {
            let unfence = fencing_action(run, node, Some("on"), true, None, false);
            relate(run, stop, unfence, Kinds::THEN_IMPLIES_FIRST);
        }
    }
}

/// Starts it; a start that can't run stays optional (ACT-55).
fn start(run: &mut Run<'_>, id: ResourceId, node: Option<NodeId>, optional: bool) {
    let start = request(run, id, ActionKey::once(Task::Start), node, true);
    if let Some(node) = node {
        order_after_unfencing(run, id, node, start, Kinds::FIRST_IMPLIES_THEN);
    }
    if run[start].runnable && !optional {
        run[start].optional = false;
    }
    if is_expected_node(run, id, node) {
        run[start].pseudo = true;
    }
}

/// Promotes it, if every start on that node can run (ACT-56).
fn promote(run: &mut Run<'_>, id: ResourceId, node: Option<NodeId>, optional: bool) {
    let Some(node) = node else { return };
    let starts = find_exact(run, id, ActionKey::once(Task::Start), node);
    if starts.iter().all(|&start| run[start].runnable) {
        let promote = request(run, id, ActionKey::once(Task::Promote), Some(node), optional);
        if is_expected_node(run, id, Some(node)) {
            run[promote].pseudo = true;
        }
        return;
    }
    for promote in find_exact(run, id, ActionKey::once(Task::Promote), node) {
        run[promote].runnable = false;
    }
}

/// Demotes it on every node it is active on (ACT-57).
fn demote(run: &mut Run<'_>, id: ResourceId, optional: bool) {
    for node in run[id].active_on.clone() {
        if !is_expected_node(run, id, Some(node)) {
            request(run, id, ActionKey::once(Task::Demote), Some(node), optional);
        }
    }
}
