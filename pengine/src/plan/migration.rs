//! Live migration: a move without stopping in between (ACT section 11).

use crate::cluster::ResourceId;
use crate::run::Run;

use super::{ActionKey, Kinds, Task, order_tasks, request};

/// Whether a resource that moves may migrate (ACT-74).
#[must_use]
pub fn is_possible(run: &Run<'_>, id: ResourceId) -> bool {
    let resource = &run[id];
    let is_clean = |node: Option<crate::cluster::NodeId>| node.is_some_and(|node| !run[node].unclean);
    resource.may_migrate
        && resource.managed
        && !resource.failed
        && !resource.start_pending
        && is_clean(run.cluster.current_node(id))
        && is_clean(resource.assigned)
}

/// Plans the migration from the current to the assigned node (ACT-76). A migration that was begun goes on with its second
/// half.
pub fn create(run: &mut Run<'_>, id: ResourceId) {
    let (Some(source), Some(target)) = (run.cluster.current_node(id), run[id].assigned) else { return };
    let goes_on = run[id].partial_migration.is_some();
    let start = request(run, id, ActionKey::once(Task::Start), Some(target), true);
    let stop = request(run, id, ActionKey::once(Task::Stop), Some(source), true);
    let leave = (!goes_on).then(|| request(run, id, ActionKey::once(Task::MigrateTo), Some(source), true));
    let arrive = request(run, id, ActionKey::once(Task::MigrateFrom), Some(target), true);
    run[start].pseudo = true;
    let requirement = run[start].requirement;
    for action in [Some(start), Some(stop), leave, Some(arrive)].into_iter().flatten() {
        run[action].migratable = true;
    }
    let inherits = leave.unwrap_or(arrive);
    run[inherits].requirement = requirement;

    let blocked = Kinds::SEQUENCE | Kinds::UNMIGRATABLE_THEN_BLOCKS;
    if goes_on {
        order_tasks(run, (id, Task::Monitor), (id, Task::MigrateFrom), Kinds::SEQUENCE);
    } else {
        order_tasks(run, (id, Task::Monitor), (id, Task::MigrateTo), Kinds::SEQUENCE);
        order_tasks(run, (id, Task::MigrateTo), (id, Task::MigrateFrom), blocked);
    }
    order_tasks(run, (id, Task::MigrateFrom), (id, Task::Stop), blocked);
    order_tasks(run, (id, Task::MigrateFrom), (id, Task::Start), blocked | Kinds::UNRUNNABLE_FIRST_REVIVES);

    let (from, to) = (run[source].name.clone(), run[target].name.clone());
    for action in [leave, Some(arrive)].into_iter().flatten() {
        let meta = &mut run[action].meta;
        meta.insert("migrate_source", from.clone());
        meta.insert("migrate_target", to.clone());
    }
    if let Some(leave) = leave
        && !run[id].is_connection
    {
        run[leave].meta.insert("record-pending", "true");
    }
}
