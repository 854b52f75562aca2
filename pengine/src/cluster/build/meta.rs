//! The table of a resource's meta-attributes: where each value may come from, first found wins (CIB-116).

use crate::cib::{Agent, IdScope, NameValues, NextChange, RuleInput, read_sets};
use crate::cluster::ResourceId;
use crate::run::Run;

/// Reads the whole table.
pub(super) fn read(run: &mut Run<'_>, resource: ResourceId) -> NameValues {
    let mut change = NextChange::default();
    let values = collect(run, resource, &mut change);
    if let Some(time) = change.0 {
        run.cluster.recheck_at(time);
    }
    values
}

fn collect(run: &Run<'_>, resource: ResourceId, change: &mut NextChange) -> NameValues {
    let cluster = &run.cluster;
    let words = cluster.options.health_words;
    let own = cluster.definitions.get(cluster[resource].xml);
    let agent = Agent { class: own.attr("class"), provider: own.attr("provider"), kind: own.attr("type") };
    let input = RuleInput { agent: Some(agent), ..cluster.rule_input() };

    let mut values = NameValues::default();
    if let Some(number) = cluster[resource].instance {
        values.insert("clone", number.to_string());
    }
    merge(&mut values, own.attributes().filter(|(_, value)| !value.is_empty()));
    let mut read = |at: ResourceId, values: &mut NameValues| {
        let scope = IdScope { cib: run.cib, own: Some(cluster.definitions.get(cluster[at].xml)) };
        read_sets(cluster.sets_of(at), "meta_attributes", scope, &input, words, values, change);
    };
    read(resource, &mut values);

    // RSC-32: `#default` in an ancestor's set erases ancestors' values only, so these are collected apart.
    let mut inherited = NameValues::default();
    for ancestor in cluster.ancestry(resource).skip(1) {
        read(ancestor, &mut inherited);
    }
    merge(&mut values, inherited.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    if let Some(defaults) = run.cib.section("rsc_defaults") {
        let scope = IdScope { cib: run.cib, own: None };
        read_sets(defaults.children(), "meta_attributes", scope, &input, words, &mut values, change);
    }
    if let Some(parent) = cluster[resource].parent {
        merge(&mut values, cluster[parent].meta.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    }
    values
}

/// Adds values for names that have none yet; `#default` is none (CIB-117).
fn merge<'v>(values: &mut NameValues, more: impl Iterator<Item = (&'v str, &'v str)>) {
    for (name, value) in more {
        if !value.eq_ignore_ascii_case("#default") {
            values.insert_new(name, value);
        }
    }
}
