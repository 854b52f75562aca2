//! A group that hears the same messages in the same order. What it promises it keeps: all who go on together have heard the same
//! before they hear that others came or left. All else is up to chance: how long messages take, and which of those under way at a
//! change of the group come before it, after it, or never, in each part of it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fastrand::Rng;

/// Nodes that hear the same.
#[derive(Debug, Default)]
struct Ring {
    members: BTreeSet<u32>,
    /// Messages that were sent and have no place in the order yet, with the moment when they get one.
    under_way: VecDeque<(u64, u32, Vec<u8>)>,
}

/// Something that a node hears.
#[derive(Debug, Clone)]
pub enum Heard {
    View(BTreeSet<u32>),
    Message(u32, Vec<u8>),
}

/// All groups that there are at a time.
#[derive(Debug, Default)]
pub struct Group {
    rings: BTreeMap<u64, Ring>,
    last_ring: u64,
    /// How many parts of messages were sent.
    pub sent: u64,
}

impl Group {
    fn ring_of(&mut self, node: u32) -> Option<&mut Ring> {
        self.rings.values_mut().find(|ring| ring.members.contains(&node))
    }

    pub fn send(&mut self, chance: &mut Rng, now: u64, from: u32, message: Vec<u8>) {
        let Some(ring) = self.ring_of(from) else { return };
        let at = now + if chance.u8(..20) == 0 { chance.u64(..500) } else { chance.u64(..5) };
        let at = ring.under_way.back().map_or(at, |(last, ..)| at.max(*last));
        ring.under_way.push_back((at, from, message));
        self.sent += 1;
    }

    pub fn deadline(&self) -> Option<u64> {
        self.rings.values().filter_map(|ring| ring.under_way.front()).map(|(at, ..)| *at).min()
    }

    /// What gets its place in the order now, with all who hear it.
    pub fn deliver(&mut self, now: u64) -> Vec<(BTreeSet<u32>, Heard)> {
        let mut heard = Vec::new();
        for ring in self.rings.values_mut() {
            while ring.under_way.front().is_some_and(|(at, ..)| *at <= now) {
                let Some((_, from, message)) = ring.under_way.pop_front() else { break };
                heard.push((ring.members.clone(), Heard::Message(from, message)));
            }
        }
        heard
    }

    /// From now on these hear each other; returns what they hear because of that.
    pub fn reconfigure(&mut self, chance: &mut Rng, components: &[BTreeSet<u32>]) -> Vec<(BTreeSet<u32>, Heard)> {
        let mut heard = Vec::new();
        let changed: Vec<&BTreeSet<u32>> =
            components.iter().filter(|component| !self.rings.values().any(|ring| ring.members == **component)).collect();
        let mut fresh: Vec<Ring> = Vec::new();
        for &component in &changed {
            let mut ring = Ring { members: component.clone(), under_way: VecDeque::new() };
            for old in self.rings.values() {
                let survivors: BTreeSet<u32> = old.members.intersection(component).copied().collect();
                if survivors.is_empty() {
                    continue;
                }
                let before = chance.usize(..=old.under_way.len());
                for (place, (at, from, message)) in old.under_way.iter().enumerate() {
                    if place < before {
                        heard.push((survivors.clone(), Heard::Message(*from, message.clone())));
                    } else if component.contains(from) {
                        ring.under_way.push_back((*at, *from, message.clone()));
                    }
                }
            }
            ring.under_way.make_contiguous().sort_by_key(|(at, ..)| *at);
            heard.push((component.clone(), Heard::View(component.clone())));
            fresh.push(ring);
        }
        self.rings.retain(|_, ring| components.contains(&ring.members));
        for ring in fresh {
            self.last_ring += 1;
            self.rings.insert(self.last_ring, ring);
        }
        heard
    }
}
