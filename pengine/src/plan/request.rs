//! Requests: an action is found or made, and its flags are brought up to date each time (ACT section 2).

use crate::cib::{NameValues, NoQuorumPolicy};
use crate::cluster::{NodeId, ResourceId, Role, status};
use crate::run::Run;

use super::{Action, ActionId, ActionKey, FenceReason, Reason, RelationId, Requirement, Task, operation};

/// Finds or makes a resource's action and updates its flags (ACT-8 to ACT-11).
pub fn request(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, node: Option<NodeId>, optional: bool) -> ActionId {
    let task = match key.notify {
        Some(super::NotifyPhase::Pre | super::NotifyPhase::Post) => Task::Notify,
        Some(_) => Task::Notified,
        None => key.task,
    };
    request_as(run, resource, key, task, node, optional)
}

/// As [`request`], for an action whose task is not that of its key: a cancel.
pub fn request_as(
    run: &mut Run<'_>,
    resource: ResourceId,
    key: ActionKey,
    task: Task,
    node: Option<NodeId>,
    optional: bool,
) -> ActionId {
    let found = first_on(run, resource, key, node);
    let action = found.unwrap_or_else(|| create(run, resource, key, task, node, optional));
    update_optional(run, resource, action, optional);
    run[action].has_own_parameters |= run[action].node.is_some();
    update_runnable(run, resource, action);
    action
}

fn create(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, task: Task, node: Option<NodeId>, optional: bool) -> ActionId {
    let operation = operation(run, resource, key, task);
    let requirement = requirement(run, resource, task);
    let on_dc = task == Task::LrmDelete;
    let action =
        Action { operation: Some(operation), requirement, on_dc, optional, ..Action::new(Some(resource), node, key, task) };
    let id = run.plan.graph.add_node(action);
    run[resource].actions.push(id);
    run.plan.index(id);
    id
}

fn requirement(run: &Run<'_>, resource: ResourceId, task: Task) -> Requirement {
    use crate::cluster::Requires;
    if !matches!(task, Task::Start | Task::Promote) {
        return Requirement::Nothing;
    }
    match run[resource].requires {
        Requires::Nothing => Requirement::Nothing,
        Requires::Quorum => Requirement::Quorum,
        Requires::Fencing | Requires::Unfencing => Requirement::Fencing,
    }
}

/// ACT-9: one-time actions of unmanaged resources are optional whatever was wanted.
fn update_optional(run: &mut Run<'_>, resource: ResourceId, id: ActionId, optional: bool) {
    let managed = run[resource].managed;
    let recurs = meta(run, id, "interval").is_some();
    let action = &mut run[id];
    if action.node.is_some() && !action.pseudo && !managed && !recurs {
        action.optional = true;
    } else if !optional {
        action.optional = false;
    }
}

/// A meta-attribute of an action: one that the plan added, or one of its operation.
#[must_use]
pub fn meta<'r>(run: &'r Run<'_>, action: ActionId, name: &str) -> Option<&'r str> {
    let added = run[action].meta.get(name);
    let configured = || run.plan.operations[run[action].operation?].meta.get(name);
    added.or_else(configured)
}

/// ACT-11. It runs at every request, so it may allow what something else had forbidden, and erases reasons.
fn update_runnable(run: &mut Run<'_>, resource: ResourceId, id: ActionId) {
    if run[id].pseudo {
        return;
    }
    let Some(node) = run[id].node else {
        run[id].runnable = false;
        return;
    };
    if !run[id].on_dc && is_lost(run, node) {
        run[id].runnable = false;
        if run[resource].managed && run[id].task == Task::Stop && !run[node].unclean {
            status::request_fencing(run, node, FenceReason::StopUnrunnable, false);
        }
        return;
    }
    if !run[id].on_dc && run[node].pending {
        run[id].runnable = false;
        return;
    }
    if run[id].requirement == Requirement::Nothing {
        run[id].reason = None;
        run[id].runnable = !run.cluster.is_guest(node) || status::can_fence(run, node);
        return;
    }
    match effective_policy(run, resource) {
        NoQuorumPolicy::Stop => forbid(run, id, Reason::NoQuorum),
        NoQuorumPolicy::Freeze => {
            let rises = run.cluster.next_role_of(resource) > run.cluster.role_of(resource);
            if !run.cluster.is_active(resource) || rises {
                forbid(run, id, Reason::QuorumFreeze);
            }
        }
        _ => run[id].runnable = true,
    }
}

fn is_lost(run: &Run<'_>, node: NodeId) -> bool {
    !run[node].online && (!run.cluster.is_guest(node) || run[node].reset_needed)
}

fn forbid(run: &mut Run<'_>, id: ActionId, reason: Reason) {
    run[id].runnable = false;
    run[id].reason = Some(reason);
}

/// The quorum policy as it counts for starting or promoting a resource (ACT-12).
fn effective_policy(run: &mut Run<'_>, resource: ResourceId) -> NoQuorumPolicy {
    if run.cluster.has_quorum {
        return NoQuorumPolicy::Ignore;
    }
    let policy = run.cluster.options.no_quorum_policy;
    if policy != NoQuorumPolicy::Demote {
        return policy;
    }
    if !matches!(run.cluster.role_of(resource), Role::Promoted | Role::Unpromoted) {
        return NoQuorumPolicy::Stop;
    }
    let next = &mut run[resource].next_role;
    *next = (*next).min(Role::Unpromoted);
    NoQuorumPolicy::Ignore
}

/// The actions of a resource with a key on a node, oldest first; one without node is given it (ACT-5).
pub fn find_on(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, node: NodeId) -> Vec<ActionId> {
    if run.plan.adopt(resource, key, node) {
        run.tallies.touch(&run.cluster, resource);
    }
    run.plan.on_node(resource, key, node).collect()
}

/// The oldest action of a resource with a key, on a node if one is given: one without node is given it (ACT-5).
pub fn first_on(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, node: Option<NodeId>) -> Option<ActionId> {
    let Some(node) = node else { return run.plan.with_key(resource, key).first().copied() };
    if run.plan.adopt(resource, key, node) {
        run.tallies.touch(&run.cluster, resource);
    }
    run.plan.on_node(resource, key, node).next()
}

/// The actions of a resource with a key exactly on a node, oldest first.
#[must_use]
pub fn find_exact(run: &Run<'_>, resource: ResourceId, key: ActionKey, node: NodeId) -> Vec<ActionId> {
    run.plan.on_node(resource, key, node).collect()
}

/// A resource's newest action with a task, on a node if one is given (ACT-5, "first in list").
#[must_use]
pub fn newest(run: &Run<'_>, resource: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
    let fits = |&&id: &&ActionId| run[id].task == task && (node.is_none() || run[id].node == node);
    candidates(run, resource, task).iter().rev().find(fits).copied()
}

/// The actions of a resource that may have a task, oldest first.
pub(crate) fn candidates<'r>(run: &'r Run<'_>, resource: ResourceId, task: Task) -> &'r [ActionId] {
    if task.is_settled() { run.plan.index.with_task(resource, task) } else { &run[resource].actions }
}

/// Requires clearing a resource's fail count on a node (ACT-87).
pub fn clear_fail_count(run: &mut Run<'_>, resource: ResourceId, node: NodeId, reason: Reason) -> ActionId {
    let action = request(run, resource, ActionKey::once(Task::ClearFailcount), Some(node), false);
    run[action].meta.insert("op_no_wait", "true");
    set_reason(run, action, reason, true);
    action
}

/// Finds or makes a pseudo-action without resource: optional and runnable (ACT-13).
pub fn pseudo_action(run: &mut Run<'_>, name: &str) -> ActionId {
    if let Some(&known) = run.plan.by_name.get(name) {
        return known;
    }
    let task = run.cluster.tasks.task(name);
    let action =
        Action { name: Some(name.into()), optional: true, pseudo: true, ..Action::new(None, None, ActionKey::once(task), task) };
    let id = run.plan.graph.add_node(action);
    run.plan.by_name.insert(name.to_owned(), id);
    id
}

/// A collective's own action: without node, pseudo and runnable, whatever it was before (ACT-13).
pub fn request_pseudo(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, optional: bool) -> ActionId {
    let action = request(run, resource, key, None, optional);
    run[action].pseudo = true;
    run[action].runnable = true;
    action
}

/// Sets a reason if the action has none yet, or over the one it has.
pub fn set_reason(run: &mut Run<'_>, action: ActionId, reason: Reason, overwrite: bool) {
    if overwrite || run[action].reason.is_none() {
        run[action].reason = Some(reason);
    }
}

impl Action {
    /// An action that is required, runnable and real.
    #[must_use]
    pub fn new(resource: Option<ResourceId>, node: Option<NodeId>, key: ActionKey, task: Task) -> Self {
        Self {
            resource,
            node,
            key,
            name: None,
            task,
            optional: false,
            runnable: true,
            pseudo: false,
            migratable: false,
            always_in_graph: false,
            on_dc: false,
            reschedule: false,
            aborts_migration: false,
            reason: None,
            operation: None,
            meta: NameValues::default(),
            expects: None,
            has_own_parameters: false,
            requirement: Requirement::Nothing,
            priority: 0,
            required_firsts: 0,
            decisive: RelationId::end(),
        }
    }
}
