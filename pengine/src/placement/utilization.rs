//! Utilization: what resources use, what nodes have, and which nodes have enough (PLACE section 13).

use std::cmp::Ordering;

use smol_str::SmolStr;

use crate::cib::{NameValues, PlacementStrategy, Score, parse_integer};
use crate::cluster::{NodeId, ResourceId};
use crate::ledger::Cause;
use crate::run::Run;

use super::colocated_set::demand_together;
use super::scores::{add_score, is_usable, walking_order};

/// The number a value counts as: text without a number is the smallest one (PLACE-87).
pub(super) fn amount(text: &str) -> i32 {
    parse_integer(text).map_or(i32::MIN, clip)
}

fn clip(value: i64) -> i32 {
    value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

fn amount_of(values: &NameValues, name: &str) -> i32 {
    values.get(name).map_or(0, amount)
}

/// Compares two nodes by the number of attributes that each has more of: the one with more is less (PLACE-88).
pub(super) fn compare_capacity(run: &Run<'_>, a: NodeId, b: NodeId) -> Ordering {
    let (first, second) = (&run[a].utilization, &run[b].utilization);
    let only_second = second.names().filter(|name| !first.contains_key(name));
    let balance: i32 = first
        .names()
        .chain(only_second)
        .map(|name| match amount_of(first, name).cmp(&amount_of(second, name)) {
            Ordering::Greater => 1,
            Ordering::Equal => 0,
            Ordering::Less => -1,
        })
        .sum();
    0.cmp(&balance)
}

/// Takes what a resource uses from a node (PLACE-89).
pub(super) fn take(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    book(run, resource, node, |free, used| free - used);
}

/// Gives what a resource uses back to a node.
pub(super) fn give_back(run: &mut Run<'_>, resource: ResourceId, node: NodeId) {
    book(run, resource, node, |free, used| free + used);
}

fn book(run: &mut Run<'_>, resource: ResourceId, node: NodeId, change: impl Fn(i64, i64) -> i64) {
    let cluster = &mut run.cluster;
    let capacity = &mut cluster.nodes[node].utilization;
    for (name, used) in &cluster.resources[resource].utilization {
        let free = amount_of(capacity, name);
        capacity.insert(name.clone(), clip(change(free.into(), amount(used).into())).to_string());
    }
}

/// Amounts that are needed together, by name.
#[derive(Debug, Default)]
pub(super) struct Demand {
    amounts: Vec<(SmolStr, i32)>,
}

impl FromIterator<(SmolStr, i32)> for Demand {
    fn from_iter<I: IntoIterator<Item = (SmolStr, i32)>>(amounts: I) -> Self {
        Self { amounts: amounts.into_iter().collect() }
    }
}

impl Demand {
    /// Adds what a primitive uses.
    pub(super) fn add(&mut self, values: &NameValues) {
        for (name, text) in values {
            match self.amounts.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum = clip(i64::from(*sum) + i64::from(amount(text))),
                None => self.amounts.push((name.clone(), amount(text))),
            }
        }
    }

    fn fits(&self, run: &Run<'_>, node: NodeId) -> bool {
        self.amounts.iter().all(|(name, needed)| amount_of(&run[node].utilization, name) >= *needed)
    }
}

/// Bans a primitive from the nodes that can't hold it; if none can hold all that must be with it, returns the most
/// capable node (PLACE-90).
pub(super) fn ban_full_nodes(run: &mut Run<'_>, resource: ResourceId) -> Option<NodeId> {
    if run.cluster.options.placement_strategy == PlacementStrategy::Default {
        return None;
    }
    let table = &run.cluster.allowed[resource];
    let usable: Vec<NodeId> = table.iter().filter(|(node, entry)| is_usable(run, *node, entry)).map(|(node, _)| node).collect();
    let together = demand_together(run, resource);
    if usable.iter().any(|&node| together.fits(run, node)) {
        ban_unfit(run, resource, &usable, &together);
        return None;
    }
    let most_capable = most_capable(run, resource, &usable);
    let mut alone = Demand::default();
    alone.add(&run[resource].utilization);
    ban_unfit(run, resource, &usable, &alone);
    most_capable
}

fn ban_unfit(run: &mut Run<'_>, resource: ResourceId, nodes: &[NodeId], demand: &Demand) {
    for &node in nodes {
        if !demand.fits(run, node) {
            add_score(run, resource, Some(node), Score::MINUS_INFINITY, Cause::Utilization);
        }
    }
}

/// PLACE-90.2: among equally capable nodes the first in table order.
fn most_capable(run: &Run<'_>, resource: ResourceId, usable: &[NodeId]) -> Option<NodeId> {
    let walk = walking_order(run, &run.cluster.allowed[resource]);
    let nodes = walk.into_iter().filter(|node| usable.contains(node));
    nodes.reduce(|best, next| if compare_capacity(run, next, best) == Ordering::Less { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_what_the_text_begins_with() {
        assert_eq!(amount("3x"), 3);
        assert_eq!(amount("99999999999"), i32::MAX);
        assert_eq!(amount("many"), i32::MIN);
    }

    #[test]
    fn demands_are_clipped_sums() {
        let values = NameValues::from_iter([("cpu", "2000000000")]);
        let mut demand = Demand::default();
        demand.add(&values);
        demand.add(&values);
        assert_eq!(demand.amounts, [("cpu".into(), i32::MAX)]);
    }
}
