//! Assigning the instances of a clone or the containers of a bundle (INST section 6).

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::ledger::Cause;
use crate::run::Run;

use super::commit::{set_provisional, undo};
use super::scores::{Remembered, add_if_known, add_score, copy_table, is_usable, known_nodes, remember, restore};
use super::{Mode, assign};

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

/// Assigns instances in order: first those that can stay where they are, then the others.
pub(super) fn assign_instances(run: &mut Run<'_>, instances: &[ResourceId], limits: Limits) {
    reset_counts(run, limits.collective);
    let available = run.cluster.allowed[limits.collective].iter().filter(|(node, _)| run[*node].is_available()).count();
    let available = u32::try_from(available).unwrap_or(u32::MAX);
    let optimal = limits.total.checked_div(available).unwrap_or(1).max(1);
    let mut assigned = 0;
    for &instance in instances {
        if assigned >= limits.total {
            break;
        }
        if let Some(node) = node_to_keep(run, instance, limits, optimal)
            && keep_on(run, instance, node, limits, limits.total - assigned)
        {
            assigned += 1;
        }
    }
    for &instance in instances {
        if !run[instance].provisional {
            continue;
        }
        if assigned >= limits.total {
            // INST-19: one too many keeps the mark of being unassigned, and will be stopped.
            add_score(run, instance, None, Score::MINUS_INFINITY, Cause::Instances);
        } else if let Some(node) = try_assign(run, instance, None, limits, Mode::Final) {
            count(run, limits.collective, node);
            assigned += 1;
        }
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

/// Where an instance should stay if it can (INST-17).
fn node_to_keep(run: &Run<'_>, instance: ResourceId, limits: Limits, optimal: u32) -> Option<NodeId> {
    if !run[instance].provisional || run[instance].failed {
        return None;
    }
    let node = run.cluster.current_node(instance)?;
    let is_full = run.cluster.allowed[limits.collective].get(node).is_some_and(|entry| entry.count >= optimal);
    let is_usable = run[node].is_available() && !run[node].score.is_negative();
    Some(node).filter(|_| is_usable && !is_full)
}

/// Assigns an instance early to the node where it is. Where it would rather go, a place is reserved for another instance
/// before the next try (INST-18). Whether it stays.
fn keep_on(run: &mut Run<'_>, instance: ResourceId, node: NodeId, limits: Limits, room: u32) -> bool {
    if !run.cluster.allowed[instance].get(node).is_some_and(|entry| is_usable(run, node, entry)) {
        return false;
    }
    let tree = run.cluster.tree_of(instance);
    let remembered: Vec<(ResourceId, Remembered)> = tree.into_iter().map(|at| (at, remember(run, at))).collect();
    let scratch = copy_table(run, &run.cluster.allowed[limits.collective]);
    let counts = std::mem::replace(run.cluster.allowed.change(limits.collective), scratch);
    let mut stays = false;
    for _ in 0..room {
        let chosen = try_assign(run, instance, Some(node), limits, Mode::Tentative);
        if let Some(chosen) = chosen {
            count(run, limits.collective, chosen);
        }
        stays = chosen == Some(node);
        if stays {
            break;
        }
        for (at, scores) in &remembered {
            restore(run, *at, scores);
        }
        if chosen.is_none() {
            set_provisional(run, instance, true);
            break;
        }
        undo(run, instance);
    }
    *run.cluster.allowed.change(limits.collective) = counts;
    if stays {
        count(run, limits.collective, node);
    }
    stays
}

/// One try; one that is under way already yields no node.
fn try_assign(run: &mut Run<'_>, instance: ResourceId, preferred: Option<NodeId>, limits: Limits, mode: Mode) -> Option<NodeId> {
    if run[instance].assigning {
        return None;
    }
    ban_unfit_nodes(run, instance, limits);
    assign(run, instance, preferred, mode)
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
