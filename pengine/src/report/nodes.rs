//! The node list of a status (STATE-100 to STATE-103, SIM-45, SIM-46).

use crate::cib::{HealthStrategy, Score};
use crate::cluster::{Cluster, Node, NodeId};

use super::Page;

/// The health that the node list shows; worse is higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
#[allow(missing_docs)]
pub enum Health {
    #[default]
    Green,
    Yellow,
    Red,
}

/// Writes the node list; without nodes there is none. Whether anything was written.
pub fn node_list(page: &mut Page, cluster: &Cluster) -> bool {
    if cluster.node_order.is_empty() {
        return false;
    }
    page.begin("Node List");
    let (marked, plain): (Vec<NodeId>, Vec<NodeId>) = cluster.node_order.iter().partition(|&&node| stands_out(cluster, node));
    for node in marked {
        page.item(marked_line(cluster, node));
    }
    let kinds: [(&str, &dyn Fn(NodeId) -> bool); 5] = [
        ("Online", &|node| cluster[node].online && !cluster[node].is_remote_kind()),
        ("OFFLINE", &|node| !cluster[node].online && !cluster[node].is_remote_kind()),
        ("RemoteOnline", &|node| cluster[node].online && cluster.is_remote(node)),
        ("RemoteOFFLINE", &|node| !cluster[node].online && cluster.is_remote(node)),
        // Guests that are offline aren't shown at all (STATE-101).
        ("GuestOnline", &|node| cluster[node].online && cluster.is_guest(node)),
    ];
    for (label, belongs) in kinds {
        let names: Vec<&str> = plain.iter().filter(|&&node| belongs(node)).map(|&node| cluster[node].name.as_str()).collect();
        if !names.is_empty() {
            page.item(format_args!("{label}: [ {} ]", names.join(" ")));
        }
    }
    page.end();
    true
}

/// Whether a node has a line of its own.
fn stands_out(cluster: &Cluster, id: NodeId) -> bool {
    let node = &cluster[id];
    node.unclean
        || node.pending
        || (node.standby_on_fail && node.online)
        || node.standby
        || node.maintenance
        || shown_health(cluster, node) > Health::Green
}

fn marked_line(cluster: &Cluster, id: NodeId) -> String {
    let node = &cluster[id];
    let kind = match () {
        () if cluster.is_guest(id) => "GuestNode",
        () if cluster.is_remote(id) => "RemoteNode",
        () => "Node",
    };
    let health = match shown_health(cluster, node) {
        Health::Green => "",
        Health::Yellow => " (health is YELLOW)",
        Health::Red => " (health is RED)",
    };
    format!("{kind} {}: {}{health}", node.name, state_text(node))
}

/// The state of a node in words: the first that applies (STATE-100).
fn state_text(node: &Node) -> &'static str {
    match () {
        () if node.unclean && node.online => "UNCLEAN (online)",
        () if node.unclean && node.pending => "UNCLEAN (pending)",
        () if node.unclean => "UNCLEAN (offline)",
        () if node.pending => "pending",
        () if node.standby_on_fail && node.online => "standby (on-fail)",
        () if node.standby && !node.online => "OFFLINE (standby)",
        () if node.standby && node.running.is_empty() => "standby",
        () if node.standby => "standby (with active resources)",
        () if node.maintenance && node.online => "maintenance",
        () if node.maintenance => "OFFLINE (maintenance)",
        () if node.online => "online",
        () => "OFFLINE",
    }
}

/// The health that is shown: unlike the health that counts, each attribute is looked at by itself (STATE-83).
pub(super) fn shown_health(cluster: &Cluster, node: &Node) -> Health {
    let words = cluster.options.health_words;
    if cluster.options.health_strategy == HealthStrategy::None {
        return Health::Green;
    }
    let healths = node.attributes.iter().filter(|(name, _)| name.starts_with("#health")).map(|(_, value)| {
        if value.eq_ignore_ascii_case("red") {
            return Health::Red;
        }
        if value.eq_ignore_ascii_case("yellow") {
            return Health::Yellow;
        }
        match Score::parse(value, words) {
            Some(score) if score <= words.red => Health::Red,
            Some(score) if score <= words.yellow && words.yellow != words.green => Health::Yellow,
            _ => Health::Green,
        }
    });
    healths.max().unwrap_or(Health::Green)
}
