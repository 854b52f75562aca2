//! Parameters: `instance_attributes` of a resource and its ancestors, evaluated for a node (CIB-120).

use std::sync::Arc;

use crate::cib::{IdScope, NameValues, NextChange, RuleInput, read_sets};
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// The parameters of a resource on a node, or on none. They are evaluated once: later changes of node attributes don't show.
pub fn parameters(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>) -> Arc<NameValues> {
    if let Some(known) = run[resource].parameters.get(&node) {
        return Arc::clone(known);
    }
    let mut change = NextChange::default();
    let values = Arc::new(evaluate(run, resource, node, &mut change));
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
    run[resource].parameters.insert(node, Arc::clone(&values));
    values
}

fn evaluate(run: &Run<'_>, resource: ResourceId, node: Option<NodeId>, change: &mut NextChange) -> NameValues {
    let cluster = &run.cluster;
    let attributes = node.map(|node| &cluster[node].attributes);
    let input = RuleInput { now: cluster.now, node: attributes, ..RuleInput::default() };
    let mut values = NameValues::default();
    for at in cluster.ancestry(resource) {
        let element = cluster.definitions.get(cluster[at].xml);
        let scope = IdScope { cib: run.cib, own: Some(element) };
        let words = cluster.options.health_words;
        read_sets(element, "instance_attributes", scope, &input, words, &mut values, change);
    }
    values
}
