//! The cluster as the configuration and the status section describe it: nodes, resources, constraints.
//!
//! What is configured never changes once it was read. What is so now (flags of nodes, roles, tables of allowed nodes)
//! is changed by the later stages, each in its place; see `ARCHITECTURE.md`.

pub mod build;
mod constraint;
mod node;
mod query;
mod resource;
mod role;
pub mod status;
mod table;

use std::ops::{Index, IndexMut};

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::arena::Arena;
use crate::cib::{ElementId, Options, RuleInput, Tree};
use crate::plan::TaskNames;

pub use constraint::*;
pub use node::*;
pub use resource::*;
pub use role::Role;
pub use table::*;

/// Everything that was read, and the state it is in.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Cluster options with their derived settings.
    pub options: Options,
    /// The time that rules and timeouts are judged by, in seconds since the epoch.
    pub now: i64,
    /// How many conditions are looked at for one rule.
    pub most_conditions: u32,
    /// The earliest time after `now` at which a decision may change.
    pub recheck_by: Option<i64>,
    /// This partition has quorum.
    pub has_quorum: bool,
    /// The designated controller.
    pub dc: Option<NodeId>,
    /// Some nodes are of the remote kind.
    pub has_remote_nodes: bool,
    /// Unfencing is in use (CIB-27).
    pub unfencing: bool,
    /// A fencing device exists (STATE-5).
    pub fencing_device_exists: bool,

    /// All nodes in order of creation.
    pub nodes: Arena<Node>,
    /// All nodes in numeric order of their names; "for all nodes" means this order.
    pub node_order: Vec<NodeId>,
    /// All resources in order of creation.
    pub resources: Arena<Resource>,
    /// The nodes that each resource knows, with its scores on them.
    pub allowed: NodeTables,
    /// Top-level resources in their present order (PLACE-4).
    pub top: Vec<ResourceId>,
    /// The resources' own elements: copies with templates merged in, and those that the cluster made itself.
    pub definitions: Tree,
    /// Templates by id.
    pub templates: FxHashMap<String, Template>,
    /// By id: what a tag stands for.
    pub tags: FxHashMap<String, Names>,
    /// Tickets in order of appearance.
    pub tickets: Vec<Ticket>,
    /// Uses of tickets.
    pub ticket_uses: Arena<TicketUse>,
    /// Locations.
    pub locations: Arena<Location>,
    /// Colocations.
    pub colocations: Arena<Colocation>,

    /// Definitions of what clones have instances of, by the element in the document.
    instance_definitions: FxHashMap<ElementId, build::Definition>,
    /// Names of tasks.
    pub tasks: TaskNames,
    /// Resources by id and by history name, in order of creation; see `find`.
    pub by_name: FxHashMap<String, Vec<ResourceId>>,
    /// Nodes by lower-case name.
    pub node_by_name: FxHashMap<String, NodeId>,
    /// Nodes by lower-case id.
    pub node_by_id: FxHashMap<String, NodeId>,
}

/// Names in order, each once.
pub type Names = IndexSet<String, FxBuildHasher>;

/// A template of resources.
#[derive(Debug, Clone)]
pub struct Template {
    /// The element in the document.
    pub element: ElementId,
    /// The resources made from it.
    pub users: Names,
}

impl Cluster {
    /// What any rule can see.
    #[must_use]
    pub fn rule_input(&self) -> RuleInput<'static> {
        RuleInput { now: self.now, most_conditions: self.most_conditions, ..RuleInput::default() }
    }

    /// A cluster that nothing but the options was read of yet.
    #[must_use]
    pub fn new(options: Options, rules: &RuleInput<'_>, has_quorum: bool) -> Self {
        Self {
            options,
            now: rules.now,
            most_conditions: rules.most_conditions,
            recheck_by: None,
            has_quorum,
            dc: None,
            has_remote_nodes: false,
            unfencing: false,
            fencing_device_exists: false,
            nodes: Arena::default(),
            node_order: Vec::new(),
            resources: Arena::default(),
            allowed: NodeTables::default(),
            top: Vec::new(),
            definitions: Tree::default(),
            templates: FxHashMap::default(),
            tags: FxHashMap::default(),
            tickets: Vec::new(),
            ticket_uses: Arena::default(),
            locations: Arena::default(),
            colocations: Arena::default(),
            instance_definitions: FxHashMap::default(),
            tasks: TaskNames::default(),
            by_name: FxHashMap::default(),
            node_by_name: FxHashMap::default(),
            node_by_id: FxHashMap::default(),
        }
    }
}

impl Index<NodeId> for Cluster {
    type Output = Node;
    fn index(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }
}
impl IndexMut<NodeId> for Cluster {
    fn index_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id]
    }
}
impl Index<ResourceId> for Cluster {
    type Output = Resource;
    fn index(&self, id: ResourceId) -> &Resource {
        &self.resources[id]
    }
}
impl IndexMut<ResourceId> for Cluster {
    fn index_mut(&mut self, id: ResourceId) -> &mut Resource {
        &mut self.resources[id]
    }
}
impl Index<ColocationId> for Cluster {
    type Output = Colocation;
    fn index(&self, id: ColocationId) -> &Colocation {
        &self.colocations[id]
    }
}
impl Index<LocationId> for Cluster {
    type Output = Location;
    fn index(&self, id: LocationId) -> &Location {
        &self.locations[id]
    }
}
impl Index<TicketUseId> for Cluster {
    type Output = TicketUse;
    fn index(&self, id: TicketUseId) -> &TicketUse {
        &self.ticket_uses[id]
    }
}
