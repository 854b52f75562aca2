//! Locations: preferences of resources for nodes, put into their tables (PLACE-40, PLACE-41).

use crate::cib::Score;
use crate::cluster::{Discovery, Group, Kind, Location, LocationId, NodeId, ResourceId, Role};
use crate::ledger::Cause;
use crate::run::Run;

use super::scores::add_exactly;

/// Keeps a location, in the cluster and first among those of its resource.
pub fn add_location(run: &mut Run<'_>, location: Location) -> LocationId {
    let resource = location.resource;
    let id = run.cluster.locations.alloc(location);
    run[resource].locations.insert(0, id);
    id
}

/// Applies all locations, the latest first.
pub(super) fn apply_all(run: &mut Run<'_>) {
    for id in run.cluster.locations.ids().rev() {
        let resource = run[id].resource;
        apply(run, id, resource);
    }
}

/// Applies a location to a resource and downwards.
fn apply(run: &mut Run<'_>, id: LocationId, resource: ResourceId) {
    let nodes = run[id].nodes.clone();
    apply_here(run, id, resource, &nodes);
    match run[resource].kind.clone() {
        Kind::Primitive => {}
        Kind::Group(group) => apply_to_members(run, id, resource, group, &nodes),
        Kind::Clone(_) => {
            for instance in run[resource].children.clone() {
                apply(run, id, instance);
            }
        }
        Kind::Bundle(bundle) => {
            for replica in &bundle.replicas {
                for part in [replica.container, replica.ip].into_iter().flatten() {
                    apply(run, id, part);
                }
            }
            // INST-86: no score changes, but roles are chosen by it.
            if let Some(inner) = bundle.inner
                && run[id].role == Some(Role::Promoted)
            {
                run[inner].locations.push(id);
            }
        }
    }
}

/// The first member stands for a colocated group; the others only get to know the nodes.
fn apply_to_members(run: &mut Run<'_>, id: LocationId, resource: ResourceId, group: Group, nodes: &[(NodeId, Score)]) {
    let silent: Vec<_> = nodes.iter().rev().map(|&(node, _)| (node, Score::ZERO)).collect();
    for (index, member) in run[resource].children.clone().into_iter().enumerate() {
        apply_here(run, id, member, if group.collocated && index > 0 { &silent } else { nodes });
    }
}

fn apply_here(run: &mut Run<'_>, id: LocationId, resource: ResourceId, nodes: &[(NodeId, Score)]) {
    if !concerns(run, id, resource) {
        return;
    }
    let discovery = run[id].discovery;
    for &(node, score) in nodes {
        add_exactly(run, resource, node, score, Cause::Location(id));
        if let Some(entry) = run.cluster.allowed.change(resource).get_mut(node)
            && entry.discovery < discovery
        {
            entry.discovery = discovery;
            if discovery == Discovery::Exclusive {
                run[resource].exclusive_discovery = true;
            }
        }
    }
}

/// Whether a location counts for a resource: one for a role needs just that next role.
pub(super) fn concerns(run: &Run<'_>, id: LocationId, resource: ResourceId) -> bool {
    run[id].role.is_none_or(|role| run[resource].next_role == role)
}
