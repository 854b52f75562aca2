//! Orderings between keys, kept until all actions exist, and relations between existing actions (ORD sections 4 and 7).

use crate::cluster::ResourceId;
use crate::run::Run;

use super::{ActionId, ActionKey, Kinds, Ordering, Relation, RelationId, Side, Task};

/// Relates two actions at once; nothing happens if they are related by one of these kinds already (ORD-45). Whether the
/// relation is new.
pub fn relate(run: &mut Run<'_>, first: ActionId, then: ActionId, kinds: Kinds) -> bool {
    let plan = &mut run.plan;
    if kinds.is_empty() || first == then {
        return false;
    }
    let known = plan.related.entry((first, then)).or_default();
    if known.intersects(kinds) {
        return false;
    }
    *known |= kinds;
    let decisive = plan[then].decisive;
    let relation = plan.graph.add_edge(first, then, Relation { before: kinds, after: kinds, decisive });
    if is_decisive(run, first, then, kinds) {
        run[then].decisive = relation;
    }
    true
}

/// Whether a relation can decide more than the order of two single actions. Most can't: a bundle of a thousand replicas has
/// half a million of those.
fn is_decisive(run: &Run<'_>, first: ActionId, then: ActionId, kinds: Kinds) -> bool {
    let is_single = |action: ActionId| run[action].resource.is_none_or(|resource| run[resource].is_primitive());
    kinds != Kinds::SEQUENCE || !is_single(first) || !is_single(then)
}

/// A walk over the relations to what is before an action that can decide more than their order, newest first. Those that
/// come to be meanwhile are not met.
#[derive(Debug)]
pub struct DecisiveRelations {
    next: RelationId,
}

impl DecisiveRelations {
    /// Those of an action.
    pub fn of(run: &Run<'_>, then: ActionId) -> Self {
        Self { next: run[then].decisive }
    }

    /// The next one, and the action that comes first in it.
    pub fn next(&mut self, run: &Run<'_>) -> Option<(RelationId, ActionId)> {
        let graph = &run.plan.graph;
        let relation = self.next;
        self.next = graph.edge_weight(relation)?.decisive;
        let (first, _) = graph.edge_endpoints(relation)?;
        Some((relation, first))
    }
}

/// Adds an ordering, and those that live migration needs besides (ORD-14, ORD-15).
pub fn order(run: &mut Run<'_>, first: Side, then: Side, kinds: Kinds) {
    let equivalents = migration_equivalents(run, first, then);
    run.plan.orderings.push(Ordering { first, then, kinds });
    run.plan.orderings.extend(equivalents);
}

/// Adds an ordering between two one-time actions of resources.
pub fn order_tasks(run: &mut Run<'_>, first: (ResourceId, Task), then: (ResourceId, Task), kinds: Kinds) {
    let side = |(resource, task): (ResourceId, Task)| Side::Key(resource, ActionKey::once(task));
    order(run, side(first), side(then), kinds);
}

/// The resource and one-time task that a side names.
fn task_of(run: &Run<'_>, side: Side) -> Option<(ResourceId, Task)> {
    match side {
        Side::Key(resource, key) if key.notify.is_none() => Some((resource, key.task)),
        Side::Key(..) => None,
        Side::Action(action) => Some((run[action].resource?, run[action].task)),
    }
}

fn migration_equivalents(run: &Run<'_>, first: Side, then: Side) -> Vec<Ordering> {
    let (Some((a, first_task)), Some((b, then_task))) = (task_of(run, first), task_of(run, then)) else {
        return Vec::new();
    };
    let (a_migrates, b_migrates) = (run[a].may_migrate, run[b].may_migrate);
    if a == b || !b_migrates || run.cluster.is_ancestor(a, b) || run.cluster.is_ancestor(b, a) {
        return Vec::new();
    }
    let unless_migrating = if a_migrates { Kinds::SEQUENCE | Kinds::UNLESS_MIGRATABLE } else { Kinds::SEQUENCE };
    let is_partial = run[b].partial_migration.is_some();
    let mut found = Vec::new();
    let mut add = |first: Task, then: Task, kinds: Kinds| {
        let side = |resource, task| Side::Key(resource, ActionKey::once(task));
        found.push(Ordering { first: side(a, first), then: side(b, then), kinds });
    };
    match (first_task, then_task) {
        (Task::Start, Task::Start) => {
            if a_migrates {
                add(Task::MigrateFrom, Task::MigrateTo, Kinds::SEQUENCE);
            }
            add(Task::Start, Task::MigrateTo, unless_migrating);
        }
        (Task::Stop, Task::Stop) => {
            add(Task::Stop, Task::MigrateTo, unless_migrating);
            if is_partial {
                add(Task::Stop, Task::MigrateFrom, unless_migrating);
            }
        }
        (Task::Promote, Task::Start) => add(Task::Promote, Task::MigrateTo, Kinds::SEQUENCE),
        (Task::Demote, Task::Stop) => {
            add(Task::Demote, Task::MigrateTo, Kinds::SEQUENCE);
            if is_partial {
                add(Task::Demote, Task::MigrateFrom, Kinds::SEQUENCE);
            }
        }
        _ => {}
    }
    found
}
