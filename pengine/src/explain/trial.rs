//! The smallest single change that sends a resource elsewhere: tried, each by scheduling again.

use rustc_hash::FxHashSet;

use crate::Settings;
use crate::cib::{Cib, Score, parse_integer};
use crate::cluster::{NodeId, Resource, ResourceId};
use crate::ledger::{Cause, Contribution};
use crate::schedule;

use super::inquiry::Inquiry;
use super::{Change, ChangeNote, NodeCondition};

/// How many nodes are tried with a preference, and how many other changes.
const MOST_NODES: usize = 8;
const MOST_CHANGES: usize = 64;

/// Finds the smallest change after which a resource has another node, or just the node that is asked for.
pub(super) fn smallest_change(
    cib: &Cib,
    settings: &Settings,
    inquiry: &Inquiry<'_, '_>,
    resource: ResourceId,
    wanted: Option<NodeId>,
) -> Option<ChangeNote> {
    // What has a node and can't be started there has to be able to run, wherever that is.
    let assigned = inquiry.placed(resource);
    let is_meant = |node: &NodeId| !assigned.contains(node) && wanted.is_none_or(|wanted| wanted == *node);
    // In a cluster where nothing is allowed by itself a preference is all it takes.
    let known = inquiry.ranked(resource);
    let others = inquiry.run.cluster.node_order.iter().copied().filter(|node| inquiry.score(resource, *node).is_none());
    let nodes: Vec<NodeId> = known.into_iter().chain(others).filter(is_meant).collect();
    let settings = Settings { keep_causes: false, ..settings.clone() };
    let trial = Trial { cib, settings: &settings, inquiry, resource, nodes: &nodes };
    trial.least_preference().or_else(|| trial.first_that_helps())
}

struct Trial<'t, 's, 'c> {
    cib: &'t Cib,
    settings: &'t Settings,
    inquiry: &'t Inquiry<'s, 'c>,
    resource: ResourceId,
    /// Where the resource may go.
    nodes: &'t [NodeId],
}

impl Trial<'_, '_, '_> {
    /// What comes of a change, if that is what is wanted.
    fn outcome(&self, change: Change) -> Option<ChangeNote> {
        let mut cib = self.cib.clone();
        change.make(&mut cib, &self.inquiry.run.cluster);
        let changed = schedule(&cib, self.settings);
        let after = Inquiry::of(&changed);
        let resource = after.resource(&self.inquiry.run[self.resource].id).ok()?;
        let mut places = after.placed(resource).into_iter().map(|node| after.node_name(node));
        let assigned_to = places.find(|name| self.nodes.iter().any(|&at| self.inquiry.run[at].name == *name))?;
        Some(ChangeNote { change, assigned_to })
    }

    /// The preference with the lowest score among those that help, be it for the resource or one that its placement comes from.
    fn least_preference(&self) -> Option<ChangeNote> {
        let concerned = self.concerned().into_iter().filter(|&at| self.may_be_preferred(at));
        let found = concerned.flat_map(|resource| {
            let may_help =
                move |&node: &NodeId| self.inquiry.run[node].is_available() && self.inquiry.bans(resource, node).is_empty();
            let nodes = self.nodes.iter().copied().filter(may_help).take(MOST_NODES);
            nodes.filter_map(move |node| self.least_score(resource, node))
        });
        found.min_by_key(|&(score, _)| score).map(|(_, note)| note)
    }

    fn may_be_preferred(&self, resource: ResourceId) -> bool {
        let cluster = &self.inquiry.run.cluster;
        cluster[resource].managed && cluster[resource].instance.is_none() && cluster.bundle_of(resource).is_none()
    }

    /// The lowest score with which a preference for a node helps.
    fn least_score(&self, preferring: ResourceId, node: NodeId) -> Option<(i32, ChangeNote)> {
        let inquiry = self.inquiry;
        let score = |node: NodeId| inquiry.score(preferring, node).map_or(0, Score::value);
        let gap = inquiry.assigned(preferring).map_or(0, score) - score(node);
        let prefer = |score: i32| {
            let (resource, node) = (inquiry.resource_name(preferring), inquiry.node_name(node));
            let note = self.outcome(Change::Prefer { resource, node, score: Score::new(score.into()) })?;
            Some((score, note))
        };
        let most = Score::INFINITY.value();
        let guess = gap.saturating_add(1).clamp(1, most);
        // What is known not to help, and what does.
        let (mut low, mut best) = match prefer(guess) {
            Some(found) if guess == 1 => return Some(found),
            Some(found) => match prefer(guess - 1) {
                Some(lower) => (0, lower),
                None => return Some(found),
            },
            None => (guess, prefer(most)?),
        };
        while best.0 - low > 1 {
            let middle = low + (best.0 - low) / 2;
            match prefer(middle) {
                Some(found) => best = found,
                None => low = middle,
            }
        }
        Some(best)
    }

    /// The first of all other changes that helps, those that are made most easily first.
    fn first_that_helps(&self) -> Option<ChangeNote> {
        let mut changes: Vec<Change> = Vec::new();
        for resource in self.concerned() {
            for change in self.changes_for(resource) {
                if !changes.contains(&change) {
                    changes.push(change);
                }
            }
        }
        changes.sort_by_key(effort);
        changes.into_iter().take(MOST_CHANGES).find_map(|change| self.outcome(change))
    }

    /// The resource, and those that its placement or its not being started comes from.
    fn concerned(&self) -> Vec<ResourceId> {
        let mut blocking = self.inquiry.blocking(self.resource);
        if self.inquiry.is_collective(self.resource) {
            let leaves = self.inquiry.run.cluster.leaves(self.resource).into_iter();
            blocking.extend(leaves.filter(|&leaf| self.inquiry.run[leaf].assigned.is_none()).take(1));
        }
        let placing = blocking.iter().flat_map(|&at| self.inquiry.placement_chain(at));
        let placing: Vec<ResourceId> = placing.filter_map(|link| self.inquiry.resource(&link.resource).ok()).collect();
        let mut seen = FxHashSet::default();
        blocking.into_iter().chain(placing).filter(|&at| seen.insert(at)).collect()
    }

    fn changes_for(&self, resource: ResourceId) -> Vec<Change> {
        let inquiry = self.inquiry;
        let name = inquiry.run[resource].xml_id.clone();
        let mut changes = Vec::new();
        if !inquiry.run.cluster.has_quorum {
            changes.push(Change::Quorum);
        }
        let Resource { managed, blocked, active_on, .. } = &inquiry.run[resource];
        if *blocked {
            let clean_up = |&node: &NodeId| Change::Cleanup { resource: name.clone(), node: inquiry.node_name(node) };
            changes.extend(active_on.iter().map(clean_up));
        } else if !managed {
            changes.push(Change::Manage { resource: name.clone() });
        }
        for &node in self.nodes {
            changes.extend(remedy(inquiry.condition(node), inquiry.node_name(node)));
            let bans = inquiry.bans(resource, node).into_iter();
            changes.extend(bans.flat_map(|ban| self.lift(ban, resource, node)));
        }
        if let Some(node) = inquiry.assigned(resource) {
            let holds = inquiry.contributions(resource, node).iter().filter(|at| at.score.is_infinite());
            changes.extend(holds.flat_map(|&hold| self.lift(hold, resource, node)));
        }
        changes
    }

    /// What would undo a contribution.
    fn lift(&self, contribution: Contribution, concerned: ResourceId, node: NodeId) -> Vec<Change> {
        let cluster = &self.inquiry.run.cluster;
        let resource = cluster[concerned].xml_id.clone();
        match contribution.cause {
            Cause::MigrationThreshold
            | Cause::Failure
            | Cause::FailedStop
            | Cause::HardError
            | Cause::FatalError
            | Cause::MaskedProbe => vec![Change::Cleanup { resource, node: self.inquiry.node_name(node) }],
            Cause::Location(id) if cluster[id].is_health => vec![Change::Recover { node: self.inquiry.node_name(node) }],
            Cause::Location(id) => vec![Change::Remove { constraint: cluster[id].id.clone() }],
            Cause::Colocation { via, .. } if cluster[via].explicit => {
                vec![Change::Remove { constraint: cluster[via].id.clone() }]
            }
            Cause::Ticket(id) => {
                let ticket = cluster.tickets.get(cluster[id].ticket);
                ticket.map(|ticket| Change::Grant { ticket: ticket.id.clone() }).into_iter().collect()
            }
            Cause::TargetRole => vec![Change::Start { resource }],
            Cause::Utilization => self.enlarge(concerned, node).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// More capacity of the one kind that a node has too little of.
    fn enlarge(&self, resource: ResourceId, node: NodeId) -> Option<Change> {
        let free = &self.inquiry.run[node].utilization;
        let number = |text: Option<&str>| text.and_then(parse_integer).unwrap_or(0);
        let needed = self.inquiry.run[resource].utilization.iter();
        let mut lacking = needed.filter_map(|(name, needed)| {
            let by = number(Some(needed)) - number(free.get(name));
            (by > 0).then(|| Change::Enlarge { node: self.inquiry.node_name(node), attribute: name.to_string(), by })
        });
        lacking.next().filter(|_| lacking.next().is_none())
    }
}

/// What makes a node fit for use.
fn remedy(condition: NodeCondition, node: String) -> Option<Change> {
    match condition {
        NodeCondition::Online | NodeCondition::ShuttingDown => None,
        NodeCondition::Standby => Some(Change::LeaveStandby { node }),
        NodeCondition::Maintenance => Some(Change::LeaveMaintenance { node }),
        NodeCondition::Pending | NodeCondition::Unclean | NodeCondition::Offline => Some(Change::Online { node }),
    }
}

/// How much it takes to make a change: first what changes no configuration, or takes back what somebody did, then the rest.
fn effort(change: &Change) -> u8 {
    match change {
        Change::Prefer { .. } => 0,
        Change::Start { .. } | Change::Manage { .. } => 1,
        Change::Cleanup { .. } => 2,
        Change::LeaveStandby { .. } | Change::LeaveMaintenance { .. } | Change::Recover { .. } => 3,
        Change::Grant { .. } => 4,
        Change::Remove { .. } => 5,
        Change::Online { .. } | Change::Quorum => 6,
        Change::Enlarge { .. } => 7,
    }
}
