//! Who has said nothing in a term for too long: its daemon hangs. Each node says a word from time to time, so that silence means
//! something. Whether it was silence is the same for all: words are counted where they stand in the order.

use std::collections::{BTreeMap, BTreeSet};

use super::{Member, Message, NodeId, View};
use crate::node::Effect;

/// How long a node says nothing at most, in milliseconds.
const WORD_MS: u64 = 10_000;
/// How long nodes are waited for that say nothing, in milliseconds.
pub const PATIENCE_MS: u64 = 30_000;

/// What was heard in a term, and when.
#[derive(Debug, Default)]
pub struct Silence {
    heard: BTreeMap<NodeId, Words>,
    /// When this node said something last, in milliseconds.
    said_ms: u64,
    /// Nobody is judged before this moment, in milliseconds.
    not_before_ms: u64,
}

/// What a node has said in a term.
#[derive(Debug)]
struct Words {
    count: u64,
    last_ms: u64,
}

impl Silence {
    /// A term of these nodes begins.
    pub fn new(members: impl Iterator<Item = NodeId>, now_ms: u64) -> Self {
        let heard = members.map(|id| (id, Words { count: 0, last_ms: now_ms })).collect();
        Self { heard, said_ms: now_ms, not_before_ms: 0 }
    }

    /// A node has said something.
    pub fn heard(&mut self, from: NodeId, now_ms: u64) {
        if let Some(words) = self.heard.get_mut(&from) {
            *words = Words { count: words.count + 1, last_ms: now_ms };
        }
    }

    /// This node has said something.
    pub fn said(&mut self, now_ms: u64) {
        self.said_ms = now_ms;
    }

    /// When something is to be said or judged, in milliseconds; nothing for a node alone.
    pub fn deadline(&self, id: NodeId) -> Option<u64> {
        let last_ms = self.heard.iter().filter(|(at, _)| **at != id).map(|(_, words)| words.last_ms).min()?;
        Some((last_ms + PATIENCE_MS).max(self.not_before_ms).min(self.said_ms + WORD_MS))
    }

    /// Those who have said nothing for too long, with the number of words that they had said before.
    fn judge(&mut self, now_ms: u64) -> BTreeMap<NodeId, u64> {
        if now_ms >= self.said_ms + 2 * WORD_MS {
            // This node itself has hung: what others said meanwhile may not have come yet.
            self.not_before_ms = now_ms + PATIENCE_MS;
        }
        if now_ms < self.not_before_ms {
            return BTreeMap::new();
        }
        let silent = self.heard.iter().filter(|(_, words)| words.last_ms + PATIENCE_MS <= now_ms);
        let silent: BTreeMap<NodeId, u64> = silent.map(|(&id, words)| (id, words.count)).collect();
        if !silent.is_empty() {
            self.not_before_ms = now_ms + WORD_MS;
        }
        silent
    }

    /// Those of them who have said nothing more up to this place in the order.
    fn confirm(&self, told: &BTreeMap<NodeId, u64>) -> BTreeSet<NodeId> {
        let is_silent = |id: &NodeId, count: u64| self.heard.get(id).is_some_and(|words| words.count == count);
        told.iter().filter(|&(id, &count)| is_silent(id, count)).map(|(&id, _)| id).collect()
    }
}

impl Member {
    /// In a term, says a word if it is time for one, and says who has been silent for too long, if no other node is to say so.
    pub(super) fn break_silence(&mut self) {
        let now_ms = self.now.monotonic_ms;
        if self.term().is_none() || self.silence.deadline(self.id).is_none_or(|at| at > now_ms) {
            return;
        }
        let silent = self.silence.judge(now_ms);
        let first = self.silence.heard.keys().find(|id| !silent.contains_key(id));
        if !silent.is_empty() && first == Some(&self.id) {
            self.outgoing.push(Message::Silent(silent));
        } else {
            self.outgoing.push(Message::Word);
        }
    }

    /// Somebody says who has been silent. If it is so they are as good as lost, and the others begin a new term; one that hears of it
    /// begins anew.
    pub(super) fn silent_told(&mut self, told: &BTreeMap<NodeId, u64>) {
        let silent = self.silence.confirm(told);
        if silent.contains(&self.id) {
            return self.left_behind();
        }
        if !silent.is_empty() {
            let members = self.view.members.difference(&silent).copied().collect();
            self.view_changed(View { members, quorum: self.view.quorum });
        }
    }

    /// The others go on without this node.
    pub(super) fn left_behind(&mut self) {
        self.warn("this node told the others nothing for too long, and they go on without it".to_owned());
        self.effects.push(Effect::Abort);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: NodeId = NodeId(1);
    const BOB: NodeId = NodeId(2);

    fn both() -> Silence {
        Silence::new([ALICE, BOB].into_iter(), 0)
    }

    #[test]
    fn who_says_nothing_for_too_long_is_silent() {
        let mut silence = both();
        for now in [10_000, 20_000] {
            assert_eq!(silence.deadline(ALICE), Some(now));
            assert!(silence.judge(now).is_empty());
            silence.said(now);
            silence.heard(ALICE, now);
        }
        assert_eq!(silence.judge(30_000), BTreeMap::from([(BOB, 0)]));
        assert_eq!(silence.confirm(&BTreeMap::from([(BOB, 0)])), BTreeSet::from([BOB]));
        assert!(silence.judge(30_001).is_empty(), "it was said already");
    }

    #[test]
    fn a_word_that_comes_before_the_judgement_counts() {
        let mut silence = both();
        silence.heard(BOB, 31_000);
        assert!(silence.confirm(&BTreeMap::from([(BOB, 0)])).is_empty());
    }

    #[test]
    fn who_has_hung_judges_nobody() {
        let mut silence = both();
        assert!(silence.judge(45_000).is_empty());
        silence.said(45_000);
        assert!(silence.judge(54_000).is_empty());
    }

    #[test]
    fn a_node_alone_says_nothing() {
        assert_eq!(Silence::new([ALICE].into_iter(), 0).deadline(ALICE), None);
    }
}
