//! What must be with something that can't start can't start either (ORD-57, COLO section 12).

use crate::cluster::{ResourceId, Role};
use crate::placement::with_this;
use crate::plan::{ActionId, Reason, Task, newest, set_reason};
use crate::run::Run;

use super::update::update;

/// Blocks the dependents of an action's resource, if the action is a start or promotion that can't run.
pub(super) fn block_dependents(run: &mut Run<'_>, action: ActionId) {
    let task = run[action].task;
    let Some(resource) = run[action].resource else { return };
    if run[action].runnable || !matches!(task, Task::Start | Task::Promote) {
        return;
    }
    let primary = run.cluster.outermost_of(resource);
    let is_blocked = |run: &Run<'_>, child: ResourceId| newest(run, child, task, None).is_some_and(|at| !run[at].runnable);
    if !run[primary].children.iter().all(|&child| is_blocked(run, child)) {
        return;
    }
    for id in with_this(run, primary) {
        let colocation = &run[id];
        if !colocation.score.is_infinite() || task == Task::Promote && colocation.primary_role != Some(Role::Promoted) {
            continue;
        }
        let blocked = if colocation.dependent_role == Some(Role::Promoted) { Task::Promote } else { Task::Start };
        block(run, colocation.dependent, blocked, resource);
    }
}

fn block(run: &mut Run<'_>, dependent: ResourceId, task: Task, because: ResourceId) {
    for action in run[dependent].actions.clone().into_iter().rev() {
        if run[action].runnable && run[action].task == task {
            run[action].runnable = false;
            set_reason(run, action, Reason::Colocation(because), false);
            block_dependents(run, action);
            update(run, action);
        }
    }
    for child in run[dependent].children.clone() {
        block(run, child, task, because);
    }
}
