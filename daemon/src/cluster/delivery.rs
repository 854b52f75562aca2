//! What messages do where they stand in the order.

use super::{Batch, Member, Message, NodeId, Stage, Term};
use crate::core;
use crate::node::Effect;

impl Member {
    /// A part of a message was delivered.
    pub(super) fn delivered(&mut self, from: NodeId, part: &[u8]) {
        match self.assembly.take(from, part) {
            Ok(Some(batch)) => self.heard(from, batch),
            Ok(None) => {}
            Err(error) => self.warn(format!("a message of node {from} can't be understood: {error}")),
        }
    }

    fn heard(&mut self, from: NodeId, batch: Batch) {
        match (&self.stage, batch.term) {
            (_, None) => batch.messages.into_iter().for_each(|message| self.heard_outside(from, message)),
            (Stage::InTerm(term), Some(told)) if *term == told => {
                let term = *term;
                self.silence.heard(from, self.now.monotonic_ms);
                for message in batch.messages {
                    self.heard_in_term(term, from, message);
                }
                if from == term.coordinator && self.term() == Some(term) {
                    self.replica.advance();
                }
            }
            // It was told in a term that is over.
            _ => {}
        }
    }

    fn heard_outside(&mut self, from: NodeId, message: Message) {
        match message {
            Message::Join(join) => self.joined(from, *join),
            Message::Without { silent, run } => self.without(from, &silent, &run),
            Message::Base(base) => self.base_told(*base),
            _ => {}
        }
    }

    fn heard_in_term(&mut self, term: Term, from: NodeId, message: Message) {
        match message {
            Message::Found(finding) => self.coordinate(|coordinator, now| coordinator.found(now, *finding)),
            Message::Ask { request, what } => {
                self.requests.heard(from == self.id, request);
                self.coordinate(|coordinator, now| coordinator.asked(now, from, request, *what));
            }
            Message::Saved(version, result) => {
                self.coordinate(|coordinator, now| coordinator.saved(now, from, version, result));
            }
            Message::Leave => self.coordinate(|coordinator, now| coordinator.leaves(now, from)),
            Message::Silent(told) => self.silent_told(&told),
            message if from == term.coordinator => self.decided(message),
            _ => {}
        }
    }

    /// The coordinator has decided something.
    fn decided(&mut self, message: Message) {
        match message {
            Message::Order(order) if order.node == self.settings.node => {
                let deeds = self.worker.begin(self.now, *order);
                self.spread(deeds);
            }
            Message::Changed(change) => {
                let last_term = self.replica.change(&change);
                self.effects.extend(last_term.map(Effect::KeepTerm));
                let deeds = self.worker.changed(&change);
                self.spread(deeds);
            }
            Message::Heard { node, number } if node == self.settings.node => self.worker.heard(number),
            Message::Save { version, xml } => {
                self.replica.prepare(version, xml.clone());
                self.effects.push(Effect::Save { version, xml });
            }
            Message::Adopted(version) => {
                if let Err(error) = self.replica.adopt(version) {
                    self.warn(format!("a saved configuration can't be used: {error}"));
                }
            }
            Message::Abandoned(_) if self.replica.abandon() => {
                // What is saved last is what counts at the next start.
                let (version, xml) = (self.replica.version(), self.replica.document().configuration());
                self.effects.push(Effect::Save { version, xml });
            }
            Message::Reply { to, request, reply } if to == self.id => self.answered(request, *reply),
            Message::Report(report) => self.effects.push(Effect::Report(report)),
            Message::LetGo(node) if node == self.settings.node => self.effects.push(Effect::Exit),
            _ => {}
        }
    }

    /// Lets the coordinator handle something, if it is this node.
    pub(super) fn coordinate(&mut self, handle: impl FnOnce(&mut super::Coordinator, core::Now)) {
        let Some(coordinator) = &mut self.coordinator else { return };
        handle(coordinator, self.now);
        for wanted in coordinator.take_wanted() {
            match wanted {
                core::Effect::Order(order) => self.outgoing.push(Message::Order(order)),
                core::Effect::Changed(change) => self.outgoing.push(Message::Changed(change)),
                core::Effect::Heard { node, number } => self.outgoing.push(Message::Heard { node, number }),
                core::Effect::Save { version, xml } => self.outgoing.push(Message::Save { version, xml }),
                core::Effect::Adopted(version) => self.outgoing.push(Message::Adopted(version)),
                core::Effect::Abandoned(version) => self.outgoing.push(Message::Abandoned(version)),
                core::Effect::Reply(request, reply) => {
                    if let Some((to, request)) = coordinator.asker(request) {
                        self.outgoing.push(Message::Reply { to, request, reply: Box::new(reply) });
                    }
                }
                core::Effect::Report(report) => self.outgoing.push(Message::Report(report)),
                core::Effect::LetGo(node) => self.outgoing.push(Message::LetGo(node)),
                core::Effect::Archive { transition, xml } => self.effects.push(Effect::Archive { transition, xml }),
            }
        }
    }

    /// Whether this partition has quorum has changed, or is to be told for the first time.
    pub(super) fn quorum_changed(&mut self, quorum: bool) {
        self.view.quorum = quorum;
        self.coordinate(|coordinator, now| coordinator.quorum(now, quorum));
    }

    /// Time has passed.
    pub(super) fn tick(&mut self) {
        self.lose_patience();
        self.coordinate(super::Coordinator::tick);
        self.break_silence();
    }
}
