//! The texts that people read (status, transition summary, scores, what a simulation does) and those that programs read.
//!
//! The rest of the library hands over values; here, and only here, they become words.

mod attributes;
mod clones;
pub mod document;
pub(crate) mod execution;
mod exit_text;
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

pub use execution::*;
pub use exit_text::*;
pub use nodes::{Health, node_list};
pub use page::{Chunk, Page};
pub use reason::{describe, reason_text};
pub use resources::{InstanceCounts, PendingState, count_instances, resource_list};
pub use scores::scores;
pub use status::{StatusOptions, effective_time, restrictions, status};
pub use summary::{Movement, NodeTask, SummaryLine, Verb, summary, write_summary};
