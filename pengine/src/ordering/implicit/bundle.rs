//! A bundle's own orderings, and what holds its parts together (INST-85).

use crate::cib::Score;
use crate::cluster::{Replica, ResourceId};
use crate::plan::{Kinds, Task};
use crate::run::Run;

use super::{colocate_parts, link};

pub(super) fn create(run: &mut Run<'_>, id: ResourceId) {
    let Some(bundle) = run[id].bundle().cloned() else { return };
    for replica in &bundle.replicas {
        order_replica(run, id, replica);
    }
    let Some(inner) = bundle.inner else { return };
    bind(run, id, inner, Task::Start, Task::Running);
    bind(run, id, inner, Task::Stop, Task::Stopped);
    super::create(run, inner);
    if run[inner].promotable {
        super::keep_restart_in_order(run, id);
        bind(run, id, inner, Task::Demote, Task::Demoted);
        bind(run, id, inner, Task::Promote, Task::Promoted);
    }
}

/// The bundle's task is before the inner clone's, which is done before the bundle's is.
fn bind(run: &mut Run<'_>, bundle: ResourceId, inner: ResourceId, task: Task, done: Task) {
    link(run, bundle, task, inner, task, Kinds::FIRST_IN_GRAPH);
    link(run, inner, done, bundle, done, Kinds::THEN_IN_GRAPH);
}

fn order_replica(run: &mut Run<'_>, bundle: ResourceId, replica: &Replica) {
    let Some(container) = replica.container else { return };
    super::create(run, container);
    link(run, bundle, Task::Start, container, Task::Start, Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IN_GRAPH);
    if let Some(child) = replica.child {
        link(run, bundle, Task::Stop, child, Task::Stop, Kinds::FIRST_IN_GRAPH);
    }
    link(run, bundle, Task::Stop, container, Task::Stop, Kinds::FIRST_IN_GRAPH);
    link(run, container, Task::Start, bundle, Task::Running, Kinds::THEN_IN_GRAPH);
    link(run, container, Task::Stop, bundle, Task::Stopped, Kinds::THEN_IN_GRAPH);
    if let Some(ip) = replica.ip {
        super::create(run, ip);
        link(run, ip, Task::Start, container, Task::Start, Kinds::UNRUNNABLE_BLOCKS | Kinds::GUEST_ALLOWED);
        link(run, container, Task::Stop, ip, Task::Stop, Kinds::THEN_IMPLIES_FIRST | Kinds::GUEST_ALLOWED);
        colocate_parts(run, "#ip-with-container", ip, container, Score::INFINITY, true);
    }
    if let Some(connection) = replica.connection {
        super::create(run, connection);
    }
}
