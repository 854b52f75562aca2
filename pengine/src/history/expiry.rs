//! Failures that are too old to count, and the clearing of their counts (HIST-70 to HIST-72).

use crate::cib::ms_to_seconds;
use crate::cluster::{NodeId, ResourceId};
use crate::digest::{self, Verdict};
use crate::plan::{Kinds, Reason, Side, Task, clear_fail_count, fencing_action, order};
use crate::run::{DeferredCheck, Run};

use super::Counting;
use super::entry::{Entry, Status, exit};
use super::fail_count::count;
use super::outcome::Outcome;
use super::reader::Reader;

impl<'c> Reader<'_, 'c> {
    /// Whether an entry's result expired; fail counts that went with it are cleared.
    pub fn is_expired(&mut self, entry: &Entry<'c>, outcome: &Outcome) -> bool {
        if outcome.status == Status::NotInstalled {
            return false;
        }
        let expired = self.check_age(entry, outcome);
        let may_have_changed = entry.is_last_failure() && matches!(outcome.task, Task::Start | Task::Monitor);
        if !expired && may_have_changed && self.have_parameters_changed(entry) {
            clear_after_fencing(self.run, self.id, self.node, Reason::ParametersChanged);
        }
        // A probe that tells where the resource is tells it however old it is.
        let tells_state =
            matches!(outcome.raw_rc, exit::OK | exit::NOT_RUNNING | exit::PROMOTED | exit::DEGRADED | exit::DEGRADED_PROMOTED);
        expired && !(outcome.is_probe() && tells_state)
    }

    fn check_age(&mut self, entry: &Entry<'c>, outcome: &Outcome) -> bool {
        let timeout = ms_to_seconds(self.resource().failure_timeout_ms);
        let Some(changed) = entry.last_rc_change.filter(|_| timeout > 0) else { return false };
        let is_old = self.run.cluster.now >= changed.saturating_add(timeout) && !self.waits_for_fencing(outcome);
        let effective = count(self.run, self.id, self.node, Counting::Effective, Some(entry));
        if effective.count > 0 {
            self.run.cluster.recheck_at(effective.last.saturating_add(timeout + 1));
        }
        if !is_old {
            return false;
        }
        let recorded = count(self.run, self.id, self.node, Counting::Plain, Some(entry));
        if recorded.count != 0 && effective.count != 0 {
            // A later failure of the same resource is still being counted.
            return false;
        }
        if recorded.count != 0 || entry.is_last_failure() && self.resource().reconnect_interval_ms > 0 {
            clear_after_fencing(self.run, self.id, self.node, Reason::Expired);
        }
        true
    }

    /// HIST-72: a remote node's failure must not be forgotten before the node was fenced.
    fn waits_for_fencing(&self, outcome: &Outcome) -> bool {
        let resource = self.resource();
        let remote = self.run.cluster.node_named(&resource.id);
        resource.reconnect_interval_ms > 0
            && self.run.cluster.options.fencing_enabled
            && outcome.task == Task::Monitor
            && outcome.interval_ms > 0
            && remote.is_some_and(|node| !self.run[node].fenced)
    }

    fn have_parameters_changed(&mut self, entry: &Entry<'c>) -> bool {
        if digest::has_late_address(self.run, self.id) {
            let (resource, node, entry) = (self.id, self.node, entry.element);
            self.run.history.deferred_checks.push(DeferredCheck { resource, node, entry, failure: true });
            return false;
        }
        is_failure_outdated(self.run, self.id, self.node, entry)
    }
}

/// Whether parameters changed since a failure, so that it may not happen again.
pub(super) fn is_failure_outdated(run: &mut Run<'_>, id: ResourceId, node: NodeId, entry: &Entry<'_>) -> bool {
    matches!(digest::compare(run, id, node, entry), Verdict::Restart | Verdict::Changed)
}

/// HIST-71: a remote node is fenced before its connection is tried again.
fn clear_after_fencing(run: &mut Run<'_>, id: ResourceId, node: NodeId, reason: Reason) {
    let clear = clear_fail_count(run, id, node, reason);
    if !run.cluster.options.fencing_enabled || run[id].reconnect_interval_ms == 0 {
        return;
    }
    if let Some(remote) = run.cluster.node_named(&run[id].id) {
        let fence = fencing_action(run, remote, None, true, None, false);
        order(run, Side::Action(fence), Side::Action(clear), Kinds::FIRST_IMPLIES_THEN);
    }
}
