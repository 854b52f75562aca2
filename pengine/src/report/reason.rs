//! Reasons as text (ACT-24, ORD-85, STATE-65).

use crate::cluster::Cluster;
use crate::plan::{ActionRef, FenceReason, Reason};

/// The text of a reason.
#[must_use]
pub fn reason_text(cluster: &Cluster, reason: &Reason) -> String {
    let fixed = match reason {
        Reason::Required(by) => return action_text(cluster, "required", by),
        Reason::Unrunnable(by) => return action_text(cluster, "unrunnable", by),
        Reason::Unmigrateable(by) => return action_text(cluster, "unmigrateable", by),
        Reason::Colocation(with) => return format!("colocation with {}", cluster[*with].id),
        Reason::Fence(reason) => return fence_text(cluster, *reason),
        Reason::RequiredBy { resource, task } => return format!("required by {} {task}", cluster[*resource].id),
        Reason::NodeAvailability => "node availability",
        Reason::MultiplyActive => "being multiply active",
        Reason::DefinitionChange => "resource definition change",
        Reason::NoQuorum => "no quorum",
        Reason::QuorumFreeze => "quorum freeze",
        Reason::Expired => "it expired",
        Reason::ParametersChanged => "resource parameters have changed",
        Reason::OperationChanged => "action definition changed",
        Reason::Removed => "it is removed",
        Reason::Maintenance => "maintenance mode",
        Reason::DeviceDefinitionChanged => "Device definition changed",
        Reason::DeviceParametersChanged => "Device parameters changed",
        Reason::DeviceParametersChangedReload => "Device parameters changed (reload)",
        Reason::DeviceParametersChangedReschedule => "Device parameters changed (reschedule)",
    };
    fixed.to_owned()
}

fn action_text(cluster: &Cluster, word: &str, by: &ActionRef) -> String {
    match by.resource {
        Some(resource) => format!("{word} {} {}", cluster[resource].id, by.task),
        None => format!("{word} {}", by.task),
    }
}

fn fence_text(cluster: &Cluster, reason: FenceReason) -> String {
    let fixed = match reason {
        FenceReason::ActiveThere(resource) => return format!("{} is thought to be active there", cluster[resource].id),
        FenceReason::ActiveThereRevocable(resource) => {
            let condition = "fencing will be revoked if remote connection can be re-established elsewhere";
            return format!("{} is active there ({condition})", cluster[resource].id);
        }
        FenceReason::FailedThere(resource) => return format!("{} failed there", cluster[resource].id),
        FenceReason::NoQuorum => "cluster does not have quorum",
        FenceReason::PeerNotSeen => "peer has not been seen by the cluster",
        FenceReason::PeerBanned => "peer failed Pacemaker membership criteria",
        FenceReason::FencingRequested => "fencing was requested",
        FenceReason::PendingTimeout => "peer pending timed out on joining the process group",
        FenceReason::NoLongerMember => "peer is no longer part of the cluster",
        FenceReason::ProcessGone => "peer process is no longer available",
        FenceReason::UnknownState => "peer was in an unknown state",
        FenceReason::UnexpectedlyDown => "peer is unexpectedly down",
        FenceReason::RemoteConnectionUnrecoverable => "remote connection is unrecoverable",
        FenceReason::TicketLost => "deadman ticket was lost",
        FenceReason::StopUnrunnable => "stop is unrunnable",
        FenceReason::ConnectionUnrecoverable => "the connection is unrecoverable",
        FenceReason::ActiveConnectionUnrecoverable => "resources are active but connection is unrecoverable",
        FenceReason::UnknownConnectionUnrecoverable => "resources are in unknown state and connection is unrecoverable",
        FenceReason::ContainerFailed => "container failed",
        FenceReason::GuestUnclean => "guest is unclean",
        FenceReason::NodeUnclean => "node is unclean",
    };
    fixed.to_owned()
}
