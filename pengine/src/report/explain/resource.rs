//! The page about one resource.

use crate::cib::Score;
use crate::cluster::Role;
use crate::explain::{Change, Explanation, NodeCondition, NodeVerdict, Part, ResourceKind, Verdict};
use crate::report::Page;

use super::action::write_action;
use super::placement::link_text;
use super::text_of;
use super::words::{change_text, condition_text, contribution_text, place_text};

impl Explanation {
    /// The explanation as a page for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut page = Page::new(false);
        page.line(self.headline());
        self.write_parts(&mut page);
        section(&mut page, "Why", &self.causes, |page, link| page.item(link_text(link)));
        section(&mut page, "Nodes, best first", &self.nodes, |page, node| self.write_node(page, node));
        section(&mut page, "What is done about it", &self.actions, write_action);
        self.write_change(&mut page);
        text_of(page)
    }

    fn headline(&self) -> String {
        let remarks = [(self.failed, "failed"), (self.blocked, "blocked"), (!self.managed && !self.blocked, "not managed")];
        let remarks: Vec<&str> = remarks.into_iter().filter(|(is_so, _)| *is_so).map(|(_, remark)| remark).collect();
        let remarks = if remarks.is_empty() { String::new() } else { format!(" ({})", remarks.join(", ")) };
        let kind = match self.kind {
            ResourceKind::Primitive => "",
            ResourceKind::Group => ", a group,",
            ResourceKind::Clone => ", a clone,",
            ResourceKind::Bundle => ", a bundle,",
        };
        let now = match (self.kind, &self.active_on[..]) {
            (ResourceKind::Primitive, nodes) => place_text(self.role, nodes),
            (_, []) => "stopped".to_owned(),
            (_, nodes) => format!("active on {}", nodes.join(", ")),
        };
        let next = if self.kind == ResourceKind::Primitive { format!(", and {}", self.future()) } else { String::new() };
        format!("{}{kind} is {now}{remarks}{next}.", self.resource)
    }

    fn future(&self) -> String {
        let can_start = self.can_start();
        match (&self.active_on[..], &self.assigned_to) {
            ([], None) => "stays stopped".to_owned(),
            (_, None) => "will be stopped".to_owned(),
            ([], Some(to)) if can_start => format!("will be started on {to}"),
            (_, Some(to)) if !can_start => format!("should be on {to}, but can't be started there"),
            ([at], Some(to)) if at == to && self.next_role > Role::Started && self.role != self.next_role => {
                format!("will be {} there", self.next_role.as_str().to_lowercase())
            }
            ([at], Some(to)) if at == to => "stays there".to_owned(),
            (_, Some(to)) => format!("goes to {to}"),
        }
    }

    fn can_start(&self) -> bool {
        !self.actions.iter().any(|action| action.verdict == Verdict::Impossible && action.node.is_some())
    }

    fn write_parts(&self, page: &mut Page) {
        section(page, "It consists of", &self.parts, |page, part| page.item(part_text(part)));
    }

    fn write_node(&self, page: &mut Page, node: &NodeVerdict) {
        let mut facts = vec![node.score.to_string()];
        if node.chosen {
            facts.push("chosen".to_owned());
        }
        if node.condition != NodeCondition::Online {
            facts.push(condition_text(node.condition).to_owned());
        }
        if node.fail_count != Score::ZERO {
            let most = self.migration_threshold.map_or_else(String::new, |most| format!(" (migration-threshold {most})"));
            facts.push(format!("fail count {}{most}", node.fail_count));
        }
        page.open(format_args!("{}: {}", node.node, facts.join(", ")));
        for note in &node.contributions {
            page.item(format_args!("{}: {}", note.score, contribution_text(note)));
        }
        for ban in node.bans.iter().filter(|ban| !node.contributions.contains(ban)) {
            page.item(format_args!("afterwards {}: {}", ban.score, contribution_text(ban)));
        }
        page.end();
    }

    fn write_change(&self, page: &mut Page) {
        let is_collective = matches!(self.kind, ResourceKind::Clone | ResourceKind::Bundle);
        // It may well be everywhere, and nothing be missing.
        if is_collective && self.change.is_none() {
            return;
        }
        let place = |change: &Change, to: &str| match change {
            Change::Prefer { node, .. } if node == to => String::new(),
            _ if is_collective => format!(": it would be on {to} as well"),
            _ => format!(": it would be on {to}"),
        };
        let text = self.change.as_ref().map(|note| change_text(&note.change) + &place(&note.change, &note.assigned_to));
        let text = text.unwrap_or_else(|| "no single change was found that does".to_owned());
        let is_up = self.assigned_to.is_some() && self.can_start();
        let title = match (is_collective, is_up) {
            (true, _) => "What would bring it to another node",
            (false, true) => "What would send it elsewhere",
            (false, false) => "What would let it run",
        };
        section(page, title, &[text], |page, text| page.item(text));
    }
}

/// A titled list, with an empty line above; nothing if it is empty.
pub(in crate::report) fn section<T>(page: &mut Page, title: &str, items: &[T], mut write: impl FnMut(&mut Page, &T)) {
    if items.is_empty() {
        return;
    }
    page.blank();
    page.begin(title);
    items.iter().for_each(|item| write(page, item));
    page.end();
}

/// Where a primitive is and will be.
pub(super) fn part_text(part: &Part) -> String {
    format!("{}: {}", part.resource, movement_text(part))
}

/// Where a primitive is and will be, without its name.
pub(super) fn movement_text(part: &Part) -> String {
    let now = place_text(part.role, &part.active_on);
    let next = place_text(part.next_role, part.assigned_to.as_slice());
    if now == next { now } else { format!("{now}, will be {next}") }
}
