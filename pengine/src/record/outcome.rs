//! Results of operations as they are written into the history (SIM section 10).

use crate::cib::FEATURE_SET;
use crate::digits::digits;

use super::{HistoryId, StatusSection, last_failure_entry};

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
    pub digest: Option<&'a str>,
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
        [&*digits(action), &digits(*transition), &digits(*expected), owner].join(":")
    }
}

impl Outcome<'_> {
    /// The ids of the entries that the result is written to (SIM-92, SIM-93).
    fn entry_ids(&self) -> impl Iterator<Item = String> {
        let Self { resource, operation, .. } = *self;
        let last = || [resource, "_last_0"].concat();
        let (first, second) = match operation {
            "notify" => {
                let (phase, about) = self.notify.unwrap_or_default();
                (format!("{resource}_{phase}_notify_{about}_0"), None)
            }
            "migrate_to" | "migrate_from" => ([resource, "_", operation, "_0"].concat(), None),
            _ if self.failed && self.interval == 0 => (last_failure_entry(resource), Some(last())),
            _ if self.failed => (last_failure_entry(resource), None),
            _ if self.interval > 0 => (format!("{resource}_{operation}_{}", self.interval), None),
            _ => (last(), None),
        };
        std::iter::once(first).chain(second)
    }

    /// Writes the result into a resource history.
    pub fn record(&self, section: &mut StatusSection<'_>, history: HistoryId) {
        // A notification can't fail.
        let status = if self.operation == "notify" { 0 } else { self.status };
        let is_failure = self.failed && !matches!(self.operation, "notify" | "migrate_to" | "migrate_from");
        let call = section.next_call(history);
        let key = self.key.text(call);
        let magic = [&*digits(self.execution), ":", &digits(status), ";", &key].concat();
        let (call, status, execution) = (digits(call), digits(status), digits(self.execution));
        let (interval, changed) = (digits(self.interval), digits(self.real_now));
        let [exec_ms, queue_ms] = [self.exec_ms, self.queue_ms].map(digits);
        let operation_key = [self.resource, self.operation, &interval].join("_");
        let list = |parameters: &ParameterDigest| format!(" {} ", parameters.names.join(" "));
        let (restart_list, secure_list) = (self.restart.as_ref().map(list), self.secure.as_ref().map(list));
        let is_migration = self.operation.starts_with("migrate_");
        let values = [
            ("operation_key", Some(operation_key.as_str())),
            ("operation", Some(self.operation)),
            ("crm-debug-origin", Some(self.origin)),
            ("crm_feature_set", Some(FEATURE_SET)),
            ("transition-key", Some(&*key)),
            ("transition-magic", Some(&*magic)),
            ("exit-reason", Some(if is_failure { self.reason } else { "" })),
            ("on_node", Some(self.node)),
            ("call-id", Some(&*call)),
            ("rc-code", Some(&*status)),
            ("op-status", Some(&*execution)),
            ("interval", Some(&*interval)),
            ("last-rc-change", Some(&*changed)),
            ("exec-time", Some(&*exec_ms)),
            ("queue-time", Some(&*queue_ms)),
            ("migrate_source", self.migrate_source.filter(|_| is_migration)),
            ("migrate_target", self.migrate_target.filter(|_| is_migration)),
            ("op-digest", self.digest),
            ("op-force-restart", restart_list.as_deref()),
            ("op-restart-digest", self.restart.as_ref().map(|restart| restart.digest.as_str())),
            ("op-secure-params", secure_list.as_deref()),
            ("op-secure-digest", self.secure.as_ref().map(|secure| secure.digest.as_str())),
        ];
        for id in self.entry_ids() {
            section.write_entry(history, &id, values.iter().filter_map(|&(name, value)| Some((name, value?))));
        }
        section.status_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_named_after_what_happened() {
        let ids = |outcome: &Outcome<'_>| outcome.entry_ids().collect::<Vec<_>>();
        let base = Outcome { resource: "P", operation: "start", ..Outcome::default() };
        assert_eq!(ids(&base), ["P_last_0"]);
        assert_eq!(ids(&Outcome { failed: true, ..base.clone() }), ["P_last_failure_0", "P_last_0"]);
        let monitor = Outcome { operation: "monitor", interval: 10, ..base.clone() };
        assert_eq!(ids(&monitor), ["P_monitor_10"]);
        assert_eq!(ids(&Outcome { failed: true, ..monitor }), ["P_last_failure_0"]);
        let notify = Outcome { operation: "notify", notify: Some(("pre", "stop")), failed: true, ..base };
        assert_eq!(ids(&notify), ["P_pre_notify_stop_0"]);
    }
}
