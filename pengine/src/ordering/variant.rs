//! How one kind of relation changes two actions, depending on what they belong to (ORD-70 to ORD-80, INST-63 to INST-65).

use crate::cluster::{Kind, NodeId, ResourceId, Role};
use crate::placement::{Phase, force_unassigned};
use crate::plan::{ActionId, ActionRef, Kinds, Reason, Task, newest, relate, set_reason};
use crate::run::Run;

use super::flags::{self, Flags};
use super::tally;
use super::update::{Changed, update_followers};

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

/// Applies a step by the rules of a resource's kind (ORD-70).
pub(super) fn update(run: &mut Run<'_>, resource: ResourceId, step: &Step) -> Changed {
    match run[resource].kind {
        Kind::Primitive => update_basic(run, step),
        Kind::Group(_) => update_group(run, step),
        Kind::Clone(_) | Kind::Bundle(_) => match run[step.then].resource {
            None => Changed::default(),
            Some(_) if can_interleave(run, step) => update_interleaved(run, step),
            Some(_) => update_instances(run, step),
        },
    }
}

fn update_group(run: &mut Run<'_>, step: &Step) -> Changed {
    let mut changed = update_basic(run, step);
    let Some(group) = run[step.then].resource else { return changed };
    let task = run[step.then].task;
    // Most relations are to what only the group itself has, and not its members.
    if run[group].is_group() && tally::count(run, group, task, step.node).is_some_and(|count| count.actions == 0) {
        return changed;
    }
    for member in run[group].children.clone() {
        if let Some(then) = newest(run, member, task, step.node) {
            changed |= update(run, member, &Step { then, ..*step });
        }
    }
    changed
}

/// INST-65: the collective's own action, then each instance's.
fn update_instances(run: &mut Run<'_>, step: &Step) -> Changed {
    let mut changed = update_basic(run, step);
    let task = run[step.then].task;
    let instances = instances_of(run, step.then);
    if is_void(run, step) && instances.first().is_some_and(|&instance| run[instance].is_primitive()) {
        return changed;
    }
    for instance in instances {
        let Some(then) = newest(run, instance, task, step.node) else { continue };
        if !flags::of_part(run, instance, then, step.node).runnable {
            continue;
        }
        let result = update(run, instance, &Step { then, ..*step });
        changed |= result;
        if result.then {
            update_followers(run, then);
        }
    }
    changed
}

/// The instances of an action's collective: a clone's children, a bundle's containers.
fn instances_of(run: &Run<'_>, action: ActionId) -> Vec<ResourceId> {
    let Some(resource) = run[action].resource else { return Vec::new() };
    match &run[resource].kind {
        Kind::Bundle(bundle) => bundle.replicas.iter().filter_map(|replica| replica.container).collect(),
        _ => run[resource].children.clone(),
    }
}

/// Whether instances are ordered pair by pair (INST-63).
fn can_interleave(run: &Run<'_>, step: &Step) -> bool {
    let (Some(first), Some(then)) = (run[step.first].resource, run[step.then].resource) else { return false };
    let is_collective = |id: ResourceId| run[id].is_clone() || run[id].is_bundle();
    let goes_down = matches!(run[step.then].key.task, Task::Stop | Task::Demote);
    let dependent = if goes_down { first } else { then };
    first != then
        && is_collective(first)
        && is_collective(then)
        && run[dependent].meta("interleave").is_some_and(crate::cib::is_true)
}

/// INST-64.
fn update_interleaved(run: &mut Run<'_>, step: &Step) -> Changed {
    let mut changed = Changed::default();
    let Some(collective) = run[step.first].resource else { return changed };
    // The key counts, be it a notification's: what goes down does so where it is now.
    let is_down = matches!(run[step.first].key.task, Task::Stopped | Task::Demoted);
    let phase = if is_down { Phase::Current } else { Phase::Next };
    let first_task = flags::original_task(run, collective, step.first);
    let then_task = run[step.then].task;
    for instance in instances_of(run, step.then) {
        let Some(partner) = tally::partner(run, instance, collective, phase) else {
            let needs = matches!(step.kind, Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IMPLIES_THEN);
            if phase == Phase::Next && needs {
                changed.then |= force_unassigned(run, instance);
            }
            continue;
        };
        let first = action_of_first(run, partner, first_task, step.node);
        let then = action_of_then(run, instance, then_task, step.node);
        if let (Some(first), Some(then)) = (first, then) {
            changed |= relate_instances(run, step, partner, first, instance, then);
        }
    }
    changed
}

fn relate_instances(
    run: &mut Run<'_>,
    step: &Step,
    partner: ResourceId,
    first: ActionId,
    instance: ResourceId,
    then: ActionId,
) -> Changed {
    let is_new = relate(run, first, then, step.kind);
    let mut changed = Changed { first: is_new, then: is_new };
    let flags = flags::of_part(run, partner, first, step.node);
    changed |= update(run, instance, &Step { first, then, flags, ..*step });
    changed
}

/// What runs inside a container, if it is a bundle's.
fn inside(run: &Run<'_>, container: ResourceId) -> Option<ResourceId> {
    run.cluster.replica_of(container).filter(|replica| replica.container == Some(container))?.child
}

fn action_of_first(run: &Run<'_>, instance: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
    match inside(run, instance).filter(|_| !matches!(task, Task::Stop | Task::Stopped)) {
        Some(child) => newest(run, child, task, None),
        None => newest(run, instance, task, node),
    }
}

fn action_of_then(run: &Run<'_>, instance: ResourceId, task: Task, node: Option<NodeId>) -> Option<ActionId> {
    let is_promotion = matches!(task, Task::Promote | Task::Promoted | Task::Demote | Task::Demoted);
    match inside(run, instance).filter(|_| is_promotion) {
        Some(child) => newest(run, child, task, None),
        None => newest(run, instance, task, node),
    }
}

/// Whether a step changes nothing about any primitive's action, as most relations between probes and clones don't.
fn is_void(run: &Run<'_>, step: &Step) -> bool {
    match step.kind {
        Kinds::SEQUENCE => true,
        Kinds::UNRUNNABLE_BLOCKS => step.flags.runnable,
        Kinds::FIRST_IMPLIES_THEN => step.flags.optional || run[step.first].migratable,
        _ => false,
    }
}

/// The update of two actions by their own flags (ORD-71).
fn update_basic(run: &mut Run<'_>, step: &Step) -> Changed {
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
    let changed = Changed { first: snapshot(run, step.first) != before.0, then: snapshot(run, step.then) != before.1 };
    if changed.then && run[step.then].resource.is_some_and(|resource| run[resource].parent.is_some()) {
        super::update::update(run, step.then);
    }
    changed
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
