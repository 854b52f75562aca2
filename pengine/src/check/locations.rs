//! Locations that contradict one another, and resources that no node is allowed for.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Code;
use super::draft::Draft;
use super::reading::{Reading, fixed_locations};
use crate::cluster::{Cluster, NodeId, ResourceId};

pub(super) fn check(draft: &mut Draft<'_>, reading: &Reading<'_>) {
    check_contradictions(draft, reading.cluster);
    if reading.cluster.options.symmetric_cluster {
        check_bans(draft, reading);
    } else {
        check_permissions(draft, reading.cluster);
    }
}

/// A node that a resource must and must not be on.
fn check_contradictions(draft: &mut Draft<'_>, cluster: &Cluster) {
    let mut extremes: FxHashMap<(ResourceId, NodeId), &str> = FxHashMap::default();
    let fixed: Vec<_> = fixed_locations(cluster, draft).collect();
    for &(resource, (node, id), _) in fixed.iter().filter(|(_, _, score)| score.is_infinite()) {
        extremes.insert((resource, node), id);
    }
    for &(resource, (node, id), _) in fixed.iter().filter(|(_, _, score)| score.is_minus_infinite()) {
        let Some(wish) = extremes.get(&(resource, node)).and_then(|wish| draft.element(wish)) else { continue };
        let Some(ban) = draft.element(id) else { continue };
        let (resource, node) = (&cluster[resource].id, &cluster[node].name);
        let message = format!("{resource} is banned from {node} here, and sent there by another constraint");
        draft.note_pair(Code::ContradictingLocations, ban, (wish, "this has no effect"), message);
    }
}

/// Resources that are banned from every node.
fn check_bans(draft: &mut Draft<'_>, reading: &Reading<'_>) {
    let cluster = reading.cluster;
    for &resource in reading.bans.keys() {
        if cluster.bundle_of(resource).is_some_and(|bundle| bundle != resource) {
            continue;
        }
        let on_line = cluster.ancestry(resource).filter_map(|at| reading.bans.get(&at));
        let banned: FxHashSet<NodeId> = on_line.flatten().copied().collect();
        if reading.are_all(&banned) {
            note_nowhere(draft, cluster, resource, "every node is forbidden to it");
        }
    }
}

/// Resources of an opt-in cluster that no constraint allows anywhere.
fn check_permissions(draft: &mut Draft<'_>, cluster: &Cluster) {
    let Some(mut allowed) = resources_with_rules(draft, cluster) else { return };
    for (_, location) in cluster.locations.iter() {
        if location.nodes.iter().any(|(_, score)| !score.is_negative()) {
            allowed.insert(cluster.outermost_of(location.resource));
        }
    }
    for &resource in cluster.top.iter().filter(|top| !allowed.contains(top)) {
        note_nowhere(draft, cluster, resource, "the cluster is opt-in, and no constraint allows it anywhere");
    }
}

/// What rules may allow sooner or later; nothing if that can't be told.
fn resources_with_rules(draft: &Draft<'_>, cluster: &Cluster) -> Option<FxHashSet<ResourceId>> {
    let mut found = FxHashSet::default();
    for location in draft.named("rsc_location").filter(|at| at.children().any(|child| child.has_tag_name("rule"))) {
        if location.has_attribute("rsc-pattern") {
            return None;
        }
        let members = location.descendants().filter(|at| at.has_tag_name("resource_ref")).map(|at| at.attribute("id"));
        for name in members.chain([location.attribute("rsc")]).flatten() {
            found.insert(cluster.outermost_of(cluster.find_for_constraint(name)?));
        }
    }
    Some(found)
}

fn note_nowhere(draft: &mut Draft<'_>, cluster: &Cluster, resource: ResourceId, why: &str) {
    let name = &cluster[resource].xml_id;
    // What the cluster made itself, or knows from its history only, is nobody's slip.
    if let Some(element) = draft.element(name) {
        draft.note(Code::RunsNowhere, element, "id", format!("{name} can run nowhere: {why}"));
    }
}
