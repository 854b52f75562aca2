//! The state of a cluster, as `pengine status` shows it.

use serde::{Deserialize, Serialize};

use crate::Version;

/// The state of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClusterStatus {
    /// The node that was asked.
    pub local_node: String,
    /// All nodes, by name.
    pub nodes: Vec<NodeStatus>,
    /// All primitives that are not hidden, in the order of the configuration, an entry for each node that they are active on.
    pub resources: Vec<ResourceStatus>,
    /// Operations that failed and are not forgotten, oldest first.
    pub failures: Vec<Failure>,
    /// Whether this partition has quorum.
    pub have_quorum: bool,
    /// What is being done.
    pub transition: TransitionStatus,
    /// The version of the CIB.
    pub version: Version,
    /// The state as text, in the words of a simulation.
    pub text: String,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// It is a member.
    pub online: bool,
    /// It takes no resources.
    pub standby: bool,
    /// Its resources are left alone.
    pub maintenance: bool,
    /// It is the coordinator.
    pub dc: bool,
    /// It has to be fenced.
    pub unclean: bool,
}

/// A primitive on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceStatus {
    /// Its id.
    pub id: String,
    /// `CLASS:PROVIDER:TYPE` of its agent.
    pub agent: String,
    /// `Stopped`, `Started`, `Unpromoted` or `Promoted`.
    pub role: String,
    /// Where it is active; none if nowhere.
    pub node: Option<String>,
    /// The cluster acts on it.
    pub managed: bool,
    /// It failed.
    pub failed: bool,
    /// Nothing more is done about it until somebody steps in.
    pub blocked: bool,
    /// The operation under way, as `starting`.
    pub pending: Option<String>,
}

/// An operation that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The resource.
    pub resource: String,
    /// The operation.
    pub operation: String,
    /// Its interval in milliseconds; 0 for one that is done once.
    pub interval_ms: u64,
    /// Where.
    pub node: String,
    /// The agent's exit status.
    pub exit_status: i32,
    /// What that status means.
    pub exit_text: String,
    /// What the agent said about it.
    pub reason: String,
    /// When, in seconds since the epoch.
    pub at: i64,
    /// How often it has failed there since it was last forgotten; none if without end.
    pub count: Option<u64>,
}

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TransitionStatus {
    /// In which state the transition is.
    pub state: TransitionState,
    /// Its number, from 1; 0 before the first.
    pub number: u32,
    /// How many actions are done.
    pub done: usize,
    /// How many there are.
    pub total: usize,
    /// Keys of those that are running, as `web_start_0 on alice`.
    pub running: Vec<String>,
    /// When something will be looked at again, in seconds since the epoch.
    pub next_check: Option<i64>,
}

/// In which state the newest transition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransitionState {
    /// Nothing was decided yet.
    #[default]
    Starting,
    /// Everything is as it shall be.
    Idle,
    /// Actions are running.
    Running,
    /// Something unexpected happened; actions that run are waited for, and then it is decided anew.
    Aborting,
    /// The daemon is stopping what it runs.
    Stopping,
}

impl TransitionState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Aborting => "aborting",
            Self::Stopping => "stopping",
        }
    }
}
