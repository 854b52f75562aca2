//! What follows from what all nodes told when they came together: the same for all, since all heard the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Join, NodeId, Term};
use crate::disk::sha256;

/// What a new term is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The term.
    pub term: Term,
    /// The version of the protocol that is spoken: the newest that all understand.
    pub protocol: u32,
    /// The node whose configuration is the newest.
    pub holder: NodeId,
    /// The node that knows the state best; none if all were just started.
    pub witness: Option<NodeId>,
    /// The number of the last term with quorum, as far as that one knows.
    pub quorate: Option<u64>,
    /// The number of the last term with quorum that the configuration comes from.
    pub configured: Option<u64>,
    /// Not all know what these two know, so that they have to tell.
    pub is_told: bool,
}

/// Whose configuration counts: the newest one; of the same version, that of the later term with quorum, since nothing is acknowledged without,
/// then that of the later term, of a node that knows the state, and of the more changes. What is still alike is settled by the number of
/// the node.
fn rank(id: NodeId, join: &Join) -> impl Ord {
    let configuration = (join.version.admin_epoch, join.version.epoch);
    let term = join.term.map(|term| term.number);
    (configuration, join.configured, term, join.position, join.version.num_updates, Reverse(id))
}

/// How well a node knows the state; nothing if it was just started. Only with quorum nodes are fenced and services started elsewhere: what
/// is known from a term with quorum counts more than any number of terms without. Terms with quorum have ever higher numbers, since each
/// has a member that was in the one before.
fn knowledge(join: &Join) -> Option<impl Ord + use<>> {
    join.position.map(|position| (join.quorate, join.term.map(|term| term.number), position))
}

/// Stands for all that was told.
fn origin(joins: &BTreeMap<NodeId, Join>) -> u64 {
    let words = joins.iter().map(|(id, join)| format!("{id} {} {}\n", join.run.0, join.run.1));
    let digest = sha256(words.collect::<String>().as_bytes());
    digest.chars().take(16).filter_map(|digit| digit.to_digit(16)).fold(0, |number, digit| number << 4 | u64::from(digit))
}

/// Those who speak no version of the protocol that those before them speak, too: whoever knows more of the state comes before, and then
/// who has been there for longer.
#[must_use]
pub fn strangers(joins: &BTreeMap<NodeId, Join>) -> BTreeSet<NodeId> {
    let mut members: Vec<(NodeId, &Join)> = joins.iter().map(|(&id, join)| (id, join)).collect();
    members.sort_by_key(|(id, join)| (Reverse(knowledge(join)), join.since, *id));
    let mut common = (0, u32::MAX);
    let mut strangers = BTreeSet::new();
    for (id, join) in members {
        let with = (common.0.max(join.protocol.0), common.1.min(join.protocol.1));
        if with.0 <= with.1 {
            common = with;
        } else {
            strangers.insert(id);
        }
    }
    strangers
}

/// Those who told what they know before they heard of a term that they are part of, by a word from before that: what they were ordered to
/// do in it they will tell next.
#[must_use]
pub fn outdated(joins: &BTreeMap<NodeId, Join>) -> BTreeSet<NodeId> {
    let number = |join: &Join| join.term.map_or(0, |term| term.number);
    let has_missed = |id: NodeId, join: &Join, other: &Join| {
        other.fellows.get(&id).is_some_and(|run| *run == join.run.0) && number(join) < number(other)
    };
    joins.iter().filter(|&(&id, join)| joins.values().any(|other| has_missed(id, join, other))).map(|(&id, _)| id).collect()
}

impl Agreement {
    /// What follows from what all members told that understand each other; nothing if there are none.
    #[must_use]
    pub fn of(joins: &BTreeMap<NodeId, Join>) -> Option<Self> {
        let (&holder, newest) = joins.iter().max_by_key(|&(&id, join)| rank(id, join))?;
        let live = joins.iter().filter(|(_, join)| join.position.is_some());
        let witness = live.max_by_key(|&(&id, join)| (knowledge(join), Reverse(id)));
        let knows_the_same =
            |join: &Join| witness.is_some_and(|(_, witness)| (join.term, join.position) == (witness.term, witness.position));
        let mut informed: Vec<(u64, NodeId)> =
            joins.iter().filter(|(_, join)| knows_the_same(join)).map(|(&id, join)| (join.since, id)).collect();
        let is_told = informed.len() < joins.len() || joins.values().any(|join| join.digest != newest.digest);
        if informed.is_empty() {
            informed = joins.keys().map(|&id| (0, id)).collect();
        }
        // Who has been there for the longest time stays the coordinator.
        let &(_, coordinator) = informed.iter().min()?;
        let number = joins.values().filter_map(|join| join.term).map(|term| term.number).max().unwrap_or(0) + 1;
        let protocol = joins.values().map(|join| join.protocol.1).min()?;
        Some(Self {
            term: Term { number, coordinator, origin: origin(joins) },
            protocol,
            holder,
            witness: witness.map(|(&id, _)| id),
            quorate: witness.and_then(|(_, witness)| witness.quorate),
            configured: newest.configured,
            is_told,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn join(version: &str, term: u64, position: Option<u64>, since: u64) -> Join {
        Join {
            protocol: (1, 1),
            name: String::new(),
            run: (String::new(), 1),
            term: (term > 0).then_some(Term { number: term, coordinator: NodeId(1), origin: 1 }),
            fellows: BTreeMap::new(),
            position,
            configured: None,
            quorate: None,
            since,
            version: version.parse().unwrap(),
            digest: version.rsplit_once('.').unwrap().0.to_owned(),
            state: None,
            open: Vec::new(),
        }
    }

    fn agree(joins: &[(u32, Join)]) -> Agreement {
        Agreement::of(&joins.iter().map(|(id, join)| (NodeId(*id), join.clone())).collect()).unwrap()
    }

    #[test]
    fn the_newest_configuration_wins_wherever_it_is() {
        let agreed = agree(&[(1, join("0.5.9", 7, Some(3), 2)), (2, join("0.6.0", 3, None, 0))]);
        assert_eq!((agreed.holder, agreed.witness, agreed.is_told), (NodeId(2), Some(NodeId(1)), true));
        assert_eq!(agreed.term.number, 8);
        let by_hand = agree(&[(1, join("1.0.0", 0, None, 0)), (2, join("0.6.0", 3, Some(4), 1))]);
        assert_eq!(by_hand.holder, NodeId(1));
    }

    #[test]
    fn of_the_same_version_the_later_term_wins() {
        let agreed = agree(&[(1, join("0.8.0", 4, None, 0)), (2, join("0.8.0", 5, None, 0))]);
        assert_eq!(agreed.holder, NodeId(2));
    }

    #[test]
    fn of_the_same_version_that_of_the_later_term_with_quorum_wins() {
        let configured = |term, configured| Join { configured: Some(configured), ..join("0.8.0", term, None, 0) };
        let agreed = agree(&[(1, configured(20, 4)), (2, configured(9, 8))]);
        assert_eq!((agreed.holder, agreed.configured), (NodeId(2), Some(8)));
    }

    #[test]
    fn who_was_there_for_the_longest_time_stays_the_coordinator() {
        let back =
            agree(&[(1, join("0.8.0", 5, None, 0)), (2, join("0.8.4", 9, Some(12), 2)), (3, join("0.8.4", 9, Some(12), 1))]);
        assert_eq!((back.term.coordinator, back.holder, back.is_told), (NodeId(3), NodeId(2), true));
        let left = agree(&[(2, join("0.8.4", 9, Some(12), 2)), (4, join("0.8.4", 9, Some(12), 4))]);
        assert_eq!((left.term.coordinator, left.is_told), (NodeId(2), false));
        let fresh = agree(&[(3, join("0.0.0", 0, None, 0)), (2, join("0.0.0", 0, None, 0))]);
        assert_eq!((fresh.term.number, fresh.term.coordinator), (1, NodeId(2)));
    }

    #[test]
    fn who_has_missed_a_term_of_its_own_has_to_speak_again() {
        let alice = Join { fellows: BTreeMap::from([(NodeId(2), "bob-1".to_owned())]), ..join("0.8.0", 5, Some(3), 1) };
        let bob = |term, run: &str| Join { run: (run.to_owned(), 4), ..join("0.8.0", term, Some(9), 1) };
        let of = |bob: Join| outdated(&BTreeMap::from([(NodeId(1), alice.clone()), (NodeId(2), bob)]));
        assert_eq!(of(bob(4, "bob-1")), BTreeSet::from([NodeId(2)]));
        assert_eq!(of(bob(5, "bob-1")), BTreeSet::new());
        assert_eq!(of(bob(4, "bob-2")), BTreeSet::new());
    }

    #[test]
    fn who_had_quorum_last_knows_the_state_best() {
        let quorate = |term, position, quorate| Join { quorate: Some(quorate), ..join("0.8.0", term, Some(position), 1) };
        let agreed = agree(&[(1, quorate(20, 5, 7)), (2, quorate(12, 3, 12)), (3, quorate(12, 4, 12))]);
        assert_eq!((agreed.witness, agreed.quorate, agreed.term.coordinator), (Some(NodeId(3)), Some(12), NodeId(3)));
        assert_eq!(agreed.term.number, 21);
    }

    #[test]
    fn terms_that_come_from_other_words_are_other_terms() {
        let once = join("0.8.0", 5, Some(1), 1);
        let again = Join { run: (String::new(), 2), ..once.clone() };
        assert_eq!(agree(&[(1, once.clone())]), agree(&[(1, once.clone())]));
        assert_ne!(agree(&[(1, once)]).term, agree(&[(1, again)]).term);
    }

    #[test]
    fn who_is_not_understood_by_those_who_were_there_before_is_a_stranger() {
        let speaking = |protocol, position, since| Join { protocol, ..join("0.1.0", 4, position, since) };
        let of = |joins: &[(u32, Join)]| strangers(&joins.iter().map(|(id, join)| (NodeId(*id), join.clone())).collect());
        let (old, new) = (speaking((1, 1), Some(7), 2), speaking((2, 3), Some(7), 1));
        assert_eq!(of(&[(1, old.clone()), (2, new.clone())]), BTreeSet::from([NodeId(1)]));
        assert_eq!(of(&[(1, old), (2, Join { position: None, ..new.clone() })]), BTreeSet::from([NodeId(2)]));
        assert_eq!(of(&[(1, speaking((1, 2), Some(7), 3)), (2, new)]), BTreeSet::new());
    }

    #[test]
    fn the_protocol_is_the_newest_that_all_speak() {
        let modern = Join { protocol: (1, 3), ..join("0.1.0", 0, None, 0) };
        assert_eq!(agree(&[(1, modern.clone()), (2, join("0.1.0", 0, None, 0))]).protocol, 1);
        assert_eq!(agree(&[(1, modern)]).protocol, 3);
    }
}
