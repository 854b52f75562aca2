//! What the primitives of a collective add up to, kept current: its own actions are asked for their flags at every relation to
//! one of its parts, and looking at all parts each time would take time that grows with the square of their number.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::cluster::{Cluster, NodeId, ResourceId};
use crate::placement::{Partners, Phase};
use crate::plan::{Task, candidates};
use crate::run::Run;

use super::flags::{Flags, parts};

/// How many parts have an action, one that is required, one that can be done.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub actions: usize,
    pub required: usize,
    pub runnable: usize,
}

impl Count {
    pub fn add(&mut self, flags: Flags) {
        self.actions += 1;
        self.required += usize::from(!flags.optional);
        self.runnable += usize::from(flags.runnable);
    }

    fn remove(&mut self, flags: Flags) {
        self.actions -= 1;
        self.required -= usize::from(!flags.optional);
        self.runnable -= usize::from(flags.runnable);
    }
}

/// The flags of one part's newest action, anywhere and on each node that it has one on.
type Share = Vec<(Option<NodeId>, Flags)>;

/// The counts of one collective for one task.
#[derive(Debug, Clone, Default)]
struct Tally {
    shares: FxHashMap<ResourceId, Share>,
    counts: FxHashMap<Option<NodeId>, Count>,
}

impl Tally {
    /// Takes what a part has now in place of what it had.
    fn replace(&mut self, part: ResourceId, share: Share) {
        for (place, flags) in &share {
            self.counts.entry(*place).or_default().add(*flags);
        }
        for (place, flags) in self.shares.insert(part, share).unwrap_or_default() {
            self.counts.entry(place).or_default().remove(flags);
        }
    }
}

/// The tallies of one collective.
#[derive(Debug, Clone, Default)]
struct Ledger {
    tallies: Vec<(Task, Tally)>,
    /// Parts whose actions may have changed since the tallies were last brought up to date.
    stale: Vec<ResourceId>,
}

/// The tallies of all collectives that were asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tallies {
    of: FxHashMap<ResourceId, Ledger>,
    /// The node that all of a collective is assigned to, for those that were asked.
    nodes: FxHashMap<ResourceId, Option<NodeId>>,
    /// The instances of collectives that others are paired with.
    partners: FxHashMap<(ResourceId, Phase), Arc<Partners>>,
}

impl Tallies {
    /// Notes that a resource has lost its node: while orderings are settled, that is all that can happen to it.
    pub fn note_unassigned(&mut self, cluster: &Cluster, resource: ResourceId) {
        if self.nodes.is_empty() && self.partners.is_empty() {
            return;
        }
        for collective in cluster.ancestry(resource) {
            self.nodes.remove(&collective);
            self.partners.remove(&(collective, Phase::Next));
        }
    }

    /// Notes that an action of a resource may change.
    pub fn touch(&mut self, cluster: &Cluster, resource: ResourceId) {
        if self.of.is_empty() {
            return;
        }
        for collective in cluster.ancestry(resource).skip(1) {
            if let Some(ledger) = self.of.get_mut(&collective)
                && ledger.stale.last() != Some(&resource)
            {
                ledger.stale.push(resource);
            }
        }
    }
}

/// The node that all of a collective is assigned to.
pub(super) fn single_node(run: &mut Run<'_>, collective: ResourceId) -> Option<NodeId> {
    let cluster = &run.cluster;
    *run.tallies.nodes.entry(collective).or_insert_with(|| cluster.single_assigned_node(collective))
}

/// The instance of a collective that fits a resource (INST-62).
pub(super) fn partner(run: &mut Run<'_>, resource: ResourceId, collective: ResourceId, phase: Phase) -> Option<ResourceId> {
    let known = run.tallies.partners.get(&(collective, phase)).cloned();
    let partners = known.unwrap_or_else(|| {
        let partners = Arc::new(Partners::new(run, collective, phase));
        run.tallies.partners.insert((collective, phase), Arc::clone(&partners));
        partners
    });
    partners.of(run, resource)
}

/// What the parts of a collective that a task is about add up to, on a node if one is given; nothing if a part is not a
/// primitive.
pub(super) fn count(run: &mut Run<'_>, collective: ResourceId, task: Task, node: Option<NodeId>) -> Option<Count> {
    let mut ledger = run.tallies.of.remove(&collective).unwrap_or_default();
    let stale = std::mem::take(&mut ledger.stale);
    for (task, tally) in &mut ledger.tallies {
        for &part in &stale {
            if tally.shares.contains_key(&part) {
                tally.replace(part, share(run, part, *task));
            }
        }
    }
    let known = ledger.tallies.iter().position(|&(known, _)| known == task);
    let index = known.or_else(|| {
        ledger.tallies.push((task, begin(run, collective, task)?));
        Some(ledger.tallies.len() - 1)
    });
    let count = index.map(|index| ledger.tallies[index].1.counts.get(&node).copied().unwrap_or_default());
    run.tallies.of.insert(collective, ledger);
    count
}

fn begin(run: &Run<'_>, collective: ResourceId, task: Task) -> Option<Tally> {
    let mut tally = Tally::default();
    for part in parts(run, collective, task) {
        if !run[part].is_primitive() {
            return None;
        }
        tally.replace(part, share(run, part, task));
    }
    Some(tally)
}

fn share(run: &Run<'_>, part: ResourceId, task: Task) -> Share {
    let mut share = Share::new();
    for id in candidates(run, part, task).iter().rev().copied().filter(|&id| run[id].task == task) {
        let flags = Flags::own(run, id);
        for place in [None, run[id].node] {
            if share.iter().all(|&(known, _)| known != place) {
                share.push((place, flags));
            }
        }
    }
    share
}
