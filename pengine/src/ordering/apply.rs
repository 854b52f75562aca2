//! From orderings between keys to relations between actions (ORD section 8).

use smallvec::smallvec;

use crate::cluster::{ResourceId, Role};
use crate::plan::{ActionKey, Actions, Kinds, Ordering, Side, Task, relate, request};
use crate::run::Run;

/// Applies every ordering in order of creation.
pub(super) fn apply_all(run: &mut Run<'_>) {
    for index in 0..run.plan.orderings.len() {
        let ordering = run.plan.orderings[index];
        apply(run, ordering);
    }
}

fn apply(run: &mut Run<'_>, ordering: Ordering) {
    let firsts = match ordering.first {
        Side::Action(action) => smallvec![action],
        Side::Key(resource, key) => find_or_create_first(run, resource, key, ordering.then),
    };
    for first in firsts {
        let mut kinds = ordering.kinds;
        let thens = match ordering.then {
            Side::Action(action) => smallvec![action],
            Side::Key(resource, key) => find(run, resource, key),
        };
        // ACT-82: ending a migration is no reason to start again.
        if run[first].aborts_migration && run[first].resource == resource_of(run, ordering.then) {
            kinds -= Kinds::FIRST_IMPLIES_THEN;
        }
        for then in thens {
            relate(run, first, then, kinds);
        }
    }
}

pub(super) fn resource_of(run: &Run<'_>, side: Side) -> Option<ResourceId> {
    match side {
        Side::Key(resource, _) => Some(resource),
        Side::Action(action) => run[action].resource,
    }
}

/// The actions with a key, oldest first. ACT-4: the key of a deletion in the CIB reads as that of a deletion on the node.
fn find(run: &Run<'_>, resource: ResourceId, key: ActionKey) -> Actions {
    let found = run.plan.with_key(resource, key);
    if found.is_empty() && key.task == Task::LrmDelete {
        return run.plan.with_key(resource, ActionKey::once(Task::Delete)).into();
    }
    found.into()
}

/// A first action that is missing is made, without node and so not runnable: what can't happen blocks what comes after it
/// (ORD-52).
fn find_or_create_first(run: &mut Run<'_>, resource: ResourceId, key: ActionKey, then: Side) -> Actions {
    let found = find(run, resource, key);
    let is_settled = |task: Task, role: Role| key.task == task && key.notify.is_none() && run.cluster.role_of(resource) == role;
    if !found.is_empty()
        || resource_of(run, then) == Some(resource)
        || is_settled(Task::Stop, Role::Stopped)
        || is_settled(Task::Demote, Role::Unpromoted)
    {
        return found;
    }
    smallvec![request(run, resource, key, None, true)]
}
