//! Why an action is required, impossible, or a node is fenced. Values; the text is made in [`crate::report`].

use crate::cluster::ResourceId;

use super::{ActionId, Task};

/// Why a flag of an action changed; the first reason mostly stays (ACT-24).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Reason {
    /// The resource can't be anywhere.
    NodeAvailability,
    /// Active on more nodes than it should.
    MultiplyActive,
    /// Parameters or agent changed.
    DefinitionChange,
    /// No quorum.
    NoQuorum,
    /// No quorum, and the policy is to freeze.
    QuorumFreeze,
    /// Another action made it required.
    Required(ActionRef),
    /// Another action made it impossible.
    Unrunnable(ActionRef),
    /// Another action made it impossible to migrate.
    Unmigrateable(ActionRef),
    /// What it must be with can't run.
    Colocation(ResourceId),
    /// A node is fenced.
    Fence(FenceReason),
    /// Why a node is unfenced (FENCE-11).
    RequiredBy { resource: ResourceId, task: Task },
    /// A failure expired.
    Expired,
    /// The parameters that the failure belongs to changed.
    ParametersChanged,
    /// The operation's definition changed.
    OperationChanged,
    /// The resource was removed from the configuration.
    Removed,
    /// The resource or node is in maintenance.
    Maintenance,
    /// The fencing device's agent changed.
    DeviceDefinitionChanged,
    /// The fencing device's parameters changed.
    DeviceParametersChanged,
    /// The same, and the agent takes them over running.
    DeviceParametersChangedReload,
    /// The same, seen at a recurring operation.
    DeviceParametersChangedReschedule,
}

/// The action that a reason speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionRef {
    /// Its resource, if it has one.
    pub resource: Option<ResourceId>,
    /// Its task.
    pub task: Task,
    /// The action.
    pub action: ActionId,
}

/// Why a node is fenced (STATE-65).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FenceReason {
    /// No quorum, and the policy is to fence.
    NoQuorum,
    PeerNotSeen,
    PeerBanned,
    FencingRequested,
    PendingTimeout,
    NoLongerMember,
    ProcessGone,
    UnknownState,
    UnexpectedlyDown,
    /// The resource is thought to be active on the node.
    ActiveThere(ResourceId),
    /// The same on a remote node whose connection may come back.
    ActiveThereRevocable(ResourceId),
    /// The resource failed there.
    FailedThere(ResourceId),
    RemoteConnectionUnrecoverable,
    TicketLost,
    StopUnrunnable,
    ConnectionUnrecoverable,
    ActiveConnectionUnrecoverable,
    UnknownConnectionUnrecoverable,
    GuestUnclean,
    NodeUnclean,
}
