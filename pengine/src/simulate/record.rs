//! Results of operations as they are written into the history, and the fail counts of those that failed (SIM section 10).

use crate::cib::{ElementId, ElementRef, FEATURE_SET, parse_integer, xml_id};

use super::Event;
use super::status_section::StatusSection;

/// The result of one operation.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome<'a> {
    /// The resource's name in keys.
    pub(super) resource: &'a str,
    pub(super) operation: &'a str,
    pub(super) interval: u32,
    /// The name of the node.
    pub(super) node: &'a str,
    /// The exit status that was expected.
    pub(super) expected: i32,
    /// The exit status that it had.
    pub(super) status: i32,
    /// Why it failed, if it did.
    pub(super) reason: &'a str,
    /// The phase and the operation that a notification is about.
    pub(super) notify: Option<(&'a str, &'a str)>,
    pub(super) migrate_source: Option<&'a str>,
    pub(super) migrate_target: Option<&'a str>,
    pub(super) digest: Option<String>,
    /// The real time, in seconds since the epoch (SIM-95).
    pub(super) real_now: i64,
}

impl Outcome<'_> {
    /// The ids of the entries that the result is written to (SIM-92, SIM-93).
    fn entry_ids(&self) -> Vec<String> {
        let Self { resource, operation, interval, .. } = self;
        match *operation {
            "notify" => {
                let (phase, about) = self.notify.unwrap_or_default();
                vec![format!("{resource}_{phase}_notify_{about}_0")]
            }
            "migrate_to" | "migrate_from" => vec![format!("{resource}_{operation}_0")],
            _ if self.failed() && *interval == 0 => {
                vec![format!("{resource}_last_failure_0"), format!("{resource}_last_0")]
            }
            _ if self.failed() => vec![format!("{resource}_last_failure_0")],
            _ if *interval > 0 => vec![format!("{resource}_{operation}_{interval}")],
            _ => vec![format!("{resource}_last_0")],
        }
    }

    fn failed(&self) -> bool {
        self.status != self.expected
    }

    /// Writes the result into a resource history.
    pub(super) fn record(&self, section: &mut StatusSection<'_>, history: ElementId) {
        // A notification can't fail.
        let status = if self.operation == "notify" { 0 } else { self.status };
        let is_failure = self.failed() && !matches!(self.operation, "notify" | "migrate_to" | "migrate_from");
        let call = section.next_call(history);
        let key = format!("{call}:-1:{}:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", self.expected);
        let magic = format!("0:{status};{key}");
        let values = [
            ("operation_key", format!("{}_{}_{}", self.resource, self.operation, self.interval)),
            ("operation", self.operation.to_owned()),
            ("crm-debug-origin", "crm_simulate".to_owned()),
            ("crm_feature_set", FEATURE_SET.to_owned()),
            ("transition-key", key),
            ("transition-magic", magic),
            ("exit-reason", if is_failure { self.reason } else { "" }.to_owned()),
            ("on_node", self.node.to_owned()),
            ("call-id", call.to_string()),
            ("rc-code", status.to_string()),
            ("op-status", "0".to_owned()),
            ("interval", self.interval.to_string()),
            ("last-rc-change", self.real_now.to_string()),
            ("exec-time", "0".to_owned()),
            ("queue-time", "0".to_owned()),
        ];
        let migration = [("migrate_source", self.migrate_source), ("migrate_target", self.migrate_target)];
        for id in self.entry_ids() {
            let entry = section.entry(history, &id);
            for (name, value) in &values {
                section.tree.set(entry, name, value);
            }
            for (name, value) in migration {
                if let Some(value) = value.filter(|_| self.operation.starts_with("migrate_")) {
                    section.tree.set(entry, name, value);
                }
            }
            if let Some(digest) = &self.digest {
                section.tree.set(entry, "op-digest", digest);
            }
        }
        section.status_changed();
    }
}

/// A failure that is to be counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure<'a> {
    /// The resource's name in attributes.
    pub(super) resource: &'a str,
    pub(super) operation: &'a str,
    pub(super) interval: u32,
    pub(super) status: i32,
    /// Counts as infinitely many.
    pub(super) fatal: bool,
    /// The real time, in seconds since the epoch.
    pub(super) real_now: i64,
}

impl Failure<'_> {
    /// Raises the fail count of a resource on a node (SIM-80). It is one change of the status section together with the result
    /// that is recorded.
    pub(super) fn count(&self, section: &mut StatusSection<'_>, state: ElementId, events: &mut Vec<Event>) {
        if self.status == 0 || (self.status == 7 && self.interval == 0) {
            return;
        }
        let suffix = format!("{}#{}_{}", self.resource, self.operation, self.interval);
        let name = format!("fail-count-{suffix}");
        let value = if self.fatal {
            "INFINITY".to_owned()
        } else {
            present_count(section.tree.get(state), &name).saturating_add(1).to_string()
        };
        let changes = [(name, value), (format!("last-failure-{suffix}"), self.real_now.to_string())];
        for (name, value) in changes {
            set_transient_attribute(section, state, &name, &value);
            events.push(Event::Attribute { name, value, node: section.state_id(state) });
        }
    }
}

/// The count that a node has now: 0 also if it is infinite, for that is no number (SIM-80).
fn present_count(state: ElementRef<'_>, name: &str) -> i64 {
    let attributes = state.children_named("transient_attributes").flat_map(ElementRef::descendants);
    let mut found = attributes.filter(|at| at.name() == "nvpair" && at.attr("name") == Some(name));
    match (found.next(), found.next()) {
        (Some(only), None) => only.attr("value").and_then(parse_integer).unwrap_or(0),
        _ => 0,
    }
}

/// Sets a transient attribute where the simulation keeps them (SIM-81).
fn set_transient_attribute(section: &mut StatusSection<'_>, state: ElementId, name: &str, value: &str) {
    let node = section.state_id(state);
    let mut set = state;
    for part in ["transient_attributes", "instance_attributes"] {
        let found = section.tree.get(set).child(part).map(ElementRef::element_id);
        set = found.unwrap_or_else(|| section.tree.add_child_with(set, part, &[("id", &node)]));
    }
    let id = xml_id(&format!("{}-{name}", section.tree.get(set).attr("id").unwrap_or_default()));
    let same = section.tree.get(set).children_named("nvpair").find(|pair| pair.attr("id") == Some(&id));
    match same.map(ElementRef::element_id) {
        Some(pair) => {
            section.tree.set(pair, "name", name);
            section.tree.set(pair, "value", value);
        }
        None => {
            section.tree.add_child_with(set, "nvpair", &[("id", &id), ("name", name), ("value", value)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_named_after_what_happened() {
        let base = Outcome { resource: "P", operation: "start", ..Outcome::default() };
        assert_eq!(base.entry_ids(), ["P_last_0"]);
        assert_eq!(Outcome { status: 1, ..base.clone() }.entry_ids(), ["P_last_failure_0", "P_last_0"]);
        let monitor = Outcome { operation: "monitor", interval: 10, ..base.clone() };
        assert_eq!(monitor.entry_ids(), ["P_monitor_10"]);
        assert_eq!(Outcome { status: 1, ..monitor }.entry_ids(), ["P_last_failure_0"]);
        let notify = Outcome { operation: "notify", notify: Some(("pre", "stop")), status: 1, ..base };
        assert_eq!(notify.entry_ids(), ["P_pre_notify_stop_0"]);
    }
}
