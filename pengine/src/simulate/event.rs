//! What a simulation does, as values; [`crate::report`] has the words for it.

use smol_str::SmolStr;

use crate::record::StateError;

/// Something that a simulation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An injection that was asked for.
    Modified(Modification),
    /// A transient attribute was set.
    Attribute {
        /// Its name.
        name: String,
        /// Its new value.
        value: String,
        /// The id of the node.
        node: String,
    },
    /// A pseudo-action.
    Pseudo {
        /// Its key.
        key: SmolStr,
        /// Its node.
        node: Option<SmolStr>,
    },
    /// An agent was called.
    Resource {
        /// The resource as it is shown.
        name: SmolStr,
        /// The operation.
        operation: SmolStr,
        /// Its interval in milliseconds.
        interval: u32,
        /// The node.
        node: SmolStr,
    },
    /// The action of that number was made to fail.
    Pretended {
        /// The action's number.
        action: u32,
        /// The exit status that it failed with.
        status: i32,
    },
    /// A node was fenced.
    Fenced {
        /// The node.
        node: SmolStr,
        /// How.
        action: SmolStr,
    },
    /// The cluster itself did something.
    Cluster {
        /// What.
        operation: SmolStr,
        /// For which resource.
        resource: Option<SmolStr>,
        /// Where.
        node: SmolStr,
    },
    /// Something could not be done.
    Complaint(Complaint),
}

/// A change to the input that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Modification {
    Quorum(String),
    Watchdog(String),
    NodeUp(String),
    NodeDown(String),
    NodeFail(String),
    Ticket(TicketChange, String),
    Operation(String),
}

/// What happens to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum TicketChange {
    Grant,
    Revoke,
    Standby,
    Activate,
}

/// Something that could not be done; the simulation goes on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Complaint {
    /// An operation to inject is not written as it should be.
    Specification {
        /// What was written.
        text: String,
        /// How many of its three fields were found; -1 if there is no text at all.
        fields: i32,
    },
    /// There is no resource of that name; no name if the specification has none.
    UnknownResource(Option<String>),
    /// A failure to pretend has no exit status.
    FailSpecification(String),
    /// A resource can't be given a history.
    Refused(Refusal),
}

/// Why a resource can't be given a history (SIM-83).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It has no agent.
    NoAgent {
        /// The resource.
        resource: String,
        /// The id of the node.
        node: String,
    },
    /// Its agent is of a class that there is none of.
    InvalidClass {
        /// The resource.
        resource: String,
        /// The class.
        class: String,
    },
    /// Its agent needs a provider.
    NoProvider {
        /// The resource.
        resource: String,
    },
}

/// Why a simulation can't go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SimulateError {
    /// There is no such node, and only bringing a node up can invent one (SIM-68).
    #[error("node '{0}' is unknown: only --node-up can add a node")]
    UnknownNode(String),
    /// A node has several states, or one without id (SIM-67.4).
    #[error(transparent)]
    AmbiguousNodeState(StateError),
    /// The option stands at several places (SIM-62).
    #[error("the configuration sets 'have-watchdog' more than once: leave only one of them")]
    AmbiguousWatchdog,
    /// An operation can't be injected for this resource (SIM-77).
    #[error("{}", crate::report::refusal_text(.0))]
    Refused(Refusal),
}

impl From<StateError> for SimulateError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::UnknownNode(node) => Self::UnknownNode(node),
            StateError::Ambiguous(_) => Self::AmbiguousNodeState(error),
        }
    }
}
