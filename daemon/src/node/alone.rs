//! A node alone: it decides, and does all of it itself.

use std::collections::VecDeque;

use pengine::{Cib, CibError};
use pengine_control::{Event as Report, Happening, Reply};

use super::{Effect, Event, Node};
use crate::core::{self, Core, Now, Settings, metric};
use crate::worker::{Deed, Worker};

/// A node without others.
#[derive(Debug)]
pub struct Alone {
    name: String,
    core: Core,
    worker: Worker,
    /// What runs goes on running, and nothing new is begun.
    is_pausing: bool,
}

impl Alone {
    /// A node that begins with this configuration, and knows nothing of what runs.
    ///
    /// # Errors
    ///
    /// If the configuration can't be read back, which one that could be read doesn't do.
    pub fn new(settings: Settings, cib: &Cib, now: Now) -> Result<Self, CibError> {
        let (name, worker) = (settings.node.clone(), Worker::new(settings.node.clone()));
        Ok(Self { name, core: Core::new(settings, cib, now)?, worker, is_pausing: false })
    }

    fn stop(&mut self, leave_running: bool) -> core::Event {
        if leave_running {
            self.is_pausing = true;
            self.worker.end();
            return core::Event::Pause;
        }
        core::Event::Leave(self.name.clone())
    }

    /// Lets the part that decides handle events, and those that follow from what it wants.
    fn decide(&mut self, now: Now, mut events: VecDeque<core::Event>, effects: &mut Vec<Effect>) {
        while let Some(event) = events.pop_front() {
            for wanted in self.core.handle(now, event) {
                let deeds = self.carry_out(now, wanted, effects);
                spread(deeds, &mut events, effects);
            }
        }
    }

    fn carry_out(&mut self, now: Now, wanted: core::Effect, effects: &mut Vec<Effect>) -> Vec<Deed> {
        match wanted {
            core::Effect::Order(order) => return self.worker.begin(now, *order),
            core::Effect::Changed(change) => return self.worker.changed(&change),
            core::Effect::Heard { number, .. } => self.worker.heard(number),
            core::Effect::Reply(request, Reply::Metrics { text }) => {
                let text = text + &self.worker_metrics();
                effects.push(Effect::Reply(request, Reply::Metrics { text }));
            }
            core::Effect::Reply(request, reply) => effects.push(Effect::Reply(request, reply)),
            core::Effect::Save { version, xml } => effects.push(Effect::Save { version, xml }),
            core::Effect::Archive { transition, xml } => effects.push(Effect::Archive { transition, xml }),
            core::Effect::Report(report) => effects.push(Effect::Report(report)),
            core::Effect::LetGo(_) => effects.push(Effect::Exit),
            core::Effect::Adopted(_) | core::Effect::Abandoned(_) => {}
        }
        Vec::new()
    }

    fn worker_metrics(&self) -> String {
        metric("counter", "repetitions_total", "Repetitions of recurring operations.", self.worker.repetitions())
    }
}

fn spread(deeds: Vec<Deed>, events: &mut VecDeque<core::Event>, effects: &mut Vec<Effect>) {
    for deed in deeds {
        match deed {
            Deed::Call(call) => effects.push(Effect::Call(call)),
            Deed::Cancel(call) => effects.push(Effect::Cancel(call)),
            Deed::Tell(finding) => events.push_back(core::Event::Found(finding)),
        }
    }
}

impl Node for Alone {
    fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        let (mut events, mut effects) = (VecDeque::new(), Vec::new());
        match event {
            Event::Membership(membership) => events.push_back(core::Event::Membership(membership)),
            Event::Request(request, what) => events.push_back(core::Event::Request(request, what)),
            Event::Saved(version, result) => events.push_back(core::Event::Saved(version, result)),
            Event::CallEnded(call, result) => {
                let deeds = self.worker.ended(now, call, result);
                spread(deeds, &mut events, &mut effects);
            }
            Event::AgentKnown(agent, facts) => self.worker.learn(agent, facts),
            Event::Tick => {
                let deeds = self.worker.tick(now);
                spread(deeds, &mut events, &mut effects);
                events.push_back(core::Event::Tick);
            }
            // There are no others.
            Event::View(_) | Event::Quorum(_) | Event::Delivered(..) | Event::Lost(_) => {}
            Event::Stop { leave_running } => {
                let report = Report { at: now.epoch_s, what: Happening::Stopping { leave_running } };
                effects.push(Effect::Report(report));
                events.push_back(self.stop(leave_running));
            }
        }
        self.decide(now, events, &mut effects);
        if self.is_pausing && self.worker.is_idle() {
            effects.push(Effect::Exit);
        }
        effects
    }

    fn deadline(&self) -> Option<u64> {
        [self.core.deadline(), self.worker.deadline()].into_iter().flatten().min()
    }
}
