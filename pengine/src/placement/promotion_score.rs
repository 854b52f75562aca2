//! Promotion scores: how much agents want an instance promoted on a node (INST-31, INST-32).

use crate::cib::Score;
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// A resource's promotion score on a node; nothing if no agent has set any. A group instance has its members' plain sum, which
/// may go beyond infinity (INST-31).
pub(super) fn promotion_score(run: &Run<'_>, resource: ResourceId, node: NodeId) -> Option<i32> {
    if run[resource].is_group() {
        let members = run[resource].children.iter();
        return members.filter_map(|&member| promotion_score(run, member, node)).reduce(i32::saturating_add);
    }
    let text = attribute(run, resource, node).filter(|_| applies(run, resource, node))?;
    Some(Score::parse(text, run.cluster.options.health_words).unwrap_or_default().value())
}

/// Whether a primitive's score on a node is its own (INST-32).
fn applies(run: &Run<'_>, id: ResourceId, node: NodeId) -> bool {
    let resource = &run[id];
    if run.cluster.allowed[id].score(node).is_none_or(Score::is_negative) {
        return false;
    }
    let is_active = |at: &ResourceId| run[*at].active_on.contains(&node);
    if !resource.unique {
        let namesakes = namesakes(run, id);
        match namesakes.iter().find(|at| is_active(at)) {
            Some(&active) if active == id => return true,
            Some(_) => {}
            None if namesakes.iter().any(|&at| run[at].known_on.contains(node)) => return true,
            None => {}
        }
    }
    let is_new = resource.active_on.is_empty() && resource.known_on.is_empty();
    is_new || is_active(&id) || resource.known_on.contains(node)
}

/// The primitives of the same base name in all instances of a clone.
fn namesakes(run: &Run<'_>, id: ResourceId) -> Vec<ResourceId> {
    let instances = run[run.cluster.top_of(id)].children.iter();
    let leaves = instances.flat_map(|&instance| run.cluster.leaves(instance));
    leaves.filter(|&at| run[at].xml_id == run[id].xml_id).collect()
}

/// The node attribute that the agent sets: by the name in the history, else without number.
fn attribute<'r>(run: &'r Run<'_>, id: ResourceId, node: NodeId) -> Option<&'r str> {
    let resource = &run[id];
    let node = attribute_node(run, id, node)?;
    let name = resource.history_name.as_deref().unwrap_or(&resource.id);
    let value = run[node].attribute(&format!("master-{name}"));
    let base = resource.id.rsplit_once(':').map(|(base, _)| base).filter(|_| !resource.unique);
    value.or_else(|| run[node].attribute(&format!("master-{}", base?)))
}

/// The node whose attributes count: with `container-attribute-target=host` the host of a guest or bundle node.
fn attribute_node(run: &Run<'_>, id: ResourceId, node: NodeId) -> Option<NodeId> {
    if run[id].meta("container-attribute-target") != Some("host") || !run.cluster.is_guest(node) {
        return Some(node);
    }
    let launcher = run.cluster.launcher_of(node)?;
    if run[id].provisional { run[launcher].active_on.first().copied() } else { run[launcher].assigned }
}
