//! The document: parsed, upgraded, and read by the rules of its name-value sets, rules, options and times.

mod options;
mod scalar;
mod score;
mod tree;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

pub use options::*;
pub use scalar::*;
pub use score::{HealthWords, Score};
pub use tree::{Element, ElementId, ElementRef, Tree};

/// Names with values, in the order they were put in.
pub type NameValues = IndexMap<String, String, FxBuildHasher>;

mod datetime;
mod document;
mod escape;
mod interval;
mod names;
mod rules;
mod sets;
mod upgrade;
mod version;
mod write;

pub use datetime::*;
pub use document::*;
pub use escape::{Escaped, write_attribute, xml_id};
pub use interval::*;
pub use names::*;
pub use rules::*;
pub use sets::*;
pub use version::*;
pub use write::*;
