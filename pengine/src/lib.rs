//! pengine: a cluster policy engine.
#![forbid(unsafe_code)]

pub mod arena;
pub mod cib;
pub mod cluster;
mod compat;
pub mod constraints;
pub mod diagnostic;
pub mod digest;
pub mod history;
pub mod ordering;
pub mod placement;
pub mod plan;
pub mod report;
pub mod run;
mod schedule;
pub mod simulate;
pub mod transition;

pub use cib::{Cib, CibError};
pub use diagnostic::{Diagnostic, Problem, Severity};
pub use schedule::{NodeMembership, Schedule, Settings, Snapshot, schedule};
