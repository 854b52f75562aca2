//! How one kind of a relation changes what its actions belong to (ORD-70, INST-63 to INST-65).

use crate::cluster::{Kind, NodeId, ResourceId};
use crate::placement::{Phase, force_unassigned};
use crate::plan::{ActionId, Kinds, Task, newest, relate};
use crate::run::Run;

use super::step::{Step, update_basic};
use super::update::{Changed, Turn, Update};
use super::{flags, tally};

/// Applies a step by the rules of a resource's kind (ORD-70): what changed, and what has to be updated next. The latter may
/// be the rest of the step; its result then adds to what changed.
pub(super) fn apply(run: &mut Run<'_>, resource: ResourceId, step: &Step) -> (Changed, Option<Update>) {
    let update = match run[resource].kind {
        Kind::Primitive => return apply_basic(run, step),
        Kind::Group(_) => VariantUpdate::Group(GroupUpdate::new(step)),
        Kind::Clone(_) | Kind::Bundle(_) => match (run[step.first].resource, run[step.then].resource) {
            (_, None) => return (Changed::default(), None),
            (Some(first), Some(then)) if can_interleave(run, step, first, then) => {
                VariantUpdate::Pairs(PairsUpdate::new(run, step, first))
            }
            _ => VariantUpdate::Instances(InstancesUpdate::new(step)),
        },
    };
    (Changed::default(), Some(Update::Variant(update)))
}

/// Applies a step to its own two actions; a part's action is updated anew when it changed.
fn apply_basic(run: &mut Run<'_>, step: &Step) -> (Changed, Option<Update>) {
    let changed = update_basic(run, step);
    let is_part = run[step.then].resource.is_some_and(|resource| run[resource].parent.is_some());
    let update = (changed.then && is_part).then(|| Update::action(run, step.then));
    (changed, update)
}

/// Applies a step to the actions of a group or collective themselves, unless that was done.
fn apply_own(run: &mut Run<'_>, step: &Step, applied: &mut bool, changed: &mut Changed) -> Option<Update> {
    if std::mem::replace(applied, true) {
        return None;
    }
    let (own, update) = apply_basic(run, step);
    *changed |= own;
    update
}

/// A step that is applied to a group or a collective.
#[derive(Debug)]
pub(super) enum VariantUpdate {
    Group(GroupUpdate),
    Instances(InstancesUpdate),
    Pairs(PairsUpdate),
}

impl VariantUpdate {
    /// Goes on; the result is of what was waited for.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, result: Changed) -> Turn {
        let (next, changed) = match self {
            Self::Group(update) => (update.next(run, result), update.changed),
            Self::Instances(update) => (update.next(run, result), update.changed),
            Self::Pairs(update) => (update.next(run, result), update.changed),
        };
        next.map_or(Turn::Done(changed), Turn::Wait)
    }
}

/// The group's own action, then each member's.
#[derive(Debug)]
pub(super) struct GroupUpdate {
    step: Step,
    own_applied: bool,
    members: Option<std::vec::IntoIter<ResourceId>>,
    changed: Changed,
}

impl GroupUpdate {
    fn new(step: &Step) -> Self {
        Self { step: *step, own_applied: false, members: None, changed: Changed::default() }
    }

    fn next(&mut self, run: &mut Run<'_>, result: Changed) -> Option<Update> {
        self.changed |= result;
        let step = &self.step;
        let update = apply_own(run, step, &mut self.own_applied, &mut self.changed);
        if update.is_some() {
            return update;
        }
        let task = run[step.then].task;
        let members = self.members.get_or_insert_with(|| members_of(run, step).into_iter());
        for member in members {
            let Some(then) = newest(run, member, task, step.node) else { continue };
            let (changed, update) = apply(run, member, &Step { then, ..*step });
            self.changed |= changed;
            if update.is_some() {
                return update;
            }
        }
        None
    }
}

/// The members that a step concerns: most relations are to what only the group itself has.
fn members_of(run: &mut Run<'_>, step: &Step) -> Vec<ResourceId> {
    let Some(group) = run[step.then].resource else { return Vec::new() };
    let task = run[step.then].task;
    if run[group].is_group() && tally::count(run, group, task, step.node).is_some_and(|count| count.actions == 0) {
        return Vec::new();
    }
    run[group].children.clone()
}

/// INST-65: the collective's own action, then each instance's, and what is behind those that changed.
#[derive(Debug)]
pub(super) struct InstancesUpdate {
    step: Step,
    own_applied: bool,
    instances: Option<std::vec::IntoIter<ResourceId>>,
    /// The instance's action that is being updated, and what changed so far.
    last: Option<(ActionId, Changed)>,
    changed: Changed,
}

impl InstancesUpdate {
    fn new(step: &Step) -> Self {
        Self { step: *step, own_applied: false, instances: None, last: None, changed: Changed::default() }
    }

    fn next(&mut self, run: &mut Run<'_>, result: Changed) -> Option<Update> {
        self.changed |= result;
        if let Some((then, mut changed)) = self.last.take() {
            changed |= result;
            if changed.then {
                return Some(Update::followers(run, then));
            }
        }
        let step = &self.step;
        let update = apply_own(run, step, &mut self.own_applied, &mut self.changed);
        if update.is_some() {
            return update;
        }
        let task = run[step.then].task;
        let instances = self.instances.get_or_insert_with(|| concerned_instances(run, step).into_iter());
        for instance in instances {
            let Some(then) = newest(run, instance, task, step.node) else { continue };
            if !flags::of_part(run, instance, then, step.node).runnable {
                continue;
            }
            let (changed, update) = apply(run, instance, &Step { then, ..*step });
            self.changed |= changed;
            if update.is_some() {
                self.last = Some((then, changed));
                return update;
            }
            if changed.then {
                return Some(Update::followers(run, then));
            }
        }
        None
    }
}

/// The instances that a step may change.
fn concerned_instances(run: &Run<'_>, step: &Step) -> Vec<ResourceId> {
    let instances = instances_of(run, step.then);
    if is_void(run, step) && instances.first().is_some_and(|&instance| run[instance].is_primitive()) {
        return Vec::new();
    }
    instances
}

/// The instances of an action's collective: a clone's children, a bundle's containers.
fn instances_of(run: &Run<'_>, action: ActionId) -> Vec<ResourceId> {
    let Some(resource) = run[action].resource else { return Vec::new() };
    match &run[resource].kind {
        Kind::Bundle(bundle) => bundle.replicas.iter().filter_map(|replica| replica.container).collect(),
        _ => run[resource].children.clone(),
    }
}

/// INST-64: each instance with its partner of the other collective.
#[derive(Debug)]
pub(super) struct PairsUpdate {
    step: Step,
    instances: std::vec::IntoIter<ResourceId>,
    /// The collective of the first action.
    firsts: ResourceId,
    first_task: Task,
    phase: Phase,
    changed: Changed,
}

impl PairsUpdate {
    fn new(run: &Run<'_>, step: &Step, firsts: ResourceId) -> Self {
        // The key counts, be it a notification's: what goes down does so where it is now.
        let is_down = matches!(run[step.first].key.task, Task::Stopped | Task::Demoted);
        let phase = if is_down { Phase::Current } else { Phase::Next };
        let first_task = flags::original_task(run, firsts, step.first);
        let instances = instances_of(run, step.then).into_iter();
        Self { step: *step, instances, firsts, first_task, phase, changed: Changed::default() }
    }

    fn next(&mut self, run: &mut Run<'_>, result: Changed) -> Option<Update> {
        self.changed |= result;
        while let Some(instance) = self.instances.next() {
            let Some(partner) = tally::partner(run, instance, self.firsts, self.phase) else {
                self.give_up(run, instance);
                continue;
            };
            let update = self.relate(run, instance, partner);
            if update.is_some() {
                return update;
            }
        }
        None
    }

    /// An instance that finds no partner can't run if it needs one.
    fn give_up(&mut self, run: &mut Run<'_>, instance: ResourceId) {
        let needs = matches!(self.step.kind, Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IMPLIES_THEN);
        if self.phase == Phase::Next && needs {
            self.changed.then |= force_unassigned(run, instance, self.firsts);
        }
    }

    fn relate(&mut self, run: &mut Run<'_>, instance: ResourceId, partner: ResourceId) -> Option<Update> {
        let step = &self.step;
        let first = action_of_first(run, partner, self.first_task, step.node)?;
        let then = action_of_then(run, instance, run[step.then].task, step.node)?;
        let is_new = relate(run, first, then, step.kind);
        self.changed |= Changed { first: is_new, then: is_new };
        let flags = flags::of_part(run, partner, first, step.node);
        let (changed, update) = apply(run, instance, &Step { first, then, flags, ..*step });
        self.changed |= changed;
        update
    }
}

/// Whether instances are ordered pair by pair (INST-63).
fn can_interleave(run: &Run<'_>, step: &Step, first: ResourceId, then: ResourceId) -> bool {
    let is_collective = |id: ResourceId| run[id].is_clone() || run[id].is_bundle();
    let goes_down = matches!(run[step.then].key.task, Task::Stop | Task::Demote);
    let dependent = if goes_down { first } else { then };
    first != then
        && is_collective(first)
        && is_collective(then)
        && run[dependent].meta("interleave").is_some_and(crate::cib::is_true)
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
