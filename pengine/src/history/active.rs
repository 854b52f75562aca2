//! Recording where a resource is active, for it and for what it is part of (HIST-62).

use crate::cib::Score;
use crate::cluster::{MultipleActive, NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::placement::add_score;
use crate::run::Run;

use super::matching::note_place;
use super::reader::ban_everywhere;

/// Records that a resource is active on a node; `failed` tells that something there failed.
pub(super) fn add_active(run: &mut Run<'_>, id: ResourceId, node: NodeId, failed: bool) {
    if run[id].active_on.contains(&node) {
        return;
    }
    run[id].active_on.push(node);
    if run[id].is_primitive() {
        run[node].running.push(id);
        note_place(run, id, node);
        if !failed {
            add_priority(run, id, node);
        }
        if run[node].maintenance {
            run[id].managed = false;
            run[id].maintenance = true;
        }
    }
    if !run[id].managed {
        add_score(run, id, Some(node), Score::INFINITY, Cause::Unmanaged);
        let mut above = run[id].parent;
        while let Some(ancestor) = above {
            run[ancestor].active_on.push(node);
            above = run[ancestor].parent;
        }
        return;
    }
    if run[id].is_primitive() && run.cluster.active_count(id) > 1 {
        limit_multiply_active(run, id);
    }
    if let Some(parent) = run[id].parent {
        add_active(run, parent, node, false);
    }
}

/// STATE-67: what runs on a guest counts for the guest's hosts as well.
fn add_priority(run: &mut Run<'_>, id: ResourceId, node: NodeId) {
    let resource = &run[id];
    if resource.priority == 0 {
        return;
    }
    let priority = resource.priority.saturating_add(i32::from(resource.role == Role::Promoted));
    let launcher = if run.cluster.is_guest(node) { run.cluster.launcher_of(node) } else { None };
    let hosts = launcher.map(|launcher| run[launcher].active_on.clone()).unwrap_or_default();
    for at in std::iter::once(node).chain(hosts) {
        run[at].priority = run[at].priority.saturating_add(priority);
    }
}

fn limit_multiply_active(run: &mut Run<'_>, id: ResourceId) {
    match run[id].multiple_active {
        MultipleActive::StopOnly => ban_everywhere(run, id),
        MultipleActive::Block => {
            block(run, id);
            let Some(parent) = run[id].parent else { return };
            let goes_along = run[parent].is_group() || run[parent].is_bundle();
            if goes_along && run[parent].multiple_active == MultipleActive::Block {
                for child in run[parent].children.clone() {
                    block(run, child);
                }
            }
        }
        MultipleActive::StopStart | MultipleActive::StopUnexpected => {}
    }
}

fn block(run: &mut Run<'_>, id: ResourceId) {
    run[id].managed = false;
    run[id].blocked = true;
}
