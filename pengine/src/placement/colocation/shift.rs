//! Additions of scores as a function of the score that they begin with.

use crate::cib::Score;

/// What additions, one after the other, make of any score: minus infinity of the low ones, infinity of the high ones, and
/// of those between a sum. However long the series, it has this form, since infinities are never left again but downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// The highest score that becomes minus infinity.
    low: i32,
    /// The lowest score that becomes infinity; always above `low`.
    high: i32,
    /// What is added between.
    by: i32,
}

const MIN: i32 = Score::MINUS_INFINITY.value();
const MAX: i32 = Score::INFINITY.value();

/// Above all scores.
pub(super) const NEVER: i32 = MAX + 1;

impl Shift {
    /// Nothing is added.
    pub(super) const NONE: Self = Self { low: MIN, high: MAX, by: 0 };

    /// One addition.
    pub(super) fn of(added: Score) -> Self {
        match added.value() {
            ..=MIN => Self { low: MAX, high: NEVER, by: 0 },
            MAX.. => Self { low: MIN, high: MIN + 1, by: 0 },
            by => Self { low: MIN.max(MIN - by), high: MAX.min(MAX - by), by },
        }
    }

    /// These additions, and then others.
    pub(super) fn then(self, next: Self) -> Self {
        if next.high == NEVER {
            return next;
        }
        let low = (next.low - self.by).clamp(self.low, self.high - 1);
        let high = (next.high - self.by).clamp(low + 1, self.high);
        // Where nothing is between, no sum may grow on and on.
        let by = if high - low > 1 { self.by + next.by } else { 0 };
        Self { low, high, by }
    }

    /// What becomes of a score.
    pub(super) fn apply(self, score: Score) -> Score {
        match score.value() {
            value if value <= self.low => Score::MINUS_INFINITY,
            value if value >= self.high => Score::INFINITY,
            value => Score::new((value + self.by).into()),
        }
    }

    /// The least score that becomes at least `wanted`, [`NEVER`] if none does.
    pub(super) fn least_for(self, wanted: i32) -> i32 {
        match wanted {
            ..=MIN => MIN,
            NEVER.. => NEVER,
            _ => (wanted - self.by).clamp(self.low + 1, self.high),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn score() -> impl Strategy<Value = Score> {
        let near = -1_000_002..=1_000_002i64;
        prop_oneof![Just(MIN.into()), Just(MAX.into()), Just(999_999), -3..=3i64, -600_000..=600_000i64, near]
            .prop_map(Score::new)
    }

    proptest! {
        #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_series_does_what_its_additions_do(start in score(), series in prop::collection::vec(score(), 0..12), cut in 0..12usize) {
            let (first, second) = series.split_at(cut.min(series.len()));
            let composed = |part: &[Score]| part.iter().fold(Shift::NONE, |shift, &added| shift.then(Shift::of(added)));
            let added = series.iter().fold(start, |sum, &added| sum + added);
            prop_assert_eq!(composed(&series).apply(start), added);
            prop_assert_eq!(composed(first).then(composed(second)).apply(start), added);
        }

        #[test]
        fn the_least_score_for_another_is_where_it_begins(series in prop::collection::vec(score(), 0..12), wanted in score()) {
            let shift = series.into_iter().fold(Shift::NONE, |shift, added| shift.then(Shift::of(added)));
            let least = shift.least_for(wanted.value());
            prop_assert!((MIN..=NEVER).contains(&least));
            prop_assert!(least == NEVER || shift.apply(Score::new(least.into())) >= wanted);
            prop_assert!(least == MIN || shift.apply(Score::new(i64::from(least) - 1)) < wanted);
        }
    }
}
