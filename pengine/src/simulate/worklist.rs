//! In what order the synapses of a transition fire (SIM-101).
//!
//! The rule speaks of repeated walks over all synapses: one that becomes ready behind the present one fires in the same walk,
//! one before it in the next. Two heaps by position give the same order without walking.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;

use crate::transition::Transition;

/// The synapses that are ready, and what the others wait for.
#[derive(Debug)]
pub(super) struct Worklist {
    /// How many inputs of each synapse are not confirmed.
    waiting: Vec<usize>,
    /// The synapses that wait for an action, by its number.
    dependents: FxHashMap<u32, Vec<usize>>,
    this_walk: BinaryHeap<Reverse<usize>>,
    next_walk: BinaryHeap<Reverse<usize>>,
    position: usize,
}

impl Worklist {
    pub(super) fn new(transition: &Transition) -> Self {
        let mut dependents: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (at, synapse) in transition.synapses.iter().enumerate() {
            for input in &synapse.inputs {
                dependents.entry(*input).or_default().push(at);
            }
        }
        let waiting: Vec<usize> = transition.synapses.iter().map(|synapse| synapse.inputs.len()).collect();
        let ready = waiting.iter().enumerate().filter(|&(_, &inputs)| inputs == 0).map(|(at, _)| Reverse(at));
        Self { this_walk: ready.collect(), next_walk: BinaryHeap::new(), position: 0, dependents, waiting }
    }

    /// The next synapse that is ready.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.this_walk.is_empty() {
            std::mem::swap(&mut self.this_walk, &mut self.next_walk);
        }
        let Reverse(at) = self.this_walk.pop()?;
        self.position = at;
        Some(at)
    }

    /// An action is complete; of the synapses that wait for it, those that `hears` chooses get to know.
    pub(super) fn confirm(&mut self, action: u32, hears: impl Fn(usize) -> bool) {
        for at in self.dependents.remove(&action).unwrap_or_default() {
            let Some(waiting) = self.waiting.get_mut(at).filter(|_| hears(at)) else { continue };
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                let walk = if at > self.position { &mut self.this_walk } else { &mut self.next_walk };
                walk.push(Reverse(at));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transition::{ElementKind, GraphAction, Synapse};

    fn action(id: u32) -> GraphAction {
        GraphAction { kind: ElementKind::Pseudo, id, attributes: Vec::new(), details: None }
    }

    #[test]
    fn walks_in_document_order_and_takes_what_becomes_ready_behind() {
        let waits_for: [&[u32]; 5] = [&[3], &[], &[2], &[1], &[99]];
        let synapse = |(at, inputs): (usize, &&[u32])| Synapse {
            priority: 0,
            action: action(u32::try_from(at).unwrap_or(0) + 1),
            inputs: inputs.to_vec(),
        };
        let synapses = waits_for.iter().enumerate().map(synapse).collect();
        let transition = Transition { synapses, ..Transition::default() };
        let mut worklist = Worklist::new(&transition);
        let mut fired = Vec::new();
        while let Some(at) = worklist.next() {
            fired.push(at);
            worklist.confirm(transition.synapses[at].action.id, |_| true);
        }
        assert_eq!(fired, [1, 2, 0, 3]);
    }
}
