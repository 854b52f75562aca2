//! Pairing instances of two collectives (INST-62).

use crate::cluster::{Kind, NodeId, ResourceId, Role};
use crate::run::Run;

use super::colocation::{View, is_blocked};
use super::node_order::sorted;

/// Which nodes a compatible instance is looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Where instances are active now.
    Current,
    /// Where they are assigned.
    Next,
}

impl Phase {
    fn node_of(self, run: &Run<'_>, resource: ResourceId) -> Option<NodeId> {
        match self {
            Phase::Current => run.cluster.single_active_node(resource),
            Phase::Next => run.cluster.single_assigned_node(resource),
        }
    }

    fn role_of(self, run: &Run<'_>, resource: ResourceId) -> Role {
        match self {
            Phase::Current => run.cluster.role_of(resource),
            Phase::Next => run.cluster.next_role_of(resource),
        }
    }
}

/// The instance of a collective that fits a resource (INST-62); `attribute` of nothing compares nodes.
#[must_use]
pub fn compatible_instance(
    run: &Run<'_>,
    resource: ResourceId,
    collective: ResourceId,
    role: Option<Role>,
    phase: Phase,
    attribute: Option<&str>,
) -> Option<ResourceId> {
    let instances = match &run[collective].kind {
        Kind::Bundle(bundle) => bundle.replicas.iter().filter_map(|replica| replica.container).collect(),
        _ => run[collective].children.clone(),
    };
    let fits =
        |&instance: &ResourceId| role.is_none_or(|role| phase.role_of(run, instance) == role) && !is_blocked(run, instance);
    let located = |instance: ResourceId| Some((instance, phase.node_of(run, instance)?));
    let candidates: Vec<(ResourceId, NodeId)> = instances.into_iter().filter(fits).filter_map(located).collect();
    let matches = |instance: ResourceId, at: NodeId, node: NodeId| {
        at == node || attribute.is_some_and(|attribute| View::new(run, attribute, instance).is_same(at, node))
    };
    let on = |node: NodeId| candidates.iter().find(|&&(instance, at)| matches(instance, at, node)).map(|&(instance, _)| instance);
    match phase.node_of(run, resource) {
        Some(node) => on(node),
        None if candidates.is_empty() => None,
        None => sorted(run, &run.cluster.allowed[resource], None).into_iter().find_map(on),
    }
}
