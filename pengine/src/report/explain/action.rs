//! Why actions are done, are not needed, or can't be done.

use crate::explain::{ActionExplanation, ActionLink, ActionReason, ActionReport, Verdict};
use crate::report::Page;

use super::placement::link_text;
use super::resource::{part_text, section};
use super::text_of;
use super::words::condition_text;

const NO_NODE: &str = "there is no node that it could be on";

impl ActionReport {
    /// The report as a page for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut page = Page::new(false);
        if let Some(part) = &self.absent {
            page.line(format_args!("{}: nothing of the kind came up; {}.", self.action, part_text(part)));
        }
        for (index, action) in self.found.iter().enumerate() {
            if index > 0 {
                page.blank();
            }
            page.line(format_args!("{}.", verdict_text(&action.action, action.node.as_deref(), action.verdict)));
            section(&mut page, "Why", &action.causes, |page, link| page.item(cause_text(action, link)));
            section(&mut page, "What that comes from", &action.placement, |page, link| page.item(link_text(link)));
            section(&mut page, "It waits for", &action.waits_for, |page, name| page.item(name));
            section(&mut page, "What waits for it", &action.before, |page, name| page.item(name));
        }
        text_of(page)
    }
}

/// An action, and below it what it comes from.
pub(super) fn write_action(page: &mut Page, action: &ActionExplanation) {
    let verdict = verdict_text(&action.action, action.node.as_deref(), action.verdict);
    let (first, behind) = action.causes.split_first().map_or((None, &[][..]), |(first, behind)| (Some(first), behind));
    match first {
        Some(first) => page.open(format_args!("{verdict}: {}", reason_text(&first.reason))),
        None => page.open(verdict),
    }
    behind.iter().for_each(|link| page.item(cause_text(action, link)));
    action.placement.iter().for_each(|link| page.item(link_text(link)));
    page.end();
}

fn verdict_text(action: &str, node: Option<&str>, verdict: Verdict) -> String {
    let becomes = match verdict {
        Verdict::Planned => "will be done",
        Verdict::NotNeeded => "is not needed",
        Verdict::Impossible => "can't be done",
        Verdict::Held => "is held back",
    };
    match node {
        Some(node) => format!("{action} on {node} {becomes}"),
        None => format!("{action} {becomes}"),
    }
}

/// A link; the first one is about the action itself.
fn cause_text(about: &ActionExplanation, link: &ActionLink) -> String {
    let reason = reason_text(&link.reason);
    if link.action == about.action && link.node == about.node {
        return reason;
    }
    format!("{}: {reason}", verdict_text(&link.action, link.node.as_deref(), link.verdict))
}

fn reason_text(reason: &ActionReason) -> String {
    match reason {
        ActionReason::Plan { reason } if reason.kind == "node_availability" => NO_NODE.to_owned(),
        ActionReason::Plan { reason } => reason.text.clone(),
        ActionReason::NotThere => "it is to be active there and is not yet".to_owned(),
        ActionReason::Leaves { to } => format!("it goes to {to}"),
        ActionReason::Stops => "it is to be stopped".to_owned(),
        ActionReason::Failed => "it failed there".to_owned(),
        ActionReason::Role { next } => format!("it is to be {}", next.as_str().to_lowercase()),
        ActionReason::Restart => "it is restarted there".to_owned(),
        ActionReason::MultiplyActive => "it is active on several nodes".to_owned(),
        ActionReason::AgentChanged => "it has another agent now".to_owned(),
        ActionReason::StartUnderWay => "a start was under way, and what became of it is not known".to_owned(),
        ActionReason::ContentFailed { resource } => format!("{resource}, which it contains, failed"),
        ActionReason::StandsFor { action } => format!("it stands for {action}"),
        ActionReason::NoNode => NO_NODE.to_owned(),
        ActionReason::Condition { condition } => format!("the node is {}", condition_text(*condition)),
        ActionReason::Unmanaged => "the resource is not managed".to_owned(),
        ActionReason::Behind { action } => format!("{action} has to come first"),
        ActionReason::TooFew { needed } => format!("{needed} of what has to come first would have to be possible"),
        ActionReason::AlreadySo => "all is as it should be".to_owned(),
        ActionReason::Unspoken => "other actions make it so".to_owned(),
    }
}
