//! Nodes: what is configured of them, and the state they are in.

use crate::arena::Id;
use crate::cib::{NameValues, Score};

use super::ResourceId;

/// The place of a node in the cluster's arena.
pub type NodeId = Id<Node>;

/// Whether a node runs the cluster's own software.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// A full member of the cluster.
    Member,
    /// Reached through a connection resource: a remote node, or a guest or bundle node if that has a launcher.
    Remote,
}

/// Where the state of a resource may be looked for; a higher mode wins over a lower one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Discovery {
    /// Probed wherever it may be.
    #[default]
    Always,
    /// Never probed here.
    Never,
    /// Only here.
    Exclusive,
}

/// A node of the cluster.
#[derive(Debug, Clone)]
pub struct Node {
    /// The id that the cluster knows it by.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Member or remote.
    pub kind: NodeKind,
    /// Score that it has in a table when it is put in (PLACE-11).
    pub score: Score,
    /// Discovery mode that it has in a table when it is put in.
    pub discovery: Discovery,
    /// Permanent attributes with the transient ones over them.
    pub attributes: NameValues,
    /// Free capacity as text; assignment lowers it.
    pub utilization: NameValues,
    /// The resource that connects it, for a remote, guest or bundle node.
    pub connection: Option<ResourceId>,

    /// Member of the cluster, or connected.
    pub online: bool,
    /// Has to be fenced before anything that ran there runs elsewhere.
    pub unclean: bool,
    /// Its state was read, so it isn't unclean merely for being unknown (STATE-33).
    pub seen: bool,
    /// Joining, not yet a full member.
    pub pending: bool,
    /// Takes no resources.
    pub standby: bool,
    /// In standby because an operation failed there.
    pub standby_on_fail: bool,
    /// Its resources are left alone.
    pub maintenance: bool,
    /// Asked to leave.
    pub shutting_down: bool,
    /// Should be a member.
    pub expected_up: bool,
    /// A remote or guest node that must be fenced or restarted to be used again.
    pub reset_needed: bool,
    /// A remote node that was fenced since it was last connected (`node_fenced`).
    pub fenced: bool,
    /// The maintenance state that a remote node's own record has (`node_in_maintenance`).
    pub recorded_maintenance: bool,
    /// Probes are allowed.
    pub probes: bool,
    /// Its history was read.
    pub history_read: bool,
    /// Sum of the priorities of what is active there (STATE-67).
    pub priority: i32,
    /// Primitives found active there, in the order they were found.
    pub running: Vec<ResourceId>,
    /// Primitives assigned to it in this run.
    pub assigned: u32,
}

impl Node {
    /// A node that nothing is known of yet (STATE-12).
    #[must_use]
    pub fn new(id: &str, name: &str, kind: NodeKind, score: Score) -> Self {
        let mut attributes = NameValues::default();
        let kind_text = if kind == NodeKind::Member { "cluster" } else { "remote" };
        attributes.insert("#kind", kind_text);
        Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            score,
            discovery: Discovery::Always,
            attributes,
            utilization: NameValues::default(),
            connection: None,
            online: false,
            unclean: false,
            seen: false,
            pending: false,
            standby: false,
            standby_on_fail: false,
            maintenance: false,
            shutting_down: false,
            expected_up: false,
            reset_needed: false,
            fenced: false,
            recorded_maintenance: false,
            probes: true,
            history_read: false,
            priority: 0,
            running: Vec::new(),
            assigned: 0,
        }
    }

    /// The merged value of an attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }

    /// Whether resources can be placed on it, apart from scores (PLACE-60).
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.online && !self.shutting_down && !self.unclean && !self.standby && !self.maintenance
    }

    /// Whether it is online and not unclean.
    #[must_use]
    pub fn is_online_clean(&self) -> bool {
        self.online && !self.unclean
    }

    /// Whether it is of the remote kind: a remote, guest or bundle node.
    #[must_use]
    pub fn is_remote_kind(&self) -> bool {
        self.kind == NodeKind::Remote
    }
}
