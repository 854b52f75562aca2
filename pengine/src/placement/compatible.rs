//! Pairing instances of two collectives (INST-62).

use rustc_hash::FxHashMap;

use crate::cluster::{Kind, NodeId, ResourceId, Role};
use crate::run::Run;

use super::colocation::{View, is_blocked};
use super::node_order::sorted;

/// Which nodes a compatible instance is looked for by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    let candidates: Vec<(ResourceId, NodeId)> = candidates(run, collective, role, phase).collect();
    let matches = |instance: ResourceId, at: NodeId, node: NodeId| {
        at == node || attribute.is_some_and(|attribute| View::new(run, attribute, instance).is_same(at, node))
    };
    let on = |node: NodeId| candidates.iter().find(|&&(instance, at)| matches(instance, at, node)).map(|&(instance, _)| instance);
    if candidates.is_empty() { None } else { first_fit(run, resource, phase, on) }
}

/// The instances that come into question, and where they are.
fn candidates(
    run: &Run<'_>,
    collective: ResourceId,
    role: Option<Role>,
    phase: Phase,
) -> impl Iterator<Item = (ResourceId, NodeId)> {
    let instances = match &run[collective].kind {
        Kind::Bundle(bundle) => bundle.replicas.iter().filter_map(|replica| replica.container).collect(),
        _ => run[collective].children.clone(),
    };
    let fits =
        move |instance: &ResourceId| role.is_none_or(|role| phase.role_of(run, *instance) == role) && !is_blocked(run, *instance);
    instances.into_iter().filter(fits).filter_map(move |instance| Some((instance, phase.node_of(run, instance)?)))
}

/// What is on a resource's node, or, if it has none, on the best of those that it could have.
fn first_fit(run: &Run<'_>, resource: ResourceId, phase: Phase, on: impl Fn(NodeId) -> Option<ResourceId>) -> Option<ResourceId> {
    match phase.node_of(run, resource) {
        Some(node) => on(node),
        None => sorted(run, &run.cluster.allowed[resource], None).into_iter().find_map(on),
    }
}

/// The instances of a collective by node, for when many look for theirs.
#[derive(Debug, Clone)]
pub struct Partners {
    phase: Phase,
    first_on: FxHashMap<NodeId, ResourceId>,
}

impl Partners {
    /// The instances of a collective as they are placed now.
    #[must_use]
    pub fn new(run: &Run<'_>, collective: ResourceId, phase: Phase) -> Self {
        let mut first_on = FxHashMap::default();
        for (instance, node) in candidates(run, collective, None, phase) {
            first_on.entry(node).or_insert(instance);
        }
        Self { phase, first_on }
    }

    /// The one that fits a resource (INST-62).
    #[must_use]
    pub fn of(&self, run: &Run<'_>, resource: ResourceId) -> Option<ResourceId> {
        if self.first_on.is_empty() {
            return None;
        }
        first_fit(run, resource, self.phase, |node| self.first_on.get(&node).copied())
    }
}
