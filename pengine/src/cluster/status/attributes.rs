//! Attributes of nodes: permanent ones of `node` entries, transient ones of `node_state` (STATE-26).

use crate::cib::{ElementRef, IdScope, NameValues, NextChange, read_sets};
use crate::cluster::NodeId;
use crate::run::Run;

/// Adds the built-in attributes and those of an element. Transient attributes overwrite, permanent ones do not.
pub fn add_attributes(run: &mut Run<'_>, node: NodeId, element: ElementRef<'_>, overwrite: bool) {
    add_built_in(run, node);
    add_sets(run, node, element, overwrite);
    add_site_name(run, node);
}

/// Adds the attributes of the first `transient_attributes` of a node's state; the built-in ones even if it has none.
pub(super) fn add_transient(run: &mut Run<'_>, node: NodeId, state: Option<ElementRef<'_>>) {
    match state.and_then(|state| state.child("transient_attributes")) {
        Some(transient) => add_attributes(run, node, transient, true),
        None => {
            add_built_in(run, node);
            add_site_name(run, node);
        }
    }
}

fn add_built_in(run: &mut Run<'_>, node: NodeId) {
    let dc_id = run.cib.root().attr("dc-uuid");
    if run.cluster.dc.is_none() && dc_id.is_some_and(|id| id.eq_ignore_ascii_case(&run[node].id)) {
        run.cluster.dc = Some(node);
    }
    let is_dc = run.cluster.dc == Some(node);
    let cluster_name = run.cluster.options.cluster_name.clone();
    let (name, id) = (run[node].name.clone(), run[node].id.clone());
    let attributes = &mut run[node].attributes;
    attributes.insert("#uname", name);
    attributes.insert("#id", id);
    attributes.insert("#is_dc", is_dc.to_string());
    if let Some(cluster_name) = cluster_name {
        attributes.insert("#cluster-name", cluster_name);
    }
}

fn add_sets(run: &mut Run<'_>, node: NodeId, element: ElementRef<'_>, overwrite: bool) {
    let mut change = NextChange::default();
    let scope = IdScope { cib: run.cib, own: None };
    let input = run.cluster.rule_input();
    let words = run.cluster.options.health_words;
    let mut read = |kind: &str, values: &mut NameValues| {
        read_sets(element.children(), kind, scope, &input, words, values, &mut change);
    };
    let node = &mut run.cluster[node];
    if overwrite {
        let mut transient = NameValues::default();
        read("instance_attributes", &mut transient);
        node.attributes.extend(transient);
    } else {
        read("instance_attributes", &mut node.attributes);
    }
    read("utilization", &mut node.utilization);
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
}

/// STATE-27: once set it stays, so that a transient `site-name` comes too late for a node with an entry.
fn add_site_name(run: &mut Run<'_>, node: NodeId) {
    const NAME: &str = "#site-name";
    let site = run[node].attribute("site-name").map(str::to_owned).or_else(|| run.cluster.options.cluster_name.clone());
    if let (None, Some(site)) = (run[node].attribute(NAME), site) {
        run[node].attributes.insert(NAME, site);
    }
}
