//! Results of operations as they are written into the history (SIM section 10).

use crate::cib::{ElementId, FEATURE_SET};

use super::StatusSection;

/// The result of one operation.
#[derive(Debug, Clone, Default)]
pub struct Outcome<'a> {
    /// The resource's name in keys.
    pub resource: &'a str,
    /// What was done.
    pub operation: &'a str,
    /// Its interval in milliseconds; 0 if it was done once.
    pub interval: u32,
    /// The name of the node.
    pub node: &'a str,
    /// The exit status that it had.
    pub status: i32,
    /// Whether that is a failure, to be kept beside what comes after it.
    pub failed: bool,
    /// What came of its execution: 0 done, 2 timed out, 4 error, 7 not installed (HIST-6).
    pub execution: i32,
    /// Why it failed, if it did.
    pub reason: &'a str,
    /// The phase and the operation that a notification is about.
    pub notify: Option<(&'a str, &'a str)>,
    /// The node that a migration comes from.
    pub migrate_source: Option<&'a str>,
    /// The node that a migration goes to.
    pub migrate_target: Option<&'a str>,
    /// The digest of the parameters that it was done with.
    pub digest: Option<String>,
    /// The parameters whose change needs a restart; none where any change does.
    pub restart: Option<ParameterDigest>,
    /// The parameters that are for nobody to see; the digest is of all others.
    pub secure: Option<ParameterDigest>,
    /// The real time, in seconds since the epoch (SIM-95).
    pub real_now: i64,
    /// How long it ran, in milliseconds.
    pub exec_ms: u64,
    /// How long it waited for its turn, in milliseconds.
    pub queue_ms: u64,
    /// Who writes it down.
    pub origin: &'a str,
    /// Which action of which transition it was; the call's own number stands for one that is none.
    pub key: TransitionKey<'a>,
}

/// A digest of some of the parameters that an operation was done with (HIST-84).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ParameterDigest {
    /// The names that tell which.
    pub names: Vec<String>,
    /// The digest.
    pub digest: String,
}

/// What tells an action of a transition from all others.
#[derive(Debug, Clone, Copy)]
pub struct TransitionKey<'a> {
    /// The action's number; the number of the call if there is none.
    pub action: Option<u32>,
    /// The transition's number; -1 if it was none.
    pub transition: i64,
    /// The exit status that was expected.
    pub expected: i32,
    /// Whose transition it was.
    pub owner: &'a str,
}

impl Default for TransitionKey<'_> {
    fn default() -> Self {
        Self { action: None, transition: -1, expected: 0, owner: "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" }
    }
}

impl TransitionKey<'_> {
    fn text(&self, call: i64) -> String {
        let Self { action, transition, expected, owner } = self;
        let action = action.map_or(call, i64::from);
        format!("{action}:{transition}:{expected}:{owner}")
    }
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
            _ if self.failed && *interval == 0 => {
                vec![format!("{resource}_last_failure_0"), format!("{resource}_last_0")]
            }
            _ if self.failed => vec![format!("{resource}_last_failure_0")],
            _ if *interval > 0 => vec![format!("{resource}_{operation}_{interval}")],
            _ => vec![format!("{resource}_last_0")],
        }
    }

    /// Writes the result into a resource history.
    pub fn record(&self, section: &mut StatusSection<'_>, history: ElementId) {
        // A notification can't fail.
        let status = if self.operation == "notify" { 0 } else { self.status };
        let is_failure = self.failed && !matches!(self.operation, "notify" | "migrate_to" | "migrate_from");
        let call = section.next_call(history);
        let key = self.key.text(call);
        let magic = format!("{}:{status};{key}", self.execution);
        let values = [
            ("operation_key", format!("{}_{}_{}", self.resource, self.operation, self.interval)),
            ("operation", self.operation.to_owned()),
            ("crm-debug-origin", self.origin.to_owned()),
            ("crm_feature_set", FEATURE_SET.to_owned()),
            ("transition-key", key),
            ("transition-magic", magic),
            ("exit-reason", if is_failure { self.reason } else { "" }.to_owned()),
            ("on_node", self.node.to_owned()),
            ("call-id", call.to_string()),
            ("rc-code", status.to_string()),
            ("op-status", self.execution.to_string()),
            ("interval", self.interval.to_string()),
            ("last-rc-change", self.real_now.to_string()),
            ("exec-time", self.exec_ms.to_string()),
            ("queue-time", self.queue_ms.to_string()),
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
            let partial = [
                ("op-force-restart", "op-restart-digest", &self.restart),
                ("op-secure-params", "op-secure-digest", &self.secure),
            ];
            for (list, name, values) in partial {
                if let Some(ParameterDigest { names, digest }) = values {
                    section.tree.set(entry, list, &format!(" {} ", names.join(" ")));
                    section.tree.set(entry, name, digest);
                }
            }
        }
        section.status_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_named_after_what_happened() {
        let base = Outcome { resource: "P", operation: "start", ..Outcome::default() };
        assert_eq!(base.entry_ids(), ["P_last_0"]);
        assert_eq!(Outcome { failed: true, ..base.clone() }.entry_ids(), ["P_last_failure_0", "P_last_0"]);
        let monitor = Outcome { operation: "monitor", interval: 10, ..base.clone() };
        assert_eq!(monitor.entry_ids(), ["P_monitor_10"]);
        assert_eq!(Outcome { failed: true, ..monitor }.entry_ids(), ["P_last_failure_0"]);
        let notify = Outcome { operation: "notify", notify: Some(("pre", "stop")), failed: true, ..base };
        assert_eq!(notify.entry_ids(), ["P_pre_notify_stop_0"]);
    }
}
