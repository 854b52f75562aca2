//! The course of a merge: what it added on each node, and to which tables it would do just the same.

use std::sync::Arc;

use crate::cib::Score;
use crate::cluster::{NodeId, NodeTable};
use crate::run::Run;

use super::shift::{NEVER, Shift};

/// What came of one step of a merge. The scores are by node, for all nodes.
#[derive(Debug)]
pub(super) enum Passage {
    /// It led in a circle, or to an empty group.
    Nothing,
    /// Adding these would have left no node.
    RolledBack(Vec<Score>),
    /// These were added, and then all that is behind.
    Passed(Vec<Score>, Option<Arc<Course>>),
}

/// What a series of steps did, with the marks at which it took its turns: at every step that passed, some node had to be
/// left, and at every step that was rolled back, none.
#[derive(Debug, Clone, Default)]
pub(super) struct Course {
    /// By node; empty if nothing was added.
    marks: Vec<Marks>,
    /// How many steps passed.
    steps: u64,
    rolled_back: bool,
}

/// What happened on one node, in terms of the score that it had at the beginning.
#[derive(Debug, Clone, Copy)]
struct Marks {
    shift: Shift,
    /// From here on it was never negative after a step that passed.
    survives_from: i32,
    /// From here on it would not have been negative at some step that was rolled back.
    rescues_from: i32,
    /// It was never raised.
    falls: bool,
}

impl Marks {
    const NONE: Self = Self { shift: Shift::NONE, survives_from: i32::MIN, rescues_from: NEVER, falls: true };

    fn add(&mut self, score: Score) {
        self.shift = self.shift.then(Shift::of(score));
        self.survives_from = self.survives_from.max(self.shift.least_for(0));
        self.falls &= score <= Score::ZERO;
    }

    fn reject(&mut self, score: Score) {
        let rejected = self.shift.then(Shift::of(score));
        self.rescues_from = self.rescues_from.min(rejected.least_for(0));
    }

    fn append(&mut self, next: &Self) {
        self.survives_from = self.survives_from.max(self.shift.least_for(next.survives_from));
        self.rescues_from = self.rescues_from.min(self.shift.least_for(next.rescues_from));
        self.shift = self.shift.then(next.shift);
        self.falls &= next.falls;
    }

    /// Whether a score survives all steps, be it because zero never falls where others may be elsewhere (COLO-73).
    fn keeps(&self, score: Score, nonnegative: bool) -> bool {
        score.value() >= self.survives_from || (nonnegative && self.falls && score == Score::ZERO)
    }

    /// Whether a score goes the same way where none may fall below zero.
    fn is_same_nonnegative(&self, score: Score) -> bool {
        self.keeps(score, true) || score.is_minus_infinite() || (self.falls && score.is_negative())
    }
}

impl Course {
    /// Adds what came of the next step.
    pub(super) fn record(&mut self, passage: &Passage) {
        match passage {
            Passage::Nothing => {}
            Passage::RolledBack(scores) => {
                self.rolled_back = true;
                self.each(scores, Marks::reject);
            }
            Passage::Passed(scores, behind) => {
                self.steps = self.steps.saturating_add(1);
                self.each(scores, Marks::add);
                if let Some(behind) = behind {
                    self.append(behind);
                }
            }
        }
    }

    fn each(&mut self, scores: &[Score], change: impl Fn(&mut Marks, Score)) {
        if self.marks.is_empty() {
            self.marks = vec![Marks::NONE; scores.len()];
        }
        for (marks, &score) in self.marks.iter_mut().zip(scores) {
            change(marks, score);
        }
    }

    fn append(&mut self, next: &Self) {
        self.steps = self.steps.saturating_add(next.steps);
        self.rolled_back |= next.rolled_back;
        for (marks, next) in self.marks.iter_mut().zip(&next.marks) {
            marks.append(next);
        }
    }

    fn at(&self, node: NodeId) -> Marks {
        self.marks.get(node.index()).copied().unwrap_or(Marks::NONE)
    }

    /// How many steps passed.
    pub(super) fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether a table surely goes the same way.
    pub(super) fn fits(&self, run: &Run<'_>, table: &NodeTable, nonnegative: bool) -> bool {
        let mut survives = self.steps == 0;
        for (node, entry) in table.iter() {
            let (marks, score) = (self.at(node), entry.score);
            if nonnegative && !marks.is_same_nonnegative(score) {
                return false;
            }
            if run[node].is_available() {
                if score.value() >= marks.rescues_from {
                    return false;
                }
                survives |= marks.keeps(score, nonnegative);
            }
        }
        survives && !(nonnegative && self.rolled_back)
    }

    /// Does to a table that fits what was done to the one before.
    pub(super) fn apply(&self, table: &mut NodeTable, nonnegative: bool) {
        for (node, entry) in table.iter_mut() {
            let marks = self.at(node);
            if !(nonnegative && marks.falls && entry.score == Score::ZERO) {
                entry.score = marks.shift.apply(entry.score);
            }
        }
    }
}
