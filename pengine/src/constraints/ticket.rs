//! `rsc_ticket`: resources that may run only where a ticket is granted (PLACE section 6, ORD section 5).

use crate::cib::Score;
use crate::cluster::status::request_fencing;
use crate::cluster::{LossPolicy, ResourceId, Role, Ticket, TicketUse, TicketUseId};
use crate::diagnostic::Problem;
use crate::ledger::Cause;
use crate::placement::add_score;
use crate::plan::FenceReason;
use crate::run::Run;

use super::expand::{self, End, Named, Sets};
use super::{Constraint, required, role_filter_or_diagnose};

/// Reads an `rsc_ticket`.
pub fn read<'c>(run: &mut Run<'c>, constraint: Constraint<'c>) {
    let Some(name) = required(run, constraint, "ticket", "ticket") else { return };
    if name.is_empty() {
        return;
    }
    let ticket = find_or_add_ticket(run, name);
    if let Some(sets) = expand::sets(run, constraint) {
        return depend_sets(run, constraint, ticket, &sets);
    }
    let Some(resource) = required(run, constraint, "rsc", "resource") else { return };
    let end = End { name: resource, role: constraint.attr("rsc-role"), action: None };
    match end.find(run, constraint) {
        None => {}
        Some(Named::Resource(resource)) => depend(run, constraint, ticket, &[resource], end.role),
        Some(members) => {
            let sets = Sets { sets: vec![end.into_set(members)], replaced: true };
            depend_sets(run, constraint, ticket, &sets);
        }
    }
}

/// A ticket that only constraints know is not granted.
fn find_or_add_ticket(run: &mut Run<'_>, name: &str) -> usize {
    let tickets = &mut run.cluster.tickets;
    tickets.iter().position(|ticket| ticket.id == name).unwrap_or_else(|| {
        tickets.push(Ticket { id: name.to_owned(), ..Ticket::default() });
        tickets.len() - 1
    })
}

fn depend_sets(run: &mut Run<'_>, constraint: Constraint<'_>, ticket: usize, sets: &Sets<'_>) {
    for set in &sets.sets {
        if set.id.is_empty() {
            return;
        }
        let unknown = set.members.iter().find(|member| member.resource.is_none());
        let resources: Vec<_> = set.members.iter().map_while(|member| member.resource).collect();
        depend(run, constraint, ticket, &resources, set.role);
        if let Some(unknown) = unknown {
            let problem = Problem::UnknownMember { set: set.id.to_owned(), name: unknown.name.clone() };
            return run.diagnose(constraint.id, problem);
        }
    }
}

/// Makes resources depend on a ticket, and has them bear its loss at once (ORD-23).
fn depend(run: &mut Run<'_>, constraint: Constraint<'_>, ticket: usize, resources: &[ResourceId], role: Option<&str>) {
    let Some(role) = role_filter_or_diagnose(run, constraint, role) else { return };
    let loss_policy = read_policy(run, constraint, ticket, role);
    for &resource in resources {
        let ticket_use = TicketUse { id: constraint.id.to_owned(), ticket, role, loss_policy };
        let known = run.cluster.ticket_uses.alloc(ticket_use);
        run[resource].tickets.push(known);
        for primitive in run.cluster.leaves(resource) {
            bear_loss(run, known, primitive);
        }
    }
}

/// What happens at loss (PLACE-46).
fn read_policy(run: &mut Run<'_>, constraint: Constraint<'_>, ticket: usize, role: Option<Role>) -> LossPolicy {
    let policy = configured_policy(constraint.attr("loss-policy"), role);
    if policy == LossPolicy::Fence && !run.cluster.options.fencing_enabled {
        let ticket = run.cluster.tickets.get(ticket).map(|ticket| ticket.id.clone()).unwrap_or_default();
        run.diagnose(constraint.id, Problem::LossPolicyNeedsFencing { ticket });
        return LossPolicy::Stop;
    }
    policy
}

fn configured_policy(text: Option<&str>, role: Option<Role>) -> LossPolicy {
    const POLICIES: [(&str, LossPolicy); 4] = [
        ("stop", LossPolicy::Stop),
        ("demote", LossPolicy::Demote),
        ("fence", LossPolicy::Fence),
        ("freeze", LossPolicy::Freeze),
    ];
    let named = text.and_then(|text| POLICIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)));
    match named {
        Some((_, policy)) => *policy,
        None if role == Some(Role::Promoted) => LossPolicy::Demote,
        None => LossPolicy::Stop,
    }
}

/// What a ticket that can't be used does to a primitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    None,
    Ban,
    BanAndFence,
    Freeze,
}

impl Effect {
    /// The effect, by the table of ORD-23; `current` is the primitive's role if it is active.
    fn of(ticket: &Ticket, policy: LossPolicy, role: Option<Role>, current: Option<Role>) -> Self {
        if ticket.granted && !ticket.standby {
            return Effect::None;
        }
        let lost = current.filter(|_| !ticket.granted);
        let concerns = |current| role.is_none_or(|role| role == current);
        match (policy, lost) {
            (LossPolicy::Fence, Some(current)) => {
                if concerns(current) {
                    Effect::BanAndFence
                } else {
                    Effect::None
                }
            }
            (LossPolicy::Freeze, Some(current)) => {
                if concerns(current) {
                    Effect::Freeze
                } else {
                    Effect::None
                }
            }
            (LossPolicy::Stop, _) => Effect::Ban,
            // A promoted role is lost by no promotion, when roles are chosen.
            _ if role == Some(Role::Promoted) => Effect::None,
            _ => Effect::Ban,
        }
    }
}

fn bear_loss(run: &mut Run<'_>, id: TicketUseId, primitive: ResourceId) {
    let TicketUse { ticket, role, loss_policy: policy, .. } = run.cluster[id];
    let Some(ticket) = run.cluster.tickets.get(ticket) else { return };
    let resource = &run[primitive];
    let current = (!resource.active_on.is_empty()).then_some(resource.role);
    let effect = Effect::of(ticket, policy, role, current);
    if matches!(effect, Effect::Ban | Effect::BanAndFence) {
        add_score(run, primitive, None, Score::MINUS_INFINITY, Cause::Ticket(id));
    }
    if effect == Effect::BanAndFence {
        for node in run[primitive].active_on.clone() {
            request_fencing(run, node, FenceReason::TicketLost, false);
        }
    }
    if effect == Effect::Freeze {
        run[primitive].managed = false;
        run[primitive].blocked = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [LossPolicy; 4] = [LossPolicy::Stop, LossPolicy::Demote, LossPolicy::Fence, LossPolicy::Freeze];

    fn effects(granted: bool, standby: bool, role: Option<Role>, current: Option<Role>) -> [Effect; 4] {
        let ticket = Ticket { id: "T".to_owned(), granted, standby };
        ALL.map(|policy| Effect::of(&ticket, policy, role, current))
    }

    #[test]
    fn a_granted_ticket_does_nothing() {
        assert_eq!(effects(true, false, None, Some(Role::Started)), [Effect::None; 4]);
    }

    #[test]
    fn a_lost_ticket_does_what_its_policy_says() {
        use Effect::{Ban, BanAndFence, Freeze, None as Nothing};
        assert_eq!(effects(false, true, None, Some(Role::Started)), [Ban, Ban, BanAndFence, Freeze]);
        let promoted = Some(Role::Promoted);
        assert_eq!(effects(false, false, promoted, promoted), [Ban, Nothing, BanAndFence, Freeze]);
        assert_eq!(effects(false, false, promoted, Some(Role::Unpromoted)), [Ban, Nothing, Nothing, Nothing]);
    }

    #[test]
    fn what_is_inactive_or_in_standby_is_banned() {
        use Effect::{Ban, None as Nothing};
        assert_eq!(effects(false, false, None, None), [Ban; 4]);
        assert_eq!(effects(true, true, None, Some(Role::Started)), [Ban; 4]);
        assert_eq!(effects(true, true, Some(Role::Promoted), Some(Role::Promoted)), [Ban, Nothing, Nothing, Nothing]);
    }

    #[test]
    fn the_default_policy_depends_on_the_role() {
        assert_eq!(configured_policy(None, None), LossPolicy::Stop);
        assert_eq!(configured_policy(Some("nonsense"), Some(Role::Promoted)), LossPolicy::Demote);
        assert_eq!(configured_policy(Some("FREEZE"), None), LossPolicy::Freeze);
    }
}
