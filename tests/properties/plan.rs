//! A cluster with what is to be done about it.

use std::collections::BTreeSet;

use pengine::Snapshot;
use pengine::report::document::ActiveNode;
use pengine::transition::{GraphAction, Transition};

use crate::graph::{Action, Graph};
use crate::random_cluster::{Care, Constraint, Fencing, History, NodeState, Part, RandomCluster, Resource, node_name};
use crate::{parse, settings};

pub struct Plan<'c> {
    pub cluster: &'c RandomCluster,
    pub graph: Graph,
    pub transition: Transition,
    /// Names of primitives that are left alone because of a failure, and where they are active, as the status says.
    blocked: Vec<(String, BTreeSet<String>)>,
}

impl<'c> Plan<'c> {
    pub fn of(cluster: &'c RandomCluster) -> Self {
        let (cib, settings) = (parse(&cluster.to_xml()), settings());
        let mut snapshot = Snapshot::read(&cib, &settings);
        let status = snapshot.status();
        let blocked = status.primitives().into_iter().filter(|primitive| primitive.blocked);
        let places = |nodes: &[ActiveNode]| nodes.iter().map(|node| node.name.clone()).collect();
        let blocked = blocked.map(|primitive| (primitive.id.clone(), places(&primitive.nodes))).collect();
        let transition = snapshot.schedule().transition();
        Self { cluster, graph: Graph::of(&transition), transition, blocked }
    }

    pub fn resource(&self, part: &Part) -> &'c Resource {
        &self.cluster.resources[part.resource]
    }

    pub fn node(&self, number: usize) -> NodeState {
        self.cluster.nodes[number]
    }

    /// The parts of a resource.
    pub fn parts_of(&self, resource: usize) -> Vec<Part> {
        self.cluster.parts().filter(|part| part.resource == resource).collect()
    }

    /// Why a part is not to be touched on a node; nothing if the cluster takes care of it. Each instance of an anonymous clone is taken
    /// care of by itself.
    pub fn left_alone(&self, part: &Part, node: usize) -> Option<&'static str> {
        let is_frozen = |constraint: &Constraint| {
            let Constraint::Ticket { resource, granted: false, loss_policy: "freeze" } = constraint else { return false };
            *resource == part.resource
        };
        let is_single = self.resource(part).has_single_parts();
        let active: Vec<usize> = self.cluster.may_be_active_on(part).filter(|&active| is_single || active == node).collect();
        let is_blocked =
            |(name, nodes): &(String, BTreeSet<String>)| part.is_called(name) && (is_single || nodes.contains(&node_name(node)));
        match self.resource(part).meta.care {
            Care::Unmanaged => Some("unmanaged"),
            Care::Maintenance => Some("maintenance"),
            Care::Managed if self.cluster.options.maintenance => Some("maintenance of the cluster"),
            Care::Managed if self.cluster.options.fencing == Fencing::WithoutDevice => Some("no fencing device"),
            Care::Managed if active.iter().any(|&node| self.node(node) == NodeState::Maintenance) => {
                Some("maintenance of its node")
            }
            Care::Managed if !active.is_empty() && self.cluster.constraints.iter().any(is_frozen) => Some("frozen"),
            Care::Managed if self.blocked.iter().any(is_blocked) => Some("blocked"),
            Care::Managed => None,
        }
    }

    /// Whether anything at all is left alone.
    pub fn leaves_something_alone(&self) -> bool {
        self.cluster.parts().any(|part| self.is_partly_left_alone(&part))
    }

    /// Whether any part of a resource is left alone.
    pub fn is_left_alone(&self, resource: usize) -> bool {
        self.parts_of(resource).iter().any(|part| self.is_partly_left_alone(part))
    }

    /// Whether a start of any part of a resource is under way.
    pub fn is_any_starting(&self, resource: usize) -> bool {
        self.parts_of(resource).iter().any(|part| self.is_starting(part))
    }

    /// Whether a node is lost, or is to be fenced for another reason.
    pub fn is_given_up(&self, node: usize) -> bool {
        self.node(node).is_lost() || self.graph.fencing_of(&node_name(node)).is_some()
    }

    /// Whether any node is given up.
    pub fn gives_up_a_node(&self) -> bool {
        (0..self.cluster.nodes.len()).any(|node| self.is_given_up(node))
    }

    /// Whether a part is left alone on any node.
    pub fn is_partly_left_alone(&self, part: &Part) -> bool {
        (0..self.cluster.nodes.len()).any(|node| self.left_alone(part, node).is_some())
    }

    /// What makes parts active where they were not.
    pub fn activations(&self) -> impl Iterator<Item = (Part, &Action)> {
        let activations = self.graph.done().filter(|action| action.activates());
        activations.filter_map(|action| Some((self.cluster.parts().find(|part| part.is_called(&action.resource))?, action)))
    }

    /// The node that an action is done on.
    pub fn node_of(&self, action: &Action) -> Option<usize> {
        (0..self.cluster.nodes.len()).find(|&node| action.node == Some(node_name(node)))
    }

    /// Whether a part is active on a node when all is done.
    pub fn ends_on(&self, part: &Part, node: usize) -> bool {
        let name = node_name(node);
        let done = |task: &str| self.graph.at_node(part, task, &name).is_some();
        let stays = self.node(node).obeys() && self.cluster.history(part, node).may_be_active() && !done("stop");
        done("start") || done("migrate_from") || (stays && self.graph.fencing_of(&name).is_none())
    }

    /// Whether a start of a part is under way somewhere: it goes on, whatever else is to be done (ACT-50).
    pub fn is_starting(&self, part: &Part) -> bool {
        (0..self.cluster.nodes.len()).any(|node| self.cluster.history(part, node) == History::StartPending)
    }

    /// What is waited for in vain.
    pub fn absent(&self) -> &[GraphAction] {
        &self.transition.absent
    }
}
