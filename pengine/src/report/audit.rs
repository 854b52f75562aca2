//! An audit as text: a table of scenarios, and below it what deserves a look.

use std::fmt::Display;

use crate::audit::{AuditReport, Disturbance, End, Move, Scenario, ScenarioReport};

use super::Page;
use super::explain::{section, text_of};

impl AuditReport {
    /// The audit as a page for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut page = Page::new(false);
        page.line(self.headline());
        if self.start != End::Settled {
            page.line("It does not come to rest even if nothing happens.");
            section(&mut page, "What is done", &cycle_of(&self.start), |page, round| page.item(round));
        }
        section(&mut page, "Not running even if nothing happens", &self.stopped, |page, service| page.item(service));
        self.write_table(&mut page);
        self.write_details(&mut page);
        text_of(page)
    }

    fn headline(&self) -> String {
        let sound = self.scenarios.iter().filter(|at| at.is_sound()).count();
        let (services, all) = (counted(self.services.len(), "service"), counted(self.scenarios.len(), "scenario"));
        format!("{services}, {all}: {sound} as they should be, {} not.", self.scenarios.len() - sound)
    }

    fn write_table(&self, page: &mut Page) {
        let names: Vec<String> = self.scenarios.iter().map(|at| scenario_text(&at.scenario)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        page.blank();
        page.line(format_args!("{:width$}  survive  lost  move  disturbed  transitions", ""));
        for (name, at) in names.iter().zip(&self.scenarios) {
            let [survive, lost, moved, disturbed] =
                [at.survives.len(), at.lost.len() + at.demoted.len(), at.moved.len(), at.disturbed.len()];
            let rounds = if at.end == End::Settled { at.rounds.to_string() } else { "never rests".to_owned() };
            page.line(format_args!("{name:width$}  {survive:>7}  {lost:>4}  {moved:>4}  {disturbed:>9}  {rounds:>11}"));
        }
    }

    fn write_details(&self, page: &mut Page) {
        let lines = |told: &dyn Fn(&ScenarioReport) -> Vec<String>| -> Vec<String> {
            let told = self.scenarios.iter().map(|at| (scenario_text(&at.scenario), told(at)));
            told.filter(|(_, items)| !items.is_empty()).map(|(name, items)| format!("{name}: {}", items.join(", "))).collect()
        };
        let write = |page: &mut Page, line: &String| page.item(line);
        section(page, "Lost", &lines(&|at| at.lost.clone()), write);
        section(page, "No longer promoted anywhere", &lines(&|at| at.demoted.clone()), write);
        section(page, "On fewer nodes", &lines(&reductions), write);
        section(page, "Moves", &lines(&|at| at.moved.iter().map(move_text).collect()), write);
        section(page, "Disturbed though nothing happened where they are", &lines(&disturbances), write);
        section(page, "Never at rest", &lines(&|at| cycle_of(&at.end)), write);
        let points = self.single_points.iter().map(|at| format!("{}: {}", scenario_text(&at.scenario), at.lost.join(", ")));
        section(page, "Single points of failure", &points.collect::<Vec<_>>(), write);
        let alone = self.single_node_services.iter().map(|at| format!("{}: {}", at.service, at.node));
        section(page, "Services that only one node can run", &alone.collect::<Vec<_>>(), write);
    }
}

fn counted(count: usize, what: impl Display) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What happens, in words.
#[must_use]
pub fn scenario_text(scenario: &Scenario) -> String {
    match scenario {
        Scenario::NodeFailure { node } => format!("{node} fails"),
        Scenario::Standby { node } => format!("{node} goes into standby"),
        Scenario::ResourceFailure { resource, node, .. } => format!("{resource} fails on {node}"),
        Scenario::QuorumLoss => "quorum is lost".to_owned(),
        Scenario::PairFailure { nodes: [one, other] } => format!("{one} and {other} fail"),
    }
}

fn move_text(at: &Move) -> String {
    let from = if at.from.is_empty() { "nowhere".to_owned() } else { at.from.join(" and ") };
    format!("{} ({from} -> {})", at.service, at.to.join(" and "))
}

fn reductions(at: &ScenarioReport) -> Vec<String> {
    at.reduced.iter().map(|at| format!("{} ({} -> {})", at.service, at.from, at.to)).collect()
}

fn disturbances(at: &ScenarioReport) -> Vec<String> {
    let text = |at: &Disturbance| match at {
        Disturbance::Moved(moved) => move_text(moved),
        Disturbance::Restarted { service, node } => format!("{service} (restarted on {node})"),
    };
    at.disturbed.iter().map(text).collect()
}

/// What is done again and again, a text a transition.
fn cycle_of(end: &End) -> Vec<String> {
    match end {
        End::Settled => Vec::new(),
        End::Cycle { rounds } => rounds.iter().map(|actions| format!("again and again {}", actions.join(" and "))).collect(),
        End::Unsettled => vec!["always something else to do".to_owned()],
        End::Broken { problem } => vec![problem.clone()],
    }
}
