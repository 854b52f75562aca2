//! Failures that are remembered, and forgetting them.

use super::{Core, StateChange};

/// Whether an attribute remembers failures of a resource or of an instance of it.
pub(super) fn remembers_failures(attribute: &str, resource: &str) -> bool {
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

impl Core {
    /// Forgets how often a resource failed, on one node or on all.
    pub(super) fn clear_fail_counts(&mut self, resource: &str, node: Option<&str>) {
        self.change_state(StateChange::FailuresForgotten { resource: resource.to_owned(), node: node.map(str::to_owned) });
    }
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
