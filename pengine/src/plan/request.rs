//! Requests: an action is found or made, and its flags are brought up to date each time (ACT section 2).

use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

use super::{ActionId, ActionKey, Kinds, Operation, OperationId, Reason, Side, Task};

/// Finds or makes a resource's action and updates its flags (ACT-8 to ACT-11).
pub fn request(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, node: Option<NodeId>, optional: bool) -> ActionId {
    let task = key.task.clone();
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
    let _ = (run, resource, key, task, node, optional);
    todo!()
}

/// The actions of a resource with a key, oldest first, on a node if one is given: one without node is given it (ACT-5).
pub fn find_on(run: &mut Run<'_>, resource: ResourceId, key: &ActionKey, node: Option<NodeId>) -> Vec<ActionId> {
    let _ = (run, resource, key, node);
    todo!()
}

/// The actions of a resource with a key exactly on a node, oldest first.
#[must_use]
pub fn find_exact(run: &Run<'_>, resource: ResourceId, key: &ActionKey, node: NodeId) -> Vec<ActionId> {
    let _ = (run, resource, key, node);
    todo!()
}

/// The settings of an operation of a resource (ACT-14, ACT-15); `task` is the one of the request.
pub fn operation(run: &mut Run<'_>, resource: ResourceId, key: &ActionKey, task: &Task) -> OperationId {
    let _ = (run, resource, key, task);
    todo!()
}

/// The settings of an operation, read.
pub fn settings<'r>(run: &'r mut Run<'_>, resource: ResourceId, key: &ActionKey) -> &'r Operation {
    let id = operation(run, resource, key, &key.task.clone());
    &run.plan.operations[id]
}

/// Whether the action is a probe, with side effects of none.
#[must_use]
pub fn is_probe(key: &ActionKey) -> bool {
    *key == ActionKey::probe()
}

/// Requires clearing a resource's fail count on a node (ACT-87).
pub fn clear_fail_count(run: &mut Run<'_>, resource: ResourceId, node: NodeId, reason: Reason) -> ActionId {
    let _ = (run, resource, node, reason);
    todo!()
}

/// Finds or makes a node's fencing action (FENCE-3); `word` of nothing is the configured one.
pub fn fencing_action(
    run: &mut Run<'_>,
    node: NodeId,
    word: Option<&str>,
    optional: bool,
    reason: Option<Reason>,
    priority_delay: bool,
) -> ActionId {
    let _ = (run, node, word, optional, reason, priority_delay);
    todo!()
}

/// Triggers unfencing because a fencing device changed (FENCE-14).
pub fn trigger_unfencing(run: &mut Run<'_>, device: ResourceId, node: NodeId, reason: Reason) {
    let _ = (run, device, node, reason);
    todo!()
}

/// Adds an ordering, and those that live migration needs besides (ORD-14, ORD-15).
pub fn order(run: &mut Run<'_>, first: Side, then: Side, kinds: Kinds) {
    let _ = (run, first, then, kinds);
    todo!()
}

/// Relates two actions at once (ORD-45); whether the relation is new.
pub fn relate(run: &mut Run<'_>, first: ActionId, then: ActionId, kinds: Kinds) -> bool {
    let _ = (run, first, then, kinds);
    todo!()
}

/// Sets a reason if the action has none yet, or over the one it has.
pub fn set_reason(run: &mut Run<'_>, action: ActionId, reason: Reason, overwrite: bool) {
    if overwrite || run[action].reason.is_none() {
        run[action].reason = Some(reason);
    }
}
