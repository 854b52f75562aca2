//! What the history tells of live migrations: an entry on one node only makes sense with those of the other (HIST
//! section 11).

use std::cmp::Ordering;

use crate::cluster::{NodeId, PartialMigration, Role};

use super::active::add_active;
use super::entry::{Entry, Status, exit};
use super::order::compare;
use super::reader::Reader;

/// Both ends of a migration, with the resource's entries there.
struct Ends<'c> {
    source_name: &'c str,
    /// The node named as target, or as source for a `migrate_from`: the one whose history is not being read.
    other: Option<NodeId>,
    on_source: Vec<Entry<'c>>,
    on_target: Vec<Entry<'c>>,
}

impl<'c> Ends<'c> {
    /// The `migrate_from` on the target that belongs to a `migrate_to` from this source.
    fn migrate_from(&self) -> Option<&Entry<'c>> {
        only(&self.on_target, |entry| entry.is_operation("migrate_from") && entry.migrate_source == Some(self.source_name))
    }

    fn migrate_to(&self, target_name: &str) -> Option<&Entry<'c>> {
        only(&self.on_source, |entry| entry.is_operation("migrate_to") && entry.migrate_target == Some(target_name))
    }
}

/// The one entry that fits; several count as none.
fn only<'e, 'c>(entries: &'e [Entry<'c>], fits: impl Fn(&Entry<'c>) -> bool) -> Option<&'e Entry<'c>> {
    let mut found = entries.iter().filter(|entry| fits(entry));
    found.next().filter(|_| found.next().is_none())
}

fn is_newer(a: &Entry<'_>, b: &Entry<'_>) -> bool {
    compare(a, b) == Ordering::Greater
}

/// Whether something was done with the resource there after an entry.
fn has_action_after(entries: &[Entry<'_>], after: &Entry<'_>) -> bool {
    let moves = |entry: &Entry<'_>| {
        matches!(entry.operation, Some("start" | "stop" | "migrate_to" | "migrate_from")) && entry.element != after.element
    };
    entries.iter().any(|entry| moves(entry) && is_newer(entry, after))
}

/// Whether the resource was found not running there after an entry.
fn is_not_running_after(entries: &[Entry<'_>], after: &Entry<'_>) -> bool {
    let monitor = only(entries, |entry| entry.is_operation("monitor"));
    monitor.is_some_and(|monitor| monitor.is_done_with(exit::NOT_RUNNING) && is_newer(monitor, after))
}

/// Whether the entries of a node tell of a state that came after the migration.
fn has_newer_state(entries: &[Entry<'_>], migration: &Entry<'_>) -> bool {
    has_action_after(entries, migration) || is_not_running_after(entries, migration)
}

/// Whether nothing is known of the resource there.
fn is_unknown(entries: &[Entry<'_>]) -> bool {
    !entries.iter().any(|entry| entry.rc().is_some_and(|rc| rc != exit::NONE))
}

impl<'c> Reader<'_, 'c> {
    /// A `migrate_to` that succeeded: how far the target has come decides.
    pub fn succeed_migrate_to(&mut self, entry: &Entry<'c>) {
        let Some(ends) = self.ends_from_source(entry) else { return };
        let from = ends.migrate_from();
        let moved_on = has_action_after(&ends.on_source, entry);
        let target_moved_on = has_newer_state(&ends.on_target, from.unwrap_or(entry));
        if moved_on && (from.is_some() || target_moved_on) {
            return;
        }
        if from.is_some_and(|from| from.is_done_with(exit::OK)) {
            self.resource_mut().role = Role::Stopped;
            self.add_dangling_source();
            return;
        }
        self.resource_mut().role = Role::Started;
        let online_target = ends.other.filter(|&target| self.run[target].online);
        if from.is_some_and(|from| from.op_status.is_some() && from.status() != Some(Status::Pending)) {
            match online_target.filter(|_| !target_moved_on) {
                Some(target) => add_active(self.run, self.id, target, true),
                None => self.break_migration(),
            }
            return;
        }
        match online_target {
            // The target will be probed.
            Some(_) if is_unknown(&ends.on_target) => {}
            Some(target) if !target_moved_on => {
                add_active(self.run, self.id, target, false);
                if self.node().online {
                    self.resource_mut().partial_migration = Some(PartialMigration { source: self.node, target });
                }
            }
            _ if !moved_on => self.break_migration(),
            _ => {}
        }
    }

    /// A `migrate_to` that failed.
    pub fn fail_migrate_to(&mut self, entry: &Entry<'c>) {
        let Some(ends) = self.ends_from_source(entry) else { return };
        self.resource_mut().role = Role::Started;
        let from = ends.migrate_from().filter(|from| from.is_done_with(exit::OK));
        let target_moved_on = has_newer_state(&ends.on_target, from.unwrap_or(entry));
        if !is_unknown(&ends.on_target) && !target_moved_on {
            self.add_if_online(ends.other, false);
        } else if !has_action_after(&ends.on_source, entry) {
            self.add_dangling_source();
        }
    }

    /// A `migrate_from` that failed.
    pub fn fail_migrate_from(&mut self, entry: &Entry<'c>) {
        let (Some(source), Some(target)) = (entry.migrate_source, entry.migrate_target) else { return };
        if !target.eq_ignore_ascii_case(&self.node().name) {
            return;
        }
        self.resource_mut().role = Role::Started;
        let ends = self.ends(source, target, source);
        // As the source's state is asked for, the `migrate_to` is what it is held against, if there is one (HIST-63).
        let to = ends.migrate_to(target).filter(|to| to.is_done_with(exit::OK));
        if !is_unknown(&ends.on_source) && !has_newer_state(&ends.on_source, to.unwrap_or(entry)) {
            self.add_if_online(ends.other, true);
        }
    }

    /// The ends of a migration away from the node being read; nothing if the entry's names don't fit (HIST-64).
    fn ends_from_source(&mut self, entry: &Entry<'c>) -> Option<Ends<'c>> {
        let (source, target) = (entry.migrate_source?, entry.migrate_target?);
        source.eq_ignore_ascii_case(&self.node().name).then(|| self.ends(source, target, target))
    }

    fn ends(&mut self, source: &'c str, target: &'c str, other: &str) -> Ends<'c> {
        let index = self.index();
        let id = &self.resource().id;
        Ends {
            source_name: source,
            other: self.run.cluster.node_named(other),
            on_source: index.entries(source, id),
            on_target: index.entries(target, id),
        }
    }

    fn add_if_online(&mut self, node: Option<NodeId>, failed: bool) {
        if let Some(node) = node.filter(|&node| self.run[node].online) {
            add_active(self.run, self.id, node, failed);
        }
    }

    /// The target never got it, and the source may still have something of it.
    fn add_dangling_source(&mut self) {
        let node = self.node;
        self.resource_mut().dangling_sources.insert(0, node);
    }

    /// Nobody knows where it is: it has to be stopped, and must not migrate.
    fn break_migration(&mut self) {
        self.must_stop();
        self.resource_mut().may_migrate = false;
    }
}
