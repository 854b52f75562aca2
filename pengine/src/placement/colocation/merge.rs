//! Merging: a dependent's own preferences, and those of its dependents in turn, pull the primary (COLO section 10).

use std::sync::Arc;

use crate::cib::Score;
use crate::cluster::{ColocationId, Entry, NodeId, NodeSet, NodeTable, ResourceId};
use crate::ledger::Cause;
use crate::run::Run;

use super::super::draft::Draft;
use super::super::scores::reorder_like_copy;
use super::course::{Course, Passage};
use super::effect::has_influence;
use super::lists::{End, effective};
use super::own_scores::{factor_over, own_scores};
use super::tails::{self, Approach};
use super::view::View;

/// How many steps are walked one by one for the sake of noting each; of what is behind the later ones only the sum is noted,
/// since there may be more ways than could ever be walked.
const PATIENCE: u64 = 1000;

/// How one resource's scores are merged into a table.
#[derive(Debug, Clone, Copy)]
pub(in crate::placement) struct Merge {
    /// On whose behalf: the resource whose table it is.
    pub target: ResourceId,
    /// No score falls below zero by it: a collective's table, where other instances may be elsewhere.
    pub nonnegative: bool,
    /// The table stays as it was if no node would be left.
    pub may_roll_back: bool,
}

/// One step along a chain of colocations.
#[derive(Debug, Clone, Copy)]
struct Step {
    source: ResourceId,
    /// The colocation that led here; none where a chain begins with the source's own table.
    via: Option<ColocationId>,
    approach: Approach,
}

impl Step {
    /// The first step of a chain that is entered over a colocation.
    fn first(run: &Run<'_>, source: ResourceId, via: ColocationId) -> Self {
        let approach = Approach { factor: factor_over(1.0, run[via].score), follow: End::Primary };
        Self { source, via: Some(via), approach }
    }

    /// The next step over a colocation; none if that has no influence.
    fn over(self, run: &Run<'_>, via: ColocationId) -> Option<Self> {
        let colocation = &run[via];
        let source = match self.approach.follow {
            End::Dependent => colocation.primary,
            End::Primary if !has_influence(run, colocation, colocation.primary) => return None,
            End::Primary => colocation.dependent,
        };
        let factor = factor_over(self.approach.factor, colocation.score);
        Some(Self { source, via: Some(via), approach: Approach { factor, ..self.approach } })
    }

    /// What its scores are noted with.
    fn cause(self) -> Option<Cause> {
        self.via.map(|via| Cause::Colocation { via, with: self.source })
    }

    /// The resources whose tables count in this step; that of the dependent for how many choices it has.
    fn tables(self, run: &Run<'_>) -> [Option<ResourceId>; 3] {
        [Some(self.source), run[self.source].children.first().copied(), self.via.map(|via| run[via].dependent)]
    }
}

impl Merge {
    /// Merges the scores of the dependent of a colocation into the target's own table.
    pub(in crate::placement) fn heed_dependent(self, run: &mut Run<'_>, via: ColocationId) {
        let (step, draft) = (Step::first(run, run[via].dependent, via), Draft::of(run, self.target));
        self.begin(run, step, draft).put(run, self.target);
    }

    /// Merges the scores of a resource at the other end of a colocation into a table.
    pub(in crate::placement) fn merge(
        self,
        run: &mut Run<'_>,
        source: ResourceId,
        via: ColocationId,
        table: NodeTable,
    ) -> NodeTable {
        self.begin(run, Step::first(run, source, via), Draft::scratch(table)).table
    }

    fn begin(self, run: &mut Run<'_>, step: Step, draft: Draft) -> Draft {
        tails::refresh(run);
        let mut walk = Walk::new(run, self, draft);
        walk.walk(step, self.may_roll_back);
        walk.finish()
    }

    /// What an entry becomes if a score is added; nothing if it would fall below zero and may not (COLO-73).
    fn sum(self, unusable: &NodeSet, node: NodeId, entry: &Entry, added: Score) -> Option<Score> {
        let sum = entry.score + added;
        if unusable.contains(node) {
            None
        } else if !self.nonnegative || !sum.is_negative() || entry.score.is_negative() {
            Some(sum)
        } else {
            Some(entry.score).filter(|&score| score == Score::ZERO)
        }
    }
}

/// A source that was merged, with what is behind it.
struct Entered {
    step: Step,
    /// The same; of a group, for its first member.
    at: Step,
    scores: Vec<Score>,
    behind: Behind,
}

/// What is behind a source.
enum Behind {
    /// It was merged at once, if there is anything.
    Known(Option<Arc<Course>>),
    /// These colocations are left; the course of the others.
    Open { left: std::vec::IntoIter<ColocationId>, course: Course },
}

impl Entered {
    /// The next step that leads on.
    fn next(&mut self, run: &Run<'_>) -> Option<Step> {
        match &mut self.behind {
            Behind::Known(_) => None,
            Behind::Open { left, .. } => left.find_map(|via| self.at.over(run, via)),
        }
    }
}

/// A merge under way.
struct Walk<'r, 'c> {
    run: &'r mut Run<'c>,
    merge: Merge,
    /// What is added doesn't depend on whose table it is, so that tails may be used.
    uses_tails: bool,
    draft: Draft,
    /// Nodes that would have fallen below zero (COLO-77).
    unusable: NodeSet,
    /// How often the table would have been copied.
    copies: u64,
}

impl<'r, 'c> Walk<'r, 'c> {
    fn new(run: &'r mut Run<'c>, merge: Merge, draft: Draft) -> Self {
        let uses_tails = View::new(run, "", merge.target).is_plain();
        Self { run, merge, uses_tails, draft, unusable: NodeSet::default(), copies: 0 }
    }

    fn finish(mut self) -> Draft {
        reorder_like_copy(self.run, &mut self.draft.table, self.copies);
        self.draft
    }

    /// Merges a source and all that is behind it.
    ///
    /// Chains can be as long as there are resources, so what waits for the end of another step is kept in a list.
    fn walk(&mut self, step: Step, may_roll_back: bool) {
        let Ok(entered) = self.enter(step, may_roll_back) else { return };
        let mut open = vec![entered];
        while let Some(last) = open.last_mut() {
            if let Some(next) = last.next(self.run) {
                match self.enter(next, true) {
                    Ok(entered) => open.push(entered),
                    Err(passage) => self.record(last, next, &passage),
                }
            } else if let Some(entered) = open.pop() {
                let (step, passage) = self.leave(entered);
                if let Some(last) = open.last_mut() {
                    self.record(last, step, &passage);
                }
            }
        }
    }

    /// Merges a source itself, unless that leads in a circle; the table may stay as it was (COLO-71, COLO-72).
    fn enter(&mut self, step: Step, may_roll_back: bool) -> Result<Entered, Passage> {
        let source = self.mark(step.source).ok_or(Passage::Nothing)?;
        let at = Step { source, ..step };
        let scores = self.own_scores(at);
        let leaves_some = self.leaves_some(&scores);
        if may_roll_back && !leaves_some {
            self.unmark(step.source, source);
            return Err(Passage::RolledBack(scores));
        }
        self.add(at, &scores);
        let behind = if leaves_some { self.behind(at) } else { Behind::Known(None) };
        Ok(Entered { step, at, scores, behind })
    }

    /// Marks a source as being merged; what stands for it.
    fn mark(&mut self, source: ResourceId) -> Option<ResourceId> {
        let is_new = |run: &mut Run<'_>, at: ResourceId| !std::mem::replace(&mut run[at].merging, true);
        if !is_new(self.run, source) {
            return None;
        }
        if !self.run[source].is_group() {
            return Some(source);
        }
        // COLO-71: the mark of an empty group stays.
        let first = *self.run[source].children.first()?;
        if !is_new(self.run, first) {
            self.run[source].merging = false;
            return None;
        }
        Some(first)
    }

    fn unmark(&mut self, source: ResourceId, stand_in: ResourceId) {
        self.run[stand_in].merging = false;
        self.run[source].merging = false;
    }

    /// What is to be merged behind a source.
    fn behind(&mut self, at: Step) -> Behind {
        let course = self.recall(at);
        if course.is_some() {
            return Behind::Known(course);
        }
        let colocations = effective(&self.run.cluster, at.source, at.approach.follow);
        if colocations.is_empty() {
            return Behind::Known(None);
        }
        Behind::Open { left: colocations.into_iter(), course: Course::default() }
    }

    /// Notes what came of a step behind a source.
    fn record(&mut self, entered: &mut Entered, next: Step, passage: &Passage) {
        if let Behind::Open { course, .. } = &mut entered.behind {
            course.record(passage);
        }
        let tables = next.tables(self.run);
        self.run.tails.note_tables(entered.at.source, tables);
    }

    /// Ends a step when all behind it is merged.
    fn leave(&mut self, entered: Entered) -> (Step, Passage) {
        let Entered { step, at, scores, behind } = entered;
        let behind = match behind {
            Behind::Known(course) => course,
            Behind::Open { course, .. } => Some(self.keep(at, course)),
        };
        if self.merge.nonnegative {
            self.make_usable(at);
        }
        self.unmark(step.source, at.source);
        (step, Passage::Passed(scores, behind))
    }

    /// Keeps the course of all that is behind a source for the next time.
    fn keep(&mut self, at: Step, course: Course) -> Arc<Course> {
        let course = Arc::new(course);
        if self.uses_tails {
            tails::keep(self.run, at.source, at.approach, &course);
        }
        course
    }

    /// Takes a short cut if the rest of the way is known.
    fn recall(&mut self, step: Step) -> Option<Arc<Course>> {
        let nonnegative = self.merge.nonnegative;
        if !self.uses_tails || !self.unusable.is_empty() {
            return None;
        }
        if self.draft.takes_notes() && self.copies < PATIENCE {
            return None;
        }
        let course = tails::recall(self.run, step.source, step.approach, &self.draft.table, nonnegative)?;
        self.change(step, |table| course.apply(table, nonnegative));
        self.copies = self.copies.saturating_add(course.steps());
        Some(course)
    }

    fn own_scores(&self, step: Step) -> Vec<Score> {
        let scores = |via| own_scores(self.run, self.merge.target, step.source, via, step.approach.factor);
        step.via.map(scores).unwrap_or_default()
    }

    /// Whether a node would be left.
    fn leaves_some(&self, added: &[Score]) -> bool {
        let mut entries = self.draft.table.iter();
        entries.any(|(node, entry)| {
            let added = added.get(node.index()).copied().unwrap_or_default();
            let sum = || self.merge.sum(&self.unusable, node, entry, added);
            self.run[node].is_available() && sum().is_some_and(|sum| !sum.is_negative())
        })
    }

    fn add(&mut self, step: Step, added: &[Score]) {
        self.copies = self.copies.saturating_add(1);
        let Self { merge, draft, unusable, .. } = self;
        draft.add_up(step.cause(), added, |node, entry, added| {
            let sum = merge.sum(unusable, node, entry, added);
            if sum.is_none() {
                unusable.insert(node);
            }
            sum
        });
    }

    /// A node that would have fallen below zero gets the least score that still allows it.
    fn make_usable(&mut self, step: Step) {
        let unusable = std::mem::take(&mut self.unusable);
        self.change(step, |table| {
            for (_, entry) in table.iter_mut().filter(|(node, _)| unusable.contains(*node)) {
                entry.score = Score::new(1);
            }
        });
    }

    /// Changes the table otherwise than by additions.
    fn change(&mut self, step: Step, how: impl FnOnce(&mut NodeTable)) {
        match step.cause() {
            Some(cause) => self.draft.change(cause, how),
            None => how(&mut self.draft.table),
        }
    }
}

/// A copy of a resource's table with the scores of all it is placed with (PLACE-55); a group counts by its last member.
pub(in crate::placement) fn table_with_primaries(run: &mut Run<'_>, resource: ResourceId) -> NodeTable {
    let is_group = run[resource].is_group();
    let start = if is_group { run[resource].children.last().copied() } else { Some(resource) };
    let start = start.unwrap_or(resource);
    let step = Step { source: start, via: None, approach: Approach { factor: 1.0, follow: End::Dependent } };
    let merge = Merge { target: start, nonnegative: false, may_roll_back: false };
    let own = Draft::scratch(run.cluster.allowed[start].clone());
    run[resource].merging = is_group;
    let table = merge.begin(run, step, own).table;
    run[resource].merging = false;
    table
}

#[cfg(test)]
mod tests;
