//! Failures in a status: fail counts and failed actions (HIST section 14).

use std::fmt::Write;

use crate::cib::{ElementRef, Score, parse_integer};
use crate::cluster::{NodeId, ResourceId};
use crate::history::{Counting, FailCount, fail_count};
use crate::plan::PrintedKey;
use crate::run::Run;

use super::failed_probes::is_masked_probe;
use super::{Page, execution_text, exit_text};

/// Writes what failed on each node, behind an empty line and a heading that is there if any node is online (HIST-80).
pub fn fail_counts(page: &mut Page, run: &mut Run<'_>) {
    let cib = run.cib;
    let states = cib.section("status").into_iter().flat_map(|status| status.children_named("node_state"));
    let mut any = false;
    for state in states {
        let Some(node) = state.id().and_then(|id| run.cluster.node_by_id_or_name(id, None)) else { continue };
        if !run[node].online {
            continue;
        }
        if !any {
            page.blank();
            page.begin("Migration Summary");
            any = true;
        }
        node_fail_counts(page, run, node, state);
    }
    if any {
        page.end();
    }
}

fn node_fail_counts(page: &mut Page, run: &mut Run<'_>, node: NodeId, state: ElementRef<'_>) {
    let histories = state.child("lrm").and_then(|lrm| lrm.child("lrm_resources"));
    let names = histories.into_iter().flat_map(|all| all.children_named("lrm_resource")).filter_map(ElementRef::id);
    let found: Vec<(&str, ResourceId, FailCount)> = names
        .filter_map(|name| {
            let resource = run.cluster.find(name)?;
            let failures = fail_count(run, resource, node, Counting::Plain);
            (failures.count > 0).then_some((name, resource, failures))
        })
        .collect();
    if found.is_empty() {
        return;
    }
    page.begin(format_args!("Node: {}", run[node].name));
    for (name, resource, failures) in found {
        let count = Score::new(failures.count.into());
        let mut text = format!("{name}: migration-threshold={} fail-count={count}", run[resource].migration_threshold);
        if failures.last > 0 {
            let _ = write!(text, " last-failure='{}'", date_text(failures.last));
        }
        page.item(text);
    }
    page.end();
}

/// Writes the failed actions, behind an empty line, if there are any (HIST-77).
pub fn failed_actions(page: &mut Page, run: &Run<'_>) {
    let mut any = false;
    for failed in &run.history.failed {
        let entry = run.cib.element(failed.entry);
        let key = entry.attr("operation_key").filter(|key| !key.is_empty()).or_else(|| entry.id()).unwrap_or_default();
        if is_masked_probe(entry) || PrintedKey::parse(key).is_none() {
            continue;
        }
        if !any {
            page.blank();
            page.begin("Failed Resource Actions");
            any = true;
        }
        page.item(failed_action_text(entry, key, &run[failed.node].name));
    }
    if any {
        page.end();
    }
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
fn date_text(seconds: i64) -> String {
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
