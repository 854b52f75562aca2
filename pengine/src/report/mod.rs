//! The texts that people read (status, transition summary, scores, what a simulation does) and those that programs read.
//!
//! The rest of the library hands over values; here, and only here, they become words.

mod attributes;
mod audit;
mod clones;
pub mod document;
pub(crate) mod execution;
mod exit_text;
mod explain;
mod failed_probes;
mod failures;
#[cfg(feature = "json")]
mod json;
mod nodes;
mod page;
mod reason;
mod resources;
mod scores;
mod status;
mod summary;
mod xml;

pub(crate) use execution::*;
pub(crate) use exit_text::execution_text;
pub use exit_text::exit_text;
pub use nodes::Health;

pub use page::{Chunk, Page};
pub(crate) use reason::{describe, reason_text};
pub(crate) use resources::count_instances;
pub use resources::{InstanceCounts, PendingState};
pub(crate) use scores::scores;
pub use status::{StatusOptions, effective_time};
pub(crate) use status::{restrictions, status};
pub(crate) use summary::{Movement, NodeTask, SummaryLine, Verb, summary, write_summary};
