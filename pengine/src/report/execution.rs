//! What a simulation changes and carries out, as text (SIM sections 8 and 9).

use crate::simulate::{Complaint, Event, Modification, Refusal, TicketChange};

use super::Page;

/// What is said of a transition that did not come to its end (SIM-131).
pub(crate) const INCOMPLETE: [&str; 2] = ["Transition failed: terminated", "An invalid transition was produced"];

/// Writes what happened in a simulation; `quiet` leaves only the complaints.
pub fn write_events(page: &mut Page, events: &[Event], quiet: bool) {
    for event in events {
        if let Event::Complaint(complaint) = event {
            page.note(complaint_text(complaint));
        } else if !quiet {
            write_event(page, event);
        }
    }
}

fn write_event(page: &mut Page, event: &Event) {
    match event {
        Event::Complaint(complaint) => page.note(complaint_text(complaint)),
        Event::Modified(modification) => page.item(modification_text(modification)),
        Event::Attribute { name, value, node } => {
            page.item(format_args!("Injecting attribute {name}={value} into /node_state '{node}'"));
        }
        Event::Pseudo { key, node: None } => page.item(format_args!("Pseudo action:   {key}")),
        Event::Pseudo { key, node: Some(node) } => page.item(format_args!("Pseudo action:   {key} on {node}")),
        Event::Resource { name, operation, interval: 0, node } => {
            page.item(format_args!("Resource action: {name:<15} {operation} on {node}"));
        }
        Event::Resource { name, operation, interval, node } => {
            page.item(format_args!("Resource action: {name:<15} {operation}={interval} on {node}"));
        }
        Event::Pretended { action, status } => {
            page.line(format_args!("Pretending action {action} failed with rc={status}"));
        }
        Event::Fenced { node, action } => page.item(format_args!("Fencing {node} ({action})")),
        Event::Cluster { operation, resource: None, node } => {
            page.item(format_args!("Cluster action:  {operation} on {node}"));
        }
        Event::Cluster { operation, resource: Some(resource), node } => {
            page.item(format_args!("Cluster action:  {operation} for {resource} on {node}"));
        }
    }
}

fn modification_text(modification: &Modification) -> String {
    match modification {
        Modification::Quorum(value) => format!("Setting quorum: {value}"),
        Modification::Watchdog(value) => format!("Setting watchdog: {value}"),
        Modification::NodeUp(node) => format!("Bringing node {node} online"),
        Modification::NodeDown(node) => format!("Taking node {node} offline"),
        Modification::NodeFail(node) => format!("Failing node {node}"),
        Modification::Ticket(TicketChange::Grant, ticket) => format!("Granting ticket {ticket}"),
        Modification::Ticket(TicketChange::Revoke, ticket) => format!("Revoking ticket {ticket}"),
        Modification::Ticket(TicketChange::Standby, ticket) => format!("Making ticket {ticket} standby"),
        Modification::Ticket(TicketChange::Activate, ticket) => format!("Activating ticket {ticket}"),
        Modification::Operation(specification) => format!("Injecting {specification} into the configuration"),
    }
}

pub(super) fn complaint_text(complaint: &Complaint) -> String {
    match complaint {
        Complaint::Specification { text, fields } => {
            format!("Invalid operation spec: {text}.  Only found {fields} fields")
        }
        Complaint::UnknownResource(name) => {
            format!("Invalid resource name: {}", name.as_deref().unwrap_or("(null)"))
        }
        Complaint::FailSpecification(text) => {
            format!("Invalid failed operation '{text}' (result code must be integer)")
        }
        Complaint::Refused(refusal) => refusal_text(refusal),
    }
}

/// Why a resource can't be given a history.
#[must_use]
pub fn refusal_text(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NoAgent { resource, node } => {
            let advice = "supply class and type to continue";
            format!("Resource {resource} not found in the status section of {node} ({advice})")
        }
        Refusal::InvalidClass { resource, class } => format!("Invalid class for {resource}: {class}"),
        Refusal::NoProvider { resource } => format!("Please specify the provider for resource {resource}"),
    }
}
