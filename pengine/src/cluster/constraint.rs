//! Constraints as they are once read: locations, colocations, tickets. Orderings are in [`crate::plan`].

use crate::arena::Id;
use crate::cib::Score;

use super::{Discovery, NodeId, ResourceId, Role};

/// The place of a location in its arena.
pub type LocationId = Id<Location>;
/// The place of a colocation in its arena.
pub type ColocationId = Id<Colocation>;
/// The place of a ticket's use in its arena.
pub type TicketUseId = Id<TicketUse>;

/// A preference of one resource for nodes (PLACE-40).
#[derive(Debug, Clone)]
pub struct Location {
    /// The constraint's id, or its rule's; for health that of the strategy.
    pub id: String,
    /// The resource.
    pub resource: ResourceId,
    /// Nodes and scores, in the order they are applied.
    pub nodes: Vec<(NodeId, Score)>,
    /// The role that it is limited to.
    pub role: Option<Role>,
    /// The discovery mode that it asks for.
    pub discovery: Discovery,
    /// It comes from a node's health, not from a constraint.
    pub is_health: bool,
}

/// A wish that one resource be where another is, or not (COLO-19).
#[derive(Debug, Clone)]
pub struct Colocation {
    /// The constraint's id, its set's, or a word with `#` for one that the cluster made.
    pub id: String,
    /// Node attribute that has to be equal; `#uname` is the node itself.
    pub attribute: String,
    /// The resource that is placed by it.
    pub dependent: ResourceId,
    /// The resource that it is placed with.
    pub primary: ResourceId,
    /// The dependent's role that it is limited to.
    pub dependent_role: Option<Role>,
    /// The primary's role that it is limited to.
    pub primary_role: Option<Role>,
    /// How much; never 0.
    pub score: Score,
    /// The dependent may move an active primary (COLO-23).
    pub influence: bool,
    /// From the configuration, not made by the cluster.
    pub explicit: bool,
}

/// A grant that decides between sites.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ticket {
    /// Its name.
    pub id: String,
    /// This site has it.
    pub granted: bool,
    /// To be given up soon.
    pub standby: bool,
}

/// What happens to resources when their ticket is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossPolicy {
    /// They stop.
    Stop,
    /// They are demoted.
    Demote,
    /// Their nodes are fenced.
    Fence,
    /// They are left alone.
    Freeze,
}

/// A resource's dependence on a ticket (`rsc_ticket`).
#[derive(Debug, Clone)]
pub struct TicketUse {
    /// The constraint's id.
    pub id: String,
    /// Index of the ticket in the cluster's list.
    pub ticket: usize,
    /// The role that it is limited to.
    pub role: Option<Role>,
    /// What happens at loss.
    pub loss_policy: LossPolicy,
}
