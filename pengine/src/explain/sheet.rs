//! Score sheets: the scores of one resource, and what each is made of.

use crate::cib::Score;
use crate::cluster::{Cluster, ColocationId, ResourceId};
use crate::ledger::{Cause, Contribution, ShownSheet};
use crate::run::AssignStep;

/// The scores of a resource at a moment at which a simulation puts them out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ScoreSheet {
    /// The kind of resource that was being assigned.
    pub step: AssignStep,
    /// The resource.
    pub resource: String,
    /// The nodes that it knows.
    pub nodes: Vec<NodeScore>,
}

/// A resource's score on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeScore {
    /// The node.
    pub node: String,
    /// The score.
    pub score: Score,
    /// What it is made of: added up in order, by the rules of score arithmetic, these give the score.
    pub contributions: Vec<ContributionNote>,
}

/// Something that was added to a score.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ContributionNote {
    /// What kind of cause it has.
    pub cause: CauseKind,
    /// The constraint that it comes from; one that the cluster made itself has a name with `#`.
    pub id: Option<String>,
    /// How much.
    pub score: Score,
    /// The other resource, if it comes from one.
    pub resource: Option<String>,
    /// What the other resource has to do with it.
    pub relation: Option<Relation>,
}

/// How another resource counts for where a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Relation {
    /// The resource is placed with the other one.
    With,
    /// The resource is placed apart from the other one.
    Apart,
    /// The other one is placed by where the resource is, so that its wishes count.
    For,
}

/// Why a score changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum CauseKind {
    /// The node's own score.
    Node,
    /// What runs inside a bundle belongs on the nodes that its containers are.
    BundleNode,
    /// It is not managed, so it stays where it is.
    Unmanaged,
    /// It was active on several nodes, and is to be stopped on all.
    MultiplyActive,
    /// A stop failed there.
    FailedStop,
    /// An operation failed there whose failures mean that it has to leave.
    Failure,
    /// An operation failed there in a way that no other try would mend.
    HardError,
    /// An operation failed in a way that no other node would mend.
    FatalError,
    /// It can't be told what is active there.
    MaskedProbe,
    /// It was removed from the configuration.
    Removed,
    /// A ticket that it depends on is not granted, or in standby.
    Ticket,
    /// It is locked to a node that was shut down.
    ShutdownLock,
    /// A location constraint.
    Location,
    /// The node's health.
    Health,
    /// It likes to stay where it is.
    Stickiness,
    /// It has failed there as often as its `migration-threshold` allows.
    Failures,
    /// It may run only where it is looked for (`resource-discovery`).
    ExclusiveDiscovery,
    /// The node is itself connected by a resource, and this may not run there.
    NestedRemote,
    /// It shall be stopped: its `target-role`, or there is no quorum.
    TargetRole,
    /// The node has too little capacity left.
    Utilization,
    /// A colocation: where the other resource is, or wants to be.
    Colocation,
    /// Other instances: as many as may be there are there already, or there are enough of them.
    Instances,
    /// An agent wants it promoted there.
    Promotion,
}

impl ContributionNote {
    /// A contribution with the names that its ids stand for.
    pub(crate) fn of(cluster: &Cluster, contribution: Contribution) -> Self {
        let (cause, id, other) = match contribution.cause {
            Cause::Location(id) => {
                let kind = if cluster[id].is_health { CauseKind::Health } else { CauseKind::Location };
                (kind, Some(&cluster[id].id), None)
            }
            Cause::Colocation { via, with } => (CauseKind::Colocation, Some(&cluster[via].id), Some((via, with))),
            Cause::Ticket(id) => (CauseKind::Ticket, Some(&cluster[id].id), None),
            other => (plain_kind(other), None, None),
        };
        Self {
            cause,
            id: id.cloned(),
            score: contribution.score,
            resource: other.map(|(_, with)| cluster[with].id.clone()),
            relation: other.map(|(via, with)| Relation::between(cluster, via, with)),
        }
    }

    /// Whether it keeps the resource off the node.
    #[must_use]
    pub fn is_ban(&self) -> bool {
        self.score.is_minus_infinite()
    }
}

impl Relation {
    fn between(cluster: &Cluster, via: ColocationId, other: ResourceId) -> Self {
        let colocation = &cluster[via];
        match cluster.ancestry(other).any(|at| at == colocation.primary) {
            true if colocation.score.is_negative() => Self::Apart,
            true => Self::With,
            false => Self::For,
        }
    }
}

fn plain_kind(cause: Cause) -> CauseKind {
    match cause {
        Cause::Node => CauseKind::Node,
        Cause::BundleNode => CauseKind::BundleNode,
        Cause::Unmanaged => CauseKind::Unmanaged,
        Cause::MultiplyActive => CauseKind::MultiplyActive,
        Cause::FailedStop => CauseKind::FailedStop,
        Cause::Failure => CauseKind::Failure,
        Cause::HardError => CauseKind::HardError,
        Cause::FatalError => CauseKind::FatalError,
        Cause::MaskedProbe => CauseKind::MaskedProbe,
        Cause::RemovedResource => CauseKind::Removed,
        Cause::Ticket(_) => CauseKind::Ticket,
        Cause::ShutdownLock => CauseKind::ShutdownLock,
        Cause::Location(_) => CauseKind::Location,
        Cause::Stickiness => CauseKind::Stickiness,
        Cause::MigrationThreshold => CauseKind::Failures,
        Cause::ExclusiveDiscovery => CauseKind::ExclusiveDiscovery,
        Cause::NestedRemote => CauseKind::NestedRemote,
        Cause::TargetRole => CauseKind::TargetRole,
        Cause::Utilization => CauseKind::Utilization,
        Cause::Colocation { .. } => CauseKind::Colocation,
        Cause::Instances => CauseKind::Instances,
        Cause::Promotion => CauseKind::Promotion,
    }
}

impl ScoreSheet {
    /// A sheet with the names that its ids stand for.
    pub(crate) fn of(cluster: &Cluster, shown: &ShownSheet) -> Self {
        let nodes = shown.scores.iter().map(|&(node, score)| NodeScore {
            node: cluster[node].name.clone(),
            score,
            contributions: shown.sheet.on(node).iter().map(|&at| ContributionNote::of(cluster, at)).collect(),
        });
        Self { step: shown.step, resource: cluster[shown.resource].id.clone(), nodes: nodes.collect() }
    }
}
