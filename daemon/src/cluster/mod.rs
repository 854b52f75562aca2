//! A node of a cluster: pure, events in, effects out.
//!
//! All nodes hear the same messages in the same order, and between two changes of who is there, the same nodes hear them. From
//! this follows everything else. After each change all tell what they know ([`Join`]), and the same agreement follows for all: a
//! new term, in which one node decides, the coordinator. It alone has a [`Core`](crate::core::Core). What the core wants goes out as
//! messages, to itself too, and takes effect where it stands in the order: the document is changed in the same steps at all nodes, and
//! a change that somebody waits for is acknowledged when all have it on disk. What was told in one term counts for nobody in another.
//!
//! A node keeps what it found out until the coordinator has told what follows from it. So nothing is lost when the coordinator is:
//! its successor hears what every node is doing and has done.

mod agreement;
mod coordinator;
mod delivery;
mod joining;
mod message;
mod replica;
mod requests;
mod silence;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use pengine::{Cib, CibError};
use pengine_control::{Event as Report, Happening};

pub use agreement::Agreement;
pub use message::*;
pub use replica::Replica;
pub use wire::{NEWEST_PROTOCOL, OLDEST_PROTOCOL};

use crate::core::{Now, Settings, metric};
use crate::node::{Effect, Event, Node};
use crate::worker::{Deed, Worker};

use coordinator::Coordinator;
use joining::Joining;
use requests::Requests;
use silence::Silence;
use wire::Assembly;

/// Who hears the same messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// The nodes.
    pub members: BTreeSet<NodeId>,
    /// Whether they have quorum.
    pub quorum: bool,
}

/// A node of a cluster.
#[derive(Debug)]
pub struct Member {
    settings: Settings,
    id: NodeId,
    now: Now,
    view: View,
    /// How many there were.
    views: u64,
    stage: Stage,
    /// Who is part of the last term, with the runs of their daemons.
    fellows: BTreeMap<NodeId, String>,
    worker: Worker,
    replica: Replica,
    /// There is one if this node decides.
    coordinator: Option<Coordinator>,
    requests: Requests,
    silence: Silence,
    assembly: Assembly,
    /// How many transitions this run of the daemon decided.
    transitions: u32,
    stopping: Option<Stopping>,
    outgoing: Vec<Message>,
    effects: Vec<Effect>,
}

/// Where a node stands.
#[derive(Debug)]
enum Stage {
    /// Who is there has changed, and a new term is being agreed on.
    Joining(Joining),
    /// In a term.
    InTerm(Term),
}

/// How a node ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    /// It is to be let go.
    InOrder,
    /// It waits for agents to end.
    LeaveRunning,
}

impl Member {
    /// A node that begins with the configuration that was saved, and the last term that it lived through. Its id in `settings` is its
    /// number.
    ///
    /// # Errors
    ///
    /// If the configuration can't be read back, which one that could be read doesn't do.
    pub fn new(settings: Settings, id: NodeId, cib: &Cib, last: Option<LastTerm>, now: Now) -> Result<Self, CibError> {
        Ok(Self {
            worker: Worker::new(settings.node.clone()),
            settings,
            id,
            now,
            view: View::default(),
            views: 0,
            stage: Stage::Joining(Joining::default()),
            fellows: BTreeMap::new(),
            replica: Replica::new(cib, last)?,
            coordinator: None,
            requests: Requests::default(),
            silence: Silence::default(),
            assembly: Assembly::default(),
            transitions: 0,
            stopping: None,
            outgoing: Vec::new(),
            effects: Vec::new(),
        })
    }

    /// The term that the node is in, if any.
    #[must_use]
    pub fn term(&self) -> Option<Term> {
        match &self.stage {
            Stage::InTerm(term) => Some(*term),
            Stage::Joining(_) => None,
        }
    }

    /// Whether this node decides.
    #[must_use]
    pub fn is_coordinator(&self) -> bool {
        self.coordinator.is_some()
    }

    /// The node's copy of the document.
    #[must_use]
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    fn stop(&mut self, leave_running: bool) {
        self.report(Happening::Stopping { leave_running });
        if leave_running {
            self.stopping = Some(Stopping::LeaveRunning);
            self.worker.end();
        } else if self.stopping.is_none() {
            self.stopping = Some(Stopping::InOrder);
            self.tell_again();
        }
    }

    /// In a term, tells what the coordinator has to know: the wish to leave.
    fn tell_again(&mut self) {
        if self.term().is_some() && self.stopping == Some(Stopping::InOrder) {
            self.outgoing.push(Message::Leave);
        }
    }

    fn report(&mut self, what: Happening) {
        self.effects.push(Effect::Report(Report { at: self.now.epoch_s, what }));
    }

    fn warn(&mut self, text: String) {
        self.report(Happening::Warning { text });
    }

    fn spread(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Call(call) => self.effects.push(Effect::Call(call)),
                Deed::Cancel(call) => self.effects.push(Effect::Cancel(call)),
                // Outside of a term nobody would heed it; it is told again when the next one begins.
                Deed::Tell(finding) if self.term().is_some() => self.outgoing.push(Message::Found(finding)),
                Deed::Tell(_) => {}
            }
        }
    }

    /// Sends what is to be told, as one message.
    fn send(&mut self) {
        if self.outgoing.is_empty() {
            return;
        }
        self.silence.said(self.now.monotonic_ms);
        let batch = Batch { term: self.term(), messages: std::mem::take(&mut self.outgoing) };
        match wire::parts(&batch) {
            Ok(parts) => self.effects.extend(parts.into_iter().map(Effect::Send)),
            Err(error) => self.warn(format!("a message to the cluster can't be written: {error}")),
        }
    }

    fn worker_metrics(&self) -> String {
        metric("counter", "repetitions_total", "Repetitions of recurring operations.", self.worker.repetitions())
    }
}

impl Node for Member {
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::View(view) => self.view_changed(view),
            Event::Quorum(quorum) => self.quorum_changed(quorum),
            Event::Delivered(from, part) => self.delivered(from, &part),
            Event::Lost(reason) => {
                self.warn(format!("the cluster can't be heard any more: {reason}"));
                self.effects.push(Effect::Abort);
            }
            Event::Request(request, what) => self.asked(request, what),
            Event::Saved(version, result) => self.saved(version, result),
            Event::CallEnded(call, result) => {
                let deeds = self.worker.ended(now, call, result);
                self.spread(deeds);
            }
            Event::AgentKnown(agent, facts) => self.worker.learn(agent, facts),
            Event::Tick => {
                let deeds = self.worker.tick(now);
                self.spread(deeds);
                self.tick();
            }
            Event::Stop { leave_running } => self.stop(leave_running),
            // Membership comes as views.
            Event::Membership(_) => {}
        }
        self.send();
        if self.stopping == Some(Stopping::LeaveRunning) && self.worker.is_idle() {
            self.effects.push(Effect::Exit);
        }
        std::mem::take(&mut self.effects)
    }

    fn deadline(&self) -> Option<u64> {
        let core = self.coordinator.as_ref().and_then(Coordinator::deadline);
        [core, self.worker.deadline(), self.patience()].into_iter().flatten().min()
    }
}
