//! A clone's own orderings (INST-61).

use crate::cluster::ResourceId;
use crate::plan::{Kinds, Task};
use crate::run::Run;

use super::link;

pub(super) fn create(run: &mut Run<'_>, id: ResourceId) {
    let Some(ordered) = run[id].clone_config().map(|config| config.ordered) else { return };
    link(run, id, Task::Stopped, id, Task::Start, Kinds::SEQUENCE);
    link(run, id, Task::Start, id, Task::Running, Kinds::UNRUNNABLE_BLOCKS);
    link(run, id, Task::Stop, id, Task::Stopped, Kinds::UNRUNNABLE_BLOCKS);
    let promotable = run[id].promotable;
    if promotable {
        link(run, id, Task::Demoted, id, Task::Stop, Kinds::SEQUENCE);
        link(run, id, Task::Running, id, Task::Promote, Kinds::UNRUNNABLE_BLOCKS);
    }
    if ordered {
        run.cluster.sort_instances(id);
    }
    let children = run[id].children.clone();
    for (at, &child) in children.iter().enumerate() {
        let later = if ordered { &children[at + 1..] } else { &[] };
        order_instance(run, id, child, later);
    }
    if promotable {
        super::keep_restart_in_order(run, id);
        let mut previous = None;
        for &child in &children {
            order_promotion(run, id, child, previous.filter(|_| ordered));
            previous = Some(child);
        }
    }
}

fn order_instance(run: &mut Run<'_>, clone: ResourceId, child: ResourceId, later: &[ResourceId]) {
    super::create(run, child);
    link(run, clone, Task::Start, child, Task::Start, Kinds::UNRUNNABLE_BLOCKS | Kinds::FIRST_IN_GRAPH);
    link(run, child, Task::Start, clone, Task::Running, Kinds::THEN_IN_GRAPH);
    link(run, clone, Task::Stop, child, Task::Stop, Kinds::FIRST_IN_GRAPH);
    link(run, child, Task::Stop, clone, Task::Stopped, Kinds::THEN_IN_GRAPH);
    for &other in later {
        link(run, child, Task::Start, other, Task::Start, Kinds::SEQUENCE);
        link(run, other, Task::Stop, child, Task::Stop, Kinds::SEQUENCE);
    }
}

fn order_promotion(run: &mut Run<'_>, clone: ResourceId, child: ResourceId, previous: Option<ResourceId>) {
    link(run, child, Task::Demote, child, Task::Promote, Kinds::SEQUENCE);
    link(run, clone, Task::Promote, child, Task::Promote, Kinds::SEQUENCE);
    link(run, child, Task::Promote, clone, Task::Promoted, Kinds::SEQUENCE);
    if let Some(previous) = previous {
        link(run, previous, Task::Promote, child, Task::Promote, Kinds::SEQUENCE);
    }
    link(run, clone, Task::Demote, child, Task::Demote, Kinds::FIRST_IN_GRAPH);
    link(run, child, Task::Demote, clone, Task::Demoted, Kinds::THEN_IN_GRAPH);
    if let Some(previous) = previous {
        link(run, child, Task::Demote, previous, Task::Demote, Kinds::SEQUENCE);
    }
}
