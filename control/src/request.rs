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
        /// If there is no such attribute yet it is for agents alone: no part of the CIB, no rule sees it, and nothing is scheduled
        /// because of it. One that is there stays what it is.
        #[serde(default)]
        private: bool,
        /// How long changes of it wait for further ones; none leaves that as it is.
        #[serde(default)]
        dampening: Option<Dampening>,
    },
    /// The value of a cluster option: [`AgentAnswer::Values`].
    GetOption {
        /// Its name.
        name: String,
        /// The id of the one set to look in; none for all.
        #[serde(default)]
        set: Option<String>,
    },
    /// Sets a cluster option or removes it: [`AgentAnswer::Done`].
    SetOption {
        /// Its name.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
        /// The id of the set that it is in or goes to; none for where it is, or else the first.
        #[serde(default)]
        set: Option<String>,
    },
    /// A capacity of a node, or a need of a resource: [`AgentAnswer::Values`].
    GetUtilization {
        /// Whose.
        of: UtilizationOwner,
        /// Its name, as `memory`.
        name: String,
    },
    /// Sets a capacity or a need, or removes it: [`AgentAnswer::Done`].
    SetUtilization {
        /// Whose.
        of: UtilizationOwner,
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
    /// The same, with the node where it is asked in place of one that isn't named.
    #[must_use]
    pub fn on(mut self, here: &str) -> Self {
        if let Self::SetAttribute { node, .. } | Self::GetFailCount { node, .. } | Self::ClearFailCount { node, .. } = &mut self {
            node.get_or_insert_with(|| here.to_owned());
        }
        self
    }

    /// Whether it changes anything.
    #[must_use]
    pub fn needs_write(&self) -> bool {
        matches!(
            self,
            Self::SetAttribute { .. } | Self::SetOption { .. } | Self::SetUtilization { .. } | Self::ClearFailCount { .. }
        )
    }
}

/// How long changes of an attribute wait for further ones before they count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dampening {
    /// In milliseconds.
    pub delay_ms: u64,
    /// An attribute that has another time already gets this one, and its value counts at once; if not, it keeps the one it has.
    pub anew: bool,
}

/// What has utilization attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UtilizationOwner {
    /// The node of that name.
    Node(String),
    /// The resource of that id.
    Resource(String),
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
    #[error(
        "you are not allowed to do that; root and the members of the daemon's group (--group) may change things, those of its \
         other group (--read-group) may look"
    )]
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
    /// There is no quorum.
    #[error(
        "without quorum the configuration can't be changed: the other nodes may be changing it, too; if they are not there, tell \
         corosync so (corosync-quorumtool -e VOTES)"
    )]
    NoQuorum,
    /// Who decides changed before the change was acknowledged.
    #[error("the node that decides was lost before it said whether the change is made; look whether it is, and repeat it if not")]
    CoordinatorLost,
    /// The daemon is about to end.
    #[error("the daemon is shutting down")]
    ShuttingDown,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{CibChange, NodeChange};

    #[test]
    fn requests_are_lines_that_read_back() {
        let standby = Change::Node { node: "alice".to_owned(), change: NodeChange::Standby { on: true } };
        let patch = CibChange::Patch { xml: "<modify/>".to_owned(), base: "0.1.2".parse().ok() };
        let capacity = AgentRequest::GetUtilization { of: UtilizationOwner::Node("alice".to_owned()), name: "cpu".to_owned() };
        let requests = [
            (Request::Status, r#"{"request":"status"}"#),
            (
                Request::Change { change: standby, dry_run: true },
                r#"{"request":"change","change":{"what":"node","node":"alice","change":{"change":"standby","on":true}},"dry_run":true}"#,
            ),
            (
                Request::Change { change: Change::Cib(patch), dry_run: false },
                concat!(
                    r#"{"request":"change","change":{"what":"cib","change":"patch","xml":"<modify/>","#,
                    r#""base":{"admin_epoch":0,"epoch":1,"num_updates":2}},"dry_run":false}"#
                ),
            ),
            (Request::Agent(capacity), r#"{"request":"agent","agent":"get-utilization","of":{"node":"alice"},"name":"cpu"}"#),
        ];
        for (request, line) in requests {
            assert_eq!(serde_json::to_string(&request).unwrap(), line);
            assert_eq!(serde_json::from_str::<Request>(line).unwrap(), request);
        }
    }

    #[test]
    fn what_is_only_tried_is_for_readers_too() {
        let change = Change::Node { node: "alice".to_owned(), change: NodeChange::Standby { on: true } };
        assert!(!Request::Change { change: change.clone(), dry_run: true }.needs_write());
        assert!(Request::Change { change, dry_run: false }.needs_write());
        let clear = AgentRequest::ClearFailCount { resource: "web".to_owned(), node: None };
        assert!(Request::Agent(clear).needs_write() && !Request::Agent(AgentRequest::Nodes).needs_write());
    }
}
