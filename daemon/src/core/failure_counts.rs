//! Failures that are remembered, and forgetting them.

use super::Core;
use super::change::Forget;

/// Whether an attribute remembers failures of a resource or of an instance of it.
pub(super) fn remembers_failures(attribute: &str, resource: &str) -> bool {
    let rest = attribute.strip_prefix("fail-count-").or_else(|| attribute.strip_prefix("last-failure-"));
    let name = rest.map(|rest| rest.split_once('#').map_or(rest, |(name, _)| name));
    name.is_some_and(|name| is_instance(name, resource))
}

/// Whether a name is a resource's own or that of an instance of it.
pub(super) fn is_instance(name: &str, resource: &str) -> bool {
    let rest = name.strip_prefix(resource);
    rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(|number| number.parse::<u32>().is_ok()))
}

impl Core {
    /// Forgets how often a resource failed, on one node or on all.
    pub(super) fn clear_fail_counts(&mut self, resource: &str, node: Option<&str>) {
        self.document.update(|section| {
            for (state, name) in section.states() {
                if node.is_none_or(|node| name.eq_ignore_ascii_case(node)) {
                    section.remove_transient_attributes(state, |attribute| remembers_failures(attribute, resource));
                }
            }
        });
    }

    /// Forgets what primitives did, on one node or on all.
    pub(super) fn forget(&mut self, primitives: &[String], node: Option<&str>, what: &Forget) {
        self.document.update(|section| {
            for (state, at) in section.states() {
                if node.is_some_and(|node| !at.eq_ignore_ascii_case(node)) {
                    continue;
                }
                for name in section.history_names(state) {
                    if !primitives.iter().any(|primitive| is_instance(&name, primitive)) {
                        continue;
                    }
                    match what {
                        Forget::History => section.remove_history(state, &name),
                        Forget::Parameters => {
                            if let Some(history) = section.find_history(state, &name, None) {
                                section.outdate_parameters(history);
                            }
                        }
                    }
                }
            }
        });
        if *what == Forget::History {
            primitives.iter().for_each(|primitive| self.clear_fail_counts(primitive, node));
            self.stop_repeating(|key| primitives.iter().any(|primitive| is_instance(&key.resource, primitive)));
        }
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
