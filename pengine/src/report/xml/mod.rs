//! A report as XML text, in the field's form (SIM section 12).

mod status;
mod writer;

use crate::cib::xml_id;
use crate::report::document::{
    ExitStatus, NodeAction, NodeChange, NodeVerb, PlannedAction, ResourceAction, ScoreEntry, SimulationReport, Step,
    UtilizationEntry, Values,
};
use crate::report::scores::step_word;
use crate::report::summary::roles_matter;
use crate::simulate::TicketChange;

use writer::{Document, Element};

/// The version of the field's form that this is.
const API_VERSION: &str = "2.42";

impl SimulationReport {
    /// The report as XML text; `request` is the command line that asked for it.
    #[must_use]
    pub fn to_xml(&self, request: &str) -> String {
        let mut document = Document::default();
        let root = Element::new("pacemaker-result").with("api-version", API_VERSION).with("request", request);
        document.nest(root, |document| self.write_sections(document));
        document.finish()
    }

    fn write_sections(&self, document: &mut Document) {
        if let Some(status) = &self.current_status {
            document.nest(Element::new("cluster_status"), |document| status::write(document, status));
        }
        if let Some(steps) = &self.modifications {
            write_modifications(document, steps);
        }
        self.write_scores(document);
        if let Some(actions) = &self.actions {
            document.nest(Element::new("actions"), |document| actions.iter().for_each(|at| write_planned(document, at)));
        }
        if let Some(execution) = &self.execution {
            document.nest(Element::new("transition"), |document| {
                execution.steps.iter().for_each(|step| write_step(document, step));
            });
        }
        if let Some(status) = &self.revised_status {
            document.nest(Element::new("revised_cluster_status"), |document| status::write(document, status));
        }
        if let Some(timings) = &self.timings {
            document.nest(Element::new("timings"), |document| {
                for timing in timings {
                    let duration = format_args!("{:.2}", timing.seconds).to_string();
                    document.empty(Element::new("timing").with("file", &timing.file).with("duration", duration));
                }
            });
        }
        write_exit_status(document, &self.status, &self.errors);
    }

    fn write_scores(&self, document: &mut Document) {
        let name = match (&self.scores, &self.utilization) {
            (Some(_), Some(_)) => "allocations_utilizations",
            (Some(_), None) => "allocations",
            (None, Some(_)) => "utilizations",
            (None, None) => return,
        };
        document.nest(Element::new(name), |document| {
            self.scores.iter().flatten().for_each(|score| write_score(document, score));
            self.utilization.iter().flatten().for_each(|entry| write_utilization(document, entry));
        });
    }
}

fn write_exit_status(document: &mut Document, status: &ExitStatus, errors: &[String]) {
    let element = Element::new("status").with("code", status.code).with("message", &status.message);
    document.nest(element, |document| {
        if !errors.is_empty() {
            document.nest(Element::new("errors"), |document| {
                errors.iter().for_each(|error| document.text(Element::new("error"), error));
            });
        }
    });
}

fn write_modifications(document: &mut Document, steps: &[Step]) {
    // Both settings are attributes of the list itself, wherever they were announced.
    let quorum = steps.iter().find_map(|step| if let Step::Quorum { value } = step { Some(value) } else { None });
    let watchdog = steps.iter().find_map(|step| if let Step::Watchdog { value } = step { Some(value) } else { None });
    let list = Element::new("modifications").with_some("quorum", quorum).with_some("watchdog", watchdog);
    document.nest(list, |document| steps.iter().for_each(|step| write_step(document, step)));
}

fn write_score(document: &mut Document, score: &ScoreEntry) {
    document.empty(match score {
        ScoreEntry::Assignment { step, resource, node, score } => {
            let element = Element::new("node_weight").with("function", step_word(*step)).with("node", node);
            element.with("score", score).with("id", resource)
        }
        ScoreEntry::Promotion { resource, node, score } => {
            let element = Element::new("promotion_score").with("id", resource).with("score", score);
            element.with_some("node", node.as_ref())
        }
    });
}

fn write_utilization(document: &mut Document, entry: &UtilizationEntry) {
    let capacity = |node: &String, comment| Element::new("capacity").with("node", node).with("comment", comment);
    let (element, values) = match entry {
        UtilizationEntry::Original { node, values } => (capacity(node, "Original"), values),
        UtilizationEntry::Remaining { node, values } => (capacity(node, "Remaining"), values),
        UtilizationEntry::Used { resource, node, values } => {
            let element = Element::new("utilization").with("resource", resource).with("node", node);
            (element.with("function", "pcmk__assign_resource"), values)
        }
    };
    document.nest(element, |document| write_values(document, values));
}

/// An element an attribute, named after it as far as XML allows.
fn write_values(document: &mut Document, values: &Values) {
    values.iter().for_each(|(name, value)| document.text(Element::new(xml_id(name)), value));
}

fn write_planned(document: &mut Document, action: &PlannedAction) {
    document.empty(match action {
        PlannedAction::Node(action) => node_action(action),
        PlannedAction::Resource(action) => resource_action(action),
    });
}

fn node_action(action: &NodeAction) -> Element<'static> {
    let task = match action.action {
        NodeVerb::Fence => format!("Fence ({})", action.fencing.as_deref().unwrap_or_default()),
        NodeVerb::Shutdown => "Shutdown".to_owned(),
    };
    let launcher = action.launcher.as_ref().map_or_else(String::new, |launcher| format!(" (resource: {launcher})"));
    let node = format!("{}{launcher}", action.node);
    Element::new("node_action").with("task", task).with("node", node).with("reason", &action.reason.text)
}

/// Nodes, and roles where they tell anything: the same choice as in the text of a summary.
fn resource_action(action: &ResourceAction) -> Element<'static> {
    let ResourceAction { role, next_role, origin, destination, .. } = action;
    let verb = action.action.as_str().to_lowercase();
    let mut element = Element::new("rsc_action").with("action", verb).with("resource", &action.resource);
    if roles_matter(*role, *next_role) {
        element = element.with("role", role.as_str());
        // What stops shows only what it was, and what stays as it is shows that once.
        let changes = destination.is_some() && role != next_role;
        element = element.with_some("next-role", changes.then(|| next_role.as_str()));
    }
    element = match (origin, destination) {
        (None, Some(to)) if roles_matter(*role, *next_role) => element.with("dest", to),
        (None, Some(at)) | (Some(at), None) => element.with("node", at),
        (Some(from), Some(to)) if from == to => element.with("source", from),
        (Some(from), Some(to)) => element.with("source", from).with("dest", to),
        (None, None) => element,
    };
    let reason = action.reason.as_ref().map(|reason| &reason.text);
    element.with_some("reason", reason).with_some("blocked", action.blocked.then_some(true))
}

fn write_step(document: &mut Document, step: &Step) {
    document.empty(match step {
        // They are attributes of the list.
        Step::Quorum { .. } | Step::Watchdog { .. } => return,
        // The form has nothing for it; the fail count that comes of it is there.
        Step::PretendedFailure { .. } => return,
        Step::Node { node, change } => {
            let action = match change {
                NodeChange::Online => "Online",
                NodeChange::Offline => "Offline",
                NodeChange::Failing => "Failing",
            };
            Element::new("modify_node").with("action", action).with("node", node)
        }
        Step::Ticket { ticket, change } => {
            let action = match change {
                TicketChange::Grant => "Granting",
                TicketChange::Revoke => "Revoking",
                TicketChange::Standby => "Standby",
                TicketChange::Activate => "Activating",
            };
            Element::new("modify_ticket").with("action", action).with("ticket", ticket)
        }
        Step::Operation { specification } => Element::new("inject_spec").with("spec", specification),
        Step::Attribute { name, value, node_id } => {
            let element = Element::new("inject_attr").with("name", name).with("value", value);
            element.with("node_path", "/node_state").with("cib_node", node_id)
        }
        Step::Pseudo { key, node } => Element::new("pseudo_action").with("task", key).with_some("node", node.as_ref()),
        Step::Resource { resource, operation, interval_ms, node } => {
            let element = Element::new("rsc_action").with("resource", resource).with("op", operation).with("node", node);
            element.with_some("interval", (*interval_ms > 0).then_some(interval_ms))
        }
        Step::Fencing { node, fencing } => Element::new("fencing_action").with("target", node).with("op", fencing),
        Step::Cluster { operation, resource, node } => {
            let element = Element::new("cluster_action").with("task", operation).with("node", node);
            element.with_some("id", resource.as_ref())
        }
    });
}
