//! A transition as a partial order: what surely comes before what, in whatever order it is carried out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use pengine::transition::{ElementKind, GraphAction, Transition};

use crate::random_cluster::Part;

/// Bits of a word.
const WORD: usize = 64;

#[derive(Debug)]
pub struct Graph {
    pub actions: Vec<Action>,
    /// What each action waits for.
    inputs: Vec<Vec<usize>>,
    /// For each action, a bit for each that surely comes before it.
    before: Vec<Vec<u64>>,
    /// What is never done, since it waits for itself or for what is not in the graph, or for something that does.
    stuck: BTreeSet<usize>,
}

/// An action, known by its place among those of the graph.
#[derive(Debug, Clone)]
pub struct Action {
    pub at: usize,
    pub kind: ElementKind,
    pub task: String,
    pub interval: u32,
    /// The resource's name in the history; that of a node for fencing and shutdown.
    pub resource: String,
    /// Pseudo-actions are at no node.
    pub node: Option<String>,
}

impl Graph {
    /// The partial order of a transition.
    pub fn of(transition: &Transition) -> Self {
        let synapses = &transition.synapses;
        let numbers: BTreeMap<u32, usize> = synapses.iter().enumerate().map(|(at, synapse)| (synapse.action.id, at)).collect();
        let inputs: Vec<Vec<usize>> =
            synapses.iter().map(|synapse| synapse.inputs.iter().filter_map(|id| numbers.get(id).copied()).collect()).collect();
        let mut before = vec![vec![0u64; synapses.len().div_ceil(WORD)]; synapses.len()];
        let mut waiting: Vec<usize> = synapses.iter().map(|synapse| synapse.inputs.len()).collect();
        let mut followers = vec![Vec::new(); synapses.len()];
        for (at, inputs) in inputs.iter().enumerate() {
            inputs.iter().for_each(|&input| followers[input].push(at));
        }
        let mut ready: VecDeque<usize> = (0..synapses.len()).filter(|&at| waiting[at] == 0).collect();
        while let Some(at) = ready.pop_front() {
            let mut known = before[at].clone();
            known[at / WORD] |= 1 << (at % WORD);
            for &follower in &followers[at] {
                before[follower].iter_mut().zip(&known).for_each(|(word, more)| *word |= more);
                waiting[follower] -= 1;
                if waiting[follower] == 0 {
                    ready.push_back(follower);
                }
            }
        }
        let actions: Vec<Action> = synapses.iter().enumerate().map(|(at, synapse)| Action::of(at, &synapse.action)).collect();
        let stuck = (0..actions.len()).filter(|&at| waiting[at] > 0).collect();
        Self { actions, inputs, before, stuck }
    }

    /// Whether an action surely is done before another one begins.
    pub fn precedes(&self, first: &Action, then: &Action) -> bool {
        self.before[then.at][first.at / WORD] & (1 << (first.at % WORD)) != 0
    }

    /// Whether an action has another one among its inputs.
    pub fn has_input(&self, then: &Action, first: &Action) -> bool {
        self.inputs[then.at].contains(&first.at)
    }

    /// Whether an action waits for another one, through whatever is between them; it may be part of a loop.
    pub fn waits_for(&self, then: &Action, first: &Action) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![then.at];
        while let Some(at) = next.pop() {
            next.extend(self.inputs[at].iter().filter(|&&input| seen.insert(input)));
        }
        seen.contains(&first.at)
    }

    /// What is done, sooner or later.
    pub fn done(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| !self.stuck.contains(&action.at))
    }

    /// What is never done.
    pub fn stuck(&self) -> impl Iterator<Item = &Action> {
        self.actions.iter().filter(|action| self.stuck.contains(&action.at))
    }

    /// The fencings of nodes.
    pub fn fencings(&self) -> impl Iterator<Item = &Action> {
        self.done().filter(|action| action.task == "stonith")
    }

    /// The fencing of a node.
    pub fn fencing_of(&self, node: &str) -> Option<&Action> {
        self.fencings().find(|action| action.resource == node)
    }

    /// What is done about a primitive, without repetitions.
    pub fn of_part(&self, part: &Part) -> impl Iterator<Item = &Action> {
        self.done().filter(|action| action.interval == 0 && !action.is_of_node() && part.is_called(&action.resource))
    }

    /// What is done about a primitive at a node.
    pub fn at_node(&self, part: &Part, task: &str, node: &str) -> Option<&Action> {
        self.of_part(part).find(|action| action.task == task && action.node.as_deref() == Some(node))
    }
}

impl Action {
    /// An action of the graph; what only is waited for has no place among them.
    pub fn of(at: usize, action: &GraphAction) -> Self {
        let task = action.attribute("operation").unwrap_or_default().to_owned();
        let key = action.attribute("operation_key").unwrap_or_default();
        let node = action.attribute("on_node").map(str::to_owned);
        let (rest, interval) = key.rsplit_once('_').unwrap_or((key, "0"));
        let resource = match &node {
            Some(node) if is_of_node(&task) => node.clone(),
            _ => rest.strip_suffix(&format!("_{task}")).unwrap_or(rest).to_owned(),
        };
        Self { at, kind: action.kind, task, interval: interval.parse().unwrap_or(0), resource, node }
    }

    /// Whether it is done to a node, not to a resource.
    pub fn is_of_node(&self) -> bool {
        is_of_node(&self.task)
    }

    /// Whether an agent is called.
    pub fn is_real(&self) -> bool {
        self.kind == ElementKind::Resource
    }

    /// Whether it makes a resource active where it was not.
    pub fn activates(&self) -> bool {
        self.is_real() && matches!(self.task.as_str(), "start" | "migrate_from")
    }

    /// The action in words.
    pub fn key(&self) -> String {
        let Self { resource, task, interval, node, .. } = self;
        format!("{resource}_{task}_{interval} {}", node.as_deref().unwrap_or("-"))
    }
}

fn is_of_node(task: &str) -> bool {
    matches!(task, "stonith" | "do_shutdown")
}
