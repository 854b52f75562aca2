//! What must be with something that can't start can't start either (ORD-57, COLO section 12).

use crate::cluster::{ResourceId, Role};
use crate::placement::with_this;
use crate::plan::{ActionId, Reason, Task, newest, set_reason};
use crate::run::Run;

use super::update::{Changed, Turn, Update};

/// Blocks the dependents of an action's resource, and theirs in turn.
#[derive(Debug)]
pub(super) struct Blocking {
    /// What is left to do; the last comes first.
    left: Vec<Errand>,
}

#[derive(Debug, Clone, Copy)]
enum Errand {
    /// Blocks what depends on an action.
    Dependents(ActionId),
    /// Blocks the actions of a resource and its children.
    Resource { resource: ResourceId, task: Task, because: ResourceId },
    /// Blocks an action if it could run.
    Action { action: ActionId, because: ResourceId },
    /// Settles an action anew.
    Update(ActionId),
}

impl Blocking {
    /// Blocks the dependents of an action's resource, if the action is a start or promotion that can't run.
    pub(super) fn by(run: &Run<'_>, action: ActionId) -> Option<Self> {
        let left = dependents(run, action);
        (!left.is_empty()).then_some(Self { left })
    }

    pub(super) fn go_on(&mut self, run: &mut Run<'_>) -> Turn {
        while let Some(errand) = self.left.pop() {
            match errand {
                Errand::Dependents(action) => self.left.extend(dependents(run, action)),
                Errand::Resource { resource, task, because } => {
                    let children = run[resource].children.iter().rev();
                    self.left.extend(children.map(|&resource| Errand::Resource { resource, task, because }));
                    let actions = run[resource].actions.iter().filter(|&&action| run[action].task == task);
                    self.left.extend(actions.map(|&action| Errand::Action { action, because }));
                }
                Errand::Action { action, because } if run[action].runnable => {
                    run[action].runnable = false;
                    set_reason(run, action, Reason::Colocation(because), false);
                    self.left.extend([Errand::Update(action), Errand::Dependents(action)]);
                }
                Errand::Action { .. } => {}
                Errand::Update(action) => return Turn::Wait(Update::action(run, action)),
            }
        }
        Turn::Done(Changed::default())
    }
}

/// What is blocked by an action that can't run; the first comes last.
fn dependents(run: &Run<'_>, action: ActionId) -> Vec<Errand> {
    let task = run[action].task;
    let Some(resource) = run[action].resource else { return Vec::new() };
    if run[action].runnable || !matches!(task, Task::Start | Task::Promote) {
        return Vec::new();
    }
    let primary = run.cluster.outermost_of(resource);
    let is_blocked = |&child: &ResourceId| newest(run, child, task, None).is_some_and(|at| !run[at].runnable);
    if !run[primary].children.iter().all(is_blocked) {
        return Vec::new();
    }
    let colocations = with_this(run, primary).into_iter().rev().map(|id| &run[id]).filter(|colocation| {
        colocation.score.is_infinite() && (task != Task::Promote || colocation.primary_role == Some(Role::Promoted))
    });
    let errand = |promoted| if promoted { Task::Promote } else { Task::Start };
    colocations
        .map(|colocation| Errand::Resource {
            resource: colocation.dependent,
            task: errand(colocation.dependent_role == Some(Role::Promoted)),
            because: resource,
        })
        .collect()
}
