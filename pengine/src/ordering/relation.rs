//! What one relation changes, kind by kind (ORD-61, ORD-65).

use petgraph::graph::EdgeIndex;

use crate::cluster::{NodeId, ResourceId};
use crate::plan::{ActionId, Kinds, Task, relate};
use crate::run::Run;

use super::flags::{self, Flags};
use super::step::{Filter, Step};
use super::update::{Changed, Turn, Update};
use super::{remap, tally, variant};

/// One relation being applied.
#[derive(Debug)]
pub(super) struct RelationUpdate {
    edge: EdgeIndex,
    first: ActionId,
    then: ActionId,
    first_flags: Flags,
    then_flags: Flags,
    kinds: Kinds,
    /// The node that parts' actions are looked for on.
    node: Option<NodeId>,
    /// How many of the firsts that the later action needs can run, up to this one.
    runnable_firsts: u32,
    /// How many lines of ORD-65 were applied.
    lines: usize,
    changed: Changed,
}

/// What a relation with one of some kinds does.
type Line = (Kinds, fn(&mut RelationUpdate, &mut Run<'_>) -> Option<Update>);

/// ORD-65: the kinds in their fixed order.
const LINES: [Line; 13] = [
    (Kinds::FIRST_IMPLIES_THEN, RelationUpdate::require_then),
    (Kinds::RESTART, |update, run| update.pass(run, Kinds::RESTART, Filter::Both)),
    (Kinds::THEN_IMPLIES_FIRST, RelationUpdate::require_first),
    (Kinds::PROMOTED_THEN_IMPLIES_FIRST, RelationUpdate::require_first_of_promoted),
    (Kinds::MIN_RUNNABLE, RelationUpdate::count),
    (Kinds::NESTED_PROBE, RelationUpdate::heed_nested_probe),
    (Kinds::UNRUNNABLE_BLOCKS, RelationUpdate::block_then),
    (Kinds::UNMIGRATABLE_THEN_BLOCKS, |update, run| update.pass(run, Kinds::UNMIGRATABLE_THEN_BLOCKS, Filter::Optional)),
    (Kinds::UNRUNNABLE_FIRST_REVIVES, |update, run| update.pass(run, Kinds::UNRUNNABLE_FIRST_REVIVES, Filter::Optional)),
    (Kinds::SEQUENCE, |update, run| update.pass(run, Kinds::SEQUENCE, Filter::Runnable)),
    (Kinds::ASYMMETRIC, |update, run| update.pass(run, Kinds::ASYMMETRIC, Filter::Runnable)),
    (Kinds::THEN_IN_GRAPH.and(Kinds::FIRST_IN_GRAPH), RelationUpdate::put_in_graph),
    (Kinds::FIRST_IMPLIES_THEN.and(Kinds::THEN_IMPLIES_FIRST).and(Kinds::RESTART), RelationUpdate::block_by_frozen_stop),
];

impl RelationUpdate {
    /// Steps 1 to 5 of ORD-61; what they changed, if that is all.
    pub(super) fn begin(
        run: &mut Run<'_>,
        edge: EdgeIndex,
        first: ActionId,
        then: ActionId,
        runnable_firsts: u32,
    ) -> Result<Self, Changed> {
        let mut kinds = run.plan.graph[edge].before;
        let (first_node, then_node) = (effective_node(run, first), effective_node(run, then));
        if kinds.contains(Kinds::SAME_NODE) && first_node.is_some() && then_node.is_some() && first_node != then_node {
            disable(run, edge);
            return Err(Changed::default());
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
            return Err(Changed { first: false, then: is_new });
        }
        let first_flags = flags::for_ordering(run, first, then_node);
        let then_flags = flags::for_ordering(run, then, first_node);
        let mut node = run[then].node;
        if kinds.contains(Kinds::FIRST_IMPLIES_SAME_NODE_THEN) {
            kinds -= Kinds::FIRST_IMPLIES_SAME_NODE_THEN;
            kinds |= Kinds::FIRST_IMPLIES_THEN;
            run.plan.graph[edge].before = kinds;
            node = run[first].node;
        }
        let (lines, changed) = (0, Changed::default());
        Ok(Self { edge, first, then, first_flags, then_flags, kinds, node, runnable_firsts, lines, changed })
    }

    pub(super) fn first(&self) -> ActionId {
        self.first
    }

    pub(super) fn runnable_firsts(&self) -> u32 {
        self.runnable_firsts
    }

    /// Goes on with the next lines; the result is of what was waited for.
    pub(super) fn go_on(&mut self, run: &mut Run<'_>, result: Changed) -> Turn {
        self.changed |= result;
        while let Some((kinds, apply)) = LINES.get(self.lines) {
            self.lines += 1;
            if self.kinds.intersects(*kinds)
                && let Some(update) = apply(self, run)
            {
                return Turn::Wait(update);
            }
        }
        Turn::Done(self.changed)
    }

    /// The first action being required makes the later one required.
    fn require_then(&mut self, run: &mut Run<'_>) -> Option<Update> {
        if run[self.then].resource.is_some() {
            return self.pass_flags(run, self.only_optional(), Filter::Optional, Kinds::FIRST_IMPLIES_THEN);
        }
        if !self.first_flags.optional && run[self.then].optional {
            run[self.then].optional = false;
            self.changed.then = true;
        }
        None
    }

    fn require_first(&mut self, run: &mut Run<'_>) -> Option<Update> {
        if let Some(resource) = run[self.first].resource {
            let step = self.step(self.first_flags, Filter::Optional, Kinds::THEN_IMPLIES_FIRST);
            return self.apply(run, resource, &step);
        }
        if !self.first_flags.optional && run[self.first].runnable {
            run[self.first].runnable = false;
            self.changed.first = true;
        }
        None
    }

    fn require_first_of_promoted(&mut self, run: &mut Run<'_>) -> Option<Update> {
        self.pass_flags(run, self.only_optional(), Filter::Optional, Kinds::PROMOTED_THEN_IMPLIES_FIRST)
    }

    /// Counts the first action if it can run; enough of them make the later one runnable.
    fn count(&mut self, run: &mut Run<'_>) -> Option<Update> {
        if run[self.then].resource.is_none() && self.first_flags.runnable {
            self.runnable_firsts += 1;
            let then = &mut run[self.then];
            if self.runnable_firsts >= then.required_firsts && !then.runnable {
                then.runnable = true;
                self.changed.then = true;
            }
        }
        None
    }

    fn heed_nested_probe(&mut self, run: &mut Run<'_>) -> Option<Update> {
        let active = run[self.first].resource.is_some_and(|resource| run.cluster.is_active(resource));
        if !self.first_flags.runnable && active {
            disable(run, self.edge);
            self.lines = LINES.len();
            return None;
        }
        self.pass(run, Kinds::UNRUNNABLE_BLOCKS, Filter::Runnable)
    }

    /// The later action can't run if the first one can't.
    fn block_then(&mut self, run: &mut Run<'_>) -> Option<Update> {
        if run[self.then].resource.is_some() {
            return self.pass(run, Kinds::UNRUNNABLE_BLOCKS, Filter::Runnable);
        }
        if !self.first_flags.runnable && run[self.then].runnable {
            run[self.then].runnable = false;
            self.changed.then = true;
        }
        None
    }

    fn put_in_graph(&mut self, run: &mut Run<'_>) -> Option<Update> {
        if self.kinds.contains(Kinds::THEN_IN_GRAPH) && run[self.first].runnable && !self.first_flags.optional {
            run[self.then].always_in_graph = true;
        }
        if self.kinds.contains(Kinds::FIRST_IN_GRAPH) && !self.then_flags.optional {
            run[self.first].always_in_graph = true;
        }
        None
    }

    /// ORD-66: a stop of something frozen blocks, for no reason given.
    fn block_by_frozen_stop(&mut self, run: &mut Run<'_>) -> Option<Update> {
        let first = &run[self.first];
        let frozen = || first.resource.is_some_and(|resource| !run[resource].managed && run[resource].blocked);
        if first.task == Task::Stop && !first.runnable && frozen() && run[self.then].runnable {
            run[self.then].runnable = false;
            self.changed.then = true;
        }
        None
    }

    fn only_optional(&self) -> Flags {
        Flags { runnable: false, migratable: false, ..self.first_flags }
    }

    fn step(&self, flags: Flags, filter: Filter, kind: Kinds) -> Step {
        Step { first: self.first, then: self.then, node: self.node, flags, filter, kind }
    }

    /// Passes a kind on to the later action, by its resource's kind.
    fn pass(&mut self, run: &mut Run<'_>, kind: Kinds, filter: Filter) -> Option<Update> {
        self.pass_flags(run, self.first_flags, filter, kind)
    }

    fn pass_flags(&mut self, run: &mut Run<'_>, flags: Flags, filter: Filter, kind: Kinds) -> Option<Update> {
        let resource = run[self.then].resource?;
        self.apply(run, resource, &self.step(flags, filter, kind))
    }

    fn apply(&mut self, run: &mut Run<'_>, resource: ResourceId, step: &Step) -> Option<Update> {
        let (changed, update) = variant::apply(run, resource, step);
        self.changed |= changed;
        update
    }
}

fn disable(run: &mut Run<'_>, edge: EdgeIndex) {
    run.plan.graph[edge].before = Kinds::empty();
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
