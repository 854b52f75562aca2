//! Calls of agents and what came of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The number of a call, never given twice by one process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

impl CallId {
    /// What comes before the first order of a term.
    #[must_use]
    pub fn before(term: u64) -> Self {
        Self(term << 32)
    }

    /// The term that an order was given in.
    #[must_use]
    pub fn term(self) -> u64 {
        self.0 >> 32
    }
}

/// Which agent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Agent {
    /// What kind of program it is.
    pub class: AgentClass,
    /// Whose it is; only for OCF agents.
    pub provider: Option<String>,
    /// Its name, as `IPaddr2`.
    pub name: String,
}

/// What kind of program an agent is: how it is found, called, and what its exit statuses mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AgentClass {
    /// Open Cluster Framework: parameters in `OCF_RESKEY_*`.
    Ocf,
    /// An init script.
    Lsb,
    /// A systemd unit.
    Systemd,
    /// Whichever of an init script and a systemd unit there is.
    Service,
    /// A script of heartbeat's first version: parameters as positional arguments `1`, `2`, … before the action.
    Heartbeat,
    /// A fence agent: options on standard input.
    Stonith,
}

impl AgentClass {
    /// The class of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "ocf" => Self::Ocf,
            "lsb" => Self::Lsb,
            "systemd" => Self::Systemd,
            "service" => Self::Service,
            "heartbeat" => Self::Heartbeat,
            "stonith" => Self::Stonith,
            _ => return None,
        })
    }

    /// The name of the class.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ocf => "ocf",
            Self::Lsb => "lsb",
            Self::Systemd => "systemd",
            Self::Service => "service",
            Self::Heartbeat => "heartbeat",
            Self::Stonith => "stonith",
        }
    }
}

/// One call of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCall {
    /// Its number.
    pub id: CallId,
    /// The name of the resource instance, as agents know it; for fencing, the device's.
    pub resource: String,
    /// The agent.
    pub agent: Agent,
    /// What to do: `start`, `stop`, `monitor`, `promote`, `demote`, `notify`, `reload`, `reload-agent`, `migrate_to`,
    /// `migrate_from`, `validate-all`; for fence agents also `off`, `on`, `reboot`, `list`, `status`.
    pub action: String,
    /// The interval of a recurring action in milliseconds, which agents are told; 0 if it is done once.
    pub interval_ms: u32,
    /// How long it may take, in milliseconds; after that its whole process group is ended.
    pub timeout_ms: u32,
    /// The resource's parameters, without prefix, and the action's meta-attributes with the prefix `CRM_meta_`.
    pub parameters: BTreeMap<String, String>,
}

impl AgentCall {
    /// The parameter of a fence action that names the node to be fenced.
    pub const TARGET: &'static str = "CRM_meta_on_node";
    /// The parameter of a fence action that tells what the device calls that node, where it has another name for it.
    pub const TARGET_PORT: &'static str = "CRM_meta_port";
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEnd {
    /// The agent ended by itself; its exit status tells the rest.
    Exited,
    /// It took too long and was ended.
    TimedOut,
    /// It was ended because nobody wants its result any more.
    Cancelled,
    /// There is no such agent, or it can't be run.
    NotInstalled,
    /// The agent is there, but could not be run to its end: it died of a signal, or the system refused.
    Error,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallResult {
    /// How it ended.
    pub end: CallEnd,
    /// The exit status in OCF's terms, whatever the agent's class (0 fine, 1 failed, 2 wrong arguments, 3 unimplemented, 4 no
    /// permission, 5 not installed, 6 not configured, 7 not running, 8 promoted, 9 promoted and failed, 190 and 191 degraded).
    pub exit_status: i32,
    /// Why it failed, in the agent's own words as far as it has any (`ocf-exit-reason:`), else in ours; empty if it did not.
    pub reason: String,
    /// What it wrote to both streams, its end if that is much; at most [`CallResult::MOST_OUTPUT`] bytes.
    pub output: String,
    /// How long it ran, in milliseconds.
    pub exec_ms: u64,
    /// How long it waited for its turn, in milliseconds.
    pub queue_ms: u64,
}

impl CallResult {
    /// How much output of a call is kept.
    pub const MOST_OUTPUT: usize = 16 * 1024;
}

/// What an agent tells about itself in its meta-data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AgentFacts {
    /// The version of the standard that it keeps to, as `1.1`; empty if it doesn't say.
    pub standard: String,
    /// What can be asked of it.
    pub actions: Vec<AgentAction>,
    /// What can be configured.
    pub parameters: Vec<AgentParameter>,
}

/// An action that an agent offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAction {
    /// Its name.
    pub name: String,
    /// A fence agent's `on` that has to be done whenever a node joins.
    pub automatic: bool,
    /// A fence agent's `on` that the node itself has to do.
    pub on_target: bool,
}

/// A parameter that an agent knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentParameter {
    /// Its name.
    pub name: String,
    /// It can't be done without.
    pub required: bool,
    /// No two instances may have the same value.
    pub unique: bool,
    /// A change of it takes effect by a reload; without that the instance has to restart.
    pub reloadable: bool,
    /// Its value is for nobody to see.
    pub private: bool,
}

impl AgentFacts {
    /// Whether it offers an action.
    #[must_use]
    pub fn offers(&self, action: &str) -> bool {
        self.actions.iter().any(|offered| offered.name == action)
    }

    /// A parameter that it knows.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&AgentParameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}
