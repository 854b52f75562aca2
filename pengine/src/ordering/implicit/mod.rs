//! Orderings and colocations that follow from what a resource is, without any constraint (PLACE-1 phase 16).

mod bundle;
mod clone;
mod group;
mod primitive;

use crate::cib::Score;
use crate::cluster::{Colocation, Kind, ResourceId};
use crate::placement::colocate;
use crate::plan::{Kinds, Task, order_tasks};
use crate::run::Run;

/// Makes them for every resource in list order.
pub fn create_all(run: &mut Run<'_>) {
    for top in run.cluster.top.clone() {
        create(run, top);
    }
}

fn create(run: &mut Run<'_>, id: ResourceId) {
    match run[id].kind {
        Kind::Primitive => primitive::create(run, id),
        Kind::Group(_) => group::create(run, id),
        Kind::Clone(_) => clone::create(run, id),
        Kind::Bundle(_) => bundle::create(run, id),
    }
}

/// Orders two one-time actions of one resource or two.
fn link(run: &mut Run<'_>, first: ResourceId, task: Task, then: ResourceId, then_task: Task, kinds: Kinds) {
    order_tasks(run, (first, task), (then, then_task), kinds);
}

/// What promotable collectives keep apart: all that goes down before all that comes up (INST-61.5).
fn keep_restart_in_order(run: &mut Run<'_>, id: ResourceId) {
    const PAIRS: [(Task, Task); 7] = [
        (Task::Stopped, Task::Start),
        (Task::Stopped, Task::Promote),
        (Task::Demoted, Task::Stop),
        (Task::Demoted, Task::Start),
        (Task::Demoted, Task::Promote),
        (Task::Running, Task::Promote),
        (Task::Demote, Task::Demoted),
    ];
    for (first, then) in PAIRS {
        link(run, id, first, id, then, Kinds::SEQUENCE);
    }
}

/// A colocation that the cluster makes itself.
fn colocate_parts(run: &mut Run<'_>, id: &str, dependent: ResourceId, primary: ResourceId, score: Score, influence: bool) {
    colocate(
        run,
        Colocation {
            id: id.to_owned(),
            attribute: "#uname".to_owned(),
            dependent,
            primary,
            dependent_role: None,
            primary_role: None,
            score,
            influence,
            explicit: false,
        },
    );
}
