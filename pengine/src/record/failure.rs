//! Failures that are counted: transient attributes of the node they happened on (SIM-80).

use crate::cib::{ElementId, parse_integer};

use super::StatusSection;

/// A failure that is to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The resource's name in attributes.
    pub resource: &'a str,
    /// The operation that failed.
    pub operation: &'a str,
    /// Its interval in milliseconds.
    pub interval: u32,
    /// The exit status that it failed with.
    pub status: i32,
    /// Counts as infinitely many.
    pub fatal: bool,
    /// The real time, in seconds since the epoch.
    pub real_now: i64,
}

impl Failure<'_> {
    /// Raises the fail count of a resource on a node (SIM-80); returns the attributes that were set, with their values. It is one
    /// change of the status section together with the result that is recorded.
    pub fn count(&self, section: &mut StatusSection<'_>, state: ElementId) -> Vec<(String, String)> {
        if self.status == 0 || (self.status == 7 && self.interval == 0) {
            return Vec::new();
        }
        let suffix = format!("{}#{}_{}", self.resource, self.operation, self.interval);
        let name = format!("fail-count-{suffix}");
        let value = if self.fatal {
            "INFINITY".to_owned()
        } else {
            // An infinite count is no number, and counting begins anew.
            let present = section.transient_attribute(state, &name).and_then(parse_integer).unwrap_or(0);
            present.saturating_add(1).to_string()
        };
        let changes = vec![(name, value), (format!("last-failure-{suffix}"), self.real_now.to_string())];
        for (name, value) in &changes {
            section.put_transient_attribute(state, name, value);
        }
        changes
    }
}

/// The id of the entry in a resource history that tells how the resource failed last, if it did (SIM-92).
#[must_use]
pub fn last_failure_entry(history: &str) -> String {
    [history, "_last_failure_0"].concat()
}

/// Whether a transient attribute counts failures of a resource or of an instance of it, or tells when the last one was.
#[must_use]
pub fn remembers_failures(attribute: &str, resource: &str) -> bool {
    let rest = attribute.strip_prefix("fail-count-").or_else(|| attribute.strip_prefix("last-failure-"));
    let name = rest.map(|rest| rest.split_once('#').map_or(rest, |(name, _)| name));
    name.is_some_and(|name| is_instance(name, resource))
}

/// Whether a name is a resource's own or that of an instance of it.
#[must_use]
pub fn is_instance(name: &str, resource: &str) -> bool {
    let rest = name.strip_prefix(resource);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(|number| number.parse::<u32>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_instances_are_the_resources_own() {
        for yes in ["fail-count-web#start_0", "last-failure-web#monitor_10000", "fail-count-web:1#stop_0", "fail-count-web"] {
            assert!(remembers_failures(yes, "web"), "{yes}");
        }
        for no in ["fail-count-webserver#start_0", "fail-count-web:x#start_0", "web", "master-web"] {
            assert!(!remembers_failures(no, "web"), "{no}");
        }
    }
}
