//! Parameters: `instance_attributes` of a resource and its ancestors, evaluated for a node (CIB-120).

use std::sync::Arc;

use crate::cib::{IdScope, NameValues, NextChange, RuleInput, read_sets};
use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// The parameters of a resource on a node, or on none. They are evaluated once: later changes of node attributes don't show.
pub fn parameters(run: &mut Run<'_>, resource: ResourceId, node: Option<NodeId>) -> Arc<NameValues> {
    if let Some(known) = run[resource].parameters.get(node) {
        return Arc::clone(known);
    }
    let mut change = NextChange::default();
    let (values, has_rules) = evaluate(run, resource, node, &mut change);
    let values = Arc::new(values);
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
    let known = &mut run[resource].parameters;
    if has_rules {
        known.set(node, Arc::clone(&values));
    } else {
        // Only rules look at nodes.
        known.set_everywhere(Arc::clone(&values));
    }
    values
}

/// The parameters, and whether rules had a say in them.
fn evaluate(run: &Run<'_>, resource: ResourceId, node: Option<NodeId>, change: &mut NextChange) -> (NameValues, bool) {
    let cluster = &run.cluster;
    let attributes = node.map(|node| &cluster[node].attributes);
    let input = RuleInput { node: attributes, ..cluster.rule_input() };
    let mut values = NameValues::default();
    let mut has_rules = false;
    for at in cluster.ancestry(resource) {
        let element = cluster.definitions.get(cluster[at].xml);
        let scope = IdScope { cib: run.cib, own: Some(element) };
        let words = cluster.options.health_words;
        has_rules |= read_sets(cluster.sets_of(at), "instance_attributes", scope, &input, words, &mut values, change);
    }
    (values, has_rules)
}
