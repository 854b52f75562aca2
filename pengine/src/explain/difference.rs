//! Why two snapshots give different plans: what differs of nodes, scores and actions.

use std::collections::{BTreeMap, BTreeSet};

use crate::cib::{Cib, Score};
use crate::cluster::ResourceId;
use crate::transition::key_text;
use crate::{Settings, schedule};

use super::action::Verdict;
use super::inquiry::{Inquiry, asking};
use super::{ContributionNote, FORMAT, NodeCondition, Part, Unknown};

/// What differs between two snapshots of a cluster, and between what comes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ClusterDifference {
    /// [`FORMAT`].
    pub format: u32,
    /// Nodes that are otherwise.
    pub nodes: Vec<NodeDifference>,
    /// Resources that are, or will be, otherwise.
    pub resources: Vec<ResourceDifference>,
    /// What is done only in the first.
    pub only_first: Vec<ActionNote>,
    /// What is done only in the second.
    pub only_second: Vec<ActionNote>,
}

/// A node that is otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct NodeDifference {
    /// The node.
    pub node: String,
    /// What it is in the first; nothing if there is no such node.
    pub first: Option<NodeCondition>,
    /// What it is in the second.
    pub second: Option<NodeCondition>,
}

/// A primitive that is, or will be, otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ResourceDifference {
    /// The resource.
    pub resource: String,
    /// What it is in the first; nothing if there is no such resource.
    pub first: Option<Part>,
    /// What it is in the second.
    pub second: Option<Part>,
    /// Scores that differ.
    pub scores: Vec<ScoreDifference>,
}

/// A score that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ScoreDifference {
    /// The node.
    pub node: String,
    /// The score in the first; nothing if the resource doesn't know the node.
    pub first: Option<Score>,
    /// The score in the second.
    pub second: Option<Score>,
    /// What is part of the score in the first only.
    pub only_first: Vec<ContributionNote>,
    /// What is part of the score in the second only.
    pub only_second: Vec<ContributionNote>,
}

/// An action that is done.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ActionNote {
    /// Its key.
    pub action: String,
    /// Its node, if it has one.
    pub node: Option<String>,
}

/// Tells what differs between two snapshots: of one resource and what it consists of, or of all.
///
/// # Errors
///
/// If neither has such a resource.
pub fn explain_difference([first, second]: [(&Cib, &Settings); 2], resource: Option<&str>) -> Result<ClusterDifference, Unknown> {
    let settings = [asking(first.1), asking(second.1)];
    let schedules = [schedule(first.0, &settings[0]), schedule(second.0, &settings[1])];
    let pair = Pair { first: Inquiry::of(&schedules[0]), second: Inquiry::of(&schedules[1]) };
    let names = pair.resources(resource)?;
    let [only_first, only_second] = pair.actions(resource.map(|_| &names[..]));
    Ok(ClusterDifference {
        format: FORMAT,
        nodes: pair.nodes(),
        resources: names.into_iter().filter_map(|name| pair.compare(name)).collect(),
        only_first,
        only_second,
    })
}

/// A score with what it is made of.
type Made = (Score, Vec<ContributionNote>);

struct Pair<'s, 'c> {
    first: Inquiry<'s, 'c>,
    second: Inquiry<'s, 'c>,
}

impl Pair<'_, '_> {
    fn both(&self) -> [&Inquiry<'_, '_>; 2] {
        [&self.first, &self.second]
    }

    fn nodes(&self) -> Vec<NodeDifference> {
        let conditions = |inquiry: &Inquiry<'_, '_>| -> BTreeMap<String, NodeCondition> {
            inquiry.run.cluster.node_order.iter().map(|&node| (inquiry.node_name(node), inquiry.condition(node))).collect()
        };
        let (first, second) = (conditions(&self.first), conditions(&self.second));
        let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
        let all = names.into_iter().map(|node| NodeDifference {
            node: node.clone(),
            first: first.get(node).copied(),
            second: second.get(node).copied(),
        });
        all.filter(|at| at.first != at.second).collect()
    }

    /// The primitives that are looked at, in the order of the first snapshot.
    fn resources(&self, wanted: Option<&str>) -> Result<Vec<String>, Unknown> {
        let mut names: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        let mut found = Vec::new();
        for inquiry in self.both() {
            let cluster = &inquiry.run.cluster;
            let leaves = match wanted.map(|wanted| inquiry.resource(wanted)) {
                None => cluster.top.iter().flat_map(|&top| cluster.leaves(top)).collect(),
                Some(Ok(resource)) => cluster.leaves(resource),
                Some(Err(unknown)) => {
                    found.push(unknown);
                    continue;
                }
            };
            names.extend(leaves.into_iter().map(|leaf| inquiry.resource_name(leaf)).filter(|name| known.insert(name.clone())));
        }
        match <[Unknown; 2]>::try_from(found) {
            Ok([unknown, _]) => Err(unknown),
            Err(_) => Ok(names),
        }
    }

    /// What differs of a primitive; nothing if nothing does.
    fn compare(&self, name: String) -> Option<ResourceDifference> {
        let ids = self.both().map(|inquiry| inquiry.primitive(&name));
        let [first, second] = [0, 1].map(|at| ids[at].map(|id| self.both()[at].part(id)));
        let scores = self.scores(ids);
        let differs = first != second || !scores.is_empty();
        differs.then_some(ResourceDifference { resource: name, first, second, scores })
    }

    fn scores(&self, ids: [Option<ResourceId>; 2]) -> Vec<ScoreDifference> {
        let mut rows: BTreeMap<String, [Option<Made>; 2]> = BTreeMap::new();
        for (at, (inquiry, id)) in self.both().into_iter().zip(ids).enumerate() {
            let Some(id) = id else { continue };
            for &(node, score) in inquiry.scores(id) {
                let notes = inquiry.contributions(id, node).iter().map(|&at| inquiry.note(at)).collect();
                rows.entry(inquiry.node_name(node)).or_default()[at] = Some((score, notes));
            }
        }
        let differing = rows.into_iter().filter(|(_, [first, second])| first != second);
        differing.map(|(node, [first, second])| ScoreDifference::of(node, first, second)).collect()
    }

    /// What is done in the one and not in the other, all or about these resources.
    fn actions(&self, about: Option<&[String]>) -> [Vec<ActionNote>; 2] {
        let planned = |inquiry: &Inquiry<'_, '_>| inquiry.planned(about);
        let (first, second) = (planned(&self.first), planned(&self.second));
        let without = |these: &[ActionNote], those: &[ActionNote]| -> Vec<ActionNote> {
            these.iter().filter(|at| those.binary_search(at).is_err()).cloned().collect()
        };
        [without(&first, &second), without(&second, &first)]
    }
}

impl ScoreDifference {
    fn of(node: String, first: Option<Made>, second: Option<Made>) -> Self {
        let (first, of_first) = first.map_or((None, Vec::new()), |(score, notes)| (Some(score), notes));
        let (second, of_second) = second.map_or((None, Vec::new()), |(score, notes)| (Some(score), notes));
        let without = |these: &[ContributionNote], those: &[ContributionNote]| {
            these.iter().filter(|at| !those.contains(at)).cloned().collect()
        };
        let (only_first, only_second) = (without(&of_first, &of_second), without(&of_second, &of_first));
        Self { node, first, second, only_first, only_second }
    }
}

impl Inquiry<'_, '_> {
    fn primitive(&self, name: &str) -> Option<ResourceId> {
        let cluster = &self.run.cluster;
        cluster.all_resources().into_iter().find(|&at| cluster[at].is_primitive() && cluster[at].id == name)
    }

    /// The actions that are done and do something, sorted.
    fn planned(&self, about: Option<&[String]>) -> Vec<ActionNote> {
        let chosen = self.selection.chosen.iter().copied().filter(|&id| !self.run[id].pseudo);
        let is_meant =
            |resource: Option<ResourceId>| about.is_none_or(|about| resource.is_some_and(|at| about.contains(&self.run[at].id)));
        let mut notes: Vec<ActionNote> = chosen
            .filter(|&id| is_meant(self.run[id].resource) && self.verdict_of(id) == Verdict::Planned)
            .map(|id| ActionNote { action: key_text(self.run, id), node: self.run[id].node.map(|node| self.node_name(node)) })
            .collect();
        notes.sort();
        notes
    }
}
