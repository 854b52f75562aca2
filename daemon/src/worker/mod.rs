//! What a node does itself: it calls agents as it is ordered to, repeats what recurs, and keeps what it found out until whoever
//! decides has heard of it. Pure, like all that decides: whatever happens goes in, and what is to be done comes out.

mod digests;
mod recurring;

use std::collections::{BTreeMap, HashMap};

use pengine::record::is_instance;

use crate::core::{
    Agent, AgentCall, AgentFacts, CallEnd, CallId, CallResult, Finding, Now, Operation, Order, RecurringKey, Source, StateChange,
    Work,
};

use recurring::{News, RecurringOperations};

/// What a worker wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Call an agent.
    Call(AgentCall),
    /// End a call.
    Cancel(CallId),
    /// Tell whoever decides.
    Tell(Box<Finding>),
}

/// The part of the daemon that works.
#[derive(Debug)]
pub struct Worker {
    node: String,
    now: Now,
    last_call: u64,
    /// Calls of agents under way, by the numbers that the executor knows them by.
    calls: BTreeMap<CallId, Task>,
    recurring: RecurringOperations,
    /// What agents tell about themselves.
    facts: HashMap<Agent, AgentFacts>,
    last_finding: u64,
    /// What whoever decides has not heard of yet, by number.
    untold: BTreeMap<u64, Finding>,
    /// Nothing new is begun.
    is_ending: bool,
    repetitions: u64,
    deeds: Vec<Deed>,
}

/// What a call is for.
#[derive(Debug, Clone)]
enum Task {
    Order(Order),
    Repetition(RecurringKey),
}

impl Worker {
    /// A worker of a node that does nothing yet.
    #[must_use]
    pub fn new(node: String) -> Self {
        Self {
            node,
            now: Now::default(),
            last_call: 0,
            calls: BTreeMap::new(),
            recurring: RecurringOperations::default(),
            facts: HashMap::new(),
            last_finding: 0,
            untold: BTreeMap::new(),
            is_ending: false,
            repetitions: 0,
            deeds: Vec::new(),
        }
    }

    /// Does what it is ordered to.
    pub fn begin(&mut self, now: Now, order: Order) -> Vec<Deed> {
        self.now = now;
        if let Work::Operation(operation) = &order.work {
            if operation.action == "stop" {
                // Whoever stops doesn't want to hear of it as a failure.
                self.stop_repeating(|key| key.resource == operation.resource);
            }
            if self.recurring.is_to_begin(operation) {
                return self.done();
            }
            if let Some(anew) = operation.recurring_key() {
                self.stop_repeating(|key| *key == anew);
                if operation.start_delay_ms() > 0 {
                    self.recurring.insert_delayed(now, operation, operation.start_delay_ms());
                    return self.done();
                }
            }
        }
        self.call(Task::Order(order));
        self.done()
    }

    /// What an agent's meta-data tells.
    pub fn learn(&mut self, agent: Agent, facts: AgentFacts) {
        self.facts.insert(agent, facts);
    }

    /// A call ended.
    pub fn ended(&mut self, now: Now, call: CallId, result: CallResult) -> Vec<Deed> {
        self.now = now;
        match self.calls.remove(&call) {
            Some(Task::Order(order)) => self.order_ended(order, result),
            Some(Task::Repetition(key)) => {
                if let Some(News { operation, is_first }) = self.recurring.ended(now, &key, call, &result) {
                    self.found(Source::Repetition { operation: Box::new(operation), is_first }, result);
                }
            }
            None => {}
        }
        self.done()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Now) -> Vec<Deed> {
        self.now = now;
        while !self.is_ending
            && let Some(operation) = self.recurring.begin_due(now, CallId(self.last_call + 1))
        {
            let Some(key) = operation.recurring_key() else { continue };
            self.repetitions += 1;
            self.call_for(&operation, Task::Repetition(key));
        }
        self.done()
    }

    /// The state was changed: what is not to be repeated any more isn't.
    pub fn changed(&mut self, change: &StateChange) -> Vec<Deed> {
        let is_here = |node: &str| node.eq_ignore_ascii_case(&self.node);
        match change {
            StateChange::NotRepeated { node, key } if is_here(node) => self.stop_repeating(|at| at == key),
            StateChange::Forgotten { primitives, .. } if change.forgets_history_on(&self.node) => {
                self.stop_repeating(|key| primitives.iter().any(|primitive| is_instance(&key.resource, primitive)));
            }
            _ => {}
        }
        self.done()
    }

    /// Whoever decides has heard of a finding.
    pub fn heard(&mut self, number: u64) {
        self.untold.remove(&number);
    }

    /// What whoever decides has not heard of yet.
    pub fn untold(&self) -> impl Iterator<Item = &Finding> {
        self.untold.values()
    }

    /// Orders that were begun and of whose end nobody has heard.
    pub fn open_orders(&self) -> impl Iterator<Item = &Order> {
        let running = self.calls.values().filter_map(|task| match task {
            Task::Order(order) => Some(order),
            Task::Repetition(_) => None,
        });
        let ended = self.untold.values().filter_map(|finding| match &finding.source {
            Source::Order(order) => Some(order),
            Source::Repetition { .. } => None,
        });
        running.chain(ended)
    }

    /// Begins nothing of itself any more; what is under way goes on to its end.
    pub fn end(&mut self) {
        self.is_ending = true;
    }

    /// Whether no call is under way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.calls.is_empty()
    }

    /// How often recurring operations were repeated.
    #[must_use]
    pub fn repetitions(&self) -> u64 {
        self.repetitions
    }

    /// When something is due, in milliseconds.
    #[must_use]
    pub fn deadline(&self) -> Option<u64> {
        if self.is_ending { None } else { self.recurring.deadline() }
    }

    fn done(&mut self) -> Vec<Deed> {
        std::mem::take(&mut self.deeds)
    }

    fn stop_repeating(&mut self, is_meant: impl Fn(&RecurringKey) -> bool) {
        let calls = self.recurring.remove(is_meant);
        self.deeds.extend(calls.into_iter().map(Deed::Cancel));
    }

    fn call(&mut self, task: Task) {
        let Task::Order(order) = &task else { return };
        match order.work.clone() {
            Work::Operation(operation) => self.call_for(&operation, task),
            Work::Fencing { call, .. } => {
                self.last_call += 1;
                let id = CallId(self.last_call);
                self.calls.insert(id, task);
                self.deeds.push(Deed::Call(AgentCall { id, ..*call }));
            }
        }
    }

    /// Calls the agent of an operation; an agent of a class that there is none of counts as not installed.
    fn call_for(&mut self, operation: &Operation, task: Task) {
        self.last_call += 1;
        let id = CallId(self.last_call);
        self.calls.insert(id, task);
        match operation.call(id) {
            Some(call) => self.deeds.push(Deed::Call(call)),
            None => {
                let reason = format!("there are no agents of class '{}'", operation.class);
                let result = CallResult {
                    end: CallEnd::NotInstalled,
                    exit_status: 5,
                    reason,
                    output: String::new(),
                    exec_ms: 0,
                    queue_ms: 0,
                };
                let deeds = std::mem::take(&mut self.deeds);
                let further = self.ended(self.now, id, result);
                self.deeds = [deeds, further].concat();
            }
        }
    }

    fn order_ended(&mut self, order: Order, result: CallResult) {
        if let Work::Operation(operation) = &order.work {
            self.recurring.insert(self.now, operation, &result);
        }
        self.found(Source::Order(order), result);
    }

    fn found(&mut self, source: Source, result: CallResult) {
        self.last_finding += 1;
        let operation = source.operation();
        let facts = operation.and_then(Operation::agent).and_then(|agent| self.facts.get(&agent));
        let digests = operation.zip(facts).map(|(operation, facts)| digests::of(operation, facts)).unwrap_or_default();
        let finding = Finding { node: self.node.clone(), number: self.last_finding, source, result, digests };
        self.untold.insert(self.last_finding, finding.clone());
        self.deeds.push(Deed::Tell(Box::new(finding)));
    }
}
