//! What a simulation decided and did, as values: scores, planned actions, steps.

use std::collections::BTreeMap;

use crate::cib::Score;
use crate::cluster::{Cluster, NodeId, Role};
use crate::report::{Movement, NodeTask, SummaryLine, Verb, describe};
use crate::run::{AssignStep, ScoreLine};
use crate::simulate::{Event, Modification, TicketChange};

/// Names and their values.
pub type Values = BTreeMap<String, String>;

/// A reason: its kind for programs, its text for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ReasonNote {
    /// What kind of reason it is.
    pub kind: &'static str,
    /// The reason in words.
    pub text: String,
}

/// A score that came up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum ScoreEntry {
    /// How much a resource wants to be on a node.
    Assignment {
        /// The kind of resource that was being assigned.
        step: AssignStep,
        /// The resource.
        resource: String,
        /// The node.
        node: String,
        /// The score.
        score: Score,
    },
    /// How much an instance wants to be promoted.
    Promotion {
        /// The instance.
        resource: String,
        /// The node it was given, if any.
        node: Option<String>,
        /// The score.
        score: Score,
    },
}

/// A capacity, or something that is used of one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum UtilizationEntry {
    /// A node's capacity before anything was assigned.
    Original {
        /// The node.
        node: String,
        /// What there is of each attribute.
        values: Values,
    },
    /// What a resource uses of the node it was given.
    Used {
        /// The resource.
        resource: String,
        /// The node.
        node: String,
        /// What it uses of each attribute.
        values: Values,
    },
    /// A node's capacity after everything was assigned.
    Remaining {
        /// The node.
        node: String,
        /// What is left of each attribute.
        values: Values,
    },
}

/// An entry of the transition summary.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum PlannedAction {
    /// A node is fenced or leaves.
    Node(NodeAction),
    /// Something happens to a resource.
    Resource(ResourceAction),
}

/// A node is fenced or leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeAction {
    /// What is done.
    pub action: NodeVerb,
    /// How it is fenced: `reboot`, `off` or `on`.
    pub fencing: Option<String>,
    /// The node.
    pub node: String,
    /// The resource that launches it, if it is a guest.
    pub launcher: Option<String>,
    /// Why.
    pub reason: ReasonNote,
}

/// What is done to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum NodeVerb {
    Fence,
    Shutdown,
}

/// Something happens to a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ResourceAction {
    /// What.
    pub action: Verb,
    /// The resource.
    pub resource: String,
    /// Where it is.
    pub origin: Option<String>,
    /// Where it goes; the same as where it is if it stays.
    pub destination: Option<String>,
    /// What it is.
    pub role: Role,
    /// What it becomes.
    pub next_role: Role,
    /// It can't be done.
    pub blocked: bool,
    /// Why.
    pub reason: Option<ReasonNote>,
}

/// How carrying out a transition went.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ExecutionReport {
    /// What was done, in order.
    pub steps: Vec<Step>,
    /// It came to its end, or a failure ended it.
    pub complete: bool,
}

/// Something that a simulation did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum Step {
    /// It was said whether there is quorum.
    Quorum {
        /// What was said.
        value: String,
    },
    /// It was said whether there is a watchdog.
    Watchdog {
        /// What was said.
        value: String,
    },
    /// A node was changed.
    Node {
        /// The node.
        node: String,
        /// How.
        change: NodeChange,
    },
    /// A ticket was changed.
    Ticket {
        /// The ticket.
        ticket: String,
        /// How.
        change: TicketChange,
    },
    /// The result of an operation was put into the history.
    Operation {
        /// `RESOURCE_TASK_INTERVAL@NODE=STATUS`.
        specification: String,
    },
    /// A transient attribute was set.
    Attribute {
        /// Its name.
        name: String,
        /// Its new value.
        value: String,
        /// The id of the node.
        node_id: String,
    },
    /// A pseudo-action.
    Pseudo {
        /// Its key.
        key: String,
        /// Its node.
        node: Option<String>,
    },
    /// An agent was called.
    Resource {
        /// The resource.
        resource: String,
        /// The operation.
        operation: String,
        /// Its interval in milliseconds; 0 if it doesn't recur.
        interval_ms: u32,
        /// The node.
        node: String,
    },
    /// The agent that was called last was made to fail.
    PretendedFailure {
        /// The number of the action in the transition.
        action: u32,
        /// The exit status that it failed with.
        exit_status: i32,
    },
    /// A node was fenced.
    Fencing {
        /// The node.
        node: String,
        /// How: `reboot`, `off` or `on`.
        fencing: String,
    },
    /// The cluster itself did something.
    Cluster {
        /// What.
        operation: String,
        /// For which resource.
        resource: Option<String>,
        /// The node.
        node: String,
    },
}

/// What happened to a node in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum NodeChange {
    Online,
    Offline,
    Failing,
}

/// The scores among lines of score output.
pub(crate) fn score_entries(cluster: &Cluster, lines: &[ScoreLine]) -> Vec<ScoreEntry> {
    lines.iter().filter_map(|line| Names(cluster).score(line)).collect()
}

/// The actions of a summary.
pub(crate) fn planned_actions(cluster: &Cluster, lines: &[SummaryLine]) -> Vec<PlannedAction> {
    lines.iter().map(|line| Names(cluster).planned(line)).collect()
}

/// The names that ids stand for.
pub(super) struct Names<'a>(pub(super) &'a Cluster);

impl Names<'_> {
    fn node(&self, node: NodeId) -> String {
        self.0[node].name.clone()
    }

    /// A score line, if it is about a score.
    pub(super) fn score(&self, line: &ScoreLine) -> Option<ScoreEntry> {
        Some(match *line {
            ScoreLine::Assignment { step, resource, node, score } => {
                ScoreEntry::Assignment { step, resource: self.0[resource].id.clone(), node: self.node(node), score }
            }
            ScoreLine::Promotion { resource, node, score } => {
                let node = node.map(|node| self.node(node));
                ScoreEntry::Promotion { resource: self.0[resource].id.clone(), node, score }
            }
            _ => return None,
        })
    }

    /// A score line, if it is about utilization.
    pub(super) fn utilization(&self, line: &ScoreLine) -> Option<UtilizationEntry> {
        let values = |values: &[(String, String)]| values.iter().cloned().collect();
        Some(match line {
            ScoreLine::OriginalCapacity { node, values: all } => {
                UtilizationEntry::Original { node: self.node(*node), values: values(all) }
            }
            ScoreLine::RemainingCapacity { node, values: all } => {
                UtilizationEntry::Remaining { node: self.node(*node), values: values(all) }
            }
            ScoreLine::Utilization { resource, node, values: all } => {
                let resource = self.0[*resource].id.clone();
                UtilizationEntry::Used { resource, node: self.node(*node), values: values(all) }
            }
            _ => return None,
        })
    }

    /// A line of the transition summary.
    pub(super) fn planned(&self, line: &SummaryLine) -> PlannedAction {
        match line {
            SummaryLine::Node { task, node, reason } => {
                let (action, fencing) = match task {
                    NodeTask::Fence(how) => (NodeVerb::Fence, Some(how.clone())),
                    NodeTask::Shutdown => (NodeVerb::Shutdown, None),
                };
                let launcher = self.0.launcher_of(*node).map(|launcher| self.0[launcher].id.clone());
                let reason = describe(self.0, reason);
                PlannedAction::Node(NodeAction { action, fencing, node: self.node(*node), launcher, reason })
            }
            SummaryLine::Resource { verb, resource, movement, reason, blocked } => {
                let Movement { origin, destination, current, next } = *movement;
                PlannedAction::Resource(ResourceAction {
                    action: *verb,
                    resource: self.0[*resource].id.clone(),
                    origin: origin.map(|node| self.node(node)),
                    destination: destination.map(|node| self.node(node)),
                    role: current,
                    next_role: next,
                    blocked: *blocked,
                    reason: reason.as_ref().map(|reason| describe(self.0, reason)),
                })
            }
        }
    }
}

impl Step {
    /// What an event did; nothing for a complaint.
    #[must_use]
    pub(super) fn of(event: &Event) -> Option<Self> {
        Some(match event.clone() {
            Event::Modified(modification) => Self::of_modification(modification),
            Event::Attribute { name, value, node } => Self::Attribute { name, value, node_id: node },
            Event::Pseudo { key, node } => Self::Pseudo { key: key.into(), node: node.map(String::from) },
            Event::Resource { name, operation, interval: interval_ms, node } => {
                let [resource, operation, node] = [name, operation, node].map(String::from);
                Self::Resource { resource, operation, interval_ms, node }
            }
            Event::Pretended { action, status } => Self::PretendedFailure { action, exit_status: status },
            Event::Fenced { node, action } => Self::Fencing { node: node.into(), fencing: action.into() },
            Event::Cluster { operation, resource, node } => {
                Self::Cluster { operation: operation.into(), resource: resource.map(String::from), node: node.into() }
            }
            Event::Complaint(_) => return None,
        })
    }

    fn of_modification(modification: Modification) -> Self {
        match modification {
            Modification::Quorum(value) => Self::Quorum { value },
            Modification::Watchdog(value) => Self::Watchdog { value },
            Modification::NodeUp(node) => Self::Node { node, change: NodeChange::Online },
            Modification::NodeDown(node) => Self::Node { node, change: NodeChange::Offline },
            Modification::NodeFail(node) => Self::Node { node, change: NodeChange::Failing },
            Modification::Ticket(change, ticket) => Self::Ticket { ticket, change },
            Modification::Operation(specification) => Self::Operation { specification },
        }
    }
}
