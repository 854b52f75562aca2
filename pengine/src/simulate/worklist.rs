//! In what order the synapses of a transition fire (SIM-101).
//!
//! The rule speaks of repeated walks over all synapses: one that becomes ready behind the present one fires in the same walk,
//! one before it in the next. Two heaps by position give the same order without walking.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::plan::ActionId;
use crate::transition::Selection;

/// The synapses that are ready, and what the others wait for.
#[derive(Debug)]
pub(super) struct Worklist {
    /// How many inputs of each synapse are not confirmed.
    waiting: Vec<usize>,
    /// The synapses that wait for each action, one action behind the other.
    dependents: Vec<usize>,
    /// Where those of an action begin.
    first_dependent: Vec<usize>,
    this_walk: BinaryHeap<Reverse<usize>>,
    next_walk: BinaryHeap<Reverse<usize>>,
    position: usize,
}

impl Worklist {
    pub(super) fn new(selection: &Selection) -> Self {
        Self::of(|| selection.chosen.iter().map(|&id| selection.triggers(id)))
    }

    /// The worklist of synapses with these inputs.
    fn of<S: Iterator<Item = I>, I: Iterator<Item = ActionId>>(synapses: impl Fn() -> S) -> Self {
        let waiting: Vec<usize> = synapses().map(Iterator::count).collect();
        let ready = waiting.iter().enumerate().filter(|&(_, &inputs)| inputs == 0).map(|(at, _)| Reverse(at));
        let this_walk = ready.collect();
        let (first_dependent, dependents) = dependents(synapses);
        Self { this_walk, next_walk: BinaryHeap::new(), position: 0, dependents, first_dependent, waiting }
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
    pub(super) fn confirm(&mut self, action: ActionId, hears: impl Fn(usize) -> bool) {
        let action = action.index();
        let (Some(&from), Some(&to)) = (self.first_dependent.get(action), self.first_dependent.get(action + 1)) else { return };
        for &at in self.dependents.get(from..to).unwrap_or_default() {
            let Some(waiting) = self.waiting.get_mut(at).filter(|_| hears(at)) else { continue };
            *waiting = waiting.saturating_sub(1);
            if *waiting == 0 {
                let walk = if at > self.position { &mut self.this_walk } else { &mut self.next_walk };
                walk.push(Reverse(at));
            }
        }
    }
}

/// Where the synapses that wait for each action begin, and those synapses in document order.
fn dependents<S: Iterator<Item = I>, I: Iterator<Item = ActionId>>(synapses: impl Fn() -> S) -> (Vec<usize>, Vec<usize>) {
    let inputs = || synapses().enumerate().flat_map(|(at, inputs)| inputs.map(move |input| (input.index(), at)));
    let actions = inputs().map(|(input, _)| input + 1).max().unwrap_or(0);
    let mut first = vec![0; actions + 1];
    inputs().for_each(|(input, _)| first[input + 1] += 1);
    (0..actions).for_each(|at| first[at + 1] += first[at]);
    let (mut next, mut dependents) = (first.clone(), vec![0; first[actions]]);
    for (input, at) in inputs() {
        dependents[next[input]] = at;
        next[input] += 1;
    }
    (first, dependents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_in_document_order_and_takes_what_becomes_ready_behind() {
        let waits_for: [&[usize]; 5] = [&[2], &[], &[1], &[0], &[98]];
        let mut worklist = Worklist::of(|| waits_for.iter().map(|inputs| inputs.iter().map(|&input| ActionId::new(input))));
        let mut fired = Vec::new();
        while let Some(at) = worklist.next() {
            fired.push(at);
            worklist.confirm(ActionId::new(at), |_| true);
        }
        assert_eq!(fired, [1, 2, 0, 3]);
    }
}
