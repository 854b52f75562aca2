//! The document: parsed, upgraded, and read by the rules of its name-value sets, rules, options and times.

mod options;
mod scalar;
mod score;
mod tree;

pub use options::*;
pub use scalar::*;
pub use score::{HealthWords, Score};
pub use tree::{Element, ElementId, ElementRef, Tree};

mod datetime;
mod document;
mod escape;
mod interval;
mod name_values;
mod names;
mod rules;
mod sets;
mod upgrade;
mod version;
mod write;

pub use datetime::*;
pub use document::*;
pub(crate) use escape::write_escaped;
pub use escape::{Escaped, write_attribute, xml_id};
pub use interval::*;
pub use name_values::NameValues;
pub use names::*;
pub use rules::*;
pub use sets::*;
pub use version::*;
pub use write::*;
