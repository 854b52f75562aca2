//! The actions of groups, clones and bundles: their parts', and pseudo-actions that stand for all of them (INST section 10).

use crate::cib::Score;
use crate::cluster::{Kind, ResourceId};
use crate::run::Run;

use super::{ActionId, ActionKey, Task, notify, primitive, request_pseudo};

/// Plans the actions of every resource in list order (PLACE-1 phase 22).
pub fn create_all(run: &mut Run<'_>) {
    for top in run.cluster.top.clone() {
        create(run, top);
    }
}

fn create(run: &mut Run<'_>, id: ResourceId) {
    match run[id].kind {
        Kind::Primitive => primitive::create(run, id),
        Kind::Group(_) => create_group(run, id),
        Kind::Clone(_) => create_clone(run, id),
        Kind::Bundle(_) => create_bundle(run, id),
    }
}

/// INST-66.
fn create_group(run: &mut Run<'_>, id: ResourceId) {
    for member in run[id].children.clone() {
        create(run, member);
    }
    let mut tasks = vec![Task::Start, Task::Running, Task::Stop, Task::Stopped];
    if run[id].promotable {
        tasks.extend([Task::Demote, Task::Demoted, Task::Promote, Task::Promoted]);
    }
    for task in tasks {
        request_pseudo(run, id, ActionKey::once(task), true);
    }
}

/// What the instances of a collective are going to do (INST-57).
#[derive(Debug, Clone, Copy, Default)]
struct Summary {
    active: bool,
    starting: bool,
    stopping: bool,
    restarting: bool,
}

impl Summary {
    fn add(&mut self, run: &Run<'_>, primitive: ResourceId) {
        let (mut starting, mut stopping) = (false, false);
        for &action in &run[primitive].actions {
            let action = &run[action];
            match action.task {
                Task::Start => starting |= !action.optional && action.runnable,
                Task::Stop => stopping |= !action.optional && (action.runnable || action.pseudo),
                _ => {}
            }
        }
        self.active |= !run[primitive].active_on.is_empty();
        self.starting |= starting;
        self.stopping |= stopping;
        self.restarting |= starting && stopping;
    }
}

/// INST-58.
fn create_clone(run: &mut Run<'_>, id: ResourceId) {
    let mut summary = Summary::default();
    let children = run[id].children.clone();
    for &child in &children {
        create(run, child);
        for leaf in run.cluster.leaves(child) {
            summary.add(run, leaf);
        }
    }
    let [start, running, stop, stopped] = create_start_and_stop(run, id, summary);
    if run[id].notify {
        let started = notify::create_pseudo(run, id, Task::Start, start, running);
        let stopped = notify::create_pseudo(run, id, Task::Stop, stop, stopped);
        notify::order_stop_before_start(run, &started, &stopped);
    }
    if run[id].promotable {
        create_promotion(run, id);
        let priority = run[id].priority;
        for child in children {
            run[child].priority = priority;
        }
    }
}

fn create_start_and_stop(run: &mut Run<'_>, id: ResourceId, summary: Summary) -> [ActionId; 4] {
    let start = own(run, id, Task::Start, !summary.starting);
    let running = own(run, id, Task::Running, !summary.starting);
    run[running].runnable = summary.active || summary.starting;
    let stop = own(run, id, Task::Stop, !summary.stopping);
    run[stop].migratable = !summary.restarting;
    let stopped = own(run, id, Task::Stopped, !summary.stopping);
    [start, running, stop, stopped]
}

/// A collective's own action; the ones that tell that something is done come first in the transition (INST-59).
fn own(run: &mut Run<'_>, id: ResourceId, task: Task, optional: bool) -> ActionId {
    let is_done = task.done().as_ref() == Some(&task);
    let action = request_pseudo(run, id, ActionKey::once(task), optional);
    if is_done {
        run[action].priority = Score::INFINITY.value();
    }
    action
}

/// INST-58.7 and 8: the instances' actions are planned once more, as the roles are known now.
fn create_promotion(run: &mut Run<'_>, id: ResourceId) {
    let (mut promoting, mut demoting) = (false, false);
    for child in run[id].children.clone() {
        create(run, child);
        for leaf in run.cluster.leaves(child) {
            let required = |task: Task| run[leaf].actions.iter().any(|&at| run[at].task == task && !run[at].optional);
            promoting |= required(Task::Promote);
            demoting |= required(Task::Demote);
        }
    }
    let promote = own(run, id, Task::Promote, !promoting);
    let promoted = own(run, id, Task::Promoted, !promoting);
    let notified = run[id].notify;
    let promotion = notified.then(|| notify::create_pseudo(run, id, Task::Promote, promote, promoted));
    let demote = own(run, id, Task::Demote, !demoting);
    let demoted = own(run, id, Task::Demoted, !demoting);
    let demotion = notified.then(|| notify::create_pseudo(run, id, Task::Demote, demote, demoted));
    if let (Some(promotion), Some(demotion)) = (promotion, demotion) {
        notify::order_promotion(run, id, &promotion, &demotion);
    }
}

/// INST-84.
fn create_bundle(run: &mut Run<'_>, id: ResourceId) {
    let Some(bundle) = run[id].bundle().cloned() else { return };
    for replica in &bundle.replicas {
        for part in [replica.ip, replica.container, replica.connection].into_iter().flatten() {
            create(run, part);
        }
    }
    let mut summary = Summary::default();
    for container in bundle.replicas.iter().filter_map(|replica| replica.container) {
        create(run, container);
        summary.add(run, container);
    }
    create_start_and_stop(run, id, summary);
    let Some(inner) = bundle.inner else { return };
    create(run, inner);
    if run[inner].promotable {
        for task in [Task::Promote, Task::Promoted, Task::Demote, Task::Demoted] {
            own(run, id, task, true);
        }
    }
}

/// Plans clearing the fail counts of resources that are no longer configured (ACT-88).
pub fn clear_removed_fail_counts(run: &mut Run<'_>) {
    use crate::history::{Counting, fail_count};
    use crate::plan::{Kinds, Reason, Side, clear_fail_count, order};
    if !run.cluster.options.stop_removed_resources {
        return;
    }
    for id in run.cluster.top.clone().into_iter().filter(|&id| run[id].removed).collect::<Vec<_>>() {
        for node in run.cluster.node_order.clone() {
            if run[node].online && fail_count(run, id, node, Counting::Effective).count > 0 {
                let clear = clear_fail_count(run, id, node, Reason::Removed);
                let stop = Side::Key(id, ActionKey::once(Task::Stop));
                order(run, Side::Action(clear), stop, Kinds::SEQUENCE);
            }
        }
    }
}
