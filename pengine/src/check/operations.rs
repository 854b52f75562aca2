//! Operations: timeouts, intervals and values.

use std::collections::BTreeMap;

use roxmltree::Node;
use rustc_hash::FxHashMap;

use super::vocabulary::is_one_of;
use super::{Code, draft::Draft};
use crate::cib::{leading_integer, parse_bool, parse_interval_ms, parse_time_ms};

const AN_HOUR: i64 = 3600;

pub(super) fn check(draft: &mut Draft<'_>) {
    let has_default = draft.named("op_defaults").any(|defaults| has_pair(defaults, "timeout"));
    for operations in draft.named("operations") {
        let ops: Vec<_> = operations.children().filter(|op| op.has_tag_name("op") && is_enabled(*op)).collect();
        for &op in &ops {
            check_timeout(draft, op, has_default);
            check_values(draft, op);
        }
        check_duplicates(draft, &ops);
        check_multiples(draft, &ops);
    }
}

fn is_enabled(op: Node<'_, '_>) -> bool {
    op.attribute("enabled").and_then(parse_bool) != Some(false) && !op.has_attribute("id-ref")
}

fn has_pair(element: Node<'_, '_>, name: &str) -> bool {
    element.descendants().any(|pair| pair.has_tag_name("nvpair") && pair.attribute("name") == Some(name))
}

fn check_timeout<'d>(draft: &mut Draft<'d>, op: Node<'d, 'd>, has_default: bool) {
    let name = op.attribute("name").unwrap_or_default();
    match op.attribute("timeout") {
        None if !has_default && !has_pair(op, "timeout") => {
            draft.note(Code::NoTimeout, op, "timeout", format!("the operation {name} has no timeout"));
        }
        None => {}
        Some(text) if parse_time_ms(text).is_none() => {
            draft.note(Code::InvalidValue, op, "timeout", format!("'{text}' is no timeout"));
        }
        Some(text) => check_unit(draft, op, "timeout", text),
    }
}

fn check_values<'d>(draft: &mut Draft<'d>, op: Node<'d, 'd>) {
    if let Some(text) = op.attribute("interval") {
        if parse_interval_ms(text).is_none() {
            draft.note(Code::InvalidValue, op, "interval", format!("'{text}' is no interval"));
        } else {
            check_unit(draft, op, "interval", text);
        }
    }
    let words: [(&str, &[&str]); 2] = [
        ("on-fail", &["ignore", "block", "stop", "restart", "standby", "fence", "demote", "restart-container"]),
        ("role", &["Stopped", "Started", "Unpromoted", "Promoted", "Slave", "Master"]),
    ];
    for (name, words) in words {
        let Some(text) = op.attribute(name) else { continue };
        if !is_one_of(text, words) {
            let message = format!("'{text}' is no value of {name}, which has to be one of {}", words.join(", "));
            draft.note(Code::InvalidValue, op, name, message);
        }
    }
}

fn check_unit<'d>(draft: &mut Draft<'d>, op: Node<'d, 'd>, attribute: &str, text: &str) {
    let bare = leading_integer(text).filter(|number| number.rest.is_empty());
    let Some(seconds) = bare.map(|number| number.value).filter(|&value| value >= AN_HOUR && value % 1000 == 0) else { return };
    let (hours, minutes) = (seconds / AN_HOUR, seconds % AN_HOUR / 60);
    let message = format!("{text} without a unit are seconds, {hours} h {minutes} min; did you mean {}s?", seconds / 1000);
    draft.note(Code::SuspiciousUnit, op, attribute, message);
}

/// Operations that can't be told apart (CIB-126).
fn check_duplicates<'d>(draft: &mut Draft<'d>, ops: &[Node<'d, 'd>]) {
    let mut known = FxHashMap::default();
    for &op in ops {
        let interval = op.attribute("interval").and_then(parse_interval_ms).unwrap_or(0);
        let name = op.attribute("name").unwrap_or_default();
        // Without an interval, operations of different roles may be told apart by their roles.
        let role = if interval == 0 { op.attribute("role") } else { None };
        if let Some(first) = known.insert((name, interval, role), op) {
            let message = match interval {
                0 => format!("the operation {name} is there twice"),
                _ => format!("two operations are a {name} every {}", text_of(interval)),
            };
            draft.note_pair(Code::DuplicateOperation, op, (first, "the other one"), message);
        }
    }
}

/// Operations that only repeat what another one does more often.
fn check_multiples<'d>(draft: &mut Draft<'d>, ops: &[Node<'d, 'd>]) {
    let mut alike: FxHashMap<_, BTreeMap<u32, Node<'d, 'd>>> = FxHashMap::default();
    for &op in ops {
        let interval = op.attribute("interval").and_then(parse_interval_ms).unwrap_or(0);
        // What has parameters of its own does something else.
        if interval > 0 && !op.has_children() {
            let kind = ["name", "role", "on-fail"].map(|attribute| op.attribute(attribute));
            alike.entry(kind).or_default().insert(interval, op);
        }
    }
    for (shortest, first, rarer) in alike.into_values().filter_map(split_shortest) {
        for (interval, op) in rarer.into_iter().filter(|(interval, _)| interval % shortest == 0) {
            let name = op.attribute("name").unwrap_or_default();
            let message =
                format!("this {name} adds nothing: every {} is a multiple of every {}", text_of(interval), text_of(shortest));
            draft.note_pair(Code::RedundantInterval, op, (first, "the more frequent one"), message);
        }
    }
}

type ByInterval<'d> = BTreeMap<u32, Node<'d, 'd>>;

fn split_shortest(mut ops: ByInterval<'_>) -> Option<(u32, Node<'_, '_>, ByInterval<'_>)> {
    let (shortest, first) = ops.pop_first()?;
    Some((shortest, first, ops))
}

fn text_of(interval_ms: u32) -> String {
    if interval_ms.is_multiple_of(1000) { format!("{}s", interval_ms / 1000) } else { format!("{interval_ms}ms") }
}
