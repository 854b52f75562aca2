//! The words for causes, conditions and changes.

use crate::cluster::Role;
use crate::explain::{CauseKind, Change, ContributionNote, NodeCondition, Relation};

/// What a node is.
pub(super) fn condition_text(condition: NodeCondition) -> &'static str {
    match condition {
        NodeCondition::Online => "online",
        NodeCondition::Standby => "in standby",
        NodeCondition::Maintenance => "in maintenance",
        NodeCondition::ShuttingDown => "shutting down",
        NodeCondition::Pending => "joining",
        NodeCondition::Unclean => "unclean",
        NodeCondition::Offline => "offline",
    }
}

/// Where something is, and what it does there.
pub(super) fn place_text(role: Role, nodes: &[String]) -> String {
    if nodes.is_empty() {
        return "stopped".to_owned();
    }
    let role = if role > Role::Started { role.as_str().to_lowercase() } else { "started".to_owned() };
    format!("{role} on {}", nodes.join(", "))
}

/// What a contribution to a score comes from.
pub(super) fn contribution_text(note: &ContributionNote) -> String {
    let id = note.id.as_deref().unwrap_or_default();
    match note.cause {
        CauseKind::Location => format!("location {id}"),
        CauseKind::Health => format!("health of the node (node-health-strategy={id})"),
        CauseKind::Ticket => format!("a ticket that is not there ({id})"),
        CauseKind::Colocation => colocation_text(note, id),
        other => plain_text(other).to_owned(),
    }
}

fn colocation_text(note: &ContributionNote, id: &str) -> String {
    let other = note.resource.as_deref().unwrap_or_default();
    match (note.relation, note.is_ban()) {
        (Some(Relation::With), true) => format!("colocation {id}: must be with {other}, which will not be there"),
        (Some(Relation::Apart), true) => format!("colocation {id}: must be apart from {other}, which will be there"),
        (Some(Relation::For), true) => format!("colocation {id}: {other}, which has to be with it, can't be there"),
        (Some(Relation::With | Relation::Apart), false) => format!("colocation {id}: where {other} is"),
        _ => format!("colocation {id}: for the sake of {other}"),
    }
}

fn plain_text(cause: CauseKind) -> &'static str {
    match cause {
        CauseKind::Node => "the node's own score",
        CauseKind::BundleNode => "a node inside a bundle",
        CauseKind::Unmanaged => "active there and not managed",
        CauseKind::MultiplyActive => "active on several nodes, so stopped on all (multiple-active)",
        CauseKind::FailedStop => "a stop failed there",
        CauseKind::Failure => "an operation failed there, and says on-fail=migrate or the like",
        CauseKind::HardError => "an operation failed there in a way that no other try would mend",
        CauseKind::FatalError => "an operation failed in a way that no other node would mend",
        CauseKind::MaskedProbe => "it can't be told what is active there",
        CauseKind::Removed => "removed from the configuration",
        CauseKind::ShutdownLock => "locked to a node that was shut down",
        CauseKind::Stickiness => "stickiness: it is there already",
        CauseKind::Failures => "failed there as often as migration-threshold allows",
        CauseKind::ExclusiveDiscovery => "looked for on other nodes only (resource-discovery)",
        CauseKind::NestedRemote => "the node is itself connected by a resource",
        CauseKind::TargetRole => "it is to be stopped",
        CauseKind::Utilization => "the node has too little capacity left",
        CauseKind::Instances => "its instances are to be elsewhere, or there are enough already",
        CauseKind::Promotion => "promotion score",
        CauseKind::Location | CauseKind::Health | CauseKind::Ticket | CauseKind::Colocation => "",
    }
}

/// A change, as what somebody does.
pub(super) fn change_text(change: &Change) -> String {
    match change {
        Change::Prefer { resource, node, score } => {
            format!("a location constraint that gives {resource} a score of {score} on {node}")
        }
        Change::Cleanup { resource, node } => format!("cleaning up the failures of {resource} on {node}"),
        Change::LeaveStandby { node } => format!("taking {node} out of standby"),
        Change::LeaveMaintenance { node } => format!("taking {node} out of maintenance"),
        Change::Recover { node } => format!("the health of {node} turning green"),
        Change::Enlarge { node, attribute, by } => format!("giving {node} {by} more of {attribute}"),
        Change::Online { node } => format!("bringing {node} online"),
        Change::Manage { resource } => format!("letting the cluster manage {resource}"),
        Change::Start { resource } => format!("setting target-role of {resource} to Started"),
        Change::Grant { ticket } => format!("granting the ticket {ticket}"),
        Change::Quorum => "having quorum".to_owned(),
        Change::Remove { constraint } => format!("deleting the constraint {constraint}"),
    }
}
