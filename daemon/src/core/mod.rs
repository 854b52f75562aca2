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
mod order;
mod recording;
mod requests;
mod runner;
mod saving;
mod settings;
mod state_change;
mod status;
mod transition;

use std::collections::{BTreeMap, BTreeSet};

use pengine::cib::parse_interval_ms;
use pengine::{Cib, CibError};
use pengine_control::{Event as Report, Happening, TransitionState};

pub use agent::*;
pub use change::Forget;
pub use document::{Document, Draft, version_of};
pub use event::*;
pub use metrics::metric;
pub use operation::{Operation, RecurringKey};
pub use order::{Digests, Finding, Order, Source, Work};
pub use settings::{Heritage, Settings};
pub use state_change::{Recorded, StateChange};

use agenda::Agenda;
use dampening::Dampening;
use fencing::{Fencing, Setback};
use metrics::Counters;
use runner::Runner;
use saving::Saving;

/// How long nodes have to come at first, unless the configuration says otherwise (`dc-deadtime`).
const PATIENCE_MS: u32 = 20_000;
/// How long words between nodes may take if `cluster-delay` doesn't say, in milliseconds.
const CLUSTER_DELAY_MS: u64 = 60_000;

/// The part of the daemon that decides.
#[derive(Debug)]
pub struct Core {
    settings: Settings,
    now: Now,
    document: Document,
    saving: Saving,
    membership: Membership,
    agenda: Agenda,
    /// Nothing is decided before this moment, in milliseconds.
    not_before: u64,
    /// The transition under way.
    runner: Option<Runner>,
    /// How many transitions there were.
    transitions: u32,
    /// Orders that have not been carried out.
    calls: BTreeMap<(CallId, String), OpenCall>,
    /// Orders that were given up, whose ends may still come.
    given_up: BTreeSet<(CallId, String)>,
    last_call: u64,
    /// Recurring operations that were ordered to begin after a delay, by node, until they are done for the first time.
    put_off: BTreeSet<(String, RecurringKey)>,
    /// Fencing under way, by its place in the transition.
    fencing: BTreeMap<usize, Fencing>,
    /// The nodes that could not be fenced the last time.
    failed_fencing: BTreeMap<String, Setback>,
    /// Attributes that agents keep for themselves, by node and name.
    private_attributes: BTreeMap<(String, String), String>,
    dampening: Dampening,
    /// The nodes that want to leave.
    leaving: BTreeSet<String>,
    /// Nothing more is begun, and what runs goes on running.
    is_pausing: bool,
    /// What was told of the configuration, so that it is told once.
    told: BTreeSet<String>,
    counters: Counters,
    effects: Vec<Effect>,
}

/// An order that has not been carried out.
#[derive(Debug, Clone)]
struct OpenCall {
    purpose: Purpose,
    order: Order,
    /// When it is too late, in milliseconds.
    due_ms: u64,
}

impl OpenCall {
    fn new(purpose: Purpose, order: Order, now: Now, cluster_delay_ms: u64) -> Self {
        let due_ms = now.monotonic_ms.saturating_add(order.longest_ms()).saturating_add(cluster_delay_ms);
        Self { purpose, order, due_ms }
    }
}

/// How long words between nodes may take, in milliseconds.
fn cluster_delay_ms(document: &Document) -> u64 {
    document.option("cluster-delay").and_then(|text| parse_interval_ms(&text)).map_or(CLUSTER_DELAY_MS, u64::from)
}

/// What an order is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    /// An action of the transition, by its place in it.
    Action(usize),
    /// A step of fencing, by the fencing's place in the transition.
    Fencing(usize),
    /// Whoever decided before wanted it.
    Earlier,
}

impl Core {
    /// A core that begins with this configuration, and knows nothing of what runs.
    ///
    /// # Errors
    ///
    /// If the configuration can't be read back, which one that could be read doesn't do.
    pub fn new(settings: Settings, cib: &Cib, now: Now) -> Result<Self, CibError> {
        Ok(Self::resume(settings, Document::new(cib)?, Heritage::default(), now))
    }

    /// A core that goes on with this document, and decides once all has ended that was ordered before.
    #[must_use]
    pub fn resume(settings: Settings, document: Document, heritage: Heritage, now: Now) -> Self {
        let delay_ms = cluster_delay_ms(&document);
        let call = |order: Order| (order.identity(), OpenCall::new(Purpose::Earlier, order, now, delay_ms));
        Self {
            settings,
            now,
            document,
            saving: Saving::default(),
            membership: Membership::default(),
            agenda: Agenda::default(),
            not_before: 0,
            runner: None,
            transitions: heritage.transitions,
            calls: heritage.open.into_iter().map(call).collect(),
            given_up: BTreeSet::new(),
            last_call: CallId::before(heritage.term).0,
            put_off: BTreeSet::new(),
            fencing: BTreeMap::new(),
            failed_fencing: BTreeMap::new(),
            private_attributes: BTreeMap::new(),
            dampening: Dampening::default(),
            leaving: BTreeSet::new(),
            is_pausing: false,
            told: BTreeSet::new(),
            counters: Counters::default(),
            effects: Vec::new(),
        }
    }

    /// How many transitions were decided.
    #[must_use]
    pub fn transitions(&self) -> u32 {
        self.transitions
    }

    /// Takes what happened; returns what is to be done, in order.
    pub fn handle(&mut self, now: Now, event: Event) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Membership(membership) => self.members_changed(membership),
            Event::Found(finding) => self.heed(*finding),
            Event::Request(request, what) => self.answer(request, what),
            Event::Saved(version, result) => self.saved(version, result),
            Event::Tick => self.do_what_is_due(),
            Event::Leave(node) => self.let_go(node),
            Event::Pause => self.pause(),
        }
        self.go_on();
        std::mem::take(&mut self.effects)
    }

    /// When something will be due, in milliseconds of the same clock as [`Now::monotonic_ms`].
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        if self.is_pausing {
            return None;
        }
        let decision = if self.may_decide() { self.agenda.deadline().map(|at| at.max(self.not_before)) } else { None };
        let fencing = self.fencing.values().filter_map(Fencing::deadline).min();
        let answer = self.calls.values().map(|call| call.due_ms).min();
        [decision, fencing, answer, self.dampening.deadline()].into_iter().flatten().min()
    }

    fn do_what_is_due(&mut self) {
        if self.is_pausing {
            return;
        }
        self.go_on_fencing_after_delays();
        self.release_attributes();
        self.give_up_late_calls();
        if self.may_decide()
            && self.not_before <= self.now.monotonic_ms
            && let Some(cause) = self.agenda.take_due(self.now)
        {
            self.decide(&cause);
        }
    }

    /// Whether nothing is under way that has to end first. Of a member that no configuration on disk knows nobody would know, if all were
    /// lost, that it may run something.
    fn may_decide(&self) -> bool {
        self.runner.is_none()
            && !self.saving.adds_members()
            && !self.calls.values().any(|call| matches!(call.purpose, Purpose::Earlier))
    }

    /// Something happened that may change what has to be done.
    fn decide_anew(&mut self, cause: &str) {
        if let Some(runner) = &mut self.runner {
            runner.abort(cause);
        }
        self.agenda.want(self.now, 0, cause);
    }

    fn members_changed(&mut self, membership: Membership) {
        self.membership = membership;
        let coordinator = self.settings.node_id.clone();
        self.change_state(StateChange::Members { membership: self.membership.clone(), coordinator });
        if self.settings.waits_for_others && self.membership.quorum && self.misses_others() {
            let wait = self.document.option("dc-deadtime").and_then(|text| parse_interval_ms(&text)).unwrap_or(PATIENCE_MS);
            self.not_before = self.now.monotonic_ms + u64::from(wait);
        }
        self.configure_members();
        self.decide_anew("membership changed");
    }

    /// Whether there is a configured node that nothing is known of: it may just be starting.
    fn misses_others(&self) -> bool {
        let known: BTreeSet<String> = self.document.states().into_iter().map(|(name, _)| name).collect();
        let configured = self.document.cib().section("nodes").into_iter().flat_map(|nodes| nodes.children_named("node"));
        let mut names =
            configured.filter(|node| node.attr("type").is_none_or(|kind| kind == "member")).filter_map(|node| node.attr("uname"));
        names.any(|name| !known.contains(name))
    }

    /// Changes the state.
    fn change_state(&mut self, change: StateChange) {
        self.document.apply(&change);
        self.effects.push(Effect::Changed(Box::new(change)));
    }

    /// Whether anybody is to be told what this core's own node is called, rather than another.
    fn is_local(&self, node: &str) -> bool {
        node.eq_ignore_ascii_case(&self.settings.node)
    }

    /// A node wants to leave: what it runs is stopped or goes elsewhere first.
    fn let_go(&mut self, node: String) {
        let value = Some(self.now.epoch_s.to_string());
        self.change_state(StateChange::Attribute { node: node.clone(), name: "shutdown".to_owned(), value });
        self.decide_anew(&format!("{node} is to end"));
        self.leaving.insert(node);
    }

    /// Begins nothing more: an agent that was broken off in the middle would leave neither a service that runs nor one that doesn't.
    fn pause(&mut self) {
        self.is_pausing = true;
        self.fencing.clear();
        if let Some(runner) = &mut self.runner {
            runner.abort("the daemon is to end");
        }
    }

    /// In which state everything is.
    fn transition_state(&self) -> TransitionState {
        match &self.runner {
            _ if self.is_pausing || self.leaving.contains(&self.settings.node) => TransitionState::Stopping,
            Some(runner) if runner.aborted().is_some() => TransitionState::Aborting,
            Some(_) => TransitionState::Running,
            None if self.transitions == 0 && self.counters.decisions == 0 => TransitionState::Starting,
            // What was heard of has not been decided on yet.
            None if self.agenda.deadline().is_some_and(|at| at <= self.now.monotonic_ms) => TransitionState::Aborting,
            None => TransitionState::Idle,
        }
    }

    /// Orders a node to do something, for some purpose that its end is waited for.
    fn order(&mut self, node: String, work: Work, purpose: Option<Purpose>) {
        self.last_call += 1;
        let order = Order { id: CallId(self.last_call), node, work };
        if let Some(purpose) = purpose {
            let delay_ms = cluster_delay_ms(&self.document);
            self.calls.insert(order.identity(), OpenCall::new(purpose, order.clone(), self.now, delay_ms));
        }
        self.effects.push(Effect::Order(Box::new(order)));
    }

    fn heed(&mut self, finding: Finding) {
        self.effects.push(Effect::Heard { node: finding.node.clone(), number: finding.number });
        let Finding { source, result, digests, .. } = finding;
        match source {
            Source::Repetition { operation, is_first } => self.repetition_ended(*operation, is_first, result, digests),
            Source::Order(order) => {
                let was_given_up = self.given_up.remove(&order.identity());
                let purpose = self.calls.remove(&order.identity()).map(|call| call.purpose);
                if let Some(purpose) = purpose.or(was_given_up.then_some(Purpose::Earlier)) {
                    self.call_ended(purpose, order, result, digests);
                }
            }
        }
    }

    fn call_ended(&mut self, purpose: Purpose, order: Order, result: CallResult, digests: Digests) {
        match (purpose, order.work) {
            (Purpose::Action(at), Work::Operation(operation)) => self.action_ended(at, *operation, result, digests),
            (Purpose::Fencing(at), Work::Fencing { .. }) => self.fencing_step_ended(at, &result),
            (Purpose::Earlier, Work::Operation(operation)) => self.earlier_action_ended(*operation, result, digests),
            (Purpose::Earlier, Work::Fencing { call, is_enough: true }) => self.earlier_fencing_ended(order.id, &call, &result),
            _ => {}
        }
    }

    /// Whoever is to carry something out ends it when its time is over. If no word of that comes within the time that words may
    /// take, it counts as timed out; what is heard of it later is another occasion.
    fn give_up_late_calls(&mut self) {
        let is_late = |call: &OpenCall| call.due_ms <= self.now.monotonic_ms;
        let late: Vec<_> = self.calls.iter().filter(|(_, call)| is_late(call)).map(|(id, _)| id.clone()).collect();
        for id in late {
            let Some(OpenCall { purpose, order, .. }) = self.calls.remove(&id) else { continue };
            self.given_up.insert(id);
            let result = CallResult {
                end: CallEnd::TimedOut,
                exit_status: 1,
                reason: format!("no answer of {} in time", order.node),
                output: String::new(),
                exec_ms: 0,
                queue_ms: 0,
            };
            self.call_ended(purpose, order, result, Digests::default());
        }
    }

    fn report(&mut self, what: Happening) {
        self.effects.push(Effect::Report(Report { at: self.now.epoch_s, what }));
    }
}
