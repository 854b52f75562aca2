//! Failures that are remembered, and forgetting them.

use super::{Core, StateChange};

impl Core {
    /// Forgets how often a resource failed, and how it did last, on one node or on all.
    pub(super) fn clear_fail_counts(&mut self, resource: &str, node: Option<&str>) {
        self.change_state(StateChange::FailuresForgotten { resource: resource.to_owned(), node: node.map(str::to_owned) });
    }
}
