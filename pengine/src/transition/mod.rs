//! The result: what has to run, in what order (chapter 11).

mod attributes;
mod dot;
mod element;
mod errand;
mod graph;
mod inputs;
mod select;
#[cfg(feature = "serde")]
mod serialize;
mod xml;

pub use dot::DotOptions;
pub(crate) use dot::dot;
pub(crate) use element::{key_text, resource_element, shown_key};
pub(crate) use errand::{AgentCall, Errand, Work};
pub use graph::{Details, ElementKind, GraphAction, Synapse, Transition};
pub(crate) use inputs::{Input, Selection, selects_input};
pub(crate) use select::select;
pub(crate) use xml::graph;
