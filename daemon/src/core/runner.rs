//! Running a transition: which of its actions may begin, and when it is over.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use pengine::transition::{ElementKind, GraphAction, Transition};

/// How much may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In the whole cluster (`batch-limit`); 0 is no limit.
    pub total: usize,
    /// On one node; 0 is no limit.
    pub node: usize,
}

/// What became of an action so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running,
    Over,
}

/// A transition under way.
#[derive(Debug)]
pub struct Runner {
    number: u32,
    transition: Transition,
    limits: Limits,
    stages: Vec<Stage>,
    /// How many inputs of each synapse are not done.
    missing: Vec<usize>,
    /// The synapses that wait for an action, by its number.
    dependents: BTreeMap<u32, Vec<usize>>,
    /// What may begin, by the node whose load it is, most urgent first.
    ready: BTreeMap<Option<String>, BTreeSet<(Reverse<i32>, usize)>>,
    /// How much of what is under way counts against the limits, by node.
    load: BTreeMap<String, usize>,
    total_load: usize,
    running: usize,
    done: usize,
    /// Why nothing more is begun.
    aborted: Option<String>,
}

impl Runner {
    /// A transition of which nothing has begun.
    #[must_use]
    pub fn new(number: u32, transition: Transition, limits: Limits) -> Self {
        let mut dependents: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, synapse) in transition.synapses.iter().enumerate() {
            for &input in &synapse.inputs {
                dependents.entry(input).or_default().push(at);
            }
        }
        let mut missing: Vec<usize> = transition.synapses.iter().map(|synapse| synapse.inputs.len()).collect();
        for (probe, at) in probes_first(&transition) {
            dependents.entry(probe).or_default().push(at);
            missing[at] += 1;
        }
        let mut runner = Self {
            number,
            limits,
            stages: vec![Stage::Waiting; missing.len()],
            missing,
            dependents,
            ready: BTreeMap::new(),
            load: BTreeMap::new(),
            total_load: 0,
            running: 0,
            done: 0,
            aborted: None,
            transition,
        };
        for at in 0..runner.missing.len() {
            if runner.missing[at] == 0 {
                runner.make_ready(at);
            }
        }
        runner
    }

    fn make_ready(&mut self, at: usize) {
        let priority = self.transition.synapses[at].priority;
        self.ready.entry(self.counted_node(at)).or_default().insert((Reverse(priority), at));
    }

    /// The transition's number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The transition.
    #[must_use]
    pub fn transition(&self) -> &Transition {
        &self.transition
    }

    /// How many actions are done, and how many there are.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.stages.len())
    }

    /// Why nothing more is begun, if so.
    #[must_use]
    pub fn aborted(&self) -> Option<&str> {
        self.aborted.as_deref()
    }

    /// An action of the transition.
    #[must_use]
    pub fn action(&self, at: usize) -> Option<&GraphAction> {
        self.transition.synapses.get(at).map(|synapse| &synapse.action)
    }

    /// Begins nothing more; what is under way goes on. The first cause is kept.
    pub fn abort(&mut self, cause: &str) {
        self.aborted.get_or_insert_with(|| cause.to_owned());
    }

    /// Whether nothing is under way and nothing more can begin.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.running == 0 && (self.aborted.is_some() || self.ready.is_empty())
    }

    /// Whether all of it is done.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done == self.stages.len()
    }

    /// Begins the most urgent action that may begin now.
    pub fn begin(&mut self) -> Option<usize> {
        if self.aborted.is_some() {
            return None;
        }
        let queues = self.ready.iter().filter(|(node, _)| self.has_room(node.as_deref()));
        let (next, node) = queues.filter_map(|(node, queue)| Some((*queue.first()?, node.clone()))).min()?;
        self.take(next, &node);
        let (_, at) = next;
        self.stages[at] = Stage::Running;
        self.running += 1;
        if let Some(node) = node {
            *self.load.entry(node).or_default() += 1;
            self.total_load += 1;
        }
        Some(at)
    }

    fn take(&mut self, next: (Reverse<i32>, usize), node: &Option<String>) {
        if let Some(queue) = self.ready.get_mut(node) {
            queue.remove(&next);
            if queue.is_empty() {
                self.ready.remove(node);
            }
        }
    }

    fn has_room(&self, node: Option<&str>) -> bool {
        let Some(node) = node else { return true };
        let there = self.load.get(node).copied().unwrap_or(0);
        let fits = |load: usize, limit: usize| limit == 0 || load < limit;
        fits(self.total_load, self.limits.total) && fits(there, self.limits.node)
    }

    /// The node whose load an action is part of: only agents are work.
    fn counted_node(&self, at: usize) -> Option<String> {
        let action = self.action(at).filter(|action| action.kind == ElementKind::Resource)?;
        action.attribute("router_node").or_else(|| action.attribute("on_node")).map(str::to_owned)
    }

    /// An action has ended; what waited for it may go on only if it was a success.
    pub fn end(&mut self, at: usize, success: bool) {
        if self.stages.get(at) != Some(&Stage::Running) {
            return;
        }
        self.stages[at] = Stage::Over;
        self.running -= 1;
        if let Some(node) = self.counted_node(at)
            && let Some(load) = self.load.get_mut(&node)
        {
            *load = load.saturating_sub(1);
            self.total_load = self.total_load.saturating_sub(1);
        }
        if success {
            self.done += 1;
            self.release(at);
        }
    }

    fn release(&mut self, at: usize) {
        let Some(number) = self.action(at).map(|action| action.id) else { return };
        for waiting in self.dependents.remove(&number).unwrap_or_default() {
            self.missing[waiting] = self.missing[waiting].saturating_sub(1);
            if self.missing[waiting] == 0 {
                self.make_ready(waiting);
            }
        }
    }
}

/// What has to wait for probes, by the number of the probe and the place of what waits: where a daemon has just come back, something may
/// be active or promoted without anybody knowing.
fn probes_first(transition: &Transition) -> Vec<(u32, usize)> {
    let actions = || transition.synapses.iter().map(|synapse| &synapse.action).enumerate();
    let is_probe = |action: &GraphAction| action.attribute("operation") == Some("monitor") && action.interval_ms() == 0;
    let mut of_primitives: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    let mut of_nodes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (at, probe) in actions().filter(|(_, action)| is_probe(action)) {
        of_nodes.entry(probe.attribute("on_node").unwrap_or_default()).or_default().push(probe.id);
        // One that waits for something itself may wait for the promotion.
        if transition.synapses[at].inputs.is_empty() {
            of_primitives.entry(primitive(probe)).or_default().push(probe.id);
        }
    }
    let probes = |action: &GraphAction| match action.attribute("operation")? {
        "promote" => of_primitives.get(primitive(action)),
        "do_shutdown" => of_nodes.get(action.attribute("on_node")?),
        _ => None,
    };
    let waiting = actions().filter_map(|(at, action)| Some((at, probes(action)?)));
    waiting.flat_map(|(at, probes)| probes.iter().map(move |&probe| (probe, at))).collect()
}

/// The name of the primitive that an action is for, without the number of an instance.
fn primitive(action: &GraphAction) -> &str {
    let name = action.resource("id").unwrap_or_default();
    name.split_once(':').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pengine::transition::{Details, Synapse};

    /// An action of each node, by number from 1, with its inputs.
    fn runner(actions: &[(&str, &[u32])], limits: Limits) -> Runner {
        let synapse = |(at, (node, inputs)): (usize, &(&str, &[u32]))| Synapse {
            priority: 0,
            action: GraphAction {
                kind: ElementKind::Resource,
                id: u32::try_from(at).unwrap_or(0) + 1,
                attributes: vec![("on_node", (*node).into())],
                details: None,
            },
            inputs: inputs.to_vec(),
        };
        let synapses = actions.iter().enumerate().map(synapse).collect();
        Runner::new(1, Transition { synapses, ..Transition::default() }, limits)
    }

    const NONE: Limits = Limits { total: 0, node: 0 };

    fn all_that_can_begin(runner: &mut Runner) -> Vec<usize> {
        std::iter::from_fn(|| runner.begin()).collect()
    }

    #[test]
    fn an_action_begins_once_all_that_it_waits_for_is_done() {
        let mut runner = runner(&[("a", &[]), ("a", &[1]), ("b", &[1, 2]), ("b", &[])], NONE);
        assert_eq!(all_that_can_begin(&mut runner), [0, 3]);
        runner.end(0, true);
        assert_eq!(all_that_can_begin(&mut runner), [1]);
        runner.end(3, true);
        assert!(all_that_can_begin(&mut runner).is_empty() && !runner.is_over());
        runner.end(1, true);
        assert_eq!(all_that_can_begin(&mut runner), [2]);
        runner.end(2, true);
        assert!(runner.is_over() && runner.is_complete());
    }

    #[test]
    fn what_waits_for_a_failed_action_never_begins() {
        let mut runner = runner(&[("a", &[]), ("a", &[1])], NONE);
        assert_eq!(all_that_can_begin(&mut runner), [0]);
        runner.end(0, false);
        assert!(all_that_can_begin(&mut runner).is_empty());
        assert!(runner.is_over() && !runner.is_complete());
    }

    #[test]
    fn limits_hold_for_each_node_and_for_all() {
        let actions: [(&str, &[u32]); 5] = [("a", &[]), ("a", &[]), ("b", &[]), ("c", &[]), ("c", &[])];
        let mut one_each = runner(&actions, Limits { total: 0, node: 1 });
        assert_eq!(all_that_can_begin(&mut one_each), [0, 2, 3]);
        one_each.end(0, true);
        assert_eq!(all_that_can_begin(&mut one_each), [1]);
        let mut two_in_all = runner(&actions, Limits { total: 2, node: 0 });
        assert_eq!(all_that_can_begin(&mut two_in_all), [0, 1]);
    }

    #[test]
    fn who_may_not_know_what_is_active_waits_for_probes() {
        let action = |id: u32, resource: &'static str, operation: &'static str, node: &'static str, inputs: &[u32]| Synapse {
            priority: 0,
            action: GraphAction {
                kind: ElementKind::Resource,
                id,
                attributes: vec![("operation", operation.into()), ("on_node", node.into())],
                details: Some(Box::new(Details { resource: Some(vec![("id", resource.into())]), ..Details::default() })),
            },
            inputs: inputs.to_vec(),
        };
        let synapses = vec![
            action(1, "db:1", "promote", "a", &[]),
            action(2, "db:0", "monitor", "b", &[]),
            action(3, "web", "monitor", "b", &[]),
            action(4, "db:2", "monitor", "c", &[1]),
            action(5, "", "do_shutdown", "b", &[]),
        ];
        let mut runner = Runner::new(1, Transition { synapses, ..Transition::default() }, NONE);
        assert_eq!(all_that_can_begin(&mut runner), [1, 2]);
        runner.end(1, true);
        assert_eq!(all_that_can_begin(&mut runner), [0]);
        runner.end(2, true);
        assert_eq!(all_that_can_begin(&mut runner), [4]);
        runner.end(0, true);
        assert_eq!(all_that_can_begin(&mut runner), [3]);
    }

    #[test]
    fn an_aborted_transition_waits_for_what_is_under_way() {
        let mut runner = runner(&[("a", &[]), ("b", &[])], Limits { total: 1, node: 0 });
        assert_eq!(all_that_can_begin(&mut runner), [0]);
        runner.abort("the configuration changed");
        runner.abort("later");
        assert!(!runner.is_over() && all_that_can_begin(&mut runner).is_empty());
        runner.end(0, true);
        assert!(runner.is_over() && !runner.is_complete());
        assert_eq!(runner.aborted(), Some("the configuration changed"));
    }
}
