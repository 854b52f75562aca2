//! Actions in layers: each stands behind all that it waits for.

use std::collections::{HashMap, VecDeque};

use pengine::transition::{Synapse, Transition};

/// An action with its place.
pub(super) struct Placed<'t> {
    pub(super) synapse: &'t Synapse,
    /// The layer.
    pub(super) layer: usize,
    /// The place in the layer.
    pub(super) row: usize,
}

/// The actions by layer and row.
pub(super) fn of(transition: &Transition) -> Vec<Placed<'_>> {
    let synapses = &transition.synapses;
    let layer = longest_ways(synapses);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
    for (at, &layer) in layer.iter().enumerate() {
        layers[layer].push(at);
    }
    let index = index(synapses);
    let mut rows = vec![0.0_f64; synapses.len()];
    let mut placed = Vec::with_capacity(synapses.len());
    for (layer, members) in layers.iter_mut().enumerate() {
        // An action stands at the height of what it waits for, so that lines cross less.
        let height = |at: usize| {
            let inputs: Vec<f64> = synapses[at].inputs.iter().filter_map(|input| index.get(input)).map(|&at| rows[at]).collect();
            if inputs.is_empty() { 0.0 } else { inputs.iter().sum::<f64>() / inputs.len() as f64 }
        };
        let mut heights: Vec<(f64, usize)> = members.iter().map(|&at| (height(at), at)).collect();
        heights.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        for (row, &(_, at)) in heights.iter().enumerate() {
            rows[at] = row as f64;
            placed.push(Placed { synapse: &synapses[at], layer, row });
        }
    }
    placed
}

/// Where each action is, by its number.
fn index(synapses: &[Synapse]) -> HashMap<u32, usize> {
    synapses.iter().enumerate().map(|(at, synapse)| (synapse.action.id, at)).collect()
}

/// The longest way to each action from one that waits for nothing. What is in a circle is not put off by it.
fn longest_ways(synapses: &[Synapse]) -> Vec<usize> {
    let index = index(synapses);
    let mut layer = vec![0; synapses.len()];
    let mut waits = vec![0_usize; synapses.len()];
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); synapses.len()];
    for (at, synapse) in synapses.iter().enumerate() {
        for &before in synapse.inputs.iter().filter_map(|input| index.get(input)) {
            waits[at] += 1;
            followers[before].push(at);
        }
    }
    let mut open: VecDeque<usize> = (0..synapses.len()).filter(|&at| waits[at] == 0).collect();
    while let Some(at) = open.pop_front() {
        for &next in &followers[at] {
            layer[next] = layer[next].max(layer[at] + 1);
            waits[next] -= 1;
            if waits[next] == 0 {
                open.push_back(next);
            }
        }
    }
    layer
}
