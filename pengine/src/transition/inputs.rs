//! What an action waits for: its relations, merged and selected (GRAPH sections 5 and 6).

use std::collections::BTreeSet;
use std::ops::Range;

use petgraph::Direction::Incoming;
use petgraph::visit::EdgeRef;

use crate::plan::{ActionId, ActionKey, Kinds, Task};
use crate::run::Run;

/// All relations from one action to another, taken together.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    /// The action that comes first.
    pub first: ActionId,
    /// All kinds together.
    pub kinds: Kinds,
    /// It is in the graph.
    pub used: bool,
}

/// What was selected.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The actions in the graph, in the order in which they entered it.
    pub chosen: Vec<ActionId>,
    /// Whether an action is in the graph.
    pub in_graph: Vec<bool>,
    /// Merged inputs of every action that was looked at, one action's behind the other's.
    inputs: Vec<Input>,
    /// Where an action's inputs are.
    places: Vec<Option<(u32, u32)>>,
}

impl Selection {
    /// The inputs of an action; none if it was not looked at.
    pub fn inputs(&self, id: ActionId) -> &[Input] {
        self.place(id).and_then(|place| self.inputs.get(place)).unwrap_or_default()
    }

    fn place(&self, id: ActionId) -> Option<Range<usize>> {
        let (start, end) = (*self.places.get(id.index())?)?;
        Some(start as usize..end as usize)
    }

    /// The numbers of the actions that an action waits for, ascending.
    pub fn triggers(&self, id: ActionId) -> impl Iterator<Item = ActionId> + '_ {
        self.inputs(id).iter().filter(|input| input.used).map(|input| input.first)
    }

    /// Makes room for all actions that there are.
    pub(super) fn reach(&mut self, count: usize) {
        self.in_graph.resize(count, false);
        self.places.resize(count, None);
    }

    /// The place of an action's inputs, which are merged at the first look (GRAPH-17).
    pub(super) fn look_at(&mut self, run: &Run<'_>, id: ActionId) -> Range<usize> {
        if let Some(known) = self.place(id) {
            return known;
        }
        let start = self.inputs.len();
        self.put_inputs(run, id);
        let end = self.inputs.len();
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.places[id.index()] = Some((number(start), number(end)));
        start..end
    }

    /// Puts the relations that lead to an action in, by the number of the first action, several between the same two as one.
    fn put_inputs(&mut self, run: &Run<'_>, then: ActionId) {
        let start = self.inputs.len();
        let edges = run.plan.graph.edges_directed(then, Incoming);
        self.inputs.extend(edges.map(|edge| Input { first: edge.source(), kinds: edge.weight().before, used: false }));
        self.inputs[start..].sort_unstable_by_key(|input| input.first);
        let mut end = start;
        for at in start..self.inputs.len() {
            let input = self.inputs[at];
            match self.inputs[start..end].last_mut() {
                Some(same) if same.first == input.first => same.kinds |= input.kinds,
                _ => {
                    self.inputs[end] = input;
                    end += 1;
                }
            }
        }
        self.inputs.truncate(end);
    }

    /// Puts an action in, and decides which of its inputs count.
    pub(super) fn choose(&mut self, run: &Run<'_>, id: ActionId, inputs: Range<usize>) {
        self.in_graph[id.index()] = true;
        self.chosen.push(id);
        for input in &mut self.inputs[inputs] {
            let known = self.in_graph[input.first.index()];
            input.used = selects_input(run, &mut input.kinds, input.first, id, known);
        }
    }

    /// What is waited for without being in the graph.
    pub(super) fn absent(&self) -> BTreeSet<ActionId> {
        self.inputs.iter().filter(|input| input.used && !self.in_graph[input.first.index()]).map(|input| input.first).collect()
    }
}

/// Whether a relation becomes an input of the graph (GRAPH-21); kinds that can never count are cleared.
pub fn selects_input(run: &Run<'_>, kinds: &mut Kinds, first: ActionId, then: ActionId, first_in_graph: bool) -> bool {
    let (before, after) = (&run[first], &run[then]);
    let is_stop = before.key == ActionKey::once(Task::Stop) && before.name.is_none();
    let weak = Kinds::SEQUENCE | Kinds::THEN_IN_GRAPH | Kinds::FIRST_IN_GRAPH;
    let strong = Kinds::MIN_RUNNABLE | Kinds::UNMIGRATABLE_THEN_BLOCKS;
    if kinds.is_empty() || !before.runnable && (weak.contains(*kinds) || kinds.intersects(strong)) {
        return false;
    }
    if before.migratable && (kinds.contains(Kinds::UNLESS_MIGRATABLE) || *kinds == Kinds::SEQUENCE && is_stop) {
        return false;
    }
    if *kinds == Kinds::LOAD {
        let migrating = after.resource.filter(|_| after.task == Task::MigrateTo);
        let node = migrating.map_or(after.node, |resource| run[resource].assigned);
        let same = node.is_some() && before.node == node;
        if !same || before.optional && migrating.is_none() {
            *kinds = Kinds::empty();
            return false;
        }
        return true;
    }
    if *kinds == Kinds::REQUIRED_ON_SAME_NODE {
        let differ = before.node.is_some() && after.node.is_some() && before.node != after.node;
        if differ || before.optional {
            *kinds = Kinds::empty();
            return false;
        }
        return true;
    }
    if is_stop && is_hopeless_stop(run, first, then) {
        return false;
    }
    !before.optional || before.always_in_graph || first_in_graph
}

/// The stop of something failed and unmanaged doesn't keep a clone from stopping (GRAPH-25).
fn is_hopeless_stop(run: &Run<'_>, first: ActionId, then: ActionId) -> bool {
    let (before, after) = (run[first].resource, run[then].resource);
    let hopeless = before.is_some_and(|resource| run[resource].failed && !run[resource].managed);
    hopeless && before != after && after.is_some_and(|resource| run[resource].is_clone())
}
