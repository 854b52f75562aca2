//! What the daemon decides by itself: pure, events in, effects out.
//!
//! [`Core::handle`] takes what happened and returns what is to be done. It has no clock: each event comes with the time. The same
//! events give the same effects, so that a whole life of the daemon can be played in a test, with any agents and at any speed.

mod agenda;
mod agent;
mod agent_requests;
mod change;
mod dampening;
mod document;
mod event;
mod failure_counts;
mod fencing;
mod metrics;
mod operation;
mod recording;
mod recurring;
mod requests;
mod runner;
mod saving;
mod settings;
mod status;
mod transition;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pengine::{Cib, CibError};
use pengine_control::{Event as Report, Happening, TransitionState};

pub use agent::*;
pub use event::*;
pub use operation::{Operation, RecurringKey};
pub use settings::Settings;

use agenda::Agenda;
use dampening::Dampening;
use document::Document;
use fencing::Fencing;
use metrics::Counters;
use recurring::RecurringOperations;
use runner::Runner;
use saving::Saving;

/// The part of the daemon that decides.
#[derive(Debug)]
pub struct Core {
    settings: Settings,
    now: Now,
    document: Document,
    saving: Saving,
    membership: Membership,
    agenda: Agenda,
    /// The transition under way.
    runner: Option<Runner>,
    /// How many transitions there were.
    transitions: u32,
    /// Calls of agents under way.
    calls: BTreeMap<CallId, OpenCall>,
    last_call: u64,
    recurring: RecurringOperations,
    /// Fencing under way, by its place in the transition.
    fencing: BTreeMap<usize, Fencing>,
    /// How often fencing a node failed since it last worked.
    failed_fencing: BTreeMap<String, u32>,
    /// What agents tell about themselves.
    facts: HashMap<Agent, AgentFacts>,
    /// Attributes that agents keep for themselves, by node and name.
    private_attributes: BTreeMap<(String, String), String>,
    dampening: Dampening,
    stopping: Option<Stopping>,
    /// What was told of the configuration, so that it is told once.
    told: BTreeSet<String>,
    counters: Counters,
    effects: Vec<Effect>,
}

/// A call of an agent that has not ended.
#[derive(Debug, Clone)]
struct OpenCall {
    purpose: Purpose,
    /// `web_start_0`.
    key: String,
    node: String,
}

/// What a call is for.
#[derive(Debug, Clone)]
enum Purpose {
    /// An action of the transition, by its place in it.
    Action(usize, Box<Operation>),
    /// A repetition of a recurring operation.
    Repetition(RecurringKey),
    /// A step of fencing, by the fencing's place in the transition.
    Fencing(usize),
}

/// How the daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    /// What runs is stopped first.
    InOrder,
    /// This node has been let go.
    LetGo,
    /// Nothing more is begun; calls under way are waited for.
    LeaveRunning,
}

impl Core {
    /// A core that begins with this configuration, and knows nothing of what runs.
    ///
    /// # Errors
    ///
    /// If the configuration can't be read back, which one that could be read doesn't do.
    pub fn new(settings: Settings, cib: &Cib, now: Now) -> Result<Self, CibError> {
        Ok(Self {
            settings,
            now,
            document: Document::new(cib)?,
            saving: Saving::default(),
            membership: Membership::default(),
            agenda: Agenda::default(),
            runner: None,
            transitions: 0,
            calls: BTreeMap::new(),
            last_call: 0,
            recurring: RecurringOperations::default(),
            fencing: BTreeMap::new(),
            failed_fencing: BTreeMap::new(),
            facts: HashMap::new(),
            private_attributes: BTreeMap::new(),
            dampening: Dampening::default(),
            stopping: None,
            told: BTreeSet::new(),
            counters: Counters::default(),
            effects: Vec::new(),
        })
    }

    /// Takes what happened; returns what is to be done, in order.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Membership(membership) => self.members_changed(membership),
            Event::CallEnded(call, result) => self.call_ended(call, &result),
            Event::AgentKnown(agent, facts) => drop(self.facts.insert(agent, facts)),
            Event::Request(request, what) => self.answer(request, what),
            Event::Saved(version, result) => self.saved(version, result),
            Event::Tick => self.do_what_is_due(),
            Event::Stop { leave_running } => self.stop(leave_running),
        }
        self.go_on();
        if self.is_leaving() && self.calls.is_empty() {
            self.effects.push(Effect::Exit);
        }
        std::mem::take(&mut self.effects)
    }

    /// When something will be due, in milliseconds of the same clock as [`Now::monotonic_ms`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        if self.is_leaving() {
            return None;
        }
        let decision = if self.runner.is_none() { self.agenda.deadline() } else { None };
        let fencing = self.fencing.values().filter_map(Fencing::deadline).min();
        [decision, self.recurring.deadline(), fencing, self.dampening.deadline()].into_iter().flatten().min()
    }

    /// Whether nothing more is begun, and what runs goes on running.
    fn is_leaving(&self) -> bool {
        self.stopping == Some(Stopping::LeaveRunning)
    }

    fn do_what_is_due(&mut self) {
        if self.is_leaving() {
            return;
        }
        self.repeat_operations();
        self.go_on_fencing_after_delays();
        self.release_attributes();
        if self.runner.is_none()
            && let Some(cause) = self.agenda.take_due(self.now)
        {
            self.decide(&cause);
        }
    }

    fn repeat_operations(&mut self) {
        while let Some(operation) = self.recurring.begin_due(self.now, CallId(self.last_call + 1)) {
            let Some(key) = operation.recurring_key() else { continue };
            self.counters.repetitions += 1;
            self.call(&operation, Purpose::Repetition(key));
        }
    }

    /// Something happened that may change what has to be done.
    fn decide_anew(&mut self, cause: &str) {
        if let Some(runner) = &mut self.runner {
            runner.abort(cause);
        }
        self.agenda.want(self.now, 0, cause);
    }

    fn members_changed(&mut self, membership: Membership) {
        let quorum = membership.quorum;
        self.membership = membership;
        let members = self.membership.members.clone();
        self.document.update(|section| {
            section.set_quorum(if quorum { "1" } else { "0" });
            for (state, name) in section.states() {
                if !members.iter().any(|member| member.name == name) {
                    section.set_membership(state, false, recording::ORIGIN);
                }
            }
            for member in &members {
                if let Ok(state) = section.node_state(&member.name, Some(&member.id)) {
                    section.set_membership(state, true, recording::ORIGIN);
                }
            }
        });
        self.configure_members();
        self.decide_anew("membership changed");
    }

    /// Whether anybody is to be told what this core's own node is called, rather than another.
    fn is_local(&self, node: &str) -> bool {
        node.eq_ignore_ascii_case(&self.settings.node)
    }

    fn stop(&mut self, leave_running: bool) {
        self.report(Happening::Stopping { leave_running });
        if leave_running {
            // An agent that was broken off in the middle would leave neither a service that runs nor one that doesn't.
            self.stopping = Some(Stopping::LeaveRunning);
            self.fencing.clear();
            if let Some(runner) = &mut self.runner {
                runner.abort("the daemon is to end");
            }
            return;
        }
        self.stopping.get_or_insert(Stopping::InOrder);
        let (node, id) = (self.settings.node.clone(), self.settings.node_id.clone());
        let since = self.now.epoch_s.to_string();
        self.document.update(|section| {
            if let Ok(state) = section.node_state(&node, Some(&id)) {
                section.set_transient_attribute(state, "shutdown", &since);
            }
        });
        self.decide_anew("the daemon is to end");
    }

    /// In which state everything is.
    fn transition_state(&self) -> TransitionState {
        match &self.runner {
            _ if self.stopping.is_some() => TransitionState::Stopping,
            Some(runner) if runner.aborted().is_some() => TransitionState::Aborting,
            Some(_) => TransitionState::Running,
            None if self.transitions == 0 && self.counters.decisions == 0 => TransitionState::Starting,
            // What was heard of has not been decided on yet.
            None if self.agenda.deadline().is_some_and(|at| at <= self.now.monotonic_ms) => TransitionState::Aborting,
            None => TransitionState::Idle,
        }
    }

    /// Calls an agent, for some purpose; an agent of a class that there is none of counts as not installed.
    fn call(&mut self, operation: &Operation, purpose: Purpose) {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, OpenCall { purpose, key: operation.key(), node: operation.node.clone() });
        match operation.call(id) {
            Some(call) => self.effects.push(Effect::Call(call)),
            None => {
                let result = CallResult {
                    end: CallEnd::NotInstalled,
                    exit_status: 5,
                    reason: format!("there are no agents of class '{}'", operation.class),
                    output: String::new(),
                    exec_ms: 0,
                    queue_ms: 0,
                };
                self.call_ended(id, &result);
            }
        }
    }

    fn call_ended(&mut self, id: CallId, result: &CallResult) {
        let Some(call) = self.calls.remove(&id) else { return };
        match call.purpose {
            Purpose::Action(at, operation) => self.action_ended(at, &operation, result),
            Purpose::Repetition(key) => self.repetition_ended(&key, id, result),
            Purpose::Fencing(at) => self.fencing_step_ended(at, result),
        }
    }

    fn cancel(&mut self, calls: Vec<CallId>) {
        self.effects.extend(calls.into_iter().map(Effect::Cancel));
    }

    fn report(&mut self, what: Happening) {
        self.effects.push(Effect::Report(Report { at: self.now.epoch_s, what }));
    }
}
