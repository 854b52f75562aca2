//! Carrying a transition out on a CIB (SIM section 9).

use smol_str::SmolStr;

use crate::cib::Cib;
use crate::cluster::Cluster;
use crate::plan::Task;
use crate::record::{Failure, Outcome, StatusSection, TransitionKey, remembers_failures};
use crate::run::Run;
use crate::transition::{AgentCall, Errand, Selection, Work, resource_element};

use super::agent::{AgentWords, history};
use super::inject::{ORIGIN, counted, is_fatal};
use super::specification::exit_status;
use super::worklist::Worklist;
use super::{Complaint, Event, SimulateError};

/// The priority of what is done even after a failure.
const INFINITE_PRIORITY: i32 = 1_000_000;

/// What a transition is carried out with.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExecutionOptions<'a> {
    /// Operations to fail: `RESOURCE_TASK_INTERVAL@NODE=STATUS`, the first that fits counts.
    pub failures: &'a [String],
    /// Nodes that are touched and not configured are added.
    pub invents_nodes: bool,
    /// The real time in seconds since the epoch, which goes into the history.
    pub real_now: i64,
    /// Histories that are deleted, failures that are cleared and what was on a guest that is gone are forgotten, as they would
    /// be, and it is noted that a remote node was fenced; a simulation for the eye does neither (SIM-112, SIM-115).
    pub forgets: bool,
}

/// How carrying out a transition went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// What was done, in order.
    pub events: Vec<Event>,
    /// It came to its end, or a failure ended it.
    pub complete: bool,
}

/// A transition that is to be carried out; what it was planned from may change meanwhile.
#[derive(Debug)]
pub struct Agenda {
    errands: Vec<Errand>,
    worklist: Worklist,
}

impl Agenda {
    /// What was selected.
    pub fn of(run: &Run<'_>, selection: &Selection) -> Self {
        Self { errands: Errand::all(run, selection), worklist: Worklist::new(selection) }
    }

    /// What there is to do.
    pub fn errands(&self) -> &[Errand] {
        &self.errands
    }
}

/// Carries a transition out: the CIB is changed as agents and cluster would change it.
///
/// # Errors
///
/// If the state of a node can't be told.
pub fn execute(
    cib: &mut Cib,
    cluster: &Cluster,
    agenda: Agenda,
    options: ExecutionOptions<'_>,
) -> Result<Execution, SimulateError> {
    let Agenda { errands, mut worklist } = agenda;
    let section = StatusSection::new(cib, options.invents_nodes);
    let mut executor = Executor { section, cluster, options, events: Vec::with_capacity(errands.len()) };
    let (mut abort_priority, mut fired) = (0, 0);
    while let Some(at) = worklist.next() {
        let Some(errand) = errands.get(at) else { continue };
        if !matches!(errand.work, Work::Nothing) && errand.priority < abort_priority {
            continue;
        }
        fired += 1;
        let result = executor.carry_out(errand)?;
        if result != ActionResult::Done {
            abort_priority = INFINITE_PRIORITY;
        }
        let urgent = |at: usize| errands.get(at).is_some_and(|at| at.priority >= INFINITE_PRIORITY);
        match result {
            ActionResult::Done => worklist.confirm(errand.action, |_| true),
            ActionResult::Failed => worklist.confirm(errand.action, urgent),
            ActionResult::Refused => {}
        }
    }
    executor.section.finish();
    let complete = fired == errands.len() || abort_priority > 0;
    Ok(Execution { events: executor.events, complete })
}

/// How carrying out one action went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ActionResult {
    Done,
    Failed,
    /// It could not even be begun (SIM-113).
    Refused,
}

struct Executor<'a> {
    section: StatusSection<'a>,
    cluster: &'a Cluster,
    options: ExecutionOptions<'a>,
    events: Vec<Event>,
}

impl Executor<'_> {
    fn carry_out(&mut self, errand: &Errand) -> Result<ActionResult, SimulateError> {
        let names = Names::of(self.cluster, errand);
        match &errand.work {
            Work::Nothing => {
                self.forget(errand, &names)?;
                let node = errand.node.map(|_| names.node.into());
                self.events.push(Event::Pseudo { key: errand.key.clone(), node });
            }
            Work::Cluster => {
                self.forget(errand, &names)?;
                let resource = errand.resource.map(|_| names.id.into());
                self.events.push(Event::Cluster { operation: names.operation.into(), resource, node: names.node.into() });
            }
            Work::Fence(word) => self.fence(errand, &names, word)?,
            Work::Agent(call) => return self.call_agent(errand, call, &names),
        }
        Ok(ActionResult::Done)
    }

    /// Fencing: the node is down and nothing is known of it any more; unfencing leaves no trace (SIM-116).
    fn fence(&mut self, errand: &Errand, names: &Names<'_>, word: &SmolStr) -> Result<(), SimulateError> {
        if !word.eq_ignore_ascii_case("on") {
            let state = self.section.node_state(names.node, names.node_id)?;
            self.section.set_membership(state, false, "simulate_fencing_action");
            self.section.forget(state);
            if self.options.forgets && errand.node.is_some_and(|node| self.cluster.is_remote(node)) {
                self.section.set_fenced(state);
            }
        }
        self.events.push(Event::Fenced { node: names.node.into(), action: word.clone() });
        Ok(())
    }

    /// Forgets what an action is there to have forgotten.
    fn forget(&mut self, errand: &Errand, names: &Names<'_>) -> Result<(), SimulateError> {
        if !self.options.forgets || !matches!(errand.task, Task::ClearFailcount | Task::LrmDelete | Task::Delete | Task::Fence) {
            return Ok(());
        }
        let state = self.section.node_state(names.node, names.node_id)?;
        match errand.task {
            Task::ClearFailcount => {
                self.section.remove_transient_attributes(state, |attribute| remembers_failures(attribute, names.id));
            }
            Task::Fence => self.section.forget(state),
            _ => [names.name, names.id].iter().for_each(|name| self.section.remove_history(state, name)),
        }
        Ok(())
    }

    fn call_agent(&mut self, errand: &Errand, call: &AgentCall, names: &Names<'_>) -> Result<ActionResult, SimulateError> {
        let Names { name, operation, node, .. } = *names;
        let [shown, done, place] = [name, operation, node].map(SmolStr::new);
        let shown = Event::Resource { name: shown, operation: done, interval: call.interval, node: place };
        if matches!(operation, "delete" | "meta-data") {
            self.forget(errand, names)?;
            self.events.push(shown);
            return Ok(ActionResult::Done);
        }
        let node_id = if call.is_routed { Some(node) } else { names.node_id };
        let state = self.section.node_state(node, node_id)?;
        let history = match history(&mut self.section, state, name, Some(names.id), names.agent) {
            Ok(history) => history,
            Err(refusal) => {
                self.events.push(Event::Complaint(Complaint::Refused(refusal)));
                return Ok(ActionResult::Refused);
            }
        };
        self.events.push(shown);
        let real_now = self.options.real_now;
        let expected = call.expected.as_deref().and_then(exit_status).unwrap_or(0);
        let failure = self.pretended_failure(names, call.interval);
        if let Some((name, status)) = failure {
            self.events.push(Event::Pretended { action: errand.number(), status });
            let (interval, fatal) = (call.interval, is_fatal(self.cluster, operation));
            let failure = Failure { resource: name, operation, interval, status, fatal, real_now };
            self.events.extend(counted(&failure, &mut self.section, state));
        }
        let status = failure.map_or(expected, |(_, status)| status);
        names.outcome(call, expected, status, real_now).record(&mut self.section, history);
        Ok(if failure.is_some() { ActionResult::Failed } else { ActionResult::Done })
    }

    /// The exit status that an operation shall fail with, and the name that it was asked for by (SIM-120).
    fn pretended_failure<'c>(&mut self, names: &Names<'c>, interval: u32) -> Option<(&'c str, i32)> {
        for text in self.options.failures {
            let named = [names.name, names.id].into_iter().find(|name| {
                let prefix = format!("{name}_{}_{interval}@{}=", names.operation, names.node);
                text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(&prefix))
            });
            let Some(name) = named else { continue };
            match text.split_once('=').and_then(|(_, status)| exit_status(status)) {
                Some(status) => return Some((name, status)),
                None => self.events.push(Event::Complaint(Complaint::FailSpecification(text.clone()))),
            }
        }
        None
    }
}

/// What an action's element calls things by.
#[derive(Debug)]
struct Names<'c> {
    /// The resource's id in the graph.
    id: &'c str,
    /// The name that it is shown by.
    name: &'c str,
    agent: AgentWords<'c>,
    operation: &'c str,
    node: &'c str,
    node_id: Option<&'c str>,
}

impl<'c> Names<'c> {
    fn of(cluster: &'c Cluster, errand: &Errand) -> Self {
        let element = errand.resource.map(|id| resource_element(cluster, id).collect::<Vec<_>>()).unwrap_or_default();
        let attribute = |name| element.iter().find(|(at, _)| *at == name).map(|&(_, value)| value);
        let id = attribute("id").unwrap_or_default();
        let node = errand.node.map(|node| &cluster[node]);
        Self {
            id,
            name: shown_name(cluster, id, attribute("long-id")),
            agent: AgentWords { class: attribute("class"), provider: attribute("provider"), kind: attribute("type") },
            operation: cluster.tasks.name(errand.task),
            node: node.map_or("", |node| &node.name),
            node_id: node.map(|node| node.id.as_str()),
        }
    }

    fn outcome<'a>(&'a self, call: &'a AgentCall, expected: i32, status: i32, real_now: i64) -> Outcome<'a> {
        // A reload leaves the same trace as a start.
        let operation = if matches!(self.operation, "reload" | "reload-agent") { "start" } else { self.operation };
        Outcome {
            resource: self.id,
            operation,
            interval: call.interval,
            node: self.node,
            status,
            failed: status != expected,
            reason: "User-injected result",
            notify: call.notify.as_ref().map(|(phase, about)| (phase.as_str(), about.as_str())),
            migrate_source: call.migrate_source.as_deref(),
            migrate_target: call.migrate_target.as_deref(),
            digest: Some(&call.digest),
            real_now,
            origin: ORIGIN,
            key: TransitionKey { expected, ..TransitionKey::default() },
            ..Outcome::default()
        }
    }
}

/// The name that an instance is shown by: without number once the history knows any instance by it (SIM-111).
fn shown_name<'a>(cluster: &Cluster, id: &'a str, long_id: Option<&'a str>) -> &'a str {
    let known = |name: &str| cluster.by_name.get(name).is_some_and(|resources| !resources.is_empty());
    match long_id {
        Some(long_id) if !known(id) && known(long_id) => long_id,
        _ => id,
    }
}
