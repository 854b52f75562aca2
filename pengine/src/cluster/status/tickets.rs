//! Tickets as the status section has them (STATE-35).

use crate::cib::{ElementRef, is_true};
use crate::cluster::Ticket;
use crate::run::Run;

/// Reads the `ticket_state` children of `tickets`. A ticket that comes up again keeps what isn't told anew.
pub(super) fn read(run: &mut Run<'_>, tickets: ElementRef<'_>) {
    for state in tickets.children_named("ticket_state") {
        let Some(id) = state.id() else { continue };
        let known = run.cluster.tickets.iter().position(|ticket| ticket.id == id);
        let index = known.unwrap_or_else(|| {
            run.cluster.tickets.push(Ticket { id: id.to_owned(), ..Ticket::default() });
            run.cluster.tickets.len() - 1
        });
        let ticket = &mut run.cluster.tickets[index];
        if let Some(granted) = state.attr("granted") {
            ticket.granted = is_true(granted);
        }
        if let Some(standby) = state.attr("standby") {
            ticket.standby = is_true(standby);
        }
    }
}
