//! What one resource's scores add to another's over a colocation (COLO-73 to COLO-76).

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::cib::Score;
use crate::cluster::{Cluster, ColocationId, NodeId, NodeTable, ResourceId};
use crate::run::Run;

use super::super::location::concerns;
use super::effect::has_influence;
use super::view::{Value, View};

/// How much of a score goes on over a colocation; single precision decides how it rounds (COLO-76).
pub(super) fn factor_over(factor: f32, score: Score) -> f32 {
    factor * score.value() as f32 / 1_000_000.0
}

/// What a source adds on each node on a target's behalf, by node.
pub(super) fn own_scores(run: &Run<'_>, target: ResourceId, source: ResourceId, via: ColocationId, factor: f32) -> Vec<Score> {
    let colocation = &run[via];
    let best = BestScores::of(run, source, via);
    let view = View::new(run, &colocation.attribute, target);
    let double_negative = factor < 0.0 && has_influence(run, colocation, colocation.primary);
    let cornered = double_negative && has_one_choice(&run.cluster, colocation.dependent);
    let stickiness = run[colocation.primary].stickiness.value();
    let added = |node: NodeId| {
        let score = best.get(view.value(node));
        let is_skipped = factor < 0.0 && score.is_negative() && !(cornered && stickiness < -score.value());
        if is_skipped { Score::ZERO } else { portion(factor, score) }
    };
    run.cluster.nodes.ids().map(added).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn portion_of(score: i64, factor_score: i64) -> i32 {
        portion(factor_over(1.0, Score::new(factor_score)), Score::new(score)).value()
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
        assert_eq!(portion(factor_over(1.0, Score::INFINITY), Score::MINUS_INFINITY), Score::MINUS_INFINITY);
    }
}
