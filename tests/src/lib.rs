//! Recorded cases: where they are, how one is run, and how its outputs are compared.
//!
//! The cases are no part of the project: their folder is `../shared/conformance` beside the workspace, or what the environment's
//! `PENGINE_CONFORMANCE` names.

mod case;
mod compare;

pub use case::{Case, cases, folder};
pub use compare::{Difference, PARTS, Part};
