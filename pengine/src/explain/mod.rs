//! Why: where a resource is and where it will be, what each of its scores is made of, what made its actions what they are, and
//! what would make it otherwise.
//!
//! Everything here is read off the ledger and the plan of a run with [`Settings::keep_causes`](crate::Settings::keep_causes), or
//! tried: nothing is guessed. [`crate::report`] makes the text.

mod action;
mod change;
mod difference;
mod inquiry;
mod placement;
mod resource;
mod sheet;
mod trial;

pub use crate::run::AssignStep;
pub use action::{ActionExplanation, ActionLink, ActionReason, ActionReport, Verdict, explain_action};
pub use change::{Change, ChangeNote};
pub use difference::{ActionNote, ClusterDifference, NodeDifference, ResourceDifference, ScoreDifference, explain_difference};
pub use inquiry::{NodeCondition, Unknown};
pub use placement::{PlacementLink, PlacementReason};
pub use resource::{Explanation, NodeVerdict, Part, ResourceKind, explain};
pub use sheet::{CauseKind, ContributionNote, NodeScore, Relation, ScoreSheet};

/// The version of the form. It grows when a field goes away or changes its meaning, not when one is added.
pub const FORMAT: u32 = 1;
