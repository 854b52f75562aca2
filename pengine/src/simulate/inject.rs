//! Changes to the input that were asked for (SIM section 8).

use crate::cib::{Cib, ElementId, ElementRef};
use crate::cluster::Cluster;
use crate::plan::PrintedKey;
use crate::record::{Failure, Outcome, StatusSection};

use super::agent::{AgentWords, history};
use super::specification::Specification;
use super::{Complaint, Event, Modification, SimulateError, TicketChange};

/// Who writes what a simulation writes down.
pub const ORIGIN: &str = "crm_simulate";

/// Changes to the input, each kind in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Injections {
    /// Whether this partition has quorum, as text; alone it has no effect (SIM-60).
    pub quorum: Option<String>,
    /// The value of the option `have-watchdog`.
    pub watchdog: Option<String>,
    /// Nodes to bring online; unknown ones are added.
    pub node_up: Vec<String>,
    /// Nodes to take offline.
    pub node_down: Vec<String>,
    /// Nodes to fail.
    pub node_fail: Vec<String>,
    /// Changes of tickets: the kind of change and the ticket.
    pub tickets: Vec<(TicketChange, String)>,
    /// Results of operations: `RESOURCE_TASK_INTERVAL@NODE=STATUS`.
    pub operations: Vec<String>,
}

impl Injections {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { quorum: _, watchdog, node_up, node_down, node_fail, tickets, operations } = self;
        let lists = [node_up, node_down, node_fail, operations];
        watchdog.is_none() && tickets.is_empty() && lists.iter().all(|list| list.is_empty())
    }

    /// Whether nodes that are touched and not configured are added (SIM-67.1).
    #[must_use]
    pub fn invents_nodes(&self) -> bool {
        !self.node_up.is_empty()
    }
}

/// Makes the changes; `cluster` is what the input was read as. What was done, in order (SIM-61).
///
/// # Errors
///
/// If a node is unknown or what has to be changed can't be told.
pub fn inject(cib: &mut Cib, cluster: &Cluster, injections: &Injections, real_now: i64) -> Result<Vec<Event>, SimulateError> {
    let mut section = StatusSection::new(cib, injections.invents_nodes());
    let mut events = Vec::new();
    set_options(&mut section, injections, &mut events)?;
    let up = injections.node_up.iter().map(|node| Modification::NodeUp(node.clone()));
    let down = injections.node_down.iter().map(|node| Modification::NodeDown(node.clone()));
    let fail = injections.node_fail.iter().map(|node| Modification::NodeFail(node.clone()));
    for modification in up.chain(down).chain(fail) {
        change_node(&mut section, &modification)?;
        events.push(Event::Modified(modification));
    }
    for kind in [TicketChange::Grant, TicketChange::Revoke, TicketChange::Standby, TicketChange::Activate] {
        for (_, ticket) in injections.tickets.iter().filter(|(change, _)| *change == kind) {
            events.push(Event::Modified(Modification::Ticket(kind, ticket.clone())));
            change_ticket(&mut section, kind, ticket);
        }
    }
    for text in &injections.operations {
        events.push(Event::Modified(Modification::Operation(text.clone())));
        inject_operation(&mut section, cluster, text, real_now, &mut events)?;
    }
    section.finish();
    Ok(events)
}

fn set_options(section: &mut StatusSection<'_>, injections: &Injections, events: &mut Vec<Event>) -> Result<(), SimulateError> {
    let quorum = injections.quorum.iter().map(|value| Modification::Quorum(value.clone()));
    let watchdog = injections.watchdog.iter().map(|value| Modification::Watchdog(value.clone()));
    events.extend(quorum.chain(watchdog).map(Event::Modified));
    if let Some(value) = &injections.quorum {
        section.set_quorum(value);
    }
    if let Some(value) = &injections.watchdog {
        set_watchdog(section, value)?;
    }
    Ok(())
}

/// Sets the option `have-watchdog` wherever it stands, or where the cluster itself would keep it (SIM-62).
fn set_watchdog(section: &mut StatusSection<'_>, value: &str) -> Result<(), SimulateError> {
    const SET: &str = "cib-bootstrap-options";
    let options = section.configuration_part("crm_config");
    let sets = || section.tree.get(options).children_named("cluster_property_set");
    let pairs = sets().flat_map(|set| set.children_named("nvpair"));
    let found: Vec<ElementId> =
        pairs.filter(|pair| pair.attr("name") == Some("have-watchdog")).map(ElementRef::element_id).collect();
    match found[..] {
        [] => {
            let set = sets().find(|set| set.id() == Some(SET)).map(ElementRef::element_id);
            let set = set.unwrap_or_else(|| section.tree.add_child_with(options, "cluster_property_set", &[("id", SET)]));
            let id = format!("{SET}-have-watchdog");
            section.tree.add_child_with(set, "nvpair", &[("id", &id), ("name", "have-watchdog"), ("value", value)]);
        }
        [only] => section.tree.set(only, "value", value),
        _ => return Err(SimulateError::AmbiguousWatchdog),
    }
    section.configuration_changed();
    Ok(())
}

fn change_node(section: &mut StatusSection<'_>, modification: &Modification) -> Result<(), SimulateError> {
    match modification {
        Modification::NodeUp(node) => {
            let state = section.node_state(node, None)?;
            section.set_membership(state, true, ORIGIN);
        }
        Modification::NodeDown(node) => {
            let state = section.node_state(node, None)?;
            section.set_membership(state, false, ORIGIN);
            section.forget(state);
        }
        Modification::NodeFail(node) => {
            let state = section.node_state(node, None)?;
            section.set_membership(state, true, ORIGIN);
            section.tree.set(state, "in_ccm", "false");
        }
        _ => {}
    }
    Ok(())
}

/// Grants or revokes a ticket, or sets it in standby or active (SIM-63).
fn change_ticket(section: &mut StatusSection<'_>, change: TicketChange, ticket: &str) {
    let (name, value) = match change {
        TicketChange::Grant => ("granted", "true"),
        TicketChange::Revoke => ("granted", "false"),
        TicketChange::Standby => ("standby", "true"),
        TicketChange::Activate => ("standby", "false"),
    };
    let status = section.status();
    let tickets = section.tree.get(status).child("tickets").map(ElementRef::element_id);
    let tickets = tickets.unwrap_or_else(|| section.tree.add_child(status, "tickets"));
    let same = section.tree.get(tickets).children_named("ticket_state").find(|state| state.attr("id") == Some(ticket));
    let state = same.map(ElementRef::element_id);
    let state = state.unwrap_or_else(|| section.tree.add_child_with(tickets, "ticket_state", &[("id", ticket)]));
    section.tree.set(state, name, value);
    section.status_changed();
}

/// Counts a failure; what was set, as events.
pub(super) fn counted(failure: &Failure<'_>, section: &mut StatusSection<'_>, state: ElementId) -> Vec<Event> {
    let node = section.state_id(state);
    let changes = failure.count(section, state).into_iter();
    changes.map(|(name, value)| Event::Attribute { name, value, node: node.clone() }).collect()
}

/// Whether one failure of an operation counts as infinitely many.
pub(super) fn is_fatal(cluster: &Cluster, operation: &str) -> bool {
    operation == "stop" || (operation == "start" && cluster.options.start_failure_is_fatal)
}

/// Writes the result of an operation into the history (SIM-70 to SIM-77).
fn inject_operation(
    section: &mut StatusSection<'_>,
    cluster: &Cluster,
    text: &str,
    real_now: i64,
    events: &mut Vec<Event>,
) -> Result<(), SimulateError> {
    let Specification { key, node, status } = match Specification::parse(text) {
        Ok(specification) => specification,
        Err(fields) => {
            events.push(Event::Complaint(Complaint::Specification { text: text.to_owned(), fields }));
            return Ok(());
        }
    };
    let key = PrintedKey::parse(key);
    let (Some(key), Some(resource)) = (key, key.and_then(|key| cluster.find(key.resource))) else {
        let name = key.map(|key| key.resource.to_owned());
        events.push(Event::Complaint(Complaint::UnknownResource(name)));
        return Ok(());
    };
    let PrintedKey { resource: name, task, interval } = key;
    let state = section.node_state(node, None)?;
    let fatal = is_fatal(cluster, task);
    let failure = Failure { resource: name, operation: task, interval, status, fatal, real_now };
    events.extend(counted(&failure, section, state));
    let meta = |name| cluster[resource].meta(name);
    let agent = AgentWords { class: meta("class"), provider: meta("provider"), kind: meta("type") };
    let history = history(section, state, name, None, agent).map_err(SimulateError::Refused)?;
    let (reason, failed, origin) = ("Simulated action result", status != 0, ORIGIN);
    let outcome = Outcome {
        resource: name,
        operation: task,
        interval,
        node,
        status,
        failed,
        reason,
        real_now,
        origin,
        ..Outcome::default()
    };
    outcome.record(section, history);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quorum_alone_is_no_injection() {
        let quorum = Injections { quorum: Some("true".to_owned()), ..Injections::default() };
        assert!(quorum.is_empty());
        assert!(!Injections { watchdog: Some("true".to_owned()), ..quorum }.is_empty());
    }
}
