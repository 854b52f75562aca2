//! Assigning the instances of a clone or the containers of a bundle (INST section 6).

use crate::cib::Score;
use crate::cluster::{NodeId, NodeTable, ResourceId};
use crate::ledger::Cause;
use crate::run::Run;

use super::assignment::{Mode, Request};
use super::commit::{set_provisional, undo};
use super::scores::{Remembered, add_if_known, add_score, copy_table, is_usable, known_nodes, remember, restore};

/// The instances of one collective, and how many there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The clone or bundle; its table counts instances by node.
    pub collective: ResourceId,
    /// In all.
    pub total: u32,
    /// On one node.
    pub per_node: u32,
}

/// The assignment of instances in order: first those that can stay where they are, then the others.
#[derive(Debug)]
pub(super) struct InstanceAssignments {
    limits: Limits,
    /// How many a node should have at least before another gets more.
    optimal: u32,
    assigned: u32,
    /// Those that were not asked yet whether they can stay.
    to_keep: std::vec::IntoIter<ResourceId>,
    /// Those that were not given a node yet.
    to_place: std::vec::IntoIter<ResourceId>,
    awaited: Option<Awaited>,
}

/// What is tried.
#[derive(Debug)]
enum Awaited {
    Stay(Stay),
    Place,
}

/// That an instance stays where it is.
#[derive(Debug)]
struct Stay {
    instance: ResourceId,
    node: NodeId,
    /// The scores of it and its members.
    scores: Vec<(ResourceId, Remembered)>,
    /// The collective's table with the true numbers of instances.
    counts: NodeTable,
    /// How many more tries there are.
    room: u32,
}

impl InstanceAssignments {
    pub(super) fn new(run: &mut Run<'_>, instances: Vec<ResourceId>, limits: Limits) -> Self {
        reset_counts(run, limits.collective);
        let available = run.cluster.allowed[limits.collective].iter().filter(|(node, _)| run[*node].is_available()).count();
        let available = u32::try_from(available).unwrap_or(u32::MAX);
        let optimal = limits.total.checked_div(available).unwrap_or(1).max(1);
        let (to_keep, to_place) = (instances.clone().into_iter(), instances.into_iter());
        Self { limits, optimal, assigned: 0, to_keep, to_place, awaited: None }
    }

    /// What has to be assigned next; the node is that of the last.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, node: Option<NodeId>) -> Option<Request> {
        let next_try = match self.awaited.take() {
            Some(Awaited::Stay(stay)) => self.see_whether_stays(run, stay, node),
            Some(Awaited::Place) => {
                self.count_placed(run, node);
                None
            }
            None => None,
        };
        next_try.or_else(|| self.keep_next(run)).or_else(|| self.place_next(run))
    }

    fn keep_next(&mut self, run: &mut Run<'_>) -> Option<Request> {
        while self.assigned < self.limits.total {
            let instance = self.to_keep.next()?;
            let stay = self.node_to_keep(run, instance).map(|node| self.begin_stay(run, instance, node));
            if let Some(request) = stay.and_then(|stay| self.try_to_stay(run, stay)) {
                return Some(request);
            }
        }
        None
    }

    /// Where an instance should stay if it can (INST-17).
    fn node_to_keep(&self, run: &Run<'_>, instance: ResourceId) -> Option<NodeId> {
        if !run[instance].provisional || run[instance].failed {
            return None;
        }
        let node = run.cluster.current_node(instance)?;
        let is_full = run.cluster.allowed[self.limits.collective].get(node).is_some_and(|entry| entry.count >= self.optimal);
        let may_have = run[node].is_available() && !run[node].score.is_negative();
        let is_usable = || run.cluster.allowed[instance].get(node).is_some_and(|entry| is_usable(run, node, entry));
        Some(node).filter(|_| may_have && !is_full && is_usable())
    }

    /// Begins to assign an instance early to the node where it is. Where it would rather go, a place is reserved for
    /// another instance before the next try (INST-18).
    fn begin_stay(&self, run: &mut Run<'_>, instance: ResourceId, node: NodeId) -> Stay {
        let Limits { collective, total, .. } = self.limits;
        let scores = run.cluster.tree_of(instance).into_iter().map(|at| (at, remember(run, at))).collect();
        let scratch = copy_table(run, &run.cluster.allowed[collective]);
        let counts = std::mem::replace(run.cluster.allowed.change(collective), scratch);
        Stay { instance, node, scores, counts, room: total - self.assigned }
    }

    fn try_to_stay(&mut self, run: &mut Run<'_>, stay: Stay) -> Option<Request> {
        let request = self.ask(run, stay.instance, Some(stay.node), Mode::Tentative);
        if request.is_none() {
            return self.see_whether_stays(run, stay, None);
        }
        self.awaited = Some(Awaited::Stay(stay));
        request
    }

    /// What came of a try: another try unless it stays, can't be anywhere, or none is left.
    fn see_whether_stays(&mut self, run: &mut Run<'_>, mut stay: Stay, chosen: Option<NodeId>) -> Option<Request> {
        if let Some(chosen) = chosen {
            count(run, self.limits.collective, chosen);
        }
        if chosen == Some(stay.node) {
            *run.cluster.allowed.change(self.limits.collective) = stay.counts;
            self.count_placed(run, chosen);
            return None;
        }
        for (at, scores) in &stay.scores {
            restore(run, *at, scores);
        }
        if chosen.is_none() {
            set_provisional(run, stay.instance, true);
        } else {
            undo(run, stay.instance);
            stay.room -= 1;
            if stay.room > 0 {
                return self.try_to_stay(run, stay);
            }
        }
        *run.cluster.allowed.change(self.limits.collective) = stay.counts;
        None
    }

    fn place_next(&mut self, run: &mut Run<'_>) -> Option<Request> {
        while let Some(instance) = self.to_place.next() {
            if !run[instance].provisional {
                continue;
            }
            if self.assigned >= self.limits.total {
                // INST-19: one too many keeps the mark of being unassigned, and will be stopped.
                add_score(run, instance, None, Score::MINUS_INFINITY, Cause::Instances);
            } else if let Some(request) = self.ask(run, instance, None, Mode::Final) {
                self.awaited = Some(Awaited::Place);
                return Some(request);
            }
        }
        None
    }

    fn count_placed(&mut self, run: &mut Run<'_>, node: Option<NodeId>) {
        if let Some(node) = node {
            count(run, self.limits.collective, node);
            self.assigned += 1;
        }
    }

    /// Asks for an instance to be assigned, unless that is under way already.
    fn ask(&self, run: &mut Run<'_>, instance: ResourceId, preferred: Option<NodeId>, mode: Mode) -> Option<Request> {
        if run[instance].assigning {
            return None;
        }
        ban_unfit_nodes(run, instance, self.limits);
        Some(Request { resource: instance, preferred, mode })
    }
}

/// Sets the numbers of instances by node back to none.
pub(super) fn reset_counts(run: &mut Run<'_>, collective: ResourceId) {
    for (_, entry) in run.cluster.allowed.change(collective).iter_mut() {
        entry.count = 0;
    }
}

/// Counts one more instance on a node, if the collective knows the node.
pub(super) fn count(run: &mut Run<'_>, collective: ResourceId, node: NodeId) {
    if let Some(entry) = run.cluster.allowed.change(collective).get_mut(node) {
        entry.count += 1;
    }
}

/// Bans an instance from nodes that the collective can't use or that are full (INST-20).
fn ban_unfit_nodes(run: &mut Run<'_>, instance: ResourceId, limits: Limits) {
    let removed = run[instance].removed;
    for node in known_nodes(run, instance) {
        let entry = run.cluster.allowed[limits.collective].get(node);
        let fits = entry.is_some_and(|entry| is_usable(run, node, entry) && entry.count < limits.per_node);
        if removed || !fits {
            add_if_known(run, instance, node, Score::MINUS_INFINITY, Cause::Instances);
            for member in run[instance].children.clone() {
                add_if_known(run, member, node, Score::MINUS_INFINITY, Cause::Instances);
            }
        }
    }
}
