//! Why a resource is placed where it is: what decided between its node and the next best one, from resource to resource.

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::ledger::{Cause, Contribution, GivenUp};

use super::inquiry::Inquiry;
use super::{ContributionNote, NodeCondition, Relation};

/// One link of the chain of causes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PlacementLink {
    /// The resource that is spoken of.
    pub resource: String,
    /// Where it is to be.
    pub assigned_to: Option<String>,
    /// Why there.
    pub reason: PlacementReason,
}

/// Why a resource is placed as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(tag = "kind", rename_all = "snake_case"))]
pub enum PlacementReason {
    /// It is not managed, so it stays as it is.
    Unmanaged,
    /// Something failed that only a person can mend, so it stays as it is.
    Blocked,
    /// It was removed from the configuration.
    Removed,
    /// It knows no node at all.
    NoNodes,
    /// It knows no other node.
    OnlyNode,
    /// It is paired with instances of another collective, and found none.
    NoPartner {
        /// That collective.
        others: String,
        /// Where it was to be.
        node: Option<String>,
    },
    /// The other node can't be used.
    Condition {
        /// The other node.
        node: String,
        /// What it is.
        condition: NodeCondition,
    },
    /// It is banned from the other node.
    Banned {
        /// The other node.
        node: String,
        /// By this.
        by: ContributionNote,
    },
    /// The score of the other node is below zero.
    Unwanted {
        /// The other node.
        node: String,
        /// Its score.
        score: Score,
        /// What weighs most in it.
        by: Option<ContributionNote>,
    },
    /// The other node has the lower score.
    Outscored {
        /// The other node.
        node: String,
        /// Its score.
        score: Score,
        /// The score of the resource's own node.
        own: Score,
        /// What makes most of the difference, and on which node.
        by: Option<(String, ContributionNote)>,
    },
    /// The scores are the same, and it is there already.
    Stays {
        /// The other node.
        node: String,
        /// The score of both.
        score: Score,
    },
    /// The scores are the same; capacity, the number of resources that the nodes have, and their names decide.
    Tie {
        /// The other node.
        node: String,
        /// The score of both.
        score: Score,
    },
}

/// A reason, and the resource to ask next.
type Step = (PlacementReason, Option<ResourceId>);

impl Inquiry<'_, '_> {
    /// Why a resource is placed where it is rather than elsewhere, or nowhere.
    pub fn placement_chain(&self, resource: ResourceId) -> Vec<PlacementLink> {
        let (mut chain, mut seen, mut next) = (Vec::new(), Vec::new(), Some(resource));
        let mut rival = None;
        while let Some(at) = next.filter(|at| !seen.contains(at)) {
            seen.push(at);
            let assigned = self.assigned(at);
            let steps = match assigned {
                _ if self.run[at].blocked => vec![(PlacementReason::Blocked, None)],
                _ if !self.run[at].managed => vec![(PlacementReason::Unmanaged, None)],
                None if self.run[at].removed => vec![(PlacementReason::Removed, None)],
                Some(node) => {
                    rival = rival.filter(|&other| other != node && self.score(at, other).is_some()).or(self.rival(at, node));
                    vec![self.why_not(at, node, rival)]
                }
                None => self.given_up(at).map_or_else(|| self.why_nowhere(at), |step| vec![step]),
            };
            next = steps.iter().find_map(|(_, next)| *next);
            chain.extend(steps.into_iter().map(|(reason, _)| PlacementLink {
                resource: self.resource_name(at),
                assigned_to: assigned.map(|node| self.node_name(node)),
                reason,
            }));
        }
        chain
    }

    /// The node that a resource might have had instead: the one where it is, or the next best.
    fn rival(&self, resource: ResourceId, assigned: NodeId) -> Option<NodeId> {
        let other = |&node: &NodeId| node != assigned;
        self.current(resource).filter(other).or_else(|| self.ranked(resource).into_iter().find(other))
    }

    fn given_up(&self, resource: ResourceId) -> Option<Step> {
        let GivenUp { others, node } = self.run.ledger.as_ref()?.given_up(resource)?;
        let reason =
            PlacementReason::NoPartner { others: self.resource_name(others), node: node.map(|node| self.node_name(node)) };
        Some((reason, None))
    }

    fn why_nowhere(&self, resource: ResourceId) -> Vec<Step> {
        let nodes = self.ranked(resource);
        if nodes.is_empty() {
            return vec![(PlacementReason::NoNodes, None)];
        }
        nodes.into_iter().filter_map(|node| self.obstacle(resource, node)).collect()
    }

    /// What keeps a resource off a node altogether.
    fn obstacle(&self, resource: ResourceId, id: NodeId) -> Option<Step> {
        let node = self.node_name(id);
        if !self.run[id].is_available() {
            return Some((PlacementReason::Condition { node, condition: self.condition(id) }, None));
        }
        if let Some(&ban) = self.bans(resource, id).first() {
            return Some((PlacementReason::Banned { node, by: self.note(ban) }, self.behind(ban)));
        }
        let score = self.score(resource, id).filter(|score| score.is_negative())?;
        let worst = self.contributions(resource, id).iter().min_by_key(|at| at.score).copied();
        let by = worst.map(|at| self.note(at));
        Some((PlacementReason::Unwanted { node, score, by }, worst.and_then(|at| self.behind(at))))
    }

    fn why_not(&self, resource: ResourceId, assigned: NodeId, rival: Option<NodeId>) -> Step {
        let Some(rival) = rival else { return (PlacementReason::OnlyNode, None) };
        if let Some(step) = self.obstacle(resource, rival) {
            return step;
        }
        let node = self.node_name(rival);
        let own = self.score(resource, assigned).unwrap_or_default();
        let score = self.score(resource, rival).unwrap_or_default();
        if score < own {
            let deciding = self.deciding(resource, assigned, rival);
            let by = deciding.map(|(on, at)| (self.node_name(on), self.note(at)));
            // What is placed with it only follows it, so that asking there would lead back.
            let next = deciding.filter(|&(_, at)| self.note(at).relation != Some(Relation::For));
            return (PlacementReason::Outscored { node, score, own, by }, next.and_then(|(_, at)| self.behind(at)));
        }
        let stays = self.current(resource) == Some(assigned);
        (if stays { PlacementReason::Stays { node, score } } else { PlacementReason::Tie { node, score } }, None)
    }

    /// What makes most of the difference between two nodes: what speaks for the one, or against the other.
    fn deciding(&self, resource: ResourceId, best: NodeId, other: NodeId) -> Option<(NodeId, Contribution)> {
        let only = |on: NodeId, not: NodeId| {
            let others = self.contributions(resource, not);
            self.contributions(resource, on).iter().filter(move |at| !others.contains(at)).map(move |&at| (on, at))
        };
        let speaks = |&(on, at): &(NodeId, Contribution)| if on == best { at.score.value() } else { -at.score.value() };
        only(best, other).chain(only(other, best)).filter(|at| speaks(at) > 0).max_by_key(speaks)
    }

    /// The other resource whose placement is behind a contribution.
    fn behind(&self, contribution: Contribution) -> Option<ResourceId> {
        match contribution.cause {
            Cause::Colocation { with, .. } => Some(with),
            _ => None,
        }
    }
}
