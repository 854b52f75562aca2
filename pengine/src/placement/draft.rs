//! Drafts: tables that are worked out before anybody knows whether they will hold.

use crate::cib::Score;
use crate::cluster::{Entry, NodeId, NodeTable, ResourceId};
use crate::ledger::Cause;
use crate::run::Run;

use super::scores::copy_table;

/// A table on its way, with what was done to it if somebody asked where scores come from.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub table: NodeTable,
    notes: Option<Vec<Note>>,
}

/// What was done to one score.
#[derive(Debug, Clone, Copy)]
struct Note {
    node: NodeId,
    change: Change,
    cause: Cause,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Added(Score),
    Set(Score),
}

impl Change {
    fn between(before: Score, after: Score) -> Self {
        let difference = Score::new(i64::from(after.value()) - i64::from(before.value()));
        [after, difference].into_iter().find(|&added| before + added == after).map_or(Self::Set(after), Self::Added)
    }
}

fn note(notes: &mut Option<Vec<Note>>, node: NodeId, change: Change, cause: Cause) {
    if let Some(notes) = notes {
        notes.push(Note { node, change, cause });
    }
}

impl Draft {
    /// A draft that begins with the table of a resource as it is.
    pub(super) fn of(run: &Run<'_>, resource: ResourceId) -> Self {
        Self { table: run.cluster.allowed[resource].clone(), notes: run.ledger.as_ref().map(|_| Vec::new()) }
    }

    /// A draft that begins with a copy of the table of a resource.
    pub(super) fn of_copy(run: &Run<'_>, resource: ResourceId) -> Self {
        Self { table: copy_table(run, &run.cluster.allowed[resource]), notes: run.ledger.as_ref().map(|_| Vec::new()) }
    }

    /// A table that will be nobody's own.
    pub(super) fn scratch(table: NodeTable) -> Self {
        Self { table, notes: None }
    }

    /// Whether it notes what is done to it.
    pub(super) fn takes_notes(&self) -> bool {
        self.notes.is_some()
    }

    /// Adds to the score of each node.
    pub(super) fn add(&mut self, cause: Cause, added: impl Fn(NodeId) -> Score) {
        for (node, entry) in self.table.iter_mut() {
            let score = added(node);
            entry.score += score;
            note(&mut self.notes, node, Change::Added(score), cause);
        }
    }

    /// Puts sums with scores by node in place of those of which there may be one.
    pub(super) fn add_up(
        &mut self,
        cause: Option<Cause>,
        added: &[Score],
        mut sum: impl FnMut(NodeId, &Entry, Score) -> Option<Score>,
    ) {
        for (node, entry) in self.table.iter_mut() {
            let added = added.get(node.index()).copied().unwrap_or_default();
            let Some(sum) = sum(node, entry, added) else { continue };
            let before = std::mem::replace(&mut entry.score, sum);
            if let (Some(notes), Some(cause)) = (&mut self.notes, cause)
                && before + added == sum
            {
                notes.push(Note { node, change: Change::Added(added), cause });
            }
        }
    }

    /// Changes the table in any way; what became of each score is noted as one change.
    pub(super) fn change(&mut self, cause: Cause, how: impl FnOnce(&mut NodeTable)) {
        let before = self.notes.as_ref().map(|_| self.table.clone());
        how(&mut self.table);
        let (Some(before), Some(notes)) = (before, &mut self.notes) else { return };
        for (node, entry) in self.table.iter() {
            let before = before.score(node).unwrap_or_default();
            if before != entry.score {
                notes.push(Note { node, change: Change::between(before, entry.score), cause });
            }
        }
    }

    /// Makes it the table of a resource.
    pub(super) fn put(self, run: &mut Run<'_>, resource: ResourceId) {
        *run.cluster.allowed.change(resource) = self.table;
        let (Some(ledger), Some(notes)) = (&mut run.ledger, self.notes) else { return };
        for Note { node, change, cause } in notes {
            match change {
                Change::Added(score) => ledger.add(resource, node, score, cause),
                Change::Set(score) => ledger.set(resource, node, score, cause),
            }
        }
    }
}
