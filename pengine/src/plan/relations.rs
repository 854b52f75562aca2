//! Orderings between keys, kept until all actions exist, and relations between existing actions (ORD sections 4 and 7).

use crate::cluster::ResourceId;
use crate::run::Run;

use super::{ActionId, ActionKey, Kinds, Ordering, Relation, Side, Task};

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
    plan.graph.add_edge(first, then, Relation { before: kinds, after: kinds });
    true
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
