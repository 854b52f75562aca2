//! Why a resource is placed where it is.

use crate::explain::{PlacementLink, PlacementReason};

use super::words::{condition_text, contribution_text};

/// One link of the chain.
pub(super) fn link_text(link: &PlacementLink) -> String {
    let resource = &link.resource;
    let here = link.assigned_to.as_deref().unwrap_or_default();
    match &link.reason {
        PlacementReason::Unmanaged => format!("{resource} is not managed, so it stays as it is"),
        PlacementReason::Blocked => format!("{resource} is blocked until somebody helps, so it stays as it is"),
        PlacementReason::Removed => format!("{resource} was removed from the configuration"),
        PlacementReason::NoNodes => format!("{resource} is allowed on no node"),
        PlacementReason::OnlyNode => format!("{resource} is allowed on no other node"),
        PlacementReason::NoPartner { others, node: Some(node) } => {
            format!("{resource} can't be on {node}, where no instance of {others} is")
        }
        PlacementReason::NoPartner { others, node: None } => {
            format!("{resource} can't be anywhere without an instance of {others}")
        }
        PlacementReason::Condition { node, condition } => {
            format!("{resource} can't be on {node}, which is {}", condition_text(*condition))
        }
        PlacementReason::Banned { node, by } => format!("{resource} is banned from {node}: {}", contribution_text(by)),
        PlacementReason::Unwanted { node, score, by } => {
            let mostly = by.as_ref().map_or_else(String::new, |by| format!(", {} of it: {}", by.score, contribution_text(by)));
            format!("{resource} has a score of {score} on {node}{mostly}")
        }
        PlacementReason::Outscored { node, score, own, by } => {
            let scores = format!("{resource} has a score of {own} on {here} and of {score} on {node}");
            by.as_ref().map_or(scores.clone(), |(on, by)| format!("{scores}; {} on {on}: {}", by.score, contribution_text(by)))
        }
        PlacementReason::Stays { node, score } => {
            format!("{resource} has a score of {score} on {node} as well, but is on {here} already")
        }
        PlacementReason::Tie { node, score } => {
            let ties = "how much they have to do and their names decide";
            format!("{resource} has a score of {score} on {node} as well as on {here}: {ties}")
        }
    }
}
