//! Why: where a resource is and where it will be, what each of its scores is made of, what made its actions what they are.
//!
//! Everything here is read off the ledger and the plan of a run with [`Settings::keep_causes`](crate::Settings::keep_causes), or
//! tried: nothing is guessed. [`crate::report`] makes the text.

mod sheet;

pub use sheet::{CauseKind, ContributionNote, NodeScore, ScoreSheet};
