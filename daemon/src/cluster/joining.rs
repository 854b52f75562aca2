//! Coming together after a change of who is there.

use std::collections::{BTreeMap, BTreeSet};

use pengine_control::Happening;

use super::agreement::{outdated, strangers};
use super::silence::{PATIENCE_MS, Silence};
use super::wire::{NEWEST_PROTOCOL, OLDEST_PROTOCOL};
use super::{Agreement, Base, Coordinator, Join, Member, Message, NodeId, Stage, View};
use crate::core::Heritage;
use crate::node::Effect;

/// A term that is being agreed on.
#[derive(Debug, Default)]
pub struct Joining {
    joins: BTreeMap<NodeId, Join>,
    /// When patience is over, in milliseconds; nothing if it is, or if nobody is waited for.
    until_ms: Option<u64>,
    /// What all told leads to, while what the term begins with is still to be told.
    agreement: Option<Agreement>,
    base: Base,
}

impl Member {
    /// Others hear the same messages from now on: what was before is over, and everybody tells what he knows.
    pub(super) fn view_changed(&mut self, view: View) {
        self.view = view;
        self.assembly.forget();
        if let Some(coordinator) = self.coordinator.take() {
            self.transitions = coordinator.transitions();
        }
        if let Err(error) = self.replica.end_term() {
            self.warn(format!("a saved configuration can't be used: {error}"));
        }
        self.requests_unsettled();
        let until_ms = Some(self.now.monotonic_ms + PATIENCE_MS);
        self.stage = Stage::Joining(Joining { until_ms, ..Joining::default() });
        let open = self.worker.open_orders().cloned().collect();
        self.views += 1;
        let fellows = self.fellows.clone();
        let join = Join { open, fellows, ..self.replica.join(&self.settings.node, (self.settings.run_id.clone(), self.views)) };
        self.outgoing = vec![Message::Join(Box::new(join))];
    }

    /// A node has told what it knows. What it said before others came or left is still true, unless a term began in between; the last word
    /// before all have spoken counts.
    pub(super) fn joined(&mut self, from: NodeId, join: Join) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        if !self.view.members.contains(&from) {
            return;
        }
        if joining.agreement.is_none() {
            joining.joins.insert(from, join);
            self.agree();
        }
    }

    /// Agrees on a term once all have told what they know.
    fn agree(&mut self) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        if joining.agreement.is_some() || joining.joins.len() < self.view.members.len() {
            return;
        }
        let outdated = outdated(&joining.joins);
        if !outdated.is_empty() {
            joining.joins.retain(|id, _| !outdated.contains(id));
            return;
        }
        let strangers = strangers(&joining.joins);
        if strangers.contains(&self.id) {
            let ours = format!("{OLDEST_PROTOCOL} to {NEWEST_PROTOCOL}");
            self.warn(format!(
                "the others don't speak the versions of the protocol that this node does, {ours}: update one or the other"
            ));
            self.effects.push(Effect::Exit);
            return;
        }
        joining.joins.retain(|id, _| !strangers.contains(id));
        let Some(agreement) = Agreement::of(&joining.joins) else { return };
        joining.agreement = Some(agreement.clone());
        joining.until_ms = None;
        if !agreement.is_told {
            return self.begin_term(&agreement);
        }
        let names: Vec<&str> = joining.joins.values().map(|join| join.name.as_str()).collect();
        let configuration = (agreement.holder == self.id).then(|| self.replica.document().configuration());
        let absent = (agreement.witness.unwrap_or(agreement.holder) == self.id).then(|| self.replica.states_without(&names));
        if configuration.is_some() || absent.is_some() {
            self.outgoing.push(Message::Base(Box::new(Base { configuration, absent })));
        }
    }

    /// When patience with those who tell nothing is over, or a word of this node is due, in milliseconds.
    pub(super) fn patience(&self) -> Option<u64> {
        match &self.stage {
            Stage::Joining(joining) => joining.until_ms,
            Stage::InTerm(_) => self.silence.deadline(self.id),
        }
    }

    /// Those who have told nothing for too long are not waited for any longer: the first of those who have says so.
    pub(super) fn lose_patience(&mut self) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        if joining.until_ms.take_if(|until| *until <= self.now.monotonic_ms).is_none() {
            return;
        }
        let Some((_, ours)) = joining.joins.first_key_value().filter(|(first, _)| **first == self.id) else { return };
        let silent = self.view.members.iter().filter(|id| !joining.joins.contains_key(id)).copied().collect();
        self.outgoing.push(Message::Without { silent, run: ours.run.clone() });
    }

    /// Somebody says that nodes are not waited for any longer. They are as good as lost; one that hears of it begins anew.
    pub(super) fn without(&mut self, from: NodeId, silent: &BTreeSet<NodeId>, run: &(String, u64)) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        if joining.joins.get(&from).is_none_or(|join| join.run != *run) {
            return;
        }
        if silent.contains(&self.id) && !joining.joins.contains_key(&self.id) {
            return self.left_behind();
        }
        self.view.members.retain(|id| !silent.contains(id) || joining.joins.contains_key(id));
        self.agree();
    }

    /// What the term begins with was told, or a part of it.
    pub(super) fn base_told(&mut self, base: Base) {
        let Stage::Joining(joining) = &mut self.stage else { return };
        let Some(agreement) = joining.agreement.clone() else { return };
        let known = std::mem::take(&mut joining.base);
        let (configuration, absent) = (base.configuration.or(known.configuration), base.absent.or(known.absent));
        let is_whole = configuration.is_some() && absent.is_some();
        joining.base = Base { configuration, absent };
        if is_whole {
            self.begin_term(&agreement);
        }
    }

    fn begin_term(&mut self, agreement: &Agreement) {
        let Stage::Joining(joining) = std::mem::replace(&mut self.stage, Stage::InTerm(agreement.term)) else { return };
        if agreement.is_told {
            self.take_over(agreement, &joining);
        } else {
            self.replica.begin(agreement);
        }
        self.fellows = joining.joins.iter().map(|(&id, join)| (id, join.run.0.clone())).collect();
        self.silence = Silence::new(joining.joins.keys().copied(), self.now.monotonic_ms);
        self.effects.extend(self.replica.last_term().map(Effect::KeepTerm));
        let names: BTreeMap<NodeId, String> = joining.joins.iter().map(|(&id, join)| (id, join.name.clone())).collect();
        let coordinator = agreement.term.coordinator;
        self.report(Happening::Elected { node: names.get(&coordinator).cloned().unwrap_or_default() });
        if coordinator == self.id {
            let heritage = Heritage {
                term: agreement.term.number,
                transitions: self.transitions,
                open: joining.joins.into_values().flat_map(|join| join.open).collect(),
            };
            let document = self.replica.document().clone();
            self.coordinator = Some(Coordinator::new(self.settings.clone(), document, heritage, names, self.now));
            self.quorum_changed(self.view.quorum);
        }
        let untold = self.worker.untold().cloned().map(|finding| Message::Found(Box::new(finding)));
        self.outgoing.extend(untold);
        self.ask_again();
        self.tell_again();
    }

    /// Takes over what was told; a configuration of ours that doesn't count any more is kept aside.
    fn take_over(&mut self, agreement: &Agreement, joining: &Joining) {
        let joins: Vec<&Join> = joining.joins.values().collect();
        let of = |id: NodeId| joining.joins.get(&id).map(|join| (join.term, join.position));
        let is_informed = agreement.witness.is_some_and(|witness| of(witness) == of(self.id));
        match self.replica.begin_anew(agreement, &joining.base, &joins, is_informed) {
            Ok(None) => {}
            Ok(Some(before)) => {
                let ours = joining.joins.get(&self.id).map(|join| join.version).unwrap_or_default();
                let holder = joining.joins.get(&agreement.holder).map_or("", |join| join.name.as_str());
                if ours.epoch > 0 {
                    let (version, xml) = (ours, before);
                    self.effects.push(Effect::KeepAside { version, xml });
                    self.warn(format!(
                        "the configuration of {holder} counts; the one of this node, version {ours}, is kept aside"
                    ));
                }
                let (version, xml) = (self.replica.version(), self.replica.document().configuration());
                self.effects.push(Effect::Save { version, xml });
            }
            Err(error) => self.warn(format!("what was told at the beginning can't be understood: {error}")),
        }
    }
}
