//! What happened, written into the status section of a CIB: results of operations, failures, and the state of nodes.
//!
//! A simulation writes what would happen, a daemon what did. The forms are those of SIM sections 8 to 10, which the next run
//! reads as history.

mod failure;
mod histories;
mod outcome;
mod section;

pub use crate::digest::parameter_digest;
pub use failure::{Failure, is_instance, last_failure_entry, remembers_failures};
pub use histories::{History, HistoryId};
pub use outcome::{Outcome, ParameterDigest, TransitionKey};
pub use section::{AgentName, StateError, StatusSection};
