//! What became of the services.

use std::collections::BTreeSet;

use super::rest::{End, Rest};
use super::services::Services;
use super::{FORMAT, Scenario};

/// The whole result of an audit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct AuditReport {
    /// [`FORMAT`].
    pub format: u32,
    /// The services that run if nothing happens.
    pub services: Vec<String>,
    /// The services that don't run even so.
    pub stopped: Vec<String>,
    /// How the cluster came to rest before anything happened.
    pub start: End,
    /// What becomes of each scenario.
    pub scenarios: Vec<ScenarioReport>,
    /// Single failures that some service doesn't survive.
    pub single_points: Vec<SinglePoint>,
    /// Services that only their one node can run.
    pub single_node_services: Vec<SingleNode>,
}

/// What becomes of one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ScenarioReport {
    /// What happens.
    pub scenario: Scenario,
    /// Whether the cluster comes to rest again.
    pub end: End,
    /// How many transitions that takes.
    pub rounds: usize,
    /// Services that run afterwards as well.
    pub survives: Vec<String>,
    /// Services that run nowhere afterwards.
    pub lost: Vec<String>,
    /// Services that were promoted somewhere, and are not any more.
    pub demoted: Vec<String>,
    /// Services that run on fewer nodes.
    pub reduced: Vec<Reduction>,
    /// Services that go elsewhere, as they have to.
    pub moved: Vec<Move>,
    /// Services that move or are restarted though nothing happened where they are.
    pub disturbed: Vec<Disturbance>,
}

/// A service that runs on fewer nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Reduction {
    /// The service.
    pub service: String,
    /// On how many before.
    pub from: usize,
    /// On how many afterwards.
    pub to: usize,
}

/// A service that goes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Move {
    /// The service.
    pub service: String,
    /// The nodes that it leaves.
    pub from: Vec<String>,
    /// The nodes that it comes to.
    pub to: Vec<String>,
}

/// A service that moves or is restarted without need.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum Disturbance {
    /// It moves.
    Moved(Move),
    /// It is restarted where it is.
    Restarted {
        /// The service.
        service: String,
        /// The node.
        node: String,
    },
}

/// A single failure that some service doesn't survive.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SinglePoint {
    /// What fails.
    pub scenario: Scenario,
    /// What is lost by it.
    pub lost: Vec<String>,
}

/// A service that only its one node can run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SingleNode {
    /// The service.
    pub service: String,
    /// The node.
    pub node: String,
}

impl ScenarioReport {
    pub(super) fn of(scenario: &Scenario, rest: Rest, before: &Services, after: &Services) -> Self {
        let mut report = Self {
            scenario: scenario.clone(),
            end: rest.end.clone(),
            rounds: rest.rounds,
            survives: Vec::new(),
            lost: Vec::new(),
            demoted: Vec::new(),
            reduced: Vec::new(),
            moved: Vec::new(),
            disturbed: Vec::new(),
        };
        for service in before.0.keys() {
            report.add(service, &rest, before, after);
        }
        report
    }

    fn add(&mut self, service: &str, rest: &Rest, before: &Services, after: &Services) {
        let (was, is) = (before.nodes(service), after.nodes(service));
        if was.is_empty() {
            return;
        }
        if is.is_empty() {
            self.lost.push(service.to_owned());
            return;
        }
        self.survives.push(service.to_owned());
        if before.has_promoted(service) && !after.has_promoted(service) {
            self.demoted.push(service.to_owned());
        }
        if is.len() < was.len() {
            self.reduced.push(Reduction { service: service.to_owned(), from: was.len(), to: is.len() });
        }
        self.add_moves(service, &was, &is);
        self.add_restarts(service, rest, &was, &is);
    }

    fn add_moves(&mut self, service: &str, was: &BTreeSet<&str>, is: &BTreeSet<&str>) {
        let names = |nodes: &BTreeSet<&str>, others: &BTreeSet<&str>| -> Vec<String> {
            nodes.difference(others).map(|&node| node.to_owned()).collect()
        };
        let (from, to) = (names(was, is), names(is, was));
        if to.is_empty() {
            return;
        }
        let has_to = from.iter().any(|node| self.scenario.concerns(node));
        let moved = Move { service: service.to_owned(), from, to };
        if has_to { self.moved.push(moved) } else { self.disturbed.push(Disturbance::Moved(moved)) }
    }

    fn add_restarts(&mut self, service: &str, rest: &Rest, was: &BTreeSet<&str>, is: &BTreeSet<&str>) {
        for &node in was.intersection(is).filter(|&&node| !self.scenario.concerns(node)) {
            let place = (service.to_owned(), node.to_owned());
            if !rest.disconnected.contains(node) && rest.stopped.contains(&place) && rest.started.contains(&place) {
                self.disturbed.push(Disturbance::Restarted { service: place.0, node: place.1 });
            }
        }
    }

    /// Whether all that ran runs again, and the cluster rests.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.end == End::Settled && (!self.scenario.is_single() || self.lost.is_empty() && self.demoted.is_empty())
    }
}

impl AuditReport {
    pub(super) fn of(services: &Services, start: &Rest, scenarios: Vec<ScenarioReport>) -> Self {
        let is_failure = |at: &Scenario| at.is_single() && !matches!(at, Scenario::Standby { .. });
        let losing = scenarios.iter().filter(|at| is_failure(&at.scenario) && !at.lost.is_empty());
        let single_points = losing.map(|at| SinglePoint { scenario: at.scenario.clone(), lost: at.lost.clone() }).collect();
        let (running, stopped): (Vec<String>, Vec<String>) =
            services.0.keys().cloned().partition(|service| !services.nodes(service).is_empty());
        let mut single_node_services = Vec::new();
        for at in &scenarios {
            let Scenario::NodeFailure { node } = &at.scenario else { continue };
            let lost = at.lost.iter().filter(|service| services.nodes(service).len() == 1);
            single_node_services.extend(lost.map(|service| SingleNode { service: service.clone(), node: node.clone() }));
        }
        Self {
            format: FORMAT,
            services: running,
            stopped,
            start: start.end.clone(),
            scenarios,
            single_points,
            single_node_services,
        }
    }

    /// Whether the cluster rests, survives each single failure, and rests again whatever happens.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.start == End::Settled && self.scenarios.iter().all(ScenarioReport::is_sound)
    }
}
