//! Changes of the state as values: made here, and made in the same way wherever a copy of the document is kept.

use pengine::record::{
    AgentName, Failure, Outcome, StatusSection, TransitionKey, is_instance, last_failure_entry, remembers_failures,
};
use serde::{Deserialize, Serialize};

use super::change::Forget;
use super::recording::{self, ORIGIN};
use super::{CallResult, Digests, Membership, Operation, RecurringKey};

/// A change of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum StateChange {
    /// Who is there, and who decides.
    Members {
        /// Who is there.
        membership: Membership,
        /// The id of the node that decides.
        coordinator: String,
    },
    /// An operation ended, or a repetition has news.
    Result(Box<Recorded>),
    /// A node was fenced: nothing runs there.
    Fenced {
        /// Its name.
        node: String,
    },
    /// A node may leave: it runs nothing any more.
    LetGo {
        /// Its name.
        node: String,
    },
    /// Histories on a node are forgotten.
    HistoryForgotten {
        /// The node's name.
        node: String,
        /// The histories' names.
        names: Vec<String>,
    },
    /// An operation is not repeated any more.
    NotRepeated {
        /// The node's name.
        node: String,
        /// Which.
        key: RecurringKey,
    },
    /// What primitives did is forgotten, or counts as out of date.
    Forgotten {
        /// Their ids.
        primitives: Vec<String>,
        /// On one node only.
        node: Option<String>,
        /// What of it.
        what: Forget,
    },
    /// How often a resource failed is forgotten, and how it failed last.
    FailuresForgotten {
        /// Its name.
        resource: String,
        /// On one node only.
        node: Option<String>,
    },
    /// An attribute of a node that lasts until it restarts.
    Attribute {
        /// The node's name.
        node: String,
        /// The attribute's name.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
}

/// A result to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// What was done.
    pub operation: Operation,
    /// What came of it.
    pub result: CallResult,
    /// Of the parameters that it was done with.
    pub digests: Digests,
    /// When, in seconds since the epoch.
    pub at: i64,
}

impl StateChange {
    /// Whether it forgets all that some primitives did on a node.
    #[must_use]
    pub fn forgets_history_on(&self, name: &str) -> bool {
        matches!(self, Self::Forgotten { node, what: Forget::History, .. } if is_meant(node.as_deref(), name))
    }

    /// Makes the change.
    pub fn apply(&self, section: &mut StatusSection<'_>) {
        match self {
            Self::Members { membership, coordinator } => change_members(section, membership, coordinator),
            Self::Result(recorded) => recorded.apply(section),
            Self::Fenced { node } => {
                if let Ok(state) = section.node_state(node, None) {
                    section.set_membership(state, false, ORIGIN);
                    section.forget(state);
                }
            }
            Self::LetGo { node } => {
                if let Ok(state) = section.node_state(node, None) {
                    section.expect_down(state, ORIGIN);
                }
            }
            Self::HistoryForgotten { node, names } => {
                if let Ok(state) = section.node_state(node, None) {
                    names.iter().for_each(|name| section.remove_history(state, name));
                }
            }
            Self::NotRepeated { node, key } => {
                let Ok(state) = section.node_state(node, None) else { return };
                if let Some(history) = section.find_history(state, &key.resource, None) {
                    section.remove_entry(history, &format!("{}_{}_{}", key.resource, key.action, key.interval_ms));
                }
            }
            Self::Forgotten { primitives, node, what } => forget(section, primitives, node.as_deref(), *what),
            Self::FailuresForgotten { resource, node } => forget_failures(section, resource, node.as_deref()),
            Self::Attribute { node, name, value } => {
                let Ok(state) = section.node_state(node, None) else { return };
                match value {
                    Some(value) => section.set_transient_attribute(state, name, value),
                    None => section.remove_transient_attributes(state, |at| at == name),
                }
            }
        }
    }
}

/// Who was there and isn't any more took along what lasts until a restart, and is not expected to be down unless it was let go.
fn change_members(section: &mut StatusSection<'_>, membership: &Membership, coordinator: &str) {
    section.set_quorum(if membership.quorum { "1" } else { "0" });
    section.set_coordinator(coordinator);
    for (state, name) in section.states() {
        if !membership.has(&name) && section.is_there(state) {
            section.set_lost(state, ORIGIN);
            section.remove_transient_attributes(state, |_| true);
        }
    }
    for member in &membership.members {
        if let Ok(state) = section.node_state(&member.name, Some(&member.id)) {
            section.set_membership(state, true, ORIGIN);
        }
    }
}

fn is_meant(node: Option<&str>, name: &str) -> bool {
    node.is_none_or(|node| name.eq_ignore_ascii_case(node))
}

/// How it failed last is an entry of its own beside those of what went well, which stay.
fn forget_failures(section: &mut StatusSection<'_>, resource: &str, node: Option<&str>) {
    for (state, _) in section.states().into_iter().filter(|(_, at)| is_meant(node, at)) {
        section.remove_transient_attributes(state, |attribute| remembers_failures(attribute, resource));
        for name in section.history_names(state).into_iter().filter(|name| is_instance(name, resource)) {
            if let Some(history) = section.find_history(state, &name, None) {
                section.remove_entry(history, &last_failure_entry(&name));
            }
        }
    }
}

fn forget(section: &mut StatusSection<'_>, primitives: &[String], node: Option<&str>, what: Forget) {
    for (state, at) in section.states().into_iter().filter(|(_, at)| is_meant(node, at)) {
        let names = section.history_names(state).into_iter();
        for name in names.filter(|name| primitives.iter().any(|primitive| is_instance(name, primitive))) {
            match what {
                Forget::History => section.remove_history(state, &name),
                Forget::Parameters => {
                    if let Some(history) = section.find_history(state, &name, None) {
                        section.outdate_parameters(history);
                    }
                }
            }
        }
        if what == Forget::History {
            primitives.iter().for_each(|primitive| forget_failures(section, primitive, Some(&at)));
        }
    }
}

impl Recorded {
    /// Writes the result into the history, and counts it if it is a failure.
    fn apply(&self, section: &mut StatusSection<'_>) {
        let Self { operation, result, .. } = self;
        let failed = operation.is_failure(result);
        let reason = if failed { recording::reason_of(result) } else { String::new() };
        // A reload leaves the same trace as a start.
        let is_reload = matches!(operation.action.as_str(), "reload" | "reload-agent") && !failed;
        let outcome = Outcome {
            resource: &operation.resource,
            operation: if is_reload { "start" } else { &operation.action },
            interval: operation.interval_ms,
            node: &operation.node,
            status: result.exit_status,
            failed,
            execution: recording::execution_status(result.end),
            reason: &reason,
            notify: operation.meta("CRM_meta_notify_type").zip(operation.meta("CRM_meta_notify_operation")),
            migrate_source: operation.meta("CRM_meta_migrate_source"),
            migrate_target: operation.meta("CRM_meta_migrate_target"),
            digest: Some(&operation.digest),
            restart: self.digests.restart.clone(),
            secure: self.digests.secure.clone(),
            real_now: self.at,
            exec_ms: result.exec_ms,
            queue_ms: result.queue_ms,
            origin: ORIGIN,
            key: TransitionKey {
                action: Some(operation.number),
                transition: i64::from(operation.transition),
                expected: operation.expected,
                owner: &operation.owner,
            },
        };
        let agent = AgentName { class: &operation.class, provider: operation.provider.as_deref(), kind: &operation.kind };
        let Ok(state) = section.node_state(&operation.node, None) else { return };
        let history = section.find_history(state, &operation.resource, None);
        let history = history.unwrap_or_else(|| section.add_history(state, &operation.resource, agent));
        outcome.record(section, history);
        if failed && !operation.is_probe() && operation.action != "notify" {
            self.failure().count(section, state);
        }
    }

    fn failure(&self) -> Failure<'_> {
        Failure {
            resource: &self.operation.resource,
            operation: &self.operation.action,
            interval: self.operation.interval_ms,
            status: self.result.exit_status,
            fatal: self.operation.is_fatal,
            real_now: self.at,
        }
    }
}
