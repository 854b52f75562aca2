//! Fail counts: node attributes that count a resource's failures (HIST-65 to HIST-69).

use std::sync::Arc;

use regex_lite::Regex;
use smol_str::SmolStr;

use crate::cib::{Score, ms_to_seconds, parse_integer};
use crate::cluster::build::op_element;
use crate::cluster::{NodeId, Op, ResourceId};
use crate::plan::OpElement;
use crate::run::Run;

use super::entry::Entry;
use super::index::index;
use super::matching::base_name;
use super::{Counting, FailCount};

/// A resource's failures on a node; `asked` is the entry that they are asked for, if there is one.
pub(super) fn count(run: &mut Run<'_>, id: ResourceId, node: NodeId, counting: Counting, asked: Option<&Entry<'_>>) -> FailCount {
    let mut total = recorded(run, id, node);
    if total.count > 0 && run[id].failure_timeout_ms > 0 && is_blocking(run, id, node, asked) {
        // HIST-66: what blocks a resource never expires.
        run[id].failure_timeout_ms = 0;
    }
    if counting == Counting::Plain {
        return total;
    }
    let timeout = ms_to_seconds(run[id].failure_timeout_ms);
    if total.count > 0 && total.last > 0 && timeout > 0 && run.cluster.now > total.last.saturating_add(timeout) {
        total.count = 0;
    }
    if counting == Counting::WithLaunched && run.cluster.bundle_of(id).is_none() {
        for launched in run[id].launched.clone() {
            let more = count(run, launched, node, Counting::Effective, None);
            total.count = total.count.saturating_add(more.count);
            total.last = total.last.max(more.last);
        }
    }
    total
}

/// The failures that a node's attributes tell of.
fn recorded(run: &mut Run<'_>, id: ResourceId, node: NodeId) -> FailCount {
    let attributes = failures_of(run, node);
    if attributes.is_empty() {
        return FailCount::default();
    }
    let resource = &run[id];
    let name = resource.history_name.as_deref().unwrap_or(&resource.id);
    let name = if resource.unique { name } else { base_name(name) };
    let words = run.cluster.options.health_words;
    let mut count = Score::ZERO;
    let mut last = 0;
    for attribute in matching(&attributes, name, !resource.unique) {
        if attribute.is_count {
            count += Score::parse(&attribute.value, words).unwrap_or_default();
        } else {
            last = last.max(parse_integer(&attribute.value).unwrap_or(0));
        }
    }
    FailCount { count: count.value(), last }
}

/// A node attribute about failures.
#[derive(Debug, Clone)]
pub(crate) struct FailureAttribute {
    /// `RESOURCE#OPERATION_INTERVAL`: its name without what is in front.
    subject: String,
    value: SmolStr,
    /// It counts failures; else it tells when the last one was.
    is_count: bool,
}

/// A node's attributes about failures, sorted by subject. They are gathered once, as attributes no longer change by now.
fn failures_of(run: &mut Run<'_>, node: NodeId) -> Arc<[FailureAttribute]> {
    if let Some(known) = run.history.caches.failures.get(&node) {
        return Arc::clone(known);
    }
    let parse = |(name, value): &(SmolStr, SmolStr)| {
        let count = name.strip_prefix("fail-count-");
        let subject = count.or_else(|| name.strip_prefix("last-failure-"))?.to_owned();
        Some(FailureAttribute { subject, value: value.clone(), is_count: count.is_some() })
    };
    let mut found: Vec<_> = run[node].attributes.iter().filter_map(parse).collect();
    found.sort_by(|a, b| a.subject.cmp(&b.subject));
    let found: Arc<[_]> = found.into();
    run.history.caches.failures.insert(node, Arc::clone(&found));
    found
}

/// The attributes whose subject matches `NAME(:[0-9]+)?#.+_[0-9]+`, the number only if `numbered` says so.
///
/// HIST-65: the name is no literal but a pattern. Names that are literals, nearly all, are looked up; a dot is compared by
/// hand; only a name with other special characters is worth a regular expression.
fn matching<'a>(
    attributes: &'a [FailureAttribute],
    name: &'a str,
    numbered: bool,
) -> Box<dyn Iterator<Item = &'a FailureAttribute> + 'a> {
    if name.contains(['\\', '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$']) {
        let number = if numbered { "(:[0-9]+)?" } else { "" };
        let Ok(pattern) = Regex::new(&format!("^{name}{number}#.+_[0-9]+$")) else { return Box::new(std::iter::empty()) };
        return Box::new(attributes.iter().filter(move |attribute| pattern.is_match(&attribute.subject)));
    }
    let literal = name.split('.').next().unwrap_or_default();
    let first = attributes.partition_point(|attribute| attribute.subject.as_str() < literal);
    let candidates = attributes.get(first..).unwrap_or_default().iter();
    let candidates = candidates.take_while(move |attribute| attribute.subject.starts_with(literal));
    Box::new(candidates.filter(move |attribute| {
        let rest = without_name(&attribute.subject, name);
        rest.is_some_and(|rest| is_operation(rest) || numbered && without_number(rest).is_some_and(is_operation))
    }))
}

/// What stands behind a name in which a dot is any character.
fn without_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    let matches = name.chars().all(|wanted| rest.next().is_some_and(|at| wanted == '.' || at == wanted));
    matches.then_some(rest.as_str())
}

/// What stands behind `:` and digits.
fn without_number(text: &str) -> Option<&str> {
    let digits = text.strip_prefix(':')?;
    let rest = digits.trim_start_matches(|at: char| at.is_ascii_digit());
    (rest.len() < digits.len()).then_some(rest)
}

/// Whether a text is `#OPERATION_INTERVAL`.
fn is_operation(text: &str) -> bool {
    text.strip_prefix('#').and_then(|text| text.rsplit_once('_')).is_some_and(|(operation, interval)| {
        !operation.is_empty() && !interval.is_empty() && interval.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether a failure is one that `on-fail=block` is configured for (HIST-67).
fn is_blocking(run: &mut Run<'_>, id: ResourceId, node: NodeId, asked: Option<&Entry<'_>>) -> bool {
    let ops = Arc::clone(&run[id].ops);
    let is_block = |op: &&Op| {
        // Only what stands in the resource's own definition counts.
        matches!(op.element, OpElement::Definition(_)) && op_element(run, op.element).attr("on-fail") == Some("block")
    };
    let blocking: Vec<&Op> = ops.iter().filter(is_block).collect();
    if blocking.is_empty() {
        return false;
    }
    let name = base_name(&run[id].id).to_owned();
    if let Some(entry) = asked {
        let is_of = |op: &Op| {
            let task = run.cluster.tasks.name(op.task);
            let same_task = entry.operation.is_some_and(|operation| operation.eq_ignore_ascii_case(task));
            same_task && entry.interval_ms() == op.interval_ms
        };
        return blocking.into_iter().any(|op| is_of(op) && is_failure_of(run, entry, &name, op));
    }
    let entries = index(run).entries(&run[node].name, &name);
    blocking.into_iter().any(|op| {
        let interval = op.interval_ms.to_string();
        let task = run.cluster.tasks.name(op.task);
        let is_of = |entry: &Entry<'_>| entry.is_operation(task) && entry.interval == Some(interval.as_str());
        entries.iter().any(|entry| is_of(entry) && is_failure_of(run, entry, &name, op))
    })
}

/// Whether an entry of an operation tells that it failed.
fn is_failure_of(run: &Run<'_>, entry: &Entry<'_>, resource: &str, op: &Op) -> bool {
    let is_named = |name: String| entry.id.is_some_and(|id| id.eq_ignore_ascii_case(&name));
    let key = format!("{resource}_{}_{}", run.cluster.tasks.name(op.task), op.interval_ms);
    is_named(format!("{resource}_last_failure_0")) || is_named(key) && entry.rc() != Some(entry.target_rc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(name: &str, numbered: bool) -> Vec<String> {
        let all = ["A.b#start_0", "Axb#start_0", "a#monitor_10000", "a#start", "a:1#start_0", "ab#start_0", "a_0"];
        let mut attributes: Vec<_> = all
            .iter()
            .map(|subject| FailureAttribute { subject: (*subject).to_owned(), value: SmolStr::default(), is_count: true })
            .collect();
        attributes.sort_by(|a, b| a.subject.cmp(&b.subject));
        matching(&attributes, name, numbered).map(|attribute| attribute.subject.clone()).collect()
    }

    #[test]
    fn a_dot_in_a_name_is_any_character() {
        assert_eq!(subjects("A.b", false), ["A.b#start_0", "Axb#start_0"]);
    }

    #[test]
    fn instances_count_for_anonymous_clones_only() {
        assert_eq!(subjects("a", false), ["a#monitor_10000"]);
        assert_eq!(subjects("a", true), ["a#monitor_10000", "a:1#start_0"]);
    }

    #[test]
    fn other_special_characters_are_patterns_too() {
        assert_eq!(subjects("[ab]+", false), ["a#monitor_10000", "ab#start_0"]);
        assert!(subjects("a[", true).is_empty());
    }
}
