//! Settling one action: what comes before it, by the kinds of each relation (ORD section 10).

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::graph::EdgeIndex;

use crate::cluster::NodeId;
use crate::plan::{ActionId, Kinds, Task, relate};
use crate::run::Run;

use super::flags::{self, Flags};
use super::variant::{self, Filter, Step};
use super::{colocation, remap, tally};

/// Which of two related actions changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changed {
    pub first: bool,
    pub then: bool,
}

impl std::ops::BitOrAssign for Changed {
    fn bitor_assign(&mut self, other: Self) {
        self.first |= other.first;
        self.then |= other.then;
    }
}

/// All flags that orderings change.
type Snapshot = (Flags, bool, bool);

fn snapshot(run: &Run<'_>, action: ActionId) -> Snapshot {
    (Flags::own(run, action), run[action].pseudo, run[action].always_in_graph)
}

/// Updates an action from everything before it, and, where that changed something, everything that depends on it.
///
/// The recursion ends because flags change in one direction only; a long chain of orderings makes it deep.
pub(super) fn update(run: &mut Run<'_>, then: ActionId) {
    stacker::maybe_grow(64 * 1024, 1024 * 1024, || update_now(run, then));
}

fn update_now(run: &mut Run<'_>, then: ActionId) {
    let entry = snapshot(run, then);
    let counts = run[then].required_firsts > 0;
    if counts {
        run[then].runnable = false;
    }
    let mut runnable_firsts = 0;
    let mut changed = false;
    let mut walk = run.plan.graph.neighbors_directed(then, Incoming).detach();
    while let Some((edge, first)) = walk.next(&run.plan.graph) {
        let result = update_from(run, edge, first, then, &mut runnable_firsts);
        changed |= result.then;
        if result.first {
            update_followers(run, first);
            update(run, first);
        }
    }
    if counts {
        changed = snapshot(run, then) != entry;
    }
    if changed {
        if entry.0.runnable && !run[then].runnable {
            colocation::block_dependents(run, then);
        }
        update(run, then);
        update_followers(run, then);
    }
}

/// Updates everything behind an action; relations whose other end is disabled lead on all the same (ORD-61).
pub(super) fn update_followers(run: &mut Run<'_>, first: ActionId) {
    let mut walk = run.plan.graph.neighbors_directed(first, Outgoing).detach();
    while let Some((_, then)) = walk.next(&run.plan.graph) {
        update(run, then);
    }
}

fn disable(run: &mut Run<'_>, edge: EdgeIndex) {
    run.plan.graph[edge].before = Kinds::empty();
}

/// Steps 1 to 6 of ORD-61 for one relation.
fn update_from(run: &mut Run<'_>, edge: EdgeIndex, first: ActionId, then: ActionId, runnable_firsts: &mut u32) -> Changed {
    let kinds = run.plan.graph[edge].before;
    let (first_node, then_node) = (effective_node(run, first), effective_node(run, then));
    if kinds.contains(Kinds::SAME_NODE) && first_node.is_some() && then_node.is_some() && first_node != then_node {
        disable(run, edge);
        return Changed::default();
    }
    if kinds.contains(Kinds::THEN_CANCELS_FIRST) && !run[then].optional {
        cancel(run, first);
    }
    let remapped = remap::remap(run, first, then);
    if remapped != first {
        let is_new = relate(run, remapped, then, kinds);
        if is_new {
            disable(run, edge);
        }
        return Changed { first: false, then: is_new };
    }
    let first_flags = flags::for_ordering(run, first, then_node);
    let then_flags = flags::for_ordering(run, then, first_node);
    Relating { edge, first, then, first_flags, then_flags }.apply(run, runnable_firsts)
}

/// The node that an action counts as being on: a group's start is where all its members are.
fn effective_node(run: &mut Run<'_>, action: ActionId) -> Option<NodeId> {
    let group = run[action].resource.filter(|&id| run[id].is_group() && run[action].task == Task::Start);
    match group {
        Some(group) => tally::single_node(run, group),
        None => run[action].node,
    }
}

fn cancel(run: &mut Run<'_>, first: ActionId) {
    let Some(resource) = run[first].resource else { return };
    run[first].optional = true;
    if run[first].task == Task::ReloadAgent {
        run[resource].reload = false;
    }
}

/// One relation being applied.
struct Relating {
    edge: EdgeIndex,
    first: ActionId,
    then: ActionId,
    first_flags: Flags,
    then_flags: Flags,
}

impl Relating {
    /// ORD-65: the kinds in their fixed order.
    fn apply(&self, run: &mut Run<'_>, runnable_firsts: &mut u32) -> Changed {
        let mut kinds = run.plan.graph[self.edge].before;
        let mut node = run[self.then].node;
        if kinds.contains(Kinds::FIRST_IMPLIES_SAME_NODE_THEN) {
            kinds -= Kinds::FIRST_IMPLIES_SAME_NODE_THEN;
            kinds |= Kinds::FIRST_IMPLIES_THEN;
            run.plan.graph[self.edge].before = kinds;
            node = run[self.first].node;
        }
        let mut changed = self.apply_requirements(run, kinds, node);
        if kinds.contains(Kinds::MIN_RUNNABLE) {
            changed.then |= self.count(run, runnable_firsts);
        }
        if kinds.contains(Kinds::NESTED_PROBE) {
            let active = run[self.first].resource.is_some_and(|resource| run.cluster.is_active(resource));
            if !self.first_flags.runnable && active {
                disable(run, self.edge);
                return changed;
            }
            changed |= self.pass(run, node, Filter::Runnable, Kinds::UNRUNNABLE_BLOCKS);
        }
        changed |= self.apply_obstacles(run, kinds, node);
        self.put_in_graph(run, kinds);
        let passes_on = Kinds::FIRST_IMPLIES_THEN | Kinds::THEN_IMPLIES_FIRST | Kinds::RESTART;
        if kinds.intersects(passes_on) {
            changed.then |= self.block_by_frozen_stop(run);
        }
        changed
    }

    /// Lines 2 to 5: what makes one required by the other.
    fn apply_requirements(&self, run: &mut Run<'_>, kinds: Kinds, node: Option<NodeId>) -> Changed {
        let mut changed = Changed::default();
        let only_optional = Flags { runnable: false, migratable: false, ..self.first_flags };
        if kinds.contains(Kinds::FIRST_IMPLIES_THEN) {
            if run[self.then].resource.is_some() {
                changed |= self.pass_flags(run, node, only_optional, Filter::Optional, Kinds::FIRST_IMPLIES_THEN);
            } else if !self.first_flags.optional && run[self.then].optional {
                run[self.then].optional = false;
                changed.then = true;
            }
        }
        if kinds.contains(Kinds::RESTART) && run[self.then].resource.is_some() {
            changed |= self.pass(run, node, Filter::Both, Kinds::RESTART);
        }
        if kinds.contains(Kinds::THEN_IMPLIES_FIRST) {
            if let Some(resource) = run[self.first].resource {
                let step = self.step(node, self.first_flags, Filter::Optional, Kinds::THEN_IMPLIES_FIRST);
                changed |= variant::update(run, resource, &step);
            } else if !self.first_flags.optional && run[self.first].runnable {
                run[self.first].runnable = false;
                changed.first = true;
            }
        }
        if kinds.contains(Kinds::PROMOTED_THEN_IMPLIES_FIRST) {
            changed |= self.pass_flags(run, node, only_optional, Filter::Optional, Kinds::PROMOTED_THEN_IMPLIES_FIRST);
        }
        changed
    }

    /// Line 6.
    fn count(&self, run: &mut Run<'_>, runnable_firsts: &mut u32) -> bool {
        if run[self.then].resource.is_some() || !self.first_flags.runnable {
            return false;
        }
        *runnable_firsts += 1;
        let then = &mut run[self.then];
        if *runnable_firsts < then.required_firsts || then.runnable {
            return false;
        }
        then.runnable = true;
        true
    }

    /// Lines 8 to 12: what keeps one from running because of the other.
    fn apply_obstacles(&self, run: &mut Run<'_>, kinds: Kinds, node: Option<NodeId>) -> Changed {
        let mut changed = Changed::default();
        if kinds.contains(Kinds::UNRUNNABLE_BLOCKS) {
            if run[self.then].resource.is_some() {
                changed |= self.pass(run, node, Filter::Runnable, Kinds::UNRUNNABLE_BLOCKS);
            } else if !self.first_flags.runnable && run[self.then].runnable {
                run[self.then].runnable = false;
                changed.then = true;
            }
        }
        const REST: [(Kinds, Filter); 4] = [
            (Kinds::UNMIGRATABLE_THEN_BLOCKS, Filter::Optional),
            (Kinds::UNRUNNABLE_FIRST_REVIVES, Filter::Optional),
            (Kinds::SEQUENCE, Filter::Runnable),
            (Kinds::ASYMMETRIC, Filter::Runnable),
        ];
        for (kind, filter) in REST {
            if kinds.contains(kind) {
                changed |= self.pass(run, node, filter, kind);
            }
        }
        changed
    }

    /// Lines 13 and 14.
    fn put_in_graph(&self, run: &mut Run<'_>, kinds: Kinds) {
        if kinds.contains(Kinds::THEN_IN_GRAPH) && run[self.first].runnable && !self.first_flags.optional {
            run[self.then].always_in_graph = true;
        }
        if kinds.contains(Kinds::FIRST_IN_GRAPH) && !self.then_flags.optional {
            run[self.first].always_in_graph = true;
        }
    }

    /// ORD-66: a stop of something frozen blocks, for no reason given.
    fn block_by_frozen_stop(&self, run: &mut Run<'_>) -> bool {
        let first = &run[self.first];
        let frozen = first.resource.is_some_and(|resource| !run[resource].managed && run[resource].blocked);
        if first.task != Task::Stop || first.runnable || !frozen || !run[self.then].runnable {
            return false;
        }
        run[self.then].runnable = false;
        true
    }

    fn step(&self, node: Option<NodeId>, flags: Flags, filter: Filter, kind: Kinds) -> Step {
        Step { first: self.first, then: self.then, node, flags, filter, kind }
    }

    /// Passes a kind on to the later action, by its resource's kind.
    fn pass_flags(&self, run: &mut Run<'_>, node: Option<NodeId>, flags: Flags, filter: Filter, kind: Kinds) -> Changed {
        let Some(resource) = run[self.then].resource else { return Changed::default() };
        variant::update(run, resource, &self.step(node, flags, filter, kind))
    }

    fn pass(&self, run: &mut Run<'_>, node: Option<NodeId>, filter: Filter, kind: Kinds) -> Changed {
        self.pass_flags(run, node, self.first_flags, filter, kind)
    }
}
