//! The attributes of nodes in a status (SIM-48).

use crate::cib::parse_integer;
use crate::cluster::{NodeId, ResourceId, build};
use crate::run::Run;

use super::Page;

/// Names that start like this are the cluster's own business.
const HIDDEN: [&str; 6] = ["fail-count", "last-failure", "shutdown", "terminate", "standby", "#"];

/// An attribute that a status shows.
pub(super) struct ShownAttribute {
    pub(super) name: String,
    pub(super) value: String,
    /// The value that it has if a ping resource maintains it and reaches all hosts.
    pub(super) expected: Option<i64>,
}

/// The attributes to show of each online node that has any.
pub(super) fn shown_attributes(run: &mut Run<'_>) -> Vec<(NodeId, Vec<ShownAttribute>)> {
    let online = run.cluster.node_order.iter().copied().filter(|&node| run[node].online);
    let of_nodes: Vec<_> = online.map(|node| (node, public_attributes(run, node))).collect();
    let any = of_nodes.into_iter().filter(|(_, attributes)| !attributes.is_empty());
    any.map(|(node, attributes)| {
        let shown = attributes.into_iter().map(|(name, value)| {
            let expected = expected_by_ping(run, node, &name);
            ShownAttribute { name, value, expected }
        });
        (node, shown.collect())
    })
    .collect()
}

/// Writes the attributes of all online nodes, behind an empty line, if there are any.
pub fn node_attributes(page: &mut Page, run: &mut Run<'_>) {
    let of_nodes = shown_attributes(run);
    if of_nodes.is_empty() {
        return;
    }
    page.blank();
    page.begin("Node Attributes");
    for (node, attributes) in of_nodes {
        page.begin(format_args!("Node: {}", run[node].name));
        for attribute in attributes {
            let connectivity = connectivity(&attribute);
            let ShownAttribute { name, value, .. } = attribute;
            page.item(format_args!("{name:<32}\t: {value:<10}{connectivity}"));
        }
        page.end();
    }
    page.end();
}

fn public_attributes(run: &Run<'_>, node: NodeId) -> Vec<(String, String)> {
    let shown = |name: &str| !HIDDEN.iter().any(|prefix| name.starts_with(prefix));
    let shown = run[node].attributes.iter().filter(|(name, _)| shown(name));
    let mut attributes: Vec<_> = shown.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    attributes.sort();
    attributes
}

/// What an attribute that a ping resource maintains tells about the network.
fn connectivity(attribute: &ShownAttribute) -> String {
    let Some(expected) = attribute.expected else { return String::new() };
    let value = parse_integer(&attribute.value).unwrap_or(0);
    if value <= 0 {
        "\t: Connectivity is lost".to_owned()
    } else if value < expected {
        format!("\t: Connectivity is degraded (Expected={expected})")
    } else {
        String::new()
    }
}

/// The value that an attribute has if all hosts answer; nothing if no ping resource on the node maintains it.
fn expected_by_ping(run: &mut Run<'_>, node: NodeId, name: &str) -> Option<i64> {
    let is_ping = |id: &ResourceId| {
        let agent = run[*id].meta("type").unwrap_or_default();
        agent.eq_ignore_ascii_case("ping") || agent.eq_ignore_ascii_case("pingd")
    };
    let pings: Vec<ResourceId> = run[node].running.iter().copied().filter(is_ping).collect();
    pings.into_iter().find_map(|ping| {
        let parameters = build::parameters(run, ping, Some(node));
        let text = |name: &str| parameters.get(name);
        let maintained = text("name").unwrap_or("pingd");
        let hosts = text("host_list").unwrap_or_default().split_whitespace().count();
        let multiplier = text("multiplier").and_then(parse_integer).unwrap_or(1);
        maintained.eq_ignore_ascii_case(name).then(|| multiplier.saturating_mul(i64::try_from(hosts).unwrap_or(i64::MAX)))
    })
}
