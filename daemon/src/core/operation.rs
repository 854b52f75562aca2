//! An operation of a resource as the transition graph describes it.

use std::collections::BTreeMap;

use pengine::transition::GraphAction;
use serde::{Deserialize, Serialize};

use super::{Agent, AgentCall, AgentClass, CallEnd, CallId, CallResult};

/// What agents get if the configuration doesn't say how long an operation may take.
const DEFAULT_TIMEOUT_MS: u32 = 20_000;

/// An operation of a resource on a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The resource's name in histories and for agents.
    pub resource: String,
    /// The class of its agent, as configured.
    pub class: String,
    /// Whose agent it is.
    pub provider: Option<String>,
    /// The agent's type.
    pub kind: String,
    /// What is done.
    pub action: String,
    /// Every how many milliseconds; 0 if once.
    pub interval_ms: u32,
    /// How long it may take, in milliseconds.
    pub timeout_ms: u32,
    /// The name of the node.
    pub node: String,
    /// The exit status that is expected.
    pub expected: i32,
    /// The digest of the parameters.
    pub digest: String,
    /// Parameters and meta-attributes.
    pub parameters: BTreeMap<String, String>,
    /// The action's number in its transition.
    pub number: u32,
    /// The number of the transition that it was first asked for in.
    pub transition: u32,
    /// Who asked for it: the run of the daemon that decided so.
    pub owner: String,
    /// Its failure keeps the resource away from the node for good.
    pub is_fatal: bool,
}

/// What tells one recurring operation from another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecurringKey {
    /// The resource.
    pub resource: String,
    /// What is done.
    pub action: String,
    /// Every how many milliseconds.
    pub interval_ms: u32,
}

impl Operation {
    /// The operation that an action of a transition stands for; nothing if it is none of a resource on a node.
    #[must_use]
    pub fn of(action: &GraphAction, transition: u32, owner: &str) -> Option<Self> {
        let number = |name| action.detail(name).and_then(|text| text.parse().ok());
        let details = action.details.as_ref().map(|details| details.attributes.as_slice()).unwrap_or_default();
        Some(Self {
            resource: action.resource("id")?.to_owned(),
            class: action.resource("class")?.to_owned(),
            provider: action.resource("provider").map(str::to_owned),
            kind: action.resource("type")?.to_owned(),
            action: action.attribute("operation")?.to_owned(),
            interval_ms: action.interval_ms(),
            timeout_ms: number("CRM_meta_timeout").unwrap_or(DEFAULT_TIMEOUT_MS),
            node: action.attribute("on_node")?.to_owned(),
            expected: action.detail("CRM_meta_op_target_rc").and_then(|text| text.parse().ok()).unwrap_or(0),
            digest: action.parameter_digest(),
            parameters: details.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            number: action.id,
            transition,
            owner: owner.to_owned(),
            is_fatal: false,
        })
    }

    /// `web_monitor_10000`.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}_{}_{}", self.resource, self.action, self.interval_ms)
    }

    /// What tells it from other recurring operations; nothing if it is done once.
    #[must_use]
    pub fn recurring_key(&self) -> Option<RecurringKey> {
        let Self { resource, action, interval_ms, .. } = self;
        (*interval_ms > 0).then(|| RecurringKey { resource: resource.clone(), action: action.clone(), interval_ms: *interval_ms })
    }

    /// The agent that carries it out; nothing if there is no such class of agents.
    #[must_use]
    pub fn agent(&self) -> Option<Agent> {
        let class = AgentClass::from_name(&self.class)?;
        Some(Agent { class, provider: self.provider.clone(), name: self.kind.clone() })
    }

    /// The call that carries it out; nothing if there is no such class of agents.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<AgentCall> {
        Some(AgentCall {
            id,
            resource: self.resource.clone(),
            agent: self.agent()?,
            action: self.action.clone(),
            interval_ms: self.interval_ms,
            timeout_ms: self.timeout_ms,
            parameters: self.parameters.clone(),
        })
    }

    /// How long to wait before it is done for the first time, in milliseconds (CIB-131).
    #[must_use]
    pub fn start_delay_ms(&self) -> u64 {
        self.meta("CRM_meta_start_delay").and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// Whether it only finds out whether the resource is active.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.action == "monitor" && self.interval_ms == 0
    }

    /// Whether a result is the one that was expected; notifications can't go wrong.
    #[must_use]
    pub fn is_expected(&self, result: &CallResult) -> bool {
        self.action == "notify" || (result.end == CallEnd::Exited && self.agrees(result.exit_status))
    }

    /// Degraded is as good as well: what runs so is left alone.
    fn agrees(&self, status: i32) -> bool {
        let plain = match status {
            190 => 0,
            191 => 8,
            other => other,
        };
        plain == self.expected
    }

    /// Whether a result is a failure, rather than news of where the resource is.
    #[must_use]
    pub fn is_failure(&self, result: &CallResult) -> bool {
        if self.is_probe() && result.end == CallEnd::Exited {
            return !matches!(result.exit_status, 0 | 7 | 8 | 190 | 191);
        }
        !self.is_expected(result)
    }

    /// The value of a meta-attribute.
    #[must_use]
    pub fn meta(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}
