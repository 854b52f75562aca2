//! Counters and gauges, in Prometheus' text form.

use super::Core;

/// What was counted since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counters {
    /// How often it was decided what has to be done.
    pub(super) decisions: u64,
    /// Transitions that ended.
    pub(super) transitions: u64,
    /// Those of them that were not carried out to their end.
    pub(super) incomplete: u64,
    /// Actions that ended as expected.
    pub(super) succeeded: u64,
    /// Actions that failed.
    pub(super) failed: u64,
    /// Nodes that were fenced.
    pub(super) fenced: u64,
}

impl Core {
    pub(super) fn metrics(&self) -> String {
        let Counters { decisions, transitions, incomplete, succeeded, failed, fenced } = self.counters;
        let status = self.status();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let active = status.resources.iter().filter(|resource| resource.node.is_some()).count();
        let online = status.nodes.iter().filter(|node| node.online).count();
        let values = [
            ("counter", "decisions_total", "How often it was decided what has to be done.", decisions),
            ("counter", "transitions_total", "Transitions that ended.", transitions),
            ("counter", "transitions_incomplete_total", "Transitions not carried out to their end.", incomplete),
            ("counter", "actions_succeeded_total", "Actions that ended as expected.", succeeded),
            ("counter", "actions_failed_total", "Actions that failed.", failed),
            ("counter", "fenced_total", "Nodes that were fenced.", fenced),
            ("gauge", "nodes_online", "Nodes that are there.", count(online)),
            ("gauge", "resources_active", "Resources that are active.", count(active)),
            ("gauge", "failures", "Failures that are not forgotten.", count(status.failures.len())),
            ("gauge", "calls_running", "Calls of agents under way.", count(self.calls.len())),
            ("gauge", "quorum", "Whether this partition has quorum.", u64::from(status.have_quorum)),
        ];
        values.map(|(kind, name, help, value)| metric(kind, name, help, value)).concat()
    }
}

/// One counter or gauge.
#[must_use]
pub fn metric(kind: &str, name: &str, help: &str, value: u64) -> String {
    format!("# HELP pengine_{name} {help}\n# TYPE pengine_{name} {kind}\npengine_{name} {value}\n")
}
