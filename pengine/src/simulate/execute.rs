//! Carrying a transition out on a CIB (SIM section 9).

use crate::cib::{Cib, NameValues};
use crate::cluster::Cluster;
use crate::digest::{digest_of, filter_parameters};
use crate::plan::parse_key_interval;
use crate::transition::{ElementKind, GraphAction, Transition};

use super::record::{Failure, Outcome};
use super::specification::exit_status;
use super::status_section::{AgentName, StatusSection};
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
}

/// How carrying out a transition went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Execution {
    /// What was done, in order.
    pub events: Vec<Event>,
    /// It came to its end, or a failure ended it.
    pub complete: bool,
}

/// Carries a transition out: the CIB is changed as agents and cluster would change it.
///
/// # Errors
///
/// If the state of a node can't be told.
pub fn execute(
    cib: &mut Cib,
    cluster: &Cluster,
    transition: &Transition,
    options: ExecutionOptions<'_>,
) -> Result<Execution, SimulateError> {
    let mut worklist = Worklist::new(transition);
    let section = StatusSection::new(cib, options.invents_nodes);
    let mut executor = Executor { section, cluster, transition, options, events: Vec::new() };
    let (mut abort_priority, mut fired) = (0, 0);
    while let Some(at) = worklist.next() {
        let Some(synapse) = transition.synapses.get(at) else { continue };
        if synapse.action.kind != ElementKind::Pseudo && synapse.priority < abort_priority {
            continue;
        }
        fired += 1;
        let result = executor.carry_out(&synapse.action)?;
        if result != ActionResult::Done {
            abort_priority = INFINITE_PRIORITY;
        }
        let urgent = |at: usize| transition.synapses.get(at).is_some_and(|at| at.priority >= INFINITE_PRIORITY);
        match result {
            ActionResult::Done => worklist.confirm(synapse.action.id, |_| true),
            ActionResult::Failed => worklist.confirm(synapse.action.id, urgent),
            ActionResult::Refused => {}
        }
    }
    executor.section.finish();
    let complete = fired == transition.synapses.len() || abort_priority > 0;
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
    transition: &'a Transition,
    options: ExecutionOptions<'a>,
    events: Vec<Event>,
}

impl Executor<'_> {
    fn carry_out(&mut self, action: &GraphAction) -> Result<ActionResult, SimulateError> {
        match action.kind {
            ElementKind::Pseudo => {
                let key = text(action, "operation_key");
                self.events.push(Event::Pseudo { key, node: action.attribute("on_node").map(str::to_owned) });
                Ok(ActionResult::Done)
            }
            ElementKind::Cluster if action.attribute("operation") == Some("stonith") => self.fence(action),
            ElementKind::Cluster => {
                let resource = primitive(action, "id").map(str::to_owned);
                let (operation, node) = (text(action, "operation"), text(action, "on_node"));
                self.events.push(Event::Cluster { operation, resource, node });
                Ok(ActionResult::Done)
            }
            ElementKind::Resource => self.call_agent(action),
        }
    }

    /// Fencing: the node is down and nothing is known of it any more; unfencing leaves no trace (SIM-116).
    fn fence(&mut self, action: &GraphAction) -> Result<ActionResult, SimulateError> {
        let node = text(action, "on_node");
        let word = action.detail("CRM_meta_stonith_action").unwrap_or_default();
        if !word.eq_ignore_ascii_case("on") {
            let state = self.section.node_state(&node, action.attribute("on_node_uuid"))?;
            self.section.set_membership(state, false, "simulate_fencing_action");
            self.section.forget(state);
        }
        self.events.push(Event::Fenced { node, action: word.to_owned() });
        Ok(ActionResult::Done)
    }

    fn call_agent(&mut self, action: &GraphAction) -> Result<ActionResult, SimulateError> {
        let call = AgentCall::of(action, self.cluster);
        let shown = Event::Resource {
            name: call.name.to_owned(),
            operation: call.operation.to_owned(),
            interval: call.interval,
            node: call.node.to_owned(),
        };
        // The history of a removed resource stays (SIM-112).
        if matches!(call.operation, "delete" | "meta-data") {
            self.events.push(shown);
            return Ok(ActionResult::Done);
        }
        let routed = action.attribute("router_node").map(|_| call.node);
        let state = self.section.node_state(call.node, routed.or(action.attribute("on_node_uuid")))?;
        let agent = ["class", "provider", "type"].map(|name| primitive(action, name));
        let agent = AgentName { class: agent[0], provider: agent[1], kind: agent[2] };
        let history = match self.section.history(state, call.name, Some(call.id), agent) {
            Ok(history) => history,
            Err(refusal) => {
                self.events.push(Event::Complaint(Complaint::Refused(refusal)));
                return Ok(ActionResult::Refused);
            }
        };
        self.events.push(shown);
        let expected = action.detail("CRM_meta_op_target_rc").and_then(exit_status).unwrap_or(0);
        let failure = self.pretended_failure(&call);
        if let Some((name, status)) = failure {
            self.events.push(Event::Pretended { action: action.id, status });
            let (operation, interval, real_now) = (call.operation, call.interval, self.options.real_now);
            let fatal = self.is_fatal(operation);
            let failure = Failure { resource: name, operation, interval, status, fatal, real_now };
            failure.count(&mut self.section, state, &mut self.events);
        }
        let status = failure.map_or(expected, |(_, status)| status);
        call.outcome(action, expected, status, self.options.real_now).record(&mut self.section, history);
        Ok(if failure.is_some() { ActionResult::Failed } else { ActionResult::Done })
    }

    /// The exit status that an operation shall fail with, and the name that it was asked for by (SIM-120).
    fn pretended_failure<'c>(&mut self, call: &AgentCall<'c>) -> Option<(&'c str, i32)> {
        for text in self.options.failures {
            let named = [call.name, call.id].into_iter().find(|name| {
                let prefix = format!("{name}_{}_{}@{}=", call.operation, call.interval, call.node);
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

    /// Whether one failure of the operation counts as infinitely many.
    fn is_fatal(&self, operation: &str) -> bool {
        let name = match operation {
            "start" => "failed-start-offset",
            "stop" => "failed-stop-offset",
            _ => return false,
        };
        let offset = self.transition.header.iter().find(|(at, _)| *at == name);
        offset.is_none_or(|(_, value)| value == "INFINITY")
    }
}

fn text(action: &GraphAction, name: &str) -> String {
    action.attribute(name).unwrap_or_default().to_owned()
}

/// An attribute of the resource that an action is for.
fn primitive<'a>(action: &'a GraphAction, name: &str) -> Option<&'a str> {
    let attributes = action.details.as_ref()?.resource.as_ref()?;
    attributes.iter().find(|(at, _)| *at == name).map(|(_, value)| value.as_str())
}

/// A call of an agent, as an action describes it.
struct AgentCall<'a> {
    /// The resource's id in the graph.
    id: &'a str,
    /// The name that it is shown by.
    name: &'a str,
    operation: &'a str,
    interval: u32,
    node: &'a str,
}

impl<'a> AgentCall<'a> {
    fn of(action: &'a GraphAction, cluster: &Cluster) -> Self {
        let id = primitive(action, "id").unwrap_or_default();
        Self {
            id,
            name: shown_name(cluster, id, primitive(action, "long-id")),
            operation: action.attribute("operation").unwrap_or_default(),
            interval: action.detail("CRM_meta_interval").map_or(0, parse_key_interval),
            node: action.attribute("on_node").unwrap_or_default(),
        }
    }

    fn outcome(&self, action: &'a GraphAction, expected: i32, status: i32, real_now: i64) -> Outcome<'a> {
        // A reload leaves the same trace as a start.
        let operation = if matches!(self.operation, "reload" | "reload-agent") { "start" } else { self.operation };
        let detail = |name| action.detail(name);
        Outcome {
            resource: self.id,
            operation,
            interval: self.interval,
            node: self.node,
            expected,
            status,
            reason: "User-injected result",
            notify: detail("CRM_meta_notify_type").zip(detail("CRM_meta_notify_operation")),
            migrate_source: detail("CRM_meta_migrate_source"),
            migrate_target: detail("CRM_meta_migrate_target"),
            digest: Some(parameter_digest(action, self.interval)),
            real_now,
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

/// The digest of the parameters that an action was called with (SIM-94); those that can't be attributes count as well.
fn parameter_digest(action: &GraphAction, interval: u32) -> String {
    let details = || action.details.iter();
    let attributes = details().flat_map(|details| &details.attributes).map(|(name, value)| (name.to_string(), value.clone()));
    let params = details().flat_map(|details| details.params.iter().cloned());
    let mut parameters: NameValues = attributes.chain(params).collect();
    filter_parameters(&mut parameters, interval);
    digest_of(&parameters)
}
