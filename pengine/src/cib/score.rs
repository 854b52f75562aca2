//! Scores: integers from minus to plus infinity with an addition of their own.

use std::fmt;
use std::ops::{Add, AddAssign, Neg};

use super::scalar::leading_integer;

/// A preference: an integer from [`Score::MINUS_INFINITY`] to [`Score::INFINITY`] (one million).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Score(i32);

impl Score {
    /// Must: one million.
    pub const INFINITY: Self = Self(1_000_000);
    /// Must not: minus one million.
    pub const MINUS_INFINITY: Self = Self(-1_000_000);
    /// No preference.
    pub const ZERO: Self = Self(0);

    /// The score nearest to `value`.
    #[must_use]
    pub fn new(value: i64) -> Self {
        Self(value.clamp(-1_000_000, 1_000_000) as i32)
    }

    /// The number, from -1000000 to 1000000.
    #[must_use]
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Whether this is plus infinity.
    #[must_use]
    pub fn is_infinite(self) -> bool {
        self >= Self::INFINITY
    }

    /// Whether this is minus infinity.
    #[must_use]
    pub fn is_minus_infinite(self) -> bool {
        self <= Self::MINUS_INFINITY
    }

    /// Whether this is plus or minus infinity.
    #[must_use]
    pub fn is_mandatory(self) -> bool {
        self.is_infinite() || self.is_minus_infinite()
    }

    /// Whether this is less than zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Reads a score (CIB-78): `INFINITY` forms, a health word, or a leading integer; else nothing.
    #[must_use]
    pub fn parse(text: &str, words: HealthWords) -> Option<Self> {
        match text {
            "INFINITY" | "+INFINITY" => return Some(Self::INFINITY),
            "-INFINITY" => return Some(Self::MINUS_INFINITY),
            _ => {}
        }
        if text.eq_ignore_ascii_case("red") {
            return Some(words.red);
        }
        if text.eq_ignore_ascii_case("yellow") {
            return Some(words.yellow);
        }
        if text.eq_ignore_ascii_case("green") {
            return Some(words.green);
        }
        leading_integer(text).map(|number| Self::new(number.value))
    }
}

/// What the words `red`, `yellow` and `green` are worth wherever a score is read (CIB-97).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HealthWords {
    /// Value of `red`.
    pub red: Score,
    /// Value of `yellow`.
    pub yellow: Score,
    /// Value of `green`.
    pub green: Score,
}

/// Minus infinity wins over everything, then infinity, else the sum is clipped (CIB-80).
impl Add for Score {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        if self.is_minus_infinite() || other.is_minus_infinite() {
            Self::MINUS_INFINITY
        } else if self.is_infinite() || other.is_infinite() {
            Self::INFINITY
        } else {
            Self::new(i64::from(self.0) + i64::from(other.0))
        }
    }
}

impl AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Neg for Score {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_infinite() {
            f.write_str("INFINITY")
        } else if self.is_minus_infinite() {
            f.write_str("-INFINITY")
        } else {
            write!(f, "{}", self.0)
        }
    }
}

/// Finite scores are numbers, infinite ones the words that configurations have for them.
#[cfg(feature = "serde")]
impl serde::Serialize for Score {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_mandatory() { serializer.collect_str(self) } else { serializer.serialize_i32(self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<i32> {
        Score::parse(text, HealthWords::default()).map(Score::value)
    }

    #[test]
    fn minus_infinity_wins() {
        assert_eq!(Score::INFINITY + Score::MINUS_INFINITY, Score::MINUS_INFINITY);
        assert_eq!(Score::INFINITY + Score::new(-5), Score::INFINITY);
        assert_eq!(Score::new(900_000) + Score::new(200_000), Score::INFINITY);
    }

    #[test]
    fn reads_what_the_field_writes() {
        assert_eq!(parse("+INFINITY"), Some(1_000_000));
        assert_eq!(parse("infinity"), None);
        assert_eq!(parse("5x"), Some(5));
        assert_eq!(parse(" 5"), Some(5));
        assert_eq!(parse("99999999999999999999"), Some(1_000_000));
        assert_eq!(parse(""), None);
    }
}
