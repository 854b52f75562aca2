//! The order in which instances are assigned and promoted (INST-14, INST-44).

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::cib::Score;
use crate::cluster::{Entry, NodeId, NodeTable, ResourceId};
use crate::compat::merge_sort;
use crate::run::Run;

use super::colocation::{Merge, has_influence, this_with, with_this};

/// What one instance is judged by.
#[derive(Debug, Clone, Copy)]
struct Instance {
    id: ResourceId,
    active: usize,
    /// It is inactive, or may stay where it is.
    is_fine: bool,
    current: Option<Current>,
    priority: i32,
    failed: bool,
    number: u64,
}

/// Where an instance is that may stay there.
#[derive(Debug, Clone, Copy)]
struct Current {
    node: NodeId,
    is_available: bool,
    /// How many instances the parent counts there, if it knows the node.
    count: Option<u32>,
}

impl Instance {
    fn of(run: &Run<'_>, id: ResourceId) -> Self {
        let resource = &run[id];
        let node = run.cluster.current_node(id);
        let allowed = |&node: &NodeId| run.cluster.allowed[id].score(node).is_some_and(|score| !score.is_negative());
        let count = |node: NodeId| run.cluster.allowed[resource.parent?].get(node).map(|entry| entry.count);
        let current = |node: NodeId| Current { node, is_available: run[node].is_available(), count: count(node) };
        Self {
            id,
            active: resource.active_on.len(),
            is_fine: node.is_none_or(|node| allowed(&node)),
            current: node.filter(allowed).map(current),
            priority: resource.priority,
            failed: run.cluster.tree_of(id).iter().any(|&at| run[at].failed),
            number: run.cluster.instance_number(id),
        }
    }
}

/// Sorts instances for assignment.
pub(super) fn sort_for_assignment(run: &mut Run<'_>, instances: &mut [ResourceId]) {
    sort_by(run, instances, |_, _, _| Ordering::Equal);
}

/// Sorts instances for promotion: by promotion priority, then current role, then as for assignment.
pub(super) fn sort_for_promotion(run: &mut Run<'_>, instances: &mut [ResourceId]) {
    sort_by(run, instances, |run, a, b| {
        let by_priority = run[b].promotion_priority.cmp(&run[a].promotion_priority);
        by_priority.then_with(|| run.cluster.role_of(b).cmp(&run.cluster.role_of(a)))
    });
}

fn sort_by(run: &mut Run<'_>, instances: &mut [ResourceId], first: impl Fn(&Run<'_>, ResourceId, ResourceId) -> Ordering) {
    let mut judged: Vec<Instance> = instances.iter().map(|&id| Instance::of(run, id)).collect();
    let mut opinions = FxHashMap::default();
    // INST-10: the comparison is no total order.
    merge_sort(&mut judged, &mut |a, b| first(run, a.id, b.id).then_with(|| compare(run, &mut opinions, a, b)));
    for (slot, instance) in instances.iter_mut().zip(judged) {
        *slot = instance.id;
    }
}

/// Compares two instances: the one that goes first is less.
fn compare(run: &mut Run<'_>, opinions: &mut FxHashMap<ResourceId, Score>, a: &Instance, b: &Instance) -> Ordering {
    if a.active > 0 && b.active > 0 && a.active != b.active {
        return a.active.cmp(&b.active);
    }
    let by_rank = b.is_fine.cmp(&a.is_fine).then_with(|| b.priority.cmp(&a.priority));
    if by_rank.is_ne() {
        return by_rank;
    }
    let (first, second) = match (a.current, b.current) {
        (None, None) => return Ordering::Equal,
        (Some(first), Some(second)) => (first, second),
        (first, second) => return second.is_some().cmp(&first.is_some()),
    };
    let by_node = second.is_available.cmp(&first.is_available).then_with(|| match (first.count, second.count) {
        (Some(first), Some(second)) => first.cmp(&second),
        (first, second) => second.is_some().cmp(&first.is_some()),
    });
    if by_node.is_ne() || first.count.is_none() {
        return by_node;
    }
    a.failed
        .cmp(&b.failed)
        .then_with(|| {
            let mut opinion = |id, node| *opinions.entry(id).or_insert_with(|| neighbours_opinion(run, id, node));
            opinion(b.id, second.node).cmp(&opinion(a.id, first.node))
        })
        .then_with(|| a.number.cmp(&b.number))
}

/// What an instance's colocations say of the node where it is (INST-15).
fn neighbours_opinion(run: &mut Run<'_>, instance: ResourceId, node: NodeId) -> Score {
    let mut table = NodeTable::default();
    table.insert(node, Entry { score: run[node].score, count: 0, discovery: run[node].discovery });
    let merge = Merge { target: instance, nonnegative: false, may_roll_back: false };
    for id in this_with(run, instance) {
        let primary = run[id].primary;
        table = merge.merge(run, primary, id, table);
    }
    for id in with_this(run, instance) {
        if has_influence(run, &run[id], instance) {
            let dependent = run[id].dependent;
            table = Merge { nonnegative: true, ..merge }.merge(run, dependent, id, table);
        }
    }
    table.score(node).unwrap_or_default()
}
