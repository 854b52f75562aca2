//! What sets of colocated primitives still need, kept current as their members get nodes: asking all of a set for each of
//! its members would take time that grows with the square of its size.

use rustc_hash::FxHashMap;
use smol_str::SmolStr;

use crate::cluster::{Cluster, ResourceId};

use super::utilization::{Demand, amount};

/// How much of one thing is needed, and by how many.
#[derive(Debug, Clone, Copy, Default)]
struct Need {
    sum: i64,
    count: usize,
}

/// What those of a set need that have no node yet, by name.
type Needs = FxHashMap<SmolStr, Need>;

/// The sets that were asked for and last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demands {
    sets: Vec<Needs>,
    set_of: FxHashMap<ResourceId, usize>,
}

impl Demands {
    /// What the set that a primitive belongs to needs, if it is known.
    pub(super) fn of_set_with(&self, resource: ResourceId) -> Option<Demand> {
        let needs = &self.sets[*self.set_of.get(&resource)?];
        let needed = needs.iter().filter(|(_, need)| need.count > 0);
        Some(Demand::from_iter(needed.map(|(name, need)| (name.clone(), i32::try_from(need.sum).unwrap_or(i32::MAX)))))
    }

    /// Keeps a set of primitives, unless its sums could be clipped, when it would matter in which order they are made.
    pub(super) fn remember(&mut self, cluster: &Cluster, members: impl Iterator<Item = ResourceId> + Clone) {
        let used = members.clone().flat_map(|member| cluster[member].utilization.iter());
        let total: u64 = used.map(|(_, text)| u64::from(amount(text).unsigned_abs())).sum();
        if total > i32::MAX as u64 {
            return;
        }
        let set = self.sets.len();
        self.sets.push(Needs::default());
        for member in members {
            self.set_of.insert(member, set);
            if cluster[member].provisional {
                self.note(cluster, member, true);
            }
        }
    }

    /// Notes that a resource begins or ceases to be without a node.
    pub(super) fn note(&mut self, cluster: &Cluster, resource: ResourceId, waits: bool) {
        let Some(&set) = self.set_of.get(&resource) else { return };
        for (name, text) in &cluster[resource].utilization {
            let need = self.sets[set].entry(name.clone()).or_default();
            let amount = i64::from(amount(text));
            if waits {
                need.sum += amount;
                need.count += 1;
            } else {
                need.sum -= amount;
                need.count -= 1;
            }
        }
    }
}
