//! How one kind of a relation changes two actions by their own flags (ORD-71 to ORD-80).

use crate::cluster::{NodeId, Role};
use crate::plan::{ActionId, ActionRef, Kinds, Reason, Task, set_reason};
use crate::run::Run;

use super::flags::Flags;
use super::update::Changed;

/// Which flags a step may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    Optional,
    Runnable,
    Both,
}

impl Filter {
    fn optional(self) -> bool {
        self != Filter::Runnable
    }

    fn runnable(self) -> bool {
        self != Filter::Optional
    }
}

/// One kind of a relation, about to be applied.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub first: ActionId,
    pub then: ActionId,
    /// The node that parts' actions are looked for on.
    pub node: Option<NodeId>,
    /// The first action's flags as they count here.
    pub flags: Flags,
    pub filter: Filter,
    /// Exactly one kind.
    pub kind: Kinds,
}

/// The update of two actions by their own flags (ORD-71).
pub(super) fn update_basic(run: &mut Run<'_>, step: &Step) -> Changed {
    let before = (snapshot(run, step.first), snapshot(run, step.then));
    match step.kind {
        Kinds::ASYMMETRIC => apply_asymmetric(run, step),
        Kinds::THEN_IMPLIES_FIRST => apply_then_implies_first(run, step),
        Kinds::PROMOTED_THEN_IMPLIES_FIRST => apply_promoted_then(run, step),
        Kinds::UNMIGRATABLE_THEN_BLOCKS => apply_unmigratable_then(run, step),
        Kinds::UNRUNNABLE_FIRST_REVIVES if step.filter.optional() && !run[step.first].runnable => {
            clear_migratable(run, step.then, step.first);
            run[step.then].pseudo = false;
        }
        Kinds::UNRUNNABLE_BLOCKS if step.filter.runnable() && !step.flags.runnable && run[step.then].runnable => {
            clear_runnable(run, step.then, step.first);
            clear_migratable(run, step.then, step.first);
        }
        Kinds::FIRST_IMPLIES_THEN if step.filter.optional() && !step.flags.optional && !run[step.first].migratable => {
            clear_optional(run, step.then, step.first);
        }
        Kinds::RESTART => apply_restart(run, step),
        _ => {}
    }
    Changed { first: snapshot(run, step.first) != before.0, then: snapshot(run, step.then) != before.1 }
}

fn snapshot(run: &Run<'_>, action: ActionId) -> (Flags, bool) {
    (Flags::own(run, action), run[action].pseudo)
}

/// ORD-73: what comes first can't happen, so the later action must and can't, unless all is as wanted already.
fn apply_asymmetric(run: &mut Run<'_>, step: &Step) {
    let Some(resource) = run[step.then].resource else { return };
    if run[step.first].runnable {
        return;
    }
    let then = &run[step.then];
    let role = run.cluster.role_of(resource);
    let only_there = || then.node.is_some() && run.cluster.single_active_node(resource) == then.node;
    let is_settled = match then.task {
        Task::Stop => role == Role::Stopped,
        Task::Start => role >= Role::Started && only_there(),
        _ => false,
    };
    if then.optional && is_settled {
        return;
    }
    clear_optional(run, step.then, step.first);
    clear_runnable(run, step.then, step.first);
}

/// ORD-74: in fact this never makes the first action required; it only passes on that there is no migration.
fn apply_then_implies_first(run: &mut Run<'_>, step: &Step) {
    if !run[step.then].optional && step.flags.migratable && !run[step.then].migratable {
        clear_migratable(run, step.first, step.then);
    }
}

fn apply_promoted_then(run: &mut Run<'_>, step: &Step) {
    let resource = run[step.then].resource;
    let promoted = resource.is_some_and(|resource| run.cluster.role_of(resource) == Role::Promoted);
    if !promoted || !step.filter.optional() || run[step.then].optional {
        return;
    }
    clear_optional(run, step.first, step.then);
    if run[step.first].migratable && !run[step.then].migratable {
        clear_migratable(run, step.first, step.then);
    }
}

fn apply_unmigratable_then(run: &mut Run<'_>, step: &Step) {
    if !step.filter.optional() {
        return;
    }
    let then = &run[step.then];
    let required = !then.optional;
    if !(then.migratable && then.runnable) {
        clear_runnable(run, step.first, step.then);
    }
    if required {
        clear_optional(run, step.first, step.then);
    }
}

/// ORD-80: stop before start.
fn apply_restart(run: &mut Run<'_>, step: &Step) {
    let (first, then) = (&run[step.first], &run[step.then]);
    let managed = then.resource.is_some_and(|resource| run[resource].managed);
    let required = !then.optional;
    let impossible = !then.runnable && managed && first.resource == then.resource;
    if !required && !impossible {
        return;
    }
    if first.runnable {
        clear_optional(run, step.first, step.then);
    }
    if !run[step.then].optional {
        clear_optional(run, step.first, step.then);
    }
    if !run[step.then].migratable {
        clear_migratable(run, step.first, step.then);
    }
    if !run[step.first].optional && !run[step.first].runnable {
        clear_runnable(run, step.then, step.first);
    }
}

/// Gives an action the reason for a change, if it has none and the other action is another resource's.
fn explain(run: &mut Run<'_>, action: ActionId, other: ActionId, reason: fn(ActionRef) -> Reason) {
    if run[action].resource != run[other].resource {
        let cause = ActionRef { resource: run[other].resource, task: run[other].task, action: other };
        set_reason(run, action, reason(cause), false);
    }
}

fn clear_optional(run: &mut Run<'_>, action: ActionId, because: ActionId) {
    if std::mem::take(&mut run[action].optional) {
        explain(run, action, because, Reason::Required);
    }
}

fn clear_runnable(run: &mut Run<'_>, action: ActionId, because: ActionId) {
    if std::mem::take(&mut run[action].runnable) {
        explain(run, action, because, Reason::Unrunnable);
    }
}

fn clear_migratable(run: &mut Run<'_>, action: ActionId, because: ActionId) {
    if std::mem::take(&mut run[action].migratable) {
        explain(run, action, because, Reason::Unmigrateable);
    }
}
