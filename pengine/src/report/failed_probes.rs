//! Probes that failed in a way that only says that a resource can't be there (HIST-79, RSC-135).

use rustc_hash::FxHashMap;

use crate::cib::{ElementRef, parse_integer};
use crate::cluster::Node;
use crate::plan::{PrintedKey, parse_key_interval};
use crate::run::Run;

use super::exit_text;

/// The failed probes that the resource list shows, by the name in their keys.
pub(super) struct FailedProbes<'a> {
    by_name: FxHashMap<&'a str, Vec<FailedProbe<'a>>>,
}

struct FailedProbe<'a> {
    node: &'a str,
    status: i64,
}

/// Whether an entry of the failed list is a failed probe that was taken for "not running" (HIST-31).
pub(super) fn is_masked_probe(entry: ElementRef<'_>) -> bool {
    let number = |name| entry.attr(name).and_then(parse_integer);
    entry.attr("operation") == Some("monitor")
        && entry.attr("interval").is_none_or(|interval| parse_key_interval(interval) == 0)
        && (matches!(number("rc-code"), Some(2 | 5)) || number("op-status") == Some(7))
}

impl<'a> FailedProbes<'a> {
    /// Picks the failed probes out of what reading the history noted.
    pub(super) fn collect(run: &'a Run<'_>) -> Self {
        let mut by_name: FxHashMap<&str, Vec<FailedProbe<'_>>> = FxHashMap::default();
        for failed in &run.history.failed {
            let entry = run.cib.element(failed.entry);
            if !is_masked_probe(entry) || run.cluster.bundle_of(failed.resource).is_some() {
                continue;
            }
            let key = entry.attr("operation_key").filter(|key| !key.is_empty()).or_else(|| entry.id());
            if let (Some(node), Some(key)) = (entry.attr("on_node"), key.and_then(PrintedKey::parse)) {
                let status = entry.attr("rc-code").and_then(parse_integer).unwrap_or(0);
                by_name.entry(key.resource).or_default().push(FailedProbe { node, status });
            }
        }
        Self { by_name }
    }

    /// Why the resource of that name can't be on a node, or on any if none is given.
    pub(super) fn reason(&self, name: &str, node: Option<&Node>) -> Option<&'static str> {
        let there = |probe: &&FailedProbe<'_>| node.is_none_or(|node| probe.node.eq_ignore_ascii_case(&node.name));
        self.by_name.get(name)?.iter().find(there).map(|probe| exit_text(probe.status))
    }
}
