//! The time that everything is judged by.

use crate::cib::{Cib, parse_epoch_seconds, parse_integer};

/// The effective time and where it comes from (SIM-40).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectiveTime {
    /// Seconds since the epoch.
    pub now: i64,
    /// Where it comes from.
    pub source: TimeSource,
}

/// Where the effective time comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeSource {
    /// It was given, as this text; if that is no date it is the real time nevertheless.
    Given(String),
    /// The document says when it was recorded.
    Recorded,
    /// It is the real time.
    Real,
}

impl EffectiveTime {
    /// The time for a document: the one given as text, or that of the document, or the real one.
    #[must_use]
    pub fn of(cib: &Cib, given: Option<&str>, real_now: i64) -> Self {
        if let Some(text) = given {
            let now = parse_epoch_seconds(text, real_now).unwrap_or(real_now);
            return Self { now, source: TimeSource::Given(text.to_owned()) };
        }
        match cib.root().attr("execution-date").and_then(parse_integer) {
            Some(now) if now != 0 => Self { now, source: TimeSource::Recorded },
            _ => Self { now: real_now, source: TimeSource::Real },
        }
    }
}
