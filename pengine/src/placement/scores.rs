//! Scores: the one way by which a resource's table changes, so that each change can tell its cause.

use crate::cib::{PlacementStrategy, Score};
use crate::cluster::{Entry, NodeId, NodeTable, ResourceId};
use crate::compat;
use crate::ledger::{Cause, Sheet};
use crate::run::Run;

/// Lets a resource know a node, at first with the node's own score (PLACE-11).
pub fn enter_node(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    add_or_enter(run, resource, node, Score::ZERO, Cause::Node);
}

/// Adds a score to a resource and all below it, for one node or for all (PLACE-12).
pub fn add_score(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>, score: Score, cause: Cause) {
    for child in run[resource].children.clone() {
        add_score(run, child, node, score, cause);
    }
    if let Some(node) = node {
        return add_or_enter(run, resource, node, score, cause);
    }
    for index in 0..run.cluster.node_order.len() {
        add_or_enter(run, resource, run.cluster.node_order[index], score, cause);
    }
    // PLACE-13: what is banned everywhere has no node any more, but still counts where it was.
    if score.is_minus_infinite() {
        run[resource].assigned = None;
    }
}

fn add_or_enter(run: &mut Run<'_>, resource: ResourceId, id: NodeId, score: Score, cause: Cause) {
    let Run { cluster, ledger, .. } = run;
    let (table, node) = (cluster.allowed.change(resource), &cluster.nodes[id]);
    if let Some(ledger) = ledger {
        if !table.contains(id) {
            ledger.add(resource, id, node.score, Cause::Node);
        }
        ledger.add(resource, id, score, cause);
    }
    table.entry(id, node).score += score;
}

/// Adds a score to a resource alone; a missing node is put in with exactly this score (PLACE-41).
pub(super) fn add_exactly(run: &mut Run<'_>, resource: ResourceId, node: NodeId, score: Score, cause: Cause) {
    let Run { cluster, ledger, .. } = run;
    if let Some(ledger) = ledger {
        ledger.add(resource, node, score, cause);
    }
    cluster.allowed.change(resource).add_or_insert(node, &cluster.nodes[node], score);
}

/// Adds a score to a resource alone, where it knows the node.
pub(super) fn add_if_known(run: &mut Run<'_>, resource: ResourceId, node: NodeId, score: Score, cause: Cause) {
    let Run { cluster, ledger, .. } = run;
    if let Some(entry) = cluster.allowed.change(resource).get_mut(node) {
        entry.score += score;
        if let Some(ledger) = ledger {
            ledger.add(resource, node, score, cause);
        }
    }
}

/// Sets the score of a resource alone, where it knows the node.
pub fn set_score(run: &mut Run<'_>, resource: ResourceId, node: NodeId, score: Score, cause: Cause) {
    let Run { cluster, ledger, .. } = run;
    if let Some(entry) = cluster.allowed.change(resource).get_mut(node) {
        entry.score = score;
        if let Some(ledger) = ledger {
            ledger.set(resource, node, score, cause);
        }
    }
}

/// Puts another table in place of a resource's own; nothing of what that was made of counts any more.
pub fn replace_table(run: &mut Run<'_>, resource: ResourceId, table: NodeTable, cause: Cause) {
    if let Some(ledger) = &mut run.ledger {
        ledger.replace(resource, Sheet::default());
        for (node, entry) in table.iter() {
            ledger.add(resource, node, entry.score, cause);
        }
    }
    *run.cluster.allowed.change(resource) = table;
}

/// Puts a node into a resource's own table, or replaces what is there.
pub fn insert_node(run: &mut Run<'_>, resource: ResourceId, node: NodeId, entry: Entry, cause: Cause) {
    if let Some(ledger) = &mut run.ledger {
        ledger.set(resource, node, entry.score, cause);
    }
    run.cluster.allowed.change(resource).insert(node, entry);
}

/// A resource's scores at some moment.
#[derive(Debug)]
pub(super) struct Remembered {
    table: NodeTable,
    sheet: Option<Sheet>,
}

/// Remembers the scores of a resource.
pub(super) fn remember(run: &Run<'_>, resource: ResourceId) -> Remembered {
    let sheet = run.ledger.as_ref().map(|ledger| ledger.sheet(resource).clone());
    Remembered { table: run.cluster.allowed[resource].clone(), sheet }
}

/// Puts a copy of remembered scores back.
pub(super) fn restore(run: &mut Run<'_>, resource: ResourceId, remembered: &Remembered) {
    let table = copy_table(run, &remembered.table);
    *run.cluster.allowed.change(resource) = table;
    if let (Some(ledger), Some(sheet)) = (&mut run.ledger, &remembered.sheet) {
        ledger.replace(resource, sheet.clone());
    }
}

/// A copy of a table, as the field's reference makes one.
pub(super) fn copy_table(run: &Run<'_>, table: &NodeTable) -> NodeTable {
    let mut copy = table.clone();
    // CIB-141: a copy is filled in walking order. Only capacities look at the order of a table.
    if run.cluster.options.placement_strategy != PlacementStrategy::Default {
        copy.reorder(walking_order(run, table));
    }
    copy
}

/// Gives a table the order that a copy of a copy of it would have, and so on.
pub(super) fn reorder_like_copy(run: &Run<'_>, table: &mut NodeTable, copies: u64) {
    if run.cluster.options.placement_strategy == PlacementStrategy::Default {
        return;
    }
    let mut orders = vec![table.insertion_order().to_vec()];
    let mut last = 0;
    for left in (0..copies).rev() {
        let next = walk(run, &orders[last]);
        // The orders come back, most of them at once.
        if let Some(first) = orders.iter().position(|order| *order == next) {
            let period = (orders.len() - first) as u64;
            last = first + (left % period) as usize;
            break;
        }
        last = orders.len();
        orders.push(next);
    }
    table.reorder(orders.swap_remove(last));
}

/// The nodes of a table in the order that the field's reference walks it (PLACE-106).
pub(super) fn walking_order(run: &Run<'_>, table: &NodeTable) -> Vec<NodeId> {
    walk(run, table.insertion_order())
}

fn walk(run: &Run<'_>, nodes: &[NodeId]) -> Vec<NodeId> {
    let ids: Vec<&str> = nodes.iter().map(|&node| run[node].id.as_str()).collect();
    compat::table_order(&ids).into_iter().filter_map(|index| nodes.get(index).copied()).collect()
}

/// Whether a resource can be on the node of an entry: the node is available and the score not negative (PLACE-60).
pub(super) fn is_usable(run: &Run<'_>, node: NodeId, entry: &Entry) -> bool {
    !entry.score.is_negative() && run[node].is_available()
}

/// Whether a table has any node left that can be used.
pub(super) fn has_usable(run: &Run<'_>, table: &NodeTable) -> bool {
    table.iter().any(|(node, entry)| is_usable(run, node, entry))
}

/// The nodes that a resource knows, in order of creation.
pub(super) fn known_nodes(run: &Run<'_>, resource: ResourceId) -> Vec<NodeId> {
    run.cluster.allowed[resource].iter().map(|(node, _)| node).collect()
}

/// Bans a resource alone from all nodes of its table that are like this.
pub fn ban_where(run: &mut Run<'_>, resource: ResourceId, cause: Cause, is_banned: impl Fn(&Run<'_>, NodeId) -> bool) {
    for node in known_nodes(run, resource) {
        if is_banned(run, node) {
            set_score(run, resource, node, Score::MINUS_INFINITY, cause);
        }
    }
}
