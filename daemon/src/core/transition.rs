//! Deciding, and carrying out what was decided.

use std::collections::BTreeSet;

use pengine::cib::parse_interval_ms;
use pengine::transition::{ElementKind, GraphAction, Transition};
use pengine::{NodeMembership, Settings, Severity};
use pengine_control::Happening;

use super::runner::{Limits, Runner};
use super::{CallResult, Core, Digests, Effect, Operation, Purpose, Recorded, RecurringKey, StateChange, Work, recording};

/// After this long it is looked again in any case, unless the configuration says otherwise (`cluster-recheck-interval`).
const RECHECK_S: i64 = 15 * 60;

impl Core {
    /// What the engine is told besides the document.
    pub(super) fn engine_settings(&self) -> Settings {
        let member = |member: &super::Member| NodeMembership {
            node: member.name.clone(),
            member: true,
            controller: true,
            join: "member".to_owned(),
            expected: "member".to_owned(),
        };
        Settings {
            now: self.now.epoch_s,
            membership: self.membership.members.iter().map(member).collect(),
            transition_id: self.transitions + 1,
            ..Settings::default()
        }
    }

    /// Decides what has to be done, and begins with it.
    pub(super) fn decide(&mut self, cause: &str) {
        let settings = self.engine_settings();
        let schedule = pengine::schedule(self.document.cib(), &settings);
        let next_check = schedule.next_check();
        let warnings = schedule.diagnostics().iter().filter(|at| at.severity >= Severity::Warning).map(ToString::to_string);
        let warnings: Vec<String> = warnings.collect();
        let transition = schedule.transition();
        self.counters.decisions += 1;
        self.tell_once(warnings);
        self.plan_next_check(next_check);
        self.put_off_no_longer(&transition);
        if transition.synapses.is_empty() {
            self.rest();
            return;
        }
        self.transitions += 1;
        self.effects.push(Effect::Archive { transition: self.transitions, xml: self.input() });
        let (number, actions) = (self.transitions, transition.synapses.len());
        self.report(Happening::Planned { number, actions, cause: cause.to_owned() });
        let limits = self.limits(&transition);
        self.runner = Some(Runner::new(number, transition, limits));
    }

    /// The document with the time at which it is judged, so that whoever looks at the decision again comes to the same.
    fn input(&self) -> String {
        let mut input = self.document.cib().clone();
        let root = input.root().element_id();
        input.tree_mut().set(root, "execution-date", &self.now.epoch_s.to_string());
        input.to_xml()
    }

    fn tell_once(&mut self, warnings: Vec<String>) {
        for text in warnings {
            if self.told.insert(text.clone()) {
                self.report(Happening::Warning { text });
            }
        }
    }

    fn plan_next_check(&mut self, asked_for: Option<i64>) {
        let interval = self.document.option("cluster-recheck-interval").and_then(|text| parse_interval_ms(&text));
        let latest = match interval {
            Some(0) => None,
            Some(interval) => Some(self.now.epoch_s + i64::from(interval / 1000).max(1)),
            None => Some(self.now.epoch_s + RECHECK_S),
        };
        if let Some(at) = asked_for.into_iter().chain(latest).min() {
            self.agenda.check_at(self.now, at);
        }
    }

    fn limits(&self, transition: &Transition) -> Limits {
        let total = transition.option("batch-limit").and_then(|text| text.parse().ok()).unwrap_or(0);
        Limits { total, node: self.settings.node_limit }
    }

    /// Begins what may begin, and ends the transition if nothing is left.
    pub(super) fn go_on(&mut self) {
        while let Some(at) = self.runner.as_mut().and_then(Runner::begin) {
            self.begin(at);
        }
        if let Some(runner) = self.runner.take_if(|runner| runner.is_over()) {
            self.end_transition(&runner);
        }
    }

    fn end_transition(&mut self, runner: &Runner) {
        let complete = runner.is_complete();
        self.counters.transitions += 1;
        self.counters.incomplete += u64::from(!complete);
        self.report(Happening::Ended { number: runner.number(), complete });
        let is_next_due = self.agenda.deadline().is_some_and(|at| at <= self.now.monotonic_ms);
        // Where a node was not let go, what the engine can stop is stopped if all is done. If not, as where fencing failed, others would
        // take over what still runs on it.
        if !is_next_due && (complete || self.membership.members.len() == 1) {
            self.rest();
        }
    }

    /// Nothing has to be done.
    fn rest(&mut self) {
        for node in std::mem::take(&mut self.leaving) {
            self.may_leave(node);
        }
    }

    /// A node that wants to leave may do so.
    fn may_leave(&mut self, node: String) {
        self.change_state(StateChange::LetGo { node: node.clone() });
        self.effects.push(Effect::LetGo(node));
    }

    fn begin(&mut self, at: usize) {
        let Some(action) = self.runner.as_ref().and_then(|runner| runner.action(at)).cloned() else { return };
        match action.kind {
            ElementKind::Pseudo => self.end(at, true),
            ElementKind::Cluster => self.begin_own_action(at, &action),
            ElementKind::Resource => self.begin_operation(at, &action),
        }
    }

    /// An action has ended.
    pub(super) fn end(&mut self, at: usize, success: bool) {
        if let Some(runner) = &mut self.runner {
            runner.end(at, success);
        }
    }

    /// What the daemon does itself.
    fn begin_own_action(&mut self, at: usize, action: &GraphAction) {
        let node = action.attribute("on_node").unwrap_or_default().to_owned();
        match action.attribute("operation") {
            Some("stonith") => return self.begin_fencing(at, action),
            Some("do_shutdown") if self.leaving.remove(&node) => self.may_leave(node),
            Some("clear_failcount") => self.clear_fail_counts(action.resource("id").unwrap_or_default(), Some(&node)),
            Some("lrm_delete") => self.forget_history(action, &node),
            _ => {}
        }
        self.end(at, true);
    }

    fn forget_history(&mut self, action: &GraphAction, node: &str) {
        let names = ["id", "long-id"].into_iter().filter_map(|name| action.resource(name)).map(str::to_owned);
        self.change_state(StateChange::HistoryForgotten { node: node.to_owned(), names: names.collect() });
    }

    fn begin_operation(&mut self, at: usize, action: &GraphAction) {
        let operation = action.attribute("operation").unwrap_or_default();
        if operation == "delete" {
            self.forget_history(action, action.attribute("on_node").unwrap_or_default());
            return self.end(at, true);
        }
        if operation == "cancel" {
            self.cancel_recurring(action);
            return self.end(at, true);
        }
        let number = self.runner.as_ref().map_or(0, Runner::number);
        let Some(mut operation) = Operation::of(action, number, &self.settings.run_id) else { return self.end(at, false) };
        operation.is_fatal = self.runner.as_ref().is_some_and(|runner| runner.transition().is_fatal(&operation.action));
        let node = operation.node.clone();
        let delayed = operation.recurring_key().filter(|_| operation.start_delay_ms() > 0);
        if let Some(key) = delayed {
            // It is asked for again with each decision: nothing of it is in the history yet.
            self.put_off.insert((node.clone(), key));
            self.order(node, Work::Operation(Box::new(operation)), None);
            return self.end(at, true);
        }
        self.report(Happening::Began { key: operation.key(), node: node.clone() });
        self.order(node, Work::Operation(Box::new(operation)), Some(Purpose::Action(at)));
    }

    /// Forgets operations that were put off and are not asked for any more.
    fn put_off_no_longer(&mut self, transition: &Transition) {
        if self.put_off.is_empty() {
            return;
        }
        let operations = transition.synapses.iter().filter_map(|synapse| Operation::of(&synapse.action, 0, ""));
        let asked_for = operations.filter_map(|operation| Some((operation.node.clone(), operation.recurring_key()?)));
        let asked_for: BTreeSet<(String, RecurringKey)> = asked_for.collect();
        let put_off = std::mem::take(&mut self.put_off);
        let (still, no_longer): (BTreeSet<_>, BTreeSet<_>) =
            put_off.into_iter().partition(|operation| asked_for.contains(operation));
        self.put_off = still;
        for (node, key) in no_longer {
            self.change_state(StateChange::NotRepeated { node, key });
        }
    }

    fn cancel_recurring(&mut self, action: &GraphAction) {
        let resource = action.resource("id").unwrap_or_default().to_owned();
        let name = action.detail("CRM_meta_operation").unwrap_or("monitor").to_owned();
        let key = RecurringKey { resource, action: name, interval_ms: action.interval_ms() };
        let node = action.attribute("on_node").unwrap_or_default().to_owned();
        self.change_state(StateChange::NotRepeated { node, key });
    }

    pub(super) fn action_ended(&mut self, at: usize, operation: Operation, result: CallResult, digests: Digests) {
        let expected = operation.is_expected(&result);
        self.tell_result(&operation, &result, expected);
        let cause = format!("{} on {} ended otherwise than expected", operation.key(), operation.node);
        self.record(operation, result, digests);
        self.end(at, expected);
        if !expected {
            self.decide_anew(&cause);
        }
    }

    /// Something has ended that whoever decided before wanted.
    pub(super) fn earlier_action_ended(&mut self, operation: Operation, result: CallResult, digests: Digests) {
        let expected = operation.is_expected(&result);
        self.tell_result(&operation, &result, expected);
        let cause = format!("{} on {} ended, which was ordered earlier", operation.key(), operation.node);
        self.record(operation, result, digests);
        self.decide_anew(&cause);
    }

    pub(super) fn repetition_ended(&mut self, operation: Operation, is_first: bool, result: CallResult, digests: Digests) {
        if is_first && let Some(key) = operation.recurring_key() {
            self.put_off.remove(&(operation.node.clone(), key));
        }
        let expected = operation.is_expected(&result);
        self.tell_result(&operation, &result, expected);
        let what = if expected { "is well again" } else { "failed" };
        let cause = format!("{} on {} {what}", operation.key(), operation.node);
        self.record(operation, result, digests);
        if !(expected && is_first) {
            self.decide_anew(&cause);
        }
    }

    fn record(&mut self, operation: Operation, result: CallResult, digests: Digests) {
        let recorded = Recorded { operation, result, digests, at: self.now.epoch_s };
        self.change_state(StateChange::Result(Box::new(recorded)));
    }

    fn tell_result(&mut self, operation: &Operation, result: &CallResult, expected: bool) {
        let (key, node) = (operation.key(), operation.node.clone());
        // A probe succeeds whatever it finds out.
        if expected || !operation.is_failure(result) {
            self.counters.succeeded += 1;
            return self.report(Happening::Succeeded { key, node, took_ms: result.exec_ms });
        }
        self.counters.failed += 1;
        let reason = recording::reason_of(result);
        self.report(Happening::Failed { key, node, exit_status: result.exit_status, reason });
    }
}
