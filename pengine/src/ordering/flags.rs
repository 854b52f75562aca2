//! An action's flags as they count for what is ordered around it: those of a collective's action are its parts' (ORD-63).
//!
//! Asking has side effects on the collective's own action, which decide results; so it is asked exactly when the rules say.

use crate::cluster::{Kind, NodeId, ResourceId};
use crate::plan::{ActionId, Task, newest};
use crate::run::Run;

use super::tally::{self, Count};

/// The flags that orderings look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags {
    /// Need not be done.
    pub optional: bool,
    /// Can be done.
    pub runnable: bool,
    /// Part of a live migration.
    pub migratable: bool,
}

impl Flags {
    /// An action's own.
    #[must_use]
    pub fn own(run: &Run<'_>, action: ActionId) -> Self {
        let action = &run[action];
        Self { optional: action.optional, runnable: action.runnable, migratable: action.migratable }
    }

    /// What a collective's action has as long as none of its parts says otherwise.
    const COLLECTIVE: Self = Self { optional: true, runnable: true, migratable: false };
}

/// The flags of an action, given the node of the other action (ORD-63).
pub(super) fn for_ordering(run: &mut Run<'_>, action: ActionId, node: Option<NodeId>) -> Flags {
    let Some(resource) = run[action].resource else { return Flags::own(run, action) };
    match run[resource].kind {
        Kind::Primitive => Flags::own(run, action),
        Kind::Group(_) => group_flags(run, resource, action, None),
        Kind::Bundle(_) => collective_flags(run, resource, action, None),
        Kind::Clone(_) => {
            let anywhere = collective_flags(run, resource, action, None);
            if node.is_none() {
                return anywhere;
            }
            let there = collective_flags(run, resource, action, node);
            Flags { runnable: there.runnable || anywhere.runnable, ..there }
        }
    }
}

/// The flags of a part's action, by the part's own kind.
pub(super) fn of_part(run: &mut Run<'_>, part: ResourceId, action: ActionId, node: Option<NodeId>) -> Flags {
    match run[part].kind {
        Kind::Group(_) => group_flags(run, part, action, node),
        _ => Flags::own(run, action),
    }
}

/// INST-70, ORD-64: all members count, which have no `running` of their own.
fn group_flags(run: &mut Run<'_>, group: ResourceId, action: ActionId, node: Option<NodeId>) -> Flags {
    let task = run[action].task;
    let wanted = task.original();
    let count = tally::count(run, group, wanted, node).unwrap_or_default();
    let is_blocked = count.runnable < count.actions && wanted != task;
    let may_miss = matches!(wanted, Task::Stop | Task::Demote);
    if count.required > 0 {
        require(run, action);
    }
    if is_blocked {
        forbid(run, action);
    }
    let runnable = !is_blocked && (may_miss || count.actions == run[group].children.len());
    Flags { optional: count.required == 0, runnable, ..Flags::COLLECTIVE }
}

/// The task of a collective's parts that its action is about (INST-68).
pub(super) fn original_task(run: &Run<'_>, collective: ResourceId, action: ActionId) -> Task {
    let action = &run[action];
    let task = if action.key.notify.is_some() { action.key.task } else { action.task };
    let folds = run[collective].children.first().is_some_and(|&child| run[child].is_primitive());
    if folds { task.original() } else { task }
}

/// The parts of a collective whose actions a task is about: a bundle's containers, or what runs inside (INST-69).
pub(super) fn parts(run: &Run<'_>, collective: ResourceId, task: Task) -> Vec<ResourceId> {
    match &run[collective].kind {
        Kind::Bundle(bundle) => match task {
            Task::Start | Task::Running | Task::Stop | Task::Stopped | Task::Monitor => {
                bundle.replicas.iter().filter_map(|replica| replica.container).collect()
            }
            _ => bundle.inner.map_or_else(Vec::new, |inner| run[inner].children.clone()),
        },
        _ => run[collective].children.clone(),
    }
}

/// INST-69.
pub fn collective_flags(run: &mut Run<'_>, collective: ResourceId, action: ActionId, node: Option<NodeId>) -> Flags {
    let task = original_task(run, collective, action);
    let count = tally::count(run, collective, task, node).unwrap_or_else(|| ask_parts(run, collective, action, task, node));
    let flags = Flags { optional: count.required == 0, runnable: count.runnable > 0, ..Flags::COLLECTIVE };
    if !flags.optional {
        require(run, action);
    }
    if !flags.runnable && node.is_none() {
        forbid(run, action);
    }
    flags
}

/// Asks part by part, as groups have flags of their own to be changed by that.
fn ask_parts(run: &mut Run<'_>, collective: ResourceId, action: ActionId, task: Task, node: Option<NodeId>) -> Count {
    let mut count = Count::default();
    for part in parts(run, collective, task) {
        let node_filter = node.filter(|_| run[part].is_primitive());
        let Some(found) = newest(run, part, task, node_filter) else { continue };
        let flags = of_part(run, part, found, node);
        if !flags.optional {
            require(run, action);
        }
        count.add(flags);
    }
    count
}

fn require(run: &mut Run<'_>, action: ActionId) {
    if run[action].optional {
        run[action].optional = false;
    }
}

fn forbid(run: &mut Run<'_>, action: ActionId) {
    if run[action].runnable {
        run[action].runnable = false;
    }
}

/// Brings the flags of a clone's own actions up to date, newest first (GRAPH-7).
pub fn refresh_collective(run: &mut Run<'_>, collective: ResourceId) {
    for action in run[collective].actions.clone().into_iter().rev() {
        collective_flags(run, collective, action, None);
    }
}
