//! Rules: conditions on time, node attributes, resources and operations (CIB section 6).

mod date;
mod expression;

use crate::Limits;

use super::{ElementRef, IdScope, NameValues, parse_interval_ms};

pub use expression::expand_submatches;

/// What the conditions of a rule can see; what is missing is undefined (CIB-38).
#[derive(Debug, Clone, Copy)]
pub struct RuleInput<'a> {
    /// Seconds since the epoch, UTC.
    pub now: i64,
    /// How many conditions are looked at for one rule: with references a short text can stand for more than can ever be evaluated.
    pub most_conditions: u32,
    /// Attributes of the node in question.
    pub node: Option<&'a NameValues>,
    /// The resource's agent.
    pub agent: Option<Agent<'a>>,
    /// The operation's name and interval in milliseconds.
    pub operation: Option<(&'a str, u32)>,
    /// What only rules of location constraints see.
    pub location: Option<LocationInput<'a>>,
}

impl Default for RuleInput<'_> {
    fn default() -> Self {
        let most_conditions = Limits::default().rule_conditions;
        Self { now: 0, most_conditions, node: None, agent: None, operation: None, location: None }
    }
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

    /// Notes what one evaluation found, if it lies ahead (CIB-68).
    pub(super) fn note_future(&mut self, found: Self, now: i64) {
        if let Some(time) = found.0.filter(|&time| time > now) {
            self.note(time);
        }
    }
}

/// Rules nested deeper than this don't pass, which also ends rules that refer to themselves.
const DEEPEST: u32 = 200;

/// Whether a rule passes (CIB-43 to CIB-66). Only a time that lies ahead is noted (CIB-68).
pub fn rule_passes(rule: ElementRef<'_>, scope: IdScope<'_>, input: &RuleInput<'_>, change: &mut NextChange) -> bool {
    let mut evaluation = Evaluation { scope, input, change: NextChange::default(), conditions_left: input.most_conditions };
    let passes = evaluation.rule_passes(rule, 0);
    change.note_future(evaluation.change, input.now);
    passes
}

/// One rule being evaluated.
struct Evaluation<'a> {
    scope: IdScope<'a>,
    input: &'a RuleInput<'a>,
    change: NextChange,
    conditions_left: u32,
}

impl Evaluation<'_> {
    fn rule_passes(&mut self, rule: ElementRef<'_>, depth: u32) -> bool {
        let rule = match rule.attr("id-ref") {
            Some(id) => match self.scope.find("rule", id) {
                Some(rule) => rule,
                None => return false,
            },
            None => rule,
        };
        if rule.id().is_none() || depth > DEEPEST {
            return false;
        }
        let is_or = match rule.attr("boolean-op") {
            Some(word) if word.eq_ignore_ascii_case("or") => true,
            Some(word) if !word.eq_ignore_ascii_case("and") => return false,
            _ => false,
        };
        let mut conditions = rule.children().peekable();
        // CIB-45: a rule without conditions passes, also with `or`.
        if conditions.peek().is_none() {
            return true;
        }
        // CIB-67: what is not needed for the result is not looked at, so that its dates are not noted.
        if is_or {
            conditions.any(|condition| self.condition_passes(condition, depth))
        } else {
            conditions.all(|condition| self.condition_passes(condition, depth))
        }
    }

    fn condition_passes(&mut self, condition: ElementRef<'_>, depth: u32) -> bool {
        let Some(left) = self.conditions_left.checked_sub(1) else { return false };
        self.conditions_left = left;
        match condition.name() {
            "rule" => self.rule_passes(condition, depth + 1),
            _ if condition.id().is_none() => false,
            "expression" => expression::passes(condition, self.input),
            "date_expression" => date::passes(condition, self.input.now, &mut self.change),
            "rsc_expression" => agent_matches(condition, self.input.agent.unwrap_or_default()),
            "op_expression" => operation_matches(condition, self.input.operation),
            _ => false,
        }
    }
}

/// `rsc_expression`: what it names has to be the resource's (CIB-54).
fn agent_matches(condition: ElementRef<'_>, agent: Agent<'_>) -> bool {
    [("class", agent.class), ("provider", agent.provider), ("type", agent.kind)]
        .into_iter()
        .all(|(name, actual)| condition.attr(name).is_none_or(|wanted| actual == Some(wanted)))
}

/// `op_expression`: the name, and the interval if it is given, have to be the operation's (CIB-55).
fn operation_matches(condition: ElementRef<'_>, operation: Option<(&str, u32)>) -> bool {
    let Some((name, interval_ms)) = operation else { return false };
    condition.attr("name") == Some(name)
        && condition.attr("interval").is_none_or(|wanted| parse_interval_ms(wanted) == Some(interval_ms))
}

#[cfg(test)]
mod tests;
