//! A cluster with what is to be done about it.

use std::collections::BTreeSet;

use pengine::report::document::{ActiveNode, PlannedAction, Role, Verb};
use pengine::transition::{GraphAction, Transition};
use pengine::{Cib, Snapshot};

use crate::graph::{Action, Graph};
use crate::random_cluster::{
    Care, Constraint, Fencing, History, Kind, Link, Meta, NodeState, Part, RandomCluster, Resource, Standing,
};
use crate::{parse, settings};

/// Why something is left alone whose ticket was lost.
const FROZEN: &str = "frozen";

/// Why something is left alone that failed.
const BLOCKED: &str = "blocked";

pub struct Plan<'c> {
    pub cluster: &'c RandomCluster,
    pub graph: Graph,
    pub transition: Transition,
    /// Names of primitives that are left alone because of a failure, and where they are active, as the status says.
    blocked: Vec<(String, BTreeSet<String>)>,
    /// Names of primitives about which something should be done that can't.
    hindered: BTreeSet<String>,
    /// Names of primitives that stop where they are, since they can't start where they should be.
    halted: BTreeSet<String>,
    /// Names of nodes that ought to be fenced.
    unclean: BTreeSet<String>,
}

impl<'c> Plan<'c> {
    pub fn of(cluster: &'c RandomCluster) -> Self {
        Self::at(cluster, &parse(&cluster.to_xml()))
    }

    /// A cluster as it was, with what is to be done about what has become of it.
    pub fn at(cluster: &'c RandomCluster, cib: &Cib) -> Self {
        let settings = settings();
        let mut snapshot = Snapshot::read(cib, &settings);
        let status = snapshot.status();
        let blocked = status.primitives().into_iter().filter(|primitive| primitive.blocked);
        let places = |nodes: &[ActiveNode]| nodes.iter().map(|node| node.name.clone()).collect();
        let blocked = blocked.map(|primitive| (primitive.id.clone(), places(&primitive.nodes))).collect();
        let mut unclean: BTreeSet<_> = status.nodes.into_iter().filter(|node| node.unclean).map(|node| node.name).collect();
        let (mut hindered, mut halted) = (BTreeSet::new(), BTreeSet::new());
        let mut schedule = snapshot.schedule();
        for planned in schedule.summary() {
            match planned {
                PlannedAction::Resource(action) if action.blocked => hindered.insert(action.resource),
                PlannedAction::Resource(action) if action.action == Verb::Stop && action.next_role != Role::Stopped => {
                    halted.insert(action.resource)
                }
                // It is announced even if it can't be done (FENCE-37).
                PlannedAction::Node(action) if action.fencing.is_some() => unclean.insert(action.node),
                _ => false,
            };
        }
        let transition = schedule.transition();
        Self { cluster, graph: Graph::of(&transition), transition, blocked, hindered, halted, unclean }
    }

    pub fn resource(&self, part: &Part) -> &'c Resource {
        &self.cluster.resources[part.resource]
    }

    pub fn meta(&self, part: &Part) -> Meta {
        self.cluster.meta(part)
    }

    /// The state of a node of the cluster itself.
    pub fn member(&self, node: usize) -> Option<NodeState> {
        self.cluster.members.get(node).copied()
    }

    /// Why a part is not to be touched on a node; nothing if the cluster takes care of it. Each instance of an anonymous clone is taken
    /// care of by itself.
    pub fn left_alone(&self, part: &Part, node: usize) -> Option<&'static str> {
        // A ticket of a machine is not one of the connection to it.
        let is_apart = part.role.is_connection() && self.resource(part).kind == Kind::Guest;
        let is_frozen = |constraint: &Constraint| {
            let Constraint::Ticket { resource, granted: false, loss_policy: "freeze" } = constraint else { return false };
            *resource == part.resource && !is_apart
        };
        let is_single = part.is_single;
        let active: Vec<usize> = self.cluster.may_be_active_on(part).filter(|&active| is_single || active == node).collect();
        let is_blocked = |(name, nodes): &(String, BTreeSet<String>)| {
            part.is_called(name) && (is_single || nodes.contains(&self.cluster.node_name(node)))
        };
        match self.meta(part).care {
            Care::Unmanaged => Some("unmanaged"),
            Care::Maintenance => Some("maintenance"),
            Care::Managed if self.cluster.options.maintenance => Some("maintenance of the cluster"),
            Care::Managed if self.cluster.options.fencing == Fencing::WithoutDevice => Some("no fencing device"),
            Care::Managed if active.iter().any(|&node| self.is_in_maintenance(node)) => Some("maintenance of its node"),
            Care::Managed if !active.is_empty() && self.cluster.constraints.iter().any(is_frozen) => Some(FROZEN),
            Care::Managed if self.blocked.iter().any(is_blocked) => Some(BLOCKED),
            Care::Managed => None,
        }
    }

    /// Whether another instance may be started beside one that is left alone because of a failure: on its node those of promotable clones
    /// come after all others that want to be there.
    pub fn is_joined(&self, part: &Part, node: usize) -> bool {
        !part.is_single && self.resource(part).is_promotable() && self.left_alone(part, node) == Some(BLOCKED)
    }

    /// Whether it counts what ran on a node: without fencing only what is there does (STATE-45), or is reached through what is active
    /// there, even if that failed (HIST-3).
    pub fn knows(&self, node: usize) -> bool {
        let cluster = self.cluster;
        let is_active = |part: &Part| cluster.may_be_active_on(part).any(|host| self.knows(host));
        let is_there = || match cluster.link(node) {
            Some(link) => is_active(cluster.connection(link)) && cluster.launcher(link).is_none_or(is_active),
            None => cluster.obeys(node),
        };
        cluster.options.fencing != Fencing::Disabled || is_there()
    }

    /// Whether a node is in maintenance, or is taken for that since its connection is not managed (STATE-54).
    fn is_in_maintenance(&self, node: usize) -> bool {
        let Some(link) = self.cluster.link(node) else { return self.member(node) == Some(NodeState::Maintenance) };
        let connection = self.cluster.connection(link);
        let is_blocked = self.blocked.iter().any(|(name, _)| connection.is_called(name));
        let is_managed = self.meta(connection).care == Care::Managed && !is_blocked;
        let is_kept = || self.cluster.may_be_active_on(connection).any(|host| self.is_in_maintenance(host));
        self.knows(node) && (link.standing == Standing::Maintenance || !is_managed || is_kept())
    }

    /// Whether a part is left as it is since a ticket was lost.
    pub fn is_frozen(&self, part: &Part) -> bool {
        self.cluster.nodes().any(|node| self.left_alone(part, node) == Some(FROZEN))
    }

    /// Whether something should be done about a part that can't.
    pub fn is_hindered(&self, part: &Part) -> bool {
        self.hindered.iter().any(|name| part.is_called(name))
    }

    /// Whether a part stops where it is, since it can't start where it should be.
    pub fn is_halted(&self, part: &Part) -> bool {
        self.halted.iter().any(|name| part.is_called(name))
    }

    /// Whether anything at all is left alone.
    pub fn leaves_something_alone(&self) -> bool {
        self.cluster.parts().any(|part| self.is_partly_left_alone(part))
    }

    /// Whether any part of a resource is left alone.
    pub fn is_left_alone(&self, resource: usize) -> bool {
        self.cluster.parts_of(resource).iter().any(|part| self.is_partly_left_alone(part))
    }

    /// Whether a start of any part of a resource is under way.
    pub fn is_any_starting(&self, resource: usize) -> bool {
        self.cluster.parts_of(resource).iter().any(|part| self.is_starting(part))
    }

    /// Whether a node is lost, or is to be fenced for another reason, or what leads to it is.
    pub fn is_given_up(&self, node: usize) -> bool {
        let is_lost = self.member(node).map_or_else(|| !self.cluster.obeys(node), NodeState::is_lost);
        let name = self.cluster.node_name(node);
        let is_cut_off =
            |link: &Link| self.cluster.may_be_active_on(self.cluster.connection(link)).any(|host| self.is_given_up(host));
        let is_fenced = self.unclean.contains(&name) || self.graph.fencing_of(&name).is_some();
        is_lost || is_fenced || self.cluster.link(node).is_some_and(is_cut_off)
    }

    /// Whether a node ought to be fenced and can't.
    pub fn is_left_unclean(&self, node: usize) -> bool {
        let name = self.cluster.node_name(node);
        self.unclean.contains(&name) && self.graph.fencing_of(&name).is_none()
    }

    /// Whether any node is given up.
    pub fn gives_up_a_node(&self) -> bool {
        self.cluster.nodes().any(|node| self.is_given_up(node))
    }

    /// Whether a part is left alone on any node.
    pub fn is_partly_left_alone(&self, part: &Part) -> bool {
        self.cluster.nodes().any(|node| self.left_alone(part, node).is_some())
    }

    /// Whether a machine of its own, which may be running already, is about to be reached.
    pub fn is_being_reached(&self, node: usize) -> bool {
        let link = self.cluster.link(node).filter(|link| link.launcher.is_none());
        link.is_some_and(|link| self.graph.of_part(self.cluster.connection(link)).any(Action::activates))
    }

    /// Whether a machine of its own stays connected, perhaps by one of several connections, or a guest goes on.
    fn stays_reached(&self, node: usize) -> bool {
        let Some(link) = self.cluster.link(node) else { return false };
        let ends = |part: &Part| (0..self.cluster.members.len()).any(|host| self.ends_on(part, host));
        let goes_on = |part: &Part| ends(part) && !self.graph.of_part(part).any(Action::activates);
        let connection = self.cluster.connection(link);
        self.cluster.launcher(link).map_or_else(|| ends(connection), |launcher| goes_on(launcher) && goes_on(connection))
    }

    /// What makes parts active where they were not.
    pub fn activations(&self) -> impl Iterator<Item = (&'c Part, &Action)> {
        let activations = self.graph.done().filter(|action| action.activates());
        activations.filter_map(|action| Some((self.cluster.parts().find(|part| part.is_called(&action.resource))?, action)))
    }

    /// The node that an action is done on.
    pub fn node_of(&self, action: &Action) -> Option<usize> {
        self.cluster.nodes().find(|&node| action.node == Some(self.cluster.node_name(node)))
    }

    /// Whether a part is active on a node when all is done.
    pub fn ends_on(&self, part: &Part, node: usize) -> bool {
        let name = self.cluster.node_name(node);
        let done = |task: &str| self.graph.at_node(part, task, &name).is_some();
        let is_there =
            self.cluster.obeys(node) || (self.knows(node) && (self.is_being_reached(node) || self.stays_reached(node)));
        let stays = is_there && self.cluster.history(part, node).may_be_active() && !done("stop");
        done("start") || done("migrate_from") || (stays && self.graph.fencing_of(&name).is_none())
    }

    /// Whether instances wait for those of another collective pair by pair: one that finds no partner goes nowhere, which is known only when
    /// orderings are applied (INST-64), and what is to be with it has its place by then.
    pub fn may_lack_partners(&self, resource: usize) -> bool {
        let every = &self.cluster.resources;
        let waits = |constraint: &Constraint| match constraint {
            Constraint::Order { pair, .. } => pair.dependent == resource && every[pair.primary].is_collective(),
            Constraint::OrderSet { resources, .. } => {
                resources.contains(&resource) && resources.iter().any(|&other| other != resource && every[other].is_collective())
            }
            _ => false,
        };
        every[resource].is_interleaved() && self.cluster.constraints.iter().any(waits)
    }

    /// Whether a start of a part is under way somewhere: it goes on, whatever else is to be done (ACT-50).
    pub fn is_starting(&self, part: &Part) -> bool {
        self.cluster.nodes().any(|node| self.cluster.history(part, node) == History::StartPending)
    }

    /// What is waited for in vain.
    pub fn absent(&self) -> &[GraphAction] {
        &self.transition.absent
    }
}
