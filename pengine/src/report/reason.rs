//! Reasons as kinds and texts (ACT-24, ORD-85, STATE-65).

use crate::cluster::Cluster;
use crate::plan::{ActionRef, FenceReason, Reason};

use super::document::ReasonNote;

/// The text of a reason.
#[must_use]
pub fn reason_text(cluster: &Cluster, reason: &Reason) -> String {
    describe(cluster, reason).text
}

/// A reason's kind and its text.
#[must_use]
pub fn describe(cluster: &Cluster, reason: &Reason) -> ReasonNote {
    let (kind, text) = match reason {
        Reason::Required(by) => return note("required", action_text(cluster, "required", by)),
        Reason::Unrunnable(by) => return note("unrunnable", action_text(cluster, "unrunnable", by)),
        Reason::Unmigrateable(by) => return note("unmigrateable", action_text(cluster, "unmigrateable", by)),
        Reason::Colocation(with) => return note("colocation", format!("colocation with {}", cluster[*with].id)),
        Reason::Fence(reason) => return describe_fencing(cluster, *reason),
        Reason::RequiredBy { resource, task } => {
            let task = cluster.tasks.name(*task);
            return note("required_by", format!("required by {} {task}", cluster[*resource].id));
        }
        Reason::NodeAvailability => ("node_availability", "node availability"),
        Reason::MultiplyActive => ("multiply_active", "being multiply active"),
        Reason::DefinitionChange => ("definition_change", "resource definition change"),
        Reason::NoQuorum => ("no_quorum", "no quorum"),
        Reason::QuorumFreeze => ("quorum_freeze", "quorum freeze"),
        Reason::Expired => ("expired", "it expired"),
        Reason::ParametersChanged => ("parameters_changed", "resource parameters have changed"),
        Reason::OperationChanged => ("operation_changed", "action definition changed"),
        Reason::Removed => ("removed", "it is removed"),
        Reason::Maintenance => ("maintenance", "maintenance mode"),
        Reason::DeviceDefinitionChanged => ("device_definition_changed", "Device definition changed"),
        Reason::DeviceParametersChanged => ("device_parameters_changed", "Device parameters changed"),
        Reason::DeviceParametersChangedReload => ("device_parameters_changed_reload", "Device parameters changed (reload)"),
        Reason::DeviceParametersChangedReschedule => {
            ("device_parameters_changed_reschedule", "Device parameters changed (reschedule)")
        }
    };
    note(kind, text.to_owned())
}

fn note(kind: &'static str, text: String) -> ReasonNote {
    ReasonNote { kind, text }
}

fn action_text(cluster: &Cluster, word: &str, by: &ActionRef) -> String {
    let task = cluster.tasks.name(by.task);
    match by.resource {
        Some(resource) => format!("{word} {} {task}", cluster[resource].id),
        None => format!("{word} {task}"),
    }
}

fn describe_fencing(cluster: &Cluster, reason: FenceReason) -> ReasonNote {
    let (kind, text) = match reason {
        FenceReason::ActiveThere(resource) => {
            return note("active_there", format!("{} is thought to be active there", cluster[resource].id));
        }
        FenceReason::ActiveThereRevocable(resource) => {
            let condition = "fencing will be revoked if remote connection can be re-established elsewhere";
            return note("active_there_revocable", format!("{} is active there ({condition})", cluster[resource].id));
        }
        FenceReason::FailedThere(resource) => return note("failed_there", format!("{} failed there", cluster[resource].id)),
        FenceReason::NoQuorum => ("no_quorum", "cluster does not have quorum"),
        FenceReason::PeerNotSeen => ("peer_not_seen", "peer has not been seen by the cluster"),
        FenceReason::PeerBanned => ("peer_banned", "peer failed Pacemaker membership criteria"),
        FenceReason::FencingRequested => ("fencing_requested", "fencing was requested"),
        FenceReason::PendingTimeout => ("pending_timeout", "peer pending timed out on joining the process group"),
        FenceReason::NoLongerMember => ("no_longer_member", "peer is no longer part of the cluster"),
        FenceReason::ProcessGone => ("process_gone", "peer process is no longer available"),
        FenceReason::UnknownState => ("unknown_state", "peer was in an unknown state"),
        FenceReason::UnexpectedlyDown => ("unexpectedly_down", "peer is unexpectedly down"),
        FenceReason::RemoteConnectionUnrecoverable => ("remote_connection_unrecoverable", "remote connection is unrecoverable"),
        FenceReason::TicketLost => ("ticket_lost", "deadman ticket was lost"),
        FenceReason::StopUnrunnable => ("stop_unrunnable", "stop is unrunnable"),
        FenceReason::ConnectionUnrecoverable => ("connection_unrecoverable", "the connection is unrecoverable"),
        FenceReason::ActiveConnectionUnrecoverable => {
            ("active_connection_unrecoverable", "resources are active but connection is unrecoverable")
        }
        FenceReason::UnknownConnectionUnrecoverable => {
            ("unknown_connection_unrecoverable", "resources are in unknown state and connection is unrecoverable")
        }
        FenceReason::GuestUnclean => ("guest_unclean", "guest is unclean"),
        FenceReason::NodeUnclean => ("node_unclean", "node is unclean"),
    };
    note(kind, text.to_owned())
}
