//! What a client asks for and what it gets.

use serde::{Deserialize, Serialize};

use crate::{Change, ClusterStatus, Lifetime, Version};

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// The state of the cluster: [`Reply::Status`].
    Status,
    /// The CIB: [`Reply::Cib`].
    Cib {
        /// One section alone: `configuration`, `status`, `nodes`, `resources`, …
        section: Option<String>,
    },
    /// Change something: [`Reply::Changed`], or [`Reply::Plan`] if it is only to be tried.
    Change {
        /// What.
        change: Change,
        /// Only tell what it would lead to.
        dry_run: bool,
    },
    /// Events from now on, a line each, after [`Reply::Following`].
    Follow,
    /// What an agent asks through its tools: [`Reply::Agent`].
    Agent(AgentRequest),
    /// Counters and gauges in Prometheus' text form: [`Reply::Metrics`].
    Metrics,
}

impl Request {
    /// Whether it changes anything, so that only some may ask for it.
    #[must_use]
    pub fn needs_write(&self) -> bool {
        match self {
            Self::Status | Self::Cib { .. } | Self::Follow | Self::Metrics => false,
            Self::Change { dry_run, .. } => !dry_run,
            Self::Agent(request) => request.needs_write(),
        }
    }
}

/// What resource agents ask through `crm_attribute`, `crm_master`, `attrd_updater`, `crm_node`, `crm_resource` and
/// `crm_failcount`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "agent", rename_all = "kebab-case")]
pub enum AgentRequest {
    /// The values of a node attribute, on one node or on all that have it: [`AgentAnswer::Values`].
    GetAttribute {
        /// Its name.
        name: String,
        /// Whose; none for all nodes.
        node: Option<String>,
        /// Where to look; none for both, the lasting one first.
        lifetime: Option<Lifetime>,
    },
    /// Sets a node attribute or removes it: [`AgentAnswer::Done`].
    SetAttribute {
        /// Its name.
        name: String,
        /// Its value; none removes it. `++`, `+=N`, `value++` and `value+=N` count.
        value: Option<String>,
        /// Whose; none for this node.
        node: Option<String>,
        /// How long it lasts.
        lifetime: Lifetime,
    },
    /// The value of a cluster option: [`AgentAnswer::Values`].
    GetOption {
        /// Its name.
        name: String,
    },
    /// Sets a cluster option or removes it: [`AgentAnswer::Done`].
    SetOption {
        /// Its name.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
    /// Nodes: [`AgentAnswer::Nodes`], this node first.
    Nodes,
    /// Where a resource is active: [`AgentAnswer::Active`].
    Locate {
        /// Its id.
        resource: String,
    },
    /// A resource's meta-attribute or parameter: [`AgentAnswer::Values`].
    GetParameter {
        /// Its id.
        resource: String,
        /// The name.
        name: String,
        /// A meta-attribute.
        meta: bool,
    },
    /// A resource's fail count on a node: [`AgentAnswer::Values`].
    GetFailCount {
        /// Its id.
        resource: String,
        /// Whose; none for this node.
        node: Option<String>,
    },
    /// Forgets a resource's failures on a node: [`AgentAnswer::Done`].
    ClearFailCount {
        /// Its id.
        resource: String,
        /// Whose; none for this node.
        node: Option<String>,
    },
}

impl AgentRequest {
    /// Whether it changes anything.
    #[must_use]
    pub fn needs_write(&self) -> bool {
        matches!(self, Self::SetAttribute { .. } | Self::SetOption { .. } | Self::ClearFailCount { .. })
    }
}

/// What an agent's tool gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum AgentAnswer {
    /// It is done.
    Done,
    /// Values with the node that each is for.
    Values {
        /// In order of nodes; empty if there is none.
        values: Vec<NodeValue>,
    },
    /// Nodes.
    Nodes {
        /// The node that was asked first, then the others by name.
        nodes: Vec<NodeName>,
        /// Whether this partition has quorum.
        have_quorum: bool,
    },
    /// Where a resource is active.
    Active {
        /// Names of nodes, with whether it is promoted there.
        nodes: Vec<(String, bool)>,
    },
}

/// A value and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeValue {
    /// The node's name; empty for what belongs to no node.
    pub node: String,
    /// The value.
    pub value: String,
}

/// A node as agents know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeName {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Whether it is there.
    pub online: bool,
}

/// What a client gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// The state of the cluster.
    Status(Box<ClusterStatus>),
    /// The CIB, or the section that was asked for.
    Cib {
        /// As text.
        xml: String,
        /// The version of the whole.
        version: Version,
    },
    /// The change is made, and will survive a crash.
    Changed {
        /// The version with the change in it.
        version: Version,
    },
    /// What the change would lead to.
    Plan {
        /// In the words of a simulation.
        text: String,
    },
    /// Events follow.
    Following,
    /// What an agent asked for.
    Agent(AgentAnswer),
    /// Counters and gauges.
    Metrics {
        /// In Prometheus' text form.
        text: String,
    },
    /// It can't be done.
    Refused(Refusal),
}

/// Why something can't be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "kebab-case")]
pub enum Refusal {
    /// The peer may not do that.
    #[error("you may look but not change; changes are for root and the members of the daemon's group")]
    NotAllowed,
    /// A line that is no request.
    #[error("that is no request: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no such thing.
    #[error("there is no {what} '{id}'; known: {known}")]
    Unknown {
        /// What: `node`, `resource`, `section`.
        what: String,
        /// The id that was given.
        id: String,
        /// What there is, in short.
        known: String,
    },
    /// The change was made from a version that isn't the present one.
    #[error(
        "the change was made from version {base}, but the configuration is at {present} by now; get it again and repeat the change"
    )]
    Stale {
        /// The version that the change was made from.
        base: Version,
        /// The present one.
        present: Version,
    },
    /// The change makes no sense.
    #[error("{reason}")]
    Invalid {
        /// Why, and what to do.
        reason: String,
    },
    /// The change could not be written to disk, and so isn't made.
    #[error("the change could not be saved and is not made: {reason}")]
    NotSaved {
        /// What the system said.
        reason: String,
    },
    /// The daemon is about to end.
    #[error("the daemon is shutting down")]
    ShuttingDown,
}
