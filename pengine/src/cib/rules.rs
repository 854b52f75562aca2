//! Rules: conditions on time, node attributes, resources and operations (CIB section 6).

use super::{ElementRef, IdScope, NameValues};

/// What the conditions of a rule can see; what is missing is undefined (CIB-38).
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleInput<'a> {
    /// Seconds since the epoch, UTC.
    pub now: i64,
    /// Attributes of the node in question.
    pub node: Option<&'a NameValues>,
    /// The resource's agent.
    pub agent: Option<Agent<'a>>,
    /// The operation's name and interval in milliseconds.
    pub operation: Option<(&'a str, u32)>,
    /// What only rules of location constraints see.
    pub location: Option<LocationInput<'a>>,
}

/// A resource's class, provider and type.
#[derive(Debug, Clone, Copy, Default)]
#[allow(missing_docs)]
pub struct Agent<'a> {
    pub class: Option<&'a str>,
    pub provider: Option<&'a str>,
    pub kind: Option<&'a str>,
}

/// What only rules of location constraints see.
#[derive(Debug, Clone, Copy)]
pub struct LocationInput<'a> {
    /// The resource's parameters on the node.
    pub parameters: &'a NameValues,
    /// The resource's meta-attributes.
    pub meta: &'a NameValues,
    /// What `rsc-pattern` matched: the whole, then its groups; none if there was no match to speak of.
    pub submatches: Option<&'a [String]>,
}

/// The earliest time at which an evaluation's result may change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextChange(pub Option<i64>);

impl NextChange {
    /// Notes a time; the earliest is kept.
    pub fn note(&mut self, time: i64) {
        self.0 = Some(self.0.map_or(time, |known| known.min(time)));
    }
}

/// Whether a rule passes (CIB-43 to CIB-66).
pub fn rule_passes(rule: ElementRef<'_>, scope: IdScope<'_>, input: &RuleInput<'_>, change: &mut NextChange) -> bool {
    let _ = (rule, scope, input, change);
    todo!()
}

/// Replaces `%0` to `%9` by submatches (CIB-60).
#[must_use]
pub fn expand_submatches(text: &str, submatches: Option<&[String]>) -> String {
    let _ = (text, submatches);
    todo!()
}
