//! Findings.

use std::ops::Range;

use super::Code;
use crate::Severity;

/// What a check found, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Findings {
    /// The findings.
    pub findings: Vec<Finding>,
}

/// Something wrong with a configuration, or that looks like a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Finding {
    /// What kind of thing it is.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong here.
    pub message: String,
    /// The id of the element that it is about, if that has one.
    pub id: Option<String>,
    /// Where it is.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub place: Place,
    /// Another place that has to do with it, and what.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub related: Option<(Place, String)>,
}

/// A place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The character in the line, from 1.
    pub column: u32,
    /// The bytes of the text.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub span: Range<usize>,
}
