//! Merging: a dependent's own preferences, and those of its dependents in turn, pull the primary (COLO section 10).

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::cib::Score;
use crate::cluster::{Cluster, ColocationId, NodeSet, NodeTable, ResourceId};
use crate::run::Run;

use super::super::location::concerns;
use super::super::scores::{copy_table, is_usable};
use super::effect::has_influence;
use super::lists::{End, effective};
use super::view::{Value, View};

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

/// A table that scores are merged into.
#[derive(Debug, Clone)]
struct Work {
    table: NodeTable,
    /// Nodes that would have fallen below zero (COLO-77).
    unusable: NodeSet,
}

/// One step along a chain of colocations.
#[derive(Debug, Clone, Copy)]
struct Step {
    source: ResourceId,
    /// The colocation that led here; none where a chain begins with the source's own table.
    via: Option<ColocationId>,
    factor: f32,
    /// Which colocations lead on.
    follow: End,
}

/// How much of a score goes over a colocation; single precision decides how it rounds (COLO-76).
fn factor(run: &Run<'_>, colocation: ColocationId) -> f32 {
    next_factor(1.0, run[colocation].score)
}

fn next_factor(factor: f32, score: Score) -> f32 {
    factor * score.value() as f32 / 1_000_000.0
}

impl Merge {
    /// Merges the scores of a resource at the other end of a colocation into a table.
    pub(in crate::placement) fn merge(
        self,
        run: &mut Run<'_>,
        source: ResourceId,
        via: ColocationId,
        table: NodeTable,
    ) -> NodeTable {
        let step = Step { source, via: Some(via), factor: factor(run, via), follow: End::Primary };
        let work = Work { table, unusable: NodeSet::default() };
        match self.step(run, step, &work) {
            Some(merged) => merged.table,
            None => work.table,
        }
    }

    /// Goes one step on; nothing if the table stays as it was (COLO-71, COLO-72).
    fn step(self, run: &mut Run<'_>, step: Step, from: &Work) -> Option<Work> {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || {
            let source = step.source;
            if run[source].merging {
                return None;
            }
            run[source].merging = true;
            if run[source].is_group() {
                // COLO-71: the mark of an empty group stays.
                let &first = run[source].children.first()?;
                let merged = self.step(run, Step { source: first, ..step }, from);
                run[source].merging = false;
                return merged;
            }
            let merged = self.merge_and_follow(run, step, from);
            run[source].merging = false;
            merged
        })
    }

    fn merge_and_follow(self, run: &mut Run<'_>, step: Step, from: &Work) -> Option<Work> {
        let mut work = Work { table: copy_table(run, &from.table), unusable: from.unusable.clone() };
        if let Some(via) = step.via {
            self.add_own_scores(run, step, via, &mut work);
        }
        if work.has_usable(run) {
            for next in effective(&run.cluster, step.source, step.follow) {
                let colocation = &run[next];
                let source = match step.follow {
                    End::Dependent => colocation.primary,
                    End::Primary if !has_influence(run, colocation, colocation.primary) => continue,
                    End::Primary => colocation.dependent,
                };
                let factor = next_factor(step.factor, colocation.score);
                let inner = Self { may_roll_back: true, ..self };
                work = inner.step(run, Step { source, via: Some(next), factor, ..step }, &work).unwrap_or(work);
            }
        } else if self.may_roll_back {
            return None;
        }
        if self.nonnegative {
            work.make_usable();
        }
        Some(work)
    }

    /// Adds the source's own scores (COLO-73).
    fn add_own_scores(self, run: &Run<'_>, step: Step, via: ColocationId, work: &mut Work) {
        let colocation = &run[via];
        let best = BestScores::of(run, step.source, via);
        let view = View::new(run, &colocation.attribute, self.target);
        let double_negative = step.factor < 0.0 && has_influence(run, colocation, colocation.primary);
        let cornered = double_negative && has_one_choice(&run.cluster, colocation.dependent);
        let stickiness = run[colocation.primary].stickiness.value();
        let Work { table, unusable } = work;
        for (node, entry) in table.iter_mut() {
            let score = best.get(view.value(node));
            if step.factor < 0.0 && score.is_negative() && !(cornered && stickiness < -score.value()) {
                continue;
            }
            if unusable.contains(node) {
                continue;
            }
            let sum = portion(step.factor, score) + entry.score;
            if !self.nonnegative || !sum.is_negative() || entry.score.is_negative() {
                entry.score = sum;
            } else if entry.score > Score::ZERO {
                unusable.insert(node);
            }
        }
    }
}

impl Work {
    fn has_usable(&self, run: &Run<'_>) -> bool {
        self.table.iter().any(|(node, entry)| !self.unusable.contains(node) && is_usable(run, node, entry))
    }

    /// A node that would have fallen below zero gets the least score that still allows it.
    fn make_usable(&mut self) {
        for (node, entry) in self.table.iter_mut() {
            if self.unusable.contains(node) {
                entry.score = Score::new(1);
            }
        }
        self.unusable = NodeSet::default();
    }
}

/// The portion of a score that goes over a chain; it never gets lost in rounding (COLO-76).
fn portion(factor: f32, score: Score) -> Score {
    let exact = f64::from(factor * score.value() as f32);
    let rounded = if exact < 0.0 { exact - 0.5 } else { exact + 0.5 } as i64;
    if rounded != 0 || score == Score::ZERO || factor == 0.0 {
        return Score::new(rounded);
    }
    // The sign is that of the factor, whatever the score's.
    Score::new(if factor > 0.0 { 1 } else { -1 })
}

/// COLO-73.2: the dependent has exactly one node where it may be.
fn has_one_choice(cluster: &Cluster, dependent: ResourceId) -> bool {
    cluster.allowed[dependent].iter().filter(|(_, entry)| !entry.score.is_negative()).count() == 1
}

/// A source's best score among available nodes for each value of an attribute (COLO-75).
#[derive(Debug, Default)]
struct BestScores {
    by_node: Vec<Score>,
    by_text: FxHashMap<String, Score>,
    absent: Option<Score>,
}

impl BestScores {
    fn of(run: &Run<'_>, source: ResourceId, via: ColocationId) -> Self {
        let view = View::new(run, &run[via].attribute, source);
        let mut best = Self { by_node: vec![Score::MINUS_INFINITY; run.cluster.nodes.len()], ..Self::default() };
        for (node, entry) in table_for_merging(run, source, via).iter() {
            if run[node].is_available() {
                best.put(view.value(node), entry.score);
            }
        }
        best
    }

    fn put(&mut self, value: Value<'_>, score: Score) {
        let best = match value {
            Value::Node(Some(node)) => match self.by_node.get_mut(node.index()) {
                Some(best) => best,
                None => return,
            },
            Value::Text(Some(text)) => self.by_text.entry(text.to_ascii_lowercase()).or_insert(score),
            Value::Node(None) | Value::Text(None) => self.absent.get_or_insert(score),
        };
        *best = score.max(*best);
    }

    fn get(&self, value: Value<'_>) -> Score {
        let best = match value {
            Value::Node(Some(node)) => self.by_node.get(node.index()).copied(),
            Value::Text(Some(text)) => self.by_text.get(&text.to_ascii_lowercase()).copied(),
            Value::Node(None) | Value::Text(None) => self.absent,
        };
        best.unwrap_or(Score::MINUS_INFINITY)
    }
}

/// The source's table. A group's locations are in its first member's alone, so that a later one that is colocated by
/// itself needs them put in.
fn table_for_merging<'r>(run: &'r Run<'_>, source: ResourceId, via: ColocationId) -> Cow<'r, NodeTable> {
    let table = &run.cluster.allowed[source];
    let colocation = &run[via];
    let group = run[source].parent.filter(|&parent| run[parent].is_group() && run[parent].children.first() != Some(&source));
    let Some(group) = group.filter(|_| colocation.explicit && colocation.dependent == source) else {
        return Cow::Borrowed(table);
    };
    let mut table = table.clone();
    for &id in &run[group].locations {
        if concerns(run, id, source) {
            for &(node, score) in &run[id].nodes {
                table.add_or_insert(node, &run[node], score);
            }
        }
    }
    Cow::Owned(table)
}

/// A copy of a resource's table with the scores of all it is placed with (PLACE-55); a group counts by its last member.
pub(in crate::placement) fn table_with_primaries(run: &mut Run<'_>, resource: ResourceId) -> NodeTable {
    let is_group = run[resource].is_group();
    let start = if is_group { run[resource].children.last().copied() } else { Some(resource) };
    let start = start.unwrap_or(resource);
    let own = Work { table: run.cluster.allowed[start].clone(), unusable: NodeSet::default() };
    let step = Step { source: start, via: None, factor: 1.0, follow: End::Dependent };
    let merge = Merge { target: start, nonnegative: false, may_roll_back: false };
    run[resource].merging = is_group;
    let merged = merge.step(run, step, &own);
    run[resource].merging = false;
    merged.unwrap_or(own).table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portion_of(score: i64, factor_score: i64) -> i32 {
        portion(next_factor(1.0, Score::new(factor_score)), Score::new(score)).value()
    }

    #[test]
    fn portions_round_away_from_zero_and_never_to_nothing() {
        assert_eq!(portion_of(100, 1_000_000), 100);
        assert_eq!(portion_of(-1_000_000, 1000), -1000);
        assert_eq!(portion_of(5, 500_000), 3);
        assert_eq!(portion_of(-5, 500_000), -3);
        assert_eq!(portion_of(0, 100), 0);
    }

    #[test]
    fn a_portion_too_small_has_the_sign_of_the_factor() {
        assert_eq!(portion_of(-1000, 100), 1);
        assert_eq!(portion_of(1000, -100), -1);
    }

    #[test]
    fn infinity_goes_over_whole() {
        assert_eq!(portion(next_factor(1.0, Score::INFINITY), Score::MINUS_INFINITY), Score::MINUS_INFINITY);
    }
}
