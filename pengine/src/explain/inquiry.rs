//! What questions are asked of: a finished run with its ledger.

use rustc_hash::FxHashMap;

use crate::cib::Score;
use crate::cluster::{Kind, NodeId, ResourceId};
use crate::ledger::{Contribution, ShownSheet};
use crate::run::{AssignStep, Run};
use crate::transition::Selection;
use crate::{Schedule, Settings};

use super::ContributionNote;

/// A question about something that there is none of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// A resource.
    #[error("there is no resource '{0}'")]
    Resource(String),
    /// A node.
    #[error("there is no node '{0}'")]
    Node(String),
}

/// What a node is to the placement of resources, apart from scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum NodeCondition {
    Online,
    Standby,
    Maintenance,
    ShuttingDown,
    Pending,
    Unclean,
    Offline,
}

/// Settings of a run that can be asked why.
pub(super) fn asking(settings: &Settings) -> Settings {
    Settings { keep_causes: true, ..settings.clone() }
}

/// A finished run that is asked why.
pub(super) struct Inquiry<'s, 'c> {
    pub run: &'s Run<'c>,
    pub selection: &'s Selection,
    sheets: FxHashMap<ResourceId, &'s ShownSheet>,
}

impl<'s, 'c> Inquiry<'s, 'c> {
    /// Takes up a run.
    pub fn of(schedule: &'s Schedule<'c>) -> Self {
        let run = &schedule.run;
        let mut sheets = FxHashMap::default();
        for shown in run.ledger.iter().flat_map(|ledger| &ledger.shown) {
            // A primitive's scores are those of its own assignment, not those before its collective's.
            if !run[shown.resource].is_primitive() || shown.step == AssignStep::Primitive {
                sheets.insert(shown.resource, shown);
            }
        }
        Self { run, selection: &schedule.selection, sheets }
    }

    /// The resource of that id; what has only instances of it is a clone.
    pub fn resource(&self, name: &str) -> Result<ResourceId, Unknown> {
        let cluster = &self.run.cluster;
        let exact = cluster.all_resources().into_iter().find(|&at| cluster[at].id == name);
        let found = exact.or_else(|| cluster.find_for_constraint(name)).or_else(|| {
            let same = cluster.all_resources().into_iter().find(|&at| cluster[at].xml_id == name);
            same.map(|at| cluster.top_of(at))
        });
        found.ok_or_else(|| Unknown::Resource(name.to_owned()))
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Result<NodeId, Unknown> {
        self.run.cluster.node_named(name).ok_or_else(|| Unknown::Node(name.to_owned()))
    }

    /// The scores of a resource as they were put out last.
    pub fn scores(&self, resource: ResourceId) -> &'s [(NodeId, Score)] {
        self.sheets.get(&resource).map_or(&[], |shown| &shown.scores)
    }

    /// The score of a resource on a node.
    pub fn score(&self, resource: ResourceId, node: NodeId) -> Option<Score> {
        self.scores(resource).iter().find(|(at, _)| *at == node).map(|&(_, score)| score)
    }

    /// What that score is made of.
    pub fn contributions(&self, resource: ResourceId, node: NodeId) -> &'s [Contribution] {
        self.sheets.get(&resource).map_or(&[], |shown| shown.sheet.on(node))
    }

    /// What bans a resource from a node, what came up only after its scores were put out included.
    pub fn bans(&self, resource: ResourceId, node: NodeId) -> Vec<Contribution> {
        let shown = self.contributions(resource, node);
        let now = self.run.ledger.as_ref().map_or(&[][..], |ledger| ledger.sheet(resource).on(node));
        let later = now.strip_prefix(shown).unwrap_or_default();
        let mut bans: Vec<Contribution> = Vec::new();
        for &ban in shown.iter().chain(later).filter(|at| at.score.is_minus_infinite()) {
            if !bans.contains(&ban) {
                bans.push(ban);
            }
        }
        bans
    }

    /// A contribution with names for ids.
    pub fn note(&self, contribution: Contribution) -> ContributionNote {
        ContributionNote::of(&self.run.cluster, contribution)
    }

    /// Where a resource is, if it is active.
    pub fn current(&self, resource: ResourceId) -> Option<NodeId> {
        let active = &self.run[resource].active_on;
        self.run.cluster.current_node(resource).filter(|_| !active.is_empty())
    }

    /// The one node that a resource is assigned to.
    pub fn assigned(&self, resource: ResourceId) -> Option<NodeId> {
        self.run.cluster.single_assigned_node(resource)
    }

    /// Whether a resource is one that may be on several nodes.
    pub fn is_collective(&self, resource: ResourceId) -> bool {
        matches!(self.run[resource].kind, Kind::Clone(_) | Kind::Bundle(_))
    }

    /// The nodes that a resource will be on and can be started on.
    pub fn placed(&self, resource: ResourceId) -> Vec<NodeId> {
        if !self.is_collective(resource) {
            return self.assigned(resource).filter(|_| self.can_run(resource)).into_iter().collect();
        }
        let leaves = self.run.cluster.leaves(resource).into_iter().filter(|&leaf| self.can_run(leaf));
        leaves.filter_map(|leaf| self.run[leaf].assigned).collect()
    }

    pub fn node_name(&self, node: NodeId) -> String {
        self.run[node].name.clone()
    }

    pub fn resource_name(&self, resource: ResourceId) -> String {
        self.run[resource].id.clone()
    }

    /// What a node is to the placement of resources.
    pub fn condition(&self, node: NodeId) -> NodeCondition {
        let node = &self.run[node];
        match () {
            () if node.unclean => NodeCondition::Unclean,
            () if !node.online => NodeCondition::Offline,
            () if node.pending => NodeCondition::Pending,
            () if node.shutting_down => NodeCondition::ShuttingDown,
            () if node.standby => NodeCondition::Standby,
            () if node.maintenance => NodeCondition::Maintenance,
            () => NodeCondition::Online,
        }
    }

    /// The nodes that a resource knows, best first: those that it can be on, by score; the one that it has goes first of all.
    pub fn ranked(&self, resource: ResourceId) -> Vec<NodeId> {
        let assigned = self.assigned(resource);
        let mut scores = self.scores(resource).to_vec();
        let can_hold = |node: NodeId, score: Score| self.run[node].is_available() && !score.is_negative();
        scores.sort_by_key(|&(node, score)| (assigned != Some(node), !can_hold(node, score), std::cmp::Reverse(score)));
        scores.into_iter().map(|(node, _)| node).collect()
    }
}
