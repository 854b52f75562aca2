//! The ledger: where each score comes from. What was added to a resource's score on a node, in the order it was, with the causes.

use std::collections::BTreeMap;

use crate::cib::Score;
use crate::cluster::{ColocationId, LocationId, NodeId, ResourceId, TicketUseId};
use crate::run::AssignStep;

/// Why a score changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cause {
    /// The node's own score.
    Node,
    /// What runs inside a bundle belongs on the nodes that its containers are.
    BundleNode,
    Unmanaged,
    MultiplyActive,
    FailedStop,
    Failure,
    HardError,
    FatalError,
    MaskedProbe,
    RemovedResource,
    Ticket(TicketUseId),
    ShutdownLock,
    Location(LocationId),
    Stickiness,
    MigrationThreshold,
    ExclusiveDiscovery,
    NestedRemote,
    TargetRole,
    Utilization,
    /// Over a colocation: of the resource itself, or of another one behind it.
    Colocation {
        via: ColocationId,
        with: ResourceId,
    },
    /// Where other instances of the same collective are, and how many there may be.
    Instances,
    Promotion,
}

/// Something that was added to a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// Why.
    pub cause: Cause,
    /// How much; never 0.
    pub score: Score,
}

/// What was added to the scores of one resource: a list a node. Added up in order, from 0, a list gives the score.
#[derive(Debug, Clone, Default)]
pub struct Sheet(Vec<Vec<Contribution>>);

impl Sheet {
    /// What was added on a node.
    #[must_use]
    pub fn on(&self, node: NodeId) -> &[Contribution] {
        self.0.get(node.index()).map_or(&[], Vec::as_slice)
    }

    fn on_mut(&mut self, node: NodeId) -> &mut Vec<Contribution> {
        if self.0.len() <= node.index() {
            self.0.resize_with(node.index() + 1, Vec::new);
        }
        &mut self.0[node.index()]
    }
}

/// A sheet at a moment at which its scores were put out.
#[derive(Debug, Clone)]
pub struct ShownSheet {
    /// In which assignment.
    pub step: AssignStep,
    /// The resource.
    pub resource: ResourceId,
    /// The nodes that were put out, with their scores.
    pub scores: Vec<(NodeId, Score)>,
    /// Where they come from.
    pub sheet: Sheet,
}

/// That a resource may be nowhere, whatever its scores are, since it is paired with instances of others and found none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenUp {
    /// The collective of which it found no instance.
    pub others: ResourceId,
    /// Where it was to be.
    pub node: Option<NodeId>,
}

/// The sheets of all resources.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    sheets: Vec<Sheet>,
    given_up: BTreeMap<ResourceId, GivenUp>,
    /// Sheets as they were put out, in order.
    pub shown: Vec<ShownSheet>,
}

impl Ledger {
    /// The sheet of a resource as it is now.
    #[must_use]
    pub fn sheet(&self, resource: ResourceId) -> &Sheet {
        static EMPTY: Sheet = Sheet(Vec::new());
        self.sheets.get(resource.index()).unwrap_or(&EMPTY)
    }

    /// Why a resource may be nowhere whatever its scores are, if that is so.
    #[must_use]
    pub fn given_up(&self, resource: ResourceId) -> Option<GivenUp> {
        self.given_up.get(&resource).copied()
    }

    /// Notes that a resource may be nowhere; what was noted first counts.
    pub fn give_up(&mut self, resource: ResourceId, given_up: GivenUp) {
        self.given_up.entry(resource).or_insert(given_up);
    }

    fn sheet_mut(&mut self, resource: ResourceId) -> &mut Sheet {
        if self.sheets.len() <= resource.index() {
            self.sheets.resize_with(resource.index() + 1, Sheet::default);
        }
        &mut self.sheets[resource.index()]
    }

    /// Notes that a score was added; nothing is no addition.
    pub fn add(&mut self, resource: ResourceId, node: NodeId, score: Score, cause: Cause) {
        if score != Score::ZERO {
            self.sheet_mut(resource).on_mut(node).push(Contribution { cause, score });
        }
    }

    /// Notes that a score was set, whatever it was before.
    pub fn set(&mut self, resource: ResourceId, node: NodeId, score: Score, cause: Cause) {
        // Whatever spoke for a node, and against it, is worth knowing if it is banned as well.
        if !score.is_minus_infinite() {
            self.sheet_mut(resource).on_mut(node).clear();
        }
        self.add(resource, node, score, cause);
    }

    /// Puts an earlier sheet back, or an empty one.
    pub fn replace(&mut self, resource: ResourceId, sheet: Sheet) {
        *self.sheet_mut(resource) = sheet;
    }

    /// Notes that the scores of a resource were put out.
    pub fn show(&mut self, step: AssignStep, resource: ResourceId, scores: Vec<(NodeId, Score)>) {
        let sheet = self.sheet(resource).clone();
        self.shown.push(ShownSheet { step, resource, scores, sheet });
    }
}
