//! Whether a node can be fenced, and requests that it be (STATE section 11).

use crate::cib::NoQuorumPolicy;
use crate::cluster::{NodeId, NodeKind, NodeSet};
use crate::plan::{FenceReason, Reason, fencing_action};
use crate::run::Run;

/// Whether a node can be fenced (STATE-60).
///
/// Fencing a guest is stopping its launcher, which needs hosts that can be reached or fenced. Hosts may be guests, too, and a
/// history may tell of guests that launch each other.
#[must_use]
pub fn can_fence(run: &Run<'_>, node: NodeId) -> bool {
    let mut open = vec![node];
    let mut seen = NodeSet::default();
    while let Some(node) = open.pop() {
        if seen.contains(node) {
            continue;
        }
        seen.insert(node);
        match run.cluster.launcher_of(node).filter(|_| run[node].is_remote_kind()) {
            Some(launcher) => open.extend(run[launcher].active_on.iter().filter(|&&host| !run[host].online)),
            None if can_fence_by_device(run, node) => {}
            None => return false,
        }
    }
    true
}

fn can_fence_by_device(run: &Run<'_>, node: NodeId) -> bool {
    let options = &run.cluster.options;
    if !options.fencing_enabled || !run.cluster.has_fencing_device() {
        return false;
    }
    if run.cluster.has_quorum || options.no_quorum_policy == NoQuorumPolicy::Ignore {
        return true;
    }
    match run[node].kind {
        _ if !run[node].online => false,
        NodeKind::Member => true,
        NodeKind::Remote => options.fence_remote_without_quorum || has_all_hosts_online(run, node),
    }
}

/// Without quorum, a partition that might be the other half may have fenced the remote node's host (STATE-61).
fn has_all_hosts_online(run: &Run<'_>, node: NodeId) -> bool {
    run[node].connection.is_none_or(|connection| run.cluster.allowed[connection].iter().all(|(host, _)| run[host].online))
}

/// Requests that a node be fenced (STATE-62).
pub fn request_fencing(run: &mut Run<'_>, node: NodeId, reason: FenceReason, priority_delay: bool) {
    if !run[node].is_remote_kind() {
        if !run[node].unclean {
            run[node].unclean = true;
            fencing_action(run, node, None, true, Some(Reason::Fence(reason)), priority_delay);
        }
        return;
    }
    if let Some(launcher) = run.cluster.launcher_of(node) {
        if run[launcher].managed && !run[launcher].failed {
            run[node].reset_needed = true;
            run[launcher].failed = true;
            run[launcher].must_stop = true;
        }
        return;
    }
    if let Some(connection) = run[node].connection.filter(|&connection| run[connection].removed_launched) {
        // A guest's leftover connection: its launcher is gone, and the guest with it.
        run[connection].failed = true;
        run[connection].must_stop = true;
        return;
    }
    if run[node].connection.is_none_or(|connection| run[connection].managed) {
        run[node].reset_needed = true;
    }
    run[node].unclean = true;
    fencing_action(run, node, None, true, Some(Reason::Fence(reason)), false);
}
