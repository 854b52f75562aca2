//! Operations that were begun and have no result yet (HIST section 8).

use crate::cib::leading_integer;
use crate::cluster::{Pending, Role};
use crate::plan::{ActionKey, Task, request};

use super::entry::Entry;
use super::matching;
use super::outcome::Outcome;
use super::reader::Reader;

impl<'c> Reader<'_, 'c> {
    /// Takes what is being done for what is so.
    pub fn read_pending(&mut self, entry: &Entry<'c>, outcome: &Outcome) {
        if self.is_left_over(entry) {
            return;
        }
        match outcome.task {
            Task::Start => {
                self.resource_mut().start_pending = true;
                self.resource_mut().role = self.active_role();
            }
            Task::Promote => self.resource_mut().role = Role::Promoted,
            Task::MigrateTo if self.node().unclean => {
                // HIST-45: nobody will tell how the migration ends.
                let target = entry.migrate_target.and_then(|name| self.run.cluster.node_named(name));
                if target.is_some() {
                    request(self.run, self.id, ActionKey::once(Task::Stop), target, false);
                }
            }
            _ => {}
        }
        if self.resource().pending.is_none() && !outcome.is_probe() {
            self.resource_mut().pending = Some(Pending { task: outcome.task, node: self.node });
            matching::note_place(self.run, self.id, self.node);
        }
    }

    /// Whether the same operation failed since then, so that it can't be pending any more (HIST-43).
    fn is_left_over(&self, entry: &Entry<'c>) -> bool {
        let interval = |entry: &Entry<'c>| entry.interval.and_then(leading_integer).map(|number| number.value);
        self.last_failure.is_some_and(|failure| {
            failure.operation == entry.operation
                && interval(&failure).is_some()
                && interval(&failure) == interval(entry)
                && entry.last_rc_change.is_some()
                && failure.last_rc_change >= entry.last_rc_change
        })
    }
}
