//! From orderings between keys to relations between actions (ORD section 8).

use rustc_hash::FxHashMap;

use crate::cluster::{ResourceId, Role};
use crate::plan::{ActionId, ActionKey, Kinds, Ordering, Side, Task, relate, request};
use crate::run::Run;

/// Applies every ordering in order of creation.
pub(super) fn apply_all(run: &mut Run<'_>) {
    let (mut firsts, mut thens, mut applied) = (Vec::new(), Vec::new(), Applied::default());
    for index in 0..run.plan.orderings.len() {
        let ordering = run.plan.orderings[index];
        if is_repeated(run, ordering, &mut applied) {
            continue;
        }
        firsts.clear();
        put_firsts(run, ordering, &mut firsts);
        apply(run, ordering, &firsts, &mut thens);
    }
}

/// To how many actions on each side an ordering was applied.
type Applied = FxHashMap<Ordering, (usize, usize)>;

/// Whether the same ordering was applied to the same actions before, which relates nothing anew. Probes of containers are
/// ordered with the starts of others for each node again (INST-77).
fn is_repeated(run: &Run<'_>, ordering: Ordering, applied: &mut Applied) -> bool {
    let (Side::Key(first, first_key), Side::Key(then, then_key)) = (ordering.first, ordering.then) else { return false };
    let firsts = find(run, first, first_key).len();
    // Actions come to be and don't go, so the same ones are there if there are as many.
    firsts > 1 && {
        let both = (firsts, find(run, then, then_key).len());
        applied.insert(ordering, both) == Some(both)
    }
}

/// Applies an ordering of these first actions; the list of later ones is made anew for each.
fn apply(run: &mut Run<'_>, ordering: Ordering, firsts: &[ActionId], thens: &mut Vec<ActionId>) {
    for &first in firsts {
        let mut kinds = ordering.kinds;
        thens.clear();
        put(run, ordering.then, thens);
        // ACT-82: ending a migration is no reason to start again.
        if run[first].aborts_migration && run[first].resource == resource_of(run, ordering.then) {
            kinds -= Kinds::FIRST_IMPLIES_THEN;
        }
        for &then in &*thens {
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

/// The actions of one side, oldest first.
fn put(run: &Run<'_>, side: Side, actions: &mut Vec<ActionId>) {
    match side {
        Side::Action(action) => actions.push(action),
        Side::Key(resource, key) => actions.extend(find(run, resource, key)),
    }
}

/// The actions with a key. ACT-4: the key of a deletion in the CIB reads as that of a deletion on the node.
fn find<'r>(run: &'r Run<'_>, resource: ResourceId, key: ActionKey) -> &'r [ActionId] {
    let found = run.plan.with_key(resource, key);
    if found.is_empty() && key.task == Task::LrmDelete {
        return run.plan.with_key(resource, ActionKey::once(Task::Delete));
    }
    found
}

/// The first actions of an ordering. One that is missing is made, without node and so not runnable: what can't happen blocks
/// what comes after it (ORD-52).
fn put_firsts(run: &mut Run<'_>, ordering: Ordering, firsts: &mut Vec<ActionId>) {
    put(run, ordering.first, firsts);
    let Side::Key(resource, key) = ordering.first else { return };
    let is_settled = |task: Task, role: Role| key.task == task && key.notify.is_none() && run.cluster.role_of(resource) == role;
    let may_be_missing = resource_of(run, ordering.then) == Some(resource)
        || is_settled(Task::Stop, Role::Stopped)
        || is_settled(Task::Demote, Role::Unpromoted);
    if firsts.is_empty() && !may_be_missing {
        firsts.push(request(run, resource, key, None, true));
    }
}
