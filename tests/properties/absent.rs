//! Why something may be waited for that can't be done. Nothing checks that what has to come first is in the graph (GRAPH-24): mostly it is
//! announced as blocked, and what waits for it stays undone as well.

use pengine::transition::GraphAction;

use crate::graph::Action;
use crate::plan::Plan;
use crate::random_cluster::{Constraint, NodeState, PartRole};

/// What is waited for and not in the graph.
pub struct Absent<'p> {
    plan: &'p Plan<'p>,
    action: Action,
    /// What it belongs to.
    resource: usize,
    tells_of_demotion: bool,
}

impl<'p> Absent<'p> {
    /// Nothing if it belongs to no resource.
    pub fn of(plan: &'p Plan<'p>, absent: &GraphAction) -> Option<Self> {
        let action = Action::of(0, absent);
        let resource = plan.cluster.resource_called(&action.resource)?;
        let tells_of_demotion = absent.attribute("operation_key").is_some_and(|key| key.ends_with("_demoted_0"));
        Some(Self { plan, action, resource, tells_of_demotion })
    }

    /// Why it may be waited for; nothing if it may not.
    pub fn excuse(&self) -> Option<&'static str> {
        let Self { plan, action, resource, .. } = self;
        let mut parts = plan.cluster.parts_of(*resource).iter();
        let node = plan.node_of(action);
        match action.task.as_str() {
            "migrate_to" | "migrate_from" => Some("FENCE-46: before a connection ends"),
            "monitor" if node.is_some_and(|node| self.is_out_of_sight(node)) => Some("ORD-60: a look that can't be had"),
            _ if self.tells_of_demotion && self.is_of_groups() => Some("INST-70: not all members have to be demoted"),
            _ if node.is_some_and(|node| plan.is_given_up(node)) => Some("GRAPH-11: asked of a node that is given up"),
            _ if plan.is_left_alone(*resource) => Some("GRAPH-24: it is left alone"),
            _ if parts.any(|part| plan.is_hindered(part) || plan.is_halted(part)) => Some("GRAPH-24: it is announced as blocked"),
            "start" if self.is_launched() => self.excuse_by_company(),
            _ => plan.cluster.constraints.iter().find_map(|constraint| self.excuse_by(constraint)),
        }
    }

    /// Why it may be waited for, as a constraint has it.
    fn excuse_by(&self, constraint: &Constraint) -> Option<&'static str> {
        match constraint {
            Constraint::Order { pair, kind, symmetrical } if self.is_among(&pair.both()) => match kind {
                &"Serialize" => Some("GRAPH-24: in a series"),
                _ if self.migrates(pair.dependent) => Some("ORD-15: a migration waits like a start"),
                _ if !symmetrical => Some("ORD-73: a collective's own action, one way"),
                _ => self.excuse_by_pairs(&[pair.dependent]).or_else(|| self.excuse_by_other(&pair.both())),
            },
            Constraint::OrderSet { resources, kind, .. } if self.is_among(resources) => match kind {
                &"Serialize" => Some("GRAPH-24: in a series"),
                _ => self.excuse_by_pairs(resources).or_else(|| self.excuse_by_other(resources)),
            },
            Constraint::Base { link, base } if self.is_among(&[*link, *base]) => self.excuse_by_other(&[*link, *base]),
            Constraint::Colocation { pair, score: "INFINITY" } if pair.dependent == self.resource => self.excuse_by_company(),
            Constraint::ColocationSet { resources, score: "INFINITY", .. } if self.is_among(resources) => {
                self.excuse_by_company()
            }
            _ => None,
        }
    }

    fn excuse_by_pairs(&self, others: &[usize]) -> Option<&'static str> {
        let is_paired = |&other: &usize| other != self.resource && self.plan.cluster.resources[other].is_interleaved();
        others.iter().any(is_paired).then_some("INST-64: what comes after it pair by pair is not blocked itself")
    }

    fn excuse_by_other(&self, ordered: &[usize]) -> Option<&'static str> {
        let is_left_alone = ordered.iter().any(|&other| self.plan.is_left_alone(other));
        is_left_alone.then_some("ORD-66: something that is left alone would have to stop before")
    }

    fn excuse_by_company(&self) -> Option<&'static str> {
        let begins = matches!(self.action.task.as_str(), "start" | "running" | "promote" | "promoted");
        begins.then_some("COLO-93: blocked when what follows it was settled")
    }

    /// Whether it belongs to a connection, which has to be with what runs its node.
    fn is_launched(&self) -> bool {
        let mut parts = self.plan.cluster.parts_of(self.resource).iter().filter(|part| part.is_called(&self.action.resource));
        parts.any(|part| matches!(part.role, PartRole::Connection { .. }))
    }

    fn migrates(&self, resource: usize) -> bool {
        let is_of_it = |action: &Action| self.plan.cluster.parts_of(resource).iter().any(|part| part.is_called(&action.resource));
        self.plan.graph.actions.iter().any(|action| action.task == "migrate_to" && is_of_it(action))
    }

    fn is_among(&self, resources: &[usize]) -> bool {
        resources.contains(&self.resource)
    }

    /// Whether a node joins, or is reached through something that may have to go.
    fn is_out_of_sight(&self, node: usize) -> bool {
        self.plan.member(node).is_none_or(|state| state == NodeState::Pending)
    }

    fn is_of_groups(&self) -> bool {
        self.plan.cluster.resources[self.resource].has_groups()
    }
}
