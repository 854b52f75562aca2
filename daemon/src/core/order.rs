//! What a node is to do, and what it found out.

use pengine::record::ParameterDigest;
use serde::{Deserialize, Serialize};

use super::{AgentCall, CallId, CallResult, Operation};

/// Something that a node is to do by calling an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, never given to a node twice. Partitions may give the same number to different nodes.
    pub id: CallId,
    /// The name of the node.
    pub node: String,
    /// What is to be done.
    pub work: Work,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Work {
    /// An operation of a resource; one that recurs is repeated from then on.
    Operation(Box<Operation>),
    /// A step of fencing.
    Fencing {
        /// What calls the device's agent.
        call: Box<AgentCall>,
        /// The node is fenced if that works.
        is_enough: bool,
    },
}

/// What a node found out by calling an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The name of the node.
    pub node: String,
    /// Counts the findings of the node.
    pub number: u64,
    /// What it was found out by.
    pub source: Source,
    /// What came of the call.
    pub result: CallResult,
    /// Of the parameters that it was done with.
    pub digests: Digests,
}

/// Digests of some of the parameters that an operation was done with, as far as the agent makes a difference between them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Digests {
    /// Of those whose change needs a restart; nothing if the agent can't take others by a reload.
    pub restart: Option<ParameterDigest>,
    /// Of those that are not for nobody to see, with the names of those that are; nothing if there are none.
    pub secure: Option<ParameterDigest>,
}

/// The occasion on which something was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// What was ordered has ended.
    Order(Order),
    /// A recurring operation says something else than before.
    Repetition {
        /// The operation.
        operation: Box<Operation>,
        /// It was done for the first time, after a delay.
        is_first: bool,
    },
}

impl Source {
    /// The operation, if it is not about fencing.
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        match self {
            Self::Order(Order { work: Work::Operation(operation), .. }) | Self::Repetition { operation, .. } => Some(operation),
            Self::Order(Order { work: Work::Fencing { .. }, .. }) => None,
        }
    }
}

impl Order {
    /// What tells it from all other orders.
    #[must_use]
    pub fn identity(&self) -> (CallId, String) {
        (self.id, self.node.clone())
    }

    /// How long carrying it out may take once it is heard of, in milliseconds.
    #[must_use]
    pub fn longest_ms(&self) -> u64 {
        match &self.work {
            Work::Operation(operation) => u64::from(operation.timeout_ms).saturating_add(operation.start_delay_ms()),
            Work::Fencing { call, .. } => u64::from(call.timeout_ms),
        }
    }

    /// What it is called in reports: `web_start_0`, or `off of alice`.
    #[must_use]
    pub fn key(&self) -> String {
        match &self.work {
            Work::Operation(operation) => operation.key(),
            Work::Fencing { call, .. } => {
                let target = call.parameters.get(AgentCall::TARGET).map_or(call.resource.as_str(), String::as_str);
                format!("{} of {target}", call.action)
            }
        }
    }
}
