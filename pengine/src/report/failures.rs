//! Failures in a status: fail counts and failed actions (HIST section 14).

use std::fmt::Write;

use crate::cib::{ElementRef, Score, parse_integer};
use crate::cluster::{NodeId, ResourceId};
use crate::history::{Counting, FailCount, fail_count};
use crate::plan::PrintedKey;
use crate::run::Run;

use super::failed_probes::is_masked_probe;
use super::{Page, execution_text, exit_text};

/// What failed on a node, and how often.
pub(super) struct NodeFailures {
    pub(super) node: NodeId,
    /// By the name that the history knows each resource by.
    pub(super) failures: Vec<(String, ResourceId, FailCount)>,
}

/// What failed on each node that is online and has a state, in the order of their states (HIST-80).
pub(super) fn node_failures(run: &mut Run<'_>) -> Vec<NodeFailures> {
    let cib = run.cib;
    let states = cib.section("status").into_iter().flat_map(|status| status.children_named("node_state"));
    let mut found = Vec::new();
    for state in states {
        let node = state.id().and_then(|id| run.cluster.node_by_id_or_name(id, None));
        if let Some(node) = node.filter(|&node| run[node].online) {
            found.push(NodeFailures { node, failures: counted_failures(run, node, state) });
        }
    }
    found
}

fn counted_failures(run: &mut Run<'_>, node: NodeId, state: ElementRef<'_>) -> Vec<(String, ResourceId, FailCount)> {
    let histories = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
    let names = histories.into_iter().flat_map(|all| all.children_named("lrm_resource")).filter_map(ElementRef::id);
    let counted = names.filter_map(|name| {
        let resource = run.cluster.find(name)?;
        let failures = fail_count(run, resource, node, Counting::Plain);
        (failures.count > 0).then(|| (name.to_owned(), resource, failures))
    });
    counted.collect()
}

/// Writes what failed on each node, behind an empty line and a heading that is there if any node is online.
pub fn fail_counts(page: &mut Page, run: &mut Run<'_>) {
    let nodes = node_failures(run);
    if nodes.is_empty() {
        return;
    }
    page.blank();
    page.begin("Migration Summary");
    for NodeFailures { node, failures } in nodes.iter().filter(|node| !node.failures.is_empty()) {
        page.begin(format_args!("Node: {}", run[*node].name));
        for (name, resource, failures) in failures {
            let count = Score::new(failures.count.into());
            let mut text = format!("{name}: migration-threshold={} fail-count={count}", run[*resource].migration_threshold);
            if failures.last > 0 {
                let _ = write!(text, " last-failure='{}'", date_text(failures.last));
            }
            page.item(text);
        }
        page.end();
    }
    page.end();
}

/// The failed actions that a status shows: history entry, operation key, node (HIST-77).
pub(super) fn shown_failures<'r>(run: &'r Run<'_>) -> impl Iterator<Item = (ElementRef<'r>, &'r str, NodeId)> {
    run.history.failed.iter().filter_map(|failed| {
        let entry = run.cib.element(failed.entry);
        let key = entry.attr("operation_key").filter(|key| !key.is_empty()).or_else(|| entry.id()).unwrap_or_default();
        let shown = !is_masked_probe(entry) && PrintedKey::parse(key).is_some();
        shown.then_some((entry, key, failed.node))
    })
}

/// Writes the failed actions, behind an empty line, if there are any.
pub fn failed_actions(page: &mut Page, run: &Run<'_>) {
    let mut failures = shown_failures(run).peekable();
    if failures.peek().is_none() {
        return;
    }
    page.blank();
    page.begin("Failed Resource Actions");
    for (entry, key, node) in failures {
        page.item(failed_action_text(entry, key, &run[node].name));
    }
    page.end();
}

fn failed_action_text(entry: ElementRef<'_>, key: &str, node: &str) -> String {
    let number = |name| entry.attr(name).and_then(parse_integer).unwrap_or(0);
    let (status, call) = (number("rc-code"), entry.attr("call-id").unwrap_or("unknown"));
    let execution = execution_text(number("op-status").max(0));
    let mut text = format!("{key} on {node} '{}' ({status}): call={call}, status='{execution}'", exit_text(status));
    let present = |name| entry.attr(name).filter(|value| !value.is_empty());
    if let Some(reason) = present("exit-reason") {
        let _ = write!(text, ", exitreason='{reason}'");
    }
    if let Some(seconds) = present("last-rc-change").and_then(parse_integer) {
        let _ = write!(text, ", last-rc-change='{}'", date_text(seconds));
    }
    for (name, label) in [("queue-time", "queued"), ("exec-time", "exec")] {
        if let Some(time) = present(name) {
            let _ = write!(text, ", {label}={time}ms");
        }
    }
    text
}

/// A time like `Thu Oct 26 14:23:49 2017`, in UTC: the same on every machine.
pub(super) fn date_text(seconds: i64) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%a %b %e %H:%M:%S %Y").to_string(),
        Err(_) => seconds.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn dates_are_written_in_utc() {
        assert_eq!(super::date_text(1_509_027_829), "Thu Oct 26 14:23:49 2017");
    }
}
