//! Everything about one resource.

use crate::cib::{Cib, Score};
use crate::cluster::{Kind, NodeId, ResourceId, Role};
use crate::history::{Counting, fail_count};
use crate::run::Run;
use crate::{Settings, schedule};

use super::inquiry::{Inquiry, asking};
use super::trial::smallest_change;
use super::{ActionExplanation, ChangeNote, ContributionNote, FORMAT, NodeCondition, PlacementLink, Unknown};

/// Why a resource is where it is, and does what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Explanation {
    /// [`FORMAT`].
    pub format: u32,
    /// The resource.
    pub resource: String,
    /// What it is.
    pub kind: ResourceKind,
    /// Where it is active.
    pub active_on: Vec<String>,
    /// Where it will be; nothing if nowhere, or if that is several nodes.
    pub assigned_to: Option<String>,
    /// What it does.
    pub role: Role,
    /// What it will do.
    pub next_role: Role,
    /// The cluster takes care of it.
    pub managed: bool,
    /// It failed where it is.
    pub failed: bool,
    /// Something failed that only a person can mend.
    pub blocked: bool,
    /// How often it may fail on a node; nothing if that is no question.
    pub migration_threshold: Option<Score>,
    /// What it consists of, if it is more than one resource.
    pub parts: Vec<Part>,
    /// Why it is placed so, from resource to resource.
    pub causes: Vec<PlacementLink>,
    /// The nodes that it knows, best first.
    pub nodes: Vec<NodeVerdict>,
    /// What is done about it, and what can't be.
    pub actions: Vec<ActionExplanation>,
    /// The smallest single change that was found to make it go elsewhere.
    pub change: Option<ChangeNote>,
}

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum ResourceKind {
    Primitive,
    Group,
    Clone,
    Bundle,
}

/// A primitive that is part of what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Part {
    /// The primitive.
    pub resource: String,
    /// Where it is active.
    pub active_on: Vec<String>,
    /// Where it will be.
    pub assigned_to: Option<String>,
    /// What it does.
    pub role: Role,
    /// What it will do.
    pub next_role: Role,
}

/// What speaks for a node and against it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeVerdict {
    /// The node.
    pub node: String,
    /// The score, as a simulation puts it out.
    pub score: Score,
    /// What it is made of: added up in order, by the rules of score arithmetic, these give the score.
    pub contributions: Vec<ContributionNote>,
    /// What the node is, apart from scores.
    pub condition: NodeCondition,
    /// What bans the resource from it, what came up after the scores were put out included.
    pub bans: Vec<ContributionNote>,
    /// How often the resource failed there.
    pub fail_count: Score,
    /// The resource gets this node.
    pub chosen: bool,
}

/// Explains a resource, on all nodes or on one.
///
/// # Errors
///
/// If there is no such resource or node.
pub fn explain(cib: &Cib, settings: &Settings, resource: &str, node: Option<&str>) -> Result<Explanation, Unknown> {
    let settings = asking(settings);
    let mut schedule = schedule(cib, &settings);
    let (id, node) = {
        let inquiry = Inquiry::of(&schedule);
        (inquiry.resource(resource)?, node.map(|node| inquiry.node(node)).transpose()?)
    };
    let known = schedule.run.cluster.node_order.clone();
    let counts: Vec<(NodeId, Score)> = known.into_iter().map(|at| (at, failures(&mut schedule.run, id, at))).collect();
    let inquiry = Inquiry::of(&schedule);
    let mut explanation = inquiry.explanation(id);
    let nodes = inquiry.ranked(id).into_iter().filter(|at| node.is_none_or(|node| node == *at));
    explanation.nodes = nodes.map(|at| inquiry.verdict(id, at, &counts)).collect();
    explanation.change = smallest_change(cib, &settings, &inquiry, id, node);
    Ok(explanation)
}

fn failures(run: &mut Run<'_>, resource: ResourceId, node: NodeId) -> Score {
    Score::new(fail_count(run, resource, node, Counting::WithLaunched).count.into())
}

impl Inquiry<'_, '_> {
    fn explanation(&self, id: ResourceId) -> Explanation {
        let cluster = &self.run.cluster;
        let resource = &cluster[id];
        let leaves = cluster.leaves(id).into_iter().filter(|&leaf| leaf != id);
        Explanation {
            format: FORMAT,
            resource: resource.id.clone(),
            kind: match resource.kind {
                Kind::Primitive => ResourceKind::Primitive,
                Kind::Group(_) => ResourceKind::Group,
                Kind::Clone(_) => ResourceKind::Clone,
                Kind::Bundle(_) => ResourceKind::Bundle,
            },
            active_on: self.active_on(id),
            assigned_to: self.assigned(id).map(|node| self.node_name(node)),
            role: cluster.role_of(id),
            next_role: cluster.next_role_of(id),
            managed: resource.managed,
            failed: cluster.tree_of(id).iter().any(|&at| cluster[at].failed),
            blocked: resource.blocked,
            migration_threshold: Some(resource.migration_threshold).filter(|&most| most > Score::ZERO && !most.is_infinite()),
            parts: leaves.map(|leaf| self.part(leaf)).collect(),
            causes: if self.scores(id).is_empty() && !resource.is_primitive() { Vec::new() } else { self.placement_chain(id) },
            nodes: Vec::new(),
            actions: self.explain_actions(id),
            change: None,
        }
    }

    pub(super) fn part(&self, id: ResourceId) -> Part {
        Part {
            resource: self.resource_name(id),
            active_on: self.active_on(id),
            assigned_to: self.assigned(id).map(|node| self.node_name(node)),
            role: self.run[id].role,
            next_role: self.run[id].next_role,
        }
    }

    fn active_on(&self, id: ResourceId) -> Vec<String> {
        self.run.cluster.active_nodes(id).into_iter().map(|node| self.node_name(node)).collect()
    }

    fn verdict(&self, resource: ResourceId, node: NodeId, counts: &[(NodeId, Score)]) -> NodeVerdict {
        NodeVerdict {
            node: self.node_name(node),
            score: self.score(resource, node).unwrap_or_default(),
            contributions: self.contributions(resource, node).iter().map(|&at| self.note(at)).collect(),
            condition: self.condition(node),
            bans: self.bans(resource, node).into_iter().map(|at| self.note(at)).collect(),
            fail_count: counts.iter().find(|(at, _)| *at == node).map(|&(_, count)| count).unwrap_or_default(),
            chosen: self.run.cluster.assigned_nodes(resource).contains(&node),
        }
    }
}
