//! What a resource's history means for it and its node (HIST section 10).

use crate::cib::Score;
use crate::cluster::status::request_fencing;
use crate::cluster::{NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::placement::add_score;
use crate::plan::{ActionKey, FenceReason, OnFail, Task, find_on, request};

use super::active::add_active;
use super::reader::Reader;

impl Reader<'_, '_> {
    /// Applies role and failure response after all entries were read.
    pub fn apply(&mut self) {
        let known_active = self.resource().role > Role::Stopped;
        if self.resource().role != Role::Unknown {
            self.mark_known();
        }
        let failed = self.response != OnFail::Ignore;
        if known_active && !self.node().online && !self.node().maintenance && self.resource().managed {
            self.fence_offline_node();
        }
        // HIST-53: fencing settles whatever failed.
        let response = if self.node().unclean { OnFail::Ignore } else { self.response };
        self.respond(response, known_active);
        self.mark_node_seen();
        if known_active {
            self.record_active(failed, response);
        } else {
            self.forget_stops();
        }
        let resource = &mut self.run[self.id];
        let is_source = resource.partial_migration.is_some_and(|migration| migration.source == self.node);
        if resource.role == Role::Stopped && !resource.active_on.is_empty() && is_source {
            resource.role = Role::Started;
        }
    }

    /// HIST-51: one instance's history tells of the whole anonymous clone.
    fn mark_known(&mut self) {
        let mut at = Some(self.id);
        while let Some(id) = at {
            self.run[id].known_on.insert(self.node);
            at = self.run[id].parent.filter(|_| !self.run[id].unique);
        }
    }

    /// HIST-52.
    fn fence_offline_node(&mut self) {
        let active = FenceReason::ActiveThere(self.id);
        if self.run.cluster.is_guest(self.node) {
            self.must_stop();
            request_fencing(self.run, self.node, active, false);
        } else if self.run.cluster.options.fencing_enabled {
            let connection = self.node().connection;
            let may_return = connection.is_some_and(|connection| !self.run[connection].failed);
            if may_return {
                self.run[self.node].seen = false;
            }
            let reason = if may_return { FenceReason::ActiveThereRevocable(self.id) } else { active };
            request_fencing(self.run, self.node, reason, false);
        }
    }

    /// HIST-54.
    fn respond(&mut self, response: OnFail, known_active: bool) {
        match response {
            OnFail::Ignore => {}
            OnFail::Demote => {
                self.resource_mut().failed = true;
                self.require(self.id, Task::Demote);
            }
            OnFail::FenceNode => request_fencing(self.run, self.node, FenceReason::FailedThere(self.id), false),
            OnFail::Standby => {
                self.run[self.node].standby = true;
                self.run[self.node].standby_on_fail = true;
            }
            OnFail::Block => {
                self.resource_mut().managed = false;
                self.resource_mut().blocked = true;
            }
            OnFail::Ban => self.ban_self(Cause::Failure),
            OnFail::Stop => self.resource_mut().next_role = Role::Stopped,
            OnFail::Restart => {
                if known_active {
                    self.must_stop();
                    self.require(self.id, Task::Stop);
                }
            }
            OnFail::RestartContainer => self.restart_container(known_active),
            OnFail::ResetRemote => self.reset_remote(known_active),
        }
    }

    /// HIST-56.
    fn restart_container(&mut self, known_active: bool) {
        self.must_stop();
        match self.resource().launcher {
            Some(container) if self.run.cluster.bundle_of(self.id).is_some() => {
                // The replica's node isn't known yet.
                self.run.history.containers_to_stop.push(container);
            }
            Some(container) => self.require(container, Task::Stop),
            None if known_active => self.require(self.id, Task::Stop),
            None => {}
        }
    }

    /// HIST-57.
    fn reset_remote(&mut self, known_active: bool) {
        self.must_stop();
        let remote = self.connected_node().filter(|&node| self.run.cluster.is_remote(node) && !self.run[node].fenced);
        if let Some(node) = remote.filter(|_| self.run.cluster.options.fencing_enabled) {
            request_fencing(self.run, node, FenceReason::RemoteConnectionUnrecoverable, false);
        }
        if known_active {
            self.require(self.id, Task::Stop);
        }
        if self.resource().reconnect_interval_ms > 0 {
            self.resource_mut().next_role = Role::Stopped;
        }
    }

    /// HIST-58: a node whose connection failed can't take back that it has to be fenced.
    fn mark_node_seen(&mut self) {
        if self.resource().failed
            && let Some(node) = self.connected_node()
            && self.run[node].unclean
        {
            self.run[node].seen = true;
        }
    }

    fn record_active(&mut self, failed: bool, response: OnFail) {
        add_active(self.run, self.id, self.node, failed);
        match response {
            OnFail::Ignore => {}
            OnFail::Demote | OnFail::Block => self.resource_mut().failed = true,
            _ => self.must_stop(),
        }
    }

    /// HIST-60: an instance that isn't there gives back its number; another resource need not be stopped.
    fn forget_stops(&mut self) {
        if self.resource().history_name.as_ref().is_some_and(|name| name.contains(':')) {
            self.run.cluster.set_history_name(self.id, None);
            return;
        }
        for stop in find_on(self.run, self.id, ActionKey::once(Task::Stop), self.node) {
            self.run[stop].optional = true;
        }
    }

    /// The node that the resource connects, if it is a connection.
    fn connected_node(&self) -> Option<NodeId> {
        if self.resource().is_connection { self.run.cluster.node_of_connection(self.id) } else { None }
    }

    fn require(&mut self, id: ResourceId, task: Task) {
        request(self.run, id, ActionKey::once(task), Some(self.node), false);
    }

    /// Bans the resource itself from the node.
    pub fn ban_self(&mut self, cause: Cause) {
        add_score(self.run, self.id, Some(self.node), Score::MINUS_INFINITY, cause);
    }
}
