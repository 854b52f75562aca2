//! Nodes: those of the `nodes` section, and those that connection resources bring with them (STATE-10 to STATE-21).

use std::cmp::Ordering;

use crate::cib::{ElementId, ElementRef, NameValues, Score, compare_names};
use crate::cluster::status::attributes::add_attributes;
use crate::cluster::{Cluster, Node, NodeId, NodeKind};
use crate::run::Run;

/// Reads the `nodes` section; an unknown type ends it (CIB-101).
pub(super) fn read_nodes(run: &mut Run<'_>) {
    let cib = run.cib;
    for element in cib.section("nodes").into_iter().flat_map(|nodes| nodes.children_named("node")) {
        let Some(id) = element.id() else { continue };
        let kind = match element.attr("type") {
            None => NodeKind::Member,
            Some(kind) if kind.eq_ignore_ascii_case("member") => NodeKind::Member,
            Some(kind) if kind.eq_ignore_ascii_case("remote") => NodeKind::Remote,
            Some(_) => return,
        };
        let words = run.cluster.options.health_words;
        let score = element.attr("score").and_then(|text| Score::parse(text, words)).unwrap_or_default();
        let node = create(&mut run.cluster, id, element.attr("uname").unwrap_or_default(), kind, score);
        if kind == NodeKind::Member {
            start_unclean(&mut run.cluster, node);
        }
        add_attributes(run, node, element, false);
    }
}

/// With startup fencing, a node is unclean until its state is seen (STATE-33).
pub fn start_unclean(cluster: &mut Cluster, node: NodeId) {
    if cluster.options.startup_fencing {
        cluster[node].unclean = true;
    }
}

/// Adds a node at its place by name; an equal name goes before the one that is there (STATE-10).
fn create(cluster: &mut Cluster, id: &str, name: &str, kind: NodeKind, score: Score) -> NodeId {
    let node = cluster.nodes.alloc(Node::new(id, name, kind, score));
    let nodes = &cluster.nodes;
    let place = cluster.node_order.partition_point(|&at| compare_names(&nodes[at].name, name) == Ordering::Less);
    cluster.node_order.insert(place, node);
    cluster.node_by_name.insert(name.to_ascii_lowercase(), node);
    index_id(cluster, id, node);
    cluster.has_remote_nodes |= kind == NodeKind::Remote;
    node
}

/// Of two nodes with one id the first in the node list is found (STATE-13).
fn index_id(cluster: &mut Cluster, id: &str, node: NodeId) {
    let key = id.to_ascii_lowercase();
    let nodes = &cluster.nodes;
    let comes_first = |known: &NodeId| compare_names(&nodes[node].name, &nodes[*known].name) != Ordering::Greater;
    if cluster.node_by_id.get(&key).is_none_or(comes_first) {
        cluster.node_by_id.insert(key, node);
    }
}

/// The node of the remote kind with that name, made if there is none.
pub fn create_remote_node(cluster: &mut Cluster, name: &str) -> NodeId {
    cluster.node_named(name).unwrap_or_else(|| create(cluster, name, name, NodeKind::Remote, Score::ZERO))
}

/// Makes the nodes of remote connections and guests; returns the guests' connections (STATE-15).
pub(super) fn read_implicit_nodes(run: &mut Run<'_>) -> Vec<ElementId> {
    let mut connections = Vec::new();
    let cib = run.cib;
    for element in cib.resources().into_iter().flat_map(ElementRef::children) {
        if is_connection(element) {
            if let Some(id) = element.id() {
                create_remote_node(&mut run.cluster, id);
            }
        } else if element.name() == "primitive" {
            connections.extend(read_guest(run, element));
        } else if element.name() == "group" {
            connections.extend(element.children().filter_map(|member| read_guest(run, member)));
        }
    }
    connections
}

/// Whether an element is of the agent `ocf:pacemaker:remote`.
pub(super) fn is_connection(element: ElementRef<'_>) -> bool {
    let is = |name: &str, value: &str| element.attr(name).is_some_and(|text| text.eq_ignore_ascii_case(value));
    is("class", "ocf") && is("provider", "pacemaker") && is("type", "remote")
}

/// The guest that a resource launches, looked up textually, the last occurrence winning (STATE-16).
fn read_guest(run: &mut Run<'_>, launcher: ElementRef<'_>) -> Option<ElementId> {
    let mut values = NameValues::default();
    for set in launcher.children_named("meta_attributes") {
        for pair in set.children() {
            if let (Some(name), Some(value)) = (pair.attr("name"), pair.attr("value")) {
                values.insert(name, value);
            }
        }
    }
    let value = |name: &str| values.get(name);
    let connection = Connection {
        name: value("remote-node")?,
        launcher: launcher.id()?,
        migratable: value("remote-allow-migrate"),
        managed: value("is-managed"),
        address: value("remote-addr"),
        port: value("remote-port"),
        start_timeout: Some(value("remote-connect-timeout").unwrap_or("60s")),
    };
    let element = connection.define(run);
    create_remote_node(&mut run.cluster, connection.name);
    Some(element)
}

/// What a connection that the cluster makes itself consists of (RSC-12).
pub(super) struct Connection<'a> {
    pub name: &'a str,
    pub launcher: &'a str,
    pub migratable: Option<&'a str>,
    pub managed: Option<&'a str>,
    pub address: Option<&'a str>,
    pub port: Option<&'a str>,
    pub start_timeout: Option<&'a str>,
}

impl Connection<'_> {
    /// Makes its element.
    pub fn define(&self, run: &mut Run<'_>) -> ElementId {
        let tree = &mut run.cluster.definitions;
        let element = tree.add_root("primitive");
        for (name, value) in [("id", self.name), ("class", "ocf"), ("provider", "pacemaker"), ("type", "remote")] {
            tree.set(element, name, value);
        }
        let meta = [
            ("internal_rsc", Some("true")),
            ("container", Some(self.launcher)),
            ("allow-migrate", self.migratable),
            ("is-managed", self.managed),
        ];
        add_set(tree, element, "meta_attributes", &meta);
        add_set(tree, element, "instance_attributes", &[("addr", self.address), ("port", self.port)]);
        let operations = tree.add_child(element, "operations");
        let monitor = format!("{}-monitor-30s", self.name);
        let attributes = [("id", monitor.as_str()), ("name", "monitor"), ("interval", "30s"), ("timeout", "30s")];
        tree.add_child_with(operations, "op", &attributes);
        if let Some(timeout) = self.start_timeout {
            let start = format!("{}-start-0", self.name);
            let attributes = [("id", start.as_str()), ("name", "start"), ("interval", "0"), ("timeout", timeout)];
            tree.add_child_with(operations, "op", &attributes);
        }
        element
    }
}

/// Adds a set with the values that there are; no set without any.
pub(super) fn add_set(tree: &mut crate::cib::Tree, parent: ElementId, kind: &str, values: &[(&str, Option<&str>)]) {
    if values.iter().all(|(_, value)| value.is_none()) {
        return;
    }
    let set = tree.add_child(parent, kind);
    for (name, value) in values {
        if let Some(value) = value {
            tree.add_child_with(set, "nvpair", &[("name", name), ("value", value)]);
        }
    }
}
