//! Recorded cases: where they are, how one is run, and how its outputs, or those of a fixture, are compared; documents as
//! trees; what random tests call.
//!
//! The recorded cases are no part of the project: their folder is `../shared/conformance` beside the workspace, or what the environment's
//! `PENGINE_CONFORMANCE` names.

mod case;
mod compare;
mod element;
pub mod entry;

pub use case::{Case, REAL_NOW, cases, folder, merged};
pub use compare::{Difference, PARTS, Part, compare_exactly};
pub use element::{Arrangement, Element};
