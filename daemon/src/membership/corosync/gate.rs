//! In which order the node hears of messages and of quorum, which come by different ways.
//!
//! Corosync tells of a change of who is there and of the quorum that follows from it one after the other. A node that hears that
//! others are gone must not act before it knows whether it still has quorum: what comes of the group waits for that.

use std::collections::{BTreeSet, VecDeque};

use crate::cluster::{NodeId, View};
use crate::node::Event;

/// Something that comes of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// Who hears the same from now on.
    View {
        /// The nodes.
        members: BTreeSet<NodeId>,
        /// Nodes that are gone as a whole, rather than their daemons.
        gone: BTreeSet<NodeId>,
    },
    /// A part of a message.
    Message(NodeId, Vec<u8>),
}

/// What waits.
#[derive(Debug, Default)]
pub(super) struct Gate {
    waiting: VecDeque<Heard>,
    quorum: bool,
    /// The nodes that quorum was counted from.
    counted: BTreeSet<NodeId>,
    /// Whether there is quorum, as the node was told last; nothing before the first view.
    told: Option<bool>,
}

impl Gate {
    /// Something comes of the group.
    pub(super) fn heard(&mut self, heard: Heard) -> Vec<Event> {
        self.waiting.push_back(heard);
        self.pass()
    }

    /// Quorum was counted.
    pub(super) fn counted(&mut self, quorum: bool, nodes: BTreeSet<NodeId>) -> Vec<Event> {
        (self.quorum, self.counted) = (quorum, nodes);
        self.pass()
    }

    /// Whether something waits for quorum to be counted.
    pub(super) fn is_shut(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// It has waited long enough: nodes came and went so fast that the count for it has been passed over.
    pub(super) fn open(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(heard) = self.waiting.pop_front() {
            events.push(self.event(heard));
        }
        events.extend(self.pass());
        events
    }

    fn pass(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(heard) = self.waiting.pop_front() {
            if !self.is_counted(&heard) {
                self.waiting.push_front(heard);
                break;
            }
            events.push(self.event(heard));
        }
        if self.waiting.is_empty() && self.told.is_some_and(|told| told != self.quorum) {
            self.told = Some(self.quorum);
            events.push(Event::Quorum(self.quorum));
        }
        events
    }

    /// Whether quorum was counted from the nodes that are there since.
    fn is_counted(&self, heard: &Heard) -> bool {
        match heard {
            Heard::View { members, gone } => members.is_subset(&self.counted) && gone.is_disjoint(&self.counted),
            Heard::Message(..) => true,
        }
    }

    fn event(&mut self, heard: Heard) -> Event {
        match heard {
            Heard::View { members, .. } => {
                self.told = Some(self.quorum);
                Event::View(View { members, quorum: self.quorum })
            }
            Heard::Message(from, part) => Event::Delivered(from, part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(ids: &[u32]) -> BTreeSet<NodeId> {
        ids.iter().map(|&id| NodeId(id)).collect()
    }

    fn view(members: &[u32], gone: &[u32]) -> Heard {
        Heard::View { members: nodes(members), gone: nodes(gone) }
    }

    fn told(members: &[u32], quorum: bool) -> Event {
        Event::View(View { members: nodes(members), quorum })
    }

    #[test]
    fn who_is_gone_is_told_with_the_quorum_that_follows() {
        let mut gate = Gate::default();
        assert_eq!(gate.heard(view(&[1, 2, 3], &[])), []);
        assert_eq!(gate.counted(true, nodes(&[1, 2, 3])), [told(&[1, 2, 3], true)]);
        assert_eq!(gate.heard(view(&[1], &[2, 3])), []);
        let message = Heard::Message(NodeId(1), vec![7]);
        assert_eq!(gate.heard(message), []);
        assert!(gate.is_shut());
        assert_eq!(gate.counted(false, nodes(&[1])), [told(&[1], false), Event::Delivered(NodeId(1), vec![7])]);
    }

    #[test]
    fn a_daemon_that_is_gone_changes_no_count() {
        let mut gate = Gate::default();
        gate.counted(true, nodes(&[1, 2]));
        assert_eq!(gate.heard(view(&[1, 2], &[])), [told(&[1, 2], true)]);
        assert_eq!(gate.heard(view(&[1], &[])), [told(&[1], true)]);
        assert_eq!(gate.counted(false, nodes(&[1])), [Event::Quorum(false)]);
    }

    #[test]
    fn a_count_that_was_passed_over_is_not_waited_for_without_end() {
        let mut gate = Gate::default();
        gate.counted(true, nodes(&[1, 2]));
        assert_eq!(gate.heard(view(&[1, 2], &[])), [told(&[1, 2], true)]);
        assert_eq!(gate.heard(view(&[1], &[2])), []);
        assert_eq!(gate.heard(view(&[1, 2], &[])), []);
        assert_eq!(gate.open(), [told(&[1], true), told(&[1, 2], true)]);
    }
}
