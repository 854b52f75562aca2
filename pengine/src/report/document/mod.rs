//! Everything that a simulation shows, as one value: what the machine-readable output formats are made of.
//!
//! Field names and the words of enumerations are a promise to the programs that read them; `schema/simulate.schema.json`
//! describes the JSON form. A part that was not asked for is nothing, and one that was asked for and is empty is an empty list.

mod outcome;
mod recorder;
mod status;

use crate::simulate::{EffectiveTime, TimeSource};
use crate::transition::Transition;
use crate::{Diagnostic, Severity};

pub use super::summary::Verb;
pub use crate::cluster::Role;
pub use outcome::*;
pub(crate) use recorder::Recorder;
pub use status::*;

/// The version of the form. It grows when a field goes away or changes its meaning, not when one is added.
pub const FORMAT: u32 = 1;

/// Everything that a simulation shows.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SimulationReport {
    /// [`FORMAT`].
    pub format: u32,
    /// What time everything was judged by; nothing if no CIB could be read.
    pub effective_time: Option<TimeNote>,
    /// The state in the input; nothing if quiet.
    pub current_status: Option<ClusterStatus>,
    /// The changes to the input in the order they were made; nothing if none were asked for, or if quiet.
    pub modifications: Option<Vec<Step>>,
    /// Scores in the order they came up, if they were asked for.
    pub scores: Option<Vec<ScoreEntry>>,
    /// Capacities and what is used of them, in the order they came up, if they were asked for.
    pub utilization: Option<Vec<UtilizationEntry>>,
    /// The transition summary: fencing first, then resources; nothing unless scheduled, or if quiet.
    pub actions: Option<Vec<PlannedAction>>,
    /// The transition graph; nothing unless scheduled.
    pub transition: Option<Transition>,
    /// How carrying the transition out went; nothing unless it was, or if quiet.
    pub execution: Option<ExecutionReport>,
    /// The state after the transition; nothing unless it was carried out, or if quiet.
    pub revised_status: Option<ClusterStatus>,
    /// How long files took to be scheduled; nothing unless profiling.
    pub timings: Option<Vec<Timing>>,
    /// What is wrong with the configuration, in the order it was met.
    pub diagnostics: Vec<DiagnosticEntry>,
    /// What else a reader should know.
    pub messages: Vec<String>,
    /// What could not be done, though the run went on.
    pub errors: Vec<String>,
    /// How the run ended.
    pub status: ExitStatus,
}

impl SimulationReport {
    /// The report of a run that showed nothing: it ended early, for this reason.
    #[must_use]
    pub fn ended(code: u8, detail: String) -> Self {
        let status = ExitStatus { detail: Some(detail), ..ExitStatus::of(code) };
        Self { format: FORMAT, status, ..Self::default() }
    }

    /// The report of a profiling run.
    #[must_use]
    pub fn of_timings(timings: Vec<Timing>) -> Self {
        Self { format: FORMAT, timings: Some(timings), status: ExitStatus::of(0), ..Self::default() }
    }
}

/// The effective time of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct TimeNote {
    /// Seconds since the epoch.
    pub seconds: i64,
    /// Where it comes from.
    pub source: TimeOrigin,
    /// The text it was given as; if that is no date, the time is the real one.
    pub text: Option<String>,
}

/// Where the effective time of a run comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum TimeOrigin {
    /// The caller gave it.
    Given,
    /// The document says when it was recorded.
    Recorded,
    /// The clock.
    Real,
}

impl From<&EffectiveTime> for TimeNote {
    fn from(time: &EffectiveTime) -> Self {
        let (source, text) = match &time.source {
            TimeSource::Given(text) => (TimeOrigin::Given, Some(text.clone())),
            TimeSource::Recorded => (TimeOrigin::Recorded, None),
            TimeSource::Real => (TimeOrigin::Real, None),
        };
        Self { seconds: time.now, source, text }
    }
}

/// Something wrong with an element of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DiagnosticEntry {
    /// How much it matters.
    pub severity: Severity,
    /// The element's id, or its name if it has none.
    pub element: String,
    /// What is wrong.
    pub text: String,
}

impl From<&Diagnostic> for DiagnosticEntry {
    fn from(diagnostic: &Diagnostic) -> Self {
        let Diagnostic { severity, element, what } = diagnostic;
        Self { severity: *severity, element: element.clone(), text: what.to_string() }
    }
}

/// How long a file took to be scheduled.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Timing {
    /// The file.
    pub file: String,
    /// How long all repetitions took.
    pub seconds: f64,
}

/// How a run ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExitStatus {
    /// The program's exit status.
    pub code: u8,
    /// What that status means.
    pub message: String,
    /// What went wrong, if the run ended early.
    pub detail: Option<String>,
}

impl ExitStatus {
    /// An exit status with its meaning (SIM-9).
    #[must_use]
    pub fn of(code: u8) -> Self {
        let message = match code {
            0 => "OK",
            1 => "Error occurred",
            64 => "Incorrect usage",
            65 => "Invalid data given",
            70 => "Internal software bug",
            74 => "I/O error occurred",
            78 => "Invalid configuration",
            102 => "Not connected",
            105 => "No such object",
            _ => "Unknown exit status",
        };
        Self { code, message: message.to_owned(), detail: None }
    }
}
