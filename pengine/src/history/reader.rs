//! Reading one resource's history on one node (HIST section 2).

use std::sync::Arc;

use crate::cib::{ElementRef, Score, ms_to_seconds, parse_integer};
use crate::cluster::build::requested_role;
use crate::cluster::{Entry as Allowed, Node, NodeId, NodeTable, Resource, ResourceId, Role, ShutdownLock};
use crate::ledger::Cause;
use crate::placement::{add_score, replace_table};
use crate::plan::{ActionKey, OnFail, Task, request};
use crate::run::{FailedOperation, Run};

use super::entry::Entry;
use super::index::{HistoryIndex, index};
use super::matching;
use super::order::{Span, sorted_entries};

/// A resource's history on a node while it is read.
pub(super) struct Reader<'r, 'c> {
    pub run: &'r mut Run<'c>,
    pub id: ResourceId,
    pub node: NodeId,
    /// The most severe response to a failure that nothing has cleared yet.
    pub response: OnFail,
    pub last_failure: Option<Entry<'c>>,
}

/// Reads an `lrm_resource`; the resource that it belongs to, if any (HIST-11, HIST-12).
pub(super) fn read_resource<'c>(run: &mut Run<'c>, node: NodeId, history: ElementRef<'c>) -> Option<ResourceId> {
    let name = history.id()?;
    let entries = sorted_entries(history);
    if entries.is_empty() && !run.cluster.options.shutdown_lock {
        return None;
    }
    let id = match matching::find(run, node, name) {
        Some(id) => id,
        None if entries.is_empty() => return None,
        None => crate::cluster::build::removed_resource(run, history)?,
    };
    let mut reader = Reader { run, id, node, response: OnFail::Ignore, last_failure: None };
    if reader.run.cluster.options.shutdown_lock {
        reader.read_lock(history);
    }
    let saved_role = std::mem::take(&mut reader.resource_mut().role);
    for entry in &entries {
        reader.read_entry(entry);
    }
    reader.mark_recurring(&entries);
    reader.apply();
    reader.limit_next_role();
    let role = &mut reader.resource_mut().role;
    *role = saved_role.max(*role);
    Some(id)
}

impl<'c> Reader<'_, 'c> {
    pub fn resource(&self) -> &Resource {
        &self.run[self.id]
    }

    pub fn resource_mut(&mut self) -> &mut Resource {
        &mut self.run[self.id]
    }

    pub fn node(&self) -> &Node {
        &self.run[self.node]
    }

    /// The index of all histories.
    pub fn index(&mut self) -> Arc<HistoryIndex<'c>> {
        index(self.run)
    }

    /// The resource fails in a way that needs a stop.
    pub fn must_stop(&mut self) {
        self.resource_mut().failed = true;
        self.resource_mut().must_stop = true;
    }

    /// Makes the resource active unless it is known to be more (HIST-40).
    pub fn activate(&mut self) {
        if self.resource().role < Role::Started {
            self.resource_mut().role = self.active_role();
        }
    }

    /// The role of a resource of which is known only that it is active.
    pub fn active_role(&self) -> Role {
        if self.run.cluster.is_promotable(self.id) { Role::Unpromoted } else { Role::Started }
    }

    /// Puts an entry in the list of failed operations (HIST-76).
    pub fn record_failure(&mut self, entry: &Entry<'c>) {
        let Some(key) = entry.key().filter(|_| self.run[self.node].online) else { return };
        let history = &mut self.run.history;
        if history.caches.failed_keys.insert((self.node, key)) {
            history.failed.push(FailedOperation { entry: entry.element, node: self.node, resource: self.id });
        }
    }

    /// Bans the resource, or the whole anonymous clone that it belongs to, from one node or from all (HIST-37).
    pub fn ban(&mut self, node: Option<NodeId>, cause: Cause) {
        let banned = if self.resource().unique { self.id } else { self.run.cluster.top_of(self.id) };
        add_score(self.run, banned, node, Score::MINUS_INFINITY, cause);
    }

    /// HIST-75: a lock that is too old is deleted instead.
    fn read_lock(&mut self, history: ElementRef<'_>) {
        let since = history.attr("shutdown-lock").and_then(parse_integer).unwrap_or(0);
        if since == 0 {
            return;
        }
        let limit = ms_to_seconds(self.run.cluster.options.shutdown_lock_limit_ms);
        if limit > 0 && self.run.cluster.now > since.saturating_add(limit) {
            request(self.run, self.id, ActionKey::once(Task::LrmDelete), Some(self.node), false);
        } else {
            self.resource_mut().lock = Some(ShutdownLock { node: self.node, since });
        }
    }

    /// Notes, as optional actions, which recurring operations the node carries out (HIST-28).
    fn mark_recurring(&mut self, entries: &[Entry<'c>]) {
        if !self.node().online {
            return;
        }
        let span = Span::of(entries);
        for (index, entry) in entries.iter().enumerate() {
            let interval = entry.interval_ms();
            if !span.covers(index) || interval == 0 || entry.op_status == Some("-1") {
                continue;
            }
            let key = entry.action_key(self.run);
            request(self.run, self.id, key, Some(self.node), true);
        }
    }

    /// HIST-12.7: a `target-role` limits the next role; a lower one stays.
    fn limit_next_role(&mut self) {
        if let Some(limit) = requested_role(self.run, self.id) {
            let next = &mut self.resource_mut().next_role;
            if *next == Role::Unknown || *next > limit {
                *next = limit;
            }
        }
    }
}

/// Replaces a resource's table by one that bans it from all nodes (HIST-42).
pub(super) fn ban_everywhere(run: &mut Run<'_>, id: ResourceId) {
    let mut table = NodeTable::default();
    for &node in &run.cluster.node_order {
        let discovery = run[node].discovery;
        table.insert(node, Allowed { score: Score::MINUS_INFINITY, count: 0, discovery });
    }
    replace_table(run, id, table, Cause::MultiplyActive);
}
