//! `expression`: a node attribute compared with a value (CIB-47 to CIB-52).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::RuleInput;
use crate::cib::{ElementRef, compare_versions, leading_integer};

/// What an expression asks of the attribute.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Defined,
    NotDefined,
    Equal,
    NotEqual,
    /// Less or greater: the order asked for, and whether equal will do.
    Order(Ordering, bool),
}

impl Operation {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "defined" => Self::Defined,
            "not_defined" => Self::NotDefined,
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "lt" => Self::Order(Ordering::Less, false),
            "lte" => Self::Order(Ordering::Less, true),
            "gt" => Self::Order(Ordering::Greater, false),
            "gte" => Self::Order(Ordering::Greater, true),
            _ => return None,
        })
    }

    fn needs_value(self) -> bool {
        !matches!(self, Self::Defined | Self::NotDefined)
    }
}

/// What values are compared as.
#[derive(Clone, Copy)]
enum ValueType {
    Text,
    Integer,
    Number,
    Version,
}

impl ValueType {
    fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "string" => Self::Text,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "version" => Self::Version,
            _ => return None,
        })
    }

    /// CIB-51: without a type it depends on the operation and on what the values look like.
    fn default_for(operation: Operation, actual: Option<&str>, wanted: Option<&str>) -> Self {
        match operation {
            Operation::Order(..) if [actual, wanted].into_iter().flatten().any(|text| text.contains('.')) => Self::Number,
            Operation::Order(..) => Self::Integer,
            _ => Self::Text,
        }
    }

    fn compare(self, a: &str, b: &str) -> Ordering {
        let order = match self {
            Self::Text => None,
            Self::Integer => parse_whole(a).zip(parse_whole(b)).map(|(a, b)| a.cmp(&b)),
            Self::Number => parse_number(a).zip(parse_number(b)).and_then(|(a, b)| a.partial_cmp(&b)),
            Self::Version => Some(compare_versions(a, b)),
        };
        order.unwrap_or_else(|| compare_texts(a, b))
    }
}

/// Whether an `expression` passes.
pub(super) fn passes(condition: ElementRef<'_>, input: &RuleInput<'_>) -> bool {
    evaluate(condition, input).unwrap_or(false)
}

/// The result of an expression; nothing if it makes no sense.
fn evaluate(condition: ElementRef<'_>, input: &RuleInput<'_>) -> Option<bool> {
    let submatches = input.location.and_then(|location| location.submatches);
    let name = expand(condition.attr("attribute")?, submatches);
    let actual = input.node.and_then(|attributes| attributes.get(&name));
    let operation = Operation::parse(condition.attr("operation")?)?;
    let value = condition.attr("value");
    if operation.needs_value() != value.is_some() {
        return None;
    }
    let wanted = resolve_value(condition.attr("value-source"), value, input)?;
    let value_type = match condition.attr("type") {
        Some(text) => ValueType::parse(text)?,
        None => ValueType::default_for(operation, actual, wanted),
    };
    // CIB-52: undefined sorts first, and undefined is equal to undefined.
    let order = match (actual, wanted) {
        (Some(actual), Some(wanted)) => value_type.compare(actual, wanted),
        _ => actual.is_some().cmp(&wanted.is_some()),
    };
    Some(match operation {
        Operation::Defined => actual.is_some(),
        Operation::NotDefined => actual.is_none(),
        Operation::Equal => order == Ordering::Equal,
        Operation::NotEqual => order != Ordering::Equal,
        Operation::Order(asked, or_equal) => {
            actual.is_some() && wanted.is_some() && (order == asked || or_equal && order == Ordering::Equal)
        }
    })
}

/// The value to compare with, which may be undefined; nothing at all if its source is no known word (CIB-50).
fn resolve_value<'a>(source: Option<&str>, value: Option<&'a str>, input: &RuleInput<'a>) -> Option<Option<&'a str>> {
    let table = match source {
        Some(word) if word.eq_ignore_ascii_case("param") => input.location.map(|location| location.parameters),
        Some(word) if word.eq_ignore_ascii_case("meta") => input.location.map(|location| location.meta),
        Some(word) if !word.eq_ignore_ascii_case("literal") => return None,
        _ => return Some(value),
    };
    Some(value.and_then(|name| table?.get(name)))
}

/// Case is nothing to go by.
fn compare_texts(a: &str, b: &str) -> Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

fn parse_whole(text: &str) -> Option<i64> {
    leading_integer(text).filter(|number| !number.overflow).map(|number| number.value)
}

/// Reads a decimal number at the start of a text; one that is too large or too small for a float is none.
fn parse_number(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(|next: char| next.is_ascii_whitespace() || next == '\x0b');
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let after = |at: usize| text.get(at..).unwrap_or_default();

    let whole_start = usize::from(text.starts_with(['+', '-']));
    let mut end = whole_start + digits(after(whole_start));
    if after(end).starts_with('.') {
        end += 1 + digits(after(end + 1));
    }
    let mantissa_end = end;
    if after(end).starts_with(['e', 'E']) {
        let exponent_start = end + 1 + usize::from(after(end + 1).starts_with(['+', '-']));
        let length = digits(after(exponent_start));
        end = if length > 0 { exponent_start + length } else { end };
    }
    let number: f64 = text.get(..end)?.parse().ok()?;
    let is_zero = text.get(..mantissa_end)?.bytes().all(|byte| !(b'1'..=b'9').contains(&byte));
    (number.is_normal() || is_zero).then_some(number)
}

/// Replaces `%0` to `%9` by submatches; those that there are none of by nothing (CIB-60).
#[must_use]
pub fn expand_submatches(text: &str, submatches: Option<&[String]>) -> String {
    expand(text, submatches).into_owned()
}

fn expand<'t>(text: &'t str, submatches: Option<&[String]>) -> Cow<'t, str> {
    let Some(submatches) = submatches.filter(|_| text.contains('%')) else { return Cow::Borrowed(text) };
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(next) = rest.next() {
        let digit = rest.as_str().chars().next().and_then(|next| next.to_digit(10));
        match digit.filter(|_| next == '%') {
            Some(digit) => {
                rest.next();
                expanded.push_str(submatches.get(digit as usize).map_or("", String::as_str));
            }
            None => expanded.push(next),
        }
    }
    Cow::Owned(expanded)
}
