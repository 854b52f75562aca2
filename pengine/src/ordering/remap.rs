//! Which action of a collective tells that a task is done: what is ordered after a clone's start waits for `running` (ORD-62).

use crate::plan::{ActionId, ActionKey, NotifyPhase};
use crate::run::Run;

/// The action that takes the place of `first` before `then`; mostly `first` itself.
pub(super) fn remap(run: &Run<'_>, first: ActionId, then: ActionId) -> ActionId {
    let (Some(resource), Some(then_resource)) = (run[first].resource, run[then].resource) else { return first };
    if resource == then_resource || run.cluster.is_ancestor(resource, then_resource) {
        return first;
    }
    done_action(run, first).unwrap_or(first)
}

fn done_action(run: &Run<'_>, first: ActionId) -> Option<ActionId> {
    let action = &run[first];
    let id = action.resource?;
    let resource = &run[id];
    // ORD-62: the word `notify` anywhere in the key, the resource's id included, stands in the way.
    if resource.is_primitive() || action.key.interval > 0 || action.key.notify.is_some() || resource.id.contains("notify") {
        return None;
    }
    let done = action.task.done()?;
    let is_collective = resource.is_clone() || resource.is_bundle() || run.cluster.bundle_of(id).is_some();
    let key = if resource.notify && is_collective {
        ActionKey::notification(NotifyPhase::ConfirmedPost, done)
    } else {
        ActionKey::once(done)
    };
    run.plan.with_key(id, key).first().copied()
}
