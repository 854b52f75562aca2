//! A resource that is being probed may turn out to be active, so what would have to stop then waits for the probe (ORD-60).

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

use crate::cluster::ResourceId;
use crate::placement::{Phase, compatible_instance};
use crate::plan::{ActionId, ActionKey, Kinds, Ordering, Side, Task, relate};
use crate::run::Run;

use super::apply::resource_of;

/// Orders all probes.
pub(super) fn order_all(run: &mut Run<'_>) {
    let restarts = Restarts::find(run);
    for id in run.cluster.all_resources() {
        if run[id].is_primitive() {
            for probe in run.plan.with_key(id, ActionKey::probe()).to_vec() {
                order_before_restarts(run, id, probe, &restarts);
            }
        }
    }
    for index in 0..run.plan.orderings.len() {
        let ordering = run.plan.orderings[index];
        order_like_stop(run, ordering);
    }
}

/// The actions from which following orderings leads to a start or promotion that has a stop or demotion to go with it. Most
/// walks find nothing, and with this they need not begin.
struct Restarts {
    reaches: Vec<bool>,
}

impl Restarts {
    fn find(run: &Run<'_>) -> Self {
        let mut reaches = vec![false; run.plan.graph.node_count()];
        let mut open: Vec<ActionId> = run.plan.graph.node_indices().filter(|&at| !restart_of(run, at).is_empty()).collect();
        for &at in &open {
            reaches[at.index()] = true;
        }
        while let Some(at) = open.pop() {
            for edge in run.plan.graph.edges_directed(at, Incoming) {
                let from = edge.source();
                if !reaches[from.index()] && leads_on(run, from, at, edge.weight().after) {
                    reaches[from.index()] = true;
                    open.push(from);
                }
            }
        }
        Self { reaches }
    }
}

/// The stops that go with a start, or the demotions that go with a promotion; pseudo ones don't count.
fn restart_of(run: &Run<'_>, action: ActionId) -> Vec<ActionId> {
    let undone = match run[action].task {
        Task::Start => Task::Stop,
        Task::Promote => Task::Demote,
        _ => return Vec::new(),
    };
    let Some(resource) = run[action].resource.filter(|&resource| run[resource].is_primitive()) else { return Vec::new() };
    let found = run.plan.with_key(resource, ActionKey::once(undone));
    found.iter().copied().filter(|&at| !run[at].pseudo).collect()
}

/// Whether a walk may go on from one action to the next, apart from what depends on the probe.
fn leads_on(run: &Run<'_>, from: ActionId, to: ActionId, kinds: Kinds) -> bool {
    kinds.contains(Kinds::FIRST_IMPLIES_THEN) || is_member_of(run, to, from)
}

/// Whether an action is of a primitive or group that is a child of the other action's collective.
fn is_member_of(run: &Run<'_>, member: ActionId, collective: ActionId) -> bool {
    let (Some(member), Some(collective)) = (run[member].resource, run[collective].resource) else { return false };
    let is_part = run[member].is_primitive() || run[member].is_group();
    is_part && !run[collective].is_primitive() && run[member].parent == Some(collective)
}

/// Step 1 for one probe.
fn order_before_restarts(run: &mut Run<'_>, resource: ResourceId, probe: ActionId, restarts: &Restarts) {
    let top = run.cluster.top_of(resource);
    let followers: Vec<(ActionId, Kinds)> =
        run.plan.graph.edges_directed(probe, Outgoing).map(|edge| (edge.target(), edge.weight().after)).collect();
    for (then, kinds) in followers {
        let is_top_start =
            run[then].task == Task::Start && run[then].resource == Some(top) && (run[top].is_clone() || run[top].is_bundle());
        if is_top_start && !run[probe].runnable && !kinds.contains(Kinds::UNRUNNABLE_BLOCKS) {
            block_inactive_instances(run, top, probe, then);
        }
        if restarts.reaches.get(then.index()).copied().unwrap_or(true) {
            Walk { resource, probe, seen: FxHashSet::default() }.go(run, then, restarts);
        }
    }
}

fn block_inactive_instances(run: &mut Run<'_>, top: ResourceId, probe: ActionId, start: ActionId) {
    let followers: Vec<ActionId> = run.plan.graph.neighbors_directed(start, Outgoing).collect();
    for then in followers {
        let Some(resource) = run[then].resource else { continue };
        if run[then].task == Task::Start && run.cluster.top_of(resource) == top && run[resource].active_on.is_empty() {
            relate(run, probe, then, Kinds::SEQUENCE | Kinds::UNRUNNABLE_BLOCKS);
        }
    }
}

/// The walk from a probe along what would have to restart.
struct Walk {
    resource: ResourceId,
    probe: ActionId,
    seen: FxHashSet<ActionId>,
}

impl Walk {
    /// Depth first, with a list of its own in place of recursion.
    fn go(&mut self, run: &mut Run<'_>, start: ActionId, restarts: &Restarts) {
        let mut open = vec![start];
        while let Some(at) = open.pop() {
            if !self.seen.insert(at) {
                continue;
            }
            if run[at].resource != Some(self.resource) {
                for stop in restart_of(run, at) {
                    relate(run, self.probe, stop, Kinds::SEQUENCE);
                }
            }
            let next: Vec<ActionId> = run
                .plan
                .graph
                .edges_directed(at, Outgoing)
                .filter(|edge| restarts.reaches.get(edge.target().index()).copied().unwrap_or(true))
                .filter(|edge| self.goes_on(run, at, edge.target(), edge.weight().after))
                .map(|edge| edge.target())
                .collect();
            open.extend(next.into_iter().rev());
        }
    }

    fn goes_on(&self, run: &Run<'_>, from: ActionId, to: ActionId, kinds: Kinds) -> bool {
        if kinds.contains(Kinds::FIRST_IMPLIES_THEN) {
            return true;
        }
        let Some(collective) = run[from].resource.filter(|_| is_member_of(run, to, from)) else { return false };
        if run[self.resource].parent == Some(collective) {
            return false;
        }
        let interleaves = !run[collective].is_group() && run[collective].meta("interleave").is_some_and(crate::cib::is_true);
        !interleaves || compatible_instance(run, self.resource, collective, None, Phase::Next, None) == run[to].resource
    }
}

/// Step 2: what waits for a resource's stop waits for its probes, too.
fn order_like_stop(run: &mut Run<'_>, ordering: Ordering) {
    let is_stop = match ordering.first {
        Side::Key(_, key) => key == ActionKey::once(Task::Stop),
        Side::Action(action) => run[action].key == ActionKey::once(Task::Stop),
    };
    let Some(resource) = resource_of(run, ordering.first).filter(|_| is_stop && !ordering.kinds.is_empty()) else { return };
    let then_resource = resource_of(run, ordering.then);
    let stops_launcher = match ordering.then {
        Side::Key(then, key) => run[resource].launcher == Some(then) && key.task == Task::Stop,
        Side::Action(then) => run[then].task == Task::Stop && run[resource].launcher == then_resource && then_resource.is_some(),
    };
    if then_resource == Some(resource) || stops_launcher {
        return;
    }
    let probes = run.plan.with_key(resource, ActionKey::probe()).to_vec();
    if probes.is_empty() {
        return;
    }
    let thens = match ordering.then {
        Side::Action(action) => vec![action],
        Side::Key(then, key) => run.plan.with_key(then, key).to_vec(),
    };
    let kinds = kinds_for_probe(ordering.kinds);
    for probe in probes {
        for &then in &thens {
            if !concerns_other_node(run, probe, then) {
                relate(run, probe, then, kinds);
            }
        }
    }
}

fn kinds_for_probe(kinds: Kinds) -> Kinds {
    if kinds == Kinds::REQUIRED_ON_SAME_NODE || kinds == Kinds::LOAD {
        return kinds;
    }
    Kinds::SEQUENCE | (kinds & (Kinds::UNLESS_MIGRATABLE | Kinds::SAME_NODE))
}

/// A probe needs its own node unfenced, and doesn't hold up the shutdown of another.
fn concerns_other_node(run: &Run<'_>, probe: ActionId, then: ActionId) -> bool {
    let (probe, then) = (&run[probe], &run[then]);
    match then.task {
        Task::Fence => then.meta.get("stonith_action").is_some_and(|word| word == "on") && then.node == probe.node,
        Task::Shutdown => then.node != probe.node,
        _ => false,
    }
}
