//! Node attributes as a resource sees them (COLO-46).

use crate::cluster::{NodeId, ResourceId};
use crate::run::Run;

/// The value of one node attribute; by default the node itself.
#[derive(Debug, Clone, Copy)]
pub(in crate::placement) enum Value<'r> {
    /// The node.
    Node(Option<NodeId>),
    /// The attribute's text.
    Text(Option<&'r str>),
}

/// COLO-47: in any case; what is absent equals what is absent.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Node(a), Value::Node(b)) => a == b,
            (Value::Text(Some(a)), Value::Text(Some(b))) => a.eq_ignore_ascii_case(b),
            (Value::Text(None), Value::Text(None)) => true,
            _ => false,
        }
    }
}

impl Value<'_> {
    /// Whether there is no value.
    pub(in crate::placement) fn is_absent(self) -> bool {
        matches!(self, Value::Node(None) | Value::Text(None))
    }
}

/// How a resource looks at an attribute of nodes.
#[derive(Debug, Clone, Copy)]
pub(in crate::placement) struct View<'r> {
    run: &'r Run<'r>,
    attribute: &'r str,
    /// It runs inside a bundle, and its bundle nodes stand for their hosts.
    is_bundled: bool,
    /// Guest nodes stand for their hosts.
    by_host: bool,
}

impl<'r> View<'r> {
    /// The view of a resource.
    pub(in crate::placement) fn new(run: &'r Run<'_>, attribute: &'r str, resource: ResourceId) -> Self {
        let top = run.cluster.top_of(resource);
        let inner = run[top].parent.and_then(|parent| run[parent].bundle()).and_then(|bundle| bundle.inner);
        let by_host = run[resource].meta("container-attribute-target") == Some("host");
        Self { run, attribute, is_bundled: inner == Some(top), by_host }
    }

    /// Whether nodes are just what they are, wherever anything is assigned.
    pub(in crate::placement) fn is_plain(&self) -> bool {
        !self.is_bundled && !self.by_host
    }

    /// The attribute's value on a node.
    pub(in crate::placement) fn value(&self, node: NodeId) -> Value<'r> {
        let node = self.node_behind(node);
        if self.attribute == "#uname" {
            return Value::Node(node);
        }
        Value::Text(node.and_then(|node| self.run[node].attribute(self.attribute)))
    }

    /// Whether two nodes have the same value.
    pub(in crate::placement) fn is_same(&self, a: NodeId, b: NodeId) -> bool {
        self.value(a) == self.value(b)
    }

    /// The node whose attributes count for a node: the host that its container or guest is assigned to.
    fn node_behind(&self, node: NodeId) -> Option<NodeId> {
        let cluster = &self.run.cluster;
        let by_host = (self.is_bundled && cluster.is_bundle_node(node)) || (self.by_host && cluster.is_guest(node));
        if by_host { cluster.launcher_of(node).and_then(|launcher| cluster[launcher].assigned) } else { Some(node) }
    }
}
